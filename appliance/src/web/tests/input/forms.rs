//! Forms with a photo, as their reader takes them apart.

use axum::extract::FromRequest as _;
use web::error::HttpError;

use crate::web::request::bodies::photo_form::PhotoForm;
use crate::web::tests::*;

async fn post(world: &World, content_type: &str, body: &[u8]) -> Result<PhotoForm, HttpError> {
    let request = Request::post("/").header(CONTENT_TYPE, content_type);
    PhotoForm::from_request(request.body(Body::from(body.to_vec())).unwrap(), &world.state).await
}

const URLENCODED: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data; boundary=X";

#[tokio::test]
async fn both_kinds_of_form() {
    let world = World::new().await;
    let form = post(&world, URLENCODED, b"cleaned_by=Zo%C3%AB+A&step=1&step=2&").await.unwrap();
    assert_eq!(form.fields.text("cleaned_by"), "Zoë A");
    assert_eq!(form.fields.all("step").collect::<Vec<_>>(), ["1", "2"]);
    let body = b"--X\r\nContent-Disposition: form-data; name=\"notes\"\r\n\r\nZo\xc3\xab\r\n--X\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.jpg\"\r\n\r\n\xff\xd8\r\n--X--\r\n";
    let form = post(&world, MULTIPART, body).await.unwrap();
    assert_eq!(form.fields.text("notes"), "Zoë");
    assert!(form.photo.is_some_and(|photo| photo.is_ok()));
}

#[tokio::test]
async fn what_is_refused_names_its_field() {
    let world = World::new().await;
    let long = "x".repeat(20_000);
    let part = |name: &str, value: &str| {
        format!("--X\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let twice = format!("{0}{0}--X--", part("a", "1"));
    let no_text = b"--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\xff\r\n--X--";
    for (content_type, body, status, field) in [
        (URLENCODED, b"cleaned_by=a&notes=x&cleaned_by=b".as_slice(), 400, Some("cleaned_by")),
        (MULTIPART, format!("{}--X--", part("notes", &long)).as_bytes(), 413, Some("notes")),
        (MULTIPART, no_text, 400, Some("a")),
        (MULTIPART, twice.as_bytes(), 400, Some("a")),
        (MULTIPART, b"--X\r\n", 400, None),
        ("multipart/form-data", b"", 400, None),
        ("text/plain", b"a=1", 415, Some("content-type")),
        ("", b"a=1", 415, Some("content-type")),
    ] {
        let error = post(&world, content_type, body).await.err().unwrap();
        let start = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
        assert_eq!((error.status.as_u16(), error.field.as_deref()), (status, field), "{start}");
    }
}
