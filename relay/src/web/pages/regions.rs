//! Regions: facilities that belong together. Somebody who is given a region sees all of its facilities, those that come later too.

use std::collections::BTreeSet;

use ::web::answer::{FormRecall, FormReply, Page, SeeOther};
use ::web::argument::Path;
use ::web::error::HttpError;
use ::web::form::FormOption;
use askama::Template;
use axum::extract::State;
use record::ids::{FacilityId, UserId};
use record::tree::Hash;

use crate::accounts::access_log::AccessRecord;
use crate::accounts::{AccountUser, visible_name};
use crate::db::facilities::{FacilityRow, list_facilities};
use crate::db::regions::{self, RegionRow};
use crate::web::WebContext;
use crate::web::access::{ManageRegions, MemberCaller};
use crate::web::form::{RelayForm, require_own_form};
use crate::web::http_error::{not_found, parameter_error};
use crate::web::layout::{NavSection, PageLayout};
use crate::web::pages::member_form::MemberForm;
use crate::web::pages::named_places::{are_many, read_names, write_names};
use crate::web::pages::way_page::SignInProblem;
use crate::web::words::{ErrorWords, RegionsWords, open_words};

/// Regions of an account.
const REGIONS_MAX: usize = 200;

/// A facility as the form of a region shows it.
struct RegionFacility {
    id: String,
    name: String,
    is_in: bool,
    /// The region that it is in otherwise.
    elsewhere: String,
}

struct RegionView {
    name: String,
    href: String,
    count: String,
    facilities: Vec<RegionFacility>,
    /// The names of those in it, one a line, where there are too many for a box each.
    named: Option<String>,
    /// As it was shown.
    seen: String,
}

fn is_inside(site: &FacilityRow, row: &RegionRow) -> bool {
    site.region.as_deref() == Some(row.region.as_str())
}

/// The ids of the facilities of a region.
fn list_inside(row: &RegionRow, sites: &[FacilityRow]) -> Vec<String> {
    sites.iter().filter(|site| is_inside(site, row)).map(|site| site.facility.clone()).collect()
}

/// A region as somebody saw it: what they change later must be that.
fn seen_mark(row: &RegionRow, sites: &[FacilityRow]) -> String {
    let mut ids = list_inside(row, sites);
    ids.sort_unstable();
    Hash::of(format!("{}\n{}", row.name, ids.join(" ")).as_bytes()).to_string()
}

fn list_options(sites: &[FacilityRow]) -> Vec<FormOption> {
    sites.iter().map(|site| FormOption::entered(site.facility.clone(), site.name.clone())).collect()
}

#[derive(Template)]
#[template(path = "regions.html")]
struct RegionsPage {
    shell: PageLayout,
    w: RegionsWords,
    problem: Option<SignInProblem>,
    regions: Vec<RegionView>,
    csrf: String,
}

/// `GET /app/regions`.
pub(crate) async fn list_regions(
    visitor: MemberCaller<ManageRegions>,
    State(web): State<WebContext>,
) -> Result<Page, HttpError> {
    draw_regions(&visitor, &web, None).await
}

async fn draw_regions(
    visitor: &AccountUser,
    web: &WebContext,
    problem: Option<SignInProblem>,
) -> Result<Page, HttpError> {
    let mut conn = web.db.read(visitor.reads).await?;
    let (rows, sites) = (regions::list_regions(&mut conn).await?, list_facilities(&mut conn).await?);
    let w: RegionsWords = open_words();
    let name_of = |region: &str| {
        rows.iter().find(|row| row.region == region).map(|row| row.name.clone()).unwrap_or_default()
    };
    let options = list_options(&sites);
    let is_long = are_many(&options);
    let view = |row: &RegionRow| RegionView {
        name: row.name.clone(),
        href: format!("/app/regions/{}", row.region),
        count: w.regions_count(row.facilities),
        named: is_long.then(|| write_names(&list_inside(row, &sites), &options)),
        seen: seen_mark(row, &sites),
        facilities: sites
            .iter()
            .filter(|_| !is_long)
            .map(|site| {
                let is_in = is_inside(site, row);
                let elsewhere = site.region.as_deref().filter(|_| !is_in).map(name_of).unwrap_or_default();
                RegionFacility { id: site.facility.clone(), name: site.name.clone(), is_in, elsewhere }
            })
            .collect(),
    };
    let shell = PageLayout::signed_in(w.regions_title(), NavSection::People, visitor);
    let view = RegionsPage {
        shell: shell.with_problem(problem.is_some()),
        w,
        problem,
        regions: rows.iter().map(view).collect(),
        csrf: visitor.token.csrf(),
    };
    Page::draw(&view)
}

async fn refuse_name(visitor: &AccountUser, web: &WebContext, words: String) -> Result<FormReply, HttpError> {
    let page = draw_regions(visitor, web, Some(SignInProblem { field: "name", words })).await?;
    Ok(FormReply::Again(FormRecall::Invalid, page))
}

/// `POST /app/regions`: a new region.
pub(crate) async fn add_region(
    visitor: MemberCaller<ManageRegions>,
    State(web): State<WebContext>,
    form: RelayForm,
) -> Result<FormReply, HttpError> {
    require_own_form(&visitor, &form)?;
    let w: RegionsWords = open_words();
    let Some(name) = visible_name(form.fields.text("name")) else {
        return refuse_name(&visitor, &web, w.regions_bad_name()).await;
    };
    let mut tx = web.db.write(visitor.scope).await?;
    let known = regions::list_regions(&mut tx).await?;
    if known.len() >= REGIONS_MAX {
        drop(tx);
        return refuse_name(&visitor, &web, w.regions_too_many(REGIONS_MAX)).await;
    }
    // Pressed twice, it is there.
    if known.iter().all(|row| row.name != name) {
        let region = UserId::new(web.now_ms(), web.random.bytes()).to_string();
        regions::insert_region(&mut tx, &region, &name, web.now_ms()).await?;
        let record = AccessRecord { who: &visitor.email, act: "region create", about: &name, facility: None };
        web.log().write_act(&mut tx, record).await?;
        tx.commit().await?;
    }
    SeeOther::to("/app/regions").map(FormReply::Done)
}

/// `POST /app/regions/{region}`: its name and facilities, or its end.
pub(crate) async fn change_region(
    visitor: MemberCaller<ManageRegions>,
    State(web): State<WebContext>,
    Path(region): Path<String>,
    form: MemberForm,
) -> Result<FormReply, HttpError> {
    require_own_form(&visitor, &form)?;
    let w: RegionsWords = open_words();
    let mut tx = web.db.write(visitor.scope).await?;
    let known = regions::list_regions(&mut tx).await?;
    let row = known.into_iter().find(|row| row.region == region).ok_or_else(not_found)?;
    let (act, about) = match form.fields.text("act") {
        "delete" => {
            regions::delete_region(&mut tx, &region).await?;
            ("region delete", row.name)
        }
        "save" => {
            let sites = list_facilities(&mut tx).await?;
            if form.fields.text("seen") != seen_mark(&row, &sites) {
                drop(tx);
                let problem = SignInProblem { field: "name", words: w.regions_changed(&row.name) };
                let page = draw_regions(&visitor, &web, Some(problem)).await?;
                return Ok(FormReply::Again(FormRecall::Conflicting, page));
            }
            let named = read_names(form.fields.text("named"), &list_options(&sites));
            if let Some(lines) = named.unknown() {
                drop(tx);
                return refuse_name(&visitor, &web, w.regions_unknown(lines, &row.name)).await;
            }
            let Some(name) = visible_name(form.fields.text("name")) else {
                drop(tx);
                return refuse_name(&visitor, &web, w.regions_bad_name()).await;
            };
            regions::rename_region(&mut tx, &region, &name).await?;
            // A box that is ticked is a field of its own.
            let ticked = form.fields.iter().filter(|(_, value)| !value.is_empty());
            let mut chosen: BTreeSet<&str> =
                ticked.filter_map(|(name, _)| name.strip_prefix("places.")).collect();
            chosen.extend(named.ids.iter().map(String::as_str));
            for site in sites {
                let is_in = is_inside(&site, &row);
                let is_chosen = chosen.contains(&site.facility.as_str());
                let facility: FacilityId = site.facility.parse().map_err(|_| not_found())?;
                if is_in != is_chosen {
                    let of = is_chosen.then_some(region.as_str());
                    regions::set_region(&mut tx, facility, of).await?;
                }
            }
            ("region change", name)
        }
        _ => return Err(parameter_error("act", ErrorWords::parameter_region_act)),
    };
    web.log()
        .write_act(&mut tx, AccessRecord { who: &visitor.email, act, about: &about, facility: None })
        .await?;
    tx.commit().await?;
    SeeOther::to("/app/regions").map(FormReply::Done)
}
