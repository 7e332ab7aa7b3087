//! Files that parse and files that do not: each refusal names its line.

use proptest::prelude::*;

use super::*;
use crate::fields::Fields;
use crate::raster::dpi::Dpi;
use crate::raster::text::Typesetter;

const HEAD: &str = "name = 'mine'\ntitle = 'Mine'\nwidth_mm = 50\nheight_mm = 30\n";

fn parse(body: &str) -> Result<Template, TemplateError> {
    Template::parse(format!("{HEAD}{body}").as_bytes())
}

fn text(x: &str, y: &str, width: &str, height: &str) -> String {
    format!("[[text]]\nx = {x}\ny = {y}\nwidth = {width}\nheight = {height}\nsize = 9\ntext = 'a'\n")
}

fn check(body: &str, line: usize, says: &str) {
    let refusal = parse(body).unwrap_err();
    let message = refusal.to_string();
    assert!(refusal.line == Some(line) && message.contains(says), "{body}\n{:?} {message}", refusal.line);
}

#[test]
fn built_in_templates_parse_and_have_their_names() {
    for file in builtin::files() {
        Template::parse(file.as_bytes()).unwrap_or_else(|e| panic!("{e}\n{file}"));
    }
    let names: Vec<&str> = builtin_templates().iter().map(|t| t.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "equipment",
            "equipment-62x29",
            "equipment-66x25",
            "equipment-47x22",
            "micro",
            "micro-scanner",
            "blank-tag",
            "blank-tag-62x29",
            "blank-tag-47x22",
            "cable-flag",
            "protocol-card",
            "load-sticker",
            "clean-until",
            "out-of-service",
            "loaner-until",
            "badge",
            "receipt"
        ]
    );
    for name in &names {
        let template = Template::parse(builtin_file(name).unwrap().as_bytes()).unwrap();
        assert_eq!(Some(&template), find_builtin(name));
    }
    assert_eq!(builtin_file("poster"), None);
    let with_logo = builtin_templates().iter().filter(|t| t.shows_logo()).map(|t| t.name.as_str());
    assert_eq!(with_logo.collect::<Vec<_>>(), ["protocol-card", "badge"]);
    assert_eq!(find_builtin("micro").unwrap().fields(), [Field::Url, Field::Tag, Field::Position]);
    assert_eq!(find_builtin("equipment").unwrap().size(), "61.0 × 30.5 mm");
}

#[test]
fn sizes_that_are_none() {
    for bad in ["-1", "0", "nan", "inf", "1e9", "-0.001"] {
        check(&text("1", "1", bad, "5"), 5, "key: \"width\"");
    }
    for bad in ["-1", "nan", "-inf", "1e9"] {
        check(&text(bad, "1", "5", "5"), 5, "key: \"x\"");
        check(&text("1", bad, "5", "5"), 5, "key: \"y\"");
    }
    for bad in ["-4", "0", "1e12", "nan"] {
        let head = format!("name='a'\ntitle='b'\nwidth_mm={bad}\nheight_mm=10\n");
        let message = Template::parse(head.as_bytes()).unwrap_err().to_string();
        assert!(message.contains("key: \"width_mm\""), "{message}");
    }
    check(
        &text("1", "1", "9", "9").replace("size = 9", "size = 9\nsize_min = 10"),
        5,
        "key: \"size_min\", value: 10.0",
    );
    check(&text("1", "1", "9", "9").replace("size = 9", "size = 900"), 5, "key: \"size\", value: 900.0");
    check(
        &text("1", "1", "9", "9").replace("size = 9", "size = 9\nlines = 0"),
        5,
        "key: \"lines\", value: 0.0",
    );
    let endless = Template::parse(HEAD.replace("30", "'endless'").as_bytes()).unwrap_err().to_string();
    assert!(endless.contains("Height(\"endless\")"), "{endless}");
}

#[test]
fn off_the_label_and_on_top_of_each_other() {
    check(&text("45", "1", "9", "5"), 5, "over_mm: 4.0, edge: \"right\", width_mm: 50.0, height: Mm(30.0)");
    check(&text("1", "28", "9", "5"), 5, "over_mm: 3.0, edge: \"lower\"");
    let two = text("1", "1", "9", "5") + &text("9", "5", "9", "5");
    check(&two, 12, "Overlap { what: \"text\", other: \"text\", other_line: 5 }");
    assert!(parse(&(text("1", "1", "9", "5") + &text("10", "1", "9", "5"))).is_ok(), "side by side");
    let frame = "[[box]]\nx = 0\ny = 0\nwidth = 20\nheight = 10\nthickness = 0.5\n";
    assert!(parse(&(frame.to_owned() + &text("1", "1", "9", "5"))).is_ok(), "in a box");
    check(&(frame.to_owned() + &text("0.2", "1", "9", "5")), 11, "other: \"box\", other_line: 5");
    check(
        &(frame.replace("thickness = 0.5", "filled = true") + &text("1", "1", "9", "5")),
        11,
        "other: \"box\"",
    );
}

#[test]
fn unknown_keys_and_fields() {
    check("[[text]]\nx = 1\ncolour = 'red'\n", 7, "colour");
    check("[[picture]]\nx = 1\n", 5, "picture");
    check(&text("1", "1", "9", "5").replace("'a'", "'{colour}'"), 5, "UnknownField(\"colour\")");
    check(&text("1", "1", "9", "5").replace("'a'", "'{name'"), 5, "Brace(");
    check(&text("1", "1", "9", "5").replace("'a'", "'name}'"), 5, "Brace(");
    check(&text("1", "1", "9", "5").replace("'a'", &format!("'{}'", "a".repeat(301))), 5, "301");
    check(&text("1", "1", "9", "5").replace("'a'", "'{steps}'\ncut = true"), 5, "CutSteps");
    check("[[column]]\nx = 1\ny = 1\nwidth = 9\nheight = 9\n", 5, "EmptyColumn");
    check("[[column]]\nx = 1\ny = 1\nwidth = 9\n[[column.text]]\nsize = 9\ntext = 'a'\n", 5, "Growing(");
    check(
        "[[column]]\nx = 1\ny = 1\nwidth = 9\nheight = 9\nbeside_code = true\n[[column.text]]\nsize = 9\ntext = 'a'\n",
        5,
        "BesideNothing",
    );
    check(
        "[[column]]\nx = 1\ny = 1\nwidth = 9\nheight = 9\n[[column.text]]\nsize = 1\ntext = 'a'\n",
        10,
        "key: \"size\", value: 1.0",
    );
    check("[[code]]\nx = 1\ny = 1\nwidth = 9\nheight = 9\nkind = 'aztec'\n", 10, "aztec");
    check("[[text]\n", 5, "");
}

fn refusal_of(bytes: &[u8]) -> TemplateFault {
    Template::parse(bytes).unwrap_err().why
}

#[test]
fn too_much_of_it() {
    assert_eq!(refusal_of(&vec![b' '; BYTES_MAX + 1]), TemplateFault::TooLong(BYTES_MAX + 1));
    assert_eq!(refusal_of(b"name = '\xff'"), TemplateFault::NotText);
    let many = text("1", "1", "9", "5").repeat(65);
    assert_eq!(parse(&many).unwrap_err().why, TemplateFault::TooManyElements(65));
    assert!(matches!(refusal_of(HEAD.replace("mine", "a b").as_bytes()), TemplateFault::Name(_)));
    let two_lines = "name='a'\ntitle=\"b\\nc\"\nwidth_mm=50\nheight_mm=30\n";
    assert_eq!(refusal_of(two_lines.as_bytes()), TemplateFault::Title);
    let nested = format!("{HEAD}a = {}", "[".repeat(20_000));
    assert!(matches!(refusal_of(nested.as_bytes()), TemplateFault::Toml(_)));
}

fn literal_part(s: &str) -> PatternPart {
    PatternPart::Literal(s.to_owned())
}

#[test]
fn words_are_parted() {
    let words = TextPattern::parse("Lot { load_lot }, {date}").unwrap();
    assert_eq!(
        words.0,
        [
            literal_part("Lot "),
            PatternPart::Field(Field::LoadLot),
            literal_part(", "),
            PatternPart::Field(Field::Date)
        ]
    );
}

fn survive(file: &[u8]) {
    if let Ok(template) = Template::parse(file) {
        let mut t = Typesetter::new().unwrap();
        let long = "Přístroj 14 ".repeat(40);
        for name in ["", "Pump 14", long.as_str()] {
            let fields = Field::ALL.iter().fold(Fields::new(), |f, field| f.with(*field, name));
            let fields = fields.with(Field::Url, "http://a.example/7QK3M9X2W").with(Field::Tag, "7QK3M9X2W");
            if let Ok(drawing) = crate::layout::lay_out_label(&t, &template, &fields, None, Dpi::D203) {
                let label = drawing.bitmap(&mut t);
                assert!(label.width() == drawing.width && label.height() == drawing.height);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(file in proptest::collection::vec(any::<u8>(), 0..400)) {
        survive(&file);
    }

    #[test]
    fn mutated_built_in_templates(
        which in 0usize..20, at in 0usize..6_000, byte: u8, cut in proptest::option::of(0usize..6_000),
        number in proptest::option::of(prop_oneof![Just("-1"), Just("0"), Just("nan"), Just("1e308"), Just("0.1"), Just("320"), Just("200"), Just("64")]),
        line in 0usize..200,
    ) {
        let files = builtin::files();
        let mut file = files[which % files.len()].as_bytes().to_vec();
        if let Some(number) = number {
            // One line's value becomes a strange number.
            let text = String::from_utf8(file).unwrap();
            let lines: Vec<&str> = text.lines().collect();
            let line = line % lines.len();
            file = lines.iter().enumerate().map(|(i, l): (usize, &&str)| match l.split_once(" = ") {
                Some((key, _)) if i == line => format!("{key} = {number}"),
                _ => (*l).to_owned(),
            }).collect::<Vec<_>>().join("\n").into_bytes();
        } else {
            let at = at % file.len();
            file[at] = byte;
        }
        if let Some(cut) = cut {
            file.truncate(cut);
        }
        survive(&file);
    }
}
