//! What every page has around its content.

use ::web::assets::{LIVE, MARK, STYLE};
use ::web::live::LivePage;

use crate::accounts::Visitor;
use crate::accounts::permission::Permission;
use crate::web::view_models::formats::{Moment, Wall};

/// Which of the main places a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    /// Facilities and what is in them.
    Facilities,
    /// Boxes.
    Boxes,
    /// Who signs in.
    People,
    /// Programs with tokens.
    Programs,
    /// Who did what.
    AccessLog,
    /// The person.
    Me,
    /// None of them.
    None,
}

/// The calm line under the band: of when the page is.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    /// Words before the time.
    pub(crate) before: String,
    /// The time.
    pub(crate) at: Moment,
    /// Its zone; said once a page.
    pub(crate) zone: String,
    /// Words after it, beginning with a space.
    pub(crate) after: String,
}

/// What is around the content.
#[derive(Debug, Clone)]
pub(crate) struct Shell {
    /// Before “– CleanTrack”.
    pub(crate) title: String,
    /// Where it belongs.
    pub(crate) section: Section,
    /// Who is signed in.
    pub(crate) person: Option<String>,
    /// Whether the pages about people and programs are theirs to see.
    pub(crate) is_admin: bool,
    /// The line under the band.
    pub(crate) told: Option<Told>,
    /// Where a page asks that has live parts.
    pub(crate) live: Option<LivePage>,
    /// Whether somebody may be typing: then it never reloads by itself.
    pub(crate) has_form: bool,
}

impl Shell {
    /// Of a page that anybody may see.
    pub(crate) fn open(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            section: Section::None,
            person: None,
            is_admin: false,
            told: None,
            live: None,
            has_form: true,
        }
    }

    /// Of a page for somebody who is signed in.
    pub(crate) fn signed_in(title: impl Into<String>, section: Section, visitor: &Visitor) -> Self {
        let person = format!("{}, {}", visitor.name, visitor.role.word());
        Self {
            section,
            person: Some(person),
            is_admin: visitor.role.holds(Permission::ManagePeople),
            ..Self::open(title)
        }
    }

    /// The page changes by itself.
    pub(crate) fn live(mut self, page: LivePage, has_form: bool) -> Self {
        self.live = Some(page);
        self.has_form = has_form;
        self
    }

    /// Says of when the page is.
    pub(crate) fn told(mut self, before: &str, at: Moment, wall: &Wall, after: String) -> Self {
        self.told = Some(Told { before: before.to_owned(), at, zone: wall.zone(), after });
        self
    }

    /// The attribute of the place that is shown.
    pub(crate) fn current(&self, section: Section) -> &'static str {
        if self.section == section { " aria-current=\"page\"" } else { "" }
    }

    /// Where the mark leads.
    pub(crate) fn home(&self) -> &'static str {
        if self.person.is_some() { "/app/" } else { "/" }
    }

    /// The style sheet's path.
    pub(crate) fn css(&self) -> &'static str {
        STYLE.path()
    }

    /// The icon's path.
    pub(crate) fn icon(&self) -> &'static str {
        MARK.path()
    }

    /// The script's path.
    pub(crate) fn script(&self) -> &'static str {
        LIVE.path()
    }
}
