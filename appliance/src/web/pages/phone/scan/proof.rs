//! What a scan page asks for where the class of the use needs more than a typed name, and who is picked from the list.

use std::net::IpAddr;

use record::fold::FacilityState;
use record::ids::DeviceId;
use record::kinds::{ProofMethod, SpauldingClass};
use web::argument::FormFields;
use web::error::HttpError;

use crate::identity::BrowserUse;
use crate::intake::{ProofDemand, weakest_method};
use crate::store::LogReader;
use crate::web::access::staff_session::StaffSession;
use crate::web::context::AppState;
use crate::web::layout::StaffLink;
use crate::web::listed_people::{
    LETTERS_MIN, ListedPerson, NAMES_MAX, find_entered_name, find_listed_person, has_part, is_whole_name,
    list_people, takes_list,
};
use crate::web::request::client::browser::BrowserClient;
use crate::web::request::client::cookies::remembered_name;
use crate::web::request::client::peer::https_address;
use crate::web::request::limits::name_share::NameSeeker;
use crate::web::search_words::fold_letters;
use crate::web::words::{PageWords, ScanWords};

#[derive(Debug, Clone)]
pub(crate) struct PageOrigin {
    listener: PageListener,
    sign_in: Option<String>,
    /// The name that was entered last on this phone; empty on a shared one.
    recent_name: String,
    remote: IpAddr,
}

#[derive(Debug, Clone)]
enum PageListener {
    Secure,
    /// The page came over plain HTTP; the address of the same page over HTTPS, where the box has one.
    Plain {
        secure: Option<String>,
    },
}

impl PageOrigin {
    pub(crate) fn of(state: &AppState, browser: &BrowserClient) -> Self {
        let listener = match browser.peer().secure {
            true => PageListener::Secure,
            false => PageListener::Plain {
                secure: browser.host().and_then(|host| https_address(state, host, browser.path())),
            },
        };
        let recent_name = match browser.usage() {
            BrowserUse::Own => remembered_name(browser.cookies()),
            BrowserUse::Shared => String::new(),
        };
        let remote = browser.peer().remote;
        Self { listener, sign_in: browser.sign_in_address(state), recent_name, remote }
    }

    pub(crate) fn is_secure(&self) -> bool {
        matches!(self.listener, PageListener::Secure)
    }

    pub(crate) fn staff_link(&self, signed: Option<&StaffSession>, w: PageWords) -> Option<StaffLink> {
        match signed {
            Some(_) => Some(StaffLink::to_staff_pages(w)),
            None => self.sign_in.clone().map(|to| StaffLink::to_sign_in(to, w)),
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct ProofAsk {
    pub(crate) words: String,
    pub(crate) secure: Option<String>,
    /// The reader can sign in by PIN and return.
    pub(crate) takes_sign_in: bool,
    /// A PIN can be entered in the page itself.
    pub(crate) takes_pin: bool,
    pub(crate) takes_name: bool,
    /// Whoever was named last on this phone, and those whose names begin with what was entered.
    pub(crate) names: Vec<ListedPerson>,
    /// The address has used up its name searches, and what was entered is no complete name.
    pub(crate) is_spent: bool,
    pub(crate) is_needed: bool,
}

impl ProofAsk {
    fn with_words(words: String) -> Self {
        Self {
            words,
            secure: None,
            takes_sign_in: false,
            takes_pin: false,
            takes_name: false,
            names: Vec::new(),
            is_spent: false,
            is_needed: true,
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct BadgeField {
    pub(crate) is_open: bool,
    pub(crate) wrong: Option<String>,
}

pub(crate) struct ProofLook<'a> {
    pub(crate) state: &'a AppState,
    pub(crate) w: ScanWords,
    pub(crate) class: SpauldingClass,
    pub(crate) origin: &'a PageOrigin,
    pub(crate) devices: &'a [DeviceId],
    pub(crate) reader: &'a LogReader,
    pub(crate) facility: &'a FacilityState,
    pub(crate) entered: &'a str,
    pub(crate) lacks_name: bool,
    /// Somebody's PIN can be entered in the page: they are signed in.
    pub(crate) is_signed_in: bool,
    pub(crate) has_badges: bool,
}

impl ProofLook<'_> {
    pub(crate) fn ask_proof(self) -> Option<ProofAsk> {
        let Self { w, class, origin, lacks_name, is_signed_in, has_badges, .. } = self;
        let needed = weakest_method(&self.facility.settings, class);
        let lacks_name = lacks_name && needed != ProofMethod::None;
        // Where nobody has a badge, what takes one takes a PIN.
        let takes_badge = has_badges && needed == ProofMethod::Badge;
        match (needed, &origin.listener) {
            (ProofMethod::List, _) => {
                let (names, is_spent) = self.find_names();
                let ask = ProofAsk::with_words(w.scan_proof_list());
                Some(ProofAsk { takes_name: true, names, is_spent, ..ask })
            }
            (ProofMethod::Badge | ProofMethod::Pin, PageListener::Plain { secure }) => {
                let words = if takes_badge { w.scan_proof_plain_badge() } else { w.scan_proof_plain() };
                Some(ProofAsk { secure: secure.clone(), ..ProofAsk::with_words(words) })
            }
            (ProofMethod::Badge | ProofMethod::Pin, PageListener::Secure) => {
                let words = if takes_badge { w.scan_proof_badge() } else { w.scan_proof_pin() };
                let takes_sign_in = origin.sign_in.is_some() && !is_signed_in;
                let takes_pin = is_signed_in && !takes_badge;
                Some(ProofAsk { takes_sign_in, takes_pin, ..ProofAsk::with_words(words) })
            }
            _ if !is_signed_in && takes_list(&self.facility.settings, class) => {
                let (names, is_spent) = self.find_names();
                let ask = ProofAsk::with_words(w.scan_proof_list_too());
                Some(ProofAsk { takes_name: true, names, is_spent, is_needed: lacks_name, ..ask })
            }
            (ProofMethod::Typed, _) if lacks_name => Some(ProofAsk::with_words(w.scan_proof_typed())),
            _ => None,
        }
    }

    /// Whoever was named last on this phone, and those one of whose names begins with the first letters that were
    /// entered; and whether the search limit of this address allows only complete names.
    fn find_names(&self) -> (Vec<ListedPerson>, bool) {
        let entered = fold_letters(self.entered);
        let letters: String = entered.chars().take(LETTERS_MIN).collect();
        let recent = fold_letters(&self.origin.recent_name);
        // The name that the phone filled in itself triggers no search.
        let looks = letters.chars().count() >= LETTERS_MIN && entered != recent;
        if !looks && recent.is_empty() {
            return (Vec::new(), false);
        }
        let may_look = looks && self.may_look();
        let mut people = list_people(self.reader, self.facility);
        people.retain(|person| {
            is_whole_name(&person.name, &recent)
                || looks && is_whole_name(&person.name, &entered)
                || may_look && has_part(&person.name, &letters)
        });
        people
            .sort_by_cached_key(|person| (!is_whole_name(&person.name, &recent), person.name.to_lowercase()));
        people.truncate(NAMES_MAX);
        let is_spent =
            looks && !may_look && !people.iter().any(|person| is_whole_name(&person.name, &entered));
        (people, is_spent)
    }

    /// Whether names may be searched by their first letters. If reading whether the device is known fails, it is not.
    fn may_look(&self) -> bool {
        let seeker = NameSeeker { remote: self.origin.remote, devices: self.devices };
        seeker.is_known(self.state).unwrap_or(false) || seeker.take_search(self.state)
    }
}

pub(super) fn proof_demand(form: &FormFields) -> ProofDemand {
    if form.get("unproven").is_some() { ProofDemand::Waived } else { ProofDemand::Required }
}

pub(super) async fn find_listed(
    state: &AppState,
    form: &FormFields,
) -> Result<Option<ListedPerson>, HttpError> {
    if let Some(picked) = form.get("pick").and_then(|id| id.parse().ok()) {
        return find_listed_person(state, picked).await;
    }
    find_entered_name(state, form.text("cleaned_by")).await
}
