//! What answers as Stripe does, on a port of this machine: customers, Checkout and the portal with pages that a person can press,
//! subscriptions, invoices, prices, meters, signed messages. It keeps idempotency keys, and fails as it is told.

mod api;
mod objects;
mod pages;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use serde_json::{Value, json};
use service::signature::{SignatureScheme, SigningSecret};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use self::objects::{FakeCustomer, FakeInvoice, FakeSession, FakeSubscription};

/// Newer than anything that reads its messages was made for.
pub const API_VERSION: &str = "2031-01-01.rose";
const SEND_WITHIN: Duration = Duration::from_secs(10);
/// How often a message is sent, a second between the tries.
const TRIES: u32 = 30;

/// How the next questions are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StripeFault {
    TooMany,
    ServerError,
    /// A page of a gateway in place of JSON.
    Text,
    /// No answer at all.
    Silence,
    /// The act is done, and the connection ends before its answer.
    CutAfterAct,
}

#[derive(Debug, Default)]
struct FakeState {
    address: String,
    count: u64,
    customers: BTreeMap<String, FakeCustomer>,
    sessions: BTreeMap<String, FakeSession>,
    subscriptions: BTreeMap<String, FakeSubscription>,
    invoices: BTreeMap<String, FakeInvoice>,
    /// What was asked under each key, and what it was answered.
    keys: BTreeMap<String, (String, Value)>,
    /// How the next questions are answered, and all behind them.
    faults: VecDeque<Option<StripeFault>>,
    lasting_fault: Option<StripeFault>,
    questions: usize,
    /// Customers whose next payment fails.
    failing: Vec<String>,
    /// Messages that are to be sent.
    outbox: VecDeque<Value>,
}

/// Where messages go.
#[derive(Debug, Clone)]
pub struct WebhookTarget {
    pub url: String,
    pub secret: String,
    pub client: reqwest::Client,
}

#[derive(Debug, Clone)]
pub struct FakeStripe {
    address: SocketAddr,
    state: Arc<Mutex<FakeState>>,
}

fn now_s() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_secs()).unwrap_or(i64::MAX)
}

impl FakeStripe {
    /// Answers at this port from now on; 0 takes a free one.
    pub async fn start(port: u16) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let address = listener.local_addr()?;
        let fake = Self { address, state: Arc::default() };
        fake.state().address = fake.url();
        let app =
            Router::new().merge(pages::page_routes()).fallback(api::answer_request).with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(fake)
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn state(&self) -> MutexGuard<'_, FakeState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers the next questions so, one each.
    pub fn fail_next(&self, faults: impl IntoIterator<Item = Option<StripeFault>>) {
        self.state().faults.extend(faults);
    }

    /// Answers all questions so.
    pub fn fail_always(&self, fault: Option<StripeFault>) {
        self.state().lasting_fault = fault;
    }

    /// How many questions came.
    pub fn count_questions(&self) -> usize {
        self.state().questions
    }

    pub fn count_customers(&self) -> usize {
        self.state().customers.len()
    }

    /// Sends messages as they come, one after the other; one that is not taken is sent again.
    pub fn deliver(&self, target: WebhookTarget) -> JoinHandle<()> {
        let fake = self.clone();
        tokio::spawn(async move {
            loop {
                let next = fake.state().outbox.pop_front();
                let Some(message) = next else {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                };
                for _ in 0..TRIES {
                    if send_message(&target, &message).await {
                        break;
                    }
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        })
    }
}

/// Sends one message, signed now; whether it was taken.
pub async fn send_message(target: &WebhookTarget, message: &Value) -> bool {
    let body = message.to_string();
    let secret = SigningSecret::of_bytes(target.secret.clone().into_bytes());
    let mut request = target.client.post(&target.url).timeout(SEND_WITHIN);
    for (name, value) in SignatureScheme::Stripe.sign(&[secret], "", now_s(), body.as_bytes()) {
        request = request.header(name, value);
    }
    let sent = request.header("content-type", "application/json").body(body).send().await;
    sent.is_ok_and(|answer| answer.status().is_success())
}

impl FakeState {
    fn next_id(&mut self, prefix: &str) -> String {
        self.count += 1;
        format!("{prefix}_{:08}", self.count)
    }

    /// Puts a message in, with members and words that nobody knows yet.
    fn put_message(&mut self, word: &str, object: Value) {
        let id = self.next_id("evt");
        let mut object = object;
        object["of_a_later_day"] = json!({ "word": "hibernating" });
        self.outbox.push_back(json!({
            "id": id, "object": "event", "type": word, "created": now_s(), "api_version": API_VERSION, "livemode": false,
            "pending_webhooks": 1, "request": { "id": null, "idempotency_key": null }, "data": { "object": object },
        }));
    }

    fn put_subscription_message(&mut self, word: &str, id: &str) {
        if let Some(object) = self.subscriptions.get(id).map(FakeSubscription::to_json) {
            self.put_message(word, object);
        }
    }
}
