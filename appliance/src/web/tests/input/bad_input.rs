//! What bad input gets: a 4xx that names the field, nothing stored, and words that help.

use crate::web::tests::*;

#[tokio::test]
async fn forms_that_are_broken_or_too_large() {
    let world = World::new().await;
    let path = format!("/t/{}", world.pump);
    let size = world.size();
    let raw = |kind: &str, body: Vec<u8>| {
        Request::post(&path)
            .header(CONTENT_TYPE, kind)
            .header("accept", "application/json")
            .body(Body::from(body))
            .unwrap()
    };
    let form = "application/x-www-form-urlencoded";
    let long = |bytes: usize| format!("cleaned_by={}", "x".repeat(bytes)).into_bytes();
    for (kind, body, status, field) in [
        (form, long(1_000_000), 413, "cleaned_by"),
        (form, long(17 * 1024), 413, "cleaned_by"),
        (form, long(121), 422, "cleaned_by"),
        (form, b"cleaned_by=%00".to_vec(), 422, "cleaned_by"),
        (form, b"cleaned_by=a%E2%80%AEb".to_vec(), 422, "cleaned_by"),
        (form, b"cleaned_by=%E2%80%8B".to_vec(), 422, "cleaned_by"),
        (form, b"cleaned_by=%ED%A0%80".to_vec(), 400, "cleaned_by"),
        (form, b"cleaned_by=A&notes=%07".to_vec(), 422, "notes"),
        (form, b"cleaned_by=A&step=99".to_vec(), 422, "step"),
        (form, b"cleaned_by=A&cleaned_by=B".to_vec(), 400, "cleaned_by"),
        ("text/plain", b"x".to_vec(), 415, "content-type"),
        ("multipart/form-data; boundary=XX", b"--XX\r\nnothing".to_vec(), 400, ""),
        ("multipart/form-data; boundary=XX", b"".to_vec(), 400, ""),
    ] {
        let answer = world.send(raw(kind, body.clone()), false).await;
        let what = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
        assert_eq!(
            (answer.status, answer.json()["field"].as_str().unwrap_or("")),
            (status, field),
            "{what}: {}",
            answer.text()
        );
        assert_eq!(answer.header(CONTENT_TYPE), "application/problem+json");
        for member in ["type", "title", "safe", "next", "id"] {
            assert!(answer.json()[member].is_string(), "{member}");
        }
        assert_ne!(answer.json()["detail"], "", "{what}");
    }
    assert_eq!(world.size(), size, "nothing is stored");
}

#[tokio::test]
async fn names_from_all_over_the_world_are_taken_and_shown_as_text() {
    let world = World::new().await;
    let path = format!("/t/{}", world.pump);
    for (name, shown) in [
        ("<script>alert(1)</script>", "&#60;script&#62;"),
        ("'; DROP TABLE", "DROP TABLE"),
        ("{{7*7}}", "{{7*7}}"),
        ("👩‍🔬 Ада", "👩‍🔬 Ада"),
        ("=cmd|' /C calc'!A0", "=cmd|"),
    ] {
        let done = world.post(&path, &[("cleaned_by", name)]).await;
        world.get(&done.location()).await.is(200).has(shown).has_not("<script>alert");
    }
}

#[tokio::test]
async fn heads_that_do_not_fit() {
    let world = World::new().await;
    let get = |path: &str| Request::get(path).body(Body::empty()).unwrap();
    let with = |mut request: Request<Body>, name: &'static str, value: &str| {
        request.headers_mut().insert(name, value.parse().unwrap());
        request
    };
    let path = format!("/t/{}", world.pump);
    let post = || posted(&path, &[("cleaned_by", "Ada")]);
    let size = world.size();
    world.send(get(&format!("/?q={}", "x".repeat(16_000))), false).await.is(414);
    for method in ["BREW", "TRACE", "OPTIONS", "DELETE"] {
        let request = Request::builder()
            .method(Method::from_bytes(method.as_bytes()).unwrap())
            .uri("/")
            .body(Body::empty())
            .unwrap();
        let answer = world.send(request, false).await;
        answer.is(405);
        assert!(!answer.header(http::header::ALLOW).is_empty(), "{method}");
    }
    assert!(world.post("/board", &[]).await.is(405).header(http::header::ALLOW).contains("GET"));
    world.send(with(post(), "content-encoding", "gzip"), false).await.is(415);
    for origin in [
        "null",
        "http://evil.example",
        "https://10.0.0.5",
        "http://10.0.0.5.evil.example",
        "http://10.0.0.5:81",
    ] {
        world.send(with(post(), "origin", origin), false).await.is(403).has("another site");
    }
    assert_eq!(world.size(), size);
    for site in ["cross-site", "Cross-Site", "same-site"] {
        world.send(with(post(), "sec-fetch-site", site), true).await.is(403).has("another site");
    }
    let mut twice = with(post(), "origin", "http://10.0.0.5");
    twice.headers_mut().append("origin", "http://evil.example".parse().unwrap());
    world.send(twice, false).await.is(403).has("another site");
    assert_eq!(world.size(), size);
    world.send(with(post(), "origin", "http://10.0.0.5"), false).await.is(303);
    world.send(with(post(), "sec-fetch-site", "none"), true).await.is(303);
}

#[tokio::test]
async fn host_names() {
    let world = World::new().await;
    let ask = |path: &str, host: &str| Request::get(path).header(HOST, host).body(Body::empty()).unwrap();
    let tag = format!("/t/{}", world.pump);
    for path in ["/", tag.as_str(), "/healthz", "/board"] {
        world.send(ask(path, "old-name.example"), false).await.is(200);
    }
    for (host, status) in [
        ("other.example", 421),
        ("10.0.0.6", 421),
        ("10.0.0.5:8443", 401),
        ("localhost:8443", 401),
        ("box.lan", 401),
        ("BOX.LAN:8443", 401),
        ("127.0.0.1", 401),
        ("[::1]:8443", 401),
    ] {
        let answer = world.send(ask("/api/v1/equipment", host), true).await;
        assert_eq!(answer.status, status, "{host}");
    }
    let form = Request::post(format!("/api/register-cleaning/{}/", world.pump))
        .header(HOST, "old-name.example")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    world.send(form.body(Body::from("cleaned_by=Ada")).unwrap(), false).await.is(201);
    let mut two = ask("/", "10.0.0.5");
    two.headers_mut().append(HOST, "evil.example".parse().unwrap());
    world.send(two, false).await.is(400);
    for junk in ["10.0.0.5@evil.example", "10.0.0.5:x", "10.0.0.5:80@evil.example:80", "evil.example/x"] {
        world.send(ask("/staff/", junk), false).await.is(400).has_not("evil");
        world.send(ask(&tag, junk), false).await.is(400).has_not("evil");
    }
}

#[tokio::test]
async fn documents_that_do_not_fit() {
    let world = World::new().await;
    let token = programs::calls::token(&world, ApiTokenScope::Write);
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    for (body, status, field) in [
        ("", 422, ""),
        ("{", 422, ""),
        (deep.as_str(), 422, ""),
        ("{\"name\":1}", 422, "name"),
        ("{\"name\":\"x\"} trailing", 422, ""),
        ("{\"name\":\"x\",\"unknown\":1}", 422, "unknown"),
        ("{\"name\":\"x\",\"class\":\"sacred\"}", 422, "class"),
        ("{\"name\":\"x\",\"custom\":{\"a\":1}}", 422, "custom.a"),
        ("{}", 422, "name"),
        ("{\"name\":\"\\u0000\"}", 422, "name"),
        ("{\"name\":\"x\",\"tag\":\"7QK3M9X2A\"}", 400, "tag"),
        ("{\"name\":\"x\",\"tag\":7}", 422, "tag"),
        ("{\"name\":\"x\",\"schedule\":{\"every\":\"days\",\"n\":0}}", 422, "schedule"),
    ] {
        let mut request = Request::post("/api/v1/equipment")
            .header(CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_owned()))
            .unwrap();
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        let answer = world.send(request, true).await;
        assert_eq!(answer.status, status, "{body:.40}: {}", answer.text());
        assert_eq!(answer.json()["field"].as_str().unwrap_or(""), field, "{body:.40}: {}", answer.text());
        assert_ne!(answer.json()["detail"], "", "{body:.40}");
    }
    for (path, body, field) in [
        ("/api/v1/cleanings", "{\"cleaned_by\":\"Ada\"}", "tag"),
        ("/api/v1/cleanings", "{\"tag\":\"x\",\"who\":\"Ada\"}", "who"),
        ("/api/v1/protocols", "{\"name\":\"x\",\"steps\":[{\"required\":true}]}", "steps[0].text"),
    ] {
        let mut request = Request::post(path)
            .header(CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_owned()))
            .unwrap();
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        let answer = world.send(request, true).await;
        assert_eq!(answer.is(422).json()["field"], field, "{body}");
    }
    for path in [
        "/api/v1/cleanings?limit=-1",
        "/api/v1/cleanings?limit=0",
        "/api/v1/cleanings?limit=x",
        "/api/v1/cleanings?cursor=x",
        "/api/v1/equipment?cursor=1",
        "/api/v1/cleanings?tag=x",
        "/api/v1/log?from=-1",
        "/api/v1/compliance?days=0",
    ] {
        let mut request = Request::get(path).body(Body::empty()).unwrap();
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        world.send(request, true).await.is(400);
    }
}

#[tokio::test]
async fn the_same_submission_fifty_times_at_once_is_one_record() {
    let world = World::new().await;
    let path = format!("/t/{}", world.pump);
    let size = world.size();
    let all = (0..50).map(|_| world.post(&path, &[("cleaned_by", "Ada"), ("submission", "one")]));
    let answers = futures_util::future::join_all(all).await;
    assert!(answers.iter().all(|a| a.status == 303 && a.location() == answers[0].location()));
    assert_eq!(world.size(), size + 1);
}

#[tokio::test]
async fn every_answer_carries_its_guards() {
    let world = World::new().await;
    for path in ["/", "/nowhere", "/healthz", "/api/v1/equipment", "/board"] {
        let answer = world.get(path).await;
        assert_eq!(answer.header(http::header::X_CONTENT_TYPE_OPTIONS), "nosniff");
        assert!(answer.header(http::header::CONTENT_SECURITY_POLICY).starts_with("default-src 'none'"));
        assert_eq!(answer.header(http::header::CACHE_CONTROL), "no-store", "{path}");
        let text = answer.text();
        assert!(
            !text.contains("<style")
                && !text.contains(" style=")
                && !text.contains(" onclick=")
                && !text.contains("<script>"),
            "{path}"
        );
    }
    world.get("/nowhere").await.is(404).has("Page not found").has("call biomed, ext. 4417");
}

#[tokio::test]
async fn a_panic_answers_and_the_box_goes_on() {
    let answer = web::error::answer_panic(Box::new("a bug".to_owned()));
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let world = World::new().await;
    world.link.send_replace(RelayLinkState::Down { since_ms: Some(NOW - 60_000) });
    world.get("/healthz").await.is(200).has("\"relay\":\"down\"");
}

#[tokio::test]
async fn forms_of_many_parts_are_bounded() {
    let world = World::new().await;
    let (path, size) = (format!("/t/{}", world.pump), world.size());
    let send = async |kind: &str, body: String| {
        let request = Request::post(&path).header(CONTENT_TYPE, kind).body(Body::from(body)).unwrap();
        world.send(request, false).await
    };
    let part = "--XX\r\nContent-Disposition: form-data; name=\"step\"\r\n\r\n1\r\n";
    let multipart = "multipart/form-data; boundary=XX";
    send(multipart, format!("{}--XX--\r\n", part.repeat(10_000))).await.is(400);
    send(multipart, part.to_owned()).await.is(400).has("end");
    send(&format!("multipart/form-data; boundary={}", "X".repeat(10_000)), part.to_owned()).await.is(400);
    send("multipart/form-data", part.to_owned()).await.is(400);
    let nameless = "--XX\r\nContent-Disposition: form-data\r\n\r\n1\r\n--XX--\r\n";
    send(multipart, nameless.to_owned()).await.is(400);
    send("application/x-www-form-urlencoded", "a=1&".repeat(10_000)).await;
    send("application/x-www-form-urlencoded", "cleaned_by=%zz".to_owned()).await.is(400);
    assert_eq!(world.size(), size, "nothing is stored");
}

#[tokio::test]
async fn a_card_without_room_for_photos_still_takes_the_record() {
    let world = World::new().await;
    let cart = world
        .state
        .store
        .facility()
        .equipment
        .values()
        .find(|e| e.facts.name.starts_with("ECG"))
        .unwrap()
        .tag;
    let path = format!("/t/{cart}");
    world.card.0.store(91, std::sync::atomic::Ordering::Relaxed);
    let page = world.get(&path).await;
    let form = [("page", page.hidden("page")), ("step", "1".into()), ("cleaned_by", "Ada".into())];
    let form: Vec<(&str, &str)> = form.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let done = world.send(with_photo(&path, &form, b"good\n"), false).await;
    done.is(303);
    assert_eq!(world.cleaning().incomplete, [record::kinds::MissingPart::Photo]);
    let reported = world.get(&done.location()).await;
    reported.is(200).has("Your photo was not saved: photo storage is full").has("The record itself is safe");
    world.card.0.store(90, std::sync::atomic::Ordering::Relaxed);
    let page = world.get(&path).await;
    let form = [("page", page.hidden("page")), ("step", "1".into()), ("cleaned_by", "Ada".into())];
    let form: Vec<(&str, &str)> = form.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let done = world.send(with_photo(&path, &form, b"good\n"), false).await;
    let photo = world.cleaning().photos[0];
    world.get(&done.location()).await.has("<dt>Photo</dt><dd>saved</dd>").has_not("no room");
    // When it has left for the relay, the record says where it is.
    world.state.photos.remove(photo).unwrap();
    world.get(&done.location()).await.has("<dt>Photo</dt><dd>at the relay</dd>");
    world.get(&format!("/photos/{photo}.jpg")).await.is(404).has("move to the relay");
}
