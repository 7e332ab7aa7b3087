//! The typed body of every kind of entry, and `Unknown` for what this version has not heard of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::ids::{AccountId, BootId, BoxId, Epoch, FacilityId, JobId, ProtocolId, StaffId};
use crate::redact::Redactable;
use crate::run_name::RunName;
use crate::tag::Tag;
use crate::tree::Hash;
use crate::vouch::{Base64Bytes, Vouch};

pub use crate::body_values::{
    Agent, CleanedBy, Contact, LabelOutcome, MissingPart, PhotoPolicy, Prev, PrintedLabel, ProtocolRef,
    Schedule, SpauldingClass, StaffRole, Step, TimeOfDay,
};
pub use crate::ids::EntryRef;

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's skip_serializing_if takes a reference")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

macro_rules! bodies {
    ($($(#[$doc:meta])* $name:ident = $kind:literal { $($(#[$fdoc:meta])* $field:ident: $ty:ty,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
            pub struct $name { $($(#[$fdoc])* pub $field: $ty,)* }
        )*

        /// What happened: the body of an entry, typed by its kind.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Event {
            $(#[doc = concat!("`", $kind, "`")] $name(Box<$name>),)*
            /// A kind, or a shape of a known kind, that this version does not understand: kept, passed on, shown.
            Unknown(Unknown),
        }

        impl Event {
            /// Every kind that this version understands.
            pub const KINDS: &'static [&'static str] = &[$($kind),*];

            /// Reads a body. Never fails: what does not fit is [`Event::Unknown`].
            pub fn read(kind: &str, body: &str) -> Self {
                match kind {
                    $($kind => serde_json::from_str(body).map(|b| Self::$name(Box::new(b))).ok(),)*
                    _ => None,
                }
                .unwrap_or_else(|| Self::Unknown(Unknown { kind: kind.into(), body: body.into() }))
            }

            /// The kind's name in the log.
            pub fn kind(&self) -> &str {
                match self {
                    $(Self::$name(_) => $kind,)*
                    Self::Unknown(unknown) => &unknown.kind,
                }
            }

            /// The body's JSON.
            ///
            /// # Errors
            /// Only for an [`Event::Unknown`] whose body is no JSON.
            pub fn body(&self) -> Result<Box<RawValue>, serde_json::Error> {
                match self {
                    $(Self::$name(body) => serde_json::value::to_raw_value(body),)*
                    Self::Unknown(unknown) => RawValue::from_string(unknown.body.to_string()),
                }
            }
        }

        $(impl From<$name> for Event {
            fn from(body: $name) -> Self {
                Self::$name(Box::new(body))
            }
        })*
    };
}

/// An event that this version does not understand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// Its kind as written.
    pub kind: Box<str>,
    /// Its body as written.
    pub body: Box<str>,
}

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
        /// Why it could not go on, where there is one before.
        #[serde(default, skip_serializing_if = "String::is_empty")] reason: String,
        /// Public half of the key that signs this epoch.
        #[serde(default, skip_serializing_if = "Option::is_none")] key: Option<Base64Bytes<32>>,
        /// What the key of an earlier epoch says of that key, where the box has an earlier one.
        #[serde(default, skip_serializing_if = "Option::is_none")] vouch: Option<Vouch>,
    }
    /// Lines of an epoch that do not stand in the chain count from here on, under their own numbers, hashes and times.
    LogAdopted = "log.adopted" {
        /// Which lines.
        #[serde(flatten)] run: RunName,
    }
    /// The relay gave the box to a facility.
    BoxClaimed = "box.claimed" {
        /// Who pays.
        account: AccountId,
        /// Where it stands.
        facility: FacilityId,
        /// The relay's URL.
        relay: String,
    }
    /// Settings of the facility; what is absent stays as it was.
    FacilityChanged = "facility.changed" {
        /// Its name.
        #[serde(default, skip_serializing_if = "Option::is_none")] name: Option<String>,
        /// Its IANA time zone.
        #[serde(default, skip_serializing_if = "Option::is_none")] zone: Option<String>,
        /// Scheme and host that labels carry, such as `HTTP://10.0.0.5`.
        #[serde(default, skip_serializing_if = "Option::is_none")] label_host: Option<String>,
        /// Whether a cleaning needs no name.
        #[serde(default, skip_serializing_if = "Option::is_none")] allow_unattributed: Option<bool>,
        /// How long a technician can undo a record, minutes.
        #[serde(default, skip_serializing_if = "Option::is_none")] undo_min: Option<u32>,
        /// Whom technicians call, such as `biomed, ext. 4417`.
        #[serde(default, skip_serializing_if = "Option::is_none")] contact: Option<String>,
        /// How old a typed PIN may be to prove a record, minutes; 0: it is typed for each record.
        #[serde(default, skip_serializing_if = "Option::is_none")] pin_proof_min: Option<u32>,
    }
    /// A cleanable thing. Its tag names it for life.
    EquipmentAdded = "equipment.added" {
        /// Its first tag.
        tag: Tag,
        /// What people call it.
        name: String,
        /// The hospital's own number.
        #[serde(default, skip_serializing_if = "String::is_empty")] asset_number: String,
        /// The maker's number.
        #[serde(default, skip_serializing_if = "String::is_empty")] serial: String,
        /// Who made it.
        #[serde(default, skip_serializing_if = "String::is_empty")] maker: String,
        /// Which model.
        #[serde(default, skip_serializing_if = "String::is_empty")] model: String,
        /// What sort of thing.
        #[serde(default, skip_serializing_if = "String::is_empty")] category: String,
        /// Where it stands.
        #[serde(default, skip_serializing_if = "String::is_empty")] location: String,
        /// Default class; a use may raise it.
        #[serde(default)] class: SpauldingClass,
        /// Whether a cleaning needs a photo.
        #[serde(default)] photo: PhotoPolicy,
        /// How to clean it; the first is the one that a scan offers.
        #[serde(default, skip_serializing_if = "Vec::is_empty")] protocols: Vec<ProtocolId>,
        /// The facility's own fields.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")] custom: BTreeMap<String, String>,
    }
    /// Fields of an item; what is absent stays, an empty text clears.
    EquipmentChanged = "equipment.changed" {
        /// Which item.
        tag: Tag,
        /// What people call it.
        #[serde(default, skip_serializing_if = "Option::is_none")] name: Option<String>,
        /// The hospital's own number.
        #[serde(default, skip_serializing_if = "Option::is_none")] asset_number: Option<String>,
        /// The maker's number.
        #[serde(default, skip_serializing_if = "Option::is_none")] serial: Option<String>,
        /// Who made it.
        #[serde(default, skip_serializing_if = "Option::is_none")] maker: Option<String>,
        /// Which model.
        #[serde(default, skip_serializing_if = "Option::is_none")] model: Option<String>,
        /// What sort of thing.
        #[serde(default, skip_serializing_if = "Option::is_none")] category: Option<String>,
        /// Where it stands.
        #[serde(default, skip_serializing_if = "Option::is_none")] location: Option<String>,
        /// Default class.
        #[serde(default, skip_serializing_if = "Option::is_none")] class: Option<SpauldingClass>,
        /// Whether a cleaning needs a photo.
        #[serde(default, skip_serializing_if = "Option::is_none")] photo: Option<PhotoPolicy>,
        /// How to clean it.
        #[serde(default, skip_serializing_if = "Option::is_none")] protocols: Option<Vec<ProtocolId>>,
        /// The facility's own fields: an empty value removes one.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")] custom: BTreeMap<String, String>,
    }
    /// Gone for good; its history stays.
    EquipmentRetired = "equipment.retired" {
        /// Which item.
        tag: Tag,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")] reason: Option<Redactable>,
    }
    /// Out of service: makes no due windows.
    EquipmentSuspended = "equipment.suspended" {
        /// Which item.
        tag: Tag,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")] reason: Option<Redactable>,
    }
    /// Back in service.
    EquipmentResumed = "equipment.resumed" {
        /// Which item.
        tag: Tag,
    }
    /// One more tag that opens an item.
    TagAssigned = "tag.assigned" {
        /// The new tag.
        tag: Tag,
        /// The item, by its first tag.
        equipment: Tag,
    }
    /// A tag that opens nothing any more.
    TagRevoked = "tag.revoked" {
        /// Which.
        tag: Tag,
    }
    /// A version of how to clean something.
    #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
    ProtocolPublished = "protocol.published" {
        /// Shared by all versions.
        protocol: ProtocolId,
        /// From 1, one more each time.
        version: u32,
        /// What people call it.
        name: String,
        /// In order.
        steps: Vec<Step>,
        /// How long the surface must stay wet, seconds.
        #[serde(default, skip_serializing_if = "Option::is_none")] contact_s: Option<u32>,
        /// Whether a stated contact time counts as kept.
        #[serde(default, skip_serializing_if = "is_false")] declared: bool,
        /// What to wipe with.
        #[serde(default, skip_serializing_if = "Vec::is_empty")] agents: Vec<Agent>,
        /// How long it takes, minutes.
        #[serde(default, skip_serializing_if = "Option::is_none")] minutes: Option<u32>,
        /// What to wear.
        #[serde(default, skip_serializing_if = "String::is_empty")] ppe: String,
        /// The manufacturer's instructions.
        #[serde(default, skip_serializing_if = "String::is_empty")] ifu: String,
    }
    /// When an item is due.
    ScheduleSet = "schedule.set" {
        /// Which item.
        tag: Tag,
        /// For which of its protocols; absent: for any.
        #[serde(default, skip_serializing_if = "Option::is_none")] protocol: Option<ProtocolId>,
        /// How often.
        schedule: Schedule,
        /// From when on, milliseconds since 1970: windows begun before do not exist.
        from: i64,
    }
    /// A person at the facility.
    StaffAdded = "staff.added" {
        /// Their id.
        staff: StaffId,
        /// Their name.
        name: Redactable,
        /// What they may do.
        role: StaffRole,
    }
    /// A person's name or role; what is absent stays.
    StaffChanged = "staff.changed" {
        /// Whose.
        staff: StaffId,
        /// Their name.
        #[serde(default, skip_serializing_if = "Option::is_none")] name: Option<Redactable>,
        /// What they may do.
        #[serde(default, skip_serializing_if = "Option::is_none")] role: Option<StaffRole>,
    }
    /// They work here no more.
    StaffLeft = "staff.left" {
        /// Who.
        staff: StaffId,
    }
    /// A cleaning. Never edited and never deleted.
    CleaningRecorded = "cleaning.recorded" {
        /// Which item, by its first tag.
        tag: Tag,
        /// By which protocol.
        #[serde(default, skip_serializing_if = "Option::is_none")] protocol: Option<ProtocolRef>,
        /// The steps that were ticked, by number; absent: nobody said.
        #[serde(default, skip_serializing_if = "Option::is_none")] steps: Option<Vec<u16>>,
        /// With what.
        #[serde(default, skip_serializing_if = "String::is_empty")] agent: String,
        /// How long it stayed wet.
        #[serde(default, skip_serializing_if = "Option::is_none")] contact: Option<Contact>,
        /// Who, and how that was proven.
        who: CleanedBy,
        /// Photos by the SHA-256 of the kept JPEG.
        #[serde(default, skip_serializing_if = "Vec::is_empty")] photos: Vec<Hash>,
        /// What was different.
        #[serde(default, skip_serializing_if = "Option::is_none")] note: Option<Redactable>,
        /// When it was done, where that is earlier than when it was written: milliseconds since 1970, as stated.
        #[serde(default, skip_serializing_if = "Option::is_none")] performed: Option<i64>,
        /// What it lacks to be complete.
        #[serde(default, skip_serializing_if = "Vec::is_empty")] incomplete: Vec<MissingPart>,
    }
    /// A cleaning that does not count; both entries stay visible.
    CleaningVoided = "cleaning.voided" {
        /// Which.
        #[serde(flatten)] of: EntryRef,
        /// Why.
        reason: Redactable,
    }
    /// An item was used.
    UseRecorded = "use.recorded" {
        /// Which, by its first tag.
        tag: Tag,
        /// When, where that is earlier than when it was written.
        #[serde(default, skip_serializing_if = "Option::is_none")] performed: Option<i64>,
    }
    /// A photo that was not ready when its cleaning was recorded.
    PhotoAttached = "photo.attached" {
        /// Which cleaning.
        #[serde(flatten)] of: EntryRef,
        /// SHA-256 of the kept JPEG.
        photo: Hash,
    }
    /// A print job that ended or was interrupted.
    LabelPrinted = "label.printed" {
        /// Which job.
        job: JobId,
        /// On which printer.
        printer: String,
        /// In the order of the job.
        labels: Vec<PrintedLabel>,
        /// The job whose labels it printed once more.
        #[serde(default, skip_serializing_if = "Option::is_none")] again: Option<JobId>,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")] reason: Option<Redactable>,
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
    /// True time for one boot: readers correct that boot's uncertain entries by it.
    ClockAnchored = "clock.anchored" {
        /// Which boot.
        boot: BootId,
        /// Milliseconds since that boot …
        up: u64,
        /// … at this true time, milliseconds since 1970.
        wall: i64,
        /// Who said so: `ntp` or `relay`.
        source: String,
    }
    /// A text that was erased everywhere.
    TextErased = "text.erased" {
        /// Its salted hash.
        hash: Hash,
        /// Why.
        reason: String,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_that_does_not_fit_is_unknown_and_kept() {
        for (kind, body) in [
            ("use.recorded", "{}"),
            ("moon.landed", r#"{"a":1}"#),
            ("use.recorded", r#"{"tag":"ABCDEFGH4"}"#),
        ] {
            let event = Event::read(kind, body);
            assert!(matches!(event, Event::Unknown(_)), "{kind}");
            assert_eq!(event.kind(), kind);
            assert_eq!(event.body().unwrap().get(), body);
        }
    }

    #[test]
    fn a_newer_box_may_add_members_and_words() {
        let body =
            r#"{"tag":"ABCDEFGH3","who":{"proof":"unattributed"},"incomplete":["mood"],"weather":"fine"}"#;
        let Event::CleaningRecorded(cleaning) = Event::read("cleaning.recorded", body) else { panic!() };
        assert_eq!(cleaning.incomplete, [MissingPart::Other]);
    }
}
