//! The technician's half of the story, on a phone.

use record::proof::RecordProof;
use record::sign::VerifierKey;

use super::browser::{Browser, TIME_LIMIT};
use super::{Story, photo};

const RECORD: &str = ".bar .go";
const NAME: &str = "Aisha Bello";

pub(crate) async fn scan(story: &Story, phone: &Browser, label: &str) {
    phone.goto(label).await;
    phone.shows("Record cleaning").await;
    let width = phone.script("return [innerWidth, innerHeight].join()").await;
    assert_eq!(width, "390,844");
    phone.until("document.querySelector('h1').innerText === 'Infusion pump 14'", TIME_LIMIT).await;
    story.picture(phone, "01-scan").await;
}

/// A step, the contact time and the name are missing: nothing that was filled in is lost.
pub(crate) async fn forget(story: &Story, phone: &Browser) {
    phone.press("#step summary").await;
    for step in ["#step-1", "#step-2", "#step-3"] {
        phone.press(step).await;
    }
    let file = story.pictures.join("sideways.jpg");
    std::fs::write(&file, photo::sideways()).expect("a photo");
    phone.find("#photo").await.send_keys(&file.to_string_lossy()).await.expect("a photo is chosen");
    phone.press("#unmeasured").await;
    phone.until("document.title.startsWith('Error: Infusion pump 14')", TIME_LIMIT).await;
    phone.shows("Nothing is recorded yet.").await;
    phone.shows("Tick step 4").await;
    phone.shows("Photo saved").await;
    let ticked = "[...document.querySelectorAll('[name=step]:checked')].map(e => e.value).join() === '1,2,3'";
    phone.until(ticked, TIME_LIMIT).await;
    if story.script {
        phone.until("document.activeElement.matches('.problem')", TIME_LIMIT).await;
    }
    let stored = phone.until("document.querySelector('img[alt^=\"Your photo\"]').src", TIME_LIMIT).await;
    let thumbnail = stored.as_str().expect("an address");
    for address in [thumbnail.to_owned(), thumbnail.replace(".t.jpg", ".jpg")] {
        let stored = reqwest::get(address).await.expect("the photo").bytes().await;
        photo::assert_cleaned(&stored.expect("the photo"));
    }
    story.picture(phone, "02-error").await;
}

/// The box's own clock counts from here.
pub(crate) async fn start_contact_time(story: &Story, phone: &Browser) {
    phone.press("#step-4").await;
    phone.find("#who").await.send_keys(NAME).await.expect("a name is typed");
    phone.press(RECORD).await;
    phone.shows("It dried: start again").await;
    phone.until(&format!("document.querySelector('#who').value === '{NAME}'"), TIME_LIMIT).await;
    phone.until("document.querySelectorAll('[name=step]:checked').length === 4", TIME_LIMIT).await;
    phone.shows("Photo saved").await;
    in_view(phone, "#wet [role=timer]").await;
    in_view(phone, "#wet progress").await;
    story.picture(phone, "03-wet").await;
    // A page that is loaded again continues the countdown where it was, and shows it.
    let left =
        "(([m, s]) => m * 60 + Number(s))(document.querySelector('[role=timer]').innerText.split(':'))";
    let before = phone.until(left, TIME_LIMIT).await.as_i64().expect("seconds");
    phone.client.refresh().await.expect("the page again");
    in_view(phone, "#wet [role=timer]").await;
    let after = phone.until(left, TIME_LIMIT).await.as_i64().expect("seconds");
    assert!(after <= before, "{after} s are left, before it was loaded again {before} s");
}

/// It is seen without scrolling, and nothing covers it.
pub(crate) async fn in_view(phone: &Browser, css: &str) {
    let seen = format!(
        "(() => {{ const part = document.querySelector('{css}'), r = part.getBoundingClientRect(); \
         const at = document.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2); \
         return r.top >= 0 && r.bottom <= innerHeight && (at === part || part.contains(at)); }})()"
    );
    phone.until(&seen, TIME_LIMIT).await;
}

pub(crate) async fn record(story: &Story, phone: &Browser) {
    if story.script {
        let over = "document.querySelector('[data-say]').textContent.includes('You can record')";
        phone.until(over, TIME_LIMIT).await;
        story.picture(phone, "03-wet-done").await;
    } else {
        // The page looks again by itself, and has no such time any more once it is over.
        let over = "(wet => wet && (!wet.querySelector('time') || new Date() >= new Date(wet.querySelector('time').dateTime)))\
                    (document.querySelector('#wet'))";
        phone.until(over, TIME_LIMIT).await;
        phone.client.refresh().await.expect("the page again");
    }
    // Shown without a reload or after one: heading, words and colour.
    phone.until("document.querySelector('#wet h2').innerText === 'Wet long enough'", TIME_LIMIT).await;
    phone.until("document.querySelector('#wet.said .tag.ok').innerText === 'Done'", TIME_LIMIT).await;
    let old = "document.body.innerText.match(/Keep it wet|It dried|by the box’s clock/)";
    assert_eq!(phone.script(&format!("return {old}")).await, serde_json::Value::Null);
    phone.press(RECORD).await;
    phone.shows("Where your record is").await;
    phone.until("document.querySelector('h1').innerText === 'Recorded'", TIME_LIMIT).await;
    phone.shows(NAME).await;
    phone.shows("It is safe now.").await;
    let incomplete = phone.script("return document.body.innerText.includes('Incomplete')").await;
    assert_eq!(incomplete, false);
    story.picture(phone, "04-receipt").await;
}

pub(crate) async fn prove(story: &Story, phone: &Browser) {
    let link = phone.find("a[href$='/proof']").await.prop("href").await.expect("a link").expect("a link");
    let proof = reqwest::get(&link).await.expect("the proof").bytes().await.expect("the proof");
    let keys = reqwest::get(format!("{}/api/v1/key", story.demo.output.r#box.http)).await.expect("the key");
    let keys: Vec<VerifierKey> = keys
        .text()
        .await
        .expect("the key")
        .lines()
        .map(|key| VerifierKey::parse(key).expect("a key"))
        .collect();
    let mut proof: RecordProof = serde_json::from_slice(&proof).expect("a proof");
    let proven = proof.check(&keys, &[]).expect("the proof holds");
    let shown = phone.find(".facts dd.num").await.text().await.expect("the entry's number");
    assert_eq!(shown.replace(',', "").parse::<u64>().expect("a number"), proof.index);
    assert!(proven.checkpoint.size > proof.index);
    proof.entry = proof.entry.replace("cleaning.recorded", "cleaning.recordee");
    assert!(proof.check(&keys, &[]).is_err());
}

pub(crate) async fn record_and_undo(story: &Story, phone: &Browser, label: &str) {
    phone.goto(label).await;
    phone.press("#step-1").await;
    phone.find("#who").await.send_keys(NAME).await.expect("a name is typed");
    phone.press(RECORD).await;
    phone.shows("Where your record is").await;
    phone.press("a[href$='/undo']").await;
    phone.shows("Undo this record?").await;
    phone.press(".stop").await;
    phone.shows("Both entries stay.").await;
    phone.until("document.querySelector('h1').innerText === 'Undone'", TIME_LIMIT).await;
    story.picture(phone, "05-undone").await;
}

pub(crate) async fn reaches_the_relay(story: &Story, phone: &Browser) {
    phone.until("document.querySelectorAll('#where li.done').length === 3", TIME_LIMIT).await;
    phone.script("document.querySelector('#where').scrollIntoView({block: 'center'})").await;
    story.picture(phone, "06-at-the-relay").await;
}

/// The phone's cookie is in no file of box and relay, and in no log line.
pub(crate) async fn keeps_its_secret(story: &Story, phone: &Browser) {
    let cookie = phone.client.get_named_cookie("device").await.expect("the phone's cookie");
    let secret = cookie.value().as_bytes();
    assert_eq!(secret.len(), 43);
    let (mut folders, mut files) = (vec![story.demo.output.dir.clone()], 0);
    while let Some(folder) = folders.pop() {
        // Both programs are running: files may have been removed meanwhile.
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(kind) if kind.is_file() => {
                    let Ok(bytes) = std::fs::read(entry.path()) else { continue };
                    let found = bytes.windows(secret.len()).any(|window| window == secret);
                    assert!(!found, "the phone's secret stands in {}", entry.path().display());
                    files += 1;
                }
                _ => {}
            }
        }
    }
    assert!(files > 10, "{files} files were looked through");
}
