//! “It was used”: one press, after which the cleaning that follows a use is due.

use askama::Template;
use axum::extract::State;
use http::HeaderValue;
use record::entry::{CommandSource, EntryAuthor};
use record::tag::Tag;
use web::answer::{Page, WithHeaders};
use web::argument::{FormBody, IdempotencyKey, Path};
use web::error::HttpError;
use words::{S0, SafeHtml, fill_slots};

use crate::intake::Command;
use crate::web::access::phone::PhoneCaller;
use crate::web::answer::with_cookies;
use crate::web::commands::run::run_command;
use crate::web::context::AppState;
use crate::web::http_error::worded;
use crate::web::layout::PageLayout;
use crate::web::pages::phone::tag_answer::TagAnswer;
use crate::web::request::address_share::AddressShare;
use crate::web::request::submission::{new_submission, submission_key};
use crate::web::view_models::items::find_item;
use crate::web::view_models::loans::word_overdue;
use crate::web::view_models::snapshot::Snapshot;
use crate::web::view_models::wording::PageWording;
use crate::web::words::{ErrorWords, PageWords, ProblemWords, TagWords};

#[derive(Template)]
#[template(path = "item_used.html")]
struct ItemUsedPage {
    frame: PageLayout,
    w: TagWords,
    tag: Tag,
    title: SafeHtml,
    /// What is to be said of a loaner behind its last day.
    loan: Option<String>,
    submission: String,
}

pub(crate) async fn ask_used(
    phone: PhoneCaller,
    State(state): State<AppState>,
    Path(text): Path<String>,
) -> Result<Page, HttpError> {
    let item = find_item(&state, &text)?;
    let (page_words, w, problems): (PageWords, TagWords, ProblemWords) = phone.words();
    let snapshot = Snapshot::now(&state);
    let wording = PageWording::new(page_words, &snapshot.local);
    let page = ItemUsedPage {
        frame: PageLayout::open(&state, &snapshot, page_words, w.used_title())
            .with_script()
            .used_by(phone.browser().usage()),
        loan: word_overdue(&wording, &item).map(|day| problems.loan_overdue(day)),
        w,
        tag: item.tag,
        title: fill_slots(w.used_title_of(S0), [SafeHtml::entered(&item.name)]),
        submission: new_submission(&state),
    };
    Ok(Page::draw(&page)?.in_locale(page_words.catalog().locale()))
}

pub(crate) async fn submit_used(
    phone: PhoneCaller,
    State(state): State<AppState>,
    _: AddressShare,
    Path(text): Path<String>,
    key: IdempotencyKey,
    form: FormBody,
) -> Result<WithHeaders<TagAnswer>, HttpError> {
    let tag = find_item(&state, &text)?.tag;
    let to = format!("/t/{tag}");
    let device = phone.browser().device(&state);
    let by = EntryAuthor { staff: None, via: CommandSource::Phone, device: Some(device.id()) };
    let cookies_set: [Option<HeaderValue>; 1] = [device.set_cookie()];
    let command = Command::RecordUse { tag, performed_ms: None };
    match run_command(&state, by, submission_key(key, &form.fields), command).await {
        Ok(_) => Ok(with_cookies(TagAnswer::to(&to)?, cookies_set)),
        Err(undone) => Err(HttpError::from(undone).link(to, worded(ErrorWords::error_links_item))),
    }
}
