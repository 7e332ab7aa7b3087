//! Label sheets for an office printer, as PDF: the same labels that the box prints, made from what its log says.

use ::web::answer::{FileDownload, FormRecall, FormReply, OneOf, Page, media};
use ::web::argument::{LenientQuery, Path};
use ::web::error::HttpError;
use askama::Template;
use axum::extract::State;
use labels::pdf::PdfError;
use labels::sheet::{FirstLabel, LabelSheet, NUDGE_MM_MAX, PrintOffset, SHEETS, SheetError};
use labels::text::Typesetter;
use labels::wording::word_label_error;
use labels::{Dpi, LabelError, layout, pdf};
use labels::{Field, Fields};
use record::fold::{Equipment, ServiceState};
use record::ids::FacilityId;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::accounts::AccountUser;
use crate::web::WebContext;
use crate::web::access::{MemberCaller, PrintLabels};
use crate::web::http_error::{internal_error, not_found};
use crate::web::layout::PageLayout;
use crate::web::pages::facilities::equipment_list::matches_query;
use crate::web::pages::facilities::facility::{ITEMS_MAX, facility_layout, read_equipment};
use crate::web::pages::forms::single_form::SignInProblem;
use crate::web::view_models::facility_state::{FacilityOverview, find_overview, load_settings};
use crate::web::view_models::formats::LocalTime;
use crate::web::view_models::label_faults::{word_pdf_error, word_sheet_error};
use crate::web::words::{SheetsWords, open_words};

/// Labels of one file: more than a hospital sticks in a day, and few enough that the page waits for them.
const LABELS_MAX: usize = 3_000;
/// Files that are drawn at a time; whoever comes later waits.
pub(crate) const AT_A_TIME: usize = 1;
/// What labels are laid out for: finer than an office printer's toner.
pub(crate) const DPI: u16 = 600;

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
        Self {
            sheet: "5160".to_owned(),
            start: "1".to_owned(),
            x: "0".to_owned(),
            y: "0".to_owned(),
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
#[template(path = "facilities/sheets.html")]
struct SheetsPage {
    shell: PageLayout,
    w: SheetsWords,
    facility: String,
    facility_href: String,
    problem: Option<SignInProblem>,
    ready: bool,
    sheets: Vec<Choice>,
    requested: SheetParams,
    count: usize,
    nudge_mm_max: String,
}

#[derive(Debug, thiserror::Error)]
#[error("{self:?}")]
enum SheetRefusal {
    NoHost,
    NothingFound,
    TooMany {
        count: usize,
    },
    StartForm,
    Millimetres(&'static str),
    NoLabel,
    #[error(transparent)]
    Sheet(SheetError),
    Label {
        item: String,
        why: LabelError,
    },
    #[error(transparent)]
    Pdf(PdfError),
}

impl SheetRefusal {
    fn field(&self) -> &'static str {
        match self {
            Self::NoHost | Self::NoLabel | Self::Sheet(_) => "sheet",
            Self::NothingFound | Self::TooMany { .. } => "q",
            Self::StartForm | Self::Pdf(_) => "start",
            Self::Millimetres(field) => field,
            Self::Label { .. } => "numbers",
        }
    }

    /// What it is, and what to do; `None` where this program is at fault.
    fn text(&self, w: SheetsWords) -> Option<String> {
        Some(match self {
            Self::NoHost => w.sheet_no_host(),
            Self::NothingFound => w.sheet_nothing_found(),
            Self::TooMany { count } => w.sheet_too_many(*count, LABELS_MAX),
            Self::StartForm => w.sheet_start_form(),
            Self::Millimetres(_) => w.sheet_millimetres(),
            Self::NoLabel => w.sheet_no_label(),
            Self::Sheet(error) => word_sheet_error(w, error),
            Self::Label { item, why } => w.sheet_item(item, word_label_error(open_words(), why)),
            Self::Pdf(error) => return word_pdf_error(w, error),
        })
    }
}

/// The facility, its labels' address, and the items that are meant.
struct SheetSelection {
    site: FacilityOverview,
    host: String,
    items: Vec<Equipment>,
}

pub(crate) async fn show(
    visitor: MemberCaller<PrintLabels>,
    State(web): State<WebContext>,
    Path(facility): Path<FacilityId>,
    LenientQuery(requested): LenientQuery<SheetParams>,
) -> Result<Page, HttpError> {
    let expected = load_selection(&visitor, &web, facility, &requested).await?;
    draw_form(&visitor, &web, &expected, requested, None)
}

pub(crate) async fn download_pdf(
    visitor: MemberCaller<PrintLabels>,
    State(web): State<WebContext>,
    Path(facility): Path<FacilityId>,
    LenientQuery(requested): LenientQuery<SheetParams>,
) -> Result<OneOf<FileDownload<media::Pdf>, FormReply>, HttpError> {
    let expected = load_selection(&visitor, &web, facility, &requested).await?;
    let order = requested.clone();
    let _turn = web.drawing.acquire().await.map_err(internal_error)?;
    let typesetter = Typesetter::new().map_err(internal_error)?;
    let made = tokio::task::spawn_blocking(move || {
        let pdf = make_sheet(&expected, &order, &typesetter);
        (expected, pdf)
    });
    match made.await.map_err(internal_error)? {
        (_, Ok(pdf)) => FileDownload::new("cleantrack-labels.pdf", pdf).map(OneOf::First),
        (expected, Err(refusal)) => {
            let page = draw_form(&visitor, &web, &expected, requested, Some(refusal))?;
            Ok(OneOf::Second(FormReply::Again(FormRecall::Invalid, page)))
        }
    }
}

async fn load_selection(
    visitor: &AccountUser,
    web: &WebContext,
    facility: FacilityId,
    requested: &SheetParams,
) -> Result<SheetSelection, HttpError> {
    let mut conn = web.db.read(visitor.reads).await?;
    let site = find_overview(&mut conn, facility, web.now_ms()).await?.ok_or_else(not_found)?;
    let host = load_settings(&mut conn, facility).await?.label_host;
    let mut items = Vec::new();
    for row in crate::db::projection::dashboard::load_items(&mut conn, facility, "", ITEMS_MAX).await? {
        let item = read_equipment(&row)?;
        if item.service != ServiceState::Retired && matches_query(&item, requested.q.trim()) {
            items.push(item);
        }
    }
    items.sort_by(|a, b| {
        (&a.facts.location, &a.facts.name, a.tag).cmp(&(&b.facts.location, &b.facts.name, b.tag))
    });
    Ok(SheetSelection { site, host, items })
}

fn make_sheet(
    expected: &SheetSelection,
    requested: &SheetParams,
    typesetter: &Typesetter,
) -> Result<Vec<u8>, SheetRefusal> {
    if expected.host.is_empty() {
        return Err(SheetRefusal::NoHost);
    }
    match expected.items.len() {
        0 => return Err(SheetRefusal::NothingFound),
        count if count > LABELS_MAX => return Err(SheetRefusal::TooMany { count }),
        _ => {}
    }
    let sheet = LabelSheet::named(&requested.sheet).map_err(SheetRefusal::Sheet)?;
    let start: u32 = requested.start.trim().parse().map_err(|_| SheetRefusal::StartForm)?;
    let nudge = PrintOffset {
        x_mm: parse_millimetres("x", &requested.x)?,
        y_mm: parse_millimetres("y", &requested.y)?,
    };
    let template = sheet.template().ok_or(SheetRefusal::NoLabel)?;
    let dpi = Dpi::new(DPI).unwrap_or(Dpi::D203);
    let mut drawings = Vec::with_capacity(expected.items.len());
    for item in &expected.items {
        let fields = label_fields(item, &expected.host);
        let fields = if requested.numbers == "yes" { fields.without_name() } else { Ok(fields) };
        let drawn = fields.and_then(|fields| layout::lay_out_label(typesetter, template, &fields, None, dpi));
        drawings.push(drawn.map_err(|why| SheetRefusal::Label { item: item.facts.name.clone(), why })?);
    }
    pdf::write_sheets(sheet, FirstLabel::at(start), nudge, drawings.into_iter()).map_err(SheetRefusal::Pdf)
}

fn parse_millimetres(field: &'static str, text: &str) -> Result<f64, SheetRefusal> {
    text.trim().replace(',', ".").parse().map_err(|_| SheetRefusal::Millimetres(field))
}

pub(crate) fn label_fields(item: &Equipment, host: &str) -> Fields {
    Fields::new()
        .with(Field::Url, format!("{host}/{}", item.tag))
        .with(Field::Tag, item.tag.to_string())
        .with(Field::Name, &item.facts.name)
        .with(Field::AssetNumber, &item.facts.asset_number)
        .with(Field::Location, &item.facts.location)
}

fn draw_form(
    visitor: &AccountUser,
    web: &WebContext,
    expected: &SheetSelection,
    requested: SheetParams,
    refused: Option<SheetRefusal>,
) -> Result<Page, HttpError> {
    let SheetSelection { site, host, items } = expected;
    let wall = LocalTime::new(web.now_ms(), &site.zone);
    let w: SheetsWords = wall.words();
    let problem = match refused {
        None => None,
        Some(refusal) => match (refusal.text(w), refusal) {
            (Some(words), refusal) => Some(SignInProblem { field: refusal.field(), words }),
            (None, refusal) => return Err(internal_error(refusal)),
        },
    };
    let chosen = LabelSheet::named(&requested.sheet).map(|s| s.name).unwrap_or(SHEETS[0].name);
    let view = SheetsPage {
        shell: PageLayout { title: w.sheets_title_of(&site.name), ..facility_layout(visitor, site, &wall) }
            .with_problem(problem.is_some()),
        w,
        facility: site.name.clone(),
        facility_href: format!("/app/f/{}", site.id),
        problem,
        ready: !host.is_empty(),
        sheets: SHEETS
            .iter()
            .map(|s: &LabelSheet| {
                let (width, height) = s.label_mm;
                let (width, height) = (format!("{width:.1}"), format!("{height:.1}"));
                let words = w.sheets_choice(s.count(), height, s.name, width);
                Choice { name: s.name, words, chosen: s.name == chosen }
            })
            .collect(),
        count: items.len(),
        requested,
        nudge_mm_max: NUDGE_MM_MAX.to_string(),
    };
    Page::draw(&view)
}
