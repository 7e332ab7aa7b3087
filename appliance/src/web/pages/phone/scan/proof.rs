//! What a scan page asks for where the class of the use needs more than a typed name, and who is picked from the list.

use record::fold::{FacilitySettings, FacilityState};
use record::ids::StaffId;
use record::kinds::ProofWay;
use record::kinds::SpauldingClass::{Critical, Noncritical, Semicritical};
use web::argument::FormFields;
use web::error::HttpError;

use crate::intake::{ProofDemand, weakest_way};
use crate::store::LogReader;
use crate::web::access::staff_session::StaffSession;
use crate::web::context::AppState;
use crate::web::layout::StaffLink;
use crate::web::log_reads::{StoredText, read_quick};
use crate::web::request::browser::BrowserClient;
use crate::web::request::peer::https_address;
use crate::web::words::{PageWords, ScanWords};

/// Letters after which names of staff are shown on a page that is open to everybody.
const LETTERS_MIN: usize = 2;
const NAMES_MAX: usize = 20;

/// By which way the page came.
#[derive(Debug, Clone)]
pub(crate) struct PageOrigin {
    listener: PageListener,
    /// Where one signs in and comes back.
    sign_in: Option<String>,
}

/// Which listener brought the page.
#[derive(Debug, Clone)]
enum PageListener {
    Secure,
    /// Over plain HTTP, and the address of the same page over HTTPS, where the box has one.
    Plain {
        secure: Option<String>,
    },
}

impl PageOrigin {
    pub(crate) fn of(state: &AppState, browser: &BrowserClient) -> Self {
        let same_page = |host| https_address(state, host, browser.path());
        let listener = match browser.peer().secure {
            true => PageListener::Secure,
            false => PageListener::Plain { secure: browser.host().and_then(same_page) },
        };
        Self { listener, sign_in: browser.sign_in_address(state) }
    }

    pub(crate) fn is_secure(&self) -> bool {
        matches!(self.listener, PageListener::Secure)
    }

    /// What stands at the foot of the page for staff.
    pub(crate) fn staff_link(&self, signed: Option<&StaffSession>, w: PageWords) -> Option<StaffLink> {
        match signed {
            Some(_) => Some(StaffLink::to_staff_pages(w)),
            None => self.sign_in.clone().map(|to| StaffLink::to_sign_in(to, w)),
        }
    }
}

/// Somebody of the staff, by the name that they have in their list.
#[derive(Debug, Clone)]
pub(crate) struct ListedPerson {
    pub(crate) staff: StaffId,
    pub(crate) name: String,
}

/// What a page asks for beside the name.
#[derive(Debug, Clone)]
pub(crate) struct ProofAsk {
    pub(crate) words: String,
    /// The same page over HTTPS.
    pub(crate) secure: Option<String>,
    /// Where one signs in by PIN.
    pub(crate) sign_in: Option<String>,
    /// A PIN can be entered in the page itself.
    pub(crate) takes_pin: bool,
    /// A name is to be picked from the list.
    pub(crate) takes_name: bool,
    /// Those whose names begin as what was entered.
    pub(crate) names: Vec<ListedPerson>,
}

/// What the page is for, and who is in front of it.
pub(crate) struct ProofLook<'a> {
    pub(crate) w: ScanWords,
    pub(crate) needed: ProofWay,
    pub(crate) origin: &'a PageOrigin,
    pub(crate) reader: &'a LogReader,
    pub(crate) facility: &'a FacilityState,
    pub(crate) entered: &'a str,
    /// Somebody's PIN can be entered in the page: they are signed in.
    pub(crate) is_signed_in: bool,
    /// Somebody has a badge.
    pub(crate) has_badges: bool,
}

impl ProofLook<'_> {
    /// What is asked for of somebody who has proven nothing yet.
    pub(crate) fn ask_proof(self) -> Option<ProofAsk> {
        let Self { w, needed, origin, reader, facility, entered, is_signed_in, has_badges } = self;
        let ask = |words| ProofAsk {
            words,
            secure: None,
            sign_in: None,
            takes_pin: false,
            takes_name: false,
            names: Vec::new(),
        };
        // Where nobody has a badge, what takes one takes a PIN.
        let takes_badge = has_badges && needed == ProofWay::Badge;
        match (needed, &origin.listener) {
            (ProofWay::List, _) => {
                let names = find_names(reader, facility, entered);
                Some(ProofAsk { takes_name: true, names, ..ask(w.scan_proof_list()) })
            }
            (ProofWay::Badge | ProofWay::Pin, PageListener::Plain { secure }) => {
                let words = if takes_badge { w.scan_proof_plain_badge() } else { w.scan_proof_plain() };
                Some(ProofAsk { secure: secure.clone(), ..ask(words) })
            }
            (ProofWay::Badge | ProofWay::Pin, PageListener::Secure) => {
                let words = if takes_badge { w.scan_proof_badge() } else { w.scan_proof_pin() };
                let sign_in = origin.sign_in.clone().filter(|_| !is_signed_in);
                Some(ProofAsk { sign_in, takes_pin: is_signed_in && !takes_badge, ..ask(words) })
            }
            _ => None,
        }
    }
}

/// What the page's form makes of a proof that is too weak.
pub(super) fn proof_demand(form: &FormFields) -> ProofDemand {
    if form.get("unproven").is_some() { ProofDemand::Waived } else { ProofDemand::Required }
}

/// Whose name was picked from the list; where the facility asks for names from it, also who entered one that it has once.
pub(super) async fn find_listed(
    state: &AppState,
    form: &FormFields,
) -> Result<Option<ListedPerson>, HttpError> {
    let picked = form.get("pick").and_then(|id| id.parse::<StaffId>().ok());
    let entered = form.text("cleaned_by").trim().to_lowercase();
    let asks_for_names = |settings: &FacilitySettings| {
        [Noncritical, Semicritical, Critical]
            .map(|class| weakest_way(settings, class))
            .contains(&ProofWay::List)
    };
    if picked.is_none() && (entered.is_empty() || !asks_for_names(&state.store.snapshot().settings)) {
        return Ok(None);
    }
    read_quick(state, move |state, reader| {
        let mut people = list_people(reader, &state.store.snapshot());
        if let Some(picked) = picked {
            return Ok(people.into_iter().find(|person| person.staff == picked));
        }
        people.retain(|person| person.name.to_lowercase() == entered);
        let found = people.pop();
        Ok(found.filter(|_| people.is_empty()))
    })
    .await
}

/// Those who have not left and whose name can be read.
fn list_people(reader: &LogReader, facility: &FacilityState) -> Vec<ListedPerson> {
    let present = facility.staff.iter().filter(|(_, member)| !member.left);
    let named = present.filter_map(|(staff, _)| {
        let name = StoredText::of_staff(reader, facility, *staff).readable()?;
        Some(ListedPerson { staff: *staff, name })
    });
    named.collect()
}

/// Those one of whose names begins with the first letters that were entered.
fn find_names(reader: &LogReader, facility: &FacilityState, entered: &str) -> Vec<ListedPerson> {
    let letters: String = entered.trim().to_lowercase().chars().take(LETTERS_MIN).collect();
    if letters.chars().count() < LETTERS_MIN {
        return Vec::new();
    }
    let mut people = list_people(reader, facility);
    people.retain(|person| {
        person.name.to_lowercase().split_whitespace().any(|part| part.starts_with(&letters))
    });
    people.sort_by_cached_key(|person| person.name.to_lowercase());
    people.truncate(NAMES_MAX);
    people
}
