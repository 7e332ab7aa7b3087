//! A form with one picture or none, read whole: what is longer than a picture may be is not read on.

use ::web::argument::{FormFields, PlainForm, read_body, require_media};
use ::web::error::{FormFault, HttpError, RequestFault};
use ::web::route::{Argument, Operation};
use axum::body::Body;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::StatusCode;
use serde_json::json;

use crate::accounts::AccountUser;
use crate::accounts::logo::UPLOAD_BYTES_MAX;
use crate::web::WebContext;
use crate::web::form::{FORM_TOKEN, RelayForm, require_own_fields};

const MEDIA: &str = "multipart/form-data";
pub(crate) const PICTURE: &str = "picture";
/// What surrounds the file.
const FURTHER_BYTES_MAX: usize = 16 * 1024;

#[derive(Debug)]
pub(crate) struct PictureForm {
    fields: FormFields,
    picture: Vec<u8>,
}

impl PictureForm {
    /// What a form has that came from a page of this session: its fields and its file.
    pub(crate) fn take_own(self, visitor: &AccountUser) -> Result<(FormFields, Vec<u8>), HttpError> {
        require_own_fields(visitor, &self.fields)?;
        Ok((self.fields, self.picture))
    }
}

impl FromRequest<WebContext> for PictureForm {
    type Rejection = HttpError;
    async fn from_request(request: Request, web: &WebContext) -> Result<Self, HttpError> {
        let (head, body) = request.into_parts();
        if require_media(&head.headers, MEDIA).is_err() {
            // A form without a file.
            let form = RelayForm::from_request(Request::from_parts(head, body), web).await?;
            return Ok(Self { fields: form.fields, picture: Vec::new() });
        }
        let body = read_body(&head.headers, body, UPLOAD_BYTES_MAX + FURTHER_BYTES_MAX).await?;
        let whole = Request::from_parts(head, Body::from(body));
        let mut parts = Multipart::from_request(whole, web).await.map_err(|_| form_fault())?;
        let mut form = Self { fields: FormFields::default(), picture: Vec::new() };
        while let Some(part) = parts.next_field().await.map_err(|_| form_fault())? {
            let name = part.name().unwrap_or_default().to_owned();
            let bytes = part.bytes().await.map_err(|_| form_fault())?;
            if name == PICTURE {
                form.picture = bytes.to_vec();
            } else {
                form.fields.push::<PlainForm>(name, bytes.to_vec())?;
            }
        }
        form.fields = form.fields.require_single::<PlainForm>()?;
        Ok(form)
    }
}

fn form_fault() -> HttpError {
    RequestFault::Form(FormFault::FieldName).into()
}

impl Argument for PictureForm {
    fn describe(operation: &mut Operation<'_>) {
        let fields = json!({
            "type": "object",
            "properties": { PICTURE: { "type": "string", "format": "binary" }, FORM_TOKEN: { "type": "string" } },
        });
        operation.set_body(MEDIA, &fields);
        operation.add_refusals(&[
            StatusCode::BAD_REQUEST,
            StatusCode::REQUEST_TIMEOUT,
            StatusCode::PAYLOAD_TOO_LARGE,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ]);
    }
}
