//! Forms of staff pages: each must come from one of the session's own pages.

use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;
use web::argument::{FormBody, FormFields, FormRules, PlainForm, read_body, require_media};
use web::error::{HttpError, RequestFault};
use web::route::{Argument, Operation};

use crate::listen::PeerAddress;
use crate::web::context::{AppState, is_set_up};
use crate::web::http_error::{busy_reading, new_error, unreadable_form, worded};
use crate::web::request::bodies::multipart::{BodyPiece, MultipartError, MultipartParser, PARTS_MAX};
use crate::web::words::ErrorWords;

const URLENCODED: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data";
pub(crate) const FORM_TOKEN: &str = "form";
const LIST_FIELDS_MAX: usize = 5_200;
const LIST_BYTES_MAX: usize = 1_200_000;
/// Of a form that anybody may send: a claim file as a file or as text, and some lines.
const OPEN_BYTES_MAX: usize = 300_000;

/// What every form of the present session carries; the access check adds it to the request's extensions.
#[derive(Clone)]
pub(crate) struct SessionFormToken(String);

impl SessionFormToken {
    pub(crate) fn new(token: String) -> Self {
        Self(token)
    }

    pub(crate) fn require(token: Option<Self>, form: &FormFields) -> Result<(), HttpError> {
        if token.is_some_and(|Self(token)| form.text(FORM_TOKEN) == token) {
            return Ok(());
        }
        Err(new_error(StatusCode::FORBIDDEN, "form-token", worded(ErrorWords::error_form_token))
            .detail(worded(ErrorWords::error_form_token_detail))
            .safe(worded(ErrorWords::error_nothing_changed))
            .next(worded(ErrorWords::error_form_token_next)))
    }
}

pub(crate) struct StaffForm(pub(crate) FormFields);

impl FromRequest<AppState> for StaffForm {
    type Rejection = HttpError;
    async fn from_request(request: Request, state: &AppState) -> Result<Self, HttpError> {
        let token = request.extensions().get().cloned();
        let FormBody { fields, .. } = FormBody::<PlainForm>::from_request(request, state).await?;
        SessionFormToken::require(token, &fields)?;
        Ok(Self(fields))
    }
}

impl Argument for StaffForm {
    fn describe(operation: &mut Operation<'_>) {
        FormBody::<PlainForm>::describe(operation);
    }
}

/// The bounds of a form that holds a list; any of its fields may repeat.
struct ListRules;

impl FormRules for ListRules {
    const FIELDS_MAX: usize = LIST_FIELDS_MAX;
    const FIELD_BYTES_MAX: usize = LIST_BYTES_MAX;
    const BYTES_MAX: usize = LIST_BYTES_MAX;

    fn may_repeat(_: &str) -> bool {
        true
    }
}

/// A form with a long list, or with a file of text in the field `file`.
pub(crate) struct StaffListForm {
    pub(crate) fields: FormFields,
    pub(crate) file: Option<Vec<u8>>,
}

impl FromRequest<AppState> for StaffListForm {
    type Rejection = HttpError;
    async fn from_request(request: Request, _: &AppState) -> Result<Self, HttpError> {
        let (head, body) = request.into_parts();
        let form = read_list_form(&head.headers, body, LIST_BYTES_MAX).await?;
        SessionFormToken::require(head.extensions.get().cloned(), &form.fields)?;
        Ok(form)
    }
}

/// Bytes of a form with a report: one of a year has some megabytes.
const REPORT_BYTES_MAX: usize = 16 << 20;

/// A form with a report in the field `file`.
pub(crate) struct StaffReportForm {
    pub(crate) file: Option<Vec<u8>>,
    /// One is in memory at a time.
    pub(crate) place: OwnedSemaphorePermit,
}

impl FromRequest<AppState> for StaffReportForm {
    type Rejection = HttpError;
    async fn from_request(request: Request, state: &AppState) -> Result<Self, HttpError> {
        let (head, body) = request.into_parts();
        let place = Arc::clone(&state.inner.brought_reports).try_acquire_owned();
        let place = place.map_err(|_| busy_reading())?;
        let StaffListForm { fields, file } = read_list_form(&head.headers, body, REPORT_BYTES_MAX).await?;
        SessionFormToken::require(head.extensions.get().cloned(), &fields)?;
        Ok(Self { file, place })
    }
}

impl Argument for StaffReportForm {
    fn describe(operation: &mut Operation<'_>) {
        StaffListForm::describe(operation);
    }
}

/// As [`StaffListForm`] without a session: its content must prove who sent it.
pub(crate) struct OpenListForm {
    pub(crate) fields: FormFields,
    pub(crate) file: Option<Vec<u8>>,
}

impl FromRequest<AppState> for OpenListForm {
    type Rejection = HttpError;
    async fn from_request(request: Request, state: &AppState) -> Result<Self, HttpError> {
        let (head, body) = request.into_parts();
        let is_secure = head.extensions.get::<PeerAddress>().is_some_and(|peer| peer.secure);
        // The page refuses these whatever they contain, so no memory is spent on them.
        if !is_secure || is_set_up(state).await? {
            return Ok(Self { fields: FormFields::default(), file: None });
        }
        let _place = state.inner.open_forms.try_acquire().map_err(|_| busy_reading())?;
        let StaffListForm { fields, file } = read_list_form(&head.headers, body, OPEN_BYTES_MAX).await?;
        Ok(Self { fields, file })
    }
}

impl Argument for OpenListForm {
    fn describe(operation: &mut Operation<'_>) {
        StaffListForm::describe(operation);
    }
}

async fn read_list_form(
    headers: &HeaderMap,
    body: axum::body::Body,
    bytes_max: usize,
) -> Result<StaffListForm, HttpError> {
    let is_multipart = require_form_media(headers)?;
    let body = read_body(headers, body, bytes_max).await?;
    match is_multipart {
        true => read_parts(headers, &body),
        false => Ok(StaffListForm { fields: FormFields::parse_urlencoded::<ListRules>(&body)?, file: None }),
    }
}

impl Argument for StaffListForm {
    fn describe(operation: &mut Operation<'_>) {
        FormBody::<PlainForm>::describe(operation);
        operation.set_body(MULTIPART, &json!({ "type": "object" }));
    }
}

pub(crate) fn require_form_media(headers: &HeaderMap) -> Result<bool, HttpError> {
    if require_media(headers, MULTIPART).is_ok() {
        return Ok(true);
    }
    let expected = "application/x-www-form-urlencoded or multipart/form-data";
    require_media(headers, URLENCODED).map_err(|_| RequestFault::MediaType { expected })?;
    Ok(false)
}

pub(crate) fn new_parser(headers: &HeaderMap) -> Result<MultipartParser, HttpError> {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    MultipartParser::new(content_type).map_err(multipart_error)
}

pub(crate) fn multipart_error(error: MultipartError) -> HttpError {
    unreadable_form(worded(move |words: ErrorWords| match error {
        MultipartError::Boundary => words.error_parts_boundary(),
        MultipartError::Unfinished => words.error_parts_unfinished(),
        MultipartError::Head => words.error_parts_head(),
        MultipartError::TooMany => words.error_parts_many(PARTS_MAX.to_string()),
    }))
}

fn read_parts(headers: &HeaderMap, body: &[u8]) -> Result<StaffListForm, HttpError> {
    let (mut parser, mut pieces) = (new_parser(headers)?, Vec::new());
    parser.feed(body, &mut pieces).and_then(|()| parser.end()).map_err(multipart_error)?;
    let (mut form, mut present) = (StaffListForm { fields: FormFields::default(), file: None }, None);
    for piece in pieces {
        match piece {
            BodyPiece::Part(part) => present = Some((part, Vec::new())),
            BodyPiece::Data(data) => {
                if let Some((_, value)) = &mut present {
                    value.extend_from_slice(&data);
                }
            }
            BodyPiece::PartEnd => match present.take() {
                Some((part, value)) if part.file && part.name == "file" => form.file = Some(value),
                // A file that the form has no field for, or an empty choice of one.
                Some((part, _)) if part.file || part.name == "file" => {}
                Some((part, value)) => form.fields.push::<ListRules>(part.name, value)?,
                None => {}
            },
        }
    }
    Ok(form)
}
