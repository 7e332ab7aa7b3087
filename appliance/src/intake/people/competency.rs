//! Who is signed off for which protocol: sign-offs by people who are signed off themselves, their ends, and what cleanings by
//! others come to.

use record::compliance::{CivilCalendar, ZoneSpan};
use record::entry::CommandSource;
use record::fold::{CompetencyGrant, FacilityState, RowVersion};
use record::ids::{ProtocolId, StaffId};
use record::kinds::{CivilDay, CleanedBy, CompetencyEnded, CompetencyGranted, CompetencyPolicy, MissingPart};
use record::tree::Hash;
use serde::Serialize;

use super::staff::find_member;
use crate::intake::{
    ClaimedCleaner, CommandRefusal, Drafts, Permission, RefusalCause, SignOffRefusal, StateView, require_seen,
};

/// Protocols of one person, ended sign-offs included: what would be more the fold passes over.
const PROTOCOLS_MAX: usize = 200;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CompetencySignOff {
    pub staff: StaffId,
    pub protocol: ProtocolId,
    /// The last day on which it holds; absent: until it is ended.
    pub until: Option<CivilDay>,
    pub note: String,
    /// The version of the sign-off that this change is based on; absent: any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<RowVersion>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CompetencyEnding {
    pub staff: StaffId,
    pub protocol: ProtocolId,
    pub reason: String,
    /// The version of the sign-off that this change is based on; absent: any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<RowVersion>,
}

/// What is there of a person and a protocol, whether it still holds or not.
pub fn find_grant(
    facility: &FacilityState,
    staff: StaffId,
    protocol: ProtocolId,
) -> Option<&CompetencyGrant> {
    facility.competency.get(&staff).and_then(|row| row.protocols.get(&protocol))
}

/// The version of a sign-off: the entry that made or ended it.
pub fn grant_version(grant: Option<&CompetencyGrant>) -> RowVersion {
    grant.map_or_else(RowVersion::default, |grant| RowVersion::of(grant.of, Hash([0; 32])))
}

pub fn facility_day(facility: &FacilityState, ms: i64) -> Option<CivilDay> {
    let zone = ZoneSpan { from_ms: 0, zone: facility.settings.zone().into() };
    CivilDay::of_number(CivilCalendar::new(&[zone]).day_of(ms))
}

pub fn is_signed_off(facility: &FacilityState, staff: StaffId, protocol: ProtocolId, day: CivilDay) -> bool {
    facility.competency.get(&staff).is_some_and(|row| row.allows(protocol, day))
}

/// Whether anybody was signed off for a protocol, and that was not ended.
fn is_anybody_signed_off(facility: &FacilityState, protocol: ProtocolId) -> bool {
    let mut grants = facility.competency.values().filter_map(|row| row.protocols.get(&protocol));
    grants.any(|grant| !grant.ended)
}

pub(in crate::intake) fn grant_competency(
    form: &CompetencySignOff,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let facility = view.facility();
    find_member(form.staff, view)?;
    let protocol =
        facility.protocols.get(&form.protocol).ok_or(CommandRefusal::UnknownProtocol(form.protocol))?;
    if protocol.retired {
        return Err(CommandRefusal::AlreadySo(RefusalCause::RetiredProtocol));
    }
    let there = find_grant(facility, form.staff, form.protocol);
    require_seen(form.seen, grant_version(there))?;
    let today = facility_day(facility, view.now().wall_ms);
    if form.until.zip(today).is_some_and(|(until, today)| until < today) {
        return Err(CommandRefusal::Range {
            field: "until",
            cause: RefusalCause::SignOff(SignOffRefusal::Day),
        });
    }
    let row = facility.competency.get(&form.staff);
    if there.is_none() && row.is_some_and(|row| row.protocols.len() >= PROTOCOLS_MAX) {
        return Err(CommandRefusal::Range {
            field: "until",
            cause: RefusalCause::SignOff(SignOffRefusal::Count),
        });
    }
    if !may_sign_off(form, facility, today, drafts) {
        return Err(CommandRefusal::NotAllowed(RefusalCause::SignOff(SignOffRefusal::Yourself)));
    }
    let (text, texts) = drafts.optional_text("notes", &form.note)?;
    let granted = CompetencyGranted { staff: form.staff, protocol: form.protocol, until: form.until, text };
    drafts.push(granted, texts);
    Ok(())
}

/// Whether the issuer of the command may sign this person off: somebody else who is signed off themselves. Where no one
/// who may sign others off is signed off yet, or their day is over, somebody has to begin: then the role alone is
/// enough, for oneself too. A program was given its token for this, and has no sign-off of its own.
fn may_sign_off(
    form: &CompetencySignOff,
    facility: &FacilityState,
    today: Option<CivilDay>,
    drafts: &Drafts<'_>,
) -> bool {
    if drafts.by.via != CommandSource::Staff {
        return true;
    }
    let others = facility.staff.iter().filter(|(staff, person)| {
        **staff != form.staff && !person.left && Permission::SignOff.is_of(person.role)
    });
    let able = others.map(|(staff, _)| *staff).filter(|staff: &StaffId| {
        today.is_some_and(|day| is_signed_off(facility, *staff, form.protocol, day))
    });
    let mut able = able.peekable();
    able.peek().is_none() || able.any(|staff| drafts.by.staff == Some(staff))
}

pub(in crate::intake) fn end_competency(
    form: &CompetencyEnding,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    find_member(form.staff, view)?;
    let there = find_grant(view.facility(), form.staff, form.protocol);
    require_seen(form.seen, grant_version(there))?;
    if there.is_none_or(|grant| grant.ended) {
        return Err(CommandRefusal::AlreadySo(RefusalCause::SignOff(SignOffRefusal::Absent)));
    }
    let (reason, texts) = drafts.optional_text("reason", &form.reason)?;
    drafts.push(CompetencyEnded { staff: form.staff, protocol: form.protocol, reason }, texts);
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignOffVerdict {
    Passed,
    Flagged,
    /// It is flagged and incomplete, and on a page it needs a note.
    Incomplete,
}

impl SignOffVerdict {
    /// Of somebody whose name alone is not known here where it is `None`: such a name is nobody's who is signed off.
    /// Where a facility only warns, that says nothing, and neither does a protocol for which nobody ever was signed off.
    pub fn of(
        facility: &FacilityState,
        protocol: Option<ProtocolId>,
        staff: Option<StaffId>,
        performed_ms: i64,
    ) -> Self {
        let Some(protocol) = protocol else { return Self::Passed };
        let day = facility_day(facility, performed_ms);
        if staff.zip(day).is_some_and(|(staff, day)| is_signed_off(facility, staff, protocol, day)) {
            return Self::Passed;
        }
        match &facility.settings.competency {
            CompetencyPolicy::Off => Self::Passed,
            CompetencyPolicy::Refuse => Self::Incomplete,
            CompetencyPolicy::Warn | CompetencyPolicy::Other(_)
                if staff.is_some() && is_anybody_signed_off(facility, protocol) =>
            {
                Self::Flagged
            }
            CompetencyPolicy::Warn | CompetencyPolicy::Other(_) => Self::Passed,
        }
    }

    pub(in crate::intake) fn missing(self) -> Option<MissingPart> {
        (self == Self::Incomplete).then_some(MissingPart::Who)
    }
}

pub(in crate::intake) fn staff_of(who: &CleanedBy) -> Option<StaffId> {
    match who {
        CleanedBy::Pin { staff, .. } | CleanedBy::Badge { staff } | CleanedBy::Login { staff } => {
            Some(*staff)
        }
        CleanedBy::Entered { staff, .. } => *staff,
        CleanedBy::Unattributed => None,
    }
}

impl ClaimedCleaner {
    pub fn staff(&self) -> Option<StaffId> {
        match self {
            Self::Pin(staff) | Self::Badge(staff) | Self::Login(staff) => Some(*staff),
            Self::Listed { staff, .. } => Some(*staff),
            Self::Entered(_) => None,
        }
    }
}
