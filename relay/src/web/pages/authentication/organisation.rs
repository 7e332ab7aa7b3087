//! Signing in by one's organisation: it is found by an address or by its own link, then its page asks who somebody is, and sends them
//! back. A form never leads to another host (`form-action` would have to let it): the way there is a link.

use ::web::answer::{FormRecall, FormReply, OneOf, Page, WithHeaders};
use ::web::argument::{LenientQuery, Path};
use ::web::error::HttpError;
use ::web::route::AnyCaller;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use record::ids::AccountId;
use schemars::JsonSchema;
use serde::Deserialize;
use service::attempts::ClientNetwork;

use crate::accounts::credentials::mail_link::LinkSecret;
use crate::accounts::email_address;
use crate::accounts::oidc::OidcError;
use crate::accounts::oidc::flow::FlowSecret;
use crate::accounts::oidc::provider::domain_of;
use crate::accounts::oidc::sign_in::{
    BegunFlow, FinishedFlow, FlowPurpose, OidcService, ProviderAnswer, RefusedFlow,
};
use crate::db::PlatformReason;
use crate::db::account::oidc_providers;
use crate::db::account::oidc_providers::ProviderRow;
use crate::outgoing::OutgoingUrl;
use crate::web::WebContext;
use crate::web::access::{ClientAddress, GuestCaller};
use crate::web::form::RelayForm;
use crate::web::http_error::{encode_parameter, internal_error, not_found};
use crate::web::next_page::page_after_sign_in;
use crate::web::pages::authentication::second_step::step_reply;
use crate::web::pages::forms::browser::{cookie_headers, find_in_cookies, sign_in_origin};
use crate::web::pages::forms::organisation_path::{CONFIRM, CONFIRMS, PATH};
use crate::web::pages::forms::single_form::{SignInField, SignInMethodPage, wait_until};
use crate::web::words::{OidcWords, SignInWords, open_words};

const PROVIDER: &str = "provider";

/// What the address of these pages carries.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct OrganisationParams {
    /// The page that is shown then.
    pub(crate) next: String,
    /// The secret of the invitation by which somebody comes.
    invitation: String,
    /// `yes`: it confirms that it is them.
    confirm: String,
}

/// What a provider sends back.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct AnswerParams {
    /// Proves to the provider who asks for the token.
    code: String,
    /// Which sign-in it is.
    state: String,
    /// Of which issuer it is.
    iss: String,
    /// Why there is no code.
    error: String,
}

impl WebContext {
    pub(crate) fn oidc_service(&self) -> OidcService<'_> {
        OidcService {
            auth: self.auth_service(),
            keys: self.fleet.keys().now(),
            http: &*self.outside.http,
            held: &self.oidc.held,
        }
    }
}

pub(crate) fn provider_host(issuer: &str) -> String {
    OutgoingUrl::parse(issuer).map_or_else(|_| issuer.to_owned(), |url| url.host().to_owned())
}

fn start_page(next: &str) -> SignInMethodPage {
    let (w, sign_in_words): (OidcWords, SignInWords) = (open_words(), open_words());
    let field = SignInField {
        name: "email",
        label: w.oidc_email(),
        kind: "email",
        autocomplete: "username",
        ..SignInField::default()
    };
    SignInMethodPage::new(w.oidc_start(), w.oidc_start_lead())
        .form(PATH, vec![field], "find", w.oidc_find())
        .carrying(vec![("next".to_owned(), next.to_owned())])
        .link("/login", sign_in_words.ways_back())
}

pub(crate) async fn show_start(
    _: AnyCaller,
    LenientQuery(requested): LenientQuery<OrganisationParams>,
) -> Result<Page, HttpError> {
    start_page(&page_after_sign_in(&requested.next)).draw()
}

/// `GET /organisation/{organisation}`: what an account gives its people.
pub(crate) async fn show_account(
    _: AnyCaller,
    State(web): State<WebContext>,
    Path(organisation): Path<String>,
    LenientQuery(requested): LenientQuery<OrganisationParams>,
) -> Result<Page, HttpError> {
    let account: AccountId = organisation.parse().map_err(|_| not_found())?;
    let mut conn = web.db.platform_read(PlatformReason::SignIn).await?;
    let rows = oidc_providers::platform_of_account(&mut conn, account).await?;
    drop(conn);
    provider_page(&rows, &requested)?.draw()
}

pub(crate) fn provider_page(
    rows: &[ProviderRow],
    requested: &OrganisationParams,
) -> Result<SignInMethodPage, HttpError> {
    let first = rows.first().ok_or_else(not_found)?;
    let (w, sign_in_words): (OidcWords, SignInWords) = (open_words(), open_words());
    let invitation = LinkSecret::read(&requested.invitation);
    let confirms = requested.confirm == CONFIRMS;
    let lead = match (&invitation, confirms) {
        (Some(_), _) => w.oidc_account_joins(),
        (None, true) => w.oidc_account_confirms(),
        (None, false) => w.oidc_account_lead(),
    };
    let mut hidden = vec![("next".to_owned(), page_after_sign_in(&requested.next))];
    hidden.extend(invitation.map(|secret| ("invitation".to_owned(), secret.text())));
    if confirms {
        hidden.push((CONFIRM.to_owned(), CONFIRMS.to_owned()));
    }
    let mut page =
        SignInMethodPage::new(w.oidc_account_title(&first.account_name), lead).action(PATH).carrying(hidden);
    for row in rows {
        page = page.choice(PROVIDER, row.provider.clone(), w.oidc_by(provider_host(&row.issuer)));
    }
    Ok(page.link("/login", sign_in_words.ways_back()))
}

/// The page that leads to a provider, with the cookie that binds the way back to this browser.
pub(crate) fn leave_page(
    begun: &BegunFlow,
    page: SignInMethodPage,
    host: &str,
) -> Result<WithHeaders<Page>, HttpError> {
    let w: OidcWords = open_words();
    let page = page.link(begun.url.as_str(), w.oidc_go(host)).draw()?;
    Ok(WithHeaders(cookie_headers([begun.secret.set_cookie()])?, page))
}

/// Why a sign-in could not begin.
pub(crate) fn begin_error(error: OidcError) -> HttpError {
    match error {
        OidcError::Db(error) => error.into(),
        error => internal_error(error),
    }
}

async fn find_provider(web: &WebContext, form: &RelayForm) -> Result<Option<ProviderRow>, HttpError> {
    let mut conn = web.db.platform_read(PlatformReason::SignIn).await?;
    let chosen = form.fields.text(PROVIDER);
    if !chosen.is_empty() {
        let row = oidc_providers::platform_find(&mut conn, chosen).await?;
        return row.map(Some).ok_or_else(not_found);
    }
    let email = email_address(form.fields.text("email"));
    let Some(domain) = email.as_deref().and_then(domain_of) else { return Ok(None) };
    Ok(oidc_providers::platform_of_domain(&mut conn, domain).await?)
}

/// `POST /organisation`: by an address, or by the provider that somebody chose.
pub(crate) async fn begin_flow(
    _: AnyCaller,
    State(web): State<WebContext>,
    address: ClientAddress,
    form: RelayForm,
) -> Result<OneOf<WithHeaders<Page>, FormReply>, HttpError> {
    let w: OidcWords = open_words();
    let next = page_after_sign_in(form.fields.text("next"));
    let now_ms = web.now_ms();
    if let Err(wait) = web.oidc.count_begin(ClientNetwork::of(address.ip()), now_ms) {
        let (recall, time) = wait_until(now_ms, wait.until_ms);
        let page = start_page(&next).filled(&form).with_problem("email", w.oidc_wait(time)).draw()?;
        return Ok(OneOf::Second(FormReply::Again(recall, page)));
    }
    let Some(row) = find_provider(&web, &form).await? else {
        let page = start_page(&next).filled(&form).with_problem("email", w.oidc_unknown()).draw()?;
        return Ok(OneOf::Second(FormReply::Again(FormRecall::Invalid, page)));
    };
    let invitation = LinkSecret::read(form.fields.text("invitation")).map(|secret| secret.digest());
    let confirms = form.fields.text(CONFIRM) == CONFIRMS;
    let purpose = FlowPurpose { next: &next, invitation, linking: None, confirms };
    let begun = web.oidc_service().begin(&row, purpose).await.map_err(begin_error)?;
    let host = provider_host(&row.issuer);
    let page = SignInMethodPage::new(w.oidc_go_title(&host), w.oidc_go_lead(&host));
    leave_page(&begun, page, &host).map(OneOf::First)
}

pub(crate) async fn finish_flow(
    guest: GuestCaller,
    State(web): State<WebContext>,
    address: ClientAddress,
    headers: HeaderMap,
    LenientQuery(requested): LenientQuery<AnswerParams>,
) -> Result<OneOf<Page, WithHeaders<FormReply>>, HttpError> {
    let Some(secret) = find_in_cookies(&headers, FlowSecret::read) else {
        return refusal_page(&OidcError::Over.into()).map(OneOf::First);
    };
    let AnswerParams { code, state, iss, error } = requested;
    let answer = ProviderAnswer { code, state, iss, error };
    let origin = sign_in_origin(&headers, address);
    let finished = web.oidc_service().finish(&answer, &secret, guest.visitor(), origin).await;
    let WithHeaders(mut cookies, reply) = match finished {
        Ok(FinishedFlow::SignedIn(step, next)) => step_reply(&step, &page_after_sign_in(&next))?,
        Ok(FinishedFlow::Linked) => {
            let to = ::web::answer::SeeOther::to("/app/me?done=identity")?;
            WithHeaders(HeaderMap::new(), FormReply::Done(to))
        }
        Err(RefusedFlow { error: OidcError::Db(error), .. }) => return Err(error.into()),
        Err(refused) => return refusal_page(&refused).map(OneOf::First),
    };
    cookies.append(
        header::SET_COOKIE,
        HeaderValue::from_str(&FlowSecret::clear_cookie()).map_err(internal_error)?,
    );
    Ok(OneOf::Second(WithHeaders(cookies, reply)))
}

/// Why a sign-in by a provider did not continue, of the reason that the access log keeps.
pub(crate) fn word_reason(reason: &str) -> String {
    let (key, claim) = reason.split_once(' ').unwrap_or((reason, ""));
    open_words::<OidcWords>().oidc_reason(claim, key)
}

fn refusal_page(refused: &RefusedFlow) -> Result<Page, HttpError> {
    let (w, sign_in_words): (OidcWords, SignInWords) = (open_words(), open_words());
    let words = match &refused.error {
        OidcError::Over | OidcError::NoProvider => w.oidc_over(),
        OidcError::Declined => w.oidc_declined(),
        OidcError::Unreachable(_) | OidcError::Silent | OidcError::Metadata | OidcError::Code => {
            w.oidc_away()
        }
        OidcError::AnswerIssuer | OidcError::Token(_) | OidcError::Seal(_) | OidcError::Db(_) => {
            w.oidc_wrong()
        }
        OidcError::NotShown => w.oidc_not_shown(),
        OidcError::Stranger(_) => w.oidc_stranger(),
        OidcError::AddressKnown => w.oidc_address_known(),
        OidcError::Paused => w.oidc_paused(),
        OidcError::NotMember => w.oidc_not_member(),
        OidcError::Taken => w.oidc_taken(),
    };
    let reason = refused.error.reason();
    let lead = format!("{words} {}", w.oidc_code(&reason, word_reason(&reason)));
    let again = match refused.account {
        Some(account) => format!("{PATH}/{account}"),
        None => PATH.to_owned(),
    };
    let mut page = SignInMethodPage::new(w.oidc_refused_title(), lead);
    if matches!(refused.error, OidcError::AddressKnown) {
        page = page.link(format!("/login?next={}", encode_parameter("/app/me")), w.oidc_password());
    }
    page.link(again, w.oidc_again()).link("/login", sign_in_words.ways_back()).draw()
}
