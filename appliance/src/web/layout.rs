//! What surrounds every page: band, navigation, the one calm line.

use web::assets::{LIVE, MARK, STYLE};
use web::live::LivePage;

use crate::intake::Permission;
use crate::web::access::staff_session::{StaffSession, role_name};
use crate::web::assets;
use crate::web::context::AppState;
use crate::web::view_models::alarms::AlarmBanner;
use crate::web::view_models::jobs;
use crate::web::view_models::snapshot::Snapshot;

/// A page that a nav entry leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Today,
    Equipment,
    Labels,
    People,
    Box,
    /// No entry leads here.
    Elsewhere,
}

/// Who is signed in, as the band shows it.
#[derive(Debug, Clone)]
pub(crate) struct Bar {
    pub(crate) who: String,
    /// What they may do; a phone has no room for it.
    pub(crate) role: &'static str,
    pub(crate) place: Place,
    /// Whether the list of staff is theirs to see.
    pub(crate) sees_people: bool,
}

/// What surrounds a page.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) title: String,
    pub(crate) facility: String,
    pub(crate) style: &'static str,
    pub(crate) mark: &'static str,
    pub(crate) scripts: Vec<&'static str>,
    /// Where a live page asks for news.
    pub(crate) live: Option<LivePage>,
    /// For browsers without script; never on a page with a form.
    pub(crate) refresh: bool,
    pub(crate) told: Option<String>,
    /// Where the line leads.
    pub(crate) told_to: Option<String>,
    pub(crate) bar: Option<Bar>,
    /// Whether it is to be said that entries are missing; acknowledging does not bring them back.
    pub(crate) gap: bool,
    /// What nobody has acknowledged.
    pub(crate) alarm: Option<AlarmBanner>,
}

impl Frame {
    /// For everybody.
    pub(crate) fn new(state: &AppState, snapshot: &Snapshot, title: impl Into<String>) -> Self {
        let facility = match snapshot.settings.name.clone() {
            // Its name may stand in what is missing.
            unnamed if unnamed.is_empty() && state.lacks_any() => "This box".to_owned(),
            unnamed if unnamed.is_empty() => "New box".to_owned(),
            named => named,
        };
        Self {
            title: title.into(),
            facility,
            style: STYLE.path(),
            mark: MARK.path(),
            scripts: Vec::new(),
            live: None,
            refresh: false,
            told: None,
            told_to: None,
            bar: None,
            gap: false,
            alarm: None,
        }
    }

    /// With what everybody should know, and nobody has acknowledged.
    pub(crate) fn alarmed(self, state: &AppState, snapshot: &Snapshot) -> Self {
        let gap = snapshot.local.gap_before().is_some();
        Self { gap, alarm: AlarmBanner::for_everybody(state, &snapshot.contact()), ..self }
    }

    /// For staff: with navigation and the line about the relay.
    pub(crate) fn staff(
        state: &AppState,
        snapshot: &Snapshot,
        title: impl Into<String>,
        signed: &StaffSession,
        place: Place,
    ) -> Self {
        let (who, role) = (signed.name().to_owned(), role_name(signed.role()));
        let (told, told_to) = match jobs::waiting(state) {
            Some((words, to)) => (words, Some(to)),
            None => (snapshot.told(state), None),
        };
        let bar = Some(Bar { who, role, place, sees_people: signed.holds(Permission::SeePeople) });
        let alarm = AlarmBanner::for_staff(state);
        let gap = snapshot.local.gap_before().is_some();
        Self { told: Some(told), told_to, bar, gap, alarm, ..Self::new(state, snapshot, title) }
    }

    /// With the script that counts down and shows photos.
    pub(crate) fn with_script(mut self) -> Self {
        self.scripts.push(assets::BOX.path());
        self
    }

    /// With the script of the label station.
    pub(crate) fn with_station_script(mut self) -> Self {
        self.scripts.push(assets::STATION.path());
        self
    }

    /// With parts that renew themselves only when the page is looked at again.
    pub(crate) fn renewed_when_seen(mut self) -> Self {
        self.scripts.push(LIVE.path());
        self
    }

    /// With parts that renew themselves, by script; a part in which somebody types is left alone. What the page shows is
    /// read after the mark was taken that stands in the address.
    pub(crate) fn live(self, page: LivePage) -> Self {
        Self { live: Some(page), ..self.renewed_when_seen() }
    }

    /// Renewed every minute where there is no script.
    pub(crate) fn refreshed(self) -> Self {
        Self { refresh: true, ..self }
    }

    pub(crate) fn told(self, words: impl Into<String>) -> Self {
        Self { told: Some(words.into()), told_to: None, ..self }
    }

    fn current(&self, place: Place) -> bool {
        self.bar.as_ref().is_some_and(|bar| bar.place == place)
    }

    /// The attribute of the nav entry under which the page stands.
    pub(crate) fn today(&self) -> bool {
        self.current(Place::Today)
    }

    pub(crate) fn equipment(&self) -> bool {
        self.current(Place::Equipment)
    }

    pub(crate) fn people(&self) -> bool {
        self.current(Place::People)
    }

    pub(crate) fn labels(&self) -> bool {
        self.current(Place::Labels)
    }

    pub(crate) fn this_box(&self) -> bool {
        self.current(Place::Box)
    }
}
