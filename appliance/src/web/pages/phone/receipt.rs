//! The receipt of a record: its number and hash, where it is by now, and its proof.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use history::{HistoryWords, word_contact, word_flag};
use record::alarm::AlarmCode;
use record::compliance::ItemStatus;
use record::fold::{CleaningRecord, ServiceState};
use record::ids::DeviceId;
use record::kinds::{CleaningFlag, EntryRef, Event};
use record::proof::RecordProof;
use record::receipt::Receipt;
use record::tag::Tag;
use schemars::JsonSchema;
use serde::Deserialize;
use web::answer::{Json, OneOf, Page, SeeOther, WithHeaders};
use web::argument::{LenientQuery, Path};
use web::error::HttpError;
use web::live::LivePage;
use words::{S0, S1, SafeHtml, WordSet as _, fill_slots};

use crate::intake::Permission;
use crate::store::{LogReader, StoreSnapshot};
use crate::web::access::phone::PhoneCaller;
use crate::web::answer::with_cookies;
use crate::web::commands::run;
use crate::web::context::{AppState, RelayLinkState};
use crate::web::layout::{PageLayout, StaffLink};
use crate::web::live::live_page;
use crate::web::log_reads::{StoredText, read_quick};
use crate::web::pages::phone::same_again::{SameAgainForm, SameAgainLook};
use crate::web::request::client::cookies;
use crate::web::view_models::equipment::item_status::ItemRow;
use crate::web::view_models::equipment::status_board::{StatusBoard, StatusBoards, board_lately};
use crate::web::view_models::page::snapshot::{Snapshot, missing_words};
use crate::web::view_models::page::wording::PageWording;
use crate::web::view_models::records::proofs::{find_cosigned, proof_of};
use crate::web::view_models::records::receipts::{ReceiptTarget, find_receipt, in_chain};
use crate::web::words::{PageWords, ReceiptWords};

/// For how long after its record a receipt polls for the relay's cosignature; later it only checks when it is opened.
const ASKS_MS: i64 = 10 * 60_000;

struct Voided {
    title: String,
    was_cleaned: SafeHtml,
    words: SafeHtml,
}

#[derive(Template)]
#[template(path = "phone/receipt.html")]
struct ReceiptPage {
    frame: PageLayout,
    w: ReceiptWords,
    receipt: Receipt,
    tag: Tag,
    /// What the record means for its item.
    stands: SafeHtml,
    printed: String,
    voided: Option<Voided>,
    missing: String,
    /// Further remarks, such as that whoever cleaned is not signed off.
    remarks: Vec<String>,
    late: Option<SafeHtml>,
    when: SafeHtml,
    seq: u64,
    /// The same number as people read it.
    entry: String,
    hash: String,
    by: SafeHtml,
    wet: Option<String>,
    /// Until when the item counts as clean after it, by its protocol.
    clean: Option<SafeHtml>,
    photo: Option<String>,
    /// A photo came, and the disk had no space for it.
    no_room: Option<SafeHtml>,
    certainty: Option<String>,
    on_disk: SafeHtml,
    /// Since when it counts again, if a run restored it.
    adopted: Option<SafeHtml>,
    relay: RelayState,
    next: Option<(Tag, SafeHtml)>,
    again: bool,
    same_again: Option<SameAgainForm>,
    undo: Option<String>,
    wrong: SafeHtml,
    /// The form token for staff who may print it.
    print_token: Option<String>,
    /// Whoever recorded it reads once that there is a page to install.
    offers_app: bool,
}

/// What the way to the receipt has to say of this record.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct ReceiptParams {
    /// `no-room`: a photo came and was not kept.
    photo: Option<String>,
}

pub(crate) async fn show(
    phone: PhoneCaller,
    State(state): State<AppState>,
    Path(text): Path<String>,
    LenientQuery(params): LenientQuery<ReceiptParams>,
) -> Result<OneOf<WithHeaders<Page>, SeeOther>, HttpError> {
    let (live, devices, usage) = (live_page(&state), phone.shown_devices(), phone.browser().usage());
    let (page_words, words): (PageWords, ReceiptWords) = phone.words();
    let signed = phone.session(&state).await?;
    let who = phone.first_name(signed.as_ref());
    let printer = signed.filter(|signed| signed.holds(Permission::Print));
    let print_token = printer.filter(|_| state.printing.has_slip_printer()).map(|signed| signed.form_token());
    let may_offer = phone.peer().secure && phone.app_offer().is_none_or(|receipt| receipt == text);
    let staff_link = StaffLink::of(&state, phone.browser(), page_words);
    let board = board_lately(&state).await?;
    let shown = read_quick(&state, move |state, reader| {
        let found = find_receipt(state, reader, &text)?;
        if found.receipt.to_string() != text {
            return Ok(Err(found.receipt));
        }
        let facility = state.store.snapshot();
        let snapshot = Snapshot::of(state, &facility);
        let wording = PageWording::new(page_words, &snapshot.local);
        let looks = ReceiptLook {
            words,
            wording: &wording,
            state,
            facility: &facility,
            snapshot: &snapshot,
            reader,
            live: &live,
        };
        let mut shown = looks.receipt_page(&board, &found, &devices);
        shown.frame = shown.frame.used_by(usage);
        shown.print_token = print_token;
        shown.frame.staff_link = staff_link;
        if shown.again {
            let (facility, devices) = (&facility, devices.as_slice());
            let looks = SameAgainLook { w: words, state, facility, devices, who };
            shown.same_again = looks.form(&found);
        }
        shown.offers_app = may_offer && is_first_hand(&found, &devices);
        if params.photo.as_deref() == Some("no-room") && found.cleaning.photos.is_empty() {
            let contact = wording.contact(&snapshot.settings);
            shown.no_room = Some(fill_slots(words.receipt_no_room(S0), [contact]));
        }
        Ok(Ok(Box::new(shown)))
    });
    match shown.await? {
        Ok(template) => {
            let page = Page::draw(&*template)?.in_locale(page_words.catalog().locale());
            let offer = template.offers_app.then(|| cookies::set_app_offer(&template.receipt.to_string()));
            Ok(OneOf::First(with_cookies(page, [offer.flatten()])))
        }
        Err(receipt) => SeeOther::to(&format!("/r/{receipt}")).map(OneOf::Second),
    }
}

/// This phone recorded it on a page of the box: the installed page needs no further offer.
fn is_first_hand(found: &ReceiptTarget, devices: &[DeviceId]) -> bool {
    let is_mine = found.entry.head().by.device.is_some_and(|device| devices.contains(&device));
    is_mine && found.body.queued.is_none()
}

#[derive(Clone, Copy)]
struct ReceiptLook<'a> {
    words: ReceiptWords,
    wording: &'a PageWording,
    state: &'a AppState,
    facility: &'a StoreSnapshot,
    snapshot: &'a Snapshot,
    reader: &'a LogReader,
    live: &'a LivePage,
}

impl ReceiptLook<'_> {
    fn receipt_page(self, board: &StatusBoard, found: &ReceiptTarget, devices: &[DeviceId]) -> ReceiptPage {
        let Self { words: w, wording, state, facility, snapshot, reader, .. } = self;
        let (cleaning, dates) = (&found.cleaning, wording.dates());
        let item = facility.equipment.get(&cleaning.tag);
        let name = item.map_or_else(|| cleaning.tag.grouped(), |item| item.facts.name.clone());
        let late = cleaning.stated.is_some() && cleaning.recorded_ms - cleaning.performed_ms > 60_000;
        let done = dates.day_and_time(cleaning.performed_ms).to_html();
        let written = dates.day_and_time(cleaning.recorded_ms).to_html();
        let relay = relay_state(state, w, wording, in_chain(reader, found.line));
        let voided = cleaning.voided.map(|of| self.voided(of, devices, &name));
        let title = match voided {
            Some(_) => w.receipt_undone_title(&name),
            None => w.receipt_recorded_title(&name),
        };
        let after_use = item.is_some_and(|i| {
            i.schedules().iter().any(|(_, s)| matches!(s, record::kinds::Schedule::Use { .. }))
        });
        let on_disk = dates.clock_time_with_seconds(cleaning.recorded_ms).to_html();
        let adopted = cleaning.adopted.map(|adopted| dates.day_and_time(adopted.at_ms).to_html());
        let next = next_item(board, facility, cleaning.tag, item.map_or("", |i| &i.facts.location));
        ReceiptPage {
            frame: self.frame(found, &relay, title),
            w,
            receipt: found.receipt.clone(),
            tag: cleaning.tag,
            stands: self.stands(found, &name),
            printed: w.receipt_printed(snapshot.local.iso(snapshot.now_ms())),
            missing: missing_words(wording.words(), &cleaning.incomplete),
            remarks: self.remarks(cleaning),
            late: late.then(|| fill_slots(w.receipt_done_written(S0, S1), [done.clone(), written])),
            when: done,
            seq: found.line.of.seq,
            entry: wording.number(found.line.of.seq),
            hash: found.receipt.hash_words(),
            by: wording.cleaner(reader, facility, &cleaning.who),
            wet: word_contact(HistoryWords::in_locale(wording.locale()), dates, &found.body),
            clean: found.body.clean_until.map(|until_ms| dates.day_and_time(until_ms).to_html()),
            photo: photo_words(state, w, cleaning),
            no_room: None,
            certainty: wording.certainty(facility, &cleaning.at),
            on_disk: fill_slots(w.receipt_on_disk(S0), [on_disk]),
            adopted: adopted.map(|since| fill_slots(w.receipt_adopted(S0), [since])),
            relay,
            next: next.map(|item| {
                let name = SafeHtml::entered(&item.item.facts.name);
                (item.item.tag, fill_slots(w.receipt_next(S0), [name]))
            }),
            again: after_use && cleaning.voided.is_none(),
            same_again: None,
            undo: self.undo_until(found, devices).map(|until| w.receipt_undo(until)),
            wrong: fill_slots(w.receipt_wrong(S0), [wording.contact(&snapshot.settings)]),
            print_token: None,
            offers_app: false,
            voided,
        }
    }

    /// Flags of the record; that it is late is shown separately.
    fn remarks(self, cleaning: &CleaningRecord) -> Vec<String> {
        let lines = HistoryWords::in_locale(self.wording.locale());
        let flags = cleaning.flags.iter().filter(|flag| **flag != CleaningFlag::Late);
        flags.map(|flag| word_flag(lines, flag)).collect()
    }

    /// A receipt polls for the relay's cosignature, unless none can come any more.
    fn frame(self, found: &ReceiptTarget, relay: &RelayState, title: String) -> PageLayout {
        let frame = PageLayout::open(self.state, self.snapshot, self.wording.words(), title);
        let frame = frame.about_item(self.state, found.cleaning.tag);
        if !relay.may_change {
            return frame;
        }
        if self.snapshot.now_ms().saturating_sub(found.cleaning.recorded_ms) > ASKS_MS {
            return frame.renewed_when_seen();
        }
        frame.live(self.live.clone()).refreshed()
    }

    fn voided(self, of: EntryRef, devices: &[DeviceId], name: &str) -> Voided {
        let Self { words: w, wording, facility, reader, .. } = self;
        let plain = Voided {
            title: w.receipt_voided(),
            was_cleaned: fill_slots(w.receipt_cleaned(S0), [SafeHtml::entered(name)]),
            words: fill_slots(w.receipt_was_voided(), []),
        };
        let Ok(Some((entry, Event::CleaningVoided(body)))) = run::entry_by(reader, of) else {
            return plain;
        };
        let when = wording.written_time(facility, &entry.head().at);
        let why = StoredText::of_void(reader, body.reason.hash, wording.locale()).to_html(wording.words());
        match entry.head().by.staff {
            Some(staff) => {
                let who = StoredText::of_staff(reader, facility, staff).to_html(wording.words());
                let words = fill_slots(w.receipt_voided_by(when, S0, S1), [who, why]);
                Voided { words, ..plain }
            }
            None => {
                let mine = entry.head().by.device.is_some_and(|device| devices.contains(&device));
                let words =
                    if mine { w.receipt_undone_here(when, S0) } else { w.receipt_undone_there(when, S0) };
                Voided { title: w.receipt_undone(), words: fill_slots(words, [why]), ..plain }
            }
        }
    }

    fn stands(self, found: &ReceiptTarget, name: &str) -> SafeHtml {
        let Self { words: w, wording, state, facility, .. } = self;
        // Of all items only this one's status is computed again.
        let item = facility.equipment.get(&found.cleaning.tag);
        let boards = state.stored::<StatusBoards>();
        let row = item.and_then(|item| boards.row_of(facility, item, wording.local()));
        let sentence = if found.is_uncounted {
            w.receipt_uncounted(S0)
        } else if found.cleaning.is_complete() {
            word_status(w, wording, row.as_ref())
        } else {
            w.receipt_not_clean(S0)
        };
        fill_slots(sentence, [SafeHtml::element("strong", &[("translate", "no")], name)])
    }

    /// Until when this phone can take the record back; the rule itself is in intake.
    fn undo_until(self, found: &ReceiptTarget, devices: &[DeviceId]) -> Option<String> {
        let snapshot = self.snapshot;
        let (then, by) = (found.entry.head().at, found.entry.head().by);
        let undo_ms = u64::from(snapshot.settings.undo_min) * 60_000;
        let passed_ms = snapshot.now.up_ms.checked_sub(then.up).filter(|_| then.boot == snapshot.now.boot)?;
        let mine = by.device.is_some_and(|device| devices.contains(&device));
        let is_open = mine && found.cleaning.voided.is_none() && !found.is_uncounted;
        let left_ms = undo_ms.checked_sub(passed_ms).filter(|_| is_open)?;
        let until_ms = snapshot.now_ms().saturating_add_unsigned(left_ms);
        Some(self.wording.dates().clock_time(until_ms).text)
    }
}

/// The status of its item after a cleaning that counts, in a sentence about the first slot.
fn word_status(w: ReceiptWords, wording: &PageWording, row: Option<&ItemRow>) -> String {
    match row.filter(|row| row.item.service != ServiceState::Retired).map(|row| row.status) {
        Some(ItemStatus::Clean { until_ms: Some(ms) }) => w.receipt_clean_until(S0, wording.deadline(ms)),
        Some(ItemStatus::Clean { until_ms: None }) => w.receipt_clean_until_used(S0),
        Some(ItemStatus::NoSchedule) => w.receipt_no_schedule(S0),
        Some(ItemStatus::Due { by_ms }) => w.receipt_due_by(S0, wording.deadline(by_ms)),
        Some(ItemStatus::DueAfterUse { .. } | ItemStatus::Overdue { .. }) => w.receipt_due_again(S0),
        Some(ItemStatus::OutOfService { .. }) => w.receipt_out_of_service(S0),
        Some(ItemStatus::NotDue) | None => w.receipt_cleaned(S0),
    }
}

/// The oldest overdue item, at the same place if there is one; else what is due next. What somebody has just recorded
/// at an item may not be on the board yet: such an item is skipped.
fn next_item<'a>(
    board: &'a StatusBoard,
    facility: &StoreSnapshot,
    this: Tag,
    place: &str,
) -> Option<&'a Arc<ItemRow>> {
    let near = board.overdue().iter().filter(|row| !place.is_empty() && row.item.facts.location == place);
    near.chain(board.waiting()).find(|row| {
        let tag = row.item.tag;
        let item = facility.equipment.get(&tag);
        tag != this && item.is_some_and(|item| row.is_of(item, facility.activity.get(&tag)))
    })
}

fn photo_words(state: &AppState, w: ReceiptWords, cleaning: &CleaningRecord) -> Option<String> {
    let here = cleaning.photos.iter().filter(|photo| state.photos.is_here(**photo)).count();
    match (cleaning.photos.len(), here) {
        (0, _) => None,
        (_, 0) => Some(w.receipt_photo_at_relay()),
        (1, _) => Some(w.receipt_photo_kept()),
        (all, here) if here < all => Some(w.receipt_photos_some_at_relay()),
        _ => Some(w.receipt_photos_kept()),
    }
}

/// Since when the relay has an entry: it signed for it then, and may have had it earlier.
fn word_since(state: &AppState, w: ReceiptWords, wording: &PageWording, of: EntryRef) -> Option<String> {
    let stored = find_cosigned(state, of)?;
    let note = record::sign::SignedNote::parse(&stored.note).ok()?;
    let times = (state.cosigners)();
    let time_s = times.iter().find_map(|key| key.verify(&note).ok().flatten())?;
    let when = wording.dates().day_and_time(i64::try_from(time_s).ok()?.checked_mul(1_000)?).text;
    Some(match stored.checkpoint.size == of.seq + 1 {
        true => w.receipt_relay_since(when),
        false => w.receipt_relay_since_or_earlier(when),
    })
}

struct RelayState {
    has: bool,
    /// Whether that may change while somebody looks.
    may_change: bool,
    words: String,
}

impl RelayState {
    fn lack_for_good(words: String) -> Self {
        Self { has: false, may_change: false, words }
    }
}

fn relay_state(state: &AppState, w: ReceiptWords, wording: &PageWording, of: Option<EntryRef>) -> RelayState {
    let Some(of) = of else {
        return RelayState::lack_for_good(w.receipt_relay_other_log());
    };
    let here = of.epoch == state.store.origin().epoch;
    if find_cosigned(state, of).is_some() && (!here || of.seq < state.store.cursor_size()) {
        let words = word_since(state, w, wording, of).unwrap_or_else(|| w.receipt_relay_has());
        return RelayState { has: true, may_change: false, words };
    }
    if !here {
        return RelayState::lack_for_good(w.receipt_relay_other_log());
    }
    if state.alarms.stands(|cause| cause.code == AlarmCode::BoxReplaced) {
        return RelayState::lack_for_good(w.receipt_relay_replaced());
    }
    let words = match *state.link.borrow() {
        RelayLinkState::Alone => return RelayState::lack_for_good(w.receipt_relay_none()),
        RelayLinkState::Up { .. } => w.receipt_relay_sending(),
        RelayLinkState::Down { since_ms: Some(ms) } => w.receipt_relay_no_line_since(wording.deadline(ms)),
        RelayLinkState::Down { since_ms: None } => w.receipt_relay_no_line(),
    };
    RelayState { has: false, may_change: true, words }
}

/// `GET /r/{receipt}/proof`: entry, path and signed checkpoint, for anybody.
pub(crate) async fn prove(
    _: PhoneCaller,
    State(state): State<AppState>,
    Path(text): Path<String>,
) -> Result<Json<RecordProof>, HttpError> {
    let found = read_quick(&state, move |state, reader| Ok(find_receipt(state, reader, &text)?.line));
    proof_of(&state, found.await?, false).await.map(Json)
}
