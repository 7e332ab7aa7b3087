//! How an account looks: its name and the colour of the band, and the style sheet of that colour.

use ::web::answer::{FormRecall, FormReply, MediaBytes, Page, SeeOther, WithHeaders, media};
use ::web::argument::Path;
use ::web::error::HttpError;
use ::web::route::AnyCaller;
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use record::ids::AccountId;
use record::tree::Hash;

use crate::accounts::accent::{AccentColour, AccentRefusal};
use crate::accounts::logo::{LogoFault, draw_logo};
use crate::accounts::records::access_log::AccessRecord;
use crate::accounts::slug::{self, SlugError};
use crate::accounts::{AccountUser, visible_name};
use crate::db::account::accounts::save_brand as store_brand;
use crate::db::account::{account_logos, account_slugs};
use crate::db::{PlatformReason, ScopedConnection};
use crate::web::WebContext;
use crate::web::access::{ManageBrand, MemberCaller};
use crate::web::form::{RelayForm, require_own_form};
use crate::web::http_error::{not_found, read_only};
use crate::web::layout::{NavSection, PageLayout, logo_path};
use crate::web::pages::forms::picture_form::{PICTURE, PictureForm};
use crate::web::pages::forms::single_form::SignInProblem;
use crate::web::words::{BrandWords, LocaleWords, MailsWords, open_words};

/// A colour's sheet never changes.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
const FIELD_CHARS_MAX: usize = 120;
/// Characters of a picture's hash by which the access log names it.
const LOGO_CHARS: usize = 16;

#[derive(Template)]
#[template(path = "administration/brand.html")]
struct BrandPage {
    shell: PageLayout,
    w: BrandWords,
    locale: LocaleWords,
    mails: MailsWords,
    problem: Option<SignInProblem>,
    name: String,
    accent: String,
    /// The account's short name, for its owner, and the address that it makes.
    slug: Option<String>,
    slug_url: String,
    logo: Option<String>,
    csrf: String,
}

pub(crate) async fn show_form(
    visitor: MemberCaller<ManageBrand>,
    State(web): State<WebContext>,
) -> Result<Page, HttpError> {
    draw_form(&visitor, &web, BrandFilled::of(&visitor), None).await
}

#[derive(Default)]
struct BrandFilled {
    name: String,
    accent: String,
    /// `None`: as it is.
    slug: Option<String>,
}

impl BrandFilled {
    fn of(visitor: &AccountUser) -> Self {
        let accent = visitor.accent.clone().unwrap_or_default();
        Self { name: visitor.account_name.clone(), accent, slug: None }
    }
}

async fn draw_form(
    visitor: &AccountUser,
    web: &WebContext,
    filled: BrandFilled,
    problem: Option<SignInProblem>,
) -> Result<Page, HttpError> {
    let w: BrandWords = open_words();
    let shell = PageLayout::signed_in(w.brand_title(), NavSection::None, visitor);
    let shell = shell.with_problem(problem.is_some());
    let mut conn = web.db.read(visitor.scope).await?;
    let own = account_slugs::list_own(&mut conn).await?;
    let present = own.into_iter().find(|row| row.until_ms.is_none()).map(|row| row.slug).unwrap_or_default();
    Page::draw(&BrandPage {
        shell,
        w,
        locale: open_words(),
        mails: open_words(),
        problem,
        name: filled.name,
        accent: filled.accent,
        slug_url: format!("{}{}{present}", web.settings.public_url, slug::PATH),
        logo: visitor.logo.map(|logo| logo_path(visitor.scope.account(), logo)),
        slug: visitor.is_owner.then(|| filled.slug.unwrap_or(present)),
        csrf: visitor.token.csrf(),
    })
}

pub(crate) async fn save_logo(
    visitor: MemberCaller<ManageBrand>,
    State(web): State<WebContext>,
    form: PictureForm,
) -> Result<FormReply, HttpError> {
    let (fields, upload) = form.take_own(&visitor)?;
    if fields.text("act") == "remove" {
        return remove_logo(&visitor, &web).await;
    }
    let w: BrandWords = open_words();
    let words = match draw_logo(upload).await {
        Ok(picture) => {
            let logo = Hash::of(&picture);
            let mut tx = web.db.write(visitor.scope).await?;
            account_logos::save_logo(&mut tx, logo, picture).await?;
            note_logo(&visitor, &web, tx, &logo.to_string()[..LOGO_CHARS]).await?;
            return SeeOther::to("/app/brand").map(FormReply::Done);
        }
        Err(LogoFault::Missing) => w.brand_logo_missing(),
        Err(LogoFault::TooLarge) => w.brand_logo_large(),
        Err(LogoFault::Unreadable) => w.brand_logo_bad(),
    };
    let problem = SignInProblem { field: PICTURE, words };
    let page = draw_form(&visitor, &web, BrandFilled::of(&visitor), Some(problem)).await?;
    Ok(FormReply::Again(FormRecall::Invalid, page))
}

async fn note_logo(
    visitor: &AccountUser,
    web: &WebContext,
    mut tx: ScopedConnection,
    about: &str,
) -> Result<(), HttpError> {
    let record = AccessRecord { who: &visitor.email, act: "account logo", about, facility: None };
    web.log().write_act(&mut tx, record).await?;
    Ok(tx.commit().await?)
}

async fn remove_logo(visitor: &AccountUser, web: &WebContext) -> Result<FormReply, HttpError> {
    let mut tx = web.db.write(visitor.scope).await?;
    if account_logos::delete_logo(&mut tx).await? {
        note_logo(visitor, web, tx, "").await?;
    }
    SeeOther::to("/app/brand").map(FormReply::Done)
}

/// `GET /logo/{organisation}/{logo}`: the account's present picture, for whoever knows its hash.
pub(crate) async fn show_logo(
    _: AnyCaller,
    State(web): State<WebContext>,
    Path((account, picture)): Path<(String, String)>,
) -> Result<WithHeaders<MediaBytes<media::Png>>, HttpError> {
    let account: AccountId = account.parse().map_err(|_| not_found())?;
    let logo = picture.strip_suffix(".png").and_then(|logo| logo.parse::<Hash>().ok());
    let logo = logo.ok_or_else(not_found)?;
    let mut conn = web.db.platform_read(PlatformReason::SignIn).await?;
    let picture = account_logos::platform_find(&mut conn, account, logo).await?.ok_or_else(not_found)?;
    let cache = [(header::CACHE_CONTROL, HeaderValue::from_static(FOR_EVER))].into_iter().collect();
    Ok(WithHeaders(cache, MediaBytes::new(picture)))
}

async fn save_slug(
    visitor: &AccountUser,
    web: &WebContext,
    form: &RelayForm,
) -> Result<FormReply, HttpError> {
    if !visitor.is_owner {
        return Err(read_only());
    }
    let w: BrandWords = open_words();
    let words = match slug::change_slug(&web.db, web.log(), visitor, form.fields.text("slug")).await {
        Ok(()) => return SeeOther::to("/app/brand").map(FormReply::Done),
        Err(SlugError::Form) => w.brand_slug_bad(),
        Err(SlugError::Taken) => w.brand_slug_taken(),
        Err(SlugError::TooOften) => w.brand_slug_often(),
        Err(SlugError::Db(error)) => return Err(error.into()),
    };
    let entered = form.fields.text("slug").chars().filter(|c| !c.is_control()).take(FIELD_CHARS_MAX);
    let filled = BrandFilled { slug: Some(entered.collect()), ..BrandFilled::of(visitor) };
    let page = draw_form(visitor, web, filled, Some(SignInProblem { field: "slug", words })).await?;
    Ok(FormReply::Again(FormRecall::Invalid, page))
}

pub(crate) async fn save_brand(
    visitor: MemberCaller<ManageBrand>,
    State(web): State<WebContext>,
    form: RelayForm,
) -> Result<FormReply, HttpError> {
    require_own_form(&visitor, &form)?;
    if form.fields.text("act") == "slug" {
        return save_slug(&visitor, &web, &form).await;
    }
    let w: BrandWords = open_words();
    let [name, accent]: [String; 2] = ["name", "accent"].map(|field| {
        form.fields.text(field).chars().filter(|c| !c.is_control()).take(FIELD_CHARS_MAX + 1).collect()
    });
    let colour = match accent.trim() {
        "" => Ok(None),
        text => text.parse::<AccentColour>().map(Some),
    };
    let problem = match (visible_name(&name), colour) {
        (Some(name), Ok(colour)) => {
            let colour = colour.map(|colour| colour.to_string());
            let mut tx = web.db.write(visitor.scope).await?;
            store_brand(&mut tx, &name, colour.as_deref()).await?;
            let record =
                AccessRecord { who: &visitor.email, act: "account brand", about: &name, facility: None };
            web.log().write_act(&mut tx, record).await?;
            tx.commit().await?;
            return SeeOther::to("/app/brand").map(FormReply::Done);
        }
        (None, _) => SignInProblem { field: "name", words: w.brand_name_bad() },
        (_, Err(AccentRefusal::Form)) => SignInProblem { field: "accent", words: w.brand_accent_bad() },
        (_, Err(AccentRefusal::Pale)) => SignInProblem { field: "accent", words: w.brand_accent_pale() },
    };
    let filled = BrandFilled { name, accent, slug: None };
    Ok(FormReply::Again(FormRecall::Invalid, draw_form(&visitor, &web, filled, Some(problem)).await?))
}

/// `GET /brand/{colour}`: of a colour on which white letters can be read; it says nothing of any account.
pub(crate) async fn show_sheet(
    _: AnyCaller,
    Path(colour): Path<String>,
) -> Result<WithHeaders<MediaBytes<media::Css>>, HttpError> {
    let colour = colour.strip_suffix(".css").and_then(|colour| colour.parse::<AccentColour>().ok());
    let colour = colour.ok_or_else(not_found)?;
    let cache = [(header::CACHE_CONTROL, HeaderValue::from_static(FOR_EVER))].into_iter().collect();
    let sheet = format!(":root{{--band:{colour};--on-band:#fff;--mint:#fff}}");
    Ok(WithHeaders(cache, MediaBytes::new(sheet)))
}
