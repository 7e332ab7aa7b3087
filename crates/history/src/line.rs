//! One line of an item's history, apart from its cleanings and uses.

use record::compliance::is_interval;
use record::fold::{FacilityState, RowKey};
use record::ids::{ProtocolId, UpkeepId};
use record::kinds::{
    CheckRecorded, CleanedBy, EquipmentMerged, EquipmentSuspended, Event, LoadFailed, LoadFinished,
    LoadStarted, ProblemClosed, ProblemReported, ProblemWord, ScheduleSet, TagAssigned, TagRevoked,
    UpkeepDone, UpkeepPlanned,
};
use record::redact::Redactable;
use record::tag::Tag;
use record::tree::Hash;
use words::{Dates, WordSet as _};

use crate::schedule::word_schedule_inside;
use crate::{HistoryWords, ScheduleWords};

/// One entry of an item's history in words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HistoryEntry {
    pub title: String,
    pub who: Option<CleanedBy>,
    pub facts: Vec<String>,
    pub text: Option<Hash>,
    pub photos: Vec<Hash>,
}

impl HistoryEntry {
    fn titled(title: String) -> Self {
        Self { title, ..Self::default() }
    }

    fn facts(mut self, facts: impl IntoIterator<Item = String>) -> Self {
        self.facts.extend(facts);
        self
    }

    fn text(mut self, text: Option<Redactable>) -> Self {
        self.text = text.map(|text| text.hash);
        self
    }

    fn who(mut self, who: CleanedBy) -> Self {
        self.who = Some(who);
        self
    }

    fn photos(mut self, photos: &[Hash]) -> Self {
        self.photos = photos.to_vec();
        self
    }
}

fn protocol_keys(id: Option<ProtocolId>) -> Vec<RowKey> {
    id.map(RowKey::Protocol).into_iter().collect()
}

pub fn rows_named(event: &Event) -> Vec<RowKey> {
    match event {
        Event::EquipmentChanged(b) => {
            b.patch.protocols.iter().flatten().map(|id| RowKey::Protocol(*id)).collect()
        }
        Event::EquipmentMerged(b) => vec![RowKey::Equipment(b.from), RowKey::Equipment(b.into)],
        Event::ScheduleSet(b) => protocol_keys(b.protocol),
        Event::UpkeepPlanned(b) => protocol_keys(b.protocol),
        Event::UpkeepDone(b) => vec![RowKey::Upkeep(b.tag)],
        Event::LoadStarted(b) => vec![RowKey::Protocol(b.protocol.id)],
        _ => Vec::new(),
    }
}

#[derive(Debug, Clone, Copy)]
pub struct HistoryWording<'a> {
    pub w: HistoryWords,
    pub dates: &'a Dates,
    /// At least the rows that [`rows_named`] lists.
    pub facility: &'a FacilityState,
    pub tag: Tag,
}

pub fn word_problem(w: HistoryWords, what: &ProblemWord) -> String {
    w.line_problem_word(what.as_str(), &word_key(what.as_str()))
}

/// The selector of a log word in a message.
pub fn word_key(word: &str) -> String {
    word.replace(' ', "-")
}

impl HistoryWording<'_> {
    /// `None` where its kind has no entry, or one of another sort.
    pub fn line(self, event: &Event) -> Option<HistoryEntry> {
        let w = self.w;
        let titled = HistoryEntry::titled;
        Some(match event {
            Event::EquipmentChanged(b) => titled(w.line_changed()).facts(self.word_fields(b)),
            Event::EquipmentRetired(b) => titled(w.line_retired()).text(b.reason),
            Event::EquipmentSuspended(b) => self.suspended(b),
            Event::EquipmentResumed(b) => {
                let check = b.checked.map(|of| w.line_after_check(of.seq));
                titled(w.line_resumed()).facts(check).text(b.text)
            }
            Event::EquipmentMerged(b) => self.merged(b),
            Event::ScheduleSet(b) => self.scheduled(b),
            Event::TagAssigned(b) => self.tag_assigned(b),
            Event::TagRevoked(b) => self.tag_revoked(b),
            Event::AliasAdded(b) => titled(w.line_code_added(&b.code)),
            Event::AliasRemoved(b) => titled(w.line_code_removed(&b.code)),
            Event::ProblemReported(b) => self.problem_reported(b),
            Event::ProblemClosed(b) => self.problem_closed(b),
            Event::CheckRecorded(b) => self.checked(b),
            Event::UpkeepPlanned(b) => self.upkeep_planned(b),
            Event::UpkeepDone(b) => self.upkeep_done(b),
            Event::LoadStarted(b) => self.load_started(b),
            Event::LoadFinished(b) => self.load_finished(b),
            Event::LoadFailed(b) => self.load_failed(b),
            Event::ReportMade(b) => {
                let [from, until] = [b.from, b.to].map(|ms| self.dates.day_with_year(ms).text);
                titled(w.line_report()).facts([w.line_period(from, until)])
            }
            _ => return None,
        })
    }

    fn suspended(self, b: &EquipmentSuspended) -> HistoryEntry {
        let w = self.w;
        let back = match b.back {
            Some(day) => Some(w.line_back(self.dates.numbered_day(day.number()))),
            None => b.again.then(|| w.line_back_unknown()),
        };
        let problem = b.problem.map(|of| w.line_about_report(of.seq));
        let load = b.load.map(|_| w.line_because_load());
        let facts = problem.into_iter().chain(load).chain(back);
        let title = if b.again { w.line_suspended_again() } else { w.line_suspended() };
        HistoryEntry::titled(title).facts(facts).text(b.reason)
    }

    fn merged(self, b: &EquipmentMerged) -> HistoryEntry {
        let title = match self.tag == b.from {
            true => self.w.line_merged_into(self.item_name(b.into)),
            false => self.w.line_merged_from(self.item_name(b.from)),
        };
        HistoryEntry::titled(title).text(b.reason)
    }

    fn scheduled(self, b: &ScheduleSet) -> HistoryEntry {
        let w = self.w;
        let protocol = b.protocol.map(|id| self.protocol_name(id));
        let title = match (word_schedule_inside(self.schedule_words(), &b.schedule), protocol) {
            (Some(schedule), None) => w.line_schedule(schedule),
            (Some(schedule), Some(protocol)) => w.line_schedule_of(protocol, schedule),
            (None, None) => w.line_schedule_none(),
            (None, Some(protocol)) => w.line_schedule_none_of(protocol),
        };
        HistoryEntry::titled(title).facts([self.word_from(b.from)])
    }

    fn tag_assigned(self, b: &TagAssigned) -> HistoryEntry {
        let why = b.why.as_ref().map(|why| self.w.line_tag_reason(why.as_str(), &word_key(why.as_str())));
        HistoryEntry::titled(self.w.line_tag_assigned(b.tag.grouped())).facts(why)
    }

    fn tag_revoked(self, b: &TagRevoked) -> HistoryEntry {
        let why = b.why.as_ref().map(|why| self.w.line_tag_end(why.as_str(), &word_key(why.as_str())));
        let instead = b.instead.map(|tag| self.w.line_tag_instead(tag.grouped()));
        HistoryEntry::titled(self.w.line_tag_revoked(b.tag.grouped())).facts(why.into_iter().chain(instead))
    }

    fn problem_reported(self, b: &ProblemReported) -> HistoryEntry {
        let what = word_problem(self.w, &b.what);
        let also = b.also.map(|of| self.w.line_added_to_report(of.seq));
        HistoryEntry::titled(self.w.line_problem(what)).facts(also).who(b.who).text(b.text).photos(&b.photos)
    }

    fn problem_closed(self, b: &ProblemClosed) -> HistoryEntry {
        let w = self.w;
        let outcome = w.line_problem_outcome(b.outcome.as_str(), &word_key(b.outcome.as_str()));
        let about = w.line_about_report(b.of.seq);
        HistoryEntry::titled(w.line_problem_closed(outcome)).facts([about]).text(b.text)
    }

    fn checked(self, b: &CheckRecorded) -> HistoryEntry {
        let w = self.w;
        let result = w.line_check_result(b.result.as_str(), &word_key(b.result.as_str()));
        let method = b.method.as_ref().map(|how| w.line_check_method(how.as_str(), &word_key(how.as_str())));
        let measured = b.value.map(|value| w.line_measured(&b.unit, value).trim_end().to_owned());
        let about = Some(w.line_about_cleaning(b.of.seq));
        let facts = method.into_iter().chain(measured).chain(about);
        HistoryEntry::titled(w.line_check(result)).facts(facts).text(b.text).photos(&b.photos)
    }

    fn upkeep_planned(self, b: &UpkeepPlanned) -> HistoryEntry {
        let w = self.w;
        let Some(schedule) = word_schedule_inside(self.schedule_words(), &b.schedule) else {
            return HistoryEntry::titled(w.line_upkeep_ended(&b.name));
        };
        let protocol = b.protocol.map(|id| w.line_by_protocol(self.protocol_name(id)));
        let basis = is_interval(&b.schedule)
            .then(|| if b.by_calendar { w.line_upkeep_by_calendar() } else { w.line_upkeep_by_last() });
        let facts = protocol.into_iter().chain(basis).chain([self.word_from(b.from)]);
        HistoryEntry::titled(w.line_upkeep_planned(schedule, &b.name)).facts(facts)
    }

    fn upkeep_done(self, b: &UpkeepDone) -> HistoryEntry {
        let w = self.w;
        let result = w.line_upkeep_done(b.result.as_str(), &word_key(b.result.as_str()));
        let title = match self.task_name(b.tag, b.upkeep) {
            Some(task) => w.line_upkeep_task(result, task),
            None => result,
        };
        let readings = b
            .readings
            .iter()
            .map(|reading| w.line_reading(&reading.name, &reading.unit, reading.value).trim_end().to_owned());
        HistoryEntry::titled(title).who(b.who).facts(readings).text(b.text).photos(&b.photos)
    }

    fn load_started(self, b: &LoadStarted) -> HistoryEntry {
        let w = self.w;
        let own = b.items.iter().find(|item| item.tag == self.tag);
        let leak = own.and_then(|item| item.leak.as_ref());
        let leak = leak.map(|leak| w.line_leak_test(leak.as_str(), &word_key(leak.as_str())));
        let facts = [w.line_by_protocol(self.protocol_name(b.protocol.id))];
        HistoryEntry::titled(w.line_load_started(&b.number)).who(b.who).facts(facts).facts(leak)
    }

    fn load_finished(self, b: &LoadFinished) -> HistoryEntry {
        let w = self.w;
        let title = w.line_load_finished(b.result.as_str(), &word_key(b.result.as_str()));
        let facts = [w.line_soaked(b.measured_s, b.required_s)];
        HistoryEntry::titled(title).who(b.who).facts(facts).text(b.text).photos(&b.photos)
    }

    fn load_failed(self, b: &LoadFailed) -> HistoryEntry {
        let why = self.w.line_load_failure(b.why.as_str(), &word_key(b.why.as_str()));
        HistoryEntry::titled(self.w.line_load_failed(why)).who(b.who).text(Some(b.reason))
    }

    fn word_from(self, ms: i64) -> String {
        self.w.line_from(self.dates.day_and_time(ms).text)
    }

    fn schedule_words(self) -> ScheduleWords {
        ScheduleWords::in_locale(self.w.catalog().locale())
    }

    pub(crate) fn protocol_name(self, id: ProtocolId) -> String {
        self.facility.protocols.get(&id).map_or_else(|| id.to_string(), |protocol| protocol.name.clone())
    }

    fn item_name(self, tag: Tag) -> String {
        self.facility.equipment.get(&tag).map_or_else(|| tag.grouped(), |item| item.facts.name.clone())
    }

    fn task_name(self, tag: Tag, upkeep: UpkeepId) -> Option<String> {
        let tasks = self.facility.upkeep.get(&tag).map_or(&[][..], |row| &row.tasks);
        tasks.iter().find(|task| task.upkeep == upkeep).map(|task| task.name.clone())
    }
}
