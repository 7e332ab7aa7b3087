//! A PDF of somebody else: whatever is in it, within bounds.

use std::collections::HashMap;

use lopdf::{Document, LoadOptions, Object};
use record::tree::Hash;

use super::ReportFault;

/// A report is smaller.
pub const PDF_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// What an attachment, a page or a picture unpacks to at most, where nobody says less.
pub(super) const UNPACKED_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Of the tree of names, and of links in it.
const DEPTH_MAX: usize = 8;

pub(super) struct OpenedDocument(Document, usize);

fn damage_fault(error: lopdf::Error) -> ReportFault {
    match error {
        lopdf::Error::Decompress(lopdf::DecompressError::MemoryLimitExceeded { .. }) => ReportFault::TooLarge,
        other => ReportFault::Damaged(other.to_string()),
    }
}

impl OpenedDocument {
    pub(super) fn open(bytes: &[u8], unpacked_max: usize) -> Result<Self, ReportFault> {
        let head = &bytes[..bytes.len().min(1_024)];
        if !head.windows(5).any(|window| window == b"%PDF-") {
            return Err(ReportFault::NoPdf);
        }
        if bytes.len() as u64 > PDF_BYTES_MAX {
            return Err(ReportFault::TooLarge);
        }
        let options = LoadOptions { max_decompressed_size: Some(unpacked_max), ..LoadOptions::default() };
        let opened = Document::load_mem_with_options(bytes, options).map_err(damage_fault)?;
        Ok(Self(opened, unpacked_max))
    }

    /// The bytes of an attached file.
    pub(super) fn attached(&self, name: &'static str) -> Result<Vec<u8>, ReportFault> {
        let names = self
            .0
            .catalog()
            .and_then(|catalog| catalog.get_deref(b"Names", &self.0)?.as_dict())
            .and_then(|names| names.get_deref(b"EmbeddedFiles", &self.0));
        let spec = names.ok().and_then(|tree| self.find_name(tree, name.as_bytes(), 0));
        let spec = spec.ok_or(ReportFault::NotAttached(name))?;
        let stream = spec
            .as_dict()
            .and_then(|spec| spec.get_deref(b"EF", &self.0)?.as_dict())
            .and_then(|files| files.get_deref(b"F", &self.0)?.as_stream())
            .map_err(|_| ReportFault::NotAttached(name))?;
        if stream.filters().is_ok_and(|filters| !filters.is_empty()) {
            stream.decompressed_content_with_limit(self.1).map_err(|error| match damage_fault(error) {
                ReportFault::Damaged(why) => ReportFault::Unreadable { name, why },
                fault => fault,
            })
        } else {
            Ok(stream.content.clone())
        }
    }

    fn find_name<'a>(&'a self, tree: &'a Object, name: &[u8], depth: usize) -> Option<&'a Object> {
        let tree = tree.as_dict().ok().filter(|_| depth < DEPTH_MAX)?;
        let own = tree.get_deref(b"Names", &self.0).and_then(Object::as_array).ok().and_then(|names| {
            let pair = names.chunks_exact(2).find(|pair| pair[0].as_str().is_ok_and(|text| text == name))?;
            self.0.dereference(&pair[1]).ok().map(|(_, spec)| spec)
        });
        own.or_else(|| {
            let kids = tree.get_deref(b"Kids", &self.0).and_then(Object::as_array).ok()?;
            kids.iter().find_map(|kid| {
                let (_, kid) = self.0.dereference(kid).ok()?;
                self.find_name(kid, name, depth + 1)
            })
        })
    }

    /// The letters of each page in the order in which they are drawn, without white space.
    pub(super) fn page_texts(&self) -> Result<Vec<String>, ReportFault> {
        let pages: Vec<u32> = self.0.get_pages().into_keys().collect();
        pages
            .into_iter()
            .map(|page| {
                let text = self.0.extract_text_with_limit(&[page], self.1).map_err(damage_fault)?;
                Ok(text.chars().filter(|letter| !letter.is_whitespace()).collect())
            })
            .collect()
    }

    /// Its JPEGs as they are, by their hashes.
    pub(super) fn pictures(&self) -> Result<HashMap<Hash, Vec<u8>>, ReportFault> {
        let streams = self.0.objects.values().filter_map(|object| object.as_stream().ok());
        let jpegs = streams.filter(|stream| {
            stream.filters().is_ok_and(|filters| filters.iter().any(|filter| *filter == b"DCTDecode"))
        });
        Ok(jpegs.map(|stream| (Hash::of(&stream.content), stream.content.clone())).collect())
    }
}
