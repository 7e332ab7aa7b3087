//! The client against an address of this machine that answers as it is told.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode, Uri};

use super::*;

/// What arrived: method and path with what is asked, the key of the act, and the body.
type Arrived = Arc<Mutex<Vec<(String, Option<String>, String)>>>;

struct Answering {
    client: StripeClient,
    arrived: Arrived,
}

async fn answer_with(status: u16, body: &'static str) -> Answering {
    let arrived = Arrived::default();
    let seen = Arc::clone(&arrived);
    let app =
        Router::new().fallback(move |method: Method, uri: Uri, headers: HeaderMap, sent: Bytes| async move {
            let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).map(str::to_owned);
            assert_eq!(headers["authorization"], "Bearer sk_test_1");
            seen.lock().unwrap().push((
                format!("{method} {uri}"),
                key,
                String::from_utf8(sent.to_vec()).unwrap(),
            ));
            (StatusCode::from_u16(status).unwrap(), body)
        });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/stripe", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    Answering { client: open(url, ANSWER_WITHIN), arrived }
}

fn open(url: String, within: Duration) -> StripeClient {
    StripeClient::open_with(&StripeAccess { key: "sk_test_1".to_owned(), url: Some(url) }, within).unwrap()
}

fn single(arrived: &Arrived) -> (String, Option<String>, String) {
    let arrived = arrived.lock().unwrap();
    assert_eq!(arrived.len(), 1, "one try a call");
    arrived[0].clone()
}

fn some_customer() -> NewCustomer {
    NewCustomer {
        account: "01A".to_owned(),
        account_name: "Linden & Co".to_owned(),
        email: "a@b.example".to_owned(),
    }
}

#[tokio::test]
async fn an_act_is_sent_once_under_its_key() {
    let stripe = answer_with(200, r#"{"id":"cus_1","metadata":{"account_id":"01A"},"later":[{}]}"#).await;
    let made = stripe.client.create_customer(&some_customer(), "customer-01A").await.unwrap();
    assert_eq!((made.id.as_str(), made.account.as_deref()), ("cus_1", Some("01A")));
    let (asked, key, body) = single(&stripe.arrived);
    assert_eq!((asked.as_str(), key.as_deref()), ("POST /stripe/v1/customers", Some("customer-01A")));
    assert!(body.contains("metadata[account_id]=01A") && body.contains("name=Linden+%26+Co"), "{body}");
}

#[tokio::test]
async fn checkout_asks_for_what_a_subscription_needs() {
    let stripe = answer_with(200, r#"{"id":"cs_1","url":"https://checkout.example/1"}"#).await;
    let new = NewCheckout {
        account: "01A".to_owned(),
        customer: "cus_1".to_owned(),
        price: "price_1".to_owned(),
        metered_price: Some("price_2".to_owned()),
        currency: "inr".to_owned(),
        trial_end_s: Some(1_800_000_000),
        success_url: "https://r.example/done".to_owned(),
        cancel_url: "https://r.example/back".to_owned(),
    };
    let session = stripe.client.create_checkout(&new, "checkout-01A-pro-1").await.unwrap();
    assert_eq!(session.url.as_deref(), Some("https://checkout.example/1"));
    let (_, _, body) = single(&stripe.arrived);
    for part in [
        "mode=subscription",
        "client_reference_id=01A",
        "currency=inr",
        "line_items[0][price]=price_1",
        "line_items[0][quantity]=1",
        "line_items[1][price]=price_2",
        "subscription_data[trial_end]=1800000000",
        "subscription_data[metadata][account_id]=01A",
        "tax_id_collection[enabled]=true",
        "allow_promotion_codes=true",
    ] {
        assert!(body.contains(part), "{part}: {body}");
    }
    assert!(!body.contains("line_items[1][quantity]"), "what is metered has none: {body}");
}

#[tokio::test]
async fn subscriptions_of_another_day_are_read() {
    let later = r#"{"has_more":true,"later":1,"data":[{"id":"sub_2","customer":"cus_1","status":"hibernating","currency":"usd","created":9,
        "cancel_at_period_end":true,"discounts":[{"source":{"type":"coupon","coupon":{"percent_off":12.5,"duration":"forever"}}}],
        "items":{"data":[
          {"quantity":2,"current_period_start":10,"current_period_end":20,
           "price":{"lookup_key":"ct_pro_month_usd","unit_amount":20000,"recurring":{"interval":"month","interval_count":1,"usage_type":"licensed"}}},
          {"current_period_end":19,"price":{"lookup_key":"ct_item_month_usd","unit_amount":50,"recurring":{"interval":"month","usage_type":"metered"}}}]}},
        {"id":"sub_1","customer":"cus_1","status":"canceled","current_period_end":7,"ended_at":8,
         "items":{"data":[{"price":{"unit_amount":120000,"recurring":{"interval":"year"}}}]}}]}"#;
    let stripe = answer_with(200, later).await;
    let part = stripe.client.list_subscriptions(Some("sub_3")).await.unwrap();
    let [new, old] = part.rows.as_slice() else { panic!("{part:?}") };
    assert_eq!(
        (new.status.as_str(), new.month, new.period_end_s, new.cancel_at_s),
        ("hibernating", 35_000, Some(20), Some(20))
    );
    assert_eq!(new.lookup_key.as_deref(), Some("ct_pro_month_usd"));
    assert_eq!((old.month, old.period_end_s, old.ended_s, old.is_over()), (10_000, Some(7), Some(8), true));
    assert!(part.has_more);
    let (asked, key, _) = single(&stripe.arrived);
    assert!(asked.contains("starting_after=sub_3") && asked.contains("status=all"), "{asked}");
    assert_eq!(key, None);
}

#[tokio::test]
async fn invoices_prices_and_charges_are_read() {
    let stripe = answer_with(200, r#"{"data":[{"currency":"usd"},
        {"id":"in_1","currency":"usd","status":"open","total":20000,"amount_due":15000,"created":5,"attempt_count":2,"next_payment_attempt":9,
         "parent":{"subscription_details":{"subscription":"sub_1"}},"status_transitions":{"paid_at":null}}]}"#).await;
    let invoices = stripe.client.list_invoices_of("cus_1").await.unwrap();
    let [one] = invoices.as_slice() else { panic!("a preview has no id: {invoices:?}") };
    assert_eq!((one.due, one.next_try_s, one.subscription.as_deref()), (15_000, Some(9), Some("sub_1")));

    let stripe = answer_with(
        200,
        r#"{"data":[{"id":"price_1","currency":"usd","unit_amount":10000,
        "currency_options":{"inr":{"unit_amount":850000},"xts":{}}}]}"#,
    )
    .await;
    let price = stripe.client.find_price("ct_starter_month_usd").await.unwrap().unwrap();
    assert_eq!(
        price.amounts.into_iter().collect::<Vec<_>>(),
        [("inr".to_owned(), 850_000), ("usd".to_owned(), 10_000)]
    );

    let stripe = answer_with(
        404,
        r#"{"error":{"type":"invalid_request_error","code":"resource_missing","message":"No such charge"}}"#,
    )
    .await;
    assert_eq!(stripe.client.fetch_charge("ch_1").await, Ok(None));
}

#[tokio::test]
async fn what_is_known_of_an_act_is_told_by_the_error() {
    let refusal = r#"{"error":{"type":"card_error","code":"later_word","message":"no"}}"#;
    for (status, body, expected) in [
        (402, refusal, "final"),
        (400, refusal, "final"),
        (401, r#"{"error":{"type":"later_type"}}"#, "final"),
        (429, refusal, "busy"),
        (409, refusal, "busy"),
        (500, refusal, "unknown"),
        (503, "<html>Bad gateway</html>", "unknown"),
        (200, "<html>Welcome</html>", "unknown"),
        (200, r#"{"identity":"cus_1"}"#, "unknown"),
    ] {
        let stripe = answer_with(status, body).await;
        let told = match stripe.client.create_customer(&some_customer(), "k").await.unwrap_err() {
            BillingError::Final { code, .. } => {
                assert!(["later_word", "later_type"].contains(&code.as_str()), "{code}");
                "final"
            }
            BillingError::Busy => "busy",
            BillingError::MayHaveHappened(_) => "unknown",
            BillingError::NotSent(_) => "not sent",
        };
        assert_eq!(told, expected, "{status} {body}");
        single(&stripe.arrived);
    }
}

#[tokio::test]
async fn silence_and_a_cut_are_no_answer() {
    // Taken by the system, and never answered.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let client = open(format!("http://{}", silent.local_addr().unwrap()), Duration::from_millis(50));
    let error = client.create_customer(&some_customer(), "k").await.unwrap_err();
    assert!(matches!(error, BillingError::MayHaveHappened(_)), "{error:?}");
    let cut = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = open(format!("http://{}", cut.local_addr().unwrap()), ANSWER_WITHIN);
    tokio::spawn(async move { drop(cut.accept().await) });
    let error = client.create_customer(&some_customer(), "k").await.unwrap_err();
    assert!(matches!(error, BillingError::MayHaveHappened(_)), "{error:?}");
}

#[tokio::test]
async fn a_reading_has_its_identifier_for_a_key() {
    let stripe =
        answer_with(200, r#"{"identifier":"u-01A-2026-11-30","object":"billing.meter_event"}"#).await;
    let reading = MeterReading {
        meter: "cleantrack_items".to_owned(),
        customer: "cus_1".to_owned(),
        identifier: "u-01A-2026-11-30".to_owned(),
        value: 45,
        time_s: 1_800_000_000,
    };
    stripe.client.send_reading(&reading).await.unwrap();
    let (_, key, body) = single(&stripe.arrived);
    assert_eq!(key.as_deref(), Some("u-01A-2026-11-30"));
    assert!(body.contains("payload[value]=45") && body.contains("timestamp=1800000000"), "{body}");
}

#[test]
fn a_key_shows_itself_nowhere() {
    let access = StripeAccess { key: "sk_live_secret".to_owned(), url: None };
    let client = StripeClient::open(&access).unwrap();
    assert!(!format!("{access:?} {client:?}").contains("sk_live"));
    let wrong = StripeAccess { key: "sk_\n".to_owned(), url: None };
    assert!(matches!(StripeClient::open(&wrong), Err(BillingError::NotSent(_))));
}
