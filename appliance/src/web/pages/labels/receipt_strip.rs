//! A cleaning's receipt on paper, for staff at the receipt's page.

use axum::extract::State;
use web::answer::FormReply;
use web::argument::Path;
use web::error::HttpError;

use crate::printing::JobKind;
use crate::web::access::permissions::Print;
use crate::web::access::staff::StaffCaller;
use crate::web::answer::go_to;
use crate::web::context::AppState;
use crate::web::log_reads::read_quick;
use crate::web::request::bodies::form::StaffForm;
use crate::web::request::submissions::submission::submission_of;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::page::wording::PageWording;
use crate::web::view_models::printing::slips::{SlipOrder, StripSources, compose_receipt_strip, submit_slip};
use crate::web::view_models::records::receipts::find_receipt;
use crate::web::words::{PageWords, SlipWords};

pub(crate) async fn print_strip(
    signed: StaffCaller<Print>,
    State(state): State<AppState>,
    Path(receipt): Path<String>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let (page_words, words): (PageWords, SlipWords) = signed.words();
    let content = read_quick(&state, move |state, reader| {
        let found = find_receipt(state, reader, &receipt)?;
        let facility = state.store.snapshot();
        let snapshot = Snapshot::of(state, &facility);
        let wording = PageWording::new(page_words, &snapshot.local);
        let sources = StripSources { facility: &facility, reader, wording: &wording, words };
        Ok(compose_receipt_strip(&sources, &found))
    });
    let order = SlipOrder {
        key: submission_of(&form),
        printer: None,
        kind: JobKind::ReceiptStrip,
        content: content.await?,
    };
    let job = submit_slip(&state, order).await?;
    go_to(&format!("/staff/labels/{}", job.summary.id))
}
