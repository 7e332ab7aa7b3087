//! The facilities of an account, for whoever makes and closes them.

use ::web::answer::{FormRecall, FormReply, Page, SeeOther};
use ::web::argument::{LenientQuery, Path};
use ::web::error::HttpError;
use askama::Template;
use axum::extract::State;
use record::compliance::zone_name;
use record::ids::FacilityId;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::accounts::records::access_log::AccessRecord;
use crate::accounts::{AccountUser, visible_name};
use crate::billing::state::AddingAct;
use crate::db::account::accounts::lock_account;
use crate::db::facility::closing::{
    ManagedFacility, ManagedPage, close_facility, list_managed, list_managed_page, reopen_facility,
};
use crate::db::facility::facilities::insert_facility;
use crate::db::facility::facility_now::common_zone;
use crate::projections::box_state::BoxState;
use crate::web::WebContext;
use crate::web::access::{ManageFacilities, MemberCaller};
use crate::web::form::{RelayForm, require_own_form};
use crate::web::http_error::{encode_parameter, not_found, parameter_error};
use crate::web::layout::{NavSection, PageLayout};
use crate::web::pages::forms::single_form::SignInProblem;
use crate::web::view_models::formats::LocalTime;
use crate::web::view_models::page_turns::PageTurns;
use crate::web::words::{ErrorWords, FacilitiesWords, PageWords, open_words};

/// Facilities of an account: what pages of many are made for.
pub(crate) const FACILITIES_MAX: usize = 5_000;

const LISTED: usize = 50;
const NAME_CHARS_MAX: usize = 120;

/// What the address of the page carries.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct FacilityListParams {
    /// A part of the name.
    name: String,
    /// Which page, from 1.
    page: usize,
}

impl FacilityListParams {
    fn of_form(form: &RelayForm) -> Self {
        Self {
            name: form.fields.text("listed_name").to_owned(),
            page: form.fields.text("listed_page").parse().unwrap_or_default(),
        }
    }

    fn page(&self) -> ManagedPage {
        let name = self.name.trim().chars().filter(|c| !c.is_control()).take(NAME_CHARS_MAX).collect();
        ManagedPage { name, number: self.page.clamp(1, FACILITIES_MAX), count: LISTED }
    }
}

fn list_href(name: &str, number: usize) -> String {
    match (name, number) {
        ("", 1) => "/app/facilities".to_owned(),
        ("", _) => format!("/app/facilities?page={number}"),
        (name, _) => format!("/app/facilities?name={}&page={number}", encode_parameter(name)),
    }
}

struct FacilityView {
    name: String,
    page: String,
    about: String,
    add_box: Option<String>,
    href: String,
    is_closed: bool,
    /// Whether it has no box in service, so that it may be closed.
    may_close: bool,
}

#[derive(Template)]
#[template(path = "facilities/facility_list.html")]
struct FacilityListPage {
    shell: PageLayout,
    w: FacilitiesWords,
    problem: Option<SignInProblem>,
    page: PageWords,
    facilities: Vec<FacilityView>,
    shows_search: bool,
    searched: String,
    turns: PageTurns,
    name: String,
    zone: String,
    zones: Vec<String>,
    number: usize,
    csrf: String,
}

#[derive(Default)]
struct NewFacility {
    name: String,
    zone: String,
    problem: Option<SignInProblem>,
}

pub(crate) async fn list_all(
    visitor: MemberCaller<ManageFacilities>,
    State(web): State<WebContext>,
    LenientQuery(requested): LenientQuery<FacilityListParams>,
) -> Result<Page, HttpError> {
    draw_list(&visitor, &web, &requested.page(), NewFacility::default()).await
}

async fn draw_list(
    visitor: &AccountUser,
    web: &WebContext,
    listed: &ManagedPage,
    new: NewFacility,
) -> Result<Page, HttpError> {
    let mut conn = web.db.read(visitor.reads).await?;
    let mut rows = list_managed_page(&mut conn, listed).await?;
    let last = listed.number + usize::from(rows.len() > LISTED);
    rows.truncate(LISTED);
    let turns = PageTurns::of(listed.number, last, |to| list_href(&listed.name, to));
    // The next one is most likely where the others are.
    let zone = if new.zone.is_empty() && !rows.is_empty() { common_zone(&mut conn).await? } else { new.zone };
    drop(conn);
    let wall = LocalTime::of_reader(web.now_ms());
    let w: FacilitiesWords = wall.words();
    let shell = PageLayout::signed_in(w.facilities_title(), NavSection::Facilities, visitor);
    Page::draw(&FacilityListPage {
        shell: shell.with_problem(new.problem.is_some()),
        w,
        problem: new.problem,
        page: wall.words(),
        shows_search: turns.is_needed() || !listed.name.is_empty(),
        searched: listed.name.clone(),
        turns,
        facilities: rows.into_iter().map(|row| view_facility(row, &wall)).collect(),
        name: new.name,
        zone,
        zones: list_zones(),
        number: listed.number,
        csrf: visitor.token.csrf(),
    })
}

fn view_facility(row: ManagedFacility, wall: &LocalTime) -> FacilityView {
    let w: FacilitiesWords = wall.words();
    let state = BoxState::read(&row.box_state);
    let items = w.facilities_items(usize::try_from(row.items).unwrap_or_default());
    let about = match row.closed_ms {
        Some(closed_ms) => format!("{}, {items}", w.facilities_closed(wall.day_of(closed_ms))),
        None => format!("{}, {items}, {}", row.zone, state.badge(wall.words()).text),
    };
    FacilityView {
        about,
        page: format!("/app/f/{}", row.facility),
        add_box: (row.closed_ms.is_none() && state == BoxState::None)
            .then(|| format!("/app/boxes/add?facility={}", row.facility)),
        href: format!("/app/facilities/{}", row.facility),
        is_closed: row.closed_ms.is_some(),
        may_close: state == BoxState::None,
        name: row.name,
    }
}

/// Names of zones by place, such as people look for.
fn list_zones() -> Vec<String> {
    let all = jiff::tz::db().available().map(|name| name.to_string());
    let by_place = all.filter(|name| {
        name.contains('/') && !name.starts_with("Etc/") && zone_name(name).as_ref() == Some(name)
    });
    by_place.collect()
}

async fn refuse_form(
    visitor: &AccountUser,
    web: &WebContext,
    form: &RelayForm,
    field: &'static str,
    words: String,
) -> Result<FormReply, HttpError> {
    let [name, zone] = ["name", "zone"]
        .map(|name| form.fields.text(name).chars().filter(|c| !c.is_control()).take(120).collect());
    let new = NewFacility { name, zone, problem: Some(SignInProblem { field, words }) };
    Ok(FormReply::Again(
        FormRecall::Invalid,
        draw_list(visitor, web, &FacilityListParams::default().page(), new).await?,
    ))
}

/// For so long after it was made the same once more is a second press of its button.
const TWICE_MS: i64 = 60_000;

/// Whether what has this id was made so lately that the same once more means no other one.
pub(crate) fn is_pressed_twice(id: &str, now_ms: i64) -> bool {
    let made_ms = id.parse::<FacilityId>().map(FacilityId::made_ms);
    made_ms.is_ok_and(|made_ms| now_ms.saturating_sub(made_ms) < TWICE_MS)
}

/// `POST /app/facilities`: one more.
pub(crate) async fn add_facility(
    visitor: MemberCaller<ManageFacilities>,
    State(web): State<WebContext>,
    form: RelayForm,
) -> Result<FormReply, HttpError> {
    require_own_form(&visitor, &form)?;
    let w: FacilitiesWords = open_words();
    let name = form.fields.text("name").trim();
    let Some(shown) = visible_name(name) else {
        return refuse_form(&visitor, &web, &form, "name", w.facilities_bad_name()).await;
    };
    let Some(zone) = zone_name(form.fields.text("zone").trim()) else {
        return refuse_form(&visitor, &web, &form, "zone", w.facilities_bad_zone()).await;
    };
    let now_ms = web.now_ms();
    let mut tx = web.db.write(visitor.scope).await?;
    lock_account(&mut tx).await?;
    let known = list_managed(&mut tx).await?;
    if known.len() >= FACILITIES_MAX {
        drop(tx);
        let words = w.facilities_too_many(FACILITIES_MAX);
        return refuse_form(&visitor, &web, &form, "name", words).await;
    }
    let same = known.iter().find(|row| row.name == shown && row.closed_ms.is_none());
    if same.is_some_and(|row| row.zone != zone || !is_pressed_twice(&row.facility, now_ms)) {
        drop(tx);
        return refuse_form(&visitor, &web, &form, "name", w.facilities_taken(&shown)).await;
    }
    if same.is_none() {
        if let Some(words) = web.refuse_adding(&mut tx, AddingAct::Facility).await? {
            drop(tx);
            return refuse_form(&visitor, &web, &form, "name", words).await;
        }
        let facility = FacilityId::new(now_ms, web.random.bytes());
        insert_facility(&mut tx, facility, &shown, &zone, now_ms).await?;
        let record = AccessRecord {
            who: &visitor.email,
            act: "facility create",
            about: &shown,
            facility: Some(facility),
        };
        web.log().write_act(&mut tx, record).await?;
        tx.commit().await?;
    }
    SeeOther::to("/app/facilities").map(FormReply::Done)
}

async fn refuse_change(
    visitor: &AccountUser,
    web: &WebContext,
    listed: &ManagedPage,
    words: String,
) -> Result<FormReply, HttpError> {
    let problem = Some(SignInProblem { field: "list", words });
    let page = draw_list(visitor, web, listed, NewFacility { problem, ..NewFacility::default() }).await?;
    Ok(FormReply::Again(FormRecall::Conflicting, page))
}

/// `POST /app/facilities/{facility}`: it is closed, or opened again.
pub(crate) async fn change_facility(
    visitor: MemberCaller<ManageFacilities>,
    State(web): State<WebContext>,
    Path(facility): Path<FacilityId>,
    form: RelayForm,
) -> Result<FormReply, HttpError> {
    require_own_form(&visitor, &form)?;
    let w: FacilitiesWords = open_words();
    // Whoever searched comes back to what they found.
    let listed = FacilityListParams::of_form(&form).page();
    let mut tx = web.db.write(visitor.scope).await?;
    lock_account(&mut tx).await?;
    let id = facility.to_string();
    let row =
        list_managed(&mut tx).await?.into_iter().find(|row| row.facility == id).ok_or_else(not_found)?;
    if form.fields.text("act") == "open"
        && row.closed_ms.is_some()
        && let Some(words) = web.refuse_adding(&mut tx, AddingAct::Facility).await?
    {
        drop(tx);
        return refuse_change(&visitor, &web, &listed, words).await;
    }
    let (act, is_changed) = match form.fields.text("act") {
        "close" => ("facility close", close_facility(&mut tx, facility, web.now_ms()).await?),
        "open" => ("facility open", reopen_facility(&mut tx, facility).await?),
        _ => return Err(parameter_error("act", ErrorWords::parameter_facility_act)),
    };
    if is_changed {
        let record = AccessRecord { who: &visitor.email, act, about: &row.name, facility: Some(facility) };
        web.log().write_act(&mut tx, record).await?;
        tx.commit().await?;
    } else if act == "facility close" && row.closed_ms.is_none() {
        drop(tx);
        return refuse_change(&visitor, &web, &listed, w.facilities_has_box(row.name)).await;
    }
    SeeOther::to(&list_href(&listed.name, listed.number)).map(FormReply::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_those_of_places() {
        let zones = list_zones();
        assert!(zones.len() > 300);
        for zone in ["America/New_York", "Europe/Berlin", "Asia/Kathmandu"] {
            assert!(zones.iter().any(|known| known == zone), "{zone}");
        }
    }
}
