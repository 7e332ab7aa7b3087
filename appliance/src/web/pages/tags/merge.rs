//! Merges two entries of the register that are the same thing: one is retired, and its codes open the other.

use askama::Template;
use axum::extract::State;
use history::HistoryWords;
use record::fold::{Equipment, FacilityState, RowVersion};
use record::kinds::TEXT_FACTS;
use record::limits::{NAME_CHARS_MAX, NOTE_CHARS_MAX};
use record::tag::Tag;
use web::answer::{OneOf, Page};
use web::argument::Path;
use web::error::HttpError;
use web::form::{FormDefinition, FormField, FormSection, FormValues};

use super::prompt::{TagPrompt, read_item};
use crate::intake::{Command, CommandRefusal, EquipmentMerge, ItemRefusal, RefusalCause};
use crate::web::access::permissions::EditEquipment;
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::answer::{FormOrPage, ask_again, go_to};
use crate::web::commands::run::run_command;
use crate::web::context::AppState;
use crate::web::form_page::{FormMarks, SentForm, find_refused, word_at_field};
use crate::web::http_error::worded;
use crate::web::layout::{NavSection, PageLayout, draw_page};
use crate::web::request::bodies::form::StaffForm;
use crate::web::view_models::equipment::items::find_item;
use crate::web::view_models::equipment::schedules::word_schedules;
use crate::web::view_models::page::facts::FactRow;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::words::{CodeWords, EquipmentWords, ErrorWords, FormWords};

pub(crate) static MERGE: FormDefinition = FormDefinition {
    name: "merge",
    sections: &[FormSection::plain(&[
        FormField::scanned("item", NAME_CHARS_MAX).required(),
        FormField::prose("reason", NOTE_CHARS_MAX),
    ])],
};

/// What the second press carries: the item that the page showed as the one that stays.
const SHOWN: &str = "shown";

struct MergeSide {
    tag: String,
    name: String,
    facts: Vec<FactRow>,
}

#[derive(Template)]
#[template(path = "equipment/merge.html")]
struct MergePage {
    frame: PageLayout,
    w: CodeWords,
    f: FormWords,
    title: String,
    action: String,
    back: String,
    from: MergeSide,
    into: MergeSide,
    shown: Tag,
    reason: String,
    lost: Vec<String>,
    marks: FormMarks,
}

#[derive(Clone, Copy)]
struct MergeLook<'a> {
    w: CodeWords,
    e: EquipmentWords,
    labels: HistoryWords,
    facility: &'a FacilityState,
}

impl MergeLook<'_> {
    fn side(self, item: &Equipment) -> MergeSide {
        let Self { w, e, labels, facility } = self;
        let reports = facility.activity.get(&item.tag).map_or(0, |activity| activity.problems.len());
        let schedule = word_schedules(e, facility, item).unwrap_or_else(|| e.schedules_none());
        let texts = TEXT_FACTS.iter().filter(|fact| fact.name != "name");
        let mut facts: Vec<FactRow> = texts
            .map(|fact| FactRow::entered(labels.line_field(fact.name), (fact.of)(&item.facts)))
            .collect();
        facts.extend([
            FactRow::worded(w.merge_fact_schedule(), schedule),
            FactRow::worded(w.merge_fact_reports(), reports.to_string()),
        ]);
        facts.retain(|fact| !fact.value.is_empty());
        MergeSide { tag: item.tag.grouped(), name: item.facts.name.clone(), facts }
    }

    fn list_lost(self, from: &Equipment, into: &Equipment) -> Vec<String> {
        let Self { w, e, facility, .. } = self;
        let other = word_schedules(e, facility, into).unwrap_or_else(|| e.schedules_none());
        let due = word_schedules(e, facility, from).filter(|due| *due != other);
        let due = due.map(|due| w.merge_lost_schedule(due, other));
        let tasks = facility.upkeep.get(&from.tag).map(|row| row.tasks.as_slice()).unwrap_or_default();
        let tasks = tasks.iter().map(|task| w.merge_lost_task(&task.name));
        let reports = facility.activity.get(&from.tag).map_or(0, |activity| activity.problems.len());
        let reports = (reports > 0).then(|| w.merge_lost_reports(reports));
        due.into_iter().chain(tasks).chain(reports).collect()
    }
}

fn merge_check(
    state: &AppState,
    signed: &StaffSession,
    item: &Equipment,
    into: Tag,
    sent: SentForm<RowVersion>,
) -> Result<Page, HttpError> {
    let (e, f): (EquipmentWords, FormWords) = signed.words();
    let w: CodeWords = signed.words();
    let facility = state.store.snapshot();
    let other = find_item(state, into.as_str())?;
    let title = w.merge_check_title(&item.facts.name, &other.facts.name);
    let look = MergeLook { w, e, labels: signed.words(), facility: &facility };
    let snapshot = Snapshot::of(state, &facility);
    let address = format!("/staff/equipment/{}", item.tag);
    let page = MergePage {
        frame: PageLayout::staff(state, &snapshot, title.clone(), signed, NavSection::Equipment),
        w,
        f,
        title,
        action: format!("{address}/merge"),
        back: address,
        from: look.side(item),
        into: look.side(&other),
        shown: other.tag,
        reason: sent.values.text("reason").to_owned(),
        lost: look.list_lost(item, &other),
        marks: FormMarks::new(state, signed).again(sent.submission, sent.seen),
    };
    draw_page(&page.frame, &page)
}

fn read_other(
    state: &AppState,
    signed: &StaffSession,
    item: &Equipment,
    sent: &mut SentForm<RowVersion>,
) -> Option<Tag> {
    let into = read_item(signed.words(), &state.store.snapshot(), sent)?;
    if into == item.tag {
        let cause = RefusalCause::Item(ItemRefusal::MergedWithItself);
        sent.errors.push(word_at_field(signed, "item", &CommandRefusal::Range { field: "item", cause }));
    }
    Some(into).filter(|_| sent.errors.is_empty())
}

fn merge_prompt(state: &AppState, signed: &StaffSession, item: &Equipment) -> TagPrompt {
    let w: CodeWords = signed.words();
    TagPrompt {
        item: Some(item.tag),
        title: w.merge_title(&item.facts.name),
        hint: w.merge_hint(),
        action: format!("/staff/equipment/{}/merge", item.tag),
        back: format!("/staff/equipment/{}", item.tag),
        button: w.merge_save(),
        marks: FormMarks::new(state, signed).over(item.changed),
    }
}

pub(crate) async fn ask_merge(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path(tag): Path<String>,
) -> Result<Page, HttpError> {
    let item = find_item(&state, &tag)?;
    merge_prompt(&state, &signed, &item).page(&state, &signed, &FormValues::empty(&MERGE), Vec::new())
}

pub(crate) fn refused_field(refusal: &CommandRefusal) -> Option<&'static str> {
    find_refused(&MERGE, refusal)
}

pub(crate) async fn merge_item(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path(tag): Path<String>,
    StaffForm(form): StaffForm,
) -> Result<FormOrPage, HttpError> {
    let item = find_item(&state, &tag)?;
    let mut sent = SentForm::<RowVersion>::read(signed.words(), &MERGE, &form);
    if let Some(into) = read_other(&state, &signed, &item, &mut sent) {
        // It cannot be taken back, and a name or a number is soon mistyped: first both are shown.
        if form.text(SHOWN) != into.as_str() {
            return merge_check(&state, &signed, &item, into, sent).map(OneOf::Second);
        }
        let reason = sent.values.text("reason").to_owned();
        let command =
            Command::MergeEquipment(EquipmentMerge { from: item.tag, into, reason, seen: sent.seen });
        match run_command(&state, signed.author(), sent.submission.clone(), command).await {
            Ok(_) => return go_to(&format!("/staff/equipment/{into}")).map(OneOf::First),
            Err(undone) => match undone.at_field(refused_field) {
                Ok((refusal, at)) => sent.errors.push(word_at_field(&signed, at, &refusal)),
                Err(other) => {
                    let back = format!("/staff/equipment/{}", item.tag);
                    return Err(HttpError::from(other).link(back, worded(ErrorWords::error_links_item)));
                }
            },
        }
    }
    let mut prompt = merge_prompt(&state, &signed, &item);
    prompt.marks = prompt.marks.again(sent.submission, sent.seen);
    prompt.page(&state, &signed, &sent.values, sent.errors).map(ask_again).map(OneOf::First)
}
