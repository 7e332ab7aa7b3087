//! The bits of a JPEG between its markers, and the codes that they are.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JpegFault {
    /// The file ends, or its last mark comes, before the picture is whole.
    CutOff,
    /// No JPEG, damaged, or of a sort that is not read here.
    Unread,
}

/// By the next 16 bits: the length of the code, and its symbol in the lower byte; 0 for no code.
pub(super) struct HuffmanTable(Vec<u16>);

impl HuffmanTable {
    pub(super) fn read(counts: &[u8], mut symbols: &[u8]) -> Option<Self> {
        let mut by_bits = Vec::with_capacity(1 << 16);
        for (length, count) in (1_u16..=16).zip(counts) {
            for _ in 0..*count {
                let (symbol, rest) = symbols.split_first()?;
                symbols = rest;
                let end = by_bits.len() + (1 << (16 - length));
                if end > 1 << 16 {
                    return None;
                }
                by_bits.resize(end, length << 8 | u16::from(*symbol));
            }
        }
        by_bits.resize(1 << 16, 0);
        Some(Self(by_bits))
    }
}

pub(super) struct BitReader<'a> {
    jpeg: &'a [u8],
    pub(super) at: usize,
    /// The lowest `count` bits are the next ones.
    bits: u64,
    count: u32,
}

impl<'a> BitReader<'a> {
    pub(super) fn new(jpeg: &'a [u8], at: usize) -> Self {
        Self { jpeg, at, bits: 0, count: 0 }
    }

    /// Passes over the marker before the next stretch of units.
    pub(super) fn skip_restart(&mut self) -> Result<(), JpegFault> {
        self.count = 0;
        match self.jpeg.get(self.at..self.at + 2) {
            Some([0xff, 0xd0..=0xd7]) => self.at += 2,
            None | Some([0xff, 0xd9]) => return Err(JpegFault::CutOff),
            Some(_) => return Err(JpegFault::Unread),
        }
        Ok(())
    }

    /// As many bits as there are before the next marker, if 56 are not.
    fn fill(&mut self) {
        while self.count <= 48 {
            let Some(&byte) = self.jpeg.get(self.at) else { return };
            let is_marker = byte == 0xff && self.jpeg.get(self.at + 1) != Some(&0);
            if is_marker {
                return;
            }
            self.at += if byte == 0xff { 2 } else { 1 };
            self.bits = self.bits << 8 | u64::from(byte);
            self.count += 8;
        }
    }

    pub(super) fn take(&mut self, count: u32) -> Result<i32, JpegFault> {
        if self.count < count {
            self.fill();
        }
        self.count = self.count.checked_sub(count).ok_or(JpegFault::CutOff)?;
        Ok((self.bits >> self.count & ((1 << count) - 1)) as i32)
    }

    /// A number of so many bits; those that begin with 0 are negative.
    pub(super) fn take_signed(&mut self, size: u32) -> Result<i32, JpegFault> {
        let value = self.take(size)?;
        Ok(if size > 0 && value < 1 << (size - 1) { value - (1 << size) + 1 } else { value })
    }

    pub(super) fn take_symbol(&mut self, table: Option<&HuffmanTable>) -> Result<u8, JpegFault> {
        let table = table.ok_or(JpegFault::Unread)?;
        if self.count < 16 {
            self.fill();
        }
        let next =
            if self.count < 16 { self.bits << (16 - self.count) } else { self.bits >> (self.count - 16) };
        let [length, symbol] = table.0[(next & 0xffff) as usize].to_be_bytes();
        let is_short = self.count < 16 && (length == 0 || u32::from(length) > self.count);
        match length {
            _ if is_short => Err(JpegFault::CutOff),
            0 => Err(JpegFault::Unread),
            _ => {
                self.count -= u32::from(length);
                Ok(symbol)
            }
        }
    }
}
