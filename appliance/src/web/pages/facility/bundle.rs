//! The support bundle: what is in it, and then the file itself.

use askama::Template;
use axum::extract::State;
use web::answer::{FileDownload, MediaType, Page};
use web::error::HttpError;

use crate::bundle::{BundleFile, bundle_name, pack_bundle};
use crate::web::access::permissions::EditSettings;
use crate::web::access::staff::StaffCaller;
use crate::web::context::{AppState, run_blocking};
use crate::web::layout::{NavSection, PageLayout, draw_page};
use crate::web::request::bodies::form::StaffForm;
use crate::web::view_models::machine::bundle_files::{machine_files, running_files};
use crate::web::view_models::machine::doctor_words::word_doctor_report;
use crate::web::view_models::machine::health::examine_box;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::words::DoctorWords;

#[derive(Debug, Clone, Copy)]
pub(crate) struct ZipMedia;

impl MediaType for ZipMedia {
    const NAME: &'static str = "application/zip";
}

struct BundleRow {
    name: String,
    bytes: usize,
    about: String,
}

#[derive(Template)]
#[template(path = "facility/bundle.html")]
struct BundlePage {
    frame: PageLayout,
    w: DoctorWords,
    rows: Vec<BundleRow>,
    form_token: String,
}

async fn collect_files(state: &AppState) -> Result<Vec<BundleFile>, HttpError> {
    let report = examine_box(state, None).await?;
    let files = run_blocking(state, |state| Ok([machine_files(state), running_files(state)].concat()));
    let mut files = files.await?;
    files.push(BundleFile::new("doctor.txt", word_doctor_report(&report)));
    Ok(files)
}

fn word_about(w: DoctorWords, name: &str) -> String {
    match name {
        "about.txt" => w.bundle_about(),
        "machine.txt" => w.bundle_about_machine(),
        "storage.txt" => w.bundle_about_storage(),
        "setup.json" => w.bundle_about_setup(),
        "health.json" => w.bundle_about_health(),
        "settings.txt" => w.bundle_about_settings(),
        "alarms.txt" => w.bundle_about_alarms(),
        "refusals.json" => w.bundle_about_refusals(),
        "log.txt" => w.bundle_about_log(),
        "doctor.txt" => w.bundle_about_doctor(),
        _ => w.bundle_about_other(),
    }
}

pub(crate) async fn list_files(
    signed: StaffCaller<EditSettings>,
    State(state): State<AppState>,
) -> Result<Page, HttpError> {
    let files = collect_files(&state).await?;
    let w: DoctorWords = signed.words();
    let page = BundlePage {
        frame: PageLayout::staff(&state, &Snapshot::now(&state), w.bundle_title(), &signed, NavSection::Box),
        w,
        rows: files
            .into_iter()
            .map(|file: BundleFile| BundleRow {
                about: word_about(w, &file.name),
                bytes: file.text.len(),
                name: file.name,
            })
            .collect(),
        form_token: signed.form_token(),
    };
    draw_page(&page.frame, &page)
}

pub(crate) async fn save_bundle(
    _: StaffCaller<EditSettings>,
    State(state): State<AppState>,
    _: StaffForm,
) -> Result<FileDownload<ZipMedia>, HttpError> {
    let files = collect_files(&state).await?;
    let name = bundle_name(&state.store.origin().box_id.to_string(), state.clock.now().wall_ms);
    let packed =
        run_blocking(&state, move |_| pack_bundle(&files).map_err(|error| HttpError::internal(&error)));
    let packed = packed.await?;
    FileDownload::new(&name, packed)
}
