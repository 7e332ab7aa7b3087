//! Texts in their areas: one by itself, or several in a column that share its space.

use crate::field::Field;
use crate::label_error::{LabelError, Subject};
use crate::layout::place::Rect;
use crate::layout::{LayoutPass, TAIL_MM, group_tag};
use crate::raster::bitmap::DOTS_MAX;
use crate::raster::code::BarcodeError;
use crate::raster::drawing::{DrawElement, LabelWarning};
use crate::raster::text::{Fit, TextBlock, TextError};
use crate::template::{
    ColumnText, LabelElement, PatternPart, TextAlign, TextColumn, TextElement, TextPattern, TextStyle,
    VerticalAlign,
};

/// White around white words on their black background, left and right (millimetres).
const INVERSE_INSET_MM: f64 = 1.0;
/// The least share that a column beside a code keeps of its template's width.
const BESIDE_LEAST: (u32, u32) = (3, 5);

struct Fitted<'a> {
    item: &'a ColumnText,
    block: TextBlock,
}

impl LayoutPass<'_> {
    pub(super) fn text(&mut self, area: Rect, element: &TextElement) -> Result<(), LabelError> {
        let Some(text) = self.printable(&element.words, &element.style)? else { return Ok(()) };
        let inset = if element.inverse { self.dpi.dots(INVERSE_INSET_MM).min(area.width / 4) } else { 0 };
        let inner = Rect { x: area.x + inset, width: area.width - 2 * inset, ..area };
        let block = self.fitted(&text, &element.words, &element.style, inner.width, inner.height)?;
        if element.inverse {
            self.rect(area);
        }
        let space = inner.height - self.t.height(&block).min(inner.height);
        let y = inner.y + share_above(space, element.vertical);
        self.set(&block, Rect { y, ..inner }, element.style.align, element.inverse);
        Ok(())
    }

    /// Where the column really is, beside its code.
    pub(super) fn column_area(
        &self,
        element: &LabelElement,
        column: &TextColumn,
        area: Rect,
    ) -> Result<Rect, LabelError> {
        if !column.beside_code {
            return Ok(area);
        }
        let code = crate::template::code_beside(self.template, element).and_then(|i| self.codes[i]);
        let left = code.map_or(area.x, Rect::right);
        let width = area.right().saturating_sub(left);
        // A very long address makes the code so wide that no words fit beside it.
        if width * BESIDE_LEAST.1 < area.width * BESIDE_LEAST.0 {
            return Err(BarcodeError::TooLong { chars: self.fields.get(Field::Url).chars().count() }.into());
        }
        Ok(Rect { x: left, width, ..area })
    }

    pub(super) fn column(&mut self, area: Rect, column: &TextColumn) -> Result<(), LabelError> {
        let paper = DOTS_MAX.saturating_sub(area.y + self.dpi.dots(TAIL_MM));
        let space = if column.grows { area.height.min(paper) } else { area.height };
        let (fitted, left) = self.share_out(area.width, space, &column.items)?;
        let (mut y, mut low) = (area.y + share_above(left, column.vertical), area.bottom());
        if column.grows {
            y = area.y;
        }
        for Fitted { item, block } in fitted.iter().rev().filter(|f| f.item.bottom) {
            low -= self.t.height(block).min(low);
            self.set(block, Rect { y: low, ..area }, item.style.align, false);
            low = low.saturating_sub(self.dpi.dots(item.gap_mm));
        }
        let mut first = true;
        for Fitted { item, block } in fitted.iter().filter(|f| !f.item.bottom) {
            y += if first { 0 } else { self.dpi.dots(item.gap_mm) };
            first = false;
            self.set(block, Rect { y, ..area }, item.style.align, false);
            y += self.t.height(block);
        }
        self.lowest = self.lowest.max(if column.grows { y } else { area.bottom() });
        Ok(())
    }

    /// Fits the texts that are not empty, the most important first; returns them in their order, and the
    /// space left over.
    fn share_out<'a>(
        &mut self,
        width: u32,
        height: u32,
        items: &'a [ColumnText],
    ) -> Result<(Vec<Fitted<'a>>, u32), LabelError> {
        let mut texts = Vec::new();
        for (place, item) in items.iter().enumerate() {
            if let Some(text) = self.printable(&item.words, &item.style)? {
                texts.push((place, item, text));
            }
        }
        let first = texts.iter().find(|(_, item, _)| !item.bottom).map(|(place, ..)| *place);
        let mut space = texts.iter().fold(height, |space, (place, item, _)| {
            let gap = if Some(*place) == first { 0 } else { self.dpi.dots(item.gap_mm) };
            space.saturating_sub(gap)
        });
        texts.sort_by_key(|(_, item, _)| item.priority);
        let mut expected: u32 = texts.iter().map(|(_, item, _)| self.least_height(&item.style)).sum();
        let mut fitted = Vec::new();
        for (place, item, text) in texts {
            // Each leaves the following ones at least one line.
            let own = self.least_height(&item.style);
            expected -= own.min(expected);
            let share = ((f64::from(space) * item.share) as u32)
                .min(space.saturating_sub(expected))
                .max(own.min(space));
            match self.fitted(&text, &item.words, &item.style, width, share) {
                Ok(block) => {
                    space -= self.t.height(&block).min(space);
                    fitted.push((place, Fitted { item, block }));
                }
                Err(_) if item.style.may_cut && !item.style.required => {
                    self.drawing.warnings.push(LabelWarning::LeftOut { text });
                }
                Err(e) => return Err(e),
            }
        }
        fitted.sort_by_key(|(place, _)| *place);
        Ok((fitted.into_iter().map(|(_, f)| f).collect(), space))
    }

    fn least_height(&self, style: &TextStyle) -> u32 {
        let px = self.dpi.points(style.pt_min).max(1);
        let (lines, indents, weight, caps) = (vec![String::new()], Vec::new(), style.weight, style.caps);
        self.t.height(&TextBlock { lines, indents, px, weight, caps, cut: false })
    }

    fn set(&mut self, block: &TextBlock, area: Rect, align: TextAlign, white: bool) {
        let (px, weight) = (block.px, block.weight);
        self.lowest = self.lowest.max(area.y + self.t.height(block));
        for (line, indent, baseline) in self.t.baselines(block, area.y) {
            let x = area.start(self.t.width(line, weight, px), align) + indent;
            let text = line.to_owned();
            self.drawing.marks.push(DrawElement::Text { x, baseline, px, weight, text, white });
        }
    }

    /// `None` when there are none.
    fn printable(&self, words: &TextPattern, style: &TextStyle) -> Result<Option<String>, LabelError> {
        let mut fields = words.fields().peekable();
        let empty = fields.peek().is_some() && fields.all(|f| self.fields.get(f).is_empty());
        if empty {
            let missing = words.fields().next().filter(|_| style.required);
            return missing.map_or(Ok(None), |field| Err(LabelError::Missing(field)));
        }
        let mut whole = String::new();
        for part in &words.0 {
            whole.push_str(&self.printable_part(part)?);
        }
        // Spaces around empty fields.
        let lines = whole.split('\n').map(|l| l.split_whitespace().collect::<Vec<_>>().join(" "));
        let whole = lines.collect::<Vec<_>>().join("\n");
        Ok(Some(whole).filter(|w| !w.is_empty()))
    }

    fn printable_part(&self, part: &PatternPart) -> Result<String, LabelError> {
        match part {
            // Spaces at its ends separate it from its neighbours, so only the check is done here.
            PatternPart::Literal(words) => match self.t.printable(words) {
                Ok(_) => Ok(words.clone()),
                Err(why) => Err(self.refuse_text(Subject::Words(words.clone()), why)),
            },
            PatternPart::Field(Field::Tag) => Ok(group_tag(self.fields.get(Field::Tag))),
            PatternPart::Field(field) => {
                let value = self.fields.get(*field);
                let text =
                    if field.has_lines() { self.t.printable_lines(value) } else { self.t.printable(value) };
                text.map_err(|why| self.refuse_text(Subject::Field(*field), why))
            }
        }
    }

    fn refuse_text(&self, subject: Subject, why: TextError) -> LabelError {
        let asset_number = self.fields.get(Field::AssetNumber);
        let asset_number_instead = subject == Subject::Field(Field::Name)
            && !asset_number.is_empty()
            && self.t.printable(asset_number).is_ok();
        LabelError::Text { subject, why, asset_number_instead }
    }

    fn fitted(
        &mut self,
        text: &str,
        words: &TextPattern,
        style: &TextStyle,
        width: u32,
        height: u32,
    ) -> Result<TextBlock, LabelError> {
        let fit = Fit {
            width,
            height,
            px_max: self.dpi.points(style.pt_max).max(1),
            px_min: self.dpi.points(style.pt_min).max(1),
            lines_max: style.lines,
            may_cut: style.may_cut,
            caps: style.caps && text.chars().all(is_cap),
        };
        let block = self.t.fit(text, style.weight, &fit).ok_or_else(|| {
            let subject =
                words.fields().next().map_or_else(|| Subject::Words(text.to_owned()), Subject::Field);
            LabelError::DoesNotFit { subject, chars: text.chars().count() }
        })?;
        if block.cut {
            self.drawing.warnings.push(LabelWarning::Cut { text: text.to_owned() });
        }
        Ok(block)
    }
}

/// Characters that sit on the baseline and are no higher than a capital (the tail of Q may hang into the gap below).
fn is_cap(c: char) -> bool {
    matches!(c, 'A'..='Z' | '0'..='9' | ' ' | '.' | ':' | '-' | '/' | '+' | '\n')
}

fn share_above(space: u32, vertical: VerticalAlign) -> u32 {
    match vertical {
        VerticalAlign::Top => 0,
        VerticalAlign::Middle => space / 2,
        VerticalAlign::Bottom => space,
    }
}
