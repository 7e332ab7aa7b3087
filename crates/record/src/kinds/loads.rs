//! Lots of agents, and items that are disinfected together.

use serde::{Deserialize, Serialize};

use super::body_values::{CleanedBy, LoadItem, MissingPart, ProtocolRef, StripTest};
use super::civil_day::CivilDay;
use super::open_words::{CleaningFlag, LoadFailure, LoadResult, LotContent, LotEnd};
use crate::tree::Hash;
use crate::values::ids::{LoadId, LotId};
use crate::values::redact::Redactable;
use crate::values::tag::Tag;

bodies! {
    /// A bottle or box of agent, strips or indicators was opened.
    LotOpened = "lot.opened" {
        /// Shared by its entries.
        lot: LotId,
        /// What it holds.
        #[serde(rename = "of")] what: LotContent,
        /// Trade name.
        name: String,
        /// The maker's lot number.
        number: String,
        /// The last day by the maker.
        expires: CivilDay,
        /// When it was opened, milliseconds since 1970.
        #[serde(default, skip_serializing_if = "Option::is_none")] opened: Option<i64>,
        /// Days that it may be used after opening.
        #[serde(default, skip_serializing_if = "Option::is_none")] use_days: Option<u16>,
        /// When it was activated, milliseconds since 1970.
        #[serde(default, skip_serializing_if = "Option::is_none")] activated: Option<i64>,
        /// Days that it may be used again after activation.
        #[serde(default, skip_serializing_if = "Option::is_none")] reuse_days: Option<u16>,
        /// Where it is.
        #[serde(default, skip_serializing_if = "String::is_empty")] location: String,
    }
    /// A lot that is not used any more.
    LotClosed = "lot.closed" {
        /// Which.
        lot: LotId,
        /// Why.
        why: LotEnd,
        /// In their own words.
        #[serde(default, skip_serializing_if = "Option::is_none")] reason: Option<Redactable>,
    }
    /// Items went into a bath or machine together.
    LoadStarted = "load.started" {
        /// Shared by its entries.
        load: LoadId,
        /// The nine symbols on its stickers.
        code: String,
        /// What people call it: the day and a count.
        number: String,
        /// By which protocol.
        protocol: ProtocolRef,
        /// Of the agent.
        #[serde(default, skip_serializing_if = "Option::is_none")] lot: Option<LotId>,
        /// What the test strip showed.
        #[serde(default, skip_serializing_if = "Option::is_none")] strip: Option<StripTest>,
        /// Temperature of the agent, tenths of a degree Celsius.
        #[serde(default, skip_serializing_if = "Option::is_none")] temp_dc: Option<i32>,
        /// The machine, by its first tag.
        #[serde(default, skip_serializing_if = "Option::is_none")] machine: Option<Tag>,
        /// The machine's own number of the run.
        #[serde(default, skip_serializing_if = "String::is_empty")] cycle: String,
        /// Where.
        #[serde(default, skip_serializing_if = "String::is_empty")] location: String,
        /// What went in.
        #[serde(default, skip_serializing_if = "Vec::is_empty")] items: Vec<LoadItem>,
        /// Who.
        who: CleanedBy,
    }
    /// A load came out.
    LoadFinished = "load.finished" {
        /// Which.
        load: LoadId,
        /// Whether it counts.
        result: LoadResult,
        /// How long it soaked by the box's clock.
        measured_s: u32,
        /// How long it had to.
        required_s: u32,
        /// Temperature at the end, tenths of a degree Celsius.
        #[serde(default, skip_serializing_if = "Option::is_none")] temp_dc: Option<i32>,
        /// What a second test strip showed.
        #[serde(default, skip_serializing_if = "Option::is_none")] strip: Option<StripTest>,
        /// Whether it was rinsed.
        #[serde(default, skip_serializing_if = "Option::is_none")] rinsed: Option<bool>,
        /// Whether it was dried.
        #[serde(default, skip_serializing_if = "Option::is_none")] dried: Option<bool>,
        /// Where the items are now.
        #[serde(default, skip_serializing_if = "String::is_empty")] stored: String,
        /// Until when they count as clean, milliseconds since 1970.
        #[serde(default, skip_serializing_if = "Option::is_none")] clean_until: Option<i64>,
        /// What the machine said.
        #[serde(default, skip_serializing_if = "Option::is_none")] cycle_result: Option<LoadResult>,
        /// What it lacks to be complete.
        #[serde(default, skip_serializing_if = "Vec::is_empty")] incomplete: Vec<MissingPart>,
        /// Visible remarks.
        #[serde(default, skip_serializing_if = "Vec::is_empty")] flags: Vec<CleaningFlag>,
        /// Who.
        who: CleanedBy,
        /// Photos by the SHA-256 of the kept JPEG.
        #[serde(default, skip_serializing_if = "Vec::is_empty")] photos: Vec<Hash>,
        /// A remark.
        #[serde(default, skip_serializing_if = "Option::is_none")] text: Option<Redactable>,
    }
    /// A load that turned out not to count.
    LoadFailed = "load.failed" {
        /// Which.
        load: LoadId,
        /// Why, in one word.
        why: LoadFailure,
        /// In their own words.
        reason: Redactable,
        /// When it was found out, milliseconds since 1970.
        #[serde(default, skip_serializing_if = "Option::is_none")] found: Option<i64>,
        /// Who says so.
        who: CleanedBy,
    }
}
