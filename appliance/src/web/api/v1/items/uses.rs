//! Uses of items, for programs.

use api::utc_text;
use axum::extract::State;
use http::Method;
use record::kinds::{Event, SpauldingClass};
use record::tag::Tag;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use web::answer::Created;
use web::argument::{IdempotencyKey, JsonBody, Path};
use web::error::HttpError;
use web::route::{Route, RouteKind, row};

use crate::intake::{Command, UseForm};
use crate::web::access::permissions::Record;
use crate::web::access::program::{BY_API, ProgramCaller};
use crate::web::api::v1::items::equipment::read_path_tag;
use crate::web::api::v1::records::cleanings::read_time;
use crate::web::commands::run::{read_event, run_command};
use crate::web::context::AppState;
use crate::web::http_error::broken_rule;
use crate::web::view_models::page::entry_times::WrittenTime;
use crate::web::{examples, refusals};

pub(crate) fn use_routes() -> Vec<Route<AppState>> {
    vec![
        row(Method::POST, "/api/v1/equipment/{tag}/uses", "use.add", RouteKind::Api, add_use)
            .summary("Records that an item was used: the cleaning that follows a use is due then")
            .commands(&["RecordUse"])
            .refusals(refusals::COMMANDING)
            .example(examples::tag_example().json(json!({}))),
    ]
}

/// A use of an item.
#[derive(Debug, Serialize, JsonSchema)]
struct ItemUseJson {
    /// Where its entry stands in the log.
    id: String,
    /// The item’s first tag.
    tag: Tag,
    /// When it was used (RFC 3339, UTC).
    performed_at: String,
    /// When the use ended (RFC 3339, UTC); null where nobody stated it.
    ended_at: Option<String>,
    /// Whether these times are a guess: the box's clock was not set, and nobody has said since what the time was.
    time_uncertain: bool,
    /// The class of this use where it was above the item’s own, else null.
    class: Option<SpauldingClass>,
    /// Whether a sticker of its load went into a chart.
    sticker: bool,
}

/// A use as a program reports it.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewUse {
    /// When it was used, where that was earlier (RFC 3339, with its offset).
    #[serde(default)]
    performed_at: Option<String>,
    /// When the use ended (RFC 3339, with its offset); without `performed_at` it was used at that time.
    #[serde(default)]
    ended_at: Option<String>,
    /// The class of this use, where it was above the item’s own.
    #[serde(default)]
    class: Option<SpauldingClass>,
    /// A sticker of its load went into a chart.
    #[serde(default)]
    sticker: bool,
}

impl NewUse {
    fn form(&self, tag: Tag) -> Result<UseForm, HttpError> {
        let performed_ms =
            self.performed_at.as_deref().map(|at| read_time("performed_at", at)).transpose()?;
        let ended_ms = self.ended_at.as_deref().map(|at| read_time("ended_at", at)).transpose()?;
        Ok(UseForm { tag, performed_ms, ended_ms, ago_s: None, class: self.class, sticker: self.sticker })
    }
}

async fn add_use(
    _: ProgramCaller<Record>,
    State(state): State<AppState>,
    Path(tag): Path<String>,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(new): JsonBody<NewUse>,
) -> Result<Created<ItemUseJson>, HttpError> {
    let tag = read_path_tag(&tag)?;
    let done = run_command(&state, BY_API, key, Command::RecordUse(new.form(tag)?)).await?;
    let Some((entry, Event::UseRecorded(used))) = read_event(&state, done.line).await? else {
        return Err(broken_rule("a use that was recorded has no entry"));
    };
    let written = WrittenTime::of(&state.store.snapshot(), &entry.head().at);
    let made = ItemUseJson {
        id: format!("{}.{}", done.line.of.epoch, done.line.of.seq),
        tag: used.tag,
        performed_at: utc_text(used.performed.unwrap_or(written.ms)),
        ended_at: used.ended.map(utc_text),
        time_uncertain: written.is_guess(),
        class: used.class,
        sticker: used.sticker,
    };
    Created::at(&format!("/api/v1/equipment/{}", used.tag), made)
}
