//! Phones that hold records which the box does not have yet, as they said when they were last there. It is kept in memory:
//! after a start of the box each phone says it again.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use record::ids::DeviceId;

/// Phones that are told apart; a building has fewer.
const PHONES_MAX: usize = 1_000;
/// A phone that was not there for so long is not waited for.
const SILENCE_MS: u64 = 7 * 86_400_000;
const RECORDS_MAX: u32 = 200;

/// What a phone says of its queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitingNotice {
    pub records: u32,
    /// How long the oldest has waited, seconds.
    pub oldest_s: u64,
}

impl WaitingNotice {
    /// Reads `n;oldest_s`.
    pub fn parse(text: &str) -> Option<Self> {
        let (records, oldest_s) = text.split_once(';')?;
        let records = records.trim().parse().ok().filter(|records| *records <= RECORDS_MAX)?;
        Some(Self { records, oldest_s: oldest_s.trim().parse().ok()? })
    }
}

/// What all phones together hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitingTotal {
    pub phones: usize,
    pub records: u32,
    /// How long the oldest has waited by now, milliseconds.
    pub oldest_ms: u64,
}

/// Phones by their device, with what they said and when, milliseconds since the boot.
#[derive(Debug, Default)]
pub struct WaitingPhones {
    rows: Mutex<BTreeMap<DeviceId, (WaitingNotice, u64)>>,
}

impl WaitingPhones {
    fn rows(&self) -> MutexGuard<'_, BTreeMap<DeviceId, (WaitingNotice, u64)>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what a phone says now; one that holds nothing is forgotten.
    pub fn note_phone(&self, device: DeviceId, notice: WaitingNotice, up_ms: u64) {
        let mut rows = self.rows();
        rows.retain(|_, (_, noted_ms)| up_ms.saturating_sub(*noted_ms) <= SILENCE_MS);
        if notice.records == 0 {
            rows.remove(&device);
        } else if rows.len() < PHONES_MAX || rows.contains_key(&device) {
            rows.insert(device, (notice, up_ms));
        }
    }

    /// What waits, if anything does.
    pub fn total(&self, up_ms: u64) -> Option<WaitingTotal> {
        let rows = self.rows();
        let recent: Vec<_> =
            rows.values().filter(|(_, noted_ms)| up_ms.saturating_sub(*noted_ms) <= SILENCE_MS).collect();
        let age_ms = |(notice, noted_ms): &(WaitingNotice, u64)| {
            notice.oldest_s.saturating_mul(1_000).saturating_add(up_ms.saturating_sub(*noted_ms))
        };
        Some(WaitingTotal {
            oldest_ms: recent.iter().map(|row| age_ms(row)).max()?,
            phones: recent.len(),
            records: recent.iter().map(|(notice, _)| notice.records).sum(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phone(n: usize) -> DeviceId {
        DeviceId::new(i64::try_from(n).unwrap(), [0; 10])
    }

    #[test]
    fn what_phones_say_is_bounded() {
        assert_eq!(WaitingNotice::parse("3;60"), Some(WaitingNotice { records: 3, oldest_s: 60 }));
        for wrong in ["", "3", "3;", "-1;0", "201;0", "x;y", "3;60;1"] {
            assert_eq!(WaitingNotice::parse(wrong), None, "{wrong}");
        }
        let phones = WaitingPhones::default();
        let one = WaitingNotice { records: 1, oldest_s: 0 };
        for n in 0..PHONES_MAX + 5 {
            phones.note_phone(phone(n), one, 0);
        }
        assert_eq!(phones.total(0).map(|total| total.phones), Some(PHONES_MAX));
        assert_eq!(phones.total(SILENCE_MS + 1), None);
    }

    #[test]
    fn the_oldest_goes_on_waiting_until_its_phone_says_otherwise() {
        let phones = WaitingPhones::default();
        assert_eq!(phones.total(0), None);
        phones.note_phone(phone(1), WaitingNotice { records: 2, oldest_s: 60 }, 1_000);
        phones.note_phone(phone(2), WaitingNotice { records: 3, oldest_s: 5 }, 2_000);
        assert_eq!(phones.total(3_000), Some(WaitingTotal { phones: 2, records: 5, oldest_ms: 62_000 }));
        phones.note_phone(phone(1), WaitingNotice { records: 0, oldest_s: 0 }, 4_000);
        assert_eq!(phones.total(4_000), Some(WaitingTotal { phones: 1, records: 3, oldest_ms: 7_000 }));
    }
}
