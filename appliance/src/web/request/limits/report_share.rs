//! How many reports of problems come from somewhere in an hour: as many as one person has to make, and no flood.

use std::time::Duration;

use http::HeaderValue;
use http::header::RETRY_AFTER;
use record::ids::{DeviceId, StaffId};
use record::tag::Tag;
use service::attempts::ClientNetwork;
use service::limit::RateLimiter;
use web::error::HttpError;

use crate::intake::{CommandRefusal, REPORTS_OF_DEVICE_MAX};
use crate::web::commands::run::by_key;
use crate::web::context::{ADDRESSES_MAX, AppState};

/// A sender who invents a new device for each report is still one network, or one person where they prove who they are.
const OF_NETWORK_MAX: u32 = 30;
const OF_PERSON_MAX: u32 = 30;
/// About one item from one network: one sender who pretends to be many cannot hide the reports of others.
const OF_ITEM_MAX: u32 = 5;
const HOUR: Duration = Duration::from_secs(3_600);
// The words of the refusal say five and thirty.
const _: () =
    assert!(REPORTS_OF_DEVICE_MAX == 5 && OF_ITEM_MAX == 5 && OF_NETWORK_MAX == 30 && OF_PERSON_MAX == 30);

struct ReportLimiters {
    devices: RateLimiter<DeviceId>,
    networks: RateLimiter<ClientNetwork>,
    people: RateLimiter<StaffId>,
    items: RateLimiter<(ClientNetwork, Tag)>,
}

impl Default for ReportLimiters {
    fn default() -> Self {
        Self {
            devices: RateLimiter::new(REPORTS_OF_DEVICE_MAX, HOUR, REPORTS_OF_DEVICE_MAX, ADDRESSES_MAX),
            networks: RateLimiter::new(OF_NETWORK_MAX, HOUR, OF_NETWORK_MAX, ADDRESSES_MAX),
            people: RateLimiter::new(OF_PERSON_MAX, HOUR, OF_PERSON_MAX, ADDRESSES_MAX),
            items: RateLimiter::new(OF_ITEM_MAX, HOUR, OF_ITEM_MAX, ADDRESSES_MAX),
        }
    }
}

impl ReportLimiters {
    fn take_of_network(&self, origin: ReportOrigin, up_ms: u64) -> Result<(), u64> {
        self.networks.take(origin.network, up_ms)?;
        let taken = origin.of_item().map_or(Ok(()), |item| self.items.take(item, up_ms));
        taken.inspect_err(|_| self.networks.refund(&origin.network))
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct ReportOrigin {
    pub(crate) device: DeviceId,
    pub(crate) network: ClientNetwork,
    /// The reporter, if a PIN or a badge proves them: then their limit counts, and not that of the network.
    pub(crate) proven: Option<StaffId>,
    pub(crate) item: Option<Tag>,
}

impl ReportOrigin {
    fn of_item(self) -> Option<(ClientNetwork, Tag)> {
        self.item.map(|item| (self.network, item))
    }
}

pub(crate) fn find_reported(state: &AppState, tag: Tag) -> Option<Tag> {
    state.store.snapshot().resolve(tag).map(|item| item.tag)
}

/// Too many came from there: the next one is accepted after so many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ReportWait {
    seconds: u64,
}

impl From<ReportWait> for HttpError {
    fn from(wait: ReportWait) -> Self {
        Self::from(CommandRefusal::ReportsSpent).header(RETRY_AFTER, HeaderValue::from(wait.seconds))
    }
}

#[derive(Debug)]
#[must_use]
pub(crate) struct ReportShare {
    from: Option<ReportOrigin>,
}

impl ReportShare {
    pub(crate) const NONE: Self = Self { from: None };

    pub(crate) fn refund(self, state: &AppState) {
        let Some(origin) = self.from else { return };
        let limiters = state.stored::<ReportLimiters>();
        limiters.devices.refund(&origin.device);
        match origin.proven {
            Some(staff) => limiters.people.refund(&staff),
            None => {
                limiters.networks.refund(&origin.network);
                if let Some(item) = origin.of_item() {
                    limiters.items.refund(&item);
                }
            }
        }
    }
}

/// Counts one report against the limits of its origin; a repeat of a recorded key is not counted.
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
        None => limiters.take_of_network(origin, up_ms),
    };
    match taken {
        Ok(()) => Ok(share),
        Err(seconds) => {
            limiters.devices.refund(&origin.device);
            Err(ReportWait { seconds })
        }
    }
}
