//! The locale of a reader: what they chose, what their browser prefers, what the facility uses.

use std::cmp::Reverse;

use crate::locale::{Language, Locale};

/// What comes later is what the reader prefers least.
const HEADER_MAX: usize = 1_024;

/// All that is known of a reader's language. Tags are of BCP 47 (`es`, `es-MX`); an unknown one is passed
/// over.
#[derive(Debug, Clone, Copy)]
pub struct LanguageRequest<'a> {
    pub chosen: Option<&'a str>,
    pub cookie: Option<&'a str>,
    /// The header `Accept-Language` as it came, several lines joined by commas.
    pub accept_language: Option<&'a [u8]>,
    /// [`Language::ALL`] where the facility named none: the header chooses among these.
    pub facility_languages: &'a [Language],
    /// The fallback, and the country of a tag that has none.
    pub facility_locale: Locale,
}

impl LanguageRequest<'_> {
    /// The locales to try, best first: the person's choice, the cookie, the header by RFC 4647 lookup, the facility's
    /// locale, English. Any bytes will do; of the header the first 1,024 count.
    pub fn negotiate(&self) -> LocalePreferences {
        let home = self.facility_locale;
        let mut preferences = self.find_requested();
        preferences.add(Some(home));
        preferences.add(Some(home.in_language(Language::English)));
        preferences
    }

    /// Without the facility's locale; empty for a program that requests nothing, which reads the English of
    /// the United States.
    pub fn find_requested(&self) -> LocalePreferences {
        let home = self.facility_locale;
        let mut preferences = LocalePreferences(Vec::new());
        for tag in [self.chosen, self.cookie].into_iter().flatten() {
            preferences.add(look_up(tag, home, &Language::ALL));
        }
        for range in accepted_ranges(self.accept_language.unwrap_or_default()) {
            let offered = look_up(range, home, self.facility_languages);
            preferences.add(offered.filter(|locale| *locale != Locale::Pseudo));
        }
        preferences
    }
}

/// Best first: one for each language, English at the end or before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalePreferences(Vec<Locale>);

impl LocalePreferences {
    /// For no particular reader: a wall screen, a mail to the facility.
    pub fn of_locale(locale: Locale) -> Self {
        Self(vec![locale, locale.in_language(Language::English)])
    }

    /// English is always accepted.
    pub fn best_locale(&self, will_do: impl Fn(Language) -> bool) -> Locale {
        self.0.iter().copied().find(|locale| will_do(locale.language())).unwrap_or(Locale::EnUs)
    }

    /// Puts the locale of a person's choice first. A preferred language keeps its country, and an unknown tag
    /// changes nothing.
    #[must_use]
    pub fn led_by(&self, tag: &str, home: Locale) -> Self {
        let liked = Language::from_code(tag)
            .and_then(|language| self.0.iter().copied().find(|locale| locale.language() == language));
        let mut led = Self(Vec::new());
        led.add(liked.or_else(|| look_up(tag, home, &Language::ALL)));
        self.0.iter().for_each(|locale| led.add(Some(*locale)));
        led
    }

    /// A language counts where it is named first.
    fn add(&mut self, locale: Option<Locale>) {
        self.0.extend(locale.filter(|new| self.0.iter().all(|known| known.language() != new.language())));
    }
}

/// RFC 4647 §3.4: the range itself, then without its last part, and so on. A language without a country is that of
/// `home`, as the country of `home` writes it.
fn look_up(range: &str, home: Locale, languages: &[Language]) -> Option<Locale> {
    let mut rest = range.trim();
    loop {
        let found = Locale::from_tag(rest)
            .or_else(|| Language::from_code(rest).map(|language| home.in_language(language)));
        if found.is_some_and(|locale| languages.contains(&locale.language())) {
            return found;
        }
        rest = rest.rsplit_once('-')?.0;
    }
}

fn accepted_ranges(header: &[u8]) -> Vec<&str> {
    let looked_at = header.get(..HEADER_MAX).unwrap_or(header);
    let parts = looked_at.split(|byte| *byte == b',').filter_map(|part| str::from_utf8(part).ok());
    let mut ranges: Vec<(&str, u16)> = parts.filter_map(parse_range).collect();
    ranges.sort_by_key(|(_, weight)| Reverse(*weight));
    ranges.into_iter().map(|(range, _)| range).collect()
}

/// `es-MX;q=0.8` is `es-MX` and 800. A weight of 0 means "not this one"; an invalid weight makes no range.
fn parse_range(part: &str) -> Option<(&str, u16)> {
    let (range, parameter) = part.split_once(';').unwrap_or((part, "q=1"));
    let weight: f32 =
        parameter.trim().strip_prefix(['q', 'Q'])?.trim_start().strip_prefix('=')?.trim().parse().ok()?;
    let is_weight = (0.001..=1.0).contains(&weight) && !range.trim().is_empty();
    is_weight.then_some((range.trim(), (weight * 1_000.0).round() as u16))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Of a facility in the United States with every language.
    fn of_header(header: &[u8]) -> LanguageRequest<'_> {
        LanguageRequest {
            chosen: None,
            cookie: None,
            accept_language: Some(header),
            facility_languages: &Language::ALL,
            facility_locale: Locale::EnUs,
        }
    }

    fn best(request: LanguageRequest<'_>) -> Locale {
        request.negotiate().best_locale(|_| true)
    }

    fn is_english(language: Language) -> bool {
        language == Language::English
    }

    fn requested_locale(request: LanguageRequest<'_>) -> Locale {
        request.find_requested().best_locale(|_| true)
    }

    #[test]
    fn the_strongest_source_decides() {
        let header = of_header(b"es");
        assert_eq!(best(header), Locale::EsUs);
        assert_eq!(best(LanguageRequest { cookie: Some("en-GB"), ..header }), Locale::EnGb);
        assert_eq!(
            best(LanguageRequest { chosen: Some("es-MX"), cookie: Some("en"), ..header }),
            Locale::EsMx
        );
        assert_eq!(
            best(LanguageRequest { chosen: Some("tlh"), cookie: Some("<script>"), ..header }),
            Locale::EsUs
        );
        let spain = LanguageRequest { accept_language: None, facility_locale: Locale::EsEs, ..header };
        assert_eq!(best(spain), Locale::EsEs);
        assert_eq!(best(LanguageRequest { cookie: Some("en"), ..spain }), Locale::EnGb);
        assert_eq!(requested_locale(spain), Locale::EnUs, "nothing was");
        assert_eq!(requested_locale(LanguageRequest { cookie: Some("es"), ..spain }), Locale::EsEs);
        assert_eq!(requested_locale(header), Locale::EsUs);
    }

    #[test]
    fn headers_are_looked_up_as_rfc_4647_says() {
        for (header, locale) in [
            ("es-MX,es;q=0.9,en;q=0.8", Locale::EsMx),
            ("en;q=0.3, ES-es;q=0.7", Locale::EsEs),
            ("fr-CA, de;q=0.9, es;q=0.1", Locale::EsUs),
            ("es-419", Locale::EsUs),
            ("es-Latn-AR-x-private", Locale::EsUs),
            ("en-GB ; q=1.000 , es ; q=0.999", Locale::EnGb),
            ("es;q=0, en;q=0.1", Locale::EnUs),
            ("*, es;q=0.5", Locale::EsUs),
            ("es;q=2, es-MX;q=-1, es-ES;q=NaN, es;q=, es;p=1", Locale::EnUs),
            ("xx", Locale::EnUs),
            ("", Locale::EnUs),
            (",,;;==--,", Locale::EnUs),
        ] {
            assert_eq!(best(of_header(header.as_bytes())), locale, "{header}");
        }
    }

    #[test]
    fn the_header_chooses_among_the_facilitys_languages() {
        let english =
            LanguageRequest { facility_languages: &[Language::English], ..of_header(b"es-MX, en;q=0.5") };
        assert_eq!(best(english), Locale::EnUs);
        // A person may have any language.
        assert_eq!(best(LanguageRequest { cookie: Some("es"), ..english }), Locale::EsUs);
    }

    #[test]
    fn the_pseudo_locale_must_be_named_and_stays() {
        let named = LanguageRequest { cookie: Some("xx"), ..of_header(b"es") };
        assert_eq!(best(named), Locale::Pseudo);
        assert_eq!(named.negotiate().best_locale(is_english), Locale::Pseudo);
    }

    #[test]
    fn a_page_without_the_best_language_gets_the_next() {
        let preferences = of_header(b"es-MX, en-GB;q=0.9").negotiate();
        assert_eq!(preferences.best_locale(|_| true), Locale::EsMx);
        assert_eq!(preferences.best_locale(is_english), Locale::EnGb);
        let board = LocalePreferences::of_locale(Locale::EsMx);
        assert_eq!(board.best_locale(is_english), Locale::EnUs);
    }

    #[test]
    fn what_a_person_chose_leads() {
        let preferences = of_header(b"en-GB, es-MX;q=0.5").negotiate();
        for (tag, best) in [
            ("es", Locale::EsMx),
            ("es-ES", Locale::EsEs),
            ("en", Locale::EnGb),
            ("", Locale::EnGb),
            ("tlh", Locale::EnGb),
        ] {
            assert_eq!(preferences.led_by(tag, Locale::EnUs).best_locale(|_| true), best, "{tag}");
        }
        let english = of_header(b"").negotiate();
        assert_eq!(english.led_by("es", Locale::EnUs).best_locale(|_| true), Locale::EsUs);
        assert_eq!(english.led_by("es", Locale::EnUs).best_locale(is_english), Locale::EnUs);
    }

    #[test]
    fn a_huge_header_costs_no_more_than_a_long_one() {
        let header = [vec![b','; 1 << 20], b"es".to_vec()].concat();
        assert_eq!(best(of_header(&header)), Locale::EnUs);
        assert!(accepted_ranges(&b"a,".repeat(1 << 20)).len() <= HEADER_MAX / 2);
    }

    proptest! {
        #[test]
        fn any_bytes_give_a_locale_of_the_language(
            header in proptest::collection::vec(any::<u8>(), 0..3_000),
            chosen in ".{0,40}",
            number in 0..Locale::ALL.len(),
        ) {
            let facility_locale = Locale::ALL[number];
            let request = LanguageRequest { chosen: Some(&chosen), facility_locale, ..of_header(&header) };
            let preferences = request.negotiate();
            prop_assert_eq!(preferences.best_locale(is_english).language(), Language::English);
            preferences.best_locale(|_| true);
        }

        #[test]
        fn headers_made_of_their_own_letters_keep_their_order(
            ranges in proptest::collection::vec(("(en|es|fr|xx|\\*)(-(US|MX|ES|GB|419|Latn))?", 0_u16..=1_000), 0..12),
        ) {
            let parts: Vec<String> =
                ranges.iter().map(|(range, q)| format!("{range};q={}.{:03}", q / 1_000, q % 1_000)).collect();
            let header = parts.join(", ");
            // The heaviest range of a language that we have decides, the earlier of two that weigh the same.
            let known = ranges.iter().filter(|(range, q)| *q > 0 && (range.starts_with("en") || range.starts_with("es")));
            let heaviest = known.reduce(|best, other| if other.1 > best.1 { other } else { best });
            let language = heaviest.map_or("en", |(range, _)| &range[..2]);
            prop_assert_eq!(best(of_header(header.as_bytes())).language().code(), language, "{}", header);
        }
    }
}
