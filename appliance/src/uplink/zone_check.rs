//! Whether box and relay cut the facility's days alike.

use std::sync::Arc;

use record::alarm::AlarmCode;
use record::compliance::zone_digest;
use record::messages::RelayZone;

use super::UplinkShared;
use crate::alarms::AlarmCause;

/// Raises an alarm where the relay's zone data make other days of the facility's zone than this box's, and ends it where not.
pub(super) async fn compare_zone(shared: &Arc<UplinkShared>, there: &RelayZone) {
    shared.status.send_if_modified(|status| {
        let known = &mut status.transports.relay_tzdb;
        known.replace(there.tzdb.clone()).as_ref() != Some(&there.tzdb)
    });
    let cause = AlarmCause::new(AlarmCode::ZoneData).about(&there.zone).detail(&there.tzdb);
    let is_same = there.digest == zone_digest(&there.zone);
    shared.clear(|raised| raised.code == AlarmCode::ZoneData && (is_same || raised.subject != cause.subject));
    if !is_same && !shared.parts.alarms.stands(|raised| raised.code == AlarmCode::ZoneData) {
        shared.alarm(cause, None).await;
    }
}

#[cfg(test)]
mod tests {
    use record::entry::ClockState;
    use record::ids::BootId;
    use service::clock::{FakeClock, Now};

    use super::*;
    use crate::uplink::test_shared::make_shared;

    #[tokio::test]
    async fn another_release_is_an_alarm_only_where_it_moves_the_facilitys_days() {
        let dir = tempfile::tempdir().unwrap();
        let now = Now { wall_ms: 9, boot: BootId::new(1, [1; 10]), up_ms: 9, state: ClockState::Synced };
        let shared = make_shared(dir.path(), &Arc::new(FakeClock::new(now)));
        let there =
            |zone: &str, digest: String| RelayZone { tzdb: "2026a".into(), zone: zone.into(), digest };
        let active = || {
            let alarms = shared.parts.alarms.all();
            let active =
                alarms.iter().filter(|alarm| alarm.is_active() && alarm.cause.code == AlarmCode::ZoneData);
            active
                .map(|alarm| (alarm.cause.subject.clone().unwrap(), alarm.cause.detail.clone()))
                .collect::<Vec<_>>()
        };
        let havana = "America/Havana";
        compare_zone(&shared, &there(havana, zone_digest(havana))).await;
        assert_eq!(active(), []);
        assert_eq!(
            shared.status.borrow().transports.relay_tzdb.as_deref(),
            Some("2026a"),
            "shown all the same"
        );
        for _ in 0..2 {
            compare_zone(&shared, &there(havana, zone_digest("America/Cancun"))).await;
            assert_eq!(active(), [(havana.to_owned(), "2026a".to_owned())]);
        }
        // The facility moved.
        compare_zone(&shared, &there("Europe/Kyiv", "00".repeat(16))).await;
        assert_eq!(active(), [("Europe/Kyiv".to_owned(), "2026a".to_owned())]);
        compare_zone(&shared, &there("Europe/Kyiv", zone_digest("Europe/Kiev"))).await;
        assert_eq!(active(), []);
    }
}
