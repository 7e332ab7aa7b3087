//! The preview: the very dots that a printer would get, read back and checked, or why there are none.

use std::fmt::Write as _;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::header::CONTENT_TYPE;
use record::tag::Tag;
use serde::Deserialize;

use crate::printing::{LabelRequest, PreviewRequest, PrintRefusal};
use crate::web::access::staff_session::Signed;
use crate::web::context::{AppState, aside};
use crate::web::http_error::Problem;
use crate::web::layout::{Frame, Place, page};
use crate::web::pages::labels::choices::Chosen;
use crate::web::pages::labels::pick::read_tag;
use crate::web::request::query::Asked;
use crate::web::view_models::jobs::segment;
use crate::web::view_models::label_fields::Ask;
use crate::web::view_models::labels::sentence;
use crate::web::view_models::snapshot::Snapshot;
use crate::web::view_models::{label_fields, labels};

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/staff/labels/preview", get(look_page))
        .route("/staff/labels/preview.png", get(picture))
}

#[derive(Debug, Default, Deserialize)]
struct Wanted {
    #[serde(default)]
    tag: String,
    #[serde(default)]
    printer: String,
    #[serde(default)]
    template: String,
    #[serde(default)]
    until: String,
    #[serde(default)]
    reason: String,
    numbers: Option<String>,
}

impl Wanted {
    fn chosen(&self) -> Chosen {
        Chosen {
            printer: self.printer.clone(),
            template: self.template.clone(),
            numbers: self.numbers.is_some(),
            until: self.until.clone(),
            reason: self.reason.clone(),
            ..Chosen::default()
        }
    }

    fn tag(&self) -> Result<Tag, Problem> {
        read_tag(&self.tag).ok_or_else(Problem::not_found)
    }
}

/// A label as the page shows it.
#[derive(Debug, Default)]
pub(crate) struct Look {
    /// Of the picture; empty where there is none.
    pub(crate) src: String,
    pub(crate) alt: String,
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// `2.4 × 1.2 in, 203 dpi`
    pub(crate) words: String,
    /// `Infusion pump 14`
    pub(crate) opens: String,
    pub(crate) notes: Vec<String>,
    /// Why it cannot be printed.
    pub(crate) refused: String,
    pub(crate) offers_number: bool,
}

/// Makes the label of an item and says what came of it.
pub(crate) fn look(state: &AppState, chosen: &Chosen, tag: Tag) -> Result<Look, Problem> {
    let once = Chosen { copies: "1".to_owned(), ..chosen.clone() };
    let ask = match once.ask() {
        Ok(ask) => Ask { tags: vec![tag], ..ask },
        Err(wrong) => return Ok(Look { refused: wrong.words, ..Look::default() }),
    };
    let labels = match label_fields::requests(state, &ask) {
        Ok(labels) => labels,
        Err(problem) if problem.cause().is_some() => return Err(problem),
        Err(problem) => {
            let words = format!("{}. {}", problem.title.trim_end_matches('.'), problem.next);
            return Ok(Look { refused: words, ..Look::default() });
        }
    };
    let Some(label) = labels.into_iter().next() else { return Ok(Look::default()) };
    let alt = alt(&label);
    let opens = label.name.clone();
    let Ask { printer, template, names, .. } = ask;
    let request = PreviewRequest { printer, template, names, label, at: (1, 1) };
    match state.printing.preview(&request) {
        Ok(preview) => {
            let (width, height) = (preview.dots.width(), preview.dots.height());
            let mm = |dots: u32| preview.dpi.mm(dots);
            let words =
                format!("{:.1} × {:.1} mm, {} dots per inch", mm(width), mm(height), preview.dpi.get());
            let notes = preview.notes.iter().map(|note| sentence(note)).collect();
            let src = format!("/staff/labels/preview.png?{}", address(chosen, tag));
            Ok(Look { src, alt, width, height, words, opens, notes, ..Look::default() })
        }
        Err(PrintRefusal::Ledger(error)) => Err(Problem::internal(&error)),
        Err(refusal) => Ok(Look {
            refused: sentence(&refusal.to_string()),
            offers_number: refusal.offers_asset_number(),
            ..Look::default()
        }),
    }
}

fn alt(label: &LabelRequest) -> String {
    let tag = label.tag.map(|tag| format!("tag {}", tag.grouped())).unwrap_or_default();
    let parts = [label.name.as_str(), &label.location, &label.asset_number, &tag];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    format!("Label: {}", parts.join(", "))
}

/// What is asked of the picture.
fn address(chosen: &Chosen, tag: Tag) -> String {
    let mut query = format!("tag={tag}");
    let given = [
        ("printer", &chosen.printer),
        ("template", &chosen.template),
        ("until", &chosen.until),
        ("reason", &chosen.reason),
    ];
    for (name, value) in given.into_iter().filter(|(_, value)| !value.is_empty()) {
        // Writing to a string does not fail.
        let _ = write!(query, "&{name}={}", segment(value));
    }
    if chosen.numbers {
        query.push_str("&numbers=1");
    }
    query
}

async fn picture(
    State(state): State<AppState>,
    _: Signed,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Problem> {
    let tag = wanted.tag()?;
    let once = Chosen { copies: "1".to_owned(), ..wanted.chosen() };
    let ask = once.ask().map_err(|_| Problem::not_found())?;
    let png = labels::preview(&state, Ask { tags: vec![tag], ..ask }).await?;
    Ok(([(CONTENT_TYPE, "image/png")], png).into_response())
}

#[derive(Template)]
#[template(path = "look.html")]
struct LookPage {
    frame: Frame,
    look: Look,
}

/// The preview alone: what the station fetches for the row in focus.
async fn look_page(
    State(state): State<AppState>,
    signed: Signed,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Problem> {
    let tag = wanted.tag()?;
    let look = aside(&state, move |state| look(state, &wanted.chosen(), tag)).await?;
    let snapshot = Snapshot::now(&state);
    page(&LookPage { frame: Frame::staff(&state, &snapshot, "Preview", &signed, Place::Labels), look })
}
