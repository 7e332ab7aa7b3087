//! Names as parts of addresses (RFC 3986, section 2.3).

pub(crate) fn path_segment(name: &str) -> String {
    let parts = name.bytes().map(|b| {
        let is_plain = b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~');
        if is_plain { char::from(b).to_string() } else { format!("%{b:02X}") }
    });
    parts.collect()
}
