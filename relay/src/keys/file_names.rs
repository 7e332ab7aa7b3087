//! What the files in the folder of keys are called.

pub(super) const LISTENER_PEM: &str = "server.pem";
pub(super) const LISTENER_KEY: &str = "server.key";
pub(super) const LISTENER_NAMES: &str = "server.names";
/// Certificates of all authorities that this relay uses, for programs beside it.
pub(super) const ROOTS_FILE: &str = "ca.pem";
/// What the folder holds beside keys, and can be made again from them.
const DERIVED_FILES: [&str; 4] = [LISTENER_PEM, LISTENER_KEY, LISTENER_NAMES, ROOTS_FILE];
/// What a file is called after its name, until all of it is there.
pub(super) const UNFINISHED: &str = ".new";

/// No other name, and no way out of the folder, comes from a file.
pub(crate) fn is_key_file(name: &str) -> bool {
    let authority = name
        .strip_prefix("ca-")
        .and_then(|rest| rest.strip_suffix(".key").or_else(|| rest.strip_suffix(".pem")));
    let signer = ["cosign-", "directive-", "seal-"].into_iter().find_map(|kind| name.strip_prefix(kind));
    authority
        .or(signer)
        .is_some_and(|text: &str| text.parse::<i64>().is_ok_and(|n| n > 0 && n.to_string() == text))
}

/// Whether it is a file of this folder on its way to its name.
pub(crate) fn is_unfinished_key(name: &str) -> bool {
    let whole = name.strip_suffix(UNFINISHED);
    whole.is_some_and(|whole| is_key_file(whole) || DERIVED_FILES.contains(&whole))
}
