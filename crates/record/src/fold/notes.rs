//! Which items an entry says something about, apart from their cleanings and uses: its line appears in their history.

use super::{FacilityState, FoldChanges, FoldEffect};
use crate::entry::Digest16;
use crate::kinds::{EntryRef, Event};
use crate::values::ids::LoadId;
use crate::values::tag::Tag;

impl FacilityState {
    /// By first tags, as the rows lead to them before the entry is folded in.
    pub(super) fn items_named(&self, event: &Event) -> Vec<Tag> {
        match event {
            Event::EquipmentChanged(b) => vec![b.tag],
            Event::EquipmentRetired(b) => vec![b.tag],
            Event::EquipmentSuspended(b) => vec![b.tag],
            Event::EquipmentResumed(b) => vec![b.tag],
            Event::ScheduleSet(b) => vec![b.tag],
            Event::ProblemReported(b) => vec![b.tag],
            Event::ProblemClosed(b) => vec![b.tag],
            Event::UpkeepPlanned(b) => vec![b.tag],
            Event::UpkeepDone(b) => vec![b.tag],
            Event::EquipmentMerged(b) => vec![b.from, b.into],
            Event::AliasAdded(b) => vec![b.equipment],
            Event::AliasRemoved(b) => {
                let code = self.codes.get(&Digest16::of(b.code.as_bytes()));
                code.map(|code| code.equipment).into_iter().collect()
            }
            Event::TagAssigned(b) => vec![b.equipment],
            Event::TagRevoked(b) => {
                vec![self.aliases.get(&b.tag).map_or(b.tag, |alias| alias.equipment)]
            }
            Event::LoadStarted(b) => b.items.iter().map(|item| item.tag).collect(),
            Event::LoadFinished(b) => self.items_in_load(b.load),
            Event::LoadFailed(b) => self.items_in_load(b.load),
            Event::ReportMade(b) => {
                b.tag.filter(|tag| self.equipment.contains_key(tag)).into_iter().collect()
            }
            // Only history knows the item of the cleaning that it checks.
            Event::CheckRecorded(_) => Vec::new(),
            // These have history lines of their own, or are part of one.
            Event::CleaningRecorded(_)
            | Event::CleaningVoided(_)
            | Event::PhotoAttached(_)
            | Event::UseRecorded(_) => Vec::new(),
            // An item's history begins behind this.
            Event::EquipmentAdded(_) => Vec::new(),
            // They are about the log, the facility or people, or about many items alike.
            Event::LogStarted(_)
            | Event::LogAdopted(_)
            | Event::BoxClaimed(_)
            | Event::ClockAnchored(_)
            | Event::DirectiveApplied(_)
            | Event::DirectiveRefused(_)
            | Event::FacilityChanged(_)
            | Event::LocationSet(_)
            | Event::CategorySet(_)
            | Event::LabelPrinted(_)
            | Event::ProtocolPublished(_)
            | Event::ProtocolRetired(_)
            | Event::StaffAdded(_)
            | Event::StaffChanged(_)
            | Event::StaffLeft(_)
            | Event::CompetencyGranted(_)
            | Event::CompetencyEnded(_)
            | Event::AccessChanged(_)
            | Event::LotOpened(_)
            | Event::LotClosed(_)
            | Event::ImportEnded(_)
            | Event::HistoryImported(_)
            | Event::HistoryRemoved(_)
            | Event::TextErased(_)
            | Event::PhotoErased(_)
            | Event::Unknown(_) => Vec::new(),
        }
    }

    fn items_in_load(&self, load: LoadId) -> Vec<Tag> {
        let load = self.loads.get(&load);
        load.map_or_else(Vec::new, |load| load.started.items.iter().map(|item| item.tag).collect())
    }
}

pub(super) fn note_items(
    mut tags: Vec<Tag>,
    of: EntryRef,
    event: &Event,
    at_ms: i64,
    changes: &mut FoldChanges,
) {
    let (is_report, stated) = match event {
        Event::ReportMade(_) => (true, None),
        Event::UpkeepDone(b) => (false, b.performed),
        _ => (false, None),
    };
    if changes.rows.is_empty() && !is_report {
        return;
    }
    tags.sort_unstable();
    tags.dedup();
    let at_ms = stated.unwrap_or(at_ms).min(at_ms);
    changes.effects.extend(tags.into_iter().map(|tag| FoldEffect::Noted { tag, of, at_ms }));
}
