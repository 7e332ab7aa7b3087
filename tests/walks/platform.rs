//! Whoever runs the platform: work that was given up, a customer who lets them look, a customer whom nobody reaches, and a relay that is lost
//! and comes back.

use std::path::{Path, PathBuf};

use harness::demo::output::RelayOutput;
use harness::process::Program;
use harness::world::until;
use serde_json::Value;

use super::acts::{add_authenticator, change_relay, enter_password, sign_in_relay, type_into};
use super::browser::demo::Demo;
use super::browser::{Browser, Kind, TIME_LIMIT};
use super::customer::{ORGANIZATION, PASSWORD, heading_is, hides};
use super::end;
use super::mailbox::Mailbox;
use super::pictures::{keep_page, put_into_docs};

const OPERATOR: (&str, &str) = ("noor.haddad@relay.example", "Noor Haddad");
const PASSPHRASE: &str = "rain falls mainly on the plain";

struct Operator {
    dir: PathBuf,
}

impl Operator {
    async fn order(&self, args: &[&str], input: &str) -> Value {
        let config = self.dir.join("relay.toml").to_string_lossy().into_owned();
        let all: Vec<&str> = ["relay", "--config", &config].into_iter().chain(args.iter().copied()).collect();
        let done = Program::new(env!("CARGO_BIN_EXE_demo"), &all).run(&format!("{input}\n")).await;
        let done = done.expect("the relay's program runs");
        let message = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(done.status.success(), "{args:?}: {message}{}", String::from_utf8_lossy(&done.stderr));
        serde_json::from_str(&message).unwrap_or_default()
    }

    fn data(&self) -> PathBuf {
        self.dir.join("relay")
    }
}

pub(crate) async fn run_platform() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = Demo::start_in(folder.path(), &[]);
    let operator = Operator { dir: demo.output.dir.clone() };
    let relay = demo.output.relay.clone().expect("a relay");
    let desk = come_in(&operator, &relay).await;
    retry_dead_letter(&operator, &relay, &desk).await;
    let customer = Browser::open(Kind::Desk, true).await;
    sign_in_relay(&customer, &relay).await;
    use_support_grant(&relay, &desk, &customer).await;
    break_glass(&operator, &relay, &desk, &customer).await;
    end([desk, customer]).await;
    lose_and_restore(&operator, demo, folder.path()).await;
}

async fn come_in(operator: &Operator, relay: &RelayOutput) -> Browser {
    let account = operator.order(&["account", "create", "--name", "Relay operators"], "").await;
    let account = account["account"].as_str().expect("its id");
    let (email, name) = OPERATOR;
    let create = ["admin", "create", "--account", account, "--email", email, "--name", name];
    operator.order(&[&create[..], &["--role", "super_admin"]].concat(), PASSWORD).await;
    let desk = Browser::open(Kind::Desk, true).await;
    add_authenticator(&desk).await;
    desk.goto(&format!("{}/login", relay.https)).await;
    enter_password(&desk, email, PASSWORD).await;
    desk.until("location.pathname.startsWith('/app')", TIME_LIMIT).await;
    desk.goto(&format!("{}/app/platform", relay.https)).await;
    heading_is(&desk, "Set up an authenticator app").await;
    keep_page(&desk, "platform-01-needs-factor").await;
    desk.goto(&format!("{}/app/me", relay.https)).await;
    desk.press("#passkeys button").await;
    desk.shows("What you call it").await;
    desk.press("[data-use]").await;
    desk.shows("Your recovery codes").await;
    desk.goto(&format!("{}/app/me", relay.https)).await;
    let platform = desk.link("main", "All accounts").await;
    desk.goto(&platform).await;
    heading_is(&desk, "Platform").await;
    desk.shows("No work was given up.").await;
    desk
}

/// A mail whose retries are used up leaves when somebody retries it.
async fn retry_dead_letter(operator: &Operator, relay: &RelayOutput, desk: &Browser) {
    let mails = Mailbox { folder: operator.data().join("mails") };
    let _ = std::fs::remove_dir_all(&mails.folder);
    std::fs::write(&mails.folder, "in the way").expect("a file in the way");
    let guest = Browser::open(Kind::Desk, true).await;
    guest.goto(&format!("{}/forgot", relay.https)).await;
    type_into(&guest, "#email", &relay.login.email).await;
    guest.press(".go").await;
    heading_is(&guest, "Look into your mail").await;
    end([guest]).await;
    // Its tries take hours. A mail about the new passkey may be before it, and is tried again by itself.
    let bury = "UPDATE jobs SET state = 'dead', tries = 8 WHERE job = (SELECT MAX(job) FROM jobs WHERE kind = 'mail') \
                AND error IS NOT NULL AND lease_by IS NULL";
    let died =
        until("the mail fails", async || (change_relay(&operator.data(), bury).await > 0).then_some(()));
    assert!(died.await.is_some(), "the mail left all the same");
    desk.client.refresh().await.expect("the page again");
    desk.shows("given up").await;
    desk.shows("8 tries").await;
    keep_page(desk, "platform-02-dead-letter").await;
    std::fs::remove_file(&mails.folder).expect("nothing is in the way");
    desk.press("#dead button").await;
    desk.shows("It waits to be tried again.").await;
    desk.shows("No work was given up.").await;
    keep_page(desk, "platform-03-retried").await;
    mails.link(&relay.login.email, "/sign-in/").await;
    put_into_docs(desk, "platform.png", Kind::Desk).await;
}

async fn use_support_grant(relay: &RelayOutput, desk: &Browser, customer: &Browser) {
    customer.goto(&format!("{}/app/people", relay.https)).await;
    let support = customer.link("main", "Support access").await;
    customer.goto(&support).await;
    keep_page(customer, "platform-04-support-closed").await;
    type_into(customer, "#reason", "Rates of Ward 4B look too low").await;
    customer.press("#new .go").await;
    customer.shows("nobody has looked").await;
    keep_page(customer, "platform-05-support-open").await;
    open_account(relay, desk).await;
    desk.shows("It is open to you until").await;
    keep_page(desk, "platform-06-account-open").await;
    look_around(desk).await;
    customer.goto(&support).await;
    customer.shows("looked at since").await;
    hides(customer, "UTC UTC").await;
    keep_page(customer, "platform-08-support-used").await;
    customer.press("#open .stop").await;
    customer.shows("ended by").await;
    customer.goto(&format!("{}/app/access", relay.https)).await;
    customer.shows(OPERATOR.0).await;
    keep_page(customer, "platform-09-access-log").await;
}

async fn open_account(relay: &RelayOutput, desk: &Browser) {
    desk.goto(&format!("{}/app/platform", relay.https)).await;
    let account = desk.link("#accounts", ORGANIZATION).await;
    desk.goto(&account).await;
    heading_is(desk, &format!("Open {ORGANIZATION}")).await;
}

async fn look_around(desk: &Browser) {
    desk.press("#open .go").await;
    desk.shows("as support, until").await;
    let facility = desk.link("#sites th", "Linden Lakes Medical Center").await;
    desk.goto(&facility).await;
    heading_is(desk, "Linden Lakes Medical Center").await;
    desk.shows("You change nothing").await;
    keep_page(desk, "platform-07-as-support").await;
    desk.press("form[action='/app/leave'] button").await;
    desk.until("!document.body.innerText.includes('as support, until')", TIME_LIMIT).await;
}

/// Without an admin: they learn of it at once.
async fn break_glass(operator: &Operator, relay: &RelayOutput, desk: &Browser, customer: &Browser) {
    open_account(relay, desk).await;
    desk.shows("No admin of the account opened it.").await;
    type_into(desk, "#reason", "Their admin is away and a box is offline").await;
    keep_page(desk, "platform-10-glass").await;
    desk.press("#glass .stop").await;
    desk.shows("as support, until").await;
    let mails = Mailbox { folder: operator.data().join("mails") };
    mails.subject(&relay.login.email, "Your CleanTrack account was opened by the platform").await;
    customer.goto(&format!("{}/app/support", relay.https)).await;
    customer.shows("of the platform opened it without an admin").await;
    customer.shows("Their admin is away and a box is offline").await;
    keep_page(customer, "platform-11-broken").await;
    customer.press("#open .stop").await;
    customer.shows("Your account is not open to anybody of the platform.").await;
    desk.client.refresh().await.expect("the page again");
    desk.shows("an admin ended it").await;
    keep_page(desk, "platform-12-ended").await;
}

/// By the command line; whoever had a password before signs in with it.
async fn lose_and_restore(operator: &Operator, demo: Demo, folder: &Path) {
    let absent = tempfile::tempdir().expect("a folder");
    let path = |name: &str| absent.path().join(name).to_string_lossy().into_owned();
    let (backup, keys) = (path("backup"), path("keys.age"));
    operator.order(&["backup", "make", &backup], "").await;
    operator.order(&["keys", "export", &keys], PASSPHRASE).await;
    drop(demo);
    std::fs::remove_dir_all(operator.data()).expect("the relay is lost");
    operator.order(&["backup", "restore", &backup], "").await;
    operator.order(&["keys", "import", &keys], PASSPHRASE).await;
    let demo = Demo::start_in(folder, &[]);
    let relay = demo.output.relay.as_ref().expect("a relay");
    let desk = Browser::open(Kind::Desk, true).await;
    sign_in_relay(&desk, relay).await;
    heading_is(&desk, ORGANIZATION).await;
    put_into_docs(&desk, "dashboard.png", Kind::Desk).await;
    let page = desk.link("#sites th", "Linden Valley Hospital").await;
    desk.goto(&page).await;
    heading_is(&desk, "Linden Valley Hospital").await;
    desk.goto(&format!("{}/app/boxes", relay.https)).await;
    keep_page(&desk, "platform-13-boxes").await;
    let r#box = desk.link("#boxes tbody", "Linden Valley Hospital").await;
    desk.goto(&r#box).await;
    desk.shows("Retire this box").await;
    keep_page(&desk, "platform-14-box").await;
    put_into_docs(&desk, "box.png", Kind::Desk).await;
    end([desk]).await;
}
