//! What a pack holds, as its TOML says, within bounds.

use std::collections::BTreeSet;

use record::code::is_hidden_in_text;
use record::kinds::{
    Agent, CategoryField, FieldType, PackSource, PhotoPolicy, ProtocolPublished, ProtocolWords, Schedule,
    SpauldingClass,
};
use record::limits::{
    AGENTS_MAX, NAME_CHARS_MAX, OWN_FIELD_CHOICES_MAX, OWN_FIELD_KEY_CHARS_MAX, OWN_FIELDS_MAX, STEPS_MAX,
};
use record::tree::Hash;
use serde::{Deserialize, Serialize};

/// Protocols of a pack, and categories: more than a facility has; the file has a bound of its own.
const DRAFTS_MAX: usize = 300;
const ID_CHARS_MAX: usize = 60;
const VERSION_CHARS_MAX: usize = 40;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DraftPack {
    pub name: String,
    pub version: String,
    #[serde(rename = "draft", default, skip_serializing_if = "Vec::is_empty")]
    pub drafts: Vec<PackDraft>,
    #[serde(rename = "category", default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<PackCategory>,
}

/// A protocol of a pack. Contact time, instructions and approval are the facility's own, so it has none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackDraft {
    pub id: String,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<SpauldingClass>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub ppe: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<u32>,
    pub steps: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub optional_steps: Vec<usize>,
    /// What it may be wiped with, as examples: the person who adopts the draft says what the facility uses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub agents: Vec<PackAgent>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub one_press: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photo: Option<PhotoPolicy>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photo_one_in: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hang_h: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_min: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub en: Option<ProtocolWords>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub es: Option<ProtocolWords>,
}

/// A disinfectant that a draft names: what it says of it is what its maker says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "WrittenAgent", into = "WrittenAgent")]
pub struct PackAgent(pub Agent);

/// As a file has it: a name alone is a text, which earlier programs read too.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum WrittenAgent {
    Name(String),
    Product(WrittenProduct),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenProduct {
    name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    epa: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    dilution: String,
}

impl From<WrittenAgent> for PackAgent {
    fn from(written: WrittenAgent) -> Self {
        Self(match written {
            WrittenAgent::Name(name) => Agent { name, ..Agent::default() },
            WrittenAgent::Product(WrittenProduct { name, epa, dilution }) => Agent { name, epa, dilution },
        })
    }
}

impl From<PackAgent> for WrittenAgent {
    fn from(PackAgent(Agent { name, epa, dilution }): PackAgent) -> Self {
        match epa.is_empty() && dilution.is_empty() {
            true => Self::Name(name),
            false => Self::Product(WrittenProduct { name, epa, dilution }),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackCategory {
    pub id: String,
    pub name: String,
    /// Its name in Spanish; empty: the same.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub es: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<SpauldingClass>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photo: Option<PhotoPolicy>,
    /// Drafts of the pack by which its items are cleaned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub protocols: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    #[serde(rename = "field", default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<PackField>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackField {
    pub label: String,
    /// Its label in Spanish; empty: the same.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub es: String,
    #[serde(rename = "type")]
    pub field_type: FieldType,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices_es: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
}

/// Why a pack's content is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackFault {
    #[error("{0}")]
    Toml(String),
    #[error("it holds nothing")]
    Empty,
    /// Something of it is too long, twice there, or has characters that cannot be shown.
    #[error("{0} does not fit")]
    Value(String),
}

impl DraftPack {
    /// Reads it, within bounds.
    ///
    /// # Errors
    /// What does not fit.
    pub fn parse(content: &str) -> Result<Self, PackFault> {
        let pack: Self =
            toml::from_str(content).map_err(|error| PackFault::Toml(error.message().to_owned()))?;
        pack.check().map(|()| pack)
    }

    /// The same as TOML.
    ///
    /// # Errors
    /// Never: it consists of texts and numbers.
    pub fn to_toml(&self) -> Result<String, PackFault> {
        toml::to_string(self).map_err(|error| PackFault::Toml(error.to_string()))
    }

    fn check(&self) -> Result<(), PackFault> {
        if self.drafts.is_empty() && self.categories.is_empty() {
            return Err(PackFault::Empty);
        }
        check_line("name", &self.name, NAME_CHARS_MAX)?;
        check_line("version", &self.version, VERSION_CHARS_MAX)?;
        check_ids("draft", self.drafts.iter().map(|draft| draft.id.as_str()))?;
        check_ids("category", self.categories.iter().map(|category| category.id.as_str()))?;
        self.drafts.iter().try_for_each(PackDraft::check)?;
        self.categories.iter().try_for_each(|category| category.check(self))
    }

    pub fn source(&self, sha256: Hash, draft: &PackDraft) -> PackSource {
        PackSource { pack: self.name.clone(), version: self.version.clone(), sha256, draft: draft.id.clone() }
    }

    /// Whether a protocol was made of one of its drafts. Earlier records name no draft: theirs had its name.
    pub fn is_made_of(&self, protocol: &ProtocolPublished, draft: &PackDraft) -> bool {
        protocol.from_pack.as_ref().is_some_and(|source| {
            source.pack == self.name
                && match source.draft.as_str() {
                    "" => protocol.name == draft.name,
                    id => id == draft.id,
                }
        })
    }
}

impl PackDraft {
    fn check(&self) -> Result<(), PackFault> {
        check_line("name", &self.name, NAME_CHARS_MAX)?;
        check_text("ppe", &self.ppe, NAME_CHARS_MAX)?;
        let count = self.steps.len();
        if !(1..=STEPS_MAX).contains(&count)
            || !self.optional_steps.iter().all(|number: &usize| (1..=count).contains(number))
        {
            return Err(PackFault::Value("steps".to_owned()));
        }
        self.steps.iter().try_for_each(|step| check_line("steps", step, NAME_CHARS_MAX))?;
        if self.agents.len() > AGENTS_MAX {
            return Err(PackFault::Value("agents".to_owned()));
        }
        self.agents.iter().try_for_each(PackAgent::check)?;
        [&self.en, &self.es].into_iter().flatten().try_for_each(|words| check_words(words, count))
    }

    pub fn words(&self, language: &str) -> Option<&ProtocolWords> {
        match language {
            "es" => self.es.as_ref(),
            "en" => self.en.as_ref(),
            _ => None,
        }
    }

    pub fn name_in(&self, language: &str) -> &str {
        let name = self.words(language).map(|words| words.name.as_str()).unwrap_or_default();
        if name.is_empty() { &self.name } else { name }
    }

    pub fn of_protocol(protocol: &ProtocolPublished, id: String) -> Self {
        let steps = (1..).zip(&protocol.steps);
        Self {
            id,
            name: protocol.name.clone(),
            class: protocol.class,
            ppe: protocol.ppe.clone(),
            minutes: protocol.minutes,
            steps: protocol.steps.iter().map(|step| step.text.clone()).collect(),
            optional_steps: steps.filter(|(_, step)| !step.required).map(|(number, _)| number).collect(),
            agents: protocol.agents.iter().cloned().map(PackAgent).collect(),
            one_press: protocol.one_press,
            photo: protocol.photo,
            photo_one_in: protocol.photo_one_in,
            hang_h: protocol.hang_h,
            delay_min: protocol.delay_min,
            en: protocol.words.get("en").cloned(),
            es: protocol.words.get("es").cloned(),
        }
    }
}

impl PackAgent {
    fn check(&self) -> Result<(), PackFault> {
        let Agent { name, epa, dilution } = &self.0;
        check_line("agents", name, NAME_CHARS_MAX)?;
        [epa, dilution].into_iter().try_for_each(|text| check_text("agents", text, NAME_CHARS_MAX))
    }
}

impl PackCategory {
    fn check(&self, pack: &DraftPack) -> Result<(), PackFault> {
        check_line("name", &self.name, NAME_CHARS_MAX)?;
        check_text("es", &self.es, NAME_CHARS_MAX)?;
        if !self.protocols.iter().all(|id: &String| pack.drafts.iter().any(|draft| draft.id == *id)) {
            return Err(PackFault::Value("protocols".to_owned()));
        }
        if self.fields.len() > OWN_FIELDS_MAX {
            return Err(PackFault::Value("field".to_owned()));
        }
        self.fields.iter().try_for_each(PackField::check)
    }

    pub fn name_in(&self, language: &str) -> &str {
        if language == "es" && !self.es.is_empty() { &self.es } else { &self.name }
    }
}

impl PackField {
    fn check(&self) -> Result<(), PackFault> {
        check_line("label", &self.label, OWN_FIELD_KEY_CHARS_MAX)?;
        check_text("es", &self.es, NAME_CHARS_MAX)?;
        let is_translated = self.choices_es.is_empty() || self.choices_es.len() == self.choices.len();
        if self.choices.len() > OWN_FIELD_CHOICES_MAX || !is_translated {
            return Err(PackFault::Value("choices".to_owned()));
        }
        let mut choices = self.choices.iter().chain(&self.choices_es);
        choices.try_for_each(|choice| check_line("choices", choice, NAME_CHARS_MAX))
    }

    pub fn field_in(&self, language: &str) -> CategoryField {
        let is_spanish = language == "es";
        let label = if is_spanish && !self.es.is_empty() { &self.es } else { &self.label };
        let choices =
            if is_spanish && !self.choices_es.is_empty() { &self.choices_es } else { &self.choices };
        CategoryField {
            // A user who adopts it in another language gets the same field.
            key: self.label.clone(),
            label: label.clone(),
            field_type: self.field_type.clone(),
            choices: choices.clone(),
            required: self.required,
        }
    }
}

fn check_ids<'a>(what: &str, ids: impl Iterator<Item = &'a str>) -> Result<(), PackFault> {
    let mut known = BTreeSet::new();
    for id in ids {
        if !is_plain_id(id) || !known.insert(id) || known.len() > DRAFTS_MAX {
            return Err(PackFault::Value(format!("{what}.id")));
        }
    }
    Ok(())
}

fn is_plain_id(id: &str) -> bool {
    (1..=ID_CHARS_MAX).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn check_line(what: &str, text: &str, chars_max: usize) -> Result<(), PackFault> {
    if text.trim().is_empty() {
        return Err(PackFault::Value(what.to_owned()));
    }
    check_text(what, text, chars_max)
}

/// Its characters are looked at again when a form with it is sent; until then it is shown in a list.
fn check_text(what: &str, text: &str, chars_max: usize) -> Result<(), PackFault> {
    if text.chars().count() > chars_max || text.chars().any(is_hidden_in_text) {
        return Err(PackFault::Value(what.to_owned()));
    }
    Ok(())
}

fn check_words(words: &ProtocolWords, steps: usize) -> Result<(), PackFault> {
    check_text("name", &words.name, NAME_CHARS_MAX)?;
    check_text("ppe", &words.ppe, NAME_CHARS_MAX)?;
    if words.steps.len() != steps {
        return Err(PackFault::Value("steps".to_owned()));
    }
    words.steps.iter().try_for_each(|step| check_line("steps", step, NAME_CHARS_MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn draft(id: &str, steps: &[String]) -> PackDraft {
        let published = format!(
            r#"{{"protocol":"01J00000000000000000000PRT","version":1,"name":"Wipe","class":"critical","minutes":5,"one_press":false,"photo":"required","hang_h":72,"words":{{"es":{{"name":"Limpieza","steps":{}}}}},"steps":[]}}"#,
            serde_json::to_string(steps).unwrap()
        );
        let mut published: ProtocolPublished = serde_json::from_str(&published).unwrap();
        published.steps = steps
            .iter()
            .map(|text: &String| record::kinds::Step { text: text.clone(), required: text.len() > 3 })
            .collect();
        PackDraft::of_protocol(&published, id.to_owned())
    }

    fn agent(name: &str, epa: &str, dilution: &str) -> PackAgent {
        PackAgent(Agent { name: name.into(), epa: epa.into(), dilution: dilution.into() })
    }

    fn pack(drafts: Vec<PackDraft>) -> DraftPack {
        DraftPack { name: "Acme".into(), version: "1".into(), drafts, categories: Vec::new() }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(steps in prop::collection::vec("[a-zé\"\\\\ ']{1,10}x", 1..6)) {
            let mut pack = pack(vec![draft("a", &steps), draft("b", &steps)]);
            let agents = [("Wipe", "", ""), ("OPA", "90210-3", "1:16"), ("Rinse", "", "1:2")];
            let agents = agents.map(|(name, epa, dilution)| agent(name, epa, dilution));
            pack.drafts[0].agents = agents.to_vec();
            pack.drafts[1].agents = agents[1..].to_vec();
            pack.categories.push(PackCategory {
                id: "pump".into(),
                name: "Pump".into(),
                es: "Bomba".into(),
                class: Some(SpauldingClass::Noncritical),
                photo: None,
                protocols: vec!["a".into()],
                schedule: Some(Schedule::Use { grace_s: 7_200 }),
                fields: vec![PackField {
                    label: "Side".into(),
                    es: "Lado".into(),
                    field_type: FieldType::Choice,
                    choices: vec!["left".into()],
                    choices_es: vec!["izquierdo".into()],
                    required: true,
                }],
            });
            prop_assert_eq!(DraftPack::parse(&pack.to_toml().unwrap()).unwrap(), pack);
        }

        #[test]
        fn never_a_panic(text in "(?s).{0,200}") {
            let _ = DraftPack::parse(&text);
        }
    }

    #[test]
    fn what_does_not_fit_is_not_taken() {
        let refused = |pack: DraftPack| DraftPack::parse(&pack.to_toml().unwrap()).unwrap_err();
        let one = || draft("a", &["Gloves on".into()]);
        assert_eq!(refused(pack(Vec::new())), PackFault::Empty);
        let value = |what: &str| PackFault::Value(what.to_owned());
        assert_eq!(refused(pack(vec![one(), one()])), value("draft.id"));
        assert_eq!(refused(pack(vec![draft("../a", &["Gloves on".into()])])), value("draft.id"));
        assert_eq!(refused(pack(vec![draft("a", &["x".repeat(NAME_CHARS_MAX + 1)])])), value("steps"));
        assert_eq!(refused(pack(vec![draft("a", &vec!["wipe".into(); STEPS_MAX + 1])])), value("steps"));
        assert_eq!(refused(pack(vec![PackDraft { optional_steps: vec![2], ..one() }])), value("steps"));
        assert_eq!(refused(pack(vec![PackDraft { name: "a\u{7}".into(), ..one() }])), value("name"));
        let many = (0..=DRAFTS_MAX).map(|n| PackDraft { id: format!("a{n}"), ..one() });
        assert_eq!(refused(pack(many.collect())), value("draft.id"));
        assert!(matches!(DraftPack::parse("name = 1"), Err(PackFault::Toml(_))));
        let long = "x".repeat(NAME_CHARS_MAX + 1);
        for wrong in [agent(" ", "1-2", ""), agent("OPA", &long, ""), agent("OPA", "", "1\u{7}2")] {
            assert_eq!(refused(pack(vec![PackDraft { agents: vec![wrong], ..one() }])), value("agents"));
        }
    }

    #[test]
    fn a_disinfectant_is_a_name_or_what_its_maker_says_of_it() {
        let read = |agents: &str| {
            let head = "name = \"Acme\"\nversion = \"1\"\n[[draft]]\nid = \"a\"\nname = \"Soak\"\nsteps = [\"Soak\"]\n";
            DraftPack::parse(&format!("{head}agents = {agents}\n")).map(|pack| pack.drafts[0].agents.clone())
        };
        let both = read("[\"Wipe\", { name = \"OPA\", epa = \"90210-3\", dilution = \"1:16\" }]");
        assert_eq!(both, Ok(vec![agent("Wipe", "", ""), agent("OPA", "90210-3", "1:16")]));
        for wrong in ["[7]", "[{ epa = \"90210-3\" }]", "[{ name = \"OPA\", lot = \"7\" }]"] {
            assert!(matches!(read(wrong), Err(PackFault::Toml(_))), "{wrong}");
        }
    }

    #[test]
    fn a_field_of_a_pack_is_one_that_a_category_takes() {
        let field = |label: &str, es: &str| PackField {
            label: label.to_owned(),
            es: es.to_owned(),
            field_type: FieldType::Text,
            choices: Vec::new(),
            choices_es: Vec::new(),
            required: false,
        };
        let longest = "x".repeat(OWN_FIELD_KEY_CHARS_MAX);
        assert_eq!(field(&longest, "").check(), Ok(()));
        let longer = field(&format!("{longest}x"), "").check();
        assert_eq!(longer, Err(PackFault::Value("label".to_owned())));
        let side = field("Side", "Lado");
        let keys = ["en", "es"].map(|language| side.field_in(language).key);
        assert_eq!(keys, ["Side", "Side"], "whoever adopts it");
        assert_eq!(side.field_in("es").label, "Lado");
    }
}
