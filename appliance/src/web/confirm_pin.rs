//! A PIN that somebody signed in types once more: to prove a record, or to go on with what only they may do.

use askama::Template;
use axum::extract::Request;
use axum::response::Response;
use http::StatusCode;

use crate::identity::AccessWanted;
use crate::web::access::pin::{PinTypist, check_typed_pin, pin_note, pin_words};
use crate::web::access::staff_session::Signed;
use crate::web::access_note::{AccessNote, noted};
use crate::web::context::AppState;
use crate::web::http_error::Problem;
use crate::web::layout::{Frame, Place, page_with};
use crate::web::request::field_error::Wrong;
use crate::web::request::form::Form;
use crate::web::view_models::snapshot::Snapshot;

/// For changes of people, PINs and tokens, and for voiding the record of somebody else.
const CONFIRMED_MS_MAX: u64 = 30 * 60_000;
/// The field of the page that asks.
const OWN_PIN: &str = "own_pin";
/// Fields that hold secrets, which no page shows again; whoever typed them types them anew.
const SECRETS: [(&str, &str); 2] = [("pin", "New PIN"), ("again", "The same PIN again")];

/// A form that somebody sent who typed their PIN not long ago, or the page that asks for it first.
pub(crate) enum Confirmed {
    Form(Form),
    Asked(Response),
}

#[derive(Template)]
#[template(path = "confirm_pin.html")]
struct ConfirmPage {
    frame: Frame,
    problems: Vec<Wrong>,
    action: String,
    name: String,
    form_token: String,
    kept: Vec<(String, String)>,
    secrets: Vec<(&'static str, &'static str)>,
}

impl Signed {
    /// Reads a form of this session's own pages whose effect needs a PIN that was typed not long ago. Else: the page that
    /// asks for it, keeps what was wanted, and goes on after it.
    pub(crate) async fn confirmed_form(
        &self,
        state: &AppState,
        request: Request,
    ) -> Result<Confirmed, Problem> {
        let (action, typist) = (request.uri().path().to_owned(), PinTypist::of(state, &request));
        let form = self.form(request).await?;
        self.confirm(state, action, form, &typist).await
    }

    /// The same for a form that was read already.
    pub(crate) async fn confirm(
        &self,
        state: &AppState,
        action: String,
        form: Form,
        typist: &PinTypist,
    ) -> Result<Confirmed, Problem> {
        if self.pin_age_ms.is_some_and(|age| age <= CONFIRMED_MS_MAX) {
            return Ok(Confirmed::Form(form));
        }
        let Some(pin) = form.get(OWN_PIN) else {
            return self.ask_pin(state, action, &form, None, None).map(Confirmed::Asked);
        };
        let outcome = check_typed_pin(state, self.staff, pin, typist).await?;
        match pin_words(state, outcome) {
            None => {
                self.renew_pin(state).await?;
                Ok(Confirmed::Form(form))
            }
            Some(words) => {
                let note = pin_note(outcome, self.staff, AccessWanted::Admin);
                self.ask_pin(state, action, &form, Some(words), note).map(Confirmed::Asked)
            }
        }
    }

    /// Notes in the session that its PIN was typed just now.
    pub(crate) async fn renew_pin(&self, state: &AppState) -> Result<(), Problem> {
        let (sessions, secret, now) =
            (state.identity.sessions.clone(), self.secret().to_owned(), state.clock.now());
        let renewed = tokio::task::spawn_blocking(move || sessions.renew_pin(&secret, &now)).await;
        renewed.map_err(|e| Problem::internal(&e))?.map_err(|e| Problem::internal(&e))
    }

    fn ask_pin(
        &self,
        state: &AppState,
        action: String,
        form: &Form,
        wrong: Option<String>,
        note: Option<AccessNote>,
    ) -> Result<Response, Problem> {
        let is_secret = |name: &str| SECRETS.iter().any(|(secret, _)| *secret == name);
        let kept = form.fields().filter(|(name, _)| !["form", OWN_PIN].contains(name) && !is_secret(name));
        let problems: Vec<Wrong> =
            wrong.into_iter().map(|words| Wrong { at: OWN_PIN.to_owned(), words }).collect();
        let (status, error) = match problems.is_empty() {
            true => (StatusCode::OK, ""),
            false => (StatusCode::UNPROCESSABLE_ENTITY, "Error: "),
        };
        let title = format!("{error}Type your PIN to go on");
        let template = ConfirmPage {
            frame: Frame::staff(state, &Snapshot::now(state), title, self, Place::Elsewhere).with_script(),
            problems,
            action,
            name: self.name.clone(),
            form_token: self.form_token(),
            kept: kept.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            secrets: SECRETS.into_iter().filter(|(name, _)| form.has(name)).collect(),
        };
        page_with(status, &template).map(|page| noted(page, note))
    }
}
