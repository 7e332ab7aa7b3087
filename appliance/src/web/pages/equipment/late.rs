//! A cleaning that somebody wrote on paper, entered later by biomed.

use axum::extract::State;
use history::{HistoryWords, word_trigger};
use record::fold::{Equipment, FacilityState, RowVersion};
use record::ids::ProtocolId;
use record::kinds::{CivilDay, ProtocolPublished};
use record::limits::{LATE_ENTRY_MS_MAX, LOT_CHARS_MAX, NAME_CHARS_MAX, NOTE_CHARS_MAX};
use web::answer::{FormReply, Page};
use web::argument::Path;
use web::error::HttpError;
use web::form::{FormDefinition, FormField, FormOption, FormPainter, FormSection, FormValues};
use words::WordSet as _;

use crate::intake::{CleaningForm, Command, CommandRefusal, HAND_TRIGGERS};
use crate::web::access::badge::{EnteredText, ScanOrigin, take_misplaced_badge};
use crate::web::access::permissions::EditEquipment;
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::answer::{ask_again, go_to};
use crate::web::commands::run::run_command;
use crate::web::context::AppState;
use crate::web::form_page::{
    FormMarks, RegisterFormPage, SentForm, find_refused, window_title, word_at_field,
};
use crate::web::http_error::worded;
use crate::web::layout::{NavSection, PageLayout};
use crate::web::listed_people::find_only_name;
use crate::web::log_reads::{read_quick, staff_name};
use crate::web::request::bodies::form::StaffForm;
use crate::web::request::fields::about_cleaning::{read_class, read_lot_day, read_trigger};
use crate::web::request::fields::field_error::Wrong;
use crate::web::view_models::equipment::items::find_item;
use crate::web::view_models::equipment::protocols::find_protocol;
use crate::web::view_models::page::formats::{CivilTimeFault, read_span};
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::words::{EquipmentWords, ErrorWords, FormWords, PageWords, RefusalWords};
use crate::wording::refusals::word_refusal;

const NAMES_MAX: usize = 200;

pub(crate) static LATE: FormDefinition = FormDefinition {
    name: "late",
    sections: &[
        FormSection::plain(&[
            FormField::line("performed_at", 16).required(),
            FormField::line("cleaned_by", NAME_CHARS_MAX),
            FormField::pick("protocol"),
            FormField::tick("all_steps"),
            FormField::line("steps", 120),
            FormField::line("contact", 8),
            FormField::prose("notes", NOTE_CHARS_MAX).required(),
            FormField::tick("uncounted"),
        ]),
        FormSection::folded(
            "about",
            &[
                FormField::line("agent", NAME_CHARS_MAX),
                FormField::line("lot", LOT_CHARS_MAX),
                FormField::line("lot_expires", 10),
                FormField::pick("trigger"),
                FormField::choice("class", &["semicritical", "critical"]),
            ],
        ),
    ],
};

fn list_steps(protocol: &ProtocolPublished) -> String {
    let steps = (1..).zip(&protocol.steps).map(|(n, step): (u16, _)| format!("{n} {}", step.text));
    steps.collect::<Vec<_>>().join(" · ")
}

fn late_painter(
    w: FormWords,
    facility: &FacilityState,
    item: &Equipment,
    names: Vec<String>,
    now_ms: i64,
) -> FormPainter<'static> {
    let own =
        item.facts.protocols.iter().filter_map(|id| facility.protocols.get(id)).filter(|own| !own.retired);
    let protocols = own.map(|own| FormOption::entered(own.protocol.to_string(), own.name.clone())).collect();
    let steps = find_protocol(facility, item, None, now_ms).map(list_steps);
    let lines = HistoryWords::in_locale(w.catalog().locale());
    let triggers = HAND_TRIGGERS.iter();
    let triggers = triggers.map(|trigger| FormOption::new(trigger.as_str(), word_trigger(lines, trigger)));
    FormPainter {
        picks: vec![("protocol", protocols), ("trigger", triggers.collect())],
        hints: steps.map(|steps| ("steps", w.form_late_steps_list(steps))).into_iter().collect(),
        suggestions: vec![("cleaned_by", names)],
        ..FormPainter::new(&LATE, w.catalog())
    }
}

async fn late_page(
    state: &AppState,
    signed: &StaffSession,
    item: &Equipment,
    values: &FormValues,
    problems: Vec<Wrong>,
    marks: FormMarks,
) -> Result<Page, HttpError> {
    let (page_words, f, w): (PageWords, FormWords, EquipmentWords) = signed.words();
    let names = read_quick(state, |state, reader| {
        let facility = state.store.snapshot();
        let present = facility.staff.iter().filter(|(_, member)| !member.left).take(NAMES_MAX);
        Ok(present.map(|(id, _)| staff_name(reader, &facility, *id)).collect::<Vec<_>>())
    });
    let names = names.await?;
    let title = window_title(page_words, w.late_title(&item.facts.name), &problems);
    let frame = PageLayout::staff(state, &Snapshot::now(state), title, signed, NavSection::Equipment);
    let page = RegisterFormPage {
        frame: frame.with_script().about_item(state, item.tag),
        f,
        sections: late_painter(f, &state.store.snapshot(), item, names, state.known_now_ms())
            .draw(values, &problems)?,
        problems,
        title: w.late_title(&item.facts.name),
        hint: w.late_hint(),
        action: format!("/staff/equipment/{}/late", item.tag),
        back: format!("/staff/equipment/{}", item.tag),
        button: w.late_save(),
        marks,
    };
    page.draw()
}

pub(crate) async fn ask_late(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path(tag): Path<String>,
) -> Result<Page, HttpError> {
    let item = find_item(&state, &tag)?;
    let now_ms = state.known_now_ms();
    let usual = {
        let facility = state.store.snapshot();
        find_protocol(&facility, &item, None, now_ms).map(|own| own.protocol.to_string())
    };
    let values = FormValues::empty(&LATE).with("protocol", usual.unwrap_or_default());
    late_page(&state, &signed, &item, &values, Vec::new(), FormMarks::new(&state, &signed)).await
}

struct LateEntry<'a> {
    w: EquipmentWords,
    refusals: RefusalWords,
    state: &'a AppState,
    item: &'a Equipment,
    sent: &'a mut SentForm<RowVersion>,
}

impl LateEntry<'_> {
    fn wrong(&mut self, at: &str, words: String) {
        self.sent.errors.push(Wrong { at: at.to_owned(), words });
    }

    fn performed(&mut self) -> Option<i64> {
        let local = Snapshot::now(self.state).local;
        let entered = self.sent.values.text("performed_at").to_owned();
        let ms = match local.read_civil_time(&entered) {
            Ok(ms) => ms,
            // A missing value is reported already.
            Err(_) if entered.is_empty() => return None,
            Err(CivilTimeFault::Unreadable) => {
                self.wrong("performed_at", self.w.late_time_wrong());
                return None;
            }
            Err(CivilTimeFault::Skipped) => {
                self.wrong("performed_at", self.w.late_time_skipped());
                return None;
            }
        };
        let is_too_late = local.now_ms().saturating_sub(ms) > LATE_ENTRY_MS_MAX;
        if is_too_late && !self.sent.values.is_ticked("uncounted") {
            self.wrong("uncounted", self.w.late_uncounted());
        }
        Some(ms)
    }

    /// The steps that were done, from 1: those of the version that was in force then.
    fn steps(&mut self, protocol: Option<ProtocolId>, performed_ms: Option<i64>) -> Vec<u16> {
        let facility = self.state.store.snapshot();
        // An item without a protocol has one step: cleaned as its maker says.
        let at_ms = performed_ms.unwrap_or_else(|| self.state.known_now_ms());
        let count = find_protocol(&facility, self.item, protocol, at_ms).map_or(1, |own| own.steps.len());
        let count = u16::try_from(count).unwrap_or(u16::MAX);
        if self.sent.values.is_ticked("all_steps") {
            return (1..=count).collect();
        }
        let entered = self.sent.values.text("steps").to_owned();
        let parts = entered.split([',', ' ']).filter(|part| !part.is_empty());
        let read: Option<Vec<u16>> = parts.map(|part| part.parse().ok()).collect();
        match read.filter(|steps| steps.iter().all(|step| (1..=count).contains(step))) {
            Some(steps) => steps,
            None => {
                self.wrong("steps", self.w.late_steps_wrong(count.to_string()));
                Vec::new()
            }
        }
    }

    fn contact_s(&mut self) -> Option<u32> {
        let entered = self.sent.values.text("contact").to_owned();
        if entered.is_empty() {
            return None;
        }
        let read = read_span(&entered);
        if read.is_none() {
            self.wrong("contact", self.w.late_contact_wrong());
        }
        read
    }

    fn lot_expires(&mut self) -> Option<CivilDay> {
        let read = read_lot_day(self.sent.values.text("lot_expires"));
        read.unwrap_or_else(|refusal| {
            let words = word_refusal(self.refusals, &refusal);
            self.wrong("lot_expires", words);
            None
        })
    }

    fn read(mut self) -> Option<CleaningForm> {
        let protocol = self.sent.values.text("protocol").parse().ok();
        let performed_ms = self.performed();
        let steps = self.steps(protocol, performed_ms);
        let stated_s = self.contact_s();
        let lot_expires = self.lot_expires();
        let values = &self.sent.values;
        let form = CleaningForm {
            agent: values.text("agent").to_owned(),
            lot: values.text("lot").to_owned(),
            lot_expires,
            trigger: read_trigger(values.text("trigger")),
            class: read_class(values.text("class")),
            protocol,
            steps: Some(steps),
            stated_s,
            note: values.text("notes").to_owned(),
            performed_ms,
            ..CleaningForm::plain(self.item.tag, values.text("cleaned_by"))
        };
        Some(form).filter(|_| self.sent.errors.is_empty())
    }
}

pub(crate) fn refused_field(refusal: &CommandRefusal) -> Option<&'static str> {
    find_refused(&LATE, refusal)
}

pub(crate) async fn enter_late(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path(tag): Path<String>,
    StaffForm(mut form): StaffForm,
) -> Result<FormReply, HttpError> {
    let item = find_item(&state, &tag)?;
    // A badge proves nothing of what is on paper, and is no name.
    let (from, entered) = (ScanOrigin::of(&state, signed.browser()), ["notes", "agent", "lot"]);
    take_misplaced_badge(&state, form.values_mut(&["cleaned_by"]), EnteredText::Name, from).await?;
    take_misplaced_badge(&state, form.values_mut(&entered), EnteredText::Other, from).await?;
    let to = format!("/staff/equipment/{}", item.tag);
    let mut sent = SentForm::<RowVersion>::read(signed.words(), &LATE, &form);
    let (w, refusals) = (signed.words(), signed.words());
    let entry = LateEntry { w, refusals, state: &state, item: &item, sent: &mut sent };
    if let Some(mut cleaning) = entry.read() {
        // The entry names whoever enters it; who cleaned is only as certain as the name is found in the list.
        if let Some(listed) = find_only_name(&state, sent.values.text("cleaned_by")).await? {
            cleaning.who = listed.claim();
        }
        let command = Command::RecordCleaning(Box::new(cleaning));
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
    let marks = FormMarks::new(&state, &signed).again(sent.submission, sent.seen);
    late_page(&state, &signed, &item, &sent.values, sent.errors, marks).await.map(ask_again)
}
