//! Printers for staff: how each is, looking for one, setting one up, its test label, and how that is read.

use std::collections::BTreeSet;
use std::time::Duration;

use ::labels::wording::show_text;
use askama::Template;
use axum::extract::State;
use web::answer::{FormReply, OneOf, Page};
use web::argument::{Lenient, Path};
use web::error::HttpError;
use web::form::FilledSection;
use web::live::LivePage;

use crate::intake::Permission;
use crate::printing::discovery::{Doors, Found, Target, TargetError};
use crate::printing::{ContentVersion, DeviceTree, PDF, PrinterRefusal, PrinterView, SeenAt, discovery};
use crate::web::access::permissions::{EditPrinters, View};
use crate::web::access::staff::Staff;
use crate::web::access::staff_session::StaffSession;
use crate::web::answer::{FormOrPage, ask_again, go_to};
use crate::web::context::{AppState, aside};
use crate::web::form_page::{FormConflict, FormMarks, SentForm, show_conflict, window_title};
use crate::web::layout::{Frame, Place, draw_page};
use crate::web::live::live_prints_page;
use crate::web::pages::printers::setup;
use crate::web::pages::printers::setup::{PrinterPageWords, PrinterPrefill, Typed};
use crate::web::request::choice::Choice;
use crate::web::request::field_error::Wrong;
use crate::web::request::form::StaffForm;
use crate::web::view_models::discovery::{LISTEN, begin_look};
use crate::web::view_models::jobs::{PrinterCard, printer_card, segment};
use crate::web::view_models::labels;
use crate::web::view_models::print_refusals::{found_name, word_guess, word_printer_refusal};
use crate::web::view_models::printer_causes::sentence;
use crate::web::view_models::printers::{printer_refused, unknown_printer};
use crate::web::view_models::snapshot::Snapshot;
use crate::web::words::{FormWords, PrinterSetupWords, PrintingWords};

/// How long the page of one printer waits for its answer.
const LOOK: Duration = Duration::from_millis(800);

/// A printer that could be set up.
struct DiscoveredRow {
    name: String,
    why: String,
    seen: String,
    /// The form, filled in.
    to: Option<String>,
}

#[derive(Template)]
#[template(path = "printers.html")]
struct PrinterListPage {
    frame: Frame,
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

/// What was found, and how.
#[derive(Default)]
struct DiscoveryResult {
    found: Vec<Found>,
    asked: bool,
    trouble: String,
    host: String,
    problems: Vec<Wrong>,
}

pub(crate) async fn list(signed: Staff<View>, State(state): State<AppState>) -> Result<Page, HttpError> {
    list_page(&state, &signed, DiscoveryResult::default()).await
}

/// The list; what is plugged in by USB is on it without being asked for.
async fn list_page(
    state: &AppState,
    signed: &StaffSession,
    looked: DiscoveryResult,
) -> Result<Page, HttpError> {
    let live = live_prints_page(state);
    let (views, jobs, plugged) = aside(state, |state| {
        let jobs = state.printing.jobs().map_err(|e| HttpError::internal(&e))?;
        Ok((state.printing.look(LOOK), jobs, discovery::usb(&DeviceTree::default())))
    })
    .await?;
    let w: PrintingWords = signed.words();
    let snapshot = Snapshot::now(state);
    let wording = signed.wording(&snapshot.local);
    let known = |found: &Found| views.iter().any(|view| found.address.as_ref() == Some(&view.address));
    let all = plugged.into_iter().chain(looked.found).filter(|found| !known(found));
    let frame = Frame::staff(state, &snapshot, w.printers_title(), signed, Place::Labels).with_script();
    let template = PrinterListPage {
        frame: if looked.asked { frame } else { frame.live(live) },
        w,
        problems: looked.problems,
        warning: match views.iter().any(|view| view.media.is_darkened_by_wiping) {
            true => w.paper_darkens(),
            false => String::new(),
        },
        cards: views.iter().map(|view| printer_card(w, view, &jobs, &wording)).collect(),
        found: all.map(|found| found_line(w, &found)).collect(),
        looked: looked.asked,
        trouble: looked.trouble,
        host: looked.host,
        form_token: signed.form_token(),
        may_change: signed.can_edit(),
    };
    draw_page(&template.frame, &template)
}

fn found_line(w: PrintingWords, found: &Found) -> DiscoveredRow {
    let (name, why) = (found_name(w, found), word_guess(w, found));
    let to = found.address.as_ref().map(|address| {
        let mut to = format!("/staff/printers/new?name={}&address={}", segment(&name), segment(address));
        let dpi = found.dpi.map(|dpi| dpi.to_string());
        let given = [
            ("language", found.language),
            ("dpi", dpi.as_deref()),
            ("media", found.media.as_deref()),
            ("why", Some(why.as_str())),
        ];
        for (name, value) in given {
            let value = value.map(|value| format!("&{name}={}", segment(value)));
            to.push_str(&value.unwrap_or_default());
        }
        to
    });
    let seen = match found.seen {
        SeenAt::Usb => w.printers_seen_usb(),
        SeenAt::Network => w.printers_seen_network(),
        SeenAt::Asked => w.printers_seen_asked(),
    };
    DiscoveredRow { name, why: sentence(&why), seen, to }
}

/// Listens on the network, or knocks at a host that a person named.
pub(crate) async fn look(
    signed: Staff<EditPrinters>,
    State(state): State<AppState>,
    StaffForm(form): StaffForm,
) -> Result<FormOrPage, HttpError> {
    let host = form.text("host").trim().to_owned();
    let _look = begin_look(&state)?;
    let mut looked = DiscoveryResult { asked: true, host: host.clone(), ..DiscoveryResult::default() };
    let w: PrintingWords = signed.words();
    let wrong = |words: String| vec![Wrong { at: "host".into(), words }];
    let heard = if host.is_empty() {
        discovery::announced(LISTEN).await
    } else {
        match host.parse::<Target>() {
            Ok(target) => discovery::probe(&target, Doors::default()).await,
            Err(TargetError(text)) => {
                looked.problems = wrong(w.printers_not_a_host(show_text(&text)));
                Ok(Vec::new())
            }
        }
    };
    match heard {
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
#[template(path = "printer_new.html")]
struct NewPrinterPage {
    frame: Frame,
    w: FormWords,
    s: PrinterSetupWords,
    problems: Vec<Wrong>,
    typed: Typed,
    /// Whose printers speak what it speaks; absent: which language is asked first.
    speaks: Option<String>,
    languages: Vec<Choice>,
    sections: Vec<FilledSection>,
    marks: FormMarks,
    why: String,
}

pub(crate) async fn ask(
    signed: Staff<EditPrinters>,
    State(state): State<AppState>,
    Lenient(start): Lenient<PrinterPrefill>,
) -> Result<Page, HttpError> {
    let why = start.why.clone();
    new_page(&state, &signed, Typed::started(start), why, Vec::new())
}

fn new_page(
    state: &AppState,
    signed: &StaffSession,
    typed: Typed,
    why: String,
    problems: Vec<Wrong>,
) -> Result<Page, HttpError> {
    let snapshot = Snapshot::now(state);
    let words = PrinterPageWords::of_staff(signed);
    let page_words = signed.wording(&snapshot.local).words();
    let title = window_title(page_words, words.printing.printers_add(), &problems);
    let template = NewPrinterPage {
        frame: Frame::staff(state, &snapshot, title, signed, Place::Labels).with_script(),
        w: words.form,
        s: words.setup,
        speaks: setup::word_makes(words.form, &typed.language)
            .map(|printers| words.setup.printer_new_speaks(&typed.language, printers)),
        languages: setup::languages(words, &typed),
        sections: setup::painter(words, &typed, vec!["language"]).draw(&typed.values(), &problems)?,
        problems,
        marks: FormMarks::new(state, signed),
        typed,
        why,
    };
    draw_page(&template.frame, &template)
}

pub(crate) async fn add(
    signed: Staff<EditPrinters>,
    State(state): State<AppState>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let definition = setup::form_of(form.text("language").trim());
    let mut sent = SentForm::<ContentVersion>::read(signed.words(), definition, &form);
    let typed = Typed::of(&sent.values);
    let settings = sent.take(typed.settings(signed.words(), None));
    if let Some(settings) = settings.filter(|_| sent.errors.is_empty()) {
        match aside(&state, move |state| Ok(state.printing.add(&settings))).await? {
            Ok(printer) => return go_to(&format!("/staff/printers/{}", segment(&printer.name))),
            Err(refusal) => sent.errors.push(wrong(signed.words(), refusal)?),
        }
    }
    let why = form.text("why").to_owned();
    new_page(&state, &signed, typed, why, each_once(sent.errors)).map(ask_again)
}

/// A field by itself and the settings as a whole may refuse the same number: once is enough.
fn each_once(errors: Vec<Wrong>) -> Vec<Wrong> {
    let mut fields = BTreeSet::new();
    errors.into_iter().filter(|error| fields.insert(error.at.clone())).collect()
}

/// A refusal beside its field; the box's own fault stays a page of its own.
fn wrong(w: PrintingWords, refusal: PrinterRefusal) -> Result<Wrong, HttpError> {
    let at = match (&refusal, refusal.field()) {
        (PrinterRefusal::Unknown(_) | PrinterRefusal::Fixed(_), _) => return Err(printer_refused(refusal)),
        (_, Some(field)) if field.ends_with("_mm") => "media",
        (_, Some(field)) => field,
        (PrinterRefusal::TooMany, None) => "name",
        _ => return Err(printer_refused(refusal)),
    };
    Ok(Wrong { at: at.to_owned(), words: sentence(&word_printer_refusal(w, &refusal)) })
}

#[derive(Template)]
#[template(path = "printer.html")]
struct PrinterPage {
    frame: Frame,
    w: FormWords,
    s: PrinterSetupWords,
    problems: Vec<Wrong>,
    card: PrinterCard,
    printer: PrinterView,
    office: bool,
    sections: Vec<FilledSection>,
    marks: FormMarks,
    to: String,
    may_change: bool,
    admin: bool,
}

/// What is settled once a printer is set up.
const SETTLED: [&str; 2] = ["name", "language"];

pub(crate) async fn show(
    signed: Staff<View>,
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<Page, HttpError> {
    let there = PresentPrinter::find(&state, &name).await?;
    let typed = Typed::present(&there.printer);
    one_page(&state, &signed, there, &typed, Vec::new(), None)
}

/// A printer as it is set now.
struct PresentPrinter {
    /// What was known before all else was read.
    live: LivePage,
    version: Option<ContentVersion>,
    printer: PrinterView,
}

impl PresentPrinter {
    async fn find(state: &AppState, name: &str) -> Result<Self, HttpError> {
        let live = live_prints_page(state);
        let version = state.printing.printer_version(name);
        Ok(Self { live, version, printer: find(state, name).await? })
    }

    fn path(&self) -> String {
        format!("/staff/printers/{}", segment(&self.printer.name))
    }
}

async fn find(state: &AppState, name: &str) -> Result<PrinterView, HttpError> {
    let printers = aside(state, |state| Ok(state.printing.look(LOOK))).await?;
    let found = printers.into_iter().find(|printer| printer.name == name);
    found.ok_or_else(|| unknown_printer(name))
}

fn one_page(
    state: &AppState,
    signed: &StaffSession,
    there: PresentPrinter,
    typed: &Typed,
    problems: Vec<Wrong>,
    seen: Option<ContentVersion>,
) -> Result<Page, HttpError> {
    let PresentPrinter { live, version, printer } = there;
    let snapshot = Snapshot::now(state);
    let jobs = state.printing.jobs().map_err(|e| HttpError::internal(&e))?;
    let words = PrinterPageWords::of_staff(signed);
    let wording = signed.wording(&snapshot.local);
    let card = printer_card(words.printing, &printer, &jobs, &wording);
    let title = window_title(wording.words(), printer.name.clone(), &problems);
    let frame = Frame::staff(state, &snapshot, title, signed, Place::Labels).with_script();
    let template = PrinterPage {
        frame: frame.live(live),
        w: words.form,
        s: words.setup,
        to: card.to.clone(),
        card,
        office: typed.language == PDF,
        sections: setup::painter(words, typed, SETTLED.to_vec()).draw(&typed.values(), &problems)?,
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
    signed: Staff<EditPrinters>,
    State(state): State<AppState>,
    Path(name): Path<String>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let there = PresentPrinter::find(&state, &name).await?;
    let definition = setup::form_of(there.printer.language);
    let mut sent = SentForm::<ContentVersion>::read(signed.words(), definition, &form);
    let (own_name, language) = (there.printer.name.clone(), there.printer.language.to_owned());
    let typed = Typed { name: own_name, language, ..Typed::of(&sent.values) };
    let settings = sent.take(typed.settings(signed.words(), Some(&there.printer)));
    if let Some(settings) = settings.filter(|_| sent.errors.is_empty()) {
        let seen = sent.seen;
        let change = move |state: &AppState| Ok(state.printing.change_over(&name, &settings, seen));
        match aside(&state, change).await? {
            Ok(changed) => return go_to(&format!("/staff/printers/{}", segment(&changed.view.name))),
            Err(PrinterRefusal::Changed(name)) => {
                return show_difference(&state, &signed, &name, &typed).await;
            }
            Err(refusal) => sent.errors.push(wrong(signed.words(), refusal)?),
        }
    }
    one_page(&state, &signed, there, &typed, each_once(sent.errors), sent.seen).map(ask_again)
}

/// The printer as it is set now beside what came.
async fn show_difference(
    state: &AppState,
    signed: &StaffSession,
    name: &str,
    yours: &Typed,
) -> Result<FormReply, HttpError> {
    let now = PresentPrinter::find(state, name).await?;
    // Measures count for a roll of one's own only.
    let yours = yours.without_unused();
    let conflict = FormConflict {
        painter: setup::painter(PrinterPageWords::of_staff(signed), &yours, SETTLED.to_vec()),
        theirs: &Typed::present(&now.printer).values(),
        yours: &yours.values(),
        now: now.version.map(|version| version.to_string()).unwrap_or_default(),
        changed: None,
        is_taken: false,
        thing: now.printer.name.clone(),
        action: now.path(),
        back: now.path(),
        place: Place::Labels,
        carried: Vec::new(),
    };
    show_conflict(state, signed, conflict).await
}

pub(crate) async fn test(
    _: Staff<EditPrinters>,
    State(state): State<AppState>,
    Path(name): Path<String>,
    _: StaffForm,
) -> Result<FormReply, HttpError> {
    let printer = find(&state, &name).await?;
    let job = labels::test(&state, printer.name, None).await?;
    go_to(&format!("/staff/labels/{}", job.summary.id))
}

pub(crate) async fn remove(
    _: Staff<EditPrinters>,
    State(state): State<AppState>,
    Path(name): Path<String>,
    _: StaffForm,
) -> Result<FormReply, HttpError> {
    let removed = aside(&state, move |state| Ok(state.printing.remove(&name))).await?;
    removed.map_err(printer_refused)?;
    go_to("/staff/printers")
}
