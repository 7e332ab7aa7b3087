//! From a handler to the log: a command is reported as done only when it is on disk, and each failure has a message.

use http::{HeaderValue, StatusCode};
use record::code::{ScannedCodeError, find_label};
use record::entry::{Digest16, Entry, EntryAuthor, EntryTime};
use record::fold::{LinePlace, RowVersion};
use record::kinds::{EntryRef, Event};
use record::tag::Tag;
use record::tree::Hash;
use serde::Serialize;
use web::error::{ErrorText, HttpError};

use crate::command::{CommandError, ExecuteOutcome, execute_command};
use crate::identity::BadgeCode;
use crate::intake::{Command, CommandRefusal, CommandRequest, ItemRefusal, RefusalCause, request_digest};
use crate::store::{LogReader, ReadLane, SubmitError, WriteDecision};
use crate::web::context::{AppState, run_blocking};
use crate::web::http_error::{broken_rule, new_error, read_error, store_error, tag_not_known_now, worded};
use crate::web::words::ErrorWords;

#[derive(Debug, Clone, Copy)]
pub(crate) struct CommandOutcome {
    /// The first entry that it made, now or at the first request; it may come from an adopted run.
    pub(crate) line: LinePlace,
    pub(crate) leaf: Hash,
    pub(crate) at: EntryTime,
    /// The version of the row that it changed, if it changed one: that of its last entry. For a repeat it is that of
    /// the first entry: where the change had several, whoever names it gets one needless conflict, and nothing worse.
    pub(crate) version: RowVersion,
}

#[derive(Debug, Default)]
pub(crate) struct SubmissionKey {
    key: Option<String>,
    sent: Option<String>,
}

/// The command itself distinguishes a repeat from another request.
impl From<Option<String>> for SubmissionKey {
    fn from(key: Option<String>) -> Self {
        Self { key, sent: None }
    }
}

impl SubmissionKey {
    /// For a command derived from the request and the state at that time: the request identifies a repeat.
    pub(crate) fn as_sent(key: Option<String>, sent: &impl Serialize) -> Self {
        Self { key, sent: serde_json::to_string(sent).ok() }
    }

    pub(crate) fn is_of(&self, recorded: Digest16) -> bool {
        let (Some(key), Some(sent)) = (&self.key, &self.sent) else { return false };
        request_digest(key, sent.as_bytes()) == recorded
    }
}

#[derive(Debug)]
pub(crate) enum CommandFailure {
    Refused(CommandRefusal),
    Box(Box<HttpError>),
}

impl From<CommandFailure> for HttpError {
    fn from(undone: CommandFailure) -> Self {
        match undone {
            CommandFailure::Refused(refusal) => refusal.into(),
            CommandFailure::Box(problem) => *problem,
        }
    }
}

impl CommandFailure {
    /// The refusal with its message beside a field, where `word` finds one; else the failure unchanged.
    ///
    /// # Errors
    /// It is no refusal, or one of no field.
    pub(crate) fn at_field<T>(
        self,
        word: impl FnOnce(&CommandRefusal) -> Option<T>,
    ) -> Result<(CommandRefusal, T), Self> {
        match self {
            Self::Refused(refusal) => match word(&refusal) {
                Some(worded) => Ok((refusal, worded)),
                None => Err(Self::Refused(refusal)),
            },
            other => Err(other),
        }
    }
}

/// Whether a scanner reads this from somebody's badge. As an item's code it would be in the log and on public pages.
async fn is_badge(state: &AppState, scanned: &str) -> Result<bool, HttpError> {
    let Ok(code) = BadgeCode::read(scanned) else { return Ok(false) };
    run_blocking(state, move |state| state.identity.badges.holds(&code).map_err(|e| HttpError::internal(&e)))
        .await
}

/// Whether this box printed a label with this tag for an item that is still to be named.
pub(crate) async fn is_blank_label(state: &AppState, tag: Tag) -> Result<bool, HttpError> {
    run_blocking(state, move |state| state.printing.is_blank(tag).map_err(|e| HttpError::internal(&e))).await
}

fn new_code(command: &Command) -> Option<&str> {
    match command {
        Command::AddAlias(new) => Some(&new.code),
        Command::AddEquipment(new) => new.code.as_deref(),
        _ => None,
    }
}

pub(crate) async fn run_command(
    state: &AppState,
    by: EntryAuthor,
    key: impl Into<SubmissionKey>,
    command: Command,
) -> Result<CommandOutcome, CommandFailure> {
    let SubmissionKey { key, sent } = key.into();
    if let Some(code) = new_code(&command)
        && is_badge(state, code).await.map_err(|error| CommandFailure::Box(Box::new(error)))?
    {
        let cause = RefusalCause::Item(ItemRefusal::Badge);
        return Err(CommandFailure::Refused(CommandRefusal::Range { field: "code", cause }));
    }
    if let Some(tag) = new_code(&command).and_then(find_label)
        && is_blank_label(state, tag).await.map_err(|error| CommandFailure::Box(Box::new(error)))?
    {
        return Err(CommandFailure::Refused(CommandRefusal::Code(ScannedCodeError::Tag(tag))));
    }
    match execute_command(&state.store, state.random.clone(), CommandRequest { by, key, sent, command }).await
    {
        Ok(ExecuteOutcome::New(recorded)) => match (recorded.first(), recorded.last()) {
            (Some(first), Some(last)) => {
                let epoch = state.store.origin().epoch;
                Ok(CommandOutcome {
                    line: LinePlace { of: EntryRef { epoch, seq: first.seq }, run: None },
                    leaf: first.leaf,
                    at: first.at,
                    version: RowVersion::of(EntryRef { epoch, seq: last.seq }, last.leaf),
                })
            }
            _ => Err(CommandFailure::Box(Box::new(broken_rule("a command made no entry")))),
        },
        Ok(ExecuteOutcome::Again(line)) => {
            find_earlier(state, line).await.map_err(|problem| CommandFailure::Box(Box::new(problem)))
        }
        Err(CommandError::Refused(CommandRefusal::UnknownTag(tag))) if state.lacks_any() => {
            Err(CommandFailure::Box(Box::new(tag_not_known_now(tag))))
        }
        Err(CommandError::Refused(refusal)) => Err(CommandFailure::Refused(refusal)),
        Err(CommandError::Store(error)) => Err(CommandFailure::Box(Box::new(not_recorded(&error)))),
    }
}

pub(crate) async fn by_key(state: &AppState, key: &str) -> Option<(LinePlace, Digest16)> {
    let key = Digest16::of(key.as_bytes());
    state.store.submit(move |view| WriteDecision::Answer(view.by_key(&key))).await.ok()?.answer
}

pub(crate) async fn find_earlier(state: &AppState, line: LinePlace) -> Result<CommandOutcome, HttpError> {
    let (entry, _) = read_event(state, line)
        .await?
        .ok_or_else(|| broken_rule("an entry that an index names is not there"))?;
    let leaf = entry.leaf();
    Ok(CommandOutcome { line, leaf, at: entry.head().at, version: RowVersion::of(line.of, leaf) })
}

fn report_outage(code: &'static str, title: ErrorText) -> HttpError {
    new_error(StatusCode::SERVICE_UNAVAILABLE, code, title)
}

fn not_recorded(error: &SubmitError) -> HttpError {
    match error {
        SubmitError::Full => {
            new_error(StatusCode::INSUFFICIENT_STORAGE, "full", worded(ErrorWords::error_full))
                .detail(worded(ErrorWords::error_full_detail))
                .next(worded(ErrorWords::error_full_next))
        }
        SubmitError::Busy => report_outage("busy", worded(ErrorWords::error_crowded))
            .next(worded(ErrorWords::error_press_again))
            .header(http::header::RETRY_AFTER, HeaderValue::from_static("2")),
        SubmitError::Stopping => report_outage("stopping", worded(ErrorWords::error_stopping))
            .next(worded(ErrorWords::error_stopping_next))
            .header(http::header::RETRY_AFTER, HeaderValue::from_static("30")),
        SubmitError::Unknown => report_outage("unknown", worded(ErrorWords::error_unsure))
            .safe(worded(ErrorWords::error_unsure_safe))
            .next(worded(ErrorWords::error_unsure_next))
            .header(http::header::RETRY_AFTER, HeaderValue::from_static("10")),
        SubmitError::TooLarge { .. } | SubmitError::Entry(_) => {
            new_error(StatusCode::PAYLOAD_TOO_LARGE, "too-long", worded(ErrorWords::error_record_too_long))
                .next(worded(ErrorWords::error_record_too_long_next))
        }
        SubmitError::Database(_) => {
            tracing::error!(%error, "what a command rests on could not be read");
            report_outage("database", worded(ErrorWords::error_database))
                .next(worded(ErrorWords::error_database_next))
                .header(http::header::RETRY_AFTER, HeaderValue::from_static("2"))
        }
    }
}

pub(crate) async fn read_event(
    state: &AppState,
    line: LinePlace,
) -> Result<Option<(Entry, Event)>, HttpError> {
    let entry = state
        .store
        .read(ReadLane::Quick, move |reader| reader.line(line))
        .await
        .map_err(read_error)?
        .map_err(store_error)?;
    Ok(entry.map(|entry| {
        let event = entry.event();
        (entry, event)
    }))
}

pub(crate) fn entry_by(reader: &LogReader, of: EntryRef) -> Result<Option<(Entry, Event)>, HttpError> {
    Ok(reader.entry_at(of).map_err(store_error)?.map(|entry| {
        let event = entry.event();
        (entry, event)
    }))
}
