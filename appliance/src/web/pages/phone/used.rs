//! “It was used”: one press, after which the cleaning that follows a use is due.

use askama::Template;
use axum::extract::State;
use http::HeaderValue;
use record::entry::{CommandSource, EntryAuthor};
use record::fold::Equipment;
use record::kinds::SpauldingClass;
use record::tag::Tag;
use serde::Serialize;
use web::answer::{Page, WithHeaders};
use web::argument::{FormBody, FormFields, IdempotencyKey, Path};
use web::error::HttpError;
use words::{S0, SafeHtml, fill_slots};

use crate::intake::{Command, UseForm};
use crate::web::access::phone::PhoneCaller;
use crate::web::answer::with_cookies;
use crate::web::commands::run::{SubmissionKey, run_command};
use crate::web::context::AppState;
use crate::web::http_error::{unreadable_form, worded};
use crate::web::layout::{PageLayout, StaffLink};
use crate::web::log_reads::read_quick;
use crate::web::pages::phone::tag_answer::TagAnswer;
use crate::web::request::limits::address_share::AddressShare;
use crate::web::request::submissions::submission::{new_submission, submission_key};
use crate::web::view_models::equipment::items::find_item;
use crate::web::view_models::equipment::problems::{SentReport, last_use_ms};
use crate::web::view_models::page::entry_times::use_certainty;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::page::wording::PageWording;
use crate::web::words::{ErrorWords, PageWords, ScanWords, TagWords};

/// How long ago a use may have ended that is recorded now, minutes.
const ENDED_MIN: [u32; 6] = [0, 15, 30, 60, 120, 240];

struct UseChoice {
    value: String,
    words: String,
}

#[derive(Template)]
#[template(path = "phone/item_used.html")]
struct ItemUsedPage {
    frame: PageLayout,
    w: TagWords,
    scan: ScanWords,
    tag: Tag,
    title: SafeHtml,
    last: Option<String>,
    submission: String,
    ended: Vec<UseChoice>,
    classes: Vec<UseChoice>,
}

fn list_ended(w: TagWords) -> Vec<UseChoice> {
    let choices = ENDED_MIN.into_iter().map(|minutes| UseChoice {
        value: minutes.to_string(),
        words: match minutes {
            0 => w.used_ended_now(),
            60.. => w.used_ended_hours(minutes / 60),
            _ => w.used_ended_minutes(minutes),
        },
    });
    choices.collect()
}

fn list_classes(w: TagWords, item: &Equipment) -> Vec<UseChoice> {
    let all = [
        ("semicritical", SpauldingClass::Semicritical, w.used_class_semicritical()),
        ("critical", SpauldingClass::Critical, w.used_class_critical()),
    ];
    let above = all.into_iter().filter(|(_, class, _)| *class > item.facts.class);
    above.map(|(value, _, words)| UseChoice { value: value.to_owned(), words }).collect()
}

/// What the page's form says of a use.
#[derive(Debug, Clone, Copy, Serialize)]
struct UseAnswers {
    tag: Tag,
    ended_min: u32,
    class: Option<SpauldingClass>,
    sticker: bool,
}

impl UseAnswers {
    /// An invalid choice does not mean that the use ended now.
    fn read(tag: Tag, form: &FormFields) -> Result<Self, HttpError> {
        let ended_min = match form.text("ended") {
            "" => 0,
            text => text.parse().ok().filter(|min| ENDED_MIN.contains(min)).ok_or_else(refuse_choice)?,
        };
        let class = match form.text("class") {
            "" => None,
            "semicritical" => Some(SpauldingClass::Semicritical),
            "critical" => Some(SpauldingClass::Critical),
            _ => return Err(refuse_choice()),
        };
        Ok(Self { tag, ended_min, class, sticker: form.get("sticker").is_some() })
    }

    fn use_form(self) -> UseForm {
        let Self { tag, ended_min, class, sticker } = self;
        UseForm { class, sticker, ago_s: (ended_min > 0).then_some(ended_min * 60), ..UseForm::now(tag) }
    }
}

fn refuse_choice() -> HttpError {
    unreadable_form(worded(ErrorWords::error_form_choice))
}

pub(crate) async fn ask_used(
    phone: PhoneCaller,
    State(state): State<AppState>,
    Path(text): Path<String>,
) -> Result<Page, HttpError> {
    let item = find_item(&state, &text)?;
    let (page_words, w, scan): (PageWords, TagWords, ScanWords) = phone.words();
    let snapshot = Snapshot::now(&state);
    let wording = PageWording::new(page_words, &snapshot.local);
    let frame = PageLayout::open(&state, &snapshot, page_words, w.used_title());
    let frame = frame.with_script().used_by(phone.browser().usage()).about_item(&state, item.tag);
    let (tag, words) = (item.tag, wording.clone());
    let last = read_quick(&state, move |state, reader| {
        let facility = state.store.snapshot();
        Ok(last_use_ms(&facility, tag)
            .map(|ms| words.marked_time(ms, use_certainty(reader, &facility, tag, ms)).text))
    });
    let last = last.await?;
    let page = ItemUsedPage {
        frame: frame.with_staff_link(StaffLink::of(&state, phone.browser(), page_words)),
        last: last.map(|when| w.used_last(when)),
        w,
        scan,
        tag: item.tag,
        title: fill_slots(w.used_title_of(S0), [SafeHtml::entered(&item.facts.name)]),
        submission: new_submission(&state),
        ended: list_ended(w),
        classes: list_classes(w, &item),
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
    let answers = UseAnswers::read(tag, &form.fields)?;
    let command = Command::RecordUse(answers.use_form());
    // When it ended is counted back from now: the request data identifies a repeat.
    let key = SubmissionKey::as_sent(submission_key(key, &form.fields), &answers);
    match run_command(&state, by, key, command).await {
        Ok(_) => {
            let recorded = format!("{to}{}", SentReport::USED_QUERY);
            Ok(with_cookies(TagAnswer::to(&recorded)?, cookies_set))
        }
        Err(undone) => Err(HttpError::from(undone).link(to, worded(ErrorWords::error_links_item))),
    }
}
