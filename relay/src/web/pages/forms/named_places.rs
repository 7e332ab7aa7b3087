//! Facilities and regions by their names, one a line: what a form takes where there are too many for a box each.

use std::collections::{BTreeMap, BTreeSet};

use ::web::form::FormOption;

/// Places that a form lists with a box each; of more, names are entered.
pub(crate) const LISTED_MAX: usize = 60;
const REPEATED_MAX: usize = 3;

pub(crate) fn are_many(places: &[FormOption]) -> bool {
    places.len() > LISTED_MAX
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct NamedPlaces {
    pub(crate) ids: Vec<String>,
    unknown: Vec<String>,
}

impl NamedPlaces {
    /// The lines that name none, for a message; none where each does.
    pub(crate) fn unknown(&self) -> Option<String> {
        let first = self.unknown.iter().take(REPEATED_MAX).map(|line| format!("“{line}”"));
        let mut text = first.collect::<Vec<_>>().join(", ");
        if self.unknown.len() > REPEATED_MAX {
            text.push_str(", …");
        }
        (!self.unknown.is_empty()).then_some(text)
    }
}

/// A line for each place: its name, and its id where another has that name too.
struct PlaceLines<'a> {
    lines: Vec<(String, &'a FormOption)>,
}

impl<'a> PlaceLines<'a> {
    fn of(places: &'a [FormOption]) -> Self {
        let mut named: BTreeMap<&str, usize> = BTreeMap::new();
        for place in places {
            *named.entry(place.words.as_str()).or_default() += 1;
        }
        let lines = places.iter().map(|place| match named.get(place.words.as_str()) {
            Some(1) | None => (place.words.clone(), place),
            Some(_) => (format!("{} [{}]", place.words, place.value), place),
        });
        Self { lines: lines.collect() }
    }
}

fn fold_name(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

pub(crate) fn read_names(text: &str, places: &[FormOption]) -> NamedPlaces {
    let known = PlaceLines::of(places);
    let exact: BTreeMap<&str, &str> =
        known.lines.iter().map(|(line, place)| (line.as_str(), place.value.as_str())).collect();
    // In another spelling only where that is one alone.
    let mut folded: BTreeMap<String, Option<&str>> = BTreeMap::new();
    for (line, place) in &known.lines {
        let place = Some(place.value.as_str());
        folded.entry(fold_name(line)).and_modify(|one| *one = None).or_insert(place);
    }
    let (mut found, mut seen) = (NamedPlaces::default(), BTreeSet::new());
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let place = exact.get(line).copied().or_else(|| folded.get(&fold_name(line)).copied().flatten());
        match place {
            Some(id) if seen.insert(id) => found.ids.push(id.to_owned()),
            Some(_) => {}
            None => found.unknown.push(line.chars().take(120).collect()),
        }
    }
    found
}

pub(crate) fn write_names(ids: &[String], places: &[FormOption]) -> String {
    let lines = PlaceLines::of(places).lines.into_iter();
    let chosen = lines.filter(|(_, place)| ids.contains(&place.value)).map(|(line, _)| line);
    chosen.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places() -> Vec<FormOption> {
        let named = [("1", "North Clinic"), ("2", "Zoë’s Hospital"), ("3", "Annex"), ("4", "annex")];
        [&named[..], &[("5", "Lab"), ("6", "Lab")]]
            .concat()
            .into_iter()
            .map(|(id, name)| FormOption::entered(id, name))
            .collect()
    }

    #[test]
    fn what_was_written_is_read_again() {
        let ids = ["1", "2", "3", "4", "5"].map(str::to_owned);
        let text = write_names(&ids, &places());
        assert_eq!(text, "North Clinic\nZoë’s Hospital\nAnnex\nannex\nLab [5]");
        let read = read_names(&text, &places());
        assert_eq!((read.ids.as_slice(), read.unknown()), (&ids[..], None));
    }

    #[test]
    fn a_name_is_read_as_people_enter_it() {
        let read = read_names("\r\n  north   CLINIC \r\n\nNorth Clinic\nzoë’s hospital\n", &places());
        assert_eq!((read.ids, read.unknown), (vec!["1".to_owned(), "2".to_owned()], Vec::new()));
    }

    #[test]
    fn a_line_that_names_no_one_place_is_repeated() {
        let read = read_names("ANNEX\nSouth Clinic\nAnnex\nLab\nlab [6]\ny\n", &places());
        assert_eq!(read.ids, ["3", "6"], "the very spelling, or the only one");
        assert_eq!(read.unknown().unwrap(), "“ANNEX”, “South Clinic”, “Lab”, …");
    }
}
