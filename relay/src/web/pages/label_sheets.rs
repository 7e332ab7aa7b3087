//! Label sheets for an office printer, as PDF: the same labels that the box prints, made from what its log says.

use ::web::answer::{Download, FormRecall, FormReply, OneOf, Page, media};
use ::web::argument::{Lenient, Path};
use ::web::error::HttpError;
use askama::Template;
use axum::extract::State;
use labels::fields::{Field, Fields};
use labels::sheet::{NUDGE_MM_MAX, Nudge, SHEETS, Sheet, Start};
use labels::text::Typesetter;
use labels::{Dpi, layout, pdf};
use record::fold::{Equipment, Service, Settings};
use record::ids::FacilityId;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::accounts::Visitor;
use crate::web::Web;
use crate::web::access::{Member, Read};
use crate::web::http_error::{internal, not_found};
use crate::web::layout::Shell;
use crate::web::pages::equipment_list::fits;
use crate::web::pages::facility::{ITEMS_MAX, equipment, shell};
use crate::web::pages::sign_in::Problem;
use crate::web::view_models::facility_state::{Site, sites};
use crate::web::view_models::formats;
use crate::web::view_models::formats::Wall;

/// Labels of one file: more than a hospital sticks in a day, and few enough that the page waits for them.
const LABELS_MAX: usize = 3_000;
/// Files that are drawn at a time; whoever comes later waits.
pub(crate) const AT_A_TIME: usize = 1;
/// What labels are laid out for: finer than an office printer's toner.
const DPI: u16 = 600;

/// What the address carries.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct SheetParams {
    /// The sheet's name, such as `5160`.
    sheet: String,
    /// The first label that is still on it, from 1.
    start: String,
    /// How far all labels are moved to the right, in millimetres.
    x: String,
    /// How far they are moved down, in millimetres.
    y: String,
    /// A part of a name, a place or a number: only these items.
    q: String,
    /// Print the asset number where the name would stand.
    numbers: String,
}

impl Default for SheetParams {
    fn default() -> Self {
        let text = |s: &str| s.to_owned();
        Self {
            sheet: text("5160"),
            start: text("1"),
            x: text("0"),
            y: text("0"),
            q: String::new(),
            numbers: String::new(),
        }
    }
}

struct Choice {
    name: &'static str,
    words: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "sheets.html")]
struct SheetsPage {
    shell: Shell,
    facility: String,
    facility_href: String,
    problem: Option<Problem>,
    ready: bool,
    sheets: Vec<Choice>,
    asked: SheetParams,
    count: String,
    nudge_mm_max: f64,
}

/// Why there is no sheet: the field that it is about, and what to do.
struct Refusal {
    field: &'static str,
    words: String,
}

fn refusal(field: &'static str, words: impl Into<String>) -> Refusal {
    Refusal { field, words: words.into() }
}

/// The facility, its labels' address, and the items that are meant.
struct Wanted {
    site: Site,
    host: String,
    items: Vec<Equipment>,
}

/// `GET /app/f/{facility}/labels`.
pub(crate) async fn show(
    visitor: Member<Read>,
    State(web): State<Web>,
    Path(facility): Path<FacilityId>,
    Lenient(asked): Lenient<SheetParams>,
) -> Result<Page, HttpError> {
    let wanted = wanted(&visitor, &web, facility, &asked).await?;
    draw_form(&visitor, &web, &wanted, asked, None)
}

/// `GET /app/f/{facility}/labels.pdf`.
pub(crate) async fn download_pdf(
    visitor: Member<Read>,
    State(web): State<Web>,
    Path(facility): Path<FacilityId>,
    Lenient(asked): Lenient<SheetParams>,
) -> Result<OneOf<Download<media::Pdf>, FormReply>, HttpError> {
    let wanted = wanted(&visitor, &web, facility, &asked).await?;
    let order = asked.clone();
    let _turn = web.drawing.acquire().await.map_err(internal)?;
    let made = tokio::task::spawn_blocking(move || {
        let pdf = make(&wanted, &order);
        (wanted, pdf)
    });
    match made.await.map_err(internal)? {
        (_, Ok(pdf)) => Download::new("cleantrack-labels.pdf", pdf).map(OneOf::First),
        (wanted, Err(refusal)) => {
            let page = draw_form(&visitor, &web, &wanted, asked, Some(refusal))?;
            Ok(OneOf::Second(FormReply::Again(FormRecall::Invalid, page)))
        }
    }
}

async fn wanted(
    visitor: &Visitor,
    web: &Web,
    facility: FacilityId,
    asked: &SheetParams,
) -> Result<Wanted, HttpError> {
    let mut conn = web.db.read().await?;
    let sites = sites(&mut conn, visitor.scope, web.now_ms()).await?;
    let site = sites.into_iter().find(|s| s.id == facility).ok_or_else(not_found)?;
    let settings = crate::db::dashboard::settings(&mut conn, visitor.scope).await?;
    let id = facility.to_string();
    let settings = settings.into_iter().find(|(of, _)| *of == id).map(|(_, body)| body);
    let host = match settings {
        Some(body) => serde_json::from_str::<Settings>(&body).map_err(internal)?.label_host,
        None => String::new(),
    };
    let mut items = Vec::new();
    for row in crate::db::dashboard::items(&mut conn, visitor.scope, facility, "", ITEMS_MAX).await? {
        let item = equipment(&row)?;
        if item.service != Service::Retired && fits(&item, asked.q.trim()) {
            items.push(item);
        }
    }
    items.sort_by(|a, b| (&a.location, &a.name, a.tag).cmp(&(&b.location, &b.name, b.tag)));
    Ok(Wanted { site, host, items })
}

fn make(wanted: &Wanted, asked: &SheetParams) -> Result<Vec<u8>, Refusal> {
    if wanted.host.is_empty() {
        return Err(refusal("sheet", NO_HOST));
    }
    if wanted.items.is_empty() {
        return Err(refusal(
            "q",
            "No equipment fits this search. Search for something else, or leave it empty for all.",
        ));
    }
    if wanted.items.len() > LABELS_MAX {
        let words = format!(
            "{} labels are more than one file takes. Search for a ward or a name: at most {LABELS_MAX} at a time.",
            wanted.items.len()
        );
        return Err(refusal("q", words));
    }
    let sheet = Sheet::named(&asked.sheet).map_err(|e| refusal("sheet", sentence(&e.to_string())))?;
    let start: u32 = asked.start.trim().parse().map_err(|_| {
        refusal("start", "Type the number of the first label that is still on the sheet, such as 1.")
    })?;
    let mm = |field, text: &str| {
        text.trim()
            .replace(',', ".")
            .parse::<f64>()
            .map_err(|_| refusal(field, "Type millimetres, such as 0.5 or -1."))
    };
    let nudge = Nudge { x_mm: mm("x", &asked.x)?, y_mm: mm("y", &asked.y)? };
    let template = sheet.template().ok_or_else(|| refusal("sheet", "No label of ours fits this sheet."))?;
    let typesetter = Typesetter::new().map_err(|e| refusal("sheet", sentence(&e.to_string())))?;
    let dpi = Dpi::new(DPI).unwrap_or(Dpi::D203);
    let mut drawings = Vec::with_capacity(wanted.items.len());
    for item in &wanted.items {
        let fields = fields(item, &wanted.host);
        let fields = if asked.numbers == "yes" { fields.without_name() } else { Ok(fields) };
        let drawn = fields.and_then(|fields| layout::draw(&typesetter, template, &fields, None, dpi));
        drawings
            .push(drawn.map_err(|e| refusal("numbers", format!("{}: {e}. No label was made.", item.name)))?);
    }
    pdf::sheets(sheet, Start::at(start), nudge, drawings.into_iter())
        .map_err(|e| refusal("start", sentence(&e.to_string())))
}

fn fields(item: &Equipment, host: &str) -> Fields {
    Fields::new()
        .with(Field::Url, format!("{host}/{}", item.tag))
        .with(Field::Tag, item.tag.to_string())
        .with(Field::Name, &item.name)
        .with(Field::AssetNumber, &item.asset_number)
        .with(Field::Location, &item.location)
}

const NO_HOST: &str = "No label host is chosen at the facility yet, so a code would open nothing. A facility admin chooses it at the box, once, before the first label.";

fn sentence(words: &str) -> String {
    let mut chars = words.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str().trim_end_matches('.'))
}

fn draw_form(
    visitor: &Visitor,
    web: &Web,
    wanted: &Wanted,
    asked: SheetParams,
    refused: Option<Refusal>,
) -> Result<Page, HttpError> {
    let Wanted { site, host, items } = wanted;
    let wall = Wall::new(web.now_ms(), &site.zone);
    let error = if refused.is_some() { "Error: " } else { "" };
    let chosen = Sheet::named(&asked.sheet).map(|s| s.name).unwrap_or(SHEETS[0].name);
    let choice = |s: &Sheet| {
        let (width, height) = s.label_mm;
        let words = format!("{}: {} labels of {width:.1} × {height:.1} mm", s.name, s.count());
        Choice { name: s.name, words, chosen: s.name == chosen }
    };
    let view = SheetsPage {
        shell: Shell {
            title: format!("{error}Label sheets – {}", site.name), ..shell(visitor, site, &wall)
        },
        facility: site.name.clone(),
        facility_href: format!("/app/f/{}", site.id),
        problem: refused.map(|r| Problem { field: r.field, words: r.words }),
        ready: !host.is_empty(),
        sheets: SHEETS.iter().map(choice).collect(),
        count: formats::counted(u64::try_from(items.len()).unwrap_or(u64::MAX), "label"),
        asked,
        nudge_mm_max: NUDGE_MM_MAX,
    };
    Page::draw(&view)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_begin_and_end_as_sentences() {
        assert_eq!(sentence("no sheet is called that"), "No sheet is called that.");
        assert_eq!(sentence(""), ".");
    }
}
