//! `GET /live`: whether what an open page shows has changed.

use ::web::argument::Lenient;
use ::web::error::HttpError;
use ::web::live::{LiveAnswer, LivePage, LiveParams};
use axum::extract::State;
use record::ids::FacilityId;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::db::{AccountScope, Conn, DbError};
use crate::web::Web;
use crate::web::access::{Member, Read};
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

fn address(topic: LiveTopic) -> String {
    match topic {
        LiveTopic::Account => PATH.to_owned(),
        LiveTopic::Facility(facility) => format!("{PATH}?facility={facility}"),
        LiveTopic::Boxes => format!("{PATH}?of=boxes"),
    }
}

/// `GET /live`.
pub(crate) async fn show(
    visitor: Member<Read>,
    State(web): State<Web>,
    Lenient(asked): Lenient<TopicParams>,
    Lenient(shown): Lenient<LiveParams>,
) -> Result<LiveAnswer, HttpError> {
    let mark = web.marks.ask(&web.db, visitor.scope, asked.topic(), web.now_ms()).await?;
    Ok(shown.answer(mark))
}

impl Web {
    /// How a page asks that shows this: to be called before anything that it shows is read.
    pub(crate) async fn live_page(
        &self,
        conn: &mut Conn,
        scope: AccountScope,
        topic: LiveTopic,
    ) -> Result<LivePage, DbError> {
        let mark = self.marks.read(conn, scope, topic, self.now_ms()).await?;
        Ok(LivePage::at(&address(topic), mark))
    }

    /// The same of a facility's pages.
    pub(crate) async fn live_facility(
        &self,
        conn: &mut Conn,
        scope: AccountScope,
        facility: FacilityId,
    ) -> Result<LivePage, DbError> {
        self.live_page(conn, scope, LiveTopic::Facility(facility)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_asks_for_what_it_shows() {
        let facility = FacilityId::new(1, [1; 10]);
        for topic in [LiveTopic::Account, LiveTopic::Facility(facility), LiveTopic::Boxes] {
            let uri = address(topic).parse().unwrap();
            let asked = axum::extract::Query::<TopicParams>::try_from_uri(&uri).unwrap().0;
            assert_eq!(asked.topic(), topic, "{uri}");
        }
    }
}
