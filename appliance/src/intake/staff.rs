//! The people at the facility.

use record::fold::StaffMember;
use record::ids::StaffId;
use record::kinds::{StaffAdded, StaffChanged, StaffLeft, StaffRole};

use super::{CommandRefusal, Drafts, NewStaff, RefusalCause, StateView, text};

const NAME_NEEDED: RefusalCause = RefusalCause::PersonName;

/// Adds somebody to the people of the facility.
pub(super) fn add_member(
    person: &NewStaff,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let name = text::check_name("name", &person.name, NAME_NEEDED)?;
    let (name, beside) = drafts.text(&name)?;
    let staff = StaffId::new(view.now().wall_ms, drafts.random.bytes());
    drafts.push(
        StaffAdded { staff, name, role: person.role, locale: None, number: String::new() },
        vec![beside],
    );
    Ok(())
}

/// Gives somebody another name or role.
pub(super) fn change_member(
    staff: StaffId,
    name: Option<&str>,
    role: Option<StaffRole>,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let name = name.map(|n| text::check_name("name", n, NAME_NEEDED)).transpose()?;
    let (name, texts) = match name {
        None => (None, Vec::new()),
        Some(name) => drafts.text(&name).map(|(redactable, text)| (Some(redactable), vec![text]))?,
    };
    drafts.push(StaffChanged { staff, name, role, locale: None, number: None }, texts);
    Ok(())
}

/// Says that somebody does not work here any more.
pub(super) fn remove_member(
    staff: StaffId,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    find_member(staff, view)?;
    drafts.push(StaffLeft { staff }, Vec::new());
    Ok(())
}

pub(super) fn find_member(staff: StaffId, view: &dyn StateView) -> Result<&StaffMember, CommandRefusal> {
    view.facility().staff.get(&staff).filter(|s| !s.left).ok_or(CommandRefusal::UnknownStaff(staff))
}
