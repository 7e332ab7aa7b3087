//! The virtual printer as a process of its own, with its faults as lines on standard input.

use std::io::BufRead;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use super::{Fault, VirtualPrinter};

/// The printer as a process: `--listen ADDR --spool DIR`; says where it listens as one JSON line, then takes faults as
/// lines on standard input (`paper-out-after N`, `cover-open`, `slow BYTES_PER_S`, `mute`, `garbage`, `power-off`,
/// `break-in-label N`, `break-before-answer N`, `mend`) and runs until it is killed.
pub fn main(args: impl IntoIterator<Item = String>) -> Result<(), String> {
    let (mut listen, mut spool) = (SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), None);
    let mut args = args.into_iter();
    while let Some(arg) = args.next() {
        let value = args.next().ok_or_else(|| format!("{arg} needs a value"))?;
        match arg.as_str() {
            "--listen" => listen = value.parse().map_err(|e| format!("--listen {value}: {e}"))?,
            "--spool" => spool = Some(PathBuf::from(value)),
            _ => return Err(format!("unknown argument {arg}; known: --listen ADDR, --spool DIR")),
        }
    }
    let spool = spool.ok_or("--spool DIR is needed")?;
    let printer = VirtualPrinter::start(listen, &spool).map_err(|e| format!("starting on {listen}: {e}"))?;
    println!("{}", serde_json::json!({"printer": 1, "addr": printer.addr().to_string(), "spool": spool}));
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|e| format!("reading commands: {e}"))?;
        match command(&line) {
            Some(Some(fault)) => printer.set(fault),
            Some(None) => printer.mend(),
            None => eprintln!("not understood: {line}"),
        }
    }
    loop {
        std::thread::park();
    }
}

/// A fault, or `Some(None)` for its mending.
fn command(line: &str) -> Option<Option<Fault>> {
    let mut words = line.split_whitespace();
    let name = words.next()?;
    let mut number = || words.next().and_then(|w| w.parse::<u32>().ok());
    Some(Some(match name {
        "mend" => return Some(None),
        "paper-out-after" => Fault::PaperOutAfter(number()?),
        "cover-open" => Fault::CoverOpen,
        "slow" => Fault::SlowDrain { bytes_per_s: number()? },
        "break-in-label" => Fault::LineBreaksInLabel { after: number()? },
        "break-before-answer" => Fault::LineBreaksBeforeAnswer { after: number()? },
        "mute" => Fault::Mute,
        "garbage" => Fault::Garbage,
        "power-off" => Fault::PowerOff,
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_by_line() {
        assert_eq!(command("paper-out-after 3"), Some(Some(Fault::PaperOutAfter(3))));
        assert_eq!(command("mend"), Some(None));
        assert_eq!(command("slow"), None);
        assert_eq!(command("explode"), None);
    }
}
