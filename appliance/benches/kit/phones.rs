//! Phones on keep-alive connections that each ask as soon as they are answered.

use std::time::{Duration, Instant};

use service::random::{RandomSource, SystemRandom};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{Failed, Measured, facility, micros};

#[derive(Debug, Clone, Copy)]
pub(crate) enum Work {
    Record,
    /// Opens the item's page, sends its form, opens the receipt.
    Flow,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Until {
    Passed(Duration),
    Done(u64),
}

pub(crate) fn phones(
    (address, items): (&str, usize),
    count: usize,
    work: Work,
    until: Until,
) -> Result<Measured, Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = tokio::task::LocalSet::new();
    let started = Instant::now();
    let took = local.block_on(&runtime, async {
        let phones: Vec<_> = (0..count)
            .map(|n| {
                let address = address.to_owned();
                tokio::task::spawn_local(async move {
                    let stream = TcpStream::connect(address).await.map_err(|e| e.to_string())?;
                    stream.set_nodelay(true).map_err(|e| e.to_string())?;
                    let mut phone =
                        Phone { stream, answer: Vec::with_capacity(32 << 10), n: n * 1_009, items };
                    phone.work(work, until).await
                })
            })
            .collect();
        let mut all = Vec::new();
        for phone in phones {
            all.append(&mut phone.await.map_err(|e| e.to_string())??);
        }
        Ok::<_, String>(all)
    })?;
    Ok(Measured::new(took, Instant::now().duration_since(started)))
}

struct Phone {
    stream: TcpStream,
    answer: Vec<u8>,
    n: usize,
    items: usize,
}

impl Phone {
    async fn work(&mut self, work: Work, until: Until) -> Result<Vec<u32>, String> {
        let (started, mut took) = (Instant::now(), Vec::new());
        loop {
            let enough = match until {
                Until::Passed(span) => Instant::now().duration_since(started) >= span,
                Until::Done(count) => took.len() as u64 >= count,
            };
            if enough {
                return Ok(took);
            }
            let requested = Instant::now();
            match work {
                Work::Record => self.record().await?,
                Work::Flow => self.flow().await?,
            }
            took.push(micros(requested));
            self.n += 1;
        }
    }

    async fn record(&mut self) -> Result<(), String> {
        let key = u128::from_le_bytes((&SystemRandom as &dyn RandomSource).bytes());
        let body = format!("protocol={}&step=1&step=2&step=3&step=4&{}", facility::PROTOCOL, self.entered());
        self.post(&format!("Idempotency-Key: {key:032x}\r\n"), &body).await?;
        Ok(())
    }

    fn entered(&self) -> String {
        let name = facility::name(self.n).replace('ë', "%C3%AB").replace(' ', "+").replace('\'', "%27");
        let note = facility::note(self.n).replace(' ', "+").replace(';', "%3B").replace(',', "%2C");
        format!("cleaned_by={name}&notes={note}")
    }

    async fn open_page(&mut self, fields: &[&str]) -> Result<String, String> {
        let tag = facility::tag(self.n % self.items);
        self.ask(&format!("GET /t/{tag} HTTP/1.1\r\nHost: localhost\r\n\r\n"), "200").await?;
        let page = String::from_utf8_lossy(&self.answer);
        let mut body = String::new();
        for field in fields {
            let mark = format!("name=\"{field}\" value=\"");
            let from =
                page.find(&mark).ok_or_else(|| format!("the page has no {field}: {page}"))? + mark.len();
            let value = page[from..].split('"').next().unwrap_or_default();
            body.push_str(&format!(
                "&{field}={}",
                value.replace('+', "%2B").replace('=', "%3D").replace('/', "%2F")
            ));
        }
        Ok(body)
    }

    async fn flow(&mut self) -> Result<(), String> {
        let mut body = self.entered();
        body.push_str(&self.open_page(&["submission", "page", "version", "protocol"]).await?);
        body.push_str("&step=1&step=2&step=3&step=4");
        let receipt = self.post("", &body).await?;
        self.ask(&format!("GET {receipt} HTTP/1.1\r\nHost: localhost\r\n\r\n"), "200").await
    }

    /// Sends the form of an item; where its receipt stands.
    async fn post(&mut self, headers: &str, body: &str) -> Result<String, String> {
        let tag = facility::tag(self.n % self.items);
        let request = format!(
            "POST /t/{tag} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n{headers}Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.ask(&request, "303").await?;
        let head = String::from_utf8_lossy(&self.answer);
        let place = head.lines().find_map(|line| line.strip_prefix("location: "));
        Ok(place.ok_or("an answer without a place")?.trim().to_owned())
    }

    async fn ask(&mut self, request: &str, status: &str) -> Result<(), String> {
        self.stream.write_all(request.as_bytes()).await.map_err(|e| e.to_string())?;
        self.answer.clear();
        while !whole(&self.answer)? {
            if self.stream.read_buf(&mut self.answer).await.map_err(|e| e.to_string())? == 0 {
                return Err("the box closed the connection".to_owned());
            }
        }
        if self.answer.get(9..12) != Some(status.as_bytes()) {
            return Err(format!("not {status}: {}", String::from_utf8_lossy(&self.answer)));
        }
        Ok(())
    }
}

/// Whether an answer with a stated length is there to its end.
fn whole(answer: &[u8]) -> Result<bool, String> {
    let Some(end) = answer.windows(4).position(|w| w == b"\r\n\r\n") else { return Ok(false) };
    let head = String::from_utf8_lossy(&answer[..end]);
    let stated = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = stated.and_then(|n| n.parse().ok()).ok_or("an answer without a length")?;
    Ok(answer.len() >= end + 4 + length)
}
