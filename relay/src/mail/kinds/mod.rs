//! The mails that there are, a file for each subject: a function each, and samples of each. Their words are `mail-<kind>` in
//! `words/<language>/mail`: the subject, and as its parts the button, each line, and titles and columns of tables.

mod access;
mod alerts;
mod billing;
mod routine;

pub use self::access::ColleagueView;
pub use self::routine::{
    ComingInspection, DueItem, FirstStep, ItemGap, ShiftPlace, WeekPlace, WeekSummary, WelcomePlan,
    WindowCount,
};
use super::letter::MailLetter;

const SAMPLE_AT_MS: i64 = 1_795_204_920_000;
const SAMPLE_UNTIL_MS: i64 = 1_795_291_320_000;

fn sample_link() -> String {
    "https://relay.example/x/S3CRET".to_owned()
}

/// One of each kind, and of each of its forms, with made-up facts.
pub(super) fn sample_letters() -> Vec<MailLetter> {
    [access::list_samples(), alerts::list_samples(), billing::list_samples(), routine::list_samples()]
        .concat()
}
