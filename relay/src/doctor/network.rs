//! Whether anybody answers at the listeners' ports, as seen from this machine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::DoctorReport;
use crate::settings::RelaySettings;

const ANSWER_WITHIN: Duration = Duration::from_secs(3);
/// Of an answer, what its first line can have.
const HEAD_BYTES_MAX: u64 = 4_096;

fn reach_locally(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

async fn connect_locally(listen: SocketAddr) -> Result<TcpStream, String> {
    match tokio::time::timeout(ANSWER_WITHIN, TcpStream::connect(reach_locally(listen))).await {
        Ok(connected) => connected.map_err(|error| error.to_string()),
        Err(_) => Err("no answer in time".to_owned()),
    }
}

async fn ask_ready(listen: SocketAddr) -> Result<String, String> {
    let mut stream = connect_locally(listen).await?;
    let exchange = async {
        let request = b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        stream.write_all(request).await?;
        let mut answer = Vec::new();
        stream.take(HEAD_BYTES_MAX).read_to_end(&mut answer).await?;
        Ok::<Vec<u8>, std::io::Error>(answer)
    };
    let answer =
        tokio::time::timeout(ANSWER_WITHIN, exchange).await.map_err(|_| "no answer in time".to_owned())?;
    Ok(String::from_utf8_lossy(&answer.map_err(|error| error.to_string())?).into_owned())
}

pub(super) async fn examine_listeners(report: &mut DoctorReport, settings: &RelaySettings) {
    let health = settings.health.listen;
    if health.port() == 0 {
        report.good("process", "its ports are taken anew at each start, so nothing is asked there");
        return;
    }
    match ask_ready(health).await {
        Err(why) => {
            let finding = format!("nothing answers at {health}: {why}");
            return report.warn("process", finding, "start the relay, unless it runs on another machine");
        }
        Ok(answer) if answer.starts_with("HTTP/1.1 200") => report.good("process", "runs and is ready"),
        Ok(answer) => {
            let words = answer.split("\r\n\r\n").nth(1).unwrap_or_default().trim().to_owned();
            let finding = format!("runs and is not ready: {words}");
            report.fail("process", finding, "read its log, and the lines of this report about the database");
        }
    }
    let listeners = [
        ("pages", settings.https.listen),
        ("boxes by HTTPS", settings.photos.listen),
        ("boxes by MQTT", settings.mqtt.listen),
    ];
    for (subject, listen) in listeners.into_iter().filter(|(_, listen)| listen.port() != 0) {
        match connect_locally(listen).await {
            Ok(_) => report.good(subject, format!("{listen} answers")),
            Err(why) => {
                let advice =
                    "a process with the role for it must run: `serve --role all`, or `web` and `ingest`";
                report.warn(subject, format!("{listen} does not answer: {why}"), advice);
            }
        }
    }
}
