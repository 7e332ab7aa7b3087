//! A PIN that somebody signed in types once more: to prove a record, or to go on with what only they may do.

use askama::Template;
use web::answer::{OneOf, Page};
use web::argument::FormFields;
use web::error::HttpError;

use crate::identity::AccessWanted;
use crate::web::access::pin::{PinTypist, check_typed_pin, pin_note, pin_words};
use crate::web::access::staff::Staff;
use crate::web::answer::{FormOrPage, ask_again};
use crate::web::context::AppState;
use crate::web::layout::{Frame, Place};
use crate::web::request::field_error::Wrong;
use crate::web::request::form::FORM_TOKEN;
use crate::web::view_models::snapshot::Snapshot;

/// For changes of people, PINs and tokens, and for voiding the record of somebody else.
const CONFIRMED_MS_MAX: u64 = 30 * 60_000;
/// The field of the page that asks.
const OWN_PIN: &str = "own_pin";
/// Fields that hold secrets, which no page shows again; whoever typed them types them anew.
const SECRETS: [(&str, &str); 2] = [("pin", "New PIN"), ("again", "The same PIN again")];

/// A form that somebody sent who typed their PIN not long ago, or the page that asks for it first.
pub(crate) enum Confirmed {
    Form(FormFields),
    Asked(FormOrPage),
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

impl<P> Staff<P> {
    /// Takes a form of this session's own pages whose effect needs a PIN that was typed not long ago. Else: the page that asks
    /// for it, keeps what was wanted, and goes on after it.
    pub(crate) async fn confirm(&self, state: &AppState, form: FormFields) -> Result<Confirmed, HttpError> {
        if self.pin_age_ms().is_some_and(|age| age <= CONFIRMED_MS_MAX) {
            return Ok(Confirmed::Form(form));
        }
        let Some(pin) = form.get(OWN_PIN) else {
            return self.ask_pin(state, &form, None).map(|page| Confirmed::Asked(OneOf::Second(page)));
        };
        let typist = PinTypist::on(&self.browser().device(state), self.browser().peer());
        let outcome = check_typed_pin(state, self.staff(), pin, &typist).await?;
        match pin_words(state, outcome) {
            None => {
                self.renew_pin(state).await?;
                Ok(Confirmed::Form(form))
            }
            Some(words) => {
                self.notes().add(pin_note(outcome, self.staff(), AccessWanted::Admin));
                let page = self.ask_pin(state, &form, Some(words))?;
                Ok(Confirmed::Asked(OneOf::First(ask_again(page))))
            }
        }
    }

    fn ask_pin(&self, state: &AppState, form: &FormFields, wrong: Option<String>) -> Result<Page, HttpError> {
        let is_secret = |name: &str| SECRETS.iter().any(|(secret, _)| *secret == name);
        let kept = form.iter().filter(|(name, _)| ![FORM_TOKEN, OWN_PIN].contains(name) && !is_secret(name));
        let problems: Vec<Wrong> =
            wrong.into_iter().map(|words| Wrong { at: OWN_PIN.to_owned(), words }).collect();
        let error = if problems.is_empty() { "" } else { "Error: " };
        let title = format!("{error}Type your PIN to go on");
        Page::draw(&ConfirmPage {
            frame: Frame::staff(state, &Snapshot::now(state), title, self, Place::Elsewhere).with_script(),
            problems,
            action: self.browser().path().to_owned(),
            name: self.name().to_owned(),
            form_token: self.form_token(),
            kept: kept.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            secrets: SECRETS.into_iter().filter(|(name, _)| form.get(name).is_some()).collect(),
        })
    }
}
