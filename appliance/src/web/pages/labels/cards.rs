//! Labels that belong to no item: a protocol's card for the wall, a person's badge, a load's sticker.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use record::fold::FacilityState;
use record::ids::{ProtocolId, StaffId};
use record::kinds::ProtocolPublished;
use web::answer::{FormReply, Page};
use web::argument::FormFields;
use web::error::HttpError;

use crate::store::{LogReader, ReadLane};
use crate::web::access::permissions::Print;
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::{StaffSession, word_role};
use crate::web::answer::{ask_again, go_to};
use crate::web::context::{AppState, run_blocking};
use crate::web::http_error::{unreadable_form, worded};
use crate::web::layout::{NavSection, PageLayout, draw_page};
use crate::web::log_reads::{read_waiting, staff_name};
use crate::web::pages::labels::choices;
use crate::web::pages::labels::choices::{PrintChoices, StationWords};
use crate::web::request::bodies::form::StaffForm;
use crate::web::request::fields::choice::SelectOption;
use crate::web::request::fields::field_error::Wrong;
use crate::web::view_models::page::formats::exact_duration;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::printing::label_fields::{LabelOrder, label_words};
use crate::web::view_models::printing::labels;
use crate::web::words::LabelsWords;

#[derive(Debug, Clone, Default)]
struct CardFormData {
    protocol: String,
    person: String,
    load: String,
    machine: String,
    agent: String,
    lot: String,
    expires: String,
    chosen: PrintChoices,
}

impl CardFormData {
    fn of(form: &FormFields) -> Self {
        let [protocol, person, load, machine, agent, lot, expires] =
            ["protocol", "person", "load", "machine", "agent", "lot", "expires"]
                .map(|name| form.text(name).trim().to_owned());
        Self { protocol, person, load, machine, agent, lot, expires, chosen: PrintChoices::of(form) }
    }

    fn sticker(&self, w: LabelsWords) -> Result<BTreeMap<String, String>, Wrong> {
        if self.load.is_empty() {
            return Err(Wrong { at: "load".into(), words: w.cards_load_wrong() });
        }
        let provided = [
            ("load", &self.load),
            ("machine", &self.machine),
            ("agent", &self.agent),
            ("load_lot", &self.lot),
            ("load_expires", &self.expires),
        ];
        let provided = provided.into_iter().filter(|(_, value)| !value.is_empty());
        Ok(provided.map(|(name, value)| (name.to_owned(), value.clone())).collect())
    }
}

fn wall_card(
    facility: &FacilityState,
    snapshot: &Snapshot,
    protocol: &ProtocolPublished,
) -> BTreeMap<String, String> {
    let steps = (1..).zip(&protocol.steps).map(|(n, step): (u32, _)| format!("{n}. {}", step.text));
    let agents: Vec<&str> = protocol.agents.iter().map(|agent| agent.name.as_str()).collect();
    let words = label_words(&facility.settings);
    let fields = [
        ("protocol", protocol.name.clone()),
        ("protocol_version", protocol.version.to_string()),
        ("steps", steps.collect::<Vec<_>>().join("\n")),
        ("agent", agents.join(", ")),
        ("contact_time", protocol.contact_s.map(|s| exact_duration(words, s)).unwrap_or_default()),
        ("ppe", protocol.ppe.clone()),
        ("ifu", protocol.ifu.clone()),
        ("facility", facility.settings.name.clone()),
        ("date", snapshot.local.date(snapshot.now_ms())),
    ];
    let provided = fields.into_iter().filter(|(_, value)| !value.is_empty());
    provided.map(|(name, value)| (name.to_owned(), value)).collect()
}

pub(crate) fn staff_badge(
    facility: &FacilityState,
    reader: &LogReader,
    staff: StaffId,
) -> Option<BTreeMap<String, String>> {
    let person = facility.staff.get(&staff).filter(|person| !person.left)?;
    let fields = [
        ("person", staff_name(reader, facility, staff)),
        ("role", word_role(label_words(&facility.settings), person.role)),
        ("facility", facility.settings.name.clone()),
    ];
    let provided = fields.into_iter().filter(|(_, value)| !value.is_empty());
    Some(provided.map(|(name, value)| (name.to_owned(), value)).collect())
}

#[derive(Template)]
#[template(path = "printing/cards.html")]
struct CardsPage {
    frame: PageLayout,
    w: LabelsWords,
    problems: Vec<Wrong>,
    form_token: String,
    submission: String,
    protocols: Vec<SelectOption>,
    people: Vec<SelectOption>,
    printers: Vec<SelectOption>,
    entered: CardFormData,
}

pub(crate) async fn ask(
    signed: StaffCaller<Print>,
    State(state): State<AppState>,
) -> Result<Page, HttpError> {
    run_blocking(&state, move |state| form_page(state, &signed, CardFormData::default(), Vec::new())).await
}

fn form_page(
    state: &AppState,
    signed: &StaffSession,
    entered: CardFormData,
    problems: Vec<Wrong>,
) -> Result<Page, HttpError> {
    let words = StationWords::of_staff(signed);
    let w = words.labels;
    let facility = state.store.snapshot();
    let now_ms = state.clock.now().wall_ms;
    let protocols = facility.protocols.iter();
    let protocols = protocols.map(|(id, p)| {
        let p = p.in_force(now_ms);
        SelectOption::new(id.to_string(), w.cards_version(&p.name, p.version.to_string()), &entered.protocol)
    });
    let protocols = protocols.collect();
    let (seen, chosen) = (facility.clone(), entered.person.clone());
    let people = read_waiting(state, ReadLane::of_rows(facility.staff.len()), move |_, reader| {
        let people = seen.staff.iter().filter(|(_, person)| !person.left);
        let options = people
            .map(|(id, _)| SelectOption::entered(id.to_string(), staff_name(reader, &seen, *id), &chosen));
        Ok(options.collect())
    });
    let (snapshot, people) = (Snapshot::of(state, &facility), people?);
    let template = CardsPage {
        frame: PageLayout::staff(state, &snapshot, w.cards_title(), signed, NavSection::Labels).with_script(),
        w,
        problems,
        form_token: signed.form_token(),
        submission: choices::new_submission(state),
        protocols,
        people,
        printers: choices::printer_options(words, &state.printing.printers(), &entered.chosen.printer),
        entered,
    };
    draw_page(&template.frame, &template)
}

type TemplateFields = (&'static str, BTreeMap<String, String>);

fn read_template_fields(
    w: LabelsWords,
    state: &AppState,
    what: &str,
    entered: &CardFormData,
) -> Result<Result<TemplateFields, Wrong>, HttpError> {
    let facility = state.store.snapshot();
    Ok(match what {
        "card" => {
            let protocol = entered.protocol.parse::<ProtocolId>().ok();
            let protocol = protocol.and_then(|id| facility.protocols.get(&id));
            let snapshot = Snapshot::of(state, &facility);
            let fields = protocol.map(|protocol| protocol.in_force(snapshot.now_ms()));
            let fields = fields.map(|protocol| ("protocol-card", wall_card(&facility, &snapshot, protocol)));
            fields.ok_or_else(|| Wrong { at: "protocol".into(), words: w.cards_protocol_wrong() })
        }
        "badge" => {
            let person = entered.person.parse::<StaffId>().ok();
            let seen = facility.clone();
            let fields = read_waiting(state, ReadLane::Quick, move |_, reader| {
                Ok(person.and_then(|staff| staff_badge(&seen, reader, staff)))
            })?;
            let fields = fields.map(|fields| ("badge", fields));
            fields.ok_or_else(|| Wrong { at: "person".into(), words: w.cards_person_wrong() })
        }
        "load" => entered.sticker(w).map(|fields| ("load-sticker", fields)),
        _ => return Err(unreadable_form(worded(LabelsWords::cards_no_kind))),
    })
}

pub(crate) async fn print(
    signed: StaffCaller<Print>,
    State(state): State<AppState>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let (what, entered) = (form.text("do").to_owned(), CardFormData::of(&form));
    let at = match what.as_str() {
        "card" => "protocol",
        "badge" => "person",
        _ => "load",
    };
    let requested = entered.clone();
    let words = StationWords::of_staff(&signed);
    let expected =
        run_blocking(&state, move |state| read_template_fields(words.labels, state, &what, &requested))
            .await?;
    let refused = match (expected, entered.chosen.ask(words.labels)) {
        (Err(wrong), _) | (_, Err(wrong)) => wrong,
        (Ok((template, fields)), Ok(ask)) => {
            let ask = LabelOrder { template: Some(template.to_owned()), fields, ..ask };
            match labels::submit_job(&state, ask).await {
                Ok(job) => return go_to(&format!("/staff/labels/{}", job.summary.id)),
                Err(error) => choices::to_field_error(words.locale(), error, at)?,
            }
        }
    };
    let drawn = run_blocking(&state, move |state| form_page(state, &signed, entered, vec![refused]));
    drawn.await.map(ask_again)
}
