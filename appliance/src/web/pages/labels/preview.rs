//! The preview: the very dots that a printer would get, read back and checked, or why there are none.

use std::fmt::Write as _;

use askama::Template;
use axum::extract::State;
use record::tag::Tag;
use schemars::JsonSchema;
use serde::Deserialize;
use web::answer::{MediaBytes, Page, media};
use web::argument::Lenient;
use web::error::HttpError;

use crate::printing::{LabelRequest, PreviewRequest, PrintRefusal};
use crate::web::access::permissions::View;
use crate::web::access::staff::Staff;
use crate::web::context::{AppState, aside};
use crate::web::http_error::not_found;
use crate::web::layout::{Frame, Place, draw_page};
use crate::web::pages::labels::choices::{Chosen, StationWords};
use crate::web::pages::labels::pick::read_tag;
use crate::web::view_models::jobs::segment;
use crate::web::view_models::label_fields::LabelOrder;
use crate::web::view_models::print_papers::millimetres;
use crate::web::view_models::print_refusals::word_print_refusal;
use crate::web::view_models::printer_causes::{sentence, word_note};
use crate::web::view_models::snapshot::Snapshot;
use crate::web::view_models::{label_fields, labels};
use crate::web::words::LabelsWords;

#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct PreviewParams {
    /// Whose label.
    #[serde(default)]
    tag: String,
    /// For this printer; the first where it is empty.
    #[serde(default)]
    printer: String,
    /// With this template; the usual one where it is empty.
    #[serde(default)]
    template: String,
    /// A field of some templates.
    #[serde(default)]
    until: String,
    /// A field of some templates.
    #[serde(default)]
    reason: String,
    /// Anything: asset numbers stand for names that cannot be printed.
    numbers: Option<String>,
}

impl PreviewParams {
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

    fn tag(&self) -> Result<Tag, HttpError> {
        read_tag(&self.tag).ok_or_else(not_found)
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
    /// How large it is, and what its code opens.
    pub(crate) caption: String,
    pub(crate) notes: Vec<String>,
    /// Why it cannot be printed.
    pub(crate) refused: String,
    pub(crate) offers_number: bool,
}

/// Makes the label of an item and says what came of it.
pub(crate) fn look(
    words: StationWords,
    state: &AppState,
    chosen: &Chosen,
    tag: Tag,
) -> Result<Look, HttpError> {
    let (w, p) = (words.labels, words.printing);
    let once = Chosen { copies: "1".to_owned(), ..chosen.clone() };
    let ask = match once.ask(w) {
        Ok(ask) => LabelOrder { tags: vec![tag], ..ask },
        Err(wrong) => return Ok(Look { refused: wrong.words, ..Look::default() }),
    };
    let labels = match label_fields::requests(state, &ask) {
        Ok(labels) => labels,
        Err(error) if error.cause.is_some() => return Err(error),
        Err(error) => {
            let [title, next] = [&error.title, &error.next].map(|text| text.in_locale(words.locale()));
            let refused = format!("{}. {next}", title.trim_end_matches('.'));
            return Ok(Look { refused, ..Look::default() });
        }
    };
    let Some(label) = labels.into_iter().next() else { return Ok(Look::default()) };
    let alt = alt(w, &label);
    let opens = label.name.clone();
    let LabelOrder { printer, template, names, .. } = ask;
    let request = PreviewRequest { printer, template, names, label, at: (1, 1) };
    match state.printing.preview(&request) {
        Ok(preview) => {
            let (width, height) = (preview.dots.width(), preview.dots.height());
            let mm = |dots: u32| millimetres(preview.dpi.mm(dots));
            let caption = w.preview_caption(preview.dpi.get(), mm(height), opens, mm(width));
            let notes = preview.notes.iter().map(|note| sentence(&word_note(p, note))).collect();
            let src = format!("/staff/labels/preview.png?{}", address(chosen, tag));
            Ok(Look { src, alt, width, height, caption, notes, ..Look::default() })
        }
        Err(refusal @ (PrintRefusal::Ledger(_) | PrintRefusal::Fonts(_))) => Err(labels::refused(refusal)),
        Err(refusal) => Ok(Look {
            refused: sentence(&word_print_refusal(p, &refusal)),
            offers_number: refusal.offers_asset_number(),
            ..Look::default()
        }),
    }
}

fn alt(w: LabelsWords, label: &LabelRequest) -> String {
    let tag = label.tag.map(|tag| w.preview_tag(tag.grouped())).unwrap_or_default();
    let parts = [label.name.as_str(), &label.location, &label.asset_number, &tag];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    w.preview_picture(parts.join(", "))
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

pub(crate) async fn show_picture(
    signed: Staff<View>,
    State(state): State<AppState>,
    Lenient(params): Lenient<PreviewParams>,
) -> Result<MediaBytes<media::Png>, HttpError> {
    let tag = params.tag()?;
    let once = Chosen { copies: "1".to_owned(), ..params.chosen() };
    let ask = once.ask(signed.words()).map_err(|_| not_found())?;
    labels::preview(&state, LabelOrder { tags: vec![tag], ..ask }).await.map(MediaBytes::new)
}

#[derive(Template)]
#[template(path = "look.html")]
struct LookPage {
    frame: Frame,
    w: LabelsWords,
    look: Look,
}

/// The preview alone: what the station fetches for the row in focus.
pub(crate) async fn show(
    signed: Staff<View>,
    State(state): State<AppState>,
    Lenient(params): Lenient<PreviewParams>,
) -> Result<Page, HttpError> {
    let tag = params.tag()?;
    let words = StationWords::of_staff(&signed);
    let look = aside(&state, move |state| look(words, state, &params.chosen(), tag)).await?;
    let snapshot = Snapshot::now(&state);
    let w = words.labels;
    let frame = Frame::staff(&state, &snapshot, w.preview_title(), &signed, Place::Labels);
    let page = LookPage { frame, w, look };
    draw_page(&page.frame, &page)
}
