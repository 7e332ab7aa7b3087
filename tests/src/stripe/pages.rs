//! The pages that a person presses: Checkout, and the portal.

use axum::Router;
use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;

use super::objects::{FakeInvoice, FakeSession, FakeSubscription};
use super::{FakeState, FakeStripe, now_s};

pub(super) fn page_routes() -> Router<FakeStripe> {
    Router::new()
        .route("/checkout/{session}", get(show_checkout).post(pay_session))
        .route("/portal/{customer}", get(show_portal).post(act_in_portal))
        .route("/invoice/{invoice}", get(show_invoice))
}

fn draw_page(title: &str, content: &str) -> Response {
    Html(format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'><title>{title}</title>\
         <style>body{{font:1rem/1.5 sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem}}button{{font:inherit;padding:.6rem 1rem}}</style>\
         <h1>{title}</h1><p>This stands in for Stripe: nothing is charged.</p>{content}"
    ))
    .into_response()
}

fn escape_html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;").replace('\'', "&#39;")
}

fn answer_absent() -> Response {
    (StatusCode::NOT_FOUND, "There is no such page").into_response()
}

async fn show_checkout(State(fake): State<FakeStripe>, Path(id): Path<String>) -> Response {
    let Some(session) = fake.state().sessions.get(&id).cloned() else { return answer_absent() };
    let price = super::objects::amount_of(&session.lookup_key, &session.currency);
    let trial = session.trial_end_s.map_or("", |_| "Nothing is paid before the trial ends.");
    draw_page(
        "Subscribe",
        &format!(
            "<p>{} a month: {}.{:02} {}. {trial}</p><form method=post><button id=pay>Subscribe</button></form>\
             <p><a href=\"{}\">Back</a></p>",
            escape_html(&session.lookup_key),
            price / 100,
            price % 100,
            escape_html(&session.currency.to_uppercase()),
            escape_html(&session.cancel_url)
        ),
    )
}

/// The button of Checkout: pressed twice it subscribes once.
async fn pay_session(State(fake): State<FakeStripe>, Path(id): Path<String>) -> Response {
    let mut state = fake.state();
    let Some(session) = state.sessions.get(&id).cloned() else { return answer_absent() };
    if !session.is_paid {
        begin_subscription(&mut state, &session);
    }
    Redirect::to(&session.success_url).into_response()
}

fn begin_subscription(state: &mut FakeState, session: &FakeSession) {
    let now_s = now_s();
    let made = FakeSubscription {
        id: state.next_id("sub"),
        customer: session.customer.clone(),
        status: if session.trial_end_s.is_some() { "trialing" } else { "active" }.to_owned(),
        lookup_key: session.lookup_key.clone(),
        currency: session.currency.clone(),
        made_s: now_s,
        period_start_s: now_s,
        trial_end_s: session.trial_end_s,
        cancels: false,
        ended_s: None,
    };
    let id = made.id.clone();
    state.subscriptions.insert(id.clone(), made);
    if let Some(session_now) = state.sessions.get_mut(&session.id) {
        session_now.is_paid = true;
    }
    state.put_subscription_message("customer.subscription.created", &id);
    if session.trial_end_s.is_none() {
        charge_customer(state, &id);
    }
    let object = state.sessions.get(&session.id).map(|session_now| session_now.to_json(&state.address));
    state.put_message("checkout.session.completed", object.unwrap_or_default());
}

/// Begins a period: it is paid, or not where its customer's next payment is to fail.
fn charge_customer(state: &mut FakeState, subscription: &str) {
    let id = state.next_id("in");
    let number = state.count;
    let Some(paying) = state.subscriptions.get_mut(subscription) else { return };
    let failing = state.failing.iter().position(|customer| *customer == paying.customer);
    let now_s = now_s();
    (paying.period_start_s, paying.trial_end_s) = (now_s, None);
    paying.status = if failing.is_some() { "past_due" } else { "active" }.to_owned();
    let invoice = FakeInvoice {
        id: id.clone(),
        number,
        customer: paying.customer.clone(),
        subscription: subscription.to_owned(),
        amount: paying.amount(),
        currency: paying.currency.clone(),
        made_s: now_s,
        paid_s: failing.is_none().then_some(now_s),
        tries: 1,
    };
    let object = invoice.to_json(&state.address);
    state.invoices.insert(id, invoice);
    state.put_message("invoice.created", object.clone());
    if let Some(at) = failing {
        state.failing.remove(at);
        state.put_message("invoice.payment_failed", object);
    } else {
        state.put_message("invoice.payment_succeeded", object);
    }
    state.put_subscription_message("customer.subscription.updated", subscription);
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PortalParams {
    back: String,
}

async fn show_portal(
    State(fake): State<FakeStripe>,
    Path(customer): Path<String>,
    Query(params): Query<PortalParams>,
) -> Response {
    let state = fake.state();
    let Some(own) = state.subscriptions.values().rev().find(|one| one.customer == customer) else {
        return answer_absent();
    };
    draw_page(
        "Your subscription",
        &format!(
            "<p>{}, {}</p><form method=post><input type=hidden name=back value=\"{}\">\
             <p><button name=act value=cancel>Cancel at the end of the period</button></p>\
             <p><button name=act value=end>Cancel now</button></p>\
             <p><button name=act value=fail>Let the next payment fail, now</button></p>\
             <p><button name=act value=pay>Pay what is open</button></p></form><p><a id=back href=\"{}\">Back</a></p>",
            escape_html(&own.lookup_key),
            escape_html(&own.status),
            escape_html(&params.back),
            escape_html(&params.back)
        ),
    )
}

#[derive(Debug, Deserialize)]
struct PortalAct {
    act: String,
    #[serde(default)]
    back: String,
}

async fn act_in_portal(
    State(fake): State<FakeStripe>,
    Path(customer): Path<String>,
    Form(form): Form<PortalAct>,
) -> Response {
    let mut state = fake.state();
    let own =
        state.subscriptions.values().rev().find(|one| one.customer == customer).map(|one| one.id.clone());
    let Some(id) = own else { return answer_absent() };
    match form.act.as_str() {
        "end" => change_subscription(&mut state, &id, "customer.subscription.deleted", |own| {
            (own.status, own.ended_s) = ("canceled".to_owned(), Some(now_s()));
        }),
        "cancel" => {
            change_subscription(&mut state, &id, "customer.subscription.updated", |own| own.cancels = true)
        }
        "fail" => {
            state.failing.push(customer);
            charge_customer(&mut state, &id);
        }
        "pay" => pay_open(&mut state, &id),
        _ => return answer_absent(),
    }
    Redirect::to(&form.back).into_response()
}

fn change_subscription(state: &mut FakeState, id: &str, word: &str, act: impl FnOnce(&mut FakeSubscription)) {
    if let Some(own) = state.subscriptions.get_mut(id) {
        act(own);
    }
    state.put_subscription_message(word, id);
}

fn pay_open(state: &mut FakeState, subscription: &str) {
    let address = state.address.clone();
    let mut paid = Vec::new();
    for invoice in state.invoices.values_mut().filter(|one| one.subscription == subscription) {
        if invoice.paid_s.is_none() {
            invoice.paid_s = Some(now_s());
            paid.push(invoice.to_json(&address));
        }
    }
    for object in paid {
        state.put_message("invoice.payment_succeeded", object);
    }
    change_subscription(state, subscription, "customer.subscription.updated", |own| {
        own.status = "active".to_owned()
    });
}

async fn show_invoice(State(fake): State<FakeStripe>, Path(id): Path<String>) -> Response {
    let state = fake.state();
    let Some(invoice) = state.invoices.get(&id) else { return answer_absent() };
    let paid = if invoice.paid_s.is_some() { "paid" } else { "to be paid" };
    let amount =
        format!("{}.{:02} {}", invoice.amount / 100, invoice.amount % 100, invoice.currency.to_uppercase());
    draw_page(
        &format!("Invoice CT-{:04}", invoice.number),
        &format!("<p>{}, {paid}</p>", escape_html(&amount)),
    )
}
