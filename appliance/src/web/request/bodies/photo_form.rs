//! A form with a photo: its fields, and the photo, streamed to the photo store while it arrives.

use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, StatusCode};
use serde_json::json;
use web::argument::{FormFields, FormRules, next_chunk, read_body};
use web::error::{HttpError, RequestFault};
use web::route::{Argument, Operation};

use crate::listen::PeerAddress;
use crate::photo::{PhotoTrouble, PhotoUpload};
use crate::web::context::AppState;
use crate::web::http_error::worded;
use crate::web::request::bodies::form::{SessionFormToken, multipart_error, new_parser, require_form_media};
use crate::web::request::bodies::multipart::BodyPiece;
use crate::web::request::client::peer::find_peer;
use crate::web::words::ErrorWords;

/// Bytes of a form with its photo: what exceeds a photo's own limit is read and dropped, so that the rest of the form is kept.
pub(crate) const UPLOAD_BYTES_MAX: u64 = 64 * 1024 * 1024;

pub(crate) struct ScanRules;

impl FormRules for ScanRules {
    fn may_repeat(name: &str) -> bool {
        matches!(name, "step" | "steps" | "photo")
    }
}

/// The fields of a form, and the photo that came with it. Where a photo has to wait for the decoder, so does the rest
/// of the form, unread.
pub(crate) struct PhotoForm {
    pub(crate) fields: FormFields,
    pub(crate) photo: Option<Result<PhotoUpload, PhotoTrouble>>,
}

impl FromRequest<AppState> for PhotoForm {
    type Rejection = HttpError;
    async fn from_request(request: Request, state: &AppState) -> Result<Self, HttpError> {
        let (head, mut body) = request.into_parts();
        if !require_form_media(&head.headers)? {
            let body = read_body(&head.headers, body, ScanRules::BYTES_MAX).await?;
            return Ok(Self { fields: FormFields::parse_urlencoded::<ScanRules>(&body)?, photo: None });
        }
        if stated_bytes(&head.headers) > UPLOAD_BYTES_MAX {
            return Err(photo_too_long());
        }
        let mut reader = PhotoFormReader::new(state, find_peer(&head.extensions));
        let (mut parser, mut pieces) = (new_parser(&head.headers)?, Vec::new());
        while let Some(chunk) = next_chunk(&mut body).await? {
            reader.count(&chunk)?;
            parser.feed(&chunk, &mut pieces).map_err(multipart_error)?;
            for piece in pieces.drain(..) {
                reader.take(piece).await?;
            }
        }
        parser.end().map_err(multipart_error)?;
        let PhotoFormReader { form, .. } = reader;
        Ok(Self { fields: form.fields.require_single::<ScanRules>()?, ..form })
    }
}

impl Argument for PhotoForm {
    fn describe(operation: &mut Operation<'_>) {
        let photo = json!({ "type": "string", "format": "binary" });
        let fields = json!({ "type": "object", "properties": { "photo": photo } });
        operation.set_body("multipart/form-data", &fields);
        operation.add_refusals(&[
            StatusCode::BAD_REQUEST,
            StatusCode::REQUEST_TIMEOUT,
            StatusCode::PAYLOAD_TOO_LARGE,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ]);
    }
}

/// The same for a staff page, which one of the session's own pages sent.
pub(crate) struct StaffPhotoForm(pub(crate) PhotoForm);

impl FromRequest<AppState> for StaffPhotoForm {
    type Rejection = HttpError;
    async fn from_request(request: Request, state: &AppState) -> Result<Self, HttpError> {
        let token = request.extensions().get().cloned();
        let form = PhotoForm::from_request(request, state).await?;
        SessionFormToken::require(token, &form.fields)?;
        Ok(Self(form))
    }
}

impl Argument for StaffPhotoForm {
    fn describe(operation: &mut Operation<'_>) {
        PhotoForm::describe(operation);
    }
}

fn stated_bytes(headers: &HeaderMap) -> u64 {
    headers.get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok()).unwrap_or(0)
}

pub(crate) fn photo_too_long() -> HttpError {
    HttpError::from(RequestFault::TooLong { field: "photo".to_owned() })
        .detail(worded(ErrorWords::error_too_long_photo))
}

struct PhotoFormReader<'s> {
    state: &'s AppState,
    from: PeerAddress,
    form: PhotoForm,
    present: CurrentPart,
    bytes: u64,
    text_bytes: usize,
}

enum CurrentPart {
    Nothing,
    Field(String, Vec<u8>),
    Photo(Result<PhotoUpload, PhotoTrouble>),
}

impl<'s> PhotoFormReader<'s> {
    fn new(state: &'s AppState, from: PeerAddress) -> Self {
        let form = PhotoForm { fields: FormFields::default(), photo: None };
        Self { state, from, form, present: CurrentPart::Nothing, bytes: 0, text_bytes: 0 }
    }

    fn count(&mut self, chunk: &Bytes) -> Result<(), HttpError> {
        self.bytes += u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        if self.bytes > UPLOAD_BYTES_MAX { Err(photo_too_long()) } else { Ok(()) }
    }

    async fn take(&mut self, piece: BodyPiece) -> Result<(), HttpError> {
        match piece {
            BodyPiece::Part(part) if part.file && part.name == "photo" && self.form.photo.is_none() => {
                self.present = CurrentPart::Photo(self.state.photos.incoming(self.from.remote).await);
            }
            BodyPiece::Part(part) if part.file || part.name == "photo" => self.present = CurrentPart::Nothing,
            BodyPiece::Part(part) => self.present = CurrentPart::Field(part.name, Vec::new()),
            BodyPiece::Data(data) => self.take_data(&data).await?,
            BodyPiece::PartEnd => match std::mem::replace(&mut self.present, CurrentPart::Nothing) {
                CurrentPart::Nothing => {}
                CurrentPart::Field(name, value) => self.form.fields.push::<ScanRules>(name, value)?,
                CurrentPart::Photo(photo) => self.form.photo = Some(photo),
            },
        }
        Ok(())
    }

    async fn take_data(&mut self, data: &[u8]) -> Result<(), HttpError> {
        let trouble = match &mut self.present {
            CurrentPart::Nothing | CurrentPart::Photo(Err(_)) => None,
            CurrentPart::Field(name, value) => {
                self.text_bytes += data.len();
                if value.len() + data.len() > ScanRules::FIELD_BYTES_MAX
                    || self.text_bytes > ScanRules::BYTES_MAX
                {
                    return Err(RequestFault::TooLong { field: name.clone() }.into());
                }
                value.extend_from_slice(data);
                None
            }
            CurrentPart::Photo(Ok(upload)) => upload.write(data).await.err(),
        };
        if let Some(trouble) = trouble {
            self.present = CurrentPart::Photo(Err(trouble));
        }
        Ok(())
    }
}
