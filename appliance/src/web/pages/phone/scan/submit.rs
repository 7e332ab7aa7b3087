//! A scan: the item's page, the contact time's button, and the record itself.

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use http::{HeaderMap, HeaderValue, StatusCode};
use record::entry::{By, Digest16, Via};
use record::fold::{Equipment, Facility, Service};
use record::receipt::Receipt;
use record::tag::Tag;
use serde::Deserialize;
use service::attempts::Network;
use service::clock::Now;

use crate::identity::{AccessOutcome, AccessWanted};
use crate::intake::{Cleaner, CleaningForm, Command, Refusal, command_digest};
use crate::listen::Peer;
use crate::web::access::pin::{PinTypist, pin_in_the_clear};
use crate::web::access::staff_session::{Signed, session};
use crate::web::access_note::{AccessNote, noted};
use crate::web::answer::{see_other, with_cookies};
use crate::web::commands::photo_follow::follow;
use crate::web::commands::photo_upload::{PHOTO_AGAIN_S, Photo, PhotoRefusal, photo, take_photo};
use crate::web::commands::run::{Done, Undone, act, before, by_key};
use crate::web::context::{AppState, aside};
use crate::web::http_error::Problem;
use crate::web::layout::{Frame, page, page_with};
use crate::web::log_reads::read_quick;
use crate::web::pages::phone::scan::draft::{ScanDraft, ScanDrafts};
use crate::web::pages::phone::scan::out_of_service;
use crate::web::pages::phone::scan::page::{Making, Refused, Typed, asked_protocol, contact_s, review};
use crate::web::pages::phone::scan::who::{ScanPin, names};
use crate::web::request::device::RequestDevice;
use crate::web::request::form::Form;
use crate::web::request::idempotency::{key, new_submission, take_turn};
use crate::web::request::page_token::{PageToken, Stale};
use crate::web::request::peer::{is_program, peer};
use crate::web::request::query::Asked;
use crate::web::view_models::formats;
use crate::web::view_models::snapshot::Snapshot;

const TOO_OLD: &str = "This page was too old. Check your ticks and record again.";
const SIGNED_OUT: &str = "Nobody is signed in here any more. Type the name of whoever cleaned.";
const PROTOCOL_CHANGED: &str =
    "The protocol has changed since this page was opened. Check the steps and record again.";

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/t/{tag}", get(show).post(submit))
        .route("/photos/{file}", get(photo))
        .route("/protocols/{id}", get(instructions))
}

#[derive(Debug, Default, Deserialize)]
struct Ask {
    anyway: Option<String>,
    protocol: Option<String>,
    /// What was put in when the contact time was started.
    draft: Option<String>,
}

/// What a tag in an address opens.
enum Opened {
    /// An item that takes records.
    Item(Tag),
    /// Another page instead.
    Page(Response),
}

async fn open(state: &AppState, text: &str, anyway: bool) -> Result<Opened, Problem> {
    let Ok(tag) = Tag::read(text) else {
        return crate::web::pages::phone::find_tag::mistyped(state, text).map(Opened::Page);
    };
    if tag.as_str() != text {
        return Ok(Opened::Page(see_other(&format!("/t/{tag}"))));
    }
    let found = state.store.snapshot().resolve(tag).map(|item| (item.tag, item.service));
    match found {
        None => aside(state, move |state| crate::web::pages::phone::find_tag::unknown(state, tag))
            .await
            .map(Opened::Page),
        Some((first, Service::Retired)) => out_of_service::out_page(state, first).await.map(Opened::Page),
        Some((first, Service::Out)) if !anyway => {
            out_of_service::out_page(state, first).await.map(Opened::Page)
        }
        Some((first, _)) => Ok(Opened::Item(first)),
    }
}

async fn show(
    State(state): State<AppState>,
    Path(text): Path<String>,
    Asked(ask): Asked<Ask>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let anyway = ask.anyway.is_some();
    let tag = match open(&state, &text, anyway).await? {
        Opened::Item(tag) => tag,
        Opened::Page(page) => return Ok(page),
    };
    let protocol = ask.protocol.and_then(|id| id.parse().ok());
    let signed = session(&state, &headers, peer.as_deref()).await?;
    let who = signed
        .as_ref()
        .map_or_else(|| crate::web::request::cookies::name(&headers), |signed| signed.name.clone());
    let typed = Typed { who, protocol, ..Typed::default() };
    let now = state.clock.now();
    let (draft, note) = match ask.draft {
        Some(id) => drafted(&state, tag, &id, typed, &now)?,
        None => (empty(&state, tag, typed, &now), None),
    };
    let ScanDraft { token, typed, submission } = draft;
    Again { token, typed, submission, anyway, note, problems: Vec::new(), signed }.page(&state).await
}

/// A page on which nothing is put in but what the phone knows.
fn empty(state: &AppState, tag: Tag, typed: Typed, now: &Now) -> ScanDraft {
    ScanDraft { token: PageToken::new(tag, now), typed, submission: new_submission(state) }
}

/// The page as it was when the contact time was started; where that is too long ago, what was typed and the photo.
fn drafted(
    state: &AppState,
    tag: Tag,
    id: &str,
    typed: Typed,
    now: &Now,
) -> Result<(ScanDraft, Option<&'static str>), Problem> {
    let Some(draft) = state.kept::<ScanDrafts>().find(id, tag) else {
        return Ok((empty(state, tag, typed, now), Some(TOO_OLD)));
    };
    let protocol = draft.typed.protocol;
    let contact_s = with_item(state, tag, |facility, item| contact_s(facility, item, protocol))?;
    Ok(match draft.token.check(now, contact_s) {
        Ok(_) => (draft, None),
        Err(_) => {
            let token = PageToken { photo: draft.token.photo, ..PageToken::new(tag, now) };
            (ScanDraft { token, ..draft }, Some(TOO_OLD))
        }
    })
}

/// The page, once more or for the first time.
struct Again {
    token: PageToken,
    typed: Typed,
    submission: String,
    anyway: bool,
    note: Option<&'static str>,
    problems: Vec<Refused>,
    signed: Option<Signed>,
}

impl Again {
    async fn page(self, state: &AppState) -> Result<Response, Problem> {
        let of_photo = self.problems.iter().find_map(|problem| match problem {
            Refused::Photo(refusal) => Some(refusal.status),
            Refused::Rule(_) | Refused::Pin(_) => None,
        });
        let status = match of_photo {
            Some(status) => status,
            None if self.problems.is_empty() => StatusCode::OK,
            None => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let template = read_quick(state, move |state, reader| {
            let facility = state.store.snapshot();
            let snapshot = Snapshot::of(state, &facility);
            let item = facility.equipment.get(&self.token.tag).ok_or_else(Problem::not_found)?;
            let making = Making {
                state,
                facility: &facility,
                reader,
                snapshot: &snapshot,
                item,
                token: self.token,
                typed: self.typed,
                submission: self.submission,
                anyway: self.anyway,
                note: self.note,
                problems: self.problems,
                signed: self.signed,
            };
            Ok(making.page())
        });
        let mut page = page_with(status, &template.await?)?;
        if status == StatusCode::SERVICE_UNAVAILABLE {
            page.headers_mut().insert(http::header::RETRY_AFTER, HeaderValue::from(PHOTO_AGAIN_S));
        }
        Ok(page)
    }
}

impl Again {
    /// The page under an address of its own: it can be loaded again, and nothing is started anew by that.
    async fn keep(self, state: &AppState, from: Network) -> Result<Response, Problem> {
        let (tag, id) = (self.token.tag, new_submission(state));
        let (typed, submission) = (self.typed.clone(), self.submission.clone());
        if !self.problems.is_empty()
            || !state.kept::<ScanDrafts>().keep(&id, from, ScanDraft { token: self.token, typed, submission })
        {
            return self.page(state).await;
        }
        let anyway = if self.anyway { "&anyway=1" } else { "" };
        Ok(see_other(&format!("/t/{tag}?draft={id}{anyway}#wet")))
    }
}

async fn submit(
    State(state): State<AppState>,
    Path(text): Path<String>,
    Asked(ask): Asked<Ask>,
    request: Request,
) -> Result<Response, Problem> {
    take_turn(&state, &request)?;
    let anyway = ask.anyway.is_some();
    let tag = match open(&state, &text, anyway).await? {
        Opened::Item(tag) => tag,
        Opened::Page(page) if state.lacks_any() => return recorded_before(&state, request, page).await,
        Opened::Page(page) => return Ok(page),
    };
    let mut signed = session(&state, request.headers(), request.extensions().get()).await?;
    let device = RequestDevice::of(&state, request.headers(), request.extensions().get());
    let from = peer(&request);
    let typist = PinTypist::on(&device, &from);
    let by = By { staff: None, via: Via::Phone, device: Some(device.id()) };
    let (headers, program) = (request.headers().clone(), is_program(&request));
    let mut form = crate::web::request::form::read(request, Some(&state.photos)).await?;
    if !from.secure && !form.text("pin").trim().is_empty() {
        return Err(pin_in_the_clear());
    }
    let pin = ScanPin::of_form(&state, &form, signed.as_mut(), &typist).await?;
    let key = key(&headers, &form);
    let now = state.clock.now();
    let carried = carried(&state, tag, &form, &now)?;
    let photo = take_photo(&state, form.photo.take()).await;
    let submission = key.clone().unwrap_or_else(|| new_submission(&state));
    let (from_page, (token, stale)) = match carried {
        Some(carried) => (true, carried),
        None => (false, (PageToken::new(tag, &now), None)),
    };
    let refused_page = stale.map(|_| AccessNote::new(AccessOutcome::PageTokenRefused, AccessWanted::View));
    let notes: Vec<AccessNote> = pin.note.clone().into_iter().chain(refused_page).collect();
    let filled =
        Filled { tag, form, token, stale, photo, submission, anyway, now, by, device, from, signed, pin };
    let answer = match from_page {
        _ if filled.form.has("other") => filled.sign_out(&state).await,
        true => filled.submit(&state).await,
        false => filled.plain(&state, key, program).await,
    };
    Ok(noted(answer.unwrap_or_else(Problem::into_response), notes))
}

/// What the page carried, if the request came from one; a page that is too old is replaced, and its photo stays.
type Carried = (PageToken, Option<&'static str>);

fn carried(state: &AppState, tag: Tag, form: &Form, now: &Now) -> Result<Option<Carried>, Problem> {
    let Some(text) = form.get("page") else { return Ok(None) };
    let protocol = asked_protocol(form);
    let contact_s = with_item(state, tag, |facility, item| contact_s(facility, item, protocol))?;
    let new = PageToken::new(tag, now);
    Ok(Some(match PageToken::read(text, &state.identity.page_key, tag, now, contact_s) {
        Ok(token) => (token, None),
        Err(Stale::Old(old)) => (PageToken { photo: old.photo, ..new }, Some(TOO_OLD)),
        Err(Stale::Foreign | Stale::OtherItem) => (new, Some(TOO_OLD)),
    }))
}

/// A scan page that came back, or what a request without one says.
struct Filled {
    tag: Tag,
    form: Form,
    token: PageToken,
    stale: Option<&'static str>,
    photo: Photo,
    submission: String,
    anyway: bool,
    now: Now,
    by: By,
    device: RequestDevice,
    from: Peer,
    signed: Option<Signed>,
    pin: ScanPin,
}

impl Filled {
    /// Who cleaned, and by whom the entry is: only a proof names one of the staff.
    fn cleaner(&self, state: &AppState) -> (Cleaner, By) {
        let proof_min = state.store.snapshot().settings.pin_proof_min;
        let who = self.pin.cleaner(&self.form, self.signed.as_ref(), proof_min);
        let staff = match &who {
            Cleaner::Pin(staff) => Some(*staff),
            _ => None,
        };
        (who, By { staff, ..self.by })
    }

    /// “I am someone else”: ends the session on this device, and shows the page again with what was put in.
    async fn sign_out(mut self, state: &AppState) -> Result<Response, Problem> {
        if let Photo::Kept(hash) = &self.photo {
            self.token.photo = Some(*hash);
        }
        let Some(signed) = self.signed.take() else {
            return self.again(Vec::new(), self.stale.or(Some(SIGNED_OUT))).page(state).await;
        };
        let (sessions, secret) = (state.identity.sessions.clone(), signed.secret().to_owned());
        let ended = tokio::task::spawn_blocking(move || sessions.end(&secret)).await;
        ended.map_err(|e| Problem::internal(&e))?.map_err(|e| Problem::internal(&e))?;
        let mut again = self.again(Vec::new(), self.stale.or(Some(SIGNED_OUT)));
        if again.typed.who.trim() == signed.name.trim() {
            again.typed.who.clear();
        }
        let note = AccessNote::new(AccessOutcome::SessionEnded, AccessWanted::SignOut).by(signed.staff);
        Ok(noted(
            with_cookies(again.page(state).await?, [crate::web::request::cookies::clear_session()]),
            [note],
        ))
    }

    /// The record that this very submission made before, where only the proof of who cleaned differs: between two sends of
    /// one page a PIN grows too old, or is typed.
    async fn repeated_otherwise(&self, state: &AppState, wanted: &CleaningForm) -> Option<Done> {
        let named = self.signed.as_ref().filter(|signed| names(&self.form, signed));
        let proven = named.map(|signed| Cleaner::Pin(signed.staff));
        let typed = Cleaner::Typed(self.form.text("cleaned_by").to_owned());
        let others = proven.into_iter().chain([typed]).filter_map(|who| {
            command_digest(&Command::RecordCleaning(Box::new(CleaningForm { who, ..wanted.clone() })))
        });
        let others: Vec<Digest16> = others.collect();
        let (line, earlier) = by_key(state, &self.submission).await?;
        if others.contains(&earlier) { before(state, line).await.ok() } else { None }
    }

    async fn submit(mut self, state: &AppState) -> Result<Response, Problem> {
        let mut problems: Vec<Refused> = self.pin.wrong.clone().map(Refused::Pin).into_iter().collect();
        match &self.photo {
            Photo::Kept(hash) => self.token.photo = Some(*hash),
            Photo::Refused(refusal) => problems.push(Refused::Photo(refusal.clone())),
            Photo::None | Photo::Follows(_) | Photo::NoRoom => {}
        }
        if self.form.has("wet") {
            let set_device = self.device.set_cookie();
            self.token = PageToken { wet_ms: Some(self.now.up_ms), made_ms: self.now.up_ms, ..self.token };
            let page = self.again(problems, None).keep(state, Network::of(self.from.remote)).await?;
            return Ok(with_cookies(page, [set_device]));
        }
        let mut wanted = form_of(self.tag, &self.form, &self.token, &self.photo);
        (wanted.who, self.by) = self.cleaner(state);
        if self.stale.is_none() {
            problems.extend(with_item(state, self.tag, |facility, item| {
                review(&wanted, facility, item, &self.now)
            })?);
            // Whoever sent a photo that is of no use is told that, not that there was none.
            problems.retain(|p| {
                !matches!((p, &self.photo), (Refused::Rule(Refusal::PhotoMissing), Photo::Refused(_)))
            });
        }
        if self.stale.is_some() || !problems.is_empty() {
            // A repeat of a submission that was recorded shows that record, however old its page is.
            return match repeated(state, &self.submission).await {
                Some(done) => Ok(recorded(state, &self.device, done, &wanted, self.photo)),
                None => self.again(problems, self.stale).page(state).await,
            };
        }
        let command = Command::RecordCleaning(Box::new(wanted.clone()));
        match act(state, self.by, Some(self.submission.clone()), command).await {
            Ok(done) => Ok(recorded(state, &self.device, done, &wanted, self.photo)),
            Err(Undone::Refused(Refusal::KeyReused)) => match self.repeated_otherwise(state, &wanted).await {
                Some(done) => Ok(recorded(state, &self.device, done, &wanted, self.photo)),
                None => self.refused(state, Refusal::KeyReused).await,
            },
            Err(Undone::Refused(refusal)) => self.refused(state, refusal).await,
            Err(Undone::Box(problem)) => Err(*problem),
        }
    }

    /// A request that came from no page of ours: what it does not say is missing from its record. What cannot be recorded
    /// comes back as a page with everything that was put in; a program is told the reason alone.
    async fn plain(
        mut self,
        state: &AppState,
        key: Option<String>,
        program: bool,
    ) -> Result<Response, Problem> {
        match &self.photo {
            Photo::Refused(refusal) if program => return Err(refusal.problem()),
            Photo::Refused(refusal) => {
                let problem = Refused::Photo(refusal.clone());
                return self.again(vec![problem], None).page(state).await;
            }
            Photo::Kept(hash) => self.token.photo = Some(*hash),
            Photo::None | Photo::Follows(_) | Photo::NoRoom => {}
        }
        if let Some(words) = self.pin.wrong.clone() {
            if program {
                return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "pin", words)
                    .field("pin")
                    .next("Send it again without the PIN, or with the right one."));
            }
            return self.again(vec![Refused::Pin(words)], None).page(state).await;
        }
        let mut wanted = CleaningForm::plain(self.tag, self.form.text("cleaned_by"));
        (wanted.who, self.by) = self.cleaner(state);
        self.form.text("notes").clone_into(&mut wanted.note);
        if self.form.has("step") {
            wanted.steps = Some(self.form.all("step").filter_map(|n| n.parse().ok()).collect());
        }
        self.photo.name(&mut wanted);
        match act(state, self.by, key, Command::RecordCleaning(Box::new(wanted.clone()))).await {
            Ok(done) => Ok(recorded(state, &self.device, done, &wanted, self.photo)),
            Err(Undone::Refused(refusal)) if !program => self.refused(state, refusal).await,
            Err(undone) => Err(undone.into()),
        }
    }

    /// The page once more, with everything that was put in.
    fn again(&self, mut problems: Vec<Refused>, note: Option<&'static str>) -> Again {
        if matches!(self.photo, Photo::Follows(_)) {
            problems.push(Refused::Photo(PhotoRefusal {
                status: StatusCode::UNPROCESSABLE_ENTITY,
                words: "Your photo was not ready in time. Take it again".to_owned(),
            }));
        }
        Again {
            token: self.token,
            typed: Typed::of(&self.form),
            submission: self.submission.clone(),
            anyway: self.anyway,
            note,
            problems,
            signed: self.signed.clone(),
        }
    }

    async fn refused(&self, state: &AppState, refusal: Refusal) -> Result<Response, Problem> {
        match refusal {
            // The page's hidden id was used for another record: this is a new one.
            Refusal::KeyReused => Err(Problem::from(Refusal::KeyReused)
                .detail("This page was used for another record already, which stays as it is.")
                .next("Scan the label again for a new record.")
                .link(format!("/t/{}", self.tag), "Open the page anew")),
            Refusal::ProtocolChanged | Refusal::NotItsProtocol => {
                self.again(Vec::new(), Some(PROTOCOL_CHANGED)).page(state).await
            }
            other if other.field().is_some() && other.field() != Some("idempotency-key") => {
                self.again(vec![Refused::Rule(other)], None).page(state).await
            }
            other => Err(other.into()),
        }
    }
}

/// The item, while the facility is held still.
fn with_item<T>(
    state: &AppState,
    tag: Tag,
    look: impl FnOnce(&Facility, &Equipment) -> T,
) -> Result<T, Problem> {
    let facility = state.store.snapshot();
    let item = facility.equipment.get(&tag).ok_or_else(Problem::not_found)?;
    Ok(look(&facility, item))
}

fn form_of(tag: Tag, form: &Form, token: &PageToken, photo: &Photo) -> CleaningForm {
    let mut wanted = CleaningForm::plain(tag, form.text("cleaned_by"));
    wanted.protocol = asked_protocol(form);
    wanted.protocol_version = form.get("version").and_then(|v| v.parse().ok());
    wanted.steps = Some(form.all("step").filter_map(|n| n.parse().ok()).collect());
    wanted.wet = token.wet();
    form.text("notes").clone_into(&mut wanted.note);
    wanted.photos.extend(token.photo);
    photo.name(&mut wanted);
    wanted
}

/// A phone that sends again what was recorded is told so, also while nothing says what the tag is on; others are shown `page`.
async fn recorded_before(state: &AppState, request: Request, page: Response) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    let form = crate::web::request::form::read(request, Some(&state.photos)).await?;
    let Some(key) = key(&headers, &form) else { return Ok(page) };
    Ok(match repeated(state, &key).await {
        Some(done) => see_other(&format!("/r/{}", Receipt::of(done.line.of, done.leaf))),
        None => page,
    })
}

/// The record that this very submission made before.
async fn repeated(state: &AppState, key: &str) -> Option<Done> {
    let (line, _) = by_key(state, key).await?;
    before(state, line).await.ok()
}

fn recorded(
    state: &AppState,
    device: &RequestDevice,
    done: Done,
    form: &CleaningForm,
    photo: Photo,
) -> Response {
    let said = if matches!(photo, Photo::NoRoom) { "?photo=no-room" } else { "" };
    if let Photo::Follows(photo) = photo {
        follow(state, done, photo);
    }
    let answer = see_other(&format!("/r/{}{said}", Receipt::of(done.line.of, done.leaf)));
    let name = match &form.who {
        Cleaner::Typed(name) => Some(name.trim()).filter(|n| !n.is_empty()),
        _ => None,
    };
    with_cookies(answer, [device.set_cookie(), name.and_then(crate::web::request::cookies::set_name)])
}

impl PhotoRefusal {
    /// The answer to a program, which has no page to come back to.
    fn problem(&self) -> Problem {
        let problem = Problem::new(self.status, "photo", self.words.clone()).field("photo");
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            return problem
                .detail("The photo that came with it could not be taken now.")
                .next("Send the same request again in half a minute.")
                .header(http::header::RETRY_AFTER, HeaderValue::from(PHOTO_AGAIN_S));
        }
        problem
            .detail("The photo that came with it is of no use.")
            .next("Send it again without the photo, or with another one.")
    }
}

/// How a protocol is to be followed.
#[derive(askama::Template)]
#[template(path = "instructions.html")]
struct Instructions {
    frame: Frame,
    protocol: std::sync::Arc<record::kinds::ProtocolPublished>,
    contact: Option<String>,
}

async fn instructions(State(state): State<AppState>, Path(id): Path<String>) -> Result<Response, Problem> {
    let (snapshot, protocol) = {
        let facility = state.store.snapshot();
        let protocol = id.parse().ok().and_then(|id| facility.protocols.get(&id)).cloned();
        (Snapshot::of(&state, &facility), protocol.ok_or_else(Problem::not_found)?)
    };
    let contact = protocol.contact_s.map(formats::span);
    let frame = Frame::new(&state, &snapshot, protocol.name.clone());
    page(&Instructions { frame, protocol, contact })
}
