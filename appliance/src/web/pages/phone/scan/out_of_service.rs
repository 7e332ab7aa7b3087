//! What a scan of an item shows that is out of service or retired.

use askama::Template;
use record::fold::{EquipmentOutage, ServiceState};
use record::tag::Tag;
use web::answer::Page;
use web::error::HttpError;
use words::{S0, SafeHtml, fill_slots};

use crate::web::context::AppState;
use crate::web::http_error::not_found;
use crate::web::layout::PageLayout;
use crate::web::log_reads::{StoredText, read_quick};
use crate::web::view_models::equipment::problems::{ItemProblems, ProblemLook, ReportDetails, SentReport};
use crate::web::view_models::page::entry_times::note_certainty;
use crate::web::view_models::page::snapshot::{Snapshot, place_line};
use crate::web::view_models::page::wording::PageWording;
use crate::web::words::{PageWords, ProblemWords, TagWords};

#[derive(Template)]
#[template(path = "phone/out_of_service.html")]
struct OutOfServicePage {
    frame: PageLayout,
    w: TagWords,
    tag: Tag,
    retired: bool,
    badge: String,
    name: String,
    place: String,
    title: SafeHtml,
    what: String,
    since: SafeHtml,
    why: Option<SafeHtml>,
    back: Option<String>,
    questions: SafeHtml,
    reports: ItemProblems,
}

pub(crate) type OutPageWords = (PageWords, TagWords, ProblemWords);

pub(crate) async fn out_page(
    state: &AppState,
    words: OutPageWords,
    tag: Tag,
    sent: SentReport,
    details: ReportDetails,
) -> Result<Page, HttpError> {
    let (page_words, w, problems) = words;
    let template = read_quick(state, move |state, reader| {
        let facility = state.store.snapshot();
        let snapshot = Snapshot::of(state, &facility);
        let wording = PageWording::new(page_words, &snapshot.local);
        let item = facility.equipment.get(&tag).ok_or_else(not_found)?;
        let last: Option<&EquipmentOutage> = item.out.last();
        let retired = item.service == ServiceState::Retired;
        let (title, title_html) = if retired {
            (w.out_retired_title(&item.facts.name), w.out_retired_title(S0))
        } else {
            (w.out_title(&item.facts.name), w.out_title(S0))
        };
        let since_ms = last.map_or(item.added_ms, |out| out.from_ms);
        let why = last.and_then(|out| out.reason).map(|why| StoredText::read(reader, why));
        Ok(OutOfServicePage {
            frame: PageLayout::open(state, &snapshot, page_words, title),
            w,
            tag,
            retired,
            badge: if retired { page_words.item_retired() } else { page_words.item_out_of_service() },
            name: item.facts.name.clone(),
            place: place_line(&item.facts.location, &item.facts.asset_number),
            title: fill_slots(title_html, [SafeHtml::entered(&item.facts.name)]),
            what: if retired { w.out_retired_what() } else { w.out_what() },
            since: wording.marked_time(since_ms, note_certainty(reader, &facility, tag, since_ms)).to_html(),
            why: why
                .filter(|why| *why != StoredText::Present(String::new()))
                .map(|why| why.to_html(page_words)),
            back: last
                .and_then(|out| out.back)
                .filter(|_| !retired)
                .map(|day| wording.dates().numbered_day(day.number())),
            reports: ProblemLook { state, facility: &facility, reader, wording: &wording, w: problems }
                .of_item(tag, sent, details),
            questions: fill_slots(w.out_questions(S0), [wording.contact(&snapshot.settings)]),
        })
    });
    let page = Page::draw(&template.await?)?;
    Ok(page.in_locale(page_words.catalog().locale()))
}
