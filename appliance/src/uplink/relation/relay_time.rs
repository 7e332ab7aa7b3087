//! A box without a time source learns the time from what the relay signed.

use std::sync::Arc;

use record::checkpoint::CosignedCheckpoint;
use record::entry::ClockState;
use service::clock::Now;
use service::random::RandomSource;

use crate::anchors::{anchor_by_relay, newest_time};
use crate::command::execute_as_box;
use crate::store::Store;

pub(in crate::uplink) async fn take_relay_time(
    store: &Store,
    random: Arc<dyn RandomSource>,
    now: &Now,
    cosigned: &CosignedCheckpoint,
) {
    let cosigned_ms = i64::try_from(cosigned.time_s().saturating_mul(1_000)).unwrap_or(i64::MAX);
    let newest = match now.state {
        ClockState::Synced => return,
        ClockState::Uncertain | ClockState::Rtc => {
            let (store, size) = (store.clone(), cosigned.checkpoint().size);
            tokio::task::spawn_blocking(move || newest_time(&store, size)).await.ok().flatten()
        }
    };
    let Some(command) = anchor_by_relay(now, &store.facility(), cosigned_ms, newest) else { return };
    if let Err(error) = execute_as_box(store, random, command).await {
        tracing::warn!(%error, "the relay’s time was not written down");
    }
}

#[cfg(test)]
mod tests {
    use record::checkpoint::SignedCheckpoint;
    use record::ids::BootId;
    use record::kinds::Event;
    use record::sign::{KeyKind, SignerKey};
    use service::clock::FakeClock;
    use service::random::SystemRandom;

    use super::*;
    use crate::intake::{AnchorSource, Command, SettingsChange};
    use crate::store::configure_test_store;

    const RELAY_S: u64 = 1_795_205_071;

    fn cosign(store: &Store) -> CosignedCheckpoint {
        let relay = SignerKey::new("relay.example/cosign/1", KeyKind::Cosignature, &[6; 32]).unwrap();
        let (origin, log) = (store.origin(), store.verifier_keys().remove(0));
        let note = store.checkpoint().unwrap().to_string();
        let both = SignedCheckpoint::verify(&note, &origin, &log).unwrap().cosigned(&relay, RELAY_S);
        let keys = [relay.verifier().clone()];
        CosignedCheckpoint::verify(&both.to_string(), &origin, &log, &keys).unwrap()
    }

    #[tokio::test]
    async fn a_cosignature_tells_the_time_once_to_a_box_that_nothing_else_tells() {
        for (state, anchors) in [(ClockState::Uncertain, 1), (ClockState::Rtc, 1), (ClockState::Synced, 0)] {
            let dir = tempfile::tempdir().unwrap();
            let now = Now { wall_ms: 5_000, boot: BootId::new(0, [9; 10]), up_ms: 5_000, state };
            let clock = Arc::new(FakeClock::new(now));
            let random: Arc<dyn RandomSource> = Arc::new(SystemRandom);
            let (store, _) =
                Store::open(configure_test_store(dir.path()), clock, Arc::new(SystemRandom)).unwrap();
            let named = SettingsChange { name: Some("Linden".into()), ..SettingsChange::default() };
            let command = Command::ChangeFacility(Box::new(named));
            execute_as_box(&store, Arc::clone(&random), command).await.unwrap();
            let (size, cosigned) = (store.size(), cosign(&store));
            for _ in 0..2 {
                take_relay_time(&store, Arc::clone(&random), &now, &cosigned).await;
            }
            assert_eq!(store.size(), size + anchors, "{state:?}");
            if anchors > 0 {
                let entry = store.reader().unwrap().entry(size).unwrap().unwrap();
                let Event::ClockAnchored(anchor) = entry.event() else { panic!("{entry:?}") };
                let source = AnchorSource::of(&anchor.source);
                assert_eq!((source, anchor.boot, anchor.up), (Some(AnchorSource::Relay), now.boot, 5_000));
                assert_eq!(anchor.wall, i64::try_from(RELAY_S * 1_000).unwrap());
            }
            store.stop().await.unwrap();
        }
    }
}
