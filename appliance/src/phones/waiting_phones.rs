//! Phones that hold records which the box does not have yet, as they said when they were last there. It is held in
//! memory: after a start of the box each phone reports it again.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use record::ids::{DeviceId, StaffId};
use service::attempts::ClientNetwork;

/// Phones that are distinguished; a building has fewer.
const PHONES_MAX: usize = 1_000;
/// A phone that was not there for so long is not waited for.
const SILENCE_MS: u64 = 7 * 86_400_000;
/// For so long it is known that a phone has nothing any more: readers poll more often than that.
const EMPTIED_MS: u64 = 60_000;
const OVERDUE_MS: u64 = 86_400_000;
pub const OVERDUE_MAX: usize = 50;
const RECORDS_MAX: u32 = 200;
/// Phones of one network that hold something and never made a record: more are one person who pretends.
const STRANGERS_MAX: usize = 5;
/// What waited longer waits by a clock that cannot be believed.
const OLDEST_S_MAX: u64 = 366 * 86_400;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitingNotice {
    pub records: u32,
    pub oldest_s: u64,
}

impl WaitingNotice {
    /// Reads `n;oldest_s`.
    pub fn parse(text: &str) -> Option<Self> {
        let (records, oldest_s) = text.split_once(';')?;
        let records = records.trim().parse().ok().filter(|records| *records <= RECORDS_MAX)?;
        Some(Self { records, oldest_s: oldest_s.trim().parse::<u64>().ok()?.min(OLDEST_S_MAX) })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoticeSender {
    pub device: DeviceId,
    pub network: ClientNetwork,
    pub is_known: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitingTotal {
    pub phones: usize,
    pub records: u32,
    pub oldest_ms: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhoneClosing {
    pub staff: StaffId,
    pub up_ms: u64,
}

/// A phone and what it holds, as it reported when it was last there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitingPhone {
    pub device: DeviceId,
    /// The network of a phone that never made a record.
    pub strange: Option<ClientNetwork>,
    pub notice: WaitingNotice,
    pub noted_ms: u64,
    pub closed: Option<PhoneClosing>,
}

impl WaitingPhone {
    /// How long its oldest record has waited by now.
    pub fn oldest_ms(&self, up_ms: u64) -> u64 {
        self.notice.oldest_s.saturating_mul(1_000).saturating_add(up_ms.saturating_sub(self.noted_ms))
    }

    fn is_recent(&self, up_ms: u64) -> bool {
        let silence_ms = if self.notice.records == 0 { EMPTIED_MS } else { SILENCE_MS };
        up_ms.saturating_sub(self.noted_ms) <= silence_ms
    }
}

#[derive(Debug, Default)]
pub struct WaitingPhones {
    rows: Mutex<BTreeMap<DeviceId, WaitingPhone>>,
}

impl WaitingPhones {
    fn rows(&self) -> MutexGuard<'_, BTreeMap<DeviceId, WaitingPhone>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn note_phone(&self, sender: NoticeSender, notice: WaitingNotice, up_ms: u64) {
        let NoticeSender { device, network, is_known } = sender;
        let strange = (!is_known).then_some(network);
        self.put(WaitingPhone { device, strange, notice, noted_ms: up_ms, closed: None }, up_ms);
    }

    pub fn close_phone(&self, device: DeviceId, records: u32, closing: PhoneClosing) {
        let unknown = WaitingNotice { records, oldest_s: 0 };
        let found = self.rows().get(&device).copied();
        let noted = found.map_or((unknown, closing.up_ms), |row| (row.notice, row.noted_ms));
        // Staff look at it: an impostor is not taken off the list.
        let row =
            WaitingPhone { device, strange: None, notice: noted.0, noted_ms: noted.1, closed: Some(closing) };
        self.put(row, closing.up_ms);
    }

    fn put(&self, row: WaitingPhone, up_ms: u64) {
        let mut rows = self.rows();
        rows.retain(|_, row| row.is_recent(up_ms));
        let before = rows.remove(&row.device);
        let gains = row.notice.records > 0 && before.is_none_or(|before| before.notice.records == 0);
        if (before.is_some() && !gains) || make_room(&mut rows, &row) {
            rows.insert(row.device, row);
        } else if let Some(before) = before {
            rows.insert(before.device, before);
        }
    }

    /// Those that hold something: first those that made records before, and of these the longest wait.
    pub fn all(&self, up_ms: u64) -> Vec<WaitingPhone> {
        let rows = self.rows();
        let recent = rows.values().filter(|row| row.is_recent(up_ms) && row.notice.records > 0);
        let mut recent: Vec<_> = recent.copied().collect();
        recent.sort_by_key(|row| (row.strange.is_some(), Reverse(row.oldest_ms(up_ms))));
        recent
    }

    /// What is known of a phone since the start, even if it holds nothing.
    pub fn find(&self, device: DeviceId, up_ms: u64) -> Option<WaitingPhone> {
        self.rows().get(&device).copied().filter(|row| row.is_recent(up_ms))
    }

    /// What waits on phones that made records before, if anything does: anybody can pretend to be another.
    pub fn total(&self, up_ms: u64) -> Option<WaitingTotal> {
        let all = self.all(up_ms).into_iter();
        let open: Vec<_> = all.filter(|row| row.closed.is_none() && row.strange.is_none()).collect();
        Some(WaitingTotal {
            oldest_ms: open.iter().map(|row| row.oldest_ms(up_ms)).max()?,
            phones: open.len(),
            records: open.iter().map(|row| row.notice.records).sum(),
        })
    }

    /// Phones that made records before, whose oldest record has waited so long that somebody should look for them, with how many
    /// they hold.
    pub fn overdue(&self, up_ms: u64) -> BTreeMap<DeviceId, u32> {
        let all = self.all(up_ms).into_iter();
        let overdue = all.filter(|row: &WaitingPhone| {
            row.closed.is_none() && row.strange.is_none() && row.oldest_ms(up_ms) >= OVERDUE_MS
        });
        overdue.take(OVERDUE_MAX).map(|row| (row.device, row.notice.records)).collect()
    }
}

/// Whether there is a place for a phone that is not on the list.
fn make_room(rows: &mut BTreeMap<DeviceId, WaitingPhone>, row: &WaitingPhone) -> bool {
    let holds_any = row.notice.records > 0;
    let of_network = rows
        .values()
        .filter(|other| row.strange.is_some() && other.strange == row.strange && other.notice.records > 0);
    if holds_any && of_network.count() >= STRANGERS_MAX {
        return false;
    }
    // Those that hold nothing leave space for those that do.
    let most = if holds_any { PHONES_MAX } else { PHONES_MAX / 2 };
    if rows.len() < most {
        return true;
    }
    let stranger = rows.values().find(|other| other.strange.is_some()).map(|other| other.device);
    row.strange.is_none() && stranger.is_some_and(|device| rows.remove(&device).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(n: usize) -> NoticeSender {
        NoticeSender { device: phone(n), network: network(n), is_known: true }
    }

    fn network(n: usize) -> ClientNetwork {
        ClientNetwork::of(std::net::Ipv4Addr::from(u32::try_from(n).unwrap()).into())
    }

    fn phone(n: usize) -> DeviceId {
        DeviceId::new(i64::try_from(n).unwrap(), [0; 10])
    }

    #[test]
    fn what_phones_say_is_bounded() {
        assert_eq!(WaitingNotice::parse("3;60"), Some(WaitingNotice { records: 3, oldest_s: 60 }));
        for wrong in ["", "3", "3;", "-1;0", "201;0", "x;y", "3;60;1"] {
            assert_eq!(WaitingNotice::parse(wrong), None, "{wrong}");
        }
        let long = WaitingNotice::parse(&format!("1;{}", u64::MAX)).unwrap();
        assert_eq!(long.oldest_s, 366 * 86_400, "no clock makes it wait for ever");
        let phones = WaitingPhones::default();
        let one = WaitingNotice { records: 1, oldest_s: 0 };
        for n in 0..PHONES_MAX + 5 {
            phones.note_phone(known(n), one, 0);
        }
        assert_eq!(phones.total(0).map(|total| total.phones), Some(PHONES_MAX));
        assert_eq!(phones.total(SILENCE_MS + 1), None);
    }

    #[test]
    fn whoever_pretends_to_be_many_phones_hides_no_real_one() {
        let phones = WaitingPhones::default();
        let made_up = WaitingNotice { records: 200, oldest_s: OLDEST_S_MAX };
        let stranger = |n, at| NoticeSender { device: phone(n), network: network(at), is_known: false };
        for n in 100..200 {
            phones.note_phone(stranger(n, 1), made_up, 0);
        }
        assert_eq!((phones.all(0).len(), phones.overdue(0).len()), (STRANGERS_MAX, 0));
        let day = WaitingNotice { records: 2, oldest_s: OVERDUE_MS / 1_000 };
        phones.note_phone(known(1), day, 0);
        // From many networks they fill the table, and still a phone that is known is listed first.
        for n in 1_000..3_000 {
            phones.note_phone(stranger(n, n), made_up, 0);
        }
        phones.note_phone(known(2), day, 0);
        phones.note_phone(stranger(9_000, 9_000), day, 0);
        assert_eq!(phones.all(0).len(), PHONES_MAX);
        assert_eq!(phones.all(0)[..2].iter().map(|row| row.device).collect::<Vec<_>>(), [phone(1), phone(2)]);
        let overdue: Vec<_> = phones.overdue(0).into_keys().collect();
        assert_eq!(overdue, [phone(1), phone(2)]);
        assert_eq!(phones.total(0).map(|total| (total.phones, total.records)), Some((2, 4)));
        assert_eq!(phones.find(phone(9_000), 0), None);
    }

    #[test]
    fn whoever_first_holds_nothing_is_bounded_as_well() {
        let phones = WaitingPhones::default();
        for records in [0, 200] {
            for n in 1..=50 {
                let stranger = NoticeSender { device: phone(n), network: network(1), is_known: false };
                phones.note_phone(stranger, WaitingNotice { records, oldest_s: OLDEST_S_MAX }, 0);
            }
        }
        assert_eq!(phones.all(0).len(), STRANGERS_MAX);
        assert_eq!(phones.find(phone(50), 0).map(|row| row.notice.records), Some(0), "it stays known");
    }

    #[test]
    fn the_oldest_goes_on_waiting_until_its_phone_says_otherwise() {
        let phones = WaitingPhones::default();
        assert_eq!(phones.total(0), None);
        phones.note_phone(known(1), WaitingNotice { records: 2, oldest_s: 60 }, 1_000);
        phones.note_phone(known(2), WaitingNotice { records: 3, oldest_s: 5 }, 2_000);
        assert_eq!(phones.total(3_000), Some(WaitingTotal { phones: 2, records: 5, oldest_ms: 62_000 }));
        phones.note_phone(known(1), WaitingNotice { records: 0, oldest_s: 0 }, 4_000);
        assert_eq!(phones.total(4_000), Some(WaitingTotal { phones: 1, records: 3, oldest_ms: 7_000 }));
    }

    #[test]
    fn a_phone_is_gone_until_it_is_there_after_all() {
        let phones = WaitingPhones::default();
        let day = |n: u32| WaitingNotice { records: n, oldest_s: OVERDUE_MS / 1_000 };
        phones.note_phone(known(1), day(2), 1_000);
        phones.note_phone(known(2), WaitingNotice { records: 3, oldest_s: 5 }, 2_000);
        assert_eq!(phones.overdue(3_000), BTreeMap::from([(phone(1), 2)]));
        let closing = PhoneClosing { staff: StaffId::new(0, [0; 10]), up_ms: 4_000 };
        phones.close_phone(phone(1), 9, closing);
        phones.close_phone(phone(3), 9, closing);
        assert_eq!(
            (phones.overdue(5_000), phones.total(5_000).map(|total| total.records)),
            (BTreeMap::new(), Some(3))
        );
        let all: Vec<_> = phones
            .all(5_000)
            .iter()
            .map(|row| (row.device, row.notice.records, row.closed.is_some()))
            .collect();
        assert_eq!(all, [(phone(1), 2, true), (phone(2), 3, false), (phone(3), 9, true)]);
        phones.note_phone(known(1), day(2), 6_000);
        assert_eq!(phones.overdue(6_000).len(), 1);
        phones.note_phone(known(1), day(0), 7_000);
        assert_eq!(phones.find(phone(1), 7_000).map(|row| row.notice.records), Some(0));
        phones.note_phone(known(2), day(0), 8_000 + EMPTIED_MS);
        assert_eq!(phones.find(phone(1), 8_000 + EMPTIED_MS), None);
    }
}
