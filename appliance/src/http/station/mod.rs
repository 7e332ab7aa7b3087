//! The print station: what is to be printed, on which printer, and how it goes; each page under `/staff/labels`.
//!
//! [`page`] is the station itself, [`actions`] what is pressed there, [`scans`] what a hand scanner types there, [`pick`]
//! what can be picked, [`picked`] what was, [`look`] the preview, [`queue`] jobs and printers in
//! words, [`job`] one job, [`blank`], [`batch`], [`cards`] and [`paper`] the ways to labels that nobody picks from a list, and
//! [`designs`] the templates and the logo.

mod actions;
mod batch;
mod blank;
mod cards;
mod choices;
mod designs;
mod job;
mod look;
mod page;
mod paper;
mod pick;
mod picked;
pub(super) mod queue;
mod scans;

use axum::Router;

use super::AppState;
use super::problem::Problem;
use super::sign_in::Signed;

pub(super) use pick::Choice;
pub(super) use picked::PickLists;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .merge(page::routes())
        .merge(scans::routes())
        .merge(look::routes())
        .merge(blank::routes())
        .merge(batch::routes())
        .merge(cards::routes())
        .merge(paper::routes())
        .merge(designs::routes())
        .merge(job::routes())
}

/// What waits for somebody at a printer, for the line under the band, and where to look.
pub(super) fn waiting(state: &AppState) -> Option<(String, String)> {
    let job = state.printing.attention().unwrap_or_else(|error| {
        tracing::warn!(%error, "the print jobs could not be read");
        None
    })?;
    let printers = state.printing.printers();
    Some((queue::stopped(&job, &printers), format!("/staff/labels/{}", job.id)))
}

/// Printing is for those who may change equipment.
pub(super) fn only_changers(signed: &Signed) -> Result<(), Problem> {
    if signed.may_change() {
        return Ok(());
    }
    Err(signed.not_allowed("This needs a sign-in as biomed or facility admin").safe("Nothing was printed."))
}

/// Work that waits for a disk or draws, away from the threads that answer phones.
pub(super) async fn aside<T: Send + 'static>(
    state: &AppState,
    work: impl FnOnce(&AppState) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let state = state.clone();
    tokio::task::spawn_blocking(move || work(&state)).await.map_err(|e| Problem::internal(&e))?
}
