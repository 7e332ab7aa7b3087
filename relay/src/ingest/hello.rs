//! Hello and health: what a box says of itself, and the answer that is authoritative in both directions.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use record::checkpoint::{Cosigned, Origin};
use record::entry::ClockState;
use record::ids::BoxId;
use record::messages::{Answer, Health, Hello, Refused};
use record::sign::Verifier;
use serde_json::Value;

use super::{Counters, Ingest, IngestError, QUARANTINED, Reply, answer, done, holds, revoked};
use crate::db::boxes::{Home, Told};
use crate::db::epochs::{Evidence, Held};
use crate::db::{Conn, boxes, entries, epochs, facilities, log_keys};
use crate::mqtt::{Disposition, Refusal};

fn word(clock: ClockState) -> &'static str {
    match clock {
        ClockState::Synced => "synced",
        ClockState::Rtc => "rtc",
        ClockState::Uncertain => "uncertain",
    }
}

/// Characters of what a box says of itself, each text; no box has a version or a printer with more.
const TEXT_CHARS_MAX: usize = 1_000;
/// Characters of a version: it stands in lists.
const VERSION_CHARS_MAX: usize = 200;
/// Bytes of all that is kept: a box says about 1,000.
const SAID_BYTES_MAX: usize = 64 * 1024;
/// Things in one list of what it says.
const LIST_MAX: usize = 64;

/// As much of a text as is kept, with spaces for control characters. PostgreSQL takes no NUL, and a box that was told to
/// come again would come with the same for ever.
fn plain(text: &str, chars_max: usize) -> String {
    text.chars().take(chars_max).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// What a box says, each text and list of it bounded, as JSON; `cosigned` is a note, which has lines.
fn kept(said: &[u8]) -> Option<String> {
    let mut said: Value = serde_json::from_slice(said).ok()?;
    said.as_object_mut()?.remove("cosigned");
    bound(&mut said);
    Some(said.to_string()).filter(|text| text.len() <= SAID_BYTES_MAX)
}

fn bound(said: &mut Value) {
    match said {
        Value::String(text) => *text = plain(text, TEXT_CHARS_MAX),
        Value::Array(list) => {
            list.truncate(LIST_MAX);
            list.iter_mut().for_each(bound);
        }
        Value::Object(members) => members.values_mut().for_each(bound),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Epochs of one box that have begun: each is a restored backup, a swapped or forgetful card, so a handful in its life.
const EPOCHS_MAX: usize = 256;
/// Logs that a box only spoke of, the newest: it speaks of one and sends it.
const UNBEGUN_MAX: i64 = 8;

/// A log's public key: base64 of its 32 bytes, or a verifier key as text.
fn public_key(text: &str) -> Option<[u8; 32]> {
    let bytes = STANDARD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.or_else(|| Verifier::parse(text).ok().map(|verifier| verifier.public()))
}

const UNREADABLE: Reply = Reply { ack: None, disposition: Disposition::Refused(Refusal::Format) };

impl Ingest {
    /// Takes a hello and answers what is held of the log that it names.
    ///
    /// # Errors
    /// The database; see [`IngestError`].
    pub async fn hello(&self, box_id: BoxId, payload: &[u8]) -> Result<Reply, IngestError> {
        let Ok(hello) = serde_json::from_slice::<Hello>(payload) else { return Ok(UNREADABLE) };
        let Some(text) = kept(payload) else { return Ok(UNREADABLE) };
        let origin = Origin { box_id, epoch: hello.epoch };
        let key = public_key(&hello.key);
        let Some(key) = key.filter(|key| origin.verifier(key).is_ok()) else { return Ok(UNREADABLE) };
        let now_ms = self.clock.now_ms();
        let mut tx = self.db.begin().await?;
        let Some(home) = boxes::platform_home(&mut tx, box_id).await?.filter(|home| !home.revoked) else {
            return Ok(revoked());
        };
        let known = epochs::of_box(&mut tx, home.scope, box_id).await?;
        let begun = known.iter().filter(|held| held.key_known && held.frontier.size() > 0).count();
        if begun >= EPOCHS_MAX && known.iter().all(|held| held.origin != origin) {
            tracing::warn!(%box_id, "a box names more epochs than any box has");
            return Ok(UNREADABLE);
        }
        // The certificate may have been stolen: whether this key is the box's is decided when its log begins.
        log_keys::drop_unbegun(&mut tx, home.scope, box_id, UNBEGUN_MAX - 1).await?;
        epochs::create(&mut tx, home.scope, &origin, home.facility, (&key, false), now_ms).await?;
        let held = epochs::take(&mut tx, home.scope, &origin).await?;
        let held = held.ok_or_else(|| crate::db::DbError::stored("log", "it is gone"))?;
        let told = Told {
            epoch: hello.epoch,
            size: hello.size,
            cursor: hello.cursor,
            clock: word(hello.clock),
            clock_ahead_ms: hello.wall.saturating_sub(now_ms),
        };
        let version = plain(&hello.version, VERSION_CHARS_MAX);
        boxes::said_hello(&mut tx, home.scope, box_id, &told, (&version, &text), now_ms).await?;
        self.caught_up(&mut tx, &home, &held, hello.size, now_ms).await?;
        let fork = match &hello.cosigned {
            Some(note) => self.shown(&mut tx, &home, &held, note, now_ms).await?,
            None => false,
        };
        self.commit(tx).await?;
        Ok(if fork || home.quarantined { quarantined(&held) } else { done(holds(&held)) })
    }

    /// Compares a cosignature of our own that a box shows with what is held. True: they contradict each other.
    async fn shown(
        &self,
        tx: &mut Conn,
        home: &Home,
        held: &Held,
        note: &str,
        now_ms: i64,
    ) -> Result<bool, IngestError> {
        let origin = &held.origin;
        // What somebody's log contradicts is no matter of the box's.
        let Some(log) = held.own_key() else { return Ok(false) };
        // Another relay's cosignature, or rubbish, is no evidence of ours.
        let Ok(shown) = Cosigned::verify(note, origin, &log, &self.cosigners) else { return Ok(false) };
        let (size, root) = (shown.checkpoint().size, shown.checkpoint().root);
        let known = held.witness.as_deref().and_then(super::claimed).map_or(0, |c| c.size);
        let (kind, fork) = if size > held.frontier.size() {
            if size <= known {
                return Ok(false);
            }
            epochs::witnessed(tx, home.scope, origin, note).await?;
            tracing::error!(box_id = %origin.box_id, size, held = held.frontier.size(), "data loss: a box shows our \
                cosignature of more than is held");
            ("data loss", false)
        } else {
            let ours = entries::frontier_at(tx, home.scope, origin, size).await?.root();
            if ours == root || home.quarantined {
                return Ok(false);
            }
            let why = "its log and our own cosignature of it differ";
            boxes::quarantine(tx, home.scope, origin.box_id, why, now_ms).await?;
            tracing::error!(box_id = %origin.box_id, size, "fork: what is held contradicts our own cosignature");
            ("fork", true)
        };
        let ours = held.cosigned.as_deref().unwrap_or_default();
        let evidence = Evidence { kind, seq: None, ours, theirs: note, our_lines: &[], payload: &[] };
        let id = self.ulid(now_ms);
        epochs::keep_evidence(tx, home.scope, origin, (&id, &evidence), now_ms).await?;
        Counters::add(&self.counters.evidence, 1);
        Ok(fork)
    }

    /// A box that holds nothing back tells until when its facility is known.
    async fn caught_up(
        &self,
        tx: &mut Conn,
        home: &Home,
        held: &Held,
        size: u64,
        now_ms: i64,
    ) -> Result<(), IngestError> {
        if held.key_known && size == held.frontier.size() && !home.quarantined {
            facilities::known(tx, home.scope, home.facility, now_ms).await?;
        }
        Ok(())
    }

    /// Takes a health report; answers whenever what is held differs from what the box believes.
    ///
    /// # Errors
    /// The database; see [`IngestError`].
    pub async fn health(&self, box_id: BoxId, payload: &[u8]) -> Result<Reply, IngestError> {
        let Ok(health) = serde_json::from_slice::<Health>(payload) else { return Ok(UNREADABLE) };
        let Some(text) = kept(payload) else { return Ok(UNREADABLE) };
        let now_ms = self.clock.now_ms();
        let mut tx = self.db.begin().await?;
        let Some(home) = boxes::platform_home(&mut tx, box_id).await?.filter(|home| !home.revoked) else {
            return Ok(revoked());
        };
        let told = Told {
            epoch: health.epoch,
            size: health.size,
            cursor: health.cursor,
            clock: word(health.clock),
            clock_ahead_ms: health.wall.saturating_sub(now_ms),
        };
        boxes::said_health(&mut tx, home.scope, box_id, &told, &text, now_ms).await?;
        let origin = Origin { box_id, epoch: health.epoch };
        let held = epochs::get(&mut tx, home.scope, &origin).await?;
        if let Some(held) = &held {
            self.caught_up(&mut tx, &home, held, health.size, now_ms).await?;
        }
        self.commit(tx).await?;
        let behind = held.filter(|held| held.frontier.size() != health.cursor);
        let ack =
            behind.map(|held| if home.quarantined { quarantined(&held).ack } else { Some(holds(&held)) });
        Ok(Reply { ack: ack.flatten(), disposition: Disposition::Done })
    }
}

fn quarantined(held: &Held) -> Reply {
    let (code, text) = ("quarantined".into(), QUARANTINED.into());
    let refused = Refused { from: held.frontier.size(), code, text };
    done(answer(held.origin.epoch, Answer::Refused { refused }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_bounded_and_plain() {
        let long = "x".repeat(5_000);
        let said = format!(
            r#"{{"version":"1\u0000\n2","cosigned":"a\nb","notes":["{long}"{}],"p":[{{"state":"\u0007ready"}}],"n":7}}"#,
            r#","y""#.repeat(200)
        );
        let kept: Value = serde_json::from_str(&kept(said.as_bytes()).unwrap()).unwrap();
        assert_eq!((&kept["version"], &kept["p"][0]["state"]), (&"1  2".into(), &" ready".into()));
        assert_eq!((&kept["n"], &kept["cosigned"]), (&7.into(), &Value::Null));
        let notes = kept["notes"].as_array().unwrap();
        assert_eq!((notes.len(), notes[0].as_str().unwrap().len()), (LIST_MAX, TEXT_CHARS_MAX));
        assert_eq!(plain("é\u{0}é", 2), "é ");
        let many: String = (0..100).map(|n| format!(r#""{n}":"{long}","#)).collect();
        assert_eq!(super::kept(format!(r#"{{{many}"n":0}}"#).as_bytes()), None, "no box says so much");
    }
}
