//! A whole log.

use std::io::{self, Write as _};

use record::checkpoint::CosignedCheckpoint;
use record::entry::Entry;
use record::export::{ExportReader, ReadLine, VerifiedExport};
use record::tree::Hash;

use super::input::{for_each_line, read_bytes};
use super::words::{CosignerTrust, about_log, about_witness, text_words, write_line};
use super::{End, Options, SignedLog};

fn broken_export(e: &record::export::ExportError) -> End {
    End::Broken(e.to_string())
}

/// Gives each line out as soon as it was checked.
pub(super) fn read_export(
    file: &str,
    signed: &SignedLog,
    leaves: Option<&str>,
    mut each: impl FnMut(ReadLine),
) -> Result<VerifiedExport, End> {
    let (newest, _) = signed.newest()?;
    let mut export = ExportReader::new(newest.checkpoint().size).by_stations(&signed.all());
    if let Some(leaves) = leaves {
        let leaves = read_leaves(leaves, newest.checkpoint().size)?;
        export = export.by_leaves(leaves, newest).map_err(|e| broken_export(&e))?;
    }
    for_each_line(file, |bytes| {
        each(export.line(bytes).map_err(|e| broken_export(&e))?);
        Ok(())
    })?;
    export.finish(newest).map_err(|e| broken_export(&e))
}

fn read_leaves(file: &str, count: u64) -> Result<Vec<Hash>, End> {
    let bytes = read_bytes(file, count.saturating_mul(32))?;
    let (leaves, rest) = bytes.as_chunks::<32>();
    if !rest.is_empty() {
        return Err(End::Unread(format!("{file} is not a list of hashes of 32 bytes")));
    }
    Ok(leaves.iter().map(|leaf| Hash(*leaf)).collect())
}

pub(super) fn check_log(file: &str, options: &Options) -> Result<String, End> {
    let signed = SignedLog::read(&options.notes, &options.keys)?;
    let mut before: Option<Entry> = None;
    let exported = read_export(file, &signed, options.leaves.as_deref(), |read| match read {
        ReadLine::Entry(entry) if options.texts => before = Some(entry),
        ReadLine::Text(text) => {
            if let Some(entry) = before.as_ref().filter(|_| options.texts) {
                // A closed reader cannot be notified; the exit status still reports the result.
                let _ = writeln!(io::stdout(), "  {:<8} {}", entry.seq(), text_words(entry, &text));
            }
        }
        ReadLine::Entry(_) => {}
    })?;
    let mut message = String::from("VERIFIED: every entry of the log is there, in order and unchanged.\n");
    about_log(&mut message, &exported.checkpoint);
    let absent = exported.absent;
    let texts = format!(
        "{} fit their entries; {absent} are not in the file (erased, or not exported)",
        exported.texts
    );
    write_line(&mut message, "texts", &texts);
    if options.cosigners.is_empty() {
        write_line(
            &mut message,
            "witness",
            "not looked at: give the relay's key (--cosigner), from a source that you trust",
        );
    } else {
        let (newest, note) = signed.newest()?;
        let origin = newest.checkpoint().origin;
        let cosigned = CosignedCheckpoint::verify(note, &origin, &signed.log, &options.cosigners)?;
        about_witness(&mut message, Some((cosigned.by(), cosigned.time_s())), CosignerTrust::FromUser);
    }
    Ok(message)
}
