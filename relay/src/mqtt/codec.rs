//! Bytes to MQTT 5 packets and back: own framing around rumqttc's codec, whose three faults are worked round here and
//! nowhere else.

use bytes::{Buf, BufMut, BytesMut};
use rumqttc::v5::mqttbytes::Error as ForeignError;
use rumqttc::v5::mqttbytes::v5::{Disconnect, DisconnectReasonCode, Packet};

/// Type numbers of MQTT 5, the high half of a packet's first byte.
mod kind {
    pub(super) const PUBLISH: u8 = 3;
    pub(super) const PUBREL: u8 = 6;
    pub(super) const SUBSCRIBE: u8 = 8;
    pub(super) const UNSUBSCRIBE: u8 = 10;
    pub(super) const DISCONNECT: u8 = 14;
}

/// Why bytes are no packet that we take. Each of them ends the connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum CodecError {
    /// Known from the header alone, before anything is buffered.
    #[error("a packet of {bytes} bytes; at most {bytes_max} are taken")]
    TooLarge { bytes: usize, bytes_max: usize },
    #[error("not a packet of MQTT 5: {0}")]
    Malformed(String),
    #[error("MQTT protocol level {0}; only 5 is spoken here")]
    Version(u8),
}

impl CodecError {
    fn malformed(what: &str) -> Self {
        Self::Malformed(what.to_owned())
    }

    pub(super) fn reason(&self) -> DisconnectReasonCode {
        match self {
            Self::TooLarge { .. } => DisconnectReasonCode::PacketTooLarge,
            Self::Malformed(_) | Self::Version(_) => DisconnectReasonCode::MalformedPacket,
        }
    }
}

impl From<ForeignError> for CodecError {
    fn from(error: ForeignError) -> Self {
        match error {
            ForeignError::InvalidProtocolLevel(level) => Self::Version(level),
            error => Self::Malformed(error.to_string()),
        }
    }
}

/// Takes the next whole packet out of `buffer`; `None` where more bytes are needed. `bytes_max` counts all of the packet.
pub(super) fn decode_packet(buffer: &mut BytesMut, bytes_max: usize) -> Result<Option<Packet>, CodecError> {
    let Some(length) = frame_length(buffer, bytes_max)? else { return Ok(None) };
    if buffer.len() < length.whole {
        return Ok(None);
    }
    let mut frame = buffer.split_to(length.whole);
    check_flags(frame[0])?;
    if frame[0] >> 4 == kind::DISCONNECT {
        frame.advance(length.header);
        return read_disconnect(&frame).map(Packet::Disconnect).map(Some);
    }
    // The codec asks for more bytes where a body ends early; for a whole frame that, too, is malformed.
    let packet = Packet::read(&mut frame, None)?;
    check_ids(&packet)?;
    Ok(Some(packet))
}

struct Length {
    header: usize,
    whole: usize,
}

/// The length of the packet that `buffer` begins with, once its header is there.
fn frame_length(buffer: &[u8], bytes_max: usize) -> Result<Option<Length>, CodecError> {
    let mut body = 0;
    for (at, byte) in buffer.iter().skip(1).take(4).enumerate() {
        body |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            let header = at + 2;
            let whole = header + body;
            if whole > bytes_max {
                return Err(CodecError::TooLarge { bytes: whole, bytes_max });
            }
            return Ok(Some(Length { header, whole }));
        }
    }
    if buffer.len() > 4 {
        return Err(CodecError::malformed("a length of more than four bytes"));
    }
    Ok(None)
}

/// The low half of the first byte is fixed for every type but PUBLISH; the codec does not look at it.
fn check_flags(first: u8) -> Result<(), CodecError> {
    let expected = match first >> 4 {
        kind::PUBLISH => return Ok(()),
        kind::PUBREL | kind::SUBSCRIBE | kind::UNSUBSCRIBE => 2,
        _ => 0,
    };
    if first & 0x0f == expected { Ok(()) } else { Err(CodecError::malformed("reserved flags in the header")) }
}

fn check_ids(packet: &Packet) -> Result<(), CodecError> {
    match packet {
        Packet::Subscribe(subscribe) if subscribe.pkid == 0 => Err(CodecError::malformed("packet id 0")),
        Packet::Unsubscribe(unsubscribe) if unsubscribe.pkid == 0 => {
            Err(CodecError::malformed("packet id 0"))
        }
        Packet::Unsubscribe(unsubscribe) if unsubscribe.filters.is_empty() => {
            Err(CodecError::malformed("UNSUBSCRIBE without a filter"))
        }
        _ => Ok(()),
    }
}

/// The codec refuses the short forms `E0 00` and `E0 01 rr`, which the standard allows and clients send.
fn read_disconnect(body: &[u8]) -> Result<Disconnect, CodecError> {
    let code = body.first().copied().unwrap_or(DisconnectReasonCode::NormalDisconnection as u8);
    let reason_code = DisconnectReasonCode::try_from(code)?;
    // Properties of a DISCONNECT mean nothing here; they are bounded by the frame, so they are not looked at.
    Ok(Disconnect { reason_code, properties: None })
}

pub(super) fn encode_packet(packet: &Packet, out: &mut BytesMut) -> Result<(), CodecError> {
    packet.write(out, None)?;
    Ok(())
}

/// Appends a DISCONNECT. The codec's own writes a length of 1 before two bytes, which no peer can read.
pub(super) fn encode_disconnect(reason: DisconnectReasonCode, out: &mut BytesMut) {
    out.put_slice(&[kind::DISCONNECT << 4, 2, reason as u8, 0]);
}

/// Appends the CONNACK of MQTT 3.1.1 that says "unacceptable protocol version": all that an older client can read.
pub(super) fn refuse_old_version(out: &mut BytesMut) {
    out.put_slice(&[0x20, 2, 0, 1]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use proptest::prelude::*;
    use rumqttc::v5::mqttbytes::QoS;
    use rumqttc::v5::mqttbytes::v5::{
        Connect, ConnectProperties, Filter, LastWill, PingReq, PubAck, Publish, Subscribe, Unsubscribe,
    };

    const BYTES_MAX: usize = 1_000;

    fn read(bytes: &[u8]) -> Result<Option<Packet>, CodecError> {
        decode_packet(&mut BytesMut::from(bytes), BYTES_MAX)
    }

    fn reason_of(bytes: &[u8]) -> DisconnectReasonCode {
        match read(bytes) {
            Ok(Some(Packet::Disconnect(disconnect))) => disconnect.reason_code,
            other => panic!("{bytes:x?} was read as {other:?}"),
        }
    }

    fn is_malformed(bytes: &[u8]) -> bool {
        matches!(read(bytes), Err(CodecError::Malformed(_)))
    }

    #[test]
    fn every_form_of_disconnect() {
        assert_eq!(reason_of(&[0xe0, 0]), DisconnectReasonCode::NormalDisconnection);
        assert_eq!(reason_of(&[0xe0, 1, 4]), DisconnectReasonCode::DisconnectWithWillMessage);
        assert_eq!(reason_of(&[0xe0, 2, 0, 0]), DisconnectReasonCode::NormalDisconnection);
        assert_eq!(reason_of(&[0xe0, 7, 0, 5, 0x11, 0, 0, 0, 9]), DisconnectReasonCode::NormalDisconnection);
        assert!(is_malformed(&[0xe0, 1, 0x55]));
    }

    #[test]
    fn a_disconnect_of_ours_is_readable() {
        let mut out = BytesMut::new();
        encode_disconnect(DisconnectReasonCode::KeepAliveTimeout, &mut out);
        let read = Packet::read(&mut out, None).unwrap();
        let Packet::Disconnect(disconnect) = read else { panic!("{read:?}") };
        assert_eq!(disconnect.reason_code, DisconnectReasonCode::KeepAliveTimeout);
        assert!(out.is_empty());
    }

    #[test]
    fn a_body_that_ends_early_is_malformed_and_not_a_wait() {
        // A SUBSCRIBE whose property length says more than the frame holds; the next packet is not eaten.
        assert!(is_malformed(&[0x82, 3, 0, 1, 0x80]));
        assert!(is_malformed(&[0x30, 1, 0]));
        assert!(is_malformed(&[0x10, 0]));
    }

    #[test]
    fn waits_only_for_what_is_missing() {
        for part in [&[][..], &[0xc0], &[0x30, 0x80], &[0x30, 0xff, 0x01], &[0x30, 5, 0, 1]] {
            assert_eq!(read(part), Ok(None), "{part:x?}");
        }
        assert!(is_malformed(&[0x30, 0xff, 0xff, 0xff, 0xff]));
        assert!(is_malformed(&[0x30, 0x80, 0x80, 0x80, 0x80, 0x01]));
    }

    #[test]
    fn the_limit_is_seen_in_the_header() {
        let whole = |bytes: usize| {
            let mut out = BytesMut::new();
            let mut publish = Publish::new("t", QoS::AtMostOnce, vec![0; bytes - 7], None);
            publish.pkid = 0;
            encode_packet(&Packet::Publish(publish), &mut out).unwrap();
            assert_eq!(out.len(), bytes);
            out
        };
        assert!(read(&whole(BYTES_MAX)).unwrap().is_some());
        let too_large = Err(CodecError::TooLarge { bytes: BYTES_MAX + 1, bytes_max: BYTES_MAX });
        assert_eq!(read(&whole(BYTES_MAX + 1)), too_large);
        assert_eq!(read(&whole(BYTES_MAX + 1)[..3]), too_large);
    }

    #[test]
    fn reserved_bits_and_ids() {
        assert!(is_malformed(&[0xc1, 0]));
        assert!(is_malformed(&[0x80, 6, 0, 1, 0, 0, 1, 0x61]));
        assert!(is_malformed(&[0x82, 7, 0, 0, 0, 0, 1, 0x61, 0]));
        assert!(is_malformed(&[0xa2, 6, 0, 0, 0, 0, 1, 0x61]));
        assert!(is_malformed(&[0xa2, 3, 0, 1, 0]));
        assert!(is_malformed(&[0xf0, 0]), "AUTH");
        assert!(is_malformed(&[0x00, 0]));
        assert!(is_malformed(&[0x36, 6, 0, 1, 0x61, 0, 1, 0]), "QoS 3");
    }

    #[test]
    fn older_protocols_are_told_from_rubbish() {
        let connect = |level| [0x10, 12, 0, 4, b'M', b'Q', b'T', b'T', level, 2, 0, 60, 0, 0];
        assert_eq!(read(&connect(4)), Err(CodecError::Version(4)));
        assert!(is_malformed(&[0x10, 4, 0, 2, b'H', b'I']));
    }

    fn samples() -> Vec<Packet> {
        let mut properties = ConnectProperties::new();
        properties.receive_maximum = Some(3);
        properties.user_properties = vec![("a".into(), "b".into())];
        let connect = Connect {
            keep_alive: 30,
            client_id: "box".into(),
            clean_start: true,
            properties: Some(properties),
        };
        let will = LastWill::new("t/gone", "x", QoS::AtLeastOnce, false, None);
        let mut publish = Publish::new("ct/1/x/up/batch", QoS::AtLeastOnce, vec![7; 50], None);
        publish.pkid = 9;
        let mut subscribe = Subscribe::new(Filter::new("a/#", QoS::AtLeastOnce), None);
        subscribe.pkid = 4;
        let mut unsubscribe = Unsubscribe::new("a/#", None);
        unsubscribe.pkid = 5;
        vec![
            Packet::Connect(connect, Some(will), None),
            Packet::Publish(publish),
            Packet::Subscribe(subscribe),
            Packet::Unsubscribe(unsubscribe),
            Packet::PubAck(PubAck::new(3, None)),
            Packet::PingReq(PingReq),
        ]
    }

    #[test]
    fn round_trip_one_after_another() {
        let mut stream = BytesMut::new();
        for packet in samples() {
            encode_packet(&packet, &mut stream).unwrap();
        }
        for packet in samples() {
            assert_eq!(decode_packet(&mut stream, BYTES_MAX), Ok(Some(packet)));
        }
        assert_eq!(decode_packet(&mut stream, BYTES_MAX), Ok(None));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            drain(BytesMut::from(&bytes[..]));
        }

        #[test]
        fn no_mutation_panics(
            which in 0..6_usize,
            edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
            cut in any::<prop::sample::Index>(),
        ) {
            let mut bytes = BytesMut::new();
            encode_packet(&samples()[which], &mut bytes).unwrap();
            for (at, value) in edits {
                let at = at.index(bytes.len());
                bytes[at] = value;
            }
            bytes.truncate(cut.index(bytes.len()) + 1);
            drain(bytes);
        }
    }

    /// Reads until the end, as the session does, and sees that each packet takes something away.
    fn drain(mut stream: BytesMut) {
        loop {
            let before = stream.len();
            match decode_packet(&mut stream, BYTES_MAX) {
                Ok(Some(_)) => assert!(stream.len() < before),
                Ok(None) | Err(_) => return,
            }
        }
    }

    #[test]
    fn payloads_are_not_copied() {
        let mut stream = BytesMut::new();
        encode_packet(&samples()[1], &mut stream).unwrap();
        let frame = stream.as_ptr() as usize..stream.as_ptr() as usize + stream.len();
        let Ok(Some(Packet::Publish(publish))) = decode_packet(&mut stream, BYTES_MAX) else { panic!() };
        assert_eq!(publish.payload, Bytes::from(vec![7; 50]));
        assert!(frame.contains(&(publish.payload.as_ptr() as usize)));
    }
}
