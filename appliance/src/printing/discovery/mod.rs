//! Printers that could be set up: on USB, announced on the network, or at an address that a person names.
//!
//! Looking at USB and listening for announcements (DNS-SD) disturbs nobody and is done when somebody opens the list.
//! Probing ports and asking by SNMP is done only at a person's request, and only at the host or the 254 hosts that they
//! name. What is found is a proposal with its reason; nothing is set up by itself.

mod guess;

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use futures_util::StreamExt as _;
use labels::language::PrinterLanguage;
use labels::sheet::SHEETS;
use mdns_sd::{ResolvedService, ServiceDaemon, ServiceEvent};
use tokio::net::{TcpStream, lookup_host};

use crate::printing::devices::usb::{DeviceTree, UsbDevice};
pub use crate::printing::discovery::guess::GuessReason;
use crate::printing::discovery::guess::{DeviceIdentity, LanguageGuess};
use crate::printing::model::address::{IPP_PORT, PrinterAddress, RAW_PORT, SNMP_PORT};
use crate::printing::model::cause::SeenAt;
use crate::printing::model::printer_settings::{PDF, sheet_name};
use crate::printing::model::queue_error::is_raw_queue;

const FOUND_MAX: usize = 128;
/// Characters of a name or a text from the network.
const WORDS_MAX: usize = 200;
/// How long a host may take to answer a probe.
const KNOCK_MAX: Duration = Duration::from_secs(1);
const AT_A_TIME: usize = 32;
/// What printers announce themselves as; the last needs a queue's name that is seldom right, so it only gives the host.
const SERVICES: &[&str] =
    &["_pdl-datastream._tcp.local.", "_ipp._tcp.local.", "_ipps._tcp.local.", "_printer._tcp.local."];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiscoveredPrinter {
    /// What it calls itself; empty where it has no name.
    pub name: String,
    /// What to set up; absent for one that cannot be used.
    pub address: Option<String>,
    pub language: Option<&'static str>,
    /// Dots per inch, as far as known.
    pub dpi: Option<u16>,
    pub media: Option<String>,
    pub seen: SeenAt,
    /// Why it is thought to be that, or why it cannot be used.
    pub reason: GuessReason,
    pub serial: Option<String>,
}

impl DiscoveredPrinter {
    fn of(identity: &DeviceIdentity, address: &PrinterAddress, seen: SeenAt) -> Self {
        let mut guess = identity.guess();
        if matches!(address, PrinterAddress::Ipp { .. }) && is_raw_queue(&identity.model) {
            guess = LanguageGuess { language: None, dpi: None, reason: GuessReason::RawQueue, refused: true };
        }
        let address = match address {
            // A label printer that has a queue too: its own language says when a label is out.
            PrinterAddress::Ipp { host, .. } if guess.language.is_some() => {
                &PrinterAddress::Tcp { host: host.clone(), port: RAW_PORT }
            }
            address => address,
        };
        if matches!(address, PrinterAddress::Ipp { .. }) && !guess.refused && identity.takes_pdf() {
            return Self {
                name: identity.name(),
                address: Some(address.to_string()),
                language: Some(PDF),
                dpi: None,
                media: Some(sheet_name(&SHEETS[0])),
                seen,
                reason: GuessReason::PageQueue,
                serial: None,
            };
        }
        let media = guess.language.and_then(|language| (language.row().media)().into_iter().next());
        Self {
            name: identity.name(),
            address: (!guess.refused).then(|| address.to_string()),
            language: guess.language.map(PrinterLanguage::name),
            dpi: guess.dpi,
            media: media.map(|media| media.name),
            seen,
            reason: guess.reason,
            serial: None,
        }
    }
}

/// The printers on USB. Reads small files of the kernel's.
pub fn find_usb(tree: &DeviceTree) -> Vec<DiscoveredPrinter> {
    tree.devices().iter().map(plugged_in).collect()
}

fn plugged_in(device: &UsbDevice) -> DiscoveredPrinter {
    let mut identity = device.ieee1284.as_deref().map(DeviceIdentity::from_1284).unwrap_or_default();
    identity.ids = Some((device.vendor, device.product));
    if identity.maker.is_empty() {
        identity.maker = device.manufacturer.clone().unwrap_or_default();
    }
    if identity.model.is_empty() {
        identity.model = device.model.clone().unwrap_or_default();
    }
    DiscoveredPrinter::of(&identity, &PrinterAddress::Usb(device.id()), SeenAt::Usb)
}

/// The printers that announce themselves within this time.
///
/// # Errors
/// When the box may not listen on its network.
pub async fn collect_announcements(within: Duration) -> io::Result<Vec<DiscoveredPrinter>> {
    let daemon = ServiceDaemon::new().map_err(io::Error::other)?;
    let received = listen_announcements(&daemon, within).await;
    // Its thread ends; nobody waits for it to say so.
    drop(daemon.shutdown());
    received
}

async fn listen_announcements(
    daemon: &ServiceDaemon,
    within: Duration,
) -> io::Result<Vec<DiscoveredPrinter>> {
    let received: Vec<_> = SERVICES
        .iter()
        .map(|service: &&str| daemon.browse(service).map_err(io::Error::other))
        .collect::<io::Result<_>>()?;
    let events = received.iter().map(|events| events.stream());
    let mut events = futures_util::stream::select_all(events);
    let mut found = BTreeMap::new();
    let until = tokio::time::Instant::now() + within;
    while let Ok(Some(event)) = tokio::time::timeout_at(until, events.next()).await {
        let ServiceEvent::ServiceResolved(service) = event else { continue };
        if let Some(printer) = read_announcement(&service)
            && found.len() < FOUND_MAX
        {
            found.insert(printer.address.clone(), printer);
        }
    }
    Ok(found.into_values().collect())
}

fn read_property(service: &ResolvedService, key: &str) -> String {
    let message = service.get_property_val_str(key).unwrap_or_default();
    message.chars().filter(|c| !c.is_control()).take(WORDS_MAX).collect()
}

fn read_announcement(service: &ResolvedService) -> Option<DiscoveredPrinter> {
    let host = service.get_addresses_v4().into_iter().min()?.to_string();
    let port = service.get_port();
    let address = match service.ty_domain.as_str() {
        "_pdl-datastream._tcp.local." => PrinterAddress::Tcp { host, port },
        "_printer._tcp.local." => PrinterAddress::Tcp { host, port: RAW_PORT },
        queue => {
            let path = format!("/{}", read_property(service, "rp").trim_start_matches('/'));
            PrinterAddress::Ipp { tls: queue.starts_with("_ipps"), host, port, path }
        }
    };
    let mut commands: Vec<String> =
        read_property(service, "usb_CMD").split(',').map(|c| c.trim().to_ascii_uppercase()).collect();
    commands.retain(|c| !c.is_empty());
    if read_property(service, "pdl").contains("application/pdf") {
        commands.push("PDF".into());
    }
    let (maker, mut model) = (read_property(service, "usb_MFG"), read_property(service, "usb_MDL"));
    if model.is_empty() {
        model = read_property(service, "ty");
    }
    if model.is_empty() {
        let instance = service.fullname.split("._").next().unwrap_or_default();
        model = instance.chars().filter(|c| !c.is_control()).take(WORDS_MAX).collect();
    }
    Some(DiscoveredPrinter::of(
        &DeviceIdentity { maker, model, commands, ids: None },
        &address,
        SeenAt::Network,
    ))
}

/// What a person asks to have probed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProbeTarget {
    Host(String),
    /// The 254 hosts of such a network.
    Network([u8; 3]),
}

/// Words that name neither a host nor a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{self:?}")]
pub struct TargetError(pub String);

impl FromStr for ProbeTarget {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        parse_target(text.trim()).ok_or_else(|| TargetError(text.chars().take(100).collect()))
    }
}

fn parse_target(text: &str) -> Option<ProbeTarget> {
    if let Some((network, bits)) = text.split_once('/') {
        let [a, b, c, _] = network.parse::<Ipv4Addr>().ok()?.octets();
        let usual = bits == "24" && (1..224).contains(&a);
        return usual.then_some(ProbeTarget::Network([a, b, c]));
    }
    let host = if text.parse::<std::net::Ipv6Addr>().is_ok() { format!("[{text}]") } else { text.to_owned() };
    match host.parse() {
        Ok(PrinterAddress::Tcp { host, port: RAW_PORT }) if host.parse().map_or(true, is_one_host) => {
            Some(ProbeTarget::Host(host))
        }
        _ => None,
    }
}

fn is_one_host(ip: IpAddr) -> bool {
    !ip.is_unspecified() && !ip.is_multicast() && ip != IpAddr::V4(Ipv4Addr::BROADCAST)
}

#[derive(Debug, Clone, Copy)]
pub struct ProbePorts {
    raw: u16,
    ipp: u16,
    snmp: u16,
}

impl Default for ProbePorts {
    fn default() -> Self {
        Self { raw: RAW_PORT, ipp: IPP_PORT, snmp: SNMP_PORT }
    }
}

/// Probes the ports of printers, because a person asked for it. Takes some seconds for a network.
///
/// # Errors
/// When the host's name has no address.
pub async fn probe_target(target: &ProbeTarget, ports: ProbePorts) -> io::Result<Vec<DiscoveredPrinter>> {
    let hosts: Vec<IpAddr> = match target {
        ProbeTarget::Host(host) => {
            let found = tokio::time::timeout(KNOCK_MAX * 3, lookup_host((host.as_str(), ports.raw))).await;
            let found = found.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
            found.map(|at| at.ip()).take(1).collect()
        }
        ProbeTarget::Network([a, b, c]) => (1..=254).map(|d| Ipv4Addr::new(*a, *b, *c, d).into()).collect(),
    };
    let requested = futures_util::stream::iter(hosts).map(|host| probe_host(host, ports)).buffered(AT_A_TIME);
    Ok(requested.map(futures_util::stream::iter).flatten().take(FOUND_MAX).collect().await)
}

async fn open_ports(host: IpAddr, port: u16) -> bool {
    matches!(tokio::time::timeout(KNOCK_MAX, TcpStream::connect((host, port))).await, Ok(Ok(_)))
}

async fn probe_host(host: IpAddr, ports: ProbePorts) -> Vec<DiscoveredPrinter> {
    let agent = SocketAddr::from((host, ports.snmp));
    let (raw, ipp, device, system) = tokio::join!(
        open_ports(host, ports.raw),
        open_ports(host, ports.ipp),
        crate::printing::devices::snmp::encode_get(
            agent,
            &[crate::printing::devices::snmp::DEVICE, crate::printing::devices::snmp::SERIAL],
            1
        ),
        crate::printing::devices::snmp::encode_get(agent, &[crate::printing::devices::snmp::SYSTEM], 2),
    );
    let mut device = device.unwrap_or_default().into_iter();
    let (model, serial) = (read_words(device.next().flatten()), read_words(device.next().flatten()));
    let system = read_words(system.ok().and_then(|values| values.into_iter().next().flatten()));
    let model = if model.trim().is_empty() { system } else { model };
    let mut identity = DeviceIdentity { model, ..DeviceIdentity::default() };
    let mut found = Vec::new();
    let at = host.to_string();
    if raw {
        let address = PrinterAddress::Tcp { host: at.clone(), port: ports.raw };
        found.push(describe_probed(&identity, &address, &serial));
    }
    if ipp {
        identity.commands.push("PDF".into());
        let address =
            PrinterAddress::Ipp { tls: false, host: at, port: ports.ipp, path: "/ipp/print".into() };
        found.push(describe_probed(&identity, &address, &serial));
    }
    found
}

fn read_words(value: Option<Vec<u8>>) -> String {
    let text = String::from_utf8_lossy(&value.unwrap_or_default()).into_owned();
    text.chars().filter(|c| !c.is_control()).take(WORDS_MAX).collect()
}

fn describe_probed(identity: &DeviceIdentity, address: &PrinterAddress, serial: &str) -> DiscoveredPrinter {
    let serial = Some(serial.trim()).filter(|serial| !serial.is_empty()).map(str::to_owned);
    DiscoveredPrinter { serial, ..DiscoveredPrinter::of(identity, address, SeenAt::Queried) }
}

#[cfg(test)]
mod tests {
    use labels::language::ModelFault;
    use mdns_sd::{IfKind, ServiceInfo};
    use tokio::net::{TcpListener, UdpSocket};

    use super::*;

    #[test]
    fn only_what_a_person_names_is_probed() {
        assert_eq!(" 10.0.0.9 ".parse(), Ok(ProbeTarget::Host("10.0.0.9".into())));
        assert_eq!("printer-2.ward".parse(), Ok(ProbeTarget::Host("printer-2.ward".into())));
        assert_eq!("fe80::1".parse(), Ok(ProbeTarget::Host("fe80::1".into())));
        assert_eq!("192.168.7.33/24".parse(), Ok(ProbeTarget::Network([192, 168, 7])));
        for text in [
            "",
            "10.0.0.0/8",
            "10.0.0.0/23",
            "224.0.0.0/24",
            "0.0.0.0",
            "255.255.255.255",
            "a b",
            "h/24",
            "dir:/a",
            "usb:A",
            "239.1.1.1",
            "tcp://h:22",
        ] {
            assert_eq!(text.parse::<ProbeTarget>(), Err(TargetError(text.to_owned())));
        }
    }

    #[test]
    fn a_printer_on_usb_is_proposed() {
        let device = UsbDevice {
            node: "/dev/usb/lp0".into(),
            vendor: 0x0922,
            product: 0x0020,
            serial: Some("01010112345600".into()),
            manufacturer: Some("DYMO".into()),
            model: Some("DYMO LabelWriter 450".into()),
            ieee1284: None,
        };
        let found = plugged_in(&device);
        assert_eq!(found.name, "DYMO LabelWriter 450");
        assert_eq!((found.address.as_deref(), found.language), (Some("usb:01010112345600"), Some("dymo")));
        assert!(found.media.is_some() && found.dpi == Some(300), "{found:?}");
        let chipped = plugged_in(&UsbDevice { product: 0x0052, model: None, ..device });
        assert!(chipped.address.is_none(), "{chipped:?}");
        assert_eq!(chipped.reason, GuessReason::Model(ModelFault::ChippedRolls));
    }

    fn service(kind: &str, txt: &[(&str, &str)]) -> ResolvedService {
        let host = "printer.local.";
        let info = ServiceInfo::new(kind, "Ward 3 printer", host, "10.0.0.9", 9101, txt).unwrap();
        info.as_resolved_service()
    }

    #[test]
    fn announcements() {
        let raw = service(
            "_pdl-datastream._tcp.local.",
            &[("ty", "Brother QL-820NWB"), ("usb_MFG", "Brother"), ("usb_MDL", "QL-820NWB")],
        );
        let found = read_announcement(&raw).unwrap();
        assert_eq!(found.address.as_deref(), Some("tcp://10.0.0.9:9101"));
        assert_eq!((found.language, found.seen), (Some("brother-ql"), SeenAt::Network));
        let office = service(
            "_ipps._tcp.local.",
            &[("rp", "ipp/print"), ("ty", "HP LaserJet"), ("pdl", "application/pdf,image/urf")],
        );
        let found = read_announcement(&office).unwrap();
        assert_eq!(found.address.as_deref(), Some("ipps://10.0.0.9:9101/ipp/print"));
        assert_eq!((found.language, found.media.as_deref()), (Some("pdf"), Some("avery-5160")));
        assert_eq!(found.reason, GuessReason::PageQueue);
        let queue = service(
            "_ipp._tcp.local.",
            &[
                ("rp", "printers/Ward"),
                ("ty", "Local Raw Printer"),
                ("pdl", "application/octet-stream,application/pdf"),
            ],
        );
        let found = read_announcement(&queue).unwrap();
        assert_eq!((found.address, found.language, found.reason), (None, None, GuessReason::RawQueue));
        let label =
            service("_ipp._tcp.local.", &[("rp", "ipp/print"), ("usb_MFG", "Zebra"), ("usb_MDL", "ZD421")]);
        let found = read_announcement(&label).unwrap();
        assert_eq!((found.language, found.address.as_deref()), (Some("zpl"), Some("tcp://10.0.0.9:9100")));
        let raster = service("_ipp._tcp.local.", &[("rp", "ipp/print"), ("pdl", "image/urf")]);
        assert_eq!(read_announcement(&raster).unwrap().language, None, "it takes no PDF");
        let found = read_announcement(&service("_printer._tcp.local.", &[])).unwrap();
        assert_eq!(
            (found.name.as_str(), found.address.as_deref()),
            ("Ward 3 printer", Some("tcp://10.0.0.9:9100"))
        );
    }

    #[tokio::test]
    async fn a_printer_that_announces_itself_is_heard() {
        let printer = ServiceDaemon::new().unwrap();
        let listener = ServiceDaemon::new().unwrap();
        for daemon in [&printer, &listener] {
            daemon.enable_interface(IfKind::LoopbackV4).unwrap();
        }
        let txt = [("usb_MFG", "Zebra"), ("usb_MDL", "ZD421"), ("usb_CMD", "ZPL")];
        let kind = "_pdl-datastream._tcp.local.";
        let info =
            ServiceInfo::new(kind, "Ward 3 Zebra", "ct-zebra.local.", "127.0.0.1", 9100, &txt[..]).unwrap();
        printer.register(info).unwrap();
        let found = listen_announcements(&listener, Duration::from_secs(4)).await.unwrap();
        let zebra = found.iter().find(|f| f.name == "Zebra ZD421").unwrap_or_else(|| panic!("{found:?}"));
        assert_eq!((zebra.language, zebra.address.as_deref()), (Some("zpl"), Some("tcp://127.0.0.1:9100")));
        drop((printer.shutdown(), listener.shutdown()));
    }

    #[tokio::test]
    async fn a_host_that_is_asked() {
        let printer = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let agent = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap().port();
        let port = |address: io::Result<SocketAddr>| address.unwrap().port();
        let ports =
            ProbePorts { raw: port(printer.local_addr()), ipp: closed, snmp: port(agent.local_addr()) };
        let answering = async {
            let mut requested = [0; 512];
            loop {
                let (n, from) = agent.recv_from(&mut requested).await.unwrap();
                agent
                    .send_to(
                        &crate::printing::devices::snmp::tests::reply_to(
                            &requested[..n],
                            b"Brother QL-820NWB\x1b[31m",
                        ),
                        from,
                    )
                    .await
                    .unwrap();
            }
        };
        let target = "127.0.0.1".parse().unwrap();
        let found = tokio::select! { found = probe_target(&target, ports) => found.unwrap(), () = answering => unreachable!() };
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].address, Some(format!("tcp://127.0.0.1:{}", ports.raw)));
        assert_eq!(found[0].language, Some("brother-ql"));
        assert!(!found[0].name.contains('\x1b') && found[0].serial.is_some(), "{:?}", found[0]);
        let nobody = ProbePorts { raw: closed, ipp: closed, snmp: closed };
        assert_eq!(probe_target(&target, nobody).await.unwrap(), []);
    }
}
