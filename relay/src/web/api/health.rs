//! Whether the relay lives and can serve, for whoever stands before it: a status and a word, no details.

use ::web::answer::{MediaBytes, media};
use ::web::error::HttpError;
use ::web::route::AnyCaller;
use axum::extract::State;

use crate::db::{DbError, PlatformReason};
use crate::web::{WebContext, http_error};

/// `GET /healthz`.
pub(crate) async fn show_alive(_: AnyCaller) -> Result<MediaBytes<media::Plain>, HttpError> {
    Ok(MediaBytes::new("ok\n"))
}

/// `GET /readyz`.
pub(crate) async fn show_ready(
    _: AnyCaller,
    State(web): State<WebContext>,
) -> Result<MediaBytes<media::Plain>, HttpError> {
    let requested = async {
        crate::db::facilities::platform_any(&mut web.db.platform_read(PlatformReason::Health).await?).await
    };
    let requested: Result<bool, DbError> = requested.await;
    match requested {
        Ok(_) => Ok(MediaBytes::new("ready\n")),
        // Whatever it is: nobody is served until it is over.
        Err(error) => Err(http_error::unavailable_error(&error)),
    }
}
