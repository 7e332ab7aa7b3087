//! What a handler's types say of it: who may come, what is read, what is answered.

use axum::extract::State;
use axum::response::IntoResponse;
use http::HeaderMap;

use super::access::{Access, Caller};
use super::operation::Operation;
use crate::error::HttpError;

/// An argument of a handler behind the first: an extractor of axum that says what it reads and what it refuses.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what it reads",
    label = "arguments behind the first are `Argument`s",
    note = "axum's own extractors have no description and no bound: take those of `web::argument`"
)]
pub trait Argument {
    /// Adds parameters, the body and refusals.
    fn describe(_operation: &mut Operation<'_>) {}
}

impl<S> Argument for State<S> {}

/// For handlers that answer a refusal of this argument in their own way.
impl<T: Argument> Argument for Result<T, HttpError> {
    fn describe(operation: &mut Operation<'_>) {
        T::describe(operation);
    }
}

/// For cookies and conditional requests; what a row cannot do without has an argument of its own.
impl Argument for HeaderMap {}

/// What a handler answers when all went well.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what it sends",
    label = "a handler answers `Result<A, HttpError>` with an `Answer` in it",
    note = "see `web::answer`"
)]
pub trait Answer: IntoResponse {
    /// Adds the answers that it may be.
    fn describe(operation: &mut Operation<'_>);
}

/// The shape of a handler, whatever its types: `async fn(C, A…) -> Result<O, HttpError>` has `T = (C, O, A…)`. Apart from
/// [`EndpointDescription`], so that the compiler names the type that does not fit.
#[diagnostic::on_unimplemented(
    message = "this is no handler of a row",
    label = "a handler is `async fn(caller, arguments…) -> Result<answer, HttpError>`"
)]
pub trait Signature<T> {}

/// What the types of a handler describe together.
#[diagnostic::on_unimplemented(message = "the types of this handler do not describe it")]
pub trait EndpointDescription {
    /// Who may come.
    const ACCESS: Access;
    /// What is read and answered.
    fn describe(operation: &mut Operation<'_>);
}

macro_rules! describe_handlers {
    ($($argument:ident)*) => {
        impl<F, C, O, Fut, $($argument,)*> Signature<(C, O, $($argument,)*)> for F
        where
            F: Fn(C, $($argument,)*) -> Fut,
            Fut: Future<Output = Result<O, HttpError>>,
        {
        }

        impl<C: Caller, O: Answer, $($argument: Argument,)*> EndpointDescription for (C, O, $($argument,)*) {
            const ACCESS: Access = C::ACCESS;
            fn describe(operation: &mut Operation<'_>) {
                $($argument::describe(operation);)*
                O::describe(operation);
            }
        }
    };
}

describe_handlers!();
describe_handlers!(A1);
describe_handlers!(A1 A2);
describe_handlers!(A1 A2 A3);
describe_handlers!(A1 A2 A3 A4);
describe_handlers!(A1 A2 A3 A4 A5);
describe_handlers!(A1 A2 A3 A4 A5 A6);
describe_handlers!(A1 A2 A3 A4 A5 A6 A7);
