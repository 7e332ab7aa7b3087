//! Loaners with a last day, and labels of a roll that are claimed one after another.

use super::editing::{form_of, second_desk, with};
use crate::web::tests::staff::staff_pages::{Desk, desk};
use crate::web::tests::*;

#[tokio::test]
async fn a_loaner_says_when_it_was_due_back() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let (item, scan) = (format!("/staff/equipment/{}", world.pump), format!("/t/{}", world.pump));
    let edit = format!("{item}/edit");
    let send = async |until: &str, owner: &str| {
        let page = tom.get(&edit).await;
        let (token, seen) = (page.hidden("form"), page.hidden("seen"));
        let protocol = world.state.store.facility().protocols.keys().next().unwrap().to_string();
        let fields = [
            ("seen", seen.as_str()),
            ("name", "Infusion pump 14"),
            ("location", "ICU East, bed 14"),
            ("asset_number", "BM-20418"),
            ("serial", ""),
            ("maker", ""),
            ("model", ""),
            ("category", ""),
            ("class", "noncritical"),
            ("protocol", &protocol),
            ("photo", "optional"),
            ("photo_one_in", ""),
            ("loan_until", until),
            ("loan_owner", owner),
            ("every", "days"),
            ("number", "1"),
            ("times", ""),
            ("on", ""),
            ("further", ""),
            ("grace", ""),
            ("custom", ""),
        ];
        tom.post(&edit, &token, &fields).await
    };
    let size = world.size();
    send("2026-02-30", "Acme").await.is(422).has("Last day of a loaner: enter a day that is in the calendar");
    send("", "Acme").await.is(422).has("Enter the last day of the loan");
    assert_eq!(world.size(), size, "nothing is recorded");
    // Its last day is today: it may still be here.
    send("2026-11-20", "Acme Rentals").await.is(303);
    tom.get(&item).await.has("Acme Rentals").has("Here until").has_not("was due back");
    world.get(&scan).await.is(200).has_not("was due back");
    send("2026-11-19", "Acme Rentals").await.is(303);
    let words = "This loaner was due back on Nov 19, 2026";
    tom.get(&item).await.has(words);
    world.get(&scan).await.is(200).has(words);
    let receipt = world.post(&scan, &[("cleaned_by", "Ada"), ("notes", "x")]).await.is(303).location();
    world.get(&receipt).await.is(200).has(words);
    let program = crate::web::tests::programs::calls::program(&world, ApiTokenScope::Read);
    let found = program.get(&format!("/api/v1/equipment/{}", world.pump)).await.json();
    assert_eq!(
        (&found["loan"]["until"], &found["loan"]["owner"]),
        (&"2026-11-19".into(), &"Acme Rentals".into())
    );
    send("", "").await.is(303);
    tom.get(&item).await.has_not("Here until").has_not("was due back");
}

#[tokio::test]
async fn whoever_takes_an_item_out_of_service_says_when_it_is_expected_back() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let (item, scan) = (format!("/staff/equipment/{}", world.pump), format!("/t/{}", world.pump));
    let out = format!("{item}/out");
    let page = tom.get(&out).await;
    page.is(200).has("Expected back");
    let (token, size) = (page.hidden("form"), world.size());
    let send = async |back: &str| tom.post(&out, &token, &[("reason", "Flow"), ("back", back)]).await;
    for wrong in ["2026-02-30", "soon", "2026-11-19"] {
        let again = send(wrong).await;
        again.is(422).has("href=\"#back\"").has(&format!("value=\"{wrong}\"")).has("value=\"Flow\"");
    }
    assert_eq!(world.size(), size, "nothing is recorded");
    // Today is no day that has passed.
    send("2026-11-20").await.is(303);
    tom.get(&item).await.has("<p>Expected back Nov 20, 2026</p>");
    world.get(&scan).await.is(200).has("<dt>Expected back</dt>").has("<dd>Nov 20, 2026</dd>");
    let program = crate::web::tests::programs::calls::program(&world, ApiTokenScope::Write);
    let put = async |change: serde_json::Value| {
        let request = Request::put(format!("/api/v1/equipment/{}/service", world.pump));
        let request = request.header(CONTENT_TYPE, "application/json");
        program.send(request.body(Body::from(change.to_string())).unwrap()).await
    };
    put(serde_json::json!({ "service": "in" })).await.is(200);
    tom.get(&item).await.has_not("<p>Expected back");
    let said = |back: &str| serde_json::json!({ "service": "out", "reason": "Flow", "back": back });
    put(said("2026-11-19")).await.is(422).has("\"field\":\"back\"");
    put(said("2026-12-24")).await.is(200);
    world.get(&scan).await.is(200).has("<dd>Dec 24, 2026</dd>");
}

#[tokio::test]
async fn a_page_of_an_outage_that_is_over_takes_nothing_out_again() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let item = format!("/staff/equipment/{}", world.pump);
    let (out, back) = (format!("{item}/out"), format!("{item}/back"));
    let fill = async |page: &str, reason: &str| with(form_of(&tom.get(page).await, page), "reason", reason);
    super::editing::send(&tom, &out, &fill(&out, "Leaks").await).await.is(303);
    let stale = fill(&out, "Leaks at the door").await;
    super::editing::send(&tom, &back, &form_of(&tom.get(&back).await, &back)).await.is(303);
    let size = world.size();
    let again = super::editing::send(&tom, &out, &stale).await;
    again.is(409).has("It was changed meanwhile and is in service").has("value=\"Leaks at the door\"");
    assert_eq!(world.size(), size);
    let form = form_of(&again, &out);
    super::editing::send(&tom, &out, &form).await.is(303);
    tom.get(&item).await.has("Out of service: Leaks at the door");
}

#[tokio::test]
async fn why_and_until_when_an_item_is_out_is_seen_changed_and_cleared() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let (item, scan) = (format!("/staff/equipment/{}", world.pump), format!("/t/{}", world.pump));
    let out = format!("{item}/out");
    let send = async |desk: &Desk<'_>, changes: &[(&str, &str)]| {
        let form = form_of(&desk.get(&out).await, &out);
        let form = changes.iter().fold(form, |form, (name, value)| with(form, name, value));
        super::editing::send(desk, &out, &form).await
    };
    send(&tom, &[("reason", "Leaks"), ("back", "2026-11-21")]).await.is(303);
    tom.get(&item).await.has("Change reason or day").has_not("Take out of service");
    let page = tom.get(&out).await;
    page.has("Infusion pump 14 is out of service").has("value=\"Leaks\"").has("value=\"2026-11-21\"");
    let size = world.size();
    send(&tom, &[]).await.is(303);
    assert_eq!(world.size(), size, "what changes nothing makes no entry");
    // Its day may be over by now.
    world.clock.advance(std::time::Duration::from_secs(72 * 3_600));
    let grace = second_desk(&world, "Grace Okafor", StaffRole::Biomed, "839204").await;
    let size = world.size();
    send(&grace, &[("reason", " ")]).await.is(422).has("Say why");
    send(&grace, &[("back", "2026-11-22")]).await.is(422).has("href=\"#back\"");
    assert_eq!(world.size(), size);
    send(&grace, &[("reason", "Waits for a part")]).await.is(303);
    world.get(&scan).await.has("Waits for a part").has("<dd>Nov 21, 2026</dd>").has_not("Leaks");
    send(&grace, &[("back", "2026-12-24")]).await.is(303);
    grace.get(&item).await.has("Out of service: Waits for a part").has("<p>Expected back Dec 24, 2026</p>");
    send(&grace, &[("back", "")]).await.is(303);
    assert_eq!(world.size(), size + 3);
    world.get(&scan).await.has("Waits for a part").has_not("<dt>Expected back");
    let page = grace.get(&item).await;
    page.has_not("<p>Expected back").has("Nobody has said when it is expected back").has(">Leaks<");
    assert_eq!(page.text().matches("<strong>Taken out of service</strong>").count(), 1);
    assert_eq!(page.text().matches("<strong>Still out of service</strong>").count(), 3);
    let outages = world.state.store.facility().equipment[&world.pump].out.len();
    assert_eq!(outages, 1, "it was out all the time");
}

#[tokio::test]
async fn the_next_label_of_a_roll_begins_as_the_last_one() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let new = |tag: Tag| format!("/staff/equipment/new?tag={tag}");
    let (tag, second) = (Tag::from_random([1; 5]), Tag::from_random([2; 5]));
    let protocol = world.state.store.facility().protocols.keys().next().unwrap().to_string();
    let page = tom.get(&new(tag)).await;
    page.is(200).has_not("Ward 7").has(&format!("value=\"{tag}\""));
    let fields = [
        ("tag", tag.as_str()),
        ("name", "Bed 208"),
        ("location", "Ward 7"),
        ("category", "Bed"),
        ("class", "semicritical"),
        ("photo", "none"),
        ("every", "weeks"),
        ("number", "2"),
        ("protocol", protocol.as_str()),
        ("next", "1"),
    ];
    page.has("Save and scan next");
    let scan = tom.post("/staff/equipment/new", &page.hidden("form"), &fields).await.is(303).location();
    assert_eq!(scan, format!("/staff/equipment/claim?after={tag}"));
    // One field, into which a scanner types what is on the next label.
    tom.get(&scan).await.is(200).has("Bed 208 was added").has("name=\"tag\"").has("autofocus");
    tom.get(&format!("{scan}&tag=nine")).await.is(200).has("Check the tag").has("value=\"nine\"");
    tom.get(&format!("{scan}&tag={tag}")).await.is(200).has("This label is on Bed 208 already");
    let typed = tom.get(&format!("{scan}&tag=HTTP%3A%2F%2F10.0.0.5%2F{second}")).await.is(303).location();
    assert_eq!(typed, format!("{}&after={tag}", new(second)));
    for address in [typed, new(second)] {
        let next = tom.get(&address).await;
        next.has("value=\"Ward 7\"").has("value=\"Bed\"").has_not("value=\"Bed 208\"");
        next.has(&format!("value=\"{second}\""));
        let chosen = [protocol.as_str(), "weeks", "semicritical"];
        for value in chosen {
            let text = next.text();
            let option = text.split("value=\"").find(|rest| rest.starts_with(&format!("{value}\""))).unwrap();
            let tag = option.split('>').next().unwrap();
            assert!(tag.contains(" selected") || tag.contains(" checked"), "{value}: {tag}");
        }
        next.has("name=\"number\"").has("value=\"2\"");
    }
    tom.get("/staff/equipment/new").await.has_not("Ward 7");
}
