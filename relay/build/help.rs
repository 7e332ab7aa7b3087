//! The help pages: guides of `docs` that are for people at an account or a box, as HTML in the program.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

const GUIDES: [&str; 9] = [
    "admin-guide",
    "alerts",
    "install-box",
    "first-boot",
    "network",
    "technician",
    "biomed",
    "printers",
    "glossary",
];

/// Writes `help.rs` into the build's own folder: a row for each guide.
pub(crate) fn generate_help() {
    let docs = Path::new("../docs");
    let mut rows = String::from("static HELP: &[HelpText] = &[\n");
    let mut lines = String::new();
    for guide in GUIDES {
        let path = docs.join(format!("{guide}.md"));
        let _ = writeln!(lines, "cargo::rerun-if-changed={}", path.display());
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                let (title, body) = render_guide(&text);
                let _ =
                    writeln!(rows, "    HelpText {{ name: {guide:?}, title: {title:?}, body: {body:?} }},");
            }
            Err(error) => {
                let _ = writeln!(lines, "cargo::error={}: {error}", path.display());
            }
        }
    }
    rows.push_str("];\n");
    let target = std::env::var_os("OUT_DIR").map(PathBuf::from).unwrap_or_default().join("help.rs");
    if let Err(error) = std::fs::write(&target, rows) {
        let _ = writeln!(lines, "cargo::error={}: {error}", target.display());
    }
    // Cargo reads these lines; a build script that nobody reads is not in a build.
    let _ = std::io::stdout().write_all(lines.as_bytes());
}

/// The title of a guide, and the rest of it as HTML. Pictures and raw HTML are left out.
fn render_guide(text: &str) -> (String, String) {
    let events: Vec<Event<'_>> = Parser::new_ext(text, Options::ENABLE_TABLES).collect();
    let title = heading_text(&events, HeadingLevel::H1).into_iter().next().unwrap_or_default();
    let mut ids = heading_ids(&events).into_iter();
    let (mut shown, mut is_hidden, mut links) = (Vec::new(), false, Vec::new());
    for event in events {
        match event {
            Event::Start(Tag::Heading { level: HeadingLevel::H1, .. } | Tag::Image { .. }) => {
                is_hidden = true
            }
            Event::End(TagEnd::Heading(HeadingLevel::H1) | TagEnd::Image) => is_hidden = false,
            Event::Html(_) | Event::InlineHtml(_) => {}
            _ if is_hidden => {}
            Event::Start(Tag::Heading { level, classes, attrs, .. }) => {
                let id = ids.next().map(Into::into);
                shown.push(Event::Start(Tag::Heading { level, id, classes, attrs }));
            }
            Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                let target = link_target(&dest_url);
                links.push(target.is_some());
                if let Some(target) = target {
                    shown.push(Event::Start(Tag::Link { link_type, dest_url: target.into(), title, id }));
                }
            }
            Event::End(TagEnd::Link) => {
                if links.pop() == Some(true) {
                    shown.push(Event::End(TagEnd::Link));
                }
            }
            event => shown.push(event),
        }
    }
    let mut body = String::new();
    html::push_html(&mut body, shown.into_iter());
    // What is wider than a phone is moved sideways, also by keyboard.
    let body = body.replace("<pre>", "<pre tabindex=\"0\">");
    let body = body.replace("<table>", "<div class=\"scroll\" tabindex=\"0\"><table>");
    // A picture was there alone.
    let body = body.replace("<p></p>\n", "");
    (title, body.replace("</table>", "</table></div>"))
}

/// Where a link leads here: to another guide, within this one, or to another site; `None`: nowhere that is here.
fn link_target(link: &str) -> Option<String> {
    if link.starts_with('#') || link.starts_with("https://") {
        return Some(link.to_owned());
    }
    let (file, place) =
        link.split_once('#').map_or((link, String::new()), |(file, place)| (file, format!("#{place}")));
    let guide = file.strip_suffix(".md").filter(|name| GUIDES.contains(name))?;
    Some(format!("/help/{guide}{place}"))
}

fn heading_text(events: &[Event<'_>], of: HeadingLevel) -> Vec<String> {
    let all = headings(events).into_iter();
    all.filter(|(level, _)| *level == of).map(|(_, text)| text).collect()
}

fn headings(events: &[Event<'_>]) -> Vec<(HeadingLevel, String)> {
    let (mut found, mut is_open) = (Vec::new(), false);
    for event in events {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                found.push((*level, String::new()));
                is_open = true;
            }
            Event::End(TagEnd::Heading(_)) => is_open = false,
            Event::Text(text) | Event::Code(text) if is_open => {
                if let Some((_, heading)) = found.last_mut() {
                    heading.push_str(text);
                }
            }
            _ => {}
        }
    }
    found
}

/// A name for each heading below the title, as links in the guides have it.
fn heading_ids(events: &[Event<'_>]) -> Vec<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let below = headings(events).into_iter().filter(|(level, _)| *level != HeadingLevel::H1);
    let ids = below.map(|(_, text)| {
        let letters = text.to_lowercase().replace(' ', "-");
        let id: String = letters.chars().filter(|c| c.is_alphanumeric() || *c == '-').collect();
        let count = seen.entry(id.clone()).or_default();
        *count += 1;
        if *count == 1 { id } else { format!("{id}-{}", *count - 1) }
    });
    ids.collect()
}
