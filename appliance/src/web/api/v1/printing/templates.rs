//! The facility's own label templates and its logo over HTTP, for programs.

use api::ListJson;
use axum::extract::State;
use http::header::LOCATION;
use http::{HeaderMap, HeaderValue, Method};
use schemars::JsonSchema;
use serde::Serialize;
use web::answer::{Created, Json, MediaBytes, MediaType, NoContent, OneOf, WithHeaders, with_etag};
use web::argument::{IfMatch, OtherVersion, Path};
use web::error::HttpError;
use web::route::{Example, Route, RouteKind, row};

use crate::printing::{
    ContentVersion, DesignRefusal, LOGO_BYTES_MAX, PrintService, StoredTemplate, TEMPLATE_BYTES_MAX,
    TemplateView,
};
use crate::web::access::permissions::{Read, View, Write};
use crate::web::access::program::{ProgramCaller, StaffOrProgram};
use crate::web::context::AppState;
use crate::web::http_error::changed_since;
use crate::web::request::bodies::uploaded_file::{FileKind, UploadedFile};
use crate::web::view_models::printing::templates::{LogoPicture, refusal_error, show_logo};
use crate::web::{examples, refusals};

const LOGO: &str = "/api/v1/logo";

pub(crate) fn template_routes() -> Vec<Route<AppState>> {
    use RouteKind::Api;
    let template = Example::default().part("name", examples::TEMPLATE);
    vec![
        row(Method::GET, "/api/v1/templates", "template.list", Api, list).summary("Label templates"),
        row(Method::GET, "/api/v1/templates/{name}", "template.show", Api, show)
            .summary("A template’s file")
            .example(template.clone()),
        row(Method::PUT, "/api/v1/templates/{name}", "template.keep", Api, keep)
            .summary("Keeps a template of the facility’s own")
            .refusals(refusals::PRINTING)
            .example(template.clone().bytes("application/toml", examples::TEMPLATE_FILE)),
        row(Method::DELETE, "/api/v1/templates/{name}", "template.remove", Api, remove)
            .summary("Removes a template of the facility’s own")
            .refusals(refusals::PRINTING)
            .example(template),
        row(Method::GET, LOGO, "logo.show", Api, logo)
            .summary("The facility’s logo")
            .refusals(refusals::PRINTING),
        row(Method::PUT, LOGO, "logo.keep", Api, keep_logo)
            .summary("Keeps the facility’s logo, a PNG or JPEG")
            .refusals(refusals::PRINTING)
            .example(Example::default().bytes("image/png", examples::LOGO_FILE)),
        row(Method::DELETE, LOGO, "logo.remove", Api, remove_logo)
            .summary("Removes the facility’s logo")
            .refusals(refusals::PRINTING),
    ]
}

struct TomlText;

impl MediaType for TomlText {
    const NAME: &'static str = "application/toml";
}

impl FileKind for TomlText {
    const NAME: &'static str = "template";
    const BYTES_MAX: usize = TEMPLATE_BYTES_MAX;
    const MEDIA: &'static str = "application/toml";
}

struct LogoFile;

impl FileKind for LogoFile {
    const NAME: &'static str = "logo";
    const BYTES_MAX: usize = LOGO_BYTES_MAX;
    const MEDIA: &'static str = "image/*";
}

/// Work that waits for the disk or unpacks a picture, away from the threads that answer phones.
async fn run_blocking<T: Send + 'static>(
    state: &AppState,
    work: impl FnOnce(&PrintService) -> Result<T, DesignRefusal> + Send + 'static,
) -> Result<T, HttpError> {
    let printing = state.printing.clone();
    let done = tokio::task::spawn_blocking(move || work(&printing)).await;
    done.map_err(|e| HttpError::internal(&e))?.map_err(refusal_error)
}

async fn aside_over<T: Send + 'static>(
    state: &AppState,
    work: impl FnOnce(&PrintService) -> Result<T, DesignRefusal> + Send + 'static,
) -> Result<T, HttpError> {
    let done = run_blocking(state, move |printing| Ok(work(printing))).await?;
    done.map_err(|refusal| match refusal {
        DesignRefusal::Changed(name) => changed_since(state.printing.template_version(&name)),
        other => refusal_error(other),
    })
}

async fn list(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
) -> Result<Json<ListJson<TemplateView>>, HttpError> {
    Ok(Json(ListJson::whole(state.printing.templates())))
}

async fn show(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<WithHeaders<MediaBytes<TomlText>>, HttpError> {
    let version = state.printing.template_version(&name);
    let file = state.printing.template_file(&name);
    with_etag(
        version,
        file.map(|file| MediaBytes::new(file.to_string()))
            .ok_or_else(|| refusal_error(DesignRefusal::Unknown(name.chars().take(60).collect())))?,
    )
}

type SavedResponse<T> = OneOf<Created<T>, WithHeaders<Json<T>>>;

fn saved_response<T>(address: &str, document: T, is_new: bool) -> Result<SavedResponse<T>, HttpError> {
    if is_new {
        return Created::at(address, document).map(OneOf::First);
    }
    let location = HeaderValue::from_str(address).map_err(|e| HttpError::internal(&e))?;
    Ok(OneOf::Second(WithHeaders(HeaderMap::from_iter([(LOCATION, location)]), Json(document))))
}

/// The version that a change is made over, for the templates to compare. Over one that is not there nothing is changed.
fn choose_version(
    state: &AppState,
    name: &str,
    if_match: &IfMatch,
) -> Result<Option<ContentVersion>, HttpError> {
    let now = state.printing.template_version(name);
    let seen = if now.is_some() { if_match.choose(now) } else { if_match.require(now) };
    seen.map_err(|OtherVersion| changed_since(now))
}

async fn keep(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    Path(name): Path<String>,
    if_match: IfMatch,
    file: UploadedFile<TomlText>,
) -> Result<WithHeaders<SavedResponse<TemplateView>>, HttpError> {
    let seen = choose_version(&state, &name, &if_match)?;
    let stored = aside_over(&state, move |printing| {
        printing.keep_template_over(Some(&name), &file.bytes, seen.map(|seen| (&*name, seen)))
    });
    let StoredTemplate { view, version, is_new } = stored.await?;
    with_etag(Some(version), saved_response(&format!("/api/v1/templates/{}", view.name), view, is_new)?)
}

async fn remove(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    Path(name): Path<String>,
    if_match: IfMatch,
) -> Result<NoContent, HttpError> {
    let seen = choose_version(&state, &name, &if_match)?;
    aside_over(&state, move |printing| printing.remove_template_over(&name, seen)).await?;
    Ok(NoContent)
}

async fn logo(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
) -> Result<LogoPicture, HttpError> {
    state.printing.logo().as_ref().map(show_logo).ok_or_else(|| refusal_error(DesignRefusal::NoLogo))
}

/// A logo that was taken.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "LogoKept")]
struct SavedLogo {
    /// Pixels across.
    width: u32,
    /// Pixels down.
    height: u32,
    /// Bytes of its file.
    bytes: usize,
    /// `image/png` or `image/jpeg`.
    r#type: &'static str,
}

async fn keep_logo(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    file: UploadedFile<LogoFile>,
) -> Result<SavedResponse<SavedLogo>, HttpError> {
    let (logo, is_new) = run_blocking(&state, move |printing| printing.keep_logo(&file.bytes)).await?;
    let (width, height) = logo.size;
    let view = SavedLogo { width, height, bytes: logo.file.len(), r#type: logo.kind };
    saved_response(LOGO, view, is_new)
}

async fn remove_logo(_: ProgramCaller<Write>, State(state): State<AppState>) -> Result<NoContent, HttpError> {
    run_blocking(&state, PrintService::remove_logo).await?;
    Ok(NoContent)
}
