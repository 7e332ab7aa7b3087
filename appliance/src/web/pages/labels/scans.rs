//! What the station's script sends: scans and ticks, a few at a time and in their order, answered one by one.

use axum::extract::{Request, State};
use axum::routing::post;
use axum::{Json, Router};
use http::StatusCode;
use record::fold::{Equipment, Facility, Service};
use record::tag::Tag;
use serde::Serialize;

use crate::web::access::staff_session::{Signed, only_changers};
use crate::web::context::{AppState, aside};
use crate::web::http_error::Problem;
use crate::web::pages::labels::pick::{known, read_tag};
use crate::web::pages::labels::picked::{PickList, PickListGone, PickListId, PickLists};

/// Scans and ticks of one request.
const OPS_MAX: usize = 200;
/// Characters of a scan that are told back.
const SCAN_CHARS_MAX: usize = 40;

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/staff/labels/picks", post(take))
}

/// What became of a scan or a tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum ScanState {
    Picked,
    Already,
    Removed,
    /// It is on no equipment in use, or no tag at all.
    Unknown,
    /// One job takes no more.
    Full,
}

/// One scan or tick, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct ScanOutcome {
    state: ScanState,
    /// The item's tag; empty where there is none.
    tag: String,
    /// The item's name, or why it is not picked.
    words: String,
}

/// What the script is told.
#[derive(Debug, Serialize)]
struct ScansTaken {
    /// The name of the list, also of one that this request began.
    picks: String,
    /// Items on it.
    picked: usize,
    /// In the order of the request.
    results: Vec<ScanOutcome>,
}

async fn take(
    State(state): State<AppState>,
    signed: Signed,
    request: Request,
) -> Result<Json<ScansTaken>, Problem> {
    only_changers(&signed)?;
    let (form, _) = signed.list_form(request).await?;
    let id = match form.text("picks") {
        "" => None,
        named => Some(named.parse::<PickListId>().map_err(|_| gone())?),
    };
    if form.all("op").count() > OPS_MAX {
        return Err(Problem::form(format!("It has more than {OPS_MAX} scans.")));
    }
    let ops: Vec<String> = form.all("op").map(str::to_owned).collect();
    aside(&state, move |state| {
        let facility = state.store.snapshot();
        let apply = |list: &mut PickList| {
            let results = ops.iter().map(|op| outcome(&facility, list, op)).collect();
            (list.tags().len(), results)
        };
        let lists = state.kept::<PickLists>();
        let (id, (picked, results)) = match id {
            Some(id) => (id, lists.change(signed.staff, id, apply).map_err(|PickListGone| gone())?),
            None => {
                let (id, mut list) = (PickListId::from_random(state.random.bytes()), PickList::default());
                list.chosen.copies = "1".to_owned();
                let taken = apply(&mut list);
                lists.insert(signed.staff, id, list);
                (id, taken)
            }
        };
        Ok(Json(ScansTaken { picks: id.to_string(), picked, results }))
    })
    .await
}

fn gone() -> Problem {
    Problem::new(StatusCode::GONE, "picks-gone", "These picks are no longer kept")
        .detail(crate::web::pages::labels::picked::GONE)
        .safe("Nothing was printed.")
}

/// `+` and what was scanned adds it, `-` and a tag takes it off.
fn outcome(facility: &Facility, list: &mut PickList, op: &str) -> ScanOutcome {
    let typed = op.get(1..).unwrap_or_default();
    let unknown = |words: String| ScanOutcome { state: ScanState::Unknown, tag: String::new(), words };
    let short = || typed.trim().chars().take(SCAN_CHARS_MAX).collect::<String>();
    let tag = match (read_tag(typed), &numbered(facility, typed)[..]) {
        (Some(tag), _) => tag,
        (None, [tag]) => *tag,
        (None, []) => return unknown(format!("{} is neither a tag nor an asset number", short())),
        (None, several) => return unknown(format!("{} items have the number {}", several.len(), short())),
    };
    if op.starts_with('-') {
        list.remove(&[tag].into());
        return told(facility, ScanState::Removed, tag);
    }
    let Some(tag) = known(facility, &[tag]).0.first().copied() else {
        return unknown(format!("{}: no equipment in use has this tag", tag.grouped()));
    };
    let added = list.add([tag]);
    let state = match (added.new, added.over) {
        (_, 1..) => ScanState::Full,
        (0, _) => ScanState::Already,
        _ => ScanState::Picked,
    };
    told(facility, state, tag)
}

/// Items in use with this asset number: hospitals' own barcodes carry it.
fn numbered(facility: &Facility, typed: &str) -> Vec<Tag> {
    let number = typed.trim();
    let has_it = |item: &&Equipment| {
        item.service != Service::Retired
            && !number.is_empty()
            && item.asset_number.trim().eq_ignore_ascii_case(number)
    };
    facility.equipment.values().map(AsRef::as_ref).filter(has_it).map(|item| item.tag).collect()
}

fn told(facility: &Facility, state: ScanState, tag: Tag) -> ScanOutcome {
    let name = facility.equipment.get(&tag).map(|item| item.name.clone()).unwrap_or_default();
    let words = if state == ScanState::Full { format!("{name}: one job takes no more labels") } else { name };
    ScanOutcome { state, tag: tag.to_string(), words }
}
