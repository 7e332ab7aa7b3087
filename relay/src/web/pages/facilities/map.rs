//! The map of an account's facilities, and the form that says where one is.

use ::web::answer::{FormRecall, FormReply, Page, SeeOther};
use ::web::argument::Path;
use ::web::error::HttpError;
use askama::Template;
use axum::extract::State;
use record::ids::FacilityId;

use crate::accounts::AccountUser;
use crate::accounts::permission::Permission;
use crate::accounts::records::access_log::AccessRecord;
use crate::db::facility::facility_places::{
    GeoPoint, OnMap, PlacedFacility, find_placed, list_placed, save_place as store_place,
};
use crate::projections::box_state::BoxState;
use crate::web::WebContext;
use crate::web::access::{ManageFacilities, MemberCaller, Read};
use crate::web::form::{RelayForm, require_own_form};
use crate::web::http_error::{encode_parameter, not_found};
use crate::web::layout::{NavSection, PageLayout};
use crate::web::pages::forms::single_form::SignInProblem;
use crate::web::view_models::formats::{BadgeTone, StatusBadge};
use crate::web::view_models::map::{MapPicture, MapPlace};
use crate::web::words::{BoxesWords, MapWords, open_words};

const MARKS: i64 = 200;
const LISTED: usize = 50;
const ADDRESS_CHARS_MAX: usize = 200;
const DEGREE_E5: i64 = 100_000;

struct PlaceView {
    name: String,
    href: String,
    about: String,
    state: StatusBadge,
    directions: Option<String>,
    form: Option<String>,
}

#[derive(Template)]
#[template(path = "facilities/map.html")]
struct MapPage {
    shell: PageLayout,
    w: MapWords,
    picture: Option<MapPicture>,
    label: String,
    scale: String,
    placed: Vec<PlaceView>,
    unplaced: Vec<PlaceView>,
    more: usize,
}

pub(crate) async fn show_map(
    visitor: MemberCaller<Read>,
    State(web): State<WebContext>,
) -> Result<Page, HttpError> {
    let mut conn = web.db.read(visitor.reads).await?;
    let placed = list_placed(&mut conn, OnMap::Placed, MARKS).await?;
    let unplaced =
        list_placed(&mut conn, OnMap::Unplaced, i64::try_from(LISTED + 1).unwrap_or(i64::MAX)).await?;
    drop(conn);
    let w: MapWords = open_words();
    let places: Vec<MapPlace> = placed.iter().filter_map(map_place).collect();
    let picture = MapPicture::draw(&places);
    let scale = picture.as_ref().map(|picture| match picture.miles {
        0 => w.map_scale_near(picture.km),
        miles => w.map_scale(picture.km, miles),
    });
    let may_set = visitor.role.holds(Permission::ManageFacilities);
    Page::draw(&MapPage {
        shell: PageLayout::signed_in(w.map_title(), NavSection::Facilities, &visitor),
        w,
        label: w.map_label(placed.len()),
        picture,
        scale: scale.unwrap_or_default(),
        more: placed.len().saturating_sub(LISTED) + unplaced.len().saturating_sub(LISTED),
        placed: placed.iter().take(LISTED).map(|row| place_view(row, may_set)).collect(),
        unplaced: unplaced.iter().take(LISTED).map(|row| place_view(row, may_set)).collect(),
    })
}

fn point_of(row: &PlacedFacility) -> Option<GeoPoint> {
    Some(GeoPoint { lat_e5: row.lat_e5?, lon_e5: row.lon_e5? })
}

fn map_place(row: &PlacedFacility) -> Option<MapPlace> {
    Some(MapPlace { point: point_of(row)?, tone: place_badge(row).tone, name: row.name.clone() })
}

fn place_badge(row: &PlacedFacility) -> StatusBadge {
    let (w, b): (MapWords, BoxesWords) = (open_words(), open_words());
    let of_box = BoxState::read(&row.box_state).badge(b);
    if row.overdue > 0 {
        return StatusBadge::new(BadgeTone::Late, w.map_overdue(row.overdue));
    }
    if row.due > 0 && of_box.tone == BadgeTone::Ok {
        return StatusBadge::new(BadgeTone::Due, w.map_due(row.due));
    }
    of_box
}

fn place_view(row: &PlacedFacility, may_set: bool) -> PlaceView {
    let point =
        point_of(row).map(|point| format!("{},{}", word_degrees(point.lat_e5), word_degrees(point.lon_e5)));
    let directions = match &point {
        Some(point) => {
            Some(format!("https://www.openstreetmap.org/directions?to={}", encode_parameter(point)))
        }
        None if row.address.is_empty() => None,
        None => {
            Some(format!("https://www.openstreetmap.org/search?query={}", encode_parameter(&row.address)))
        }
    };
    PlaceView {
        name: row.name.clone(),
        href: format!("/app/f/{}", row.facility),
        about: row.address.clone(),
        state: place_badge(row),
        directions,
        form: may_set.then(|| format!("/app/facilities/{}/place", row.facility)),
    }
}

fn word_degrees(e5: i64) -> String {
    let sign = if e5 < 0 { "-" } else { "" };
    let (whole, part) = (e5.abs() / DEGREE_E5, e5.abs() % DEGREE_E5);
    format!("{sign}{whole}.{part:05}")
}

/// Degrees as people write them, at most so many of them in either direction; further digits are left out.
fn read_degrees(text: &str, most: i64) -> Option<i64> {
    let digits = text.trim().replace(',', ".").replace('\u{2212}', "-");
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(rest) => (-1, rest.to_owned()),
        None => (1, digits),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((&digits, ""));
    if whole.is_empty()
        || whole.len() > 3
        || !whole.bytes().all(|b| b.is_ascii_digit())
        || !part.bytes().all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let part: String = part.chars().chain("00000".chars()).take(5).collect();
    let e5 = whole.parse::<i64>().ok()? * DEGREE_E5 + part.parse::<i64>().ok()?;
    (e5 <= most * DEGREE_E5).then_some(sign * e5)
}

#[derive(Template)]
#[template(path = "facilities/place.html")]
struct PlacePage {
    shell: PageLayout,
    w: MapWords,
    problem: Option<SignInProblem>,
    title: String,
    href: String,
    filled: FilledPlace,
    csrf: String,
}

struct FilledPlace {
    address: String,
    latitude: String,
    longitude: String,
}

impl FilledPlace {
    fn of_row(row: &PlacedFacility) -> Self {
        Self {
            address: row.address.clone(),
            latitude: row.lat_e5.map(word_degrees).unwrap_or_default(),
            longitude: row.lon_e5.map(word_degrees).unwrap_or_default(),
        }
    }

    fn of_form(form: &RelayForm) -> Self {
        let [address, latitude, longitude] = ["address", "latitude", "longitude"]
            .map(|name| form.fields.text(name).chars().filter(|c| !c.is_control()).take(300).collect());
        Self { address, latitude, longitude }
    }

    fn read(&self) -> Result<(String, Option<GeoPoint>), SignInProblem> {
        let w: MapWords = open_words();
        let address = self.address.trim();
        if address.chars().count() > ADDRESS_CHARS_MAX {
            return Err(SignInProblem { field: "address", words: w.map_address_bad() });
        }
        let (latitude, longitude) = (self.latitude.trim(), self.longitude.trim());
        if latitude.is_empty() && longitude.is_empty() {
            return Ok((address.to_owned(), None));
        }
        let lat_e5 = read_degrees(latitude, 90)
            .ok_or_else(|| SignInProblem { field: "latitude", words: w.map_latitude_bad() })?;
        let lon_e5 = read_degrees(longitude, 180)
            .ok_or_else(|| SignInProblem { field: "longitude", words: w.map_longitude_bad() })?;
        Ok((address.to_owned(), Some(GeoPoint { lat_e5, lon_e5 })))
    }
}

pub(crate) async fn show_place(
    visitor: MemberCaller<ManageFacilities>,
    State(web): State<WebContext>,
    Path(facility): Path<FacilityId>,
) -> Result<Page, HttpError> {
    let row = find_place(&visitor, &web, facility).await?;
    draw_place(&visitor, &row, FilledPlace::of_row(&row), None)
}

async fn find_place(
    visitor: &AccountUser,
    web: &WebContext,
    facility: FacilityId,
) -> Result<PlacedFacility, HttpError> {
    let mut conn = web.db.read(visitor.reads).await?;
    find_placed(&mut conn, facility).await?.ok_or_else(not_found)
}

fn draw_place(
    visitor: &AccountUser,
    row: &PlacedFacility,
    filled: FilledPlace,
    problem: Option<SignInProblem>,
) -> Result<Page, HttpError> {
    let w: MapWords = open_words();
    let title = w.map_place(&row.name);
    let shell = PageLayout::signed_in(&title, NavSection::Facilities, visitor);
    Page::draw(&PlacePage {
        shell: shell.with_problem(problem.is_some()),
        w,
        problem,
        title,
        href: format!("/app/facilities/{}/place", row.facility),
        filled,
        csrf: visitor.token.csrf(),
    })
}

pub(crate) async fn save_place(
    visitor: MemberCaller<ManageFacilities>,
    State(web): State<WebContext>,
    Path(facility): Path<FacilityId>,
    form: RelayForm,
) -> Result<FormReply, HttpError> {
    require_own_form(&visitor, &form)?;
    let row = find_place(&visitor, &web, facility).await?;
    let filled = FilledPlace::of_form(&form);
    let (address, point) = match filled.read() {
        Ok(place) => place,
        Err(problem) => {
            let page = draw_place(&visitor, &row, filled, Some(problem))?;
            return Ok(FormReply::Again(FormRecall::Invalid, page));
        }
    };
    let mut tx = web.db.write(visitor.scope).await?;
    store_place(&mut tx, facility, &address, point).await?;
    let record = AccessRecord {
        who: &visitor.email,
        act: "facility place",
        about: &row.name,
        facility: Some(facility),
    };
    web.log().write_act(&mut tx, record).await?;
    tx.commit().await?;
    SeeOther::to("/app/map").map(FormReply::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_are_read_as_people_write_them() {
        for (text, most, e5) in [
            ("41.87811", 90, Some(4_187_811)),
            (" -87.6298 ", 180, Some(-8_762_980)),
            ("52,5", 90, Some(5_250_000)),
            ("\u{2212}0.000019", 90, Some(-1)),
            ("90", 90, Some(9_000_000)),
            ("90.00001", 90, None),
            ("181", 180, None),
            ("", 90, None),
            ("12.3.4", 90, None),
            ("N 41", 90, None),
            ("1e1", 90, None),
            ("99999999999999999999", 90, None),
        ] {
            assert_eq!(read_degrees(text, most), e5, "{text}");
            if let Some(e5) = e5 {
                assert_eq!(read_degrees(&word_degrees(e5), most), Some(e5));
            }
        }
    }
}
