//! What opens an item beside its first label: codes, and what a scan or a typed text finds.

use std::collections::BTreeMap;

use record::code::{ScannedCodeError, comparison_key, find_label};
use record::entry::Digest16;
use record::fold::{CodeAlias, Equipment, FacilityState, ServiceState};
use record::tag::Tag;
use words::{S0, SafeHtml, fill_slots};

use crate::intake::{find_named_item, open_tags, read_code};
use crate::phones::LabelScans;
use crate::web::context::AppState;
use crate::web::search_words::fold_letters;
use crate::web::view_models::page::path_segment::path_segment;
use crate::web::view_models::page::wording::PageWording;
use crate::web::words::CodeWords;

#[derive(Debug, Clone)]
pub(crate) struct OpenerRow {
    pub(crate) text: String,
    pub(crate) words: String,
    pub(crate) opener: ItemOpener,
}

impl OpenerRow {
    /// As a part of an address.
    pub(crate) fn segment(&self) -> String {
        path_segment(&self.text)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ItemOpener {
    Label(Tag),
    Code(Digest16),
}

/// The tag that a text is, where it is one of this facility's.
pub(crate) fn read_label(facility: &FacilityState, text: &str) -> Option<Tag> {
    match read_code(facility, text) {
        Err(ScannedCodeError::Tag(tag)) => Some(tag),
        Ok(_) | Err(_) => None,
    }
}

/// Whether a label with this tag opens nothing any more.
pub(crate) fn is_revoked(facility: &FacilityState, tag: Tag) -> bool {
    facility.aliases.get(&tag).is_some_and(|alias| alias.revoked)
}

/// The address for a label's tag. An item's page has the address of its first tag for good, also when the label with
/// that tag was lost: a notice about such a label is shown at its own code's address.
pub(crate) fn address_of_label(facility: &FacilityState, tag: Tag) -> String {
    if is_revoked(facility, tag) { format!("/{tag}") } else { format!("/t/{tag}") }
}

/// The item that a scanned or typed text opens: by a tag alone or in an address, by a code that is on it, or by an asset number
/// that no other item in use has.
pub(crate) fn find_scanned<'a>(facility: &'a FacilityState, text: &str) -> Option<&'a Equipment> {
    if let Some(tag) = read_label(facility, text) {
        return facility.resolve(tag);
    }
    facility.resolve_scanned(text).or_else(|| match numbered_tags(facility, text)[..] {
        [tag] => facility.resolve(tag),
        _ => None,
    })
}

/// Items in use with this asset number: hospitals' own barcodes carry it.
pub(crate) fn numbered_tags(facility: &FacilityState, entered: &str) -> Vec<Tag> {
    let numbered = facility.items_numbered(entered).filter(|item| item.service != ServiceState::Retired);
    numbered.map(|item| item.tag).collect()
}

/// Items in use whose code or asset number is this one with zeros added or left out at its front, with that number.
pub(crate) fn find_zero_variants<'a>(
    facility: &'a FacilityState,
    text: &str,
) -> Vec<(&'a Equipment, &'a str)> {
    let strip = |code: &str| comparison_key(code.trim().trim_start_matches('0'));
    let without_zeros = strip(text);
    if without_zeros.is_empty() || !without_zeros.starts_with(|first: char| first.is_ascii_digit()) {
        return Vec::new();
    }
    let is_variant = |code: &&str| strip(code) == without_zeros;
    let codes = facility.codes.values().filter(|alias| !alias.removed);
    let coded = codes.filter(|alias| is_variant(&alias.code.as_str()));
    let coded =
        coded.filter_map(|alias| Some((find_named_item(facility, alias.equipment)?, alias.code.as_str())));
    let items = facility.equipment.values().map(AsRef::as_ref);
    let numbered = items.map(|item: &Equipment| (item, item.facts.asset_number.as_str()));
    let all = coded.chain(numbered.filter(|(_, number)| is_variant(number)));
    all.filter(|(item, _)| item.service != ServiceState::Retired).collect()
}

/// Items whose known code may be the one of which a scanner left the separators out: their product and serial number are in it.
pub(crate) fn find_unseparated<'a>(facility: &'a FacilityState, text: &str) -> Vec<(&'a Equipment, &'a str)> {
    let is_in = |alias: &&CodeAlias| {
        let device = alias.code.strip_prefix("(01)").and_then(|rest| rest.split_once("(21)"));
        device.is_some_and(|(gtin, serial)| {
            let behind = text.split_once(&format!("01{gtin}")).map(|(_, behind)| behind);
            behind.is_some_and(|behind| behind.contains(&format!("21{serial}")))
        })
    };
    let fitting = facility.codes.values().filter(|alias| !alias.removed).filter(is_in);
    let items =
        fitting.filter_map(|alias| Some((find_named_item(facility, alias.equipment)?, alias.code.as_str())));
    items.collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MeantItem {
    One(Tag),
    Several,
    None,
}

pub(crate) fn find_meant(facility: &FacilityState, text: &str) -> MeantItem {
    let named = find_label(text).and_then(|tag| find_named_item(facility, tag));
    if let Some(item) = named.or_else(|| find_scanned(facility, text)) {
        return MeantItem::One(item.tag);
    }
    let text = fold_letters(text);
    let in_use = facility.equipment.values().filter(|item| item.service != ServiceState::Retired);
    let mut meant = in_use.filter(|item| is_called(item, &text));
    match (meant.next(), meant.next()) {
        (None, _) => MeantItem::None,
        (Some(one), None) => MeantItem::One(one.tag),
        (Some(_), Some(_)) => MeantItem::Several,
    }
}

pub(crate) fn read_meant(w: CodeWords, facility: &FacilityState, text: &str) -> Result<Tag, String> {
    match find_meant(facility, text) {
        MeantItem::One(tag) => Ok(tag),
        MeantItem::Several => Err(w.code_item_several()),
        MeantItem::None => Err(w.code_item_unknown()),
    }
}

#[derive(Debug, Clone)]
pub(crate) struct MergedItem {
    pub(crate) tag: Tag,
    pub(crate) name: String,
}

impl MergedItem {
    fn of(item: &Equipment) -> Self {
        Self { tag: item.tag, name: item.facts.name.clone() }
    }

    fn find(facility: &FacilityState, tag: Tag) -> Self {
        let item = facility.equipment.get(&tag);
        item.map_or_else(|| Self { tag, name: tag.grouped() }, |item| Self::of(item))
    }
}

fn is_called(item: &Equipment, name: &str) -> bool {
    let own = [item.facts.asset_number.as_str(), item.facts.name.as_str()];
    !name.is_empty() && own.iter().any(|own| fold_letters(own) == name)
}

pub(crate) fn codes_of(facility: &FacilityState, tag: Tag) -> Vec<(Digest16, &CodeAlias)> {
    let of_item = facility.codes.iter().filter(|(_, alias)| alias.equipment == tag && !alias.removed);
    let mut codes: Vec<_> = of_item.map(|(id, alias)| (*id, alias)).collect();
    codes.sort_by(|(_, a), (_, b)| (a.set_ms, &a.code).cmp(&(b.set_ms, &b.code)));
    codes
}

pub(crate) fn codes_by_item(facility: &FacilityState) -> BTreeMap<Tag, String> {
    let mut codes: BTreeMap<Tag, String> = BTreeMap::new();
    for alias in facility.codes.values().filter(|alias| !alias.removed) {
        let text = codes.entry(alias.equipment).or_default();
        text.push(' ');
        text.push_str(&alias.code);
    }
    codes
}

pub(crate) fn code_of_item(state: &AppState, tag: Tag, id: &str) -> Option<Digest16> {
    let id = Digest16::parse(id)?;
    let facility = state.store.snapshot();
    let alias = facility.codes.get(&id)?;
    let holder = find_named_item(&facility, alias.equipment).map(|item| item.tag);
    Some(id).filter(|_| holder == Some(tag))
}

#[derive(Debug, Clone)]
pub(crate) struct ItemOpeners {
    pub(crate) w: CodeWords,
    pub(crate) label: String,
    pub(crate) rows: Vec<OpenerRow>,
    pub(crate) merged: Option<MergedItem>,
    pub(crate) former: Vec<MergedItem>,
}

impl ItemOpeners {
    /// The notice on its page about the item into which it was merged.
    pub(crate) fn merged_words(&self) -> Option<SafeHtml> {
        let into = self.merged.as_ref()?;
        Some(fill_slots(self.w.merge_into(S0), [SafeHtml::entered(&into.name)]))
    }

    pub(crate) fn only_label(&self) -> Option<Tag> {
        let mut labels = self.rows.iter().filter_map(|row| match row.opener {
            ItemOpener::Label(tag) => Some(tag),
            ItemOpener::Code(_) => None,
        });
        labels.next().filter(|_| labels.next().is_none())
    }

    pub(crate) fn of(
        w: CodeWords,
        wording: &PageWording,
        facility: &FacilityState,
        scans: &LabelScans,
        item: &Equipment,
    ) -> Self {
        // What opened an item that was merged into this one opens this one.
        let former = facility.equipment.values().map(AsRef::as_ref);
        let former = former.filter(|former| former.merged == Some(item.tag));
        let all: Vec<&Equipment> = std::iter::once(item).chain(former).collect();
        let look = OpenerLook { w, wording };
        let labels = all.iter().flat_map(|item| {
            let tags = open_tags(facility, item).into_iter();
            tags.map(|tag| {
                let alias = facility.aliases.get(&tag);
                let since_ms = alias.map_or(item.added_ms, |alias| alias.set_ms);
                look.label(tag, since_ms, scans.last_scan(tag))
            })
        });
        let codes = all.iter().flat_map(|item| codes_of(facility, item.tag));
        Self {
            w,
            label: open_tags(facility, item).first().unwrap_or(&item.tag).grouped(),
            rows: labels.chain(codes.map(|(id, alias)| look.code(id, alias))).collect(),
            merged: item.merged.map(|into| MergedItem::find(facility, into)),
            former: all.iter().skip(1).map(|former| MergedItem::of(former)).collect(),
        }
    }
}

#[derive(Clone, Copy)]
struct OpenerLook<'a> {
    w: CodeWords,
    wording: &'a PageWording,
}

impl OpenerLook<'_> {
    fn since(self, ms: i64) -> String {
        self.wording.dates().day_and_time(ms).text
    }

    fn label(self, tag: Tag, since_ms: i64, scanned_ms: Option<i64>) -> OpenerRow {
        let since = self.since(since_ms);
        let words = match scanned_ms {
            Some(ms) => self.w.codes_tag_scanned(self.since(ms), since),
            None => self.w.codes_tag(since),
        };
        OpenerRow { text: tag.grouped(), words, opener: ItemOpener::Label(tag) }
    }

    fn code(self, id: Digest16, alias: &CodeAlias) -> OpenerRow {
        let since = self.since(alias.set_ms);
        let words = match &alias.code {
            udi if udi.starts_with(['(', '+']) => self.w.codes_udi(since),
            old if old.starts_with("old:") => self.w.codes_old(since),
            _ => self.w.codes_code(since),
        };
        OpenerRow { text: alias.code.clone(), words, opener: ItemOpener::Code(id) }
    }
}
