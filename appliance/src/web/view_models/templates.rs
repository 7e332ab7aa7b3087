//! Label templates and the logo.

use http::StatusCode;
use web::answer::{MediaBytes, MediaType as _, OneOf, media};
use web::error::HttpError;

use crate::printing::{DesignRefusal, LogoView};
use crate::web::http_error::new_error;
use crate::web::view_models::labels::sentence;

/// Why a template or a logo is not taken, as people and programs are told it.
pub(crate) fn refused(refusal: &DesignRefusal) -> HttpError {
    let (status, code, field) = match refusal {
        DesignRefusal::Template(_) => (StatusCode::UNPROCESSABLE_ENTITY, "template", "template"),
        DesignRefusal::OtherName { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "template", "name"),
        DesignRefusal::BuiltIn(_) => (StatusCode::CONFLICT, "built-in", "name"),
        DesignRefusal::TooMany => (StatusCode::CONFLICT, "templates", "name"),
        DesignRefusal::Changed(_) => (StatusCode::CONFLICT, "changed", "name"),
        DesignRefusal::Unknown(_) => (StatusCode::NOT_FOUND, "not-found", "name"),
        DesignRefusal::Logo(_) => (StatusCode::UNPROCESSABLE_ENTITY, "logo", "logo"),
        DesignRefusal::NoLogo => (StatusCode::NOT_FOUND, "not-found", "logo"),
        DesignRefusal::Ledger(_) => return HttpError::internal(refusal).safe("Nothing was changed."),
    };
    let title = if field == "logo" {
        "This file cannot be used as a logo"
    } else {
        "This is not a valid label template"
    };
    new_error(status, code, title)
        .detail(sentence(&refusal.to_string()))
        .field(field)
        .safe("Nothing was changed.")
        .next("Correct it and send it again.")
}

/// The logo as it was given.
pub(crate) type LogoPicture = OneOf<MediaBytes<media::Png>, MediaBytes<media::Jpeg>>;

pub(crate) fn show_logo(logo: &LogoView) -> LogoPicture {
    let file = logo.file.to_vec();
    if logo.kind == media::Png::NAME {
        OneOf::First(MediaBytes::new(file))
    } else {
        OneOf::Second(MediaBytes::new(file))
    }
}
