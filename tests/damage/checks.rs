//! What must hold of a box that started on a damaged folder: phones record, what was acknowledged is there or reported lost, and
//! the log proves it.

use std::collections::{BTreeMap, BTreeSet};

use harness::world::{Ledger, Phone, Post, Receipt, TheBox};
use record::checkpoint::{LogOrigin, SignedCheckpoint};
use record::entry::Entry;
use record::ids::Epoch;
use record::kinds::{Event, Prev};
use record::proof::RecordProof;
use record::redact::TextLine;
use record::sign::VerifierKey;
use record::tree::Frontier;
use serde_json::Value;

use crate::folders::{Rest, WITH_PHOTO};

#[derive(Debug, Default)]
pub struct Found {
    /// Unacknowledged alarms: each its code and subject.
    pub reported: BTreeSet<String>,
    /// The refusal that a recording phone gets instead of a receipt.
    pub refused: Option<String>,
    pub lost: usize,
    pub wrong: Vec<String>,
}

type Promised = BTreeMap<String, Receipt>;

pub async fn look((rest, promised): (&Rest, &Promised), r#box: &TheBox) -> Found {
    let mut found = Found::default();
    let ledger = Ledger::default();
    let phone = r#box.phone("after", &ledger);
    found.refused = match phone.post(0).await {
        Post::Recorded(_) => None,
        other => Some(format!("{other:?}").chars().take(60).collect()),
    };
    let health = r#box.health().await.unwrap_or_default();
    found.reported = reported(rest, &health);
    let lost = receipts(promised, r#box, &health, &mut found).await;
    for (key, receipt) in &ledger.all() {
        if r#box.leads_to(&receipt.address()).await != (receipt.address(), 200) {
            found.wrong.push(format!("{key} was recorded just now and opens nothing"));
        }
        prove(r#box, (key, receipt), &mut found).await;
    }
    for (key, receipt) in promised.iter().filter(|(key, _)| !lost.contains(*key)) {
        prove(r#box, (key, receipt), &mut found).await;
    }
    sent_again(promised, r#box, &lost, &mut found).await;
    if let Err(why) = chain(promised, r#box, &lost).await {
        found.wrong.push(why);
    }
    let whole = lost.is_empty();
    if (&health["ok"], &health["whole"]) != (&Value::Bool(true), &Value::Bool(whole)) {
        found.wrong.push(format!("{} acknowledged records are lost: {health}", lost.len()));
    }
    found.lost = lost.len();
    found
}

pub fn reported(rest: &Rest, health: &Value) -> BTreeSet<String> {
    let alarms = health["alarms"].as_array().map(Vec::as_slice).unwrap_or_default();
    let unseen = alarms.iter().filter(|alarm| alarm["seen_ms"].is_null());
    let about = |alarm: &Value| match (alarm["subject"].as_str(), alarm["epoch"].as_str()) {
        (Some(subject), _) => format!(" {}", rest.name(subject)),
        (None, Some(epoch)) => format!(" E{}", epoch.split('-').next().unwrap_or_default()),
        (None, None) => String::new(),
    };
    unseen.map(|alarm| format!("{}{}", alarm["code"].as_str().unwrap_or_default(), about(alarm))).collect()
}

/// Whether an alarm reports that this record is missing.
fn is_reported(health: &Value, receipt: &Receipt) -> bool {
    let alarms = health["alarms"].as_array().map(Vec::as_slice).unwrap_or_default();
    alarms.iter().any(|alarm| {
        let missing = ["log-missing", "log-forgot"].contains(&alarm["code"].as_str().unwrap_or_default());
        let epoch = alarm["epoch"].as_str().and_then(|epoch| epoch.split('-').next()?.parse().ok());
        // How much followed what the relay has confirmed is unknown.
        let from = alarm["from"].as_u64().unwrap_or(0);
        missing && epoch == Some(receipt.epoch_n) && from <= receipt.seq
    })
}

/// Each receipt opens, or it is reported that it cannot; the keys of those that do not.
async fn receipts(
    promised: &Promised,
    r#box: &TheBox,
    health: &Value,
    found: &mut Found,
) -> BTreeSet<String> {
    let mut lost = BTreeSet::new();
    for (key, receipt) in promised {
        let (address, status) = r#box.leads_to(&receipt.address()).await;
        if status == 200 && address == receipt.address() {
            continue;
        }
        lost.insert(key.clone());
        if !is_reported(health, receipt) {
            found.wrong.push(format!("{key} was acknowledged as {receipt:?}: {address} {status}, not told"));
        }
    }
    lost
}

async fn prove(r#box: &TheBox, (key, receipt): (&String, &Receipt), found: &mut Found) {
    let (status, body) = r#box.ask_plain(&format!("{}/proof", receipt.address())).await;
    if status == 404 && body.contains("earlier-log") {
        return;
    }
    let proof = serde_json::from_str::<RecordProof>(&body).map_err(|e| e.to_string());
    let proven = proof.and_then(|proof| proof.check(&[], &[]).map_err(|e| e.to_string()));
    match proven {
        Ok(proven) if Receipt::symbols(&proven.entry.leaf()) == receipt.check => {}
        Ok(_) => found.wrong.push(format!("the proof of {key} is another entry's")),
        Err(why) => found.wrong.push(format!("the proof of {key}: {why}: {status} {body}")),
    }
}

async fn sent_again(promised: &Promised, r#box: &TheBox, lost: &BTreeSet<String>, found: &mut Found) {
    // Making one reads every certificate authority of this machine.
    let mut phones: BTreeMap<&str, Phone> = BTreeMap::new();
    for (key, receipt) in promised.iter().filter(|(key, _)| !lost.contains(*key)) {
        let (name, n) = key.rsplit_once('-').unwrap_or_default();
        let n: usize = n.parse().unwrap_or_default();
        // A photo is a part of the submission: without it this would be another one.
        if n == WITH_PHOTO {
            continue;
        }
        let phone = phones.entry(name).or_insert_with(|| r#box.phone(name, &Ledger::default()));
        match phone.post(n).await {
            Post::Recorded(again) if again == *receipt => {}
            other => found.wrong.push(format!("{key}, sent again after {receipt:?}: {other:?}")),
        }
    }
}

struct EpochLog {
    entries: Vec<Entry>,
    texts: Vec<String>,
}

impl EpochLog {
    fn root(&self, size: usize) -> Option<record::tree::Hash> {
        let mut tree = Frontier::default();
        self.entries.get(..size)?.iter().for_each(|entry| tree.push(entry.leaf()));
        Some(tree.root())
    }

    fn before(&self) -> Option<(Epoch, Option<Prev>)> {
        match self.entries.first()?.event() {
            Event::LogStarted(started) => {
                Some((started.prev.map(|prev| prev.epoch).or(started.after)?, started.prev))
            }
            _ => None,
        }
    }
}

async fn log_of(r#box: &TheBox, epoch: &str) -> Option<Result<EpochLog, String>> {
    let (status, body) = r#box.ask(&format!("/api/v1/log?epoch={epoch}&texts=1")).await?;
    let mut log = EpochLog { entries: Vec::new(), texts: Vec::new() };
    match status {
        200 => {}
        // Its tokens went with `state.redb`.
        401 => return None,
        404 => return Some(Ok(log)),
        status => return Some(Err(format!("the log of {epoch}: {status} {body}"))),
    }
    for line in body.lines() {
        match Entry::parse(line.as_bytes()) {
            Ok(entry) if entry.seq() == log.entries.len() as u64 => log.entries.push(entry),
            Ok(entry) => return Some(Err(format!("entry {} is the {}th", entry.seq(), log.entries.len()))),
            Err(_) => match TextLine::parse(line.as_bytes()) {
                Ok(text) => log.texts.push(text.text().to_owned()),
                Err(e) => return Some(Err(format!("{epoch}: {e}: {line}"))),
            },
        }
    }
    Some(Ok(log))
}

/// The newest epoch's log leads to what its key signs, each earlier one to what its successor states; every
/// note is there.
async fn chain(promised: &Promised, r#box: &TheBox, lost: &BTreeSet<String>) -> Result<(), String> {
    let health = r#box.health().await.unwrap_or_default();
    let mut epoch: Epoch = health["epoch"].as_str().unwrap_or_default().parse().map_err(|_| "no epoch")?;
    let Some(log) = log_of(r#box, &epoch.to_string()).await else { return Ok(()) };
    let mut log = log?;
    signed(r#box, &health, epoch, &log).await?;
    let mut texts = BTreeSet::new();
    loop {
        texts.extend(log.texts.iter().cloned());
        let Some((before, prev)) = log.before() else { break };
        if before.n >= epoch.n {
            return Err(format!("{epoch} goes on from {before}"));
        }
        let Some(next) = log_of(r#box, &before.to_string()).await else { return Ok(()) };
        (epoch, log) = (before, next?);
        let root = prev.map(|prev| log.root(usize::try_from(prev.size).unwrap_or(usize::MAX)));
        if lost.is_empty() && root.is_some_and(|root| root != prev.map(|prev| prev.root)) {
            return Err(format!(
                "{} entries of {epoch} do not lead to what counts: {prev:?}",
                log.entries.len()
            ));
        }
    }
    // The API gives no texts of what counts by runs.
    if !lost.is_empty() {
        return Ok(());
    }
    // Receipts and proofs of what a copy brought were checked already.
    let own = promised.keys().filter(|key| !key.starts_with("copy-"));
    for key in own {
        let n = key.rsplit('-').next().unwrap_or_default();
        // Nobody writes a note under a photo.
        if !texts.contains(&format!("submission {n}")) && n != WITH_PHOTO.to_string() {
            return Err(format!("the note of {key} is gone"));
        }
    }
    Ok(())
}

async fn signed(r#box: &TheBox, health: &Value, epoch: Epoch, log: &EpochLog) -> Result<(), String> {
    let box_id = health["box"].as_str().unwrap_or_default().parse().map_err(|_| "no box id")?;
    let origin = LogOrigin { box_id, epoch };
    let (_, keys) = r#box.ask("/api/v1/key").await.unwrap_or_default();
    let keys: Vec<VerifierKey> = keys.lines().filter_map(|key| VerifierKey::parse(key).ok()).collect();
    let key = keys.iter().find(|key| key.name() == origin.to_string()).ok_or("the epoch has no key")?;
    let size = log.entries.len();
    let (_, note) = r#box.ask(&format!("/api/v1/checkpoint?size={size}")).await.unwrap_or_default();
    let signed = SignedCheckpoint::verify(&note, &origin, key).map_err(|e| format!("{e}: {note}"))?;
    match log.root(size) == Some(signed.checkpoint().root) {
        true => Ok(()),
        false => Err(format!("{size} entries of {epoch} do not lead to the root that its key signs")),
    }
}
