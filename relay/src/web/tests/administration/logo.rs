//! The picture at the head of an account's pages: who gives it, what is taken, where it is seen.

use std::io::Cursor;

use axum::http::{Request, StatusCode, header};
use image::{DynamicImage, ImageFormat, RgbImage};

use crate::accounts::logo::UPLOAD_BYTES_MAX;
use crate::web::tests::world::{Got, World, csrf};

fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let plain = DynamicImage::ImageRgb8(RgbImage::from_pixel(width, height, image::Rgb([12, 58, 45])));
    let mut bytes = Cursor::new(Vec::new());
    plain.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

async fn upload(world: &World, cookie: &str, token: &str, file: &[u8]) -> Got {
    let head = format!(
        "--part\r\ncontent-disposition: form-data; name=\"csrf\"\r\n\r\n{token}\r\n--part\r\n\
         content-disposition: form-data; name=\"picture\"; filename=\"../a.png\"\r\ncontent-type: image/png\r\n\r\n"
    );
    let body = [head.as_bytes(), file, b"\r\n--part--\r\n"].concat();
    let request = Request::post("/app/brand/logo")
        .header(header::HOST, "relay.example")
        .header(header::ORIGIN, "https://relay.example")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=part")
        .header(header::COOKIE, cookie);
    world.ask(request.body(body.into()).unwrap()).await
}

/// The same with a plain picture, and a secret that is asked for first.
pub(in crate::web::tests) async fn upload_plain(world: &World, cookie: &str) -> Got {
    let token = csrf(&world.get("/app/brand", cookie).await.body).to_owned();
    upload(world, cookie, &token, &picture(50, 50, ImageFormat::Png)).await
}

fn shown(page: &str) -> Option<String> {
    let rest = page.split("<img class=\"logo\" src=\"").nth(1)?;
    rest.split('"').next().map(str::to_owned)
}

#[tokio::test]
async fn a_logo_stands_at_the_head_of_the_accounts_pages() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let token = csrf(&world.get("/app/brand", &cookie).await.body).to_owned();
    assert_eq!(shown(&world.get("/app/", &cookie).await.body), None);
    let done = upload(&world, &cookie, &token, &picture(2_000, 200, ImageFormat::Jpeg)).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let auditor = world.sign_in(&world.a.auditor).await;
    let path = shown(&world.get("/app/gaps", &auditor).await.body).expect("everybody of the account sees it");
    assert_eq!(shown(&world.get("/o/linden-health-partners", "").await.body).as_deref(), Some(path.as_str()));
    let b = world.sign_in(&world.b.email).await;
    assert_eq!(shown(&world.get("/app/", &b).await.body), None, "another account's");
    assert_eq!(shown(&world.get("/login", "").await.body), None);
    let got = world.get(&path, "").await;
    assert_eq!((got.status, got.header("content-type")), (StatusCode::OK, "image/png"));
    assert_eq!(got.header("cache-control"), "public, max-age=31536000, immutable");
    let account = world.a.scope.account().to_string();
    for other in [
        path.replace(&account, &world.b.scope.account().to_string()),
        path.replace(".png", ""),
        format!("/logo/{account}/{}.png", "0".repeat(64)),
        format!("/logo/{account}/x.png"),
        format!("/logo/x/{}", path.rsplit('/').next().unwrap()),
    ] {
        assert_eq!(world.get(&other, &cookie).await.status, StatusCode::NOT_FOUND, "{other}");
    }
    // Another picture has another address, and the earlier one is gone.
    assert_eq!(
        upload(&world, &cookie, &token, &picture(50, 50, ImageFormat::WebP)).await.status,
        StatusCode::SEE_OTHER
    );
    let next = shown(&world.get("/app/", &cookie).await.body).unwrap();
    assert_ne!(next, path);
    assert_eq!(world.get(&path, "").await.status, StatusCode::NOT_FOUND);
    let removed = world.post("/app/brand/logo", &cookie, &format!("csrf={token}&act=remove")).await;
    assert_eq!(removed.status, StatusCode::SEE_OTHER);
    assert_eq!(shown(&world.get("/app/", &cookie).await.body), None);
    assert_eq!(world.get(&next, "").await.status, StatusCode::NOT_FOUND);
    let log = world.get("/app/access", &cookie).await.body;
    assert!(log.contains("Changed the account’s logo"), "{log}");
}

#[tokio::test]
async fn what_is_no_logo_is_refused_and_said() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let token = csrf(&world.get("/app/brand", &cookie).await.body).to_owned();
    for (file, says) in [
        (Vec::new(), "Choose a file first"),
        (b"<svg onload=alert(1)>".to_vec(), "is no PNG, JPEG or WebP"),
        (picture(9_000, 1, ImageFormat::Png), "larger than 1 MB"),
        (vec![0; UPLOAD_BYTES_MAX + 1], "larger than 1 MB"),
    ] {
        let got = upload(&world, &cookie, &token, &file).await;
        assert_eq!(got.status, StatusCode::UNPROCESSABLE_ENTITY, "{says}");
        assert!(got.body.contains(says), "{says}: {}", got.body);
    }
    let huge = upload(&world, &cookie, &token, &vec![0; 2 * UPLOAD_BYTES_MAX]).await;
    assert_eq!(huge.status, StatusCode::PAYLOAD_TOO_LARGE);
    let good = picture(50, 50, ImageFormat::Png);
    let foreign = upload(&world, &cookie, "x", &good).await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    let auditor = world.sign_in(&world.a.auditor).await;
    let token = csrf(&world.get("/app/me", &auditor).await.body).to_owned();
    assert_eq!(upload(&world, &auditor, &token, &good).await.status, StatusCode::FORBIDDEN);
    assert_eq!(shown(&world.get("/app/", &cookie).await.body), None);
}
