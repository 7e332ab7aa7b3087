//! Random chains of epochs with forks, lost tails, runs in runs, runs that overlap and runs that are not here.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use record::adoption::{AdoptionWalk, LeafRange, LineId, OfferedLine, assemble_base};
use record::entry::{ClockState, Entry, EntryAuthor, EntryTime};
use record::ids::{BootId, Epoch};
use record::kinds::{EntryRef, Event, LogAdopted};
use record::limits::RUNS_ADOPTED_MAX;
use record::run::{RunName, split_runs};
use record::tree::{Frontier, Hash};

use crate::model::{self, ModelLine, ModelLog, ModelRuns};

type Lines = BTreeMap<u64, Entry>;

struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n.max(1)
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

fn compose(seq: u64, salt: u64, adopts: Option<RunName>) -> Entry {
    let event = match adopts {
        Some(run) => Event::from(LogAdopted { run }),
        None => Event::read("x.y", &format!(r#"{{"salt":{salt}}}"#)),
    };
    let at = EntryTime { wall: 1, boot: BootId::new(1, [0; 10]), up: 0, clock: ClockState::Synced };
    Entry::compose(seq, at, EntryAuthor::BOX, None, &event).unwrap()
}

fn ids(epoch: Epoch, lines: &Lines) -> Vec<LineId> {
    lines.iter().map(|(seq, entry)| LineId { epoch, seq: *seq, leaf: entry.leaf() }).collect()
}

fn runs_of(epoch: Epoch, lines: &Lines) -> Vec<(RunName, Lines)> {
    let runs = split_runs(epoch, lines.iter().map(|(seq, entry)| (*seq, entry.leaf())));
    let of = |run: &RunName| lines.range(run.lines()).map(|(seq, entry)| (*seq, entry.clone())).collect();
    runs.into_iter().map(|run| (run, of(&run))).collect()
}

/// What one life left: the chain with what counts of each epoch, and every run that was written.
#[derive(Default)]
struct World {
    base: Vec<(Epoch, Lines)>,
    runs: BTreeMap<RunName, Lines>,
    gone: BTreeSet<RunName>,
}

fn model_log(epoch: Epoch, lines: &Lines) -> ModelLog {
    lines
        .iter()
        .map(|(seq, entry): (&u64, &Entry)| {
            let id = LineId { epoch, seq: *seq, leaf: entry.leaf() };
            (*seq, ModelLine { id, adopts: entry.event().mentions().run })
        })
        .collect::<ModelLog>()
}

impl World {
    fn live(dice: &mut Dice) -> Self {
        let mut world = Self::default();
        let mut known: Vec<RunName> = Vec::new();
        for n in 1..2 + u32::try_from(dice.below(4)).unwrap() {
            let epoch = Epoch { n, key: [u8::try_from(n).unwrap(); 4] };
            let mut lines = Lines::new();
            for seq in 0..1 + dice.below(9) {
                let adopts = (!known.is_empty() && dice.chance(35))
                    .then(|| known[usize::try_from(dice.below(known.len() as u64)).unwrap()]);
                lines.insert(seq, compose(seq, 0, adopts));
            }
            world.leave(dice, epoch, &lines, &mut known);
            let counts =
                if dice.chance(40) { dice.below(lines.len() as u64 + 1) } else { lines.len() as u64 };
            if dice.chance(85) {
                world.base.push((epoch, lines.into_iter().filter(|(seq, _)| *seq < counts).collect()));
            }
        }
        for run in known {
            if dice.chance(10) {
                world.runs.remove(&run);
                world.gone.insert(run);
            }
        }
        world
    }

    /// What became runs of this epoch: pieces, overlapping pieces, and another branch.
    fn leave(&mut self, dice: &mut Dice, epoch: Epoch, lines: &Lines, known: &mut Vec<RunName>) {
        let mut left: Vec<Lines> = Vec::new();
        for _ in 0..dice.below(3) {
            left.push(lines.iter().filter(|_| dice.chance(60)).map(|(s, e)| (*s, e.clone())).collect());
        }
        if dice.chance(40) {
            let from = dice.below(lines.len() as u64);
            let adopts = known.first().copied().filter(|_| dice.chance(50));
            let fork = |seq: u64| compose(seq, 7, adopts.filter(|_| seq == from));
            left.push((from..from + 1 + dice.below(4)).map(|seq| (seq, fork(seq))).collect());
        }
        for (run, lines) in left.iter().flat_map(|lines| runs_of(epoch, lines)) {
            self.runs.insert(run, lines);
            known.push(run);
        }
    }

    fn as_model(&self) -> (Vec<(Epoch, ModelLog)>, ModelRuns) {
        let base = self.base.iter().map(|(epoch, lines)| (*epoch, model_log(*epoch, lines))).collect();
        let runs = self.runs.iter().map(|(run, lines)| (*run, model_log(run.epoch(), lines))).collect();
        (base, runs)
    }
}

fn branch_hash(fork: u64, which: u64, seq: u64) -> Hash {
    Hash::of(&[seq, if seq < fork { 0 } else { which }].map(u64::to_be_bytes).concat())
}

fn walked(world: &World, dice: &mut Dice) -> (Vec<(LineId, bool)>, AdoptionWalk) {
    let mut walk = AdoptionWalk::default();
    let base: BTreeSet<LineId> = world.base.iter().flat_map(|(epoch, lines)| ids(*epoch, lines)).collect();
    let mut counted = base.clone();
    let mut out = Vec::new();
    for (epoch, lines) in &world.base {
        for (seq, entry) in lines {
            let adopts = entry.event().mentions().run;
            out.push((LineId { epoch: *epoch, seq: *seq, leaf: entry.leaf() }, adopts.is_some()));
            walk.pass_base(*epoch, entry);
            while let Some(place) = walk.next_lines() {
                let Some(held) = world.runs.get(&place.run) else {
                    walk.lack_run();
                    continue;
                };
                let page: Vec<&Entry> = held
                    .range(place.from..)
                    .map(|(_, entry)| entry)
                    .take(1 + usize::try_from(dice.below(4)).unwrap())
                    .collect();
                let epoch = place.run.epoch();
                let offered: Vec<OfferedLine<'_>> = page
                    .iter()
                    .map(|entry| {
                        let id = LineId { epoch, seq: entry.seq(), leaf: entry.leaf() };
                        OfferedLine { entry, counts_already: counted.contains(&id) }
                    })
                    .collect();
                for line in walk.take_lines(&offered) {
                    let id = LineId { epoch: line.epoch, seq: line.entry.seq(), leaf: line.entry.leaf() };
                    assert!(counted.insert(id), "{id:?} counts twice");
                    assert!(line.run.covers(EntryRef { epoch: line.epoch, seq: id.seq }));
                    out.push((id, line.entry.event().mentions().run.is_some()));
                }
            }
        }
    }
    (out, walk)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn the_same_lines_count_in_the_models_order(seed: u64) {
        let mut dice = Dice(seed);
        let world = World::live(&mut dice);
        let (base, runs) = world.as_model();
        let (out, walk) = walked(&world, &mut dice);
        let (ids, named) = model::fold(&base, &runs);
        prop_assert_eq!(out.iter().map(|(id, _)| *id).collect::<BTreeSet<_>>(), ids);
        prop_assert_eq!(walk.named(), &named);
        let lacking: BTreeSet<RunName> = named.intersection(&world.gone).copied().collect();
        prop_assert_eq!(walk.lacking(), &lacking);
        let plain: Vec<LineId> = out.iter().filter(|(_, adopts)| !adopts).map(|(id, _)| *id).collect();
        prop_assert_eq!(plain, model::order(&base, &runs));
    }

    #[test]
    fn the_branch_of_the_root_is_put_together(seed: u64, size in 1u64..30) {
        let mut dice = Dice(seed);
        let fork = dice.below(size);
        let mut sources = Vec::new();
        // The log follows one of both branches, as far as it goes.
        let end = dice.below(size + 4);
        let of_log = dice.below(2);
        sources.push(LeafRange { from: 0, leaves: (0..end).map(|seq| branch_hash(fork, of_log, seq)).collect() });
        for _ in 0..dice.below(5) {
            let (from, which) = (dice.below(size), dice.below(2));
            let to = from + 1 + dice.below(size);
            sources.push(LeafRange { from, leaves: (from..to).map(|seq| branch_hash(fork, which, seq)).collect() });
        }
        for which in 0..2 {
            let mut tree = Frontier::default();
            (0..size).for_each(|seq| tree.push(branch_hash(fork, which, seq)));
            let Some(parts) = assemble_base(&sources, size, tree.root()) else {
                let is_whole = sources.iter().any(|s| {
                    let is_line = |seq: u64| s.leaves[usize::try_from(seq).unwrap()] == branch_hash(fork, which, seq);
                    s.from == 0 && s.leaves.len() as u64 >= size && (0..size).all(is_line)
                });
                prop_assert!(!is_whole, "a source holds all of it");
                continue;
            };
            let mut next = 0;
            for part in parts {
                prop_assert_eq!(part.lines.start, next);
                for seq in part.lines.clone() {
                    let source = &sources[part.source];
                    prop_assert_eq!(source.leaves[usize::try_from(seq - source.from).unwrap()], branch_hash(fork, which, seq));
                }
                next = part.lines.end;
            }
            prop_assert_eq!(next, size);
        }
    }
}

/// The random histories above prove something only if the hard cases of adoption happen in them.
#[test]
fn the_lives_have_runs_in_runs_overlaps_and_gaps() {
    let (mut nested, mut overlaps, mut lacking, mut forks) = (0, 0, 0, 0);
    for seed in 0..1_000 {
        let mut dice = Dice(seed);
        let world = World::live(&mut dice);
        let (out, walk) = walked(&world, &mut dice);
        let base: usize = world.base.iter().map(|(_, lines)| lines.len()).sum();
        let brought = out[..].iter().filter(|(_, adopts)| *adopts).count();
        let in_base = world.base.iter().flat_map(|(_, lines)| lines.values());
        let in_base = in_base.filter(|entry| entry.event().mentions().run.is_some()).count();
        nested += usize::from(brought > in_base);
        let offered: u64 = walk.named().difference(walk.lacking()).map(RunName::count).sum();
        overlaps += usize::from(offered > (out.len() - base) as u64);
        lacking += usize::from(!walk.lacking().is_empty());
        let places: BTreeSet<(Epoch, u64)> = out.iter().map(|(id, _)| (id.epoch, id.seq)).collect();
        forks += usize::from(places.len() < out.len());
    }
    let seen = [nested, overlaps, lacking, forks];
    assert!(seen.iter().all(|times| *times > 50), "runs in runs, overlaps, gaps, forks: {seen:?} of 1,000");
}

fn leaf_of(seq: u64) -> Hash {
    Hash::of(&seq.to_be_bytes())
}

#[test]
fn a_tail_of_the_log_and_a_run_behind_it_are_one_base() {
    let log = LeafRange { from: 0, leaves: (0..5).map(leaf_of).collect() };
    let run = LeafRange { from: 5, leaves: (5..9).map(leaf_of).collect() };
    let mut tree = Frontier::default();
    (0..9).for_each(|seq| tree.push(leaf_of(seq)));
    let parts = assemble_base(&[log.clone(), run], 9, tree.root()).unwrap();
    assert_eq!(parts.iter().map(|p| (p.source, p.lines.clone())).collect::<Vec<_>>(), [(0, 0..5), (1, 5..9)]);
    assert_eq!(assemble_base(&[log], 9, tree.root()), None);
    assert_eq!(assemble_base(&[], 0, Frontier::default().root()), Some(Vec::new()));
}

fn branch_leaf(which: u64, seq: u64) -> Hash {
    Hash::of(&[which, seq].map(u64::to_be_bytes).concat())
}

fn branch_range(which: u64, from: u64, to: u64) -> LeafRange {
    LeafRange { from, leaves: (from..to).map(|seq| branch_leaf(which, seq)).collect() }
}

const SIZE: u64 = 40_000;

fn root_of(other: &dyn Fn(u64) -> u64) -> Hash {
    let mut tree = Frontier::default();
    (0..SIZE).for_each(|seq| tree.push(branch_leaf(other(seq), seq)));
    tree.root()
}

/// A second cover of the log, cut in thousands of pieces, and lines that contradict both: each step must look
/// only at what can still continue, or this takes weeks.
#[test]
fn thousands_of_pieces_are_put_together_in_the_time_of_their_lines() {
    let mut sources = vec![branch_range(0, 0, SIZE)];
    for from in (0..SIZE).step_by(10) {
        sources.push(branch_range(1, from, from + 1));
        sources.push(branch_range(0, from + 1, from + 10));
    }
    let whole = assemble_base(&sources, SIZE, root_of(&|_| 0)).unwrap();
    assert_eq!(whole.iter().map(|part| part.source).collect::<Vec<_>>(), [0]);
    // The first branch that leaves the log: the other lines, and the pieces between them.
    let once = assemble_base(&sources, SIZE, root_of(&|seq| u64::from(seq % 10 == 0))).unwrap();
    assert_eq!(once.first().map(|part| (part.source, part.lines.clone())), Some((1, 0..1)));
    assert!(once.windows(2).all(|pair| pair[0].lines.end == pair[1].lines.start));
    assert_eq!(assemble_base(&sources, SIZE, Hash::of(b"nowhere")), None);
    // What no source holds is seen before anything is followed.
    assert_eq!(assemble_base(&sources, u64::MAX, root_of(&|_| 0)), None);
}

#[test]
fn a_branch_that_leaves_the_log_twice_is_found() {
    // Both branches from 4 on are here, in pieces that do not cover the fork together.
    let sources =
        [branch_range(0, 0, 6), branch_range(1, 4, 6), branch_range(0, 6, 9), branch_range(1, 6, 9)];
    for (first, second) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        let mut tree = Frontier::default();
        for seq in 0..9 {
            let which = match seq {
                0..4 => 0,
                4..6 => first,
                _ => second,
            };
            tree.push(branch_leaf(which, seq));
        }
        let parts = assemble_base(&sources, 9, tree.root());
        assert!(parts.is_some(), "{first} and then {second}");
    }
}

#[test]
fn so_many_runs_count_and_no_more() {
    let epoch = Epoch { n: 1, key: [1; 4] };
    let name = |n: u64| RunName::new(epoch, n..n + 1, Hash::of(&n.to_be_bytes())).unwrap();
    let mut walk = AdoptionWalk::default();
    let most = RUNS_ADOPTED_MAX as u64;
    for n in 0..most + 3 {
        let counts = walk.pass_base(epoch, &compose(n, 0, Some(name(n))));
        assert_eq!(counts, n < most, "{n}");
        if counts {
            assert_eq!(walk.next_adopter().map(|by| (by.of.seq, by.run)), Some((n, None)));
            walk.lack_run();
        }
    }
    // One that was named before is no further one.
    assert!(!walk.pass_base(epoch, &compose(most + 3, 0, Some(name(0)))));
    assert_eq!((walk.named().len(), walk.beyond()), (RUNS_ADOPTED_MAX, 3));
}
