//! The store is a crate of its own, so that it is built for speed and the box's pages are not; the other modules use it by this name.

pub use ::store::*;

/// Tables of JSON rows that are taken over from a `state.redb` that had to be set aside. Whoever was signed in signs in again.
pub(crate) const TAKEN_OVER: &[&str] = &[
    "access_removals",
    "alarms",
    "badge_key",
    "badges",
    "contact_timers",
    "identity_attempts",
    "identity_known",
    "identity_page_key",
    "identity_pins",
    "identity_tokens",
    "pack_keys",
    "packs",
    "refused_submissions",
];

/// A box's store, by whatever command it is opened: what opening finds unusable is begun again with the tables that are taken over.
pub(crate) fn box_store(data: impl Into<std::path::PathBuf>) -> StoreConfig {
    let config = StoreConfig::new(data);
    let sizes = StoreSizes { state_tables: TAKEN_OVER, ..config.sizes };
    StoreConfig { sizes, ..config }
}

/// A store of tests. What a box holds in reserve for a full disk, and writes ahead, would be most of what each of them costs.
#[cfg(test)]
pub(crate) fn configure_test_store(data: impl Into<std::path::PathBuf>) -> StoreConfig {
    let config = StoreConfig::new(data);
    let sizes = StoreSizes { ahead: 64 << 10, ahead_low: 32 << 10, ballast: 4 << 10, ..config.sizes };
    StoreConfig { sizes, ..config }
}
