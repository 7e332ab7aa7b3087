//! A box that does not know the time: what it wrote is corrected by whoever tells it later.

use record::fold::CleaningRecord;
use service::clock::Clock as _;

use super::programs::program;
use super::staff_pages::desk;
use super::*;
use crate::command::{CommandError, execute_as_box};
use crate::intake::{AnchorSource, CommandRefusal};

const MINUTE_MS: u64 = 60_000;

fn boot() -> BootId {
    BootId::new(0, [9; 10])
}

impl World {
    async fn anchor(&self, wall_ms: i64, source: AnchorSource) -> Result<ExecuteOutcome, CommandError> {
        let command = Command::AnchorClock { wall_ms, source };
        execute_as_box(&self.state.store, self.state.random.clone(), command).await
    }

    /// The newest first.
    fn newest(&self, rows: usize) -> Vec<CleaningRecord> {
        self.state.store.reader().unwrap().cleanings(None, rows).unwrap()
    }

    /// Five records, so far apart, in a boot that begins in 1970; their receipts.
    async fn record_five_in_the_past(&self, apart_ms: u64) -> Vec<String> {
        self.clock.set(Now { wall_ms: 5_000, boot: boot(), up_ms: 5_000, state: ClockState::Uncertain });
        let (scan, mut receipts) = (format!("/t/{}", self.pump), Vec::new());
        for _ in 0..5 {
            let receipt = self.post(&scan, &[("cleaned_by", "Ada")]).await.is(303).location();
            self.get(&receipt).await.has("the time is an estimate");
            receipts.push(receipt);
            self.clock.advance(std::time::Duration::from_millis(apart_ms));
        }
        receipts
    }
}

#[tokio::test]
async fn five_records_before_the_time_was_known_are_where_they_belong_afterwards() {
    for source in [AnchorSource::Ntp, AnchorSource::Relay, AnchorSource::Hand] {
        let world = World::new().await;
        let receipts = world.record_five_in_the_past(MINUTE_MS).await;
        if source == AnchorSource::Ntp {
            world.clock.set(Now { wall_ms: NOW, state: ClockState::Synced, ..world.clock.now() });
        }
        world.anchor(NOW, source).await.unwrap();
        let ago = |cleanings: &[CleaningRecord]| -> Vec<i64> {
            cleanings.iter().map(|c| (NOW - c.recorded_ms) / 60_000).collect()
        };
        assert_eq!(ago(&world.newest(5)), [1, 2, 3, 4, 5], "{source:?}");
        let corrected = match source {
            AnchorSource::Ntp => "the time was corrected later, by network time",
            AnchorSource::Relay => "the time was corrected later, by the relay",
            AnchorSource::Hand => "the time was corrected later, by hand, to within 60 s",
        };
        for receipt in &receipts {
            world.get(receipt).await.has(corrected).has_not("the time is an estimate");
        }
        // The clock of the machine steps back by a day: the boot's own time goes on.
        let now = world.clock.now();
        let back = Now { wall_ms: now.wall_ms - 86_400_000, state: ClockState::Uncertain, ..now };
        world.clock.set(back);
        let receipt =
            world.post(&format!("/t/{}", world.pump), &[("cleaned_by", "Ada")]).await.is(303).location();
        world.get(&receipt).await.has_not("the time is an estimate");
        assert_eq!(ago(&world.newest(6)), [0, 1, 2, 3, 4, 5], "{source:?}");
        // A second word moves them all, unless it says the same.
        let noise = world.anchor(NOW + 2_000, AnchorSource::Relay).await.unwrap_err();
        assert!(matches!(noise, CommandError::Refused(CommandRefusal::AlreadySo(_))), "{noise}");
        world.anchor(NOW + 600_000, AnchorSource::Relay).await.unwrap();
        assert_eq!(ago(&world.newest(6)), [-10, -9, -8, -7, -6, -5], "{source:?}");
        assert_eq!(world.state.store.facility().boots.len(), 1);
        assert!(world.state.store.facility().boots.contains_key(&boot()));
    }
}

#[tokio::test]
async fn a_guess_is_marked_wherever_it_stands() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Read);
    world.clock.set(Now { state: ClockState::Uncertain, ..world.clock.now() });
    world.post(&format!("/t/{}", world.pump), &[("cleaned_by", "Ada")]).await.is(303);
    let tom = desk(&world, StaffRole::Biomed).await;
    let item = format!("/staff/equipment/{}", world.pump);
    let (scan, pages) = (format!("/t/{}", world.pump), ["/staff/", "/staff/equipment"]);
    for page in pages {
        tom.get(page).await.is(200).has("time uncertain");
    }
    world.get(&scan).await.is(200).has("time uncertain");
    tom.get(&item).await.is(200).has("the time is an estimate");
    let newest = async || program.get("/api/v1/cleanings?limit=1").await.is(200).json()["items"][0].clone();
    let (uncertain, by) = ("time_uncertain", "time_corrected_by");
    let guess = newest().await;
    assert_eq!((&guess[uncertain], &guess[by]), (&true.into(), &serde_json::Value::Null));
    world.anchor(NOW, AnchorSource::Hand).await.unwrap();
    for page in pages {
        tom.get(page).await.is(200).has_not("time uncertain");
    }
    world.get(&scan).await.is(200).has_not("time uncertain");
    tom.get(&item).await.is(200).has("by hand, to within 60 s").has_not("the time is an estimate");
    let corrected = newest().await;
    assert_eq!((&corrected[uncertain], &corrected[by]), (&false.into(), &"hand".into()));
}

#[tokio::test]
async fn the_hour_that_comes_twice_and_the_one_that_is_left_out_change_no_order() {
    // Half an hour apart in Chicago: when summer time ends, and when it begins.
    let (autumn, spring) = (1_793_511_900_000, 1_805_008_500_000);
    for (first_ms, day, shown) in [
        (autumn, "Nov 1, ", ["01:45", "01:15", "01:45", "01:15", "00:45"]),
        (spring, "Mar 14, ", ["04:15", "03:45", "03:15", "01:45", "01:15"]),
    ] {
        let world = World::new().await;
        world.record_five_in_the_past(30 * MINUTE_MS).await;
        let wall_ms = first_ms + 5 * 30 * 60_000;
        world.clock.set(Now { wall_ms, state: ClockState::Synced, ..world.clock.now() });
        world.anchor(wall_ms, AnchorSource::Ntp).await.unwrap();
        let apart: Vec<i64> = world.newest(5).iter().map(|c| (c.recorded_ms - first_ms) / 60_000).collect();
        assert_eq!(apart, [120, 90, 60, 30, 0]);
        world.clock.advance(std::time::Duration::from_secs(8 * 86_400));
        let tom = desk(&world, StaffRole::Biomed).await;
        let page = tom.get(&format!("/staff/equipment/{}", world.pump)).await.is(200).text();
        let history = page.split("<strong>Cleaned</strong>").skip(1);
        let times: Vec<&str> =
            history.filter_map(|line| line.split(day).nth(1)?.split(['<', ' ']).next()).collect();
        assert_eq!(times, shown, "{page}");
    }
}

#[tokio::test]
async fn one_anchor_an_hour_is_enough() {
    let world = World::new().await;
    world.record_five_in_the_past(MINUTE_MS).await;
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
