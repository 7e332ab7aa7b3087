//! `GET /live`: whether what an open page shows has changed.

use ::web::argument::LenientQuery;
use ::web::error::HttpError;
use ::web::live::{LiveAnswer, LivePage, LiveParams};
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::db::facility::facility_now::FacilityPart;
use crate::db::{DbError, ScopedConnection};
use crate::web::WebContext;
use crate::web::access::{LIVE_PATH, MemberCaller, Read};
use crate::web::http_error::not_found;
use crate::web::live_marks::LiveTopic;

pub(crate) const PATH: &str = LIVE_PATH;

/// What the address carries beside the mark: without any, all that happened at all facilities.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct TopicParams {
    /// Only this facility.
    facility: Option<String>,
    /// Only these parts, with dots between them: `counts`, `feed`, `box`.
    parts: Option<String>,
}

impl TopicParams {
    fn topic(&self) -> LiveTopic {
        let facility = self.facility.as_deref().and_then(|id| id.parse().ok());
        let words: Vec<&str> = self.parts.as_deref().unwrap_or_default().split('.').collect();
        let parts: Vec<FacilityPart> =
            FacilityPart::ALL.into_iter().filter(|part| words.contains(&part.word())).collect();
        LiveTopic { facility, parts: if parts.is_empty() { FacilityPart::ALL.to_vec() } else { parts } }
    }
}

fn live_address(topic: &LiveTopic) -> String {
    let parts: Vec<&str> = topic.parts.iter().map(|part| part.word()).collect();
    let parts = parts.join(".");
    match topic.facility {
        None => format!("{PATH}?parts={parts}"),
        Some(facility) => format!("{PATH}?facility={facility}&parts={parts}"),
    }
}

pub(crate) async fn show(
    visitor: MemberCaller<Read>,
    State(web): State<WebContext>,
    LenientQuery(requested): LenientQuery<TopicParams>,
    LenientQuery(shown): LenientQuery<LiveParams>,
) -> Result<LiveAnswer, HttpError> {
    let topic = requested.topic();
    // What changes at a facility that somebody does not see is nothing for them.
    if let Some(facility) = topic.facility.filter(|_| visitor.reads.is_limited()) {
        let found =
            crate::db::facility::facilities::get(&mut web.db.read(visitor.reads).await?, facility).await?;
        found.ok_or_else(not_found)?;
    }
    let mark = web.marks.ask(&web.db, visitor.reads, &topic, &shown.since, web.now_ms()).await?;
    Ok(shown.answer(mark))
}

impl WebContext {
    /// How a page asks that shows this: to be called before anything that it shows is read.
    pub(crate) async fn live_page(
        &self,
        conn: &mut ScopedConnection,
        topic: LiveTopic,
    ) -> Result<LivePage, DbError> {
        let mark = self.marks.read(conn, &topic, self.now_ms()).await?;
        Ok(LivePage::at(&live_address(&topic), mark))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::ids::FacilityId;

    #[test]
    fn a_page_asks_for_what_it_shows() {
        let facility = FacilityId::new(1, [1; 10]);
        let some = [FacilityPart::Counts, FacilityPart::Box];
        let topics = [
            LiveTopic::account(&FacilityPart::ALL),
            LiveTopic::of(facility, &some),
            LiveTopic::account(&[FacilityPart::Box]),
        ];
        for topic in topics {
            let uri = live_address(&topic).parse().unwrap();
            let requested = axum::extract::Query::<TopicParams>::try_from_uri(&uri).unwrap().0;
            assert_eq!(requested.topic(), topic, "{uri}");
        }
        assert_eq!(TopicParams::default().topic(), LiveTopic::account(&FacilityPart::ALL));
    }
}
