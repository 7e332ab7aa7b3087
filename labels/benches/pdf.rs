//! CPU and bytes of 300 equipment labels as PDF, against the goals: 150 ms and 300 KB.
#![allow(clippy::disallowed_methods, reason = "a bench reads a clock")]
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a bench prints, and stops at what is wrong")]

use labels::drawing::{DrawElement, Drawing};
use labels::sheet::{FirstLabel, LabelSheet, PrintOffset};
use labels::text::FontWeight;
use labels::{Dpi, code};

const LABELS: u32 = 300;
const ROUNDS: u32 = 10;
const CPU_MS_MAX: f64 = 150.0;
const KB_MAX: f64 = 300.0;

/// An equipment label on which every code and word differs from those of other labels.
fn label(n: u32, width_mm: f64, height_mm: f64) -> Drawing {
    let dpi = Dpi::new(600).unwrap();
    let tag = format!("{:09X}", u64::from(n).wrapping_mul(0x9e37_79b9_7f4a) & 0xf_ffff_ffff);
    let code = code::encode_qr(&format!("https://ct.example/{tag}")).unwrap();
    let (width, height) = (dpi.dots(width_mm), dpi.dots(height_mm));
    let module = (dpi.dots(0.75)).min(height / (code.width() + 4));
    let left = code.width() * module + 6 * module;
    let place = n.wrapping_mul(2_654_435_761) >> 20;
    let lines = [
        (22, 76, FontWeight::Bold, format!("Infusion pump {}", n % 97)),
        (38, 62, FontWeight::Regular, format!("ICU East, bed {}", place % 60)),
        (51, 62, FontWeight::Regular, format!("BM-{place:05}")),
        (64, 50, FontWeight::Regular, format!("Serial {:08}", u64::from(place) * 7_919)),
        (84, 100, FontWeight::Bold, format!("{} {} {}", &tag[..3], &tag[3..6], &tag[6..])),
        (96, 50, FontWeight::Regular, format!("{n}/{LABELS}")),
    ];
    let y = (height - code.width() * module) / 2;
    let mut marks = vec![DrawElement::Code { x: 2 * module, y, module, code }];
    marks.extend(lines.map(|(at, px, weight, text)| DrawElement::Text {
        x: left,
        baseline: height * at / 100,
        px,
        weight,
        text,
        white: false,
    }));
    Drawing { marks, ..Drawing::white(dpi, width, height) }
}

fn cpu_ms() -> f64 {
    let times = std::fs::read_to_string("/proc/self/schedstat").unwrap();
    times.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e6
}

fn measure(name: &str, mut make: impl FnMut() -> Vec<u8>) {
    let bytes = make();
    let before = cpu_ms();
    for _ in 0..ROUNDS {
        assert_eq!(make().len(), bytes.len());
    }
    let (ms, kb) = ((cpu_ms() - before) / f64::from(ROUNDS), bytes.len() as f64 / 1e3);
    let verdict = if ms <= CPU_MS_MAX && kb <= KB_MAX { "ok" } else { "OVER" };
    println!("{name}: {ms:.1} ms of CPU (goal {CPU_MS_MAX}), {kb:.1} KB (goal {KB_MAX}) {verdict}");
    if let Some(folder) = std::env::args().nth(1).filter(|a| !a.starts_with('-')) {
        std::fs::write(format!("{folder}/{}.pdf", name.replace(' ', "-")), bytes).unwrap();
    }
}

fn main() {
    for (name, width_mm, height_mm) in [("Avery 5160", 66.675, 25.4), ("Avery L7160", 62.0, 30.0)] {
        let sheet = LabelSheet::named(name).unwrap();
        measure(&format!("{LABELS} on {name}"), || {
            let drawings = (1..=LABELS).map(|n| label(n, width_mm, height_mm));
            labels::pdf::write_sheets(sheet, FirstLabel::FIRST, PrintOffset::default(), drawings).unwrap()
        });
    }
    let drawings: Vec<Drawing> = (1..=LABELS).map(|n| label(n, 60.96, 30.48)).collect();
    measure(&format!("{LABELS} single"), || labels::pdf::write_labels(&drawings).unwrap());
}
