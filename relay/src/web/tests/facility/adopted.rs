//! A record that its log left behind and a later one adopted: on the item's page, and proven from there.

use axum::http::StatusCode;
use record::entry::Entry;
use record::ids::{BoxId, Epoch, FacilityId};
use record::proof::RecordProof;
use record::receipt::Receipt;
use record::redact::TextLine;
use record::run::{RunBlocks, RunLine, RunName, RunNamer};

use crate::db::log::runs::NewRun;
use crate::db::{AccountScope, Db};
use crate::jobs::handlers::RelayHandlers;
use crate::jobs::queue::JobQueue;
use crate::jobs::runner::{JobRunner, RENEW_EVERY};
use crate::objects::NoteStore;
use crate::web::tests::world::{HOUR_MS, NOW_MS, World};

/// A cleaning of the first item that only a run holds, the box's next log having adopted it.
pub(in crate::web::tests) async fn adopted(world: &mut World) -> (RunName, RunLine) {
    let tag = world.a.sites[0].tags[0].to_string();
    adopted_of(world, tag).await
}

async fn run_jobs(world: &World) {
    let (clock, random) = (world.state.clock.clone(), world.state.random.clone());
    let handlers = RelayHandlers::begin(
        world.db.clone(),
        clock.clone(),
        None,
        world.state.fleet.keys().shared(),
        NoteStore::in_folder(world.dir.path()).unwrap(),
        world.webhook_line(),
    )
    .await
    .unwrap();
    let queue = JobQueue::new(world.db.clone(), clock, random);
    Box::pin(JobRunner::new(queue, handlers, RENEW_EVERY).run_due()).await.unwrap();
}

async fn adopted_of(world: &mut World, tag: String) -> (RunName, RunLine) {
    let scope = world.a.scope;
    let site = &mut world.a.sites[0];
    site.one.clean(NOW_MS - HOUR_MS, &tag, "Grace Lost", "");
    let lost = site.one.lose();
    let run = run_of(site.one.origin.epoch, &lost);
    let mut next = site.one.next_epoch();
    next.tell(NOW_MS, "log.adopted", &serde_json::to_string(&run).unwrap());
    next.hello(&world.ingest, NOW_MS, 2).await;
    next.send(&world.ingest).await;
    let lines = keep(&world.db, (scope, site.one.id, site.id), run, lost).await;
    run_jobs(world).await;
    (run, lines[0].clone())
}

fn run_of(epoch: Epoch, lines: &[(Entry, Vec<TextLine>)]) -> RunName {
    let mut namer = RunNamer::new(epoch, lines[0].0.seq());
    lines.iter().for_each(|(entry, _)| namer.push(entry.leaf()));
    namer.name().unwrap()
}

async fn keep(
    db: &Db,
    (scope, box_id, facility): (AccountScope, BoxId, FacilityId),
    run: RunName,
    lines: Vec<(Entry, Vec<TextLine>)>,
) -> Vec<RunLine> {
    let line = |(entry, texts): (Entry, Vec<TextLine>)| RunLine { leaf: entry.leaf(), entry, texts };
    let lines: Vec<RunLine> = lines.into_iter().map(line).collect();
    let mut blocks = RunBlocks::default();
    lines.iter().for_each(|line| blocks.push(line.leaf));
    let new = NewRun { run, notes: &[], bytes: 1, blocks: &blocks };
    let mut tx = db.write(scope).await.unwrap();
    assert!(crate::db::log::runs::insert_run(&mut tx, (box_id, facility), &new, NOW_MS).await.unwrap());
    crate::db::log::runs::append_lines(&mut tx, box_id, run, &lines).await.unwrap();
    crate::db::facility::facilities::request_rebuild(&mut tx, facility).await.unwrap();
    tx.commit().await.unwrap();
    lines
}

#[tokio::test]
async fn an_adopted_record_says_so_and_is_proven() {
    let mut world = World::new().await;
    let (run, line) = adopted(&mut world).await;
    let site = &world.a.sites[0];
    let (epoch, seq) = (site.one.origin.epoch, line.entry.seq());
    let cookie = world.sign_in(&world.a.email).await;
    let page = world.get(&format!("/app/f/{}/e/{}", site.id, site.tags[0]), &cookie).await;
    assert!(page.body.contains("Grace Lost") && page.body.contains("adopted on "), "{}", page.body);
    let path = format!("/app/proof/{}/{epoch}/{seq}", site.one.id);
    assert!(page.body.contains(&format!("{path}?run={run}")), "{}", page.body);
    let named = format!("/api/v1/proof/{seq}?box={}&epoch={epoch}", site.one.id);
    let by_api = world.api(&format!("{named}&texts=1"), &world.a.token).await;
    for got in
        [world.get(&path, &cookie).await, world.get(&format!("{path}?run={run}"), &cookie).await, by_api]
    {
        assert_eq!(got.status, StatusCode::OK, "{}", got.body);
        let proof: RecordProof = serde_json::from_str(&got.body).unwrap();
        let proven = proof.check(&[], &[]).unwrap();
        assert_eq!((proven.entry.clone(), proven.epoch), (line.entry.clone(), epoch));
        let [adoption] = &proven.adoptions[..] else { panic!("{proven:?}") };
        assert_eq!((adoption.run, adoption.by.epoch.n, adoption.by.seq), (run, 2, 1));
        assert!(proven.witnessed.is_some());
        let names: Vec<&str> = proven.texts.iter().map(|text| text.text()).collect();
        assert!(names.is_empty() || names == ["Grace Lost"]);
    }
    let other = RunName::new(epoch, 0..1, line.leaf).unwrap();
    let nothing = world.get(&format!("{path}?run={other}"), &cookie).await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND);
    // What its own log's cosigned checkpoint covers keeps that proof.
    let own = world.get(&format!("/app/proof/{}/{epoch}/0", site.one.id), &cookie).await;
    let own: RecordProof = serde_json::from_str(&own.body).unwrap();
    assert!(own.adopted.is_empty());
    let reported =
        world.api(&format!("/api/v1/cleanings?facility={}&limit=1000", site.id), &world.a.token).await;
    let of = record::kinds::EntryRef { epoch, seq };
    assert!(reported.body.contains(&Receipt::of(of, line.leaf).to_string()), "its receipt stays what it was");
}

#[tokio::test]
async fn a_branch_that_is_asked_for_is_proven_or_none() {
    let mut world = World::new().await;
    let (run, line) = adopted(&mut world).await;
    let (site, seq) = (&world.a.sites[0], line.entry.seq());
    let epoch = site.one.origin.epoch;
    let cookie = world.sign_in(&world.a.email).await;
    let path = format!("/app/proof/{}/{epoch}", site.one.id);
    // The log has this number, and the run that is named does not, or is not here: another line is no answer.
    let elsewhere = RunName::new(epoch, 0..2, line.leaf).unwrap();
    for (seq, run, expected) in
        [(0, run, StatusCode::NOT_FOUND), (0, elsewhere, StatusCode::NOT_FOUND), (seq, run, StatusCode::OK)]
    {
        let got = world.get(&format!("{path}/{seq}?run={run}"), &cookie).await;
        assert_eq!(got.status, expected, "{seq} of {run}: {}", got.body);
    }
    // What adopts it is apart: nothing counts by it, and nothing is proven by it.
    let mut tx = world.db.write(world.a.scope).await.unwrap();
    crate::db::exec!(tx, "UPDATE logs SET apart = $1 WHERE n = 2", true).unwrap();
    crate::db::facility::facilities::request_rebuild(&mut tx, site.id).await.unwrap();
    tx.commit().await.unwrap();
    run_jobs(&world).await;
    let got = world.get(&format!("{path}/{seq}?run={run}"), &cookie).await;
    assert_eq!(got.status, StatusCode::NOT_FOUND, "{}", got.body);
}

#[tokio::test]
async fn a_record_of_an_item_that_is_not_here_is_proven_all_the_same() {
    let mut world = World::new().await;
    let (run, line) = adopted_of(&mut world, "7QK3M9X2W".to_owned()).await;
    let site = &world.a.sites[0];
    let (epoch, seq) = (site.one.origin.epoch, line.entry.seq());
    let cookie = world.sign_in(&world.a.email).await;
    let path = format!("/app/proof/{}/{epoch}/{seq}", site.one.id);
    for path in [path.clone(), format!("{path}?run={run}")] {
        let got = world.get(&path, &cookie).await;
        assert_eq!(got.status, StatusCode::OK, "{}", got.body);
        let proof: RecordProof = serde_json::from_str(&got.body).unwrap();
        assert_eq!(proof.check(&[], &[]).unwrap().entry, line.entry);
    }
    let named = format!("/api/v1/proof/{seq}?box={}&epoch={epoch}", site.one.id);
    assert_eq!(world.api(&named, &world.a.token).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_record_of_a_run_in_a_run_is_proven_by_both() {
    let mut world = World::new().await;
    let scope = world.a.scope;
    let site = &mut world.a.sites[0];
    let tag = site.tags[0].to_string();
    site.one.clean(NOW_MS - HOUR_MS, &tag, "Grace Lost", "");
    let lost = site.one.lose();
    let inner = run_of(site.one.origin.epoch, &lost);
    // The log that adopted it was lost as well, and the one after that adopts all of it.
    let mut second = site.one.next_epoch();
    second.tell(NOW_MS, "log.adopted", &serde_json::to_string(&inner).unwrap());
    let mut third = second.next_epoch();
    let left = second.lose();
    let outer = run_of(second.origin.epoch, &left);
    third.tell(NOW_MS, "log.adopted", &serde_json::to_string(&outer).unwrap());
    third.hello(&world.ingest, NOW_MS, 2).await;
    third.send(&world.ingest).await;
    for (run, lines) in [(outer, left), (inner, lost.clone())] {
        keep(&world.db, (scope, site.one.id, site.id), run, lines).await;
    }
    run_jobs(&world).await;
    let site = &world.a.sites[0];
    let cookie = world.sign_in(&world.a.email).await;
    let (epoch, seq) = (site.one.origin.epoch, lost[0].0.seq());
    let got = world.get(&format!("/app/proof/{}/{epoch}/{seq}?run={inner}", site.one.id), &cookie).await;
    assert_eq!(got.status, StatusCode::OK, "{}", got.body);
    let proof: RecordProof = serde_json::from_str(&got.body).unwrap();
    let proven = proof.check(&[], &[]).unwrap();
    let runs: Vec<RunName> = proven.adoptions.iter().map(|adoption| adoption.run).collect();
    assert_eq!((proven.entry, runs), (lost[0].0.clone(), vec![inner, outer]));
}
