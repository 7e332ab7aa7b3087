//! Rules that keep billing away from recording: a scan has no path to it.

use crate::Fault;
use crate::sources::{File, Sources};

/// What boxes speak to, and the statements that it runs.
const RECORDING: [&str; 10] = [
    "relay/src/box_api/",
    "relay/src/db/facility/",
    "relay/src/db/fleet/",
    "relay/src/db/log/",
    "relay/src/db/projection/",
    "relay/src/fleet/",
    "relay/src/ingest/",
    "relay/src/mqtt/",
    "relay/src/objects/",
    "relay/src/projections/",
];
/// The module, and its tables.
const WORDS: [&str; 7] =
    ["billing", "invoices", "revenue_months", "stripe_events", "usage_closed", "usage_days", "usage_sent"];
/// Crates that the box has none of, and the demo neither.
const CRATES: [&str; 2] = ["async-stripe", "cleantrack-billing"];

pub fn check(sources: &Sources) -> Vec<Fault> {
    let files = sources.rust().filter(|file| RECORDING.iter().any(|folder| file.path.starts_with(folder)));
    files.flat_map(|file| named_words(file).map(|word| Fault::new(file.path.clone(), word))).collect()
}

fn named_words(file: &File) -> impl Iterator<Item = String> {
    let words: Vec<&str> = file.text.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let named = WORDS.into_iter().filter(move |word| words.contains(word));
    named.map(|word| format!("names `{word}`: what an account owes never stops recording"))
}

/// `tree`: a line for each crate that something is built of.
pub fn crates(of: &str, tree: &str) -> Vec<Fault> {
    let named = tree.lines().filter(|line| CRATES.iter().any(|name| line.starts_with(name)));
    named.map(|line| Fault::new(of, format!("is built of {line}: only the relay takes money"))).collect()
}

#[test]
fn a_path_from_a_scan_to_billing_is_found() {
    for (path, text, faults) in [
        ("relay/src/ingest/mod.rs", "use crate::billing::state::BillingState;", 1),
        ("relay/src/db/log/entries.rs", "const A: &str = \"SELECT 1 FROM usage_days JOIN invoices\";", 2),
        ("relay/src/fleet/claim.rs", "fn rebilling() {}", 0),
        ("relay/src/web/mod.rs", "use crate::billing::BillingLine;", 0),
    ] {
        let sources = Sources::planted(vec![File::planted(path, text)]);
        assert_eq!(check(&sources).len(), faults, "{path}");
    }
    assert_eq!(crates("the box", "serde v1\nasync-stripe-shared v1.0.0-rc.10 (*)\n").len(), 1);
}
