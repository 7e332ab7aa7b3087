//! Phones: each posts cleanings by HTTP on a kept-alive connection, and posts again whatever was not acknowledged.

use std::time::Duration;

use record::tag::Tag;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::ledger::{Ledger, Receipt};
use super::{TIME_LIMIT, TheBox};

const REQUEST_WITHIN: Duration = Duration::from_secs(20);
const AGAIN_AFTER: Duration = Duration::from_millis(20);
/// Every so many submissions an old one is sent once more.
const REPEAT_EVERY: usize = 7;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Post {
    Recorded(Receipt),
    Refused(u16, String),
    /// No answer: perhaps recorded, perhaps not.
    Unknown(String),
}

#[derive(Clone)]
pub struct Phone {
    name: String,
    http: String,
    tags: Vec<Tag>,
    client: reqwest::Client,
    ledger: Ledger,
}

impl Phone {
    pub(super) fn new(name: &str, http: String, tags: Vec<Tag>, ledger: Ledger) -> Self {
        // It speaks plain HTTP: reading the certificate authorities of this machine would be most of what a
        // phone costs.
        let client = reqwest::Client::builder()
            .tls_certs_only([])
            .timeout(REQUEST_WITHIN)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap_or_else(|e| panic!("a phone: {e}"));
        Self { name: name.to_owned(), http, tags, client, ledger }
    }

    /// The same phone at the machine that has taken its box's place.
    #[must_use]
    pub fn at(&self, r#box: &TheBox) -> Self {
        Self { http: r#box.http(""), ..self.clone() }
    }

    pub fn key(&self, n: usize) -> String {
        format!("{}-{n}", self.name)
    }

    pub fn item(&self, n: usize) -> Tag {
        self.tags[n % self.tags.len()]
    }

    pub async fn post(&self, n: usize) -> Post {
        let key = self.key(n);
        let address = format!("{}/t/{}", self.http, self.item(n));
        let notes = format!("submission {n}");
        let form = [("cleaned_by", self.name.as_str()), ("notes", notes.as_str())];
        let sent = self.client.post(address).header("idempotency-key", &key).form(&form).send().await;
        let answer = match sent {
            Ok(answer) => answer,
            Err(error) => return Post::Unknown(format!("{error:?}")),
        };
        let status = answer.status().as_u16();
        let location = answer.headers().get("location").and_then(|l| l.to_str().ok()).map(str::to_owned);
        // A connection is reused only when its answer was read to the end.
        let body = answer.text().await.unwrap_or_default();
        match location.as_deref().and_then(Receipt::read) {
            Some(receipt) if status == 303 => {
                self.ledger.note(&key, &receipt);
                Post::Recorded(receipt)
            }
            _ => Post::Refused(status, body),
        }
    }

    pub async fn record_with_photo(&self, n: usize, jpeg: Vec<u8>) -> Receipt {
        let key = self.key(n);
        let address = format!("{}/t/{}", self.http, self.item(n));
        let photo = reqwest::multipart::Part::bytes(jpeg).file_name("photo.jpg");
        let form = reqwest::multipart::Form::new().text("cleaned_by", self.name.clone()).part("photo", photo);
        let sent = self.client.post(address).header("idempotency-key", &key).multipart(form).send().await;
        let answer = sent.unwrap_or_else(|e| panic!("{key}: {e:?}"));
        let location = answer.headers().get("location").and_then(|l| l.to_str().ok()).map(str::to_owned);
        let (status, body) = (answer.status(), answer.text().await.unwrap_or_default());
        let receipt = location.as_deref().and_then(Receipt::read);
        let receipt = receipt.unwrap_or_else(|| panic!("{key}: {status} {location:?}: {body}"));
        self.ledger.note(&key, &receipt);
        receipt
    }

    pub async fn record(&self, n: usize) -> Receipt {
        let mut last = None;
        let trying = async {
            loop {
                match self.post(n).await {
                    Post::Recorded(receipt) => return receipt,
                    Post::Refused(status, body) if status < 500 => {
                        panic!("{}: refused with {status}: {body}", self.key(n))
                    }
                    failed => last = Some(failed),
                }
                tokio::time::sleep(AGAIN_AFTER).await;
            }
        };
        match tokio::time::timeout(TIME_LIMIT, trying).await {
            Ok(receipt) => receipt,
            Err(_) => panic!("{} was not acknowledged within {TIME_LIMIT:?}: {last:?}", self.key(n)),
        }
    }

    pub async fn record_all(&self, range: std::ops::Range<usize>) {
        for n in range {
            self.record(n).await;
        }
    }

    /// Records until the stop; the number of submissions.
    async fn go_on(self, stopped: watch::Receiver<bool>) -> usize {
        let mut n = 0;
        while !*stopped.borrow() {
            self.record(n).await;
            n += 1;
            if n % REPEAT_EVERY == 0 {
                // The ledger compares the receipt with the first one.
                self.record(n * 5 / 9).await;
            }
        }
        n
    }
}

/// Several phones at work. Dropping it drops their work.
pub struct Load {
    stop: watch::Sender<bool>,
    phones: JoinSet<usize>,
}

impl Load {
    pub fn start(phones: impl IntoIterator<Item = Phone>) -> Self {
        let (stop, stopped) = watch::channel(false);
        let mut work = JoinSet::new();
        for phone in phones {
            work.spawn(phone.go_on(stopped.clone()));
        }
        Self { stop, phones: work }
    }

    /// They finish their current submission; the number of submissions, all of them acknowledged.
    pub async fn stop(mut self) -> usize {
        self.stop.send_replace(true);
        let mut made = 0;
        while let Some(phone) = self.phones.join_next().await {
            made += phone.unwrap_or_else(|e| panic!("a phone: {e}"));
        }
        made
    }
}
