//! Staff whose role includes what a row needs.

use std::marker::PhantomData;
use std::ops::Deref;

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{Method, StatusCode};
use web::error::HttpError;
use web::route::{Access, Caller};

use crate::web::access::permissions::StaffPermission;
use crate::web::access::staff_session::{AdmittedStaff, StaffSession, find_session};
use crate::web::access_note::AccessNotes;
use crate::web::context::AppState;
use crate::web::http_error::{new_error, worded};
use crate::web::request::bodies::form::SessionFormToken;
use crate::web::request::client::browser::BrowserClient;
use crate::web::request::client::next_page::{
    NextPage, OWN_PIN, own_pin_address, requested_page, sign_in_address,
};
use crate::web::words::ErrorWords;

pub(crate) struct StaffCaller<P> {
    session: StaffSession,
    browser: BrowserClient,
    permission: PhantomData<P>,
}

impl<P> StaffCaller<P> {
    pub(crate) fn browser(&self) -> &BrowserClient {
        &self.browser
    }

    pub(crate) fn notes(&self) -> &AccessNotes {
        self.browser.notes()
    }

    pub(crate) fn into_session(self) -> StaffSession {
        self.session
    }
}

impl<P> Deref for StaffCaller<P> {
    type Target = StaffSession;
    fn deref(&self) -> &StaffSession {
        &self.session
    }
}

impl<P: StaffPermission> Caller for StaffCaller<P> {
    const ACCESS: Access = Access::Session(P::PERMISSION.name());
}

impl<P: StaffPermission> FromRequestParts<AppState> for StaffCaller<P> {
    type Rejection = HttpError;
    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, HttpError> {
        let browser = BrowserClient::of(parts);
        let found = find_session(state, &browser).await?;
        let session = found.ok_or_else(|| sign_in_needed(parts, &browser))?;
        session.require(P::PERMISSION)?;
        if parts.method == Method::GET
            && parts.uri.path() != OWN_PIN
            && state.identity.pins.is_exposed(session.staff())
        {
            return Err(new_pin_needed(&browser.next_page(&requested_page(&parts.uri))));
        }
        parts.extensions.insert(SessionFormToken::new(session.form_token()));
        if let Some(admitted) = parts.extensions.get::<AdmittedStaff>() {
            admitted.set(session.clone());
        }
        Ok(Self { session, browser, permission: PhantomData })
    }
}

/// Somebody may have read their PIN: each page leads to where they choose another one. A form that was open is accepted.
fn new_pin_needed(next: &NextPage) -> HttpError {
    new_error(StatusCode::FORBIDDEN, "new-pin-needed", worded(ErrorWords::error_pin_exposed))
        .safe(worded(ErrorWords::error_nothing_changed))
        .page_location(own_pin_address("", next))
}

/// Browsers are sent to sign in, and to what they asked for after it; what a form sent is not carried over.
fn sign_in_needed(parts: &Parts, browser: &BrowserClient) -> HttpError {
    let next = match parts.method == Method::GET {
        true => browser.next_page(&requested_page(&parts.uri)),
        false => NextPage::default(),
    };
    new_error(StatusCode::UNAUTHORIZED, "sign-in-needed", worded(ErrorWords::error_sign_in))
        .detail(worded(ErrorWords::error_sign_in_detail))
        .safe(worded(ErrorWords::error_nothing_changed))
        .next(worded(ErrorWords::error_sign_in_next))
        .page_location(sign_in_address(None, &next))
}
