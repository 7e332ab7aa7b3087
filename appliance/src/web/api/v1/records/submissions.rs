//! Records that waited in phones, and what became of them.

use std::collections::BTreeMap;

use axum::extract::State;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use record::entry::{ClockState, CommandSource, Digest16, EntryAuthor};
use record::fold::LinePlace;
use record::ids::{DeviceId, StaffId};
use record::kinds::Event;
use record::receipt::Receipt;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use service::attempts::ClientNetwork;
use web::answer::{Created, Json, WithHeaders};
use web::argument::Query;
use web::error::HttpError;
use web::route::{Example, Route, RouteKind, row};

use crate::identity::BadgeCode;
use crate::intake::ReportPlacement;
use crate::store::WriteDecision;
use crate::web::access::badge::{
    BadgeOutcome, EnteredText, ScanOrigin, badges_spent, check_scanned_badge, refuse_badge_in_the_clear,
    take_misplaced_badge, unknown_badge_note,
};
use crate::web::access::phone::PhoneCaller;
use crate::web::answer::with_cookies;
use crate::web::commands::run::{CommandOutcome, read_event};
use crate::web::context::AppState;
use crate::web::http_error::{broken_rule, busy_reading, invalid_parameter};
use crate::web::request::limits::address_share::AddressShare;
use crate::web::request::limits::queue_share::QueueShare;
use crate::web::request::limits::report_share::{ReportOrigin, ReportShare, find_reported, take_report};
use crate::web::request::submissions::phone_submission::{PhoneSubmission, SubmissionJson};
use crate::web::request::submissions::submission_record::{SUBMISSION_STATES, is_refused, record_submission};
use crate::web::request::submissions::waiting_phone::WaitingHeader;
use crate::web::view_models::records::proofs::find_cosigned;
use crate::web::{examples, refusals};

const IDS_MAX: usize = 100;
const BOX_TIME: HeaderName = HeaderName::from_static("x-box-time");

pub(crate) fn submission_routes() -> Vec<Route<AppState>> {
    vec![
        row(Method::POST, "/api/v1/submissions", "submission.add", RouteKind::Api, add_submission)
            .summary(
                "Records what waited in a phone, a cleaning or a report; the same again is the same record",
            )
            .commands(&["RecordQueued", "ReportProblem"])
            .refusals(refusals::COMMANDING)
            .example(submission_example()),
        row(Method::GET, SUBMISSION_STATES, "submission.state", RouteKind::Api, show_states)
            .summary("What became of records that waited in a phone")
            .refusals(refusals::READING)
            .example(Example::default().query(format!("id={}", examples::SUBMISSION))),
    ]
}

fn submission_example() -> Example {
    let times =
        json!({ "open": [0, 0], "press": [9_000, 9_000], "send": [60_000, 60_000], "same_page": true });
    let document = json!({
        "v": 1, "id": examples::SUBMISSION, "tag": examples::TAG, "steps": [1],
        "protocol": { "id": examples::PROTOCOL, "version": 1 }, "agent": "Quat wipe", "lot": "L 1204",
        "lot_expires": "2027-01-31", "trigger": "", "who": { "way": "typed", "name": "Ada", "staff": null, "badge": null },
        "note": "", "problem": null, "cleaned": true, "photos": [], "times": times, "cards": 12,
    });
    let body = format!(
        "--part\r\nContent-Disposition: form-data; name=\"submission\"\r\nContent-Type: application/json\r\n\r\n\
         {document}\r\n--part--\r\n"
    );
    Example::default().bytes("multipart/form-data; boundary=part", body)
}

/// A record that is on the box.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SubmissionReceipt {
    /// Proves the record, see `url`.
    receipt: String,
    /// Where the receipt is shown; of a report, its item.
    pub(crate) url: String,
    /// What the record lacks, in words of the log.
    incomplete: Vec<&'static str>,
    /// What is remarkable about it, in words of the log.
    flags: Vec<String>,
}

async fn add_submission(
    phone: PhoneCaller,
    State(state): State<AppState>,
    _: AddressShare,
    _: QueueShare,
    mut submission: PhoneSubmission,
) -> Result<WithHeaders<Created<SubmissionReceipt>>, HttpError> {
    let (device, network) = (phone.browser().device(&state), ClientNetwork::of(phone.peer().remote));
    let from = ScanOrigin { network, device: device.id(), secure: phone.peer().secure };
    // Without HTTPS what is a badge still is refused first.
    let secure = phone.peer().secure;
    if !secure || !submission.recall(&state).await {
        submission.proven = prove_badge(&state, &phone, from, &mut submission.document).await?;
    }
    if !secure {
        submission.recall(&state).await;
    }
    let by = EntryAuthor { staff: submission.proven, via: CommandSource::Phone, device: Some(device.id()) };
    let item = submission.document.tag.parse().ok().and_then(|tag| find_reported(&state, tag));
    let origin = ReportOrigin { device: device.id(), network, proven: submission.proven, item };
    let share = share_report(&state, origin, &mut submission).await?;
    let place = submission.place(&state.clock.now());
    let done = match record_submission(&state, by, submission, &place).await {
        Ok(done) => done,
        Err(error) => {
            share.refund(&state);
            return Err(error);
        }
    };
    let receipt = read_receipt(&state, done).await?;
    let made = Created::at(&receipt.url.clone(), receipt)?;
    let WithHeaders(mut headers, answer) = with_cookies(made, [device.set_cookie()]);
    headers.extend(box_time(&state));
    Ok(WithHeaders(headers, answer))
}

/// Counts a report against the limits of its origin. Where those are used up, the report goes into the
/// note of its cleaning; one that comes alone is sent again later.
async fn share_report(
    state: &AppState,
    origin: ReportOrigin,
    submission: &mut PhoneSubmission,
) -> Result<ReportShare, HttpError> {
    let document = &submission.document;
    if !document.reports() {
        return Ok(ReportShare::NONE);
    }
    match take_report(state, origin, Some(document.id())).await {
        Ok(share) => Ok(share),
        Err(wait) if document.is_report() => Err(wait.into()),
        Err(_) => {
            submission.problem_goes = ReportPlacement::Note;
            Ok(ReportShare::NONE)
        }
    }
}

/// Whose badge a record came with. One that is nobody's is no reason to refuse it: it lacks the person, where one is
/// required. One that cannot be checked now is sent again later.
async fn prove_badge(
    state: &AppState,
    phone: &PhoneCaller,
    from: ScanOrigin,
    document: &mut SubmissionJson,
) -> Result<Option<StaffId>, HttpError> {
    let named = take_misplaced_badge(state, [document.name_mut()], EnteredText::QueuedName, from).await?;
    let other = take_misplaced_badge(state, document.entered_mut(), EnteredText::Other, from).await?;
    let misplaced = other.or(named);
    let Some(badge) = document.badge().or(misplaced.as_ref().map(BadgeCode::as_str)) else { return Ok(None) };
    if !phone.peer().secure {
        return Err(refuse_badge_in_the_clear(state, badge, from.network).await);
    }
    Ok(match check_scanned_badge(state, badge, from).await? {
        BadgeOutcome::Known(staff) => Some(staff),
        BadgeOutcome::Unknown => {
            phone.notes().add([unknown_badge_note()]);
            None
        }
        // It was not checked: recorded now, its proof would be lost.
        BadgeOutcome::TooMany => return Err(badges_spent()),
    })
}

pub(crate) async fn read_receipt(
    state: &AppState,
    done: CommandOutcome,
) -> Result<SubmissionReceipt, HttpError> {
    let receipt = Receipt::of(done.line.of, done.leaf).to_string();
    match read_event(state, done.line).await? {
        Some((_, Event::CleaningRecorded(body))) => Ok(SubmissionReceipt {
            url: format!("/r/{receipt}"),
            receipt,
            incomplete: body.incomplete.iter().map(|part| part.word()).collect(),
            flags: body.flags.iter().map(|flag| flag.as_str().to_owned()).collect(),
        }),
        Some((_, Event::ProblemReported(body))) => Ok(SubmissionReceipt {
            url: format!("/t/{}", body.tag),
            receipt,
            incomplete: Vec::new(),
            flags: Vec::new(),
        }),
        _ => Err(broken_rule("a record from a phone is neither a cleaning nor a report")),
    }
}

/// Readings of the box's clocks: its wall clock, where it is known to be right, its boot, and the time since that.
pub(crate) fn box_time(state: &AppState) -> HeaderMap {
    let now = state.clock.now();
    let wall = Some(now.wall_ms).filter(|_| now.state == ClockState::Synced);
    let wall = wall.map_or_else(String::new, |ms| ms.to_string());
    let text = format!("{wall};{};{}", now.boot, now.up_ms);
    HeaderValue::from_str(&text).into_iter().map(|value| (BOX_TIME, value)).collect()
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct StateParams {
    /// Up to 100 ids, with commas between them; none asks only whether the box is there.
    #[serde(default)]
    id: String,
}

/// Where a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum SubmissionState {
    /// On the box.
    Box,
    /// At the relay too, which signed that it has it.
    Relay,
    /// Refused; the box keeps it for biomed.
    Refused,
    /// The box knows nothing of it.
    Unknown,
}

async fn show_states(
    _: PhoneCaller,
    State(state): State<AppState>,
    _: WaitingHeader,
    Query(params): Query<StateParams>,
) -> Result<WithHeaders<Json<BTreeMap<String, SubmissionState>>>, HttpError> {
    let ids: Vec<&str> = params.id.split(',').filter(|id| !id.is_empty()).collect();
    if ids.len() > IDS_MAX {
        return Err(invalid_parameter("id", format!("At most {IDS_MAX} ids are looked up at once.")));
    }
    let ids = ids.into_iter().map(str::parse::<DeviceId>).collect::<Result<Vec<_>, _>>();
    let ids = ids.map_err(|error| invalid_parameter("id", format!("{error}.")))?;
    let found = find_records(&state, &ids).await?;
    let mut named: BTreeMap<_, _> =
        ids.iter().zip(found).map(|(id, line)| (id.to_string(), where_is(&state, line))).collect();
    for (id, found) in named.iter_mut().filter(|(_, found)| **found == SubmissionState::Unknown) {
        if is_refused(&state, id).await? {
            *found = SubmissionState::Refused;
        }
    }
    Ok(WithHeaders(box_time(&state), Json(named)))
}

async fn find_records(state: &AppState, ids: &[DeviceId]) -> Result<Vec<Option<LinePlace>>, HttpError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<Digest16> = ids.iter().map(|id| Digest16::of(id.to_string().as_bytes())).collect();
    let looked = state.store.submit(move |view| {
        WriteDecision::Answer(keys.iter().map(|key| view.by_key(key).map(|(line, _)| line)).collect())
    });
    looked.await.map(|done| done.answer).map_err(|_| busy_reading())
}

fn where_is(state: &AppState, line: Option<LinePlace>) -> SubmissionState {
    let Some(LinePlace { of, run }) = line else { return SubmissionState::Unknown };
    let here = of.epoch == state.store.origin().epoch;
    let is_cosigned = run.is_none() && find_cosigned(state, of).is_some();
    match is_cosigned && (!here || of.seq < state.store.cursor_size()) {
        true => SubmissionState::Relay,
        false => SubmissionState::Box,
    }
}
