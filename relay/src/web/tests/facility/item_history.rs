//! The history of an item: cleanings, uses and whatever else its box says about it, in the order of time.

use record::entry::{ClockState, CommandSource, EntryAuthor, EntryTime};
use record::fold::UseRecord;
use record::ids::{BootId, StaffId};
use record::kinds::EntryRef;
use record::run::RunName;
use record::tag::Tag;
use record::tree::Hash;

use crate::db::projection::cleanings::{IndexedUse, put_uses};
use crate::web::tests::test_box::TestBox;
use crate::web::tests::world::{DAY_MS, HOUR_MS, MINUTE_MS, NOW_MS, World};

/// A report with words and a photo, by a name that was typed; the hashes of both texts.
pub(in crate::web::tests) fn report_problem(one: &mut TestBox, at_ms: i64, tag: Tag) -> [String; 2] {
    let (text, name) = (one.text("Cable <torn>"), one.text("Mara Voss"));
    let hashes = [&text, &name].map(|text| text.redactable().hash.to_string());
    let body = format!(
        r#"{{"tag":"{tag}","what":"broken","text":{{"redactable":"{}"}},"photos":["{}"],"who":{{"proof":"typed","name":{{"redactable":"{}"}}}}}}"#,
        hashes[0],
        "0".repeat(64),
        hashes[1],
    );
    let by = EntryAuthor { staff: None, via: CommandSource::Phone, device: None };
    one.tell_by(at_ms, by, ("problem.reported", &body), &[text, name]);
    hashes
}

#[tokio::test]
async fn what_is_said_about_an_item_stands_between_its_cleanings() {
    let mut world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let site = &mut world.a.sites[0];
    let (id, tag, one) = (site.id, site.tags[0], &mut site.one);
    let hashes = report_problem(one, NOW_MS - 30 * MINUTE_MS, tag);
    let (epoch, report) = (one.origin.epoch, one.size() - 1);
    let closed = format!(r#"{{"epoch":"{epoch}","seq":{report},"tag":"{tag}","outcome":"no fault"}}"#);
    one.tell(NOW_MS - 20 * MINUTE_MS, "problem.closed", &closed);
    let plan = format!(
        r#"{{"tag":"{tag}","schedule":{{"every":"days","n":1,"on":[1,5]}},"from":{}}}"#,
        NOW_MS - 10 * MINUTE_MS
    );
    one.tell(NOW_MS - 10 * MINUTE_MS, "schedule.set", &plan);
    one.clean(NOW_MS - 5 * MINUTE_MS, tag.as_str(), "Mara Voss", r#","flags":["wet long"]"#);
    one.send(&world.ingest).await;
    let path = format!("/app/f/{id}/e/{tag}");
    let page = world.get(&path, &cookie).await.body;
    for words in [
        "<strong>Problem reported: broken</strong>",
        "Mara Voss, name typed",
        "“Cable &#60;torn&#62;”",
        "Photo on its way",
        "<strong>Report closed: no fault found</strong>",
        &format!("About the report in entry {report}"),
        "<strong>Schedule: every day (Mon, Fri)</strong>",
        "Every day (Mon, Fri)",
        "Recorded long after the contact time",
    ] {
        assert!(page.contains(words), "{words} in {page}");
    }
    assert!(
        page.find("Report closed").unwrap() < page.find("Problem reported").unwrap()
            && page.find("Problem reported").unwrap() < page.find(">Used<").unwrap()
    );
    let proof = page.split("Problem reported").nth(1).unwrap().split("href=\"").nth(1).unwrap();
    let proof = world.get(proof.split('"').next().unwrap(), &cookie).await;
    assert!(proof.body.contains("problem.reported"), "{}", proof.body);
    let one = &mut world.a.sites[0].one;
    for hash in hashes {
        one.tell(NOW_MS, "text.erased", &format!(r#"{{"hash":"{hash}","reason":"asked"}}"#));
    }
    one.send(&world.ingest).await;
    let page = world.get(&path, &cookie).await.body;
    assert!(!page.contains("Cable"), "{page}");
    assert!(page.contains("Its text was erased.") && page.contains("name erased, name typed"), "{page}");
}

#[tokio::test]
async fn what_is_added_to_an_open_report_stands_with_it() {
    let mut world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let site = &mut world.a.sites[0];
    let (id, tag, one) = (site.id, site.tags[0], &mut site.one);
    report_problem(one, NOW_MS - 30 * MINUTE_MS, tag);
    let (epoch, report) = (one.origin.epoch, one.size() - 1);
    let also = format!(r#""also":{{"epoch":"{epoch}","seq":{report}}}"#);
    let added =
        |what: &str| format!(r#"{{"tag":"{tag}","what":"{what}","who":{{"proof":"unattributed"}},{also}}}"#);
    for n in 0..10 {
        let what = if n == 9 { "part missing" } else { "soiled" };
        one.tell(NOW_MS - (20 - n) * MINUTE_MS, "problem.reported", &added(what));
    }
    one.send(&world.ingest).await;
    let path = format!("/app/f/{id}/e/{tag}");
    let page = world.get(&path, &cookie).await.body;
    let open = page.split("Open reports").nth(1).unwrap().split("</ul>").next().unwrap();
    assert_eq!((open.matches("<li>").count(), open.matches(": dirty").count()), (1, 7), "{open}");
    for words in ["Reported ", "Cable &#60;torn&#62;", "Added ", ": a part is missing", "2 earlier additions"]
    {
        assert!(open.contains(words), "{words} in {open}");
    }
    let one = &mut world.a.sites[0].one;
    let closed = format!(r#"{{"epoch":"{epoch}","seq":{report},"tag":"{tag}","outcome":"fixed"}}"#);
    one.tell(NOW_MS, "problem.closed", &closed);
    one.send(&world.ingest).await;
    assert!(!world.get(&path, &cookie).await.body.contains("Open reports"));
}

#[tokio::test]
async fn lines_of_every_sort_are_paged_each_once() {
    let mut world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let site = &mut world.a.sites[0];
    let (id, tag) = (site.id, site.tags[1]);
    for round in 0..60 {
        // Three lines at one moment each time: the entry's number distinguishes them.
        let at_ms = NOW_MS - HOUR_MS - round * MINUTE_MS;
        site.one.tell(at_ms, "use.recorded", &format!(r#"{{"tag":"{tag}"}}"#));
        site.one.tell(
            at_ms,
            "equipment.changed",
            &format!(r#"{{"tag":"{tag}","location":"Room {round}."}}"#),
        );
        site.one.clean(at_ms, tag.as_str(), "Luis Ortega", "");
    }
    site.one.send(&world.ingest).await;
    let (mut path, mut all, mut pages) = (format!("/app/f/{id}/e/{tag}"), String::new(), 0);
    loop {
        let page = world.get(&path, &cookie).await.body;
        let history = page.split("id=\"history\"").nth(1).unwrap().split("</section>").next().unwrap();
        let lines = history.matches("<li").count();
        all.push_str(history);
        pages += 1;
        let Some(older) = history.split("href=\"").find(|part| part.starts_with("?before=")) else { break };
        assert_eq!(lines, 50);
        path = format!("/app/f/{id}/e/{tag}{}", older.split('"').next().unwrap());
    }
    assert!(pages > 3, "{pages}");
    let count = |title: &str| all.matches(&format!("<strong>{title}</strong>")).count();
    assert_eq!((count("Used"), count("Changed")), (60, 60));
    assert!((0..60).all(|round| all.matches(&format!("Place: Room {round}.<")).count() == 1));
    assert_eq!(all.matches("Luis Ortega").count(), 60);
}

#[tokio::test]
async fn a_use_and_a_cleaning_say_as_much_as_at_the_box() {
    let mut world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let site = &mut world.a.sites[0];
    let (id, tag, one) = (site.id, site.tags[0], &mut site.one);
    let ended_ms = NOW_MS - 20 * MINUTE_MS;
    let used = format!(
        r#"{{"tag":"{tag}","performed":{},"ended":{ended_ms},"class":"critical","sticker":true}}"#,
        ended_ms - HOUR_MS
    );
    one.tell(NOW_MS - 10 * MINUTE_MS, "use.recorded", &used);
    let more = r#","contact":{"required_s":180,"phone_s":190},"lot":"L7","lot_expires":"2026-12-01","trigger":"after use","class":"critical","clean_until":1795290400000"#;
    one.clean(NOW_MS - 5 * MINUTE_MS, tag.as_str(), "Mara Voss", more);
    one.send(&world.ingest).await;
    let page = world.get(&format!("/app/f/{id}/e/{tag}"), &cookie).await.body;
    let history = page.split("id=\"history\"").nth(1).unwrap();
    let lines: Vec<&str> = history.split("<li").skip(1).take(2).collect();
    for words in [
        "3 min 10 s of 3 min, measured by a phone",
        "Lot L7, last day Dec 1, 2026",
        "After use",
        "Critical use: sterile tissue or blood vessels",
    ] {
        assert!(lines[0].contains(words), "{words} in {}", lines[0]);
    }
    for words in
        ["<strong>Used</strong>", "Began ", "Ended ", "Critical use", "A sticker went into the chart"]
    {
        assert!(lines[1].contains(words), "{words} in {}", lines[1]);
    }
    let proof = lines[1].split("href=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(world.get(proof, &cookie).await.body.contains("use.recorded"));
    let listed = world.api(&format!("/api/v1/cleanings?facility={id}&tag={tag}"), &world.a.token).await;
    let listed: serde_json::Value = serde_json::from_str(&listed.body).unwrap();
    assert_eq!(listed["items"][0]["clean_until"], "2026-11-21T19:46:40.000Z");
}

#[tokio::test]
async fn a_use_whose_line_is_not_here_has_its_time() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let site = &world.a.sites[0];
    let (tag, of) = (site.tags[0], EntryRef { epoch: site.one.origin.epoch, seq: 9_000 });
    let path = format!("/app/f/{}/e/{tag}", site.id);
    let before = world.get(&path, &cookie).await.body;
    let at = EntryTime { wall: NOW_MS, boot: BootId::new(1, [1; 10]), up: 1, clock: ClockState::Synced };
    let used = UseRecord { of, run: None, tag, at, stated: None, class: None };
    let mut tx = world.db.write(world.a.scope).await.unwrap();
    let log = crate::db::log::epochs::find_log(&mut tx, &site.one.origin).await.unwrap().unwrap().number;
    let used = IndexedUse { log, used, ended_ms: NOW_MS };
    let projection = crate::db::projection::projections::find_live(&mut tx, site.id).await.unwrap();
    let run = RunName::new(of.epoch, 8_999..9_002, Hash([1; 32])).ok();
    put_uses(&mut tx, projection, &[used], run).await.unwrap();
    tx.commit().await.unwrap();
    let page = world.get(&path, &cookie).await.body;
    assert_eq!(
        page.matches("<strong>Used</strong>").count(),
        before.matches("<strong>Used</strong>").count() + 1
    );
}

#[tokio::test]
async fn a_time_that_was_corrected_later_says_by_whom() {
    let mut world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let site = &mut world.a.sites[0];
    let (id, tag, one) = (site.id, site.tags[0], &mut site.one);
    one.clock = ClockState::Uncertain;
    one.clean(NOW_MS - 5 * MINUTE_MS, tag.as_str(), "Mara Voss", "");
    one.clock = ClockState::Synced;
    one.send(&world.ingest).await;
    let last_of = async |world: &World| {
        let item = world.api(&format!("/api/v1/facilities/{id}/equipment/{tag}"), &world.a.token).await.body;
        let item: serde_json::Value = serde_json::from_str(&item).unwrap();
        (item["last_cleaned_at"].as_str().unwrap().to_owned(), item["time_uncertain"].as_bool().unwrap())
    };
    let five_min_ago = api::utc_text(NOW_MS - 5 * MINUTE_MS);
    assert_eq!(last_of(&world).await, (five_min_ago.clone(), true));
    let path = format!("/app/f/{id}/e/{tag}");
    let page = world.get(&path, &cookie).await.body;
    assert!(page.contains("Time uncertain") && page.contains("the time is an estimate"), "{page}");
    let one = &mut world.a.sites[0].one;
    let (boot, up) = (TestBox::boot(), 60 * DAY_MS);
    let anchor = format!(r#"{{"boot":"{boot}","up":{up},"wall":{NOW_MS},"source":"hand"}}"#);
    one.tell(NOW_MS, "clock.anchored", &anchor);
    one.send(&world.ingest).await;
    let page = world.get(&path, &cookie).await.body;
    assert!(page.contains("the time was corrected later, by hand, to within 60 s"), "{page}");
    assert!(!page.contains("Time uncertain"), "{page}");
    assert_eq!(last_of(&world).await, (five_min_ago, false));
}

#[tokio::test]
async fn a_cleaning_that_does_not_count_says_why_its_item_is_still_due() {
    let mut world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let site = &mut world.a.sites[0];
    let (id, one) = (site.id, &mut site.one);
    let tag = one.item("Probe 9", "ICU East", (4, &[1, 0]), StaffId::new(NOW_MS, [9; 10]));
    let lacking = r#","incomplete":["contact time","photo"]"#;
    let seq = one.clean(NOW_MS - 30 * MINUTE_MS, tag.as_str(), "Mara Voss", lacking);
    let epoch = one.origin.epoch;
    one.send(&world.ingest).await;
    let pages = [format!("/app/f/{id}"), format!("/app/f/{id}/equipment"), format!("/app/f/{id}/e/{tag}")];
    for page in &pages {
        let body = world.get(page, &cookie).await.body;
        assert!(body.contains(", incomplete: contact time, photo"), "{page}: {body}");
    }
    let path = format!("/api/v1/facilities/{id}/equipment/{tag}");
    let because = async |world: &World| {
        let item = world.api(&path, &world.a.token).await.body;
        serde_json::from_str::<serde_json::Value>(&item).unwrap()["due_because"].clone()
    };
    let incomplete = because(&world).await;
    assert_eq!(incomplete["reason"], "incomplete");
    assert_eq!(incomplete["missing"], serde_json::json!(["contact time", "photo"]));
    let one = &mut world.a.sites[0].one;
    let reason = one.text("Wrong item");
    let body = format!(
        r#"{{"epoch":"{epoch}","seq":{seq},"reason":{{"redactable":"{}"}}}}"#,
        reason.redactable().hash
    );
    let by = EntryAuthor { staff: None, via: CommandSource::Staff, device: None };
    one.tell_by(NOW_MS - 20 * MINUTE_MS, by, ("cleaning.voided", &body), &[reason]);
    one.send(&world.ingest).await;
    assert_eq!(because(&world).await["reason"], "voided");
    for page in &pages {
        assert!(world.get(page, &cookie).await.body.contains(", record voided"), "{page}");
    }
}
