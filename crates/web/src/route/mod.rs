//! Rows of the table of routes: what a row is, who may come to it, and what its handler says of itself.
//!
//! A handler is an `async fn` whose first argument is a [`Caller`], whose others are [`Argument`]s with that of the body
//! last, and which answers `Result<A, HttpError>` with an [`Answer`] `A`:
//!
//! ```
//! use web::answer::NoContent;
//! use web::argument::{JsonBody, Path};
//! use web::error::HttpError;
//! use web::route::{AnyCaller, Route, RouteKind, row};
//! use http::Method;
//!
//! async fn rename(_: AnyCaller, Path(_id): Path<u32>, JsonBody(_name): JsonBody<String>) -> Result<NoContent, HttpError> {
//!     Ok(NoContent)
//! }
//! let _: Route<()> = row(Method::PUT, "/api/v1/things/{id}/name", "thing.rename", RouteKind::Api, rename);
//! ```
//!
//! Anything else does not compile. Nobody is let in:
//! ```compile_fail
//! # use web::{answer::NoContent, argument::{JsonBody, Path}, error::HttpError, route::*}; use http::Method;
//! async fn rename(Path(_id): Path<u32>, JsonBody(_name): JsonBody<String>) -> Result<NoContent, HttpError> { Ok(NoContent) }
//! let _: Route<()> = row(Method::PUT, "/api/v1/things/{id}/name", "thing.rename", RouteKind::Api, rename);
//! ```
//! An argument that does not say what it reads, and has no bound of ours:
//! ```compile_fail
//! # use web::{answer::NoContent, argument::{JsonBody, Path}, error::HttpError, route::*}; use http::Method;
//! async fn rename(_: AnyCaller, Path(_id): Path<u32>, _name: String) -> Result<NoContent, HttpError> { Ok(NoContent) }
//! let _: Route<()> = row(Method::PUT, "/api/v1/things/{id}/name", "thing.rename", RouteKind::Api, rename);
//! ```
//! An answer that does not say what it sends:
//! ```compile_fail
//! # use web::{answer::NoContent, argument::{JsonBody, Path}, error::HttpError, route::*}; use http::Method;
//! async fn rename(_: AnyCaller, Path(_id): Path<u32>, JsonBody(name): JsonBody<String>) -> Result<String, HttpError> { Ok(name) }
//! let _: Route<()> = row(Method::PUT, "/api/v1/things/{id}/name", "thing.rename", RouteKind::Api, rename);
//! ```
//! Another error, or none:
//! ```compile_fail
//! # use web::{answer::NoContent, argument::{JsonBody, Path}, error::HttpError, route::*}; use http::Method;
//! async fn rename(_: AnyCaller, Path(_id): Path<u32>, JsonBody(_name): JsonBody<String>) -> NoContent { NoContent }
//! let _: Route<()> = row(Method::PUT, "/api/v1/things/{id}/name", "thing.rename", RouteKind::Api, rename);
//! ```
//! A body that is read before the rest of the request:
//! ```compile_fail
//! # use web::{answer::NoContent, argument::{JsonBody, Path}, error::HttpError, route::*}; use http::Method;
//! async fn rename(_: AnyCaller, JsonBody(_name): JsonBody<String>, Path(_id): Path<u32>) -> Result<NoContent, HttpError> { Ok(NoContent) }
//! let _: Route<()> = row(Method::PUT, "/api/v1/things/{id}/name", "thing.rename", RouteKind::Api, rename);
//! ```

mod access;
mod endpoint;
mod example;
mod operation;
mod row;

pub use self::access::{Access, AnyCaller, Caller, SenderCaller, SenderSecrets, SignedSender};
pub use self::endpoint::{Answer, Argument, EndpointDescription, Signature};
pub use self::example::{Example, ExampleBody, percent_encoded};
pub(crate) use self::operation::path_parts;
pub use self::operation::{AnswerBody, AnswerDescription, Operation, OperationDescription, SchemaSet};
pub use self::row::{Route, RouteKind, RouteMark, row};
