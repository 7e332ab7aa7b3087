//! What has reports made again every week or month, in the name of the member who set it up.

use record::ids::{FacilityId, ReportId};
use record::kinds::CivilDay;
use report::query::{ReportFormat, ReportQuery};
use words::Locale;

use super::ReportFault;
use super::order::{NewReport, ReportOffice, ReportOrder, ReportOwner};
use crate::db::account::accounts::lock_account;
use crate::db::delivery::mail_rounds::mark_posted;
use crate::db::delivery::report_schedules::{ReportSchedule, insert_schedule, list_schedules};
use crate::db::facility::facilities::get;
use crate::db::{DbError, ReadScope};

/// Schedules of a member.
pub(crate) const SCHEDULES_MAX: usize = 20;

/// How often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SchedulePace {
    /// On Monday, over the week before.
    Week,
    /// On the first day, over the month before.
    Month,
}

impl SchedulePace {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    pub(crate) fn of(word: &str) -> Option<Self> {
        [Self::Week, Self::Month].into_iter().find(|pace| pace.word() == word)
    }
}

/// A schedule that a member adds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewSchedule<'a> {
    pub(crate) owner: ReportOwner<'a>,
    pub(crate) pace: SchedulePace,
    /// Absent: all that its member sees.
    pub(crate) facility: Option<FacilityId>,
    pub(crate) format: ReportFormat,
    pub(crate) locale: Locale,
}

/// The facility of a schedule; `None`: all.
pub(crate) fn read_facility(row: &ReportSchedule) -> Result<Option<FacilityId>, DbError> {
    let facility = Some(row.facility.as_str()).filter(|id| !id.is_empty()).map(str::parse).transpose();
    facility.map_err(|e| DbError::stored("facility id", e))
}

impl ReportOffice<'_> {
    pub(crate) async fn add_schedule(
        &self,
        reads: ReadScope,
        new: &NewSchedule<'_>,
    ) -> Result<(), ReportFault> {
        if let Some(facility) = new.facility {
            get(&mut self.db.read(reads).await?, facility).await?.ok_or(ReportFault::NotFound)?;
        }
        let row = ReportSchedule {
            schedule: ReportId::new(self.now_ms, self.random.bytes()).to_string(),
            owner: new.owner.text(),
            pace: new.pace.word().to_owned(),
            facility: new.facility.map(|id| id.to_string()).unwrap_or_default(),
            format: new.format.ending().to_owned(),
            locale: new.locale.tag().to_owned(),
            made_ms: self.now_ms,
        };
        let mut tx = self.db.write(reads.account()).await?;
        lock_account(&mut tx).await?;
        let own = list_schedules(&mut tx, &row.owner).await?;
        // A second press.
        let is_same = |one: &ReportSchedule| {
            [&one.pace, &one.facility, &one.format] == [&row.pace, &row.facility, &row.format]
        };
        if own.iter().any(is_same) {
            return Ok(());
        }
        if own.len() >= SCHEDULES_MAX {
            return Err(ReportFault::Schedules);
        }
        insert_schedule(&mut tx, &row).await?;
        Ok(tx.commit().await?)
    }

    /// Puts in the report of a schedule over these days, of what its member sees, unless that was put in before: the mark is unique, and
    /// is set with it.
    pub(crate) async fn begin_scheduled(
        &self,
        reads: ReadScope,
        row: &ReportSchedule,
        days: [i32; 2],
    ) -> Result<(), ReportFault> {
        let unread = |what| move || DbError::stored("report schedule", what);
        let [from, to] = days.map(|day| CivilDay::of_number(day).map(|day| day.to_string()));
        let mut order = ReportOrder {
            facilities: read_facility(row)?.into_iter().collect(),
            query: ReportQuery { from, to, ..ReportQuery::default() },
            made_of: Vec::new(),
        };
        order.settle_days(&mut self.db.read(reads).await?, self.now_ms).await?;
        let new = NewReport {
            owner: ReportOwner::read(&row.owner).ok_or_else(unread("it has no such owner"))?,
            schedule: &row.schedule,
            format: ReportFormat::of(&row.format).ok_or_else(unread("it has no such format"))?,
            locale: Locale::from_tag(&row.locale).unwrap_or(Locale::EnUs),
            order,
        };
        let mut tx = self.db.write(reads.account()).await?;
        if mark_posted(&mut tx, &format!("report/{}/{}", row.schedule, days[0]), self.now_ms).await? {
            self.insert_report(&mut tx, &new, days).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}
