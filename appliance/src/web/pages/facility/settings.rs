//! The facility's settings, for its admins.

use askama::Template;
use axum::extract::State;
use record::fold::{FacilitySettings, RowVersion};
use record::kinds::{CivilDay, DayChange, ProofMethod, SpauldingClass, TimeOfDay, WhoPolicy};
use record::limits::NAME_CHARS_MAX;
use web::answer::{FormReply, Page};
use web::error::HttpError;
use web::form::{FilledSection, FormDefinition, FormField, FormPainter, FormSection, FormValues};

use crate::identity::{AccessOutcome, AccessTarget, own_addresses};
use crate::intake::{
    Command, CommandRefusal, FACILITY_LOCALES, SettingsChange, methods_from, methods_of_class, weakest_method,
};
use crate::web::access::permissions::EditSettings;
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::access_note::AccessNote;
use crate::web::answer::{ask_again, go_to};
use crate::web::commands::run::{CommandFailure, run_command};
use crate::web::context::AppState;
use crate::web::form_page::{
    FormConflict, FormMarks, SentForm, find_refused, is_changed, show_conflict, window_title, word_at_field,
};
use crate::web::http_error::worded;
use crate::web::layout::{NavSection, PageLayout, draw_page};
use crate::web::request::bodies::form::StaffForm;
use crate::web::request::fields::field_error::Wrong;
use crate::web::request::fields::optional_day::read_optional_day;
use crate::web::schedule_fields::read_times;
use crate::web::view_models::machine::label_hosts::{HostQuestion, WEIGHED_HOST_FIELD};
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::words::{FormWords, PageWords, StaffWords};

const BOX: &str = "/staff/box";
const SETTINGS_PATH: &str = "/staff/box/settings";

/// The least proof of who cleaned; by default, whatever the checkbox about names says.
const COMMAND_SOURCES: &[&str] = &["default", "none", "typed", "list", "badge", "pin"];

/// The language and country of printed things; by default, the program's own.
const LOCALES: &[&str] = &["default", "en-us", "en-gb", "es-us", "es-mx", "es-es"];
const LANGUAGES: &[&str] = &["all", "en", "es"];

fn word_locale(settings: &FacilitySettings) -> &'static str {
    LOCALES
        .iter()
        .find(|word: &&&str| word.eq_ignore_ascii_case(&settings.locale))
        .copied()
        .unwrap_or("default")
}

fn word_languages(settings: &FacilitySettings) -> &'static str {
    let [only] = settings.languages.as_slice() else { return "all" };
    LANGUAGES.iter().find(|word| **word == only.as_str()).copied().unwrap_or("all")
}

#[derive(Clone)]
struct ReadSettings {
    inspection_day: DayChange,
    survey: DayChange,
    shifts: Vec<TimeOfDay>,
}

impl ReadSettings {
    fn read(w: FormWords, sent: &mut SentForm<RowVersion>) -> Option<Self> {
        let text = |name: &str| sent.values.text(name).to_owned();
        let (inspection, survey, shifts) = (text("inspection_day"), text("survey"), text("shifts"));
        let inspection = read_day("inspection_day", &inspection, w.form_settings_inspection_day_wrong());
        let survey = read_day("survey", &survey, w.form_settings_survey_wrong());
        let shifts = read_times(&shifts)
            .ok_or_else(|| Wrong { at: "shifts".to_owned(), words: w.form_settings_shifts_wrong() });
        let read = (sent.take(inspection), sent.take(survey), sent.take(shifts));
        let (inspection_day, survey, shifts) = (read.0?, read.1?, read.2?);
        Some(Self { inspection_day, survey, shifts })
    }
}

fn read_day(name: &str, text: &str, words: String) -> Result<DayChange, Wrong> {
    read_optional_day(text).map(DayChange).map_err(|_| Wrong { at: name.to_owned(), words })
}

fn write_optional_day(day: Option<CivilDay>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}

fn write_times(times: &[TimeOfDay]) -> String {
    times.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn word_least(settings: &FacilitySettings, class: SpauldingClass) -> String {
    match methods_of_class(&settings.who, class) {
        Some(_) => weakest_method(settings, class).as_str().to_owned(),
        None => "default".to_owned(),
    }
}

fn changed_proof_methods(
    sent: &FormValues,
    there: &FacilitySettings,
    name: &str,
    class: SpauldingClass,
) -> Option<Vec<ProofMethod>> {
    let least = sent.text(name);
    let methods = || match least {
        "default" => Some(Vec::new()),
        least => least.parse().ok().map(|method| methods_from(&method)),
    };
    if least == word_least(there, class) { None } else { methods() }
}

pub(crate) static SETTINGS: FormDefinition = FormDefinition {
    name: "settings",
    sections: &[
        FormSection::plain(&[
            FormField::line("name", NAME_CHARS_MAX),
            FormField::line("zone", NAME_CHARS_MAX),
            FormField::line("contact", NAME_CHARS_MAX),
            FormField::whole("undo_min", 0, 24 * 60).required(),
            FormField::whole("pin_proof_min", 0, 60).required(),
            FormField::tick("allow_unattributed"),
            FormField::choice("problem", &["tell", "proven", "anyone"]),
            FormField::choice("competency", &["off", "warn", "refuse"]),
            FormField::choice("queued", &["count", "incomplete"]),
            FormField::whole("retain_years", 1, 99).required(),
        ]),
        FormSection::titled(
            "language",
            &[FormField::choice("locale", LOCALES), FormField::choice("languages", LANGUAGES)],
        ),
        FormSection::titled(
            "who",
            &[
                FormField::choice("who_noncritical", COMMAND_SOURCES),
                FormField::choice("who_semicritical", COMMAND_SOURCES),
                FormField::choice("who_critical", COMMAND_SOURCES),
            ],
        ),
        FormSection::titled("address", &[FormField::line("label_host", NAME_CHARS_MAX)]),
        FormSection::folded(
            "brand",
            &[FormField::line("brand_name", NAME_CHARS_MAX), FormField::line("brand_colour", NAME_CHARS_MAX)],
        ),
        FormSection::folded(
            "dates",
            &[
                FormField::line("inspection_day", NAME_CHARS_MAX),
                FormField::line("inspection_title", NAME_CHARS_MAX),
                FormField::line("survey", NAME_CHARS_MAX),
                FormField::line("shifts", NAME_CHARS_MAX),
            ],
        ),
    ],
};

#[derive(Template)]
#[template(path = "facility/settings.html")]
struct SettingsPage {
    frame: PageLayout,
    w: FormWords,
    problems: Vec<Wrong>,
    sections: Vec<FilledSection>,
    marks: FormMarks,
    weighed_host: Option<String>,
}

fn values_of(settings: &FacilitySettings) -> FormValues {
    FormValues::empty(&SETTINGS)
        .with("name", settings.name.as_str())
        .with("zone", settings.zone())
        .with("contact", settings.contact.as_str())
        .with("undo_min", settings.undo_min.to_string())
        .with("pin_proof_min", settings.pin_proof_min.to_string())
        .with_tick("allow_unattributed", settings.allow_unattributed)
        .with("problem", settings.problem.as_str())
        .with("competency", settings.competency.as_str())
        .with("who_noncritical", word_least(settings, SpauldingClass::Noncritical))
        .with("who_semicritical", word_least(settings, SpauldingClass::Semicritical))
        .with("who_critical", word_least(settings, SpauldingClass::Critical))
        .with("label_host", settings.label_host.as_str())
        .with("queued", settings.queued.as_str())
        .with("retain_years", settings.retain_years.to_string())
        .with("locale", word_locale(settings))
        .with("languages", word_languages(settings))
        .with("brand_name", settings.brand.name.as_str())
        .with("brand_colour", settings.brand.colour.as_str())
        .with("inspection_day", write_optional_day(settings.inspection.day.0))
        .with("inspection_title", settings.inspection.title.as_str())
        .with("survey", write_optional_day(settings.survey))
        .with("shifts", write_times(&settings.shifts))
        .remembered()
}

fn changed_word(
    sent: &FormValues,
    name: &str,
    there: &str,
    words: &'static [&'static str],
) -> Option<&'static str> {
    words.iter().copied().find(|word| *word == sent.text(name) && *word != there)
}

/// What the form changes: an entry that changes nothing is noise, and an empty label host stays unset.
fn change(
    sent: &SentForm<RowVersion>,
    read: ReadSettings,
    there: &FacilitySettings,
) -> Option<SettingsChange> {
    let text = |name: &str, there: &str| {
        Some(sent.values.text(name)).filter(|text| *text != there).map(str::to_owned)
    };
    let whole = |name: &str, there: u32| sent.values.text(name).parse().ok().filter(|whole| *whole != there);
    let allow_unattributed = sent.values.is_ticked("allow_unattributed");
    let zone = sent.values.text("zone");
    let methods = |name, class| changed_proof_methods(&sent.values, there, name, class);
    let who = WhoPolicy {
        noncritical: methods("who_noncritical", SpauldingClass::Noncritical),
        semicritical: methods("who_semicritical", SpauldingClass::Semicritical),
        critical: methods("who_critical", SpauldingClass::Critical),
    };
    let settings = SettingsChange {
        name: text("name", &there.name),
        // Nobody has chosen UTC yet.
        zone: Some(zone.to_owned()).filter(|zone| zone != there.zone() || there.zones.is_empty()),
        label_host: text("label_host", &there.label_host),
        allow_unattributed: Some(allow_unattributed).filter(|allow| *allow != there.allow_unattributed),
        undo_min: whole("undo_min", there.undo_min),
        contact: text("contact", &there.contact),
        pin_proof_min: whole("pin_proof_min", there.pin_proof_min),
        problem: sent.values.text("problem").parse().ok().filter(|problem| *problem != there.problem),
        competency: sent.values.text("competency").parse().ok().filter(|policy| *policy != there.competency),
        who: Some(who).filter(|who| *who != WhoPolicy::default()),
        queued: sent.values.text("queued").parse().ok().filter(|queued| *queued != there.queued),
        locale: changed_word(&sent.values, "locale", word_locale(there), LOCALES)
            .map(|word| FACILITY_LOCALES.into_iter().find(|tag| tag.eq_ignore_ascii_case(word)))
            .map(|tag| tag.unwrap_or_default().to_owned()),
        languages: changed_word(&sent.values, "languages", word_languages(there), LANGUAGES)
            .map(|word| Some(word.to_owned()).filter(|word| word != "all").into_iter().collect()),
        inspection_day: Some(read.inspection_day).filter(|day| *day != there.inspection.day),
        inspection_title: text("inspection_title", &there.inspection.title),
        survey: Some(read.survey).filter(|survey| survey.0 != there.survey),
        shifts: Some(read.shifts).filter(|shifts| *shifts != there.shifts),
        brand_name: text("brand_name", &there.brand.name),
        brand_colour: text("brand_colour", &there.brand.colour),
        retain_years: whole("retain_years", there.retain_years),
        seen: None,
    };
    (settings != SettingsChange::default()).then_some(SettingsChange { seen: sent.seen, ..settings })
}

pub(crate) fn refused_field(refusal: &CommandRefusal) -> Option<&'static str> {
    find_refused(&SETTINGS, refusal)
}

fn form_painter(w: FormWords) -> FormPainter<'static> {
    let address = own_addresses().first().map_or_else(|| "10.0.0.5".to_owned(), ToString::to_string);
    let hints = vec![("label_host", w.form_settings_host_hint(format!("HTTP://{address}")))];
    FormPainter { hints, ..FormPainter::new(&SETTINGS, w.catalog()) }
}

fn settings_page(
    state: &AppState,
    signed: &StaffSession,
    values: &FormValues,
    problems: Vec<Wrong>,
    marks: FormMarks,
) -> Result<Page, HttpError> {
    let (page_words, w): (PageWords, FormWords) = signed.words();
    let title = window_title(page_words, w.form_settings_title(), &problems);
    let snapshot = Snapshot::now(state);
    let page = SettingsPage {
        frame: PageLayout::staff(state, &snapshot, title, signed, NavSection::Box).with_script(),
        w,
        sections: form_painter(w).draw(values, &problems)?,
        problems,
        weighed_host: HostQuestion::find(state, values).map(|question| question.host),
        marks: marks.over(snapshot.settings.changed),
    };
    draw_page(&page.frame, &page)
}

pub(crate) async fn ask(
    signed: StaffCaller<EditSettings>,
    State(state): State<AppState>,
) -> Result<Page, HttpError> {
    let there = Snapshot::now(&state).settings;
    let marks = FormMarks::new(&state, &signed).over(there.changed);
    settings_page(&state, &signed, &values_of(&there), Vec::new(), marks)
}

pub(crate) async fn save(
    signed: StaffCaller<EditSettings>,
    State(state): State<AppState>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let mut sent = SentForm::<RowVersion>::read(signed.words(), &SETTINGS, &form);
    let read = ReadSettings::read(signed.words(), &mut sent);
    let question = HostQuestion::find(&state, &sent.values);
    sent.errors
        .extend(question.and_then(|asks| asks.unanswered(signed.words(), form.text(WEIGHED_HOST_FIELD))));
    let Some(read) = read.filter(|_| sent.errors.is_empty()) else {
        return save_again(&state, &signed, sent);
    };
    let there = Snapshot::now(&state).settings;
    let Some(settings) = change(&sent, read, &there) else { return go_to(BOX) };
    let command = Command::ChangeFacility(Box::new(settings));
    match run_command(&state, signed.author(), sent.submission_key("facility"), command).await {
        Ok(_) => {
            signed.notes().add([AccessNote::new(AccessOutcome::SettingsChanged, AccessTarget::Admin)]);
            go_to(BOX)
        }
        Err(CommandFailure::Refused(refusal)) if is_changed(&refusal) => {
            show_difference(&state, &signed, &sent.values).await
        }
        Err(undone) => match undone.at_field(refused_field) {
            Ok((refusal, at)) => {
                sent.errors.push(word_at_field(&signed, at, &refusal));
                save_again(&state, &signed, sent)
            }
            Err(other) => Err(HttpError::from(other).link(BOX, worded(StaffWords::staff_back_to_box))),
        },
    }
}

fn save_again(
    state: &AppState,
    signed: &StaffSession,
    sent: SentForm<RowVersion>,
) -> Result<FormReply, HttpError> {
    let marks = FormMarks::new(state, signed).again(sent.submission, sent.seen);
    settings_page(state, signed, &sent.values, sent.errors, marks).map(ask_again)
}

async fn show_difference(
    state: &AppState,
    signed: &StaffSession,
    yours: &FormValues,
) -> Result<FormReply, HttpError> {
    let now = Snapshot::now(state).settings;
    let w: FormWords = signed.words();
    let conflict = FormConflict {
        painter: form_painter(w),
        theirs: &values_of(&now),
        yours,
        now: now.changed.to_string(),
        changed: Some(now.changed),
        is_taken: false,
        thing: w.form_settings_thing(),
        action: SETTINGS_PATH.to_owned(),
        back: BOX.to_owned(),
        place: NavSection::Box,
        carried: Vec::new(),
    };
    show_conflict(state, signed, conflict).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_offers_every_language_of_a_facility() {
        let tags = FACILITY_LOCALES.map(str::to_ascii_lowercase);
        assert_eq!(LOCALES.strip_prefix(&["default"]), Some(&tags.each_ref().map(String::as_str)[..]));
    }
}
