//! The vectors as a reader meets them: from the files alone, with the public keys alone.

use record::batch::{UnverifiedBatch, pack_batch};
use record::checkpoint::{Checkpoint, CosignedCheckpoint, LogOrigin};
use record::directive::Directive;
use record::entry::Entry;
use record::export::ExportReader;
use record::kinds::Event;
use record::proof::{ProofError, RecordProof};
use record::run::{RunName, RunReader, check_run};
use record::sign::{SignedNote, VerifierKey};
use record::tree::{Frontier, Hash, verify_consistency};
use record::vouched_keys::find_vouched_key;

use crate::{file, log};

fn key(name: &str) -> VerifierKey {
    VerifierKey::parse(file(name).trim_end()).unwrap()
}

fn origin() -> LogOrigin {
    Checkpoint::parse(SignedNote::parse(&file("checkpoint.txt")).unwrap().text()).unwrap().origin
}

#[test]
fn the_log_holds_every_kind_and_leads_to_its_root() {
    let checkpoint = CosignedCheckpoint::verify(
        &file("cosigned.txt"),
        &origin(),
        &key("log-key.txt"),
        &[key("cosigner-key.txt")],
    );
    let checkpoint = checkpoint.unwrap();
    assert_eq!(checkpoint.time_s(), log::COSIGNED_S);
    let mut export = ExportReader::new(checkpoint.checkpoint().size);
    let mut kinds = Vec::new();
    for line in file("log.jsonl").lines() {
        export.line(line.as_bytes()).unwrap();
        if let Ok(entry) = Entry::parse(line.as_bytes()) {
            kinds.push(entry.head().kind.to_string());
            assert_eq!(matches!(entry.event(), Event::Unknown(_)), &*entry.head().kind == "robot.charged");
        }
    }
    for name in ["log-2.jsonl", "log-3.jsonl"] {
        let text = file(name);
        let read = text.lines().map(|line| Entry::parse(line.as_bytes()).unwrap());
        kinds.extend(read.map(|entry| entry.head().kind.to_string()));
    }
    let missing: Vec<_> = Event::KINDS.iter().filter(|kind| !kinds.iter().any(|k| k == *kind)).collect();
    assert!(missing.is_empty(), "the golden log lacks {missing:?}: add a line for each, at its end");
    let signed = log::signed(checkpoint.checkpoint().size);
    let exported = export.finish(&signed).unwrap();
    assert_eq!((exported.texts, exported.absent), (24, 1), "one text was erased");
}

fn origin_of(of: &str) -> LogOrigin {
    key(of).name().parse::<LogOrigin>().unwrap()
}

#[test]
fn the_oldest_key_vouches_for_those_of_later_epochs() {
    let first = |epoch| {
        let log =
            ["log-2", "log-3"].into_iter().find(|log| origin_of(&format!("{log}-key.txt")).epoch == epoch);
        let line = log.map(|log| file(&format!("{log}.jsonl"))).unwrap();
        let Event::LogStarted(started) =
            Entry::parse(line.lines().next().unwrap().as_bytes()).unwrap().event()
        else {
            panic!("the first entry does not begin the epoch")
        };
        Ok::<_, std::convert::Infallible>(Some(*started))
    };
    for log in ["log-2-key.txt", "log-3-key.txt"] {
        let Ok(found) = find_vouched_key(
            origin_of(log),
            |epoch| Ok((epoch == origin_of("log-key.txt").epoch).then(|| key("log-key.txt"))),
            first,
        );
        assert_eq!(found, Some(key(log)));
        let Ok(found) = find_vouched_key(
            origin_of(log),
            |_| Ok(None),
            |epoch| match epoch.n {
                1 => Ok(None),
                _ => first(epoch),
            },
        );
        assert_eq!(found, None, "{log}: nothing is known to begin with");
    }
}

#[test]
fn runs_are_what_their_entries_adopt() {
    let box_id = log::box_id();
    let text = file("run-names.txt");
    let names: Vec<RunName> = text.lines().map(|name| name.parse().unwrap()).collect();
    for (at, (name, of, lines)) in
        names.iter().zip([("log.jsonl", 56), ("log-2.jsonl", 2)]).map(|(n, (o, l))| (n, o, l)).enumerate()
    {
        let adopting = file(["log-2.jsonl", "log-3.jsonl"][at]);
        let adopting = Entry::parse(adopting.lines().nth(1).unwrap().as_bytes()).unwrap();
        assert_eq!(adopting.event().mentions().run, Some(*name));
        let plain = file(["run-1.txt", "run-2.txt"][at]);
        let packed = zstd::encode_all(plain.as_bytes(), 1).unwrap();
        let summary = check_run(&packed[..], box_id, *name).unwrap();
        assert_eq!((summary.lines, summary.notes.len()), (lines, 1));
        let mut reader = RunReader::open(&packed[..], box_id, *name).unwrap();
        while let Some(group) = reader.next_group().unwrap() {
            for line in group {
                assert!(file(of).lines().any(|l| l == line.entry.as_str()), "{of} has each line of the run");
            }
        }
    }
}

#[test]
fn proofs_and_consistency_hold() {
    for name in ["proof-0.json", "proof-5.json", "proof-12.json", "proof-67.json"] {
        let proof: RecordProof = serde_json::from_str(&file(name)).unwrap();
        let proven = proof.check(&[key("log-key.txt")], &[key("cosigner-key.txt")]).unwrap();
        assert_eq!(proven.witnessed, Some(("relay.example/cosign/1".to_owned(), log::COSIGNED_S)), "{name}");
    }
    let tree: serde_json::Value = serde_json::from_str(&file("tree.json")).unwrap();
    let roots: Vec<Hash> = serde_json::from_value(tree["roots"].clone()).unwrap();
    for row in tree["consistency"].as_array().unwrap() {
        let (old, new) = (row["old"].as_u64().unwrap(), row["new"].as_u64().unwrap());
        let root = |size: u64| roots[usize::try_from(size).unwrap()];
        let path: Vec<Hash> = serde_json::from_value(row["path"].clone()).unwrap();
        assert!(verify_consistency(old, root(old), new, root(new), &path), "{old} {new}");
    }
}

#[test]
fn a_proof_under_the_key_of_another_name_is_refused() {
    let mut proof: RecordProof = serde_json::from_str(&file("proof-12.json")).unwrap();
    let own = key("log-key.txt");
    let mut other: LogOrigin = own.name().parse().unwrap();
    other.box_id = record::ids::BoxId::new(9, [9; 10]);
    let named = other.verifier(&own.public()).unwrap();
    proof.key = named.to_string();
    let refused = proof.check(&[named], &[]).unwrap_err();
    assert!(matches!(refused, ProofError::Key { .. }), "{refused}");
}

#[test]
fn what_was_adopted_is_proven_by_steps() {
    let first = log::log_signer().verifier().name().parse::<LogOrigin>().unwrap().epoch;
    for (name, n, steps) in [("proof-adopted.json", 2, 1), ("proof-nested.json", 3, 2)] {
        let proof: RecordProof = serde_json::from_str(&file(name)).unwrap();
        let trusted = [key(&format!("log-{n}-key.txt"))];
        let proven = proof.check(&trusted, &[key("cosigner-key.txt")]).unwrap();
        assert_eq!((proven.epoch, proven.entry.seq(), proven.adoptions.len()), (first, 12, steps), "{name}");
        assert_eq!(proven.adoptions.last().unwrap().by.epoch.n, n);
        assert_eq!(proven.adoptions[0].by.epoch.n, 2);
        assert_eq!(proven.texts.len(), 2);
        assert_eq!(proven.texts[0].text(), "Maria Álvarez");
        let refused = |change: &dyn Fn(&mut RecordProof)| {
            let mut proof = proof.clone();
            change(&mut proof);
            proof.check(&[], &[]).unwrap_err()
        };
        let adoption =
            |step| move |e: ProofError| matches!(e, ProofError::Adoption { step: s, .. } if s == step);
        assert!(adoption(1)(refused(&|p| p.path[0] = Hash::default())));
        assert!(adoption(1)(refused(&|p| p.entry = p.entry.replace("7QK3M9X2W", "ABCDEFGH3"))));
        assert_eq!(refused(&|p| p.adopted.last_mut().unwrap().path[0] = Hash::default()), ProofError::Root);
        let renumbered =
            refused(&|p| p.adopted[0].entry = p.adopted[0].entry.replace("\"from\":12", "\"from\":13"));
        assert!(adoption(1)(renumbered));
        let other = file("log-2.jsonl").lines().nth(2).unwrap().to_owned();
        assert!(adoption(1)(refused(&|p| p.adopted[0].entry.clone_from(&other))), "it adopts nothing");
        assert_eq!(
            refused(&|p| drop(p.adopted.pop())),
            if steps == 1 {
                ProofError::Place { index: 12, size: 3, what: "that is past the end".into() }
            } else {
                ProofError::Root
            }
        );
        assert!(matches!(
            refused(&|p| p.texts[0] = p.texts[0].replace("Maria", "Marta")),
            ProofError::Text(_)
        ));
        assert_eq!(refused(&|p| p.texts[1] = p.texts[0].clone()), ProofError::Stray);
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
    let parsed = UnverifiedBatch::parse(plain.as_bytes()).unwrap();
    // A frame's bytes depend on the compressor; what is in it is the format.
    let wire = pack_batch(parsed.note(), 7, &entries, &texts).unwrap();
    assert_eq!(UnverifiedBatch::unpack(&wire).unwrap(), parsed);
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

#[test]
fn the_format_names_every_kind_and_no_other() {
    let format = include_str!("../../FORMAT.md");
    let table = format.split("## 3. Kinds").nth(1).and_then(|rest| rest.split("## 4.").next()).unwrap();
    let cells = table.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
    let named: Vec<_> = cells.flat_map(|cell| cell.split('`').filter(|part| part.contains('.'))).collect();
    let missing: Vec<_> = Event::KINDS.iter().filter(|kind| !named.contains(kind)).collect();
    let unknown: Vec<_> = named.iter().filter(|kind| !Event::KINDS.contains(kind)).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "it lacks {missing:?} and has {unknown:?}");
}
