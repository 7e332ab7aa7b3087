//! What follows the question mark of an address: exact for programs, lenient for people.

use std::convert::Infallible;
use std::error::Error;

use axum::extract::FromRequestParts;
use axum::extract::rejection::QueryRejection;
use http::request::Parts;
use http::{StatusCode, Uri};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::json::failing_member;
use super::percent::percent_decoded;
use crate::error::{HttpError, RequestFault};
use crate::route::{Argument, Operation};

/// For programs: what does not fit is refused (400) with its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Query<T>(pub T);

/// For pages: what does not fit counts as absent, and the rest stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LenientQuery<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = HttpError;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, HttpError> {
        let misfit = match read_query(&parts.uri) {
            Ok(value) => return Ok(Self(value)),
            Err(misfit) => misfit,
        };
        let name = misfit.name.unwrap_or_else(|| "query".to_owned());
        Err(RequestFault::Parameter { name, reason: misfit.reason }.into())
    }
}

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequestParts<S> for LenientQuery<T> {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let mut pairs: Vec<&str> = parts.uri.query().unwrap_or_default().split('&').collect();
        loop {
            let Ok(uri) = format!("/?{}", pairs.join("&")).parse::<Uri>() else { break };
            let name = match read_query(&uri) {
                Ok(value) => return Ok(Self(value)),
                Err(misfit) => misfit.name,
            };
            // Each round drops at least one pair.
            let before = pairs.len();
            pairs.retain(|pair| Some(key_of(pair)) != name);
            if pairs.len() == before {
                break;
            }
        }
        Ok(Self(T::default()))
    }
}

fn key_of(pair: &str) -> String {
    let key = pair.split('=').next().unwrap_or_default();
    let key = percent_decoded(key.as_bytes()).unwrap_or_default();
    String::from_utf8_lossy(&key).into_owned()
}

/// Which parameter does not fit, as far as that is known, and why.
struct Misfit {
    name: Option<String>,
    reason: String,
}

fn read_query<T: DeserializeOwned>(uri: &Uri) -> Result<T, Misfit> {
    axum::extract::Query::<T>::try_from_uri(uri)
        .map(|query| query.0)
        .map_err(|rejection| describe_misfit(&rejection))
}

fn describe_misfit(rejection: &QueryRejection) -> Misfit {
    // The deserializer of queries fails with serde's own error type.
    type QueryError = serde_path_to_error::Error<serde::de::value::Error>;
    let first: &(dyn Error + 'static) = rejection;
    let mut errors = std::iter::successors(Some(first), |error| (*error).source());
    match errors.find_map(|error| error.downcast_ref::<QueryError>()) {
        Some(error) => {
            let reason = error.inner().to_string();
            Misfit { name: failing_member(&error.path().to_string(), &reason), reason }
        }
        None => Misfit { name: None, reason: rejection.body_text() },
    }
}

impl<T: JsonSchema> Argument for Query<T> {
    fn describe(operation: &mut Operation<'_>) {
        operation.add_query::<T>();
        operation.add_refusals(&[StatusCode::BAD_REQUEST]);
    }
}

impl<T: JsonSchema> Argument for LenientQuery<T> {
    fn describe(operation: &mut Operation<'_>) {
        operation.add_query::<T>();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Params {
        limit: Option<u16>,
        tag: Option<String>,
    }

    fn parts(query: &str) -> Parts {
        http::Request::get(format!("/?{query}")).body(()).unwrap().into_parts().0
    }

    #[tokio::test]
    async fn what_does_not_fit_is_named() {
        for (query, name) in [
            ("limit=-1", "limit"),
            ("limit=99999", "limit"),
            ("limit=1&limit=2", "limit"),
            ("tag=a&strange=b", "strange"),
            ("%ff=b", "\u{fffd}"),
        ] {
            let error = Query::<Params>::from_request_parts(&mut parts(query), &()).await.unwrap_err();
            assert_eq!((error.status.as_u16(), error.field.as_deref()), (400, Some(name)), "{query}");
        }
    }

    #[tokio::test]
    async fn for_pages_the_rest_stands() {
        for (query, limit, tag) in [
            ("limit=7&tag=a", Some(7), Some("a")),
            ("limit=x&tag=a", None, Some("a")),
            ("tag=a&lim%69t=x", None, Some("a")),
            ("limit=1&limit=2&tag=a", None, Some("a")),
            ("strange=1&tag=a&other", None, Some("a")),
            ("", None, None),
            ("&&", None, None),
        ] {
            let LenientQuery(read) = LenientQuery::<Params>::from_request_parts(&mut parts(query), &())
                .await
                .unwrap_or_else(|e| match e {});
            assert_eq!(read, Params { limit, tag: tag.map(str::to_owned) }, "{query}");
        }
    }
}
