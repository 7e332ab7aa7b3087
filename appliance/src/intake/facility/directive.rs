//! The outcome of a directive of the relay, as logged.

use record::kinds::{DirectiveApplied, DirectiveRefused};
use record::tree::Hash;
use serde::Serialize;

use crate::intake::Drafts;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SettledDirective {
    pub number: u64,
    /// SHA-256 of its JSON line.
    pub hash: Hash,
    /// Why it was not carried out.
    pub refused: Option<String>,
}

pub(in crate::intake) fn settle_directive(settled: &SettledDirective, drafts: &mut Drafts<'_>) {
    let (number, hash) = (settled.number, settled.hash);
    match &settled.refused {
        None => drafts.push(DirectiveApplied { number, hash }, Vec::new()),
        Some(reason) => {
            drafts.push(DirectiveRefused { number, hash, reason: reason.clone() }, Vec::new());
        }
    }
}
