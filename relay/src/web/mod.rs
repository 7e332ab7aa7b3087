//! The relay's pages: one table of routes, a guard around all of them, and a module for each page.

pub(crate) mod access;
pub(crate) mod api;
mod api_routes;
mod assets;
mod brand_routes;
mod cross_origin;
pub(crate) mod entered_form;
mod error_page;
pub(crate) mod form;
mod form_copy;
pub(crate) mod http_error;
mod key_list;
pub(crate) mod layout;
mod live;
mod live_marks;
pub(crate) mod middleware;
mod named_place;
mod next_page;
mod notices;
pub(crate) mod pages;
mod program_errors;
mod proof;
mod quota;
mod reader;
pub(crate) mod routes;
#[cfg(test)]
mod tests;
pub(crate) mod view_models;
pub(crate) mod words;

use std::ops::Deref;
use std::sync::Arc;

use ::web::error::answer_panic;
use ::web::present::present_errors;
use ::web::table::{TableError, mount};
use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use service::clock::Clock;
use service::random::RandomSource;
use service::signature::SigningSecret;
use tokio::sync::Semaphore;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

use crate::accounts::AccountUser;
use crate::accounts::authentication::sign_in::AuthService;
use crate::accounts::counters::StrangerCounters;
use crate::accounts::credentials::lock_out::SignInLimits;
use crate::accounts::credentials::mail_link::MailLimits;
use crate::accounts::credentials::password::PasswordChecker;
use crate::accounts::credentials::password_rules::PasswordRules;
use crate::accounts::members::people::ActingPerson;
use crate::accounts::oidc::OidcState;
use crate::accounts::records::access_log::AccessLog;
use crate::billing::BillingLine;
use crate::db::Db;
use crate::fleet::Fleet;
use crate::mail::MailOutbox;
use crate::objects::PhotoStore;
use crate::outgoing::{DomainTexts, OutgoingHttp};
use crate::readiness::ProcessReadiness;
use crate::web::api::docs;
use crate::web::api::docs::DocumentedEndpoint;
use crate::web::api::once::InFlightRequests;
use crate::web::live_marks::LiveMarks;
use crate::web::notices::SharedNotices;
use crate::web::pages::administration::access_export::InFlightExports;
use crate::web::pages::facilities::label_sheets;
use crate::web::quota::ProgramQuotas;

pub use crate::web::access::ClientAddress;
pub(crate) use crate::web::access::ForwardedPlain;
pub use crate::web::pages::authentication::sign_in::PASSWORD_COMMAND;
pub use crate::web::pages::fleet::add_box::CLAIM_COMMAND;
pub(crate) use crate::web::proof::build_proof as proof_of;
pub use crate::web::quota::QuotaPolicy;

#[derive(Debug, Clone, Default)]
pub struct WebSettings {
    /// Where people reach the relay, such as `https://relay.example`; empty where only the request's host says it.
    pub public_url: String,
    /// Whether anybody may make an account.
    pub open_sign_up: bool,
    /// How often programs may ask.
    pub quota: QuotaPolicy,
    /// With which Resend signs what it says of mails; none where nothing is taken from it.
    pub resend_secrets: Vec<SigningSecret>,
    /// With which Stripe signs what it says; none where nothing is taken from it.
    pub stripe_secrets: Vec<SigningSecret>,
}

#[derive(Debug, Clone)]
pub struct WebState {
    pub db: Db,
    pub photos: PhotoStore,
    pub fleet: Arc<Fleet>,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn RandomSource>,
    pub mail: MailOutbox,
    pub rules: PasswordRules,
    pub strangers: Arc<StrangerCounters>,
    pub outside: OutsideHosts,
    /// Absent where billing is off.
    pub billing: Option<BillingLine>,
    /// Whether requests should come here.
    pub readiness: ProcessReadiness,
    pub settings: WebSettings,
}

#[derive(Debug, Clone)]
pub struct OutsideHosts {
    pub http: Arc<dyn OutgoingHttp>,
    pub texts: Arc<dyn DomainTexts>,
}

#[derive(Debug, Clone)]
pub(crate) struct WebContext {
    state: Arc<WebState>,
    checker: PasswordChecker,
    limits: Arc<SignInLimits>,
    mail_limits: Arc<MailLimits>,
    /// What is held of providers that sign people in.
    oidc: Arc<OidcState>,
    marks: LiveMarks,
    notices: SharedNotices,
    /// Label sheets that are drawn at a time: each holds a core for tenths of a second.
    drawing: Arc<Semaphore>,
    /// Reports that are made at a time: each holds a core and tens of megabytes for seconds.
    reports: Arc<Semaphore>,
    /// Access logs that leave as files now.
    exports: InFlightExports,
    quotas: Arc<ProgramQuotas>,
    running: InFlightRequests,
    endpoints: Arc<[DocumentedEndpoint]>,
}

impl Deref for WebContext {
    type Target = WebState;
    fn deref(&self) -> &WebState {
        &self.state
    }
}

impl WebContext {
    fn new(state: WebState, endpoints: Arc<[DocumentedEndpoint]>) -> Self {
        let quotas = ProgramQuotas::new(state.settings.quota, Arc::clone(&state.clock));
        Self {
            quotas: Arc::new(quotas),
            running: InFlightRequests::default(),
            state: Arc::new(state),
            checker: PasswordChecker::default(),
            limits: Arc::default(),
            mail_limits: Arc::default(),
            oidc: Arc::default(),
            marks: LiveMarks::default(),
            notices: SharedNotices::default(),
            exports: InFlightExports::default(),
            drawing: Arc::new(Semaphore::new(label_sheets::AT_A_TIME)),
            reports: Arc::new(Semaphore::new(1)),
            endpoints,
        }
    }

    fn auth_service(&self) -> AuthService<'_> {
        let (clock, random) = (&*self.clock, &*self.random);
        let (mail, public_url) = (&self.mail, self.settings.public_url.as_str());
        AuthService {
            db: &self.db,
            checker: &self.checker,
            limits: &self.limits,
            clock,
            random,
            mail,
            public_url,
        }
    }

    fn acting<'a>(&'a self, visitor: &'a AccountUser) -> ActingPerson<'a> {
        ActingPerson { who: &visitor.email, member: Some(visitor), log: self.log() }
    }

    fn log(&self) -> AccessLog<'_> {
        self.auth_service().log()
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }
}

/// Pages and API. The caller serves it over HTTPS only and puts a [`ClientAddress`] beside each request.
pub fn build_router(state: WebState) -> Result<Router, TableError> {
    let table = routes::build_table()?;
    let web = WebContext::new(state, docs::list_endpoints(&table));
    let presented = from_fn_with_state(web.clone(), present_errors::<WebContext>);
    let router = mount(&table)
        .layer((
            from_fn_with_state(web.clone(), middleware::guard_answers),
            from_fn_with_state(web.clone(), cross_origin::answer_preflight),
            presented,
            from_fn_with_state(web.clone(), middleware::refuse_foreign_forms),
            from_fn(form_copy::hold_entered),
            CatchPanicLayer::custom(answer_panic),
            CompressionLayer::new(),
        ))
        .with_state(web);
    Ok(router)
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PageFact {
    name: String,
    value: String,
    code: bool,
    /// Whether the value is as somebody or something wrote it, in no language of the page.
    entered: bool,
}

impl PageFact {
    fn new(name: String, value: impl Into<String>) -> Self {
        Self { name, value: value.into(), code: false, entered: false }
    }

    fn entered(name: String, value: impl Into<String>) -> Self {
        Self { entered: true, ..Self::new(name, value) }
    }

    fn code(name: String, value: impl Into<String>) -> Self {
        Self { code: true, ..Self::entered(name, value) }
    }
}
