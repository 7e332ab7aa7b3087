//! A letter in words: subject, text and page, with the same facts in both.

use askama::Template;
use jiff::tz::TimeZone;
use record::compliance::{WindowTally, find_zone};
use words::{Catalog, Dates, Number, Value, format_money};

use super::brand::{MailBrand, MailSlot, fill_words};
use super::letter::{MailFact, MailLetter, MailTable};
use crate::wording::{
    AlertsWords, MailAlertsWords, MailBillingWords, MailRoutineWords, MailWords, PageWords, find_reader,
    name_agent, open_words,
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailText {
    pub subject: String,
    /// Plain, lines of any length.
    pub text: String,
    pub html: String,
}

/// Light or dark: as its reader has it, or as somebody looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailScheme {
    OfReader,
    Light,
    Dark,
}

impl MailScheme {
    /// As CSS names it.
    fn css(self) -> &'static str {
        match self {
            Self::OfReader => "light dark",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

const PRODUCT: &str = "CleanTrack";

/// What stands in every mail of a relay.
#[derive(Debug, Clone, Copy)]
pub(super) struct MailFrame<'a> {
    /// Of the relay that sends.
    pub(super) host: &'a str,
    /// Where a mail's topic is stopped, where it has one.
    pub(super) exit_url: Option<&'a str>,
    /// Of a mail of an account.
    pub(super) brand: Option<&'a MailBrand>,
    /// What the picture of the account is called in the page.
    pub(super) logo_src: &'a str,
    pub(super) scheme: MailScheme,
}

struct MailCellView {
    text: String,
    /// Of a rate, in percent.
    bar: Option<u32>,
}

struct MailRowView {
    cells: Vec<MailCellView>,
    href: Option<String>,
}

struct MailTableView {
    title: String,
    columns: Vec<String>,
    rows: Vec<MailRowView>,
    more: Option<String>,
}

#[derive(Template)]
#[template(path = "mail.html")]
struct MailPage<'a> {
    lang: &'static str,
    scheme: &'static str,
    /// Whose it is: the account, or us.
    sender: &'a str,
    accent: Option<&'a str>,
    logo_src: Option<&'a str>,
    subject: &'a str,
    lines: &'a [String],
    tables: &'a [MailTableView],
    button: &'a str,
    link: &'a str,
    closing: &'a [String],
    hints: &'a [String],
    exit: Option<(&'a str, String)>,
}

/// The words of mails, by subject: each key stands in one of them.
fn list_catalogs() -> [&'static Catalog; 5] {
    [
        open_words::<MailWords>().catalog(),
        open_words::<MailRoutineWords>().catalog(),
        open_words::<MailAlertsWords>().catalog(),
        open_words::<MailBillingWords>().catalog(),
        open_words::<AlertsWords>().catalog(),
    ]
}

/// The words of a mail in one language.
struct LetterWords<'a> {
    facts: Vec<(&'a str, Value<'a>)>,
}

/// # Errors
/// The key, where this relay has no words for it: a newer one stored the mail.
fn find_words(key: &str, facts: &[(&str, Value<'_>)]) -> Result<String, String> {
    let found = list_catalogs().into_iter().find(|words| words.has_message(key));
    found.map(|words| words.format(key, facts)).ok_or_else(|| key.to_owned())
}

impl LetterWords<'_> {
    fn find(&self, key: &str) -> Result<String, String> {
        find_words(key, &self.facts)
    }

    fn find_all(&self, keys: &[String]) -> Result<Vec<String>, String> {
        keys.iter().map(|key| self.find(key)).collect()
    }

    /// The words of an account, a paragraph for each line.
    fn fill_own(&self, brand: Option<&MailBrand>, slot: MailSlot) -> Vec<String> {
        let text = brand.and_then(|brand| brand.find_words(slot)).unwrap_or_default();
        let find = |name: &str| {
            let found = self.facts.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| write_value(value))
        };
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.map(|line| fill_words(line, find)).collect()
    }

    fn view_table(&self, table: &MailTable) -> Result<MailTableView, String> {
        let rows = table.rows.iter().map(|row| {
            let cells = row.cells.iter().map(word_cell).collect::<Result<_, _>>()?;
            Ok(MailRowView { cells, href: row.href.clone() })
        });
        Ok(MailTableView {
            title: self.find(&table.title)?,
            columns: self.find_all(&table.columns)?,
            rows: rows.collect::<Result<_, String>>()?,
            more: (table.more > 0).then(|| open_words::<MailWords>().mail_more(table.more)),
        })
    }
}

fn word_cell(fact: &MailFact) -> Result<MailCellView, String> {
    let bar = match fact {
        MailFact::Rate { met, closed } if *closed > 0 => Some(met.saturating_mul(100) / closed),
        _ => None,
    };
    Ok(MailCellView { text: write_value(&word_fact(fact)?), bar })
}

fn write_value(value: &Value<'_>) -> String {
    match value {
        Value::Text(text) => text.clone().into_owned(),
        Value::Number(number) => number.format_in(find_reader().locale),
        Value::Slot(_) => String::new(),
    }
}

fn word_fact(fact: &MailFact) -> Result<Value<'_>, String> {
    let reader = find_reader();
    let dates = Dates::new(reader.locale, reader.zone.clone(), 0);
    Ok(match fact {
        MailFact::Text(text) => text.into(),
        MailFact::Time(ms) => time_text(*ms, reader.zone).into(),
        MailFact::TimeAt { ms, zone } => time_text(*ms, find_zone(zone).unwrap_or(reader.zone)).into(),
        MailFact::Role(role) => open_words::<PageWords>().role_name(role).into(),
        MailFact::Agent(agent) => name_agent(agent).into(),
        MailFact::Count(count) => count.into(),
        MailFact::Tenths(tenths) => Number::from_tenths(*tenths).into(),
        MailFact::Day(day) => dates.numbered_day(*day).into(),
        MailFact::Span(ms) => dates.rough_span(*ms).into(),
        MailFact::Rate { met, closed } => rate_text(WindowTally { met: *met, closed: *closed }).into(),
        MailFact::Money { minor, currency } => format_money(reader.locale, *minor, currency).into(),
        MailFact::Word(key) => find_words(key, &[])?.into(),
    })
}

fn rate_text(tally: WindowTally) -> String {
    let w: PageWords = open_words();
    match tally.rate() {
        Some(rate) => w.rate_percent(Number::from_tenths(i64::from(rate.per_mille()))),
        None => w.rate_no_data(),
    }
}

/// The error is the key of words that this relay does not have.
pub(super) fn render_letter(letter: &MailLetter, frame: MailFrame<'_>) -> Result<MailText, String> {
    let w: MailWords = open_words();
    let facts = letter.facts.iter().map(|(variable, fact)| Ok((variable.as_str(), word_fact(fact)?)));
    let words = LetterWords { facts: facts.collect::<Result<_, String>>()? };
    let (subject, button) = (words.find(&letter.subject_key())?, words.find(&letter.part_key("button"))?);
    let (own, mut hints) = (words.find_all(&letter.lines)?, words.find_all(&letter.hints)?);
    let [subjects, intro, closing] = MailSlot::ALL.map(|slot| words.fill_own(frame.brand, slot));
    let (subject, lines) = (subjects.into_iter().next().unwrap_or(subject), [intro, own].concat());
    let tables: Vec<MailTableView> =
        letter.tables.iter().map(|table| words.view_table(table)).collect::<Result<_, _>>()?;
    hints.push(w.mail_sent_by(frame.host));
    let exit = frame.exit_url.map(|url| (url, w.mail_exit()));
    let page = MailPage {
        lang: w.catalog().locale().html_lang(),
        scheme: frame.scheme.css(),
        sender: frame.brand.map_or(PRODUCT, |brand| brand.name.as_str()),
        accent: frame.brand.and_then(|brand| brand.accent.as_deref()),
        logo_src: frame.brand.and_then(|brand| brand.logo.as_ref()).map(|_| frame.logo_src),
        subject: &subject,
        lines: &lines,
        tables: &tables,
        button: &button,
        link: &letter.link,
        closing: &closing,
        hints: &hints,
        exit,
    };
    // A template writes into memory: what could fail is a value that cannot be shown, and all of these are text.
    let html = page.render().unwrap_or_default();
    let text = page.to_text();
    Ok(MailText { subject, text, html })
}

impl MailPage<'_> {
    fn to_text(&self) -> String {
        let lines = self.lines.iter().cloned();
        let paragraphs = lines.chain(self.tables.iter().map(MailTableView::to_text));
        let paragraphs = paragraphs.chain([format!("{}:\n{}", self.button, self.link)]);
        let exit = self.exit.iter().map(|(url, words)| format!("{words}:\n{url}"));
        let below = self.closing.iter().chain(self.hints).cloned();
        let paragraphs = paragraphs.chain(below).chain(exit);
        paragraphs.map(|paragraph| format!("{paragraph}\n\n")).collect()
    }
}

impl MailTableView {
    /// A row a line, its link below it.
    fn to_text(&self) -> String {
        let rows = self.rows.iter().map(|row| {
            let cells: Vec<&str> = row.cells.iter().map(|cell| cell.text.as_str()).collect();
            let link = row.href.iter().map(|href| format!("\n  {href}")).collect::<String>();
            format!("- {}{link}", cells.join(" · "))
        });
        let head = [self.title.clone(), format!("({})", self.columns.join(" · "))];
        head.into_iter().chain(rows).chain(self.more.clone()).collect::<Vec<_>>().join("\n")
    }
}

/// Minutes in a zone, such as `2026-11-20 14:05 UTC`: a date that nobody reads otherwise.
fn time_text(ms: i64, zone: TimeZone) -> String {
    let time = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    time.to_zoned(zone).strftime("%Y-%m-%d %H:%M %Z").to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::kinds::{FirstStep, sample_letters};
    use super::super::letter::MailTableRow;
    use super::*;
    use crate::wording::{TextReader, word_for};

    /// Rows of tables have what people entered, and links.
    fn is_worded(line: &str) -> bool {
        line.contains(' ') && !line.starts_with([' ', '-'])
    }

    const FRAME: MailFrame<'_> = MailFrame {
        host: "relay.example",
        exit_url: None,
        brand: None,
        logo_src: "cid:logo",
        scheme: MailScheme::OfReader,
    };

    #[test]
    fn each_mail_is_in_the_language_and_zone_of_its_reader() {
        for letter in sample_letters() {
            let word = |reader: TextReader| word_for(reader, || render_letter(&letter, FRAME).unwrap());
            let english = word(TextReader::default());
            let spanish = word(TextReader::of("es-MX", "America/Chicago"));
            assert_ne!(english.subject, spanish.subject, "{letter:?}");
            assert!(spanish.html.contains("<html lang=\"es-MX\" "), "{}", spanish.html);
            assert!(!spanish.text.contains("UTC"), "{}", spanish.text);
            let of_english: Vec<&str> = english.text.lines().collect();
            let alike = spanish.text.lines().filter(|line| is_worded(line) && of_english.contains(line));
            assert_eq!(alike.collect::<Vec<_>>(), [""; 0], "{letter:?}");
            let pseudo = word(TextReader::of("xx", ""));
            let worded = pseudo.text.lines().filter(|line| is_worded(line));
            assert!(
                worded.clone().count() > 1 && worded.clone().all(|line| line.starts_with(['⟦', '('])),
                "{}",
                pseudo.text
            );
        }
    }

    #[test]
    fn text_and_page_say_the_same_and_nothing_is_markup() {
        for letter in sample_letters() {
            let mail = render_letter(&letter, FRAME).unwrap();
            assert!(!mail.subject.is_empty() && !mail.subject.contains(['\r', '\n']), "{letter:?}");
            for of in [&mail.text, &mail.html] {
                assert!(of.contains("https://relay.example/x/S3CRET"), "{of}");
                assert!(of.contains("relay.example"), "{of}");
            }
            assert!(!mail.html.contains("<Health>"), "{}", mail.html);
            assert!(mail.html.len() < 30_000);
        }
    }

    const WORDS: [&str; 4] = [
        include_str!("../../words/en/mail/mail.ftl"),
        include_str!("../../words/en/mail/mail_routine.ftl"),
        include_str!("../../words/en/mail/mail_alerts.ftl"),
        include_str!("../../words/en/mail/mail_billing.ftl"),
    ];

    /// Its words are found by key: one that no mail names would stay for ever.
    #[test]
    fn every_message_is_of_a_mail_and_every_variable_is_filled() {
        let mut unused: BTreeSet<String> = WORDS.iter().flat_map(|file| list_keys(file)).collect();
        for letter in sample_letters() {
            let keys = [letter.subject_key(), letter.part_key("button"), "mail-sent-by".to_owned()];
            let of_tables = letter.tables.iter().flat_map(|table| table.columns.iter().chain([&table.title]));
            for key in keys.iter().chain(&letter.lines).chain(&letter.hints).chain(of_tables) {
                unused.remove(key);
            }
            let MailText { subject, text, html } = render_letter(&letter, FRAME).unwrap();
            assert!(!format!("{subject}{text}{html}").contains("{$"), "{letter:?}: {text}");
        }
        // Those that stand in no mail by itself.
        for key in ["mail-more", "mail-exit", "mail-inspection"] {
            assert!(unused.remove(key), "{key}");
        }
        assert_eq!(unused, BTreeSet::new());
        let kinds: BTreeSet<String> =
            sample_letters().iter().map(|letter| letter.kind().to_owned()).collect();
        let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/mail/kinds")).unwrap();
        let files = folder.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
        let written: usize = files.map(|file| file.matches("Self::new(\"").count()).sum();
        assert_eq!(kinds.len(), written, "each kind has a sample");
        let newer = render_letter(&MailLetter::new("of-a-later-relay", String::new()), FRAME);
        assert_eq!(newer.unwrap_err(), "mail-of-a-later-relay");
    }

    #[test]
    fn facts_are_worded_by_their_reader_and_place() {
        let word = |fact: &MailFact, locale: &str| {
            word_for(TextReader::of(locale, "UTC"), || word_cell(fact).unwrap().text)
        };
        let money = |minor, currency: &str| MailFact::Money { minor, currency: currency.to_owned() };
        for (fact, english, spanish) in [
            (MailFact::Count(12_345), "12,345", "12.345"),
            (MailFact::Tenths(34), "3.4", "3,4"),
            (MailFact::Rate { met: 924, closed: 1_000 }, "92.4%", "92,4\u{a0}%"),
            (MailFact::Rate { met: 0, closed: 0 }, "no data", "sin datos"),
            (MailFact::Day(20_777), "Nov 20, 2026", "20 nov 2026"),
            (MailFact::Span(34 * 3_600_000), "34 h", "34 h"),
            (money(123_456, "usd"), "$1,234.56", "1234,56\u{a0}US$"),
            (money(5_000, "jpy"), "JPY\u{a0}5,000", "5000\u{a0}JPY"),
            (
                MailFact::time_at(1_795_204_920_000, "America/Chicago"),
                "2026-11-20 14:02 CST",
                "2026-11-20 14:02 CST",
            ),
        ] {
            assert_eq!((word(&fact, "en-US"), word(&fact, "es-ES")), (english.into(), spanish.into()));
        }
    }

    #[test]
    fn an_account_has_its_name_colour_picture_and_words_in_its_mails() {
        let words = [
            ("subject", "{ account } needs you <now>"),
            ("intro", "Dear colleagues,\r\n\r\nthis is <b>{account}</b>. { later }"),
            ("closing", "Call 4711."),
        ];
        let brand = MailBrand {
            name: "Linden <Health>".to_owned(),
            accent: Some("#123456".to_owned()),
            logo: Some(vec![1]),
            words: words.map(|(slot, text)| (slot.to_owned(), text.to_owned())).into(),
        };
        let frame = MailFrame { brand: Some(&brand), ..FRAME };
        let letter = MailLetter::onboarding(FirstStep::Record, "Linden", "https://relay.example".to_owned());
        let MailText { subject, text, html } = render_letter(&letter, frame).unwrap();
        assert_eq!(subject, "Linden needs you <now>");
        assert!(text.starts_with("Dear colleagues,\n\nthis is <b>Linden</b>. –\n\nNothing was"), "{text}");
        assert!(text.contains("Call 4711."), "{text}");
        for part in [
            "background:#123456",
            "cid:logo",
            "alt=\"Linden &#60;Health&#62;\"",
            "&#60;b&#62;Linden&#60;/b&#62;",
            "Call 4711.",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        let plain = render_letter(&letter, FRAME).unwrap();
        assert!(plain.html.contains(">CleanTrack<") && !plain.html.contains("<img"), "{}", plain.html);
    }

    #[test]
    fn a_table_shows_so_many_rows_and_says_how_many_more() {
        let row = |n: i64| {
            let cells =
                [MailFact::text("Probe <b>"), MailFact::Count(n), MailFact::Rate { met: 1, closed: 2 }];
            MailTableRow::new(cells).link(format!("https://relay.example/e/{n}"))
        };
        let letter = MailLetter::test(0, "https://relay.example".to_owned());
        let letter = letter.table("what", &["hint", "button", "what"], (0..25).map(row));
        let letter = letter.table("what", &["hint"], []);
        let MailText { text, html, .. } = render_letter(&letter, FRAME).unwrap();
        assert!(
            text.contains("- Probe <b> · 19 · 50.0%\n  https://relay.example/e/19\nAnd 5 more."),
            "{text}"
        );
        assert!(html.contains("Probe &#60;b&#62;</a>") && html.contains("width:50%"), "{html}");
        assert!(html.contains("And 5 more.") && !html.contains("/e/20"), "{html}");
    }

    fn list_keys(file: &str) -> BTreeSet<String> {
        let mut message = "";
        let keys = file.lines().filter_map(|line| {
            let (key, _) = line.split_once(" =")?;
            match key.trim_start().strip_prefix('.') {
                Some(part) => Some(format!("{message}.{part}")),
                None if key.starts_with("mail-") => {
                    message = key;
                    Some(key.to_owned())
                }
                None => None,
            }
        });
        keys.collect()
    }
}
