//! “Something is wrong with this item”: the page on which anybody says so.

use askama::Template;
use axum::extract::State;
use history::word_key;
use http::{HeaderValue, StatusCode};
use record::entry::{CommandSource, EntryAuthor};
use record::kinds::{Event, ProblemWord};
use record::tag::Tag;
use record::tree::Hash;
use service::attempts::ClientNetwork;
use web::answer::{Page, WithHeaders};
use web::argument::{FormFields, IdempotencyKey, Path};
use web::error::HttpError;
use words::{S0, SafeHtml, fill_slots};

use crate::intake::{ClaimedCleaner, Command, CommandRefusal, ProblemForm};
use crate::web::access::phone::PhoneCaller;
use crate::web::access::pin::PinTypist;
use crate::web::access::plain_form::screen_form;
use crate::web::access::staff_session::StaffSession;
use crate::web::answer::with_cookies;
use crate::web::assets::QUEUE;
use crate::web::commands::photo_upload::{PHOTO_AGAIN_S, PhotoRefusal, await_photo, take_photo};
use crate::web::commands::run::{CommandFailure, read_event};
use crate::web::context::AppState;
use crate::web::http_error::{not_found, worded};
use crate::web::layout::{PageLayout, StaffLink};
use crate::web::log_reads::read_quick;
use crate::web::pages::phone::scan::someone_else::forget_person;
use crate::web::pages::phone::scan::who::{KnownCleaner, ProofRefusal, ScanProof};
use crate::web::pages::phone::tag_answer::TagAnswer;
use crate::web::request::bodies::photo_form::PhotoForm;
use crate::web::request::fields::field_error::Wrong;
use crate::web::request::limits::address_share::AddressShare;
use crate::web::request::limits::report_share::{ReportOrigin, take_report};
use crate::web::request::submissions::page_token::{PageToken, carried_photo};
use crate::web::request::submissions::submission::{new_submission, submission_key, submission_of};
use crate::web::view_models::equipment::items::find_item;
use crate::web::view_models::equipment::problems::{ProblemCard, ProblemLook, ReportDetails, SentReport};
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::page::wording::PageWording;
use crate::web::view_models::records::photos::thumbnail_address;
use crate::web::words::{ErrorWords, PageWords, ProblemWords, RefusalWords, ScanWords};
use crate::wording::refusals::word_refusal;

struct ProblemChoice {
    value: &'static str,
    words: String,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "phone/item_problem.html")]
struct ItemProblemPage {
    frame: PageLayout,
    w: ProblemWords,
    scan: ScanWords,
    problems: Vec<Wrong>,
    tag: Tag,
    title: SafeHtml,
    open: Vec<ProblemCard>,
    choices: Vec<ProblemChoice>,
    text: String,
    who: String,
    /// Whoever typed their PIN here not long ago.
    by: Option<SafeHtml>,
    takes_badge: bool,
    submission: String,
    page: String,
    /// The thumbnail of a photo that came with an earlier press.
    stored_photo: Option<String>,
    queue: &'static str,
}

enum ReportFault {
    Rule(CommandRefusal),
    Photo(PhotoRefusal),
    Proof(ProofRefusal),
}

struct FaultWords<'a> {
    refusals: RefusalWords,
    errors: ErrorWords,
    scan: ScanWords,
    wording: &'a PageWording,
}

impl ReportFault {
    fn status(&self) -> StatusCode {
        match self {
            Self::Rule(_) | Self::Proof(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Photo(refusal) => refusal.status,
        }
    }

    fn word(&self, words: &FaultWords<'_>) -> Wrong {
        let FaultWords { refusals, errors, scan, wording } = *words;
        match self {
            Self::Proof(refusal) => {
                Wrong { at: refusal.field().to_owned(), words: refusal.word(scan, errors, wording) }
            }
            Self::Rule(refusal) => Wrong {
                at: refusal.field().unwrap_or("what").to_owned(),
                words: word_refusal(refusals, refusal),
            },
            Self::Photo(refusal) => Wrong { at: "photo".to_owned(), words: refusal.fault.word(errors) },
        }
    }
}

#[derive(Default)]
struct ReportTry {
    what: Option<ProblemWord>,
    text: String,
    who: String,
    submission: Option<String>,
    photo: Option<Hash>,
    refused: Option<ReportFault>,
}

async fn report_page(
    state: &AppState,
    phone: &PhoneCaller,
    tag: Tag,
    signed: Option<StaffSession>,
    entered: ReportTry,
) -> Result<Page, HttpError> {
    let words: (PageWords, ProblemWords, RefusalWords, ScanWords, ErrorWords) = phone.words();
    let (page_words, w, refusals, scan, errors) = words;
    let usage = phone.browser().usage();
    let staff_link = StaffLink::of(state, phone.browser(), page_words);
    let is_secure = phone.peer().secure;
    let drawn = read_quick(state, move |state, reader| {
        let facility = state.store.snapshot();
        let snapshot = Snapshot::of(state, &facility);
        let wording = PageWording::new(page_words, &snapshot.local);
        let item = facility.equipment.get(&tag).ok_or_else(not_found)?;
        let look = ProblemLook { state, facility: &facility, reader, wording: &wording, w };
        let faults = FaultWords { refusals, errors, scan, wording: &wording };
        let title = match entered.refused {
            Some(_) => page_words.page_error_title(w.problem_title()),
            None => w.problem_title(),
        };
        let proof_min = snapshot.settings.pin_proof_min;
        let known = signed.as_ref().map(|signed| KnownCleaner::of(signed, proof_min, &wording, scan));
        Ok(ItemProblemPage {
            frame: PageLayout::open(state, &snapshot, page_words, title)
                .with_script()
                .used_by(usage)
                .with_staff_link(staff_link)
                .about_loan(state, tag),
            w,
            problems: entered.refused.iter().map(|fault| fault.word(&faults)).collect(),
            tag,
            title: fill_slots(w.problem_title_of(S0), [SafeHtml::entered(&item.facts.name)]),
            open: look.cards_of(tag, ReportDetails::on_open_page(signed.as_ref().map(StaffSession::staff))),
            choices: ProblemWord::ALL
                .iter()
                .map(|word: &'static ProblemWord| ProblemChoice {
                    value: word.as_str(),
                    words: w.problem_kind(&word_key(word.as_str())),
                    is_chosen: entered.what.as_ref() == Some(word),
                })
                .collect(),
            text: entered.text,
            who: entered.who,
            by: known.and_then(|known| known.by),
            takes_badge: is_secure && state.identity.badges.has_any(),
            scan,
            submission: entered.submission.unwrap_or_else(|| new_submission(state)),
            page: PageToken { photo: entered.photo, ..PageToken::new(tag, &snapshot.now) }
                .text(&state.identity.page_key),
            stored_photo: entered.photo.map(thumbnail_address),
            queue: QUEUE.path(),
        })
    });
    let template = drawn.await?;
    Ok(Page::draw(&template)?.in_locale(page_words.catalog().locale()))
}

pub(crate) async fn ask_problem(
    phone: PhoneCaller,
    State(state): State<AppState>,
    Path(text): Path<String>,
) -> Result<Page, HttpError> {
    let tag = find_item(&state, &text)?.tag;
    let signed = phone.session(&state).await?;
    let who = phone.first_name(signed.as_ref());
    report_page(&state, &phone, tag, signed, ReportTry { who, ..ReportTry::default() }).await
}

fn report_of(tag: Tag, form: &FormFields, photo: Option<Hash>, who: ClaimedCleaner) -> ProblemForm {
    let what = form.get("what").and_then(|word| word.parse().ok());
    let photos = photo.into_iter().collect();
    ProblemForm { tag, what, text: form.text("notes").to_owned(), photos, who, pin_ago_s: None }
}

pub(crate) async fn submit_problem(
    phone: PhoneCaller,
    State(state): State<AppState>,
    _: AddressShare,
    Path(text): Path<String>,
    key: IdempotencyKey,
    PhotoForm { fields: form, photo }: PhotoForm,
) -> Result<WithHeaders<TagAnswer>, HttpError> {
    let device = phone.browser().device(&state);
    let typist = PinTypist::on(&device, phone.peer());
    let form = screen_form(&state, form, &typist).await?;
    let tag = find_item(&state, &text)?.tag;
    let mut signed = phone.session(&state).await?;
    let proof = scanned_proof(&state, &phone, &typist, &form).await?;
    if form.get("other").is_some() {
        return ask_somebody_else(&state, &phone, tag, &form, signed).await;
    }
    let mut proof = proof.hold_pin(&state, signed.as_mut());
    let proof_min = state.store.snapshot().settings.pin_proof_min;
    let who = proof.cleaner(&form, signed.as_ref(), proof_min);
    let staff = match &who {
        ClaimedCleaner::Pin(staff) | ClaimedCleaner::Badge(staff) => Some(*staff),
        _ => None,
    };
    let by = EntryAuthor { staff, via: CommandSource::Phone, device: Some(device.id()) };
    let key = submission_key(key, &form);
    let carried = carried_photo(&state, tag, &form);
    let came = photo.is_some();
    let taken = await_photo(take_photo(&state, photo).await).await.map(|photo| photo.or(carried));
    let mut report = report_of(tag, &form, taken.as_ref().map_or(carried, |photo| *photo), who);
    report.pin_ago_s = proof.pin_ago_s(signed.as_ref());
    let name = entered_name(&report.who);
    let cookies_set: [Option<HeaderValue>; 2] =
        [device.set_cookie(), name.and_then(|name| device.set_name(name))];
    let done = match (proof.refused, taken) {
        (Some(refusal), _) => Err(ReportFailure::Shown(ReportFault::Proof(refusal))),
        (None, Ok(_)) => {
            let network = ClientNetwork::of(phone.peer().remote);
            let origin = ReportOrigin { device: device.id(), network, proven: staff, item: Some(tag) };
            report_once(&state, by, origin, key.as_deref(), &report, &mut proof).await
        }
        (None, Err(refusal)) => Err(ReportFailure::Shown(ReportFault::Photo(refusal))),
    };
    match done {
        Ok(is_added) => {
            let lost_photo = came && report.photos.is_empty();
            let sent = SentReport { lost_photo, is_added, is_use: false };
            Ok(with_cookies(TagAnswer::to(&format!("/t/{tag}{}#problems", sent.query()))?, cookies_set))
        }
        Err(ReportFailure::Shown(fault)) => {
            let status = fault.status();
            let entered = ReportTry {
                what: report.what,
                text: report.text,
                who: form.text("cleaned_by").to_owned(),
                submission: key,
                photo: report.photos.first().copied(),
                refused: Some(fault),
            };
            let page = report_page(&state, &phone, tag, signed, entered).await?;
            let answer = TagAnswer::shown(status, page);
            let is_later = status == StatusCode::SERVICE_UNAVAILABLE;
            let answer = if is_later { answer.retry_after_s(PHOTO_AGAIN_S) } else { answer };
            Ok(with_cookies(answer, [device.set_cookie()]))
        }
        Err(ReportFailure::Elsewhere(other)) => {
            Err(HttpError::from(other).link(format!("/t/{tag}"), worded(ErrorWords::error_links_item)))
        }
    }
}

async fn report_once(
    state: &AppState,
    by: EntryAuthor,
    origin: ReportOrigin,
    key: Option<&str>,
    report: &ProblemForm,
    proof: &mut ScanProof,
) -> Result<bool, ReportFailure> {
    let share = take_report(state, origin, key).await;
    let share = share.map_err(|_| ReportFailure::Shown(ReportFault::Rule(CommandRefusal::ReportsSpent)))?;
    let command = Command::ReportProblem(Box::new(report.clone()));
    let done = match proof.run(state, by, key.map(str::to_owned), command).await {
        Ok(done) => done,
        Err(failure) => {
            share.refund(state);
            return Err(failure.into());
        }
    };
    let made = read_event(state, done.line)
        .await
        .map_err(|e| ReportFailure::from(CommandFailure::Box(Box::new(e))))?;
    Ok(matches!(made, Some((_, Event::ProblemReported(made))) if made.also.is_some()))
}

fn entered_name(who: &ClaimedCleaner) -> Option<&str> {
    match who {
        ClaimedCleaner::Entered(name) => Some(name.trim()).filter(|name| !name.is_empty()),
        _ => None,
    }
}

/// “I am someone else”: the page again with what was entered, for the next person. A photo of that request is not stored.
async fn ask_somebody_else(
    state: &AppState,
    phone: &PhoneCaller,
    tag: Tag,
    form: &FormFields,
    signed: Option<StaffSession>,
) -> Result<WithHeaders<TagAnswer>, HttpError> {
    let cleared = forget_person(state, &phone.shown_devices(), signed.as_ref(), phone.notes()).await?;
    let entered = ReportTry {
        what: form.get("what").and_then(|word| word.parse().ok()),
        text: form.text("notes").to_owned(),
        submission: submission_of(form),
        photo: carried_photo(state, tag, form),
        ..ReportTry::default()
    };
    let page = report_page(state, phone, tag, None, entered).await?;
    Ok(with_cookies(TagAnswer::shown(StatusCode::OK, page), cleared))
}

/// What a report itself proves: whose badge was scanned for it.
async fn scanned_proof(
    state: &AppState,
    phone: &PhoneCaller,
    typist: &PinTypist,
    form: &FormFields,
) -> Result<ScanProof, HttpError> {
    let badge = form.text("badge").trim();
    if badge.is_empty() {
        return Ok(ScanProof::default());
    }
    let proof = ScanProof::default().with_badge(state, badge, typist.origin()).await?;
    phone.notes().add(proof.note.clone());
    Ok(proof)
}

enum ReportFailure {
    Shown(ReportFault),
    Elsewhere(CommandFailure),
}

impl From<CommandFailure> for ReportFailure {
    fn from(failure: CommandFailure) -> Self {
        match failure {
            CommandFailure::Refused(refusal) if is_shown_here(&refusal) => {
                Self::Shown(ReportFault::Rule(refusal))
            }
            other => Self::Elsewhere(other),
        }
    }
}

/// Whether the refusal is shown on the page itself, with everything that was entered.
fn is_shown_here(refusal: &CommandRefusal) -> bool {
    *refusal == CommandRefusal::ReportsSpent
        || matches!(refusal.field(), Some("what" | "notes" | "cleaned_by"))
}
