//! Label templates and the logo.

use http::StatusCode;
use web::answer::{MediaBytes, MediaType as _, OneOf, media};
use web::error::HttpError;

use crate::printing::{DesignRefusal, LogoView};
use crate::web::http_error::{new_error, worded};
use crate::web::view_models::printing::printer_causes::as_sentence;
use crate::web::view_models::printing::template_words::word_design_refusal;
use crate::web::words::TemplatesWords;

pub(crate) fn refusal_error(refusal: DesignRefusal) -> HttpError {
    let safe = worded(TemplatesWords::template_refused_safe);
    let (status, code, field) = match &refusal {
        DesignRefusal::Template(_) => (StatusCode::UNPROCESSABLE_ENTITY, "template", "template"),
        DesignRefusal::OtherName { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "template", "name"),
        DesignRefusal::BuiltIn(_) => (StatusCode::CONFLICT, "built-in", "name"),
        DesignRefusal::TooMany => (StatusCode::CONFLICT, "templates", "name"),
        DesignRefusal::Changed(_) => (StatusCode::CONFLICT, "changed", "name"),
        DesignRefusal::Unknown(_) => (StatusCode::NOT_FOUND, "not-found", "name"),
        DesignRefusal::Logo(_) => (StatusCode::UNPROCESSABLE_ENTITY, "logo", "logo"),
        DesignRefusal::NoLogo => (StatusCode::NOT_FOUND, "not-found", "logo"),
        DesignRefusal::Ledger(_) => return HttpError::internal(&refusal).safe(safe),
    };
    let title = match field {
        "logo" => worded(TemplatesWords::template_refused_logo),
        _ => worded(TemplatesWords::template_refused),
    };
    new_error(status, code, title)
        .detail(worded(move |w| as_sentence(&word_design_refusal(w, &refusal))))
        .field(field)
        .safe(safe)
        .next(worded(TemplatesWords::template_refused_next))
}

pub(crate) type LogoPicture = OneOf<MediaBytes<media::Png>, MediaBytes<media::Jpeg>>;

pub(crate) fn show_logo(logo: &LogoView) -> LogoPicture {
    let file = logo.file.to_vec();
    if logo.kind == media::Png::NAME {
        OneOf::First(MediaBytes::new(file))
    } else {
        OneOf::Second(MediaBytes::new(file))
    }
}
