//! Invitations: somebody of the account asks an address into it, and whoever reads its mail comes in.

use std::collections::BTreeSet;

use record::ids::UserId;

use super::member_grant::MemberGrant;
use super::member_grant::write_grant;
use super::people::{ActingPerson, PeopleError, require_grant, require_role_and_places};
use crate::accounts::credentials::mail_link::{INVITATION_MS, LinkSecret, count_invitation};
use crate::accounts::notices::is_read_only;
use crate::accounts::records::access_log::{AccessLog, AccessRecord};
use crate::accounts::{AccountUser, UserRole};
use crate::db::PersonNumber;
use crate::db::account::accounts::lock_account;
use crate::db::facility::facilities;
use crate::db::person::identities;
use crate::db::person::identities::IdentityKey;
use crate::db::person::invitations;
use crate::db::person::invitations::{InvitationRow, NewInvitation};
use crate::db::person::members;
use crate::db::person::people;
use crate::db::person::people::NewPerson;
use crate::db::{Db, DbError, PlatformConnection, PlatformReason, ScopedConnection};
use crate::mail::{MailLetter, MailOutbox};

pub const OPEN_MAX: usize = 200;
/// So long the same invitation once more is one press that came twice: a second mail would end the first one's link.
const TWICE_MS: i64 = 60_000;
/// Where a link leads, before its secret.
pub const PATH: &str = "/join/";

/// Why somebody was not invited, or did not come in.
#[derive(Debug, thiserror::Error)]
#[error("{self:?}")]
pub enum InvitationError {
    #[error(transparent)]
    People(#[from] PeopleError),
    Wait {
        until_ms: i64,
    },
    TooMany,
    /// It was used, taken back, or its time is over.
    Over,
    PlacesGone,
    /// The account made none with this id.
    NoSuch,
    /// Nothing of the account changes now.
    Paused,
    OtherAddress,
}

impl From<DbError> for InvitationError {
    fn from(error: DbError) -> Self {
        Self::People(PeopleError::Db(error))
    }
}

/// What somebody who is new signs in with from now on.
#[derive(Debug, Clone, Copy)]
pub(in crate::accounts) enum JoinProof<'a> {
    Password(&'a str),
    Identity(&'a IdentityKey),
}

#[derive(Debug, Clone, Copy)]
pub struct InvitationService<'a> {
    pub log: AccessLog<'a>,
    pub mail: &'a MailOutbox,
    /// Where people reach the relay.
    pub public_url: &'a str,
}

impl InvitationService<'_> {
    /// Invites an address, in lower case, and mails it the link; an earlier invitation of it is over. The link, for where no mail
    /// leaves; none where the same was mailed a moment ago.
    pub async fn invite_address(
        &self,
        tx: &mut ScopedConnection,
        by: ActingPerson<'_>,
        email: &str,
        grant: &MemberGrant,
    ) -> Result<Option<String>, InvitationError> {
        let now_ms = self.log.clock.now_ms();
        lock_account(tx).await?;
        require_grant(tx, by, grant).await?;
        if members::find_by_email(tx, email).await?.is_some() {
            return Err(PeopleError::Known.into());
        }
        let open = invitations::list_open(tx).await?;
        // It takes the place of an earlier one, which is to be taken back by whoever could.
        for earlier in open.iter().filter(|row| row.email == email) {
            let earlier_grant = row_grant(earlier)?;
            require_role_and_places(tx, by, &earlier_grant).await?;
            let is_same = self.mail.is_open() && earlier.made_by == by.who && earlier_grant.is_like(grant);
            if is_same && (0..TWICE_MS).contains(&now_ms.saturating_sub(earlier.made_ms)) {
                return Ok(None);
            }
        }
        count_invitation(tx, email, now_ms)
            .await?
            .map_err(|wait| InvitationError::Wait { until_ms: wait.until_ms })?;
        if open.iter().filter(|row| row.email != email).count() >= OPEN_MAX {
            return Err(InvitationError::TooMany);
        }
        let secret = LinkSecret::new(self.log.random.bytes());
        let places = grant.places.as_ref().map(serde_json::to_string).transpose();
        let places = places.map_err(|e| DbError::stored("places", e))?;
        let expires_ms = now_ms.saturating_add(INVITATION_MS);
        let new = NewInvitation {
            invitation: &UserId::new(now_ms, self.log.random.bytes()).to_string(),
            email,
            role: grant.role.key(),
            places: places.as_deref(),
            until_ms: grant.until_ms,
            digest: secret.digest(),
            made_by: by.who,
            expires_ms,
        };
        invitations::insert_invitation(tx, &new, now_ms).await?;
        let link = format!("{}{PATH}{}", self.public_url, secret.text());
        let account = by.member.map(|member| member.account_name.clone()).unwrap_or_default();
        let letter = MailLetter::invitation(&account, by.who, grant.role.key(), link.clone(), expires_ms);
        let scope = tx.scope();
        self.mail.post(tx, Some(scope), email, &letter).await?;
        let about = format!("{email} {}", write_grant(grant));
        self.log
            .write_act(tx, AccessRecord { who: by.who, act: "invite", about: &about, facility: None })
            .await?;
        Ok(Some(link))
    }

    pub async fn revoke_invitation(
        &self,
        tx: &mut ScopedConnection,
        by: ActingPerson<'_>,
        invitation: &str,
    ) -> Result<(), InvitationError> {
        let Some(row) = invitations::find_open(tx, invitation).await? else {
            let was_made = invitations::was_made(tx, invitation).await?;
            return Err(if was_made { InvitationError::Over } else { InvitationError::NoSuch });
        };
        // Its places may be gone by now.
        require_role_and_places(tx, by, &row_grant(&row)?).await?;
        if !invitations::revoke_invitation(tx, invitation, self.log.clock.now_ms()).await? {
            return Err(InvitationError::Over);
        }
        let record =
            AccessRecord { who: by.who, act: "invitation revoke", about: &row.email, facility: None };
        Ok(self.log.write_act(tx, record).await?)
    }

    pub async fn accept(
        &self,
        db: &Db,
        secret: &LinkSecret,
        visitor: &AccountUser,
    ) -> Result<InvitationRow, InvitationError> {
        let row = find_invitation(db, secret, self.log.clock.now_ms()).await?.ok_or(InvitationError::Over)?;
        self.accept_as(db, &row, visitor.person, &visitor.email).await?;
        Ok(row)
    }

    pub(in crate::accounts) async fn accept_as(
        &self,
        db: &Db,
        row: &InvitationRow,
        person: PersonNumber,
        email: &str,
    ) -> Result<(), InvitationError> {
        if row.email != email {
            return Err(InvitationError::OtherAddress);
        }
        let mut tx = db.platform_write(PlatformReason::SignIn).await?;
        require_open(&mut tx, row).await?;
        if self.mail.is_open() {
            people::platform_verify(&mut tx, person, self.log.clock.now_ms()).await?;
        }
        let mut tx = tx.enter(row.scope()?).await?;
        self.come_in(&mut tx, row, person).await?;
        Ok(tx.commit().await?)
    }

    /// Somebody who is new here comes in, with a name and a password of their own (its PHC string).
    pub async fn accept_as_new(
        &self,
        db: &Db,
        secret: &LinkSecret,
        name: &str,
        password_hash: &str,
    ) -> Result<InvitationRow, InvitationError> {
        let row = find_invitation(db, secret, self.log.clock.now_ms()).await?.ok_or(InvitationError::Over)?;
        self.join_as_new(db, &row, name, JoinProof::Password(password_hash)).await?;
        Ok(row)
    }

    pub(in crate::accounts) async fn join_as_new(
        &self,
        db: &Db,
        row: &InvitationRow,
        name: &str,
        proof: JoinProof<'_>,
    ) -> Result<(), InvitationError> {
        let now_ms = self.log.clock.now_ms();
        let mut tx = db.platform_write(PlatformReason::SignIn).await?;
        require_open(&mut tx, row).await?;
        let (password_hash, identity) = match proof {
            JoinProof::Password(hash) => (hash, None),
            JoinProof::Identity(identity) => ("", Some(identity)),
        };
        let new = NewPerson {
            id: UserId::new(now_ms, self.log.random.bytes()),
            email: &row.email,
            name,
            // Where no mail leaves, whoever invited has seen the link, and may have used it.
            verified_ms: self.mail.is_open().then_some(now_ms),
            platform_role: None,
            password_hash,
        };
        let person = match people::platform_insert(&mut tx, &new, now_ms).await {
            Err(error) if error.is_conflict() => return Err(InvitationError::OtherAddress),
            inserted => inserted?,
        };
        if let Some(identity) = identity {
            identities::platform_insert(&mut tx, person, identity, now_ms).await?;
        }
        let mut tx = tx.enter(row.scope()?).await?;
        self.come_in(&mut tx, row, person).await?;
        Ok(tx.commit().await?)
    }

    async fn come_in(
        &self,
        tx: &mut ScopedConnection,
        row: &InvitationRow,
        person: PersonNumber,
    ) -> Result<(), InvitationError> {
        let now_ms = self.log.clock.now_ms();
        if !invitations::use_invitation(tx, &row.invitation, now_ms).await? {
            return Err(InvitationError::Over);
        }
        let left = left_grant(row, &facilities::all_places(tx).await?)?;
        if left.is_of_nothing() {
            return Err(InvitationError::PlacesGone);
        }
        match members::insert_member(tx, person, &left.terms(), now_ms).await {
            Err(error) if error.is_conflict() => return Err(PeopleError::Known.into()),
            inserted => inserted?,
        }
        let record = AccessRecord { who: &row.email, act: "join", about: &row.made_by, facility: None };
        Ok(self.log.write_act(tx, record).await?)
    }
}

/// Refuses to let anybody into an account of which nothing changes now.
async fn require_open(tx: &mut PlatformConnection, row: &InvitationRow) -> Result<(), InvitationError> {
    if is_read_only(tx, row.scope()?).await? { Err(InvitationError::Paused) } else { Ok(()) }
}

/// The open invitation of a link, if its time is not over.
pub async fn find_invitation(
    db: &Db,
    secret: &LinkSecret,
    now_ms: i64,
) -> Result<Option<InvitationRow>, DbError> {
    let mut conn = db.platform_read(PlatformReason::SignIn).await?;
    let row = invitations::platform_by_digest(&mut conn, secret.digest()).await?;
    Ok(row.filter(|row| row.expires_ms > now_ms))
}

fn row_grant(row: &InvitationRow) -> Result<MemberGrant, DbError> {
    let role = UserRole::of_row(&row.role)?;
    let places: Vec<String> =
        serde_json::from_str(&row.places).map_err(|e| DbError::stored("places of an invitation", e))?;
    let places = if row.all_facilities { None } else { Some(places) };
    Ok(MemberGrant { role, places, until_ms: row.until_ms })
}

/// What is left of that, by the facilities and regions that are there now.
pub fn left_grant(row: &InvitationRow, known: &BTreeSet<String>) -> Result<MemberGrant, DbError> {
    let mut grant = row_grant(row)?;
    if let Some(places) = &mut grant.places {
        places.retain(|place| known.contains(place));
    }
    Ok(grant)
}
