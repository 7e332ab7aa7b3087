//! Whatever is sent, no printer panics, blocks or grows.

use proptest::prelude::*;

use super::super::device::{Condition, Role};
use super::super::devices::device;
use super::super::framing::{COMMAND_BYTES_MAX, Token, Tokeniser};
use super::super::paper::Paper;
use super::*;

/// Runs a stream through tokeniser and device, without threads.
fn swallow(language: Language, stream: &[u8]) -> u32 {
    let mut device = device(&Options::of(language));
    let mut tokeniser = Tokeniser::new(device.grammar());
    let (mut paper, mut labels) = (Paper::default(), 0);
    let seen = Condition::default();
    for &byte in stream {
        let Some(Token::Command(raw)) = tokeniser.feed(byte) else { continue };
        match device.role(&raw) {
            Role::Urgent => assert!(device.answer(&raw, &seen).say.len() < 1_000),
            role => {
                let reaction = device.take(&raw, &mut paper, &seen);
                assert!(reaction.say.len() < 1_000);
                paper.keep(&raw);
                if role == Role::End && !paper.is_empty() {
                    assert!(device.copies(&raw) <= 100);
                    let picture = paper.picture(false);
                    assert!(picture.width() <= 4_096 && picture.height() <= 20_000);
                    device.begins(&seen);
                    device.ends(&seen);
                    (paper, labels) = (Paper::default(), labels + 1);
                }
            }
        }
        assert!(tokeniser.held_bytes() <= COMMAND_BYTES_MAX);
    }
    labels
}

/// Pieces of every language, so that more than the first byte is understood.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let known: Vec<&'static [u8]> = vec![
        b"\x1b@",
        b"\x1dv0\0\x02\0\x02\0",
        b"\x1dv0\0\xff\xff\xff\xff",
        b"\x1dVB\0",
        b"\x1d(H\x06\x0000AB01",
        b"\x1d(\xff\xff\xff",
        b"\x10\x04\x01",
        b"\x1c(L\x02\0\x42\x31",
        b"^XA",
        b"^XZ",
        b"^PW99999999999",
        b"^PW100^LL20",
        b"^FO31999,31999",
        b"^GFA,8,8,2,",
        b"^GFA,99999999,99999999,3,",
        b"zzzzzzzzz",
        b"gH,!::",
        b":Z64:eJwDAAAAAAE=:0000",
        b":B64:AAAA:0000",
        b"^GFB,40,40,4,",
        b"^GFC,18446744073709551615,1,1,",
        b"^PQ99999",
        b"~HS",
        b"~HQES",
        b"~JA",
        b"! U1 getvar \"x\"\r\n",
        b"SIZE 99999999 mm,-1 mm\r\n",
        b"SIZE 10 mm,10 mm\r\n",
        b"CLS\r\n",
        b"BITMAP 0,0,2,2,0,",
        b"BITMAP 65535,65535,1,1,1,",
        b"BITMAP 0,0,65535,65535,0,",
        b"PRINT 9,9\r\n",
        b"PRINT 99999999999999999999\r\n",
        b"\x1b!?",
        b"\x1b!S",
        b"\x1bia\x01",
        b"\x1biz\x8e\x0b\x3e\x1d\x01\0\0\0\0\0",
        b"M\x02",
        b"g\0\x02\xa7\xff",
        b"g\0\xff",
        b"w\x02\x02\xa7\xff",
        b"\x1a",
        b"\x0c",
        b"\x1biK\x09",
        b"\x1biS",
        b"\x1bD\x02",
        b"\x1bD\0",
        b"\x1bD\xff",
        b"\x16\xff\xff",
        b"\x17\xff\xff",
        b"\x1bf\x01\xff",
        b"\x1bB\xff",
        b"\x1bE",
        b"\x1bG",
        b"\x1bA",
    ];
    let known = prop::sample::select(known).prop_map(<[u8]>::to_vec);
    let piece = prop_oneof![4 => known, 1 => prop::collection::vec(any::<u8>(), 0..40)];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn nothing_panics(stream in pieces()) {
        for (_, language) in Language::ALL {
            swallow(language, &stream);
        }
    }

    #[test]
    fn no_datagram_panics(datagram in prop::collection::vec(any::<u8>(), 0..80)) {
        prop_assert!(super::super::brother_ql::snmp::answer(&datagram, &[0; 32]).is_none());
    }
}

#[test]
fn no_stream_makes_it_grow() {
    let claims: [(Language, &[u8]); 4] = [
        (Language::EscPos, b"\x1dv0\0\xff\xff\xff\xff"),
        (Language::Zpl, b"^XA^GFA,9,9,9,"),
        (Language::Zpl, b"^XA^GFB,99999999999,9,9,"),
        (Language::Tspl, b"BITMAP 0,0,65535,65535,0,"),
    ];
    for (language, claim) in claims {
        let mut tokeniser = Tokeniser::new(device(&Options::of(language)).grammar());
        let tokens = claim.iter().copied().chain(std::iter::repeat_n(b'F', 2 * COMMAND_BYTES_MAX));
        let done = tokens.filter_map(|b| tokeniser.feed(b)).filter(|t| matches!(t, Token::Oversize(_)));
        assert_eq!(done.count(), 0);
        assert!(tokeniser.held_bytes() <= COMMAND_BYTES_MAX, "{language:?}");
    }
    // Endless rows without an end.
    let rows =
        [&b"\x1bD\x54"[..], &[[0x16].as_slice(), &[0xff; 84]].concat().repeat(30_000), b"\x1bE"].concat();
    assert_eq!(swallow(Language::Dymo, &rows), 1);
}

#[test]
fn a_running_printer_outlives_nonsense() {
    for (name, language) in Language::ALL {
        let mut b = Bench::of(language);
        let ask: &[u8] = match language {
            Language::EscPos => b"\x10\x04\x01",
            Language::Zpl => b"~HS",
            Language::Tspl => b"\x1b!?",
            Language::BrotherQl => b"\x1biS",
            Language::Dymo => b"\x1bA",
        };
        b.send(ask);
        b.received::<1>();
        let mut seed = 7_u32;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 24) as u8
        })
        .take(20_000)
        .collect();
        drop(b.connection.write_all(&noise));
        b.connection.shutdown(std::net::Shutdown::Both).unwrap();
        assert!(b.printer.wait_until_idle(WAIT), "{name}");
        b.printer.set(PrinterFault::PowerOff);
        b.printer.mend();
        b.reconnect();
        b.send(ask);
        assert!(b.connection.read_exact(&mut [0]).is_ok(), "{name} does not answer any more");
    }
}
