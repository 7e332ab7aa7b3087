//! What proves a person beside their password: codes of an authenticator app, recovery codes on paper, and passkeys, which are a module of
//! their own.

use std::sync::Arc;

use record::ids::UserId;
use record::tree::Hash;
use service::random::RandomSource;
use totp_rs::{Builder, Totp};

use super::sign_in::{AuthService, FactorProof, SignInError, SignInOrigin, SignInStep, SignedIn};
use crate::accounts::AccountUser;
use crate::accounts::credentials::lock_out::AttemptOrigin;
use crate::accounts::credentials::second_step::{STEP_MS, StepSecret};
use crate::accounts::records::access_log::AccessRecord;
use crate::accounts::records::person_log::list_scopes;
use crate::db;
use crate::db::PersonNumber;
use crate::db::person::factors::{FactorRow, NewFactor};
use crate::db::person::members::MembershipRow;
use crate::db::person::people::PersonCredentials;
use crate::db::person::second_steps::SecondStep;
use crate::db::person::sessions::ProviderSignIn;
use crate::db::person::{factors, second_steps};
use crate::db::{AccountScope, DbError, PlatformConnection, PlatformReason};
use crate::keys::{KeySet, SealedBytes, UnsealError};
use crate::mail::MailLetter;

const ACT: &str = "second step";
/// Recovery codes that somebody gets at a time.
pub const CODES: usize = 10;
const APPS_MAX: usize = 5;
/// Bytes of an app's secret, as RFC 4226 §4 recommends.
const SECRET_BYTES: usize = 20;
/// Crockford's alphabet: no I, L, O, U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters of a recovery code: 50 bits.
const CODE_CHARS: usize = 10;
const NAME_CHARS_MAX: usize = 60;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactorKind {
    Totp,
    /// A code on paper, usable once.
    Recovery,
    /// A key of a phone, a computer or a stick, that proves a person without a password, too.
    Passkey,
}

impl FactorKind {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::Recovery => "recovery",
            Self::Passkey => "passkey",
        }
    }

    /// Of this row; recovery codes alone are of no use.
    pub(in crate::accounts) fn is_of(self, row: &FactorRow) -> bool {
        row.kind == self.word()
    }
}

/// Why a factor was not taken, added or removed.
#[derive(Debug, thiserror::Error)]
#[error("{self:?}")]
pub enum FactorError {
    /// The code is none of theirs, or was used before.
    Wrong,
    /// The first step is too long ago, or was never made.
    Over,
    Unknown,
    TooMany,
    /// The form's secret was not made for this session.
    Foreign,
    #[error(transparent)]
    Seal(#[from] UnsealError),
    #[error(transparent)]
    SignIn(#[from] SignInError),
    #[error(transparent)]
    Db(#[from] DbError),
}

#[derive(Clone)]
pub struct AppSecret([u8; SECRET_BYTES]);

impl std::fmt::Debug for AppSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AppSecret(****)")
    }
}

impl AppSecret {
    pub fn new(random: &dyn RandomSource) -> Self {
        Self(random.bytes())
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Of this person at this relay, by RFC 6238 with the values that every app knows: SHA-1, 30 seconds, six digits.
    fn totp(&self, issuer: &str, email: &str) -> Option<Totp> {
        // A colon would end the part of the address that the app shows.
        let (issuer, email) = (issuer.replace(':', " "), email.replace(':', " "));
        Builder::new()
            .with_secret(self.0.to_vec())
            .with_account_name(email)
            .with_issuer(Some(issuer))
            .build()
            .ok()
    }

    /// The address that an app reads as a QR code.
    pub fn to_url(&self, issuer: &str, email: &str) -> Option<String> {
        self.totp(issuer, email)?.to_url().ok()
    }

    /// For whoever types it in, in groups of four.
    pub fn to_text(&self) -> String {
        let text = totp_rs::Secret::from(self.0.to_vec()).to_base32();
        let groups: Vec<&str> =
            text.as_bytes().chunks(4).filter_map(|c| std::str::from_utf8(c).ok()).collect();
        groups.join(" ")
    }

    /// The step of a code, where it is one of this moment or of the thirty seconds before or after it.
    fn step_of(&self, code: &str, now_ms: i64) -> Option<i64> {
        let step = self.totp("", "x")?.check(code, now_ms.max(0).cast_unsigned() / 1_000)?;
        i64::try_from(step).ok()
    }
}

pub(in crate::accounts) fn factor_name(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(NAME_CHARS_MAX).collect()
}

/// Whether somebody has none but recovery codes, which are usable beside others only.
fn has_only_codes(known: &[FactorRow]) -> bool {
    known.iter().all(|row| FactorKind::Recovery.is_of(row))
}

/// A code as somebody types it: spaces and hyphens are nothing, letters of any case, `O` is a zero.
fn plain_code(text: &str) -> String {
    let plain = text.chars().filter(|c| !c.is_whitespace() && *c != '-').take(64);
    plain.map(|c| c.to_ascii_uppercase()).map(|c| if c == 'O' { '0' } else { c }).collect()
}

fn new_code(random: &dyn RandomSource) -> String {
    let bytes: [u8; CODE_CHARS] = random.bytes();
    let code: String = bytes
        .into_iter()
        .map(|byte: u8| ALPHABET.get(usize::from(byte % 32)).copied().map_or('0', char::from))
        .collect();
    format!("{}-{}", &code[..CODE_CHARS / 2], &code[CODE_CHARS / 2..])
}

fn code_text(person: PersonNumber, code: &str) -> String {
    format!("recovery code of {person}\n{}", plain_code(code))
}

/// An app's id follows from its secret: a form that is sent twice sets up one app.
fn factor_id(secret: &AppSecret) -> String {
    let hash = Hash::of(&[b"factor id\n".as_slice(), &secret.0].concat());
    let mut id = [0; 10];
    id.copy_from_slice(&hash.0[..10]);
    UserId::new(0, id).to_string()
}

fn seal_place(person: PersonNumber, factor: &str) -> String {
    format!("factor {factor} of {person}")
}

/// A factor, as its person's list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountFactor {
    pub id: String,
    pub name: String,
    pub made_ms: i64,
    pub used_ms: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountFactors {
    pub apps: Vec<AccountFactor>,
    pub passkeys: Vec<AccountFactor>,
    /// Recovery codes that were not used.
    pub codes_left: usize,
}

#[derive(Debug, Clone)]
pub struct SecondFactorService<'a> {
    pub auth: AuthService<'a>,
    pub keys: Arc<KeySet>,
    pub issuer: &'a str,
}

impl SecondFactorService<'_> {
    fn now_ms(&self) -> i64 {
        self.auth.clock.now_ms()
    }

    async fn load(&self, person: PersonNumber) -> Result<Vec<FactorRow>, DbError> {
        let mut conn = self.auth.db.platform_read(PlatformReason::SignIn).await?;
        factors::platform_list(&mut conn, person).await
    }

    pub async fn list(&self, person: PersonNumber) -> Result<AccountFactors, DbError> {
        let mut own = AccountFactors::default();
        for row in self.load(person).await? {
            let (is_app, is_passkey) = (FactorKind::Totp.is_of(&row), FactorKind::Passkey.is_of(&row));
            let FactorRow { factor: id, name, made_ms, used_ms, .. } = row;
            let factor = AccountFactor { id, name, made_ms, used_ms };
            if is_app {
                own.apps.push(factor);
            } else if is_passkey {
                own.passkeys.push(factor);
            } else if used_ms.is_none() {
                own.codes_left += 1;
            }
        }
        Ok(own)
    }

    /// Seals the secret of an app that is not set up yet, for the form of this session that sets it up.
    pub fn seal_offer(&self, visitor: &AccountUser, secret: &AppSecret) -> Result<SealedBytes, FactorError> {
        let place = format!("offer to {}", visitor.token.digest());
        Ok(self.keys.seal_bytes(&secret.0, &place, self.auth.random)?)
    }

    pub fn unseal_offer(
        &self,
        visitor: &AccountUser,
        sealed: &SealedBytes,
    ) -> Result<AppSecret, FactorError> {
        let place = format!("offer to {}", visitor.token.digest());
        let plain = self.keys.unseal_bytes(sealed, &place).map_err(|_| FactorError::Foreign)?;
        AppSecret::read(&plain).ok_or(FactorError::Foreign)
    }

    /// Sets an app up whose code shows that it has the secret. Recovery codes, where there were none: they are shown once.
    pub async fn add_app(
        &self,
        visitor: &AccountUser,
        name: &str,
        secret: &AppSecret,
        code: &str,
    ) -> Result<Vec<String>, FactorError> {
        let now_ms = self.now_ms();
        let step = secret.step_of(&plain_code(code), now_ms).ok_or(FactorError::Wrong)?;
        let factor = factor_id(secret);
        let sealed =
            self.keys.seal_bytes(&secret.0, &seal_place(visitor.person, &factor), self.auth.random)?;
        let mut tx = self.auth.db.platform_write(PlatformReason::SignIn).await?;
        let known = factors::platform_list(&mut tx, visitor.person).await?;
        // Its first answer may not have been seen, and with it the codes.
        if known.iter().any(|row| row.factor == factor) {
            let codes = self.replace_codes(&mut tx, visitor.person).await?;
            self.note_change(tx, visitor, "recovery codes renew").await?;
            return Ok(codes);
        }
        if known.iter().filter(|row| FactorKind::Totp.is_of(row)).count() >= APPS_MAX {
            return Err(FactorError::TooMany);
        }
        let new = NewFactor {
            factor,
            kind: FactorKind::Totp.word(),
            name: factor_name(name),
            seal_n: sealed.n,
            secret: sealed.bytes,
            step,
        };
        let codes = self.insert_factor(&mut tx, visitor, &known, new).await?;
        self.note_change(tx, visitor, "second factor add").await?;
        Ok(codes)
    }

    /// Keeps a factor beside those that are known; with the first one come recovery codes.
    pub(in crate::accounts) async fn insert_factor(
        &self,
        tx: &mut PlatformConnection,
        visitor: &AccountUser,
        known: &[FactorRow],
        new: NewFactor,
    ) -> Result<Vec<String>, FactorError> {
        let is_first = has_only_codes(known);
        if is_first {
            // Whatever was begun with the password alone is over.
            let stays = visitor.token.digest();
            db::person::sessions::platform_delete_others(tx, visitor.person, stays).await?;
            db::person::mail_links::platform_end_links(tx, visitor.person).await?;
            second_steps::end_of_person(tx, visitor.person).await?;
        }
        factors::platform_insert(tx, visitor.person, new, self.now_ms()).await?;
        if is_first { self.replace_codes(tx, visitor.person).await } else { Ok(Vec::new()) }
    }

    /// New recovery codes in the place of all earlier ones.
    pub async fn renew_codes(&self, visitor: &AccountUser) -> Result<Vec<String>, FactorError> {
        let mut tx = self.auth.db.platform_write(PlatformReason::SignIn).await?;
        let known = factors::platform_list(&mut tx, visitor.person).await?;
        if has_only_codes(&known) {
            return Err(FactorError::Unknown);
        }
        let codes = self.replace_codes(&mut tx, visitor.person).await?;
        self.note_change(tx, visitor, "recovery codes renew").await?;
        Ok(codes)
    }

    async fn replace_codes(
        &self,
        tx: &mut PlatformConnection,
        person: PersonNumber,
    ) -> Result<Vec<String>, FactorError> {
        let (now_ms, kind, seal_n) = (self.now_ms(), FactorKind::Recovery.word(), self.keys.seal_number()?);
        factors::platform_delete_kind(tx, person, kind).await?;
        let codes: Vec<String> = (0..CODES).map(|_| new_code(self.auth.random)).collect();
        for code in &codes {
            let new = NewFactor {
                factor: UserId::new(now_ms, self.auth.random.bytes()).to_string(),
                kind,
                name: String::new(),
                seal_n,
                secret: self.keys.keyed_digest(seal_n, &code_text(person, code))?.0.to_vec(),
                step: 0,
            };
            factors::platform_insert(tx, person, new, now_ms).await?;
        }
        Ok(codes)
    }

    pub async fn rename_factor(
        &self,
        visitor: &AccountUser,
        factor: &str,
        name: &str,
    ) -> Result<(), FactorError> {
        let name = factor_name(name);
        let mut tx = self.auth.db.platform_write(PlatformReason::SignIn).await?;
        if !factors::platform_rename(&mut tx, visitor.person, factor, &name).await? {
            return Err(FactorError::Unknown);
        }
        let mut tx = tx.enter(visitor.scope).await?;
        let record = AccessRecord { who: &visitor.email, act: "factor rename", about: &name, facility: None };
        self.auth.log().write_act(&mut tx, record).await?;
        Ok(tx.commit().await?)
    }

    /// Takes an app or a passkey away; with the last one go the recovery codes.
    pub async fn remove_factor(&self, visitor: &AccountUser, factor: &str) -> Result<(), FactorError> {
        let mut tx = self.auth.db.platform_write(PlatformReason::SignIn).await?;
        let mut known = factors::platform_list(&mut tx, visitor.person).await?;
        let found = known.iter().position(|row| row.factor == factor && !FactorKind::Recovery.is_of(row));
        let row = known.remove(found.ok_or(FactorError::Unknown)?);
        if !factors::platform_delete(&mut tx, visitor.person, factor).await? {
            return Err(FactorError::Unknown);
        }
        if has_only_codes(&known) {
            factors::platform_delete_kind(&mut tx, visitor.person, FactorKind::Recovery.word()).await?;
        }
        let is_passkey = FactorKind::Passkey.is_of(&row);
        self.note_change(tx, visitor, if is_passkey { "passkey remove" } else { "second factor remove" })
            .await
    }

    /// Writes down and mails that what proves somebody is another thing now, and ends the transaction.
    pub(in crate::accounts) async fn note_change(
        &self,
        mut tx: PlatformConnection,
        visitor: &AccountUser,
        act: &str,
    ) -> Result<(), FactorError> {
        let link = format!("{}/app/me", self.auth.public_url);
        let letter = MailLetter::factor_changed(self.now_ms(), link);
        self.auth.mail.post(&mut tx, None, &visitor.email, &letter).await?;
        let scopes = list_scopes(&mut tx, visitor.person, self.now_ms()).await?;
        let tx = tx.enter(visitor.scope).await?;
        let record = AccessRecord { who: &visitor.email, act, about: "", facility: None };
        let tx = self.auth.log().write_in_each(tx, &scopes, record).await?;
        Ok(tx.commit().await?)
    }

    /// What whoever made the first step of a sign-in in this browser has for the second one; `None` where nobody did, or its time is
    /// over.
    pub async fn list_begun(&self, secret: &StepSecret) -> Result<Option<AccountFactors>, DbError> {
        let mut conn = self.auth.db.platform_read(PlatformReason::SignIn).await?;
        let begun = second_steps::platform_find(&mut conn, secret.digest(), self.now_ms()).await?;
        drop(conn);
        match begun {
            Some(begun) => self.list(begun.person).await.map(Some),
            None => Ok(None),
        }
    }

    /// The second step: a code of an app, or a recovery code.
    pub async fn sign_in(
        &self,
        secret: &StepSecret,
        code: &str,
        origin: SignInOrigin,
    ) -> Result<SignedIn, FactorError> {
        let now_ms = self.now_ms();
        let mut conn = self.auth.db.platform_read(PlatformReason::SignIn).await?;
        let begun = second_steps::platform_find(&mut conn, secret.digest(), now_ms).await?;
        let begun = begun.ok_or(FactorError::Over)?;
        let email =
            db::person::people::platform_email(&mut conn, begun.person).await?.ok_or(FactorError::Over)?;
        let row =
            db::person::people::platform_numbered(&mut conn, begun.person).await?.ok_or(FactorError::Over)?;
        let accounts = db::person::members::platform_of_person(&mut conn, begun.person, now_ms).await?;
        let into = match &begun.provider {
            Some(provider) => {
                let row = db::account::oidc_providers::platform_find(&mut conn, provider).await?;
                row.ok_or(FactorError::Over)?.scope()?
            }
            None => accounts.first().map(MembershipRow::scope).transpose()?.ok_or(FactorError::Over)?,
        };
        drop(conn);
        let step = step_name(begun.provider.as_ref().map(|_| into));
        let shown_ms = begun.shown_ms;
        let provider_sign_in =
            begun.provider.map(|provider| ProviderSignIn { provider, showed_factor: false, shown_ms });
        let origin = SignInOrigin { provider: provider_sign_in, ..origin };
        let first = self.auth.first_step(&email, &origin).await?;
        let from = first.of_step(&step);
        self.count_code(&email, &from, &origin).await?;
        let mut tx = self.auth.db.platform_write(PlatformReason::SignIn).await?;
        if !self.use_code(&mut tx, begun.person, code).await? {
            tx.commit().await?;
            self.auth.note_denied(into, &email, ACT, &first, origin.peer).await?;
            return Err(FactorError::Wrong);
        }
        if !second_steps::platform_end(&mut tx, secret.digest()).await? {
            return Err(FactorError::Over);
        }
        self.auth.limits.was_right(&mut tx, &from, now_ms).await?;
        tx.commit().await?;
        // Only to where it was taken from.
        let counted = (begun.origin == Some(first.mark())).then_some(&first);
        Ok(self.auth.let_in((&email, &row), into, origin, counted, FactorProof::Shown).await?)
    }

    /// Looks at a code of somebody who is signed in; it is used then. The try counts as one at their second step.
    pub async fn check_code(
        &self,
        visitor: &AccountUser,
        code: &str,
        origin: &SignInOrigin,
    ) -> Result<(), FactorError> {
        let now_ms = self.now_ms();
        let first = self.auth.first_step(&visitor.email, origin).await?;
        let from = first.of_step(&step_name(visitor.came_by.as_ref().map(|_| visitor.scope)));
        self.count_code(&visitor.email, &from, origin).await?;
        let mut tx = self.auth.db.platform_write(PlatformReason::SignIn).await?;
        let is_right = self.use_code(&mut tx, visitor.person, code).await?;
        if is_right {
            self.auth.limits.was_right(&mut tx, &from, now_ms).await?;
        }
        tx.commit().await?;
        if is_right {
            return Ok(());
        }
        self.auth.note_denied(visitor.scope, &visitor.email, ACT, &first, origin.peer).await?;
        Err(FactorError::Wrong)
    }

    /// Whether it is a code of theirs that was not used; it is used now.
    async fn use_code(
        &self,
        tx: &mut PlatformConnection,
        person: PersonNumber,
        code: &str,
    ) -> Result<bool, FactorError> {
        let (now_ms, plain) = (self.now_ms(), plain_code(code));
        for row in factors::platform_list(tx, person).await? {
            let is_used = if FactorKind::Passkey.is_of(&row) {
                continue;
            } else if FactorKind::Totp.is_of(&row) {
                let Some(step) = self.step_of_app(&row, person, &plain) else { continue };
                factors::platform_use_step(tx, person, &row.factor, step, now_ms).await?
            } else {
                let Ok(digest) = self.keys.keyed_digest(row.seal_n, &code_text(person, code)) else {
                    continue;
                };
                row.secret == digest.0 && factors::platform_use_code(tx, person, digest, now_ms).await?
            };
            if is_used {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The step of a code of this app. One whose secret nothing here opens keeps nobody from the others, nor from recovery codes.
    fn step_of_app(&self, row: &FactorRow, person: PersonNumber, plain: &str) -> Option<i64> {
        let sealed = SealedBytes { n: row.seal_n, bytes: row.secret.clone() };
        match self.keys.unseal_bytes(&sealed, &seal_place(person, &row.factor)) {
            Ok(secret) => AppSecret::read(&secret)?.step_of(plain, self.now_ms()),
            Err(error) => {
                tracing::error!(%error, "the secret of an authenticator app cannot be opened");
                None
            }
        }
    }
}

/// Tries at a code have buckets of their own; those that a provider's sign-ins lead to, those of its account: they use up nobody else's.
fn step_name(provider_of: Option<AccountScope>) -> String {
    match provider_of {
        Some(scope) => format!("{ACT} by a provider of {}", scope.account()),
        None => ACT.to_owned(),
    }
}

impl AuthService<'_> {
    /// Goes on after the first step: into the account, or to the second step where somebody has one.
    pub(in crate::accounts) async fn admit(
        &self,
        email: &str,
        person: &PersonCredentials,
        into: AccountScope,
        origin: SignInOrigin,
        from: Option<&AttemptOrigin>,
    ) -> Result<SignInStep, SignInError> {
        let mut conn = self.db.platform_read(PlatformReason::SignIn).await?;
        let known = factors::platform_list(&mut conn, person.person()).await?;
        drop(conn);
        let showed_factor =
            origin.provider.as_ref().is_some_and(|provider_sign_in| provider_sign_in.showed_factor);
        if known.is_empty() || showed_factor {
            let proof = if showed_factor { FactorProof::Shown } else { FactorProof::NotNeeded };
            return self.let_in((email, person), into, origin, from, proof).await.map(SignInStep::Done);
        }
        let secret = StepSecret::new(self.random.bytes());
        let step = SecondStep {
            person: person.person(),
            origin: from.map(AttemptOrigin::mark),
            shown_ms: origin.provider.as_ref().and_then(|provider_sign_in| provider_sign_in.shown_ms),
            provider: origin.provider.map(|provider_sign_in| provider_sign_in.provider),
        };
        let expires_ms = self.clock.now_ms().saturating_add(STEP_MS);
        let mut tx = self.db.platform_write(PlatformReason::SignIn).await?;
        second_steps::platform_insert(&mut tx, secret.digest(), step, expires_ms).await?;
        tx.commit().await?;
        Ok(SignInStep::Second(secret))
    }
}

#[cfg(test)]
mod tests {
    use service::random::SeededRandom;

    use super::*;

    /// RFC 6238, appendix B, the last six of its eight digits.
    const RFC_SECRET: [u8; SECRET_BYTES] = *b"12345678901234567890";

    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = AppSecret(RFC_SECRET);
        for (at_s, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            assert_eq!(secret.step_of(code, at_s * 1_000), Some(at_s / 30), "{at_s}");
            assert_eq!(secret.step_of(code, (at_s + 30) * 1_000), Some(at_s / 30), "thirty seconds late");
            assert_eq!(secret.step_of(code, (at_s + 90) * 1_000), None, "a minute late");
        }
        assert_eq!(secret.step_of("", 59_000), None);
        assert_eq!(secret.step_of("28708", 59_000), None);
    }

    #[test]
    fn an_app_reads_the_address_and_a_person_the_text() {
        let secret = AppSecret(RFC_SECRET);
        let url = secret.to_url("relay.example", "priya@linden.example").unwrap();
        assert!(url.starts_with("otpauth://totp/relay.example:priya%40linden.example?"), "{url}");
        assert!(url.contains("secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), "{url}");
        assert_eq!(secret.to_text(), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        assert!(secret.to_url("relay:8443", "a:b@linden.example").is_some());
        assert!(!format!("{secret:?}").contains("1234"));
    }

    #[test]
    fn a_code_is_read_as_people_type_it() {
        assert_eq!(plain_code(" 287 082 "), "287082");
        assert_eq!(plain_code("abcde-o1234"), "ABCDE01234");
        let random = SeededRandom::new(1);
        let code = new_code(&random);
        assert_eq!((code.len(), code.as_bytes()[5]), (CODE_CHARS + 1, b'-'));
        let digest = |text: &str| code_text(PersonNumber::NOBODY, text);
        assert_eq!(digest(&code), digest(&code.to_lowercase().replace('-', " ")));
        assert_ne!(digest(&code), digest(&new_code(&random)));
    }
}
