//! What a program supplies: a world with known things in it, and callers of every sort.

use std::sync::Arc;

use axum::Router;
use http::header::{CONTENT_TYPE, HOST};
use http::{Extensions, HeaderMap, HeaderValue, Request};

use super::client::TestClient;
use super::validate::AnswerChecker;
use crate::route::{Access, Example, ExampleBody, Route};

/// A program on fixed time and randomness, with what the rows' examples name.
pub trait FixtureWorld {
    /// The router, with all its layers.
    fn router(&self) -> Router;

    /// An anonymous caller, one of each role, a program of each scope, and one whose session or token has
    /// ended.
    fn callers(&self) -> &[FixtureCaller];

    /// What changes with each record, such as the bytes of the log.
    fn records(&self) -> impl Future<Output = u64>;

    /// A row's example with what this world has in the place of what only shows the form, such as its own ids.
    fn adapt_example(&self, example: Example) -> Example {
        example
    }

    /// All traces so far.
    fn traces(&self) -> String;
}

/// Somebody who calls, what proves it, and what the program's own tables of rights let them do.
#[derive(Debug, Clone, Default)]
pub struct FixtureCaller {
    /// For the test's messages.
    pub name: &'static str,
    /// Permissions that their role has.
    pub permissions: Vec<&'static str>,
    /// Scopes that their token has.
    pub scopes: Vec<&'static str>,
    /// Whether they show a box's certificate.
    pub has_certificate: bool,
    /// The sender that they are by their headers, which sign the body of its row's example.
    pub sender: Option<&'static str>,
    /// Whether they come by the operator's listener.
    pub is_operator: bool,
    /// What proves it: cookies, a token.
    pub headers: HeaderMap,
    /// What the listener adds.
    pub extensions: Extensions,
    /// A field that every form of their session has, and its value.
    pub form_token: Option<(&'static str, String)>,
    /// Values of theirs that must never be in a trace.
    pub secrets: Vec<String>,
}

impl FixtureCaller {
    /// Whether a row's access lets them in.
    pub fn is_admitted(&self, access: Access) -> bool {
        match access {
            Access::Open => true,
            Access::Session(permission) => self.permissions.contains(&permission),
            Access::Token(scope) => self.scopes.contains(&scope),
            Access::SessionOrToken { permission, scope } => {
                self.permissions.contains(&permission) || self.scopes.contains(&scope)
            }
            Access::Certificate => self.has_certificate,
            Access::Sender { name, .. } => self.sender == Some(name),
            Access::Operator => self.is_operator,
        }
    }

    pub(super) fn request<S>(&self, world: &impl FixtureWorld, route: &Route<S>) -> Request<Vec<u8>> {
        let example = world.adapt_example(route.example.clone());
        let address = example.address(route.path).unwrap_or_else(|| route.path.to_owned());
        let mut body = example.body.clone();
        if let (ExampleBody::Form(fields), Some((name, value))) = (&mut body, &self.form_token) {
            fields.push((name, value.clone()));
        }
        let mut request = Request::new(body.to_bytes());
        request.method_mut().clone_from(&route.method);
        *request.uri_mut() =
            address.parse().unwrap_or_else(|error| panic!("{}: {address}: {error}", route.name));
        request.headers_mut().insert(HOST, HeaderValue::from_static("localhost"));
        if let Some(content_type) = body.content_type() {
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        request.headers_mut().extend(self.headers.clone());
        for (name, value) in &example.headers {
            request.headers_mut().append(name, value.clone());
        }
        *request.extensions_mut() = self.extensions.clone();
        request
    }
}

pub(super) fn admitted_caller<'w, S>(
    world: &'w impl FixtureWorld,
    route: &Route<S>,
) -> Option<&'w FixtureCaller> {
    world.callers().iter().find(|caller| caller.is_admitted(route.access))
}

pub(super) fn open_client(world: &impl FixtureWorld, checker: &Arc<AnswerChecker>) -> TestClient {
    TestClient::new(world.router(), checker.clone())
}
