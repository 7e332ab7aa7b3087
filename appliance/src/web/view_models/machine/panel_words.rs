//! The panel's light in words, and as a picture for a wall display.

use words::{Locale, WordSet as _};

use crate::panel::causes::{LightColour, LightPattern, PanelSignal};
use crate::settings::PanelKind;
use crate::web::context::AppState;
use crate::web::words::FacilityWords;

pub(crate) fn word_panel(state: &AppState, w: FacilityWords) -> String {
    let Some(view) = state.settings.panel.as_ref().map(|panel| panel.borrow().clone()) else {
        return w.panel_none();
    };
    match view.kind {
        PanelKind::None => w.panel_none(),
        PanelKind::Rppal | PanelKind::Gpiochip => word_light(view.shown, w),
        PanelKind::Sim => w.panel_simulated(word_light(view.shown, w)),
    }
}

fn word_light(shown: PanelSignal, w: FacilityWords) -> String {
    match (shown.colour, shown.pattern) {
        (LightColour::Green, LightPattern::Steady) => w.panel_green(),
        (LightColour::Green, LightPattern::Blinking) => w.panel_green_blinking(),
        (LightColour::Amber, LightPattern::Steady) => w.panel_amber(),
        (LightColour::Amber, LightPattern::Blinking) => w.panel_amber_blinking(),
        (LightColour::Red, LightPattern::Steady) => w.panel_red(),
        (LightColour::Red, LightPattern::Blinking) => w.panel_red_blinking(),
    }
}

pub(crate) struct PanelLamp {
    pub(crate) fill: &'static str,
    pub(crate) y: u32,
    pub(crate) blinks: bool,
}

/// The three lights, from the top, and what they say.
pub(crate) struct PanelPicture {
    pub(crate) lamps: [PanelLamp; 3],
    pub(crate) words: String,
}

pub(crate) fn draw_panel(state: &AppState, w: FacilityWords) -> Option<PanelPicture> {
    let view = state.settings.panel.as_ref()?.borrow().clone();
    let lamps = [
        (LightColour::Red, "#d5372c", 20),
        (LightColour::Amber, "#e59b13", 60),
        (LightColour::Green, "#1f9d61", 100),
    ];
    Some(PanelPicture {
        lamps: lamps.map(|(colour, fill, y)| match view.shown.colour == colour {
            true => PanelLamp { fill, y, blinks: view.shown.pattern == LightPattern::Blinking },
            false => PanelLamp { fill: "none", y, blinks: false },
        }),
        words: word_light(view.shown, w),
    })
}

/// Why a label was printed again from the panel.
pub fn panel_reason() -> String {
    FacilityWords::in_locale(Locale::EnUs).panel_reason()
}
