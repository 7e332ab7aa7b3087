//! `cleantrack-verify`: says of an exported log, or of one record's proof, what holds; needs no network and no box.
#![expect(clippy::disallowed_methods, reason = "the one place of this crate that reads files and arguments")]

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write as _};
use std::process::ExitCode;

use record::checkpoint::{Checkpoint, Cosigned, SignedCheckpoint};
use record::export::{Export, LINE_BYTES_MAX};
use record::limits::NOTE_BYTES_MAX;
use record::proof::Proof;
use record::sign::{Note, NoteError, Verifier};

const HELP: &str = "Checks CleanTrack records offline.

  cleantrack-verify proof FILE [--key KEYS] [--cosigner KEYS]
      one record's proof, as a receipt hands it out (/r/…/proof)

  cleantrack-verify log FILE --checkpoint NOTE --key KEYS [--cosigner KEYS]
      a whole log, as exported (/api/v1/log), against its signed checkpoint (/api/v1/checkpoint)

FILE may be - for standard input. KEYS is a file of verifier keys, one a line (/api/v1/key), that you have from a source
you trust; one file may hold the log's and the relay's. Without --key a proof is checked against the key that it brings,
and without --cosigner against the relay's key that it brings, and that is said.

Ends with 0 when everything holds, 1 when something does not, 2 when something could not be read.
";

/// A proof is one entry, one note and a path.
const PROOF_BYTES_MAX: u64 = 512 * 1024;
/// A box has one key for each epoch.
const KEYS_BYTES_MAX: u64 = 256 * 1024;

/// How a check ends that does not hold.
enum End {
    /// Something that was read is not true.
    Broken(String),
    /// Something could not be read.
    Unread(String),
}

impl From<NoteError> for End {
    fn from(error: NoteError) -> Self {
        Self::Broken(error.to_string())
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (text, status) = match run(&arguments) {
        Ok(text) => (text, 0),
        Err(End::Broken(why)) => (format!("This does NOT hold: {why}.\n"), 1),
        Err(End::Unread(why)) => (format!("Nothing was checked: {why}.\n"), 2),
    };
    // A reader that has gone is told nothing, and the status still says it.
    let _ = io::stdout().write_all(text.as_bytes());
    ExitCode::from(status)
}

fn run(arguments: &[String]) -> Result<String, End> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let usage = |why: &str| End::Unread(format!("{why}\n\n{}", HELP.trim_end().trim_end_matches('.')));
    let (what, file, options) = match words[..] {
        ["--help" | "-h" | "help"] => return Ok(HELP.to_owned()),
        [what @ ("proof" | "log"), file, ref options @ ..] => (what, file, options),
        _ => return Err(usage("say what to check")),
    };
    let (mut keys, mut cosigners, mut note) = (Vec::new(), Vec::new(), None);
    for option in options.chunks(2) {
        match *option {
            ["--key", file] => keys.extend(read_keys(file)?),
            ["--cosigner", file] => cosigners.extend(read_keys(file)?),
            ["--checkpoint", file] if what == "log" => note = Some(read(file, NOTE_BYTES_MAX as u64)?),
            _ => return Err(usage(&format!("`{}` is not understood", option.join(" ")))),
        }
    }
    match (what, note) {
        ("proof", _) => proof(file, &keys, &cosigners),
        (_, Some(note)) if !keys.is_empty() => log(file, &note, &keys, &cosigners),
        _ => Err(usage("a log needs --checkpoint and --key")),
    }
}

fn open(file: &str) -> Result<Box<dyn Read>, End> {
    let unread = |e: io::Error| End::Unread(format!("cannot open {file}: {e}"));
    if file == "-" { Ok(Box::new(io::stdin())) } else { Ok(Box::new(File::open(file).map_err(unread)?)) }
}

fn read(file: &str, bytes_max: u64) -> Result<String, End> {
    let unread = |e: io::Error| End::Unread(format!("cannot read {file}: {e}"));
    let mut text = String::new();
    open(file)?.take(bytes_max + 1).read_to_string(&mut text).map_err(unread)?;
    if text.len() as u64 > bytes_max {
        return Err(End::Unread(format!("{file} has more than {bytes_max} bytes: it is something else")));
    }
    Ok(text)
}

fn read_keys(file: &str) -> Result<Vec<Verifier>, End> {
    let text = read(file, KEYS_BYTES_MAX)?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let keys: Result<Vec<_>, _> = lines.map(Verifier::parse).collect();
    match keys {
        Ok(keys) if !keys.is_empty() => Ok(keys),
        Ok(_) => Err(End::Unread(format!("there is no key in {file}"))),
        Err(e) => Err(End::Unread(format!("{file}: {e}"))),
    }
}

fn proof(file: &str, keys: &[Verifier], cosigners: &[Verifier]) -> Result<String, End> {
    let text = read(file, PROOF_BYTES_MAX)?;
    let proof: Proof =
        serde_json::from_str(&text).map_err(|e| End::Unread(format!("{file} is no proof: {e}")))?;
    let proven = proof.check(keys, cosigners).map_err(|e| End::Broken(e.to_string()))?;
    let mut said = String::from("This holds: the record below stands in the log, unchanged.\n");
    let head = proven.entry.head();
    line(&mut said, "record", &format!("{} of {}, {}", head.seq, proven.checkpoint.size, head.kind));
    line(&mut said, "written", &format!("{} by the box's clock", moment(head.at.wall.div_euclid(1_000))));
    line(&mut said, "content", proven.entry.body());
    about_log(&mut said, &proven.checkpoint);
    let trust = if cosigners.is_empty() { Trust::Brought } else { Trust::Given };
    about_witness(&mut said, proven.witnessed.as_ref().map(|(name, time)| (name.as_str(), *time)), trust);
    if keys.is_empty() {
        line(
            &mut said,
            "key",
            &format!("{} (it came with the proof: compare it with one that you trust)", proof.key),
        );
    }
    Ok(said)
}

fn log(file: &str, note: &str, keys: &[Verifier], cosigners: &[Verifier]) -> Result<String, End> {
    let unread = |e: NoteError| End::Unread(format!("the checkpoint cannot be read: {e}"));
    let checkpoint = Checkpoint::parse(Note::parse(note).map_err(unread)?.text()).map_err(unread)?;
    let origin = checkpoint.origin;
    let key = keys.iter().find(|key| key.name() == origin.to_string());
    let key = key.ok_or_else(|| End::Broken(format!("none of the keys belongs to the log {origin}")))?;
    let log = origin.verifier(&key.public())?;
    let signed = SignedCheckpoint::verify(note, &origin, &log)?;
    let mut export = Export::new(checkpoint.size);
    let mut lines = BufReader::new(open(file)?);
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        // One byte more than a line may have shows that it is too long.
        let limit = LINE_BYTES_MAX as u64 + 2;
        let read = lines.by_ref().take(limit).read_until(b'\n', &mut bytes);
        if read.map_err(|e| End::Unread(format!("cannot read {file}: {e}")))? == 0 {
            break;
        }
        export.line(bytes.strip_suffix(b"\n").unwrap_or(&bytes)).map_err(|e| End::Broken(e.to_string()))?;
    }
    let exported = export.finish(&signed).map_err(|e| End::Broken(e.to_string()))?;
    let mut said = String::from("This holds: every entry of the log is there, in order and unchanged.\n");
    about_log(&mut said, &exported.checkpoint);
    let absent = exported.absent;
    let texts = format!(
        "{} fit their entries; {absent} are not in the file (erased, or not exported)",
        exported.texts
    );
    line(&mut said, "texts", &texts);
    if cosigners.is_empty() {
        line(
            &mut said,
            "witness",
            "not looked at: give the relay's key (--cosigner), from a source that you trust",
        );
    } else {
        let cosigned = Cosigned::verify(note, &origin, &log, cosigners)?;
        about_witness(&mut said, Some((cosigned.by(), cosigned.time_s())), Trust::Given);
    }
    Ok(said)
}

fn line(said: &mut String, name: &str, value: &str) {
    // Writing into a String cannot fail.
    let _ = writeln!(said, "  {name:<8} {value}");
}

fn about_log(said: &mut String, checkpoint: &Checkpoint) {
    line(said, "box", &checkpoint.origin.box_id.to_string());
    line(said, "epoch", &checkpoint.origin.epoch.to_string());
    line(said, "entries", &format!("{}, signed with root {}", checkpoint.size, checkpoint.root));
}

/// Where a witness's key came from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// The reader gave it.
    Given,
    /// The file that it vouches for.
    Brought,
}

fn about_witness(said: &mut String, witness: Option<(&str, u64)>, trust: Trust) {
    let caveat = match trust {
        Trust::Given => "",
        Trust::Brought => " (its key came with the proof, so this is only as good as whoever gave it to you)",
    };
    let text = match witness {
        Some((name, time_s)) => {
            let time = moment(i64::try_from(time_s).unwrap_or(i64::MAX));
            format!("stored by {name} at {time} or before{caveat}")
        }
        None => "none: no relay has signed this checkpoint, or its key was not given".to_owned(),
    };
    line(said, "witness", &text);
}

fn moment(second: i64) -> String {
    jiff::Timestamp::from_second(second).map_or_else(|_| format!("second {second}"), |t| t.to_string())
}
