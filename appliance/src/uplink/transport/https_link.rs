//! The connection to the relay by HTTPS: each message of MQTT as a call of its own, one after another, whose answer is
//! what MQTT would bring on `down/ack`. Like `link` it retains nothing between connections.

use std::time::Duration;

use bytes::Bytes;
use record::limits::BATCH_WIRE_BYTES_MAX;
use record::topics::{DownTopic, UpTopic};
use reqwest::StatusCode;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinHandle};

use super::fault::{TransportFault, error_reason};
use super::http_client::RelayHttpClient;
use super::mqtt_link::{LinkError, LinkEvent, NotTaken};
use super::probe::RelayProbeTarget;

/// Messages that wait for their turn; see `link`.
const OUT_MAX: usize = 4;
/// Events that were not read yet.
const IN_MAX: usize = 8;
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// For one call; after as long without an answer the exchange ends the connection anyway.
const CALL_WITHIN: Duration = Duration::from_secs(40);
const GOODBYE_WITHIN: Duration = Duration::from_secs(2);

#[derive(Debug, Clone)]
pub(in crate::uplink) struct HttpsSender {
    out: mpsc::Sender<(UpTopic, Bytes)>,
    running: AbortHandle,
}

/// The receiving half: dropping it ends the connection.
pub(in crate::uplink) struct HttpsReceiver {
    events: mpsc::Receiver<LinkEvent>,
    to: RelayHttpClient,
    gone: Bytes,
    driving: JoinHandle<()>,
}

/// Tries the route step by step, and opens a connection where it reaches the relay. `gone` is sent at an orderly end.
///
/// # Errors
/// Where the route fails.
pub(in crate::uplink) async fn open_https(
    target: &RelayProbeTarget,
    to: &RelayHttpClient,
    gone: Bytes,
) -> Result<(HttpsSender, HttpsReceiver), TransportFault> {
    if let Some(fault) = target.probe().await.fault {
        return Err(fault);
    }
    let (out, waiting) = mpsc::channel(OUT_MAX);
    let (reported, events) = mpsc::channel(IN_MAX);
    let driving = tokio::spawn(drive_calls(to.clone(), waiting, reported));
    let sender = HttpsSender { out, running: driving.abort_handle() };
    Ok((sender, HttpsReceiver { events, to: to.clone(), gone, driving }))
}

impl HttpsSender {
    /// Hands a message to the connection; never waits. `Ok` says nothing about its arrival.
    ///
    /// # Errors
    /// As `LinkSender::publish`.
    pub(in crate::uplink) fn publish(&self, up: UpTopic, payload: Bytes) -> Result<(), LinkError> {
        if payload.len() > BATCH_WIRE_BYTES_MAX {
            return Err(LinkError::TooLarge { bytes: payload.len(), bytes_max: BATCH_WIRE_BYTES_MAX });
        }
        self.out.try_send((up, payload)).map_err(|_| match self.running.is_finished() {
            true => LinkError::Unreachable("the connection has ended".to_owned()),
            false => LinkError::Full,
        })
    }
}

impl HttpsReceiver {
    pub(in crate::uplink) async fn next(&mut self) -> LinkEvent {
        self.events.recv().await.unwrap_or_else(|| {
            LinkEvent::Closed(LinkError::Unreachable("the connection has ended".to_owned()))
        })
    }

    /// Says goodbye, so that the relay does not wait for this box, and ends.
    pub(in crate::uplink) async fn close(self) {
        self.driving.abort();
        // Nothing is reported where the relay is not reached: it finds out by itself.
        let _ = tokio::time::timeout(GOODBYE_WITHIN, post_message(&self.to, UpTopic::Gone, &self.gone)).await;
    }
}

impl Drop for HttpsReceiver {
    fn drop(&mut self) {
        self.driving.abort();
    }
}

async fn drive_calls(
    to: RelayHttpClient,
    mut waiting: mpsc::Receiver<(UpTopic, Bytes)>,
    reported: mpsc::Sender<LinkEvent>,
) {
    while let Some((up, payload)) = waiting.recv().await {
        // A proxy may have cut the connection since the last call; all that is sent may be sent again.
        let answer = match post_message(&to, up, &payload).await {
            Err(error) if !error.is_timeout() => post_message(&to, up, &payload).await,
            answer => answer,
        };
        let event = match answer {
            Ok(answer) => read_answer(answer).await,
            Err(error) => Some(LinkEvent::Closed(LinkError::Unreachable(error_reason(&error)))),
        };
        let Some(event) = event else { continue };
        let closed = matches!(event, LinkEvent::Closed(_));
        if reported.send(event).await.is_err() || closed {
            return;
        }
    }
}

async fn post_message(
    to: &RelayHttpClient,
    up: UpTopic,
    payload: &Bytes,
) -> Result<reqwest::Response, reqwest::Error> {
    let (path, media) = match up {
        UpTopic::Hello => ("hello", "application/json"),
        UpTopic::Batch => ("batches", "application/zstd"),
        UpTopic::Health => ("health", "application/json"),
        UpTopic::Gone => ("gone", "application/json"),
    };
    let call = to.client.post(format!("{}/box/v1/{path}", to.url)).header("content-type", media);
    call.timeout(CALL_WITHIN).body(payload.clone()).send().await
}

/// What an answer means in the words of MQTT.
async fn read_answer(mut answer: reqwest::Response) -> Option<LinkEvent> {
    match answer.status() {
        StatusCode::OK => {}
        StatusCode::NO_CONTENT => return None,
        StatusCode::UNAUTHORIZED => {
            return Some(LinkEvent::Closed(LinkError::Way(TransportFault::CertificateMissing)));
        }
        StatusCode::FORBIDDEN => {
            return Some(LinkEvent::Closed(LinkError::Way(TransportFault::NotInService)));
        }
        status if status.is_client_error() && status != StatusCode::REQUEST_TIMEOUT => {
            return Some(LinkEvent::NotTaken(NotTaken::Refused));
        }
        _ => return Some(LinkEvent::NotTaken(NotTaken::Busy)),
    }
    let mut bytes = Vec::new();
    loop {
        match answer.chunk().await {
            Ok(Some(piece)) if bytes.len() + piece.len() <= ANSWER_BYTES_MAX => {
                bytes.extend_from_slice(&piece)
            }
            Ok(None) => return Some(LinkEvent::Down(DownTopic::Ack, bytes.into())),
            Ok(Some(_)) => {
                let why = "its answer is longer than any".to_owned();
                return Some(LinkEvent::Closed(LinkError::Unreachable(why)));
            }
            Err(error) => return Some(LinkEvent::Closed(LinkError::Unreachable(error_reason(&error)))),
        }
    }
}
