//! What each mail looks like, with made-up facts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use words::Locale;

use super::brand::MailBrand;
use super::kinds::sample_letters;
use super::render::{MailFrame, MailScheme, MailText, render_letter};
use crate::wording::{TextReader, word_for};

/// A kind of mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailKind {
    pub word: String,
    /// It says one thing or another: how many samples there are.
    pub forms: usize,
    /// What an account's own words may name in braces; `None`: it takes none.
    pub placeholders: Option<Vec<String>>,
}

pub fn list_kinds() -> Vec<MailKind> {
    let mut kinds: Vec<MailKind> = Vec::new();
    for letter in sample_letters() {
        let names = letter.list_placeholders();
        if let Some(known) = kinds.iter_mut().find(|kind| kind.word == letter.kind()) {
            known.forms += 1;
            // Only what every form has.
            known.placeholders.iter_mut().for_each(|known| known.retain(|name| names.contains(name)));
        } else {
            let placeholders = letter.takes_words().then_some(names);
            kinds.push(MailKind { word: letter.kind().to_owned(), forms: 1, placeholders });
        }
    }
    kinds
}

pub fn find_kind(word: &str) -> Option<MailKind> {
    list_kinds().into_iter().find(|kind| kind.word == word)
}

/// Which sample, and how somebody reads it.
#[derive(Debug, Clone, Copy)]
pub struct MailSample<'a> {
    pub kind: &'a str,
    /// From 0.
    pub form: usize,
    pub locale: Locale,
    pub scheme: MailScheme,
    /// Of the relay.
    pub host: &'a str,
}

impl MailSample<'_> {
    /// The mail in words; `None`: there is no such sample.
    pub fn draw(self, brand: Option<&MailBrand>) -> Option<MailText> {
        let letter =
            sample_letters().into_iter().filter(|letter| letter.kind() == self.kind).nth(self.form)?;
        let logo = brand.and_then(|brand| brand.logo.as_ref());
        // A page has no parts as a mail has them: the picture stands in it.
        let logo_src = logo.map(|png| format!("data:image/png;base64,{}", STANDARD.encode(png)));
        let exit_url = letter.topic().map(|_| format!("https://{}/u/…", self.host));
        let frame = MailFrame {
            host: self.host,
            exit_url: exit_url.as_deref(),
            brand,
            logo_src: logo_src.as_deref().unwrap_or_default(),
            scheme: self.scheme,
        };
        word_for(TextReader::of(self.locale.tag(), "UTC"), || render_letter(&letter, frame)).ok()
    }
}
