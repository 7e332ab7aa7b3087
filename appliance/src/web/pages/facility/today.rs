//! The staff's first page and the page about the box itself.

use askama::Template;
use axum::extract::State;
use record::compliance::{Rate, Tally};
use record::tag::Tag;
use web::answer::{Page, SeeOther};
use web::error::HttpError;
use web::live::LivePage;
use web::route::Anyone;

use crate::identity::own_addresses;
use crate::intake::Permission;
use crate::store::Reader;
use crate::web::access::permissions::View;
use crate::web::access::staff::Staff;
use crate::web::access::staff_session::StaffSession;
use crate::web::context::{AppState, Link};
use crate::web::http_error::store_error;
use crate::web::layout::{Frame, Place};
use crate::web::live::live_page;
use crate::web::log_reads::{read_quick, staff_name};
use crate::web::request::next_page::HOME;
use crate::web::view_models::alarms::AlarmCard;
use crate::web::view_models::formats::{Moment, about, count, english_words};
use crate::web::view_models::item_status::{ListedItem, Row};
use crate::web::view_models::jobs::{PrinterCard, printer_card};
use crate::web::view_models::rates::{Tallies, calendar, tallies};
use crate::web::view_models::snapshot::Snapshot;
use crate::web::view_models::status_board::{StandingBoard, board};
use crate::web::view_models::wording::Wording;
use crate::web::view_models::{alarms, history, program_notes};

/// Lines of “Just now”.
const FEED: usize = 8;
/// Lines of the overdue table; the whole list is a page of its own.
const OVERDUE_MAX: usize = 20;

struct Number {
    title: &'static str,
    rate: String,
    words: String,
    spark: Option<Spark>,
}

struct Spark {
    path: String,
    end: (String, String),
    label: String,
}

struct Late {
    listed: ListedItem,
    last: String,
}

struct News {
    tag: Tag,
    name: String,
    photo: Option<String>,
    words: String,
    at: Moment,
}

/// One bar of the chart of days.
struct Bar {
    x: String,
    middle: String,
    y: String,
    height: String,
    above: String,
    low: Option<u16>,
}

#[derive(Template)]
#[template(path = "today.html")]
struct TodayPage {
    frame: Frame,
    day: String,
    overdue: usize,
    overdue_words: String,
    numbers: Vec<Number>,
    late: Vec<Late>,
    rest: String,
    bars: Vec<Bar>,
    chart_label: String,
    first_day: String,
    feed: Vec<News>,
    no_items: bool,
    no_schedule: bool,
    may_change: bool,
}

/// Where the staff pages begin.
pub(crate) async fn open(_: Anyone) -> Result<SeeOther, HttpError> {
    SeeOther::to(HOME)
}

pub(crate) async fn show(signed: Staff<View>, State(state): State<AppState>) -> Result<Page, HttpError> {
    let live = live_page(&state);
    let (tallies, board) = (tallies(&state).await?, board(&state).await?);
    let template =
        read_quick(&state, move |state, reader| today_page(state, reader, &signed, (&tallies, &board), live));
    Page::draw(&template.await?)
}

fn today_page(
    state: &AppState,
    reader: &Reader,
    signed: &StaffSession,
    (tallies, board): (&Tallies, &StandingBoard),
    live: LivePage,
) -> Result<TodayPage, HttpError> {
    let recent = reader.cleanings(None, FEED).map_err(store_error)?;
    let facility = &board.seen;
    let snapshot = Snapshot::of(state, facility);
    let (local, wording) = (&snapshot.local, Wording::english(&snapshot.local));
    let no_items = board.in_use().is_empty();
    let no_schedule = !no_items && facility.equipment.values().all(|item| item.plans.is_empty());
    let overdue_words = match board.overdue().first() {
        Some(row) => format!("Longest: {}, {}", row.item.name, row.badge(&wording).short.to_lowercase()),
        None => "Nothing is late.".to_owned(),
    };
    let last = |row: &Row| match row.activity.as_ref().and_then(|a| a.last) {
        Some(last) => local.day_time(last.performed_ms).text,
        None => "never".to_owned(),
    };
    let feed = recent.iter().map(|cleaning| News {
        tag: cleaning.tag,
        name: facility
            .equipment
            .get(&cleaning.tag)
            .map_or_else(|| cleaning.tag.grouped(), |item| item.name.clone()),
        photo: history::thumbnail(state, cleaning),
        words: history::feed_words(reader, facility, cleaning),
        at: local.day_time(cleaning.performed_ms),
    });
    let late = board.overdue().iter().take(OVERDUE_MAX);
    Ok(TodayPage {
        frame: Frame::staff(state, &snapshot, "Today", signed, Place::Today).live(live).refreshed(),
        day: local.long_day(),
        overdue: board.overdue().len(),
        overdue_words,
        numbers: numbers(tallies),
        rest: match board.due().len() {
            0 => "All equipment".to_owned(),
            due => format!("{due} more due, and all equipment"),
        },
        bars: bars(tallies),
        chart_label: chart_label(tallies),
        first_day: first_day(tallies, &facility.settings, &snapshot),
        feed: feed.collect(),
        late: late.map(|row| Late { last: last(row), listed: row.list(&wording) }).collect(),
        no_items,
        no_schedule,
        may_change: signed.can_edit(),
    })
}

fn numbers(tallies: &Tallies) -> Vec<Number> {
    [("Today", 1), ("7 days", 7), ("30 days", 30)]
        .into_iter()
        .map(|(title, days)| {
            let tally = tallies.last(days);
            let words = match tally.closed {
                0 if days == 1 => "No data yet: no window has closed since midnight".to_owned(),
                0 => "No data yet".to_owned(),
                closed if days == 1 => {
                    format!("{} of {closed} windows met that closed since midnight", tally.met)
                }
                closed => format!("{} of {closed} windows met", tally.met),
            };
            Number { title, rate: Rate::text(tally.rate()), words, spark: spark(tallies, days) }
        })
        .collect()
}

fn per_mille(tally: &Tally) -> Option<u16> {
    tally.rate().map(Rate::per_mille)
}

/// A line over the days that have a rate, from 50 % to 100 %.
fn spark(tallies: &Tallies, days: usize) -> Option<Spark> {
    let from = tallies.days.len().saturating_sub(days);
    let rates: Vec<u16> = tallies.days[from..].iter().filter_map(|(_, tally)| per_mille(tally)).collect();
    if rates.len() < 2 {
        return None;
    }
    let step = 112.0 / f64::from(u32::try_from(rates.len() - 1).unwrap_or(1));
    let mut x = 4.0;
    let mut points = Vec::new();
    for rate in &rates {
        let y = 29.0 - f64::from(rate.saturating_sub(500)) / 500.0 * 26.0;
        points.push((format!("{x:.1}"), format!("{y:.1}")));
        x += step;
    }
    let path: Vec<String> = points.iter().map(|(x, y)| format!("{x} {y}")).collect();
    let (low, high) = (rates.iter().min()?, rates.iter().max()?);
    Some(Spark {
        path: format!("M{}", path.join(" ")),
        end: points.pop()?,
        label: format!("Between {} and {} percent", low / 10, high / 10),
    })
}

fn bars(tallies: &Tallies) -> Vec<Bar> {
    let mut x = 49.0;
    tallies
        .days
        .iter()
        .filter_map(|(_, tally)| {
            let at = x;
            x += 18.45;
            let low = tally.rate()?.is_low();
            let rate = per_mille(tally)?;
            let height = f64::from(rate.saturating_sub(500)) / 500.0 * 120.0;
            Some(Bar {
                x: format!("{at:.1}"),
                middle: format!("{:.1}", at + 6.3),
                y: format!("{:.1}", 132.0 - height),
                height: format!("{height:.1}"),
                above: format!("{:.1}", 129.0 - height),
                low: low.then_some(rate / 10),
            })
        })
        .collect()
}

fn chart_label(tallies: &Tallies) -> String {
    let rates: Vec<u16> = tallies.days.iter().filter_map(|(_, tally)| per_mille(tally)).collect();
    match (rates.iter().min(), rates.last()) {
        (Some(low), Some(last)) => {
            format!(
                "Compliance by day over 30 days, in percent. Lowest {}, the newest {}.",
                low / 10,
                last / 10
            )
        }
        _ => "Compliance by day: no data yet.".to_owned(),
    }
}

fn first_day(tallies: &Tallies, settings: &record::fold::Settings, snapshot: &Snapshot) -> String {
    let start = tallies.days.first().map(|(day, _)| calendar(settings).day_range(*day).start);
    start.map_or_else(String::new, |ms| snapshot.local.short_day(ms))
}

#[derive(Template)]
#[template(path = "box.html")]
struct BoxPage {
    frame: Frame,
    facts: Vec<(&'static str, String)>,
    alarms: Vec<AlarmCard>,
    form_token: String,
    may_change: bool,
    notes: Vec<String>,
    printers: Vec<PrinterCard>,
    hosts: Vec<String>,
    admin: bool,
    audit: bool,
}

pub(crate) async fn show_box(signed: Staff<View>, State(state): State<AppState>) -> Result<Page, HttpError> {
    let snapshot = Snapshot::now(&state);
    let printers = state.printing.printers();
    let printers = printers.iter().map(|printer| printer_card(printer, &[], &snapshot.local)).collect();
    let health = state.store.health();
    let free = health
        .free_bytes
        .map_or_else(|| "not known".to_owned(), |bytes| format!("{:.1} GB", bytes as f64 / 1e9));
    let mut notes = program_notes::notes(&state, &snapshot);
    if signed.holds(Permission::SeePeople) {
        notes.extend(wrong_pin_notes(&state, &snapshot).await?);
    }
    if !health.ballast {
        notes.push(
            "The disk was full not long ago. Make room: records are refused while it is full.".to_owned(),
        );
    }
    if snapshot.settings.zones.is_empty() {
        notes.push("No time zone is set, so days are counted in UTC. Set it under Settings.".to_owned());
    }
    if snapshot.settings.label_host.is_empty() {
        notes.push(
            "No label host is chosen, so no label can be printed yet. Set it under Settings.".to_owned(),
        );
    }
    let up = snapshot.now.up_ms;
    let facts = vec![
        ("Facility", snapshot.settings.name.clone()),
        ("Box", health.origin.box_id.to_string()),
        ("Log", format!("{}, {} entries", health.origin.epoch, count(health.size))),
        ("At the relay", at_relay(&state)),
        ("Disk free", free),
        ("Machine up for", about(english_words(), i64::try_from(up).unwrap_or(i64::MAX))),
        ("Time zone", snapshot.local.zone_name().to_owned()),
        ("Version", env!("CARGO_PKG_VERSION").to_owned()),
    ];
    let mut hosts: Vec<String> = own_addresses().iter().map(ToString::to_string).collect();
    hosts.extend(state.settings.hosts.iter().cloned());
    hosts.extend(Some(snapshot.settings.label_host.clone()).filter(|h| !h.is_empty()));
    let mut frame = Frame::staff(&state, &snapshot, "This box", &signed, Place::Box);
    // They stand on this page itself, each with its button.
    frame.alarm = None;
    Page::draw(&BoxPage {
        frame,
        facts,
        alarms: alarms::cards(&state, &snapshot.local).await?,
        form_token: signed.form_token(),
        may_change: signed.can_edit(),
        notes,
        printers,
        hosts,
        admin: signed.holds(Permission::EditSettings),
        audit: signed.holds(Permission::ReadAudit),
    })
}

/// What the relay has of this log and of those before it.
fn at_relay(state: &AppState) -> String {
    let present = format!("{} entries of this log", count(state.store.cursor_size()));
    match (state.store.ended_entries(), *state.link.borrow()) {
        (0, _) => present,
        (ended, Link::Up { ended_backlog }) => {
            let held = ended.saturating_sub(ended_backlog);
            format!("{present}, {} of {} of earlier ones", count(held), count(ended))
        }
        (ended, _) => format!("{present}; earlier ones have {}", count(ended)),
    }
}

/// Whose PIN strangers are guessing.
async fn wrong_pin_notes(state: &AppState, snapshot: &Snapshot) -> Result<Vec<String>, HttpError> {
    let (local, wall_ms) = (snapshot.local.clone(), snapshot.now.wall_ms);
    let words = read_quick(state, move |state, reader| {
        let alarms = state.identity.pins.alarms(wall_ms).map_err(|e| HttpError::internal(&e))?;
        let locked = state.identity.pins.new_devices_locked(wall_ms).map_err(|e| HttpError::internal(&e))?;
        let facility = state.store.snapshot();
        let here = alarms.into_iter().filter(|(staff, _)| facility.staff.get(staff).is_some_and(|s| !s.left));
        let words = here.map(|(staff, wrong)| {
            let (name, since) = (staff_name(reader, &facility, staff), local.day_time(wrong.since_ms).text);
            format!(
                "{} wrong PINs or more were typed for {name} since {since}, on devices on which they never signed in. At \
                 most three an hour are looked at, and their own devices are not held up. Ask them whether it was them; if \
                 not, set them a longer PIN under Staff.",
                wrong.count
            )
        });
        Ok((words.collect::<Vec<String>>(), locked))
    });
    let (mut words, locked) = words.await?;
    if let Some(until_ms) = locked {
        words.push(format!(
            "So many wrong PINs were typed on new devices that nobody can sign in on a new device until {}. Devices on which \
             somebody has signed in before are not held up. The access log says from where they came; setting somebody’s PIN \
             under Staff ends the wait.",
            snapshot.local.deadline(until_ms)
        ));
    }
    Ok(words)
}
