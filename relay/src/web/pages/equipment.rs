//! An item's page: how it stands, all that was done to it, and why that can be believed.

use ::web::answer::{OneOf, Page, SeeOther};
use ::web::argument::{Lenient, Path};
use ::web::error::HttpError;
use askama::Template;
use axum::extract::State;
use record::checkpoint::{Cosigned, Origin};
use record::compliance::Tally;
use record::entry::Entry;
use record::fold::{Alias, Equipment, Service};
use record::ids::FacilityId;
use record::kinds::{Class, Contact, EntryRef, Event, PhotoPolicy, ProtocolPublished, Schedule};
use record::redact::TextLine;
use record::tag::Tag;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::db::dashboard::ItemRow;
use crate::db::history::{Cursor, Of, UseRow};
use crate::db::{AccountScope, Conn, DbError};
use crate::web::access::{Member, Read};
use crate::web::http_error::{not_found, parameter};
use crate::web::layout::Shell;
use crate::web::pages::equipment_list::state;
use crate::web::pages::facility::{LOOK_BACK_MS, equipment, shell};
use crate::web::view_models::box_state::BoxState;
use crate::web::view_models::chart::{Day, Spark};
use crate::web::view_models::cleanings::{Told, look_for_photos, staff_name, told};
use crate::web::view_models::facility_state::{Site, date, sites, tally};
use crate::web::view_models::formats::{Badge, Moment, Tone, Wall, counted, grouped, of, rate, short_hash};
use crate::web::{Fact, Web};

/// Cleanings on a page of history.
const PAGE: i64 = 50;

/// What the address carries.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct EquipmentParams {
    /// Cleanings before this place in the list.
    before: Option<String>,
}

struct HistoryRow {
    at_ms: i64,
    done: bool,
    title: &'static str,
    badges: Vec<Badge>,
    at: Moment,
    words: String,
    voided: Option<String>,
    note: Option<String>,
    photos: Vec<String>,
    proof: String,
    number: String,
}

struct Trust {
    badge: Badge,
    words: String,
    facts: Vec<Fact>,
    latest: Option<LatestProof>,
}

struct LatestProof {
    href: String,
    number: String,
}

#[derive(Template)]
#[template(path = "equipment.html")]
struct EquipmentPage {
    shell: Shell,
    facility: String,
    facility_href: String,
    tag: String,
    name: String,
    about: String,
    state: Badge,
    state_words: Option<String>,
    rate_30: String,
    rate_words: String,
    trend: Option<Spark>,
    history: Vec<HistoryRow>,
    history_words: String,
    history_empty: String,
    older: Option<String>,
    trust: Badge,
    trust_words: String,
    trust_facts: Vec<Fact>,
    latest_proof: Option<LatestProof>,
    facts: Vec<Fact>,
}

/// `GET /app/f/{facility}/e/{tag}`.
pub(crate) async fn show(
    visitor: Member<Read>,
    State(web): State<Web>,
    Path((facility, tag)): Path<(FacilityId, Tag)>,
    Lenient(asked): Lenient<EquipmentParams>,
) -> Result<OneOf<Page, SeeOther>, HttpError> {
    let after = match asked.before.as_deref() {
        None => Cursor::start(),
        Some(before) => Cursor::read(before)
            .ok_or(parameter("before", "a place in the list, as the link “Older” has it"))?,
    };
    let now_ms = web.now_ms();
    let (mut conn, scope) = (web.db.read().await?, visitor.scope);
    let live = web.live_facility(&mut conn, scope, facility).await?;
    let sites = sites(&mut conn, scope, now_ms).await?;
    let site = sites.iter().find(|s| s.id == facility).ok_or_else(not_found)?;
    let Some(row) = crate::db::dashboard::item(&mut conn, scope, facility, tag).await? else {
        let first = first_tag(&mut conn, scope, facility, tag).await?.ok_or_else(not_found)?;
        return SeeOther::to(&format!("/app/f/{facility}/e/{first}")).map(OneOf::Second);
    };
    let item = equipment(&row)?;
    let wall = Wall::new(now_ms, &site.zone);
    let rows = crate::db::history::cleanings(&mut conn, scope, Of::Item(facility, tag), &after, PAGE).await?;
    let mut cleanings = told(&mut conn, scope, rows).await?;
    look_for_photos(&mut conn, scope, &mut cleanings).await?;
    let days = days(&mut conn, scope, site, tag).await?;
    let month: Tally = days.iter().map(|d| d.tally).sum();
    let recent =
        crate::db::history::count_since(&mut conn, scope, (facility, tag), site.as_of_ms - LOOK_BACK_MS)
            .await?;
    let is_full = i64::try_from(cleanings.len()).is_ok_and(|n| n == PAGE);
    let older = cleanings.last().filter(|_| is_full).map(|t| format!("?before={}", t.cursor()));
    let history =
        history_rows(&mut conn, scope, (facility, tag), &cleanings, (&after, is_full), &wall).await?;
    let trust = trust(&mut conn, &web, scope, site, &cleanings, &wall).await?;
    let facts = facts(&mut conn, scope, facility, &item, &wall).await?;
    let title = format!("{} – {}", item.name, site.name);
    let view = EquipmentPage {
        shell: Shell { title, ..shell(&visitor, site, &wall).live(live, false) },
        facility: site.name.clone(),
        facility_href: format!("/app/f/{facility}"),
        tag: tag.grouped(),
        about: about(&item),
        state: state(&row, &item, site.as_of_ms),
        state_words: state_words(&mut conn, scope, &row, &item, &wall).await?,
        rate_30: rate(month),
        rate_words: rate_words(month, &item),
        trend: Spark::of(&days, month),
        history,
        history_words: format!("{} in 30 days, newest first", counted(recent.unsigned_abs(), "cleaning")),
        history_empty: format!("Never cleaned since it was added on {}.", wall.day_of(item.added_ms)),
        older,
        trust: trust.badge,
        trust_words: trust.words,
        trust_facts: trust.facts,
        latest_proof: trust.latest,
        facts,
        name: item.name,
    };
    Page::draw(&view).map(OneOf::First)
}

/// The item that a further tag opens.
async fn first_tag(
    conn: &mut Conn,
    scope: AccountScope,
    facility: FacilityId,
    tag: Tag,
) -> Result<Option<Tag>, DbError> {
    let body = crate::db::dashboard::row(conn, scope, facility, "alias", &tag.to_string()).await?;
    let alias: Option<Alias> =
        body.as_deref().map(serde_json::from_str).transpose().map_err(|e| DbError::stored("alias", e))?;
    // A tag that was revoked, or that names itself, leads nowhere.
    Ok(alias.filter(|a| !a.revoked && a.equipment != tag).map(|a| a.equipment))
}

async fn days(conn: &mut Conn, scope: AccountScope, site: &Site, tag: Tag) -> Result<Vec<Day>, DbError> {
    let rows = crate::db::dashboard::item_days(conn, scope, site.id, tag, site.first_day()).await?;
    let first = i32::try_from(site.first_day()).unwrap_or_default();
    let on = |day: i32| {
        let row = rows.iter().find(|(d, _, _)| *d == i64::from(day));
        row.map_or_else(Tally::default, |&(_, met, closed)| tally(met, closed))
    };
    Ok((first..=site.today).map(|day| Day { date: date(day), tally: on(day) }).collect())
}

fn about(item: &Equipment) -> String {
    let made = [item.maker.as_str(), item.model.as_str()].map(str::trim).join(" ");
    let serial = if item.serial.is_empty() { String::new() } else { format!("serial {}", item.serial) };
    let parts = [item.location.as_str(), item.asset_number.as_str(), made.trim(), &serial];
    let parts: Vec<&str> = parts.into_iter().filter(|p| !p.is_empty()).collect();
    parts.join(" · ")
}

async fn state_words(
    conn: &mut Conn,
    scope: AccountScope,
    row: &ItemRow,
    item: &Equipment,
    wall: &Wall,
) -> Result<Option<String>, DbError> {
    let out = item.out.last().filter(|o| item.service != Service::In && o.until_ms.is_none());
    if let Some(out) = out {
        let reason = match out.reason {
            Some(hash) => crate::db::texts::by_hash(conn, scope, hash).await?,
            None => None,
        };
        let what = if item.service == Service::Retired { "Retired" } else { "Out of service" };
        let why = reason.map(|r| format!(": {r}")).unwrap_or_default();
        return Ok(Some(format!("{what} since {}{why}", wall.day_plain(out.from_ms))));
    }
    Ok(match (row.state.as_deref(), row.by_ms, row.since_ms) {
        (Some("clean"), Some(by), _) => Some(format!("Clean until {}.", wall.day_plain(by))),
        (Some("due"), Some(by), _) => Some(format!("To be cleaned by {}.", wall.day_plain(by))),
        (Some("used"), Some(by), Some(since)) => {
            Some(format!("Used {}; to be cleaned by {}.", wall.day_plain(since), wall.day_plain(by)))
        }
        (Some("overdue"), _, Some(since)) => Some(format!("Overdue since {}.", wall.day_plain(since))),
        _ => None,
    })
}

fn rate_words(month: Tally, item: &Equipment) -> String {
    let class = class(item.class);
    if month.closed == 0 && item.schedules().iter().all(|(_, plan)| **plan == Schedule::Never) {
        return format!("No schedule, so there is no rate. {class}.");
    }
    if month.closed == 0 {
        return format!("No window closed in 30 days. {class}.");
    }
    format!("{} windows met. {class}.", of(month))
}

fn class(class: Class) -> &'static str {
    match class {
        Class::Noncritical => "Noncritical",
        Class::Semicritical => "Semicritical",
        Class::Critical => "Critical",
    }
}

async fn history_rows(
    conn: &mut Conn,
    scope: AccountScope,
    (facility, tag): (FacilityId, Tag),
    cleanings: &[Told],
    (after, is_full): (&Cursor, bool),
    wall: &Wall,
) -> Result<Vec<HistoryRow>, HttpError> {
    let mut rows = Vec::with_capacity(cleanings.len());
    for told in cleanings {
        rows.push(cleaning_row(conn, scope, told, wall).await?);
    }
    // Uses stand between the cleanings of the same stretch of time.
    let oldest = cleanings.last().filter(|_| is_full).map_or(i64::MIN, |t| t.cleaning.performed_ms);
    let uses =
        crate::db::history::uses(conn, scope, (facility, tag), (oldest, after.performed_ms), PAGE).await?;
    rows.extend(uses.iter().map(|used| use_row(used, wall)));
    rows.sort_by_key(|row| std::cmp::Reverse(row.at_ms));
    Ok(rows)
}

fn use_row(used: &UseRow, wall: &Wall) -> HistoryRow {
    HistoryRow {
        at_ms: used.performed_ms,
        done: false,
        title: "Used",
        badges: Vec::new(),
        at: wall.day_clock(used.performed_ms),
        words: String::new(),
        voided: None,
        note: None,
        photos: Vec::new(),
        proof: format!("/app/proof/{}/{}/{}", used.box_id, used.epoch, used.seq),
        number: grouped(used.seq.unsigned_abs()),
    }
}

async fn cleaning_row(
    conn: &mut Conn,
    scope: AccountScope,
    told: &Told,
    wall: &Wall,
) -> Result<HistoryRow, DbError> {
    let cleaning = &told.cleaning;
    let mut words = format!(", {}", told.who());
    if cleaning.stated {
        words.push_str(&format!("; written {}", wall.day_plain(cleaning.recorded_ms)));
    }
    if let Some(adopted) = cleaning.adopted {
        words.push_str(&format!("; adopted on {}", wall.day_plain(adopted.at_ms)));
    }
    let entry = told.entry()?;
    if let Some(Event::CleaningRecorded(body)) = entry.as_ref().map(Entry::event) {
        if let Some(wet) = body.contact.and_then(wet) {
            words.push_str(&format!("; {wet}"));
        }
        if !body.agent.is_empty() {
            words.push_str(&format!("; {}", body.agent));
        }
    }
    let voided = match cleaning.voided {
        Some(of) => Some(voided(conn, scope, told, of, wall).await?),
        None => None,
    };
    Ok(HistoryRow {
        at_ms: cleaning.performed_ms,
        done: cleaning.voided.is_none() && cleaning.is_complete(),
        title: "Cleaned",
        badges: told.badges(),
        at: wall.day_clock(cleaning.performed_ms),
        words,
        voided,
        note: told.note.clone(),
        photos: told.photo_paths(),
        proof: told.proof(),
        number: grouped(cleaning.of.seq),
    })
}

fn wet(contact: Contact) -> Option<String> {
    let span = |s: u32| match (s / 60, s % 60) {
        (0, s) => format!("{s} s"),
        (min, 0) => format!("{min} min"),
        (min, s) => format!("{min} min {s:02} s"),
    };
    let required = contact.required_s.map(|s| format!(" of {}", span(s))).unwrap_or_default();
    match (contact.measured_s, contact.stated_s) {
        (Some(measured), _) => Some(format!("wet {}{required}", span(measured))),
        (None, Some(stated)) => Some(format!("wet {}{required}, as stated", span(stated))),
        (None, None) => None,
    }
}

/// The line that voided a cleaning: under its number another branch may have another one.
async fn voiding_line(
    conn: &mut Conn,
    scope: AccountScope,
    told: &Told,
    of: EntryRef,
) -> Result<Option<Vec<u8>>, DbError> {
    let origin = Origin { box_id: told.box_id, epoch: of.epoch };
    let own = crate::db::entries::line(conn, scope, &origin, of.seq).await?;
    let brought = crate::db::runs::at(conn, scope, told.box_id, of).await?.into_iter().map(|(_, line)| line);
    for line in own.into_iter().chain(brought) {
        let entry = Entry::parse(&line).map_err(|e| DbError::stored("entry", e))?;
        if matches!(entry.event(), Event::CleaningVoided(_)) {
            return Ok(Some(line));
        }
    }
    Ok(None)
}

/// When, by whom and why a cleaning was voided.
async fn voided(
    conn: &mut Conn,
    scope: AccountScope,
    told: &Told,
    of: EntryRef,
    wall: &Wall,
) -> Result<String, DbError> {
    let Some(line) = voiding_line(conn, scope, told, of).await? else { return Ok("Voided.".to_owned()) };
    let entry = Entry::parse(&line).map_err(|e| DbError::stored("entry", e))?;
    let by = match entry.head().by.staff {
        Some(staff) => staff_name(conn, scope, told.facility, staff).await?,
        None => None,
    };
    let origin = Origin { box_id: told.box_id, epoch: of.epoch };
    let beside = crate::db::texts::beside(conn, scope, &origin, &[line]).await?;
    let reason = beside.iter().flatten().next().and_then(|line| TextLine::parse(line.as_bytes()).ok());
    let by = by.map(|name| format!(" by {name}")).unwrap_or_default();
    let reason = reason.map(|r| format!(": {}", r.text().trim_end_matches('.'))).unwrap_or_default();
    Ok(format!("Voided {}{by}{reason}.", wall.day_plain(entry.head().at.wall)))
}

async fn trust(
    conn: &mut Conn,
    web: &Web,
    scope: AccountScope,
    site: &Site,
    cleanings: &[Told],
    wall: &Wall,
) -> Result<Trust, DbError> {
    let standing = site.in_service.as_ref();
    let newest = cleanings.first().map(|t| Origin { box_id: t.box_id, epoch: t.cleaning.of.epoch });
    let present = standing
        .and_then(|b| Some(Origin { box_id: b.row.box_id.parse().ok()?, epoch: b.row.epoch.parse().ok()? }));
    let Some(origin) = newest.or(present) else { return Ok(nothing_to_trust()) };
    let held = crate::db::epochs::get(conn, scope, &origin).await?.filter(|held| held.key_known);
    let Some(held) = held else { return Ok(nothing_to_trust()) };
    let log = origin.verifier(&held.log_key).map_err(|e| DbError::stored("log key", e))?;
    let cosigners = web.fleet.cosigners();
    // Looked at anew for each page: what a page calls verified was verified.
    let cosigned =
        held.cosigned.as_deref().map(|note| Cosigned::verify(note, &origin, &log, &cosigners)).transpose();
    let Some(cosigned) = cosigned.map_err(|e| DbError::stored("cosigned checkpoint", e))? else {
        return Ok(nothing_to_trust());
    };
    let checkpoint = cosigned.checkpoint();
    let witnessed_ms = i64::try_from(cosigned.time_s()).unwrap_or(i64::MAX).saturating_mul(1_000);
    let latest =
        cleanings.iter().find(|t| t.cleaning.of.epoch == origin.epoch && t.cleaning.of.seq < checkpoint.size);
    let facts = vec![
        Fact::new("Checked", format!("{}, when they came here", wall.day_plain(witnessed_ms))),
        Fact::new("Log size", crate::web::view_models::formats::entries(checkpoint.size)),
        Fact::code("Root", short_hash(&checkpoint.root.0)),
        Fact::new("Witness", format!("this relay, {}", wall.day_plain(witnessed_ms))),
        Fact::code("Log", origin.epoch.to_string()),
    ];
    let (badge, words) = match standing.map(|b| b.state) {
        Some(BoxState::Quarantined) => (
            Badge::new(Tone::Late, "Quarantined"),
            "The box signed two different logs. What is shown here is from the first one, proven up to the size below; \
             what contradicts it is held with the boxes.",
        ),
        _ => (
            Badge::new(Tone::Ok, "Verified"),
            "All that is shown here is in the box’s signed log, unchanged: each entry was checked against the log’s \
             signed root before it was kept.",
        ),
    };
    let latest = latest.map(|t| LatestProof { href: t.proof(), number: grouped(t.cleaning.of.seq) });
    Ok(Trust { badge, words: words.to_owned(), facts, latest })
}

fn nothing_to_trust() -> Trust {
    Trust {
        badge: Badge::new(Tone::Plain, "Nothing here yet"),
        words: "Nothing of this log has been witnessed by this relay yet.".to_owned(),
        facts: Vec::new(),
        latest: None,
    }
}

async fn facts(
    conn: &mut Conn,
    scope: AccountScope,
    facility: FacilityId,
    item: &Equipment,
    wall: &Wall,
) -> Result<Vec<Fact>, DbError> {
    let mut facts = Vec::new();
    if !item.category.is_empty() {
        facts.push(Fact::new("Category", item.category.clone()));
    }
    facts.push(Fact::new("Class", class(item.class)));
    let mut own = Vec::new();
    for protocol in &item.protocols {
        let body =
            crate::db::dashboard::row(conn, scope, facility, "protocol", &protocol.to_string()).await?;
        if let Some(body) = body {
            let protocol: ProtocolPublished =
                serde_json::from_str(&body).map_err(|e| DbError::stored("protocol", e))?;
            facts.push(Fact::new("Protocol", format!("{}, version {}", protocol.name, protocol.version)));
            if let Some(plan) = item.schedule(Some(protocol.protocol)) {
                own.push(Fact::new("Schedule", format!("{}, by {}", schedule(Some(plan)), protocol.name)));
            }
        }
    }
    match item.schedule(None) {
        None if !own.is_empty() => {}
        plan => facts.push(Fact::new("Schedule", schedule(plan))),
    }
    facts.append(&mut own);
    facts.push(Fact::new(
        "Photo",
        match item.photo {
            PhotoPolicy::None => "Not asked for",
            PhotoPolicy::Optional => "If they like",
            PhotoPolicy::Required => "Needed every time",
        },
    ));
    facts.push(Fact::new("Added", wall.day_of(item.added_ms)));
    let (names, values): (Vec<_>, Vec<_>) = item.custom.iter().take(20).unzip();
    facts.extend(
        names.into_iter().zip(values).map(|(name, value)| Fact::new("Field", format!("{name}: {value}"))),
    );
    Ok(facts)
}

fn schedule(schedule: Option<&Schedule>) -> String {
    let every =
        |n: u32, unit: &str| if n == 1 { format!("Every {unit}") } else { format!("Every {n} {unit}s") };
    match schedule {
        None | Some(Schedule::Never) => "No schedule".to_owned(),
        Some(Schedule::Hours { n }) => every(*n, "hour"),
        Some(Schedule::Days { n }) => every(*n, "day"),
        Some(Schedule::Weeks { n }) => every(*n, "week"),
        Some(Schedule::Times { at }) => {
            let times: Vec<String> = at.iter().map(ToString::to_string).collect();
            format!("By {} each day", times.join(", "))
        }
        Some(Schedule::Use { .. }) => "After each use".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contact_times() {
        let contact = |required_s, measured_s, stated_s| Contact { required_s, measured_s, stated_s };
        assert_eq!(wet(contact(Some(720), Some(724), None)).unwrap(), "wet 12 min 04 s of 12 min");
        assert_eq!(wet(contact(None, None, Some(45))).unwrap(), "wet 45 s, as stated");
        assert_eq!(wet(contact(Some(60), None, None)), None);
    }

    #[test]
    fn schedules() {
        assert_eq!(schedule(Some(&Schedule::Hours { n: 12 })), "Every 12 hours");
        assert_eq!(schedule(Some(&Schedule::Days { n: 1 })), "Every day");
        assert_eq!(schedule(None), "No schedule");
    }
}
