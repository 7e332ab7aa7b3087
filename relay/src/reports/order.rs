//! What somebody has made while they do something else: taken, found and taken away for whoever asked for it, and for nobody else.

use record::compliance::{CivilCalendar, ZoneSpan};
use record::ids::{FacilityId, RelayJobId, ReportId};
use record::kinds::CivilDay;
use report::query::{ReportFormat, ReportItem, ReportQuery, ReportState};
use serde::{Deserialize, Serialize};
use service::random::RandomSource;
use words::Locale;

use super::ReportFault;
use crate::db::account::accounts::lock_account;
use crate::db::delivery::reports::{self, StoredReport};
use crate::db::facility::facilities::list_facilities;
use crate::db::facility::facility_now::common_zone;
use crate::db::operation::jobs::{NewJobRow, platform_enqueue};
use crate::db::projection::projections::find_live;
use crate::db::projection::state::load_all;
use crate::db::{AccountScope, Db, DbError, ReadScope, ScopedConnection};
use crate::objects::ReportStore;

pub(crate) const JOB_KIND: &str = "report";
/// That of `jobs::kind::JobLane::Reports`.
const LANE: i64 = 7;
/// Reports of one owner that are not made yet.
pub(crate) const WAITING_MAX: i64 = 10;
/// Reports that one owner has, as many as their page shows; of more the oldest go. Nobody's take the place of another one's.
pub(crate) const STORED_MAX: i64 = 50;
/// Facilities of a report.
pub(crate) const FACILITIES_MAX: usize = 500;

/// Of what a report is, as its row has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReportOrder {
    /// Empty: all that whoever asks sees.
    pub(crate) facilities: Vec<FacilityId>,
    pub(crate) query: ReportQuery,
    /// What its file has, once it is made: only who sees all of it fetches that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) made_of: Vec<FacilityId>,
}

/// Who asked for a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReportOwner<'a> {
    /// A person's id.
    Member(&'a str),
    /// A token's id.
    Program(&'a str),
}

impl<'a> ReportOwner<'a> {
    pub(crate) fn read(text: &'a str) -> Option<Self> {
        let member = text.strip_prefix("member:").map(Self::Member);
        member.or_else(|| text.strip_prefix("token:").map(Self::Program))
    }

    /// As the row of a report has it.
    pub(crate) fn text(self) -> String {
        match self {
            Self::Member(id) => format!("member:{id}"),
            Self::Program(id) => format!("token:{id}"),
        }
    }
}

/// A report that is asked for.
#[derive(Debug, Clone)]
pub(crate) struct NewReport<'a> {
    pub(crate) owner: ReportOwner<'a>,
    /// The id of what has it made; empty where somebody asked.
    pub(crate) schedule: &'a str,
    pub(crate) format: ReportFormat,
    pub(crate) locale: Locale,
    pub(crate) order: ReportOrder,
}

/// What reports are taken and looked after with.
pub(crate) struct ReportOffice<'a> {
    pub(crate) db: &'a Db,
    pub(crate) files: ReportStore,
    pub(crate) random: &'a dyn RandomSource,
    pub(crate) now_ms: i64,
}

impl ReportOrder {
    /// Whether its file is a report, and no archive of them.
    pub(crate) fn is_single(&self) -> bool {
        self.facilities.len() == 1
    }

    /// Settles its days, by the zone of its facility or of most of them, and refuses what whoever asks does not see.
    pub(super) async fn settle_days(
        &mut self,
        conn: &mut ScopedConnection,
        now_ms: i64,
    ) -> Result<[i32; 2], ReportFault> {
        self.facilities.sort_unstable();
        self.facilities.dedup();
        let query = &self.query;
        let is_of_part = [&query.tag, &query.staff, &query.protocol].iter().any(|part| part.is_some());
        let seen = list_facilities(conn).await?;
        let count = if self.facilities.is_empty() { seen.len() } else { self.facilities.len() };
        if count > FACILITIES_MAX || (is_of_part && !self.is_single()) {
            return Err(ReportFault::Facilities);
        }
        if count == 0 {
            return Err(ReportFault::NotFound);
        }
        let mut zone = None;
        for facility in &self.facilities {
            let id = facility.to_string();
            let row = seen.iter().find(|row| row.facility == id).ok_or(ReportFault::NotFound)?;
            zone = Some(row.zone.clone()).filter(|_| self.is_single());
        }
        let zone = match zone {
            Some(zone) => zone,
            None => common_zone(conn).await?,
        };
        let calendar = CivilCalendar::new(&[ZoneSpan { from_ms: 0, zone: zone.into() }]);
        let period = query.period(&calendar, now_ms)?;
        if let (true, [facility]) = (is_of_part, &self.facilities[..]) {
            let live = find_live(conn, *facility).await?;
            query.scope(&load_all(conn, live).await?)?;
        }
        let days = [period.start, period.end - 1].map(|ms| calendar.day_of(ms));
        let [from, to] = days.map(|day| CivilDay::of_number(day).map(|day| day.to_string()));
        (self.query.days, self.query.from, self.query.to) = (None, from, to);
        Ok(days)
    }
}

/// How far a report is, as programs read it.
pub(crate) fn report_item(stored: &StoredReport) -> Result<ReportItem, DbError> {
    let state = read_state(stored)?;
    Ok(ReportItem {
        id: stored.report.parse().map_err(|e| DbError::stored("report id", e))?,
        format: read_format(stored)?,
        state,
        percent: if state == ReportState::Ready { 100 } else { u8::try_from(stored.percent).unwrap_or(99) },
        bytes: u64::try_from(stored.bytes).unwrap_or_default(),
        fault: Some(stored.fault.clone()).filter(|fault| !fault.is_empty()),
    })
}

pub(crate) fn read_state(stored: &StoredReport) -> Result<ReportState, DbError> {
    ReportState::of(&stored.state).ok_or_else(|| DbError::stored("report", "it has no such state"))
}

pub(crate) fn read_format(stored: &StoredReport) -> Result<ReportFormat, DbError> {
    ReportFormat::of(&stored.format).ok_or_else(|| DbError::stored("report", "it has no such format"))
}

pub(crate) fn read_order(stored: &StoredReport) -> Result<ReportOrder, DbError> {
    serde_json::from_str(&stored.body).map_err(|e| DbError::stored("report", e))
}

impl ReportOffice<'_> {
    /// Puts in a report of what `reads` sees.
    pub(crate) async fn begin_report(
        &self,
        reads: ReadScope,
        mut new: NewReport<'_>,
    ) -> Result<StoredReport, ReportFault> {
        let days = new.order.settle_days(&mut self.db.read(reads).await?, self.now_ms).await?;
        let mut tx = self.db.write(reads.account()).await?;
        let stored = self.insert_report(&mut tx, &new, days).await?;
        tx.commit().await?;
        Ok(stored)
    }

    /// The same in the caller's transaction, of an order whose days are settled.
    pub(crate) async fn insert_report(
        &self,
        tx: &mut ScopedConnection,
        new: &NewReport<'_>,
        days: [i32; 2],
    ) -> Result<StoredReport, ReportFault> {
        lock_account(tx).await?;
        let owner = new.owner.text();
        if reports::count_open(tx, &owner).await? >= WAITING_MAX {
            return Err(ReportFault::Crowded);
        }
        for report in reports::list_surplus(tx, &owner, STORED_MAX - 1).await? {
            self.files.remove(tx.scope(), &report).await?;
            reports::delete_report(tx, &report).await?;
        }
        let id = ReportId::new(self.now_ms, self.random.bytes()).to_string();
        let [from_day, to_day] = days.map(i64::from);
        let stored = StoredReport {
            report: id,
            owner,
            schedule: new.schedule.to_owned(),
            format: new.format.ending().to_owned(),
            locale: new.locale.tag().to_owned(),
            body: serde_json::to_string(&new.order).map_err(ReportFault::making)?,
            from_day,
            to_day,
            made_ms: self.now_ms,
            state: ReportState::Waiting.word().to_owned(),
            percent: 0,
            bytes: 0,
            fault: String::new(),
        };
        reports::insert_report(tx, &stored).await?;
        let job = NewJobRow {
            job: RelayJobId::new(self.now_ms, self.random.bytes()),
            account: Some(tx.scope()),
            kind: JOB_KIND,
            key: &stored.report,
            body: "{}",
            lane: LANE,
            run_ms: self.now_ms,
            now_ms: self.now_ms,
        };
        platform_enqueue(tx, &job).await?;
        Ok(stored)
    }

    pub(crate) async fn find_own(
        &self,
        scope: AccountScope,
        owner: ReportOwner<'_>,
        report: ReportId,
    ) -> Result<StoredReport, ReportFault> {
        let found = reports::find_report(&mut self.db.read(scope).await?, &report.to_string()).await?;
        found.filter(|stored| stored.owner == owner.text()).ok_or(ReportFault::NotFound)
    }

    /// As [`Self::find_own`], one whose file may be fetched: `reads` sees all that is in it.
    pub(crate) async fn find_ready(
        &self,
        reads: ReadScope,
        owner: ReportOwner<'_>,
        report: ReportId,
    ) -> Result<StoredReport, ReportFault> {
        let stored = self.find_own(reads.account(), owner, report).await?;
        let seen = list_facilities(&mut self.db.read(reads).await?).await?;
        let sees = |id: &FacilityId| seen.iter().any(|row| row.facility == id.to_string());
        let is_seen = read_order(&stored)?.made_of.iter().all(sees);
        if !is_seen {
            return Err(ReportFault::NotFound);
        }
        Some(stored)
            .filter(|stored| read_state(stored).is_ok_and(|state| state == ReportState::Ready))
            .ok_or(ReportFault::NotReady)
    }

    /// Cancels one that is not made yet, or takes one away.
    pub(crate) async fn end_own(
        &self,
        scope: AccountScope,
        owner: ReportOwner<'_>,
        report: ReportId,
    ) -> Result<(), ReportFault> {
        let stored = self.find_own(scope, owner, report).await?;
        let mut tx = self.db.write(scope).await?;
        if !reports::end_report(&mut tx, &stored.report, ReportState::Cancelled.word(), "").await? {
            self.files.remove(scope, &stored.report).await?;
            reports::delete_report(&mut tx, &stored.report).await?;
        }
        Ok(tx.commit().await?)
    }
}
