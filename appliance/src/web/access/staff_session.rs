//! Staff, by their session.

use std::sync::{Arc, OnceLock};

use http::{HeaderMap, StatusCode};
use record::entry::{CommandSource, EntryAuthor};
use record::ids::StaffId;
use record::kinds::StaffRole;
use web::error::{ErrorText, HttpError};
use words::{LocalePreferences, WordSet};

use crate::identity::{AccessTarget, BrowserUse, SessionRow, form_token};
use crate::intake::Permission;
use crate::listen::PeerAddress;
use crate::web::access::staff_names::read_own_name;
use crate::web::context::AppState;
use crate::web::http_error::{new_error, worded};
use crate::web::request::client::browser::BrowserClient;
use crate::web::request::client::cookies;
use crate::web::request::client::language::facility_locale;
use crate::web::view_models::page::formats::LocalTime;
use crate::web::view_models::page::wording::PageWording;
use crate::web::words::{ErrorWords, PageWords, StaffWords};

/// Somebody who has signed in, in this browser, over HTTPS.
#[derive(Debug, Clone)]
pub(crate) struct StaffSession {
    staff: StaffId,
    name: String,
    role: StaffRole,
    began_ms: i64,
    pin_age_ms: Option<u64>,
    browser: BrowserUse,
    secret: String,
    languages: LocalePreferences,
}

impl StaffSession {
    pub(crate) fn staff(&self) -> StaffId {
        self.staff
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn role(&self) -> StaffRole {
        self.role
    }

    pub(crate) fn began_ms(&self) -> i64 {
        self.began_ms
    }

    /// How long ago they typed their PIN in this browser; absent: before the machine started.
    pub(crate) fn pin_age_ms(&self) -> Option<u64> {
        self.pin_age_ms
    }

    /// Whether they are signed in where many people are, one after the other.
    pub(crate) fn is_shared(&self) -> bool {
        self.browser == BrowserUse::Shared
    }

    pub(crate) fn words<W: WordSet>(&self) -> W {
        W::in_best_of(&self.languages)
    }

    pub(crate) fn wording(&self, local: &LocalTime) -> PageWording {
        let (words, _): (PageWords, StaffWords) = self.words();
        PageWording::new(words, local)
    }

    pub(crate) fn author(&self) -> EntryAuthor {
        EntryAuthor { staff: Some(self.staff), via: CommandSource::Staff, device: None }
    }

    pub(crate) fn secret(&self) -> &str {
        &self.secret
    }

    pub(crate) fn form_token(&self) -> String {
        form_token(&self.secret)
    }

    pub(crate) fn holds(&self, permission: Permission) -> bool {
        permission.is_of(self.role)
    }

    pub(crate) fn can_edit(&self) -> bool {
        self.holds(Permission::EditEquipment)
    }

    /// Refuses (403) those whose role does not include it.
    pub(crate) fn require(&self, permission: Permission) -> Result<(), HttpError> {
        if self.holds(permission) {
            return Ok(());
        }
        let (name, role) = (self.name.clone(), self.role);
        let detail =
            worded(move |(page, w): (PageWords, ErrorWords)| w.error_role_of(&name, word_role(page, role)));
        let title = worded(move |w: ErrorWords| word_requirement(w, permission));
        let error = role_forbidden(title).detail(detail);
        Err(match permission {
            Permission::Print | Permission::EditPrinters => {
                error.safe(worded(ErrorWords::error_role_nothing_printed))
            }
            Permission::EditPeople | Permission::EditSettings | Permission::ManageTokens => {
                error.note(AccessTarget::Admin)
            }
            Permission::ReadAudit | Permission::MakeReports => error.note(AccessTarget::ReadAudit),
            Permission::View
            | Permission::Record
            | Permission::EditEquipment
            | Permission::SignOff
            | Permission::SeePeople => error.note(AccessTarget::Edit),
        })
    }

    pub(crate) async fn renew_pin(&self, state: &AppState) -> Result<(), HttpError> {
        let (sessions, secret, now) =
            (state.identity.sessions.clone(), self.secret.clone(), state.clock.now());
        let renewed = tokio::task::spawn_blocking(move || sessions.renew_pin(&secret, &now)).await;
        renewed.map_err(|e| HttpError::internal(&e))?.map_err(|e| HttpError::internal(&e))
    }

    pub(crate) fn set_pin_age(&mut self, age_ms: Option<u64>) {
        self.pin_age_ms = age_ms;
    }
}

/// The slot of a request for the person whom its row admitted: pages of errors are drawn for them.
#[derive(Debug, Clone, Default)]
pub(crate) struct AdmittedStaff(Arc<OnceLock<StaffSession>>);

impl AdmittedStaff {
    pub(crate) fn set(&self, session: StaffSession) {
        let _ = self.0.set(session);
    }

    pub(crate) fn get(&self) -> Option<&StaffSession> {
        self.0.get()
    }
}

/// Shown to somebody who may not do this.
pub(crate) fn role_forbidden(title: impl Into<ErrorText>) -> HttpError {
    role_forbidden_but(title, "/staff/sign-in", worded(ErrorWords::error_links_sign_in))
}

/// The same where another way on is better than to sign in as somebody else.
pub(crate) fn role_forbidden_but(
    title: impl Into<ErrorText>,
    to: &'static str,
    words: impl Into<ErrorText>,
) -> HttpError {
    new_error(StatusCode::FORBIDDEN, "not-allowed", title)
        .detail(worded(ErrorWords::error_role_detail))
        .safe(worded(ErrorWords::error_nothing_changed))
        .link(to, words)
        .link("/", worded(ErrorWords::error_links_due))
}

/// The message for those whose role does not include a permission.
fn word_requirement(w: ErrorWords, permission: Permission) -> String {
    match permission {
        Permission::View => w.error_sign_in(),
        Permission::Record => w.error_sign_in_as_recorder(),
        Permission::EditEquipment
        | Permission::Print
        | Permission::EditPrinters
        | Permission::SignOff
        | Permission::SeePeople
        | Permission::MakeReports => w.error_sign_in_as_biomed(),
        Permission::EditPeople | Permission::EditSettings | Permission::ManageTokens => {
            w.error_sign_in_as_admin()
        }
        Permission::ReadAudit => w.error_sign_in_as_auditor(),
    }
}

/// The session that a request carries, if there is one, and whose it is.
pub(crate) async fn find_session(
    state: &AppState,
    client: &BrowserClient,
) -> Result<Option<StaffSession>, HttpError> {
    let found = live_session(state, client.cookies(), Some(client.peer()));
    let Some(LiveSession { secret, session, role, locale }) = found else { return Ok(None) };
    let staff = session.staff;
    let (name, pin_age_ms) = (read_own_name(state, staff).await?, session.pin_age_ms(&state.clock.now()));
    let home = facility_locale(&state.store.snapshot().settings);
    let languages = client.languages().led_by(&locale, home);
    let (began_ms, browser) = (session.began_ms, session.browser);
    Ok(Some(StaffSession { staff, name, role, began_ms, pin_age_ms, browser, secret, languages }))
}

pub(crate) fn find_signed_in(
    state: &AppState,
    headers: &HeaderMap,
    peer: Option<&PeerAddress>,
) -> Option<(StaffId, StaffRole)> {
    live_session(state, headers, peer).map(|found| (found.session.staff, found.role))
}

/// The languages of the reader of a public page: what was chosen in this browser, else what is theirs where they have
/// signed in on it, else what its headers request.
pub(crate) fn reader_languages(state: &AppState, browser: &BrowserClient) -> LocalePreferences {
    let (cookies, peer) = (browser.cookies(), browser.peer());
    let has_chosen = cookies::find_language(cookies, peer.secure).is_some();
    let signed = if has_chosen { None } else { live_session(state, cookies, Some(peer)) };
    match signed {
        Some(signed) => {
            let home = facility_locale(&state.store.snapshot().settings);
            browser.languages().led_by(&signed.locale, home)
        }
        None => browser.languages().clone(),
    }
}

/// A session that continues, and what is checked of the person with each request.
struct LiveSession {
    secret: String,
    session: SessionRow,
    role: StaffRole,
    locale: String,
}

fn live_session(state: &AppState, headers: &HeaderMap, peer: Option<&PeerAddress>) -> Option<LiveSession> {
    let secret =
        cookies::find_cookie(headers, cookies::SESSION).filter(|_| peer.is_some_and(|p| p.secure))?;
    let session = state.identity.sessions.find(secret, state.clock.now().wall_ms)?;
    let facility = state.store.snapshot();
    let person = facility.staff.get(&session.staff).filter(|s| !s.left)?;
    let (role, locale) = (person.role, person.locale.clone());
    Some(LiveSession { secret: secret.to_owned(), session, role, locale })
}

/// A role as people say it, for the middle of a sentence.
pub(crate) fn word_role(w: PageWords, role: StaffRole) -> String {
    match role {
        StaffRole::Technician => w.role_technician(),
        StaffRole::Biomed => w.role_biomed(),
        StaffRole::FacilityAdmin => w.role_facility_admin(),
        StaffRole::Auditor => w.role_auditor(),
    }
}
