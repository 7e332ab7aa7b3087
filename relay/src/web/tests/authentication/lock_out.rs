//! Limits of signing in: what strangers do keeps nobody out who comes from a device of theirs, and guessing is bounded.

use std::net::{IpAddr, Ipv4Addr};

use axum::http::StatusCode;
use record::ids::UserId;
use record::tree::Hash;

use crate::accounts::UserRole;
use crate::accounts::credentials::device;
use crate::accounts::credentials::lock_out::{AttemptOrigin, CountError, EmptyBucket, SignInLimits};
use crate::accounts::credentials::password;
use crate::accounts::members::people::NewMember;
use crate::db::person::buckets;
use crate::db::{Db, PlatformReason};
use crate::web::tests::postgres::Postgres;
use crate::web::tests::world::{DAY_MS, HOUR_MS, MINUTE_MS, NOW_MS, PASSWORD, World, open_client};

const WRONG: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;
const WAIT: StatusCode = StatusCode::TOO_MANY_REQUESTS;
const IN: StatusCode = StatusCode::SEE_OTHER;
const HOME: &str = "192.0.2.7";

/// A network of its own for each `n`.
fn elsewhere(n: u32) -> IpAddr {
    Ipv4Addr::from(0x0b00_0000 + n).into()
}

async fn wrong(world: &World, email: &str, cookies: &str, from: &str) -> StatusCode {
    world.try_in(email, "wrong", cookies, from).await.status
}

#[tokio::test]
async fn a_stranger_who_tried_too_often_is_told_until_when_and_what_to_do() {
    let world = World::new().await;
    for _ in 0..10 {
        assert_eq!(wrong(&world, &world.a.email, "", HOME).await, WRONG);
    }
    world.clock.advance_ms(90_500);
    let refused = world.try_in(&world.a.email, PASSWORD, "", HOME).await;
    assert_eq!(refused.status, WAIT, "the right one waits too");
    assert_eq!(refused.header("retry-after"), "1110", "what is left of twenty minutes");
    for words in ["Wait until 20:22 UTC, then try again", "a browser in which you signed in before"] {
        assert!(refused.body.contains(words), "{words}: {}", refused.body);
    }
    world.sign_in(&world.b.email).await;
    // It is stored in the database: a relay that was restarted knows it as well.
    let world = World { client: open_client(&world.state), ..world };
    let upper = world.a.email.to_uppercase();
    assert_eq!(world.try_in(&upper, PASSWORD, "", HOME).await.status, WAIT, "it is the same address");
    world.clock.advance_ms(20 * MINUTE_MS - 90_500);
    assert_eq!(world.try_in(&world.a.email, PASSWORD, "", HOME).await.status, IN);
    assert_eq!(wrong(&world, &world.a.email, "", HOME).await, WRONG, "the right one cost nothing");
    assert_eq!(wrong(&world, &world.a.email, "", HOME).await, WAIT);
}

#[tokio::test]
async fn nobody_is_kept_off_a_device_of_theirs_by_what_strangers_try() {
    let world = World::new().await;
    let device = world.try_in(&world.a.email, PASSWORD, "", HOME).await.device();
    for n in 0..5 {
        assert_eq!(wrong(&world, &world.a.email, "", &elsewhere(n).to_string()).await, WRONG);
    }
    assert_eq!(world.try_in(&world.a.email, PASSWORD, &device, HOME).await.status, IN, "after five");
    for n in 5..1_000 {
        let status = wrong(&world, &world.a.email, "", &elsewhere(n).to_string()).await;
        assert_eq!(status, if n < 10 { WRONG } else { WAIT }, "{n}");
    }
    // A network that is used up keeps no known device out either.
    let (same, mut refused) = (HOME.parse().unwrap(), false);
    let limits = SignInLimits::default();
    for n in 0..101 {
        let from = AttemptOrigin::new(&format!("a{n}@x.example"), None, same);
        refused = limits.count(&world.db, &from, NOW_MS).await.is_err();
    }
    assert!(refused);
    let known = AttemptOrigin::new(&world.a.email, Some(Hash::of(b"device")), same);
    limits.count(&world.db, &known, NOW_MS).await.unwrap();
    let got = world.try_in(&world.a.email, PASSWORD, &device, HOME).await;
    assert_eq!(
        (got.status, got.device()),
        (IN, device.clone()),
        "after a thousand; it stays the same device"
    );
    assert_eq!(world.try_in(&world.a.email, PASSWORD, "", HOME).await.status, WAIT);
    assert_eq!(world.try_in(&world.a.auditor, PASSWORD, &device, HOME).await.status, IN, "another person");
}

#[tokio::test]
async fn a_known_device_has_a_bucket_of_its_own_and_is_known_for_180_days() {
    let world = World::new().await;
    let [one, two] = [HOME, "198.51.100.7"].map(|from| world.try_in(&world.a.email, PASSWORD, "", from));
    let (one, two) = (one.await.device(), two.await.device());
    assert_ne!(one, two);
    for _ in 0..9 {
        assert_eq!(wrong(&world, &world.a.email, &one, HOME).await, WRONG);
    }
    assert_eq!(world.try_in(&world.a.email, PASSWORD, &one, HOME).await.status, IN);
    for _ in 0..10 {
        assert_eq!(wrong(&world, &world.a.email, &one, HOME).await, WRONG, "it was given back whole");
    }
    let refused = world.try_in(&world.a.email, PASSWORD, &one, HOME).await;
    assert_eq!((refused.status, refused.header("retry-after")), (WAIT, "300"));
    assert!(refused.body.contains("on this device. Wait until 20:07 UTC"), "{}", refused.body);
    assert_eq!(world.try_in(&world.a.email, PASSWORD, &two, HOME).await.status, IN, "the other one");
    assert_eq!(world.try_in(&world.a.email, PASSWORD, "", HOME).await.status, IN, "and strangers");
    world.clock.advance_ms(device::KNOWN_MS + 1);
    for n in 0..10 {
        assert_eq!(wrong(&world, &world.a.email, &two, HOME).await, WRONG, "{n}");
    }
    assert_eq!(wrong(&world, &world.a.email, "", HOME).await, WAIT, "it is a stranger again");
    world.clock.advance_ms(HOUR_MS);
    let got = world.try_in(&world.a.email, PASSWORD, &two, HOME).await;
    assert!(got.status == IN && got.device() != two, "a secret that was not given here is not taken over");
}

#[tokio::test]
async fn the_secret_of_a_device_is_nowhere_in_the_database() {
    use base64::Engine as _;
    let world = World::new().await;
    let device = world.try_in(&world.a.email, PASSWORD, "", HOME).await.device();
    let text = device.split_once('=').unwrap().1.to_owned();
    let secret = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(&text).unwrap();
    world.db.close().await;
    let mut files = 0;
    for file in std::fs::read_dir(world.dir.path()).unwrap().flatten().filter(|f| f.path().is_file()) {
        let bytes = std::fs::read(file.path()).unwrap();
        for needle in [text.as_bytes(), secret.as_slice()] {
            assert!(!bytes.windows(needle.len()).any(|w| w == needle), "{:?}", file.path());
        }
        files += 1;
    }
    assert!(files > 0);
}

#[tokio::test]
async fn twenty_people_of_one_office_mistype_and_all_come_in() {
    let world = World::new().await;
    let phc = password::create_hash(PASSWORD).unwrap();
    let people: Vec<String> = (0..20).map(|n| format!("person{n}@linden.example")).collect();
    for (n, email) in (100_u8..).zip(&people) {
        let id = UserId::new(NOW_MS + 1, [n; 10]);
        let new = NewMember {
            id,
            email,
            name: "A",
            verified_ms: None,
            role: UserRole::Auditor,
            password_hash: &phc,
        };
        world.add_member(world.a.scope, &new).await;
    }
    for email in &people {
        assert_eq!(wrong(&world, email, "", HOME).await, WRONG);
    }
    for email in &people {
        assert_eq!(world.try_in(email, PASSWORD, "", HOME).await.status, IN, "{email}");
    }
}

#[tokio::test]
async fn people_who_do_not_exist_are_limited_and_answered_alike() {
    let world = World::new().await;
    let mut answers = Vec::new();
    for email in ["admin@linden.example", "nobody@linden.example"] {
        let mut of_email = Vec::new();
        for _ in 0..11 {
            let got = world.try_in(email, "wrong", "", HOME).await;
            of_email.push((got.status, got.body.replace("nobody", "admin")));
        }
        answers.push(of_email);
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0][10].0, WAIT);
}

#[tokio::test]
async fn many_tries_at_once_are_many_tries() {
    let world = World::new().await;
    let tries = (0..20).map(|_| wrong(&world, &world.a.email, "", HOME));
    let through = futures_util::future::join_all(tries).await;
    let looked_at = through.iter().filter(|s| **s == WRONG).count();
    assert_eq!(looked_at, 10, "{through:?}");
}

/// How many of `tries` at once, by two processes on one database, are counted.
async fn race(dbs: [&Db; 2], email: &str, tries: u32) -> usize {
    let limits = [SignInLimits::default(), SignInLimits::default()];
    let race = (0..tries).map(async |n| {
        let process = usize::from(n % 2 == 1);
        let from = AttemptOrigin::new(email, None, elsewhere(n));
        limits[process].count(dbs[process], &from, NOW_MS).await
    });
    let counted = futures_util::future::join_all(race).await;
    for refused in counted.iter().filter_map(|c| c.as_ref().err()) {
        assert!(matches!(refused, CountError::Wait { bucket: EmptyBucket::Strangers, .. }), "{refused}");
    }
    counted.iter().filter(|c| c.is_ok()).count()
}

/// A working day: each of so many people of one office mistypes once, from a device that is not known, and then is right.
async fn office_day(db: &Db, limits: &SignInLimits, people: i64, begins_ms: i64) {
    let office = HOME.parse().unwrap();
    for person in 0..people {
        let at_ms = begins_ms + person * 8 * HOUR_MS / people;
        let from = AttemptOrigin::new(&format!("person{person}@office.example"), None, office);
        limits.count(db, &from, at_ms).await.unwrap();
        limits.count(db, &from, at_ms + 5_000).await.unwrap();
        let mut tx = db.platform_write(PlatformReason::SignIn).await.unwrap();
        limits.was_right(&mut tx, &from, at_ms + 5_000).await.unwrap();
        tx.commit().await.unwrap();
    }
}

/// Passwords that are looked at in a day of a guess every half minute, each from a network of its own.
async fn guesses(db: &Db, email: &str, device: Option<Hash>) -> u32 {
    let (limits, mut looked_at) = (SignInLimits::default(), 0);
    for n in 0..2 * 24 * 60 {
        let from = AttemptOrigin::new(email, device, elsewhere(n));
        looked_at += u32::from(limits.count(db, &from, NOW_MS + i64::from(n) * 30_000).await.is_ok());
    }
    looked_at
}

async fn clock_back(db: &Db) {
    let (limits, from) = (SignInLimits::default(), AttemptOrigin::new("c@x.example", None, elsewhere(1)));
    while limits.count(db, &from, NOW_MS + 365 * DAY_MS).await.is_ok() {}
    let refused = limits.count(db, &from, NOW_MS).await;
    assert!(matches!(refused, Err(CountError::Wait { until_ms, .. }) if until_ms == NOW_MS + 20 * MINUTE_MS));
    assert!(limits.count(db, &from, NOW_MS + 20 * MINUTE_MS).await.is_ok());
    assert!(limits.count(db, &from, NOW_MS + 20 * MINUTE_MS).await.is_err(), "nothing was won by it");
}

async fn limits_hold(ours: &Db, theirs: &Db, people: i64) {
    ours.migrate(NOW_MS).await.unwrap();
    assert_eq!(race([ours, theirs], "race@x.example", 40).await, 10);
    // Ten at once, then one in 20 or in 5 minutes; the one due at midnight is the next day's.
    assert_eq!(guesses(ours, "strangers@x.example", None).await, 10 + 24 * 3 - 1);
    assert_eq!(guesses(ours, "known@x.example", Some(Hash::of(b"device"))).await, 10 + 24 * 12 - 1);
    clock_back(ours).await;
    let limits = SignInLimits::default();
    for day in 0..2 {
        office_day(ours, &limits, people, NOW_MS + day * DAY_MS).await;
    }
    let mut tx = ours.platform_write(PlatformReason::Work).await.unwrap();
    buckets::platform_forget_old(&mut tx, NOW_MS + 30 * DAY_MS).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_hold_on_sqlite() {
    let dir = tempfile::tempdir().unwrap();
    let address = format!("sqlite:{}", dir.path().join("relay.db").display());
    let (ours, theirs) = (Db::open(&address).await.unwrap(), Db::open(&address).await.unwrap());
    limits_hold(&ours, &theirs, 1_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_hold_on_postgres() {
    let server = tokio::task::spawn_blocking(|| Postgres::start(false)).await.unwrap();
    let address = server.url("postgres");
    let (ours, theirs) = (Db::open(&address).await.unwrap(), Db::open(&address).await.unwrap());
    limits_hold(&ours, &theirs, 1_000).await;
    ours.close().await;
    theirs.close().await;
}
