//! Files, as an auditor names them: bounded, line by line where they may be long.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

use record::export::LINE_BYTES_MAX;
use record::sign::VerifierKey;

use super::End;

/// A box has one key for each epoch.
const KEYS_BYTES_MAX: u64 = 256 * 1024;

fn open_input(file: &str) -> Result<Box<dyn Read>, End> {
    if file == "-" {
        Ok(Box::new(io::stdin()))
    } else {
        Ok(Box::new(
            File::open(file).map_err(|e: io::Error| End::Unread(format!("cannot open {file}: {e}")))?,
        ))
    }
}

pub(super) fn read_bytes(file: &str, bytes_max: u64) -> Result<Vec<u8>, End> {
    let mut bytes = Vec::new();
    open_input(file)?
        .take(bytes_max + 1)
        .read_to_end(&mut bytes)
        .map_err(|e: io::Error| End::Unread(format!("cannot read {file}: {e}")))?;
    if bytes.len() as u64 > bytes_max {
        return Err(End::Unread(format!("{file} has more than {bytes_max} bytes: it is something else")));
    }
    Ok(bytes)
}

pub(super) fn read_input(file: &str, bytes_max: u64) -> Result<String, End> {
    let bytes = read_bytes(file, bytes_max)?;
    String::from_utf8(bytes).map_err(|e| End::Unread(format!("cannot read {file}: {e}")))
}

/// One key a line, or a relay's public list of keys, where further words follow each key: of those lines the
/// cosigning keys count that were not revoked.
pub(super) fn read_keys(file: &str) -> Result<Vec<VerifierKey>, End> {
    let text = read_input(file, KEYS_BYTES_MAX)?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let keys: Result<Vec<_>, _> = lines.filter_map(counted_key).map(VerifierKey::parse).collect();
    match keys {
        Ok(keys) if !keys.is_empty() => Ok(keys),
        Ok(_) => Err(End::Unread(format!("there is no key in {file}"))),
        Err(e) => Err(End::Unread(format!("{file}: {e}"))),
    }
}

fn counted_key(line: &str) -> Option<&str> {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words[..] {
        [key, kind, .., state] => (kind == "cosign" && state != "revoked").then_some(key),
        _ => Some(line),
    }
}

pub(super) fn for_each_line(file: &str, mut each: impl FnMut(&[u8]) -> Result<(), End>) -> Result<(), End> {
    let mut lines = BufReader::new(open_input(file)?);
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        // One byte more than a line may have shows that it is too long.
        let limit = LINE_BYTES_MAX as u64 + 2;
        let read = lines.by_ref().take(limit).read_until(b'\n', &mut bytes);
        if read.map_err(|e| End::Unread(format!("cannot read {file}: {e}")))? == 0 {
            return Ok(());
        }
        each(bytes.strip_suffix(b"\n").unwrap_or(&bytes))?;
    }
}
