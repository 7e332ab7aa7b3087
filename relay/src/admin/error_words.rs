//! What a page says too, for the command line, which is in English.

use words::{Locale, WordSet};

use crate::accounts::credentials::password_rules::WeakPassword;
use crate::accounts::members::people::PeopleError;
use crate::accounts::programs::{ProgramError, TOKENS_MAX};
use crate::wording::{FormWords, PeopleWords, SignInWords};

fn open_english<W: WordSet>() -> W {
    W::in_locale(Locale::EnUs)
}

pub(super) fn word_weak_password(weak: &WeakPassword) -> String {
    let w: SignInWords = open_english();
    match weak {
        WeakPassword::TooShort => w.ways_short(),
        WeakPassword::TooLong => w.ways_long(),
        WeakPassword::Guessable => w.ways_guessable(),
        WeakPassword::Leaked => w.ways_leaked(),
    }
}

pub(super) fn word_people_error(error: &PeopleError) -> String {
    let w: PeopleWords = open_english();
    match error {
        PeopleError::Known => open_english::<FormWords>().form_member_known(),
        PeopleError::NotYours => w.person_is_not_yours(),
        PeopleError::Owner => w.person_is_owner(),
        PeopleError::LastAdmin => w.person_is_last_admin(),
        PeopleError::NoSuchPlace => w.person_has_no_place(),
        PeopleError::NoSuch | PeopleError::Unverified | PeopleError::Db(_) => error.to_string(),
    }
}

pub(super) fn word_program_error(error: &ProgramError) -> String {
    let w: FormWords = open_english();
    match error {
        ProgramError::Name => w.form_program_name_needed(),
        ProgramError::Repeated => w.form_program_repeated(),
        ProgramError::TooMany => w.form_program_too_many(TOKENS_MAX),
        ProgramError::NoSuch(_) | ProgramError::Several(..) | ProgramError::Db(_) => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_reads_the_words_of_pages() {
        let last = "This is the last admin who can sign in. Enable another one first.";
        assert_eq!(word_people_error(&PeopleError::LastAdmin), last);
        let full = "This account has 100 tokens; revoke one that is no longer used";
        assert_eq!(word_program_error(&ProgramError::TooMany), full);
        let short = "The password is too short: it needs 12 characters or more";
        assert_eq!(word_weak_password(&WeakPassword::TooShort), short);
        // What no page says.
        assert_eq!(word_people_error(&PeopleError::NoSuch), "the account has nobody with this address");
    }
}
