//! Each step of recovery on a box with several epochs, cut at every operation of the disk, and again while that is
//! recovered from, under clocks that leap: the box reaches the same end state as without a cut.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::disk::{Mode, SimDisk};
use crate::lives::{Cut, Marks, Plant, World, counted, cut_mode};
use crate::relay::Lines;
use crate::rng::Rng;

type Done = Result<(), String>;

pub struct Recovery {
    pub name: &'static str,
    prepare: fn(&mut World) -> Done,
    act: fn(&mut World) -> Done,
    /// Whether something is lost for good.
    loses: bool,
}

const fn recovery(
    name: &'static str,
    prepare: fn(&mut World) -> Done,
    act: fn(&mut World) -> Done,
) -> Recovery {
    Recovery { name, prepare, act, loses: false }
}

/// The numbers are those of the store's table of steps.
pub const ALL: &[Recovery] = &[
    recovery("T1 a first start", |_| Ok(()), start),
    recovery("T2 a start behind a torn group", partial, start),
    recovery("T3 ended epochs are filled", ended_folder_gone, heal),
    Recovery { loses: true, ..recovery("T4 a hole ends an epoch", hole, sync) },
    recovery("T5 the relay ends an epoch", card_goes_back, sync),
    recovery("T6 T7 an epoch begins without the key of the last", keys_gone, start),
    recovery("T8 T10 T11 T14 a key without its log", World::lose_log_of_three, sync),
    recovery("T9 a card from an earlier epoch", card_of_earlier_epoch, sync),
    recovery("T10 T11 T14 an epoch comes back from the relay", epoch_gone, sync),
    recovery("T15 T16 a database is set aside", database_noise, heal),
    recovery("T15 T16 T3 starts that are cut over a damaged log", boot_loop, heal),
    recovery("T17 T3 an integrity check heals a running box", |world| history(world, true), check_beside),
    recovery("two branches of a fork", World::fork_in_three, sync),
    recovery("a run that is gone comes back", run_gone, sync),
];

fn start(world: &mut World) -> Done {
    world.store().map(drop)
}

fn heal(world: &mut World) -> Done {
    world.look_through()
}

fn sync(world: &mut World) -> Done {
    world.sync()
}

fn history(world: &mut World, synced: bool) -> Done {
    for n in 1..=3 {
        world.record()?;
        world.record()?;
        if synced {
            world.sync()?;
        }
        world.end(None);
        if n < 3 {
            world.lose_keys();
        }
    }
    Ok(())
}

fn partial(world: &mut World) -> Done {
    history(world, false)?;
    world.record()?;
    world.end(Some(Mode::Sectors));
    Ok(())
}

fn folders(world: &World) -> Vec<String> {
    let mut all = world.card.folders("log");
    all.sort();
    all
}

fn lose_folder(world: &mut World, dir: &str) {
    world.card.files(dir).iter().for_each(|file| world.card.lose(file));
}

fn ended_folder_gone(world: &mut World) -> Done {
    history(world, false)?;
    let all = folders(world);
    all[..2].iter().for_each(|dir| lose_folder(world, dir));
    Ok(())
}

fn noise(world: &mut World, path: &str, at: usize) {
    let noise: Vec<u8> = (0..4096).map(|_| world.rng.next() as u8).collect();
    world.card.damage(path, at / 4096 * 4096, &noise);
}

fn hole(world: &mut World) -> Done {
    history(world, false)?;
    world.record()?;
    world.end(Some(Mode::Kill));
    world.card.lose("cleantrack.redb");
    let newest = folders(world).pop().ok_or("no log")?;
    let file = world.card.files(&newest).pop().ok_or("no segment")?;
    let used = world.card.bytes(&file).iter().rposition(|byte| *byte != 0).unwrap_or(0);
    // Neither its first line nor its last group.
    let at = 4096 + world.rng.below((used.saturating_sub(8192)).max(1));
    noise(world, &file, at);
    Ok(())
}

fn card_goes_back(world: &mut World) -> Done {
    history(world, true)?;
    world.keep_backup()?;
    world.record()?;
    world.sync()?;
    world.go_back_to(0)?;
    world.record()?;
    world.end(None);
    Ok(())
}

fn keys_gone(world: &mut World) -> Done {
    history(world, false)?;
    world.lose_keys();
    Ok(())
}

impl World {
    fn lose_log_of_three(&mut self) -> Done {
        history(self, true)?;
        self.lose_log()
    }

    fn fork_in_three(&mut self) -> Done {
        history(self, true)?;
        self.fork()?;
        self.end(None);
        Ok(())
    }
}

fn card_of_earlier_epoch(world: &mut World) -> Done {
    world.record()?;
    world.sync()?;
    world.keep_backup()?;
    world.lose_keys();
    world.record()?;
    world.sync()?;
    world.go_back_to(0)?;
    world.record()?;
    world.end(None);
    Ok(())
}

fn epoch_gone(world: &mut World) -> Done {
    history(world, true)?;
    let all = folders(world);
    all[..2].iter().for_each(|dir| lose_folder(world, dir));
    world.card.lose("cleantrack.redb");
    Ok(())
}

fn database_noise(world: &mut World) -> Done {
    history(world, false)?;
    noise(world, "cleantrack.redb", 0);
    Ok(())
}

fn boot_loop(world: &mut World) -> Done {
    history(world, false)?;
    let all = folders(world);
    let dir = all[world.rng.below(all.len())].clone();
    lose_folder(world, &dir);
    (0..3).for_each(|_| world.cut_start());
    Ok(())
}

fn check_beside(world: &mut World) -> Done {
    world.store()?;
    let first = folders(world)[0].clone();
    if let Some((sim, _)) = &world.running {
        world.card.files(&first).iter().for_each(|file| sim.lose(file));
    }
    world.look_through()
}

fn run_gone(world: &mut World) -> Done {
    card_goes_back(world)?;
    world.sync()?;
    world.end(None);
    lose_folder(world, "runs");
    world.card.lose("cleantrack.redb");
    Ok(())
}

#[derive(Default)]
pub struct Tally {
    pub images: u64,
    pub marks: Marks,
    pub failures: Vec<String>,
}

pub struct Search {
    /// It continues until so many were tried, each step at least once.
    pub images: u64,
    pub first_seed: u64,
    pub first_step: usize,
    /// One in so many operations of a step is cut; with the next seed the ones after them.
    pub every: usize,
    pub plant: Option<Plant>,
    pub expected: fn(&str) -> bool,
}

fn cut_everywhere(recovery: &Recovery, seed: u64, search: &Search, is_over: &AtomicBool) -> Tally {
    let mut tally = Tally::default();
    let (cuts, must) = match uncut(recovery, seed, search.plant) {
        Ok(gone_through) => gone_through,
        Err(why) => {
            tally.failures.push(format!("{}, seed {seed}, without a cut: {why}", recovery.name));
            return tally;
        }
    };
    let mut rng = Rng::new(seed);
    let first = usize::try_from(seed).unwrap() % search.every;
    for (at, cut) in cuts.iter().enumerate().skip(first).step_by(search.every) {
        if is_over.load(Ordering::Acquire) {
            break;
        }
        tally.images += 1;
        let card = cut.moment.disk.crashed(cut_mode(&mut rng), &mut rng);
        let mut world = World::of_image(rng.next(), card, (*cut.relay).clone(), must.clone());
        world.plant = search.plant;
        // The recovery is cut too, and once more.
        let again = [0, 0, 1, 2][rng.below(4)];
        (0..again).for_each(|_| world.cut_start());
        let recovered = world.check();
        world.end(None);
        if let Err(why) = recovered {
            let reported = world.reported.join("\n");
            tally.failures.push(format!(
                "{}, seed {seed}, cut {at} of {}, {again} starts cut: {why}\n{reported}",
                recovery.name,
                cuts.len()
            ));
            is_over.fetch_or(tally.failures.iter().any(|why| (search.expected)(why)), Ordering::AcqRel);
        }
        for (mark, count) in world.marks {
            *tally.marks.entry(mark).or_default() += count;
        }
    }
    tally
}

/// Kills the step wherever a file has a name that no flush made durable. The next start builds on that name,
/// and the power goes at one in `every` of its operations.
pub fn kill_behind_renames(recovery: &Recovery, seed: u64, every: usize) -> Tally {
    let mut tally = Tally::default();
    let (cuts, must) = match uncut(recovery, seed, None) {
        Ok(gone_through) => gone_through,
        Err(why) => {
            tally.failures.push(format!("{}, seed {seed}, without a cut: {why}", recovery.name));
            return tally;
        }
    };
    let mut rng = Rng::new(seed);
    for (at, cut) in cuts.iter().enumerate().filter(|(_, cut)| cut.moment.disk.names_unflushed()) {
        let killed = cut.moment.disk.crashed(Mode::Kill, &mut rng);
        let sim = SimDisk::new(killed.clone(), None);
        sim.watch(every, rng.split());
        let mut next = World::of_image(rng.next(), killed, (*cut.relay).clone(), must.clone());
        for moment in next.start_on(&sim) {
            tally.images += 1;
            let card = moment.disk.crashed(Mode::Nothing, &mut rng);
            let mut world = World::of_image(rng.next(), card, (*cut.relay).clone(), must.clone());
            let recovered = world.check();
            world.end(None);
            if let Err(why) = recovered {
                let reported = world.reported.join("\n");
                let name = recovery.name;
                tally.failures.push(format!("{name}, seed {seed}, killed at {at}: {why}\n{reported}"));
            }
        }
    }
    tally
}

fn uncut(recovery: &Recovery, seed: u64, plant: Option<Plant>) -> Result<(Vec<Cut>, Lines), String> {
    let mut world = World::new(seed, plant);
    let gone_through = (|| {
        (recovery.prepare)(&mut world)?;
        world.end(None);
        world.cuts = Some(Vec::new());
        (recovery.act)(&mut world)?;
        world.collect_cuts();
        let cuts = world.cuts.take().unwrap_or_default();
        if recovery.loses {
            let store = world.restart()?;
            let here = counted(&store);
            world.must.retain(|line| here.contains(line));
        }
        let must = world.must.clone();
        world.check()?;
        Ok((cuts, must))
    })();
    world.end(None);
    gone_through.map_err(|why: String| format!("{why}\n{}", world.reported.join("\n")))
}

/// Steps and seeds in turn, on both cores.
pub fn search_all(search: &Search) -> Tally {
    let (next, is_over) = (Mutex::new((0, Tally::default())), AtomicBool::new(false));
    let work = || {
        loop {
            let at = {
                let mut next = next.lock().unwrap();
                let (at, tally) = &mut *next;
                let tried = *at >= ALL.len() && tally.images >= search.images;
                if tried || is_over.load(Ordering::Acquire) {
                    return;
                }
                *at += 1;
                *at - 1
            };
            let (step, seed) =
                ((search.first_step + at) % ALL.len(), search.first_seed + (at / ALL.len()) as u64);
            let one = cut_everywhere(&ALL[step], seed, search, &is_over);
            let mut next = next.lock().unwrap();
            next.1.images += one.images;
            next.1.failures.extend(one.failures);
            for (mark, count) in one.marks {
                *next.1.marks.entry(mark).or_default() += count;
            }
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        work();
    });
    next.into_inner().unwrap().1
}
