//! Alarms in sentences: what happened, what is safe, what to do.

use record::alarm::AlarmCode;
use record::compliance::zone_release;
use words::{Language, Locale, WordSet};

use crate::alarms::sources::{OptionalPart, is_of_fetch_space, is_of_missing, is_of_rebuild_space};
use crate::alarms::{ActiveAlarm, AlarmCause};
use crate::backup::BackupCause;
use crate::web::words::{AlarmBannerWords, AlarmWords};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AlarmText {
    pub(crate) title: String,
    pub(crate) happened: String,
    pub(crate) safe: String,
    pub(crate) next: String,
}

impl AlarmText {
    pub(crate) fn of(words: AlarmSentences, alarm: &ActiveAlarm) -> Self {
        let (title, safe) = word_summary(words.summary, alarm);
        let (happened, next) = word_details(words.details, &alarm.cause);
        let happened = match alarm.again {
            0 => happened,
            count => format!("{happened} {}", words.details.cause_again(count)),
        };
        Self { title, happened, safe, next }
    }

    pub(crate) fn line(&self) -> String {
        format!("{}. {} {} {}", self.title, self.happened, self.safe, self.next)
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct AlarmSentences {
    summary: AlarmBannerWords,
    details: AlarmWords,
}

impl AlarmSentences {
    pub(crate) fn english() -> Self {
        Self::in_locale(Locale::EnUs)
    }
}

impl WordSet for AlarmSentences {
    fn has_language(language: Language) -> bool {
        <(AlarmBannerWords, AlarmWords)>::has_language(language)
    }

    fn open_areas(locale: Locale) -> Self {
        let (summary, details) = WordSet::open_areas(locale);
        Self { summary, details }
    }
}

pub fn word_alarm_line(alarm: &ActiveAlarm) -> String {
    AlarmText::of(AlarmSentences::english(), alarm).line()
}

pub(crate) fn word_summary(words: AlarmBannerWords, alarm: &ActiveAlarm) -> (String, String) {
    let (title, safe) = word_cause(words, &alarm.cause);
    // An alarm about something that happened is over at once; one that was active for a while is said to be over.
    match alarm.over_ms.is_some_and(|over_ms| over_ms > alarm.first_ms) {
        true if is_of_missing(&alarm.cause) => (title, words.alarm_over_missing()),
        true => (title, words.alarm_over()),
        false => (title, safe),
    }
}

fn word_cause(w: AlarmBannerWords, cause: &AlarmCause) -> (String, String) {
    use AlarmCode as C;
    match cause.code {
        C::LogForgot => (w.alarm_log_forgot(), w.alarm_log_forgot_safe()),
        C::LogMissing => (w.alarm_log_missing(), w.alarm_log_missing_safe()),
        C::HistoryComing => (w.alarm_history_coming(), w.alarm_history_coming_safe()),
        C::BoxReplaced => (w.alarm_box_replaced(), w.alarm_box_replaced_safe()),
        C::LogHealed => (w.alarm_log_healed(), w.alarm_log_healed_safe()),
        C::LogEpoch => (w.alarm_log_epoch(), w.alarm_log_epoch_safe()),
        C::LogAdopted => (w.alarm_log_adopted(), w.alarm_log_adopted_safe()),
        C::LogUnvouched => (w.alarm_log_unvouched(), w.alarm_log_unvouched_safe()),
        C::LogApart => (w.alarm_log_apart(), w.alarm_log_apart_safe()),
        C::RebuildShort => (w.alarm_rebuild_short(), w.alarm_rebuild_short_safe()),
        C::DbDamaged => (w.alarm_database_damaged(), w.alarm_database_damaged_safe()),
        C::DbSalvage => (w.alarm_database_salvaged(), w.alarm_database_salvaged_safe()),
        C::CopyRemoved => (w.alarm_copy_removed(), w.alarm_copy_removed_safe()),
        C::RelayOther => (w.alarm_relay_other(), w.alarm_relay_other_safe()),
        C::RelayWentBack => (w.alarm_relay_went_back(), w.alarm_relay_went_back_safe()),
        C::RelayRefused if cause.subject.is_some() => {
            (w.alarm_relay_refused_adopted(), w.alarm_relay_refused_adopted_safe())
        }
        C::RelayRefused => (w.alarm_relay_refused(), w.alarm_relay_refused_safe()),
        C::ZoneData => (w.alarm_zone_data(), w.alarm_zone_data_safe()),
        C::PhotosRefused => (w.alarm_photos_refused(), w.alarm_photos_refused_safe()),
        C::DiskFull if is_of_fetch_space(cause) => (w.alarm_no_fetch_room(), w.alarm_no_fetch_room_safe()),
        C::DiskFull if is_of_rebuild_space(cause) => {
            (w.alarm_no_rebuild_room(), w.alarm_no_rebuild_room_safe())
        }
        C::DiskFull => (w.alarm_disk_full(), w.alarm_disk_full_safe()),
        C::PhotosDamaged => (w.alarm_photos_damaged(), w.alarm_photos_damaged_safe()),
        C::BackupOld if cause.subject.is_none() => (w.alarm_backup_never(), w.alarm_backup_never_safe()),
        C::BackupOld => (w.alarm_backup_old(), w.alarm_backup_old_safe()),
        C::BackupFailed => (w.alarm_backup_failed(), w.alarm_backup_failed_safe()),
        C::ClockUnsure => (w.alarm_clock_unsure(), w.alarm_clock_unsure_safe()),
        C::HintBad => (w.alarm_file_unreadable(), w.alarm_file_unreadable_safe()),
        C::OptionalPart => word_part(w, part_of(cause)),
    }
}

fn part_of(cause: &AlarmCause) -> Option<OptionalPart> {
    cause.subject.as_deref().and_then(|subject| subject.parse().ok())
}

fn word_part(w: AlarmBannerWords, part: Option<OptionalPart>) -> (String, String) {
    match part {
        None => (w.alarm_part_off(), w.alarm_part_off_safe()),
        Some(OptionalPart::Https) => (w.alarm_https(), w.alarm_https_safe()),
        Some(OptionalPart::HttpsRenewed) => (w.alarm_https_renewed(), w.alarm_https_safe()),
        Some(OptionalPart::Photos) => (w.alarm_photos_off(), w.alarm_photos_off_safe()),
        Some(OptionalPart::Printers) => (w.alarm_printers_off(), w.alarm_printers_off_safe()),
        Some(OptionalPart::Uplink) => (w.alarm_uplink_off(), w.alarm_uplink_off_safe()),
        Some(OptionalPart::State) => (w.alarm_state_lost(), w.alarm_state_lost_safe()),
        Some(OptionalPart::StateDisk) => (w.alarm_state_disk(), w.alarm_state_disk_safe()),
        Some(OptionalPart::StateRows) => (w.alarm_state_rows(), w.alarm_state_rows_safe()),
        Some(OptionalPart::Badges) => (w.alarm_badges_off(), w.alarm_badges_off_safe()),
        Some(OptionalPart::Panel) => (w.alarm_panel_off(), w.alarm_panel_off_safe()),
        Some(OptionalPart::Admin) => (w.alarm_admin_off(), w.alarm_https_safe()),
    }
}

fn word_details(w: AlarmWords, cause: &AlarmCause) -> (String, String) {
    use AlarmCode as C;
    let (happened, next) = match cause.code {
        C::LogMissing
        | C::LogForgot
        | C::LogHealed
        | C::LogEpoch
        | C::LogAdopted
        | C::LogApart
        | C::LogUnvouched => word_log(w, cause),
        C::RebuildShort | C::DbDamaged | C::DbSalvage | C::CopyRemoved => word_database(w, cause),
        C::RelayOther | C::RelayWentBack | C::RelayRefused | C::ZoneData | C::PhotosRefused => {
            word_relay(w, cause)
        }
        C::HistoryComing => (w.cause_history_coming(word_entries(w, cause)), w.cause_history_coming_next()),
        C::BoxReplaced => (w.cause_box_replaced(), w.cause_box_replaced_next()),
        C::DiskFull | C::PhotosDamaged | C::HintBad | C::ClockUnsure => word_storage(w, cause),
        C::BackupOld | C::BackupFailed => word_backup(w, cause),
        C::OptionalPart => word_part_details(w, cause),
    };
    let happened = match (cause.code, cause.detail.trim_end_matches('.')) {
        (_, "") | (C::ZoneData, _) => happened,
        (C::RelayRefused, answer) => format!("{happened} {}", w.cause_answer(answer)),
        (_, reason) => format!("{happened} {}", w.cause_reason(reason)),
    };
    (happened, next)
}

fn word_log_name(w: AlarmWords, cause: &AlarmCause) -> String {
    cause.epoch.map_or_else(|| w.cause_any_log(), |epoch| w.cause_log(epoch.to_string()))
}

fn word_entries(w: AlarmWords, cause: &AlarmCause) -> String {
    let log = word_log_name(w, cause);
    match (cause.from, cause.to) {
        (Some(from), Some(to)) if to == from + 1 => w.range_one(from.to_string(), log),
        (Some(from), Some(to)) => w.range_several(from.to_string(), to.saturating_sub(1).to_string(), log),
        (Some(from), None) => w.range_open(from.to_string(), log),
        (None, _) => w.range_unknown(log),
    }
}

fn word_log(w: AlarmWords, cause: &AlarmCause) -> (String, String) {
    let (log, entries) = (word_log_name(w, cause), word_entries(w, cause));
    match (cause.code, cause.from, cause.to) {
        (AlarmCode::LogForgot, Some(present), Some(confirmed)) => {
            (w.cause_log_forgot(confirmed, log, present), w.cause_log_forgot_next())
        }
        (AlarmCode::LogHealed, ..) => (w.cause_log_repaired(log), w.cause_log_repaired_next()),
        (AlarmCode::LogEpoch, ..) => (w.cause_log_epoch(log), w.cause_log_epoch_next()),
        (AlarmCode::LogAdopted, ..) => (w.cause_log_adopted(entries), w.cause_log_adopted_next()),
        (AlarmCode::LogUnvouched, ..) => (w.cause_log_unvouched(log), w.cause_log_unvouched_next()),
        (AlarmCode::LogApart, ..) => (w.cause_log_apart(log), w.cause_log_apart_next()),
        _ => {
            let happened = match cause.pieces {
                Some(pieces) => w.cause_log_missing_pieces(entries, pieces),
                None => w.cause_log_missing(entries),
            };
            (happened, w.cause_log_missing_next())
        }
    }
}

fn word_database(w: AlarmWords, cause: &AlarmCause) -> (String, String) {
    match (cause.code, cause.subject.as_deref()) {
        (AlarmCode::RebuildShort, _) => {
            (w.cause_rebuild_short(word_entries(w, cause)), w.cause_rebuild_short_next())
        }
        (AlarmCode::DbDamaged, _) => (w.cause_database_damaged(), w.cause_database_damaged_next()),
        (AlarmCode::DbSalvage, Some(file)) => {
            (w.cause_database_salvaged_unread(file), w.cause_database_salvaged_next())
        }
        (AlarmCode::DbSalvage, None) => (w.cause_database_salvaged(), w.cause_database_salvaged_next()),
        _ => (w.cause_copy_removed(), w.cause_copy_removed_next()),
    }
}

fn word_relay(w: AlarmWords, cause: &AlarmCause) -> (String, String) {
    let log = word_log_name(w, cause);
    let (from, to) = (cause.from.unwrap_or(0), cause.to.unwrap_or(0));
    match (cause.code, cause.subject.as_deref()) {
        (AlarmCode::RelayOther, _) => (w.cause_relay_other(log, to.to_string()), w.cause_relay_other_next()),
        (AlarmCode::RelayWentBack, _) => {
            (w.cause_relay_went_back(to, log, from), w.cause_relay_went_back_next())
        }
        (AlarmCode::ZoneData, zone) => {
            let words = w.cause_zone_data(zone_release(), &cause.detail, zone.unwrap_or_default());
            (words, w.cause_zone_data_next())
        }
        (AlarmCode::RelayRefused, Some(run)) => {
            (w.cause_relay_refused_adopted(run), w.cause_relay_refused_next())
        }
        (AlarmCode::RelayRefused, None) => {
            (w.cause_relay_refused(word_entries(w, cause)), w.cause_relay_refused_next())
        }
        _ => (w.cause_photos_refused(to), w.cause_photos_refused_next()),
    }
}

fn word_storage(w: AlarmWords, cause: &AlarmCause) -> (String, String) {
    match cause.code {
        AlarmCode::DiskFull if is_of_fetch_space(cause) => {
            (w.cause_no_fetch_room(), w.cause_no_fetch_room_next())
        }
        AlarmCode::DiskFull if is_of_rebuild_space(cause) => {
            (w.cause_no_rebuild_room(), w.cause_no_rebuild_room_next())
        }
        AlarmCode::DiskFull => (w.cause_disk_full(), w.cause_disk_full_next()),
        AlarmCode::PhotosDamaged => {
            (w.cause_photos_damaged(cause.to.unwrap_or(1)), w.cause_photos_damaged_next())
        }
        AlarmCode::ClockUnsure => (w.cause_clock_unsure(), w.cause_clock_unsure_next()),
        _ => {
            let file = cause.subject.as_deref().unwrap_or_default();
            (w.cause_file_unreadable(file), w.cause_file_unreadable_next())
        }
    }
}

fn word_backup(w: AlarmWords, cause: &AlarmCause) -> (String, String) {
    use BackupCause as B;
    match (cause.code, cause.subject.as_deref()) {
        (AlarmCode::BackupOld, None) => return (w.cause_backup_never(), w.cause_backup_never_next()),
        (AlarmCode::BackupOld, Some(_)) => return (w.cause_backup_old(), w.cause_backup_old_next()),
        _ => {}
    }
    match cause.subject.as_deref().and_then(|subject| subject.parse().ok()) {
        Some(B::NoKey) => (w.cause_backup_no_key(), w.cause_backup_no_key_next()),
        Some(B::Missing) => (w.cause_backup_missing(), w.cause_backup_missing_next()),
        Some(B::SameDisk) => (w.cause_backup_same_disk(), w.cause_backup_same_disk_next()),
        Some(B::ReadOnly) => (w.cause_backup_read_only(), w.cause_backup_read_only_next()),
        Some(B::Full) => (w.cause_backup_full(), w.cause_backup_full_next()),
        Some(B::NotRight) => (w.cause_backup_not_right(), w.cause_backup_not_right_next()),
        Some(B::NoFolder | B::TooLarge | B::Crowded | B::Medium | B::Box | B::Stopped) | None => {
            (w.cause_backup_other(), w.cause_backup_other_next())
        }
    }
}

fn word_part_details(w: AlarmWords, cause: &AlarmCause) -> (String, String) {
    match part_of(cause) {
        None => {
            let part = cause.subject.as_deref().unwrap_or_default();
            (w.cause_part_off(part), w.cause_part_off_next())
        }
        Some(OptionalPart::Https) => (w.cause_https(), w.cause_https_next()),
        Some(OptionalPart::HttpsRenewed) => (w.cause_https_renewed(), w.cause_https_renewed_next()),
        Some(OptionalPart::Photos) => (w.cause_photos_off(), w.cause_photos_off_next()),
        Some(OptionalPart::Printers) => (w.cause_printers_off(), w.cause_printers_off_next()),
        Some(OptionalPart::Uplink) => (w.cause_uplink_off(), w.cause_uplink_off_next()),
        Some(OptionalPart::State) => (w.cause_state_lost(), w.cause_state_lost_next()),
        Some(OptionalPart::StateDisk) => (w.cause_state_disk(), w.cause_state_disk_next()),
        Some(OptionalPart::StateRows) => (w.cause_state_rows(), w.cause_state_rows_next()),
        Some(OptionalPart::Badges) => (w.cause_badges_off(), w.cause_badges_off_next()),
        Some(OptionalPart::Panel) => (w.cause_panel_off(), w.cause_panel_off_next()),
        Some(OptionalPart::Admin) => (w.cause_admin_off(), w.cause_admin_off_next()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use record::ids::Epoch;

    use super::*;
    use crate::alarms::sources::OPTIONAL_PARTS;
    use crate::backup::BACKUP_CAUSES;

    const LOG: Epoch = Epoch { n: 1, key: [1; 4] };

    fn alarm_of(cause: AlarmCause) -> ActiveAlarm {
        ActiveAlarm { id: String::new(), cause, first_ms: 5, over_ms: None, again: 0, seen: None }
    }

    fn text_of(cause: AlarmCause) -> AlarmText {
        AlarmText::of(AlarmSentences::english(), &alarm_of(cause))
    }

    #[test]
    fn each_code_and_part_has_words_of_its_own() {
        let modules_off = OPTIONAL_PARTS.iter().map(|module| module.off(""));
        let causes: Vec<AlarmCause> =
            AlarmCode::ALL.iter().map(|code| AlarmCause::new(*code)).chain(modules_off).collect();
        let titles: BTreeSet<_> = causes.iter().map(|cause| text_of(cause.clone()).title).collect();
        assert_eq!(titles.len(), causes.len(), "{titles:?}");
    }

    #[test]
    fn each_alarm_says_what_happened_what_is_safe_and_what_to_do() {
        let full = AlarmCode::ALL
            .iter()
            .map(|code| AlarmCause::new(*code).of(LOG).from(4).to(9).detail("so it says."));
        let modules_off = OPTIONAL_PARTS.iter().map(|module| module.off("no space"));
        let about = AlarmCode::ALL.iter().map(|code| AlarmCause::new(*code).about("a run"));
        let bare = AlarmCode::ALL.iter().map(|code| AlarmCause::new(*code));
        let backups =
            BACKUP_CAUSES.iter().map(|cause| AlarmCause::new(AlarmCode::BackupFailed).about(cause.as_str()));
        for cause in full.chain(modules_off).chain(about).chain(bare).chain(backups) {
            let detail = cause.detail.trim_end_matches('.').to_owned();
            let text = text_of(cause);
            let line = text.line();
            assert!(!text.title.ends_with('.'), "{line}");
            for sentence in [&text.happened, &text.safe, &text.next] {
                let begins = sentence.starts_with(|c: char| c.is_uppercase() || c.is_numeric());
                assert!(begins && sentence.ends_with('.'), "{line}");
            }
            assert!(text.happened.contains(&detail), "{line}");
            assert!(!line.contains("..") && !line.contains("  "), "{line}");
        }
    }

    #[test]
    fn an_alarm_names_its_log_and_its_entries() {
        let of = |from, to| AlarmCause::new(AlarmCode::LogMissing).of(LOG).from(from).to(to);
        let forgot = AlarmCause::new(AlarmCode::LogForgot).of(LOG).from(4).to(9);
        let expected = "confirmed 9 entries of log 1-01010101. This box’s storage has only 4 of them.";
        assert!(text_of(forgot.clone()).happened.ends_with(expected), "{:?}", text_of(forgot));
        for (cause, entries) in [
            (of(4, 9), "entries 4 to 8 of log 1-01010101."),
            (of(4, 5), "entry 4 of log 1-01010101."),
            (AlarmCause::new(AlarmCode::LogMissing).of(LOG).from(4), "entries of log 1-01010101 from 4 on."),
            (AlarmCause::new(AlarmCode::LogMissing), "some entries of this box’s log."),
        ] {
            let happened = text_of(cause).happened;
            assert!(happened.ends_with(entries), "{happened}");
        }
        let pieces = text_of(of(4, 9).with_pieces(3)).happened;
        assert!(pieces.contains("3 separate parts of entries 4 to 8"), "{pieces}");
    }

    #[test]
    fn what_happened_again_is_counted() {
        let text_after = |again| {
            let alarm = ActiveAlarm { again, ..alarm_of(AlarmCause::new(AlarmCode::CopyRemoved)) };
            AlarmText::of(AlarmSentences::english(), &alarm).happened
        };
        assert!(text_after(0).ends_with("removed."));
        assert!(text_after(1).ends_with("once more since."));
        assert!(text_after(2).ends_with("2 more times since."));
    }

    #[test]
    fn what_was_active_for_a_while_is_said_to_be_over() {
        let over = |code| ActiveAlarm { over_ms: Some(9), ..alarm_of(AlarmCause::new(code)) };
        let safe = |alarm: &ActiveAlarm| AlarmText::of(AlarmSentences::english(), alarm).safe;
        assert_eq!(safe(&over(AlarmCode::DiskFull)), "This is over.");
        assert!(safe(&over(AlarmCode::LogForgot)).contains("everything is here again"));
        let at_once = ActiveAlarm { over_ms: Some(5), ..over(AlarmCode::CopyRemoved) };
        assert_eq!(safe(&at_once), "The log is complete.");
    }
}
