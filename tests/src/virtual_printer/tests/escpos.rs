//! ESC/POS: confirms, stops, continues, tears.

use super::*;

/// Two rows of eight dots, cut, and the question whether it is out.
const LABEL: &[u8] = b"\x1b@\x1dv0\0\x01\0\x02\0\xff\x01\x1dVB\0\x1d(H\x06\x0000AB01";
const OUT: &[u8; 7] = b"\x37\x22AB01\0";

#[test]
fn prints_confirms_and_spools() {
    let mut b = Bench::of(Language::EscPos);
    b.send(LABEL);
    assert_eq!(&b.received(), OUT);
    assert_eq!(drawn(&b.printer.printed()[0].picture), ["########", ".......#"]);
    assert_eq!(std::fs::read(b.dir.path().join("0001.bin")).unwrap(), &LABEL[..LABEL.len() - 11]);
    assert!(b.dir.path().join("0001.png").exists() && !b.printer.printed()[0].partial);
    assert_eq!(b.printer.stray_bytes(), 0);
}

#[test]
fn standing_still_it_answers_status_and_holds_the_sender_back() {
    let mut b = Bench::of(Language::EscPos);
    b.printer.set(PrinterFault::CoverOpen);
    b.send(&[0x10, 0x04, 2]);
    assert_eq!(b.received(), [0x16]);
    b.connection.set_write_timeout(Some(Duration::from_millis(300))).unwrap();
    rustix::net::sockopt::set_socket_send_buffer_size(&b.connection, 4096).unwrap();
    let sent = (0..10_000).take_while(|_| b.connection.write_all(LABEL).is_ok()).count();
    assert!(sent < 10_000, "a printer that stands still must not take 300 kB");
    assert!(b.printer.printed().is_empty());
    b.printer.mend();
    assert!(b.printer.wait(WAIT, |out| out.len() >= sent));
}

#[test]
fn paper_ends_and_goes_on() {
    let mut b = Bench::of(Language::EscPos);
    b.printer.set(PrinterFault::PaperOutAfter(1));
    b.send(b"\x1da\x0e");
    assert_eq!(b.received(), [0x10, 0, 0, 0x0f]);
    // Without ESC @, which switches the automatic status off.
    b.send(&[&LABEL[2..], &LABEL[2..]].concat());
    assert_eq!(&b.received(), OUT);
    assert_eq!(b.received(), [0x18, 0, 0x0c, 0x0f]);
    assert_eq!(b.printer.printed().len(), 1);
    b.printer.mend();
    assert_eq!(b.received(), [0x10, 0, 0, 0x0f]);
    assert_eq!(&b.received(), OUT);
}

#[test]
fn power_off_loses_what_it_held_and_comes_back_on_the_same_port() {
    let mut b = Bench::of(Language::EscPos);
    b.printer.set(PrinterFault::CoverOpen);
    b.send(LABEL);
    b.printer.set(PrinterFault::PowerOff);
    assert_eq!(b.connection.read(&mut [0; 8]).unwrap_or(0), 0);
    b.printer.mend();
    b.reconnect();
    b.send(LABEL);
    assert_eq!(&b.received(), OUT);
    assert_eq!(b.printer.printed().len(), 1);
}

#[test]
fn a_line_that_breaks_in_mid_label_leaves_a_torn_one() {
    let mut b = Bench::of(Language::EscPos);
    b.send(&LABEL[..10]);
    b.connection = connect_after(&b);
    // NULs complete the raster that was left open; the cut parts the pieces.
    b.send(&[0; 64]);
    b.send(b"\x1dVB\0");
    b.out(1);
    b.send(LABEL);
    assert_eq!(&b.received(), OUT);
    let out = b.printer.printed();
    assert_eq!(out.iter().map(|p| p.partial).collect::<Vec<_>>(), [true, false]);
    assert!(b.dir.path().join("0001-torn.png").exists() && b.dir.path().join("0002.bin").exists());
}

/// Closes the connection in order.
fn connect_after(b: &Bench) -> TcpStream {
    b.connection.shutdown(std::net::Shutdown::Both).unwrap();
    connect(&b.printer)
}

#[test]
fn a_clone_answers_when_it_has_read_and_knows_no_confirmation() {
    let mut b = Bench::new(Options { clone_of_it: true, ..Options::of(Language::EscPos) });
    b.printer.set(PrinterFault::CoverOpen);
    b.send(&[LABEL, b"\x1dr\x01"].concat());
    assert_eq!(b.received(), [0], "answered before anything is printed");
    b.printer.mend();
    b.out(1);
    assert!(b.is_silent());
}
