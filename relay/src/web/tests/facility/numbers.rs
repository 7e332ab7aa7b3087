//! The pages' and the API's numbers are those of `record::compliance` over the entries themselves.

use record::compliance::{
    CivilCalendar, CleaningTimes, ComplianceRate, ItemTimelines, WindowTally, ZoneSpan,
};
use record::entry::{Entry, IdempotencyRecord};
use record::fold::{CleaningRecord, FacilityState, FoldEffect, HistoryLookup, LinePlace, UseRecord};
use record::ids::BootId;
use record::kinds::EntryRef;
use record::run::RunName;
use serde_json::Value;

use crate::db::AccountScope;
use crate::db::log::entries;
use crate::web::tests::world::{DAY_MS, HOUR_MS, NOW_MS, TestSite, World};

#[derive(Default)]
struct Kept(Vec<CleaningRecord>);

impl HistoryLookup for Kept {
    type Error = std::convert::Infallible;
    fn cleaning(&self, of: EntryRef, _: Option<RunName>) -> Result<Option<CleaningRecord>, Self::Error> {
        Ok(self.0.iter().find(|c| c.of == of).cloned())
    }
    fn unsure(&self, _: BootId) -> Result<Vec<CleaningRecord>, Self::Error> {
        Ok(Vec::new())
    }
    fn unsure_uses(&self, _: BootId) -> Result<Vec<UseRecord>, Self::Error> {
        Ok(Vec::new())
    }
    fn first_of_key(&self, _: &IdempotencyRecord, _: LinePlace) -> Result<Option<LinePlace>, Self::Error> {
        // No request of this world has a key.
        Ok(None)
    }
}

/// Folds the entries as the box did, and counts with `record::compliance`.
async fn counted(world: &World, scope: AccountScope, site: &TestSite, days: i32) -> WindowTally {
    let mut conn = world.db.read(scope).await.unwrap();
    let lines = entries::load_lines(&mut conn, &site.one.origin, 0, 100_000).await.unwrap();
    let (mut facility, mut stored) = (FacilityState::default(), Kept::default());
    for line in lines {
        let entry = Entry::parse(&line).unwrap();
        let changes = facility.apply(site.one.origin.epoch, &entry, &entry.event(), &stored).unwrap();
        for effect in changes.effects {
            match effect {
                FoldEffect::Cleaned(cleaning) => stored.0.push(cleaning),
                FoldEffect::Recleaned(cleaning) => {
                    stored.0.retain(|c| c.of != cleaning.of);
                    stored.0.push(cleaning);
                }
                _ => {}
            }
        }
    }
    let zones: Vec<ZoneSpan> = facility
        .settings
        .zones
        .iter()
        .map(|z| ZoneSpan { from_ms: z.from_ms, zone: z.zone.as_str().into() })
        .collect();
    let calendar = CivilCalendar::new(&zones);
    let today = calendar.day_of(NOW_MS);
    let period = calendar.day_range(today - (days - 1)).start..calendar.day_range(today).end;
    facility
        .equipment
        .values()
        .map(|item| {
            let mut placed: Vec<CleaningTimes> =
                stored.0.iter().filter(|c| c.tag == item.tag).filter_map(CleaningTimes::of).collect();
            placed.sort_unstable();
            WindowTally::of(
                &ItemTimelines::new(&facility.settings, item, Vec::new()).windows(&placed, &period, NOW_MS),
            )
        })
        .sum()
}

#[tokio::test]
async fn pages_and_api_show_the_very_numbers_of_record() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let overview = world.get("/app/", &cookie).await.body;
    let mut together = WindowTally::default();
    for site in &world.a.sites {
        let [month, week, today] = [
            counted(&world, world.a.scope, site, 30).await,
            counted(&world, world.a.scope, site, 7).await,
            counted(&world, world.a.scope, site, 1).await,
        ];
        together += month;
        assert!(month.closed > 50 && month.met < month.closed, "{month:?} shows nothing");
        let page = world.get(&format!("/app/f/{}", site.id), &cookie).await.body;
        for tally in [month, week, today] {
            let number = format!("<p class=\"num\">{}</p>", ComplianceRate::text(tally.rate()));
            assert!(page.contains(&number), "{number} is not on the page of {}", site.id);
        }
        let row =
            overview.split(&format!("/app/f/{}\"", site.id)).nth(1).unwrap().split("</tr>").next().unwrap();
        let of = format!(
            "<strong>{}</strong><br><small>{} of {}</small>",
            ComplianceRate::text(month.rate()),
            month.met,
            month.closed
        );
        assert!(row.contains(&of), "{of}: {row}");
        let got = world.api(&format!("/api/v1/compliance?facility={}", site.id), &world.a.token).await;
        let reported: Value = serde_json::from_str(&got.body).unwrap();
        for (member, days, tally) in
            [("last_30_days", 30, month), ("last_7_days", 7, week), ("today", 1, today)]
        {
            let rate = tally.rate().map(|r| f64::from(r.per_mille()) / 10.0);
            let expected =
                serde_json::json!({ "days": days, "met": tally.met, "closed": tally.closed, "rate": rate });
            assert_eq!(reported["items"][0][member], expected, "{member}");
        }
    }
    assert!(overview.contains(&format!("<p class=\"num\">{}</p>", ComplianceRate::text(together.rate()))));
}

/// What was missed adds up to what the numbers say, and an auditor comes to it first.
#[tokio::test]
async fn gaps_are_what_was_not_met() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.auditor).await;
    assert_eq!(world.get("/app", &cookie).await.header("location"), "/app/gaps");
    let list = world.get("/app/gaps", &cookie).await.body;
    let admin = world.sign_in(&world.a.email).await;
    assert_eq!(world.get("/app", &admin).await.header("location"), "/app/");
    fn count_missed(text: &str) -> u32 {
        let cells = text.split("data-l=\"Missed\"><strong>").skip(1);
        cells.filter_map(|cell| cell.split('<').next()?.parse::<u32>().ok()).sum()
    }
    let mut together = 0;
    for site in &world.a.sites {
        let month = counted(&world, world.a.scope, site, 30).await;
        let missed = month.closed - month.met;
        together += missed;
        let path = format!("/app/f/{}/gaps", site.id);
        let row = list
            .split(&format!("<a href=\"{path}\" translate=\"no\">"))
            .nth(1)
            .unwrap()
            .split("</tr>")
            .next()
            .unwrap();
        assert_eq!(count_missed(row), missed, "{row}");
        let page = world.get(&path, &cookie).await;
        assert_eq!(count_missed(&page.body), missed, "{}", page.body);
        assert!(page.body.contains(&format!("/app/f/{}/e/", site.id)));
        let beyond = world.get(&format!("{path}?page=7"), &cookie).await.body;
        assert!(beyond.contains("There are no more.") && beyond.contains("?page=6"), "{beyond}");
    }
    assert_eq!(count_missed(&list), together);
    let other = world.sign_in(&world.b.email).await;
    assert!(!world.get("/app/gaps", &other).await.body.contains(&world.a.canary));
    let foreign = format!("/app/f/{}/gaps", world.a.sites[0].id);
    assert_eq!(world.get(&foreign, &other).await.status, axum::http::StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn lists_come_page_by_page_without_gap_or_repeat() {
    let world = World::new().await;
    for (list, key) in [("equipment", "tag"), ("cleanings", "seq")] {
        let whole = world.api(&format!("/api/v1/{list}?limit=1000"), &world.a.token).await;
        let whole: Value = serde_json::from_str(&whole.body).unwrap();
        assert_eq!(whole["next"], Value::Null);
        let whole = whole["items"].as_array().unwrap().clone();
        assert!(whole.len() > 8, "{list}");
        let mut paged = Vec::new();
        let mut cursor = String::new();
        loop {
            let got = world.api(&format!("/api/v1/{list}?limit=7{cursor}"), &world.a.token).await;
            let page: Value = serde_json::from_str(&got.body).unwrap();
            paged.extend(page["items"].as_array().unwrap().clone());
            let Some(next) = page["next"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(paged, whole, "{list}");
        assert!(paged.iter().all(|item| !item[key].is_null()));
    }
}

#[tokio::test]
async fn a_cleaning_as_the_contract_has_it() {
    let world = World::new().await;
    let site = &world.a.sites[0];
    let path = format!("/api/v1/cleanings?facility={}&tag={}&limit=2", site.id, site.tags[0]);
    let got: Value = serde_json::from_str(&world.api(&path, &world.a.token).await.body).unwrap();
    let newest = &got["items"][0];
    assert_eq!(newest["box"], site.one.id.to_string());
    assert_eq!(newest["epoch"], site.one.origin.epoch.to_string());
    assert_eq!(
        (&newest["tag"], &newest["voided"]),
        (&Value::from(site.tags[0].to_string()), &Value::from(false))
    );
    assert_eq!(newest["cleaned_by"], "Tom Linden Nguyen");
    assert_eq!(newest["proof"], "pin");
    let voided = &got["items"][1];
    assert_eq!(
        (&voided["cleaned_by"], &voided["voided"]),
        (&Value::from("Aisha Linden Bello"), &Value::from(true))
    );
    assert_eq!(voided["performed_at"], "2026-11-20T15:02:00.000Z");
    let late = format!("/api/v1/cleanings?facility={}&tag={}&limit=1000", site.id, site.tags[1]);
    let got: Value = serde_json::from_str(&world.api(&late, &world.a.token).await.body).unwrap();
    let late = got["items"].as_array().unwrap().iter().find(|c| c["proof"] == "typed").unwrap();
    assert_eq!(
        (&late["performed_at"], &late["recorded_at"]),
        (&"2026-11-20T13:02:00.000Z".into(), &"2026-11-20T17:02:00.000Z".into())
    );
}

#[tokio::test]
async fn a_silent_box_has_numbers_of_its_last_word() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let path = format!("/app/f/{}", world.a.sites[0].id);
    world.clock.advance_ms(2 * DAY_MS + 7 * HOUR_MS);
    let cookie = if world.get("/app/me", &cookie).await.status.is_success() {
        cookie
    } else {
        world.sign_in(&world.a.email).await
    };
    let page = world.get(&path, &cookie).await.body;
    assert!(page.contains("No contact with this box since Fri 14:02"), "{page}");
    assert!(page.contains("No data since Fri 14:02"), "today nothing is known, and that is not 0%");
    assert!(page.contains("Call Linden biomed, ext. 4417."));
    let overview = world.get("/app/?sort=box", &cookie).await.body;
    assert!(overview.contains("Offline 2 days"), "{overview}");
}

#[tokio::test]
async fn an_exported_log_is_the_boxs_own() {
    let world = World::new().await;
    let one = &world.a.sites[0].one;
    async fn get_numbers(world: &World, rest: &str) -> String {
        world.api(&format!("/api/v1/{rest}"), &world.a.token).await.body
    }
    let plain = get_numbers(&world, &format!("log?box={}&limit=1000", one.id)).await;
    let mut frontier = record::tree::Frontier::default();
    plain.lines().for_each(|line| frontier.push(record::tree::leaf_hash(line.as_bytes())));
    let key = get_numbers(&world, &format!("key?box={}", one.id)).await;
    let key = record::sign::VerifierKey::parse(key.lines().next().unwrap()).unwrap();
    let note = get_numbers(&world, &format!("checkpoint?box={}", one.id)).await;
    let signed = record::checkpoint::SignedCheckpoint::verify(&note, &one.origin, &key).unwrap();
    assert_eq!((signed.checkpoint().size, signed.checkpoint().root), (frontier.size(), frontier.root()));
    let with_texts = get_numbers(&world, &format!("log?box={}&limit=1000&texts=1", one.id)).await;
    let (entries, texts): (Vec<&str>, Vec<&str>) =
        with_texts.lines().partition(|line| line.contains("\"kind\":"));
    assert_eq!(entries, plain.lines().collect::<Vec<_>>());
    assert!(texts.iter().any(|t| t.contains("Aisha Linden Bello")) && texts.len() == 4, "{texts:?}");
    assert_eq!(get_numbers(&world, &format!("log?box={}&from=5&limit=2", one.id)).await.lines().count(), 2);
}
