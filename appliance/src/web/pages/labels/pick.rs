//! Picking what is to be printed: what somebody typed, pasted or scanned, and which items a filter shows. No page here.

use std::collections::{BTreeMap, BTreeSet};

use record::fold::{Equipment, FacilityState, ServiceState};
use record::tag::Tag;

use crate::intake::find_named_item;
use crate::printing::{LABELS_MAX, LastPrinted};
use crate::web::request::fields::choice::SelectOption;
use crate::web::search_words::SearchWords;
use crate::web::view_models::page::wording::PageWording;
use crate::web::words::LabelsWords;

pub(crate) const PAGE_ROWS: usize = 50;
/// Places and categories that are offered.
const KINDS_MAX: usize = 100;
const BAD_NAMED: usize = 5;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum ItemFilter {
    #[default]
    Never,
    All,
    Overdue,
    Place(String),
    Category(String),
    Picked,
}

impl ItemFilter {
    /// As in a form; an unknown value selects everything.
    pub(crate) fn read(text: &str) -> Self {
        match text {
            "" | "never" => Self::Never,
            "overdue" => Self::Overdue,
            "picked" => Self::Picked,
            _ => match text.split_once(':') {
                Some(("place", place)) => Self::Place(place.to_owned()),
                Some(("category", category)) => Self::Category(category.to_owned()),
                _ => Self::All,
            },
        }
    }

    pub(crate) fn value(&self) -> String {
        match self {
            Self::Never => "never".to_owned(),
            Self::All => "all".to_owned(),
            Self::Overdue => "overdue".to_owned(),
            Self::Place(place) => format!("place:{place}"),
            Self::Category(category) => format!("category:{category}"),
            Self::Picked => "picked".to_owned(),
        }
    }

    fn words(&self, w: LabelsWords) -> String {
        match self {
            Self::Never => w.station_show_never(),
            Self::All => w.station_show_all(),
            Self::Overdue => w.station_show_overdue(),
            Self::Place(place) => w.station_show_place(place),
            Self::Category(category) => w.station_show_category(category),
            Self::Picked => w.station_show_picked(),
        }
    }
}

pub(crate) fn filter_options(
    w: LabelsWords,
    facility: &FacilityState,
    chosen: &ItemFilter,
) -> Vec<SelectOption> {
    let used = list_used_items(facility);
    let places: BTreeSet<&str> =
        used.iter().map(|item| location_head(&item.facts.location)).filter(|w| !w.is_empty()).collect();
    let categories: BTreeSet<&str> =
        used.iter().map(|item| item.facts.category.as_str()).filter(|c| !c.is_empty()).collect();
    let mut all = vec![ItemFilter::Never, ItemFilter::All, ItemFilter::Overdue, ItemFilter::Picked];
    all.extend(places.into_iter().take(KINDS_MAX).map(|p| ItemFilter::Place(p.to_owned())));
    all.extend(categories.into_iter().take(KINDS_MAX).map(|c| ItemFilter::Category(c.to_owned())));
    all.iter().map(|show| SelectOption::new(show.value(), show.words(w), &chosen.value())).collect()
}

fn list_used_items(facility: &FacilityState) -> Vec<&Equipment> {
    let items = facility.equipment.values().map(AsRef::as_ref);
    items.filter(|item: &&Equipment| item.service != ServiceState::Retired).collect()
}

/// The part of a place that many items share: `ICU East` of `ICU East, bed 14`.
fn location_head(location: &str) -> &str {
    location.split(',').next().unwrap_or_default().trim()
}

pub(crate) fn read_tag(entered: &str) -> Option<Tag> {
    let path = entered.trim().split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    Tag::read(path.rsplit('/').next().unwrap_or(path)).ok()
}

/// What a pasted list holds: each tag once in its order, and what is no tag.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct PastedTags {
    pub(crate) tags: Vec<Tag>,
    pub(crate) bad: Vec<String>,
}

/// Tags or label addresses, separated by line ends, commas, semicolons, tabs or, where none of these is, by spaces.
pub(crate) fn read_list(text: &str) -> PastedTags {
    let mut read = PastedTags::default();
    for part in text.split(['\n', '\r', ',', ';', '\t']).map(str::trim).filter(|part| !part.is_empty()) {
        match read_tag(part) {
            Some(tag) => read.tags.push(tag),
            None => part.split_whitespace().for_each(|word| match read_tag(word) {
                Some(tag) => read.tags.push(tag),
                None => read.bad.push(word.chars().take(30).collect()),
            }),
        }
    }
    read.tags = each_once(read.tags);
    read
}

/// The first of each, at most as many as one job takes.
pub(crate) fn each_once(tags: impl IntoIterator<Item = Tag>) -> Vec<Tag> {
    let mut seen = BTreeSet::new();
    tags.into_iter().filter(|tag| seen.insert(*tag)).take(LABELS_MAX).collect()
}

/// The items of these tags, by their first tag; and the tags that name none in use.
pub(crate) fn resolve_tags(facility: &FacilityState, tags: &[Tag]) -> (Vec<Tag>, Vec<String>) {
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for &tag in tags {
        match find_named_item(facility, tag).filter(|item| item.service != ServiceState::Retired) {
            Some(item) => known.push(item.tag),
            None => unknown.push(tag.grouped()),
        }
    }
    (each_once(known), unknown)
}

pub(crate) fn name_list(w: LabelsWords, all: &[String]) -> String {
    let shown = all.iter().take(BAD_NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(BAD_NAMED) {
        0 => shown,
        more => w.labels_named_more(more, shown),
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PickRow {
    pub(crate) tag: Tag,
    pub(crate) name: String,
    pub(crate) place: String,
    pub(crate) printed: String,
    pub(crate) picked: bool,
    pub(crate) being_cleaned: bool,
}

#[derive(Debug, Default)]
pub(crate) struct PickTable {
    pub(crate) rows: Vec<PickRow>,
    pub(crate) shown: Vec<Tag>,
    pub(crate) page: usize,
    pub(crate) pages: usize,
    pub(crate) all: usize,
}

pub(crate) struct PickQuery<'a> {
    pub(crate) query: &'a str,
    pub(crate) show: &'a ItemFilter,
    pub(crate) picks: &'a [Tag],
    /// Those that are overdue; only used where these are shown.
    pub(crate) overdue: &'a BTreeSet<Tag>,
    pub(crate) being_cleaned: &'a BTreeSet<Tag>,
    /// From 1; past the last one it is the last one.
    pub(crate) page: usize,
}

impl PickQuery<'_> {
    fn shows_item(
        &self,
        item: &Equipment,
        printed: &BTreeMap<Tag, LastPrinted>,
        picked: &BTreeSet<Tag>,
    ) -> bool {
        match self.show {
            ItemFilter::Never => !printed.contains_key(&item.tag),
            ItemFilter::All => true,
            ItemFilter::Overdue => self.overdue.contains(&item.tag),
            ItemFilter::Place(place) => location_head(&item.facts.location) == place,
            ItemFilter::Category(category) => item.facts.category == *category,
            ItemFilter::Picked => picked.contains(&item.tag),
        }
    }
}

/// Makes a page of the list: in natural order, and the latest pick first where only picked items are shown.
pub(crate) fn pick_rows(
    w: LabelsWords,
    wording: &PageWording,
    facility: &FacilityState,
    printed: &BTreeMap<Tag, LastPrinted>,
    requested: &PickQuery<'_>,
) -> PickTable {
    let picked: BTreeSet<Tag> = requested.picks.iter().copied().collect();
    let (shown, all) = shown_items(facility, printed, requested, &picked);
    let pages = shown.len().div_ceil(PAGE_ROWS).max(1);
    let page = requested.page.clamp(1, pages);
    let rows = shown.iter().skip((page - 1) * PAGE_ROWS).take(PAGE_ROWS).map(|item| PickRow {
        tag: item.tag,
        name: item.facts.name.clone(),
        place: item.facts.location.clone(),
        printed: match printed.get(&item.tag) {
            None => w.station_never_printed(),
            Some(LastPrinted::Waiting) => w.station_in_job(),
            Some(LastPrinted::At(ms)) => w.station_printed(wording.dates().day_and_time(*ms).text),
        },
        picked: picked.contains(&item.tag),
        being_cleaned: requested.being_cleaned.contains(&item.tag),
    });
    PickTable { rows: rows.collect(), shown: shown.iter().map(|item| item.tag).collect(), page, pages, all }
}

fn shown_items<'a>(
    facility: &'a FacilityState,
    printed: &BTreeMap<Tag, LastPrinted>,
    requested: &PickQuery<'_>,
    picked: &BTreeSet<Tag>,
) -> (Vec<&'a Equipment>, usize) {
    let words = SearchWords::of(requested.query);
    let mut shown = list_used_items(facility);
    let all = shown.len();
    let is_picks = *requested.show == ItemFilter::Picked;
    if is_picks {
        let newest = requested.picks.iter().rev().filter_map(|tag| facility.equipment.get(tag));
        let newest = newest.map(AsRef::as_ref);
        shown = newest.filter(|item: &&Equipment| item.service != ServiceState::Retired).collect();
    }
    shown.retain(|item| requested.shows_item(item, printed, picked) && words.fit(item, ""));
    if !is_picks {
        shown.sort_by_cached_key(|item| (natural_key(&item.facts.name), item.tag));
    }
    (shown, all)
}

/// For sorting in natural order: `Pump 9` before `Pump 10`.
fn natural_key(name: &str) -> Vec<(u64, String)> {
    let mut parts = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, after) = rest.split_at(digits);
        let letters = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (word, after) = after.split_at(letters);
        parts.push((number.parse().unwrap_or(0), word.to_lowercase()));
        rest = after;
    }
    parts
}

#[cfg(test)]
mod tests {
    use words::{Locale, WordSet as _};

    use super::*;

    #[test]
    fn scans_are_read_as_they_come_from_a_code_or_a_hand() {
        let tag: Tag = "ABCDEFGH3".parse().unwrap();
        for entered in [
            "ABCDEFGH3",
            " abc def gh3 ",
            "HTTP://10.0.0.5/ABCDEFGH3",
            "https://box.lan:8443/t/ABCDEFGH3/?x=1",
            "HTTP://B/ABCDEFGH3#a",
        ] {
            assert_eq!(read_tag(entered), Some(tag), "{entered}");
        }
        for entered in ["", "pump", "ABCDEFGH4", "HTTP://10.0.0.5/", "/"] {
            assert_eq!(read_tag(entered), None, "{entered}");
        }
    }

    #[test]
    fn lists_are_read_however_they_were_copied() {
        let (a, b): (Tag, Tag) = ("ABCDEFGH3".parse().unwrap(), Tag::from_random([1, 2, 3, 4, 5]));
        for text in [
            format!("{a}\n{b}\n"),
            format!("{a}, {b};{a}"),
            format!("{}\r\n{}", a.grouped(), b.grouped()),
            format!("{a} {b}"),
            format!("HTTP://10.0.0.5/{a}\t{b}"),
        ] {
            assert_eq!(read_list(&text), PastedTags { tags: vec![a, b], bad: vec![] }, "{text}");
        }
        let read = read_list(&format!("{a}\nnonsense\n{}", "x".repeat(100)));
        assert_eq!((read.tags.len(), read.bad.len(), read.bad[1].len()), (1, 2, 30));
        let (w, seven) =
            (LabelsWords::in_locale(Locale::EnUs), (0..7).map(|n| n.to_string()).collect::<Vec<_>>());
        assert_eq!(name_list(w, &seven), "0, 1, 2, 3, 4 and 2 more");
    }

    #[test]
    fn what_is_shown_goes_through_a_form_and_back() {
        for show in [
            ItemFilter::Never,
            ItemFilter::All,
            ItemFilter::Overdue,
            ItemFilter::Picked,
            ItemFilter::Place("ICU: East".into()),
            ItemFilter::Category("Pump".into()),
        ] {
            assert_eq!(ItemFilter::read(&show.value()), show);
        }
        assert_eq!((ItemFilter::read(""), ItemFilter::read("xyzzy")), (ItemFilter::Never, ItemFilter::All));
        assert_eq!(location_head("ICU East, bed 14"), "ICU East");
    }

    #[test]
    fn names_are_sorted_as_people_count() {
        let mut names = ["Pump 10", "pump 9", "Bed", "Pump 9b", "10 things", "", "9 things"];
        names.sort_by_key(|name| natural_key(name));
        assert_eq!(names, ["", "Bed", "pump 9", "Pump 9b", "Pump 10", "9 things", "10 things"]);
    }
}
