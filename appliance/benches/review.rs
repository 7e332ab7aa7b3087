//! What review and drafting add to a record: the CPU of what a scan page does with its form, of that of the very same entries
//! drafted beforehand and put into the store, in turns within one run.
//!
//! `cargo bench -p cleantrack-appliance --features jemalloc --bench review [-- FOLDER]`; the folder must lie on the disk that is meant.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[allow(dead_code, reason = "each bench uses its part of it")]
mod kit;

use std::ops::Range;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use appliance::clock::system_clock;
use appliance::command::{ExecuteOutcome, execute_command};
use appliance::intake::{
    CleaningForm, Command, CommandDecision, CommandRequest, ProofDemand, decide_command, review_cleaning,
};
use appliance::store::{CommandView, Store, WriteDecision};
use record::entry::{EntryAuthor, EntryDraft};
use service::clock::{Clock, boot_id};
use service::random::{RandomSource, SystemRandom};

use kit::facility::{self, PROTOCOL};
use kit::{Failed, Goal, Table, cpu_ms, float, heading, median};

const ITEMS: usize = 300;
const PHONES: usize = 64;
const RECORDS: usize = 8_192;
/// Measurements of each kind: what the store leaves to do later falls to whoever comes then.
const TURNS: usize = 10;
const ADDED: (Goal, Goal) = (Goal::AtMost(1.1), Goal::AtMost(1.25));

/// The form of a page as somebody sends it who ticked all steps, in place of whose contact time the note speaks.
fn fill_form(n: usize) -> Result<CleaningForm, Failed> {
    let tag = facility::tag(n.wrapping_mul(7_919) % ITEMS);
    Ok(CleaningForm {
        protocol: Some(PROTOCOL.parse().map_err(|_| "no protocol")?),
        protocol_version: Some(1),
        steps: Some(vec![1, 2, 3, 4]),
        proof: ProofDemand::Required,
        note: facility::note(n),
        took_ms: Some(15_000),
        ..CleaningForm::plain(tag, &facility::name(n))
    })
}

fn fill_request(n: usize) -> Result<CommandRequest, Failed> {
    let key = u128::from_le_bytes((&SystemRandom as &dyn RandomSource).bytes());
    let command = Command::RecordCleaning(Box::new(fill_form(n)?));
    Ok(CommandRequest { by: EntryAuthor::BOX, key: Some(format!("{key:032x}")), sent: None, command })
}

async fn draft_entries(store: &Store, request: CommandRequest) -> Result<Vec<EntryDraft>, Failed> {
    let submitted = store.submit(move |view: &CommandView<'_>| {
        WriteDecision::Answer(decide_command(&request, view, &SystemRandom))
    });
    match submitted.await?.answer? {
        CommandDecision::New(drafts) => Ok(drafts),
        CommandDecision::Again(line) => Err(format!("recorded before: {line:?}").into()),
    }
}

async fn draft_all(store: &Store, works: Range<usize>) -> Result<Vec<Vec<EntryDraft>>, Failed> {
    let mut drafts = Vec::with_capacity(works.len());
    for n in works {
        drafts.push(draft_entries(store, fill_request(n)?).await?);
    }
    Ok(drafts)
}

async fn put_drafts(store: Store, drafts: Vec<EntryDraft>) -> Result<(), String> {
    let submitted = store.submit(|_| WriteDecision::Append { drafts, answer: () }).await;
    submitted.map(|_| ()).map_err(|e| e.to_string())
}

/// As a scan page does it: all that is wrong is looked for first, then the command is decided and recorded.
async fn put_request(store: Store, clock: Arc<dyn Clock>, request: CommandRequest) -> Result<(), String> {
    let Command::RecordCleaning(form) = &request.command else { return Err("no cleaning".to_owned()) };
    let refusals = review_cleaning(form, &store.snapshot(), &clock.now());
    if let Some(refusal) = refusals.first() {
        return Err(refusal.to_string());
    }
    match execute_command(&store, Arc::new(SystemRandom), request).await {
        Ok(ExecuteOutcome::New(_)) => Ok(()),
        other => Err(format!("not recorded: {other:?}")),
    }
}

fn measure_cpu<W, P>(
    runtime: &tokio::runtime::Runtime,
    works: Vec<W>,
    put: impl Fn(W) -> P + Clone + Send + 'static,
) -> Result<f64, Failed>
where
    W: Send + 'static,
    P: Future<Output = Result<(), String>> + Send,
{
    let (count, mut works) = (works.len(), works.into_iter());
    let parts: Vec<Vec<W>> = (0..PHONES).map(|_| works.by_ref().take(count / PHONES).collect()).collect();
    let before = cpu_ms();
    runtime.block_on(async {
        let phones: Vec<_> = parts
            .into_iter()
            .map(|part| {
                let put = put.clone();
                tokio::spawn(async move {
                    for work in part {
                        put(work).await?;
                    }
                    Ok::<_, String>(())
                })
            })
            .collect();
        for phone in phones {
            phone.await.map_err(|e| e.to_string())??;
        }
        Ok::<_, String>(())
    })?;
    Ok((cpu_ms() - before) / float(count as u64))
}

fn main() -> Result<ExitCode, Failed> {
    let base = std::env::args().skip(1).find(|a| !a.starts_with("--"));
    let dir = tempfile::tempdir_in(base.map_or_else(std::env::temp_dir, Into::into))?;
    let data = dir.path().join("box");
    facility::seed(&data, (ITEMS, 2))?;
    let store = facility::open(&data)?;
    let clock: Arc<dyn Clock> = Arc::new(system_clock(boot_id((&SystemRandom as &dyn RandomSource).bytes())));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    // The ballast is written while nobody waits: let it be whole before anything is measured.
    while !data.join("ballast").metadata().is_ok_and(|m| m.len() >= 64 << 20) {
        std::thread::sleep(Duration::from_millis(100));
    }
    let (mut alone_ms, mut reviewed_ms) = (Vec::new(), Vec::new());
    for turn in 0..2 * (TURNS + 1) {
        let works = turn * RECORDS..(turn + 1) * RECORDS;
        let at = store.clone();
        // There and back again, so that neither always comes behind the other.
        let is_reviewed = turn % 4 == 1 || turn % 4 == 2;
        let ms = if is_reviewed {
            let requests: Vec<_> = works.map(fill_request).collect::<Result<_, _>>()?;
            let clock = Arc::clone(&clock);
            measure_cpu(&runtime, requests, move |request| {
                put_request(at.clone(), Arc::clone(&clock), request)
            })?
        } else {
            let drafts = runtime.block_on(draft_all(&store, works))?;
            measure_cpu(&runtime, drafts, move |drafts| put_drafts(at.clone(), drafts))?
        };
        // The first of both warms up.
        if turn > 1 {
            if is_reviewed { reviewed_ms.push(ms) } else { alone_ms.push(ms) }
        }
    }
    heading("Review and record");
    let mut table = Table::default();
    let (alone, reviewed) = (median(alone_ms), median(reviewed_ms));
    let how =
        format!("{reviewed:.4} of {alone:.4} ms, {TURNS} times {RECORDS} records of {PHONES} phones each");
    table.bound("CPU of a record with its review", reviewed / alone, "of its entries alone", ADDED, &how);
    runtime.block_on(store.stop())?;
    Ok(table.status())
}
