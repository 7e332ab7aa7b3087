//! Labels as PDF, one a page or on sheets: codes as filled shapes, words as words, and the same bytes for the same labels.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;

use flate2::{Compression, write::ZlibEncoder};
use lopdf::{Dictionary, Document, Object, Stream, dictionary};
use printpdf::{
    CurTransMat, DictItem, ExternalStream, ExternalXObject, FontId, Op, ParsedFont, PdfDocument, PdfFont,
    PdfFontHandle, PdfPage, PdfParseErrorSeverity, PdfSaveOptions, Pt, TextItem, TextMatrix, XObject,
    XObjectId,
};

use crate::raster::bitmap::{Bitmap, DOTS_MAX};
use crate::raster::code::Barcode;
use crate::raster::drawing::{DrawElement, Drawing};
use crate::raster::font::{Face, FontError};
use crate::raster::text::FontWeight;
use crate::sheet::{FirstLabel, LabelSheet, PrintOffset, SheetError};

/// Labels of one file: ten times the longest batch, and few enough to be made in memory on a small box.
pub const LABELS_MAX: usize = 10_000;
/// Bytes of drawing and logos before compression: many times what [`LABELS_MAX`] ordinary labels take.
const BYTES_MAX: usize = 128 << 20;
const PT_PER_MM: f64 = 72.0 / 25.4;
/// The best level takes three times as long and saves 2 %.
const LEVEL: Compression = Compression::new(6);

/// Why labels do not become a PDF.
#[derive(Debug, thiserror::Error)]
#[error("{self:?}")]
pub enum PdfError {
    /// There was none.
    Nothing,
    /// More than [`LABELS_MAX`].
    TooMany,
    /// Together too large.
    TooMuch,
    /// A label of no size, or a huge one.
    Size {
        /// Dots across.
        width: u32,
        /// Dots down.
        height: u32,
    },
    /// A character without a picture.
    MissingGlyph(char),
    /// They do not go onto that sheet.
    #[error(transparent)]
    Sheet(#[from] SheetError),
    /// The program's own font is damaged.
    #[error(transparent)]
    Font(#[from] FontError),
    /// The program's own font cannot be cut down to the letters that are used.
    Subset(#[from] subsetter::Error),
    /// What was made is no PDF.
    Write(String),
}

/// One label a page; each page is exactly as large as its label.
///
/// # Errors
/// When there are no labels, too many or too large ones, or one that cannot be drawn.
pub fn write_labels(drawings: &[Drawing]) -> Result<Vec<u8>, PdfError> {
    let mut file = File::new()?;
    for drawing in drawings {
        let (width_mm, height_mm) = size_mm(drawing)?;
        file.page(width_mm, height_mm);
        file.label(drawing, 0.0, height_mm)?;
    }
    file.finish("")
}

/// Labels on sheets, the first one at `start`, all moved by `nudge`; each in the middle of its place.
///
/// # Errors
/// As [`write_labels`], and when the labels do not fit the sheet or start and nudge are not on it.
pub fn write_sheets(
    sheet: &LabelSheet,
    start: FirstLabel,
    nudge: PrintOffset,
    drawings: impl Iterator<Item = Drawing>,
) -> Result<Vec<u8>, PdfError> {
    let places = sheet.places(start, nudge)?;
    let mut file = File::new()?;
    for (index, drawing) in drawings.enumerate() {
        let place = places.at(index, size_mm(&drawing)?)?;
        while file.pages.len() <= place.page {
            file.page(sheet.page_mm.0, sheet.page_mm.1);
        }
        file.label(&drawing, place.x_mm, sheet.page_mm.1 - place.y_mm)?;
    }
    file.finish(&format!(" on {}", sheet.name))
}

fn size_mm(drawing: &Drawing) -> Result<(f64, f64), PdfError> {
    let (width, height) = (drawing.width, drawing.height);
    if [width, height].iter().any(|dots| !(1..=DOTS_MAX).contains(dots)) {
        return Err(PdfError::Size { width, height });
    }
    Ok((drawing.dpi.mm(width), drawing.dpi.mm(height)))
}

fn to_points(mm: f64) -> f32 {
    (mm * PT_PER_MM) as f32
}

/// The code's dark runs (column, row, modules, rows), equal ones below each other as one.
fn code_blocks(code: &Barcode) -> Vec<(u32, u32, u32, u32)> {
    let mut blocks = Vec::new();
    let mut above: BTreeMap<(u32, u32), usize> = BTreeMap::new();
    let (mut reached, mut at) = (BTreeMap::new(), 0);
    for (column, row, modules) in code.runs() {
        if row != at {
            above = if row == at + 1 { std::mem::take(&mut reached) } else { BTreeMap::new() };
            reached.clear();
            at = row;
        }
        let block = above.get(&(column, modules)).copied().unwrap_or(blocks.len());
        match blocks.get_mut(block) {
            Some((_, _, _, rows)) => *rows += 1,
            None => blocks.push((column, row, modules, 1)),
        }
        reached.insert((column, modules), block);
    }
    blocks
}

/// A face, and which of its letters the file needs.
struct Letters {
    face: Face,
    /// The font's name in the file; its six letters mark a subset.
    name: &'static str,
    id: &'static str,
    used: BTreeSet<char>,
}

impl Letters {
    fn new(face: Face, name: &'static str, id: &'static str) -> Self {
        Self { face, name, id, used: BTreeSet::new() }
    }

    /// With every space as the plain one; notes the letters.
    fn note(&mut self, text: &str) -> Result<String, PdfError> {
        let plain: String = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
        for c in plain.chars() {
            if !self.used.contains(&c) {
                self.face.glyph_id(c).ok_or(PdfError::MissingGlyph(c))?;
                self.used.insert(c);
            }
        }
        Ok(plain)
    }

    fn subset(&self) -> Result<PdfFont, PdfError> {
        let mut remapper = subsetter::GlyphRemapper::new();
        let mut ids = Vec::new();
        for &c in &self.used {
            let id = self.face.glyph_id(c).and_then(|id| u16::try_from(id.to_u32()).ok());
            ids.push((u32::from(c), remapper.remap(id.ok_or(PdfError::MissingGlyph(c))?)));
        }
        let bytes = subsetter::subset(self.face.bytes(), 0, &remapper)?;
        let mut font = ParsedFont::from_bytes(&bytes, 0, &mut Vec::new())
            .ok_or_else(|| PdfError::Write(format!("{} does not open", self.name)))?;
        for (codepoint, id) in ids {
            font.set_codepoint_mapping(codepoint, id);
        }
        font.font_name = Some(self.name.to_owned());
        Ok(PdfFont::new(font))
    }
}

struct File {
    bold: Letters,
    regular: Letters,
    pages: Vec<PdfPage>,
    labels: usize,
    bytes: usize,
    pictures: BTreeMap<(u32, u32, Vec<u8>), String>,
    raw: String,
    white: bool,
}

impl File {
    fn new() -> Result<Self, PdfError> {
        Ok(Self {
            bold: Letters::new(Face::bold()?, "LABELS+NotoSans-Bold", "B"),
            regular: Letters::new(Face::regular()?, "LABELS+NotoSans-Regular", "R"),
            pages: Vec::new(),
            labels: 0,
            bytes: 0,
            pictures: BTreeMap::new(),
            raw: String::new(),
            white: false,
        })
    }

    fn page(&mut self, width_mm: f64, height_mm: f64) {
        let mut page = PdfPage::new(printpdf::Mm(0.0), printpdf::Mm(0.0), Vec::new());
        page.media_box = printpdf::Rect::from_wh(Pt(to_points(width_mm)), Pt(to_points(height_mm)));
        (page.trim_box, page.crop_box) = (page.media_box.clone(), page.media_box.clone());
        self.pages.push(page);
    }

    /// On the last page, its left edge at `left_mm`, its upper edge at `top_mm` from the bottom. The matrix
    /// makes a dot one unit and y grow downwards, so that all else is in whole numbers; what a mark has
    /// outside of its label is cut off, as on a printer.
    fn label(&mut self, drawing: &Drawing, left_mm: f64, top_mm: f64) -> Result<(), PdfError> {
        self.labels += 1;
        if self.labels > LABELS_MAX {
            return Err(PdfError::TooMany);
        }
        let dot = (72.0 / f64::from(drawing.dpi.get())) as f32;
        let matrix = CurTransMat::Raw([dot, 0.0, 0.0, -dot, to_points(left_mm), to_points(top_mm)]);
        self.op(Op::SaveGraphicsState);
        self.op(Op::SetTransformationMatrix { matrix });
        self.raw(format_args!("0 0 {} {} re W n", drawing.width, drawing.height));
        self.white = false;
        for mark in &drawing.marks {
            self.mark(mark)?;
            if self.bytes > BYTES_MAX {
                return Err(PdfError::TooMuch);
            }
        }
        self.op(Op::RestoreGraphicsState);
        Ok(())
    }

    fn mark(&mut self, mark: &DrawElement) -> Result<(), PdfError> {
        match mark {
            DrawElement::Code { x, y, module, code } => self.code(*x, *y, *module, code),
            DrawElement::Text { x, baseline, px, weight, text, white } => {
                self.colour(*white);
                self.text(*x, *baseline, *px, *weight, text)?;
            }
            DrawElement::Rect { x, y, width, height, white } => {
                self.colour(*white);
                self.raw(format_args!("{x} {y} {width} {height} re f"));
            }
            DrawElement::Picture { x, y, dots } => self.picture(*x, *y, dots),
        }
        Ok(())
    }

    /// One shape for the whole code, in units of a module: no seams between its rows at any resolution.
    fn code(&mut self, x: u32, y: u32, module: u32, code: &Barcode) {
        if module == 0 {
            return;
        }
        self.colour(false);
        self.raw(format_args!("q {module} 0 0 {module} {x} {y} cm"));
        for (column, row, modules, rows) in code_blocks(code) {
            self.raw(format_args!("{column} {row} {modules} {rows} re"));
        }
        self.raw(format_args!("f Q"));
    }

    fn text(
        &mut self,
        x: u32,
        baseline: u32,
        px: u32,
        weight: FontWeight,
        text: &str,
    ) -> Result<(), PdfError> {
        let letters = match weight {
            FontWeight::Bold => &mut self.bold,
            FontWeight::Regular => &mut self.regular,
        };
        let (text, id) = (letters.note(text)?, letters.id);
        if text.trim().is_empty() || px == 0 {
            return Ok(());
        }
        self.bytes += text.len() * 8;
        let font = PdfFontHandle::External(FontId(id.to_owned()));
        // Upright again: y grows downwards here.
        let matrix = TextMatrix::Raw([1.0, 0.0, 0.0, -1.0, x as f32, baseline as f32]);
        for op in [
            Op::StartTextSection,
            Op::SetFont { font, size: Pt(px as f32) },
            Op::SetTextMatrix { matrix },
            Op::ShowText { items: vec![TextItem::Text(text)] },
            Op::EndTextSection,
        ] {
            self.op(op);
        }
        Ok(())
    }

    /// As a stencil: black dots are painted, what is under white ones stays.
    fn picture(&mut self, x: u32, y: u32, dots: &Bitmap) {
        let (width, height) = (dots.width(), dots.height());
        if width == 0 || height == 0 {
            return;
        }
        self.colour(false);
        let key = (width, height, dots.bytes().to_vec());
        let new = format!("P{}", self.pictures.len());
        let bytes = &mut self.bytes;
        let name = self.pictures.entry(key).or_insert_with(|| {
            *bytes += dots.bytes().len();
            new
        });
        let name = name.clone();
        let bottom = u64::from(y) + u64::from(height);
        self.raw(format_args!("q {width} 0 0 -{height} {x} {bottom} cm /{name} Do Q"));
    }

    fn colour(&mut self, white: bool) {
        if self.white != white {
            self.white = white;
            self.raw(format_args!("{} g", u8::from(white)));
        }
    }

    fn raw(&mut self, operators: std::fmt::Arguments<'_>) {
        let before = self.raw.len();
        if before > 0 {
            self.raw.push('\n');
        }
        let _ = self.raw.write_fmt(operators);
        self.bytes += self.raw.len() - before;
    }

    fn op(&mut self, op: Op) {
        if let Some(page) = self.pages.last_mut() {
            if !self.raw.is_empty() {
                page.ops.push(Op::Unknown { key: std::mem::take(&mut self.raw), value: Vec::new() });
            }
            page.ops.push(op);
        }
    }

    fn finish(self, on: &str) -> Result<Vec<u8>, PdfError> {
        let count = self.labels;
        if count == 0 {
            return Err(PdfError::Nothing);
        }
        let plural = if count == 1 { "" } else { "s" };
        let mut pdf = PdfDocument::new(&format!("{count} label{plural}{on}, print at 100 %"));
        pdf.metadata.info.producer = "CleanTrack".into();
        for letters in [&self.bold, &self.regular] {
            if !letters.used.is_empty() {
                pdf.resources.fonts.map.insert(FontId(letters.id.to_owned()), letters.subset()?);
            }
        }
        for ((width, height, dots), name) in self.pictures {
            pdf.resources.xobjects.map.insert(XObjectId(name), stencil_mask(width, height, dots));
        }
        pdf.pages = self.pages;
        let options = PdfSaveOptions { secure: false, ..PdfSaveOptions::default() };
        let mut warnings = Vec::new();
        let document = printpdf::to_lopdf_doc(&pdf, &options, &mut warnings);
        match warnings.into_iter().find(|w| w.severity == PdfParseErrorSeverity::Error) {
            Some(warning) => Err(PdfError::Write(warning.msg)),
            None => save_document(document).map_err(|e| PdfError::Write(e.to_string())),
        }
    }
}

fn name_item(n: &str) -> DictItem {
    DictItem::Name(n.as_bytes().to_vec())
}

fn stencil_mask(width: u32, height: u32, dots: Vec<u8>) -> XObject {
    let dict = [
        ("Type", name_item("XObject")),
        ("Subtype", name_item("Image")),
        ("Width", DictItem::Int(width.into())),
        ("Height", DictItem::Int(height.into())),
        ("ImageMask", DictItem::Bool(true)),
        ("BitsPerComponent", DictItem::Int(1)),
        ("Decode", DictItem::Array(vec![DictItem::Int(1), DictItem::Int(0)])),
    ];
    let dict = dict.into_iter().map(|(key, item)| (key.to_owned(), item)).collect();
    let stream = ExternalStream { dict, content: dots, compress: true };
    XObject::External(ExternalXObject { stream, width: None, height: None, dpi: None })
}

/// Settings that printpdf does not offer: print at true size, no random ids, no times, everything small.
fn save_document(mut document: Document) -> Result<Vec<u8>, lopdf::Error> {
    document.version = "1.7".into();
    document.trailer.remove(b"ID");
    let info = document.trailer.get(b"Info").and_then(Object::as_reference)?;
    let info = document.get_dictionary_mut(info)?;
    let (title, producer) = (info.get(b"Title").cloned()?, info.get(b"Producer").cloned()?);
    *info = dictionary! { "Title" => title, "Producer" => producer };
    let preferences = dictionary! { "PrintScaling" => "None", "DisplayDocTitle" => true };
    document.catalog_mut()?.set("ViewerPreferences", Object::Dictionary(preferences));
    for object in document.objects.values_mut() {
        match object {
            Object::Stream(stream) => compress_stream(stream)?,
            Object::Dictionary(page) if page.has_type(b"Page") => remove_defaults(page),
            _ => {}
        }
    }
    let mut bytes = Vec::new();
    document.save_modern(&mut bytes)?;
    Ok(bytes)
}

/// Boxes that repeat the page's size, and an empty list of annotations.
fn remove_defaults(page: &mut Dictionary) {
    for key in [&b"TrimBox"[..], b"CropBox", b"Annots"] {
        page.remove(key);
    }
}

fn compress_stream(stream: &mut Stream) -> std::io::Result<()> {
    let mut encoder = ZlibEncoder::new(Vec::with_capacity(stream.content.len() / 4), LEVEL);
    encoder.write_all(&stream.content)?;
    stream.dict.set("Filter", "FlateDecode");
    stream.set_content(encoder.finish()?);
    Ok(())
}

#[cfg(test)]
mod tests;
