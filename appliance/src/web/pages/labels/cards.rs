//! Labels that name no item: a protocol's card for the wall, a person's badge, a load's sticker.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use record::fold::Facility;
use record::ids::{ProtocolId, StaffId};
use record::kinds::ProtocolPublished;
use web::answer::{FormReply, Page};
use web::argument::FormFields;
use web::error::HttpError;

use crate::store::{ReadLane, Reader};
use crate::web::access::permissions::Print;
use crate::web::access::staff::Staff;
use crate::web::access::staff_session::{StaffSession, word_role};
use crate::web::answer::{ask_again, go_to};
use crate::web::context::{AppState, aside};
use crate::web::http_error::{unreadable_form, worded};
use crate::web::layout::{Frame, Place, draw_page};
use crate::web::log_reads::{read_waiting, staff_name};
use crate::web::pages::labels::choices;
use crate::web::pages::labels::choices::{Chosen, StationWords};
use crate::web::request::choice::Choice;
use crate::web::request::field_error::Wrong;
use crate::web::request::form::StaffForm;
use crate::web::view_models::formats::span;
use crate::web::view_models::label_fields::{LabelOrder, label_words};
use crate::web::view_models::labels;
use crate::web::view_models::snapshot::Snapshot;
use crate::web::words::LabelsWords;

/// What was typed, beside printer and copies.
#[derive(Debug, Clone, Default)]
struct Typed {
    protocol: String,
    person: String,
    load: String,
    machine: String,
    agent: String,
    lot: String,
    expires: String,
    chosen: Chosen,
}

impl Typed {
    fn of(form: &FormFields) -> Self {
        let text = |name: &str| form.text(name).trim().to_owned();
        Self {
            protocol: text("protocol"),
            person: text("person"),
            load: text("load"),
            machine: text("machine"),
            agent: text("agent"),
            lot: text("lot"),
            expires: text("expires"),
            chosen: Chosen::of(form),
        }
    }

    /// The fields of a load sticker.
    fn sticker(&self, w: LabelsWords) -> Result<BTreeMap<String, String>, Wrong> {
        if self.load.is_empty() {
            return Err(Wrong { at: "load".into(), words: w.cards_load_wrong() });
        }
        let given = [
            ("load", &self.load),
            ("machine", &self.machine),
            ("agent", &self.agent),
            ("load_lot", &self.lot),
            ("load_expires", &self.expires),
        ];
        let given = given.into_iter().filter(|(_, value)| !value.is_empty());
        Ok(given.map(|(name, value)| (name.to_owned(), value.clone())).collect())
    }
}

/// The fields of a protocol's card; every step is on it.
fn card(facility: &Facility, snapshot: &Snapshot, protocol: &ProtocolPublished) -> BTreeMap<String, String> {
    let steps = (1..).zip(&protocol.steps).map(|(n, step): (u32, _)| format!("{n}. {}", step.text));
    let agents: Vec<&str> = protocol.agents.iter().map(|agent| agent.name.as_str()).collect();
    let fields = [
        ("protocol", protocol.name.clone()),
        ("protocol_version", protocol.version.to_string()),
        ("steps", steps.collect::<Vec<_>>().join("\n")),
        ("agent", agents.join(", ")),
        ("contact_time", protocol.contact_s.map(|s| span(label_words(), s)).unwrap_or_default()),
        ("ppe", protocol.ppe.clone()),
        ("ifu", protocol.ifu.clone()),
        ("facility", facility.settings.name.clone()),
        ("date", snapshot.local.date(snapshot.now_ms())),
    ];
    let given = fields.into_iter().filter(|(_, value)| !value.is_empty());
    given.map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The fields of a person's badge.
fn badge(facility: &Facility, reader: &Reader, staff: StaffId) -> Option<BTreeMap<String, String>> {
    let person = facility.staff.get(&staff).filter(|person| !person.left)?;
    let fields = [
        ("person", staff_name(reader, facility, staff)),
        ("role", word_role(label_words(), person.role)),
        ("facility", facility.settings.name.clone()),
    ];
    let given = fields.into_iter().filter(|(_, value)| !value.is_empty());
    Some(given.map(|(name, value)| (name.to_owned(), value)).collect())
}

#[derive(Template)]
#[template(path = "cards.html")]
struct CardsPage {
    frame: Frame,
    w: LabelsWords,
    problems: Vec<Wrong>,
    form_token: String,
    submission: String,
    protocols: Vec<Choice>,
    people: Vec<Choice>,
    printers: Vec<Choice>,
    typed: Typed,
}

pub(crate) async fn ask(signed: Staff<Print>, State(state): State<AppState>) -> Result<Page, HttpError> {
    aside(&state, move |state| form_page(state, &signed, Typed::default(), Vec::new())).await
}

fn form_page(
    state: &AppState,
    signed: &StaffSession,
    typed: Typed,
    problems: Vec<Wrong>,
) -> Result<Page, HttpError> {
    let words = StationWords::of_staff(signed);
    let w = words.labels;
    let facility = state.store.snapshot();
    let protocols = facility.protocols.iter();
    let protocols = protocols.map(|(id, p)| {
        Choice::new(id.to_string(), w.cards_version(&p.name, p.version.to_string()), &typed.protocol)
    });
    let protocols = protocols.collect();
    let (seen, chosen) = (facility.clone(), typed.person.clone());
    let people = read_waiting(state, ReadLane::of_rows(facility.staff.len()), move |_, reader| {
        let people = seen.staff.iter().filter(|(_, person)| !person.left);
        let choice = |id: StaffId| Choice::entered(id.to_string(), staff_name(reader, &seen, id), &chosen);
        Ok(people.map(|(id, _)| choice(*id)).collect())
    });
    let (snapshot, people) = (Snapshot::of(state, &facility), people?);
    let template = CardsPage {
        frame: Frame::staff(state, &snapshot, w.cards_title(), signed, Place::Labels).with_script(),
        w,
        problems,
        form_token: signed.form_token(),
        submission: choices::submission(state),
        protocols,
        people,
        printers: choices::printers(words, &state.printing.printers(), &typed.chosen.printer),
        typed,
    };
    draw_page(&template.frame, &template)
}

/// A template and the fields to fill it with.
type Asked = (&'static str, BTreeMap<String, String>);

/// The template and fields of what was asked for.
fn wanted(
    w: LabelsWords,
    state: &AppState,
    what: &str,
    typed: &Typed,
) -> Result<Result<Asked, Wrong>, HttpError> {
    let unknown = |at: &str, words: String| Wrong { at: at.to_owned(), words };
    let facility = state.store.snapshot();
    Ok(match what {
        "card" => {
            let protocol = typed.protocol.parse::<ProtocolId>().ok();
            let protocol = protocol.and_then(|id| facility.protocols.get(&id));
            let snapshot = Snapshot::of(state, &facility);
            let fields = protocol.map(|protocol| ("protocol-card", card(&facility, &snapshot, protocol)));
            fields.ok_or_else(|| unknown("protocol", w.cards_protocol_wrong()))
        }
        "badge" => {
            let person = typed.person.parse::<StaffId>().ok();
            let seen = facility.clone();
            let fields = read_waiting(state, ReadLane::Quick, move |_, reader| {
                Ok(person.and_then(|staff| badge(&seen, reader, staff)))
            })?;
            fields.map(|f| ("badge", f)).ok_or_else(|| unknown("person", w.cards_person_wrong()))
        }
        "load" => typed.sticker(w).map(|fields| ("load-sticker", fields)),
        _ => return Err(unreadable_form(worded(LabelsWords::cards_no_kind))),
    })
}

pub(crate) async fn print(
    signed: Staff<Print>,
    State(state): State<AppState>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let (what, typed) = (form.text("do").to_owned(), Typed::of(&form));
    let at = match what.as_str() {
        "card" => "protocol",
        "badge" => "person",
        _ => "load",
    };
    let asked = typed.clone();
    let words = StationWords::of_staff(&signed);
    let wanted = aside(&state, move |state| wanted(words.labels, state, &what, &asked)).await?;
    let refused = match (wanted, typed.chosen.ask(words.labels)) {
        (Err(wrong), _) | (_, Err(wrong)) => wrong,
        (Ok((template, fields)), Ok(ask)) => {
            let ask = LabelOrder { template: Some(template.to_owned()), fields, ..ask };
            match labels::submit(&state, ask).await {
                Ok(job) => return go_to(&format!("/staff/labels/{}", job.summary.id)),
                Err(error) => choices::wrong(words.locale(), error, at)?,
            }
        }
    };
    let drawn = aside(&state, move |state| form_page(state, &signed, typed, vec![refused]));
    drawn.await.map(ask_again)
}
