//! What labels say: from items, protocols and the facility to the fields of a template.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ::labels::Field;
use ::labels::field::UnknownField;
use ::labels::wording::show_text;
use http::StatusCode;
use record::compliance::ItemStatus;
use record::fold::{Equipment, FacilitySettings, FacilityState, ServiceState};
use record::tag::Tag;
use web::error::{ErrorText, HttpError};
use words::WordSet as _;

use crate::intake::{CommandRefusal, find_named_item, open_tags};
use crate::printing::{LABELS_MAX, LabelRequest, NameStyle};
use crate::store::{HISTORY_PIECE, LogReader, ReadLane};
use crate::web::context::AppState;
use crate::web::http_error::{new_error, worded};
use crate::web::log_reads::{read_waiting, text_of};
use crate::web::request::client::language::facility_locale;
use crate::web::view_models::equipment::status_board::{StatusBoard, board_now};
use crate::web::view_models::page::formats::{LocalTime, exact_duration};
use crate::web::view_models::page::snapshot::{Snapshot, who_name};
use crate::web::words::{PageWords, PrintingWords};

pub(crate) const COPIES_MAX: u32 = 50;
/// Blank tags of one job: a roll.
pub(crate) const BLANK_MAX: u32 = 1_000;
/// Characters of a field that the caller gives; a protocol's steps are the longest.
pub(crate) const FIELD_CHARS_MAX: usize = 4_000;
const FIELDS_CHARS_MAX: usize = 6_000;

#[derive(Debug, Clone)]
pub(crate) struct LabelOrder {
    /// Whose; none: one label of `fields` alone.
    pub(crate) tags: Vec<Tag>,
    pub(crate) copies: u32,
    /// Fresh tags that name nothing yet, in place of `tags`.
    pub(crate) blank: u32,
    pub(crate) printer: Option<String>,
    /// The template's name; none: the usual one that fits.
    pub(crate) template: Option<String>,
    pub(crate) names: NameStyle,
    /// Further fields on every label, such as `until`; they count more than what the box knows.
    pub(crate) fields: BTreeMap<String, String>,
    pub(crate) key: Option<String>,
}

impl Default for LabelOrder {
    fn default() -> Self {
        Self {
            tags: Vec::new(),
            copies: 1,
            blank: 0,
            printer: None,
            template: None,
            names: NameStyle::default(),
            fields: BTreeMap::new(),
            key: None,
        }
    }
}

/// A label has no particular reader: it is in the facility's language.
pub(crate) fn label_words(settings: &FacilitySettings) -> PageWords {
    PageWords::in_locale(facility_locale(settings))
}

fn out_of_range(field: &'static str, words: ErrorText) -> HttpError {
    new_error(StatusCode::UNPROCESSABLE_ENTITY, "range", worded(PrintingWords::order_range))
        .detail(words)
        .field(field)
        .safe(worded(PrintingWords::order_range_safe))
}

fn check_fields(fields: &BTreeMap<String, String>) -> Result<(), HttpError> {
    for (name, value) in fields {
        if let Err(UnknownField(unknown)) = name.parse::<Field>() {
            let words =
                worded(move |w: PrintingWords| w.order_field_unknown(show_text(&unknown), Field::known()));
            return Err(out_of_range("fields", words));
        }
        if value.chars().count() > FIELD_CHARS_MAX {
            let name = name.clone();
            let words =
                worded(move |w: PrintingWords| w.order_field_long(&name, FIELD_CHARS_MAX.to_string()));
            return Err(out_of_range("fields", words));
        }
    }
    if fields.values().map(|value| value.chars().count()).sum::<usize>() > FIELDS_CHARS_MAX {
        return Err(out_of_range("fields", worded(PrintingWords::order_fields_long)));
    }
    Ok(())
}

pub(crate) fn label_requests(state: &AppState, ask: &LabelOrder) -> Result<Vec<LabelRequest>, HttpError> {
    if !(1..=COPIES_MAX).contains(&ask.copies) {
        return Err(out_of_range("copies", worded(PrintingWords::order_copies)));
    }
    if ask.blank > BLANK_MAX || (ask.blank > 0 && (!ask.tags.is_empty() || ask.copies > 1)) {
        return Err(out_of_range("blank", worded(PrintingWords::order_blank)));
    }
    let copies = usize::try_from(ask.copies).unwrap_or(1);
    if ask.tags.len().saturating_mul(copies) > LABELS_MAX {
        return Err(out_of_range("copies", worded(PrintingWords::order_labels)));
    }
    check_fields(&ask.fields)?;
    if ask.blank > 0 {
        return blank_requests(state, ask);
    }
    let snapshot = Snapshot::now(state);
    let mut labels = Vec::new();
    if ask.tags.is_empty() && !ask.fields.is_empty() {
        labels.push(LabelRequest::default());
    }
    if !ask.tags.is_empty() {
        let expected = needed_fields(state, ask);
        let board = expected.contains(&Field::CleanUntil).then(|| board_now(state));
        for tags in ask.tags.chunks(HISTORY_PIECE) {
            let (tags, local) = (tags.to_vec(), snapshot.local.clone());
            let (expected, board) = (expected.clone(), board.clone());
            let part = read_waiting(state, ReadLane::of_rows(tags.len()), move |state, reader| {
                let scene = Scene { local: &local, expected, board, reader };
                let facility = state.store.snapshot();
                let host = read_label_host(&facility)?;
                tags.iter()
                    .map(|tag| scene.label(&facility, &host, *tag))
                    .collect::<Result<Vec<_>, HttpError>>()
            });
            labels.extend(part?);
        }
    }
    for label in &mut labels {
        override_fields(label, &ask.fields);
    }
    Ok(labels.into_iter().flat_map(|label| std::iter::repeat_n(label, copies)).collect())
}

pub(crate) fn read_label_host(facility: &FacilityState) -> Result<String, HttpError> {
    let host = facility.settings.label_host.clone();
    if !host.is_empty() {
        return Ok(host);
    }
    Err(new_error(StatusCode::CONFLICT, "label-host", worded(PrintingWords::order_no_host))
        .detail(worded(PrintingWords::order_no_host_detail))
        .safe(worded(PrintingWords::order_range_safe))
        .next(worded(PrintingWords::order_no_host_next))
        .link("/staff/box/settings", worded(PrintingWords::order_no_host_link)))
}

/// Fresh tags. The print ledger guarantees that none was ever sent to a printer.
fn blank_requests(state: &AppState, ask: &LabelOrder) -> Result<Vec<LabelRequest>, HttpError> {
    let facility = state.store.snapshot();
    let host = read_label_host(&facility)?;
    let mut taken = BTreeSet::new();
    let mut labels = Vec::new();
    while labels.len() < ask.blank as usize {
        let tag = Tag::from_random(state.random.bytes());
        let named = facility.equipment.contains_key(&tag) || facility.aliases.contains_key(&tag);
        if named || !taken.insert(tag) {
            continue;
        }
        let (tag, url) = (Some(tag), format!("{host}/{tag}"));
        let mut label = LabelRequest { tag, url, blank: true, ..LabelRequest::default() };
        override_fields(&mut label, &ask.fields);
        labels.push(label);
    }
    Ok(labels)
}

/// The caller's values override those of the box; tag and address are always the box's.
fn override_fields(label: &mut LabelRequest, fields: &BTreeMap<String, String>) {
    for (name, value) in fields {
        match name.as_str() {
            "tag" | "url" | "position" => {}
            "name" => label.name.clone_from(value),
            "asset_number" => label.asset_number.clone_from(value),
            "location" => label.location.clone_from(value),
            _ => drop(label.more.insert(name.clone(), value.clone())),
        }
    }
}

/// The fields that the label will show, as far as that is known: what it does not show is not looked up.
fn needed_fields(state: &AppState, ask: &LabelOrder) -> BTreeSet<Field> {
    let named = ask.template.as_deref().and_then(|name| state.printing.template(name));
    named.map(|template| template.fields().into_iter().collect()).unwrap_or_default()
}

struct Scene<'a> {
    local: &'a LocalTime,
    expected: BTreeSet<Field>,
    board: Option<Arc<StatusBoard>>,
    reader: &'a LogReader,
}

impl Scene<'_> {
    fn label(&self, facility: &FacilityState, host: &str, tag: Tag) -> Result<LabelRequest, HttpError> {
        let item = find_named_item(facility, tag).filter(|item| item.service != ServiceState::Retired);
        let item = item.ok_or_else(|| {
            HttpError::from(CommandRefusal::UnknownTag(tag)).safe(worded(PrintingWords::order_range_safe))
        })?;
        // A lost label's tag is not printed again: its replacement is.
        let is_open = facility.resolve(tag).is_some();
        let present = open_tags(facility, item).first().copied();
        let tag = present.filter(|_| !is_open).unwrap_or(tag);
        let shown = self.expected.iter().filter_map(|field| {
            let value = self.value(facility, item, *field);
            (!value.is_empty()).then(|| (field.name().to_owned(), value))
        });
        Ok(LabelRequest {
            tag: Some(tag),
            url: format!("{host}/{tag}"),
            name: item.facts.name.clone(),
            asset_number: item.facts.asset_number.clone(),
            location: item.facts.location.clone(),
            blank: false,
            more: shown.collect(),
            slip: None,
        })
    }

    /// What the box knows of a field beyond those that every label has; empty where it knows nothing.
    fn value(&self, facility: &FacilityState, item: &Equipment, field: Field) -> String {
        let protocol = item.facts.protocols.first().and_then(|id| facility.protocols.get(id));
        let protocol = protocol.map(|protocol| protocol.in_force(self.local.now_ms()));
        let last = facility.activity.get(&item.tag).and_then(|activity| activity.last);
        let out = item.out.last().filter(|out| out.until_ms.is_none());
        let value = match field {
            Field::Serial => Some(item.facts.serial.clone()),
            Field::Maker => Some(item.facts.maker.clone()),
            Field::Model => Some(item.facts.model.clone()),
            Field::Category => Some(item.facts.category.clone()),
            Field::Facility => Some(facility.settings.name.clone()),
            Field::Date => Some(self.local.date(self.local.now_ms())),
            Field::Protocol => protocol.map(|p| p.name.clone()),
            Field::ProtocolVersion => protocol.map(|p| p.version.to_string()),
            Field::Steps => protocol.map(|p| number_copies(p.steps.iter().map(|s| s.text.as_str()))),
            Field::Agent => {
                protocol.map(|p| p.agents.iter().map(|a| a.name.as_str()).collect::<Vec<_>>().join(", "))
            }
            Field::ContactTime => {
                let words = label_words(&facility.settings);
                protocol.and_then(|p| p.contact_s).map(|s| exact_duration(words, s))
            }
            Field::Ppe => protocol.map(|p| p.ppe.clone()),
            Field::Ifu => protocol.map(|p| p.ifu.clone()),
            Field::CleanedAt => last.map(|l| self.local.stamp(l.performed_ms)),
            Field::CleanedBy => last.map(|l| who_name(self.reader, facility, &l.who)),
            Field::CleanUntil => {
                match self.board.as_ref().and_then(|b| b.row(item.tag)).map(|row| row.status) {
                    Some(ItemStatus::Clean { until_ms: Some(ms) }) => Some(self.local.stamp(ms)),
                    _ => None,
                }
            }
            Field::Reason => out.and_then(|out| out.reason).map(|hash| text_of(self.reader, hash)),
            _ => None,
        };
        value.unwrap_or_default()
    }
}

fn number_copies<'a>(steps: impl Iterator<Item = &'a str>) -> String {
    (1..).zip(steps).map(|(n, step): (u32, &str)| format!("{n}. {step}")).collect::<Vec<_>>().join("\n")
}
