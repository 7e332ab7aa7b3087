//! The strict subset of JSON that signed bytes are written in: compact, integers only, no nulls, no key twice.

use std::collections::BTreeSet;

use crate::limits::JSON_DEPTH_MAX;

/// Where and why bytes are not in the subset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("byte {at}: {why}")]
pub struct JsonError {
    /// Offset of the first byte that does not fit.
    pub at: usize,
    /// What is wrong there.
    pub why: &'static str,
}

/// Checks that `text` is exactly one JSON object in the subset: no white space between tokens, numbers that are
/// integers of at most 64 bits, no `null`, no escape in a key and no key twice in an object, bounded nesting.
///
/// # Errors
/// The first place that does not fit.
pub fn check_object(text: &str) -> Result<(), JsonError> {
    let mut scan = Scan { bytes: text.as_bytes(), at: 0 };
    if scan.peek() != Some(b'{') {
        return Err(scan.error("an object must stand here"));
    }
    scan.value(0)?;
    if scan.at != scan.bytes.len() {
        return Err(scan.error("nothing may follow the object"));
    }
    Ok(())
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scan<'a> {
    fn error(&self, why: &'static str) -> JsonError {
        JsonError { at: self.at, why }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn take(&mut self, byte: u8, why: &'static str) -> Result<(), JsonError> {
        if self.peek() != Some(byte) {
            return Err(self.error(why));
        }
        self.at += 1;
        Ok(())
    }

    fn word(&mut self, word: &'static [u8]) -> Result<(), JsonError> {
        if !self.bytes[self.at..].starts_with(word) {
            return Err(self.error("not a value"));
        }
        self.at += word.len();
        Ok(())
    }

    fn value(&mut self, depth: usize) -> Result<(), JsonError> {
        if depth > JSON_DEPTH_MAX {
            return Err(self.error("nested too deep"));
        }
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map(|_| ()),
            Some(b't') => self.word(b"true"),
            Some(b'f') => self.word(b"false"),
            Some(b'n') => Err(self.error("null is not used")),
            Some(b'-' | b'0'..=b'9') => self.integer(),
            Some(b' ' | b'\t' | b'\n' | b'\r') => Err(self.error("no white space between tokens")),
            _ => Err(self.error("not a value")),
        }
    }

    fn object(&mut self, depth: usize) -> Result<(), JsonError> {
        self.take(b'{', "an object must stand here")?;
        let mut keys: BTreeSet<&'a [u8]> = BTreeSet::new();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            let start = self.at;
            let (key, escaped) = self.string()?;
            if escaped || !keys.insert(key) {
                return Err(JsonError {
                    at: start,
                    why: if escaped { "a key with an escape" } else { "a key twice" },
                });
            }
            self.take(b':', "a colon must stand here")?;
            self.value(depth + 1)?;
            match self.peek() {
                Some(b',') => self.at += 1,
                _ => return self.take(b'}', "a comma or the object's end must stand here"),
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<(), JsonError> {
        self.take(b'[', "an array must stand here")?;
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.value(depth + 1)?;
            match self.peek() {
                Some(b',') => self.at += 1,
                _ => return self.take(b']', "a comma or the array's end must stand here"),
            }
        }
    }

    /// The bytes between the quotes, and whether there is an escape among them.
    fn string(&mut self) -> Result<(&'a [u8], bool), JsonError> {
        self.take(b'"', "a string must stand here")?;
        let start = self.at;
        let mut escaped = false;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok((&self.bytes[start..self.at - 1], escaped));
                }
                Some(b'\\') => {
                    escaped = true;
                    self.at += 1;
                    self.escape()?;
                }
                Some(0..=0x1f) => return Err(self.error("a bare control character in a string")),
                Some(_) => self.at += 1,
                None => return Err(self.error("the string does not end")),
            }
        }
    }

    fn escape(&mut self) -> Result<(), JsonError> {
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 1;
                Ok(())
            }
            Some(b'u') => {
                let code = self.unit()?;
                match code {
                    0xdc00..=0xdfff => Err(self.error("half of a surrogate pair")),
                    0xd800..=0xdbff => {
                        self.take(b'\\', "half of a surrogate pair")?;
                        let low = self.unit()?;
                        if (0xdc00..=0xdfff).contains(&low) {
                            Ok(())
                        } else {
                            Err(self.error("half of a surrogate pair"))
                        }
                    }
                    _ => Ok(()),
                }
            }
            _ => Err(self.error("an unknown escape")),
        }
    }

    fn unit(&mut self) -> Result<u32, JsonError> {
        self.take(b'u', "half of a surrogate pair")?;
        let digits = self.bytes.get(self.at..self.at + 4).filter(|d| d.iter().all(u8::is_ascii_hexdigit));
        let code =
            digits.and_then(|d| std::str::from_utf8(d).ok()).and_then(|d| u32::from_str_radix(d, 16).ok());
        let code = code.ok_or(self.error("four hex digits must stand here"))?;
        self.at += 4;
        Ok(code)
    }

    fn integer(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let digits = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        let text = std::str::from_utf8(&self.bytes[start..self.at]).unwrap_or_default();
        let leading = self.bytes[digits..self.at].starts_with(b"0") && self.at - start > 1;
        let fits = text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok();
        if leading || !fits || matches!(self.peek(), Some(b'.' | b'e' | b'E')) {
            return Err(JsonError { at: start, why: "a number must be an integer of at most 64 bits" });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_subset() {
        for good in [
            r"{}",
            r#"{"a":[1,-2,true,false,"x\u00e9\ud83d\ude00\n",{"b":{}}],"c":18446744073709551615,"d":0}"#,
        ] {
            assert_eq!(check_object(good), Ok(()), "{good}");
        }
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(20), "]".repeat(20));
        let bad = [
            "",
            "[]",
            "1",
            r#"{"a":1.0}"#,
            r#"{"a":1e3}"#,
            r#"{"a":null}"#,
            r#"{"a":01}"#,
            r#"{"a":-0}"#,
            r#"{"a":-}"#,
            r#"{"a":18446744073709551616}"#,
            r#"{"a":1,"a":2}"#,
            r#"{"\u0061":1}"#,
            r#"{ "a":1}"#,
            r#"{"a":1} "#,
            r#"{"a":1}{}"#,
            r#"{"a":1,}"#,
            r#"{"a":[1,]}"#,
            r#"{"a"}"#,
            r#"{"a":"\ud800"}"#,
            r#"{"a":"\udc00"}"#,
            r#"{"a":"\x"}"#,
            "{\"a\":\"\n\"}",
            r#"{"a":"b"#,
            "{\"a\":1\u{feff}}",
            &deep,
        ];
        for wrong in bad {
            assert!(check_object(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn never_panics_and_is_json(text in "[\\[\\]{}:,\"a\\\\u0-9dtrue\\-.e \n]{0,40}") {
            if check_object(&text).is_ok() {
                prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
            }
        }
    }
}
