//! Tells open pages that something of a facility changed, after it was committed.

use record::ids::{AccountId, FacilityId};
use tokio::sync::broadcast;

/// Changes that a slow listener may lag behind; it is told that it missed some and reads the page anew.
const LAG_MAX: usize = 256;

/// One facility has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// Whose.
    pub account: AccountId,
    /// Which facility.
    pub facility: FacilityId,
}

/// Where changes are told and heard. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Changes(broadcast::Sender<Change>);

impl Default for Changes {
    fn default() -> Self {
        Self(broadcast::Sender::new(LAG_MAX))
    }
}

impl Changes {
    /// Tells everyone who listens; never waits.
    pub fn changed(&self, account: AccountId, facility: FacilityId) {
        // Nobody listens: no page is open.
        let _ = self.0.send(Change { account, facility });
    }

    /// Hears every change from now on.
    pub fn listen(&self) -> broadcast::Receiver<Change> {
        self.0.subscribe()
    }
}
