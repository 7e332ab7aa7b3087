//! The sample's world for tests: one thing, callers of every sort, traces kept in memory.

use std::io::Write;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Request;
use axum::middleware::from_fn_with_state;
use http::header::{AUTHORIZATION, COOKIE};
use http::{Extensions, HeaderMap, HeaderName, HeaderValue};
use service::signature::{SVIX, SigningSecret};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tracing::subscriber::DefaultGuard;
use web::answer::Page;
use web::error::{FaultWords, HttpError, RequestFault, answer_panic};
use web::present::{ErrorPresenter, present_errors};
use web::route::Route;
use web::table::{Table, mount};
use web::test::{AnswerChecker, FixtureCaller, FixtureWorld, TestClient};

use super::program::{
    ClientCertificate, EVENT, NOW_S, READER, SESSION, Things, VIEWER, WRITER, build_table, sample_table,
};

#[derive(Debug, Clone)]
pub(crate) struct SamplePresenter;

impl ErrorPresenter for SamplePresenter {
    type Visit = ();

    fn begin_visit(&self, _: &mut Request) {}

    fn word_fault(&self, _: &(), fault: &RequestFault) -> FaultWords {
        FaultWords {
            title: fault.to_string().into(),
            safe: "Nothing was recorded.".into(),
            ..FaultWords::default()
        }
    }

    fn new_error_id(&self) -> [u8; 4] {
        [0x5f, 0x1c, 0x09, 0xa0]
    }

    async fn draw_page(&self, (): (), error: &HttpError, id: &str) -> Result<Page, askama::Error> {
        let html = format!("<!DOCTYPE html><title>{}</title><p>{} {id}</p>", error.title, error.code);
        Ok(Page::of_html(html))
    }
}

#[derive(Debug, Clone, Default)]
struct Traces(Arc<Mutex<Vec<u8>>>);

impl Write for Traces {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

pub(crate) struct SampleWorld {
    table: Table<Things>,
    things: Things,
    callers: Vec<FixtureCaller>,
    traces: Traces,
    _subscriber: DefaultGuard,
}

impl SampleWorld {
    pub(crate) fn open() -> Self {
        Self::with_table(sample_table())
    }

    pub(crate) fn with_routes(routes: Vec<Route<Things>>) -> Self {
        Self::with_table(build_table(routes).unwrap())
    }

    fn with_table(table: Table<Things>) -> Self {
        let traces = Traces::default();
        let writer = traces.clone();
        let subscriber =
            tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
        Self {
            table,
            things: Things::with_one(),
            callers: sample_callers(),
            traces,
            _subscriber: tracing::subscriber::set_default(subscriber),
        }
    }

    pub(crate) fn client(&self) -> TestClient {
        TestClient::new(self.router(), Arc::new(AnswerChecker::new(&self.table)))
    }
}

impl FixtureWorld for SampleWorld {
    fn router(&self) -> Router {
        mount(&self.table)
            .layer((
                from_fn_with_state(SamplePresenter, present_errors::<SamplePresenter>),
                CatchPanicLayer::custom(answer_panic),
                CompressionLayer::new(),
            ))
            .with_state(self.things.clone())
    }

    fn callers(&self) -> &[FixtureCaller] {
        &self.callers
    }

    async fn records(&self) -> u64 {
        self.things.records()
    }

    fn traces(&self) -> String {
        String::from_utf8_lossy(&self.traces.0.lock().unwrap()).into_owned()
    }
}

fn sample_callers() -> Vec<FixtureCaller> {
    let mut extensions = Extensions::new();
    extensions.insert(ClientCertificate);
    let nobody = FixtureCaller { name: "nobody", ..FixtureCaller::default() };
    let ended = FixtureCaller {
        name: "ended session",
        headers: proof(COOKIE, "session=0000-ended"),
        ..nobody.clone()
    };
    let viewer = FixtureCaller {
        name: "viewer",
        permissions: vec!["view"],
        headers: proof(COOKIE, VIEWER),
        ..nobody.clone()
    };
    let editor = FixtureCaller {
        name: "editor",
        permissions: vec!["view", "edit"],
        headers: proof(COOKIE, SESSION),
        form_token: Some(("form", "token-of-editor".to_owned())),
        secrets: vec!["5f1c-editor".to_owned()],
        ..nobody.clone()
    };
    let reader = FixtureCaller {
        name: "reader",
        scopes: vec!["read"],
        headers: proof(AUTHORIZATION, READER),
        ..nobody.clone()
    };
    let writer = FixtureCaller {
        name: "writer",
        scopes: vec!["read", "write"],
        headers: proof(AUTHORIZATION, WRITER),
        secrets: vec!["ct_writer_secret".to_owned()],
        ..nobody.clone()
    };
    let certified = FixtureCaller { name: "box", has_certificate: true, extensions, ..nobody.clone() };
    let sender = FixtureCaller {
        name: "events",
        sender: Some("events"),
        headers: sign_event(b"new", NOW_S, EVENT),
        ..nobody.clone()
    };
    vec![nobody, ended, viewer, editor, reader, writer, certified, sender]
}

pub(crate) fn sign_event(secret: &[u8], time_s: i64, body: &[u8]) -> HeaderMap {
    let headers = SVIX.sign(&[SigningSecret::of_bytes(secret.to_vec())], "msg_1", time_s, body);
    headers.into_iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
}

fn proof(name: HeaderName, value: &'static str) -> HeaderMap {
    [(name, HeaderValue::from_static(value))].into_iter().collect()
}
