//! The suite `billing`: a relay that takes money, against what stands in for Stripe, and its client against what others wrote.

mod foreign;

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::Command;

use harness::stripe::{FakeStripe, StripeFault, WebhookTarget, send_message};
use harness::world::{World, until};
use serde_json::{Value, json};

const SECRET: &str = "whsec_0123456789abcdef0123456789abcdef";

fn demo() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_demo"))
}

/// A box, its relay, and the service that the relay takes money by.
struct PaidWorld {
    world: World,
    stripe: FakeStripe,
    target: WebhookTarget,
}

impl PaidWorld {
    async fn start() -> Self {
        let mut world = World::claimed(demo()).await;
        let stripe = FakeStripe::start(0).await.unwrap();
        let folder = world.relay.data().to_owned();
        let secret = |name: &str, text: &str| {
            let file = folder.join(name);
            let mut open = std::fs::OpenOptions::new();
            let mut open = open.write(true).create(true).mode(0o600).open(&file).unwrap();
            open.write_all(text.as_bytes()).unwrap();
            file
        };
        world.relay.add_settings(&format!(
            "billing.key_file = {:?}\nbilling.webhook_secret_file = {:?}\nbilling.url = {:?}\nmail.send = {:?}\n",
            secret("stripe-key", "sk_test_of_a_suite"),
            secret("stripe-secret", SECRET),
            stripe.url(),
            format!("folder:{}", folder.join("mails").display())
        ));
        world.relay.stop().await;
        world.relay.start().await;
        let target = WebhookTarget {
            url: world.relay.https("/billing/webhooks/stripe/"),
            secret: SECRET.to_owned(),
            client: world.relay.client(),
        };
        Self { world, stripe, target }
    }

    async fn page(&self, cookie: &str) -> String {
        self.world.relay.page("/app/billing", cookie).await.text().await.unwrap()
    }

    async fn submit(&self, cookie: &str, path: &str, fields: &[(&str, &str)]) -> String {
        let page = self.page(cookie).await;
        let (_, rest) = page.split_once("name=\"csrf\" value=\"").unwrap();
        let csrf = rest.split('"').next().unwrap();
        let fields: Vec<(&str, &str)> = fields.iter().copied().chain([("csrf", csrf)]).collect();
        let url = self.world.relay.https(path);
        let origin = self.world.relay.https("");
        let request =
            self.target.client.post(url).header("cookie", cookie).header("origin", origin).form(&fields);
        request.send().await.unwrap().text().await.unwrap()
    }

    /// What the page shows once it shows this.
    async fn shows(&self, cookie: &str, words: &str) -> String {
        let page =
            until(words, async || Some(self.page(cookie).await).filter(|page| page.contains(words))).await;
        match page {
            Some(page) => page,
            None => panic!("{words}: {}\n{}", self.page(cookie).await, self.world.relay.log()),
        }
    }

    fn mails(&self) -> String {
        let files = std::fs::read_dir(self.world.relay.data().join("mails")).unwrap();
        files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect()
    }
}

fn link_to(page: &str, address: &str) -> String {
    let at = page.find(&format!("href=\"{address}")).unwrap_or_else(|| panic!("{address}: {page}"));
    page[at + 6..].split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&")
}

/// A person without a browser, on pages that stand in for Stripe's.
async fn press(address: &str, fields: &[(&str, &str)]) {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let answer = client.post(address).form(fields).send().await.unwrap();
    assert!(answer.status().is_redirection(), "{address}: {}", answer.status());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_subscribes_fails_to_pay_pays_and_leaves() {
    let paid = PaidWorld::start().await;
    let delivery = paid.stripe.deliver(paid.target.clone());
    let cookie = paid.world.relay.sign_in().await;
    assert!(paid.page(&cookie).await.contains("Trial"));
    // The customer is made, and no answer comes: there is one, not two.
    paid.stripe.fail_next([Some(StripeFault::TooMany)]);
    assert!(paid.submit(&cookie, "/app/billing/subscribe", &PRO).await.contains("did not take it now"));
    paid.stripe.fail_next([None, None, None, Some(StripeFault::CutAfterAct)]);
    for _ in 0..2 {
        paid.submit(&cookie, "/app/billing/subscribe", &PRO).await;
    }
    let led = paid.submit(&cookie, "/app/billing/subscribe", &PRO).await;
    assert_eq!(paid.stripe.count_customers(), 1);
    press(&link_to(&led, &format!("{}/checkout/", paid.stripe.url())), &[]).await;
    paid.shows(&cookie, "Change the plan").await;
    paid.submit(&cookie, "/app/billing/subscribe", &[("plan", "enterprise")]).await;
    paid.shows(&cookie, "$300.00").await;
    let portal = paid.submit(&cookie, "/app/billing/portal", &[("act", "open")]).await;
    let portal = link_to(&portal, &format!("{}/portal/", paid.stripe.url()));
    press(&portal, &[("act", "fail"), ("back", "x")]).await;
    let page = paid.shows(&cookie, "Past due").await;
    assert!(page.contains("CT-"), "its invoice: {page}");
    press(&portal, &[("act", "pay"), ("back", "x")]).await;
    paid.shows(&cookie, "Active").await;
    press(&portal, &[("act", "end"), ("back", "x")]).await;
    paid.shows(&cookie, "Subscribe to a plan").await;
    let posted = until("mails", async || {
        let mails = paid.mails();
        [
            "A payment for Test Account failed",
            "Payment for Test Account received",
            "The subscription of Test Account ends",
        ]
        .iter()
        .all(|subject| mails.contains(subject))
        .then_some(())
    });
    assert!(posted.await.is_some(), "{}", paid.mails());
    delivery.abort();
}

const PRO: [(&str, &str); 2] = [("plan", "pro"), ("currency", "usd")];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recording_goes_on_whatever_becomes_of_stripe() {
    let mut paid = PaidWorld::start().await;
    let phone = paid.world.phone("Maria Alvarez");
    let mut from = 0;
    for fault in [StripeFault::Silence, StripeFault::ServerError, StripeFault::Text, StripeFault::TooMany] {
        paid.stripe.fail_always(Some(fault));
        let asked = paid.stripe.count_questions();
        assert!(send_message(&paid.target, &about_customer(from)).await, "it is kept: {fault:?}");
        let is_asked =
            until("Stripe is asked", async || (paid.stripe.count_questions() > asked).then_some(()));
        assert!(is_asked.await.is_some(), "{fault:?}: {}", paid.world.relay.log());
        phone.record_all(from..from + 2).await;
        phone.record_with_photo(from + 2, photo()).await;
        from += 3;
        paid.world.check().await;
    }
    // Long unpaid: nothing is added, and its box records, is answered and renewed.
    let owes = "INSERT INTO billing (account, trial_end_ms, status, over_ms) SELECT account, 1, 'canceled', 1 FROM accounts";
    let program =
        "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute(sys.argv[2]); db.commit()";
    let database = paid.world.relay.data().join("relay.db");
    let changed = Command::new("python3").args(["-c", program]).arg(database).arg(owes).status().unwrap();
    assert!(changed.success());
    let cookie = paid.world.relay.sign_in().await;
    paid.shows(&cookie, "Read only").await;
    for _ in 0..2 {
        phone.record_all(from..from + 2).await;
        from += 2;
        paid.world.check().await;
        paid.world.r#box.stop().await;
        paid.world.r#box.start().await;
    }
}

fn about_customer(n: usize) -> Value {
    json!({
        "id": format!("evt_{n}"), "object": "event", "type": "customer.subscription.updated", "created": 1, "livemode": false,
        "data": { "object": { "id": "sub_1", "object": "subscription", "customer": format!("cus_{n}") } },
    })
}

fn photo() -> Vec<u8> {
    let mut jpeg = Vec::new();
    let image = image::RgbImage::from_pixel(64, 48, image::Rgb([90, 30, 90]));
    image.write_with_encoder(image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 90)).unwrap();
    jpeg
}
