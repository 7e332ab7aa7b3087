//! All accounts and the relay's own work, for whoever runs the platform.

use ::web::answer::{FormRecall, FormReply, Page, SeeOther};
use ::web::argument::{LenientQuery, Path};
use ::web::error::HttpError;
use askama::Template;
use axum::extract::State;
use record::ids::RelayJobId;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::accounts::AccountUser;
use crate::accounts::records::access_log::AccessRecord;
use crate::db::account::accounts::{AccountOverview, platform_overview};
use crate::db::operation::jobs::{
    DeadJobRow, JobCountRow, platform_count, platform_list_dead, platform_retry_dead,
};
use crate::db::operation::processes::{ProcessRow, platform_list};
use crate::db::person::support_grants::{OpenAccount, platform_open};
use crate::db::{DbError, PlatformReason};
use crate::web::WebContext;
use crate::web::access::{ManagePlatform, MemberCaller};
use crate::web::form::require_own_form;
use crate::web::layout::{NavSection, PageLayout};
use crate::web::pages::forms::confirm::ConfirmedForm;
use crate::web::pages::forms::single_form::SignInProblem;
use crate::web::view_models::formats::LocalTime;
use crate::web::words::{
    BillingWords, MailsWords, NoticesWords, PageWords, PlatformWords, RecordsWords, SupportWords, open_words,
};

/// Accounts and dead jobs that are listed at a time.
const ROWS_MAX: i64 = 200;

struct AccountView {
    id: String,
    name: String,
    people: i64,
    facilities: i64,
    boxes: i64,
    made: String,
    seen: String,
    href: String,
    open: Option<String>,
}

struct ProcessView {
    host: String,
    pid: i64,
    roles: String,
    version: String,
    started: String,
    seen: String,
}

struct JobCountView {
    kind: String,
    state: String,
    jobs: i64,
}

struct DeadJobView {
    kind: String,
    key: String,
    about: String,
    error: String,
    href: String,
}

#[derive(Template)]
#[template(path = "operator/platform.html")]
struct PlatformPage {
    shell: PageLayout,
    w: PlatformWords,
    problem: Option<SignInProblem>,
    done: Option<String>,
    caption: String,
    accounts: Vec<AccountView>,
    counts: Vec<JobCountView>,
    dead: Vec<DeadJobView>,
    support: SupportWords,
    notices: NoticesWords,
    mails: MailsWords,
    records: RecordsWords,
    billing: BillingWords,
    processes: Vec<ProcessView>,
    csrf: String,
}

/// What the address of the page carries.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct PlatformParams {
    /// What was just done.
    done: String,
}

pub(crate) async fn show_platform(
    visitor: MemberCaller<ManagePlatform>,
    State(web): State<WebContext>,
    LenientQuery(requested): LenientQuery<PlatformParams>,
) -> Result<Page, HttpError> {
    let done = (requested.done == "retried").then(|| open_words::<PlatformWords>().platform_retried());
    draw_platform(&visitor, &web, done, None).await
}

async fn draw_platform(
    visitor: &AccountUser,
    web: &WebContext,
    done: Option<String>,
    problem: Option<SignInProblem>,
) -> Result<Page, HttpError> {
    let now_ms = web.now_ms();
    let wall = LocalTime::of_reader(now_ms);
    let w: PlatformWords = wall.words();
    let mut conn = web.db.platform_read(PlatformReason::Operator).await?;
    let accounts = platform_overview(&mut conn, ROWS_MAX).await?;
    let counts = platform_count(&mut conn, now_ms).await?;
    let dead = platform_list_dead(&mut conn, ROWS_MAX).await?;
    let open = platform_open(&mut conn, now_ms).await?;
    let processes = platform_list(&mut conn).await?;
    drop(conn);
    let shell = PageLayout::signed_in(w.platform_title(), NavSection::Me, visitor);
    Page::draw(&PlatformPage {
        shell: shell.with_problem(problem.is_some()),
        w,
        problem,
        done,
        caption: w.platform_accounts(accounts.len()),
        accounts: accounts.into_iter().map(|row| view_account(row, &open, &wall)).collect(),
        counts: counts.into_iter().map(|row| view_count(row, w)).collect(),
        dead: dead.into_iter().map(|row| view_dead(row, &wall)).collect(),
        support: wall.words(),
        notices: wall.words(),
        mails: wall.words(),
        records: wall.words(),
        billing: wall.words(),
        processes: processes.into_iter().map(|row| view_process(row, &wall)).collect(),
        csrf: visitor.token.csrf(),
    })
}

fn view_process(row: ProcessRow, wall: &LocalTime) -> ProcessView {
    let ProcessRow { host, pid, roles, version, started_ms, seen_ms, .. } = row;
    let (started, seen) = (wall.day_plain_zoned(started_ms), wall.day_plain_zoned(seen_ms));
    ProcessView { host, pid, roles, version, started, seen }
}

fn view_account(row: AccountOverview, open: &[OpenAccount], wall: &LocalTime) -> AccountView {
    let AccountOverview { id, name, created_ms, people, facilities, boxes, seen_ms } = row;
    let (made, seen) = (
        wall.day_of(created_ms),
        seen_ms.map_or_else(|| wall.words::<PageWords>().time_never(), |at| wall.day_plain_zoned(at)),
    );
    let (href, w) = (format!("/app/platform/accounts/{id}"), wall.words::<SupportWords>());
    let open = open.iter().find(|open| open.account_id == id);
    let open = open.map(|open| w.support_account_until(wall.day_plain_zoned(open.until_ms)));
    AccountView { id, name, people, facilities, boxes, made, seen, href, open }
}

fn view_count(row: JobCountRow, w: PlatformWords) -> JobCountView {
    let state = w.platform_job_state(&row.state);
    JobCountView { state, kind: row.kind, jobs: row.jobs }
}

fn view_dead(row: DeadJobRow, wall: &LocalTime) -> DeadJobView {
    let w: PlatformWords = wall.words();
    let tries = w.platform_tries(usize::try_from(row.tries).unwrap_or_default());
    DeadJobView {
        about: w.platform_died(wall.day_plain_zoned(row.died_ms), tries),
        error: row.error.unwrap_or_default(),
        href: format!("/app/platform/jobs/{}", row.job),
        kind: row.kind,
        key: row.key,
    }
}

/// `POST /app/platform/jobs/{job}`: work that was given up is tried again.
pub(crate) async fn retry_job(
    visitor: MemberCaller<ManagePlatform>,
    State(web): State<WebContext>,
    Path(job): Path<RelayJobId>,
    form: ConfirmedForm,
) -> Result<FormReply, HttpError> {
    require_own_form(&visitor, &form)?;
    if retry_dead(&web, &visitor, job).await? {
        return SeeOther::to("/app/platform?done=retried").map(FormReply::Done);
    }
    let words = open_words::<PlatformWords>().platform_gone();
    let problem = Some(SignInProblem { field: "dead", words });
    let page = draw_platform(&visitor, &web, None, problem).await?;
    Ok(FormReply::Again(FormRecall::Conflicting, page))
}

/// Whether it was among those that were given up. The act stands in the log of the account whose work it is; of the relay's own, in that
/// of whoever pressed.
async fn retry_dead(web: &WebContext, visitor: &AccountUser, job: RelayJobId) -> Result<bool, DbError> {
    let mut tx = web.db.platform_write(PlatformReason::Operator).await?;
    let dead = platform_retry_dead(&mut tx, &job.to_string(), web.now_ms()).await?;
    let Some(dead) = dead else { return Ok(false) };
    let mut tx = tx.enter(dead.scope()?.unwrap_or(visitor.scope)).await?;
    let about = format!("{} {}", dead.kind, dead.key);
    let record = AccessRecord { who: &visitor.email, act: "jobs retry", about: &about, facility: None };
    web.log().write_act(&mut tx, record).await?;
    tx.commit().await?;
    Ok(true)
}
