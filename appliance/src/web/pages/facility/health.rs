//! The health page: each check with its result, what is safe and what to do.

use askama::Template;
use axum::extract::State;
use web::answer::{OneOf, Page};
use web::error::HttpError;

use crate::doctor::facts::NetworkFacts;
use crate::doctor::network::probe_network;
use crate::doctor::{CheckState, DoctorLine};
use crate::uplink::relation::claim::ClaimStore;
use crate::web::access::permissions::View;
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::answer::FormOrPage;
use crate::web::context::AppState;
use crate::web::layout::{NavSection, PageLayout, draw_page};
use crate::web::request::bodies::form::StaffForm;
use crate::web::view_models::machine::doctor_words::{DoctorSentences, DoctorText, word_overall};
use crate::web::view_models::machine::health::examine_box;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::words::{DoctorWords, StaffWords};

struct HealthRow {
    text: DoctorText,
    class: &'static str,
}

#[derive(Template)]
#[template(path = "facility/health.html")]
struct HealthPage {
    frame: PageLayout,
    s: StaffWords,
    w: DoctorWords,
    overall: String,
    rows: Vec<HealthRow>,
    form_token: String,
}

fn health_row(words: DoctorSentences, line: &DoctorLine) -> HealthRow {
    let class = match line.state {
        CheckState::Good => "ok",
        CheckState::Unknown => "off",
        CheckState::Warn => "due",
        CheckState::Bad => "late",
    };
    HealthRow { text: DoctorText::of(words, line), class }
}

async fn health_page(
    state: &AppState,
    signed: &StaffSession,
    network: Option<NetworkFacts>,
) -> Result<Page, HttpError> {
    let report = examine_box(state, network).await?;
    let (s, words): (StaffWords, DoctorSentences) = signed.words();
    let w = words.own;
    let page = HealthPage {
        frame: PageLayout::staff(state, &Snapshot::now(state), w.doctor_title(), signed, NavSection::Box),
        s,
        w,
        overall: word_overall(w, report.state()),
        rows: report.lines.iter().map(|line| health_row(words, line)).collect(),
        form_token: signed.form_token(),
    };
    draw_page(&page.frame, &page)
}

pub(crate) async fn open_health(
    signed: StaffCaller<View>,
    State(state): State<AppState>,
) -> Result<Page, HttpError> {
    health_page(&state, &signed, None).await
}

pub(crate) async fn probe_health(
    signed: StaffCaller<View>,
    State(state): State<AppState>,
    _: StaffForm,
) -> Result<FormOrPage, HttpError> {
    let files = ClaimStore::new(&state.field.data.join("keys"));
    let network = probe_network(&files, &state.field.route, &state.clock).await;
    health_page(&state, &signed, Some(network)).await.map(OneOf::Second)
}
