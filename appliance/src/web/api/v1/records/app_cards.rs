//! What the installed page stores of the facility, so that a label opens its item without a connection.

use history::{HistoryWords, word_problem};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use bytes::Bytes;
use futures_util::stream;
use http::Method;
use record::entry::Digest16;
use record::fold::{FacilityState, OpenProblem, ReportedProblem, ServiceState};
use record::ids::ProtocolId;
use record::kinds::{PhotoPolicy, ProofMethod, SpauldingClass};
use record::tag::Tag;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::answer::{Ndjson, WithHeaders};
use web::argument::Query;
use web::error::HttpError;
use web::route::{Example, Route, RouteKind, row};
use words::WordSet as _;

use crate::identity::BrowserUse;
use crate::intake::{offered_protocols, weakest_method};
use crate::store::StoreSnapshot;
use crate::web::access::phone::PhoneCaller;
use crate::web::api::v1::records::submissions::box_time;
use crate::web::context::AppState;
use crate::web::refusals;
use crate::web::view_models::equipment::item_status::ItemRow;
use crate::web::view_models::equipment::protocols::translate_protocol;
use crate::web::view_models::equipment::status_board::{StatusBoard, status_board};
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::page::wording::PageWording;
use crate::web::words::PageWords;

/// Items that a phone stores; of more, those that were cleaned last.
const ITEMS_MAX: usize = 2_000;

pub(crate) fn app_card_routes() -> Vec<Route<AppState>> {
    vec![
        row(Method::GET, "/api/v1/app/cards", "app-card.list", RouteKind::Api, list_cards)
            .summary("What the installed page keeps: protocols and items, or those that changed")
            .refusals(refusals::READING)
            .example(Example::default().query("since=0")),
    ]
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CardParams {
    /// The size of the log that the phone knows; 0 or none for everything.
    #[serde(default)]
    since: Option<u64>,
    /// What the settings said of labels then; where it is something else now, every item follows.
    #[serde(default)]
    labels: Option<String>,
}

/// One line.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
enum CardLine {
    Settings(SettingsCard),
    Protocol(ProtocolCard),
    Item(Box<ItemCard>),
}

/// The first line.
#[derive(Debug, Serialize, JsonSchema)]
struct SettingsCard {
    /// `settings`.
    kind: &'static str,
    /// Whether every item follows; else those that changed, and those that are due.
    whole: bool,
    /// The size of the log that the lines are of.
    size: u64,
    /// A digest of all tags and codes that open an item, and of what is reported of it.
    labels: String,
    /// Many people use this browser, one after the other: it remembers nobody's name.
    shared: bool,
    /// The least that says who cleaned, for each class of use; what is less is recorded and lacks it.
    who: WhoCard,
    /// Scheme and host that labels carry; empty: not chosen yet.
    label_host: String,
}

/// `none`, `typed`, `list`, `badge` or `pin`, for each class of use.
#[derive(Debug, Serialize, JsonSchema)]
struct WhoCard {
    noncritical: ProofMethod,
    semicritical: ProofMethod,
    critical: ProofMethod,
}

/// A protocol, in the language of the page.
#[derive(Debug, Serialize, JsonSchema)]
struct ProtocolCard {
    /// `protocol`.
    kind: &'static str,
    id: ProtocolId,
    version: u32,
    name: String,
    steps: Vec<StepCard>,
    /// How long the surface must stay wet, seconds.
    contact_s: Option<u32>,
    /// Whether one press may tick all steps; null: for what touches intact skin alone, by `class` and by that of the item.
    one_press: Option<bool>,
    class: Option<SpauldingClass>,
    /// Whether it asks for a photo; the stricter of it and the item holds. Null: it says nothing of that.
    photo: Option<PhotoPolicy>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct StepCard {
    text: String,
    required: bool,
}

/// An item.
#[derive(Debug, Serialize, JsonSchema)]
struct ItemCard {
    /// `item`.
    kind: &'static str,
    tag: Tag,
    /// Its other tags.
    tags: Vec<Tag>,
    /// Tags on labels of it that were replaced: they open it no more where the box answers.
    replaced: Vec<Tag>,
    /// Codes of others that open it, such as its maker's barcode, as they are compared.
    codes: Vec<String>,
    name: String,
    place: String,
    asset: String,
    /// Its protocols that are in force, the first of which a scan offers.
    protocols: Vec<ProtocolId>,
    photo: PhotoPolicy,
    class: SpauldingClass,
    out_of_service: bool,
    /// What is reported of it and not closed, in words.
    problems: Vec<String>,
    /// How it stands, in words.
    due: String,
    /// Why it is due though a cleaning was recorded, in words.
    cause: Option<String>,
    /// The colour of these words: `ok`, `due`, `late` or nothing.
    badge: &'static str,
    /// 2: overdue, 1: due, 0: neither.
    urgency: u8,
}

/// What opens items beside their first tags.
#[derive(Default)]
struct LabelIndex<'a> {
    tags: BTreeMap<Tag, Vec<Tag>>,
    replaced: BTreeMap<Tag, Vec<Tag>>,
    codes: BTreeMap<Tag, Vec<&'a str>>,
}

impl<'a> LabelIndex<'a> {
    fn of(facility: &'a FacilityState) -> Self {
        let mut index = Self::default();
        for (tag, alias) in &facility.aliases {
            let tags = if alias.revoked { &mut index.replaced } else { &mut index.tags };
            tags.entry(alias.equipment).or_default().push(*tag);
        }
        for alias in facility.codes.values() {
            if let Some(item) = facility.resolve_code(&alias.code) {
                index.codes.entry(item.tag).or_default().push(&alias.code);
            }
        }
        index
    }

    /// Labels come and go by entries that say nothing else of an item, so that they are compared as a whole.
    fn digest(&self, rows: &[&Arc<ItemRow>]) -> String {
        let mut rows = rows.to_vec();
        rows.sort_unstable_by_key(|row| row.item.tag);
        let labels = rows.iter().map(|row| {
            let reports: Vec<_> =
                problems_of(row).iter().map(|open| (open.report.of, open.count())).collect();
            let tag = &row.item.tag;
            (*tag, self.tags.get(tag), self.replaced.get(tag), self.codes.get(tag), reports)
        });
        let labels: Vec<_> = labels.collect();
        // Texts and tags: JSON takes them all.
        Digest16::of(&serde_json::to_vec(&labels).unwrap_or_default()).to_string()
    }
}

fn problems_of(row: &ItemRow) -> &[OpenProblem] {
    row.activity.as_ref().map(|activity| activity.problems.as_slice()).unwrap_or_default()
}

/// Whether an entry from this number on says something of an item.
fn is_changed(row: &ItemRow, seen: &StoreSnapshot, since: u64) -> bool {
    let last = row.activity.as_ref().and_then(|activity| activity.last.as_ref()).map(|last| last.of);
    let entries = [row.item.changed.entry(), last];
    entries.into_iter().flatten().any(|of| of.epoch == seen.origin.epoch && of.seq >= since)
}

fn item_card(
    row: &ItemRow,
    seen: &StoreSnapshot,
    labels: &LabelIndex<'_>,
    wording: &PageWording,
) -> ItemCard {
    let (item, facility) = (&row.item, &seen.facility);
    let codes = labels.codes.get(&item.tag).into_iter().flatten();
    let offered = offered_protocols(facility, item, wording.local().now_ms());
    let badge = row.badge(wording);
    let words = HistoryWords::in_locale(wording.locale());
    ItemCard {
        kind: "item",
        tag: item.tag,
        tags: labels.tags.get(&item.tag).cloned().unwrap_or_default(),
        replaced: labels.replaced.get(&item.tag).cloned().unwrap_or_default(),
        codes: codes.map(|code| (*code).to_owned()).collect(),
        name: item.facts.name.clone(),
        place: item.facts.location.clone(),
        asset: item.facts.asset_number.clone(),
        protocols: offered.iter().map(|offered| offered.protocol).collect(),
        photo: item.facts.photo,
        class: item.facts.class,
        out_of_service: item.service == ServiceState::Out,
        problems: problems_of(row)
            .iter()
            .flat_map(OpenProblem::reports)
            .map(|report: &ReportedProblem| word_problem(words, &report.what))
            .collect(),
        due: badge.short,
        cause: row.word_cause(wording),
        badge: badge.class,
        urgency: if row.is_overdue() { 2 } else { u8::from(row.is_due()) },
    }
}

/// The lines: settings, protocols, items.
fn card_lines(
    board: &StatusBoard,
    wording: &PageWording,
    params: &CardParams,
    usage: BrowserUse,
) -> Vec<CardLine> {
    let size = board.seen.size();
    let index = LabelIndex::of(&board.seen.facility);
    let mut rows: Vec<_> = board.in_use().iter().collect();
    let labels = index.digest(&rows);
    let is_other = params.labels.as_ref().is_some_and(|known| *known != labels);
    let since = params.since.filter(|since| (1..=size).contains(since) && !is_other);
    let language = wording.locale().language();
    let facility = &board.seen.facility.settings;
    let settings = SettingsCard {
        kind: "settings",
        whole: since.is_none(),
        size,
        labels,
        shared: usage == BrowserUse::Shared,
        who: WhoCard {
            noncritical: weakest_method(facility, SpauldingClass::Noncritical),
            semicritical: weakest_method(facility, SpauldingClass::Semicritical),
            critical: weakest_method(facility, SpauldingClass::Critical),
        },
        label_host: facility.label_host.clone(),
    };
    let mut lines = vec![CardLine::Settings(settings)];
    let now_ms = wording.local().now_ms();
    let protocols = board.seen.facility.protocols.values().filter(|protocol| !protocol.retired);
    lines.extend(protocols.map(|protocol| {
        let shown = translate_protocol(protocol.in_force(now_ms), language);
        let steps = shown.steps.into_iter();
        CardLine::Protocol(ProtocolCard {
            kind: "protocol",
            id: shown.protocol,
            version: shown.version,
            name: shown.name,
            steps: steps.map(|step| StepCard { text: step.text, required: step.required }).collect(),
            contact_s: shown.contact_s,
            one_press: shown.one_press,
            class: shown.class,
            photo: shown.photo,
        })
    }));
    rows.sort_by_key(|row| {
        let last = row.activity.as_ref().and_then(|a| a.last.as_ref());
        Reverse(last.map(|l| l.performed_ms))
    });
    rows.truncate(ITEMS_MAX);
    if let Some(since) = since {
        rows.retain(|row| row.is_overdue() || row.is_due() || is_changed(row, &board.seen, since));
    }
    lines.extend(
        rows.into_iter().map(|row| CardLine::Item(Box::new(item_card(row, &board.seen, &index, wording)))),
    );
    lines
}

async fn list_cards(
    phone: PhoneCaller,
    State(state): State<AppState>,
    Query(params): Query<CardParams>,
) -> Result<WithHeaders<Ndjson<CardLine>>, HttpError> {
    let board = status_board(&state).await?;
    let snapshot = Snapshot::of(&state, &board.seen);
    let words: PageWords = phone.words();
    let wording = PageWording::new(words, &snapshot.local);
    let mut bytes = Vec::new();
    for line in card_lines(&board, &wording, &params, phone.browser().usage()) {
        serde_json::to_writer(&mut bytes, &line).map_err(|error| HttpError::internal(&error))?;
        bytes.push(b'\n');
    }
    let whole = stream::iter([Ok::<_, std::io::Error>(Bytes::from(bytes))]);
    Ok(WithHeaders(box_time(&state), Ndjson::from_chunks(whole)))
}
