//! The print station: picking, previews and jobs.

use crate::web::tests::staff::staff_pages::{Desk, desk};
use crate::web::tests::*;
use crate::web::view_models::printing::label_fields::LabelOrder;
use crate::web::view_models::printing::labels;

pub(in crate::web::tests) async fn token(desk: &Desk<'_>, path: &str) -> String {
    desk.get(path).await.is(200).hidden("form")
}

async fn pressed(desk: &Desk<'_>, token: &str, form: &[(&str, &str)]) -> Answer {
    let answer = desk.post("/staff/labels", token, form).await;
    answer.is(303);
    let page = desk.get(&answer.location()).await;
    page.is(200);
    page
}

fn form_of(page: &Answer) -> Vec<(String, String)> {
    let names = ["submission", "picks", "had", "shown_q", "shown_show", "page"];
    let mut form: Vec<_> = names.into_iter().map(|name| (name.to_owned(), page.hidden(name))).collect();
    form.push(("q".into(), page.hidden("shown_q")));
    form.push(("show".into(), page.hidden("shown_show")));
    form.extend(ticked(page).into_iter().map(|tag| ("tag".to_owned(), tag)));
    form
}

fn ticked(page: &Answer) -> Vec<String> {
    let tag = |row: &str| row.split('"').next().unwrap_or_default().to_owned();
    let text = page.text();
    let rows = text.split("name=\"tag\" value=\"").skip(1);
    rows.filter(|row| row.split('>').next().unwrap_or_default().contains("checked")).map(tag).collect()
}

async fn press_on(desk: &Desk<'_>, page: &Answer, with: &[(&str, &str)]) -> Answer {
    let token = page.hidden("form");
    let form = form_of(page);
    let stored = form.iter().filter(|(name, _)| !with.iter().any(|(other, _)| other == name));
    let stored: Vec<(&str, &str)> = stored.map(|(name, value)| (name.as_str(), value.as_str())).collect();
    desk.post("/staff/labels", &token, &[&stored[..], with].concat()).await
}

async fn with_items(count: usize) -> (World, Vec<Tag>) {
    let world = World::new().await;
    let mut tags = Vec::new();
    for n in 1..=count.saturating_sub(3) {
        let place = format!("{} East, bed {}", ["ICU", "Oncology", "Cardiology", "Surgery"][n % 4], n % 30);
        tags.push(world.add(&format!("Volumetric infusion pump {n}"), &place, None, PhotoPolicy::None).await);
    }
    (world, tags)
}

fn tab_stops(html: &str) -> usize {
    let tags = html.split('<').skip(1).map(|tag| tag.split('>').next().unwrap_or_default());
    let stops = |tag: &&str| {
        let name = tag.split_whitespace().next().unwrap_or_default();
        let never = ["type=\"hidden\"", " hidden", "tabindex=\"-1\"", "disabled"];
        let can = ["input", "select", "textarea", "button", "summary"].contains(&name)
            || (name == "a" && tag.contains("href="))
            || tag.contains("tabindex=\"0\"");
        can && !never.iter().any(|word| tag.contains(word))
    };
    tags.filter(stops).count()
}

#[tokio::test]
async fn a_thousand_items_are_a_small_page_with_print_near() {
    let (world, tags) = with_items(1_000).await;
    let desk = desk(&world, StaffRole::Biomed).await;
    let page = desk.get("/staff/labels?show=all").await;
    page.is(200).has("1,000 items").has("1 to 50 of 1,000").has("Add all 1,000");
    let all = press_on(&desk, &page, &[("do", "all")]).await;
    let page = desk.get(&all.location()).await;
    page.is(200).has("1,000 items added").has("1,000 selected").has("Print 1,000 labels");
    for shown in ["/staff/labels?show=all", &all.location(), &format!("{}&page=20", all.location())] {
        let page = desk.get(shown).await;
        let (text, bytes) = (page.text(), page.bytes.len());
        assert!(bytes <= 60_000, "{shown} is {bytes} bytes");
        assert_eq!(text.matches("name=\"tag\"").count(), 50, "a page of rows");
        let print = text.find("data-print").unwrap();
        let last = text.rfind("name=\"tag\"").unwrap();
        let after = tab_stops(&text[last..print]);
        assert!(after <= 10, "{after} from the last row");
        let skip = text.find("href=\"#press\"").unwrap();
        let list = text.find("id=\"picks\"").unwrap();
        assert_eq!(tab_stops(&text[list..skip]), 0, "the way past the list is its first stop");
        let panel = text.find("id=\"press\"").unwrap();
        let through = 1 + tab_stops(&text[panel..print]);
        assert!((2..=10).contains(&through), "{through} from the top of the list");
        assert!(
            text[panel..print].contains("id=\"template\"") && text[panel..print].contains("id=\"printer\"")
        );
        assert!(text[panel..print].contains("id=\"copies\""));
    }
    let picked = press_on(&desk, &page, &[("do", "picked")]).await;
    let page = desk.get(&picked.location()).await;
    page.is(200).has("1,000 items").has("Clear the list").has_not("Add all");
    let job = press_on(&desk, &page, &[("do", "print")]).await;
    job.is(303);
    desk.get(&job.location()).await.has("and 999 more");
    let printed = world.state.printing.jobs().unwrap();
    assert_eq!((printed.len(), printed[0].count), (1, 1_000));
    assert_eq!(tags.len(), 997);
}

#[tokio::test]
async fn picks_are_kept_over_pages_filters_and_another_tab() {
    let (world, tags) = with_items(130).await;
    let desk = desk(&world, StaffRole::Biomed).await;
    let first = desk.get("/staff/labels?show=all").await;
    first.is(200).has("1 to 50 of 130").has("Next").has_not("Previous");
    assert_eq!(first.hidden("picks"), "", "nothing is kept before anything is picked");
    // One from each of two pages, then another filter.
    let on_first = tags[3].to_string();
    let second = press_on(&desk, &first, &[("tag", &on_first), ("do", "page:2")]).await;
    second.is(303);
    let second = desk.get(&second.location()).await;
    second.has("51 to 100 of 130").has("1 selected").has("Previous").has("Next");
    assert_eq!(ticked(&second), Vec::<String>::new());
    let on_second = tags[72].to_string();
    let found = press_on(&desk, &second, &[("tag", &on_second), ("q", "oncology"), ("do", "find")]).await;
    let found = desk.get(&found.location()).await;
    found.has("32 of 130 items").has("2 selected");
    assert_eq!(ticked(&found), std::slice::from_ref(&on_second));
    let back = press_on(&desk, &found, &[("q", ""), ("do", "find")]).await;
    let back = desk.get(&back.location()).await;
    assert_eq!(ticked(&back), std::slice::from_ref(&on_first));
    assert_eq!(world.state.printing.jobs().unwrap().len(), 0);

    // Two more pages of one list, opened before either is pressed: neither undoes what the other did.
    let (one, other) = (desk.get(&back_address(&back)).await, desk.get(&back_address(&back)).await);
    let added = tags[5].to_string();
    press_on(&desk, &one, &[("tag", &on_first), ("tag", &added), ("do", "find")]).await.is(303);
    let form = form_of(&other);
    assert!(form.iter().any(|(name, value)| name == "tag" && *value == on_first));
    let without: Vec<_> = form.iter().filter(|(name, _)| name != "tag").collect();
    let without: Vec<(&str, &str)> = without.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let token = other.hidden("form");
    let taken = desk.post("/staff/labels", &token, &[&without[..], &[("do", "picked")]].concat()).await;
    let taken = desk.get(&taken.location()).await;
    assert_eq!(ticked(&taken), [added.clone(), on_second.clone()], "newest first; the first was taken off");

    // A new tab begins with nothing, is offered what waits, and has a list of its own.
    let fresh = desk.get("/staff/labels?show=all").await;
    fresh.has("2 items were selected earlier and not printed").has("0 selected");
    let own = press_on(&desk, &fresh, &[("tag", &tags[9].to_string()), ("do", "find")]).await;
    let own = desk.get(&own.location()).await;
    own.has("1 selected").has_not("selected earlier");
    assert_ne!(own.hidden("picks"), taken.hidden("picks"));
    // Cleared by mistake, and put back.
    let cleared = press_on(&desk, &taken, &[("do", "clear")]).await;
    let cleared = desk.get(&cleared.location()).await;
    cleared.has("2 items taken off the list").has("0 selected").has("Restore 2");
    let again = press_on(&desk, &cleared, &[("do", "back")]).await;
    desk.get(&again.location()).await.has("2 items added").has("2 selected");
    // Somebody else, and a box that was restarted, know nothing of the list; nothing is printed then.
    let lost = press_on(&desk, &taken, &[("picks", "00000000000000ff"), ("do", "print")]).await;
    lost.is(422).has("no longer kept").has("2 selected");
    desk.get("/staff/labels?picks=00000000000000ff").await.is(200).has("no longer kept").has("0 selected");
    assert_eq!(world.state.printing.jobs().unwrap().len(), 0);
}

fn back_address(page: &Answer) -> String {
    format!("/staff/labels?show=all&picks={}", page.hidden("picks"))
}

#[tokio::test]
async fn scans_of_the_script_are_counted_one_by_one_or_told_why_not() {
    let (world, tags) = with_items(30).await;
    let desk = desk(&world, StaffRole::Biomed).await;
    let page = desk.get("/staff/labels").await;
    let token = page.hidden("form");
    let send = async |picks: &str, ops: &[String]| {
        let ops = ops.iter().map(|op| ("op", op.as_str()));
        let form: Vec<(&str, &str)> =
            [("form", token.as_str()), ("picks", picks)].into_iter().chain(ops).collect();
        desk.send(posted("/staff/labels/picks", &form)).await
    };
    let mut ops: Vec<String> = tags[..20].iter().map(|tag| format!("+HTTP://10.0.0.5/{tag}")).collect();
    ops.push(format!("+{}", tags[0]));
    ops.push("+7QK3M9X2W".into());
    ops.push("+SN-4711".into());
    let taken = send("", &ops).await;
    taken.is(200);
    let reported = taken.json();
    assert_eq!(reported["picked"], 20);
    let states: Vec<&str> =
        reported["results"].as_array().unwrap().iter().map(|r| r["state"].as_str().unwrap()).collect();
    assert_eq!(states[..20], ["picked"; 20]);
    assert_eq!(states[20..], ["already", "unknown", "unknown"]);
    assert_eq!(reported["results"][21]["words"], "7QK 3M9 X2W: no equipment in use has this tag");
    assert_eq!(reported["results"][22]["words"], "SN-4711 is neither a tag nor an asset number");
    // Sent again, because the answer was lost on its way: the same picks.
    let picks = reported["picks"].as_str().unwrap();
    assert_eq!(send(picks, &ops).await.json()["picked"], 20);
    let off = send(picks, &[format!("-{}", tags[0])]).await.json();
    assert_eq!((&off["picked"], &off["results"][0]["state"]), (&19.into(), &"removed".into()));
    desk.get(&format!("/staff/labels?picks={picks}&show=picked"))
        .await
        .has("19 selected")
        .has("Print 19 labels");
    send("00000000000000ff", &ops).await.is(410);
    let many = vec!["+x".to_owned(); 201];
    send(picks, &many).await.is(400);
    let foreign = desk.send(posted("/staff/labels/picks", &[("form", "stolen"), ("op", "+x")])).await;
    foreign.is(403);
}

#[tokio::test]
async fn who_may_not_change_finds_and_reads_and_is_shown_nothing_to_press_in_vain() {
    let (world, tags) = with_items(70).await;
    let desk = desk(&world, StaffRole::Technician).await;
    let page = desk.get("/staff/labels?show=all").await;
    page.is(200).has("1 to 50 of 70").has("method=\"get\"").has("page=2").has("needs a sign-in as biomed");
    for hidden in [
        "name=\"tag\"",
        "data-print",
        "Add all",
        "(PDF)",
        "as PDF",
        "/staff/labels/blank",
        "/staff/labels/csv",
        "/staff/labels/cards",
    ] {
        page.has_not(hidden);
    }
    desk.get("/staff/labels?show=all&q=oncology+east").await.is(200).has("17 of 70 items");
    let scanned = format!("/staff/labels?q=HTTP%3A%2F%2F10.0.0.5%2F{}", tags[41]);
    desk.get(&scanned).await.is(200).has("1 of 70 items").has("pump 42");
    // Every form of the page leads to a page.
    for form in page.text().split("<form").skip(1) {
        assert!(!form.split('>').next().unwrap().contains("method=\"post\""), "{form}");
    }
    let token = desk.get("/staff/me").await.hidden("form");
    let find =
        desk.post("/staff/labels", &token, &[("q", "oncology"), ("show", "all"), ("do", "find")]).await;
    find.is(303);
    desk.get(&find.location()).await.is(200).has("17 of 70 items");
    for press in ["print", "sheet", "all", "clear", "back"] {
        desk.post("/staff/labels", &token, &[("tag", &tags[0].to_string()), ("do", press)]).await.is(403);
    }
    desk.send(posted("/staff/labels/picks", &[("form", &token), ("op", "+x")])).await.is(403);
}

#[tokio::test]
async fn items_are_picked_by_filter_scan_and_list() {
    let world = World::new().await;
    let desk = desk(&world, StaffRole::Biomed).await;
    let page = desk.get("/staff/labels").await;
    page.is(200)
        .has("3 items")
        .has("0 selected")
        .has("never printed")
        .has("aria-current=\"page\">Labels")
        .has("ECG &#60;cart&#62; 2")
        .has("Print labels")
        .has("data-live=\"/live?of=prints&#38;since=")
        .has("data-every=\"2\"");
    let token = page.hidden("form");
    desk.get("/staff/labels?q=pump&show=all").await.has("2 of 3 items").has("Add all 2");
    desk.get("/staff/labels?show=place:Cardiology").await.has("1 of 3 items").has_not("Infusion pump 14");
    desk.get("/staff/labels?show=xyzzy&q=xyzzy").await.has("0 of 3 items").has("No matches");
    let pump = world.pump.to_string();
    // A hand scanner types what the code opens, and Enter.
    let scanned = format!("HTTP://10.0.0.5/{pump}");
    let page = pressed(&desk, &token, &[("q", &scanned), ("do", "find")]).await;
    page.has("Selected: Infusion pump 14")
        .has(&format!("value=\"{pump}\" checked"))
        .has("1 selected")
        .has("autofocus")
        .has("Print 1 label");
    let twice = press_on(&desk, &page, &[("q", &pump), ("copies", "3"), ("do", "find")]).await;
    desk.get(&twice.location()).await.has("Already selected: Infusion pump 14").has("Print 3 labels");
    press_on(&desk, &page, &[("q", "7QK3M9X2W"), ("do", "find")])
        .await
        .is(422)
        .has("No equipment in use has the tag 7QK 3M9 X2W")
        .has("1 selected");
    let list = format!("{pump}\nnonsense");
    desk.post("/staff/labels", &token, &[("list", &list), ("do", "find")])
        .await
        .is(422)
        .has("Not a tag of equipment in use: nonsense")
        .has("1 selected");
    pressed(&desk, &token, &[("show", "all"), ("q", "pump"), ("do", "all")])
        .await
        .has("2 items added")
        .has("2 selected")
        .has("Print 2 labels");
    // A filter too long for an address is answered with the page itself.
    let long = "\u{1f4a7}".repeat(200);
    desk.post("/staff/labels", &token, &[("q", &long), ("do", "find")]).await.is(200).has("0 of 3 items");
}

#[tokio::test]
async fn the_preview_is_the_very_bitmap_or_says_why_not() {
    let world = World::new().await;
    let desk = desk(&world, StaffRole::Biomed).await;
    let pump = world.pump.to_string();
    desk.get(&format!("/staff/labels?tag={pump}"))
        .await
        .has("Read back and checked: opens Infusion pump 14")
        .has(&format!("/staff/labels/preview.png?tag={pump}"));
    let picture = desk.get(&format!("/staff/labels/preview.png?tag={pump}")).await;
    assert_eq!((picture.status, picture.header(CONTENT_TYPE)), (200, "image/png"));
    let printed = {
        let state = world.state.clone();
        let ask = LabelOrder { tags: vec![world.pump], ..LabelOrder::default() };
        labels::preview_job(&state, ask).await.unwrap()
    };
    assert!(picture.bytes == printed, "the page shows other dots");
    desk.get(&format!("/staff/labels/preview?tag={pump}&template=loaner-until"))
        .await
        .is(200)
        .has("cannot be printed as it is")
        .has("the end, which is empty");
    desk.get(&format!("/staff/labels/preview?tag={pump}&template=loaner-until&until=Dec%204%202026"))
        .await
        .is(200)
        .has("Read back and checked");
    desk.get(&format!("/staff/labels/preview?tag={pump}&template=xyzzy"))
        .await
        .is(200)
        .has("No template is named");
    desk.get("/staff/labels/preview?tag=").await.is(404);
    let arabic = world.add("مضخة", "ICU", None, PhotoPolicy::None).await;
    desk.get(&format!("/staff/labels/preview?tag={arabic}"))
        .await
        .has("cannot be printed")
        .has("Or tick “Asset number");
    desk.get(&format!("/staff/labels/preview?tag={arabic}&numbers=1")).await.has("Read back and checked");
}

#[tokio::test]
async fn picks_become_one_job_that_is_cancelled_and_seen() {
    let world = World::new().await;
    let desk = desk(&world, StaffRole::Biomed).await;
    let page = desk.get("/staff/labels").await;
    let (token, submission) = (page.hidden("form"), page.hidden("submission"));
    desk.post("/staff/labels", &token, &[("do", "print")]).await.is(422).has("Select at least one item");
    let pump = world.pump.to_string();
    desk.post("/staff/labels", &token, &[("tag", &pump), ("copies", "0"), ("do", "print")])
        .await
        .is(422)
        .has("from 1 to 50")
        .has(&format!("value=\"{pump}\" checked"));
    let form = [("tag", pump.as_str()), ("copies", "2"), ("submission", &submission), ("do", "print")];
    let printed = desk.post("/staff/labels", &token, &form).await;
    printed.is(303);
    let job = printed.location();
    assert_eq!(
        desk.post("/staff/labels", &token, &form).await.location(),
        job,
        "a second press is the same job"
    );
    desk.get(&job)
        .await
        .is(200)
        .has("Infusion pump 14 and 1 more")
        .has("of 2")
        .has("2 labels on Desk")
        .has("of=prints&#38;since=");
    desk.get("/staff/labels?show=all").await.has("in a job").has("Infusion pump 14 and 1 more");
    desk.get("/staff/labels").await.has("2 of 3 items");
    desk.post(&format!("{job}/answer"), &token, &[("n", "1")]).await.is(400);
    desk.post(&format!("{job}/cancel"), &token, &[]).await.is(303);
    desk.get(&job).await.has("Cancelled").has("Print again");
    let again = format!("{job}/again?n=2");
    desk.get(&again).await.is(200).has("Reprint label 2?").has("Torn or smudged");
    desk.get(&format!("{job}/again?n=3")).await.is(404);
    let path = format!("{job}/again");
    desk.post(&path, &token, &[("n", "2"), ("reason", " ")]).await.is(422).has("Enter in 1 to");
    let reprinted = desk.post(&path, &token, &[("n", "2"), ("reason", ""), ("why", "Lost")]).await;
    reprinted.is(303);
    desk.get(&reprinted.location()).await.has("Reprint: Lost").has("1 label on Desk");
}

#[tokio::test]
async fn what_was_printed_is_picked_no_more() {
    let (world, tags) = with_items(12).await;
    let desk = desk(&world, StaffRole::Biomed).await;
    let page = desk.get("/staff/labels?show=all").await;
    let first = tags[0].to_string();
    let found = press_on(&desk, &page, &[("tag", &first), ("do", "find")]).await;
    let shown = desk.get(&found.location()).await;
    shown.has("1 selected");
    let second = tags[1].to_string();
    let both = [("tag", first.as_str()), ("tag", second.as_str()), ("do", "print")];
    let job = press_on(&desk, &shown, &both).await;
    job.is(303);
    desk.get(&job.location()).await.has("2 labels on Desk");
    // Back, the station opened again, and its page submitted or loaded once more.
    for address in [found.location(), back_address(&shown), "/staff/labels?show=all".to_owned()] {
        let page = desk.get(&address).await;
        page.is(200).has("0 selected").has_not("selected earlier").has_not("Restore ");
        assert_eq!(ticked(&page), Vec::<String>::new(), "{address}");
    }
    assert_eq!(press_on(&desk, &shown, &both).await.location(), job.location());
    desk.get(&job.location()).await.has("2 labels on Desk");
    assert_eq!(world.state.printing.jobs().unwrap().len(), 1, "nothing is printed twice");
    desk.get("/staff/labels?show=all").await.has("0 selected").has_not("selected earlier");
    // The same page with something else ticked is no repetition: nothing is lost, and nothing printed unasked.
    let other = press_on(&desk, &shown, &[("tag", &tags[2].to_string()), ("do", "print")]).await;
    other.is(422).has("1 selected");
    assert_eq!(world.state.printing.jobs().unwrap().len(), 1);
}

#[tokio::test]
async fn a_stopped_printer_is_told_on_every_staff_page() {
    let world = World::new().await;
    let desk = desk(&world, StaffRole::Biomed).await;
    let token = token(&desk, "/staff/labels").await;
    let mut news = world.state.printing.news();
    let pump = world.pump.to_string();
    let job = desk.post("/staff/labels", &token, &[("tag", &pump), ("do", "print")]).await.location();
    // Nothing listens at the printer's address.
    while world.state.printing.attention().unwrap().is_none() {
        news.changed().await.unwrap();
    }
    desk.get("/staff/").await.has("Printing stopped at 1 of 1: no answer").has(&job);
    desk.get(&job).await.has("No answer");
}

#[tokio::test]
async fn technicians_look_and_do_not_print() {
    let world = World::new().await;
    let desk = desk(&world, StaffRole::Technician).await;
    let page = desk.get("/staff/labels").await;
    page.is(200).has_not("data-print").has("needs a sign-in as biomed");
    let token = desk.get("/staff/me").await.hidden("form");
    let pump = world.pump.to_string();
    desk.post("/staff/labels", &token, &[("tag", &pump), ("do", "print")]).await.is(403);
    for path in [
        "/staff/labels/blank",
        "/staff/labels/csv",
        "/staff/labels/sheet",
        "/staff/labels/cards",
        "/staff/printers/new",
    ] {
        desk.get(path).await.is(403);
    }
    desk.post("/staff/printers", &token, &[("name", "x")]).await.is(403);
    assert!(world.state.printing.jobs().unwrap().is_empty());
}

#[tokio::test]
async fn hundreds_are_picked_at_once() {
    let world = World::new().await;
    let desk = desk(&world, StaffRole::Biomed).await;
    let token = token(&desk, "/staff/labels").await;
    let mut tags = Vec::new();
    for n in 0..150 {
        tags.push(world.add(&format!("Bed {n}"), "Ward 4B", None, PhotoPolicy::None).await.to_string());
    }
    let mut form: Vec<(&str, &str)> = tags.iter().map(|tag| ("tag", tag.as_str())).collect();
    form.push(("do", "print"));
    let job = desk.post("/staff/labels", &token, &form).await;
    job.is(303);
    desk.get(&job.location()).await.has("Bed 0 and 149 more");
}
