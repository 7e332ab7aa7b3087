//! What a card does not give back: a sector that cannot be read is damage of the file that it is in, and nothing else ends
//! by it.

use std::io;

use super::disk::{DiskFile, PAGE_BYTES, is_lost};

/// Stands in place of bytes that cannot be read: no group, frame or line has it.
const FILLER: u8 = 0xff;

/// Reads what can be read of a range, page by page where not at once. The rest becomes noise; returns where that is.
///
/// # Errors
/// The disk's, other than that.
pub(crate) fn read_what_is_left(file: &dyn DiskFile, offset: u64, out: &mut [u8]) -> io::Result<Vec<u64>> {
    match file.read_at(offset, out) {
        Err(e) if is_lost(&e) => {}
        read => return read.map(|()| Vec::new()),
    }
    let (mut lost, mut at) = (Vec::new(), 0);
    while at < out.len() {
        let here = offset + at as u64;
        let inside = usize::try_from(here % PAGE_BYTES as u64).unwrap_or(0);
        let end = out.len().min(at + PAGE_BYTES - inside);
        let page = &mut out[at..end];
        match file.read_at(here, page) {
            Ok(()) => {}
            Err(e) if is_lost(&e) => {
                page.fill(FILLER);
                lost.push(here);
            }
            Err(e) => return Err(e),
        }
        at = end;
    }
    Ok(lost)
}
