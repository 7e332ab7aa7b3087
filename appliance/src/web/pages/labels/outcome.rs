//! What the last press at the station did, carried by the address of the page that follows it.

use record::tag::Tag;

use crate::web::context::AppState;
use crate::web::pages::labels::pick::read_tag;
use crate::web::words::LabelsWords;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LabelActionOutcome {
    Picked(Tag),
    Already(Tag),
    Added(usize),
    Cleared(usize),
}

impl LabelActionOutcome {
    pub(crate) fn read(did: &str, n: &str) -> Option<Self> {
        match did {
            "picked" => read_tag(n).map(Self::Picked),
            "already" => read_tag(n).map(Self::Already),
            "added" => n.parse().ok().map(Self::Added),
            "cleared" => n.parse().ok().map(Self::Cleared),
            _ => None,
        }
    }

    pub(crate) fn query(self) -> String {
        match self {
            Self::Picked(tag) => format!("did=picked&n={tag}"),
            Self::Already(tag) => format!("did=already&n={tag}"),
            Self::Added(n) => format!("did=added&n={n}"),
            Self::Cleared(n) => format!("did=cleared&n={n}"),
        }
    }

    pub(crate) fn words(self, w: LabelsWords, state: &AppState) -> String {
        match self {
            Self::Picked(tag) => w.pressed_picked(find_name(state, tag)),
            Self::Already(tag) => w.pressed_already(find_name(state, tag)),
            Self::Added(n) => w.pressed_added(n),
            Self::Cleared(n) => w.pressed_cleared(n),
        }
    }
}

fn find_name(state: &AppState, tag: Tag) -> String {
    let facility = state.store.snapshot();
    facility.equipment.get(&tag).map(|item| item.facts.name.clone()).unwrap_or_default()
}
