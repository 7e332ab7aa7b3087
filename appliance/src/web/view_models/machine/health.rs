//! The box's health, as checked by the running box: the same facts and the same judgement as on the command line.

use web::error::HttpError;

use crate::doctor::facts::{DoctorFacts, NetworkFacts, ProgramFacts, ServiceFacts};
use crate::doctor::folder::certificate_ms;
use crate::doctor::live_facts::{ServiceParts, collect_service_facts};
use crate::doctor::look::look_at_machine;
use crate::doctor::{DoctorReport, judge_facts};
use crate::setup::read_state;
use crate::web::context::{AppState, run_blocking};

pub fn running_facts(state: &AppState) -> ServiceFacts {
    let parts = ServiceParts {
        store: &state.store,
        identity: &state.identity,
        alarms: &state.alarms,
        printing: &state.printing,
        has_https: state.settings.https_port.is_some(),
        certificate_ms: certificate_ms(&state.field.data),
        backup_ms: state.backups.status().record.last.map(|last| last.taken_ms),
    };
    collect_service_facts(parts, &state.field.uplink.borrow().clone())
}

/// Everything but the network, unless somebody has requested that check.
pub(crate) async fn examine_box(
    state: &AppState,
    network: Option<NetworkFacts>,
) -> Result<DoctorReport, HttpError> {
    run_blocking(state, move |state| {
        let now = state.clock.now();
        let facts = DoctorFacts {
            now_ms: now.wall_ms,
            machine: look_at_machine(&state.field.root, &state.field.data, &now),
            network,
            program: ProgramFacts::Running(running_facts(state)),
            settings_wrong: None,
            setup: read_state(state.field.setup_folder.as_deref()),
        };
        Ok(judge_facts(&facts))
    })
    .await
}
