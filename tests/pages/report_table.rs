//! Pages about reports, and those of the box about inspections and passes.

use super::page::{Act, Page};
use super::table::Places;

pub(crate) fn report_pages(at: &Places) -> Vec<Page> {
    use Act::{Press, Type};
    let page = |name, path: &str, acts, says| Page { name, url: format!("{}{path}", at.staff), acts, says };
    vec![
        page("staff-inspection", "/inspection", vec![], "To look at before somebody else does"),
        page(
            "staff-pass-made",
            "/inspection",
            vec![Type("#name", "State survey"), Press("form[action$='/passes'] button")],
            "it is not shown again",
        ),
        page(
            "staff-report-error",
            "/reports",
            vec![Type("#from", "Monday"), Press("form.card button")],
            "There is a problem",
        ),
        page("staff-reports", "/reports", vec![Press("form.card button")], "Asked for"),
        page("pass", "/pass", vec![], "whoever runs this box"),
        page(
            "pass-wrong",
            "/pass",
            vec![Type("#code", "k3m9-x2w7-qd40"), Press("form.card button")],
            "is wrong, or its pass is over",
        ),
    ]
}

pub(crate) fn relay_report_pages(at: &Places) -> Vec<Page> {
    use Act::{Press, Type};
    let url = format!("{}/app/reports", at.origin_of_relay());
    let page = |name, acts, says| Page { name, url: url.clone(), acts, says };
    vec![
        page("relay-reports-error", vec![Type("#from", "Monday"), Press("#new .go")], "There is a problem"),
        page("relay-reports", vec![Press("#new .go")], "All facilities, PDF"),
    ]
}
