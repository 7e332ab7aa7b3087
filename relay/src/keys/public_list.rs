//! The public list of keys: what anybody needs who verifies what this relay signed, also long after.

use std::fmt::Write as _;

use super::authority::{AuthorityKey, AuthorityKind};

const HEAD: &str = "# The keys of this relay: key, kind, from, until, state. What a revoked key signed proves nothing.\n\
                    # An authority stands by the SHA-256 of its certificate.\n";

fn format_time(ms: i64) -> String {
    jiff::Timestamp::from_second(ms / 1_000).map_or_else(|_| "-".to_owned(), |time| time.to_string())
}

/// One key a line, by kind and number; those of earlier times stay in it.
pub fn write_public_list(keys: &[AuthorityKey]) -> String {
    let mut list = HEAD.to_owned();
    for key in keys.iter().filter(|key| key.kind != AuthorityKind::Seal) {
        let AuthorityKey { kind, public, fingerprint, state, from_ms, until_ms, .. } = key;
        let public = match kind {
            AuthorityKind::Ca => format!("sha256:{fingerprint}"),
            AuthorityKind::Cosign | AuthorityKind::Directive | AuthorityKind::Seal => public.clone(),
        };
        let until = until_ms.map_or_else(|| "-".to_owned(), format_time);
        // Writing to a text never fails.
        let _ = writeln!(list, "{public} {kind} {} {until} {state}", format_time(*from_ms));
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::authority::KeyState;

    #[test]
    fn a_line_a_key() {
        let key = |kind, n, public: &str, state| {
            AuthorityKey::new(kind, n, public.to_owned(), state, 1_763_610_000_123)
        };
        let cosign = AuthorityKind::Cosign;
        let mut old = key(cosign, 1, "relay.example/cosign/1+0a1b2c3d+AAAA", KeyState::Revoked);
        old.until_ms = Some(1_763_620_000_000);
        let keys = [
            key(AuthorityKind::Ca, 1, "PEM", KeyState::Current),
            old,
            key(cosign, 2, "relay.example/cosign/2+0a1b2c3d+BBBB", KeyState::Current),
            key(AuthorityKind::Seal, 1, "relay.example/seal/1+0a1b2c3d+CCCC", KeyState::Current),
        ];
        let list = write_public_list(&keys);
        let lines: Vec<&str> = list.lines().filter(|line| !line.starts_with('#')).collect();
        assert!(
            lines[0].starts_with("sha256:") && lines[0].ends_with(" ca 2025-11-20T03:40:00Z - current"),
            "{list}"
        );
        assert_eq!(
            lines[1..],
            [
                "relay.example/cosign/1+0a1b2c3d+AAAA cosign 2025-11-20T03:40:00Z 2025-11-20T06:26:40Z revoked",
                "relay.example/cosign/2+0a1b2c3d+BBBB cosign 2025-11-20T03:40:00Z - current",
            ]
        );
    }
}
