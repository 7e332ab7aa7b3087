//! Own fields of a category, as they are entered one a line: `Bed side | choice | left, right | required`.

use record::kinds::{CategoryField, FieldType};
use words::{Language, Locale, WordSet as _};

use crate::web::entered_lines::write_lines;
use crate::web::words::RegisterWords;

fn word_type(w: RegisterWords, field_type: &FieldType) -> String {
    match field_type {
        FieldType::Text => w.categories_type_text(),
        FieldType::Number => w.categories_type_number(),
        FieldType::Date => w.categories_type_date(),
        FieldType::Choice => w.categories_type_choice(),
        FieldType::Yes => w.categories_type_yes(),
        FieldType::Other(_) => field_type.as_str().to_owned(),
    }
}

/// As in the log, in the language of the page or in another one: a line may come from somebody else's list.
fn list_languages(w: RegisterWords) -> impl Iterator<Item = RegisterWords> {
    let others = Language::ALL.into_iter().map(|language| Locale::EnUs.in_language(language));
    [w].into_iter().chain(others.map(RegisterWords::in_locale))
}

fn fold_word(word: &str) -> String {
    let accents = [('á', 'a'), ('é', 'e'), ('í', 'i'), ('ó', 'o'), ('ú', 'u')];
    let letter =
        |c: char| accents.iter().find(|(accented, _)| *accented == c).map_or(c, |(_, letter)| *letter);
    word.to_lowercase().chars().map(letter).collect()
}

fn read_type(w: RegisterWords, word: &str) -> Option<FieldType> {
    let is_word = |w: RegisterWords, of: &FieldType| fold_word(&word_type(w, of)) == fold_word(word);
    let known = list_languages(w).find_map(|w| FieldType::ALL.iter().find(|of| is_word(w, of)));
    known.cloned().or_else(|| word.parse().ok())
}

fn is_required(w: RegisterWords, word: &str) -> bool {
    list_languages(w).any(|w| fold_word(&w.categories_required()) == fold_word(word))
}

pub(super) fn write_fields(w: RegisterWords, fields: &[CategoryField]) -> String {
    let lines: Vec<[String; 5]> = fields
        .iter()
        .map(|field| {
            [
                field.label.clone(),
                word_type(w, &field.field_type),
                field.choices.join(", "),
                if field.required { w.categories_required() } else { String::new() },
                if field.key == field.label { String::new() } else { field.key.clone() },
            ]
        })
        .collect();
    write_lines(lines.iter().map(|parts| parts.iter().map(String::as_str)))
}

/// A line read again; `None` where it means something else.
pub(super) fn read_field(w: RegisterWords, mut parts: Vec<String>) -> Option<CategoryField> {
    if parts.len() > 5 {
        return None;
    }
    parts.resize(5, String::new());
    let [label, kind, choices, required, key] = <[String; 5]>::try_from(parts).ok()?;
    let field_type = if kind.is_empty() { FieldType::Text } else { read_type(w, &kind)? };
    if !required.is_empty() && !is_required(w, &required) {
        return None;
    }
    let choices = choices.split(',').map(str::trim).filter(|choice| !choice.is_empty());
    let choices = choices.map(str::to_owned).collect();
    let key = if key.is_empty() { label.clone() } else { key };
    Some(CategoryField { key, label, field_type, choices, required: !required.is_empty() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::entered_lines::read_lines;

    fn read(locale: Locale, text: &str) -> Vec<CategoryField> {
        let w = RegisterWords::in_locale(locale);
        read_lines(text).into_iter().map(|parts| read_field(w, parts).unwrap()).collect()
    }

    const ENGLISH: &str = "Side | choice | left, right | required\nWeight | number\nChecked | date\nLatex free | yes\n\
                           Centre | text |  |  | cost";
    const SPANISH: &str = "Side | opción | left, right | obligatorio\nWeight | número\nChecked | fecha\nLatex free | sí\n\
                           Centre | texto |  |  | cost";

    #[test]
    fn the_same_fields_are_written_and_read_in_each_language() {
        let fields = read(Locale::EnUs, ENGLISH);
        assert_eq!(fields.iter().filter(|field| field.required).count(), 1);
        for (locale, text) in [(Locale::EnUs, ENGLISH), (Locale::EsMx, SPANISH)] {
            assert_eq!(write_fields(RegisterWords::in_locale(locale), &fields), text);
        }
        for locale in Locale::ALL {
            let own = write_fields(RegisterWords::in_locale(locale), &fields);
            let hasty = "side | OPCION | left, right | Obligatorio";
            for text in [ENGLISH, SPANISH, &own] {
                assert_eq!(read(locale, text), fields, "{text}");
            }
            assert_eq!(read(locale, hasty)[0].field_type, FieldType::Choice);
        }
    }

    #[test]
    fn other_words_are_none() {
        let w = RegisterWords::in_locale(Locale::EsUs);
        let one = |text: &str| read_field(w, read_lines(text).remove(0));
        assert_eq!(one("Side | text |  | quizá"), None);
        assert_eq!(one("a | text | | | b | c"), None);
        assert_eq!(one("Side | color").map(|field| field.field_type), "color".parse().ok());
        assert_eq!(one("Side").map(|field| field.field_type), Some(FieldType::Text));
    }
}
