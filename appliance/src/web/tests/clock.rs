//! A box that does not know the time: what it wrote is corrected by whoever tells it later.

use record::fold::CleaningRecord;
use service::clock::Clock as _;

use super::programs::program;
use super::staff_pages::desk;
use super::*;
use crate::command::{CommandError, execute_as_box};
use crate::intake::{AnchorSource, CommandRefusal};

const MINUTE_MS: u64 = 60_000;

impl World {
    async fn anchor(&self, wall_ms: i64, source: AnchorSource) -> Result<ExecuteOutcome, CommandError> {
        let command = Command::AnchorClock { wall_ms, source };
        execute_as_box(&self.state.store, self.state.random.clone(), command).await
    }

    /// The newest first.
    fn newest(&self, rows: usize) -> Vec<CleaningRecord> {
        self.state.store.reader().unwrap().cleanings(None, rows).unwrap()
    }

    /// Five records, a minute apart, in a boot that begins in 1970.
    async fn record_five_in_the_past(&self) -> BootId {
        let boot = BootId::new(0, [9; 10]);
        self.clock.set(Now { wall_ms: 5_000, boot, up_ms: 5_000, state: ClockState::Uncertain });
        let scan = format!("/t/{}", self.pump);
        for _ in 0..5 {
            let receipt = self.post(&scan, &[("cleaned_by", "Ada")]).await.is(303).location();
            self.get(&receipt).await.has("its time is an estimate");
            self.clock.advance(std::time::Duration::from_millis(MINUTE_MS));
        }
        boot
    }
}

#[tokio::test]
async fn five_records_before_the_time_was_known_are_where_they_belong_afterwards() {
    for source in [AnchorSource::Ntp, AnchorSource::Relay, AnchorSource::Hand] {
        let world = World::new().await;
        let boot = world.record_five_in_the_past().await;
        if source == AnchorSource::Ntp {
            world.clock.set(Now { wall_ms: NOW, state: ClockState::Synced, ..world.clock.now() });
        }
        world.anchor(NOW, source).await.unwrap();
        let ago = |cleanings: &[CleaningRecord]| -> Vec<i64> {
            cleanings.iter().map(|c| (NOW - c.recorded_ms) / 60_000).collect()
        };
        assert_eq!(ago(&world.newest(5)), [1, 2, 3, 4, 5], "{source:?}");
        // The clock of the machine steps back by a day: the boot's own time goes on.
        let now = world.clock.now();
        let back = Now { wall_ms: now.wall_ms - 86_400_000, state: ClockState::Uncertain, ..now };
        world.clock.set(back);
        let receipt =
            world.post(&format!("/t/{}", world.pump), &[("cleaned_by", "Ada")]).await.is(303).location();
        world.get(&receipt).await.has_not("its time is an estimate");
        assert_eq!(ago(&world.newest(6)), [0, 1, 2, 3, 4, 5], "{source:?}");
        // A second word moves them all, unless it says the same.
        let noise = world.anchor(NOW + 2_000, AnchorSource::Relay).await.unwrap_err();
        assert!(matches!(noise, CommandError::Refused(CommandRefusal::AlreadySo(_))), "{noise}");
        world.anchor(NOW + 600_000, AnchorSource::Relay).await.unwrap();
        assert_eq!(ago(&world.newest(6)), [-10, -9, -8, -7, -6, -5], "{source:?}");
        assert_eq!(world.state.store.facility().boots.len(), 1);
        assert!(world.state.store.facility().boots.contains_key(&boot));
    }
}

#[tokio::test]
async fn one_anchor_an_hour_is_enough() {
    let world = World::new().await;
    world.record_five_in_the_past().await;
    world.anchor(NOW, AnchorSource::Relay).await.unwrap();
    world.clock.advance(std::time::Duration::from_secs(3_599));
    let early = world.anchor(NOW + 3_599_500, AnchorSource::Relay).await.unwrap_err();
    assert!(matches!(early, CommandError::Refused(CommandRefusal::AlreadySo(_))), "{early}");
    world.clock.advance(std::time::Duration::from_secs(1));
    world.anchor(NOW + 3_600_000, AnchorSource::Relay).await.unwrap();
}

#[tokio::test]
async fn a_person_says_what_the_time_is() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let path = "/staff/box/clock";
    let form = tom.get(path).await.is(200).has("A time server keeps it.").hidden("form");
    let say = |time| [("day", "2026-11-20"), ("time", time)];
    tom.post(path, &form, &say("15:00")).await.is(422).has("A time server keeps this clock");
    world.clock.set(Now { state: ClockState::Uncertain, ..world.clock.now() });
    tom.get(path).await.has("Uncertain: nothing vouches for it.");
    let size = world.size();
    for (day, time) in [("2026-02-30", "12:00"), ("2026-03-08", "02:30"), ("1999-12-31", "23:59"), ("", "")] {
        tom.post(path, &form, &[("day", day), ("time", time)]).await.is(422).has("There is a problem");
    }
    assert_eq!(world.size(), size, "nothing is recorded");
    tom.post(path, &form, &say("15:00")).await.is(303);
    let Event::ClockAnchored(anchor) = world.event(size) else { panic!() };
    assert_eq!((anchor.source.as_str(), anchor.wall), ("hand", NOW - 31_000 + 56 * 60_000));
    tom.get("/staff/box").await.has("it is corrected by what the log says of this start");
    tom.post(path, &form, &say("15:00")).await.is(422).has("The box has this time already");
}

#[tokio::test]
async fn a_program_says_what_the_time_is() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    assert_eq!(program.get("/api/v1/clock").await.is(200).json()["state"], "synced");
    let time = serde_json::json!({ "time": "2026-11-20T15:04:31-06:00" });
    program.post("/api/v1/clock", time.clone()).await.is(409);
    world.clock.set(Now { state: ClockState::Uncertain, ..world.clock.now() });
    program.post("/api/v1/clock", serde_json::json!({ "time": "noon" })).await.is(422);
    let said = program.post("/api/v1/clock", time).await.is(200).json();
    assert_eq!((&said["anchored"], &said["time"]), (&true.into(), &"2026-11-20T21:04:31.000Z".into()));
}
