//! What a change of an item says of each of its fields.

use record::kinds::{EquipmentChanged, EquipmentLoan, PhotoPolicy, SpauldingClass, TEXT_FACTS};

use crate::line::HistoryWording;

impl HistoryWording<'_> {
    pub(crate) fn word_fields(self, b: &EquipmentChanged) -> Vec<String> {
        let b = &b.patch;
        let texts = TEXT_FACTS.iter().map(|fact| (fact.name, (fact.patch)(b).clone()));
        let chosen = [
            ("class", b.class.map(|class| self.word_class(class))),
            ("photo", b.photo.map(|photo| self.word_photo(photo))),
            ("protocols", b.protocols.as_ref().map(|all| self.word_protocols(all))),
            ("loan", b.loan.as_ref().map(|loan| self.word_loan(loan))),
            ("single_use", b.single_use.map(|is| self.w.line_single_use(if is { "yes" } else { "no" }))),
            ("photo_one_in", b.photo_one_in.map(|count| self.word_one_in(count))),
        ];
        let named = texts.chain(chosen).filter_map(|(fact, value)| Some((fact, value?)));
        let mut facts: Vec<String> =
            named.map(|(fact, value)| self.word_field(&self.w.line_field(fact), &value)).collect();
        facts.extend(b.custom.iter().map(|(name, value)| self.word_field(name, value)));
        facts
    }

    fn word_field(self, field: &str, value: &str) -> String {
        match value {
            "" => self.w.line_field_cleared(field),
            value => self.w.line_field_set(field, value),
        }
    }

    fn word_class(self, class: SpauldingClass) -> String {
        self.w.line_class(match class {
            SpauldingClass::Noncritical => "noncritical",
            SpauldingClass::Semicritical => "semicritical",
            SpauldingClass::Critical => "critical",
        })
    }

    fn word_photo(self, policy: PhotoPolicy) -> String {
        self.w.line_photo(match policy {
            PhotoPolicy::None => "none",
            PhotoPolicy::Optional => "optional",
            PhotoPolicy::Required => "required",
        })
    }

    fn word_protocols(self, all: &[record::ids::ProtocolId]) -> String {
        all.iter().map(|id| self.protocol_name(*id)).collect::<Vec<_>>().join(", ")
    }

    fn word_loan(self, loan: &EquipmentLoan) -> String {
        let day = loan.until.0.map(|day| self.dates.numbered_day(day.number()));
        match (day, loan.owner.as_str()) {
            (None, _) => String::new(),
            (Some(day), "") => self.w.line_loan(day),
            (Some(day), owner) => self.w.line_loan_of(day, owner),
        }
    }

    fn word_one_in(self, count: u32) -> String {
        if count == 0 { String::new() } else { self.w.line_one_in(count) }
    }
}
