//! The browser that a request comes from: its connection, its cookies, and what it requested.

use http::HeaderMap;
use http::header::{ACCEPT, COOKIE, HOST};
use http::request::Parts;
use words::LocalePreferences;

use crate::identity::BrowserUse;
use crate::listen::PeerAddress;
use crate::web::access_note::AccessNotes;
use crate::web::context::AppState;
use crate::web::request::client::cookies;
use crate::web::request::client::device::RequestDevice;
use crate::web::request::client::language::FacilityLanguages;
use crate::web::request::client::next_page::{KnownPages, NextPage, sign_in_address};
use crate::web::request::client::peer::{find_peer, https_address};

#[derive(Debug, Clone)]
pub(crate) struct BrowserClient {
    peer: PeerAddress,
    cookies: HeaderMap,
    languages: LocalePreferences,
    host: Option<String>,
    path: String,
    pages: KnownPages,
    is_program: bool,
    notes: AccessNotes,
}

impl BrowserClient {
    pub(crate) fn of(parts: &Parts) -> Self {
        let mut cookies = HeaderMap::new();
        for line in parts.headers.get_all(COOKIE) {
            cookies.append(COOKIE, line.clone());
        }
        let accept = parts.headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let peer = find_peer(&parts.extensions);
        let facility: FacilityLanguages = parts.extensions.get().cloned().unwrap_or_default();
        Self {
            languages: facility.read_preferences(&parts.headers, peer.secure),
            peer,
            cookies,
            host: parts.headers.get(HOST).and_then(|value| value.to_str().ok()).map(str::to_owned),
            path: parts.uri.path().to_owned(),
            pages: parts.extensions.get().cloned().unwrap_or_default(),
            is_program: accept.contains("application/json") && !accept.contains("text/html"),
            notes: parts.extensions.get().cloned().unwrap_or_default(),
        }
    }

    pub(crate) fn peer(&self) -> &PeerAddress {
        &self.peer
    }

    pub(crate) fn cookies(&self) -> &HeaderMap {
        &self.cookies
    }

    pub(crate) fn usage(&self) -> BrowserUse {
        cookies::find_use(&self.cookies, Some(&self.peer))
    }

    /// The languages of its reader, best first.
    pub(crate) fn languages(&self) -> &LocalePreferences {
        &self.languages
    }

    pub(crate) fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The page to redirect it to: the first staff page, where `text` is no page of this box.
    pub(crate) fn next_page(&self, text: &str) -> NextPage {
        NextPage::parse(text, &self.pages).unwrap_or_default()
    }

    pub(crate) fn sign_in_address(&self, state: &AppState) -> Option<String> {
        self.sign_in_address_for(state, &self.path)
    }

    pub(crate) fn sign_in_address_for(&self, state: &AppState, page: &str) -> Option<String> {
        let address = sign_in_address(None, &self.next_page(page));
        match (self.peer.secure, self.host()) {
            (true, _) => Some(address),
            (false, host) => https_address(state, host?, &address),
        }
    }

    /// Whether it is a program, which reads JSON and no pages.
    pub(crate) fn is_program(&self) -> bool {
        self.is_program
    }

    pub(crate) fn notes(&self) -> &AccessNotes {
        &self.notes
    }

    /// The device that it runs on, known by a secret or given one now: the answer must set its cookie then.
    pub(crate) fn device(&self, state: &AppState) -> RequestDevice {
        RequestDevice::of(state, &self.cookies, Some(&self.peer))
    }
}
