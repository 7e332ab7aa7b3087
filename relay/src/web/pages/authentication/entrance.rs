//! The page at which people of one account sign in, by its short name. Whoever tries one that is none sees the page on which everybody
//! signs in.

use ::web::answer::{OneOf, Page, SeeOther};
use ::web::argument::{LenientQuery, Path};
use ::web::error::HttpError;
use axum::extract::State;

use crate::accounts::slug;
use crate::db::PlatformReason;
use crate::db::account::account_slugs;
use crate::db::account::account_slugs::NamedAccount;
use crate::db::account::oidc_providers;
use crate::db::account::oidc_providers::ProviderRow;
use crate::web::WebContext;
use crate::web::access::GuestCaller;
use crate::web::http_error::encode_parameter;
use crate::web::layout::{PageBrand, logo_path};
use crate::web::next_page::page_after_sign_in;
use crate::web::pages::authentication::organisation::{OrganisationParams, provider_page};
use crate::web::pages::authentication::sign_in::sign_in_page;
use crate::web::words::{OidcWords, open_words};

pub(crate) async fn show_entrance(
    guest: GuestCaller,
    State(web): State<WebContext>,
    Path(entered): Path<String>,
    LenientQuery(requested): LenientQuery<OrganisationParams>,
) -> Result<OneOf<SeeOther, Page>, HttpError> {
    let next = page_after_sign_in(&requested.next);
    if guest.is_signed_in() {
        return SeeOther::to(&next).map(OneOf::First);
    }
    let Some(found) = find_account(&web, &entered).await? else {
        return Page::draw(&sign_in_page(&web, next).await?).map(OneOf::Second);
    };
    let NamedPage { account, rows } = found;
    if account.present != entered {
        let to = format!("{}{}?next={}", slug::PATH, account.present, encode_parameter(&next));
        return SeeOther::to(&to).map(OneOf::First);
    }
    let id = account.account()?;
    let logo = account.logo().map(|logo| logo_path(id, logo));
    let brand = PageBrand { name: account.name.clone(), accent: account.accent.clone(), logo };
    if rows.iter().any(|row| row.enforced) {
        return provider_page(&rows, &requested)?.branded(brand).draw().map(OneOf::Second);
    }
    let organisation = format!("/organisation/{id}?next={}", encode_parameter(&next));
    let organisation = (!rows.is_empty()).then_some(organisation);
    let heading = open_words::<OidcWords>().oidc_account_title(&account.name);
    let page = sign_in_page(&web, next).await?.of_account(heading, brand, organisation);
    Page::draw(&page).map(OneOf::Second)
}

struct NamedPage {
    account: NamedAccount,
    rows: Vec<ProviderRow>,
}

async fn find_account(web: &WebContext, entered: &str) -> Result<Option<NamedPage>, HttpError> {
    let Some(slug) = slug::read_slug(entered) else { return Ok(None) };
    let mut conn = web.db.platform_read(PlatformReason::SignIn).await?;
    let Some(account) = account_slugs::platform_find(&mut conn, &slug, web.now_ms()).await? else {
        return Ok(None);
    };
    let rows = oidc_providers::platform_of_account(&mut conn, account.account()?).await?;
    Ok(Some(NamedPage { account, rows }))
}
