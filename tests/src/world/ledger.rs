//! What the box promised: each acknowledged submission with its receipt.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use record::tree::Hash;
use tokio::sync::watch;

use super::TIME_LIMIT;

/// Crockford's alphabet, as receipts use it.
const SYMBOLS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A receipt's address: `<epoch's number>-<seq>-<ten symbols of the leaf's hash>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Receipt {
    pub epoch_n: u32,
    pub seq: u64,
    /// The first 50 bits of its hash.
    pub check: String,
}

impl Receipt {
    pub fn read(address: &str) -> Option<Self> {
        let mut parts = address.strip_prefix("/r/")?.split('-');
        let (n, seq, check) = (parts.next()?, parts.next()?, parts.next()?);
        let whole = check.len() == 10 && parts.next().is_none();
        whole.then_some(Self { epoch_n: n.parse().ok()?, seq: seq.parse().ok()?, check: check.to_owned() })
    }

    pub fn address(&self) -> String {
        format!("/r/{}-{}-{}", self.epoch_n, self.seq, self.check)
    }

    pub fn symbols(leaf: &Hash) -> String {
        let bits = leaf.0[..7].iter().fold(0u64, |bits, &b| (bits << 8) | u64::from(b)) >> 6;
        (0..10).map(|i| char::from(SYMBOLS[((bits >> (45 - 5 * i)) & 31) as usize])).collect()
    }
}

#[derive(Default)]
struct Promised {
    receipts: Mutex<BTreeMap<String, Receipt>>,
    count: watch::Sender<usize>,
}

#[derive(Clone, Default)]
pub struct Ledger(Arc<Promised>);

impl Ledger {
    pub fn note(&self, key: &str, receipt: &Receipt) {
        let mut receipts = self.0.receipts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = receipts.get(key) {
            assert_eq!(before, receipt, "{key} was acknowledged twice, differently");
            return;
        }
        receipts.insert(key.to_owned(), receipt.clone());
        self.0.count.send_replace(receipts.len());
    }

    pub fn count(&self) -> usize {
        *self.0.count.borrow()
    }

    pub async fn reaches(&self, count: usize) {
        let mut counted = self.0.count.subscribe();
        let reached = tokio::time::timeout(TIME_LIMIT, counted.wait_for(|n| *n >= count)).await;
        assert!(reached.is_ok(), "{} of {count} acknowledgements within {TIME_LIMIT:?}", self.count());
    }

    pub fn all(&self) -> BTreeMap<String, Receipt> {
        self.0.receipts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_addresses_of_receipts() {
        let read = Receipt::read("/r/1-42-0123456789").unwrap();
        assert_eq!((read.epoch_n, read.seq, &read.check[..]), (1, 42, "0123456789"));
        for wrong in
            ["/r/1-42", "/r/1-42-0123456789-1", "/r/1-42-01234", "/t/1-42-0123456789", "/r/x-42-0123456789"]
        {
            assert_eq!(Receipt::read(wrong), None, "{wrong}");
        }
        assert_eq!(Receipt::symbols(&Hash([0; 32])), "0000000000");
        assert_eq!(Receipt::symbols(&Hash([0xff; 32])), "ZZZZZZZZZZ");
    }
}
