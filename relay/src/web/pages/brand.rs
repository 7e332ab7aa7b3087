//! How an account looks: its name and the colour of the band, and the style sheet of that colour.

use ::web::answer::{FormRecall, FormReply, MediaBytes, Page, SeeOther, WithHeaders, media};
use ::web::argument::Path;
use ::web::error::HttpError;
use ::web::route::AnyCaller;
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, header};

use crate::accounts::accent::{AccentColour, AccentRefusal};
use crate::accounts::access_log::AccessRecord;
use crate::accounts::slug::{self, SlugError};
use crate::accounts::{AccountUser, visible_name};
use crate::db::account_slugs;
use crate::db::accounts::save_brand as store_brand;
use crate::web::WebContext;
use crate::web::access::{ManageBrand, MemberCaller};
use crate::web::form::{RelayForm, require_own_form};
use crate::web::http_error::{not_found, read_only};
use crate::web::layout::{NavSection, PageLayout};
use crate::web::pages::way_page::SignInProblem;
use crate::web::words::{BrandWords, open_words};

/// A colour's sheet never changes.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// Characters of a field that come back.
const FIELD_CHARS_MAX: usize = 120;

#[derive(Template)]
#[template(path = "brand.html")]
struct BrandPage {
    shell: PageLayout,
    w: BrandWords,
    problem: Option<SignInProblem>,
    name: String,
    accent: String,
    /// The account's short name, for its owner, and the address that it makes.
    slug: Option<String>,
    slug_url: String,
    csrf: String,
}

/// `GET /app/brand`.
pub(crate) async fn show_form(
    visitor: MemberCaller<ManageBrand>,
    State(web): State<WebContext>,
) -> Result<Page, HttpError> {
    draw_form(&visitor, &web, BrandFilled::of(&visitor), None).await
}

/// What the fields have.
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
        problem,
        name: filled.name,
        accent: filled.accent,
        slug_url: format!("{}{}{present}", web.settings.public_url, slug::PATH),
        slug: visitor.is_owner.then(|| filled.slug.unwrap_or(present)),
        csrf: visitor.token.csrf(),
    })
}

/// Its owner gives the account another short name.
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

/// `POST /app/brand`.
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
    let filled = |field| -> String {
        form.fields.text(field).chars().filter(|c| !c.is_control()).take(FIELD_CHARS_MAX + 1).collect()
    };
    let (name, accent) = (filled("name"), filled("accent"));
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
