//! Whether the relay lives and can serve, for whoever stands before it: a status and a word, no details.

use ::web::answer::{MediaBytes, media};
use ::web::error::HttpError;
use ::web::route::Anyone;
use axum::extract::State;

use crate::db::DbError;
use crate::web::{Web, http_error};

/// `GET /healthz`.
pub(crate) async fn show_alive(_: Anyone) -> Result<MediaBytes<media::Plain>, HttpError> {
    Ok(MediaBytes::new("ok\n"))
}

/// `GET /readyz`.
pub(crate) async fn show_ready(
    _: Anyone,
    State(web): State<Web>,
) -> Result<MediaBytes<media::Plain>, HttpError> {
    let asked = async { crate::db::facilities::platform_any(&mut web.db.read().await?).await };
    let asked: Result<bool, DbError> = asked.await;
    match asked {
        Ok(_) => Ok(MediaBytes::new("ready\n")),
        // Whatever it is: nobody is served until it is over.
        Err(error) => Err(http_error::away(&error)),
    }
}
