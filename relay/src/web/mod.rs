//! The relay's pages: one table of routes, a guard around all of them, and a room for each page.

pub(crate) mod api;
mod error_page;
pub(crate) mod http_error;
pub(crate) mod layout;
mod live;
pub(crate) mod middleware;
pub(crate) mod pages;
mod proof;
#[cfg(test)]
mod tests;
pub(crate) mod view_models;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::Deref;
use std::sync::Arc;

use ::web::assets::{LIVE, MARK, STYLE};
use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequestParts, Path};
use axum::http::request::Parts;
use axum::http::{Method, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get, post};
use serde::de::DeserializeOwned;
use service::clock::Clock;
use service::random::Random;
use tokio::sync::Semaphore;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

use crate::accounts::access_log::AccessLog;
use crate::accounts::counters::StrangerCounters;
use crate::accounts::lock_out::SignInLimits;
use crate::accounts::password::Checker;
use crate::accounts::programs::EndedToken;
use crate::accounts::session::Token;
use crate::accounts::sign_in::Door;
use crate::accounts::{Program, Visitor, programs as programs_of_account, token};
use crate::changes::Changes;
use crate::db::{AccountScope, Db};
use crate::fleet::Fleet;
use crate::objects::Photos;
use crate::web::api::{health, photos};
use crate::web::http_error::Fault;
use crate::web::middleware::{Caller, CallerSlot};
use crate::web::pages::{
    access_log, account, add_box, boxes, equipment, equipment_list, facility, label_sheets, me, people,
    programs, sign_in,
};

pub use crate::web::pages::add_box::CLAIM_COMMAND;
pub use crate::web::pages::sign_in::PASSWORD_COMMAND;
pub(crate) use crate::web::proof::proof as proof_of;

/// Bytes of a form: none of ours needs more.
const FORM_BYTES_MAX: usize = 16 * 1024;

/// What an operator sets.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Where people reach the relay, such as `https://relay.example`; empty where only the request's host says it.
    pub public_url: String,
}

/// Where a connection comes from; a request without it counts as one of the machine itself.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// What pages and API work with.
#[derive(Debug, Clone)]
pub struct WebState {
    /// The database.
    pub db: Db,
    /// The photos.
    pub photos: Photos,
    /// Makes claim files.
    pub fleet: Arc<Fleet>,
    /// Tells of what was committed.
    pub changes: Changes,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes secrets.
    pub random: Arc<dyn Random>,
    /// Counts what strangers try.
    pub strangers: Arc<StrangerCounters>,
    /// What an operator sets.
    pub settings: Settings,
}

/// [`WebState`] with what the pages bound themselves.
#[derive(Debug, Clone)]
pub(crate) struct Web {
    state: Arc<WebState>,
    checker: Checker,
    limits: Arc<SignInLimits>,
    /// Label sheets that are drawn at a time: each holds a core for tenths of a second.
    drawing: Arc<Semaphore>,
}

impl Deref for Web {
    type Target = WebState;
    fn deref(&self) -> &WebState {
        &self.state
    }
}

impl Web {
    fn door(&self) -> Door<'_> {
        let (clock, random) = (&*self.clock, &*self.random);
        Door { db: &self.db, checker: &self.checker, limits: &self.limits, clock, random }
    }

    fn log(&self) -> AccessLog<'_> {
        self.door().log()
    }

    /// Milliseconds since 1970.
    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }
}

/// Who may come to a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Anybody.
    Open,
    /// People who are signed in; others are sent to sign in.
    SignedIn,
    /// Programs with a token; others get 401.
    Token,
}

/// One line of the table from which the router, its tests and the API's description are made.
pub(crate) struct Route {
    /// The path, as axum writes it.
    pub(crate) path: &'static str,
    /// Who.
    pub(crate) access: Access,
    handler: MethodRouter<Web>,
}

impl Route {
    /// A page or an endpoint.
    pub(crate) fn new(path: &'static str, access: Access, handler: MethodRouter<Web>) -> Self {
        Self { path, access, handler }
    }
}

/// Every route of pages and API.
pub(crate) fn routes() -> Vec<Route> {
    let page = |path, handler| Route::new(path, Access::SignedIn, handler);
    let open = |path, handler| Route::new(path, Access::Open, handler);
    let mut routes = vec![
        open("/healthz", get(health::alive)),
        open("/readyz", get(health::ready)),
        open("/", get(sign_in::start)),
        open("/login", get(sign_in::show).post(sign_in::sign_in)),
        page("/logout", post(sign_in::sign_out)),
        open(STYLE.path(), get(async || STYLE.into_response())),
        open(LIVE.path(), get(async || LIVE.into_response())),
        open(MARK.path(), get(async || MARK.into_response())),
        page("/app", get(account::home)),
        page("/app/", get(account::show)),
        page("/app/me", get(me::show)),
        page("/app/people", get(people::list)),
        page("/app/people/{user}", get(people::show).post(people::change)),
        page("/app/programs", get(programs::list).post(programs::create)),
        page("/app/programs/{token}", get(programs::show).post(programs::revoke)),
        page("/app/access", get(access_log::show)),
        page("/app/boxes", get(boxes::show)),
        page("/app/boxes/add", get(add_box::show).post(add_box::make)),
        page("/app/boxes/{box_id}/evidence/{evidence}", get(boxes::evidence)),
        page("/app/f/{facility}", get(facility::show)),
        page("/app/f/{facility}/equipment", get(equipment_list::show)),
        page("/app/f/{facility}/labels", get(label_sheets::show)),
        page("/app/f/{facility}/labels.pdf", get(label_sheets::download_pdf)),
        page("/app/f/{facility}/e/{tag}", get(equipment::show)),
        page("/app/proof/{box_id}/{epoch}/{seq}", get(proof::download)),
        page("/photos/{photo}", get(photos::show)),
        page("/live", get(live::listen)),
    ];
    routes.extend(api::routes());
    routes
}

/// Pages and API. The caller serves it over HTTPS only and puts a [`Peer`] beside each request.
pub fn router(state: WebState) -> Router {
    let drawing = Arc::new(Semaphore::new(label_sheets::AT_A_TIME));
    let (checker, limits) = (Checker::default(), Arc::default());
    let web = Web { state: Arc::new(state), checker, limits, drawing };
    let mut router = Router::new();
    for route in routes() {
        router = router.route(route.path, route.handler);
    }
    router
        .fallback(async || Fault::NotFound)
        .method_not_allowed_fallback(async || Fault::Method)
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .layer(CatchPanicLayer::custom(middleware::caught))
        .layer(CompressionLayer::new())
        .layer(from_fn_with_state(web.clone(), middleware::guard))
        .with_state(web)
}

impl FromRequestParts<Web> for Visitor {
    type Rejection = Fault;
    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Fault> {
        // HTTP/2 may send each cookie in a field of its own, and another program on this host may have set one.
        let mut cookies = parts.headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
        let token = cookies.find_map(Token::read);
        let visitor = match token {
            Some(token) => web.door().visitor(token).await?,
            None => None,
        };
        if let Some(visitor) = visitor {
            CallerSlot::fill(parts, || Caller { scope: visitor.scope, who: visitor.email.clone() });
            return Ok(visitor);
        }
        let asked = parts.uri.path_and_query().map_or("", |p| p.as_str());
        let asked = if parts.method == Method::GET { asked } else { "" };
        Err(Fault::SignIn(sign_in::onward(asked)))
    }
}

impl FromRequestParts<Web> for Program {
    type Rejection = Fault;
    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Fault> {
        let Peer(peer) = Peer::from_request_parts(parts, web).await?;
        let header = parts.headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
        let text = header.and_then(token::of_header).ok_or(Fault::NoToken)?;
        let found = programs_of_account::recognise(&web.db, text, peer.ip(), web.now_ms()).await?;
        let Some(found) = found else {
            web.strangers.showed_unknown_token();
            return Err(Fault::NoToken);
        };
        let (program, ended) = match found {
            Ok(program) => (program, None),
            Err(EndedToken::Expired(program)) => (program, Some(Fault::TokenExpired)),
            Err(EndedToken::Revoked(program)) => (program, Some(Fault::TokenRevoked)),
        };
        let who = || format!("program {} ({})", program.name, program.token_id);
        CallerSlot::fill(parts, || Caller { scope: program.scope, who: who() });
        ended.map_or(Ok(program), Err)
    }
}

/// Whoever may read an account's things: a program by its token, otherwise a person by their session.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader(pub(crate) AccountScope);

impl FromRequestParts<Web> for Reader {
    type Rejection = Fault;
    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Fault> {
        if parts.headers.contains_key(header::AUTHORIZATION) {
            return Program::from_request_parts(parts, web).await.map(|program| Self(program.scope));
        }
        Visitor::from_request_parts(parts, web).await.map(|visitor| Self(visitor.scope))
    }
}

impl FromRequestParts<Web> for Peer {
    type Rejection = Fault;
    async fn from_request_parts(parts: &mut Parts, _: &Web) -> Result<Self, Fault> {
        let local = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
        Ok(parts.extensions.get().copied().unwrap_or(Self(local)))
    }
}

/// The parts of a path; what has not the form of one leads to nothing, as what does not exist.
#[derive(Debug)]
pub(crate) struct Place<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Web> for Place<T> {
    type Rejection = Fault;
    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Fault> {
        let path = Path::<T>::from_request_parts(parts, web).await;
        path.map(|Path(place)| Self(place)).map_err(|_| Fault::NotFound)
    }
}

/// A handler's answer.
pub(crate) type Answer = Result<Response, Fault>;

/// A name and its value in a list of facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fact {
    name: &'static str,
    value: String,
    code: bool,
}

impl Fact {
    fn new(name: &'static str, value: impl Into<String>) -> Self {
        Self { name, value: value.into(), code: false }
    }

    fn code(name: &'static str, value: impl Into<String>) -> Self {
        Self { name, value: value.into(), code: true }
    }
}
