//! A print room on a virtual printer, a truthful person beside it, and what must hold between the two.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use appliance::clock::{SystemClock, boot_id};
use appliance::print::{
    JobOutcome, JobRequest, JobState, JobView, LabelRequest, LabelState, Patience, PrinterConfig, Printing,
};
use appliance::random::{Random, SeededRandom};
use harness::virtual_printer::VirtualPrinter;
use labels::language::Answers;
use labels::layout::{self, Dpi, LabelFields};
use labels::{Bitmap, Typesetter};
use record::ids::JobId;
use record::tag::Tag;
use redb::Database;
use tokio::sync::mpsc;

/// Far more than anything here takes on a loaded machine.
pub const SOON: Duration = Duration::from_secs(60);

/// A printer with its spool, and a ledger that survives the rooms that use it.
pub struct Shop {
    pub dir: tempfile::TempDir,
    pub printer: VirtualPrinter,
}

impl Shop {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let printer = VirtualPrinter::on_loopback(&dir.path().join("spool")).unwrap();
        Self { dir, printer }
    }

    pub fn spool(&self) -> std::path::PathBuf {
        self.dir.path().join("spool")
    }

    pub fn config(&self) -> PrinterConfig {
        PrinterConfig { patience: patience(), ..config(&self.printer) }
    }

    /// Opens the print room on this shop's own ledger.
    pub fn open(&self) -> Room {
        self.open_with(self.config())
    }

    pub fn open_with(&self, config: PrinterConfig) -> Room {
        Room::open(database(&self.dir.path().join("state.redb")), vec![config])
    }
}

pub fn config(printer: &VirtualPrinter) -> PrinterConfig {
    PrinterConfig::escpos("Bench", &format!("tcp://{}", printer.addr()), Dpi::D203, Answers::Printed)
}

/// Short where waiting proves nothing, long where a loaded machine could be mistaken for a broken printer.
pub fn patience() -> Patience {
    Patience { drain: Duration::from_millis(5), retry: Duration::from_millis(20), ..Patience::default() }
}

pub fn database(path: &Path) -> Arc<Database> {
    Arc::new(Database::create(path).unwrap())
}

/// A running print room.
pub struct Room {
    pub printing: Printing,
    pub outcomes: mpsc::Receiver<JobOutcome>,
}

impl Room {
    pub fn open(db: Arc<Database>, printers: Vec<PrinterConfig>) -> Self {
        let (tell, outcomes) = mpsc::channel(4);
        let clock = Arc::new(SystemClock::new(boot_id([1; 10])));
        let random: Arc<dyn Random> = Arc::new(SeededRandom::new(7));
        let printing = Printing::open(db, printers, clock, &random, tell).unwrap();
        Self { printing, outcomes }
    }

    pub fn job(&self, id: JobId) -> JobView {
        self.printing.job(id).unwrap().unwrap()
    }

    /// Looks at the job until it is as wanted.
    #[track_caller]
    pub fn until(&self, id: JobId, wanted: impl Fn(&JobView) -> bool) -> JobView {
        let deadline = Instant::now() + SOON;
        loop {
            let job = self.job(id);
            if wanted(&job) {
                return job;
            }
            assert!(
                Instant::now() < deadline,
                "it did not come about: {job:#?}\n{:#?}",
                self.printing.printers()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[track_caller]
    pub fn until_done(&self, id: JobId) -> JobView {
        self.until(id, |job| job.state == JobState::Done)
    }

    #[track_caller]
    pub fn until_asking(&self, id: JobId) -> JobView {
        self.until(id, |job| job.state == JobState::Asking)
    }

    #[track_caller]
    pub fn until_paused(&self, id: JobId, because: &str) -> JobView {
        self.until(id, |job| matches!(&job.state, JobState::Paused(reason) if reason.contains(because)))
    }

    /// A person who looks into the tray and tells the truth about each label in doubt.
    pub fn answer_truthfully(&self, id: JobId, out: &[u32]) {
        for label in self.job(id).labels.iter().filter(|l| l.state == LabelState::Unknown) {
            self.printing.answer(id, label.n, out.contains(&label.n)).unwrap();
        }
    }
}

/// A batch with the pictures that its labels must have.
pub struct Batch {
    pub id: JobId,
    pub labels: Vec<LabelRequest>,
    previews: BTreeMap<Vec<u8>, u32>,
}

impl Batch {
    /// `blank` says which labels (from 1) are blank tags.
    pub fn new(seed: u64, count: u32, blank: impl Fn(u32) -> bool) -> Self {
        let random: &dyn Random = &SeededRandom::new(seed);
        let labels: Vec<_> = (1..=count).map(|n| request(random, n, blank(n))).collect();
        let mut typesetter = Typesetter::new().unwrap();
        let previews = (1..).zip(&labels).map(|(n, label)| {
            let preview = preview(&mut typesetter, label, n, count);
            (dots(&preview), n)
        });
        Self { id: JobId::new(1, random.bytes()), previews: previews.collect(), labels }
    }

    pub fn named(seed: u64, count: u32) -> Self {
        Self::new(seed, count, |_| false)
    }

    pub fn request(&self) -> JobRequest {
        JobRequest { id: self.id, key: None, printer: None, labels: self.labels.clone() }
    }

    /// Which labels have come out whole, in order, each recognised dot by dot.
    pub fn out(&self, printer: &VirtualPrinter) -> Vec<u32> {
        let whole = printer.printed().into_iter().filter(|p| !p.torn);
        whole
            .map(|p| *self.previews.get(&picture_dots(&p.picture)).expect("a label that nobody asked for"))
            .collect()
    }

    /// What must hold at any time that the printer stands still.
    pub fn check(&self, job: &JobView, out: &[u32], window: usize) {
        let n_in = |states: &[LabelState]| {
            job.labels.iter().filter(|l| states.contains(&l.state)).map(|l| l.n).collect::<Vec<_>>()
        };
        for n in n_in(&[LabelState::Confirmed]) {
            assert!(out.contains(&n), "label {n} is called confirmed and is not out: {out:?} {job:#?}");
        }
        for n in n_in(&[LabelState::Queued, LabelState::Cancelled]) {
            let before = job.labels[n as usize - 1].attempts;
            assert!(before > 0 || !out.contains(&n), "label {n} is out and was never sent: {out:?} {job:#?}");
        }
        let open = n_in(&[LabelState::Unknown, LabelState::Sending]).len()
            + job.labels.iter().filter(|l| l.state == LabelState::Sent && l.proof.is_none()).count();
        assert!(open <= window, "{open} labels in doubt: {job:#?}");
    }

    /// What must hold in the end: each label at least once, a blank tag exactly once or burnt.
    pub fn check_all_out(&self, job: &JobView, out: &[u32]) {
        for (label, view) in self.labels.iter().zip(&job.labels) {
            let times = out.iter().filter(|&&n| n == view.n).count();
            assert!(
                times >= 1 || (label.blank && view.state == LabelState::Failed),
                "{} is missing: {out:?}",
                view.n
            );
            assert!(times <= 1 || !label.blank, "blank tag {} came out {times} times", view.tag);
        }
    }
}

fn request(random: &dyn Random, n: u32, blank: bool) -> LabelRequest {
    let tag = Tag::from_random(random.bytes());
    let words =
        ["Infusion pump", "Ventilátor", "Ultrasound transducer, transvaginal", "Насос", "Αντλία έγχυσης"];
    let word = words[random.below(words.len() as u64) as usize];
    LabelRequest {
        tag,
        url: format!("https://st-olaf.boxes.example/{tag}"),
        name: if blank { String::new() } else { format!("{word} {n}") },
        asset_number: if blank { String::new() } else { format!("BM-{}", 20_000 + random.below(9_999)) },
        location: if blank { String::new() } else { format!("ICU East, bed {}", 1 + random.below(40)) },
        blank,
    }
}

/// The preview of label `n` of `of`, as the station page shows it.
pub fn preview(typesetter: &mut Typesetter, label: &LabelRequest, n: u32, of: u32) -> Bitmap {
    let fields = LabelFields {
        url: label.url.clone(),
        name: label.name.clone(),
        asset_number: label.asset_number.clone(),
        location: label.location.clone(),
        tag: label.tag.to_string(),
        position: (of > 1).then_some((n, of)),
    };
    layout::equipment(typesetter, &fields, Dpi::D203).unwrap()
}

/// One byte a dot, to the next whole byte of the raster.
fn dots(preview: &Bitmap) -> Vec<u8> {
    let across = preview.width().next_multiple_of(8);
    (0..preview.height()).flat_map(|y| (0..across).map(move |x| u8::from(preview.black(x, y)))).collect()
}

fn picture_dots(picture: &image::GrayImage) -> Vec<u8> {
    picture.pixels().map(|p| u8::from(p.0[0] == 0)).collect()
}
