//! What pages ask of printing beside jobs: news, what was ever printed, what waits for a person, and trials.

use std::collections::BTreeMap;

use labels::Typesetter;
use record::tag::Tag;
use tokio::sync::watch;

use crate::printing::model::limits::LABELS_MAX;
use crate::printing::model::request::{JobKind, JobRequest};
use crate::printing::model::view::{JobState, JobSummary, PrintRefusal};
use crate::printing::submit::{choose_template, label_refusal};
use crate::printing::templates::layout::RenderStyle;
use crate::printing::{LedgerError, PrintService};

/// When a tag's label was printed last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastPrinted {
    /// It is in a job that is not finished.
    Waiting,
    /// Milliseconds since 1970.
    At(i64),
}

#[derive(Debug)]
pub struct DryRun {
    /// For each label: why it cannot be printed, if it cannot.
    pub refused: Vec<Option<PrintRefusal>>,
    pub template: String,
}

impl PrintService {
    /// A number that changes with every step of a job and every message of a printer.
    pub fn news(&self) -> watch::Receiver<u64> {
        self.ledger.news().subscribe()
    }

    /// Tags whose labels were printed or wait to be.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn printed(&self) -> Result<BTreeMap<Tag, LastPrinted>, LedgerError> {
        let printed = self.ledger.printed()?.into_iter();
        let mut all: BTreeMap<Tag, LastPrinted> =
            printed.map(|(tag, ms)| (tag, LastPrinted::At(ms))).collect();
        for job in self.ledger.open_jobs()? {
            for (label, _) in self.ledger.labels(job.seq)? {
                if let Some(tag) = label.tag {
                    all.insert(tag, LastPrinted::Waiting);
                }
            }
        }
        Ok(all)
    }

    /// Whether this tag was printed blank and given up, because the label was not found.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn is_discarded(&self, tag: Tag) -> Result<bool, LedgerError> {
        self.ledger.is_discarded(tag)
    }

    /// Whether a label with this tag was ever printed without an item.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn is_blank(&self, tag: Tag) -> Result<bool, LedgerError> {
        self.ledger.is_blank(tag)
    }

    /// The oldest job that waits for a person, if there is one.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn attention(&self) -> Result<Option<JobSummary>, LedgerError> {
        let open = self.ledger.open_jobs()?;
        let summaries = open.iter().map(|job| self.summary(job, &open));
        Ok(summaries.into_iter().find(|job| matches!(job.state, JobState::Paused(_) | JobState::NeedsAnswer)))
    }

    /// Unfinished jobs, the oldest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn unfinished(&self) -> Result<Vec<JobSummary>, LedgerError> {
        let open = self.ledger.open_jobs()?;
        Ok(open.iter().map(|job| self.summary(job, &open)).collect())
    }

    /// Which labels of a job could be printed. Nothing is written down, no paper moves.
    ///
    /// # Errors
    /// What is wrong with the job as a whole: its printer, its template.
    pub fn trial(&self, request: &JobRequest) -> Result<DryRun, PrintRefusal> {
        let config = self.printer_for(request.printer.as_deref())?;
        let labels = &request.labels;
        if labels.len() > LABELS_MAX {
            return Err(PrintRefusal::TooMany { labels: labels.len() });
        }
        let designs = self.candidates(request.template.as_deref(), labels)?;
        let mut t = Typesetter::new()?;
        let of = u32::try_from(labels.len()).unwrap_or(u32::MAX);
        // The first label that is good but for its size decides which template fits; a bad first one must not.
        let mut chosen = designs.first().ok_or(PrintRefusal::NoLabels)?.clone();
        for (n, label) in (1u32..).zip(labels) {
            let fits = choose_template(&config, &designs, |design| {
                let manner = RenderStyle { kind: JobKind::Labels, design, names: request.names };
                crate::printing::templates::layout::check_label(&mut t, manner, &config, label, (n, of))
                    .map_err(|why| label_refusal(n, label, why))?;
                Ok(design.clone())
            });
            match fits {
                Ok((design, _)) => {
                    chosen = design;
                    break;
                }
                Err(PrintRefusal::Label { .. }) => {}
                Err(other) => return Err(other),
            }
        }
        let manner = RenderStyle { kind: JobKind::Labels, design: &chosen, names: request.names };
        let tried = (1u32..).zip(labels).map(|(n, label)| {
            crate::printing::templates::layout::check_label(&mut t, manner, &config, label, (n, of))
                .err()
                .map(|why| label_refusal(n, label, why))
        });
        Ok(DryRun { refused: tried.collect(), template: chosen.name().to_owned() })
    }
}
