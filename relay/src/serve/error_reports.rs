//! Reports errors from now on, where the settings name a service.

use std::sync::Arc;

use service::clock::Clock;
use service::random::SystemRandom;
use tokio::task::JoinHandle;

use super::ServeError;
use super::listeners::guarded_client;
use crate::error_reports::{ErrorReporter, ReportPlace};
use crate::settings::RelaySettings;

/// A service that cannot be read from its file is logged and goes without: nothing else waits for it, and the doctor says so.
pub(super) fn start_reports(
    settings: &RelaySettings,
    clock: &Arc<dyn Clock>,
) -> Result<Option<JoinHandle<()>>, ServeError> {
    let Some(file) = &settings.error_reports.dsn_file else { return Ok(None) };
    let place = match ReportPlace::read(file) {
        Ok(place) => place,
        Err(error) => {
            tracing::warn!(%error, "errors are reported nowhere");
            return Ok(None);
        }
    };
    let http = Arc::new(guarded_client(settings)?);
    let (reporter, collector) =
        ErrorReporter::new(place, settings.host(), http, Arc::clone(clock), Arc::new(SystemRandom));
    collector.listen();
    Ok(Some(tokio::spawn(reporter.run())))
}
