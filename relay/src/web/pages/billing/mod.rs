//! What an account pays, and what all of them do.

pub(crate) mod account_billing;
pub(crate) mod revenue;

use ::web::error::HttpError;

use crate::billing::BillingOffice;
use crate::billing::plans::PlanLimit;
use crate::billing::state::{AddingAct, AddingRefusal, judge_adding};
use crate::db::ScopedConnection;
use crate::db::billing::accounts::{count_limited, find_billing};
use crate::web::WebContext;
use crate::web::words::{BillingWords, open_words};

impl WebContext {
    /// What billing is done with; `None` where it is off.
    pub(crate) fn billing_office(&self) -> Option<BillingOffice<'_>> {
        Some(BillingOffice {
            line: self.billing.as_ref()?,
            db: &self.db,
            clock: &*self.clock,
            random: &*self.random,
            mail: &self.mail,
            public_url: &self.settings.public_url,
        })
    }

    /// Why the account that the connection is of may not add one more, in words; `None`: it may.
    pub(crate) async fn refuse_adding(
        &self,
        conn: &mut ScopedConnection,
        act: AddingAct,
    ) -> Result<Option<String>, HttpError> {
        let Some(line) = &self.billing else { return Ok(None) };
        let row = find_billing(conn).await?;
        let counts = count_limited(conn, self.now_ms()).await?;
        let judged = judge_adding(&line.rules, row.as_ref(), counts, act, self.now_ms());
        let w: BillingWords = open_words();
        Ok(judged.err().map(|refusal| match refusal {
            AddingRefusal::ReadOnly => w.billing_adds_nothing(),
            AddingRefusal::Limit(PlanLimit::Facilities, limit) => w.billing_limit_facilities(limit),
            AddingRefusal::Limit(PlanLimit::People, limit) => w.billing_limit_people(limit),
        }))
    }
}
