//! The print station: what is to be printed, on which printer, and how it goes; each page under `/staff/labels`.
//!
//! [`station`] is the station itself, [`actions`] what is pressed there, [`scans`] what a hand scanner types there, [`pick`]
//! what can be picked, [`picked`] what was, [`preview`] the preview, [`job`] one job, [`blank`], [`spreadsheet`], [`cards`]
//! and [`sheet`] the ways to labels that nobody picks from a list, and [`templates`] the templates and the logo.

mod actions;
mod blank;
mod cards;
mod choices;
mod job;
pub(crate) mod outcome;
mod pick;
mod picked;
pub(crate) mod preview;
mod scans;
pub(crate) mod sheet;
pub(crate) mod spreadsheet;
pub(crate) mod station;
pub(crate) mod templates;

use axum::Router;

use crate::web::context::AppState;

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .merge(station::routes())
        .merge(actions::routes())
        .merge(scans::routes())
        .merge(preview::routes())
        .merge(blank::routes())
        .merge(spreadsheet::routes())
        .merge(cards::routes())
        .merge(sheet::routes())
        .merge(templates::routes())
        .merge(job::routes())
}
