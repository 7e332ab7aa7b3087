//! The form of a protocol's version: its fields, what is in them, and the version that they describe.

use std::collections::BTreeMap;

use record::kinds::{Agent, CivilDay, ProtocolPublished, ProtocolWords, Step};
use record::limits::{NAME_CHARS_MAX, STEPS_MAX};
use web::form::{FormDefinition, FormField, FormSection, FormValues};

use crate::intake::{CommandRefusal, NewProtocol, TRANSLATION_LANGUAGES};
use crate::web::entered_lines::{read_lines, write_lines};
use crate::web::form_page::find_refused;
use crate::web::request::fields::field_error::Wrong;
use crate::web::request::fields::form_words::{choice_word, read_word};
use crate::web::view_models::page::formats::read_span;
use crate::web::words::RegisterWords;

const STEPS_CHARS_MAX: usize = STEPS_MAX * (NAME_CHARS_MAX + 1);
/// Ten disinfectants, each with its number and how it is diluted.
const AGENTS_CHARS_MAX: usize = 4_000;

pub(crate) static PROTOCOL: FormDefinition = FormDefinition {
    name: "protocol",
    sections: &[
        FormSection::titled(
            "what",
            &[
                FormField::line("name", NAME_CHARS_MAX).required(),
                FormField::choice("class", &["any", "noncritical", "semicritical", "critical"]),
                FormField::prose("steps", STEPS_CHARS_MAX).required(),
                FormField::line("optional_steps", NAME_CHARS_MAX),
                FormField::choice("one_press", &["by_class", "yes", "no"]),
                FormField::line("ppe", NAME_CHARS_MAX),
                FormField::whole("minutes", 1, 1_440),
            ],
        ),
        FormSection::titled(
            "agent",
            &[
                FormField::prose("agents", AGENTS_CHARS_MAX),
                FormField::line("contact_s", 8),
                FormField::tick("declared"),
            ],
        ),
        FormSection::titled(
            "rules",
            &[
                FormField::choice("photo", &["item", "none", "optional", "required"]),
                FormField::whole("photo_one_in", 2, 100),
                FormField::whole("hang_h", 1, 8_760),
                FormField::whole("delay_min", 1, 10_080),
            ],
        ),
        FormSection::titled(
            "source",
            &[
                FormField::line("ifu", NAME_CHARS_MAX),
                FormField::line("ifu_rev", 60),
                FormField::line("approved", NAME_CHARS_MAX),
                FormField::line("effective", 10),
            ],
        ),
        FormSection::titled(
            "english",
            &[
                FormField::line("en_name", NAME_CHARS_MAX),
                FormField::prose("en_steps", STEPS_CHARS_MAX),
                FormField::line("en_ppe", NAME_CHARS_MAX),
            ],
        ),
        FormSection::titled(
            "spanish",
            &[
                FormField::line("es_name", NAME_CHARS_MAX),
                FormField::prose("es_steps", STEPS_CHARS_MAX),
                FormField::line("es_ppe", NAME_CHARS_MAX),
            ],
        ),
    ],
};

pub(super) fn first_values() -> FormValues {
    FormValues::empty(&PROTOCOL).with("class", "any").with("one_press", "by_class").with("photo", "item")
}

pub(super) fn values_of(protocol: &ProtocolPublished, approver: &str) -> FormValues {
    let number = |number: Option<u32>| number.map(|n| n.to_string()).unwrap_or_default();
    let lines = |texts: &mut dyn Iterator<Item = &str>| texts.collect::<Vec<_>>().join("\n");
    let optional: Vec<String> = (1usize..)
        .zip(&protocol.steps)
        .filter(|(_, step)| !step.required)
        .map(|(number, _)| number.to_string())
        .collect();
    let one_press = match protocol.one_press {
        None => "by_class",
        Some(true) => "yes",
        Some(false) => "no",
    };
    let agents = protocol.agents.iter().map(|a| [a.name.as_str(), a.epa.as_str(), a.dilution.as_str()]);
    let mut values = FormValues::empty(&PROTOCOL)
        .with("name", protocol.name.as_str())
        .with("class", protocol.class.map_or_else(|| "any".to_owned(), choice_word))
        .with("steps", lines(&mut protocol.steps.iter().map(|step| step.text.as_str())))
        .with("optional_steps", optional.join(", "))
        .with("one_press", one_press)
        .with("ppe", protocol.ppe.as_str())
        .with("minutes", number(protocol.minutes))
        .with("agents", write_lines(agents))
        .with("contact_s", protocol.contact_s.map(write_span).unwrap_or_default())
        .with_tick("declared", protocol.declared)
        .with("photo", protocol.photo.map_or_else(|| "item".to_owned(), choice_word))
        .with("photo_one_in", number(protocol.photo_one_in))
        .with("hang_h", number(protocol.hang_h.map(u32::from)))
        .with("delay_min", number(protocol.delay_min.map(u32::from)))
        .with("ifu", protocol.ifu.as_str())
        .with("ifu_rev", protocol.ifu_rev.as_str())
        .with("approved", approver)
        .with("effective", protocol.effective.map(|day| day.to_string()).unwrap_or_default());
    for language in TRANSLATION_LANGUAGES {
        let Some(words) = protocol.words.get(language) else { continue };
        values = values
            .with(&format!("{language}_name"), words.name.as_str())
            .with(&format!("{language}_steps"), lines(&mut words.steps.iter().map(String::as_str)))
            .with(&format!("{language}_ppe"), words.ppe.as_str());
    }
    values
}

fn write_span(seconds: u32) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

fn list_lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

/// What cannot be read of a form, beside its fields.
pub(super) struct FieldReader<'a> {
    pub(super) w: RegisterWords,
    pub(super) values: &'a FormValues,
    pub(super) errors: &'a mut Vec<Wrong>,
}

impl FieldReader<'_> {
    fn fault(&mut self, at: &str, words: String) {
        if !self.errors.iter().any(|error| error.at == at) {
            self.errors.push(Wrong { at: at.to_owned(), words });
        }
    }

    fn number<N: std::str::FromStr>(&self, name: &str) -> Option<N> {
        self.values.text(name).parse().ok()
    }

    fn steps(&mut self) -> Vec<Step> {
        let mut steps: Vec<Step> = list_lines(self.values.text("steps"))
            .map(|text| Step { text: text.to_owned(), required: true })
            .collect();
        let numbers = self.values.text("optional_steps").split([',', ' ', ';']);
        for number in numbers.filter(|number| !number.is_empty()) {
            let step = number.parse::<usize>().ok().and_then(|n| steps.get_mut(n.checked_sub(1)?));
            match step {
                Some(step) => step.required = false,
                None => self.fault("optional_steps", self.w.protocol_optional_wrong(number)),
            }
        }
        steps
    }

    fn agents(&mut self) -> Vec<Agent> {
        let mut agents = Vec::new();
        for mut parts in read_lines(self.values.text("agents")) {
            if parts.len() > 3 {
                self.fault("agents", self.w.protocol_agents_wrong());
            }
            parts.resize(3, String::new());
            let mut parts = parts.into_iter();
            let mut next = || parts.next().unwrap_or_default();
            agents.push(Agent { name: next(), epa: next(), dilution: next() });
        }
        agents
    }

    fn translations(&mut self, steps: usize) -> BTreeMap<String, ProtocolWords> {
        let mut all = BTreeMap::new();
        for language in TRANSLATION_LANGUAGES {
            let text = |part: &str| self.values.text(&format!("{language}_{part}"));
            let words = ProtocolWords {
                name: text("name").to_owned(),
                steps: list_lines(text("steps")).map(str::to_owned).collect(),
                ppe: text("ppe").to_owned(),
            };
            if words == ProtocolWords::default() {
                continue;
            }
            if words.steps.len() != steps {
                let wrong = self.w.protocol_translation_wrong(steps, words.steps.len());
                self.fault(&format!("{language}_steps"), wrong);
            }
            all.insert(language.to_owned(), words);
        }
        all
    }

    pub(super) fn read(mut self) -> NewProtocol {
        let contact = self.values.text("contact_s").to_owned();
        let contact_s = read_span(&contact);
        if contact_s.is_none() && !contact.is_empty() {
            self.fault("contact_s", self.w.protocol_contact_wrong());
        }
        let day = self.values.text("effective").to_owned();
        let effective = day.parse::<CivilDay>().ok();
        if effective.is_none() && !day.is_empty() {
            self.fault("effective", self.w.protocol_day_wrong());
        }
        let steps = self.steps();
        let (agents, words) = (self.agents(), self.translations(steps.len()));
        let text = |name: &str| self.values.text(name).to_owned();
        NewProtocol {
            protocol: None,
            name: text("name"),
            steps,
            contact_s,
            declared: self.values.is_ticked("declared"),
            agents,
            minutes: self.number("minutes"),
            ppe: text("ppe"),
            ifu: text("ifu"),
            class: read_word(self.values.text("class")),
            one_press: match self.values.text("one_press") {
                "yes" => Some(true),
                "no" => Some(false),
                _ => None,
            },
            photo: read_word(self.values.text("photo")),
            photo_one_in: self.number("photo_one_in"),
            hang_h: self.number("hang_h"),
            delay_min: self.number("delay_min"),
            approved: text("approved"),
            effective,
            ifu_rev: text("ifu_rev"),
            words,
            from_pack: None,
            seen: None,
        }
    }
}

pub(crate) fn refused_field(refusal: &CommandRefusal) -> Option<&'static str> {
    match refusal.field() {
        Some("words") => Some("es_steps"),
        _ => find_refused(&PROTOCOL, refusal),
    }
}
