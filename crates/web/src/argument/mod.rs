//! What handlers read of a request. Each argument has a bound, says what it reads, and refuses with an
//! [`HttpError`](crate::error::HttpError) that names the field.

mod body;
mod form;
mod idempotency;
mod if_match;
mod json;
mod path;
mod percent;
mod query;
mod signed;

pub use self::body::{next_chunk, read_body, require_media};
pub use self::form::{FormBody, FormFields, FormRules, PlainForm};
pub use self::idempotency::IdempotencyKey;
pub use self::if_match::{IfMatch, OtherVersion};
pub use self::json::{JSON_BYTES_MAX, JsonBody, json_error};
pub use self::path::Path;
pub use self::query::{LenientQuery, Query};
pub use self::signed::{SignedBody, SignedMessage};
