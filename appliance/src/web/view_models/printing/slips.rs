//! Slips of text in words: what the set-up slip, a receipt's strip and a printer's self-test say, and passing them to
//! the printing module.

use std::net::IpAddr;

use record::ids::JobId;
use web::error::HttpError;
use words::WordSet;

use crate::identity::own_addresses;
use crate::printing::{JobKind, JobView, PrinterView, SlipContent, SlipLine, SlipRequest};
use crate::setup::{SetupStage, read_state};
use crate::store::{LogReader, StoreSnapshot};
use crate::web::context::{AppState, run_blocking};
use crate::web::request::client::language::facility_locale;
use crate::web::view_models::page::snapshot::{Snapshot, missing_words};
use crate::web::view_models::page::wording::PageWording;
use crate::web::view_models::printing::labels::refusal_error;
use crate::web::view_models::records::receipts::ReceiptTarget;
use crate::web::words::SlipWords;

const ADDRESSES_MAX: usize = 3;
/// An entry that was made so much later than its cleaning says so.
const LATE_MS: i64 = 60_000;

pub(crate) struct SlipOrder {
    pub(crate) key: Option<String>,
    pub(crate) printer: Option<String>,
    pub(crate) kind: JobKind,
    pub(crate) content: SlipContent,
}

pub(crate) async fn submit_slip(state: &AppState, order: SlipOrder) -> Result<JobView, HttpError> {
    run_blocking(state, move |state| {
        let id = JobId::new(state.clock.now().wall_ms, state.random.bytes());
        let SlipOrder { key, printer, kind, content } = order;
        state.printing.submit_slip(SlipRequest { id, key, printer, kind, content }).map_err(refusal_error)
    })
    .await
}

/// A slip has no particular reader: it is in the facility's language.
pub(crate) fn slip_words<W: WordSet>(snapshot: &Snapshot) -> W {
    W::in_locale(facility_locale(&snapshot.settings))
}

pub fn compose_first_slip(state: &AppState) -> SlipContent {
    let snapshot = Snapshot::now(state);
    let wording = PageWording::new(slip_words(&snapshot), &snapshot.local);
    compose_setup_slip(state, &snapshot, &wording, slip_words(&snapshot))
}

/// Where the box is, its set-up code, and the progress of its set-up. The code itself is inserted when it is printed.
pub(crate) fn compose_setup_slip(
    state: &AppState,
    snapshot: &Snapshot,
    wording: &PageWording,
    w: SlipWords,
) -> SlipContent {
    let name = Some(snapshot.settings.name.clone()).filter(|name| !name.is_empty());
    let mut lines = vec![SlipLine::Title(name.unwrap_or_else(|| w.slip_box()))];
    let mut addresses = box_addresses(state, snapshot).into_iter();
    match addresses.next() {
        Some(address) => {
            lines.extend([SlipLine::Text(w.slip_open()), SlipLine::Address(address)]);
            lines.extend(addresses.map(|address| SlipLine::Text(w.slip_also(address))));
        }
        None => lines.push(SlipLine::Text(w.slip_no_address())),
    }
    let folder = state.field.setup_folder.as_deref();
    let setup = read_state(folder);
    let words = match setup.stage {
        SetupStage::Mistakes => w.slip_state_mistakes(setup.rows.len()),
        _ if (state.facility_id)().is_some() => w.slip_state_claimed(),
        SetupStage::None if folder.is_some() => w.slip_state_open(),
        SetupStage::None | SetupStage::Done => w.slip_state_alone(),
    };
    lines.extend([
        SlipLine::Rule,
        SlipLine::SetupCode { name: w.slip_code(), used: w.slip_code_used() },
        SlipLine::Passphrase { name: w.slip_own_wifi() },
        SlipLine::Fact { name: w.slip_state(), value: words },
    ]);
    if setup.stage == SetupStage::Mistakes {
        lines.push(SlipLine::Text(w.slip_state_mistakes_where()));
    }
    lines.extend([
        SlipLine::Fact { name: w.slip_box_id(), value: state.store.origin().box_id.to_string() },
        SlipLine::Fact { name: w.slip_version(), value: env!("CARGO_PKG_VERSION").to_owned() },
        SlipLine::Fact {
            name: w.slip_printed(),
            value: wording.dates().day_and_time(snapshot.now_ms()).text,
        },
        SlipLine::SecretNote {
            code: w.slip_secret_code(),
            passphrase: w.slip_secret_passphrase(),
            both: w.slip_secret(),
        },
    ]);
    SlipContent { title: w.slip_setup_title(), lines }
}

/// The label host first, then the machine's own addresses. A code has no space for those of IPv6.
fn box_addresses(state: &AppState, snapshot: &Snapshot) -> Vec<String> {
    let port = state.settings.http_port.filter(|port| *port != 80);
    let port = port.map_or_else(String::new, |port| format!(":{port}"));
    let host = Some(snapshot.settings.label_host.clone()).filter(|host| !host.is_empty());
    let own = own_addresses().into_iter().filter_map(|address| match address {
        IpAddr::V4(address) => Some(format!("http://{address}{port}/")),
        IpAddr::V6(_) => None,
    });
    host.map(|host| format!("{}/", host.trim_end_matches('/')))
        .into_iter()
        .chain(own)
        .take(ADDRESSES_MAX)
        .collect()
}

pub(crate) struct StripSources<'a> {
    pub(crate) facility: &'a StoreSnapshot,
    pub(crate) reader: &'a LogReader,
    pub(crate) wording: &'a PageWording,
    pub(crate) words: SlipWords,
}

/// The strip of a cleaning's receipt: what is on the receipt's page, and nothing about patients, of whom the box knows nothing.
pub(crate) fn compose_receipt_strip(sources: &StripSources<'_>, found: &ReceiptTarget) -> SlipContent {
    let StripSources { facility, reader, wording, words: w } = *sources;
    let cleaning = &found.cleaning;
    let item = facility.equipment.get(&cleaning.tag);
    let name = item.map_or_else(|| cleaning.tag.grouped(), |item| item.facts.name.clone());
    let done = wording.dates().day_and_time(cleaning.performed_ms).text;
    let facts = [
        (w.slip_equipment(), name.clone()),
        (w.slip_tag(), cleaning.tag.grouped()),
        (w.slip_done(), done),
        (w.slip_by(), wording.cleaner_text(reader, facility, &cleaning.who)),
        (w.slip_entry(), wording.number(found.line.of.seq)),
        (w.slip_hash(), found.receipt.hash_words()),
        (w.slip_receipt(), found.receipt.to_string()),
    ];
    let mut lines = vec![SlipLine::Title(w.slip_cleaning())];
    let house = Some(facility.settings.name.clone()).filter(|name| !name.is_empty());
    lines.extend(house.map(SlipLine::Text));
    if cleaning.voided.is_some() {
        lines.push(SlipLine::Text(w.slip_voided()));
    }
    lines.push(SlipLine::Rule);
    lines.extend(facts.map(|(name, value)| SlipLine::Fact { name, value }));
    if cleaning.stated.is_some() && cleaning.recorded_ms - cleaning.performed_ms > LATE_MS {
        lines.push(SlipLine::Text(w.slip_late()));
    }
    lines.extend(wording.certainty(facility, &cleaning.at).map(SlipLine::Text));
    if !cleaning.is_complete() {
        lines.push(SlipLine::Text(w.slip_incomplete(missing_words(wording.words(), &cleaning.incomplete))));
    }
    let host = facility.settings.label_host.trim_end_matches('/');
    if !host.is_empty() {
        lines.extend([SlipLine::Rule, SlipLine::Text(w.slip_check(format!("{host}/r/{}", found.receipt)))]);
    }
    SlipContent { title: w.slip_receipt_title(name), lines }
}

pub(crate) fn compose_self_test(w: SlipWords, printer: &PrinterView) -> SlipContent {
    let facts = [
        (w.slip_printer(), printer.name.clone()),
        (w.slip_language(), printer.language.to_owned()),
        (w.slip_resolution(), printer.dpi.to_string()),
        (w.slip_head(), printer.head_dots.to_string()),
        (w.slip_roll(), printer.media.name.clone()),
    ];
    let mut lines = vec![SlipLine::Title(w.slip_self_test_title())];
    lines.extend(facts.map(|(name, value)| SlipLine::Fact { name, value }));
    lines.extend([
        SlipLine::Rule,
        SlipLine::Letters,
        SlipLine::Rule,
        SlipLine::Text(w.slip_columns_hint()),
        SlipLine::Text(w.slip_letters_hint()),
    ]);
    SlipContent { title: w.slip_self_test_title(), lines }
}

pub(crate) fn is_slip_printer(printer: &PrinterView) -> bool {
    printer.language == "escpos" && printer.media.continuous
}
