//! Passwords by argon2id: hashed and checked off the async threads, a few at a time, in the same time for unknown people.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use argon2::password_hash::PasswordHasher as _;
use argon2::password_hash::phc::{Output, PasswordHash};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use tokio::sync::Semaphore;

/// Characters that a new password needs.
pub const CHARS_MIN: usize = 12;
/// Bytes of a password that are looked at: a longer one is refused before any work is done for it.
pub const BYTES_MAX: usize = 256;
/// Each check takes 19 MiB for some 20 ms: this many at once.
const AT_ONCE: usize = 4;
/// How long a check may wait for its turn.
const TURN: Duration = Duration::from_secs(10);

/// Why a password was not hashed or looked at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too short to be safe.
    #[error("the password has fewer than {CHARS_MIN} characters")]
    TooShort,
    /// Too long to be looked at.
    #[error("the password has more than {BYTES_MAX} bytes")]
    TooLong,
    /// Too many people sign in at this moment.
    #[error("too many passwords wait to be checked")]
    Busy,
    /// The hash could not be made.
    #[error("hash the password: {0}")]
    Hash(String),
}

/// Hashes a new password as a PHC string with a salt of its own; blocks for some 20 ms.
///
/// # Errors
/// It is too short or too long.
pub fn hash(password: &str) -> Result<String, PasswordError> {
    if password.chars().count() < CHARS_MIN {
        return Err(PasswordError::TooShort);
    }
    if password.len() > BYTES_MAX {
        return Err(PasswordError::TooLong);
    }
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|e| PasswordError::Hash(e.to_string()))
}

/// Whether a password fits a PHC string, in memory that was used before or is none yet; blocks for some 20 ms.
fn verify(password: &str, phc: &str, blocks: &mut Vec<Block>) -> bool {
    let Ok(kept) = PasswordHash::new(phc) else { return false };
    password.len() <= BYTES_MAX
        && hash_again(password, &kept, blocks).is_some_and(|output| Some(output) == kept.hash)
}

/// The hash of a password by the salt and the parameters of one that is kept. Outputs compare in constant time.
fn hash_again(password: &str, kept: &PasswordHash, blocks: &mut Vec<Block>) -> Option<Output> {
    let params = Params::try_from(kept).ok()?;
    let algorithm = Algorithm::try_from(kept.algorithm.as_str()).ok()?;
    let version = Version::try_from(kept.version?).ok()?;
    blocks.resize(params.block_count(), Block::new());
    let mut out = [0; Output::MAX_LENGTH];
    let out = out.get_mut(..params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN))?;
    let argon2 = Argon2::new(algorithm, version, params);
    let salt: &[u8] = kept.salt.as_ref()?;
    argon2.hash_password_into_with_memory(password.as_bytes(), salt, out, blocks.as_mut_slice()).ok()?;
    Output::new(out).ok()
}

/// The hash that an unknown person's password is checked against, so that the answer takes as long.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash("nobody has this password").unwrap_or_default());

/// Checks passwords off the async threads.
#[derive(Debug, Clone)]
pub struct Checker {
    turns: Arc<Semaphore>,
    /// What the checks that are not running now have used: at most one for each turn. Blocks that each thread allocated for
    /// itself would stay with the allocator's arena of that thread for good.
    memory: Arc<Mutex<Vec<Vec<Block>>>>,
}

impl Default for Checker {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)), memory: Arc::default() }
    }
}

impl Checker {
    /// Whether `password` is that of the person with this hash; `None` is nobody, and takes as long.
    ///
    /// # Errors
    /// [`PasswordError::Busy`].
    pub async fn fits(&self, password: String, phc: Option<String>) -> Result<bool, PasswordError> {
        let turn = tokio::time::timeout(TURN, Arc::clone(&self.turns).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else { return Err(PasswordError::Busy) };
        let memory = Arc::clone(&self.memory);
        let check = move || {
            let known = phc.is_some();
            let free = || memory.lock().unwrap_or_else(PoisonError::into_inner);
            let mut blocks = free().pop().unwrap_or_default();
            let fits = verify(&password, phc.as_deref().unwrap_or(&NOBODY), &mut blocks);
            free().push(blocks);
            drop(turn);
            known && fits
        };
        tokio::task::spawn_blocking(check).await.map_err(|e| PasswordError::Hash(e.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn argon2id_as_strong_as_owasp_asks() {
        let phc = hash("correct horse battery").unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert_ne!(phc, hash("correct horse battery").unwrap());
        let blocks = &mut Vec::new();
        assert!(verify("correct horse battery", &phc, blocks));
        assert!(!verify("correct horse batterz", &phc, blocks));
        assert!(verify("correct horse battery", &phc, blocks), "memory that was used before changes nothing");
        assert!(!verify("", "", blocks));
        assert!(!verify("", "$argon2id$v=19$m=19456,t=2,p=1", blocks), "no hash is no password");
    }

    #[test]
    fn lengths() {
        assert_eq!(hash("elevenchars"), Err(PasswordError::TooShort));
        assert_eq!(hash(&"x".repeat(BYTES_MAX + 1)), Err(PasswordError::TooLong));
        assert!(!verify(&"x".repeat(BYTES_MAX + 1), &NOBODY, &mut Vec::new()));
    }

    #[tokio::test]
    async fn nobody_never_fits() {
        let checker = Checker::default();
        assert_eq!(checker.fits("nobody has this password".into(), None).await, Ok(false));
        let phc = hash("correct horse battery").ok();
        assert_eq!(checker.fits("correct horse battery".into(), phc).await, Ok(true));
    }

    #[tokio::test]
    async fn a_crowd_uses_the_same_few_blocks() {
        let checker = Checker::default();
        let one = || checker.fits("nobody has this password".into(), None);
        for _ in 0..2 {
            let (a, b, c) = tokio::join!(one(), one(), one());
            let (d, e, f) = tokio::join!(one(), one(), one());
            assert!([a, b, c, d, e, f].into_iter().all(|fits| fits == Ok(false)));
        }
        assert!((1..=AT_ONCE).contains(&checker.memory.lock().unwrap().len()));
    }
}
