//! The languages that words are written in, and the locales that people can have: closed lists.

/// A language that words are written in: the name of a folder of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// The language that every message is written in first.
    English,
    /// Neutral Spanish, as it is read in the Americas and in Spain.
    Spanish,
}

impl Language {
    pub const ALL: [Self; 2] = [Self::English, Self::Spanish];

    pub const fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
        }
    }

    /// Its name in itself, by which whoever reads no other one finds it.
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Spanish => "Español",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code().eq_ignore_ascii_case(code))
    }
}

/// A language as one country writes its numbers and dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Locale {
    /// `41,207`, `Nov 20`: the default.
    EnUs,
    /// `41,207`, `20 Nov`.
    EnGb,
    /// `41,207`, `vie, 20 de nov`.
    EsUs,
    /// `41,207`, `vie 20 de nov`.
    EsMx,
    /// `41.207`, `vie, 20 nov`.
    EsEs,
    /// English with marked letters, two fifths longer and in brackets: shows which texts are not messages,
    /// and which layouts are too narrow. For tests; only by name.
    Pseudo,
}

impl Locale {
    pub const ALL: [Self; 6] = [Self::EnUs, Self::EnGb, Self::EsUs, Self::EsMx, Self::EsEs, Self::Pseudo];

    /// Its tag, as it is stored and put into cookies: `en-US`; the pseudo locale's is `xx`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::EnUs => "en-US",
            Self::EnGb => "en-GB",
            Self::EsUs => "es-US",
            Self::EsMx => "es-MX",
            Self::EsEs => "es-ES",
            Self::Pseudo => "xx",
        }
    }

    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|locale| locale.tag().eq_ignore_ascii_case(tag))
    }

    pub const fn language(self) -> Language {
        match self {
            Self::EnUs | Self::EnGb | Self::Pseudo => Language::English,
            Self::EsUs | Self::EsMx | Self::EsEs => Language::Spanish,
        }
    }

    /// Its ISO 3166 code of a country, for the pseudo locale the private `XA`.
    pub fn region(self) -> &'static str {
        self.html_lang().rsplit('-').next().unwrap_or_default()
    }

    /// What `<html lang>` and `Content-Language` say: a valid BCP 47 tag for each, `en-XA` for the pseudo locale.
    pub const fn html_lang(self) -> &'static str {
        match self {
            Self::Pseudo => "en-XA",
            _ => self.tag(),
        }
    }

    /// An English page in Spain is written as in Great Britain.
    #[must_use]
    pub fn in_language(self, language: Language) -> Self {
        match (self, language) {
            (Self::EnUs | Self::Pseudo, Language::Spanish) => Self::EsUs,
            (Self::EnGb, Language::Spanish) => Self::EsEs,
            (Self::EsUs | Self::EsMx, Language::English) => Self::EnUs,
            (Self::EsEs, Language::English) => Self::EnGb,
            _ => self,
        }
    }

    #[cfg(feature = "catalog")]
    pub(crate) fn or_english(self, will_do: impl Fn(Language) -> bool) -> Self {
        if will_do(self.language()) { self } else { self.in_language(Language::English) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_name_their_locales() {
        for (number, locale) in Locale::ALL.into_iter().enumerate() {
            assert_eq!(locale as usize, number);
            assert_eq!(Locale::from_tag(&locale.tag().to_lowercase()), Some(locale));
            assert_eq!(locale.region().len(), 2);
            for language in Language::ALL {
                assert_eq!(locale.in_language(language).language(), language);
            }
            assert_eq!(locale.in_language(locale.language()), locale);
        }
        assert_eq!(Locale::from_tag("es"), None);
        assert_eq!((Locale::Pseudo.tag(), Locale::Pseudo.html_lang()), ("xx", "en-XA"));
        assert_eq!(Language::from_code("ES"), Some(Language::Spanish));
    }
}
