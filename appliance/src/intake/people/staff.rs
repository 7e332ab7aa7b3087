//! The people at the facility.

use record::fold::{RowVersion, StaffMember};
use record::ids::StaffId;
use record::kinds::{StaffAdded, StaffChanged, StaffLeft, StaffRole};
use record::limits::PAYROLL_CHARS_MAX;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::intake::{CommandRefusal, Drafts, LanguageRefusal, RefusalCause, StateView, text};

/// A new person.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStaff {
    /// Their name, at most 120 characters.
    pub name: String,
    /// What they may do.
    pub role: StaffRole,
    /// The language of their pages, `en` or `es`; empty: no preference.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub locale: String,
    /// Their payroll number, at most 40 characters; empty: none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub number: String,
}

impl NewStaff {
    pub fn named(name: impl Into<String>, role: StaffRole) -> Self {
        Self { name: name.into(), role, locale: String::new(), number: String::new() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StaffChange {
    pub staff: StaffId,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub role: Option<StaffRole>,
    /// The language of their pages; empty: no preference any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Their payroll number; empty: none any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// The version of the person that this change is based on; absent: any.
    #[serde(default)]
    pub seen: Option<RowVersion>,
}

impl StaffChange {
    pub fn of(staff: StaffId) -> Self {
        Self { staff, name: None, role: None, locale: None, number: None, seen: None }
    }

    pub fn is_empty(&self) -> bool {
        self.name.is_none() && self.role.is_none() && self.locale.is_none() && self.number.is_none()
    }
}

const NAME_NEEDED: RefusalCause = RefusalCause::PersonName;
/// The languages that pages of a person can be in, as written in the log.
pub const PAGE_LANGUAGES: [&str; 2] = ["en", "es"];

fn check_locale(entered: &str) -> Result<String, CommandRefusal> {
    let locale = entered.trim();
    if !locale.is_empty() && !PAGE_LANGUAGES.contains(&locale) {
        return Err(CommandRefusal::Range {
            field: "locale",
            cause: RefusalCause::Language(LanguageRefusal::Page),
        });
    }
    Ok(locale.to_owned())
}

fn check_number(entered: &str) -> Result<String, CommandRefusal> {
    text::check_short("number", entered, PAYROLL_CHARS_MAX)
}

pub(in crate::intake) fn add_member(
    person: &NewStaff,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let name = text::check_name("name", &person.name, NAME_NEEDED)?;
    let locale = Some(check_locale(&person.locale)?).filter(|locale| !locale.is_empty());
    let number = check_number(&person.number)?;
    let (name, beside) = drafts.text(&name)?;
    let staff = StaffId::new(view.now().wall_ms, drafts.random.bytes());
    drafts.push(StaffAdded { staff, name, role: person.role, locale, number }, vec![beside]);
    Ok(())
}

pub(in crate::intake) fn change_member(
    change: &StaffChange,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let StaffChange { staff, role, .. } = *change;
    let name = change.name.as_deref().map(|name| text::check_name("name", name, NAME_NEEDED)).transpose()?;
    let locale = change.locale.as_deref().map(check_locale).transpose()?;
    let number = change.number.as_deref().map(check_number).transpose()?;
    let (name, texts) = match name {
        None => (None, Vec::new()),
        Some(name) => drafts.text(&name).map(|(redactable, text)| (Some(redactable), vec![text]))?,
    };
    drafts.push(StaffChanged { staff, name, role, locale, number }, texts);
    Ok(())
}

/// Says that somebody does not work here any more.
pub(in crate::intake) fn remove_member(
    staff: StaffId,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    find_member(staff, view)?;
    drafts.push(StaffLeft { staff }, Vec::new());
    Ok(())
}

pub(in crate::intake) fn find_member(
    staff: StaffId,
    view: &dyn StateView,
) -> Result<&StaffMember, CommandRefusal> {
    view.facility().staff.get(&staff).filter(|s| !s.left).ok_or(CommandRefusal::UnknownStaff(staff))
}
