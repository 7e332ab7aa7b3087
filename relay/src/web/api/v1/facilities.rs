//! `/api/v1/facilities`: the facilities of the account, each with its state; made and changed by programs that may write.

use ::web::answer::OneOf;
use ::web::argument::{IdempotencyKey, IfMatch, JsonBody, Path, Query};
use ::web::error::HttpError;
use axum::extract::State;
use axum::http::HeaderMap;
use record::compliance::zone_name;
use record::ids::FacilityId;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::accounts::records::access_log::{AccessActor, AccessRecord};
use crate::accounts::records::region_log::RegionMove;
use crate::accounts::{ApiProgram, visible_name};
use crate::billing::state::AddingAct;
use crate::db::account::accounts::lock_account;
use crate::db::facility::closing::{close_facility, list_managed, reopen_facility};
use crate::db::facility::facilities::{insert_facility, list_facilities as list_seen};
use crate::db::facility::facility_now::find_facts;
use crate::db::facility::listed_facilities::{
    ListedFacility, ListedFilter, count_facilities, find_listed, list_after, rename_facility,
};
use crate::db::facility::regions::{RegionRow, list_regions, set_region};
use crate::db::{DbError, ScopedConnection};
use crate::projections::facility_now::refresh_counts;
use crate::web::WebContext;
use crate::web::access::{TokenProgram, WritingProgram};
use crate::web::api::cursor::CursorSeal;
use crate::web::api::once::{DoneRequest, KeyedRequest, OnceAnswer, OnceStart, begin_once};
use crate::web::api::revision::{AnswerRevision, CachedJson, RELEASE};
use crate::web::api::{cut_list, read_limit};
use crate::web::http_error::{not_found, parameter_error};
use crate::web::pages::facilities::facility_list::FACILITIES_MAX;
use crate::web::program_errors::{FacilityRefusal, needs_whole_account, other_version, unfit_member};
use crate::web::words::ErrorWords;
use api::{ListJson, utc_text};

/// The row of the list, as cursors know it.
const LIST: &str = "facilities";

/// Which facilities.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct FacilityParams {
    /// Only those in this region.
    region: Option<String>,
    /// `open` or `closed`: only those.
    state: Option<String>,
    /// Things in the list, 1 to 1,000.
    #[schemars(with = "Option<u64>", range(min = 1, max = 999_999_999_999_999_999_u64))]
    limit: Option<String>,
    /// The `next` of the part before.
    cursor: Option<String>,
}

/// A facility, and how it stands.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Facility")]
pub(crate) struct FacilityItem {
    /// Its id.
    pub(crate) facility: String,
    /// As its box recorded it, or as it was created.
    name: String,
    /// Its IANA zone, likewise.
    zone: String,
    /// The id of its region.
    region: Option<String>,
    /// In UTC.
    created_at: String,
    /// Since when it is closed, in UTC; null where it is open.
    closed_at: Option<String>,
    /// The id of its box in service.
    r#box: Option<String>,
    /// How that stands: `good`, `behind`, `clock`, `waiting`, `alarmed`, `silent`, `quarantined`, or `none`.
    box_state: String,
    /// Items, retired ones too.
    equipment: i64,
    /// Items in service with a schedule.
    scheduled: i64,
    out_of_service: i64,
    /// Due now.
    due: i64,
    overdue: i64,
    /// Since when the first of them is, in UTC.
    overdue_since: Option<String>,
    cleanings_today: i64,
    /// In UTC.
    last_cleaned_at: Option<String>,
}

impl FacilityItem {
    pub(crate) fn of(row: ListedFacility) -> Self {
        Self {
            facility: row.facility,
            name: row.name,
            zone: row.zone,
            region: row.region,
            created_at: utc_text(row.created_ms),
            closed_at: row.closed_ms.map(utc_text),
            r#box: row.box_id,
            box_state: row.box_state,
            equipment: row.items,
            scheduled: row.scheduled,
            out_of_service: row.out_of_service,
            due: row.due,
            overdue: row.overdue,
            overdue_since: row.overdue_since_ms.map(utc_text),
            cleanings_today: row.cleanings_today,
            last_cleaned_at: row.last_cleaning_ms.map(utc_text),
        }
    }
}

/// The version of a facility, as its `ETag` has it: each change of a part counts.
fn version_of(row: &ListedFacility) -> String {
    let ListedFacility { rev_counts, rev_feed, rev_box, .. } = row;
    format!("{RELEASE}-{rev_counts}.{rev_feed}.{rev_box}")
}

pub(crate) async fn load_list(
    web: &WebContext,
    program: &ApiProgram,
    conn: &mut ScopedConnection,
    requested: &FacilityParams,
) -> Result<(ListJson<FacilityItem>, AnswerRevision), HttpError> {
    let expected = read_limit(requested.limit.as_deref())?;
    let is_closed = match requested.state.as_deref() {
        None => None,
        Some("open") => Some(false),
        Some("closed") => Some(true),
        Some(_) => return Err(parameter_error("state", ErrorWords::parameter_state)),
    };
    let filters = [requested.region.as_deref(), requested.state.as_deref()];
    let seal = CursorSeal::new(web, program, LIST, &filters);
    let after = seal.read(requested.cursor.as_deref())?.unwrap_or_default();
    let filter = ListedFilter { region: requested.region.clone(), is_closed };
    let rows = list_after(conn, &filter, &after, expected + 1).await?;
    let versions: Vec<String> =
        rows.iter().map(|row| format!("{} {}", row.facility, version_of(row))).collect();
    let revision = AnswerRevision::of(record::tree::Hash::of(versions.join("\n").as_bytes()))?;
    let items = rows.into_iter().map(FacilityItem::of).collect();
    let list = cut_list(items, expected, &seal, |item| item.facility.clone())?;
    Ok((list, revision))
}

pub(crate) async fn list_facilities(
    program: TokenProgram,
    State(web): State<WebContext>,
    Query(requested): Query<FacilityParams>,
    headers: HeaderMap,
) -> Result<CachedJson<ListJson<FacilityItem>>, HttpError> {
    let mut conn = web.db.read(program.reads).await?;
    let (list, revision) = load_list(&web, &program, &mut conn, &requested).await?;
    Ok(revision.known_to(&headers).map_or_else(|| revision.mark(list), OneOf::Second))
}

pub(crate) async fn show_facility(
    program: TokenProgram,
    State(web): State<WebContext>,
    Path(facility): Path<FacilityId>,
    headers: HeaderMap,
) -> Result<CachedJson<FacilityItem>, HttpError> {
    let mut conn = web.db.read(program.reads).await?;
    let row = find_listed(&mut conn, facility).await?.ok_or_else(not_found)?;
    let revision = AnswerRevision::of(version_of(&row))?;
    Ok(revision.known_to(&headers).map_or_else(|| revision.mark(FacilityItem::of(row)), OneOf::Second))
}

/// A facility that is to be made.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewFacilityJson {
    /// 1 to 120 characters; no open facility of the account has it.
    name: String,
    /// IANA zone, such as `America/Chicago`.
    zone: String,
    /// The id of a region.
    region: Option<String>,
}

pub(crate) async fn create_facility(
    program: WritingProgram,
    State(web): State<WebContext>,
    key: IdempotencyKey,
    JsonBody(new): JsonBody<NewFacilityJson>,
) -> Result<OnceAnswer<FacilityItem, 201>, HttpError> {
    if program.reads.is_limited() {
        return Err(needs_whole_account());
    }
    let keyed = KeyedRequest::new(key, "facilities.create", "", &new)?;
    let name = visible_name(&new.name).ok_or_else(|| unfit_member("name", ErrorWords::parameter_name))?;
    let zone = zone_name(&new.zone).ok_or_else(|| unfit_member("zone", ErrorWords::parameter_zone))?;
    let mut work = match begin_once(&web, &program, keyed).await? {
        OnceStart::Answered(row) => return Ok(OnceAnswer::of(row)),
        OnceStart::Begun(work) => work,
    };
    let (tx, now_ms) = (&mut work.tx, web.now_ms());
    lock_account(tx).await?;
    if usize::try_from(count_facilities(tx).await?).unwrap_or(usize::MAX) >= FACILITIES_MAX {
        return Err(FacilityRefusal::Full.into());
    }
    if web.refuse_adding(tx, AddingAct::Facility).await?.is_some() {
        return Err(FacilityRefusal::PlanLimit.into());
    }
    require_free_name(tx, &name, &NameRivals::All).await?;
    let facility = FacilityId::new(now_ms, web.random.bytes());
    insert_facility(tx, facility, &name, &zone, now_ms).await?;
    let by = ActingProgram { web: &web, program: &program, facility };
    by.log(tx, "facility create", &name).await?;
    if let Some(region) = &new.region {
        apply_region(&by, tx, None, Some(region)).await?;
    }
    let done = answer_with(tx, facility).await?;
    work.finish(DoneRequest { location: Some(format!("/api/v1/facilities/{facility}")), ..done }).await
}

/// What is to be changed of a facility; what is absent stays.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FacilityChange {
    /// 1 to 120 characters. Once its box has told a name, that is changed at the box (409).
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The id of a region; null takes it out of its region.
    #[serde(default, deserialize_with = "read_present", skip_serializing_if = "Option::is_none")]
    region: Option<Option<String>>,
    /// Whether it is closed. One with a box in service stays open (409).
    #[serde(skip_serializing_if = "Option::is_none")]
    closed: Option<bool>,
}

fn read_present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

pub(crate) async fn change_facility(
    program: WritingProgram,
    State(web): State<WebContext>,
    Path(facility): Path<FacilityId>,
    if_match: IfMatch,
    key: IdempotencyKey,
    JsonBody(change): JsonBody<FacilityChange>,
) -> Result<OnceAnswer<FacilityItem, 200>, HttpError> {
    let about = format!("{facility} {}", if_match.named_tags().join(","));
    let keyed = KeyedRequest::new(key, "facilities.change", &about, &change)?;
    // A transaction sees the whole account, and this program may see less.
    let mut conn = web.db.read(program.reads).await?;
    find_listed(&mut conn, facility).await?.ok_or_else(not_found)?;
    let rivals = NameRivals::seen_by(&program, &mut conn, facility).await?;
    drop(conn);
    let mut work = match begin_once(&web, &program, keyed).await? {
        OnceStart::Answered(row) => return Ok(OnceAnswer::of(row)),
        OnceStart::Begun(work) => work,
    };
    let tx = &mut work.tx;
    lock_account(tx).await?;
    let row = find_listed(tx, facility).await?.ok_or_else(not_found)?;
    let version = version_of(&row);
    if_match.require(Some(version.as_str())).map_err(|_| other_version())?;
    let by = ActingProgram { web: &web, program: &program, facility };
    apply_change(&by, tx, &row, &change, &rivals).await?;
    let done = answer_with(tx, facility).await?;
    work.finish(done).await
}

/// What is so already is not changed, and stands in no log.
async fn apply_change(
    by: &ActingProgram<'_>,
    tx: &mut ScopedConnection,
    row: &ListedFacility,
    change: &FacilityChange,
    rivals: &NameRivals,
) -> Result<(), HttpError> {
    if let Some(name) = change.name.as_deref().filter(|name| name.trim() != row.name) {
        apply_name(by, tx, name, rivals).await?;
        by.log(tx, "facility change", name.trim()).await?;
    }
    if let Some(region) = change.region.as_ref().filter(|region| **region != row.region) {
        // Everybody who sees a region sees what comes into it.
        if by.program.reads.is_limited() {
            return Err(needs_whole_account());
        }
        by.log(tx, "facility change", &row.name).await?;
        apply_region(by, tx, row.region.as_deref(), region.as_deref()).await?;
    }
    let act = match change.closed {
        Some(true) if row.closed_ms.is_none() => {
            if !close_facility(tx, by.facility, by.web.now_ms()).await? {
                return Err(FacilityRefusal::HasBox.into());
            }
            Some("facility close")
        }
        Some(false) if row.closed_ms.is_none() => None,
        Some(false) if by.web.refuse_adding(tx, AddingAct::Facility).await?.is_some() => {
            return Err(FacilityRefusal::PlanLimit.into());
        }
        Some(false) => reopen_facility(tx, by.facility).await?.then_some("facility open"),
        _ => None,
    };
    if let Some(act) = act {
        by.log(tx, act, &row.name).await?;
    }
    Ok(())
}

async fn apply_name(
    by: &ActingProgram<'_>,
    tx: &mut ScopedConnection,
    name: &str,
    rivals: &NameRivals,
) -> Result<(), HttpError> {
    let name = visible_name(name).ok_or_else(|| unfit_member("name", ErrorWords::parameter_name))?;
    if find_facts(tx, by.facility).await?.is_some_and(|facts| facts.settings.is_some()) {
        return Err(FacilityRefusal::NamedAtBox.into());
    }
    require_free_name(tx, &name, rivals).await?;
    rename_facility(tx, by.facility, &name).await?;
    refresh_counts(tx, by.facility, by.web.now_ms()).await?;
    Ok(())
}

/// The facilities whose names a new one must not have.
enum NameRivals {
    All,
    /// Those that a program sees: of others it is told nothing, not even that a name is taken.
    Some(Vec<String>),
}

impl NameRivals {
    async fn seen_by(
        program: &ApiProgram,
        conn: &mut ScopedConnection,
        own: FacilityId,
    ) -> Result<Self, DbError> {
        if !program.reads.is_limited() {
            return Ok(Self::All);
        }
        let own = own.to_string();
        let rows = list_seen(conn).await?.into_iter().map(|row| row.facility);
        Ok(Self::Some(rows.filter(|facility| *facility != own).collect()))
    }

    fn include(&self, facility: &str) -> bool {
        match self {
            Self::All => true,
            Self::Some(seen) => seen.iter().any(|one| one == facility),
        }
    }
}

/// Two open facilities of one name are most likely one that was made twice.
async fn require_free_name(
    tx: &mut ScopedConnection,
    name: &str,
    rivals: &NameRivals,
) -> Result<(), HttpError> {
    let rows = list_managed(tx).await?;
    let mut others = rows.iter().filter(|row| row.closed_ms.is_none() && rivals.include(&row.facility));
    if others.any(|row| row.name == name) {
        return Err(FacilityRefusal::NameTaken.into());
    }
    Ok(())
}

/// Takes a facility out of the region that it is in, and puts it into another one, by their ids.
async fn apply_region(
    by: &ActingProgram<'_>,
    tx: &mut ScopedConnection,
    from: Option<&str>,
    into: Option<&str>,
) -> Result<(), HttpError> {
    if !set_region(tx, by.facility, into).await? {
        // Another account's region is one that does not exist.
        return Err(unfit_member("region", ErrorWords::parameter_region));
    }
    let known = list_regions(tx).await?;
    let (from, into) = (region_name(&known, from), region_name(&known, into));
    let moved = RegionMove { facility: by.facility, from, into };
    Ok(by.web.log().write_move(tx, &by.who(), moved).await?)
}

fn region_name<'a>(known: &'a [RegionRow], region: Option<&str>) -> Option<&'a str> {
    known.iter().find(|row| Some(row.region.as_str()) == region).map(|row| row.name.as_str())
}

async fn answer_with(
    tx: &mut ScopedConnection,
    facility: FacilityId,
) -> Result<DoneRequest<FacilityItem>, HttpError> {
    let row = find_listed(tx, facility).await?.ok_or_else(not_found)?;
    let etag = format!("\"{}\"", version_of(&row));
    Ok(DoneRequest { document: FacilityItem::of(row), location: None, etag })
}

struct ActingProgram<'a> {
    web: &'a WebContext,
    program: &'a ApiProgram,
    facility: FacilityId,
}

impl ActingProgram<'_> {
    /// As the access log calls it.
    fn who(&self) -> String {
        let ApiProgram { token_id, name, .. } = self.program;
        AccessActor::Program { token_id: token_id.clone(), name: name.clone() }.to_string()
    }

    async fn log(&self, tx: &mut ScopedConnection, act: &str, about: &str) -> Result<(), DbError> {
        let record = AccessRecord { who: &self.who(), act, about, facility: Some(self.facility) };
        self.web.log().write_act(tx, record).await
    }
}
