//! Codes on items that are no tags of ours, and items that turned out to be one.

use serde::{Deserialize, Serialize};

use super::values::LineTime;
use super::{Equipment, FacilityState, FoldChanges, PassedOver, RowKey, ServiceState};
use crate::entry::Digest16;
use crate::kinds::{AliasAdded, AliasRemoved, EquipmentMerged};
use crate::values::tag::Tag;

const MERGES_MAX: usize = 8;

/// Where a code that is no tag leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeAlias {
    /// The code as it is compared.
    pub code: String,
    /// The item's first tag.
    pub equipment: Tag,
    /// Whether it opens nothing any more; its page then shows what it opened.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub removed: bool,
    /// When that was stated, milliseconds since 1970.
    pub set_ms: i64,
}

impl FacilityState {
    /// The item that a code opens which is no tag of ours, exactly as it is compared.
    pub fn resolve_code(&self, code: &str) -> Option<&Equipment> {
        let alias = self.codes.get(&Digest16::of(code.as_bytes())).filter(|alias| !alias.removed)?;
        self.follow_merges(alias.equipment)
    }

    pub(super) fn follow_merges(&self, first: Tag) -> Option<&Equipment> {
        let mut item = self.equipment.get(&first)?;
        for _ in 0..MERGES_MAX {
            match item.merged.and_then(|into| self.equipment.get(&into)) {
                Some(into) => item = into,
                None => break,
            }
        }
        Some(item)
    }

    pub(super) fn alias_added(&mut self, b: &AliasAdded, line: LineTime, changes: &mut FoldChanges) {
        let key = Digest16::of(b.code.as_bytes());
        let before = self.codes.get(&key);
        if before.is_some_and(|alias| line.is_behind(alias.set_ms)) {
            return changes.pass(line.late, PassedOver::Older { value: "code".to_owned() });
        }
        // A code is one item's until it is taken off that item.
        if before.is_some_and(|alias| !alias.removed) || !self.equipment.contains_key(&b.equipment) {
            return changes.pass(line.late, PassedOver::NotApplicable);
        }
        let alias =
            CodeAlias { code: b.code.clone(), equipment: b.equipment, removed: false, set_ms: line.ms };
        self.codes.insert(key, alias);
        changes.row(RowKey::Code(key));
    }

    pub(super) fn alias_removed(&mut self, b: &AliasRemoved, line: LineTime, changes: &mut FoldChanges) {
        let key = Digest16::of(b.code.as_bytes());
        let Some(alias) = self.codes.get_mut(&key) else {
            return changes.pass(line.late, PassedOver::NotApplicable);
        };
        if line.is_behind(alias.set_ms) {
            return changes.pass(line.late, PassedOver::Older { value: "code".to_owned() });
        }
        (alias.removed, alias.set_ms) = (true, line.ms);
        changes.row(RowKey::Code(key));
    }

    pub(super) fn merged(&mut self, b: &EquipmentMerged, line: LineTime, changes: &mut FoldChanges) {
        // Nothing goes into an item that is itself merged: so there are no circles.
        let mut items = [b.from, b.into].into_iter().map(|tag| self.equipment.get(&tag));
        if b.from == b.into || !items.all(|item| item.is_some_and(|item| item.merged.is_none())) {
            return changes.pass(line.late, PassedOver::NotApplicable);
        }
        self.service(b.from, ServiceState::Retired, b.reason.map(|r| r.hash), line, changes);
        if let Some(item) = self.item_mut(b.from) {
            (item.merged, item.changed) = (Some(b.into), line.version);
        }
        changes.row(RowKey::Equipment(b.from));
    }
}
