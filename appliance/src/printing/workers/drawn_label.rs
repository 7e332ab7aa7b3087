//! One label of a job as dots, read back, whatever it is printed on.

use labels::{Bitmap, Typesetter};

use crate::printing::model::cause::FailureCause;
use crate::printing::model::ledger_error::LedgerError;
use crate::printing::model::printer_settings::PrinterConfig;
use crate::printing::model::request::LabelRequest;
use crate::printing::model::slip::SlipContent;
use crate::printing::model::slip_secrets::SlipSecrets;
use crate::printing::queue::ledger::{LedgerJob, PrintLedger};
use crate::printing::templates::layout::{RenderStyle, RenderedLabel, render_label};
use crate::printing::templates::slips::prints_text;

pub(crate) enum LabelContent {
    Dots(Bitmap),
    Text(SlipContent),
}

/// Label `n` of a job as its printer takes it, or why there is none. Where it shows the set-up code, that is read now.
pub(super) fn prepare_content(
    ledger: &PrintLedger,
    typesetter: &mut Typesetter,
    config: &PrinterConfig,
    job: &LedgerJob,
    n: u32,
    secrets: &SlipSecrets,
) -> Result<Result<LabelContent, FailureCause>, LedgerError> {
    let Some(label) = ledger.label(job.seq, n)? else { return Ok(Err(FailureCause::TextMissing)) };
    match &label.slip {
        Some(slip) if prints_text(config) => Ok(Ok(LabelContent::Text(slip.clone()))),
        Some(slip) => {
            let slip = secrets.fill_slip(slip);
            let label = LabelRequest { slip: Some(slip), ..label };
            let drawn = render_stored(ledger, typesetter, config, job, NumberedLabel { n, label: &label })?;
            Ok(drawn.map(|made| LabelContent::Dots(made.dots)))
        }
        None => {
            let drawn = render_stored(ledger, typesetter, config, job, NumberedLabel { n, label: &label })?;
            Ok(drawn.map(|made| LabelContent::Dots(made.dots)))
        }
    }
}

/// Label `n` of a job, or why there is none.
pub(super) fn draw_label(
    ledger: &PrintLedger,
    typesetter: &mut Typesetter,
    config: &PrinterConfig,
    job: &LedgerJob,
    n: u32,
) -> Result<Result<RenderedLabel, FailureCause>, LedgerError> {
    let Some(label) = ledger.label(job.seq, n)? else { return Ok(Err(FailureCause::TextMissing)) };
    render_stored(ledger, typesetter, config, job, NumberedLabel { n, label: &label })
}

#[derive(Clone, Copy)]
struct NumberedLabel<'a> {
    n: u32,
    label: &'a LabelRequest,
}

fn render_stored(
    ledger: &PrintLedger,
    typesetter: &mut Typesetter,
    config: &PrinterConfig,
    job: &LedgerJob,
    of: NumberedLabel<'_>,
) -> Result<Result<RenderedLabel, FailureCause>, LedgerError> {
    let head = &job.head;
    let made = ledger.design_of(head)?.and_then(|design| {
        let manner = RenderStyle { kind: head.kind, design: &design, names: head.names };
        render_label(typesetter, manner, config, of.label, (of.n, head.labels))
    });
    Ok(made.map_err(FailureCause::NotMade))
}
