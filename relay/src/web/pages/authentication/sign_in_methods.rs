//! Ways in beside the password: an invitation, a link by mail, a new password, a new account. One page each, with one thing to do.

use ::web::answer::{FormRecall, FormReply, OneOf, Page, SeeOther, WithHeaders};
use ::web::argument::Path;
use ::web::error::HttpError;
use ::web::route::AnyCaller;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use service::attempts::OriginKind;

use crate::accounts::authentication::recovery::{LinkKind, PendingAccount, RecoveryError, RecoveryService};
use crate::accounts::authentication::sign_in::{SignInError, SignedIn};
use crate::accounts::credentials::mail_link::LinkSecret;
use crate::accounts::credentials::password::PasswordError;
use crate::accounts::credentials::password_rules::WeakPassword;
use crate::accounts::members::invitation::{
    InvitationError, InvitationService, PATH, find_invitation, left_grant,
};
use crate::accounts::members::people::PeopleError;
use crate::accounts::{email_address, visible_name};
use crate::billing::plans::TRIAL;
use crate::db::PlatformReason;
use crate::db::account::oidc_providers;
use crate::db::facility::facilities::all_places;
use crate::db::person::invitations::InvitationRow;
use crate::web::WebContext;
use crate::web::access::{ClientAddress, GuestCaller};
use crate::web::form::{RelayForm, require_own_form};
use crate::web::http_error::{busy_error, internal_error, not_found, nothing_changes};
use crate::web::next_page::HOME;
use crate::web::pages::authentication::second_step::step_reply;
use crate::web::pages::authentication::sign_in::PASSWORD_COMMAND;
use crate::web::pages::forms::browser::{cookie_headers, sign_in_origin};
use crate::web::pages::forms::single_form::{SignInField, SignInMethodPage, wait_until};
use crate::web::view_models::formats::role_name;
use crate::web::words::{OidcWords, SignInWords, open_words};

type FieldProblem = (&'static str, String);

fn email_field(w: SignInWords) -> SignInField {
    SignInField {
        name: "email",
        label: w.ways_email(),
        kind: "email",
        autocomplete: "username",
        ..SignInField::default()
    }
}

fn name_field(w: SignInWords) -> SignInField {
    SignInField {
        name: "name",
        label: w.ways_name(),
        kind: "text",
        autocomplete: "name",
        ..SignInField::default()
    }
}

fn password_field(w: SignInWords) -> SignInField {
    SignInField {
        name: "password",
        label: w.ways_password(),
        hint: w.ways_password_hint(),
        kind: "password",
        autocomplete: "new-password",
        ..SignInField::default()
    }
}

/// A new password's hash, or what is wrong with it. `own_words` are what others would try first. However many ask at once, few hashes
/// are made at a time.
pub(crate) async fn hash_new(
    web: &WebContext,
    password: &str,
    own_words: &[&str],
) -> Result<Result<String, FieldProblem>, HttpError> {
    let w: SignInWords = open_words();
    if let Err(weak) = web.rules.judge(password, own_words) {
        let words = match weak {
            WeakPassword::TooShort => w.ways_short(),
            WeakPassword::TooLong => w.ways_long(),
            WeakPassword::Guessable => w.ways_guessable(),
            WeakPassword::Leaked => w.ways_leaked(),
        };
        return Ok(Err(("password", words)));
    }
    let turn = web.checker.turn(OriginKind::UnknownDevice).await;
    let hash = match turn {
        Ok(turn) => turn.hash(password.to_owned()).await,
        Err(error) => Err(error),
    };
    match hash {
        Ok(hash) => Ok(Ok(hash)),
        Err(PasswordError::Busy) => Err(busy_error()),
        Err(error) => Err(internal_error(error)),
    }
}

fn ask_again(
    page: SignInMethodPage,
    form: &RelayForm,
    problem: FieldProblem,
) -> Result<FormReply, HttpError> {
    let page = page.filled(form).with_problem(problem.0, problem.1).draw()?;
    Ok(FormReply::Again(FormRecall::Invalid, page))
}

/// The page that a link of a mail leads to once it is over.
fn over_page() -> Result<Page, HttpError> {
    let w: SignInWords = open_words();
    let page = SignInMethodPage::new(w.ways_over_title(), w.ways_over());
    page.link("/forgot", w.sign_in_forgot_mail()).link("/login", w.ways_back()).draw()
}

fn wrap_reply(reply: FormReply) -> WithHeaders<FormReply> {
    WithHeaders(HeaderMap::new(), reply)
}

fn over_reply() -> Result<FormReply, HttpError> {
    Ok(FormReply::Again(FormRecall::Invalid, over_page()?))
}

fn read_secret(text: &str) -> Result<LinkSecret, HttpError> {
    LinkSecret::read(text).ok_or_else(not_found)
}

fn signed_in_reply(signed_in: &SignedIn, to: &str) -> Result<WithHeaders<FormReply>, HttpError> {
    let cookies = cookie_headers([signed_in.token.set_cookie(), signed_in.device.set_cookie()])?;
    Ok(WithHeaders(cookies, FormReply::Done(SeeOther::to(to)?)))
}

impl WebContext {
    pub(crate) fn recovery(&self) -> RecoveryService<'_> {
        RecoveryService {
            auth: self.auth_service(),
            limits: &self.mail_limits,
            trial: self.billing.as_ref().and_then(|line| line.rules.find_plan(TRIAL)),
        }
    }

    pub(crate) fn invitations(&self) -> InvitationService<'_> {
        InvitationService { log: self.log(), mail: &self.mail, public_url: &self.settings.public_url }
    }
}

/// What a refusal says, where it is not a fault of ours.
fn refusal_reply(
    web: &WebContext,
    page: SignInMethodPage,
    form: &RelayForm,
    error: RecoveryError,
) -> Result<FormReply, HttpError> {
    let w: SignInWords = open_words();
    match error {
        RecoveryError::Wait { until_ms } => {
            let (recall, time) = wait_until(web.now_ms(), until_ms);
            let words = w.ways_wait(time);
            let page = page.filled(form).with_problem("email", words).draw()?;
            Ok(FormReply::Again(recall, page))
        }
        RecoveryError::Db(error) | RecoveryError::SignIn(SignInError::Db(error)) => Err(error.into()),
        RecoveryError::SignIn(SignInError::Busy) => Err(busy_error()),
        RecoveryError::Over | RecoveryError::Wrong | RecoveryError::SignIn(_) => over_reply(),
    }
}

fn forgot_page() -> SignInMethodPage {
    let w: SignInWords = open_words();
    SignInMethodPage::new(w.forgot_title(), w.forgot_lead())
        .form("/forgot", vec![email_field(w)], "link", w.forgot_link())
        .button("reset", w.forgot_reset())
        .link("/login", w.ways_back())
}

pub(crate) async fn show_forgot(_: AnyCaller, State(web): State<WebContext>) -> Result<Page, HttpError> {
    let w: SignInWords = open_words();
    if !web.mail.is_open() {
        let page = SignInMethodPage::new(w.forgot_title(), w.ways_no_mail(PASSWORD_COMMAND));
        return page.link("/login", w.ways_back()).draw();
    }
    forgot_page().draw()
}

/// `POST /forgot`: the answer is the same whether somebody has the address or not.
pub(crate) async fn request_link(
    _: AnyCaller,
    State(web): State<WebContext>,
    address: ClientAddress,
    form: RelayForm,
) -> Result<OneOf<Page, FormReply>, HttpError> {
    let w: SignInWords = open_words();
    let kind = if form.fields.text("act") == "reset" { LinkKind::Reset } else { LinkKind::SignIn };
    let Some(email) = email_address(form.fields.text("email")).filter(|_| web.mail.is_open()) else {
        return ask_again(forgot_page(), &form, ("email", w.ways_bad_email())).map(OneOf::Second);
    };
    match web.recovery().request(kind, &email, address.ip()).await {
        Ok(()) => sent_page(&email).map(OneOf::First),
        Err(error) => refusal_reply(&web, forgot_page(), &form, error).map(OneOf::Second),
    }
}

fn sent_page(email: &str) -> Result<Page, HttpError> {
    let w: SignInWords = open_words();
    SignInMethodPage::new(w.ways_sent_title(), w.ways_sent(email)).link("/login", w.ways_back()).draw()
}

fn reset_page(secret: &str) -> SignInMethodPage {
    let w: SignInWords = open_words();
    let field =
        SignInField { label: w.ways_new_password(), hint: w.ways_new_password_hint(), ..password_field(w) };
    SignInMethodPage::new(w.reset_title(), w.reset_lead()).form(
        format!("/reset/{secret}"),
        vec![field],
        "set",
        w.reset_button(),
    )
}

pub(crate) async fn show_reset(
    _: AnyCaller,
    State(web): State<WebContext>,
    Path(secret): Path<String>,
) -> Result<Page, HttpError> {
    match web.recovery().find_link(LinkKind::Reset, &read_secret(&secret)?).await?.is_some() {
        true => reset_page(&secret).draw(),
        false => over_page(),
    }
}

pub(crate) async fn set_password(
    _: AnyCaller,
    State(web): State<WebContext>,
    Path(secret): Path<String>,
    form: RelayForm,
) -> Result<FormReply, HttpError> {
    let link = read_secret(&secret)?;
    // No work is done for a link that is none.
    let Some(own_words) = web.recovery().find_link(LinkKind::Reset, &link).await? else {
        return over_reply();
    };
    let own_words: Vec<&str> = own_words.iter().map(String::as_str).collect();
    let hash = match hash_new(&web, form.fields.text("password"), &own_words).await? {
        Ok(hash) => hash,
        Err(problem) => return ask_again(reset_page(&secret), &form, problem),
    };
    match web.recovery().reset(&link, &hash).await {
        Ok(()) => SeeOther::to("/login?done=reset").map(FormReply::Done),
        Err(error) => refusal_reply(&web, reset_page(&secret), &form, error),
    }
}

fn link_page(secret: &str) -> SignInMethodPage {
    let w: SignInWords = open_words();
    let page = SignInMethodPage::new(w.link_title(), w.link_lead());
    page.form(format!("/sign-in/{secret}"), Vec::new(), "in", w.link_button())
}

/// `GET /sign-in/{link}`: nothing is used up by looking, for programs look at links in mails.
pub(crate) async fn show_link(
    _: AnyCaller,
    State(web): State<WebContext>,
    Path(secret): Path<String>,
) -> Result<Page, HttpError> {
    match web.recovery().find_link(LinkKind::SignIn, &read_secret(&secret)?).await?.is_some() {
        true => link_page(&secret).draw(),
        false => over_page(),
    }
}

pub(crate) async fn use_link(
    _: AnyCaller,
    State(web): State<WebContext>,
    address: ClientAddress,
    headers: HeaderMap,
    Path(secret): Path<String>,
    form: RelayForm,
) -> Result<WithHeaders<FormReply>, HttpError> {
    let link = read_secret(&secret)?;
    match web.recovery().sign_in(&link, sign_in_origin(&headers, address)).await {
        Ok(step) => step_reply(&step, HOME),
        Err(error) => refusal_reply(&web, link_page(&secret), &form, error)
            .map(|reply| WithHeaders(HeaderMap::new(), reply)),
    }
}

fn sign_up_page() -> SignInMethodPage {
    let w: SignInWords = open_words();
    let organisation = SignInField {
        name: "organisation",
        label: w.ways_organisation(),
        hint: w.ways_organisation_hint(),
        kind: "text",
        autocomplete: "organization",
        ..SignInField::default()
    };
    let fields = vec![name_field(w), organisation, email_field(w)];
    SignInMethodPage::new(w.sign_up_title(), w.sign_up_lead())
        .form("/sign-up", fields, "make", w.sign_up_button())
        .link("/login", w.sign_up_have())
}

pub(crate) async fn show_sign_up(_: AnyCaller, State(web): State<WebContext>) -> Result<Page, HttpError> {
    if !web.takes_sign_ups().await? {
        return Err(not_found());
    }
    sign_up_page().draw()
}

/// `POST /sign-up`: the answer is the same whether somebody has the address or not.
pub(crate) async fn sign_up(
    _: AnyCaller,
    State(web): State<WebContext>,
    address: ClientAddress,
    form: RelayForm,
) -> Result<OneOf<Page, FormReply>, HttpError> {
    if !web.takes_sign_ups().await? {
        return Err(not_found());
    }
    let w: SignInWords = open_words();
    let Some(name) = visible_name(form.fields.text("name")) else {
        return ask_again(sign_up_page(), &form, ("name", w.ways_bad_name())).map(OneOf::Second);
    };
    let Some(organisation) = visible_name(form.fields.text("organisation")) else {
        let problem = ("organisation", w.ways_bad_organisation());
        return ask_again(sign_up_page(), &form, problem).map(OneOf::Second);
    };
    let Some(email) = email_address(form.fields.text("email")) else {
        return ask_again(sign_up_page(), &form, ("email", w.ways_bad_email())).map(OneOf::Second);
    };
    let new = PendingAccount { name, organisation, email };
    match web.recovery().sign_up(&new, address.ip()).await {
        Ok(()) => sent_page(&new.email).map(OneOf::First),
        Err(error) => refusal_reply(&web, sign_up_page(), &form, error).map(OneOf::Second),
    }
}

fn confirm_page(secret: &str) -> SignInMethodPage {
    let w: SignInWords = open_words();
    let page = SignInMethodPage::new(w.confirm_title(), w.confirm_lead());
    page.form(format!("/sign-up/{secret}"), vec![password_field(w)], "confirm", w.confirm_button())
}

pub(crate) async fn show_confirm(
    _: AnyCaller,
    State(web): State<WebContext>,
    Path(secret): Path<String>,
) -> Result<Page, HttpError> {
    match web.recovery().find_link(LinkKind::SignUp, &read_secret(&secret)?).await?.is_some() {
        true => confirm_page(&secret).draw(),
        false => over_page(),
    }
}

pub(crate) async fn confirm_account(
    _: AnyCaller,
    State(web): State<WebContext>,
    address: ClientAddress,
    headers: HeaderMap,
    Path(secret): Path<String>,
    form: RelayForm,
) -> Result<WithHeaders<FormReply>, HttpError> {
    let link = read_secret(&secret)?;
    // No work is done for a link that is none.
    let Some(own_words) = web.recovery().find_link(LinkKind::SignUp, &link).await? else {
        return over_reply().map(wrap_reply);
    };
    let own_words: Vec<&str> = own_words.iter().map(String::as_str).collect();
    let hash = match hash_new(&web, form.fields.text("password"), &own_words).await? {
        Ok(hash) => hash,
        Err(problem) => return ask_again(confirm_page(&secret), &form, problem).map(wrap_reply),
    };
    match web.recovery().confirm(&link, &hash, sign_in_origin(&headers, address)).await {
        Ok(signed_in) => signed_in_reply(&signed_in, HOME),
        Err(error) => refusal_reply(&web, confirm_page(&secret), &form, error).map(wrap_reply),
    }
}

enum JoinGuest {
    /// Nobody has the address yet.
    New,
    Known,
    SignedIn {
        csrf: String,
    },
    /// Somebody else has.
    Other,
}

async fn find_guest(
    web: &WebContext,
    guest: &GuestCaller,
    invitation: &InvitationRow,
) -> Result<JoinGuest, HttpError> {
    Ok(match guest.visitor() {
        // Whom a provider signed in is in its account, and comes into no other by it.
        Some(visitor) if visitor.email == invitation.email && visitor.came_by.is_some() => JoinGuest::Known,
        Some(visitor) if visitor.email == invitation.email => {
            JoinGuest::SignedIn { csrf: visitor.token.csrf() }
        }
        Some(_) => JoinGuest::Other,
        None if web.auth_service().is_known(&invitation.email).await? => JoinGuest::Known,
        None => JoinGuest::New,
    })
}

fn join_page(invitation: &InvitationRow, secret: &str, guest: &JoinGuest) -> SignInMethodPage {
    let w: SignInWords = open_words();
    let InvitationRow { account_name: account, made_by: by, email, .. } = invitation;
    let role = role_name(open_words(), invitation.role.parse().ok());
    let what = w.join_lead(account, by, role);
    let further = match guest {
        JoinGuest::New => w.join_new(email),
        JoinGuest::Known => w.join_sign_in(email),
        JoinGuest::SignedIn { .. } => w.join_known(account, email),
        JoinGuest::Other => w.join_other(email),
    };
    let page = SignInMethodPage::new(w.join_title(account), format!("{what} {further}"));
    let words = w.join_button(account);
    let action = format!("{PATH}{secret}");
    match guest {
        JoinGuest::New => page.form(action, vec![name_field(w), password_field(w)], "join", words),
        JoinGuest::SignedIn { csrf } => page.form(action, Vec::new(), "join", words).with_csrf(csrf),
        JoinGuest::Known | JoinGuest::Other => page.link("/login", w.sign_in_title()),
    }
}

fn gone_page(invitation: &InvitationRow) -> Result<Page, HttpError> {
    let w: SignInWords = open_words();
    let lead = w.join_gone(&invitation.account_name, &invitation.made_by);
    SignInMethodPage::new(w.join_gone_title(), lead).link("/login", w.ways_back()).draw()
}

pub(crate) async fn show_invitation(
    guest: GuestCaller,
    State(web): State<WebContext>,
    Path(secret): Path<String>,
) -> Result<Page, HttpError> {
    let found = find_invitation(&web.db, &read_secret(&secret)?, web.now_ms()).await?;
    let Some(invitation) = found else { return over_page() };
    let scope = invitation.scope()?;
    if web.changes_nothing(scope).await? {
        return Err(nothing_changes());
    }
    let known = all_places(&mut web.db.read(scope).await?).await?;
    if left_grant(&invitation, &known)?.is_of_nothing() {
        return gone_page(&invitation);
    }
    let guest = find_guest(&web, &guest, &invitation).await?;
    let page = join_page(&invitation, &secret, &guest);
    let account = scope.account();
    let mut conn = web.db.platform_read(PlatformReason::SignIn).await?;
    let providers = oidc_providers::platform_of_account(&mut conn, account).await?;
    drop(conn);
    if providers.is_empty() || matches!(guest, JoinGuest::SignedIn { .. }) {
        return page.draw();
    }
    let link = format!("/organisation/{account}?invitation={secret}");
    page.link(link, open_words::<OidcWords>().oidc_start()).draw()
}

pub(crate) async fn accept_invitation(
    guest: GuestCaller,
    State(web): State<WebContext>,
    address: ClientAddress,
    headers: HeaderMap,
    Path(secret): Path<String>,
    form: RelayForm,
) -> Result<WithHeaders<FormReply>, HttpError> {
    let link = read_secret(&secret)?;
    let Some(invitation) = find_invitation(&web.db, &link, web.now_ms()).await? else {
        return over_reply().map(wrap_reply);
    };
    let page = find_guest(&web, &guest, &invitation).await?;
    if let (JoinGuest::SignedIn { .. }, Some(visitor)) = (&page, guest.visitor()) {
        require_own_form(visitor, &form)?;
        return match web.invitations().accept(&web.db, &link, visitor).await {
            Ok(row) => {
                let token = web.auth_service().switch_account(visitor, row.scope()?.account()).await;
                let token = token.map_err(internal_error)?;
                let cookie = HeaderValue::from_str(&token.set_cookie()).map_err(internal_error)?;
                let cookies = [(header::SET_COOKIE, cookie)].into_iter().collect();
                Ok(WithHeaders(cookies, FormReply::Done(SeeOther::to(HOME)?)))
            }
            Err(error) => join_refusal(&invitation, error).map(wrap_reply),
        };
    }
    if !matches!(page, JoinGuest::New) {
        return Ok(wrap_reply(FormReply::Again(
            FormRecall::Invalid,
            join_page(&invitation, &secret, &page).draw()?,
        )));
    }
    let w: SignInWords = open_words();
    let Some(name) = visible_name(form.fields.text("name")) else {
        let problem = ("name", w.ways_bad_name());
        return ask_again(join_page(&invitation, &secret, &page), &form, problem).map(wrap_reply);
    };
    let password = form.fields.text("password").to_owned();
    let hash = match hash_new(&web, &password, &[&name, &invitation.email, &invitation.account_name]).await? {
        Ok(hash) => hash,
        Err(problem) => {
            return ask_again(join_page(&invitation, &secret, &page), &form, problem).map(wrap_reply);
        }
    };
    match web.invitations().accept_as_new(&web.db, &link, &name, &hash).await {
        Ok(row) => {
            let origin = sign_in_origin(&headers, address);
            let signed_in = web.auth_service().let_new_in(&row.email, row.scope()?, origin).await;
            signed_in_reply(&signed_in.map_err(internal_error)?, HOME)
        }
        Err(error) => join_refusal(&invitation, error).map(wrap_reply),
    }
}

fn join_refusal(invitation: &InvitationRow, error: InvitationError) -> Result<FormReply, HttpError> {
    match error {
        InvitationError::PlacesGone => Ok(FormReply::Again(FormRecall::Invalid, gone_page(invitation)?)),
        InvitationError::People(PeopleError::Db(error)) => Err(error.into()),
        InvitationError::Paused => Err(nothing_changes()),
        _ => over_reply(),
    }
}
