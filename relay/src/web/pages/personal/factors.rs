//! One's own second factors: an authenticator app is set up, recovery codes are shown once, and either is taken away; and whether an
//! account demands them.

use ::web::answer::{FormRecall, FormReply, OneOf, Page, SeeOther};
use ::web::argument::Path;
use ::web::error::HttpError;
use askama::Template;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use qrcode::{Color, EcLevel, QrCode};

use crate::accounts::AccountUser;
use crate::accounts::authentication::second_factor::{AppSecret, FactorError};
use crate::accounts::records::access_log::AccessRecord;
use crate::db::account::accounts::{FactorDemand, set_second_factor};
use crate::keys::SealedBytes;
use crate::web::WebContext;
use crate::web::access::{ManageSecurity, MemberCaller, SelfAccess};
use crate::web::form::require_own_form;
use crate::web::http_error::{internal_error, not_found, parameter_error};
use crate::web::layout::{NavSection, PageLayout};
use crate::web::pages::forms::confirm::ConfirmedForm;
use crate::web::pages::forms::single_form::SignInProblem;
use crate::web::words::{ErrorWords, FactorWords, PasskeyWords, open_words};

/// Light modules around a code, as its standard (ISO/IEC 18004) asks.
const QUIET: usize = 4;

/// A QR code as one path of an SVG, a square a unit.
struct CodePicture {
    side: usize,
    path: String,
}

impl CodePicture {
    fn draw(text: &str) -> Option<Self> {
        use std::fmt::Write as _;
        let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
        let width = code.width();
        let mut path = String::new();
        for (n, color) in code.to_colors().into_iter().enumerate() {
            if color == Color::Dark {
                let (x, y) = (n % width + QUIET, n / width + QUIET);
                // Writing to a text never fails.
                let _ = write!(path, "M{x} {y}h1v1h-1z");
            }
        }
        Some(Self { side: width + 2 * QUIET, path })
    }
}

#[derive(Template)]
#[template(path = "personal/factor_new.html")]
struct NewFactorPage {
    shell: PageLayout,
    w: FactorWords,
    problem: Option<SignInProblem>,
    /// Whether the account demands one, and nothing else is shown before.
    is_demanded: bool,
    picture: Option<CodePicture>,
    secret: String,
    /// The same, sealed, for the form that comes back.
    offer: String,
    name: String,
    csrf: String,
    has_passkeys: bool,
}

#[derive(Template)]
#[template(path = "personal/recovery_codes.html")]
struct CodesPage {
    shell: PageLayout,
    w: FactorWords,
    codes: Vec<String>,
}

fn draw_new(
    visitor: &AccountUser,
    web: &WebContext,
    secret: &AppSecret,
    name: &str,
    problem: Option<SignInProblem>,
) -> Result<Page, HttpError> {
    let service = web.second_factors();
    let sealed = service.seal_offer(visitor, secret).map_err(internal_error)?;
    let w: FactorWords = open_words();
    let shell = PageLayout::signed_in(w.factor_new_title(), NavSection::Me, visitor);
    Page::draw(&NewFactorPage {
        shell: shell.with_problem(problem.is_some()),
        w,
        problem,
        is_demanded: visitor.lacks_factor,
        picture: secret.to_url(service.issuer, &visitor.email).and_then(|url| CodePicture::draw(&url)),
        secret: secret.to_text(),
        offer: write_offer(&sealed),
        name: name.to_owned(),
        csrf: visitor.token.csrf(),
        has_passkeys: web.passkeys().is_some(),
    })
}

fn write_offer(sealed: &SealedBytes) -> String {
    format!("{}.{}", sealed.n, URL_SAFE_NO_PAD.encode(&sealed.bytes))
}

fn read_offer(text: &str) -> Option<SealedBytes> {
    let (n, bytes) = text.split_once('.')?;
    Some(SealedBytes { n: n.parse().ok()?, bytes: URL_SAFE_NO_PAD.decode(bytes).ok()? })
}

pub(crate) fn codes_page(visitor: &AccountUser, codes: Vec<String>) -> Result<Page, HttpError> {
    let w: FactorWords = open_words();
    let shell = PageLayout::signed_in(w.factor_codes_title(), NavSection::Me, visitor);
    Page::draw(&CodesPage { shell, w, codes })
}

pub(crate) async fn show_new(
    visitor: MemberCaller<SelfAccess>,
    State(web): State<WebContext>,
) -> Result<Page, HttpError> {
    draw_new(&visitor, &web, &AppSecret::new(&*web.random), "", None)
}

/// `POST /app/me/factors`: an app is set up by a code that it shows.
pub(crate) async fn add_app(
    visitor: MemberCaller<SelfAccess>,
    State(web): State<WebContext>,
    form: ConfirmedForm,
) -> Result<OneOf<Page, FormReply>, HttpError> {
    require_own_form(&visitor, &form)?;
    let w: FactorWords = open_words();
    let service = web.second_factors();
    let sealed = read_offer(form.fields.text("offer"));
    let secret = sealed.and_then(|sealed| service.unseal_offer(&visitor, &sealed).ok());
    let name = form.fields.text("name").trim();
    let Some(secret) = secret else {
        let problem = Some(SignInProblem { field: "code", words: w.factor_anew() });
        let page = draw_new(&visitor, &web, &AppSecret::new(&*web.random), name, problem)?;
        return Ok(OneOf::Second(FormReply::Again(FormRecall::Invalid, page)));
    };
    let shown = if name.is_empty() { w.factor_app() } else { name.to_owned() };
    let words = match service.add_app(&visitor, &shown, &secret, form.fields.text("code")).await {
        Ok(codes) if codes.is_empty() => {
            return SeeOther::to("/app/me?done=factor").map(|to| OneOf::Second(FormReply::Done(to)));
        }
        Ok(codes) => return codes_page(&visitor, codes).map(OneOf::First),
        Err(FactorError::Db(error)) => return Err(error.into()),
        Err(FactorError::TooMany) => w.factor_too_many(),
        Err(FactorError::Wrong) => w.factor_wrong(),
        Err(error) => return Err(internal_error(error)),
    };
    let problem = Some(SignInProblem { field: "code", words });
    let page = draw_new(&visitor, &web, &secret, name, problem)?;
    Ok(OneOf::Second(FormReply::Again(FormRecall::Invalid, page)))
}

/// `POST /app/me/factors/codes`: new recovery codes take the place of the old ones.
pub(crate) async fn renew_codes(
    visitor: MemberCaller<SelfAccess>,
    State(web): State<WebContext>,
    form: ConfirmedForm,
) -> Result<Page, HttpError> {
    require_own_form(&visitor, &form)?;
    match web.second_factors().renew_codes(&visitor).await {
        Ok(codes) => codes_page(&visitor, codes),
        Err(error) => Err(change_error(error)),
    }
}

/// `POST /app/me/factors/{factor}`: an app or a passkey is removed, or gets another name.
pub(crate) async fn change_factor(
    visitor: MemberCaller<SelfAccess>,
    State(web): State<WebContext>,
    Path(factor): Path<String>,
    form: ConfirmedForm,
) -> Result<SeeOther, HttpError> {
    require_own_form(&visitor, &form)?;
    if form.fields.text("act") == "rename" {
        let name = form.fields.text("name").trim();
        let name =
            if name.is_empty() { open_words::<PasskeyWords>().passkey_unnamed() } else { name.to_owned() };
        return match web.second_factors().rename_factor(&visitor, &factor, &name).await {
            Ok(()) => SeeOther::to("/app/me"),
            Err(error) => Err(change_error(error)),
        };
    }
    match web.second_factors().remove_factor(&visitor, &factor).await {
        Ok(()) => SeeOther::to("/app/me?done=factor"),
        Err(error) => Err(change_error(error)),
    }
}

fn change_error(error: FactorError) -> HttpError {
    match error {
        FactorError::Db(error) => error.into(),
        FactorError::Unknown => not_found(),
        error => internal_error(error),
    }
}

/// `POST /app/second-factor`: whether the account demands one of everybody.
pub(crate) async fn demand_factor(
    visitor: MemberCaller<ManageSecurity>,
    State(web): State<WebContext>,
    form: ConfirmedForm,
) -> Result<SeeOther, HttpError> {
    require_own_form(&visitor, &form)?;
    let (demand, act) = match form.fields.text("act") {
        "demand" => (FactorDemand::Everybody, "second factor demand"),
        "leave" => (FactorDemand::Nobody, "second factor leave"),
        _ => return Err(parameter_error("act", ErrorWords::parameter_factor_act)),
    };
    let mut tx = web.db.write(visitor.scope).await?;
    if set_second_factor(&mut tx, demand).await? {
        web.log()
            .write_act(&mut tx, AccessRecord { who: &visitor.email, act, about: "", facility: None })
            .await?;
        tx.commit().await?;
    }
    SeeOther::to("/app/people")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_comes_back_as_it_went() {
        let sealed = SealedBytes { n: 3, bytes: vec![0, 255, 7] };
        assert_eq!(read_offer(&write_offer(&sealed)), Some(sealed));
        for wrong in ["", ".", "x.AA", "1.*", "1"] {
            assert_eq!(read_offer(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_picture_has_a_quiet_edge() {
        let picture = CodePicture::draw("otpauth://totp/relay.example:priya?secret=GEZDGNBV").unwrap();
        assert!(picture.path.starts_with(&format!("M{QUIET} {QUIET}h1v1h-1z")), "the finder in the corner");
        assert_eq!((picture.side - 2 * QUIET - 17) % 4, 0, "the side of a version");
    }
}
