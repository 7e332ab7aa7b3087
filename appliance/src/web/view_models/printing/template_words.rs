//! Label templates in words: what those are called that are built in, and why one or a logo is not taken.

use ::labels::Field;
use ::labels::logo::{FILE_BYTES_MAX, LogoError, SIDE_MAX};
use ::labels::template::{
    BYTES_MAX, ELEMENTS_MAX, LabelHeight, TemplateError, TemplateFault, WORDS_CHARS_MAX,
};

use ::labels::wording::show_text;

use crate::printing::{DesignRefusal, OWN_MAX, TemplateView};
use crate::web::view_models::printing::print_papers::millimetres_text;
use crate::web::words::TemplatesWords;

pub(crate) fn word_template_title(w: TemplatesWords, template: &TemplateView) -> String {
    if template.own { template.title.clone() } else { word_built_in(w, &template.name, &template.title) }
}

fn word_built_in(w: TemplatesWords, name: &str, title: &str) -> String {
    match name {
        "badge" => w.template_title_badge(),
        "blank-tag-47x22" => w.template_title_blank_tag_47x22(),
        "blank-tag-62x29" => w.template_title_blank_tag_62x29(),
        "blank-tag" => w.template_title_blank_tag(),
        "cable-flag" => w.template_title_cable_flag(),
        "clean-until" => w.template_title_clean_until(),
        "equipment-47x22" => w.template_title_equipment_47x22(),
        "equipment-62x29" => w.template_title_equipment_62x29(),
        "equipment-66x25" => w.template_title_equipment_66x25(),
        "equipment" => w.template_title_equipment(),
        "load-sticker" => w.template_title_load_sticker(),
        "loaner-until" => w.template_title_loaner_until(),
        "micro-scanner" => w.template_title_micro_scanner(),
        "micro" => w.template_title_micro(),
        "out-of-service" => w.template_title_out_of_service(),
        "protocol-card" => w.template_title_protocol_card(),
        "receipt" => w.template_title_receipt(),
        _ => title.to_owned(),
    }
}

pub(crate) fn word_template_size(w: TemplatesWords, template: &TemplateView) -> String {
    word_size(w, template.width_mm, template.height_mm)
}

fn word_size(w: TemplatesWords, width_mm: f64, height_mm: Option<f64>) -> String {
    match height_mm {
        Some(height) => w.templates_size(millimetres_text(height), millimetres_text(width_mm)),
        None => w.templates_size_endless(millimetres_text(width_mm)),
    }
}

pub(crate) fn word_design_refusal(w: TemplatesWords, refusal: &DesignRefusal) -> String {
    match refusal {
        DesignRefusal::Template(error) => word_template_error(w, error),
        DesignRefusal::OtherName { expected, message } => {
            w.template_other_name(show_text(message), show_text(expected))
        }
        DesignRefusal::BuiltIn(name) => w.template_is_built_in(show_text(name)),
        DesignRefusal::TooMany => w.template_too_many(OWN_MAX.to_string()),
        DesignRefusal::Changed(name) => w.template_changed(show_text(name)),
        DesignRefusal::Unknown(name) => w.template_unknown(show_text(name)),
        DesignRefusal::Logo(error) => word_logo_error(w, error),
        DesignRefusal::NoLogo => w.template_no_logo(),
        DesignRefusal::Ledger(error) => w.template_ledger(error.to_string()),
    }
}

fn word_logo_error(w: TemplatesWords, error: &LogoError) -> String {
    match error {
        LogoError::File(bytes) => w.logo_fault_file(bytes.to_string(), FILE_BYTES_MAX.to_string()),
        LogoError::Format => w.logo_fault_format(),
        LogoError::TooLarge { width, height } => {
            w.logo_fault_large(height.to_string(), SIDE_MAX.to_string(), width.to_string())
        }
        LogoError::Damaged(detail) => w.logo_fault_damaged(detail.to_string()),
    }
}

fn word_template_error(w: TemplatesWords, error: &TemplateError) -> String {
    let why = word_template_fault(w, &error.why);
    match error.line {
        Some(line) => w.template_line(line.to_string(), why),
        None => why,
    }
}

fn word_template_fault(w: TemplatesWords, fault: &TemplateFault) -> String {
    match fault {
        TemplateFault::TooLong(bytes) => w.template_fault_long(bytes.to_string(), BYTES_MAX.to_string()),
        TemplateFault::NotText => w.template_fault_not_text(),
        TemplateFault::Toml(detail) => w.template_fault_toml(detail),
        TemplateFault::Title => w.template_fault_title(),
        TemplateFault::TooManyElements(count) => {
            w.template_fault_elements(count.to_string(), ELEMENTS_MAX.to_string())
        }
        TemplateFault::Name(name) => w.template_fault_name(show_text(name)),
        TemplateFault::Measure { key, value, least, most } => {
            w.template_fault_measure(*key, least.to_string(), most.to_string(), value.to_string())
        }
        TemplateFault::Height(text) => w.template_fault_height(show_text(text)),
        TemplateFault::OffLabel { what, over_mm, edge, width_mm, height } => {
            let height_mm = match height {
                LabelHeight::Mm(mm) => Some(*mm),
                LabelHeight::Continuous => None,
            };
            let (over, size) = (format!("{over_mm:.2}"), word_size(w, *width_mm, height_mm));
            let what = w.template_element(what);
            match *edge {
                "right" => w.template_fault_right_edge(over, size, what),
                _ => w.template_fault_lower_edge(over, size, what),
            }
        }
        TemplateFault::Overlap { what, other, other_line } => w.template_fault_overlap(
            other_line.to_string(),
            w.template_element(other),
            w.template_element(what),
        ),
        TemplateFault::Field(unknown) => w.template_fault_field(show_text(&unknown.0), Field::known()),
        TemplateFault::Brace(text) => w.template_fault_brace("{name}", show_text(text)),
        TemplateFault::Words(chars) => w.template_fault_words(chars.to_string(), WORDS_CHARS_MAX.to_string()),
        TemplateFault::CutSteps => w.template_fault_cut_steps("{steps}"),
        TemplateFault::Growing(count) => w.template_fault_growing(count.to_string()),
        TemplateFault::BesideNothing => w.template_fault_beside(),
        TemplateFault::EmptyColumn => w.template_fault_column(),
    }
}

#[cfg(test)]
mod tests {
    use ::labels::field::UnknownField;
    use ::labels::template::builtin_templates;
    use words::{Locale, WordSet as _};

    use super::*;
    use crate::web::view_models::printing::label_faults::check_words;

    fn faults() -> Vec<TemplateFault> {
        let off = |edge, height| TemplateFault::OffLabel {
            what: "box",
            over_mm: 1.236,
            edge,
            width_mm: 60.96,
            height,
        };
        vec![
            TemplateFault::TooLong(70_000),
            TemplateFault::NotText,
            TemplateFault::Toml("unknown field `colour`".into()),
            TemplateFault::Title,
            TemplateFault::TooManyElements(65),
            TemplateFault::Name("Mine \"!\"".into()),
            TemplateFault::Measure { key: "width", value: -40.5, least: 1.0, most: 320.0 },
            TemplateFault::Height("tall".into()),
            off("right", LabelHeight::Mm(30.5)),
            off("lower", LabelHeight::Continuous),
            TemplateFault::Overlap { what: "text", other: "logo", other_line: 1_400 },
            UnknownField("colour".into()).into(),
            TemplateFault::Brace("{name".into()),
            TemplateFault::Words(1_300),
            TemplateFault::CutSteps,
            TemplateFault::Growing(2),
            TemplateFault::BesideNothing,
            TemplateFault::EmptyColumn,
        ]
    }

    #[test]
    fn people_read_the_catalogue_and_logs_have_values() {
        let w = TemplatesWords::in_locale(Locale::EnUs);
        let name = || "mine \"own\"".to_owned();
        let mut refusals = vec![
            DesignRefusal::OtherName { expected: name(), message: "other".into() },
            DesignRefusal::BuiltIn("badge".into()),
            DesignRefusal::TooMany,
            DesignRefusal::Changed(name()),
            DesignRefusal::Unknown(name()),
            LogoError::File(1_100_000).into(),
            LogoError::Format.into(),
            LogoError::TooLarge { width: 10_000, height: 9_999 }.into(),
            DesignRefusal::NoLogo,
        ];
        for line in [None, Some(1_206)] {
            refusals.extend(faults().into_iter().map(|why| TemplateError { line, why }.into()));
        }
        let pairs = refusals.iter().map(|refusal| (refusal.to_string(), word_design_refusal(w, refusal)));
        check_words("template-refusals", pairs);
    }

    #[test]
    fn every_built_in_template_has_a_title_of_the_box() {
        let [w, pseudo] = [Locale::EnUs, Locale::Pseudo].map(TemplatesWords::in_locale);
        for template in builtin_templates() {
            assert_eq!(word_built_in(w, &template.name, ""), template.title);
            assert!(word_built_in(pseudo, &template.name, "").starts_with(words::PSEUDO_OPEN));
        }
    }
}
