//! What set-up, doctor and support bundle need of the box, and what first boot left for its log.

use std::path::Path;
use std::sync::Arc;

use super::{Seams, optional_parts};
use crate::admin::BoxReports;
use crate::command::execute_as_box;
use crate::doctor::live_facts::find_admin;
use crate::doctor::machine::MachineRoot;
use crate::identity::{IdentityStores, own_addresses};
use crate::intake::{Command, SettingsChange};
use crate::settings::BoxSettings;
use crate::setup::{SetupCode, read_state};
use crate::store::Store;
use crate::uplink::Uplink;
use crate::web;
use crate::web::AppState;

pub(super) fn field_parts(
    seams: &Seams,
    settings: &BoxSettings,
    data: &Path,
    uplink: &Arc<Uplink>,
) -> web::FieldParts {
    let code = SetupCode::find(settings.setup.folder.as_deref(), data);
    if let Err(error) = code.ensure(&*seams.random) {
        tracing::warn!(%error, "the set-up page lets nobody in; the command line still does");
    }
    let uplink_of_claims = Arc::clone(uplink);
    web::FieldParts {
        data: data.to_owned(),
        root: MachineRoot::of_system(),
        setup_folder: settings.setup.folder.clone(),
        code,
        access_point: settings.network.access_point,
        uplink: uplink.status(),
        // A file of the settings that is of no use has an alarm already.
        route: optional_parts::route_sources(&settings.uplink).load().unwrap_or_default(),
        settings_list: toml::to_string_pretty(settings).unwrap_or_default(),
        own_addresses: Arc::new(own_addresses),
        take_claim: Arc::new(move |text| uplink_of_claims.take_up(text).map_err(|error| error.to_string())),
    }
}

/// Where a facility admin can sign in, the code that the box has is used up: a power cut may have come between the two, and an
/// admin of the command line needs none.
pub(super) fn end_code(seams: &Seams, code: &SetupCode, store: &Store, identity: &IdentityStores) {
    if !find_admin(store, identity).unwrap_or(false) {
        return;
    }
    if let Err(error) = code.use_up(&*seams.random) {
        tracing::error!(%error, "the set-up code could not be used up");
    }
}

/// Where a facility admin can sign in, the box's own Wi-Fi is open no more: a power cut may have come between the two as well.
pub(super) fn close_network(state: &AppState) {
    if let Err(error) = web::close_left_network(state) {
        tracing::error!(%error, "the box’s own Wi-Fi stays open until the next start");
    }
}

/// What the command line asks a running box for.
pub(super) fn box_reports(state: &AppState) -> BoxReports {
    let (of_facts, of_files) = (state.clone(), state.clone());
    BoxReports {
        facts: Arc::new(move || web::running_facts(&of_facts)),
        files: Arc::new(move || web::running_files(&of_files)),
    }
}

/// The claim file's time zone and label host belong into the log; what a person has set since stays.
pub(super) async fn record_setup(seams: &Seams, settings: &BoxSettings, store: &Store) {
    let setup = read_state(settings.setup.folder.as_deref());
    let there = store.facility().settings.clone();
    let change = SettingsChange {
        zone: setup.time_zone.filter(|_| there.zones.is_empty()),
        label_host: setup.label_host.filter(|_| there.label_host.is_empty()),
        ..SettingsChange::default()
    };
    if change == SettingsChange::default() {
        return;
    }
    let command = Command::ChangeFacility(Box::new(change));
    if let Err(error) = execute_as_box(store, Arc::clone(&seams.random), command).await {
        tracing::error!(%error, "what the claim file says of the facility was not recorded");
    }
}
