//! A urlencoded form as the body, with every part of it bounded; nothing in it is believed.

use std::collections::BTreeSet;
use std::marker::PhantomData;

use axum::extract::{FromRequest, Request};
use http::StatusCode;
use serde_json::json;

use super::body::{read_body, require_media};
use super::percent::percent_decoded;
use crate::error::{FormFault, HttpError, RequestFault};
use crate::route::{Argument, Operation};

const FORM: &str = "application/x-www-form-urlencoded";
const NAME_BYTES_MAX: usize = 100;

/// The bounds of a form, and which of its fields may come more than once.
pub trait FormRules: Send + Sync + 'static {
    /// Fields.
    const FIELDS_MAX: usize = 100;
    /// Bytes of one field: four times what commands take, so that they can report what is too long.
    const FIELD_BYTES_MAX: usize = 16 * 1024;
    /// Bytes of the whole form.
    const BYTES_MAX: usize = 64 * 1024;

    /// Whether this field may come more than once, such as boxes to tick. Of others two values are two opinions, and
    /// refused.
    fn may_repeat(name: &str) -> bool;
}

/// A form of which no field comes twice.
#[derive(Debug, Clone, Copy)]
pub struct PlainForm;

impl FormRules for PlainForm {
    fn may_repeat(_: &str) -> bool {
        false
    }
}

/// The fields of a form, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FormFields {
    fields: Vec<(String, String)>,
}

impl FormFields {
    /// Reads the body of a urlencoded form.
    pub fn parse_urlencoded<R: FormRules>(body: &[u8]) -> Result<Self, RequestFault> {
        let mut form = Self::default();
        for pair in body.split(|&byte| byte == b'&').filter(|pair| !pair.is_empty()) {
            let mut halves = pair.splitn(2, |&byte| byte == b'=');
            let (name, value) = (halves.next().unwrap_or_default(), halves.next().unwrap_or_default());
            let name = percent_decoded(name).and_then(|name| String::from_utf8(name).ok());
            let name = name.ok_or(RequestFault::Form(FormFault::FieldName))?;
            match percent_decoded(value) {
                Some(value) => form.push::<R>(name, value)?,
                None => return Err(RequestFault::Form(FormFault::NotText(name))),
            }
        }
        form.require_single::<R>()
    }

    /// Adds a field within the rules' bounds; for readers of other encodings too.
    pub fn push<R: FormRules>(&mut self, name: String, value: Vec<u8>) -> Result<(), RequestFault> {
        if self.fields.len() >= R::FIELDS_MAX {
            return Err(RequestFault::Form(FormFault::TooManyFields { max: R::FIELDS_MAX }));
        }
        if name.len() > NAME_BYTES_MAX {
            return Err(RequestFault::Form(FormFault::FieldName));
        }
        if value.len() > R::FIELD_BYTES_MAX {
            return Err(RequestFault::TooLong { field: name });
        }
        match String::from_utf8(value) {
            Ok(value) => self.fields.push((name, value)),
            Err(_) => return Err(RequestFault::Form(FormFault::NotText(name))),
        }
        Ok(())
    }

    /// Puts another value in the place of a field's, or adds the field.
    pub fn set(&mut self, name: &str, value: &str) {
        match self.fields.iter_mut().find(|(one, _)| one == name) {
            Some((_, there)) => value.clone_into(there),
            None => self.fields.push((name.to_owned(), value.to_owned())),
        }
    }

    /// The values of these fields, in the order in which they came.
    pub fn values_mut<'a>(&'a mut self, names: &'a [&str]) -> impl Iterator<Item = &'a mut String> {
        self.fields.iter_mut().filter(|(one, _)| names.contains(&one.as_str())).map(|(_, value)| value)
    }

    /// Refuses a field that came twice and may not.
    pub fn require_single<R: FormRules>(self) -> Result<Self, RequestFault> {
        let mut seen = BTreeSet::new();
        let mut names = self.fields.iter().map(|(name, _)| name.as_str());
        match names.find(|name| !R::may_repeat(name) && !seen.insert(*name)) {
            Some(name) => Err(RequestFault::Form(FormFault::Repeated(name.to_owned()))),
            None => Ok(self),
        }
    }

    /// A field's first value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(one, _)| one == name).map(|(_, value)| value.as_str())
    }

    /// A field's first value, or nothing.
    pub fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// All values of a field.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |(one, _)| one == name).map(|(_, value)| value.as_str())
    }

    /// All fields, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// The fields of a form by the rules `R`.
#[derive(Debug, Clone)]
pub struct FormBody<R = PlainForm> {
    /// The fields.
    pub fields: FormFields,
    rules: PhantomData<R>,
}

impl<R: FormRules, S: Send + Sync> FromRequest<S> for FormBody<R> {
    type Rejection = HttpError;
    async fn from_request(request: Request, _: &S) -> Result<Self, HttpError> {
        let (head, body) = request.into_parts();
        require_media(&head.headers, FORM)?;
        let body = read_body(&head.headers, body, R::BYTES_MAX).await?;
        Ok(Self { fields: FormFields::parse_urlencoded::<R>(&body)?, rules: PhantomData })
    }
}

impl<R: FormRules> Argument for FormBody<R> {
    fn describe(operation: &mut Operation<'_>) {
        operation.set_body(FORM, &json!({ "type": "object", "additionalProperties": { "type": "string" } }));
        operation.add_refusals(&[
            StatusCode::BAD_REQUEST,
            StatusCode::REQUEST_TIMEOUT,
            StatusCode::PAYLOAD_TOO_LARGE,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use bytes::Bytes;
    use proptest::prelude::*;

    use crate::route::percent_encoded;

    struct Ticked;

    impl FormRules for Ticked {
        fn may_repeat(name: &str) -> bool {
            name == "step"
        }
    }

    async fn post(media: &str, body: &[u8]) -> Result<FormFields, HttpError> {
        let request =
            Request::post("/").header("content-type", media).body(Body::from(body.to_vec())).unwrap();
        FormBody::<Ticked>::from_request(request, &()).await.map(|form| form.fields)
    }

    #[tokio::test]
    async fn fields_in_their_order() {
        let form = post(FORM, b"name=Zo%C3%AB+A&step=1&step=2&empty=&bare&").await.unwrap();
        assert_eq!((form.text("name"), form.text("empty"), form.get("bare")), ("Zoë A", "", Some("")));
        assert_eq!(form.all("step").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(form.iter().count(), 5);
    }

    #[test]
    fn a_value_takes_the_place_of_another() {
        let mut form = FormFields::parse_urlencoded::<Ticked>(b"step=1&step=2&name=a").unwrap();
        form.set("name", "b");
        form.set("step", "3");
        form.set("new", "c");
        form.values_mut(&["step", "new"]).for_each(|value| value.push('!'));
        let all: Vec<_> = form.iter().collect();
        assert_eq!(all, [("step", "3!"), ("step", "2!"), ("name", "b"), ("new", "c!")]);
    }

    #[tokio::test]
    async fn what_is_refused_names_its_field() {
        let long = format!("a=1&name={}", "x".repeat(1_000_000));
        let wide = format!("a=1&name={}", "x".repeat(20_000));
        let many = (0..101).map(|n| format!("f{n}=1&")).collect::<String>();
        for (media, body, status, field) in [
            (FORM, long.as_bytes(), 413, Some("name")),
            (FORM, wide.as_bytes(), 413, Some("name")),
            (FORM, b"name=%", 400, Some("name")),
            (FORM, b"name=%zz", 400, Some("name")),
            (FORM, b"name=%ff", 400, Some("name")),
            (FORM, b"name=\xff", 400, Some("name")),
            (FORM, b"name=a&notes=x&name=b", 400, Some("name")),
            (FORM, b"%=1", 400, None),
            (FORM, many.as_bytes(), 400, None),
            ("text/plain", b"a=1", 415, Some("content-type")),
        ] {
            let error = post(media, body).await.unwrap_err();
            let start = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
            assert_eq!((error.status.as_u16(), error.field.as_deref()), (status, field), "{start}");
        }
    }

    #[tokio::test]
    async fn a_huge_length_is_not_read() {
        let body = Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
        let request = Request::post("/").header("content-type", FORM).header("content-length", "10000000000");
        let request = request.body(body).unwrap();
        let error = FormBody::<PlainForm>::from_request(request, &()).await.unwrap_err();
        assert_eq!((error.status.as_u16(), error.field.as_deref()), (413, Some("body")));
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_again(values in prop::collection::vec("\\PC{0,40}", 0..20)) {
            let pairs = values.iter().enumerate();
            let body: Vec<String> = pairs.map(|(n, value)| format!("f{n}={}", percent_encoded(value))).collect();
            let form = FormFields::parse_urlencoded::<PlainForm>(body.join("&").as_bytes()).unwrap();
            prop_assert_eq!(form.iter().map(|(_, value)| value.to_owned()).collect::<Vec<_>>(), values);
        }

        #[test]
        fn no_bytes_are_a_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = FormFields::parse_urlencoded::<Ticked>(&body);
        }
    }
}
