//! Staff, by their session.

use axum::extract::{FromRequestParts, Request};
use axum::response::{IntoResponse as _, Response};
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use record::entry::{By, Via};
use record::ids::StaffId;
use record::kinds::Role;

use crate::identity::{AccessWanted, Session, form_token};
use crate::listen::Peer;
use crate::web::answer::see_other;
use crate::web::context::AppState;
use crate::web::http_error::Problem;
use crate::web::log_reads::{read_quick, staff_name};
use crate::web::request::form::Form;
use crate::web::request::next_page::{HOME, asked_page, safe_next, sign_in_address};

/// Somebody who has signed in, in this browser, over HTTPS.
#[derive(Debug, Clone)]
pub(crate) struct Signed {
    pub(crate) staff: StaffId,
    pub(crate) name: String,
    pub(crate) role: Role,
    /// When they signed in, milliseconds since 1970.
    pub(crate) began_ms: i64,
    /// How long ago they typed their PIN in this browser; absent: before the machine started.
    pub(crate) pin_age_ms: Option<u64>,
    pub(crate) secret: String,
}

impl Signed {
    /// What their commands carry.
    pub(crate) fn by(&self) -> By {
        By { staff: Some(self.staff), via: Via::Staff, device: None }
    }

    /// The secret of their cookie.
    pub(crate) fn secret(&self) -> &str {
        &self.secret
    }

    /// What every form under this session carries.
    pub(crate) fn form_token(&self) -> String {
        form_token(&self.secret)
    }

    /// Reads a form that one of this session's own pages sent.
    pub(crate) async fn form(&self, request: Request) -> Result<Form, Problem> {
        self.own(crate::web::request::form::read(request, None).await?)
    }

    /// The same for a form with a long list or a file of text; the file's bytes beside it.
    pub(crate) async fn list_form(&self, request: Request) -> Result<(Form, Option<Vec<u8>>), Problem> {
        let (form, file) = crate::web::request::form::read_list(request).await?;
        Ok((self.own(form)?, file))
    }

    fn own(&self, form: Form) -> Result<Form, Problem> {
        if form.text("form") == self.form_token() {
            return Ok(form);
        }
        Err(Problem::new(StatusCode::FORBIDDEN, "form-token", "This page is from another session")
            .detail("You have signed in anew since it was opened.")
            .safe("Nothing was changed.")
            .next("Open the page again and repeat what you wanted."))
    }

    /// May this person see who works here?
    pub(crate) fn may_see_people(&self) -> bool {
        self.may_change()
    }

    /// May this person give commands about equipment?
    pub(crate) fn may_change(&self) -> bool {
        matches!(self.role, Role::Biomed | Role::FacilityAdmin)
    }

    /// For pages of commands about equipment and people: nobody fills in a form that would be refused.
    pub(crate) fn must_change(&self) -> Result<(), Problem> {
        if self.may_change() {
            return Ok(());
        }
        Err(self.not_allowed("This needs a sign-in as biomed or facility admin").wanted(AccessWanted::Edit))
    }

    /// May this person read who came and who was refused?
    pub(crate) fn may_read_audit(&self) -> bool {
        matches!(self.role, Role::FacilityAdmin | Role::Auditor)
    }

    /// For the audit of access.
    pub(crate) fn must_read_audit(&self) -> Result<(), Problem> {
        if self.may_read_audit() {
            return Ok(());
        }
        let problem = self.not_allowed("This needs a sign-in as facility admin or auditor");
        Err(problem.wanted(AccessWanted::ReadAudit))
    }

    /// For pages of commands about the facility and its people.
    pub(crate) fn must_be_admin(&self) -> Result<(), Problem> {
        if self.role == Role::FacilityAdmin {
            return Ok(());
        }
        Err(self.not_allowed("This needs a sign-in as facility admin").wanted(AccessWanted::Admin))
    }

    /// What this person sees who may not do this; the title says whose role does include it.
    pub(crate) fn not_allowed(&self, title: &'static str) -> Problem {
        let role = role_word(self.role);
        not_allowed(title)
            .detail(format!("You are signed in as {}, {role}: that role does not include it.", self.name))
    }
}

/// What somebody sees who may not do this.
pub(crate) fn not_allowed(title: &'static str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "not-allowed", title)
        .detail("Your role does not include this.")
        .safe("Nothing was changed.")
        .link("/staff/sign-in", "Sign in as somebody else")
        .back("/", "Back to what needs cleaning")
}

/// The session that a request carries, if there is one, and whose it is.
pub(crate) async fn session(
    state: &AppState,
    headers: &HeaderMap,
    peer: Option<&Peer>,
) -> Result<Option<Signed>, Problem> {
    let Some((secret, session, role)) = live_session(state, headers, peer) else { return Ok(None) };
    let staff = session.staff;
    let name = read_quick(state, move |state, reader| Ok(staff_name(reader, &state.store.snapshot(), staff)));
    let (name, pin_age_ms) = (name.await?, session.pin_age_ms(&state.clock.now()));
    Ok(Some(Signed { staff, name, role, began_ms: session.began_ms, pin_age_ms, secret }))
}

/// Who has signed in where a request comes from.
pub(crate) fn session_of(state: &AppState, headers: &HeaderMap, peer: Option<&Peer>) -> Option<StaffId> {
    live_session(state, headers, peer).map(|(_, session, _)| session.staff)
}

pub(crate) fn live_session(
    state: &AppState,
    headers: &HeaderMap,
    peer: Option<&Peer>,
) -> Option<(String, Session, Role)> {
    let secret = crate::web::request::cookies::get(headers, crate::web::request::cookies::SESSION)
        .filter(|_| peer.is_some_and(|p| p.secure))?;
    let found = state.identity.sessions.find(secret, state.clock.now().wall_ms);
    let session = found.unwrap_or_else(|error| {
        tracing::error!(%error, "a session could not be looked up");
        None
    })?;
    let role = state.store.snapshot().staff.get(&session.staff).filter(|s| !s.left)?.role;
    Some((secret.to_owned(), session, role))
}

impl FromRequestParts<AppState> for Signed {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Response> {
        let found = session(state, &parts.headers, parts.extensions.get()).await;
        found.map_err(Problem::into_response)?.ok_or_else(|| {
            let asked = asked_page(&parts.uri);
            let next = if parts.method == http::Method::GET { safe_next(&asked) } else { HOME };
            see_other(&sign_in_address(None, next))
        })
    }
}

/// A role as people say it.
pub(crate) fn role_word(role: Role) -> &'static str {
    match role {
        Role::Technician => "technician",
        Role::Biomed => "biomed",
        Role::FacilityAdmin => "facility admin",
        Role::Auditor => "auditor",
    }
}

/// Printing is for those who may change equipment.
pub(crate) fn only_changers(signed: &Signed) -> Result<(), Problem> {
    if signed.may_change() {
        return Ok(());
    }
    Err(signed.not_allowed("This needs a sign-in as biomed or facility admin").safe("Nothing was printed."))
}
