//! Adding a box: the claim file, and waiting for the box's first word.

use ::web::answer::{FileDownload, MediaType, Page};
use ::web::argument::LenientQuery;
use ::web::error::HttpError;
use ::web::form::{
    FilledSection, FormDefinition, FormField, FormOption, FormPainter, FormSection, FormValues,
};
use askama::Template;
use axum::extract::State;
use record::ids::FacilityId;
use schemars::JsonSchema;
use serde::Deserialize;
use words::{S0, SafeHtml, fill_slots};

use crate::accounts::AccountUser;
use crate::accounts::access_log::AccessRecord;
use crate::accounts::permission::Permission;
use crate::fleet::ClaimWishes;
use crate::web::WebContext;
use crate::web::access::{AddBoxes, MemberCaller};
use crate::web::form::{RelayForm, require_own_form};
use crate::web::http_error::{internal_error, not_found};
use crate::web::layout::{NavSection, PageLayout};
use crate::web::live_marks::LiveTopic;
use crate::web::view_models::facility_state::{FacilityOverview, load_overviews};
use crate::web::view_models::formats::LocalTime;
use crate::web::words::{BoxesWords, FormWords, open_words};

/// What an administrator runs on the box: shown on the page "Add a box", and how the suites claim their boxes.
pub const CLAIM_COMMAND: &str = "cleantrack-appliance claim FILE";

/// What the operator runs for an account without a facility.
const FACILITY_COMMAND: &str = "cleantrack-relay facility create";

/// Which facility a claim file is for.
pub(crate) static CLAIM: FormDefinition = FormDefinition {
    name: "claim",
    sections: &[FormSection::plain(&[FormField::pick("facility").required()])],
};

#[derive(Template)]
#[template(path = "add_box.html")]
struct AddBoxPage {
    shell: PageLayout,
    w: BoxesWords,
    /// How the claim file comes onto the box.
    copy_how: SafeHtml,
    no_facility: SafeHtml,
    title: String,
    lead: String,
    has_facility: bool,
    sections: Vec<FilledSection>,
    /// Whether whoever looks may make a claim file.
    may_make: bool,
    csrf: String,
    here: usize,
    expected: usize,
}

/// What the address carries.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct AddBoxParams {
    /// The one that is chosen first.
    facility: Option<String>,
}

/// A claim file.
#[derive(Debug)]
pub(crate) struct ClaimToml;

impl MediaType for ClaimToml {
    const NAME: &'static str = "application/toml";
}

/// `GET /app/boxes/add`.
pub(crate) async fn show(
    visitor: MemberCaller<AddBoxes>,
    State(web): State<WebContext>,
    LenientQuery(requested): LenientQuery<AddBoxParams>,
) -> Result<Page, HttpError> {
    let mut conn = web.db.read().await?;
    let sites = load_overviews(&mut conn, visitor.scope, web.now_ms()).await?;
    drop(conn);
    let chosen = requested.facility.unwrap_or_default();
    draw_form(&visitor, &web, &sites, &chosen).await
}

/// The page of an account whose boxes have not told anything yet.
pub(crate) async fn first_box(
    visitor: &AccountUser,
    web: &WebContext,
    sites: &[FacilityOverview],
) -> Result<Page, HttpError> {
    draw_form(visitor, web, sites, "").await
}

async fn draw_form(
    visitor: &AccountUser,
    web: &WebContext,
    sites: &[FacilityOverview],
    chosen: &str,
) -> Result<Page, HttpError> {
    let mut conn = web.db.read().await?;
    let live = web.live_page(&mut conn, visitor.scope, LiveTopic::Boxes).await?;
    let here =
        sites.iter().filter(|s| s.in_service.as_ref().is_some_and(|b| b.row.heard_ms.is_some())).count();
    let is_first = sites.iter().all(|s| s.in_service.is_none());
    let without = sites.iter().find(|s| s.in_service.is_none()).map(|s| s.id.to_string()).unwrap_or_default();
    let chosen = if chosen.is_empty() { &without } else { chosen };
    let (w, form): (BoxesWords, FormWords) = open_words();
    let options = sites.iter().map(|site| FormOption::entered(site.id.to_string(), site.name.clone()));
    let picks = vec![("facility", options.collect())];
    let painter = FormPainter { picks, ..FormPainter::new(&CLAIM, form.catalog()) };
    let (title, lead, section) = match is_first {
        true => (w.add_box_title_first(), w.add_box_lead_first(), NavSection::Facilities),
        false => (w.add_box_title(), w.add_box_lead(), NavSection::Boxes),
    };
    let view = AddBoxPage {
        shell: PageLayout::signed_in(&title, section, visitor).live(live, true),
        w,
        copy_how: fill_slots(w.add_box_copy_how(S0), [command_html(CLAIM_COMMAND)]),
        no_facility: fill_slots(w.add_box_no_facility(S0), [command_html(FACILITY_COMMAND)]),
        title,
        lead,
        has_facility: !sites.is_empty(),
        sections: painter.draw(&FormValues::empty(&CLAIM).with("facility", chosen), &[])?,
        may_make: visitor.role.holds(Permission::AddBoxes),
        csrf: visitor.token.csrf(),
        here,
        expected: sites.len().max(1),
    };
    Page::draw(&view)
}

fn command_html(command: &str) -> SafeHtml {
    SafeHtml::element("code", &[], command)
}

/// `POST /app/boxes/add`.
pub(crate) async fn create_claim_file(
    visitor: MemberCaller<AddBoxes>,
    State(web): State<WebContext>,
    form: RelayForm,
) -> Result<FileDownload<ClaimToml>, HttpError> {
    require_own_form(&visitor, &form)?;
    let now_ms = web.now_ms();
    let mut conn = web.db.read().await?;
    let sites = load_overviews(&mut conn, visitor.scope, now_ms).await?;
    drop(conn);
    let facility: Option<FacilityId> = FormValues::read(&CLAIM, &form.fields).text("facility").parse().ok();
    let site = sites.iter().find(|s| Some(s.id) == facility).ok_or_else(not_found)?;
    let wishes = ClaimWishes { zone: Some(site.zone.clone()), ..ClaimWishes::default() };
    let file =
        crate::fleet::claim_file(&web.fleet, visitor.scope, site.id, wishes).await.map_err(internal_error)?;
    let mut tx = web.db.begin().await?;
    let about = site.id.to_string();
    let record = AccessRecord { who: &visitor.email, act: "claim-file create", about: &about };
    web.log().write_act(&mut tx, visitor.scope, record).await?;
    tx.commit().await?;
    let day = LocalTime::new(now_ms, &site.zone).today();
    FileDownload::new(&format!("cleantrack-claim-{day}.toml"), file.into_bytes())
}
