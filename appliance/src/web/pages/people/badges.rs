//! Badges on a person's page: a facility admin scans one twice to add it, and removes it.

use axum::extract::State;
use record::ids::StaffId;
use web::answer::OneOf;
use web::argument::Path;
use web::error::HttpError;

use crate::identity::{AccessOutcome, AccessTarget, BadgeCode, BadgeRefusal};
use crate::web::access::permissions::EditPeople;
use crate::web::access::staff::StaffCaller;
use crate::web::access_note::AccessNote;
use crate::web::answer::{FormOrPage, ask_again, go_to};
use crate::web::commands::badges::{enrol_badge, remove_badge};
use crate::web::confirm_pin::PinConfirmation;
use crate::web::context::AppState;
use crate::web::http_error::not_found;
use crate::web::pages::people::person::{PersonView, find_member, person_page};
use crate::web::request::field_error::Wrong;
use crate::web::request::form::StaffForm;
use crate::web::words::PeopleWords;

/// What stands for a first scan in the page that asks for the second: nothing of the badge can be read from it.
fn seal_badge(state: &AppState, staff: StaffId, code: &BadgeCode) -> String {
    state.identity.page_key.seal(&format!("badge of {staff}\n{}", code.as_str()))
}

fn word_badge_refusal(p: PeopleWords, refusal: &BadgeRefusal) -> String {
    match refusal {
        BadgeRefusal::Form => p.person_badge_form(),
        BadgeRefusal::Label => p.person_badge_label(),
        BadgeRefusal::Taken => p.person_badge_taken(),
        BadgeRefusal::Present(_) => p.person_badge_present(),
        BadgeRefusal::TooMany => p.person_badge_too_many(),
        BadgeRefusal::Revoked => p.person_badge_unsafe(),
    }
}

/// A badge is read twice: what a reader reads once, it may read otherwise the next time.
pub(crate) async fn submit_badge(
    signed: StaffCaller<EditPeople>,
    State(state): State<AppState>,
    Path(staff): Path<String>,
    StaffForm(form): StaffForm,
) -> Result<FormOrPage, HttpError> {
    let known = find_member(&state, &staff).await?;
    let form = match signed.confirm(&state, form).await? {
        PinConfirmation::Form(form) => form,
        PinConfirmation::PinRequired(answer) => return Ok(answer),
    };
    let (p, staff, to): (PeopleWords, _, _) = (signed.words(), known.staff, known.path());
    let first = form.text("first");
    let refused = match BadgeCode::read(form.text("badge")) {
        Err(refusal) => word_badge_refusal(p, &refusal),
        Ok(code) => match seal_badge(&state, staff, &code) {
            seal if first.is_empty() => {
                let view = PersonView { badge_read: Some(seal), ..PersonView::default() };
                return person_page(&state, &signed, known, view).await.map(OneOf::Second);
            }
            seal if first != seal => p.person_badge_differs(),
            _ => match enrol_badge(&state, signed.author(), staff, code).await? {
                Ok(_) => {
                    signed.notes().add([badge_changed(staff)]);
                    return go_to(&format!("{to}#badges")).map(OneOf::First);
                }
                Err(refusal) => word_badge_refusal(p, &refusal),
            },
        },
    };
    let problems = vec![Wrong { at: "badge".to_owned(), words: refused }];
    let view = PersonView { problems, ..PersonView::default() };
    Ok(OneOf::First(ask_again(person_page(&state, &signed, known, view).await?)))
}

pub(crate) async fn submit_removal(
    signed: StaffCaller<EditPeople>,
    State(state): State<AppState>,
    Path((staff, badge)): Path<(String, String)>,
    StaffForm(form): StaffForm,
) -> Result<FormOrPage, HttpError> {
    let known = find_member(&state, &staff).await?;
    if let PinConfirmation::PinRequired(answer) = signed.confirm(&state, form).await? {
        return Ok(answer);
    }
    if !remove_badge(&state, signed.author(), known.staff, badge).await? {
        return Err(not_found());
    }
    signed.notes().add([badge_changed(known.staff)]);
    go_to(&format!("{}#badges", known.path())).map(OneOf::First)
}

fn badge_changed(staff: StaffId) -> AccessNote {
    AccessNote::new(AccessOutcome::BadgeChanged, AccessTarget::Admin).about(&staff)
}
