//! The people at the facility.

use record::fold::StaffMember;
use record::ids::StaffId;
use record::kinds::{StaffAdded, StaffChanged, StaffLeft};

use super::{Command, CommandRefusal, Drafts, RefusalCause, StateView, require_seen, text};

const NAME_NEEDED: RefusalCause = RefusalCause::PersonName;

pub(super) fn decide_staff(
    command: &Command,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    match command {
        Command::AddStaff(person) => {
            let name = text::check_name("name", &person.name, NAME_NEEDED)?;
            let (name, beside) = drafts.text(&name)?;
            let staff = StaffId::new(view.now().wall_ms, drafts.random.bytes());
            drafts.push(StaffAdded { staff, name, role: person.role }, vec![beside]);
        }
        Command::ChangeStaff { staff, name, role, seen } => {
            require_seen(*seen, find_member(*staff, view)?.changed)?;
            let name = name.as_deref().map(|n| text::check_name("name", n, NAME_NEEDED)).transpose()?;
            let (name, texts) = match name {
                None => (None, Vec::new()),
                Some(name) => drafts.text(&name).map(|(redactable, text)| (Some(redactable), vec![text]))?,
            };
            drafts.push(StaffChanged { staff: *staff, name, role: *role }, texts);
        }
        Command::StaffLeft { staff } => {
            find_member(*staff, view)?;
            drafts.push(StaffLeft { staff: *staff }, Vec::new());
        }
        _ => {}
    }
    Ok(())
}

fn find_member(staff: StaffId, view: &dyn StateView) -> Result<&StaffMember, CommandRefusal> {
    view.facility().staff.get(&staff).filter(|s| !s.left).ok_or(CommandRefusal::UnknownStaff(staff))
}
