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
use crate::accounts::{AccountUser, visible_name};
use crate::db::accounts::save_brand as store_brand;
use crate::web::WebContext;
use crate::web::access::{ManageBrand, MemberCaller};
use crate::web::form::{RelayForm, require_own_form};
use crate::web::http_error::not_found;
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
    csrf: String,
}

/// `GET /app/brand`.
pub(crate) async fn show_form(visitor: MemberCaller<ManageBrand>) -> Result<Page, HttpError> {
    let accent = visitor.accent.clone().unwrap_or_default();
    draw_form(&visitor, visitor.account_name.clone(), accent, None)
}

fn draw_form(
    visitor: &AccountUser,
    name: String,
    accent: String,
    problem: Option<SignInProblem>,
) -> Result<Page, HttpError> {
    let w: BrandWords = open_words();
    let shell = PageLayout::signed_in(w.brand_title(), NavSection::None, visitor);
    let shell = shell.with_problem(problem.is_some());
    Page::draw(&BrandPage { shell, w, problem, name, accent, csrf: visitor.token.csrf() })
}

/// `POST /app/brand`.
pub(crate) async fn save_brand(
    visitor: MemberCaller<ManageBrand>,
    State(web): State<WebContext>,
    form: RelayForm,
) -> Result<FormReply, HttpError> {
    require_own_form(&visitor, &form)?;
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
    Ok(FormReply::Again(FormRecall::Invalid, draw_form(&visitor, name, accent, Some(problem))?))
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
