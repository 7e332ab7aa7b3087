//! The words of the relay's pages and mails: a type for each area of messages, as the build script makes them, and who reads them.

use std::cell::RefCell;

use jiff::tz::TimeZone;
use record::compliance::find_zone;
use words::{Locale, WordSet};

include!(concat!(env!("OUT_DIR"), "/words.rs"));

/// Whoever reads what is made: their language as their country writes it, and the zone of their times.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TextReader {
    pub(crate) locale: Locale,
    pub(crate) zone: TimeZone,
}

impl Default for TextReader {
    fn default() -> Self {
        Self { locale: Locale::EnUs, zone: TimeZone::UTC }
    }
}

impl TextReader {
    /// By a locale's tag and a zone's name; what is none of them, or nothing, is as by default.
    pub(crate) fn of(locale: &str, zone: &str) -> Self {
        let default = Self::default();
        Self {
            locale: Locale::from_tag(locale).unwrap_or(default.locale),
            zone: find_zone(zone).unwrap_or(default.zone),
        }
    }

    pub(crate) fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }
}

tokio::task_local! {
    /// Of the request that this task answers, or of the mail that it words: whatever is worded on the way is for one reader, and
    /// some two hundred functions would have to hand them on.
    static READER: RefCell<TextReader>;
}

/// The reader of what this task makes; of one that nobody waits for, the default.
pub(crate) fn find_reader() -> TextReader {
    READER.try_with(|reader| reader.borrow().clone()).unwrap_or_default()
}

fn find_locale() -> Locale {
    READER.try_with(|reader| reader.borrow().locale).unwrap_or(Locale::EnUs)
}

/// Says whose request this task answers, once that is known.
pub(crate) fn set_reader(reader: TextReader) {
    let _ = READER.try_with(|known| known.replace(reader));
}

pub(crate) async fn answer_reader<T>(reader: TextReader, answer: impl Future<Output = T>) -> T {
    READER.scope(RefCell::new(reader), answer).await
}

pub(crate) fn word_for<T>(reader: TextReader, work: impl FnOnce() -> T) -> T {
    READER.sync_scope(RefCell::new(reader), work)
}

pub(crate) fn open_words<W: WordSet>() -> W {
    W::in_locale(find_locale())
}

/// Browsers by what they call themselves: the first that fits is it, for most of them name others too.
const BROWSERS: [(&str, &str); 7] = [
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];
const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

pub(crate) fn name_agent(agent: &str) -> String {
    let w: PeopleWords = open_words();
    let [browser, system] = [BROWSERS, SYSTEMS]
        .map(|known| known.into_iter().find(|(part, _)| agent.contains(part)).map(|(_, name)| name));
    match (browser, system) {
        (Some(browser), Some(system)) => w.me_sessions_agent(browser, system),
        (Some(browser), None) => browser.to_owned(),
        (None, _) => w.me_sessions_unknown(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_called_what_people_call_it() {
        for (agent, name) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
                "Chrome on Linux",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0",
                "Edge on Windows",
            ),
            ("Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", "Firefox on Android"),
            ("curl/8.5.0", "unknown browser"),
            ("", "unknown browser"),
            ("<script>alert(1)</script>", "unknown browser"),
        ] {
            assert_eq!(name_agent(agent), name, "{agent}");
        }
    }
}
