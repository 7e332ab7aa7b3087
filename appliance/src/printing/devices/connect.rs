//! The transport for a printer as it is set up.

use crate::printing::devices::folder::FolderTransport;
use crate::printing::devices::tcp::TcpTransport;
use crate::printing::devices::transport::PrinterTransport;
use crate::printing::devices::usb::{DeviceTree, UsbTransport};
use crate::printing::model::address::{AddressError, PrinterAddress};
use crate::printing::model::printer_settings::PrinterConfig;

/// The transport for a printer as it is set up. A queue ([`PrinterAddress::Ipp`]) has none: it takes whole documents, see
/// [`super::ipp::IppQueue`].
///
/// # Errors
/// When the address is none, or a queue's.
pub(crate) fn for_printer(printer: &PrinterConfig) -> Result<Box<dyn PrinterTransport>, AddressError> {
    let connect_max = printer.timeouts.connect;
    let address: PrinterAddress = printer.address.parse()?;
    Ok(match address {
        PrinterAddress::Tcp { host, port } => {
            // The bytes are those that would have come over the connection.
            let by_snmp = printer.language.row().beside == Some(printer.answers);
            let status_port = by_snmp.then_some(printer.status_port);
            Box::new(TcpTransport { host, port, connect_max, status_port })
        }
        PrinterAddress::Usb(id) => Box::new(UsbTransport::new(DeviceTree::default(), id)),
        PrinterAddress::Folder(path) => Box::new(FolderTransport::new(path)),
        PrinterAddress::Ipp { .. } => return Err(AddressError::Queue(address.to_string())),
    })
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use labels::language::ConfirmationLevel;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, UdpSocket};

    use super::*;
    use crate::printing::devices::snmp;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn each_address_has_its_transport() {
        for (address, good) in [
            ("tcp://a:9100", true),
            ("usb:A1", true),
            ("dir:/tmp", true),
            ("ipp://a/ipp/print", false),
            ("", false),
        ] {
            let printer = PrinterConfig::escpos("P", address, labels::Dpi::D203, ConfirmationLevel::Taken);
            assert_eq!(for_printer(&printer).is_ok(), good, "{address}");
        }
    }

    #[tokio::test]
    async fn what_nobody_has_read_is_seen_until_it_is_acknowledged() {
        let printer = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        rustix::net::sockopt::set_socket_recv_buffer_size(&printer, 4_096).unwrap();
        let (host, port) = ("127.0.0.1".into(), printer.local_addr().unwrap().port());
        let tcp = TcpTransport { host, port, connect_max: SECOND, status_port: None };
        let (line, accepted) = tokio::join!(tcp.open(), printer.accept());
        let (mut line, (mut printer, _)) = (line.unwrap(), accepted.unwrap());
        let gauge = line.gauge().unwrap();
        assert_eq!(gauge.left(), Some(0));
        while tokio::time::timeout(SECOND / 10, line.write_all(&[0; 4_096])).await.is_ok() {}
        assert!(gauge.left().is_some_and(|left| left > 0));
        let reading = async { while printer.read(&mut [0; 4_096]).await.unwrap() > 0 {} };
        tokio::join!(line.shutdown(), reading).0.unwrap();
        assert_eq!(gauge.left(), Some(0));
        drop(line);
        // Another test of this process may be starting a child, which holds the connection until it executes another program.
        let gone = async {
            while gauge.left().is_some() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(10 * SECOND, gone).await.unwrap();
    }

    #[tokio::test]
    async fn a_brothers_state_comes_beside_its_line() {
        let printer = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let agent = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let tcp = TcpTransport {
            host: "127.0.0.1".into(),
            port: printer.local_addr().unwrap().port(),
            connect_max: SECOND,
            status_port: Some(agent.local_addr().unwrap().port()),
        };
        let (line, accepted) = tokio::join!(tcp.open(), printer.accept());
        let (mut line, (mut printer, _)) = (line.unwrap(), accepted.unwrap());
        let status: Vec<u8> = (0..32).map(|n| 0x80 | n).collect();
        let mut requested = [0; 512];
        let (n, from) = agent.recv_from(&mut requested).await.unwrap();
        let reply = snmp::tests::reply_to(&requested[..n], &status);
        agent.send_to(&reply, from).await.unwrap();
        let mut received = [0; 40];
        let heard_bytes = line.read(&mut received).await.unwrap();
        assert_eq!(received[..heard_bytes], status);
        line.write_all(b"label").await.unwrap();
        let mut label = [0; 5];
        printer.read_exact(&mut label).await.unwrap();
        assert_eq!(&label, b"label");
        line.shutdown().await.unwrap();
        assert_eq!(printer.read(&mut label).await.unwrap(), 0);
        drop(printer);
        assert_eq!(line.read(&mut received).await.unwrap(), 0, "the printer hung up");
    }
}
