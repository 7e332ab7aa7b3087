//! What jobs work with.

use std::sync::Arc;

use service::clock::Clock;

use crate::accounts::retention::ForgetRounds;
use crate::billing::BillingLine;
use crate::db::{Db, DbError, PlatformReason};
use crate::keys::SharedKeySet;
use crate::mail::transport::MailTransport;
use crate::objects::NoteStore;
use crate::webhooks::WebhookLine;

#[derive(Debug)]
pub struct RelayHandlers {
    pub(super) db: Db,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) forgetting: ForgetRounds,
    pub(super) mail: Option<MailTransport>,
    pub(super) keys: SharedKeySet,
    pub(super) notes: NoteStore,
    pub(super) webhooks: WebhookLine,
    pub(super) billing: Option<BillingLine>,
}

impl RelayHandlers {
    /// Of a process that starts now. `mail`: the way on which mails leave; `keys`: what it signs with; `notes`: where it leaves notes over
    /// access logs; `webhooks`: with what it sends to those.
    pub async fn begin(
        db: Db,
        clock: Arc<dyn Clock>,
        mail: Option<MailTransport>,
        keys: impl Into<SharedKeySet>,
        notes: NoteStore,
        webhooks: WebhookLine,
    ) -> Result<Self, DbError> {
        let forgetting =
            ForgetRounds::begin(&mut db.platform_read(PlatformReason::Work).await?, clock.now()).await?;
        Ok(Self { db, clock, forgetting, mail, keys: keys.into(), notes, webhooks, billing: None })
    }

    /// The same with billing, where it is on.
    #[must_use]
    pub fn with_billing(self, billing: Option<BillingLine>) -> Self {
        Self { billing, ..self }
    }
}
