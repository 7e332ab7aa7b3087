//! Equipment for staff: the list, and each item's page with its history and why it can be believed.

use askama::Template;
use axum::extract::State;
use record::compliance::{Rate, Tally};
use record::fold::{Cleaning, Equipment, Facility, Service};
use record::kinds::{Class, PhotoPolicy};
use record::tag::Tag;
use schemars::JsonSchema;
use serde::Deserialize;
use web::answer::Page;
use web::argument::{Lenient, Path};
use web::error::HttpError;

use crate::store::{HistoryPlace, Reader};
use crate::web::access::permissions::View;
use crate::web::access::staff::Staff;
use crate::web::access::staff_session::StaffSession;
use crate::web::context::AppState;
use crate::web::http_error::not_found;
use crate::web::layout::{Frame, Place};
use crate::web::log_reads::{read_long, text};
use crate::web::pages::equipment::schedule;
use crate::web::pages::equipment::schedule::ScheduleRow;
use crate::web::request::page_cursor::{HistoryScope, PageCursor};
use crate::web::view_models::formats::plural;
use crate::web::view_models::history::{Happening, HistoryLook, ItemEvent, history};
use crate::web::view_models::item_status::StatusBadge;
use crate::web::view_models::items::named;
use crate::web::view_models::protocols;
use crate::web::view_models::rates::tally_of;
use crate::web::view_models::schedules::schedules_words;
use crate::web::view_models::snapshot::Snapshot;
use crate::web::view_models::status_board::StandingBoards;
use crate::web::view_models::verification::{Trust, trust};
use crate::web::view_models::wording::Wording;

#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct ItemParams {
    /// Where its history goes on.
    cursor: Option<String>,
}

#[derive(Template)]
#[template(path = "equipment.html")]
struct ItemPage {
    frame: Frame,
    tag: Tag,
    name: String,
    subtitle: String,
    badge: StatusBadge,
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
    schedules: Vec<ScheduleRow>,
    facts: Vec<(&'static str, String)>,
    protocol: Option<(String, String)>,
}

pub(crate) async fn show(
    signed: Staff<View>,
    State(state): State<AppState>,
    Path(text_of_tag): Path<String>,
    Lenient(params): Lenient<ItemParams>,
) -> Result<Page, HttpError> {
    let (tag, _) = named(&state, &text_of_tag)?;
    let tally = tally_of(&state, tag).await?;
    let back = |error: HttpError| error.link(format!("/staff/equipment/{tag}"), "Show the newest records");
    let upto = HistoryScope(Some(tag)).read(params.cursor.as_deref()).map_err(back)?;
    let made = read_long(&state, move |state, reader| item_page(state, reader, &signed, (tag, upto), tally));
    let made = made.await.map_err(|error| if error.code == "parameter" { back(error) } else { error });
    Page::draw(&made?)
}

fn item_page(
    state: &AppState,
    reader: &Reader,
    signed: &StaffSession,
    (tag, upto): (Tag, Option<HistoryPlace>),
    tally: Tally,
) -> Result<ItemPage, HttpError> {
    let (done, older) = history(reader, tag, upto)?;
    let facility = state.store.snapshot();
    let item = facility.equipment.get(&tag).ok_or_else(not_found)?;
    let snapshot = Snapshot::of(state, &facility);
    let row =
        state.kept::<StandingBoards>().row_of(&facility, item, &snapshot.local).ok_or_else(not_found)?;
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
            ItemEvent::Cleaned(cleaning) => looks.cleaned(cleaning, signed.can_edit()),
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
        badge: row.badge(&Wording::english(&snapshot.local)),
        service: item.service,
        why_out,
        may_change: signed.can_edit(),
        form_token: signed.form_token(),
        rate: Rate::text(tally.rate()),
        rate_words: rate_words(&facility, item, tally),
        history,
        history_words: format!("{cleaned} in all, newest first"),
        older: older.map(PageCursor::from),
        is_older: upto.is_some(),
        trust,
        made: snapshot.local.iso(snapshot.now_ms()),
        schedules: schedule::schedule_rows(&facility, item),
        facts: facts(&facility, item, &snapshot),
        protocol: protocols::protocol(&facility, item, None)
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
