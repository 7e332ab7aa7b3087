//! From the browser that is sent to a provider to the person who is let in: each check once, in this order.

use std::collections::BTreeSet;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, StatusCode, header};
use record::ids::{AccountId, UserId};
use record::tree::Hash;
use serde::Deserialize;

use super::address::{UserNameUse, read_address};
use super::claims::{ExpectedClaims, IdentityClaims};
use super::discovery::{ClientProof, HeldProviderKeys, METADATA_MS, ProviderMetadata};
use super::flow::{FLOW_MS, FlowSecret, state_digest, write_state};
use super::groups::{claimed_groups, judge_groups};
use super::jws::SignedToken;
use super::provider::{ProviderPreset, domain_of, read_new_role};
use super::{OidcError, StrangerCause, TokenFault};
use crate::accounts::authentication::sign_in::{AuthService, SignInError, SignInOrigin, SignInStep};
use crate::accounts::credentials::mail_link::count_colleague;
use crate::accounts::credentials::session::is_confirmed;
use crate::accounts::members::invitation::{InvitationError, InvitationService, JoinProof};
use crate::accounts::members::member_grant::MemberGrant;
use crate::accounts::members::member_grant::write_grant;
use crate::accounts::members::people::PeopleError;
use crate::accounts::notices::is_read_only;
use crate::accounts::records::access_log::{AccessOutcome, AccessRecord};
use crate::accounts::{AccountUser, UserRole, visible_name};
use crate::db::PersonNumber;
use crate::db::account::oidc_providers;
use crate::db::account::oidc_providers::ProviderRow;
use crate::db::account::{accounts, oidc_group_roles};
use crate::db::facility::facilities;
use crate::db::person::identities;
use crate::db::person::identities::IdentityKey;
use crate::db::person::invitations;
use crate::db::person::invitations::InvitationRow;
use crate::db::person::members;
use crate::db::person::oidc_flows;
use crate::db::person::oidc_flows::{FlowRow, NewFlow};
use crate::db::person::people;
use crate::db::person::people::{NewPerson, PersonCredentials};
use crate::db::person::sessions::ProviderSignIn;
use crate::db::{AccountScope, DbError, PlatformReason, ScopedConnection};
use crate::keys::{KeySet, SealedBytes};
use crate::mail::{ColleagueView, MailLetter};
use crate::outgoing::{OutgoingHttp, OutgoingRequest, OutgoingUrl, encode_pairs};

/// Where a provider sends people back to.
pub const ANSWER_PATH: &str = "/oidc/answer";
/// What the access log calls a sign-in that did not succeed.
pub const ACT: &str = "oidc sign-in";
const CODE_BYTES_MAX: usize = 4_096;

pub(super) fn seal_place(provider: &str) -> String {
    format!("oidc provider {provider}")
}

/// What follows once somebody comes back.
#[derive(Debug, Clone, Copy, Default)]
pub struct FlowPurpose<'a> {
    pub next: &'a str,
    /// Digest of the link of an invitation by which they come.
    pub invitation: Option<Hash>,
    pub linking: Option<PersonNumber>,
    /// Whether it confirms that it is them: the provider is to check again.
    pub confirms: bool,
}

#[derive(Debug)]
pub struct BegunFlow {
    pub secret: FlowSecret,
    pub url: OutgoingUrl,
}

#[derive(Debug, Clone, Default)]
pub struct ProviderAnswer {
    pub code: String,
    pub state: String,
    /// Of which issuer it is (RFC 9207); empty where it does not say.
    pub iss: String,
    pub error: String,
}

#[derive(Debug)]
pub enum FinishedFlow {
    /// They are signed in, or continue to their second step; then this page.
    SignedIn(SignInStep, String),
    Linked,
}

#[derive(Debug)]
pub struct RefusedFlow {
    pub error: OidcError,
    pub account: Option<AccountId>,
}

impl From<OidcError> for RefusedFlow {
    fn from(error: OidcError) -> Self {
        Self { error, account: None }
    }
}

impl From<DbError> for RefusedFlow {
    fn from(error: DbError) -> Self {
        OidcError::Db(error).into()
    }
}

#[derive(Clone, Copy)]
struct ReturnedFlow<'a> {
    answer: &'a ProviderAnswer,
    secret: &'a FlowSecret,
    flow: &'a FlowRow,
    row: &'a ProviderRow,
}

/// What the provider says of somebody, once all of it was verified.
struct ProvenIdentity {
    key: IdentityKey,
    claims: IdentityClaims,
    groups: BTreeSet<String>,
}

impl ProvenIdentity {
    fn name(&self, email: &str) -> String {
        let named = self.claims.name().and_then(visible_name);
        named.unwrap_or_else(|| email.split('@').next().unwrap_or_default().to_owned())
    }
}

#[derive(Debug, Clone)]
pub struct OidcService<'a> {
    pub auth: AuthService<'a>,
    pub keys: Arc<KeySet>,
    pub http: &'a dyn OutgoingHttp,
    pub held: &'a HeldProviderKeys,
}

impl OidcService<'_> {
    fn now_ms(&self) -> i64 {
        self.auth.clock.now_ms()
    }

    /// Where providers send people back to, as it is registered there.
    pub fn answer_url(&self) -> String {
        format!("{}{ANSWER_PATH}", self.auth.public_url.trim_end_matches('/'))
    }

    pub async fn begin(&self, row: &ProviderRow, purpose: FlowPurpose<'_>) -> Result<BegunFlow, OidcError> {
        let now_ms = self.now_ms();
        let metadata = self.present_metadata(row).await?;
        let (secret, state): (_, [u8; 32]) =
            (FlowSecret::new(self.auth.random.bytes()), self.auth.random.bytes());
        let new = NewFlow {
            digest: Hash::of(&state),
            browser: secret.digest(),
            provider: &row.provider,
            next_path: purpose.next,
            invitation: purpose.invitation,
            linking: purpose.linking,
            confirms: purpose.confirms,
            expires_ms: now_ms.saturating_add(FLOW_MS),
        };
        let mut tx = self.auth.db.write(row.scope()?).await?;
        oidc_flows::insert_flow(&mut tx, &new).await?;
        let reads_groups = oidc_group_roles::has_group_roles(&mut tx, &row.provider).await?;
        tx.commit().await?;
        // Okta names groups only to whoever asks for them; others refuse a scope that they do not know.
        let is_okta = ProviderPreset::of_key(&row.preset) == Some(ProviderPreset::Okta);
        let scope =
            if is_okta && reads_groups { "openid email profile groups" } else { "openid email profile" };
        // Some know one of the two only; neither takes whoever is signed in there still for somebody who has shown it.
        let further: &[(&str, &str)] =
            if purpose.confirms { &[("prompt", "login"), ("max_age", "0")] } else { &[] };
        let url = OutgoingUrl::parse(&metadata.authorization_endpoint)
            .map_err(|_| OidcError::Metadata)?
            .with_pairs(&[
                ("response_type", "code"),
                ("client_id", &row.client_id),
                ("redirect_uri", &self.answer_url()),
                ("scope", scope),
                ("state", &write_state(state)),
                ("nonce", &secret.nonce()),
                ("code_challenge", &secret.challenge()),
                ("code_challenge_method", "S256"),
            ])
            .with_pairs(further);
        Ok(BegunFlow { secret, url })
    }

    /// What a provider said of itself, asked once more where that is long ago. Where it does not answer, what it said last holds.
    async fn present_metadata(&self, row: &ProviderRow) -> Result<ProviderMetadata, OidcError> {
        let now_ms = self.now_ms();
        let last = ProviderMetadata::read(row.metadata.as_bytes(), &row.issuer);
        if (0..METADATA_MS).contains(&now_ms.saturating_sub(row.fetched_ms)) {
            return last;
        }
        let present = self.held.ask_metadata(self.http, &row.issuer, now_ms).await;
        let Some(metadata) = present else { return last };
        let mut tx = self.auth.db.write(row.scope()?).await?;
        oidc_providers::save_metadata(&mut tx, &row.provider, &metadata.to_text(), now_ms).await?;
        tx.commit().await?;
        Ok(metadata)
    }

    /// Takes what a provider sends back. `visitor`: who is signed in in this browser.
    ///
    /// # Errors
    /// Why nobody is let in. It is written to the access log of the account whose provider it is.
    pub async fn finish(
        &self,
        answer: &ProviderAnswer,
        secret: &FlowSecret,
        visitor: Option<&AccountUser>,
        origin: SignInOrigin,
    ) -> Result<FinishedFlow, RefusedFlow> {
        let digest = state_digest(&answer.state).ok_or(OidcError::Over)?;
        let mut tx = self.auth.db.platform_write(PlatformReason::SignIn).await?;
        let flow = oidc_flows::platform_take(&mut tx, digest, secret.digest(), self.now_ms()).await?;
        tx.commit().await?;
        let flow = flow.ok_or(OidcError::Over)?;
        let mut conn = self.auth.db.platform_read(PlatformReason::SignIn).await?;
        let row = oidc_providers::platform_find(&mut conn, &flow.provider).await?;
        drop(conn);
        let row = row.ok_or(OidcError::NoProvider)?;
        let scope = row.scope()?;
        let returned = ReturnedFlow { answer, secret, flow: &flow, row: &row };
        match self.finish_flow(returned, visitor, origin).await {
            Ok(finished) => Ok(finished),
            Err(error) => {
                if !matches!(error, OidcError::Db(_)) {
                    self.note_refusal(scope, &row, &error).await?;
                }
                Err(RefusedFlow { error, account: Some(scope.account()) })
            }
        }
    }

    async fn note_refusal(
        &self,
        scope: AccountScope,
        row: &ProviderRow,
        error: &OidcError,
    ) -> Result<(), DbError> {
        let reason = error.reason();
        tracing::warn!(reason, "a sign-in by a provider was refused");
        let mut tx = self.auth.db.write(scope).await?;
        // Who it was, nobody has shown.
        let record = AccessRecord { who: &row.issuer, act: ACT, about: &reason, facility: None };
        self.auth.log().write_repeated(&mut tx, record, AccessOutcome::Denied).await?;
        tx.commit().await
    }

    async fn finish_flow(
        &self,
        ReturnedFlow { answer, secret, flow, row }: ReturnedFlow<'_>,
        visitor: Option<&AccountUser>,
        origin: SignInOrigin,
    ) -> Result<FinishedFlow, OidcError> {
        let metadata = self.present_metadata(row).await?;
        let says_issuer = metadata.authorization_response_iss_parameter_supported;
        if (!answer.iss.is_empty() && answer.iss != row.issuer) || (answer.iss.is_empty() && says_issuer) {
            return Err(OidcError::AnswerIssuer);
        }
        if !answer.error.is_empty() || answer.code.is_empty() || answer.code.len() > CODE_BYTES_MAX {
            return Err(OidcError::Declined);
        }
        let token = self.redeem_code(&answer.code, secret, row, &metadata).await?;
        let signed = SignedToken::parse(&token)?;
        let payload = self.held.verify(self.http, &metadata.jwks_uri, &signed, self.now_ms()).await?;
        let expected = ExpectedClaims {
            issuer: &row.issuer,
            client_id: &row.client_id,
            nonce: &secret.nonce(),
            now_ms: self.now_ms(),
        };
        let claims = IdentityClaims::read(&payload, expected)?;
        let key = IdentityKey { issuer: row.issuer.clone(), subject: claims.subject().to_owned() };
        let groups = claimed_groups(&payload, &row.claim);
        let identity = ProvenIdentity { key, claims, groups };
        if let Some(person) = flow.linking() {
            let visitor = visitor.filter(|visitor| visitor.person == person).ok_or(OidcError::Over)?;
            self.link_identity(visitor, &identity.key).await?;
            return Ok(FinishedFlow::Linked);
        }
        let shown_ms = identity.claims.shown_ms(self.now_ms());
        if flow.confirms && !shown_ms.is_some_and(|shown_ms| is_confirmed(shown_ms, self.now_ms())) {
            return Err(OidcError::NotShown);
        }
        let (email, person) = self.find_person(flow, row, &identity).await?;
        let showed_factor = identity.claims.showed_factor();
        let provider_sign_in = ProviderSignIn { provider: row.provider.clone(), showed_factor, shown_ms };
        let origin = SignInOrigin { provider: Some(provider_sign_in), ..origin };
        match self.auth.admit(&email, &person, row.scope()?, origin, None).await {
            Ok(step) => Ok(FinishedFlow::SignedIn(step, flow.next_path.clone())),
            Err(SignInError::Db(error)) => Err(error.into()),
            Err(_) => Err(OidcError::NotMember),
        }
    }

    /// Gives the code for a token, which nothing has looked at yet.
    async fn redeem_code(
        &self,
        code: &str,
        secret: &FlowSecret,
        row: &ProviderRow,
        metadata: &ProviderMetadata,
    ) -> Result<String, OidcError> {
        #[derive(Deserialize)]
        struct Tokens {
            id_token: String,
        }
        let sealed = SealedBytes { n: row.seal_n, bytes: row.secret.clone() };
        let client_secret = self.keys.unseal_bytes(&sealed, &seal_place(&row.provider))?;
        let client_secret = String::from_utf8(client_secret).map_err(|_| OidcError::Metadata)?;
        let (verifier, redirect) = (secret.verifier(), self.answer_url());
        let mut pairs = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &redirect),
            ("code_verifier", &verifier),
        ];
        let proof = metadata.client_proof().ok_or(OidcError::Metadata)?;
        if proof == ClientProof::Post {
            pairs.extend([("client_id", row.client_id.as_str()), ("client_secret", &client_secret)]);
        }
        let url = OutgoingUrl::parse(&metadata.token_endpoint).map_err(|_| OidcError::Metadata)?;
        let media = HeaderValue::from_static("application/x-www-form-urlencoded");
        let mut request = OutgoingRequest::post(url, media, encode_pairs(&pairs).into_bytes());
        request = request.header(header::ACCEPT, HeaderValue::from_static("application/json"));
        if proof == ClientProof::Basic {
            request = request.header(header::AUTHORIZATION, basic_header(&row.client_id, &client_secret)?);
        }
        let answer = self.http.send(request).await?;
        if answer.status != StatusCode::OK {
            return Err(OidcError::Code);
        }
        let tokens: Tokens = serde_json::from_slice(&answer.body).map_err(|_| TokenFault::Form)?;
        Ok(tokens.id_token)
    }

    /// Who it is here: the person whose identity it is; else whoever is invited, or comes in a domain of the account's.
    async fn find_person(
        &self,
        flow: &FlowRow,
        row: &ProviderRow,
        identity: &ProvenIdentity,
    ) -> Result<(String, PersonCredentials), OidcError> {
        let invitation = match flow.invitation() {
            Some(digest) => Some(self.find_invitation(digest, row.scope()?).await?),
            None => None,
        };
        let mut conn = self.auth.db.platform_read(PlatformReason::SignIn).await?;
        let known = identities::platform_find(&mut conn, &identity.key).await?;
        let email = match known {
            Some(person) => people::platform_email(&mut conn, person).await?.ok_or(OidcError::NotMember)?,
            None => String::new(),
        };
        drop(conn);
        let email = match (known, &invitation) {
            (Some(person), Some(invitation)) => {
                let joined = self.invitations().accept_as(self.auth.db, invitation, person, &email).await;
                joined.map_err(join_error)?;
                email
            }
            (Some(_), None) => email,
            (None, Some(invitation)) => self.join_invited(invitation, identity).await?,
            (None, None) => self.join_domain(row, identity).await?,
        };
        let mut conn = self.auth.db.platform_read(PlatformReason::SignIn).await?;
        let person = people::platform_by_email(&mut conn, &email).await?.ok_or(OidcError::NotMember)?;
        Ok((email, person))
    }

    fn invitations(&self) -> InvitationService<'_> {
        InvitationService { log: self.auth.log(), mail: self.auth.mail, public_url: self.auth.public_url }
    }

    async fn find_invitation(&self, digest: Hash, scope: AccountScope) -> Result<InvitationRow, OidcError> {
        let mut conn = self.auth.db.platform_read(PlatformReason::SignIn).await?;
        let row = invitations::platform_by_digest(&mut conn, digest).await?;
        let row = row.filter(|row| row.expires_ms > self.now_ms()).ok_or(OidcError::Over)?;
        if row.scope()? == scope { Ok(row) } else { Err(OidcError::Over) }
    }

    async fn join_invited(
        &self,
        invitation: &InvitationRow,
        identity: &ProvenIdentity,
    ) -> Result<String, OidcError> {
        let name = identity.name(&invitation.email);
        let proof = JoinProof::Identity(&identity.key);
        let joined = self.invitations().join_as_new(self.auth.db, invitation, &name, proof).await;
        joined.map_err(join_error)?;
        Ok(invitation.email.clone())
    }

    async fn join_domain(&self, row: &ProviderRow, identity: &ProvenIdentity) -> Result<String, OidcError> {
        let (claims, now_ms) = (&identity.claims, self.now_ms());
        let preset = ProviderPreset::of_key(&row.preset).ok_or(OidcError::NoProvider)?;
        let user_names = if row.user_names { UserNameUse::Address } else { UserNameUse::Nothing };
        let email = read_address(claims, preset, user_names)?;
        let mut tx = self.auth.db.platform_write(PlatformReason::SignIn).await?;
        let domain = domain_of(&email).unwrap_or_default();
        let of_domain = oidc_providers::platform_of_domain(&mut tx, domain).await?;
        if of_domain.is_none_or(|of_domain| of_domain.provider != row.provider) {
            return Err(StrangerCause::Domain.into());
        }
        if is_read_only(&mut tx, row.scope()?).await? {
            return Err(OidcError::Paused);
        }
        let new = NewPerson {
            id: UserId::new(now_ms, self.auth.random.bytes()),
            email: &email,
            name: &identity.name(&email),
            verified_ms: Some(now_ms),
            platform_role: None,
            // No password is it.
            password_hash: "",
        };
        let person = match people::platform_insert(&mut tx, &new, now_ms).await {
            Err(error) if error.is_conflict() => return Err(OidcError::AddressKnown),
            inserted => inserted?,
        };
        identities::platform_insert(&mut tx, person, &identity.key, now_ms).await?;
        let mut tx = tx.enter(row.scope()?).await?;
        let rows = oidc_group_roles::list_of_provider(&mut tx, &row.provider).await?;
        let role = read_new_role(&row.role).unwrap_or(UserRole::Technician);
        let known = facilities::all_places(&mut tx).await?;
        let grant = judge_groups(&rows, &identity.groups, role, &known)?;
        members::insert_member(&mut tx, person, &grant.terms(), now_ms).await?;
        self.notify_owner(&mut tx, row, &new, &grant).await?;
        let about = write_grant(&grant);
        let record = AccessRecord { who: &email, act: "oidc join", about: &about, facility: None };
        self.auth.log().write_act(&mut tx, record).await?;
        tx.commit().await?;
        Ok(email)
    }

    /// Notifies the account's owner that somebody came whom nobody invited.
    async fn notify_owner(
        &self,
        tx: &mut ScopedConnection,
        row: &ProviderRow,
        new: &NewPerson<'_>,
        grant: &MemberGrant,
    ) -> Result<(), DbError> {
        let Some(owner) = accounts::owner_email(tx).await? else { return Ok(()) };
        if !count_colleague(tx, self.now_ms()).await? {
            return Ok(());
        }
        let (who, link) =
            (format!("{} ({})", new.name, new.email), format!("{}/app/people", self.auth.public_url));
        let view = match grant.places.as_ref().is_some_and(Vec::is_empty) {
            true => ColleagueView::Nothing,
            false => ColleagueView::Groups,
        };
        let letter = MailLetter::new_colleague(&row.account_name, &who, grant.role.key(), view, link);
        let scope = tx.scope();
        self.auth.mail.post(tx, Some(scope), &owner, &letter).await
    }

    async fn link_identity(&self, visitor: &AccountUser, key: &IdentityKey) -> Result<(), OidcError> {
        let now_ms = self.now_ms();
        let mut tx = self.auth.db.platform_write(PlatformReason::SignIn).await?;
        match identities::platform_find(&mut tx, key).await? {
            Some(person) if person == visitor.person => return Ok(()),
            Some(_) => return Err(OidcError::Taken),
            None => {}
        }
        match identities::platform_insert(&mut tx, visitor.person, key, now_ms).await {
            Err(error) if error.is_conflict() => return Err(OidcError::Taken),
            inserted => inserted?,
        }
        let host = OutgoingUrl::parse(&key.issuer).map(|url| url.host().to_owned()).unwrap_or_default();
        let link = format!("{}/app/me", self.auth.public_url);
        let letter = MailLetter::identity_linked(now_ms, &host, link);
        self.auth.mail.post(&mut tx, None, &visitor.email, &letter).await?;
        let mut tx = tx.enter(visitor.scope).await?;
        let record =
            AccessRecord { who: &visitor.email, act: "oidc link", about: &key.issuer, facility: None };
        self.auth.log().write_act(&mut tx, record).await?;
        Ok(tx.commit().await?)
    }

    /// Takes an identity away; whoever is signed in by a provider as them is signed out. Whether it was theirs.
    pub async fn unlink(&self, visitor: &AccountUser, key: &IdentityKey) -> Result<bool, DbError> {
        let mut tx = self.auth.db.platform_write(PlatformReason::SignIn).await?;
        if !identities::platform_delete(&mut tx, visitor.person, key).await? {
            return Ok(false);
        }
        crate::db::person::sessions::platform_delete_provided(&mut tx, visitor.person).await?;
        let mut tx = tx.enter(visitor.scope).await?;
        let record =
            AccessRecord { who: &visitor.email, act: "oidc unlink", about: &key.issuer, facility: None };
        self.auth.log().write_act(&mut tx, record).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// RFC 6749 §2.3.1: both are encoded as in a form before they are put together.
fn basic_header(client_id: &str, client_secret: &str) -> Result<HeaderValue, OidcError> {
    fn encode_part(text: &str) -> String {
        encode_pairs(&[("x", text)]).split_off("x=".len())
    }
    let text = format!("{}:{}", encode_part(client_id), encode_part(client_secret));
    let mut value = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(text)))
        .map_err(|_| OidcError::Metadata)?;
    value.set_sensitive(true);
    Ok(value)
}

fn join_error(error: InvitationError) -> OidcError {
    match error {
        InvitationError::People(PeopleError::Db(error)) => error.into(),
        InvitationError::Paused => OidcError::Paused,
        // Somebody has it by now, or had it.
        InvitationError::OtherAddress => OidcError::AddressKnown,
        _ => OidcError::Over,
    }
}
