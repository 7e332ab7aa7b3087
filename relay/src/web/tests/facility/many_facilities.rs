//! An account with more facilities and boxes than a page has.

use std::collections::BTreeSet;

use record::ids::{BoxId, FacilityId};
use record::sign::{KeyKind, SignerKey};

use crate::db::exec;
use crate::db::facility::facilities;
use crate::db::fleet::boxes;
use crate::projections::facility_now::{find_silent_boxes, refresh_box};
use crate::web::tests::world::{NOW_MS, World};

const MANY: u8 = 120;
const BYTES_MAX: usize = 60 * 1024;

/// Gives account B many facilities, the later ones with more overdue items; each third one's box was seen and is not any more.
async fn add_facilities(world: &World) {
    let public = SignerKey::new("x", KeyKind::Note, &[7; 32]).unwrap().verifier().public();
    let mut tx = world.db.write(world.b.scope).await.unwrap();
    for n in 0..MANY {
        let (facility, box_id) =
            (FacilityId::new(i64::from(n), [200; 10]), BoxId::new(i64::from(n), [200; 10]));
        let name = format!("Zebra House {n:03}");
        facilities::insert_facility(&mut tx, facility, &name, "America/Chicago", NOW_MS).await.unwrap();
        let epoch = record::checkpoint::LogOrigin::new(box_id, 1, &public).epoch;
        boxes::insert_box(&mut tx, (box_id, facility, epoch), "pi", "1", NOW_MS).await.unwrap();
        let seen_ms = if n % 3 == 0 { NOW_MS - 3_600_000 } else { NOW_MS - 1_000 };
        let sql = "UPDATE box_now SET last_seen_ms = $1 WHERE box = $2";
        exec!(tx, sql, seen_ms, box_id.to_string()).unwrap();
        refresh_box(&mut tx, facility, NOW_MS).await.unwrap();
        let sql = "UPDATE facility_now SET overdue = $1, items = 300, month_met = 90, month_closed = 100, spark = $2 \
                   WHERE facility = $3";
        let spark = [9, 0, 10, 0].repeat(30);
        exec!(tx, sql, i64::from(n / 10), spark, facility.to_string()).unwrap();
    }
    tx.commit().await.unwrap();
}

/// The rows of a table's pages, by the link that each row has, from one address on.
async fn walk(world: &World, cookie: &str, path: &str) -> Vec<Vec<String>> {
    let (mut pages, mut path) = (Vec::new(), path.to_owned());
    loop {
        let page = world.get(&path, cookie).await.body;
        assert!(page.len() <= BYTES_MAX, "{path}: {} bytes", page.len());
        let rows = page.split("scope=\"row\"><a href=\"").skip(1);
        let names = rows.map(|r| r.split('>').nth(1).unwrap().split('<').next().unwrap().to_owned());
        pages.push(names.collect());
        let next = page.split("<a class=\"link\" href=\"").skip(1).find(|link| link.contains(">Next</a>"));
        let Some(next) = next.filter(|_| pages.len() < 10) else { return pages };
        path = next.split('"').next().unwrap().replace("&#38;", "&");
    }
}

#[tokio::test]
async fn facilities_have_pages_worst_first() {
    let world = World::new().await;
    add_facilities(&world).await;
    let cookie = world.sign_in(&world.b.email).await;
    let pages = walk(&world, &cookie, "/app/").await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [50, 50, 21]);
    let all: Vec<&String> = pages.iter().flatten().collect();
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 121, "each once");
    // Eleven overdue, and of these first those whose box is offline, by name.
    assert_eq!(all[..4], ["Zebra House 111", "Zebra House 114", "Zebra House 117", "Zebra House 110"]);
    let by_name = walk(&world, &cookie, "/app/?sort=name").await.concat();
    assert!(by_name.is_sorted() && by_name.len() == 121);
    let offline = walk(&world, &cookie, "/app/?sort=name&show=offline").await;
    assert_eq!(offline.concat().len(), 40);
    let overdue = walk(&world, &cookie, "/app/?sort=name&show=overdue").await;
    assert_eq!(overdue.iter().map(Vec::len).collect::<Vec<_>>()[..2], [50, 50], "{overdue:?}");
    assert!(overdue.concat().is_sorted());
    let page = world.get("/app/?show=overdue", &cookie).await.body;
    assert!(
        page.contains("sort=name&#38;show=overdue") && page.contains("<strong>With overdue items</strong>")
    );
}

#[tokio::test]
async fn boxes_have_pages_those_first_that_need_somebody() {
    let world = World::new().await;
    add_facilities(&world).await;
    let cookie = world.sign_in(&world.b.email).await;
    let pages = walk(&world, &cookie, "/app/boxes").await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [50, 50, 21]);
    assert_eq!(pages.concat().into_iter().collect::<BTreeSet<_>>().len(), 121);
    let offline = world.get("/app/boxes", &cookie).await.body.matches(">Offline ").count();
    assert_eq!(offline, 40, "all of them on the first page");
}

#[tokio::test]
async fn a_day_that_is_over_shows_no_data_until_it_is_counted() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let today = async || {
        let page = world.get("/app/?sort=name", &cookie).await.body;
        let row = page.split(">Linden Valley Hospital</a>").nth(1).unwrap().split("</tr>").next().unwrap();
        row.split("data-l=\"Today\"").nth(1).unwrap().split("</td>").next().unwrap().to_owned()
    };
    assert!(today().await.contains('%'));
    // Ten hours later it is past midnight in Chicago; nobody has counted since.
    world.clock.advance_ms(10 * 3_600_000 + 1);
    assert!(today().await.contains("no data"), "{}", today().await);
    assert_eq!(find_silent_boxes(&world.db, world.state.clock.now_ms()).await.unwrap(), 4);
}
