//! What a technician does: scan, tick, wait, record, undo; without script, over plain HTTP.

use crate::web::tests::*;

#[tokio::test]
async fn home_lists_and_finds() {
    let world = World::new().await;
    world
        .get("/")
        .await
        .is(200)
        .has("What needs cleaning")
        .has("Infusion pump 14")
        .has("By ")
        .has("ECG &#60;cart&#62; 2");
    // Words that no tag can have in it: those are drawn, and searched too.
    world
        .get("/?q=ecg+%3CCart%3E")
        .await
        .is(200)
        .has("1 item with “ecg &#60;Cart&#62;”")
        .has_not("Infusion pump");
    world.get("/?q=nothing").await.has("No equipment matches “nothing”");
    world.get("/?all=1").await.has("All 3 items");
    assert_eq!(world.get(&format!("/?q={}", world.pump)).await.location(), format!("/t/{}", world.pump));
    assert_eq!(world.get("/?q=HTTP%3A%2F%2F10.0.0.5%2F7QK3M9X2W").await.location(), "/t/7QK3M9X2W");
    world.get("/?q=%3Cscript%3E").await.is(200).has_not("<script>");
}

#[tokio::test]
async fn any_spelling_of_a_tag_leads_to_its_page() {
    let world = World::new().await;
    let (tag, to) = (world.pump.to_string(), format!("/t/{}", world.pump));
    for path in [
        format!("/{tag}"),
        format!("/{}", tag.to_lowercase()),
        format!("/t/{}", tag.to_lowercase()),
        format!("/t/?tag={}", world.pump.grouped().replace(' ', "+")),
    ] {
        let answer = world.get(&path).await;
        assert_eq!((answer.status, answer.location()), (303, to.clone()), "{path}");
    }
    world.get(&to).await.is(200).has("Infusion pump 14").has("Keep it wet").has("Surface is wet: start 3:00");
    world
        .get("/t/7QK3M9X2W")
        .await
        .is(404)
        .has("No equipment has this tag yet")
        .has("7QK 3M9 X2W")
        .has("biomed, ext. 4417");
    let slip = format!("{}{}", &tag[..8], if tag.ends_with('0') { '1' } else { '0' });
    world
        .get(&format!("/t/{slip}"))
        .await
        .is(404)
        .has("one of its nine characters was misread")
        .has("Was it one of these?")
        .has("Infusion pump 14");
    world.get(&format!("/{slip}")).await.is(404).has("Check the tag");
    world.get("/t/7QK3M9X2").await.is(404).has("a tag has nine letters and digits");
    world.get("/t/?tag=").await.is(404).has("No tag was entered");
    for strange in ["/..%2f..%2fetc/passwd", "/%00", "//", "/%2e%2e/x", "/a%5Cb", "/%c0%af", "/t/%c0%af"] {
        let answer = world.get(strange).await;
        assert!((400..=404).contains(&answer.status), "{strange}: {}", answer.status);
    }
}

#[tokio::test]
async fn the_whole_way_of_a_record() {
    let world = World::new().await;
    let path = format!("/t/{}", world.pump);
    let page = world.get(&path).await;
    let (submission, token) = (page.hidden("submission"), page.hidden("page"));
    let base = [("submission", submission.as_str()), ("version", "1")];
    let wet = world
        .post(
            &path,
            &[&base[..], &[("page", &token), ("step", "1"), ("cleaned_by", "Zoë"), ("wet", "start")]]
                .concat(),
        )
        .await;
    // The page that follows has an address of its own, with the timer in view.
    wet.is(303);
    let running = wet.location();
    let (address, field) = running.split_once('#').unwrap();
    assert_eq!(field, "wet");
    let wet = world.get(address).await;
    wet.is(200).has("role=\"timer\">3:00<").has("value=\"1\" checked").has("value=\"Zoë\"");
    assert_eq!(wet.hidden("submission"), submission);
    world.clock.advance(std::time::Duration::from_secs(68));
    let form = [("page", wet.hidden("page")), ("step", "1".into()), ("cleaned_by", String::new())];
    let form: Vec<(&str, &str)> =
        base.iter().copied().chain(form.iter().map(|(k, v)| (*k, v.as_str()))).collect();
    let size = world.size();
    let wrong = world.post(&path, &form).await;
    wrong
        .is(422)
        .has("<title>Error: Infusion pump 14")
        .has("There is a problem")
        .has("Tick step 2, or say in the note why it was not done");
    wrong
        .has("Keep the surface wet until 14:07:31, then record")
        .has("Enter your name")
        .has("href=\"#step-2\"")
        .has("data-left=\"112\"");
    assert_eq!(world.size(), size, "nothing is recorded");
    world.clock.advance(std::time::Duration::from_secs(123));
    let all = [
        ("page", wrong.hidden("page")),
        ("step", "1".into()),
        ("step", "2".into()),
        ("cleaned_by", "Zoë".into()),
    ];
    let all: Vec<(&str, &str)> =
        base.iter().copied().chain(all.iter().map(|(k, v)| (*k, v.as_str()))).collect();
    let done = world.post(&path, &all).await;
    done.is(303);
    assert_eq!(world.size(), size + 1);
    let body = world.cleaning();
    assert_eq!(
        (body.steps, body.incomplete.len(), body.contact.unwrap().measured_s),
        (Some(vec![1, 2]), 0, Some(191))
    );
    let again = world.post(&path, &all).await;
    assert_eq!((again.status, again.location(), world.size()), (303, done.location(), size + 1));
    let other =
        all.iter().map(|(k, v)| if *k == "cleaned_by" { (*k, "Eve") } else { (*k, *v) }).collect::<Vec<_>>();
    world.post(&path, &other).await.is(409).has("Open the page again");
    let receipt = world.get(&done.location()).await;
    receipt
        .is(200)
        .has("Recorded")
        .has("is clean until")
        .has("Zoë, name typed")
        .has("3 min 11 s of 3 min, measured by the box")
        .has("this box has no relay");
    receipt.has("Next: ").has("It is safe now");
    let mut next = Request::get(&path).body(Body::empty()).unwrap();
    next.headers_mut().insert("cookie", done.cookies().parse().unwrap());
    world.send(next, false).await.has("value=\"Zoë\"").has("Last: today 14:07, Zoë");
}

#[tokio::test]
async fn a_running_contact_time_is_there_again_when_its_page_is_loaded_again() {
    let world = World::new().await;
    let path = format!("/t/{}", world.pump);
    let page = world.get(&path).await;
    let (submission, token) = (page.hidden("submission"), page.hidden("page"));
    let form = [
        ("submission", submission.as_str()),
        ("page", &token),
        ("version", "1"),
        ("step", "2"),
        ("cleaned_by", "Zoë"),
        ("notes", ""),
        ("wet", "start"),
    ];
    let running = world.post(&path, &form).await.is(303).location();
    let address = running.split('#').next().unwrap();
    world.clock.advance(std::time::Duration::from_secs(60));
    for _ in 0..2 {
        let shown = world.get(address).await;
        shown.is(200).has("role=\"timer\">2:00<").has("value=\"2\" checked").has("value=\"Zoë\"");
        shown.has("It dried: start again").has("<h2>Keep it wet</h2>");
        assert_eq!(shown.hidden("submission"), submission);
    }
    world.clock.advance(std::time::Duration::from_secs(121));
    let done = world.get(address).await;
    done.has("<h2>Wet long enough</h2><span class=\"tag ok\">Done</span>")
        .has("Wet for 3 min 01 s: long enough.");
    done.has_not("role=\"timer\"").has_not("It dried").has_not("Keep it wet").has_not("<template>");
    let token = done.hidden("page");
    let form =
        [("submission", submission.as_str()), ("page", &token), ("cleaned_by", "Zoë"), ("notes", "All")];
    world.post(&path, &form).await.is(303);
    assert_eq!(world.cleaning().contact.unwrap().measured_s, Some(181));
    // Long after, and under the tag of another item, it is a page like any other.
    world.clock.advance(std::time::Duration::from_secs(600));
    world.get(address).await.has("This page has expired").has("Surface is wet").has("value=\"Zoë\"");
    let other =
        world.state.store.facility().equipment.values().find(|e| e.facts.name.ends_with("15")).unwrap().tag;
    let moved = address.replace(&world.pump.to_string(), &other.to_string());
    world.get(&moved).await.is(200).has("This page has expired").has_not("Zoë");
}

#[tokio::test]
async fn four_missing_ticks_are_one_line() {
    let world = World::new().await;
    let path = format!("/t/{}", world.pump);
    let token = world.get(&path).await.hidden("page");
    let wrong = world.post(&path, &[("page", &token), ("version", "1"), ("cleaned_by", "Ada")]).await;
    wrong
        .is(422)
        .has("<a href=\"#step-1\">Tick steps 1 and 2, or say in the note why they were not done</a>");
    let text = wrong.text();
    assert_eq!(text.matches("Tick step").count(), 2, "once on top, once at the steps: {text}");
    assert_eq!(text.matches("aria-describedby=\"step-e\"").count(), 2, "{text}");
    assert_eq!(text.matches("id=\"step-e\"").count(), 1, "{text}");
}

#[tokio::test]
async fn a_receipt_listens_until_the_relay_has_its_record_and_not_for_ever() {
    let world = World::new().await;
    let done = world.post(&format!("/t/{}", world.pump), &[("cleaned_by", "Ada")]).await.location();
    let alone = world.get(&done).await;
    alone
        .has("this box has no relay")
        .has_not("data-live")
        .has_not("http-equiv=\"refresh\"")
        .has_not("/live.");
    world.link.send_replace(RelayLinkState::Down { since_ms: None });
    let waiting = world.get(&done).await;
    waiting.has("waiting: no connection yet").has("data-live=\"/live?since=").has("http-equiv=\"refresh\"");
    waiting.has("<strong>On the phone</strong> <small>sent to the box</small>");
    assert_eq!(waiting.text().matches("on disk <time").count(), 1);
    world.clock.advance(std::time::Duration::from_secs(601));
    // Looked at again it is renewed once: for that it has the script.
    let late = world.get(&done).await;
    late.has("waiting: no connection yet")
        .has("/live.")
        .has_not("data-live")
        .has_not("http-equiv=\"refresh\"");
}

#[tokio::test]
async fn a_page_that_is_too_old_keeps_what_was_typed() {
    let world = World::new().await;
    let path = format!("/t/{}", world.pump);
    let token = world.get(&path).await.hidden("page");
    world.clock.advance(std::time::Duration::from_secs(301));
    let size = world.size();
    for token in [token.as_str(), "forged", ""] {
        let form = [
            ("page", token),
            ("submission", "s1"),
            ("step", "2"),
            ("cleaned_by", "Ada"),
            ("notes", "scratched"),
        ];
        let answer = world.post(&path, &form).await;
        answer
            .is(200)
            .has("This page has expired. Check your ticks and record again.")
            .has("value=\"Ada\"")
            .has(">scratched<")
            .has("value=\"2\" checked");
    }
    assert_eq!(world.size(), size);
}

#[tokio::test]
async fn a_note_excuses_what_is_missing_and_the_record_says_so() {
    let world = World::new().await;
    let path = format!("/t/{}", world.pump);
    let token = world.get(&path).await.hidden("page");
    let form = [
        ("page", token.as_str()),
        ("version", "1"),
        ("step", "1"),
        ("cleaned_by", "Ada"),
        ("notes", "no wipes left"),
    ];
    let done = world.post(&path, &form).await;
    done.is(303);
    world
        .get(&done.location())
        .await
        .has("Incomplete: not all steps, full contact time not measured")
        .has("does not count as clean yet");
}

#[tokio::test]
async fn a_plain_post_is_taken_as_it_is() {
    let world = World::new().await;
    let path = format!("/t/{}", world.pump);
    let first = world.post(&path, &[("cleaned_by", "Ada")]).await;
    let second = world.post(&path, &[("cleaned_by", "Ada")]).await;
    assert_eq!((first.status, second.status), (303, 303));
    assert_ne!(first.location(), second.location(), "without a key two posts are two cleanings");
    let keyed = || posted(&path, &[("cleaned_by", "Ada")]);
    let mut places = Vec::new();
    for _ in 0..3 {
        let mut request = keyed();
        request.headers_mut().insert("idempotency-key", "k1".parse().unwrap());
        places.push(world.send(request, false).await.location());
    }
    assert!(places.iter().all(|p| *p == places[0] && p.starts_with("/r/")));
    world.post(&path, &[]).await.is(422).has("Enter your name");
    world.get(&first.location()).await.has("Incomplete: steps not stated");
}

fn carried(page: &Answer) -> Vec<(&'static str, String)> {
    let of = |name| (name, page.hidden(name));
    vec![of("submission"), of("page"), of("version"), of("protocol")]
}

async fn press(world: &World, path: &str, page: &Answer, pressed: &[(&'static str, &str)]) -> Answer {
    let carried = carried(page);
    let fields = carried.iter().map(|(name, value)| (*name, value.as_str())).chain(pressed.iter().copied());
    world.post(path, &fields.collect::<Vec<_>>()).await
}

#[tokio::test]
async fn three_presses_record_a_cleaning_with_contact_time() {
    let world = World::new().await;
    let path = format!("/t/{}", world.pump);
    let page = world.get(&path).await;
    page.is(200)
        .has("name=\"wet\" value=\"start\"")
        .has("Surface is wet: start 3:00")
        .has("All 2 steps as protocol");
    world.clock.advance(std::time::Duration::from_secs(4));
    let started = press(&world, &path, &page, &[("cleaned_by", "Zoë"), ("wet", "start")]).await;
    let running = world.get(started.is(303).location().split('#').next().unwrap()).await;
    running.has("<span data-countdown=\"\">3:00</span> left, keep it wet").has("It dried: start again");
    world.clock.advance(std::time::Duration::from_secs(183));
    let pressed = [("cleaned_by", "Zoë"), ("all", "1")];
    let done = press(&world, &path, &running, &pressed).await;
    done.is(303);
    let body = world.cleaning();
    assert_eq!((body.steps, body.contact.unwrap().measured_s), (Some(vec![1, 2]), Some(183)));
    assert_eq!((body.took_ms, body.flags, body.incomplete), (Some(4_000), vec![], vec![]));
    world.get(&path).await.has("Surface is wet: start 3:00");
    let again = press(&world, &path, &running, &pressed).await;
    assert_eq!((again.is(303).location(), world.size()), (done.location(), world.size()));
}

#[tokio::test]
async fn every_phone_sees_the_contact_time_that_runs() {
    let world = World::new().await;
    let path = format!("/t/{}", world.pump);
    let asked = format!("{path}/contact-time");
    let page = world.get(&path).await;
    assert_eq!(world.get(&asked).await.is(200).json()["state"], "none");
    press(&world, &path, &page, &[("cleaned_by", "Zoë"), ("all", "1"), ("wet", "start")]).await.is(303);
    world.clock.advance(std::time::Duration::from_secs(30));
    let other = world.get(&path).await;
    other.has("2:30</span> left").has("started on another phone").has("value=\"1\" checked").has_not("Zoë");
    let left = world.get(&asked).await;
    assert_eq!((&left.json()["state"], &left.json()["left_ms"]), (&"running".into(), &150_000.into()));
    // Too early, and no wetter by it.
    press(&world, &path, &other, &[("wet", "look")]).await.is(303);
    press(&world, &path, &other, &[("wet", "finish")]).await.is(303);
    assert_eq!(world.get(&asked).await.json()["left_ms"], 150_000);
    world.clock.advance(std::time::Duration::from_secs(160));
    let over = world.get(&path).await;
    over.has("Wet for 3 min 10 s: long enough.")
        .has("It may dry now")
        .has_not("name=\"wet\" value=\"start\"");
    press(&world, &path, &over, &[("wet", "finish")]).await.is(303);
    world.clock.advance(std::time::Duration::from_secs(100));
    let dry = world.get(&path).await;
    dry.has("Wet for 3 min 10 s: long enough.").has_not("It may dry now");
    assert_eq!(world.get(&asked).await.json()["state"], "finished");
    press(&world, &path, &dry, &[("cleaned_by", "Ada"), ("all", "1")]).await.is(303);
    assert_eq!(world.cleaning().contact.unwrap().measured_s, Some(190));
}

#[tokio::test]
async fn a_contact_time_that_a_new_start_of_the_box_cut_off_is_started_again() {
    let world = World::new().await;
    let path = format!("/t/{}", world.pump);
    let page = world.get(&path).await;
    press(&world, &path, &page, &[("step", "2"), ("wet", "start")]).await.is(303);
    let now = world.state.clock.now();
    world.clock.set(Now {
        boot: record::ids::BootId::new(0, [9; 10]),
        up_ms: 60_000,
        wall_ms: now.wall_ms + 600_000,
        ..now
    });
    let page = world.get(&path).await;
    page.has("The box was started anew at").has("Surface is wet: start 3:00").has("value=\"2\" checked");
    assert_eq!(world.get(&format!("{path}/contact-time")).await.json()["state"], "rebooted");
    press(&world, &path, &page, &[("cleaned_by", "Ada"), ("all", "1")])
        .await
        .is(422)
        .has("press “Surface is wet”");
    press(
        &world,
        &path,
        &page,
        &[("cleaned_by", "Ada"), ("all", "1"), ("notes", "Four minutes, by my watch")],
    )
    .await
    .is(303);
    let body = world.cleaning();
    assert_eq!(
        (body.contact.unwrap().measured_s, body.incomplete),
        (None, vec![record::kinds::MissingPart::ContactTime])
    );
}

#[tokio::test]
async fn one_press_ticks_what_was_forgotten_and_records_nothing() {
    let world = World::new().await;
    let path = format!("/t/{}", world.pump);
    let page = world.get(&path).await;
    let wrong = press(&world, &path, &page, &[("cleaned_by", "Ada")]).await;
    wrong.is(422).has("Tick all 2").has("<details open>");
    let size = world.size();
    let ticked = press(&world, &path, &wrong, &[("cleaned_by", "Ada"), ("tick", "all")]).await;
    ticked.is(200).has("id=\"step-all\" name=\"all\" value=\"1\" checked").has("value=\"Ada\"");
    assert_eq!(world.size(), size);
}

#[tokio::test]
async fn what_a_post_without_its_page_lacks_is_asked_for_and_nothing_is_lost() {
    let world = World::new().await;
    let (path, size) = (format!("/t/{}", world.pump), world.size());
    let form = [("cleaned_by", "Ada"), ("step", "1"), ("step", "2"), ("notes", "")];
    let back = world.post(&path, &form).await;
    back.is(422).has("press “Surface is wet”").has("value=\"Ada\"").has("There is a problem");
    assert_eq!(back.text().matches(" checked").count(), 3, "{}", back.text());
    assert_eq!(world.size(), size);
    let back = world.send(with_photo(&path, &form, b"good\n"), false).await;
    back.is(422).has("Photo saved").has("value=\"Ada\"");
    let back = world.send(with_photo(&path, &form, b"bad\n"), false).await;
    back.is(422).has("This photo can’t be opened").has("value=\"Ada\"");
    let mut requested = posted(&path, &form);
    requested.headers_mut().insert("accept", "application/json".parse().unwrap());
    let reported = world.send(requested, false).await;
    assert_eq!((reported.is(422).json()["field"].as_str()), Some("wet"));
    let token = world.get(&path).await.hidden("page");
    let late = [&form[..3], &[("notes", "no time"), ("page", &token)]].concat();
    world.post(&path, &late).await.is(303);
}

#[tokio::test]
async fn photos_are_kept_and_a_bad_one_loses_nothing() {
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
    let page = world.get(&path).await;
    page.has("Required");
    let (submission, token) = (page.hidden("submission"), page.hidden("page"));
    let form = [("submission", submission.as_str()), ("page", token.as_str()), ("cleaned_by", "Ada")];
    let refused =
        world.send(with_photo(&path, &[&form[..], &[("step", "1")]].concat(), b"bad\n"), false).await;
    refused
        .is(422)
        .has("This photo can’t be opened. Take another one")
        .has("value=\"Ada\"")
        .has("value=\"1\" checked")
        .has_not("Take a photo, or");
    let stored = world.send(with_photo(&path, &form, b"good\n"), false).await;
    stored.is(422).has("Photo saved").has("Tick step 1");
    let text = stored.text();
    let at = text.find("/photos/").unwrap();
    let small = &text[at..at + 78];
    assert_eq!(world.get(small).await.is(200).bytes, b"\xff\xd8t\xff\xd9", "the page shows its thumbnail");
    let photo = world.get(&small.replace(".t.jpg", ".jpg")).await;
    photo.is(200);
    assert_eq!((photo.bytes.as_slice(), photo.header(CONTENT_TYPE)), (&b"\xff\xd8good"[..], "image/jpeg"));
    let token = stored.hidden("page");
    let form =
        [("submission", submission.as_str()), ("page", token.as_str()), ("cleaned_by", "Ada"), ("step", "1")];
    let done = world.post(&path, &form).await;
    done.is(303);
    assert_eq!(world.cleaning().photos.len(), 1);
    world.get(&done.location()).await.has("<dt>Photo</dt><dd>saved</dd>");
    world.get("/photos/0000000000000000000000000000000000000000000000000000000000000000.jpg").await.is(404);
    world.get("/photos/..%2f..%2fkeys.jpg").await.is(404);
}

#[tokio::test]
async fn a_photo_over_the_limit_keeps_the_form() {
    let world = World::new().await;
    let path = format!("/t/{}", world.pump);
    let page = world.get(&path).await;
    let token = page.hidden("page");
    let huge = vec![b'x'; record::limits::PHOTO_UPLOAD_BYTES_MAX + 1];
    let answer =
        world.send(with_photo(&path, &[("page", &token), ("cleaned_by", "Ada")], &huge), false).await;
    answer.is(413).has("This photo is larger than 30 MB. Take another one").has("value=\"Ada\"");
}

#[tokio::test]
async fn undo_is_for_the_same_phone_and_for_a_while() {
    let world = World::new().await;
    let done = world.post(&format!("/t/{}", world.pump), &[("cleaned_by", "Ada")]).await;
    let (receipt, cookies) = (done.location(), done.cookies());
    let as_phone = |mut request: Request<Body>| {
        request.headers_mut().insert("cookie", cookies.parse().unwrap());
        request
    };
    world.get(&receipt).await.has_not("Undo this record").has("Wrong? Tell biomed");
    let mine = world.send(as_phone(Request::get(&receipt).body(Body::empty()).unwrap()), false).await;
    mine.has("Undo this record (until 14:06)");
    let undo = format!("{receipt}/undo");
    world.get(&undo).await.is(200).has("Both stay visible.");
    world.post(&undo, &[("reason", "wrong item")]).await.is(403).has("The time to undo this record is over");
    let unreadable = world.send(as_phone(posted(&undo, &[("reason", "a\u{202e}b")])), false).await;
    unreadable.is(422).has("There is a problem");
    world.send(as_phone(posted(&undo, &[("reason", "wrong item")])), false).await.is(303);
    let undone = world.send(as_phone(Request::get(&receipt).body(Body::empty()).unwrap()), false).await;
    undone.has("<h1>Undone</h1>").has("on this phone: wrong item").has("Both entries stay");
    let late =
        world.send(as_phone(posted(&format!("/t/{}", world.pump), &[("cleaned_by", "Ada")])), false).await;
    world.clock.advance(std::time::Duration::from_secs(121));
    world
        .send(as_phone(posted(&format!("{}/undo", late.location()), &[("reason", "x")])), false)
        .await
        .is(403);
}

#[tokio::test]
async fn whoever_undoes_need_not_say_why() {
    let world = World::new().await;
    for (reason, language) in [(None, "en"), (Some(" \u{200b}"), "en"), (None, "es")] {
        let done = world.post(&format!("/t/{}", world.pump), &[("cleaned_by", "Ada")]).await;
        let (receipt, cookies) = (done.location(), done.cookies());
        let fields: Vec<(&str, &str)> = reason.map(|reason| ("reason", reason)).into_iter().collect();
        let mut undo = posted(&format!("{receipt}/undo"), &fields);
        undo.headers_mut().insert("cookie", cookies.parse().unwrap());
        undo.headers_mut().insert("accept-language", language.parse().unwrap());
        world.send(undo, false).await.is(303);
        // In the language of whoever reads it, not of the phone that took it back.
        for (reader, words) in
            [("en", "taken back soon after recording"), ("es", "retirado poco después de registrarlo")]
        {
            let mut request = Request::get(&receipt).body(Body::empty()).unwrap();
            request.headers_mut().insert("accept-language", reader.parse().unwrap());
            world.send(request, false).await.is(200).has(words);
        }
    }
}

#[tokio::test]
async fn out_of_service_and_retired_say_so() {
    let world = World::new().await;
    let (tag, path) = (world.pump, format!("/t/{}", world.pump));
    world
        .give(Command::SuspendEquipment { tag, reason: "Flow sensor fails".into(), back: None, seen: None })
        .await;
    world
        .get(&path)
        .await
        .is(200)
        .has("is out of service")
        .has("Flow sensor fails")
        .has("Do not use it on a patient");
    world.get(&format!("{path}?anyway=1")).await.is(200).has("Record cleaning").has("?anyway=1");
    let recorded = world.post(&format!("{path}?anyway=1"), &[("cleaned_by", "Ada")]).await;
    recorded.is(303);
    world.get(&recorded.location()).await.has("Incomplete: steps not stated, full contact time not measured");
    world.give(Command::RetireEquipment { tag, reason: String::new(), seen: None }).await;
    world.get(&path).await.is(200).has("was retired").has_not("Record cleaning");
}

#[tokio::test]
async fn the_proof_of_a_receipt_holds_for_anybody() {
    let world = World::new().await;
    let receipt =
        world.post(&format!("/t/{}", world.pump), &[("cleaned_by", "Secret Name")]).await.location();
    let proof = world.get(&format!("{receipt}/proof")).await;
    proof.is(200).has_not("Secret Name");
    let proof: RecordProof = serde_json::from_slice(&proof.bytes).unwrap();
    let proven = proof.check(&world.state.store.verifier_keys(), &[]).unwrap();
    assert_eq!(proven.entry.seq(), world.size() - 1);
    let wrong = format!("{}0", &receipt[..receipt.len() - 1]);
    let wrong = if wrong == receipt { format!("{}1", &receipt[..receipt.len() - 1]) } else { wrong };
    world.get(&wrong).await.is(404).has("No record has this number and hash");
    world.get("/r/9-1-0000000000").await.is(404);
    world.get("/r/x").await.is(404);
}

#[tokio::test]
async fn what_the_relay_has_cosigned_says_since_when_and_proves_it() {
    use record::checkpoint::{CosignedCheckpoint, SignedCheckpoint};
    let world = World::new().await;
    let path = format!("/t/{}", world.pump);
    let first = world.post(&path, &[("cleaned_by", "Ada")]).await.location();
    let second = world.post(&path, &[("cleaned_by", "Ada")]).await.location();
    let (store, relay) = (&world.state.store, relay_key());
    let log = store.verifier_keys().remove(0);
    let note = store.checkpoint().unwrap().to_string();
    let signed = SignedCheckpoint::verify(&note, &store.origin(), &log).unwrap();
    let time_s = u64::try_from(NOW / 1_000).unwrap();
    let both = signed.cosigned(&relay, time_s).to_string();
    let keys = [relay.verifier().clone()];
    let cosigned = CosignedCheckpoint::verify(&both, &store.origin(), &log, &keys).unwrap();
    store.raise_cursor(&cosigned).unwrap();
    world.get(&first).await.has("stored and signed by the relay since today 14:04 or earlier.");
    world.link.send_replace(RelayLinkState::Up { ended_backlog: 0 });
    world.get(&second).await.has("stored and signed by the relay since today 14:04.").has_not("data-live");
    world.link.send_replace(RelayLinkState::Alone);
    let third = world.post(&path, &[("cleaned_by", "Ada")]).await.location();
    world.get(&third).await.has("this box has no relay");
    for (receipt, witnessed) in [(first, true), (second, true), (third, false)] {
        let proof = world.get(&format!("{receipt}/proof")).await;
        let proof: RecordProof = serde_json::from_slice(&proof.bytes).unwrap();
        let proven = proof.check(&store.verifier_keys(), &[]).unwrap();
        let witness = witnessed.then(|| ("relay.example/cosign/1".to_owned(), time_s));
        assert_eq!((proven.witnessed, proof.cosigners.len()), (witness, usize::from(witnessed)), "{receipt}");
    }
}

#[tokio::test]
async fn the_first_visit_weighs_little() {
    let world = World::new().await;
    let mut bytes = 0;
    let page = world.get(&format!("/t/{}", world.pump)).await.text();
    let assets = page
        .split('"')
        .filter(|part| ["/base.", "/box.", "/mark.", "/live."].iter().any(|a| part.starts_with(a)));
    let mut paths: Vec<String> = assets.map(str::to_owned).collect();
    assert_eq!(paths.len(), 3, "style, script and mark");
    paths.push(format!("/t/{}", world.pump));
    for path in paths {
        let request = Request::get(&path).header("accept-encoding", "gzip").body(Body::empty()).unwrap();
        let answer = world.send_raw(request).await;
        let head: usize = answer.headers.iter().map(|(k, v)| k.as_str().len() + v.len() + 4).sum();
        bytes += answer.is(200).bytes.len() + head;
    }
    assert!(bytes <= 30 * 1024, "{bytes} bytes");
    assert!(bytes <= 12_800, "{bytes} bytes: it was below 12.5 KB once");
}

#[tokio::test]
async fn the_wall_shows_no_people_and_no_links() {
    let world = World::new().await;
    world.post(&format!("/t/{}", world.pump), &[("cleaned_by", "Ada Lovelace")]).await;
    let board = world.get("/board").await;
    board.has("Nothing overdue. Next: ").has_not("All clean");
    board.is(200).has("Infusion pump 15").has_not("Lovelace").has("http-equiv=\"refresh\"");
    let main = board.text().split("<main").nth(1).unwrap().to_owned();
    assert!(!main.contains("<a ") && !main.contains("<button") && !main.contains("<form"));
}

#[tokio::test]
async fn open_pages_are_told_that_something_changed_and_no_more() {
    let world = World::new().await;
    let address = |page: &Answer| {
        let text = page.text();
        let from = text.split("data-live=\"").nth(1).unwrap_or_else(|| panic!("no live page: {text}"));
        from.split('"').next().unwrap().replace("&#38;", "&")
    };
    let home = world.get("/").await;
    home.has("data-every=\"5\"");
    world.get("/board").await.has("data-every=\"2\"");
    let live = address(&home);
    assert!(world.get(&live).await.is(204).bytes.is_empty());
    let changes: [(&str, &dyn Fn()); 3] = [
        ("the line", &|| {
            world.link.send_replace(RelayLinkState::Down { since_ms: None });
        }),
        ("an alarm", &|| {
            world.state.alarms.raise(crate::alarms::AlarmCause::new(record::alarm::AlarmCode::ClockUnsure));
        }),
        ("the minute", &|| world.clock.advance(std::time::Duration::from_secs(60))),
    ];
    let mut live = live;
    for (what, change) in changes {
        change();
        let news = world.get(&live).await.is(200).json();
        let mark = news["mark"].as_str().unwrap();
        assert!(mark.len() == 32 && news.as_object().unwrap().len() == 1, "{what}: {news}");
        live = format!("/live?since={mark}");
        world.get(&live).await.is(204);
    }
    world.post(&format!("/t/{}", world.pump), &[("cleaned_by", "Ada")]).await.is(303);
    let news = world.get(&live).await.is(200).json();
    assert_eq!(news, world.get("/live").await.json(), "a page without a mark hears the same");
    // What the printers do is no news for a page that does not show them.
    let prints = world.get("/live?of=prints").await.is(200).json();
    assert_ne!(news, prints);
    world.get("/live?of=anything&since=x").await.is(200);
}
