//! Errors of the relay's log, sent to a service that speaks Sentry's protocol (Sentry, GlitchTip, Bugsink), where the operator names
//! one. Errors only: no requests, headers, bodies, breadcrumbs or people; of a panic where it was, for its message may quote a text.
//! <https://develop.sentry.dev/sdk/data-model/envelopes/>

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use http::{HeaderName, HeaderValue, StatusCode, header};
use sentry_types::protocol::v7::{ClientSdkInfo, Envelope, EnvelopeHeaders, Event, Level};
use sentry_types::{Dsn, Uuid};
use service::clock::Clock;
use service::limit::RateLimiter;
use service::logging::{LoggedError, listen_for_errors};
use service::random::RandomSource;
use tokio::sync::mpsc;

use crate::outgoing::{OutgoingHttp, OutgoingRequest, OutgoingUrl};

/// Reports in a minute, and at once. What a broken database logs in a second says the same a thousand times.
const A_MINUTE: u32 = 20;
const WAITING_MAX: usize = 20;
const VALUE_CHARS_MAX: usize = 400;
/// How long nothing is sent to a service that answered that it takes no more.
const PAUSE: Duration = Duration::from_secs(60);
const AGENT: &str = concat!("cleantrack-relay/", env!("CARGO_PKG_VERSION"));
const AUTH: HeaderName = HeaderName::from_static("x-sentry-auth");

#[derive(Debug, thiserror::Error)]
pub enum DsnFault {
    #[error("the file with the address for error reports cannot be read: {0}")]
    Read(#[from] std::io::Error),
    /// The text itself is nobody's business: it has a key.
    #[error("an address for error reports reads https://KEY@HOST/PROJECT")]
    Form,
}

pub struct ReportPlace {
    url: OutgoingUrl,
    auth: HeaderValue,
}

impl std::fmt::Debug for ReportPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ReportPlace({})", self.url.origin())
    }
}

impl ReportPlace {
    /// Reads the service's address (“DSN”) from its file.
    pub fn read(file: &Path) -> Result<Self, DsnFault> {
        Self::parse(std::fs::read_to_string(file)?.trim())
    }

    fn parse(text: &str) -> Result<Self, DsnFault> {
        let dsn: Dsn = text.parse().map_err(|_| DsnFault::Form)?;
        let url = OutgoingUrl::parse(dsn.envelope_api_url().as_str()).map_err(|_| DsnFault::Form)?;
        let auth = dsn.to_auth(Some(AGENT)).to_string();
        let mut auth = HeaderValue::from_str(&auth).map_err(|_| DsnFault::Form)?;
        auth.set_sensitive(true);
        Ok(Self { url, auth })
    }

    pub fn host(&self) -> &str {
        self.url.host()
    }
}

#[derive(Debug, Clone)]
pub(crate) struct ErrorCollector {
    queue: mpsc::Sender<LoggedError>,
    left_out: Arc<AtomicU64>,
}

impl ErrorCollector {
    /// Takes one, unless too many wait.
    pub(crate) fn take(&self, error: LoggedError) {
        if self.queue.try_send(error).is_err() {
            self.left_out.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Hears everything that this process logs as an error, and where it panics.
    pub(crate) fn listen(self) {
        let of_panics = self.clone();
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if let Some(place) = panic.location() {
                of_panics.take(panic_at(&place.to_string()));
            }
            before(panic);
        }));
        listen_for_errors(move |error| self.take(error));
    }
}

fn panic_at(place: &str) -> LoggedError {
    LoggedError { target: "panic", message: format!("panicked at {place}"), fields: Vec::new() }
}

#[derive(Debug)]
pub(crate) struct ErrorReporter {
    place: ReportPlace,
    /// Which relay it is: its public name.
    environment: String,
    http: Arc<dyn OutgoingHttp>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn RandomSource>,
    pace: RateLimiter<()>,
    queue: mpsc::Receiver<LoggedError>,
    left_out: Arc<AtomicU64>,
    paused_until_ms: u64,
}

impl ErrorReporter {
    pub(crate) fn new(
        place: ReportPlace,
        environment: &str,
        http: Arc<dyn OutgoingHttp>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn RandomSource>,
    ) -> (Self, ErrorCollector) {
        let (sender, queue) = mpsc::channel(WAITING_MAX);
        let left_out = Arc::new(AtomicU64::new(0));
        let collector = ErrorCollector { queue: sender, left_out: Arc::clone(&left_out) };
        let pace = RateLimiter::new(A_MINUTE, Duration::from_secs(60), A_MINUTE, 1);
        let environment = environment.to_owned();
        let paused_until_ms = 0;
        let reporter =
            Self { place, environment, http, clock, random, pace, queue, left_out, paused_until_ms };
        (reporter, collector)
    }

    pub(crate) async fn run(mut self) {
        while let Some(error) = self.queue.recv().await {
            self.report(&error).await;
        }
    }

    /// Sends one, if it is not one too many.
    async fn report(&mut self, error: &LoggedError) {
        let up_ms = self.clock.now().up_ms;
        if up_ms < self.paused_until_ms || self.pace.take((), up_ms).is_err() {
            self.left_out.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let left_out = self.left_out.swap(0, Ordering::Relaxed);
        let media = HeaderValue::from_static("application/x-sentry-envelope");
        let request =
            OutgoingRequest::post(self.place.url.clone(), media, self.draw_envelope(error, left_out))
                .header(AUTH, self.place.auth.clone())
                .header(header::USER_AGENT, HeaderValue::from_static(AGENT))
                .reading_first(0);
        let why = match self.http.send(request).await {
            Ok(answer) if answer.status.is_success() => return,
            Ok(answer) => {
                if answer.status == StatusCode::TOO_MANY_REQUESTS {
                    self.paused_until_ms = up_ms + u64::try_from(PAUSE.as_millis()).unwrap_or(u64::MAX);
                }
                format!("it answered {}", answer.status)
            }
            Err(error) => error.to_string(),
        };
        // The report that comes through next says how many did not.
        self.left_out.fetch_add(left_out + 1, Ordering::Relaxed);
        tracing::warn!(to = self.place.host(), why, "an error could not be reported; this log has it");
    }

    fn draw_envelope(&self, error: &LoggedError, left_out: u64) -> Vec<u8> {
        let sdk = ClientSdkInfo {
            name: "cleantrack-relay".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            integrations: Vec::new(),
            packages: Vec::new(),
        };
        let now = UNIX_EPOCH + Duration::from_millis(self.clock.now().wall_ms.max(0).unsigned_abs());
        let mut event = Event {
            event_id: Uuid::from_bytes(self.random.bytes()),
            level: Level::Error,
            logger: Some(error.target.to_owned()),
            message: Some(clean_value(&error.message)),
            timestamp: now,
            release: Some(concat!("cleantrack-relay@", env!("CARGO_PKG_VERSION")).into()),
            environment: Some(self.environment.clone().into()),
            ..Event::default()
        };
        for (name, value) in &error.fields {
            let value = clean_value(value);
            // The number that a person reads on the page of an error, by which an operator looks for it.
            if *name == "id" {
                event.tags.insert("error_id".to_owned(), value);
            } else {
                event.extra.insert((*name).to_owned(), value.into());
            }
        }
        if left_out > 0 {
            event.extra.insert("not_reported_before".to_owned(), left_out.into());
        }
        let headers = EnvelopeHeaders::new().with_event_id(event.event_id).with_sent_at(now).with_sdk(sdk);
        let mut bytes = Vec::new();
        if let Err(error) = Envelope::from(event).with_headers(headers).to_writer(&mut bytes) {
            tracing::warn!(%error, "an error could not be written for its report");
        }
        bytes
    }
}

/// A value without addresses of people and machines, and not long. The log has none of people; what it quotes from a library might.
fn clean_value(value: &str) -> String {
    let parts = value.split_inclusive(|c: char| c.is_whitespace() || "\"'`()[]<>,;=".contains(c));
    let cleaned: String = parts.map(clean_word).collect();
    cleaned.chars().take(VALUE_CHARS_MAX).collect()
}

fn clean_word(part: &str) -> String {
    let word = part.trim_matches(|c: char| !c.is_alphanumeric() && c != ':');
    let host = word.rsplit_once(':').map_or(word, |(host, _)| host).trim_end_matches(']');
    let is_machine = word.parse::<IpAddr>().is_ok() || host.parse::<IpAddr>().is_ok();
    if word.contains('@') || is_machine { part.replace(word, "[address]") } else { part.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Mutex;

    use futures_util::future::BoxFuture;
    use serde_json::Value;
    use service::clock::FakeClock;
    use service::random::SystemRandom;

    use super::*;
    use crate::outgoing::{OutgoingAnswer, OutgoingError};

    const NOW_MS: i64 = 1_790_000_000_000;
    const DSN: &str = "https://5ecre7@errors.example.org/gl/42";

    /// Takes reports and answers in turn; 200 once it has no more answers.
    #[derive(Debug, Default)]
    struct FakeService {
        taken: Mutex<Vec<OutgoingRequest>>,
        answers: Mutex<VecDeque<u16>>,
    }

    impl OutgoingHttp for FakeService {
        fn send(&self, request: OutgoingRequest) -> BoxFuture<'_, Result<OutgoingAnswer, OutgoingError>> {
            self.taken.lock().unwrap().push(request);
            let status = self.answers.lock().unwrap().pop_front().unwrap_or(200);
            let answer = match status {
                0 => Err(OutgoingError::Slow),
                status => {
                    Ok(OutgoingAnswer { status: StatusCode::from_u16(status).unwrap(), body: Vec::new() })
                }
            };
            Box::pin(std::future::ready(answer))
        }
    }

    impl FakeService {
        /// The events that came, as they were written, and how each authenticates.
        fn events(&self) -> Vec<(Value, String)> {
            let read = |request: OutgoingRequest| {
                let lines = String::from_utf8(request.body.unwrap()).unwrap();
                let lines: Vec<&str> = lines.lines().collect();
                let [header, item, event] = lines[..] else { panic!("{lines:?}") };
                let item: Value = serde_json::from_str(item).unwrap();
                assert_eq!(item["type"], "event");
                assert_eq!(item["length"], event.len());
                let event: Value = serde_json::from_str(event).unwrap();
                let header: Value = serde_json::from_str(header).unwrap();
                assert_eq!(header["event_id"].as_str().unwrap().replace('-', ""), event["event_id"]);
                let auth = request.headers.iter().find(|(name, _)| *name == AUTH).unwrap();
                (event, auth.1.to_str().unwrap().to_owned())
            };
            self.taken.lock().unwrap().drain(..).map(read).collect()
        }
    }

    fn reporter(service: &Arc<FakeService>) -> (ErrorReporter, ErrorCollector, Arc<FakeClock>) {
        let clock = Arc::new(FakeClock::at_ms(NOW_MS));
        let (reporter, collector) = ErrorReporter::new(
            ReportPlace::parse(DSN).unwrap(),
            "relay.example.org",
            Arc::clone(service) as _,
            Arc::clone(&clock) as _,
            Arc::new(SystemRandom),
        );
        (reporter, collector, clock)
    }

    fn error(message: &str, fields: &[(&'static str, &str)]) -> LoggedError {
        let fields = fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        LoggedError { target: "relay::jobs::queue", message: message.to_owned(), fields }
    }

    #[tokio::test]
    async fn an_error_arrives_as_an_event_without_people() {
        let service = Arc::new(FakeService::default());
        let (mut reporter, ..) = reporter(&service);
        let fields = [
            ("id", "01K8"),
            ("job", "7"),
            ("why", "no answer of (192.0.2.7:443), [2001:db8::7]:443 for maria@example.org, at 12:30:01"),
        ];
        reporter.report(&error("a job is dead", &fields)).await;
        let (event, auth) = service.events().remove(0);
        assert_eq!(event["message"], "a job is dead");
        assert_eq!(event["logger"], "relay::jobs::queue");
        assert_eq!(event["environment"], "relay.example.org");
        assert_eq!(event["tags"]["error_id"], "01K8");
        assert_eq!(event["extra"]["job"], "7");
        let why = event["extra"]["why"].as_str().unwrap();
        assert!(!why.contains("192.0.2.7") && !why.contains("2001:db8") && !why.contains("maria"), "{why}");
        assert!(why.starts_with("no answer of ([address]") && why.ends_with("at 12:30:01"), "{why}");
        assert_eq!(event["timestamp"], NOW_MS / 1_000);
        for part in ["user", "request", "breadcrumbs", "server_name"] {
            assert_eq!(event[part], Value::Null, "{part}");
        }
        assert!(auth.starts_with("Sentry sentry_key=5ecre7, sentry_version=7"), "{auth}");
    }

    #[tokio::test]
    async fn twenty_go_in_a_minute_and_the_next_says_how_many_did_not() {
        let service = Arc::new(FakeService::default());
        let (mut reporter, _, clock) = reporter(&service);
        for _ in 0..50 {
            reporter.report(&error("again", &[])).await;
        }
        assert_eq!(service.events().len(), 20);
        clock.advance(Duration::from_secs(60));
        reporter.report(&error("later", &[])).await;
        let (event, _) = service.events().remove(0);
        assert_eq!(event["extra"]["not_reported_before"], 30);
    }

    #[tokio::test]
    async fn a_service_that_takes_no_more_is_left_alone_for_a_minute() {
        let service = Arc::new(FakeService::default());
        service.answers.lock().unwrap().extend([429, 0]);
        let (mut reporter, _, clock) = reporter(&service);
        reporter.report(&error("one", &[])).await;
        reporter.report(&error("two", &[])).await;
        assert_eq!(service.events().len(), 1);
        clock.advance(PAUSE);
        reporter.report(&error("three", &[])).await;
        reporter.report(&error("four", &[])).await;
        let events = service.events();
        assert_eq!(events[1].0["extra"]["not_reported_before"], 3, "{events:?}");
    }

    #[tokio::test]
    async fn who_logs_never_waits() {
        let service = Arc::new(FakeService::default());
        let (reporter, collector, _) = reporter(&service);
        for _ in 0..WAITING_MAX + 5 {
            collector.take(error("many", &[]));
        }
        assert_eq!(reporter.left_out.load(Ordering::Relaxed), 5);
        drop(collector);
        reporter.run().await;
        assert_eq!(service.events().len(), WAITING_MAX);
    }

    #[test]
    fn a_panic_says_where_and_nothing_else() {
        let error = panic_at("relay/src/x.rs:7:1");
        assert_eq!((error.message.as_str(), error.fields.len()), ("panicked at relay/src/x.rs:7:1", 0));
    }

    #[test]
    fn an_address_is_one_over_https_and_its_key_is_shown_nowhere() {
        let place = ReportPlace::parse(DSN).unwrap();
        assert_eq!(place.url.host(), "errors.example.org");
        assert_eq!(place.url, OutgoingUrl::parse("https://errors.example.org/gl/api/42/envelope/").unwrap());
        assert!(!format!("{place:?}").contains("5ecre7"), "{place:?}");
        for wrong in [
            "",
            "errors.example.org",
            "http://k@errors.example.org/1",
            "https://errors.example.org/1",
            "https://k@/1",
        ] {
            let fault = ReportPlace::parse(wrong).unwrap_err();
            assert!(matches!(fault, DsnFault::Form), "{wrong}");
        }
        assert!(matches!(ReportPlace::read(Path::new("/nowhere/dsn")), Err(DsnFault::Read(_))));
    }
}
