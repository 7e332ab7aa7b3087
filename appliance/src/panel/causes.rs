//! The problems of the box, and which light and which sound say so: one table.

use std::collections::BTreeSet;

use record::alarm::AlarmCode;

use crate::disk_space::{DiskLevel, DiskSpace};
use crate::setup::SetupStage;

/// Without contact with the relay for this long, amber shows it.
pub const RELAY_QUIET_MS: i64 = 10 * 60_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LightColour {
    Green,
    Amber,
    Red,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LightPattern {
    Steady,
    Blinking,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BuzzPattern {
    Never,
    /// One short each minute, from 7 to 22 h.
    ShortEachMinute,
    LongOnce,
    LongEachHour,
}

/// What the panel shows: one light at a time, so that nobody has to add colours up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PanelSignal {
    pub colour: LightColour,
    pub pattern: LightPattern,
    pub buzz: BuzzPattern,
}

impl PanelSignal {
    const fn new(colour: LightColour, pattern: LightPattern, buzz: BuzzPattern) -> Self {
        Self { colour, pattern, buzz }
    }

    /// Records are stored, and no one is needed.
    pub const WELL: Self = Self::new(LightColour::Green, LightPattern::Steady, BuzzPattern::Never);
}

impl Default for PanelSignal {
    fn default() -> Self {
        PanelCause::Starting.signal()
    }
}

macro_rules! panel_causes {
    ($($(#[$doc:meta])* $name:ident = $colour:ident $pattern:ident $buzz:ident,)*) => {
        /// What is the matter, the most urgent first: of several the first is shown.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum PanelCause {
            $($(#[$doc])* $name,)*
        }

        impl PanelCause {
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            pub const fn signal(self) -> PanelSignal {
                match self {
                    $(Self::$name => PanelSignal::new(
                        LightColour::$colour, LightPattern::$pattern, BuzzPattern::$buzz,
                    ),)*
                }
            }
        }
    };
}

panel_causes! {
    /// A new record would not be stored.
    NotRecording = Red Steady LongOnce,
    /// Something happened to the storage that nobody has acknowledged.
    StorageAlarm = Red Blinking LongEachHour,
    /// It starts, or rebuilds its tables.
    Starting = Green Blinking Never,
    /// The claim file of its card has mistakes: they are listed on the set-up page and on the card.
    SetupMistakes = Amber Blinking ShortEachMinute,
    /// Somebody has to look whether a label came out.
    LabelInDoubt = Amber Blinking ShortEachMinute,
    /// A press that asked for what cannot be done now.
    PressRefused = Amber Blinking Never,
    PrinterWaits = Amber Steady Never,
    /// Nobody has set it up yet.
    SetupOpen = Amber Steady Never,
    /// Its claim has not reached the relay yet.
    ClaimWaits = Amber Steady Never,
    /// There was no contact with the relay for a while.
    RelayQuiet = Amber Steady Never,
    ClockUnsure = Amber Steady Never,
    DiskFills = Amber Steady Never,
    /// The last backup is old, or failed.
    BackupOld = Amber Steady Never,
    /// Some other alarm that nobody has acknowledged.
    AlarmUnread = Amber Steady Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RelayContact {
    /// The box works alone by choice.
    #[default]
    None,
    Claiming,
    Up,
    /// There is none; since when, milliseconds since 1970. Absent: since the start.
    Down {
        since_ms: Option<i64>,
    },
}

impl RelayContact {
    /// What that is the matter, at `now_ms`, of a box that runs since `begun_ms`.
    pub fn cause(self, now_ms: i64, begun_ms: i64) -> Option<PanelCause> {
        match self {
            Self::None | Self::Up => None,
            Self::Claiming => Some(PanelCause::ClaimWaits),
            Self::Down { since_ms } => {
                let quiet_ms = now_ms.saturating_sub(since_ms.unwrap_or(begun_ms));
                (quiet_ms >= RELAY_QUIET_MS).then_some(PanelCause::RelayQuiet)
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetupView {
    /// Of an image, as first boot left it.
    Image(SetupStage),
    /// On an installation without the image, which is not set up by a card, a facility admin can sign in.
    AdminThere,
    AdminMissing,
}

pub fn find_setup_cause(view: SetupView) -> Option<PanelCause> {
    match view {
        SetupView::Image(SetupStage::Done) | SetupView::AdminThere => None,
        SetupView::Image(SetupStage::None) | SetupView::AdminMissing => Some(PanelCause::SetupOpen),
        SetupView::Image(SetupStage::Mistakes) => Some(PanelCause::SetupMistakes),
    }
}

pub fn find_disk_cause(space: DiskSpace) -> Option<PanelCause> {
    (space.level() != DiskLevel::Ample).then_some(PanelCause::DiskFills)
}

const OF_STORAGE: &[AlarmCode] = &[
    AlarmCode::DiskFull,
    AlarmCode::BoxReplaced,
    AlarmCode::LogMissing,
    AlarmCode::LogForgot,
    AlarmCode::RelayOther,
    AlarmCode::RebuildShort,
    AlarmCode::DbDamaged,
    AlarmCode::LogHealed,
    AlarmCode::DbSalvage,
    AlarmCode::LogEpoch,
    AlarmCode::LogAdopted,
    AlarmCode::LogApart,
    AlarmCode::CopyRemoved,
];

/// What an alarm has to say. The gravest are about storage (STORE.md, section 6): those blink red until somebody has
/// acknowledged them. `code` is the alarm's own word, so that one of a later version counts as well.
pub fn find_alarm_cause(code: &str, alarm: AlarmView) -> Option<PanelCause> {
    match (code, alarm) {
        (_, AlarmView::Over) => None,
        ("clock-unsure", AlarmView::Seen | AlarmView::Unseen | AlarmView::UnseenAndOver) => {
            (alarm != AlarmView::UnseenAndOver).then_some(PanelCause::ClockUnsure)
        }
        ("backup-old" | "backup-failed", AlarmView::Seen | AlarmView::Unseen) => Some(PanelCause::BackupOld),
        (code, AlarmView::Unseen | AlarmView::UnseenAndOver)
            if OF_STORAGE.iter().any(|known| known.as_str() == code) =>
        {
            Some(PanelCause::StorageAlarm)
        }
        (_, AlarmView::Unseen | AlarmView::UnseenAndOver) => Some(PanelCause::AlarmUnread),
        (_, AlarmView::Seen) => None,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlarmView {
    /// It lasts, and nobody has acknowledged it.
    Unseen,
    UnseenAndOver,
    Seen,
    Over,
}

pub fn choose_signal(causes: &BTreeSet<PanelCause>) -> PanelSignal {
    causes.first().map_or(PanelSignal::WELL, |cause| cause.signal())
}

#[cfg(test)]
mod tests {
    use super::*;
    use BuzzPattern::{LongEachHour, LongOnce, Never, ShortEachMinute};
    use LightColour::{Amber, Green, Red};
    use LightPattern::{Blinking, Steady};

    fn shown(causes: &[PanelCause]) -> (LightColour, LightPattern, BuzzPattern) {
        let PanelSignal { colour, pattern, buzz } = choose_signal(&causes.iter().copied().collect());
        (colour, pattern, buzz)
    }

    /// The table of BOX.md, section 9.
    #[test]
    fn each_cause_has_its_light_and_its_sound() {
        use PanelCause::*;
        let table: &[(&[PanelCause], _)] = &[
            (&[], (Green, Steady, Never)),
            (&[Starting], (Green, Blinking, Never)),
            (&[RelayQuiet], (Amber, Steady, Never)),
            (&[ClockUnsure], (Amber, Steady, Never)),
            (&[DiskFills], (Amber, Steady, Never)),
            (&[PrinterWaits], (Amber, Steady, Never)),
            (&[BackupOld], (Amber, Steady, Never)),
            (&[AlarmUnread], (Amber, Steady, Never)),
            (&[SetupOpen], (Amber, Steady, Never)),
            (&[ClaimWaits], (Amber, Steady, Never)),
            (&[SetupMistakes], (Amber, Blinking, ShortEachMinute)),
            (&[LabelInDoubt], (Amber, Blinking, ShortEachMinute)),
            (&[PressRefused], (Amber, Blinking, Never)),
            (&[NotRecording], (Red, Steady, LongOnce)),
            (&[StorageAlarm], (Red, Blinking, LongEachHour)),
        ];
        let named: BTreeSet<PanelCause> =
            table.iter().flat_map(|(causes, _)| causes.iter().copied()).collect();
        assert_eq!(named.len(), PanelCause::ALL.len(), "the table has all of them");
        for (causes, expected) in table {
            assert_eq!(shown(causes), *expected, "{causes:?}");
        }
    }

    #[test]
    fn of_several_the_most_urgent_is_shown() {
        use PanelCause::*;
        let cases: &[(&[PanelCause], PanelCause)] = &[
            (&[RelayQuiet, LabelInDoubt], LabelInDoubt),
            (&[StorageAlarm, LabelInDoubt, RelayQuiet], StorageAlarm),
            (&[StorageAlarm, NotRecording], NotRecording),
            (&[Starting, SetupMistakes, RelayQuiet], Starting),
            (&[Starting, NotRecording], NotRecording),
            (&[PressRefused, LabelInDoubt], LabelInDoubt),
            (&[PressRefused, RelayQuiet], PressRefused),
        ];
        for (causes, first) in cases {
            assert_eq!(choose_signal(&causes.iter().copied().collect()), first.signal(), "{causes:?}");
        }
    }

    #[test]
    fn the_relay_may_be_quiet_for_ten_minutes() {
        let now_ms = 1_800_000_000_000;
        let down = |since_ms| RelayContact::Down { since_ms };
        let cases = [
            (RelayContact::None, None),
            (RelayContact::Up, None),
            (RelayContact::Claiming, Some(PanelCause::ClaimWaits)),
            (down(Some(now_ms - 599_999)), None),
            (down(Some(now_ms - 600_000)), Some(PanelCause::RelayQuiet)),
            (down(None), None),
        ];
        for (contact, cause) in cases {
            assert_eq!(contact.cause(now_ms, now_ms - 1_000), cause, "{contact:?}");
        }
        assert_eq!(
            down(None).cause(now_ms, now_ms - 600_000),
            Some(PanelCause::RelayQuiet),
            "since the start"
        );
    }

    #[test]
    fn an_alarm_counts_until_it_is_acknowledged() {
        use AlarmView::{Over, Seen, Unseen, UnseenAndOver};
        let cases = [
            ("disk-full", Unseen, Some(PanelCause::StorageAlarm)),
            ("log-healed", UnseenAndOver, Some(PanelCause::StorageAlarm)),
            ("log-missing", Seen, None),
            ("box-replaced", Unseen, Some(PanelCause::StorageAlarm)),
            ("history-coming", Unseen, Some(PanelCause::AlarmUnread)),
            ("log-epoch", Over, None),
            ("clock-unsure", Unseen, Some(PanelCause::ClockUnsure)),
            ("clock-unsure", Seen, Some(PanelCause::ClockUnsure)),
            ("clock-unsure", UnseenAndOver, None),
            ("backup-old", Seen, Some(PanelCause::BackupOld)),
            ("backup-failed", Unseen, Some(PanelCause::BackupOld)),
            ("side-room", Unseen, Some(PanelCause::AlarmUnread)),
            ("of-a-later-version", Unseen, Some(PanelCause::AlarmUnread)),
            ("side-room", Seen, None),
        ];
        for (code, alarm, cause) in cases {
            assert_eq!(find_alarm_cause(code, alarm), cause, "{code} {alarm:?}");
        }
    }

    #[test]
    fn setting_up_and_disk_have_their_lights() {
        let image = |stage| find_setup_cause(SetupView::Image(stage));
        assert_eq!(image(SetupStage::Done), None);
        assert_eq!(image(SetupStage::None), Some(PanelCause::SetupOpen));
        assert_eq!(image(SetupStage::Mistakes), Some(PanelCause::SetupMistakes));
        assert_eq!(find_setup_cause(SetupView::AdminThere), None);
        assert_eq!(find_setup_cause(SetupView::AdminMissing), image(SetupStage::None));
        let cause =
            |gb: u64, free_gb: u64| find_disk_cause(DiskSpace { total: gb << 30, free: free_gb << 30 });
        assert_eq!([cause(500, 48), cause(10, 2)], [None, None]);
        assert_eq!([cause(500, 3), cause(10, 1), cause(500, 0)], [Some(PanelCause::DiskFills); 3]);
    }
}
