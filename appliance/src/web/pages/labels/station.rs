//! The station itself, as it is drawn: search, pick, preview, print, and progress.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use askama::Template;
use axum::extract::State;
use record::tag::Tag;
use schemars::JsonSchema;
use serde::Deserialize;
use web::answer::Page;
use web::argument::LenientQuery;
use web::error::HttpError;

use crate::printing::PrinterView;
use crate::web::access::permissions::View;
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::context::{AppState, run_blocking};
use crate::web::layout::{NavSection, PageLayout, draw_page};
use crate::web::live::live_prints_page;
use crate::web::pages::labels::choices::{PrintChoices, StationWords};
use crate::web::pages::labels::outcome::LabelActionOutcome;
use crate::web::pages::labels::pick::{ItemFilter, PAGE_ROWS, PickRow, PickTable, read_tag};
use crate::web::pages::labels::picked::{PickList, PickListId, PickLists};
use crate::web::pages::labels::preview::{LabelPreview, preview_label};
use crate::web::pages::labels::{choices, pick};
use crate::web::request::fields::choice::SelectOption;
use crate::web::request::fields::field_error::Wrong;
use crate::web::view_models::equipment::status_board::board_now;
use crate::web::view_models::page::path_segment::path_segment;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::page::wording::PageWording;
use crate::web::view_models::printing::jobs;
use crate::web::view_models::printing::jobs::{JobCard, JobRow, PrinterCard, job_card, printer_card};
use crate::web::words::{LabelsWords, PrintingWords};

const JOBS_WHOLE: usize = 4;
const JOBS_LISTED: usize = 6;
pub(crate) const QUERY_CHARS_MAX: usize = 200;

#[derive(Debug, Clone, Default)]
pub(crate) struct StationView {
    pub(crate) query: String,
    pub(crate) show: ItemFilter,
    pub(crate) page: usize,
    pub(crate) id: Option<PickListId>,
    pub(crate) picks: PickList,
    /// An item that is ticked by the page's address and picked by the first press.
    pub(crate) ticked: Option<Tag>,
    pub(crate) list: String,
    pub(crate) chosen: PrintChoices,
    pub(crate) problems: Vec<Wrong>,
    /// The result of the last action, for a screen reader too.
    pub(crate) message: String,
    /// Something that no longer exists, which is no mistake of the reader.
    pub(crate) note: String,
}

impl StationView {
    pub(crate) fn wrong(&mut self, at: &str, words: impl Into<String>) {
        self.problems.push(Wrong { at: at.to_owned(), words: words.into() });
    }

    pub(crate) fn address(&self) -> String {
        self.address_of(self.page)
    }

    fn address_of(&self, page: usize) -> String {
        let mut address = format!("/staff/labels?show={}", path_segment(&self.show.value()));
        // Writing to a string does not fail.
        if let Some(id) = self.id {
            let _ = write!(address, "&picks={id}");
        }
        if !self.query.is_empty() {
            let _ = write!(address, "&q={}", path_segment(&self.query));
        }
        if page > 1 {
            let _ = write!(address, "&page={page}");
        }
        address
    }

    fn link_page(&self, page: usize) -> (String, usize) {
        (self.address_of(page), page)
    }
}

#[derive(Debug, Default)]
struct Pager {
    words: String,
    previous: Option<(String, usize)>,
    next: Option<(String, usize)>,
}

impl Pager {
    fn of(w: LabelsWords, view: &StationView, list: &PickTable) -> Self {
        let (first, all) = ((list.page - 1) * PAGE_ROWS, list.shown.len());
        let words = w.station_page_of(all, first + 1, first + list.rows.len());
        Self {
            words: if list.pages > 1 { words } else { String::new() },
            previous: (list.page > 1).then(|| view.link_page(list.page - 1)),
            next: (list.page < list.pages).then(|| view.link_page(list.page + 1)),
        }
    }
}

#[derive(Template)]
#[template(path = "printing/station.html")]
struct StationPage {
    frame: PageLayout,
    w: LabelsWords,
    problems: Vec<Wrong>,
    message: String,
    note: String,
    unprinted: Option<(String, String)>,
    may_change: bool,
    form_token: String,
    submission: String,
    picks: String,
    /// Tags that are picked and shown here: what is no longer ticked is removed.
    had: String,
    query: String,
    show: String,
    page: usize,
    list: String,
    shows: Vec<SelectOption>,
    rows: Vec<PickRow>,
    pager: Pager,
    counted: String,
    picked: usize,
    picked_words: String,
    cleared: usize,
    /// `Add all 312`; empty where all of them are picked.
    all_words: String,
    only_picked: bool,
    printers: Vec<SelectOption>,
    templates: Vec<SelectOption>,
    chosen: PrintChoices,
    asks: bool,
    print_words: String,
    look: Option<LabelPreview>,
    jobs: Vec<JobCard>,
    older: Vec<JobRow>,
    cards: Vec<PrinterCard>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct StationParams {
    #[serde(default)]
    q: String,
    #[serde(default)]
    show: String,
    #[serde(default)]
    tag: String,
    #[serde(default)]
    page: String,
    #[serde(default)]
    picks: String,
    /// What the last press did: see [`LabelActionOutcome`].
    #[serde(default)]
    did: String,
    #[serde(default)]
    n: String,
}

pub(crate) async fn show(
    signed: StaffCaller<View>,
    State(state): State<AppState>,
    LenientQuery(requested): LenientQuery<StationParams>,
) -> Result<Page, HttpError> {
    let signed = signed.into_session();
    let mut view = StationView {
        query: requested.q.trim().chars().take(QUERY_CHARS_MAX).collect(),
        show: ItemFilter::read(&requested.show),
        page: requested.page.parse().unwrap_or(1),
        chosen: PrintChoices { copies: "1".into(), ..PrintChoices::default() },
        ..StationView::default()
    };
    // A label's code says where it leads; its tag is what can be found.
    if let Some(tag) = read_tag(&view.query) {
        (view.query, view.show) = (tag.to_string(), ItemFilter::All);
    }
    if signed.can_edit() {
        view.ticked = read_tag(&requested.tag);
        take_list(&state, &signed, &requested.picks, &mut view);
        view.message = LabelActionOutcome::read(&requested.did, &requested.n)
            .map(|done| done.words(signed.words(), &state))
            .unwrap_or_default();
    }
    run_blocking(&state, move |state| draw_station(state, &signed, view)).await
}

fn take_list(state: &AppState, signed: &StaffSession, named: &str, view: &mut StationView) {
    if named.is_empty() {
        return;
    }
    let lists = state.stored::<PickLists>();
    match named.parse().and_then(|id| lists.get(signed.staff(), id).map(|list| (id, list))) {
        Ok((id, list)) => {
            view.chosen = list.chosen.clone();
            (view.id, view.picks) = (Some(id), list);
        }
        Err(_) => view.note = signed.words::<LabelsWords>().picks_gone(),
    }
}

pub(crate) fn overdue_of(state: &AppState, show: &ItemFilter) -> BTreeSet<Tag> {
    match show {
        ItemFilter::Overdue => board_now(state).overdue().iter().map(|row| row.item.tag).collect(),
        _ => BTreeSet::new(),
    }
}

fn read_items(
    state: &AppState,
    signed: &StaffSession,
    view: &StationView,
) -> Result<(Snapshot, PickTable, Vec<SelectOption>), HttpError> {
    let w: LabelsWords = signed.words();
    let printed = state.printing.printed().map_err(|e| HttpError::internal(&e))?;
    let facility = state.store.snapshot();
    let snapshot = Snapshot::of(state, &facility);
    let wording = signed.wording(&snapshot.local);
    let overdue = overdue_of(state, &view.show);
    let being_cleaned = state.contact_timers.being_cleaned(&facility, &snapshot.now);
    let requested = pick::PickQuery {
        query: &view.query,
        show: &view.show,
        picks: view.picks.tags(),
        overdue: &overdue,
        being_cleaned: &being_cleaned,
        page: view.page,
    };
    let mut list = pick::pick_rows(w, &wording, &facility, &printed, &requested);
    if let Some(tag) = view.ticked {
        list.rows.retain(|row| row.tag != tag);
        let requested = pick::PickQuery { query: tag.as_str(), show: &ItemFilter::All, page: 1, ..requested };
        let found = pick::pick_rows(w, &wording, &facility, &printed, &requested);
        let found = found.rows.into_iter().find(|row| row.tag == tag);
        let ticked = found.map(|row| PickRow { picked: true, ..row });
        list.rows = ticked.into_iter().chain(list.rows).collect();
    }
    let shows = pick::filter_options(w, &facility, &view.show);
    Ok((snapshot, list, shows))
}

struct PrintOverview {
    jobs: Vec<JobCard>,
    older: Vec<JobRow>,
    cards: Vec<PrinterCard>,
}

fn read_prints(
    w: PrintingWords,
    state: &AppState,
    wording: &PageWording,
    printers: &[PrinterView],
) -> Result<PrintOverview, HttpError> {
    let newest = state.printing.jobs().map_err(|e| HttpError::internal(&e))?;
    let mut jobs = Vec::new();
    for open in state.printing.unfinished().map_err(|e| HttpError::internal(&e))?.iter().take(JOBS_WHOLE) {
        let job = state.printing.job(open.id).map_err(|e| HttpError::internal(&e))?;
        jobs.extend(job.map(|job| job_card(w, &job, printers, wording)));
    }
    let older = newest.iter().filter(|job| !jobs.iter().any(|card: &JobCard| card.id == job.id));
    let older = older.take(JOBS_LISTED).map(|job| jobs::job_row(w, job, wording)).collect();
    let cards = printers.iter().map(|printer| printer_card(w, printer, &newest, wording)).collect();
    Ok(PrintOverview { jobs, older, cards })
}

pub(crate) fn draw_station(
    state: &AppState,
    signed: &StaffSession,
    view: StationView,
) -> Result<Page, HttpError> {
    let live = live_prints_page(state).often();
    let views = state.printing.printers();
    let words = StationWords::of_staff(signed);
    let w = words.labels;
    let (snapshot, list, shows) = read_items(state, signed, &view)?;
    let wording = signed.wording(&snapshot.local);
    let PrintOverview { jobs, older, cards } = read_prints(words.printing, state, &wording, &views)?;
    let first = view.picks.tags().first().copied().or(list.rows.first().map(|row| row.tag));
    let look = match first {
        Some(tag) if !views.is_empty() => Some(preview_label(words, state, &view.chosen, tag)?),
        _ => None,
    };
    let on: BTreeSet<Tag> = view.picks.tags().iter().copied().collect();
    let others = list.shown.iter().filter(|tag| !on.contains(tag)).count();
    let ticked = view.ticked.filter(|tag| !on.contains(tag) && list.rows.iter().any(|row| row.tag == *tag));
    let picked = on.len() + usize::from(ticked.is_some());
    let fine = view.problems.is_empty();
    let title = if fine { w.labels_title() } else { w.labels_title_error() };
    let frame = PageLayout::staff(state, &snapshot, title, signed, NavSection::Labels);
    let had: Vec<&str> =
        list.rows.iter().map(|row| &row.tag).filter(|tag| on.contains(tag)).map(Tag::as_str).collect();
    let template = StationPage {
        frame: frame.with_script().with_station_script().live(live),
        w,
        unprinted: if view.id.is_none() && fine { unprinted_notice(state, signed) } else { None },
        may_change: signed.can_edit(),
        form_token: signed.form_token(),
        submission: choices::new_submission(state),
        picks: view.id.map(|id| id.to_string()).unwrap_or_default(),
        had: had.join(" "),
        show: view.show.value(),
        page: list.page,
        shows,
        pager: Pager::of(w, &view, &list),
        counted: match list.shown.len() {
            shown if shown == list.all => w.station_items(shown),
            shown => w.station_items_of(list.all, shown),
        },
        cleared: if on.is_empty() { view.picks.cleared() } else { 0 },
        all_words: match others {
            0 => String::new(),
            others if others == list.shown.len() => w.station_add_all(others),
            others => w.station_add_others(others),
        },
        only_picked: view.show == ItemFilter::Picked,
        rows: list.rows,
        printers: choices::printer_options(words, &views, &view.chosen.printer),
        templates: choices::of_items(words, &state.printing, &view.chosen.template),
        asks: !view.chosen.until.is_empty() || !view.chosen.reason.is_empty() || view.chosen.numbers,
        print_words: w.station_print_labels(labels_of(picked, &view.chosen.copies)),
        picked_words: w.station_picked(picked),
        picked,
        query: view.query,
        list: view.list,
        chosen: view.chosen,
        problems: view.problems,
        message: view.message,
        note: view.note,
        look,
        older,
        jobs,
        cards,
    };
    draw_page(&template.frame, &template)
}

fn unprinted_notice(state: &AppState, signed: &StaffSession) -> Option<(String, String)> {
    let list = state.stored::<PickLists>().unprinted(signed.staff())?;
    let words = signed.words::<LabelsWords>().station_other_list(list.picked);
    Some((words, format!("/staff/labels?show=picked&picks={}", list.id)))
}

fn labels_of(picked: usize, copies: &str) -> usize {
    let copies: usize = copies.parse().unwrap_or(1);
    picked.saturating_mul(copies.max(1))
}
