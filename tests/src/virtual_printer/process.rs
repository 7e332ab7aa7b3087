//! The virtual printer as a process of its own, with its faults as lines on standard input.

use std::io::BufRead;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::{Language, Options, PrinterFault, Roll, VirtualPrinter};

/// A process prints for hours: it remembers few pictures.
const REMEMBERS: usize = 4;

const KNOWN: &str = "--listen ADDR, --spool DIR, --language NAME, --dpi N, --clone yes, --no-counter yes, --keeps-line yes, --network yes, --roll 62x29 or 62x0 or \
                     62x0-red, --print-ms N";

const HELP: &str = "\
A label printer on loopback that breaks on command.

virtual-printer --spool DIR [--language escpos|zpl|tspl|brother-ql|dymo] [--listen ADDR] [--dpi N] [--roll 62x29|62x0|62x0-red]
                [--print-ms N] [--clone yes] [--no-counter yes] [--keeps-line yes] [--network yes]

It says where it listens as one JSON line, spools every label that comes out as NNNN.png and NNNN.bin, and runs until it is
killed. Lines on standard input break it: paper-out-after N, paper-out-in-label N, cover-open, cover-touched-in-label N,
head-hot, ribbon-out, wrong-media, slow BYTES_PER_S, mute, garbage, power-off, reboot MILLISECONDS, break-in-label N, break-before-answer N;
mend mends it.
";

/// The printer as a process; `--help` lists its options.
pub fn main(args: impl IntoIterator<Item = String>) -> Result<(), String> {
    let args: Vec<String> = args.into_iter().collect();
    if args.iter().any(|arg| arg == "--help") {
        print!("{HELP}");
        return Ok(());
    }
    let PrinterArguments { listen, spool, options } = parse_arguments(args)?;
    let spool = spool.ok_or("--spool DIR is needed")?;
    let printer = VirtualPrinter::start_with(listen, &spool, options)
        .map_err(|e| format!("starting on {listen}: {e}"))?;
    let mut message = serde_json::json!({"printer": 1, "addr": printer.addr().to_string(), "spool": spool});
    if let Some(snmp) = printer.snmp_addr() {
        message["snmp"] = snmp.to_string().into();
    }
    println!("{message}");
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

struct PrinterArguments {
    listen: SocketAddr,
    spool: Option<PathBuf>,
    options: Options,
}

fn parse_arguments(args: impl IntoIterator<Item = String>) -> Result<PrinterArguments, String> {
    let options = Options { remembers: REMEMBERS, ..Options::default() };
    let mut provided =
        PrinterArguments { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), spool: None, options };
    let mut args = args.into_iter();
    while let Some(arg) = args.next() {
        let value = args.next().ok_or_else(|| format!("{arg} needs a value"))?;
        let number = || value.parse::<u32>().map_err(|e| format!("{arg} {value}: {e}"));
        let options = &mut provided.options;
        match arg.as_str() {
            "--listen" => provided.listen = value.parse().map_err(|e| format!("--listen {value}: {e}"))?,
            "--spool" => provided.spool = Some(PathBuf::from(value)),
            "--language" => {
                options.language = Language::named(&value).ok_or_else(|| {
                    let known = Language::ALL.map(|(name, _)| name).join(", ");
                    format!("--language {value}: known are {known}")
                })?;
            }
            "--dpi" => options.dpi = number()?.clamp(100, 1_200),
            "--clone" => options.clone_of_it = value == "yes",
            "--no-counter" => options.no_counter = value == "yes",
            "--keeps-line" => options.keeps_line = value == "yes",
            "--network" => options.over_network = value == "yes",
            "--roll" => options.roll = roll(&value).ok_or_else(|| format!("--roll {value}: as 62x29"))?,
            "--print-ms" => options.print_time = Duration::from_millis(number()?.into()),
            _ => return Err(format!("unknown argument {arg}; known: {KNOWN}")),
        }
    }
    Ok(provided)
}

/// `62x29`; `62x0` is continuous, `62x0-red` prints red too.
fn roll(message: &str) -> Option<Roll> {
    let (message, two_colour) = message.strip_suffix("-red").map_or((message, false), |rest| (rest, true));
    let (width, length) = message.split_once('x')?;
    Some(Roll { width_mm: width.parse().ok()?, length_mm: length.parse().ok()?, two_colour })
}

/// A fault, or `Some(None)` to mend it.
fn command(line: &str) -> Option<Option<PrinterFault>> {
    let mut words = line.split_whitespace().skip_while(|word| *word == "fault");
    let name = words.next()?;
    fn next_number<'a>(words: &mut impl Iterator<Item = &'a str>) -> Option<u32> {
        words.next()?.parse().ok()
    }
    Some(Some(match name {
        "mend" => return Some(None),
        "paper-out-after" => PrinterFault::PaperOutAfter(next_number(&mut words)?),
        "paper-out-in-label" => PrinterFault::PaperOutInLabel { after: next_number(&mut words)? },
        "cover-open" => PrinterFault::CoverOpen,
        "cover-touched-in-label" => PrinterFault::CoverTouchedInLabel { after: next_number(&mut words)? },
        "head-hot" => PrinterFault::HeadHot,
        "ribbon-out" => PrinterFault::RibbonOut,
        "wrong-media" => PrinterFault::WrongMedia,
        "slow" => PrinterFault::SlowDrain { bytes_per_s: next_number(&mut words)? },
        "break-in-label" => PrinterFault::LineBreaksInLabel { after: next_number(&mut words)? },
        "break-before-answer" => PrinterFault::LineBreaksBeforeAnswer { after: next_number(&mut words)? },
        "mute" => PrinterFault::Mute,
        "garbage" => PrinterFault::Garbage,
        "power-off" => PrinterFault::PowerOff,
        "reboot" => PrinterFault::Reboot { off_ms: next_number(&mut words)? },
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_by_line() {
        assert_eq!(command("paper-out-after 3"), Some(Some(PrinterFault::PaperOutAfter(3))));
        assert_eq!(
            command("fault paper-out-in-label 3"),
            Some(Some(PrinterFault::PaperOutInLabel { after: 3 }))
        );
        assert_eq!(command("mend"), Some(None));
        assert_eq!(command("slow"), None);
        assert_eq!(command("explode"), None);
    }

    #[test]
    fn arguments() {
        fn words(line: &str) -> Vec<String> {
            line.split(' ').map(str::to_owned).collect()
        }
        let message =
            parse_arguments(words("--language brother-ql --roll 62x0-red --network yes --spool x")).unwrap();
        assert_eq!(message.options.roll, Roll { width_mm: 62, length_mm: 0, two_colour: true });
        assert_eq!((message.options.language, message.options.over_network), (Language::BrotherQl, true));
        assert_eq!(parse_arguments(words("--spool x")).unwrap().options.language, Language::EscPos);
        for wrong in ["--language epl", "--spool", "--roll wide", "--colour red", "--dpi fine"] {
            assert!(parse_arguments(words(wrong)).is_err(), "{wrong}");
        }
    }
}
