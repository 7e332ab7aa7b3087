//! Threads for work that phones go before.

use std::io;

use tokio::sync::oneshot;

/// Runs the calling thread only when no other needs the processor.
pub(crate) fn lower_priority() {
    // Where the system refuses, it takes its share.
    let _ = rustix::process::setpriority_process(None, 19);
}

/// Works on such a thread of its own; an error where there is none, or where the work panicked. What it spawns has its priority, also a
/// thread of the runtime's pool that outlives it: it calls what blocks by itself.
pub(crate) async fn run_background<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    let (done, result) = oneshot::channel();
    std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        lower_priority();
        // Nobody may wait for it any more.
        let _ = done.send(work());
    })?;
    result.await.map_err(io::Error::other)
}
