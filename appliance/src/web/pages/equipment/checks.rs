//! A spot check of a cleaning: what somebody else found.

use askama::Template;
use axum::extract::State;
use record::fold::{LinePlace, RowVersion};
use record::limits::NOTE_CHARS_MAX;
use record::receipt::Receipt;
use record::tag::Tag;
use record::tree::Hash;
use web::answer::{FormReply, OneOf, Page, SeeOther};
use web::argument::Path;
use web::error::HttpError;
use web::form::{FilledSection, FormDefinition, FormField, FormPainter, FormSection, FormValues};

use crate::intake::{CheckForm, Command, CommandRefusal};
use crate::web::access::permissions::Record;
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::answer::{ask_again, go_to};
use crate::web::commands::photo_upload::{await_photo, take_photo};
use crate::web::commands::run::run_command;
use crate::web::context::AppState;
use crate::web::form_page::{FormMarks, SentForm, find_refused, window_title, word_at_field};
use crate::web::http_error::worded;
use crate::web::layout::{NavSection, PageLayout, draw_page};
use crate::web::log_reads::read_quick;
use crate::web::request::bodies::photo_form::{PhotoForm, StaffPhotoForm};
use crate::web::request::fields::field_error::Wrong;
use crate::web::request::submissions::page_token::{PageToken, carried_photo};
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::page::wording::PageWording;
use crate::web::view_models::records::photos::thumbnail_address;
use crate::web::view_models::records::receipts::find_receipt;
use crate::web::words::{EquipmentWords, ErrorWords, FormWords, PageWords, ProblemWords};

pub(crate) static CHECK: FormDefinition = FormDefinition {
    name: "check",
    sections: &[FormSection::plain(&[
        FormField::choice("result", &["good", "again"]),
        FormField::choice("method", &["look", "atp", "marker", "culture"]),
        FormField::line("value", 18),
        FormField::line("unit", 16),
        FormField::lines("notes", NOTE_CHARS_MAX),
    ])],
};

pub(crate) fn refused_field(refusal: &CommandRefusal) -> Option<&'static str> {
    find_refused(&CHECK, refusal)
}

#[derive(Template)]
#[template(path = "equipment/check.html")]
struct CheckPage {
    frame: PageLayout,
    w: FormWords,
    problems: Vec<Wrong>,
    title: String,
    what: String,
    action: String,
    back: String,
    sections: Vec<FilledSection>,
    photo: ProblemWords,
    page: String,
    /// The thumbnail of a photo that came with an earlier press.
    stored_photo: Option<String>,
    marks: FormMarks,
}

struct CheckTry<'a> {
    values: &'a FormValues,
    photo: Option<Hash>,
    problems: Vec<Wrong>,
    submission: Option<String>,
}

struct CheckedCleaning {
    line: LinePlace,
    receipt: Receipt,
    tag: Tag,
    name: String,
    what: String,
}

/// A voided record has only its receipt.
async fn find_cleaning(
    state: &AppState,
    signed: &StaffSession,
    text: &str,
) -> Result<OneOf<CheckedCleaning, SeeOther>, HttpError> {
    let (words, text): ((PageWords, EquipmentWords), String) = (signed.words(), text.to_owned());
    let found = read_quick(state, move |state, reader| {
        let found = find_receipt(state, reader, &text)?;
        if found.cleaning.voided.is_some() {
            return SeeOther::to(&format!("/r/{}", found.receipt)).map(OneOf::Second);
        }
        let facility = state.store.snapshot();
        let wording = PageWording::new(words.0, &Snapshot::of(state, &facility).local);
        let (tag, receipt, line) = (found.cleaning.tag, found.receipt, found.line);
        let name = facility.equipment.get(&tag).map_or_else(|| tag.grouped(), |item| item.facts.name.clone());
        let by = wording.cleaner_text(reader, &facility, &found.cleaning.who);
        let when = wording.cleaning_time(&facility, &found.cleaning);
        let what = words.1.check_what(&name, when, by);
        Ok(OneOf::First(CheckedCleaning { line, receipt, tag, name, what }))
    });
    found.await
}

impl CheckedCleaning {
    fn page(self, state: &AppState, signed: &StaffSession, entered: CheckTry<'_>) -> Result<Page, HttpError> {
        let CheckTry { values, photo, problems, submission } = entered;
        let snapshot = Snapshot::now(state);
        let (page_words, w): (PageWords, FormWords) = signed.words();
        let title = w.form_check_title(&self.name);
        let window = window_title(page_words, title.clone(), &problems);
        let page = CheckPage {
            frame: PageLayout::staff(state, &snapshot, window, signed, NavSection::Equipment)
                .with_script()
                .about_item(state, self.tag),
            w,
            sections: FormPainter::new(&CHECK, w.catalog()).draw(values, &problems)?,
            problems,
            title,
            what: self.what,
            action: format!("/staff/cleanings/{}/check", self.receipt),
            back: format!("/staff/equipment/{}", self.tag),
            photo: signed.words(),
            page: PageToken { photo, ..PageToken::new(self.tag, &snapshot.now) }
                .text(&state.identity.page_key),
            stored_photo: photo.map(thumbnail_address),
            marks: FormMarks::new(state, signed).again(submission, None::<RowVersion>),
        };
        draw_page(&page.frame, &page)
    }
}

pub(crate) async fn ask_check(
    signed: StaffCaller<Record>,
    State(state): State<AppState>,
    Path(text): Path<String>,
) -> Result<OneOf<Page, SeeOther>, HttpError> {
    let found = match find_cleaning(&state, &signed, &text).await? {
        OneOf::First(found) => found,
        OneOf::Second(to) => return Ok(OneOf::Second(to)),
    };
    let values = FormValues::empty(&CHECK);
    let entered = CheckTry { values: &values, photo: None, problems: Vec::new(), submission: None };
    found.page(&state, &signed, entered).map(OneOf::First)
}

/// The measured value; `None` where none was entered.
fn read_value(w: FormWords, text: &str) -> Result<Option<i64>, Wrong> {
    Some(text.trim())
        .filter(|text| !text.is_empty())
        .map(str::parse)
        .transpose()
        .map_err(|_| Wrong { at: "value".to_owned(), words: w.form_check_value_wrong() })
}

pub(crate) async fn submit_check(
    signed: StaffCaller<Record>,
    State(state): State<AppState>,
    Path(text): Path<String>,
    StaffPhotoForm(PhotoForm { fields: form, photo }): StaffPhotoForm,
) -> Result<FormReply, HttpError> {
    let found = match find_cleaning(&state, &signed, &text).await? {
        OneOf::First(found) => found,
        OneOf::Second(to) => return Ok(FormReply::Done(to)),
    };
    let w: FormWords = signed.words();
    let carried = carried_photo(&state, found.tag, &form);
    let taken = await_photo(take_photo(&state, photo).await).await;
    let photo = taken.as_ref().ok().copied().flatten().or(carried);
    let mut sent = SentForm::<RowVersion>::read(w, &CHECK, &form);
    let value = sent.take(read_value(w, sent.values.text("value")));
    if let Err(refusal) = taken {
        sent.errors.push(Wrong { at: "photo".to_owned(), words: refusal.fault.word(signed.words()) });
    }
    if let Some(value) = value.filter(|_| sent.errors.is_empty()) {
        let word = |name: &str| Some(sent.values.text(name)).filter(|word| !word.is_empty());
        let form = CheckForm {
            line: found.line,
            result: word("result").and_then(|word| word.parse().ok()),
            method: word("method").and_then(|word| word.parse().ok()),
            value,
            unit: sent.values.text("unit").to_owned(),
            text: sent.values.text("notes").to_owned(),
            photos: photo.into_iter().collect(),
        };
        let command = Command::RecordCheck(Box::new(form));
        let to = format!("/staff/equipment/{}", found.tag);
        match run_command(&state, signed.author(), sent.submission.clone(), command).await {
            Ok(_) => return go_to(&format!("{to}#history")),
            Err(undone) => match undone.at_field(refused_field) {
                Ok((refusal, at)) => sent.errors.push(word_at_field(&signed, at, &refusal)),
                Err(other) => {
                    return Err(HttpError::from(other).link(to, worded(ErrorWords::error_links_item)));
                }
            },
        }
    }
    let entered =
        CheckTry { values: &sent.values, photo, problems: sent.errors, submission: sent.submission };
    found.page(&state, &signed, entered).map(ask_again)
}
