//! Passkeys: signing in with one, and adding one to one's own.

use ::web::answer::{FormRecall, FormReply, OneOf, Page, SeeOther, WithHeaders};
use ::web::error::HttpError;
use ::web::route::AnyCaller;
use axum::extract::State;
use axum::http::HeaderMap;

use crate::accounts::authentication::passkeys::{BegunCeremony, CeremonySecret, PasskeyService};
use crate::accounts::credentials::second_step::StepSecret;
use crate::web::WebContext;
use crate::web::access::{ClientAddress, MemberCaller, SelfAccess};
use crate::web::form::{RelayForm, require_own_form};
use crate::web::http_error::not_found;
use crate::web::next_page::page_after_sign_in;
use crate::web::pages::forms::browser::{cookie_headers, find_in_cookies, sign_in_origin};
use crate::web::pages::forms::confirm::ConfirmedForm;
use crate::web::pages::forms::passkey_refusal::explain_refusal;
use crate::web::pages::forms::single_form::{PasskeyDialogue, SignInField, SignInMethodPage};
use crate::web::pages::personal::factors::codes_page;
use crate::web::words::{FactorWords, PasskeyWords, SignInWords, open_words};

const FIELD: &str = "passkey";
const SIGN_IN: &str = "/passkey/sign-in";

fn find_service(web: &WebContext) -> Result<PasskeyService<'_>, HttpError> {
    web.passkeys().ok_or_else(not_found)
}

fn sign_in_page(next: &str) -> SignInMethodPage {
    let (w, sign_in_words): (PasskeyWords, SignInWords) = (open_words(), open_words());
    SignInMethodPage::new(w.passkey_use_title(), w.passkey_use_lead())
        .carrying(vec![("next".to_owned(), next.to_owned())])
        .link("/login", sign_in_words.ways_back())
}

fn challenge_page(
    page: SignInMethodPage,
    begun: BegunCeremony,
    dialogue: PasskeyDialogue,
) -> Result<(HeaderMap, Page), HttpError> {
    let button = open_words::<PasskeyWords>().passkey_use();
    let page =
        page.passkey_form(SIGN_IN, Vec::new()).with_passkey(FIELD, dialogue, begun.options, button).draw()?;
    Ok((cookie_headers([begun.secret.set_cookie()])?, page))
}

/// `POST /passkey`: a challenge, and the page that puts it to the browser.
pub(crate) async fn begin_sign_in(
    _: AnyCaller,
    State(web): State<WebContext>,
    address: ClientAddress,
    headers: HeaderMap,
    form: RelayForm,
) -> Result<WithHeaders<OneOf<Page, FormReply>>, HttpError> {
    let page = sign_in_page(&page_after_sign_in(form.fields.text("next")));
    let begun = find_service(&web)?.begin_sign_in(&sign_in_origin(&headers, address)).await;
    match begun {
        Ok(begun) => {
            let (cookies, page) = challenge_page(page, begun, PasskeyDialogue::GetAtOnce)?;
            Ok(WithHeaders(cookies, OneOf::First(page)))
        }
        Err(error) => {
            let (recall, words) = explain_refusal(web.now_ms(), error.into(), String::new())?;
            let page = page.with_problem("main", words).draw()?;
            Ok(WithHeaders(HeaderMap::new(), OneOf::Second(FormReply::Again(recall, page))))
        }
    }
}

/// `POST /passkey/sign-in`: in, or the page once more with another challenge.
pub(crate) async fn sign_in(
    _: AnyCaller,
    State(web): State<WebContext>,
    address: ClientAddress,
    headers: HeaderMap,
    form: RelayForm,
) -> Result<WithHeaders<FormReply>, HttpError> {
    let next = page_after_sign_in(form.fields.text("next"));
    let (service, origin) = (find_service(&web)?, sign_in_origin(&headers, address));
    let ceremony = find_in_cookies(&headers, CeremonySecret::read);
    let step = find_in_cookies(&headers, StepSecret::read);
    let answer = form.fields.text(FIELD);
    let error = match service.sign_in(ceremony.as_ref(), step.as_ref(), answer, origin.clone()).await {
        Ok(signed_in) => {
            let cookies = cookie_headers([
                signed_in.token.set_cookie(),
                signed_in.device.set_cookie(),
                CeremonySecret::clear_cookie(),
                StepSecret::clear_cookie(),
            ])?;
            return Ok(WithHeaders(cookies, FormReply::Done(SeeOther::to(&next)?)));
        }
        Err(error) => error,
    };
    let refused = open_words::<PasskeyWords>().passkey_refused();
    let (recall, words) = explain_refusal(web.now_ms(), error, refused)?;
    let page = sign_in_page(&next).with_problem("main", words);
    let begun = match recall {
        FormRecall::TooMany { .. } => None,
        _ => service.begin_sign_in(&origin).await.ok(),
    };
    let (cookies, page) = match begun {
        Some(begun) => challenge_page(page, begun, PasskeyDialogue::Get)?,
        None => (HeaderMap::new(), page.draw()?),
    };
    Ok(WithHeaders(cookies, FormReply::Again(recall, page)))
}

/// The page that makes a passkey; without a challenge where they may not have another one.
async fn draw_new(
    visitor: &MemberCaller<SelfAccess>,
    web: &WebContext,
    name: &str,
    problem: Option<String>,
) -> Result<(HeaderMap, Page), HttpError> {
    let (w, f): (PasskeyWords, FactorWords) = (open_words(), open_words());
    let field = SignInField {
        name: "name",
        label: w.passkey_new_name(),
        hint: w.passkey_new_name_hint(),
        kind: "text",
        autocomplete: "off",
        value: name.to_owned(),
        ..SignInField::default()
    };
    let mut page =
        SignInMethodPage::new(w.passkey_new_title(), w.passkey_new_lead()).link("/app/me", f.factor_back());
    let mut cookies = HeaderMap::new();
    let problem = match find_service(web)?.begin_add(visitor).await {
        Ok(begun) => {
            cookies = cookie_headers([begun.secret.set_cookie()])?;
            page = page.passkey_form("/app/me/passkeys", vec![field]).with_passkey(
                FIELD,
                PasskeyDialogue::Create,
                begun.options,
                w.passkey_new_button(),
            );
            problem
        }
        Err(error) => Some(explain_refusal(web.now_ms(), error, String::new())?.1),
    };
    page = page.signed_in(visitor);
    if let Some(words) = problem {
        page = page.with_problem("main", words);
    }
    Ok((cookies, page.draw()?))
}

/// `POST /app/me/passkeys/new`: a challenge for a new passkey, and the page that puts it to the browser.
pub(crate) async fn show_new(
    visitor: MemberCaller<SelfAccess>,
    State(web): State<WebContext>,
    form: ConfirmedForm,
) -> Result<WithHeaders<Page>, HttpError> {
    require_own_form(&visitor, &form)?;
    let (cookies, page) = draw_new(&visitor, &web, "", None).await?;
    Ok(WithHeaders(cookies, page))
}

/// `POST /app/me/passkeys`: the passkey that the browser made.
pub(crate) async fn add_passkey(
    visitor: MemberCaller<SelfAccess>,
    State(web): State<WebContext>,
    headers: HeaderMap,
    form: ConfirmedForm,
) -> Result<WithHeaders<OneOf<Page, FormReply>>, HttpError> {
    require_own_form(&visitor, &form)?;
    let service = find_service(&web)?;
    let w: PasskeyWords = open_words();
    let name = form.fields.text("name").trim();
    let shown = if name.is_empty() { w.passkey_unnamed() } else { name.to_owned() };
    let ceremony = find_in_cookies(&headers, CeremonySecret::read);
    let added = service.add(&visitor, ceremony.as_ref(), form.fields.text(FIELD), &shown).await;
    let cookies = cookie_headers([CeremonySecret::clear_cookie()])?;
    match added {
        Ok(codes) if codes.is_empty() => {
            let to = SeeOther::to("/app/me?done=factor")?;
            Ok(WithHeaders(cookies, OneOf::Second(FormReply::Done(to))))
        }
        Ok(codes) => Ok(WithHeaders(cookies, OneOf::First(codes_page(&visitor, codes)?))),
        Err(error) => {
            let (recall, words) = explain_refusal(web.now_ms(), error, w.passkey_not_made())?;
            let (cookies, page) = draw_new(&visitor, &web, name, Some(words)).await?;
            Ok(WithHeaders(cookies, OneOf::Second(FormReply::Again(recall, page))))
        }
    }
}
