//! A page with one thing to do: a title, a line, a form.

use ::web::answer::{FormRecall, Page};
use ::web::error::HttpError;
use askama::Template;

use crate::accounts::AccountUser;
use crate::web::form::RelayForm;
use crate::web::layout::{NavSection, PageLayout};
use crate::web::view_models::formats::LocalTime;

/// What is wrong with a field.
pub(crate) struct SignInProblem {
    pub(crate) field: &'static str,
    pub(crate) words: String,
}

/// A field of one of these pages.
#[derive(Default)]
pub(crate) struct WayField {
    pub(crate) name: &'static str,
    pub(crate) label: String,
    pub(crate) hint: String,
    pub(crate) kind: &'static str,
    pub(crate) autocomplete: &'static str,
    pub(crate) value: String,
    pub(crate) is_wrong: bool,
}

/// A button, or a link, by what it carries.
struct WayButton {
    pub(crate) value: &'static str,
    words: String,
}

struct WayLink {
    href: String,
    words: String,
}

#[derive(Template)]
#[template(path = "way_in.html")]
pub(crate) struct WayInPage {
    shell: PageLayout,
    problem: Option<SignInProblem>,
    title: String,
    lead: String,
    action: String,
    csrf: String,
    hidden: Vec<(String, String)>,
    fields: Vec<WayField>,
    buttons: Vec<WayButton>,
    links: Vec<WayLink>,
}

impl WayInPage {
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
        }
    }

    pub(crate) fn form(
        self,
        action: impl Into<String>,
        fields: Vec<WayField>,
        value: &'static str,
        words: String,
    ) -> Self {
        Self { action: action.into(), fields, buttons: vec![WayButton { value, words }], ..self }
    }

    pub(crate) fn button(mut self, value: &'static str, words: String) -> Self {
        self.buttons.push(WayButton { value, words });
        self
    }

    pub(crate) fn link(mut self, href: impl Into<String>, words: String) -> Self {
        self.links.push(WayLink { href: href.into(), words });
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
        let shell = PageLayout::signed_in(self.title.clone(), NavSection::Me, visitor);
        Self { shell, csrf: visitor.token.csrf(), ..self }
    }

    /// Its form carries the secret of a session.
    pub(crate) fn with_csrf(self, csrf: &str) -> Self {
        Self { csrf: csrf.to_owned(), ..self }
    }

    /// Carries fields that nobody sees.
    pub(crate) fn carrying(self, hidden: Vec<(String, String)>) -> Self {
        Self { hidden, ..self }
    }

    /// As it was filled in, but for passwords.
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

/// How long somebody waits, and until when.
pub(crate) fn wait_until(now_ms: i64, until_ms: i64) -> (FormRecall, String) {
    let wait_s = until_ms.saturating_sub(now_ms).max(0).unsigned_abs().div_ceil(1_000).max(1);
    let time = LocalTime::new(now_ms, "UTC").plain(until_ms.saturating_add(59_999));
    (FormRecall::TooMany { wait_s }, time)
}
