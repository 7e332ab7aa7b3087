//! Markup inside a sentence: the message holds a place for it, and the words around it are escaped before it comes in.

use std::borrow::Cow;
use std::fmt;

/// A place in a message that [`fill_slots`] puts markup into: a private-use character, which has no meaning
/// in words and names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot(pub(crate) char);

pub const S0: Slot = Slot('\u{E000}');
pub const S1: Slot = Slot('\u{E001}');
pub const S2: Slot = Slot('\u{E002}');
pub const S3: Slot = Slot('\u{E003}');

fn is_slot(character: char) -> bool {
    (S0.0..=S3.0).contains(&character)
}

/// A text that somebody entered, in which no character may pass for a slot.
pub(crate) fn without_slots(text: &str) -> Cow<'_, str> {
    // Hardly a text has the first byte of a slot, and a byte is found many times faster than a character.
    if text.as_bytes().contains(&0xEE) && text.contains(is_slot) {
        text.replace(is_slot, "\u{FFFD}").into()
    } else {
        text.into()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SafeHtml(String);

impl SafeHtml {
    /// An element that holds a text. Its name and those of its attributes are the program's own.
    pub fn element(name: &'static str, attributes: &[(&'static str, &str)], text: &str) -> Self {
        let mut html = format!("<{name}");
        for (attribute, value) in attributes {
            html.extend([" ", attribute, "=\""]);
            push_escaped(&mut html, value);
            html.push('"');
        }
        html.push('>');
        push_escaped(&mut html, text);
        html.extend(["</", name, ">"]);
        Self(html)
    }

    pub fn join(pieces: impl IntoIterator<Item = Self>, between: &str) -> Self {
        let mut html = String::new();
        for (number, piece) in pieces.into_iter().enumerate() {
            if number > 0 {
                push_escaped(&mut html, between);
            }
            html.push_str(&piece.0);
        }
        Self(html)
    }

    /// What somebody entered (a name, a place): not to be translated, and with a direction of its own.
    pub fn entered(text: &str) -> Self {
        Self::element("bdi", &[("translate", "no")], text)
    }
}

impl fmt::Display for SafeHtml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A formatted message as HTML: its words escaped, the markup in the places of [`S0`], [`S1`] and so on, as often as the
/// message names them. A slot without markup shows as U+FFFD.
pub fn fill_slots(message: impl AsRef<str>, markup: impl AsRef<[SafeHtml]>) -> SafeHtml {
    let (message, markup) = (message.as_ref(), markup.as_ref());
    let mut html = String::with_capacity(message.len() + 64);
    let mut rest = message;
    while let Some(at) = rest.find(is_slot) {
        push_escaped(&mut html, &rest[..at]);
        let mut after = rest[at..].chars();
        let number = after.next().map_or(0, |slot| slot as usize - S0.0 as usize);
        html.push_str(markup.get(number).map_or("\u{FFFD}", |piece| &piece.0));
        rest = after.as_str();
    }
    push_escaped(&mut html, rest);
    SafeHtml(html)
}

/// As templates do it, so that a text reads the same in a sentence and beside it.
fn push_escaped(html: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| matches!(byte, b'&' | b'<' | b'>' | b'"' | b'\'')) {
        html.push_str(&rest[..at]);
        html.push_str(match rest.as_bytes()[at] {
            b'&' => "&#38;",
            b'<' => "&#60;",
            b'>' => "&#62;",
            b'"' => "&#34;",
            _ => "&#39;",
        });
        rest = &rest[at + 1..];
    }
    html.push_str(rest);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::dates::Moment;
    use crate::value::Value;

    #[test]
    fn markup_stands_where_the_sentence_has_its_place() {
        let sentence = format!("{} is clean until {} & <no> {}", S1.0, S0.0, S1.0);
        let moment = Moment { iso: "2026-11-20T14:04:31-06:00".into(), text: "14:04".into() };
        let html = fill_slots(sentence, [moment.to_html(), SafeHtml::entered("Probe <b>\"7\"</b>")]);
        let probe = "<bdi translate=\"no\">Probe &#60;b&#62;&#34;7&#34;&#60;/b&#62;</bdi>";
        let time = "<time datetime=\"2026-11-20T14:04:31-06:00\">14:04</time>";
        assert_eq!(html.to_string(), format!("{probe} is clean until {time} &#38; &#60;no&#62; {probe}"));
        assert_eq!(fill_slots(S3.0.to_string(), []).to_string(), "\u{FFFD}");
    }

    fn entered_html(name: &str) -> String {
        format!("<bdi translate=\"no\">{name}</bdi>")
    }

    #[test]
    fn pieces_are_joined_by_a_text() {
        let joined =
            |names: &[&str]| SafeHtml::join(names.iter().map(|n| SafeHtml::entered(n)), " & ").to_string();
        assert_eq!(joined(&[]), "");
        assert_eq!(joined(&["a"]), entered_html("a"));
        assert_eq!(joined(&["a", "b"]), format!("{} &#38; {}", entered_html("a"), entered_html("b")));
    }

    #[test]
    fn attributes_are_escaped() {
        let link = SafeHtml::element("a", &[("href", "/t/\"><script>"), ("class", "x")], "it's");
        assert_eq!(link.to_string(), "<a href=\"/t/&#34;&#62;&#60;script&#62;\" class=\"x\">it&#39;s</a>");
    }

    proptest! {
        #[test]
        fn no_text_ends_up_as_markup_or_as_a_slot(text in "[<>&\"'a\u{E000}-\u{E00F}\\PC]{0,40}") {
            let html = fill_slots(&text, [SafeHtml::entered(&text), SafeHtml::entered(&text)]).to_string();
            let stripped = html.replace("<bdi translate=\"no\">", "").replace("</bdi>", "");
            prop_assert!(!stripped.contains(['<', '>', '"', '\'']), "{html}");
            let value = Value::from(text.as_str());
            let fluent_bundle::FluentValue::String(entered) = value.to_fluent() else { panic!("{value:?}") };
            prop_assert!(!entered.contains(is_slot));
        }
    }
}
