//! `cleantrack-verify`: says of an exported log, a receipt, one record's proof, a report or an archive, what holds; needs no network and
//! no box.

mod archive;
mod input;
mod log;
mod proof;
mod receipt;
mod report;
mod words;

use std::io::{self, Write as _};
use std::process::ExitCode;

use record::checkpoint::{Checkpoint, SignedCheckpoint};
use record::limits::NOTE_BYTES_MAX;
use record::sign::{NoteError, SignedNote, VerifierKey};

use self::input::{read_input, read_keys};

const HELP: &str = "Checks CleanTrack records offline.

  cleantrack-verify proof FILE [--key KEYS] [--cosigner KEYS]
      one record's proof, as a receipt hands it out (/r/…/proof)

  cleantrack-verify log FILE --checkpoint NOTE --key KEYS [--cosigner KEYS] [--leaves FILE] [--texts]
      a whole log, as exported (/api/v1/log), against its signed checkpoint (/api/v1/checkpoint). With --leaves (32 bytes
      an entry, leaves.bin of a whole export) the first entry that was changed is named; more --checkpoint, of smaller
      sizes, bound where it is. With --texts names and notes are printed, the verdict behind them

  cleantrack-verify report FILE [--key KEYS] [--cosigner KEYS]
      a report on paper (PDF): who signed and up to when, each attached entry, and whether the pages say what these give; names
      the first character or entry that was changed

  cleantrack-verify archive FILE [--key KEYS]
      everything of a box in one file (Backup, *Take everything along*): each log to what its key signed, each text and photo

  cleantrack-verify receipt RECEIPT --log FILE [--checkpoint NOTE --key KEYS] [--cosigner KEYS]
      whether the record of a receipt, such as 1-41207-ZW00000001, is in an exported log; with a checkpoint the log is
      checked as well

FILE may be - for standard input. KEYS is a file of verifier keys, one a line (/api/v1/key), that you have from a source
you trust; one file may hold the log's and the relay's. Without --key a proof or report is checked against the key that it brings,
and without --cosigner against the relay's key that it brings, and that is said. Texts that come with a log (texts=1) or a
proof are checked against the hashes in their entries, and printed.

Ends with 0 when everything holds, 1 when something does not (a receipt's entry has another hash, too), 2 when something
could not be read, 3 when a receipt's record is not in the log.
";

enum End {
    Broken(String),
    Unread(String),
    Absent(String),
}

impl From<NoteError> for End {
    fn from(error: NoteError) -> Self {
        Self::Broken(error.to_string())
    }
}

#[derive(Default)]
struct Options {
    keys: Vec<VerifierKey>,
    cosigners: Vec<VerifierKey>,
    notes: Vec<String>,
    log: Option<String>,
    leaves: Option<String>,
    texts: bool,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (text, status) = match run_command(&arguments) {
        Ok(text) => (text, 0),
        Err(End::Broken(why)) => (format!("NOT VERIFIED: {why}.\n"), 1),
        Err(End::Unread(why)) => (format!("Nothing was checked: {why}.\n"), 2),
        Err(End::Absent(why)) => (format!("Not found: {why}.\n"), 3),
    };
    // A closed reader cannot be notified; the exit status still reports the result.
    let _ = io::stdout().write_all(text.as_bytes());
    ExitCode::from(status)
}

fn usage_error(why: &str) -> End {
    End::Unread(format!("{why}\n\n{}", HELP.trim_end().trim_end_matches('.')))
}

fn run_command(arguments: &[String]) -> Result<String, End> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (what, about, rest) = match words[..] {
        ["--help" | "-h" | "help"] => return Ok(HELP.to_owned()),
        [what @ ("proof" | "log" | "receipt" | "report" | "archive"), about, ref rest @ ..] => {
            (what, about, rest)
        }
        _ => return Err(usage_error("missing argument: `proof`, `log`, `receipt`, `report` or `archive`")),
    };
    let options = read_options(what, rest)?;
    match (what, &options.log) {
        ("proof", _) => proof::check_proof(about, &options),
        ("report", _) => report::check_report(about, &options),
        ("archive", _) => archive::check_archive(about, &options),
        ("log", _) if options.notes.is_empty() || options.keys.is_empty() => {
            Err(usage_error("a log needs --checkpoint and --key"))
        }
        ("log", _) => log::check_log(about, &options),
        (_, Some(file)) if options.notes.is_empty() || !options.keys.is_empty() => {
            receipt::check_receipt(about, file, &options)
        }
        (_, Some(_)) => Err(usage_error("a checkpoint needs --key")),
        _ => Err(usage_error("a receipt needs --log")),
    }
}

fn read_options(what: &str, mut rest: &[&str]) -> Result<Options, End> {
    let mut options = Options::default();
    loop {
        rest = match *rest {
            [] => return Ok(options),
            ["--texts", ref rest @ ..] if what == "log" => {
                options.texts = true;
                rest
            }
            ["--key", file, ref rest @ ..] => {
                options.keys.extend(read_keys(file)?);
                rest
            }
            ["--cosigner", file, ref rest @ ..] => {
                options.cosigners.extend(read_keys(file)?);
                rest
            }
            ["--checkpoint", file, ref rest @ ..] if what == "log" || what == "receipt" => {
                options.notes.push(read_input(file, NOTE_BYTES_MAX as u64)?);
                rest
            }
            ["--leaves", file, ref rest @ ..] if what == "log" => {
                options.leaves = Some(file.to_owned());
                rest
            }
            ["--log", file, ref rest @ ..] if what == "receipt" => {
                options.log = Some(file.to_owned());
                rest
            }
            [option, ..] => return Err(usage_error(&format!("`{option}` is not a known argument"))),
        };
    }
}

struct SignedLog {
    notes: Vec<(SignedCheckpoint, String)>,
    log: VerifierKey,
}

fn unread_note(e: &NoteError) -> End {
    End::Unread(format!("the checkpoint cannot be read: {e}"))
}

impl SignedLog {
    fn read(notes: &[String], keys: &[VerifierKey]) -> Result<Self, End> {
        let mut signed = Vec::new();
        let mut log = None;
        for note in notes {
            let checkpoint = Checkpoint::parse(SignedNote::parse(note).map_err(|e| unread_note(&e))?.text())
                .map_err(|e| unread_note(&e))?;
            let origin = checkpoint.origin;
            let key = keys.iter().find(|key| key.name() == origin.to_string());
            let key =
                key.ok_or_else(|| End::Broken(format!("none of the keys belongs to the log {origin}")))?;
            let key = origin.verifier(&key.public())?;
            signed.push((SignedCheckpoint::verify(note, &origin, &key)?, note.clone()));
            if log.replace(key.clone()).is_some_and(|before| before != key) {
                return Err(End::Broken("the checkpoints are not all of one log".to_owned()));
            }
        }
        signed.sort_by_key(|(signed, _)| signed.checkpoint().size);
        let log = log.ok_or_else(|| usage_error("a log needs --checkpoint and --key"))?;
        Ok(Self { notes: signed, log })
    }

    fn newest(&self) -> Result<(&SignedCheckpoint, &str), End> {
        let (signed, note) =
            self.notes.last().ok_or_else(|| usage_error("a log needs --checkpoint and --key"))?;
        Ok((signed, note))
    }

    fn all(&self) -> Vec<SignedCheckpoint> {
        self.notes.iter().map(|(signed, _)| signed.clone()).collect()
    }
}
