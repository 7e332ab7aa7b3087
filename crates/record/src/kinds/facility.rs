//! Settings of the facility, its places and its categories.

use serde::{Deserialize, Serialize};

use super::body::is_false;
use super::body_values::{
    AnnouncedInspection, CategoryDefaults, CategoryField, DayChange, FacilityBrand, TimeOfDay, WhoPolicy,
};
use super::open_words::{CompetencyPolicy, OpenWord, ProblemPolicy, QueuedPolicy};

bodies! {
    /// Settings of the facility; what is absent stays as it was.
    #[derive(Default)]
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
        /// Language of printed things and of a page without a preference, BCP 47.
        #[serde(default, skip_serializing_if = "Option::is_none")] locale: Option<String>,
        /// The languages that pages offer.
        #[serde(default, skip_serializing_if = "Option::is_none")] languages: Option<Vec<String>>,
        /// Which methods of stating who cleaned are allowed, by the class of the use.
        #[serde(default, skip_serializing_if = "Option::is_none")] who: Option<WhoPolicy>,
        /// Whether a reported problem takes the item out of service.
        #[serde(default, skip_serializing_if = "Option::is_none")] problem: Option<ProblemPolicy>,
        /// Whether contact time that a phone measured counts.
        #[serde(default, skip_serializing_if = "Option::is_none")] queued: Option<QueuedPolicy>,
        /// What comes of a cleaning by somebody who is not signed off for its protocol.
        #[serde(default, skip_serializing_if = "Option::is_none")] competency: Option<CompetencyPolicy>,
        /// The next announced inspection; without a day there is none any more.
        #[serde(default, skip_serializing_if = "Option::is_none")] inspection: Option<AnnouncedInspection>,
        /// Day of the last full survey; an empty one clears.
        #[serde(default, skip_serializing_if = "Option::is_none")] survey: Option<DayChange>,
        /// When shifts begin.
        #[serde(default, skip_serializing_if = "Option::is_none")] shifts: Option<Vec<TimeOfDay>>,
        /// How pages and reports show the facility.
        #[serde(default, skip_serializing_if = "Option::is_none")] brand: Option<FacilityBrand>,
        /// How long records are to be kept, years; nothing is deleted by it.
        #[serde(default, skip_serializing_if = "Option::is_none")] retain_years: Option<u32>,
        /// What the relay may ask for by directives.
        #[serde(default, skip_serializing_if = "Option::is_none")] relay_may: Option<Vec<OpenWord>>,
    }
    /// A place of the pick list and of rounds. Items keep theirs as text.
    LocationSet = "location.set" {
        /// What people call it.
        name: String,
        /// The place that it is part of.
        #[serde(default, skip_serializing_if = "String::is_empty")] within: String,
        /// Its place in rounds.
        #[serde(default, skip_serializing_if = "Option::is_none")] order: Option<u16>,
        /// It is not offered any more.
        #[serde(default, skip_serializing_if = "is_false")] retired: bool,
    }
    /// What a sort of equipment has beyond the fields of all.
    CategorySet = "category.set" {
        /// What people call it.
        name: String,
        /// Own fields of its items.
        #[serde(default, skip_serializing_if = "Vec::is_empty")] fields: Vec<CategoryField>,
        /// What the form of a new item begins with.
        #[serde(default, skip_serializing_if = "Option::is_none")] defaults: Option<CategoryDefaults>,
        /// It is not offered any more.
        #[serde(default, skip_serializing_if = "is_false")] retired: bool,
    }
}
