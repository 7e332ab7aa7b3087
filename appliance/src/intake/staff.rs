//! The people at the facility.

use record::fold::Staff;
use record::ids::StaffId;
use record::kinds::{StaffAdded, StaffChanged, StaffLeft};

use super::{Command, Drafts, Refusal, RefusalCause, View, require_seen, text};

const NAME_NEEDED: RefusalCause = RefusalCause::PersonName;

pub(super) fn decide(command: &Command, view: &dyn View, drafts: &mut Drafts<'_>) -> Result<(), Refusal> {
    match command {
        Command::AddStaff(person) => {
            let name = text::name("name", &person.name, NAME_NEEDED)?;
            let (name, beside) = drafts.text(&name)?;
            let staff = StaffId::new(view.now().wall_ms, drafts.random.bytes());
            drafts.push(StaffAdded { staff, name, role: person.role }, vec![beside]);
        }
        Command::ChangeStaff { staff, name, role, seen } => {
            require_seen(*seen, known(*staff, view)?.changed)?;
            let name = name.as_deref().map(|n| text::name("name", n, NAME_NEEDED)).transpose()?;
            let (name, texts) = match name {
                None => (None, Vec::new()),
                Some(name) => drafts.text(&name).map(|(redactable, text)| (Some(redactable), vec![text]))?,
            };
            drafts.push(StaffChanged { staff: *staff, name, role: *role }, texts);
        }
        Command::StaffLeft { staff } => {
            known(*staff, view)?;
            drafts.push(StaffLeft { staff: *staff }, Vec::new());
        }
        _ => {}
    }
    Ok(())
}

fn known(staff: StaffId, view: &dyn View) -> Result<&Staff, Refusal> {
    view.facility().staff.get(&staff).filter(|s| !s.left).ok_or(Refusal::UnknownStaff(staff))
}
