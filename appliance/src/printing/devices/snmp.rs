//! SNMP v1, as far as printers need it: one GET of a few names, one answer, nothing else.
//!
//! A Brother printer on the network says nothing over its socket; [`StatusLine`] polls its agent and passes the 32
//! bytes of its status to the reader of the connection, just as USB would.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UdpSocket};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::printing::devices::transport::{PrinterStream, SendQueue};

const ANSWER_MAX: Duration = Duration::from_secs(1);
/// From one question about the state to the next: a label takes half a second, and is to be seen being printed.
const POLL: Duration = Duration::from_millis(200);
/// Questions that may be on their way at once.
const LATE_MAX: u32 = 8;
/// Bytes of an answer: more than a UDP packet that is not cut into pieces has.
const PACKET_BYTES_MAX: usize = 2_048;
const NAMES_MAX: usize = 8;

/// `brStatus`: the 32 bytes that `ESC i S` answers on USB.
pub(crate) const BROTHER_STATUS: &[u32] = &[1, 3, 6, 1, 4, 1, 2435, 3, 3, 9, 1, 6, 1, 0];
/// `sysDescr`.
pub(crate) const SYSTEM: &[u32] = &[1, 3, 6, 1, 2, 1, 1, 1, 0];
/// `hrDeviceDescr` of the first device: a printer's model.
pub(crate) const DEVICE: &[u32] = &[1, 3, 6, 1, 2, 1, 25, 3, 2, 1, 3, 1];
/// `prtGeneralSerialNumber` of the first printer.
pub(crate) const SERIAL: &[u32] = &[1, 3, 6, 1, 2, 1, 43, 5, 1, 1, 17, 1];

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const NULL: u8 = 0x05;
const NAME: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const GET: u8 = 0xa0;
const RESPONSE: u8 = 0xa2;

/// Asks an agent for names; each value is `None` when it is not a string of bytes. An agent that lacks one of the names
/// refuses all of them.
///
/// # Errors
/// When nothing comes in time, or nothing of use.
pub(crate) async fn encode_get(
    agent: SocketAddr,
    names: &[&[u32]],
    id: u32,
) -> io::Result<Vec<Option<Vec<u8>>>> {
    let socket = connect_agent(agent).await?;
    socket.send(&encode_question(names, id)).await?;
    let mut packet = [0; PACKET_BYTES_MAX];
    let answered = async {
        loop {
            let n = socket.recv(&mut packet).await?;
            // A late answer to an earlier question is passed over.
            if let Some(values) = read_answer(&packet[..n], id) {
                return values.ok_or_else(|| {
                    io::Error::new(io::ErrorKind::Unsupported, "the printer does not tell that by SNMP")
                });
            }
        }
    };
    tokio::time::timeout(ANSWER_MAX, answered).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

/// A socket at which only the agent's own packets arrive.
async fn connect_agent(agent: SocketAddr) -> io::Result<UdpSocket> {
    let here: SocketAddr = match agent {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(here).await?;
    socket.connect(agent).await?;
    Ok(socket)
}

fn encode_question(names: &[&[u32]], id: u32) -> Vec<u8> {
    let bindings = names.iter().take(NAMES_MAX).map(|name| {
        encode_element(SEQUENCE, &[encode_element(NAME, &[name_bytes(name)]), encode_element(NULL, &[])])
    });
    let bindings: Vec<_> = bindings.collect();
    let [id, zero] = [id, 0].map(|n| encode_element(INTEGER, &[number_bytes(n & 0x7fff_ffff)]));
    let bindings = encode_element(SEQUENCE, &bindings);
    let get = encode_element(GET, &[id, zero.clone(), zero.clone(), bindings]);
    encode_element(SEQUENCE, &[zero, encode_element(OCTETS, &[b"public".to_vec()]), get])
}

/// As few bytes as hold it, as BER wants it: some agents do not answer otherwise.
fn number_bytes(n: u32) -> Vec<u8> {
    let bytes = n.to_be_bytes();
    let spare = (0..3).take_while(|&at| bytes[at] == 0 && bytes[at + 1] & 0x80 == 0).count();
    bytes[spare..].to_vec()
}

fn encode_element(tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    let inner = parts.concat();
    let mut bytes = vec![tag];
    // A question of eight names stays below 64 KiB by far.
    match u16::try_from(inner.len()).unwrap_or(u16::MAX) {
        short @ 0..0x80 => bytes.push(short as u8),
        long => bytes.extend_from_slice(&[0x82, (long >> 8) as u8, long as u8]),
    }
    bytes.extend_from_slice(&inner);
    bytes
}

/// The first two numbers share a byte; the others have seven bits a byte, highest first.
fn name_bytes(name: &[u32]) -> Vec<u8> {
    let mut bytes = match name {
        [first, second, ..] => vec![(first * 40 + second) as u8],
        _ => Vec::new(),
    };
    for number in name.iter().skip(2) {
        let groups = (1..5).rev().filter(|n| number >> (7 * n) != 0);
        bytes.extend(groups.map(|n| 0x80 | (number >> (7 * n)) as u8 & 0x7f));
        bytes.push((number & 0x7f) as u8);
    }
    bytes
}

fn read_element<'a>(bytes: &mut &'a [u8], tag: u8) -> Option<&'a [u8]> {
    let (found, inner) = any_element(bytes)?;
    (found == tag).then_some(inner)
}

fn any_element<'a>(bytes: &mut &'a [u8]) -> Option<(u8, &'a [u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (len, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81 | 0x82 => {
            let (len, rest) = rest.split_at_checked(usize::from(first & 0x0f))?;
            (len.iter().fold(0, |n, b| n << 8 | usize::from(*b)), rest)
        }
        _ => return None,
    };
    let (inner, rest) = rest.split_at_checked(len)?;
    *bytes = rest;
    Some((tag, inner))
}

fn read_number(bytes: &mut &[u8]) -> Option<u32> {
    let inner = read_element(bytes, INTEGER)?;
    (inner.len() <= 5).then(|| inner.iter().fold(0u32, |n, b| n << 8 | u32::from(*b)))
}

/// What a packet says to question `id`: `None` when it is no answer to it, `Some(None)` when the agent refuses.
fn read_answer(packet: &[u8], id: u32) -> Option<Option<Vec<Option<Vec<u8>>>>> {
    let mut packet = packet;
    let mut message = read_element(&mut packet, SEQUENCE)?;
    read_number(&mut message)?;
    read_element(&mut message, OCTETS)?;
    let mut response = read_element(&mut message, RESPONSE)?;
    if read_number(&mut response)? != id & 0x7fff_ffff {
        return None;
    }
    let error = read_number(&mut response)?;
    read_number(&mut response)?;
    if error != 0 {
        return Some(None);
    }
    let mut bindings = read_element(&mut response, SEQUENCE)?;
    let mut values = Vec::new();
    while !bindings.is_empty() && values.len() < NAMES_MAX {
        let mut binding = read_element(&mut bindings, SEQUENCE)?;
        read_element(&mut binding, NAME)?;
        let (tag, value) = any_element(&mut binding)?;
        values.push((tag == OCTETS).then(|| value.to_vec()));
    }
    Some(Some(values))
}

/// A TCP connection to a printer that reports its state by SNMP only: what is read are its statuses.
pub(crate) struct StatusLine {
    stream: TcpStream,
    statuses: mpsc::Receiver<Vec<u8>>,
    /// What of a status did not fit into the last read.
    rest: Vec<u8>,
    asker: JoinHandle<()>,
}

impl StatusLine {
    pub(crate) fn new(stream: TcpStream, agent: SocketAddr) -> Self {
        let (reported, statuses) = mpsc::channel(4);
        let asker = tokio::spawn(ask_status(agent, reported));
        Self { stream, statuses, rest: Vec::new(), asker }
    }
}

impl PrinterStream for StatusLine {
    fn gauge(&self) -> Option<SendQueue> {
        self.stream.gauge()
    }
}

impl Drop for StatusLine {
    fn drop(&mut self) {
        self.asker.abort();
    }
}

/// Asks for the state until the receiver is gone. A printer that does not answer is asked again: its silence is for the
/// session to judge.
async fn ask_status(agent: SocketAddr, reported: mpsc::Sender<Vec<u8>>) {
    let mut ticks = tokio::time::interval(POLL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let socket = loop {
        ticks.tick().await;
        if let Ok(socket) = connect_agent(agent).await {
            break socket;
        }
    };
    let (mut requested, mut answered) = (0u32, 0u32);
    let mut packet = [0; PACKET_BYTES_MAX];
    loop {
        tokio::select! {
            _ = ticks.tick() => {
                requested = requested.wrapping_add(1) & 0x7fff_ffff;
                // A lost question is one that is not answered.
                drop(socket.send(&encode_question(&[BROTHER_STATUS], requested)).await);
            }
            got = socket.recv(&mut packet) => {
                let Ok(n) = got else { continue };
                // Slow agents are answered late, and an answer that was overtaken is passed over.
                let late = (0..LATE_MAX).map(|ago| requested.wrapping_sub(ago)).take_while(|&id| id != answered);
                let found = late.filter_map(|id| Some((id, read_answer(&packet[..n], id)??))).next();
                let Some((id, values)) = found else { continue };
                answered = id;
                let status = values.into_iter().flatten().next().filter(|status| status.len() == 32);
                if let Some(status) = status
                    && reported.send(status).await.is_err()
                {
                    return;
                }
            }
        }
    }
}

impl AsyncRead for StatusLine {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.rest.is_empty()
            && let Poll::Ready(Some(status)) = self.statuses.poll_recv(context)
        {
            self.rest = status;
        }
        if self.rest.is_empty() {
            return Pin::new(&mut self.stream).poll_read(context, into);
        }
        let fits = self.rest.len().min(into.remaining());
        into.put_slice(&self.rest[..fits]);
        self.rest.drain(..fits);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for StatusLine {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What an agent says to a question: the same names, each with this value.
    pub(crate) fn reply_to(question: &[u8], value: &[u8]) -> Vec<u8> {
        let mut packet = question;
        let mut message = read_element(&mut packet, SEQUENCE).unwrap();
        read_number(&mut message).unwrap();
        read_element(&mut message, OCTETS).unwrap();
        let mut get = read_element(&mut message, GET).unwrap();
        let id = read_number(&mut get).unwrap();
        let (_, _) = (read_number(&mut get), read_number(&mut get));
        let mut requested = read_element(&mut get, SEQUENCE).unwrap();
        let mut bindings = Vec::new();
        while let Some(mut binding) = read_element(&mut requested, SEQUENCE) {
            let name = read_element(&mut binding, NAME).unwrap().to_vec();
            bindings.push(encode_element(
                SEQUENCE,
                &[encode_element(NAME, &[name]), encode_element(OCTETS, &[value.to_vec()])],
            ));
        }
        response(id, 0, &bindings)
    }

    fn response(id: u32, error: u8, bindings: &[Vec<u8>]) -> Vec<u8> {
        let id = encode_element(INTEGER, &[id.to_be_bytes().to_vec()]);
        let inner = [
            id,
            encode_element(INTEGER, &[vec![error]]),
            encode_element(INTEGER, &[vec![0]]),
            encode_element(SEQUENCE, bindings),
        ];
        let parts = [
            encode_element(INTEGER, &[vec![0]]),
            encode_element(OCTETS, &[b"public".to_vec()]),
            encode_element(RESPONSE, &inner),
        ];
        encode_element(SEQUENCE, &parts)
    }

    #[test]
    fn the_question_is_what_others_send() {
        // Bytes of `snmpget -v1 -c public host .1.3.6.1.4.1.2435.3.3.9.1.6.1.0` (net-snmp).
        let question = encode_question(&[BROTHER_STATUS], 0x1234_5678);
        let head = b"\x30\x2f\x02\x01\x00\x04\x06public\xa0\x22\x02\x04\x12\x34\x56\x78\x02\x01\x00\x02\x01\x00\x30\x14\x30\x12";
        let name = b"\x06\x0e\x2b\x06\x01\x04\x01\x93\x03\x03\x03\x09\x01\x06\x01\x00\x05\x00";
        assert_eq!(question, [&head[..], name].concat(), "{question:02x?}");
        for (n, bytes) in
            [(0, &[0][..]), (127, &[127]), (128, &[0, 128]), (0x7fff_ffff, &[127, 255, 255, 255])]
        {
            assert_eq!(number_bytes(n), bytes);
        }
    }

    #[test]
    fn answers_and_refusals() {
        let requested = encode_question(&[SYSTEM, SERIAL], 7);
        let reply = reply_to(&requested, b"Brother NC-18002w");
        let value = Some(b"Brother NC-18002w".to_vec());
        assert_eq!(read_answer(&reply, 7), Some(Some(vec![value.clone(), value])));
        assert_eq!(read_answer(&reply, 8), None, "an answer to another question");
        assert_eq!(read_answer(&requested, 7), None, "a question is no answer");
        assert_eq!(read_answer(&response(7, 2, &[]), 7), Some(None), "no such name");
        for cut in 0..reply.len() {
            assert_eq!(read_answer(&reply[..cut], 7), None, "{cut}");
        }
    }

    #[tokio::test]
    async fn silence_ends_and_garbage_is_passed_over() {
        let agent = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let at = agent.local_addr().unwrap();
        let telling = async {
            let mut requested = [0; 512];
            let (n, from) = agent.recv_from(&mut requested).await.unwrap();
            agent.send_to(b"\x30\x84\xff\xff\xff\xff", from).await.unwrap();
            agent.send_to(&[0; 1_400], from).await.unwrap();
            agent.send_to(&reply_to(&requested[..n], b"QL-820NWB"), from).await.unwrap();
        };
        let (got, ()) = tokio::join!(encode_get(at, &[DEVICE], 1), telling);
        assert_eq!(got.unwrap(), [Some(b"QL-820NWB".to_vec())]);
        tokio::time::pause();
        assert_eq!(encode_get(at, &[DEVICE], 2).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    proptest! {
        #[test]
        fn any_packet_is_survived(packet in proptest::collection::vec(any::<u8>(), 0..300), id: u32) {
            let _ = read_answer(&packet, id);
        }

        #[test]
        fn a_spoilt_answer_is_survived(at in 0usize..80, byte: u8) {
            let mut reply = reply_to(&encode_question(&[SYSTEM, DEVICE], 5), b"x");
            let at = at % reply.len();
            reply[at] = byte;
            let _ = read_answer(&reply, 5);
        }

        #[test]
        fn names_are_written_in_sevens(number: u32) {
            let bytes = name_bytes(&[1, 3, number]);
            let back = bytes[1..].iter().fold(0u64, |n, b| n << 7 | u64::from(b & 0x7f));
            prop_assert_eq!(back, u64::from(number));
            prop_assert!(bytes[1..bytes.len() - 1].iter().all(|b| b & 0x80 != 0));
            prop_assert!(bytes[bytes.len() - 1] & 0x80 == 0);
        }
    }
}
