//! The phone's secret: it takes back what this phone recorded, and is nowhere but in its cookie.

use std::sync::Mutex;

use crate::web::tests::staff::staff_pages::desk;
use crate::web::tests::*;

fn with_cookie(mut request: Request<Body>, cookie: &str) -> Request<Body> {
    request.headers_mut().insert("cookie", cookie.parse().unwrap());
    request
}

fn device_cookie(answer: &Answer) -> Option<String> {
    let all = answer.headers.get_all(SET_COOKIE).iter().map(|v| v.to_str().unwrap().to_owned());
    all.filter(|c| c.contains("device=")).map(|c| c.split(';').next().unwrap().to_owned()).next()
}

#[tokio::test]
async fn what_the_proof_says_of_a_phone_undoes_nothing() {
    let world = World::new().await;
    let done = world.post(&format!("/t/{}", world.pump), &[("cleaned_by", "Ada")]).await;
    let (receipt, own) = (done.is(303).location(), device_cookie(&done).unwrap());
    assert_eq!(own.len(), "device=".len() + 43);
    let proof = world.get(&format!("{receipt}/proof")).await;
    let proof: RecordProof = serde_json::from_slice(&proof.bytes).unwrap();
    let proven = proof.check(&world.state.store.verifier_keys(), &[]).unwrap();
    let public = proven.entry.head().by.device.unwrap().to_string();
    assert_eq!(public.len(), 26);
    let undo = async |cookie: &str| {
        let request = posted(&format!("{receipt}/undo"), &[("reason", "wrong item")]);
        world.send(with_cookie(request, cookie), false).await
    };
    let size = world.size();
    let padded = format!("device={public}{}", "A".repeat(17));
    for stolen in [format!("device={public}"), padded, format!("__Host-device={}", &own[7..])] {
        undo(&stolen).await.is(403);
    }
    assert_eq!(world.size(), size);
    undo(&own).await.is(303);
    world.get(&receipt).await.has("<h1>Undone</h1>");
}

#[tokio::test]
async fn a_phone_gets_its_secret_with_the_first_thing_that_it_starts() {
    let world = World::new().await;
    let path = format!("/t/{}", world.pump);
    let page = world.get(&path).await;
    assert_eq!(page.cookies(), "", "looking leaves nothing behind");
    let token = page.hidden("page");
    let refused = world.post(&path, &[("page", &token), ("version", "1")]).await;
    assert_eq!(device_cookie(refused.is(422)), None, "nothing was recorded and nothing was started");
    let started = world.post(&path, &[("page", &token), ("version", "1"), ("wet", "1")]).await;
    let own = device_cookie(started.is(303)).unwrap();
    let flags = started.headers.get_all(SET_COOKIE).iter().next().unwrap().to_str().unwrap();
    for flag in ["; HttpOnly", "; SameSite=Lax", "; Path=/", "; Max-Age=34560000"] {
        assert!(flags.contains(flag), "{flags}");
    }
    assert!(!flags.contains("Secure"), "{flags}");
    // It keeps the one that it has; one of before is replaced.
    let again = world.send(with_cookie(posted(&path, &[("cleaned_by", "Ada")]), &own), false).await;
    assert_eq!(device_cookie(again.is(303)), Some(own));
    let before = "device=01KAFNHYM0081040G2081040G2";
    let replaced = world.send(with_cookie(posted(&path, &[("cleaned_by", "Ada")]), before), false).await;
    assert_eq!(device_cookie(replaced.is(303)).unwrap().len(), "device=".len() + 43);
}

#[tokio::test]
async fn https_has_a_secret_of_its_own() {
    let world = World::new().await;
    let path = format!("/t/{}", world.pump);
    let plain = device_cookie(&world.post(&path, &[("cleaned_by", "Ada")]).await).unwrap();
    let done = world.send(with_cookie(posted(&path, &[("cleaned_by", "Ada")]), &plain), true).await;
    let secure = device_cookie(done.is(303)).unwrap();
    assert!(secure.starts_with("__Host-device=") && !secure.ends_with(&plain[7..]), "{secure}");
    assert!(done.header(SET_COOKIE).contains("; Secure"));
    let undo = async |receipt: &str, cookie: &str, over_https: bool| {
        let request = posted(&format!("{receipt}/undo"), &[("reason", "wrong item")]);
        world.send(with_cookie(request, cookie), over_https).await
    };
    let receipt = done.location();
    undo(&receipt, &plain, false).await.is(403);
    undo(&receipt, &format!("{plain}; {secure}"), true).await.is(303);
    // What was recorded over plain HTTP is taken back over HTTPS as well: the browser shows both.
    let done = world.send(with_cookie(posted(&path, &[("cleaned_by", "Ada")]), &plain), false).await;
    let shown = with_cookie(
        Request::get(done.location()).body(Body::empty()).unwrap(),
        &format!("{secure}; {plain}"),
    );
    world.send(shown, true).await.has("Undo this record");
    undo(&done.location(), &format!("{secure}; {plain}"), true).await.is(303);
}

#[derive(Clone, Default)]
struct Logged(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Logged {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn files(folder: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => files(&entry.path(), found),
            kind if kind.is_file() => found.push(entry.path()),
            _ => {}
        }
    }
}

#[tokio::test]
async fn the_secret_stands_nowhere_but_in_its_cookie() {
    let logged = Logged::default();
    let writer = logged.clone();
    let log = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _logging = tracing::subscriber::set_default(log);
    let world = World::new().await;
    let path = format!("/t/{}", world.pump);
    let plain = device_cookie(&world.post(&path, &[("cleaned_by", "Ada")]).await).unwrap();
    let mut reported: Vec<(String, Vec<u8>)> = Vec::new();
    let mut secrets = vec![plain.clone()];
    for secure in [false, true] {
        let done = world.send(with_cookie(posted(&path, &[("cleaned_by", "Ada")]), &plain), secure).await;
        secrets.extend(device_cookie(&done));
        let undo = posted(&format!("{}/undo", done.location()), &[("reason", "x")]);
        world.send(with_cookie(undo, secrets.last().unwrap()), secure).await.is(303);
        for page in [done.location(), format!("{}/proof", done.location()), path.clone(), "/healthz".into()] {
            let request = with_cookie(Request::get(&page).body(Body::empty()).unwrap(), &secrets.join("; "));
            reported.push((page, world.send(request, secure).await.is(200).bytes.clone()));
        }
    }
    let desk = desk(&world, StaffRole::FacilityAdmin).await;
    for page in ["/staff/", "/staff/box", "/api/v1/log", "/api/v1/cleanings"] {
        reported.push((page.to_owned(), desk.get(page).await.is(200).bytes.clone()));
    }
    let mut found = Vec::new();
    files(world.dir.path(), &mut found);
    reported.extend(found.into_iter().map(|file| (file.display().to_string(), std::fs::read(file).unwrap())));
    reported.push(("what was logged".to_owned(), logged.0.lock().unwrap().clone()));
    let device = DeviceIdSearch::of(&world);
    assert!(
        reported.iter().filter(|(_, bytes)| device.stands_in(bytes)).count() >= 2,
        "the public id is to be found"
    );
    for cookie in secrets {
        let secret = cookie.split_once('=').unwrap().1;
        assert_eq!(secret.len(), 43);
        for (what, bytes) in &reported {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "the secret stands in {what}");
        }
    }
}

/// The public id of the device of the world's first cleaning: what a search that works finds.
struct DeviceIdSearch(String);

impl DeviceIdSearch {
    fn of(world: &World) -> Self {
        let reader = world.state.store.reader().unwrap();
        let entries = (0..world.size()).map(|seq| reader.entry(seq).unwrap().unwrap());
        let device = entries.filter_map(|entry| entry.head().by.device).next();
        Self(device.unwrap().to_string())
    }

    fn stands_in(&self, bytes: &[u8]) -> bool {
        bytes.windows(self.0.len()).any(|window| window == self.0.as_bytes())
    }
}
