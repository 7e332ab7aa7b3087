//! A box that does not know the time: what it wrote is corrected by a later time source.

use record::fold::{CleaningRecord, LinePlace};
use record::kinds::{EntryRef, EquipmentPatch};
use service::clock::Clock as _;

use crate::command::{CommandError, execute_as_box};
use crate::intake::{AnchorSource, CommandRefusal};
use crate::web::tests::equipment::editing::{form_of, send, with};
use crate::web::tests::programs::calls::program;
use crate::web::tests::staff::staff_pages::{Desk, desk};
use crate::web::tests::*;

const MINUTE_MS: u64 = 60_000;

fn boot() -> BootId {
    BootId::new(0, [9; 10])
}

impl World {
    async fn anchor(&self, wall_ms: i64, source: AnchorSource) -> Result<ExecuteOutcome, CommandError> {
        let command = Command::AnchorClock { wall_ms, source };
        execute_as_box(&self.state.store, self.state.random.clone(), command).await
    }

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
            AnchorSource::Order => unreachable!("nobody gives this command"),
        };
        for receipt in &receipts {
            world.get(receipt).await.has(corrected).has_not("the time is an estimate");
        }
        // The clock of the machine steps back by a day: the time since boot continues.
        let now = world.clock.now();
        let back = Now { wall_ms: now.wall_ms - 86_400_000, state: ClockState::Uncertain, ..now };
        world.clock.set(back);
        let receipt =
            world.post(&format!("/t/{}", world.pump), &[("cleaned_by", "Ada")]).await.is(303).location();
        world.get(&receipt).await.has_not("the time is an estimate");
        assert_eq!(ago(&world.newest(6)), [0, 1, 2, 3, 4, 5], "{source:?}");
        // A second correction moves them all, unless it is the same.
        let noise = world.anchor(NOW + 2_000, AnchorSource::Relay).await.unwrap_err();
        assert!(matches!(noise, CommandError::Refused(CommandRefusal::AlreadySo(_))), "{noise}");
        world.anchor(NOW + 600_000, AnchorSource::Relay).await.unwrap();
        assert_eq!(ago(&world.newest(6)), [-10, -9, -8, -7, -6, -5], "{source:?}");
        assert_eq!(world.state.store.facility().boots.len(), 1);
        assert!(world.state.store.facility().boots.contains_key(&boot()));
    }
}

struct ShownTime {
    page: String,
    guess: String,
}

/// The pages of staff that show these times, after one entry of each sort.
async fn record_one_of_each(world: &World, tom: &Desk<'_>) -> Vec<ShownTime> {
    let (tag, scan) = (world.pump, format!("/t/{}", world.pump));
    let item = format!("/staff/equipment/{tag}");
    let seen = form_of(&tom.get(&format!("{item}/edit")).await, &format!("{item}/edit"));
    let receipts = [
        world.post(&scan, &[("cleaned_by", "Ada")]).await.is(303).location(),
        world.post(&scan, &[("cleaned_by", "Ada"), ("notes", "again")]).await.is(303).location(),
    ];
    let of = EntryRef { epoch: world.state.store.origin().epoch, seq: world.size() - 1 };
    let line = LinePlace { of, run: None };
    world.give(Command::VoidCleaning { line, reason: "twice".into() }).await;
    for what in ["broken", "soiled", "other", "wrong label"] {
        world.post(&format!("{scan}/problem"), &[("what", what), ("notes", "look")]).await.is(303);
    }
    world.post(&format!("{scan}/used"), &[]).await.is(303);
    let fields = EquipmentPatch { location: Some("ICU West".into()), ..Default::default() };
    let fields = Box::new(fields);
    world.give(Command::ChangeEquipment { tag, fields, schedule: None, seen: None }).await;
    let conflict = send(tom, &format!("{item}/edit"), &with(seen, "location", "ICU East")).await;
    conflict.is(409).has("today 14:04 · time uncertain");
    let other = *world.state.store.facility().equipment.keys().find(|other| **other != tag).unwrap();
    let (reason, back) = ("Flow".to_owned(), None);
    world.give(Command::SuspendEquipment { tag: other, reason, back, seen: None }).await;
    let [whole, voided] = receipts.map(|path| path.trim_start_matches("/r/").to_owned());
    let shown = |page: &str, guess: &str| ShownTime { page: page.to_owned(), guess: guess.to_owned() };
    vec![
        shown("/staff/", "time uncertain"),
        shown("/staff/equipment", "time uncertain"),
        shown("/staff/", "Reported today 14:04 · time uncertain: broken"),
        shown(&scan, "Reported today 14:04 · time uncertain: broken"),
        shown(&scan, "Added today 14:04 · time uncertain: wrong label"),
        shown(&format!("{scan}?report=used"), "Use recorded: today 14:04 · time uncertain"),
        shown(&format!("{scan}/used"), "Last use recorded: today 14:04 · time uncertain"),
        shown(&format!("/t/{other}"), "today 14:04 · time uncertain</time>"),
        shown(&format!("/staff/cleanings/{whole}/check"), "cleaned today 14:04 · time uncertain by Ada"),
        shown(&format!("/staff/cleanings/{whole}/void"), "cleaned today 14:04 · time uncertain by Ada"),
        shown(&format!("/r/{voided}"), "Undone today 14:04 · time uncertain on"),
        shown(&item, "Voided today 14:04 · time uncertain by"),
        shown(&item, "the time is an estimate"),
    ]
}

#[tokio::test]
async fn a_guess_is_marked_wherever_it_stands() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    let tom = desk(&world, StaffRole::Biomed).await;
    world.clock.set(Now { state: ClockState::Uncertain, ..world.clock.now() });
    let shown = record_one_of_each(&world, &tom).await;
    for ShownTime { page, guess } in &shown {
        tom.get(page).await.is(200).has(guess);
    }
    // Two cleanings, four reports, a use and a change: each line of the history says it.
    let item = format!("/staff/equipment/{}", world.pump);
    let history = tom.get(&item).await.text();
    assert_eq!(history.matches("the time is an estimate").count(), 8, "{history}");
    let (tag, uncertain, by) = (world.pump, "time_uncertain", "time_corrected_by");
    let read = async |path: &str| program.get(path).await.is(200).json();
    let lists = ["/api/v1/cleanings?limit=1", "/api/v1/problems"];
    for list in lists {
        assert_eq!(read(list).await["items"][0][uncertain], true, "{list}");
    }
    assert_eq!(read("/api/v1/cleanings?limit=1").await["items"][0][by], serde_json::Value::Null);
    let equipment = format!("/api/v1/equipment/{tag}");
    assert_eq!(read(&equipment).await[uncertain], true);
    let used = format!("{equipment}/uses");
    assert_eq!(program.post(&used, serde_json::json!({})).await.is(201).json()[uncertain], true);
    world.anchor(NOW, AnchorSource::Hand).await.unwrap();
    for ShownTime { page, guess } in &shown {
        tom.get(page).await.is(200).has_not(guess).has_not("time uncertain");
    }
    tom.get(&item).await.has("by hand, to within 60 s");
    for list in lists {
        assert_eq!(read(list).await["items"][0][uncertain], false, "{list}");
    }
    assert_eq!(read("/api/v1/cleanings?limit=1").await["items"][0][by], "hand");
    assert_eq!(read(&equipment).await[uncertain], false);
    assert_eq!(program.post(&used, serde_json::json!({})).await.is(201).json()[uncertain], false);
}

#[tokio::test]
async fn what_was_written_in_1970_stands_where_it_belongs_afterwards() {
    let world = World::new().await;
    let scan = format!("/t/{}", world.pump);
    world.clock.set(Now { wall_ms: 5_000, boot: boot(), up_ms: 7_200_000, state: ClockState::Uncertain });
    world.post(&format!("{scan}/problem"), &[("what", "broken"), ("notes", "wheel")]).await.is(303);
    world.post(&format!("{scan}/used"), &[("ended", "15")]).await.is(303);
    world.anchor(NOW, AnchorSource::Hand).await.unwrap();
    let used_ms = || world.state.store.facility().activity[&world.pump].uses.last().unwrap().ended_ms;
    assert_eq!(used_ms(), NOW - 900_000);
    world.get(&scan).await.has("Reported today 14:04");
    let tom = desk(&world, StaffRole::Biomed).await;
    let item = tom.get(&format!("/staff/equipment/{}", world.pump)).await;
    item.is(200).has("Ended today 13:49").has_not("1970");
    // A more accurate correction moves it once more.
    world.anchor(NOW + 3_600_000, AnchorSource::Relay).await.unwrap();
    assert_eq!(used_ms(), NOW + 2_700_000);
}

#[tokio::test]
async fn what_a_clock_wrote_that_was_ahead_was_over_when_a_later_boot_began() {
    const YEAR_MS: i64 = 365 * 86_400_000;
    for state in [ClockState::Uncertain, ClockState::Rtc] {
        let world = World::new().await;
        let scan = format!("/t/{}", world.pump);
        let earlier = BootId::new(0, [8; 10]);
        let ahead = Now { wall_ms: NOW + YEAR_MS, boot: earlier, up_ms: 90_000, state };
        world.clock.set(ahead);
        let receipt = world.post(&scan, &[("cleaned_by", "Ada")]).await.is(303).location();
        world.clock.set(Now { up_ms: 95_000, wall_ms: ahead.wall_ms + 5_000, ..ahead });
        world.post(&format!("{scan}/used"), &[]).await.is(303);
        world.clock.set(Now { wall_ms: NOW, boot: boot(), up_ms: 60_000, state: ClockState::Synced });
        world.anchor(NOW, AnchorSource::Ntp).await.unwrap();
        let began_ms = NOW - 60_000;
        assert_eq!(world.newest(1)[0].recorded_ms, began_ms - 5_000, "{state:?}");
        let used = || world.state.store.facility().activity[&world.pump].use_times();
        assert_eq!(used(), [began_ms]);
        let said = world.get(&receipt).await.text().contains("the time is an estimate, and was no later");
        assert!(said, "{state:?}");
        // It is said once, and of no boot that was not ahead.
        let size = world.size();
        world.clock.advance(std::time::Duration::from_secs(7_200));
        world.anchor(NOW + 7_200_000, AnchorSource::Ntp).await.unwrap();
        assert_eq!((world.size(), used()), (size + 1, vec![began_ms]));
    }
}

#[tokio::test]
async fn of_two_boots_that_were_ahead_the_first_was_over_when_the_second_began() {
    const YEAR_MS: i64 = 365 * 86_400_000;
    let world = World::new().await;
    let scan = format!("/t/{}", world.pump);
    let state = ClockState::Uncertain;
    let ahead = |boot: u8, later_ms: i64, up_ms: u64| {
        let wall_ms = NOW + YEAR_MS + later_ms;
        world.clock.set(Now { wall_ms, boot: BootId::new(0, [boot; 10]), up_ms, state });
    };
    ahead(7, 0, 90_000);
    world.post(&scan, &[("cleaned_by", "Ada")]).await.is(303);
    ahead(8, 5_000, 4_000);
    world.post(&format!("{scan}/used"), &[]).await.is(303);
    ahead(8, 500_000_000, 500_000_000);
    world.post(&format!("{scan}/used"), &[]).await.is(303);
    world.clock.set(Now { wall_ms: NOW, boot: boot(), up_ms: 60_000, state: ClockState::Synced });
    world.anchor(NOW, AnchorSource::Ntp).await.unwrap();
    let began_ms = NOW - 60_000;
    assert_eq!(world.newest(1)[0].recorded_ms, began_ms - 500_000_000);
    let uses = world.state.store.facility().activity[&world.pump].use_times();
    assert_eq!(uses, [began_ms - 499_996_000, began_ms], "both are behind the cleaning");
    // A later boot moves none of them.
    let size = world.size();
    world.clock.set(Now { wall_ms: NOW + 900_000, boot: BootId::new(0, [6; 10]), up_ms: 9_000, state });
    world.anchor(NOW + 900_000, AnchorSource::Hand).await.unwrap();
    assert_eq!(world.size(), size + 1);
}

#[tokio::test]
async fn what_a_wrong_word_moved_back_comes_back_with_the_right_one() {
    let world = World::new().await;
    let scan = format!("/t/{}", world.pump);
    let earlier = BootId::new(0, [8; 10]);
    let right = Now { wall_ms: NOW, boot: earlier, up_ms: 90_000, state: ClockState::Rtc };
    world.clock.set(right);
    world.post(&scan, &[("cleaned_by", "Ada")]).await.is(303);
    let state = ClockState::Uncertain;
    world.clock.set(Now { wall_ms: NOW + 3_600_000, boot: boot(), up_ms: 60_000, state });
    world.anchor(NOW - 86_400_000, AnchorSource::Hand).await.unwrap();
    assert_eq!(world.newest(1)[0].recorded_ms, NOW - 86_400_000 - 60_000);
    world.anchor(NOW + 3_600_000, AnchorSource::Relay).await.unwrap();
    assert_eq!(world.newest(1)[0].recorded_ms, NOW);
}

#[tokio::test]
async fn what_is_said_of_a_time_is_judged_by_the_time_that_is_known() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    let used = format!("/api/v1/equipment/{}/uses", world.pump);
    world.clock.set(Now { wall_ms: 5_000, boot: boot(), up_ms: 5_000, state: ClockState::Uncertain });
    let hour_ago = serde_json::json!({ "ended_at": api::utc_text(NOW - 3_600_000) });
    program.post(&used, hour_ago.clone()).await.is(422);
    world.anchor(NOW, AnchorSource::Hand).await.unwrap();
    program.post(&used, hour_ago).await.is(201);
    let ended: Vec<i64> = world.state.store.facility().activity[&world.pump].use_times();
    assert_eq!(ended, [NOW - 3_600_000]);
}

#[tokio::test]
async fn of_maintenance_a_guess_is_marked_too() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    let tom = desk(&world, StaffRole::Biomed).await;
    let tasks = format!("/api/v1/equipment/{}/upkeep", world.pump);
    let schedule = serde_json::json!({ "every": "weeks", "n": 52 });
    let task = serde_json::json!({ "name": "Safety test", "schedule": schedule });
    let task = program.post(&tasks, task).await.is(201).json();
    let done = format!("{tasks}/{}/done", task["id"].as_str().unwrap());
    let (item, list) = (format!("/staff/equipment/{}", world.pump), "/staff/maintenance");
    for (state, result, words, is_guess) in [
        (ClockState::Synced, "done", "Done today 14:04", false),
        (ClockState::Uncertain, "done", "Done today 14:04 · time uncertain", true),
        (ClockState::Uncertain, "failed", "Not passed today 14:04 · time uncertain", true),
        (ClockState::Rtc, "done", "Done today 14:04", false),
    ] {
        // Of two of one moment the one that passed holds.
        world.clock.advance(std::time::Duration::from_secs(1));
        world.clock.set(Now { state, ..world.clock.now() });
        let body = serde_json::json!({ "result": result, "done_by": "Tom Nguyen" });
        let task = program.post(&done, body).await.is(200).json();
        assert_eq!(task["time_uncertain"], is_guess, "{state:?} {result}");
        for page in [&*item, list] {
            let page = tom.get(page).await;
            page.is(200).has(&format!("{words}<"));
        }
    }
}

#[tokio::test]
async fn the_hour_that_comes_twice_and_the_one_that_is_left_out_change_no_order() {
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
