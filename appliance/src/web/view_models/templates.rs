//! Label templates and the logo.

use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;

use crate::printing::{DesignRefusal, LogoView};
use crate::web::http_error::Problem;
use crate::web::view_models::labels::sentence;

/// Why a template or a logo is not taken, as people and programs are told it.
pub(crate) fn refused(refusal: &DesignRefusal) -> Problem {
    let (status, code, field) = match refusal {
        DesignRefusal::Template(_) => (StatusCode::UNPROCESSABLE_ENTITY, "template", "template"),
        DesignRefusal::OtherName { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "template", "name"),
        DesignRefusal::BuiltIn(_) => (StatusCode::CONFLICT, "built-in", "name"),
        DesignRefusal::TooMany => (StatusCode::CONFLICT, "templates", "name"),
        DesignRefusal::Unknown(_) => (StatusCode::NOT_FOUND, "not-found", "name"),
        DesignRefusal::Logo(_) => (StatusCode::UNPROCESSABLE_ENTITY, "logo", "logo"),
        DesignRefusal::NoLogo => (StatusCode::NOT_FOUND, "not-found", "logo"),
        DesignRefusal::Ledger(_) => return Problem::internal(refusal).safe("Nothing was changed."),
    };
    let title = if field == "logo" { "That is no logo for labels" } else { "That is no template for labels" };
    Problem::new(status, code, title)
        .detail(sentence(&refusal.to_string()))
        .field(field)
        .safe("Nothing was changed.")
        .next("Correct it and send it again.")
}

/// The logo as it was given.
pub(crate) fn picture(logo: &LogoView) -> Response {
    ([(CONTENT_TYPE, logo.kind)], logo.file.to_vec()).into_response()
}
