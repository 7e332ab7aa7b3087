//! What the log and the box say of themselves.

use serde::{Deserialize, Serialize};

use super::body_values::Prev;
use crate::signed::vouch::{Base64Bytes, Vouch};
use crate::tree::Hash;
use crate::values::ids::{AccountId, BootId, BoxId, Epoch, FacilityId};
use crate::values::run_name::RunName;

bodies! {
    /// The first entry of an epoch.
    LogStarted = "log.started" {
        /// Which box's.
        r#box: BoxId,
        /// Its program's version.
        version: String,
        /// The epoch that this one follows.
        #[serde(default, skip_serializing_if = "Option::is_none")] prev: Option<Prev>,
        /// The epoch that this one follows, where the box knows that and cannot say how much of it there is: nothing of it
        /// counts but what is adopted. Never beside `prev`.
        #[serde(default, skip_serializing_if = "Option::is_none")] after: Option<Epoch>,
        /// Why it could not continue, where there is one before.
        #[serde(default, skip_serializing_if = "String::is_empty")] reason: String,
        /// Public half of the key that signs this epoch.
        #[serde(default, skip_serializing_if = "Option::is_none")] key: Option<Base64Bytes<32>>,
        /// What the key of an earlier epoch says of that key, where the box has an earlier one.
        #[serde(default, skip_serializing_if = "Option::is_none")] vouch: Option<Vouch>,
    }
    /// Lines of an epoch that are not in the chain count from here on, under their own numbers, hashes and times.
    LogAdopted = "log.adopted" {
        /// Which lines.
        #[serde(flatten)] run: RunName,
    }
    /// The relay gave the box to a facility.
    BoxClaimed = "box.claimed" {
        /// Who pays.
        account: AccountId,
        /// Where it is.
        facility: FacilityId,
        /// The relay's URL.
        relay: String,
    }
    /// True time for one boot: readers correct that boot's uncertain entries by it.
    ClockAnchored = "clock.anchored" {
        /// Which boot.
        boot: BootId,
        /// Milliseconds since that boot …
        up: u64,
        /// … at this true time, milliseconds since 1970.
        wall: i64,
        /// Who said so: `ntp`, `relay` or `hand`.
        source: String,
    }
    /// A directive that the box carried out.
    DirectiveApplied = "directive.applied" {
        /// Its number.
        number: u64,
        /// SHA-256 of its JSON line.
        hash: Hash,
    }
    /// A directive that the box did not carry out.
    DirectiveRefused = "directive.refused" {
        /// Its number.
        number: u64,
        /// SHA-256 of its JSON line.
        hash: Hash,
        /// Why, for the operator.
        reason: String,
    }
}
