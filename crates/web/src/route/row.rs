//! A row: one method of one path, its name, its kind and its handler.

use axum::extract::Request;
use axum::handler::Handler;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, on};
use http::{Method, StatusCode};

use super::access::Access;
use super::endpoint::{EndpointDescription, Signature};
use super::example::Example;
use super::operation::Operation;

/// What a row is for; it decides in which form errors are answered, and what the tests expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouteKind {
    /// A page that a person reads.
    Page,
    /// What a page's form is sent to.
    Form,
    /// An endpoint for programs; it is in the OpenAPI document.
    Api,
    /// A path of the program before this one, with the shapes that its scripts know; it is in the OpenAPI document.
    Old,
    /// What another service calls when something happened there; it is among the webhooks of the OpenAPI document.
    Webhook,
    /// A style sheet, script, picture or document that belongs to the program.
    Asset,
    /// What an open page calls to learn whether something changed.
    Live,
    /// For the operator's own tools.
    Operator,
}

impl RouteKind {
    /// Whether the OpenAPI document describes it.
    pub fn is_documented(self) -> bool {
        matches!(self, Self::Api | Self::Old | Self::Webhook)
    }
}

/// Stands in the extensions of every answer of a row, for errors, log, metrics and tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RouteMark {
    /// The row's name; absent where the path has rows and the request's method is none of theirs.
    pub name: Option<&'static str>,
    /// Its kind.
    pub kind: RouteKind,
}

/// One row.
#[derive(Debug, Clone)]
pub struct Route<S> {
    /// Noun and verb, such as `equipment.save`: operation id, log field and test name.
    pub name: &'static str,
    /// GET, POST, PUT, PATCH or DELETE; HEAD follows GET.
    pub method: Method,
    /// Its path as axum writes patterns, such as `/t/{tag}`.
    pub path: &'static str,
    /// Who may come.
    pub access: Access,
    /// What it is for.
    pub kind: RouteKind,
    /// One line for the reader of the API's description.
    pub summary: &'static str,
    /// Names of the commands that it may send to the program.
    pub commands: &'static [&'static str],
    /// What its handler refuses beside what its arguments and its access do: 4xx, and 503 or 507.
    pub refusals: &'static [StatusCode],
    /// How to call it rightly in the world of the tests.
    pub example: Example,
    pub(crate) describe: fn(&mut Operation<'_>),
    pub(crate) endpoint: MethodRouter<S>,
}

/// Makes a row. The handler's types determine what may come in, what is read and what is answered.
pub fn row<S, H, T, M>(
    method: Method,
    path: &'static str,
    name: &'static str,
    kind: RouteKind,
    handler: H,
) -> Route<S>
where
    S: Clone + Send + Sync + 'static,
    H: Signature<T> + Handler<M, S>,
    T: EndpointDescription,
    M: 'static,
{
    // A method without a filter is none that a row may have: the table refuses it.
    let filter = MethodFilter::try_from(method.clone()).unwrap_or(MethodFilter::TRACE);
    let endpoint = mark_endpoint(on(filter, handler), RouteMark { name: Some(name), kind });
    Route {
        name,
        method,
        path,
        access: T::ACCESS,
        kind,
        summary: "",
        commands: &[],
        refusals: &[],
        example: Example::default(),
        describe: T::describe,
        endpoint,
    }
}

/// Apart from [`row`], which is compiled once for each handler: the layer is the same for all.
fn mark_endpoint<S: Clone + Send + Sync + 'static>(
    endpoint: MethodRouter<S>,
    mark: RouteMark,
) -> MethodRouter<S> {
    endpoint.route_layer(from_fn(move |request: Request, next: Next| mark_answer(mark, request, next)))
}

async fn mark_answer(mark: RouteMark, request: Request, next: Next) -> Response {
    let mut answer = next.run(request).await;
    answer.extensions_mut().insert(mark);
    answer
}

impl<S> Route<S> {
    /// One line for the reader of the API's description.
    pub fn summary(self, summary: &'static str) -> Self {
        Self { summary, ..self }
    }

    /// The commands that it may send to the program.
    pub fn commands(self, commands: &'static [&'static str]) -> Self {
        Self { commands, ..self }
    }

    /// What its handler refuses beside what its arguments and its access do.
    pub fn refusals(self, refusals: &'static [StatusCode]) -> Self {
        Self { refusals, ..self }
    }

    /// How to call it rightly.
    pub fn example(self, example: Example) -> Self {
        Self { example, ..self }
    }
}
