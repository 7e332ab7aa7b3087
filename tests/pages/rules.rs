//! States that a facility's rules bring about, and what becomes of labels and items; staff pages in Spanish.

use super::page::{Act, Page};
use super::table::{Places, UNMEASURED};

fn rules(changes: &[(&'static str, &'static str)]) -> Vec<Act> {
    let set = changes.iter().map(|&(field, value)| Act::Set(field, value));
    set.chain([Act::Press("form .go")]).collect()
}

/// Order matters: at the end the rules are those of the beginning again.
pub(crate) fn pages(at: &Places) -> Vec<Page> {
    [after_use(at), labels_and_items(at), changed_meanwhile(at), who_cleaned(at), shared_tablet(at)]
        .into_iter()
        .flatten()
        .collect()
}

fn after_use(at: &Places) -> Vec<Page> {
    use Act::{Press, Set, Type};
    let [_, _, _, chair, ..] = &at.others;
    let open = |name, tag: &str, acts, says| Page::after(name, format!("{}/t/{tag}", at.http), acts, says);
    let schedule = format!("{}/equipment/{}/schedule", at.staff, at.fresh);
    vec![
        Page::after(
            "staff-schedule-use",
            schedule,
            vec![Set("#every", "use"), Press("main form button")],
            "Can this be trusted?",
        ),
        open(
            "receipt-same-again",
            &at.fresh,
            vec![Set("#who", "Aisha Bello"), Press("#step-1"), Press(".bar .go")],
            "Records the same steps again",
        ),
        open(
            "receipt-incomplete",
            chair,
            vec![
                Set("#who", "Aisha Bello"),
                Press("details:has(#note) > summary"),
                Type("#note", "Only wiped"),
                Press(UNMEASURED),
            ],
            "Incomplete",
        ),
    ]
}

fn labels_and_items(at: &Places) -> Vec<Page> {
    use Act::{Enter, Press, Set};
    let [lift, monitor, _, _, gas, x_ray] = &at.others;
    let staff = |name, path: &str, acts, says| Page::after(name, format!("{}{path}", at.staff), acts, says);
    let open = |name, path: &str, says| Page::at(name, format!("{}{path}", at.http), says);
    vec![
        staff(
            "staff-loan-overdue",
            &format!("/equipment/{monitor}/edit"),
            vec![Set("#loan_until", "2026-01-31"), Set("#loan_owner", "Acme"), Press("form .go")],
            "Here until",
        ),
        open("scan-loan-overdue", &format!("/t/{monitor}"), "This loaner was due back on"),
        staff("staff-label-lost", &format!("/tags/new?item={lift}&why=lost"), vec![Press("form .go")], ""),
        open("tag-replaced", &format!("/{lift}"), "This label was replaced"),
        staff(
            "staff-merge-check",
            &format!("/equipment/{x_ray}/merge"),
            vec![Enter("#item", gas.clone()), Press("form .go")],
            "Is retired",
        ),
        staff(
            "staff-merged",
            &format!("/equipment/{x_ray}/merge"),
            vec![Enter("#item", gas.clone()), Press("form .go"), Press("form .stop")],
            "",
        ),
        staff("staff-item-merged", &format!("/equipment/{x_ray}"), vec![], "This item was merged into"),
        staff("staff-item-of-two", &format!("/equipment/{gas}"), vec![], "Merged into this item"),
    ]
}

fn changed_meanwhile(at: &Places) -> Vec<Page> {
    use Act::{Press, Set};
    let staff = |name, path: &str, acts, says| Page::after(name, format!("{}{path}", at.staff), acts, says);
    let older =
        |field, value| vec![Press("th a"), Set("[name=seen]", "0"), Set(field, value), Press("form .go")];
    let says = "Somebody changed this meanwhile";
    vec![
        staff("staff-place-changed", "/places", older("#order", "9"), says),
        staff("staff-protocol-changed", "/protocols", older("#ppe", "gown"), says),
    ]
}

/// What each method of saying who cleaned asks for, on the simple page and on the secure one.
fn who_cleaned(at: &Places) -> Vec<Page> {
    use Act::{Press, Set, Type};
    let settings = |name, changes: &[(&'static str, &'static str)]| {
        Page::after(name, format!("{}/box/settings", at.staff), rules(changes), "Addresses")
    };
    let scan = format!("/t/{}", at.pump);
    let plain = |name, acts, says| Page::after(name, format!("{}{scan}", at.http), acts, says);
    let secure = |name, says| Page::at(name, format!("{}{scan}", at.origin_of_box()), says);
    const ADD: &str = "form[action$='/badges'] button";
    // The second scan has another field.
    let scanned =
        vec![Type("#badge", "0004712"), Press(ADD), Type("#badge[autofocus]", "0004712"), Press(ADD)];
    vec![
        Page::after("staff-person-badge-added", at.person.clone(), scanned, "Not used yet"),
        settings("staff-rule-list", &[("#who_noncritical", "list"), ("#pin_proof_min", "0")]),
        plain("scan-list", vec![], "Find my name"),
        plain("scan-list-found", vec![Set("#who", "Tom"), Press("[name=find]")], "Who are you?"),
        settings("staff-rule-badge", &[("#who_noncritical", "badge")]),
        plain("scan-badge-plain", vec![], "Your phone is on the simple page"),
        secure("scan-badge", "This item needs your badge or your PIN"),
        settings("staff-rule-pin", &[("#who_noncritical", "pin")]),
        plain("scan-pin-plain", vec![], "This item needs your PIN"),
        secure("scan-pin", "This item needs your PIN"),
        settings("staff-rule-refuse", &[("#who_noncritical", "default"), ("#competency", "refuse")]),
        secure("scan-not-signed-off", "Only people who are signed off for this protocol"),
        settings("staff-rule-none", &[("#competency", "warn"), ("#pin_proof_min", "5")]),
    ]
}

fn shared_tablet(at: &Places) -> Vec<Page> {
    use Act::Press;
    const MARK: &str = "form[action='/staff/me/tablet'] button";
    let me = |name, says| Page::after(name, format!("{}/me", at.staff), vec![Press(MARK)], says);
    vec![
        me("staff-me-shared", "This tablet is shared"),
        Page::at("scan-shared", format!("{}/t/{}", at.origin_of_box(), at.pump), "Record cleaning"),
        me("staff-me-own", "Do several people use this tablet?"),
    ]
}

pub(crate) fn staff_in_spanish(at: &Places) -> Vec<Page> {
    use Act::Press;
    let home = format!("{}/", at.origin_of_box());
    let staff = |name, path: &str, says| Page::at(name, format!("{}{path}", at.staff), says);
    let item = format!("/equipment/{}", at.pump);
    let [spanish, english] = ["footer [value=es]", "footer [value=en]"].map(|button| vec![Press(button)]);
    vec![
        Page::after("home-secure-es", home.clone(), spanish, "Qué falta limpiar"),
        staff("staff-today-es", "/", "30 días"),
        staff("staff-item-es", &item, "¿Se puede confiar en esto?"),
        staff("staff-item-edit-es", &format!("{item}/edit"), "¿Cómo se limpia?"),
        staff("staff-protocol-new-es", "/protocols/new", "¿Qué se hace?"),
        staff("staff-alarms-es", "/alarms", "Alarmas"),
        staff("staff-settings-es", "/box/settings", "Dirección de las etiquetas"),
        Page::at("staff-person-es", at.person.clone(), "El mismo PIN otra vez"),
        Page::at("board-es", format!("{}/board", at.origin_of_box()), "Limpiar primero"),
        Page::after("home-secure-en", home, english, "What needs cleaning"),
    ]
}
