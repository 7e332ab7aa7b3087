//! The page of a form about what opens an item.

use askama::Template;
use web::answer::Page;
use web::error::HttpError;
use web::form::{FilledSection, FormPainter, FormValues};

use crate::web::access::staff_session::StaffSession;
use crate::web::context::AppState;
use crate::web::form_page::{FormMarks, window_title};
use crate::web::layout::{NavSection, PageLayout, draw_page};
use crate::web::request::field_error::Wrong;
use crate::web::view_models::snapshot::Snapshot;
use crate::web::words::{FormWords, PageWords};

#[derive(Template)]
#[template(path = "register_form.html")]
struct TagFormPage {
    frame: PageLayout,
    f: FormWords,
    problems: Vec<Wrong>,
    title: String,
    hint: String,
    action: String,
    back: String,
    button: String,
    sections: Vec<FilledSection>,
    marks: FormMarks,
}

/// What a page asks.
pub(super) struct TagPrompt {
    pub(super) title: String,
    pub(super) hint: String,
    pub(super) action: String,
    pub(super) back: String,
    pub(super) button: String,
    pub(super) marks: FormMarks,
}

impl TagPrompt {
    pub(super) fn page(
        self,
        state: &AppState,
        signed: &StaffSession,
        values: &FormValues,
        problems: Vec<Wrong>,
    ) -> Result<Page, HttpError> {
        let (page_words, f): (PageWords, FormWords) = signed.words();
        let title = window_title(page_words, self.title.clone(), &problems);
        let frame = PageLayout::staff(state, &Snapshot::now(state), title, signed, NavSection::Equipment);
        let page = TagFormPage {
            frame: frame.with_script(),
            f,
            sections: FormPainter::new(values.form(), f.catalog()).draw(values, &problems)?,
            problems,
            title: self.title,
            hint: self.hint,
            action: self.action,
            back: self.back,
            button: self.button,
            marks: self.marks,
        };
        draw_page(&page.frame, &page)
    }
}
