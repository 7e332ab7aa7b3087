//! The relay's own scripts, beside what all pages of ours ask for.

use std::sync::LazyLock;

use ::web::answer::media::JavaScript;
use ::web::assets::StaticAsset;

pub(crate) static PASSKEY: LazyLock<StaticAsset<JavaScript>> =
    LazyLock::new(|| StaticAsset::new("passkey.js", include_str!("../../assets/passkey.js")));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_asks_nobody_for_anything() {
        for outside in ["http:", "https:", "fetch(", "eval(", "innerHTML", "import"] {
            assert!(!PASSKEY.text().contains(outside), "{outside}");
        }
    }
}
