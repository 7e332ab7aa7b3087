//! What only the box of a facility does: the answer says where that is.

use ::web::error::{OldProblemDocument, PROBLEM_MEDIA, ProblemDocument};
use ::web::route::{Answer, AnswerBody, Operation};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::db::facility::facilities;
use crate::db::{DbError, ScopedConnection};
use crate::web::WebContext;
use crate::web::view_models::facility_state::load_settings;
use crate::web::words::{OldAppWords, open_words};

const ADDRESSES_MAX: usize = 20;

/// Nothing was done, because it is done at the box (409).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AtTheBox(OldProblemDocument);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BoxWork {
    Record,
    ChangeEquipment,
}

impl AtTheBox {
    /// With the addresses of boxes where that is done; without one, with what people do.
    pub(super) fn new(web: &WebContext, work: BoxWork, addresses: &[String]) -> Self {
        let w: OldAppWords = open_words();
        let detail = match work {
            BoxWork::Record => w.at_the_box_record(),
            BoxWork::ChangeEquipment => w.at_the_box_change(),
        };
        let next = match (addresses, work) {
            ([], BoxWork::Record) => w.at_the_box_scan(),
            ([], BoxWork::ChangeEquipment) => w.at_the_box_page(),
            (addresses, _) => w.at_the_box_next(addresses.join(", ")),
        };
        let id: [u8; 4] = web.random.bytes();
        let problem = ProblemDocument {
            r#type: "/problems/record-at-the-box".to_owned(),
            title: w.at_the_box(),
            status: StatusCode::CONFLICT.as_u16(),
            detail,
            field: None,
            safe: w.at_the_box_safe(),
            next,
            id: id.iter().map(|byte| format!("{byte:02x}")).collect(),
        };
        let message = problem.title.clone();
        Self(OldProblemDocument { problem, success: false, message })
    }
}

impl IntoResponse for AtTheBox {
    fn into_response(self) -> Response {
        // Texts and a number: there is nothing in it that JSON could refuse.
        let body = serde_json::to_vec(&self.0).unwrap_or_default();
        let media = [(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_MEDIA))];
        (StatusCode::CONFLICT, media, body).into_response()
    }
}

impl Answer for AtTheBox {
    fn describe(operation: &mut Operation<'_>) {
        let schema = operation.sent_schema::<OldProblemDocument>();
        operation.add_answer(StatusCode::CONFLICT, Some(PROBLEM_MEDIA), AnswerBody::Json(schema));
    }
}

pub(super) async fn list_addresses(
    conn: &mut ScopedConnection,
    only: Option<record::ids::FacilityId>,
) -> Result<Vec<String>, DbError> {
    let ids = match only {
        Some(only) => vec![only],
        None => {
            let rows = facilities::list_facilities(conn).await?.into_iter().filter(|row| !row.is_closed);
            let ids = rows.take(ADDRESSES_MAX).map(|row| row.facility.parse());
            ids.collect::<Result<_, _>>().map_err(|e| DbError::stored("facility id", e))?
        }
    };
    let mut addresses = Vec::new();
    for id in ids {
        let host = load_settings(conn, id).await?.label_host;
        if !host.is_empty() && !addresses.contains(&host) {
            addresses.push(host);
        }
    }
    Ok(addresses)
}
