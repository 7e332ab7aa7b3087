//! Labels a second on one core: laid out and rendered, and for each language put onto its roll and encoded too. Each has
//! another tag. CPU time of this thread where Linux tells it.

#![allow(clippy::disallowed_methods, reason = "a bench reads a clock")]
#![allow(clippy::print_stdout, clippy::expect_used, reason = "a bench prints, and stops at what is wrong")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use labels::{
    Dpi, Field, Fields, PrinterLanguage, PrinterProfile, Typesetter, layout, media, readback, template,
};

const LABELS: u32 = 3_000;

/// Of this thread's CPU, where the system tells it; otherwise of the wall clock.
fn cpu(since: Instant) -> Duration {
    let reported = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let ran = reported.as_deref().and_then(|t| t.split(' ').next()?.parse().ok());
    ran.map_or_else(|| since.elapsed(), Duration::from_nanos)
}

fn fields(n: u32) -> Fields {
    let tag = format!("7QK{n:05}W");
    let names = ["Infusion pump", "Přístroj Žižkov", "Αντλία έγχυσης", "Насос инфузионный"];
    Fields::new()
        .with(Field::Url, format!("https://ct.example/{tag}"))
        .with(Field::Tag, tag)
        .with(Field::Name, format!("{} {n}", names[n as usize % names.len()]))
        .with(Field::AssetNumber, format!("BM-{n:05}"))
        .with(Field::Location, format!("ICU East, bed {}", n % 40))
        .with_position(n, LABELS)
}

fn encoded(t: &mut Typesetter, all: &[Fields], language: PrinterLanguage, roll: Option<&str>, dense: bool) {
    let rolls = (language.row().media)();
    let named = rolls.into_iter().find(|media| roll.is_some_and(|name| media.name == name));
    let usual = language.usual_profile();
    let media = named.unwrap_or_else(|| usual.media.clone());
    let profile = PrinterProfile { media, dense, ..usual };
    let name = if language == PrinterLanguage::BrotherQl { "equipment-62x29" } else { "equipment" };
    let template = template::find_builtin(name).expect("built in");
    let mut bytes = 0;
    let (wall, before) = (Instant::now(), cpu(Instant::now()));
    let mut session = language.session(profile.clone(), 7);
    for (n, fields) in (1..).zip(all) {
        let drawing = layout::lay_out_label(t, template, fields, None, profile.dpi).expect("drawn");
        let dots = drawing.bitmap(t);
        let dots = media::place_label(&drawing, &dots, &profile.media, profile.head_dots).expect("fits").dots;
        bytes += black_box(session.encode(n, &dots)).expect("encoded").len();
    }
    let took = cpu(wall).saturating_sub(before);
    println!(
        "{} at {} dpi on {}{}: {:.0} labels/s, {} bytes a label",
        language.name(),
        profile.dpi.get(),
        profile.media.name,
        if dense { ", Z64" } else { "" },
        f64::from(LABELS) / took.as_secs_f64(),
        bytes / LABELS as usize
    );
}

fn main() {
    let mut t = Typesetter::new().expect("embedded fonts");
    let all: Vec<Fields> = (1..=LABELS).map(fields).collect();
    for (name, dpi) in [("equipment", 203), ("equipment", 300), ("equipment", 600), ("micro", 203)] {
        let template = template::find_builtin(name).expect("built in");
        let dpi = Dpi::new(dpi).expect("in range");
        let (wall, before) = (Instant::now(), cpu(Instant::now()));
        for fields in &all {
            let drawing = layout::lay_out_label(&t, template, fields, None, dpi).expect("drawn");
            black_box(drawing.bitmap(&mut t));
        }
        let took = cpu(wall).saturating_sub(before);
        println!("{name} at {} dpi: {:.0} labels/s", dpi.get(), f64::from(LABELS) / took.as_secs_f64());
    }
    for (language, roll, dense) in [
        (PrinterLanguage::EscPos, None, false),
        (PrinterLanguage::Zpl, None, false),
        (PrinterLanguage::Zpl, None, true),
        (PrinterLanguage::Tspl, None, false),
        (PrinterLanguage::BrotherQl, None, false),
        (PrinterLanguage::BrotherQl, Some("62-continuous-red"), false),
        (PrinterLanguage::Dymo, Some("30256-shipping-101x59"), false),
    ] {
        encoded(&mut t, &all, language, roll, dense);
    }
    let template = template::find_builtin("equipment").expect("built in");
    let drawing = layout::lay_out_label(&t, template, &all[0], None, Dpi::D203).expect("drawn");
    let label = drawing.bitmap(&mut t);
    let (wall, before) = (Instant::now(), cpu(Instant::now()));
    for _ in 0..100 {
        black_box(readback::check_drawing(&label, &drawing)).expect("reads");
    }
    println!("read back: {:.2} ms a label", cpu(wall).saturating_sub(before).as_secs_f64() * 10.0);
}
