//! The 32 bytes in which a Brother QL reports its state, found again after any garbage.

use crate::printers::language::PrinterCondition;

const STATUS_BYTES: usize = 32;
const HEADER: [u8; 3] = [0x80, 0x20, 0x42];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StatusKind {
    Reply,
    Completed,
    PhaseChange,
    CoolingStarted,
    CoolingFinished,
    /// An error (see [`QlStatus::fault`]), or what only newer printers report.
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct QlStatus {
    pub(super) kind: StatusKind,
    pub(super) printing: bool,
    pub(super) width_mm: u8,
    /// 0 for an endless roll.
    pub(super) length_mm: u8,
    errors: [u8; 2],
    /// Type 02 or 04: an error, or switched off.
    stopped: Option<PrinterCondition>,
}

impl QlStatus {
    fn read(bytes: &[u8; STATUS_BYTES]) -> Self {
        let kind = match (bytes[18], bytes[22]) {
            (0x00, _) => StatusKind::Reply,
            (0x01, _) => StatusKind::Completed,
            (0x05, 0x03) => StatusKind::CoolingStarted,
            (0x05, 0x04) => StatusKind::CoolingFinished,
            (0x06, _) => StatusKind::PhaseChange,
            _ => StatusKind::Other,
        };
        let stopped = match bytes[18] {
            0x02 => Some(PrinterCondition::Fault),
            0x04 => Some(PrinterCondition::Offline),
            _ => None,
        };
        // Newer firmware sets 40h beside "continuous" (0Ah) and "die-cut" (0Bh).
        let die_cut = bytes[11] & 0x0f == 0x0b;
        let length_mm = if die_cut { bytes[17] } else { 0 };
        let printing = bytes[19] == 0x01;
        Self { kind, printing, width_mm: bytes[10], length_mm, errors: [bytes[8], bytes[9]], stopped }
    }

    /// The fault that a person has to fix first comes first.
    pub(super) fn fault(&self) -> Option<PrinterCondition> {
        let [first, second] = self.errors;
        let causes = [
            (second & 0x10 != 0, PrinterCondition::CoverOpen),
            (second & 0x01 != 0, PrinterCondition::WrongMedia),
            (first & 0x03 != 0 || second & 0x40 != 0, PrinterCondition::PaperOut),
            (first & 0x04 != 0, PrinterCondition::CutterJam),
            (first & 0x30 != 0, PrinterCondition::Offline),
            // Fan, full buffer, broken connection, system, and bits without a meaning.
            (first | second != 0, PrinterCondition::Fault),
        ];
        causes.iter().find(|(on, _)| *on).map(|(_, condition)| *condition).or(self.stopped)
    }
}

#[derive(Debug, Default)]
pub(super) struct StatusReader {
    bytes: Vec<u8>,
}

impl StatusReader {
    pub(super) fn read(&mut self, bytes: &[u8]) -> Vec<QlStatus> {
        let mut statuses = Vec::new();
        for &byte in bytes {
            self.bytes.push(byte);
            self.resynchronise();
            if let Ok(whole) = <&[u8; STATUS_BYTES]>::try_from(self.bytes.as_slice()) {
                // The last bytes are always 0: a header that begins there is the next status, and this one
                // was cut.
                let begun = (1..HEADER.len()).find(|&n| whole.ends_with(&HEADER[..n]));
                if begun.is_none() {
                    statuses.push(QlStatus::read(whole));
                }
                self.bytes.drain(..STATUS_BYTES - begun.unwrap_or(0));
            }
        }
        statuses
    }

    /// Starts with the last header in the bytes: one inside a status means that the status was cut short.
    fn resynchronise(&mut self) {
        let len = self.bytes.len();
        let header_at = len.checked_sub(HEADER.len()).filter(|&at| self.bytes[at..] == HEADER);
        if let Some(at) = header_at {
            self.bytes.drain(..at);
        } else if len >= HEADER.len() && !self.bytes.starts_with(&HEADER) {
            self.bytes.drain(..len + 1 - HEADER.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn packet(errors: [u8; 2], kind: u8) -> [u8; STATUS_BYTES] {
        let mut packet = [0; STATUS_BYTES];
        packet[..8].copy_from_slice(&[0x80, 0x20, 0x42, 0x34, 0x38, 0x30, 0, 0]);
        (packet[8], packet[9], packet[10], packet[11], packet[17]) = (errors[0], errors[1], 62, 0x0b, 29);
        packet[18] = kind;
        packet
    }

    #[test]
    fn faults() {
        for (errors, kind, fault) in [
            ([0, 0], 0, None),
            ([0, 0], 6, None),
            ([1, 0], 2, Some(PrinterCondition::PaperOut)),
            ([2, 0], 2, Some(PrinterCondition::PaperOut)),
            ([4, 0], 2, Some(PrinterCondition::CutterJam)),
            ([0x10, 0], 2, Some(PrinterCondition::Offline)),
            ([0x20, 0], 2, Some(PrinterCondition::Offline)),
            ([0x80, 0], 2, Some(PrinterCondition::Fault)),
            ([0, 1], 2, Some(PrinterCondition::WrongMedia)),
            ([0, 2], 2, Some(PrinterCondition::Fault)),
            ([0, 4], 2, Some(PrinterCondition::Fault)),
            ([0, 0x10], 2, Some(PrinterCondition::CoverOpen)),
            ([2, 0x10], 2, Some(PrinterCondition::CoverOpen)),
            ([0, 0x40], 2, Some(PrinterCondition::PaperOut)),
            ([0, 0x80], 2, Some(PrinterCondition::Fault)),
            ([0, 0], 2, Some(PrinterCondition::Fault)),
            ([0, 0], 4, Some(PrinterCondition::Offline)),
        ] {
            assert_eq!(QlStatus::read(&packet(errors, kind)).fault(), fault, "{errors:x?} {kind}");
        }
    }

    #[test]
    fn a_status_cut_short_does_not_swallow_the_next() {
        let whole = packet([0, 0], 0);
        for cut in 0..STATUS_BYTES {
            let mut reader = StatusReader::default();
            assert_eq!(reader.read(&whole[..cut]), []);
            assert_eq!(reader.read(&whole), [QlStatus::read(&whole)], "cut after {cut}");
            assert!(reader.bytes.is_empty());
        }
    }

    proptest! {
        #[test]
        fn garbage_is_bounded_and_truth_is_found_after_it(
            garbage in proptest::collection::vec(any::<u8>(), 0..200), pieces in 1usize..40,
        ) {
            let mut reader = StatusReader::default();
            reader.read(&garbage);
            prop_assert!(reader.bytes.len() < STATUS_BYTES);
            let whole = packet([0, 0x10], 2);
            let found: Vec<_> = whole.chunks(pieces).flat_map(|piece| reader.read(piece)).collect();
            prop_assert_eq!(found, [QlStatus::read(&whole)]);
        }
    }
}
