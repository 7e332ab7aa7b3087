//! The page of a form about what opens an item.

use record::fold::{FacilityState, RowVersion};
use record::tag::Tag;
use web::answer::Page;
use web::error::HttpError;
use web::form::{FormPainter, FormValues};

use crate::web::access::staff_session::StaffSession;
use crate::web::context::AppState;
use crate::web::form_page::{FormMarks, RegisterFormPage, SentForm, window_title};
use crate::web::layout::{NavSection, PageLayout};
use crate::web::request::fields::field_error::Wrong;
use crate::web::view_models::equipment::codes::{MeantItem, find_meant, read_meant};
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::words::{CodeWords, FormWords, PageWords};

pub(super) struct TagPrompt {
    pub(super) item: Option<Tag>,
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
        let facility = state.store.snapshot();
        let frame = match self.item.map_or_else(|| find_meant(&facility, values.text("item")), MeantItem::One)
        {
            MeantItem::One(tag) => frame.about_item(state, tag),
            MeantItem::Several | MeantItem::None => frame,
        };
        let page = RegisterFormPage {
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
        page.draw()
    }
}

/// The item that the field `item` names, of which there must be one.
pub(super) fn read_item(
    w: CodeWords,
    facility: &FacilityState,
    sent: &mut SentForm<RowVersion>,
) -> Option<Tag> {
    let entered = sent.values.text("item").to_owned();
    // A missing value is reported already.
    if entered.is_empty() {
        return None;
    }
    let found = read_meant(w, facility, &entered);
    sent.take(found.map_err(|words| Wrong { at: "item".to_owned(), words }))
}
