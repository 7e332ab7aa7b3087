//! What exactly a refusal is about, where one kind of refusal has several rules: each cause with the key of its message in the catalogue.

use std::fmt;

use crate::intake::Permission;

/// Causes by their keys, and groups of causes.
macro_rules! causes {
    ($(#[$doc:meta])* $name:ident { $($cause:ident $key:literal)* } $({ $($group:ident($of:ident))* })?) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $($cause,)*
            $($($group($of),)*)?
        }

        impl $name {
            /// Of the message that says what to do.
            pub const fn key(self) -> &'static str {
                match self {
                    $(Self::$cause => $key,)*
                    $($(Self::$group(cause) => cause.key(),)*)?
                }
            }

            #[cfg(test)]
            pub(crate) fn all() -> Vec<Self> {
                let all = vec![
                    vec![$(Self::$cause),*],
                    $($($of::all().into_iter().map(Self::$group).collect(),)*)?
                ];
                all.concat()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.key())
            }
        }
    };
}

causes! {
    /// Why a person does not set the clock.
    ClockRefusal {
        Synced "refusal-clock-kept"
        Right "refusal-clock-right"
        Time "refusal-clock-time"
    }
}

causes! {
    /// Why an item gets no other tag, code, loan, name or state.
    ItemRefusal {
        CodeCount "refusal-range-codes"
        OwnCode "refusal-already-own-code"
        NoCode "refusal-already-no-code"
        Badge "refusal-range-badge"
        OnlyTag "refusal-already-only-tag"
        MergedWithItself "refusal-range-merged-with-itself"
        LoanDay "refusal-needs-loan-day"
        BackDay "refusal-range-back-day"
        NoFreeTag "refusal-no-free-tag"
        OutOfService "refusal-already-out"
        InService "refusal-already-in"
    }
}

causes! {
    SignOffRefusal {
        Note "refusal-sign-off-note"
        Day "refusal-range-sign-off-day"
        Count "refusal-range-sign-off-count"
        Absent "refusal-already-not-signed-off"
        Yourself "refusal-not-signed-off-yourself"
    }
}

causes! {
    /// Why a setting of the facility is not taken.
    FacilityRefusal {
        TimeZone "refusal-range-zone"
        UndoTime "refusal-range-undo"
        PinProofTime "refusal-range-pin-proof"
        Word "refusal-range-setting"
        InspectionDay "refusal-range-inspection-day"
        SurveyDay "refusal-range-survey-day"
        Shifts "refusal-range-shifts"
        Colour "refusal-range-brand-colour"
        PaleColour "refusal-range-pale-colour"
        RetainYears "refusal-range-retain-years"
        LocalHost "refusal-range-label-host-local"
        PublicHost "refusal-range-label-host-public"
    }
}

causes! {
    /// Why a place or a category gets no other name.
    RenameRefusal {
        Unknown "refusal-rename-unknown"
        ItemCount "refusal-rename-item-count"
    }
}

causes! {
    /// Why a language, or what is said in it, is not taken.
    LanguageRefusal {
        Translation "refusal-range-translation-language"
        Page "refusal-range-page-language"
        Facility "refusal-range-facility-language"
        Steps "refusal-range-translation-steps"
    }
}

causes! {
    /// The rule that a value or a person does not meet.
    RefusalCause {
        OwnName "refusal-name-needed"
        Reason "refusal-reason-needed"
        NoteReason "refusal-note-needed"
        LotDay "refusal-lot-day"
        ProblemKind "refusal-problem-kind"
        ProblemOutcome "refusal-problem-outcome"
        CheckResult "refusal-check-result"
        CheckMethod "refusal-check-method"
        OwnCleaning "refusal-own-cleaning"
        EquipmentName "refusal-needs-equipment-name"
        PersonName "refusal-needs-person-name"
        CustomFieldName "refusal-needs-field-name"
        StepText "refusal-needs-step"
        AgentName "refusal-needs-agent-name"
        ProtocolName "refusal-needs-protocol-name"
        FacilityName "refusal-needs-facility-name"
        ProtocolCount "refusal-range-protocols"
        CustomFieldCount "refusal-range-custom-fields"
        PerformedAhead "refusal-range-ahead"
        PerformedLongAgo "refusal-range-long-ago"
        UseEnd "refusal-range-use-end"
        ScheduleHours "refusal-range-hours"
        ScheduleDays "refusal-range-days"
        ScheduleWeeks "refusal-range-weeks"
        ScheduleTimes "refusal-range-times"
        ScheduleOrder "refusal-range-order"
        ScheduleUse "refusal-range-use"
        StepCount "refusal-range-steps"
        ContactTime "refusal-range-contact-time"
        AgentCount "refusal-range-agents"
        PhotoSampling "refusal-range-photo-sampling"
        HangTime "refusal-range-hang-time"
        StartDelay "refusal-range-start-delay"
        ProtocolItems "refusal-range-protocol-items"
        RetiredProtocol "refusal-already-retired-protocol"
        ScheduleWeekdays "refusal-range-weekdays"
        UpkeepName "refusal-needs-upkeep-name"
        ReadingName "refusal-needs-reading-name"
        UpkeepCount "refusal-range-upkeep-count"
        UpkeepNever "refusal-range-upkeep-never"
        UpkeepFrom "refusal-range-upkeep-from"
        UpkeepOutcome "refusal-range-upkeep-outcome"
        ReadingCount "refusal-range-reading-count"
        LocationName "refusal-needs-location-name"
        CategoryName "refusal-needs-category-name"
        OwnFieldName "refusal-needs-own-field-name"
        LocationTaken "refusal-range-location-taken"
        LocationCount "refusal-range-location-count"
        LocationWithin "refusal-range-location-within"
        CategoryTaken "refusal-range-category-taken"
        CategoryCount "refusal-range-category-count"
        OwnFieldCount "refusal-range-own-field-count"
        OwnFieldTwice "refusal-range-own-field-twice"
        OwnFieldType "refusal-range-own-field-type"
        CustomFieldChoices "refusal-range-own-field-choices"
        SingleUse "refusal-range-single-use"
        LabelHost "refusal-range-label-host"
        OtherPhone "refusal-other-phone"
        OwnRole "refusal-own-role"
        AdminByProgram "refusal-admin-by-program"
    } {
        Clock(ClockRefusal)
        Item(ItemRefusal)
        Language(LanguageRefusal)
        Facility(FacilityRefusal)
        Rename(RenameRefusal)
        SignOff(SignOffRefusal)
        Role(Permission)
    }
}
