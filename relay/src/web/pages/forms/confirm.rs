//! Forms that change who may do what: whoever sends one has shown lately that it is them, or does so now. What they filled in is kept.

use std::ops::Deref;

use ::web::answer::{FormRecall, FormReply, WithHeaders};
use ::web::argument::{FormBody, FormRules};
use ::web::error::HttpError;
use ::web::route::{AnswerBody, Argument, Operation};
use axum::extract::{FromRequest, FromRequestParts as _, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::accounts::AccountUser;
use crate::accounts::authentication::passkeys::{CeremonySecret, PasskeyError};
use crate::accounts::authentication::second_factor::FactorError;
use crate::accounts::authentication::sign_in::SignInError;
use crate::accounts::credentials::session::is_confirmed;
use crate::web::WebContext;
use crate::web::access::{ClientAddress, MemberCaller, SelfAccess};
use crate::web::form::{
    CONFIRM_CODE, CONFIRM_PASSKEY, CONFIRM_PASSWORD, FORM_TOKEN, RelayFormRules, require_own_form,
};
use crate::web::http_error::{busy_error, internal_error};
use crate::web::next_page::page_after_sign_in;
use crate::web::pages::forms::browser::{cookie_headers, find_in_cookies, sign_in_origin};
use crate::web::pages::forms::organisation_path::confirm_path;
use crate::web::pages::forms::passkey_refusal::explain_refusal;
use crate::web::pages::forms::single_form::{PasskeyDialogue, SignInField, SignInMethodPage, wait_until};
use crate::web::words::{OidcWords, PasskeyWords, SignInWords, open_words};

const OWN_PAGES: &str = "/app/me/";
#[derive(Debug)]
pub(crate) struct ConfirmedForm<R = RelayFormRules>(FormBody<R>);

impl<R> Deref for ConfirmedForm<R> {
    type Target = FormBody<R>;
    fn deref(&self) -> &FormBody<R> {
        &self.0
    }
}

/// The answer in place of one: a refusal, or the page that asks for the password.
#[derive(Debug)]
pub(crate) struct ConfirmRejection(Box<Response>);

impl From<HttpError> for ConfirmRejection {
    fn from(error: HttpError) -> Self {
        Self(Box::new(error.into_response()))
    }
}

impl IntoResponse for ConfirmRejection {
    fn into_response(self) -> Response {
        *self.0
    }
}

impl<R: FormRules + Send> FromRequest<WebContext> for ConfirmedForm<R> {
    type Rejection = ConfirmRejection;
    async fn from_request(request: Request, web: &WebContext) -> Result<Self, ConfirmRejection> {
        let (mut parts, body) = request.into_parts();
        let visitor = MemberCaller::<SelfAccess>::from_request_parts(&mut parts, web).await?;
        let origin = sign_in_origin(&parts.headers, ClientAddress::of(&parts));
        let ceremony = find_in_cookies(&parts.headers, CeremonySecret::read);
        let path = parts.uri.path().to_owned();
        let referer = parts.headers.get(header::REFERER).and_then(|value| value.to_str().ok());
        let referer = referer.and_then(|page| page.strip_prefix(web.settings.public_url.as_str()));
        let referer = referer.map(str::to_owned);
        let form = FormBody::<R>::from_request(Request::from_parts(parts, body), web).await?;
        require_own_form(&visitor, &form)?;
        let is_fresh = is_confirmed(visitor.reauth_ms, web.now_ms());
        // What is their own in every account is not for a provider that one account chose, whether they have a password or not.
        let is_beyond = visitor.came_by.is_some() && path.starts_with(OWN_PAGES);
        if is_fresh && !is_beyond {
            return Ok(Self(form));
        }
        // Where the form is: of a page that asked already, there is none.
        let was_shown =
            [CONFIRM_PASSWORD, CONFIRM_PASSKEY].iter().any(|name| form.fields.get(name).is_some());
        let back = page_after_sign_in(referer.filter(|_| !was_shown).as_deref().unwrap_or_default());
        let by_provider = visitor.came_by.is_some() && !is_beyond;
        let by_provider = by_provider.then(|| confirm_path(visitor.scope.account(), &back));
        let question = ConfirmQuestion { web, visitor: &visitor, path: &path, form: &form, by_provider };
        if let Some(answer) = form.fields.get(CONFIRM_PASSKEY).filter(|answer| !answer.is_empty())
            && let Some(passkeys) = web.passkeys()
        {
            if let Err(error) = passkeys.confirm(&visitor, ceremony.as_ref(), answer, &origin).await {
                return Err(question.refuse_passkey(error).await);
            }
            web.auth_service().mark_confirmed(&visitor).await.map_err(HttpError::from)?;
            return Ok(Self(form));
        }
        let Some(password) = form.fields.get(CONFIRM_PASSWORD).filter(|password| !password.is_empty()) else {
            return Err(question.ask(FormRecall::Invalid, None).await);
        };
        let auth = web.auth_service();
        // The code first: a password alone gets no information.
        if visitor.has_factor
            && let Err(error) =
                web.second_factors().check_code(&visitor, form.fields.text(CONFIRM_CODE), &origin).await
        {
            let w: SignInWords = open_words();
            return Err(match error {
                FactorError::Wrong => {
                    question.ask(FormRecall::Invalid, Some((CONFIRM_CODE, w.step_wrong()))).await
                }
                FactorError::SignIn(SignInError::Wait { until_ms, .. }) => {
                    let (recall, time) = wait_until(web.now_ms(), until_ms);
                    question.ask(recall, Some((CONFIRM_CODE, w.step_wait(time)))).await
                }
                FactorError::Db(error) | FactorError::SignIn(SignInError::Db(error)) => {
                    HttpError::from(error).into()
                }
                error => internal_error(error).into(),
            });
        }
        if let Err(error) = auth.check_password(&visitor, password.to_owned(), &origin).await {
            return Err(question.refuse(error).await);
        }
        auth.mark_confirmed(&visitor).await.map_err(HttpError::from)?;
        Ok(Self(form))
    }
}

impl<R: FormRules> Argument for ConfirmedForm<R> {
    fn describe(operation: &mut Operation<'_>) {
        FormBody::<R>::describe(operation);
        for status in [StatusCode::UNPROCESSABLE_ENTITY, StatusCode::TOO_MANY_REQUESTS] {
            operation.add_answer(status, Some("text/html"), AnswerBody::Page);
        }
    }
}

/// What somebody is asked, and the form that continues once they have answered.
struct ConfirmQuestion<'a, R> {
    web: &'a WebContext,
    visitor: &'a AccountUser,
    path: &'a str,
    form: &'a FormBody<R>,
    /// Where they show it to the provider that signed them in, where that is enough.
    by_provider: Option<String>,
}

impl<R> ConfirmQuestion<'_, R> {
    async fn refuse(&self, error: SignInError) -> ConfirmRejection {
        let w: SignInWords = open_words();
        match error {
            SignInError::Db(error) => HttpError::from(error).into(),
            SignInError::Busy => busy_error().into(),
            SignInError::Wrong | SignInError::Ended => {
                self.ask(FormRecall::Invalid, Some((CONFIRM_PASSWORD, w.confirm_you_wrong()))).await
            }
            SignInError::Wait { until_ms, .. } => {
                let (recall, time) = wait_until(self.web.now_ms(), until_ms);
                self.ask(recall, Some((CONFIRM_PASSWORD, w.sign_in_wait_device(time)))).await
            }
        }
    }

    async fn refuse_passkey(&self, error: PasskeyError) -> ConfirmRejection {
        match explain_refusal(self.web.now_ms(), error, open_words::<PasskeyWords>().passkey_not_yours()) {
            Ok((recall, words)) => self.ask(recall, Some((CONFIRM_PASSWORD, words))).await,
            Err(error) => error.into(),
        }
    }

    /// The page that asks; it carries all that was filled in.
    async fn ask(&self, recall: FormRecall, problem: Option<(&'static str, String)>) -> ConfirmRejection {
        match self.draw(recall, problem).await {
            Ok(answer) => ConfirmRejection(Box::new(answer.into_response())),
            Err(error) => error.into(),
        }
    }

    async fn draw(
        &self,
        recall: FormRecall,
        problem: Option<(&'static str, String)>,
    ) -> Result<WithHeaders<FormReply>, HttpError> {
        let w: SignInWords = open_words();
        let password = SignInField {
            name: CONFIRM_PASSWORD,
            label: w.sign_in_password(),
            kind: "password",
            autocomplete: "current-password",
            ..SignInField::default()
        };
        let code = SignInField {
            name: CONFIRM_CODE,
            label: w.step_code(),
            hint: w.step_code_hint(),
            kind: "text",
            autocomplete: "one-time-code",
            ..SignInField::default()
        };
        let fields = if self.visitor.has_factor { vec![password, code] } else { vec![password] };
        let carried = self.form.fields.iter().filter(|(name, _)| {
            ![CONFIRM_PASSWORD, CONFIRM_CODE, CONFIRM_PASSKEY, FORM_TOKEN].contains(name)
        });
        let hidden = carried.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let oidc: OidcWords = open_words();
        let lead = match (self.visitor.has_password, &self.by_provider) {
            (true, _) => w.confirm_you_lead(&self.visitor.email),
            (false, Some(_)) => oidc.oidc_confirm_here(),
            (false, None) => oidc.oidc_confirm_provider(),
        };
        let mut page = SignInMethodPage::new(w.confirm_you_title(), lead)
            .form(self.path, fields, "", w.confirm_you_button())
            .signed_in(self.visitor)
            .carrying(hidden);
        if let Some(to) = &self.by_provider {
            page = page.link(to, oidc.oidc_confirm_link());
        }
        page = page.link("/forgot", w.sign_in_forgot()).link("/app/", w.confirm_you_cancel());
        if let Some((field, words)) = problem {
            page = page.with_problem(field, words);
        }
        let begun = match self.web.passkeys() {
            Some(passkeys) => passkeys.begin_confirm(self.visitor).await?,
            None => None,
        };
        let mut headers = HeaderMap::new();
        if let Some(begun) = begun {
            headers = cookie_headers([begun.secret.set_cookie()])?;
            let button = open_words::<PasskeyWords>().passkey_confirm();
            page = page.with_passkey(CONFIRM_PASSKEY, PasskeyDialogue::Get, begun.options, button);
        }
        Ok(WithHeaders(headers, FormReply::Again(recall, page.draw()?)))
    }
}
