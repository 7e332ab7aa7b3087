//! From a facility's state and its cleanings to a report: the same at box and relay.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use record::anchor::time_certainty;
use record::compliance::{
    CivilCalendar, CleaningTimes, ItemStatus, ItemTimelines, WindowTally, ZoneSpan, by_day, reach_ms,
};
use record::entry::Entry;
use record::fold::{CleaningRecord, Equipment, FacilityState, ServiceState};
use record::ids::{ProtocolId, StaffId};
use record::kinds::{CivilDay, CleanedBy, Event};
use record::redact::TextLine;
use record::tag::Tag;
use record::tree::Hash;
use words::Locale;

use crate::wording::read_body;
use crate::{
    CleaningReport, MissedRow, NamedText, OverdueRow, PROGRAM, ProtocolRow, ReportFacility, ReportPhoto,
    ReportRow, ReportScope, SignOffRow, VERSION, VoidedRow, WeekRow,
};

/// Missed windows that a report lists; it says how many more there are.
const MISSED_MAX: usize = 500;
/// Days of a Thursday, which 1970-01-01 was, behind its Monday.
const THURSDAY: i32 = 3;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct ReportRequest {
    /// Which records.
    pub scope: RequestedScope,
    /// From this moment, milliseconds since 1970.
    pub from_ms: i64,
    /// Until before this one.
    pub to_ms: i64,
    /// Now.
    pub now_ms: i64,
    /// Until when it is known what happened there; absent: until now.
    pub known_ms: Option<i64>,
    /// Whether a part of the history is missing.
    pub lacks_history: bool,
    /// Whether the clock is set.
    pub is_certain: bool,
    /// Language and paper.
    pub locale: Locale,
    /// Who asks; absent: a program.
    pub made_by: Option<String>,
}

/// Which records are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestedScope {
    /// All.
    Facility,
    /// All, for an inspection.
    Inspection,
    /// Those of an item.
    Item(Tag),
    /// Those of a person.
    Person(StaffId),
    /// Those by a protocol.
    Protocol(ProtocolId),
}

/// Texts that people entered, by their hashes.
#[derive(Debug, Default)]
pub struct ReportTexts(HashMap<Hash, NamedText>);

impl ReportTexts {
    /// Adds the texts that lie beside an entry.
    pub fn add_lines(&mut self, lines: &[TextLine]) {
        self.0.extend(lines.iter().map(|line| (line.hash(), NamedText::Text(line.text().to_owned()))));
    }

    /// Adds one.
    pub fn add_text(&mut self, hash: Hash, text: NamedText) {
        self.0.insert(hash, text);
    }

    /// What is not beside its entry was erased.
    fn text(&self, hash: &Hash) -> NamedText {
        self.0.get(hash).cloned().unwrap_or(NamedText::Erased)
    }
}

/// A report that grows item by item.
pub struct ReportBuilder {
    facility: Arc<FacilityState>,
    request: ReportRequest,
    calendar: CivilCalendar,
    windows: WindowTally,
    weeks: BTreeMap<i32, WindowTally>,
    missed: Vec<MissedRow>,
    missed_more: u64,
    rows: Vec<ReportRow>,
}

impl std::fmt::Debug for ReportBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReportBuilder").field("request", &self.request).finish_non_exhaustive()
    }
}

/// What a row is made of.
#[derive(Debug)]
pub struct RowSources<'a> {
    /// As it counts.
    pub cleaning: CleaningRecord,
    /// Its entry.
    pub entry: &'a Entry,
    /// The entry that took it back, where that is here.
    pub voiding: Option<&'a Entry>,
    /// What became of its photos.
    pub photos: Vec<ReportPhoto>,
}

impl ReportRequest {
    /// The moment of which windows and states speak.
    fn as_of_ms(&self) -> i64 {
        self.known_ms.unwrap_or(self.now_ms)
    }
}

impl ReportBuilder {
    /// Of nothing yet.
    pub fn new(facility: Arc<FacilityState>, request: ReportRequest) -> Self {
        let zones: Vec<ZoneSpan> = facility
            .settings
            .zones
            .iter()
            .map(|zone| ZoneSpan { from_ms: zone.from_ms, zone: zone.zone.as_str().into() })
            .collect();
        Self {
            calendar: CivilCalendar::new(&zones),
            facility,
            request,
            windows: WindowTally::default(),
            weeks: BTreeMap::new(),
            missed: Vec::new(),
            missed_more: 0,
            rows: Vec::new(),
        }
    }

    /// The items that it asks for, by name.
    pub fn items(&self) -> Vec<Arc<Equipment>> {
        let all = self.facility.equipment.values();
        let mut items: Vec<Arc<Equipment>> = match self.request.scope {
            // What was recorded of an item that turned out to be this one stays under its own tag.
            RequestedScope::Item(tag) => {
                all.filter(|item| item.tag == tag || item.merged == Some(tag)).cloned().collect()
            }
            _ => all.cloned().collect(),
        };
        items.sort_by(|a, b| (a.facts.name.as_str(), a.tag).cmp(&(b.facts.name.as_str(), b.tag)));
        items
    }

    /// The times whose cleanings and uses [`ReportBuilder::count_item`] needs: what met the first window, or began it, may be older
    /// by its length.
    pub fn times_of(&self, item: &Equipment) -> Range<i64> {
        let reach_ms = if self.counts_windows() { reach_ms(item) } else { 0 };
        let end_ms = self.request.now_ms.saturating_add(1).max(self.request.to_ms);
        self.request.from_ms.saturating_sub(reach_ms)..end_ms
    }

    /// The end of its period, not in it, milliseconds since 1970.
    pub fn until_ms(&self) -> i64 {
        self.request.to_ms
    }

    /// The times whose uses are needed: later ones make no window that has closed.
    pub fn uses_until_ms(&self) -> i64 {
        self.request.to_ms.min(self.request.now_ms.saturating_add(1))
    }

    /// Whether due windows are of its scope: a person has none.
    pub fn counts_windows(&self) -> bool {
        !matches!(self.request.scope, RequestedScope::Person(_))
    }

    fn is_of_protocol(&self, protocol: Option<ProtocolId>) -> bool {
        match self.request.scope {
            RequestedScope::Protocol(id) => protocol == Some(id),
            _ => true,
        }
    }

    /// Counts the due windows of an item; `cleanings` and `uses` are all of [`ReportBuilder::times_of`], in any order.
    pub fn count_item(&mut self, item: &Equipment, cleanings: &[CleaningRecord], uses: Vec<i64>) {
        if !self.counts_windows() || item.plans.is_empty() {
            return;
        }
        let mut times: Vec<CleaningTimes> = cleanings.iter().filter_map(CleaningTimes::of).collect();
        times.sort_by_key(|one| one.performed_ms);
        let mut courses = ItemTimelines::new(&self.facility.settings, item, uses);
        if let RequestedScope::Protocol(protocol) = self.request.scope {
            courses.keep_protocol(protocol);
        }
        let now_ms = self.request.as_of_ms();
        let closed_in = self.request.from_ms..self.request.to_ms.min(now_ms.saturating_add(1));
        let windows = courses.windows(&times, &closed_in, now_ms);
        self.windows += WindowTally::of(&windows);
        for (day, tally) in by_day(&self.calendar, &windows) {
            *self.weeks.entry(day - (day + THURSDAY).rem_euclid(7)).or_default() += tally;
        }
        for window in courses.missed(cleanings, &closed_in, now_ms) {
            if self.missed.len() == MISSED_MAX {
                self.missed_more += 1;
                continue;
            }
            let protocol = window.protocol.map(|id| self.protocol_name(id));
            self.missed.push(MissedRow { tag: item.tag, item: item.facts.name.clone(), window, protocol });
        }
    }

    /// Whether a cleaning is one of its rows.
    pub fn takes(&self, cleaning: &CleaningRecord) -> bool {
        let of_person = match self.request.scope {
            RequestedScope::Person(id) => staff_of(&cleaning.who) == Some(id),
            _ => true,
        };
        (self.request.from_ms..self.request.to_ms).contains(&cleaning.performed_ms)
            && of_person
            && self.is_of_protocol(cleaning.protocol)
    }

    /// A row of a cleaning that it takes.
    pub fn make_row(&self, sources: RowSources<'_>, texts: &ReportTexts) -> ReportRow {
        let RowSources { cleaning, entry, voiding, photos } = sources;
        let facts = self.facility.equipment.get(&cleaning.tag).map(|item| &item.facts);
        let note = read_body(entry).and_then(|body| body.note);
        let voided = cleaning.voided.map(|_| match voiding.map(|entry| (entry, entry.event())) {
            Some((entry, Event::CleaningVoided(body))) => VoidedRow {
                at_ms: Some(self.corrected_ms(entry)),
                reason: texts.text(&body.reason.hash),
                leaf: Some(entry.leaf()),
                is_unproven: false,
            },
            _ => VoidedRow { at_ms: None, reason: NamedText::Unreadable, leaf: None, is_unproven: false },
        });
        ReportRow {
            leaf: entry.leaf(),
            item: facts.map_or_else(|| cleaning.tag.grouped(), |facts| facts.name.clone()),
            place: facts.map(|facts| facts.location.clone()).unwrap_or_default(),
            protocol: cleaning.protocol.map(|id| self.protocol_name(id)),
            who: self.name_of(&cleaning.who, texts),
            note: note.map(|note| texts.text(&note.hash)),
            time: time_certainty(&cleaning.at, self.facility.boots.get(&cleaning.at.boot).copied()),
            voided,
            photos,
            is_unproven: false,
            cleaning,
        }
    }

    fn corrected_ms(&self, entry: &Entry) -> i64 {
        let at = entry.head().at;
        record::anchor::corrected_ms(&at, self.facility.boots.get(&at.boot).copied())
    }

    fn name_of(&self, who: &CleanedBy, texts: &ReportTexts) -> NamedText {
        match who {
            CleanedBy::Entered { name, .. } => texts.text(&name.hash),
            CleanedBy::Pin { staff, .. } | CleanedBy::Badge { staff } | CleanedBy::Login { staff } => {
                self.staff_name(*staff, texts)
            }
            CleanedBy::Unattributed => NamedText::Nobody,
        }
    }

    fn staff_name(&self, staff: StaffId, texts: &ReportTexts) -> NamedText {
        self.facility.staff.get(&staff).map_or(NamedText::Unreadable, |member| texts.text(&member.name))
    }

    fn protocol_name(&self, id: ProtocolId) -> String {
        self.facility.protocols.get(&id).map_or_else(|| id.to_string(), |protocol| protocol.name.clone())
    }

    /// Adds rows, by item as [`ReportBuilder::items`] has them.
    pub fn add_rows(&mut self, mut rows: Vec<ReportRow>) {
        rows.sort_by_key(|row| {
            Reverse((row.cleaning.performed_ms, row.cleaning.of.epoch.n, row.cleaning.of.seq))
        });
        self.rows.extend(rows);
    }

    /// The whole report.
    pub fn finish(self, texts: &ReportTexts) -> CleaningReport {
        let settings = &self.facility.settings;
        let days = self.calendar.day_of(self.request.from_ms)..=self.calendar.day_of(self.request.to_ms - 1);
        let is_long = days.end() - days.start() >= 14;
        CleaningReport {
            v: VERSION,
            program: PROGRAM.to_owned(),
            locale: self.request.locale.tag().to_owned(),
            facility: ReportFacility {
                name: settings.name.clone(),
                zone: settings.zone().to_owned(),
                brand: settings.brand.name.clone(),
                colour: settings.brand.colour.clone(),
            },
            scope: self.scope(texts),
            from_ms: self.request.from_ms,
            to_ms: self.request.to_ms,
            made_ms: self.request.now_ms,
            known_ms: self.request.known_ms,
            lacks_history: self.request.lacks_history,
            is_certain: self.request.is_certain,
            made_by: self.request.made_by.clone(),
            windows: self.counts_windows().then_some(self.windows),
            weeks: match self.counts_windows() && is_long {
                true => self
                    .weeks
                    .iter()
                    .map(|(monday, windows)| WeekRow { monday: *monday, windows: *windows })
                    .collect(),
                false => Vec::new(),
            },
            overdue: if self.counts_windows() { self.list_overdue() } else { Vec::new() },
            sign_offs: self.list_sign_offs(texts),
            protocols: self.list_protocols(),
            missed: self.missed,
            missed_more: self.missed_more,
            rows: self.rows,
        }
    }

    fn scope(&self, texts: &ReportTexts) -> ReportScope {
        match self.request.scope {
            RequestedScope::Facility => ReportScope::Facility,
            RequestedScope::Inspection => {
                ReportScope::Inspection { day: self.facility.settings.inspection.day.0 }
            }
            RequestedScope::Item(tag) => {
                let item = self.facility.equipment.get(&tag);
                let name = item.map_or_else(|| tag.grouped(), |item| item.facts.name.clone());
                ReportScope::Item { tag, name }
            }
            RequestedScope::Person(staff) => ReportScope::Person { name: self.staff_name(staff, texts) },
            RequestedScope::Protocol(id) => ReportScope::Protocol { name: self.protocol_name(id) },
        }
    }

    fn list_overdue(&self) -> Vec<OverdueRow> {
        let items = self.items();
        let in_use = items.iter().filter(|item| item.service == ServiceState::In);
        let mut overdue: Vec<OverdueRow> = in_use.filter_map(|item| self.overdue_row(item)).collect();
        overdue.sort_by_key(|row| (row.since_ms, row.tag));
        overdue
    }

    fn overdue_row(&self, item: &Equipment) -> Option<OverdueRow> {
        let activity = self.facility.activity.get(&item.tag).map(AsRef::as_ref);
        let uses = activity.map(|activity| activity.use_times()).unwrap_or_default();
        let mut courses = ItemTimelines::new(&self.facility.settings, item, uses);
        if let RequestedScope::Protocol(protocol) = self.request.scope {
            courses.keep_protocol(protocol);
        }
        let ItemStatus::Overdue { since_ms } = courses.status(activity, self.request.as_of_ms()) else {
            return None;
        };
        Some(OverdueRow {
            tag: item.tag,
            item: item.facts.name.clone(),
            place: item.facts.location.clone(),
            since_ms,
            cause: courses.due_cause(activity, self.request.as_of_ms()),
        })
    }

    fn list_sign_offs(&self, texts: &ReportTexts) -> Vec<SignOffRow> {
        let today = CivilDay::of_number(self.calendar.day_of(self.request.now_ms));
        let is_in_scope = |staff: &StaffId, protocol: &ProtocolId| match self.request.scope {
            RequestedScope::Person(id) => *staff == id,
            RequestedScope::Protocol(id) => *protocol == id,
            RequestedScope::Item(_) => false,
            RequestedScope::Facility | RequestedScope::Inspection => true,
        };
        let mut rows = Vec::new();
        for (staff, competency) in &self.facility.competency {
            for (protocol, grant) in competency.protocols.iter().filter(|(id, _)| is_in_scope(staff, id)) {
                rows.push(SignOffRow {
                    person: self.staff_name(*staff, texts),
                    protocol: self.protocol_name(*protocol),
                    since_ms: grant.set_ms,
                    until: grant.until,
                    is_over: grant.ended || grant.until.is_some_and(|until| Some(until) < today),
                });
            }
        }
        rows
    }

    fn list_protocols(&self) -> Vec<ProtocolRow> {
        let followed: BTreeSet<ProtocolId> =
            self.rows.iter().filter_map(|row| row.cleaning.protocol).collect();
        let known = followed.iter().filter_map(|id| self.facility.protocols.get(id));
        known
            .map(|protocol| ProtocolRow {
                name: protocol.name.clone(),
                version: protocol.version,
                reference: [&protocol.ifu, &protocol.ifu_rev].map(String::as_str).join(" ").trim().to_owned(),
                steps: protocol.steps.len(),
                contact_s: protocol.contact_s,
            })
            .collect()
    }
}

fn staff_of(who: &CleanedBy) -> Option<StaffId> {
    match who {
        CleanedBy::Entered { staff, .. } => *staff,
        CleanedBy::Pin { staff, .. } | CleanedBy::Badge { staff } | CleanedBy::Login { staff } => {
            Some(*staff)
        }
        CleanedBy::Unattributed => None,
    }
}
