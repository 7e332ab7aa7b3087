//! Codes that open items beside their tags.

use record::code::ScannedCode;
use record::entry::Digest16;
use record::fold::{CodeAlias, Equipment};
use record::kinds::{AliasAdded, AliasRemoved};
use record::tag::Tag;

use super::{CommandRefusal, Drafts, RefusalCause, StateView};

/// Codes of one item.
const CODES_MAX: usize = 20;

/// Makes a code open an item too.
pub(super) fn add_alias(
    scanned: &str,
    item: &Equipment,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let facility = view.facility();
    let of_item = |alias: &&CodeAlias| alias.equipment == item.tag && !alias.removed;
    if facility.codes.values().filter(of_item).count() >= CODES_MAX {
        return Err(CommandRefusal::Range { field: "code", cause: RefusalCause::CodeCount });
    }
    drafts.push(new_alias(scanned, item.tag, view)?, Vec::new());
    Ok(())
}

/// A code that no item has becomes one of the item with this first tag.
pub(super) fn new_alias(
    scanned: &str,
    equipment: Tag,
    view: &dyn StateView,
) -> Result<AliasAdded, CommandRefusal> {
    let code = ScannedCode::read(scanned).map_err(CommandRefusal::Code)?;
    match view.facility().resolve_code(code.as_str()) {
        Some(holder) if holder.tag == equipment => Err(CommandRefusal::AlreadySo(RefusalCause::OwnCode)),
        Some(holder) => Err(CommandRefusal::CodeTaken { code: code.to_string(), name: holder.name.clone() }),
        None => Ok(AliasAdded { code: code.to_string(), equipment }),
    }
}

/// Makes a code open nothing any more.
pub(super) fn remove_alias(
    code: Digest16,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let alias = view.facility().codes.get(&code).filter(|alias| !alias.removed);
    let alias = alias.ok_or(CommandRefusal::AlreadySo(RefusalCause::NoCode))?;
    drafts.push(AliasRemoved { code: alias.code.clone() }, Vec::new());
    Ok(())
}
