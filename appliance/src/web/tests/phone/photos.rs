//! Photos while they are uploaded, many at a time and slow ones among them, and what pages show of them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use image::RgbImage;
use image::codecs::jpeg::JpegEncoder;
use record::entry::{EntryAuthor, EntryDraft};
use record::kinds::{CleaningFlag, EntryRef, EquipmentPatch, MissingPart};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::listen::{ConnectionLimits, ConnectionTable, Listener, ListenerConfig};
use crate::photo::{PhotoUpload, UploadLimits, cleaned_by_child};
use crate::store::WriteDecision;
use crate::web::tests::staff::staff_pages::desk;
use crate::web::tests::*;

fn around(page: &Answer, first_line: &str) -> [Vec<u8>; 2] {
    let field = |name: &str, value: &str| {
        format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").into_bytes()
    };
    let photo = "--XX\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.jpg\"\r\n\r\n";
    let before = [
        field("page", &page.hidden("page")),
        field("submission", &page.hidden("submission")),
        field("step", "1"),
        format!("{photo}{first_line}\n").into_bytes(),
    ];
    let after = [
        b"\r\n".to_vec(),
        field("cleaned_by", "Ada"),
        field("notes", "the hinge is loose"),
        b"--XX--\r\n".to_vec(),
    ];
    [before.concat(), after.concat()]
}

fn form(page: &Answer, first_line: &str, bytes: &[u8]) -> Vec<u8> {
    let [before, after] = around(page, first_line);
    [&before, bytes, &after].concat()
}

fn head(path: &str, length: usize) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\
         Content-Type: multipart/form-data; boundary=XX\r\nContent-Length: {length}\r\n\r\n"
    )
}

async fn phone(number: usize, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    let own = Ipv4Addr::new(127, 0, 0, u8::try_from(2 + number).unwrap());
    socket.bind((own, 0).into()).unwrap();
    socket.connect(to).await.unwrap()
}

async fn answer(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    stream.read_to_end(&mut text).await.unwrap();
    String::from_utf8_lossy(&text).into_owned()
}

async fn listening(world: &World) -> Listener {
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let connections = ConnectionTable::new(ConnectionLimits { together: 256, per_address: 0 });
    Listener::start(tcp, ListenerConfig::new(None, connections), world.router.clone()).unwrap()
}

fn photos_of_all(world: &World) -> Vec<record::tree::Hash> {
    let reader = world.state.store.reader().unwrap();
    let cleanings = reader.cleanings(None, 500).unwrap();
    cleanings.into_iter().filter_map(|cleaning| cleaning.photos.first().copied()).collect()
}

async fn all_places(world: &World) -> Vec<PhotoUpload> {
    let mut held = Vec::new();
    for n in 0..8 {
        held.push(world.state.photos.incoming(IpAddr::from([10, 0, 1, n])).await.unwrap());
    }
    held
}

fn multipart(path: &str, body: Vec<u8>) -> Request<Body> {
    let request = Request::post(path).header(CONTENT_TYPE, "multipart/form-data; boundary=XX");
    request.body(Body::from(body)).unwrap()
}

#[tokio::test]
async fn a_photo_that_has_no_turn_costs_nothing_that_was_typed() {
    let limits = UploadLimits { wait: Duration::from_millis(50), ..UploadLimits::default() };
    let world = World::with(limits).await;
    let (path, size) = (format!("/t/{}?anyway=1", world.pump), world.size());
    let held = all_places(&world).await;
    let page = world.get(&path).await;
    let back = world.send(multipart(&path, form(&page, "good", &[7; 100_000])), false).await;
    back.is(503)
        .has("Too many photos are coming in at once")
        .has("Nothing is recorded yet. Your ticks are kept.")
        .has("value=\"Ada\"")
        .has("the hinge is loose")
        .has("value=\"1\" checked");
    assert_eq!(back.header(http::header::RETRY_AFTER), "30");
    assert_eq!(back.hidden("submission"), page.hidden("submission"), "sent again it is the same record");
    assert_eq!(world.size(), size);
    // A program gets the same answer, and a record without a photo waits for nobody.
    let mut requested = with_photo(&path, &[("cleaned_by", "Robot")], b"good\n");
    requested.headers_mut().insert("accept", "application/json".parse().unwrap());
    let reported = world.send(requested, false).await;
    assert_eq!(reported.is(503).json()["field"].as_str(), Some("photo"));
    world.post(&path, &[("cleaned_by", "Ben")]).await.is(303);
    let empty = "--XX\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"\"\r\n\r\n\r\n\
        --XX\r\nContent-Disposition: form-data; name=\"cleaned_by\"\r\n\r\nEve\r\n--XX--\r\n";
    world.send(multipart(&path, empty.into()), false).await.is(303);
    drop(held);
    world.send(multipart(&path, form(&back, "good", &[7; 100_000])), false).await.is(303);
    assert_eq!(world.cleaning().photos.len(), 1);
}

#[tokio::test]
async fn stalled_photos_hold_nobody_and_end_in_an_answer() {
    let limits = UploadLimits { hold: Duration::from_millis(200), ..UploadLimits::default() };
    let world = World::with(limits).await;
    let listener = listening(&world).await;
    let path = format!("/t/{}", world.pump);
    let page = world.get(&path).await;
    let mut stalled = Vec::new();
    for n in 0..8 {
        let body = form(&page, "never", &vec![7; 200_000]);
        let mut stream = phone(n, listener.local_addr()).await;
        stream.write_all(head(&path, body.len()).as_bytes()).await.unwrap();
        stream.write_all(&body[..100_000]).await.unwrap();
        stalled.push(stream);
    }
    let taken = async {
        while world.state.photos.places_taken() < 8 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), taken).await.unwrap();
    let body = form(&page, "good", &vec![7; 200_000]);
    let mut good = phone(20, listener.local_addr()).await;
    good.write_all(head(&path, body.len()).as_bytes()).await.unwrap();
    good.write_all(&body).await.unwrap();
    let reported = answer(&mut good).await;
    assert!(reported.starts_with("HTTP/1.1 303"), "{reported}");
    assert_eq!(photos_of_all(&world).len(), 1);
    // 100 KB are worth 6 s more than the 20 s that every form has.
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(40)).await;
    tokio::time::resume();
    for stream in &mut stalled {
        let reported = answer(stream).await;
        assert!(reported.starts_with("HTTP/1.1 408"), "{reported}");
        assert!(
            reported.contains("The request took too long") && reported.contains("Nothing was recorded"),
            "{reported}"
        );
    }
    assert_eq!(world.state.photos.places_taken(), 0);
    listener.stop().await;
}

#[tokio::test]
async fn a_hundred_photos_at_once_are_all_kept() {
    // A machine that is busy with other things may take longer than a minute for half a gigabyte.
    let limits = UploadLimits { wait: Duration::from_secs(600), ..UploadLimits::default() };
    let world = World::with(limits).await;
    let listener = listening(&world).await;
    let path = format!("/t/{}?anyway=1", world.add("Bed 7", "Ward 4", None, PhotoPolicy::Required).await);
    // Each 256th byte may begin the boundary.
    let megabytes: Arc<[u8]> = (0..5_000_000u32).map(|n| n.wrapping_mul(7).to_le_bytes()[0]).collect();
    let mut phones = tokio::task::JoinSet::new();
    for n in 0..100 {
        let (to, path, megabytes) = (listener.local_addr(), path.clone(), megabytes.clone());
        let [before, after] = around(&world.get(&path).await, &format!("photo {n}"));
        phones.spawn(async move {
            let mut stream = phone(n / 2, to).await;
            let length = before.len() + megabytes.len() + after.len();
            for part in [head(&path, length).as_bytes(), &before, &megabytes, &after] {
                stream.write_all(part).await.unwrap();
            }
            answer(&mut stream).await
        });
    }
    let mut reported = 0;
    while let Some(answer) = phones.join_next().await {
        let answer = answer.unwrap();
        assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
        reported += 1;
    }
    assert_eq!(reported, 100);
    // Some are attached a little later than they are recorded.
    let all = async {
        while photos_of_all(&world).len() < 100 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), all).await.unwrap();
    let photos: std::collections::BTreeSet<_> = photos_of_all(&world).into_iter().collect();
    assert_eq!(photos.len(), 100, "each has its own");
    for photo in photos {
        assert!(world.state.photos.holds(photo).await && world.state.photos.thumbnail_path(photo).exists());
    }
    assert_eq!(world.state.photos.places_taken(), 0);
    listener.stop().await;
}

#[tokio::test]
async fn photos_that_were_to_follow_are_attached_after_a_new_start() {
    let world = World::new().await;
    let (photos, incoming) = (&world.state.photos, world.dir.path().join("box/photos/incoming"));
    let path = format!("/t/{}?anyway=1", world.pump);
    for (n, line) in ["first\n", "second\n", "bad\n"].into_iter().enumerate() {
        world.post(&path, &[("cleaned_by", "Ben")]).await.is(303);
        let of = EntryRef { epoch: world.state.store.origin().epoch, seq: world.size() - 1 };
        let upload = incoming.join(n.to_string());
        std::fs::write(&upload, line).unwrap();
        drop(photos.promise(&upload, of));
        std::fs::remove_file(&upload).unwrap();
    }
    assert_eq!(photos_of_all(&world).len(), 0);
    let size = world.size();
    crate::web::attach_left_photos(&world.state);
    assert_eq!(photos.wait_for_promised(Duration::from_secs(60)).await, 0);
    let attached = photos_of_all(&world);
    assert_eq!((attached.len(), world.size()), (2, size + 2), "one was of no use");
    for photo in attached {
        assert!(photos.holds(photo).await);
    }
    assert_eq!(std::fs::read_dir(&incoming).unwrap().count(), 0);
    // An end between the entry and the file: the same photo is not attached twice.
    let Event::PhotoAttached(last) = world.event(world.size() - 1) else { panic!("no photo was attached") };
    let upload = incoming.join("again");
    std::fs::write(&upload, "second\n").unwrap();
    drop(photos.promise(&upload, last.of));
    crate::web::attach_left_photos(&world.state);
    assert_eq!(photos.wait_for_promised(Duration::from_secs(60)).await, 0);
    assert_eq!(world.size(), size + 2);
    assert_eq!(std::fs::read_dir(&incoming).unwrap().count(), 1, "the upload alone, without its promise");
}

/// In what the photo process writes, after its head of eight bytes: dots per centimetre, which no program shows.
/// Another one makes another photo of the same picture.
const JPEG_DENSITY_AT: usize = 8 + 15;

/// A photo of 2,048 px as a phone takes it indoors: shapes, soft light and grain.
fn noisy(number: u32) -> Vec<u8> {
    let mut seed = 1 + number;
    let mut grain = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        i32::from(seed.to_be_bytes()[0]) / 6 - 21
    };
    let image = RgbImage::from_fn(2_048, 1_536, |x, y| {
        let device = (300 + number * 40..1_500).contains(&x) && (260..1_300).contains(&y);
        let keys = device && (x / 60 + y / 60) % 2 == 0;
        let [r, g, b] = match (keys, device) {
            (true, _) => [70, 80, 90],
            (_, true) => [210, 214, 208],
            _ => [120, 95, 80],
        };
        let light = i32::try_from((x + y) / 64).unwrap();
        let grain = grain();
        image::Rgb([r, g, b].map(|c: i32| u8::try_from((c + light + grain).clamp(0, 255)).unwrap()))
    });
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, 85).encode_image(&image).unwrap();
    jpeg
}

async fn over_the_wire(
    desk: &crate::web::tests::staff::staff_pages::Desk<'_>,
    path: &str,
) -> (usize, String) {
    let requested = Request::get(path).header("accept-encoding", "gzip").body(Body::empty()).unwrap();
    let answer = desk.send(requested).await;
    answer.is(200);
    (answer.bytes.len(), desk.get(path).await.text())
}

#[tokio::test]
async fn the_staff_page_with_eight_photos_is_light() {
    let world = World::new().await;
    let files = tempfile::tempdir().unwrap();
    let path = format!("/t/{}?anyway=1", world.pump);
    // Stripping a picture takes a second: two are tried in place of eight, the one with the largest device and the one
    // with the smallest.
    for picture in [0, 7] {
        let photo = noisy(picture);
        assert!(photo.len() > 500_000, "no realistic photo: {} bytes", photo.len());
        let mut stripped = cleaned_by_child(photo);
        for density in 1..=4 {
            stripped[JPEG_DENSITY_AT] = density;
            let file = files.path().join(format!("{picture}-{density}"));
            std::fs::write(&file, &stripped).unwrap();
            let line = format!("{}\n", file.display());
            world.send(with_photo(&path, &[("cleaned_by", "Ada")], line.as_bytes()), false).await.is(303);
        }
    }
    let photos: std::collections::BTreeSet<_> = photos_of_all(&world).into_iter().collect();
    assert_eq!(photos.len(), 8, "each has its own");
    let desk = desk(&world, StaffRole::Biomed).await;
    for path in ["/staff/".to_owned(), format!("/staff/equipment/{}", world.pump)] {
        let (mut bytes, page) = over_the_wire(&desk, &path).await;
        let mut shown = 0;
        for image in page.split("<img ").skip(1).map(|rest| rest.split('>').next().unwrap()) {
            for part in ["loading=\"lazy\"", "width=\"", "height=\"", "alt=\"Photo of "] {
                assert!(image.contains(part), "{part}: {image}");
            }
            let source = image.split("src=\"").nth(1).unwrap().split('"').next().unwrap();
            assert!(source.starts_with("/photos/") && source.ends_with(".t.jpg"), "{source}");
            let thumbnail = desk.get(source).await;
            assert_eq!(thumbnail.is(200).header(CONTENT_TYPE), "image/jpeg");
            let size = image::load_from_memory(&thumbnail.bytes).unwrap();
            assert_eq!((size.width(), size.height()), (320, 240));
            assert!(thumbnail.bytes.len() <= 15_000, "{}", thumbnail.bytes.len());
            bytes += thumbnail.bytes.len();
            shown += 1;
        }
        assert_eq!(shown, 8, "{path}");
        for asset in [::web::assets::STYLE.path(), ::web::assets::LIVE.path()] {
            bytes += over_the_wire(&desk, asset).await.0;
        }
        assert!(bytes <= 150_000, "{path}: {bytes} bytes");
    }
}

#[tokio::test]
async fn a_thumbnail_is_shown_when_its_photo_has_left() {
    let world = World::new().await;
    let path = format!("/t/{}?anyway=1", world.pump);
    world.send(with_photo(&path, &[("cleaned_by", "Ada")], b"good\n"), false).await.is(303);
    let photo = world.cleaning().photos[0];
    let (photos, desk) = (&world.state.photos, desk(&world, StaffRole::Biomed).await);
    let (small, large) = (format!("/photos/{photo}.t.jpg"), format!("/photos/{photo}.jpg"));
    let item = format!("/staff/equipment/{}", world.pump);
    desk.get(&item).await.has(&format!("<a href=\"{large}\"><img src=\"{small}\""));
    photos.remove_thumbnail(photo).unwrap();
    assert_eq!(desk.get(&small).await.is(200).bytes, b"\xff\xd8t\xff\xd9", "made again");
    photos.remove(photo).unwrap();
    desk.get(&item).await.has(&small).has_not(&large);
    desk.get("/staff/").await.has(&small);
    desk.get(&small).await.is(200);
    desk.get(&large).await.is(404).has("move to the relay");
    photos.remove_thumbnail(photo).unwrap();
    desk.get(&item).await.has_not("/photos/");
    desk.get("/staff/").await.has_not("/photos/");
    desk.get(&small).await.is(404).has("move to the relay");
    world.get("/photos/nothing.t.jpg").await.is(404);
}

#[tokio::test]
async fn one_cleaning_in_some_is_picked_for_a_photo() {
    let world = World::new().await;
    let tag: Tag = "ABCDEFGH3".parse().unwrap();
    let fields = EquipmentPatch {
        name: Some("Bed 7".into()),
        photo: Some(PhotoPolicy::Optional),
        photo_one_in: Some(2),
        ..EquipmentPatch::default()
    };
    let item = NewEquipment { tag: Some(tag), fields, schedule: None, code: None };
    world.give(Command::AddEquipment(Box::new(item))).await;
    let (path, mut picked) = (format!("/t/{tag}"), 0);
    for round in 0..12 {
        let page = world.get(&path).await;
        let is_picked = page.text().contains("This time required");
        let again = world.get(&path).await.text().contains("This time required");
        assert_eq!(again, is_picked, "{round}: loading the page again draws nothing anew");
        let (token, submission) = (page.hidden("page"), page.hidden("submission"));
        let mut form =
            vec![("page", token.as_str()), ("submission", &submission), ("step", "1"), ("cleaned_by", "Ada")];
        let size = world.size();
        if is_picked {
            picked += 1;
            world.post(&path, &form).await.is(422).has("This time required").has("href=\"#photo\"");
            assert_eq!(world.size(), size);
            form.push(("notes", "the camera is broken"));
        }
        world.post(&path, &form).await.is(303);
        let cleaning = world.cleaning();
        assert_eq!(cleaning.incomplete == [MissingPart::Photo], is_picked, "{:?}", cleaning.incomplete);
        assert_eq!(cleaning.flags == [CleaningFlag::PhotoSample], is_picked, "{:?}", cleaning.flags);
    }
    assert!((1..12).contains(&picked), "{picked}");
    // A request from no page was shown nothing, and is picked for nothing.
    for name in ["Ben", "Eve", "Ida"] {
        world.post(&path, &[("cleaned_by", name), ("step", "1")]).await.is(303);
        assert_eq!((world.cleaning().incomplete, world.cleaning().flags), (vec![], vec![]));
    }
}

#[tokio::test]
async fn a_protocol_asks_for_a_photo_of_its_own() {
    let world = World::new().await;
    let (tag, protocol) = ("ABCDEFGH3".parse().unwrap(), "01KAFJWQ400000000000000003");
    let body = format!(
        r#"{{"protocol":"{protocol}","version":1,"name":"Wipe","steps":[{{"text":"Wipe"}}],"photo":"required"}}"#
    );
    let event = Event::read("protocol.published", &body);
    let draft = EntryDraft { by: EntryAuthor::BOX, idem: None, event, texts: Vec::new() };
    let drafts = vec![draft];
    world.state.store.submit(|_| WriteDecision::Append { drafts, answer: () }).await.unwrap();
    let fields = EquipmentPatch {
        name: Some("Bed 7".into()),
        photo: Some(PhotoPolicy::None),
        protocols: Some(vec![protocol.parse().unwrap()]),
        ..EquipmentPatch::default()
    };
    let item = NewEquipment { tag: Some(tag), fields, schedule: None, code: None };
    world.give(Command::AddEquipment(Box::new(item))).await;
    let path = format!("/t/{tag}");
    let page = world.get(&path).await;
    page.is(200).has("Required. No people");
    let (token, submission) = (page.hidden("page"), page.hidden("submission"));
    let form = [("page", token.as_str()), ("submission", &submission), ("step", "1"), ("cleaned_by", "Ada")];
    world.post(&path, &form).await.is(422).has("href=\"#photo\"");
}
