//! Setting a box up: what first boot left, the code that lets an installer in before anybody can sign in, and what the set-up
//! page asks the image to change.

mod access_point;
mod code;
mod request;
mod state;

pub use self::access_point::{
    ACCESS_POINT_ADDRESS, PASSPHRASE_FILE, is_access_point, make_passphrase, read_passphrase,
};
pub use self::code::{CodeState, CodeTrial, SetupCode, SetupCodeError, make_code};
pub use self::request::{SetupRequestError, has_request, save_request};
pub use self::state::{
    ProvisionOutcome, SetupNote, SetupOrigin, SetupPart, SetupRow, SetupStage, SetupState, list_rows,
    read_state,
};

/// What first boot leaves for pages and panel, in the folder of the setting `setup.folder`.
pub const STATE_FILE: &str = "setup.json";
/// The code of the set-up page, there or in the data folder.
pub const CODE_FILE: &str = "setup-code";
/// Codes that open nothing any more, in the data folder.
pub const USED_FILE: &str = "setup-code-used";
/// Where the set-up page leaves what it asks for, in the data folder.
pub const REQUEST_FOLDER: &str = "setup-request";
