//! Health page and support bundle: how the box is, and nothing that names a person or grants access.

use crate::bundle::read_zip;
use crate::web::tests::staff::staff_pages::desk;
use crate::web::tests::*;

#[tokio::test]
async fn the_health_page_shows_the_doctors_lines() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let page = tom.get("/staff/box/health").await;
    page.is(200).has("Recording").has("entries in the log").has("The box works alone");
    tom.post("/staff/box/health", &page.hidden("form"), &[]).await.is(200).has("Recording");
}

#[tokio::test]
async fn a_bundle_names_nobody_and_opens_nothing() {
    let world = World::new().await;
    let grace = desk(&world, StaffRole::FacilityAdmin).await;
    let path = format!("/t/{}", world.pump);
    let page = world.get(&path).await;
    let form = [
        ("page", page.hidden("page")),
        ("submission", page.hidden("submission")),
        ("version", "1".to_owned()),
        ("step", "1".to_owned()),
        ("cleaned_by", "Xenia Quillfeather".to_owned()),
        ("notes", "spilt formula zanzibar".to_owned()),
    ];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    world.post(&path, &form).await;
    let wrong = [("staff", "01J00000000000000000000STF"), ("pin", "000099")];
    world.send(posted("/staff/sign-in", &wrong), true).await;
    let keys = world.state.field.data.join("keys");
    std::fs::create_dir_all(&keys).unwrap();
    std::fs::write(keys.join("box.key"), "-----BEGIN PRIVATE KEY-----planted").unwrap();
    let list = grace.get("/staff/box/bundle").await;
    list.is(200).has("storage.txt").has("doctor.txt").has("refusals.json");
    let saved = grace.post("/staff/box/bundle", &list.hidden("form"), &[]).await;
    saved.is(200);
    assert!(saved.header(http::header::CONTENT_DISPOSITION).contains("cleantrack-support-"));
    let files = read_zip(&saved.bytes);
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    for name in
        ["about.txt", "health.json", "alarms.txt", "settings.txt", "setup.json", "doctor.txt", "storage.txt"]
    {
        assert!(names.contains(&name), "{names:?}");
    }
    for (name, bytes) in &files {
        let text = String::from_utf8_lossy(bytes);
        for planted in [
            "Quillfeather",
            "zanzibar",
            "Infusion pump",
            "Okafor",
            "Tom Nguyen",
            "PRIVATE KEY",
            "AAAAA",
            "000099",
            "10.0.0.9",
        ] {
            assert!(!text.contains(planted), "{planted} is in {name}: {text}");
        }
    }
    let health: serde_json::Value =
        serde_json::from_slice(&files.iter().find(|(name, _)| name == "health.json").unwrap().1).unwrap();
    assert_eq!(health["recording"], "ready");
}
