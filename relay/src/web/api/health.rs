//! Whether the relay is alive and can serve, for a proxy before it: a status and a word, no details.

use ::web::answer::{MediaBytes, media};
use ::web::error::HttpError;
use ::web::route::AnyCaller;
use axum::extract::State;

use crate::readiness::ready_text;
use crate::web::{WebContext, http_error};

pub(crate) async fn show_alive(_: AnyCaller) -> Result<MediaBytes<media::Plain>, HttpError> {
    Ok(MediaBytes::new("ok\n"))
}

pub(crate) async fn show_ready(
    _: AnyCaller,
    State(web): State<WebContext>,
) -> Result<MediaBytes<media::Plain>, HttpError> {
    match web.readiness.check().await {
        Ok(notes) => Ok(MediaBytes::new(ready_text(&notes))),
        Err(fault) => Err(http_error::not_ready(&fault)),
    }
}
