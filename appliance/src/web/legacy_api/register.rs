//! The one operation of the old app that needs no sign-in: a phone reports a cleaning.

use api::utc_text;
use axum::extract::State;
use http::{Method, StatusCode};
use record::anchor::corrected_ms;
use record::entry::{CommandSource, EntryAuthor};
use record::fold::CleaningRecord;
use record::ids::StaffId;
use record::kinds::MissingPart;
use record::receipt::Receipt;
use record::tag::Tag;
use schemars::JsonSchema;
use serde::Serialize;
use web::answer::Created;
use web::argument::{FormFields, IdempotencyKey, Path};
use web::error::HttpError;
use web::route::{Example, Route, RouteKind, row};
use words::{Locale, WordSet as _};

use crate::intake::{ClaimedCleaner, CleaningForm, Command, find_named_item};
use crate::web::access::badge::{
    BadgeOutcome, EnteredText, ScanOrigin, badges_spent, check_scanned_badge, take_misplaced_badge,
    unknown_badge_note,
};
use crate::web::access::phone::PhoneCaller;
use crate::web::commands::photo_follow::attach_late_photo;
use crate::web::commands::photo_upload::{PhotoOutcome, take_photo};
use crate::web::commands::run::run_command;
use crate::web::context::AppState;
use crate::web::http_error::{new_error, not_found, store_error};
use crate::web::legacy_api::old_ids::find_old_token;
use crate::web::log_reads::read_quick;
use crate::web::request::bodies::photo_form::PhotoForm;
use crate::web::request::limits::address_share::AddressShare;
use crate::web::request::submissions::page_token::PageToken;
use crate::web::view_models::page::snapshot::missing_words;
use crate::web::words::{ErrorWords, PageWords};
use crate::web::{examples, refusals};

pub(super) fn register_routes() -> Vec<Route<AppState>> {
    vec![
        register_row("/api/register-cleaning/{token}", "old.register-bare"),
        register_row("/api/register-cleaning/{token}/", "old.register"),
    ]
}

fn register_row(path: &'static str, name: &'static str) -> Route<AppState> {
    let example =
        Example::default().part("token", examples::TAG).field("cleaned_by", "Ada").field("notes", "");
    row(Method::POST, path, name, RouteKind::Old, register_cleaning)
        .summary(
            "Records a cleaning, and says whether it counts; `{token}` is a tag, a page token, or a token of the old app",
        )
        .commands(&["RecordCleaning"])
        .refusals(refusals::COMMANDING)
        .example(example)
}

async fn register_cleaning(
    phone: PhoneCaller,
    State(state): State<AppState>,
    _: AddressShare,
    Path(token): Path<String>,
    IdempotencyKey(key): IdempotencyKey,
    form: PhotoForm,
) -> Result<Created<OldRegistered>, HttpError> {
    let tag = match PageToken::tag_of(&token, &state.identity.page_key) {
        Some(tag) => tag,
        None => match find_old_token(&state.store.snapshot(), &token) {
            Some(tag) => tag,
            None => Tag::read(&token).map_err(|e| {
                new_error(StatusCode::NOT_FOUND, "unknown-token", format!("This is not a tag: {e}"))
                    .next("Use the tag of the equipment.")
            })?,
        },
    };
    let PhotoForm { mut fields, photo } = form;
    let proven = prove_badge(&state, &phone, &mut fields).await?;
    let photo = take_photo(&state, photo).await;
    let mut expected = CleaningForm::plain(tag, fields.text("cleaned_by"));
    if let Some(staff) = proven {
        expected.who = ClaimedCleaner::Badge(staff);
    }
    fields.text("notes").clone_into(&mut expected.note);
    photo.name(&mut expected);
    let by = EntryAuthor { staff: None, via: CommandSource::Phone, device: None };
    let done = run_command(&state, by, key, Command::RecordCleaning(Box::new(expected))).await?;
    let cleaning = read_quick(&state, move |_, reader| {
        reader.cleaning_at(done.line).map_err(store_error)?.ok_or_else(not_found)
    });
    // It is recorded, whether it can be read again now or not: an error would have it sent twice.
    let cleaning = cleaning.await.ok();
    let message = word_registered(&photo, cleaning.as_ref());
    if let PhotoOutcome::Follows(photo) = photo {
        attach_late_photo(&state, done, photo);
    }
    let (equipment, recorded_ms) = {
        let facility = state.store.snapshot();
        let anchor = facility.boots.get(&done.at.boot).copied();
        (find_named_item(&facility, tag).map(|item| item.facts.name.clone()), corrected_ms(&done.at, anchor))
    };
    let receipt = Receipt::of(done.line.of, done.leaf).to_string();
    let address = format!("/r/{receipt}");
    let registered = OldRegistered {
        success: true,
        message,
        counts: cleaning.as_ref().map(|cleaning| cleaning.is_complete() && cleaning.counts()),
        missing: cleaning.iter().flat_map(|cleaning| &cleaning.incomplete).map(|part| part.word()).collect(),
        cleaning_log_id: format!("{}.{}", done.line.of.epoch, done.line.of.seq),
        equipment,
        timestamp: utc_text(recorded_ms),
        receipt,
    };
    Created::at(&address, registered)
}

/// An unusable photo never prevents the record, and a record that does not count is not told as one that does.
fn word_registered(photo: &PhotoOutcome, cleaning: Option<&CleaningRecord>) -> String {
    let why = match photo {
        PhotoOutcome::Refused(refusal) => Some(refusal.fault.word(ErrorWords::in_locale(Locale::EnUs))),
        PhotoOutcome::NoRoom => Some("photo storage is full".to_owned()),
        PhotoOutcome::None | PhotoOutcome::Stored(_) | PhotoOutcome::Follows(_) => None,
    };
    let recorded = match why {
        Some(why) => format!("Cleaning recorded, but its photo was not saved: {why}"),
        None => "Cleaning recorded".to_owned(),
    };
    let Some(cleaning) = cleaning.filter(|cleaning| !cleaning.is_complete() || !cleaning.counts()) else {
        return recorded;
    };
    let lacks = match cleaning.voided {
        Some(_) => "it was voided".to_owned(),
        None => missing_words(PageWords::in_locale(Locale::EnUs), &cleaning.incomplete),
    };
    let next = match photo {
        PhotoOutcome::Follows(_) if cleaning.incomplete == [MissingPart::Photo] => {
            "The box is still opening its photo, and counts it then"
        }
        _ => "The record is stored. Clean the equipment by its scan page, which asks for all of it",
    };
    format!("{recorded}. It does not count as a cleaning: {lacks}. {next}")
}

async fn prove_badge(
    state: &AppState,
    phone: &PhoneCaller,
    fields: &mut FormFields,
) -> Result<Option<StaffId>, HttpError> {
    let from = ScanOrigin::of(state, phone.browser());
    let named =
        take_misplaced_badge(state, fields.values_mut(&["cleaned_by"]), EnteredText::Name, from).await?;
    let noted = take_misplaced_badge(state, fields.values_mut(&["notes"]), EnteredText::Other, from).await?;
    let Some(badge) = noted.or(named) else { return Ok(None) };
    match check_scanned_badge(state, badge.as_str(), from).await? {
        BadgeOutcome::Known(staff) => Ok(Some(staff)),
        BadgeOutcome::Unknown => {
            phone.notes().add([unknown_badge_note()]);
            Ok(None)
        }
        BadgeOutcome::TooMany => Err(badges_spent()),
    }
}

/// What the ancestor answered, whether it counts, and the receipt.
#[derive(Debug, Serialize, JsonSchema)]
struct OldRegistered {
    /// Always true.
    success: bool,
    /// Says also what the cleaning lacks to count, and what became of a photo that was not kept.
    message: String,
    /// Whether it counts as a cleaning. One that lacks something is stored, and its item stays due. Absent where the box had no
    /// time to look.
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<bool>,
    /// What it lacks, in the words of `/api/v1/cleanings`; empty where it counts.
    missing: Vec<&'static str>,
    /// `<epoch>.<seq>` of the record's entry.
    cleaning_log_id: String,
    /// The item's name.
    equipment: Option<String>,
    /// When it was recorded (RFC 3339, UTC).
    timestamp: String,
    /// Opens `/r/{receipt}`.
    receipt: String,
}
