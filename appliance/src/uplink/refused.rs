//! How far the photos have come: up to which entry the relay has them, and which it would not take.

use std::collections::{BTreeMap, BTreeSet};

use record::ids::Epoch;
use record::tree::Hash;
use redb::{ReadTransaction, ReadableDatabase as _, ReadableTable as _, TableDefinition};

use super::UplinkShared;
use super::plan::UplinkAlarm;
use crate::photo::AtRelay;
use crate::store::Store;

/// The position of the photo transfer in what [`Store::lines_key`] names: the photos of every entry before this one were looked at.
const POSITION: TableDefinition<'static, &str, u64> = TableDefinition::new("uplink_photos_upto");
/// Photos that the relay would not take: the status that it answered, and when, milliseconds since 1970.
const REFUSED: TableDefinition<'static, &[u8; 32], (u16, i64)> =
    TableDefinition::new("uplink_photos_refused");

/// Which photos the relay has. Where that cannot be read it has none: what it lacks must stay here.
pub fn at_relay(store: &Store) -> AtRelay {
    read_relay_photos(store).unwrap_or_else(|error| {
        tracing::warn!(%error, "how far photos were sent cannot be read");
        AtRelay::default()
    })
}

fn read_relay_photos(store: &Store) -> Result<AtRelay, redb::Error> {
    let read = store.state_db().begin_read()?;
    let refused = refused_in(&read)?.into_keys().collect::<BTreeSet<_>>();
    let mut at_relay = AtRelay { upto: BTreeMap::new(), refused };
    for epoch in store.epochs() {
        at_relay.upto.insert(epoch.n, position_in(&read, &store.lines_key(epoch))?);
    }
    Ok(at_relay)
}

pub(super) fn keep_position(shared: &UplinkShared, epoch: Epoch, next: u64) {
    if let Err(error) = write_position(shared, &shared.parts.store.lines_key(epoch), next) {
        tracing::warn!(%error, "how far photos were sent is not kept; they are asked for again");
    }
}

fn write_position(shared: &UplinkShared, key: &str, next: u64) -> Result<(), redb::Error> {
    let write = shared.parts.store.state_db().begin_write()?;
    write.open_table(POSITION)?.insert(key, next)?;
    Ok(write.commit()?)
}

/// The photos that the relay would not take, and when it said so.
///
/// # Errors
/// The database's.
pub(super) fn refused_photos(shared: &UplinkShared) -> Result<BTreeMap<Hash, i64>, redb::Error> {
    refused_in(&shared.parts.store.state_db().begin_read()?)
}

/// Notes durably that the relay will not take a photo, with its status, or (`None`) that it has it.
///
/// # Errors
/// The database's. The caller must not continue then: the photo would count as being at the relay.
pub(super) fn mark_refused(
    shared: &UplinkShared,
    photo: Hash,
    status: Option<u16>,
) -> Result<(), redb::Error> {
    if status.is_none() && !refused_photos(shared)?.contains_key(&photo) {
        return Ok(());
    }
    let now_ms = shared.parts.clock.now().wall_ms;
    let write = shared.parts.store.state_db().begin_write()?;
    {
        let mut table = write.open_table(REFUSED)?;
        match status {
            Some(status) => table.insert(&photo.0, (status, now_ms))?,
            None => table.remove(&photo.0)?,
        };
    }
    write.commit()?;
    update_photo_alarm(shared)
}

/// Shows how many photos the relay does not take; nothing where it takes all.
///
/// # Errors
/// The database's.
pub(super) fn update_photo_alarm(shared: &UplinkShared) -> Result<(), redb::Error> {
    let count = refused_photos(shared)?.len() as u64;
    let cause = UplinkAlarm::PhotosRefused { count }.cause(shared.parts.store.origin().epoch, "");
    if count == 0 {
        shared.clear(|reported| reported.code == cause.code);
    } else {
        shared.parts.alarms.raise(cause);
    }
    Ok(())
}

fn position_in(read: &ReadTransaction, key: &str) -> Result<u64, redb::Error> {
    match read.open_table(POSITION) {
        Ok(table) => Ok(table.get(key)?.map_or(0, |row| row.value())),
        Err(redb::TableError::TableDoesNotExist(_)) => Ok(0),
        Err(error) => Err(error.into()),
    }
}

fn refused_in(read: &ReadTransaction) -> Result<BTreeMap<Hash, i64>, redb::Error> {
    let table = match read.open_table(REFUSED) {
        Ok(table) => table,
        Err(redb::TableError::TableDoesNotExist(_)) => return Ok(BTreeMap::new()),
        Err(error) => return Err(error.into()),
    };
    let mut refused = BTreeMap::new();
    for row in table.iter()? {
        let (photo, message) = row?;
        refused.insert(Hash(*photo.value()), message.value().1);
    }
    Ok(refused)
}
