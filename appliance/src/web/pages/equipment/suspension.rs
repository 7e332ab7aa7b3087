//! Out of service: why and until when, asked of whoever takes an item out of it and of whoever changes one of the two.

use axum::extract::State;
use record::fold::{RowVersion, ServiceState};
use record::limits::NOTE_CHARS_MAX;
use record::tag::Tag;
use web::answer::{FormRecall, FormReply, Page};
use web::argument::Path;
use web::error::HttpError;
use web::form::{FormDefinition, FormField, FormPainter, FormSection, FormValues};

use crate::intake::{Command, CommandRefusal};
use crate::web::access::permissions::EditEquipment;
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::answer::{ask_again, go_to};
use crate::web::commands::run::{CommandFailure, run_command};
use crate::web::context::AppState;
use crate::web::form_page::{
    FormConflict, FormMarks, RegisterFormPage, SentForm, find_refused, is_changed, show_conflict,
    window_title, word_at_field,
};
use crate::web::http_error::{not_found, worded};
use crate::web::layout::{NavSection, PageLayout};
use crate::web::log_reads::{StoredText, read_quick};
use crate::web::request::bodies::form::StaffForm;
use crate::web::request::fields::field_error::Wrong;
use crate::web::request::fields::optional_day::read_optional_day;
use crate::web::view_models::equipment::items::item_name;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::words::{FormWords, PageWords};

const DAY_CHARS_MAX: usize = 10;

pub(crate) static SUSPENSION: FormDefinition = FormDefinition {
    name: "suspension",
    sections: &[FormSection::plain(&[
        FormField::line("reason", NOTE_CHARS_MAX).required(),
        FormField::line("back", DAY_CHARS_MAX),
    ])],
};

pub(crate) fn refused_field(refusal: &CommandRefusal) -> Option<&'static str> {
    find_refused(&SUSPENSION, refusal)
}

struct ItemSuspension {
    tag: Tag,
    name: String,
    is_out: bool,
    values: FormValues,
    version: RowVersion,
}

impl ItemSuspension {
    async fn find(state: &AppState, text: &str) -> Result<Self, HttpError> {
        let (tag, name) = item_name(state, text)?;
        read_quick(state, move |state, reader| {
            let facility = state.store.snapshot();
            let item = facility.equipment.get(&tag).ok_or_else(not_found)?;
            let outage = item.outage();
            let reason = outage.and_then(|outage| outage.reason);
            let reason = reason.and_then(|reason| StoredText::read(reader, reason).readable());
            let back = outage.and_then(|outage| outage.back);
            let values = FormValues::empty(&SUSPENSION)
                .with("reason", reason.unwrap_or_default())
                .with("back", back.map(|day| day.to_string()).unwrap_or_default());
            let is_out = item.service == ServiceState::Out;
            Ok(Self { tag, name, is_out, values: values.remembered(), version: item.changed })
        })
        .await
    }

    fn back(&self) -> String {
        format!("/staff/equipment/{}", self.tag)
    }

    fn action(&self) -> String {
        format!("{}/out", self.back())
    }

    fn page(
        &self,
        state: &AppState,
        signed: &StaffSession,
        values: &FormValues,
        problems: Vec<Wrong>,
        marks: FormMarks,
    ) -> Result<Page, HttpError> {
        let (page_words, f): (PageWords, FormWords) = signed.words();
        let (title, hint, button) = match self.is_out {
            true => (
                f.form_suspension_present(&self.name),
                f.form_suspension_present_what(),
                f.form_suspension_present_save(),
            ),
            false => (
                f.form_suspension_title(&self.name),
                f.form_suspension_title_what(),
                f.form_suspension_title_confirm(),
            ),
        };
        let window = window_title(page_words, title.clone(), &problems);
        let page = RegisterFormPage {
            frame: PageLayout::staff(state, &Snapshot::now(state), window, signed, NavSection::Equipment)
                .with_script()
                .about_item(state, self.tag),
            f,
            sections: FormPainter::new(&SUSPENSION, f.catalog()).draw(values, &problems)?,
            problems,
            title,
            hint,
            action: self.action(),
            back: self.back(),
            button,
            marks: marks.over(self.version),
        };
        page.draw()
    }

    fn again(
        &self,
        state: &AppState,
        signed: &StaffSession,
        sent: SentForm<RowVersion>,
    ) -> Result<FormReply, HttpError> {
        let marks = FormMarks::new(state, signed).again(sent.submission, sent.seen);
        self.page(state, signed, &sent.values, sent.errors, marks).map(ask_again)
    }

    fn confirm_again(
        &self,
        state: &AppState,
        signed: &StaffSession,
        mut sent: SentForm<RowVersion>,
    ) -> Result<FormReply, HttpError> {
        let f: FormWords = signed.words();
        sent.errors.push(Wrong { at: "reason".to_owned(), words: f.form_suspension_in_service() });
        let marks = FormMarks::new(state, signed).again(sent.submission, Some(self.version));
        let page = self.page(state, signed, &sent.values, sent.errors, marks)?;
        Ok(FormReply::Again(FormRecall::Conflicting, page))
    }

    async fn show_difference(
        &self,
        state: &AppState,
        signed: &StaffSession,
        yours: &FormValues,
    ) -> Result<FormReply, HttpError> {
        let f: FormWords = signed.words();
        let conflict = FormConflict {
            painter: FormPainter::new(&SUSPENSION, f.catalog()),
            theirs: &self.values,
            yours,
            now: self.version.to_string(),
            changed: Some(self.version),
            is_taken: false,
            thing: self.name.clone(),
            action: self.action(),
            back: self.back(),
            place: NavSection::Equipment,
            carried: Vec::new(),
        };
        show_conflict(state, signed, conflict).await
    }
}

pub(crate) async fn ask_suspend(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path(tag): Path<String>,
) -> Result<Page, HttpError> {
    let there = ItemSuspension::find(&state, &tag).await?;
    there.page(&state, &signed, &there.values, Vec::new(), FormMarks::new(&state, &signed))
}

pub(crate) async fn suspend(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path(tag): Path<String>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let there = ItemSuspension::find(&state, &tag).await?;
    let mut sent = SentForm::<RowVersion>::read(signed.words(), &SUSPENSION, &form);
    let back = read_optional_day(sent.values.text("back"));
    let back = sent.take(back.map_err(|_| word_at_field(&signed, "back", &CommandRefusal::BACK_DAY)));
    let Some(back) = back.filter(|_| sent.errors.is_empty()) else {
        return there.again(&state, &signed, sent);
    };
    // What changes nothing makes no entry.
    if there.is_out && sent.values.differences(&there.values).is_empty() {
        return go_to(&there.back());
    }
    let reason = sent.values.text("reason").to_owned();
    let command = Command::SuspendEquipment { tag: there.tag, reason, back, seen: sent.seen };
    match run_command(&state, signed.author(), sent.submission_key(there.tag), command).await {
        Ok(_) => go_to(&there.back()),
        Err(CommandFailure::Refused(refusal)) if is_changed(&refusal) => {
            let now = ItemSuspension::find(&state, &tag).await?;
            if !now.is_out {
                return now.confirm_again(&state, &signed, sent);
            }
            now.show_difference(&state, &signed, &sent.values).await
        }
        Err(undone) => match undone.at_field(refused_field) {
            Ok((refusal, at)) => {
                sent.errors.push(word_at_field(&signed, at, &refusal));
                there.again(&state, &signed, sent)
            }
            Err(other) => {
                Err(HttpError::from(other).link(there.back(), worded(FormWords::form_equipment_to_item)))
            }
        },
    }
}
