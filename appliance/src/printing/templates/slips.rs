//! Slips of text by the `escpos` crate: lines of a slip to instructions of a printer, and the same on a label for printers that
//! have no letters.

use escpos::driver::Driver;
use escpos::errors::PrinterError;
use escpos::printer::Printer;
use escpos::utils::JustifyMode;
use labels::code::encode_qr;
use labels::drawing::DrawElement;
use labels::media::MediaLength;
use labels::text::FontWeight;
use labels::{Drawing, PrinterLanguage, Typesetter, readback};

use crate::printing::model::make_error::MakeError;
use crate::printing::model::printer_settings::PrinterConfig;
use crate::printing::model::request::JobKind;
use crate::printing::model::slip::{SlipContent, SlipError, SlipLine};
use crate::printing::templates::page_codes::{
    NullDriver, PagedLine, choose_page, sample_letters, strict_protocol,
};

/// Dots of a letter of font A across.
const LETTER_DOTS: u32 = 12;
/// Fewer columns than any receipt printer has.
const COLUMNS_MIN: u32 = 16;
/// What a code's square measures, where the paper has room.
const MODULE_MM: f64 = 0.75;
/// The least label that takes address and code.
const LABEL_MM_MIN: (f64, f64) = (40.0, 20.0);
/// A label's text, in points.
const LABEL_PT: f64 = 8.0;

/// Whether this printer prints slips in letters of its own.
pub(crate) fn prints_text(config: &PrinterConfig) -> bool {
    config.sheet.is_none()
        && config.language == PrinterLanguage::EscPos
        && config.media.length == MediaLength::Continuous
}

/// Everything about a slip that can be known to go wrong.
pub(crate) fn check_slip(
    t: &mut Typesetter,
    config: &PrinterConfig,
    kind: JobKind,
    slip: &SlipContent,
) -> Result<(), MakeError> {
    slip.check_size()?;
    // Whether the code is there when it is printed is not known yet: with one it is no shorter than without.
    let slip = slip.with_setup_code(None).with_passphrase(None);
    if prints_text(config) {
        let mut session = config.language.session(config.profile(), 0);
        session.frame_text(1)?.ok_or(SlipError::NeedsReceiptRoll)?;
        let mut printer = Printer::new(NullDriver, strict_protocol(), None);
        return compose_slip(&mut printer, t, config, &slip);
    }
    draw_slip(t, config, kind, &slip).map(drop)
}

#[expect(clippy::needless_pass_by_value, reason = "the signature that map_err wants")]
pub(crate) fn unwritable_slip(error: PrinterError) -> MakeError {
    MakeError::Slip(SlipError::Unwritable(error.to_string()))
}

/// Gives the printer a slip's lines. Nothing is sent before [`Printer::print`].
pub(crate) fn compose_slip<D: Driver>(
    printer: &mut Printer<D>,
    t: &mut Typesetter,
    config: &PrinterConfig,
    slip: &SlipContent,
) -> Result<(), MakeError> {
    let columns = (config.head_dots / LETTER_DOTS).max(COLUMNS_MIN) as usize;
    for line in &slip.lines {
        match line {
            SlipLine::Title(text) => {
                printer.justify(JustifyMode::CENTER).and_then(|p| p.bold(true)).map_err(unwritable_slip)?;
                printer.size(2, 2).map_err(unwritable_slip)?;
                for line in wrap_text(text, columns / 2) {
                    write_line(printer, &line)?;
                }
                printer.reset_size().and_then(|p| p.bold(false)).map_err(unwritable_slip)?;
                printer.justify(JustifyMode::LEFT).map_err(unwritable_slip)?;
            }
            SlipLine::Text(text) => {
                for line in wrap_text(text, columns) {
                    write_line(printer, &line)?;
                }
            }
            SlipLine::Fact { name, value } => {
                for line in lay_out_fact(name, value, columns) {
                    write_line(printer, &line)?;
                }
            }
            SlipLine::Address(address) => write_address(printer, t, config, address)?,
            // It was put in its place before.
            SlipLine::SetupCode { used, .. } => write_line(printer, used)?,
            SlipLine::Passphrase { .. } => {}
            SlipLine::Rule => write_line(printer, &"-".repeat(columns))?,
            SlipLine::Letters => {
                write_line(
                    printer,
                    &(1..=columns).map(|n| char::from(b'0' + (n % 10) as u8)).collect::<String>(),
                )?;
                for line in sample_letters() {
                    write_paged(printer, &line)?;
                }
            }
        }
    }
    Ok(())
}

fn write_line<D: Driver>(printer: &mut Printer<D>, text: &str) -> Result<(), MakeError> {
    write_paged(printer, &choose_page(text))
}

fn write_paged<D: Driver>(printer: &mut Printer<D>, line: &PagedLine) -> Result<(), MakeError> {
    printer.page_code(line.page).and_then(|p| p.writeln(&line.text)).map(drop).map_err(unwritable_slip)
}

/// A code as dots: printers' own commands for them differ, and cheap printers have none.
fn write_address<D: Driver>(
    printer: &mut Printer<D>,
    t: &mut Typesetter,
    config: &PrinterConfig,
    address: &str,
) -> Result<(), MakeError> {
    let code = encode_qr(address).map_err(SlipError::Code)?;
    let quiet = code.kind().quiet();
    let across = code.width() + 2 * quiet;
    let module = config.dpi.dots(MODULE_MM).min(config.head_dots / across).max(1);
    let mut drawing = Drawing::white(config.dpi, config.head_dots & !7, across * module);
    let x = drawing.width.saturating_sub(code.width() * module) / 2;
    drawing.marks.push(DrawElement::Code { x, y: quiet * module, module, code });
    let dots = drawing.bitmap(t);
    readback::check_drawing(&dots, &drawing)?;
    printer.custom(&labels::escpos::raster_bands(&dots)?).map_err(unwritable_slip)?;
    printer.justify(JustifyMode::CENTER).map_err(unwritable_slip)?;
    let columns = (config.head_dots / LETTER_DOTS).max(COLUMNS_MIN) as usize;
    for line in wrap_text(address, columns) {
        write_line(printer, &line)?;
    }
    printer.justify(JustifyMode::LEFT).map(drop).map_err(unwritable_slip)
}

/// Lines of at most so many letters, broken between words where that is possible.
fn wrap_text(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in choose_page(text).text.split_whitespace() {
        let mut word: Vec<char> = word.chars().collect();
        let used = lines.last().map_or(0, |line| line.chars().count());
        if used > 0 && used + 1 + word.len() > columns {
            lines.push(String::new());
        }
        while word.len() > columns {
            let rest = word.split_off(columns);
            lines.extend([word.iter().collect::<String>(), String::new()]);
            word = rest;
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.extend(word);
        }
    }
    lines.retain(|line| !line.is_empty());
    lines
}

/// Name and value on one line where both have room, else the value below it.
fn lay_out_fact(name: &str, value: &str, columns: usize) -> Vec<String> {
    let (name, value) = (choose_page(name).text, choose_page(value).text);
    let (left, right) = (name.chars().count(), value.chars().count());
    if left + 2 + right <= columns {
        return vec![format!("{name}{}{value}", " ".repeat(columns - left - right))];
    }
    let below = wrap_text(&value, columns - 2).into_iter().map(|line| format!("  {line}"));
    wrap_text(&name, columns).into_iter().chain(below).collect()
}

/// The set-up slip on a label: the first address as a code at the left, and the lines beside it. Other slips are no labels.
pub(crate) fn draw_slip(
    t: &Typesetter,
    config: &PrinterConfig,
    kind: JobKind,
    slip: &SlipContent,
) -> Result<Drawing, MakeError> {
    if config.sheet.is_some() || kind != JobKind::SetupSlip {
        return Err(SlipError::NeedsReceiptRoll.into());
    }
    let dpi = config.dpi;
    let width = config.media.dots_across(dpi).min(config.head_dots);
    let height = config.media.dots_along(dpi).unwrap_or_else(|| dpi.dots(2.0 * LABEL_MM_MIN.1));
    let (width_mm, height_mm) = (dpi.mm(width), dpi.mm(height));
    if width_mm < LABEL_MM_MIN.0 || height_mm < LABEL_MM_MIN.1 {
        return Err(SlipError::TooSmall { width_mm, height_mm }.into());
    }
    let mut drawing = Drawing::white(dpi, width, height);
    let mut left = dpi.dots(1.5);
    let address = slip.lines.iter().find_map(|line| match line {
        SlipLine::Address(address) => Some(address),
        _ => None,
    });
    if let Some(address) = address {
        let code = encode_qr(address).map_err(SlipError::Code)?;
        let across = code.width() + 2 * code.kind().quiet_edge();
        let module = dpi.dots(MODULE_MM).min(height / across).min(width * 2 / 5 / across).max(1);
        let edge = code.kind().quiet_edge() * module;
        let quiet = code.kind().quiet() * module;
        let y = height.saturating_sub(code.width() * module) / 2;
        left = edge + code.width() * module + quiet;
        drawing.marks.push(DrawElement::Code { x: edge, y, module, code });
    }
    write_beside(t, &mut drawing, left, slip)?;
    Ok(drawing)
}

/// The lines of a slip, one below the other, each in a smaller size where it is too wide.
fn write_beside(
    t: &Typesetter,
    drawing: &mut Drawing,
    left: u32,
    slip: &SlipContent,
) -> Result<(), MakeError> {
    let dpi = drawing.dpi;
    let (room, gap) = (drawing.width.saturating_sub(left + dpi.dots(1.0)), dpi.dots(1.0));
    let mut y = gap;
    for text in slip.lines.iter().filter_map(word_on_label) {
        let text = t.printable(&text).map_err(labels::calibration::TestLabelError::Text)?;
        let fits = |px: &u32| t.width(&text, FontWeight::Bold, *px) <= room;
        let px = (1..=dpi.points(LABEL_PT)).rev().find(fits).unwrap_or(1);
        let cap = t.cap_height(FontWeight::Bold, px);
        if y + cap > drawing.height {
            break;
        }
        drawing.marks.push(DrawElement::Text {
            x: left,
            baseline: y + cap,
            px,
            weight: FontWeight::Bold,
            text,
            white: false,
        });
        y += cap + gap;
    }
    Ok(())
}

fn word_on_label(line: &SlipLine) -> Option<String> {
    match line {
        SlipLine::Title(text) | SlipLine::Text(text) | SlipLine::Address(text) => Some(text.clone()),
        SlipLine::SetupCode { used, .. } => Some(used.clone()),
        SlipLine::Fact { name, value } => Some(format!("{name}: {value}")),
        SlipLine::Passphrase { .. } | SlipLine::Rule | SlipLine::Letters => None,
    }
}

#[cfg(test)]
mod tests;
