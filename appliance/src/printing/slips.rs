//! Accepting slips, and what the panel's button asks of printing.

use labels::Typesetter;
use record::ids::JobId;

use crate::printing::PrintService;
use crate::printing::model::plan::LabelState;
use crate::printing::model::request::{JobKind, LabelRequest, NameStyle};
use crate::printing::model::slip::SlipContent;
use crate::printing::model::slip_secrets::{PassphraseReader, SetupCodeReader};
use crate::printing::model::view::{JobState, JobView, PrintRefusal};
use crate::printing::submit::{JobDraft, label_refusal};
use crate::printing::{LedgerError, PrinterConfig, templates};

#[derive(Debug, Clone)]
pub struct SlipRequest {
    pub id: JobId,
    /// The client's idempotency key: the same key again is the same job.
    pub key: Option<String>,
    /// The printer's name; without one the first that prints slips of this kind.
    pub printer: Option<String>,
    pub kind: JobKind,
    pub content: SlipContent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastLabel {
    None,
    /// Somebody has to look for a label first, or the job is not finished.
    Unsettled,
    Printed {
        job: JobId,
        n: u32,
    },
}

impl PrintService {
    /// Accepts a slip. The same id or key again returns the first job.
    ///
    /// # Errors
    /// See [`PrintRefusal`]; nothing is stored of a refused job.
    pub fn submit_slip(&self, request: SlipRequest) -> Result<JobView, PrintRefusal> {
        let SlipRequest { id, key, printer, kind, content } = request;
        if let Some(job) = self.job_of(id, key.as_deref())? {
            return if job.summary.kind == kind { Ok(job) } else { Err(PrintRefusal::KeyReused) };
        }
        let printer = match printer {
            Some(name) => self.printer_for(Some(&name))?,
            None => self.slip_printer(kind)?,
        };
        let label =
            LabelRequest { name: content.title.clone(), slip: Some(content), ..LabelRequest::default() };
        self.check_secrets(&printer, kind, &label)?;
        self.take(JobDraft {
            id,
            key,
            printer,
            kind,
            designs: self.candidates(None, &[])?,
            names: NameStyle::AsTheyAre,
            labels: vec![label],
            reprint: None,
        })
    }

    fn check_secrets(
        &self,
        config: &PrinterConfig,
        kind: JobKind,
        label: &LabelRequest,
    ) -> Result<(), PrintRefusal> {
        let Some(slip) = label.slip.as_ref().filter(|_| !templates::slips::prints_text(config)) else {
            return Ok(());
        };
        let mut t = Typesetter::new()?;
        let filled = self.secrets.fill_slip(slip);
        templates::slips::check_slip(&mut t, config, kind, &filled)
            .map_err(|why| label_refusal(1, label, why))
    }

    pub fn has_slip_printer(&self) -> bool {
        self.handles().iter().any(|handle| templates::slips::prints_text(&handle.config))
    }

    fn slip_printer(&self, kind: JobKind) -> Result<std::sync::Arc<PrinterConfig>, PrintRefusal> {
        let handles = self.handles();
        let found = handles.iter().find(|handle| templates::slips::prints_text(&handle.config));
        match found {
            Some(handle) => Ok(handle.config.clone()),
            // On a label, where there is nothing else.
            None if kind == JobKind::SetupSlip => self.printer_for(None),
            None if handles.is_empty() => Err(PrintRefusal::NoPrinter),
            None => Err(PrintRefusal::NoSlipPrinter),
        }
    }

    pub fn set_setup_code(&self, reader: SetupCodeReader) {
        self.secrets.set_reader(reader);
    }

    /// Says where the password of the box's own Wi-Fi is read, once.
    pub fn set_passphrase(&self, reader: PassphraseReader) {
        self.secrets.set_passphrase_reader(reader);
    }

    /// The label that came out last, of jobs that print labels. A blank tag is never printed twice.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn last_label(&self) -> Result<LastLabel, LedgerError> {
        let jobs = self.jobs()?;
        let Some(newest) = jobs.iter().find(|job| job.kind == JobKind::Labels) else {
            return Ok(LastLabel::None);
        };
        if !matches!(newest.state, JobState::Done | JobState::Cancelled) {
            return Ok(LastLabel::Unsettled);
        }
        let Some(job) = self.job(newest.id)? else { return Ok(LastLabel::None) };
        let mut labels = job.labels.iter().rev();
        let last = labels.find(|label| matches!(label.state, LabelState::Confirmed | LabelState::Sent));
        Ok(match last.filter(|label| !label.blank) {
            Some(label) => LastLabel::Printed { job: newest.id, n: label.n },
            None => LastLabel::None,
        })
    }
}
