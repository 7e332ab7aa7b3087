//! Packs of protocols: imported, checked by their signature, adopted, and exported.

use record::pack::PackFile;
use record::sign::{KeyKind, SignerKey};

use crate::identity::{AccessCaller, AccessOutcome};
use crate::web::examples;
use crate::web::tests::equipment::editing::{form_of, send, value_of, with};
use crate::web::tests::programs::calls::program;
use crate::web::tests::staff::staff_pages::{Desk, desk};
use crate::web::tests::*;

const PACKS: &str = "/staff/packs";
const KEYS: &str = "/staff/pack-keys";

fn acme(secret: u8) -> SignerKey {
    SignerKey::new("acme.example", KeyKind::Note, &[secret; 32]).unwrap()
}

fn pack(content: &str, signer: Option<&SignerKey>) -> Vec<u8> {
    PackFile::new(content, signer).unwrap().to_string().into_bytes()
}

async fn bring(desk: &Desk<'_>, file: &[u8]) -> Answer {
    bring_to(desk, PACKS, file).await
}

/// Sends a file with the form of a page.
pub(in crate::web::tests) async fn bring_to(desk: &Desk<'_>, page: &str, file: &[u8]) -> Answer {
    let token = desk.get(page).await.hidden("form");
    let mut body = format!("--XX\r\nContent-Disposition: form-data; name=\"form\"\r\n\r\n{token}\r\n--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.ctpack\"\r\n\r\n").into_bytes();
    body.extend(file);
    body.extend(b"\r\n--XX--\r\n");
    let request = Request::post(page).header(CONTENT_TYPE, "multipart/form-data; boundary=XX");
    desk.send(request.body(Body::from(body)).unwrap()).await
}

fn complete(form: Vec<(String, String)>) -> Vec<(String, String)> {
    let filled = [
        ("ifu", "IFU 1"),
        ("agents", "Bleach wipe | 9480-8"),
        ("contact_s", "3:00"),
        ("approved", "Dr. Ada"),
    ];
    filled.iter().fold(form, |form, (name, value)| with(form, name, value))
}

#[tokio::test]
async fn a_pack_is_judged_by_whom_the_facility_trusts() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let size = world.size();
    bring(&tom, &pack(examples::PACK_CONTENT, None)).await.is(303);
    tom.get(PACKS).await.has("Acme Imaging, version 3").has("Not signed");
    let signed = pack(&examples::PACK_CONTENT.replace("\"3\"", "\"4\""), Some(&acme(1)));
    bring(&tom, &signed).await.is(303);
    tom.get(PACKS).await.has("Signed by acme.example, whom this facility does not trust");
    let trust = async |key: &str| {
        let form = form_of(&tom.get(KEYS).await, KEYS);
        send(&tom, KEYS, &with(form.into_iter().filter(|(name, _)| name == "form").collect(), "key", key))
            .await
    };
    trust("acme.example").await.is(422).has("This is no public key").has("value=\"acme.example\"");
    trust(&acme(1).verifier().to_string()).await.is(303);
    tom.get(KEYS).await.has("acme.example+");
    tom.get(PACKS).await.has(">Signed by acme.example<");
    // Somebody else signs in that name.
    let forged = pack(&examples::PACK_CONTENT.replace("\"3\"", "\"5\""), Some(&acme(2)));
    bring(&tom, &forged).await.is(303);
    tom.get(PACKS).await.has("It names acme.example, and the signature does not fit: do not use it");
    let draft = |file: &[u8]| format!("{PACKS}/{}/probe", PackFile::parse(file).unwrap().sha256());
    tom.get(PACKS).await.has_not(&draft(&forged));
    tom.get(&draft(&forged)).await.is(404);
    tom.get(&draft(&signed)).await.is(200).has("Probe after a patient");
    assert_eq!(world.size(), size, "nothing of a pack counts before");
    // No longer trusted, its key is unknown.
    let form = form_of(&tom.get(KEYS).await, KEYS);
    send(&tom, KEYS, &form).await.is(303);
    tom.get(PACKS).await.has("whom this facility does not trust").has_not("do not use it");
}

#[tokio::test]
async fn who_trusts_a_key_and_removes_it_stands_in_the_audit() {
    let world = World::new().await;
    let admin = desk(&world, StaffRole::FacilityAdmin).await;
    let key = acme(1).verifier().to_string();
    let trust = async || {
        let form = form_of(&admin.get(KEYS).await, KEYS).into_iter().filter(|(name, _)| name == "form");
        send(&admin, KEYS, &with(form.collect(), "key", &key)).await.is(303);
    };
    let remove = async |form: &crate::web::tests::equipment::editing::Fields| {
        send(&admin, KEYS, form).await.is(303).status
    };
    trust().await;
    trust().await;
    let form = form_of(&admin.get(KEYS).await, KEYS);
    remove(&form).await;
    remove(&form).await;
    let rows = world.state.identity.access.rows(None, 10).unwrap();
    let of_keys: Vec<_> = rows
        .into_iter()
        .filter(|(_, row)| row.route == KEYS)
        .map(|(_, row)| (row.outcome, row.subject.unwrap_or_default(), row.caller))
        .collect();
    let [removed, trusted] = of_keys.as_slice() else { panic!("{of_keys:?}") };
    assert_eq!((removed.0, trusted.0), (AccessOutcome::PackKeyRemoved, AccessOutcome::PackKeyTrusted));
    assert_eq!((&removed.1, &removed.2), (&trusted.1, &trusted.2));
    assert!(key.starts_with(&format!("{}+", trusted.1)) && trusted.1.len() < key.len(), "{}", trusted.1);
    assert!(matches!(trusted.2, AccessCaller::Staff(_)));
    admin
        .get("/staff/box/audit")
        .await
        .has("Trusted the key of a pack’s maker")
        .has("Removed the key of a pack’s maker")
        .has(&trusted.1);
}

#[tokio::test]
async fn what_is_no_pack_is_said_and_nothing_is_kept() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let mut altered = pack(examples::PACK_CONTENT, Some(&acme(1)));
    let last = altered.len() - 5;
    altered[last] ^= 1;
    for (file, words) in [
        (altered, "changed after it was made"),
        (b"PDF".to_vec(), "no pack of protocols"),
        (Vec::new(), "Choose a .ctpack file first"),
        (pack("name = \"A\"\nversion = \"1\"\n", None), "There is no protocol in this pack"),
        (pack("what = 1", None), "cannot read what this pack holds"),
        (pack(&examples::PACK_CONTENT.replace("\"probe\"", "\"../x\""), None), "draft.id"),
        (vec![b'a'; 300_000], "larger than 256 KB"),
        (vec![b'a'; 3_000_000], "larger than 256 KB"),
    ] {
        bring(&tom, &file).await.is(422).has(words).has("No pack was added");
    }
    tom.get(PACKS).await.is(200).has_not("Remove this pack");
    let auditor =
        crate::web::tests::equipment::editing::second_desk(&world, "Alan", StaffRole::Auditor, "839204")
            .await;
    auditor.get(PACKS).await.is(200).has_not("Add as drafts");
    auditor.post(PACKS, &auditor.get("/staff/me").await.hidden("form"), &[("do", "remove")]).await.is(403);
}

#[tokio::test]
async fn a_draft_adopted_under_another_name_is_not_offered_as_new() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let file = pack(examples::PACK_CONTENT, None);
    bring(&tom, &file).await.is(303);
    let sha256 = PackFile::parse(&file).unwrap().sha256();
    for page in [format!("{PACKS}/{sha256}/probe"), format!("{PACKS}/hospital/isolation-wipe")] {
        let form = complete(form_of(&tom.get(&page).await, &page));
        send(&tom, &page, &with(form, "name", "Our own name")).await.is(303);
    }
    let page = tom.get(PACKS).await;
    assert_eq!(page.text().matches(">Published<").count(), 2);
    let facility = world.state.store.facility();
    let sources: Vec<_> = facility.protocols.values().filter_map(|p| p.from_pack.clone()).collect();
    let brought = sources.iter().find(|source| source.pack == "Acme Imaging").unwrap();
    assert_eq!((brought.draft.as_str(), brought.sha256), ("probe", sha256));
    // What was published stays when the pack goes.
    let form = form_of(&page, PACKS);
    send(&tom, PACKS, &form).await.is(303);
    tom.get(PACKS).await.has_not("Acme Imaging");
    assert_eq!(world.state.store.facility().protocols.len(), facility.protocols.len());
}

#[tokio::test]
async fn a_category_of_a_pack_begins_with_its_fields_schedule_and_protocols() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let page = format!("{PACKS}/hospital/probe-between-patients");
    let wipe = complete(form_of(&tom.get(&page).await, &page));
    send(&tom, &page, &wipe).await.is(303);
    tom.get(PACKS).await.has("/staff/categories/new?pack=hospital&#38;draft=ultrasound-probe");
    let new = "/staff/categories/new";
    let form = form_of(&tom.get(&format!("{new}?pack=hospital&draft=ultrasound-probe")).await, new);
    assert_eq!(value_of(&form, "name"), "Ultrasound probe");
    assert_eq!(value_of(&form, "fields"), "Kind | choice | surface, endocavity | required");
    assert_eq!((value_of(&form, "class"), value_of(&form, "every")), ("semicritical", "use"));
    send(&tom, new, &form).await.is(303);
    let facility = world.state.store.facility();
    let category = facility.categories.values().find(|category| category.name == "Ultrasound probe").unwrap();
    assert_eq!(category.defaults.protocols.len(), 1);
    tom.get(PACKS).await.has("There already");
    tom.get(&format!("{new}?pack=hospital&draft=nothing")).await.is(404);
}

#[tokio::test]
async fn own_protocols_are_handed_on_and_signed() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    tom.get(KEYS).await.has("There is none yet");
    let file = tom.get("/staff/packs/own").await;
    file.is(200).has("steps").has("epa = \"99120-7\"").has_not("contact_s").has_not("approved");
    assert!(file.headers["content-disposition"].to_str().unwrap().contains("protocols.ctpack"));
    tom.get(KEYS).await.has("There is none yet");
    let form = form_of(&tom.get(PACKS).await, "/staff/packs/own");
    let signed = send(&tom, "/staff/packs/own", &form).await;
    signed.is(200);
    let page = tom.get(KEYS).await;
    let key = page
        .text()
        .split("<p class=\"code\" translate=\"no\">")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap()
        .replace("&#43;", "+");
    let signed = PackFile::parse(&signed.bytes).unwrap();
    let trusted = [record::sign::VerifierKey::parse(&key).unwrap()];
    assert!(matches!(signed.check_signature(&trusted), record::pack::PackSignature::Trusted(_)));
    // Another facility takes it over.
    let other = World::new().await;
    let ada = desk(&other, StaffRole::Biomed).await;
    bring(&ada, signed.to_string().as_bytes()).await.is(303);
    ada.get(PACKS).await.has("whom this facility does not trust");
    let protocol = world.state.store.facility().protocols.keys().next().unwrap().to_string().to_lowercase();
    let page = format!("{PACKS}/{}/{protocol}", signed.sha256());
    let shown = ada.get(&page).await;
    shown.is(200).has("names as examples: Quat wipe | 99120-7. Enter the one that you use");
    let form = form_of(&shown, &page);
    assert_eq!(value_of(&form, "agents"), "");
    let size = other.size();
    let refused = send(&ada, &page, &with(complete(form.clone()), "agents", "")).await;
    refused.is(422).has("id=\"agents-e\"").has("Quat wipe | 99120-7");
    assert_eq!(other.size(), size);
    send(&ada, &page, &with(complete(form), "agents", "Quat wipe | 99120-7")).await.is(303);
    let facility = other.state.store.facility();
    let adopted = facility.protocols.values().find(|protocol| protocol.from_pack.is_some()).unwrap();
    assert_eq!(adopted.newest.agents[0].epa, "99120-7");
}

#[tokio::test]
async fn programs_bring_list_and_export_packs() {
    let world = World::new().await;
    let writer = program(&world, ApiTokenScope::Write);
    let file = pack(examples::PACK_CONTENT, None);
    let post = async |path: &str, body: Vec<u8>| {
        let request = Request::post(path).header(CONTENT_TYPE, "text/plain");
        writer.send(request.body(Body::from(body)).unwrap()).await
    };
    let brought = post("/api/v1/packs", file.clone()).await;
    assert_eq!(brought.is(200).json()["signature"], "unsigned");
    post("/api/v1/packs", file.clone()).await.is(200);
    post("/api/v1/packs", b"x".to_vec()).await.is(422).has("no pack of protocols");
    post("/api/v1/packs", vec![b'x'; 300_000]).await.is(413);
    let list = writer.get("/api/v1/packs").await;
    let items = list.is(200).json();
    assert_eq!(items["items"].as_array().unwrap().len(), 5);
    assert_eq!(items["items"][0]["drafts"][0]["id"], "probe");
    assert_eq!(items["items"][1]["signature"], "built_in");
    PackFile::parse(&writer.get("/api/v1/packs/own").await.bytes).unwrap();
    PackFile::parse(&post("/api/v1/packs/own", Vec::new()).await.bytes).unwrap();
    let sha256 = PackFile::parse(&file).unwrap().sha256();
    let request = Request::delete(format!("/api/v1/packs/{sha256}"));
    writer.send(request.body(Body::empty()).unwrap()).await.is(204);
    assert_eq!(writer.get("/api/v1/packs").await.json()["items"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn a_draft_of_a_pack_counts_once_somebody_has_completed_it() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let size = world.size();
    tom.get("/staff/packs")
        .await
        .is(200)
        .has("Wipe after isolation")
        .has("Long-term care")
        .has_not("Published");
    let page = "/staff/packs/hospital/isolation-wipe";
    let form = form_of(&tom.get(page).await, page);
    assert_eq!((value_of(&form, "contact_s"), value_of(&form, "agents")), ("", ""));
    let refused = send(&tom, page, &form).await;
    refused.is(422);
    for field in ["ifu", "agents", "contact_s", "approved"] {
        refused.has(&format!("id=\"{field}-e\""));
    }
    assert_eq!(world.size(), size, "nothing of a pack counts before");
    let filled = [
        ("ifu", "IFU 1"),
        ("agents", "Bleach wipe | 9480-8"),
        ("contact_s", "3:00"),
        ("approved", "Dr. Ada"),
    ];
    let form = filled.iter().fold(form, |form, (name, value)| with(form, name, value));
    send(&tom, page, &form).await.is(303);
    let facility = world.state.store.facility();
    let adopted = facility.protocols.values().find(|protocol| protocol.from_pack.is_some()).unwrap();
    let source = adopted.from_pack.clone().unwrap();
    assert_eq!((source.pack.as_str(), source.version.as_str()), ("hospital", "2"));
    assert_eq!((adopted.contact_s, adopted.words["es"].steps.len()), (Some(180), 5));
    tom.get("/staff/packs").await.has("Published");
    tom.get("/staff/packs/hospital/nothing").await.is(404);
    // A new version by somebody else still says where it came from.
    let page = format!("/staff/protocols/{}", adopted.protocol);
    send(&tom, &page, &with(form_of(&tom.get(&page).await, &page), "ppe", "apron")).await.is(303);
    assert!(world.state.store.facility().protocols[&adopted.protocol].from_pack.is_some());
}
