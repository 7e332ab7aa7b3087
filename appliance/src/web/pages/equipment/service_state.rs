//! In service or out of it: the page that a scan then shows, and the staff's forms that take a reason.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use axum::routing::{get, post};
use http::StatusCode;
use record::fold::LinePlace;
use record::kinds::Who;
use record::receipt::Receipt;
use record::tag::Tag;

use crate::intake::Command;
use crate::store::Reader;
use crate::web::access::pin::PinTypist;
use crate::web::access::staff_session::Signed;
use crate::web::answer::see_other;
use crate::web::commands::run::{Undone, act};
use crate::web::confirm_pin::Confirmed;
use crate::web::context::AppState;
use crate::web::http_error::Problem;
use crate::web::layout::{Frame, Place, page_with};
use crate::web::log_reads::read_quick;
use crate::web::request::field_error::Wrong;
use crate::web::request::form::Form;
use crate::web::view_models::formats::count;
use crate::web::view_models::items::named;
use crate::web::view_models::snapshot::{Snapshot, who_words};

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/staff/equipment/{tag}/out", get(ask_out).post(out))
        .route("/staff/equipment/{tag}/back", post(back))
        .route("/staff/equipment/{tag}/retire", get(ask_retire).post(retire))
        .route("/staff/cleanings/{receipt}/void", get(ask_void).post(void))
}

/// A page that asks for a reason and has one button.
#[derive(Template)]
#[template(path = "reason.html")]
struct ReasonPage {
    frame: Frame,
    problems: Vec<Wrong>,
    title: String,
    what: String,
    action: String,
    back: String,
    button: &'static str,
    keep: &'static str,
    dangerous: bool,
    hint: &'static str,
    reason: String,
    form_token: String,
}

struct Asking {
    title: String,
    what: String,
    action: String,
    back: String,
    button: &'static str,
    keep: &'static str,
    dangerous: bool,
    hint: &'static str,
}

impl Asking {
    fn page(
        self,
        state: &AppState,
        signed: &Signed,
        problems: Vec<Wrong>,
        reason: &str,
    ) -> Result<Response, Problem> {
        let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        let error = if problems.is_empty() { "" } else { "Error: " };
        let frame = Frame::staff(
            state,
            &Snapshot::now(state),
            format!("{error}{}", self.title),
            signed,
            Place::Equipment,
        );
        let template = ReasonPage {
            frame: frame.with_script(),
            problems,
            title: self.title,
            what: self.what,
            action: self.action,
            back: self.back,
            button: self.button,
            keep: self.keep,
            dangerous: self.dangerous,
            hint: self.hint,
            reason: reason.to_owned(),
            form_token: signed.form_token(),
        };
        page_with(status, &template)
    }
}

fn asking_out(tag: Tag, name: &str) -> Asking {
    Asking {
        title: format!("Take {name} out of service?"),
        what: "While it is out it makes no cleaning due, and a scan says not to use it on a patient."
            .to_owned(),
        action: format!("/staff/equipment/{tag}/out"),
        back: format!("/staff/equipment/{tag}"),
        button: "Take out of service",
        keep: "Leave it in service",
        dangerous: false,
        hint: "For example: flow sensor fails its self-test. Everybody who scans it sees this.",
    }
}

fn asking_retire(tag: Tag, name: &str) -> Asking {
    Asking {
        title: format!("Retire {name}?"),
        what: "It takes no more records, and this cannot be undone. Its history stays.".to_owned(),
        action: format!("/staff/equipment/{tag}/retire"),
        back: format!("/staff/equipment/{tag}"),
        button: "Retire it for good",
        keep: "Keep it",
        dangerous: true,
        hint: "For example: sold, scrapped, sent back to the maker",
    }
}

async fn ask_out(
    State(state): State<AppState>,
    signed: Signed,
    Path(tag): Path<String>,
) -> Result<Response, Problem> {
    signed.must_change()?;
    let (tag, name) = named(&state, &tag)?;
    asking_out(tag, &name).page(&state, &signed, Vec::new(), "")
}

async fn ask_retire(
    State(state): State<AppState>,
    signed: Signed,
    Path(tag): Path<String>,
) -> Result<Response, Problem> {
    signed.must_change()?;
    let (tag, name) = named(&state, &tag)?;
    asking_retire(tag, &name).page(&state, &signed, Vec::new(), "")
}

async fn out(
    State(state): State<AppState>,
    signed: Signed,
    Path(tag): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let (tag, name) = named(&state, &tag)?;
    let command = |reason| Command::SuspendEquipment { tag, reason };
    let form = signed.form(request).await?;
    reasoned(&state, &signed, &form, asking_out(tag, &name), command).await
}

async fn retire(
    State(state): State<AppState>,
    signed: Signed,
    Path(tag): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let (tag, name) = named(&state, &tag)?;
    let command = |reason| Command::RetireEquipment { tag, reason };
    let form = signed.form(request).await?;
    reasoned(&state, &signed, &form, asking_retire(tag, &name), command).await
}

async fn back(
    State(state): State<AppState>,
    signed: Signed,
    Path(tag): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let (tag, _) = named(&state, &tag)?;
    signed.form(request).await?;
    let to = format!("/staff/equipment/{tag}");
    let done = act(&state, signed.by(), None, Command::ResumeEquipment { tag }).await;
    done.map_err(|undone| Problem::from(undone).link(to.clone(), "Back to the item"))?;
    Ok(see_other(&to))
}

async fn reasoned(
    state: &AppState,
    signed: &Signed,
    form: &Form,
    asking: Asking,
    command: impl FnOnce(String) -> Command,
) -> Result<Response, Problem> {
    signed.must_change()?;
    let reason = form.text("reason").to_owned();
    let wrong = |words: String| vec![Wrong { at: "reason".to_owned(), words }];
    if reason.trim().is_empty() {
        return asking.page(state, signed, wrong("Say why".to_owned()), &reason);
    }
    match act(state, signed.by(), None, command(reason.clone())).await {
        Ok(_) => Ok(see_other(&asking.back)),
        Err(Undone::Refused(refusal)) if refusal.field() == Some("reason") => {
            asking.page(state, signed, wrong(refusal.to_string()), &reason)
        }
        Err(other) => Err(Problem::from(other).link(asking.back, "Back")),
    }
}

async fn asking_void(state: &AppState, text: &str) -> Result<AskedVoid, Problem> {
    let text = text.to_owned();
    read_quick(state, move |state, reader| asking_void_by(state, reader, &text)).await
}

/// The question whether to void a record, which record it is, and who cleaned.
type AskedVoid = (Asking, LinePlace, Who);

fn asking_void_by(state: &AppState, reader: &Reader, text: &str) -> Result<AskedVoid, Problem> {
    let found = crate::web::view_models::receipts::find(state, reader, text)?;
    let facility = state.store.snapshot();
    let name = facility.equipment.get(&found.cleaning.tag).map_or_else(String::new, |item| item.name.clone());
    let by = who_words(reader, &facility, &found.cleaning.who);
    let when = Snapshot::of(state, &facility).local.day_time(found.cleaning.performed_ms).text;
    let receipt: Receipt = found.receipt;
    let asking = Asking {
        title: format!("Void entry {}?", count(found.line.of.seq)),
        what: format!(
            "{name}, cleaned {when} by {by}. It will not count any more. Both entries stay visible."
        ),
        action: format!("/staff/cleanings/{receipt}/void"),
        back: format!("/staff/equipment/{}", found.cleaning.tag),
        button: "Void the record",
        keep: "Keep it",
        dangerous: true,
        hint: "For example: wrong item scanned",
    };
    Ok((asking, found.line, found.cleaning.who))
}

async fn ask_void(
    State(state): State<AppState>,
    signed: Signed,
    Path(text): Path<String>,
) -> Result<Response, Problem> {
    signed.must_change()?;
    asking_void(&state, &text).await?.0.page(&state, &signed, Vec::new(), "")
}

async fn void(
    State(state): State<AppState>,
    signed: Signed,
    Path(text): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let (asking, line, who) = asking_void(&state, &text).await?;
    let (action, typist) = (request.uri().path().to_owned(), PinTypist::of(&state, &request));
    let mut form = signed.form(request).await?;
    signed.must_change()?;
    // Whether it is proven that this person recorded it.
    let own = matches!(who, Who::Pin { staff } | Who::Badge { staff } if staff == signed.staff);
    if !own {
        form = match signed.confirm(&state, action, form, &typist).await? {
            Confirmed::Form(form) => form,
            Confirmed::Asked(page) => return Ok(page),
        };
    }
    reasoned(&state, &signed, &form, asking, |reason| Command::VoidCleaning { line, reason }).await
}
