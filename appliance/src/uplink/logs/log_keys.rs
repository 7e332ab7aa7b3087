//! Which of the logs that the relay holds for this box are this box's: those whose key is here, or is vouched for by one that is. The
//! relay returns what it holds and may have made it up; any other log has to be confirmed by a person at the box.

use std::collections::BTreeMap;
use std::sync::Arc;

use record::alarm::AlarmCode;
use record::checkpoint::{CosignedCheckpoint, LogOrigin};
use record::ids::Epoch;
use record::kinds::{Event, LogStarted};
use record::messages::{ChainEpoch, LogChain};
use record::sign::VerifierKey;
use record::vouched_keys::find_vouched_key;

use super::refill::fetch_page;
use super::relay_answers::{RunUplinkError, in_background_alone};
use crate::alarms::{AlarmCause, AlarmStore};
use crate::store::Store;
use crate::uplink::UplinkShared;
use crate::uplink::transport::http_client::RelayHttpClient;

/// Logs that are not known here and are looked at, the newest first: a box has few, and each costs a request.
const UNKNOWN_MAX: usize = 16;

#[derive(Debug, Default)]
pub(in crate::uplink) struct KnownKeys {
    keys: BTreeMap<Epoch, VerifierKey>,
}

impl KnownKeys {
    /// Looks for the key of each log; reports those that nothing vouches for.
    ///
    /// # Errors
    /// The relay does not answer, or this box's own files do not: it is to be asked again.
    pub(in crate::uplink) async fn learn(
        shared: &Arc<UplinkShared>,
        with: &RelayHttpClient,
        held: &LogChain,
    ) -> Result<Self, RunUplinkError> {
        let (store, alarms) = (shared.parts.store.clone(), Arc::clone(&shared.parts.alarms));
        let (with, held) = (with.clone(), held.clone());
        let runtime = tokio::runtime::Handle::current();
        in_background_alone(shared, move || {
            let (known, unknown) =
                Self::sort(&store, &held, &mut |epoch| runtime.block_on(first_entry(&with, &store, epoch)))?;
            report_unknown_keys(&alarms, &unknown);
            store.keep_offered_keys(&unknown.into_iter().map(|(_, key)| key).collect::<Vec<_>>())?;
            Ok::<_, RunUplinkError>(known)
        })
        .await
    }

    /// Keys that are known, and those that are only offered.
    fn sort(
        store: &Store,
        held: &LogChain,
        ask: &mut dyn FnMut(Epoch) -> Result<Option<LogStarted>, RunUplinkError>,
    ) -> Result<(Self, Vec<(Epoch, VerifierKey)>), RunUplinkError> {
        let (mut known, mut others) = (Self::default(), Vec::new());
        let mut logs: Vec<&ChainEpoch> = held.epochs.iter().filter(|held| held.size > 0).collect();
        logs.sort_by_key(|held| std::cmp::Reverse(held.epoch));
        for held in &logs {
            match store.known_log_key(held.epoch)? {
                Some(key) => drop(known.keys.insert(held.epoch, key)),
                None => others.push(*held),
            }
        }
        let mut unknown = Vec::new();
        for other in others.into_iter().take(UNKNOWN_MAX) {
            let origin = LogOrigin { epoch: other.epoch, ..store.origin() };
            match find_vouched_key(
                origin,
                |epoch| match known.keys.get(&epoch) {
                    Some(key) => Ok(Some(key.clone())),
                    None => store.known_log_key(epoch).map_err(RunUplinkError::from),
                },
                |epoch| match logs.iter().any(|held| held.epoch == epoch) {
                    true => ask(epoch),
                    false => Ok(None),
                },
            )? {
                Some(key) => drop(known.keys.insert(other.epoch, key)),
                None => unknown.extend(offered_key(&origin, other).map(|key| (other.epoch, key))),
            }
        }
        Ok((known, unknown))
    }

    /// Whether a log is known to be this box's.
    pub(in crate::uplink) fn knows(&self, epoch: Epoch) -> bool {
        self.keys.contains_key(&epoch)
    }

    pub(in crate::uplink) fn proven(
        &self,
        held: &ChainEpoch,
        of: &Store,
        cosigners: &[VerifierKey],
    ) -> Option<(CosignedCheckpoint, VerifierKey)> {
        let key = self.keys.get(&held.epoch)?;
        let origin = LogOrigin { epoch: held.epoch, ..of.origin() };
        let cosigned = CosignedCheckpoint::verify(held.cosigned.as_deref()?, &origin, key, cosigners).ok()?;
        Some((cosigned, key.clone()))
    }
}

fn offered_key(origin: &LogOrigin, held: &ChainEpoch) -> Option<VerifierKey> {
    origin.verifier(&VerifierKey::parse(&held.key).ok()?.public()).ok()
}

/// What the first entry of a log says, as the relay gives it.
async fn first_entry(
    with: &RelayHttpClient,
    store: &Store,
    epoch: Epoch,
) -> Result<Option<LogStarted>, RunUplinkError> {
    let (entries, _) = fetch_page(with, epoch, 0, 1).await.map_err(RunUplinkError::Unreachable)?;
    Ok(entries.first().and_then(|entry| match entry.event() {
        Event::LogStarted(started) if started.r#box == store.origin().box_id => Some(*started),
        _ => None,
    }))
}

/// Raises the alarm that nothing vouches for a log, and ends those about others. One is reported at a time: a relay can
/// make up as many as it likes, and each report would demand the attention of a person at the box.
fn report_unknown_keys(alarms: &AlarmStore, unknown: &[(Epoch, VerifierKey)]) {
    alarms.end(|cause| {
        cause.code == AlarmCode::LogUnvouched && !unknown.iter().any(|(epoch, _)| cause.epoch == Some(*epoch))
    });
    let epochs: Vec<String> = unknown.iter().map(|(epoch, _)| epoch.to_string()).collect();
    let Some((newest, _)) = unknown.first() else { return };
    tracing::error!(
        ?epochs,
        "the relay holds logs under this box's name that no key of this box vouches for"
    );
    if !alarms.stands(|cause| cause.code == AlarmCode::LogUnvouched) {
        alarms.raise(AlarmCause::new(AlarmCode::LogUnvouched).of(*newest));
    }
}

#[cfg(test)]
mod tests {
    use record::sign::{KeyKind, SignerKey};

    use super::*;
    use crate::store::disk::Disk;
    use crate::store::system_disk::SystemDisk;

    #[test]
    fn made_up_logs_are_one_alarm_however_many_they_are() {
        let dir = tempfile::tempdir().unwrap();
        let disk: Arc<dyn Disk> = Arc::new(SystemDisk::take(dir.path()).unwrap());
        let alarms = AlarmStore::open(
            disk,
            Arc::new(crate::clock::system_clock(record::ids::BootId::new(1, [1; 10]))),
        );
        let key = SignerKey::new("made/up", KeyKind::Note, &[7; 32]).unwrap().verifier().clone();
        let log = |n: u32| (Epoch { n, key: [9; 4] }, key.clone());
        let reported = || {
            let all = alarms.all();
            all.iter().filter(|alarm| alarm.is_active()).map(|alarm| alarm.cause.epoch).collect::<Vec<_>>()
        };
        report_unknown_keys(&alarms, &(1..=16).rev().map(log).collect::<Vec<_>>());
        assert_eq!(reported(), [Some(log(16).0)]);
        report_unknown_keys(&alarms, &[log(40), log(16)]);
        assert_eq!(reported(), [Some(log(16).0)], "it stands while it is so");
        report_unknown_keys(&alarms, &[log(40)]);
        assert_eq!(reported(), [Some(log(40).0)]);
        report_unknown_keys(&alarms, &[]);
        assert!(reported().is_empty());
    }
}
