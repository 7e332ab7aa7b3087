//! One label of a job as dots, read back, whatever it is printed on.

use labels::Typesetter;

use crate::printing::model::cause::FailureCause;
use crate::printing::model::ledger_error::LedgerError;
use crate::printing::model::printer_settings::PrinterConfig;
use crate::printing::queue::ledger::{LedgerJob, PrintLedger};
use crate::printing::templates::layout::{RenderStyle, RenderedLabel, render_label};

/// Label `n` of a job, or why there is none.
pub(super) fn draw_label(
    ledger: &PrintLedger,
    typesetter: &mut Typesetter,
    config: &PrinterConfig,
    job: &LedgerJob,
    n: u32,
) -> Result<Result<RenderedLabel, FailureCause>, LedgerError> {
    let Some(label) = ledger.label(job.seq, n)? else { return Ok(Err(FailureCause::TextMissing)) };
    let head = &job.head;
    let made = ledger.design_of(head)?.and_then(|design| {
        let manner = RenderStyle { kind: head.kind, design: &design, names: head.names };
        render_label(typesetter, manner, config, &label, (n, head.labels))
    });
    Ok(made.map_err(FailureCause::NotMade))
}
