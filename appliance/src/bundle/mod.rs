//! The support bundle: one file that describes the state of a box, for support staff, without a record, a name, a photo or a key.
//!
//! [`collect`] makes its files out of what the box knows of itself, [`survey`] lists the data folder by name and size, and [`zip`]
//! puts them into one file that every system opens.

pub mod collect;
pub mod survey;
mod zip;

use serde::{Deserialize, Serialize};

/// Bytes of one file of it: the newest lines of a long log.
const FILE_BYTES_MAX: usize = 4 * 1024 * 1024;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleFile {
    pub name: String,
    pub text: String,
}

impl BundleFile {
    /// Of what is too long, the end stays: it is the newest.
    pub fn new(name: &str, text: impl Into<String>) -> Self {
        let text: String = text.into();
        let mut from = text.len().saturating_sub(FILE_BYTES_MAX);
        while !text.is_char_boundary(from) {
            from += 1;
        }
        Self { name: name.to_owned(), text: text.split_at(from).1.to_owned() }
    }

    /// A document, indented so that people can read it.
    pub fn json(name: &str, document: &impl Serialize) -> Self {
        Self::new(name, serde_json::to_string_pretty(document).unwrap_or_default())
    }
}

/// What the file is called; the day is the box's own.
pub fn bundle_name(box_id: &str, now_ms: i64) -> String {
    let day = jiff::Timestamp::from_millisecond(now_ms).unwrap_or_default().strftime("%Y-%m-%d").to_string();
    format!("cleantrack-support-{box_id}-{day}.zip")
}

pub fn pack_bundle(files: &[BundleFile]) -> std::io::Result<Vec<u8>> {
    zip::write_zip(files.iter().map(|file| zip::ZipEntry { name: &file.name, bytes: file.text.as_bytes() }))
}

#[cfg(test)]
pub(crate) use self::zip::read_zip;
