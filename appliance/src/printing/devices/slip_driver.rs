//! The connection to a printer as the driver of the `escpos` crate: its writes go out over the connection that also
//! receives the answers.

use std::sync::{Arc, Mutex, PoisonError};

use escpos::driver::Driver;
use escpos::errors::PrinterError;
use labels::language::PrinterCondition;
use tokio::sync::{mpsc, oneshot};

use crate::printing::devices::printer_connection::{PrinterConnection, PrinterLinkError, PrinterReport};

/// The crate writes each instruction by itself; so much of them goes out at once.
const PIECE_BYTES: usize = 4_096;

/// What the connection did with a slip that was not taken whole.
#[derive(Debug, thiserror::Error)]
#[error("the printer took {sent} bytes of a slip, then: {fault}")]
pub(crate) struct SlipLineError {
    /// Bytes that are surely out of our hands.
    pub(crate) sent: usize,
    pub(crate) fault: PrinterLinkError,
}

struct SlipPiece {
    bytes: Vec<u8>,
    taken: oneshot::Sender<Result<(), PieceFailure>>,
}

/// A piece was not taken; the worker knows why.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the line to the printer broke")]
struct PieceFailure;

/// The driver's end: for a thread that may block.
pub(crate) struct ConnectionDriver {
    pieces: mpsc::Sender<SlipPiece>,
    pending: Mutex<Vec<u8>>,
    status: Arc<Mutex<Option<u8>>>,
}

/// The connection's end.
pub(crate) struct SlipLink {
    pieces: mpsc::Receiver<SlipPiece>,
    status: Arc<Mutex<Option<u8>>>,
}

pub(crate) fn open_slip_line() -> (ConnectionDriver, SlipLink) {
    let (to_line, pieces) = mpsc::channel(1);
    let status = Arc::new(Mutex::new(None));
    let driver = ConnectionDriver { pieces: to_line, pending: Mutex::default(), status: Arc::clone(&status) };
    (driver, SlipLink { pieces, status })
}

fn report_broken_line() -> PrinterError {
    PrinterError::Io(PieceFailure.to_string())
}

impl ConnectionDriver {
    fn send_pending(&self) -> escpos::errors::Result<()> {
        let bytes = std::mem::take(&mut *self.pending.lock()?);
        if bytes.is_empty() {
            return Ok(());
        }
        let (taken, outcome) = oneshot::channel();
        self.pieces.blocking_send(SlipPiece { bytes, taken }).map_err(|_| report_broken_line())?;
        // Where the other end is closed, no outcome arrives.
        outcome.blocking_recv().unwrap_or(Err(PieceFailure)).map_err(|_| report_broken_line())
    }
}

impl Driver for ConnectionDriver {
    fn name(&self) -> String {
        "the box’s own line to the printer".to_owned()
    }

    /// Returns when the printer has space for it, however long that takes.
    fn write(&self, data: &[u8]) -> escpos::errors::Result<()> {
        let full = {
            let mut pending = self.pending.lock()?;
            pending.extend_from_slice(data);
            pending.len() >= PIECE_BYTES
        };
        if full { self.send_pending() } else { Ok(()) }
    }

    /// The answer that the printer sent last to `DLE EOT 1`, in one byte; none before its first.
    fn read(&self, buf: &mut [u8]) -> escpos::errors::Result<usize> {
        match (*self.status.lock()?, buf.first_mut()) {
            (Some(status), Some(first)) => {
                *first = status;
                Ok(1)
            }
            _ => Ok(0),
        }
    }

    fn flush(&self) -> escpos::errors::Result<()> {
        self.send_pending()
    }
}

impl SlipLink {
    /// Sends what the driver writes until it has no more. `stopped` is called each second in which the printer takes nothing.
    ///
    /// # Errors
    /// The connection broke; with the bytes that were taken before.
    pub(crate) async fn send_pieces(
        mut self,
        connection: &mut PrinterConnection,
        mut stopped: impl FnMut(PrinterReport),
    ) -> Result<(), SlipLineError> {
        let mut sent = 0;
        self.note_status(connection.last_report());
        while let Some(SlipPiece { bytes, taken }) = self.pieces.recv().await {
            let outcome = connection.send_label(&bytes, &mut stopped).await;
            self.note_status(connection.last_report());
            match outcome {
                Ok(()) => {
                    sent += bytes.len();
                    // A driver that is gone writes no more.
                    let _ = taken.send(Ok(()));
                }
                Err((part, fault)) => {
                    let _ = taken.send(Err(PieceFailure));
                    return Err(SlipLineError { sent: sent + part, fault });
                }
            }
        }
        Ok(())
    }

    fn note_status(&self, report: PrinterReport) {
        *self.status.lock().unwrap_or_else(PoisonError::into_inner) =
            report.condition.map(|condition| match condition {
                PrinterCondition::Ready => 0x12,
                _ => 0x1a,
            });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_driver_knows_the_last_status_and_when_its_line_is_gone() {
        let (driver, link) = open_slip_line();
        let mut status = [0; 4];
        assert_eq!(driver.read(&mut status).unwrap(), 0, "nothing was answered yet");
        let report = |condition| PrinterReport {
            condition: Some(condition),
            paper_low: false,
            loaded: None,
            mute: false,
            full: false,
        };
        for (condition, byte) in [(PrinterCondition::Ready, 0x12), (PrinterCondition::PaperOut, 0x1a)] {
            link.note_status(report(condition));
            assert_eq!((driver.read(&mut status).unwrap(), status[0]), (1, byte));
        }
        driver.write(b"text").unwrap();
        drop(link);
        assert!(driver.flush().is_err(), "what nobody takes is no success");
        let broken = SlipLineError { sent: 7, fault: PrinterLinkError::Closed };
        assert_eq!(broken.to_string(), "the printer took 7 bytes of a slip, then: Closed");
    }
}
