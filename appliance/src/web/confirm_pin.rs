//! A PIN that somebody signed in types once more: to prove a record, or to continue with what only they may do.

use askama::Template;
use web::answer::{OneOf, Page};
use web::argument::FormFields;
use web::error::HttpError;

use crate::identity::{AccessTarget, PinOutcome};
use crate::web::access::pin::{PinTypist, check_entered_pin, pin_note, word_pin_outcome};
use crate::web::access::staff::StaffCaller;
use crate::web::answer::{FormOrPage, ask_again};
use crate::web::context::AppState;
use crate::web::layout::{NavSection, PageLayout};
use crate::web::request::bodies::form::FORM_TOKEN;
use crate::web::request::fields::field_error::Wrong;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::page::wording::PageWording;
use crate::web::words::{ErrorWords, PageWords, StaffWords};

const CONFIRMED_MS_MAX: u64 = 30 * 60_000;
const OWN_PIN: &str = "own_pin";
type FieldLabel = fn(StaffWords) -> String;
/// Fields that hold secrets, which no page shows again; the user types them again.
const SECRETS: [(&str, FieldLabel); 3] = [
    ("pin", StaffWords::confirm_new_pin),
    ("again", StaffWords::confirm_same_again),
    (BADGE, StaffWords::confirm_badge),
];
const BADGE: &str = "badge";

struct SecretField {
    name: &'static str,
    label: String,
    /// Whether it is a badge, which a hand scanner types.
    is_badge: bool,
}

/// A form that somebody sent who typed their PIN not long ago, or the page that asks for it first.
pub(crate) enum PinConfirmation {
    Form(FormFields),
    PinRequired(FormOrPage),
}

#[derive(Template)]
#[template(path = "confirm_pin.html")]
struct ConfirmPage {
    frame: PageLayout,
    s: StaffWords,
    problems: Vec<Wrong>,
    action: String,
    name: String,
    form_token: String,
    stored: Vec<(String, String)>,
    secrets: Vec<SecretField>,
}

impl<P> StaffCaller<P> {
    /// Accepts a form of this session's own pages whose effect needs a recently typed PIN. Else: the page that asks
    /// for it, preserves the form, and continues with it afterwards.
    pub(crate) async fn confirm(
        &self,
        state: &AppState,
        form: FormFields,
    ) -> Result<PinConfirmation, HttpError> {
        if self.pin_age_ms().is_some_and(|age| age <= CONFIRMED_MS_MAX) {
            return Ok(PinConfirmation::Form(form));
        }
        let Some(pin) = form.get(OWN_PIN) else {
            return self
                .ask_pin(state, &form, None)
                .map(|page| PinConfirmation::PinRequired(OneOf::Second(page)));
        };
        let typist = PinTypist::on(&self.browser().device(state), self.browser().peer());
        let outcome = check_entered_pin(state, self.staff(), pin, &typist).await?;
        if outcome == PinOutcome::Right {
            self.renew_pin(state).await?;
            return Ok(PinConfirmation::Form(form));
        }
        self.notes().add(pin_note(outcome, self.staff(), AccessTarget::Admin));
        let page = self.ask_pin(state, &form, Some(outcome))?;
        Ok(PinConfirmation::PinRequired(OneOf::First(ask_again(page))))
    }

    fn ask_pin(
        &self,
        state: &AppState,
        form: &FormFields,
        refused: Option<PinOutcome>,
    ) -> Result<Page, HttpError> {
        let (page_words, errors, s): (PageWords, ErrorWords, StaffWords) = self.words();
        let snapshot = Snapshot::now(state);
        let wording = PageWording::new(page_words, &snapshot.local);
        let stored = form.iter().filter(|(name, _)| {
            ![FORM_TOKEN, OWN_PIN].contains(name) && !SECRETS.iter().any(|(secret, _)| secret == name)
        });
        let title = match refused {
            Some(_) => page_words.page_error_title(s.confirm_title()),
            None => s.confirm_title(),
        };
        let wrong = refused.map(|outcome| Wrong {
            at: OWN_PIN.to_owned(),
            words: word_pin_outcome(errors, &wording, outcome),
        });
        let page = Page::draw(&ConfirmPage {
            frame: PageLayout::staff(state, &snapshot, title, self, NavSection::Elsewhere).with_script(),
            s,
            problems: wrong.into_iter().collect(),
            action: self.browser().path().to_owned(),
            name: self.name().to_owned(),
            form_token: self.form_token(),
            stored: stored.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            secrets: SECRETS
                .into_iter()
                .filter(|(name, _)| form.get(name).is_some())
                .map(|(name, label)| SecretField { name, label: label(s), is_badge: name == BADGE })
                .collect(),
        })?;
        Ok(page.in_locale(wording.locale()))
    }
}
