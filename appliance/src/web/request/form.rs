//! A request's form, urlencoded or multipart, with every part of it bounded; nothing in it is believed.

use std::net::IpAddr;

use axum::body::{Body, Bytes};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;

use crate::listen::UploadError;
use crate::photo::{Incoming, PhotoTrouble, Photos};
use crate::web::http_error::Problem;
use crate::web::request::multipart::{MultipartError, PARTS_MAX, Parser, Piece};
use crate::web::request::peer::peer;

/// Bytes of one field: four times what intake takes, so that intake can say what is too long.
const FIELD_BYTES_MAX: usize = 16 * 1024;
/// Bytes of a form without files.
const FORM_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a form with files: what goes over a photo's own limit is read and dropped, so that the rest of the form is kept.
const UPLOAD_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Fields that may come more than once: boxes to tick, and files.
const REPEATED: [&str; 3] = ["step", "steps", "photo"];
/// Characters of a field's name that are told back.
const FIELD_NAME_CHARS_MAX: usize = 100;
/// Fields of a form that holds a list: as many as a print job has labels, and what stands around them.
const LIST_FIELDS_MAX: usize = 5_200;
/// Bytes of such a form, and of a file in it.
pub(crate) const LIST_BYTES_MAX: usize = 1_200_000;

/// The fields of a form, in their order.
#[derive(Default)]
pub(crate) struct Form {
    fields: Vec<(String, String)>,
    /// The photo that came with it.
    pub(crate) photo: Option<Result<Incoming, PhotoTrouble>>,
}

impl Form {
    /// A field's first value.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// A field's first value, or nothing.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// All values of a field.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// All fields, in their order.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether the request had any field of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

/// Reads a form. A file in the field `photo` goes to `photos`, all others are dropped. Where a photo has to wait for its
/// turn, so does the rest of the form, unread.
pub(crate) async fn read(request: Request<Body>, photos: Option<&Photos>) -> Result<Form, Problem> {
    let from = peer(&request).remote;
    let (head, body) = request.into_parts();
    let content_type =
        head.headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.as_str() {
        "application/x-www-form-urlencoded" => {
            let body =
                read_bounded(&head.headers, body, FORM_BYTES_MAX).await.map_err(|e| e.problem("the form"))?;
            let fields = urlencoded(&body, PARTS_MAX, FIELD_BYTES_MAX)?;
            once_each(Form { fields, photo: None })
        }
        "multipart/form-data" => multipart(&head.headers, &content_type, body, (photos, from)).await,
        _ => Err(unsupported("a form (application/x-www-form-urlencoded or multipart/form-data)")),
    }
}

/// Reads a form that holds a long list, or a file of text in the field `file`; the file's bytes beside the form.
pub(crate) async fn read_list(request: Request<Body>) -> Result<(Form, Option<Vec<u8>>), Problem> {
    let (head, body) = request.into_parts();
    let content_type = head.headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let body = read_bounded(&head.headers, body, LIST_BYTES_MAX).await.map_err(|e| e.problem("the list"))?;
    match kind.as_str() {
        "application/x-www-form-urlencoded" => {
            let fields = urlencoded(&body, LIST_FIELDS_MAX, LIST_BYTES_MAX)?;
            Ok((Form { fields, photo: None }, None))
        }
        "multipart/form-data" => list_parts(content_type, &body),
        _ => Err(unsupported("a form (application/x-www-form-urlencoded or multipart/form-data)")),
    }
}

/// The parts of a multipart form that is in memory whole.
fn list_parts(content_type: &str, body: &[u8]) -> Result<(Form, Option<Vec<u8>>), Problem> {
    let broken = |error: MultipartError| Problem::form(format!("{error}."));
    let (mut parser, mut pieces) = (Parser::new(content_type).map_err(broken)?, Vec::new());
    parser.feed(body, &mut pieces).map_err(broken)?;
    parser.end().map_err(broken)?;
    let (mut form, mut file, mut present) = (Form::default(), None, None);
    for piece in pieces {
        match piece {
            Piece::Part(part) => present = Some((part, Vec::new())),
            Piece::Data(data) => {
                if let Some((_, value)) = &mut present {
                    value.extend_from_slice(&data);
                }
            }
            Piece::PartEnd => match present.take() {
                Some((part, value)) if part.file && part.name == "file" => file = Some(value),
                // A file that nobody asked for, or an empty choice of one.
                Some((part, _)) if part.file || part.name == "file" => {}
                Some((part, value)) => form.fields.push(field(part.name, value, LIST_BYTES_MAX)?),
                None => {}
            },
        }
    }
    Ok((form, file))
}

/// Reads a JSON document.
pub(crate) async fn read_json<T: serde::de::DeserializeOwned>(request: Request<Body>) -> Result<T, Problem> {
    let (head, body) = request.into_parts();
    let content_type = head.headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !content_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
        return Err(unsupported("JSON (application/json)"));
    }
    let body =
        read_bounded(&head.headers, body, FORM_BYTES_MAX).await.map_err(|e| e.problem("the document"))?;
    let mut document = serde_json::Deserializer::from_slice(&body);
    let read = serde_path_to_error::deserialize(&mut document).map_err(|error| json_problem(&error))?;
    document.end().map_err(|error| not_fitting(&error))?;
    Ok(read)
}

/// Reads a body that is a file, whatever kind it says it is.
pub(crate) async fn read_bytes(
    request: Request<Body>,
    bytes_max: usize,
    what: &'static str,
) -> Result<Vec<u8>, Problem> {
    let (head, body) = request.into_parts();
    read_bounded(&head.headers, body, bytes_max).await.map_err(|error| match error {
        ReadError::TooLong(_) => Problem::too_long(what).detail(format!(
            "The {what} has more than {bytes_max} bytes, which is the most that the box takes."
        )),
        error => error.problem(what),
    })
}

/// Reads what a request says that need not say anything: a connection that is closed with its body unread may lose the
/// end of the answer (RFC 9112, 9.6).
pub(crate) async fn nothing(request: Request<Body>) -> Result<(), Problem> {
    read_bytes(request, FORM_BYTES_MAX, "request").await.map(drop)
}

fn not_fitting(error: &serde_json::Error) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "json", "The JSON document does not fit")
        .detail(error.to_string())
        .next("Compare it with /api/openapi.json.")
}

/// What is wrong with a JSON document, and in which of its fields, as far as it is one field's fault.
pub(crate) fn json_problem(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let problem = not_fitting(error.inner());
    if !error.inner().is_data() {
        // It is no JSON, wherever that was found out.
        return problem;
    }
    let path = error.path().to_string();
    // A field that is not there has no path of its own.
    let missing = problem.detail.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    let field = match (path.as_str(), missing) {
        (".", None) => return problem,
        (".", Some(name)) => name.to_owned(),
        (_, Some(name)) => format!("{path}.{name}"),
        (_, None) => path,
    };
    problem.field(field.chars().take(FIELD_NAME_CHARS_MAX).collect::<String>())
}

/// Two values of one field are two opinions: taking either would record what nobody may have meant.
fn once_each(form: Form) -> Result<Form, Problem> {
    let mut seen = std::collections::BTreeSet::new();
    let mut names = form.fields.iter().map(|(name, _)| name.as_str());
    match names.find(|name| !REPEATED.contains(name) && !seen.insert(*name)) {
        Some(name) => {
            Err(Problem::form(format!("The field “{name}” came more than once.")).field(name.to_owned()))
        }
        None => Ok(form),
    }
}

fn unsupported(wanted: &str) -> Problem {
    Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "content-type",
        "The box does not read this kind of content",
    )
    .detail(format!("It takes {wanted} here."))
    .field("content-type")
}

enum ReadError {
    TooLong(Vec<u8>),
    Slow,
    Broken,
}

impl ReadError {
    fn problem(self, what: &str) -> Problem {
        match self {
            Self::TooLong(beginning) => {
                Problem::too_long(&last_field(&beginning).unwrap_or_else(|| what.to_owned()))
            }
            Self::Slow => slow(),
            Self::Broken => Problem::form("It broke off before its end."),
        }
    }
}

fn slow() -> Problem {
    Problem::new(StatusCode::REQUEST_TIMEOUT, "too-slow", "The request took too long")
        .detail("The rest of it did not come in time.")
        .next("Go where the Wi-Fi is better and send it again.")
}

/// The field in which a form that is too long stopped being read.
fn last_field(beginning: &[u8]) -> Option<String> {
    let last = beginning.rsplit(|&b| b == b'&').next()?;
    let name = last.split(|&b| b == b'=').next()?;
    String::from_utf8(percent_decoded(name)?).ok().filter(|n| (1..=40).contains(&n.chars().count()))
}

fn stated_bytes(headers: &HeaderMap) -> u64 {
    headers.get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok()).unwrap_or(0)
}

async fn read_bounded(headers: &HeaderMap, mut body: Body, bytes_max: usize) -> Result<Vec<u8>, ReadError> {
    let stated = usize::try_from(stated_bytes(headers)).unwrap_or(usize::MAX);
    // Ten times too long is not read at all; a little too long is, so that the field can be named.
    if stated > bytes_max * 64 {
        return Err(ReadError::TooLong(Vec::new()));
    }
    let mut bytes = Vec::with_capacity(stated.min(bytes_max));
    while let Some(chunk) = next_chunk(&mut body).await? {
        let room = bytes_max.saturating_sub(bytes.len());
        if chunk.len() > room {
            bytes.extend_from_slice(&chunk[..room]);
            return Err(ReadError::TooLong(bytes));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

async fn next_chunk(body: &mut Body) -> Result<Option<Bytes>, ReadError> {
    loop {
        match body.frame().await {
            None => return Ok(None),
            Some(Ok(frame)) => {
                // Trailers say nothing that a form needs.
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
            Some(Err(error)) => {
                let source: Option<&(dyn std::error::Error + 'static)> = std::error::Error::source(&error);
                let slow = source
                    .and_then(|s| s.downcast_ref::<crate::listen::UploadError>())
                    .is_some_and(|e| matches!(e, UploadError::TooSlow));
                return Err(if slow { ReadError::Slow } else { ReadError::Broken });
            }
        }
    }
}

fn urlencoded(
    body: &[u8],
    fields_max: usize,
    field_bytes_max: usize,
) -> Result<Vec<(String, String)>, Problem> {
    let mut fields = Vec::new();
    for pair in body.split(|&b| b == b'&').filter(|pair| !pair.is_empty()) {
        if fields.len() >= fields_max {
            return Err(Problem::form(format!("It has more than {fields_max} fields.")));
        }
        let (name, value) = match pair.iter().position(|&b| b == b'=') {
            Some(at) => (&pair[..at], &pair[at + 1..]),
            None => (pair, &b""[..]),
        };
        let name = percent_decoded(name).and_then(|n| String::from_utf8(n).ok()).filter(|n| n.len() <= 100);
        let name = name.ok_or_else(|| Problem::form("The name of a field cannot be read."))?;
        let value = percent_decoded(value).ok_or_else(|| not_text(&name))?;
        fields.push(field(name, value, field_bytes_max)?);
    }
    Ok(fields)
}

fn field(name: String, value: Vec<u8>, bytes_max: usize) -> Result<(String, String), Problem> {
    if value.len() > bytes_max {
        return Err(Problem::too_long(&name));
    }
    match String::from_utf8(value) {
        Ok(value) => Ok((name, value)),
        Err(_) => Err(not_text(&name)),
    }
}

fn not_text(name: &str) -> Problem {
    Problem::form(format!("The field “{name}” is not UTF-8 text.")).field(name.to_owned())
}

/// `None` where a `%` is not followed by two hex digits.
fn percent_decoded(text: &[u8]) -> Option<Vec<u8>> {
    let digit =
        |b: Option<&u8>| b.and_then(|b| char::from(*b).to_digit(16)).and_then(|d| u8::try_from(d).ok());
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => digit(rest.next())? * 16 + digit(rest.next())?,
            other => *other,
        });
    }
    Some(bytes)
}

async fn multipart(
    headers: &HeaderMap,
    content_type: &str,
    mut body: Body,
    (photos, from): (Option<&Photos>, IpAddr),
) -> Result<Form, Problem> {
    let bytes_max = if photos.is_some() { UPLOAD_BYTES_MAX } else { FORM_BYTES_MAX as u64 };
    let too_long = || Problem::too_long("photo").detail("A photo may have up to 30 MB.");
    if stated_bytes(headers) > bytes_max {
        return Err(too_long());
    }
    let broken = |error: MultipartError| Problem::form(format!("{error}."));
    let mut parser = Parser::new(content_type).map_err(broken)?;
    let (mut form, mut present, mut pieces) = (Form::default(), Present::Nothing, Vec::new());
    let (mut bytes, mut text_bytes) = (0u64, 0usize);
    while let Some(chunk) = next_chunk(&mut body).await.map_err(|e| e.problem("photo"))? {
        bytes += u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        if bytes > bytes_max {
            return Err(too_long());
        }
        parser.feed(&chunk, &mut pieces).map_err(broken)?;
        for piece in pieces.drain(..) {
            present = match piece {
                Piece::Part(part) if part.file && part.name == "photo" => match photos {
                    Some(photos) if form.photo.is_none() => Present::Photo(photos.incoming(from).await),
                    _ => Present::Nothing,
                },
                Piece::Part(part) if part.file || part.name == "photo" => Present::Nothing,
                Piece::Part(part) => Present::Field(part.name, Vec::new()),
                Piece::Data(data) => present.take(&data, &mut text_bytes).await?,
                Piece::PartEnd => present.end(&mut form)?,
            };
        }
    }
    parser.end().map_err(broken)?;
    once_each(form)
}

/// The part of a multipart form that is being read.
enum Present {
    Nothing,
    Field(String, Vec<u8>),
    Photo(Result<Incoming, PhotoTrouble>),
}

impl Present {
    async fn take(mut self, data: &[u8], text_bytes: &mut usize) -> Result<Self, Problem> {
        match &mut self {
            Self::Nothing | Self::Photo(Err(_)) => {}
            Self::Field(name, value) => {
                *text_bytes += data.len();
                if value.len() + data.len() > FIELD_BYTES_MAX || *text_bytes > FORM_BYTES_MAX {
                    return Err(Problem::too_long(name));
                }
                value.extend_from_slice(data);
            }
            Self::Photo(Ok(upload)) => {
                if let Err(trouble) = upload.write(data).await {
                    return Ok(Self::Photo(Err(trouble)));
                }
            }
        }
        Ok(self)
    }

    fn end(self, form: &mut Form) -> Result<Self, Problem> {
        match self {
            Self::Nothing => {}
            Self::Field(name, value) => form.fields.push(field(name, value, FIELD_BYTES_MAX)?),
            Self::Photo(photo) => form.photo = Some(photo),
        }
        Ok(Self::Nothing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn posted(content_type: &str, body: &[u8]) -> Result<Form, Problem> {
        let request =
            Request::post("/").header(CONTENT_TYPE, content_type).body(Body::from(body.to_vec())).unwrap();
        read(request, None).await
    }

    const URLENCODED: &str = "application/x-www-form-urlencoded";

    #[tokio::test]
    async fn both_kinds_of_form() {
        let form = posted(URLENCODED, b"cleaned_by=Zo%C3%AB+A&step=1&step=2&empty=&bare&").await.unwrap();
        assert_eq!((form.text("cleaned_by"), form.text("empty"), form.has("bare")), ("Zoë A", "", true));
        assert_eq!(form.all("step").collect::<Vec<_>>(), ["1", "2"]);
        let body = b"--X\r\nContent-Disposition: form-data; name=\"notes\"\r\n\r\nZo\xc3\xab\r\n--X\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.jpg\"\r\n\r\n\xff\xd8\r\n--X--\r\n";
        let form = posted("multipart/form-data; boundary=X", body).await.unwrap();
        assert_eq!(form.text("notes"), "Zoë");
        assert!(form.photo.is_none(), "nobody asked for a photo here");
    }

    #[tokio::test]
    async fn what_is_refused_names_its_field() {
        let long = format!("a=1&cleaned_by={}", "x".repeat(1_000_000));
        let part = format!(
            "--X\r\nContent-Disposition: form-data; name=\"notes\"\r\n\r\n{}\r\n--X--",
            "x".repeat(20_000)
        );
        let many = "a=1&".repeat(10_000);
        for (content_type, body, status, field) in [
            (URLENCODED, long.as_bytes(), 413, Some("cleaned_by")),
            (URLENCODED, b"cleaned_by=%", 400, Some("cleaned_by")),
            (URLENCODED, b"cleaned_by=%zz", 400, Some("cleaned_by")),
            (URLENCODED, b"cleaned_by=%ff", 400, Some("cleaned_by")),
            (URLENCODED, b"cleaned_by=\xff", 400, Some("cleaned_by")),
            (URLENCODED, b"cleaned_by=a&notes=x&cleaned_by=b", 400, Some("cleaned_by")),
            (URLENCODED, b"%=1", 400, None),
            (URLENCODED, many.as_bytes(), 400, None),
            ("multipart/form-data; boundary=X", part.as_bytes(), 413, Some("notes")),
            (
                "multipart/form-data; boundary=X",
                b"--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\xff\r\n--X--",
                400,
                Some("a"),
            ),
            (
                "multipart/form-data; boundary=X",
                b"--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--X--",
                400,
                Some("a"),
            ),
            ("multipart/form-data; boundary=X", b"--X\r\n", 400, None),
            ("multipart/form-data", b"", 400, None),
            ("text/plain", b"a=1", 415, Some("content-type")),
            ("", b"a=1", 415, Some("content-type")),
        ] {
            let problem = posted(content_type, body).await.err().unwrap();
            let what = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
            assert_eq!((problem.status.as_u16(), problem.field.as_deref()), (status, field), "{what}");
        }
    }

    #[tokio::test]
    async fn a_huge_length_is_not_read() {
        let request = Request::post("/")
            .header(CONTENT_TYPE, URLENCODED)
            .header(CONTENT_LENGTH, "10000000000")
            .body(Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>()))
            .unwrap();
        assert_eq!(read(request, None).await.err().unwrap().status, 413);
    }
}
