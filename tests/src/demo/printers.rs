//! The demo's printers: a virtual one for each requested language, and the box's settings for them.

use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::path::PathBuf;

use labels::PrinterLanguage;

use super::folder::Folder;
use super::output::{PrinterOutput, SavedDemo};
use super::{Part, itself};
use crate::ports::take_port;

const USUAL_NAME: &str = "Label printer";
const SNMP_PORT: u16 = 161;

pub(super) struct Printer {
    name: String,
    language: PrinterLanguage,
    spool: PathBuf,
    /// Whether its status can be queried.
    answers: bool,
    pub(super) part: Part,
}

impl Printer {
    fn addr(&self) -> String {
        self.part.running.message()["addr"].as_str().unwrap_or_default().to_owned()
    }

    pub(super) fn output(&self) -> PrinterOutput {
        PrinterOutput {
            name: self.name.clone(),
            language: self.language.name().to_owned(),
            addr: self.addr(),
            spool: self.spool.clone(),
        }
    }

    pub(super) fn pid_name(&self) -> String {
        if self.name == USUAL_NAME { "printer".to_owned() } else { format!("printer-{}", self.name) }
    }
}

/// Those that were asked for, or one for ESC/POS, each on the port that it had before.
pub(super) async fn start(
    folder: &Folder,
    stored: &mut SavedDemo,
    expected: &[PrinterLanguage],
) -> Result<Vec<Printer>, String> {
    if expected.is_empty() {
        let (name, language) = (USUAL_NAME.to_owned(), PrinterLanguage::EscPos);
        return Ok(vec![one(name, language, folder.spool(), stored.ports[6]).await?]);
    }
    let mut printers: Vec<Printer> = Vec::new();
    for &language in expected {
        if printers.iter().any(|printer| printer.language == language) {
            continue;
        }
        let name = language.name().to_owned();
        let port = match stored.printers.get(&name) {
            Some(port) => *port,
            None => take_port()?,
        };
        stored.printers.insert(name.clone(), port);
        let spool = folder.spool().join(&name);
        printers.push(one(name, language, spool, port).await?);
    }
    Ok(printers)
}

async fn one(name: String, language: PrinterLanguage, spool: PathBuf, port: u16) -> Result<Printer, String> {
    let by_snmp = language == PrinterLanguage::BrotherQl;
    // An agent's port is always the same: the printer has an address of its own.
    let [high, low] = port.to_be_bytes();
    let host = if by_snmp { Ipv4Addr::new(127, high, low, 2) } else { Ipv4Addr::LOCALHOST };
    let dpi = language.usual_profile().dpi.get();
    let (listen, dpi, folder) = (format!("{host}:{port}"), dpi.to_string(), spool.to_string_lossy());
    let mut args =
        vec!["--listen", &listen, "--spool", &folder, "--language", language.name(), "--dpi", &dpi];
    if by_snmp {
        args.extend(["--network", "yes"]);
    }
    let part = Part::start(itself("printer", &args)?).await?;
    let agent = part.running.message()["snmp"].as_str().unwrap_or_default().to_owned();
    // Where that port may not be bound, the printer reports no status.
    let answers = !by_snmp || agent.ends_with(&format!(":{SNMP_PORT}"));
    Ok(Printer { name, language, spool, answers, part })
}

pub(super) fn settings(printers: &[Printer]) -> String {
    let mut text = String::new();
    for printer in printers {
        let (name, language, addr) = (&printer.name, printer.language.name(), printer.addr());
        let profile = printer.language.usual_profile();
        let (dpi, media) = (profile.dpi.get(), &profile.media.name);
        let answers = if printer.answers { "auto" } else { "never" };
        // Writing to a string does not fail.
        let _ = write!(
            text,
            "[[printers]]\nname = {name:?}\nlanguage = {language:?}\naddress = \"tcp://{addr}\"\n\
             dpi = {dpi}\nmedia = {media:?}\nanswers = {answers:?}\n"
        );
    }
    text
}
