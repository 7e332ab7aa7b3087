//! The receipt of a record: its number and hash, where it is by now, its proof, and for a while the way to undo it.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use record::compliance::Status;
use record::entry::{By, ClockState, Via};
use record::fold::{Cleaning, Service};
use record::ids::DeviceId;
use record::kinds::{CleaningRecorded, EntryRef, Event};
use record::proof::Proof;
use record::receipt::Receipt;
use record::tag::Tag;
use schemars::JsonSchema;
use serde::Deserialize;
use web::answer::{FormReply, Json, OneOf, Page, SeeOther};
use web::argument::{FormBody, IdempotencyKey, Lenient, Path};
use web::error::HttpError;
use web::live::LivePage;

use crate::intake::{Command, Refusal};
use crate::store::{Reader, StoreSnapshot};
use crate::web::access::phone::Phone;
use crate::web::answer::{ask_again, go_to};
use crate::web::commands::run;
use crate::web::commands::run::{Undone, act};
use crate::web::context::{AppState, Link};
use crate::web::layout::Frame;
use crate::web::live::live_page;
use crate::web::log_reads;
use crate::web::log_reads::{read_quick, text};
use crate::web::request::address_share::AddressShare;
use crate::web::request::field_error::Wrong;
use crate::web::request::submission::{new_submission, submission_key};
use crate::web::view_models::formats::{Moment, count, span};
use crate::web::view_models::item_status::Row;
use crate::web::view_models::proofs::{cosigned, proof_of};
use crate::web::view_models::receipts::{Found, find, in_chain};
use crate::web::view_models::snapshot::{Snapshot, missing_words, who_words};
use crate::web::view_models::status_board::{StandingBoard, StandingBoards, board_lately};

/// For how long after its record a receipt asks for the relay's word; later it looks when somebody looks at it.
const ASKS_MS: i64 = 10 * 60_000;

struct Voided {
    title: &'static str,
    words: String,
}

#[derive(Template)]
#[template(path = "receipt.html")]
struct ReceiptPage {
    frame: Frame,
    receipt: Receipt,
    tag: Tag,
    name: String,
    stands: String,
    voided: Option<Voided>,
    missing: String,
    late: Option<(Moment, Moment)>,
    when: Moment,
    seq: String,
    hash: String,
    by: String,
    wet: Option<String>,
    photo: Option<&'static str>,
    /// A photo came, and the box had no room for it.
    no_room: bool,
    unsure: bool,
    on_box: Moment,
    /// When a run brought it back, if one did.
    adopted: Option<Moment>,
    relay: RelayState,
    next: Option<(Tag, String)>,
    again: bool,
    undo: Option<String>,
    contact: String,
}

/// What the way to the receipt has to say of this record.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct ReceiptParams {
    /// `no-room`: a photo came and was not kept.
    photo: Option<String>,
}

pub(crate) async fn show(
    phone: Phone,
    State(state): State<AppState>,
    Path(text): Path<String>,
    Lenient(params): Lenient<ReceiptParams>,
) -> Result<OneOf<Page, SeeOther>, HttpError> {
    let (live, devices) = (live_page(&state), phone.shown_devices());
    let board = board_lately(&state).await?;
    let shown = read_quick(&state, move |state, reader| {
        let found = find(state, reader, &text)?;
        if found.receipt.to_string() != text {
            return Ok(Err(found.receipt));
        }
        let facility = state.store.snapshot();
        let snapshot = Snapshot::of(state, &facility);
        let looks = ReceiptLook { state, facility: &facility, snapshot: &snapshot, reader, live: &live };
        let mut shown = looks.receipt_page(&board, &found, &devices);
        shown.no_room = params.photo.as_deref() == Some("no-room") && found.cleaning.photos.is_empty();
        Ok(Ok(Box::new(shown)))
    });
    match shown.await? {
        Ok(template) => Page::draw(&*template).map(OneOf::First),
        Err(receipt) => SeeOther::to(&format!("/r/{receipt}")).map(OneOf::Second),
    }
}

/// What a receipt is made from.
#[derive(Clone, Copy)]
struct ReceiptLook<'a> {
    state: &'a AppState,
    facility: &'a StoreSnapshot,
    snapshot: &'a Snapshot,
    reader: &'a Reader,
    live: &'a LivePage,
}

impl ReceiptLook<'_> {
    fn receipt_page(self, board: &StandingBoard, found: &Found, devices: &[DeviceId]) -> ReceiptPage {
        let Self { state, facility, snapshot, reader, .. } = self;
        let (cleaning, local) = (&found.cleaning, &snapshot.local);
        let item = facility.equipment.get(&cleaning.tag);
        let name = item.map_or_else(|| cleaning.tag.grouped(), |item| item.name.clone());
        // Of all the items only this one is looked at anew.
        let row = item.and_then(|item| state.kept::<StandingBoards>().row_of(facility, item, local));
        let late = cleaning.stated && cleaning.recorded_ms - cleaning.performed_ms > 60_000;
        let relay = relay_state(state, snapshot, in_chain(reader, found.line));
        let voided = cleaning.voided.map(|of| self.voided(of, devices));
        let title = if voided.is_some() { "Undone" } else { "Recorded" };
        let after_use = item.is_some_and(|i| {
            i.schedules().iter().any(|(_, s)| matches!(s, record::kinds::Schedule::Use { .. }))
        });
        ReceiptPage {
            frame: self.frame(found, &relay, format!("{title}: {name}")),
            receipt: found.receipt.clone(),
            tag: cleaning.tag,
            stands: match found.is_uncounted {
                true => UNCOUNTED.to_owned(),
                false => stands(row.as_ref(), cleaning, snapshot),
            },
            missing: missing_words(&cleaning.incomplete),
            late: late.then(|| (local.day_time(cleaning.performed_ms), local.day_time(cleaning.recorded_ms))),
            when: local.day_time(cleaning.performed_ms),
            seq: count(found.line.of.seq),
            hash: found.receipt.hash_words(),
            by: who_words(reader, facility, &cleaning.who),
            wet: wet_words(&found.body),
            photo: photo_words(state, cleaning),
            no_room: false,
            unsure: cleaning.at.clock == ClockState::Uncertain
                && !facility.boots.contains_key(&cleaning.at.boot),
            on_box: local.time_s(cleaning.recorded_ms),
            adopted: cleaning.adopted.map(|adopted| local.day_time(adopted.at_ms)),
            relay,
            next: next(board, facility, cleaning.tag, item.map_or("", |i| &i.location)),
            again: after_use && cleaning.voided.is_none(),
            undo: undo_until(found, snapshot, devices).filter(|_| !found.is_uncounted),
            contact: snapshot.contact(),
            voided,
            name,
        }
    }

    /// A receipt waits for the relay's word; what can come no more needs no asking.
    fn frame(self, found: &Found, relay: &RelayState, title: String) -> Frame {
        let frame = Frame::new(self.state, self.snapshot, title);
        if !relay.may_change {
            return frame;
        }
        if self.snapshot.now_ms().saturating_sub(found.cleaning.recorded_ms) > ASKS_MS {
            return frame.renewed_when_seen();
        }
        frame.live(self.live.clone()).refreshed()
    }

    /// Who took it back, when and why.
    fn voided(self, of: EntryRef, devices: &[DeviceId]) -> Voided {
        let Self { facility, snapshot, reader, .. } = self;
        let plain = Voided { title: "Voided", words: "It was voided.".to_owned() };
        let Ok(Some((entry, Event::CleaningVoided(body)))) = run::entry_by(reader, of) else {
            return plain;
        };
        let when = snapshot.local.day_time(entry.head().at.wall).text;
        let why = text(reader, body.reason.hash);
        match entry.head().by.staff {
            Some(staff) => {
                let who = log_reads::staff_name(reader, facility, staff);
                Voided { words: format!("Voided {when} by {who}: {why}."), ..plain }
            }
            None => {
                let mine = entry.head().by.device.is_some_and(|device| devices.contains(&device));
                let who = if mine { "on this phone" } else { "on the phone that recorded it" };
                Voided { title: "Undone", words: format!("Undone {when} {who}: {why}.") }
            }
        }
    }
}

/// What a receipt says whose item nobody knows now.
const UNCOUNTED: &str = "was cleaned. This record is whole and safe, but a part of this box’s history is missing that says \
                         what this tag is on. The record counts for its item as soon as that part is back.";

fn stands(row: Option<&Row>, cleaning: &Cleaning, snapshot: &Snapshot) -> String {
    if !cleaning.is_complete() {
        return "is recorded, but does not count as clean yet.".to_owned();
    }
    match row.filter(|row| row.item.service != Service::Retired).map(|row| row.status) {
        Some(Status::Clean { until_ms: Some(ms) }) => {
            format!("is clean until {}.", snapshot.local.deadline(ms))
        }
        Some(Status::Clean { until_ms: None }) => "is clean until it is used.".to_owned(),
        Some(Status::NoSchedule) => "was cleaned. It has no schedule.".to_owned(),
        Some(Status::Due { by_ms }) => {
            format!("was cleaned. It is due again by {}.", snapshot.local.deadline(by_ms))
        }
        Some(Status::DueAfterUse { .. } | Status::Overdue { .. }) => {
            "was cleaned. It is due again.".to_owned()
        }
        Some(Status::OutOfService { .. }) => "was cleaned. It is out of service.".to_owned(),
        Some(Status::NotDue) | None => "was cleaned.".to_owned(),
    }
}

/// The oldest overdue item, at the same place if there is one; else what is due next. What somebody has just recorded at an
/// item may not be on the board yet: such a one is passed over.
fn next(board: &StandingBoard, facility: &StoreSnapshot, this: Tag, place: &str) -> Option<(Tag, String)> {
    let is_as_shown = |row: &&Arc<Row>| {
        let tag = row.item.tag;
        let item = facility.equipment.get(&tag);
        tag != this && item.is_some_and(|item| row.is_of(item, facility.activity.get(&tag)))
    };
    let near = |row: &&Arc<Row>| !place.is_empty() && row.item.location == place;
    let near = board.overdue().iter().filter(near).find(is_as_shown);
    let next = near.or_else(|| board.waiting().iter().find(is_as_shown));
    next.map(|row| (row.item.tag, row.item.name.clone()))
}

fn wet_words(body: &CleaningRecorded) -> Option<String> {
    let contact = body.contact?;
    let of = contact.required_s.map_or(String::new(), |s| format!(" of {}", span(s)));
    match (contact.measured_s, contact.stated_s) {
        (Some(s), _) => Some(format!("{}{of}", span(s))),
        (None, Some(s)) => Some(format!("{}{of}, as stated", span(s))),
        (None, None) => contact.required_s.map(|s| format!("not measured, {} needed", span(s))),
    }
}

fn photo_words(state: &AppState, cleaning: &Cleaning) -> Option<&'static str> {
    let here = cleaning.photos.iter().filter(|photo| state.photos.is_here(**photo)).count();
    match (cleaning.photos.len(), here) {
        (0, _) => None,
        (_, 0) => Some("at the relay"),
        (1, _) => Some("kept"),
        (all, here) if here < all => Some("some kept here, some at the relay"),
        _ => Some("several kept"),
    }
}

/// Since when the relay has an entry: it signed for it then, and may have had it earlier.
fn since(state: &AppState, snapshot: &Snapshot, of: EntryRef) -> Option<String> {
    let kept = cosigned(state, of)?;
    let note = record::sign::Note::parse(&kept.note).ok()?;
    let times = (state.cosigners)();
    let time_s = times.iter().find_map(|key| key.verify(&note).ok().flatten())?;
    let when = snapshot.local.day_time(i64::try_from(time_s).ok()?.checked_mul(1_000)?).text;
    let sure = kept.checkpoint.size == of.seq + 1;
    Some(format!("there since {when}{}.", if sure { "" } else { " or earlier" }))
}

/// How a record stands with the relay.
struct RelayState {
    /// Whether the relay has it.
    has: bool,
    /// Whether that may change while somebody looks.
    may_change: bool,
    words: String,
}

fn relay_state(state: &AppState, snapshot: &Snapshot, of: Option<EntryRef>) -> RelayState {
    let for_good = |has: bool, words: String| RelayState { has, may_change: false, words };
    let Some(of) = of else {
        return for_good(false, "this record is in an earlier log of this box.".to_owned());
    };
    let here = of.epoch == state.store.origin().epoch;
    if cosigned(state, of).is_some() && (!here || of.seq < state.store.cursor_size()) {
        let words = since(state, snapshot, of);
        return for_good(
            true,
            words.unwrap_or_else(|| "there: the relay has signed that it holds it.".to_owned()),
        );
    }
    if !here {
        return for_good(false, "this record is in an earlier log of this box.".to_owned());
    }
    let words = match *state.link.borrow() {
        Link::Alone => return for_good(false, "this box works alone.".to_owned()),
        Link::Up { .. } => "on its way. It goes by itself, you can walk on.".to_owned(),
        Link::Down { since_ms: Some(ms) } => {
            format!(
                "waiting: no line since {}. It goes by itself, you can walk on.",
                snapshot.local.deadline(ms)
            )
        }
        Link::Down { since_ms: None } => {
            "waiting: no line yet. It goes by itself, you can walk on.".to_owned()
        }
    };
    RelayState { has: false, may_change: true, words }
}

/// Until when this phone can take the record back; the rule itself is intake's.
fn undo_until(found: &Found, snapshot: &Snapshot, devices: &[DeviceId]) -> Option<String> {
    let (then, by) = (found.entry.head().at, found.entry.head().by);
    let undo_ms = u64::from(snapshot.settings.undo_min) * 60_000;
    let passed_ms = snapshot.now.up_ms.checked_sub(then.up).filter(|_| then.boot == snapshot.now.boot)?;
    let mine = by.device.is_some_and(|device| devices.contains(&device));
    let left_ms = undo_ms.checked_sub(passed_ms).filter(|_| mine && found.cleaning.voided.is_none())?;
    Some(snapshot.local.time(snapshot.now_ms().saturating_add_unsigned(left_ms)).text)
}

/// `GET /r/{receipt}/proof`: entry, path and signed checkpoint, for anybody.
pub(crate) async fn prove(
    _: Phone,
    State(state): State<AppState>,
    Path(text): Path<String>,
) -> Result<Json<Proof>, HttpError> {
    let found = read_quick(&state, move |state, reader| Ok(find(state, reader, &text)?.line));
    proof_of(&state, found.await?, false).await.map(Json)
}

#[derive(Template)]
#[template(path = "undo.html")]
struct UndoPage {
    frame: Frame,
    problems: Vec<Wrong>,
    receipt: Receipt,
    seq: String,
    name: String,
    by: String,
    reason: String,
    submission: String,
}

/// What somebody put in who takes a record back.
#[derive(Default)]
struct UndoTry {
    problems: Vec<Wrong>,
    reason: String,
    submission: Option<String>,
}

/// The question whether to take a record back; of one that is taken back already there is only the receipt.
async fn undo_page(
    state: &AppState,
    text: String,
    typed: UndoTry,
) -> Result<OneOf<Page, SeeOther>, HttpError> {
    let drawn = read_quick(state, move |state, reader| {
        let found = find(state, reader, &text)?;
        if found.cleaning.voided.is_some() {
            return Ok(Err(found.receipt));
        }
        let facility = state.store.snapshot();
        let snapshot = Snapshot::of(state, &facility);
        let name =
            facility.equipment.get(&found.cleaning.tag).map_or_else(String::new, |item| item.name.clone());
        let error = if typed.problems.is_empty() { "" } else { "Error: " };
        Ok(Ok(UndoPage {
            frame: Frame::new(state, &snapshot, format!("{error}Undo this record?")).with_script(),
            problems: typed.problems,
            receipt: found.receipt,
            seq: count(found.line.of.seq),
            by: who_words(reader, &facility, &found.cleaning.who),
            name,
            reason: typed.reason,
            submission: typed.submission.unwrap_or_else(|| new_submission(state)),
        }))
    });
    match drawn.await? {
        Ok(template) => Page::draw(&template).map(OneOf::First),
        Err(receipt) => SeeOther::to(&format!("/r/{receipt}")).map(OneOf::Second),
    }
}

pub(crate) async fn ask_undo(
    _: Phone,
    State(state): State<AppState>,
    Path(text): Path<String>,
) -> Result<OneOf<Page, SeeOther>, HttpError> {
    undo_page(&state, text, UndoTry::default()).await
}

pub(crate) async fn undo(
    phone: Phone,
    State(state): State<AppState>,
    _: AddressShare,
    Path(text): Path<String>,
    key: IdempotencyKey,
    form: FormBody,
) -> Result<FormReply, HttpError> {
    let devices = phone.shown_devices();
    let named = text.clone();
    let found = read_quick(&state, move |state, reader| {
        let found = find(state, reader, &named)?;
        Ok((found.line, format!("/r/{}", found.receipt), found.entry.head().by.device))
    });
    let (line, to, device) = found.await?;
    let same = device.filter(|device| devices.contains(device));
    let reason = form.fields.text("reason").to_owned();
    let by = By { staff: None, via: Via::Phone, device: same.or(devices.first().copied()) };
    let key = submission_key(key, &form.fields);
    match act(&state, by, key.clone(), Command::VoidCleaning { line, reason: reason.clone() }).await {
        Ok(_) => go_to(&to),
        Err(Undone::Refused(refusal)) if refusal.field() == Some("reason") => {
            let problems = vec![Wrong { at: "reason".to_owned(), words: refusal.to_string() }];
            let page = undo_page(&state, text, UndoTry { problems, reason, submission: key }).await?;
            Ok(match page {
                OneOf::First(page) => ask_again(page),
                OneOf::Second(to) => FormReply::Done(to),
            })
        }
        Err(Undone::Refused(Refusal::AlreadyVoided)) => go_to(&to),
        Err(other) => Err(HttpError::from(other).link(to, "Back to the receipt")),
    }
}
