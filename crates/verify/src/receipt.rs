//! Whether the record of a receipt is in an exported log.

use record::checkpoint::CosignedCheckpoint;
use record::entry::Entry;
use record::export::ReadLine;
use record::ids::Epoch;
use record::kinds::{EntryRef, Event};
use record::receipt::Receipt;
use record::redact::TextLine;
use record::run::RunName;

use super::input::for_each_line;
use super::log::read_export;
use super::words::{CosignerTrust, about_entry, about_log, about_witness, write_line};
use super::{End, Options, SignedLog};

struct Search<'a> {
    receipt: &'a Receipt,
    found: Option<Entry>,
    texts: Vec<TextLine>,
    /// An entry that adopts lines of which the receipt's may be one, and those lines.
    adopted: Option<(u64, RunName)>,
    entries: u64,
}

impl<'a> Search<'a> {
    fn new(receipt: &'a Receipt) -> Self {
        Self { receipt, found: None, texts: Vec::new(), adopted: None, entries: 0 }
    }

    fn take(&mut self, read: ReadLine) {
        match read {
            ReadLine::Entry(entry) => {
                self.entries += 1;
                if let Event::LogAdopted(adopted) = entry.event()
                    && adopted.run.epoch().n == self.receipt.n
                    && adopted.run.lines().contains(&self.receipt.seq)
                {
                    self.adopted = Some((entry.seq(), adopted.run));
                }
                if entry.seq() == self.receipt.seq {
                    self.found = Some(entry);
                }
            }
            ReadLine::Text(text) if text.seq() == self.receipt.seq => self.texts.push(text),
            ReadLine::Text(_) => {}
        }
    }

    /// Lines that the log adopted are in no export of it: the receipt's proof names those.
    fn absent(&self, why: &str) -> End {
        let Some((by, run)) = &self.adopted else { return End::Absent(why.to_owned()) };
        let (lines, receipt) = (run.lines(), self.receipt);
        End::Absent(format!(
            "{why}; but by its entry {by} the log adopted entries {} to {} of epoch {}, which are in no export of it: ask the \
             box for the receipt's proof (/r/{receipt}/proof), and check that",
            lines.start,
            lines.end - 1,
            run.epoch()
        ))
    }
}

/// Lines of an export that nobody signed, any part of one.
fn read_unsigned(file: &str, search: &mut Search<'_>) -> Result<(), End> {
    let mut number = 0_u64;
    for_each_line(file, |bytes| {
        number += 1;
        let read = Entry::parse(bytes)
            .ok()
            .map(ReadLine::Entry)
            .or_else(|| TextLine::parse(bytes).ok().map(ReadLine::Text));
        search.take(
            read.ok_or_else(|| {
                End::Unread(format!("line {number} of {file} is neither an entry nor a text"))
            })?,
        );
        Ok(())
    })?;
    // Nobody but the entry says which texts are its own.
    let mut named = search.found.as_ref().map(Entry::redactables).unwrap_or_default();
    search.texts.retain(|text| {
        let place = named.iter().position(|hash| *hash == text.hash());
        place.map(|place| named.swap_remove(place)).is_some()
    });
    Ok(())
}

pub(super) fn check_receipt(receipt: &str, file: &str, options: &Options) -> Result<String, End> {
    let parsed: Result<Receipt, _> = receipt.trim().to_uppercase().parse();
    let receipt =
        parsed.map_err(|_| End::Unread(format!("`{receipt}` is no receipt, such as 1-41207-ZW00000001")))?;
    let mut search = Search::new(&receipt);
    let signed = match &options.notes[..] {
        [] => {
            read_unsigned(file, &mut search)?;
            None
        }
        notes => {
            let signed = SignedLog::read(notes, &options.keys)?;
            read_export(file, &signed, None, |read| search.take(read))?;
            Some(signed)
        }
    };
    let epoch = signed.as_ref().map(|signed| signed.newest()).transpose()?;
    let epoch = epoch.map(|(newest, _)| newest.checkpoint().origin.epoch);
    let entry = compare_receipt(&receipt, &search, epoch)?;
    let mut message = format!("VERIFIED: the record of receipt {receipt} is in the log, and has its hash.\n");
    write_line(&mut message, "record", &format!("{}, {}", entry.seq(), entry.head().kind));
    about_entry(&mut message, entry, &search.texts);
    let Some(signed) = signed else {
        write_line(&mut message, "log", "not checked: give its checkpoint and key (--checkpoint, --key)");
        return Ok(message);
    };
    let (newest, note) = signed.newest()?;
    about_log(&mut message, newest.checkpoint());
    if !options.cosigners.is_empty() {
        let origin = newest.checkpoint().origin;
        let cosigned = CosignedCheckpoint::verify(note, &origin, &signed.log, &options.cosigners)?;
        about_witness(&mut message, Some((cosigned.by(), cosigned.time_s())), CosignerTrust::FromUser);
    }
    Ok(message)
}

/// It must be of this epoch, be there, and have the receipt's hash.
fn compare_receipt<'a>(
    receipt: &Receipt,
    search: &'a Search<'_>,
    epoch: Option<Epoch>,
) -> Result<&'a Entry, End> {
    if let Some(epoch) = epoch.filter(|epoch| epoch.n != receipt.n) {
        let n = receipt.n;
        return Err(search.absent(&format!("the log is of epoch {epoch}, the receipt of an epoch {n}")));
    }
    let entry = search.found.as_ref().ok_or_else(|| {
        let (seq, count) = (receipt.seq, search.entries);
        search.absent(&format!("there is no entry {seq} in the log, which has {count} entries"))
    })?;
    if receipt.fits(entry.leaf()) {
        return Ok(entry);
    }
    if search.adopted.is_some() {
        return Err(search.absent(&format!("entry {} of the log has another hash", entry.seq())));
    }
    // The key's hash in an epoch's name is no part of a receipt.
    let epoch = epoch.unwrap_or(Epoch { n: receipt.n, key: [0; 4] });
    let here = Receipt::of(EntryRef { epoch, seq: entry.seq() }, entry.leaf());
    Err(End::Broken(format!(
        "entry {} of the log has another hash: its receipt is {here}, not {receipt}; one of them was changed, or the log is \
         of another epoch or box",
        entry.seq()
    )))
}
