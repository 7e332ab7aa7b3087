//! A change of who may sign in, and how: it is carried out elsewhere, and logged by this.

use record::kinds::AccessChanged;

use crate::intake::{CommandRefusal, Drafts, StateView, text};

pub(in crate::intake) fn record_access_change(
    change: &AccessChanged,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    if let Some(staff) = change.staff.filter(|staff| !view.facility().staff.contains_key(staff)) {
        return Err(CommandRefusal::UnknownStaff(staff));
    }
    let name = text::check_line("name", &change.name)?;
    drafts.push(AccessChanged { name, ..change.clone() }, Vec::new());
    Ok(())
}
