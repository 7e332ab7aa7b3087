//! What an account's admin says of its providers: who they are, for which domains, and whether passwords still show the account.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use record::ids::UserId;
use record::tree::Hash;

use super::OidcError;
use super::discovery::ProviderMetadata;
use super::groups::{GROUPS_MAX, GroupPlace, read_claim, read_group, read_group_role};
use super::provider::{ProviderPreset, read_domain, read_new_role};
use super::sign_in::{OidcService, seal_place};
use crate::accounts::records::access_log::AccessRecord;
use crate::accounts::{AccountUser, UserRole};
use crate::db::account::accounts::lock_account;
use crate::db::account::oidc_group_roles;
use crate::db::account::oidc_group_roles::GroupRoleRow;
use crate::db::account::oidc_providers;
use crate::db::account::oidc_providers::{DomainRow, NewProvider, PasswordUse, ProviderRow};
use crate::db::facility::facilities;
use crate::db::person::{second_steps, sessions};
use crate::db::{DbError, PlatformReason, ScopedConnection};
use crate::keys::{SealedBytes, UnsealError};
use crate::outgoing::DomainTexts;

pub const PROVIDERS_MAX: usize = 5;
pub const DOMAINS_MAX: usize = 50;
const CLIENT_CHARS_MAX: usize = 255;
const SECRET_CHARS_MAX: usize = 1_024;
/// Before the token in the record that proves a domain.
pub const PROOF_PREFIX: &str = "cleantrack-verify=";

#[derive(Debug, thiserror::Error)]
#[error("{self:?}")]
pub enum ProviderFault {
    Unknown,
    Changed,
    /// More than one field; each of the form's own.
    Several(Vec<ProviderFault>),
    Preset,
    Issuer,
    Client,
    Secret,
    Role,
    Claim,
    Group,
    Place,
    AdminPlace,
    TooMany,
    Domain,
    DomainKnown,
    DomainTaken,
    NotProven,
    NoNames,
    NoDomain,
    OwnerFactor,
    /// The provider does not answer, or not as itself.
    #[error(transparent)]
    Provider(#[from] OidcError),
    #[error(transparent)]
    Seal(#[from] UnsealError),
    #[error(transparent)]
    Db(#[from] DbError),
}

#[derive(Debug, Clone, Copy, Default)]
pub struct ProviderForm<'a> {
    pub preset: &'a str,
    pub issuer: &'a str,
    pub client_id: &'a str,
    /// Empty: the present one stays.
    pub client_secret: &'a str,
    pub role: &'a str,
    pub claim: &'a str,
    /// Whether a user name in a proven domain is somebody's address.
    pub user_names: bool,
}

/// A provider as somebody saw it: what they change later must be that. With the secret, which nobody sees.
pub fn provider_mark(row: &ProviderRow) -> String {
    let secret = Hash::of(&row.secret).to_string();
    let user_names = if row.user_names { "1" } else { "" };
    let facts =
        [row.preset.as_str(), &row.issuer, &row.client_id, &row.role, &row.claim, user_names, &secret];
    Hash::of(facts.join("\n").as_bytes()).to_string()
}

#[derive(Debug, Clone, Copy)]
pub struct GroupForm<'a> {
    pub group: &'a str,
    pub role: &'a str,
    pub place: &'a str,
}

struct ProviderFacts {
    preset: ProviderPreset,
    issuer: String,
    client_id: String,
    role: UserRole,
    claim: String,
    user_names: bool,
}

impl ProviderFacts {
    /// What the fields say; `secret` is what is wrong with the secret.
    fn read(form: &ProviderForm<'_>, secret: Option<ProviderFault>) -> Result<Self, ProviderFault> {
        let preset = ProviderPreset::of_key(form.preset).ok_or(ProviderFault::Preset);
        // Of which service an issuer is to be is not known without one.
        let reader = preset.as_ref().map_or(ProviderPreset::Other, |preset| *preset);
        let issuer = reader.read_issuer(form.issuer).ok_or(ProviderFault::Issuer);
        let client_id = form.client_id.trim();
        let is_client = (1..=CLIENT_CHARS_MAX).contains(&client_id.len())
            && client_id.bytes().all(|b| b.is_ascii_graphic());
        let client = if is_client { Ok(client_id.to_owned()) } else { Err(ProviderFault::Client) };
        let role = read_new_role(form.role).ok_or(ProviderFault::Role);
        let claim = read_claim(form.claim).ok_or(ProviderFault::Claim);
        match (preset, issuer, client, secret, role, claim) {
            (Ok(preset), Ok(issuer), Ok(client_id), None, Ok(role), Ok(claim)) => {
                Ok(Self { preset, issuer, client_id, role, claim, user_names: form.user_names })
            }
            (preset, issuer, client, secret, role, claim) => {
                let faults = [preset.err(), issuer.err(), client.err(), secret, role.err(), claim.err()];
                Err(ProviderFault::Several(faults.into_iter().flatten().collect()))
            }
        }
    }
}

fn secret_fault(client_secret: &str) -> Option<ProviderFault> {
    let fits = (1..=SECRET_CHARS_MAX).contains(&client_secret.len())
        && client_secret.bytes().all(|b| b.is_ascii_graphic());
    (!fits).then_some(ProviderFault::Secret)
}

#[derive(Debug)]
pub struct ProviderOffice<'a> {
    pub service: OidcService<'a>,
    pub texts: &'a dyn DomainTexts,
    pub visitor: &'a AccountUser,
}

impl ProviderOffice<'_> {
    fn now_ms(&self) -> i64 {
        self.service.auth.clock.now_ms()
    }

    pub async fn list(&self) -> Result<(Vec<ProviderRow>, Vec<DomainRow>), DbError> {
        let mut conn = self.service.auth.db.read(self.visitor.scope).await?;
        let providers = oidc_providers::list_providers(&mut conn).await?;
        Ok((providers, oidc_providers::list_domains(&mut conn).await?))
    }

    async fn find(&self, provider: &str) -> Result<ProviderRow, ProviderFault> {
        let mut conn = self.service.auth.db.read(self.visitor.scope).await?;
        let row = oidc_providers::find_provider(&mut conn, provider).await?;
        row.ok_or(ProviderFault::Unknown)
    }

    fn seal(&self, provider: &str, client_secret: &str) -> Result<SealedBytes, ProviderFault> {
        let (keys, random) = (&self.service.keys, self.service.auth.random);
        Ok(keys.seal_bytes(client_secret.as_bytes(), &seal_place(provider), random)?)
    }

    pub async fn add(&self, form: &ProviderForm<'_>) -> Result<(), ProviderFault> {
        let client_secret = form.client_secret.trim();
        let facts = ProviderFacts::read(form, secret_fault(client_secret))?;
        let now_ms = self.now_ms();
        let provider = UserId::new(now_ms, self.service.auth.random.bytes()).to_string();
        let sealed = self.seal(&provider, client_secret)?;
        let metadata = ProviderMetadata::ask(self.service.http, &facts.issuer).await?;
        let mut tx = self.service.auth.db.write(self.visitor.scope).await?;
        if oidc_providers::list_providers(&mut tx).await?.len() >= PROVIDERS_MAX {
            return Err(ProviderFault::TooMany);
        }
        let issuer = facts.issuer.clone();
        let new = new_row(provider, facts, sealed, &metadata, now_ms);
        oidc_providers::insert_provider(&mut tx, new, now_ms).await?;
        self.note(tx, "oidc provider add", &issuer).await
    }

    /// Changes a provider that is as `seen` says. Whoever it signed in is signed out where it is another one now.
    pub async fn change(
        &self,
        provider: &str,
        form: &ProviderForm<'_>,
        seen: &str,
    ) -> Result<(), ProviderFault> {
        let row = self.find(provider).await?;
        if provider_mark(&row) != seen {
            return Err(ProviderFault::Changed);
        }
        let secret = Some(form.client_secret.trim()).filter(|text| !text.is_empty());
        let facts = ProviderFacts::read(form, secret.and_then(secret_fault))?;
        let now_ms = self.now_ms();
        let sealed = match form.client_secret.trim() {
            // The secret of one provider is nothing for another.
            "" if facts.issuer != row.issuer => return Err(ProviderFault::Secret),
            "" => SealedBytes { n: row.seal_n, bytes: row.secret },
            client_secret => self.seal(provider, client_secret)?,
        };
        let metadata = ProviderMetadata::ask(self.service.http, &facts.issuer).await?;
        let issuer = facts.issuer.clone();
        let mut tx = self.service.auth.db.write(self.visitor.scope).await?;
        let new = new_row(provider.to_owned(), facts, sealed, &metadata, now_ms);
        // The provider took its time to answer.
        lock_account(&mut tx).await?;
        let present = oidc_providers::find_provider(&mut tx, provider).await?;
        if present.is_some_and(|present| provider_mark(&present) != seen) {
            return Err(ProviderFault::Changed);
        }
        if !oidc_providers::change_provider(&mut tx, new).await? {
            return Err(ProviderFault::Unknown);
        }
        if issuer != row.issuer {
            end_begun(&mut tx, provider).await?;
        }
        self.note(tx, "oidc provider change", &issuer).await
    }

    /// Removes a provider, with its domains. Whoever it signed in is signed out; who they are there stays known.
    pub async fn remove(&self, provider: &str) -> Result<(), ProviderFault> {
        let row = self.find(provider).await?;
        let mut tx = self.service.auth.db.write(self.visitor.scope).await?;
        if !oidc_providers::delete_provider(&mut tx, provider).await? {
            return Err(ProviderFault::Unknown);
        }
        end_begun(&mut tx, provider).await?;
        self.note(tx, "oidc provider remove", &row.issuer).await
    }

    /// Adds a domain, which signs nobody in before it is proven.
    pub async fn add_domain(&self, provider: &str, domain: &str) -> Result<(), ProviderFault> {
        self.find(provider).await?;
        let domain = read_domain(domain).ok_or(ProviderFault::Domain)?;
        let token = URL_SAFE_NO_PAD.encode(self.service.auth.random.bytes::<24>());
        let mut tx = self.service.auth.db.write(self.visitor.scope).await?;
        if oidc_providers::list_domains(&mut tx).await?.len() >= DOMAINS_MAX {
            return Err(ProviderFault::TooMany);
        }
        match oidc_providers::insert_domain(&mut tx, provider, &domain, &token, self.now_ms()).await {
            Err(error) if error.is_conflict() => return Err(ProviderFault::DomainKnown),
            inserted => inserted?,
        }
        self.note(tx, "oidc domain add", &domain).await
    }

    pub async fn prove_domain(&self, provider: &str, domain: &str) -> Result<(), ProviderFault> {
        let mut conn = self.service.auth.db.read(self.visitor.scope).await?;
        let domains = oidc_providers::list_domains(&mut conn).await?;
        drop(conn);
        let mut named = domains.into_iter().filter(|row| row.domain == domain && row.provider == provider);
        let row = named.next().ok_or(ProviderFault::Unknown)?;
        let texts = self.texts.find_texts(row.domain.clone()).await.map_err(|_| ProviderFault::NoNames)?;
        let proof = format!("{PROOF_PREFIX}{}", row.token);
        if !texts.iter().any(|text| text.trim() == proof) {
            return Err(ProviderFault::NotProven);
        }
        let mut tx = self.service.auth.db.write(self.visitor.scope).await?;
        match oidc_providers::prove_domain(&mut tx, &row.domain, self.now_ms()).await {
            Err(error) if error.is_conflict() => return Err(ProviderFault::DomainTaken),
            // Pressed twice, it is proven.
            Ok(false) => return Ok(()),
            proven => proven?,
        };
        self.note(tx, "oidc domain prove", &row.domain).await
    }

    pub async fn remove_domain(&self, provider: &str, domain: &str) -> Result<(), ProviderFault> {
        let mut tx = self.service.auth.db.write(self.visitor.scope).await?;
        if !oidc_providers::delete_domain(&mut tx, provider, domain).await? {
            return Err(ProviderFault::Unknown);
        }
        self.note(tx, "oidc domain remove", domain).await
    }

    pub async fn list_groups(&self) -> Result<Vec<GroupRoleRow>, DbError> {
        let mut conn = self.service.auth.db.read(self.visitor.scope).await?;
        oidc_group_roles::list_group_roles(&mut conn).await
    }

    /// Lets a group of the provider's make something of whoever comes for the first time.
    pub async fn add_group(&self, provider: &str, form: GroupForm<'_>) -> Result<(), ProviderFault> {
        self.find(provider).await?;
        let value = read_group(form.group).ok_or(ProviderFault::Group)?;
        let role = read_group_role(form.role).ok_or(ProviderFault::Role)?;
        let place = GroupPlace::of_key(form.place);
        let mut tx = self.service.auth.db.write(self.visitor.scope).await?;
        lock_account(&mut tx).await?;
        match &place {
            GroupPlace::One(id) if !facilities::all_places(&mut tx).await?.contains(id) => {
                return Err(ProviderFault::Place);
            }
            GroupPlace::Nothing | GroupPlace::One(_) if role == UserRole::AccountAdmin => {
                return Err(ProviderFault::AdminPlace);
            }
            _ => {}
        }
        if oidc_group_roles::list_of_provider(&mut tx, provider).await?.len() >= GROUPS_MAX {
            return Err(ProviderFault::TooMany);
        }
        let about = format!("{value} {role} {}", place.key());
        let new = GroupRoleRow {
            provider: provider.to_owned(),
            value,
            role: role.to_string(),
            place: place.key().to_owned(),
        };
        // Pressed twice, it is there.
        if !oidc_group_roles::insert_group_role(&mut tx, new).await? {
            return Ok(());
        }
        self.note(tx, "oidc group add", &about).await
    }

    /// Lets a group make nothing of anybody any more. Who came by it stays what they are.
    pub async fn remove_group(&self, provider: &str, form: GroupForm<'_>) -> Result<(), ProviderFault> {
        let old = GroupRoleRow {
            provider: provider.to_owned(),
            value: form.group.to_owned(),
            role: form.role.to_owned(),
            place: form.place.to_owned(),
        };
        let about = format!("{} {} {}", old.value, old.role, old.place);
        let mut tx = self.service.auth.db.write(self.visitor.scope).await?;
        if !oidc_group_roles::delete_group_role(&mut tx, old).await? {
            return Err(ProviderFault::Unknown);
        }
        self.note(tx, "oidc group remove", &about).await
    }

    /// Says whether passwords show the account to people in the provider's proven domains.
    ///
    /// # Errors
    /// Nobody would come in when the provider does not let anybody, or nobody is meant.
    pub async fn set_password_use(
        &self,
        provider: &str,
        passwords: PasswordUse,
    ) -> Result<(), ProviderFault> {
        self.find(provider).await?;
        let act = match passwords {
            PasswordUse::Allowed => "oidc leave",
            PasswordUse::Barred => "oidc enforce",
        };
        let mut tx = self.service.auth.db.platform_write(PlatformReason::SignIn).await?;
        if passwords == PasswordUse::Barred
            && !oidc_providers::platform_owner_has_factor(&mut tx, self.visitor.scope).await?
        {
            return Err(ProviderFault::OwnerFactor);
        }
        let mut tx = tx.enter(self.visitor.scope).await?;
        let domains = oidc_providers::list_domains(&mut tx).await?;
        if passwords == PasswordUse::Barred
            && !domains.iter().any(|row: &DomainRow| row.provider == provider && row.proven_ms.is_some())
        {
            return Err(ProviderFault::NoDomain);
        }
        if !oidc_providers::set_password_use(&mut tx, provider, passwords).await? {
            return Ok(());
        }
        self.note(tx, act, provider).await
    }

    /// Writes down what was done, and ends the transaction.
    async fn note(&self, mut tx: ScopedConnection, act: &str, about: &str) -> Result<(), ProviderFault> {
        let record = AccessRecord { who: &self.visitor.email, act, about, facility: None };
        self.service.auth.log().write_act(&mut tx, record).await?;
        Ok(tx.commit().await?)
    }
}

fn new_row(
    provider: String,
    facts: ProviderFacts,
    sealed: SealedBytes,
    metadata: &ProviderMetadata,
    fetched_ms: i64,
) -> NewProvider {
    NewProvider {
        provider,
        preset: facts.preset.key(),
        issuer: facts.issuer,
        client_id: facts.client_id,
        seal_n: sealed.n,
        secret: sealed.bytes,
        role: facts.role.key(),
        claim: facts.claim,
        user_names: facts.user_names,
        metadata: metadata.to_text(),
        fetched_ms,
    }
}

async fn end_begun(tx: &mut ScopedConnection, provider: &str) -> Result<(), DbError> {
    sessions::delete_of_provider(tx, provider).await?;
    second_steps::end_of_provider(tx, provider).await
}
