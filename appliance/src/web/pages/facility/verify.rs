//! Checks a report that somebody brings: whether it is as it was made, and whether this box made it.

use askama::Template;
use axum::extract::State;
use record::proof::ProofError;
use report::RowWording;
use report::verify::{ReportFault, VerifiedReport, verify_report_within};
use web::answer::Page;
use web::error::HttpError;
use words::Locale;

use crate::background::run_background;
use crate::web::access::permissions::MakeReports;
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::context::AppState;
use crate::web::layout::{NavSection, PageLayout, draw_page};
use crate::web::request::bodies::form::StaffReportForm;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::reports::made::take_turn;
use crate::web::words::{PageWords, ReportsWords};

pub(crate) const VERIFY: &str = "/staff/verify";
/// What an attachment unpacks to at most: some 20,000 entries. The box has few hundred megabytes.
const UNPACKED_BYTES_MAX: usize = 24 << 20;

/// What was found of a file.
struct Verdict {
    holds: bool,
    title: String,
    lines: Vec<String>,
}

#[derive(Template)]
#[template(path = "facility/verify.html")]
struct VerifyPage {
    frame: PageLayout,
    w: ReportsWords,
    form_token: String,
    verdict: Option<Verdict>,
}

fn verify_page(state: &AppState, signed: &StaffSession, verdict: Option<Verdict>) -> Result<Page, HttpError> {
    let w: ReportsWords = signed.words();
    let snapshot = Snapshot::now(state);
    let page = VerifyPage {
        frame: PageLayout::staff(state, &snapshot, w.verify_title(), signed, NavSection::Today),
        w,
        form_token: signed.form_token(),
        verdict,
    };
    draw_page(&page.frame, &page)
}

/// What does not hold, and where that is known; how a file is read is no matter of the page's reader.
fn word_fault(w: ReportsWords, fault: &ReportFault) -> String {
    use ReportFault as F;
    match fault {
        F::NoPdf | F::Damaged(_) => w.verify_fault_damaged(),
        F::TooLarge => w.verify_fault_large(),
        F::Proof(ProofError::Key { .. }) => w.verify_fault_other_box(),
        F::NotAttached(_) => w.verify_fault_bare(),
        F::Version(_) | F::OtherProgram(_) => w.verify_fault_version(),
        F::Signer(_) => w.verify_fault_signer(),
        F::EntryChanged { seq } => w.verify_fault_entry(*seq),
        F::EntryMissing { seq } => w.verify_fault_missing(*seq),
        F::Row { seq } => w.verify_fault_row(*seq),
        F::Photo { seq } => w.verify_fault_photo(*seq),
        F::Page(at) => w.verify_fault_page(at.at, &at.expected, &at.found, at.page),
        F::SavedAgain => w.verify_fault_saved(),
        F::Unreadable { .. } | F::Signature(_) | F::Line { .. } | F::Proof(_) | F::Drawing(_) => {
            w.verify_fault_attached()
        }
    }
}

/// Whether nothing was found that contradicts it, and not all of it could be compared.
fn is_open(fault: &ReportFault) -> bool {
    use ReportFault as F;
    matches!(
        fault,
        F::TooLarge | F::Version(_) | F::OtherProgram(_) | F::SavedAgain | F::Proof(ProofError::Key { .. })
    )
}

fn word_report(w: ReportsWords, locale: Locale, proven: &VerifiedReport) -> Vec<String> {
    let report = &proven.report;
    let wording = RowWording::new(locale, &report.facility.zone);
    let span = w.inspection_period_span(wording.moment(report.from_ms), wording.moment(report.to_ms - 1));
    let mut lines = vec![
        w.verify_facility(report.facility.name.clone(), wording.moment(report.made_ms)),
        span,
        w.verify_records(proven.entries, report.rows.len()),
    ];
    if proven.unproven > 0 {
        lines.push(w.verify_unproven(proven.unproven));
    }
    let witnessed = proven.logs.iter().filter_map(|log| log.witnessed.as_ref()).map(|(_, at_s)| *at_s).max();
    lines.push(match witnessed.and_then(|at_s| i64::try_from(at_s).ok()) {
        Some(at_s) => w.verify_witnessed(wording.moment(at_s.saturating_mul(1_000))),
        None => w.verify_witnessed_none(),
    });
    lines
}

pub(crate) async fn ask_report(
    signed: StaffCaller<MakeReports>,
    State(state): State<AppState>,
) -> Result<Page, HttpError> {
    verify_page(&state, &signed, None)
}

pub(crate) async fn check_report(
    signed: StaffCaller<MakeReports>,
    State(state): State<AppState>,
    StaffReportForm { file, place }: StaffReportForm,
) -> Result<Page, HttpError> {
    let (w, page_words): (ReportsWords, PageWords) = signed.words();
    let Some(bytes) = file else {
        let verdict = Verdict { holds: false, title: w.verify_no_file(), lines: Vec::new() };
        return verify_page(&state, &signed, Some(verdict));
    };
    // It draws the report again: one at a time, as those that are made.
    let turn = take_turn(&state).await?;
    let checking = state.clone();
    let checked = run_background("report-check", move || {
        let _turn = (turn, place);
        let keys = checking.store.verifier_keys();
        // Its own need not have come to the relay yet; the relay signs what it has stored.
        let verify = |cosigners| verify_report_within(&bytes, &keys, cosigners, UNPACKED_BYTES_MAX);
        match verify(&[]) {
            Err(ReportFault::Signer(_)) => verify(&(checking.cosigners)()),
            own => own,
        }
    });
    let verdict = match checked.await.map_err(|error| HttpError::internal(&error))? {
        Ok(proven) => Verdict {
            holds: true,
            title: w.verify_holds(),
            lines: word_report(w, page_words.catalog().locale(), &proven),
        },
        Err(fault) => {
            let title = if is_open(&fault) { w.verify_holds_open() } else { w.verify_holds_not() };
            Verdict { holds: false, title, lines: vec![word_fault(w, &fault)] }
        }
    };
    verify_page(&state, &signed, Some(verdict))
}
