//! Sign-in by an account's provider (OpenID Connect Core 1.0, code flow with PKCE).
//!
//! The flow is ours, and small: one way through it, one place for each check. The crate `openidconnect` would bring 200 further
//! crates, among them `rsa` 0.9, whose timing leak (RUSTSEC-2023-0071) no release mends, and two generations of curves; signatures are
//! verified by `ring`, which all TLS of this relay is based on. A person is known by issuer and subject alone: what a provider says of
//! an address is believed only in a domain that the account has proven, and only of somebody whom nobody here knows.
//!
//! A session that a provider began shows the account whose provider it is, and no other: an account's admin, who may choose any
//! provider, is nobody in another account. For the same reason it holds no right over the platform, and what is the person's own
//! (password, factors, identities) takes their password, where they have one.

pub mod address;
pub mod claims;
pub mod discovery;
pub mod flow;
pub mod groups;
pub mod jws;
pub mod provider;
pub mod settings;
pub mod sign_in;

use service::attempts::{AttemptPolicy, AttemptWait, ClientNetwork};
use service::limit::RateLimiter;

use crate::db::DbError;
use crate::keys::UnsealError;
use crate::outgoing::OutgoingError;

/// Sign-ins that one network begins: an office of 200 at eight in the morning, and then one a second.
const OF_NETWORK: AttemptPolicy = AttemptPolicy { size: 300, refill_ms: 1_000 };
const NETWORKS_MAX: usize = 10_000;

/// What a process holds of providers, and counts of whoever begins a sign-in by one.
#[derive(Debug)]
pub struct OidcState {
    pub held: discovery::HeldProviderKeys,
    networks: RateLimiter<ClientNetwork>,
}

impl Default for OidcState {
    fn default() -> Self {
        Self {
            held: discovery::HeldProviderKeys::default(),
            networks: OF_NETWORK.network_limiter(NETWORKS_MAX),
        }
    }
}

impl OidcState {
    pub fn count_begin(&self, network: ClientNetwork, now_ms: i64) -> Result<(), AttemptWait> {
        let taken = self.networks.take(network, now_ms.max(0).cast_unsigned());
        taken.map_err(|seconds| AttemptWait::after_seconds(seconds, now_ms))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{self:?}")]
pub enum TokenFault {
    Form,
    Algorithm,
    Key,
    Signature,
    Issuer,
    Audience,
    Time,
    Nonce,
    Subject,
    NoClaim(&'static str),
    ClaimType(&'static str),
}

/// Why nobody is let in by what the provider says of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{self:?}")]
pub enum StrangerCause {
    NoAddress,
    /// The provider names an address as a user name alone, and the account's admin has not allowed to take it for one.
    OnlyUserName,
    AddressForm,
    NoWord,
    /// Neither true nor false.
    WordType,
    Unverified,
    Organization,
    Domain,
}

/// Why a provider's sign-in did not continue.
#[derive(Debug, thiserror::Error)]
#[error("{self:?}")]
pub enum OidcError {
    /// It was not begun in this browser, took too long, or came back before.
    Over,
    NoProvider,
    /// The provider did not sign them in.
    Declined,
    /// What it answers is of another issuer than was asked (RFC 9207).
    AnswerIssuer,
    /// It cannot be asked.
    Unreachable(#[from] OutgoingError),
    /// It did not answer a moment ago.
    Silent,
    /// It says of itself what does not fit.
    Metadata,
    Code,
    Token(#[from] TokenFault),
    /// It was to check again who it is, and does not say that it did.
    NotShown,
    /// Nobody here is known to the provider as this, and neither an invitation nor a domain lets them in.
    Stranger(#[from] StrangerCause),
    /// Somebody here has the address that the provider names: they show that it is them, and link it.
    AddressKnown,
    /// Nobody comes into the account now who is not of it.
    Paused,
    /// They may not come into this account.
    NotMember,
    /// The identity is somebody else's.
    Taken,
    #[error(transparent)]
    Seal(#[from] UnsealError),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl OidcError {
    /// The reason as the access log keeps it: its key, and the claim that it is about.
    pub fn reason(&self) -> String {
        match self {
            Self::Token(TokenFault::NoClaim(claim) | TokenFault::ClaimType(claim)) => {
                format!("{} {claim}", self.key())
            }
            _ => self.key().to_owned(),
        }
    }

    pub fn key(&self) -> &'static str {
        match self {
            Self::Over => "over",
            Self::NoProvider => "no-provider",
            Self::Declined => "declined",
            Self::AnswerIssuer => "answer-issuer",
            Self::Unreachable(_) => "unreachable",
            Self::Silent => "silent",
            Self::Metadata => "metadata",
            Self::Code => "code",
            Self::Token(TokenFault::Form) => "token-form",
            Self::Token(TokenFault::Algorithm) => "token-algorithm",
            Self::Token(TokenFault::Key) => "token-key",
            Self::Token(TokenFault::Signature) => "token-signature",
            Self::Token(TokenFault::Issuer) => "token-issuer",
            Self::Token(TokenFault::Audience) => "token-audience",
            Self::Token(TokenFault::Time) => "token-time",
            Self::Token(TokenFault::Nonce) => "token-nonce",
            Self::Token(TokenFault::Subject) => "token-subject",
            Self::Token(TokenFault::NoClaim(_)) => "token-no-claim",
            Self::Token(TokenFault::ClaimType(_)) => "token-claim-type",
            Self::NotShown => "not-shown",
            Self::Stranger(StrangerCause::NoAddress) => "stranger-no-address",
            Self::Stranger(StrangerCause::OnlyUserName) => "stranger-user-name",
            Self::Stranger(StrangerCause::AddressForm) => "stranger-address-form",
            Self::Stranger(StrangerCause::NoWord) => "stranger-no-word",
            Self::Stranger(StrangerCause::WordType) => "stranger-word-type",
            Self::Stranger(StrangerCause::Unverified) => "stranger-unverified",
            Self::Stranger(StrangerCause::Organization) => "stranger-organization",
            Self::Stranger(StrangerCause::Domain) => "stranger-domain",
            Self::AddressKnown => "address-known",
            Self::Paused => "paused",
            Self::NotMember => "not-member",
            Self::Taken => "taken",
            Self::Seal(_) => "seal",
            Self::Db(_) => "database",
        }
    }
}
