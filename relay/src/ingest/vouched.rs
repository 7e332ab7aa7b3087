//! Which logs under a box's name are the box's own. A certificate proves the box only as long as nobody has stolen it; so a
//! log counts if its key came with a claim, if a key that did vouches for it, or if a person says so. Any other one is kept
//! apart and hinders nothing.

use std::collections::BTreeSet;

use record::checkpoint::LogOrigin;
use record::entry::Entry;
use record::ids::{BoxId, Epoch, FacilityId};
use record::kinds::{Event, LogStarted};
use record::vouch::Base64Bytes;

use crate::db::facility::facilities;
use crate::db::log::epochs::StoredLog;
use crate::db::log::{entries, epochs, log_keys, texts};
use crate::db::projection::adoptions;
use crate::db::{DbError, ScopedConnection};

#[derive(Debug, Clone)]
struct KeyedLog {
    origin: LogOrigin,
    key: Base64Bytes<32>,
    is_known: bool,
    first: Option<LogStarted>,
}

/// Whether the key of `by` vouches for that of `of`, as the first entry of `of` has it.
fn is_vouched_by(by: &KeyedLog, of: &KeyedLog) -> bool {
    let Some(LogStarted { key: Some(key), vouch: Some(vouch), .. }) = &of.first else { return false };
    vouch.by == by.origin.epoch
        && *key == of.key
        && by.origin.verifier(&by.key.0).is_ok_and(|verifier| vouch.holds(&verifier, &of.origin, key))
}

/// Logs to which vouches lead from those that are known: forwards, and backwards, since a known log that carries a key's
/// signature says that this key was its box's before.
fn newly_vouched(logs: &[KeyedLog]) -> BTreeSet<Epoch> {
    let before: BTreeSet<Epoch> =
        logs.iter().filter(|log| log.is_known).map(|log| log.origin.epoch).collect();
    let mut known = before.clone();
    loop {
        let (here, others): (Vec<&KeyedLog>, Vec<&KeyedLog>) =
            logs.iter().partition(|log| known.contains(&log.origin.epoch));
        let found = others
            .into_iter()
            .filter(|log| here.iter().any(|by| is_vouched_by(by, log) || is_vouched_by(log, by)));
        let found: Vec<Epoch> = found.map(|log| log.origin.epoch).collect();
        if found.is_empty() {
            return known.difference(&before).copied().collect();
        }
        known.extend(found);
    }
}

fn log_started(entry: &Entry) -> Option<LogStarted> {
    match entry.event() {
        Event::LogStarted(started) => Some(*started),
        _ => None,
    }
}

/// The logs that turn out to be the box's own now that `first` is the first entry of one of them.
pub(super) async fn look_for_key(
    conn: &mut ScopedConnection,
    all: &[StoredLog],
    (of, first): (&LogOrigin, &Entry),
) -> Result<BTreeSet<Epoch>, DbError> {
    let mut logs = Vec::with_capacity(all.len());
    for held in all {
        let first = if held.origin == *of { log_started(first) } else { first_of(conn, held).await? };
        let key = Base64Bytes(held.log_key);
        logs.push(KeyedLog { origin: held.origin, key, is_known: held.key_known, first });
    }
    Ok(newly_vouched(&logs))
}

async fn first_of(conn: &mut ScopedConnection, held: &StoredLog) -> Result<Option<LogStarted>, DbError> {
    if held.frontier.size() == 0 {
        return Ok(None);
    }
    let line = entries::load_line(conn, &held.origin, 0).await?;
    let entry = line.map(|line| Entry::parse(&line)).transpose().map_err(|e| DbError::stored("entry", e))?;
    Ok(entry.as_ref().and_then(log_started))
}

pub(super) fn find_rival<'h>(
    all: &'h [StoredLog],
    origin: &LogOrigin,
    follows: Option<Epoch>,
) -> Option<&'h StoredLog> {
    all.iter()
        .filter(|held: &&StoredLog| held.key_known && held.frontier.size() > 0 && held.origin != *origin)
        .find(|held| held.follows() == follows)
}

/// Whether the log that this one continues is kept apart, although it is the box's.
pub(super) fn is_on_branch(all: &[StoredLog], follows: Option<Epoch>) -> bool {
    all.iter().any(|held| held.apart && held.key_known && Some(held.origin.epoch) == follows)
}

/// Why a log that waits was not taken for the box's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAdmitted {
    NotWaiting,
    /// Another log of the box continues from the same place, and counts.
    Beside(Epoch),
}

/// Takes a log that waits for the box's own: it counts from the next fold on, and its key renews certificates.
pub async fn admit_log(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    origin: &LogOrigin,
) -> Result<Result<StoredLog, NotAdmitted>, DbError> {
    let all = epochs::of_box(conn, origin.box_id).await?;
    let Some(held) = all.iter().find(|held| held.origin == *origin && held.waits()) else {
        return Ok(Err(NotAdmitted::NotWaiting));
    };
    if let Some(rival) = find_rival(&all, origin, held.follows()) {
        return Ok(Err(NotAdmitted::Beside(rival.origin.epoch)));
    }
    log_keys::set_known(conn, origin, is_on_branch(&all, held.follows())).await?;
    adoptions::request_texts(conn, origin.box_id, origin.epoch).await?;
    texts::name_log(conn, origin).await?;
    facilities::request_rebuild(conn, facility).await?;
    let admitted = held.clone();
    // What its own key vouches for came with it.
    let first =
        entries::load_line(conn, origin, 0).await?.ok_or_else(|| DbError::stored("log", "it is empty"))?;
    let first = Entry::parse(&first).map_err(|e| DbError::stored("entry", e))?;
    let all = epochs::of_box(conn, origin.box_id).await?;
    let vouched = look_for_key(conn, &all, (origin, &first)).await?;
    join_logs(conn, facility, origin.box_id, &vouched).await?;
    Ok(Ok(admitted))
}

/// Takes logs for the box's own to which vouches lead by now, but for one that continues where another one does already:
/// that one waits for a person. Whether there was any.
pub(super) async fn join_logs(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    box_id: BoxId,
    vouched: &BTreeSet<Epoch>,
) -> Result<bool, DbError> {
    let mut joined = false;
    for epoch in vouched {
        let all = epochs::of_box(conn, box_id).await?;
        let waiting = all.iter().find(|held| held.origin.epoch == *epoch && held.waits());
        let Some(held) = waiting.filter(|held| find_rival(&all, &held.origin, held.follows()).is_none())
        else {
            continue;
        };
        log_keys::set_known(conn, &held.origin, is_on_branch(&all, held.follows())).await?;
        adoptions::request_texts(conn, box_id, *epoch).await?;
        texts::name_log(conn, &held.origin).await?;
        facilities::request_rebuild(conn, facility).await?;
        tracing::info!(%box_id, %epoch, "a log that waited is vouched for, and counts");
        joined = true;
    }
    Ok(joined)
}

#[cfg(test)]
mod tests {
    use record::sign::{KeyKind, SignerKey};
    use record::vouch::Vouch;

    use super::*;

    struct Key {
        origin: LogOrigin,
        signer: SignerKey,
    }

    fn key(n: u32, secret: u8) -> Key {
        let box_id = BoxId::new(1, [1; 10]);
        let public = SignerKey::new("x", KeyKind::Note, &[secret; 32]).unwrap().verifier().public();
        let origin = LogOrigin::new(box_id, n, &public);
        Key { origin, signer: origin.signer(&[secret; 32]).unwrap() }
    }

    fn log(of: &Key, by: Option<&Key>, is_known: bool) -> KeyedLog {
        let key = Base64Bytes(of.signer.verifier().public());
        let vouch = by.map(|by| Vouch::make(by.origin.epoch, &by.signer, &of.origin, &key));
        let body = serde_json::json!({"box": of.origin.box_id, "version": "1", "key": key, "vouch": vouch});
        KeyedLog { origin: of.origin, key, is_known, first: Some(serde_json::from_value(body).unwrap()) }
    }

    fn found(logs: &[KeyedLog]) -> Vec<u32> {
        newly_vouched(logs).into_iter().map(|epoch| epoch.n).collect()
    }

    #[test]
    fn vouches_lead_forwards_and_backwards_from_what_is_known() {
        let keys = [key(1, 1), key(2, 2), key(3, 3), key(4, 4)];
        let [one, two, three, four] = &keys;
        let known_first = [log(one, None, true), log(two, Some(one), false), log(three, Some(two), false)];
        assert_eq!(found(&known_first), [2, 3]);
        // The box was claimed with its third log; all of them were vouched for by the first key.
        let known_last = [
            log(one, None, false),
            log(two, Some(one), false),
            log(three, Some(one), true),
            log(four, None, false),
        ];
        assert_eq!(found(&known_last), [1, 2], "nobody vouches for the fourth");
        assert_eq!(
            found(&[log(one, None, false), log(two, Some(one), false)]),
            Vec::<u32>::new(),
            "nothing is known"
        );
    }

    #[test]
    fn nothing_leads_to_a_key_that_somebody_made_up() {
        let (own, forged, other) = (key(1, 1), key(2, 66), key(1, 67));
        assert_eq!(found(&[log(&own, None, true), log(&forged, None, false)]), Vec::<u32>::new());
        // Vouched for under the own log's name by a key that is not the own log's.
        let mut says = log(&forged, Some(&other), false);
        says.first.as_mut().unwrap().vouch.as_mut().unwrap().by = own.origin.epoch;
        assert_eq!(found(&[log(&own, None, true), says]), Vec::<u32>::new());
        // The vouch of a real log, taken for another key.
        let real = key(2, 2);
        let mut taken = log(&forged, None, false);
        taken.first = log(&real, Some(&own), false).first;
        assert_eq!(found(&[log(&own, None, true), taken]), Vec::<u32>::new());
        // A key that takes the name of the one that vouched for a known log.
        let mut squatter = log(&forged, None, false);
        squatter.origin = own.origin;
        assert_eq!(found(&[squatter, log(&real, Some(&own), true)]), Vec::<u32>::new());
    }
}
