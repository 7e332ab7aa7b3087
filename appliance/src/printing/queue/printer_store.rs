//! Printers that people set up on the station or by the API, stored in `state.redb`.

use redb::{ReadableTable, TableDefinition};

use crate::printing::model::ledger_error::LedgerError;
use crate::printing::model::printer_settings::PrinterSettings;
use crate::printing::queue::ledger::PrintLedger;

/// Place in the list → settings as JSON: the first printer is the default.
const PRINTERS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("print_printers");

pub(crate) fn load_printers(ledger: &PrintLedger) -> Result<Vec<PrinterSettings>, LedgerError> {
    let rows: Vec<Vec<u8>> = ledger.write("reading the printers", |tx| {
        tx.open_table(PRINTERS)?.iter()?.map(|entry| Ok(entry?.1.value().to_vec())).collect()
    })?;
    Ok(rows
        .iter()
        .filter_map(|row: &Vec<u8>| match serde_json::from_slice(row) {
            Ok(settings) => Some(settings),
            Err(error) => {
                tracing::error!(%error, "a printer's settings cannot be read; set it up again");
                None
            }
        })
        .collect())
}

pub(crate) fn save_printers(ledger: &PrintLedger, printers: &[PrinterSettings]) -> Result<(), LedgerError> {
    ledger.write("writing down the printers", |tx| {
        let mut table = tx.open_table(PRINTERS)?;
        table.retain(|_, _| false)?;
        for (place, settings) in (1..).zip(printers) {
            // Plain settings always serialise.
            let json = serde_json::to_vec(settings).unwrap_or_default();
            table.insert(place, json.as_slice())?;
        }
        Ok(())
    })
}
