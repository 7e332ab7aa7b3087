//! Adding a box: the claim file, and waiting for the box's first word.

use ::web::answer::{FileDownload, FormRecall, FormReply, MediaType, OneOf, Page};
use ::web::argument::{LenientQuery, Path};
use ::web::error::HttpError;
use ::web::form::{
    FieldError, FilledSection, FormDefinition, FormField, FormOption, FormPainter, FormSection, FormValues,
};
use askama::Template;
use axum::extract::State;
use firmware_config::{CLAIM_FILE_BYTES_MAX, ClaimFileError, ClaimMistake, MistakeReason};
use record::ids::{BoxId, FacilityId};
use schemars::JsonSchema;
use serde::Deserialize;
use words::{S0, SafeHtml, fill_slots};

use crate::accounts::AccountUser;
use crate::accounts::permission::Permission;
use crate::billing::state::AddingAct;
use crate::db::facility::facility_now::{FacilityName, FacilityPart, find_name, list_names};
use crate::db::fleet::box_now::find_box;
use crate::db::fleet::claims::ClaimPlace;
use crate::fleet::{ClaimWishes, FleetError};
use crate::projections::box_state::BoxState;
use crate::web::WebContext;
use crate::web::access::{AddBoxes, ManageBoxes, MemberCaller};
use crate::web::form::{CertificateForm, CertificateFormRules, require_own_form};
use crate::web::http_error::{internal_error, not_found};
use crate::web::layout::{NavSection, PageLayout};
use crate::web::live_marks::LiveTopic;
use crate::web::pages::fleet::box_page::box_title;
use crate::web::pages::forms::confirm::ConfirmedForm;
use crate::web::view_models::formats::LocalTime;
use crate::web::words::{BoxesWords, FleetWords, FormWords, open_words};

/// What an administrator runs on the box: shown on the page "Add a box", and how the suites claim their boxes.
pub const CLAIM_COMMAND: &str = "cleantrack-appliance claim FILE";

const PATH: &str = "/app/boxes/add";
const LINE_CHARS_MAX: usize = 300;
/// Characters of certificates: as many as a claim file may have at all.
const PEM_CHARS_MAX: usize = CLAIM_FILE_BYTES_MAX;

/// Which facility a claim file is for, and what its box must know of the building before it can reach anybody.
pub(crate) static CLAIM: FormDefinition = FormDefinition {
    name: "claim",
    sections: &[
        FormSection::plain(&[FormField::pick("facility").required()]),
        FormSection::folded(
            "wifi",
            &[
                FormField::exact_line("ssid", 32),
                FormField::exact_line("passphrase", 64),
                FormField::line("country", 2),
                FormField::tick("hidden"),
            ],
        ),
        FormSection::folded(
            "names",
            &[
                FormField::line("time_zone", LINE_CHARS_MAX),
                FormField::line("host_name", 63),
                FormField::line("label_host", LINE_CHARS_MAX),
            ],
        ),
        FormSection::folded(
            "address_section",
            &[
                FormField::line("address", LINE_CHARS_MAX),
                FormField::line("gateway", LINE_CHARS_MAX),
                FormField::line("dns", LINE_CHARS_MAX),
            ],
        ),
        FormSection::folded(
            "way",
            &[
                FormField::line("proxy", LINE_CHARS_MAX),
                FormField::lines("ca", PEM_CHARS_MAX),
                FormField::line("ntp", LINE_CHARS_MAX),
            ],
        ),
    ],
};

/// The field of each key of a claim file that the form asks for.
static FIELD_KEYS: [(&str, &str); 14] = [
    ("wifi.ssid", "ssid"),
    ("wifi.passphrase", "passphrase"),
    ("wifi.psk", "passphrase"),
    ("wifi.country", "country"),
    ("wifi.hidden", "hidden"),
    ("time_zone", "time_zone"),
    ("hostname", "host_name"),
    ("label_host", "label_host"),
    ("network.address", "address"),
    ("network.gateway", "gateway"),
    ("network.dns", "dns"),
    ("network.proxy", "proxy"),
    ("network.ca", "ca"),
    ("network.ntp", "ntp"),
];

#[derive(Template)]
#[template(path = "fleet/add_box.html")]
struct AddBoxPage {
    shell: PageLayout,
    w: BoxesWords,
    f: FleetWords,
    /// How the claim file comes onto the box.
    copy_how: SafeHtml,
    may_make_facility: bool,
    title: String,
    lead: String,
    action: String,
    /// Whether it counts the facilities whose box has come.
    counts_boxes: bool,
    errors: Vec<FieldError>,
    form_again: String,
    has_facility: bool,
    sections: Vec<FilledSection>,
    /// Whether whoever looks may make a claim file.
    may_make: bool,
    csrf: String,
    here: usize,
    expected: usize,
}

/// For which facilities claim files can be made, and whose place the new box takes.
struct ClaimChoices<'a> {
    sites: &'a [FacilityName],
    replaces: Option<ReplacedBox>,
}

impl<'a> ClaimChoices<'a> {
    fn further(sites: &'a [FacilityName]) -> Self {
        Self { sites, replaces: None }
    }
}

struct ReplacedBox {
    box_id: BoxId,
    title: String,
}

/// What the address carries.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct AddBoxParams {
    /// The one that is chosen first.
    facility: Option<String>,
}

#[derive(Debug)]
pub(crate) struct ClaimToml;

impl MediaType for ClaimToml {
    const NAME: &'static str = "application/toml";
}

pub(crate) async fn show(
    visitor: MemberCaller<AddBoxes>,
    State(web): State<WebContext>,
    LenientQuery(requested): LenientQuery<AddBoxParams>,
) -> Result<Page, HttpError> {
    let mut conn = web.db.read(visitor.reads).await?;
    let sites = list_names(&mut conn).await?;
    drop(conn);
    let chosen = requested.facility.unwrap_or_default();
    let values = FormValues::empty(&CLAIM).with("facility", chosen);
    draw_form(&visitor, &web, &ClaimChoices::further(&sites), values, Vec::new()).await
}

pub(crate) async fn show_replace(
    visitor: MemberCaller<ManageBoxes>,
    State(web): State<WebContext>,
    Path(box_id): Path<BoxId>,
) -> Result<Page, HttpError> {
    let (sites, replaced) = find_replaced(&visitor, &web, box_id).await?;
    let choices = ClaimChoices { sites: &sites, replaces: Some(replaced) };
    draw_form(&visitor, &web, &choices, FormValues::empty(&CLAIM), Vec::new()).await
}

/// A box that whoever asks sees, in service, and the one facility to which another one can come.
async fn find_replaced(
    visitor: &AccountUser,
    web: &WebContext,
    box_id: BoxId,
) -> Result<(Vec<FacilityName>, ReplacedBox), HttpError> {
    let mut conn = web.db.read(visitor.reads).await?;
    let row = find_box(&mut conn, &box_id.to_string()).await?.filter(|row| row.revoked_ms.is_none());
    let row = row.ok_or_else(not_found)?;
    let facility: FacilityId = row.facility.parse().map_err(|_| not_found())?;
    let site = find_name(&mut conn, facility).await?.ok_or_else(not_found)?;
    Ok((vec![site], ReplacedBox { box_id, title: box_title(&row, open_words()) }))
}

/// The page of an account whose boxes have not told anything yet.
pub(crate) async fn first_box(
    visitor: &AccountUser,
    web: &WebContext,
    sites: &[FacilityName],
) -> Result<Page, HttpError> {
    draw_form(visitor, web, &ClaimChoices::further(sites), FormValues::empty(&CLAIM), Vec::new()).await
}

async fn draw_form(
    visitor: &AccountUser,
    web: &WebContext,
    choices: &ClaimChoices<'_>,
    values: FormValues,
    errors: Vec<FieldError>,
) -> Result<Page, HttpError> {
    let mut conn = web.db.read(visitor.reads).await?;
    let live = web.live_page(&mut conn, LiveTopic::account(&[FacilityPart::Box])).await?;
    let sites = choices.sites;
    let here = sites
        .iter()
        .filter(|s| !matches!(BoxState::read(&s.box_state), BoxState::None | BoxState::Waiting))
        .count();
    let is_first = sites.iter().all(|s| BoxState::read(&s.box_state) == BoxState::None);
    let is_only = choices.replaces.is_some();
    let without = sites.iter().find(|s| is_only || BoxState::read(&s.box_state) == BoxState::None);
    let without = without.map(|s| s.facility.clone()).unwrap_or_default();
    let values = if values.text("facility").is_empty() { values.with("facility", without) } else { values };
    let (w, f, form): (BoxesWords, FleetWords, FormWords) = (open_words(), open_words(), open_words());
    let options = sites.iter().map(|site| FormOption::entered(site.facility.clone(), site.name.clone()));
    let picks = vec![("facility", options.collect())];
    let painter = FormPainter { picks, ..FormPainter::new(&CLAIM, form.catalog()) };
    let (title, lead, section) = match &choices.replaces {
        Some(replaced) => {
            let facility = sites.first().map(|site| site.name.clone()).unwrap_or_default();
            (f.fleet_replacing(), f.fleet_replacing_lead(facility, &replaced.title), NavSection::Boxes)
        }
        None if is_first => (w.add_box_title_first(), w.add_box_lead_first(), NavSection::Facilities),
        None => (w.add_box_title(), w.add_box_lead(), NavSection::Boxes),
    };
    let replaced = choices.replaces.as_ref();
    let action = replaced.map_or_else(|| PATH.to_owned(), |old| format!("/app/boxes/{}/replace", old.box_id));
    let view = AddBoxPage {
        shell: PageLayout::signed_in(&title, section, visitor)
            .live(live, true)
            .with_problem(!errors.is_empty()),
        w,
        f,
        copy_how: fill_slots(w.add_box_copy_how(S0), [command_html(CLAIM_COMMAND)]),
        may_make_facility: visitor.role.holds(Permission::ManageFacilities),
        title,
        lead,
        action,
        counts_boxes: !is_only,
        has_facility: !sites.is_empty(),
        sections: painter.draw(&values, &errors)?,
        errors,
        form_again: form.form_again(),
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

fn read_wishes(values: &FormValues) -> ClaimWishes {
    FIELD_KEYS.iter().fold(ClaimWishes::default(), |wishes, (key, field)| match *field {
        "passphrase" => wishes.with_wifi_key(values.text(field)),
        _ => wishes.with_text(key, values.text(field)),
    })
}

/// All that is wrong with the form, each field once, in its order.
fn find_mistakes(values: &FormValues, w: FormWords) -> Vec<FieldError> {
    let mut errors = values.errors(w.catalog());
    let certificates = ClaimWishes::default().with_text("network.ca", values.text("ca"));
    for wishes in [read_wishes(&cut_lines(values)), certificates] {
        if let Err(error) = wishes.read_claim() {
            errors.extend(error.mistakes().iter().filter_map(|mistake| word_mistake(mistake, w)));
        }
    }
    // What a box with a relay needs shows in the whole file alone, which is not made while anything is wrong.
    let [has_address, has_dns, has_proxy] =
        ["address", "dns", "proxy"].map(|field| !values.text(field).is_empty());
    if has_address && !has_dns && !has_proxy {
        let words = word_reason(w, "dns", &MistakeReason::DnsMissing);
        errors.push(FieldError { at: "dns".to_owned(), words });
    }
    errors.sort_by_key(|error| CLAIM.fields().position(|field| field.name == error.at));
    errors.dedup_by(|later, first| later.at == first.at);
    errors
}

/// All but the certificates, each line cut where no field takes more: nothing too long keeps the rest from being read.
fn cut_lines(values: &FormValues) -> FormValues {
    let lines = values.iter().filter(|(field, _)| field.name != "ca");
    lines.fold(FormValues::empty(&CLAIM), |cut, (field, value)| {
        cut.with(field.name, value.chars().take(LINE_CHARS_MAX).collect::<String>())
    })
}

/// Each mistake beside its field; `None` where one is of what the relay itself says.
fn word_mistakes(error: &ClaimFileError, w: FormWords) -> Option<Vec<FieldError>> {
    error.mistakes().iter().map(|mistake| word_mistake(mistake, w)).collect()
}

fn word_mistake(mistake: &ClaimMistake, w: FormWords) -> Option<FieldError> {
    let field = match (mistake.key.as_deref(), &mistake.reason) {
        // Nothing else that the form takes is so long.
        (None, MistakeReason::TooLong { .. }) => "ca",
        (key, _) => FIELD_KEYS.iter().find(|(known, _)| Some(*known) == key).map(|(_, field)| *field)?,
    };
    Some(FieldError { at: field.to_owned(), words: word_reason(w, field, &mistake.reason) })
}

fn word_reason(w: FormWords, field: &str, reason: &MistakeReason) -> String {
    let label = CLAIM.label(field, w.catalog());
    let key = format!("form-claim-mistake-{}", reason.code());
    let most = match reason {
        MistakeReason::ListLength { most } => most.to_string(),
        MistakeReason::TooLong { bytes } => bytes.to_string(),
        _ => String::new(),
    };
    if w.catalog().has_message(&key) {
        w.catalog().format(&key, &[("field", label.into()), ("max", most.into())])
    } else {
        format!("{label} {reason}")
    }
}

type ClaimReply = OneOf<FileDownload<ClaimToml>, FormReply>;

pub(crate) async fn create_claim_file(
    visitor: MemberCaller<AddBoxes>,
    State(web): State<WebContext>,
    form: CertificateForm,
) -> Result<ClaimReply, HttpError> {
    require_own_form(&visitor, &form)?;
    let mut conn = web.db.read(visitor.reads).await?;
    let sites = list_names(&mut conn).await?;
    let refused = web.refuse_adding(&mut conn, AddingAct::Box).await?;
    drop(conn);
    let (choices, values) = (ClaimChoices::further(&sites), FormValues::read(&CLAIM, &form.fields));
    if let Some(words) = refused {
        let errors = vec![FieldError { at: "facility".to_owned(), words }];
        return ask_again(&visitor, &web, &choices, values, errors).await;
    }
    make_file(&visitor, &web, &choices, values).await
}

pub(crate) async fn create_replacement(
    visitor: MemberCaller<ManageBoxes>,
    State(web): State<WebContext>,
    Path(box_id): Path<BoxId>,
    form: ConfirmedForm<CertificateFormRules>,
) -> Result<ClaimReply, HttpError> {
    require_own_form(&visitor, &form)?;
    let (sites, replaced) = find_replaced(&visitor, &web, box_id).await?;
    let choices = ClaimChoices { sites: &sites, replaces: Some(replaced) };
    let facility = sites.first().map(|site| site.facility.clone()).unwrap_or_default();
    let values = FormValues::read(&CLAIM, &form.fields).with("facility", facility);
    make_file(&visitor, &web, &choices, values).await
}

async fn make_file(
    visitor: &AccountUser,
    web: &WebContext,
    choices: &ClaimChoices<'_>,
    values: FormValues,
) -> Result<ClaimReply, HttpError> {
    let facility: Option<FacilityId> = values.text("facility").parse().ok();
    let facility = facility.ok_or_else(not_found)?;
    let id = facility.to_string();
    let site = choices.sites.iter().find(|s| s.facility == id).ok_or_else(not_found)?;
    let w: FormWords = open_words();
    let errors = find_mistakes(&values, w);
    if !errors.is_empty() {
        return ask_again(visitor, web, choices, values, errors).await;
    }
    let place = ClaimPlace { facility, replaces: choices.replaces.as_ref().map(|old| old.box_id) };
    let (wishes, by) = (read_wishes(&values), &visitor.email);
    let file = match crate::fleet::claim_file(&web.fleet, visitor.scope, place, wishes, by).await {
        Ok(file) => file,
        Err(FleetError::ClaimFile(error)) => match word_mistakes(&error, w) {
            Some(errors) => return ask_again(visitor, web, choices, values, errors).await,
            None => return Err(internal_error(error)),
        },
        Err(FleetError::NoFacility | FleetError::NoBox(_)) => return Err(not_found()),
        Err(error) => return Err(internal_error(error)),
    };
    let day = LocalTime::new(web.now_ms(), &site.zone).today();
    FileDownload::new(&format!("cleantrack-claim-{day}.toml"), file.into_bytes()).map(OneOf::First)
}

async fn ask_again(
    visitor: &AccountUser,
    web: &WebContext,
    choices: &ClaimChoices<'_>,
    values: FormValues,
    errors: Vec<FieldError>,
) -> Result<ClaimReply, HttpError> {
    let page = draw_form(visitor, web, choices, values, errors).await?;
    Ok(OneOf::Second(FormReply::Again(FormRecall::Invalid, page)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mistake_that_the_form_can_hold_has_words() {
        use MistakeReason as R;
        let w: FormWords = open_words();
        let reasons = [
            R::TooLong { bytes: 3 },
            R::MissingKey,
            R::ListLength { most: 3 },
            R::LabelHost,
            R::LabelHostLocal,
            R::LabelHostPublic,
            R::HostName,
            R::Brackets,
            R::PortNumber,
            R::Certificates,
            R::TimeZone,
            R::HostLabel,
            R::NetworkName,
            R::Passphrase,
            R::Country,
            R::AddressPrefix,
            R::AddressUnusable,
            R::AddressNeeded,
            R::GatewayAlone,
            R::GatewayOutside,
            R::DnsMissing,
            R::ProxyAddress,
            R::ProxyScheme,
            R::TimeServer,
        ];
        for reason in reasons {
            assert!(w.catalog().has_message(&format!("form-claim-mistake-{}", reason.code())), "{reason:?}");
        }
        assert_eq!(
            word_reason(w, "dns", &R::ListLength { most: 3 }),
            "Name servers must hold 1 to 3 values",
            "by its field's name"
        );
    }
}
