//! Who may do what: by role for people, by source for programs. Rows of the table of routes and commands both ask here.

use record::entry::{CommandSource, Entry, EntryAuthor};
use record::fold::LinePlace;
use record::ids::StaffId;
use record::kinds::{AccessChange, AccessChanged, StaffRole};

use crate::intake::{Command, CommandRefusal, RefusalCause, StaffChange, StateView};

const OTHER_PHONE: CommandRefusal = CommandRefusal::NotAllowed(RefusalCause::OtherPhone);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// To look at what everybody of the staff sees.
    View,
    /// To record cleanings and uses under their own name.
    Record,
    /// To change equipment, protocols and schedules, to void records, and to acknowledge alarms.
    EditEquipment,
    /// To print labels, and to change their templates.
    Print,
    EditPrinters,
    SignOff,
    SeePeople,
    /// To change who works here, and their PINs.
    EditPeople,
    EditSettings,
    ManageTokens,
    ReadAudit,
    /// To make reports, and to see what an inspector sees.
    MakeReports,
}

impl Permission {
    pub const fn roles(self) -> &'static [StaffRole] {
        match self {
            Self::View => {
                &[StaffRole::Technician, StaffRole::Biomed, StaffRole::FacilityAdmin, StaffRole::Auditor]
            }
            Self::Record => &[StaffRole::Technician, StaffRole::Biomed, StaffRole::FacilityAdmin],
            Self::EditEquipment | Self::Print | Self::EditPrinters | Self::SignOff | Self::SeePeople => {
                &[StaffRole::Biomed, StaffRole::FacilityAdmin]
            }
            Self::EditPeople | Self::EditSettings | Self::ManageTokens => &[StaffRole::FacilityAdmin],
            Self::ReadAudit => &[StaffRole::FacilityAdmin, StaffRole::Auditor],
            Self::MakeReports => &[StaffRole::Biomed, StaffRole::FacilityAdmin, StaffRole::Auditor],
        }
    }

    pub fn is_of(self, role: StaffRole) -> bool {
        self.roles().contains(&role)
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Record => "record",
            Self::EditEquipment => "edit-equipment",
            Self::Print => "print",
            Self::EditPrinters => "edit-printers",
            Self::SignOff => "sign-off",
            Self::SeePeople => "see-people",
            Self::EditPeople => "edit-people",
            Self::EditSettings => "edit-settings",
            Self::ManageTokens => "manage-tokens",
            Self::ReadAudit => "read-audit",
            Self::MakeReports => "make-reports",
        }
    }

    /// Of the message to those whose role does not include it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::View => "refusal-needs-sign-in",
            Self::Record => "refusal-needs-sign-in.recorder",
            Self::EditEquipment
            | Self::Print
            | Self::EditPrinters
            | Self::SignOff
            | Self::SeePeople
            | Self::MakeReports => "refusal-needs-sign-in.biomed",
            Self::EditPeople | Self::EditSettings | Self::ManageTokens => "refusal-needs-sign-in.admin",
            Self::ReadAudit => "refusal-needs-sign-in.auditor",
        }
    }

    #[cfg(test)]
    pub(crate) fn all() -> [Self; 6] {
        [Self::View, Self::Record, Self::EditEquipment, Self::EditPeople, Self::ReadAudit, Self::MakeReports]
    }

    /// What a command needs of those who give it on a page of the staff.
    pub fn of(command: &Command) -> Self {
        match command {
            Command::RecordCleaning(_)
            | Command::RecordQueued(_)
            | Command::RecordUse(_)
            | Command::ReportProblem(_)
            | Command::RecordCheck(_)
            | Command::RecordUpkeep(_) => Self::Record,
            Command::AddStaff(_)
            | Command::ChangeStaff(_)
            | Command::StaffLeft { .. }
            | Command::ChangeAccess(_) => Self::EditPeople,
            Command::GrantCompetency(_) | Command::EndCompetency(_) => Self::SignOff,
            Command::ChangeFacility(_) => Self::EditSettings,
            Command::AddEquipment(_)
            | Command::ChangeEquipment { .. }
            | Command::RetireEquipment { .. }
            | Command::SuspendEquipment { .. }
            | Command::ResumeEquipment { .. }
            | Command::MergeEquipment(_)
            | Command::CloseProblem { .. }
            | Command::AssignTag(_)
            | Command::RevokeTag { .. }
            | Command::AddAlias { .. }
            | Command::RemoveAlias { .. }
            | Command::PublishProtocol(_)
            | Command::RetireProtocol { .. }
            | Command::SetLocation(_)
            | Command::SetCategory(_)
            | Command::PlanUpkeep(_)
            | Command::SetSchedule { .. }
            | Command::VoidCleaning { .. }
            | Command::AttachPhoto { .. }
            | Command::Reprinted { .. }
            | Command::AnchorClock { .. }
            | Command::SettleDirective(_)
            | Command::Note(_) => Self::EditEquipment,
        }
    }
}

/// Whether `by` may give `command`.
pub(in crate::intake) fn check_permission(
    by: &EntryAuthor,
    command: &Command,
    view: &dyn StateView,
) -> Result<(), CommandRefusal> {
    match by.via {
        // The administration socket is root's, a directive was signed by the relay, a token was given for this.
        CommandSource::Socket | CommandSource::Relay | CommandSource::Box => return Ok(()),
        CommandSource::Api => return check_program(command, view),
        CommandSource::Phone => return check_phone(by, command, view),
        CommandSource::Staff | CommandSource::Other => {}
    }
    let permission = match command {
        // Everybody of the staff chooses their own PIN.
        Command::ChangeAccess(change) if is_own_pin(by, change) => Permission::View,
        _ => Permission::of(command),
    };
    let staff = by.staff.and_then(|id| view.facility().staff.get(&id)).filter(|s| !s.left);
    match staff {
        Some(staff) if permission.is_of(staff.role) => own_rights(by, command),
        _ => Err(CommandRefusal::NotAllowed(RefusalCause::Role(permission))),
    }
}

/// A token that writes does what a facility admin does, settings included; who is an admin its admins decide.
fn check_program(command: &Command, view: &dyn StateView) -> Result<(), CommandRefusal> {
    let concerns_admin = match command {
        Command::AddStaff(person) => person.role == StaffRole::FacilityAdmin,
        Command::ChangeStaff(StaffChange { staff, role: Some(role), .. }) => {
            *role == StaffRole::FacilityAdmin || is_facility_admin(*staff, view)
        }
        Command::StaffLeft { staff } => is_facility_admin(*staff, view),
        _ => false,
    };
    if concerns_admin { Err(CommandRefusal::NotAllowed(RefusalCause::AdminByProgram)) } else { Ok(()) }
}

fn is_facility_admin(staff: StaffId, view: &dyn StateView) -> bool {
    view.facility().staff.get(&staff).is_some_and(|person| person.role == StaffRole::FacilityAdmin)
}

fn is_own_pin(by: &EntryAuthor, change: &AccessChanged) -> bool {
    change.what == AccessChange::PinSet && change.staff.is_some() && change.staff == by.staff
}

/// Nobody takes their own rights away, so a facility with an admin keeps one.
fn own_rights(by: &EntryAuthor, command: &Command) -> Result<(), CommandRefusal> {
    match command {
        Command::StaffLeft { staff } | Command::ChangeStaff(StaffChange { staff, role: Some(_), .. })
            if by.staff == Some(*staff) =>
        {
            Err(CommandRefusal::NotAllowed(RefusalCause::OwnRole))
        }
        _ => Ok(()),
    }
}

/// A phone without a sign-in records and reports, and takes its own record back for a while.
fn check_phone(by: &EntryAuthor, command: &Command, view: &dyn StateView) -> Result<(), CommandRefusal> {
    match command {
        Command::RecordCleaning(_)
        | Command::RecordQueued(_)
        | Command::RecordUse(_)
        | Command::ReportProblem(_) => Ok(()),
        Command::AttachPhoto { of, .. } => {
            let made = view.entry(*of).ok_or(CommandRefusal::UnknownCleaning { of: *of })?;
            if is_same_phone(by, &made) { Ok(()) } else { Err(OTHER_PHONE) }
        }
        // What a run brought was displaced meanwhile.
        Command::VoidCleaning { line: LinePlace { run: Some(_), .. }, .. } => Err(CommandRefusal::UndoOver),
        Command::VoidCleaning { line: LinePlace { of, run: None }, .. } => {
            let made = view.entry(*of).ok_or(CommandRefusal::UnknownCleaning { of: *of })?;
            let (then, now) = (made.head().at, view.now());
            let undo_ms = u64::from(view.facility().settings.undo_min) * 60_000;
            let same_phone = is_same_phone(by, &made);
            let in_time = then.boot == now.boot && now.up_ms.saturating_sub(then.up) <= undo_ms;
            if same_phone && in_time { Ok(()) } else { Err(CommandRefusal::UndoOver) }
        }
        _ => Err(CommandRefusal::NotAllowed(RefusalCause::Role(Permission::of(command)))),
    }
}

fn is_same_phone(by: &EntryAuthor, made: &Entry) -> bool {
    by.device.is_some() && made.head().by.device == by.device
}
