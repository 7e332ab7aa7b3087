//! TXT records, asked of the machine's own name servers: what the standard library resolves are addresses only. The bytes are read
//! by `simple-dns`; a whole resolver with caches would be a dozen crates for one question a domain.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use service::random::RandomSource;
use simple_dns::rdata::RData;
use simple_dns::{CLASS, Name, Packet, PacketFlag, QCLASS, QTYPE, Question, RCODE, TYPE};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};

use super::DomainTexts;

const SERVERS_FILE: &str = "/etc/resolv.conf";
const SERVERS_MAX: usize = 3;
const ANSWER_WITHIN: Duration = Duration::from_secs(3);
/// Bytes of an answer by UDP without extensions, and of one by TCP that is read.
const UDP_BYTES: usize = 512;
const TCP_BYTES: usize = 16 * 1024;

#[derive(Debug, Clone)]
pub struct SystemTexts {
    random: Arc<dyn RandomSource>,
}

impl SystemTexts {
    pub fn new(random: Arc<dyn RandomSource>) -> Self {
        Self { random }
    }

    async fn ask_servers(&self, name: &str) -> io::Result<Vec<String>> {
        let file = tokio::fs::read_to_string(SERVERS_FILE).await.unwrap_or_default();
        let mut last = io::Error::other("no name server is known");
        for server in read_servers(&file) {
            let answered =
                tokio::time::timeout(ANSWER_WITHIN, ask_server(server, name, self.random.bytes())).await;
            match answered.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
                Ok(texts) => return Ok(texts),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

impl DomainTexts for SystemTexts {
    fn find_texts(&self, name: String) -> BoxFuture<'_, io::Result<Vec<String>>> {
        Box::pin(async move { self.ask_servers(&name).await })
    }
}

fn read_servers(file: &str) -> Vec<SocketAddr> {
    let named = file.lines().filter_map(|line| line.trim().strip_prefix("nameserver"));
    let addresses = named.filter_map(|rest| rest.trim().parse::<IpAddr>().ok());
    let mut servers: Vec<SocketAddr> =
        addresses.map(|address| SocketAddr::new(address, 53)).take(SERVERS_MAX).collect();
    if servers.is_empty() {
        servers.push((Ipv4Addr::LOCALHOST, 53).into());
    }
    servers
}

async fn ask_server(server: SocketAddr, name: &str, id: [u8; 2]) -> io::Result<Vec<String>> {
    let id = u16::from_be_bytes(id);
    let question = write_question(name, id)?;
    let here: IpAddr =
        if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((here, 0)).await?;
    socket.connect(server).await?;
    socket.send(&question).await?;
    let mut answer = vec![0; UDP_BYTES];
    // What answers another question is somebody else's; the time of the whole bounds how many are read.
    loop {
        let length = socket.recv(&mut answer).await?;
        match read_answer(&answer[..length], name, id) {
            Ok(Some(texts)) => return Ok(texts),
            Ok(None) => break,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {}
            Err(error) => return Err(error),
        }
    }
    // It was cut: once more, whole.
    let mut stream = TcpStream::connect(server).await?;
    let length = u16::try_from(question.len()).map_err(io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes(), question.as_slice()].concat()).await?;
    let length = usize::from(stream.read_u16().await?);
    if length > TCP_BYTES {
        return Err(io::Error::other("the answer is too long"));
    }
    let mut answer = vec![0; length];
    stream.read_exact(&mut answer).await?;
    read_answer(&answer, name, id)?.ok_or_else(|| io::Error::other("the answer was cut"))
}

fn write_question(name: &str, id: u16) -> io::Result<Vec<u8>> {
    let mut packet = Packet::new_query(id);
    packet.set_flags(PacketFlag::RECURSION_DESIRED);
    let name = Name::new(name).map_err(io::Error::other)?;
    packet.questions.push(Question::new(name, QTYPE::TYPE(TYPE::TXT), QCLASS::CLASS(CLASS::IN), false));
    packet.build_bytes_vec().map_err(io::Error::other)
}

/// The texts of an answer to this question; `None`: it was cut.
fn read_answer(bytes: &[u8], name: &str, id: u16) -> io::Result<Option<Vec<String>>> {
    let packet = Packet::parse(bytes).ok().filter(|packet| {
        packet.id() == id
            && packet.has_flags(PacketFlag::RESPONSE)
            && packet.questions.iter().any(|question| question.qname.to_string().eq_ignore_ascii_case(name))
    });
    let Some(packet) = packet else {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "an answer to another question"));
    };
    if packet.has_flags(PacketFlag::TRUNCATION) {
        return Ok(None);
    }
    if !matches!(packet.rcode(), RCODE::NoError | RCODE::NameError) {
        return Err(io::Error::other("the name server failed"));
    }
    let mut texts = Vec::new();
    for record in &packet.answers {
        if let RData::TXT(text) = &record.rdata
            && let Ok(text) = String::try_from(text.clone())
        {
            texts.push(text);
        }
    }
    Ok(Some(texts))
}

#[cfg(test)]
mod tests {
    use simple_dns::ResourceRecord;
    use simple_dns::rdata::TXT;

    use super::*;

    const TOKEN: &str = "cleantrack-verify=abc";

    #[test]
    fn servers_are_those_of_the_machine() {
        let file = "# comment\nsearch example\nnameserver 192.0.2.1\nnameserver  2001:db8::1\nnameserver x\n";
        let servers = read_servers(file);
        assert_eq!(servers, ["192.0.2.1:53", "[2001:db8::1]:53"].map(|text| text.parse().unwrap()));
        assert_eq!(read_servers(""), ["127.0.0.1:53".parse().unwrap()]);
    }

    fn answer(question: &[u8], flags: PacketFlag) -> Vec<u8> {
        let asked = Packet::parse(question).unwrap();
        let mut packet = Packet::new_reply(asked.id());
        packet.set_flags(flags);
        packet.questions = asked.questions.clone();
        let text = RData::TXT(TXT::new().with_string(TOKEN).unwrap());
        packet.answers.push(ResourceRecord::new(asked.questions[0].qname.clone(), CLASS::IN, 60, text));
        packet.build_bytes_vec().unwrap()
    }

    #[tokio::test]
    async fn texts_come_by_udp_and_cut_ones_by_tcp() {
        for is_cut in [false, true] {
            let tcp = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = tcp.local_addr().unwrap();
            let udp = UdpSocket::bind(address).await.unwrap();
            let server = tokio::spawn(async move {
                let mut question = [0; UDP_BYTES];
                let (length, from) = udp.recv_from(&mut question).await.unwrap();
                // Somebody else answers first, blindly.
                let mut forged = answer(&question[..length], PacketFlag::RECURSION_AVAILABLE);
                forged[0] ^= 1;
                udp.send_to(&forged, from).await.unwrap();
                let flags = if is_cut { PacketFlag::TRUNCATION } else { PacketFlag::RECURSION_AVAILABLE };
                udp.send_to(&answer(&question[..length], flags), from).await.unwrap();
                if is_cut {
                    let (mut stream, _) = tcp.accept().await.unwrap();
                    let mut question = vec![0; usize::from(stream.read_u16().await.unwrap())];
                    stream.read_exact(&mut question).await.unwrap();
                    let whole = answer(&question, PacketFlag::RECURSION_AVAILABLE);
                    stream.write_u16(u16::try_from(whole.len()).unwrap()).await.unwrap();
                    stream.write_all(&whole).await.unwrap();
                }
            });
            let texts = ask_server(address, "linden.example", [7, 9]).await.unwrap();
            assert_eq!(texts, [TOKEN], "cut: {is_cut}");
            server.await.unwrap();
        }
    }

    #[test]
    fn answers_to_other_questions_are_not_read() {
        let question = write_question("linden.example", 7).unwrap();
        let whole = answer(&question, PacketFlag::RECURSION_AVAILABLE);
        assert_eq!(read_answer(&whole, "Linden.Example", 7).unwrap().unwrap(), [TOKEN]);
        assert!(read_answer(&whole, "linden.example", 8).is_err());
        assert!(read_answer(&whole, "zebra.example", 7).is_err());
        assert!(read_answer(&question, "linden.example", 7).is_err(), "a question is no answer");
        for cut in 0..whole.len() {
            let read = read_answer(&whole[..cut], "linden.example", 7);
            assert!(read.map_or(true, |texts| texts.is_none_or(|texts| texts.is_empty())), "{cut}");
        }
    }
}
