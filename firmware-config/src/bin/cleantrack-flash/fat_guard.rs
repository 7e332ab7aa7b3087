//! A FAT that makes no sense can make its reader count below zero; here that is an error and no crash.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

use crate::error::FlashError;

thread_local! {
    /// While set, a panic of this thread is not shown: the FAT library panics on damage.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

static HOOK: Once = Once::new();

fn install_hook() {
    let before = take_hook();
    set_hook(Box::new(move |panic| {
        if !GUARDED.get() {
            before(panic);
        }
    }));
}

/// After a panic what the work held is dropped or left as it is, and not used again.
pub(crate) fn guard_fat<T>(work: impl FnOnce() -> Result<T, FlashError>) -> Result<T, FlashError> {
    HOOK.call_once(install_hook);
    let before = GUARDED.replace(true);
    let outcome = catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(before);
    outcome.unwrap_or_else(|_| Err(FlashError::FatDamaged("its tables make no sense".to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_damaged_fat() {
        let sum: Result<u8, FlashError> = guard_fat(|| guard_fat(|| Ok("1".parse().unwrap())));
        assert_eq!(sum.unwrap(), 1);
        let error = guard_fat(|| Ok("x".parse::<u8>().unwrap())).unwrap_err();
        assert!(matches!(error, FlashError::FatDamaged(_)));
        assert!(!GUARDED.get());
    }
}
