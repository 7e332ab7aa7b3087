//! What an event names beside the thing that it is about. Each kind is named here, so that a new one cannot be
//! overlooked by those who fetch, send or look up what an entry refers to.

use crate::kinds::{EntryRef, Event, Prev};
use crate::run::RunName;
use crate::tree::Hash;
use crate::values::ids::{BootId, Epoch};

/// What an event names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EventMentions<'a> {
    /// Photos, by the hash of the kept JPEG.
    pub photos: &'a [Hash],
    /// A cleaning that another entry recorded, and that this one changes.
    pub cleaning: Option<EntryRef>,
    /// A boot whose uncertain entries it corrects.
    pub boot: Option<BootId>,
    /// The epoch that its log follows, with its end.
    pub prev: Option<Prev>,
    /// The epoch that its log follows, where it is not known how much of it there is.
    pub after: Option<Epoch>,
    /// Lines that count from here on.
    pub run: Option<RunName>,
}

impl Event {
    /// What it names. Of an unknown kind nothing is known.
    pub fn mentions(&self) -> EventMentions<'_> {
        let none = EventMentions::default();
        match self {
            Self::LogStarted(b) => EventMentions { prev: b.prev, after: b.after, ..none },
            Self::LogAdopted(b) => EventMentions { run: Some(b.run), ..none },
            Self::CleaningRecorded(b) => EventMentions { photos: &b.photos, ..none },
            Self::CleaningVoided(b) => EventMentions { cleaning: Some(b.of), ..none },
            Self::PhotoAttached(b) => {
                let photos = std::slice::from_ref(&b.photo);
                EventMentions { photos, cleaning: Some(b.of), ..none }
            }
            Self::ClockAnchored(b) => EventMentions { boot: Some(b.boot), ..none },
            Self::ProblemReported(b) => EventMentions { photos: &b.photos, ..none },
            Self::UpkeepDone(b) => EventMentions { photos: &b.photos, ..none },
            Self::LoadFinished(b) => EventMentions { photos: &b.photos, ..none },
            Self::CheckRecorded(b) => EventMentions { photos: &b.photos, cleaning: Some(b.of), ..none },
            Self::FacilityChanged(b) => {
                let logo = b.brand.as_ref().and_then(|brand| brand.logo.as_ref());
                EventMentions { photos: logo.map_or(&[], std::slice::from_ref), ..none }
            }
            Self::BoxClaimed(_)
            | Self::LocationSet(_)
            | Self::CategorySet(_)
            | Self::AliasAdded(_)
            | Self::AliasRemoved(_)
            | Self::EquipmentMerged(_)
            | Self::ProtocolRetired(_)
            | Self::ProblemClosed(_)
            | Self::CompetencyGranted(_)
            | Self::CompetencyEnded(_)
            | Self::AccessChanged(_)
            | Self::LotOpened(_)
            | Self::LotClosed(_)
            | Self::LoadStarted(_)
            | Self::LoadFailed(_)
            | Self::UpkeepPlanned(_)
            | Self::ImportEnded(_)
            | Self::HistoryImported(_)
            | Self::HistoryRemoved(_)
            | Self::PhotoErased(_)
            | Self::ReportMade(_)
            | Self::EquipmentAdded(_)
            | Self::EquipmentChanged(_)
            | Self::EquipmentRetired(_)
            | Self::EquipmentSuspended(_)
            | Self::EquipmentResumed(_)
            | Self::TagAssigned(_)
            | Self::TagRevoked(_)
            | Self::ProtocolPublished(_)
            | Self::ScheduleSet(_)
            | Self::StaffAdded(_)
            | Self::StaffChanged(_)
            | Self::StaffLeft(_)
            | Self::UseRecorded(_)
            | Self::LabelPrinted(_)
            | Self::DirectiveApplied(_)
            | Self::DirectiveRefused(_)
            | Self::TextErased(_)
            | Self::Unknown(_) => none,
        }
    }
}
