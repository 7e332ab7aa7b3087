//! Templates and logo: what every label of the box looks like, and the facility's own in the place of or beside it.

use ::labels::{Dpi, Typesetter};
use askama::Template;
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde::Deserialize;

use crate::printing::{DesignRefusal, LOGO_BYTES_MAX, TEMPLATE_BYTES_MAX, TemplateView};
use crate::web::access::staff_session::{Signed, only_changers};
use crate::web::answer::see_other;
use crate::web::context::{AppState, aside};
use crate::web::http_error::Problem;
use crate::web::layout::{Frame, Place, page_with};
use crate::web::request::field_error::Wrong;
use crate::web::request::query::Asked;
use crate::web::view_models::labels::sentence;
use crate::web::view_models::snapshot::Snapshot;
use crate::web::view_models::templates;
use crate::web::view_models::templates::refused;

const LIST: &str = "/staff/labels/templates";
/// What most label printers have, and enough to see all of a label on a page.
const DPI: Dpi = Dpi::D203;
/// To begin with, when nobody begins with a template that is there.
const BEGIN_WITH: &str = "equipment";

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route(LIST, get(list))
        .route("/staff/labels/templates/edit", get(edit).post(save))
        .route("/staff/labels/templates/remove", post(remove))
        .route("/staff/labels/templates/logo", get(logo).post(logo_save))
        .route("/staff/labels/templates/{name}/picture.png", get(picture))
}

/// A template as the page shows it.
#[derive(Debug)]
struct Shown {
    view: TemplateView,
    /// Dots of its picture.
    width: u32,
    height: u32,
    /// Why there is none.
    refused: String,
    notes: Vec<String>,
}

impl Shown {
    fn of(state: &AppState, t: &Typesetter, host: &str, view: TemplateView) -> Self {
        let mut shown = Self { width: 0, height: 0, refused: String::new(), notes: Vec::new(), view };
        match state.printing.sample(t, &shown.view.name, host, DPI) {
            Some(Ok(drawing)) => {
                (shown.width, shown.height) = (drawing.width, drawing.height);
                shown.notes = drawing.warnings.iter().map(|w| sentence(&w.to_string())).collect();
            }
            Some(Err(error)) => shown.refused = sentence(&error.to_string()),
            None => {}
        }
        shown
    }
}

/// The logo as the page shows it.
#[derive(Debug)]
struct LogoShown {
    width: u32,
    height: u32,
    /// So that a browser does not show the one before.
    version: u64,
}

#[derive(Template)]
#[template(path = "designs.html")]
struct ListPage {
    frame: Frame,
    problems: Vec<Wrong>,
    form_token: String,
    own: Vec<Shown>,
    built_in: Vec<Shown>,
    logo: Option<LogoShown>,
    logo_shown_on: String,
}

async fn list(State(state): State<AppState>, signed: Signed) -> Result<Response, Problem> {
    only_changers(&signed)?;
    aside(&state, move |state| list_page(state, &signed, Vec::new())).await
}

fn list_page(state: &AppState, signed: &Signed, problems: Vec<Wrong>) -> Result<Response, Problem> {
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let title = if problems.is_empty() { "Label templates" } else { "Error: Label templates" };
    let t = Typesetter::new().map_err(|e| Problem::internal(&e))?;
    let host = state.store.snapshot().settings.label_host.clone();
    let templates = state.printing.templates();
    let on: Vec<&str> = templates.iter().filter(|t| t.logo).map(|t| t.title.as_str()).collect();
    let logo_shown_on = on.join("; ");
    let shown = templates.into_iter().map(|view| Shown::of(state, &t, &host, view));
    let (own, built_in) = shown.partition(|shown| shown.view.own);
    let snapshot = Snapshot::now(state);
    let logo = state.printing.logo().map(|logo| LogoShown {
        width: logo.size.0,
        height: logo.size.1,
        version: logo.version,
    });
    let page = ListPage {
        frame: Frame::staff(state, &snapshot, title, signed, Place::Labels),
        problems,
        form_token: signed.form_token(),
        own,
        built_in,
        logo,
        logo_shown_on,
    };
    page_with(status, &page)
}

/// The very dots of a template's label with words such as a label has.
async fn picture(
    State(state): State<AppState>,
    _: Signed,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let png = aside(&state, move |state| {
        let mut t = Typesetter::new().map_err(|e| Problem::internal(&e))?;
        let host = state.store.snapshot().settings.label_host.clone();
        let drawn = state.printing.sample(&t, &name, &host, DPI).and_then(Result::ok);
        let drawing = drawn.ok_or_else(Problem::not_found)?;
        drawing.bitmap(&mut t).to_png_1bit(DPI).map_err(|e| Problem::internal(&e))
    })
    .await?;
    Ok(([(CONTENT_TYPE, "image/png")], png).into_response())
}

#[derive(Debug, Default, Deserialize)]
struct From {
    #[serde(default)]
    from: String,
}

#[derive(Template)]
#[template(path = "design.html")]
struct EditPage {
    frame: Frame,
    problems: Vec<Wrong>,
    form_token: String,
    /// The own template that is changed; empty: a new one.
    name: String,
    text: String,
    fields: Vec<&'static str>,
}

async fn edit(
    State(state): State<AppState>,
    signed: Signed,
    Asked(From { from }): Asked<From>,
) -> Result<Response, Problem> {
    only_changers(&signed)?;
    let from = if from.is_empty() { BEGIN_WITH } else { &from };
    let file = state.printing.template_file(from).ok_or_else(Problem::not_found)?;
    let own = state.printing.templates().iter().any(|t| t.own && t.name == from);
    let (name, text) =
        if own { (from.to_owned(), file.to_string()) } else { (String::new(), renamed(&file, from)) };
    edit_page(&state, &signed, name, text, Vec::new())
}

/// A built-in template's file under a name that can be taken.
fn renamed(file: &str, name: &str) -> String {
    file.replacen(&format!("name = \"{name}\""), &format!("name = \"{name}-own\""), 1)
}

fn edit_page(
    state: &AppState,
    signed: &Signed,
    name: String,
    text: String,
    problems: Vec<Wrong>,
) -> Result<Response, Problem> {
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let title = if name.is_empty() { "New template".to_owned() } else { format!("Change {name}") };
    let title = if problems.is_empty() { title } else { format!("Error: {title}") };
    let snapshot = Snapshot::now(state);
    let page = EditPage {
        frame: Frame::staff(state, &snapshot, title, signed, Place::Labels),
        problems,
        form_token: signed.form_token(),
        name,
        text,
        fields: ::labels::Field::ALL.iter().map(|field| field.name()).collect(),
    };
    page_with(status, &page)
}

/// Words about a refusal beside its field; what is the box's own fault stays a page of its own.
fn wrong(at: &str, refusal: &DesignRefusal) -> Result<Vec<Wrong>, Problem> {
    match refusal {
        DesignRefusal::Ledger(_) => Err(refused(refusal)),
        _ => Ok(vec![Wrong { at: at.to_owned(), words: sentence(&refusal.to_string()) }]),
    }
}

async fn save(State(state): State<AppState>, signed: Signed, request: Request) -> Result<Response, Problem> {
    only_changers(&signed)?;
    let (form, file) = signed.list_form(request).await?;
    let name = form.text("was").chars().take(60).collect::<String>();
    let typed = match file {
        Some(file) if !file.is_empty() => file,
        // Browsers send text with the line ends of the wire.
        _ => form.text("text").replace("\r\n", "\n").into_bytes(),
    };
    aside(&state, move |state| match state.printing.keep_template(None, &typed) {
        Ok((view, _)) => Ok(see_other(&format!("{LIST}#t-{}", view.name))),
        Err(refusal) => {
            let wrong = wrong("text", &refusal)?;
            let shown = &typed[..typed.len().min(TEMPLATE_BYTES_MAX)];
            edit_page(state, &signed, name, String::from_utf8_lossy(shown).into_owned(), wrong)
        }
    })
    .await
}

async fn remove(
    State(state): State<AppState>,
    signed: Signed,
    request: Request,
) -> Result<Response, Problem> {
    only_changers(&signed)?;
    let form = signed.form(request).await?;
    let name = form.text("name").to_owned();
    aside(&state, move |state| match state.printing.remove_template(&name) {
        // Removed by a second press, too.
        Ok(()) | Err(DesignRefusal::Unknown(_)) => Ok(see_other(LIST)),
        Err(refusal) => Err(refused(&refusal)),
    })
    .await
}

async fn logo(State(state): State<AppState>, signed: Signed) -> Result<Response, Problem> {
    only_changers(&signed)?;
    state.printing.logo().as_ref().map(templates::picture).ok_or_else(Problem::not_found)
}

async fn logo_save(
    State(state): State<AppState>,
    signed: Signed,
    request: Request,
) -> Result<Response, Problem> {
    only_changers(&signed)?;
    let read = signed.list_form(request).await;
    aside(&state, move |state| {
        let kept = match read {
            // A file that is far too large is not read to its end.
            Err(problem) if problem.status == StatusCode::PAYLOAD_TOO_LARGE => {
                let words =
                    format!("The logo’s file has more than 1 MB ({LOGO_BYTES_MAX} bytes). Save it smaller");
                return list_page(state, &signed, vec![Wrong { at: "file".into(), words }]);
            }
            Err(problem) => return Err(problem),
            Ok((form, _)) if form.text("do") == "remove" => state.printing.remove_logo(),
            Ok((_, None)) => {
                let words = "Choose a PNG or JPEG file".to_owned();
                return list_page(state, &signed, vec![Wrong { at: "file".into(), words }]);
            }
            Ok((_, Some(file))) => state.printing.keep_logo(&file).map(drop),
        };
        match kept {
            Ok(()) | Err(DesignRefusal::NoLogo) => Ok(see_other(&format!("{LIST}#logo"))),
            Err(refusal) => list_page(state, &signed, wrong("file", &refusal)?),
        }
    })
    .await
}
