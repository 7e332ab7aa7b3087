//! Who may want what: by role for people, by way for programs.

use record::entry::{By, Entry, Via};
use record::fold::LinePlace;
use record::kinds::Role;

use super::{Command, Refusal, View};

const STAFF_ONLY: Refusal = Refusal::NotAllowed("This needs a sign-in as biomed or facility admin");
const ADMIN_ONLY: Refusal = Refusal::NotAllowed("This needs a sign-in as facility admin");

const OTHER_PHONE: Refusal = Refusal::NotAllowed("Only the phone that recorded it can add a photo");

/// Whether `by` may give `command`.
pub(super) fn check(by: &By, command: &Command, view: &dyn View) -> Result<(), Refusal> {
    match by.via {
        // The administration socket is root's, a directive was signed by the relay, a token was given for this.
        Via::Socket | Via::Relay | Via::Box | Via::Api => return Ok(()),
        Via::Phone => return phone(by, command, view),
        Via::Staff | Via::Other => {}
    }
    let staff = by.staff.and_then(|id| view.facility().staff.get(&id)).filter(|s| !s.left);
    match (staff.map(|s| s.role), command) {
        (None, _) => Err(STAFF_ONLY),
        (Some(Role::FacilityAdmin), command) => own_rights(by, command),
        (
            Some(Role::Biomed),
            Command::ChangeFacility(_)
            | Command::AddStaff(_)
            | Command::ChangeStaff { .. }
            | Command::StaffLeft { .. },
        ) => Err(ADMIN_ONLY),
        (Some(Role::Biomed), _) => Ok(()),
        (Some(Role::Technician), Command::RecordCleaning(_) | Command::RecordUse { .. }) => Ok(()),
        (Some(Role::Technician | Role::Auditor), _) => Err(STAFF_ONLY),
    }
}

/// Nobody takes their own rights away, so a facility with an admin keeps one.
fn own_rights(by: &By, command: &Command) -> Result<(), Refusal> {
    match command {
        Command::StaffLeft { staff } | Command::ChangeStaff { staff, role: Some(_), .. }
            if by.staff == Some(*staff) =>
        {
            Err(Refusal::NotAllowed(
                "Another facility admin changes your own role, and says that you have left",
            ))
        }
        _ => Ok(()),
    }
}

/// A phone without a sign-in records, and takes its own record back for a while.
fn phone(by: &By, command: &Command, view: &dyn View) -> Result<(), Refusal> {
    match command {
        Command::RecordCleaning(_) | Command::RecordUse { .. } => Ok(()),
        Command::AttachPhoto { of, .. } => {
            let made = view.entry(*of).ok_or(Refusal::UnknownCleaning { of: *of })?;
            if is_same_phone(by, &made) { Ok(()) } else { Err(OTHER_PHONE) }
        }
        // What a run brought was displaced meanwhile.
        Command::VoidCleaning { line: LinePlace { run: Some(_), .. }, .. } => Err(Refusal::UndoOver),
        Command::VoidCleaning { line: LinePlace { of, run: None }, .. } => {
            let made = view.entry(*of).ok_or(Refusal::UnknownCleaning { of: *of })?;
            let (then, now) = (made.head().at, view.now());
            let undo_ms = u64::from(view.facility().settings.undo_min) * 60_000;
            let same_phone = is_same_phone(by, &made);
            let in_time = then.boot == now.boot && now.up_ms.saturating_sub(then.up) <= undo_ms;
            if same_phone && in_time { Ok(()) } else { Err(Refusal::UndoOver) }
        }
        _ => Err(STAFF_ONLY),
    }
}

/// Whoever has the secret of an entry's device, and so its id, is the phone that made the entry.
fn is_same_phone(by: &By, made: &Entry) -> bool {
    by.device.is_some() && made.head().by.device == by.device
}
