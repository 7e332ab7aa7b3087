//! Who may come to a row: stated by the type of its handler's first argument, shown by name.

use std::convert::Infallible;
use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use http::request::Parts;
use service::signature::{SignatureClaim, SignatureFault, SignatureScheme, SigningSecret};

use crate::error::HttpError;

/// Who may come. Permissions and scopes are the program's own; here they are their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Open,
    /// Whoever has signed in and holds this permission.
    Session(&'static str),
    /// A program whose API token has this scope.
    Token(&'static str),
    /// Either of both.
    SessionOrToken {
        /// What a person needs.
        permission: &'static str,
        /// What a program's token needs.
        scope: &'static str,
    },
    /// A box, by its client certificate.
    Certificate,
    /// A service that signs what it sends.
    Sender {
        /// Its name in the API's description.
        name: &'static str,
        /// How it signs.
        scheme: SignatureScheme,
    },
    /// The program's operator, by a listener that only the machine itself reaches.
    Operator,
}

/// The first argument of every handler. Its `FromRequestParts` is the check, and it runs before anything else of the
/// request is read; it refuses with an error of status 401 or 403.
///
/// A type that proves who somebody is has private fields and no other way to be made, and is no [`super::Argument`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say who may come",
    label = "the first argument of a handler is a `Caller`",
    note = "take `AnyCaller` where the row is open"
)]
pub trait Caller {
    /// Who is admitted.
    const ACCESS: Access;
}

/// Everybody.
#[derive(Debug, Clone, Copy)]
pub struct AnyCaller;

impl Caller for AnyCaller {
    const ACCESS: Access = Access::Open;
}

impl<S: Send + Sync> FromRequestParts<S> for AnyCaller {
    type Rejection = Infallible;
    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self)
    }
}

/// A service that signs what it sends.
pub trait SignedSender: Send + Sync + 'static {
    /// Its name in the API's description.
    const NAME: &'static str;
    /// How it signs.
    const SCHEME: SignatureScheme;
}

/// What a program's state knows of a sender.
pub trait SenderSecrets<K: SignedSender> {
    /// Those that are good now: two while they are changed, none where nothing is taken from it.
    fn signing_secrets(&self) -> Vec<SigningSecret>;
    /// Seconds since 1970.
    fn now_s(&self) -> i64;
}

/// Whoever has, in good time, the headers of a sender. They are that sender where [`crate::argument::SignedBody::open`] says so.
#[derive(Debug)]
pub struct SenderCaller<K> {
    claim: SignatureClaim,
    secrets: Vec<SigningSecret>,
    sender: PhantomData<fn() -> K>,
}

impl<K: SignedSender> Caller for SenderCaller<K> {
    const ACCESS: Access = Access::Sender { name: K::NAME, scheme: K::SCHEME };
}

impl<K: SignedSender, S: SenderSecrets<K> + Send + Sync> FromRequestParts<S> for SenderCaller<K> {
    type Rejection = HttpError;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, HttpError> {
        let claim = SignatureClaim::read(K::SCHEME, &parts.headers, state.now_s())?;
        Ok(Self { claim, secrets: state.signing_secrets(), sender: PhantomData })
    }
}

impl<K> SenderCaller<K> {
    /// The message's id, where one of the secrets signed this body.
    pub(crate) fn prove(self, body: &[u8]) -> Result<Option<String>, SignatureFault> {
        self.claim.verify(&self.secrets, body)?;
        Ok(self.claim.id)
    }
}
