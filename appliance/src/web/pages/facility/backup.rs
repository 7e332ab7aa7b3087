//! Backups, for facility admins: their state, starting one now, the key, a restore test.

use askama::Template;
use axum::extract::State;
use web::answer::{FileDownload, FormReply, OneOf, Page, media};
use web::error::HttpError;
use words::Number;

use crate::backup::{BackupCause, BackupSecret, BackupStatus, BackupWork, WorkResult};
use crate::identity::{AccessOutcome, AccessTarget};
use crate::web::access::permissions::EditSettings;
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::access_note::AccessNote;
use crate::web::answer::{FormOrPage, ask_again, go_to};
use crate::web::confirm_pin::PinConfirmation;
use crate::web::context::{AppState, run_blocking};
use crate::web::layout::{NavSection, PageLayout};
use crate::web::request::bodies::form::StaffForm;
use crate::web::request::fields::field_error::Wrong;
use crate::web::view_models::machine::backups::KeyCode;
use crate::web::view_models::page::facts::FactRow;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::page::wording::PageWording;
use crate::web::words::{BackupWords, PageWords};

pub(super) const BACKUP: &str = "/staff/backup";

#[derive(Template)]
#[template(path = "facility/backup.html")]
struct BackupPage {
    frame: PageLayout,
    w: BackupWords,
    problems: Vec<Wrong>,
    form_token: String,
    first_step: Option<FirstStep>,
    facts: Vec<FactRow>,
    news: Vec<String>,
    failure: Option<String>,
    runs: bool,
    /// The key that a new one would replace; empty: none.
    present_key: String,
}

impl BackupPage {
    /// The key's form is on a page only once.
    fn leads_to_key(&self) -> bool {
        self.first_step.as_ref().is_some_and(|step| step.makes_key)
    }
}

struct FirstStep {
    title: String,
    what: String,
    makes_key: bool,
}

impl FirstStep {
    fn find_first(status: &BackupStatus, w: BackupWords) -> Option<Self> {
        match (&status.folder, &status.key) {
            (None, _) => Some(Self {
                title: w.backup_first_folder(),
                what: w.backup_first_folder_what(),
                makes_key: false,
            }),
            (Some(_), None) => {
                Some(Self { title: w.backup_first_key(), what: w.backup_first_key_what(), makes_key: true })
            }
            (Some(_), Some(_)) => None,
        }
    }
}

fn status_page(state: &AppState, signed: &StaffSession, problems: Vec<Wrong>) -> Result<Page, HttpError> {
    let (page_words, w): (PageWords, BackupWords) = signed.words();
    let title = match problems.is_empty() {
        true => w.backup_title(),
        false => page_words.page_error_title(w.backup_title()),
    };
    let snapshot = Snapshot::now(state);
    let wording = PageWording::new(page_words, &snapshot.local);
    let status = state.backups.status();
    let page = Page::draw(&BackupPage {
        frame: PageLayout::staff(state, &snapshot, title, signed, NavSection::Box).with_script(),
        w,
        problems,
        form_token: signed.form_token(),
        first_step: FirstStep::find_first(&status, w),
        facts: backup_facts(&status, &wording, w),
        news: word_news(&status, w),
        failure: status.failure.as_ref().and_then(|(cause, why)| word_failure(w, *cause, why)),
        runs: status.work.is_some(),
        present_key: status.key.as_ref().map(|key| key.short().to_owned()).unwrap_or_default(),
    })?;
    Ok(page.in_locale(wording.locale()))
}

fn backup_facts(status: &BackupStatus, wording: &PageWording, w: BackupWords) -> Vec<FactRow> {
    let time = |ms: i64| wording.dates().day_and_time(ms).text;
    let mut facts = Vec::new();
    match &status.record.last {
        Some(last) => {
            let (entries, photos, size) = (last.entries, last.photos, word_size(w, last.bytes));
            let words = w.backup_last(entries, photos, size, time(last.verified_ms));
            facts.push(FactRow::worded(w.backup_fact_last(), words));
            let age_ms = wording.local().now_ms().saturating_sub(last.taken_ms).max(0);
            facts.push(FactRow::worded(w.backup_fact_age(), wording.about(age_ms)));
            facts.push(FactRow::entered(w.backup_fact_file(), last.name.clone()));
        }
        None => facts.push(FactRow::worded(w.backup_fact_last(), w.backup_last_none())),
    }
    facts.push(match &status.folder {
        Some(folder) => FactRow::entered(w.backup_fact_folder(), folder.display().to_string()),
        None => FactRow::worded(w.backup_fact_folder(), w.backup_folder_none()),
    });
    if status.folder.is_some() {
        facts.push(FactRow::entered(w.backup_fact_daily(), status.daily.clone()));
    }
    let key = match &status.key {
        Some(key) => w.backup_key_made(key.short(), time(key.made_ms)),
        None => w.backup_key_made_none(),
    };
    facts.push(FactRow::worded(w.backup_fact_key(), key));
    let relay = match status.relay {
        Some(copy) => w.backup_relay(copy.of_entries, copy.entries, copy.of_photos, copy.photos),
        None => w.backup_relay_none(),
    };
    facts.push(FactRow::worded(w.backup_fact_relay(), relay));
    let tested = status.record.tested.as_ref().map(|test| time(test.at_ms)).unwrap_or_default();
    facts.push(FactRow::worded(w.backup_fact_tests(), w.backup_tests(status.record.tests, tested)));
    facts
}

fn word_size(w: BackupWords, bytes: u64) -> String {
    let tenths = |unit: u64| {
        Number::from_tenths(i64::try_from(bytes.saturating_add(unit / 20) / (unit / 10)).unwrap_or(i64::MAX))
    };
    match bytes {
        0..1_000_000_000 => w.backup_size_mb(tenths(1_000_000)),
        _ => w.backup_size_gb(tenths(1_000_000_000)),
    }
}

fn word_news(status: &BackupStatus, w: BackupWords) -> Vec<String> {
    match (status.work, &status.result) {
        (Some(BackupWork::Backup), _) => vec![w.backup_running()],
        (Some(BackupWork::Test), _) => vec![w.backup_running_test()],
        (Some(BackupWork::Archive), _) => vec![w.backup_running_archive()],
        (None, Some(WorkResult { work: BackupWork::Archive, words, .. })) => match words {
            Ok(_) => Vec::new(),
            Err(_) => vec![w.backup_archive_failed()],
        },
        (None, Some(result)) => match &result.words {
            Ok(words) => vec![w.backup_done(words)],
            // A failed backup is described by its cause.
            Err(words) if result.work == BackupWork::Test => vec![w.backup_test_failed(words)],
            Err(_) => Vec::new(),
        },
        (None, None) => Vec::new(),
    }
}

fn word_failure(w: BackupWords, cause: BackupCause, why: &str) -> Option<String> {
    let words = match cause {
        // The page shows first what to do about it.
        BackupCause::NoKey | BackupCause::NoFolder => return None,
        BackupCause::Missing => w.backup_cause_missing(),
        BackupCause::SameDisk => w.backup_cause_same_disk(),
        BackupCause::ReadOnly => w.backup_cause_read_only(),
        BackupCause::Full => w.backup_cause_full(),
        BackupCause::TooLarge => w.backup_cause_too_large(),
        BackupCause::Crowded => w.backup_cause_crowded(),
        BackupCause::NotRight => w.backup_cause_not_right(),
        BackupCause::Medium => w.backup_cause_medium(),
        BackupCause::Box => w.backup_cause_box(),
        BackupCause::Stopped => w.backup_cause_stopped(),
    };
    Some(match why {
        "" => w.backup_failed(words),
        why => format!("{} {}", w.backup_failed(words), w.backup_failed_why(why)),
    })
}

pub(crate) async fn show(
    signed: StaffCaller<EditSettings>,
    State(state): State<AppState>,
) -> Result<Page, HttpError> {
    // A box that was claimed or started a moment ago is not without a relay.
    run_blocking(&state, |state| {
        state.backups.look_at_relay();
        Ok(())
    })
    .await?;
    status_page(&state, &signed, Vec::new())
}

pub(crate) async fn begin_backup(
    signed: StaffCaller<EditSettings>,
    State(state): State<AppState>,
    _: StaffForm,
) -> Result<FormReply, HttpError> {
    let begun = run_blocking(&state, |state| Ok(state.backups.start_shown_backup())).await?;
    if begun.is_ok() {
        signed.notes().add([AccessNote::new(AccessOutcome::BackupBegun, AccessTarget::Admin)]);
    }
    // The page says why none was started.
    go_to(BACKUP)
}

/// Everything in one file, for whoever runs the box and types their PIN.
pub(crate) async fn take_archive(
    signed: StaffCaller<EditSettings>,
    State(state): State<AppState>,
    StaffForm(form): StaffForm,
) -> Result<OneOf<FileDownload<media::Tar>, FormOrPage>, HttpError> {
    if let PinConfirmation::PinRequired(answer) = signed.confirm(&state, form).await? {
        return Ok(OneOf::Second(answer));
    }
    // The page shows what is running.
    let Ok(chunks) = state.backups.start_archive() else {
        return go_to(BACKUP).map(OneOf::First).map(OneOf::Second);
    };
    signed.notes().add([AccessNote::new(AccessOutcome::ArchiveTaken, AccessTarget::Admin)]);
    let box_id = state.store.origin().box_id;
    let day = Snapshot::now(&state).local.today().map(|day| day.to_string()).unwrap_or_default();
    let chunks = futures_util::stream::unfold(chunks, async |mut chunks| {
        let chunk = chunks.recv().await?;
        Some((chunk, chunks))
    });
    FileDownload::from_chunks(&format!("cleantrack-{box_id}-{day}.tar"), chunks).map(OneOf::First)
}

pub(crate) async fn test_restore(
    signed: StaffCaller<EditSettings>,
    State(state): State<AppState>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let w: BackupWords = signed.words();
    let Ok(secret) = BackupSecret::parse(form.text("key")) else {
        let wrong = vec![Wrong { at: "key".to_owned(), words: w.backup_test_key_wrong() }];
        return status_page(&state, &signed, wrong).map(ask_again);
    };
    let begun = run_blocking(&state, move |state| Ok(state.backups.start_test(None, secret))).await?;
    if begun.is_ok() {
        signed.notes().add([AccessNote::new(AccessOutcome::BackupBegun, AccessTarget::Admin)]);
    }
    // The page shows a running backup, and that there is no folder.
    go_to(BACKUP)
}

#[derive(Template)]
#[template(path = "facility/backup_key.html")]
struct KeyPage {
    frame: PageLayout,
    w: BackupWords,
    of: String,
    groups: Vec<String>,
    code: KeyCode,
}

pub(crate) async fn make_key(
    signed: StaffCaller<EditSettings>,
    State(state): State<AppState>,
    StaffForm(form): StaffForm,
) -> Result<FormOrPage, HttpError> {
    let form = match signed.confirm(&state, form).await? {
        PinConfirmation::Form(form) => form,
        PinConfirmation::PinRequired(answer) => return Ok(answer),
    };
    let (page_words, w): (PageWords, BackupWords) = signed.words();
    let replaces = form.text("present").to_owned();
    // A form that was sent twice must not make the key that was just printed an old one.
    let made = run_blocking(&state, move |state| {
        state.backups.make_key_after(&replaces).map_err(|e| HttpError::internal(&e))
    });
    let Some((secret, recipient)) = made.await? else { return go_to(BACKUP).map(OneOf::First) };
    let note = AccessNote::new(AccessOutcome::BackupKeyMade, AccessTarget::Admin);
    signed.notes().add([note.about(recipient.short())]);
    let snapshot = Snapshot::now(&state);
    let wording = PageWording::new(page_words, &snapshot.local);
    let when = wording.dates().day_with_year(recipient.made_ms).text;
    let (box_id, facility) = (state.store.origin().box_id.to_string(), snapshot.settings.name.clone());
    let template = KeyPage {
        frame: PageLayout::staff(&state, &snapshot, w.backup_key_title(), &signed, NavSection::Box),
        w,
        of: match facility.is_empty() {
            true => w.backup_key_of_nameless(box_id, recipient.short(), when),
            false => w.backup_key_of(facility, box_id, recipient.short(), when),
        },
        groups: secret.reveal_groups(),
        code: KeyCode::draw(&secret.reveal())?,
    };
    Ok(OneOf::Second(Page::draw(&template)?.in_locale(wording.locale())))
}
