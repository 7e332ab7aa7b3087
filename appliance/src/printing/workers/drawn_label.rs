//! One label of a job as dots, read back, whatever it is printed on.

use labels::Typesetter;

use crate::printing::model::cause::FailureCause;
use crate::printing::model::ledger_error::LedgerError;
use crate::printing::model::printer_settings::PrinterConfig;
use crate::printing::queue::ledger::{Job, Ledger};
use crate::printing::templates::layout::{Made, Manner, make};

/// Label `n` of a job, or why there is none.
pub(super) fn draw_label(
    ledger: &Ledger,
    typesetter: &mut Typesetter,
    config: &PrinterConfig,
    job: &Job,
    n: u32,
) -> Result<Result<Made, FailureCause>, LedgerError> {
    let Some(label) = ledger.label(job.seq, n)? else { return Ok(Err(FailureCause::TextMissing)) };
    let head = &job.head;
    let made = ledger.design_of(head)?.and_then(|design| {
        let manner = Manner { kind: head.kind, design: &design, names: head.names };
        make(typesetter, manner, config, &label, (n, head.labels))
    });
    Ok(made.map_err(FailureCause::NotMade))
}
