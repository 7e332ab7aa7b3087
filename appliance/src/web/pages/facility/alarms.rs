//! Acknowledging an alarm on the box's page.

use axum::extract::State;
use web::answer::FormReply;
use web::argument::Path;
use web::error::HttpError;

use crate::alarms::AlarmReader;
use crate::identity::{AccessOutcome, AccessTarget};
use crate::web::access::permissions::EditEquipment;
use crate::web::access::staff::StaffCaller;
use crate::web::access_note::AccessNote;
use crate::web::answer::go_to;
use crate::web::commands::alarms::{PAGE, acknowledge_alarm};
use crate::web::context::AppState;
use crate::web::request::bodies::form::StaffForm;

pub(crate) async fn acknowledge(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path(id): Path<String>,
    _: StaffForm,
) -> Result<FormReply, HttpError> {
    let by = AlarmReader { staff: Some(signed.staff()), token: None };
    if acknowledge_alarm(&state, &id, by).await? {
        signed.notes().add([AccessNote::new(AccessOutcome::AlarmSeen, AccessTarget::Edit).about(&id)]);
    }
    go_to(PAGE)
}
