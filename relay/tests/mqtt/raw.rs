//! A client made of bytes: it can say what no honest client says, and shows exactly what comes back.

use std::io;
use std::sync::Arc;

use record::ids::BoxId;
use record::topics::{Topic, UpTopic};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::pki::Identity;
use crate::relay_under_test::Relay;
use crate::soon;

pub(crate) const PINGREQ: [u8; 2] = [0xc0, 0];
pub(crate) const PINGRESP: [u8; 2] = [0xd0, 0];
pub(crate) const GOODBYE: [u8; 2] = [0xe0, 0];

/// Reason codes as they are on the wire.
pub(crate) mod reason {
    pub(crate) const UNSPECIFIED: u8 = 0x80;
    pub(crate) const MALFORMED: u8 = 0x81;
    pub(crate) const PROTOCOL_ERROR: u8 = 0x82;
    pub(crate) const UNSUPPORTED_VERSION: u8 = 0x84;
    pub(crate) const CLIENT_ID: u8 = 0x85;
    pub(crate) const NOT_AUTHORIZED: u8 = 0x87;
    pub(crate) const UNAVAILABLE: u8 = 0x88;
    pub(crate) const BUSY: u8 = 0x89;
    pub(crate) const BANNED: u8 = 0x8a;
    pub(crate) const SHUTTING_DOWN: u8 = 0x8b;
    pub(crate) const KEEP_ALIVE: u8 = 0x8d;
    pub(crate) const TAKEN_OVER: u8 = 0x8e;
    pub(crate) const FILTER_INVALID: u8 = 0x8f;
    pub(crate) const ID_IN_USE: u8 = 0x91;
    pub(crate) const RECEIVE_MAX: u8 = 0x93;
    pub(crate) const TOPIC_ALIAS: u8 = 0x94;
    pub(crate) const TOO_LARGE: u8 = 0x95;
    pub(crate) const QUOTA: u8 = 0x97;
    pub(crate) const ADMINISTRATIVE: u8 = 0x98;
    pub(crate) const FORMAT: u8 = 0x99;
    pub(crate) const RETAIN: u8 = 0x9a;
    pub(crate) const QOS: u8 = 0x9b;
    pub(crate) const SHARED: u8 = 0x9e;
}

/// One packet: its first byte, and what follows the length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) first: u8,
    pub(crate) body: Vec<u8>,
}

pub(crate) struct Raw {
    pub(crate) stream: TlsStream<TcpStream>,
}

impl Raw {
    /// TLS, and nothing more. In TLS 1.3 a client is ready before its certificate was looked at.
    pub(crate) async fn open(relay: &Relay, config: Arc<ClientConfig>) -> io::Result<Self> {
        let tcp = TcpStream::connect(relay.address()).await?;
        tcp.set_nodelay(true)?;
        let name = ServerName::try_from("localhost").unwrap();
        Ok(Self { stream: soon(TlsConnector::from(config).connect(name, tcp)).await? })
    }

    pub(crate) async fn greet(relay: &Relay, identity: &Identity, connect: &[u8]) -> (Self, Option<Frame>) {
        let mut raw = Self::open(relay, relay.pki.client(identity)).await.unwrap();
        raw.send(connect).await;
        let answer = raw.frame().await;
        (raw, answer)
    }

    pub(crate) async fn connected(relay: &Relay, identity: &Identity) -> Self {
        Self::connected_with(relay, identity, &Connect::new(identity.id)).await
    }

    pub(crate) async fn connected_with(relay: &Relay, identity: &Identity, connect: &Connect) -> Self {
        let (raw, answer) = Self::greet(relay, identity, &connect.bytes()).await;
        let answer = answer.expect("a CONNACK");
        assert_eq!((answer.first, &answer.body[..2]), (0x20, &[0, 0][..]), "{answer:x?}");
        raw
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        // The listener may have closed already; what it said then is what the test looks at.
        let _ = self.try_send(bytes).await;
    }

    pub(crate) async fn try_send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
    }

    /// The next packet; `None` at the end of the connection, however it ends.
    pub(crate) async fn frame(&mut self) -> Option<Frame> {
        soon(self.try_frame()).await.ok()
    }

    pub(crate) async fn try_frame(&mut self) -> io::Result<Frame> {
        let first = self.stream.read_u8().await?;
        let (mut length, mut shift) = (0, 0);
        loop {
            let byte = self.stream.read_u8().await?;
            length |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await?;
        Ok(Frame { first, body })
    }

    /// The next packet is exactly these bytes.
    pub(crate) async fn expect(&mut self, bytes: &[u8]) {
        let frame = self.frame().await;
        assert_eq!(frame, Some(Frame { first: bytes[0], body: bytes[2..].to_vec() }));
    }

    pub(crate) async fn expect_end(&mut self, reason: u8) {
        assert_eq!(self.frame().await, Some(Frame { first: 0xe0, body: vec![reason, 0] }));
        assert_eq!(self.frame().await, None);
    }

    pub(crate) async fn expect_silent_end(&mut self) {
        assert_eq!(self.frame().await, None);
    }

    pub(crate) async fn ping(&mut self) {
        self.send(&PINGREQ).await;
        self.expect(&PINGRESP).await;
    }

    pub(crate) async fn subscribed(&mut self, id: BoxId) {
        self.send(&subscribe(1, &[(&Topic::down_filter(id), 1)])).await;
        self.expect(&[0x90, 4, 0, 1, 0, 1]).await;
    }
}

fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    let mut length = body.len();
    loop {
        let more = if length > 0x7f { 0x80 } else { 0 };
        bytes.push(u8::try_from(length & 0x7f).unwrap() | more);
        length >>= 7;
        if more == 0 {
            break;
        }
    }
    bytes.extend_from_slice(body);
    bytes
}

fn text(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap().to_be_bytes();
    [&length[..], bytes].concat()
}

pub(crate) struct Connect {
    pub(crate) client_id: String,
    pub(crate) keep_alive_s: u16,
    pub(crate) properties: Vec<u8>,
    pub(crate) will: Option<(String, u8, bool)>,
    pub(crate) level: u8,
}

impl Connect {
    pub(crate) fn new(id: BoxId) -> Self {
        Self { client_id: id.to_string(), keep_alive_s: 60, properties: Vec::new(), will: None, level: 5 }
    }

    pub(crate) fn will(mut self, topic: String, qos: u8, retain: bool) -> Self {
        self.will = Some((topic, qos, retain));
        self
    }

    pub(crate) fn own_will(self, id: BoxId) -> Self {
        self.will(Topic::Up(id, UpTopic::Gone).to_string(), 1, false)
    }

    pub(crate) fn keep_alive(mut self, keep_alive_s: u16) -> Self {
        self.keep_alive_s = keep_alive_s;
        self
    }

    pub(crate) fn properties(mut self, properties: &[u8]) -> Self {
        self.properties = properties.to_vec();
        self
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut flags = 2;
        let mut payload = text(self.client_id.as_bytes());
        if let Some((topic, qos, retain)) = &self.will {
            flags |= 4 | qos << 3 | u8::from(*retain) << 5;
            payload.extend([vec![0], text(topic.as_bytes()), text(b"last will")].concat());
        }
        let mut body = text(b"MQTT");
        body.extend([self.level, flags]);
        body.extend(self.keep_alive_s.to_be_bytes());
        if self.level >= 5 {
            body.push(u8::try_from(self.properties.len()).unwrap());
            body.extend(&self.properties);
        }
        body.extend(payload);
        packet(0x10, &body)
    }
}

/// A PUBLISH of quality of service 1 (0 where `id` is 0).
pub(crate) fn publish(topic: &[u8], id: u16, payload: &[u8]) -> Vec<u8> {
    let mut body = text(topic);
    if id > 0 {
        body.extend(id.to_be_bytes());
    }
    body.push(0);
    body.extend(payload);
    packet(if id > 0 { 0x32 } else { 0x30 }, &body)
}

pub(crate) fn batch(of: BoxId, id: u16, payload: &[u8]) -> Vec<u8> {
    publish(Topic::Up(of, UpTopic::Batch).to_string().as_bytes(), id, payload)
}

pub(crate) fn puback(id: u16) -> [u8; 4] {
    let [high, low] = id.to_be_bytes();
    [0x40, 2, high, low]
}

pub(crate) fn puback_refusing(id: u16, reason: u8) -> [u8; 6] {
    let [high, low] = id.to_be_bytes();
    [0x40, 4, high, low, reason, 0]
}

pub(crate) fn subscribe(id: u16, filters: &[(&str, u8)]) -> Vec<u8> {
    let mut body = id.to_be_bytes().to_vec();
    body.push(0);
    for (filter, options) in filters {
        body.extend(text(filter.as_bytes()));
        body.push(*options);
    }
    packet(0x82, &body)
}

pub(crate) fn unsubscribe(id: u16, filters: &[&str]) -> Vec<u8> {
    let mut body = id.to_be_bytes().to_vec();
    body.push(0);
    for filter in filters {
        body.extend(text(filter.as_bytes()));
    }
    packet(0xa2, &body)
}

/// Topic, packet id (0 where there is none) and payload of a PUBLISH that came.
pub(crate) fn read_publish(frame: &Frame) -> (String, u16, Vec<u8>) {
    assert_eq!(frame.first >> 4, 3, "{frame:x?}");
    let length = usize::from(u16::from_be_bytes([frame.body[0], frame.body[1]]));
    let (topic, rest) = frame.body[2..].split_at(length);
    let (id, rest) = match frame.first & 6 {
        0 => (0, rest),
        _ => (u16::from_be_bytes([rest[0], rest[1]]), &rest[2..]),
    };
    assert_eq!(rest[0], 0, "no properties");
    (String::from_utf8(topic.to_vec()).unwrap(), id, rest[1..].to_vec())
}
