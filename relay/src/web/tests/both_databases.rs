//! SQLite and PostgreSQL show the same pages, byte by byte.

use ::web::route::Access;

use super::access::{fill, shown_rows};
use super::authentication::mailed_links::walk_ways;
use super::authentication::oidc::walk_provider;
use super::authentication::passkeys::walk_passkeys;
use super::facility::item_history::report_problem;
use super::postgres::Postgres;
use super::program::made_reports::walk_reports;
use super::world::{NOW_MS, World};

async fn walk(mut world: World) -> Vec<(String, u16, String)> {
    let site = &mut world.a.sites[0];
    report_problem(&mut site.one, NOW_MS, site.tags[0]);
    site.one.send(&world.ingest).await;
    let evidence = world.fork_of_a().await;
    let photo = world.photo_of_a().await;
    world.webhook_of_a().await;
    world.alert_of_a().await;
    world.reports_of_a().await;
    world.number_cleaning_of_a().await;
    let cookie = world.sign_in(&world.a.email).await;
    let mut paths: Vec<(Access, String)> =
        shown_rows().iter().map(|r| (r.access, fill(r.path, &world.a, &photo, &evidence))).collect();
    let site = &world.a.sites[0];
    paths.push((Access::Session("records.read"), "/app/?sort=backlog".into()));
    paths.push((
        Access::Session("records.read"),
        format!(
            "/app/f/{}/e/{}?before=1795100000000.{}.{}.9",
            site.id, site.tags[1], site.one.id, site.one.origin.epoch
        ),
    ));
    paths.push((Access::Token("read"), "/api/v1/cleanings?limit=1000".into()));
    paths.push((Access::Token("read"), "/api/v1/equipment?limit=3".into()));
    let mut seen = Vec::new();
    for (access, path) in paths {
        let got = match access {
            Access::Token(_) => world.api(&path, &world.a.token).await,
            _ => world.get(&path, &cookie).await,
        };
        assert!(
            got.status.is_success() || got.status.is_redirection(),
            "{path}: {} {}",
            got.status,
            got.body
        );
        // The authority's key comes from the machine's own randomness.
        let body =
            got.body.lines().filter(|line| !line.starts_with("sha256:")).collect::<Vec<_>>().join("\n");
        seen.push((path, got.status.as_u16(), body));
    }
    let world = walk_provider(world).await;
    walk_ways(&world).await;
    walk_reports(&world).await;
    walk_passkeys(&world).await;
    world.db.close().await;
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn they_show_the_same() {
    let server = tokio::task::spawn_blocking(|| Postgres::start(false)).await.unwrap();
    let ours = Box::pin(walk(World::new().await)).await;
    let theirs = Box::pin(walk(World::on(&server.url("postgres"), tempfile::tempdir().unwrap()).await)).await;
    assert_eq!(ours.len(), theirs.len());
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert_eq!(ours, theirs);
    }
}
