//! How a record is taken back: for a while, on the phone that made it.

use askama::Template;
use axum::extract::State;
use record::entry::{CommandSource, EntryAuthor};
use record::receipt::Receipt;
use web::answer::{FormReply, OneOf, Page, SeeOther};
use web::argument::{FormBody, IdempotencyKey, Path};
use web::error::HttpError;
use words::{S0, S1, SafeHtml, fill_slots};

use crate::intake::{Command, CommandRefusal, is_blank_text};
use crate::web::access::phone::PhoneCaller;
use crate::web::answer::{ask_again, go_to};
use crate::web::commands::run::{CommandFailure, run_command};
use crate::web::context::AppState;
use crate::web::http_error::worded;
use crate::web::layout::PageLayout;
use crate::web::log_reads::read_quick;
use crate::web::request::fields::field_error::Wrong;
use crate::web::request::limits::address_share::AddressShare;
use crate::web::request::submissions::submission::{new_submission, submission_key};
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::page::wording::PageWording;
use crate::web::view_models::records::receipts::find_receipt;
use crate::web::words::{ErrorWords, PageWords, ReceiptWords, RefusalWords};
use crate::wording::refusals::word_refusal;

#[derive(Template)]
#[template(path = "phone/undo.html")]
struct UndoPage {
    frame: PageLayout,
    w: ReceiptWords,
    problems: Vec<Wrong>,
    receipt: Receipt,
    what: SafeHtml,
    reason: String,
    submission: String,
}

#[derive(Default)]
struct UndoTry {
    refused: Option<CommandRefusal>,
    reason: String,
    submission: Option<String>,
}

/// The question whether to take a record back; an undone one has only its receipt.
async fn undo_page(
    state: &AppState,
    phone: &PhoneCaller,
    text: String,
    entered: UndoTry,
) -> Result<OneOf<Page, SeeOther>, HttpError> {
    let (page_words, w, refusals): (PageWords, ReceiptWords, RefusalWords) = phone.words();
    let usage = phone.browser().usage();
    let drawn = read_quick(state, move |state, reader| {
        let found = find_receipt(state, reader, &text)?;
        if found.cleaning.voided.is_some() {
            return Ok(Err(found.receipt));
        }
        let facility = state.store.snapshot();
        let snapshot = Snapshot::of(state, &facility);
        let wording = PageWording::new(page_words, &snapshot.local);
        let item = facility.equipment.get(&found.cleaning.tag);
        let name = item.map_or("", |item| item.facts.name.as_str());
        let name = SafeHtml::element("strong", &[("translate", "no")], name);
        let by = wording.cleaner(reader, &facility, &found.cleaning.who);
        let title = match entered.refused {
            Some(_) => page_words.page_error_title(w.undo_title()),
            None => w.undo_title(),
        };
        Ok(Ok(UndoPage {
            frame: PageLayout::open(state, &snapshot, page_words, title)
                .with_script()
                .used_by(usage)
                .about_item(state, found.cleaning.tag),
            w,
            problems: entered
                .refused
                .map(|refusal: CommandRefusal| Wrong {
                    at: "reason".to_owned(),
                    words: word_refusal(refusals, &refusal),
                })
                .into_iter()
                .collect(),
            receipt: found.receipt,
            what: fill_slots(w.undo_what(S0, found.line.of.seq, S1), [name, by]),
            reason: entered.reason,
            submission: entered.submission.unwrap_or_else(|| new_submission(state)),
        }))
    });
    match drawn.await? {
        Ok(template) => {
            let page = Page::draw(&template)?;
            Ok(OneOf::First(page.in_locale(page_words.catalog().locale())))
        }
        Err(receipt) => SeeOther::to(&format!("/r/{receipt}")).map(OneOf::Second),
    }
}

pub(crate) async fn ask(
    phone: PhoneCaller,
    State(state): State<AppState>,
    Path(text): Path<String>,
) -> Result<OneOf<Page, SeeOther>, HttpError> {
    undo_page(&state, &phone, text, UndoTry::default()).await
}

pub(crate) async fn submit(
    phone: PhoneCaller,
    State(state): State<AppState>,
    _: AddressShare,
    Path(text): Path<String>,
    key: IdempotencyKey,
    form: FormBody,
) -> Result<FormReply, HttpError> {
    let devices = phone.shown_devices();
    let named = text.clone();
    let found = read_quick(&state, move |state, reader| {
        let found = find_receipt(state, reader, &named)?;
        Ok((found.line, format!("/r/{}", found.receipt), found.entry.head().by.device))
    });
    let (line, to, device) = found.await?;
    let same = device.filter(|device| devices.contains(device));
    let entered = form.fields.text("reason").to_owned();
    let unsaid = is_blank_text(&entered).then(|| phone.words::<ReceiptWords>().undo_unsaid());
    let reason = unsaid.unwrap_or_else(|| entered.clone());
    let by =
        EntryAuthor { staff: None, via: CommandSource::Phone, device: same.or(devices.first().copied()) };
    let key = submission_key(key, &form.fields);
    match run_command(&state, by, key.clone(), Command::VoidCleaning { line, reason }).await {
        Ok(_) => go_to(&to),
        Err(CommandFailure::Refused(refusal)) if refusal.field() == Some("reason") => {
            let entered = UndoTry { refused: Some(refusal), reason: entered, submission: key };
            Ok(match undo_page(&state, &phone, text, entered).await? {
                OneOf::First(page) => ask_again(page),
                OneOf::Second(to) => FormReply::Done(to),
            })
        }
        Err(CommandFailure::Refused(CommandRefusal::AlreadyVoided)) => go_to(&to),
        Err(other) => Err(HttpError::from(other).link(to, worded(ErrorWords::error_back_to_receipt))),
    }
}
