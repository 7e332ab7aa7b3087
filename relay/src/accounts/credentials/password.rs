//! Passwords by argon2id: hashed and checked off the async threads, a few at a time, in the same time for unknown people.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use argon2::password_hash::PasswordHasher as _;
use argon2::password_hash::phc::{Output, PasswordHash};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use service::attempts::OriginKind;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::django_hash::DjangoHash;

pub const CHARS_MIN: usize = 12;
/// Bytes of a password that are looked at: a longer one is refused before any work is done for it.
pub const BYTES_MAX: usize = 256;
/// Each check takes 19 MiB for some 20 ms: this many at once for devices that are known, and as many for strangers.
const AT_ONCE: usize = 2;
const KNOWN_TURN: Duration = Duration::from_secs(10);
const STRANGER_TURN: Duration = Duration::from_secs(2);

/// Why a password was not hashed or looked at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    #[error("the password has fewer than {CHARS_MIN} characters")]
    TooShort,
    #[error("the password has more than {BYTES_MAX} bytes")]
    TooLong,
    /// Too many people sign in at this moment.
    #[error("too many passwords wait to be checked")]
    Busy,
    #[error("hash the password: {0}")]
    Hash(String),
}

/// Hashes a new password as a PHC string with a salt of its own; blocks for some 20 ms.
pub fn create_hash(password: &str) -> Result<String, PasswordError> {
    if password.chars().count() < CHARS_MIN {
        return Err(PasswordError::TooShort);
    }
    if password.len() > BYTES_MAX {
        return Err(PasswordError::TooLong);
    }
    hash_password(password)
}

fn hash_password(password: &str) -> Result<String, PasswordError> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|e| PasswordError::Hash(e.to_string()))
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasswordMatch {
    Differs,
    Fits,
    /// It is theirs, by a hash of the old web app; the one of argon2id that is to take its place.
    FitsOld(String),
}

impl PasswordMatch {
    pub fn is_theirs(&self) -> bool {
        *self != Self::Differs
    }
}

fn match_old(password: &str, old: &DjangoHash<'_>) -> PasswordMatch {
    if password.len() > BYTES_MAX || !old.fits(password) {
        return PasswordMatch::Differs;
    }
    hash_password(password).map_or(PasswordMatch::Fits, PasswordMatch::FitsOld)
}

/// Whether a password fits a PHC string, in memory that was used before or is none yet; blocks for some 20 ms.
fn verify_password(password: &str, phc: &str, blocks: &mut Vec<Block>) -> bool {
    let Ok(stored) = PasswordHash::new(phc) else { return false };
    password.len() <= BYTES_MAX
        && hash_again(password, &stored, blocks).is_some_and(|output| Some(output) == stored.hash)
}

fn hash_again(password: &str, stored: &PasswordHash, blocks: &mut Vec<Block>) -> Option<Output> {
    let params = Params::try_from(stored).ok()?;
    let algorithm = Algorithm::try_from(stored.algorithm.as_str()).ok()?;
    let version = Version::try_from(stored.version?).ok()?;
    blocks.resize(params.block_count(), Block::new());
    let mut out = [0; Output::MAX_LENGTH];
    let out = out.get_mut(..params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN))?;
    let argon2 = Argon2::new(algorithm, version, params);
    let salt: &[u8] = stored.salt.as_ref()?;
    argon2.hash_password_into_with_memory(password.as_bytes(), salt, out, blocks.as_mut_slice()).ok()?;
    Output::new(out).ok()
}

/// The hash that an unknown person's password is checked against, so that the answer takes as long.
static NOBODY: LazyLock<String> =
    LazyLock::new(|| create_hash("nobody has this password").unwrap_or_default());

type Memory = Arc<Mutex<Vec<Vec<Block>>>>;

#[derive(Debug, Clone)]
pub struct PasswordChecker {
    known: Arc<Semaphore>,
    strangers: Arc<Semaphore>,
    /// What the checks that are not running now have used: at most one for each place. Blocks that each thread allocated for
    /// itself would stay with the allocator's arena of that thread for good.
    memory: Memory,
    slowest: SlowestLook,
    /// Whether somebody has looked for a hash of the old web app.
    is_learned: Arc<AtomicBool>,
}

/// How long the longest look at a hash of the old web app took in this process, milliseconds. Every wrong answer takes as long from
/// then on: they are slower, and nobody shall see by it whose address is known here.
type SlowestLook = Arc<AtomicU64>;

/// A look at a hash of the old web app, for how long it takes. Dropped before it is over, the next one who comes has it before them.
#[derive(Debug)]
pub(in crate::accounts) struct SlowestLesson {
    is_learned: Arc<AtomicBool>,
}

impl SlowestLesson {
    pub(in crate::accounts) fn end(mut self) {
        // What is dropped then takes nothing back.
        self.is_learned = Arc::default();
    }
}

impl Drop for SlowestLesson {
    fn drop(&mut self) {
        self.is_learned.store(false, Ordering::Relaxed);
    }
}

/// The place of one check; free again when it is dropped.
#[derive(Debug)]
pub struct CheckTurn {
    place: OwnedSemaphorePermit,
    memory: Memory,
    slowest: SlowestLook,
}

impl Default for PasswordChecker {
    fn default() -> Self {
        Self {
            known: Arc::new(Semaphore::new(AT_ONCE)),
            strangers: Arc::new(Semaphore::new(AT_ONCE)),
            memory: Memory::default(),
            slowest: SlowestLook::default(),
            is_learned: Arc::default(),
        }
    }
}

impl PasswordChecker {
    /// For whoever comes first in this process: they look at a hash of the old web app before any other look, so that the first of its
    /// people is answered no slower than anybody.
    pub(in crate::accounts) fn begin_lesson(&self) -> Option<SlowestLesson> {
        let is_first = !self.is_learned.swap(true, Ordering::Relaxed);
        is_first.then(|| SlowestLesson { is_learned: Arc::clone(&self.is_learned) })
    }

    #[cfg(test)]
    pub(in crate::accounts) fn has_begun(&self) -> bool {
        self.is_learned.load(Ordering::Relaxed)
    }

    #[cfg(test)]
    pub(in crate::accounts) fn slowest_ms(&self) -> u64 {
        self.slowest.load(Ordering::Relaxed)
    }

    /// Waits for the turn of one check. Strangers never come before a device that is known.
    pub async fn turn(&self, origin: OriginKind) -> Result<CheckTurn, PasswordError> {
        let (places, within) = match origin {
            OriginKind::KnownDevice => (&self.known, KNOWN_TURN),
            OriginKind::UnknownDevice => (&self.strangers, STRANGER_TURN),
        };
        let turn = tokio::time::timeout(within, Arc::clone(places).acquire_owned()).await;
        turn.ok()
            .and_then(Result::ok)
            .map(|place| CheckTurn {
                place,
                memory: Arc::clone(&self.memory),
                slowest: Arc::clone(&self.slowest),
            })
            .ok_or(PasswordError::Busy)
    }
}

impl CheckTurn {
    /// Hashes a new password, as [`create_hash`] does, in this turn: however many ask at once, few hashes are made at a time.
    pub async fn hash(self, password: String) -> Result<String, PasswordError> {
        let Self { place, .. } = self;
        let hashed = tokio::task::spawn_blocking(move || {
            let hash = create_hash(&password);
            drop(place);
            hash
        });
        hashed.await.map_err(|e| PasswordError::Hash(e.to_string()))?
    }

    /// Looks whether `password` is that of the person with this hash; `None` is nobody, and takes as long.
    pub async fn check(self, password: String, hash: Option<String>) -> Result<PasswordMatch, PasswordError> {
        let Self { place, memory, slowest } = self;
        let begun = Instant::now();
        let looked = tokio::task::spawn_blocking(move || {
            let old = hash.as_deref().and_then(DjangoHash::parse);
            let found = match &old {
                Some(old) => match_old(&password, old),
                None => match_phc(&password, hash.as_deref(), &memory),
            };
            drop(place);
            (found, old.is_some())
        });
        let (found, is_old) = looked.await.map_err(|e| PasswordError::Hash(e.to_string()))?;
        let took = Instant::now().duration_since(begun);
        if is_old {
            let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            slowest.fetch_max(took_ms, Ordering::Relaxed);
        }
        let whole = Duration::from_millis(slowest.load(Ordering::Relaxed));
        if found == PasswordMatch::Differs && whole > took {
            tokio::time::sleep(whole.saturating_sub(took)).await;
        }
        Ok(found)
    }
}

fn match_phc(password: &str, phc: Option<&str>, memory: &Memory) -> PasswordMatch {
    let mut blocks = memory.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
    let fits = verify_password(password, phc.unwrap_or(&NOBODY), &mut blocks);
    memory.lock().unwrap_or_else(PoisonError::into_inner).push(blocks);
    if phc.is_some() && fits { PasswordMatch::Fits } else { PasswordMatch::Differs }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn argon2id_as_strong_as_owasp_asks() {
        let phc = create_hash("correct horse battery").unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert_ne!(phc, create_hash("correct horse battery").unwrap());
        let blocks = &mut Vec::new();
        assert!(verify_password("correct horse battery", &phc, blocks));
        assert!(!verify_password("correct horse batterz", &phc, blocks));
        assert!(
            verify_password("correct horse battery", &phc, blocks),
            "memory that was used before changes nothing"
        );
        assert!(!verify_password("", "", blocks));
        assert!(!verify_password("", "$argon2id$v=19$m=19456,t=2,p=1", blocks), "no hash is no password");
    }

    #[test]
    fn lengths() {
        assert_eq!(create_hash("elevenchars"), Err(PasswordError::TooShort));
        assert_eq!(create_hash(&"x".repeat(BYTES_MAX + 1)), Err(PasswordError::TooLong));
        assert!(!verify_password(&"x".repeat(BYTES_MAX + 1), &NOBODY, &mut Vec::new()));
    }

    #[tokio::test]
    async fn nobody_never_fits() {
        let checker = PasswordChecker::default();
        let turn = async || checker.turn(OriginKind::UnknownDevice).await.unwrap();
        let nobody = turn().await.check("nobody has this password".into(), None).await;
        assert_eq!(nobody, Ok(PasswordMatch::Differs));
        let phc = create_hash("correct horse battery").ok();
        assert_eq!(turn().await.check("correct horse battery".into(), phc).await, Ok(PasswordMatch::Fits));
    }

    #[tokio::test]
    async fn an_old_hash_is_good_for_a_new_one() {
        const OLD: &str = "pbkdf2_sha256$1000$seasalt$DrdiWD40lyBuydnjvZiDrdQMx1S1mOA9O0QYex0R6ww=";
        let checker = PasswordChecker::default();
        let turn = async || checker.turn(OriginKind::UnknownDevice).await.unwrap();
        let found = turn().await.check("correct horse battery".into(), Some(OLD.into())).await;
        let Ok(PasswordMatch::FitsOld(new)) = found else { panic!("{found:?}") };
        assert!(new.starts_with("$argon2id$"), "{new}");
        assert_eq!(
            turn().await.check("correct horse battery".into(), Some(new)).await,
            Ok(PasswordMatch::Fits)
        );
        let wrong = turn().await.check("correct horse batterz".into(), Some(OLD.into())).await;
        assert_eq!(wrong, Ok(PasswordMatch::Differs));
        let long = turn().await.check("x".repeat(BYTES_MAX + 1), Some(OLD.into())).await;
        assert_eq!(long, Ok(PasswordMatch::Differs));
    }

    #[tokio::test]
    async fn nobody_takes_as_long_as_an_old_hash() {
        let checker = PasswordChecker::default();
        checker.slowest.store(400, Ordering::Relaxed);
        let turn = checker.turn(OriginKind::UnknownDevice).await.unwrap();
        let begun = Instant::now();
        assert_eq!(turn.check("wrong".into(), None).await, Ok(PasswordMatch::Differs));
        // Never shorter; how much longer is the machine's affair.
        assert!(Instant::now().duration_since(begun) >= Duration::from_millis(400));
    }

    #[tokio::test(start_paused = true)]
    async fn strangers_do_not_stand_before_a_known_device() {
        let checker = PasswordChecker::default();
        let (stranger, known) = (OriginKind::UnknownDevice, OriginKind::KnownDevice);
        let held = [checker.turn(stranger).await.unwrap(), checker.turn(stranger).await.unwrap()];
        assert_eq!(checker.turn(stranger).await.err(), Some(PasswordError::Busy));
        checker.turn(known).await.unwrap();
        drop(held);
        checker.turn(stranger).await.unwrap();
    }

    #[tokio::test]
    async fn a_crowd_uses_the_same_few_blocks() {
        let checker = PasswordChecker::default();
        let one = async || {
            let turn = checker.turn(OriginKind::KnownDevice).await?;
            turn.check("nobody has this password".into(), None).await
        };
        for _ in 0..2 {
            let (a, b, c) = tokio::join!(one(), one(), one());
            let (d, e, f) = tokio::join!(one(), one(), one());
            assert!([a, b, c, d, e, f].into_iter().all(|found| found == Ok(PasswordMatch::Differs)));
        }
        assert!((1..=2 * AT_ONCE).contains(&checker.memory.lock().unwrap().len()));
    }
}
