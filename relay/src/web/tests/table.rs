//! Every row of the table tried rightly and wrongly, by everybody.

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

use ::web::route::{Example, ExampleBody};
use ::web::test::{
    FixtureCaller, FixtureWorld, find_access_faults, find_compression_faults, find_fuzz_faults,
};
use axum::Router;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use record::tree::Hash;
use service::clock::FakeClock;
use tracing::subscriber::DefaultGuard;

use super::administration::platform;
use super::facility::alerts::ALERT;
use super::program::billing::sign_stripe;
use super::program::made_reports::{MADE, REPORT, SCHEDULE};
use super::program::mail::sign_message;
use super::program::webhooks::{DELIVERY, WEBHOOK};
use super::world::{NOW_MS, RESEND_SECRET, STRIPE_SECRET, World, csrf, open_state};
use crate::accounts::UserRole;
use crate::accounts::credentials::token::TokenScope;
use crate::accounts::permission::Permission;
use crate::accounts::records::access_log::AccessOutcome;
use crate::db::access_log::audit;
use crate::db::access_log::audit::AuditFilter;
use crate::db::account::account_logos;
use crate::db::{AccountScope, Db};
use crate::web::api::mail_events::EXAMPLE;
use crate::web::api::stripe_events;
use crate::web::build_router;
use crate::web::form::FORM_TOKEN;
use crate::web::routes::build_table;

/// A world that was filled once; each test works on a copy.
struct Template {
    world: World,
    callers: Vec<FixtureCaller>,
    /// What is in examples for the form only, and what this world has in its place.
    replacements: Vec<(&'static str, String)>,
}

impl Template {
    async fn new() -> Self {
        let world = World::new().await;
        let evidence = world.fork_of_a().await;
        let photo = world.photo_of_a().await;
        world.fill_account_of_a().await;
        let nobody = FixtureCaller { name: "nobody", ..FixtureCaller::default() };
        let member = async |name, email: &str, role| {
            let cookie = world.sign_in(email).await;
            let token = csrf(&world.get("/app/me", &cookie).await.body).to_owned();
            FixtureCaller { form_token: Some((FORM_TOKEN, token)), ..person(name, &cookie, role) }
        };
        let admin = member("admin", &world.a.email, UserRole::AccountAdmin).await;
        let auditor = member("auditor", &world.a.auditor, UserRole::Auditor).await;
        world.add_platform_owner(world.a.scope).await;
        let owner = member("platform owner", platform::EMAIL, UserRole::SuperAdmin).await;
        world.offer_app(owner.headers[header::COOKIE].to_str().unwrap()).await;
        let job = world.bury_job("no reason").await;
        let support = world.open_support(world.a.scope, world.b.scope).await;
        let support = FixtureCaller {
            form_token: Some((FORM_TOKEN, support.csrf())),
            ..person("support", support.set_cookie().split(';').next().unwrap(), UserRole::Support)
        };
        let other = member("admin of another account", &world.b.email, UserRole::AccountAdmin).await;
        let ended = FixtureCaller {
            permissions: Vec::new(),
            ..member("signed out", &world.a.auditor, UserRole::Auditor).await
        };
        let form = format!("csrf={}", ended.form_token.as_ref().unwrap().1);
        let cookie = ended.headers[header::COOKIE].to_str().unwrap().to_owned();
        assert!(world.post("/logout", &cookie, &form).await.status.is_redirection());
        let program = |name, scopes, text: &str| FixtureCaller {
            name,
            scopes,
            headers: proof(header::AUTHORIZATION, &format!("Bearer {text}")),
            secrets: vec![text.to_owned()],
            ..nobody.clone()
        };
        let unknown = program("unknown token", Vec::new(), &world.a.token.replace('A', "B"));
        let reader = program("program", vec![TokenScope::Read.key()], &world.a.token);
        let writer = world.add_writer(world.a.scope).await;
        let writer = program("writing program", TokenScope::ALL.map(TokenScope::key).to_vec(), &writer);
        let (cleaning, site) = (world.number_cleaning_of_a().await, &world.a.sites[0]);
        let admin_cookie = admin.headers[header::COOKIE].to_str().unwrap().to_owned();
        let sender = |name, signed: Vec<(HeaderName, HeaderValue)>| FixtureCaller {
            name,
            sender: Some(name),
            headers: signed.into_iter().collect(),
            ..nobody.clone()
        };
        let now_s = world.state.clock.now_ms() / 1_000;
        let resend = sender("resend", sign_message(RESEND_SECRET, now_s, "msg_1", EXAMPLE));
        let stripe = sender("stripe", sign_stripe(STRIPE_SECRET, now_s, stripe_events::EXAMPLE));
        let callers = vec![
            nobody.clone(),
            admin,
            auditor,
            owner,
            other,
            ended,
            unknown,
            reader,
            writer,
            support,
            resend,
            stripe,
        ];
        let offered = world.offer_app(&admin_cookie).await;
        let (links, session) = (world.add_links().await, world.open_session().await);
        let mut replacements = vec![
            ("facility", site.id.to_string()),
            ("tag", site.tags[0].to_string()),
            ("item", site.tags[0].to_string()),
            ("cleaning", cleaning),
            ("seq", site.cleaning.to_string()),
            ("box_id", site.one.id.to_string()),
            ("epoch", site.one.origin.epoch.to_string()),
            ("evidence", evidence),
            ("photo", photo),
            ("user", world.a.user_id.clone()),
            ("token", world.a.token_id.clone()),
            ("box", site.one.id.to_string()),
            ("session", session),
            ("job", job.to_string()),
            ("alert", ALERT.to_owned()),
            ("report", REPORT.to_owned()),
            ("made", MADE.to_owned()),
            ("schedule", SCHEDULE.to_owned()),
            ("webhook", WEBHOOK.to_owned()),
            ("delivery", DELIVERY.to_owned()),
            ("organisation", world.a.scope.account().to_string()),
            ("logo", world.give_logo().await),
            ("grant", world.grant_support(world.a.scope).await),
            ("announcement", world.announce("Work on Sunday").await),
        ];
        replacements.extend(links);
        replacements.extend(offered);
        world.db.close().await;
        Self { world, callers, replacements }
    }

    async fn open(&self) -> TableWorld {
        let folder = tempfile::tempdir().unwrap();
        copy_folder(self.world.dir.path(), folder.path());
        let db = Db::open(&format!("sqlite:{}", folder.path().join("relay.db").display())).await.unwrap();
        let state = open_state(folder.path(), &db, &Arc::new(FakeClock::at_ms(NOW_MS))).await;
        let traces = Traces::default();
        let writer = traces.clone();
        let subscriber =
            tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
        TableWorld {
            router: build_router(state).unwrap(),
            db,
            scopes: [self.world.a.scope, self.world.b.scope],
            callers: self.callers.clone(),
            replacements: self.replacements.clone(),
            traces,
            _subscriber: tracing::subscriber::set_default(subscriber),
            _folder: folder,
        }
    }
}

impl World {
    /// A picture at the head of A's pages: how an address names it.
    async fn give_logo(&self) -> String {
        let logo = Hash::of(b"a picture");
        let mut tx = self.db.write(self.a.scope).await.unwrap();
        account_logos::save_logo(&mut tx, logo, b"a picture".to_vec()).await.unwrap();
        tx.commit().await.unwrap();
        format!("{logo}.png")
    }
}

fn person(name: &'static str, cookie: &str, role: UserRole) -> FixtureCaller {
    let held = Permission::ALL.into_iter().filter(|&permission| role.holds(permission));
    FixtureCaller {
        name,
        permissions: held.map(Permission::name).collect(),
        headers: proof(header::COOKIE, cookie),
        secrets: vec![cookie.rsplit('.').next().unwrap().to_owned()],
        ..FixtureCaller::default()
    }
}

fn proof(name: HeaderName, value: &str) -> HeaderMap {
    [(name, HeaderValue::from_str(value).unwrap())].into_iter().collect()
}

pub(super) fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[derive(Debug, Clone, Default)]
struct Traces(Arc<Mutex<Vec<u8>>>);

impl Write for Traces {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

struct TableWorld {
    router: Router,
    db: Db,
    scopes: [AccountScope; 2],
    callers: Vec<FixtureCaller>,
    replacements: Vec<(&'static str, String)>,
    traces: Traces,
    _subscriber: DefaultGuard,
    _folder: tempfile::TempDir,
}

impl FixtureWorld for TableWorld {
    fn router(&self) -> Router {
        self.router.clone()
    }

    fn callers(&self) -> &[FixtureCaller] {
        &self.callers
    }

    async fn records(&self) -> u64 {
        let mut done = 0;
        for scope in self.scopes {
            let mut conn = self.db.read(scope).await.unwrap();
            let rows = audit::list_acts(&mut conn, &AuditFilter::default(), i64::MAX, 10_000).await.unwrap();
            let rows = rows.iter().filter(|row| row.outcome == AccessOutcome::Done.word());
            done += rows.map(|row| row.times.unsigned_abs()).sum::<u64>();
        }
        done
    }

    fn adapt_example(&self, mut example: Example) -> Example {
        let own = |name: &str| {
            self.replacements.iter().find(|(one, _)| *one == name).map(|(_, value)| value.clone())
        };
        for (name, value) in &mut example.parts {
            *value = own(name).unwrap_or_else(|| value.clone());
        }
        if let ExampleBody::Form(fields) = &mut example.body {
            for (name, value) in fields {
                *value = own(name).unwrap_or_else(|| value.clone());
            }
        }
        // A parameter that has to be there because this account has several boxes.
        if let Some(query) = example.query.strip_prefix("box=") {
            let rest = query.split_once('&').map_or("", |(_, rest)| rest);
            example.query = format!("box={}&{rest}", own("box").unwrap_or_default());
        }
        example
    }

    fn traces(&self) -> String {
        String::from_utf8_lossy(&self.traces.0.lock().unwrap()).into_owned()
    }
}

fn assert_nothing_found(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[tokio::test]
async fn nobody_is_let_in_whom_the_table_keeps_out() {
    let template = Box::pin(Template::new()).await;
    assert_nothing_found(&find_access_faults(&build_table().unwrap(), async || template.open().await).await);
}

#[tokio::test]
async fn no_request_however_spoiled_does_what_no_row_describes() {
    let template = Box::pin(Template::new()).await;
    assert_nothing_found(&find_fuzz_faults(&build_table().unwrap(), async || template.open().await).await);
}

#[tokio::test]
async fn every_answer_reads_whole_under_gzip() {
    let template = Box::pin(Template::new()).await;
    let found = find_compression_faults(&build_table().unwrap(), async || template.open().await).await;
    assert_nothing_found(&found);
}

#[test]
fn the_page_of_rows_is_up_to_date() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/routes/relay.txt");
    let lines = build_table().unwrap().list_rows();
    if std::env::var_os("WRITE_DOCS").is_some() {
        std::fs::write(&file, &lines).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(written == lines, "docs/routes/relay.txt is out of date: run this test with WRITE_DOCS=1");
}
