//! The table of printer languages: which are spoken, by which names, and what their usual printer is like.

use crate::printers::language::{LanguageSpec, PrinterLanguage, PrinterProfile, PrinterSession};
use crate::raster::dpi::Dpi;

/// Every language that is spoken here.
pub static LANGUAGES: &[LanguageSpec] = &[
    crate::printers::escpos::ROW,
    crate::printers::zpl::ROW,
    crate::printers::tspl::ROW,
    crate::printers::brother_ql::ROW,
    crate::printers::dymo::ROW,
];

impl PrinterLanguage {
    /// Its row. Every language has one; a test holds it.
    pub fn row(self) -> &'static LanguageSpec {
        LANGUAGES.iter().find(|row| row.language == self).unwrap_or(&LANGUAGES[0])
    }

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        LANGUAGES.iter().map(|row| row.language)
    }

    /// Its name in settings.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// What its usual printer is like, with the roll that is first in its table.
    pub fn usual_profile(self) -> PrinterProfile {
        let row = self.row();
        let dpi = row.dpi.first().copied().and_then(Dpi::new).unwrap_or(Dpi::D203);
        let media = (row.media)().into_iter().next().unwrap_or_else(crate::printers::escpos::receipt_media);
        PrinterProfile {
            dpi,
            head_dots: (row.head_dots)(dpi),
            answers: row.answers,
            media,
            darkness: None,
            speed_mm_s: None,
            dense: false,
            model: None,
        }
    }

    /// A new session. `salt` differs from session to session, so that a late answer to an earlier one confirms nothing.
    pub fn session(self, profile: PrinterProfile, salt: u16) -> Box<dyn PrinterSession> {
        (self.row().session)(profile, salt)
    }
}

/// A name that is no language.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{self:?}")]
pub struct UnknownLanguage(pub String);

impl std::str::FromStr for PrinterLanguage {
    type Err = UnknownLanguage;
    fn from_str(name: &str) -> Result<Self, UnknownLanguage> {
        let known = Self::all().find(|l| l.name() == name);
        known.ok_or_else(|| UnknownLanguage(name.chars().take(40).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_rows() {
        for language in PrinterLanguage::all() {
            let row = language.row();
            assert_eq!((row.name.parse(), row.language), (Ok(language), language));
            assert!(!(row.media)().is_empty() && !row.dpi.is_empty(), "{}", row.name);
            let names: std::collections::HashSet<_> = (row.media)().into_iter().map(|m| m.name).collect();
            assert_eq!(names.len(), (row.media)().len(), "{}: two rolls of one name", row.name);
        }
        assert_eq!("epl".parse::<PrinterLanguage>(), Err(UnknownLanguage("epl".into())));
    }
}
