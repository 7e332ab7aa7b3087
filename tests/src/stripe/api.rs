//! The paths below `/v1`, as the relay asks them.

use std::collections::BTreeMap;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::objects::{FakeCustomer, FakeSession, PRICES, price_json};
use super::{FakeState, FakeStripe, StripeFault, now_s};

type Fields = BTreeMap<String, String>;
type Answer = Result<Value, (StatusCode, Value)>;

fn refuse_request(status: StatusCode, code: &str) -> (StatusCode, Value) {
    (status, json!({ "error": { "type": "invalid_request_error", "code": code, "message": code } }))
}

fn refuse_missing() -> (StatusCode, Value) {
    refuse_request(StatusCode::NOT_FOUND, "resource_missing")
}

fn read_fields(text: &str) -> Fields {
    let url = reqwest::Url::parse(&format!("http://x/?{text}"));
    url.map(|url| url.query_pairs().into_owned().collect()).unwrap_or_default()
}

pub(super) async fn answer_request(
    State(fake): State<FakeStripe>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let fault = {
        let mut state = fake.state();
        state.questions += 1;
        state.faults.pop_front().unwrap_or(state.lasting_fault)
    };
    match fault {
        Some(StripeFault::Silence) => std::future::pending().await,
        Some(StripeFault::TooMany) => {
            return (
                StatusCode::TOO_MANY_REQUESTS,
                refuse_request(StatusCode::OK, "rate_limit").1.to_string(),
            )
                .into_response();
        }
        Some(StripeFault::ServerError) => {
            let error = json!({ "error": { "type": "api_error", "message": "oops" } });
            return (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response();
        }
        Some(StripeFault::Text) => {
            return (StatusCode::BAD_GATEWAY, "<html><h1>502 Bad Gateway</h1></html>").into_response();
        }
        Some(StripeFault::CutAfterAct) | None => {}
    }
    let has_key =
        headers.get(header::AUTHORIZATION).is_some_and(|value| value.as_bytes().starts_with(b"Bearer "));
    let text = String::from_utf8_lossy(&body).into_owned();
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).map(str::to_owned);
    let answer = if has_key {
        answer_keyed(&mut fake.state(), key, &method, &uri, &text)
    } else {
        Err(refuse_request(StatusCode::UNAUTHORIZED, "api_key_missing"))
    };
    if fault == Some(StripeFault::CutAfterAct) {
        let cut = futures_util::stream::iter([Err::<Bytes, _>(std::io::Error::other("cut"))]);
        return Response::new(Body::from_stream(cut));
    }
    let (status, value) = answer.map_or_else(|refused| refused, |value| (StatusCode::OK, value));
    (status, [(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

/// The same key again is the first answer again; with another question it is refused.
fn answer_keyed(
    state: &mut FakeState,
    key: Option<String>,
    method: &Method,
    uri: &Uri,
    text: &str,
) -> Answer {
    let request = format!("{method} {uri} {text}");
    if let Some((earlier, answer)) = key.as_ref().and_then(|key| state.keys.get(key)) {
        let is_same = *earlier == request;
        return if is_same {
            Ok(answer.clone())
        } else {
            Err(refuse_request(StatusCode::BAD_REQUEST, "idempotency_error"))
        };
    }
    let fields = read_fields(if method == Method::GET { uri.query().unwrap_or_default() } else { text });
    let answer = answer_path(state, method, uri.path(), &fields)?;
    if let Some(key) = key {
        state.keys.insert(key, (request, answer.clone()));
    }
    Ok(answer)
}

fn write_list(data: Vec<Value>) -> Value {
    json!({ "object": "list", "has_more": false, "data": data })
}

fn answer_path(state: &mut FakeState, method: &Method, path: &str, fields: &Fields) -> Answer {
    let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let address = state.address.clone();
    match (method.as_str(), path.strip_prefix("/v1/").unwrap_or_default()) {
        ("POST", "customers") => Ok(make_customer(state, fields)),
        ("GET", "customers/search") => {
            let account = field("query").rsplit(':').next().unwrap_or_default().trim_matches('\'').to_owned();
            let found = state.customers.values().filter(|one| one.account == account);
            Ok(write_list(found.map(FakeCustomer::to_json).collect()))
        }
        ("GET", "prices") => {
            let lookup_key = field("lookup_keys[0]");
            let known = PRICES.iter().filter(|(key, _)| *key == lookup_key);
            Ok(write_list(known.map(|(key, _)| price_json(key)).collect()))
        }
        ("POST", "checkout/sessions") => make_session(state, fields),
        ("POST", "billing_portal/sessions") => {
            let customer = state.customers.get(&field("customer")).ok_or_else(refuse_missing)?;
            let back: String = reqwest::Url::parse_with_params("http://x/", [("back", field("return_url"))])
                .map(|url| url.query().unwrap_or_default().to_owned())
                .unwrap_or_default();
            Ok(json!({ "id": "bps_1", "object": "billing_portal.session",
                       "url": format!("{address}/portal/{}?{back}", customer.id) }))
        }
        ("GET", "subscriptions") => {
            let customer = field("customer");
            let own =
                state.subscriptions.values().filter(|one| customer.is_empty() || one.customer == customer);
            Ok(write_list(own.rev().map(super::objects::FakeSubscription::to_json).collect()))
        }
        ("POST", path) if path.starts_with("subscriptions/") => {
            let id = path.trim_start_matches("subscriptions/").to_owned();
            let price = field("items[0][price]");
            let own = state.subscriptions.get_mut(&id).ok_or_else(refuse_missing)?;
            if field("items[0][id]") != own.fixed_item() {
                return Err(refuse_missing());
            }
            own.lookup_key = price.strip_prefix("price_").ok_or_else(refuse_missing)?.to_owned();
            let object = own.to_json();
            state.put_subscription_message("customer.subscription.updated", &id);
            Ok(object)
        }
        ("GET", "invoices") => {
            let customer = field("customer");
            let own = state.invoices.values().filter(|one| one.customer == customer);
            Ok(write_list(own.rev().map(|one| one.to_json(&address)).collect()))
        }
        ("POST", "billing/meter_events") => {
            let value = field("payload[value]").parse::<i64>();
            value.map_err(|_| refuse_request(StatusCode::BAD_REQUEST, "value"))?;
            Ok(json!({ "object": "billing.meter_event", "identifier": field("identifier") }))
        }
        ("GET", other) => {
            let id = other.strip_prefix("customers/").unwrap_or_default();
            state.customers.get(id).map(FakeCustomer::to_json).ok_or_else(refuse_missing)
        }
        _ => Err(refuse_missing()),
    }
}

fn make_customer(state: &mut FakeState, fields: &Fields) -> Value {
    let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let made = FakeCustomer {
        id: state.next_id("cus"),
        email: field("email"),
        account: field("metadata[account_id]"),
        made_s: now_s(),
    };
    let object = made.to_json();
    state.customers.insert(made.id.clone(), made);
    state.put_message("customer.created", object.clone());
    object
}

fn make_session(state: &mut FakeState, fields: &Fields) -> Answer {
    let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
    if !state.customers.contains_key(&field("customer")) {
        return Err(refuse_missing());
    }
    let price = field("line_items[0][price]");
    let lookup_key = price.strip_prefix("price_").filter(|key| PRICES.iter().any(|(known, _)| known == key));
    let made = FakeSession {
        id: state.next_id("cs"),
        customer: field("customer"),
        account: field("client_reference_id"),
        lookup_key: lookup_key.ok_or_else(refuse_missing)?.to_owned(),
        currency: Some(field("currency")).filter(|text| !text.is_empty()).unwrap_or_else(|| "usd".to_owned()),
        trial_end_s: field("subscription_data[trial_end]").parse().ok(),
        success_url: field("success_url"),
        cancel_url: field("cancel_url"),
        is_paid: false,
    };
    let object = made.to_json(&state.address);
    state.sessions.insert(made.id.clone(), made);
    Ok(object)
}
