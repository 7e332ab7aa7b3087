//! The doctor's findings in sentences: what is the case, what is safe, what to do.

use std::fmt::Write as _;

use words::{Language, Locale, WordSet};

use crate::doctor::facts::RelayTransport;
use crate::doctor::{CheckState, DoctorCheck, DoctorFinding, DoctorLine, DoctorReport};
use crate::web::words::{DoctorWords, FacilityWords};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoctorText {
    pub check: String,
    pub state: String,
    pub what: String,
    pub advice: Option<DoctorAdvice>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoctorAdvice {
    pub safe: String,
    pub next: String,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct DoctorSentences {
    pub(crate) own: DoctorWords,
    faults: FacilityWords,
}

impl WordSet for DoctorSentences {
    fn has_language(language: Language) -> bool {
        <(DoctorWords, FacilityWords)>::has_language(language)
    }

    fn open_areas(locale: Locale) -> Self {
        let (own, faults) = WordSet::open_areas(locale);
        Self { own, faults }
    }
}

/// The whole report in English, for the command line and the support bundle.
pub fn word_doctor_report(report: &DoctorReport) -> String {
    let words = DoctorSentences::in_locale(Locale::EnUs);
    let mut text = format!("{}\n\n", word_overall(words.own, report.state()));
    for line in &report.lines {
        let line = DoctorText::of(words, line);
        // Writing into a String cannot fail.
        let _ = writeln!(text, "{:<9}  {}: {}", line.state, line.check, line.what);
        if let Some(advice) = line.advice {
            let _ = writeln!(text, "{:<9}  {}\n{:<9}  {}", "", advice.safe, "", advice.next);
        }
    }
    text
}

pub fn word_doctor_line(line: &DoctorLine) -> DoctorText {
    DoctorText::of(DoctorSentences::in_locale(Locale::EnUs), line)
}

pub(crate) fn word_overall(w: DoctorWords, state: CheckState) -> String {
    match state {
        CheckState::Good | CheckState::Unknown => w.doctor_overall_good(),
        CheckState::Warn => w.doctor_overall_warn(),
        CheckState::Bad => w.doctor_overall_bad(),
    }
}

impl DoctorText {
    pub(crate) fn of(words: DoctorSentences, line: &DoctorLine) -> Self {
        let w = words.own;
        let (what, next) = word_finding(words, &line.finding);
        let advice = next.map(|next| DoctorAdvice { safe: word_safe(w, &line.finding), next });
        Self { check: word_check(w, line.check), state: word_state(w, line.state), what, advice }
    }
}

fn word_state(w: DoctorWords, state: CheckState) -> String {
    match state {
        CheckState::Good => w.doctor_state_good(),
        CheckState::Unknown => w.doctor_state_unknown(),
        CheckState::Warn => w.doctor_state_warn(),
        CheckState::Bad => w.doctor_state_bad(),
    }
}

fn word_check(w: DoctorWords, check: DoctorCheck) -> String {
    match check {
        DoctorCheck::Program => w.doctor_check_program(),
        DoctorCheck::Settings => w.doctor_check_settings(),
        DoctorCheck::Setup => w.doctor_check_setup(),
        DoctorCheck::Recording => w.doctor_check_recording(),
        DoctorCheck::Clock => w.doctor_check_clock(),
        DoctorCheck::Storage => w.doctor_check_storage(),
        DoctorCheck::Wear => w.doctor_check_wear(),
        DoctorCheck::Power => w.doctor_check_power(),
        DoctorCheck::Temperature => w.doctor_check_temperature(),
        DoctorCheck::Memory => w.doctor_check_memory(),
        DoctorCheck::Network => w.doctor_check_network(),
        DoctorCheck::Wifi => w.doctor_check_wifi(),
        DoctorCheck::Dns => w.doctor_check_dns(),
        DoctorCheck::Relay => w.doctor_check_relay(),
        DoctorCheck::Backlog => w.doctor_check_backlog(),
        DoctorCheck::Certificate => w.doctor_check_certificate(),
        DoctorCheck::Printers => w.doctor_check_printers(),
        DoctorCheck::LogCheck => w.doctor_check_log(),
        DoctorCheck::Alarms => w.doctor_check_alarms(),
        DoctorCheck::Backup => w.doctor_check_backup(),
    }
}

fn word_safe(w: DoctorWords, finding: &DoctorFinding) -> String {
    use DoctorFinding as F;
    match finding {
        F::Stopped | F::SettingsWrong { .. } | F::RecordingFull | F::RecordingEnded | F::StorageReadOnly => {
            w.doctor_safe_stored()
        }
        F::NeverStarted | F::SetupMistakes { .. } | F::FolderClosed { .. } => w.doctor_safe_untouched(),
        F::RelayDown { .. }
        | F::RelayUnreachable
        | F::BacklogWaits { .. }
        | F::DnsFailed { .. }
        | F::NetworkDown
        | F::ClaimWaits { .. } => w.doctor_safe_waiting(),
        _ => w.doctor_safe_records(),
    }
}

fn word_finding(words: DoctorSentences, finding: &DoctorFinding) -> (String, Option<String>) {
    let w = words.own;
    match finding.check() {
        DoctorCheck::Program | DoctorCheck::Settings | DoctorCheck::Setup => word_program(w, finding),
        DoctorCheck::Recording | DoctorCheck::Clock => word_recording(w, finding),
        DoctorCheck::Storage | DoctorCheck::Wear => word_storage(w, finding),
        DoctorCheck::Power | DoctorCheck::Temperature | DoctorCheck::Memory => word_machine(w, finding),
        DoctorCheck::Network | DoctorCheck::Wifi | DoctorCheck::Dns => word_network(w, finding),
        DoctorCheck::Relay | DoctorCheck::Backlog | DoctorCheck::Certificate => word_relay(words, finding),
        DoctorCheck::Printers | DoctorCheck::LogCheck | DoctorCheck::Alarms | DoctorCheck::Backup => {
            word_rest(w, finding)
        }
    }
}

fn word_program(w: DoctorWords, finding: &DoctorFinding) -> (String, Option<String>) {
    use DoctorFinding as F;
    match finding {
        F::Running { version } => (w.doctor_running(version), None),
        F::Stopped => (w.doctor_stopped(), Some(w.doctor_stopped_next())),
        F::Hanging { why } => (w.doctor_hanging(why), Some(w.doctor_hanging_next())),
        F::NeverStarted => (w.doctor_never_started(), Some(w.doctor_never_started_next())),
        F::FolderClosed { why } => (w.doctor_folder_closed(why), Some(w.doctor_folder_closed_next())),
        F::SettingsWrong { why } => (w.doctor_settings_wrong(why), Some(w.doctor_settings_wrong_next())),
        F::SetupDone => (w.doctor_setup_done(), None),
        F::SetupMistakes { count } => (w.doctor_setup_mistakes(*count), Some(w.doctor_setup_mistakes_next())),
        F::SetupNotWiped => (w.doctor_setup_not_wiped(), Some(w.doctor_setup_not_wiped_next())),
        F::NoAdmin => (w.doctor_no_admin(), Some(w.doctor_no_admin_next())),
        F::ClaimWaits { why } if why.is_empty() => {
            (w.doctor_claim_waits(), Some(w.doctor_claim_waits_next()))
        }
        F::ClaimWaits { why } => (w.doctor_claim_waits_why(why), Some(w.doctor_claim_waits_next())),
        _ => (w.doctor_settings_valid(), None),
    }
}

fn word_recording(w: DoctorWords, finding: &DoctorFinding) -> (String, Option<String>) {
    use DoctorFinding as F;
    match finding {
        F::RecordingReady { entries } => (w.doctor_recording_ready(*entries), None),
        F::RecordingFull => (w.doctor_recording_full(), Some(w.doctor_recording_full_next())),
        F::RecordingEnded => (w.doctor_recording_ended(), Some(w.doctor_recording_ended_next())),
        F::ClockHardware => (w.doctor_clock_hardware(), None),
        F::ClockUncertain => (w.doctor_clock_uncertain(), Some(w.doctor_clock_uncertain_next())),
        F::ClockPast => (w.doctor_clock_past(), Some(w.doctor_clock_past_next())),
        F::ClockOff { seconds } => (w.doctor_clock_off(*seconds), Some(w.doctor_clock_off_next())),
        _ => (w.doctor_clock_synced(), None),
    }
}

fn word_storage(w: DoctorWords, finding: &DoctorFinding) -> (String, Option<String>) {
    use DoctorFinding as F;
    match finding {
        F::StorageFree { megabytes, percent } => (w.doctor_storage_free(*megabytes, *percent), None),
        F::StorageLow { megabytes, percent } => {
            (w.doctor_storage_low(*megabytes, *percent), Some(w.doctor_storage_low_next()))
        }
        F::StorageFull { megabytes, percent } => {
            (w.doctor_storage_full(*megabytes, *percent), Some(w.doctor_storage_full_next()))
        }
        F::StorageReadOnly => (w.doctor_storage_read_only(), Some(w.doctor_storage_read_only_next())),
        F::StorageErrors { count } => (w.doctor_storage_errors(*count), Some(w.doctor_storage_errors_next())),
        F::WearFine { percent } => (w.doctor_wear_fine(*percent), None),
        F::WearHigh { percent } => (w.doctor_wear_high(*percent), Some(w.doctor_wear_high_next())),
        F::WearEnd => (w.doctor_wear_end(), Some(w.doctor_wear_end_next())),
        F::WearUnknown => (w.doctor_wear_unknown(), None),
        _ => (w.doctor_storage_unknown(), None),
    }
}

fn word_machine(w: DoctorWords, finding: &DoctorFinding) -> (String, Option<String>) {
    use DoctorFinding as F;
    match finding {
        F::PowerGood => (w.doctor_power_good(), None),
        F::PowerLow => (w.doctor_power_low(), Some(w.doctor_power_low_next())),
        F::PowerWasLow => (w.doctor_power_was_low(), Some(w.doctor_power_was_low_next())),
        F::PowerUnknown => (w.doctor_power_unknown(), None),
        F::TemperatureFine { celsius } => (w.doctor_temperature_fine(*celsius), None),
        F::TemperatureWarm { celsius } => {
            (w.doctor_temperature_warm(*celsius), Some(w.doctor_temperature_warm_next()))
        }
        F::TemperatureHot { celsius } => {
            (w.doctor_temperature_hot(*celsius), Some(w.doctor_temperature_hot_next()))
        }
        F::TemperatureUnknown => (w.doctor_temperature_unknown(), None),
        F::MemoryFine { megabytes } => (w.doctor_memory_fine(*megabytes), None),
        F::MemoryLow { megabytes } => (w.doctor_memory_low(*megabytes), Some(w.doctor_memory_low_next())),
        F::MemoryShort { megabytes } => {
            (w.doctor_memory_short(*megabytes), Some(w.doctor_memory_short_next()))
        }
        _ => (w.doctor_memory_unknown(), None),
    }
}

fn word_network(w: DoctorWords, finding: &DoctorFinding) -> (String, Option<String>) {
    use DoctorFinding as F;
    match finding {
        F::NetworkUp { addresses } => (w.doctor_network_up(addresses), None),
        F::NetworkDown => (w.doctor_network_down(), Some(w.doctor_network_down_next())),
        F::WifiUnused => (w.doctor_wifi_unused(), None),
        F::WifiUp { dbm } => (w.doctor_wifi_up(dbm.to_string()), None),
        F::WifiJoined => (w.doctor_wifi_joined(), None),
        F::WifiWeak { dbm } => (w.doctor_wifi_weak(dbm.to_string()), Some(w.doctor_wifi_weak_next())),
        F::WifiWrongPassword { ssid } => {
            (w.doctor_wifi_wrong_password(ssid), Some(w.doctor_wifi_wrong_password_next()))
        }
        F::WifiSearching => (w.doctor_wifi_searching(), Some(w.doctor_wifi_searching_next())),
        F::WifiAccessPoint => (w.doctor_wifi_access_point(), None),
        F::DnsFound { host } => (w.doctor_dns_found(host), None),
        F::DnsFailed { host } => (w.doctor_dns_failed(host), Some(w.doctor_dns_failed_next())),
        _ => (w.doctor_wifi_absent(), None),
    }
}

fn word_relay(words: DoctorSentences, finding: &DoctorFinding) -> (String, Option<String>) {
    use DoctorFinding as F;
    let w = words.own;
    match finding {
        F::RelayConnected => (w.doctor_relay_connected(), None),
        F::RelayDown { why } => (w.doctor_relay_down(why), Some(w.doctor_relay_down_next())),
        F::WayOpen { way, address } => (w.doctor_way_open(address, transport_word(*way)), None),
        F::WayClosed { way, address, fault, subject } => {
            let reason = words.faults.box_way_fault(fault, subject);
            (w.doctor_way_closed(address, reason, transport_word(*way)), None)
        }
        F::RelayUnreachable => (w.doctor_relay_unreachable(), Some(w.doctor_relay_unreachable_next())),
        F::BacklogNone => (w.doctor_backlog_none(), None),
        F::BacklogSending { entries } => (w.doctor_backlog_sending(*entries), None),
        F::BacklogWaits { entries } => {
            (w.doctor_backlog_waits(*entries), Some(w.doctor_backlog_waits_next()))
        }
        F::CertificateFine { days } => (w.doctor_certificate_fine(*days), None),
        F::CertificateSoon { days } => {
            (w.doctor_certificate_soon(*days), Some(w.doctor_certificate_soon_next()))
        }
        F::CertificateEnded => (w.doctor_certificate_ended(), Some(w.doctor_certificate_ended_next())),
        F::HttpsOff => (w.doctor_https_off(), Some(w.doctor_https_off_next())),
        _ => (w.doctor_relay_alone(), None),
    }
}

fn transport_word(way: RelayTransport) -> &'static str {
    match way {
        RelayTransport::Mqtt => "mqtt",
        RelayTransport::Https => "https",
        RelayTransport::HttpsByProxy => "proxy",
    }
}

fn word_rest(w: DoctorWords, finding: &DoctorFinding) -> (String, Option<String>) {
    use DoctorFinding as F;
    match finding {
        F::PrinterReady { name } => (w.doctor_printer_ready(name), None),
        F::PrinterStill { name } => (w.doctor_printer_still(name), Some(w.doctor_printer_still_next())),
        F::LogChecked { days } => (w.doctor_log_checked(*days), None),
        F::LogUnchecked => (w.doctor_log_unchecked(), None),
        F::LogOverdue { days } => (w.doctor_log_overdue(*days), Some(w.doctor_log_overdue_next())),
        F::LogDamaged => (w.doctor_log_damaged(), Some(w.doctor_log_damaged_next())),
        F::LogMissing => (w.doctor_log_missing(), Some(w.doctor_log_missing_next())),
        F::AlarmsNone => (w.doctor_alarms_none(), None),
        F::AlarmsUnseen { count } => (w.doctor_alarms_unseen(*count), Some(w.doctor_alarms_unseen_next())),
        F::BackupAtRelay => (w.doctor_backup_at_relay(), None),
        F::BackupFresh { days } => (w.doctor_backup_fresh(*days), None),
        F::BackupOld { days } => (w.doctor_backup_old(*days), Some(w.doctor_backup_old_next())),
        F::BackupNone => (w.doctor_backup_none(), Some(w.doctor_backup_none_next())),
        _ => (w.doctor_printers_none(), None),
    }
}
