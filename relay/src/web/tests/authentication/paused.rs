//! That nobody signs in to an account in which nothing changes now, by any method, and is given the reason.

use axum::http::StatusCode;
use record::ids::UserId;

use super::oidc::{OidcWorld, is_in};
use crate::accounts::credentials::mail_link::LinkSecret;
use crate::accounts::switches::RelaySwitch;
use crate::db::operation::switches::{NewSwitch, platform_set};
use crate::db::person::invitations;
use crate::db::person::invitations::NewInvitation;
use crate::db::{AccountScope, PlatformReason};
use crate::web::tests::world::{Got, MINUTE_MS, NOW_MS, csrf};

/// Moves the switch, and waits until every process has seen it.
async fn turn(oidc: &OidcWorld, scope: Option<AccountScope>, is_on: bool) {
    let mut tx = oidc.world.db.platform_write(PlatformReason::Operator).await.unwrap();
    let switch = NewSwitch { scope, switch: RelaySwitch::ReadOnly.key(), is_on, set_by: "operator" };
    platform_set(&mut tx, &switch, NOW_MS).await.unwrap();
    tx.commit().await.unwrap();
    oidc.world.clock.advance_ms(5_000);
}

async fn invite(oidc: &OidcWorld, scope: AccountScope, email: &str, seed: u8) -> LinkSecret {
    let secret = LinkSecret::new([seed; 32]);
    let new = NewInvitation {
        invitation: &UserId::new(NOW_MS, [seed; 10]).to_string(),
        email,
        role: "biomed",
        places: None,
        until_ms: None,
        digest: secret.digest(),
        made_by: &oidc.world.a.email,
        expires_ms: NOW_MS + 60 * MINUTE_MS,
    };
    let mut tx = oidc.world.db.write(scope).await.unwrap();
    invitations::insert_invitation(&mut tx, &new, NOW_MS).await.unwrap();
    tx.commit().await.unwrap();
    secret
}

async fn come_invited(oidc: &OidcWorld, secret: &LinkSecret, subject: &str) -> Got {
    let sent = oidc.begin(&format!("provider={}&invitation={}", oidc.id, secret.text())).await;
    let token = oidc.signer.sign(&oidc.claims(&sent, subject, "x@nowhere.example"));
    oidc.answer(&sent, token).await
}

#[tokio::test]
async fn nobody_comes_into_an_account_of_which_nothing_changes() {
    let oidc = OidcWorld::new().await;
    let (a, b) = (oidc.world.a.scope, oidc.world.b.scope);
    let new = invite(&oidc, a, "tom@contractor.example", 41).await;
    let invited = invite(&oidc, a, "ida@contractor.example", 42).await;
    let known = invite(&oidc, a, &oidc.world.b.email, 43).await;
    assert!(is_in(&oidc.come("old-1", "old@linden.example").await));
    let other = oidc.world.sign_in(&oidc.world.b.email).await;
    let token = csrf(&oidc.world.get("/app/me", &other).await.body).to_owned();
    let form = "act=join&name=Tom&password=plum+orbit+casket+9";
    for paused in [Some(a), None] {
        turn(&oidc, paused, true).await;
        for (secret, cookie) in [(&new, ""), (&known, other.as_str())] {
            let path = format!("/join/{}", secret.text());
            for refused in [
                oidc.world.get(&path, cookie).await,
                oidc.world.post(&path, cookie, &format!("csrf={token}&{form}")).await,
            ] {
                assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{path}: {}", refused.body);
                assert!(refused.body.contains("Nothing can be changed now"), "{}", refused.body);
            }
        }
        for refused in
            [come_invited(&oidc, &invited, "ida-1").await, oidc.come("ana-1", "ana@linden.example").await]
        {
            assert!(!is_in(&refused) && refused.body.contains("paused"), "{}", refused.body);
            assert!(refused.body.contains("Nobody new comes in at the moment"), "{}", refused.body);
        }
        assert!(is_in(&oidc.come("old-1", "old@linden.example").await), "whoever is of it looks");
        turn(&oidc, paused, false).await;
    }
    let log = oidc.log().await;
    assert!(log.contains("oidc sign-in paused denied") && log.matches(" join ").count() == 1, "{log}");
    // Another account's switch is nothing to this one; and nothing was used up.
    turn(&oidc, Some(b), true).await;
    let path = format!("/join/{}", new.text());
    assert_eq!(oidc.world.post(&path, "", form).await.status, StatusCode::SEE_OTHER);
    let path = format!("/join/{}", known.text());
    let joined = oidc.world.post(&path, &other, &format!("csrf={token}&{form}")).await;
    assert_eq!(joined.status, StatusCode::SEE_OTHER, "{}", joined.body);
    assert!(is_in(&come_invited(&oidc, &invited, "ida-1").await));
    assert!(is_in(&oidc.come("ana-1", "ana@linden.example").await));
}
