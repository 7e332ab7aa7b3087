//! Badges of staff, for programs: when each was added and used, never what is on it.

use api::{ListJson, utc_text};
use axum::extract::State;
use http::{Method, StatusCode};
use record::ids::StaffId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use web::answer::{Created, Json, NoContent};
use web::argument::{JsonBody, Path};
use web::error::HttpError;
use web::route::{Example, Route, RouteKind, row};

use crate::identity::{AccessOutcome, AccessTarget, BadgeCode, BadgeRefusal, StaffBadge};
use crate::web::access::permissions::{EditPeople, Read, Write};
use crate::web::access::program::{BY_API, ProgramCaller, StaffOrProgram};
use crate::web::access_note::AccessNote;
use crate::web::commands::badges::{badges_of, enrol_badge, remove_badge, word_badge_refusal};
use crate::web::context::AppState;
use crate::web::http_error::{new_error, not_found, worded};
use crate::web::request::fields::badge_text::BadgeText;
use crate::web::words::ErrorWords;
use crate::web::{examples, refusals};

pub(crate) fn badge_routes() -> Vec<Route<AppState>> {
    let path = "/api/v1/people/{staff}/badges";
    let new = examples::staff_example().json(json!({ "code": examples::NEW_BADGE }));
    vec![
        row(Method::GET, path, "badge.list", RouteKind::Api, list_badges)
            .summary("A person’s badges: when each was added and used, never what is on it")
            .refusals(refusals::FINDING)
            .example(examples::staff_example()),
        row(Method::POST, path, "badge.add", RouteKind::Api, add_badge)
            .summary("Adds a badge that a person proves with who cleaned; the same again is the same badge")
            .refusals(&[StatusCode::NOT_FOUND, StatusCode::CONFLICT, StatusCode::UNPROCESSABLE_ENTITY])
            .example(new.secret(examples::NEW_BADGE)),
        row(
            Method::DELETE,
            "/api/v1/people/{staff}/badges/{badge}",
            "badge.remove",
            RouteKind::Api,
            delete_badge,
        )
        .summary("Removes a badge: it proves nothing any more")
        .refusals(refusals::REMOVING)
        .example(badge_example()),
    ]
}

fn badge_example() -> Example {
    examples::staff_example().part("badge", examples::BADGE)
}

/// A badge of a person.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Badge")]
struct BadgeJson {
    /// Names it in addresses; nothing of what is on it.
    id: String,
    /// Since when (RFC 3339, UTC).
    added_at: String,
    /// Its first use on the last day on which it was used; null: it never was.
    used_at: Option<String>,
    /// When it came without HTTPS and was revoked; null: it is in force.
    revoked_at: Option<String>,
}

impl BadgeJson {
    fn of(badge: StaffBadge) -> Self {
        Self {
            id: badge.id,
            added_at: utc_text(badge.added_ms),
            used_at: badge.used_ms.map(utc_text),
            revoked_at: badge.revoked_ms.map(utc_text),
        }
    }
}

fn find_present(state: &AppState, text: &str) -> Result<StaffId, HttpError> {
    let staff: StaffId = text.parse().map_err(|_| not_found())?;
    let facility = state.store.snapshot();
    let is_here = facility.staff.get(&staff).is_some_and(|person| !person.left);
    if is_here { Ok(staff) } else { Err(not_found()) }
}

async fn list_badges(
    _: StaffOrProgram<EditPeople, Read>,
    State(state): State<AppState>,
    Path(staff): Path<String>,
) -> Result<Json<ListJson<BadgeJson>>, HttpError> {
    let staff = find_present(&state, &staff)?;
    let badges = badges_of(&state, staff).await?;
    Ok(Json(ListJson::whole(badges.into_iter().map(BadgeJson::of).collect())))
}

/// A badge as it is read.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewBadgeJson {
    /// What a scanner reads of it, 4 to 128 characters. It is stored as a keyed hash.
    code: BadgeText,
}

async fn add_badge(
    program: ProgramCaller<Write>,
    State(state): State<AppState>,
    Path(staff): Path<String>,
    JsonBody(new): JsonBody<NewBadgeJson>,
) -> Result<Created<BadgeJson>, HttpError> {
    let staff = find_present(&state, &staff)?;
    let code = BadgeCode::read(new.code.as_str()).map_err(|refusal| badge_error(&refusal))?;
    let enrolled = match enrol_badge(&state, BY_API, staff, code).await? {
        Err(BadgeRefusal::Present(badge)) => badge,
        enrolled => {
            let badge = enrolled.map_err(|refusal| badge_error(&refusal))?;
            program.notes().add([badge_changed(staff)]);
            badge
        }
    };
    Created::at(&format!("/api/v1/people/{staff}/badges"), BadgeJson::of(enrolled))
}

async fn delete_badge(
    program: ProgramCaller<Write>,
    State(state): State<AppState>,
    Path((staff, badge)): Path<(String, String)>,
) -> Result<NoContent, HttpError> {
    let staff = find_present(&state, &staff)?;
    if !remove_badge(&state, BY_API, staff, badge).await? {
        return Err(not_found());
    }
    program.notes().add([badge_changed(staff)]);
    Ok(NoContent)
}

fn badge_changed(staff: StaffId) -> AccessNote {
    AccessNote::new(AccessOutcome::BadgeChanged, AccessTarget::Write).about(&staff)
}

fn badge_error(refusal: &BadgeRefusal) -> HttpError {
    let status = match refusal {
        BadgeRefusal::Form | BadgeRefusal::Label => StatusCode::UNPROCESSABLE_ENTITY,
        BadgeRefusal::Taken
        | BadgeRefusal::Present(_)
        | BadgeRefusal::TooMany
        | BadgeRefusal::Revoked
        | BadgeRefusal::KeyLost => StatusCode::CONFLICT,
    };
    let refusal = refusal.clone();
    new_error(status, "badge", worded(move |w| word_badge_refusal(w, &refusal)))
        .field("code")
        .safe(worded(ErrorWords::error_nothing_changed))
        .next("Send the code of another badge, or look at the badges of this person.")
}
