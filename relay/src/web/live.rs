//! `GET /live`: whether what an open page shows has changed.

use ::web::argument::LenientQuery;
use ::web::error::HttpError;
use ::web::live::{LiveAnswer, LivePage, LiveParams};
use axum::extract::State;
use record::ids::FacilityId;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::db::{DbError, ScopedConnection};
use crate::web::WebContext;
use crate::web::access::{MemberCaller, Read};
use crate::web::live_marks::LiveTopic;

pub(crate) const PATH: &str = "/live";

/// What the address carries beside the mark: without either, what happened at all facilities.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct TopicParams {
    /// Only this facility.
    facility: Option<String>,
    /// `boxes`: also when boxes were heard.
    of: Option<String>,
}

impl TopicParams {
    fn topic(&self) -> LiveTopic {
        let facility = self.facility.as_deref().and_then(|id| id.parse().ok());
        match (facility, self.of.as_deref()) {
            (Some(facility), _) => LiveTopic::Facility(facility),
            (None, Some("boxes")) => LiveTopic::Boxes,
            (None, _) => LiveTopic::Account,
        }
    }
}

fn live_address(topic: LiveTopic) -> String {
    match topic {
        LiveTopic::Account => PATH.to_owned(),
        LiveTopic::Facility(facility) => format!("{PATH}?facility={facility}"),
        LiveTopic::Boxes => format!("{PATH}?of=boxes"),
    }
}

/// `GET /live`.
pub(crate) async fn show(
    visitor: MemberCaller<Read>,
    State(web): State<WebContext>,
    LenientQuery(requested): LenientQuery<TopicParams>,
    LenientQuery(shown): LenientQuery<LiveParams>,
) -> Result<LiveAnswer, HttpError> {
    let mark = web.marks.ask(&web.db, visitor.scope, requested.topic(), web.now_ms()).await?;
    Ok(shown.answer(mark))
}

impl WebContext {
    /// How a page asks that shows this: to be called before anything that it shows is read.
    pub(crate) async fn live_page(
        &self,
        conn: &mut ScopedConnection,
        topic: LiveTopic,
    ) -> Result<LivePage, DbError> {
        let mark = self.marks.read(conn, topic, self.now_ms()).await?;
        Ok(LivePage::at(&live_address(topic), mark))
    }

    /// The same of a facility's pages.
    pub(crate) async fn live_facility(
        &self,
        conn: &mut ScopedConnection,
        facility: FacilityId,
    ) -> Result<LivePage, DbError> {
        self.live_page(conn, LiveTopic::Facility(facility)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_asks_for_what_it_shows() {
        let facility = FacilityId::new(1, [1; 10]);
        for topic in [LiveTopic::Account, LiveTopic::Facility(facility), LiveTopic::Boxes] {
            let uri = live_address(topic).parse().unwrap();
            let requested = axum::extract::Query::<TopicParams>::try_from_uri(&uri).unwrap().0;
            assert_eq!(requested.topic(), topic, "{uri}");
        }
    }
}
