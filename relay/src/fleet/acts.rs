//! What people do to a box by page or command: it gets a name, is quarantined and trusted again, and is taken out of use.

use record::ids::BoxId;

use super::{Fleet, done_act};
use crate::db::access_log::audit::{NewAudit, insert_act};
use crate::db::fleet::boxes::BoxOwner;
use crate::db::fleet::{boxes, claims};
use crate::db::log::log_keys;
use crate::db::{AccountScope, DbError, ScopedConnection};
use crate::projections::facility_now::refresh_box;

pub const REASON_CHARS_MAX: usize = 200;

/// A reason as it is kept: one line that says something; `None`: it says nothing, or too much.
pub fn read_reason(text: &str) -> Option<String> {
    let reason = text.trim();
    let fits = !reason.is_empty()
        && reason.chars().count() <= REASON_CHARS_MAX
        && !reason.contains(char::is_control);
    fits.then(|| reason.to_owned())
}

/// Who does something to which box, and why, where they have to say so.
#[derive(Debug, Clone, Copy)]
pub struct BoxAct<'a> {
    pub scope: AccountScope,
    pub box_id: BoxId,
    /// As the access log calls them.
    pub by: &'a str,
    pub reason: Option<&'a str>,
}

impl BoxAct<'_> {
    fn about(&self) -> String {
        match self.reason {
            Some(reason) => format!("{}: {reason}", self.box_id),
            None => self.box_id.to_string(),
        }
    }
}

impl Fleet {
    /// Calls a box so; `None` takes its name away. Whether that changed anything.
    pub async fn rename(&self, act: BoxAct<'_>, name: Option<&str>) -> Result<bool, DbError> {
        let mut tx = self.db.write(act.scope).await?;
        let renamed = boxes::rename_box(&mut tx, act.box_id, name).await?;
        let home = boxes::find_home(&mut tx, act.box_id).await?;
        self.finish(tx, home.filter(|_| renamed), &act, "box rename").await
    }

    /// Takes nothing more of a box until somebody releases it. Whether it was believed until now.
    pub async fn quarantine(&self, act: BoxAct<'_>) -> Result<bool, DbError> {
        let mut tx = self.db.write(act.scope).await?;
        let home = boxes::lock_box(&mut tx, act.box_id).await?;
        let home = home.filter(|home| !home.quarantined && !home.revoked);
        if home.is_some() {
            let why = act.reason.unwrap_or_default();
            boxes::quarantine_box(&mut tx, act.box_id, why, self.clock.now_ms()).await?;
        }
        self.finish(tx, home, &act, "box quarantine").await
    }

    /// Takes a box's word again, after a person has looked. Whether there was anything to lift.
    pub async fn release(&self, act: BoxAct<'_>) -> Result<bool, DbError> {
        let mut tx = self.db.write(act.scope).await?;
        let released = boxes::release_box(&mut tx, act.box_id).await?;
        let home = boxes::find_home(&mut tx, act.box_id).await?;
        self.finish(tx, home.filter(|_| released), &act, "box release").await
    }

    /// Revokes a box: its certificates, its present connection, and keys that were only offered under its name, also with a
    /// claim. Its log stays. Whether there was one of this account.
    pub async fn revoke(&self, act: BoxAct<'_>) -> Result<bool, DbError> {
        let mut tx = self.db.write(act.scope).await?;
        let home = self.end_service(&mut tx, act.box_id).await?;
        let revoked = self.finish(tx, home, &act, "box revoke").await?;
        if revoked {
            self.publisher.disconnect(act.box_id);
        }
        Ok(revoked)
    }

    pub(super) async fn end_service(
        &self,
        tx: &mut ScopedConnection,
        box_id: BoxId,
    ) -> Result<Option<BoxOwner>, DbError> {
        claims::forget_box(tx, box_id).await?;
        let revoked = boxes::revoke_box(tx, box_id, self.clock.now_ms()).await?;
        log_keys::drop_unbegun(tx, box_id, 0).await?;
        Ok(boxes::find_home(tx, box_id).await?.filter(|_| revoked))
    }

    /// Writes down what was done and the state of the facility's boxes now; `home` is missing where nothing was.
    async fn finish(
        &self,
        mut tx: ScopedConnection,
        home: Option<BoxOwner>,
        act: &BoxAct<'_>,
        word: &str,
    ) -> Result<bool, DbError> {
        let now_ms = self.clock.now_ms();
        if let Some(home) = home {
            refresh_box(&mut tx, home.facility, now_ms).await?;
            let about = act.about();
            let row = NewAudit { facility: Some(home.facility), ..done_act(act.by, word, &about) };
            insert_act(&mut tx, &row, now_ms).await?;
        }
        tx.commit().await?;
        Ok(home.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_a_line_that_says_something() {
        assert_eq!(read_reason(" The card was copied. ").as_deref(), Some("The card was copied."));
        for text in ["", "  ", "a\nb", &"x".repeat(REASON_CHARS_MAX + 1)] {
            assert_eq!(read_reason(text), None, "{text:?}");
        }
    }
}
