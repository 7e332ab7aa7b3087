//! Who is signed off for which protocol: the table of people and protocols, signing one person off, and ending that.

use askama::Template;
use axum::extract::State;
use record::fold::RowVersion;
use record::ids::{ProtocolId, StaffId};
use record::kinds::CivilDay;
use record::limits::NOTE_CHARS_MAX;
use schemars::JsonSchema;
use serde::Deserialize;
use web::answer::{FormReply, Page};
use web::argument::{FormFields, LenientQuery, Path};
use web::error::HttpError;
use web::form::{FilledSection, FormDefinition, FormField, FormPainter, FormSection, FormValues, read_seen};
use words::{S0, SafeHtml, fill_slots};

use crate::intake::{
    Command, CommandRefusal, CompetencyEnding, CompetencySignOff, find_grant, grant_version,
};
use crate::store::ReadLane;
use crate::web::access::permissions::SignOff;
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::answer::{ask_again, go_to};
use crate::web::commands::run::{CommandFailure, run_command};
use crate::web::context::AppState;
use crate::web::form_page::{
    FormConflict, FormMarks, SentForm, ask_over, ask_reason_over, find_refused, is_changed, show_conflict,
    window_title, word_at_field, word_conflict,
};
use crate::web::http_error::{not_found, worded};
use crate::web::layout::{NavSection, PageLayout, draw_page};
use crate::web::log_reads::{StoredText, read_quick, read_text, staff_name};
use crate::web::request::bodies::form::StaffForm;
use crate::web::request::fields::field_error::Wrong;
use crate::web::request::fields::optional_day::read_optional_day;
use crate::web::request::submissions::submission::submission_of;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::page::wording::PageWording;
use crate::web::view_models::records::competency::{GrantBadge, word_grant};
use crate::web::view_models::records::sign_offs::read_grant;
use crate::web::words::{FormWords, PageWords, PeopleWords};

pub(super) const SIGN_OFFS: &str = "/staff/sign-offs";
/// Protocols side by side: more fit on no screen.
const COLUMNS_MAX: usize = 6;

pub(crate) static SIGN_OFF: FormDefinition = FormDefinition {
    name: "sign-off",
    sections: &[FormSection::plain(&[
        FormField::line("until", 10),
        FormField::prose("notes", NOTE_CHARS_MAX),
    ])],
};

pub(crate) fn refused_field(refusal: &CommandRefusal) -> Option<&'static str> {
    find_refused(&SIGN_OFF, refusal)
}

struct PersonRow {
    name: String,
    cells: Vec<MatrixCell>,
}

struct MatrixCell {
    to: String,
    protocol: String,
    badge: GrantBadge,
}

#[derive(Template)]
#[template(path = "people/sign_offs.html")]
struct MatrixPage {
    frame: PageLayout,
    w: PeopleWords,
    protocols: Vec<String>,
    people: Vec<PersonRow>,
    before: Option<String>,
    after: Option<String>,
}

/// Which protocols are shown.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct MatrixParams {
    /// How many come before.
    #[serde(default)]
    from: usize,
}

pub(crate) async fn show_matrix(
    signed: StaffCaller<SignOff>,
    State(state): State<AppState>,
    LenientQuery(params): LenientQuery<MatrixParams>,
) -> Result<Page, HttpError> {
    let lane = ReadLane::of_rows(state.store.snapshot().staff.len());
    let read = read_text(&state, lane, move |state, reader| {
        let facility = state.store.snapshot();
        let snapshot = Snapshot::of(state, &facility);
        let (page_words, w): (PageWords, PeopleWords) = signed.words();
        let wording = PageWording::new(page_words, &snapshot.local);
        let mut offered: Vec<(ProtocolId, String)> = facility
            .protocols
            .iter()
            .filter(|(_, protocol)| !protocol.retired)
            .map(|(id, protocol)| (*id, protocol.name.clone()))
            .collect();
        offered.sort_by_key(|(_, name)| name.to_lowercase());
        let from = params.from.min(offered.len().saturating_sub(1)) / COLUMNS_MAX * COLUMNS_MAX;
        let columns: Vec<_> = offered.iter().skip(from).take(COLUMNS_MAX).cloned().collect();
        let page_at = |from: usize| format!("{SIGN_OFFS}?from={from}");
        let after = from + COLUMNS_MAX;
        let here = facility.staff.iter().filter(|(_, person)| !person.left);
        let mut people: Vec<PersonRow> = here
            .map(|(staff, _)| PersonRow {
                name: StoredText::of_staff(reader, &facility, *staff).word(page_words),
                cells: columns
                    .iter()
                    .map(|(protocol, name)| MatrixCell {
                        to: pair_path(*staff, *protocol),
                        protocol: name.clone(),
                        badge: word_grant(w, &wording, find_grant(&facility, *staff, *protocol)),
                    })
                    .collect(),
            })
            .collect();
        people.sort_by_key(|row| row.name.to_lowercase());
        Ok(MatrixPage {
            frame: PageLayout::staff(state, &snapshot, w.sign_offs_title(), &signed, NavSection::People),
            w,
            protocols: columns.into_iter().map(|(_, name)| name).collect(),
            people,
            before: (from > 0).then(|| page_at(from.saturating_sub(COLUMNS_MAX))),
            after: (after < offered.len()).then(|| page_at(after)),
        })
    });
    let page = read.await?;
    draw_page(&page.frame, &page)
}

fn pair_path(staff: StaffId, protocol: ProtocolId) -> String {
    format!("{SIGN_OFFS}/{staff}/{protocol}")
}

struct PairPath {
    staff: String,
    protocol: String,
}

struct SignedPair {
    staff: StaffId,
    protocol: ProtocolId,
    name: String,
    protocol_name: String,
    version: RowVersion,
    is_granted: bool,
    until: Option<CivilDay>,
    badge: GrantBadge,
    signer: Option<SafeHtml>,
    note: String,
    /// The remark of a sign-off that is not ended: a later one repeats or replaces it.
    remark: String,
}

impl SignedPair {
    async fn find(state: &AppState, signed: &StaffSession, pair: &PairPath) -> Result<Self, HttpError> {
        let PairPath { staff, protocol } = pair;
        let staff: StaffId = staff.parse().map_err(|_| not_found())?;
        let protocol: ProtocolId = protocol.parse().map_err(|_| not_found())?;
        let words: (PageWords, PeopleWords) = signed.words();
        let found = read_quick(state, move |state, reader| {
            let facility = state.store.snapshot();
            let (page_words, w) = words;
            let wording = PageWording::new(page_words, &Snapshot::of(state, &facility).local);
            facility.staff.get(&staff).filter(|person| !person.left).ok_or_else(not_found)?;
            let published = facility.protocols.get(&protocol).ok_or_else(not_found)?;
            let grant = find_grant(&facility, staff, protocol);
            let (signer, text) = match grant {
                None => (None, None),
                Some(grant) => {
                    let (by, text) = read_grant(reader, grant.of)?;
                    let when = wording.dates().day_and_time(grant.set_ms).text;
                    let by = by.map(|by| StoredText::of_staff(reader, &facility, by).to_html(page_words));
                    let signer = match by {
                        Some(by) => fill_slots(w.sign_off_since_by(when, S0), [by]),
                        None => fill_slots(w.sign_off_since(when), []),
                    };
                    (Some(signer), text)
                }
            };
            let is_granted = grant.is_some_and(|grant| !grant.ended);
            let remark = text.clone().filter(|_| is_granted).and_then(StoredText::readable);
            Ok(Self {
                staff,
                protocol,
                name: staff_name(reader, &facility, staff),
                protocol_name: published.name.clone(),
                version: grant_version(grant),
                is_granted,
                until: grant.filter(|grant| !grant.ended).and_then(|grant| grant.until),
                badge: word_grant(w, &wording, grant),
                signer,
                note: text.map_or_else(String::new, |text| text.word(page_words)),
                remark: remark.unwrap_or_default(),
            })
        });
        found.await
    }

    fn path(&self) -> String {
        pair_path(self.staff, self.protocol)
    }

    fn values(&self) -> FormValues {
        let until = self.until.map_or_else(String::new, |day| day.to_string());
        FormValues::empty(&SIGN_OFF).with("until", until).with("notes", self.remark.as_str())
    }

    fn page(
        self,
        state: &AppState,
        signed: &StaffSession,
        values: &FormValues,
        problems: Vec<Wrong>,
        marks: FormMarks,
    ) -> Result<Page, HttpError> {
        let (page_words, f, w): (PageWords, FormWords, PeopleWords) = signed.words();
        let title = window_title(page_words, w.sign_off_title(&self.name, &self.protocol_name), &problems);
        let page = PairPage {
            frame: PageLayout::staff(state, &Snapshot::now(state), title, signed, NavSection::People)
                .with_script(),
            w,
            sections: FormPainter::new(&SIGN_OFF, f.catalog()).draw(values, &problems)?,
            problems,
            action: self.path(),
            marks: marks.over(self.version),
            pair: self,
        };
        draw_page(&page.frame, &page)
    }
}

#[derive(Template)]
#[template(path = "people/sign_off.html")]
struct PairPage {
    frame: PageLayout,
    w: PeopleWords,
    problems: Vec<Wrong>,
    pair: SignedPair,
    action: String,
    sections: Vec<FilledSection>,
    marks: FormMarks,
}

pub(crate) async fn ask_sign_off(
    signed: StaffCaller<SignOff>,
    State(state): State<AppState>,
    Path((staff, protocol)): Path<(String, String)>,
) -> Result<Page, HttpError> {
    let there = SignedPair::find(&state, &signed, &PairPath { staff, protocol }).await?;
    let (values, marks) = (there.values(), FormMarks::new(&state, &signed));
    there.page(&state, &signed, &values, Vec::new(), marks)
}

fn read_day(f: FormWords, text: &str) -> Result<Option<CivilDay>, Wrong> {
    read_optional_day(text)
        .map_err(|_| Wrong { at: "until".to_owned(), words: f.form_sign_off_until_wrong() })
}

pub(crate) async fn sign_off(
    signed: StaffCaller<SignOff>,
    State(state): State<AppState>,
    Path((staff, protocol)): Path<(String, String)>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let pair = PairPath { staff, protocol };
    let there = SignedPair::find(&state, &signed, &pair).await?;
    let f: FormWords = signed.words();
    let mut sent = SentForm::<RowVersion>::read(f, &SIGN_OFF, &form);
    let until = sent.take(read_day(f, sent.values.text("until")));
    let Some(until) = until.filter(|_| sent.errors.is_empty()) else {
        let marks = FormMarks::new(&state, &signed).again(sent.submission, sent.seen);
        return there.page(&state, &signed, &sent.values, sent.errors, marks).map(ask_again);
    };
    let (note, seen) = (sent.values.text("notes").to_owned(), sent.seen);
    let command = Command::GrantCompetency(CompetencySignOff {
        staff: there.staff,
        protocol: there.protocol,
        until,
        note,
        seen,
    });
    match run_command(&state, signed.author(), sent.submission.clone(), command).await {
        Ok(_) => go_to(SIGN_OFFS),
        Err(CommandFailure::Refused(refusal)) if is_changed(&refusal) => {
            let now = SignedPair::find(&state, &signed, &pair).await?;
            show_difference(&state, &signed, now, &sent.values).await
        }
        Err(undone) => match undone.at_field(refused_field) {
            Ok((refusal, at)) => {
                sent.errors.push(word_at_field(&signed, at, &refusal));
                let marks = FormMarks::new(&state, &signed).again(sent.submission, sent.seen);
                there.page(&state, &signed, &sent.values, sent.errors, marks).map(ask_again)
            }
            Err(other) => Err(HttpError::from(other).link(SIGN_OFFS, worded(PeopleWords::sign_offs_back))),
        },
    }
}

async fn show_difference(
    state: &AppState,
    signed: &StaffSession,
    now: SignedPair,
    yours: &FormValues,
) -> Result<FormReply, HttpError> {
    // An ended one has no values to choose between.
    if !now.is_granted {
        let problem = word_conflict(state, signed, now.version, now.name.clone()).await?;
        let marks = FormMarks::new(state, signed);
        return now.page(state, signed, yours, vec![problem], marks).map(ask_over);
    }
    let f: FormWords = signed.words();
    let conflict = FormConflict {
        painter: FormPainter::new(&SIGN_OFF, f.catalog()),
        theirs: &now.values(),
        yours,
        now: now.version.to_string(),
        changed: Some(now.version),
        is_taken: false,
        thing: now.name.clone(),
        action: now.path(),
        back: SIGN_OFFS.to_owned(),
        place: NavSection::People,
        carried: Vec::new(),
    };
    show_conflict(state, signed, conflict).await
}

#[derive(Template)]
#[template(path = "people/sign_off_end.html")]
struct EndPage {
    frame: PageLayout,
    w: PeopleWords,
    problems: Vec<Wrong>,
    title: String,
    action: String,
    back: String,
    reason: String,
    marks: FormMarks,
}

fn end_page(
    state: &AppState,
    signed: &StaffSession,
    there: &SignedPair,
    problems: Vec<Wrong>,
    sent: &FormFields,
) -> Result<Page, HttpError> {
    if !there.is_granted {
        return Err(not_found());
    }
    let (page_words, w): (PageWords, PeopleWords) = signed.words();
    let title = w.sign_off_end_title(&there.name, &there.protocol_name);
    let window = window_title(page_words, title.clone(), &problems);
    let page = EndPage {
        frame: PageLayout::staff(state, &Snapshot::now(state), window, signed, NavSection::People)
            .with_script(),
        w,
        problems,
        title,
        action: format!("{}/end", there.path()),
        back: there.path(),
        reason: sent.text("reason").to_owned(),
        marks: FormMarks::new(state, signed)
            .again(submission_of(sent), None::<RowVersion>)
            .over(there.version),
    };
    draw_page(&page.frame, &page)
}

pub(crate) async fn ask_end(
    signed: StaffCaller<SignOff>,
    State(state): State<AppState>,
    Path((staff, protocol)): Path<(String, String)>,
) -> Result<Page, HttpError> {
    let there = SignedPair::find(&state, &signed, &PairPath { staff, protocol }).await?;
    end_page(&state, &signed, &there, Vec::new(), &FormFields::default())
}

pub(crate) async fn end_sign_off(
    signed: StaffCaller<SignOff>,
    State(state): State<AppState>,
    Path((staff, protocol)): Path<(String, String)>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let pair = PairPath { staff, protocol };
    let there = SignedPair::find(&state, &signed, &pair).await?;
    // An unreadable version does not match the current one.
    let seen = read_seen(&form).unwrap_or_else(|_| Some(RowVersion::default()));
    let reason = form.text("reason").to_owned();
    let ending = CompetencyEnding { staff: there.staff, protocol: there.protocol, reason, seen };
    match run_command(&state, signed.author(), submission_of(&form), Command::EndCompetency(ending)).await {
        Ok(_) => go_to(SIGN_OFFS),
        Err(CommandFailure::Refused(refusal)) if refusal.field() == Some("reason") => {
            let problem = word_at_field(&signed, "reason", &refusal);
            end_page(&state, &signed, &there, vec![problem], &form).map(ask_again)
        }
        Err(CommandFailure::Refused(refusal)) if is_changed(&refusal) => {
            let now = SignedPair::find(&state, &signed, &pair).await?;
            // Somebody else ended it: there is nothing left to do.
            if !now.is_granted {
                return go_to(&now.path());
            }
            let (problem, reason) =
                ask_reason_over(&state, &signed, now.version, now.name.clone(), &form).await?;
            end_page(&state, &signed, &now, vec![problem], &reason).map(ask_over)
        }
        Err(other) => Err(HttpError::from(other).link(SIGN_OFFS, worded(PeopleWords::sign_offs_back))),
    }
}
