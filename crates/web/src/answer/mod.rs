//! What handlers send. Each answer says its status, its media type and the schema of its body.

mod choice;
mod etag;
mod file;
mod json;
mod lines;
mod packed;
mod page;
mod redirect;

pub use self::choice::{NotModified, OneOf, WithHeaders};
pub use self::etag::{etag_header, with_etag};
pub use self::file::{FileDownload, MediaBytes, MediaType, media};
pub use self::json::{Accepted, Created, Json, NoContent};
pub use self::lines::Ndjson;
pub use self::packed::PackedBytes;
pub use self::page::{FormRecall, FormReply, HTML_MEDIA, Page};
pub use self::redirect::SeeOther;
