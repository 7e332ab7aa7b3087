//! Equipment for staff: the list, and each item's page with its history and why it can be believed.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use record::compliance::{Rate, Tally};
use record::entry::ClockState;
use record::fold::{Cleaning, Equipment, Facility, Service};
use record::ids::ProtocolId;
use record::kinds::{Class, EntryRef, Event, PhotoPolicy, Schedule};
use record::receipt::Receipt;
use record::tag::Tag;

use serde::Deserialize;

use super::AppState;
use super::frame::{Frame, Place, page};
use super::problem::Problem;
use super::query::Asked;
use super::scan_page::thumbnail_address;
use super::sign_in::Signed;
use super::standing::{Row, Standing, row, rows, standing, status};
use super::tally::tallies;
use super::trust::{Trust, trust};
use super::view::{Snapshot, missing_words, reader, staff_name, text, who_words};
use super::words::{Moment, about, count, plural, span};
use crate::store::Reader;

/// Lines of history on a page.
const LINES: usize = 50;
/// Items of the list; more are found by searching.
const ITEMS_MAX: usize = 500;
const MONTH_MS: i64 = 30 * 86_400_000;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/staff/equipment", get(list)).route("/staff/equipment/{tag}", get(item))
}

#[derive(Debug, Default, Deserialize)]
struct Ask {
    #[serde(default)]
    q: String,
    retired: Option<String>,
    before: Option<i64>,
}

struct Line {
    row: Row,
    asset_number: String,
    last: Option<Moment>,
    rate: String,
}

#[derive(Template)]
#[template(path = "equipment_list.html")]
struct ListPage {
    frame: Frame,
    query: String,
    caption: String,
    lines: Vec<Line>,
    more: usize,
    retired: bool,
    may_change: bool,
}

async fn list(
    State(state): State<AppState>,
    signed: Signed,
    Asked(ask): Asked<Ask>,
) -> Result<Response, Problem> {
    let query: String = ask.q.trim().chars().take(200).collect();
    let tallies = tallies(&state).await?;
    let (snapshot, lines) = {
        let facility = state.store.snapshot();
        let snapshot = Snapshot::of(&state, &facility);
        let lines = lines(&facility, &snapshot, &query, ask.retired.is_some(), &tallies.items);
        (snapshot, lines)
    };
    let counted = plural(lines.len(), "item", "items");
    let caption = match (query.is_empty(), ask.retired.is_some()) {
        (_, true) => format!("Retired: {counted}"),
        (true, false) => format!("In use, overdue first: {counted}"),
        (false, false) => format!("With “{query}”: {counted}"),
    };
    let more = lines.len().saturating_sub(ITEMS_MAX);
    let frame = Frame::staff(&state, &snapshot, "Equipment", &signed, Place::Equipment);
    page(&ListPage {
        frame,
        query,
        caption,
        more,
        lines: lines.into_iter().take(ITEMS_MAX).collect(),
        retired: ask.retired.is_some(),
        may_change: signed.may_change(),
    })
}

fn lines(
    facility: &Facility,
    snapshot: &Snapshot,
    query: &str,
    retired: bool,
    tallies: &std::collections::BTreeMap<Tag, Tally>,
) -> Vec<Line> {
    let all = if retired {
        let gone = facility.equipment.values().filter(|item| item.service == Service::Retired);
        gone.map(|item| row(facility, item, &snapshot.local)).collect()
    } else {
        rows(facility, &snapshot.local)
    };
    let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
    let line = |row: Row| {
        let item = facility.equipment.get(&row.tag)?;
        let text = format!(
            "{} {} {} {} {} {} {}",
            item.name, item.location, item.asset_number, item.serial, item.model, item.category, item.tag
        );
        let text = text.to_lowercase();
        let last = facility.activity.get(&row.tag).and_then(|a| a.last);
        words.iter().all(|word| text.contains(word)).then(|| Line {
            asset_number: item.asset_number.clone(),
            last: last.map(|last| snapshot.local.day_time(last.performed_ms)),
            rate: Rate::text(tallies.get(&row.tag).and_then(|t| t.rate())),
            row,
        })
    };
    all.into_iter().filter_map(line).collect()
}

/// One line of an item's history.
struct Happening {
    class: &'static str,
    title: String,
    struck: bool,
    tags: Vec<(&'static str, String)>,
    words: String,
    at: Moment,
    /// Its thumbnail.
    photo: Option<String>,
    whole_photo: Option<String>,
    facts: Vec<String>,
    receipt: Option<String>,
    entry: String,
    can_void: bool,
}

#[derive(Template)]
#[template(path = "equipment.html")]
struct ItemPage {
    frame: Frame,
    tag: Tag,
    name: String,
    subtitle: String,
    standing: Standing,
    service: Service,
    why_out: String,
    may_change: bool,
    form_token: String,
    rate: String,
    rate_words: String,
    history: Vec<Happening>,
    history_words: String,
    older: Option<i64>,
    trust: Trust,
    /// When the page was made, for paper, on which “today” says nothing.
    made: String,
    schedules: Vec<super::schedule::Line>,
    facts: Vec<(&'static str, String)>,
    protocol: Option<(String, String)>,
}

async fn item(
    State(state): State<AppState>,
    signed: Signed,
    Path(text_of_tag): Path<String>,
    Asked(ask): Asked<Ask>,
) -> Result<Response, Problem> {
    let (tag, _) = super::service::named(&state, &text_of_tag)?;
    let tally = tallies(&state).await?.items.get(&tag).copied().unwrap_or_default();
    let before = ask.before.unwrap_or(i64::MAX);
    let work = state.clone();
    let made = tokio::task::spawn_blocking(move || item_page(&work, &signed, tag, before, tally)).await;
    page(&made.map_err(|e| Problem::internal(&e))??)
}

fn item_page(
    state: &AppState,
    signed: &Signed,
    tag: Tag,
    before: i64,
    tally: Tally,
) -> Result<ItemPage, Problem> {
    let reader = reader(state)?;
    let internal = |e: crate::store::StoreError| Problem::internal(&e);
    let mut cleanings = reader.cleanings_of(tag, i64::MIN..before, LINES + 1).map_err(internal)?;
    let older = (cleanings.len() > LINES).then(|| cleanings.pop()).flatten().map(|c| c.performed_ms + 1);
    let from = if older.is_some() { cleanings.last().map_or(i64::MIN, |c| c.performed_ms) } else { i64::MIN };
    let uses = reader.uses_of(tag, from..before).map_err(internal)?;
    let (item, facility) = {
        let facility = state.store.snapshot();
        (facility.equipment.get(&tag).cloned().ok_or_else(Problem::not_found)?, facility.clone())
    };
    let snapshot = Snapshot::of(state, &facility);
    let month = snapshot.now_ms() - MONTH_MS..i64::MAX;
    let in_month = reader.cleanings_of(tag, month, 10_000).map_err(internal)?.len();
    drop(reader);
    let trust = trust(state, &snapshot, &cleanings)?;
    let status = status(&facility, &item, snapshot.now_ms());
    let mut history: Vec<(i64, Happening)> = Vec::new();
    for cleaning in &cleanings {
        history.push((
            cleaning.performed_ms,
            cleaned(state, &facility, &snapshot, cleaning, signed.may_change())?,
        ));
    }
    history.extend(uses.iter().rev().take(LINES).map(|(ms, of)| (*ms, used(&snapshot, *ms, *of))));
    history.sort_by_key(|(ms, _)| std::cmp::Reverse(*ms));
    let frame = Frame::staff(state, &snapshot, item.name.clone(), signed, Place::Equipment);
    let out = item.out.last().filter(|_| item.service == Service::Out);
    let why_out = match out.and_then(|o| o.reason) {
        Some(why) => text(&super::view::reader(state)?, why),
        None => String::new(),
    };
    Ok(ItemPage {
        frame,
        tag,
        name: item.name.clone(),
        subtitle: subtitle(&item),
        standing: standing(&item, &status, &snapshot.local),
        service: item.service,
        why_out,
        may_change: signed.may_change(),
        form_token: signed.form_token(),
        rate: Rate::text(tally.rate()),
        rate_words: rate_words(&facility, &item, tally),
        history: history.into_iter().map(|(_, event)| event).collect(),
        history_words: format!("{} in 30 days, newest first", plural(in_month, "cleaning", "cleanings")),
        older,
        trust,
        made: snapshot.local.iso(snapshot.now_ms()),
        schedules: super::schedule::lines(&facility, &item),
        facts: facts(&facility, &item, &snapshot),
        protocol: super::scan_page::protocol(&facility, &item, None)
            .map(|p| (format!("/protocols/{}", p.protocol), format!("{}, version {}", p.name, p.version))),
    })
}

fn subtitle(item: &Equipment) -> String {
    let serial = if item.serial.is_empty() { String::new() } else { format!("serial {}", item.serial) };
    let maker = [item.maker.as_str(), item.model.as_str()].join(" ").trim().to_owned();
    let parts = [item.location.clone(), item.asset_number.clone(), maker, serial];
    parts.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(" · ")
}

fn rate_words(facility: &Facility, item: &Equipment, tally: Tally) -> String {
    match (schedules_words(facility, item), tally.closed) {
        (None, _) => "No schedule, so there is no rate.".to_owned(),
        (Some(_), 0) => "No data yet: no due window has closed.".to_owned(),
        (Some(words), closed) => format!("{} of {closed} windows met. Due {words}.", tally.met),
    }
}

/// The schedules in force, for the middle of a sentence.
fn schedules_words(facility: &Facility, item: &Equipment) -> Option<String> {
    let words = |(protocol, schedule): (Option<ProtocolId>, &Schedule)| {
        let every = schedule_words(schedule)?;
        let name = protocol.and_then(|id| facility.protocols.get(&id)).map(|p| p.name.as_str());
        Some(name.map_or(every.clone(), |name| format!("{every} by {name}")))
    };
    let all: Vec<String> = item.schedules().into_iter().filter_map(words).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

/// One schedule, for the middle of a sentence.
pub(super) fn schedule_words(schedule: &Schedule) -> Option<String> {
    let every = |n: u32, one: &str, many: &str| {
        if n == 1 { format!("every {one}") } else { format!("every {n} {many}") }
    };
    match schedule {
        Schedule::Hours { n } => Some(every(*n, "hour", "hours")),
        Schedule::Days { n } => Some(every(*n, "day", "days")),
        Schedule::Weeks { n } => Some(every(*n, "week", "weeks")),
        Schedule::Times { at } => {
            let at: Vec<String> = at.iter().map(ToString::to_string).collect();
            Some(format!("daily by {}", at.join(", ")))
        }
        Schedule::Use { .. } => Some("after each use".to_owned()),
        Schedule::Never => None,
    }
}

fn facts(facility: &Facility, item: &Equipment, snapshot: &Snapshot) -> Vec<(&'static str, String)> {
    let class = match item.class {
        Class::Noncritical => "Noncritical",
        Class::Semicritical => "Semicritical",
        Class::Critical => "Critical",
    };
    let photo = match item.photo {
        PhotoPolicy::None => "Not asked for",
        PhotoPolicy::Optional => "If one likes",
        PhotoPolicy::Required => "Needed every time",
    };
    let others: Vec<String> = facility
        .aliases
        .iter()
        .filter(|(_, alias)| alias.equipment == item.tag && !alias.revoked)
        .map(|(tag, _)| tag.grouped())
        .collect();
    let mut facts = vec![
        ("Category", item.category.clone()),
        ("Class", class.to_owned()),
        ("Photo", photo.to_owned()),
        ("Maker", item.maker.clone()),
        ("Model", item.model.clone()),
        ("Serial", item.serial.clone()),
        ("Also opens by", others.join(", ")),
        ("Added", snapshot.local.day_time(item.added_ms).text),
    ];
    facts.retain(|(_, value)| !value.is_empty());
    facts
}

/// With a capital first letter.
pub(super) fn capital(words: &str) -> String {
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn used(snapshot: &Snapshot, ms: i64, of: EntryRef) -> Happening {
    Happening {
        class: "",
        title: "Used".to_owned(),
        struck: false,
        tags: Vec::new(),
        words: String::new(),
        at: snapshot.local.day_time(ms),
        photo: None,
        whole_photo: None,
        facts: Vec::new(),
        receipt: None,
        entry: count(of.seq),
        can_void: false,
    }
}

/// A cleaning as it stands in history: its entry is read again, so what is shown is what was signed.
fn cleaned(
    state: &AppState,
    facility: &Facility,
    snapshot: &Snapshot,
    cleaning: &Cleaning,
    may_change: bool,
) -> Result<Happening, Problem> {
    let reader = super::view::reader_of(state, cleaning.of.epoch)?;
    let entry = reader.entry(cleaning.of.seq).ok().flatten();
    let (mut facts, mut tags) = (Vec::new(), Vec::new());
    let local = &snapshot.local;
    if let Some(Event::CleaningRecorded(body)) = entry.as_ref().map(record::entry::Entry::event) {
        facts.extend(body.note.map(|note| text(&reader, note.hash)));
        facts.extend(body.contact.and_then(|c| match (c.measured_s, c.required_s) {
            (Some(wet), Some(of)) => Some(format!("Wet {} of {}", span(wet), span(of))),
            (Some(wet), None) => Some(format!("Wet {}", span(wet))),
            _ => None,
        }));
    }
    if !cleaning.incomplete.is_empty() {
        tags.push(("due", format!("Incomplete: {}", missing_words(&cleaning.incomplete))));
    }
    let late_ms = cleaning.recorded_ms - cleaning.performed_ms;
    if cleaning.stated && late_ms > 60_000 {
        tags.push(("due", "Late entry".to_owned()));
        facts.push(format!(
            "Written {}, {} after it was done",
            local.day_time(cleaning.recorded_ms).text,
            about(late_ms)
        ));
    }
    if cleaning.at.clock == ClockState::Uncertain && !facility.boots.contains_key(&cleaning.at.boot) {
        facts.push("The clock was not set: the time is an estimate".to_owned());
    }
    let mut words = who_words(&reader, facility, &cleaning.who);
    if let Some(of) = cleaning.voided {
        tags.push(("", "Voided".to_owned()));
        words = format!("{words}. {}", void_words(state, facility, snapshot, of));
    }
    Ok(Happening {
        class: if cleaning.voided.is_none() && cleaning.is_complete() { "done" } else { "" },
        title: "Cleaned".to_owned(),
        struck: cleaning.voided.is_some(),
        tags,
        words,
        at: local.day_time(cleaning.performed_ms),
        photo: thumbnail(state, cleaning),
        whole_photo: whole_photo(state, cleaning),
        facts,
        receipt: entry.map(|entry| Receipt::of(cleaning.of, entry.leaf()).to_string()),
        entry: count(cleaning.of.seq),
        can_void: may_change && cleaning.voided.is_none(),
    })
}

/// Where the thumbnail of the first photo is, if one can be shown: lists never show whole photos.
pub(super) fn thumbnail(state: &AppState, cleaning: &record::fold::Cleaning) -> Option<String> {
    let here = cleaning.photos.iter().find(|hash| state.photos.has_thumbnail(**hash))?;
    Some(thumbnail_address(*here))
}

/// Where the first photo itself is, if it is still on the box.
fn whole_photo(state: &AppState, cleaning: &record::fold::Cleaning) -> Option<String> {
    let first = cleaning.photos.iter().find(|hash| state.photos.has_thumbnail(**hash))?;
    state.photos.is_here(*first).then(|| format!("/photos/{first}.jpg"))
}

fn void_words(state: &AppState, facility: &Facility, snapshot: &Snapshot, of: EntryRef) -> String {
    let Ok(Some((entry, Event::CleaningVoided(body)))) = super::act::entry(state, of) else {
        return "Voided".to_owned();
    };
    let Ok(reader) = reader(state) else { return "Voided".to_owned() };
    let when = snapshot.local.day_time(entry.head().at.wall).text;
    let who = entry
        .head()
        .by
        .staff
        .map_or_else(|| "the phone that recorded it".to_owned(), |id| staff_name(&reader, facility, id));
    format!("Voided {when} by {who}: {}. Both entries stay", text(&reader, body.reason.hash))
}

/// Reads a name for pages that show a cleaning in one line.
pub(super) fn feed_words(reader: &Reader, facility: &Facility, cleaning: &Cleaning) -> String {
    let who = who_words(reader, facility, &cleaning.who);
    if cleaning.voided.is_some() {
        format!("{who}. Voided")
    } else if !cleaning.is_complete() {
        format!("{who}. Incomplete, does not count")
    } else {
        who
    }
}
