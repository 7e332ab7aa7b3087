//! The box dies between any two flushes of the ledger: no label is missing or duplicated without a question about it.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use appliance::printing::JobState;
use appliance::printing::plan::WINDOW;
use labels::PrinterLanguage;
use redb::{Database, StorageBackend};

use crate::print_server::{Batch, Kind, PrintServer, PrinterSetup, SOON};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Death {
    /// A power cut: what was not flushed is gone, and the flush at which it happened did not finish.
    InFlush,
    /// A power cut right after the flush: it is on disk, and the caller never learned of it.
    AfterFlush,
    /// `kill -9`: whatever was written is there, flushed or not.
    Kill,
}

#[derive(Debug, Clone)]
struct Disk(Arc<Mutex<Platters>>);

#[derive(Debug)]
struct Platters {
    written: Vec<u8>,
    flushed: Vec<u8>,
    flushes: u32,
    dies_at: u32,
    death: Death,
    dead: bool,
}

impl Disk {
    fn new(content: Vec<u8>, dies_at: u32, death: Death) -> Self {
        let platters =
            Platters { flushed: content.clone(), written: content, flushes: 0, dies_at, death, dead: false };
        Self(Arc::new(Mutex::new(platters)))
    }

    fn with<T>(&self, work: impl FnOnce(&mut Platters) -> T) -> io::Result<T> {
        let mut platters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if platters.dead { Err(io::Error::other("the power is gone")) } else { Ok(work(&mut platters)) }
    }

    fn is_dead(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).dead
    }

    fn remains(&self) -> Vec<u8> {
        let platters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if platters.death == Death::Kill { platters.written.clone() } else { platters.flushed.clone() }
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        self.with(|p| p.written.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.with(|p| out.copy_from_slice(&p.written[offset as usize..offset as usize + out.len()]))
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.with(|p| p.written.resize(len as usize, 0))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.with(|p| {
            p.flushes += 1;
            p.dead = p.flushes == p.dies_at;
            if !p.dead || p.death == Death::AfterFlush {
                p.flushed.clone_from(&p.written);
            }
            if p.dead { Err(io::Error::other("the power goes")) } else { Ok(()) }
        })?
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.with(|p| p.written[offset as usize..offset as usize + data.len()].copy_from_slice(data))
    }
}

fn open(disk: Disk, setup: &PrinterSetup) -> PrintServer {
    let db = Database::builder().create_with_backend(disk).unwrap();
    PrintServer::open(Arc::new(db), vec![setup.config()])
}

/// Prints a batch on a disk that dies at flush `dies_at` after the submission; `false` when the job was done
/// before.
fn dies(kind: Kind, fresh: &[u8], dies_at: u32, death: Death) -> bool {
    let setup = PrinterSetup::of(kind);
    let batch = Batch::on(kind, 41, 3, |n| n != 2);
    let disk = Disk::new(fresh.to_vec(), dies_at, death);
    let server = open(disk.clone(), &setup);
    let submitted = server.service.submit(batch.request());
    let done = || server.service.job(batch.id).is_ok_and(|j| j.is_some_and(|j| j.state == JobState::Done));
    let deadline = std::time::Instant::now() + SOON;
    while submitted.is_ok() && !disk.is_dead() && !done() {
        assert!(std::time::Instant::now() < deadline, "neither done nor dead at flush {dies_at}");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    let died = disk.is_dead();
    drop(server);
    assert!(setup.printer.wait_until_idle(SOON));

    let server = open(Disk::new(disk.remains(), u32::MAX, death), &setup);
    let Some(job) = server.service.job(batch.id).unwrap() else {
        assert!(submitted.is_err(), "an acknowledged job is gone after flush {dies_at}, {death:?}");
        assert!(batch.out(&setup.printer).is_empty());
        return died;
    };
    let out = batch.out(&setup.printer);
    batch.check(&job, &out, WINDOW);
    server.until(batch.id, |job| matches!(job.state, JobState::NeedsAnswer | JobState::Done));
    server.answer_truthfully(batch.id, &out);
    let job = server.until_done(batch.id);
    batch.check_all_out(&job, &batch.out(&setup.printer));
    died
}

/// Each `step`th flush of three labels, in each kind of crash; all at a time, since they wait more than they
/// work.
fn dies_between_writes(language: PrinterLanguage, step: u32) {
    let kind = Kind::of(language);
    // The empty database, made on a disk that lives.
    let disk = Disk::new(Vec::new(), u32::MAX, Death::Kill);
    drop(Database::builder().create_with_backend(disk.clone()).unwrap());
    let fresh = disk.remains();
    // The first flushes belong to opening; a box that dies there has accepted no job.
    let first = flushes_of_opening(kind, &fresh) + 1;
    std::thread::scope(|scope| {
        for (offset, death) in (0..).zip([Death::InFlush, Death::AfterFlush, Death::Kill]) {
            let fresh = &fresh;
            scope.spawn(move || {
                let all = (first + offset % step..first + 200).step_by(step as usize);
                let deaths = all.take_while(|&at| dies(kind, fresh, at, death)).count() as u32;
                let reported =
                    format!("{}: three labels in {deaths} × {step} flushes ({death:?})", language.name());
                assert!((10..200).contains(&(deaths * step + step)), "{reported}");
            });
        }
    });
}

#[test]
fn the_box_dies_between_any_two_ledger_writes() {
    dies_between_writes(PrinterLanguage::EscPos, 1);
}

#[test]
fn the_box_dies_at_a_zpl_printer() {
    dies_between_writes(PrinterLanguage::Zpl, 2);
}

#[test]
fn the_box_dies_at_a_tspl_printer() {
    dies_between_writes(PrinterLanguage::Tspl, 2);
}

#[test]
fn the_box_dies_at_a_brother() {
    dies_between_writes(PrinterLanguage::BrotherQl, 2);
}

#[test]
fn the_box_dies_at_a_dymo() {
    dies_between_writes(PrinterLanguage::Dymo, 2);
}

fn flushes_of_opening(kind: Kind, fresh: &[u8]) -> u32 {
    let setup = PrinterSetup::of(kind);
    let disk = Disk::new(fresh.to_vec(), u32::MAX, Death::Kill);
    let server = open(disk.clone(), &setup);
    let flushes = disk.0.lock().unwrap_or_else(PoisonError::into_inner).flushes;
    drop(server);
    flushes
}
