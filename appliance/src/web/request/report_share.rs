//! How many reports of problems come from somewhere in an hour: as many as one person has to make, and no flood.

use std::time::Duration;

use http::HeaderValue;
use http::header::RETRY_AFTER;
use record::ids::{DeviceId, StaffId};
use service::attempts::ClientNetwork;
use service::limit::RateLimiter;
use web::error::HttpError;

use crate::intake::{CommandRefusal, REPORTS_OF_DEVICE_MAX};
use crate::web::commands::run::by_key;
use crate::web::context::{ADDRESSES_MAX, AppState};

/// Whoever makes up a new device for each report is one network still, or one person where they prove who they are.
const OF_NETWORK_MAX: u32 = 30;
const OF_PERSON_MAX: u32 = 30;
const HOUR: Duration = Duration::from_secs(3_600);
// The words of the refusal say five and thirty.
const _: () = assert!(REPORTS_OF_DEVICE_MAX == 5 && OF_NETWORK_MAX == 30 && OF_PERSON_MAX == 30);

struct ReportLimiters {
    devices: RateLimiter<DeviceId>,
    networks: RateLimiter<ClientNetwork>,
    people: RateLimiter<StaffId>,
}

impl Default for ReportLimiters {
    fn default() -> Self {
        Self {
            devices: RateLimiter::new(REPORTS_OF_DEVICE_MAX, HOUR, REPORTS_OF_DEVICE_MAX, ADDRESSES_MAX),
            networks: RateLimiter::new(OF_NETWORK_MAX, HOUR, OF_NETWORK_MAX, ADDRESSES_MAX),
            people: RateLimiter::new(OF_PERSON_MAX, HOUR, OF_PERSON_MAX, ADDRESSES_MAX),
        }
    }
}

/// From where a report comes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReportOrigin {
    pub(crate) device: DeviceId,
    pub(crate) network: ClientNetwork,
    /// Whom a PIN or a badge proves to report: then their share pays, and not that of the network.
    pub(crate) proven: Option<StaffId>,
}

/// Too many came from there: for so many seconds there is no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ReportWait {
    seconds: u64,
}

impl From<ReportWait> for HttpError {
    fn from(wait: ReportWait) -> Self {
        Self::from(CommandRefusal::ReportsSpent).header(RETRY_AFTER, HeaderValue::from(wait.seconds))
    }
}

/// What one report took from the shares of its origin.
#[derive(Debug)]
#[must_use]
pub(crate) struct ReportShare {
    /// Absent where nothing was taken.
    from: Option<ReportOrigin>,
}

impl ReportShare {
    /// Of what reports nothing.
    pub(crate) const NONE: Self = Self { from: None };

    /// Puts it back: nothing was recorded.
    pub(crate) fn refund(self, state: &AppState) {
        let Some(origin) = self.from else { return };
        let limiters = state.stored::<ReportLimiters>();
        limiters.devices.refund(&origin.device);
        match origin.proven {
            Some(staff) => limiters.people.refund(&staff),
            None => limiters.networks.refund(&origin.network),
        }
    }
}

/// Takes one report from the shares of its origin; what was recorded under its key before takes none.
pub(crate) async fn take_report(
    state: &AppState,
    origin: ReportOrigin,
    key: Option<&str>,
) -> Result<ReportShare, ReportWait> {
    if let Some(key) = key
        && by_key(state, key).await.is_some()
    {
        return Ok(ReportShare::NONE);
    }
    let share = ReportShare { from: Some(origin) };
    let (limiters, up_ms) = (state.stored::<ReportLimiters>(), state.clock.now().up_ms);
    limiters.devices.take(origin.device, up_ms).map_err(|seconds| ReportWait { seconds })?;
    let taken = match origin.proven {
        Some(staff) => limiters.people.take(staff, up_ms),
        None => limiters.networks.take(origin.network, up_ms),
    };
    match taken {
        Ok(()) => Ok(share),
        Err(seconds) => {
            limiters.devices.refund(&origin.device);
            Err(ReportWait { seconds })
        }
    }
}
