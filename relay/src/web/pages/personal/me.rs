//! The person who is signed in: where they are signed in, their password, their other accounts, and signing out.

use ::web::answer::{FormRecall, FormReply, Page, SeeOther, WithHeaders};
use ::web::argument::{LenientQuery, Path};
use ::web::error::HttpError;
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use record::ids::AccountId;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::accounts::AccountUser;
use crate::accounts::authentication::second_factor::AccountFactor;
use crate::accounts::authentication::sign_in::SignInError;
use crate::db::person::sessions;
use crate::web::access::{ClientAddress, MemberCaller, SelfAccess};
use crate::web::form::{RelayForm, require_own_form};
use crate::web::http_error::{busy_error, internal_error, not_found, parameter_error};
use crate::web::layout::{NavSection, PageLayout};
use crate::web::next_page::HOME;
use crate::web::pages::authentication::sign_in_methods::hash_new;
use crate::web::pages::forms::browser::sign_in_origin;
use crate::web::pages::forms::single_form::SignInProblem;
use crate::web::pages::personal::identities::{AccountIdentities, load_identities};
use crate::web::view_models::formats::{LocalTime, role_name};
use crate::web::words::{
    ErrorWords, FactorWords, LocaleWords, MailChoiceWords, OidcWords, PasskeyWords, PeopleWords, SignInWords,
    name_agent, open_words,
};
use crate::web::{PageFact, WebContext};

struct SessionView {
    agent: String,
    network: String,
    about: String,
    is_this: bool,
    href: String,
}

struct OtherAccount {
    name: String,
    role: String,
    account: String,
}

#[derive(Template)]
#[template(path = "personal/me.html")]
struct MePage {
    shell: PageLayout,
    w: PeopleWords,
    sign_in_words: SignInWords,
    locale: LocaleWords,
    mails: MailChoiceWords,
    problem: Option<SignInProblem>,
    done: Option<String>,
    name: String,
    email: String,
    facts: Vec<PageFact>,
    sessions: Vec<SessionView>,
    accounts: Vec<OtherAccount>,
    oidc: OidcWords,
    own: AccountIdentities,
    f: FactorWords,
    apps: Vec<FactorView>,
    k: PasskeyWords,
    passkeys: Vec<FactorView>,
    has_passkeys: bool,
    /// How many recovery codes are left, where there is an app or a passkey.
    codes: String,
    csrf: String,
}

/// An authenticator app or a passkey of theirs.
struct FactorView {
    name: String,
    about: String,
    href: String,
}

/// What the address of the page carries.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct MeParams {
    /// What was just done.
    done: String,
}

pub(crate) async fn show(
    visitor: MemberCaller<SelfAccess>,
    State(web): State<WebContext>,
    LenientQuery(requested): LenientQuery<MeParams>,
) -> Result<Page, HttpError> {
    let done = match requested.done.as_str() {
        "password" => Some(open_words::<PeopleWords>().me_password_done()),
        "factor" => Some(open_words::<FactorWords>().factor_done()),
        "identity" => Some(open_words::<OidcWords>().oidc_own_done()),
        _ => None,
    };
    draw_me(&visitor, &web, done, None).await
}

async fn draw_me(
    visitor: &AccountUser,
    web: &WebContext,
    done: Option<String>,
    problem: Option<SignInProblem>,
) -> Result<Page, HttpError> {
    let wall = LocalTime::of_reader(web.now_ms());
    let w: PeopleWords = wall.words();
    let facts = vec![
        PageFact::entered(w.me_account(), visitor.account_name.clone()),
        PageFact::new(w.people_role(), role_name(wall.words(), Some(visitor.role))),
        PageFact::entered(w.people_email(), visitor.email.clone()),
        PageFact::new(w.me_signed_in(), wall.day_plain_zoned(visitor.since_ms)),
    ];
    let mut open = web.auth_service().list_sessions(visitor.person).await?;
    // Where else somebody is signed in is not for a provider that one account chose.
    open.retain(|(digest, _)| visitor.came_by.is_none() || *digest == visitor.token.digest());
    let views =
        open.into_iter().map(|(digest, session): (record::tree::Hash, sessions::OpenSession)| SessionView {
            agent: name_agent(&session.agent),
            network: session.network,
            about: w
                .me_sessions_since(wall.day_of(session.created_ms), wall.day_plain_zoned(session.used_ms)),
            is_this: digest == visitor.token.digest(),
            href: format!("/app/me/sessions/{}", session.mark),
        });
    let sessions: Vec<SessionView> = views.collect();
    let mut accounts = Vec::new();
    for row in web.auth_service().list_accounts(visitor.person).await? {
        let scope = row.scope()?;
        // A provider lets them into its own account only.
        if scope != visitor.scope && visitor.came_by.is_none() {
            accounts.push(OtherAccount {
                name: row.account_name,
                role: role_name(wall.words(), row.role.parse().ok()),
                account: scope.account().to_string(),
            });
        }
    }
    let linked = load_identities(web, visitor, &wall).await?;
    let (f, own) = (wall.words::<FactorWords>(), web.second_factors().list(visitor.person).await?);
    let shell = PageLayout::signed_in(visitor.name.clone(), NavSection::Me, visitor);
    let view = MePage {
        shell: shell.with_problem(problem.is_some()),
        w,
        sign_in_words: wall.words(),
        locale: wall.words(),
        mails: wall.words(),
        problem,
        done,
        facts,
        sessions,
        accounts,
        oidc: wall.words(),
        own: linked,
        f,
        codes: f.factor_codes(own.codes_left),
        apps: own.apps.into_iter().map(|factor| view_factor(factor, &wall)).collect(),
        k: wall.words(),
        passkeys: own.passkeys.into_iter().map(|factor| view_factor(factor, &wall)).collect(),
        has_passkeys: web.passkeys().is_some(),
        csrf: visitor.token.csrf(),
        name: visitor.name.clone(),
        email: visitor.email.clone(),
    };
    Page::draw(&view)
}

fn view_factor(factor: AccountFactor, wall: &LocalTime) -> FactorView {
    let f: FactorWords = wall.words();
    FactorView {
        about: match factor.used_ms {
            Some(used_ms) => f.factor_used(wall.day_of(factor.made_ms), wall.day_plain_zoned(used_ms)),
            None => f.factor_since(wall.day_of(factor.made_ms)),
        },
        href: format!("/app/me/factors/{}", factor.id),
        name: factor.name,
    }
}

/// `POST /app/me/sessions/{mark}`: one browser is signed out.
pub(crate) async fn end_session(
    visitor: MemberCaller<SelfAccess>,
    State(web): State<WebContext>,
    Path(mark): Path<String>,
    form: RelayForm,
) -> Result<SeeOther, HttpError> {
    require_own_form(&visitor, &form)?;
    if visitor.came_by.is_some() {
        return Err(not_found());
    }
    let digest = web.auth_service().end_session(&visitor, &mark).await?.ok_or_else(not_found)?;
    SeeOther::to(if digest == visitor.token.digest() { "/login?done=here" } else { "/app/me" })
}

pub(crate) async fn change_password(
    visitor: MemberCaller<SelfAccess>,
    State(web): State<WebContext>,
    address: ClientAddress,
    headers: HeaderMap,
    form: RelayForm,
) -> Result<FormReply, HttpError> {
    require_own_form(&visitor, &form)?;
    let (w, sign_in_words): (PeopleWords, SignInWords) = (open_words(), open_words());
    let present = form.fields.text("present").to_owned();
    let origin = sign_in_origin(&headers, address);
    match web.auth_service().check_password(&visitor, present, &origin).await {
        Ok(()) => {}
        Err(SignInError::Db(error)) => return Err(error.into()),
        Err(SignInError::Busy) => return Err(busy_error()),
        Err(SignInError::Wrong | SignInError::Ended) => {
            let problem = SignInProblem { field: "present", words: w.me_password_wrong() };
            return refuse_password(&visitor, &web, problem).await;
        }
        Err(SignInError::Wait { until_ms, .. }) => {
            let time = LocalTime::of_reader(web.now_ms()).plain_zoned(until_ms.saturating_add(59_999));
            let words = sign_in_words.sign_in_wait_device(time);
            return refuse_password(&visitor, &web, SignInProblem { field: "present", words }).await;
        }
    }
    let own = [visitor.name.as_str(), &visitor.email, &visitor.account_name];
    let hash = match hash_new(&web, form.fields.text("password"), &own).await? {
        Ok(hash) => hash,
        Err((field, words)) => {
            return refuse_password(&visitor, &web, SignInProblem { field, words }).await;
        }
    };
    web.recovery().change_own(&visitor, &hash).await.map_err(internal_error)?;
    SeeOther::to("/app/me?done=password").map(FormReply::Done)
}

async fn refuse_password(
    visitor: &AccountUser,
    web: &WebContext,
    problem: SignInProblem,
) -> Result<FormReply, HttpError> {
    let page = draw_me(visitor, web, None, Some(problem)).await?;
    Ok(FormReply::Again(FormRecall::Invalid, page))
}

/// `POST /app/me/account`: another account of theirs is shown.
pub(crate) async fn switch_account(
    visitor: MemberCaller<SelfAccess>,
    State(web): State<WebContext>,
    form: RelayForm,
) -> Result<WithHeaders<SeeOther>, HttpError> {
    require_own_form(&visitor, &form)?;
    let account: AccountId = form
        .fields
        .text("account")
        .parse()
        .map_err(|_| parameter_error("account", ErrorWords::parameter_account))?;
    let token = match web.auth_service().switch_account(&visitor, account).await {
        Ok(token) => token,
        Err(SignInError::Db(error)) => return Err(error.into()),
        Err(_) => return Err(not_found()),
    };
    let cookie = HeaderValue::from_str(&token.set_cookie()).map_err(internal_error)?;
    let cookies = [(header::SET_COOKIE, cookie)].into_iter().collect();
    Ok(WithHeaders(cookies, SeeOther::to(HOME)?))
}
