//! A damaged page makes redb panic wherever it comes across one: while a file is opened, while it is read or written, and
//! while a handle is let go of, because that writes down what is free in the file.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Does something with a database that may be damaged; `None` where redb panics over it.
pub(crate) fn catch_damage<T>(act: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(act)).ok()
}

/// Lets go of a handle to a database that may be damaged. Where redb panics over that, what the handle holds is let go of all
/// the same, and the next opening takes the file for one that was not closed.
pub(crate) fn let_go<T>(handle: T) {
    if catch_damage(|| drop(handle)).is_none() {
        tracing::warn!("a damaged database could not be closed as it should be");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    struct Damaged(#[expect(dead_code, reason = "counted by whoever holds it too")] Arc<()>);

    impl Drop for Damaged {
        fn drop(&mut self) {
            panic!("a damaged page");
        }
    }

    #[test]
    fn what_a_damaged_handle_holds_is_let_go_of() {
        let held = Arc::new(());
        let_go(Damaged(Arc::clone(&held)));
        assert_eq!(Arc::strong_count(&held), 1);
        assert_eq!(catch_damage(|| 1), Some(1));
    }
}
