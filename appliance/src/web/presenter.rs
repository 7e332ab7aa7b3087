//! Renders errors as pages or JSON.

use askama::Template as _;
use axum::extract::Request;
use web::answer::Page;
use web::error::{ErrorText, FaultWords, FormFault, HttpError, RequestFault};
use web::present::ErrorPresenter;
use words::{Language, Locale, LocalePreferences, S0, SafeHtml, WordSet as _, fill_slots};

use crate::intake::CommandRefusal;
use crate::web::access::staff_session::AdmittedStaff;
use crate::web::context::AppState;
use crate::web::http_error::{not_found, refusal_texts, worded};
use crate::web::layout::{NavSection, PageLayout};
use crate::web::request::client::cookies::find_language;
use crate::web::request::client::language::FacilityLanguages;
use crate::web::request::client::peer::find_peer;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::page::wording::PageWording;
use crate::web::words::{ErrorWords, PageWords, RefusalWords, StaffWords};

/// Words every error for the caller; those who passed the row's access check get a page.
#[derive(Clone)]
pub(crate) struct BoxPresenter {
    state: AppState,
}

impl BoxPresenter {
    pub(crate) fn new(state: AppState) -> Self {
        Self { state }
    }
}

/// Who asked, as far as an error's page needs it.
pub(crate) struct PageReader {
    admitted: AdmittedStaff,
    languages: LocalePreferences,
    /// The languages that the request names, in a cookie or a header.
    requested: LocalePreferences,
}

impl PageReader {
    /// Pages of staff are in the language of their frame, and an error of which one text is in English is in English.
    fn locale_for(&self, error: &HttpError) -> Locale {
        match self.admitted.get() {
            Some(staff) => staff.words::<StaffWords>().catalog().locale(),
            None => self.languages.best_locale(|language| is_worded(error, language)),
        }
    }

    fn problem_locale(&self, error: &HttpError) -> Locale {
        match self.admitted.get() {
            Some(staff) if error.is_in_every_locale() => staff.words::<StaffWords>().catalog().locale(),
            _ => self.requested.best_locale(|language| is_worded(error, language)),
        }
    }
}

fn is_worded(error: &HttpError, language: Language) -> bool {
    let has_words = <(PageWords, ErrorWords, RefusalWords)>::has_language(language);
    language == Language::English || (has_words && error.is_in_every_locale())
}

#[derive(askama::Template)]
#[template(path = "problem.html")]
struct ErrorPage {
    frame: PageLayout,
    detail: String,
    safe: String,
    next: String,
    links: Vec<(String, String)>,
    stays: SafeHtml,
}

impl ErrorPresenter for BoxPresenter {
    type Visit = PageReader;

    fn begin_visit(&self, request: &mut Request) -> PageReader {
        let admitted = AdmittedStaff::default();
        let secure = find_peer(request.extensions()).secure;
        let facility = FacilityLanguages::of(&self.state.store.snapshot().settings);
        let languages = facility.read_preferences(request.headers(), secure);
        let requested = facility.find_requested(request.headers(), find_language(request.headers(), secure));
        request.extensions_mut().insert(admitted.clone());
        request.extensions_mut().insert(facility);
        PageReader { admitted, languages, requested }
    }

    fn problem_locale(&self, reader: &PageReader, error: &HttpError) -> Locale {
        reader.problem_locale(error)
    }

    fn word_fault(&self, _: &PageReader, fault: &RequestFault) -> FaultWords {
        word_fault(fault)
    }

    fn new_error_id(&self) -> [u8; 4] {
        self.state.random.bytes()
    }

    async fn draw_page(
        &self,
        reader: PageReader,
        error: &HttpError,
        id: &str,
    ) -> Result<Page, askama::Error> {
        let locale = reader.locale_for(error);
        let (page_words, w) = <(PageWords, ErrorWords)>::in_locale(locale);
        let snapshot = Snapshot::now(&self.state);
        let contact = PageWording::new(page_words, &snapshot.local).contact(&snapshot.settings);
        let title = word_text(&error.title, locale);
        let frame = match reader.admitted.get() {
            Some(staff) => PageLayout::staff(&self.state, &snapshot, title, staff, NavSection::Elsewhere),
            None if error.is_in_every_locale() => PageLayout::open(&self.state, &snapshot, page_words, title),
            None => PageLayout::open(&self.state, &snapshot, page_words, title).without_languages(),
        };
        let page = ErrorPage {
            frame,
            detail: word_text(&error.detail, locale),
            safe: word_text(&error.safe, locale),
            next: word_text(&error.next, locale),
            links: error.links.iter().map(|link| (link.to.clone(), word_text(&link.words, locale))).collect(),
            stays: fill_slots(w.error_stays(S0, id), [contact]),
        };
        Ok(Page::of_html(page.render()?).in_locale(locale))
    }
}

fn word_text(text: &ErrorText, locale: Locale) -> String {
    text.in_locale(locale).into_owned()
}

fn word_unrecorded(title: ErrorText, detail: ErrorText, next: ErrorText) -> FaultWords {
    let safe = worded(ErrorWords::error_nothing_recorded);
    FaultWords { title, detail, safe, next }
}

fn word_fault(fault: &RequestFault) -> FaultWords {
    match fault {
        RequestFault::NotFound => {
            let HttpError { title, detail, safe, next, .. } = not_found();
            FaultWords { title, detail, safe, next }
        }
        RequestFault::MethodNotAllowed => word_unrecorded(
            worded(ErrorWords::error_method),
            worded(ErrorWords::error_method_detail),
            worded(ErrorWords::error_method_next),
        ),
        RequestFault::Parameter { reason, .. } => FaultWords {
            safe: worded(ErrorWords::error_nothing_changed),
            ..word_unrecorded(
                worded(ErrorWords::error_parameter),
                format!("{reason}.").into(),
                worded(ErrorWords::error_parameter_next),
            )
        },
        RequestFault::Json { reason, .. } => word_unrecorded(
            worded(ErrorWords::error_json),
            word_json_reason(reason.clone()),
            worded(ErrorWords::error_json_next),
        ),
        RequestFault::Form(fault) => word_unrecorded(
            worded(ErrorWords::error_form),
            word_form_fault(fault.clone()),
            worded(ErrorWords::error_form_next),
        ),
        RequestFault::TooLong { field } => {
            let field = field.clone();
            word_unrecorded(
                worded(ErrorWords::error_too_long),
                worded(move |words: ErrorWords| words.error_too_long_detail(&field)),
                worded(ErrorWords::error_too_long_next),
            )
        }
        RequestFault::TooSlow => word_unrecorded(
            worded(ErrorWords::error_too_slow),
            worded(ErrorWords::error_too_slow_detail),
            worded(ErrorWords::error_too_slow_next),
        ),
        RequestFault::BrokenOff => word_unrecorded(
            worded(ErrorWords::error_form),
            worded(ErrorWords::error_form_broken_off),
            worded(ErrorWords::error_form_next),
        ),
        RequestFault::MediaType { expected } => word_unrecorded(
            worded(ErrorWords::error_media),
            word_media(expected),
            worded(ErrorWords::error_media_next),
        ),
        RequestFault::IdempotencyKey => {
            let (title, detail) = refusal_texts(CommandRefusal::KeyForm);
            word_unrecorded(title, detail, worded(ErrorWords::error_correct))
        }
        RequestFault::Panicked => {
            FaultWords { safe: worded(ErrorWords::error_panicked), ..word_fault(&RequestFault::Failed) }
        }
        RequestFault::Failed => word_unrecorded(
            worded(ErrorWords::error_failed),
            worded(ErrorWords::error_failed_detail),
            worded(ErrorWords::error_failed_next),
        ),
    }
}

fn word_json_reason(reason: String) -> ErrorText {
    worded(move |words: ErrorWords| words.error_json_detail(&reason))
}

fn word_media(expected: &'static str) -> ErrorText {
    worded(move |words: ErrorWords| match expected {
        "application/json" => words.error_media_json(expected),
        form => words.error_media_form(form),
    })
}

fn word_form_fault(fault: FormFault) -> ErrorText {
    worded(move |words: ErrorWords| match &fault {
        FormFault::TooManyFields { max } => words.error_form_many_fields(max.to_string()),
        FormFault::FieldName => words.error_form_field_name(),
        FormFault::NotText(name) => words.error_form_not_text(name),
        FormFault::Repeated(name) => words.error_form_repeated(name),
    })
}
