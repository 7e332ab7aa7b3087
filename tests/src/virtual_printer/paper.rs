//! The label in the making: dots where the languages put them, and the picture that a person would see.

use std::path::Path;

const ACROSS_MAX: usize = 4_096;
const ALONG_MAX: usize = 20_000;
const RAW_BYTES_MAX: usize = 16 << 20;
const TEXT_BYTES_MAX: usize = 1 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Ink {
    #[default]
    White,
    Black,
    Red,
}

impl Ink {
    fn luma(self) -> u8 {
        match self {
            Self::White => 255,
            Self::Black => 0,
            Self::Red => 76,
        }
    }
}

#[derive(Default)]
pub(super) struct Paper {
    raw: Vec<u8>,
    rows: Vec<Vec<Ink>>,
    /// The size that the stream stated, in dots; else it is as large as its content.
    size: Option<(usize, usize)>,
    /// Lines in the printer's own letters.
    text: String,
    pub(super) partial: bool,
}

impl Paper {
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Part of it has come, and it has not come out.
    pub(super) fn is_begun(&self) -> bool {
        !self.rows.is_empty() && !self.raw.is_empty()
    }

    pub(super) fn keep(&mut self, raw: &[u8]) {
        let room = RAW_BYTES_MAX.saturating_sub(self.raw.len());
        self.raw.extend_from_slice(&raw[..raw.len().min(room)]);
    }

    pub(super) fn take_raw(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.raw)
    }

    pub(super) fn set_size(&mut self, across: usize, along: usize) {
        self.size = Some((across.min(ACROSS_MAX), along.min(ALONG_MAX)));
    }

    /// Notes a line of letters whose dots were laid.
    pub(super) fn write_line(&mut self, line: &str) {
        if self.text.len() < TEXT_BYTES_MAX {
            self.text.push_str(line.trim_end());
            self.text.push('\n');
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn along(&self) -> usize {
        self.rows.len()
    }

    /// Lays a row of packed dots (MSB left, 1 = ink) with its first dot at `x`, `y`.
    pub(super) fn lay(&mut self, x: usize, y: usize, packed: &[u8], ink: Ink) {
        let dots = packed.iter().flat_map(|byte| (0..8).map(move |bit| byte >> (7 - bit) & 1 == 1));
        self.lay_dots(x, y, dots.map(|black| black.then_some(ink)));
    }

    /// Lays a row of packed dots (MSB left, 1 = black) and whitens where it has none.
    pub(super) fn overwrite(&mut self, x: usize, y: usize, packed: &[u8]) {
        let dots = packed.iter().flat_map(|byte| (0..8).map(move |bit| byte >> (7 - bit) & 1 == 1));
        self.lay_dots(x, y, dots.map(|black| Some(if black { Ink::Black } else { Ink::White })));
    }

    /// Lays dots from `x` on; `None` leaves what is there.
    pub(super) fn lay_dots(&mut self, x: usize, y: usize, dots: impl Iterator<Item = Option<Ink>>) {
        if y >= ALONG_MAX {
            return;
        }
        if self.rows.len() <= y {
            self.rows.resize_with(y + 1, Vec::new);
        }
        let row = &mut self.rows[y];
        for (at, dot) in (x..ACROSS_MAX).zip(dots) {
            if row.len() <= at {
                row.resize(at + 1, Ink::White);
            }
            if let Some(ink) = dot {
                row[at] = ink;
            }
        }
    }

    pub(super) fn picture(&self, half: bool) -> image::GrayImage {
        let (across, along) =
            self.size.unwrap_or_else(|| (self.rows.iter().map(Vec::len).max().unwrap_or(0), self.rows.len()));
        let along = if half { along.div_ceil(2) } else { along };
        image::GrayImage::from_fn(across as u32, along as u32, |x, y| {
            let ink = self.rows.get(y as usize).and_then(|row| row.get(x as usize)).copied();
            image::Luma([ink.unwrap_or_default().luma()])
        })
    }
}

/// The picture is written last and whole: a reader who sees it may read both.
pub(super) fn spool(
    dir: &Path,
    name: &str,
    paper: &Paper,
    picture: &image::GrayImage,
) -> std::io::Result<()> {
    std::fs::write(dir.join(format!("{name}.bin")), &paper.raw)?;
    if !paper.text.is_empty() {
        std::fs::write(dir.join(format!("{name}.txt")), &paper.text)?;
    }
    if picture.width() == 0 || picture.height() == 0 {
        return Ok(());
    }
    let half = dir.join(format!("{name}.png.part"));
    picture.save_with_format(&half, image::ImageFormat::Png).map_err(std::io::Error::other)?;
    std::fs::rename(&half, dir.join(format!("{name}.png")))
}
