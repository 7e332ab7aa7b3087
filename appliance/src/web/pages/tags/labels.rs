//! Another label for an item, in place of a lost one or beside it, and a label that is taken off.

use axum::extract::State;
use record::code::find_label;
use record::fold::{FacilityState, RowVersion};
use record::kinds::{Event, TagEnd, TagReason};
use record::limits::NAME_CHARS_MAX;
use record::tag::Tag;
use schemars::JsonSchema;
use serde::Deserialize;
use web::answer::{FormReply, Page};
use web::argument::{LenientQuery, Path};
use web::error::HttpError;
use web::form::{FormDefinition, FormField, FormSection, FormValues};

use super::prompt::{TagPrompt, read_item};
use crate::intake::{Command, CommandRefusal, ItemRefusal, NewTag, Permission, RefusalCause, open_tags};
use crate::web::access::permissions::EditEquipment;
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::answer::{ask_again, go_to};
use crate::web::commands::run::{CommandOutcome, read_event, run_command};
use crate::web::context::AppState;
use crate::web::form_page::{FormMarks, SentForm, find_refused, word_at_field};
use crate::web::http_error::{not_found, worded};
use crate::web::request::bodies::form::StaffForm;
use crate::web::request::fields::field_error::Wrong;
use crate::web::view_models::equipment::codes::{MeantItem, find_meant, is_revoked};
use crate::web::view_models::printing::label_fields::LabelOrder;
use crate::web::view_models::printing::labels::submit_job;
use crate::web::words::{CodeWords, ErrorWords};

pub(super) const NEW: &str = "/staff/tags/new";

pub(crate) static LABEL: FormDefinition = FormDefinition {
    name: "label",
    sections: &[FormSection::plain(&[
        FormField::scanned("item", NAME_CHARS_MAX).required(),
        FormField::choice("why", &["lost", "spare", "blank"]).required(),
        FormField::scanned("old", NAME_CHARS_MAX),
        FormField::scanned("tag", NAME_CHARS_MAX),
    ])],
};

pub(crate) static LABEL_END: FormDefinition = FormDefinition {
    name: "label-end",
    sections: &[FormSection::plain(&[FormField::choice("why", &["lost", "worn", "mistake"]).required()])],
};

#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct NewLabelParams {
    /// A tag of the item.
    #[serde(default)]
    item: String,
    /// `lost`, `spare` or `blank`.
    #[serde(default)]
    why: String,
    /// The blank label that is on it.
    #[serde(default)]
    tag: String,
    /// The tag of the label that was lost.
    #[serde(default)]
    old: String,
}

fn label_prompt(signed: &StaffSession, marks: FormMarks) -> TagPrompt {
    let w: CodeWords = signed.words();
    TagPrompt {
        item: None,
        title: w.label_add_title(),
        hint: w.label_add_hint(),
        action: NEW.to_owned(),
        back: "/staff/equipment".to_owned(),
        button: w.label_add_save(),
        marks,
    }
}

pub(crate) async fn ask_new(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    LenientQuery(params): LenientQuery<NewLabelParams>,
) -> Result<Page, HttpError> {
    let why = Some(params.why).filter(|why| why.parse().is_ok_and(|why| TagReason::ALL.contains(&why)));
    let (facility, w) = (state.store.snapshot(), signed.words());
    let lost = look_lost(w, &facility, &params.item, &params.old).filter(|_| why.as_deref() == Some("lost"));
    let [item, tag] =
        [params.item, params.tag].map(|text| text.chars().take(NAME_CHARS_MAX).collect::<String>());
    let values = FormValues::empty(&LABEL)
        .with("item", item)
        .with("why", why.unwrap_or_default())
        .with("old", lost.as_ref().map(|lost| lost.tag.grouped()).unwrap_or_default())
        .with("tag", tag);
    let mut prompt = label_prompt(&signed, FormMarks::new(&state, &signed));
    prompt.hint = lost.map_or(prompt.hint, |lost| lost.words);
    prompt.page(&state, &signed, &values, Vec::new())
}

/// A label that opens nothing any more once the form is accepted.
struct LostLabel {
    tag: Tag,
    words: String,
}

fn look_lost(w: CodeWords, facility: &FacilityState, item: &str, named: &str) -> Option<LostLabel> {
    let MeantItem::One(item) = find_meant(facility, item) else { return None };
    let item = facility.equipment.get(&item)?;
    let open = open_tags(facility, item);
    let only = Some(open.as_slice()).filter(|open| open.len() == 1).and_then(|open| open.first().copied());
    let tag = Tag::read(named).ok().or(only)?;
    let words = match open.contains(&tag) {
        true => w.label_add_lost(&item.facts.name, tag.grouped()),
        false => w.label_add_gone(tag.grouped()),
    };
    Some(LostLabel { tag, words })
}

pub(crate) fn refused_field(refusal: &CommandRefusal) -> Option<&'static str> {
    find_refused(&LABEL, refusal)
}

fn read_tag(w: CodeWords, sent: &mut SentForm<RowVersion>, at: &'static str) -> Option<Tag> {
    let entered = sent.values.text(at).to_owned();
    let read = if entered.is_empty() {
        Ok(None)
    } else {
        find_label(&entered)
            .map(Some)
            .ok_or_else(|| Wrong { at: at.to_owned(), words: w.label_add_tag_wrong() })
    };
    sent.take(read).flatten()
}

/// The label that was lost: the one that is named, or the only one that the item has.
fn find_lost(
    w: CodeWords,
    facility: &FacilityState,
    first: Tag,
    named: Option<Tag>,
) -> Result<Option<Tag>, Wrong> {
    let open = facility.equipment.get(&first).map(|item| open_tags(facility, item)).unwrap_or_default();
    let words = match (named, open.as_slice()) {
        (Some(tag), open) if open.contains(&tag) => return Ok(Some(tag)),
        // A repeated request: the replacement label was not lost.
        (Some(tag), _) if is_revoked(facility, tag) => w.label_add_gone(tag.grouped()),
        (Some(_), _) => w.label_add_other(),
        (None, [only]) => return Ok(Some(*only)),
        (None, []) => return Ok(None),
        (None, _) => w.label_add_several(),
    };
    Err(Wrong { at: "old".to_owned(), words })
}

fn read_assignment(
    w: CodeWords,
    facility: &FacilityState,
    sent: &mut SentForm<RowVersion>,
) -> Option<(Tag, Command)> {
    let item = read_item(w, facility, sent);
    let (tag, named) = (read_tag(w, sent, "tag"), read_tag(w, sent, "old"));
    let why: TagReason = sent.values.text("why").parse().ok()?;
    if why == TagReason::Blank && tag.is_none() && sent.values.text("tag").is_empty() {
        sent.errors.push(Wrong { at: "tag".to_owned(), words: w.label_add_tag_needed() });
    }
    let equipment = item?;
    let lost = match why {
        TagReason::Lost => sent.take(find_lost(w, facility, equipment, named)).flatten(),
        _ => None,
    };
    let command = Command::AssignTag(NewTag { tag, equipment, why, replaces: lost });
    Some((equipment, command)).filter(|_| sent.errors.is_empty())
}

pub(crate) async fn add_label(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let mut sent = SentForm::<RowVersion>::read(signed.words(), &LABEL, &form);
    let command = read_assignment(signed.words(), &state.store.snapshot(), &mut sent);
    if let Some((equipment, command)) = command {
        // Which label was lost depends on the earlier state, so the request data identifies a repeat.
        match run_command(&state, signed.author(), sent.submission_key(equipment), command).await {
            Ok(done) => return print_new_label(&state, &signed, &sent, equipment, done).await,
            Err(undone) => match undone.at_field(refused_field) {
                Ok((refusal, at)) => sent.errors.push(word_at_field(&signed, at, &refusal)),
                Err(other) => {
                    let back = format!("/staff/equipment/{equipment}");
                    return Err(HttpError::from(other).link(back, worded(ErrorWords::error_links_item)));
                }
            },
        }
    }
    let marks = FormMarks::new(&state, &signed).again(sent.submission, sent.seen);
    label_prompt(&signed, marks).page(&state, &signed, &sent.values, sent.errors).map(ask_again)
}

/// Prints a label with a tag that was made just now, and goes to its job. Where it cannot be printed, the item's page says which
/// tag it is and has the button: the item has it in any case.
async fn print_new_label(
    state: &AppState,
    signed: &StaffSession,
    sent: &SentForm<RowVersion>,
    equipment: Tag,
    done: CommandOutcome,
) -> Result<FormReply, HttpError> {
    let item = format!("/staff/equipment/{equipment}#codes");
    if !sent.values.text("tag").is_empty() || !signed.holds(Permission::Print) {
        return go_to(&item);
    }
    let Some((_, Event::TagAssigned(made))) = read_event(state, done.line).await? else {
        return go_to(&item);
    };
    let key = sent.submission.clone();
    let order = LabelOrder { tags: vec![made.tag], key, ..LabelOrder::default() };
    match submit_job(state, order).await {
        Ok(job) => go_to(&format!("/staff/labels/{}", job.summary.id)),
        Err(_) => go_to(&item),
    }
}

fn revoke_prompt(
    state: &AppState,
    signed: &StaffSession,
    label: &str,
) -> Result<(Tag, Tag, TagPrompt), HttpError> {
    let w: CodeWords = signed.words();
    let label = Tag::read(label).map_err(|_| not_found())?;
    let facility = state.store.snapshot();
    let item = facility.resolve(label).ok_or_else(not_found)?;
    let prompt = TagPrompt {
        item: Some(item.tag),
        title: w.label_revoke_title(label.grouped()),
        hint: w.label_revoke_hint(&item.facts.name),
        action: format!("/staff/tags/{label}/revoke"),
        back: format!("/staff/equipment/{}", item.tag),
        button: w.label_revoke_save(),
        marks: FormMarks::new(state, signed),
    };
    Ok((label, item.tag, prompt))
}

pub(crate) async fn ask_revoke(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path(label): Path<String>,
) -> Result<Page, HttpError> {
    let (.., prompt) = revoke_prompt(&state, &signed, &label)?;
    prompt.page(&state, &signed, &FormValues::empty(&LABEL_END), Vec::new())
}

pub(crate) fn refused_end_field(refusal: &CommandRefusal) -> Option<&'static str> {
    match refusal {
        CommandRefusal::AlreadySo(RefusalCause::Item(ItemRefusal::OnlyTag)) => Some("why"),
        other => find_refused(&LABEL_END, other),
    }
}

pub(crate) async fn revoke_label(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path(label): Path<String>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let (tag, item, mut prompt) = revoke_prompt(&state, &signed, &label)?;
    let mut sent = SentForm::<RowVersion>::read(signed.words(), &LABEL_END, &form);
    let why: Option<TagEnd> = sent.values.text("why").parse().ok();
    if let Some(why) = why.filter(|_| sent.errors.is_empty()) {
        let command = Command::RevokeTag { tag, why };
        match run_command(&state, signed.author(), sent.submission.clone(), command).await {
            Ok(_) => return go_to(&format!("/staff/equipment/{item}#codes")),
            Err(undone) => match undone.at_field(refused_end_field) {
                Ok((refusal, at)) => sent.errors.push(word_at_field(&signed, at, &refusal)),
                Err(other) => {
                    return Err(
                        HttpError::from(other).link(prompt.back, worded(ErrorWords::error_links_item))
                    );
                }
            },
        }
    }
    prompt.marks = prompt.marks.again(sent.submission, sent.seen);
    prompt.page(&state, &signed, &sent.values, sent.errors).map(ask_again)
}
