//! Tags of items, for programs.

use api::{ListJson, utc_text};
use axum::extract::State;
use http::Method;
use record::kinds::{Event, TagEnd, TagReason};
use record::tag::Tag;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use web::answer::{Created, Json, NoContent};
use web::argument::{IdempotencyKey, JsonBody, Path};
use web::error::HttpError;
use web::route::{Route, RouteKind, row};

use crate::intake::{Command, NewTag, find_named_item, open_tags};
use crate::web::access::permissions::{Read, View, Write};
use crate::web::access::program::{BY_API, ProgramCaller, StaffOrProgram};
use crate::web::api::v1::items::equipment::read_path_tag;
use crate::web::commands::run::{read_event, run_command};
use crate::web::context::AppState;
use crate::web::http_error::{broken_rule, not_found};
use crate::web::{examples, refusals};

pub(crate) fn tag_routes() -> Vec<Route<AppState>> {
    let path = "/api/v1/equipment/{tag}/tags";
    let spare = examples::tag_example().part("other", examples::SPARE_TAG);
    vec![
        row(Method::GET, path, "tag.list", RouteKind::Api, list_tags)
            .summary("Tags whose labels open an item, the first one first")
            .refusals(refusals::READING)
            .example(examples::tag_example()),
        row(Method::POST, path, "tag.assign", RouteKind::Api, assign_tag)
            .summary("Gives an item one more tag; one that it replaces opens nothing any more")
            .commands(&["AssignTag"])
            .refusals(refusals::COMMANDING)
            .example(examples::tag_example().json(json!({ "why": "lost", "replaces": examples::TAG }))),
        row(Method::DELETE, "/api/v1/equipment/{tag}/tags/{other}", "tag.remove", RouteKind::Api, revoke_tag)
            .summary("Revokes a tag of an item that has another one")
            .commands(&["RevokeTag"])
            .refusals(refusals::COMMANDING)
            .example(spare.json(json!({ "why": "worn" }))),
    ]
}

/// A tag of an item.
#[derive(Debug, Serialize, JsonSchema)]
struct ItemTag {
    /// Nine letters and digits.
    tag: Tag,
    /// The item’s first tag, which names it for good.
    equipment: Tag,
    /// When its label was scanned last (RFC 3339, UTC); null where that is not known.
    last_scanned_at: Option<String>,
}

impl ItemTag {
    fn of(state: &AppState, tag: Tag, equipment: Tag) -> Self {
        Self { tag, equipment, last_scanned_at: state.label_scans.last_scan(tag).map(utc_text) }
    }
}

async fn list_tags(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
    Path(tag): Path<String>,
) -> Result<Json<ListJson<ItemTag>>, HttpError> {
    let tag = read_path_tag(&tag)?;
    let facility = state.store.snapshot();
    let item = find_named_item(&facility, tag).ok_or_else(|| state.unknown_tag(tag))?;
    let tags = open_tags(&facility, item).into_iter();
    Ok(Json(ListJson::whole(tags.map(|tag| ItemTag::of(&state, tag, item.tag)).collect())))
}

/// One more tag.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewItemTag {
    /// A printed blank tag that is on the item already; a new one is made where it is absent.
    #[serde(default)]
    tag: Option<Tag>,
    /// `lost`, `spare` or `blank`.
    why: TagReason,
    /// The tag of the label that was lost: whoever scans it reads that it was replaced.
    #[serde(default)]
    replaces: Option<Tag>,
}

async fn assign_tag(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    Path(equipment): Path<String>,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(NewItemTag { tag, why, replaces }): JsonBody<NewItemTag>,
) -> Result<Created<ItemTag>, HttpError> {
    let equipment = read_path_tag(&equipment)?;
    let command = Command::AssignTag(NewTag { tag, equipment, why, replaces });
    let done = run_command(&state, BY_API, key, command).await?;
    match read_event(&state, done.line).await? {
        Some((_, Event::TagAssigned(made))) => {
            let to = format!("/api/v1/equipment/{}/tags", made.equipment);
            Created::at(&to, ItemTag::of(&state, made.tag, made.equipment))
        }
        _ => Err(broken_rule("a tag that was assigned has no entry")),
    }
}

/// Why a tag is revoked.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TagRevocation {
    /// `lost`, `worn` or `mistake`.
    why: TagEnd,
}

async fn revoke_tag(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    Path((equipment, other)): Path<(String, String)>,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(TagRevocation { why }): JsonBody<TagRevocation>,
) -> Result<NoContent, HttpError> {
    let (equipment, tag) = (read_path_tag(&equipment)?, read_path_tag(&other)?);
    {
        let facility = state.store.snapshot();
        let item = find_named_item(&facility, equipment).ok_or_else(|| state.unknown_tag(equipment))?;
        let is_of_item =
            tag == item.tag || facility.aliases.get(&tag).is_some_and(|alias| alias.equipment == item.tag);
        if !is_of_item {
            return Err(not_found());
        }
    }
    run_command(&state, BY_API, key, Command::RevokeTag { tag, why }).await?;
    Ok(NoContent)
}
