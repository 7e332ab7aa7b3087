//! Passkeys: a person adds them on their own page, signs in with one alone, and shows with one that it is them.
//!
//! A passkey is password and second factor in one: who has the authenticator, and is verified by it. Challenges are stored in the
//! database, so that any process takes the answer; each is usable once, by the browser that was sent it.

use record::ids::UserId;
use record::tree::Hash;

use super::second_factor::{FactorError, FactorKind, SecondFactorService, factor_name};
use super::sign_in::{AuthService, FactorProof, SignInError, SignInOrigin, SignedIn};
use crate::accounts::AccountUser;
pub use crate::accounts::credentials::ceremony::CeremonySecret;
use crate::accounts::credentials::ceremony::{CEREMONY_MS, CeremonyKind};
use crate::accounts::credentials::lock_out::AttemptOrigin;
use crate::accounts::credentials::second_step::StepSecret;
use crate::accounts::records::access_log::{AccessOutcome, AccessRecord};
pub use crate::accounts::webauthn::RelyingParty;
use crate::accounts::webauthn::{
    AssertionAnswer, CredentialChallenge, CredentialRefusal, CredentialUse, KnownCredential, NewUser,
    RegistrationAnswer, StoredCredential,
};
use crate::db::PersonNumber;
use crate::db::person::ceremonies::PasskeyCeremony;
use crate::db::person::factors::NewFactor;
use crate::db::person::members::MembershipRow;
use crate::db::person::passkeys::{NewPasskey, PasskeyRow, PasskeyUse};
use crate::db::person::people::PersonCredentials;
use crate::db::{self, AccountScope, DbError, PlatformReason};
use crate::mail::MailLetter;

const ACT: &str = "passkey";
/// The same of one whose counter went back.
const COPY_ACT: &str = "passkey copy";
pub const PASSKEYS_MAX: usize = 10;

/// Why a passkey was not taken or added.
#[derive(Debug, thiserror::Error)]
#[error("{self:?}")]
pub enum PasskeyError {
    /// There is no challenge that this browser could answer, or it was answered.
    Over,
    /// It is none of theirs, or what came with it is not right.
    Refused(CredentialRefusal),
    TooMany,
    Known,
    #[error(transparent)]
    Factor(#[from] FactorError),
    #[error(transparent)]
    SignIn(#[from] SignInError),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// A challenge, for the page that puts it to the browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BegunCeremony {
    pub secret: CeremonySecret,
    /// JSON of what the browser is asked for.
    pub options: String,
}

struct ShownPasskey {
    person: PersonCredentials,
    email: String,
    into: AccountScope,
    /// From where, as the password's tries are counted.
    first: AttemptOrigin,
}

#[derive(Debug, Clone)]
pub struct PasskeyService<'a> {
    pub factors: SecondFactorService<'a>,
    pub party: RelyingParty,
}

/// As an authenticator knows a person: the same for all of their passkeys, and nothing that says who it is.
fn user_handle(person_id: &str) -> Hash {
    Hash::of(format!("cleantrack/relay passkeys of\n{person_id}").as_bytes())
}

impl PasskeyService<'_> {
    fn auth(&self) -> &AuthService<'_> {
        &self.factors.auth
    }

    fn now_ms(&self) -> i64 {
        self.auth().clock.now_ms()
    }

    async fn begin(
        &self,
        kind: CeremonyKind,
        session: Option<Hash>,
    ) -> Result<(CeremonySecret, CredentialChallenge), DbError> {
        let random = self.auth().random;
        let (secret, challenge) = (CeremonySecret::new(random.bytes()), random.bytes());
        let mut tx = self.auth().db.platform_write(PlatformReason::SignIn).await?;
        let of = PasskeyCeremony { kind: kind.word(), session };
        let expires_ms = self.now_ms().saturating_add(CEREMONY_MS);
        db::person::ceremonies::platform_insert(&mut tx, secret.digest(), of, challenge, expires_ms).await?;
        tx.commit().await?;
        Ok((secret, challenge))
    }

    /// Ends the ceremony of this browser, however its answer is; its challenge.
    async fn take(
        &self,
        secret: Option<&CeremonySecret>,
        kind: CeremonyKind,
        session: Option<Hash>,
    ) -> Result<CredentialChallenge, PasskeyError> {
        let secret = secret.ok_or(PasskeyError::Over)?;
        let mut tx = self.auth().db.platform_write(PlatformReason::SignIn).await?;
        let of = PasskeyCeremony { kind: kind.word(), session };
        let taken =
            db::person::ceremonies::platform_take(&mut tx, secret.digest(), of, self.now_ms()).await?;
        tx.commit().await?;
        taken.ok_or(PasskeyError::Over)
    }

    async fn list_known(&self, person: PersonNumber) -> Result<Vec<KnownCredential>, DbError> {
        let mut conn = self.auth().db.platform_read(PlatformReason::SignIn).await?;
        let rows = db::person::passkeys::platform_list(&mut conn, person).await?;
        Ok(rows.into_iter().map(|(id, transports)| KnownCredential { id, transports }).collect())
    }

    pub async fn begin_add(&self, visitor: &AccountUser) -> Result<BegunCeremony, PasskeyError> {
        let known = self.list_known(visitor.person).await?;
        if known.len() >= PASSKEYS_MAX {
            return Err(PasskeyError::TooMany);
        }
        let (secret, challenge) = self.begin(CeremonyKind::Add, Some(visitor.token.digest())).await?;
        let handle = user_handle(&visitor.user_id).0;
        let user = NewUser { handle: &handle, email: &visitor.email, name: &visitor.name };
        let options = self.party.creation_options(&challenge, user, &known, CEREMONY_MS);
        Ok(BegunCeremony { secret, options })
    }

    /// Adds the passkey that the browser made. Recovery codes, where it is the first factor: they are shown once.
    ///
    /// # Errors
    /// It is not what the challenge was for, somebody has it, or they have as many as there may be.
    pub async fn add(
        &self,
        visitor: &AccountUser,
        secret: Option<&CeremonySecret>,
        answer: &str,
        name: &str,
    ) -> Result<Vec<String>, PasskeyError> {
        let challenge = self.take(secret, CeremonyKind::Add, Some(visitor.token.digest())).await?;
        let answer =
            RegistrationAnswer::read(answer).ok_or(PasskeyError::Refused(CredentialRefusal::Form))?;
        let made = self.party.verify_registration(&challenge, answer).map_err(PasskeyError::Refused)?;
        let mut tx = self.auth().db.platform_write(PlatformReason::SignIn).await?;
        let known = db::person::factors::platform_list(&mut tx, visitor.person).await?;
        if known.iter().filter(|row| FactorKind::Passkey.is_of(row)).count() >= PASSKEYS_MAX {
            return Err(PasskeyError::TooMany);
        }
        let factor = UserId::new(self.now_ms(), self.auth().random.bytes()).to_string();
        let new = NewPasskey {
            credential: made.id,
            public_key: made.key,
            sign_count: made.sign_count.into(),
            transports: made.transports,
            is_backup_eligible: made.backup.is_eligible,
            is_backed_up: made.backup.is_backed_up,
        };
        match db::person::passkeys::platform_insert(&mut tx, visitor.person, &factor, new).await {
            Err(error) if error.is_conflict() => return Err(PasskeyError::Known),
            inserted => inserted?,
        }
        let (kind, name) = (FactorKind::Passkey.word(), factor_name(name));
        let new = NewFactor { factor, kind, name, seal_n: 0, secret: Vec::new(), step: 0 };
        let codes = self.factors.insert_factor(&mut tx, visitor, &known, new).await?;
        self.factors.note_change(tx, visitor, "passkey add").await?;
        Ok(codes)
    }

    pub async fn begin_sign_in(&self, origin: &SignInOrigin) -> Result<BegunCeremony, SignInError> {
        self.auth().limits.count_ceremony(origin.peer, self.now_ms())?;
        let (secret, challenge) = self.begin(CeremonyKind::SignIn, None).await?;
        let options = self.party.request_options(&challenge, &[], CEREMONY_MS);
        Ok(BegunCeremony { secret, options })
    }

    /// Signs in whoever the passkey is of. `step`: of a sign-in that waits for its second step in the same browser, which is over then.
    pub async fn sign_in(
        &self,
        secret: Option<&CeremonySecret>,
        step: Option<&StepSecret>,
        answer: &str,
        origin: SignInOrigin,
    ) -> Result<SignedIn, PasskeyError> {
        let challenge = self.take(secret, CeremonyKind::SignIn, None).await?;
        let shown = self.check(&challenge, answer, None, &origin).await?;
        let person = shown.person.person();
        let mut counted = None;
        if let Some(step) = step {
            let mut tx = self.auth().db.platform_write(PlatformReason::SignIn).await?;
            let begun =
                db::person::second_steps::platform_find(&mut tx, step.digest(), self.now_ms()).await?;
            if let Some(begun) = begun.filter(|begun| begun.person == person) {
                // The try of the password is returned to where it was taken from.
                counted = (begun.origin == Some(shown.first.mark())).then_some(&shown.first);
                db::person::second_steps::platform_end(&mut tx, step.digest()).await?;
            }
            tx.commit().await?;
        }
        let who = (shown.email.as_str(), &shown.person);
        Ok(self.auth().let_in(who, shown.into, origin, counted, FactorProof::Passkey).await?)
    }

    /// Begins to confirm that it is them; `None` where they have no passkey.
    pub async fn begin_confirm(&self, visitor: &AccountUser) -> Result<Option<BegunCeremony>, DbError> {
        let known = self.list_known(visitor.person).await?;
        if known.is_empty() {
            return Ok(None);
        }
        let (secret, challenge) = self.begin(CeremonyKind::Confirm, Some(visitor.token.digest())).await?;
        let options = self.party.request_options(&challenge, &known, CEREMONY_MS);
        Ok(Some(BegunCeremony { secret, options }))
    }

    /// Whether somebody who is signed in showed a passkey of theirs.
    ///
    /// # Errors
    /// It is refused, they have to wait, or there is no challenge of their session.
    pub async fn confirm(
        &self,
        visitor: &AccountUser,
        secret: Option<&CeremonySecret>,
        answer: &str,
        origin: &SignInOrigin,
    ) -> Result<(), PasskeyError> {
        let challenge = self.take(secret, CeremonyKind::Confirm, Some(visitor.token.digest())).await?;
        self.check(&challenge, answer, Some(visitor), origin).await.map(drop)
    }

    /// Counts the try, and holds the answer against what is known of the passkey, which is used then.
    async fn check(
        &self,
        challenge: &CredentialChallenge,
        answer: &str,
        visitor: Option<&AccountUser>,
        origin: &SignInOrigin,
    ) -> Result<ShownPasskey, PasskeyError> {
        let (auth, now_ms) = (self.auth(), self.now_ms());
        let answer = AssertionAnswer::read(answer).ok_or(PasskeyError::Refused(CredentialRefusal::Form))?;
        let mut conn = auth.db.platform_read(PlatformReason::SignIn).await?;
        let row = db::person::passkeys::platform_find(&mut conn, answer.id()).await?;
        // Of somebody else it is as good as unknown.
        let row = row.filter(|row| visitor.is_none_or(|visitor| row.person() == visitor.person));
        let person = row.as_ref().map_or(PersonNumber::NOBODY, PasskeyRow::person);
        let email = db::person::people::platform_email(&mut conn, person).await?;
        let credentials = db::person::people::platform_numbered(&mut conn, person).await?;
        let accounts = db::person::members::platform_of_person(&mut conn, person, now_ms).await?;
        let into = accounts.first().map(MembershipRow::scope).transpose()?;
        drop(conn);
        let who = visitor.map(|visitor| visitor.email.clone()).or(email);
        let first = match &who {
            Some(email) => auth.first_step(email, origin).await?,
            None => AttemptOrigin::new(&Hash::of(answer.id()).to_string(), None, origin.peer),
        };
        let from = first.of_step(ACT);
        auth.limits.count(auth.db, &from, now_ms).await.map_err(SignInError::from)?;
        let (Some(row), Some(email), Some(credentials), Some(into)) = (row, who.as_ref(), credentials, into)
        else {
            let known = visitor.map(|visitor| (visitor.scope, visitor.email.as_str()));
            self.note_refused(known, &first, origin).await?;
            return Err(PasskeyError::Refused(CredentialRefusal::Credential));
        };
        let into = visitor.map_or(into, |visitor| visitor.scope);
        match self.use_passkey(challenge, &row, &credentials.id, &answer, &from).await {
            Ok(()) => Ok(ShownPasskey { person: credentials, email: email.clone(), into, first }),
            Err(PasskeyError::Refused(CredentialRefusal::Counter)) => {
                self.note_copy(into, email, &row.name).await?;
                Err(PasskeyError::Refused(CredentialRefusal::Counter))
            }
            Err(PasskeyError::Refused(refusal)) => {
                self.note_refused(Some((into, email)), &first, origin).await?;
                Err(PasskeyError::Refused(refusal))
            }
            Err(error) => Err(error),
        }
    }

    async fn use_passkey(
        &self,
        challenge: &CredentialChallenge,
        row: &PasskeyRow,
        person_id: &str,
        answer: &AssertionAnswer,
        from: &AttemptOrigin,
    ) -> Result<(), PasskeyError> {
        let stored = StoredCredential {
            id: answer.id(),
            key: &row.public_key,
            // What was stored came of one.
            sign_count: u32::try_from(row.sign_count).unwrap_or(u32::MAX),
            is_backup_eligible: row.is_backup_eligible,
            user_handle: &user_handle(person_id).0,
        };
        let verified = self.party.verify_assertion(challenge, &stored, answer);
        let CredentialUse { sign_count, is_backed_up } = verified.map_err(PasskeyError::Refused)?;
        let (auth, now_ms) = (self.auth(), self.now_ms());
        let mut tx = auth.db.platform_write(PlatformReason::SignIn).await?;
        let counted = (row.sign_count, i64::from(sign_count));
        let used = PasskeyUse { credential: answer.id(), counted, is_backed_up };
        if !db::person::passkeys::platform_use(&mut tx, used, now_ms).await? {
            // It was used or removed meanwhile.
            return Err(PasskeyError::Refused(CredentialRefusal::Credential));
        }
        auth.limits.was_right(&mut tx, from, now_ms).await?;
        Ok(tx.commit().await?)
    }

    async fn note_refused(
        &self,
        known: Option<(AccountScope, &str)>,
        first: &AttemptOrigin,
        origin: &SignInOrigin,
    ) -> Result<(), DbError> {
        let auth = self.auth();
        if let Some((scope, email)) = known {
            return auth.note_denied(scope, email, ACT, first, origin.peer).await;
        }
        let mut tx = auth.db.platform_write(PlatformReason::SignIn).await?;
        auth.log().write_stranger(&mut tx, ACT).await?;
        tx.commit().await
    }

    async fn note_copy(&self, scope: AccountScope, email: &str, name: &str) -> Result<(), DbError> {
        let auth = self.auth();
        let mut tx = auth.db.platform_write(PlatformReason::SignIn).await?;
        let link = format!("{}/app/me", auth.public_url);
        let letter = MailLetter::passkey_copied(self.now_ms(), name, link);
        auth.mail.post(&mut tx, None, email, &letter).await?;
        let mut tx = tx.enter(scope).await?;
        let record = AccessRecord { who: email, act: COPY_ACT, about: name, facility: None };
        auth.log().write_repeated(&mut tx, record, AccessOutcome::Denied).await?;
        tx.commit().await
    }
}
