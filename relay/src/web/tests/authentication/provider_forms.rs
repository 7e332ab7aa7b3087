//! The forms of an account's providers: two admins who change one, and what is said again of a form that was refused.

use axum::http::StatusCode;

use super::oidc::{OidcWorld, between};

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
