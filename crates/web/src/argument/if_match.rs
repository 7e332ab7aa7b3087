//! The version over which a program made a change.

use std::convert::Infallible;
use std::fmt::Display;
use std::str::FromStr;

use axum::extract::FromRequestParts;
use http::StatusCode;
use http::header::IF_MATCH;
use http::request::Parts;
use serde_json::json;

use crate::route::{Argument, Operation};

/// The `If-Match` header, where there is one. What cannot be read matches nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IfMatch(Option<Vec<String>>);

/// A change was made over another version than the one that is there (412).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OtherVersion;

impl IfMatch {
    /// The version over which the change was made: the one that is there, or none where the request names none.
    ///
    /// # Errors
    /// It names others.
    pub fn require<V: Copy + Display>(&self, now: Option<V>) -> Result<Option<V>, OtherVersion> {
        let Some(named) = &self.0 else { return Ok(None) };
        let present = now.map(|now| format!("\"{now}\"")).ok_or(OtherVersion)?;
        if named.iter().any(|tag| tag == "*" || *tag == present) { Ok(now) } else { Err(OtherVersion) }
    }

    /// What the request names, as it came.
    pub fn named_tags(&self) -> &[String] {
        self.0.as_deref().unwrap_or_default()
    }

    /// The version over which the change was made, for whoever decides later; none where the request takes
    /// any version. Of several it is the current one, if it is named: a repeat is known by
    /// [`IfMatch::named_tags`].
    ///
    /// # Errors
    /// None of the named tags is a version.
    pub fn choose<V: Copy + PartialEq + FromStr>(&self, now: Option<V>) -> Result<Option<V>, OtherVersion> {
        let Some(named) = self.0.as_deref().filter(|named| !named.iter().any(|tag| tag == "*")) else {
            return Ok(None);
        };
        let named: Vec<V> =
            named.iter().filter_map(|tag| tag.strip_prefix('"')?.strip_suffix('"')?.parse().ok()).collect();
        let present = named.iter().find(|one| Some(**one) == now);
        present.or(named.first()).copied().map(Some).ok_or(OtherVersion)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let values = parts.headers.get_all(IF_MATCH);
        let tags = values.iter().flat_map(|value| value.to_str().unwrap_or_default().split(','));
        let tags: Vec<String> = tags.map(|tag| tag.trim().to_owned()).collect();
        Ok(Self(Some(tags).filter(|tags| !tags.is_empty())))
    }
}

impl Argument for IfMatch {
    fn describe(operation: &mut Operation<'_>) {
        operation.add_header(
            "If-Match",
            json!({ "type": "string", "description": "The ETag of what is to be changed; without it, whatever is there" }),
        );
        operation.add_refusals(&[StatusCode::PRECONDITION_FAILED]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn require(values: &[&str], now: Option<u32>) -> Result<Option<u32>, OtherVersion> {
        let mut request = http::Request::put("/");
        for value in values {
            request = request.header(IF_MATCH, *value);
        }
        let mut parts = request.body(()).unwrap().into_parts().0;
        let Ok(if_match) = IfMatch::from_request_parts(&mut parts, &()).await;
        if_match.require(now)
    }

    #[tokio::test]
    async fn a_change_is_made_over_what_is_there_or_over_whatever_is() {
        assert_eq!(require(&[], Some(7)).await, Ok(None));
        assert_eq!(require(&[], None).await, Ok(None));
        for right in [&["\"7\""][..], &["*"], &["\"6\", \"7\""], &["\"6\"", "\"7\""]] {
            assert_eq!(require(right, Some(7)).await, Ok(Some(7)), "{right:?}");
            assert_eq!(require(right, None).await, Err(OtherVersion), "{right:?}");
        }
        for other in [&["\"6\""][..], &["7"], &["W/\"7\""], &[""], &["\"77\""]] {
            assert_eq!(require(other, Some(7)).await, Err(OtherVersion), "{other:?}");
        }
    }

    #[tokio::test]
    async fn a_change_that_is_decided_later_names_the_same_version_each_time() {
        let choose = async |value: &'static str, now| {
            let mut parts = http::Request::put("/").header(IF_MATCH, value).body(()).unwrap().into_parts().0;
            let Ok(if_match) = IfMatch::from_request_parts(&mut parts, &()).await;
            if_match.choose(now)
        };
        for now in [Some(7), Some(8), None] {
            assert_eq!(choose("\"7\"", now).await, Ok(Some(7)), "{now:?}");
            assert_eq!(choose("*", now).await, Ok(None), "{now:?}");
            for unreadable in ["7", "W/\"7\"", "", "\"seven\""] {
                assert_eq!(choose(unreadable, now).await, Err(OtherVersion), "{unreadable} {now:?}");
            }
        }
        assert_eq!(choose("\"6\", \"7\"", Some(7)).await, Ok(Some(7)));
        assert_eq!(choose("\"6\", \"7\"", Some(8)).await, Ok(Some(6)));
    }
}
