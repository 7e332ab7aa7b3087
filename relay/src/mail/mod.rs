//! Mail: which there are (`kinds`), what a row has of one (`letter`), how it looks (`render`), how it is sent (`transport`), and the
//! entry point for callers that have something to send: a row in the transaction of what happened, and with it the job that sends it.

mod kinds;
pub mod letter;
mod render;
pub mod transport;

use std::sync::Arc;

use record::ids::{RelayJobId, UserId};
use service::clock::Clock;
use service::random::RandomSource;

pub use self::kinds::ColleagueView;
pub use self::letter::MailLetter;
use self::transport::{MailFailure, MailTransport};
use crate::db::delivery::mails;
use crate::db::delivery::mails::{MailRow, NewMail};
use crate::db::operation::jobs::{NewJobRow, platform_enqueue};
use crate::db::{AccountScope, DbError, SqlConnection};
use crate::wording::{TextReader, find_reader, word_for};

/// The kind of the job that sends one; its key is the mail's id.
pub const JOB_KIND: &str = "mail";
const LANE: i64 = 0;

/// Where mails are put that are to leave. Cheap to clone.
#[derive(Debug, Clone)]
pub struct MailOutbox {
    clock: Arc<dyn Clock>,
    random: Arc<dyn RandomSource>,
    /// Whether any leaves: without a transport nothing is put in, and pages say what to do.
    is_open: bool,
}

impl MailOutbox {
    /// `transport`: what the settings name.
    pub fn new(
        clock: Arc<dyn Clock>,
        random: Arc<dyn RandomSource>,
        transport: Option<&MailTransport>,
    ) -> Self {
        Self { clock, random, is_open: transport.is_some() }
    }

    /// Whether mail leaves this relay at all.
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// Puts a mail in, with its job, in the caller's transaction. Nothing happens where no mail leaves.
    pub async fn post(
        &self,
        tx: &mut impl SqlConnection,
        account: Option<AccountScope>,
        address: &str,
        letter: &MailLetter,
    ) -> Result<(), DbError> {
        if !self.is_open {
            return Ok(());
        }
        let now_ms = self.clock.now_ms();
        let mail = UserId::new(now_ms, self.random.bytes()).to_string();
        let body = serde_json::to_string(letter).map_err(|e| DbError::stored("mail", e))?;
        let chosen = mails::find_choice(tx, account, address).await?;
        // Nobody chose: as whoever asks for it reads, or the default.
        let present = find_reader();
        let locale = chosen.locale.as_deref().unwrap_or(present.locale.tag());
        let zone = chosen.zone.as_deref().unwrap_or(present.zone_name());
        let kind = letter.kind();
        let new = NewMail { mail: &mail, account, kind, address, body: &body, locale, zone };
        mails::insert_mail(tx, &new, now_ms).await?;
        let job = NewJobRow {
            job: RelayJobId::new(now_ms, self.random.bytes()),
            account,
            kind: JOB_KIND,
            key: &mail,
            body: "{}",
            lane: LANE,
            run_ms: now_ms,
            now_ms,
        };
        platform_enqueue(tx, &job).await
    }
}

pub async fn send_waiting(transport: &MailTransport, mail: &str, row: &MailRow) -> Result<(), MailFailure> {
    // Another build wrote it: its relay may come back.
    let letter: MailLetter =
        serde_json::from_str(&row.body).map_err(|e| MailFailure::Passing(format!("read the mail: {e}")))?;
    let reader = TextReader::of(&row.locale, &row.zone);
    let text = word_for(reader, || render::render_letter(&letter, transport.host()));
    let text = text.map_err(|key| MailFailure::Passing(format!("this relay has no words for {key}")))?;
    transport.send(mail, &row.address, text, row.made_ms).await
}
