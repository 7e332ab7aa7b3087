//! What rows of a facility's state and lines of a log are found by.

use serde::Serialize;

use crate::entry::Digest16;
use crate::kinds::EntryRef;
use crate::run::RunName;
use crate::values::ids::{BootId, ImportId, LoadId, LotId, ProtocolId, StaffId};
use crate::values::tag::Tag;

/// Names one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowKey {
    /// The facility's settings.
    Settings,
    /// An item, by its first tag.
    Equipment(Tag),
    /// What happened to an item lately.
    Activity(Tag),
    /// A further tag of an item, or a revoked one.
    Alias(Tag),
    /// A protocol's newest version.
    Protocol(ProtocolId),
    /// A person.
    Staff(StaffId),
    /// True time of one boot.
    Boot(BootId),
    /// A code on an item that is no tag, by the digest of the code.
    Code(Digest16),
    /// A place of the pick list, by the digest of its name.
    Location(Digest16),
    /// A category, by the digest of its name.
    Category(Digest16),
    /// What a person may clean by.
    Competency(StaffId),
    /// A lot of agent, strips or indicators.
    Lot(LotId),
    /// A load that has not ended.
    Load(LoadId),
    /// Maintenance tasks of an item.
    Upkeep(Tag),
    /// A file of old records.
    History(ImportId),
    /// A host that labels carry or carried, by its digest.
    Host(Digest16),
}

impl std::fmt::Display for RowKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Settings => f.write_str("settings"),
            Self::Equipment(tag) => write!(f, "equipment/{tag}"),
            Self::Activity(tag) => write!(f, "activity/{tag}"),
            Self::Alias(tag) => write!(f, "alias/{tag}"),
            Self::Protocol(id) => write!(f, "protocol/{id}"),
            Self::Staff(id) => write!(f, "staff/{id}"),
            Self::Boot(id) => write!(f, "boot/{id}"),
            Self::Code(digest) => write!(f, "code/{digest}"),
            Self::Location(digest) => write!(f, "location/{digest}"),
            Self::Category(digest) => write!(f, "category/{digest}"),
            Self::Competency(id) => write!(f, "competency/{id}"),
            Self::Lot(id) => write!(f, "lot/{id}"),
            Self::Load(id) => write!(f, "load/{id}"),
            Self::Upkeep(tag) => write!(f, "upkeep/{tag}"),
            Self::History(id) => write!(f, "history/{id}"),
            Self::Host(digest) => write!(f, "host/{digest}"),
        }
    }
}

fn parse_row_key(text: &str) -> Option<RowKey> {
    match text.split_once('/') {
        None if text == "settings" => Some(RowKey::Settings),
        Some(("equipment", tag)) => tag.parse().ok().map(RowKey::Equipment),
        Some(("activity", tag)) => tag.parse().ok().map(RowKey::Activity),
        Some(("alias", tag)) => tag.parse().ok().map(RowKey::Alias),
        Some(("protocol", id)) => id.parse().ok().map(RowKey::Protocol),
        Some(("staff", id)) => id.parse().ok().map(RowKey::Staff),
        Some(("boot", id)) => id.parse().ok().map(RowKey::Boot),
        Some(("code", digest)) => Digest16::parse(digest).map(RowKey::Code),
        Some(("location", digest)) => Digest16::parse(digest).map(RowKey::Location),
        Some(("category", digest)) => Digest16::parse(digest).map(RowKey::Category),
        Some(("competency", id)) => id.parse().ok().map(RowKey::Competency),
        Some(("lot", id)) => id.parse().ok().map(RowKey::Lot),
        Some(("load", id)) => id.parse().ok().map(RowKey::Load),
        Some(("upkeep", tag)) => tag.parse().ok().map(RowKey::Upkeep),
        Some(("history", id)) => id.parse().ok().map(RowKey::History),
        Some(("host", digest)) => Digest16::parse(digest).map(RowKey::Host),
        _ => None,
    }
}

impl std::str::FromStr for RowKey {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse_row_key(text).ok_or("no key of a row")
    }
}

/// Place of a line: two branches of an epoch may hold different lines with one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct LinePlace {
    /// Which entry.
    #[serde(flatten)]
    pub of: EntryRef,
    /// The run that brought it; `None` for a line of the chain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<RunName>,
}
