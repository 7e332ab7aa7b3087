//! Signing in and out.

use ::web::answer::{FormRecall, FormReply, OneOf, Page, SeeOther, WithHeaders};
use ::web::argument::LenientQuery;
use ::web::error::HttpError;
use ::web::route::AnyCaller;
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use schemars::JsonSchema;
use serde::Deserialize;
use words::{S0, SafeHtml, fill_slots};

use crate::accounts::authentication::sign_in::SignInError;
use crate::accounts::credentials::lock_out::EmptyBucket;
use crate::accounts::credentials::session::clear_cookie;
use crate::accounts::records::access_log::{AccessOutcome, AccessRecord, SessionDetail};
use crate::db::PlatformReason;
use crate::db::person::{devices, second_steps, sessions};
use crate::web::WebContext;
use crate::web::access::{ClientAddress, GuestCaller, MemberCaller, SelfAccess};
use crate::web::form::{RelayForm, require_own_form};
use crate::web::http_error::{busy_error, encode_parameter, internal_error};
use crate::web::layout::{PageBrand, PageLayout};
use crate::web::next_page::{HOME, page_after_sign_in};
use crate::web::pages::authentication::second_step::step_reply;
use crate::web::pages::forms::browser::{read_device, sign_in_origin};
use crate::web::pages::forms::single_form::SignInProblem;
use crate::web::view_models::formats::LocalTime;
use crate::web::words::{OidcWords, PasskeyWords, SignInWords, open_words};

const MINUTE_MS: i64 = 60_000;
/// What the operator runs for somebody who forgot their password.
pub const PASSWORD_COMMAND: &str = "cleantrack-relay admin set-password";

#[derive(Template)]
#[template(path = "authentication/sign_in.html")]
pub(crate) struct SignInPage {
    shell: PageLayout,
    heading: String,
    w: SignInWords,
    oidc: OidcWords,
    organisation: String,
    problem: Option<SignInProblem>,
    email: String,
    next: String,
    done: Option<String>,
    /// What somebody does who forgot their password, where no mail leaves.
    forgot: SafeHtml,
    sends_mail: bool,
    /// Whether anybody may make an account.
    is_open: bool,
    p: PasskeyWords,
    has_passkeys: bool,
}

/// What the address of the page carries.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct SignInParams {
    /// The page that is shown then.
    next: String,
    /// What came of signing out.
    done: String,
}

pub(crate) async fn start_session(guest: GuestCaller) -> Result<SeeOther, HttpError> {
    SeeOther::to(if guest.is_signed_in() { HOME } else { "/login" })
}

pub(crate) async fn show(
    guest: GuestCaller,
    State(web): State<WebContext>,
    LenientQuery(requested): LenientQuery<SignInParams>,
) -> Result<OneOf<SeeOther, Page>, HttpError> {
    let next = page_after_sign_in(&requested.next);
    if guest.is_signed_in() {
        return SeeOther::to(&next).map(OneOf::First);
    }
    let done = match requested.done.as_str() {
        "everywhere" => Some(open_words::<SignInWords>().sign_in_done_everywhere()),
        "reset" => Some(open_words::<SignInWords>().reset_done()),
        "over" => Some(open_words::<SignInWords>().step_over()),
        "ended" => Some(open_words::<SignInWords>().sign_in_done_ended()),
        "here" => Some(open_words::<SignInWords>().sign_in_done_here()),
        _ => None,
    };
    Page::draw(&SignInPage { done, ..sign_in_page(&web, next).await? }).map(OneOf::Second)
}

impl SignInPage {
    /// Of an account, whose people may sign in at `organisation`, too.
    pub(crate) fn of_account(self, heading: String, brand: PageBrand, organisation: Option<String>) -> Self {
        let organisation = organisation.unwrap_or(self.organisation);
        Self { heading, shell: self.shell.branded(brand), organisation, ..self }
    }
}

pub(crate) async fn sign_in_page(web: &WebContext, next: String) -> Result<SignInPage, HttpError> {
    let w: SignInWords = open_words();
    Ok(SignInPage {
        heading: w.sign_in_title_heading(),
        shell: PageLayout::open(w.sign_in_title()).announcing(web.announced().await?),
        w,
        oidc: open_words(),
        organisation: format!("/organisation?next={}", encode_parameter(&next)),
        problem: None,
        email: String::new(),
        next,
        done: None,
        forgot: fill_slots(w.sign_in_forgot_what(S0), [SafeHtml::element("code", &[], PASSWORD_COMMAND)]),
        sends_mail: web.mail.is_open(),
        is_open: web.takes_sign_ups().await?,
        p: open_words(),
        has_passkeys: web.passkeys().is_some(),
    })
}

pub(crate) async fn sign_in(
    _: AnyCaller,
    State(web): State<WebContext>,
    address: ClientAddress,
    headers: HeaderMap,
    form: RelayForm,
) -> Result<WithHeaders<FormReply>, HttpError> {
    let (email, password) = (form.fields.text("email"), form.fields.text("password").to_owned());
    let next = page_after_sign_in(form.fields.text("next"));
    let origin = sign_in_origin(&headers, address);
    let refused = match web.auth_service().sign_in(email, password, origin).await {
        Ok(step) => return step_reply(&step, &next),
        Err(SignInError::Db(e)) => return Err(e.into()),
        Err(SignInError::Busy) => return Err(busy_error()),
        Err(refused) => refused,
    };
    let (recall, words) = match refused {
        SignInError::Wait { until_ms, bucket } => {
            web.strangers.waited();
            tracing::warn!("a sign-in was refused: too many tries");
            let now_ms = web.now_ms();
            let words = wait_words(
                open_words(),
                bucket,
                &LocalTime::of_reader(now_ms).plain_zoned(until_minute(until_ms)),
            );
            // A second begun is waited whole: nobody is sent back too early.
            let wait_s = until_ms.saturating_sub(now_ms).max(0).unsigned_abs().div_ceil(1_000).max(1);
            (FormRecall::TooMany { wait_s }, words)
        }
        SignInError::Ended => (FormRecall::Invalid, open_words::<SignInWords>().sign_in_ended()),
        _ => {
            web.strangers.was_wrong();
            tracing::warn!("a sign-in failed");
            (FormRecall::Invalid, open_words::<SignInWords>().sign_in_wrong())
        }
    };
    let email: String = email.chars().filter(|c| !c.is_control()).take(254).collect();
    let problem = Some(SignInProblem { field: "password", words });
    let page = sign_in_page(&web, next).await?;
    let shell = page.shell.with_problem(true);
    let page = Page::draw(&SignInPage { shell, problem, email, ..page })?;
    Ok(WithHeaders(HeaderMap::new(), FormReply::Again(recall, page)))
}

/// The minute that is begun when the wait is over: who comes by the clock on the wall does not come too early.
fn until_minute(until_ms: i64) -> i64 {
    until_ms.saturating_add(MINUTE_MS - 1).div_euclid(MINUTE_MS).saturating_mul(MINUTE_MS)
}

fn wait_words(w: SignInWords, bucket: EmptyBucket, until: &str) -> String {
    match bucket {
        EmptyBucket::KnownDevice => w.sign_in_wait_device(until),
        EmptyBucket::Strangers => w.sign_in_wait_strangers(until),
        EmptyBucket::Network => w.sign_in_wait_network(until),
    }
}

pub(crate) async fn sign_out(
    person: MemberCaller<SelfAccess>,
    State(web): State<WebContext>,
    headers: HeaderMap,
    form: RelayForm,
) -> Result<WithHeaders<SeeOther>, HttpError> {
    require_own_form(&person, &form)?;
    let who = person.email.as_str();
    let mut tx = web.db.platform_write(PlatformReason::SignIn).await?;
    // A provider ends what it began, and nothing elsewhere.
    let (detail, onward) = if form.fields.get("everywhere").is_some() && person.came_by.is_none() {
        // Of whichever account a browser shows.
        sessions::platform_delete_of_person(&mut tx, person.person).await?;
        let stored = read_device(&headers).map(|device| device.digest());
        devices::forget_device(&mut tx, person.person, stored).await?;
        second_steps::end_of_person(&mut tx, person.person).await?;
        (SessionDetail::EveryDevice, "/login?done=everywhere")
    } else {
        sessions::platform_take(&mut tx, person.token.digest()).await?;
        (SessionDetail::ThisDevice, "/login?done=here")
    };
    let mut tx = tx.enter(person.scope).await?;
    let about = detail.to_string();
    let record = AccessRecord { who, act: "sign out", about: &about, facility: None };
    web.log().write_repeated(&mut tx, record, AccessOutcome::Done).await?;
    tx.commit().await?;
    let cookie = HeaderValue::from_str(&clear_cookie()).map_err(internal_error)?;
    let cookies = [(header::SET_COOKIE, cookie)].into_iter().collect();
    Ok(WithHeaders(cookies, SeeOther::to(onward)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_told_a_minute_that_is_too_early() {
        assert_eq!(until_minute(MINUTE_MS), MINUTE_MS);
        assert_eq!(until_minute(MINUTE_MS + 1), 2 * MINUTE_MS);
        let words = [EmptyBucket::KnownDevice, EmptyBucket::Strangers, EmptyBucket::Network]
            .map(|bucket| wait_words(open_words(), bucket, "20:07 UTC"));
        assert!(words.iter().all(|w| w.contains("Wait until 20:07 UTC, then try again")), "{words:?}");
    }
}
