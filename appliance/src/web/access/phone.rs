//! A phone in front of a label: a caller without any sign-in.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::request::Parts;
use record::ids::DeviceId;
use web::error::HttpError;
use web::route::{Access, Caller};
use words::{LocalePreferences, WordSet};

use crate::identity::BrowserUse;
use crate::listen::PeerAddress;
use crate::web::access::staff_session::{StaffSession, find_session, reader_languages};
use crate::web::access_note::AccessNotes;
use crate::web::context::AppState;
use crate::web::request::client::browser::BrowserClient;
use crate::web::request::client::{cookies, device};

pub(crate) struct PhoneCaller {
    browser: BrowserClient,
    languages: LocalePreferences,
}

impl PhoneCaller {
    pub(crate) fn browser(&self) -> &BrowserClient {
        &self.browser
    }

    pub(crate) fn notes(&self) -> &AccessNotes {
        self.browser.notes()
    }

    pub(crate) fn peer(&self) -> &PeerAddress {
        self.browser.peer()
    }

    pub(crate) fn words<W: WordSet>(&self) -> W {
        W::in_best_of(&self.languages)
    }

    pub(crate) fn shown_devices(&self) -> Vec<DeviceId> {
        device::shown_devices(self.browser.cookies(), Some(self.browser.peer()))
    }

    /// The name that a page is prefilled with: that of the signed-in person, else the one typed last. A shared tablet
    /// names only the person whose PIN covers the next record.
    pub(crate) fn first_name(&self, signed: Option<&StaffSession>) -> String {
        let is_shared = self.browser.usage() == BrowserUse::Shared;
        match signed {
            Some(signed) if is_shared && signed.pin_age_ms().is_none() => String::new(),
            Some(signed) => signed.name().to_owned(),
            None if is_shared => String::new(),
            None => cookies::remembered_name(self.browser.cookies()),
        }
    }

    /// The receipt on which it was offered the installed page.
    pub(crate) fn app_offer(&self) -> Option<&str> {
        cookies::find_app_offer(self.browser.cookies())
    }

    pub(crate) async fn session(&self, state: &AppState) -> Result<Option<StaffSession>, HttpError> {
        find_session(state, &self.browser).await
    }
}

impl Caller for PhoneCaller {
    const ACCESS: Access = Access::Open;
}

impl FromRequestParts<AppState> for PhoneCaller {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let browser = BrowserClient::of(parts);
        Ok(Self { languages: reader_languages(state, &browser), browser })
    }
}
