//! As whom the organisations of somebody know them: on their own page, linked and removed.

use ::web::answer::{Page, SeeOther, WithHeaders};
use ::web::argument::Path;
use ::web::error::HttpError;
use axum::extract::State;
use record::tree::Hash;

use crate::accounts::AccountUser;
use crate::accounts::oidc::sign_in::FlowPurpose;
use crate::db::PlatformReason;
use crate::db::account::oidc_providers;
use crate::db::person::identities;
use crate::db::person::identities::{IdentityKey, IdentityRow};
use crate::web::WebContext;
use crate::web::access::{MemberCaller, SelfAccess};
use crate::web::form::require_own_form;
use crate::web::http_error::not_found;
use crate::web::pages::authentication::organisation::{begin_error, leave_page, provider_host};
use crate::web::pages::forms::confirm::ConfirmedForm;
use crate::web::pages::forms::single_form::SignInMethodPage;
use crate::web::view_models::formats::LocalTime;
use crate::web::words::{OidcWords, open_words};

/// A linked sign-in, as its person's page shows it.
pub(crate) struct IdentityView {
    pub(crate) host: String,
    pub(crate) about: String,
    pub(crate) href: String,
}

/// A provider of the account whose sign-in may be linked.
pub(crate) struct LinkChoice {
    pub(crate) provider: String,
    pub(crate) words: String,
}

pub(crate) struct AccountIdentities {
    pub(crate) linked: Vec<IdentityView>,
    pub(crate) choices: Vec<LinkChoice>,
    pub(crate) barred: Option<String>,
}

fn identity_mark(row: &IdentityRow) -> String {
    Hash::of(format!("{}\n{}", row.issuer, row.subject).as_bytes()).to_string()[..16].to_owned()
}

async fn list_own(web: &WebContext, visitor: &AccountUser) -> Result<Vec<IdentityRow>, HttpError> {
    let mut conn = web.db.platform_read(PlatformReason::SignIn).await?;
    Ok(identities::platform_list(&mut conn, visitor.person).await?)
}

pub(crate) async fn load_identities(
    web: &WebContext,
    visitor: &AccountUser,
    wall: &LocalTime,
) -> Result<AccountIdentities, HttpError> {
    let w: OidcWords = open_words();
    let own = list_own(web, visitor).await?;
    let mut conn = web.db.read(visitor.scope).await?;
    let providers = oidc_providers::list_providers(&mut conn).await?;
    let new = providers.into_iter().filter(|row| own.iter().all(|identity| identity.issuer != row.issuer));
    let choices = new
        .map(|row: oidc_providers::ProviderRow| LinkChoice {
            words: w.oidc_own_link(provider_host(&row.issuer)),
            provider: row.provider,
        })
        .collect();
    Ok(AccountIdentities {
        linked: own
            .iter()
            .map(|row: &IdentityRow| IdentityView {
                host: provider_host(&row.issuer),
                about: w.oidc_own_since(wall.day_of(row.linked_ms)),
                href: format!("/app/me/identities/{}", identity_mark(row)),
            })
            .collect(),
        choices,
        barred: visitor.is_barred.then(|| w.oidc_own_barred(&visitor.account_name)),
    })
}

/// `POST /app/me/identities`: the way to the provider whose sign-in is linked then.
pub(crate) async fn link_identity(
    visitor: MemberCaller<SelfAccess>,
    State(web): State<WebContext>,
    form: ConfirmedForm,
) -> Result<WithHeaders<Page>, HttpError> {
    require_own_form(&visitor, &form)?;
    let mut conn = web.db.read(visitor.scope).await?;
    let row = oidc_providers::find_provider(&mut conn, form.fields.text("provider")).await?;
    drop(conn);
    let row = row.ok_or_else(not_found)?;
    let purpose = FlowPurpose { linking: Some(visitor.person), ..FlowPurpose::default() };
    let begun = web.oidc_service().begin(&row, purpose).await.map_err(begin_error)?;
    let (w, host): (OidcWords, _) = (open_words(), provider_host(&row.issuer));
    let page = SignInMethodPage::new(w.oidc_go_title(&host), w.oidc_links_lead(&host)).signed_in(&visitor);
    leave_page(&begun, page, &host)
}

/// `POST /app/me/identities/{identity}`: a sign-in is theirs no more.
pub(crate) async fn unlink_identity(
    visitor: MemberCaller<SelfAccess>,
    State(web): State<WebContext>,
    Path(identity): Path<String>,
    form: ConfirmedForm,
) -> Result<SeeOther, HttpError> {
    require_own_form(&visitor, &form)?;
    let own = list_own(&web, &visitor).await?;
    let row = own.into_iter().find(|row| identity_mark(row) == identity).ok_or_else(not_found)?;
    let key = IdentityKey { issuer: row.issuer, subject: row.subject };
    if !web.oidc_service().unlink(&visitor, &key).await? {
        return Err(not_found());
    }
    SeeOther::to(if visitor.came_by.is_some() { "/login?done=here" } else { "/app/me" })
}
