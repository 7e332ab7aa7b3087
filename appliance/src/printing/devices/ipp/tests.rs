//! A small print queue, and answers that no queue would give.

use std::net::Ipv4Addr;

use proptest::prelude::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::printing::devices::ipp::fake::{FakeAttribute, FakeQueue, answer, printer};
use crate::printing::devices::ipp::tests;

const A4: &str = "iso_a4_210x297mm";

fn one(status: u16, group: u8, attributes: &[FakeAttribute<'_>]) -> Vec<u8> {
    answer(status, &[(group, attributes)])
}

fn job(state: u8) -> Vec<u8> {
    one(
        0,
        2,
        &[
            (0x21, "job-id", &[0, 0, 0, 17]),
            (0x42, "job-name", b"Labels 3 West"),
            (0x23, "job-state", &[0, 0, 0, state]),
        ],
    )
}

async fn request(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let head = bytes.windows(4).position(|w: &[u8]| w == b"\r\n\r\n");
        if let Some(head) = head {
            let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
            let length = text.split("content-length: ").nth(1).unwrap().split("\r\n").next().unwrap();
            if bytes.len() >= head + 4 + length.parse::<usize>().unwrap() {
                return bytes.split_off(head + 4);
            }
        }
        let mut piece = [0; 4_096];
        let n = stream.read(&mut piece).await.unwrap();
        assert!(n > 0, "the request was cut off");
        bytes.extend_from_slice(&piece[..n]);
    }
}

/// Answers each request by the next of these bytes, and gives back the requests.
async fn responder(listener: TcpListener, status: &str, answers: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let mut requested = Vec::new();
    for answer in answers {
        let (mut stream, _) = listener.accept().await.unwrap();
        requested.push(request(&mut stream).await);
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/ipp\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            answer.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        // A client that has read enough closes the connection.
        drop(stream.write_all(&answer).await);
    }
    requested
}

async fn queue() -> (IppQueue, TcpListener) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = format!("ipp://127.0.0.1:{}/ipp/print", listener.local_addr().unwrap().port());
    (IppQueue::new(&address.parse().unwrap()).unwrap().unwrap(), listener)
}

#[tokio::test]
async fn a_sheet_is_printed() {
    let (queue, listener) = queue().await;
    let answers = vec![printer(3, &["none"]), job(3), job(5), job(6), job(9), job(9)];
    let asking = async {
        let state = queue.state().await.unwrap();
        assert_eq!((state.condition, state.accepts, state.takes_pdf), (PrinterCondition::Ready, true, true));
        assert_eq!((state.model.as_str(), state.message.as_str()), ("HP LaserJet M428", "Tray"));
        assert_eq!(state.media, ["iso_a4_210x297mm"]);
        assert_eq!(queue.submit("Labels \u{7}3 West", A4, b"%PDF-1.7 sheet").await.unwrap(), 17);
        for state in [DocumentState::Printing, DocumentState::Stopped, DocumentState::Printed] {
            assert_eq!(queue.find(Some(17), "Labels 3 West").await.unwrap(), (17, state));
        }
        queue.cancel(17).await.unwrap();
    };
    let ((), requested) = tokio::join!(asking, responder(listener, "200 OK", answers));
    assert_eq!(requested[0][2..4], [0x00, 0x0b], "Get-Printer-Attributes");
    assert_eq!(requested[1][2..4], [0x00, 0x02], "Print-Job");
    assert!(requested[1].ends_with(b"\x03%PDF-1.7 sheet"));
    let message = String::from_utf8_lossy(&requested[1]).into_owned();
    for part in ["application/pdf", "print-scaling", "one-sided", "Labels 3 West", A4, "ipp://127.0.0.1"] {
        assert!(message.contains(part), "{part}");
    }
    assert_eq!((&requested[2][2..4], &requested[5][2..4]), (&[0, 0x09][..], &[0, 0x08][..]));
    assert!(check_answer(&requested[1]).is_some(), "what is sent is whole");
}

#[tokio::test]
async fn refusals_are_told() {
    let not_taken = one(0x040a, 1, &[]);
    let busy = one(0x0507, 1, &[(0x41, "status-message", b"Come back later")]);
    for (status, answer, word) in [
        ("200 OK", not_taken, "NoPdf"),
        ("200 OK", busy, "Refused(Quoted(\"Come back later"),
        ("200 OK", b"<html>".to_vec(), "Garbled(Foreign)"),
        ("200 OK", one(0x0406, 1, &[]), "NoQueue"),
        ("404 Not Found", Vec::new(), "Garbled(Foreign)"),
        ("401 Unauthorized", Vec::new(), "Refused(Password)"),
        ("426 Upgrade Required", Vec::new(), "Refused(Encryption)"),
        ("200 OK", vec![0; ANSWER_BYTES_MAX + 1], "Garbled(Endless)"),
    ] {
        let (queue, listener) = queue().await;
        let (reported, _) =
            tokio::join!(queue.submit("x", A4, b"%PDF"), responder(listener, status, vec![answer]));
        let reported = reported.unwrap_err().to_string();
        assert!(reported.contains(word), "{word}: {reported}");
    }
    let (queue, listener) = queue().await;
    drop(listener);
    assert!(
        matches!(queue.submit("x", A4, b"%PDF").await, Err(QueueError::Unreachable(_))),
        "safe to try again"
    );
    let (queue, listener) = tests::queue().await;
    let cut = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        request(&mut stream).await;
    };
    let (reported, ()) = tokio::join!(queue.submit("x", A4, b"%PDF"), cut);
    assert!(matches!(reported, Err(QueueError::Lost(_))), "it may be printed");
    assert!(IppQueue::new(&"tcp://a:9100".parse().unwrap()).unwrap().is_none());
}

#[tokio::test]
async fn a_document_is_found_by_its_name() {
    let fake = FakeQueue::new();
    let queue = IppQueue::new(&fake.address().parse().unwrap()).unwrap().unwrap();
    fake.inside().next = 3;
    let first = queue.submit("one", A4, b"%PDF").await.unwrap();
    assert_eq!(queue.find(None, "one").await.unwrap(), (first, DocumentState::Waiting));
    fake.inside().swallow = true;
    assert!(matches!(queue.submit("two", A4, b"%PDF").await, Err(QueueError::Lost(_))));
    fake.inside().documents[1].state = 9;
    assert_eq!(queue.find(None, "two").await.unwrap(), (2, DocumentState::Printed));
    assert_eq!(
        queue.find(Some(first), "two").await.unwrap(),
        (2, DocumentState::Printed),
        "a number used again"
    );
    queue.cancel(first).await.unwrap();
    assert_eq!(queue.find(Some(first), "one").await.unwrap().1, DocumentState::Cancelled { begun: false });
    (fake.inside().documents[0].begun, fake.inside().documents[0].state) = (true, 8);
    assert_eq!(queue.find(Some(first), "one").await.unwrap().1, DocumentState::Failed { begun: true });
    fake.inside().documents.clear();
    assert!(matches!(queue.find(Some(first), "one").await, Err(QueueError::Unknown)));
}

#[test]
fn how_a_document_ended() {
    let ended = |state: u8, reason: &[u8], at: FakeAttribute<'_>| {
        let reported: &[FakeAttribute<'_>] =
            &[(0x23, "job-state", &[0, 0, 0, state]), (0x44, "job-state-reasons", reason), at];
        let answer = read_answer(answer(0, &[(2, reported)])).unwrap();
        document_state(answer.attributes().first_of(DelimiterTag::JobAttributes).unwrap())
    };
    let (never, at) =
        ((0x13, "time-at-processing", &b""[..]), (0x21, "time-at-processing", &[0, 0, 0, 9][..]));
    for (state, reason, at, expected) in [
        (3, "none", never, DocumentState::Waiting),
        (4, "job-hold-until-specified", never, DocumentState::Held),
        (9, "job-completed-successfully", at, DocumentState::Printed),
        (9, "job-completed-with-errors", at, DocumentState::Failed { begun: true }),
        (9, "queued-in-device", at, DocumentState::Handed),
        (7, "job-canceled-by-user", at, DocumentState::Cancelled { begun: true }),
        (8, "aborted-by-system", never, DocumentState::Failed { begun: false }),
        (8, "aborted-by-system", (0x44, "x", b"y"), DocumentState::Failed { begun: true }),
    ] {
        assert_eq!(ended(state, reason.as_bytes(), at).unwrap(), expected, "{state} {reason}");
    }
    assert!(ended(99, b"none", at).is_err());
}

#[test]
fn papers_and_what_is_heard_of_them() {
    let letter = (215.9, 279.4);
    assert_eq!((media_name(letter), media_name((210.0, 297.0))), ("na_letter_8.5x11in".into(), A4.into()));
    let state = |media: &[&str], device: Option<&str>| QueueState {
        condition: PrinterCondition::Ready,
        stopped: false,
        accepts: true,
        takes_pdf: true,
        model: String::new(),
        media: media.iter().map(|m| (*m).to_owned()).collect(),
        device: device.map(str::to_owned),
        low: false,
        message: String::new(),
    };
    for (media, expected) in [
        (&[][..], true),
        (&[A4], false),
        (&[A4, "iso_a5_148x210mm", "na_letter_8.5x11in"], true),
        (&["na_letter_8.5x11in_borderless"], true),
        (&["na_letter-rotated_11x8.5in"], true),
        (&["na_legal_8.5x14in"], false),
        (&["letter-white"], true),
    ] {
        assert_eq!(state(media, None).may_have(letter), expected, "{media:?}");
    }
    assert!(state(&[A4], Some("ipp://h/ipp/print")).may_have(letter), "what is usual there");
    for (device, expected) in [
        ("ipp://h/ipp/print", true),
        ("ipps://h:443/ipp/print", true),
        ("dnssd://HP._ipp._tcp.local/?uuid=1", true),
        ("dnssd://HP._pdl-datastream._tcp.local/", false),
        ("socket://10.0.0.9:9100", false),
        ("usb://HP/LaserJet", false),
        ("lpd://10.0.0.9/queue", false),
    ] {
        assert_eq!(state(&[], Some(device)).sees_paper(), expected, "{device}");
    }
    assert!(state(&[], None).sees_paper());
    for (model, takes_pdf, refusal) in [
        ("HP LaserJet M428", true, None),
        ("HP LaserJet M428", false, Some(QueueError::NoPdf)),
        ("Local Raw Printer", true, Some(QueueError::RawQueue)),
        ("RAW Queue", false, Some(QueueError::RawQueue)),
    ] {
        let queue = QueueState { model: model.to_owned(), takes_pdf, ..state(&[], None) };
        assert_eq!(queue.refusal(), refusal, "{model}");
    }
}

#[test]
fn reasons() {
    let reported = |reasons: &[&str], stopped| {
        printer_condition(&reasons.iter().map(|r| (*r).to_owned()).collect::<Vec<_>>(), stopped)
    };
    assert_eq!(reported(&["none"], false), PrinterCondition::Ready);
    assert_eq!(reported(&["media-low-warning", "toner-low-report"], false), PrinterCondition::Ready);
    assert_eq!(reported(&["media-empty-warning"], false), PrinterCondition::Ready, "another tray has paper");
    assert_eq!(reported(&["media-empty", "cover-open-error"], true), PrinterCondition::CoverOpen);
    assert_eq!(reported(&["media-needed"], true), PrinterCondition::PaperOut);
    assert_eq!(reported(&["offline-report"], false), PrinterCondition::Offline);
    assert_eq!(reported(&["paused"], true), PrinterCondition::Paused);
    assert_eq!(reported(&[], true), PrinterCondition::Fault);
}

#[test]
fn what_the_parser_would_fall_over_is_kept_from_it() {
    let short = one(0, 4, &[(0x35, "printer-state-message", b"\x00\x02en\xff\xffx")]);
    assert!(check_answer(&short).is_none());
    let deep: Vec<FakeAttribute<'_>> =
        (0..2_000).map(|n| (0x34, if n == 0 { "media-col" } else { "" }, &b""[..])).collect();
    assert!(check_answer(&one(0, 4, &deep)).is_none());
    let unbegun = one(0, 4, &[(0x37, "", b"")]);
    assert!(check_answer(&unbegun).is_none());
    let whole = printer(3, &["none"]);
    assert!(check_answer(&whole).is_some());
    assert!((0..whole.len()).all(|cut| check_answer(&whole[..cut]).is_none()));
}

proptest! {
    #[test]
    fn any_answer_is_survived(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        drop(read_answer(bytes));
    }

    #[test]
    fn a_spoilt_answer_is_survived(spoilt in proptest::collection::vec((any::<u16>(), any::<u8>()), 1..6)) {
        let mut bytes = printer(3, &["none", "media-low"]);
        for (at, byte) in spoilt {
            let at = usize::from(at) % bytes.len();
            bytes[at] = byte;
        }
        if let Ok(answer) = read_answer(bytes) {
            let reported = answer.attributes().groups().iter().map(|group| keyword_values(group, "printer-state-message").len());
            prop_assert!(reported.sum::<usize>() <= VALUES_MAX * 64);
        }
    }

    #[test]
    fn nested_answers_are_survived(tags in proptest::collection::vec(prop_oneof![Just(0x34u8), Just(0x37), Just(0x4a), Just(0x21), Just(0x35)], 0..60)) {
        let reported: Vec<FakeAttribute<'_>> = tags.iter().map(|tag| (*tag, "", if *tag == 0x21 { &[0, 0, 0, 1][..] } else { &b""[..] })).collect();
        drop(read_answer(one(0, 4, &reported)));
    }
}
