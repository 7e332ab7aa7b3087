//! Printers for staff: how each is, looking for one, setting one up, its test label, and how that is read.

use std::time::Duration;

use askama::Template;
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use axum::routing::{get, post};
use http::StatusCode;
use record::kinds::Role;

use crate::printing::discovery::{Doors, Found, Target};
use crate::printing::{DeviceTree, PDF, PrinterRefusal, PrinterView, discovery};
use crate::web::access::staff_session::{Signed, only_changers};
use crate::web::answer::see_other;
use crate::web::context::{AppState, aside};
use crate::web::http_error::Problem;
use crate::web::layout::{Frame, Place, page, page_with};
use crate::web::pages::printers::setup::{Start, Typed};
use crate::web::request::choice::Choice;
use crate::web::request::field_error::Wrong;
use crate::web::request::query::Asked;
use crate::web::view_models::discovery::{LISTEN, LOOKS, busy};
use crate::web::view_models::jobs::{PrinterCard, printer_card, segment};
use crate::web::view_models::labels;
use crate::web::view_models::labels::sentence;
use crate::web::view_models::printers::printer_refused;
use crate::web::view_models::snapshot::Snapshot;

/// How long the page of one printer waits for its answer.
const LOOK: Duration = Duration::from_millis(800);

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/staff/printers", get(list).post(add))
        .route("/staff/printers/look", post(look))
        .route("/staff/printers/new", get(ask))
        .route("/staff/printers/{name}", get(one).post(change))
        .route("/staff/printers/{name}/test", post(test))
        .route("/staff/printers/{name}/remove", post(remove))
}

/// A printer that could be set up.
struct FoundLine {
    name: String,
    why: String,
    seen: &'static str,
    /// The form, filled in.
    to: Option<String>,
}

#[derive(Template)]
#[template(path = "printers.html")]
struct ListPage {
    frame: Frame,
    problems: Vec<Wrong>,
    cards: Vec<PrinterCard>,
    found: Vec<FoundLine>,
    looked: bool,
    trouble: String,
    host: String,
    warning: &'static str,
    form_token: String,
    may_change: bool,
}

/// What was found, and how.
#[derive(Default)]
struct Looked {
    found: Vec<Found>,
    asked: bool,
    trouble: String,
    host: String,
    problems: Vec<Wrong>,
}

async fn list(State(state): State<AppState>, signed: Signed) -> Result<Response, Problem> {
    list_page(&state, &signed, Looked::default()).await
}

/// The list; what is plugged in by USB is on it without being asked for.
async fn list_page(state: &AppState, signed: &Signed, looked: Looked) -> Result<Response, Problem> {
    let (views, jobs, plugged) = aside(state, |state| {
        let jobs = state.printing.jobs().map_err(|e| Problem::internal(&e))?;
        Ok((state.printing.look(LOOK), jobs, discovery::usb(&DeviceTree::default())))
    })
    .await?;
    let snapshot = Snapshot::now(state);
    let known = |found: &Found| views.iter().any(|view| found.address.as_ref() == Some(&view.address));
    let all = plugged.into_iter().chain(looked.found).filter(|found| !known(found));
    let frame = Frame::staff(state, &snapshot, "Printers", signed, Place::Labels).with_script();
    let status = if looked.problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let template = ListPage {
        frame: if looked.asked { frame } else { frame.live_prints(&snapshot) },
        problems: looked.problems,
        warning: views.iter().find_map(|view| view.media.warning).unwrap_or_default(),
        cards: views.iter().map(|view| printer_card(view, &jobs, &snapshot.local)).collect(),
        found: all.map(found_line).collect(),
        looked: looked.asked,
        trouble: looked.trouble,
        host: looked.host,
        form_token: signed.form_token(),
        may_change: signed.may_change(),
    };
    page_with(status, &template)
}

fn found_line(found: Found) -> FoundLine {
    let to = found.address.as_ref().map(|address| {
        let mut to =
            format!("/staff/printers/new?name={}&address={}", segment(&found.name), segment(address));
        let dpi = found.dpi.map(|dpi| dpi.to_string());
        let given = [
            ("language", found.language),
            ("dpi", dpi.as_deref()),
            ("media", found.media.as_deref()),
            ("why", Some(found.why.as_str())),
        ];
        for (name, value) in given {
            let value = value.map(|value| format!("&{name}={}", segment(value)));
            to.push_str(&value.unwrap_or_default());
        }
        to
    });
    let seen = match found.seen {
        "usb" => "USB",
        "network" => "announces itself",
        _ => "answered",
    };
    FoundLine { name: found.name, why: sentence(&found.why), seen, to }
}

/// Listens on the network, or knocks at a host that a person named.
async fn look(State(state): State<AppState>, signed: Signed, request: Request) -> Result<Response, Problem> {
    only_changers(&signed)?;
    let form = signed.form(request).await?;
    let host = form.text("host").trim().to_owned();
    let _look = LOOKS.try_acquire().map_err(|_| busy())?;
    let mut looked = Looked { asked: true, host: host.clone(), ..Looked::default() };
    let wrong = |words: String| vec![Wrong { at: "host".into(), words }];
    let heard = if host.is_empty() {
        discovery::announced(LISTEN).await
    } else {
        match host.parse::<Target>() {
            Ok(target) => discovery::probe(&target, Doors::default()).await,
            Err(error) => {
                looked.problems = wrong(sentence(&error.to_string()));
                Ok(Vec::new())
            }
        }
    };
    match heard {
        Ok(found) => looked.found = found,
        Err(error) if host.is_empty() => {
            looked.trouble = sentence(&format!("the network could not be listened to: {error}"));
        }
        Err(error) => looked.problems = wrong(sentence(&format!("the host cannot be found: {error}"))),
    }
    list_page(&state, &signed, looked).await
}

#[derive(Template)]
#[template(path = "printer_new.html")]
struct NewPage {
    frame: Frame,
    problems: Vec<Wrong>,
    form_token: String,
    typed: Typed,
    /// Empty: which language is asked first.
    language: &'static str,
    /// Sheets through a print queue: there is less to ask.
    office: bool,
    languages: Vec<Choice>,
    dpis: Vec<Choice>,
    medias: Vec<Choice>,
    why: String,
}

async fn ask(
    State(state): State<AppState>,
    signed: Signed,
    Asked(start): Asked<Start>,
) -> Result<Response, Problem> {
    only_changers(&signed)?;
    let why = start.why.clone();
    new_page(&state, &signed, Typed::started(start), why, Vec::new())
}

fn new_page(
    state: &AppState,
    signed: &Signed,
    typed: Typed,
    why: String,
    problems: Vec<Wrong>,
) -> Result<Response, Problem> {
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let snapshot = Snapshot::now(state);
    let template = NewPage {
        frame: Frame::staff(state, &snapshot, "Add a printer", signed, Place::Labels).with_script(),
        problems,
        form_token: signed.form_token(),
        language: crate::web::pages::printers::setup::printers(&typed.language),
        office: typed.language == PDF,
        languages: crate::web::pages::printers::setup::languages(&typed),
        dpis: crate::web::pages::printers::setup::dpis(&typed),
        medias: crate::web::pages::printers::setup::medias(&typed),
        typed,
        why,
    };
    page_with(status, &template)
}

async fn add(State(state): State<AppState>, signed: Signed, request: Request) -> Result<Response, Problem> {
    only_changers(&signed)?;
    let form = signed.form(request).await?;
    let typed = Typed::of(&form);
    let refused = match typed.settings(None) {
        Err(wrong) => wrong,
        Ok(settings) => match aside(&state, move |state| Ok(state.printing.add(&settings))).await? {
            Ok(printer) => return Ok(see_other(&format!("/staff/printers/{}", segment(&printer.name)))),
            Err(refusal) => wrong(&refusal)?,
        },
    };
    new_page(&state, &signed, typed, String::new(), vec![refused])
}

/// A refusal beside its field; the box's own fault stays a page of its own.
fn wrong(refusal: &PrinterRefusal) -> Result<Wrong, Problem> {
    match (refusal, refusal.field()) {
        (PrinterRefusal::Unknown(_) | PrinterRefusal::Fixed(_), _) => Err(printer_refused(refusal)),
        (_, Some(field)) => {
            let at = if field.ends_with("_mm") { "media" } else { field };
            Ok(Wrong { at: at.to_owned(), words: sentence(&refusal.to_string()) })
        }
        (PrinterRefusal::TooMany, None) => {
            Ok(Wrong { at: "name".to_owned(), words: sentence(&refusal.to_string()) })
        }
        _ => Err(printer_refused(refusal)),
    }
}

#[derive(Template)]
#[template(path = "printer.html")]
struct OnePage {
    frame: Frame,
    problems: Vec<Wrong>,
    card: PrinterCard,
    printer: PrinterView,
    typed: Typed,
    office: bool,
    dpis: Vec<Choice>,
    medias: Vec<Choice>,
    to: String,
    form_token: String,
    may_change: bool,
    admin: bool,
}

async fn one(
    State(state): State<AppState>,
    signed: Signed,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let printer = find(&state, &name).await?;
    let typed = Typed::present(&printer);
    one_page(&state, &signed, printer, typed, Vec::new())
}

async fn find(state: &AppState, name: &str) -> Result<PrinterView, Problem> {
    let printers = aside(state, |state| Ok(state.printing.look(LOOK))).await?;
    let found = printers.into_iter().find(|printer| printer.name == name);
    found.ok_or_else(|| printer_refused(&PrinterRefusal::Unknown(name.chars().take(60).collect())))
}

fn one_page(
    state: &AppState,
    signed: &Signed,
    printer: PrinterView,
    typed: Typed,
    problems: Vec<Wrong>,
) -> Result<Response, Problem> {
    let snapshot = Snapshot::now(state);
    let jobs = state.printing.jobs().map_err(|e| Problem::internal(&e))?;
    let card = printer_card(&printer, &jobs, &snapshot.local);
    let frame = Frame::staff(state, &snapshot, printer.name.clone(), signed, Place::Labels).with_script();
    let template = OnePage {
        frame: frame.live_prints(&snapshot),
        to: card.to.clone(),
        card,
        office: typed.language == PDF,
        dpis: crate::web::pages::printers::setup::dpis(&typed),
        medias: crate::web::pages::printers::setup::medias(&typed),
        typed,
        printer,
        form_token: signed.form_token(),
        may_change: signed.may_change(),
        admin: signed.role == Role::FacilityAdmin,
        problems,
    };
    if template.problems.is_empty() {
        page(&template)
    } else {
        page_with(StatusCode::UNPROCESSABLE_ENTITY, &template)
    }
}

async fn change(
    State(state): State<AppState>,
    signed: Signed,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    only_changers(&signed)?;
    let form = signed.form(request).await?;
    let printer = find(&state, &name).await?;
    let typed =
        Typed { name: printer.name.clone(), language: printer.language.to_owned(), ..Typed::of(&form) };
    let refused = match typed.settings(Some(&printer)) {
        Err(wrong) => wrong,
        Ok(settings) => {
            let changed = aside(&state, move |state| Ok(state.printing.change(&name, &settings))).await?;
            match changed {
                Ok(printer) => return Ok(see_other(&format!("/staff/printers/{}", segment(&printer.name)))),
                Err(refusal) => wrong(&refusal)?,
            }
        }
    };
    one_page(&state, &signed, printer, typed, vec![refused])
}

async fn test(
    State(state): State<AppState>,
    signed: Signed,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    only_changers(&signed)?;
    signed.form(request).await?;
    let printer = find(&state, &name).await?;
    let job = labels::test(&state, printer.name, None).await?;
    Ok(see_other(&format!("/staff/labels/{}", job.summary.id)))
}

async fn remove(
    State(state): State<AppState>,
    signed: Signed,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    only_changers(&signed)?;
    signed.form(request).await?;
    let removed = aside(&state, move |state| Ok(state.printing.remove(&name))).await?;
    removed.map_err(|refusal| printer_refused(&refusal))?;
    Ok(see_other("/staff/printers"))
}
