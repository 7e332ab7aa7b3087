//! Each button and page that a guide names is one: the words that it sets in bold or italic type, or the card in
//! quotes, are in the messages of the box's pages.

use super::{read, repository};

/// The language of each guide, and the least number of names in it.
const GUIDES: [(&str, &str, usize); 5] = [
    ("docs/technician.md", "en", 20),
    ("docs/biomed.md", "en", 20),
    ("docs/technician-card.html", "en", 6),
    ("docs/es/technician.md", "es", 20),
    ("docs/es/technician-card.html", "es", 6),
];

fn between<'a>(text: &'a str, open: &str, close: &str) -> Vec<&'a str> {
    text.split(open).skip(1).filter_map(|rest| Some(rest.split_once(close)?.0)).collect()
}

fn names_of(guide: &str) -> Vec<String> {
    let text = read(guide);
    if guide.ends_with(".html") {
        return between(&text, "“", "”").into_iter().map(str::to_owned).collect();
    }
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let text = lines.join(" ");
    let (mut names, mut rest) = (Vec::new(), String::new());
    for (n, part) in text.split("**").enumerate() {
        if n % 2 == 1 {
            names.push(part.to_owned());
        } else {
            rest.push_str(part);
        }
    }
    names.extend(rest.split('*').skip(1).step_by(2).map(str::to_owned));
    names
}

fn plain(message: &str) -> String {
    let (mut text, mut depth) = (String::new(), 0_usize);
    for character in message.chars() {
        match character {
            '{' => depth += 1,
            '}' => {
                depth = depth.saturating_sub(1);
                text.push('…');
            }
            other if depth == 0 => text.push(other),
            _ => {}
        }
    }
    text
}

fn messages_in(language: &str) -> Vec<String> {
    let mut folders = vec![repository().join("appliance/words").join(language)];
    let mut texts = Vec::new();
    while let Some(folder) = folders.pop() {
        for file in std::fs::read_dir(folder).expect("a folder of messages") {
            let path = file.expect("a file").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                texts.push(std::fs::read_to_string(path).expect("messages"));
            }
        }
    }
    let lines = texts.iter().flat_map(|text| text.lines()).filter_map(|line| line.split_once(" = "));
    lines.map(|(_, message)| plain(message.trim())).collect()
}

/// Whether a message is this, but for what follows in it: a time, a number, the end of a longer button.
fn is_message(name: &str, messages: &[String]) -> bool {
    messages.iter().any(|message| {
        message
            .strip_prefix(name)
            .is_some_and(|rest| rest.is_empty() || rest.trim_start().starts_with(['…', '(', ':']))
    })
}

#[test]
fn every_name_in_a_guide_is_on_a_page() {
    let mut faults = Vec::new();
    for (guide, language, least) in GUIDES {
        let (names, messages) = (names_of(guide), messages_in(language));
        assert!(names.len() >= least, "{guide}: only {} names were found", names.len());
        let unknown = names.into_iter().filter(|name| !is_message(name, &messages));
        faults.extend(unknown.map(|name| format!("{guide}: “{name}” is on no page")));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_name_that_is_on_no_page_is_found() {
    let messages = messages_in("en");
    assert!(is_message("Record cleaning", &messages) && is_message("Surface is wet: start", &messages));
    assert!(
        !is_message("Record a cleaning", &messages) && !is_message("Record", &["Record cleaning".to_owned()])
    );
    assert_eq!(plain("All { NUMBER($count) } steps"), "All … steps");
}
