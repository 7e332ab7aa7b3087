//! The texts that belong beside an entry, out of those that somebody claims are there.

use record::entry::Entry;
use record::redact::TextLine;

/// Those that the entry names, each once: roots cover entries only, so whoever gives a line may put anything beside it.
pub(crate) fn own_texts<'a>(
    entry: &Entry,
    beside: impl IntoIterator<Item = &'a TextLine>,
) -> Vec<&'a TextLine> {
    let mut named = entry.redactables();
    let mut own = Vec::new();
    for text in beside.into_iter().filter(|text| text.seq() == entry.seq()) {
        let hash = text.hash();
        if let Some(at) = named.iter().position(|named| *named == hash) {
            named.swap_remove(at);
            // One hash that an entry names twice is one text.
            named.retain(|named| *named != hash);
            own.push(text);
        }
    }
    own
}
