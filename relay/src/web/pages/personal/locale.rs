//! In which language and time zone somebody reads pages and mails, and what whoever has chosen nothing in an account gets.

use ::web::answer::{FormRecall, FormReply, Page, SeeOther, WithHeaders};
use ::web::error::HttpError;
use ::web::referer::page_before;
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use record::compliance::zone_name;
use words::{Language, Locale};

use crate::accounts::AccountUser;
use crate::accounts::records::access_log::AccessRecord;
use crate::db::PlatformReason;
use crate::db::account::accounts;
use crate::db::person::people::{self, ReaderChoice};
use crate::web::WebContext;
use crate::web::access::{GuestCaller, ManageBrand, MemberCaller, SelfAccess};
use crate::web::form::{RelayForm, require_own_form};
use crate::web::http_error::parameter_error;
use crate::web::layout::{NavSection, PageLayout};
use crate::web::pages::forms::single_form::SignInProblem;
use crate::web::reader::keep_language;
use crate::web::words::{ErrorWords, LocaleWords, find_reader, open_words};

pub(crate) const LANGUAGE_PATH: &str = "/language";
const OWN_PATH: &str = "/app/me/locale";
const ACCOUNT_PATH: &str = "/app/locale";
/// More than any name of a zone has.
const ZONE_CHARS_MAX: usize = 60;

/// `POST /language`: the language at the foot of a page. Of somebody who is signed in it is theirs, in every browser and in mails.
pub(crate) async fn choose_language(
    guest: GuestCaller,
    State(web): State<WebContext>,
    headers: HeaderMap,
    form: RelayForm,
) -> Result<WithHeaders<SeeOther>, HttpError> {
    let language = Language::from_code(form.fields.text("language"))
        .ok_or_else(|| parameter_error("language", ErrorWords::parameter_language))?;
    if let Some(visitor) = guest.visitor() {
        let locale = find_reader().locale.in_language(language).tag().to_owned();
        let choice = ReaderChoice { locale: Some(locale), ..visitor.own_choice.clone() };
        save_own(&web, visitor, &choice).await?;
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let back = page_before(&headers, host, LANGUAGE_PATH).unwrap_or_else(|| "/".to_owned());
    let cookie = HeaderValue::from_str(&keep_language(language)).map_err(|e| HttpError::internal(&e))?;
    Ok(WithHeaders([(header::SET_COOKIE, cookie)].into_iter().collect(), SeeOther::to(&back)?))
}

async fn save_own(web: &WebContext, visitor: &AccountUser, choice: &ReaderChoice) -> Result<(), HttpError> {
    let mut tx = web.db.platform_write(PlatformReason::SignIn).await?;
    people::platform_save_choice(&mut tx, visitor.person, choice).await?;
    Ok(tx.commit().await?)
}

struct LocaleOption {
    tag: &'static str,
    name: String,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "personal/locale.html")]
struct LocalePage {
    shell: PageLayout,
    w: LocaleWords,
    problem: Option<SignInProblem>,
    title: String,
    lead: String,
    action: &'static str,
    none: String,
    locales: Vec<LocaleOption>,
    zone: String,
    csrf: String,
}

fn draw_form(
    visitor: &AccountUser,
    action: &'static str,
    choice: &ReaderChoice,
    problem: Option<SignInProblem>,
) -> Result<Page, HttpError> {
    let w: LocaleWords = open_words();
    let (title, lead, none) = match action {
        OWN_PATH => (w.locale_own(), w.locale_own_lead(), w.locale_none()),
        _ => (w.locale_account(), w.locale_account_lead(), w.locale_none_account()),
    };
    let section = if action == OWN_PATH { NavSection::Me } else { NavSection::None };
    let offered = Locale::ALL.into_iter().filter(|locale| *locale != Locale::Pseudo);
    let locales = offered.map(|locale| LocaleOption {
        tag: locale.tag(),
        name: w.locale_name(locale.tag()),
        is_chosen: choice.locale.as_deref() == Some(locale.tag()),
    });
    Page::draw(&LocalePage {
        shell: PageLayout::signed_in(&title, section, visitor).with_problem(problem.is_some()),
        w,
        problem,
        title,
        lead,
        action,
        none,
        locales: locales.collect(),
        zone: choice.zone.clone().unwrap_or_default(),
        csrf: visitor.token.csrf(),
    })
}

/// What the form says; where its zone is none, with that as it was entered.
fn read_choice(form: &RelayForm) -> Result<ReaderChoice, ReaderChoice> {
    let locale = Locale::from_tag(form.fields.text("locale")).filter(|locale| *locale != Locale::Pseudo);
    let locale = locale.map(|locale| locale.tag().to_owned());
    let entered = form.fields.text("zone").trim();
    match zone_name(entered) {
        Some(zone) => Ok(ReaderChoice { locale, zone: Some(zone) }),
        None if entered.is_empty() => Ok(ReaderChoice { locale, zone: None }),
        None => {
            let entered = entered.chars().filter(|c| !c.is_control()).take(ZONE_CHARS_MAX).collect();
            Err(ReaderChoice { locale, zone: Some(entered) })
        }
    }
}

fn refuse_zone(
    visitor: &AccountUser,
    action: &'static str,
    entered: &ReaderChoice,
) -> Result<FormReply, HttpError> {
    let words = open_words::<LocaleWords>().locale_zone_unknown();
    let page = draw_form(visitor, action, entered, Some(SignInProblem { field: "zone", words }))?;
    Ok(FormReply::Again(FormRecall::Invalid, page))
}

pub(crate) async fn show_own(visitor: MemberCaller<SelfAccess>) -> Result<Page, HttpError> {
    draw_form(&visitor, OWN_PATH, &visitor.own_choice, None)
}

pub(crate) async fn change_own(
    visitor: MemberCaller<SelfAccess>,
    State(web): State<WebContext>,
    form: RelayForm,
) -> Result<FormReply, HttpError> {
    require_own_form(&visitor, &form)?;
    match read_choice(&form) {
        Ok(choice) => save_own(&web, &visitor, &choice).await?,
        Err(entered) => return refuse_zone(&visitor, OWN_PATH, &entered),
    }
    SeeOther::to("/app/me").map(FormReply::Done)
}

pub(crate) async fn show_account(visitor: MemberCaller<ManageBrand>) -> Result<Page, HttpError> {
    draw_form(&visitor, ACCOUNT_PATH, &visitor.account_choice, None)
}

pub(crate) async fn change_account(
    visitor: MemberCaller<ManageBrand>,
    State(web): State<WebContext>,
    form: RelayForm,
) -> Result<FormReply, HttpError> {
    require_own_form(&visitor, &form)?;
    let choice = match read_choice(&form) {
        Ok(choice) => choice,
        Err(entered) => return refuse_zone(&visitor, ACCOUNT_PATH, &entered),
    };
    let mut tx = web.db.write(visitor.scope).await?;
    accounts::save_choice(&mut tx, &choice).await?;
    let about = [choice.locale.unwrap_or_default(), choice.zone.unwrap_or_default()].join(" ");
    let record =
        AccessRecord { who: &visitor.email, act: "account locale", about: about.trim(), facility: None };
    web.log().write_act(&mut tx, record).await?;
    tx.commit().await?;
    SeeOther::to("/app/brand").map(FormReply::Done)
}
