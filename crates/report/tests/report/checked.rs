//! What whoever checks a report is told.

use lopdf::{Document, Object, Stream};
use record::sign::{KeyKind, SignerKey};
use report::verify::{ReportFault, verify_report};

use crate::sample::Sample;

fn fault(pdf: &[u8]) -> ReportFault {
    verify_report(pdf, &[], &[]).unwrap_err()
}

/// Saved again with one attachment's bytes changed.
fn with_attachment(pdf: &[u8], name: &str, change: impl FnOnce(String) -> String) -> Vec<u8> {
    let mut document = Document::load_mem(pdf).unwrap();
    let spec = document
        .objects
        .values()
        .filter_map(|object| object.as_dict().ok())
        .find(|dict| dict.get(b"F").and_then(Object::as_str).is_ok_and(|found| found == name.as_bytes()))
        .unwrap();
    let stream = spec.get(b"EF").unwrap().as_dict().unwrap().get(b"F").unwrap().as_reference().unwrap();
    let old = document.get_object(stream).unwrap().as_stream().unwrap();
    let text = change(String::from_utf8(old.decompressed_content().unwrap()).unwrap());
    let mut dict = old.dict.clone();
    dict.remove(b"Filter");
    document.set_object(stream, Stream::new(dict, text.into_bytes()));
    save(document)
}

fn save(mut document: Document) -> Vec<u8> {
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    bytes
}

#[test]
fn a_report_holds_and_says_who_signed() {
    let sample = Sample::new(40);
    let cosigners = [sample.cosigner.verifier().clone()];
    let proven = verify_report(&sample.render(), &sample.keys(), &cosigners).unwrap();
    assert_eq!((proven.report, proven.entries), (sample.report.clone(), 41));
    assert_eq!(proven.logs[0].checkpoint.size, 42);
    assert_eq!(proven.logs[0].witnessed, Some(("relay.example/cosign/1".to_owned(), 1_795_204_920)));
    assert_eq!(proven.signer, sample.log.verifier().to_string());
    let other = SignerKey::new("x", KeyKind::Note, &[9; 32]).unwrap().verifier().clone();
    let fault = verify_report(&sample.render(), &[other], &[]).unwrap_err();
    assert!(matches!(fault, ReportFault::Signer(_)), "{fault}");
}

#[test]
fn a_changed_entry_is_named() {
    let pdf = Sample::new(40).render();
    let changed =
        with_attachment(&pdf, "entries.jsonl", |text| text.replace("\"lot\":\"L7\"", "\"lot\":\"L8\""));
    assert!(matches!(fault(&changed), ReportFault::EntryChanged { seq: 8 }), "{}", fault(&changed));
    let taken_out = with_attachment(&pdf, "entries.jsonl", |text| {
        text.lines().filter(|line| !line.contains("\"lot\":\"L7\"")).map(|line| format!("{line}\n")).collect()
    });
    // The texts of the entry that is gone belong to none.
    assert!(matches!(fault(&taken_out), ReportFault::Line { .. }), "{}", fault(&taken_out));
    let broken = with_attachment(&pdf, "entries.jsonl", |text| text.replacen('{', "[", 1));
    assert!(matches!(fault(&broken), ReportFault::Line { line: 1, .. }), "{}", fault(&broken));
    let text = with_attachment(&pdf, "entries.jsonl", |text| text.replacen("Ana Ruiz", "Eva Ruiz", 1));
    assert!(matches!(fault(&text), ReportFault::Line { .. }), "{}", fault(&text));
}

#[test]
fn rows_say_what_their_entries_say_whoever_signs() {
    type Change = fn(&mut report::ReportRow);
    let changes: [Change; 5] = [
        |row| row.who = report::NamedText::Text("Eva Ruiz".into()),
        |row| row.cleaning.protocol = None,
        |row| row.cleaning.tag = crate::sample::tag(77),
        |row| row.cleaning.at.wall += 1,
        |row| row.note = Some(report::NamedText::Text("spotless".into())),
    ];
    for (at, change) in changes.into_iter().enumerate() {
        let mut sample = Sample::new(12);
        // The oldest of each item: number 0 is incomplete and has a note.
        let row = sample.report.rows.iter_mut().find(|row| row.cleaning.of.seq == 1).unwrap();
        change(row);
        let fault = fault(&sample.render());
        assert!(matches!(fault, ReportFault::Row { seq: 1 }), "{at}: {fault}");
    }
    let mut sample = Sample::new(12);
    let last = sample.report.rows.iter_mut().find(|row| row.voided.is_some()).unwrap();
    last.voided.as_mut().unwrap().leaf = Some(last.leaf);
    assert!(matches!(fault(&sample.render()), ReportFault::EntryChanged { .. } | ReportFault::Row { .. }));
}

#[test]
fn a_report_of_another_program_is_not_called_forged() {
    let mut sample = Sample::new(5);
    sample.report.program = "0.0.9".to_owned();
    verify_report(&sample.render(), &[], &[]).unwrap();
    let pdf = save(Document::load_mem(&sample.render()).unwrap());
    assert!(matches!(fault(&pdf), ReportFault::OtherProgram(_)));
}

#[test]
fn photos_and_witnesses_cannot_be_taken_out_or_put_in() {
    let sample = Sample::new(12);
    let bare = Sample { pictures: std::collections::HashMap::new(), ..Sample::new(12) }.render();
    assert!(matches!(fault(&bare), ReportFault::Photo { .. }), "{}", fault(&bare));
    let mut proof = sample.proof();
    proof.logs[0].cosigners.clear();
    let unwitnessed = sample.render_with(&proof).unwrap();
    assert!(matches!(fault(&unwitnessed), ReportFault::Signature(_)), "{}", fault(&unwitnessed));
    let other = Sample {
        log: SignerKey::new("relay.example/cosign/9", KeyKind::Note, &[9; 32]).unwrap(),
        ..Sample::new(3)
    };
    assert!(matches!(fault(&other.render()), ReportFault::Signer(_)), "{}", fault(&other.render()));
}

#[test]
fn a_changed_list_is_no_longer_signed() {
    let pdf = Sample::new(12).render();
    let changed = with_attachment(&pdf, "report.json", |text| text.replacen("Ana Ruiz", "Eva Ruiz", 1));
    assert!(matches!(fault(&changed), ReportFault::Signature(_)), "{}", fault(&changed));
    let forged = with_attachment(&pdf, "proof.json", |text| text.replace("\"size\":14", "\"size\":13"));
    assert!(matches!(fault(&forged), ReportFault::Signature(_)), "{}", fault(&forged));
}

#[test]
fn a_changed_letter_of_a_page_is_named() {
    let pdf = Sample::new(12).render();
    let mut document = Document::load_mem(&pdf).unwrap();
    let pages = document.get_pages();
    let content = document.get_page_content(pages[&1]);
    let mut content = lopdf::content::Content::decode(&content).unwrap();
    // The last glyph of the longest line becomes its first one.
    let shown = content
        .operations
        .iter_mut()
        .flat_map(|operation| operation.operands.iter_mut())
        .flat_map(|operand| match operand {
            Object::Array(parts) => parts.iter_mut().collect::<Vec<_>>(),
            other => vec![other],
        })
        .filter_map(|part| match part {
            Object::String(bytes, _) => Some(bytes),
            _ => None,
        })
        .max_by_key(|bytes| bytes.len())
        .unwrap();
    let last = shown.len() - 2;
    let (first, end) = (shown[..2].to_vec(), shown[last..].to_vec());
    assert_ne!(first, end);
    shown[last..].copy_from_slice(&first);
    document.change_page_content(pages[&1], content.encode().unwrap()).unwrap();
    let fault = fault(&save(document));
    let ReportFault::Page(difference) = &fault else { panic!("{fault}") };
    assert_eq!(difference.page, 1);
    assert_ne!(difference.found, difference.expected);
}

#[test]
fn other_changes_are_told_apart() {
    let sample = Sample::new(12);
    let pdf = sample.render();
    assert!(matches!(fault(b"hello"), ReportFault::NoPdf));
    let cut = fault(&pdf[..pdf.len() / 2]);
    assert!(matches!(cut, ReportFault::Damaged(_) | ReportFault::NotAttached(_)), "{cut}");
    let again = fault(&save(Document::load_mem(&pdf).unwrap()));
    assert!(matches!(again, ReportFault::SavedAgain), "{again}");
    let mut bare = Document::load_mem(&pdf).unwrap();
    bare.catalog_mut().unwrap().remove(b"Names");
    let bare = fault(&save(bare));
    assert!(matches!(bare, ReportFault::NotAttached("report.json")), "{bare}");
    let mut behind = pdf.clone();
    behind.extend_from_slice(b"\n% and more\n");
    assert!(matches!(fault(&behind), ReportFault::SavedAgain), "{}", fault(&behind));
    let mut torn = Document::load_mem(&pdf).unwrap();
    torn.delete_pages(&[2]);
    let torn = fault(&save(torn));
    assert!(matches!(&torn, ReportFault::Page(difference) if difference.page == 2), "{torn}");
    let mut shopped = Document::load_mem(&pdf).unwrap();
    let picture = shopped.objects.values_mut().find_map(|object| {
        object
            .as_stream_mut()
            .ok()
            .filter(|stream| stream.filters().is_ok_and(|all| all.contains(&&b"DCTDecode"[..])))
    });
    picture.unwrap().content = crate::sample::photo(200, 77);
    let shopped = fault(&save(shopped));
    assert!(matches!(shopped, ReportFault::Photo { .. }), "{shopped}");
}

#[test]
fn a_report_of_another_version_still_proves_its_entries() {
    let mut sample = Sample::new(5);
    sample.report.v = 2;
    let fault = fault(&sample.render());
    assert!(matches!(fault, ReportFault::Version(2)), "{fault}");
}
