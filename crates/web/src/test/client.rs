//! A client that takes no answer which its row does not describe.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use futures_util::FutureExt as _;
use http::{Method, Request};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use crate::test::answer::TestAnswer;
use crate::test::unpack::unpack_body;
use crate::test::validate::AnswerChecker;

/// Sends requests to a router.
#[derive(Debug, Clone)]
pub struct TestClient {
    router: Router,
    checker: Arc<AnswerChecker>,
}

impl TestClient {
    /// To this router, whose answers this checker knows.
    pub fn new(router: Router, checker: Arc<AnswerChecker>) -> Self {
        Self { router, checker }
    }

    /// Sends a request.
    ///
    /// # Panics
    /// Where the row does not describe the answer.
    pub async fn send(&self, request: Request<Body>) -> TestAnswer {
        let address = format!("{} {}", request.method(), request.uri());
        match self.try_send(request).await {
            Ok(answer) => answer,
            Err(fault) => panic!("{address}: {fault}"),
        }
    }

    /// Sends a request; the error names what the row does not describe.
    pub async fn try_send(&self, request: Request<Body>) -> Result<TestAnswer, String> {
        let is_head = request.method() == Method::HEAD;
        let answer = self.receive(request).await?;
        if !is_head {
            self.checker.check(&answer)?;
        }
        Ok(answer)
    }

    /// Sends a request whose answer no row describes, such as one of a program that fails (500).
    ///
    /// # Panics
    /// Where the answer breaks off.
    pub async fn send_unchecked(&self, request: Request<Body>) -> TestAnswer {
        let address = format!("{} {}", request.method(), request.uri());
        self.receive(request).await.unwrap_or_else(|fault| panic!("{address}: {fault}"))
    }

    async fn receive(&self, request: Request<Body>) -> Result<TestAnswer, String> {
        let (head, body) = match self.router.clone().oneshot(request).await {
            Ok(answer) => answer.into_parts(),
            Err(never) => match never {},
        };
        let bytes = body.collect().await.map_err(|error| format!("its body breaks off: {error}"))?.to_bytes();
        Ok(TestAnswer {
            mark: head.extensions.get().copied(),
            outcome: head.extensions.get().copied(),
            status: head.status,
            body: unpack_body(&head.headers, bytes)?,
            headers: head.headers,
        })
    }

    pub(super) async fn try_send_caught(&self, request: Request<Body>) -> Result<TestAnswer, String> {
        let answer = AssertUnwindSafe(self.try_send(request)).catch_unwind().await;
        answer.unwrap_or_else(|_| Err("it panics".to_owned()))
    }
}
