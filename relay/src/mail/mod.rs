//! Mail: which there are (`kinds`), what an account puts into its own (`brand`), what a row has of one (`letter`), how it looks (`render`,
//! and with made-up facts `preview`), how it is sent (`transport`), how it stands (`state`) and what its provider says of it (`events`), and
//! the entry point for callers that have something to send: a row in the transaction of what happened, and with it the job that sends it.

pub mod brand;
pub mod events;
mod kinds;
pub mod letter;
mod link_secret;
pub mod preview;
mod render;
pub mod state;
pub mod transport;

use std::sync::Arc;

use record::ids::{RelayJobId, UserId};
use service::clock::Clock;
use service::random::RandomSource;

use self::brand::MailBrand;
pub use self::kinds::{
    ColleagueView, ComingInspection, DueItem, FirstStep, ItemGap, ShiftPlace, WeekPlace, WeekSummary,
    WelcomePlan, WindowCount,
};
use self::letter::MailGroup;
pub use self::letter::{MailFact, MailLetter, MailTableRow, MailTopic};
pub use self::link_secret::LinkSecret;
use self::render::MailFrame;
pub use self::render::{MailScheme, MailText};
use self::state::MailState;
use self::transport::{FailureKind, LOGO_SRC, MailFailure, MailTransport, MailWay, OutgoingMail, TakenMail};
use crate::db::delivery::mails::{MailRow, NewMail};
use crate::db::delivery::suppressions::SuppressionRow;
use crate::db::delivery::{mail_preferences, mail_words, mails};
use crate::db::operation::jobs::{NewJobRow, platform_enqueue};
use crate::db::{AccountScope, DbError, PlatformConnection, SqlConnection};
use crate::wording::{TextReader, find_reader, word_for};

/// The kind of the job that sends one; its key is the mail's id.
pub const JOB_KIND: &str = "mail";
/// The lanes of jobs for a mail that somebody waits for, and for any other.
const AWAITED_LANE: i64 = 4;
const LATER_LANE: i64 = 5;
/// What is older tells nobody anything.
const AGE_MS_MAX: i64 = 7 * 24 * 3_600_000;
/// Of mails that nobody needs, an address gets so many within a day.
const OPTIONAL_MAX: i64 = 20;
const DAY_MS: i64 = 24 * 3_600_000;
/// How long after mail came back from an address the next link is tried there.
const AGAIN_MS: i64 = 24 * 3_600_000;

/// Where mails are put that are to leave. Cheap to clone.
#[derive(Debug, Clone)]
pub struct MailOutbox {
    clock: Arc<dyn Clock>,
    random: Arc<dyn RandomSource>,
    /// Whether any leaves: without a transport nothing is put in, and pages say what to do.
    is_open: bool,
}

impl MailOutbox {
    /// `way`: what the settings name.
    pub fn new(clock: Arc<dyn Clock>, random: Arc<dyn RandomSource>, way: Option<&MailWay>) -> Self {
        Self { clock, random, is_open: way.is_some() }
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
        let topic = letter.topic().filter(|_| account.is_some());
        let secret = topic.map(|_| LinkSecret::new(self.random.bytes()));
        let exit = topic.zip(secret.as_ref()).map(|(topic, secret)| (topic.key(), secret.digest()));
        let letter = &secret.map_or_else(|| letter.clone(), |secret| letter.with_exit(secret.text()));
        let body = serde_json::to_string(letter).map_err(|e| DbError::stored("mail", e))?;
        let chosen = mails::find_choice(tx, account, address).await?;
        // Nobody chose: as whoever asks for it reads, or the default.
        let present = find_reader();
        let locale = chosen.locale.as_deref().unwrap_or(present.locale.tag());
        let zone = chosen.zone.as_deref().unwrap_or(present.zone_name());
        let kind = letter.kind();
        let new = NewMail { mail: &mail, account, kind, address, body: &body, locale, zone, exit };
        mails::insert_mail(tx, &new, now_ms).await?;
        self.enqueue(tx, account, &mail, letter.reader_group()).await
    }

    async fn enqueue(
        &self,
        tx: &mut impl SqlConnection,
        account: Option<AccountScope>,
        mail: &str,
        group: MailGroup,
    ) -> Result<(), DbError> {
        let now_ms = self.clock.now_ms();
        let lane = match group {
            MailGroup::Awaited | MailGroup::Stranger => AWAITED_LANE,
            MailGroup::Needed | MailGroup::Optional(_) => LATER_LANE,
        };
        let job = NewJobRow {
            job: RelayJobId::new(now_ms, self.random.bytes()),
            account,
            kind: JOB_KIND,
            key: mail,
            body: "{}",
            lane,
            run_ms: now_ms,
            now_ms,
        };
        platform_enqueue(tx, &job).await
    }

    /// Lets a mail that did not leave be sent now, because a person says so; whether there is one.
    pub async fn send_again(&self, tx: &mut PlatformConnection, mail: &str) -> Result<bool, DbError> {
        let Some(account) = mails::platform_requeue_mail(tx, mail, self.clock.now_ms()).await? else {
            return Ok(false);
        };
        self.enqueue(tx, account, mail, MailGroup::Needed).await?;
        Ok(true)
    }

    /// Gives a mail up that did not leave, or whose receiver has it; whether there is one.
    pub async fn drop_unsent(&self, tx: &mut PlatformConnection, mail: &str) -> Result<bool, DbError> {
        mails::platform_drop_mail(tx, mail, MailState::Failed.stored(), self.clock.now_ms()).await
    }
}

/// A mail in words, ready to leave.
pub struct WordedMail<'a> {
    mail: &'a str,
    row: &'a MailRow,
    letter: MailLetter,
}

impl<'a> WordedMail<'a> {
    /// # Errors
    /// Another build wrote it: its relay may come back.
    pub fn read(mail: &'a str, row: &'a MailRow) -> Result<Self, MailFailure> {
        let letter = serde_json::from_str(&row.body).map_err(|error| {
            MailFailure::of_relay(FailureKind::Passing, format!("the mail cannot be read: {error}"))
        })?;
        Ok(Self { mail, row, letter })
    }

    /// Whether its link is over, or nobody needs it any more.
    pub fn is_over(&self, now_ms: i64) -> bool {
        self.letter.expires_ms().is_some_and(|expires_ms| expires_ms < now_ms)
            || now_ms.saturating_sub(self.row.made_ms) > AGE_MS_MAX
    }

    /// Whether it leaves although nothing is sent to its address: whom the relay knows gets the links that they ask for, from where mail
    /// came back at most one a day.
    pub fn passes(&self, suppressed: &SuppressionRow, now_ms: i64) -> bool {
        self.letter.reader_group() == MailGroup::Awaited
            && match suppressed.kind.as_str() {
                "complaint" => true,
                "bounce" => now_ms.saturating_sub(suppressed.since_ms) >= AGAIN_MS,
                _ => false,
            }
    }

    /// Why it does not leave although it could: its reader wants no more of its topic, or had too much of the kind today. What its state says
    /// of it, and in words.
    pub async fn find_hold(
        &self,
        conn: &mut PlatformConnection,
    ) -> Result<Option<(MailState, &'static str)>, DbError> {
        let Some(topic) = self.letter.topic() else { return Ok(None) };
        let chosen = mail_preferences::platform_find_of_mail(conn, self.mail).await?;
        if !chosen.unwrap_or(topic.is_on_by_itself()) {
            return Ok(Some((MailState::Declined, "its reader wants no mails of this topic")));
        }
        let since_ms = self.row.made_ms.saturating_sub(DAY_MS);
        let earlier = mails::platform_count_optional(conn, self.mail, since_ms).await?;
        Ok((earlier >= OPTIONAL_MAX)
            .then_some((MailState::Capped, "its reader got as many within a day as one gets")))
    }

    /// How the account that it is of shows itself in it.
    pub async fn find_brand(&self, conn: &mut PlatformConnection) -> Result<Option<MailBrand>, DbError> {
        let Some(brand) = mail_words::platform_find_brand(conn, self.mail).await? else { return Ok(None) };
        let language = TextReader::of(&self.row.locale, &self.row.zone).locale.language().code();
        let words = match self.letter.takes_words() {
            true => mail_words::platform_list_of_mail(conn, self.mail, language).await?,
            false => Vec::new(),
        };
        Ok(Some(MailBrand { name: brand.name, accent: brand.accent, logo: brand.picture, words }))
    }

    pub async fn send(
        &self,
        transport: &MailTransport,
        brand: Option<&MailBrand>,
    ) -> Result<TakenMail, MailFailure> {
        let Self { mail, row, letter } = self;
        let reader = TextReader::of(&row.locale, &row.zone);
        let exit_url = letter.exit.as_deref().map(|secret| transport.exit_url(secret));
        let exit_url = exit_url.as_deref();
        let (host, scheme) = (transport.host(), MailScheme::OfReader);
        let frame = MailFrame { host, exit_url, brand, logo_src: LOGO_SRC, scheme };
        let text = word_for(reader, || render::render_letter(letter, frame));
        let text = text.map_err(|key| {
            MailFailure::of_relay(FailureKind::Passing, format!("this relay has no words for {key}"))
        })?;
        let (kind, address) = (row.kind.as_str(), row.address.as_str());
        let exit_url = exit_url.map(str::to_owned);
        let made_ms = row.made_ms;
        transport.send(OutgoingMail { mail, kind, address, text, exit_url, brand, made_ms }).await
    }
}

/// Sends a mail at once that is in no outbox, to see whether one leaves. What the provider calls it.
pub async fn send_test(
    transport: &MailTransport,
    mail: &str,
    address: &str,
    link: String,
    now_ms: i64,
) -> Result<TakenMail, MailFailure> {
    let letter = MailLetter::test(now_ms, link);
    let host = transport.host();
    let scheme = MailScheme::OfReader;
    let frame = MailFrame { host, exit_url: None, brand: None, logo_src: LOGO_SRC, scheme };
    let text = render::render_letter(&letter, frame)
        .map_err(|key| MailFailure::of_relay(FailureKind::Final, key))?;
    let kind = letter.kind();
    let (exit_url, brand, made_ms) = (None, None, now_ms);
    transport.send(OutgoingMail { mail, kind, address, text, exit_url, brand, made_ms }).await
}
