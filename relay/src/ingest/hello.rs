//! Hello and health: what a box says of itself, and the answer that is authoritative in both directions.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use record::checkpoint::{CosignedCheckpoint, LogOrigin};
use record::compliance::{zone_digest, zone_release};
use record::entry::ClockState;
use record::ids::BoxId;
use record::messages::{Answer, BatchRefused, HealthReport, Hello, RelayZone};
use record::sign::VerifierKey;
use serde_json::Value;

use super::pace::BoxMessage;
use super::reports::ReportedState;
use super::{
    Ingest, IngestCounters, IngestError, IngestReply, QUARANTINED, ack_cosigned, ack_with, busy_reply,
    done_reply, revoked_reply,
};
use crate::db::fleet::boxes;
use crate::db::fleet::boxes::BoxOwner;
use crate::db::log::epochs::{NewEvidence, StoredLog};
use crate::db::log::{entries, epochs, log_keys};
use crate::db::projection::projections;
use crate::db::{DbError, PlatformReason, ScopedConnection};
use crate::mqtt::{PublishOutcome, PublishRefusal};
use crate::projections::facility_now::refresh_box;

fn clock_word(clock: ClockState) -> &'static str {
    match clock {
        ClockState::Synced => "synced",
        ClockState::Rtc => "rtc",
        ClockState::Uncertain => "uncertain",
    }
}

/// Characters of what a box says of itself, each text; no box has a version or a printer with more.
const TEXT_CHARS_MAX: usize = 1_000;
const VERSION_CHARS_MAX: usize = 200;
/// Bytes of all that is kept: a box says about 1,000.
const REPORT_BYTES_MAX: usize = 64 * 1024;
const LIST_MAX: usize = 64;

/// As much of a text as is kept, with spaces for control characters. PostgreSQL takes no NUL, and a box that was asked
/// to come again would send the same for ever.
fn plain_text(text: &str, chars_max: usize) -> String {
    text.chars().take(chars_max).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// What a box says, each text and list of it bounded, as JSON; `cosigned` is a note, which has lines.
fn stored_text(message: &[u8]) -> Option<String> {
    let mut message: Value = serde_json::from_slice(message).ok()?;
    message.as_object_mut()?.remove("cosigned");
    bound_report(&mut message);
    Some(message.to_string()).filter(|text| text.len() <= REPORT_BYTES_MAX)
}

fn bound_report(message: &mut Value) {
    match message {
        Value::String(text) => *text = plain_text(text, TEXT_CHARS_MAX),
        Value::Array(list) => {
            list.truncate(LIST_MAX);
            list.iter_mut().for_each(bound_report);
        }
        Value::Object(members) => members.values_mut().for_each(bound_report),
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
    bytes.or_else(|| VerifierKey::parse(text).ok().map(|verifier| verifier.public()))
}

const UNREADABLE: IngestReply =
    IngestReply { ack: None, disposition: PublishOutcome::Refused(PublishRefusal::Format) };

impl Ingest {
    /// Takes a hello and answers what is held of the log that it names.
    pub async fn hello(&self, box_id: BoxId, payload: &[u8]) -> Result<IngestReply, IngestError> {
        let Ok(hello) = serde_json::from_slice::<Hello>(payload) else { return Ok(UNREADABLE) };
        if let Err(wait_s) = self.take_turn(box_id, BoxMessage::Hello) {
            return Ok(busy_reply(Some(hello.epoch), wait_s));
        }
        let Some(text) = stored_text(payload) else { return Ok(UNREADABLE) };
        let origin = LogOrigin { box_id, epoch: hello.epoch };
        let key = public_key(&hello.key);
        let Some(key) = key.filter(|key| origin.verifier(key).is_ok()) else { return Ok(UNREADABLE) };
        let now_ms = self.clock.now_ms();
        let mut tx = self.db.platform_write(PlatformReason::Box).await?;
        let Some(home) = boxes::platform_home(&mut tx, box_id).await?.filter(|home| !home.revoked) else {
            return Ok(revoked_reply());
        };
        let mut tx = tx.enter(home.scope).await?;
        let known = epochs::of_box(&mut tx, box_id).await?;
        let begun = known.iter().filter(|held| held.key_known && held.frontier.size() > 0).count();
        if begun >= EPOCHS_MAX && known.iter().all(|held| held.origin != origin) {
            tracing::warn!(%box_id, "a box names more epochs than any box has");
            return Ok(UNREADABLE);
        }
        // The certificate may have been stolen: whether this key is the box's is decided when its log begins.
        log_keys::drop_unbegun(&mut tx, box_id, UNBEGUN_MAX - 1).await?;
        epochs::insert_epoch(&mut tx, &origin, home.facility, (&key, false), now_ms).await?;
        let held = epochs::lock_log(&mut tx, &origin).await?;
        let mut held = held.ok_or_else(|| DbError::stored("log", "it is gone"))?;
        let reported = ReportedState {
            epoch: hello.epoch,
            size: hello.size,
            cursor: hello.cursor,
            clock: clock_word(hello.clock),
            clock_ahead_ms: hello.wall.saturating_sub(now_ms),
        };
        let version = plain_text(&hello.version, VERSION_CHARS_MAX);
        let is_whole = self.is_caught_up(&mut tx, &home, &held, hello.size).await?;
        let fork = match &hello.cosigned {
            Some(note) => self.shown(&mut tx, &home, &held, note, now_ms).await?,
            None => false,
        };
        self.renew_cosignature(&mut tx, &mut held).await?;
        self.commit(tx).await?;
        self.reports.note_state(&home, box_id, &reported, now_ms);
        self.reports.note_hello(&home, box_id, version, text);
        if is_whole {
            self.reports.note_known(&home, now_ms);
        }
        // Before the answer, which may be signed by a key that the box is informed of here.
        self.send_directives(home.scope, box_id, hello.directive.unwrap_or(0)).await?;
        let mut reply =
            if fork || home.quarantined { quarantined_reply(&held) } else { done_reply(ack_cosigned(&held)) };
        if let Some(ack) = reply.ack.as_mut().filter(|_| !hello.zone.is_empty()) {
            let digest = zone_digest(&hello.zone);
            ack.zone = Some(RelayZone { tzdb: zone_release().to_owned(), zone: hello.zone, digest });
        }
        Ok(reply)
    }

    /// Compares a cosignature of our own that a box shows with what is held. True: they contradict each other.
    async fn shown(
        &self,
        tx: &mut ScopedConnection,
        home: &BoxOwner,
        held: &StoredLog,
        note: &str,
        now_ms: i64,
    ) -> Result<bool, IngestError> {
        let origin = &held.origin;
        // What somebody's log contradicts is no matter of the box's.
        let Some(log) = held.own_key() else { return Ok(false) };
        // Another relay's cosignature, or rubbish, is no evidence of ours.
        let Ok(shown) = CosignedCheckpoint::verify(note, origin, &log, &self.keys.now().cosigners()) else {
            return Ok(false);
        };
        let (size, root) = (shown.checkpoint().size, shown.checkpoint().root);
        let known = held.witness.as_deref().and_then(super::claimed_checkpoint).map_or(0, |c| c.size);
        let (kind, fork) = if size > held.frontier.size() {
            if size <= known {
                return Ok(false);
            }
            epochs::save_cosigned(tx, origin, note).await?;
            tracing::error!(box_id = %origin.box_id, size, held = held.frontier.size(), "data loss: a box shows our \
                cosignature of more than is held");
            ("data loss", false)
        } else {
            let ours = entries::frontier_at(tx, origin, size).await?.root();
            if ours == root || home.quarantined {
                return Ok(false);
            }
            let why = "its log and our own cosignature of it differ";
            boxes::quarantine_box(tx, origin.box_id, why, now_ms).await?;
            refresh_box(tx, home.facility, now_ms).await?;
            tracing::error!(box_id = %origin.box_id, size, "fork: what is held contradicts our own cosignature");
            ("fork", true)
        };
        let ours = held.cosigned.as_deref().unwrap_or_default();
        let evidence = NewEvidence { kind, seq: None, ours, theirs: note, our_lines: &[], payload: &[] };
        let id = self.ulid(now_ms);
        epochs::keep_evidence(tx, origin, (&id, &evidence), now_ms).await?;
        IngestCounters::add(&self.counters.evidence, 1);
        Ok(fork)
    }

    /// Whether a box that holds nothing back shows until when its facility is known.
    async fn is_caught_up(
        &self,
        conn: &mut ScopedConnection,
        home: &BoxOwner,
        held: &StoredLog,
        size: u64,
    ) -> Result<bool, DbError> {
        let is_whole = held.key_known && size == held.frontier.size() && !home.quarantined;
        // What was not folded yet may have been in time.
        Ok(is_whole && projections::is_folded(conn, home.facility).await?)
    }

    /// Takes a health report; answers whenever what is held differs from what the box believes.
    pub async fn health(&self, box_id: BoxId, payload: &[u8]) -> Result<IngestReply, IngestError> {
        let Ok(health) = serde_json::from_slice::<HealthReport>(payload) else { return Ok(UNREADABLE) };
        // Nothing is lost with one: the next says more.
        if self.take_turn(box_id, BoxMessage::Health).is_err() {
            return Ok(busy_reply(None, 0));
        }
        let Some(text) = stored_text(payload) else { return Ok(UNREADABLE) };
        let now_ms = self.clock.now_ms();
        let mut conn = self.db.platform_read(PlatformReason::Box).await?;
        let Some(home) = boxes::platform_home(&mut conn, box_id).await?.filter(|home| !home.revoked) else {
            return Ok(revoked_reply());
        };
        let mut conn = conn.enter(home.scope).await?;
        let reported = ReportedState {
            epoch: health.epoch,
            size: health.size,
            cursor: health.cursor,
            clock: clock_word(health.clock),
            clock_ahead_ms: health.wall.saturating_sub(now_ms),
        };
        let origin = LogOrigin { box_id, epoch: health.epoch };
        let held = epochs::find_log(&mut conn, &origin).await?;
        let is_whole = match &held {
            Some(held) => self.is_caught_up(&mut conn, &home, held, health.size).await?,
            None => false,
        };
        drop(conn);
        self.reports.note_state(&home, box_id, &reported, now_ms);
        self.reports.note_health(&home, box_id, text);
        if is_whole {
            self.reports.note_known(&home, now_ms);
        }
        let behind = held.filter(|held| held.frontier.size() != health.cursor);
        let ack = behind.map(|held| {
            if home.quarantined { quarantined_reply(&held).ack } else { Some(ack_cosigned(&held)) }
        });
        Ok(IngestReply { ack: ack.flatten(), disposition: PublishOutcome::Done })
    }
}

fn quarantined_reply(held: &StoredLog) -> IngestReply {
    let (code, text) = ("quarantined".into(), QUARANTINED.into());
    let refused = BatchRefused { from: held.frontier.size(), code, text };
    done_reply(ack_with(held.origin.epoch, Answer::Refused { refused }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_bounded_and_plain() {
        let long = "x".repeat(5_000);
        let message = format!(
            r#"{{"version":"1\u0000\n2","cosigned":"a\nb","notes":["{long}"{}],"p":[{{"state":"\u0007ready"}}],"n":7}}"#,
            r#","y""#.repeat(200)
        );
        let stored: Value = serde_json::from_str(&stored_text(message.as_bytes()).unwrap()).unwrap();
        assert_eq!((&stored["version"], &stored["p"][0]["state"]), (&"1  2".into(), &" ready".into()));
        assert_eq!((&stored["n"], &stored["cosigned"]), (&7.into(), &Value::Null));
        let notes = stored["notes"].as_array().unwrap();
        assert_eq!((notes.len(), notes[0].as_str().unwrap().len()), (LIST_MAX, TEXT_CHARS_MAX));
        assert_eq!(plain_text("é\u{0}é", 2), "é ");
        let many: String = (0..100).map(|n| format!(r#""{n}":"{long}","#)).collect();
        assert_eq!(super::stored_text(format!(r#"{{{many}"n":0}}"#).as_bytes()), None, "no box says so much");
    }
}
