//! Percent-encoding read.

/// Characters of the name of the field in which a form became too long.
const LAST_NAME_CHARS_MAX: usize = 40;

pub(super) fn last_field(beginning: &[u8]) -> Option<String> {
    let last = beginning.rsplit(|&byte| byte == b'&').next()?;
    let equals = last.iter().position(|&byte| byte == b'=')?;
    let name = String::from_utf8(percent_decoded(&last[..equals])?).ok()?;
    (1..=LAST_NAME_CHARS_MAX).contains(&name.chars().count()).then_some(name)
}

/// `None` where a `%` is not followed by two hex digits.
pub(super) fn percent_decoded(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(&byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => hex_digit(rest.next())? << 4 | hex_digit(rest.next())?,
            other => other,
        });
    }
    Some(bytes)
}

fn hex_digit(byte: Option<&u8>) -> Option<u8> {
    let digit = char::from(*byte?).to_digit(16)?;
    u8::try_from(digit).ok()
}
