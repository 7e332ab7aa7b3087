//! When something was done, by the raw readings of a phone's two clocks.
//!
//! A phone's wall clock continues while it sleeps, but people and networks set it. Its page's own clock cannot be set, but stands
//! still in sleep in most browsers. Neither alone is an age; the box's own clock shows which of the two to believe.

use record::entry::ClockState;
use record::ids::BootId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use service::clock::Now;

/// A phone's clock that is off by less between two answers of the box was not set in between.
const DRIFT_MS_MAX: i64 = 60_000;
/// What waited longer waited on a clock that cannot be believed.
const AGE_MS_MAX: i64 = 366 * 86_400_000;

/// One reading of a phone's clocks: `Date.now()`, milliseconds since 1970, and `performance.now()` in whole milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PhoneReading(pub i64, pub i64);

impl PhoneReading {
    fn wall_ms_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    fn page_ms_since(self, earlier: Self) -> i64 {
        self.1.saturating_sub(earlier.1)
    }
}

/// When a phone last heard from the box before something was done on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BoxContact {
    /// The phone's `Date.now()` then.
    phone: i64,
    /// The box's wall clock as it said, milliseconds since 1970; absent where nothing vouched for it.
    #[serde(default, rename = "box")]
    box_ms: Option<i64>,
    /// The run of the box's system.
    #[schemars(with = "String")]
    boot: BootId,
    /// Milliseconds since that boot.
    up: u64,
}

impl BoxContact {
    /// That the phone read `phone_ms` when the box read `box_now`.
    pub fn new(phone_ms: i64, box_now: &Now) -> Self {
        let box_ms = Some(box_now.wall_ms).filter(|_| box_now.state == ClockState::Synced);
        Self { phone: phone_ms, box_ms, boot: box_now.boot, up: box_now.up_ms }
    }

    /// How much time passed since by the box; absent where it is unknown.
    fn passed_ms(&self, now: &Now) -> Option<i64> {
        if self.boot == now.boot {
            return i64::try_from(now.up_ms.checked_sub(self.up)?).ok();
        }
        let then = self.box_ms.filter(|_| now.state == ClockState::Synced)?;
        Some(now.wall_ms.saturating_sub(then)).filter(|passed| *passed >= 0)
    }
}

/// What a phone reports of its clocks; it judges nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PhoneTimes {
    /// The page was opened.
    pub open: PhoneReading,
    /// The contact time was started.
    #[serde(default)]
    pub start: Option<PhoneReading>,
    /// The record was made.
    pub press: PhoneReading,
    /// This request was made.
    pub send: PhoneReading,
    /// The page that sends it is the very one on which it was made, so that its own clock ran all the time.
    pub same_page: bool,
    /// The last contact with the box before the press.
    #[serde(default)]
    pub seen: Option<BoxContact>,
}

/// When something was done, as the box sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimePlace {
    /// How long ago it was done.
    pub age_ms: u64,
    /// From the start of the contact time to the press; absent where none was started, or its length is unknown.
    pub contact_ms: Option<u64>,
    /// From the first look at the item to the press, less the contact time; absent where it is unknown.
    pub took_ms: Option<u64>,
    /// The phone's clock was set in between, or nothing says that it was not.
    pub unsure: bool,
}

impl TimePlace {
    /// The same, looked at so much later: what came behind the phone's readings took its time.
    #[must_use]
    pub fn after(self, ms: u64) -> Self {
        Self { age_ms: self.age_ms.saturating_add(ms), ..self }
    }
}

pub fn place_in_time(times: &PhoneTimes, now: &Now) -> TimePlace {
    let steady = times.seen.is_some_and(|seen| {
        let by_phone = times.send.0.saturating_sub(seen.phone);
        seen.passed_ms(now).is_some_and(|by_box| by_box.abs_diff(by_phone) <= DRIFT_MS_MAX.unsigned_abs())
    });
    let between = match steady || !times.same_page {
        true => PhoneReading::wall_ms_since,
        false => PhoneReading::page_ms_since,
    };
    let age = credible_ms(between(times.send, times.press));
    let contact = times.start.map(|start| credible_ms(between(times.press, start)));
    let took = credible_ms(between(times.press, times.open));
    TimePlace {
        age_ms: age.unwrap_or(0),
        contact_ms: contact.flatten(),
        took_ms: took.map(|took| less_contact(took, contact.flatten())),
        unsure: !steady || age.is_none() || contact == Some(None),
    }
}

/// Places a record that came in a copy of a phone's queue. The phone is not there to say what its clocks read now, so that this
/// is never sure: its clock is assumed to have run on since it was last in contact with the box.
pub fn place_copied(times: &PhoneTimes, now: &Now) -> TimePlace {
    let passed_ms = times.seen.and_then(|seen| Some(seen.phone.saturating_add(seen.passed_ms(now)?)));
    let phone_now_ms = passed_ms.unwrap_or(now.wall_ms);
    let between = if times.same_page { PhoneReading::page_ms_since } else { PhoneReading::wall_ms_since };
    let contact = times.start.and_then(|start| credible_ms(between(times.press, start)));
    let age = credible_ms(phone_now_ms.saturating_sub(times.press.0));
    let took_ms = credible_ms(between(times.press, times.open)).map(|took| less_contact(took, contact));
    TimePlace { age_ms: age.unwrap_or(0), contact_ms: contact, took_ms, unsure: true }
}

/// Of a contact time that began before this page was opened nothing was waited for on it.
fn less_contact(took_ms: u64, contact_ms: Option<u64>) -> u64 {
    took_ms - contact_ms.filter(|contact_ms| *contact_ms <= took_ms).unwrap_or(0)
}

fn credible_ms(ms: i64) -> Option<u64> {
    u64::try_from(ms).ok().filter(|_| ms <= AGE_MS_MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START_MS: i64 = 1_795_000_000_000;
    const HOUR_MS: i64 = 3_600_000;
    const YEAR_MS: i64 = 365 * 86_400_000;

    /// The box, so many milliseconds after it was last heard.
    fn box_after(ms: i64) -> Now {
        Now {
            wall_ms: START_MS + ms,
            boot: BootId::new(0, [1; 10]),
            up_ms: 1_000 + ms.unsigned_abs(),
            state: ClockState::Synced,
        }
    }

    /// A phone that heard the box, went away, opened a page, started the contact time, pressed, and came back; with how far
    /// its clock is off.
    fn times(off_ms: i64, moments: [i64; 4]) -> PhoneTimes {
        let [open, start, press, send] = moments.map(|ms| PhoneReading(START_MS + off_ms + ms, ms));
        PhoneTimes {
            open,
            start: Some(start),
            press,
            send,
            same_page: true,
            seen: Some(BoxContact::new(START_MS + off_ms, &box_after(0))),
        }
    }

    #[test]
    fn a_clock_that_is_a_year_off_and_goes_on_is_exact() {
        for off_ms in [-YEAR_MS, 0, YEAR_MS] {
            let asleep = PhoneTimes {
                send: PhoneReading(START_MS + off_ms + HOUR_MS, 400_000),
                ..times(off_ms, [0, 60_000, 300_000, HOUR_MS])
            };
            let place = place_in_time(&asleep, &box_after(HOUR_MS));
            let age_ms = HOUR_MS.unsigned_abs() - 300_000;
            assert_eq!(
                place,
                TimePlace { age_ms, contact_ms: Some(240_000), took_ms: Some(60_000), unsure: false }
            );
        }
    }

    #[test]
    fn recording_takes_from_the_first_look_to_the_press() {
        let place = |times: &PhoneTimes| place_in_time(times, &box_after(HOUR_MS)).took_ms;
        let looked = times(0, [40_000, 60_000, 300_000, HOUR_MS]);
        assert_eq!(place(&looked), Some(20_000));
        // The contact time began on a page before this one.
        let begun = times(0, [200_000, 60_000, 300_000, HOUR_MS]);
        assert_eq!(place(&begun), Some(100_000));
        assert_eq!(place(&PhoneTimes { start: None, ..begun }), Some(100_000));
        let ahead = PhoneTimes { start: None, open: PhoneReading(START_MS + HOUR_MS, 0), ..looked };
        assert_eq!(place(&ahead), None);
    }

    #[test]
    fn a_clock_that_was_set_gives_way_to_the_clock_of_the_page() {
        let mut set = times(0, [0, 60_000, 300_000, HOUR_MS]);
        set.send.0 += YEAR_MS;
        let place = place_in_time(&set, &box_after(HOUR_MS));
        assert_eq!((place.age_ms, place.unsure), (HOUR_MS.unsigned_abs() - 300_000, true));
        // Another page has another clock: what is left is the one that was set.
        let reloaded = PhoneTimes { same_page: false, send: PhoneReading(set.send.0, 5), ..set };
        let place = place_in_time(&reloaded, &box_after(HOUR_MS));
        assert_eq!((place.age_ms, place.unsure), ((YEAR_MS + HOUR_MS).unsigned_abs() - 300_000, true));
        let back = PhoneTimes { send: PhoneReading(START_MS - YEAR_MS, 5), ..reloaded };
        assert_eq!(place_in_time(&back, &box_after(HOUR_MS)).age_ms, 0);
        let ages = PhoneTimes { send: PhoneReading(START_MS + 2 * YEAR_MS, 5), ..reloaded };
        assert_eq!(place_in_time(&ages, &box_after(HOUR_MS)).age_ms, 0);
    }

    #[test]
    fn a_box_that_was_started_anew_compares_only_clocks_that_are_kept() {
        let kept = times(YEAR_MS, [0, 0, 0, HOUR_MS]);
        let anew = Now { boot: BootId::new(0, [2; 10]), up_ms: 7, ..box_after(HOUR_MS) };
        assert!(!place_in_time(&kept, &anew).unsure);
        assert!(place_in_time(&kept, &Now { state: ClockState::Rtc, ..anew }).unsure);
        let before = Now { state: ClockState::Uncertain, ..box_after(0) };
        let unkept = PhoneTimes { seen: Some(BoxContact::new(START_MS + YEAR_MS, &before)), ..kept };
        assert!(place_in_time(&unkept, &anew).unsure);
        assert!(
            !place_in_time(&unkept, &box_after(HOUR_MS)).unsure,
            "within one run the box counts by itself"
        );
        assert!(place_in_time(&PhoneTimes { seen: None, ..kept }, &box_after(HOUR_MS)).unsure);
    }

    proptest! {
        #[test]
        fn sleep_and_a_wrong_clock_cost_nothing(
            off_ms in -YEAR_MS..YEAR_MS, start in 0..HOUR_MS, press in 0..HOUR_MS, wait in 0..30 * 24 * HOUR_MS,
            awake_percent in 0..=100_i64, same_page: bool,
        ) {
            let press = start + press;
            let mut slept = times(off_ms, [0, start, press, press + wait]);
            slept.same_page = same_page;
            for reading in [&mut slept.press, &mut slept.send] {
                reading.1 = reading.1 * awake_percent / 100;
            }
            let place = place_in_time(&slept, &box_after(press + wait));
            prop_assert_eq!(place.age_ms, wait.unsigned_abs());
            prop_assert_eq!(place.contact_ms, Some((press - start).unsigned_abs()));
            prop_assert!(!place.unsure);
        }

        #[test]
        fn whatever_a_phone_says_is_within_a_year(
            readings: [(i64, i64); 4], phone: i64, box_ms: Option<i64>, up: u64, same_boot: bool, same_page: bool,
            wall_ms: i64, up_ms: u64,
        ) {
            let [open, start, press, send] = readings.map(|(wall, page)| PhoneReading(wall, page));
            let boot = BootId::new(0, [u8::from(same_boot); 10]);
            let seen = Some(BoxContact { phone, box_ms, boot, up });
            let times = PhoneTimes { open, start: Some(start), press, send, same_page, seen };
            let place = place_in_time(&times, &Now { wall_ms, up_ms, ..box_after(0) });
            prop_assert!(place.age_ms <= AGE_MS_MAX.unsigned_abs());
            prop_assert!(place.contact_ms.is_none_or(|ms| ms <= AGE_MS_MAX.unsigned_abs()));
        }
    }

    #[test]
    fn a_copy_is_placed_by_the_last_contact_and_never_sure() {
        let moments = [HOUR_MS, HOUR_MS, HOUR_MS + 200_000, 2 * HOUR_MS];
        let later = box_after(5 * HOUR_MS);
        let place = place_copied(&times(YEAR_MS, moments), &later);
        let age_ms = u64::try_from(4 * HOUR_MS - 200_000).unwrap();
        let contact_ms = Some(200_000);
        assert_eq!(place, TimePlace { age_ms, contact_ms, took_ms: Some(0), unsure: true });
        let unseen = PhoneTimes { seen: None, ..times(0, moments) };
        assert_eq!(place_copied(&unseen, &later).age_ms, age_ms);
    }
}
