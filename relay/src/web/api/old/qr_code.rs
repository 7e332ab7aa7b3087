//! `POST /api/equipment/{id}/generate-qr/`: the code that is on an item's label.

use ::web::answer::Json;
use ::web::argument::Path;
use ::web::error::HttpError;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use labels::code::{Barcode, encode_qr};
use labels::layout::lay_out_label;
use labels::pdf::write_labels;
use labels::template::builtin_templates;
use labels::text::Typesetter;
use labels::{Bitmap, Dpi};
use record::fold::Equipment;
use schemars::JsonSchema;
use serde::Serialize;

use crate::web::WebContext;
use crate::web::access::TokenProgram;
use crate::web::api::old::equipment::find_item;
use crate::web::http_error::{internal_error, not_found};
use crate::web::pages::facilities::facility::read_equipment;
use crate::web::pages::facilities::label_sheets::{DPI, label_fields};
use crate::web::program_errors::FacilityRefusal;
use crate::web::view_models::facility_state::load_settings;

/// A code of 25 modules with its white edge is 264 dots wide: sharp on a screen, and small in an answer.
const MODULE_DOTS: u32 = 8;

/// The code of a label.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "OldQrCode")]
pub(crate) struct LabelQrCode {
    /// The item's tag: this relay makes no tokens for a page of the box.
    token: String,
    /// What a phone opens that reads the code.
    url: String,
    /// Null: a tag is for good.
    expires_at: Option<String>,
    /// A PNG as `data:` URL.
    qr_code: String,
    /// The same as an SVG document.
    svg: String,
    /// The whole label as a `data:` URL of a PDF with one page of its size; null where the item's words do not fit on it.
    pdf: Option<String>,
}

pub(crate) async fn make_code(
    program: TokenProgram,
    State(web): State<WebContext>,
    Path(id): Path<String>,
) -> Result<Json<LabelQrCode>, HttpError> {
    let mut conn = web.db.read(program.reads).await?;
    let row = find_item(&mut conn, &id).await?;
    let facility = row.facility.parse().map_err(|_| not_found())?;
    let host = load_settings(&mut conn, facility).await?.label_host;
    if host.is_empty() {
        return Err(FacilityRefusal::NoLabelHost.into());
    }
    let url = format!("{host}/{}", row.tag);
    let code = encode_qr(&url).map_err(internal_error)?;
    let item = read_equipment(&row)?;
    drop(conn);
    let _turn = web.drawing.acquire().await.map_err(internal_error)?;
    let drawn =
        tokio::task::spawn_blocking(move || draw_pdf(&item, &host)).await.map_err(internal_error)??;
    let pdf = drawn.map(|pdf| format!("data:application/pdf;base64,{}", STANDARD.encode(pdf)));
    let qr_code = format!("data:image/png;base64,{}", STANDARD.encode(draw_png(&code)?));
    Ok(Json(LabelQrCode { token: row.tag, url, expires_at: None, qr_code, svg: draw_svg(&code), pdf }))
}

fn draw_png(code: &Barcode) -> Result<Vec<u8>, HttpError> {
    let edge = code.kind().quiet();
    let mut picture =
        Bitmap::white((code.width() + 2 * edge) * MODULE_DOTS, (code.height() + 2 * edge) * MODULE_DOTS);
    code.draw(&mut picture, edge * MODULE_DOTS, edge * MODULE_DOTS, MODULE_DOTS);
    picture.to_png_1bit(Dpi::D203).map_err(internal_error)
}

/// The label that boxes print where nobody chose another one; without the name where that is too long.
fn draw_pdf(item: &Equipment, host: &str) -> Result<Option<Vec<u8>>, HttpError> {
    let template = builtin_templates().first().ok_or_else(not_found)?;
    let typesetter = Typesetter::new().map_err(internal_error)?;
    let fields = label_fields(item, host);
    let dpi = Dpi::new(DPI).unwrap_or(Dpi::D203);
    let drawn = lay_out_label(&typesetter, template, &fields, None, dpi)
        .or_else(|_| lay_out_label(&typesetter, template, &fields.without_name()?, None, dpi));
    drawn.ok().map(|label| write_labels(&[label]).map_err(internal_error)).transpose()
}

fn draw_svg(code: &Barcode) -> String {
    let edge = code.kind().quiet();
    let (width, height) = (code.width() + 2 * edge, code.height() + 2 * edge);
    let runs = code.runs().map(|(x, y, length)| format!("M{} {}h{length}v1h-{length}z", x + edge, y + edge));
    let path: String = runs.collect();
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0 0h{width}v{height}H0z\"/><path d=\"{path}\"/></svg>"
    )
}
