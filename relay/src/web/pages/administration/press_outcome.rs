//! What came of a press on a person's page.

use crate::accounts::members::people::{PeopleError, PersonAct};
use crate::web::words::PeopleWords;

/// The act of the owner alone, in the same form.
pub(super) const HAND_OVER: &str = "hand-over";

/// What came of a press, for the page that it leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PressOutcome {
    Done(PersonAct),
    TermsSaved,
    HandedOver,
    IsSelf,
    IsNotYours,
    IsOwner,
    IsLastAdmin,
    HasNoPlace,
    IsChanged,
    IsOverLimit,
}

impl PressOutcome {
    pub(super) fn of_error(error: &PeopleError) -> Self {
        match error {
            PeopleError::Owner => Self::IsOwner,
            PeopleError::LastAdmin => Self::IsLastAdmin,
            PeopleError::NoSuchPlace => Self::HasNoPlace,
            _ => Self::IsNotYours,
        }
    }

    pub(super) fn of_key(key: &str) -> Option<Self> {
        match key {
            "terms" => Some(Self::TermsSaved),
            HAND_OVER => Some(Self::HandedOver),
            key => PersonAct::of_key(key).map(Self::Done),
        }
    }

    pub(super) fn is_problem(self) -> bool {
        !matches!(self, Self::Done(_) | Self::TermsSaved | Self::HandedOver)
    }

    pub(super) fn field(self) -> &'static str {
        if self == Self::IsChanged { "terms" } else { "acts" }
    }

    /// `present`: what the person is and sees now.
    pub(super) fn text(self, w: PeopleWords, present: &str) -> String {
        match self {
            Self::Done(PersonAct::SignOut) => w.person_done_sign_out(),
            Self::Done(PersonAct::Disable) => w.person_done_disable(),
            Self::Done(PersonAct::Enable) => w.person_done_enable(),
            Self::Done(PersonAct::MailAgain) => w.person_done_mail_again(),
            Self::TermsSaved => w.person_done_terms(),
            Self::HandedOver => w.person_done_owner(),
            Self::IsSelf => w.person_is_self(),
            Self::IsNotYours => w.person_is_not_yours(),
            Self::IsOwner => w.person_is_owner(),
            Self::HasNoPlace => w.person_has_no_place(),
            Self::IsLastAdmin => w.person_is_last_admin(),
            Self::IsChanged => w.person_changed(present),
            Self::IsOverLimit => w.person_over_limit(),
        }
    }
}
