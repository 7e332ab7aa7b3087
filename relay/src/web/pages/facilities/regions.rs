//! Regions: facilities that belong together. Somebody who is given a region sees all of its facilities, those that come later too.

use std::collections::{BTreeMap, BTreeSet};

use ::web::answer::{FormRecall, FormReply, Page, SeeOther};
use ::web::argument::{FormFields, Path};
use ::web::error::HttpError;
use ::web::form::FormOption;
use askama::Template;
use axum::extract::State;
use record::ids::{FacilityId, UserId};
use record::tree::Hash;

use crate::accounts::members::people::ActingPerson;
use crate::accounts::records::access_log::AccessRecord;
use crate::accounts::records::region_log::RegionMove;
use crate::accounts::{AccountUser, visible_name};
use crate::db::ScopedConnection;
use crate::db::account::accounts::lock_account;
use crate::db::facility::facilities::{FacilityRow, list_facilities};
use crate::db::facility::regions;
use crate::db::facility::regions::RegionRow;
use crate::web::WebContext;
use crate::web::access::{ManageRegions, MemberCaller};
use crate::web::form::{RelayForm, require_own_form};
use crate::web::http_error::{not_found, parameter_error};
use crate::web::layout::{NavSection, PageLayout};
use crate::web::pages::facilities::facility_list::is_pressed_twice;
use crate::web::pages::forms::member_form::MemberForm;
use crate::web::pages::forms::named_places::{are_many, read_names, write_names};
use crate::web::words::{ErrorWords, RegionsWords, open_words};

const REGIONS_MAX: usize = 200;

struct RegionFacility {
    id: String,
    name: String,
    is_in: bool,
    /// The region that it is in, as its box says when it is ticked.
    region: String,
    elsewhere: String,
}

const IN_NONE: &str = "none";

fn region_of(site: &FacilityRow) -> &str {
    site.region.as_deref().unwrap_or(IN_NONE)
}

struct RegionView {
    title: String,
    name: String,
    href: String,
    count: String,
    facilities: Vec<RegionFacility>,
    /// The names of those in it, one a line, where there are too many for a box each.
    named: Option<String>,
    seen: String,
    /// What somebody entered who did not know how it is now: the name, and the facilities, one a line.
    entered: Option<String>,
}

/// A field of the page, and what is wrong with it.
struct RegionProblem {
    field: String,
    words: String,
}

struct RefusedRegion<'a> {
    region: Option<&'a str>,
    field: &'static str,
    words: String,
    entered: &'a FormFields,
    recall: FormRecall,
}

impl RefusedRegion<'_> {
    /// What was entered for this region, which the page says again; where somebody else changed it, beside how it is now.
    fn entered_for(&self, region: &str, recall: FormRecall) -> Option<&FormFields> {
        (self.region == Some(region) && self.recall == recall).then_some(self.entered)
    }

    /// Where the field is on a page that lists these regions.
    fn problem(&self, rows: &[RegionRow]) -> RegionProblem {
        let at = self.region.and_then(|region| rows.iter().position(|row| row.region == region));
        let field = at.map_or_else(|| self.field.to_owned(), |at| format!("{}-{}", self.field, at + 1));
        RegionProblem { field, words: self.words.clone() }
    }
}

/// The ids of the boxes that are ticked, each a field of its own, and the regions that these facilities were in when they were shown.
fn list_ticked(form: &FormFields) -> BTreeMap<&str, &str> {
    let ticked = form.iter().filter(|(_, region)| !region.is_empty());
    ticked.filter_map(|(name, region)| Some((name.strip_prefix("places.")?, region))).collect()
}

/// The ids of the facilities that a form chooses by either way: their number may have passed that of a page of boxes meanwhile.
fn list_chosen(form: &FormFields, options: &[FormOption]) -> BTreeSet<String> {
    let mut chosen: BTreeSet<String> = list_ticked(form).into_keys().map(str::to_owned).collect();
    chosen.extend(read_names(form.text("named"), options).ids);
    chosen
}

fn is_inside(site: &FacilityRow, row: &RegionRow) -> bool {
    site.region.as_deref() == Some(row.region.as_str())
}

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
#[template(path = "facilities/regions.html")]
struct RegionsPage {
    shell: PageLayout,
    w: RegionsWords,
    problem: Option<RegionProblem>,
    regions: Vec<RegionView>,
    new_name: String,
    csrf: String,
}

pub(crate) async fn list_regions(
    visitor: MemberCaller<ManageRegions>,
    State(web): State<WebContext>,
) -> Result<Page, HttpError> {
    draw_regions(&visitor, &web, None).await
}

struct RegionsList<'a> {
    rows: &'a [RegionRow],
    sites: &'a [FacilityRow],
    options: Vec<FormOption>,
    refused: Option<&'a RefusedRegion<'a>>,
}

impl RegionsList<'_> {
    fn view(&self, row: &RegionRow) -> RegionView {
        let w: RegionsWords = open_words();
        let [entered, stale] = [FormRecall::Invalid, FormRecall::Conflicting]
            .map(|recall| self.refused.and_then(|refused| refused.entered_for(&row.region, recall)));
        let stale = stale.map(|form| self.list_entered(form));
        let chosen = entered.map(|form| list_chosen(form, &self.options));
        let is_long = are_many(&self.options);
        let [name, named, seen] =
            ["name", "named", "seen"].map(|field| entered.map(|form| form.text(field).to_owned()));
        let lines = is_long.then(|| {
            named.filter(|lines| !lines.is_empty()).unwrap_or_else(|| match &chosen {
                Some(ids) => write_names(&ids.iter().cloned().collect::<Vec<_>>(), &self.options),
                None => write_names(&list_inside(row, self.sites), &self.options),
            })
        });
        let listed = self.sites.iter().filter(|_| !is_long);
        RegionView {
            title: row.name.clone(),
            name: name.unwrap_or_else(|| row.name.clone()),
            href: format!("/app/regions/{}", row.region),
            count: w.regions_count(row.facilities),
            named: lines,
            entered: stale,
            // What was entered is a change of what was shown then.
            seen: seen.unwrap_or_else(|| seen_mark(row, self.sites)),
            facilities: listed.map(|site| self.facility(site, row, chosen.as_ref())).collect(),
        }
    }

    fn list_entered(&self, form: &FormFields) -> String {
        let ids: Vec<String> = list_ticked(form).into_keys().map(str::to_owned).collect();
        let lines =
            [form.text("name").to_owned(), write_names(&ids, &self.options), form.text("named").to_owned()];
        lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
    }

    /// `chosen`: what was entered.
    fn facility(
        &self,
        site: &FacilityRow,
        row: &RegionRow,
        chosen: Option<&BTreeSet<String>>,
    ) -> RegionFacility {
        let is_inside = is_inside(site, row);
        let other = site.region.as_ref().filter(|_| !is_inside);
        let elsewhere = other.and_then(|region| self.rows.iter().find(|row| row.region == *region));
        RegionFacility {
            id: site.facility.clone(),
            name: site.name.clone(),
            is_in: chosen.map_or(is_inside, |ids| ids.contains(&site.facility)),
            region: region_of(site).to_owned(),
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
    let new = refused.filter(|refused| refused.region.is_none()).map(|refused| refused.entered);
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
    Ok(FormReply::Again(refused.recall, draw_regions(visitor, web, Some(refused)).await?))
}

fn refuse_name(entered: &FormFields, words: String) -> RefusedRegion<'_> {
    RefusedRegion { region: None, field: "name", words, entered, recall: FormRecall::Invalid }
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
        return refuse_region(&visitor, &web, &refuse_name(&form.fields, w.regions_bad_name())).await;
    };
    let mut tx = web.db.write(visitor.scope).await?;
    let known = regions::list_regions(&mut tx).await?;
    if known.len() >= REGIONS_MAX {
        drop(tx);
        return refuse_region(&visitor, &web, &refuse_name(&form.fields, w.regions_too_many(REGIONS_MAX)))
            .await;
    }
    let same = known.iter().find(|row| row.name == name);
    if same.is_some_and(|row| !is_pressed_twice(&row.region, web.now_ms())) {
        drop(tx);
        return refuse_region(&visitor, &web, &refuse_name(&form.fields, w.regions_taken(&name))).await;
    }
    if same.is_none() {
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
    // What a facility leaves is what it is in now.
    lock_account(&mut tx).await?;
    let known = regions::list_regions(&mut tx).await?;
    let row = known.iter().find(|row| row.region == region).ok_or_else(not_found)?;
    let sites = list_facilities(&mut tx).await?;
    let change = RegionChange { row, known: &known, sites: &sites, fields: &form.fields };
    if change.is_stale() {
        drop(tx);
        let words = w.regions_changed(&row.name);
        let (field, entered, recall) = ("name", &form.fields, FormRecall::Conflicting);
        let refused = RefusedRegion { region: Some(&region), field, words, entered, recall };
        return refuse_region(&visitor, &web, &refused).await;
    }
    match form.fields.text("act") {
        "delete" => change.delete(&mut tx, &web.acting(&visitor)).await?,
        "save" => {
            let (name, moves) = match change.read() {
                Ok(read) => read,
                Err((field, words)) => {
                    drop(tx);
                    let (entered, recall) = (&form.fields, FormRecall::Invalid);
                    let refused = RefusedRegion { region: Some(&region), field, words, entered, recall };
                    return refuse_region(&visitor, &web, &refused).await;
                }
            };
            change.apply(&mut tx, &web.acting(&visitor), &name, &moves).await?;
        }
        _ => return Err(parameter_error("act", ErrorWords::parameter_region_act)),
    }
    tx.commit().await?;
    SeeOther::to("/app/regions").map(FormReply::Done)
}

/// A facility that comes into the region of a form, or leaves it.
struct SiteMove<'a> {
    site: &'a FacilityRow,
    is_in: bool,
}

struct RegionChange<'a> {
    row: &'a RegionRow,
    known: &'a [RegionRow],
    sites: &'a [FacilityRow],
    fields: &'a FormFields,
}

impl RegionChange<'_> {
    /// Whether the region, or one of the facilities that are to come into it, is not as it was shown.
    fn is_stale(&self) -> bool {
        let ticked = list_ticked(self.fields);
        self.fields.text("seen") != seen_mark(self.row, self.sites)
            || self.sites.iter().any(|site: &FacilityRow| {
                ticked.get(site.facility.as_str()).is_some_and(|shown| *shown != region_of(site))
            })
    }

    /// The name, and what comes and goes; or the field that does not fit, and why.
    fn read(&self) -> Result<(String, Vec<SiteMove<'_>>), (&'static str, String)> {
        let w: RegionsWords = open_words();
        let options = list_options(self.sites);
        if let Some(lines) = read_names(self.fields.text("named"), &options).unknown() {
            return Err(("named", w.regions_unknown(lines, &self.row.name)));
        }
        let name = visible_name(self.fields.text("name")).ok_or_else(|| ("name", w.regions_bad_name()))?;
        if self.known.iter().any(|other| other.region != self.row.region && other.name == name) {
            return Err(("name", w.regions_taken(&name)));
        }
        let chosen = list_chosen(self.fields, &options);
        let moves = self.sites.iter().filter_map(|site| {
            let (is_in, was_in) = (chosen.contains(&site.facility), is_inside(site, self.row));
            (is_in != was_in).then_some(SiteMove { site, is_in })
        });
        Ok((name, moves.collect()))
    }

    /// Saves both; each facility that comes or goes is an act of its own, for whoever asks later who let whom see it.
    async fn apply(
        &self,
        tx: &mut ScopedConnection,
        by: &ActingPerson<'_>,
        name: &str,
        moves: &[SiteMove<'_>],
    ) -> Result<(), HttpError> {
        let region = self.row.region.as_str();
        if self.row.name != name {
            regions::rename_region(tx, region, name).await?;
            let about = format!("{} → {name}", self.row.name);
            let record = AccessRecord { who: by.who, act: "region change", about: &about, facility: None };
            by.log.write_act(tx, record).await?;
        }
        for SiteMove { site, is_in } in moves {
            let facility: FacilityId = site.facility.parse().map_err(|_| not_found())?;
            regions::set_region(tx, facility, is_in.then_some(region)).await?;
            let moved = if *is_in {
                RegionMove { facility, from: self.name_elsewhere(site), into: Some(name) }
            } else {
                RegionMove { facility, from: Some(name), into: None }
            };
            by.log.write_move(tx, by.who, moved).await?;
        }
        Ok(())
    }

    fn name_elsewhere(&self, site: &FacilityRow) -> Option<&str> {
        self.known.iter().find(|row| is_inside(site, row)).map(|row| row.name.as_str())
    }

    /// Ends the region; each of its facilities leaves it first.
    async fn delete(&self, tx: &mut ScopedConnection, by: &ActingPerson<'_>) -> Result<(), HttpError> {
        let (region, name) = (self.row.region.as_str(), self.row.name.as_str());
        for site in self.sites.iter().filter(|site| is_inside(site, self.row)) {
            let facility: FacilityId = site.facility.parse().map_err(|_| not_found())?;
            let moved = RegionMove { facility, from: Some(name), into: None };
            by.log.write_move(tx, by.who, moved).await?;
        }
        regions::delete_region(tx, region).await?;
        let record = AccessRecord { who: by.who, act: "region delete", about: name, facility: None };
        Ok(by.log.write_act(tx, record).await?)
    }
}
