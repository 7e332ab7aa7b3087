//! What mails look like, and the words that an account puts into them.

use axum::http::StatusCode;

use crate::db::PlatformReason;
use crate::mail::preview::list_kinds;
use crate::mail::{FirstStep, MailLetter};
use crate::web::tests::world::{World, csrf, mail_transport};

const PATH: &str = "/app/mails/onboarding-3";

#[tokio::test]
async fn every_kind_is_shown_in_every_language() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let list = world.get("/app/mails", &cookie).await.body;
    for kind in list_kinds() {
        assert!(list.contains(&format!("href=\"/app/mails/{}\"", kind.word)), "{}", kind.word);
        for (form, locale) in (0..kind.forms).flat_map(|form| [(form, "en-US"), (form, "es-MX")]) {
            let path = format!("/app/mails/{}/document?locale={locale}&form={form}&scheme=dark", kind.word);
            let shown = world.get(&path, &cookie).await;
            assert_eq!(shown.status, StatusCode::OK, "{path}");
            assert!(shown.body.contains(&format!("lang=\"{locale}\"")), "{path}");
            assert!(shown.body.contains("color-scheme:dark"), "{path}");
        }
    }
    let shown = world.get(&format!("{PATH}/document"), &cookie).await;
    let policy = shown.header("content-security-policy");
    assert!(policy.contains("sandbox") && policy.contains("frame-ancestors 'self'"), "{policy}");
    assert!(!policy.contains("script"), "{policy}");
    let page = world.get(PATH, &cookie).await;
    assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
    assert!(
        page.body.contains("width=\"360\"") && page.body.contains("Nothing was recorded"),
        "{}",
        page.body
    );
    for wrong in
        ["/app/mails/nothing", "/app/mails/nothing/document", "/app/mails/onboarding-3/document?form=9"]
    {
        assert_eq!(world.get(wrong, &cookie).await.status, StatusCode::NOT_FOUND, "{wrong}");
    }
    let auditor = world.sign_in(&world.a.auditor).await;
    assert_eq!(world.get("/app/mails", &auditor).await.status, StatusCode::FORBIDDEN);
}

impl World {
    /// Sends words of A for the third day's mail; the status and the answer.
    async fn send_words(&self, to: &str, fields: &str) -> (StatusCode, String) {
        let cookie = self.sign_in(&self.a.email).await;
        let page = self.get(PATH, &cookie).await.body;
        let sent = self.post(to, &cookie, &format!("csrf={}&{fields}", csrf(&page))).await;
        (sent.status, sent.body)
    }

    /// The mail of the third day as it leaves for the admin of an account.
    async fn send_third_day(&self) -> String {
        self.clock.advance_ms(1);
        let letter =
            MailLetter::onboarding(FirstStep::Record, "Linden", "https://relay.example/app".to_owned());
        let mut tx = self.db.platform_write(PlatformReason::Work).await.unwrap();
        self.state.mail.post(&mut tx, Some(self.a.scope), &self.a.email, &letter).await.unwrap();
        tx.commit().await.unwrap();
        self.run_jobs(mail_transport(self.dir.path())).await;
        let files = std::fs::read_dir(self.dir.path().join("mails")).unwrap();
        std::fs::read_to_string(files.map(|file| file.unwrap().path()).max().unwrap()).unwrap()
    }
}

#[tokio::test]
async fn an_account_puts_words_of_its_own_around_ours() {
    let world = World::new().await;
    let words = "subject=News+of+{account}&intro=Dear+<b>colleagues</b>,%0D%0Ahello.&closing=Call+4711.";
    let (status, shown) = world.send_words(&format!("{PATH}/document"), words).await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        shown.contains("Dear &#60;b&#62;colleagues&#60;/b&#62;,</p>") && shown.contains("Call 4711."),
        "{shown}"
    );
    assert_eq!(world.count("SELECT COUNT(*) FROM mail_words").await, 0, "a look keeps nothing");
    assert!(!world.send_third_day().await.contains("4711"));

    assert_eq!(world.send_words(PATH, words).await.0, StatusCode::SEE_OTHER);
    let mail = world.send_third_day().await;
    assert!(mail.contains("Subject: News of Linden\r\n") && mail.contains("Call 4711."), "{mail}");
    let spanish = world.send_words(&format!("{PATH}?locale=es-MX"), "subject=Noticias").await.0;
    assert_eq!(spanish, StatusCode::SEE_OTHER);
    assert!(world.send_third_day().await.contains("News of Linden"), "each language has its own");
    assert_eq!(world.send_words(PATH, "subject=").await.0, StatusCode::SEE_OTHER);
    assert!(world.send_third_day().await.contains("Next step"), "an empty one is ours again");
}

#[tokio::test]
async fn words_that_cannot_stand_there_are_refused_and_kept_in_the_form() {
    let world = World::new().await;
    let long = "x".repeat(1_001);
    for (fields, says) in [
        ("intro=Your+{password}", "stands for nothing in this mail"),
        ("subject=One%0ATwo", "A subject is one line"),
        (&format!("closing={long}"), "1,000 characters"),
    ] {
        let (status, body) = world.send_words(PATH, fields).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{fields}");
        assert!(body.contains(says), "{fields}: {body}");
    }
    assert_eq!(world.count("SELECT COUNT(*) FROM mail_words").await, 0);
    // What somebody must know of their access is in our words alone.
    let cookie = world.sign_in(&world.a.email).await;
    assert!(!world.get("/app/mails/new-device", &cookie).await.body.contains("<textarea"));
    let (status, _) = world.send_words("/app/mails/new-device", "intro=x").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(world.post(PATH, &cookie, "intro=x").await.status, StatusCode::FORBIDDEN);
}
