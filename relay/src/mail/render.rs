//! A letter in words: subject, text and page, with the same facts in both.

use askama::Template;
use words::{Catalog, Value};

use super::letter::{MailFact, MailLetter};
use crate::wording::{MailWords, PageWords, find_reader, name_agent, open_words};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MailText {
    pub(super) subject: String,
    /// Plain, lines of any length.
    pub(super) text: String,
    pub(super) html: String,
}

#[derive(Template)]
#[template(path = "mail.html")]
struct MailPage<'a> {
    lang: &'static str,
    subject: &'a str,
    lines: &'a [String],
    button: &'a str,
    link: &'a str,
    hints: &'a [String],
}

/// The words of a mail in one language.
struct LetterWords<'a> {
    words: &'a Catalog,
    facts: Vec<(&'a str, Value<'a>)>,
}

impl LetterWords<'_> {
    /// # Errors
    /// The key, where this relay has no words for it: a newer one stored the mail.
    fn find(&self, key: &str) -> Result<String, String> {
        if self.words.has_message(key) {
            Ok(self.words.format(key, &self.facts))
        } else {
            Err(key.to_owned())
        }
    }

    fn find_all(&self, keys: &[String]) -> Result<Vec<String>, String> {
        keys.iter().map(|key| self.find(key)).collect()
    }
}

fn word_fact(fact: &MailFact) -> Value<'_> {
    match fact {
        MailFact::Text(text) => text.into(),
        MailFact::Time(ms) => time_text(*ms).into(),
        MailFact::Role(role) => open_words::<PageWords>().role_name(role).into(),
        MailFact::Agent(agent) => name_agent(agent).into(),
    }
}

/// `host`: of the relay that sends. The error is the key of words that this relay does not have.
pub(super) fn render_letter(letter: &MailLetter, host: &str) -> Result<MailText, String> {
    let w: MailWords = open_words();
    let facts = letter.facts.iter().map(|(variable, fact)| (variable.as_str(), word_fact(fact)));
    let words = LetterWords { words: w.catalog(), facts: facts.collect() };
    let (subject, button) = (words.find(&letter.subject_key())?, words.find(&letter.part_key("button"))?);
    let (lines, mut hints) = (words.find_all(&letter.lines)?, words.find_all(&letter.hints)?);
    hints.push(w.mail_sent_by(host));
    let (lang, link) = (w.catalog().locale().html_lang(), letter.link.as_str());
    let page = MailPage { lang, subject: &subject, lines: &lines, button: &button, link, hints: &hints };
    // A template writes into memory: what could fail is a value that cannot be shown, and all of these are text.
    let html = page.render().unwrap_or_default();
    let paragraphs = lines.iter().cloned().chain([format!("{button}:\n{link}")]).chain(hints.iter().cloned());
    let text = paragraphs.map(|paragraph| format!("{paragraph}\n\n")).collect();
    Ok(MailText { subject, text, html })
}

/// Minutes in the reader's zone, such as `2026-11-20 14:05 UTC`: a date that nobody reads otherwise.
fn time_text(ms: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    time.to_zoned(find_reader().zone).strftime("%Y-%m-%d %H:%M %Z").to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::kinds::sample_letters;
    use super::*;
    use crate::wording::{TextReader, word_for};

    const HOST: &str = "relay.example";

    #[test]
    fn each_mail_is_in_the_language_and_zone_of_its_reader() {
        for letter in sample_letters() {
            let word = |reader: TextReader| word_for(reader, || render_letter(&letter, HOST).unwrap());
            let english = word(TextReader::default());
            let spanish = word(TextReader::of("es-MX", "America/Chicago"));
            assert_ne!(english.subject, spanish.subject, "{letter:?}");
            assert!(spanish.html.contains("<html lang=\"es-MX\">"), "{}", spanish.html);
            assert!(!spanish.text.contains("UTC"), "{}", spanish.text);
            let of_english: Vec<&str> = english.text.lines().collect();
            let alike = spanish.text.lines().filter(|line| line.contains(' ') && of_english.contains(line));
            assert_eq!(alike.collect::<Vec<_>>(), [""; 0], "{letter:?}");
            let pseudo = word(TextReader::of("xx", ""));
            let worded = pseudo.text.lines().filter(|line| line.contains(' '));
            assert!(
                worded.clone().count() > 1 && worded.clone().all(|line| line.starts_with('⟦')),
                "{}",
                pseudo.text
            );
        }
    }

    #[test]
    fn text_and_page_say_the_same_and_nothing_is_markup() {
        for letter in sample_letters() {
            let mail = render_letter(&letter, HOST).unwrap();
            assert!(!mail.subject.is_empty() && !mail.subject.contains(['\r', '\n']), "{letter:?}");
            for of in [&mail.text, &mail.html] {
                assert!(of.contains("https://relay.example/x/S3CRET"), "{of}");
                assert!(of.contains("relay.example"), "{of}");
            }
            assert!(!mail.html.contains("<Health>"), "{}", mail.html);
            assert!(mail.html.len() < 30_000);
        }
    }

    /// Its words are found by key: one that no mail names would stay for ever.
    #[test]
    fn every_message_is_of_a_mail_and_every_variable_is_filled() {
        let mut unused: BTreeSet<String> = list_keys(include_str!("../../words/en/mail.ftl"));
        for letter in sample_letters() {
            let keys = [letter.subject_key(), letter.part_key("button"), "mail-sent-by".to_owned()];
            for key in keys.iter().chain(&letter.lines).chain(&letter.hints) {
                unused.remove(key);
            }
            let MailText { subject, text, html } = render_letter(&letter, HOST).unwrap();
            assert!(!format!("{subject}{text}{html}").contains("{$"), "{letter:?}: {text}");
        }
        assert_eq!(unused, BTreeSet::new());
        let kinds: BTreeSet<String> =
            sample_letters().iter().map(|letter| letter.kind().to_owned()).collect();
        let written = include_str!("kinds.rs").matches("Self::new(\"").count();
        assert_eq!(kinds.len(), written, "each kind has a sample");
        let newer = render_letter(&MailLetter::new("of-a-later-relay", String::new()), HOST);
        assert_eq!(newer.unwrap_err(), "mail-of-a-later-relay");
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
