//! Help pages: the guides of `docs`, made when the program is built. Nothing private is in them.

use ::web::answer::Page;
use ::web::argument::Path;
use ::web::error::HttpError;
use askama::Template;

use crate::web::access::GuestCaller;
use crate::web::http_error::not_found;
use crate::web::layout::{NavSection, PageLayout};
use crate::web::words::{HelpWords, open_words};

struct HelpText {
    name: &'static str,
    title: &'static str,
    body: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/help.rs"));

#[derive(Template)]
#[template(path = "help_list.html")]
struct HelpListPage {
    shell: PageLayout,
    w: HelpWords,
    guides: &'static [HelpText],
}

#[derive(Template)]
#[template(path = "help.html")]
struct HelpPage {
    shell: PageLayout,
    w: HelpWords,
    guide: &'static HelpText,
}

fn help_layout(caller: &GuestCaller, title: &str) -> PageLayout {
    match caller.visitor() {
        Some(visitor) => PageLayout::signed_in(title, NavSection::None, visitor),
        None => PageLayout::open(title),
    }
}

pub(crate) async fn list_guides(caller: GuestCaller) -> Result<Page, HttpError> {
    let w: HelpWords = open_words();
    Page::draw(&HelpListPage { shell: help_layout(&caller, &w.help_title()), w, guides: HELP })
}

pub(crate) async fn show_guide(caller: GuestCaller, Path(page): Path<String>) -> Result<Page, HttpError> {
    let guide = HELP.iter().find(|guide| guide.name == page).ok_or_else(not_found)?;
    Page::draw(&HelpPage { shell: help_layout(&caller, guide.title), w: open_words(), guide })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_guide_is_whole_and_leads_nowhere_that_is_not_here() {
        assert!(HELP.iter().any(|guide| guide.name == "admin-guide"));
        for guide in HELP {
            assert!(!guide.title.is_empty() && guide.body.len() > 1_000, "{}", guide.name);
            assert!(!guide.body.contains("<h1") && !guide.body.contains("<img"), "{}", guide.name);
            for link in guide.body.split("href=\"").skip(1) {
                let link = link.split('"').next().unwrap();
                let (path, place) = link.split_once('#').unwrap_or((link, ""));
                let other = match path.strip_prefix("/help/") {
                    Some(name) => HELP.iter().find(|guide| guide.name == name),
                    None if path.is_empty() => Some(guide),
                    None => {
                        assert!(path.starts_with("https://"), "{}: {link}", guide.name);
                        continue;
                    }
                };
                let other = other.unwrap_or_else(|| panic!("{}: {link}", guide.name));
                let is_there = place.is_empty() || other.body.contains(&format!("id=\"{place}\""));
                assert!(is_there, "{}: {link}", guide.name);
            }
        }
    }
}
