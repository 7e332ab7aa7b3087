//! Which report is asked for, as addresses and documents say it.

use record::compliance::CivilCalendar;
use record::fold::FacilityState;
use record::ids::{ProtocolId, ReportId, StaffId};
use record::kinds::CivilDay;
use record::tag::Tag;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::build::RequestedScope;
use crate::table::TableFormat;

/// Days of a report whose period nobody states.
const DAYS: i32 = 30;
/// Ten years: as far back as due windows are counted.
const DAYS_MAX: i32 = 3_660;

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReportFormat {
    /// On paper, with its proof.
    Pdf,
    /// A table of cleanings, RFC 4180.
    Csv,
    /// A spreadsheet of cleanings.
    Xlsx,
    /// An array of cleanings.
    Json,
}

impl ReportFormat {
    const ALL: [Self; 4] = [Self::Pdf, Self::Csv, Self::Xlsx, Self::Json];

    /// The ending of its files, by which forms name it.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Json => "json",
        }
    }

    /// That of an ending.
    pub fn of(ending: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.ending() == ending)
    }

    /// The table that it is; `None` of paper.
    pub const fn table(self) -> Option<TableFormat> {
        match self {
            Self::Pdf => None,
            Self::Csv => Some(TableFormat::Csv),
            Self::Xlsx => Some(TableFormat::Xlsx),
            Self::Json => Some(TableFormat::Json),
        }
    }
}

/// Two days as names of files have them, such as `2026-11-01-2026-11-30`; both count from 1970.
pub fn days_text(days: [i32; 2]) -> String {
    days.map(|day| CivilDay::of_number(day).map(|day| day.to_string()).unwrap_or_default()).join("-")
}

/// How far a report is that is made while nobody waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReportState {
    /// Others are made before it.
    Waiting,
    /// It is being made.
    Making,
    /// It can be fetched.
    Ready,
    /// It could not be made.
    Failed,
    /// Somebody did not want it any more.
    Cancelled,
}

impl ReportState {
    const ALL: [Self; 5] = [Self::Waiting, Self::Making, Self::Ready, Self::Failed, Self::Cancelled];

    /// As documents, messages and databases have it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Making => "making",
            Self::Ready => "ready",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// That of a word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Whether it is not made yet, and may be.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Making)
    }
}

/// How far a report is, as programs read it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Report")]
pub struct ReportItem {
    /// Names it.
    pub id: ReportId,
    /// How it is written.
    pub format: ReportFormat,
    /// How far it is.
    pub state: ReportState,
    /// Per cent of the work that is done.
    pub percent: u8,
    /// Bytes of its file, once it is ready.
    pub bytes: u64,
    /// Why it could not be made: `long`, more than 100,000 cleanings; `unseen`, nothing of it is seen any more; `other`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

/// Of what, and of which days. At most one of `tag`, `staff` and `protocol`; none: the whole facility.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ReportQuery {
    /// So many days up to now, 1 to 3,660; 30 where neither they nor `from` are stated.
    #[schemars(with = "Option<u32>")]
    #[serde(deserialize_with = "read_number")]
    pub days: Option<String>,
    /// The first day (ISO 8601).
    pub from: Option<String>,
    /// The last day; today where only `from` is stated.
    pub to: Option<String>,
    /// The cleanings of this item, by any of its tags.
    pub tag: Option<String>,
    /// The cleanings of this person.
    pub staff: Option<String>,
    /// The cleanings by this protocol.
    pub protocol: Option<String>,
}

/// Why a query asks for no report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryFault {
    /// The parameter is not one; what it should be is said of each.
    Parameter(&'static str),
    /// What it names is not there.
    Unknown,
}

/// A document has a number, an address its digits.
fn read_number<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Stated {
        Number(u64),
        Text(String),
    }
    let stated = Option::<Stated>::deserialize(from)?;
    Ok(stated.map(|stated| match stated {
        Stated::Number(number) => number.to_string(),
        Stated::Text(text) => text,
    }))
}

fn stated_text(text: Option<&String>) -> Option<&str> {
    text.map(|text| text.trim()).filter(|text| !text.is_empty())
}

fn read_day(text: Option<&String>, name: &'static str) -> Result<Option<i32>, QueryFault> {
    let day = stated_text(text).map(str::parse::<CivilDay>).transpose();
    day.map(|day| day.map(CivilDay::number)).map_err(|_| QueryFault::Parameter(name))
}

impl ReportQuery {
    /// Of what.
    ///
    /// # Errors
    /// `tag` where it is no tag or is not alone; [`QueryFault::Unknown`].
    pub fn scope(&self, facility: &FacilityState) -> Result<RequestedScope, QueryFault> {
        let [tag, staff, protocol] =
            [&self.tag, &self.staff, &self.protocol].map(|text| stated_text(text.as_ref()));
        match (tag, staff, protocol) {
            (None, None, None) => Ok(RequestedScope::Facility),
            (Some(tag), None, None) => {
                let tag = Tag::read(tag).map_err(|_| QueryFault::Parameter("tag"))?;
                let item = facility.resolve(tag).ok_or(QueryFault::Unknown)?;
                Ok(RequestedScope::Item(item.tag))
            }
            (None, Some(staff), None) => {
                let staff: Option<StaffId> = staff.parse().ok();
                let staff = staff.filter(|staff| facility.staff.contains_key(staff));
                staff.map(RequestedScope::Person).ok_or(QueryFault::Unknown)
            }
            (None, None, Some(protocol)) => {
                let protocol: Option<ProtocolId> = protocol.parse().ok();
                let protocol = protocol.filter(|protocol| facility.protocols.contains_key(protocol));
                protocol.map(RequestedScope::Protocol).ok_or(QueryFault::Unknown)
            }
            _ => Err(QueryFault::Parameter("tag")),
        }
    }

    /// The moments of its days, milliseconds since 1970.
    ///
    /// # Errors
    /// The parameter that is no number or day, or `from` where the days do not follow each other, are too many or begin after today.
    pub fn period(&self, calendar: &CivilCalendar, now_ms: i64) -> Result<std::ops::Range<i64>, QueryFault> {
        let today = calendar.day_of(now_ms);
        let from = read_day(self.from.as_ref(), "from")?;
        let to = read_day(self.to.as_ref(), "to")?;
        let days = match stated_text(self.days.as_ref()).map(str::parse::<i32>) {
            None => DAYS,
            Some(Ok(days)) if (1..=DAYS_MAX).contains(&days) => days,
            Some(_) => return Err(QueryFault::Parameter("days")),
        };
        let to = to.unwrap_or(today);
        let from = from.unwrap_or(to - days + 1);
        if from > to || to - from >= DAYS_MAX || from > today {
            return Err(QueryFault::Parameter("from"));
        }
        Ok(calendar.day_range(from).start..calendar.day_range(to).end)
    }
}
