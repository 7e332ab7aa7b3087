//! Open pages ask whether what they show has changed: a number in memory answers them.
//!
//! A page holds no connection: browsers open six to a host, and a phone's camera opens each label in a tab of its own.
//! While it is visible it asks every few seconds, with the mark of what it shows; the answer is empty (204), or the
//! current mark (200), upon which its script fetches the page again.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::answer::{Json, NoContent, OneOf};
use crate::route::percent_encoded;

const ASK_EVERY_S: u8 = 5;
/// Of a page that hangs on a wall, or shows a job while it runs.
const ASK_OFTEN_EVERY_S: u8 = 2;

/// What an open page asks with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct LiveParams {
    /// The mark of what the page shows; absent is an older one than any.
    #[serde(default)]
    pub since: String,
}

/// Something that the page shows has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LiveNews {
    /// The mark of what there is now; it only says whether two states are the same.
    pub mark: String,
}

/// News, or none.
pub type LiveAnswer = OneOf<Json<LiveNews>, NoContent>;

impl LiveParams {
    /// News where the mark of now is another than that of the page.
    pub fn answer(&self, mark: impl fmt::Display) -> LiveAnswer {
        let mark = mark.to_string();
        if mark == self.since { OneOf::Second(NoContent) } else { OneOf::First(Json(LiveNews { mark })) }
    }
}

/// Where an open page asks, and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LivePage {
    /// The address, with the mark of what the page shows. The mark is taken before anything is read that the page shows: what
    /// changes between is news then.
    pub address: String,
    /// Seconds between two questions.
    pub every_s: u8,
}

impl LivePage {
    /// A page that asks at this path, which may have a query, with this mark.
    pub fn at(path: &str, mark: impl fmt::Display) -> Self {
        let joint = if path.contains('?') { '&' } else { '?' };
        let address = format!("{path}{joint}since={}", percent_encoded(&mark.to_string()));
        Self { address, every_s: ASK_EVERY_S }
    }

    /// One that hangs on a wall, or shows a job while it runs.
    pub fn often(self) -> Self {
        Self { every_s: ASK_OFTEN_EVERY_S, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse as _;

    #[test]
    fn only_another_mark_is_news() {
        for (since, mark, status) in
            [("7.1", "7.1", 204), ("7.1", "7.2", 200), ("", "0", 200), ("8", "7", 200)]
        {
            let params = LiveParams { since: since.to_owned() };
            assert_eq!(params.answer(mark).into_response().status().as_u16(), status, "{since} {mark}");
        }
    }

    #[test]
    fn a_page_asks_with_its_mark() {
        assert_eq!(LivePage::at("/live", 7).address, "/live?since=7");
        let often = LivePage::at("/live?of=prints", "a b").often();
        assert_eq!((often.address.as_str(), often.every_s), ("/live?of=prints&since=a%20b", 2));
    }
}
