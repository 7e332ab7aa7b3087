//! What all accounts pay, for whoever runs the platform: each figure with the accounts that it is of.

use std::collections::BTreeMap;

use ::web::answer::Page;
use ::web::argument::LenientQuery;
use ::web::error::HttpError;
use askama::Template;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use words::{Number, format_money};

use crate::billing::revenue::{RevenueFigure, RevenueGroup, RevenueReport};
use crate::billing::round::month_of;
use crate::billing::state::BillingState;
use crate::db::PlatformReason;
use crate::db::billing::events::{DifferenceRow, platform_list_differences};
use crate::db::billing::revenue::{RevenueRow, platform_list_revenue};
use crate::web::WebContext;
use crate::web::access::{ManagePlatform, MemberCaller};
use crate::web::layout::{NavSection, PageLayout};
use crate::web::view_models::formats::LocalTime;
use crate::web::words::{BillingWords, PageWords, find_reader};

const DIFFERENCES_MAX: i64 = 100;
const ACCOUNTS_MAX: usize = 200;

struct FigureView {
    name: String,
    accounts: String,
    amounts: String,
    href: String,
}

struct RevenueAccountView {
    name: String,
    href: String,
    plan: String,
    amount: String,
    state: String,
}

struct DifferenceView {
    customer: String,
    ours: String,
    theirs: String,
    since: String,
    lasting: bool,
}

#[derive(Template)]
#[template(path = "operator/revenue.html")]
struct RevenuePage {
    shell: PageLayout,
    w: BillingWords,
    is_off: bool,
    figures: Vec<FigureView>,
    usage: String,
    churn: String,
    converted: String,
    group: Option<String>,
    accounts: Vec<RevenueAccountView>,
    differences: Vec<DifferenceView>,
}

/// What the address of the page carries.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct RevenueParams {
    /// Whose accounts are listed.
    group: String,
}

pub(crate) async fn show_revenue(
    visitor: MemberCaller<ManagePlatform>,
    State(web): State<WebContext>,
    LenientQuery(requested): LenientQuery<RevenueParams>,
) -> Result<Page, HttpError> {
    let now_ms = web.now_ms();
    let wall = LocalTime::of_reader(now_ms);
    let w: BillingWords = wall.words();
    let mut conn = web.db.platform_read(PlatformReason::Operator).await?;
    let rows = platform_list_revenue(&mut conn, month_of(now_ms)).await?;
    let differences = platform_list_differences(&mut conn, DIFFERENCES_MAX).await?;
    drop(conn);
    let prices = web.billing.as_ref().map(|line| line.rules.usage_month.clone()).unwrap_or_default();
    let report = RevenueReport::of(&rows, &prices, now_ms);
    let group = RevenueGroup::find_group(&requested.group);
    let listed = rows.iter().filter(|row| group.is_some_and(|group| group.has(row, now_ms)));
    let shell = PageLayout::signed_in(w.revenue_title(), NavSection::Me, &visitor);
    Page::draw(&RevenuePage {
        shell,
        w,
        is_off: web.billing.is_none(),
        figures: report.figures.iter().map(|figure| view_figure(figure, &wall)).collect(),
        usage: list_amounts(&report.usage, w),
        churn: list_shares(&report.churn_tenths, &wall),
        converted: report
            .converted_tenths
            .map_or_else(|| w.revenue_none(), |tenths| format_share(tenths, &wall)),
        group: group.map(|group| w.revenue_group(group.key())),
        accounts: listed.take(ACCOUNTS_MAX).map(|row| view_account(row, &wall)).collect(),
        differences: differences.into_iter().map(|row| view_difference(row, &wall)).collect(),
    })
}

fn list_amounts(amounts: &BTreeMap<String, i64>, w: BillingWords) -> String {
    let locale = find_reader().locale;
    let shown: Vec<String> =
        amounts.iter().map(|(currency, amount)| format_money(locale, *amount, currency)).collect();
    if shown.is_empty() { w.revenue_none() } else { shown.join(", ") }
}

fn format_share(tenths: i64, wall: &LocalTime) -> String {
    wall.words::<PageWords>().rate_percent(Number::from_tenths(tenths))
}

fn list_shares(shares: &BTreeMap<String, i64>, wall: &LocalTime) -> String {
    let shown: Vec<String> = shares
        .iter()
        .map(|(currency, tenths)| format!("{} {}", currency.to_uppercase(), format_share(*tenths, wall)))
        .collect();
    if shown.is_empty() { wall.words::<BillingWords>().revenue_none() } else { shown.join(", ") }
}

fn view_figure(figure: &RevenueFigure, wall: &LocalTime) -> FigureView {
    let w: BillingWords = wall.words();
    FigureView {
        name: w.revenue_group(figure.group.key()),
        accounts: wall.number(figure.accounts),
        amounts: list_amounts(&figure.amounts, w),
        href: format!("/app/platform/revenue?group={}#accounts", figure.group.key()),
    }
}

fn view_account(row: &RevenueRow, wall: &LocalTime) -> RevenueAccountView {
    let w: BillingWords = wall.words();
    let state = BillingState::of(row.status.as_deref(), row.trial_end_ms, row.over_ms, wall.now_ms());
    let currency = row.currency.as_deref().filter(|_| row.amount != 0);
    RevenueAccountView {
        name: row.name.clone(),
        href: format!("/app/platform/accounts/{}", row.account_id),
        plan: row.plan.clone().unwrap_or_default(),
        amount: currency
            .map_or_else(String::new, |currency| format_money(find_reader().locale, row.amount, currency)),
        state: w.billing_state(state.key()),
    }
}

fn view_difference(row: DifferenceRow, wall: &LocalTime) -> DifferenceView {
    let (since, lasting) = (wall.day_plain_zoned(row.since_ms), row.is_lasting());
    let none = || wall.words::<BillingWords>().revenue_nothing();
    let ours = if row.ours.is_empty() { none() } else { row.ours };
    DifferenceView { customer: row.customer, ours, theirs: row.theirs, since, lasting }
}
