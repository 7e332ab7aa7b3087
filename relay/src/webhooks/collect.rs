//! Makes deliveries of what happened: each webhook gets its own, of at most [`THINGS_MAX`] things of one event.

use std::collections::BTreeMap;

use serde_json::Value;
use service::random::RandomSource;

use super::event::{CollectedThing, WebhookEvent};
use super::slack::payload_for;
use super::{WebhookState, post_delivery};
use crate::db::delivery::alerts::find_alert;
use crate::db::delivery::reports::find_report;
use crate::db::delivery::webhook_events;
use crate::db::delivery::webhook_events::NotedEvent;
use crate::db::delivery::webhooks;
use crate::db::delivery::webhooks::WebhookRow;
use crate::db::{DbError, ScopedConnection};

const THINGS_MAX: usize = 100;
const READ_MAX: usize = 1_000;
/// … and marks of logs, most of which have a few lines.
const MARKS_MAX: i64 = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CollectOutcome {
    All,
    More,
}

/// Makes deliveries of what happened in the account, in the caller's transaction. What happened while no webhook was for it is passed
/// over.
pub async fn collect_events(
    tx: &mut ScopedConnection,
    random: &dyn RandomSource,
    now_ms: i64,
) -> Result<CollectOutcome, DbError> {
    let (mut things, outcome) = take_cleanings(tx).await?;
    let noted = webhook_events::take_events(tx, as_limit(READ_MAX)).await?;
    let is_full = noted.len() == READ_MAX;
    for one in &noted {
        things.extend(read_noted(tx, one).await?);
    }
    let places = webhooks::list_places(tx).await?;
    for row in webhooks::list_webhooks(tx).await? {
        if WebhookState::read(&row.state) == WebhookState::On {
            let of_row = choose_things(&row, places.get(&row.webhook), &things);
            for (event, chosen) in of_row {
                for some in chosen.chunks(THINGS_MAX) {
                    let body = payload_for(&row.url, event, some, now_ms);
                    post_delivery(tx, &row.webhook, event, &body, random, now_ms).await?;
                }
            }
        }
    }
    Ok(if is_full { CollectOutcome::More } else { outcome })
}

fn as_limit(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

async fn take_cleanings(tx: &mut ScopedConnection) -> Result<(Vec<CollectedThing>, CollectOutcome), DbError> {
    let marks = webhook_events::take_marks(tx, MARKS_MAX).await?;
    let mut things = Vec::new();
    let mut outcome =
        if as_limit(marks.len()) == MARKS_MAX { CollectOutcome::More } else { CollectOutcome::All };
    for mark in marks {
        let left = READ_MAX.saturating_sub(things.len());
        let marked = webhook_events::load_marked(tx, mark, as_limit(left)).await?;
        if marked.len() == left {
            // There may be more of this log; with nothing left, all of it.
            let read = marked.last().map(|last| last.cleaning.of.seq + 1);
            webhook_events::put_back_mark(tx, mark, read).await?;
            outcome = CollectOutcome::More;
        }
        things.extend(marked.iter().map(CollectedThing::of_cleaning));
    }
    Ok((things, outcome))
}

async fn read_noted(
    tx: &mut ScopedConnection,
    noted: &NotedEvent,
) -> Result<Option<CollectedThing>, DbError> {
    // What another version of this program noted is skipped.
    Ok(match WebhookEvent::find_offered(&noted.event) {
        Some(WebhookEvent::ItemOverdue) => {
            let name = webhook_events::find_name(tx, &noted.facility, &noted.thing).await?;
            Some(CollectedThing::of_item(noted, name.as_deref()))
        }
        Some(WebhookEvent::BoxState) => Some(CollectedThing::of_box(noted)),
        Some(WebhookEvent::AlertChanged) => match noted.thing.parse() {
            Ok(alert) => {
                let found = find_alert(tx, alert).await?;
                found.map(|found| CollectedThing::of_alert(noted, &found))
            }
            Err(_) => None,
        },
        Some(WebhookEvent::ReportReady) => {
            let found = find_report(tx, &noted.thing).await?;
            found.map(|found| CollectedThing::of_report(noted, &found))
        }
        Some(WebhookEvent::CleaningRecorded | WebhookEvent::Test) | None => None,
    })
}

/// What a webhook is for. `places`: its facilities, where it has some only.
fn choose_things<'t>(
    row: &WebhookRow,
    places: Option<&Vec<String>>,
    things: &'t [CollectedThing],
) -> BTreeMap<WebhookEvent, Vec<&'t Value>> {
    let mut chosen: BTreeMap<WebhookEvent, Vec<&Value>> = BTreeMap::new();
    for thing in things {
        let is_seen = !row.limited || places.is_some_and(|own| own.contains(&thing.facility));
        if is_seen && row.events.split(' ').any(|word| word == thing.event.word()) {
            chosen.entry(thing.event).or_default().push(&thing.json);
        }
    }
    chosen
}
