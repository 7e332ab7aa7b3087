//! An account that is open to whoever runs the platform: its admins open it and end that, and the platform's people come in and go back.

use ::web::answer::{FormRecall, FormReply, Page, SeeOther, WithHeaders};
use ::web::argument::Path;
use ::web::error::HttpError;
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use record::ids::AccountId;

use crate::accounts::AccountUser;
use crate::accounts::authentication::support::{
    GRANTED_HOURS, OPENED_HOURS, SupportError, SupportService, SupportTerms, TermsFault,
};
use crate::accounts::credentials::session::SessionToken;
use crate::db::PlatformReason;
use crate::db::account::accounts;
use crate::db::person::support_grants::{SupportGrantRow, list_grants, platform_open};
use crate::web::WebContext;
use crate::web::access::{LeaveSupport, ManagePlatform, ManageSupport, MemberCaller};
use crate::web::form::{RelayForm, require_own_form};
use crate::web::http_error::{internal_error, not_found};
use crate::web::layout::{NavSection, PageLayout};
use crate::web::pages::forms::confirm::ConfirmedForm;
use crate::web::pages::forms::single_form::SignInProblem;
use crate::web::view_models::formats::LocalTime;
use crate::web::words::{SupportWords, open_words};

const PATH: &str = "/app/support";
const GRANTS_MAX: i64 = 50;

struct GrantView {
    reason: String,
    about: String,
    /// Whether somebody looked, and who ended it.
    state: String,
    href: String,
}

#[derive(Template)]
#[template(path = "administration/support.html")]
struct SupportPage {
    shell: PageLayout,
    w: SupportWords,
    problem: Option<SignInProblem>,
    open: Vec<GrantView>,
    past: Vec<GrantView>,
    reason: String,
    hours: [i64; 3],
    csrf: String,
}

#[derive(Template)]
#[template(path = "operator/platform_account.html")]
struct PlatformAccountPage {
    shell: PageLayout,
    w: SupportWords,
    problem: Option<SignInProblem>,
    title: String,
    granted: Option<String>,
    href: String,
    reason: String,
    hours: [i64; 3],
    csrf: String,
}

impl WebContext {
    fn support(&self) -> SupportService<'_> {
        SupportService { auth: self.auth_service() }
    }
}

fn fault_problem(fault: TermsFault) -> SignInProblem {
    let w: SupportWords = open_words();
    match fault {
        TermsFault::Reason => SignInProblem { field: "reason", words: w.support_bad_reason() },
        TermsFault::Hours => SignInProblem { field: "hours", words: w.support_bad_hours() },
    }
}

pub(crate) async fn show_support(
    visitor: MemberCaller<ManageSupport>,
    State(web): State<WebContext>,
) -> Result<Page, HttpError> {
    draw_support(&visitor, &web, "", None).await
}

async fn draw_support(
    visitor: &AccountUser,
    web: &WebContext,
    reason: &str,
    problem: Option<SignInProblem>,
) -> Result<Page, HttpError> {
    let now_ms = web.now_ms();
    let wall = LocalTime::of_reader(now_ms);
    let w: SupportWords = wall.words();
    let grants = list_grants(&mut web.db.read(visitor.reads).await?, GRANTS_MAX).await?;
    let (open, past): (Vec<_>, Vec<_>) = grants
        .into_iter()
        .partition(|grant: &SupportGrantRow| grant.ended_ms.is_none() && grant.until_ms > now_ms);
    let shell = PageLayout::signed_in(w.support_title(), NavSection::People, visitor);
    Page::draw(&SupportPage {
        shell: shell.with_problem(problem.is_some()),
        w,
        problem,
        open: open.into_iter().map(|grant| view_grant(grant, &wall)).collect(),
        past: past.into_iter().map(|grant| view_grant(grant, &wall)).collect(),
        reason: reason.to_owned(),
        hours: GRANTED_HOURS,
        csrf: visitor.token.csrf(),
    })
}

fn view_grant(grant: SupportGrantRow, wall: &LocalTime) -> GrantView {
    let w: SupportWords = wall.words();
    let until = wall.day_plain_zoned(grant.ended_ms.unwrap_or(grant.until_ms));
    let about = match (&grant.granted_by, &grant.opened_by) {
        (Some(who), _) => w.support_granted(until, who.as_str()),
        (None, who) => w.support_broken(until, who.as_deref().unwrap_or_default()),
    };
    let used = match grant.used_ms {
        Some(at_ms) => w.support_used(wall.day_plain_zoned(at_ms)),
        None => w.support_unused(),
    };
    let ended = grant.ended_by.as_deref().map(|who| w.support_ended(who));
    let state = std::iter::once(used).chain(ended).collect::<Vec<_>>().join(", ");
    GrantView { reason: grant.reason, about, state, href: format!("{PATH}/{}", grant.grant_id) }
}

/// `POST /app/support`: an admin opens their account.
pub(crate) async fn open_to_support(
    visitor: MemberCaller<ManageSupport>,
    State(web): State<WebContext>,
    form: ConfirmedForm,
) -> Result<FormReply, HttpError> {
    require_own_form(&visitor, &form)?;
    let (reason, hours) = (form.fields.text("reason"), form.fields.text("hours"));
    match SupportTerms::read(reason, hours, &GRANTED_HOURS) {
        Ok(terms) => web.support().grant_access(&visitor, &terms).await?,
        Err(fault) => {
            let page = draw_support(&visitor, &web, reason, Some(fault_problem(fault))).await?;
            return Ok(FormReply::Again(FormRecall::Invalid, page));
        }
    }
    SeeOther::to(PATH).map(FormReply::Done)
}

/// `POST /app/support/{grant}`: an admin ends it at once.
pub(crate) async fn end_support(
    visitor: MemberCaller<ManageSupport>,
    State(web): State<WebContext>,
    Path(grant): Path<String>,
    form: RelayForm,
) -> Result<SeeOther, HttpError> {
    require_own_form(&visitor, &form)?;
    if web.support().end(&visitor, &grant).await? { SeeOther::to(PATH) } else { Err(not_found()) }
}

/// `GET /app/platform/accounts/{account}`: what opens an account, and what does where nothing else can.
pub(crate) async fn show_account(
    visitor: MemberCaller<ManagePlatform>,
    State(web): State<WebContext>,
    Path(account): Path<AccountId>,
) -> Result<Page, HttpError> {
    draw_account(&visitor, &web, account, None).await
}

async fn draw_account(
    visitor: &AccountUser,
    web: &WebContext,
    account: AccountId,
    problem: Option<(SignInProblem, &str)>,
) -> Result<Page, HttpError> {
    let now_ms = web.now_ms();
    let wall = LocalTime::of_reader(now_ms);
    let w: SupportWords = wall.words();
    let mut conn = web.db.platform_read(PlatformReason::Operator).await?;
    let id = account.to_string();
    let all = accounts::platform_list(&mut conn).await?;
    let (_, name) = all.into_iter().find(|(other, _)| *other == id).ok_or_else(not_found)?;
    let open = platform_open(&mut conn, now_ms).await?.into_iter().find(|open| open.account_id == id);
    drop(conn);
    let title = w.support_account_title(name);
    let shell = PageLayout::signed_in(title.clone(), NavSection::Me, visitor);
    let (problem, reason) = problem.map_or((None, ""), |(problem, reason)| (Some(problem), reason));
    Page::draw(&PlatformAccountPage {
        shell: shell.with_problem(problem.is_some()),
        w,
        problem,
        title,
        granted: open.map(|open| w.support_account_granted(open.reason, wall.day_plain_zoned(open.until_ms))),
        href: format!("/app/platform/accounts/{account}"),
        reason: reason.to_owned(),
        hours: OPENED_HOURS,
        csrf: visitor.token.csrf(),
    })
}

/// `POST /app/platform/accounts/{account}`: whoever runs the platform comes in.
pub(crate) async fn open_account(
    visitor: MemberCaller<ManagePlatform>,
    State(web): State<WebContext>,
    Path(account): Path<AccountId>,
    form: ConfirmedForm,
) -> Result<WithHeaders<FormReply>, HttpError> {
    require_own_form(&visitor, &form)?;
    let reason = form.fields.text("reason");
    let terms = SupportTerms::read(reason, form.fields.text("hours"), &OPENED_HOURS);
    let w: SupportWords = open_words();
    let problem = match web.support().open_account(&visitor, account, terms.as_ref().ok()).await {
        Ok(token) => return moved_reply(&token, FormReply::Done(SeeOther::to("/app/")?)),
        Err(SupportError::Db(error)) => return Err(error.into()),
        Err(SupportError::NoSuch | SupportError::Over) => return Err(not_found()),
        Err(SupportError::Own) => SignInProblem { field: "main", words: w.support_own() },
        Err(SupportError::Closed) => match terms {
            Err(fault) => fault_problem(fault),
            Ok(_) => SignInProblem { field: "main", words: w.support_closed() },
        },
    };
    let page = draw_account(&visitor, &web, account, Some((problem, reason))).await?;
    Ok(WithHeaders(HeaderMap::new(), FormReply::Again(FormRecall::Invalid, page)))
}

/// `POST /app/leave`: back to one's own account.
pub(crate) async fn leave_account(
    visitor: MemberCaller<LeaveSupport>,
    State(web): State<WebContext>,
    form: RelayForm,
) -> Result<WithHeaders<SeeOther>, HttpError> {
    require_own_form(&visitor, &form)?;
    match web.support().leave_account(&visitor).await {
        Ok(token) => moved_reply(&token, SeeOther::to("/app/platform")?),
        Err(SupportError::Db(error)) => Err(error.into()),
        Err(_) => Err(not_found()),
    }
}

fn moved_reply<R>(token: &SessionToken, reply: R) -> Result<WithHeaders<R>, HttpError> {
    let cookie = HeaderValue::from_str(&token.set_cookie()).map_err(internal_error)?;
    Ok(WithHeaders([(header::SET_COOKIE, cookie)].into_iter().collect(), reply))
}
