//! A made-up `/sys` and `/dev`, with pseudo-terminals for printers.

use std::os::unix::fs::{PermissionsExt, symlink};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::printing::model::address::PrinterAddress;

const BROTHER: &str = "MFG:Brother;CMD:PT-CBP;MDL:QL-700;CLS:PRINTER;";

struct Bus {
    dir: tempfile::TempDir,
}

/// The far end of a cable.
struct Plugged {
    printer: tokio::fs::File,
    lp: String,
    socket: String,
}

impl Bus {
    fn new() -> Self {
        let bus = Self { dir: tempfile::tempdir().unwrap() };
        for path in ["class/usbmisc", "devices", "dev"] {
            std::fs::create_dir_all(bus.dir.path().join(path)).unwrap();
        }
        bus
    }

    fn tree(&self) -> DeviceTree {
        DeviceTree { sys: self.dir.path().join("class/usbmisc"), dev: self.dir.path().join("dev") }
    }

    fn usb(&self, address: &str) -> UsbTransport {
        let Ok(PrinterAddress::Usb(id)) = address.parse() else { panic!("{address}") };
        UsbTransport::new(self.tree(), id)
    }

    /// As the kernel shows it: the class entry links to the interface, whose parent is the device.
    fn show(&self, lp: &str, socket: &str, ids: (&str, &str), serial: Option<&str>) {
        let device = self.dir.path().join("devices").join(socket);
        let interface = device.join(format!("{socket}:1.0"));
        let entry = interface.join("usbmisc").join(lp);
        std::fs::create_dir_all(&entry).unwrap();
        symlink(&interface, entry.join("device")).unwrap();
        let write = |path: PathBuf, text: &str| std::fs::write(path, format!("{text}\n")).unwrap();
        write(device.join("idVendor"), ids.0);
        write(device.join("idProduct"), ids.1);
        write(device.join("manufacturer"), "Brother");
        write(device.join("product"), "QL-700");
        write(interface.join("ieee1284_id"), BROTHER);
        if let Some(serial) = serial {
            write(device.join("serial"), serial);
        }
        symlink(&entry, self.tree().sys.join(lp)).unwrap();
    }

    fn plug(&self, lp: &str, socket: &str, serial: Option<&str>) -> Plugged {
        use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
        use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
        let printer = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&printer).unwrap();
        unlockpt(&printer).unwrap();
        let mut raw = tcgetattr(&printer).unwrap();
        raw.make_raw();
        tcsetattr(&printer, OptionalActions::Now, &raw).unwrap();
        let name = ptsname(&printer, Vec::new()).unwrap().into_string().unwrap();
        symlink(name, self.tree().dev.join(lp)).unwrap();
        self.show(lp, socket, ("04f9", "2042"), serial);
        let printer = tokio::fs::File::from_std(std::fs::File::from(printer));
        Plugged { printer, lp: lp.into(), socket: socket.into() }
    }

    fn pull(&self, plugged: Plugged) {
        drop(plugged.printer);
        std::fs::remove_file(self.tree().sys.join(&plugged.lp)).unwrap();
        std::fs::remove_dir_all(self.dir.path().join("devices").join(&plugged.socket)).unwrap();
        std::fs::remove_file(self.tree().dev.join(&plugged.lp)).unwrap();
    }
}

fn refusal(usb: &UsbTransport) -> String {
    usb.open_now().err().unwrap().to_string()
}

async fn prints(usb: &UsbTransport, plugged: &mut Plugged, label: &[u8]) {
    let mut line = usb.open().await.unwrap();
    line.write_all(label).await.unwrap();
    let mut got = vec![0; label.len()];
    plugged.printer.read_exact(&mut got).await.unwrap();
    assert_eq!(got, label);
    plugged.printer.write_all(b"status").await.unwrap();
    plugged.printer.flush().await.unwrap();
    let mut status = [0; 6];
    line.read_exact(&mut status).await.unwrap();
    assert_eq!(&status, b"status");
    line.shutdown().await.unwrap();
    assert_eq!(line.read(&mut status).await.unwrap(), 0, "the printer has taken all");
}

#[tokio::test]
async fn a_printer_is_found_again_in_another_socket() {
    let bus = Bus::new();
    let mut first = bus.plug("lp0", "1-1", Some("000M4Z123456"));
    let mut second = bus.plug("lp1", "1-2", Some("000M4Z999999"));
    let (usb, other) = (bus.usb("usb:000M4Z123456"), bus.usb("usb:000M4Z999999"));
    prints(&usb, &mut first, b"one").await;
    prints(&other, &mut second, b"two at once").await;
    let devices = bus.tree().devices();
    assert_eq!(devices.len(), 2);
    assert_eq!(devices[0].id(), UsbId::Serial("000M4Z123456".into()));
    assert_eq!((devices[0].vendor, devices[0].product), (0x04f9, 0x2042));
    assert_eq!(devices[0].ieee1284.as_deref(), Some(BROTHER));
    assert_eq!(devices[0].model.as_deref(), Some("QL-700"));
    bus.pull(first);
    bus.pull(second);
    assert_eq!(refusal(&usb), r#"Unplugged(Serial("000M4Z123456"))"#);
    // Both come back the other way round.
    let mut second = bus.plug("lp0", "1-1.4", Some("000M4Z999999"));
    let mut first = bus.plug("lp1", "2-1", Some("000M4Z123456"));
    prints(&usb, &mut first, b"again").await;
    prints(&other, &mut second, b"again too").await;
}

#[tokio::test]
async fn the_cable_is_pulled_in_mid_label() {
    let bus = Bus::new();
    let plugged = bus.plug("lp3", "1-1", Some("A1"));
    let usb = bus.usb("usb:A1");
    let mut line = usb.open().await.unwrap();
    line.write_all(b"half a label").await.unwrap();
    let mut answer = [0; 8];
    let (reported, ()) = tokio::join!(line.read(&mut answer), async { bus.pull(plugged) });
    assert_eq!(reported.unwrap_err().to_string(), "Gone");
    let reported = line.write_all(&[0; 100_000]).await.unwrap_err();
    assert_eq!(reported.to_string(), "Gone");
}

#[tokio::test]
async fn a_printer_that_is_plugged_in_is_seen() {
    let bus = Bus::new();
    let usb = bus.usb("usb:A1");
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    let plug = async {
        tokio::time::sleep(Duration::from_millis(3_500)).await;
        bus.plug("lp0", "1-1", Some("A1"))
    };
    let (_, _plugged) = tokio::join!(usb.back(), plug);
    assert!(begun.elapsed() <= Duration::from_millis(3_500) + LOOK);
    let there = tokio::time::timeout(Duration::from_secs(60), usb.back()).await;
    assert!(there.is_err(), "it was never away");
}

#[tokio::test]
async fn printers_without_a_serial_number() {
    let bus = Bus::new();
    let mut one = bus.plug("lp0", "1-1", None);
    let usb = bus.usb("usb:04f9:2042");
    assert_eq!(bus.tree().devices()[0].id(), UsbId::Model { vendor: 0x04f9, product: 0x2042 });
    prints(&usb, &mut one, b"label").await;
    let _two = bus.plug("lp1", "1-2", None);
    let reported = refusal(&usb);
    assert!(reported.starts_with("Twins(2, Model { vendor: 1273, product: 8258 }"), "{reported}");
}

#[tokio::test]
async fn what_cannot_be_opened_says_what_to_do() {
    let bus = Bus::new();
    bus.show("lp0", "1-1", ("0922", "0020"), Some("A1"));
    let usb = bus.usb("usb:A1");
    assert_eq!(refusal(&usb), "Gone", "sysfs is ahead of the device file");
    let node = bus.tree().dev.join("lp0");
    std::fs::create_dir(&node).unwrap();
    assert!(refusal(&usb).contains("Is a directory"));
    let denied = io::Error::from(UsbFault::Denied(node.clone())).to_string();
    assert!(denied.starts_with("Denied(") && denied.contains("lp0"), "{denied}");
    std::fs::remove_dir(&node).unwrap();
    std::fs::write(&node, b"").unwrap();
    std::fs::set_permissions(&node, PermissionsExt::from_mode(0o0)).unwrap();
    // Root opens it all the same; a plain file can then not be waited for.
    let reported = refusal(&usb);
    assert!(reported.contains("Denied(") || reported.contains("Other("), "{reported}");
}

#[test]
fn only_printers_with_numbers_are_looked_at() {
    let bus = Bus::new();
    for (lp, vendor) in [("lp", "04f9"), ("hiddev0", "04f9"), ("lp1x", "04f9"), ("lp7", "no number")] {
        bus.show(lp, &format!("1-{lp}"), (vendor, "2042"), Some("A1"));
    }
    assert_eq!(bus.tree().devices(), []);
    let none = DeviceTree { sys: "/nowhere".into(), dev: "/nowhere".into() };
    assert_eq!(none.devices(), []);
    bus.show("lp2", "9-9", ("04f9", "2042"), Some(&"A\u{7}1".repeat(2_000)));
    let serial = bus.tree().devices().remove(0).serial.unwrap();
    assert!(serial.len() < 1_024 && serial.starts_with("A1A1"));
}
