//! The station itself: pick, look, print, and watch it come out.

use askama::Template;
use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use record::tag::Tag;
use serde::Deserialize;

use super::super::AppState;
use super::super::form::Form;
use super::super::frame::{Frame, Place, page_with};
use super::super::guard::see_other;
use super::super::label_fields::Ask;
use super::super::labels;
use super::super::problem::Problem;
use super::super::query::Asked;
use super::super::scan_page::Wrong;
use super::super::sign_in::Signed;
use super::super::view::Snapshot;
use super::super::words::{count, plural};
use super::choices::{self, Chosen};
use super::look::{Look, look};
use super::pick::{self, Choice, PickRow, Show, each_once, named, read_list, read_tag};
use super::queue::{JobCard, PrinterCard, job_card, printer_card};
use super::{aside, only_changers, paper};

/// Unfinished jobs shown whole.
const JOBS_WHOLE: usize = 4;
/// Finished jobs in the list below.
const JOBS_LISTED: usize = 6;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/staff/labels", get(open).post(act))
}

/// What somebody did on the page so far.
#[derive(Debug, Default)]
struct Typed {
    query: String,
    show: Show,
    picks: Vec<Tag>,
    list: String,
    chosen: Chosen,
    problems: Vec<Wrong>,
    /// What came of the last press, for a screen reader too.
    said: String,
}

impl Typed {
    fn of(form: &Form) -> Self {
        Self {
            query: form.text("q").trim().chars().take(200).collect(),
            show: Show::read(form.text("show")),
            picks: each_once(form.all("tag").filter_map(read_tag)),
            list: form.text("list").to_owned(),
            chosen: Chosen::of(form),
            problems: Vec::new(),
            said: String::new(),
        }
    }

    fn wrong(&mut self, at: &str, words: String) {
        self.problems.push(Wrong { at: at.to_owned(), words });
    }

    /// Takes up what was scanned into the field, pasted, or ticked as all.
    fn gather(&mut self, state: &AppState, all: bool) -> Result<(), Problem> {
        let printed = state.printing.printed().map_err(|e| Problem::internal(&e))?;
        let facility = state.store.facility();
        if let Some(tag) = read_tag(&self.query) {
            match pick::known(&facility, &[tag]).0.first() {
                Some(&tag) => {
                    let name = facility.equipment.get(&tag).map(|item| item.name.clone()).unwrap_or_default();
                    let already = self.picks.contains(&tag);
                    self.said = format!("{} {name}", if already { "Picked already:" } else { "Picked:" });
                    self.picks.insert(0, tag);
                }
                None => {
                    let words = format!("No equipment in use has the tag {}", tag.grouped());
                    self.wrong("q", words);
                }
            }
            self.query.clear();
        }
        let pasted = read_list(&self.list);
        let (found, unknown) = pick::known(&facility, &pasted.tags);
        let lost: Vec<String> = pasted.bad.into_iter().chain(unknown).collect();
        if lost.is_empty() {
            if !found.is_empty() {
                self.said = format!("{} picked from the list", plural(found.len(), "item", "items"));
            }
            self.list.clear();
        } else {
            self.wrong("list", format!("Not a tag of equipment in use: {}", named(&lost)));
        }
        self.picks.extend(found);
        if all {
            let snapshot = Snapshot::of(state, &facility);
            let asked = pick::Asked { query: &self.query, show: &self.show, picks: &[] };
            self.picks.extend(pick::list(&facility, &snapshot.local, &printed, &asked).shown);
        }
        let picks = each_once(self.picks.drain(..));
        self.picks = pick::known(&facility, &picks).0;
        Ok(())
    }
}

#[derive(Template)]
#[template(path = "station.html")]
struct StationPage {
    frame: Frame,
    problems: Vec<Wrong>,
    said: String,
    may_change: bool,
    form_token: String,
    submission: String,
    query: String,
    list: String,
    shows: Vec<Choice>,
    rows: Vec<PickRow>,
    shown: usize,
    more: usize,
    counted: String,
    printers: Vec<Choice>,
    templates: Vec<Choice>,
    chosen: Chosen,
    asks: bool,
    print_words: String,
    look: Option<Look>,
    jobs: Vec<JobCard>,
    older: Vec<labels::JobLine>,
    cards: Vec<PrinterCard>,
}

#[derive(Debug, Default, Deserialize)]
struct Opened {
    #[serde(default)]
    q: String,
    #[serde(default)]
    show: String,
    #[serde(default)]
    tag: String,
}

async fn open(
    State(state): State<AppState>,
    signed: Signed,
    Asked(opened): Asked<Opened>,
) -> Result<Response, Problem> {
    let mut typed = Typed {
        query: opened.q.trim().chars().take(200).collect(),
        show: Show::read(&opened.show),
        picks: read_tag(&opened.tag).into_iter().collect(),
        chosen: Chosen { copies: "1".into(), ..Chosen::default() },
        ..Typed::default()
    };
    aside(&state, move |state| {
        typed.gather(state, false)?;
        answer(state, &signed, typed)
    })
    .await
}

async fn act(State(state): State<AppState>, signed: Signed, request: Request) -> Result<Response, Problem> {
    only_changers(&signed)?;
    let (form, _) = signed.list_form(request).await?;
    let mut typed = Typed::of(&form);
    let (what, all) = (form.text("do").to_owned(), form.has("all"));
    let typed = aside(&state, move |state| {
        typed.gather(state, all)?;
        Ok(typed)
    })
    .await?;
    match what.as_str() {
        "print" if typed.problems.is_empty() => print(&state, signed, typed).await,
        "sheet" => paper::open(&state, &signed, &typed.picks, typed.chosen),
        _ => aside(&state, move |state| answer(state, &signed, typed)).await,
    }
}

async fn print(state: &AppState, signed: Signed, mut typed: Typed) -> Result<Response, Problem> {
    let refused = match typed.chosen.ask() {
        _ if typed.picks.is_empty() => Wrong { at: "picks".into(), words: "Pick at least one item".into() },
        Err(wrong) => wrong,
        Ok(ask) => match labels::submit(state, Ask { tags: typed.picks.clone(), ..ask }).await {
            Ok(job) => return Ok(see_other(&format!("/staff/labels/{}", job.summary.id))),
            Err(problem) => choices::wrong(problem, "picks")?,
        },
    };
    typed.problems.push(refused);
    aside(state, move |state| answer(state, &signed, typed)).await
}

/// The page as it stands after what was done on it.
fn answer(state: &AppState, signed: &Signed, typed: Typed) -> Result<Response, Problem> {
    let internal = |e: crate::print::LedgerError| Problem::internal(&e);
    let printed = state.printing.printed().map_err(internal)?;
    let views = state.printing.printers();
    let (snapshot, list, shows) = {
        let facility = state.store.facility();
        let snapshot = Snapshot::of(state, &facility);
        let asked = pick::Asked { query: &typed.query, show: &typed.show, picks: &typed.picks };
        let list = pick::list(&facility, &snapshot.local, &printed, &asked);
        (snapshot, list, pick::shows(&facility, &typed.show))
    };
    let local = &snapshot.local;
    let first = list.rows.first().map(|row| row.tag);
    let look = match first {
        Some(tag) if !views.is_empty() => Some(look(state, &typed.chosen, tag)?),
        _ => None,
    };
    let newest = state.printing.jobs().map_err(internal)?;
    let mut jobs = Vec::new();
    for open in state.printing.unfinished().map_err(internal)?.iter().take(JOBS_WHOLE) {
        let job = state.printing.job(open.id).map_err(internal)?;
        jobs.extend(job.map(|job| job_card(&job, &views, local)));
    }
    let older = newest.iter().filter(|job| !jobs.iter().any(|card| card.id == job.id)).take(JOBS_LISTED);
    let picked = list.rows.iter().filter(|row| row.picked).count();
    let copies: usize = typed.chosen.copies.parse().unwrap_or(1);
    let status = if typed.problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let title = if typed.problems.is_empty() { "Labels" } else { "Error: Labels" };
    let frame = Frame::staff(state, &snapshot, title, signed, Place::Labels);
    let template = StationPage {
        frame: frame.with_script(state).live_prints(state, &snapshot),
        problems: typed.problems,
        said: typed.said,
        may_change: signed.may_change(),
        form_token: signed.form_token(),
        submission: choices::submission(state),
        query: typed.query,
        list: typed.list,
        shows,
        shown: list.shown.len(),
        more: list.more,
        counted: format!(
            "{} of {} shown, {} picked",
            count(list.shown.len() as u64),
            count(list.all as u64),
            count(picked as u64)
        ),
        rows: list.rows,
        printers: choices::printers(&views, &typed.chosen.printer),
        templates: choices::of_items(&state.printing, &typed.chosen.template),
        asks: !typed.chosen.until.is_empty() || !typed.chosen.reason.is_empty() || typed.chosen.numbers,
        print_words: match picked {
            0 => "Print the picked labels".to_owned(),
            picked => format!("Print {}", plural(picked * copies.max(1), "label", "labels")),
        },
        chosen: typed.chosen,
        look,
        older: older.map(|job| labels::line(job, local)).collect(),
        jobs,
        cards: views.iter().map(|printer| printer_card(printer, &newest, local)).collect(),
    };
    page_with(status, &template)
}
