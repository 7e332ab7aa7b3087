//! Accepting jobs: every label is drawn once before any is printed, so that a bad one refuses the whole job.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::Arc;

use labels::drawing::LabelWarning;
use labels::{Dpi, Drawing, Template, Typesetter};
use record::ids::JobId;

use crate::printing::PrintService;
use crate::printing::model::cause::JobNote;
use crate::printing::model::design::JobTemplate;
use crate::printing::model::job::JobHead;
use crate::printing::model::ledger_error::LedgerError;
use crate::printing::model::limits::{KEY_CHARS_MAX, LABELS_MAX, REASON_CHARS_MAX};
use crate::printing::model::make_error::MakeError;
use crate::printing::model::printer_settings::PrinterConfig;
use crate::printing::model::request::{
    JobKind, JobRequest, LabelRequest, NameStyle, ReprintInfo, ReprintRequest,
};
use crate::printing::model::view::{JobView, LabelView, PreviewImage, PrintRefusal};
use crate::printing::queue::ledger::{LedgerJob, SubmitOutcome};
use crate::printing::templates::layout::RenderStyle;

const LABELS_A_THREAD: usize = 200;
/// Notes that a job stores: each is a kind of remark, not one a label.
const NOTES_MAX: usize = 8;
/// Characters of a label's text that a note repeats.
const NOTE_CHARS_MAX: usize = 200;

/// A label to be previewed before it is printed.
#[derive(Debug, Clone)]
pub struct PreviewRequest {
    /// The printer's name; without one the first printer.
    pub printer: Option<String>,
    /// The template's name; without one as for a job.
    pub template: Option<String>,
    /// What is done about names that cannot be printed.
    pub names: NameStyle,
    pub label: LabelRequest,
    /// Its place in the job, such as 3 of 42.
    pub at: (u32, u32),
}

/// A job that has not been checked.
pub(super) struct JobDraft {
    pub(super) id: JobId,
    pub(super) key: Option<String>,
    pub(super) printer: Arc<PrinterConfig>,
    pub(super) kind: JobKind,
    pub(super) designs: Vec<JobTemplate>,
    pub(super) names: NameStyle,
    pub(super) labels: Vec<LabelRequest>,
    pub(super) reprint: Option<ReprintInfo>,
}

impl PrintService {
    /// Accepts a job: every label is drawn once to see that it can be, then the whole job is written. The same id or
    /// key again returns the first job.
    ///
    /// # Errors
    /// See [`PrintRefusal`]; nothing is stored of a refused job.
    pub fn submit(&self, request: JobRequest) -> Result<JobView, PrintRefusal> {
        if let Some(job) = self.job_of(request.id, request.key.as_deref())? {
            return same_labels(job, &request.labels);
        }
        let _chosen = self.designs.choosing();
        self.take(JobDraft {
            id: request.id,
            key: request.key,
            printer: self.printer_for(request.printer.as_deref())?,
            kind: JobKind::Labels,
            designs: self.candidates(request.template.as_deref(), &request.labels)?,
            names: request.names,
            labels: request.labels,
            reprint: None,
        })
    }

    /// Prints the test label, which says what is assumed of the printer.
    ///
    /// # Errors
    /// See [`PrintRefusal`]; nothing is stored of a refused job.
    pub fn test(&self, printer: &str, id: JobId, key: Option<String>) -> Result<JobView, PrintRefusal> {
        if let Some(job) = self.job_of(id, key.as_deref())? {
            let same = job.summary.kind == JobKind::Test && job.summary.printer == printer;
            return if same { Ok(job) } else { Err(PrintRefusal::KeyReused) };
        }
        self.take(JobDraft {
            id,
            key,
            printer: self.printer_for(Some(printer))?,
            kind: JobKind::Test,
            designs: self.candidates(None, &[])?,
            names: NameStyle::AsTheyAre,
            labels: vec![LabelRequest::default()],
            reprint: None,
        })
    }

    /// Prints labels of an earlier job once more, as they were. A blank tag is not.
    ///
    /// # Errors
    /// See [`PrintRefusal`]; nothing is stored of a refused job.
    pub fn reprint(&self, request: ReprintRequest) -> Result<JobView, PrintRefusal> {
        if let Some(job) = self.job_of(request.id, request.key.as_deref())? {
            let again = job.summary.reprint.as_ref().is_some_and(|of| of.of == request.of);
            return match self.ledger.job(request.of)? {
                Some(of) if again => same_labels(job, &self.labels_of(&of, &request.labels)?),
                _ => Err(PrintRefusal::KeyReused),
            };
        }
        let reason = request.reason.trim();
        let plain = !reason.chars().any(|c| c.is_control() || turns_direction(c));
        if !plain || !(1..=REASON_CHARS_MAX).contains(&reason.chars().count()) {
            return Err(PrintRefusal::Reason);
        }
        if request.labels.len() > LABELS_MAX {
            return Err(PrintRefusal::TooMany { labels: request.labels.len() });
        }
        let of = self.ledger.job(request.of)?.ok_or(PrintRefusal::NoJob(request.of))?;
        let labels = self.labels_of(&of, &request.labels)?;
        let design = self.ledger.design_of(&of.head)?.map_err(|_| PrintRefusal::UnknownTemplate {
            expected: of.head.template.clone(),
            known: self.designs.known(),
        })?;
        let printer = request.printer.as_deref().unwrap_or(&of.head.printer);
        self.take(JobDraft {
            id: request.id,
            key: request.key,
            printer: self.printer_for(Some(printer))?,
            kind: of.head.kind,
            designs: vec![design],
            names: of.head.names,
            labels,
            reprint: Some(ReprintInfo { of: request.of, reason: reason.to_owned() }),
        })
    }

    /// The very dots of one label, read back and checked.
    ///
    /// # Errors
    /// Whatever a job of this label would be refused for.
    pub fn preview(&self, request: &PreviewRequest) -> Result<PreviewImage, PrintRefusal> {
        let config = self.printer_for(request.printer.as_deref())?;
        let labels = std::slice::from_ref(&request.label);
        let designs = self.candidates(request.template.as_deref(), labels)?;
        let mut t = Typesetter::new()?;
        choose_template(&config, &designs, |design| {
            let manner = RenderStyle { kind: JobKind::Labels, design, names: request.names };
            let made = crate::printing::templates::layout::render_label(
                &mut t,
                manner,
                &config,
                &request.label,
                request.at,
            );
            let made = made.map_err(|why| label_refusal(request.at.0, &request.label, why))?;
            let notes = made
                .drawing
                .warnings
                .iter()
                .map(|warning: &LabelWarning| JobNote::Warning {
                    warning: shorten_warning(warning),
                    first: 1,
                    times: 1,
                    of: 1,
                })
                .take(NOTES_MAX)
                .collect();
            Ok(PreviewImage { dots: made.dots, dpi: config.dpi, template: design.name().to_owned(), notes })
        })
        .map(|(preview, note)| match note {
            Some(note) => PreviewImage { notes: [vec![note], preview.notes].concat(), ..preview },
            None => preview,
        })
    }

    fn labels_of(&self, job: &LedgerJob, numbers: &[u32]) -> Result<Vec<LabelRequest>, PrintRefusal> {
        let labels = numbers.iter().map(|&n| {
            let label = self.ledger.label(job.seq, n)?;
            label.ok_or(PrintRefusal::NoLabel { job: job.head.id, n })
        });
        labels.collect()
    }

    pub(super) fn take(&self, expected: JobDraft) -> Result<JobView, PrintRefusal> {
        let count = expected.labels.len();
        match count {
            0 => return Err(PrintRefusal::NoLabels),
            1..=LABELS_MAX => {}
            _ => return Err(PrintRefusal::TooMany { labels: count }),
        }
        if expected.key.as_ref().is_some_and(|key| key.chars().count() > KEY_CHARS_MAX) {
            return Err(PrintRefusal::Key);
        }
        let ((design, mut notes), instead) =
            choose_template(&expected.printer, &expected.designs, |design| {
                let manner = RenderStyle { kind: expected.kind, design, names: expected.names };
                let notes = check_all(manner, &expected.printer, &expected.labels)?;
                Ok((design.clone(), notes))
            })?;
        notes.splice(0..0, instead);
        let head = JobHead {
            id: expected.id,
            key: expected.key,
            printer: expected.printer.name.clone(),
            labels: u32::try_from(count).unwrap_or(u32::MAX),
            created_ms: self.clock.now().wall_ms,
            finished_ms: None,
            cancelled: false,
            kind: expected.kind,
            template: match expected.kind {
                JobKind::Labels => design.name().to_owned(),
                JobKind::Test => "test".to_owned(),
                JobKind::SetupSlip | JobKind::ReceiptStrip | JobKind::SelfTest => "slip".to_owned(),
            },
            names: expected.names,
            notes,
            reprint: expected.reprint,
            design: design.version,
            logo: design.logo.map_or(0, |(version, _)| version),
        };
        let job = match self.ledger.submit(&head, &expected.labels)? {
            SubmitOutcome::Job(job) => job,
            SubmitOutcome::BlankAgain(tag) => return Err(PrintRefusal::BlankAgain(tag)),
            SubmitOutcome::Full => return Err(PrintRefusal::Full),
        };
        self.wake();
        Ok(self.view(&job)?)
    }

    pub(crate) fn printer_for(&self, expected: Option<&str>) -> Result<Arc<PrinterConfig>, PrintRefusal> {
        let desks = self.handles();
        let found = match expected {
            None => desks.first(),
            Some(expected) => desks.iter().find(|handle| handle.config.name == expected),
        };
        match (found, expected) {
            (Some(handle), _) => Ok(handle.config.clone()),
            (None, Some(expected)) if !desks.is_empty() => Err(PrintRefusal::UnknownPrinter {
                expected: expected.chars().take(60).collect(),
                known: desks.iter().map(|handle| handle.config.name.as_str()).collect::<Vec<_>>().join(", "),
            }),
            (None, _) => Err(PrintRefusal::NoPrinter),
        }
    }

    /// Labels for sheets of paper at a resolution. With no template named, it is the first of its kind that `fits`.
    ///
    /// # Errors
    /// See [`PrintRefusal`].
    pub fn draw_for_paper(
        &self,
        expected: Option<&str>,
        names: NameStyle,
        labels: &[LabelRequest],
        dpi: Dpi,
        fits: impl Fn(&Template) -> bool,
    ) -> Result<Vec<Drawing>, PrintRefusal> {
        if labels.len() > LABELS_MAX {
            return Err(PrintRefusal::TooMany { labels: labels.len() });
        }
        let designs = self.candidates(expected, labels)?;
        let fitting = designs.iter().find(|design| fits(&design.template));
        let design = fitting.or_else(|| designs.first()).ok_or(PrintRefusal::NoLabels)?;
        // What does not go onto the sheet is refused by its first label, before thousands are drawn.
        let labels = if fitting.is_some() { labels } else { &labels[..labels.len().min(1)] };
        let t = Typesetter::new()?;
        // No position: what is cut out of a sheet comes in no order.
        (1u32..)
            .zip(labels)
            .map(|(n, label): (u32, &LabelRequest)| {
                let drawn =
                    crate::printing::templates::layout::lay_out(&t, design, names, label, (n, 1), dpi);
                drawn.map_err(|why| label_refusal(n, label, why.into()))
            })
            .collect()
    }

    /// What to try, the best first.
    pub(crate) fn candidates(
        &self,
        expected: Option<&str>,
        labels: &[LabelRequest],
    ) -> Result<Vec<JobTemplate>, PrintRefusal> {
        self.designs_for(expected, &crate::printing::templates::layout::name_candidates(expected, labels))
    }

    /// The job that was made of this key, if one was.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub fn submitted(&self, key: &str) -> Result<Option<JobView>, LedgerError> {
        let found = self.ledger.find_key(key)?;
        found.map(|job| self.view(&job)).transpose()
    }

    pub(super) fn job_of(&self, id: JobId, key: Option<&str>) -> Result<Option<JobView>, LedgerError> {
        let found: Option<LedgerJob> = self.ledger.find(id, key)?;
        found.map(|job| self.view(&job)).transpose()
    }
}

/// The earlier job of a key, when it is of these labels. Blank tags are created again for each submission, so any are the same.
fn same_labels(job: JobView, labels: &[LabelRequest]) -> Result<JobView, PrintRefusal> {
    let same = job.labels.len() == labels.len()
        && job.labels.iter().zip(labels).all(|(was, is): (&LabelView, &LabelRequest)| {
            if was.blank && is.blank { true } else { (was.tag, was.blank) == (is.tag, is.blank) }
        });
    if same { Ok(job) } else { Err(PrintRefusal::KeyReused) }
}

/// The first template that fits what is in the printer; with a note when it is not the first one. When none fits, why the
/// first does not.
pub(crate) fn choose_template<T>(
    config: &PrinterConfig,
    designs: &[JobTemplate],
    mut with: impl FnMut(&JobTemplate) -> Result<T, PrintRefusal>,
) -> Result<(T, Option<JobNote>), PrintRefusal> {
    let mut first = None;
    for design in designs {
        match with(design) {
            Ok(made) => {
                let instead = first.map(|_| JobNote::OtherTemplate {
                    paper: config.paper(),
                    template: design.name().to_owned(),
                });
                return Ok((made, instead));
            }
            Err(refusal) if refusal.is_of_size() => first = first.or(Some(refusal)),
            Err(refusal) => return Err(refusal),
        }
    }
    Err(first.unwrap_or(PrintRefusal::NoLabels))
}

/// Draws every label, on all cores: a person waits for it. What they should know of the labels, each remark once.
fn check_all(
    manner: RenderStyle<'_>,
    config: &PrinterConfig,
    labels: &[LabelRequest],
) -> Result<Vec<JobNote>, PrintRefusal> {
    let of = u32::try_from(labels.len()).unwrap_or(u32::MAX);
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let share = labels.len().div_ceil(cores).max(LABELS_A_THREAD);
    let shares = std::thread::scope(|scope| {
        let threads: Vec<_> = labels
            .chunks(share)
            .zip((1u32..).step_by(share))
            .map(|(labels, first)| scope.spawn(move || label_warnings(manner, config, labels, first, of)))
            .collect();
        let joined =
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        // In order: the first label at fault is the one that is named.
        joined.collect::<Result<Vec<_>, _>>()
    })?;
    let mut all = Vec::<Remark>::new();
    for remark in shares.into_iter().flatten() {
        match all.iter_mut().find(|known| known.warning == remark.warning) {
            Some(known) => known.times += remark.times,
            None => all.push(remark),
        }
    }
    all.sort_by_key(|remark| remark.first);
    let notes = all.into_iter().take(NOTES_MAX);
    Ok(notes.map(|Remark { warning, first, times }| JobNote::Warning { warning, first, times, of }).collect())
}

/// A warning, the first label that it is about, and how many it is about.
struct Remark {
    warning: LabelWarning,
    first: u32,
    times: u32,
}

/// Draws some labels, the first of which is number `first` of `of`.
fn label_warnings(
    manner: RenderStyle<'_>,
    config: &PrinterConfig,
    labels: &[LabelRequest],
    first: u32,
    of: u32,
) -> Result<Vec<Remark>, PrintRefusal> {
    let mut t = Typesetter::new()?;
    let mut remarks = Vec::<Remark>::new();
    for (n, label) in (first..).zip(labels) {
        let drawing = crate::printing::templates::layout::check_label(&mut t, manner, config, label, (n, of))
            .map_err(|why| label_refusal(n, label, why))?;
        for warning in &drawing.warnings {
            let (warning, has_room) = (shorten_warning(warning), remarks.len() < NOTES_MAX);
            match remarks.iter_mut().find(|known| known.warning == warning) {
                Some(known) => known.times += 1,
                None if has_room => remarks.push(Remark { warning, first: n, times: 1 }),
                None => {}
            }
        }
    }
    Ok(remarks)
}

fn turns_direction(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// With so much of the label's text as a note repeats.
fn shorten_warning(warning: &LabelWarning) -> LabelWarning {
    match warning {
        LabelWarning::SmallModules { module_mm } => LabelWarning::SmallModules { module_mm: *module_mm },
        LabelWarning::Cut { text } => LabelWarning::Cut { text: shorten_text(text) },
        LabelWarning::LeftOut { text } => LabelWarning::LeftOut { text: shorten_text(text) },
    }
}

fn shorten_text(text: &str) -> String {
    text.chars().take(NOTE_CHARS_MAX).collect()
}

pub(crate) fn label_refusal(n: u32, label: &LabelRequest, why: MakeError) -> PrintRefusal {
    PrintRefusal::Label { n, tag: label.tag, why: Box::new(why) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::printing::model::printer_settings::PrinterSettings;
    use record::tag::Tag;

    #[test]
    fn a_long_job_is_checked_as_a_short_one_is() {
        let config = PrinterSettings::new("P", "escpos", "tcp://h:1").checked().unwrap();
        let template = Arc::new(labels::template::find_builtin("equipment").unwrap().clone());
        let design = JobTemplate { template, version: 0, logo: None };
        let manner = RenderStyle { kind: JobKind::Labels, design: &design, names: NameStyle::AsTheyAre };
        let label = |n: u32, name: &str| {
            let tag = Tag::from_random([7, 7, 7, (n >> 8) as u8, n as u8]);
            LabelRequest {
                tag: Some(tag),
                url: format!("http://b/{tag}"),
                name: name.into(),
                ..Default::default()
            }
        };
        let long = "Infusion pump with a name that goes on and on ".repeat(6);
        let named = |n: u32| if n.is_multiple_of(300) { long.as_str() } else { "Pump" };
        let mut labels: Vec<_> = (1..=900).map(|n| label(n, named(n))).collect();
        let notes = check_all(manner, &config, &labels).unwrap();
        assert_eq!(notes.len(), 1, "{notes:?}");
        assert!(matches!(notes[0], JobNote::Warning { first: 300, times: 3, of: 900, .. }), "{notes:?}");
        for n in [30, 470, 899] {
            labels[n - 1].name = "超声".into();
        }
        match check_all(manner, &config, &labels) {
            Err(PrintRefusal::Label { n: 30, .. }) => {}
            other => panic!("{other:?}"),
        }
    }
}
