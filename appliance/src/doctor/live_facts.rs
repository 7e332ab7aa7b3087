//! What a running box reports, taken from its parts.

use record::kinds::StaffRole;

use super::facts::{LinkFact, PrinterFact, RecordingFact, ServiceFacts};
use crate::alarms::AlarmStore;
use crate::alarms::sources::is_of_missing;
use crate::identity::{IdentityError, IdentityStores};
use crate::printing::PrintService;
use crate::store::{Recording, Store};
use crate::uplink::{UplinkState, UplinkStatus};

#[derive(Clone, Copy)]
pub struct ServiceParts<'a> {
    pub store: &'a Store,
    pub identity: &'a IdentityStores,
    pub alarms: &'a AlarmStore,
    pub printing: &'a PrintService,
    /// Whether staff pages can be reached.
    pub has_https: bool,
    pub certificate_ms: Option<i64>,
    pub backup_ms: Option<i64>,
}

/// Looks at all of them. It waits for the disk.
pub fn collect_service_facts(parts: ServiceParts<'_>, uplink: &UplinkStatus) -> ServiceFacts {
    let health = parts.store.health();
    let all = parts.alarms.all();
    ServiceFacts {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        recording: match health.recording {
            Recording::Ready => RecordingFact::Ready,
            Recording::Full => RecordingFact::Full,
            Recording::Ended => RecordingFact::Ended,
        },
        entries: health.size,
        link: link_fact(&uplink.state),
        backlog: uplink.backlog,
        printers: parts
            .printing
            .printers()
            .into_iter()
            .map(|printer| PrinterFact { name: printer.name, stands_still: printer.state.stands_still() })
            .collect(),
        checked_ms: health.scrubbed.round_ms,
        is_damaged: health.damaged || health.scrubbed.damaged > 0,
        is_missing: all.iter().any(|alarm| alarm.is_active() && is_of_missing(&alarm.cause)),
        unseen: parts.alarms.unseen(),
        has_admin: has_admin(parts.store, parts.identity),
        has_https: parts.has_https,
        certificate_ms: parts.certificate_ms,
        backup_ms: parts.backup_ms,
    }
}

/// Whether a facility admin works here who can sign in. Where PINs cannot be read, nobody is let in as the first one.
pub fn has_admin(store: &Store, identity: &IdentityStores) -> bool {
    find_admin(store, identity).unwrap_or(true)
}

/// Whether a facility admin works here who can sign in.
///
/// # Errors
/// PINs cannot be read.
pub fn find_admin(store: &Store, identity: &IdentityStores) -> Result<bool, IdentityError> {
    let holders = identity.pins.holders()?;
    let facility = store.facility();
    let admins =
        facility.staff.iter().filter(|(_, person)| !person.left && person.role == StaffRole::FacilityAdmin);
    Ok(admins.into_iter().any(|(id, _)| holders.contains(id)))
}

fn link_fact(state: &UplinkState) -> LinkFact {
    match state {
        UplinkState::Alone => LinkFact::Alone,
        UplinkState::Claiming { trouble } => LinkFact::Claiming { why: trouble.clone().unwrap_or_default() },
        UplinkState::Up => LinkFact::Up,
        UplinkState::Down { why, .. } => LinkFact::Down { why: why.clone() },
    }
}
