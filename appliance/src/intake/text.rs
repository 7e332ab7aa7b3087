//! Names and notes as people type them: bounded, visible, in NFC.

use std::borrow::Cow;

use record::code::is_hidden_in_text;
use record::limits::{NAME_CHARS_MAX, NOTE_CHARS_MAX};

use super::{CommandRefusal, RefusalCause};

/// Characters that change the direction of the text around them.
fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{00ad}' | '\u{034f}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}')
}

/// Whether a text says nothing that anybody could read.
pub(crate) fn is_blank_text(entered: &str) -> bool {
    entered.chars().all(is_blank)
}

fn check_text(
    field: &'static str,
    entered: &str,
    chars_max: usize,
    lines: bool,
) -> Result<Option<String>, CommandRefusal> {
    // A million characters are refused before anything is done with them.
    if entered.len() > chars_max * 4 + 1_024 {
        return Err(CommandRefusal::TooLong { field, chars_max });
    }
    let entered = match entered.contains('\r') {
        true => Cow::Owned(entered.replace("\r\n", "\n")),
        false => Cow::Borrowed(entered),
    };
    let entered = entered.trim();
    if is_blank_text(entered) {
        return Ok(None);
    }
    // Most of what people enter: each of its characters is one byte that shows something, or a space between them.
    if entered.len() <= chars_max && entered.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Ok(Some(entered.to_owned()));
    }
    let bad = entered.chars().find(|c| match lines {
        // What somebody pastes into a note may have anything that shows nothing.
        true => {
            (c.is_control() && !matches!(c, '\n' | '\t'))
                || is_bidi_control(*c)
                || matches!(*c, '\u{2028}' | '\u{2029}')
        }
        false => is_hidden_in_text(*c),
    });
    if let Some(c) = bad {
        return Err(CommandRefusal::Character { field, code: c.into() });
    }
    if entered.chars().count() > chars_max {
        return Err(CommandRefusal::TooLong { field, chars_max });
    }
    Ok(Some(entered.to_owned()))
}

pub(super) fn check_name(
    field: &'static str,
    entered: &str,
    cause: RefusalCause,
) -> Result<String, CommandRefusal> {
    check_text(field, entered, NAME_CHARS_MAX, false)?.ok_or(CommandRefusal::Needed { field, cause })
}

pub(super) fn check_line(field: &'static str, entered: &str) -> Result<String, CommandRefusal> {
    check_text(field, entered, NAME_CHARS_MAX, false).map(Option::unwrap_or_default)
}

/// One line that may be empty, shorter than a name.
pub(super) fn check_short(
    field: &'static str,
    entered: &str,
    chars_max: usize,
) -> Result<String, CommandRefusal> {
    check_text(field, entered, chars_max, false).map(Option::unwrap_or_default)
}

/// A note of several lines; `None` when it says nothing.
pub(super) fn check_note(field: &'static str, entered: &str) -> Result<Option<String>, CommandRefusal> {
    check_text(field, entered, NOTE_CHARS_MAX, true)
}

pub(super) fn check_reason(entered: &str) -> Result<String, CommandRefusal> {
    check_note("reason", entered)?
        .ok_or(CommandRefusal::Needed { field: "reason", cause: RefusalCause::Reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_name_may_be() {
        for good in ["Maria Alvarez", "  Ångström  ", "Ж", "👩‍🔬 Ada", "O'Neill <b>", "'; DROP TABLE"]
        {
            assert_eq!(check_name("name", good, RefusalCause::OwnName), Ok(good.trim().to_owned()), "{good}");
        }
        for blank in ["", "   ", "\u{200b}\u{feff}", "\u{3164}"] {
            assert!(
                matches!(
                    check_name("name", blank, RefusalCause::OwnName),
                    Err(CommandRefusal::Needed { .. })
                ),
                "{blank:?}"
            );
        }
        for bad in [
            "a\u{0}b",
            "a\nb",
            "a\u{202e}b",
            "a\u{2067}b",
            "\u{1b}@",
            "a\u{2028}b",
            "a\u{7f}",
            "a\u{200b}b",
            "\u{feff}a",
            "a\u{e0041}",
        ] {
            assert!(
                matches!(
                    check_name("name", bad, RefusalCause::OwnName),
                    Err(CommandRefusal::Character { .. })
                ),
                "{bad:?}"
            );
        }
        for long in ["x".repeat(NAME_CHARS_MAX + 1), "x".repeat(1_000_000)] {
            assert!(matches!(
                check_name("name", &long, RefusalCause::OwnName),
                Err(CommandRefusal::TooLong { .. })
            ));
        }
        assert_eq!(check_note("notes", " two\r\nlines "), Ok(Some("two\nlines".to_owned())));
        for code in 0..=u8::MAX {
            let (name, shows) = (format!("a{}b", char::from(code)), !char::from(code).is_control());
            let is_taken = shows && !is_hidden_in_text(char::from(code));
            assert_eq!(check_name("name", &name, RefusalCause::OwnName).is_ok(), is_taken, "{code}");
            assert!(!matches!(code, b' '..=b'~') || is_taken, "{code}");
        }
        assert!(check_name("name", &"x".repeat(NAME_CHARS_MAX), RefusalCause::OwnName).is_ok());
        assert!(check_reason(" ").is_err());
    }
}
