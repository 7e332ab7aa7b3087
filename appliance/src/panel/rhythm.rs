//! When a light is on and the buzzer sounds, and when that changes next: by arithmetic over the time since the boot.

use super::causes::{BuzzPattern, LightColour, LightPattern, PanelSignal};
use super::{BuzzerState, PanelLights, PanelOutput};

/// Half of a blink: 1 Hz.
const HALF_BLINK_MS: u64 = 500;
const MINUTE_MS: u64 = 60_000;
const HOUR_MS: u64 = 60 * MINUTE_MS;
const SHORT: &[(u64, u64)] = &[(0, 100)];
const THREE_LONG: &[(u64, u64)] = &[(0, 600), (900, 1_500), (1_800, 2_400)];
const DAY_MINUTES: std::ops::Range<u16> = 7 * 60..22 * 60;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PanelTime {
    pub up_ms: u64,
    pub day_minute: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShownSignal {
    pub signal: PanelSignal,
    pub since_ms: u64,
}

impl ShownSignal {
    /// What comes after it: the same signal continues, so that no blink and no sound restarts.
    pub fn followed_by(self, signal: PanelSignal, up_ms: u64) -> Self {
        if signal == self.signal { self } else { Self { signal, since_ms: up_ms } }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PanelFrame {
    pub output: PanelOutput,
    /// When it changes by time alone; absent: never.
    pub until_ms: Option<u64>,
}

/// The frame of a moment. `answered_ms`: when a press was last answered, by one short sound.
pub fn compose_frame(shown: ShownSignal, answered_ms: Option<u64>, at: PanelTime) -> PanelFrame {
    let since_ms = at.up_ms.saturating_sub(shown.since_ms);
    let (is_on, light_left_ms) = match shown.signal.pattern {
        LightPattern::Steady => (true, None),
        LightPattern::Blinking => {
            let left_ms = HALF_BLINK_MS - since_ms % HALF_BLINK_MS;
            ((since_ms / HALF_BLINK_MS).is_multiple_of(2), Some(left_ms))
        }
    };
    let colour = shown.signal.colour;
    let lights = PanelLights {
        green: is_on && colour == LightColour::Green,
        amber: is_on && colour == LightColour::Amber,
        red: is_on && colour == LightColour::Red,
    };
    let is_day = DAY_MINUTES.contains(&at.day_minute);
    let pattern = sound_at(shown.signal.buzz, since_ms);
    let pattern_sounds = pattern.sounds && (is_day || shown.signal.buzz != BuzzPattern::ShortEachMinute);
    let answer = answered_ms.map(|answered| sound_in(SHORT, at.up_ms.saturating_sub(answered), None));
    let answer_sounds = is_day && answer.is_some_and(|answer| answer.sounds);
    let left_ms = [light_left_ms, pattern.left_ms, answer.and_then(|answer| answer.left_ms)];
    PanelFrame {
        output: PanelOutput {
            lights,
            buzzer: if pattern_sounds || answer_sounds { BuzzerState::Sounding } else { BuzzerState::Silent },
        },
        until_ms: left_ms.into_iter().flatten().min().map(|left| at.up_ms.saturating_add(left)),
    }
}

/// Whether a pattern sounds, and for how long nothing of that changes.
#[derive(Debug, Clone, Copy)]
struct SoundMoment {
    sounds: bool,
    left_ms: Option<u64>,
}

fn sound_at(buzz: BuzzPattern, since_ms: u64) -> SoundMoment {
    match buzz {
        BuzzPattern::Never => SoundMoment { sounds: false, left_ms: None },
        BuzzPattern::ShortEachMinute => sound_in(SHORT, since_ms, Some(MINUTE_MS)),
        BuzzPattern::LongOnce => sound_in(THREE_LONG, since_ms, None),
        BuzzPattern::LongEachHour => sound_in(THREE_LONG, since_ms, Some(HOUR_MS)),
    }
}

fn sound_in(sounds: &[(u64, u64)], since_ms: u64, period_ms: Option<u64>) -> SoundMoment {
    let at_ms = period_ms.map_or(since_ms, |period| since_ms % period);
    let borders = sounds.iter().flat_map(|(from, to)| [*from, *to]).chain(period_ms);
    SoundMoment {
        sounds: sounds.iter().any(|(from, to)| (*from..*to).contains(&at_ms)),
        left_ms: borders.filter(|border| *border > at_ms).min().map(|border| border - at_ms),
    }
}

#[cfg(test)]
mod tests {
    use service::clock::{Clock as _, FakeClock};

    use super::*;
    use crate::panel::causes::PanelCause;

    const NOON: u16 = 12 * 60;

    /// Every change of a signal within so many milliseconds under a clock that is set by hand: when, lights and buzzer.
    fn changes(cause: PanelCause, day_minute: u16, within_ms: u64) -> Vec<(u64, &'static str, bool)> {
        let clock = FakeClock::at_ms(1_800_000_000_000);
        clock.advance_ms(5_000);
        let shown = ShownSignal { signal: cause.signal(), since_ms: clock.now().up_ms };
        let (begun, mut all) = (clock.now().up_ms, Vec::new());
        let mut last = None;
        loop {
            let up_ms = clock.now().up_ms;
            let frame = compose_frame(shown, None, PanelTime { up_ms, day_minute });
            if last != Some(frame.output) {
                let PanelLights { green, amber, red } = frame.output.lights;
                let light = match (green, amber, red) {
                    (false, false, false) => "-",
                    (true, false, false) => "green",
                    (false, true, false) => "amber",
                    (false, false, true) => "red",
                    _ => "two at once",
                };
                all.push((up_ms - begun, light, frame.output.buzzer == BuzzerState::Sounding));
                last = Some(frame.output);
            }
            match frame.until_ms {
                Some(until) if until - begun <= within_ms => {
                    assert!(until > up_ms, "it goes on");
                    clock.advance_ms(i64::try_from(until - up_ms).unwrap());
                }
                _ => return all,
            }
        }
    }

    #[test]
    fn steady_lights_change_nothing() {
        assert_eq!(changes(PanelCause::RelayQuiet, NOON, 100_000_000), [(0, "amber", false)]);
    }

    #[test]
    fn blinking_is_once_a_second() {
        assert_eq!(
            changes(PanelCause::Starting, NOON, 1_600),
            [(0, "green", false), (500, "-", false), (1_000, "green", false), (1_500, "-", false)]
        );
    }

    #[test]
    fn a_question_sounds_each_minute_by_day_only() {
        let sounds = |minute| {
            let all = changes(PanelCause::LabelInDoubt, minute, 130_000).into_iter();
            all.filter(|(_, _, sounds)| *sounds).map(|(at, ..)| at).collect::<Vec<_>>()
        };
        for (minute, expected) in [
            (NOON, vec![0, 60_000, 120_000]),
            (7 * 60, vec![0, 60_000, 120_000]),
            (22 * 60 - 1, vec![0, 60_000, 120_000]),
            (22 * 60, vec![]),
            (6 * 60 + 59, vec![]),
            (0, vec![]),
        ] {
            assert_eq!(sounds(minute), expected, "minute {minute}");
        }
        let first = &changes(PanelCause::LabelInDoubt, NOON, 499)[..2];
        assert_eq!(first, [(0, "amber", true), (100, "amber", false)], "one short");
    }

    #[test]
    fn three_long_sound_once_when_nothing_is_recorded_even_by_night() {
        let all = changes(PanelCause::NotRecording, 3 * 60, 100_000_000);
        let expected = [(0, true), (600, false), (900, true), (1_500, false), (1_800, true), (2_400, false)];
        assert_eq!(all, expected.map(|(at, sounds)| (at, "red", sounds)));
    }

    #[test]
    fn a_storage_alarm_sounds_each_hour_until_it_is_acknowledged() {
        let begins: Vec<u64> = changes(PanelCause::StorageAlarm, 3 * 60, 2 * 3_600_000)
            .into_iter()
            .scan(false, |was, (at, _, sounds)| {
                let begins = sounds && !*was;
                *was = sounds;
                Some(begins.then_some(at))
            })
            .flatten()
            .collect();
        assert_eq!(begins, [0, 900, 1_800, 3_600_000, 3_600_900, 3_601_800, 7_200_000]);
    }

    #[test]
    fn the_same_signal_goes_on_and_another_begins_at_its_start() {
        let shown = ShownSignal { signal: PanelCause::NotRecording.signal(), since_ms: 5 };
        assert_eq!(shown.followed_by(PanelCause::NotRecording.signal(), 900), shown);
        let other = shown.followed_by(PanelCause::StorageAlarm.signal(), 900);
        assert_eq!(other.since_ms, 900);
    }

    #[test]
    fn a_press_is_answered_by_one_short_sound() {
        let shown = ShownSignal { signal: PanelSignal::WELL, since_ms: 0 };
        let at = |up_ms, day_minute| compose_frame(shown, Some(1_000), PanelTime { up_ms, day_minute });
        let sounding = at(1_050, NOON);
        assert_eq!((sounding.output.buzzer, sounding.until_ms), (BuzzerState::Sounding, Some(1_100)));
        assert_eq!(at(1_100, NOON).output.buzzer, BuzzerState::Silent);
        assert_eq!(at(1_100, NOON).until_ms, None, "nothing is waited for any more");
        assert_eq!(at(1_050, 23 * 60).output.buzzer, BuzzerState::Silent, "not by night");
        assert!(at(1_050, 23 * 60).output.lights.green);
    }
}
