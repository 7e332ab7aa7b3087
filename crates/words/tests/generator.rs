//! The generator: what it makes of the example, and what it says of each mistake.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "the helpers of tests are tests")]

use std::path::{Path, PathBuf};

use words::build::generate_source;

fn in_package(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)
}

/// `BLESS=1` writes the file.
#[test]
fn the_example_becomes_the_source_beside_it() {
    let made = generate_source(&[&in_package("tests/example/words")]).unwrap();
    let path = in_package("tests/example/generated.txt");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    assert_eq!(made, std::fs::read_to_string(&path).unwrap());
}

#[test]
fn the_words_of_dates_are_complete() {
    assert!(generate_source(&[&in_package("words")]).is_ok());
}

fn write_files(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn faults_of(files: &[(&str, &str)]) -> Vec<String> {
    let folder = write_files(files);
    let places = ["a", "b"].map(|name| folder.path().join(name));
    let places: Vec<&Path> =
        places.iter().filter(|place| place.exists()).map(|place| place.as_path()).collect();
    let faults = generate_source(&places).expect_err("there is no fault");
    let folder = format!("{}/", folder.path().display());
    faults.into_iter().map(|fault| fault.replace(&folder, "")).collect()
}

#[track_caller]
fn assert_english_fault(text: &str, fault: &str) {
    assert_eq!(faults_of(&[("a/en/scan.ftl", text)]), [format!("a/en/scan.ftl{fault}")], "{text}");
}

#[track_caller]
fn assert_spanish_fault(english: &str, spanish: &str, fault: &str) {
    let faults = faults_of(&[("a/en/scan.ftl", english), ("a/es/scan.ftl", spanish)]);
    assert_eq!(faults, [format!("a/es/scan.ftl: {fault}")], "{spanish}");
}

#[test]
fn a_file_that_does_not_parse_is_named_with_its_line() {
    assert_english_fault(
        "scan-record = Record\n\nscan-wet = { $time\n",
        ":4: Expected a token starting with \"}\"",
    );
    assert_english_fault(
        "scan-record = { $n ->\n    [one] One\n}\n",
        ":3: The select expression must have a default variant",
    );
}

#[test]
fn a_key_stands_once_and_has_two_words() {
    assert_english_fault("scan-record = A\nscan-record = B\n", ": `scan-record` stands twice");
    assert_english_fault("-box = A\n-box = B\nscan-box = { -box }\n", ": `-box` stands twice");
    assert_english_fault("record = A\n", ": `record` is not two or more small words with hyphens");
    assert_english_fault("scan-Record = A\n", ": `scan-Record` is not two or more small words with hyphens");
    assert_english_fault(
        "scan-note = A\n    .hint = B\nscan-note-hint = C\n",
        ": `scan-note.hint` has the name of another message of `scan`",
    );
    let faults = faults_of(&[("a/en/scan.ftl", "scan-record = A\n"), ("b/en/web.ftl", "scan-record = B\n")]);
    assert_eq!(faults, ["b/en/web.ftl: `scan-record` has the name of another message of `scan`"]);
}

#[test]
fn another_language_has_the_messages_of_english() {
    let english = "# Button.\nscan-record = Record\nscan-undo = Undo\n";
    assert_spanish_fault(english, "scan-undo = Deshacer\n", "`scan-record` is missing: scan-record = Record");
    assert_spanish_fault(
        "scan-undo = Undo\n",
        "scan-undo = A\nscan-record = B\n",
        "`scan-record` is not in English",
    );
    assert_spanish_fault(
        "scan-note = Note\n    .hint = Hint\n",
        "scan-note = Nota\n",
        "`scan-note.hint` is missing: scan-note = Note     .hint = Hint",
    );
}

#[test]
fn another_language_has_the_variables_of_english() {
    assert_spanish_fault(
        "scan-wet = Wet { $item } until { $time }\n",
        "scan-wet = { $item } hasta { $cuando }\n",
        "`scan-wet` has the variables [\"cuando\", \"item\"], in English [\"item\", \"time\"]",
    );
    assert_spanish_fault(
        "scan-due = { $count } due\n",
        "scan-due = { $count ->\n    [one] Uno\n   *[other] { $count }\n}\n",
        "`scan-due` has `$count` counted, in English it is shown only (`NUMBER()` would make it a number)",
    );
    assert_spanish_fault(
        "scan-due = { $count ->\n    [one] One\n   *[other] { $count }\n}\n",
        "scan-due = { $count } pendientes\n",
        "`scan-due` has `$count` shown only (`NUMBER()` would make it a number), in English it is counted",
    );
    assert_spanish_fault(
        "scan-by = { $proof ->\n    [pin] PIN\n    [badge] Badge\n   *[none] None\n}\n",
        "scan-by = { $proof ->\n    [pin] PIN\n   *[none] Nada\n}\n",
        "`scan-by` has `$proof` compared with {\"none\", \"pin\"}, in English it is compared with {\"badge\", \"none\", \"pin\"}",
    );
}

#[test]
fn counting_agrees_where_english_says_that_it_is_a_number() {
    let spanish =
        "scan-due = { $count ->\n    [one] { $count } pendiente\n   *[other] { $count } pendientes\n}\n";
    let files = [("en/scan.ftl", "scan-due = { NUMBER($count) } due\n"), ("es/scan.ftl", spanish)];
    assert!(generate_source(&[write_files(&files).path()]).is_ok());
}

#[test]
fn messages_are_words_and_no_markup() {
    assert_english_fault("scan-record = <b>Record</b>\n", ": `scan-record` contains `<`");
    assert_english_fault("scan-record = Clean & dry\n", ": `scan-record` contains `&`");
    assert_english_fault("scan-record = Record  it\n", ": `scan-record` contains two blanks");
    assert_english_fault("scan-record = { \"<\" }\n", ": `scan-record` contains `<`");
    assert_english_fault("-box = <box>\nscan-box = { -box }\n", ": `-box` contains `<`");
    assert_english_fault(
        "scan-due = { $count ->\n    [one] One & only\n   *[other] { $count }\n}\n",
        ": `scan-due` contains `&`",
    );
    assert_english_fault("scan-note = A\n    .hint = B  C\n", ": `scan-note.hint` contains two blanks");
}

#[test]
fn messages_name_only_what_can_be_checked() {
    assert_english_fault(
        "scan-a = A\nscan-b = { scan-a }\n",
        ": `scan-b` names the message `scan-a`; make it a term",
    );
    assert_english_fault("scan-box = { -box }\n", ": `scan-box` names `-box`, which is no term above it");
    assert_english_fault(
        "-box = A\nscan-box = { -box.gender ->\n   *[he] He\n}\n",
        ": `scan-box` names `-box`, which is no term above it",
    );
    assert_english_fault("-one = { -two }\n-two = Two\n", ": `-one` names `-two`, which is no term above it");
    let only = "; there is `NUMBER($variable)` alone";
    assert_english_fault("scan-at = { DATETIME($time) }\n", &format!(": `scan-at` calls `DATETIME`{only}"));
    assert_english_fault("scan-n = { NUMBER(5) }\n", &format!(": `scan-n` calls `NUMBER`{only}"));
}

#[test]
fn a_variable_is_one_thing() {
    assert_english_fault(
        "scan-by = { $n ->\n    [one] One\n   *[other] { $n ->\n        [pin] PIN\n       *[none] None\n    }\n}\n",
        ": `scan-by` both counts `$n` and compares it with words",
    );
}

#[test]
fn files_lie_where_languages_and_areas_are() {
    assert_eq!(faults_of(&[("a/fr/scan.ftl", "")]), ["a/fr/scan.ftl: is not an area of a language"]);
    assert_eq!(faults_of(&[("a/en/notes.txt", "")]), ["a/en/notes.txt: is not an area of a language"]);
    assert_eq!(faults_of(&[("a/es/scan.ftl", "scan-record = A\n")]), ["scan: this area has no file in `en`"]);
    let twice = [("a/en/scan.ftl", "scan-record = A\n"), ("b/en/scan.ftl", "scan-undo = B\n")];
    assert_eq!(faults_of(&twice), ["b/en/scan.ftl: this area is in a/en/scan.ftl too"]);
    let faults = generate_source(&[Path::new("tests/absent")]).unwrap_err();
    assert!(faults.len() == 1 && faults[0].starts_with("tests/absent: "), "{faults:?}");
}

#[test]
fn subjects_are_folders_of_a_language() {
    let flat = [("en/scan.ftl", "scan-record = Record\n"), ("en/staff.ftl", "staff-add = Add\n")];
    let by_subject =
        [("en/phone/scan.ftl", "scan-record = Record\n"), ("en/office/staff.ftl", "staff-add = Add\n")];
    let [flat, by_subject] = [flat, by_subject].map(|files| generate_source(&[write_files(&files).path()]));
    assert_eq!(by_subject, flat);
    let twice = [("a/en/phone/scan.ftl", "scan-record = A\n"), ("a/en/scan.ftl", "scan-undo = B\n")];
    assert_eq!(faults_of(&twice), ["a/en/scan.ftl: this area is in a/en/phone/scan.ftl too"]);
    let too_deep = [("a/en/phone/scan/record.ftl", "scan-record = A\n")];
    assert_eq!(faults_of(&too_deep), ["a/en/phone/scan: is not an area of a language"]);
    assert_eq!(
        faults_of(&[("a/en/phone/notes.txt", "")]),
        ["a/en/phone/notes.txt: is not an area of a language"]
    );
}

#[test]
fn every_fault_is_named_at_once() {
    let faults = faults_of(&[
        ("a/en/scan.ftl", "scan-a = <\nscan-b = B\nscan-c = C\n"),
        ("a/es/scan.ftl", "scan-a = A\nscan-d = D\n"),
    ]);
    assert_eq!(faults.len(), 4, "{faults:#?}");
}
