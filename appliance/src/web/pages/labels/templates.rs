//! Templates and logo: what every label of the box looks like, and the facility's own, which replace or extend the built-in ones.

use ::labels::{Dpi, Typesetter};
use askama::Template;
use axum::extract::State;
use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use web::answer::{FormReply, MediaBytes, Page, media};
use web::argument::{LenientQuery, Path};
use web::error::HttpError;
use web::form::{
    FilledSection, FormDefinition, FormField, FormPainter, FormSection, FormValues, SEEN_FIELD, read_seen,
};
use words::{S0, S1, SafeHtml, fill_slots};

use crate::printing::{ContentVersion, DesignRefusal, LOGO_BYTES_MAX, TEMPLATE_BYTES_MAX, TemplateView};
use crate::web::access::permissions::{Print, View};
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::answer::{ask_again, go_to};
use crate::web::context::{AppState, run_blocking};
use crate::web::form_page::{FormConflict, FormMarks, SentForm, show_conflict, window_title};
use crate::web::http_error::not_found;
use crate::web::layout::{NavSection, PageLayout, draw_page};
use crate::web::request::bodies::form::{StaffForm, StaffListForm};
use crate::web::request::fields::field_error::Wrong;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::printing::label_faults::{word_label_error, word_warning};
use crate::web::view_models::printing::printer_causes::as_sentence;
use crate::web::view_models::printing::template_words::{
    word_design_refusal, word_template_size, word_template_title,
};
use crate::web::view_models::printing::templates;
use crate::web::view_models::printing::templates::{LogoPicture, refusal_error};
use crate::web::words::{FormWords, PageWords, PrintingWords, TemplatesWords};

pub(super) const LIST: &str = "/staff/labels/templates";
const EDIT: &str = "/staff/labels/templates/edit";
/// What most label printers have, and enough to see all of a label on a page.
const DPI: Dpi = Dpi::D203;
const BEGIN_WITH: &str = "equipment";

#[derive(Clone, Copy)]
struct ListWords {
    templates: TemplatesWords,
    printing: PrintingWords,
}

#[derive(Debug)]
struct Shown {
    view: TemplateView,
    title: String,
    size: String,
    width: u32,
    height: u32,
    seen: Option<ContentVersion>,
    refused: String,
    notes: Vec<String>,
}

impl Shown {
    fn of(w: ListWords, state: &AppState, t: &Typesetter, host: &str, view: TemplateView) -> Self {
        let (title, size) = (word_template_title(w.templates, &view), word_template_size(w.templates, &view));
        let (refused, notes) = (String::new(), Vec::new());
        let seen = state.printing.template_version(&view.name);
        let mut shown = Self { width: 0, height: 0, seen, refused, notes, view, title, size };
        match state.printing.sample(t, &shown.view.name, host, DPI) {
            Some(Ok(drawing)) => {
                (shown.width, shown.height) = (drawing.width, drawing.height);
                shown.notes = drawing
                    .warnings
                    .iter()
                    .map(|warning| as_sentence(&word_warning(w.printing, warning)))
                    .collect();
            }
            Some(Err(error)) => shown.refused = as_sentence(&word_label_error(w.printing, &error)),
            None => {}
        }
        shown
    }
}

#[derive(Debug)]
struct LogoShown {
    width: u32,
    height: u32,
    /// Cache key, so that a browser does not show the previous one.
    version: u64,
}

#[derive(Template)]
#[template(path = "printing/designs.html")]
struct TemplateListPage {
    frame: PageLayout,
    w: TemplatesWords,
    problems: Vec<Wrong>,
    form_token: String,
    own: Vec<Shown>,
    built_in: Vec<Shown>,
    logo: Option<LogoShown>,
    logo_shown_on: String,
}

pub(crate) async fn list(
    signed: StaffCaller<Print>,
    State(state): State<AppState>,
) -> Result<Page, HttpError> {
    run_blocking(&state, move |state| list_page(state, &signed, Vec::new())).await
}

fn list_page(state: &AppState, signed: &StaffSession, problems: Vec<Wrong>) -> Result<Page, HttpError> {
    let (page_words, w, printing): (PageWords, TemplatesWords, PrintingWords) = signed.words();
    let title = window_title(page_words, w.templates_title(), &problems);
    let t = Typesetter::new().map_err(|e| HttpError::internal(&e))?;
    let host = state.store.snapshot().settings.label_host.clone();
    let templates = state.printing.templates();
    let on: Vec<String> = templates.iter().filter(|t| t.logo).map(|t| word_template_title(w, t)).collect();
    let logo_shown_on = on.join("; ");
    let words = ListWords { templates: w, printing };
    let shown = templates.into_iter().map(|view| Shown::of(words, state, &t, &host, view));
    let (own, built_in) = shown.partition(|shown| shown.view.own);
    let snapshot = Snapshot::now(state);
    let logo = state.printing.logo().map(|logo| LogoShown {
        width: logo.size.0,
        height: logo.size.1,
        version: logo.version,
    });
    let page = TemplateListPage {
        frame: PageLayout::staff(state, &snapshot, title, signed, NavSection::Labels),
        w,
        problems,
        form_token: signed.form_token(),
        own,
        built_in,
        logo,
        logo_shown_on,
    };
    draw_page(&page.frame, &page)
}

fn list_again(state: &AppState, signed: &StaffSession, problems: Vec<Wrong>) -> Result<FormReply, HttpError> {
    list_page(state, signed, problems).map(ask_again)
}

pub(crate) async fn show_picture(
    _: StaffCaller<View>,
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<MediaBytes<media::Png>, HttpError> {
    let png = run_blocking(&state, move |state| {
        let mut t = Typesetter::new().map_err(|e| HttpError::internal(&e))?;
        let host = state.store.snapshot().settings.label_host.clone();
        let drawn = state.printing.sample(&t, &name, &host, DPI).and_then(Result::ok);
        let drawing = drawn.ok_or_else(not_found)?;
        drawing.bitmap(&mut t).to_png_1bit(DPI).map_err(|e| HttpError::internal(&e))
    });
    png.await.map(MediaBytes::new)
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct TemplateParams {
    /// The template to begin with.
    #[serde(default)]
    from: String,
}

pub(crate) static TEMPLATE: FormDefinition = FormDefinition {
    name: "template",
    sections: &[FormSection::plain(&[FormField::lines("text", TEMPLATE_BYTES_MAX).required()])],
};

const WAS: &str = "was";

#[derive(Template)]
#[template(path = "printing/design.html")]
struct TemplateFormPage {
    frame: PageLayout,
    w: FormWords,
    t: TemplatesWords,
    title: String,
    problems: Vec<Wrong>,
    marks: FormMarks,
    sections: Vec<FilledSection>,
    name: String,
    fields: SafeHtml,
}

pub(crate) async fn edit(
    signed: StaffCaller<Print>,
    State(state): State<AppState>,
    LenientQuery(TemplateParams { from }): LenientQuery<TemplateParams>,
) -> Result<Page, HttpError> {
    let from = if from.is_empty() { BEGIN_WITH } else { &from };
    // Read before the file: a version older than its content causes one needless conflict, and nothing worse.
    let version = version_of(&state, from);
    let file = state.printing.template_file(from).ok_or_else(not_found)?;
    let own = state.printing.templates().iter().any(|t| t.own && t.name == from);
    let (name, text) =
        if own { (from.to_owned(), file.to_string()) } else { (String::new(), rename_template(&file, from)) };
    let values = FormValues::empty(&TEMPLATE).with("text", text);
    edit_page(&state, &signed, name, &values, Vec::new(), own.then_some(version))
}

fn rename_template(file: &str, name: &str) -> String {
    file.replacen(&format!("name = \"{name}\""), &format!("name = \"{name}-own\""), 1)
}

fn edit_page(
    state: &AppState,
    signed: &StaffSession,
    name: String,
    values: &FormValues,
    problems: Vec<Wrong>,
    seen: Option<ContentVersion>,
) -> Result<Page, HttpError> {
    let (page_words, w, t): (PageWords, FormWords, TemplatesWords) = signed.words();
    let title = if name.is_empty() { t.templates_new() } else { t.template_change(&name) };
    let window = window_title(page_words, title.clone(), &problems);
    let snapshot = Snapshot::now(state);
    let fields = ::labels::Field::ALL.iter().map(|field| draw_code(field.name()));
    let page = TemplateFormPage {
        frame: PageLayout::staff(state, &snapshot, window, signed, NavSection::Labels).with_script(),
        w,
        t,
        title,
        sections: FormPainter::new(&TEMPLATE, w.catalog()).draw(values, &problems)?,
        problems,
        marks: FormMarks::new(state, signed).again(None, seen).over(version_of(state, &name)),
        name,
        fields: fill_slots(t.template_fields(S0, S1), [draw_code("{name}"), SafeHtml::join(fields, ", ")]),
    };
    draw_page(&page.frame, &page)
}

fn draw_code(text: &str) -> SafeHtml {
    SafeHtml::element("span", &[("class", "code"), ("translate", "no")], text)
}

/// A refusal beside its field; an error of the box stays a separate page.
fn to_field_error(w: TemplatesWords, at: &str, refusal: DesignRefusal) -> Result<Vec<Wrong>, HttpError> {
    match refusal {
        DesignRefusal::Ledger(_) => Err(refusal_error(refusal)),
        _ => Ok(vec![Wrong { at: at.to_owned(), words: as_sentence(&word_design_refusal(w, &refusal)) }]),
    }
}

fn version_of(state: &AppState, name: &str) -> ContentVersion {
    state.printing.template_version(name).unwrap_or(ContentVersion::NOTHING)
}

pub(crate) async fn save(
    signed: StaffCaller<Print>,
    State(state): State<AppState>,
    StaffListForm { fields: form, file }: StaffListForm,
) -> Result<FormReply, HttpError> {
    let name = form.text(WAS).chars().take(60).collect::<String>();
    let mut sent = SentForm::<ContentVersion>::read(signed.words(), &TEMPLATE, &form);
    let file = file.filter(|file| !file.is_empty());
    if file.is_some() {
        // What is in the field is not used then, nor is anything wrong with it.
        sent.errors.retain(|error| error.at == SEEN_FIELD);
    }
    let content = file.unwrap_or_else(|| sent.values.text("text").as_bytes().to_vec());
    let shown = String::from_utf8_lossy(&content[..content.len().min(TEMPLATE_BYTES_MAX)]).into_owned();
    sent.values = sent.values.with("text", shown);
    if !sent.errors.is_empty() {
        return edit_page(&state, &signed, name, &sent.values, sent.errors, sent.seen).map(ask_again);
    }
    let (seen, was) = (sent.seen, name.clone());
    let stored = run_blocking(&state, move |state| {
        let seen = seen.map(|seen| (was.as_str(), seen));
        Ok(state.printing.keep_template_over(None, &content, seen))
    });
    match stored.await? {
        Ok(stored) => go_to(&format!("{LIST}#t-{}", stored.view.name)),
        Err(DesignRefusal::Changed(of)) => {
            let is_taken = of != name;
            show_difference(&state, &signed, of, &sent.values, is_taken).await
        }
        Err(refusal) => {
            let wrong = to_field_error(signed.words(), "text", refusal)?;
            edit_page(&state, &signed, name, &sent.values, wrong, seen).map(ask_again)
        }
    }
}

async fn show_difference(
    state: &AppState,
    signed: &StaffSession,
    name: String,
    yours: &FormValues,
    is_taken: bool,
) -> Result<FormReply, HttpError> {
    let now = version_of(state, &name);
    let text = state.printing.template_file(&name).map(|file| file.to_string()).unwrap_or_default();
    let conflict = FormConflict {
        painter: FormPainter::new(&TEMPLATE, signed.words::<FormWords>().catalog()),
        theirs: &FormValues::empty(&TEMPLATE).with("text", text),
        yours,
        now: now.to_string(),
        changed: None,
        thing: name.clone(),
        is_taken,
        action: EDIT.to_owned(),
        back: LIST.to_owned(),
        place: NavSection::Labels,
        carried: vec![(WAS.to_owned(), name)],
    };
    show_conflict(state, signed, conflict).await
}

pub(crate) async fn remove(
    _: StaffCaller<Print>,
    State(state): State<AppState>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let name = form.text("name").to_owned();
    // An unreadable version does not match the current one.
    let seen = read_seen(&form).unwrap_or(Some(ContentVersion::NOTHING));
    run_blocking(&state, move |state| match state.printing.remove_template_over(&name, seen) {
        // A repeated request removes it, too.
        Ok(()) | Err(DesignRefusal::Unknown(_)) => go_to(LIST),
        Err(refusal) => Err(refusal_error(refusal)),
    })
    .await
}

pub(crate) async fn show_logo(
    _: StaffCaller<Print>,
    State(state): State<AppState>,
) -> Result<LogoPicture, HttpError> {
    state.printing.logo().as_ref().map(templates::show_logo).ok_or_else(not_found)
}

pub(crate) async fn save_logo(
    signed: StaffCaller<Print>,
    State(state): State<AppState>,
    read: Result<StaffListForm, HttpError>,
) -> Result<FormReply, HttpError> {
    run_blocking(&state, move |state| {
        let w: TemplatesWords = signed.words();
        let stored = match read {
            Err(error) if error.status == StatusCode::PAYLOAD_TOO_LARGE => {
                let words = w.logo_too_large(LOGO_BYTES_MAX.to_string());
                return list_again(state, &signed, vec![Wrong { at: "file".into(), words }]);
            }
            Err(error) => return Err(error),
            Ok(form) if form.fields.text("do") == "remove" => state.printing.remove_logo(),
            Ok(StaffListForm { file: None, .. }) => {
                let words = w.logo_missing();
                return list_again(state, &signed, vec![Wrong { at: "file".into(), words }]);
            }
            Ok(StaffListForm { file: Some(file), .. }) => state.printing.keep_logo(&file).map(drop),
        };
        match stored {
            Ok(()) | Err(DesignRefusal::NoLogo) => go_to(&format!("{LIST}#logo")),
            Err(refusal) => list_again(state, &signed, to_field_error(w, "file", refusal)?),
        }
    })
    .await
}
