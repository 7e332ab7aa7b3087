//! A copy of a phone's queue, in a staff form: a line for each record, followed by one for each of its photos.

use axum::extract::{FromRequest, Request};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use http::request::Parts;
use record::limits::PHOTOS_MAX;
use serde::Deserialize;
use serde_json::json;
use service::attempts::ClientNetwork;
use web::argument::{FormFields, FormRules, PlainForm, next_chunk, read_body};
use web::error::{HttpError, RequestFault};
use web::route::{Argument, Operation};

use crate::intake::ReportPlacement;
use crate::listen::PeerAddress;
use crate::web::commands::photo_follow::lacks_photos;
use crate::web::commands::photo_upload::{await_photo, take_photo};
use crate::web::commands::run::by_key;
use crate::web::context::AppState;
use crate::web::request::bodies::form::{SessionFormToken, multipart_error, new_parser, require_form_media};
use crate::web::request::bodies::multipart::BodyPiece;
use crate::web::request::client::peer::find_peer;
use crate::web::request::submissions::phone_submission::{
    DOCUMENT_BYTES_MAX, PHOTO_BYTES_MAX, PhoneSubmission, SubmissionJson, SubmittedPhotos, comes_again,
    photo_later,
};

/// A phone writes a further file before one gets that long.
const BYTES_MAX: usize = 64 * 1024 * 1024;
/// A photo, whose three bytes are four characters, and the JSON around them.
const LINE_BYTES_MAX: usize = PHOTO_BYTES_MAX / 3 * 4 + 64;
pub(crate) const RECORDS_MAX: usize = 200;

const _: () = assert!(DOCUMENT_BYTES_MAX < LINE_BYTES_MAX);

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum CopyLine {
    Submission(Box<SubmissionJson>),
    Photo(String),
}

#[derive(Default)]
pub(crate) struct CopyFile {
    pub(crate) records: Vec<PhoneSubmission>,
    /// Lines that are neither a record nor a photo.
    pub(crate) unreadable: usize,
    pub(crate) over: usize,
}

impl FromRequest<AppState> for CopyFile {
    type Rejection = HttpError;
    async fn from_request(request: Request, state: &AppState) -> Result<Self, HttpError> {
        let (head, mut body) = request.into_parts();
        if !require_form_media(&head.headers)? {
            let body = read_body(&head.headers, body, PlainForm::BYTES_MAX).await?;
            let fields = FormFields::parse_urlencoded::<PlainForm>(&body)?;
            SessionFormToken::require(head.extensions.get().cloned(), &fields)?;
            return Ok(Self::default());
        }
        let mut reader = CopyReader::new(state, &head);
        let (mut parser, mut pieces) = (new_parser(&head.headers)?, Vec::new());
        let mut bytes = 0;
        while let Some(chunk) = next_chunk(&mut body).await? {
            bytes += chunk.len();
            if bytes > BYTES_MAX {
                return Err(RequestFault::TooLong { field: "file".to_owned() }.into());
            }
            parser.feed(&chunk, &mut pieces).map_err(multipart_error)?;
            for piece in pieces.drain(..) {
                reader.take(piece).await?;
            }
        }
        parser.end().map_err(multipart_error)?;
        SessionFormToken::require(reader.token, &reader.fields)?;
        Ok(reader.file)
    }
}

impl Argument for CopyFile {
    fn describe(operation: &mut Operation<'_>) {
        let file = json!({ "type": "string", "format": "binary" });
        let parts = json!({ "type": "object", "properties": { "form": { "type": "string" }, "file": file } });
        operation.set_body("multipart/form-data", &parts);
        operation.add_refusals(&[
            StatusCode::BAD_REQUEST,
            StatusCode::FORBIDDEN,
            StatusCode::REQUEST_TIMEOUT,
            StatusCode::PAYLOAD_TOO_LARGE,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            StatusCode::SERVICE_UNAVAILABLE,
        ]);
    }
}

struct CopyReader<'s> {
    state: &'s AppState,
    from: PeerAddress,
    token: Option<SessionFormToken>,
    fields: FormFields,
    present: CopyPart,
    file: CopyFile,
    line: Vec<u8>,
    /// Whether the record before takes photos: one that is on the box already needs none.
    takes_photos: bool,
}

enum CopyPart {
    Nothing,
    Field(String, Vec<u8>),
    File,
}

impl<'s> CopyReader<'s> {
    fn new(state: &'s AppState, head: &Parts) -> Self {
        Self {
            state,
            from: find_peer(&head.extensions),
            token: head.extensions.get().cloned(),
            fields: FormFields::default(),
            present: CopyPart::Nothing,
            file: CopyFile::default(),
            line: Vec::new(),
            takes_photos: false,
        }
    }

    async fn take(&mut self, piece: BodyPiece) -> Result<(), HttpError> {
        match piece {
            BodyPiece::Part(part) if part.file && part.name == "file" => {
                SessionFormToken::require(self.token.clone(), &self.fields)?;
                self.present = CopyPart::File;
            }
            BodyPiece::Part(part) if part.file => self.present = CopyPart::Nothing,
            BodyPiece::Part(part) => self.present = CopyPart::Field(part.name, Vec::new()),
            BodyPiece::Data(data) => self.take_data(&data).await?,
            BodyPiece::PartEnd => match std::mem::replace(&mut self.present, CopyPart::Nothing) {
                CopyPart::Nothing => {}
                CopyPart::Field(name, value) => self.fields.push::<PlainForm>(name, value)?,
                CopyPart::File => self.take_line().await?,
            },
        }
        Ok(())
    }

    async fn take_data(&mut self, data: &[u8]) -> Result<(), HttpError> {
        match &mut self.present {
            CopyPart::Nothing => Ok(()),
            CopyPart::Field(name, value) if value.len() + data.len() > PlainForm::FIELD_BYTES_MAX => {
                Err(RequestFault::TooLong { field: name.clone() }.into())
            }
            CopyPart::Field(_, value) => {
                value.extend_from_slice(data);
                Ok(())
            }
            CopyPart::File => self.take_file(data).await,
        }
    }

    async fn take_file(&mut self, data: &[u8]) -> Result<(), HttpError> {
        for piece in data.split_inclusive(|byte| *byte == b'\n') {
            // One byte over the limit is enough to know that the line is too long.
            let space_left = (LINE_BYTES_MAX + 1).saturating_sub(self.line.len());
            self.line.extend_from_slice(&piece[..piece.len().min(space_left)]);
            if piece.ends_with(b"\n") {
                self.take_line().await?;
            }
        }
        Ok(())
    }

    async fn take_line(&mut self) -> Result<(), HttpError> {
        let line = std::mem::take(&mut self.line);
        let text = line.trim_ascii();
        if text.is_empty() {
            return Ok(());
        }
        let read = Some(text).filter(|text| text.len() <= LINE_BYTES_MAX);
        match read.and_then(|text| serde_json::from_slice(text).ok()) {
            Some(CopyLine::Photo(photo)) => return self.take_photo(&photo).await,
            Some(CopyLine::Submission(_)) if self.file.records.len() >= RECORDS_MAX => {
                self.takes_photos = false;
                self.file.over += 1;
                return Ok(());
            }
            Some(CopyLine::Submission(document)) => {
                if let Ok(document) = document.check() {
                    self.takes_photos = match by_key(self.state, document.id()).await {
                        Some((line, _)) => lacks_photos(self.state, line.of).await,
                        None => true,
                    };
                    let photos = SubmittedPhotos::default();
                    let came = self.state.clock.now();
                    let network = ClientNetwork::of(self.from.remote);
                    self.file.records.push(PhoneSubmission {
                        came,
                        document,
                        photos,
                        proven: None,
                        problem_goes: ReportPlacement::Entry,
                        network,
                    });
                    return Ok(());
                }
            }
            _ => {}
        }
        self.takes_photos = false;
        self.file.unreadable += 1;
        Ok(())
    }

    /// An unusable photo is left out of the record, which then lacks one where one is required.
    async fn take_photo(&mut self, photo: &str) -> Result<(), HttpError> {
        let Some(record) = self.file.records.last_mut().filter(|_| self.takes_photos) else { return Ok(()) };
        let Ok(bytes) = STANDARD.decode(photo) else { return Ok(()) };
        if record.photos.stored.len() >= PHOTOS_MAX || bytes.len() > PHOTO_BYTES_MAX {
            return Ok(());
        }
        let mut upload = self.state.photos.incoming(self.from.remote).await;
        if let Ok(file) = &mut upload
            && let Err(trouble) = file.write(&bytes).await
        {
            upload = Err(trouble);
        }
        match await_photo(take_photo(self.state, Some(upload)).await).await {
            Ok(stored) => record.photos.stored.extend(stored),
            Err(refusal) if comes_again(self.state, record.document.id(), refusal) => {
                return Err(photo_later(refusal));
            }
            Err(_) => {}
        }
        Ok(())
    }
}
