//! Forms that change who may do what: whoever sends one has shown lately that it is them, or does so now. What they filled in is kept.

use std::ops::Deref;

use ::web::answer::{FormRecall, FormReply};
use ::web::argument::{FormBody, FormRules};
use ::web::error::HttpError;
use ::web::route::{AnswerBody, Argument, Operation};
use axum::extract::{FromRequest, FromRequestParts as _, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::accounts::AccountUser;
use crate::accounts::sign_in::SignInError;
use crate::web::WebContext;
use crate::web::access::{ClientAddress, MemberCaller, OwnAccess};
use crate::web::form::{FORM_TOKEN, RelayFormRules, require_own_form};
use crate::web::http_error::busy_error;
use crate::web::pages::browser::sign_in_origin;
use crate::web::pages::way_page::{WayField, WayInPage};
use crate::web::view_models::formats::LocalTime;
use crate::web::words::{SignInWords, open_words};

/// Who showed so lately that it is them is not asked again.
const FRESH_MS: i64 = 10 * 60_000;
/// The field with the password that is asked for.
const PASSWORD: &str = "confirm-password";

/// A form of somebody who has shown lately that it is them.
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
        let visitor = MemberCaller::<OwnAccess>::from_request_parts(&mut parts, web).await?;
        let origin = sign_in_origin(&parts.headers, ClientAddress::of(&parts));
        let path = parts.uri.path().to_owned();
        let form = FormBody::<R>::from_request(Request::from_parts(parts, body), web).await?;
        require_own_form(&visitor, &form)?;
        if web.now_ms().saturating_sub(visitor.reauth_ms) < FRESH_MS {
            return Ok(Self(form));
        }
        let w: SignInWords = open_words();
        let Some(password) = form.fields.get(PASSWORD).filter(|password| !password.is_empty()) else {
            return Err(ask_password(&visitor, &path, &form, FormRecall::Invalid, None));
        };
        match web.auth_service().confirm_password(&visitor, password.to_owned(), &origin).await {
            Ok(()) => Ok(Self(form)),
            Err(SignInError::Db(error)) => Err(HttpError::from(error).into()),
            Err(SignInError::Busy) => Err(busy_error().into()),
            Err(SignInError::Wrong) => {
                Err(ask_password(&visitor, &path, &form, FormRecall::Invalid, Some(w.confirm_you_wrong())))
            }
            Err(SignInError::Wait { until_ms, .. }) => {
                let now_ms = web.now_ms();
                let wait_s = until_ms.saturating_sub(now_ms).max(0).unsigned_abs().div_ceil(1_000).max(1);
                let time = LocalTime::new(now_ms, "UTC").plain(until_ms.saturating_add(59_999));
                let words = w.sign_in_wait_device(time);
                Err(ask_password(&visitor, &path, &form, FormRecall::TooMany { wait_s }, Some(words)))
            }
        }
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

/// The page that asks for the password; it carries all that was filled in.
fn ask_password<R>(
    visitor: &AccountUser,
    path: &str,
    form: &FormBody<R>,
    recall: FormRecall,
    problem: Option<String>,
) -> ConfirmRejection {
    let w: SignInWords = open_words();
    let field = WayField {
        name: PASSWORD,
        label: w.sign_in_password(),
        kind: "password",
        autocomplete: "current-password",
        ..WayField::default()
    };
    let fields = form.fields.iter().filter(|(name, _)| ![PASSWORD, FORM_TOKEN].contains(name));
    let hidden = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let page = WayInPage::new(w.confirm_you_title(), w.confirm_you_lead(&visitor.email))
        .form(path, vec![field], "", w.confirm_you_button())
        .signed_in(visitor)
        .carrying(hidden)
        .link("/app/", w.confirm_you_cancel());
    let page = match problem {
        Some(words) => page.with_problem(PASSWORD, words),
        None => page,
    };
    match page.draw() {
        Ok(page) => ConfirmRejection(Box::new(FormReply::Again(recall, page).into_response())),
        Err(error) => error.into(),
    }
}
