//! Mails as their readers have them, and every way in that leads over one.

use std::sync::Arc;

use axum::http::StatusCode;
use service::clock::Clock;
use service::random::RandomSource;

use crate::web::tests::world::{Got, PASSWORD, World, csrf, mail_transport};

use crate::jobs::handlers::RelayHandlers;
use crate::jobs::queue::JobQueue;
use crate::jobs::runner::{JobRunner, RENEW_EVERY};
use crate::mail::transport::MailTransport;
use crate::objects::NoteStore;

pub(in crate::web::tests) struct SentMail {
    pub(in crate::web::tests) to: String,
    pub(in crate::web::tests) subject: String,
    pub(in crate::web::tests) path: String,
}

impl World {
    /// Lets all mails leave that wait, and reads those that left.
    pub(in crate::web::tests) async fn mails(&self) -> Vec<SentMail> {
        self.run_jobs(mail_transport(self.dir.path())).await;
        let Ok(folder) = std::fs::read_dir(self.dir.path().join("mails")) else { return Vec::new() };
        let mut files: Vec<_> = folder.map(|file| file.unwrap().path()).collect();
        files.sort();
        let mut mails = Vec::new();
        for file in files {
            mails.push(read_mail(&std::fs::read_to_string(&file).unwrap()));
            std::fs::remove_file(file).unwrap();
        }
        mails
    }

    /// Runs all jobs that are due, with this way for mails.
    pub(in crate::web::tests) async fn run_jobs(&self, transport: MailTransport) {
        let clock = Arc::clone(&self.state.clock) as Arc<dyn Clock>;
        let random = Arc::clone(&self.state.random) as Arc<dyn RandomSource>;
        let handlers = RelayHandlers::begin(
            self.db.clone(),
            clock.clone(),
            Some(transport),
            self.state.fleet.keys().shared(),
            NoteStore::in_folder(&self.dir.path().join("photos")).unwrap(),
            self.webhook_line(),
        )
        .await
        .unwrap();
        let runner = JobRunner::new(JobQueue::new(self.db.clone(), clock, random), handlers, RENEW_EVERY);
        Box::pin(runner.run_due()).await.unwrap();
    }

    /// Sends a form from the page at `path`, with its fields beside the session's secret.
    pub(in crate::web::tests) async fn send_form(
        &self,
        page: &str,
        to: &str,
        cookie: &str,
        fields: &str,
    ) -> Got {
        let shown = self.get(page, cookie).await;
        let (csrf, seen) = (csrf(&shown.body), region_mark(&shown.body));
        self.post(to, cookie, &format!("csrf={csrf}&seen={seen}&{fields}")).await
    }

    pub(in crate::web::tests) async fn invite(&self, cookie: &str, fields: &str) -> String {
        let got = self.send_form("/app/people", "/app/people", cookie, fields).await;
        assert_eq!(got.status, StatusCode::OK, "{}", got.body);
        let mails = self.mails().await;
        mails.into_iter().find(|mail| mail.path.starts_with("/join/")).expect("a mail").path
    }

    pub(in crate::web::tests) async fn new_account(&self, email: &str) -> String {
        let fields = format!("name=Ana&organisation=Oak&email={}", email.replace('@', "%40"));
        assert_eq!(self.post("/sign-up", "", &fields).await.status, StatusCode::OK);
        let path = self.mails().await.into_iter().find(|mail| mail.to.contains(email)).expect("a mail").path;
        let opened = self.post(&path, "", "password=another+horse+battery").await;
        assert_eq!(opened.status, StatusCode::SEE_OTHER, "{}", opened.body);
        opened.cookie()
    }

    /// Somebody who is new here comes in by an invitation; their cookie.
    pub(in crate::web::tests) async fn join(&self, path: &str, name: &str) -> String {
        let joined =
            self.post(path, "", &format!("name={name}&password={}", PASSWORD.replace(' ', "+"))).await;
        assert_eq!(joined.status, StatusCode::SEE_OTHER, "{}", joined.body);
        joined.cookie()
    }
}

fn read_mail(text: &str) -> SentMail {
    let header = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.trim().to_owned()
    };
    // Quoted-printable text: a line that is too long continues behind its equals sign.
    let plain = text.replace("=\r\n", "");
    let path = plain.split("https://relay.example").nth(1).unwrap_or_default();
    let path = path.split_whitespace().next().unwrap_or_default().replace("=3D", "=");
    SentMail { to: header("To:"), subject: header("Subject:"), path }
}

/// How a page shows the first region on it; empty where it shows none.
pub(in crate::web::tests) fn region_mark(page: &str) -> &str {
    page.split("name=\"seen\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default()
}

/// Every way in once, for a database of either kind: what each leads to, the tests below look at.
pub(in crate::web::tests) async fn walk_ways(world: &World) {
    let cookie = world.sign_in(&world.a.email).await;
    world.send_form("/app/regions", "/app/regions", &cookie, "name=North").await;
    let page = world.get("/app/regions", &cookie).await.body;
    let region = page.split("action=\"/app/regions/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let fields = format!("act=save&name=North&places.{}=none", world.a.sites[0].id);
    let saved = world.send_form("/app/regions", &format!("/app/regions/{region}"), &cookie, &fields).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
    let fields = format!("email=tom%40linden.example&role=facility_admin&places={region}");
    let path = world.invite(&cookie, &fields).await;
    let theirs = world.join(&path, "Tom").await;
    let seen = world.get(&format!("/app/f/{}", world.a.sites[0].id), &theirs).await.status;
    let unseen = world.get(&format!("/app/f/{}", world.a.sites[1].id), &theirs).await.status;
    assert_eq!((seen, unseen), (StatusCode::OK, StatusCode::NOT_FOUND));
    let fields = format!("email={}&role=auditor&all=on", world.b.email.replace('@', "%40"));
    let path = world.invite(&cookie, &fields).await;
    let other = world.sign_in(&world.b.email).await;
    assert_eq!(world.send_form(&path, &path, &other, "").await.status, StatusCode::SEE_OTHER);
    world.post("/sign-up", "", "name=Ana&organisation=Oak&email=ana%40oak.example").await;
    for request in ["", "email=tom%40linden.example&act=link", "email=tom%40linden.example&act=reset"] {
        if !request.is_empty() {
            assert_eq!(world.post("/forgot", "", request).await.status, StatusCode::OK);
        }
        let used = ["/sign-up/", "/sign-in/", "/reset/"];
        for mail in world.mails().await {
            if used.iter().any(|path| mail.path.starts_with(path)) {
                let used = world.post(&mail.path, "", "password=another+horse+battery").await;
                assert_eq!(used.status, StatusCode::SEE_OTHER, "{}: {}", mail.subject, used.body);
            }
        }
    }
    let fields = format!("present={}&password=another+horse+battery", PASSWORD.replace(' ', "+"));
    let changed = world.send_form("/app/me", "/app/me/password", &cookie, &fields).await;
    assert_eq!(changed.status, StatusCode::SEE_OTHER, "{}", changed.body);
    let person = format!("/app/people/{}", world.a.user_id);
    for (path, fields) in [
        (format!("{person}/terms"), "role=account_admin&all=on"),
        (person.clone(), "act=disable"),
        (person.clone(), "act=enable"),
        (person, "act=hand-over"),
        (format!("/app/regions/{region}"), "act=delete"),
    ] {
        let page = match path.strip_suffix("/terms") {
            Some(person) => person,
            None if path.starts_with("/app/regions") => "/app/regions",
            None => "/app/me",
        };
        let done = world.send_form(page, &path, &cookie, fields).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{path} {fields}: {}", done.body);
    }
}
