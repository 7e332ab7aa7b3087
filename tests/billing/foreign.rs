//! The client of Stripe, against what others wrote to stand in for it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use billing::{BillingError, BillingService, NewCustomer, StripeAccess, StripeClient, StripeEvent};
use harness::world::{TIME_LIMIT, own_port, provide_cryptography, until};
use service::signature::{SignatureClaim, SignatureScheme, SigningSecret};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// A program that ends with its test.
struct Foreign {
    process: Child,
    url: String,
}

impl Drop for Foreign {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn own_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("billing").join(name)
}

impl Foreign {
    async fn start(mut command: Command, port: u16) -> Self {
        provide_cryptography();
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let this = Self { process, url: format!("http://127.0.0.1:{port}") };
        let answers = until("it listens", async || {
            tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok().map(drop)
        });
        assert!(answers.await.is_some(), "{command:?} listens on no port {port}");
        this
    }

    async fn localstripe() -> Self {
        let port = own_port();
        let mut command = Command::new(harness::tools::python());
        command.arg(own_file("start_localstripe.py")).arg(port.to_string());
        Self::start(command, port).await
    }

    async fn stateful_mock() -> Self {
        let port = own_port();
        let package = harness::tools::installed().join("node_modules").join("stripe-stateful-mock");
        let mut command = Command::new("node");
        command
            .arg(own_file("start_stateful_mock.js"))
            .arg(package)
            .arg(port.to_string())
            .env("LOG_LEVEL", "silent");
        Self::start(command, port).await
    }

    fn client(&self) -> StripeClient {
        let key = "sk_test_of_a_suite".to_owned();
        StripeClient::open(&StripeAccess { key, url: Some(self.url.clone()) }).unwrap()
    }

    /// As whoever runs the account does it in the dashboard.
    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> serde_json::Value {
        let request = reqwest::Client::builder()
            .build()
            .unwrap()
            .post(format!("{}{path}", self.url))
            .bearer_auth("sk_test_of_a_suite");
        let answer = request.form(fields).send().await.unwrap();
        let (status, body) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {body}");
        serde_json::from_str(&body).unwrap_or_default()
    }
}

fn linden(name: &str) -> NewCustomer {
    NewCustomer {
        account: "01KC9V00000000000000000001".to_owned(),
        account_name: name.to_owned(),
        email: "pay@linden.example".to_owned(),
    }
}

#[tokio::test]
async fn the_same_key_is_the_same_act() {
    let mock = Foreign::stateful_mock().await;
    let client = mock.client();
    let made = client.create_customer(&linden("Linden"), "customer-1").await.unwrap();
    let again = client.create_customer(&linden("Linden"), "customer-1").await.unwrap();
    assert_eq!(
        (made.id.as_str(), made.account.as_deref()),
        (again.id.as_str(), Some("01KC9V00000000000000000001"))
    );
    let other = client.create_customer(&linden("Linden"), "customer-2").await.unwrap();
    assert_ne!(made.id, other.id);
    let refused = client.create_customer(&linden("Alder"), "customer-1").await.unwrap_err();
    let BillingError::Final { status, code, .. } = refused else { panic!("{refused:?}") };
    assert_eq!((status, code.as_str()), (400, "idempotency_error"));
    assert_eq!(client.fetch_customer(&made.id).await.unwrap(), Some(made));
    assert_eq!(client.fetch_customer("cus_of_nobody").await.unwrap(), None);
}

type Heard = (HeaderMap, Bytes);

async fn hear_messages() -> (String, mpsc::UnboundedReceiver<Heard>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let hear = async |State(sender): State<mpsc::UnboundedSender<Heard>>, headers: HeaderMap, body: Bytes| {
        let _ = sender.send((headers, body));
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let app = Router::new().fallback(hear).with_state(sender);
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, receiver)
}

#[tokio::test]
async fn what_a_subscription_is_in_the_shape_of_2017_is_read() {
    let stripe = Foreign::localstripe().await;
    let (url, mut heard) = hear_messages().await;
    stripe.post("/_config/webhooks/suite", &[("url", &url), ("secret", "whsec_of_a_suite")]).await;
    let client = stripe.client();
    let made = client.create_customer(&linden("Linden"), "customer-1").await.unwrap();
    let card = stripe.post("/v1/payment_methods", &CARD).await;
    let card = card["id"].as_str().unwrap();
    stripe.post(&format!("/v1/payment_methods/{card}/attach"), &[("customer", &made.id)]).await;
    let settings = [("invoice_settings[default_payment_method]", card)];
    stripe.post(&format!("/v1/customers/{}", made.id), &settings).await;
    stripe.post("/v1/plans", &PLAN).await;
    let subscribed = [("customer", made.id.as_str()), ("items[0][plan]", "pro")];
    let subscribed = stripe.post("/v1/subscriptions", &subscribed).await;

    let found = client.list_subscriptions_of(&made.id).await.unwrap();
    let [found] = &found[..] else { panic!("{found:?}") };
    // What it costs stands in its price since 2019: before there is none, and no plan of the settings, which limits nothing.
    assert_eq!((found.status.as_str(), found.month, found.lookup_key.as_deref()), ("active", 0, None));
    assert_eq!(found.period_end_s, subscribed["current_period_end"].as_i64(), "where it stood until 2025");
    let invoices = client.list_invoices_of(&made.id).await.unwrap();
    let [invoice] = &invoices[..] else { panic!("{invoices:?}") };
    assert_eq!((invoice.status.as_str(), invoice.total), ("paid", 20_000));

    let secret = SigningSecret::of_bytes(b"whsec_of_a_suite".to_vec());
    let mut words = Vec::new();
    while !words.contains(&"customer.subscription.created".to_owned()) {
        let next = tokio::time::timeout(TIME_LIMIT, heard.recv()).await;
        let (headers, body) = next.unwrap_or_else(|_| panic!("no more messages behind {words:?}")).unwrap();
        let event = StripeEvent::read(&body).unwrap();
        let claim =
            SignatureClaim::read(SignatureScheme::Stripe, &headers, event.created_s.unwrap()).unwrap();
        claim.verify(std::slice::from_ref(&secret), &body).unwrap();
        let is_about = event.customer.as_deref() == Some(made.id.as_str());
        assert!(is_about || ["product.created", "plan.created"].contains(&event.word.as_str()), "{event:?}");
        words.push(event.word);
    }
    assert!(words.contains(&"customer.created".to_owned()), "{words:?}");
}

const CARD: [(&str, &str); 5] = [
    ("type", "card"),
    ("card[number]", "4242424242424242"),
    ("card[exp_month]", "12"),
    ("card[exp_year]", "2031"),
    ("card[cvc]", "123"),
];
const PLAN: [(&str, &str); 5] = [
    ("id", "pro"),
    ("amount", "20000"),
    ("currency", "usd"),
    ("interval", "month"),
    ("product[name]", "Pro"),
];
