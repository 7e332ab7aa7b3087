//! The forms of an account's providers: two admins who change one, and what is said again of a form that was refused.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::oidc::{OidcWorld, between, is_in};

fn claim_form(claim: &str) -> String {
    format!("act=save&{}&claim={claim}", OidcWorld::form("technician"))
}

#[tokio::test]
async fn two_admins_who_change_a_provider_do_not_overwrite_each_other() {
    let oidc = OidcWorld::new().await;
    let seen = oidc.provider_mark().await;
    assert_eq!(oidc.act(&claim_form("roles")).await.status, StatusCode::SEE_OTHER, "the first");
    let path = format!("/app/sign-in/{}", oidc.id);
    let late = format!("seen={seen}&{}", claim_form("teams"));
    let refused = oidc.admin(&path, &late).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.body);
    assert!(refused.body.contains("Somebody else changed this provider"), "{}", refused.body);
    assert!(
        refused.body.contains("id=\"claim-1\" name=\"claim\" autocomplete=\"off\" value=\"roles\""),
        "as it is"
    );
    let entered = between(&refused.body, "id=\"entered-1\"", "</textarea>");
    assert!(entered.contains("teams") && entered.contains("technician"), "{entered}");
    assert!(!refused.body.contains(super::oidc::CLIENT_SECRET), "a secret is not shown");
    let none = oidc.admin(&path, &claim_form("teams")).await;
    assert_eq!(none.status, StatusCode::CONFLICT, "a form that does not say what it was drawn of");
    assert_eq!(
        oidc.act(&claim_form("teams")).await.status,
        StatusCode::SEE_OTHER,
        "by the page as it is now"
    );
}

#[tokio::test]
async fn a_refused_form_of_a_provider_says_again_what_was_entered() {
    let oidc = OidcWorld::new().await;
    let seen = oidc.provider_mark().await;
    let refused = oidc.act(&claim_form("a+b").replace("role=technician", "role=biomed")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("href=\"#claim-1\""), "the field of its card: {}", refused.body);
    assert!(refused.body.contains("value=\"a b\""), "{}", refused.body);
    assert!(refused.body.contains("value=\"biomed\" selected"), "{}", refused.body);
    assert_eq!(between(&refused.body, "name=\"seen\" value=\"", "\""), seen, "of what it was drawn");
    let refused = oidc.act("act=domain-add&domain=no+domain").await;
    assert!(
        refused.body.contains("name=\"domain\" autocomplete=\"off\" value=\"no domain\""),
        "{}",
        refused.body
    );
    assert!(refused.body.contains("href=\"#domain-1\""), "{}", refused.body);
    let refused = oidc.act("act=group-add&group=nurses&role=biomed&place=nowhere").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("value=\"nurses\""), "{}", refused.body);
    let roles = between(&refused.body, "id=\"group-role-1\"", "</select>");
    assert!(roles.contains("value=\"biomed\" selected"), "{roles}");
}

#[tokio::test]
async fn what_a_token_lacks_is_said_to_the_admin_in_words() {
    let oidc = OidcWorld::new().await;
    for (change, words) in [
        (json!({"email_verified": null}), "no claim “email_verified”"),
        (
            json!({"email_verified": "True"}),
            "“email_verified” of the provider’s token is neither true nor false",
        ),
        (json!({"email": null}), "no claim “email”: add it there"),
        (json!({"email": null, "preferred_username": "ana@linden.example"}), "allow user names as addresses"),
        (json!({"email": "ana@zebra.example"}), "in no domain that is proven"),
        (json!({"iat": null}), "no claim “iat”"),
        (json!({"exp": "soon"}), "The claim “exp” of the provider’s token is of the wrong type"),
    ] {
        let came =
            oidc.come_saying("ana-1", "ana@linden.example", |claims| merge_claims(claims, &change)).await;
        assert!(!is_in(&came) && came.body.contains(words), "{change}: {}", came.body);
        let log = oidc.world.get("/app/access", &oidc.cookie).await.body;
        assert!(log.contains(words), "{change}: {log}");
    }
    let came = oidc
        .come_saying("ana-1", "ana@linden.example", |claims| merge_claims(claims, &json!({"amr": null})))
        .await;
    assert!(is_in(&came), "nothing depends on it: {}", came.body);
}

fn merge_claims(claims: &mut Value, change: &Value) {
    let changes = change.as_object().unwrap().iter();
    changes.for_each(|(name, value)| claims[name] = value.clone());
}

#[tokio::test]
async fn a_user_name_lets_in_where_the_admin_allows_it_and_in_a_proven_domain_alone() {
    let oidc = OidcWorld::new().await;
    let allowed = oidc.act(&format!("{}&user_names=1", claim_form("groups"))).await;
    assert_eq!(allowed.status, StatusCode::SEE_OTHER, "{}", allowed.body);
    let come = async |subject: &'static str, name: &'static str| {
        let change = json!({"email": null, "email_verified": null, "preferred_username": name});
        oidc.come_saying(subject, "", |claims| merge_claims(claims, &change)).await
    };
    assert!(!is_in(&come("eve", "eve@zebra.example").await), "no proven domain");
    assert!(is_in(&come("ana-1", "Ana@Linden.example").await));
    assert!(is_in(&come("ana-1", "another@zebra.example").await), "known by subject, whatever the name");
    assert!(!is_in(&come("ana-2", "ana@linden.example").await), "nobody becomes somebody by a name");
    let admin: &'static str = oidc.world.a.email.clone().leak();
    let taken = come("eve-2", admin).await;
    assert!(!is_in(&taken) && taken.body.contains("address-known"), "{}", taken.body);
    assert_eq!(
        oidc.act(&claim_form("groups")).await.status,
        StatusCode::SEE_OTHER,
        "not ticked: not allowed"
    );
    assert!(!is_in(&come("tom-1", "tom@linden.example").await));
}
