//! A map without tiles: outlines of land and states that the program carries, and facilities as marks on them.

use std::fmt::Write as _;
use std::sync::LazyLock;

use crate::db::facility::facility_places::GeoPoint;
use crate::web::view_models::formats::BadgeTone;

/// Coasts and borders of countries after Natural Earth, borders of the states after the U.S. Census Bureau; both are in the public
/// domain. A line is a run of points in tenths of a degree, east and north: the first as it is, each other from the one before.
const OUTLINE: &str = include_str!("../../../assets/outline.txt");

/// The picture's own units.
pub(crate) const WIDTH: i32 = 960;
pub(crate) const HEIGHT: i32 = 720;
/// Around the outermost marks.
const MARGIN: f64 = 130.0;
/// Degrees that are shown at the least: nearer than this the outlines say nothing.
const DEGREES_MIN: f64 = 0.6;
const NEAR: i32 = 5;
const DEGREE_KM: f64 = 111.2;
const MILE_KM: f64 = 1.609_344;
const LETTER: i32 = 20;
const LINE: i32 = 40;

/// A mark for a facility, with its name where there is space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MapMark {
    pub(crate) class: &'static str,
    pub(crate) path: String,
    pub(crate) name: Option<MarkName>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MarkName {
    pub(crate) text: String,
    pub(crate) x: i32,
    pub(crate) y: i32,
    pub(crate) anchor: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MapPicture {
    pub(crate) land: String,
    pub(crate) lines: String,
    pub(crate) marks: Vec<MapMark>,
    pub(crate) bar: i32,
    pub(crate) km: i32,
    pub(crate) miles: i32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct PicturePoint {
    x: i32,
    y: i32,
}

impl PicturePoint {
    fn is_near(self, other: Self) -> bool {
        (self.x - other.x).abs() + (self.y - other.y).abs() < NEAR
    }

    /// Whether a line to another place is wholly beyond one edge of the picture.
    fn is_outside_to(self, other: Self) -> bool {
        self.x.max(other.x) < 0
            || self.x.min(other.x) > WIDTH
            || self.y.max(other.y) < 0
            || self.y.min(other.y) > HEIGHT
    }
}

#[derive(Debug, Clone)]
pub(crate) struct MapPlace {
    pub(crate) point: GeoPoint,
    pub(crate) tone: BadgeTone,
    pub(crate) name: String,
}

impl MapPicture {
    /// Of these places; `None`: of none there is no picture.
    pub(crate) fn draw(places: &[MapPlace]) -> Option<Self> {
        let view = MapView::around(places)?;
        let mut taken: Vec<NameBox> =
            places.iter().map(|place| NameBox::of_mark(view.place(place))).collect();
        let marks = places.iter().map(|place| {
            let at = view.place(place);
            let (class, path) = mark_shape(place.tone, at);
            MapMark { class, path, name: fit_name(&place.name, at, &mut taken) }
        });
        let marks = marks.collect();
        let (bar, km) = view.scale_bar();
        let miles = round_whole(f64::from(km) / MILE_KM);
        Some(Self { land: view.outline(), lines: view.graticule(), marks, bar, km, miles })
    }
}

/// What part of the world is shown, and how large. East and west are drawn as far apart as they are in its middle.
#[derive(Debug, Clone, Copy)]
struct MapView {
    lat: f64,
    lon: f64,
    /// Units of a degree of latitude …
    north: f64,
    east: f64,
}

impl MapView {
    fn around(places: &[MapPlace]) -> Option<Self> {
        let lats: Vec<f64> = places.iter().map(|place| to_degrees(place.point.lat_e5)).collect();
        let lons: Vec<f64> = places.iter().map(|place| to_degrees(place.point.lon_e5)).collect();
        let (south, north) = find_range(&lats)?;
        let (west, east) = find_range(&lons)?;
        let (lat, lon) = (f64::midpoint(south, north), f64::midpoint(west, east));
        let squeeze = lat.to_radians().cos().max(0.2);
        let tall = (north - south).max(DEGREES_MIN);
        let wide = ((east - west) * squeeze).max(DEGREES_MIN);
        let scale = ((f64::from(WIDTH) - 2.0 * MARGIN) / wide).min((f64::from(HEIGHT) - 2.0 * MARGIN) / tall);
        Some(Self { lat, lon, north: scale, east: scale * squeeze })
    }

    fn place(&self, place: &MapPlace) -> PicturePoint {
        self.project(to_degrees(place.point.lat_e5), to_degrees(place.point.lon_e5))
    }

    fn project(&self, lat: f64, lon: f64) -> PicturePoint {
        let x = f64::from(WIDTH) / 2.0 + (lon - self.lon) * self.east;
        let y = f64::from(HEIGHT) / 2.0 - (lat - self.lat) * self.north;
        PicturePoint { x: round_whole(x), y: round_whole(y) }
    }

    fn outline(&self) -> String {
        static LINES: LazyLock<Vec<Vec<(i32, i32)>>> =
            LazyLock::new(|| OUTLINE.lines().map(read_line).collect());
        let mut path = String::new();
        for line in LINES.iter() {
            let mut points =
                line.iter().map(|&(lon, lat)| self.project(f64::from(lat) / 10.0, f64::from(lon) / 10.0));
            let Some(mut from) = points.next() else { continue };
            let mut is_drawn = false;
            for to in points {
                if from.is_outside_to(to) {
                    (from, is_drawn) = (to, false);
                } else if !from.is_near(to) {
                    if !is_drawn {
                        let _ = write!(path, "M{} {}", from.x, from.y);
                    }
                    let _ = write!(path, "L{} {}", to.x, to.y);
                    (from, is_drawn) = (to, true);
                }
            }
        }
        path
    }

    fn graticule(&self) -> String {
        let tall = f64::from(HEIGHT) / self.north;
        let steps = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0];
        let step = steps.into_iter().find(|step| tall / step <= 6.0).unwrap_or(30.0);
        let mut path = String::new();
        let half = (f64::from(WIDTH) / self.east).max(tall) / 2.0;
        for lat in list_steps(self.lat, half, step) {
            let y = self.project(lat, self.lon).y;
            if (1..HEIGHT).contains(&y) {
                let _ = write!(path, "M0 {y}H{WIDTH}");
            }
        }
        for lon in list_steps(self.lon, half, step) {
            let x = self.project(self.lat, lon).x;
            if (1..WIDTH).contains(&x) {
                let _ = write!(path, "M{x} 0V{HEIGHT}");
            }
        }
        path
    }

    /// A bar of a whole number of kilometres, at most a quarter of the picture: its length and what it is.
    fn scale_bar(&self) -> (i32, i32) {
        let unit_km = DEGREE_KM / self.north;
        let most = f64::from(WIDTH) / 4.0 * unit_km;
        let lengths = [5_000, 2_000, 1_000, 500, 200, 100, 50, 20, 10, 5, 2, 1];
        let km = lengths.into_iter().find(|&km| f64::from(km) <= most).unwrap_or(1);
        (round_whole(f64::from(km) / unit_km), km)
    }
}

/// The multiples of a step that are at most half the picture from its middle.
fn list_steps(middle: f64, half: f64, step: f64) -> impl Iterator<Item = f64> {
    let (first, last) = (round_whole((middle - half) / step), round_whole((middle + half) / step));
    (first..=last).map(move |n| f64::from(n) * step)
}

fn to_degrees(e5: i64) -> f64 {
    // Within half a turn in either direction.
    f64::from(i32::try_from(e5).unwrap_or_default()) / 100_000.0
}

fn find_range(numbers: &[f64]) -> Option<(f64, f64)> {
    let least = numbers.iter().copied().reduce(f64::min)?;
    let most = numbers.iter().copied().reduce(f64::max)?;
    Some((least, most))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "what is farther away than the picture is wide is not drawn"
)]
fn round_whole(number: f64) -> i32 {
    number.round().clamp(-1e6, 1e6) as i32
}

fn read_line(line: &str) -> Vec<(i32, i32)> {
    let mut at = (0, 0);
    let steps = line.split(' ').filter_map(|step| {
        let (east, north) = step.split_once(',')?;
        Some((east.parse::<i32>().ok()?, north.parse::<i32>().ok()?))
    });
    let points = steps.map(|(east, north)| {
        at = (at.0 + east, at.1 + north);
        at
    });
    points.collect()
}

fn mark_shape(tone: BadgeTone, at: PicturePoint) -> (&'static str, String) {
    let PicturePoint { x, y } = at;
    match tone {
        BadgeTone::Ok => ("good", format!("M{} {y}a14 14 0 1 0 28 0a14 14 0 1 0-28 0z", x - 14)),
        BadgeTone::Due => ("soon", format!("M{x} {}l18 18l-18 18l-18-18z", y - 18)),
        BadgeTone::Late => ("low", format!("M{x} {}l20 34h-40z", y - 22)),
        BadgeTone::Plain => ("dim", format!("M{} {}h26v26h-26z", x - 13, y - 13)),
    }
}

#[derive(Debug, Clone, Copy)]
struct NameBox {
    left: i32,
    right: i32,
    top: i32,
    bottom: i32,
}

impl NameBox {
    fn of_mark(at: PicturePoint) -> Self {
        let PicturePoint { x, y } = at;
        Self { left: x - 18, right: x + 18, top: y - 18, bottom: y + 18 }
    }

    fn meets(&self, other: &Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }

    fn is_inside(&self) -> bool {
        self.left >= 0 && self.right <= WIDTH && self.top >= 0 && self.bottom <= HEIGHT
    }
}

/// A name beside its mark, to the right of it or to the left; none where it would cover another one: the list has all.
fn fit_name(text: &str, at: PicturePoint, taken: &mut Vec<NameBox>) -> Option<MarkName> {
    let PicturePoint { x, y } = at;
    let width = i32::try_from(text.chars().count()).ok()?.saturating_mul(LETTER);
    let (top, bottom) = (y - LINE / 2, y + LINE / 2);
    let right = NameBox { left: x + 26, right: x + 26 + width, top, bottom };
    let left = NameBox { left: x - 26 - width, right: x - 26, top, bottom };
    let sides = [(right, x + 26, "start"), (left, x - 26, "end")];
    let (found, beside, anchor) = sides
        .into_iter()
        .find(|(name, ..)| name.is_inside() && !taken.iter().any(|other| other.meets(name)))?;
    taken.push(found);
    Some(MarkName { text: text.to_owned(), x: beside, y: y + 10, anchor })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(name: &str, lat_e5: i64, lon_e5: i64) -> MapPlace {
        MapPlace { point: GeoPoint { lat_e5, lon_e5 }, tone: BadgeTone::Ok, name: name.to_owned() }
    }

    #[test]
    fn every_line_of_the_outline_can_be_read() {
        for line in OUTLINE.lines() {
            let points = read_line(line);
            assert!(points.len() >= 2 && points.len() == line.split(' ').count(), "{line}");
            for (east, north) in points {
                assert!((-1_800..=1_800).contains(&east) && (-900..=900).contains(&north), "{line}");
            }
        }
    }

    #[test]
    fn a_map_shows_its_places_within_the_picture() {
        assert_eq!(MapPicture::draw(&[]), None);
        let places = [at("Chicago", 4_188_000, -8_763_000), at("New York", 4_071_000, -7_401_000)];
        let view = MapView::around(&places).unwrap();
        for place in &places {
            let PicturePoint { x, y } = view.place(place);
            assert!((100..WIDTH - 100).contains(&x) && (100..HEIGHT - 100).contains(&y), "{place:?}");
        }
        let picture = MapPicture::draw(&places).unwrap();
        assert!(picture.land.len() > 500 && picture.land.len() < 20_000, "{}", picture.land.len());
        assert!(picture.marks.iter().all(|mark| mark.name.is_some()));
        assert!((50..=WIDTH / 4).contains(&picture.bar) && picture.km >= 100, "{picture:?}");
    }

    #[test]
    fn the_whole_world_and_a_single_house_stay_small() {
        let world = [at("Suva", -1_814_000, 17_844_000), at("Honolulu", 2_130_000, -15_785_000)];
        let picture = MapPicture::draw(&world).unwrap();
        assert!(picture.land.len() < 40_000, "{}", picture.land.len());
        let house = MapPicture::draw(&[at("House", 4_188_000, -8_763_000)]).unwrap();
        assert!(house.km >= 5 && !house.lines.is_empty(), "{house:?}");
        let pole = MapPicture::draw(&[at("Pole", 9_000_000, 0)]).unwrap();
        assert_eq!(pole.marks.len(), 1);
    }

    #[test]
    fn names_cover_no_other_name() {
        let near: Vec<MapPlace> =
            (0..6).map(|n| at("A name of some length", 4_188_000, -8_763_000 + n)).collect();
        let picture = MapPicture::draw(&near).unwrap();
        assert_eq!(picture.marks.len(), 6);
        assert!(picture.marks.iter().filter(|mark| mark.name.is_some()).count() <= 2, "{picture:?}");
    }
}
