//! Claiming a roll of blank labels: between two items the next label is scanned.

use askama::Template;
use axum::extract::State;
use record::code::find_label;
use record::tag::Tag;
use schemars::JsonSchema;
use serde::Deserialize;
use web::answer::{OneOf, Page, SeeOther};
use web::argument::LenientQuery;
use web::error::HttpError;

use crate::web::access::permissions::EditEquipment;
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::context::AppState;
use crate::web::form_page::window_title;
use crate::web::layout::{NavSection, PageLayout, draw_page};
use crate::web::request::fields::field_error::Wrong;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::words::{CodeWords, FormWords, PageWords};

pub(super) const CLAIM: &str = "/staff/equipment/claim";
const SCAN_CHARS_MAX: usize = 256;

#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct ClaimParams {
    /// What was scanned: the next blank label.
    tag: Option<String>,
    /// The item that was added before.
    after: Option<Tag>,
}

struct AddedBefore {
    tag: Tag,
    words: String,
}

#[derive(Template)]
#[template(path = "equipment/claim_next.html")]
struct ClaimPage {
    frame: PageLayout,
    w: FormWords,
    problems: Vec<Wrong>,
    added: Option<AddedBefore>,
    entered: String,
}

/// The page with the one field, or the form of the item whose label was scanned into it.
pub(crate) async fn ask_claim(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    LenientQuery(params): LenientQuery<ClaimParams>,
) -> Result<OneOf<Page, SeeOther>, HttpError> {
    let entered: String = params.tag.unwrap_or_default().trim().chars().take(SCAN_CHARS_MAX).collect();
    let wrong = match (entered.as_str(), find_label(&entered)) {
        ("", _) => None,
        (_, None) => Some(signed.words::<CodeWords>().label_add_tag_wrong()),
        (_, Some(tag)) => match state.store.snapshot().resolve(tag) {
            Some(item) => Some(signed.words::<FormWords>().form_equipment_claim_taken(&item.facts.name)),
            None => {
                let after = params.after.map_or_else(String::new, |item| format!("&after={item}"));
                return SeeOther::to(&format!("/staff/equipment/new?tag={tag}{after}")).map(OneOf::Second);
            }
        },
    };
    let problems: Vec<Wrong> = wrong.map(|words| Wrong { at: "tag".to_owned(), words }).into_iter().collect();
    claim_page(&state, &signed, params.after, entered, problems).map(OneOf::First)
}

fn claim_page(
    state: &AppState,
    signed: &StaffSession,
    after: Option<Tag>,
    entered: String,
    problems: Vec<Wrong>,
) -> Result<Page, HttpError> {
    let (page_words, w): (PageWords, FormWords) = signed.words();
    let title = window_title(page_words, w.form_equipment_claim(), &problems);
    let facility = state.store.snapshot();
    let snapshot = Snapshot::of(state, &facility);
    let before = after.and_then(|tag| facility.equipment.get(&tag));
    let page = ClaimPage {
        frame: PageLayout::staff(state, &snapshot, title, signed, NavSection::Equipment),
        w,
        problems,
        added: before
            .map(|item| AddedBefore { tag: item.tag, words: w.form_equipment_claim_added(&item.facts.name) }),
        entered,
    };
    draw_page(&page.frame, &page)
}
