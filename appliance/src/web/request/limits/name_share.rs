//! How many searches for staff names by their letters one address may make, on all public pages.

use std::net::IpAddr;
use std::time::Duration;

use record::ids::DeviceId;
use service::attempts::ClientNetwork;
use service::limit::RateLimiter;

use crate::identity::IdentityError;
use crate::web::context::{ADDRESSES_MAX, AppState};

/// Within an hour, on devices that are new here: more than a shift has new phones, and too few to read the list of staff by its
/// letters.
const SEARCHES: u32 = 60;
const HOUR: Duration = Duration::from_secs(3_600);

struct NameSearches(RateLimiter<ClientNetwork>);

impl Default for NameSearches {
    fn default() -> Self {
        Self(RateLimiter::new(SEARCHES, HOUR, SEARCHES, ADDRESSES_MAX))
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct NameSeeker<'a> {
    pub(crate) remote: IpAddr,
    pub(crate) devices: &'a [DeviceId],
}

impl NameSeeker<'_> {
    /// Whether the names of staff are no secret there: somebody signed in on this device, or it is the box itself,
    /// whose files can be read as well.
    pub(crate) fn is_known(&self, state: &AppState) -> Result<bool, IdentityError> {
        if self.remote.is_loopback() {
            return Ok(true);
        }
        let now_ms = state.clock.now().wall_ms;
        for device in self.devices {
            if state.identity.pins.knows_device(*device, now_ms)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Counts one search against the limit of an unknown device. False: it is used up, and only a complete name is
    /// found, so that nobody locks new phones out.
    pub(crate) fn take_search(&self, state: &AppState) -> bool {
        let searches = state.stored::<NameSearches>();
        searches.0.take(ClientNetwork::of(self.remote), state.clock.now().up_ms).is_ok()
    }
}
