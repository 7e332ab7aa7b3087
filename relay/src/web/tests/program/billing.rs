//! Billing: messages of Stripe, subscribing, what is fetched, what it stops, and that each mail goes once.

use std::sync::Arc;

use ::billing::{BilledCharge, BilledCustomer, BillingError, StripeEvent};
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Request, StatusCode};
use futures_util::future::join_all;
use service::clock::Clock;
use service::random::{RandomSource, SeededRandom};
use service::signature::{SignatureScheme, SigningSecret};

use crate::billing::BillingOffice;
use crate::billing::events::TakenEvent;
use crate::billing::state::BillingState;
use crate::billing::test_billing::{TestBilling, invoice, subscription};
use crate::db::billing::accounts::{BillingRow, adopt_customer, begin_trial, find_billing};
use crate::db::{PlatformReason, all, exec};
use crate::jobs::handlers::RelayHandlers;
use crate::jobs::queue::JobQueue;
use crate::jobs::runner::{JobRunner, RENEW_EVERY};
use crate::objects::NoteStore;
use crate::web::WebState;
use crate::web::tests::administration::platform;
use crate::web::tests::world::{
    DAY_MS, HOUR_MS, NOW_MS, STRIPE_SECRET, World, csrf, mail_transport, open_client,
};

const NOW_S: i64 = NOW_MS / 1_000;

pub(in crate::web::tests) fn sign_stripe(
    secret: &[u8],
    time_s: i64,
    body: &str,
) -> Vec<(HeaderName, HeaderValue)> {
    let secret = SigningSecret::of_bytes(secret.to_vec());
    let headers = SignatureScheme::Stripe.sign(&[secret], "", time_s, body.as_bytes());
    headers.into_iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
}

fn event(id: &str, word: &str, object: &str) -> String {
    format!(
        r#"{{"id":"{id}","object":"event","type":"{word}","created":{NOW_S},"livemode":false,"data":{{"object":{object}}}}}"#
    )
}

fn about_customer(id: &str, word: &str, customer: &str) -> String {
    event(id, word, &format!(r#"{{"id":"x_1","object":"x","customer":"{customer}"}}"#))
}

impl World {
    /// A has a webhook and an alert, and is a customer of Stripe.
    pub(in crate::web::tests) async fn fill_account_of_a(&self) {
        self.webhook_of_a().await;
        self.alert_of_a().await;
        self.reports_of_a().await;
        let mut tx = self.db.write(self.a.scope).await.unwrap();
        begin_trial(&mut tx, NOW_MS + 14 * DAY_MS).await.unwrap();
        assert!(adopt_customer(&mut tx, "cus_a").await.unwrap());
        tx.commit().await.unwrap();
    }
}

struct BillingWorld {
    world: World,
    service: TestBilling,
}

impl BillingWorld {
    async fn new() -> Self {
        let world = World::new().await;
        let service = TestBilling::default();
        let state = WebState { billing: Some(service.line()), ..world.state.clone() };
        Self { world: World { client: open_client(&state), state, ..world }, service }
    }

    /// The same, where Stripe knows A as a customer with a subscription that is active.
    async fn subscribed() -> Self {
        let this = Self::new().await;
        let account = Some(this.world.a.scope.account().to_string());
        this.service.set(|state| {
            let id = "cus_a".to_owned();
            state.customers.push(BilledCustomer { id, account, deleted: false });
            state.subscriptions.push(subscription("sub_a", "cus_a", "active", NOW_S - 86_400));
        });
        this.tell_and_fetch("evt_first", "customer.subscription.created").await;
        this
    }

    async fn tell(&self, path: &str, body: &str) -> u16 {
        let time_s = self.world.state.clock.now_ms() / 1_000;
        self.tell_signed(path, sign_stripe(STRIPE_SECRET, time_s, body), body).await
    }

    async fn tell_signed(&self, path: &str, headers: Vec<(HeaderName, HeaderValue)>, body: &str) -> u16 {
        let mut request = Request::post(path).body(Body::from(body.to_owned())).unwrap();
        request.headers_mut().extend(headers);
        self.world.ask(request).await.status.as_u16()
    }

    async fn tell_and_fetch(&self, id: &str, word: &str) {
        let body = about_customer(id, word, "cus_a");
        assert_eq!(self.tell("/billing/webhooks/stripe/", &body).await, 200);
        self.run_jobs().await;
    }

    async fn run_jobs(&self) {
        let world = &self.world;
        let clock = Arc::clone(&world.state.clock);
        let random = Arc::clone(&world.state.random);
        let handlers = RelayHandlers::begin(
            world.db.clone(),
            clock.clone(),
            None,
            world.state.fleet.keys().shared(),
            NoteStore::in_folder(world.dir.path()).unwrap(),
            world.webhook_line(),
        )
        .await
        .unwrap()
        .with_billing(world.state.billing.clone());
        let runner = JobRunner::new(JobQueue::new(world.db.clone(), clock, random), handlers, RENEW_EVERY);
        Box::pin(runner.run_due()).await.unwrap();
    }

    fn desk(&self) -> BillingOffice<'_> {
        let state = &self.world.state;
        BillingOffice {
            line: state.billing.as_ref().unwrap(),
            db: &state.db,
            clock: &*state.clock,
            random: &*state.random,
            mail: &state.mail,
            public_url: &state.settings.public_url,
        }
    }

    async fn row(&self) -> Option<BillingRow> {
        find_billing(&mut self.world.db.read(self.world.a.scope).await.unwrap()).await.unwrap()
    }

    async fn status(&self) -> Option<String> {
        self.row().await.and_then(|row| row.status)
    }

    async fn list<T>(&self, sql: &'static str) -> Vec<T>
    where
        T: for<'r> sqlx::FromRow<'r, sqlx::sqlite::SqliteRow> + Send + Unpin,
        T: for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>,
    {
        all!(self.world.db.platform_read(PlatformReason::Operator).await.unwrap(), T, sql).unwrap()
    }

    /// Kinds and addresses of the mails of billing, those of one kind together.
    async fn mails(&self) -> Vec<String> {
        let rows: Vec<(String, String)> = self
            .list("SELECT kind, address FROM mails WHERE account IS NOT NULL ORDER BY kind, address")
            .await;
        rows.into_iter().map(|(kind, address)| format!("{kind} {address}")).collect()
    }

    async fn send_form(&self, cookie: &str, path: &str, fields: &str) -> crate::web::tests::world::Got {
        let page = self.world.get("/app/billing", cookie).await.body;
        self.world.post(path, cookie, &format!("csrf={}&{fields}", csrf(&page))).await
    }
}

#[tokio::test]
async fn a_message_is_kept_once_and_one_that_is_not_stripes_never() {
    let this = BillingWorld::subscribed().await;
    let body = about_customer("evt_1", "invoice.created", "cus_a");
    for path in [
        "/billing/webhooks/stripe/",
        "/billing/webhooks/stripe",
        "/billing/webhook/stripe/",
        "/billing/webhook/stripe",
    ] {
        assert_eq!(this.tell(path, &body).await, 200, "{path}");
    }
    let path = "/billing/webhooks/stripe/";
    assert_eq!(this.tell_signed(path, sign_stripe(b"whsec_another", NOW_S, &body), &body).await, 400);
    assert_eq!(
        this.tell_signed(path, sign_stripe(STRIPE_SECRET, NOW_S, &body), &body.replace("cus_a", "cus_b"))
            .await,
        400
    );
    assert_eq!(this.tell_signed(path, sign_stripe(STRIPE_SECRET, NOW_S - 301, &body), &body).await, 403);
    assert_eq!(this.tell_signed(path, Vec::new(), &body).await, 401);
    assert_eq!(this.tell(path, "{}").await, 400);
    let live = about_customer("evt_live", "invoice.created", "cus_a").replace("false", "true");
    assert_eq!(this.tell(path, &live).await, 200);
    assert_eq!(this.tell(path, &about_customer("evt_later", "customer.cloned", "cus_a")).await, 200);
    let kept: Vec<(String, String)> =
        this.list("SELECT event, state FROM stripe_events WHERE event <> 'evt_first' ORDER BY event").await;
    let kept: Vec<_> = kept.iter().map(|(event, state)| (event.as_str(), state.as_str())).collect();
    assert_eq!(kept, [("evt_1", "new"), ("evt_later", "ignored"), ("evt_live", "ignored")]);
    let audited: Vec<(String,)> = this.list("SELECT act FROM audit WHERE who = 'strangers'").await;
    assert!(audited.iter().any(|(act,)| act == "stripe event of the other mode"), "{audited:?}");
    this.run_jobs().await;
    let left: Vec<(String,)> = this.list("SELECT event FROM stripe_events WHERE state = 'new'").await;
    assert_eq!(left, []);

    let off = WebState { billing: None, ..this.world.state.clone() };
    let off = BillingWorld { world: World { client: open_client(&off), ..this.world }, ..this };
    assert_eq!(off.tell(path, &body).await, 404);
    let cookie = off.world.sign_in(&off.world.a.email).await;
    let page = off.world.get("/app/billing", &cookie).await;
    assert!(page.body.contains("Billing is off at this relay"), "{}", page.body);
}

#[tokio::test]
async fn messages_that_come_together_are_each_new_once() {
    let this = BillingWorld::subscribed().await;
    let office = this.desk();
    let events: Vec<StripeEvent> = (0..30)
        .map(|n| about_customer(&format!("evt_{:02}", n % 20), "invoice.created", "cus_a"))
        .map(|body| StripeEvent::read(body.as_bytes()).unwrap())
        .collect();
    let taken = join_all(events.into_iter().map(|event| office.take_event(event, "{}"))).await;
    let taken: Vec<TakenEvent> = taken.into_iter().map(Result::unwrap).collect();
    let expected: Vec<TakenEvent> =
        (0..30).map(|n| if n < 20 { TakenEvent::Queued } else { TakenEvent::Again }).collect();
    assert_eq!(taken, expected);
}

#[tokio::test]
async fn a_message_that_cannot_be_kept_refuses_none_that_came_with_it() {
    let this = BillingWorld::subscribed().await;
    let mut tx = this.world.db.platform_write(PlatformReason::Operator).await.unwrap();
    let sql = "CREATE TRIGGER refuse BEFORE INSERT ON stripe_events WHEN NEW.event = 'evt_07' \
               BEGIN SELECT RAISE(ABORT, 'not this one'); END";
    exec!(tx, sql).unwrap();
    tx.commit().await.unwrap();
    let ids: Vec<String> = (0..20).map(|n| format!("evt_{:02}", n % 15)).collect();
    let bodies: Vec<String> = ids.iter().map(|id| about_customer(id, "invoice.created", "cus_a")).collect();
    let answers = join_all(bodies.iter().map(|body| this.tell("/billing/webhooks/stripe/", body))).await;
    let expected: Vec<u16> = ids.iter().map(|id| if id == "evt_07" { 503 } else { 200 }).collect();
    assert_eq!(answers, expected);
    let kept: Vec<(i64,)> = this.list("SELECT COUNT(*) FROM stripe_events WHERE state = 'new'").await;
    assert_eq!(kept, [(14,)]);
    let jobs: Vec<(String,)> = this.list("SELECT key FROM jobs WHERE kind = 'stripe-event'").await;
    assert_eq!(jobs, [("cus_a".to_owned(),)]);
}

#[tokio::test]
async fn an_admin_subscribes_and_believes_only_what_was_fetched() {
    let this = BillingWorld::new().await;
    let cookie = this.world.sign_in(&this.world.a.email).await;
    let page = this.world.get("/app/billing", &cookie).await;
    for words in ["Trial", "$200.00 a month: 5 facilities, 50 people", "3 of 5", "There is no invoice yet"] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    // Stripe makes the customer, and its answer is lost: there is one all the same, and no second one.
    this.service.set(|state| state.acts_before_fault = true);
    for _ in 0..2 {
        let led = this.send_form(&cookie, "/app/billing/subscribe", "plan=pro&currency=usd").await;
        assert_eq!(led.status, StatusCode::OK, "{}", led.body);
        assert!(led.body.contains("href=\"https://checkout.example/1\""), "{}", led.body);
    }
    let account = this.world.a.scope.account().to_string();
    this.service.set(|state| {
        assert_eq!((state.customers.len(), state.checkouts.len()), (1, 1), "the same act has the same key");
        let (key, new) = state.checkouts.first_key_value().unwrap();
        assert!(key.starts_with(&format!("checkout-{account}-pro-usd-")), "{key}");
        assert_eq!((new.customer.as_str(), new.account.as_str()), ("cus_1", account.as_str()));
        assert_eq!(new.trial_end_s, Some((NOW_MS + 14 * DAY_MS) / 1_000));
        assert_eq!(new.metered_price.as_deref(), Some("price_ct_item_month_usd"));
    });
    let back = this.world.get("/app/billing?done=subscribed", &cookie).await.body;
    assert!(back.contains("Stripe has not told us yet"), "the way back proves nothing: {back}");

    let made = subscription("sub_1", "cus_1", "trialing", NOW_S);
    this.service.set(|state| {
        state.subscriptions.push(made);
        state.invoices.insert("cus_1".to_owned(), vec![invoice("in_1", "paid", 1, NOW_S)]);
    });
    let body = about_customer("evt_1", "checkout.session.completed", "cus_1");
    assert_eq!(this.tell("/billing/webhook/stripe/", &body).await, 200);
    this.run_jobs().await;
    let page = this.world.get("/app/billing?done=subscribed", &cookie).await.body;
    for words in ["You are subscribed", "CT-in_1", "$200.00", "Cards, invoices, cancellation"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("Subscribe to a plan") && page.contains("Change the plan"), "{page}");
    let portal = this.send_form(&cookie, "/app/billing/portal", "act=open").await.body;
    assert!(portal.contains("href=\"https://portal.example/cus_1\""), "{portal}");

    for (fault, words) in [
        (BillingError::Busy, "did not take it now"),
        (BillingError::MayHaveHappened("after 20 s".to_owned()), "did not answer"),
        (
            BillingError::Final { status: 402, code: "card_declined".to_owned(), message: "<b>".to_owned() },
            "refused it",
        ),
    ] {
        this.service.set(|state| state.fault = Some(fault));
        let refused = this.send_form(&cookie, "/app/billing/portal", "act=open").await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        assert!(refused.body.contains(words), "{words}: {}", refused.body);
    }
    let auditor = this.world.sign_in(&this.world.a.auditor).await;
    assert_eq!(this.world.get("/app/billing", &auditor).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn whoever_has_a_subscription_changes_it_and_gets_no_second_one() {
    let this = BillingWorld::subscribed().await;
    let cookie = this.world.sign_in(&this.world.a.email).await;
    for _ in 0..2 {
        let changed = this.send_form(&cookie, "/app/billing/subscribe", "plan=starter&currency=usd").await;
        assert_eq!(changed.status, StatusCode::SEE_OTHER, "{}", changed.body);
    }
    this.service.set(|state| {
        assert_eq!((state.checkouts.len(), state.changes.len()), (0, 1), "{:?}", state.changes);
        let change = state.changes.values().next().unwrap();
        assert_eq!((change.subscription.as_str(), change.item.as_str()), ("sub_a", "si_1"));
        // A subscription that failed at its beginning is newer and does not count.
        state.subscriptions.push(subscription("sub_b", "cus_a", "incomplete", NOW_S));
    });
    this.run_jobs().await;
    let row = this.row().await.unwrap();
    assert_eq!((row.plan.as_deref(), row.status.as_deref()), (Some("starter"), Some("active")));
    // Its price is raised: the key goes to the new one, and whoever pays the old one keeps the plan.
    this.service.set(|state| state.subscriptions[0].lookup_key = None);
    this.tell_and_fetch("evt_raised", "customer.subscription.updated").await;
    assert_eq!(this.row().await.unwrap().plan.as_deref(), Some("starter"));
}

#[tokio::test]
async fn a_customer_that_is_gone_is_made_anew() {
    let this = BillingWorld::subscribed().await;
    let cookie = this.world.sign_in(&this.world.a.email).await;
    this.service.set(|state| {
        state.customers.clear();
        state.subscriptions.clear();
    });
    let led = this.send_form(&cookie, "/app/billing/subscribe", "plan=pro&currency=usd").await;
    assert!(led.body.contains("href=\"https://checkout.example/1\""), "{}", led.body);
    let row = this.row().await.unwrap();
    assert_eq!((row.customer.as_deref(), row.status, row.subscription), (Some("cus_1"), None, None));
    assert_eq!(this.service.set(|state| state.customers.len()), 1);
}

#[tokio::test]
async fn nobody_only_reads_who_was_not_told_two_weeks_before() {
    let this = BillingWorld::new().await;
    this.desk().run_round().await.unwrap();
    // Billing is off for a year.
    this.world.clock.advance_ms(365 * DAY_MS);
    this.desk().run_round().await.unwrap();
    let state = async || BillingState::of_row(this.row().await.as_ref(), this.world.clock.now_ms()).key();
    assert_eq!(state().await, "grace");
    assert!(this.mails().await.contains(&format!("trial-ended {}", this.world.a.email)));
    this.world.clock.advance_ms(15 * DAY_MS);
    this.desk().run_round().await.unwrap();
    assert_eq!(state().await, "read-only");
}

#[tokio::test]
async fn what_no_message_told_is_fetched_within_a_day() {
    let this = BillingWorld::subscribed().await;
    this.service.set(|state| state.subscriptions[0].lookup_key = Some("ct_enterprise_month_usd".to_owned()));
    this.world.clock.advance_ms(DAY_MS + 1);
    this.desk().run_round().await.unwrap();
    this.run_jobs().await;
    assert_eq!(this.row().await.unwrap().plan.as_deref(), Some("enterprise"));
}

/// A subscription's whole life, as Stripe tells it and as it stands after each message.
const LIFE: [(&str, &str, &str, i64); 9] = [
    ("customer.subscription.created", "incomplete", "draft", 0),
    ("invoice.created", "incomplete", "draft", 0),
    ("invoice.finalized", "incomplete", "open", 0),
    ("invoice.payment_failed", "past_due", "open", 1),
    ("customer.subscription.updated", "past_due", "open", 2),
    ("invoice.payment_succeeded", "active", "paid", 3),
    ("customer.subscription.paused", "paused", "paid", 3),
    ("customer.subscription.resumed", "active", "paid", 3),
    ("customer.subscription.deleted", "canceled", "paid", 3),
];

#[tokio::test]
async fn any_order_with_repeats_ends_in_what_stripe_has() {
    let this = BillingWorld::subscribed().await;
    let random: &dyn RandomSource = &SeededRandom::new(43);
    for case in 0..24 {
        let last = random.below(LIFE.len() as u64) as usize;
        let messages = LIFE.len() + random.below(8) as usize;
        for step in 0..=messages {
            // Stripe goes on while messages are on their way, and is where it ends before the last of them.
            let stage = if step == messages { last } else { random.below(last as u64 + 1) as usize };
            let (_, status, paid, tries) = LIFE[stage];
            this.service.set(|state| {
                state.subscriptions = vec![subscription("sub_a", "cus_a", status, NOW_S - 86_400)];
                let invoices = vec![invoice("in_a", paid, tries, NOW_S - 3_600)];
                state.invoices.insert("cus_a".to_owned(), invoices);
            });
            let at = random.below(LIFE.len() as u64) as usize;
            let body = about_customer(&format!("evt_{case}_{at}"), LIFE[at].0, "cus_a");
            let body = if step == messages {
                about_customer(&format!("evt_{case}_last"), LIFE[last].0, "cus_a")
            } else {
                body
            };
            assert_eq!(this.tell("/billing/webhooks/stripe/", &body).await, 200);
            if step == messages || random.below(3) == 0 {
                this.run_jobs().await;
            }
        }
        let (row, (_, status, paid, _)) = (this.row().await.unwrap(), LIFE[last]);
        assert_eq!(row.status.as_deref(), Some(status), "case {case}");
        assert_eq!(row.plan.as_deref(), Some("pro"));
        assert_eq!(row.due, if paid == "open" { 20_000 } else { 0 }, "case {case}");
        let invoices: Vec<(String,)> = this.list("SELECT status FROM invoices").await;
        assert_eq!(invoices, [(paid.to_owned(),)], "case {case}");
    }
    let mails = this.mails().await;
    let mut once = mails.clone();
    once.dedup();
    assert_eq!(mails, once, "each mail goes once");
    assert!(mails.contains(&format!("payment-failed {}", this.world.a.email)), "{mails:?}");
}

#[tokio::test]
async fn each_mail_goes_once_and_old_news_never() {
    let this = BillingWorld::subscribed().await;
    this.service.set(|state| {
        let old = invoice("in_old", "paid", 1, NOW_S - 40 * 86_400);
        let new = vec![old, invoice("in_1", "paid", 1, NOW_S), invoice("in_2", "open", 1, NOW_S)];
        state.invoices.insert("cus_a".to_owned(), new);
        let (id, customer) = ("ch_1".to_owned(), Some("cus_a".to_owned()));
        state.charges.push(BilledCharge { id, customer, currency: "usd".to_owned(), refunded: 5_000 });
        state.charges.push(BilledCharge {
            id: "ch_b".to_owned(),
            customer: Some("cus_b".to_owned()),
            currency: "usd".to_owned(),
            refunded: 7,
        });
        state.subscriptions[0].lookup_key = Some("ct_starter_month_usd".to_owned());
        state.subscriptions[0].cancel_at_s = Some(NOW_S + 86_400);
    });
    for (at, charge) in ["ch_1", "ch_1", "ch_b"].iter().enumerate() {
        let object = format!(r#"{{"id":"{charge}","object":"charge","customer":"cus_a"}}"#);
        let body = event(&format!("evt_{at}"), "charge.refunded", &object);
        assert_eq!(this.tell("/billing/webhooks/stripe/", &body).await, 200);
        this.run_jobs().await;
    }
    let kinds = ["cancelled", "payment-ok", "plan-changed", "refunded"];
    assert_eq!(
        this.mails().await,
        kinds.map(|kind| format!("{kind} {}", this.world.a.email)),
        "a debit that is under way is no failure"
    );
}

#[tokio::test]
async fn a_foreign_customer_changes_nothing() {
    let this = BillingWorld::subscribed().await;
    let before = this.row().await;
    let account = Some(this.world.a.scope.account().to_string());
    this.service.set(|state| {
        for (id, account) in [("cus_other", account), ("cus_none", None), ("cus_odd", Some("x".to_owned()))] {
            let id = id.to_owned();
            state.customers.push(BilledCustomer { id, account, deleted: false });
        }
        state.subscriptions.push(subscription("sub_x", "cus_other", "canceled", NOW_S));
    });
    for customer in ["cus_other", "cus_none", "cus_odd", "cus_gone"] {
        let body = about_customer(&format!("evt_{customer}"), "customer.subscription.deleted", customer);
        assert_eq!(this.tell("/billing/webhooks/stripe/", &body).await, 200);
    }
    this.run_jobs().await;
    assert_eq!(this.row().await, before);
    let waiting: Vec<(String,)> = this.list("SELECT key FROM jobs WHERE kind = 'stripe-event'").await;
    assert_eq!(waiting, [], "nobody's customers are not asked for again");
    let ignored: Vec<(i64,)> = this.list("SELECT COUNT(*) FROM stripe_events WHERE state = 'ignored'").await;
    assert_eq!(ignored, [(4,)]);
    this.desk().reconcile().await.unwrap();
    let found: Vec<(String, String)> = this.list("SELECT customer, ours FROM billing_differences").await;
    assert_eq!(found, [("cus_other".to_owned(), String::new())]);
}

#[tokio::test]
async fn a_nightly_look_repairs_what_no_message_told() {
    let this = BillingWorld::subscribed().await;
    this.service.set(|state| {
        for n in 0..5 {
            state.subscriptions.push(subscription(&format!("sub_{n}"), &format!("cus_{n}"), "active", NOW_S));
        }
        state.subscriptions[0].status = "past_due".to_owned();
    });
    this.desk().reconcile().await.unwrap();
    let found: Vec<(String,)> = this.list("SELECT customer FROM billing_differences ORDER BY customer").await;
    assert_eq!(found.len(), 6, "{found:?}");
    this.run_jobs().await;
    assert_eq!(this.status().await.as_deref(), Some("past_due"));
    this.world.clock.advance_ms(DAY_MS);
    this.desk().reconcile().await.unwrap();
    let found: Vec<(String,)> =
        this.list("SELECT customer FROM billing_differences WHERE customer = 'cus_a'").await;
    assert_eq!(found, [], "what was repaired is none any more");

    this.world.add_platform_owner(this.world.b.scope).await;
    let cookie = this.world.sign_in(platform::EMAIL).await;
    this.world.offer_app(&cookie).await;
    let page = this.world.get("/app/platform/revenue?group=past-due", &cookie).await.body;
    for words in ["Linden Health Partners", "$200.00", "cus_4", "two nights", "Monthly recurring revenue"] {
        assert!(page.contains(words), "{words}: {page}");
    }
}

#[tokio::test]
async fn the_meter_is_told_the_highest_day_once_a_day() {
    let this = BillingWorld::subscribed().await;
    let readings = || this.service.set(|state| state.readings.clone());
    this.service.set(|state| state.fault = Some(BillingError::MayHaveHappened("cut".to_owned())));
    this.desk().run_round().await.unwrap();
    assert_eq!(readings(), []);
    // An hour later it is sent as it was written: under its key no other one would be taken.
    this.world.clock.advance_ms(HOUR_MS);
    this.service.set(|state| state.fault = None);
    for _ in 0..3 {
        this.desk().run_round().await.unwrap();
    }
    let sent = readings();
    let [first] = &sent[..] else { panic!("{sent:?}") };
    let day = NOW_MS / DAY_MS;
    assert_eq!(first.identifier, format!("u-{}-{day}", this.world.a.scope.account()));
    assert!(first.value > 0 && first.customer == "cus_a" && first.time_s == NOW_S, "{first:?}");
    let mut tx = this.world.db.platform_write(PlatformReason::Work).await.unwrap();
    exec!(tx, "UPDATE facility_now SET items = 0, out_of_service = 0").unwrap();
    tx.commit().await.unwrap();
    this.world.clock.advance_ms(DAY_MS);
    let mut tx = this.world.db.platform_write(PlatformReason::Work).await.unwrap();
    exec!(tx, "UPDATE facility_now SET day = day + 1").unwrap();
    tx.commit().await.unwrap();
    this.desk().run_round().await.unwrap();
    assert_eq!(readings().len(), 2);
    assert_eq!(readings()[1].value, first.value, "the highest day of the period counts");
    // The period ends, and its last day was the highest.
    let mut tx = this.world.db.platform_write(PlatformReason::Work).await.unwrap();
    exec!(tx, "UPDATE facility_now SET items = 70").unwrap();
    tx.commit().await.unwrap();
    this.world.clock.advance_ms(30 * DAY_MS);
    this.desk().run_round().await.unwrap();
    assert_eq!(readings().len(), 2, "of a period that is over nothing is counted");
    this.service.set(|state| {
        let renewed = &mut state.subscriptions[0];
        renewed.period_start_s = renewed.period_end_s;
        renewed.period_end_s = renewed.period_end_s.map(|end_s| end_s + 30 * 86_400);
    });
    this.tell_and_fetch("evt_renewed", "customer.subscription.updated").await;
    let last = readings().pop().unwrap();
    let end_s = NOW_S - 86_400 + 30 * 86_400;
    assert_eq!(last.identifier, format!("u-{}-{}-last", this.world.a.scope.account(), end_s / 86_400));
    assert!(last.value >= 70 && last.time_s == end_s - 1, "{last:?}");
}

#[tokio::test]
async fn time_tells_of_trials_limits_and_the_end_of_grace() {
    let this = BillingWorld::new().await;
    let admin = this.world.a.email.clone();
    this.desk().run_round().await.unwrap();
    assert_eq!(this.mails().await, [""; 0]);
    let pass_days = |days: i64| {
        this.world.clock.advance_ms(days * DAY_MS);
    };
    let cookie = this.world.sign_in(&admin).await;
    let page = this.world.get("/app/facilities", &cookie).await.body;
    let add = |name: &str| format!("csrf={}&name={name}&zone=America%2FChicago", csrf(&page));
    for (name, status) in [("Four", 303), ("Five", 303), ("Six", 422)] {
        let got = this.world.post("/app/facilities", &cookie, &add(name)).await;
        assert_eq!(got.status.as_u16(), status, "{name}: {}", got.body);
        assert_eq!(got.body.contains("Your plan has 5 facilities"), status == 422);
    }
    let of_a = |mails: Vec<String>| -> Vec<String> {
        let own =
            mails.into_iter().filter_map(|mail| Some(mail.strip_suffix(&format!(" {admin}"))?.to_owned()));
        own.collect()
    };
    this.desk().run_round().await.unwrap();
    assert_eq!(of_a(this.mails().await), ["limit-over"]);
    pass_days(12);
    this.desk().run_round().await.unwrap();
    pass_days(3);
    this.desk().run_round().await.unwrap();
    pass_days(14);
    for _ in 0..2 {
        this.desk().run_round().await.unwrap();
    }
    assert_eq!(of_a(this.mails().await), ["grace-over", "limit-over", "trial-ended", "trial-ending"]);
}

#[tokio::test]
async fn a_new_account_is_told_of_its_trial() {
    let this = BillingWorld::new().await;
    let world = &this.world;
    world.post("/sign-up", "", "name=Ana&organisation=Oak&email=ana%40oak.example").await;
    let path = world.mails().await.pop().unwrap().path;
    let confirmed = world.post(&path, "", "password=correct+horse+battery").await;
    assert_eq!(confirmed.status, StatusCode::SEE_OTHER, "{}", confirmed.body);
    world.run_jobs(mail_transport(world.dir.path())).await;
    let files = std::fs::read_dir(world.dir.path().join("mails")).unwrap();
    let mails = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    let mails = mails.collect::<String>().replace("=\r\n", "");
    assert!(mails.contains("Your plan is Trial, until 2026-12-04"), "{mails}");
    let ends: Vec<(i64,)> = this.list("SELECT trial_end_ms FROM billing").await;
    assert_eq!(ends, [(NOW_MS + 14 * DAY_MS,)]);
}

#[tokio::test]
async fn an_account_that_pays_nothing_adds_nothing_and_records_on() {
    let mut this = BillingWorld::new().await;
    let writer = this.world.add_writer(this.world.a.scope).await;
    this.desk().run_round().await.unwrap();
    this.world.clock.advance_ms(29 * DAY_MS);
    let cookie = this.world.sign_in(&this.world.a.email).await;
    let page = this.world.get("/app/facilities", &cookie).await.body;
    assert!(page.contains("Nothing is paid for this account any more"), "{page}");
    let token = csrf(&page).to_owned();
    let facility = this.world.a.sites[0].id;
    for (path, fields) in [
        ("/app/facilities", "name=Six&zone=America%2FChicago".to_owned()),
        ("/app/people", "email=new%40linden.example&role=auditor&all=on".to_owned()),
        ("/app/boxes/add", format!("facility={facility}")),
    ] {
        let got = this.world.post(path, &cookie, &format!("csrf={token}&{fields}")).await;
        assert_eq!(got.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}: {}", got.body);
        assert!(got.body.contains("so nothing can be added"), "{path}: {}", got.body);
    }
    let request = Request::post("/api/v1/facilities")
        .header("authorization", format!("Bearer {writer}"))
        .header("content-type", "application/json")
        .body(Body::from(r#"{"name":"Seven","zone":"America/Chicago"}"#))
        .unwrap();
    let refused = this.world.ask(request).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.body.contains("unpaid"), "{}", refused.body);
    assert_eq!(this.world.get("/app/", &cookie).await.status, StatusCode::OK, "pages are read");
    let sent = this.world.clock.now_ms() - HOUR_MS;
    let site = &mut this.world.a.sites[0];
    site.one.clean(sent, site.tags[0].as_str(), "Grace Hopper", "");
    site.one.send(&this.world.ingest).await;
    let rows: Vec<(i64,)> = this.list("SELECT COUNT(*) FROM segments").await;
    assert!(rows[0].0 > 0);
}
