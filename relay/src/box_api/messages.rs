//! What MQTT carries, by HTTPS: hello, batches, health and goodbye of a box whose network lets nothing else out. Each message is
//! the very bytes that MQTT would carry and goes the same way; the answer is what MQTT would send on `down/ack`.

use std::convert::Infallible;
use std::marker::PhantomData;
use std::time::Duration;

use ::web::answer::{Json, NoContent, OneOf};
use ::web::argument::{JSON_BYTES_MAX, read_body, require_media};
use ::web::error::{HttpError, RequestFault};
use ::web::route::{Argument, Operation};
use axum::body::Body;
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use bytes::Bytes;
use record::limits::BATCH_WIRE_BYTES_MAX;
use record::messages::{Ack, GoneMessage, HealthReport, Hello};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::BoxApi;
use super::access::CertifiedBox;
use super::errors::BoxFault;
use super::log::ZSTD;
use super::message_slots::LinePlace;
use crate::ingest::{IngestError, IngestReply};
use crate::mqtt::{BoxConnection, ConnectionEnd, Inbox as _, Presence, PublishOutcome, PublishRefusal};

/// For ingest to take a message, as by MQTT; after that it is not known what became of it.
const TAKE_WITHIN: Duration = Duration::from_secs(15);
const JSON_MEDIA: &str = "application/json";

#[derive(Debug)]
pub(crate) struct UnreadMessage<T> {
    headers: HeaderMap,
    body: Body,
    form: PhantomData<T>,
}

impl<T, S: Send + Sync> FromRequest<S> for UnreadMessage<T> {
    type Rejection = Infallible;
    async fn from_request(request: Request, _: &S) -> Result<Self, Infallible> {
        let (head, body) = request.into_parts();
        Ok(Self { headers: head.headers, body, form: PhantomData })
    }
}

pub(crate) trait LineMessage: Sized {
    const BYTES_MAX: usize;

    fn describe_body(operation: &mut Operation<'_>);

    /// Whether it is what it should be, as far as that shows before ingest looks at it.
    fn check_form(headers: &HeaderMap, bytes: &[u8]) -> Result<Self, HttpError>;
}

impl<T: LineMessage> Argument for UnreadMessage<T> {
    fn describe(operation: &mut Operation<'_>) {
        T::describe_body(operation);
        operation.add_refusals(&[
            StatusCode::BAD_REQUEST,
            StatusCode::REQUEST_TIMEOUT,
            StatusCode::PAYLOAD_TOO_LARGE,
        ]);
    }
}

impl<T: LineMessage> UnreadMessage<T> {
    /// Reads it, once there is a place for as many bytes as it may have.
    async fn read(self, caller: &CertifiedBox, api: &BoxApi) -> Result<ReadMessage<T>, HttpError> {
        let stated = self.headers.get(header::CONTENT_LENGTH);
        let stated = stated.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        if stated.is_some_and(|bytes| bytes > T::BYTES_MAX) {
            return Err(RequestFault::TooLong { field: "body".to_owned() }.into());
        }
        let place = api.line_places.enter(caller.id(), stated.unwrap_or(T::BYTES_MAX))?;
        let bytes = read_body(&self.headers, self.body, T::BYTES_MAX).await?;
        let message = T::check_form(&self.headers, &bytes)?;
        Ok(ReadMessage { message, bytes: bytes.into(), place })
    }
}

/// A message with its very bytes, and the place that it holds until the relay is done with it.
struct ReadMessage<T> {
    message: T,
    bytes: Bytes,
    place: LinePlace,
}

/// A batch; what it is shows only in what it unpacks to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PackedEntries;

impl LineMessage for PackedEntries {
    const BYTES_MAX: usize = BATCH_WIRE_BYTES_MAX;

    fn describe_body(operation: &mut Operation<'_>) {
        operation.set_body(ZSTD, &Value::Object(Map::new()));
    }

    fn check_form(_: &HeaderMap, _: &[u8]) -> Result<Self, HttpError> {
        Ok(Self)
    }
}

/// A JSON message: read to see that it can be, and handed on as it came.
#[derive(Debug)]
pub(crate) struct JsonMessage<T>(T);

impl<T: DeserializeOwned + JsonSchema> LineMessage for JsonMessage<T> {
    const BYTES_MAX: usize = JSON_BYTES_MAX;

    fn describe_body(operation: &mut Operation<'_>) {
        let schema = operation.read_schema::<T>();
        operation.set_body(JSON_MEDIA, &schema);
        operation.add_refusals(&[StatusCode::UNSUPPORTED_MEDIA_TYPE, StatusCode::UNPROCESSABLE_ENTITY]);
    }

    fn check_form(headers: &HeaderMap, bytes: &[u8]) -> Result<Self, HttpError> {
        require_media(headers, JSON_MEDIA)?;
        let read = serde_json::from_slice(bytes).map(Self);
        read.map_err(|error| RequestFault::Json { field: None, reason: error.to_string() }.into())
    }
}

pub(crate) async fn check_line(_: CertifiedBox) -> Result<NoContent, HttpError> {
    Ok(NoContent)
}

pub(crate) async fn take_hello(
    caller: CertifiedBox,
    State(api): State<BoxApi>,
    message: UnreadMessage<JsonMessage<Hello>>,
) -> Result<Json<Ack>, HttpError> {
    let ReadMessage { message: JsonMessage(hello), bytes, place } = message.read(&caller, &api).await?;
    let of = BoxConnection { box_id: caller.id(), connection: hello.connection };
    let ingest = std::sync::Arc::clone(&api.ingest);
    let taking = async move {
        // As MQTT's listener does: who is there first, what it says then.
        ingest.presence(of, Presence::Connected).await;
        ingest.hello(of.box_id, &bytes).await
    };
    let ack = deliver_message(taking, place).await?.ok_or(BoxFault::Form(NO_HELLO))?;
    Ok(Json(ack))
}

pub(crate) async fn take_batch(
    caller: CertifiedBox,
    State(api): State<BoxApi>,
    message: UnreadMessage<PackedEntries>,
) -> Result<Json<Ack>, HttpError> {
    let ReadMessage { bytes, place, .. } = message.read(&caller, &api).await?;
    let (ingest, box_id) = (std::sync::Arc::clone(&api.ingest), caller.id());
    let taking = async move { ingest.batch(box_id, bytes).await };
    let ack = deliver_message(taking, place).await?.ok_or(BoxFault::Form(NO_BATCH))?;
    Ok(Json(ack))
}

pub(crate) async fn take_health(
    caller: CertifiedBox,
    State(api): State<BoxApi>,
    message: UnreadMessage<JsonMessage<HealthReport>>,
) -> Result<OneOf<Json<Ack>, NoContent>, HttpError> {
    let ReadMessage { bytes, place, .. } = message.read(&caller, &api).await?;
    let (ingest, box_id) = (std::sync::Arc::clone(&api.ingest), caller.id());
    let taking = async move { ingest.health(box_id, &bytes).await };
    Ok(match deliver_message(taking, place).await? {
        Some(ack) => OneOf::First(Json(ack)),
        None => OneOf::Second(NoContent),
    })
}

pub(crate) async fn take_goodbye(
    caller: CertifiedBox,
    State(api): State<BoxApi>,
    message: UnreadMessage<JsonMessage<GoneMessage>>,
) -> Result<NoContent, HttpError> {
    let ReadMessage { message: JsonMessage(gone), .. } = message.read(&caller, &api).await?;
    let of = BoxConnection { box_id: caller.id(), connection: gone.connection };
    api.ingest.presence(of, Presence::Gone(ConnectionEnd::Clean)).await;
    Ok(NoContent)
}

const NO_HELLO: &str =
    "this is no hello: its key does not fit its epoch, or it says more than a box has to say";
const NO_BATCH: &str = "this is no batch";

/// Hands a message to ingest by itself: a box that hangs up now, or an answer that is lost, cuts nothing short.
async fn deliver_message(
    taking: impl Future<Output = Result<IngestReply, IngestError>> + Send + 'static,
    place: LinePlace,
) -> Result<Option<Ack>, BoxFault> {
    let mut task = tokio::spawn(async move {
        let _held = place;
        taking.await
    });
    let Ok(taken) = tokio::time::timeout(TAKE_WITHIN, &mut task).await else {
        task.abort();
        return Err(BoxFault::Unsettled);
    };
    match taken {
        Ok(Ok(IngestReply { ack, disposition })) => match (ack, disposition) {
            (_, PublishOutcome::Refused(PublishRefusal::Revoked)) => Err(BoxFault::NotInService),
            (None, PublishOutcome::Refused(_)) => Err(BoxFault::Form(UNREADABLE)),
            (None, PublishOutcome::Busy) => Err(BoxFault::Busy),
            (_, PublishOutcome::Unknown) => Err(BoxFault::Unsettled),
            // With the time to come again.
            (ack, PublishOutcome::Done | PublishOutcome::Busy | PublishOutcome::Refused(_)) => Ok(ack),
        },
        Ok(Err(error)) => {
            tracing::error!(%error, "cannot take what a box sent");
            Err(match error {
                IngestError::Nothing(error) => BoxFault::Unavailable(error.to_string()),
                IngestError::Unknown(_) => BoxFault::Unsettled,
            })
        }
        // A panic there has been reported by then.
        Err(_) => Err(BoxFault::Unsettled),
    }
}

const UNREADABLE: &str = "this is not what the call takes, or says more than a box has to say";
