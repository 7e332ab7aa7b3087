//! The page about the box itself: its alarms, what needs attention, its facts and printers.

use askama::Template;
use axum::extract::State;
use record::compliance::zone_release;
use web::answer::Page;
use web::error::HttpError;
use words::Number;

use crate::identity::own_addresses;
use crate::intake::{Permission, foreign_label_address};
use crate::setup::read_passphrase;
use crate::uplink::{TransportReport, UplinkTransport};
use crate::web::access::permissions::View;
use crate::web::access::staff::StaffCaller;
use crate::web::context::{AppState, RelayLinkState, run_blocking};
use crate::web::layout::{NavSection, PageLayout};
use crate::web::pages::facility::clock::word_clock;
use crate::web::view_models::alarms::list::{AlarmCard, alarm_cards};
use crate::web::view_models::machine::panel_words::word_panel;
use crate::web::view_models::machine::program_notes;
use crate::web::view_models::page::facts::FactRow;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::page::wording::PageWording;
use crate::web::view_models::printing::jobs::{PrinterCard, printer_card};
use crate::web::words::{FacilityWords, PageWords, StaffWords};

#[derive(Template)]
#[template(path = "facility/box.html")]
struct BoxPage {
    frame: PageLayout,
    s: StaffWords,
    w: FacilityWords,
    facts: Vec<FactRow>,
    alarms: Vec<AlarmCard>,
    form_token: String,
    may_change: bool,
    notes: Vec<String>,
    printers: Vec<PrinterCard>,
    hosts: Vec<String>,
    admin: bool,
    audit: bool,
}

pub(crate) async fn show_box(
    signed: StaffCaller<View>,
    State(state): State<AppState>,
) -> Result<Page, HttpError> {
    let snapshot = Snapshot::now(&state);
    let (page_words, s, w): (PageWords, StaffWords, FacilityWords) = signed.words();
    let wording = PageWording::new(page_words, &snapshot.local);
    let printers = state.printing.printers();
    let printers =
        printers.iter().map(|printer| printer_card(signed.words(), printer, &[], &wording)).collect();
    let mut notes = program_notes::program_notes(&state, &snapshot, &wording, w);
    if signed.holds(Permission::SeePeople) {
        notes.extend(locked_note(&state, &snapshot, wording.clone(), w).await?);
    }
    if !state.store.health().ballast {
        notes.push(w.note_disk());
    }
    if snapshot.settings.zones.is_empty() {
        notes.push(w.note_zone());
    }
    if snapshot.settings.label_host.is_empty() {
        notes.push(w.note_label_host());
    }
    let own = (state.field.own_addresses)();
    if let Some(address) = foreign_label_address(&snapshot.settings.label_host, &own) {
        let own = own.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        notes.push(w.note_label_elsewhere(address.to_string(), own));
    }
    let mut hosts: Vec<String> = own_addresses().iter().map(ToString::to_string).collect();
    hosts.extend(state.settings.hosts.iter().cloned());
    hosts.extend(Some(snapshot.settings.label_host.clone()).filter(|h| !h.is_empty()));
    let mut frame = PageLayout::staff(&state, &snapshot, w.box_title(), &signed, NavSection::Box);
    // They are on this page itself, each with its button.
    frame.alarm = None;
    let locale = frame.locale();
    let page = Page::draw(&BoxPage {
        frame,
        s,
        w,
        facts: box_facts(&state, &snapshot, &wording, w),
        alarms: alarm_cards(&state, wording, w, signed.words()).await?,
        form_token: signed.form_token(),
        may_change: signed.can_edit(),
        notes,
        printers,
        hosts,
        admin: signed.holds(Permission::EditSettings),
        audit: signed.holds(Permission::ReadAudit),
    })?;
    Ok(page.in_locale(locale))
}

fn box_facts(state: &AppState, snapshot: &Snapshot, wording: &PageWording, w: FacilityWords) -> Vec<FactRow> {
    let health = state.store.health();
    // In tenths of 10^9 bytes.
    let gigabytes = |bytes: u64| {
        Number::from_tenths(i64::try_from(bytes.saturating_add(50_000_000) / 100_000_000).unwrap_or(i64::MAX))
    };
    let free = health.free_bytes.map_or_else(|| w.box_free_unknown(), |bytes| w.box_free(gigabytes(bytes)));
    let up_ms = i64::try_from(snapshot.now.up_ms).unwrap_or(i64::MAX);
    let mut facts = vec![
        FactRow::entered(w.box_fact_facility(), snapshot.settings.name.clone()),
        FactRow::entered(w.box_fact_box(), health.origin.box_id.to_string()),
        FactRow::worded(w.box_fact_log(), w.box_log(health.size, health.origin.epoch.to_string())),
        FactRow::worded(w.box_fact_relay(), at_relay(state, w)),
        FactRow::worded(w.box_fact_backup(), last_backup(state, wording, w)),
    ];
    facts.extend(transport_facts(state, w));
    facts.extend([
        FactRow::worded(w.box_fact_free(), free),
        FactRow::worded(w.box_fact_up(), wording.about(up_ms)),
        FactRow::worded(w.box_fact_panel(), word_panel(state, w)),
    ]);
    let passphrase = read_passphrase(state.field.setup_folder.as_deref());
    facts.extend(passphrase.map(|passphrase| FactRow::entered(w.box_fact_own_wifi(), passphrase)));
    facts.extend([
        FactRow::worded(w.box_fact_clock(), word_clock(state, snapshot, w)),
        FactRow::worded(w.box_fact_zone(), wording.dates().zone_name()),
        zone_data_fact(state, w),
        FactRow::entered(w.box_fact_version(), env!("CARGO_PKG_VERSION")),
    ]);
    facts
}

/// The release of the zone data that days are cut with, and the relay's where it is another.
fn zone_data_fact(state: &AppState, w: FacilityWords) -> FactRow {
    let relay = state.transports.borrow().as_ref().and_then(|report| report.relay_tzdb.clone());
    match relay.filter(|relay| relay != zone_release()) {
        Some(relay) => {
            FactRow::worded(w.box_fact_zone_data(), w.box_fact_zone_data_other(zone_release(), relay))
        }
        None => FactRow::entered(w.box_fact_zone_data(), zone_release()),
    }
}

/// The transport that reaches the relay, and why the others fail.
fn transport_facts(state: &AppState, w: FacilityWords) -> Vec<FactRow> {
    let Some(report) = state.transports.borrow().clone() else { return Vec::new() };
    let is_up = matches!(*state.link.borrow(), RelayLinkState::Up { .. });
    let used = is_up.then(|| FactRow::worded(w.box_fact_way(), transport_name(&report, report.transport, w)));
    let faults = report.faults.iter().map(|(way, fault)| {
        let name = w.box_fact_not_by(transport_name(&report, *way, w));
        FactRow::worded(name, w.box_way_fault(fault.key(), fault.subject()))
    });
    used.into_iter().chain(faults).collect()
}

fn transport_name(report: &TransportReport, way: UplinkTransport, w: FacilityWords) -> String {
    match (way, &report.proxy) {
        (UplinkTransport::Mqtt, _) => w.box_way_mqtt(),
        (UplinkTransport::Https, None) => w.box_way_https(),
        (UplinkTransport::Https, Some(proxy)) => w.box_way_proxy(proxy.clone()),
    }
}

fn last_backup(state: &AppState, wording: &PageWording, w: FacilityWords) -> String {
    let last = state.backups.status().record.last;
    last.map_or_else(|| w.box_backup_none(), |last| wording.dates().day_and_time(last.taken_ms).text)
}

fn at_relay(state: &AppState, w: FacilityWords) -> String {
    let present = state.store.cursor_size();
    match (state.store.ended_entries(), *state.link.borrow()) {
        (0, _) => w.box_relay(present),
        (ended, RelayLinkState::Up { ended_backlog }) => {
            w.box_relay_held(ended, ended.saturating_sub(ended_backlog), present)
        }
        (ended, _) => w.box_relay_ended(ended, present),
    }
}

async fn locked_note(
    state: &AppState,
    snapshot: &Snapshot,
    wording: PageWording,
    w: FacilityWords,
) -> Result<Option<String>, HttpError> {
    let wall_ms = snapshot.now.wall_ms;
    let locked = run_blocking(state, move |state| {
        state.identity.pins.new_devices_locked(wall_ms).map_err(|e| HttpError::internal(&e))
    });
    Ok(locked.await?.map(|until_ms| w.note_new_devices(wording.deadline(until_ms))))
}
