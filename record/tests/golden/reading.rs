//! The vectors as a reader meets them: from the files alone, with the public keys alone.

use record::batch::{Unverified, pack};
use record::checkpoint::{Checkpoint, Cosigned, Origin};
use record::directive::Directive;
use record::entry::Entry;
use record::export::Export;
use record::kinds::Event;
use record::proof::Proof;
use record::sign::{Note, Verifier};
use record::tree::{Frontier, Hash, consistent};

use crate::{file, log};

fn key(name: &str) -> Verifier {
    Verifier::parse(file(name).trim_end()).unwrap()
}

fn origin() -> Origin {
    Checkpoint::parse(Note::parse(&file("checkpoint.txt")).unwrap().text()).unwrap().origin
}

#[test]
fn the_log_holds_every_kind_and_leads_to_its_root() {
    let checkpoint =
        Cosigned::verify(&file("cosigned.txt"), &origin(), &key("log-key.txt"), &[key("cosigner-key.txt")]);
    let checkpoint = checkpoint.unwrap();
    assert_eq!(checkpoint.time_s(), log::COSIGNED_S);
    let mut export = Export::new(checkpoint.checkpoint().size);
    let mut kinds = Vec::new();
    for line in file("log.jsonl").lines() {
        export.line(line.as_bytes()).unwrap();
        if let Ok(entry) = Entry::parse(line.as_bytes()) {
            kinds.push(entry.head().kind.to_string());
            assert_eq!(matches!(entry.event(), Event::Unknown(_)), &*entry.head().kind == "robot.charged");
        }
    }
    let missing: Vec<_> = Event::KINDS.iter().filter(|kind| !kinds.iter().any(|k| k == *kind)).collect();
    assert!(missing.is_empty(), "the golden log lacks {missing:?}: add a line for each, at its end");
    let signed = log::signed(checkpoint.checkpoint().size);
    let exported = export.finish(&signed).unwrap();
    assert_eq!((exported.texts, exported.absent), (4, 1), "one text was erased");
}

#[test]
fn proofs_and_consistency_hold() {
    for name in ["proof-0.json", "proof-5.json", "proof-12.json", "proof-25.json"] {
        let proof: Proof = serde_json::from_str(&file(name)).unwrap();
        let proven = proof.check(&[key("log-key.txt")], &[key("cosigner-key.txt")]).unwrap();
        assert_eq!(proven.witnessed, Some(("relay.example/cosign/1".to_owned(), log::COSIGNED_S)), "{name}");
    }
    let tree: serde_json::Value = serde_json::from_str(&file("tree.json")).unwrap();
    let roots: Vec<Hash> = serde_json::from_value(tree["roots"].clone()).unwrap();
    for row in tree["consistency"].as_array().unwrap() {
        let (old, new) = (row["old"].as_u64().unwrap(), row["new"].as_u64().unwrap());
        let root = |size: u64| roots[usize::try_from(size).unwrap()];
        let path: Vec<Hash> = serde_json::from_value(row["path"].clone()).unwrap();
        assert!(consistent(old, root(old), new, root(new), &path), "{old} {new}");
    }
}

#[test]
fn the_batch_goes_onto_what_was_held() {
    let plain = file("batch-7-20.txt");
    let lines: Vec<&str> = plain.lines().collect();
    let entries: Vec<&[u8]> =
        lines.iter().filter(|l| l.contains("\"kind\":")).map(|l| l.as_bytes()).collect();
    let texts: Vec<String> =
        lines.iter().filter(|l| l.contains("\"salt\":")).map(|&l| l.to_owned()).collect();
    let parsed = Unverified::parse(plain.as_bytes()).unwrap();
    // A frame's bytes are the compressor's business; what is in it is the format.
    let wire = pack(parsed.note(), 7, &entries, &texts).unwrap();
    assert_eq!(Unverified::unpack(&wire).unwrap(), parsed);
    let mut held = Frontier::default();
    log::leaves().0.iter().take(7).for_each(|leaf| held.push(*leaf));
    let verified = parsed.open(&origin(), &key("log-key.txt")).unwrap().onto(&held).unwrap();
    assert_eq!((verified.entries().len(), verified.texts().len()), (13, 4));
}

#[test]
fn the_directive_holds() {
    let directive = Directive::verify(&file("directive.txt"), &[key("directive-key.txt")]).unwrap();
    assert_eq!(directive, log::directive());
}
