//! Codes on items that are no tags of ours, and items that turned out to be one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::values::LineTime;
use super::{Equipment, FacilityState, FoldChanges, PassedOver, RowKey, ServiceState};
use crate::entry::Digest16;
use crate::kinds::{AliasAdded, AliasRemoved, EquipmentMerged};
use crate::values::code::{ScannedCode, comparison_key, normalise_code};
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

/// Codes of items by the digest of their stored form, and by what they are compared by: earlier versions stored some in other
/// forms than they are read in now, and case tells no two devices apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CodeTable {
    rows: BTreeMap<Digest16, CodeAlias>,
    by_comparison: BTreeMap<Digest16, Vec<Digest16>>,
}

impl CodeTable {
    /// By the digest of its stored form.
    pub fn get(&self, id: &Digest16) -> Option<&CodeAlias> {
        self.rows.get(id)
    }

    /// In the order of the digests.
    pub fn iter(&self) -> impl Iterator<Item = (&Digest16, &CodeAlias)> {
        self.rows.iter()
    }

    /// In the order of the digests.
    pub fn values(&self) -> impl Iterator<Item = &CodeAlias> {
        self.rows.values()
    }

    pub(super) fn set(&mut self, id: Digest16, alias: CodeAlias) {
        let ids = self.by_comparison.entry(comparison_digest(&alias.code)).or_default();
        if !ids.contains(&id) {
            ids.push(id);
            ids.sort_unstable();
        }
        self.rows.insert(id, alias);
    }

    pub(super) fn remove(&mut self, id: &Digest16) {
        let Some(alias) = self.rows.remove(id) else { return };
        let key = comparison_digest(&alias.code);
        if let Some(ids) = self.by_comparison.get_mut(&key) {
            ids.retain(|other| other != id);
            if ids.is_empty() {
                self.by_comparison.remove(&key);
            }
        }
    }
}

/// By the form in which the code is read now, whatever it was stored in.
fn comparison_digest(code: &str) -> Digest16 {
    let read = ScannedCode::read(code, |_, _| false);
    Digest16::of(comparison_key(read.as_ref().map_or(code, ScannedCode::as_str)).as_bytes())
}

/// By what asset numbers are compared: without regard to case and blanks around them. `None` where nothing is left.
fn number_digest(number: &str) -> Option<Digest16> {
    let number = comparison_key(number.trim());
    (!number.is_empty()).then(|| Digest16::of(number.as_bytes()))
}

impl FacilityState {
    /// Items with this asset number, in any state, in the order of their tags.
    pub fn items_numbered(&self, number: &str) -> impl Iterator<Item = &Equipment> {
        let first = number_digest(number).map(|digest| (digest, Tag::from_random([0; 5])));
        let all = first
            .into_iter()
            .flat_map(|first| self.numbered.range(first..).take_while(move |(digest, _)| *digest == first.0));
        all.filter_map(|(_, tag)| self.equipment.get(tag).map(AsRef::as_ref))
    }

    pub(super) fn set_item(&mut self, tag: Tag, item: Option<Arc<Equipment>>) {
        let number = item.as_ref().and_then(|item| number_digest(&item.facts.asset_number));
        let before = match item {
            Some(item) => self.equipment.insert(tag, item),
            None => self.equipment.remove(&tag),
        };
        let before = before.and_then(|before| number_digest(&before.facts.asset_number));
        if before != number {
            before.map(|before| self.numbered.remove(&(before, tag)));
            self.numbered.extend(number.map(|number| (number, tag)));
        }
    }

    /// The item that a code opens which is no tag of ours, exactly as it is stored.
    pub fn resolve_code(&self, code: &str) -> Option<&Equipment> {
        let alias = self.codes.get(&Digest16::of(code.as_bytes())).filter(|alias| !alias.removed)?;
        self.follow_merges(alias.equipment)
    }

    /// The codes that open items and are this text: stored exactly so, or the same code in other letters or another way of writing
    /// ([`ScannedCode::read`]). The exact one is the first.
    pub fn codes_like(&self, scanned: &str) -> Vec<&CodeAlias> {
        let read = ScannedCode::read(scanned, |_, _| false).ok();
        let text = normalise_code(scanned);
        let read = read.as_ref().map_or(text.as_str(), ScannedCode::as_str);
        let exact = [read, &text].map(|code| Digest16::of(code.as_bytes()));
        let alike = self.codes.by_comparison.get(&comparison_digest(read)).into_iter().flatten();
        let mut seen = BTreeSet::new();
        let ids = exact.iter().chain(alike).filter(|id| seen.insert(**id));
        ids.filter_map(|id| self.codes.get(id)).filter(|alias| !alias.removed).collect()
    }

    /// The one of these that is meant. `None` also where they are on several items, and none is written exactly so.
    pub fn find_code(&self, scanned: &str) -> Option<&CodeAlias> {
        let like = self.codes_like(scanned);
        let first = *like.first()?;
        let is_exact = ScannedCode::read(scanned, |_, _| false).is_ok_and(|read| read.as_str() == first.code)
            || normalise_code(scanned) == first.code;
        (is_exact || like.iter().all(|alias| alias.equipment == first.equipment)).then_some(first)
    }

    /// The item that such a code opens.
    pub fn resolve_scanned(&self, scanned: &str) -> Option<&Equipment> {
        self.follow_merges(self.find_code(scanned)?.equipment)
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
        self.codes.set(key, alias);
        changes.row(RowKey::Code(key));
    }

    pub(super) fn alias_removed(&mut self, b: &AliasRemoved, line: LineTime, changes: &mut FoldChanges) {
        let key = Digest16::of(b.code.as_bytes());
        let Some(alias) = self.codes.rows.get_mut(&key) else {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn facility(codes: &[(&str, [u8; 5])]) -> FacilityState {
        let mut facility = FacilityState::default();
        for (code, item) in codes {
            let equipment = Tag::from_random(*item);
            let alias = CodeAlias { code: (*code).to_owned(), equipment, removed: false, set_ms: 0 };
            facility.codes.set(Digest16::of(code.as_bytes()), alias);
        }
        facility
    }

    #[test]
    fn codes_in_forms_of_earlier_versions_open_their_item() {
        let link = "https://example.org/x/01/09506000134352/21/SN771?17=271231";
        let stored =
            [("+A123BJC5D6E71G", [1; 5]), (link, [2; 5]), ("(01)09506000134352(21)SN1(11)240101", [3; 5])];
        let facility = facility(&stored);
        let found = |scanned: &str| facility.find_code(scanned).map(|alias| alias.equipment);
        for (scanned, item) in [
            ("+A123BJC5D6E71G", 1),
            (link, 2),
            ("(01)09506000134352(21)SN771", 2),
            ("]d2010950600013435221SN771", 2),
            ("]d2010950600013435221SN1", 3),
        ] {
            assert_eq!(found(scanned), Some(Tag::from_random([item; 5])), "{scanned}");
        }
        assert_eq!(found("(01)09506000134352(21)SN772"), None);
    }

    #[test]
    fn an_asset_number_finds_its_items_until_it_is_another() {
        let mut facility = FacilityState::default();
        let tags = [[2; 5], [1; 5]].map(Tag::from_random);
        let set = |facility: &mut FacilityState, tag: Tag, number: &str| {
            let row = format!(
                r#"{{"tag":"{tag}","facts":{{"name":"Pump","asset_number":"{number}","serial":"","maker":"","model":"","category":"","location":"","class":"semicritical","photo":"optional","single_use":false,"protocols":[],"custom":{{}}}},"service":"in","plans":[],"out":[],"added_ms":0}}"#
            );
            facility.load(RowKey::Equipment(tag), &row).unwrap();
        };
        let found = |facility: &FacilityState, number: &str| {
            facility.items_numbered(number).map(|item| item.tag).collect::<Vec<_>>()
        };
        set(&mut facility, tags[0], "BM-20419");
        set(&mut facility, tags[1], " bm-20419");
        assert_eq!(found(&facility, "Bm-20419 "), [tags[1], tags[0]]);
        set(&mut facility, tags[0], "");
        assert_eq!((found(&facility, "BM-20419"), found(&facility, "")), (vec![tags[1]], vec![]));
        facility.share_row(&FacilityState::default(), RowKey::Equipment(tags[1]));
        facility.share_row(&FacilityState::default(), RowKey::Equipment(tags[0]));
        assert_eq!(facility, FacilityState::default());
    }

    #[test]
    fn codes_that_differ_by_case_on_two_items_open_none_of_them_in_a_third_way() {
        let mut facility = facility(&[("BME-4711", [1; 5]), ("bme-4711", [2; 5])]);
        let found = |facility: &FacilityState, scanned: &str| {
            facility.find_code(scanned).map(|alias| alias.equipment)
        };
        assert_eq!(found(&facility, "BME-4711"), Some(Tag::from_random([1; 5])));
        assert_eq!(found(&facility, "bme-4711"), Some(Tag::from_random([2; 5])));
        assert_eq!((found(&facility, "Bme-4711"), facility.codes_like("Bme-4711").len()), (None, 2));
        facility.codes.remove(&Digest16::of(b"bme-4711"));
        assert_eq!(found(&facility, "Bme-4711"), Some(Tag::from_random([1; 5])));
        facility.codes.remove(&Digest16::of(b"BME-4711"));
        assert_eq!(facility.codes, CodeTable::default());
    }
}
