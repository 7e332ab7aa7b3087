//! Words of bodies that may become more: a reader keeps one that it does not know, and shows it as it is.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

const WORD_BYTES_MAX: usize = 32;

/// A word of 1..=32 of `a-z`, `0-9`, space and `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(with = "String"))]
pub struct OpenWord(Box<str>);

impl OpenWord {
    /// The word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text is no such word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a word has 1 to 32 of a-z, 0-9, space and -")]
pub struct OpenWordError;

impl std::str::FromStr for OpenWord {
    type Err = OpenWordError;
    fn from_str(text: &str) -> Result<Self, OpenWordError> {
        if (1..=WORD_BYTES_MAX).contains(&text.len())
            && text
                .bytes()
                .all(|b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b' ' || b == b'-')
        {
            Ok(Self(text.into()))
        } else {
            Err(OpenWordError)
        }
    }
}

impl fmt::Display for OpenWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for OpenWord {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for OpenWord {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

macro_rules! open_words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* })*) => {$(
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(with = "String"))]
        $(#[$doc])*
        pub enum $name {
            $($(#[$vdoc])* $variant,)*
            /// A word that this version does not know.
            Other(OpenWord),
        }

        impl $name {
            /// Those that this version knows.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word in the log.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)*
                    Self::Other(word) => word.as_str(),
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = OpenWordError;
            /// Reads a word, known or not; what a person chose is looked up in `ALL`.
            fn from_str(text: &str) -> Result<Self, OpenWordError> {
                match text {
                    $($word => Ok(Self::$variant),)*
                    _ => text.parse().map(Self::Other),
                }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                std::borrow::Cow::<'de, str>::deserialize(d)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

open_words! {
    /// What is wrong with an item.
    ProblemWord {
        /// It does not work or is damaged.
        Broken = "broken",
        /// A part is not there.
        PartMissing = "part missing",
        /// It cannot be cleaned as it is.
        Uncleanable = "can not be cleaned",
        /// It was put away dirty.
        Soiled = "soiled",
        /// Its label is of another item.
        WrongLabel = "wrong label",
        /// Something else.
        Something = "other",
    }
    /// What came of a report.
    ProblemOutcome {
        /// It was mended.
        Fixed = "fixed",
        /// Nothing was found.
        NoFault = "no fault",
        /// The item is gone for good.
        Retired = "retired",
        /// It was reported before.
        Duplicate = "duplicate",
    }
    /// What a spot check found.
    CheckResult {
        /// Clean.
        Good = "good",
        /// It is to be cleaned again.
        Again = "again",
    }
    /// How a spot check was made.
    CheckMethod {
        /// By looking.
        Look = "look",
        /// By measuring ATP.
        Atp = "atp",
        /// By a fluorescent marker.
        Marker = "marker",
        /// By a culture.
        Culture = "culture",
    }
    /// What a lot holds.
    LotContent {
        /// Disinfectant.
        Agent = "agent",
        /// Test strips.
        Strip = "strip",
        /// Indicators.
        Indicator = "indicator",
    }
    /// Why a lot is not used any more.
    LotEnd {
        /// It is empty.
        UsedUp = "used up",
        /// Its day is past.
        Expired = "expired",
        /// A test failed.
        Failed = "failed",
        /// It was thrown away.
        Discarded = "discarded",
    }
    /// Whether something about a load was good.
    LoadResult {
        /// Good.
        Pass = "pass",
        /// Not good.
        Fail = "fail",
    }
    /// Why a load does not count.
    LoadFailure {
        /// The test strip.
        Strip = "strip",
        /// The temperature.
        Temperature = "temperature",
        /// The indicator.
        Indicator = "indicator",
        /// The agent.
        Agent = "agent",
        /// The machine.
        Machine = "machine",
        /// The maker called it back.
        Recall = "recall",
        /// Something else.
        Something = "other",
    }
    /// What came of a maintenance task.
    UpkeepResult {
        /// It was done.
        Done = "done",
        /// It was not passed.
        Failed = "failed",
    }
    /// What changed in how people sign in.
    AccessChange {
        /// A PIN was set.
        PinSet = "pin set",
        /// A PIN was taken away.
        PinRemoved = "pin removed",
        /// A badge was added.
        BadgeAdded = "badge added",
        /// A badge was taken away.
        BadgeRemoved = "badge removed",
        /// All their sessions ended.
        SignedOut = "signed out everywhere",
        /// A token was made.
        TokenMade = "token made",
        /// A token was revoked.
        TokenRevoked = "token revoked",
        /// A pass for an auditor was made.
        PassMade = "auditor pass",
        /// It ended.
        PassEnded = "auditor pass ended",
    }
    /// What a report is about.
    ReportScope {
        /// All of the facility.
        Facility = "facility",
        /// One item.
        Item = "item",
        /// One person.
        Person = "person",
        /// An inspection.
        Inspection = "inspection",
    }
    /// Whether a report takes its item out of service.
    ProblemPolicy {
        /// Never.
        Tell = "tell",
        /// Where it is proven who reports.
        Proven = "proven",
        /// Always.
        Anyone = "anyone",
    }
    /// Whether contact time that a phone measured counts.
    QueuedPolicy {
        /// It counts.
        Count = "count",
        /// Such a cleaning is incomplete.
        Incomplete = "incomplete",
    }
    /// What comes of a cleaning by somebody who is not signed off.
    CompetencyPolicy {
        /// Nothing.
        Off = "off",
        /// It is flagged.
        Warn = "warn",
        /// It is flagged and incomplete.
        Refuse = "refuse",
    }
    /// Why an item got one more tag.
    TagReason {
        /// Its label was lost.
        Lost = "lost",
        /// As a spare.
        Spare = "spare",
        /// A blank label was claimed.
        Blank = "blank",
    }
    /// Why a tag opens nothing any more.
    TagEnd {
        /// The label was lost.
        Lost = "lost",
        /// It was worn.
        Worn = "worn",
        /// It was assigned by mistake.
        Mistake = "mistake",
    }
    /// What led to a cleaning.
    CleaningTrigger {
        /// Its schedule.
        Schedule = "schedule",
        /// A use.
        AfterUse = "after use",
        /// It was dirty.
        Soiled = "soiled",
        /// An incident.
        Incident = "incident",
        /// It came back.
        Returned = "returned",
        /// A load.
        Load = "load",
    }
    /// A visible remark on a cleaning that does not make it incomplete.
    CleaningFlag {
        /// It was written down late.
        Late = "late",
        /// It began too long after the use.
        Delayed = "delayed",
        /// By somebody who is not signed off for the protocol.
        NotSignedOff = "not signed off",
        /// The agent was past its day.
        LotExpired = "lot expired",
        /// The item was out of service.
        OutOfService = "out of service",
        /// The item was retired.
        Retired = "retired",
        /// A photo was asked for by draw.
        PhotoSample = "photo sample",
        /// It was recorded long after the contact time.
        WetLong = "wet long",
        /// By a version of the protocol that the box does not know.
        OldProtocol = "old protocol",
        /// The time rests on a clock of a phone that was set.
        PhoneClock = "phone clock",
    }
    /// What an own field of a category holds.
    FieldType {
        /// A line.
        Text = "text",
        /// A whole number.
        Number = "number",
        /// A day.
        Date = "date",
        /// One of a list.
        Choice = "choice",
        /// Yes or no.
        Yes = "yes",
    }
    /// How often test strips are used.
    StripPolicy {
        /// For each load.
        Each = "each",
        /// Once a day.
        Daily = "daily",
        /// Never.
        None = "none",
    }
    /// A way to say who cleaned.
    #[cfg_attr(feature = "schema", schemars(rename = "ProofWay"))]
    ProofMethod {
        /// Nobody is named.
        None = "none",
        /// A typed name.
        Typed = "typed",
        /// A name picked from the list.
        List = "list",
        /// A badge.
        Badge = "badge",
        /// A PIN.
        Pin = "pin",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_words_are_read_and_others_are_kept() {
        for known in ProblemWord::ALL {
            assert_eq!(known.as_str().parse::<ProblemWord>().as_ref(), Ok(known));
            assert!(!matches!(known, ProblemWord::Other(_)));
        }
        let newer = "on fire".parse::<ProblemWord>().unwrap();
        assert!(matches!(newer, ProblemWord::Other(_)));
        assert_eq!(serde_json::to_string(&newer).unwrap(), r#""on fire""#);
        let long = "x".repeat(33);
        for wrong in ["", "Broken", "naïve", "a_b", long.as_str()] {
            assert_eq!(wrong.parse::<ProblemWord>(), Err(OpenWordError), "{wrong}");
        }
    }
}
