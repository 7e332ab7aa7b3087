//! What every page and every endpoint of ours needs, written once for box and relay.
//!
//! A program has one [`table::Table`] of [`route::Route`]s; the router, the access that each row asks for, the description of the
//! API and the tests in [`test`] are made from it. A handler's first argument says who may come, the others what is
//! read, its answer what is sent; each describes itself, so no row repeats what its handler says already.
//!
//! | module | what |
//! | --- | --- |
//! | [`error`] | why a request was refused, and the problem document that says so |
//! | [`route`] | a row: method, path, name, kind and handler, and what its handler says of itself |
//! | [`argument`] | what handlers read: path, query, JSON, form, signed body, idempotency key; each bounded |
//! | [`form`] | forms as data: one definition draws, reads and compares |
//! | [`answer`] | what handlers send: pages, JSON, files, streams, redirects |
//! | [`assets`] | style sheet, script and mark of all pages |
//! | [`table`] | rows put together: the router, and the OpenAPI document |
//! | [`live`] | how an open page learns that what it shows has changed |
//! | [`referer`] | the page from which a form was sent |
//! | [`present`] | errors as a page or as a problem document, whichever the caller reads |
//! | `test` | feature `test`: every row tried rightly and wrongly, every answer held against its description |

#![warn(missing_docs)]

pub mod answer;
pub mod argument;
pub mod assets;
pub mod error;
pub mod form;
pub mod live;
pub mod present;
pub mod referer;
pub mod request_id;
pub mod route;
pub mod table;
#[cfg(feature = "test")]
pub mod test;
