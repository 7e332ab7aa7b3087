//! The key of a log that the box began later, by what the keys of its earlier logs say of it.

use crate::kinds::LogStarted;
use crate::signed::checkpoint::LogOrigin;
use crate::signed::sign::VerifierKey;
use crate::values::ids::Epoch;

/// Logs from one whose key is known to the one asked for: a box vouches with its oldest key, so there are
/// few.
const STEPS_MAX: usize = 64;

/// The key of the log `expected`, if vouches lead to it from a known key: `known` returns those, `first` the
/// first entry of a log, of which nothing is trusted before it is checked.
///
/// # Errors
/// Those of `known` and `first`.
pub fn find_vouched_key<E>(
    expected: LogOrigin,
    mut known: impl FnMut(Epoch) -> Result<Option<VerifierKey>, E>,
    mut first: impl FnMut(Epoch) -> Result<Option<LogStarted>, E>,
) -> Result<Option<VerifierKey>, E> {
    let (mut origin, mut steps) = (expected, Vec::new());
    let mut key = loop {
        if let Some(key) = known(origin.epoch)? {
            break key;
        }
        if steps.len() == STEPS_MAX {
            return Ok(None);
        }
        let Some(LogStarted { key: Some(key), vouch: Some(vouch), .. }) = first(origin.epoch)? else {
            return Ok(None);
        };
        if vouch.by.n >= origin.epoch.n {
            return Ok(None);
        }
        steps.push((origin, key, vouch));
        origin.epoch = vouch.by;
    };
    while let Some((origin, public, vouch)) = steps.pop() {
        let next = origin.verifier(&public.0).ok().filter(|_| vouch.holds(&key, &origin, &public));
        let Some(next) = next else { return Ok(None) };
        key = next;
    }
    Ok(Some(key))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::signed::sign::SignerKey;
    use crate::signed::vouch::{Base64Bytes, Vouch};
    use crate::values::ids::BoxId;

    fn box_id() -> BoxId {
        "01KAFNHYM0040G2081040G2081".parse().unwrap()
    }

    fn log(n: u32, secret: u8) -> (LogOrigin, SignerKey) {
        let public = SignerKey::new("key", crate::signed::sign::KeyKind::Note, &[secret; 32])
            .unwrap()
            .verifier()
            .public();
        let origin = LogOrigin::new(box_id(), n, &public);
        (origin, origin.signer(&[secret; 32]).unwrap())
    }

    fn started(log: &(LogOrigin, SignerKey), by: Option<&(LogOrigin, SignerKey)>) -> LogStarted {
        let key = Base64Bytes(log.1.verifier().public());
        let vouch = by.map(|(by, signer)| Vouch::make(by.epoch, signer, &log.0, &key));
        let body =
            serde_json::json!({"box": box_id().to_string(), "version": "1", "key": key, "vouch": vouch});
        serde_json::from_value(body).unwrap()
    }

    type Firsts = BTreeMap<Epoch, LogStarted>;

    fn find(expected: &LogOrigin, known: &[&(LogOrigin, SignerKey)], firsts: &Firsts) -> Option<VerifierKey> {
        let known = |epoch: Epoch| {
            let found = known.iter().find(|(origin, _)| origin.epoch == epoch);
            Ok(found.map(|(_, signer)| signer.verifier().clone()))
        };
        let Ok(found) = find_vouched_key(*expected, known, |epoch: Epoch| {
            Ok::<_, std::convert::Infallible>(firsts.get(&epoch).cloned())
        });
        found
    }

    #[test]
    fn vouches_lead_from_a_known_key_to_a_later_one() {
        let logs = [log(1, 1), log(2, 2), log(3, 3)];
        let firsts: Firsts = [
            (logs[1].0.epoch, started(&logs[1], Some(&logs[0]))),
            (logs[2].0.epoch, started(&logs[2], Some(&logs[1]))),
        ]
        .into();
        assert_eq!(find(&logs[2].0, &[&logs[0]], &firsts).as_ref(), Some(logs[2].1.verifier()));
        assert_eq!(find(&logs[2].0, &[&logs[2]], &Firsts::new()).as_ref(), Some(logs[2].1.verifier()));
        assert_eq!(find(&logs[2].0, &[], &firsts), None, "nothing is known to begin with");
        let mut cut = firsts.clone();
        cut.remove(&logs[1].0.epoch);
        assert_eq!(find(&logs[2].0, &[&logs[0]], &cut), None, "one between does not say");
    }

    #[test]
    fn a_key_that_nobody_vouches_for_is_not_found() {
        let (own, forged, other) = (log(1, 1), log(2, 66), log(1, 67));
        let alone: Firsts = [(forged.0.epoch, started(&forged, None))].into();
        assert_eq!(find(&forged.0, &[&own], &alone), None);
        // Vouched for by a key under the own log's name that is not the own log's.
        let mut says = started(&forged, Some(&other));
        says.vouch.as_mut().unwrap().by = own.0.epoch;
        assert_eq!(find(&forged.0, &[&own], &[(forged.0.epoch, says)].into()), None);
        // A vouch for one log does not hold for another, nor for another key.
        let real = log(2, 2);
        let mut taken = started(&forged, None);
        taken.vouch = started(&real, Some(&own)).vouch;
        assert_eq!(find(&forged.0, &[&own], &[(forged.0.epoch, taken)].into()), None);
        let mut named = started(&real, Some(&own));
        named.key = Some(Base64Bytes(forged.1.verifier().public()));
        assert_eq!(find(&real.0, &[&own], &[(real.0.epoch, named)].into()), None);
    }

    #[test]
    fn circles_and_endless_chains_end() {
        let (one, two) = (log(2, 1), log(2, 2));
        let firsts: Firsts =
            [(one.0.epoch, started(&one, Some(&two))), (two.0.epoch, started(&two, Some(&one)))].into();
        assert_eq!(find(&one.0, &[], &firsts), None);
        let mut requested = 0;
        let expected = log(1_000, 1).0;
        let found = find_vouched_key(
            expected,
            |_| Ok(None),
            |epoch| {
                requested += 1;
                let below = log(epoch.n - 1, 2);
                Ok::<_, std::convert::Infallible>(Some(started(&log(epoch.n, 2), Some(&below))))
            },
        );
        assert_eq!(found, Ok(None));
        assert_eq!(requested, STEPS_MAX);
    }

    proptest! {
        #[test]
        fn bytes_read_back(bytes: [u8; 32]) {
            let text = serde_json::to_string(&Base64Bytes(bytes)).unwrap();
            prop_assert_eq!(serde_json::from_str::<Base64Bytes<32>>(&text).unwrap(), Base64Bytes(bytes));
            prop_assert!(serde_json::from_str::<Base64Bytes<31>>(&text).is_err());
        }
    }
}
