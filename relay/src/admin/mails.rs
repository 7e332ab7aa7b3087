//! Mails that did not leave, and addresses to which nothing is sent, as an operator sees them.

use serde_json::{Value, json};

use super::{AdminError, AdminHandler, stamp};
use crate::accounts::email_address;
use crate::db::PlatformReason;
use crate::db::delivery::mails::{UnsentMailRow, platform_list_unsent};
use crate::db::delivery::suppressions::{SuppressionRow, platform_lift, platform_list};

const LISTED_MAX: i64 = 200;
const AT_PROVIDER: &str = "a provider has a list of its own: take the address off Resend’s suppressions too";

fn unknown_mail(mail: &str) -> AdminError {
    AdminError::Value(format!(
        "no mail {mail} is there that could still leave; `cleantrack-relay mail list` names them. Nothing was changed"
    ))
}

impl AdminHandler {
    pub(super) async fn list_mails(&self) -> Result<Value, AdminError> {
        let mut conn = self.db.platform_read(PlatformReason::Operator).await?;
        let unsent = platform_list_unsent(&mut conn, LISTED_MAX).await?;
        let suppressed = platform_list(&mut conn, LISTED_MAX).await?;
        let unsent: Vec<Value> = unsent.iter().map(unsent_json).collect();
        let suppressed: Vec<Value> = suppressed.iter().map(suppression_json).collect();
        Ok(json!({ "unsent": unsent, "suppressed": suppressed }))
    }

    pub(super) async fn send_mail_again(&self, mail: &str) -> Result<Value, AdminError> {
        let mut tx = self.db.platform_write(PlatformReason::Operator).await?;
        if !self.mail.send_again(&mut tx, mail).await? {
            return Err(unknown_mail(mail));
        }
        tx.commit().await?;
        Ok(json!({ "mail": mail, "state": "wait" }))
    }

    pub(super) async fn drop_mail(&self, mail: &str) -> Result<Value, AdminError> {
        let mut tx = self.db.platform_write(PlatformReason::Operator).await?;
        if !self.mail.drop_unsent(&mut tx, mail).await? {
            return Err(unknown_mail(mail));
        }
        tx.commit().await?;
        Ok(json!({ "mail": mail, "state": "failed" }))
    }

    pub(super) async fn lift_suppression(&self, address: &str) -> Result<Value, AdminError> {
        let address = email_address(address)
            .ok_or_else(|| AdminError::Value(format!("{address:?} is no e-mail address")))?;
        let mut tx = self.db.platform_write(PlatformReason::Operator).await?;
        if !platform_lift(&mut tx, &address, self.clock.now_ms()).await? {
            return Err(AdminError::Value(format!("mail is sent to {address} already. Nothing was changed")));
        }
        tx.commit().await?;
        Ok(json!({ "address": address, "suppressed": false, "then": AT_PROVIDER }))
    }
}

fn unsent_json(row: &UnsentMailRow) -> Value {
    json!({
        "mail": row.mail, "account": row.account_id, "kind": row.kind, "address": row.address, "state": row.state,
        "made": stamp(row.made_ms), "answer": row.answer,
    })
}

fn suppression_json(row: &SuppressionRow) -> Value {
    json!({ "address": row.address, "kind": row.kind, "since": stamp(row.since_ms) })
}
