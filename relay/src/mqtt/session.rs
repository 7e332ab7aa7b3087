//! One task per box: reads packets, acknowledges in order what the inbox has settled, writes what is for the box, and
//! ends with a reason.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use record::topics::{Topic, UpTopic};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{
    ConnAck, ConnAckProperties, ConnectReturnCode, Disconnect, DisconnectReasonCode, Packet, PingResp,
    PubAck, PubAckReason, Publish, SubAck, Subscribe, SubscribeReasonCode, UnsubAck, UnsubAckReason,
    Unsubscribe,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{Semaphore, oneshot, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::acl::{self, ConnectionTerms, PublishDecision, Subscriptions};
use super::codec::{self, CodecError};
use super::deliver::{HeldPayload, PublishJob, UplinkPath};
use super::inbox::{BoxConnection, ConnectionEnd, PublishOutcome, PublishRefusal};
use super::metrics::{Metrics, count_message};
use super::packet_ids::PacketIds;
use super::registry::{DisconnectReason, OutgoingMessage, RegistryEntry, SessionInputs};
use super::settings::MqttSettings;

/// Bytes asked of the socket at a time while little is expected; the buffer doubles while a packet fills it.
const READ_BYTES: usize = 8 * 1024;
/// A payload up to this size is copied out, so that it does not hold the whole read buffer while it waits.
const COPY_BYTES_MAX: usize = 4 * 1024;
/// Bytes that a peer may still send after our DISCONNECT, so that it reads the reason before the reset.
const LINGER_BYTES_MAX: usize = 1024 * 1024;

pub(super) struct SessionShared {
    pub(super) settings: MqttSettings,
    pub(super) metrics: Arc<Metrics>,
    /// Bytes of publishes that may wait for the inbox, over all connections.
    pub(super) held: Arc<Semaphore>,
    /// Turns true once, when the listener stops.
    pub(super) stopping: watch::Receiver<bool>,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum CloseReason {
    #[error("it said goodbye")]
    Goodbye,
    #[error("it left with its last will")]
    LastWill,
    #[error("the line was cut: {0}")]
    Cut(#[from] io::Error),
    #[error("it does not read")]
    NotReading,
    #[error("{0}")]
    Codec(#[from] CodecError),
    #[error("told {0:?}")]
    Reported(DisconnectReasonCode),
    #[error("a newer connection of the same box came")]
    TakenOver,
    #[error("the listener stops")]
    Stopping,
}

impl CloseReason {
    /// The reason that is sent to the peer, where it can still be sent something.
    fn reason(&self) -> Option<DisconnectReasonCode> {
        match self {
            Self::Goodbye | Self::LastWill | Self::Cut(_) | Self::NotReading => None,
            Self::Codec(error) => Some(error.reason()),
            Self::Reported(reason) => Some(*reason),
            Self::TakenOver => Some(DisconnectReasonCode::SessionTakenOver),
            Self::Stopping => Some(DisconnectReasonCode::ServerShuttingDown),
        }
    }

    fn end(&self) -> ConnectionEnd {
        match self {
            Self::Goodbye => ConnectionEnd::Clean,
            Self::Stopping => ConnectionEnd::Stopped,
            _ => ConnectionEnd::Lost,
        }
    }
}

/// A PUBACK that is due; they leave in the order in which the publishes came.
struct Owed {
    id: u16,
    outcome: Outcome,
}

enum Outcome {
    Known(PubAckReason),
    Pending(oneshot::Receiver<PublishOutcome>),
}

pub(super) struct MqttSession<S> {
    shared: Arc<SessionShared>,
    stream: S,
    inbound: BytesMut,
    outbound: BytesMut,
    origin: BoxConnection,
    terms: ConnectionTerms,
    owed: VecDeque<Owed>,
    uplink_path: UplinkPath,
    entry: RegistryEntry,
    ends: SessionInputs,
    stopping: watch::Receiver<bool>,
    subscriptions: Subscriptions,
    ids: PacketIds,
    /// When the peer has been silent for too long: counted from its last whole packet, so a slow drip does not help.
    deadline: Instant,
}

impl<S: AsyncRead + AsyncWrite + Unpin> MqttSession<S> {
    /// `inbound` is what the peer sent behind its CONNECT.
    pub(super) fn new(
        shared: Arc<SessionShared>,
        (stream, inbound): (S, BytesMut),
        origin: BoxConnection,
        terms: ConnectionTerms,
        (entry, ends): (RegistryEntry, SessionInputs),
        uplink_path: UplinkPath,
    ) -> Self {
        let deadline = Instant::now() + terms.silence_max();
        let stopping = shared.stopping.clone();
        Self {
            shared,
            stream,
            inbound,
            outbound: BytesMut::new(),
            origin,
            terms,
            owed: VecDeque::new(),
            uplink_path,
            entry,
            ends,
            stopping,
            subscriptions: Subscriptions::default(),
            ids: PacketIds::default(),
            deadline,
        }
    }

    /// Serves the peer until the end, and says goodbye to it.
    pub(super) async fn run(mut self) {
        let close = self.serve().await;
        let close = match close {
            CloseReason::Stopping => self.drain().await,
            close => close,
        };
        let ended = if matches!(close, CloseReason::Goodbye) {
            &self.shared.metrics.ended_clean
        } else {
            &self.shared.metrics.ended_lost
        };
        count_message(ended);
        tracing::debug!(box_id = %self.origin.box_id, connection = %self.origin.connection, reason = %close, "a box's connection ended");
        let is_current = self.entry.leave() && !matches!(close, CloseReason::TakenOver);
        // The other side waits for this word, and for nothing else, once `jobs` is dropped.
        let _ = self.uplink_path.end.send(is_current.then(|| close.end()));
        drop(self.uplink_path.jobs);
        if let Some(reason) = close.reason() {
            codec::encode_disconnect(reason, &mut self.outbound);
            write_part(&mut self.stream, &self.outbound, &self.shared.settings).await;
        }
    }

    async fn serve(&mut self) -> CloseReason {
        if let Err(close) = self.put(&Packet::ConnAck(self.accept())) {
            return close;
        }
        loop {
            if let Err(close) = self.turn().await {
                return close;
            }
        }
    }

    fn accept(&self) -> ConnAck {
        let settings = &self.shared.settings;
        let properties = ConnAckProperties {
            session_expiry_interval: Some(0),
            receive_max: Some(settings.receive_max),
            max_qos: Some(1),
            retain_available: Some(0),
            max_packet_size: Some(u32::try_from(settings.packet_bytes_max).unwrap_or(u32::MAX)),
            assigned_client_identifier: None,
            topic_alias_max: Some(0),
            reason_string: None,
            user_properties: Vec::new(),
            wildcard_subscription_available: None,
            subscription_identifiers_available: Some(0),
            shared_subscription_available: Some(0),
            server_keep_alive: self.terms.keep_alive_changed.then_some(self.terms.keep_alive_s),
            response_information: None,
            server_reference: None,
            authentication_method: None,
            authentication_data: None,
        };
        ConnAck { session_present: false, code: ConnectReturnCode::Success, properties: Some(properties) }
    }

    /// All that was read is handled, all that is due is written, and then one thing is waited for.
    async fn turn(&mut self) -> Result<(), CloseReason> {
        while let Some(packet) =
            codec::decode_packet(&mut self.inbound, self.shared.settings.packet_bytes_max)?
        {
            self.deadline = Instant::now() + self.terms.silence_max();
            self.handle(packet)?;
        }
        self.flush().await?;
        if self.inbound.is_empty() {
            // A large packet leaves a large buffer; an idle box keeps none.
            self.inbound = BytesMut::new();
        }
        self.inbound.reserve(READ_BYTES);
        tokio::select! {
            biased;
            kick = &mut self.ends.kicked => Err(match kick {
                Ok(DisconnectReason::Administrative) => CloseReason::Reported(DisconnectReasonCode::AdministrativeAction),
                Ok(DisconnectReason::TakenOver) | Err(_) => CloseReason::TakenOver,
            }),
            () = wait_for_stop(&mut self.stopping) => Err(CloseReason::Stopping),
            reason = next_settled(&mut self.owed) => self.acknowledge(reason),
            Some(message) = self.ends.messages.recv(), if self.ids.has_capacity(self.terms.receive_max) => {
                self.send(message)
            }
            read = self.stream.read_buf(&mut self.inbound) => match read? {
                0 => Err(CloseReason::Cut(io::ErrorKind::UnexpectedEof.into())),
                _ => Ok(()),
            },
            () = sleep_until(self.deadline) => Err(CloseReason::Reported(DisconnectReasonCode::KeepAliveTimeout)),
        }
    }

    fn handle(&mut self, packet: Packet) -> Result<(), CloseReason> {
        match packet {
            Packet::Publish(publish) => self.take(publish),
            Packet::PubAck(ack) => {
                self.ids.acknowledge(ack.pkid);
                Ok(())
            }
            Packet::PingReq(_) => self.put(&Packet::PingResp(PingResp)),
            Packet::Subscribe(subscribe) => self.subscribe(subscribe),
            Packet::Unsubscribe(unsubscribe) => self.unsubscribe(&unsubscribe),
            Packet::Disconnect(Disconnect {
                reason_code: DisconnectReasonCode::NormalDisconnection, ..
            }) => Err(CloseReason::Goodbye),
            Packet::Disconnect(_) => Err(CloseReason::LastWill),
            // A second CONNECT, packets that only servers send, and those of quality of service 2.
            _ => Err(CloseReason::Reported(DisconnectReasonCode::ProtocolError)),
        }
    }

    fn take(&mut self, publish: Publish) -> Result<(), CloseReason> {
        let is_owed = publish.qos == QoS::AtLeastOnce;
        if is_owed && self.owed.len() >= usize::from(self.shared.settings.receive_max) {
            return Err(CloseReason::Reported(DisconnectReasonCode::ReceiveMaximumExceeded));
        }
        let outcome = match acl::check_publish(self.origin.box_id, &publish) {
            PublishDecision::Close(reason) => return Err(CloseReason::Reported(reason)),
            PublishDecision::Refuse(reason) => {
                count_message(&self.shared.metrics.publishes_forbidden);
                Outcome::Known(reason)
            }
            PublishDecision::Take(_) if is_owed && self.owed.iter().any(|owed| owed.id == publish.pkid) => {
                Outcome::Known(PubAckReason::PacketIdentifierInUse)
            }
            PublishDecision::Take(up) => self.hand_up(up, publish.payload).unwrap_or_else(|| {
                count_message(&self.shared.metrics.publishes_crowded_out);
                Outcome::Known(PubAckReason::QuotaExceeded)
            }),
        };
        if is_owed {
            self.owed.push_back(Owed { id: publish.pkid, outcome });
        }
        Ok(())
    }

    /// Never waits: `None` where too much is waiting already, here or over all connections.
    fn hand_up(&self, up: UpTopic, payload: Bytes) -> Option<Outcome> {
        let bytes = u32::try_from(payload.len()).ok()?;
        let permit = Arc::clone(&self.shared.held).try_acquire_many_owned(bytes).ok()?;
        let payload =
            if payload.len() <= COPY_BYTES_MAX { Bytes::copy_from_slice(&payload) } else { payload };
        let (reply, outcome) = oneshot::channel();
        let held = HeldPayload::new(bytes, &self.shared.metrics, permit);
        self.uplink_path.jobs.try_send(PublishJob { up, payload, reply, held }).ok()?;
        count_message(&self.shared.metrics.published);
        Some(Outcome::Pending(outcome))
    }

    /// The oldest PUBACK that is due.
    fn acknowledge(&mut self, outcome: Result<PubAckReason, CloseReason>) -> Result<(), CloseReason> {
        let Some(owed) = self.owed.pop_front() else { return Ok(()) };
        let reason = outcome?;
        self.put(&Packet::PubAck(PubAck { pkid: owed.id, reason, properties: None }))?;
        if reason == PubAckReason::NotAuthorized && matches!(owed.outcome, Outcome::Pending(_)) {
            // Revoked since it connected.
            return Err(CloseReason::Reported(DisconnectReasonCode::NotAuthorized));
        }
        Ok(())
    }

    fn subscribe(&mut self, subscribe: Subscribe) -> Result<(), CloseReason> {
        let id = self.origin.box_id;
        let mut return_codes = Vec::with_capacity(subscribe.filters.len());
        for filter in subscribe.filters {
            return_codes.push(match acl::check_subscribe(id, &filter) {
                Ok(_) if subscribe.properties.as_ref().is_some_and(|all| all.id.is_some()) => {
                    SubscribeReasonCode::SubscriptionIdNotSupported
                }
                Ok(qos) => {
                    self.subscriptions.add(id, filter.path, qos);
                    SubscribeReasonCode::Success(qos)
                }
                Err(refused) => refused,
            });
        }
        self.put(&Packet::SubAck(SubAck { pkid: subscribe.pkid, return_codes, properties: None }))?;
        // Only now that SUBACK is in front of whatever follows.
        self.entry.open(self.subscriptions.topics());
        Ok(())
    }

    fn unsubscribe(&mut self, unsubscribe: &Unsubscribe) -> Result<(), CloseReason> {
        let reasons = unsubscribe.filters.iter().map(|filter| match self.subscriptions.remove(filter) {
            true => UnsubAckReason::Success,
            false => UnsubAckReason::NoSubscriptionExisted,
        });
        let reasons = reasons.collect();
        self.entry.open(self.subscriptions.topics());
        self.put(&Packet::UnsubAck(UnsubAck { pkid: unsubscribe.pkid, reasons, properties: None }))
    }

    /// A message for the box. One that it has unsubscribed from since, or that it cannot take, is dropped and counted.
    fn send(&mut self, message: OutgoingMessage) -> Result<(), CloseReason> {
        let Some(qos) = self.subscriptions.quality(message.down) else {
            count_message(&self.shared.metrics.unsent);
            return Ok(());
        };
        let topic = Topic::Down(self.origin.box_id, message.down).to_string();
        let mut publish = Publish::new(topic, qos, message.payload, None);
        // The id's two bytes are counted only where there is one.
        publish.pkid = 1;
        if publish.size() > self.terms.packet_bytes_max {
            count_message(&self.shared.metrics.unsent_too_large);
            return Ok(());
        }
        publish.pkid = match qos {
            QoS::AtMostOnce => 0,
            _ => self.ids.take(self.terms.receive_max).unwrap_or_default(),
        };
        count_message(&self.shared.metrics.sent);
        self.put(&Packet::Publish(publish))
    }

    fn put(&mut self, packet: &Packet) -> Result<(), CloseReason> {
        Ok(codec::encode_packet(packet, &mut self.outbound)?)
    }

    async fn flush(&mut self) -> Result<(), CloseReason> {
        write_packets(&mut self.stream, &self.outbound, self.shared.settings.timing.write).await?;
        self.outbound.clear();
        Ok(())
    }

    /// Gives what is under way the time to settle. Nothing more is read.
    async fn drain(&mut self) -> CloseReason {
        let until = Instant::now() + self.shared.settings.timing.drain;
        while !self.owed.is_empty() {
            tokio::select! {
                reason = next_settled(&mut self.owed) => {
                    if let Err(close) = self.acknowledge(reason) {
                        return close;
                    }
                }
                () = sleep_until(until) => break,
            }
            if let Err(close) = self.flush().await {
                return close;
            }
        }
        CloseReason::Stopping
    }
}

/// Resolves when the listener stops, or was dropped.
pub(super) async fn wait_for_stop(stopping: &mut watch::Receiver<bool>) {
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

/// The outcome of the oldest publish that awaits one. Dropping the future loses nothing.
async fn next_settled(owed: &mut VecDeque<Owed>) -> Result<PubAckReason, CloseReason> {
    let Some(oldest) = owed.front_mut() else { return std::future::pending().await };
    let disposition = match &mut oldest.outcome {
        Outcome::Known(reason) => return Ok(*reason),
        Outcome::Pending(outcome) => outcome.await.unwrap_or(PublishOutcome::Unknown),
    };
    match disposition {
        PublishOutcome::Done => Ok(PubAckReason::Success),
        PublishOutcome::Busy => Ok(PubAckReason::QuotaExceeded),
        PublishOutcome::Refused(PublishRefusal::Content) => Ok(PubAckReason::UnspecifiedError),
        PublishOutcome::Refused(PublishRefusal::Format) => Ok(PubAckReason::PayloadFormatInvalid),
        PublishOutcome::Refused(PublishRefusal::Revoked) => Ok(PubAckReason::NotAuthorized),
        PublishOutcome::Unknown => Err(CloseReason::Reported(DisconnectReasonCode::UnspecifiedError)),
    }
}

/// Writes all of `bytes`, within `time_max`: a peer that does not read is disconnected.
pub(super) async fn write_packets<S: AsyncWrite + Unpin>(
    stream: &mut S,
    bytes: &[u8],
    time_max: std::time::Duration,
) -> Result<(), CloseReason> {
    if bytes.is_empty() {
        return Ok(());
    }
    let all = async {
        stream.write_all(bytes).await?;
        stream.flush().await
    };
    Ok(timeout(time_max, all).await.map_err(|_| CloseReason::NotReading)??)
}

/// Writes the last bytes, closes our side, and reads on for a moment: with unread bytes at our side the peer would get
/// a reset in place of the reason.
pub(super) async fn write_part<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    bytes: &[u8],
    settings: &MqttSettings,
) {
    if write_packets(stream, bytes, settings.timing.write).await.is_err() {
        return;
    }
    let linger = async {
        stream.shutdown().await?;
        let mut unread = [0; 4 * 1024];
        let mut left = LINGER_BYTES_MAX;
        while left > 0 {
            match stream.read(&mut unread).await? {
                0 => break,
                read => left = left.saturating_sub(read),
            }
        }
        io::Result::Ok(())
    };
    // Whatever comes of it, the connection is over.
    let _ = timeout(settings.timing.linger, linger).await;
}
