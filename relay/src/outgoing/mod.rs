//! What the relay asks of other hosts: whoever names such a host (an account's admin, or what their provider answers) may not lead
//! the relay to its own network. Rooms ask by [`OutgoingHttp`]; [`guarded::GuardedClient`] is the one that leaves the machine.

pub mod address;
pub mod guarded;
pub mod texts;
mod url;

use std::fmt;

use futures_util::future::BoxFuture;
use http::{HeaderName, HeaderValue, StatusCode};

pub use url::{OutgoingUrl, UrlFault, encode_pairs};

pub const ANSWER_BYTES_MAX: usize = 64 * 1024;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutgoingError {
    /// One of the addresses of the name is not public, and no setting lets it.
    #[error("{0} is in a network that this relay does not speak to")]
    Forbidden(String),
    /// Neither 443 nor 8443.
    #[error("port {0} is none that this relay speaks to")]
    Port(u16),
    #[error("{0} has no address")]
    Unresolved(String),
    /// It took longer than ten seconds.
    #[error("there was no answer within ten seconds")]
    Slow,
    /// More than [`ANSWER_BYTES_MAX`].
    #[error("the answer is longer than {ANSWER_BYTES_MAX} bytes")]
    TooLong,
    /// The connection, its certificate, or what came over it.
    #[error("the other host did not answer: {0}")]
    Failed(String),
}

impl OutgoingError {
    /// As whoever chose the address may read it: they do not learn which names there are in a network within.
    pub fn public_text(&self) -> String {
        match self {
            Self::Forbidden(host) | Self::Unresolved(host) => {
                format!("{host} has no address that this relay speaks to")
            }
            error => error.to_string(),
        }
    }
}

/// What is asked: a GET, or a POST where it has a body.
#[derive(Clone)]
pub struct OutgoingRequest {
    pub url: OutgoingUrl,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub body: Option<Vec<u8>>,
    pub reads: AnswerPart,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerPart {
    /// All of it, which is [`ANSWER_BYTES_MAX`] at most.
    Whole,
    /// The first so many bytes: whoever asks wants its status, and the rest is not waited for.
    First(usize),
}

impl fmt::Debug for OutgoingRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OutgoingRequest({})", self.url.origin())
    }
}

impl OutgoingRequest {
    pub fn get(url: OutgoingUrl) -> Self {
        Self { url, headers: Vec::new(), body: None, reads: AnswerPart::Whole }
    }

    pub fn post(url: OutgoingUrl, media: HeaderValue, body: Vec<u8>) -> Self {
        let headers = vec![(http::header::CONTENT_TYPE, media)];
        Self { url, headers, body: Some(body), reads: AnswerPart::Whole }
    }

    /// The same, where the beginning of the answer is enough.
    #[must_use]
    pub fn reading_first(mut self, bytes: usize) -> Self {
        self.reads = AnswerPart::First(bytes.min(ANSWER_BYTES_MAX));
        self
    }

    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// What came back, whatever its status; a redirect is an answer like others, and nobody follows it.
#[derive(Clone, PartialEq, Eq)]
pub struct OutgoingAnswer {
    pub status: StatusCode,
    pub body: Vec<u8>,
}

impl fmt::Debug for OutgoingAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OutgoingAnswer({}, {} bytes)", self.status, self.body.len())
    }
}

pub trait OutgoingHttp: fmt::Debug + Send + Sync {
    fn send(&self, request: OutgoingRequest) -> BoxFuture<'_, Result<OutgoingAnswer, OutgoingError>>;
}

pub trait DomainTexts: fmt::Debug + Send + Sync {
    /// The TXT records of a name; none where it has none.
    fn find_texts(&self, name: String) -> BoxFuture<'_, std::io::Result<Vec<String>>>;
}
