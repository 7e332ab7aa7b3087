//! What exactly a refusal is about, where one kind of refusal has several rules.

use crate::intake::Permission;

/// Why a person does not set the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClockRefusal {
    #[error("A time server keeps this clock")]
    Synced,
    #[error("The box has this time already")]
    Right,
    #[error("Enter a time from 2026 on that exists here")]
    Time,
}

/// Why an item gets no other tag, code, loan, name or state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ItemRefusal {
    #[error("An item has at most 20 codes")]
    CodeCount,
    #[error("This code opens this item already")]
    OwnCode,
    #[error("This code opens nothing here")]
    NoCode,
    #[error("This is a badge of somebody, not the code of an item")]
    Badge,
    #[error("This is the only label of the item. Give the item another one first")]
    OnlyTag,
    #[error("This is the same item already")]
    MergedWithItself,
    #[error("Enter the last day of the loan")]
    LoanDay,
    #[error("Enter today or a later day on which it is expected back, such as 2026-11-24")]
    BackDay,
    #[error("No free tag was found. Try again")]
    NoFreeTag,
    #[error("It is out of service already")]
    OutOfService,
    #[error("It is in service already")]
    InService,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignOffRefusal {
    #[error(
        "Only people who are signed off for this protocol clean by it. Say in the note why it was done all the same"
    )]
    Note,
    #[error("Enter today or a later day as the last one")]
    Day,
    #[error("One person is signed off for at most 200 protocols")]
    Count,
    #[error("They are not signed off for this protocol")]
    Absent,
    #[error("Somebody else signs people off for this protocol, who is signed off for it themselves")]
    Yourself,
}

/// Why a setting of the facility is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FacilityRefusal {
    #[error("Enter an IANA time zone such as America/Chicago")]
    TimeZone,
    #[error("The undo time is at most 1,440 minutes")]
    UndoTime,
    #[error("An entered PIN proves records for 0 to 60 minutes")]
    PinProofTime,
    #[error("Choose one from the list")]
    Word,
    #[error("Enter the day of the inspection, today or later")]
    InspectionDay,
    #[error("A survey was today or earlier. Check the day")]
    SurveyDay,
    #[error("A day has at most 6 shifts. Enter when each begins, in order")]
    Shifts,
    #[error("A color is # and six digits from 0 to f, such as #0b5d5e")]
    Colour,
    #[error("White is hard to read on this color. Choose a darker one")]
    PaleColour,
    #[error("Records are kept for 1 to 99 years")]
    RetainYears,
    #[error(
        "The label host ends in .local, which many phones do not find; write the address, such as HTTP://10.0.0.5, or a name of the facility’s own DNS, such as HTTP://BOX.INTERNAL"
    )]
    LocalHost,
    #[error(
        "The label host is a public name or address, of which phones warn without HTTPS; write HTTPS:// where the box has a certificate for it, else a private address such as HTTP://10.0.0.5"
    )]
    PublicHost,
}

/// Why a place or a category gets no other name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RenameRefusal {
    #[error("Nothing on the list has this name")]
    Unknown,
    #[error("More than 510 items have the present name. Give some of them another one first")]
    ItemCount,
}

/// Why a language, or what is said in it, is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LanguageRefusal {
    #[error("A protocol is translated to en or es")]
    Translation,
    #[error("Pages are in en or es")]
    Page,
    #[error("A facility’s language is en-US, en-GB, es-US, es-MX or es-ES")]
    Facility,
    #[error("Translate each step, one for one, or none")]
    Steps,
}

/// The rule that a value or a person does not meet. Pages word it; what it says itself is for the log and for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RefusalCause {
    #[error("Enter your name")]
    OwnName,
    #[error("Say why")]
    Reason,
    #[error("Enter the last day of the lot, such as 2027-05-31, or leave it empty")]
    LotDay,
    #[error("Choose what is wrong")]
    ProblemKind,
    #[error("Choose what came of the report")]
    ProblemOutcome,
    #[error("Choose what the check found")]
    CheckResult,
    #[error("Choose how it was checked from the list")]
    CheckMethod,
    #[error("You cleaned this yourself; somebody else checks it")]
    OwnCleaning,
    #[error("{0}")]
    Clock(ClockRefusal),
    #[error("{0}")]
    Item(ItemRefusal),
    #[error("Enter a name for the equipment")]
    EquipmentName,
    #[error("Enter the person’s name")]
    PersonName,
    #[error("Enter a name for the custom field")]
    CustomFieldName,
    #[error("Say what to do in each step")]
    StepText,
    #[error("Enter a name for each disinfectant")]
    AgentName,
    #[error("Enter a name for the protocol")]
    ProtocolName,
    #[error("Enter a name for the facility")]
    FacilityName,
    #[error("An item has at most 20 protocols")]
    ProtocolCount,
    #[error("An item has at most 30 custom fields")]
    CustomFieldCount,
    #[error("That time is in the future. Enter the time when it was done")]
    PerformedAhead,
    #[error("That is more than a year ago. Check the date")]
    PerformedLongAgo,
    #[error("It cannot have ended before it began. Check both times")]
    UseEnd,
    #[error("A schedule in hours is every 1 to 8,760 hours")]
    ScheduleHours,
    #[error("A schedule in days is every 1 to 366 days")]
    ScheduleDays,
    #[error("A schedule in weeks is every 1 to 52 weeks")]
    ScheduleWeeks,
    #[error("Enter 1 to 48 times of day")]
    ScheduleTimes,
    #[error("Enter the times of day in order, each once")]
    ScheduleOrder,
    #[error("The time after a use is 1 minute to 7 days")]
    ScheduleUse,
    #[error("A protocol has 1 to 40 steps")]
    StepCount,
    #[error("The contact time is 1 second to 24 hours")]
    ContactTime,
    #[error("A protocol has at most 10 disinfectants")]
    AgentCount,
    #[error("One cleaning in 2 to 100 is asked for a photo, and only where photos are optional")]
    PhotoSampling,
    #[error("An item stays clean for 1 to 8,760 hours")]
    HangTime,
    #[error("The time from use to cleaning is 1 to 10,080 minutes")]
    StartDelay,
    #[error("{0}")]
    Language(LanguageRefusal),
    #[error("{0}")]
    Facility(FacilityRefusal),
    #[error("More than 511 items are due by this protocol. Move some of them to another protocol first")]
    ProtocolItems,
    #[error("This protocol was retired already")]
    RetiredProtocol,
    #[error("Days of the week go with every 1 day, or with times of day")]
    ScheduleWeekdays,
    #[error("Say what is to be done")]
    UpkeepName,
    #[error("Enter a name for each reading")]
    ReadingName,
    #[error("An item has at most 12 maintenance tasks")]
    UpkeepCount,
    #[error("Say how often a new task is due")]
    UpkeepNever,
    #[error("A task counts from a day within ten years of today")]
    UpkeepFrom,
    #[error("What came of a task is that it was done or not passed")]
    UpkeepOutcome,
    #[error("A task has at most 12 readings")]
    ReadingCount,
    #[error("Enter a name for the place")]
    LocationName,
    #[error("Enter a name for the category")]
    CategoryName,
    #[error("Enter a name of at most 40 characters for each own field")]
    OwnFieldName,
    #[error("A place of this name is on the list already, perhaps as retired")]
    LocationTaken,
    #[error("A facility has at most 2,000 places")]
    LocationCount,
    #[error("A place is within another one of the list that is not within it")]
    LocationWithin,
    #[error("A category of this name is on the list already, perhaps as retired")]
    CategoryTaken,
    #[error("A facility has at most 500 categories")]
    CategoryCount,
    #[error("{0}")]
    Rename(RenameRefusal),
    #[error("A category has at most 20 own fields")]
    OwnFieldCount,
    #[error("Two own fields have the same name")]
    OwnFieldTwice,
    #[error("An own field is text, number, date, choice or yes")]
    OwnFieldType,
    #[error("A choice has 1 to 40 options without commas, and no other own field has any")]
    CustomFieldChoices,
    #[error("What is used once takes no protocol. Choose none, or take the tick away")]
    SingleUse,
    #[error("A label host reads HTTP://HOST or HTTPS://HOST, with letters, digits, dots, hyphens and a port")]
    LabelHost,
    #[error("Only the phone that recorded it can add a photo")]
    OtherPhone,
    #[error("{0}")]
    SignOff(SignOffRefusal),
    #[error("You cannot change your own role or mark yourself as left; ask another facility admin")]
    OwnRole,
    #[error(
        "Programs neither make anybody a facility admin nor take one away. A facility admin does that under Staff"
    )]
    AdminByProgram,
    #[error("{}", .0.requirement())]
    Role(Permission),
}

impl RefusalCause {
    #[cfg(test)]
    pub(crate) const ALL: [Self; 96] = [
        Self::OwnName,
        Self::Reason,
        Self::ProblemKind,
        Self::ProblemOutcome,
        Self::CheckResult,
        Self::CheckMethod,
        Self::OwnCleaning,
        Self::Clock(ClockRefusal::Synced),
        Self::Clock(ClockRefusal::Right),
        Self::Clock(ClockRefusal::Time),
        Self::Item(ItemRefusal::CodeCount),
        Self::Item(ItemRefusal::OwnCode),
        Self::Item(ItemRefusal::NoCode),
        Self::Item(ItemRefusal::Badge),
        Self::Item(ItemRefusal::OnlyTag),
        Self::Item(ItemRefusal::MergedWithItself),
        Self::Item(ItemRefusal::LoanDay),
        Self::Item(ItemRefusal::BackDay),
        Self::Item(ItemRefusal::NoFreeTag),
        Self::EquipmentName,
        Self::PersonName,
        Self::CustomFieldName,
        Self::StepText,
        Self::AgentName,
        Self::ProtocolName,
        Self::FacilityName,
        Self::ProtocolCount,
        Self::CustomFieldCount,
        Self::PerformedAhead,
        Self::PerformedLongAgo,
        Self::UseEnd,
        Self::ScheduleHours,
        Self::ScheduleDays,
        Self::ScheduleWeeks,
        Self::ScheduleTimes,
        Self::ScheduleOrder,
        Self::ScheduleUse,
        Self::StepCount,
        Self::ContactTime,
        Self::AgentCount,
        Self::PhotoSampling,
        Self::HangTime,
        Self::StartDelay,
        Self::Language(LanguageRefusal::Translation),
        Self::Language(LanguageRefusal::Page),
        Self::Language(LanguageRefusal::Facility),
        Self::Facility(FacilityRefusal::Word),
        Self::Facility(FacilityRefusal::InspectionDay),
        Self::Facility(FacilityRefusal::SurveyDay),
        Self::Facility(FacilityRefusal::Shifts),
        Self::Facility(FacilityRefusal::Colour),
        Self::Facility(FacilityRefusal::PaleColour),
        Self::Facility(FacilityRefusal::RetainYears),
        Self::Language(LanguageRefusal::Steps),
        Self::ProtocolItems,
        Self::RetiredProtocol,
        Self::ScheduleWeekdays,
        Self::UpkeepName,
        Self::ReadingName,
        Self::UpkeepCount,
        Self::UpkeepNever,
        Self::UpkeepFrom,
        Self::UpkeepOutcome,
        Self::ReadingCount,
        Self::LocationName,
        Self::CategoryName,
        Self::OwnFieldName,
        Self::LocationTaken,
        Self::LocationCount,
        Self::LocationWithin,
        Self::CategoryTaken,
        Self::CategoryCount,
        Self::Rename(RenameRefusal::Unknown),
        Self::Rename(RenameRefusal::ItemCount),
        Self::OwnFieldCount,
        Self::OwnFieldTwice,
        Self::OwnFieldType,
        Self::CustomFieldChoices,
        Self::SingleUse,
        Self::Facility(FacilityRefusal::TimeZone),
        Self::Facility(FacilityRefusal::UndoTime),
        Self::Facility(FacilityRefusal::PinProofTime),
        Self::LabelHost,
        Self::Facility(FacilityRefusal::LocalHost),
        Self::Facility(FacilityRefusal::PublicHost),
        Self::Item(ItemRefusal::OutOfService),
        Self::Item(ItemRefusal::InService),
        Self::OtherPhone,
        Self::SignOff(SignOffRefusal::Note),
        Self::SignOff(SignOffRefusal::Day),
        Self::SignOff(SignOffRefusal::Count),
        Self::SignOff(SignOffRefusal::Absent),
        Self::SignOff(SignOffRefusal::Yourself),
        Self::OwnRole,
        Self::AdminByProgram,
        Self::Role(Permission::EditEquipment),
    ];
}
