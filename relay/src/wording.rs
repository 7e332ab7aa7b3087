//! The words of the relay's pages: a type for each area of messages, as the build script makes them.

use words::{Locale, WordSet};

include!(concat!(env!("OUT_DIR"), "/words.rs"));

/// In which the relay's pages are: nobody chooses another language here so far.
pub(crate) const LOCALE: Locale = Locale::EnUs;

pub(crate) fn open_words<W: WordSet>() -> W {
    W::in_locale(LOCALE)
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
