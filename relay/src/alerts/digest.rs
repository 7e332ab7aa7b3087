//! The digest of an account: once a day, what is open at the facilities that somebody sees.

use jiff::tz::TimeZone;
use record::compliance::find_zone;

use super::look::AlertSender;
use super::notice::next_reading_ms;
use crate::accounts::UserRole;
use crate::db::delivery::alert_settings::{
    DigestReader, digest_zone, find_digest_ms, find_hours, list_digest_readers, save_digest_ms,
};
use crate::db::delivery::alerts::{OpenSum, sum_open};
use crate::db::{DbError, ScopedConnection};
use crate::mail::letter::MailLetter;

/// When it is sent as it comes, minutes since midnight.
pub const DIGEST_AT: i64 = 7 * 60;
const DAY_MS: i64 = 86_400_000;
/// A digest that is later than this is of no use: the next one is sent.
const LATE_MS_MAX: i64 = 1_800_000;

impl AlertSender<'_> {
    /// Sends the digest that is due, and writes when the next one is.
    pub async fn send_digest(&self, tx: &mut ScopedConnection, now_ms: i64) -> Result<(), DbError> {
        let at = find_hours(tx).await?.digest_at.unwrap_or(DIGEST_AT);
        let zone = digest_zone(tx).await?;
        let next_ms = next_reading_ms(now_ms, at.max(0), &find_zone(&zone).unwrap_or(TimeZone::UTC));
        let due_ms = find_digest_ms(tx).await?;
        save_digest_ms(tx, next_ms.unwrap_or(now_ms.saturating_add(DAY_MS))).await?;
        let is_due =
            due_ms.is_some_and(|due_ms| (due_ms..due_ms.saturating_add(LATE_MS_MAX)).contains(&now_ms));
        if !is_due || at < 0 || !self.mail.is_open() {
            return Ok(());
        }
        let open = sum_open(tx).await?;
        let scope = tx.scope();
        for DigestReader { reader, places } in list_digest_readers(tx, now_ms).await? {
            let is_seen = |sum: &&OpenSum| {
                let is_in =
                    |place: &str| places.as_ref().is_none_or(|own| own.iter().any(|one| one == place));
                is_in(&sum.facility) || sum.region.as_deref().is_some_and(is_in)
            };
            let is_notified = [UserRole::AccountAdmin, UserRole::FacilityAdmin, UserRole::Biomed]
                .iter()
                .any(|role| role.key() == reader.role);
            let of_reader: Vec<&OpenSum> = open.iter().filter(is_seen).collect();
            if is_notified && !of_reader.is_empty() {
                let letter = MailLetter::digest(&of_reader, self.public_url);
                self.mail.post(tx, Some(scope), &reader.email, &letter).await?;
            }
        }
        Ok(())
    }
}
