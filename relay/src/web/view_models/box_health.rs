//! What a box last said of its health.

use record::messages::HealthReport;

use crate::db::dashboard::BoxRow;

/// Its last health report, where it can be read.
pub(crate) fn read_health(row: &BoxRow) -> Option<HealthReport> {
    serde_json::from_str(row.health.as_deref()?).ok()
}
