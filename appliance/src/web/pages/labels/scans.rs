//! What the station's script sends: scans and ticks, a few at a time and in their order, answered one by one.

use axum::extract::State;
use http::StatusCode;
use record::fold::FacilityState;
use record::tag::Tag;
use schemars::JsonSchema;
use serde::Serialize;
use web::answer::Json;
use web::error::HttpError;

use crate::web::access::permissions::Print;
use crate::web::access::staff::StaffCaller;
use crate::web::context::{AppState, run_blocking};
use crate::web::http_error::{new_error, unreadable_form, worded};
use crate::web::pages::labels::pick::{read_tag, resolve_tags};
use crate::web::pages::labels::picked::{PickList, PickListGone, PickListId, PickLists};
use crate::web::request::bodies::form::StaffListForm;
use crate::web::view_models::equipment::codes::{find_scanned, numbered_tags};
use crate::web::words::LabelsWords;

const OPS_MAX: usize = 200;
const SCAN_CHARS_MAX: usize = 40;

/// What became of a scan or a tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
struct ScanOutcome {
    state: ScanState,
    /// The item's tag; empty where there is none.
    tag: String,
    /// The item's name, or why it is not picked.
    words: String,
}

/// What the script is told.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ScansTaken {
    /// The name of the list, also of one that this request began.
    picks: String,
    /// Items on it.
    picked: usize,
    /// In the order of the request.
    results: Vec<ScanOutcome>,
}

pub(crate) async fn take(
    signed: StaffCaller<Print>,
    State(state): State<AppState>,
    StaffListForm { fields: form, .. }: StaffListForm,
) -> Result<Json<ScansTaken>, HttpError> {
    let (staff, w) = (signed.staff(), signed.words::<LabelsWords>());
    let id = match form.text("picks") {
        "" => None,
        named => Some(named.parse::<PickListId>().map_err(|PickListGone| list_gone())?),
    };
    if form.all("op").count() > OPS_MAX {
        return Err(unreadable_form(worded(|w: LabelsWords| w.scans_too_many(OPS_MAX.to_string()))));
    }
    let ops: Vec<String> = form.all("op").map(str::to_owned).collect();
    run_blocking(&state, move |state| {
        let facility = state.store.snapshot();
        let lists = state.stored::<PickLists>();
        let (id, (picked, results)) = match id {
            Some(id) => {
                let taken = lists.change(staff, id, |list| apply_scans(w, &facility, list, &ops));
                (id, taken.map_err(|PickListGone| list_gone())?)
            }
            None => {
                let (id, mut list) = (PickListId::from_random(state.random.bytes()), PickList::default());
                list.chosen.copies = "1".to_owned();
                let taken = apply_scans(w, &facility, &mut list, &ops);
                lists.insert(staff, id, list);
                (id, taken)
            }
        };
        Ok(Json(ScansTaken { picks: id.to_string(), picked, results }))
    })
    .await
}

fn list_gone() -> HttpError {
    new_error(StatusCode::GONE, "picks-gone", worded(LabelsWords::picks_gone_title))
        .detail(worded(LabelsWords::picks_gone))
        .safe(worded(LabelsWords::picks_gone_safe))
}

fn apply_scans(
    w: LabelsWords,
    facility: &FacilityState,
    list: &mut PickList,
    ops: &[String],
) -> (usize, Vec<ScanOutcome>) {
    let results = ops.iter().map(|op| apply_scan(w, facility, list, op)).collect();
    (list.tags().len(), results)
}

/// `+` and what was scanned adds it, `-` and a tag removes it.
fn apply_scan(w: LabelsWords, facility: &FacilityState, list: &mut PickList, op: &str) -> ScanOutcome {
    let entered = op.get(1..).unwrap_or_default();
    let short: String = entered.trim().chars().take(SCAN_CHARS_MAX).collect();
    let tag = match (
        read_tag(entered).or_else(|| find_scanned(facility, entered).map(|item| item.tag)),
        &numbered_tags(facility, entered)[..],
    ) {
        (Some(tag), _) => tag,
        (None, [tag]) => *tag,
        (None, []) => return report_unknown(w.scan_neither(short)),
        (None, several) => return report_unknown(w.scan_several(several.len(), short)),
    };
    if op.starts_with('-') {
        list.remove(&[tag].into());
        return scan_outcome(w, facility, ScanState::Removed, tag);
    }
    let Some(tag) = resolve_tags(facility, &[tag]).0.first().copied() else {
        return report_unknown(w.scan_no_item(tag.grouped()));
    };
    let added = list.add([tag]);
    let state = match (added.new, added.over) {
        (_, 1..) => ScanState::Full,
        (0, _) => ScanState::Already,
        _ => ScanState::Picked,
    };
    scan_outcome(w, facility, state, tag)
}

fn report_unknown(words: String) -> ScanOutcome {
    ScanOutcome { state: ScanState::Unknown, tag: String::new(), words }
}

fn scan_outcome(w: LabelsWords, facility: &FacilityState, state: ScanState, tag: Tag) -> ScanOutcome {
    let name = facility.equipment.get(&tag).map(|item| item.facts.name.clone()).unwrap_or_default();
    let words = if state == ScanState::Full { w.scan_full(name) } else { name };
    ScanOutcome { state, tag: tag.to_string(), words }
}
