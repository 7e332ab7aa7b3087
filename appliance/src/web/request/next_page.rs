//! The staff page that somebody asked for, kept with its query through signing in and the step from plain HTTP to HTTPS.

use std::fmt::Write as _;

use http::Uri;
use record::ids::StaffId;

/// Where whoever asked for nothing in particular goes.
pub(crate) const HOME: &str = "/staff/";
/// Where one signs in.
pub(crate) const SIGN_IN: &str = "/staff/sign-in";
/// Where one changes one's own PIN.
pub(crate) const OWN_PIN: &str = "/staff/me/pin";
/// Bytes of a page that is kept: as many as any address may have.
const NEXT_BYTES_MAX: usize = 2_048;
/// Bytes of the sign-in's own address, in which a kept page stands encoded once more; a request line may have 4,096.
pub(crate) const SIGN_IN_BYTES_MAX: usize = 3_900;

/// Path and query that a request asks for, in characters that an address may have.
pub(crate) fn requested_page(uri: &Uri) -> String {
    let requested = uri.path_and_query().map_or(HOME, |requested| requested.as_str());
    percent_encode(requested, |byte| is_plain(byte) || matches!(byte, b'%' | b'?'))
}

/// The page, if it is one of the staff pages of this box: nobody is to be led away from here.
pub(crate) fn safe_next(next: &str) -> &str {
    if is_staff_page(next) { next } else { HOME }
}

/// Where somebody signs in who then wants the page `next`.
pub(crate) fn sign_in_address(staff: Option<StaffId>, next: &str) -> String {
    let who = staff.map_or_else(String::new, |staff| format!("staff={staff}&"));
    leading_on(&format!("{SIGN_IN}?{who}"), next, SIGN_IN_BYTES_MAX)
}

/// Where somebody changes their own PIN who then wants the page `next`; `why` says what led them there.
pub(crate) fn own_pin_address(why: &str, next: &str) -> String {
    leading_on(&format!("{OWN_PIN}?{why}"), next, NEXT_BYTES_MAX)
}

fn leading_on(page: &str, next: &str, bytes_max: usize) -> String {
    let stored = percent_encode(next, |byte| is_plain(byte) && !matches!(byte, b'&' | b'+') || byte == b'?');
    let address = format!("{page}next={stored}");
    if address.len() <= bytes_max { address } else { format!("{page}next={HOME}") }
}

/// What stands for itself in a path as in a query.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=:@".contains(&byte)
}

fn percent_encode(text: &str, stands: impl Fn(u8) -> bool) -> String {
    let mut all = String::with_capacity(text.len());
    for byte in text.bytes() {
        if stands(byte) {
            all.push(char::from(byte));
        } else {
            // Writing to a text does not fail.
            let _ = write!(all, "%{byte:02X}");
        }
    }
    all
}

fn is_staff_page(next: &str) -> bool {
    let (path, query) = next.split_once('?').unwrap_or((next, ""));
    let Some(segments) = path.strip_prefix(HOME) else { return false };
    // What cannot be seen of a path is refused: another's segments, a host behind two slashes, a line's end.
    let is_segment = |segment: &str| {
        percent_decode(segment).is_some_and(|bytes| {
            !matches!(bytes.as_slice(), b"." | b"..")
                && !bytes.iter().any(|b| b.is_ascii_control() || matches!(b, b'/' | b'\\'))
        })
    };
    next.len() <= NEXT_BYTES_MAX
        && !path.contains("//")
        && segments.split('/').all(is_segment)
        && !matches!(path, SIGN_IN | "/staff/sign-out")
        && percent_decode(query).is_some_and(|bytes| !bytes.iter().any(u8::is_ascii_control))
}

/// The bytes that a part of an address stands for; none where it has characters that belong in no address.
fn percent_decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                let (high, low) = (digit(rest.next())?, digit(rest.next())?);
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

    #[test]
    fn own_pages_are_kept_with_their_query() {
        for own in [
            "/staff/",
            "/staff/equipment/7QK3M9X2W",
            "/staff/equipment/new?tag=7QK3M9X2W",
            "/staff/equipment?q=HTTP%3A%2F%2F10.0.0.5%2F7QK3M9X2W&retired=1",
            "/staff/equipment?q=a+b%20c%26d",
            "/staff/printers/Desk%20%28100%25%29/test",
            "/staff/labels?back=//evil.example",
            "/staff/people?q=Zo%C3%AB?",
        ] {
            assert_eq!(safe_next(own), own);
        }
    }

    #[test]
    fn nobody_is_led_away() {
        let long = format!("/staff/equipment?q={}", "a".repeat(NEXT_BYTES_MAX));
        for strange in [
            "",
            "/",
            "/staff",
            "https://evil.example/",
            "//evil.example",
            "//evil.example/staff/",
            "/staff//evil",
            "/staff/x//evil",
            "/staff/\\evil",
            "/staff/%5Cevil",
            "/staff/%5cevil",
            "/staff/%2Fevil",
            "/staff/..//evil",
            "/staff/../t/x",
            "/staff/./x",
            "/staff/%2e%2e/t/x",
            "/staff/.%2E/t/x",
            "/staff/x/%2e",
            "/t/x",
            "/t/x?/staff/",
            "/staffed/x",
            "/staff/\r\nX: y",
            "/staff/%0d%0aX:%20y",
            "/staff/?a=%0D%0AX",
            "/staff/?a=%00",
            "/staff/?a=\tb",
            "/staff/x\u{7f}",
            "/staff/%7F",
            "/staff/x y",
            "/staff/x?a=<b>",
            "/staff/x?a=\"b",
            "/staff/x#y",
            "/staff/%",
            "/staff/%z1",
            "/staff/?a=%4",
            "/staff/ü",
            "@/staff/",
            "javascript:/staff/",
            "\t/staff/x",
            " /staff/x",
            "/staff/sign-in?next=/staff/",
            "/staff/sign-out",
            &long,
        ] {
            assert_eq!(safe_next(strange), HOME, "{strange:?}");
        }
    }

    #[test]
    fn what_was_asked_comes_back_from_the_query() {
        for next in
            ["/staff/equipment/new?tag=7QK3M9X2W", "/staff/equipment?q=a%26b+c%25&x=y?z", "/staff/x?a='b'"]
        {
            let address = sign_in_address(Some(StaffId::new(7, [7; 10])), next);
            let uri: Uri = address.parse().unwrap();
            let axum::extract::Query(ask): axum::extract::Query<Ask> =
                axum::extract::Query::try_from_uri(&uri).unwrap();
            assert_eq!((ask.staff, ask.next.as_str()), (StaffId::new(7, [7; 10]), next));
        }
        assert_eq!(sign_in_address(None, "/staff/equipment"), "/staff/sign-in?next=/staff/equipment");
        let many = format!("/staff/?{}", "&".repeat(2_000));
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
        assert_eq!(safe_next(&requested("/staff/equipment?q={x}")), "/staff/equipment?q=%7Bx%7D");
        assert_eq!(requested("/staff?x=%41"), "/staff?x=%41");
    }
}
