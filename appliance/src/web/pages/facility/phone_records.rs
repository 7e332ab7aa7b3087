//! Records of phones that the box refused: the list, the late entry that biomed makes of one, and its dismissal.

use askama::Template;
use axum::extract::State;
use history::{HistoryWords, word_problem};
use record::ids::DeviceId;
use record::limits::{NAME_CHARS_MAX, NOTE_CHARS_MAX};
use record::receipt::Receipt;
use schemars::JsonSchema;
use serde::Deserialize;
use web::answer::{FormReply, OneOf, Page};
use web::argument::{LenientQuery, Path};
use web::error::HttpError;
use web::form::{FilledSection, FormDefinition, FormField, FormPainter, FormSection, FormValues};
use words::{S0, S1, SafeHtml, WordSet as _, fill_slots};

use crate::identity::{AccessOutcome, AccessTarget};
use crate::intake::CommandRefusal;
use crate::phones::{PhoneClosing, RefusedSubmission, SubmissionFault, WaitingPhones};
use crate::store::LogReader;
use crate::web::access::permissions::{EditEquipment, View};
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::access_note::AccessNote;
use crate::web::answer::{FormOrPage, ask_again, go_to};
use crate::web::commands::refused_records::{
    self, LateWords, choose_text, close_row, close_sender, find_open, list_open,
};
use crate::web::commands::waiting_phones::{list_silent_phones, remind_of_phones};
use crate::web::context::{AppState, run_blocking};
use crate::web::form_page::{
    FormMarks, SentForm, find_refused as find_refused_field, window_title, word_at_field,
};
use crate::web::http_error::{not_found, worded};
use crate::web::layout::{NavSection, PageLayout, draw_page};
use crate::web::log_reads::{StoredText, read_quick};
use crate::web::request::bodies::form::StaffForm;
use crate::web::request::fields::field_error::Wrong;
use crate::web::request::submissions::copy_file::{CopyFile, RECORDS_MAX};
use crate::web::request::submissions::submission_record::record_submission;
use crate::web::view_models::equipment::codes::read_meant;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::page::wording::PageWording;
use crate::web::view_models::records::history::HistoryPhoto;
use crate::web::words::{ErrorWords, FormWords, PageWords, PhoneRecordWords};

pub(crate) const PHONE_RECORDS: &str = "/staff/phone-records";
const PAGE_ROWS: usize = 50;

pub(crate) static PHONE_RECORD: FormDefinition = FormDefinition {
    name: "refused",
    sections: &[FormSection::plain(&[
        FormField::scanned("tag", NAME_CHARS_MAX),
        FormField::line("cleaned_by", NAME_CHARS_MAX),
        FormField::lines("notes", NOTE_CHARS_MAX),
    ])],
};

pub(crate) fn refused_field(refusal: &CommandRefusal) -> Option<&'static str> {
    match refusal {
        CommandRefusal::UnknownTag(_) => Some("tag"),
        other => find_refused_field(&PHONE_RECORD, other),
    }
}

struct RecordCard {
    id: String,
    why: String,
    line: SafeHtml,
    note: String,
    /// What is wrong with the item, as a category and as it was reported.
    problem: Option<String>,
    photos: Vec<HistoryPhoto>,
    sender_words: Option<String>,
}

struct PhoneCard {
    device: String,
    line: String,
    closed: Option<SafeHtml>,
}

#[derive(Template)]
#[template(path = "facility/phone_records.html")]
struct RecordsPage {
    frame: PageLayout,
    w: PhoneRecordWords,
    cards: Vec<RecordCard>,
    older: Option<String>,
    phones: Vec<PhoneCard>,
    copied: Option<String>,
    form_token: String,
    may_change: bool,
}

fn card_of(state: &AppState, wording: &PageWording, row: RefusedSubmission, of_sender: usize) -> RecordCard {
    let w = PhoneRecordWords::in_locale(wording.locale());
    let when = wording.dates().day_and_time(row.performed_ms).text;
    let slots = [SafeHtml::entered(&row.tag), SafeHtml::entered(&row.name)];
    let line = match (row.is_report, row.name.is_empty()) {
        (false, true) => w.phone_record_nobody(S0, when),
        (false, false) => w.phone_record_line(S1, S0, when),
        (true, true) => w.phone_record_reported(S0, when),
        (true, false) => w.phone_record_reported_by(S1, S0, when),
    };
    let line = fill_slots(line, slots);
    let lines = HistoryWords::in_locale(wording.locale());
    let problem =
        row.problem.map(|problem| w.phone_record_problem(problem.text, word_problem(lines, &problem.what)));
    let why = match row.why {
        SubmissionFault::NoTag => w.phone_record_no_tag(),
        SubmissionFault::UnknownTag => w.phone_record_unknown_tag(),
        SubmissionFault::Retired => w.phone_record_retired(),
        SubmissionFault::Invalid => w.phone_record_invalid(),
    };
    let photos = row.photos.iter().filter_map(|photo| HistoryPhoto::of(state, *photo)).collect();
    let sender_words = (of_sender > 1).then(|| match row.sender.is_known {
        true => w.phone_record_dismiss_sender(of_sender),
        false => w.phone_record_dismiss_network(of_sender),
    });
    RecordCard { id: row.id, why, line, note: row.note, problem, photos, sender_words }
}

fn shorten_name(device: &str) -> String {
    device.chars().skip(device.chars().count().saturating_sub(4)).collect()
}

/// Phones that hold records: those that were here since the box was started, and those that somebody is to look for since before.
fn list_phones(
    state: &AppState,
    reader: &LogReader,
    wording: &PageWording,
    w: PhoneRecordWords,
) -> Vec<PhoneCard> {
    let (now, facility) = (state.known_now(), state.store.snapshot());
    let time = |age_ms| wording.dates().day_and_time(now.wall_ms.saturating_sub_unsigned(age_ms)).text;
    let noted = state.stored::<WaitingPhones>().all(now.up_ms).into_iter().map(|phone| {
        let device = phone.device.to_string();
        let last = time(now.up_ms.saturating_sub(phone.noted_ms));
        let (oldest, records) = (time(phone.oldest_ms(now.up_ms)), phone.notice.records);
        let closed = phone.closed.map(|closing| {
            let who = StoredText::of_staff(reader, &facility, closing.staff).to_html(wording.words());
            let when = time(now.up_ms.saturating_sub(closing.up_ms));
            fill_slots(w.phone_record_gone_by(S0, when), [who])
        });
        PhoneCard { line: w.phone_record_held(records, last, shorten_name(&device), oldest), device, closed }
    });
    let silent = list_silent_phones(state).into_iter().map(|row| {
        let since = wording.dates().day_and_time(row.first_ms).text;
        let line = w.phone_record_held_before(row.count, shorten_name(&row.subject), since);
        PhoneCard { device: row.subject, line, closed: None }
    });
    noted.chain(silent).collect()
}

/// A phone that holds records is lost, or its browser was cleared: it is no longer expected.
pub(crate) async fn close_phone(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path(device): Path<String>,
    _: StaffForm,
) -> Result<FormReply, HttpError> {
    let id: DeviceId = device.parse().map_err(|_| not_found())?;
    let (phones, up_ms) = (state.stored::<WaitingPhones>(), state.clock.now().up_ms);
    let known = phones.find(id, up_ms).map(|phone| phone.notice.records).filter(|records| *records > 0);
    let silent = || list_silent_phones(&state).into_iter().find(|row| row.subject == device);
    let records = known.or_else(|| silent().map(|row| row.count)).ok_or_else(not_found)?;
    phones.close_phone(id, records, PhoneClosing { staff: signed.staff(), up_ms });
    run_blocking(&state, |state| {
        remind_of_phones(state);
        Ok(())
    })
    .await?;
    signed.notes().add([AccessNote::new(AccessOutcome::AlarmSeen, AccessTarget::Edit).about(&device)]);
    go_to(PHONE_RECORDS)
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct PhoneRecordParams {
    /// Only records behind this one.
    before: Option<String>,
}

pub(crate) async fn list_records(
    signed: StaffCaller<View>,
    State(state): State<AppState>,
    LenientQuery(params): LenientQuery<PhoneRecordParams>,
) -> Result<Page, HttpError> {
    records_page(&state, &signed, params.before, None).await
}

async fn records_page(
    state: &AppState,
    signed: &StaffSession,
    before: Option<String>,
    copied: Option<String>,
) -> Result<Page, HttpError> {
    let (page_words, w): (PageWords, PhoneRecordWords) = signed.words();
    let snapshot = Snapshot::now(state);
    let refused = match list_open(state, before, PAGE_ROWS).await? {
        Some(page) => page,
        // The cursor's position no longer exists: from the newest on.
        None => list_open(state, None, PAGE_ROWS).await?.unwrap_or_default(),
    };
    let older = refused.next;
    let local = snapshot.local.clone();
    let worded = read_quick(state, move |state, reader| {
        let wording = PageWording::new(page_words, &local);
        let rows = refused.rows.into_iter();
        let cards: Vec<_> = rows.map(|(row, of_sender)| card_of(state, &wording, row, of_sender)).collect();
        Ok((cards, list_phones(state, reader, &wording, w)))
    });
    let (cards, phones) = worded.await?;
    let page = RecordsPage {
        cards,
        older,
        phones,
        copied,
        frame: PageLayout::staff(state, &snapshot, w.phone_record_title(), signed, NavSection::Today),
        w,
        form_token: signed.form_token(),
        may_change: signed.can_edit(),
    };
    draw_page(&page.frame, &page)
}

pub(crate) async fn take_copy(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    CopyFile { records, unreadable, over }: CopyFile,
) -> Result<FormOrPage, HttpError> {
    let (mut recorded, mut refused) = (0, 0);
    for mut submission in records {
        submission.recall(&state).await;
        let place = submission.document.place_copied(&state.known_now());
        match record_submission(&state, signed.author(), submission, &place).await {
            Ok(_) => recorded += 1,
            Err(error) if error.status.is_client_error() => refused += 1,
            Err(error) => return Err(error),
        }
    }
    let w: PhoneRecordWords = signed.words();
    let mut copied = w.phone_record_copied(recorded, refused, unreadable);
    if over > 0 {
        copied = format!("{copied} {}", w.phone_record_over(over, RECORDS_MAX));
    }
    records_page(&state, &signed, None, Some(copied)).await.map(OneOf::Second)
}

#[derive(Template)]
#[template(path = "facility/phone_record.html")]
struct RecordPage {
    frame: PageLayout,
    w: FormWords,
    records: PhoneRecordWords,
    problems: Vec<Wrong>,
    title: String,
    card: RecordCard,
    action: String,
    back: &'static str,
    sections: Vec<FilledSection>,
    marks: FormMarks,
}

fn late_page(
    state: &AppState,
    signed: &StaffSession,
    row: RefusedSubmission,
    values: &FormValues,
    problems: Vec<Wrong>,
) -> Result<Page, HttpError> {
    let (page_words, w): (PageWords, FormWords) = signed.words();
    let snapshot = Snapshot::now(state);
    let wording = PageWording::new(page_words, &snapshot.local);
    let title = w.form_refused_title();
    let window = window_title(page_words, title.clone(), &problems);
    let page = RecordPage {
        frame: PageLayout::staff(state, &snapshot, window, signed, NavSection::Today).with_script(),
        w,
        records: signed.words(),
        sections: FormPainter::new(&PHONE_RECORD, w.catalog()).draw(values, &problems)?,
        problems,
        title,
        action: format!("{PHONE_RECORDS}/{}", row.id),
        card: card_of(state, &wording, row, 1),
        back: PHONE_RECORDS,
        marks: FormMarks::new(state, signed),
    };
    draw_page(&page.frame, &page)
}

pub(crate) async fn ask_late(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Page, HttpError> {
    let row = find_open(&state, &id).await?;
    let values = FormValues::empty(&PHONE_RECORD)
        .with("tag", row.tag.as_str())
        .with("cleaned_by", row.name.as_str())
        .with("notes", choose_text(&row));
    late_page(&state, &signed, row, &values, Vec::new())
}

pub(crate) async fn enter_late(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path(id): Path<String>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let row = find_open(&state, &id).await?;
    let w: FormWords = signed.words();
    let mut sent = SentForm::<record::fold::RowVersion>::read(w, &PHONE_RECORD, &form);
    let meant = read_meant(signed.words(), &state.store.snapshot(), sent.values.text("tag"));
    let tag = sent.take(meant.map_err(|words| Wrong { at: "tag".to_owned(), words }));
    if let Some(tag) = tag.filter(|_| sent.errors.is_empty()) {
        let (name, text) = (sent.values.text("cleaned_by").to_owned(), sent.values.text("notes").to_owned());
        match refused_records::enter_late(&state, signed.author(), &row, LateWords { tag, name, text }).await
        {
            // The record of an earlier attempt may differ: it is shown.
            Ok(entered) if entered.was_there && !row.is_report => {
                return go_to(&format!("/r/{}", Receipt::of(entered.done.line.of, entered.done.leaf)));
            }
            Ok(_) => return go_to(PHONE_RECORDS),
            Err(undone) => match undone.at_field(refused_field) {
                Ok((refusal, at)) => sent.errors.push(word_at_field(&signed, at, &refusal)),
                Err(other) => {
                    let error = HttpError::from(other);
                    return Err(error.link(PHONE_RECORDS, worded(ErrorWords::error_links_back)));
                }
            },
        }
    }
    late_page(&state, &signed, row, &sent.values, sent.errors).map(ask_again)
}

pub(crate) async fn close_record(
    _: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path(id): Path<String>,
    _: StaffForm,
) -> Result<FormReply, HttpError> {
    find_open(&state, &id).await?;
    close_row(&state, &id).await?;
    go_to(PHONE_RECORDS)
}

/// Dismisses a flood of records in one step.
pub(crate) async fn close_all_of_sender(
    _: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path(id): Path<String>,
    _: StaffForm,
) -> Result<FormReply, HttpError> {
    close_sender(&state, &id).await?;
    go_to(PHONE_RECORDS)
}
