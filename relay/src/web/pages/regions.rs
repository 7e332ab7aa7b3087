//! Regions: facilities that belong together. Somebody who is given a region sees all of its facilities, those that come later too.

use std::collections::BTreeSet;

use ::web::answer::{FormRecall, FormReply, Page, SeeOther};
use ::web::argument::{FormFields, Path};
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
    /// As it is stored.
    title: String,
    name: String,
    href: String,
    count: String,
    facilities: Vec<RegionFacility>,
    /// The names of those in it, one a line, where there are too many for a box each.
    named: Option<String>,
    /// As it was shown.
    seen: String,
}

/// A field of the page, and what is wrong with it.
struct RegionProblem {
    field: String,
    words: String,
}

/// A form that was refused.
struct RefusedRegion<'a> {
    /// The region that it changes; none where it makes one.
    region: Option<&'a str>,
    field: &'static str,
    words: String,
    /// What it says, which the page says again. None where somebody else changed the region: then it says how that is now.
    entered: Option<&'a FormFields>,
}

impl RefusedRegion<'_> {
    /// What was entered for this region.
    fn entered_for(&self, region: &str) -> Option<&FormFields> {
        self.entered.filter(|_| self.region == Some(region))
    }

    /// Where the field is on a page that lists these regions.
    fn problem(&self, rows: &[RegionRow]) -> RegionProblem {
        let at = self.region.and_then(|region| rows.iter().position(|row| row.region == region));
        let field = at.map_or_else(|| self.field.to_owned(), |at| format!("{}-{}", self.field, at + 1));
        RegionProblem { field, words: self.words.clone() }
    }
}

/// The ids of the boxes that are ticked: each is a field of its own.
fn list_ticked(form: &FormFields) -> BTreeSet<&str> {
    let ticked = form.iter().filter(|(_, value)| !value.is_empty());
    ticked.filter_map(|(name, _)| name.strip_prefix("places.")).collect()
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
    problem: Option<RegionProblem>,
    regions: Vec<RegionView>,
    /// The name of a new one, where it was refused.
    new_name: String,
    csrf: String,
}

/// `GET /app/regions`.
pub(crate) async fn list_regions(
    visitor: MemberCaller<ManageRegions>,
    State(web): State<WebContext>,
) -> Result<Page, HttpError> {
    draw_regions(&visitor, &web, None).await
}

/// What the page of regions is made of.
struct RegionsList<'a> {
    rows: &'a [RegionRow],
    sites: &'a [FacilityRow],
    options: Vec<FormOption>,
    refused: Option<&'a RefusedRegion<'a>>,
}

impl RegionsList<'_> {
    fn view(&self, row: &RegionRow) -> RegionView {
        let w: RegionsWords = open_words();
        let entered = self.refused.and_then(|refused| refused.entered_for(&row.region));
        let ticked = entered.map(list_ticked);
        let is_long = are_many(&self.options);
        let text = |field: &str| entered.map(|form| form.text(field).to_owned());
        let named = || write_names(&list_inside(row, self.sites), &self.options);
        let listed = self.sites.iter().filter(|_| !is_long);
        RegionView {
            title: row.name.clone(),
            name: text("name").unwrap_or_else(|| row.name.clone()),
            href: format!("/app/regions/{}", row.region),
            count: w.regions_count(row.facilities),
            named: is_long.then(|| text("named").unwrap_or_else(named)),
            seen: seen_mark(row, self.sites),
            facilities: listed.map(|site| self.facility(site, row, ticked.as_ref())).collect(),
        }
    }

    /// `ticked`: what was entered.
    fn facility(
        &self,
        site: &FacilityRow,
        row: &RegionRow,
        ticked: Option<&BTreeSet<&str>>,
    ) -> RegionFacility {
        let is_inside = is_inside(site, row);
        let other = site.region.as_ref().filter(|_| !is_inside);
        let elsewhere = other.and_then(|region| self.rows.iter().find(|row| row.region == *region));
        RegionFacility {
            id: site.facility.clone(),
            name: site.name.clone(),
            is_in: ticked.map_or(is_inside, |ids| ids.contains(site.facility.as_str())),
            elsewhere: elsewhere.map(|row| row.name.clone()).unwrap_or_default(),
        }
    }
}

async fn draw_regions(
    visitor: &AccountUser,
    web: &WebContext,
    refused: Option<&RefusedRegion<'_>>,
) -> Result<Page, HttpError> {
    let mut conn = web.db.read(visitor.reads).await?;
    let (rows, sites) = (regions::list_regions(&mut conn).await?, list_facilities(&mut conn).await?);
    let w: RegionsWords = open_words();
    let list = RegionsList { rows: &rows, sites: &sites, options: list_options(&sites), refused };
    let new = refused.filter(|refused| refused.region.is_none()).and_then(|refused| refused.entered);
    let shell = PageLayout::signed_in(w.regions_title(), NavSection::People, visitor);
    Page::draw(&RegionsPage {
        shell: shell.with_problem(refused.is_some()),
        w,
        problem: refused.map(|refused| refused.problem(&rows)),
        regions: rows.iter().map(|row| list.view(row)).collect(),
        new_name: new.map(|form| form.text("name").to_owned()).unwrap_or_default(),
        csrf: visitor.token.csrf(),
    })
}

async fn refuse_region(
    visitor: &AccountUser,
    web: &WebContext,
    refused: &RefusedRegion<'_>,
) -> Result<FormReply, HttpError> {
    let recall = if refused.entered.is_some() { FormRecall::Invalid } else { FormRecall::Conflicting };
    Ok(FormReply::Again(recall, draw_regions(visitor, web, Some(refused)).await?))
}

/// `POST /app/regions`: a new region.
pub(crate) async fn add_region(
    visitor: MemberCaller<ManageRegions>,
    State(web): State<WebContext>,
    form: RelayForm,
) -> Result<FormReply, HttpError> {
    require_own_form(&visitor, &form)?;
    let w: RegionsWords = open_words();
    let refuse = |words| RefusedRegion { region: None, field: "name", words, entered: Some(&form.fields) };
    let Some(name) = visible_name(form.fields.text("name")) else {
        return refuse_region(&visitor, &web, &refuse(w.regions_bad_name())).await;
    };
    let mut tx = web.db.write(visitor.scope).await?;
    let known = regions::list_regions(&mut tx).await?;
    if known.len() >= REGIONS_MAX {
        drop(tx);
        return refuse_region(&visitor, &web, &refuse(w.regions_too_many(REGIONS_MAX))).await;
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
            let refuse = |field, words| RefusedRegion {
                region: Some(region.as_str()),
                field,
                words,
                entered: Some(&form.fields),
            };
            if form.fields.text("seen") != seen_mark(&row, &sites) {
                drop(tx);
                let refused = RefusedRegion { entered: None, ..refuse("name", w.regions_changed(&row.name)) };
                return refuse_region(&visitor, &web, &refused).await;
            }
            let named = read_names(form.fields.text("named"), &list_options(&sites));
            if let Some(lines) = named.unknown() {
                drop(tx);
                let words = w.regions_unknown(lines, &row.name);
                return refuse_region(&visitor, &web, &refuse("named", words)).await;
            }
            let Some(name) = visible_name(form.fields.text("name")) else {
                drop(tx);
                return refuse_region(&visitor, &web, &refuse("name", w.regions_bad_name())).await;
            };
            regions::rename_region(&mut tx, &region, &name).await?;
            let mut chosen = list_ticked(&form.fields);
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
