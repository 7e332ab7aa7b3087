//! Badges on a person's page: a facility admin scans one twice to add it, or has the box generate one, and removes it.

use axum::extract::State;
use record::ids::StaffId;
use web::answer::{FileDownload, OneOf, media};
use web::argument::Path;
use web::error::HttpError;

use crate::identity::{AccessOutcome, AccessTarget, BadgeCode, BadgeRefusal};
use crate::printing::LabelRequest;
use crate::web::access::permissions::EditPeople;
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::access_note::AccessNote;
use crate::web::answer::{FormOrPage, ask_again, go_to};
use crate::web::commands::badges::{enrol_badge, remove_badge, word_badge_refusal};
use crate::web::confirm_pin::PinConfirmation;
use crate::web::context::{AppState, run_blocking};
use crate::web::http_error::not_found;
use crate::web::log_reads::read_quick;
use crate::web::pages::labels::cards::staff_badge;
use crate::web::pages::people::person::{PersonView, StaffEntry, find_member, person_page};
use crate::web::request::bodies::form::StaffForm;
use crate::web::request::fields::field_error::Wrong;
use crate::web::view_models::printing::sheets::render_page;
use crate::web::words::PeopleWords;

/// A placeholder for the first scan in the page that asks for the second: nothing of the badge can be read from it.
fn seal_badge(state: &AppState, staff: StaffId, code: &BadgeCode) -> String {
    state.identity.page_key.seal(&format!("badge of {staff}\n{}", code.as_str()))
}

/// A badge is read twice: a reader may read the same badge differently the next time.
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
    refused_page(&state, &signed, known, refused).await
}

async fn refused_page(
    state: &AppState,
    signed: &StaffSession,
    known: StaffEntry,
    words: String,
) -> Result<FormOrPage, HttpError> {
    let problems = vec![Wrong { at: "badge".to_owned(), words }];
    let view = PersonView { problems, ..PersonView::default() };
    Ok(OneOf::First(ask_again(person_page(state, signed, known, view).await?)))
}

/// Generates a badge. Its number is in this one response and nowhere else: no print job stores it, and whoever loses
/// the file removes the badge. A repeated request gives the same badge again, because a response may be lost.
pub(crate) async fn print_badge(
    signed: StaffCaller<EditPeople>,
    State(state): State<AppState>,
    Path(staff): Path<String>,
    StaffForm(form): StaffForm,
) -> Result<OneOf<FileDownload<media::Pdf>, FormOrPage>, HttpError> {
    let known = find_member(&state, &staff).await?;
    let press = form.get("submission").filter(|press| !press.is_empty()).map(str::to_owned);
    if let PinConfirmation::PinRequired(answer) = signed.confirm(&state, form).await? {
        return Ok(OneOf::Second(answer));
    }
    let staff = known.staff;
    let code = run_blocking(&state, move |state| {
        let made = state.identity.badges.make_code(staff, press.as_deref());
        made.map_err(|error| HttpError::internal(&error))
    });
    let code = code.await?;
    // A badge that cannot be drawn is not enrolled.
    let pdf = draw_badge(&state, staff, code.clone()).await?;
    match enrol_badge(&state, signed.author(), staff, code).await? {
        Ok(_) => {
            signed.notes().add([badge_changed(staff)]);
            FileDownload::new("badge.pdf", pdf).map(OneOf::First)
        }
        Err(BadgeRefusal::Present(_)) => FileDownload::new("badge.pdf", pdf).map(OneOf::First),
        Err(refusal) => {
            let words = word_badge_refusal(signed.words(), &refusal);
            refused_page(&state, &signed, known, words).await.map(OneOf::Second)
        }
    }
}

async fn draw_badge(state: &AppState, staff: StaffId, code: BadgeCode) -> Result<Vec<u8>, HttpError> {
    let fields = read_quick(state, move |state, reader| {
        staff_badge(&state.store.snapshot(), reader, staff).ok_or_else(not_found)
    });
    let label =
        LabelRequest { url: code.as_str().to_owned(), more: fields.await?, ..LabelRequest::default() };
    render_page(state, "badge", label).await
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
