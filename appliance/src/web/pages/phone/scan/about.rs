//! “About this cleaning”: with what, why, and whether this use was of a higher class than usual. Most cleanings have nothing
//! of it to say, so it is folded.

use history::{HistoryWords, word_trigger};
use record::fold::{Equipment, FacilityState};
use record::kinds::{ProtocolPublished, SpauldingClass};
use web::argument::FormFields;
use words::WordSet as _;

use crate::intake::{CleaningForm, CommandRefusal, HAND_TRIGGERS, use_class};
use crate::web::request::fields::about_cleaning::{HIGHER_CLASSES, read_class, read_lot_day, read_trigger};
use crate::web::request::fields::field_error::Wrong;
use crate::web::words::ScanWords;

#[derive(Debug, Clone, Default)]
pub(crate) struct EnteredAbout {
    pub(crate) agent: String,
    pub(crate) lot: String,
    pub(crate) lot_expires: String,
    pub(crate) trigger: String,
    pub(crate) class: String,
}

impl EnteredAbout {
    pub(crate) fn of(form: &FormFields) -> Self {
        let [agent, lot, lot_expires, trigger, class] =
            ["agent", "lot", "lot_expires", "trigger", "class"].map(|name| form.text(name).to_owned());
        Self { agent, lot, lot_expires, trigger, class }
    }

    pub(crate) fn bytes(&self) -> usize {
        [&self.agent, &self.lot, &self.lot_expires, &self.trigger, &self.class].map(String::len).iter().sum()
    }

    pub(crate) fn class(&self) -> Option<SpauldingClass> {
        read_class(&self.class)
    }

    /// Writes it into a form; returns the refusal of a value that cannot be read.
    pub(crate) fn fill(&self, form: &mut CleaningForm) -> Option<CommandRefusal> {
        self.agent.clone_into(&mut form.agent);
        self.lot.clone_into(&mut form.lot);
        form.trigger = read_trigger(&self.trigger);
        form.class = self.class();
        let day = read_lot_day(&self.lot_expires);
        form.lot_expires = day.as_ref().ok().copied().flatten();
        day.err()
    }
}

#[derive(Debug, Clone)]
pub(crate) struct AboutChoice {
    pub(crate) value: String,
    pub(crate) words: String,
    pub(crate) is_chosen: bool,
}

impl AboutChoice {
    fn of(value: &str, words: String, chosen: &str) -> Self {
        Self { value: value.to_owned(), words, is_chosen: value == chosen }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct AboutPart {
    pub(crate) agents: Vec<AboutChoice>,
    pub(crate) agent_wrong: Option<String>,
    /// The protocol names a disinfectant.
    pub(crate) asks_lot: bool,
    pub(crate) lot: String,
    pub(crate) lot_wrong: Option<String>,
    pub(crate) lot_expires: String,
    pub(crate) lot_expires_wrong: Option<String>,
    pub(crate) triggers: Vec<AboutChoice>,
    pub(crate) classes: Vec<AboutChoice>,
    pub(crate) is_open: bool,
}

impl AboutPart {
    pub(crate) fn of(
        w: ScanWords,
        facility: &FacilityState,
        item: &Equipment,
        protocol: Option<&ProtocolPublished>,
        entered: &EnteredAbout,
        problems: &[Wrong],
    ) -> Self {
        let agents = protocol.map(|protocol| protocol.agents.as_slice()).unwrap_or_default();
        let several = agents.iter().filter(|_| agents.len() > 1);
        let lines = HistoryWords::in_locale(w.catalog().locale());
        let triggers = HAND_TRIGGERS
            .iter()
            .map(|trigger| AboutChoice::of(trigger.as_str(), word_trigger(lines, trigger), &entered.trigger));
        let usual = use_class(facility, item, protocol, None, None);
        let higher = HIGHER_CLASSES.into_iter().filter(|(_, class)| *class > usual);
        Self {
            agents: several
                .map(|agent| AboutChoice::of(&agent.name, agent.name.clone(), &entered.agent))
                .collect(),
            agent_wrong: find_words(problems, "agent"),
            asks_lot: !agents.is_empty(),
            lot: entered.lot.clone(),
            lot_wrong: find_words(problems, "lot"),
            lot_expires: entered.lot_expires.clone(),
            lot_expires_wrong: find_words(problems, "lot_expires"),
            triggers: triggers.collect(),
            classes: higher
                .map(|(value, class)| AboutChoice::of(value, word_higher_class(w, class), &entered.class))
                .collect(),
            is_open: entered.bytes() > 0
                || problems.iter().any(|wrong| wrong.at == "agent" || wrong.at.starts_with("lot")),
        }
    }
}

pub(super) fn find_words(problems: &[Wrong], at: &str) -> Option<String> {
    problems.iter().find(|wrong| wrong.at == at).map(|wrong| wrong.words.clone())
}

fn word_higher_class(w: ScanWords, class: SpauldingClass) -> String {
    if class == SpauldingClass::Critical { w.scan_class_critical() } else { w.scan_class_semicritical() }
}
