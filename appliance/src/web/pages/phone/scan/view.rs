//! What a scan page shows: an empty one, or everything that was entered and what is wrong with it.

use record::ids::DeviceId;

use crate::identity::BrowserUse;
use crate::intake::CommandRefusal;
use crate::web::access::staff_session::StaffSession;
use crate::web::commands::photo_upload::PhotoRefusal;
use crate::web::pages::phone::scan::entered::ScanFormData;
use crate::web::pages::phone::scan::proof::PageOrigin;
use crate::web::pages::phone::scan::who::ProofRefusal;
use crate::web::request::submissions::page_token::PageToken;
use crate::web::view_models::equipment::problems::SentReport;
use crate::web::words::{ErrorWords, PageWords, ProblemWords, RefusalWords, ScanWords};

pub(crate) type ScanPageWords = (PageWords, ScanWords, ErrorWords, RefusalWords, ProblemWords);

/// The notice above a page whose state the reader may not expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScanNote {
    TooOld,
    SignedOut,
    ProtocolChanged,
}

impl ScanNote {
    pub(super) fn word(self, w: ScanWords) -> String {
        match self {
            Self::TooOld => w.scan_too_old(),
            Self::SignedOut => w.scan_signed_out(),
            Self::ProtocolChanged => w.scan_protocol_changed(),
        }
    }
}

#[derive(Debug)]
pub(crate) enum ScanProblem {
    Rule(CommandRefusal),
    Photo(PhotoRefusal),
    Proof(ProofRefusal),
}

impl ScanProblem {
    pub(super) fn steps(&self) -> Vec<u16> {
        match self {
            Self::Rule(CommandRefusal::StepsMissing(steps)) => steps.clone(),
            _ => Vec::new(),
        }
    }
}

pub(crate) struct ScanView {
    pub(crate) words: ScanPageWords,
    pub(crate) token: PageToken,
    pub(crate) entered: ScanFormData,
    pub(crate) submission: String,
    pub(crate) anyway: bool,
    pub(crate) note: Option<ScanNote>,
    pub(crate) problems: Vec<ScanProblem>,
    pub(crate) is_again: bool,
    pub(crate) signed: Option<StaffSession>,
    pub(crate) devices: Vec<DeviceId>,
    pub(crate) origin: PageOrigin,
    pub(crate) usage: BrowserUse,
    pub(crate) sent: SentReport,
}
