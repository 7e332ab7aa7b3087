//! The address at which people sign in by their organisation, and the one at which they confirm that it is them.

use record::ids::AccountId;

use crate::web::http_error::encode_parameter;

pub(crate) const PATH: &str = "/organisation";
pub(crate) const CONFIRM: &str = "confirm";
pub(crate) const CONFIRMS: &str = "yes";

pub(crate) fn confirm_path(account: AccountId, next: &str) -> String {
    format!("{PATH}/{account}?{CONFIRM}={CONFIRMS}&next={}", encode_parameter(next))
}
