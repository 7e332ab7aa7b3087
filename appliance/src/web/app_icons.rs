//! The app icon as home screens need it: bitmaps, drawn from the one drawing when the first phone asks for them.

use image::{ExtendedColorType, ImageEncoder as _};

/// Samples per pixel, in each direction, for anti-aliased edges.
const FINE: usize = 4;
/// Of the picture's side, around the mark: launchers cut circles out of it.
const MARGIN: f64 = 0.2;
const SIDE: f64 = 24.0;
/// Straight lines in the place of a whole circle.
const CHORDS: f64 = 96.0;
const PAPER: [f64; 3] = [255.0, 255.0, 255.0];
const INK: [f64; 3] = [11.0, 107.0, 75.0];

#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct DrawnPoint {
    x: f64,
    y: f64,
}

/// A PNG with so many pixels a side; blank where the drawing cannot be read.
pub(crate) fn draw_icon(drawing: &str, side: usize) -> Vec<u8> {
    let path = drawing.split(" d=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
    let scale = side as f64 * (1.0 - 2.0 * MARGIN) / SIDE;
    let margin = side as f64 * MARGIN;
    let outlines: Vec<Vec<DrawnPoint>> = read_outlines(path)
        .into_iter()
        .map(|line| {
            line.into_iter()
                .map(|p| DrawnPoint { x: margin + p.x * scale, y: margin + p.y * scale })
                .collect()
        })
        .collect();
    let mut dots = Vec::with_capacity(side * side * 3);
    for row in 0..side {
        for share in covered_shares(&outlines, row, side) {
            dots.extend((0..3).map(|part| (PAPER[part] + (INK[part] - PAPER[part]) * share).round() as u8));
        }
    }
    let (mut png, width) = (Vec::new(), u32::try_from(side).unwrap_or_default());
    let encoder = image::codecs::png::PngEncoder::new(&mut png);
    match encoder.write_image(&dots, width, width, ExtendedColorType::Rgb8) {
        Ok(()) => png,
        Err(_) => Vec::new(),
    }
}

/// How much of each pixel of a row is inside the outlines, by the even-odd rule.
fn covered_shares(outlines: &[Vec<DrawnPoint>], row: usize, side: usize) -> Vec<f64> {
    let mut hits = vec![0_usize; side];
    for fine in 0..FINE {
        let y = row as f64 + (fine as f64 + 0.5) / FINE as f64;
        let mut crossings: Vec<f64> = Vec::new();
        for line in outlines {
            for (a, b) in line.iter().zip(line.iter().cycle().skip(1)) {
                if (a.y <= y) != (b.y <= y) {
                    crossings.push(a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x));
                }
            }
        }
        crossings.sort_by(f64::total_cmp);
        for inside in crossings.chunks_exact(2) {
            let from = (inside[0] * FINE as f64).round().max(0.0) as usize;
            let upto = ((inside[1] * FINE as f64).round().max(0.0) as usize).min(side * FINE);
            for at in from..upto {
                hits[at / FINE] += 1;
            }
        }
    }
    hits.into_iter().map(|hit| hit as f64 / (FINE * FINE) as f64).collect()
}

/// Reads the part of SVG's path language that the mark is drawn in: moves, lines, arcs of circles.
fn read_outlines(path: &str) -> Vec<Vec<DrawnPoint>> {
    let mut outlines: Vec<Vec<DrawnPoint>> = Vec::new();
    let mut at = DrawnPoint::default();
    for (command, numbers) in split_commands(path) {
        let of_one = match command.to_ascii_lowercase() {
            'm' | 'l' => 2,
            'a' => 7,
            'h' | 'v' => 1,
            _ => {
                at = outlines.last().and_then(|line| line.first()).copied().unwrap_or_default();
                continue;
            }
        };
        for (n, part) in numbers.chunks_exact(of_one).enumerate() {
            let from = if command.is_ascii_lowercase() { at } else { DrawnPoint::default() };
            let to = match command.to_ascii_lowercase() {
                'h' => DrawnPoint { x: from.x + part[0], ..at },
                'v' => DrawnPoint { y: from.y + part[0], ..at },
                _ => DrawnPoint { x: from.x + part[of_one - 2], y: from.y + part[of_one - 1] },
            };
            match (command.to_ascii_lowercase(), outlines.last_mut()) {
                ('m', _) | (_, None) if n == 0 => outlines.push(vec![to]),
                ('a', Some(line)) => line.extend(arc_points(at, to, part)),
                (_, Some(line)) => line.push(to),
                (_, None) => {}
            }
            at = to;
        }
    }
    outlines
}

/// Points of an arc of a circle, its end among them; `part` is radius twice, angle, the two flags, and the end.
fn arc_points(from: DrawnPoint, to: DrawnPoint, part: &[f64]) -> Vec<DrawnPoint> {
    let (wide, clockwise) = (part[3] != 0.0, part[4] != 0.0);
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    let half = dx.hypot(dy) / 2.0;
    let radius = part[0].max(half);
    let height = (radius * radius - half * half).max(0.0).sqrt() * if wide == clockwise { -1.0 } else { 1.0 };
    let (x, y) = (
        (from.x + to.x) / 2.0 - height * dy / (2.0 * half),
        (from.y + to.y) / 2.0 + height * dx / (2.0 * half),
    );
    let (begin, end) = ((from.y - y).atan2(from.x - x), (to.y - y).atan2(to.x - x));
    let turn = match clockwise {
        true => (end - begin).rem_euclid(std::f64::consts::TAU),
        false => -(begin - end).rem_euclid(std::f64::consts::TAU),
    };
    let chords = (turn.abs() / std::f64::consts::TAU * CHORDS).ceil().max(1.0);
    (1..=chords as usize)
        .map(|n| begin + turn * n as f64 / chords)
        .map(|angle| DrawnPoint { x: x + radius * angle.cos(), y: y + radius * angle.sin() })
        .collect()
}

/// Each letter with its numbers, which may follow each other without spaces: `1-1.9-.8` are three.
fn split_commands(path: &str) -> Vec<(char, Vec<f64>)> {
    let mut commands: Vec<(char, Vec<f64>)> = Vec::new();
    let mut number = String::new();
    for c in path.chars().chain(['z']) {
        let ends = !c.is_ascii_digit() && (c != '.' || number.contains('.'));
        if ends && let (Ok(value), Some((_, numbers))) = (number.parse(), commands.last_mut()) {
            numbers.push(value);
        }
        if ends {
            number.clear();
        }
        if c.is_ascii_alphabetic() {
            commands.push((c, Vec::new()));
        } else if c.is_ascii_digit() || c == '.' || c == '-' {
            number.push(c);
        }
    }
    commands
}

#[cfg(test)]
mod tests {
    use web::assets::MARK;

    use super::*;

    #[test]
    fn numbers_that_stand_close_are_told_apart() {
        assert_eq!(
            split_commands("M9.6 3H19a2 1-1.9-.8.5z")[..3],
            [('M', vec![9.6, 3.0]), ('H', vec![19.0]), ('a', vec![2.0, 1.0, -1.9, -0.8, 0.5]),]
        );
    }

    #[test]
    fn the_mark_is_drawn_with_its_hole_and_its_tick() {
        let side = 96;
        let png = draw_icon(MARK.text(), side);
        let drawn = image::load_from_memory_with_format(&png, image::ImageFormat::Png).unwrap().to_rgb8();
        assert_eq!(drawn.dimensions(), (96, 96));
        // In the drawing's own measure.
        let dot = |x: f64, y: f64| {
            let at = |v: f64| (side as f64 * (MARGIN + v / SIDE * (1.0 - 2.0 * MARGIN))) as u32;
            drawn.get_pixel(at(x), at(y)).0
        };
        let (paper, ink) = ([255, 255, 255], [11, 107, 75]);
        assert_eq!(drawn.get_pixel(1, 1).0, paper);
        assert_eq!(dot(15.0, 5.0), ink, "the label");
        assert_eq!(dot(6.0, 12.0), paper, "its hole");
        assert_eq!(dot(12.6, 13.3), paper, "the tick");
        assert_eq!(dot(20.5, 19.5), ink, "its lower corner");
        assert_eq!(dot(2.0, 4.0), paper, "left of it");
    }
}
