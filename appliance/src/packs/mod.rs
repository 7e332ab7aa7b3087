//! Packs: drafts of protocols and categories that somebody completes and approves before they count, those in the program
//! and those that somebody brought.

mod content;
mod signer;
mod stored;

pub use self::content::{DraftPack, PackAgent, PackCategory, PackDraft, PackFault, PackField};
pub use self::signer::{make_signer, read_signer};
pub use self::stored::{
    PackError, PackRefusal, ROW_READERS, StoredPack, TrustedKey, find_pack, keep_pack, list_packs,
    list_trusted, parse_key, remove_pack, remove_trusted, trust_key,
};
