//! The second step of a sign-in: a code of an authenticator app, or a recovery code.

use ::web::answer::{FormRecall, FormReply, OneOf, Page, SeeOther, WithHeaders};
use ::web::argument::LenientQuery;
use ::web::error::HttpError;
use ::web::route::AnyCaller;
use axum::extract::State;
use axum::http::HeaderMap;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::accounts::authentication::second_factor::{AccountFactors, FactorError, SecondFactorService};
use crate::accounts::authentication::sign_in::{SignInError, SignInStep};
use crate::accounts::credentials::second_step::StepSecret;
use crate::web::WebContext;
use crate::web::access::ClientAddress;
use crate::web::form::RelayForm;
use crate::web::http_error::{busy_error, encode_parameter, internal_error};
use crate::web::next_page::page_after_sign_in;
use crate::web::pages::forms::browser::{cookie_headers, find_in_cookies, sign_in_origin};
use crate::web::pages::forms::single_form::{SignInField, SignInMethodPage, wait_until};
use crate::web::words::{SignInWords, open_words};

const PATH: &str = "/second-step";

/// What the address of the page carries.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct SecondStepParams {
    /// The page that is shown then.
    next: String,
}

impl WebContext {
    pub(crate) fn second_factors(&self) -> SecondFactorService<'_> {
        let url = self.settings.public_url.as_str();
        let issuer = url.trim_start_matches("https://").trim_end_matches('/');
        SecondFactorService {
            auth: self.auth_service(),
            keys: self.fleet.keys().now(),
            issuer: if issuer.is_empty() { "CleanTrack" } else { issuer },
        }
    }
}

/// Where a browser goes after the first step: in, or to the second one.
pub(crate) fn step_reply(step: &SignInStep, next: &str) -> Result<WithHeaders<FormReply>, HttpError> {
    let (cookies, to) = match step {
        SignInStep::Done(signed_in) => {
            (cookie_headers([signed_in.token.set_cookie(), signed_in.device.set_cookie()])?, next.to_owned())
        }
        SignInStep::Second(secret) => {
            (cookie_headers([secret.set_cookie()])?, format!("{PATH}?next={}", encode_parameter(next)))
        }
    };
    Ok(WithHeaders(cookies, FormReply::Done(SeeOther::to(&to)?)))
}

/// `own`: what whoever is about to come in has.
fn step_page(web: &WebContext, next: &str, own: &AccountFactors) -> SignInMethodPage {
    let w: SignInWords = open_words();
    let has_passkey = !own.passkeys.is_empty() && web.passkeys().is_some();
    let lead = match (has_passkey, own.apps.is_empty()) {
        (false, _) => w.step_lead(),
        (true, true) => w.step_lead_passkey(),
        (true, false) => w.step_lead_both(),
    };
    let field = SignInField {
        name: "code",
        label: w.step_code(),
        hint: w.step_code_hint(),
        kind: "text",
        autocomplete: "one-time-code",
        ..SignInField::default()
    };
    let page = SignInMethodPage::new(w.step_title(), lead)
        .form(PATH, vec![field], "in", w.sign_in_button())
        .carrying(vec![("next".to_owned(), next.to_owned())])
        .link("/login", w.ways_back());
    if has_passkey { page.or_passkey(next) } else { page }
}

pub(crate) async fn show_step(
    _: AnyCaller,
    State(web): State<WebContext>,
    headers: HeaderMap,
    LenientQuery(requested): LenientQuery<SecondStepParams>,
) -> Result<OneOf<SeeOther, Page>, HttpError> {
    let begun = match find_in_cookies(&headers, StepSecret::read) {
        Some(secret) => web.second_factors().list_begun(&secret).await?,
        None => None,
    };
    match begun {
        Some(own) => step_page(&web, &page_after_sign_in(&requested.next), &own).draw().map(OneOf::Second),
        None => SeeOther::to("/login").map(OneOf::First),
    }
}

pub(crate) async fn submit_code(
    _: AnyCaller,
    State(web): State<WebContext>,
    address: ClientAddress,
    headers: HeaderMap,
    form: RelayForm,
) -> Result<WithHeaders<FormReply>, HttpError> {
    let w: SignInWords = open_words();
    let next = page_after_sign_in(form.fields.text("next"));
    let Some(secret) = find_in_cookies(&headers, StepSecret::read) else { return over_reply() };
    let origin = sign_in_origin(&headers, address);
    let (recall, words) = match web.second_factors().sign_in(&secret, form.fields.text("code"), origin).await
    {
        Ok(signed_in) => {
            let (token, device) = (signed_in.token.set_cookie(), signed_in.device.set_cookie());
            let cookies = cookie_headers([token, device, StepSecret::clear_cookie()])?;
            return Ok(WithHeaders(cookies, FormReply::Done(SeeOther::to(&next)?)));
        }
        Err(FactorError::Over | FactorError::SignIn(SignInError::Wrong | SignInError::Ended)) => {
            return over_reply();
        }
        Err(FactorError::SignIn(SignInError::Busy)) => return Err(busy_error()),
        Err(FactorError::Db(error) | FactorError::SignIn(SignInError::Db(error))) => return Err(error.into()),
        Err(FactorError::Wrong) => (FormRecall::Invalid, w.step_wrong()),
        Err(FactorError::SignIn(SignInError::Wait { until_ms, .. })) => {
            let (recall, time) = wait_until(web.now_ms(), until_ms);
            (recall, w.step_wait(time))
        }
        Err(error) => return Err(internal_error(error)),
    };
    let own = web.second_factors().list_begun(&secret).await?.unwrap_or_default();
    let page = step_page(&web, &next, &own).with_problem("code", words);
    Ok(WithHeaders(HeaderMap::new(), FormReply::Again(recall, page.draw()?)))
}

fn over_reply() -> Result<WithHeaders<FormReply>, HttpError> {
    Ok(WithHeaders(HeaderMap::new(), FormReply::Done(SeeOther::to("/login?done=over")?)))
}
