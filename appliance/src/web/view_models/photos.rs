//! Photos on pages.

use record::tree::Hash;

/// Where a photo's thumbnail is served.
pub(crate) fn thumbnail_address(photo: Hash) -> String {
    format!("/photos/{photo}.t.jpg")
}
