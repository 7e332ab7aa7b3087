//! Mails that people can do without: switched off by them, stopped by a link, and never too many.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use record::ids::UserId;

use crate::accounts::UserRole;
use crate::accounts::members::people::NewMember;
use crate::db::PlatformReason;
use crate::mail::{FirstStep, MailLetter};
use crate::web::tests::world::{DAY_MS, Got, NOW_MS, World, csrf, mail_transport};

fn letter() -> MailLetter {
    MailLetter::onboarding(FirstStep::Record, "Linden", "https://relay.example/app".to_owned())
}

impl World {
    /// Posts a mail of A to its admin and lets it leave, or not; how the newest stands then.
    async fn mail_admin(&self, letter: &MailLetter) -> String {
        self.clock.advance_ms(1);
        let mut tx = self.db.platform_write(PlatformReason::Work).await.unwrap();
        self.state.mail.post(&mut tx, Some(self.a.scope), &self.a.email, letter).await.unwrap();
        tx.commit().await.unwrap();
        self.run_jobs(mail_transport(self.dir.path())).await;
        let mut conn = self.db.platform_read(PlatformReason::Work).await.unwrap();
        let sql = "SELECT state FROM mails ORDER BY made_ms DESC LIMIT 1";
        crate::db::opt!(conn, (String,), sql).unwrap().unwrap().0
    }

    /// The file of the newest mail, with its head unfolded.
    fn newest_mail(&self) -> String {
        let files = std::fs::read_dir(self.dir.path().join("mails")).unwrap();
        let newest = files.map(|file| file.unwrap().path()).max().unwrap();
        std::fs::read_to_string(newest).unwrap().replace("\r\n ", " ")
    }

    fn exit_of_newest(&self) -> String {
        let mail = self.newest_mail();
        let line = mail.lines().find_map(|line| line.strip_prefix("List-Unsubscribe: ")).unwrap().to_owned();
        line.trim_matches(['<', '>']).strip_prefix("https://relay.example").unwrap().to_owned()
    }

    /// As the server of a mailbox sends it: no session, no secret of a form.
    async fn press_button(&self, path: &str, content_type: &str, body: &str) -> Got {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, content_type)
            .header("sec-fetch-site", "cross-site")
            .header(header::ORIGIN, "https://mail.example");
        self.ask(request.body(Body::from(body.to_owned())).unwrap()).await
    }
}

const URLENCODED: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn a_link_stops_its_topic_and_a_page_starts_it_again() {
    let world = World::new().await;
    assert_eq!(world.mail_admin(&letter()).await, "sent");
    assert!(world.newest_mail().contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
    let exit = world.exit_of_newest();
    assert!(world.newest_mail().replace("=\r\n", "").contains(&exit), "the mail shows it too");
    let page = world.get(&exit, "").await;
    assert!(page.status.is_success() && page.body.contains("“First steps” from Linden"), "{}", page.body);
    assert_eq!(world.mail_admin(&letter()).await, "sent", "a look stops nothing");
    for _ in 0..2 {
        let stopped = world.press_button(&exit, URLENCODED, "List-Unsubscribe=One-Click").await;
        assert_eq!(stopped.status, StatusCode::OK, "{}", stopped.body);
        assert!(stopped.body.contains("They are stopped"), "{}", stopped.body);
    }
    assert_eq!(world.mail_admin(&letter()).await, "declined");
    assert_eq!(world.count("SELECT COUNT(*) FROM mails WHERE state = 'declined' AND body = '{}'").await, 1);
    let needed = MailLetter::password_changed(1, "https://relay.example/".to_owned());
    assert_eq!(world.mail_admin(&needed).await, "sent", "what somebody must know comes");
    assert!(!world.newest_mail().contains("List-Unsubscribe"));

    let cookie = world.sign_in(&world.a.email).await;
    let page = world.get("/app/me/mails", &cookie).await.body;
    assert!(page.contains("name=\"topic.alerts\" value=\"on\" checked"), "{page}");
    assert!(page.contains("name=\"topic.onboarding\" value=\"on\"><"), "{page}");
    let form = format!("csrf={}&topic.onboarding=on", csrf(&page));
    assert_eq!(world.post("/app/me/mails", &cookie, &form).await.status, StatusCode::SEE_OTHER);
    assert_eq!(world.mail_admin(&letter()).await, "sent");
    let page = world.get("/app/me/mails", &cookie).await.body;
    assert!(!page.contains("name=\"topic.alerts\" value=\"on\" checked"), "{page}");
    assert_eq!(world.post("/app/me/mails", &cookie, "topic.alerts=on").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_mail_program_may_send_its_button_as_a_file_form() {
    let world = World::new().await;
    world.mail_admin(&letter()).await;
    let body =
        "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n";
    let exit = world.exit_of_newest();
    let stopped = world.press_button(&exit, "multipart/form-data; boundary=b", body).await;
    assert_eq!(stopped.status, StatusCode::OK, "{}", stopped.body);
    assert_eq!(world.mail_admin(&letter()).await, "declined");
}

#[tokio::test]
async fn what_is_no_link_stops_nothing_and_says_so() {
    let world = World::new().await;
    world.mail_admin(&letter()).await;
    let exit = world.exit_of_newest();
    let other = format!("/u/{}", "A".repeat(43));
    for wrong in [&exit[..exit.len() - 1], "/u/x", &other, "/u/%00"] {
        let page = world.press_button(wrong, URLENCODED, "List-Unsubscribe=One-Click").await;
        assert!(page.status == StatusCode::OK && page.body.contains("This link stops nothing"), "{wrong}");
        assert!(world.get(wrong, "").await.body.contains("This link stops nothing"), "{wrong}");
    }
    assert_eq!(world.count("SELECT COUNT(*) FROM mail_preferences").await, 0);
    assert_eq!(world.mail_admin(&letter()).await, "sent");
    let stranger = world.get("/app/me/mails", "").await;
    assert!(stranger.status.is_redirection(), "only who signs in starts them again: {}", stranger.status);
}

#[tokio::test]
async fn each_account_and_person_chooses_for_themselves() {
    let world = World::new().await;
    world.mail_admin(&letter()).await;
    let exit = world.exit_of_newest();
    // The same person in another account.
    let email = world.a.email.clone();
    let new = NewMember {
        id: UserId::new(NOW_MS, [9; 10]),
        email: &email,
        name: "Priya",
        verified_ms: Some(NOW_MS),
        role: UserRole::Auditor,
        password_hash: "of no use",
    };
    world.add_member(world.b.scope, &new).await;
    world.press_button(&exit, URLENCODED, "").await;
    assert_eq!(world.mail_admin(&letter()).await, "declined");
    let mut tx = world.db.platform_write(PlatformReason::Work).await.unwrap();
    world.state.mail.post(&mut tx, Some(world.b.scope), &email, &letter()).await.unwrap();
    world.state.mail.post(&mut tx, Some(world.a.scope), &world.a.auditor, &letter()).await.unwrap();
    tx.commit().await.unwrap();
    world.run_jobs(mail_transport(world.dir.path())).await;
    assert_eq!(world.count("SELECT COUNT(*) FROM mails WHERE state = 'sent'").await, 3);
}

#[tokio::test]
async fn nobody_gets_more_than_twenty_a_day_of_what_they_can_do_without() {
    let world = World::new().await;
    for n in 1..=20 {
        assert_eq!(world.mail_admin(&letter()).await, "sent", "{n}");
    }
    assert_eq!(world.mail_admin(&letter()).await, "capped");
    let needed = MailLetter::password_changed(1, "https://relay.example/".to_owned());
    assert_eq!(world.mail_admin(&needed).await, "sent");
    world.clock.advance_ms(DAY_MS);
    assert_eq!(world.mail_admin(&letter()).await, "sent");
    // Made at once, the first of them leave.
    let mut tx = world.db.platform_write(PlatformReason::Work).await.unwrap();
    for _ in 0..25 {
        world.state.mail.post(&mut tx, Some(world.a.scope), &world.a.email, &letter()).await.unwrap();
    }
    tx.commit().await.unwrap();
    world.run_jobs(mail_transport(world.dir.path())).await;
    assert_eq!(world.count("SELECT COUNT(*) FROM mails WHERE state = 'capped'").await, 1 + 6);
}
