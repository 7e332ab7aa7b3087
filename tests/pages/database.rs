//! What no page can do: changes of the relay's own database.

use harness::demo::output::DemoOutput;
use record::tree::Hash;
use sqlx::Connection as _;

use super::acts::change_relay;

pub(crate) async fn change(output: &DemoOutput, sql: &str) {
    assert!(change_relay(&output.dir.join("relay"), sql).await > 0, "{sql}");
}

pub(crate) struct MailedLinks {
    pub(crate) reset: String,
    pub(crate) sign_in: String,
    pub(crate) sign_up: String,
    pub(crate) invitation: String,
    /// Of a mail that stops its topic.
    pub(crate) exit: String,
}

/// Puts links into the relay's database, so that nobody waits for their mails.
pub(crate) async fn insert_links(output: &DemoOutput) -> MailedLinks {
    let mut paths = Vec::new();
    for (n, kind, body) in [
        (1_u8, "reset", "{}"),
        (2, "sign-in", "{}"),
        (3, "sign-up", r#"{"name":"Ana","organisation":"Oak","email":"ana@oak.example"}"#),
    ] {
        let (digest, text) = link_of(n);
        let sql = format!(
            "INSERT INTO mail_links (digest, kind, person, body, made_ms, expires_ms) \
             VALUES (x'{digest}', '{kind}', (SELECT MIN(person) FROM people), '{body}', 0, {FAR_MS})"
        );
        change(output, &sql).await;
        paths.push(format!("/{kind}/{text}"));
    }
    let (digest, text) = link_of(4);
    let sql = format!(
        "INSERT INTO invitations (account, invitation, email, role, all_facilities, places, digest, made_ms, made_by, expires_ms) \
         VALUES ((SELECT MIN(account) FROM accounts), '01JD0000000000000000000000', 'tom@oak.example', 'biomed', TRUE, '[]', \
         x'{digest}', 0, 'admin@linden.example', {FAR_MS})"
    );
    change(output, &sql).await;
    let (digest, exit) = link_of(5);
    let sql = format!(
        "INSERT INTO mails (mail, account, kind, address, body, locale, zone, state, rank, made_ms, state_ms, topic, exit_digest) \
         VALUES ('01JD0000000000000000000005', (SELECT MIN(account) FROM accounts), 'onboarding-1', \
         (SELECT email FROM people ORDER BY person LIMIT 1), '{{}}', 'en-US', 'UTC', 'sent', 1, {FAR_MS}, 0, 'onboarding', x'{digest}')"
    );
    change(output, &sql).await;
    let [reset, sign_in, sign_up] = <[String; 3]>::try_from(paths).expect("three links");
    let (invitation, exit) = (format!("/join/{text}"), format!("/u/{exit}"));
    MailedLinks { reset, sign_in, sign_up, invitation, exit }
}

/// Puts a sign-in provider and an open domain of it into the relay's database; the path of the account's own
/// sign-in page.
pub(crate) async fn insert_provider(output: &DemoOutput) -> String {
    let metadata = r#"{"issuer":"https://login.example","authorization_endpoint":"https://login.example/authorize","token_endpoint":"https://login.example/token","jwks_uri":"https://login.example/keys"}"#;
    let account = "(SELECT MIN(account) FROM accounts)";
    let provider = "'01JD0000000000000000000001'";
    let sql = format!(
        "INSERT INTO oidc_providers (account, provider, preset, issuer, client_id, seal_n, secret, role, claim, user_names, enforced, metadata, \
         fetched_ms, made_ms) VALUES ({account}, {provider}, 'other', 'https://login.example', 'cleantrack', 0, x'00', 'technician', 'groups', \
         FALSE, FALSE, '{metadata}', CAST(strftime('%s', 'now') AS INTEGER) * 1000, 0)"
    );
    change(output, &sql).await;
    let sql = format!(
        "INSERT INTO oidc_group_roles (account, provider, value, role, place) VALUES ({account}, {provider}, 'CT Biomed', 'biomed', 'all')"
    );
    change(output, &sql).await;
    let sql = format!(
        "INSERT INTO oidc_domains (account, domain, provider, token, made_ms) VALUES ({account}, 'linden.example', {provider}, 'A1', 0)"
    );
    change(output, &sql).await;
    let file = output.dir.join("relay/relay.db");
    let mut db = sqlx::SqliteConnection::connect(&format!("sqlite://{}", file.display()))
        .await
        .expect("the relay's database");
    let id: String = sqlx::query_scalar("SELECT id FROM accounts ORDER BY account LIMIT 1")
        .fetch_one(&mut db)
        .await
        .expect("an account");
    db.close().await.expect("it is closed");
    format!("/organisation/{id}")
}

const FAR_MS: i64 = 9_999_999_999_999;

fn link_of(n: u8) -> (Hash, String) {
    use base64::Engine as _;
    let secret = [n; 32];
    (Hash::of(&secret), base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(secret))
}
