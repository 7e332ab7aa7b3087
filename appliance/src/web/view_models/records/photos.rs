//! Photos on pages.

use record::tree::Hash;

pub(crate) fn thumbnail_address(photo: Hash) -> String {
    format!("/photos/{photo}.t.jpg")
}
