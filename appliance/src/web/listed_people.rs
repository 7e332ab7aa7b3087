//! Those of the staff whose names can be picked from the list.

use record::fold::{FacilitySettings, FacilityState};
use record::ids::StaffId;
use record::kinds::SpauldingClass::{Critical, Noncritical, Semicritical};
use record::kinds::{ProofMethod, SpauldingClass};
use web::error::HttpError;

use crate::intake::{ClaimedCleaner, methods_of_class};
use crate::store::LogReader;
use crate::web::context::AppState;
use crate::web::log_reads::{StoredText, read_quick};
use crate::web::search_words::fold_letters;

/// Letters after which names of staff are shown on a page that is open to everybody.
pub(crate) const LETTERS_MIN: usize = 2;
pub(crate) const NAMES_MAX: usize = 20;

pub(crate) fn has_part(name: &str, letters: &str) -> bool {
    let name = fold_letters(name);
    name.starts_with(letters) || name.split_whitespace().any(|part| part.starts_with(letters))
}

pub(crate) fn is_whole_name(name: &str, letters: &str) -> bool {
    fold_letters(name) == letters
}

/// Somebody of the staff, by the name that they have in their list.
#[derive(Debug, Clone)]
pub(crate) struct ListedPerson {
    pub(crate) staff: StaffId,
    pub(crate) name: String,
}

impl ListedPerson {
    pub(crate) fn claim(&self) -> ClaimedCleaner {
        ClaimedCleaner::Listed { staff: self.staff, name: self.name.clone() }
    }
}

/// Those who have not left and whose name is readable.
pub(crate) fn list_people(reader: &LogReader, facility: &FacilityState) -> Vec<ListedPerson> {
    let present = facility.staff.iter().filter(|(_, member)| !member.left);
    let named = present.filter_map(|(staff, _)| {
        let name = StoredText::of_staff(reader, facility, *staff).readable()?;
        Some(ListedPerson { staff: *staff, name })
    });
    named.collect()
}

pub(crate) async fn find_listed_person(
    state: &AppState,
    staff: StaffId,
) -> Result<Option<ListedPerson>, HttpError> {
    read_quick(state, move |state, reader| {
        Ok(list_people(reader, &state.store.snapshot()).into_iter().find(|person| person.staff == staff))
    })
    .await
}

pub(crate) async fn find_only_name(state: &AppState, name: &str) -> Result<Option<ListedPerson>, HttpError> {
    let entered = fold_letters(name);
    if entered.is_empty() {
        return Ok(None);
    }
    read_quick(state, move |state, reader| {
        let mut people = list_people(reader, &state.store.snapshot());
        people.retain(|person| is_whole_name(&person.name, &entered));
        let found = people.pop();
        Ok(found.filter(|_| people.is_empty()))
    })
    .await
}

pub(crate) fn takes_list(settings: &FacilitySettings, class: SpauldingClass) -> bool {
    methods_of_class(&settings.who, class).is_some_and(|methods| methods.contains(&ProofMethod::List))
}

pub(crate) async fn find_entered_name(
    state: &AppState,
    name: &str,
) -> Result<Option<ListedPerson>, HttpError> {
    let settings = state.store.snapshot().settings.clone();
    match [Noncritical, Semicritical, Critical].into_iter().any(|class| takes_list(&settings, class)) {
        true => find_only_name(state, name).await,
        false => Ok(None),
    }
}
