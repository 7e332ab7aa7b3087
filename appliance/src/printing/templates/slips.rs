//! Slips of text by the `escpos` crate: lines of a slip to instructions of a printer, and the same on a label for printers that
//! have no letters.

use escpos::driver::Driver;
use escpos::errors::PrinterError;
use escpos::printer::Printer;
use escpos::utils::JustifyMode;
use labels::code::encode_qr;
use labels::drawing::DrawElement;
use labels::media::MediaLength;
use labels::text::{Fit, FontWeight};
use labels::{Dpi, Drawing, PrinterLanguage, Typesetter, readback};

use crate::printing::model::make_error::MakeError;
use crate::printing::model::printer_settings::PrinterConfig;
use crate::printing::model::request::JobKind;
use crate::printing::model::slip::{SlipContent, SlipError, SlipLine};
use crate::printing::templates::page_codes::{
    NullDriver, PagedLine, choose_page, sample_letters, strict_protocol,
};

const LETTER_DOTS: u32 = 12;
/// Fewer columns than any receipt printer has.
const COLUMNS_MIN: u32 = 16;
/// The size of a code's module, where the paper is large enough.
const MODULE_MM: f64 = 0.75;
const LABEL_MM_MIN: (f64, f64) = (40.0, 20.0);
/// A label's text in points, where it fits.
const LABEL_PT: f64 = 8.0;
/// Smaller letters are illegible.
const LABEL_PT_MIN: f64 = 5.0;

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
    // Whether the secrets are there when it is printed is not known yet; a caller that accepts a slip for a label
    // checks once more with them.
    let slip = slip.with_secrets(None, None);
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
            SlipLine::Secret { name, value } => {
                for line in lay_out_secret(name, value, columns) {
                    write_line(printer, &line)?;
                }
            }
            // It was put in its place before.
            SlipLine::SetupCode { used, .. } => write_line(printer, used)?,
            SlipLine::Passphrase { .. } | SlipLine::SecretNote { .. } => {}
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

fn lay_out_fact(name: &str, value: &str, columns: usize) -> Vec<String> {
    let (name, value) = (choose_page(name).text, choose_page(value).text);
    let (left, right) = (name.chars().count(), value.chars().count());
    if left + 2 + right <= columns {
        return vec![format!("{name}{}{value}", " ".repeat(columns - left - right))];
    }
    let below = wrap_text(&value, columns - 2).into_iter().map(|line| format!("  {line}"));
    wrap_text(&name, columns).into_iter().chain(below).collect()
}

/// The same of a secret: all of it, in pieces where it is longer than a line.
fn lay_out_secret(name: &str, value: &str, columns: usize) -> Vec<String> {
    let name = choose_page(name).text;
    let (left, right) = (name.chars().count(), value.chars().count());
    if left + 2 + right <= columns {
        return vec![format!("{name}{}{value}", " ".repeat(columns - left - right))];
    }
    let pieces = break_secret(value, |piece| piece.chars().count() <= columns - 2);
    let below = pieces.into_iter().map(|piece| format!("  {piece}"));
    wrap_text(&name, columns).into_iter().chain(below).collect()
}

/// Pieces that fit, of at least one character each, not broken beside a blank where that is possible: one at an end is invisible.
fn break_secret(value: &str, fits: impl Fn(&str) -> bool) -> Vec<String> {
    let chars: Vec<char> = value.chars().collect();
    let (mut pieces, mut start) = (Vec::new(), 0);
    while start < chars.len() {
        let longest = (start + 1..=chars.len())
            .rev()
            .find(|end| fits(&chars[start..*end].iter().collect::<String>()))
            .unwrap_or(start + 1);
        let end = match longest == chars.len() {
            true => longest,
            false => (start + 1..=longest)
                .rev()
                .find(|end| chars[*end - 1] != ' ' && chars.get(*end) != Some(&' '))
                .unwrap_or(longest),
        };
        pieces.push(chars[start..end].iter().collect());
        start = end;
    }
    pieces
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
    let area = LabelArea { left, width: width.saturating_sub(left + dpi.dots(1.0)), height };
    let rows = choose_rows(t, dpi, area, slip)?.ok_or(SlipError::TooSmall { width_mm, height_mm })?;
    rows.draw(t, &mut drawing, area.left);
    Ok(drawing)
}

#[derive(Clone, Copy)]
struct LabelArea {
    left: u32,
    width: u32,
    height: u32,
}

/// Lines of one size, one below the other.
struct LabelRows {
    px: u32,
    texts: Vec<String>,
}

impl LabelRows {
    /// Dots between two lines, which leaves space for descenders.
    fn gap(&self) -> u32 {
        self.px * 2 / 5
    }

    fn height(&self, t: &Typesetter) -> u32 {
        let count = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        (t.cap_height(FontWeight::Bold, self.px) + self.gap()).saturating_mul(count) + self.gap()
    }

    fn draw(self, t: &Typesetter, drawing: &mut Drawing, x: u32) {
        let (gap, cap, px) = (self.gap(), t.cap_height(FontWeight::Bold, self.px), self.px);
        for (n, text) in (1u32..).zip(self.texts) {
            let baseline = n * (gap + cap);
            let weight = FontWeight::Bold;
            drawing.marks.push(DrawElement::Text { x, baseline, px, weight, text, white: false });
        }
    }
}

/// All lines of a slip in the largest letters that fit. Where the smallest do not, the last of the lines that are not
/// needed to get in are dropped; none where even the rest does not fit.
fn choose_rows(
    t: &Typesetter,
    dpi: Dpi,
    area: LabelArea,
    slip: &SlipContent,
) -> Result<Option<LabelRows>, MakeError> {
    let mut lines = slip.lines.iter().map(|line| prepare_line(t, line)).collect::<Result<Vec<_>, _>>()?;
    lines.retain(|line| *line != SlipLine::Rule);
    let smallest = dpi.points(LABEL_PT_MIN).max(1);
    for px in (smallest..=dpi.points(LABEL_PT).max(smallest)).rev() {
        let rows = set_rows(t, px, area.width, &lines).filter(|rows| rows.height(t) <= area.height);
        if rows.is_some() {
            return Ok(rows);
        }
    }
    while let Some(last) = lines.iter().rposition(|line| !is_needed(line)) {
        lines.remove(last);
        let rows = set_rows(t, smallest, area.width, &lines).filter(|rows| rows.height(t) <= area.height);
        if rows.is_some() {
            return Ok(rows);
        }
    }
    Ok(None)
}

fn is_needed(line: &SlipLine) -> bool {
    matches!(line, SlipLine::Address(_) | SlipLine::SetupCode { .. } | SlipLine::Secret { .. })
}

/// A line as it can be printed; what a label does not show becomes a rule.
fn prepare_line(t: &Typesetter, line: &SlipLine) -> Result<SlipLine, MakeError> {
    Ok(match line {
        SlipLine::Title(text) | SlipLine::Text(text) => SlipLine::Text(print_text(t, text)?),
        SlipLine::Address(text) => SlipLine::Address(print_text(t, text)?),
        SlipLine::Fact { name, value } => SlipLine::Text(print_text(t, &format!("{name}: {value}"))?),
        SlipLine::SetupCode { name, used } => {
            SlipLine::SetupCode { name: print_text(t, name)?, used: print_text(t, used)? }
        }
        SlipLine::Secret { name, value } => {
            // Checked, and written as it is: two blanks are not one.
            print_text(t, value)?;
            SlipLine::Secret { name: print_text(t, name)?, value: value.clone() }
        }
        SlipLine::Passphrase { .. } | SlipLine::SecretNote { .. } | SlipLine::Rule | SlipLine::Letters => {
            SlipLine::Rule
        }
    })
}

fn print_text(t: &Typesetter, text: &str) -> Result<String, labels::calibration::TestLabelError> {
    t.printable(text).map_err(labels::calibration::TestLabelError::Text)
}

/// None where a letter is wider than the space.
fn set_rows(t: &Typesetter, px: u32, width: u32, lines: &[SlipLine]) -> Option<LabelRows> {
    let mut texts = Vec::new();
    for line in lines {
        match line {
            SlipLine::Text(text) | SlipLine::Address(text) | SlipLine::SetupCode { used: text, .. } => {
                texts.extend(wrap_row(t, px, width, text)?);
            }
            SlipLine::Secret { name, value } => texts.extend(set_secret(t, px, width, name, value)?),
            _ => {}
        }
    }
    Some(LabelRows { px, texts })
}

fn set_secret(t: &Typesetter, px: u32, width: u32, name: &str, value: &str) -> Option<Vec<String>> {
    let whole = format!("{name}: {value}");
    if fits_row(t, px, width, &whole) {
        return Some(vec![whole]);
    }
    let mut rows = wrap_row(t, px, width, &format!("{name}:"))?;
    rows.extend(break_secret(value, |text| fits_row(t, px, width, text)));
    rows.iter().all(|row| fits_row(t, px, width, row)).then_some(rows)
}

fn fits_row(t: &Typesetter, px: u32, width: u32, text: &str) -> bool {
    t.width(text, FontWeight::Bold, px) <= width
}

fn wrap_row(t: &Typesetter, px: u32, width: u32, text: &str) -> Option<Vec<String>> {
    let lines_max = labels::text::BLOCK_LINES_MAX;
    let fit = Fit { width, height: u32::MAX, px_max: px, px_min: px, lines_max, may_cut: false, caps: false };
    t.fit(text, FontWeight::Bold, &fit).map(|block| block.lines)
}

#[cfg(test)]
mod tests;
