//! Tells open pages that something of a facility changed, after it was committed.

use std::sync::Arc;

use record::ids::{AccountId, FacilityId};
use tokio::sync::{broadcast, watch};

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
pub struct Changes {
    told: broadcast::Sender<Change>,
    ended: Arc<watch::Sender<bool>>,
}

impl Default for Changes {
    fn default() -> Self {
        Self { told: broadcast::Sender::new(LAG_MAX), ended: Arc::new(watch::Sender::new(false)) }
    }
}

impl Changes {
    /// Tells everyone who listens; never waits.
    pub fn changed(&self, account: AccountId, facility: FacilityId) {
        // Nobody listens: no page is open.
        let _ = self.told.send(Change { account, facility });
    }

    /// Hears every change from now on.
    pub fn listen(&self) -> broadcast::Receiver<Change> {
        self.told.subscribe()
    }

    /// Nothing more will be told: whoever listens should end, so that the process can.
    pub fn end(&self) {
        self.ended.send_replace(true);
    }

    /// Becomes true at the end.
    pub fn ended(&self) -> watch::Receiver<bool> {
        self.ended.subscribe()
    }
}
