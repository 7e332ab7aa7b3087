//! What the pages say, state by state.

use axum::http::StatusCode;
use firmware_config::{ClaimFile, Secret, WifiKey};
use record::proof::RecordProof;

use crate::db::access_log::audit;
use crate::db::fleet::claims;
use crate::projections::facility_now::{refresh_box, refresh_facility};

use super::world::{MINUTE_MS, NOW_MS, TestSite, World, csrf};

#[tokio::test]
async fn the_account_sorted_by_what_is_asked() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let page = world.get("/app/", &cookie).await;
    assert_eq!(page.status, StatusCode::OK);
    for words in
        ["Linden Health Partners", "3 facilities, most overdue first", "Latest cleanings", "Live, as of "]
    {
        assert!(page.body.contains(words), "{words}");
    }
    assert!(page.body.contains("<a class=\"link\" href=\"/photos/"), "latest cleanings have photos");
    assert!(
        !page.body.contains("<img src=\"/photos/"),
        "which are opened one by one: there are no thumbnails here"
    );
    assert!(page.body.contains("http-equiv=\"refresh\""), "live without a script, too");
    fn facility_names(body: &str) -> Vec<String> {
        let rows = body.split("scope=\"row\"><a href=\"/app/f/").skip(1);
        rows.map(|r| r.split('>').nth(1).unwrap().split('<').next().unwrap().to_owned()).collect()
    }
    let by_name = facility_names(&world.get("/app/?sort=name", &cookie).await.body);
    assert_eq!(by_name, ["Linden Eastfield", "Linden Riverside Imaging", "Linden Valley Hospital"]);
    let mut by_rate = facility_names(&world.get("/app/?sort=month", &cookie).await.body);
    assert_ne!(by_rate, by_name);
    by_rate.sort();
    assert_eq!(by_rate, by_name);
}

#[tokio::test]
async fn one_facility_is_shown_at_once() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.b.email).await;
    let path = format!("/app/f/{}", world.b.sites[0].id);
    assert_eq!(world.get("/app/", &cookie).await.header("location"), path);
    let page = world.get(&path, &cookie).await.body;
    assert!(page.contains("Zebra Clinic") && !page.contains("All facilities"));
    for words in ["Compliance by day", "Latest cleanings", "Its box", "Overdue", "Backlog", "34% used"] {
        assert!(page.contains(words), "{words}");
    }
}

#[tokio::test]
async fn an_item_with_history_and_a_proof_that_holds() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let site = &world.a.sites[0];
    let page = world.get(&format!("/app/f/{}/e/{}", site.id, site.tags[0]), &cookie).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    for words in [
        &site.tags[0].grouped(),
        "Linden pump 1",
        "Verified",
        "Voided today 10:02 by Tom Linden Nguyen: Linden: wrong item scanned. Both entries stay.",
        "<strong>Used</strong>",
        "Contact time: 1 min 04 s of 1 min, measured by the box",
        "Disinfectant: Oxivir Tb",
        "Aisha Linden Bello, name typed",
        "Every day",
        "Photo on its way",
        "Semicritical",
    ] {
        assert!(page.body.contains(words), "{words} in {}", page.body);
    }
    let link =
        page.body.split("Download the proof of entry").next().unwrap().rsplit("href=\"").next().unwrap();
    let proof = world.get(link.split('"').next().unwrap(), &cookie).await;
    assert!(proof.header("content-disposition").starts_with("attachment; filename=\"cleantrack-proof-1-"));
    let proof: RecordProof = serde_json::from_str(&proof.body).unwrap();
    let proven = proof.check(&[], &world.state.fleet.cosigners()).unwrap();
    assert!(proven.entry.as_str().contains(site.tags[0].as_str()));
    assert_eq!(proven.checkpoint.origin, site.one.origin);
    let (one, tag) = (&site.one, site.tags[0]);
    let older = format!("/app/f/{}/e/{tag}?before=0.{}.{}.0", site.id, one.id, one.origin.epoch);
    assert!(!world.get(&older, &cookie).await.body.contains("Never cleaned"), "older than all its lines");
}

#[tokio::test]
async fn equipment_is_found_by_what_a_person_types() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let site = &world.a.sites[0];
    async fn count_found(world: &World, site: &TestSite, cookie: &str, query: &str) -> usize {
        let got = world.get(&format!("/app/f/{}/equipment?q={query}", site.id), cookie).await;
        got.body.matches("scope=\"row\"").count()
    }
    assert_eq!(count_found(&world, site, &cookie, "").await, site.tags.len());
    assert_eq!(count_found(&world, site, &cookie, "PUMP+2").await, 1);
    assert_eq!(count_found(&world, site, &cookie, "ward+2c").await, 2);
    assert_eq!(count_found(&world, site, &cookie, &site.tags[2].to_string().to_lowercase()).await, 1);
    assert_eq!(count_found(&world, site, &cookie, "zebra").await, 0);
    let script = world.get(&format!("/app/f/{}/equipment?q=%3Cscript%3E", site.id), &cookie).await.body;
    assert!(script.contains("No equipment matches “&#60;script&#62;”"), "{script}");
}

#[tokio::test]
async fn a_fork_is_shown_with_both_checkpoints_and_its_evidence() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    assert!(!world.get("/app/boxes", &cookie).await.body.contains("Quarantined</span>"));
    let evidence = world.fork_of_a().await;
    let page = world.get("/app/boxes", &cookie).await.body;
    for words in
        ["Linden Valley Hospital: two different logs under one key", "Quarantined", "Replace this box"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert_eq!(page.matches("<strong>").count(), 4, "both roots stand out");
    let first = page.find("scope=\"row\"").unwrap();
    assert!(
        page[first..].find("Quarantined").unwrap() < page[first..].find("Good").unwrap(),
        "it comes first"
    );
    let one = &world.a.sites[0].one;
    let file = world.get(&format!("/app/boxes/{}/evidence/{evidence}", one.id), &cookie).await;
    let file: serde_json::Value = serde_json::from_str(&file.body).unwrap();
    let key = record::sign::VerifierKey::parse(file["key"].as_str().unwrap()).unwrap();
    let checkpoint = |member: &str| {
        let note = file[member].as_str().unwrap();
        *record::checkpoint::SignedCheckpoint::verify(note, &one.origin, &key).unwrap().checkpoint()
    };
    let (a, b) = (checkpoint("checkpoint_a"), checkpoint("checkpoint_b"));
    assert_eq!(a.size, b.size);
    assert_ne!(a.root, b.root);
    let item =
        world.get(&format!("/app/f/{}/e/{}", world.a.sites[0].id, world.a.sites[0].tags[0]), &cookie).await;
    assert!(item.body.contains("Quarantined") && !item.body.contains(">Verified<"));
    let mut tx = world.db.write(world.a.scope).await.unwrap();
    assert!(crate::db::fleet::boxes::release_box(&mut tx, one.id).await.unwrap());
    tx.commit().await.unwrap();
    let page = world.get("/app/boxes", &cookie).await.body;
    assert!(
        page.contains("Reviewed") && page.contains("Download the evidence"),
        "what happened stays to be seen"
    );
    assert!(!page.contains("Quarantined</span>") && !page.contains("Replace this box"));
}

#[tokio::test]
async fn boxes_in_their_states() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let [valley, riverside, _] = &world.a.sites[..] else { panic!() };
    world.clock.advance_ms(10 * MINUTE_MS);
    let now_ms = NOW_MS + 10 * MINUTE_MS;
    valley.one.hello(&world.ingest, now_ms, 1_441).await;
    riverside.one.health(&world.ingest, now_ms - 5 * MINUTE_MS, "paper out").await;
    let page = world.get("/app/boxes", &cookie).await.body;
    fn named_row<'a>(page: &'a str, name: &str) -> &'a str {
        page.split(&format!(">Linden {name}</a>")).nth(1).unwrap().split("</tr>").next().unwrap()
    }
    assert!(
        named_row(&page, "Valley Hospital").contains("Catching up")
            && named_row(&page, "Valley Hospital").contains("1,441")
    );
    assert!(
        named_row(&page, "Riverside Imaging").contains("Clock uncertain")
            && named_row(&page, "Riverside Imaging").contains("5 min behind")
    );
    assert!(named_row(&page, "Riverside Imaging").contains("Paper out"));
    // What it reported ten minutes ago, that all was well, is past, and nothing of it is green.
    for words in [">Offline 10 min<", "unknown", "was synced", "was 34%", ">Was ready<"] {
        assert!(named_row(&page, "Eastfield").contains(words), "{words}: {}", named_row(&page, "Eastfield"));
    }
    assert!(!named_row(&page, "Eastfield").contains("tag ok"), "{}", named_row(&page, "Eastfield"));
    let eastfield = world.get(&format!("/app/f/{}", world.a.sites[2].id), &cookie).await.body;
    let its_box = eastfield.split("id=\"box\"").nth(1).unwrap().split("</section>").next().unwrap();
    for words in ["Offline 10 min", "was synced", "was 34% used", "Desk: was ready"] {
        assert!(its_box.contains(words), "{words}: {its_box}");
    }
    assert!(!its_box.contains("tag ok"), "{its_box}");
}

#[tokio::test]
async fn a_box_with_an_alarm_that_nobody_has_seen_is_not_good() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let valley = &world.a.sites[0];
    let facility = format!("/app/f/{}", valley.id);
    let forgot = r#"[{"code":"log-forgot","subject":"1-00ab0102 4-9","since":SINCE,"over":SINCE,"seen":SEEN},{"code":"new-thing","since":SINCE,"seen":true}]"#
        .replace("SINCE", &(NOW_MS - 5 * MINUTE_MS).to_string());
    let say = async |seen: &str| {
        let alarms = forgot.replace("SEEN", seen);
        valley.one.health_with_alarms(&world.ingest, NOW_MS, "ready", &alarms).await;
        (world.get("/app/boxes", &cookie).await.body, world.get(&facility, &cookie).await.body)
    };
    fn hospital_row(page: &str) -> String {
        let rest = page.split(">Linden Valley Hospital</a>").nth(1).unwrap();
        rest.split("</tr>").next().unwrap().to_owned()
    }
    let (fleet, site) = say("false").await;
    assert!(
        hospital_row(&fleet).contains("Needs attention") && !hospital_row(&fleet).contains("Good"),
        "{}",
        hospital_row(&fleet)
    );
    for page in [&fleet, &site] {
        assert!(page.contains("Its storage lost records") && page.contains("1-00ab0102 4-9"), "{page}");
        assert!(!page.contains("new-thing"), "somebody has seen that one");
    }
    assert!(fleet.contains("over.") && site.contains("nobody at the facility has acknowledged"));
    let (fleet, site) = say("true").await;
    assert!(hospital_row(&fleet).contains("Good"), "{}", hospital_row(&fleet));
    assert!(!fleet.contains("storage lost") && !site.contains("storage lost"));
}

#[tokio::test]
async fn a_log_that_nothing_says_is_the_boxs_needs_attention() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let valley = &world.a.sites[0];
    valley.one.health(&world.ingest, NOW_MS, "ready").await;
    let pages = async || {
        let facility = format!("/app/f/{}", valley.id);
        [world.get("/app/boxes", &cookie).await.body, world.get(&facility, &cookie).await.body]
    };
    let before = pages().await;
    assert!(before.iter().all(|page| !page.contains("Needs attention</span>") && !page.contains("vouches")));
    let mut made_up = valley.one.next_log(false);
    made_up.hello(&world.ingest, NOW_MS, 1).await;
    made_up.send(&world.ingest).await;
    let [fleet, site] = pages().await;
    assert!(fleet.contains("Needs attention</span>") && site.contains("Needs attention</span>"));
    for words in [&made_up.origin.epoch.to_string(), "1 entry", "box epoch admit", &valley.one.id.to_string()]
    {
        assert!(fleet.contains(words), "{words}: {fleet}");
    }
    assert!(site.contains("The relay holds a log of this box that may not be its own"), "{site}");
    let other = world.sign_in(&world.b.email).await;
    assert!(!world.get("/app/boxes", &other).await.body.contains("vouches"), "another account's");
}

#[tokio::test]
async fn a_box_that_comes_back_with_another_log_is_named() {
    let world = World::new().await;
    let valley = &world.a.sites[0];
    let restored = valley.one.next_log(false);
    let code = [7; 32];
    let mut tx = world.db.write(world.a.scope).await.unwrap();
    let life = (NOW_MS, NOW_MS + 60 * MINUTE_MS);
    claims::insert_claim(&mut tx, valley.id.into(), &code, life).await.unwrap();
    let brought = claims::BroughtLog { origin: &restored.origin, log_key: &[1; 32], csr_key: &[2; 32] };
    assert!(claims::mark_waiting(&mut tx, &code, brought, NOW_MS).await.unwrap());
    tx.commit().await.unwrap();
    let cookie = world.sign_in(&world.a.email).await;
    let page = world.get("/app/boxes", &cookie).await.body;
    let epoch = restored.origin.epoch.to_string();
    for words in [epoch.as_str(), "restored from a backup", "box epoch admit", &valley.one.id.to_string()] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let other = world.sign_in(&world.b.email).await;
    assert!(!world.get("/app/boxes", &other).await.body.contains(&epoch), "another account's");
    let mut tx = world.db.write(world.a.scope).await.unwrap();
    assert!(claims::admit_waiting(&mut tx, &restored.origin, NOW_MS).await.unwrap());
    tx.commit().await.unwrap();
    assert!(!world.get("/app/boxes", &cookie).await.body.contains(&epoch), "nobody has to decide any more");
}

#[tokio::test]
async fn a_claim_file_for_admins_only() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let page = world.get("/app/boxes/add", &cookie).await;
    assert!(!page.body.contains("http-equiv=\"refresh\""), "somebody may be typing");
    assert!(page.body.contains("<code>cleantrack-appliance claim FILE</code>"), "{}", page.body);
    for method in ["set-up page", "cleantrack-flash"] {
        assert!(page.body.contains(method), "{method}: {}", page.body);
    }
    for nothing in ["memory card", "light"] {
        assert!(!page.body.contains(nothing), "{nothing} is not there");
    }
    let csrf = csrf(&page.body).to_owned();
    let facility = world.a.sites[1].id;
    let file = world.post("/app/boxes/add", &cookie, &format!("csrf={csrf}&facility={facility}")).await;
    assert_eq!(file.status, StatusCode::OK, "{}", file.body);
    assert!(file.header("content-disposition").contains("cleantrack-claim-2026-11-20.toml"));
    assert!(file.body.contains("version = 1"));
    for (form, status) in [
        (format!("csrf={csrf}&facility={}", world.b.sites[0].id), StatusCode::NOT_FOUND),
        (format!("facility={facility}"), StatusCode::FORBIDDEN),
    ] {
        assert_eq!(world.post("/app/boxes/add", &cookie, &form).await.status, status, "{form}");
    }
    let auditor = world.sign_in(&world.a.auditor).await;
    assert_eq!(world.get("/app/boxes/add", &auditor).await.status, StatusCode::FORBIDDEN);
    assert!(!world.get("/app/boxes", &auditor).await.body.contains("Add a box"));
}

#[tokio::test]
async fn a_claim_file_says_what_the_form_says_of_the_building() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let page = world.get("/app/boxes/add", &cookie).await;
    assert_eq!(page.body.matches("<details>").count(), 4, "folded up: {}", page.body);
    let csrf = csrf(&page.body).to_owned();
    let facility = world.a.sites[1].id;
    let say = async |fields: &str| {
        world.post("/app/boxes/add", &cookie, &format!("csrf={csrf}&facility={facility}&{fields}")).await
    };
    let made = async || {
        let mut conn = world.db.read(world.a.scope).await.unwrap();
        let rows = audit::list_acts(&mut conn, &audit::AuditFilter::default(), i64::MAX, 100).await.unwrap();
        rows.iter().filter(|row| row.act == "claim-file create").count()
    };
    let wrong = say(
        "passphrase=correct+horse&host_name=a+b&country=us&address=10.1.2.3&gateway=10.1.2.1&dns=x&proxy=https://p:1&ntp=-x",
    )
    .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    for field in ["ssid", "host_name", "country", "address", "dns", "proxy", "ntp"] {
        assert!(wrong.body.contains(&format!("id=\"{field}-e\"")), "{field}: {}", wrong.body);
    }
    assert!(wrong.body.contains("Host name must be 1 to 63 letters") && wrong.body.contains("value=\"a b\""));
    let lonely = say("address=10.1.2.3/24").await;
    assert!(lonely.body.contains("id=\"dns-e\""), "what does not fit together, too: {}", lonely.body);
    assert_eq!(made().await, 0);

    let file = say(
        "ssid=Ward+7+&passphrase=+correct+horse&country=DE&hidden=1&time_zone=Europe/Berlin&host_name=ward-7&label_host=HTTP://10.1.2.3\
         &address=10.1.2.3/24&gateway=10.1.2.1&dns=10.1.2.1,+10.1.2.2&proxy=http://box:APPLE@proxy.example:3128&ntp=ntp.example",
    )
    .await;
    assert_eq!(file.status, StatusCode::OK, "{}", file.body);
    let read = ClaimFile::parse(file.body.as_bytes()).unwrap();
    assert_eq!(made().await, 1);
    let names = (read.time_zone.as_deref(), read.hostname.as_deref(), read.label_host.as_deref());
    assert_eq!(names, (Some("Europe/Berlin"), Some("ward-7"), Some("HTTP://10.1.2.3")));
    let wifi = read.wifi.unwrap();
    assert_eq!((wifi.ssid.as_str(), wifi.country.as_str(), wifi.hidden), ("Ward 7 ", "DE", true));
    assert_eq!(wifi.key, WifiKey::Passphrase(Secret::new(" correct horse")));
    assert_eq!(read.network.address.unwrap().to_string(), "10.1.2.3/24");
    assert_eq!((read.network.dns.len(), read.network.ntp.len()), (2, 1));
    assert_eq!(read.network.proxy, Some(Secret::new("http://box:APPLE@proxy.example:3128")));
    assert_eq!(read.relay.unwrap().facility, facility.to_string());
}

/// PEM text that no TLS library looks at.
fn long_pem(chars: usize) -> String {
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----", "A".repeat(chars))
}

#[tokio::test]
async fn a_claim_form_says_all_mistakes_at_once_and_loses_nothing() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let page = world.get("/app/boxes/add", &cookie).await;
    let csrf = csrf(&page.body).to_owned();
    let facility = world.a.sites[1].id;
    let say = async |fields: &str| {
        world.post("/app/boxes/add", &cookie, &format!("csrf={csrf}&facility={facility}&{fields}")).await
    };
    let (host, long) = ("h".repeat(64), "A".repeat(100_000));
    let wrong = say(&format!(
        "ntp=-x&ca={long}&host_name={host}&time_zone=Chicago&address=10.1.2.3/24&country=us&ssid=Ward"
    ))
    .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let problems = wrong.body.split("id=\"problem\"").nth(1).unwrap().split("</section>").next().unwrap();
    let fields: Vec<&str> =
        problems.split("href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(fields, ["country", "time_zone", "host_name", "dns", "ca", "ntp"], "in the form's order");
    assert!(problems.contains("inspects TLS is longer than 65536 characters"), "{problems}");
    assert!(wrong.body.contains(&long) && wrong.body.contains(&host), "what was entered is there again");

    let pem = long_pem(30_000);
    let file = say(&format!("ca={}", ::web::route::percent_encoded(&pem))).await;
    assert_eq!(file.status, StatusCode::OK, "{}", file.body);
    let read = ClaimFile::parse(file.body.as_bytes()).unwrap();
    assert_eq!(read.network.ca, Some(pem));
    // It fits alone, and not beside what the relay says of itself.
    let full = say(&format!("ca={}", ::web::route::percent_encoded(&long_pem(65_300)))).await;
    assert_eq!(full.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(full.body.contains("at most 65536 bytes in all") && full.body.contains("id=\"ca-e\""));
}

#[tokio::test]
async fn an_account_without_boxes_is_led_to_its_first() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.b.email).await;
    let mut tx = world.db.write(world.b.scope).await.unwrap();
    crate::db::fleet::boxes::revoke_box(&mut tx, world.b.sites[0].one.id, NOW_MS).await.unwrap();
    refresh_box(&mut tx, world.b.sites[0].id, NOW_MS).await.unwrap();
    tx.commit().await.unwrap();
    let page = world.get("/app/", &cookie).await;
    assert!(
        page.body.contains("Your first box in five minutes") && page.body.contains("aria-current=\"step\"")
    );
}

#[tokio::test]
async fn open_pages_hear_of_their_own_account_only() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let facility = world.a.sites[0].id;
    async fn live_address(world: &World, cookie: &str, page: &str) -> String {
        let page = world.get(page, cookie).await.body;
        page.split("data-live=\"").nth(1).unwrap().split('"').next().unwrap().replace("&#38;", "&")
    }
    let (account, boxes) =
        (live_address(&world, &cookie, "/app/").await, live_address(&world, &cookie, "/app/boxes").await);
    let site = live_address(&world, &cookie, &format!("/app/f/{facility}")).await;
    let requested = async || {
        // What was read a second ago is not served again.
        world.clock.advance_ms(1_000);
        let mut statuses = Vec::new();
        for address in [&account, &boxes, &site] {
            statuses.push(world.get(address, &cookie).await.status.as_u16());
        }
        statuses
    };
    let committed_at = async |scope, facility| {
        let mut tx = world.db.write(scope).await.unwrap();
        refresh_facility(&mut tx, facility, NOW_MS).await.unwrap();
        tx.commit().await.unwrap();
    };
    assert_eq!(requested().await, [204, 204, 204]);
    committed_at(world.b.scope, world.b.sites[0].id).await;
    assert_eq!(requested().await, [204, 204, 204], "what B does is not A's to hear");
    committed_at(world.a.scope, world.a.sites[1].id).await;
    assert_eq!(requested().await, [200, 204, 204], "another facility's page and the boxes' do not show it");
    committed_at(world.a.scope, facility).await;
    assert_eq!(requested().await, [200, 204, 200]);
    // Health says that all is as it was; only what it changes is news, and only where the box is shown.
    let (account, boxes) =
        (live_address(&world, &cookie, "/app/").await, live_address(&world, &cookie, "/app/boxes").await);
    let site = live_address(&world, &cookie, &format!("/app/f/{facility}")).await;
    let items = live_address(&world, &cookie, &format!("/app/f/{facility}/equipment")).await;
    let requested = async || {
        world.clock.advance_ms(1_000);
        let mut statuses = Vec::new();
        for address in [&account, &boxes, &site, &items] {
            statuses.push(world.get(address, &cookie).await.status.as_u16());
        }
        statuses
    };
    for one in &world.a.sites {
        one.one.health(&world.ingest, NOW_MS, "ready").await;
    }
    assert_eq!(requested().await, [204; 4]);
    let alarm = r#"[{"code":"log-forgot","since":7,"seen":false}]"#;
    world.a.sites[0].one.health_with_alarms(&world.ingest, NOW_MS, "ready", alarm).await;
    assert_eq!(requested().await, [200, 200, 200, 204]);
    let news = world.get(&account, &cookie).await;
    let mark =
        serde_json::from_str::<serde_json::Value>(&news.body).unwrap()["mark"].as_str().unwrap().to_owned();
    assert_eq!(world.get(&format!("/live?since={mark}"), &cookie).await.status.as_u16(), 204);
    assert_eq!(world.get("/live?since=0", "").await.status.as_u16(), 401, "who is signed out learns nothing");
}

#[tokio::test]
async fn pages_say_what_happened_and_nothing_of_how_they_are_made() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let missing = world.get("/app/f/01JD0000000000000000000000", &cookie).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    for words in ["Page not found", "Nothing was changed.", "Show my facilities"] {
        assert!(missing.body.contains(words), "{words}");
    }
    world.db.close().await;
    let unavailable = world.get("/app/", &cookie).await;
    assert_eq!(
        (unavailable.status, unavailable.header("retry-after")),
        (StatusCode::SERVICE_UNAVAILABLE, "10")
    );
    assert!(
        unavailable.body.contains("request ")
            && unavailable.body.contains("Recording at your facilities goes on")
    );
    let unavailable = world.api("/api/v1/equipment", &world.a.token).await;
    let problem: serde_json::Value = serde_json::from_str(&unavailable.body).unwrap();
    assert_eq!((&problem["status"], &problem["type"]), (&503.into(), &"/problems/away".into()));
    for body in [&missing.body, &unavailable.body] {
        for word in ["panicked", "src/", "SELECT", "sqlx", "SQLite", "database failed"] {
            assert!(!body.contains(word), "{word}: {body}");
        }
    }
}

#[tokio::test]
async fn label_sheets_are_made_here_too() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let site = &world.a.sites[0];
    let labels = format!("/app/f/{}/labels", site.id);
    let form = world.get(&labels, &cookie).await.body;
    for words in ["Avery 5160: 30 labels of 66.7 × 25.4 mm", "Avery L7163", "Start at label", "actual size"]
    {
        assert!(form.contains(words), "{words} in {form}");
    }
    for sheet in ["5160", "Avery+5163", "L7160", "L7163"] {
        let pdf = world.get(&format!("{labels}.pdf?sheet={sheet}&start=4&x=0.5&y=-1"), &cookie).await;
        assert_eq!((pdf.status, pdf.header("content-type")), (StatusCode::OK, "application/pdf"), "{sheet}");
        assert!(pdf.body.starts_with("%PDF-1.7"), "{sheet}");
    }
    for (query, words) in [
        ("sheet=9999", "sheet"),
        ("start=0", "label"),
        ("start=31", "30"),
        ("x=twelve", "Enter millimetres"),
        ("y=900", "mm"),
        ("q=nothing+is+called+this", "No equipment matches"),
    ] {
        let refused = world.get(&format!("{labels}.pdf?{query}"), &cookie).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
        let problem =
            refused.body.split("There is a problem").nth(1).unwrap().split("</section>").next().unwrap();
        assert!(problem.contains(words), "{query}: {problem}");
    }
}
