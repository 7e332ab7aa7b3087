//! Which proof of who cleaned each class of use needs, and the result of a weaker one.

use std::time::Duration;

use record::entry::EntryAuthor;
use record::kinds::{
    CleanedBy, EquipmentPatch, MissingPart, NameSource, ProofMethod, SpauldingClass, WhoPolicy,
};

use super::badges::{CODE, enrol};
use super::staff_pages::{desk, person};
use crate::intake::{PROOF_METHODS, SettingsChange, methods_from};
use crate::web::tests::*;

const PIN: &str = "471147";
const CLASSES: [SpauldingClass; 3] =
    [SpauldingClass::Noncritical, SpauldingClass::Semicritical, SpauldingClass::Critical];

async fn ask(world: &World, class: SpauldingClass, weakest: &ProofMethod) {
    let methods = Some(methods_from(weakest));
    // The other classes ask for nothing: a rule that is read of the wrong one shows.
    let open = Some(methods_from(&ProofMethod::None));
    let mut who = WhoPolicy { noncritical: open.clone(), semicritical: open.clone(), critical: open };
    match class {
        SpauldingClass::Noncritical => who.noncritical = methods,
        SpauldingClass::Semicritical => who.semicritical = methods,
        SpauldingClass::Critical => who.critical = methods,
    }
    let settings = SettingsChange { who: Some(who), ..SettingsChange::default() };
    world.give(Command::ChangeFacility(Box::new(settings))).await;
    let fields = EquipmentPatch { class: Some(class), ..EquipmentPatch::default() };
    let change =
        Command::ChangeEquipment { tag: world.pump, fields: Box::new(fields), schedule: None, seen: None };
    world.give(change).await;
}

async fn submit(world: &World, secure: bool, fields: &[(&str, &str)]) -> Answer {
    let scan = format!("/t/{}", world.pump);
    let page = world.send(Request::get(&scan).body(Body::empty()).unwrap(), secure).await;
    let (token, submission) = (page.is(200).hidden("page"), page.hidden("submission"));
    let own =
        [("page", token.as_str()), ("submission", submission.as_str()), ("version", "1"), ("step", "1")];
    world.send(posted(&scan, &[&own, fields].concat()), secure).await
}

/// Looks for the names that begin with "gr" in a browser that has these cookies.
async fn find_on(world: &World, cookies: &str) -> Answer {
    let scan = format!("/t/{}", world.pump);
    let page = world.get(&scan).await;
    let (token, submission) = (page.is(200).hidden("page"), page.hidden("submission"));
    let fields = [("page", &*token), ("submission", &*submission), ("cleaned_by", "gr"), ("find", "1")];
    let mut request = posted(&scan, &fields);
    request.headers_mut().insert("cookie", cookies.parse().unwrap());
    world.send(request, true).await
}

fn lacks_who(world: &World) -> bool {
    world.cleaning().incomplete.contains(&MissingPart::Who)
}

#[tokio::test]
async fn each_class_takes_what_is_enough_and_records_the_rest_as_incomplete() {
    let world = World::new().await;
    let staff = person(&world, "Tom Nguyen", StaffRole::Technician, PIN).await;
    let (tom, note) = (staff.to_string(), ("notes", "the PIN pad is broken"));
    enrol(&world, staff, CODE).unwrap();
    let given: [(ProofMethod, Vec<(&str, &str)>); 5] = [
        (ProofMethod::None, vec![("cleaned_by", ""), note]),
        (ProofMethod::Typed, vec![("cleaned_by", "Ada"), note]),
        (ProofMethod::List, vec![("cleaned_by", ""), ("pick", &tom), note]),
        (ProofMethod::Badge, vec![("cleaned_by", ""), ("badge", CODE), note]),
        (ProofMethod::Pin, vec![("cleaned_by", ""), ("staff", &tom), ("pin", PIN), note]),
    ];
    for class in CLASSES {
        for (needed_rank, needed) in PROOF_METHODS.iter().enumerate() {
            ask(&world, class, needed).await;
            for (method, fields) in &given {
                for secure in [false, true] {
                    world.clock.advance(Duration::from_secs(60));
                    let what = format!("{class:?} needs {needed:?}: {method:?}, secure {secure}");
                    let (size, rank) =
                        (world.size(), PROOF_METHODS.iter().position(|w| w == method).unwrap());
                    let answer = submit(&world, secure, fields).await;
                    if matches!(method, ProofMethod::Badge | ProofMethod::Pin) && !secure {
                        answer.is(400).has("This page is not secure");
                        // Of a badge the log says that it is gone.
                        let gone = u64::from(*method == ProofMethod::Badge);
                        assert_eq!(world.size(), size + gone, "{what}");
                        if *method == ProofMethod::Badge {
                            // It is of no use from now on: another one of the same number.
                            world.state.identity.badges.remove_all(staff, EntryAuthor::BOX).unwrap();
                            enrol(&world, staff, CODE).unwrap();
                        }
                        continue;
                    }
                    if rank >= needed_rank {
                        assert_eq!((answer.status, lacks_who(&world)), (303, false), "{what}");
                        continue;
                    }
                    assert_eq!((answer.status, world.size()), (422, size), "{what}");
                    answer.has("name=\"unproven\"");
                    let declined = [fields.as_slice(), &[("unproven", "1")]].concat();
                    let done = submit(&world, secure, &declined).await;
                    assert_eq!((done.status, lacks_who(&world)), (303, true), "{what}");
                }
            }
        }
    }
    let reader = world.state.store.reader().unwrap();
    for entry in reader.entries(0..reader.size()) {
        let entry = entry.unwrap();
        assert!(!entry.as_str().contains(PIN) && !entry.as_str().contains(CODE), "no secret is in the log");
    }
}

#[tokio::test]
async fn whoever_declines_says_why() {
    let world = World::new().await;
    ask(&world, SpauldingClass::Critical, &ProofMethod::Pin).await;
    let size = world.size();
    let refused = submit(&world, false, &[("cleaned_by", "Ada"), ("unproven", "1")]).await;
    refused.is(422).has("Say why").has("href=\"#note\"");
    assert_eq!(world.size(), size);
    submit(&world, false, &[("cleaned_by", "Ada"), ("unproven", "1"), ("notes", "no signal")]).await.is(303);
    assert!(lacks_who(&world));
}

#[tokio::test]
async fn whoever_has_no_name_can_still_decline_after_another_mistake() {
    let world = World::new().await;
    ask(&world, SpauldingClass::Critical, &ProofMethod::Typed).await;
    let refused = submit(&world, false, &[("cleaned_by", "")]).await;
    refused.is(422).has("name=\"unproven\"");
    let refused = submit(&world, false, &[("cleaned_by", ""), ("unproven", "1")]).await;
    refused.is(422).has("Say why").has("name=\"unproven\"");
    submit(&world, false, &[("cleaned_by", ""), ("unproven", "1"), ("notes", "gloves")]).await.is(303);
    assert!(lacks_who(&world));
}

#[tokio::test]
async fn a_page_says_what_its_way_in_cannot_give() {
    let world = World::new().await;
    ask(&world, SpauldingClass::Critical, &ProofMethod::Pin).await;
    let scan = format!("/t/{}", world.pump);
    let plain = world.get(&scan).await;
    plain
        .is(200)
        .has("Your phone is on the simple page")
        .has("Open the secure page")
        .has("Record without proof");
    let secure = world.send(Request::get(&scan).body(Body::empty()).unwrap(), true).await;
    secure.is(200).has("This item needs your PIN").has("Sign in with your PIN").has_not("simple page");
    // A session alone proves nothing; a PIN that was entered just now does.
    let tom = desk(&world, StaffRole::Technician).await;
    tom.get(&scan).await.is(200).has_not("Record without proof").has("I am someone else");
    world.clock.advance(Duration::from_secs(360));
    tom.get(&scan).await.is(200).has("This item needs your PIN").has("<details open>");
    ask(&world, SpauldingClass::Critical, &ProofMethod::Typed).await;
    world.get(&scan).await.is(200).has_not("Record without proof");
}

#[tokio::test]
async fn signing_in_and_another_language_lose_nothing_of_a_scan_page() {
    let world = World::new().await;
    ask(&world, SpauldingClass::Critical, &ProofMethod::Pin).await;
    let tom = person(&world, "Tom Nguyen", StaffRole::Technician, PIN).await.to_string();
    let size = world.size();
    let scan = format!("/t/{}", world.pump);
    let typed = [("cleaned_by", "Ada"), ("notes", "Torn mattress")];
    let away = submit(&world, true, &[&typed[..], &[("sign_in", "1")]].concat()).await;
    let to = away.is(303).location();
    let draft =
        to.strip_prefix(&format!("/staff/sign-in?next={scan}?draft=")).unwrap_or_else(|| panic!("{to}"));
    let draft = format!("{scan}?draft={draft}");
    let pin = [("staff", &*tom), ("pin", PIN), ("next", &draft)];
    let signed = world.send(posted("/staff/sign-in", &pin), true).await;
    assert_eq!(signed.is(303).location(), draft);
    let mut request = Request::get(&draft).body(Body::empty()).unwrap();
    request.headers_mut().insert("cookie", signed.cookies().parse().unwrap());
    let page = world.send(request, true).await;
    page.is(200).has("Torn mattress").has("name=\"step\" value=\"1\" checked").has("I am someone else");
    world.get(&scan).await.has("form=\"scan\" name=\"language\"");
    let away = submit(&world, false, &[&typed[..], &[("language", "es")]].concat()).await;
    let (to, cookies) = (away.is(303).location(), away.cookies());
    assert!(to.starts_with(&format!("{scan}?draft=")) && cookies.contains("language=es"), "{to} {cookies}");
    let mut request = Request::get(&to).body(Body::empty()).unwrap();
    request.headers_mut().insert("cookie", cookies.parse().unwrap());
    let page = world.send(request, false).await;
    page.is(200).has("<html lang=\"es").has("Torn mattress").has("value=\"Ada\"");
    page.has("name=\"step\" value=\"1\" checked");
    // What is too long to be kept is not lost either: it stays on its page.
    let long = "x".repeat(5_000);
    let stays = submit(&world, true, &[("notes", &long), ("sign_in", "1")]).await;
    stays.is(200).has(&long);
    assert_eq!(world.size(), size, "nothing is recorded");
}

#[tokio::test]
async fn a_name_is_picked_from_those_that_begin_with_its_letters() {
    let world = World::new().await;
    ask(&world, SpauldingClass::Semicritical, &ProofMethod::List).await;
    let tom = person(&world, "Tom Nguyen", StaffRole::Technician, PIN).await;
    let ada = person(&world, "Ada Tomlinson", StaffRole::Technician, "839204").await;
    person(&world, "Grace Okafor", StaffRole::Technician, "550011").await;
    let scan = format!("/t/{}", world.pump);
    world.get(&scan).await.is(200).has_not("Tom Nguyen").has("Find my name");
    let one = submit(&world, false, &[("cleaned_by", "T"), ("find", "1")]).await;
    one.is(200).has_not("Tom Nguyen");
    let found = submit(&world, false, &[("cleaned_by", "to"), ("find", "1")]).await;
    found.is(200).has(&format!("value=\"{tom}\"")).has(&format!("value=\"{ada}\"")).has_not("Grace");
    for name in ["tom nguyen", "Tom Nguyen ", "Tóm Nguyen"] {
        submit(&world, false, &[("cleaned_by", name), ("notes", "x")]).await.is(303);
        let CleanedBy::Entered { staff, how, .. } = world.cleaning().who else { panic!() };
        assert_eq!((staff, how), (Some(tom), Some(NameSource::List)), "{name}");
    }
    let ghost = StaffId::new(9, [9; 10]).to_string();
    submit(&world, false, &[("cleaned_by", "Eve"), ("pick", &ghost), ("notes", "x")]).await.is(422);
    world.give(Command::StaffLeft { staff: tom }).await;
    submit(&world, false, &[("cleaned_by", "Tom Nguyen"), ("notes", "x")]).await.is(422);
}

#[tokio::test]
async fn where_a_name_of_the_list_is_one_way_it_is_offered() {
    let world = World::new().await;
    let scan = format!("/t/{}", world.pump);
    let grace = person(&world, "Grace Okafor", StaffRole::Technician, PIN).await;
    let graham = person(&world, "Graham Adams", StaffRole::Technician, "839204").await;
    world.get(&scan).await.is(200).has_not("Find my name");
    for least in [ProofMethod::None, ProofMethod::Typed] {
        ask(&world, SpauldingClass::Semicritical, &least).await;
        world.get(&scan).await.is(200).has("Find my name").has_not("Record without proof").has_not("Okafor");
        let found = submit(&world, false, &[("cleaned_by", "gr"), ("find", "1")]).await;
        let (first, second) = (found.text().find(&grace.to_string()), found.text().find(&graham.to_string()));
        assert!(first.is_some() && first < second, "{least:?}: {first:?} {second:?}");
        submit(&world, false, &[("pick", &graham.to_string()), ("notes", "x")]).await.is(303);
        let CleanedBy::Entered { staff, how, .. } = world.cleaning().who else { panic!() };
        assert_eq!((staff, how), (Some(graham), Some(NameSource::List)));
        submit(&world, false, &[("cleaned_by", "Eve"), ("notes", "x")]).await.is(303);
        assert!(!lacks_who(&world), "a typed name is enough");
    }
    ask(&world, SpauldingClass::Semicritical, &ProofMethod::Badge).await;
    world.get(&scan).await.is(200).has_not("Find my name");
}

#[tokio::test]
async fn whoever_reads_the_list_of_staff_by_its_letters_has_to_wait() {
    let world = World::new().await;
    ask(&world, SpauldingClass::Semicritical, &ProofMethod::Typed).await;
    person(&world, "Grace Okafor", StaffRole::Technician, PIN).await;
    let ada = person(&world, "Ada Moreau", StaffRole::Technician, "839204").await;
    let find = async |name: &str| submit(&world, false, &[("cleaned_by", name), ("find", "1")]).await;
    // One share serves this page and the one where people sign in.
    for n in 0..30 {
        find(&format!("x{n}")).await.is(200).has_not("Too many names");
        let secure = Request::get(format!("/staff/sign-in?letters=x{n}")).body(Body::empty()).unwrap();
        world.send(secure, true).await.is(200).has_not("Too many names");
    }
    find("gr").await.is(200).has_not("Grace").has("Too many names were looked for from here");
    let secure = Request::get("/staff/sign-in?letters=gr").body(Body::empty()).unwrap();
    world.send(secure, true).await.is(200).has_not("Grace").has("Too many names were looked for from here");
    // A name that a cookie brings is no other access to the list.
    let scan = format!("/t/{}", world.pump);
    let brought = Request::get(&scan).header("cookie", "name=6772").body(Body::empty()).unwrap();
    world.send(brought, false).await.is(200).has("value=\"gr\"").has_not("Grace");
    let whole = find("grace okafor").await;
    whole
        .is(200)
        .has("<span translate=\"no\">Grace Okafor</span>")
        .has_not("Too many names")
        .has_not("Moreau");
    submit(&world, false, &[("cleaned_by", "Grace Okafor"), ("notes", "x")]).await.is(303);
    // A device on which somebody signed in pays nothing.
    let signed = [("staff", &*ada.to_string()), ("pin", "839204")];
    let cookies = world.send(posted("/staff/sign-in", &signed), true).await.is(303).cookies();
    let device = cookies.split("; ").filter(|one| !one.contains("session")).collect::<Vec<_>>().join("; ");
    find_on(&world, &device).await.is(200).has("Grace Okafor").has_not("Too many names");
}

#[tokio::test]
async fn whoever_was_named_last_on_a_phone_stands_first() {
    let world = World::new().await;
    ask(&world, SpauldingClass::Semicritical, &ProofMethod::Typed).await;
    let grace = person(&world, "Grace Okafor", StaffRole::Technician, PIN).await.to_string();
    let graham = person(&world, "Graham Adams", StaffRole::Technician, "839204").await.to_string();
    let scan = format!("/t/{}", world.pump);
    let done = submit(&world, false, &[("cleaned_by", "Graham Adams"), ("notes", "x")]).await;
    let cookie = done.is(303).cookies();
    let open = async |cookie: &str| {
        let request = Request::get(&scan).header("cookie", cookie).body(Body::empty()).unwrap();
        let text = world.send(request, false).await.is(200).text();
        (text.find(&graham), text.find(&grace))
    };
    let (first, second) = open(&cookie).await;
    assert!(first.is_some() && second.is_none(), "the phone's own name looks for nobody else: {second:?}");
    let text = find_on(&world, &cookie).await.is(200).text();
    let (first, second) = (text.find(&graham), text.find(&grace));
    assert!(first.is_some() && first < second, "{first:?} {second:?}");
    assert_eq!(
        open(&format!("{cookie}; shared=1")).await,
        (None, None),
        "nobody is remembered on a tablet of many"
    );
}
