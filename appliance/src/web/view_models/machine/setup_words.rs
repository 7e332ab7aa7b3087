//! How far the set-up is, in sentences: for the set-up page, for the card and for the console.

use words::{Locale, WordSet as _};

use crate::setup::{ProvisionOutcome, SetupNote, SetupPart, SetupRow, SetupStage, SetupState};
use crate::web::words::SetupWords;

const MISTAKE_KEYS: &str = "form-setup-mistake-";

/// A mistake of a claim file, with its line and key where it has them.
pub(crate) fn word_row(w: SetupWords, row: &SetupRow) -> String {
    let reason = word_reason(w, row);
    match (row.line.map(|line| line.to_string()), &row.key) {
        (Some(line), Some(key)) => w.setup_row(key, line, reason),
        (Some(line), None) => w.setup_row_line(line, reason),
        (None, Some(key)) => w.setup_row_key(key, reason),
        (None, None) => reason,
    }
}

/// Why a value does not fit, as what follows its key.
pub(crate) fn word_reason(w: SetupWords, row: &SetupRow) -> String {
    let key = match (row.code.as_str(), row.detail.is_empty()) {
        ("unknown-key", true) => format!("{MISTAKE_KEYS}unknown-key-none"),
        (code, _) => format!("{MISTAKE_KEYS}{code}"),
    };
    match w.catalog().has_message(&key) {
        true => w.catalog().format(&key, &[("detail", row.detail.as_str().into())]),
        // Of a newer version of first boot.
        false => row.words.clone(),
    }
}

pub(crate) fn word_state(w: SetupWords, state: &SetupState) -> Vec<String> {
    let mut lines = vec![match state.stage {
        SetupStage::None => w.setup_state_none(),
        SetupStage::Done => w.setup_state_done(),
        SetupStage::Mistakes => w.setup_state_mistakes(state.rows.len()),
    }];
    if !state.parts.is_empty() && state.stage == SetupStage::Done {
        let parts: Vec<String> = state.parts.iter().map(|part| word_part(w, *part)).collect();
        lines.push(w.setup_state_settled(parts.join(", ")));
    }
    if state.notes.contains(&SetupNote::NotWiped) {
        lines.push(w.setup_state_not_wiped());
    }
    if state.notes.contains(&SetupNote::SettingsMade) {
        lines.push(w.setup_state_settings_made());
    }
    if state.access_point {
        lines.push(match state.has_passphrase {
            true => w.setup_state_access_point_closed(),
            false => w.setup_state_access_point(),
        });
    }
    lines
}

fn word_part(w: SetupWords, part: SetupPart) -> String {
    match part {
        SetupPart::Relay => w.setup_part_relay(),
        SetupPart::HostName => w.setup_part_host_name(),
        SetupPart::TimeZone => w.setup_part_time_zone(),
        SetupPart::Wifi => w.setup_part_wifi(),
        SetupPart::AccessPoint => w.setup_part_access_point(),
        SetupPart::Address => w.setup_part_address(),
        SetupPart::NameServers => w.setup_part_name_servers(),
        SetupPart::Proxy => w.setup_part_proxy(),
        SetupPart::ProxyAuthority => w.setup_part_proxy_authority(),
        SetupPart::TimeServers => w.setup_part_time_servers(),
        SetupPart::LabelHost => w.setup_part_label_host(),
        SetupPart::SetupCode => w.setup_part_setup_code(),
    }
}

/// The report on the card, in English; `code` is one that the box made itself.
pub fn word_card_report(state: &SetupState, code: Option<&str>) -> String {
    let w = SetupWords::in_locale(Locale::EnUs);
    let mut lines = vec![w.setup_report_head(), String::new()];
    lines.push(match state.stage {
        SetupStage::Mistakes => w.setup_report_mistakes(),
        SetupStage::None => w.setup_report_none(),
        SetupStage::Done if state.notes.contains(&SetupNote::NotWiped) => w.setup_report_left(),
        SetupStage::Done => w.setup_report_done(),
    });
    lines.extend(state.rows.iter().map(|row| format!("  {}", word_row(w, row))));
    lines.push(String::new());
    let host = state.host_name.as_deref().map(|name| format!("{name}.local"));
    lines.extend(host.map(|host| w.setup_report_page(host)));
    lines.push(match code {
        Some(code) => w.setup_report_code(code),
        None => w.setup_report_code_own(),
    });
    lines.push(String::new());
    lines.join("\n")
}

pub fn word_provision(outcome: &ProvisionOutcome) -> String {
    let w = SetupWords::in_locale(Locale::EnUs);
    match outcome {
        ProvisionOutcome::Unchanged => w.provision_unchanged(),
        ProvisionOutcome::AccessPoint => w.provision_access_point(),
        ProvisionOutcome::Applied(state) if state.notes.contains(&SetupNote::NotWiped) => {
            w.provision_applied_left()
        }
        ProvisionOutcome::Applied(_) => w.provision_applied(),
        ProvisionOutcome::Refused(state) => {
            let rows = state.rows.iter().map(|row| format!("\n  {}", word_row(w, row)));
            std::iter::once(w.provision_refused()).chain(rows).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use words::Language;

    use super::*;

    fn rows_of(text: &str) -> Vec<SetupRow> {
        crate::setup::list_rows(&firmware_config::ClaimFile::parse(text.as_bytes()).unwrap_err())
    }

    #[test]
    fn each_mistake_is_worded_in_each_language() {
        let text = "version = 2\nhostnam = \"a\"\ncolour = 1\nlabel_host = 5\n[wifi]\nssid = \"\"\nssid2 = 1\neap = 1\n\
                    [network]\naddress = \"10.1.2.3\"\nproxy = \"ftp://x\"\nntp = \"x\"\n";
        let rows = rows_of(text);
        assert!(rows.len() > 8, "{rows:?}");
        for language in [Locale::EnUs, Locale::EsUs] {
            let w = SetupWords::in_locale(language);
            for row in &rows {
                let words = word_row(w, row);
                assert!(w.catalog().has_message(&format!("{MISTAKE_KEYS}{}", row.code)), "{row:?}");
                assert!(row.line.is_none_or(|line| words.contains(&line.to_string())), "{words}");
            }
        }
        assert!(SetupWords::has_language(Language::Spanish));
        let unknown = rows.iter().find(|row| row.key.as_deref() == Some("colour")).unwrap();
        let w = SetupWords::in_locale(Locale::EnUs);
        assert_eq!(
            word_row(w, unknown),
            "Line 3: colour is not a setting of a claim file; take the line out"
        );
        let newer = SetupRow { code: "of-tomorrow".into(), words: "as it says".into(), ..unknown.clone() };
        assert_eq!(word_reason(w, &newer), "as it says");
    }

    #[test]
    fn the_cards_report_names_each_line_and_the_code_that_the_box_made() {
        let state = SetupState {
            stage: SetupStage::Mistakes,
            rows: rows_of("version = 1\nhostnam = \"a\"\n"),
            ..SetupState::default()
        };
        let text = word_card_report(&state, Some("7QK3M-9X2WA"));
        assert!(text.contains("Line 2: hostnam is not a setting") && text.contains("hostname"), "{text}");
        assert!(text.contains("Set-up code: 7QK3M-9X2WA"), "{text}");
        let done =
            SetupState { stage: SetupStage::Done, host_name: Some("box".into()), ..SetupState::default() };
        let text = word_card_report(&done, None);
        assert!(text.contains("https://box.local/setup") && !text.contains("7QK3M"), "{text}");
    }
}
