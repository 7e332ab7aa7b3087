//! One line of the log: the exact bytes that were written, and a parsed view of them.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::kinds::Event;
use crate::limits::ENTRY_BYTES_MAX;
use crate::tree::{Hash, hex_bytes, leaf_hash, write_hex};
use crate::values::ids::{BootId, DeviceId, StaffId};
use crate::values::json::{JsonError, check_object};
use crate::values::redact::PersonalText;

/// How far the box's clock could be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum ClockState {
    /// Set by network time or by the relay's cosignature in this boot.
    Synced,
    /// Kept by a battery clock.
    Rtc,
    /// Nobody has set it since power came.
    Uncertain,
}

/// When an entry was written, as the box knew it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryTime {
    /// Milliseconds since 1970 UTC, as the box believed.
    pub wall: i64,
    /// The run of the operating system.
    pub boot: BootId,
    /// Milliseconds since that boot, monotonic.
    pub up: u64,
    /// How far `wall` could be trusted.
    pub clock: ClockState,
}

/// The way by which a command came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CommandSource {
    /// A technician's page.
    Phone,
    /// Staff pages.
    Staff,
    /// The API, with a token.
    Api,
    /// The administration socket.
    Socket,
    /// A directive of the relay.
    Relay,
    /// The box itself.
    Box,
    /// A way that this version does not know.
    #[serde(other)]
    Other,
}

/// Who made an entry, as far as that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryAuthor {
    /// The person, where a login, badge or PIN proved it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub staff: Option<StaffId>,
    /// The way in.
    pub via: CommandSource,
    /// The phone's random cookie.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub device: Option<DeviceId>,
}

impl EntryAuthor {
    /// The box's own act.
    pub const BOX: Self = Self { staff: None, via: CommandSource::Box, device: None };
}

/// Half of a SHA-256 value: names an idempotency key or a request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest16(pub [u8; 16]);

impl Digest16 {
    /// First 16 bytes of SHA-256 of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        let mut half = [0; 16];
        half.copy_from_slice(&Hash::of(bytes).0[..16]);
        Self(half)
    }

    /// Reads 32 lower-case hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        hex_bytes(text).map(Self)
    }
}

impl std::fmt::Display for Digest16 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(write_hex(&self.0, &mut [0; 32]))
    }
}

impl std::fmt::Debug for Digest16 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for Digest16 {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(write_hex(&self.0, &mut [0; 32]))
    }
}

impl<'de> Deserialize<'de> for Digest16 {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(d)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("32 lower-case hex digits are needed"))
    }
}

/// What makes a repeated request harmless, kept in the entry so that a rebuilt box still knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdempotencyRecord {
    /// Of the key that the request carried.
    pub key: Digest16,
    /// Of the request as parsed: the same key with another request is a conflict.
    pub req: Digest16,
}

/// An event that was decided and is not yet an entry: it has no number and no time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryDraft {
    /// Who made it.
    pub by: EntryAuthor,
    /// The request's idempotency key.
    pub idem: Option<IdempotencyRecord>,
    /// What happened.
    pub event: Event,
    /// The texts that the event names.
    pub texts: Vec<PersonalText>,
}

/// Why bytes are not an entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// Over [`ENTRY_BYTES_MAX`].
    #[error("the entry has {0} bytes, more than {ENTRY_BYTES_MAX}")]
    TooLong(usize),
    /// Not UTF-8.
    #[error("the entry is not UTF-8")]
    Utf8,
    /// Not in the strict subset.
    #[error("the entry is not compact JSON: {0}")]
    Json(#[from] JsonError),
    /// A member is missing or has the wrong type.
    #[error("the entry's head is not valid: {0}")]
    Head(String),
}

/// An entry as it is read.
#[derive(Deserialize)]
struct Line<'a> {
    seq: u64,
    at: EntryTime,
    by: EntryAuthor,
    #[serde(default)]
    idem: Option<IdempotencyRecord>,
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    body: &'a RawValue,
}

/// What is written before its body.
#[derive(Serialize)]
struct Head<'a> {
    seq: u64,
    at: EntryTime,
    by: EntryAuthor,
    #[serde(skip_serializing_if = "Option::is_none")]
    idem: Option<IdempotencyRecord>,
    kind: &'a str,
}

/// Bytes that most entries have room in.
const COMPOSED_BYTES: usize = 1_024;

/// An entry: exact bytes and what its head says. Nothing is ever serialised a second time to be verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    bytes: Box<str>,
    head: EntryHead,
    body: (usize, usize),
}

/// The head of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryHead {
    /// Place in the log of its epoch, from 0.
    pub seq: u64,
    /// When it was written.
    pub at: EntryTime,
    /// Who made it.
    pub by: EntryAuthor,
    /// The request's idempotency key.
    pub idem: Option<IdempotencyRecord>,
    /// `noun.past-verb`.
    pub kind: Box<str>,
}

impl Entry {
    /// Reads untrusted bytes: one line without its newline.
    ///
    /// # Errors
    /// Why they are not an entry.
    pub fn parse(bytes: &[u8]) -> Result<Self, EntryError> {
        if bytes.len() > ENTRY_BYTES_MAX {
            return Err(EntryError::TooLong(bytes.len()));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| EntryError::Utf8)?;
        check_object(text)?;
        Self::view(text)
    }

    /// Reads bytes that this program wrote and that a hash has just covered.
    ///
    /// # Errors
    /// As [`Entry::parse`].
    pub fn view(text: &str) -> Result<Self, EntryError> {
        let line: Line<'_> = serde_json::from_str(text).map_err(|e| EntryError::Head(e.to_string()))?;
        let raw = line.body.get();
        if !raw.starts_with('{') {
            return Err(EntryError::Head("`body` must be an object".to_owned()));
        }
        // The raw value borrows from `text`, so its place is the distance between the two.
        let start = raw.as_ptr().addr() - text.as_ptr().addr();
        let head =
            EntryHead { seq: line.seq, at: line.at, by: line.by, idem: line.idem, kind: line.kind.into() };
        Ok(Self { bytes: text.into(), head, body: (start, start + raw.len()) })
    }

    /// Writes an entry. The caller appends exactly these bytes.
    ///
    /// # Errors
    /// [`EntryError::TooLong`], or [`EntryError::Json`] when the event is [`Event::Unknown`] with a body outside the
    /// subset.
    pub fn compose(
        seq: u64,
        at: EntryTime,
        by: EntryAuthor,
        idem: Option<IdempotencyRecord>,
        event: &Event,
    ) -> Result<Self, EntryError> {
        let head = Head { seq, at, by, idem, kind: event.kind() };
        let mut text = Vec::with_capacity(COMPOSED_BYTES);
        serde_json::to_writer(&mut text, &head).map_err(|e| EntryError::Head(e.to_string()))?;
        text.pop();
        text.extend_from_slice(b",\"body\":");
        let start = text.len();
        event.write_body(&mut text).map_err(|e| EntryError::Head(e.to_string()))?;
        let end = text.len();
        text.push(b'}');
        if text.len() > ENTRY_BYTES_MAX {
            return Err(EntryError::TooLong(text.len()));
        }
        let text = String::from_utf8(text).map_err(|_| EntryError::Utf8)?;
        check_object(&text)?;
        let head = EntryHead { seq, at, by, idem, kind: event.kind().into() };
        Ok(Self { head, body: (start, end), bytes: text.into() })
    }

    /// The exact line, without a newline.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.as_bytes()
    }

    /// The exact line as text.
    pub fn as_str(&self) -> &str {
        &self.bytes
    }

    /// Its place in the log.
    pub fn seq(&self) -> u64 {
        self.head.seq
    }

    /// Its head.
    pub fn head(&self) -> &EntryHead {
        &self.head
    }

    /// The body's exact bytes.
    pub fn body(&self) -> &str {
        &self.bytes[self.body.0..self.body.1]
    }

    /// What happened.
    pub fn event(&self) -> Event {
        Event::read(&self.head.kind, self.body())
    }

    /// Its hash in the tree.
    pub fn leaf(&self) -> Hash {
        leaf_hash(self.bytes())
    }

    /// The texts that it names, in the order in which they stand.
    pub fn redactables(&self) -> Vec<Hash> {
        const MARK: &str = "{\"redactable\":\"";
        // Inside a string each quote is escaped, so the mark can only be an object.
        self.body()
            .match_indices(MARK)
            .filter_map(|(at, _)| self.body().get(at + MARK.len()..at + MARK.len() + 64)?.parse().ok())
            .collect()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn at(wall: i64) -> EntryTime {
        EntryTime { wall, boot: BootId::new(1, [1; 10]), up: 5, clock: ClockState::Synced }
    }

    #[test]
    fn written_and_read() {
        let event = Event::read("use.recorded", r#"{"tag":"ABCDEFGH3"}"#);
        let idem = Some(IdempotencyRecord { key: Digest16([1; 16]), req: Digest16([2; 16]) });
        let entry = Entry::compose(7, at(12), EntryAuthor::BOX, idem, &event).unwrap();
        assert!(entry.as_str().starts_with(r#"{"seq":7,"at":{"wall":12,"boot":""#), "{}", entry.as_str());
        assert_eq!(Entry::parse(entry.bytes()).unwrap(), entry);
        assert_eq!(entry.event(), event);
        assert_eq!(entry.body(), r#"{"tag":"ABCDEFGH3"}"#);
    }

    #[test]
    fn readers_take_any_order_and_unknown_members() {
        let text = format!(
            r#"{{"body":{{"tag":"ABCDEFGH3"}},"new":1,"kind":"use.recorded","by":{{"via":"teleporter"}},"at":{{"wall":1,"up":2,"clock":"rtc","boot":"{}"}},"seq":0}}"#,
            BootId::new(1, [1; 10])
        );
        let entry = Entry::parse(text.as_bytes()).unwrap();
        assert_eq!(entry.head().by.via, CommandSource::Other);
        assert_eq!(entry.body(), r#"{"tag":"ABCDEFGH3"}"#);
        assert!(matches!(entry.event(), Event::UseRecorded(_)));
    }

    #[test]
    fn strange_entries() {
        let good = Entry::compose(0, at(1), EntryAuthor::BOX, None, &Event::read("x.y", "{}")).unwrap();
        let good = good.as_str();
        assert!(Entry::parse(good.as_bytes()).is_ok());
        let long = good.replace("\"body\":{}", &format!("\"body\":{{\"a\":\"{}\"}}", "x".repeat(17_000)));
        let cases = [
            good.replace("\"seq\":0", "\"seq\":-1"),
            good.replace("\"seq\":0", "\"seq\":1.0"),
            good.replace("\"seq\":0", "\"seq\":\"0\""),
            good.replace("\"seq\":0", "\"seq\":0,\"seq\":0"),
            good.replace("\"body\":{}", "\"body\":[]"),
            good.replace(",\"body\":{}", ""),
            format!("{good}\n"),
            long,
            String::new(),
        ];
        for wrong in cases {
            assert!(Entry::parse(wrong.as_bytes()).is_err(), "{wrong}");
        }
        assert_eq!(Entry::parse(b"{\"a\":\"\xff\"}"), Err(EntryError::Utf8));
    }

    #[test]
    fn names_its_texts_only_where_they_are_objects() {
        let hash = Hash::of(b"x");
        let body = format!(r#"{{"note":{{"redactable":"{hash}"}},"trick":"{{\"redactable\":\"{hash}\"}}"}}"#);
        let entry = Entry::compose(0, at(1), EntryAuthor::BOX, None, &Event::read("x.y", &body)).unwrap();
        assert_eq!(entry.redactables(), vec![hash]);
    }
}
