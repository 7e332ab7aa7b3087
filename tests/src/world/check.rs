//! What was promised against what is there: at the box, at the relay, and between the two.

use std::collections::{BTreeMap, BTreeSet};

use record::entry::{Digest16, Entry};
use serde_json::Value;

use super::ledger::{Ledger, Receipt};
use super::{TheBox, TheRelay};

/// Every receipt opens and proves, whatever log it is in by now, and no two are the same.
pub async fn receipts(r#box: &TheBox, ledger: &Ledger) {
    let (mut provided, all) = (BTreeSet::new(), ledger.all());
    assert!(!all.is_empty(), "nothing was acknowledged, so nothing is checked");
    for (key, receipt) in all {
        let address = receipt.address();
        for path in [address.clone(), format!("{address}/proof")] {
            assert_eq!(r#box.leads_to(&path).await.1, 200, "{key}: {path}");
        }
        assert!(provided.insert(address), "{key} has the receipt of another");
    }
}

const PAGE: usize = 1_000;
const ENTRIES_MAX: usize = 200_000;

/// Every acknowledged submission is in the box's log exactly once, at its place, with the hash that was
/// acknowledged, and no submission at all is there twice. Returns the log's lines.
pub async fn at_box(r#box: &TheBox, ledger: &Ledger) -> Vec<String> {
    let log = r#box.get("/api/v1/log").await;
    let lines: Vec<String> = log.lines().map(str::to_owned).collect();
    let mut by_key: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let mut leaves = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let entry = Entry::parse(line.as_bytes()).unwrap_or_else(|e| panic!("entry {at}: {e}: {line}"));
        assert_eq!(entry.seq(), at as u64, "a gap in the box's log");
        if let Some(idem) = entry.head().idem {
            by_key.entry(idem.key.to_string()).or_default().push(entry.seq());
        }
        leaves.push(Receipt::symbols(&entry.leaf()));
    }
    for (key, places) in &by_key {
        assert_eq!(places.len(), 1, "the submission {key} is there more than once: {places:?}");
    }
    let promised = ledger.all();
    assert!(!promised.is_empty(), "nothing was acknowledged, so nothing is checked");
    for (key, receipt) in &promised {
        let places = by_key.get(&Digest16::of(key.as_bytes()).to_string());
        assert_eq!(places, Some(&vec![receipt.seq]), "{key} was acknowledged as {receipt:?}");
        assert_eq!(
            leaves[receipt.seq as usize], receipt.check,
            "{key} is another entry than was acknowledged"
        );
        assert_eq!(receipt.epoch_n, 1, "the box began a new epoch: {key}");
    }
    let note = r#box.get("/api/v1/checkpoint").await;
    let size = note.lines().nth(1).and_then(|size| size.parse::<usize>().ok());
    assert!(size.is_some_and(|size| size >= lines.len()), "{note}");
    lines
}

/// The relay holds the same entries as the box, shows every cleaning once, and verifies its own database.
pub async fn at_relay(relay: &TheRelay, r#box: &TheBox, ledger: &Ledger) {
    let lines = at_box(r#box, ledger).await;
    let mut held = Vec::new();
    while held.len() < ENTRIES_MAX {
        let page = relay.get(&format!("/api/v1/log?from={}&limit={PAGE}", held.len())).await;
        let before = held.len();
        held.extend(page.lines().map(str::to_owned));
        if held.len() == before {
            break;
        }
    }
    assert_eq!(held.len(), lines.len(), "entries at the relay and at the box");
    if let Some(at) = held.iter().zip(&lines).position(|(held, own)| held != own) {
        panic!("entry {at} differs:\nrelay {}\nbox   {}", held[at], lines[at]);
    }
    let reported = cleanings(relay).await;
    let of_box: Vec<u64> = (0..)
        .zip(&lines)
        .filter(|(_, l)| l.contains("\"kind\":\"cleaning.recorded\""))
        .map(|(seq, _)| seq)
        .collect();
    assert_eq!(reported, of_box, "cleanings that the relay's API tells, against those in the log");
    relay.order(&["verify"]).await;
}

/// The numbers of all cleanings that the relay's API returns, sorted; duplicates included.
async fn cleanings(relay: &TheRelay) -> Vec<u64> {
    let (mut reported, mut cursor) = (Vec::new(), String::new());
    while reported.len() < ENTRIES_MAX {
        let page = relay.get(&format!("/api/v1/cleanings?limit={PAGE}{cursor}")).await;
        let page: Value = serde_json::from_str(&page).unwrap_or_else(|e| panic!("cleanings: {e}: {page}"));
        let items = page["items"].as_array().unwrap_or_else(|| panic!("no items in {page}"));
        reported.extend(items.iter().filter_map(|item| item["seq"].as_u64()));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    reported.sort_unstable();
    reported
}
