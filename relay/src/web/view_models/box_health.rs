//! What a box last said of its health.

use record::messages::Health;

use crate::db::dashboard::BoxRow;

/// Its last health report, where it can be read.
pub(crate) fn health(row: &BoxRow) -> Option<Health> {
    serde_json::from_str(row.health.as_deref()?).ok()
}
