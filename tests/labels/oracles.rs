//! Hundreds of labels of each language, decoded and read by two code readers.
//!
//! ZPL and Brother QL are decoded by programs that we did not write. Nobody has published one for ESC/POS, TSPL or DYMO that can be
//! installed: those readers are ours, share no code with the encoders, and are compared with what other people's programs write.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use harness::tools;
use labels::drawing::DrawElement;
use labels::language::PrinterProfile;
use labels::{Dpi, PrinterLanguage, Typesetter, layout, template};
use serde::Deserialize;
use service::random::{RandomSource, SeededRandom};

use crate::print_server::{Batch, Kind, PrinterSetup, amount, preview, request};

/// Those that zebrash draws too: it is thorough and slow.
const DRAWN: u32 = 20;
/// Those that other people's programs decode too.
const FOREIGN: u32 = 10;
const PRINTED: u32 = 12;
const TILTED: u32 = 300;

#[derive(Debug, Deserialize)]
pub struct Found {
    labels: u32,
    dots: u32,
    zxing: u32,
    zbar: u32,
    wrong: serde_json::Value,
}

impl Found {
    #[track_caller]
    pub fn all(&self, labels: u32) {
        let counted = (self.labels, self.dots, self.zxing, self.zbar);
        assert_eq!(counted, (labels, labels, labels, labels), "{:?}", self.wrong);
    }
}

fn requested<T: for<'a> Deserialize<'a>>(command: &mut Command) -> T {
    let out = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(out.status.success(), "{command:?}: {}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap_or_else(|e| panic!("{command:?}: {e}"))
}

fn script(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("labels/oracles").join(name)
}

pub fn check(language: &str, folder: &Path, more: &[&str]) -> Found {
    let mut python = Command::new(tools::python());
    requested(python.arg(script("check.py")).arg(language).arg(folder).args(more))
}

/// Writes random labels as streams, each with the picture that is meant and the address of its code.
fn write(kind: Kind, profile: &PrinterProfile, count: u32, folder: &Path) {
    let random: &dyn RandomSource = &SeededRandom::new(1_700 + kind.language as u64);
    let mut typesetter = Typesetter::new().unwrap();
    let mut config = kind.config("tcp://nobody:1");
    config.media = profile.media.clone();
    for n in 1..=count {
        let label = request(random, n, n % 10 == 0);
        let dots = preview(&mut typesetter, &label, (n, count), &config, kind.template);
        let stream = kind.language.session(profile.clone(), 7).encode(1, &dots).unwrap();
        let file = |kind: &str| folder.join(format!("{n:04}.{kind}"));
        std::fs::write(file("bin"), stream).unwrap();
        std::fs::write(file("png"), dots.to_png().unwrap()).unwrap();
        std::fs::write(file("txt"), label.url.to_uppercase()).unwrap();
    }
}

/// Labels that differ, some of them blank tags: with `LABELS_LONG` a thousand.
fn check_many(language: PrinterLanguage) {
    let (kind, folder, count) = (Kind::of(language), tempfile::tempdir().unwrap(), amount(60, 1_000));
    write(kind, &kind.profile(), count, folder.path());
    check(language.name(), folder.path(), &[]).all(count);
}

#[test]
fn hundreds_of_escpos_labels() {
    check_many(PrinterLanguage::EscPos);
}

#[test]
fn hundreds_of_zpl_labels() {
    check_many(PrinterLanguage::Zpl);
}

#[test]
fn hundreds_of_tspl_labels() {
    check_many(PrinterLanguage::Tspl);
}

#[test]
fn hundreds_of_brother_ql_labels() {
    check_many(PrinterLanguage::BrotherQl);
}

#[test]
fn hundreds_of_dymo_labels() {
    check_many(PrinterLanguage::Dymo);
}

#[test]
fn zpl_by_a_second_witness() {
    let kind = Kind::of(PrinterLanguage::Zpl);
    for dense in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let profile = PrinterProfile { dense, ..kind.profile() };
        write(kind, &profile, DRAWN, folder.path());
        check("zpl", folder.path(), &[]).all(DRAWN);
        let mut node = Command::new(tools::program("node"));
        node.arg(script("zpl.mjs")).arg(tools::installed()).arg(folder.path()).args(["61", "31", "8"]);
        let out = node.output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        check("zpl", folder.path(), &["drawn"]).all(DRAWN);
    }
}

/// Red and black on one roll has another kind of row.
#[test]
fn two_colour_brother_ql() {
    let (kind, folder) = (Kind::of(PrinterLanguage::BrotherQl), tempfile::tempdir().unwrap());
    let rolls = (kind.language.row().media)();
    let media = rolls.into_iter().find(|media| media.two_colour).unwrap();
    let profile = PrinterProfile { media, ..kind.profile() };
    write(kind, &profile, DRAWN, folder.path());
    check("brother-ql", folder.path(), &[]).all(DRAWN);
}

/// The streams that a printer really got from the print service.
#[test]
fn what_came_over_the_line() {
    for kind in crate::print_server::KINDS {
        let setup = PrinterSetup::of(kind);
        let server = setup.open();
        let batch = Batch::on(kind, 71, PRINTED, |n| n % 4 == 0);
        server.service.submit(batch.request()).unwrap();
        server.until_done(batch.id);
        assert!(setup.printer.wait_until_idle(crate::print_server::SOON));
        assert_eq!(batch.out(&setup.printer), (1..=PRINTED).collect::<Vec<_>>(), "{kind:?}");
        assert_eq!(setup.printer.stray_bytes(), 0, "{kind:?}");
        let mut typesetter = Typesetter::new().unwrap();
        for (n, label) in (1..).zip(&batch.labels) {
            let dots = preview(&mut typesetter, label, (n, PRINTED), &setup.config(), kind.template);
            let file = |kind: &str| setup.spool().join(format!("{n:04}.{kind}"));
            std::fs::write(file("png"), dots.to_png().unwrap()).unwrap();
            std::fs::write(file("txt"), label.url.to_uppercase()).unwrap();
        }
        check(kind.language.name(), &setup.spool(), &[]).all(PRINTED);
    }
}

/// The readers of ESC/POS, TSPL and DYMO are our own: they must agree with what other people's programs
/// write.
#[test]
fn our_readers_read_what_others_write() {
    let (kind, folder) = (Kind::of(PrinterLanguage::Dymo), tempfile::tempdir().unwrap());
    write(kind, &kind.profile(), FOREIGN, folder.path());
    let ppd = folder.path().join("lw450.ppd");
    let driver =
        Command::new("/usr/lib/cups/driver/dymo").args(["cat", "dymo:0/cups/model/lw450.ppd"]).output();
    std::fs::write(&ppd, driver.expect("the package printer-driver-dymo").stdout).unwrap();
    let mut python = Command::new(tools::python());
    let found: BTreeMap<String, u32> =
        requested(python.arg(script("encoders.py")).arg(folder.path()).arg(tools::installed()).arg(&ppd));
    for (program, read) in &found {
        assert_eq!(*read, FOREIGN, "{program}: {found:?}");
    }
    assert_eq!(found.len(), 4);
}

/// Half size, turned by 7° and blurred by a third of a module.
#[test]
fn the_standard_label_from_too_far_and_askew() {
    #[derive(Debug, Deserialize)]
    struct Read {
        labels: u32,
        zxing: u32,
        zbar: u32,
    }
    let folder = tempfile::tempdir().unwrap();
    let random: &dyn RandomSource = &SeededRandom::new(1_800);
    let (mut typesetter, equipment) =
        (Typesetter::new().unwrap(), template::find_builtin("equipment").unwrap());
    let mut module_dots = 0;
    for n in 1..=TILTED {
        let label = request(random, n, false);
        let drawing =
            layout::lay_out_label(&typesetter, equipment, &label.fields(n, TILTED), None, Dpi::D203).unwrap();
        let mut codes = drawing.marks.iter().filter_map(|mark| match mark {
            DrawElement::Code { module, .. } => Some(*module),
            _ => None,
        });
        module_dots = codes.next_back().unwrap();
        let file = |kind: &str| folder.path().join(format!("{n:04}.{kind}"));
        std::fs::write(file("png"), drawing.bitmap(&mut typesetter).to_png().unwrap()).unwrap();
        std::fs::write(file("txt"), label.url.to_uppercase()).unwrap();
    }
    let mut python = Command::new(tools::python());
    let read: Read =
        requested(python.arg(script("tilted.py")).arg(folder.path()).arg(module_dots.to_string()));
    eprintln!("from too far and askew: {read:?}");
    assert_eq!(read.labels, TILTED);
    assert!(read.zxing * 100 >= TILTED * 95, "zxing-cpp reads fewer than 95 %: {read:?}");
    assert!(read.zbar <= TILTED);
}
