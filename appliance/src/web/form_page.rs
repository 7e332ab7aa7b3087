//! What forms of staff pages share: their hidden marks, what came with one, the page of one form, and the page that
//! compares two conflicting versions of one thing.

use std::fmt::Display;
use std::str::FromStr;

use askama::Template;
use record::entry::{CommandSource, EntryAuthor};
use record::fold::RowVersion;
use web::answer::{FormRecall, FormReply, Page};
use web::argument::{FormFields, PlainForm};
use web::error::HttpError;
use web::form::{
    ConflictRow, FieldInput, FilledSection, FormDefinition, FormField, FormPainter, FormValues, SEEN_FIELD,
    read_seen,
};
use words::Catalog;

use crate::intake::CommandRefusal;
use crate::web::access::staff_session::StaffSession;
use crate::web::answer::go_to;
use crate::web::commands::run::{SubmissionKey, entry_by};
use crate::web::context::AppState;
use crate::web::layout::{NavSection, PageLayout, draw_page};
use crate::web::log_reads::{read_quick, staff_name};
use crate::web::request::fields::field_error::Wrong;
use crate::web::request::submissions::submission::{new_submission, submission_of};
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::words::{FormWords, PageWords};
use crate::wording::refusals::word_refusal;

/// Field-name prefix of a submitted value while a conflict is open.
const UNCHOSEN: &str = "yours-";

pub(crate) fn window_title(words: PageWords, title: String, problems: &[Wrong]) -> String {
    if problems.is_empty() { title } else { words.page_error_title(title) }
}

#[derive(Template)]
#[template(path = "register_form.html")]
pub(crate) struct RegisterFormPage {
    pub(crate) frame: PageLayout,
    pub(crate) f: FormWords,
    pub(crate) problems: Vec<Wrong>,
    pub(crate) title: String,
    pub(crate) hint: String,
    pub(crate) action: String,
    pub(crate) back: String,
    pub(crate) button: String,
    pub(crate) sections: Vec<FilledSection>,
    pub(crate) marks: FormMarks,
}

impl RegisterFormPage {
    pub(crate) fn draw(&self) -> Result<Page, HttpError> {
        draw_page(&self.frame, self)
    }
}

/// What a form carries and nobody sees.
pub(crate) struct FormMarks {
    pub(crate) token: String,
    /// The idempotency key that identifies a repeated submission.
    pub(crate) submission: String,
    pub(crate) seen: Option<String>,
}

impl FormMarks {
    pub(crate) fn new(state: &AppState, signed: &StaffSession) -> Self {
        Self { token: signed.form_token(), submission: new_submission(state), seen: None }
    }

    /// For a form about something at this version. A form shown again keeps the version it was drawn from;
    /// otherwise a change made meanwhile by somebody else would be undone unnoticed.
    pub(crate) fn over(self, now: impl Display) -> Self {
        Self { seen: self.seen.or_else(|| Some(now.to_string())), ..self }
    }

    pub(crate) fn again(self, submission: Option<String>, seen: Option<impl Display>) -> Self {
        let submission = submission.unwrap_or(self.submission);
        Self { submission, seen: seen.map(|seen| seen.to_string()), ..self }
    }
}

pub(crate) struct SentForm<V> {
    pub(crate) values: FormValues,
    pub(crate) errors: Vec<Wrong>,
    /// The version of what it changes, as far as it says.
    pub(crate) seen: Option<V>,
    pub(crate) submission: Option<String>,
}

impl<V: FromStr + Default> SentForm<V> {
    pub(crate) fn read(w: FormWords, form: &'static FormDefinition, fields: &FormFields) -> Self {
        let catalog: &Catalog = w.catalog();
        let unchosen = form
            .fields()
            .filter(|field| lacks_field(fields, field))
            .filter_map(|field| Some((field.name, fields.get(&format!("{UNCHOSEN}{}", field.name))?)));
        let values = unchosen
            .fold(FormValues::read(form, fields), |values, (name, entered)| values.with(name, entered));
        let mut errors = values.errors(catalog);
        let seen = read_seen(fields).unwrap_or_else(|fault| {
            errors.insert(0, fault.word(form, catalog));
            // Treated as based on a version that is not current: otherwise unchanged values would be saved unnoticed.
            Some(V::default())
        });
        // Of two people's values one is chosen, and nothing is chosen by leaving it out. A box that is not ticked is in no form.
        if seen.is_some() {
            let missing = form
                .fields()
                .filter(|field| lacks_field(fields, field))
                .filter(|field| !errors.iter().any(|e| e.at == field.name));
            let missing: Vec<Wrong> = missing
                .map(|field| {
                    let label = form.label(field.name, catalog);
                    Wrong { at: field.name.to_owned(), words: w.form_changed_choose(label) }
                })
                .collect();
            errors.extend(missing);
        }
        Self { values, errors, seen, submission: submission_of(fields) }
    }
}

impl<V: Display> SentForm<V> {
    /// The key of what changes `subject` by the difference to what is there: the same form is the same submission, whatever
    /// somebody else made of the subject since.
    pub(crate) fn submission_key(&self, subject: impl Display) -> SubmissionKey {
        let values: Vec<&str> = self.values.iter().map(|(_, value)| value).collect();
        let seen = self.seen.as_ref().map(ToString::to_string);
        let sent = (self.values.form().name, subject.to_string(), seen, values);
        SubmissionKey::as_sent(self.submission.clone(), &sent)
    }
}

impl<V> SentForm<V> {
    pub(crate) fn take<T>(&mut self, read: Result<T, Wrong>) -> Option<T> {
        read.map_err(|wrong| self.errors.push(wrong)).ok()
    }
}

/// Whether a refusal says that what the form changes is not what it was made over. The key of a form that went through once
/// with other values says so too.
pub(crate) fn is_changed(refusal: &CommandRefusal) -> bool {
    matches!(refusal, CommandRefusal::Changed { .. } | CommandRefusal::KeyReused)
}

/// The field that a refusal is about. None: the form has no such field, and the refusal is a page of its own.
pub(crate) fn find_refused(form: &FormDefinition, refusal: &CommandRefusal) -> Option<&'static str> {
    refusal.field().and_then(|name| form.find_field(name)).map(|field| field.name)
}

pub(crate) fn word_at_field(signed: &StaffSession, at: &str, refusal: &CommandRefusal) -> Wrong {
    Wrong { at: at.to_owned(), words: word_refusal(signed.words(), refusal) }
}

#[cfg(test)]
pub(crate) type RefusedField = (&'static FormDefinition, fn(&CommandRefusal) -> Option<&'static str>);

pub(crate) struct FormConflict<'a> {
    pub(crate) painter: FormPainter<'a>,
    pub(crate) theirs: &'a FormValues,
    pub(crate) yours: &'a FormValues,
    pub(crate) now: String,
    pub(crate) changed: Option<RowVersion>,
    pub(crate) thing: String,
    /// Whether nobody changed it, but something new would have taken its place.
    pub(crate) is_taken: bool,
    pub(crate) action: String,
    pub(crate) back: String,
    pub(crate) place: NavSection,
    pub(crate) carried: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "changed.html")]
struct ChangedPage {
    frame: PageLayout,
    w: FormWords,
    title: String,
    changed_by: String,
    marks: FormMarks,
    action: String,
    back: String,
    carried: Vec<(String, String)>,
    opened: String,
    is_chosen: bool,
    rows: Vec<ConflictRow>,
}

fn lacks_field(fields: &FormFields, field: &FormField) -> bool {
    field.input != FieldInput::Tick && fields.get(field.name).is_none()
}

/// The page (409): nothing was saved, and each field in which the two differ is there with both values.
pub(crate) async fn show_conflict(
    state: &AppState,
    signed: &StaffSession,
    conflict: FormConflict<'_>,
) -> Result<FormReply, HttpError> {
    let rows = conflict.painter.conflicts(conflict.theirs, conflict.yours);
    if rows.is_empty() {
        return go_to(&conflict.back);
    }
    let same = conflict.yours.iter().filter(|(field, value)| {
        let is_row = rows.iter().any(|row| row.name == field.name);
        let is_carried = field.input != FieldInput::Tick || !value.is_empty();
        !is_row && is_carried
    });
    let mut carried = conflict.carried;
    carried.extend(same.map(|(field, value)| (field.name.to_owned(), value.to_owned())));
    let w: FormWords = signed.words();
    let (title, changed_by) = match conflict.is_taken {
        true => (w.form_taken_title(), w.form_taken_by(conflict.thing)),
        false => {
            (w.form_changed_title(), word_changed_by(state, signed, conflict.changed, conflict.thing).await?)
        }
    };
    let page = ChangedPage {
        frame: PageLayout::staff(state, &Snapshot::now(state), title.clone(), signed, conflict.place),
        w,
        title,
        changed_by,
        marks: FormMarks::new(state, signed).over(conflict.now),
        action: conflict.action,
        back: conflict.back,
        carried,
        opened: conflict.theirs.clone().remembered().opened().to_owned(),
        is_chosen: rows.iter().any(|row| row.chosen.is_some()),
        rows,
    };
    draw_page(&page.frame, &page).map(ask_over)
}

/// The message above a form that is shown again because somebody changed its subject meanwhile, where the form has no
/// value of the thing to choose between.
pub(crate) async fn word_conflict(
    state: &AppState,
    signed: &StaffSession,
    changed: RowVersion,
    thing: String,
) -> Result<Wrong, HttpError> {
    let changed_by = word_changed_by(state, signed, Some(changed), thing).await?;
    let w: FormWords = signed.words();
    Ok(Wrong { at: SEEN_FIELD.to_owned(), words: w.form_changed_look(changed_by) })
}

pub(crate) async fn ask_reason_over(
    state: &AppState,
    signed: &StaffSession,
    changed: RowVersion,
    thing: String,
    form: &FormFields,
) -> Result<(Wrong, FormFields), HttpError> {
    let mut reason = FormFields::default();
    reason.push::<PlainForm>("reason".to_owned(), form.text("reason").as_bytes().to_vec())?;
    Ok((word_conflict(state, signed, changed, thing).await?, reason))
}

pub(crate) fn ask_over(page: Page) -> FormReply {
    FormReply::Again(FormRecall::Conflicting, page)
}

async fn word_changed_by(
    state: &AppState,
    signed: &StaffSession,
    changed: Option<RowVersion>,
    thing: String,
) -> Result<String, HttpError> {
    let w: FormWords = signed.words();
    let wording = signed.wording(&Snapshot::now(state).local);
    let Some((version, of)) = changed.and_then(|version| Some((version, version.entry()?))) else {
        return Ok(w.form_changed_somebody(thing));
    };
    let worded = read_quick(state, move |state, reader| {
        // Another entry may have the number of one from an adopted run.
        let entry = entry_by(reader, of)?.filter(|(entry, _)| version.is_of(entry.leaf()));
        let Some((entry, _)) = entry else { return Ok(w.form_changed_somebody(thing)) };
        let facility = state.store.snapshot();
        let time = wording.written_time(&facility, &entry.head().at);
        Ok(match entry.head().by {
            EntryAuthor { staff: Some(staff), .. } => {
                w.form_changed_by(thing, time, staff_name(reader, &facility, staff))
            }
            EntryAuthor { via, .. } => w.form_changed_through(thing, time, via_word(via)),
        })
    });
    worded.await
}

fn via_word(via: CommandSource) -> &'static str {
    match via {
        CommandSource::Relay => "relay",
        CommandSource::Api => "program",
        CommandSource::Socket => "command",
        CommandSource::Phone | CommandSource::Staff | CommandSource::Box | CommandSource::Other => "other",
    }
}
