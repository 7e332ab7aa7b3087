//! The connection to the relay: one MQTT 5 connection over TLS with the box's certificate, from CONNECT to its end. It
//! retains nothing between connections; what was lost is sent again because `plan` says so.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use record::ids::BoxId;
use record::limits::MQTT_PACKET_BYTES_MAX;
use record::topics::{DownTopic, Topic, UpTopic};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{
    ConnAck, ConnectProperties, ConnectReturnCode, DisconnectReasonCode, LastWill, Packet, PubAckReason,
    Publish, SubscribeReasonCode,
};
use rumqttc::v5::{AsyncClient, ConnectionError, Event, EventLoop, MqttOptions, StateError};
use rumqttc::{NetworkOptions, Outgoing, TlsConfiguration, Transport};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::timeout;

use super::fault::TransportFault;

/// Messages on their way out that the connection has not taken yet: a hello, a batch, a health, and one to spare.
const OUT_MAX: usize = 4;
/// Events that were not read yet; then the connection waits, and in the end the relay closes it.
const IN_MAX: usize = 8;
/// Bytes around a payload in a PUBLISH: header, topic, packet id, properties.
const AROUND_BYTES_MAX: usize = 128;

/// Where the relay listens: `mqtts://host:port`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayEndpoint {
    /// A name or an IPv4 address, as it is in the relay's certificate.
    pub host: String,
    /// Usually 8883.
    pub port: u16,
}

impl FromStr for RelayEndpoint {
    type Err = LinkError;

    fn from_str(text: &str) -> Result<Self, LinkError> {
        let uri: http::Uri = text.parse().map_err(|_| refuse_address(text))?;
        if uri.scheme_str() != Some("mqtts") || !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(refuse_address(text));
        }
        let authority = uri.authority().ok_or_else(|| refuse_address(text))?;
        let host = authority.host();
        // Neither a user in front of the host, nor an address of IPv6, which rumqttc cannot take.
        let port = authority.as_str().strip_prefix(host).filter(|_| !host.starts_with('['));
        let port = match port.ok_or_else(|| refuse_address(text))? {
            "" => 8883,
            port => {
                let port = port.strip_prefix(':').and_then(|port| port.parse().ok());
                port.ok_or_else(|| refuse_address(text))?
            }
        };
        Ok(Self { host: host.to_owned(), port })
    }
}

fn refuse_address(text: &str) -> LinkError {
    LinkError::Address(text.chars().take(200).collect())
}

impl fmt::Display for RelayEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mqtts://{}:{}", self.host, self.port)
    }
}

#[derive(Debug, Clone)]
pub struct LinkTiming {
    /// For TCP, TLS and CONNACK; whole seconds.
    pub connect: Duration,
    pub subscribe: Duration,
    /// Seconds of silence after which a ping is sent; 5 or more. A quarter of a megabyte must get through in 1.5 times this.
    pub keep_alive: Duration,
    pub goodbye: Duration,
}

impl Default for LinkTiming {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(20),
            subscribe: Duration::from_secs(10),
            keep_alive: Duration::from_secs(60),
            goodbye: Duration::from_secs(2),
        }
    }
}

#[derive(Clone)]
pub struct LinkConfig {
    /// Who connects; the certificate in `tls` says the same.
    pub box_id: BoxId,
    pub relay: RelayEndpoint,
    /// The box's certificate, and the one authority that it trusts.
    pub tls: Arc<rustls::ClientConfig>,
    /// What the relay publishes for us on `up/gone` when the connection is lost.
    pub gone: Bytes,
    pub timing: LinkTiming,
}

/// Why there is no connection. The text is for the health page.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    #[error("{0:?} is not an address of a relay; it must look like mqtts://relay.example:8883")]
    Address(String),
    #[error("the relay is not reached: {0}. Nothing is lost; the box tries again automatically")]
    Unreachable(String),
    #[error("the relay did not let this box in: {}", refusal_text(*.0))]
    Refused(ConnectReturnCode),
    #[error("the relay ended the connection: {}", ending_text(*.0))]
    Ended(DisconnectReasonCode),
    /// It let the box connect but not subscribe: a misconfigured broker.
    #[error("the relay does not let this box hear its own messages ({0})")]
    NotSubscribed(String),
    /// More than the relay takes; the caller makes smaller batches.
    #[error("a message of {bytes} bytes; the relay takes {bytes_max}")]
    TooLarge { bytes: usize, bytes_max: usize },
    /// The connection is slower than the caller: the message was not taken.
    #[error("{OUT_MAX} messages are waiting for the line already")]
    Full,
    #[error("the relay is not reached: {0}. Nothing is lost; the box tries again automatically")]
    Way(TransportFault),
}

impl LinkError {
    /// Whether trying again does not help until somebody does something.
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::Address(_) | Self::NotSubscribed(_) => true,
            Self::Refused(code) => !matches!(
                code,
                ConnectReturnCode::ServerUnavailable
                    | ConnectReturnCode::ServiceUnavailable
                    | ConnectReturnCode::ServerBusy
                    | ConnectReturnCode::QuotaExceeded
                    | ConnectReturnCode::ConnectionRateExceeded
                    | ConnectReturnCode::UnspecifiedError
            ),
            Self::Ended(code) => {
                matches!(
                    code,
                    DisconnectReasonCode::NotAuthorized | DisconnectReasonCode::AdministrativeAction
                )
            }
            Self::Way(fault) => !fault.is_of_transport(),
            Self::Unreachable(_) | Self::TooLarge { .. } | Self::Full => false,
        }
    }

    /// Whether another transport may do better: it was not the relay that said no.
    pub(in crate::uplink) fn is_of_transport(&self) -> bool {
        match self {
            Self::Address(_) | Self::Unreachable(_) | Self::NotSubscribed(_) => true,
            Self::Way(fault) => fault.is_of_transport(),
            Self::Refused(_) | Self::Ended(_) | Self::TooLarge { .. } | Self::Full => false,
        }
    }
}

fn refusal_text(code: ConnectReturnCode) -> String {
    match code {
        ConnectReturnCode::Banned => "its certificate was revoked. Claim the box again".to_owned(),
        ConnectReturnCode::NotAuthorized | ConnectReturnCode::ClientIdentifierNotValid => {
            "it does not know this box under this certificate. Claim the box again".to_owned()
        }
        ConnectReturnCode::ServerUnavailable | ConnectReturnCode::ServiceUnavailable => {
            "it is not ready. The box tries again automatically".to_owned()
        }
        ConnectReturnCode::ServerBusy => "it is busy. The box tries again automatically".to_owned(),
        code => format!("{code:?}"),
    }
}

fn ending_text(code: DisconnectReasonCode) -> String {
    match code {
        DisconnectReasonCode::ServerShuttingDown => {
            "it is being restarted. The box tries again automatically".to_owned()
        }
        DisconnectReasonCode::SessionTakenOver => {
            "another connection of this box came. Is there a copy of this box's card in use?".to_owned()
        }
        DisconnectReasonCode::NotAuthorized | DisconnectReasonCode::AdministrativeAction => {
            "this box was put out. Ask whoever runs the relay".to_owned()
        }
        DisconnectReasonCode::KeepAliveTimeout => {
            "the connection was too slow. The box tries again automatically".to_owned()
        }
        code => format!("{code:?}"),
    }
}

impl From<ConnectionError> for LinkError {
    fn from(error: ConnectionError) -> Self {
        match error {
            ConnectionError::ConnectionRefused(code)
            | ConnectionError::MqttState(StateError::ConnFail { reason: code }) => Self::Refused(code),
            ConnectionError::MqttState(StateError::ServerDisconnect { reason_code, .. }) => {
                Self::Ended(reason_code)
            }
            ConnectionError::Timeout(_) => Self::Unreachable("no answer in time".to_owned()),
            error => Self::Unreachable(error.to_string()),
        }
    }
}

/// Why a message that arrived was not taken. It proves nothing: what the relay holds, it says in `down/ack`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotTaken {
    Busy,
    /// A broker took it, and no relay is behind it.
    Nobody,
    Refused,
}

#[derive(Debug)]
pub enum LinkEvent {
    Down(DownTopic, Bytes),
    /// A message of ours was rejected.
    NotTaken(NotTaken),
    Closed(LinkError),
}

/// The sending half. Clones share one connection.
#[derive(Debug, Clone)]
pub struct LinkSender {
    client: AsyncClient,
    box_id: BoxId,
    payload_bytes_max: usize,
    running: AbortHandle,
}

impl LinkSender {
    /// Hands a message to the connection; never waits. `Ok` says nothing about its arrival.
    ///
    /// # Errors
    /// [`LinkError::TooLarge`], [`LinkError::Full`], or [`LinkError::Unreachable`] where the connection has ended.
    pub fn publish(&self, up: UpTopic, payload: Bytes) -> Result<(), LinkError> {
        // A larger one would not fail here, but end the connection from within.
        if payload.len() > self.payload_bytes_max {
            return Err(LinkError::TooLarge { bytes: payload.len(), bytes_max: self.payload_bytes_max });
        }
        let qos = if up.at_least_once() { QoS::AtLeastOnce } else { QoS::AtMostOnce };
        let topic = Topic::Up(self.box_id, up).to_string();
        self.client.try_publish(topic, qos, false, payload).map_err(|_| match self.running.is_finished() {
            true => LinkError::Unreachable("the connection has ended".to_owned()),
            false => LinkError::Full,
        })
    }
}

/// The receiving half, and the connection itself: dropping it cuts the connection, and the relay reports that.
pub struct LinkReceiver {
    events: mpsc::Receiver<LinkEvent>,
    client: AsyncClient,
    driving: JoinHandle<()>,
    goodbye: Duration,
}

impl LinkReceiver {
    /// The next event. After [`LinkEvent::Closed`] there is nothing but that. Dropping the future loses nothing.
    pub async fn next(&mut self) -> LinkEvent {
        self.events.recv().await.unwrap_or_else(|| {
            LinkEvent::Closed(LinkError::Unreachable("the connection has ended".to_owned()))
        })
    }

    /// Says goodbye, so that the relay does not report the box lost, and ends.
    pub async fn close(mut self) {
        let goodbye = async {
            // Where the connection is over already no goodbye can be sent.
            if self.client.disconnect().await.is_ok() {
                while self.events.recv().await.is_some() {}
            }
        };
        // A connection that does not take it in time is cut.
        let _ = timeout(self.goodbye, goodbye).await;
    }
}

impl Drop for LinkReceiver {
    fn drop(&mut self) {
        self.driving.abort();
    }
}

#[derive(Debug, Clone, Copy)]
pub struct RelayLink;

impl RelayLink {
    /// Connects and subscribes; both are done where this is `Ok`. Everything of it is new: rumqttc's state of an older
    /// connection can hold back what is sent on the next.
    ///
    /// # Errors
    /// No connection, and why.
    pub async fn connect(config: &LinkConfig) -> Result<(LinkSender, LinkReceiver), LinkError> {
        let (client, mut events) = AsyncClient::new(mqtt_options(config), OUT_MAX);
        let connack = loop {
            if let Packet::ConnAck(connack) = next_packet(&mut events).await? {
                break connack;
            }
        };
        let filter = Topic::down_filter(config.box_id);
        client
            .try_subscribe(filter, QoS::AtLeastOnce)
            .map_err(|error| LinkError::Unreachable(error.to_string()))?;
        timeout(config.timing.subscribe, wait_for_suback(&mut events))
            .await
            .map_err(|_| LinkError::Unreachable("no answer to the subscription in time".to_owned()))??;

        let (reported, hearing) = mpsc::channel(IN_MAX);
        let driving = tokio::spawn(drive_events(events, config.box_id, reported));
        let sender = LinkSender {
            client: client.clone(),
            box_id: config.box_id,
            payload_bytes_max: payload_bytes_max(&connack),
            running: driving.abort_handle(),
        };
        Ok((sender, LinkReceiver { events: hearing, client, driving, goodbye: config.timing.goodbye }))
    }
}

fn mqtt_options(config: &LinkConfig) -> MqttOptions {
    let mut options =
        MqttOptions::new(config.box_id.to_string(), config.relay.host.clone(), config.relay.port);
    options.set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(Arc::clone(&config.tls))));
    // rumqttc panics below 5 s.
    options.set_keep_alive(config.timing.keep_alive.max(Duration::from_secs(5)));
    options.set_connection_timeout(config.timing.connect.as_secs().max(1));
    options.set_clean_start(true);
    let mut properties = ConnectProperties::new();
    properties.max_packet_size = u32::try_from(MQTT_PACKET_BYTES_MAX).ok();
    properties.receive_maximum = u16::try_from(IN_MAX).ok();
    options.set_connect_properties(properties);
    let gone = Topic::Up(config.box_id, UpTopic::Gone).to_string();
    options.set_last_will(LastWill::new(gone, config.gone.to_vec(), QoS::AtLeastOnce, false, None));
    // Its table of unacknowledged messages is made in full size: 65,535 of them would be 8 MB.
    options.set_outgoing_inflight_upper_limit(OUT_MAX as u16);
    let mut network = NetworkOptions::new();
    network.set_tcp_nodelay(true);
    options.set_network_options(network);
    options
}

fn payload_bytes_max(connack: &ConnAck) -> usize {
    let stated = connack.properties.as_ref().and_then(|properties| properties.max_packet_size);
    let packet = stated.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(MQTT_PACKET_BYTES_MAX);
    packet.min(MQTT_PACKET_BYTES_MAX).saturating_sub(AROUND_BYTES_MAX)
}

async fn next_packet(events: &mut EventLoop) -> Result<Packet, LinkError> {
    loop {
        if let Event::Incoming(packet) = events.poll().await? {
            return Ok(packet);
        }
    }
}

async fn wait_for_suback(events: &mut EventLoop) -> Result<(), LinkError> {
    loop {
        if let Packet::SubAck(suback) = next_packet(events).await? {
            return match suback.return_codes[..] {
                [SubscribeReasonCode::Success(_)] => Ok(()),
                ref codes => Err(LinkError::NotSubscribed(format!("{codes:?}"))),
            };
        }
    }
}

/// Polls the connection until its end: pings and acknowledgements happen only there, so no other wait may hold it up.
async fn drive_events(mut events: EventLoop, box_id: BoxId, reported: mpsc::Sender<LinkEvent>) {
    loop {
        let event = match events.poll().await {
            Ok(Event::Incoming(Packet::Publish(publish))) => read_down_message(box_id, publish),
            Ok(Event::Incoming(Packet::PubAck(ack))) => not_taken(ack.reason).map(LinkEvent::NotTaken),
            Ok(Event::Outgoing(Outgoing::Disconnect)) => return,
            Ok(_) => None,
            Err(error) => {
                // That no receiver is left does not matter.
                let _ = reported.send(LinkEvent::Closed(error.into())).await;
                return;
            }
        };
        if let Some(event) = event
            && reported.send(event).await.is_err()
        {
            return;
        }
    }
}

fn read_down_message(box_id: BoxId, publish: Publish) -> Option<LinkEvent> {
    match Topic::parse(std::str::from_utf8(&publish.topic).ok()?)? {
        Topic::Down(of, message) if of == box_id => Some(LinkEvent::Down(message, publish.payload)),
        _ => None,
    }
}

fn not_taken(reason: PubAckReason) -> Option<NotTaken> {
    match reason {
        PubAckReason::Success => None,
        PubAckReason::NoMatchingSubscribers => Some(NotTaken::Nobody),
        PubAckReason::QuotaExceeded => Some(NotTaken::Busy),
        _ => Some(NotTaken::Refused),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let read = |text: &str| text.parse::<RelayEndpoint>().ok().map(|endpoint| endpoint.to_string());
        assert_eq!(read("mqtts://relay.example:1883").as_deref(), Some("mqtts://relay.example:1883"));
        assert_eq!(read("mqtts://relay.example").as_deref(), Some("mqtts://relay.example:8883"));
        assert_eq!(read("mqtts://192.0.2.7:8883/").as_deref(), Some("mqtts://192.0.2.7:8883"));
        let wrong = [
            "",
            "relay",
            "mqtt://relay",
            "https://relay",
            "mqtts://",
            "mqtts://relay/x",
            "mqtts://relay:x",
            "mqtts://relay:70000",
            "mqtts://who@relay:1",
            "mqtts://[::1]:1",
        ];
        for text in wrong {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn what_a_person_is_told() {
        let revoked = LinkError::Refused(ConnectReturnCode::Banned);
        assert!(revoked.to_string().contains("Claim the box again"));
        assert!(revoked.is_permanent());
        let restarted = LinkError::from(ConnectionError::MqttState(StateError::ServerDisconnect {
            reason_code: DisconnectReasonCode::ServerShuttingDown,
            reason_string: None,
        }));
        assert!(restarted.to_string().contains("being restarted"));
        assert!(!restarted.is_permanent());
    }
}
