//! What an account pays: its plan, its invoices, and the way to Stripe's pages. A form never leads to another host (`form-action` would
//! have to let it): the way there is a link.

use std::collections::BTreeMap;

use ::web::answer::{FormRecall, FormReply, OneOf, Page, SeeOther};
use ::web::argument::LenientQuery;
use ::web::error::HttpError;
use askama::Template;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use words::format_money;

use crate::accounts::AccountUser;
use crate::accounts::records::access_log::AccessRecord;
use crate::billing::office::PlanStep;
use crate::billing::plans::{BillingPlan, LimitUse, PlanLimit, TRIAL};
use crate::billing::state::{BillingState, plan_of};
use crate::billing::{BillingError, BillingOffice, OfficeError};
use crate::db::billing::accounts::{AccountCounts, BillingRow, count_limited, find_billing};
use crate::db::billing::invoices::{InvoiceRow, list_invoices};
use crate::db::billing::usage::{find_peak, list_days};
use crate::web::access::{ManageBilling, MemberCaller};
use crate::web::form::require_own_form;
use crate::web::http_error::not_found;
use crate::web::layout::{NavSection, PageLayout};
use crate::web::pages::forms::confirm::ConfirmedForm;
use crate::web::pages::forms::single_form::SignInProblem;
use crate::web::view_models::formats::{BadgeTone, LocalTime, StatusBadge};
use crate::web::words::{BillingWords, find_reader, open_words};
use crate::web::{PageFact, WebContext};

const INVOICES: i64 = 24;
const DAY_MS: i64 = 24 * 3_600_000;

struct PlanView {
    id: String,
    name: String,
    about: String,
}

struct LimitView {
    name: String,
    used: String,
    badge: Option<StatusBadge>,
}

struct InvoiceView {
    number: String,
    made: String,
    amount: String,
    status: String,
    url: Option<String>,
    pdf: Option<String>,
}

/// What the page shows where billing is on.
struct BillingView {
    badge: StatusBadge,
    line: String,
    facts: Vec<PageFact>,
    limits: Vec<LimitView>,
    usage: Option<String>,
    /// Whether Stripe knows the account, so that it has a portal.
    has_portal: bool,
    /// Those that can be had instead of the present one.
    plans: Vec<PlanView>,
    /// In which a subscription can be paid, each with its letters; none where there is one.
    currencies: Vec<String>,
    invoices: Vec<InvoiceView>,
}

#[derive(Template)]
#[template(path = "billing/billing.html")]
struct BillingPage {
    shell: PageLayout,
    w: BillingWords,
    problem: Option<SignInProblem>,
    done: Option<String>,
    waits: bool,
    view: Option<BillingView>,
    csrf: String,
}

#[derive(Template)]
#[template(path = "billing/leave.html")]
struct LeavePage {
    shell: PageLayout,
    w: BillingWords,
    title: String,
    lead: String,
    href: String,
    button: String,
}

/// What the address of the page carries.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct BillingParams {
    /// From where at Stripe somebody comes back.
    done: String,
}

pub(crate) async fn show_billing(
    visitor: MemberCaller<ManageBilling>,
    State(web): State<WebContext>,
    LenientQuery(requested): LenientQuery<BillingParams>,
) -> Result<Page, HttpError> {
    if let (Some(office), false) = (web.billing_office(), requested.done.is_empty()) {
        let row = find_billing(&mut web.db.read(visitor.scope).await?).await?;
        if let Some(customer) = row.and_then(|row| row.customer) {
            office.sync_soon(&customer).await?;
        }
    }
    draw_billing(&visitor, &web, &requested.done, None).await
}

async fn draw_billing(
    visitor: &AccountUser,
    web: &WebContext,
    done: &str,
    problem: Option<SignInProblem>,
) -> Result<Page, HttpError> {
    let w: BillingWords = open_words();
    let mut conn = web.db.read(visitor.scope).await?;
    let row = find_billing(&mut conn).await?;
    let view = match web.billing_office() {
        Some(office) => {
            let counts = count_limited(&mut conn, web.now_ms()).await?;
            let start_ms = row.as_ref().and_then(|row| row.period_start_ms).unwrap_or(0);
            let peak = find_peak(&mut conn, start_ms.div_euclid(DAY_MS), i64::MAX).await?;
            let today = list_days(&mut conn, 1).await?.first().map(|(_, items)| *items);
            let invoices = list_invoices(&mut conn, INVOICES).await?;
            Some(view_billing(&office, row.as_ref(), counts, today.zip(peak), &invoices))
        }
        None => None,
    };
    drop(conn);
    let status = row.as_ref().and_then(|row| row.status.as_deref());
    // What Stripe's own page says is not believed: until it was fetched nothing is subscribed to.
    let is_subscribed = matches!(status, Some("active" | "trialing" | "past_due"));
    let (done, waits) = match done {
        "subscribed" if is_subscribed => (Some(w.billing_subscribed()), false),
        "subscribed" => (Some(w.billing_waits()), true),
        "changed" => (Some(w.billing_back()), false),
        _ => (None, false),
    };
    let view = view.map(|view| if waits { BillingView { plans: Vec::new(), ..view } } else { view });
    let shell = PageLayout::signed_in(w.billing_title(), NavSection::None, visitor);
    Page::draw(&BillingPage {
        shell: shell.with_problem(problem.is_some()),
        w,
        problem,
        done: done.filter(|_| view.is_some()),
        waits,
        view,
        csrf: visitor.token.csrf(),
    })
}

fn format_amount(amount: i64, currency: &str) -> String {
    format_money(find_reader().locale, amount, currency)
}

fn view_billing(
    office: &BillingOffice<'_>,
    row: Option<&BillingRow>,
    counts: AccountCounts,
    items: Option<(i64, i64)>,
    invoices: &[InvoiceRow],
) -> BillingView {
    let wall = LocalTime::of_reader(office.clock.now_ms());
    let (w, rules): (BillingWords, _) = (wall.words(), &office.line.rules);
    let state = BillingState::of_row(row, office.clock.now_ms());
    let plan = plan_of(rules, row);
    let status = row.and_then(|row| row.status.as_deref());
    let can_subscribe = matches!(status, None | Some("canceled" | "incomplete_expired" | "incomplete"));
    // Whoever owes pays that first.
    let can_change = matches!(status, Some("active" | "trialing" | "past_due"));
    let present = plan.filter(|_| can_change).map(|plan| plan.id.as_str());
    let fixed = row.and_then(|row| row.currency.as_deref());
    let is_offered = |plan: &&BillingPlan| {
        plan.id != TRIAL
            && Some(plan.id.as_str()) != present
            && (can_subscribe || can_change)
            && fixed.is_none_or(|fixed| plan.month.contains_key(fixed))
    };
    let paid = rules.plans.iter().filter(is_offered);
    let is_had = |one: &&String| can_subscribe && fixed.is_none_or(|fixed| *one == fixed);
    let mut currencies: Vec<String> =
        paid.clone().flat_map(|plan| plan.month.keys()).filter(is_had).cloned().collect();
    // Most pay in dollars, where those are taken.
    currencies.sort_unstable_by_key(|one| (one != "usd", one.clone()));
    currencies.dedup();
    let usage = items.map(|(today, peak)| w.billing_items(peak, today));
    let price = rules.usage_price.as_ref().map(|_| list_prices(&rules.usage_month, fixed));
    let price = price.filter(|price| !price.is_empty()).map(|price| w.billing_item_price(price));
    BillingView {
        badge: view_state(state, w),
        line: word_state(state, &wall),
        facts: list_facts(row, plan, &wall),
        limits: PlanLimit::ALL.into_iter().map(|what| view_limit(what, plan, counts, w)).collect(),
        usage: Some([usage, price].into_iter().flatten().collect::<Vec<_>>().join(" "))
            .filter(|text| !text.is_empty()),
        has_portal: row.is_some_and(|row| row.customer.is_some() && row.subscription.is_some()),
        plans: paid.map(|plan| view_plan(plan, fixed, w)).collect(),
        currencies,
        invoices: invoices.iter().map(|invoice| view_invoice(invoice, &wall)).collect(),
    }
}

fn view_state(state: BillingState, w: BillingWords) -> StatusBadge {
    let tone = match state {
        BillingState::Active => BadgeTone::Ok,
        BillingState::Trial { .. } => BadgeTone::Plain,
        BillingState::PastDue | BillingState::Grace { .. } => BadgeTone::Due,
        BillingState::ReadOnly { .. } => BadgeTone::Late,
    };
    StatusBadge::new(tone, w.billing_state(state.key()))
}

fn word_state(state: BillingState, wall: &LocalTime) -> String {
    let at = match state {
        BillingState::Trial { until_ms } | BillingState::Grace { until_ms } => wall.day_of(until_ms),
        BillingState::ReadOnly { since_ms } => wall.day_of(since_ms),
        BillingState::Active | BillingState::PastDue => String::new(),
    };
    wall.words::<BillingWords>().billing_state_line(at, state.key())
}

fn list_facts(row: Option<&BillingRow>, plan: Option<&BillingPlan>, wall: &LocalTime) -> Vec<PageFact> {
    let w: BillingWords = wall.words();
    let name = plan.map(|plan| plan.name.clone()).or_else(|| row.and_then(|row| row.plan.clone()));
    let mut facts = vec![PageFact::new(w.billing_plan(), name.unwrap_or_default())];
    let Some(row) = row else { return facts };
    let currency = row.currency.as_deref().unwrap_or_default();
    if row.subscription.is_some() && row.over_ms.is_none() {
        facts.push(PageFact::new(w.billing_month(), format_amount(row.month_amount, currency)));
    }
    match (row.cancel_at_ms, row.period_end_ms.filter(|_| row.subscription.is_some())) {
        (Some(ends_ms), _) => facts.push(PageFact::new(w.billing_ends(), wall.day_of(ends_ms))),
        (None, Some(next_ms)) if row.over_ms.is_none() => {
            facts.push(PageFact::new(w.billing_renews(), wall.day_of(next_ms)));
        }
        _ => {}
    }
    if row.due > 0 {
        facts.push(PageFact::new(w.billing_due(), format_amount(row.due, currency)));
    }
    if let Some(next_ms) = row.next_try_ms {
        facts.push(PageFact::new(w.billing_next_try(), wall.day_plain_zoned(next_ms)));
    }
    if let Some(fetched_ms) = row.fetched_ms {
        facts.push(PageFact::new(w.billing_fetched(), wall.day_plain_zoned(fetched_ms)));
    }
    facts
}

fn view_limit(
    what: PlanLimit,
    plan: Option<&BillingPlan>,
    counts: AccountCounts,
    w: BillingWords,
) -> LimitView {
    let (name, count) = match what {
        PlanLimit::Facilities => (w.billing_facilities(), counts.facilities),
        PlanLimit::People => (w.billing_people(), counts.people),
    };
    let limit = plan.and_then(|plan| plan.limit(what));
    let badge = match LimitUse::of(count, limit) {
        LimitUse::Plenty => None,
        LimitUse::Near => Some(StatusBadge::new(BadgeTone::Due, w.billing_near())),
        LimitUse::Reached => Some(StatusBadge::new(BadgeTone::Due, w.billing_reached())),
    };
    let used = match limit {
        Some(limit) => w.billing_used(count, limit),
        None => w.billing_used_unlimited(count),
    };
    LimitView { name, used, badge }
}

/// `fixed`: the currency in which the account pays.
fn list_prices(amounts: &BTreeMap<String, i64>, fixed: Option<&str>) -> String {
    let shown = amounts.iter().filter(|(currency, _)| fixed.is_none_or(|fixed| fixed == currency.as_str()));
    shown.map(|(currency, amount)| format_amount(*amount, currency)).collect::<Vec<_>>().join(", ")
}

fn view_plan(plan: &BillingPlan, fixed: Option<&str>, w: BillingWords) -> PlanView {
    let price = list_prices(&plan.month, fixed);
    let facilities =
        plan.facilities.map_or_else(|| w.billing_facilities_any(), |most| w.billing_facilities_most(most));
    let people = plan.people.map_or_else(|| w.billing_people_any(), |most| w.billing_people_most(most));
    PlanView {
        id: plan.id.clone(),
        name: plan.name.clone(),
        about: w.billing_plan_about(facilities, people, price),
    }
}

fn view_invoice(row: &InvoiceRow, wall: &LocalTime) -> InvoiceView {
    let is_safe = |url: &&String| url.starts_with("https://") || url.starts_with("http://127.0.0.1:");
    InvoiceView {
        number: row.number.clone().unwrap_or_else(|| row.invoice.clone()),
        made: wall.day_of(row.made_ms),
        amount: format_amount(row.total, &row.currency),
        status: wall.words::<BillingWords>().billing_invoice_status(&row.status),
        url: row.url.as_ref().filter(is_safe).cloned(),
        pdf: row.pdf.as_ref().filter(is_safe).cloned(),
    }
}

/// `POST /app/billing/subscribe`: a page with the way to Stripe's, or the plan is changed.
pub(crate) async fn subscribe(
    visitor: MemberCaller<ManageBilling>,
    State(web): State<WebContext>,
    form: ConfirmedForm,
) -> Result<OneOf<Page, FormReply>, HttpError> {
    require_own_form(&visitor, &form)?;
    let office = web.billing_office().ok_or_else(not_found)?;
    let w: BillingWords = open_words();
    let (id, currency) = (form.fields.text("plan"), form.fields.text("currency"));
    let plan = office.line.rules.find_plan(id).filter(|plan| plan.price.is_some());
    let is_had = |plan: &&BillingPlan| currency.is_empty() || plan.month.contains_key(currency);
    let Some(plan) = plan.filter(is_had) else {
        return refuse_act(&visitor, &web, w.billing_no_price()).await;
    };
    match Box::pin(office.choose_plan(visitor.scope, plan, currency, &visitor.email)).await {
        Ok(PlanStep::Changed) => {
            note_act(&visitor, &web, "billing plan", &plan.id).await?;
            SeeOther::to("/app/billing?done=changed").map(|to| OneOf::Second(FormReply::Done(to)))
        }
        Ok(PlanStep::Checkout(href)) => {
            note_act(&visitor, &web, "billing checkout", &plan.id).await?;
            draw_leave(
                &visitor,
                href,
                w.billing_leave_title(),
                w.billing_leave_lead(&plan.name),
                w.billing_leave(),
            )
        }
        Err(error) => refuse_error(&visitor, &web, error).await,
    }
}

/// `POST /app/billing/portal`: a page with the way to Stripe's.
pub(crate) async fn open_portal(
    visitor: MemberCaller<ManageBilling>,
    State(web): State<WebContext>,
    form: ConfirmedForm,
) -> Result<OneOf<Page, FormReply>, HttpError> {
    require_own_form(&visitor, &form)?;
    let office = web.billing_office().ok_or_else(not_found)?;
    let w: BillingWords = open_words();
    let row = find_billing(&mut web.db.read(visitor.scope).await?).await?;
    let Some(customer) = row.and_then(|row| row.customer) else {
        return refuse_act(&visitor, &web, w.billing_no_portal()).await;
    };
    match office.open_portal(&customer).await {
        Ok(href) => {
            note_act(&visitor, &web, "billing portal", "").await?;
            draw_leave(&visitor, href, w.billing_portal(), w.billing_portal_lead(), w.billing_leave())
        }
        Err(error) => refuse_error(&visitor, &web, error).await,
    }
}

async fn note_act(
    visitor: &AccountUser,
    web: &WebContext,
    act: &'static str,
    about: &str,
) -> Result<(), HttpError> {
    let mut tx = web.db.write(visitor.scope).await?;
    let record = AccessRecord { who: &visitor.email, act, about, facility: None };
    web.log().write_act(&mut tx, record).await?;
    Ok(tx.commit().await?)
}

fn draw_leave(
    visitor: &AccountUser,
    href: String,
    title: String,
    lead: String,
    button: String,
) -> Result<OneOf<Page, FormReply>, HttpError> {
    let shell = PageLayout::signed_in(&title, NavSection::None, visitor);
    Page::draw(&LeavePage { shell, w: open_words(), title, lead, href, button }).map(OneOf::First)
}

async fn refuse_act(
    visitor: &AccountUser,
    web: &WebContext,
    words: String,
) -> Result<OneOf<Page, FormReply>, HttpError> {
    let problem = Some(SignInProblem { field: "main", words });
    let page = draw_billing(visitor, web, "", problem).await?;
    Ok(OneOf::Second(FormReply::Again(FormRecall::Conflicting, page)))
}

/// What was not done is said as far as it is known.
async fn refuse_error(
    visitor: &AccountUser,
    web: &WebContext,
    error: OfficeError,
) -> Result<OneOf<Page, FormReply>, HttpError> {
    let w: BillingWords = open_words();
    let words = match &error {
        OfficeError::Db(_) => String::new(),
        OfficeError::NoPrice(_) => w.billing_no_price(),
        OfficeError::ForeignCustomer(_) => w.billing_foreign(),
        OfficeError::Service(BillingError::Busy | BillingError::NotSent(_)) => w.billing_busy(),
        OfficeError::Service(BillingError::MayHaveHappened(_)) => w.billing_unanswered(),
        OfficeError::Service(BillingError::Final { .. }) => w.billing_refused(),
    };
    match error {
        OfficeError::Db(error) => Err(error.into()),
        error => {
            tracing::error!(account = visitor.scope.key(), %error, "Stripe did not do what an admin asked");
            refuse_act(visitor, web, words).await
        }
    }
}
