//! The PIN of a shared tablet while somebody records by it: it proves one record, and nothing that comes at the same time.

use std::sync::Arc;

use service::clock::Now;

use super::{IdentityError, PinEntry, SessionStore, secret_digest};

/// A PIN that was taken out of its session. Unless it is used it goes back there when it is dropped.
#[must_use]
pub struct HeldPin {
    sessions: Arc<SessionStore>,
    key: String,
    pin: PinEntry,
    is_used: bool,
}

impl HeldPin {
    /// Takes the PIN out of a session: none where another request has it, or it proves no more. One that was entered
    /// with this very request is not visible to others at all.
    pub fn take(sessions: &Arc<SessionStore>, secret: &str, entered: Option<&Now>) -> Option<Self> {
        let key = secret_digest(secret);
        let there = sessions.lock().get_mut(&key)?.pin.take();
        let pin = entered.map(PinEntry::of).or(there)?;
        Some(Self { sessions: Arc::clone(sessions), key, pin, is_used: false })
    }

    /// How long ago it was entered, milliseconds; absent: before the machine started.
    pub fn age_ms(&self, now: &Now) -> Option<u64> {
        self.pin.age_ms(now)
    }

    /// A record is asked for by it, and may be made though nobody waits for the answer any more: it does not go back.
    pub fn use_up(&mut self) {
        self.is_used = true;
    }

    pub fn put_back(mut self) {
        self.is_used = false;
    }

    /// Something was, or may have been. Blocks for the disk.
    ///
    /// # Errors
    /// It could not be written; it proves no more all the same, until a restart.
    pub fn write_used(mut self) -> Result<(), IdentityError> {
        self.is_used = true;
        self.sessions.write_pin(&self.key, None)
    }
}

impl Drop for HeldPin {
    fn drop(&mut self) {
        if !self.is_used
            && let Some(session) = self.sessions.lock().get_mut(&self.key)
        {
            session.pin.get_or_insert(self.pin);
        }
    }
}
