//! Reports of what boxes sent, whoever asks for them: `make` makes one of a facility, `proof` proves its entries, `order` takes what
//! somebody has made later, `work` makes that and `progress` notes how far it is, `schedule` has it made again and again. It knows no page and no job.

pub(crate) mod make;
pub(crate) mod order;
mod progress;
pub(crate) mod proof;
pub(crate) mod schedule;
pub(crate) mod work;

use report::query::QueryFault;

use crate::db::DbError;
use crate::objects::PhotoError;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReportFault {
    #[error(transparent)]
    Db(#[from] DbError),
    /// A file is not where it belongs.
    #[error("keep a report: {0}")]
    Files(#[from] PhotoError),
    /// Nothing that whoever asks sees.
    #[error("whoever asks for it sees no such thing")]
    NotFound,
    #[error("its parameters do not fit: {0:?}")]
    Query(QueryFault),
    /// Too many facilities, or several for what is of one.
    #[error("its facilities do not fit")]
    Facilities,
    /// Too many cleanings.
    #[error("it has too many cleanings")]
    TooLong,
    /// Too many wait already.
    #[error("too many wait")]
    Crowded,
    /// It is not made yet, or was not.
    #[error("it is not there")]
    NotReady,
    /// A member has as many schedules as there may be.
    #[error("too many schedules")]
    Schedules,
    /// Nobody waits for it any more.
    #[error("it was cancelled")]
    Cancelled,
    #[error("make a report: {0}")]
    Making(String),
}

impl ReportFault {
    /// Something that should not happen.
    fn making(error: impl std::error::Error) -> Self {
        Self::Making(error.to_string())
    }

    /// As the row of a report that failed has it, and its page says it.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::TooLong => "long",
            Self::NotFound | Self::Facilities => "unseen",
            _ => "other",
        }
    }

    /// Whether another try may end otherwise.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(self, Self::Db(_) | Self::Files(_) | Self::Making(_))
    }
}

impl From<QueryFault> for ReportFault {
    fn from(fault: QueryFault) -> Self {
        match fault {
            QueryFault::Unknown => Self::NotFound,
            fault @ QueryFault::Parameter(_) => Self::Query(fault),
        }
    }
}
