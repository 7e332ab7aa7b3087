//! The preview: exactly the bitmap that a printer would get, decoded and checked, or why there is none.

use std::fmt::Write as _;

use askama::Template;
use axum::extract::State;
use record::tag::Tag;
use schemars::JsonSchema;
use serde::Deserialize;
use web::answer::{MediaBytes, Page, media};
use web::argument::LenientQuery;
use web::error::HttpError;

use crate::printing::{LabelRequest, PreviewRequest, PrintRefusal};
use crate::web::access::permissions::View;
use crate::web::access::staff::StaffCaller;
use crate::web::context::{AppState, run_blocking};
use crate::web::http_error::not_found;
use crate::web::layout::{NavSection, PageLayout, draw_page};
use crate::web::pages::labels::choices::{PrintChoices, StationWords};
use crate::web::pages::labels::pick::read_tag;
use crate::web::view_models::page::path_segment::path_segment;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::printing::label_fields::LabelOrder;
use crate::web::view_models::printing::print_papers::millimetres_text;
use crate::web::view_models::printing::print_refusals::word_print_refusal;
use crate::web::view_models::printing::printer_causes::{as_sentence, word_note};
use crate::web::view_models::printing::{label_fields, labels};
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
    fn chosen(&self) -> PrintChoices {
        PrintChoices {
            printer: self.printer.clone(),
            template: self.template.clone(),
            numbers: self.numbers.is_some(),
            until: self.until.clone(),
            reason: self.reason.clone(),
            ..PrintChoices::default()
        }
    }

    fn tag(&self) -> Result<Tag, HttpError> {
        read_tag(&self.tag).ok_or_else(not_found)
    }
}

#[derive(Debug, Default)]
pub(crate) struct LabelPreview {
    pub(crate) src: String,
    pub(crate) alt: String,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) caption: String,
    pub(crate) notes: Vec<String>,
    pub(crate) refused: String,
    pub(crate) offers_number: bool,
}

pub(crate) fn preview_label(
    words: StationWords,
    state: &AppState,
    chosen: &PrintChoices,
    tag: Tag,
) -> Result<LabelPreview, HttpError> {
    let (w, p) = (words.labels, words.printing);
    let once = PrintChoices { copies: "1".to_owned(), ..chosen.clone() };
    let ask = match once.ask(w) {
        Ok(ask) => LabelOrder { tags: vec![tag], ..ask },
        Err(wrong) => return Ok(LabelPreview { refused: wrong.words, ..LabelPreview::default() }),
    };
    let labels = match label_fields::label_requests(state, &ask) {
        Ok(labels) => labels,
        Err(error) if error.cause.is_some() => return Err(error),
        Err(error) => {
            let [title, next] = [&error.title, &error.next].map(|text| text.in_locale(words.locale()));
            let refused = format!("{}. {next}", title.trim_end_matches('.'));
            return Ok(LabelPreview { refused, ..LabelPreview::default() });
        }
    };
    let Some(label) = labels.into_iter().next() else { return Ok(LabelPreview::default()) };
    let alt = alt_text(w, &label);
    let opens = label.name.clone();
    let LabelOrder { printer, template, names, .. } = ask;
    let request = PreviewRequest { printer, template, names, label, at: (1, 1) };
    match state.printing.preview(&request) {
        Ok(preview) => {
            let (width, height) = (preview.dots.width(), preview.dots.height());
            let [wide, tall] = [width, height].map(|dots| millimetres_text(preview.dpi.mm(dots)));
            let caption = w.preview_caption(preview.dpi.get(), tall, opens, wide);
            let notes = preview.notes.iter().map(|note| as_sentence(&word_note(p, note))).collect();
            let src = format!("/staff/labels/preview.png?{}", preview_address(chosen, tag));
            Ok(LabelPreview { src, alt, width, height, caption, notes, ..LabelPreview::default() })
        }
        Err(refusal @ (PrintRefusal::Ledger(_) | PrintRefusal::Fonts(_))) => {
            Err(labels::refusal_error(refusal))
        }
        Err(refusal) => Ok(LabelPreview {
            refused: as_sentence(&word_print_refusal(p, &refusal)),
            offers_number: refusal.offers_asset_number(),
            ..LabelPreview::default()
        }),
    }
}

fn alt_text(w: LabelsWords, label: &LabelRequest) -> String {
    let tag = label.tag.map(|tag| w.preview_tag(tag.grouped())).unwrap_or_default();
    let parts = [label.name.as_str(), &label.location, &label.asset_number, &tag];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    w.preview_picture(parts.join(", "))
}

fn preview_address(chosen: &PrintChoices, tag: Tag) -> String {
    let mut query = format!("tag={tag}");
    let provided = [
        ("printer", &chosen.printer),
        ("template", &chosen.template),
        ("until", &chosen.until),
        ("reason", &chosen.reason),
    ];
    for (name, value) in provided.into_iter().filter(|(_, value)| !value.is_empty()) {
        // Writing to a string does not fail.
        let _ = write!(query, "&{name}={}", path_segment(value));
    }
    if chosen.numbers {
        query.push_str("&numbers=1");
    }
    query
}

pub(crate) async fn show_picture(
    signed: StaffCaller<View>,
    State(state): State<AppState>,
    LenientQuery(params): LenientQuery<PreviewParams>,
) -> Result<MediaBytes<media::Png>, HttpError> {
    let tag = params.tag()?;
    let once = PrintChoices { copies: "1".to_owned(), ..params.chosen() };
    let ask = once.ask(signed.words()).map_err(|_| not_found())?;
    labels::preview_job(&state, LabelOrder { tags: vec![tag], ..ask }).await.map(MediaBytes::new)
}

#[derive(Template)]
#[template(path = "printing/look.html")]
struct LookPage {
    frame: PageLayout,
    w: LabelsWords,
    look: LabelPreview,
}

pub(crate) async fn show(
    signed: StaffCaller<View>,
    State(state): State<AppState>,
    LenientQuery(params): LenientQuery<PreviewParams>,
) -> Result<Page, HttpError> {
    let tag = params.tag()?;
    let words = StationWords::of_staff(&signed);
    let look = run_blocking(&state, move |state| preview_label(words, state, &params.chosen(), tag)).await?;
    let snapshot = Snapshot::now(&state);
    let w = words.labels;
    let frame = PageLayout::staff(&state, &snapshot, w.preview_title(), &signed, NavSection::Labels);
    let page = LookPage { frame, w, look };
    draw_page(&page.frame, &page)
}
