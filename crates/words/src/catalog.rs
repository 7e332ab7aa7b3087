//! Messages of one area in one locale, made when they are first needed, and the sets of them that pages are drawn from.

use std::fmt;
use std::sync::{Arc, OnceLock};

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use fluent_syntax::ast::{Expression, InlineExpression, Pattern, PatternElement};

use crate::locale::{Language, Locale};
use crate::negotiate::LocalePreferences;
use crate::pseudo::{PSEUDO_CLOSE, PSEUDO_OPEN, stretch_words};
use crate::value::{Value, number_writer};

pub struct Catalog {
    locale: Locale,
    bundle: FluentBundle<Arc<FluentResource>>,
}

impl Catalog {
    fn new(locale: Locale, messages: Arc<FluentResource>) -> Self {
        // Only the plural rules use this tag; they are those of the language.
        let plural_rules = locale.language().code().parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![plural_rules]);
        // Isolation characters are for right-to-left languages; they would be copied along with every tag and
        // name.
        bundle.set_use_isolating(false);
        bundle.set_formatter(Some(number_writer(locale)));
        bundle.set_transform((locale == Locale::Pseudo).then_some(stretch_words));
        bundle.add_resource_overriding(messages);
        // `NUMBER` alone; it fails only where it is there already.
        let _ = bundle.add_builtins();
        Self { locale, bundle }
    }

    pub fn locale(&self) -> Locale {
        self.locale
    }

    /// Whether there is a message of this key (`page-words`), or an attribute of one (`page-words.hint`).
    pub fn has_message(&self, key: &str) -> bool {
        self.find_pattern(key).is_some()
    }

    /// Plain text, not escaped for HTML. A missing key is its own text, and so is a missing variable, in
    /// braces; neither happens to generated functions.
    pub fn format(&self, key: &str, values: &[(&str, Value<'_>)]) -> String {
        self.bracket_pseudo(self.format_inner(key, values))
    }

    /// A message without variables, which its generated function has in each language: a page has dozens, and
    /// none of them is looked up.
    pub fn show_plain(&self, key: &str, texts: [&'static str; Language::ALL.len()]) -> String {
        match self.locale {
            Locale::Pseudo => self.format(key, &[]),
            _ => texts[self.locale.language() as usize].to_owned(),
        }
    }

    /// For a message that becomes part of another.
    pub(crate) fn format_inner(&self, key: &str, values: &[(&str, Value<'_>)]) -> String {
        let Some(pattern) = self.find_pattern(key) else { return key.to_owned() };
        self.join_plain(pattern, values).unwrap_or_else(|| self.resolve_pattern(pattern, values))
    }

    fn resolve_pattern(&self, pattern: &Pattern<&str>, values: &[(&str, Value<'_>)]) -> String {
        let arguments: FluentArgs<'_> =
            values.iter().map(|(variable, value)| (*variable, value.to_fluent())).collect();
        let mut text = String::new();
        // A string takes everything, and errors are part of the text.
        let _ = self.bundle.write_pattern(&mut text, pattern, Some(&arguments), &mut Vec::new());
        text
    }

    /// A message of words and variables alone, which most are: the bundle, which could also choose among
    /// variants, takes several times as long. `None` where the bundle is needed.
    fn join_plain(&self, pattern: &Pattern<&str>, values: &[(&str, Value<'_>)]) -> Option<String> {
        if self.locale == Locale::Pseudo {
            return None;
        }
        let mut text = String::new();
        for element in &pattern.elements {
            match element {
                PatternElement::TextElement { value } => text.push_str(value),
                PatternElement::Placeable {
                    expression: Expression::Inline(InlineExpression::VariableReference { id }),
                } => {
                    let (_, value) = values.iter().find(|(variable, _)| *variable == id.name)?;
                    value.push_to(&mut text, self.locale);
                }
                PatternElement::Placeable { .. } => return None,
            }
        }
        Some(text)
    }

    pub(crate) fn bracket_pseudo(&self, text: String) -> String {
        if self.locale == Locale::Pseudo { format!("{PSEUDO_OPEN}{text}{PSEUDO_CLOSE}") } else { text }
    }

    fn find_pattern(&self, key: &str) -> Option<&Pattern<&str>> {
        match key.split_once('.') {
            None => self.bundle.get_message(key)?.value(),
            Some((key, attribute)) => Some(self.bundle.get_message(key)?.get_attribute(attribute)?.value()),
        }
    }
}

impl fmt::Debug for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Catalog").field("locale", &self.locale).finish_non_exhaustive()
    }
}

impl fmt::Debug for WordArea {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WordArea").finish_non_exhaustive()
    }
}

pub struct WordArea {
    texts: &'static [(Language, &'static str)],
    parsed: [OnceLock<Arc<FluentResource>>; Language::ALL.len()],
    catalogs: [OnceLock<Catalog>; Locale::ALL.len()],
}

impl WordArea {
    pub const fn new(texts: &'static [(Language, &'static str)]) -> Self {
        Self {
            texts,
            parsed: [const { OnceLock::new() }; Language::ALL.len()],
            catalogs: [const { OnceLock::new() }; Locale::ALL.len()],
        }
    }

    /// Whether its messages are written in a language; in English they are.
    pub fn has_language(&self, language: Language) -> bool {
        self.texts.iter().any(|(of, _)| *of == language)
    }

    /// The nearest English locale's where the area has not got the language.
    pub fn catalog(&'static self, locale: Locale) -> &'static Catalog {
        let locale = locale.or_english(|language| self.has_language(language));
        self.catalogs[locale as usize].get_or_init(|| Catalog::new(locale, self.messages(locale.language())))
    }

    fn messages(&self, language: Language) -> Arc<FluentResource> {
        let parse = || {
            let text = self.texts.iter().find(|(of, _)| *of == language).map_or("", |(_, text)| text);
            // The generator has parsed it before: nothing is left out.
            Arc::new(FluentResource::try_new(text.to_owned()).unwrap_or_else(|(parsed, _)| parsed))
        };
        Arc::clone(self.parsed[language as usize].get_or_init(parse))
    }
}

/// The words of one area, or of several in a tuple. All are in one language: a page without Spanish is
/// English whole, never mixed.
pub trait WordSet: Copy {
    /// Whether every one of its areas is written in a language.
    fn has_language(language: Language) -> bool;

    #[doc(hidden)]
    fn open_areas(locale: Locale) -> Self;

    /// In this locale where all of it is written in its language, otherwise in the nearest English one.
    fn in_locale(locale: Locale) -> Self {
        Self::open_areas(locale.or_english(Self::has_language))
    }

    /// In the reader's most preferred language of those in which all of it is written.
    fn in_best_of(preferences: &LocalePreferences) -> Self {
        Self::open_areas(preferences.best_locale(Self::has_language))
    }
}

macro_rules! word_sets {
    ($($area:ident)+) => {
        impl<$($area: WordSet),+> WordSet for ($($area,)+) {
            fn has_language(language: Language) -> bool {
                $($area::has_language(language))&&+
            }

            fn open_areas(locale: Locale) -> Self {
                ($($area::open_areas(locale),)+)
            }
        }
    };
}
word_sets!(A B);
word_sets!(A B C);
word_sets!(A B C D);
word_sets!(A B C D E);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::slots::S1;
    use crate::value::Number;

    static AREA: WordArea = WordArea::new(&[(
        Language::English,
        "plain = Clean
two = { $count } of { $name }: { $slot },
    and { $count } again
chosen = { $count ->
    [one] { $count } item
   *[other] { $count } items
}
quoted = A brace: { \"{\" }
",
    )]);

    #[test]
    fn only_what_chooses_needs_the_bundle() {
        let values = [("count", Value::from(1_u8))];
        for (key, text) in [("plain", Some("Clean")), ("two", None), ("chosen", None), ("quoted", None)] {
            let catalog = AREA.catalog(Locale::EnUs);
            let pattern = catalog.find_pattern(key).unwrap();
            assert_eq!(catalog.join_plain(pattern, &values).as_deref(), text, "{key}");
        }
        assert_eq!(AREA.catalog(Locale::EnUs).format("chosen", &values), "1 item");
        assert_eq!(AREA.catalog(Locale::EnUs).format("quoted", &[]), "A brace: {");
        assert_eq!(AREA.catalog(Locale::EnUs).format("two", &values), "1 of {$name}: {$slot},\nand 1 again");
    }

    proptest! {
        #[test]
        fn joined_messages_read_as_resolved_ones(count in any::<i32>(), tenths in any::<i32>(), name in "\\PC{0,9}") {
            for count in [Number::from(count), Number::from(count % 1_100), Number::from_tenths(tenths.into())] {
                let values = [("count", Value::from(count)), ("name", Value::from(name.as_str())), ("slot", Value::from(S1))];
                for locale in [Locale::EnUs, Locale::EnGb, Locale::EsMx, Locale::EsEs] {
                    let catalog = Catalog::new(locale, AREA.messages(Language::English));
                    let pattern = catalog.find_pattern("two").unwrap();
                    let joined = catalog.join_plain(pattern, &values);
                    prop_assert_eq!(joined, Some(catalog.resolve_pattern(pattern, &values)));
                }
            }
        }
    }
}
