//! Printers for staff: their state, discovery, set-up, test labels, and how to read those.

use std::collections::BTreeSet;
use std::time::Duration;

use ::labels::wording::show_text;
use askama::Template;
use axum::extract::State;
use web::answer::{FormReply, OneOf, Page};
use web::argument::{LenientQuery, Path};
use web::error::HttpError;
use web::form::{FilledSection, read_seen};
use web::live::LivePage;

use crate::intake::Permission;
use crate::printing::discovery::{DiscoveredPrinter, ProbePorts, ProbeTarget, TargetError};
use crate::printing::{
    ContentVersion, DeviceTree, JobKind, PDF, PrinterRefusal, PrinterView, SeenAt, discovery,
};
use crate::web::access::permissions::{EditPrinters, View};
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::answer::{FormOrPage, ask_again, go_to};
use crate::web::context::{AppState, run_blocking};
use crate::web::form_page::{FormConflict, FormMarks, SentForm, show_conflict, window_title};
use crate::web::layout::{NavSection, PageLayout, draw_page};
use crate::web::live::live_prints_page;
use crate::web::pages::printers::setup;
use crate::web::pages::printers::setup::{PrinterFormData, PrinterPageWords, PrinterPrefill};
use crate::web::request::bodies::form::StaffForm;
use crate::web::request::fields::choice::SelectOption;
use crate::web::request::fields::field_error::Wrong;
use crate::web::request::submissions::submission::submission_of;
use crate::web::view_models::page::path_segment::path_segment;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::printing::discovery::{LISTEN, begin_look};
use crate::web::view_models::printing::jobs::{PrinterCard, printer_card};
use crate::web::view_models::printing::labels;
use crate::web::view_models::printing::print_refusals::{found_name, word_guess, word_printer_refusal};
use crate::web::view_models::printing::printer_causes::as_sentence;
use crate::web::view_models::printing::printers::{printer_refused, unknown_printer};
use crate::web::view_models::printing::slips::{
    SlipOrder, compose_self_test, compose_setup_slip, is_slip_printer, submit_slip,
};
use crate::web::words::{FormWords, PrinterSetupWords, PrintingWords};

const LOOK: Duration = Duration::from_millis(800);

struct DiscoveredRow {
    name: String,
    why: String,
    seen: String,
    to: Option<String>,
}

#[derive(Template)]
#[template(path = "printing/printers.html")]
struct PrinterListPage {
    frame: PageLayout,
    w: PrintingWords,
    problems: Vec<Wrong>,
    cards: Vec<PrinterCard>,
    found: Vec<DiscoveredRow>,
    looked: bool,
    trouble: String,
    host: String,
    warning: String,
    form_token: String,
    may_change: bool,
}

#[derive(Default)]
struct DiscoveryResult {
    found: Vec<DiscoveredPrinter>,
    requested: bool,
    trouble: String,
    host: String,
    problems: Vec<Wrong>,
}

pub(crate) async fn list(
    signed: StaffCaller<View>,
    State(state): State<AppState>,
) -> Result<Page, HttpError> {
    list_page(&state, &signed, DiscoveryResult::default()).await
}

/// The list; what is plugged in by USB is on it without being asked for.
async fn list_page(
    state: &AppState,
    signed: &StaffSession,
    looked: DiscoveryResult,
) -> Result<Page, HttpError> {
    let live = live_prints_page(state);
    let (views, jobs, plugged) = run_blocking(state, |state| {
        let jobs = state.printing.jobs().map_err(|e| HttpError::internal(&e))?;
        Ok((state.printing.look(LOOK), jobs, discovery::find_usb(&DeviceTree::default())))
    })
    .await?;
    let w: PrintingWords = signed.words();
    let snapshot = Snapshot::now(state);
    let wording = signed.wording(&snapshot.local);
    let known =
        |found: &DiscoveredPrinter| views.iter().any(|view| found.address.as_ref() == Some(&view.address));
    let all = plugged.into_iter().chain(looked.found).filter(|found| !known(found));
    let frame =
        PageLayout::staff(state, &snapshot, w.printers_title(), signed, NavSection::Labels).with_script();
    let template = PrinterListPage {
        frame: if looked.requested { frame } else { frame.live(live) },
        w,
        problems: looked.problems,
        warning: match views.iter().any(|view| view.media.is_darkened_by_wiping) {
            true => w.paper_darkens(),
            false => String::new(),
        },
        cards: views.iter().map(|view| printer_card(w, view, &jobs, &wording)).collect(),
        found: all.map(|found| found_line(w, &found)).collect(),
        looked: looked.requested,
        trouble: looked.trouble,
        host: looked.host,
        form_token: signed.form_token(),
        may_change: signed.can_edit(),
    };
    draw_page(&template.frame, &template)
}

fn found_line(w: PrintingWords, found: &DiscoveredPrinter) -> DiscoveredRow {
    let (name, why) = (found_name(w, found), as_sentence(&word_guess(w, found)));
    let to = found.address.as_ref().map(|address| {
        let mut to =
            format!("/staff/printers/new?name={}&address={}", path_segment(&name), path_segment(address));
        let dpi = found.dpi.map(|dpi| dpi.to_string());
        let provided = [
            ("language", found.language),
            ("dpi", dpi.as_deref()),
            ("media", found.media.as_deref()),
            ("why", Some(why.as_str())),
        ];
        for (name, value) in provided {
            let value = value.map(|value| format!("&{name}={}", path_segment(value)));
            to.push_str(&value.unwrap_or_default());
        }
        to
    });
    let seen = match found.seen {
        SeenAt::Usb => w.printers_seen_usb(),
        SeenAt::Network => w.printers_seen_network(),
        SeenAt::Queried => w.printers_seen_asked(),
    };
    DiscoveredRow { name, why, seen, to }
}

/// Listens on the network, or probes a host that a person named.
pub(crate) async fn look(
    signed: StaffCaller<EditPrinters>,
    State(state): State<AppState>,
    StaffForm(form): StaffForm,
) -> Result<FormOrPage, HttpError> {
    let host = form.text("host").trim().to_owned();
    let _look = begin_look(&state)?;
    let mut looked = DiscoveryResult { requested: true, host: host.clone(), ..DiscoveryResult::default() };
    let w: PrintingWords = signed.words();
    let wrong = |words: String| vec![Wrong { at: "host".into(), words }];
    let received = if host.is_empty() {
        discovery::collect_announcements(LISTEN).await
    } else {
        match host.parse::<ProbeTarget>() {
            Ok(target) => discovery::probe_target(&target, ProbePorts::default()).await,
            Err(TargetError(text)) => {
                looked.problems = wrong(w.printers_not_a_host(show_text(&text)));
                Ok(Vec::new())
            }
        }
    };
    match received {
        Ok(found) => looked.found = found,
        Err(error) if host.is_empty() => {
            looked.trouble = w.printers_not_listened(error.to_string());
        }
        Err(error) => looked.problems = wrong(w.printers_no_host(error.to_string())),
    }
    let is_fine = looked.problems.is_empty();
    let page = list_page(&state, &signed, looked).await?;
    Ok(if is_fine { OneOf::Second(page) } else { OneOf::First(ask_again(page)) })
}

#[derive(Template)]
#[template(path = "printing/printer_new.html")]
struct NewPrinterPage {
    frame: PageLayout,
    w: FormWords,
    s: PrinterSetupWords,
    problems: Vec<Wrong>,
    entered: PrinterFormData,
    /// Whose printers speak what it speaks; absent: which language is asked first.
    speaks: Option<String>,
    languages: Vec<SelectOption>,
    sections: Vec<FilledSection>,
    marks: FormMarks,
    why: String,
}

pub(crate) async fn ask(
    signed: StaffCaller<EditPrinters>,
    State(state): State<AppState>,
    LenientQuery(start): LenientQuery<PrinterPrefill>,
) -> Result<Page, HttpError> {
    let why = start.why.clone();
    new_page(&state, &signed, PrinterFormData::started(start), why, Vec::new())
}

fn new_page(
    state: &AppState,
    signed: &StaffSession,
    entered: PrinterFormData,
    why: String,
    problems: Vec<Wrong>,
) -> Result<Page, HttpError> {
    let snapshot = Snapshot::now(state);
    let words = PrinterPageWords::of_staff(signed);
    let page_words = signed.wording(&snapshot.local).words();
    let title = window_title(page_words, words.printing.printers_add(), &problems);
    let template = NewPrinterPage {
        frame: PageLayout::staff(state, &snapshot, title, signed, NavSection::Labels).with_script(),
        w: words.form,
        s: words.setup,
        speaks: setup::word_makes(words.form, &entered.language)
            .map(|printers| words.setup.printer_new_speaks(&entered.language, printers)),
        languages: setup::language_options(words, &entered),
        sections: setup::form_painter(words, &entered, vec!["language"])
            .draw(&entered.values(), &problems)?,
        problems,
        marks: FormMarks::new(state, signed),
        entered,
        why,
    };
    draw_page(&template.frame, &template)
}

pub(crate) async fn add(
    signed: StaffCaller<EditPrinters>,
    State(state): State<AppState>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let definition = setup::form_of(form.text("language").trim());
    let mut sent = SentForm::<ContentVersion>::read(signed.words(), definition, &form);
    let entered = PrinterFormData::of(&sent.values);
    let settings = sent.take(entered.settings(signed.words(), None));
    if let Some(settings) = settings.filter(|_| sent.errors.is_empty()) {
        match run_blocking(&state, move |state| Ok(state.printing.add(&settings))).await? {
            Ok(printer) => return go_to(&format!("/staff/printers/{}", path_segment(&printer.name))),
            Err(refusal) => sent.errors.push(to_field_error(signed.words(), refusal)?),
        }
    }
    let why = form.text("why").to_owned();
    new_page(&state, &signed, entered, why, each_once(sent.errors)).map(ask_again)
}

fn each_once(errors: Vec<Wrong>) -> Vec<Wrong> {
    let mut fields = BTreeSet::new();
    errors.into_iter().filter(|error| fields.insert(error.at.clone())).collect()
}

/// A refusal beside its field; an error of the box stays a separate page.
fn to_field_error(w: PrintingWords, refusal: PrinterRefusal) -> Result<Wrong, HttpError> {
    let at = match (&refusal, refusal.field()) {
        (PrinterRefusal::Unknown(_) | PrinterRefusal::Fixed(_), _) => return Err(printer_refused(refusal)),
        (_, Some(field)) if field.ends_with("_mm") => "media",
        (_, Some(field)) => field,
        (PrinterRefusal::TooMany, None) => "name",
        _ => return Err(printer_refused(refusal)),
    };
    Ok(Wrong { at: at.to_owned(), words: as_sentence(&word_printer_refusal(w, &refusal)) })
}

#[derive(Template)]
#[template(path = "printing/printer.html")]
struct PrinterPage {
    frame: PageLayout,
    w: FormWords,
    s: PrinterSetupWords,
    problems: Vec<Wrong>,
    card: PrinterCard,
    printer: PrinterView,
    office: bool,
    slips: bool,
    sections: Vec<FilledSection>,
    marks: FormMarks,
    to: String,
    may_change: bool,
    admin: bool,
}

const SETTLED: [&str; 2] = ["name", "language"];

pub(crate) async fn show(
    signed: StaffCaller<View>,
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<Page, HttpError> {
    let there = CurrentPrinter::find(&state, &name).await?;
    let entered = PrinterFormData::present(&there.printer);
    one_page(&state, &signed, there, &entered, Vec::new(), None)
}

struct CurrentPrinter {
    /// The version mark, taken before anything else was read.
    live: LivePage,
    version: Option<ContentVersion>,
    printer: PrinterView,
}

impl CurrentPrinter {
    async fn find(state: &AppState, name: &str) -> Result<Self, HttpError> {
        let live = live_prints_page(state);
        let version = state.printing.printer_version(name);
        Ok(Self { live, version, printer: find(state, name).await? })
    }

    fn path(&self) -> String {
        format!("/staff/printers/{}", path_segment(&self.printer.name))
    }
}

async fn find(state: &AppState, name: &str) -> Result<PrinterView, HttpError> {
    let printers = run_blocking(state, |state| Ok(state.printing.look(LOOK))).await?;
    let found = printers.into_iter().find(|printer| printer.name == name);
    found.ok_or_else(|| unknown_printer(name))
}

fn one_page(
    state: &AppState,
    signed: &StaffSession,
    there: CurrentPrinter,
    entered: &PrinterFormData,
    problems: Vec<Wrong>,
    seen: Option<ContentVersion>,
) -> Result<Page, HttpError> {
    let CurrentPrinter { live, version, printer } = there;
    let snapshot = Snapshot::now(state);
    let jobs = state.printing.jobs().map_err(|e| HttpError::internal(&e))?;
    let words = PrinterPageWords::of_staff(signed);
    let wording = signed.wording(&snapshot.local);
    let card = printer_card(words.printing, &printer, &jobs, &wording);
    let title = window_title(wording.words(), printer.name.clone(), &problems);
    let frame = PageLayout::staff(state, &snapshot, title, signed, NavSection::Labels).with_script();
    let template = PrinterPage {
        frame: frame.live(live),
        w: words.form,
        s: words.setup,
        to: card.to.clone(),
        card,
        office: entered.language == PDF,
        slips: is_slip_printer(&printer),
        sections: setup::form_painter(words, entered, SETTLED.to_vec()).draw(&entered.values(), &problems)?,
        marks: FormMarks {
            seen: seen.or(version).map(|version| version.to_string()),
            ..FormMarks::new(state, signed)
        },
        printer,
        may_change: signed.can_edit(),
        admin: signed.holds(Permission::EditSettings),
        problems,
    };
    draw_page(&template.frame, &template)
}

pub(crate) async fn change(
    signed: StaffCaller<EditPrinters>,
    State(state): State<AppState>,
    Path(name): Path<String>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let there = CurrentPrinter::find(&state, &name).await?;
    let definition = setup::form_of(there.printer.language);
    let mut sent = SentForm::<ContentVersion>::read(signed.words(), definition, &form);
    let (own_name, language) = (there.printer.name.clone(), there.printer.language.to_owned());
    let entered = PrinterFormData { name: own_name, language, ..PrinterFormData::of(&sent.values) };
    let settings = sent.take(entered.settings(signed.words(), Some(&there.printer)));
    if let Some(settings) = settings.filter(|_| sent.errors.is_empty()) {
        let seen = sent.seen;
        let change = move |state: &AppState| Ok(state.printing.change_over(&name, &settings, seen));
        match run_blocking(&state, change).await? {
            Ok(changed) => return go_to(&format!("/staff/printers/{}", path_segment(&changed.view.name))),
            Err(PrinterRefusal::Changed(name)) => {
                return show_difference(&state, &signed, &name, &entered).await;
            }
            Err(refusal) => sent.errors.push(to_field_error(signed.words(), refusal)?),
        }
    }
    one_page(&state, &signed, there, &entered, each_once(sent.errors), sent.seen).map(ask_again)
}

async fn show_difference(
    state: &AppState,
    signed: &StaffSession,
    name: &str,
    yours: &PrinterFormData,
) -> Result<FormReply, HttpError> {
    let now = CurrentPrinter::find(state, name).await?;
    // Dimensions apply only to a custom roll.
    let yours = yours.without_unused();
    let conflict = FormConflict {
        painter: setup::form_painter(PrinterPageWords::of_staff(signed), &yours, SETTLED.to_vec()),
        theirs: &PrinterFormData::present(&now.printer).values(),
        yours: &yours.values(),
        now: now.version.map(|version| version.to_string()).unwrap_or_default(),
        changed: None,
        is_taken: false,
        thing: now.printer.name.clone(),
        action: now.path(),
        back: now.path(),
        place: NavSection::Labels,
        carried: Vec::new(),
    };
    show_conflict(state, signed, conflict).await
}

pub(crate) async fn test(
    _: StaffCaller<EditPrinters>,
    State(state): State<AppState>,
    Path(name): Path<String>,
    _: StaffForm,
) -> Result<FormReply, HttpError> {
    let printer = find(&state, &name).await?;
    let job = labels::print_test(&state, printer.name, None).await?;
    go_to(&format!("/staff/labels/{}", job.summary.id))
}

pub(crate) async fn print_self_test(
    signed: StaffCaller<EditPrinters>,
    State(state): State<AppState>,
    Path(name): Path<String>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let printer = find(&state, &name).await?;
    let content = compose_self_test(signed.words(), &printer);
    let key = submission_of(&form);
    let order = SlipOrder { key, printer: Some(printer.name), kind: JobKind::SelfTest, content };
    let job = submit_slip(&state, order).await?;
    go_to(&format!("/staff/labels/{}", job.summary.id))
}

pub(crate) async fn print_setup_slip(
    signed: StaffCaller<EditPrinters>,
    State(state): State<AppState>,
    Path(name): Path<String>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let printer = find(&state, &name).await?;
    let snapshot = Snapshot::now(&state);
    let wording = signed.wording(&snapshot.local);
    let content = compose_setup_slip(&state, &snapshot, &wording, signed.words());
    let key = submission_of(&form);
    let order = SlipOrder { key, printer: Some(printer.name), kind: JobKind::SetupSlip, content };
    let job = submit_slip(&state, order).await?;
    go_to(&format!("/staff/labels/{}", job.summary.id))
}

pub(crate) async fn remove(
    _: StaffCaller<EditPrinters>,
    State(state): State<AppState>,
    Path(name): Path<String>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    // An unreadable version does not match the current one.
    let seen = read_seen(&form).unwrap_or(Some(ContentVersion::NOTHING));
    let removed = run_blocking(&state, move |state| Ok(state.printing.remove_over(&name, seen))).await?;
    removed.map_err(printer_refused)?;
    go_to("/staff/printers")
}
