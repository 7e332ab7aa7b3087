//! Why a request was refused or failed: one type for handlers, arguments and middleware.

mod fault;
mod http_error;
mod problem;
mod text;

pub use self::fault::{FaultWords, FormFault, RequestFault};
pub use self::http_error::{ErrorLink, HttpError, answer_panic};
pub use self::problem::{OldProblemDocument, PROBLEM_MEDIA, ProblemDocument};
pub use self::text::{ErrorText, word_text};
