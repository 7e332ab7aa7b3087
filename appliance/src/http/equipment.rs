//! Equipment for staff: the list, and each item's page with its history and why it can be believed.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use record::compliance::{Rate, Tally};
use record::fold::{Cleaning, Equipment, Facility, Service};
use record::ids::ProtocolId;
use record::kinds::{Class, PhotoPolicy, Schedule};
use record::tag::Tag;

use serde::Deserialize;

use super::AppState;
use super::frame::{Frame, Place, page};
use super::history::{Happening, HistoryLook, ItemEvent, history};
use super::page_cursor::{HistoryScope, PageCursor};
use super::problem::Problem;
use super::query::Asked;
use super::sign_in::Signed;
use super::standing::{Row, Standing};
use super::standing_board::{StandingBoard, board};
use super::tally::{tallies, tally_of};
use super::trust::{Trust, trust};
use super::view::{Snapshot, read_long, text};
use super::words::{Moment, plural};
use crate::store::{HistoryPlace, Reader};

/// Items of the list; more are found by searching.
const ITEMS_MAX: usize = 500;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/staff/equipment", get(list)).route("/staff/equipment/{tag}", get(item))
}

#[derive(Debug, Default, Deserialize)]
struct Ask {
    #[serde(default)]
    q: String,
    retired: Option<String>,
    cursor: Option<String>,
}

struct Line {
    row: Arc<Row>,
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
    let board = board(&state).await?;
    let snapshot = Snapshot::of(&state, &board.seen);
    let lines = lines(&board, &snapshot, &query, ask.retired.is_some(), &tallies.items);
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
    board: &StandingBoard,
    snapshot: &Snapshot,
    query: &str,
    retired: bool,
    tallies: &std::collections::BTreeMap<Tag, Tally>,
) -> Vec<Line> {
    let is_gone = |row: &&Arc<Row>| row.item.service == Service::Retired;
    let (gone, used) = if retired { (board.all(), &[][..]) } else { (&[][..], board.in_use()) };
    let all = gone.iter().filter(is_gone).chain(used);
    let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
    let line = |row: &Arc<Row>| {
        let item = &row.item;
        let text = format!(
            "{} {} {} {} {} {} {}",
            item.name, item.location, item.asset_number, item.serial, item.model, item.category, item.tag
        );
        let text = text.to_lowercase();
        let last = row.activity.as_ref().and_then(|a| a.last);
        words.iter().all(|word| text.contains(word)).then(|| Line {
            asset_number: item.asset_number.clone(),
            last: last.map(|last| snapshot.local.day_time(last.performed_ms)),
            rate: Rate::text(tallies.get(&item.tag).and_then(|t| t.rate())),
            row: row.clone(),
        })
    };
    all.filter_map(line).collect()
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
    older: Option<PageCursor>,
    /// Whether it begins with older records.
    is_older: bool,
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
    let tally = tally_of(&state, tag).await?;
    let back = |problem: Problem| problem.link(format!("/staff/equipment/{tag}"), "Show the newest records");
    let upto = HistoryScope(Some(tag)).read(ask.cursor.as_deref()).map_err(back)?;
    let made = read_long(&state, move |state, reader| item_page(state, reader, &signed, (tag, upto), tally));
    let made =
        made.await.map_err(|problem| if problem.code == "parameter" { back(problem) } else { problem });
    page(&made?)
}

fn item_page(
    state: &AppState,
    reader: &Reader,
    signed: &Signed,
    (tag, upto): (Tag, Option<HistoryPlace>),
    tally: Tally,
) -> Result<ItemPage, Problem> {
    let (done, older) = history(reader, tag, upto)?;
    let facility = state.store.snapshot();
    let item = facility.equipment.get(&tag).ok_or_else(Problem::not_found)?;
    let snapshot = Snapshot::of(state, &facility);
    let row = state.inner.boards.row_of(&facility, item, &snapshot.local).ok_or_else(Problem::not_found)?;
    let cleanings: Vec<&Cleaning> = done
        .iter()
        .filter_map(|done| match done {
            ItemEvent::Cleaned(cleaning) => Some(&**cleaning),
            ItemEvent::Used(_) => None,
        })
        .collect();
    let trust = trust(state, &snapshot, reader, &cleanings);
    let looks = HistoryLook { state, facility: &facility, snapshot: &snapshot, reader };
    let history = done
        .iter()
        .map(|done| match done {
            ItemEvent::Cleaned(cleaning) => looks.cleaned(cleaning, signed.may_change()),
            ItemEvent::Used(used) => looks.used(*used),
        })
        .collect();
    let cleaned = facility.activity.get(&tag).map_or(0, |activity| activity.cleanings);
    let cleaned = plural(usize::try_from(cleaned).unwrap_or(usize::MAX), "cleaning", "cleanings");
    let frame = Frame::staff(state, &snapshot, item.name.clone(), signed, Place::Equipment);
    let out = item.out.last().filter(|_| item.service == Service::Out);
    let why_out = match out.and_then(|o| o.reason) {
        Some(why) => text(reader, why),
        None => String::new(),
    };
    Ok(ItemPage {
        frame,
        tag,
        name: item.name.clone(),
        subtitle: subtitle(item),
        standing: row.standing,
        service: item.service,
        why_out,
        may_change: signed.may_change(),
        form_token: signed.form_token(),
        rate: Rate::text(tally.rate()),
        rate_words: rate_words(&facility, item, tally),
        history,
        history_words: format!("{cleaned} in all, newest first"),
        older: older.map(PageCursor::from),
        is_older: upto.is_some(),
        trust,
        made: snapshot.local.iso(snapshot.now_ms()),
        schedules: super::schedule::lines(&facility, item),
        facts: facts(&facility, item, &snapshot),
        protocol: super::scan_page::protocol(&facility, item, None)
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
