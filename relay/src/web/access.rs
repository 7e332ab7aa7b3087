//! Who may come: the first argument of every handler, which is settled before anything of the body is read.

use std::fmt;
use std::marker::PhantomData;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use ::web::error::HttpError;
use ::web::request_id::RequestId;
use ::web::route::{Access, Argument, Caller};
use axum::extract::{FromRequestParts, MatchedPath};
use axum::http::request::Parts;
use axum::http::{Method, header};

use crate::accounts::credentials::session::SessionToken;
use crate::accounts::credentials::token;
use crate::accounts::credentials::token::TokenScope;
use crate::accounts::notices::SeenNotices;
use crate::accounts::permission::Permission;
use crate::accounts::programs::{self, EndedToken, ProgramError};
use crate::accounts::records::access_log::{AccessActor, AccessOutcome, AccessRecord};
use crate::accounts::{AccountUser, ApiProgram, UserRole};
use crate::billing::state::BillingState;
use crate::db::person::tokens;
use crate::db::{AccountScope, DbError, ReadScope};
use crate::web::entered_form::EnteredForm;
use crate::web::named_place::{find_facility, known_facility};
use crate::web::next_page::page_after_sign_in;
use crate::web::notices::seen_notices;
use crate::web::quota::QuotaLeft;
use crate::web::reader::{choose_reader, read_cookies};
use crate::web::words::set_reader;
use crate::web::{WebContext, cross_origin, http_error, program_errors};

/// Where open pages ask whether there is news.
pub(crate) const LIVE_PATH: &str = "/live";
const LOOK_CHARS_MAX: usize = 200;

/// A permission as a type, for the signature of a handler.
pub(crate) trait NeededPermission: fmt::Debug + Send + Sync + 'static {
    const PERMISSION: Permission;
    /// Whether it is needed by whoever has no second factor yet, in an account that demands one of them; or has not been signed in
    /// by the account's provider, in one that wants them to be.
    const WITHOUT_FACTOR: bool = false;
    /// Whether it takes a second factor, whatever the account demands.
    const NEEDS_FACTOR: bool = false;
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct ManagePlatform;

impl NeededPermission for ManagePlatform {
    const PERMISSION: Permission = Permission::ManagePlatform;
    const NEEDS_FACTOR: bool = true;
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct SelfAccess;

impl NeededPermission for SelfAccess {
    const PERMISSION: Permission = Permission::ManageOwn;
    const WITHOUT_FACTOR: bool = true;
}

macro_rules! needed_permissions {
    ($($name:ident = $permission:ident;)*) => {$(
        #[derive(Debug, Clone, Copy)]
        pub(crate) struct $name;

        impl NeededPermission for $name {
            const PERMISSION: Permission = Permission::$permission;
        }
    )*};
}

needed_permissions! {
    Read = Read;
    ReadNames = ReadNames;
    PrintLabels = PrintLabels;
    ReadAccess = ReadAccess;
    ExportAccess = ExportAccess;
    ManageRegions = ManageRegions;
    ManageSecurity = ManageSecurity;
    ManageFacilities = ManageFacilities;
    ManageAlerts = ManageAlerts;
    ManagePeople = ManagePeople;
    ManagePrograms = ManagePrograms;
    AddBoxes = AddBoxes;
    ManageSupport = ManageSupport;
    LeaveSupport = LeaveSupport;
    ManageBoxes = ManageBoxes;
    ManageBrand = ManageBrand;
    ManageBilling = ManageBilling;
}

#[derive(Debug)]
pub(crate) struct MemberCaller<P> {
    visitor: AccountUser,
    permission: PhantomData<P>,
}

impl<P> Deref for MemberCaller<P> {
    type Target = AccountUser;
    fn deref(&self) -> &AccountUser {
        &self.visitor
    }
}

impl<P: NeededPermission> Caller for MemberCaller<P> {
    const ACCESS: Access = Access::Session(P::PERMISSION.name());
}

impl<P: NeededPermission> FromRequestParts<WebContext> for MemberCaller<P> {
    type Rejection = HttpError;
    async fn from_request_parts(parts: &mut Parts, web: &WebContext) -> Result<Self, HttpError> {
        let Some(visitor) = find_visitor(parts, web).await? else {
            let requested = parts.uri.path_and_query().map_or("", |requested| requested.as_str());
            // A form's address leads to its page.
            let next = page_after_sign_in(requested);
            return Err(match find_token(parts) {
                Some(_) => http_error::sign_in_again(&next),
                None => http_error::sign_in(&next),
            });
        };
        judge_visitor::<P>(&visitor, &parts.method)?;
        if visitor.role == UserRole::Support && parts.method.is_safe() {
            note_support_look(parts, web, &visitor).await?;
        }
        Ok(Self { visitor, permission: PhantomData })
    }
}

fn judge_visitor<P: NeededPermission>(visitor: &AccountUser, method: &Method) -> Result<(), HttpError> {
    if !visitor.role.holds(P::PERMISSION) {
        return Err(http_error::read_only());
    }
    if visitor.is_barred && !P::WITHOUT_FACTOR {
        return Err(http_error::needs_provider());
    }
    if visitor.notices.is_read_only && !method.is_safe() && !P::PERMISSION.stays_in_read_only() {
        return Err(http_error::nothing_changes());
    }
    // What is the platform's is not for a provider that one account chose.
    if P::NEEDS_FACTOR && visitor.came_by.is_some() {
        return Err(http_error::read_only());
    }
    if (visitor.lacks_factor && !P::WITHOUT_FACTOR) || (P::NEEDS_FACTOR && !visitor.has_factor) {
        return Err(http_error::needs_factor());
    }
    Ok(())
}

/// Whoever has this session, where they are signed in still and hold the permission: for an answer that is long on its way.
pub(crate) async fn find_holder<P: NeededPermission>(
    web: &WebContext,
    token: &SessionToken,
) -> Result<Option<AccountUser>, DbError> {
    let visitor = web.auth_service().visitor(token.clone()).await?;
    // Nothing is changed by what is on its way.
    Ok(visitor.filter(|visitor| judge_visitor::<P>(visitor, &Method::GET).is_ok()))
}

/// Writes down, before it is shown, what somebody of the platform looks at in an account that is open to them. A page that asks for news
/// was looked at already.
async fn note_support_look(parts: &Parts, web: &WebContext, visitor: &AccountUser) -> Result<(), HttpError> {
    let path = parts.uri.path();
    if path == LIVE_PATH {
        return Ok(());
    }
    let route = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let facility = known_facility(web, visitor.reads, find_facility(route, path)).await?;
    let about: String = path.chars().take(LOOK_CHARS_MAX).collect();
    let record = AccessRecord { who: &visitor.email, act: "support look", about: &about, facility };
    let mut tx = web.db.write(visitor.scope).await?;
    web.log().write_repeated(&mut tx, record, AccessOutcome::Done).await?;
    Ok(tx.commit().await?)
}

#[derive(Debug)]
pub(crate) struct GuestCaller {
    visitor: Option<AccountUser>,
}

impl GuestCaller {
    pub(crate) fn visitor(&self) -> Option<&AccountUser> {
        self.visitor.as_ref()
    }

    pub(crate) fn is_signed_in(&self) -> bool {
        self.visitor.is_some()
    }
}

impl Caller for GuestCaller {
    const ACCESS: Access = Access::Open;
}

impl FromRequestParts<WebContext> for GuestCaller {
    type Rejection = HttpError;
    async fn from_request_parts(parts: &mut Parts, web: &WebContext) -> Result<Self, HttpError> {
        find_visitor(parts, web).await.map(|visitor| Self { visitor })
    }
}

fn find_token(parts: &Parts) -> Option<SessionToken> {
    // Another program on this host may have set one.
    read_cookies(&parts.headers).find_map(SessionToken::read)
}

async fn find_visitor(parts: &Parts, web: &WebContext) -> Result<Option<AccountUser>, HttpError> {
    let Some(token) = find_token(parts) else { return Ok(None) };
    let mut visitor = web.auth_service().visitor(token).await?;
    if let Some(visitor) = &mut visitor {
        visitor.notices =
            web.board().await?.of_account(visitor.scope, web.now_ms(), &seen_notices(&parts.headers));
        set_reader(choose_reader(&parts.headers, parts.uri.path(), Some(visitor)));
        KnownCaller::person(visitor).note(parts);
    }
    Ok(visitor)
}

/// A scope as a type, for the signature of a handler.
pub(crate) trait NeededScope: fmt::Debug + Send + Sync + 'static {
    const SCOPE: TokenScope;
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct ReadsAccount;

impl NeededScope for ReadsAccount {
    const SCOPE: TokenScope = TokenScope::Read;
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct WritesAccount;

impl NeededScope for WritesAccount {
    const SCOPE: TokenScope = TokenScope::Write;
}

#[derive(Debug)]
pub(crate) struct TokenCaller<S> {
    program: ApiProgram,
    scope: PhantomData<S>,
}

pub(crate) type TokenProgram = TokenCaller<ReadsAccount>;
pub(crate) type WritingProgram = TokenCaller<WritesAccount>;

impl<S> Deref for TokenCaller<S> {
    type Target = ApiProgram;
    fn deref(&self) -> &ApiProgram {
        &self.program
    }
}

impl<S: NeededScope> Caller for TokenCaller<S> {
    const ACCESS: Access = Access::Token(S::SCOPE.key());
}

impl<S: NeededScope> FromRequestParts<WebContext> for TokenCaller<S> {
    type Rejection = HttpError;
    async fn from_request_parts(parts: &mut Parts, web: &WebContext) -> Result<Self, HttpError> {
        let from = ClientAddress::of(parts).ip();
        let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let text = header.and_then(token::of_header).ok_or_else(http_error::no_token)?;
        let found = programs::find_program(&web.db, text, from, web.now_ms()).await?;
        let Some(found) = found else {
            web.strangers.showed_unknown_token();
            return Err(http_error::no_token());
        };
        let (program, ended) = match found {
            Ok(program) => (program, None),
            Err(EndedToken::Expired(program)) => (program, Some(http_error::token_expired())),
            Err(EndedToken::Revoked(program)) => (program, Some(http_error::token_revoked())),
        };
        KnownCaller::program(&program).note(parts);
        if parts.extensions.get::<ForwardedPlain>().is_some() {
            revoke_overheard(web, &program).await?;
            return Err(program_errors::plain_token());
        }
        let slot = parts.extensions.get::<CallerSlot>();
        let taken = web.quotas.take(&program);
        let left = taken.as_ref().map_or_else(|(left, _)| *left, |left| *left);
        if let Some(slot) = slot {
            slot.quota.get_or_init(|| left);
        }
        // Before a refusal that is written down: each costs a transaction.
        if let Err((_, error)) = taken {
            return Err(error);
        }
        if let Some(error) = ended {
            return Err(error);
        }
        if !program.scope.includes(S::SCOPE) {
            return Err(program_errors::lacks_scope(S::SCOPE));
        }
        if S::SCOPE == TokenScope::Write {
            let board = web.board().await?;
            if board.of_account(program.account, web.now_ms(), &SeenNotices::default()).is_read_only {
                return Err(http_error::nothing_changes());
            }
            if board.billing_of(program.account, web.now_ms()).is_some_and(BillingState::is_read_only) {
                return Err(http_error::unpaid_error());
            }
        }
        if let (Some(slot), Some(origin)) = (slot, cross_origin::read_origin(parts)) {
            let mut conn = web.db.read(program.account).await?;
            if tokens::list_origins(&mut conn, &program.token_id).await?.contains(&origin) {
                slot.origin.get_or_init(|| origin);
            }
        }
        Ok(Self { program, scope: PhantomData })
    }
}

/// Whoever listened on the way has the token: it ends.
async fn revoke_overheard(web: &WebContext, program: &ApiProgram) -> Result<(), HttpError> {
    let mut tx = web.db.write(program.account).await?;
    let who = AccessActor::Program { token_id: program.token_id.clone(), name: program.name.clone() };
    match programs::revoke_token(&mut tx, (web.log(), &who.to_string()), &program.token_id).await {
        Ok(_) => tx.commit().await.map_err(HttpError::from),
        Err(ProgramError::Db(error)) => Err(error.into()),
        // Another request was quicker.
        Err(_) => Ok(()),
    }
}

/// Whoever may read an account's things: a program by its token, otherwise a person by their session.
#[derive(Debug)]
pub(crate) struct AccountReader {
    reads: ReadScope,
}

impl AccountReader {
    pub(crate) fn scope(&self) -> AccountScope {
        self.reads.account()
    }

    pub(crate) fn reads(&self) -> ReadScope {
        self.reads
    }
}

impl Caller for AccountReader {
    const ACCESS: Access =
        Access::SessionOrToken { permission: Permission::Read.name(), scope: TokenScope::Read.key() };
}

impl FromRequestParts<WebContext> for AccountReader {
    type Rejection = HttpError;
    async fn from_request_parts(parts: &mut Parts, web: &WebContext) -> Result<Self, HttpError> {
        let reads = if parts.headers.contains_key(header::AUTHORIZATION) {
            TokenProgram::from_request_parts(parts, web).await?.reads
        } else {
            MemberCaller::<Read>::from_request_parts(parts, web).await?.reads
        };
        Ok(Self { reads })
    }
}

#[derive(Debug, Clone)]
pub(crate) struct KnownCaller {
    pub(crate) scope: AccountScope,
    pub(crate) reads: ReadScope,
    pub(crate) who: String,
    pub(crate) visitor: Option<AccountUser>,
}

impl KnownCaller {
    fn person(visitor: &AccountUser) -> Self {
        let (scope, reads) = (visitor.scope, visitor.reads);
        Self { scope, reads, who: visitor.email.clone(), visitor: Some(visitor.clone()) }
    }

    fn program(program: &ApiProgram) -> Self {
        let who = AccessActor::Program { token_id: program.token_id.clone(), name: program.name.clone() };
        Self { scope: program.account, reads: program.reads, who: who.to_string(), visitor: None }
    }

    fn note(self, parts: &Parts) {
        // Whose request it is, for every line that is logged of it from now on.
        tracing::Span::current().record("account", self.scope.key());
        if let Some(slot) = parts.extensions.get::<CallerSlot>() {
            slot.caller.get_or_init(|| self);
        }
    }
}

/// Where the layers around the handlers read who it was.
#[derive(Debug, Clone, Default)]
pub(crate) struct CallerSlot {
    caller: Arc<OnceLock<KnownCaller>>,
    quota: Arc<OnceLock<QuotaLeft>>,
    origin: Arc<OnceLock<String>>,
    entered: Arc<OnceLock<EnteredForm>>,
    request_id: Option<RequestId>,
}

impl CallerSlot {
    pub(crate) fn named(request_id: Option<RequestId>) -> Self {
        Self { request_id, ..Self::default() }
    }

    pub(crate) fn request_id(&self) -> Option<String> {
        self.request_id.as_ref().map(|id| id.as_str().to_owned())
    }

    pub(crate) fn get(&self) -> Option<&KnownCaller> {
        self.caller.get()
    }

    pub(crate) fn quota(&self) -> Option<QuotaLeft> {
        self.quota.get().copied()
    }

    pub(crate) fn hold_entered(&self, form: EnteredForm) {
        self.entered.get_or_init(|| form);
    }

    pub(crate) fn entered(&self) -> Option<&EnteredForm> {
        self.entered.get()
    }

    /// The origin whose page reads with a program's token, and may.
    pub(crate) fn origin(&self) -> Option<&str> {
        self.origin.get().map(String::as_str)
    }
}

/// Beside a request that came to a trusted balancer over plain HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ForwardedPlain;

/// Where a connection comes from; a request without it counts as one of the machine itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub SocketAddr);

impl ClientAddress {
    pub(crate) fn of(parts: &Parts) -> Self {
        let local = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
        parts.extensions.get().copied().unwrap_or(Self(local))
    }

    pub(crate) fn ip(self) -> IpAddr {
        self.0.ip()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = std::convert::Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::of(parts))
    }
}

impl Argument for ClientAddress {}
