//! What the relay answers about runs, and the work on files and database that follows from it.

use std::sync::Arc;
use std::time::Duration;

use record::messages::REPLACED;

use crate::store::StoreError;
use crate::uplink::UplinkShared;
use crate::uplink::transport::fault::error_reason;
use crate::uplink::transport::http_client::RelayHttpClient;

/// An answer that lists epochs or runs comes within this, over a slow connection.
const ANSWER_WITHIN: Duration = Duration::from_secs(120);
/// Bytes of an answer that lists epochs or runs: some thousands of them.
const ANSWER_BYTES_MAX: usize = 4 << 20;
/// Bytes of a problem in place of an answer.
const PROBLEM_BYTES_MAX: usize = 16 << 10;

/// The part of a problem (RFC 9457) that a program reads.
#[derive(serde::Deserialize)]
struct ProblemType {
    r#type: String,
}

/// Why runs were not exchanged now. It is tried again.
#[derive(Debug, thiserror::Error)]
pub(in crate::uplink) enum RunUplinkError {
    #[error("runs wait: {0}")]
    Unreachable(String),
    /// The relay's operator has put another machine in this one's place.
    #[error("another machine has taken this box's place")]
    Replaced,
    /// This box's own files.
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub(in crate::uplink) fn unreachable_error(e: &reqwest::Error) -> RunUplinkError {
    RunUplinkError::Unreachable(error_reason(e))
}

pub(in crate::uplink) async fn get_json<T: serde::de::DeserializeOwned>(
    with: &RelayHttpClient,
    path: &str,
) -> Result<T, RunUplinkError> {
    let requested = with.client.get(format!("{}{path}", with.url)).timeout(ANSWER_WITHIN);
    let response = requested.send().await.map_err(|e| unreachable_error(&e))?;
    if response.status() == reqwest::StatusCode::FORBIDDEN {
        let problem = read_bounded(response, PROBLEM_BYTES_MAX).await?;
        let is_replaced = serde_json::from_slice::<ProblemType>(&problem)
            .is_ok_and(|problem| problem.r#type.strip_prefix("/problems/") == Some(REPLACED));
        return Err(match is_replaced {
            true => RunUplinkError::Replaced,
            false => RunUplinkError::Unreachable("it does not let this box in".to_owned()),
        });
    }
    let response = response.error_for_status().map_err(|e| unreachable_error(&e))?;
    let text = read_bounded(response, ANSWER_BYTES_MAX).await?;
    serde_json::from_slice(&text).map_err(|e| RunUplinkError::Unreachable(e.to_string()))
}

pub(in crate::uplink) async fn read_bounded(
    mut response: reqwest::Response,
    bytes_max: usize,
) -> Result<Vec<u8>, RunUplinkError> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|e| unreachable_error(&e))? {
        body.extend_from_slice(&piece);
        if body.len() > bytes_max {
            return Err(RunUplinkError::Unreachable("it sends more than it may".to_owned()));
        }
    }
    Ok(body)
}

/// As [`in_background`], for work that waits for the relay: never more than one at a time, however slowly the relay answers and
/// however often the connection is opened again.
pub(in crate::uplink) async fn in_background_alone<T, E>(
    shared: &UplinkShared,
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, RunUplinkError>
where
    T: Send + 'static,
    E: Send + 'static,
    RunUplinkError: From<E>,
{
    let only = Arc::clone(&shared.claim_lock).lock_owned().await;
    in_background(move || {
        let _only = only;
        work()
    })
    .await
}

/// Work on files and database, away from the threads that answer.
pub(in crate::uplink) async fn in_background<T, E>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, RunUplinkError>
where
    T: Send + 'static,
    E: Send + 'static,
    RunUplinkError: From<E>,
{
    let worked = tokio::task::spawn_blocking(work).await;
    Ok(worked.map_err(|e| RunUplinkError::Unreachable(e.to_string()))??)
}
