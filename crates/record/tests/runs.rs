//! Names of runs, their files, and that nothing but the lines of the name is believed.
#![expect(clippy::unwrap_used, reason = "what cannot be made is a failed test")]

use proptest::prelude::*;

use record::checkpoint::{Checkpoint, LogOrigin};
use record::entry::{ClockState, Entry, EntryAuthor, EntryTime};
use record::ids::{BootId, BoxId, Epoch};
use record::kinds::Event;
use record::limits::{RUN_END_MAX, RUN_LINES_MAX, RUN_NOTES_MAX};
use record::redact::{PersonalText, TextLine};
use record::run::{RunError, RunName, RunNamer, RunReader, RunWriter, check_run, join_runs, split_runs};
use record::sign::{KeyKind, SignerKey};
use record::tree::{Frontier, Hash};

const EPOCH: Epoch = Epoch { n: 3, key: [1, 2, 3, 4] };

fn box_id() -> BoxId {
    BoxId::new(5, [1; 10])
}

fn line(seq: u64, salt: u8) -> (Entry, Vec<TextLine>) {
    let words = format!("note {seq} of {salt}, {}", "“quite” ".repeat(usize::from(salt)));
    let texts: Vec<PersonalText> =
        ["who", &words].iter().map(|text| PersonalText::new(text, [salt; 16]).unwrap()).collect();
    let texts = if seq.is_multiple_of(3) { texts } else { Vec::new() };
    let named: Vec<_> = texts.iter().map(PersonalText::redactable).collect();
    let body = serde_json::json!({ "salt": salt, "named": named }).to_string();
    let at = EntryTime { wall: 1, boot: BootId::new(1, [0; 10]), up: seq, clock: ClockState::Synced };
    let entry = Entry::compose(seq, at, EntryAuthor::BOX, None, &Event::read("x.y", &body)).unwrap();
    (entry, texts.iter().map(|text| text.beside(seq)).collect())
}

fn lines(from: u64, count: u64, salt: u8) -> Vec<(Entry, Vec<TextLine>)> {
    (from..from + count).map(|seq| line(seq, salt)).collect()
}

fn name_of(lines: &[(Entry, Vec<TextLine>)]) -> RunName {
    let mut namer = RunNamer::new(EPOCH, lines[0].0.seq());
    lines.iter().for_each(|(entry, _)| namer.push(entry.leaf()));
    namer.name().unwrap()
}

fn written(name: RunName, lines: &[(Entry, Vec<TextLine>)], notes: &[String]) -> Result<Vec<u8>, RunError> {
    let mut writer = RunWriter::begin(Vec::new(), box_id(), name, notes)?;
    lines.iter().try_for_each(|(entry, texts)| writer.write_line(entry.bytes(), texts))?;
    writer.finish()
}

fn read(bytes: &[u8], name: RunName) -> Result<Vec<(Entry, Vec<TextLine>)>, RunError> {
    let mut reader = RunReader::open(bytes, box_id(), name)?;
    let mut all = Vec::new();
    while let Some(group) = reader.next_group()? {
        all.extend(group.into_iter().map(|line| (line.entry, line.texts)));
    }
    Ok(all)
}

fn note(n: u32, size: u64) -> String {
    let public = SignerKey::new("x", KeyKind::Note, &[9; 32]).unwrap().verifier().public();
    let origin = LogOrigin::new(box_id(), n, &public);
    let checkpoint = Checkpoint { origin, size, root: Hash::of(b"root") };
    checkpoint.signed(&origin.signer(&[9; 32]).unwrap()).unwrap().to_string()
}

fn branch_leaf(seq: u64, branch: u8) -> (u64, Hash) {
    (seq, Hash::of(&[&seq.to_be_bytes()[..], &[branch]].concat()))
}

fn epoch_of_notes() -> Epoch {
    let public = SignerKey::new("x", KeyKind::Note, &[9; 32]).unwrap().verifier().public();
    LogOrigin::new(box_id(), 3, &public).epoch
}

proptest! {
    #[test]
    fn names_are_read_as_they_are_written(n in 1u32.., key: [u8; 4], from: u64, count in 1..=RUN_LINES_MAX, root: [u8; 32]) {
        let from = from % (RUN_END_MAX - RUN_LINES_MAX);
        let name = RunName::new(Epoch { n, key }, from..from + count, Hash(root)).unwrap();
        prop_assert_eq!(name.to_string().parse(), Ok(name));
        let json = serde_json::to_string(&name).unwrap();
        prop_assert_eq!(serde_json::from_str::<RunName>(&json).unwrap(), name);
    }

    #[test]
    fn what_is_no_name_is_refused(text in "[0-9a-f-]{0,110}") {
        if let Ok(name) = text.parse::<RunName>() {
            prop_assert_eq!(name.to_string(), text);
        }
    }

    #[test]
    fn lines_fall_into_unbroken_runs(seqs in prop::collection::btree_set(0u64..400, 0..300)) {
        let leaves: Vec<_> = seqs.iter().map(|seq| (*seq, Hash::of(&seq.to_be_bytes()))).collect();
        let runs = split_runs(EPOCH, leaves.clone());
        let all: Vec<u64> = runs.iter().flat_map(RunName::lines).collect();
        prop_assert_eq!(all, seqs.iter().copied().collect::<Vec<_>>());
        for run in &runs {
            let mut namer = RunNamer::new(EPOCH, run.lines().start);
            leaves.iter().filter(|(seq, _)| run.lines().contains(seq)).for_each(|(_, leaf)| namer.push(*leaf));
            prop_assert_eq!(namer.name(), Ok(*run));
        }
        prop_assert!(runs.windows(2).all(|pair| !pair[0].touches(&pair[1])));
    }

    #[test]
    fn runs_that_touch_are_joined(cuts in prop::collection::btree_set(1u64..50, 0..8), gap in 1u64..3, shuffle: prop::sample::Index) {
        let mut ends: Vec<u64> = cuts.into_iter().chain([50]).collect();
        ends.sort_unstable();
        let mut from = 0;
        let mut runs = Vec::new();
        for end in ends {
            runs.extend(split_runs(EPOCH, (from..end).map(|seq| branch_leaf(seq, 0))));
            from = end;
        }
        let count = runs.len();
        runs.extend(split_runs(EPOCH, (50 + gap..60).map(|seq| branch_leaf(seq, 0))));
        runs.extend(split_runs(EPOCH, (0..50).map(|seq| branch_leaf(seq, 1))));
        let at = shuffle.index(runs.len());
        runs.rotate_left(at);
        let joined = join_runs(&runs);
        prop_assert_eq!(joined.iter().map(Vec::len).sum::<usize>(), count + 2);
        prop_assert_eq!(joined.iter().map(Vec::len).max(), Some(count.max(1)));
        prop_assert_eq!(joined.len(), 3, "one of all cuts, one behind the gap, one of the other branch");
        for list in &joined {
            prop_assert!(list.windows(2).all(|pair| pair[0].touches(&pair[1])));
        }
    }

    #[test]
    fn files_are_read_as_they_were_written(from in 0u64..1_000_000, count in 1u64..1_400, salt in 0u8..40) {
        let all = lines(from, count, salt);
        let name = name_of(&all);
        let bytes = written(name, &all, &[]).unwrap();
        prop_assert_eq!(&bytes, &written(name, &all, &[]).unwrap(), "written twice it is one file");
        prop_assert_eq!(read(&bytes, name).unwrap(), all);
    }

    #[test]
    fn one_changed_byte_is_refused(count in 1u64..40, at: prop::sample::Index, with in 1u8..=255) {
        let name = name_of(&lines(7, count, 2));
        let name = RunName::new(epoch_of_notes(), name.lines(), name.root()).unwrap();
        let bytes = written(name, &lines(7, count, 2), &[note(3, 9), note(3, 10)]).unwrap();
        let mut plain = zstd::decode_all(&bytes[..]).unwrap();
        let at = at.index(plain.len());
        plain[at] ^= with;
        let packed = zstd::encode_all(&plain[..], 1).unwrap();
        let read = read(&packed, name);
        prop_assert!(read.is_err(), "byte {} of {}: {}", at, plain.len(), String::from_utf8_lossy(&plain));
    }

    #[test]
    fn a_damaged_file_is_never_believed(at: prop::sample::Index, with in 1u8..=255, cut: prop::sample::Index) {
        let all = lines(0, 30, 3);
        let name = name_of(&all);
        let mut bytes = written(name, &all, &[]).unwrap();
        prop_assert!(read(&bytes[..cut.index(bytes.len())], name).is_err());
        let at = at.index(bytes.len());
        bytes[at] ^= with;
        if let Ok(found) = read(&bytes, name) {
            prop_assert_eq!(found, all);
        }
    }
}

#[test]
fn a_run_is_never_empty_upside_down_or_too_long() {
    let root = Hash::of(b"x");
    assert!(RunName::new(EPOCH, 5..5, root).is_err());
    let (high, low) = (6, 5);
    assert!(RunName::new(EPOCH, high..low, root).is_err());
    assert!(RunName::new(EPOCH, 0..RUN_LINES_MAX + 1, root).is_err());
    assert!(RunName::new(EPOCH, 0..RUN_LINES_MAX, root).is_ok());
    assert!(RunName::new(EPOCH, RUN_END_MAX - 1..RUN_END_MAX, root).is_ok());
    assert!(RunName::new(EPOCH, RUN_END_MAX..RUN_END_MAX + 1, root).is_err());
    let good = format!("3-01020304-17-25-{root}");
    assert_eq!(good.parse::<RunName>().unwrap().to_string(), good);
    for wrong in [
        good.replace("-17-", "-017-"),
        good.replace("-17-", "-+17-"),
        good.replace("-17-25-", "-25-17-"),
        good.replace("-17-", "--17-"),
        good.to_uppercase(),
        format!("{good}.jsonl"),
        format!("{good}-"),
        String::new(),
    ] {
        assert!(wrong.parse::<RunName>().is_err(), "{wrong}");
    }
    let body = format!(r#"{{"epoch":"{EPOCH}","from":25,"to":17,"root":"{root}"}}"#);
    assert!(matches!(Event::read("log.adopted", &body), Event::Unknown(_)), "kept, and adopts nothing");
}

#[test]
fn pieces_are_cut_where_a_run_is_full() {
    let runs = split_runs(EPOCH, (10..10 + 2 * RUN_LINES_MAX + 1).map(|seq| (seq, Hash::default())));
    assert_eq!(runs.iter().map(RunName::count).collect::<Vec<_>>(), [RUN_LINES_MAX, RUN_LINES_MAX, 1]);
    assert_eq!(join_runs(&runs).len(), 3, "they touch, and no two of them fit one run");
}

#[test]
fn a_run_from_the_beginning_has_its_epochs_root() {
    let all = lines(0, 20, 1);
    let mut frontier = Frontier::default();
    all.iter().for_each(|(entry, _)| frontier.push(entry.leaf()));
    assert_eq!(name_of(&all).root(), frontier.root());
}

#[test]
fn other_lines_are_not_the_run() {
    let all = lines(4, 600, 1);
    let name = name_of(&all);
    assert!(matches!(written(name, &all[..599], &[]), Err(RunError::Root)), "a line is missing");
    assert!(matches!(written(name, &lines(4, 601, 1), &[]), Err(RunError::Group(604))), "a line is over");
    assert!(matches!(written(name, &lines(4, 600, 2), &[]), Err(RunError::Root)), "another branch");
    let stray = RunWriter::begin(Vec::new(), box_id(), name, &[]).unwrap().write_line(b"{}", &line(9, 1).1);
    assert!(matches!(stray, Err(RunError::Stray(4))));
    let bytes = written(name, &all, &[]).unwrap();
    let longer = RunName::new(EPOCH, 4..605, name.root()).unwrap();
    assert!(matches!(read(&bytes, longer), Err(RunError::Head(_))));
    let other_box = check_run(&bytes[..], BoxId::new(5, [2; 10]), name);
    assert!(matches!(other_box, Err(RunError::Head(_))));
    let twice = [&bytes[..], &bytes[..]].concat();
    assert!(read(&twice, name).is_err(), "nothing may follow");
}

#[test]
fn texts_may_be_gone_and_never_be_others() {
    let all = lines(3, 6, 1);
    let name = name_of(&all);
    let mut without = all.clone();
    without[0].1.clear();
    without[3].1.remove(0);
    assert_eq!(read(&written(name, &without, &[]).unwrap(), name).unwrap(), without, "erased is no fault");
    let mut stray = all.clone();
    stray[1].1 = vec![PersonalText::new("who", [1; 16]).unwrap().beside(4)];
    let bytes = written(name, &stray, &[]).unwrap();
    assert!(matches!(read(&bytes, name), Err(RunError::Stray(4))));
    let mut twice = all;
    let again = twice[0].1[0].clone();
    twice[0].1.push(again);
    let bytes = written(name, &twice, &[]).unwrap();
    assert!(matches!(read(&bytes, name), Err(RunError::Stray(3))));
}

#[test]
fn checkpoints_of_its_own_epoch_stay_with_a_run() {
    let all = lines(3, 6, 1);
    let of = name_of(&all);
    let name = RunName::new(epoch_of_notes(), of.lines(), of.root()).unwrap();
    let notes = vec![note(3, 5), note(3, 9)];
    let summary = check_run(&written(name, &all, &notes).unwrap()[..], box_id(), name).unwrap();
    assert_eq!((summary.notes, summary.lines, summary.texts), (notes, 6, 4));
    assert!(matches!(written(name, &all, &[note(2, 5)]), Err(RunError::Note)), "of another epoch");
    assert!(matches!(written(name, &all, &["hello".into()]), Err(RunError::Note)));
    let many = vec![note(3, 5); RUN_NOTES_MAX + 1];
    assert!(matches!(written(name, &all, &many), Err(RunError::Note)));
}

#[test]
fn a_group_without_its_trailer_is_refused() {
    let all = lines(0, 5, 1);
    let plain = zstd::decode_all(&written(name_of(&all), &all, &[]).unwrap()[..]).unwrap();
    let trailer = plain.windows(3).rposition(|bytes| bytes == b"#g ").unwrap();
    for end in [trailer, trailer - 1, plain.len() - 1] {
        let packed = zstd::encode_all(&plain[..end], 1).unwrap();
        assert!(matches!(read(&packed, name_of(&all)), Err(RunError::Group(0))), "cut at {end}");
    }
}

#[test]
fn groups_of_a_damaged_file_are_found_from_the_first_frame_on() {
    let bytes = written(name_of(&lines(0, 5, 1)), &lines(0, 5, 1), &[]).unwrap();
    let head = zstd::zstd_safe::find_frame_compressed_size(&bytes).unwrap();
    let groups = zstd::decode_all(&bytes[head..]).unwrap();
    let group = record::group::ParsedGroup::parse(&groups).unwrap();
    assert_eq!((group.first, group.next, group.span), (0, 5, groups.len()));
}
