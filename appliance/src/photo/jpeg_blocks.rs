//! JPEGs read block by block: whether one ends early, which decoders of pictures paint over, and a picture of half its size
//! from a sixth of the memory that a whole progressive one takes.

use image::RgbImage;

use super::jpeg_bits::{BitReader, HuffmanTable, JpegFault};
use super::scrub::PIXELS_MAX;

/// Where in a block of 8 x 8 each coefficient is, in the order of the file.
const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
    14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39,
    46, 53, 60, 61, 54, 47, 55, 62, 63,
];
/// What is kept of a block: its sixteen lowest frequencies, and which of all are not zero, by which later scans are read.
#[derive(Clone, Default)]
struct JpegBlock {
    known: u64,
    low: [i16; 16],
}

impl JpegBlock {
    fn low_place(at: usize) -> Option<usize> {
        let place = usize::from(ZIGZAG[at]);
        (place % 8 < 4 && place < 32).then_some(place / 8 * 4 + place % 8)
    }

    fn set(&mut self, at: usize, value: i32) {
        self.known |= 1 << at;
        if let Some(place) = Self::low_place(at) {
            self.low[place] = value as i16;
        }
    }

    fn wave(&self, place: usize, quantities: &[u16; 64]) -> f32 {
        f32::from(self.low[place]) * f32::from(quantities[place / 4 * 8 + place % 4])
    }

    fn samples(&self, quantities: &[u16; 64]) -> [[u8; 4]; 4] {
        if self.low[1..] == [0; 15] {
            return [[round_sample(self.wave(0, quantities) / 8.0); 4]; 4];
        }
        let mut across = [[0.0; 4]; 4];
        for (y, row) in across.iter_mut().enumerate() {
            *row = sum_waves(std::array::from_fn(|x| self.wave(y * 4 + x, quantities)));
        }
        let mut samples = [[0; 4]; 4];
        for x in 0..4 {
            let column = sum_waves([across[0][x], across[1][x], across[2][x], across[3][x]]);
            for (row, value) in samples.iter_mut().zip(column) {
                row[x] = round_sample(value);
            }
        }
        samples
    }

    fn refine(&mut self, bits: &mut BitReader<'_>, at: usize, bit: i16) -> Result<(), JpegFault> {
        if bits.take(1)? == 1
            && let Some(place) = Self::low_place(at)
        {
            let value = self.low[place];
            self.low[place] = value.wrapping_add(if value < 0 { -bit } else { bit });
        }
        Ok(())
    }
}

struct JpegComponent {
    id: u8,
    /// How many blocks of it, across and down, are in a unit of all components.
    across: usize,
    down: usize,
    quantities: usize,
    /// Blocks across, whole units.
    columns: usize,
    /// Blocks of the picture alone.
    own: (usize, usize),
    blocks: Vec<JpegBlock>,
    is_seen: bool,
}

struct JpegScan {
    /// Which component, and by which tables.
    parts: Vec<(usize, usize, usize)>,
    first: usize,
    last: usize,
    is_refining: bool,
    shift: u32,
}

pub(super) struct JpegBlocks {
    size: (usize, usize),
    units: (usize, usize),
    is_progressive: bool,
    restart: usize,
    adobe: Option<u8>,
    quantities: [[u16; 64]; 4],
    tables: [[Option<HuffmanTable>; 4]; 2],
    components: Vec<JpegComponent>,
}

impl JpegBlocks {
    /// # Errors
    /// It ends early, or cannot be read here.
    pub(super) fn read(jpeg: &[u8]) -> Result<Self, JpegFault> {
        let mut all = Self {
            size: (0, 0),
            units: (0, 0),
            is_progressive: false,
            restart: 0,
            adobe: None,
            quantities: [[0; 64]; 4],
            tables: Default::default(),
            components: Vec::new(),
        };
        let mut at = 2;
        loop {
            let rest = jpeg.get(at..).ok_or(JpegFault::CutOff)?;
            let mark = rest.iter().position(|&byte| byte == 0xff).ok_or(JpegFault::CutOff)?;
            let filled = rest[mark..].iter().take_while(|&&byte| byte == 0xff).count();
            let marker = *rest.get(mark + filled).ok_or(JpegFault::CutOff)?;
            at += mark + filled + 1;
            match marker {
                0x00 | 0x01 | 0xd0..=0xd8 => continue,
                0xd9 => break,
                _ => {}
            }
            let length = jpeg.get(at..at + 2).ok_or(JpegFault::CutOff)?;
            let end = at + usize::from(u16::from_be_bytes([length[0], length[1]])).max(2);
            let segment = jpeg.get(at + 2..end).ok_or(JpegFault::CutOff)?;
            at = end;
            if marker == 0xda {
                let scan = all.read_scan(segment).ok_or(JpegFault::Unread)?;
                at = all.read_blocks(&scan, BitReader::new(jpeg, at))?;
            } else {
                all.read_segment(marker, segment).ok_or(JpegFault::Unread)?;
            }
        }
        let is_whole = !all.components.is_empty() && all.components.iter().all(|part| part.is_seen);
        if is_whole { Ok(all) } else { Err(JpegFault::CutOff) }
    }

    fn read_segment(&mut self, marker: u8, mut segment: &[u8]) -> Option<()> {
        match marker {
            0xc4 => {
                while let Some((head, rest)) = segment.split_at_checked(17) {
                    let symbols = head[1..].iter().map(|count| usize::from(*count)).sum();
                    let (symbols, rest) = rest.split_at_checked(symbols)?;
                    let table = self.tables.get_mut(usize::from(head[0] >> 4))?;
                    *table.get_mut(usize::from(head[0] & 15))? =
                        Some(HuffmanTable::read(&head[1..], symbols)?);
                    segment = rest;
                }
            }
            0xc0..=0xc2 => self.read_frame(marker, segment)?,
            0xc3..=0xcf => return None,
            0xdb => {
                while let Some((&head, rest)) = segment.split_first() {
                    let bytes = if head >> 4 == 0 { 1 } else { 2 };
                    let (values, rest) = rest.split_at_checked(64 * bytes)?;
                    let table = self.quantities.get_mut(usize::from(head & 15))?;
                    for (value, place) in values.chunks(bytes).zip(ZIGZAG) {
                        table[usize::from(place)] =
                            value.iter().fold(0, |sum, byte| sum << 8 | u16::from(*byte));
                    }
                    segment = rest;
                }
            }
            0xdd => self.restart = usize::from(u16::from_be_bytes(segment.try_into().ok()?)),
            0xee if segment.starts_with(b"Adobe") => self.adobe = segment.get(11).copied(),
            _ => {}
        }
        Some(())
    }

    fn read_frame(&mut self, marker: u8, frame: &[u8]) -> Option<()> {
        let [8, h1, h0, w1, w0, count, parts @ ..] = frame else { return None };
        let [height, width] = [[*h1, *h0], [*w1, *w0]].map(|two| usize::from(u16::from_be_bytes(two)));
        let is_bounded = (1..=PIXELS_MAX).contains(&((width * height) as u64));
        if !self.components.is_empty() || !is_bounded || parts.len() != usize::from(*count) * 3 || *count > 4
        {
            return None;
        }
        let [across_max, down_max] =
            [4, 0].map(|shift| parts.chunks(3).map(|part| usize::from(part[1] >> shift & 15)).max());
        let (across_max, down_max) = (across_max?, down_max?);
        if !parts
            .chunks(3)
            .all(|part| (1..=4).contains(&(part[1] >> 4)) && (1..=4).contains(&(part[1] & 15)) && part[2] < 4)
        {
            return None;
        }
        self.size = (width, height);
        self.is_progressive = marker == 0xc2;
        self.units = (width.div_ceil(across_max * 8), height.div_ceil(down_max * 8));
        for part in parts.chunks(3) {
            let (across, down) = (usize::from(part[1] >> 4), usize::from(part[1] & 15));
            let columns = self.units.0 * across;
            self.components.push(JpegComponent {
                id: part[0],
                across,
                down,
                quantities: usize::from(part[2]),
                columns,
                own: ((width * across).div_ceil(across_max * 8), (height * down).div_ceil(down_max * 8)),
                blocks: vec![JpegBlock::default(); columns * self.units.1 * down],
                is_seen: false,
            });
        }
        Some(())
    }

    fn read_scan(&mut self, head: &[u8]) -> Option<JpegScan> {
        let (&count, rest) = head.split_first()?;
        let (named, rest) = rest.split_at_checked(usize::from(count) * 2)?;
        let &[first, last, shifts] = rest else { return None };
        let mut parts = Vec::new();
        for name in named.chunks(2) {
            let part = self.components.iter().position(|part| part.id == name[0])?;
            self.components[part].is_seen |= first == 0;
            parts.push((part, usize::from(name[1] >> 4 & 3), usize::from(name[1] & 3)));
        }
        let (first, last) = if self.is_progressive { (first.into(), last.into()) } else { (0, 63) };
        let shifts = if self.is_progressive { shifts } else { 0 };
        let is_one_sort = !self.is_progressive || (first == 0) == (last == 0);
        let is_known = !parts.is_empty() && (first == 0 || parts.len() == 1);
        let scan = JpegScan { parts, first, last, is_refining: shifts > 15, shift: u32::from(shifts & 15) };
        (is_one_sort && is_known && first <= last && last < 64 && scan.shift < 14).then_some(scan)
    }

    /// Reads what a scan says of each block; where in the file it ends.
    fn read_blocks(&mut self, scan: &JpegScan, mut bits: BitReader<'_>) -> Result<usize, JpegFault> {
        let alone = if let [(part, ..)] = scan.parts[..] { Some(self.components[part].own) } else { None };
        let (columns, rows) = alone.unwrap_or(self.units);
        let (mut before, mut empty) = ([0; 4], 0);
        for unit in 0..columns * rows {
            if self.restart > 0 && unit > 0 && unit % self.restart == 0 {
                bits.skip_restart()?;
                (before, empty) = ([0; 4], 0);
            }
            for &(index, dc, ac) in &scan.parts {
                let tables = [self.tables[0][dc].as_ref(), self.tables[1][ac].as_ref()];
                let part = &mut self.components[index];
                let (across, down) = if alone.is_some() { (1, 1) } else { (part.across, part.down) };
                for place in 0..across * down {
                    let column = unit % columns * across + place % across;
                    let row = unit / columns * down + place / across;
                    let block = &mut part.blocks[row * part.columns + column];
                    scan.read_block(&mut bits, block, tables, &mut before[index], &mut empty)?;
                }
            }
        }
        Ok(bits.at)
    }

    pub(super) fn is_wider_than(&self, side: u32) -> bool {
        self.size.0.max(self.size.1) > side as usize
    }

    /// The picture, half as wide and high; `None` for colours that are not read here.
    pub(super) fn draw_half(mut self) -> Option<RgbImage> {
        let ids: Vec<u8> = self.components.iter().map(|part| part.id).collect();
        let is_rgb = self.adobe == Some(0) || (self.adobe.is_none() && ids == *b"RGB");
        let across_max = self.components.iter().map(|part| part.across).max()?;
        let down_max = self.components.iter().map(|part| part.down).max()?;
        let (width, height) = (self.size.0.div_ceil(2), self.size.1.div_ceil(2));
        let mut planes = Vec::new();
        for part in &mut self.components {
            let blocks = std::mem::take(&mut part.blocks);
            planes.push(draw_plane(&blocks, part.columns, &self.quantities[part.quantities]));
        }
        let mut pixels = Vec::with_capacity(width * height * 3);
        for y in 0..height {
            let parts = planes.iter().zip(&self.components);
            let rows = parts.map(|(plane, part)| PlaneRow {
                samples: &plane[y * part.down / down_max * part.columns * 4..],
                across: part.across,
                across_max,
            });
            let rows: Vec<PlaneRow<'_>> = rows.collect();
            for x in 0..width {
                pixels.extend_from_slice(&match &rows[..] {
                    [grey] => [grey.at(x); 3],
                    [red, green, blue] if is_rgb => [red.at(x), green.at(x), blue.at(x)],
                    [light, blue, red] => mix_colour(light.at(x), blue.at(x), red.at(x)),
                    _ => return None,
                });
            }
        }
        RgbImage::from_raw(width.try_into().ok()?, height.try_into().ok()?, pixels)
    }
}

impl JpegScan {
    fn read_block(
        &self,
        bits: &mut BitReader<'_>,
        block: &mut JpegBlock,
        [dc, ac]: [Option<&HuffmanTable>; 2],
        before: &mut i32,
        empty: &mut i32,
    ) -> Result<(), JpegFault> {
        if self.first == 0 && self.is_refining {
            block.low[0] |= (bits.take(1)? << self.shift) as i16;
        } else if self.first == 0 {
            let size = u32::from(bits.take_symbol(dc)?);
            let change = if size < 16 { bits.take_signed(size)? } else { return Err(JpegFault::Unread) };
            *before = before.wrapping_add(change);
            block.low[0] = (*before << self.shift) as i16;
        }
        let mut at = self.first.max(1);
        while *empty == 0 && at <= self.last {
            let symbol = bits.take_symbol(ac)?;
            let (mut run, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
            if size == 0 && run < 15 {
                *empty = (1 << run) + bits.take(u32::from(symbol >> 4))?;
                break;
            }
            let value = match (size, self.is_refining) {
                (0, _) => 0,
                (_, true) if bits.take(1)? == 1 => 1,
                (_, true) => -1,
                (_, false) => bits.take_signed(size)?,
            };
            while at <= self.last {
                if self.is_refining && block.known >> at & 1 == 1 {
                    block.refine(bits, at, 1 << self.shift)?;
                } else if run == 0 {
                    break;
                } else {
                    run -= 1;
                }
                at += 1;
            }
            if value != 0 {
                if at > self.last {
                    return Err(JpegFault::Unread);
                }
                block.set(at, value << self.shift);
            }
            at += 1;
        }
        if *empty > 0 && self.last > 0 {
            *empty -= 1;
            for at in at..=self.last {
                if self.is_refining && block.known >> at & 1 == 1 {
                    block.refine(bits, at, 1 << self.shift)?;
                }
            }
        }
        Ok(())
    }
}

struct PlaneRow<'a> {
    samples: &'a [u8],
    across: usize,
    across_max: usize,
}

impl PlaneRow<'_> {
    fn at(&self, x: usize) -> u8 {
        self.samples[x * self.across / self.across_max]
    }
}

fn round_sample(value: f32) -> u8 {
    (value + 128.5).clamp(0.0, 255.0) as u8
}

/// One component's samples, four by four of each block.
fn draw_plane(blocks: &[JpegBlock], columns: usize, quantities: &[u16; 64]) -> Vec<u8> {
    let mut plane = vec![0; blocks.len() * 16];
    for (index, block) in blocks.iter().enumerate() {
        let corner = index / columns * columns * 16 + index % columns * 4;
        let rows = block.samples(quantities);
        for (y, row) in rows.iter().enumerate() {
            plane[corner + y * columns * 4..][..4].copy_from_slice(row);
        }
    }
    plane
}

/// Four samples of the four lowest frequencies.
fn sum_waves([c0, c1, c2, c3]: [f32; 4]) -> [f32; 4] {
    let (outer, inner) = ((c0 + c2) * 0.353_553_4, (c0 - c2) * 0.353_553_4);
    let (far, near) = (c1 * 0.461_939_8 + c3 * 0.191_341_7, c1 * 0.191_341_7 - c3 * 0.461_939_8);
    [outer + far, inner + near, inner - near, outer - far]
}

/// By fractions of 65,536.
fn mix_colour(light: u8, blue: u8, red: u8) -> [u8; 3] {
    let (light, blue, red) =
        (i32::from(light) * 65_536 + 32_768, i32::from(blue) - 128, i32::from(red) - 128);
    [light + 91_881 * red, light - 22_554 * blue - 46_802 * red, light + 116_130 * blue]
        .map(|colour| (colour >> 16).clamp(0, 255) as u8)
}

#[cfg(test)]
mod tests {
    use image::DynamicImage;

    use super::*;

    /// With restarts; of all components alike; baseline, of which each half has its own colours.
    const SAMPLES: [&[u8]; 3] = [
        include_bytes!("data/progressive-420.jpg"),
        include_bytes!("data/progressive-444.jpg"),
        include_bytes!("data/baseline-422.jpg"),
    ];

    #[test]
    fn half_a_picture_is_the_picture_made_small() {
        for (place, jpeg) in SAMPLES.into_iter().enumerate() {
            let half = JpegBlocks::read(jpeg).ok().and_then(JpegBlocks::draw_half).unwrap();
            let whole = image::load_from_memory(jpeg).unwrap();
            let (width, height) = (whole.width().div_ceil(2), whole.height().div_ceil(2));
            assert_eq!((half.width(), half.height()), (width, height));
            let small = DynamicImage::thumbnail_exact(&whole, width, height).into_rgb8();
            let differences =
                half.as_raw().iter().zip(small.as_raw()).map(|(a, b)| u64::from(a.abs_diff(*b)));
            let mean = differences.sum::<u64>() / half.as_raw().len() as u64;
            assert!(mean < 8, "{place}: {mean}");
        }
    }

    #[test]
    fn what_ends_early_is_cut_off() {
        for (place, jpeg) in SAMPLES.into_iter().enumerate() {
            for end in 0..jpeg.len() {
                let read = JpegBlocks::read(&jpeg[..end]).err();
                assert_eq!(read, Some(JpegFault::CutOff), "{place}: {end}");
            }
        }
        // Some programs close what they cut.
        let [.., baseline] = SAMPLES;
        for end in 0..baseline.len() - 2 {
            let closed = [&baseline[..end], b"\xff\xd9"].concat();
            assert!(JpegBlocks::read(&closed).is_err(), "{end}");
        }
    }

    #[test]
    fn no_damage_panics() {
        for jpeg in SAMPLES {
            for (at, change) in (2..jpeg.len()).step_by(3).zip([0x11, 0x7f, 0xff, 0x01].into_iter().cycle()) {
                let mut damaged = jpeg.to_vec();
                damaged[at] ^= change;
                let _ = JpegBlocks::read(&damaged).ok().and_then(JpegBlocks::draw_half);
            }
        }
    }
}
