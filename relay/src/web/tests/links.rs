//! Links of mails, and a person of two accounts, for the tests that try every row.

use record::ids::{AccountId, UserId};
use record::tree::Hash;

use super::fake_provider::{FakeProvider, ISSUER};
use super::world::{DAY_MS, NOW_MS, World};
use crate::accounts::authentication::recovery::{LinkKind, PendingAccount};
use crate::accounts::credentials::mail_link::LinkSecret;
use crate::accounts::credentials::session::alive_since;
use crate::db::PersonNumber;
use crate::db::PlatformReason;
use crate::db::account::accounts;
use crate::db::account::oidc_providers;
use crate::db::account::oidc_providers::NewProvider;
use crate::db::delivery::mails::{self, NewMail};
use crate::db::facility::regions;
use crate::db::person::identities;
use crate::db::person::identities::IdentityKey;
use crate::db::person::invitations;
use crate::db::person::invitations::NewInvitation;
use crate::db::person::mail_links;
use crate::db::person::mail_links::NewLink;
use crate::db::person::members;
use crate::db::person::members::MemberTerms;
use crate::db::person::sessions::NewSession;
use crate::db::person::{people, sessions};

impl World {
    /// A link of each kind, an open invitation, and a further account of the admin: names of parts and fields of examples, with
    /// their values.
    pub(super) async fn add_links(&self) -> Vec<(&'static str, String)> {
        let mut tx = self.db.platform_write(PlatformReason::Operator).await.unwrap();
        let admin = people::platform_find(&mut tx, &self.a.email).await.unwrap();
        let pending = PendingAccount {
            name: "Ana".into(),
            organisation: "Ana's".into(),
            email: "ana@new.example".into(),
        };
        let pending = serde_json::to_string(&pending).unwrap();
        let mut made = Vec::new();
        for (n, part, kind, person, body) in [
            (1, "reset", LinkKind::Reset, admin, "{}"),
            (2, "link", LinkKind::SignIn, admin, "{}"),
            (3, "confirm", LinkKind::SignUp, None, pending.as_str()),
        ] {
            let secret = LinkSecret::new([n; 32]);
            let expires_ms = NOW_MS + DAY_MS;
            let new = NewLink { digest: secret.digest(), kind: kind.word(), person, body, expires_ms };
            mail_links::platform_insert(&mut tx, &new, NOW_MS).await.unwrap();
            made.push((part, secret.text()));
        }
        let exit = LinkSecret::new([6; 32]);
        let new = NewMail {
            mail: "01JD0000000000000000000006",
            account: Some(self.a.scope),
            kind: "onboarding-1",
            address: &self.a.email,
            body: "{}",
            locale: "en-US",
            zone: "UTC",
            exit: Some(("onboarding", exit.digest())),
        };
        mails::insert_mail(&mut tx, &new, NOW_MS).await.unwrap();
        made.push(("exit", exit.text()));
        let account = AccountId::new(NOW_MS, [77; 10]);
        let third = accounts::platform_create(&mut tx, account, "Third", NOW_MS).await.unwrap();
        let mut tx = tx.enter(third).await.unwrap();
        let terms = MemberTerms { role: "auditor".into(), places: None, until_ms: None };
        members::insert_member(&mut tx, admin.unwrap(), &terms, NOW_MS).await.unwrap();
        tx.commit().await.unwrap();
        made.push(("account", account.to_string()));
        made.extend(self.add_provider(admin.unwrap()).await);
        let mut tx = self.db.write(self.a.scope).await.unwrap();
        let region = UserId::new(NOW_MS, [78; 10]).to_string();
        regions::insert_region(&mut tx, &region, "South", NOW_MS).await.unwrap();
        tx.commit().await.unwrap();
        made.push(("region", region));
        for (n, part) in [(4, "invitation"), (5, "invited")] {
            let (secret, id) = (LinkSecret::new([n; 32]), UserId::new(NOW_MS, [n; 10]).to_string());
            let new = NewInvitation {
                invitation: &id,
                email: &format!("person{n}@linden.example"),
                role: "biomed",
                places: None,
                until_ms: None,
                digest: secret.digest(),
                made_by: &self.a.email,
                expires_ms: NOW_MS + DAY_MS,
            };
            let mut tx = self.db.write(self.a.scope).await.unwrap();
            invitations::insert_invitation(&mut tx, &new, NOW_MS).await.unwrap();
            tx.commit().await.unwrap();
            made.push((part, if part == "invitation" { secret.text() } else { id }));
        }
        made
    }

    async fn add_provider(&self, admin: PersonNumber) -> [(&'static str, String); 2] {
        let provider = UserId::new(NOW_MS, [79; 10]).to_string();
        let key = IdentityKey { issuer: ISSUER.into(), subject: "1".into() };
        let new = NewProvider {
            provider: provider.clone(),
            preset: "other",
            issuer: ISSUER.into(),
            client_id: "cleantrack".into(),
            seal_n: 0,
            secret: Vec::new(),
            role: "technician",
            claim: "groups".into(),
            user_names: false,
            metadata: FakeProvider::new().answers().metadata.to_string(),
            fetched_ms: NOW_MS,
        };
        let mut tx = self.db.platform_write(PlatformReason::Operator).await.unwrap();
        identities::platform_insert(&mut tx, admin, &key, NOW_MS).await.unwrap();
        let mut tx = tx.enter(self.a.scope).await.unwrap();
        oidc_providers::insert_provider(&mut tx, new, NOW_MS).await.unwrap();
        tx.commit().await.unwrap();
        let mark = Hash::of(format!("{ISSUER}\n1").as_bytes()).to_string()[..16].to_owned();
        [("provider", provider), ("identity", mark)]
    }

    /// One more session of the admin: how their own page names it.
    pub(super) async fn open_session(&self) -> String {
        let known = self.sessions_of_admin().await;
        // By the table: a password alone does not let whoever has a second factor in.
        let mut tx = self.db.platform_write(PlatformReason::Operator).await.unwrap();
        let admin = people::platform_find(&mut tx, &self.a.email).await.unwrap().unwrap();
        let mut tx = tx.enter(self.a.scope).await.unwrap();
        let session = NewSession {
            digest: Hash::of(b"another browser"),
            person: admin,
            created_ms: NOW_MS,
            reauth_ms: NOW_MS,
            network: "192.0.2.0/24",
            agent: "",
            provider: None,
        };
        sessions::insert_session(&mut tx, &session, NOW_MS).await.unwrap();
        tx.commit().await.unwrap();
        let now = self.sessions_of_admin().await;
        now.into_iter().find(|mark| !known.contains(mark)).unwrap()
    }

    async fn sessions_of_admin(&self) -> Vec<String> {
        let mut tx = self.db.platform_write(PlatformReason::Operator).await.unwrap();
        let admin = people::platform_find(&mut tx, &self.a.email).await.unwrap().unwrap();
        let open = sessions::platform_list(&mut tx, admin, alive_since(NOW_MS)).await.unwrap();
        open.into_iter().map(|(_, session)| session.mark).collect()
    }
}
