//! Templates hold markup alone: each word that a person reads is a message.

use std::path::{Path, PathBuf};

/// The product's name, which no language translates.
const BRAND: &str = "CleanTrack";

fn without_tags(template: &str) -> String {
    let mut html = String::new();
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        let (before, tag) = rest.split_at(at);
        let end = match tag.get(..2) {
            Some("{{") => "}}",
            Some("{%") => "%}",
            _ => panic!("a brace that opens no tag: {tag}"),
        };
        html.push_str(before);
        rest = tag.split_once(end).unwrap().1;
    }
    html + rest
}

fn prose_of(template: &str) -> Vec<String> {
    let html = without_tags(template);
    let between = html.split('>').skip(1).filter_map(|rest| rest.split('<').next());
    let spoken = ["aria-label=\"", "placeholder=\"", "alt=\"", "title=\"", "data-l=\""];
    let attributes = spoken.iter().flat_map(|start| html.split(start).skip(1));
    let attributes = attributes.filter_map(|rest| rest.split('"').next());
    let all = between.chain(attributes).map(|text| text.replace(BRAND, ""));
    all.filter(|text| text.contains(char::is_alphabetic)).collect()
}

pub(in crate::web) fn list_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { list_files(&path) } else { vec![path] }).collect()
}

#[test]
fn templates_hold_no_prose() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let mut seen = 0;
    for path in list_files(&folder) {
        let prose = prose_of(&std::fs::read_to_string(&path).unwrap());
        assert!(prose.is_empty(), "{}: {prose:?}", path.display());
        seen += 1;
    }
    assert!(seen > 10, "{seen}");
}

#[test]
fn prose_in_a_template_is_found() {
    for planted in [
        "<p>{{ a }} of them</p>",
        "<p>Nothing{% if b %} yet{% endif %}</p>",
        "<td data-l=\"Who\">{{ who }}</td>",
        "<nav aria-label=\"Main\"></nav>",
    ] {
        assert_eq!(prose_of(planted).len(), 1, "{planted}");
    }
    assert_eq!(prose_of("<p class=\"hint\">{{ w.page_skip() }} – 50</p>"), Vec::<String>::new());
}
