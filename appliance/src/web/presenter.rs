//! Errors as the box words and draws them.

use askama::Template as _;
use axum::extract::Request;
use web::error::{ErrorText, FaultWords, FormFault, HttpError, RequestFault};
use web::present::ErrorPresenter;

use crate::intake::Refusal;
use crate::web::access::staff_session::AdmittedStaff;
use crate::web::context::AppState;
use crate::web::http_error::{FORM_NEXT, FORM_TITLE, PARAMETER_NEXT, PARAMETER_TITLE, not_found};
use crate::web::layout::{Frame, Place};
use crate::web::view_models::snapshot::Snapshot;

const NOT_RECORDED: &str = "Nothing was recorded.";
const NOT_CHANGED: &str = "Nothing was changed.";

/// Words every error for whoever asked; a page is drawn for those whom the row let in.
#[derive(Clone)]
pub(crate) struct BoxPresenter {
    state: AppState,
}

impl BoxPresenter {
    pub(crate) fn new(state: AppState) -> Self {
        Self { state }
    }
}

#[derive(askama::Template)]
#[template(path = "problem.html")]
struct ErrorPage<'a> {
    frame: Frame,
    error: &'a HttpError,
    contact: String,
    id: &'a str,
}

impl ErrorPresenter for BoxPresenter {
    type Visit = AdmittedStaff;

    fn begin_visit(&self, request: &mut Request) -> AdmittedStaff {
        let admitted = AdmittedStaff::default();
        request.extensions_mut().insert(admitted.clone());
        admitted
    }

    fn word_fault(&self, _: &AdmittedStaff, fault: &RequestFault) -> FaultWords {
        word_fault(fault)
    }

    fn new_error_id(&self) -> [u8; 4] {
        self.state.random.bytes()
    }

    async fn draw_page(
        &self,
        admitted: AdmittedStaff,
        error: &HttpError,
        id: &str,
    ) -> Result<String, askama::Error> {
        let snapshot = Snapshot::now(&self.state);
        let contact = snapshot.contact();
        let title = error.title.clone().into_owned();
        let frame = match admitted.get() {
            Some(staff) => Frame::staff(&self.state, &snapshot, title, staff, Place::Elsewhere),
            None => Frame::new(&self.state, &snapshot, title),
        };
        ErrorPage { frame, error, contact, id }.render()
    }
}

fn word_fault(fault: &RequestFault) -> FaultWords {
    let words = |title: &'static str, detail: ErrorText, safe: &'static str, next: &'static str| FaultWords {
        title: title.into(),
        detail,
        safe: safe.into(),
        next: next.into(),
    };
    match fault {
        RequestFault::NotFound => {
            let HttpError { title, detail, safe, next, .. } = not_found();
            FaultWords { title, detail, safe, next }
        }
        RequestFault::MethodNotAllowed => words(
            "That cannot be done at this address",
            "The request’s method is not one of those that this address knows.".into(),
            NOT_RECORDED,
            "Use the buttons of the page, or see /api/openapi.json.",
        ),
        RequestFault::Parameter { reason, .. } => {
            words(PARAMETER_TITLE, format!("{reason}.").into(), NOT_CHANGED, PARAMETER_NEXT)
        }
        RequestFault::Json { reason, .. } => words(
            "The JSON document does not fit",
            reason.clone().into(),
            NOT_RECORDED,
            "Compare it with /api/openapi.json.",
        ),
        RequestFault::Form(fault) => words(FORM_TITLE, word_form_fault(fault).into(), NOT_RECORDED, FORM_NEXT),
        RequestFault::TooLong { field } => words(
            "That is too long",
            format!("The field “{field}” is longer than the box takes.").into(),
            NOT_RECORDED,
            "Shorten it and send it again.",
        ),
        RequestFault::TooSlow => words(
            "The request took too long",
            "The rest of it did not come in time.".into(),
            NOT_RECORDED,
            "Go where the Wi-Fi is better and send it again.",
        ),
        RequestFault::BrokenOff => {
            words(FORM_TITLE, "It broke off before its end.".into(), NOT_RECORDED, FORM_NEXT)
        }
        RequestFault::MediaType { expected } => words(
            "The box does not read this kind of content",
            format!("It takes {} here.", word_media(expected)).into(),
            NOT_RECORDED,
            "",
        ),
        RequestFault::IdempotencyKey => FaultWords {
            title: Refusal::KeyForm.to_string().into(),
            detail: Refusal::KeyForm.detail().into(),
            safe: NOT_RECORDED.into(),
            next: "Correct it and send it again.".into(),
        },
        RequestFault::Panicked => FaultWords {
            safe: "If you pressed “Record cleaning”, look at the equipment’s page whether it is there, and record it if it is not.".into(),
            ..word_fault(&RequestFault::Failed)
        },
        RequestFault::Failed => words(
            "The box could not do that",
            "Something in the box went wrong; it is written down there.".into(),
            NOT_RECORDED,
            "Try again in a minute. If it stays so, call biomed and tell them the number below.",
        ),
    }
}

fn word_media(expected: &str) -> String {
    match expected {
        "application/json" => format!("JSON ({expected})"),
        form => format!("a form ({form})"),
    }
}

fn word_form_fault(fault: &FormFault) -> String {
    match fault {
        FormFault::TooManyFields { max } => format!("It has more than {max} fields."),
        FormFault::FieldName => "The name of a field cannot be read.".to_owned(),
        FormFault::NotText(name) => format!("The field “{name}” is not UTF-8 text."),
        FormFault::Repeated(name) => format!("The field “{name}” came more than once."),
    }
}
