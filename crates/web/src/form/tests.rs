//! A form of four kinds of fields, drawn, read and compared.

use words::{Catalog, Language, Locale, WordArea};

use super::*;
use crate::argument::{FormFields, PlainForm};

static WORDS: WordArea = WordArea::new(&[(
    Language::English,
    "form-needed = Fill in { $field }
form-too-long = { $field } is longer than { $max }
form-character = { $field } has U+{ $code }
form-number = { $field } is no number
form-range = { $field } is { $min } to { $max }
form-option = { $field } is not on the list
form-altered = Altered
form-yes = Yes
form-no = No
form-empty = (nothing)
form-pump-what = What is it?
form-pump-name = Name
    .hint = As people call it
    .needed = Say what it is called
form-pump-serial-number = Serial number
form-pump-minutes = Minutes
form-pump-class = Class
form-pump-class-very-high = Very high
form-pump-class-low = Low
form-pump-ward = Ward
form-pump-mute = Mute
",
)]);

static PUMP: FormDefinition = FormDefinition {
    name: "pump",
    sections: &[
        FormSection::titled(
            "what",
            &[FormField::line("name", 8).required(), FormField::line("serial_number", 4)],
        ),
        FormSection::plain(&[
            FormField::whole("minutes", 0, 60),
            FormField::choice("class", &["very_high", "low"]),
            FormField::pick("ward"),
            FormField::tick("mute"),
        ]),
    ],
};

static NETWORK: FormDefinition = FormDefinition {
    name: "network",
    sections: &[FormSection::plain(&[FormField::exact_line("key", 8), FormField::line("place", 8)])],
};

fn catalog() -> &'static Catalog {
    WORDS.catalog(Locale::EnUs)
}

fn painter() -> FormPainter<'static> {
    let wards = vec![FormOption::new("1", "Ward <1>"), FormOption::new("2", "Ward 2")];
    FormPainter { picks: vec![("ward", wards)], ..FormPainter::new(&PUMP, catalog()) }
}

fn read(body: &str) -> FormValues {
    FormValues::read(&PUMP, &FormFields::parse_urlencoded::<PlainForm>(body.as_bytes()).unwrap())
}

#[test]
fn every_key_has_words() {
    for key in PUMP.message_keys().iter().map(String::as_str).chain(GENERAL_KEYS) {
        assert!(catalog().has_message(key), "{key}");
    }
    assert!(PUMP.message_keys().contains(&"form-pump-class-very-high".to_owned()));
}

#[test]
fn all_that_is_wrong_is_said_at_once_and_what_was_entered_stays() {
    let values = read("name=+&serial_number=12345&minutes=61&class=high&mute=on");
    let errors = values.errors(catalog());
    let worded: Vec<(&str, &str)> = errors.iter().map(|e| (e.at.as_str(), e.words.as_str())).collect();
    assert_eq!(
        worded,
        [
            ("name", "Say what it is called"),
            ("serial_number", "Serial number is longer than 4"),
            ("minutes", "Minutes is 0 to 60"),
            ("class", "Class is not on the list"),
        ]
    );
    let html: String =
        painter().draw(&values, &errors).unwrap().into_iter().map(|section| section.html).collect();
    for part in [
        "value=\"12345\" autocomplete=\"off\" aria-describedby=\"serial_number-e\" aria-invalid=\"true\"",
        "<p class=\"err\" id=\"name-e\">Say what it is called</p>",
        "value=\"61\"",
        "<span class=\"hint\">As people call it</span>",
        "name=\"mute\" value=\"1\" checked",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
}

#[test]
fn hostile_values_are_refused_in_their_own_field() {
    for (body, cause) in [
        ("name=", FieldCause::Needed),
        ("name=%E2%80%83", FieldCause::Needed),
        ("name=%E2%80%8B+%EF%BB%BF", FieldCause::Needed),
        ("name=123456789", FieldCause::TooLong { chars_max: 8 }),
        ("name=a%00b", FieldCause::Character { code: 0 }),
        ("name=a%0Ab", FieldCause::Character { code: 0x0a }),
        ("name=a%E2%80%AEb", FieldCause::Character { code: 0x202e }),
    ] {
        assert_eq!(read(body).faults(), [FieldFault { field: "name", cause }], "{body}");
    }
    for minutes in ["x", "-1", "1.5", "99999999999999999999"] {
        let fault = FieldFault { field: "minutes", cause: FieldCause::NotWhole };
        assert_eq!(read(&format!("name=a&minutes={minutes}")).faults(), [fault], "{minutes}");
    }
    assert_eq!(read("name=+Pump+1+&minutes=60&class=low").faults(), []);
}

fn read_network(body: &str) -> FormValues {
    FormValues::read(&NETWORK, &FormFields::parse_urlencoded::<PlainForm>(body.as_bytes()).unwrap())
}

#[test]
fn blanks_around_a_line_stay_where_they_are_a_part_of_it() {
    let values = read_network("key=+a+b++&place=+a+b++");
    assert_eq!((values.text("key"), values.text("place")), (" a b  ", "a b"));
    assert_eq!(values.faults(), []);
    assert_eq!(read_network("key=+++").text("key"), "");
    let fault = FieldFault { field: "key", cause: FieldCause::TooLong { chars_max: 8 } };
    assert_eq!(read_network("key=12345678+").faults(), [fault]);
}

#[test]
fn lists_are_escaped_and_a_hidden_field_is_carried_along() {
    let values = read("name=%3Cb%3E&ward=1&class=low");
    let hidden = FormPainter { hidden: vec!["class"], ..painter() };
    let sections = hidden.draw(&values, &[]).unwrap();
    assert_eq!((sections[0].title.as_str(), sections[1].title.as_str()), ("What is it?", ""));
    let html = &sections[1].html;
    assert!(sections[0].html.contains("value=\"&#60;b&#62;\""), "{}", sections[0].html);
    assert!(html.contains("<option value=\"1\" selected>Ward &#60;1&#62;</option>"), "{html}");
    assert!(html.contains("<input type=\"hidden\" name=\"class\" value=\"low\">"), "{html}");
    assert!(!html.contains("checked"), "{html}");
}

#[test]
fn what_two_people_made_of_it_stands_side_by_side() {
    let theirs = FormValues::empty(&PUMP).with("name", "Pump 1").with("ward", "1").with_tick("mute", true);
    let yours = read("name=Pump+1&ward=2&serial_number=9");
    let rows = painter().conflicts(&theirs, &yours);
    let shown: Vec<_> =
        rows.iter().map(|row| (row.name, row.theirs.words.as_str(), row.yours.words.as_str())).collect();
    assert_eq!(
        shown,
        [("serial_number", "(nothing)", "9"), ("ward", "Ward <1>", "Ward 2"), ("mute", "Yes", "No")]
    );
    assert_eq!((rows[2].theirs.value.as_str(), rows[2].yours.value.as_str()), ("1", ""));
    assert_eq!(painter().conflicts(&theirs, &theirs.clone()), []);
}

fn read_seen_of(body: &str) -> Result<Option<u32>, (&'static str, FieldCause)> {
    let fields = FormFields::parse_urlencoded::<PlainForm>(body.as_bytes()).unwrap();
    read_seen::<u32>(&fields).map_err(|fault| (fault.field, fault.cause))
}

#[test]
fn seen_is_a_version_or_altered() {
    assert_eq!((read_seen_of("name=a"), read_seen_of("seen=7")), (Ok(None), Ok(Some(7))));
    for altered in ["seen=", "seen=x"] {
        assert_eq!(read_seen_of(altered), Err((SEEN_FIELD, FieldCause::Altered)));
    }
}
