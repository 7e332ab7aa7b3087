//! Tries at codes of a second step: counted, and a user whose codes are being guessed is notified by mail.

use service::attempts::ClientNetwork;

use super::second_factor::{FactorError, SecondFactorService};
use super::sign_in::{SignInError, SignInOrigin};
use crate::accounts::credentials::lock_out::{AttemptOrigin, CountError, EmptyBucket};
use crate::db::delivery::mails;
use crate::db::{DbError, PlatformReason};
use crate::mail::MailLetter;

/// A user whose codes are being guessed is notified no more often than this.
const ONCE_MS: i64 = 24 * 3_600_000;

impl SecondFactorService<'_> {
    /// Counts a try at a code. A user who used theirs up is notified: somebody has their password, or reads their mail.
    pub(in crate::accounts) async fn count_code(
        &self,
        email: &str,
        from: &AttemptOrigin,
        origin: &SignInOrigin,
    ) -> Result<(), FactorError> {
        let now_ms = self.auth.clock.now_ms();
        match self.auth.limits.count(self.auth.db, from, now_ms).await {
            Err(CountError::Wait { until_ms, bucket }) if bucket != EmptyBucket::Network => {
                self.warn_of_codes(email, origin, now_ms).await?;
                Err(SignInError::Wait { until_ms, bucket }.into())
            }
            counted => Ok(counted.map_err(SignInError::from)?),
        }
    }

    async fn warn_of_codes(&self, email: &str, origin: &SignInOrigin, now_ms: i64) -> Result<(), DbError> {
        let (network, link) =
            (ClientNetwork::of(origin.peer).to_string(), format!("{}/forgot", self.auth.public_url));
        let letter = MailLetter::wrong_codes(now_ms, &network, link);
        let mut tx = self.auth.db.platform_write(PlatformReason::SignIn).await?;
        if !mails::platform_was_made(&mut tx, letter.kind(), email, now_ms - ONCE_MS).await? {
            self.auth.mail.post(&mut tx, None, email, &letter).await?;
        }
        tx.commit().await
    }
}
