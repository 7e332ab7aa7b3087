//! The relay's directives to the box: each is signed and numbered, decided once, and its outcome is an entry of the log.

use std::sync::Arc;

use record::claim::ClaimAnswer;
use record::directive::Directive;
use record::entry::{ClockState, CommandSource, EntryAuthor};
use record::sign::VerifierKey;
use serde::Deserialize;
use service::clock::Now;
use service::random::RandomSource;

use super::authorities::split_authorities;
use super::claim::{ClaimError, parse_verifiers};
use super::directive_state::DirectiveState;
use crate::command::{CommandError, execute_command};
use crate::intake::{Command, CommandRefusal, CommandRequest, SettledDirective};
use crate::store::Store;
use crate::uplink::UplinkShared;

const KEYS_MAX: usize = 64;
const AUTHORITIES_MAX: usize = 8;

/// Keys that the box is to trust from now on, beside those that it knows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub(in crate::uplink) struct KeyArgs {
    #[serde(default)]
    cosign: Vec<String>,
    #[serde(default)]
    directive: Vec<String>,
    /// PEM.
    relay_ca: Option<String>,
    /// Ids of keys that it is to trust no more.
    #[serde(default)]
    drop: Vec<String>,
}

/// The members of the JSON line that the box uses; others are ignored.
#[derive(Debug, Deserialize)]
struct DirectiveLine {
    r#do: String,
    not_after: Option<i64>,
    #[serde(default)]
    args: serde_json::Value,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::uplink) enum DirectiveDecision {
    Known,
    Contrary,
    Gap,
    Nothing,
    Keep(KeyArgs),
    /// Refused: a code, a space, words.
    Refused(String),
}

pub(in crate::uplink) fn decide_directive(
    state: &DirectiveState,
    directive: &Directive,
    now: &Now,
) -> DirectiveDecision {
    let last = state.last().unwrap_or(0);
    if directive.number <= last {
        let decided = state.outcomes.iter().find(|outcome| outcome.number == directive.number);
        let is_other = decided.is_some_and(|outcome| outcome.hash != directive.hash());
        return if is_other { DirectiveDecision::Contrary } else { DirectiveDecision::Known };
    }
    if directive.number > last + 1 {
        return DirectiveDecision::Gap;
    }
    let Ok(line) = serde_json::from_str::<DirectiveLine>(&directive.json) else {
        return DirectiveDecision::Refused("bad-args `do` or `not_after` cannot be read".to_owned());
    };
    let is_over = line.not_after.is_some_and(|until_ms| now.wall_ms > until_ms);
    if is_over && now.state == ClockState::Synced {
        return DirectiveDecision::Refused("expired it came after its time".to_owned());
    }
    match line.r#do.as_str() {
        "nothing" => DirectiveDecision::Nothing,
        "keys" => match serde_json::from_value::<KeyArgs>(line.args) {
            Ok(args) => DirectiveDecision::Keep(args),
            Err(error) => DirectiveDecision::Refused(format!("bad-args args: {error}")),
        },
        _ => DirectiveDecision::Refused("unknown-verb this version of the box does not know it".to_owned()),
    }
}

/// What the box trusts once it stores these keys. A key is dropped only while another of its kind is left, so that the
/// relay is not lost by a mistake; earlier ones stay, since receipts that they cosigned are to be verified for ever.
pub(in crate::uplink) fn merge_keys(relation: &ClaimAnswer, args: &KeyArgs) -> Result<ClaimAnswer, String> {
    let cosign_keys = merge_kind("cosign", &args.cosign, &relation.cosign_keys, &args.drop)?;
    let directive_keys = merge_kind("directive", &args.directive, &relation.directive_keys, &args.drop)?;
    let relay_ca = match &args.relay_ca {
        Some(pem) => merge_authorities(pem, &relation.relay_ca)?,
        None => relation.relay_ca.clone(),
    };
    Ok(ClaimAnswer { cosign_keys, directive_keys, relay_ca, ..relation.clone() })
}

fn merge_kind(
    field: &str,
    brought: &[String],
    known: &[String],
    drop: &[String],
) -> Result<Vec<String>, String> {
    let mut keys = parse_verifiers(brought).map_err(|error| format!("bad-args {field}: {error}"))?;
    for key in parse_verifiers(known).map_err(|error| format!("bad-args {field}: {error}"))? {
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    if keys.len() > KEYS_MAX {
        return Err(format!("bad-args {field}: more than {KEYS_MAX} keys"));
    }
    let left = keys.iter().filter(|key| !drop.contains(&format!("{:08x}", key.id())));
    let left: Vec<VerifierKey> = left.cloned().collect();
    let merged = if left.is_empty() { keys } else { left };
    Ok(merged.iter().map(ToString::to_string).collect())
}

fn merge_authorities(brought: &str, known: &str) -> Result<String, String> {
    let mut all = split_authorities(brought);
    for pem in split_authorities(known) {
        if !all.contains(&pem) {
            all.push(pem);
        }
    }
    if all.len() > AUTHORITIES_MAX {
        return Err(format!("bad-args relay_ca: more than {AUTHORITIES_MAX} certificates"));
    }
    Ok(all.iter().map(|pem| format!("{pem}\n")).collect())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::uplink) enum DirectiveEffect {
    Settled,
    /// The box trusts other keys: a new connection uses them.
    KeysChanged,
}

impl UplinkShared {
    /// What the box has decided; a file that cannot be read counts as none: the relay sends all again, and the log knows them.
    pub(in crate::uplink) fn directive_state(&self) -> DirectiveState {
        self.parts.files.directives().unwrap_or_else(|error| {
            tracing::warn!(%error, "what the box decided of the relay’s wishes cannot be read");
            DirectiveState::default()
        })
    }
}

/// Takes what came on `down/directive`. What is not signed by a known key, or not for this box, is ignored: it could be anybody's.
pub(in crate::uplink) async fn take_directive(shared: &Arc<UplinkShared>, payload: &[u8]) -> DirectiveEffect {
    let Some(directive) = verify_directive(shared, payload) else { return DirectiveEffect::Settled };
    let (mut state, now) = (shared.directive_state(), shared.parts.clock.now());
    let number = directive.number;
    let decision = decide_directive(&state, &directive, &now);
    let (effect, refused) = match decision {
        DirectiveDecision::Known => return DirectiveEffect::Settled,
        DirectiveDecision::Contrary => {
            tracing::error!(number, "the relay sent two wishes under one number; the first one stands");
            return DirectiveEffect::Settled;
        }
        DirectiveDecision::Gap => {
            tracing::info!(
                number,
                last = state.last(),
                "a wish of the relay is missing; it sends from there"
            );
            return DirectiveEffect::Settled;
        }
        DirectiveDecision::Nothing => (DirectiveEffect::Settled, None),
        DirectiveDecision::Refused(reason) => (DirectiveEffect::Settled, Some(reason)),
        DirectiveDecision::Keep(args) => match keep_keys(shared, &args) {
            Ok(SavedKeys::Changed) => (DirectiveEffect::KeysChanged, None),
            Ok(SavedKeys::Unchanged) => (DirectiveEffect::Settled, None),
            Ok(SavedKeys::Refused(reason)) => (DirectiveEffect::Settled, Some(reason)),
            Err(error) => {
                tracing::error!(%error, number, "the relay’s keys were not kept; it sends them again");
                return DirectiveEffect::Settled;
            }
        },
    };
    let settled = SettledDirective { number, hash: directive.hash(), refused };
    let (store, random) = (&shared.parts.store, Arc::clone(&shared.parts.random));
    match record_outcome(store, random, settled).await {
        Ok(()) => {
            state.push(number, directive.hash());
            if let Err(error) = shared.parts.files.save_directives(&state) {
                tracing::warn!(%error, number, "that a wish was decided is in the log only; it is sent again");
            }
            effect
        }
        Err(error) => {
            tracing::warn!(%error, number, "the outcome of a wish was not recorded; it is decided again");
            DirectiveEffect::Settled
        }
    }
}

fn verify_directive(shared: &UplinkShared, payload: &[u8]) -> Option<Directive> {
    let parts = &shared.parts;
    let keys = parts.files.relation().ok().flatten().map(|relation| relation.directive_keys);
    let keys = parse_verifiers(&keys.unwrap_or_default()).unwrap_or_default();
    let note = std::str::from_utf8(payload).ok();
    let verified = note.map(|note| Directive::verify(note, &keys));
    match verified {
        Some(Ok(directive)) if directive.box_id == parts.store.origin().box_id => Some(directive),
        Some(Ok(directive)) => {
            tracing::warn!(to = %directive.box_id, "a wish of the relay for another box was passed over");
            None
        }
        Some(Err(error)) => {
            tracing::warn!(%error, "a wish that no known relay signed was passed over");
            None
        }
        None => {
            tracing::warn!("a wish that is no text was passed over");
            None
        }
    }
}

enum SavedKeys {
    Unchanged,
    Changed,
    /// They cannot be trusted, in words for the log.
    Refused(String),
}

/// Stores keys before the log says so: after an interruption in between it does both again.
fn keep_keys(shared: &UplinkShared, args: &KeyArgs) -> Result<SavedKeys, ClaimError> {
    let files = &shared.parts.files;
    let Some(relation) = files.relation()? else {
        return Ok(SavedKeys::Refused("not-allowed the box belongs to no relay".to_owned()));
    };
    match merge_keys(&relation, args) {
        Err(reason) => Ok(SavedKeys::Refused(reason)),
        Ok(merged) if merged == relation => Ok(SavedKeys::Unchanged),
        Ok(merged) => match files.save_relation(&merged, &shared.parts.clock) {
            Err(ClaimError::Tls(error)) => Ok(SavedKeys::Refused(format!("bad-args relay_ca: {error}"))),
            saved => saved.map(|()| SavedKeys::Changed),
        },
    }
}

/// Writes the outcome into the log, once: a number that the log knows already is found by its key.
async fn record_outcome(
    store: &Store,
    random: Arc<dyn RandomSource>,
    settled: SettledDirective,
) -> Result<(), CommandError> {
    let request = CommandRequest {
        by: EntryAuthor { staff: None, via: CommandSource::Relay, device: None },
        key: Some(format!("directive {}", settled.number)),
        sent: Some(settled.hash.to_string()),
        command: Command::SettleDirective(settled),
    };
    match execute_command(store, random, request).await {
        Ok(_) => Ok(()),
        Err(CommandError::Refused(CommandRefusal::KeyReused)) => {
            tracing::error!(
                "the log knows another wish of the relay under this number; the first one stands"
            );
            Ok(())
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use record::claim::ClaimedFacility;
    use record::ids::{AccountId, BootId, BoxId, FacilityId};
    use record::kinds::Event;
    use record::sign::{KeyKind, SignerKey};
    use record::tree::Hash;
    use service::clock::FakeClock;
    use service::random::SystemRandom;

    use super::super::directive_state::OUTCOMES_MAX;
    use super::*;
    use crate::store::configure_test_store;

    const NOW_MS: i64 = 1_763_610_000_000;

    fn now(state: ClockState) -> Now {
        Now { wall_ms: NOW_MS, boot: BootId::new(1, [1; 10]), up_ms: 1, state }
    }

    fn directive(number: u64, json: &str) -> Directive {
        Directive { box_id: BoxId::new(1, [1; 10]), number, json: json.to_owned() }
    }

    fn state_after(decided: &[&Directive]) -> DirectiveState {
        let mut state = DirectiveState::default();
        for directive in decided {
            state.push(directive.number, directive.hash());
        }
        state
    }

    fn key(name: &str, secret: u8) -> String {
        let kind = if name.contains("cosign") { KeyKind::Cosignature } else { KeyKind::Note };
        SignerKey::new(&format!("relay.example/{name}"), kind, &[secret; 32]).unwrap().verifier().to_string()
    }

    fn relation() -> ClaimAnswer {
        ClaimAnswer {
            chain: String::new(),
            account: AccountId::new(1, [1; 10]),
            facility: ClaimedFacility {
                id: FacilityId::new(1, [1; 10]),
                name: "A".into(),
                zone: "UTC".into(),
            },
            relay_url: "https://relay.example".into(),
            mqtt_url: "mqtts://relay.example".into(),
            photos_url: "https://relay.example".into(),
            cosign_keys: vec![key("cosign/1", 1)],
            directive_keys: vec![key("directive/1", 2)],
            relay_ca: "-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n".into(),
            expires_s: 0,
            replaces: None,
        }
    }

    #[test]
    fn numbers_are_taken_in_their_order_and_once() {
        let nothing = r#"{"do":"nothing","id":"a"}"#;
        let (first, second, third) = (directive(1, nothing), directive(2, nothing), directive(3, nothing));
        let at = now(ClockState::Synced);
        let state = state_after(&[]);
        assert_eq!(decide_directive(&state, &first, &at), DirectiveDecision::Nothing);
        assert_eq!(decide_directive(&state, &second, &at), DirectiveDecision::Gap);
        let state = state_after(&[&first, &second]);
        assert_eq!(
            (state.last(), decide_directive(&state, &first, &at)),
            (Some(2), DirectiveDecision::Known)
        );
        let other = directive(2, r#"{"do":"nothing","id":"b"}"#);
        assert_eq!(decide_directive(&state, &other, &at), DirectiveDecision::Contrary);
        assert_eq!(decide_directive(&state, &third, &at), DirectiveDecision::Nothing);
        let many: Vec<Directive> = (1..=300).map(|number| directive(number, nothing)).collect();
        let state = state_after(&many.iter().collect::<Vec<_>>());
        assert_eq!((state.outcomes.len(), state.last()), (OUTCOMES_MAX, Some(300)));
        assert_eq!(
            decide_directive(&state, &directive(1, "{}"), &at),
            DirectiveDecision::Known,
            "too long ago to tell"
        );
    }

    #[test]
    fn what_is_not_understood_or_too_late_is_refused_in_words() {
        let refusal =
            |json: &str, clock| match decide_directive(&state_after(&[]), &directive(1, json), &now(clock)) {
                DirectiveDecision::Refused(reason) => reason.split(' ').next().unwrap().to_owned(),
                other => format!("{other:?}"),
            };
        let synced = ClockState::Synced;
        for verb in ["cleaning.recorded", "update", "wipe", "KEYS"] {
            assert_eq!(refusal(&format!(r#"{{"do":"{verb}","args":{{}}}}"#), synced), "unknown-verb");
        }
        assert_eq!(refusal(r#"{"id":"a"}"#, synced), "bad-args");
        assert_eq!(refusal(r#"{"do":"keys","args":{"cosign":"a"}}"#, synced), "bad-args");
        let late = format!(r#"{{"do":"nothing","not_after":{}}}"#, NOW_MS - 1);
        assert_eq!(refusal(&late, synced), "expired");
        assert_eq!(refusal(&late, ClockState::Uncertain), "Nothing", "no clock to judge it by");
    }

    #[tokio::test]
    async fn an_outcome_is_written_once() {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(FakeClock::new(now(ClockState::Synced)));
        let random: Arc<dyn RandomSource> = Arc::new(SystemRandom);
        let (store, _) =
            Store::open(configure_test_store(dir.path()), clock, Arc::new(SystemRandom)).unwrap();
        let size = store.size();
        let settled = |number: u64, fill: u8, refused: Option<&str>| SettledDirective {
            number,
            hash: Hash([fill; 32]),
            refused: refused.map(str::to_owned),
        };
        // Cut off behind the log's flush, it is decided again; another directive under the number changes nothing.
        for fill in [1, 1, 2] {
            record_outcome(&store, Arc::clone(&random), settled(1, fill, None)).await.unwrap();
        }
        record_outcome(&store, random, settled(2, 3, Some("unknown-verb x"))).await.unwrap();
        assert_eq!(store.size(), size + 2);
        let reader = store.reader().unwrap();
        let entry = |seq: u64| reader.entry(seq).unwrap().unwrap();
        let Event::DirectiveApplied(applied) = entry(size).event() else { panic!() };
        assert_eq!((applied.number, applied.hash), (1, Hash([1; 32])));
        assert_eq!(entry(size).head().by.via, CommandSource::Relay);
        let Event::DirectiveRefused(refused) = entry(size + 1).event() else { panic!() };
        assert_eq!((refused.number, refused.reason.as_str()), (2, "unknown-verb x"));
        drop(reader);
        store.stop().await.unwrap();
    }

    #[test]
    fn keys_come_beside_those_that_are_there() {
        let args = |json: &str| serde_json::from_str::<KeyArgs>(json).unwrap();
        let (old, new) = (key("cosign/1", 1), key("cosign/2", 3));
        let merged = merge_keys(&relation(), &args(&format!(r#"{{"cosign":["{new}","{old}"]}}"#))).unwrap();
        assert_eq!(merged.cosign_keys, [new.clone(), old.clone()]);
        assert_eq!(merged.directive_keys, relation().directive_keys);
        let id = format!("{:08x}", VerifierKey::parse(&old).unwrap().id());
        let dropped = merge_keys(&merged, &args(&format!(r#"{{"drop":["{id}"]}}"#))).unwrap();
        assert_eq!(dropped.cosign_keys, std::slice::from_ref(&new));
        let only = merge_keys(&relation(), &args(&format!(r#"{{"drop":["{id}"]}}"#))).unwrap();
        assert_eq!(only.cosign_keys, [old], "the last one of its kind stays");
        let pem = "-----BEGIN CERTIFICATE-----\\nBB\\n-----END CERTIFICATE-----\\n";
        let both = merge_keys(&relation(), &args(&format!(r#"{{"relay_ca":"{pem}"}}"#))).unwrap();
        assert_eq!(both.relay_ca.matches("BEGIN").count(), 2);
        assert_eq!(merge_keys(&both, &args(&format!(r#"{{"relay_ca":"{pem}"}}"#))).unwrap(), both);
        assert!(
            merge_keys(&relation(), &args(r#"{"cosign":["rubbish"]}"#))
                .unwrap_err()
                .starts_with("bad-args cosign")
        );
    }
}
