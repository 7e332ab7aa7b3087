//! A page with one thing to do: a title, a line, a form.

use ::web::answer::{FormRecall, Page};
use ::web::error::HttpError;
use askama::Template;

use crate::accounts::AccountUser;
use crate::web::form::RelayForm;
use crate::web::layout::{NavSection, PageBrand, PageLayout};
use crate::web::view_models::formats::LocalTime;
use crate::web::words::{PasskeyWords, open_words};

pub(crate) struct SignInProblem {
    pub(crate) field: &'static str,
    pub(crate) words: String,
}

#[derive(Default)]
pub(crate) struct SignInField {
    pub(crate) name: &'static str,
    pub(crate) label: String,
    pub(crate) hint: String,
    pub(crate) kind: &'static str,
    pub(crate) autocomplete: &'static str,
    pub(crate) value: String,
    pub(crate) is_wrong: bool,
}

struct SignInButton {
    pub(crate) name: &'static str,
    pub(crate) value: String,
    words: String,
}

struct SignInPageLink {
    href: String,
    words: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PasskeyDialogue {
    Create,
    Get,
    /// The same as soon as the page is open.
    GetAtOnce,
}

struct PasskeyField {
    name: &'static str,
    dialogue: PasskeyDialogue,
    options: String,
    button: String,
}

impl PasskeyField {
    fn dialogue_name(&self) -> &'static str {
        if self.dialogue == PasskeyDialogue::Create { "create" } else { "get" }
    }

    fn is_at_once(&self) -> bool {
        self.dialogue == PasskeyDialogue::GetAtOnce
    }
}

#[derive(Template)]
#[template(path = "authentication/way_in.html")]
pub(crate) struct SignInMethodPage {
    shell: PageLayout,
    problem: Option<SignInProblem>,
    title: String,
    lead: String,
    action: String,
    csrf: String,
    hidden: Vec<(String, String)>,
    fields: Vec<SignInField>,
    buttons: Vec<SignInButton>,
    links: Vec<SignInPageLink>,
    passkey: Option<PasskeyField>,
    /// The page that is shown once somebody signed in with a passkey, where that is a way from here.
    passkey_next: Option<String>,
    p: PasskeyWords,
}

impl SignInMethodPage {
    pub(crate) fn new(title: String, lead: String) -> Self {
        Self {
            shell: PageLayout::open(&title),
            problem: None,
            title,
            lead,
            action: String::new(),
            csrf: String::new(),
            hidden: Vec::new(),
            fields: Vec::new(),
            buttons: Vec::new(),
            links: Vec::new(),
            passkey: None,
            passkey_next: None,
            p: open_words(),
        }
    }

    pub(crate) fn form(
        self,
        action: impl Into<String>,
        fields: Vec<SignInField>,
        value: &'static str,
        words: String,
    ) -> Self {
        Self { action: action.into(), fields, buttons: Vec::new(), ..self }.button(value, words)
    }

    pub(crate) fn passkey_form(self, action: &str, fields: Vec<SignInField>) -> Self {
        Self { action: action.to_owned(), fields, ..self }
    }

    /// Its form may be sent with a passkey, by the challenge in `options`.
    pub(crate) fn with_passkey(
        self,
        name: &'static str,
        dialogue: PasskeyDialogue,
        options: String,
        button: String,
    ) -> Self {
        let shell = self.shell.with_passkey();
        Self { shell, passkey: Some(PasskeyField { name, dialogue, options, button }), ..self }
    }

    pub(crate) fn or_passkey(self, next: &str) -> Self {
        Self { passkey_next: Some(next.to_owned()), ..self }
    }

    pub(crate) fn button(mut self, value: &'static str, words: String) -> Self {
        self.buttons.push(SignInButton { name: "act", value: value.to_owned(), words });
        self
    }

    /// One button of a form without fields, by what it means.
    pub(crate) fn choice(mut self, name: &'static str, value: String, words: String) -> Self {
        self.buttons.push(SignInButton { name, value, words });
        self
    }

    pub(crate) fn action(self, action: &str) -> Self {
        Self { action: action.to_owned(), ..self }
    }

    pub(crate) fn link(mut self, href: impl Into<String>, words: String) -> Self {
        self.links.push(SignInPageLink { href: href.into(), words });
        self
    }

    pub(crate) fn with_problem(mut self, field: &'static str, words: String) -> Self {
        for one in self.fields.iter_mut().filter(|one| one.name == field) {
            one.is_wrong = true;
        }
        self.shell = self.shell.with_problem(true);
        self.problem = Some(SignInProblem { field, words });
        self
    }

    /// For somebody who is signed in: their form carries the secret of their session.
    pub(crate) fn signed_in(self, visitor: &AccountUser) -> Self {
        let has_passkey = self.shell.has_passkey;
        let shell = PageLayout::signed_in(self.title.clone(), NavSection::Me, visitor);
        Self { shell: PageLayout { has_passkey, ..shell }, csrf: visitor.token.csrf(), ..self }
    }

    pub(crate) fn branded(self, brand: PageBrand) -> Self {
        Self { shell: self.shell.branded(brand), ..self }
    }

    pub(crate) fn of_section(mut self, section: NavSection) -> Self {
        self.shell.section = section;
        self
    }

    pub(crate) fn with_csrf(self, csrf: &str) -> Self {
        Self { csrf: csrf.to_owned(), ..self }
    }

    /// Carries fields that nobody sees.
    pub(crate) fn carrying(self, hidden: Vec<(String, String)>) -> Self {
        Self { hidden, ..self }
    }

    pub(crate) fn filled(mut self, form: &RelayForm) -> Self {
        for field in self.fields.iter_mut().filter(|field| field.kind != "password") {
            field.value =
                form.fields.text(field.name).chars().filter(|c| !c.is_control()).take(254).collect();
        }
        self
    }

    pub(crate) fn draw(&self) -> Result<Page, HttpError> {
        Page::draw(self)
    }
}

pub(crate) fn wait_until(now_ms: i64, until_ms: i64) -> (FormRecall, String) {
    let wait_s = until_ms.saturating_sub(now_ms).max(0).unsigned_abs().div_ceil(1_000).max(1);
    let time = LocalTime::of_reader(now_ms).plain_zoned(until_ms.saturating_add(59_999));
    (FormRecall::TooMany { wait_s }, time)
}
