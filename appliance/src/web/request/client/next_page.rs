//! The requested page, with its query, preserved through sign-in and the step from plain HTTP to HTTPS.

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::sync::Arc;

use http::{Method, Uri};
use record::ids::StaffId;
use web::route::RouteKind;
use web::table::Table;

pub(crate) const HOME: &str = "/staff/";
pub(crate) const SIGN_IN: &str = "/staff/sign-in";
pub(crate) const OWN_PIN: &str = "/staff/me/pin";
const OPEN_HOME: &str = "/";
/// Bytes of a page that is stored: as many as any address may have.
const NEXT_BYTES_MAX: usize = 2_048;
/// Bytes of the sign-in's own address, in which a stored page is encoded once more; a request line may have 4,096.
pub(crate) const SIGN_IN_BYTES_MAX: usize = 3_900;

/// The pages that are allowed as redirect targets, by the patterns of their paths.
#[derive(Debug, Clone, Default)]
pub(crate) struct KnownPages(Arc<[&'static str]>);

impl KnownPages {
    pub(crate) fn of<S: Clone + Send + Sync + 'static>(table: &Table<S>) -> Self {
        let routes = table.rows().iter().map(|row| &row.route);
        let pages = routes.filter(|route| route.kind == RouteKind::Page && route.method == Method::GET);
        Self(pages.map(|route| route.path).filter(|path| can_lead_to(path)).collect())
    }

    fn has(&self, path: &str) -> bool {
        self.0.iter().any(|pattern| fits_pattern(path, pattern))
    }
}

fn fits_pattern(path: &str, pattern: &str) -> bool {
    let (mut segments, mut parts) = (path.split('/'), pattern.split('/'));
    loop {
        match (segments.next(), parts.next()) {
            (None, None) => return true,
            (Some(segment), Some(part)) if part.starts_with('{') && !segment.is_empty() => {}
            (Some(segment), Some(part)) if segment == part => {}
            _ => return false,
        }
    }
}

/// A pattern that begins with a variable fits any path, and the sign-in page is no target of a sign-in.
fn can_lead_to(pattern: &str) -> bool {
    !matches!(pattern, OPEN_HOME | SIGN_IN) && !pattern.starts_with("/{")
}

/// A page of this box: its path is in the table of routes, so that there is no open redirect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NextPage(Cow<'static, str>);

impl NextPage {
    /// What came in an address or a form; none where it is no page of this box.
    pub(crate) fn parse(text: &str, known: &KnownPages) -> Option<Self> {
        let (path, query) = text.split_once('?').unwrap_or((text, ""));
        let is_own =
            text.len() <= NEXT_BYTES_MAX && is_plain_path(path) && is_plain_query(query) && known.has(path);
        is_own.then(|| Self(Cow::Owned(text.to_owned())))
    }

    pub(crate) const fn of_path(path: &'static str) -> Self {
        Self(Cow::Borrowed(path))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The page for somebody who does not sign in after all: a public one.
    pub(crate) fn without_sign_in(&self) -> &str {
        if self.0.starts_with(HOME) { OPEN_HOME } else { &self.0 }
    }
}

impl Default for NextPage {
    fn default() -> Self {
        Self::of_path(HOME)
    }
}

impl fmt::Display for NextPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

pub(crate) fn requested_page(uri: &Uri) -> String {
    let requested = uri.path_and_query().map_or(HOME, |requested| requested.as_str());
    percent_encode(requested, |byte| is_plain(byte) || matches!(byte, b'%' | b'?'))
}

/// The sign-in address that redirects to the page `next` afterwards.
pub(crate) fn sign_in_address(staff: Option<StaffId>, next: &NextPage) -> String {
    let who = staff.map_or_else(String::new, |staff| format!("staff={staff}&"));
    leading_on(&format!("{SIGN_IN}?{who}"), next, SIGN_IN_BYTES_MAX)
}

/// The address to change one's own PIN that redirects to `next` afterwards; `why` is the reason to show.
pub(crate) fn own_pin_address(why: &str, next: &NextPage) -> String {
    leading_on(&format!("{OWN_PIN}?{why}"), next, NEXT_BYTES_MAX)
}

fn leading_on(page: &str, next: &NextPage, bytes_max: usize) -> String {
    let stored =
        percent_encode(next.as_str(), |byte| is_plain(byte) && !matches!(byte, b'&' | b'+') || byte == b'?');
    let address = format!("{page}next={stored}");
    if address.len() <= bytes_max { address } else { format!("{page}next={HOME}") }
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=:@".contains(&byte)
}

fn percent_encode(text: &str, stands: impl Fn(u8) -> bool) -> String {
    let mut all = String::with_capacity(text.len());
    for byte in text.bytes() {
        if stands(byte) {
            all.push(char::from(byte));
        } else {
            let _ = write!(all, "%{byte:02X}");
        }
    }
    all
}

/// Refuses unsafe paths: dot segments, a host after two slashes, a line break.
fn is_plain_path(path: &str) -> bool {
    path.starts_with('/')
        && !path.contains("//")
        && path.split('/').all(|segment: &str| {
            percent_decode(segment).is_some_and(|bytes| {
                !matches!(bytes.as_slice(), b"." | b"..")
                    && !bytes.iter().any(|b| b.is_ascii_control() || matches!(b, b'/' | b'\\'))
            })
        })
}

fn is_plain_query(query: &str) -> bool {
    percent_decode(query).is_some_and(|bytes| !bytes.iter().any(u8::is_ascii_control))
}

fn read_hex_digit(byte: u8) -> Option<u32> {
    char::from(byte).to_digit(16)
}

fn percent_decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let (high, low) = (read_hex_digit(rest.next()?)?, read_hex_digit(rest.next()?)?);
                u8::try_from(high * 16 + low).ok()?
            }
            b'?' => byte,
            byte if is_plain(byte) => byte,
            _ => return None,
        });
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Ask {
        staff: StaffId,
        next: String,
    }

    fn known_pages() -> KnownPages {
        KnownPages(Arc::new([
            "/staff/",
            "/staff/equipment",
            "/staff/equipment/new",
            "/staff/equipment/{tag}",
            "/staff/labels",
            "/staff/people",
            "/staff/printers/{name}/test",
            "/t/{tag}",
            "/t/{tag}/problem",
            "/r/{receipt}",
        ]))
    }

    fn parse(text: &str) -> Option<String> {
        NextPage::parse(text, &known_pages()).map(|page| page.to_string())
    }

    #[test]
    fn own_pages_stay_with_their_query() {
        for own in [
            "/staff/",
            "/staff/equipment/7QK3M9X2W",
            "/staff/equipment/new?tag=7QK3M9X2W",
            "/staff/equipment?q=HTTP%3A%2F%2F10.0.0.5%2F7QK3M9X2W&retired=1",
            "/staff/equipment?q=a+b%20c%26d",
            "/staff/printers/Desk%20%28100%25%29/test",
            "/staff/labels?back=//evil.example",
            "/staff/people?q=Zo%C3%AB?",
            "/t/7QK3M9X2W",
            "/t/7QK3M9X2W?protocol=00000000000000000000000000000007",
            "/t/7QK3M9X2W/problem",
            "/r/1-7-0000000000",
        ] {
            assert_eq!(parse(own).as_deref(), Some(own));
        }
    }

    const STRANGE: &[&str] = &[
        "",
        "/",
        "//",
        "/staff",
        "staff/",
        "t/x",
        "https://evil.example/",
        "HTTPS://evil.example/t/x",
        "https:/t/x",
        "https:t/x",
        "//evil.example",
        "//evil.example/staff/",
        "//evil.example/t/x",
        "///evil.example/t/x",
        "/\\evil.example/t/x",
        "\\\\evil.example\\t\\x",
        "/staff//evil",
        "/staff/equipment//evil",
        "/staff/equipment/\\evil",
        "/staff/equipment/%5Cevil",
        "/staff/equipment/%5cevil",
        "/staff/equipment/%2Fevil",
        "/t/%2F%2Fevil.example",
        "/t/%5C%5Cevil.example",
        "/t/..",
        "/t/%2e%2e",
        "/t/./x",
        "/t/",
        "/t//x",
        "/t/x/",
        "/t/x/../../evil",
        "/t/x/unknown",
        "/t/x/problem/x",
        "/T/x",
        "/staff/..//evil",
        "/staff/../t/x",
        "/staff/%2e%2e/t/x",
        "/staff/.%2E/t/x",
        "/staff/equipment/%2e",
        "/staffed/x",
        "/staff/nowhere",
        "/evil.example",
        "/t/x\r\nX: y",
        "/t/%0d%0aX:%20y",
        "/t/x?a=%0D%0AX",
        "/t/x?a=%00",
        "/t/x?a=\tb",
        "/t/x\u{7f}",
        "/t/%7F",
        "/t/x\u{202e}",
        "/t/x y",
        "/t/x?a=<b>",
        "/t/x?a=\"b",
        "/t/x#y",
        "/t/%",
        "/t/%z1",
        "/t/x?a=%4",
        "/t/ü",
        "@/staff/",
        "user@/t/x",
        "javascript:/t/x",
        "javascript:alert(1)//t/x",
        "data:text/html,/t/x",
        "\t/t/x",
        " /t/x",
        "\u{a0}/t/x",
        "/staff/sign-in?next=/staff/",
        "/staff/sign-out",
    ];

    #[test]
    fn nobody_is_led_away() {
        let long = format!("/staff/equipment?q={}", "a".repeat(NEXT_BYTES_MAX));
        for strange in STRANGE.iter().copied().chain([long.as_str()]) {
            assert_eq!(parse(strange), None, "{strange:?}");
        }
    }

    #[test]
    fn whoever_does_not_sign_in_goes_where_nobody_has_to() {
        for (next, back) in [("/t/7QK3M9X2W", "/t/7QK3M9X2W"), ("/staff/equipment", "/"), ("/staff/", "/")] {
            let next = NextPage::parse(next, &known_pages()).unwrap();
            assert_eq!(next.without_sign_in(), back);
        }
    }

    #[test]
    fn what_was_asked_comes_back_from_the_query() {
        for next in
            ["/staff/equipment/new?tag=7QK3M9X2W", "/staff/equipment?q=a%26b+c%25&x=y?z", "/t/x?a='b'"]
        {
            let page = NextPage::parse(next, &known_pages()).unwrap();
            let address = sign_in_address(Some(StaffId::new(7, [7; 10])), &page);
            let uri: Uri = address.parse().unwrap();
            let axum::extract::Query(ask): axum::extract::Query<Ask> =
                axum::extract::Query::try_from_uri(&uri).unwrap();
            assert_eq!((ask.staff, ask.next.as_str()), (StaffId::new(7, [7; 10]), next));
        }
        let equipment = NextPage::of_path("/staff/equipment");
        assert_eq!(sign_in_address(None, &equipment), "/staff/sign-in?next=/staff/equipment");
        let many = NextPage::parse(&format!("/staff/?{}", "&".repeat(2_000)), &known_pages()).unwrap();
        assert_eq!(
            sign_in_address(None, &many),
            "/staff/sign-in?next=/staff/",
            "no address grows without end"
        );
    }

    #[test]
    fn what_browsers_send_raw_is_spelt_out() {
        let requested = |text: &str| requested_page(&text.parse().unwrap());
        assert_eq!(requested("/staff/equipment?q=a|b&c=[1]"), "/staff/equipment?q=a%7Cb&c=%5B1%5D");
        let braces = requested("/staff/equipment?q={x}");
        assert_eq!(parse(&braces).as_deref(), Some("/staff/equipment?q=%7Bx%7D"));
        assert_eq!(requested("/staff?x=%41"), "/staff?x=%41");
    }
}
