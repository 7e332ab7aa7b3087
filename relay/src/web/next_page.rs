//! The page that is shown after signing in.

/// Bytes of path and query that are kept over a sign-in.
const NEXT_BYTES_MAX: usize = 2_048;

/// Leads on to the page that somebody of their role comes to.
pub(crate) const HOME: &str = "/app";

/// Where to go after signing in: path and query of a page of ours, nothing else.
pub(crate) fn page_after_sign_in(next: &str) -> String {
    let path = next.split('?').next().unwrap_or_default();
    let lower = path.to_ascii_lowercase();
    let fits = (path == "/app" || path.starts_with("/app/"))
        && next.len() <= NEXT_BYTES_MAX
        && next.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
        // A browser takes `/app/../x` for `/x`, and `%2e` for a dot.
        && !["//", "/.", "/%2e", "%5c"].iter().any(|trick| lower.contains(trick));
    if fits { next.to_owned() } else { HOME.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_page_of_ours_is_shown() {
        let longest = format!("/app/?q={}", "x".repeat(NEXT_BYTES_MAX - 8));
        for ours in [
            "/app",
            "/app/",
            "/app/f/01J?sort=name",
            "/app/f/01J/equipment?q=a//b&show=../overdue",
            "/app/f/01J/labels.pdf?sheet=L7160",
            &longest,
        ] {
            assert_eq!(page_after_sign_in(ours), ours);
        }
        for foreign in [
            "",
            "//evil.example",
            "https://evil.example",
            "/app//evil.example",
            "/app/../login",
            "/app/%2E%2e/login",
            "/app/.",
            "/app/%5Cevil",
            "/app\\evil",
            "/app.evil.example",
            "/apple",
            "/app@evil.example",
            "/app\r\nSet-Cookie: a",
            "/app/ ?q",
            "/login",
            &format!("{longest}x"),
        ] {
            assert_eq!(page_after_sign_in(foreign), "/app", "{foreign}");
        }
    }
}
