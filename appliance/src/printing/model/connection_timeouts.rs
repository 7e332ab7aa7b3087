//! How long a printer is waited for.

use std::time::Duration;

#[derive(Debug, Clone, Copy)]
pub struct ConnectionTimeouts {
    pub connect: Duration,
    /// Listening for what an earlier job left on the connection, before the first query.
    pub drain: Duration,
    /// Without any answer to the first questions: the printer is none that answers.
    pub silence: Duration,
    /// Without progress or a word although the printer last said that it is ready. Long, because a slow connection with
    /// a full buffer is silent too.
    pub stall: Duration,
    /// From a label's last byte, with the printer ready, to its confirmation.
    pub confirm: Duration,
    /// From a label's last byte to the printer's hanging up, for one that cannot answer.
    pub taken: Duration,
    /// Between tries to reach a printer, at first; doubles up to ten times this.
    pub retry: Duration,
}

impl Default for ConnectionTimeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            drain: Duration::from_millis(100),
            silence: Duration::from_secs(10),
            stall: Duration::from_secs(120),
            confirm: Duration::from_secs(30),
            taken: Duration::from_secs(120),
            retry: Duration::from_secs(1),
        }
    }
}
