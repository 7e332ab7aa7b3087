//! The rows of both tables of routes that are pages, and which of them were checked: an unchecked page is a finding.

use std::collections::BTreeSet;

const FILES: [&str; 11] = [
    "brand-sheet.show",
    "evidence.download",
    "label-sheet.download",
    "logo.show",
    "mail-words.draw",
    "photo.show",
    "platform.draw-mail",
    "proof.download",
    "report.fetch",
    "report.open",
    "reports.fetch",
];

struct PageRow {
    name: &'static str,
    pattern: &'static str,
}

impl PageRow {
    fn fits(&self, path: &str) -> bool {
        let (mut expected, mut parts) = (self.pattern.split('/'), path.split('/'));
        loop {
            match (expected.next(), parts.next()) {
                (None, None) => return true,
                (Some(expected), Some(part)) if expected == part => {}
                (Some(expected), Some(part)) if expected.starts_with('{') && !part.is_empty() => {}
                _ => return false,
            }
        }
    }
}

pub(crate) struct PageRows {
    program: &'static str,
    rows: Vec<PageRow>,
    looked_at: BTreeSet<&'static str>,
}

impl PageRows {
    pub(crate) fn of_box() -> Self {
        Self::read("box", include_str!("../../docs/routes/appliance.txt"))
    }

    pub(crate) fn of_relay() -> Self {
        Self::read("relay", include_str!("../../docs/routes/relay.txt"))
    }

    fn read(program: &'static str, list: &'static str) -> Self {
        let rows = list.lines().filter_map(|line| {
            let mut columns = line.split_whitespace();
            let (name, _method, pattern) = (columns.next()?, columns.next()?, columns.next()?);
            (columns.next()? == "page" && !FILES.contains(&name)).then_some(PageRow { name, pattern })
        });
        Self { program, rows: rows.collect(), looked_at: BTreeSet::new() }
    }

    /// Notes that a path was opened. A named part wins over a free one, as in the router.
    pub(crate) fn look_at(&mut self, path: &str) {
        let fitting = self.rows.iter().filter(|row| row.fits(path));
        if let Some(row) = fitting.min_by_key(|row| row.pattern.matches('{').count()) {
            self.looked_at.insert(row.name);
        }
    }

    pub(crate) fn missing_plain(&self) -> Vec<(&'static str, &'static str)> {
        let missing = self.rows.iter().filter(|row| !self.looked_at.contains(row.name));
        missing.filter(|row| !row.pattern.contains('{')).map(|row| (row.name, row.pattern)).collect()
    }

    pub(crate) fn missing(&self) -> Vec<String> {
        let missing = self.rows.iter().filter(|row| !self.looked_at.contains(row.name));
        missing
            .map(|row| {
                format!("{}: no state of the page {} ({}) is looked at", self.program, row.name, row.pattern)
            })
            .collect()
    }
}

#[test]
fn a_page_that_is_not_looked_at_is_found() {
    const LIST: &str = "item.show GET /staff/{tag} page open\nitem.new GET /staff/new page open\nitem.save POST /staff/new form open\n";
    let mut rows = PageRows::read("box", LIST);
    assert_eq!(rows.missing().len(), 2);
    assert_eq!(rows.missing_plain(), [("item.new", "/staff/new")]);
    rows.look_at("/staff/new");
    assert!(rows.missing_plain().is_empty());
    rows.look_at("/staff/");
    assert_eq!(rows.missing(), ["box: no state of the page item.show (/staff/{tag}) is looked at"]);
    rows.look_at("/staff/7F3K9M2PX");
    assert!(rows.missing().is_empty());
}
