//! The print service on a virtual printer, a truthful person beside it, and what must hold between the two.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use appliance::clock::system_clock;
use appliance::printing::{
    ConfirmedBy, ConnectionTimeouts, JobOutcome, JobRequest, JobState, JobView, LabelRequest, LabelState,
    MediaChoice, PrintService, PrinterCause, PrinterConfig, PrinterSettings,
};
use harness::virtual_printer;
use harness::virtual_printer::{Options, Printed, VirtualPrinter};
use labels::{Bitmap, PrinterLanguage, PrinterProfile, Typesetter, layout, media, template};
use record::ids::JobId;
use record::tag::Tag;
use redb::Database;
use service::clock::boot_id;
use service::random::{RandomSource, SeededRandom};
use tokio::sync::mpsc;

/// Far more than anything here takes on a loaded machine.
pub const SOON: Duration = Duration::from_secs(60);
/// A job is looked at when the print service reports a change, and at least this often.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// As many as a change should wait for, or with `LABELS_LONG` as many as a release should.
pub fn amount(of_change: u32, of_release: u32) -> u32 {
    if std::env::var_os("LABELS_LONG").is_some() { of_release } else { of_change }
}

#[derive(Debug, Clone, Copy)]
pub struct Kind {
    pub language: PrinterLanguage,
    pub template: &'static str,
    /// The usual roll where none is named.
    media: Option<&'static str>,
}

pub const KINDS: [Kind; 5] = [
    Kind { language: PrinterLanguage::EscPos, template: "equipment", media: None },
    Kind { language: PrinterLanguage::Zpl, template: "equipment", media: None },
    Kind { language: PrinterLanguage::Tspl, template: "equipment", media: None },
    Kind { language: PrinterLanguage::BrotherQl, template: "equipment-62x29", media: None },
    Kind { language: PrinterLanguage::Dymo, template: "equipment", media: Some("30256-shipping-101x59") },
];

impl Kind {
    pub fn of(language: PrinterLanguage) -> Self {
        KINDS.into_iter().find(|kind| kind.language == language).unwrap()
    }

    pub fn options(self) -> Options {
        Options::of(virtual_printer::Language::named(self.language.name()).unwrap())
    }

    pub fn profile(self) -> PrinterProfile {
        let PrinterConfig { dpi, head_dots, answers, media, .. } = self.config("tcp://nobody:1");
        PrinterProfile { dpi, head_dots, answers, media, ..self.language.usual_profile() }
    }

    /// A Brother is one that answers on its connection, as on USB.
    pub fn config(self, address: &str) -> PrinterConfig {
        let media = self.media.map(|name| MediaChoice::Named(name.to_owned()));
        let settings = PrinterSettings::new("Bench", self.language.name(), address);
        let config = PrinterSettings { media, ..settings }.checked().unwrap();
        PrinterConfig { answers: self.language.row().answers, timeouts: timeouts(), ..config }
    }
}

pub struct PrinterSetup {
    pub dir: tempfile::TempDir,
    pub printer: VirtualPrinter,
    kind: Kind,
}

impl PrinterSetup {
    pub fn new() -> Self {
        Self::of(Kind::of(PrinterLanguage::EscPos))
    }

    pub fn of(kind: Kind) -> Self {
        Self::with(kind, kind.options())
    }

    pub fn with(kind: Kind, options: Options) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let printer = VirtualPrinter::on_loopback_with(&dir.path().join("spool"), options).unwrap();
        Self { dir, printer, kind }
    }

    pub fn spool(&self) -> std::path::PathBuf {
        self.dir.path().join("spool")
    }

    pub fn config(&self) -> PrinterConfig {
        let config = self.kind.config(&format!("tcp://{}", self.printer.addr()));
        let agent = self.printer.snmp_addr().map_or(config.status_port, |agent| agent.port());
        PrinterConfig { status_port: agent, ..config }
    }

    pub fn open(&self) -> PrintServer {
        self.open_with(self.config())
    }

    pub fn open_with(&self, config: PrinterConfig) -> PrintServer {
        PrintServer::open(database(&self.dir.path().join("state.redb")), vec![config])
    }
}

/// Short where waiting proves nothing, long where a loaded machine could be mistaken for a broken printer.
pub fn timeouts() -> ConnectionTimeouts {
    ConnectionTimeouts {
        drain: Duration::from_millis(5),
        retry: Duration::from_millis(20),
        ..ConnectionTimeouts::default()
    }
}

pub fn database(path: &Path) -> Arc<Database> {
    Arc::new(Database::create(path).unwrap())
}

pub struct PrintServer {
    pub service: PrintService,
    pub outcomes: mpsc::Receiver<JobOutcome>,
}

impl PrintServer {
    pub fn open(db: Arc<Database>, printers: Vec<PrinterConfig>) -> Self {
        let (sender, outcomes) = mpsc::channel(4);
        let clock = Arc::new(system_clock(boot_id([1; 10])));
        let random: Arc<dyn RandomSource> = Arc::new(SeededRandom::new(7));
        let service = PrintService::open(db, printers, clock, &random, sender).unwrap();
        Self { service, outcomes }
    }

    pub fn job(&self, id: JobId) -> JobView {
        self.service.job(id).unwrap().unwrap()
    }

    #[track_caller]
    pub fn until(&self, id: JobId, expected: impl Fn(&JobView) -> bool) -> JobView {
        let deadline = Instant::now() + SOON;
        let mut news = self.service.news();
        loop {
            // What changes from here on wakes the next look.
            news.mark_unchanged();
            let job = self.job(id);
            if expected(&job) {
                return job;
            }
            let looked = Instant::now();
            assert!(looked < deadline, "it did not come about: {job:#?}\n{:#?}", self.service.printers());
            while !news.has_changed().unwrap_or(true) && Instant::now() < looked + LOOK_EVERY {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }

    #[track_caller]
    pub fn until_done(&self, id: JobId) -> JobView {
        self.until(id, |job| job.state == JobState::Done)
    }

    #[track_caller]
    pub fn until_asking(&self, id: JobId) -> JobView {
        self.until(id, |job| job.state == JobState::NeedsAnswer)
    }

    #[track_caller]
    pub fn until_paused(&self, id: JobId, is: impl Fn(&PrinterCause) -> bool) -> JobView {
        self.until(id, |job| matches!(&job.state, JobState::Paused(cause) if is(cause)))
    }

    /// A person who looks into the tray and answers truthfully for each label in doubt.
    pub fn answer_truthfully(&self, id: JobId, out: &[u32]) {
        for label in self.job(id).labels.iter().filter(|l| l.state == LabelState::Unknown) {
            self.service.answer(id, label.n, out.contains(&label.n)).unwrap();
        }
    }
}

pub struct Batch {
    pub id: JobId,
    pub labels: Vec<LabelRequest>,
    template: &'static str,
    previews: BTreeMap<Ink, u32>,
    /// Labels by the pieces of paper that show them: what is on one does not change any more.
    recognised: RefCell<BTreeMap<u32, u32>>,
}

impl Batch {
    /// For an ESC/POS printer; `blank` says which labels (from 1) are blank tags.
    pub fn new(seed: u64, count: u32, blank: impl Fn(u32) -> bool) -> Self {
        Self::on(Kind::of(PrinterLanguage::EscPos), seed, count, blank)
    }

    pub fn named(seed: u64, count: u32) -> Self {
        Self::new(seed, count, |_| false)
    }

    pub fn on(kind: Kind, seed: u64, count: u32, blank: impl Fn(u32) -> bool) -> Self {
        let random: &dyn RandomSource = &SeededRandom::new(seed);
        let labels: Vec<_> = (1..=count).map(|n| request(random, n, blank(n))).collect();
        let mut typesetter = Typesetter::new().unwrap();
        let config = kind.config("tcp://nobody:1");
        let previews = (1..).zip(&labels).map(|(n, label)| {
            let preview = preview(&mut typesetter, label, (n, count), &config, kind.template);
            (Ink::of_bitmap(&preview), n)
        });
        let (id, previews) = (JobId::new(1, random.bytes()), previews.collect());
        Self { id, previews, labels, template: kind.template, recognised: RefCell::default() }
    }

    pub fn request(&self) -> JobRequest {
        let template = Some(self.template.to_owned());
        JobRequest { template, ..JobRequest::new(self.id, self.labels.clone()) }
    }

    /// Which labels have come out whole, in order, each recognised dot by dot. It is always the same printer.
    pub fn out(&self, printer: &VirtualPrinter) -> Vec<u32> {
        let whole = printer.printed().into_iter().filter(|p| !p.partial);
        whole
            .map(|p| *self.recognised.borrow_mut().entry(p.number).or_insert_with(|| self.label_on(&p)))
            .collect()
    }

    fn label_on(&self, piece: &Printed) -> u32 {
        *self.previews.get(&Ink::of_picture(&piece.picture)).expect("a label that nobody asked for")
    }

    /// What must hold whenever the printer is stopped.
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
            // A printer without status confirms no more than that it was sent.
            let unseen = (view.state, view.proof) == (LabelState::Sent, Some(ConfirmedBy::Nobody));
            assert!(
                times >= 1 || (label.blank && view.state == LabelState::Failed) || unseen,
                "{} is missing: {out:?} {job:#?}",
                view.n
            );
            assert!(times <= 1 || !label.blank, "blank tag {:?} came out {times} times", view.tag);
        }
    }
}

pub fn request(random: &dyn RandomSource, n: u32, blank: bool) -> LabelRequest {
    let tag = Tag::from_random(random.bytes());
    let words =
        ["Infusion pump", "Ventilátor", "Ultrasound transducer, transvaginal", "Насос", "Αντλία έγχυσης"];
    let word = words[random.below(words.len() as u64) as usize];
    LabelRequest {
        tag: Some(tag),
        url: format!("https://st-olaf.boxes.example/{tag}"),
        name: if blank { String::new() } else { format!("{word} {n}") },
        asset_number: if blank { String::new() } else { format!("BM-{}", 20_000 + random.below(9_999)) },
        location: if blank { String::new() } else { format!("ICU East, bed {}", 1 + random.below(40)) },
        blank,
        ..LabelRequest::default()
    }
}

pub fn preview(
    typesetter: &mut Typesetter,
    label: &LabelRequest,
    (n, of): (u32, u32),
    printer: &PrinterConfig,
    name: &str,
) -> Bitmap {
    let template = template::find_builtin(name).unwrap();
    let drawing =
        layout::lay_out_label(typesetter, template, &label.fields(n, of), None, printer.dpi).unwrap();
    let dots = drawing.bitmap(typesetter);
    media::place_label(&drawing, &dots, &printer.media, printer.head_dots).unwrap().dots
}

/// The dots of a label from the first to the last that is black, in both directions. Their position on the paper is another question.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Ink {
    across: u32,
    dots: Vec<bool>,
}

impl Ink {
    fn of_bitmap(label: &Bitmap) -> Self {
        Self::of((label.width(), label.height()), |x, y| label.black(x, y))
    }

    fn of_picture(picture: &image::GrayImage) -> Self {
        Self::of(picture.dimensions(), |x, y| picture.get_pixel(x, y).0[0] < 128)
    }

    fn of((width, height): (u32, u32), black: impl Fn(u32, u32) -> bool) -> Self {
        let (mut left, mut right) = (width, 0);
        let mut rows = (0..height).filter(|&y| (0..width).any(|x| black(x, y)));
        let top = rows.next().unwrap_or(0);
        let bottom = rows.next_back().unwrap_or(top);
        for y in top..=bottom.min(height.saturating_sub(1)) {
            left = (0..left).find(|&x| black(x, y)).unwrap_or(left);
            right = (right..width).rev().find(|&x| black(x, y)).unwrap_or(right);
        }
        let across = (right + 1).saturating_sub(left);
        let dots = (top..=bottom)
            .flat_map(|y| (left..left + across).map(move |x| (x, y)))
            .filter(|&(x, y)| x < width && y < height);
        Self { across, dots: dots.map(|(x, y)| black(x, y)).collect() }
    }
}
