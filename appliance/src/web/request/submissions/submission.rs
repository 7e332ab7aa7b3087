//! The key of a submission, by which nothing is recorded twice.

use record::ids::DeviceId;
use web::argument::{FormFields, IdempotencyKey};

use crate::web::context::AppState;

pub(crate) fn new_submission(state: &AppState) -> String {
    DeviceId::new(state.clock.now().wall_ms, state.random.bytes()).to_string()
}

pub(crate) fn submission_of(form: &FormFields) -> Option<String> {
    form.get("submission").map(str::to_owned).filter(|key| !key.is_empty())
}

pub(crate) fn submission_key(IdempotencyKey(header): IdempotencyKey, form: &FormFields) -> Option<String> {
    header.or_else(|| submission_of(form))
}
