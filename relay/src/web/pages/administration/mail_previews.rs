//! What mails look like, for whoever runs the platform and for an account's admins, who put words of their own into some.

use ::web::answer::{FormRecall, FormReply, Page, SeeOther, WithHeaders};
use ::web::argument::{LenientQuery, Path};
use ::web::error::HttpError;
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use schemars::JsonSchema;
use serde::Deserialize;
use words::Locale;

use crate::accounts::AccountUser;
use crate::accounts::records::access_log::AccessRecord;
use crate::db::delivery::mail_words::{self, WordsKey};
use crate::mail::MailScheme;
use crate::mail::brand::{MailBrand, MailSlot, OwnWordsFault};
use crate::mail::preview::{MailKind, MailSample, find_kind, list_kinds};
use crate::web::WebContext;
use crate::web::access::{ManageBrand, ManagePlatform, MemberCaller};
use crate::web::form::{RelayForm, require_own_form};
use crate::web::http_error::not_found;
use crate::web::layout::{NavSection, PageLayout};
use crate::web::pages::forms::single_form::SignInProblem;
use crate::web::words::{LocaleWords, MailsWords, find_reader, open_words};

const ACCOUNT_PATH: &str = "/app/mails";
const PLATFORM_PATH: &str = "/app/platform/mails";
/// A mail is styled in itself, shows what goes with it, and opens nothing.
const DOCUMENT_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; form-action 'none'; \
     base-uri 'none'; frame-ancestors 'self'";

/// What the address carries.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct MailParams {
    /// A locale's tag.
    locale: String,
    /// Which of the kind's samples, from 0.
    form: String,
    /// `dark`, else light.
    scheme: String,
}

impl MailParams {
    fn locale(&self) -> Locale {
        let named = Locale::from_tag(&self.locale).filter(|locale| *locale != Locale::Pseudo);
        named.unwrap_or(find_reader().locale)
    }

    fn sample<'a>(&self, kind: &'a str, web: &'a WebContext) -> MailSample<'a> {
        let scheme = if self.scheme == "dark" { MailScheme::Dark } else { MailScheme::Light };
        let host = web.settings.public_url.trim_start_matches("https://");
        MailSample { kind, form: self.form.parse().unwrap_or_default(), locale: self.locale(), scheme, host }
    }
}

struct MailLink {
    href: String,
    words: String,
    is_shown: bool,
}

#[derive(Template)]
#[template(path = "administration/mails.html")]
struct MailKindsPage {
    shell: PageLayout,
    w: MailsWords,
    lead: String,
    kinds: Vec<MailLink>,
}

struct MailFrameView {
    title: String,
    name: String,
    width: u32,
    src: String,
}

struct OwnWordsField {
    key: &'static str,
    label: String,
    value: String,
    chars_max: usize,
}

struct OwnWordsForm {
    placeholders: String,
    fields: Vec<OwnWordsField>,
}

#[derive(Template)]
#[template(path = "administration/mail.html")]
struct MailPreviewPage {
    shell: PageLayout,
    w: MailsWords,
    problem: Option<SignInProblem>,
    back: &'static str,
    action: String,
    document: String,
    subject: String,
    text: String,
    locales: Vec<MailLink>,
    forms: Vec<MailLink>,
    frames: Vec<MailFrameView>,
    own: Option<OwnWordsForm>,
    csrf: String,
}

fn draw_kinds(visitor: &AccountUser, web: &WebContext, path: &str, lead: String) -> Result<Page, HttpError> {
    let w: MailsWords = open_words();
    let shown = MailParams::default();
    let kinds = list_kinds().into_iter().filter_map(|kind| {
        let subject = shown.sample(&kind.word, web).draw(None)?.subject;
        Some(MailLink { href: format!("{path}/{}", kind.word), words: subject, is_shown: false })
    });
    let kinds = kinds.collect();
    Page::draw(&MailKindsPage {
        shell: PageLayout::signed_in(w.mails_title(), NavSection::None, visitor),
        w,
        lead,
        kinds,
    })
}

pub(crate) async fn list_account(
    visitor: MemberCaller<ManageBrand>,
    State(web): State<WebContext>,
) -> Result<Page, HttpError> {
    let lead = open_words::<MailsWords>().mails_lead(visitor.account_name.as_str());
    draw_kinds(&visitor, &web, ACCOUNT_PATH, lead)
}

pub(crate) async fn list_platform(
    visitor: MemberCaller<ManagePlatform>,
    State(web): State<WebContext>,
) -> Result<Page, HttpError> {
    draw_kinds(&visitor, &web, PLATFORM_PATH, open_words::<MailsWords>().mails_platform())
}

/// A page of a kind: what is shown, and of an account what it says itself.
struct KindView<'a> {
    kind: &'a MailKind,
    params: &'a MailParams,
    brand: Option<MailBrand>,
    problem: Option<SignInProblem>,
}

fn draw_kind(visitor: &AccountUser, web: &WebContext, view: KindView<'_>) -> Result<Page, HttpError> {
    let KindView { kind, params, brand, problem } = view;
    let (w, names): (MailsWords, LocaleWords) = (open_words(), open_words());
    let sample = params.sample(&kind.word, web);
    let mail = sample.draw(brand.as_ref()).ok_or_else(not_found)?;
    let back = if brand.is_some() { ACCOUNT_PATH } else { PLATFORM_PATH };
    let path = format!("{back}/{}", kind.word);
    let query = |locale: Locale, form: usize| format!("locale={}&form={form}", locale.tag());
    let here = query(sample.locale, sample.form);
    let offered = Locale::ALL.into_iter().filter(|locale| *locale != Locale::Pseudo);
    let frames = [(640, "light"), (360, "light"), (360, "dark")].map(|(width, scheme)| MailFrameView {
        title: w.mails_frame(scheme, width),
        name: format!("{scheme}-{width}"),
        width,
        src: format!("{path}/document?{here}&scheme={scheme}"),
    });
    let own = brand.as_ref().zip(kind.placeholders.as_ref());
    let own = own.map(|(brand, names)| OwnWordsForm {
        placeholders: names.iter().map(|name| format!("{{{name}}}")).collect::<Vec<_>>().join(" "),
        fields: MailSlot::ALL
            .map(|slot| OwnWordsField {
                key: slot.key(),
                label: w.mails_slot(slot.key()),
                value: brand.find_words(slot).unwrap_or_default().to_owned(),
                chars_max: slot.chars_max(),
            })
            .into(),
    });
    let shell = PageLayout::signed_in(w.mails_title(), NavSection::None, visitor);
    Page::draw(&MailPreviewPage {
        shell: shell.with_problem(problem.is_some()),
        w,
        problem,
        back,
        action: format!("{path}?{here}"),
        document: format!("{path}/document?{here}"),
        subject: mail.subject,
        text: mail.text,
        locales: offered
            .map(|locale| MailLink {
                href: format!("{path}?{}", query(locale, sample.form)),
                words: names.locale_name(locale.tag()),
                is_shown: locale == sample.locale,
            })
            .collect(),
        forms: (0..kind.forms)
            .map(|form| MailLink {
                href: format!("{path}?{}", query(sample.locale, form)),
                words: w.mails_form(form + 1),
                is_shown: form == sample.form,
            })
            .collect(),
        frames: frames.into(),
        own,
        csrf: visitor.token.csrf(),
    })
}

/// How the account shows itself, with the words that it has for a kind.
async fn load_brand(
    visitor: &AccountUser,
    web: &WebContext,
    key: WordsKey<'_>,
) -> Result<MailBrand, HttpError> {
    let mut conn = web.db.read(visitor.scope).await?;
    let found = mail_words::find_brand(&mut conn).await?.ok_or_else(not_found)?;
    let words = mail_words::list_words(&mut conn, key).await?;
    Ok(MailBrand { name: found.name, accent: found.accent, logo: found.picture, words })
}

fn words_key<'a>(kind: &'a MailKind, params: &MailParams) -> WordsKey<'a> {
    WordsKey { kind: &kind.word, language: params.locale().language().code() }
}

pub(crate) async fn show_account(
    visitor: MemberCaller<ManageBrand>,
    State(web): State<WebContext>,
    Path(kind): Path<String>,
    LenientQuery(params): LenientQuery<MailParams>,
) -> Result<Page, HttpError> {
    let kind = find_kind(&kind).ok_or_else(not_found)?;
    let brand = load_brand(&visitor, &web, words_key(&kind, &params)).await?;
    draw_kind(&visitor, &web, KindView { kind: &kind, params: &params, brand: Some(brand), problem: None })
}

pub(crate) async fn show_platform(
    visitor: MemberCaller<ManagePlatform>,
    State(web): State<WebContext>,
    Path(kind): Path<String>,
    LenientQuery(params): LenientQuery<MailParams>,
) -> Result<Page, HttpError> {
    let kind = find_kind(&kind).ok_or_else(not_found)?;
    draw_kind(&visitor, &web, KindView { kind: &kind, params: &params, brand: None, problem: None })
}

fn draw_document(
    web: &WebContext,
    kind: &str,
    params: &MailParams,
    brand: Option<&MailBrand>,
) -> Result<WithHeaders<Page>, HttpError> {
    let mail = params.sample(kind, web).draw(brand).ok_or_else(not_found)?;
    let policy = (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(DOCUMENT_POLICY));
    Ok(WithHeaders([policy].into_iter().collect(), Page::of_html(mail.html)))
}

pub(crate) async fn show_document(
    visitor: MemberCaller<ManageBrand>,
    State(web): State<WebContext>,
    Path(kind): Path<String>,
    LenientQuery(params): LenientQuery<MailParams>,
) -> Result<WithHeaders<Page>, HttpError> {
    let kind = find_kind(&kind).ok_or_else(not_found)?;
    let brand = load_brand(&visitor, &web, words_key(&kind, &params)).await?;
    draw_document(&web, &kind.word, &params, Some(&brand))
}

pub(crate) async fn show_platform_document(
    _visitor: MemberCaller<ManagePlatform>,
    State(web): State<WebContext>,
    Path(kind): Path<String>,
    LenientQuery(params): LenientQuery<MailParams>,
) -> Result<WithHeaders<Page>, HttpError> {
    draw_document(&web, &kind, &params, None)
}

/// What somebody entered for a kind, with what is wrong with it.
fn read_words(
    form: &RelayForm,
    placeholders: &[String],
) -> (Vec<(&'static str, String)>, Option<SignInProblem>) {
    let w: MailsWords = open_words();
    let entered: Vec<_> = MailSlot::ALL
        .into_iter()
        .map(|slot| (slot, form.fields.text(slot.key()).trim().replace('\r', "")))
        .collect();
    let problem = entered.iter().find_map(|(slot, text)| {
        let words = match slot.check_words(text, placeholders).err()? {
            OwnWordsFault::TooLong => w.mails_long(slot.chars_max()),
            OwnWordsFault::Lines => w.mails_lines(),
            OwnWordsFault::Placeholder(name) => {
                w.mails_placeholder(name.chars().take(40).collect::<String>())
            }
        };
        Some(SignInProblem { field: slot.key(), words })
    });
    (entered.into_iter().map(|(slot, text)| (slot.key(), text)).collect(), problem)
}

fn own_words(words: &[(&'static str, String)]) -> Vec<(String, String)> {
    words.iter().map(|(slot, text)| ((*slot).to_owned(), text.clone())).collect()
}

/// `POST /app/mails/{kind}/document`: the mail with words that are not kept yet.
pub(crate) async fn try_words(
    visitor: MemberCaller<ManageBrand>,
    State(web): State<WebContext>,
    Path(kind): Path<String>,
    LenientQuery(params): LenientQuery<MailParams>,
    form: RelayForm,
) -> Result<WithHeaders<Page>, HttpError> {
    require_own_form(&visitor, &form)?;
    let kind = find_kind(&kind).ok_or_else(not_found)?;
    let placeholders = kind.placeholders.as_deref().ok_or_else(not_found)?;
    let (words, _) = read_words(&form, placeholders);
    let brand = load_brand(&visitor, &web, words_key(&kind, &params)).await?;
    draw_document(&web, &kind.word, &params, Some(&MailBrand { words: own_words(&words), ..brand }))
}

/// `POST /app/mails/{kind}`: the account's own words, in the language of the address.
pub(crate) async fn save_words(
    visitor: MemberCaller<ManageBrand>,
    State(web): State<WebContext>,
    Path(kind): Path<String>,
    LenientQuery(params): LenientQuery<MailParams>,
    form: RelayForm,
) -> Result<FormReply, HttpError> {
    require_own_form(&visitor, &form)?;
    let kind = find_kind(&kind).ok_or_else(not_found)?;
    let placeholders = kind.placeholders.as_deref().ok_or_else(not_found)?;
    let key = words_key(&kind, &params);
    let (words, problem) = read_words(&form, placeholders);
    if problem.is_some() {
        let brand = MailBrand { words: own_words(&words), ..load_brand(&visitor, &web, key).await? };
        let view = KindView { kind: &kind, params: &params, brand: Some(brand), problem };
        return Ok(FormReply::Again(FormRecall::Invalid, draw_kind(&visitor, &web, view)?));
    }
    let mut tx = web.db.write(visitor.scope).await?;
    mail_words::replace_words(&mut tx, key, &words, web.now_ms()).await?;
    let about = format!("{} {}", key.kind, key.language);
    let record = AccessRecord { who: &visitor.email, act: "mail words", about: &about, facility: None };
    web.log().write_act(&mut tx, record).await?;
    tx.commit().await?;
    SeeOther::to(&format!("{ACCOUNT_PATH}/{}?locale={}", kind.word, params.locale().tag()))
        .map(FormReply::Done)
}
