//! Readers: each page reads its own rows, on no async thread, and no parameter makes it read more.

use std::sync::atomic::Ordering;

use record::entry::{CommandSource, EntryAuthor, EntryDraft};
use record::kinds::{EquipmentAdded, EquipmentPatch, ScheduleSet};

use super::programs::calls::program;
use super::staff::staff_pages::desk;
use super::*;
use crate::intake::CleaningForm;
use crate::store::{WriteDecision, readers_opened_here};
use crate::web::view_models::equipment::rates::{forget_tallies, load_tallies, tally_of};

/// How many item statuses and status boards were computed so far.
fn worked_out(world: &World) -> (u64, u64) {
    let boards = world.state.stored::<crate::web::view_models::equipment::status_board::StatusBoards>();
    (boards.standings.load(Ordering::Relaxed), boards.boards.load(Ordering::Relaxed))
}

async fn clean(world: &World, tag: Tag) -> String {
    world.post(&format!("/t/{tag}"), &[("cleaned_by", "Ada")]).await.is(303).location()
}

async fn append(world: &World, drafts: Vec<EntryDraft>) {
    world.state.store.submit(|_| WriteDecision::Append { drafts, answer: () }).await.unwrap();
}

async fn furnish(world: &World, items: u16) -> Vec<Tag> {
    let by = EntryAuthor { staff: None, via: CommandSource::Socket, device: None };
    let draft = |event: Event| EntryDraft { by, idem: None, event, texts: Vec::new() };
    let tags: Vec<Tag> =
        (0..items).map(|n| Tag::from_random([7, 7, 7, n.to_be_bytes()[0], n.to_be_bytes()[1]])).collect();
    for part in tags.chunks(200) {
        let drafts = part.iter().flat_map(|tag| {
            let added = format!(r#"{{"tag":"{tag}","name":"Bed {tag}","location":"ICU"}}"#);
            let set = format!(
                r#"{{"tag":"{tag}","schedule":{{"every":"days","n":1}},"from":{}}}"#,
                NOW - 9 * 86_400_000
            );
            [
                draft(serde_json::from_str::<EquipmentAdded>(&added).unwrap().into()),
                draft(serde_json::from_str::<ScheduleSet>(&set).unwrap().into()),
            ]
        });
        append(world, drafts.collect()).await;
    }
    tags
}

#[tokio::test]
async fn a_receipt_works_one_item_out_however_many_there_are() {
    let world = World::new().await;
    let tags = furnish(&world, 1_500).await;
    world.get("/").await.is(200).has("1,503 items");
    let before = worked_out(&world);
    assert!(before.0 >= 1_503);
    let receipt = clean(&world, tags[700]).await;
    world.get(&receipt).await.is(200).has("is clean until").has("/t/");
    assert_eq!(worked_out(&world), (before.0 + 1, before.1), "its own standing, and no board");
    // The one that the board names next was just cleaned by somebody else: another is named.
    let first = world.state.store.snapshot();
    let longest =
        crate::web::view_models::equipment::status_board::board_now(&world.state).overdue()[0].item.tag;
    assert!(first.equipment.contains_key(&longest));
    clean(&world, longest).await;
    let page = world.get(&receipt).await.text();
    assert!(!page.contains(&format!("/t/{longest}")), "{longest} is clean");
    // An item's scan page looks at that item alone as well.
    let before = worked_out(&world);
    world.get(&format!("/t/{}", tags[3])).await.is(200);
    assert_eq!(worked_out(&world), (before.0 + 1, before.1));
}

#[tokio::test]
async fn lists_come_in_pages_of_fifty_which_reach_every_item() {
    let world = World::new().await;
    let tags = furnish(&world, 120).await;
    let desk = desk(&world, StaffRole::Biomed).await;
    let (mut path, mut seen) = ("/staff/equipment".to_owned(), Vec::new());
    loop {
        let page = desk.get(&path).await.is(200).text();
        assert!(page.contains(&format!("{} to {} of 123", seen.len() + 1, (seen.len() + 50).min(123))));
        let rows = page.split("href=\"/staff/equipment/").skip(1).map(|part| part[..9].to_owned());
        seen.extend(rows.filter(|row| Tag::read(row).is_ok()));
        let Some(next) = page.split("rel=\"next\" href=\"").nth(1) else { break };
        path = next.split('"').next().unwrap().replace("&#38;", "&");
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 123, "each once");
    assert!(tags.iter().all(|tag| seen.contains(&tag.to_string())));
    desk.get("/staff/equipment?q=bed").await.is(200).has("?q=bed&#38;page=2\"");
    let last = desk.get("/staff/equipment?page=18446744073709551615").await;
    last.is(200).has("101 to 123 of 123").has("?page=2\"").has_not("rel=\"next\"");
    desk.get("/staff/equipment?page=0").await.is(200).has("1 to 50 of 123").has_not("rel=\"prev\"");
    let retired = desk.get("/staff/equipment?retired=1&q=bed").await;
    retired.is(200).has("name=\"retired\" value=\"1\"").has("href=\"/staff/equipment?q=bed\"");
    desk.get("/staff/equipment?q=bed").await.has("href=\"/staff/equipment?q=bed&#38;retired=1\"");
    let rows = |page: &Answer| page.text().matches("class=\"fill\" href=\"/t/").count();
    let home = world.get("/").await;
    home.is(200).has("<a class=\"link\" href=\"/?due=all\">Show all 120</a>");
    assert!(rows(&home) >= 50 && rows(&home) <= 54, "{}", rows(&home));
    let all = world.get("/?due=all").await;
    assert!(rows(&all) >= 120, "{}", rows(&all));
}

#[tokio::test]
async fn all_pages_of_one_size_and_minute_share_one_board() {
    let world = World::new().await;
    let token = super::programs::calls::token(&world, ApiTokenScope::Read);
    let desk = desk(&world, StaffRole::Biomed).await;
    let (standings, boards) = worked_out(&world);
    let program = super::programs::calls::Program { world: &world, token };
    for _ in 0..3 {
        for path in ["/", "/board", "/?q=pump", "/?all=1"] {
            world.get(path).await.is(200);
        }
        for path in ["/staff/", "/staff/equipment", "/staff/labels?show=overdue"] {
            desk.get(path).await.is(200);
        }
        for path in ["/api/v1/equipment", "/api/v1/compliance", "/api/v1/equipment?limit=1"] {
            program.get(path).await.is(200);
        }
    }
    assert_eq!(worked_out(&world), (standings + 3, boards + 1));
    clean(&world, world.pump).await;
    world.get("/").await.is(200);
    desk.get("/staff/equipment").await.is(200);
    assert_eq!(worked_out(&world), (standings + 4, boards + 2), "one item changed");
    world.clock.advance(std::time::Duration::from_secs(60));
    world.get("/").await.is(200);
    world.get("/board").await.is(200);
    assert_eq!(worked_out(&world), (standings + 4, boards + 3), "a new minute, no new standing");
    // Midnight ends what holds for a day, though nothing is recorded.
    world.clock.advance(std::time::Duration::from_secs(10 * 3_600));
    world.get("/").await.is(200);
    assert_eq!(worked_out(&world), (standings + 7, boards + 4));
}

#[tokio::test]
async fn rates_are_counted_again_only_where_something_changed() {
    let world = World::new().await;
    let other = long_history(&world).await;
    let (state, store) = (&world.state, &world.state.store);
    let counted = async || {
        let before = store.rows_read();
        (load_tallies(state).await.unwrap(), store.rows_read() - before)
    };
    let (first, rows) = counted().await;
    assert_eq!((rows, first.items.len()), (130, 3));
    assert_eq!(counted().await.1, 0);
    world.clock.advance(std::time::Duration::from_secs(60));
    assert_eq!(counted().await.1, 0, "no window closed");
    world.give(Command::RecordCleaning(Box::new(CleaningForm::plain(other, "Ada")))).await;
    assert_eq!(counted().await.1, 27, "one item's cleanings");
    assert_eq!(tally_of(state, other).await.unwrap(), counted().await.0.items[&other]);
    // Days and records later it is what somebody counts who knew nothing before.
    for step in 0..40 {
        world.clock.advance(std::time::Duration::from_secs(3_600 * (1 + step * 7 % 29)));
        if step % 3 == 0 {
            let tag = if step % 2 == 0 { other } else { world.pump };
            world.give(Command::RecordCleaning(Box::new(CleaningForm::plain(tag, "Ada")))).await;
        }
        let (stored, _) = counted().await;
        forget_tallies(state).await;
        assert_eq!(stored, counted().await.0, "step {step}");
    }
    assert!(load_tallies(state).await.unwrap().last(30).closed > 30);
}

/// A hundred cleanings of the pump, some of the second pump between them, and some uses.
async fn long_history(world: &World) -> Tag {
    let other =
        world.state.store.facility().equipment.values().find(|e| e.facts.name.ends_with("15")).unwrap().tag;
    for i in 0..130 {
        world.clock.advance(std::time::Duration::from_secs(61));
        let tag = if i % 5 == 4 { other } else { world.pump };
        world.give(Command::RecordCleaning(Box::new(CleaningForm::plain(tag, "Ada")))).await;
    }
    other
}

#[tokio::test]
async fn a_page_of_a_history_reads_its_own_rows_and_one_more() {
    let world = World::new().await;
    let other = long_history(&world).await;
    let program = program(&world, ApiTokenScope::Read);
    let store = &world.state.store;
    for (query, rows) in
        [(String::new(), 130), (format!("&tag={}", world.pump), 104), (format!("&tag={other}"), 26)]
    {
        for limit in [1, 7, 50] {
            let (mut seen, mut next) = (Vec::new(), String::new());
            loop {
                let before = store.rows_read();
                let page = program.get(&format!("/api/v1/cleanings?limit={limit}{query}{next}")).await;
                let page = page.is(200).json();
                let items = page["items"].as_array().unwrap();
                let more = u64::from(page["next"].is_string());
                assert_eq!(store.rows_read() - before, items.len() as u64 + more, "{limit} {query}");
                seen.extend(items.iter().map(|c| c["seq"].as_u64().unwrap()));
                let Some(cursor) = page["next"].as_str() else { break };
                assert_eq!((items.len(), cursor.len()), (limit, 26));
                next = format!("&cursor={cursor}");
            }
            assert_eq!(seen.len(), rows);
            assert!(seen.is_sorted_by(|a, b| a > b), "each once, newest first: {seen:?}");
        }
    }
    let all = program.get("/api/v1/cleanings?limit=1000").await.json();
    assert_eq!((all["items"].as_array().unwrap().len(), all["next"].is_null()), (130, true));
}

#[tokio::test]
async fn older_records_are_a_link_away_without_a_script() {
    let world = World::new().await;
    long_history(&world).await;
    let desk = desk(&world, StaffRole::Biomed).await;
    let (mut path, mut seen, mut pages) = (format!("/staff/equipment/{}", world.pump), Vec::new(), 0);
    loop {
        let before = world.state.store.rows_read();
        let page = desk.get(&path).await;
        page.is(200).has("104 cleanings in all, newest first");
        let rows = world.state.store.rows_read() - before;
        // The first one also counts the month's windows; after all cleanings comes the schedule's entry.
        assert!(pages == 0 || rows == [52, 52, 5][pages], "{pages}: {rows}");
        let text = page.text();
        seen.extend(text.split(">Entry ").skip(1).map(|s| s.split('<').next().unwrap().to_owned()));
        assert_eq!(text.contains("Newest records"), pages > 0);
        pages += 1;
        let Some(older) = text.split("href=\"").find(|part| part.contains(">Older records<")) else { break };
        path = older.split('"').next().unwrap().to_owned();
    }
    assert_eq!((pages, seen.len()), (3, 105));
    assert_eq!(seen.iter().collect::<std::collections::BTreeSet<_>>().len(), 105, "each once");
}

#[tokio::test]
async fn any_other_cursor_is_refused_by_name_and_reads_nothing_long() {
    let world = World::new().await;
    let other = long_history(&world).await;
    let (pump, program) = (world.pump, program(&world, ApiTokenScope::Read));
    let next = async |path: &str| program.get(path).await.json()["next"].as_str().unwrap().to_owned();
    let of_all = next("/api/v1/cleanings?limit=3").await;
    let of_pump = next(&format!("/api/v1/cleanings?limit=3&tag={pump}")).await;
    let of_other = next(&format!("/api/v1/cleanings?limit=3&tag={other}")).await;
    let of_items = next("/api/v1/equipment?limit=1").await;
    let desk = desk(&world, StaffRole::Biomed).await;
    let mut wrong = vec![
        String::new(),
        "0".into(),
        "-1".into(),
        "900000".into(),
        "%FF%FE".into(),
        "%00".into(),
        "9".repeat(400),
        // Well spelt, and nothing is there.
        "0".repeat(26),
        "7ZZZZZZZZZZZZZZZZZZZZZZZZZ".into(),
        "8ZZZZZZZZZZZZZZZZZZZZZZZZZ".into(),
        format!("{}l", &of_all[..25]),
        format!("{of_all}0"),
    ];
    let mut refused = 0;
    for (path, own) in [
        ("/api/v1/cleanings?x=1".to_owned(), &of_all),
        (format!("/api/v1/cleanings?tag={pump}"), &of_pump),
        (format!("/api/v1/cleanings?tag={other}"), &of_other),
        ("/api/v1/equipment?x=1".to_owned(), &of_items),
        ("/api/cleaning-logs/?x=1".to_owned(), &of_all),
    ] {
        wrong.truncate(12);
        wrong.extend([&of_all, &of_pump, &of_other, &of_items].into_iter().filter(|c| *c != own).cloned());
        program.get(&format!("{path}&cursor={own}")).await.is(200);
        for cursor in &wrong {
            let before = world.state.store.rows_read();
            let answer = program.get(&format!("{path}&cursor={cursor}")).await;
            assert_eq!(answer.is(400).json()["field"], "cursor", "{path} {cursor}");
            assert!(world.state.store.rows_read() - before <= 101, "{path} {cursor}");
            refused += 1;
        }
    }
    assert!(refused > 70);
    let item = format!("/staff/equipment/{pump}");
    for cursor in wrong.iter().take(12).chain([&of_all, &of_other, &of_items]) {
        let answer = desk.get(&format!("{item}?cursor={cursor}")).await;
        answer.is(400).has("Show the newest records").has(&format!("href=\"{item}\""));
    }
    desk.get(&format!("{item}?cursor={of_pump}")).await.is(200);
}

#[tokio::test]
async fn no_page_reads_the_database_on_a_thread_that_answers_phones() {
    let world = World::new().await;
    let receipt = clean(&world, world.pump).await;
    let token = super::programs::calls::token(&world, ApiTokenScope::Write);
    let desk = desk(&world, StaffRole::FacilityAdmin).await;
    let program = super::programs::calls::Program { world: &world, token };
    // Everything but the tests' own looks is answered on this one thread.
    let before = readers_opened_here();
    for path in [
        "/",
        "/board",
        "/t/ABCDEFGH3",
        &format!("/t/{}", world.pump),
        &receipt,
        &format!("{receipt}/proof"),
        &format!("{receipt}/undo"),
    ] {
        world.get(path).await;
    }
    let item = format!("/staff/equipment/{}", world.pump);
    for path in [
        "/staff/",
        "/staff/box",
        "/staff/box/audit",
        "/staff/people",
        "/staff/programs",
        "/staff/equipment",
        &item,
        &format!("{item}/out"),
        "/staff/labels",
        "/staff/labels/cards",
        "/staff/sign-in",
    ] {
        desk.get(path).await;
    }
    for path in [
        "/api/v1/cleanings",
        "/api/v1/compliance",
        "/api/v1/log",
        "/api/v1/proof/3",
        "/api/v1/checkpoint?size=2",
        "/api/v1/equipment",
        "/api/v1/people",
    ] {
        program.get(path).await.is(200);
    }
    let cleaned = serde_json::json!({"tag": world.pump, "cleaned_by": "Robot"});
    let added = program.post("/api/v1/cleanings", cleaned).await.is(201).json();
    let added = format!("/api/v1/cleanings/{}", added["id"].as_str().unwrap());
    program.get(&added).await.is(200);
    program.post(&format!("{added}/void"), serde_json::json!({"reason": "twice"})).await.is(200);
    program.post("/api/v1/labels", serde_json::json!({"tags": [world.pump]})).await.is(202);
    world.post(&format!("/t/{}", world.pump), &[("cleaned_by", "Ada"), ("submission", "one")]).await.is(303);
    world.post(&format!("/t/{}", world.pump), &[("cleaned_by", "Ada"), ("submission", "one")]).await.is(303);
    assert_eq!(readers_opened_here(), before);
}

#[tokio::test]
async fn a_box_that_is_busy_reading_says_so_and_goes_on_recording() {
    let world = World::new().await;
    let receipt = clean(&world, world.pump).await;
    let program = program(&world, ApiTokenScope::Read);
    // Both quick threads and the long one are held up, and both queues are full.
    let hold = crate::store::held_reads::HeldReads::fill(&world.state.store).await;
    let busy = world.get(&receipt).await;
    busy.is(503).has("The box is busy reading").has("recording continues");
    assert_eq!(busy.header(http::header::RETRY_AFTER), "2");
    let busy = program.get("/api/v1/cleanings").await;
    assert_eq!(busy.is(503).json()["type"], "/problems/busy");
    assert_eq!(busy.header(http::header::RETRY_AFTER), "2");
    let size = world.size();
    clean(&world, world.pump).await;
    assert_eq!(world.size(), size + 1);
    hold.release().await;
    world.get(&receipt).await.is(200);
    program.get("/api/v1/cleanings").await.is(200);
}

#[tokio::test]
async fn records_of_an_ended_epoch_keep_receipt_notes_and_contact() {
    let dir = tempfile::tempdir().unwrap();
    let random: Arc<dyn RandomSource> = Arc::new(SystemRandom);
    let now =
        Now { wall_ms: NOW - 86_400_000, boot: BootId::new(0, [6; 10]), up_ms: 5, state: ClockState::Synced };
    let config = configure_test_store(dir.path().join("box"));
    let (store, _) = Store::open(config, Arc::new(FakeClock::new(now)), random.clone()).unwrap();
    let tag: Tag = "ABCDEFGH3".parse().unwrap();
    let fields = EquipmentPatch { name: Some("Old bed".into()), ..EquipmentPatch::default() };
    let item = NewEquipment { tag: Some(tag), fields, schedule: None, ..Default::default() };
    let form = CleaningForm {
        note: "left wheel squeaks".into(),
        stated_s: Some(200),
        ..CleaningForm::plain(tag, "Ada")
    };
    let mut receipt = String::new();
    for command in [Command::AddEquipment(Box::new(item)), Command::RecordCleaning(Box::new(form))] {
        let provided = command::execute_as_box(&store, random.clone(), command).await.unwrap();
        let command::ExecuteOutcome::New(recorded) = provided else { panic!("{provided:?}") };
        let of = record::kinds::EntryRef { epoch: store.origin().epoch, seq: recorded[0].seq };
        receipt = record::receipt::Receipt::of(of, recorded[0].leaf).to_string();
    }
    let ended = store.origin().epoch;
    store.stop().await.unwrap();
    drop(store);
    // A restored backup has no keys: its epoch has ended, and another begins.
    std::fs::remove_file(dir.path().join(format!("box/keys/log-{}.key", ended.n))).unwrap();
    let world = World::in_dir(dir, crate::photo::UploadLimits::default()).await;
    assert_ne!(world.state.store.origin().epoch, ended);
    let program = program(&world, ApiTokenScope::Read);
    for path in [format!("/api/v1/cleanings?tag={tag}"), "/api/v1/cleanings".to_owned()] {
        let items = program.get(&path).await.json()["items"].clone();
        let item =
            items.as_array().unwrap().iter().find(|c| c["epoch"] == ended.to_string()).unwrap().clone();
        assert_eq!(item["receipt"], receipt.as_str(), "{path}");
        assert_eq!((&item["notes"], &item["cleaned_by"]), (&"left wheel squeaks".into(), &"Ada".into()));
        assert_eq!(item["contact"]["stated_s"], 200, "{item}");
    }
    let page = world.get(&format!("/r/{receipt}")).await;
    page.is(200).has("Ada, name typed").has("3 min 20 s, as stated");
}
