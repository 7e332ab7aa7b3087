//! The files of a support bundle as a running box has them.

use crate::bundle::BundleFile;
use crate::bundle::collect::{ServiceBundle, collect_machine_files, collect_service_files};
use crate::setup::read_state;
use crate::web::context::AppState;
use crate::web::view_models::alarms::alarm_words::word_alarm_line;
use crate::web::view_models::machine::health::running_facts;

/// What only the running box knows. Blocks on the disk.
pub fn running_files(state: &AppState) -> Vec<BundleFile> {
    let (facts, log) = (running_facts(state), service::logging::recent_lines());
    collect_service_files(&ServiceBundle {
        facts: &facts,
        alarms: &state.alarms.all(),
        alarm_words: word_alarm_line,
        access: &state.identity.access,
        settings: &state.field.settings_list,
        log: &log,
    })
}

pub(crate) fn machine_files(state: &AppState) -> Vec<BundleFile> {
    let setup = read_state(state.field.setup_folder.as_deref());
    collect_machine_files(&state.field.root, &state.field.data, &setup)
}
