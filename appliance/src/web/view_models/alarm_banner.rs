//! The alarm on top of a page: for staff as the box tells it, for whoever comes by in their language.

use record::alarm::AlarmCode;
use record::fold::Settings;
use words::{S0, SafeHtml, fill_slots};

use crate::alarms::sources::{SideRoom, is_of_fetch_room, is_of_missing, is_of_rebuild_room};
use crate::alarms::words::AlarmWords;
use crate::alarms::{ActiveAlarm, AlarmCause};
use crate::web::commands::alarms::PAGE;
use crate::web::context::AppState;
use crate::web::view_models::wording::Wording;
use crate::web::words::{AlarmBannerWords, StaffWords};

/// What stands on top of a page while nobody has acknowledged an alarm: the gravest, and how many more there are.
#[derive(Debug, Clone)]
pub(crate) struct AlarmBanner {
    /// What happened.
    pub(crate) title: String,
    pub(crate) safe: String,
    /// What to do.
    pub(crate) next: SafeHtml,
    /// In words; empty where it is the only one.
    pub(crate) more: String,
    /// Where it can be acknowledged, and what the link says; absent on pages for everybody.
    pub(crate) link: Option<(&'static str, String)>,
}

impl AlarmBanner {
    /// For staff.
    pub(crate) fn for_staff(state: &AppState, words: StaffWords) -> Option<Self> {
        let all = state.alarms.all();
        let mut unseen = all.iter().filter(|alarm| alarm.seen.is_none());
        let AlarmWords { title, safe, next, .. } = unseen.next()?.words();
        let more = match unseen.count() {
            0 => String::new(),
            many => words.staff_alarms_more(many),
        };
        let link = Some((PAGE, words.staff_alarm_show()));
        Some(Self { title, safe: safe.to_owned(), next: fill_slots(next, []), more, link })
    }

    /// For whoever comes by: all that they can do is to tell somebody.
    pub(crate) fn for_everybody(
        state: &AppState,
        settings: &Settings,
        wording: &Wording,
        words: AlarmBannerWords,
    ) -> Option<Self> {
        let all = state.alarms.all();
        let (title, safe) = word_alarm(words, all.iter().find(|alarm| alarm.seen.is_none())?);
        let next = fill_slots(wording.words().page_alarm_next(S0), [wording.contact(settings)]);
        Some(Self { title, safe, next, more: String::new(), link: None })
    }
}

/// What happened, and what is safe.
fn word_alarm(words: AlarmBannerWords, alarm: &ActiveAlarm) -> (String, String) {
    let (title, safe) = word_cause(words, &alarm.cause);
    // What was told of something that happened is over at once; what stood for a while is said to be over.
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
        C::PhotosRefused => (w.alarm_photos_refused(), w.alarm_photos_refused_safe()),
        C::DiskFull if is_of_fetch_room(cause) => (w.alarm_no_fetch_room(), w.alarm_no_fetch_room_safe()),
        C::DiskFull if is_of_rebuild_room(cause) => {
            (w.alarm_no_rebuild_room(), w.alarm_no_rebuild_room_safe())
        }
        C::DiskFull => (w.alarm_disk_full(), w.alarm_disk_full_safe()),
        C::PhotosDamaged => (w.alarm_photos_damaged(), w.alarm_photos_damaged_safe()),
        C::ClockUnsure => (w.alarm_clock_unsure(), w.alarm_clock_unsure_safe()),
        C::HintBad => (w.alarm_file_unreadable(), w.alarm_file_unreadable_safe()),
        C::SideRoom => word_part(w, cause.subject.as_deref().and_then(|subject| subject.parse().ok())),
    }
}

/// A part of the box that is off; which, where it is one that this program knows.
fn word_part(w: AlarmBannerWords, part: Option<SideRoom>) -> (String, String) {
    match part {
        None => (w.alarm_part_off(), w.alarm_part_off_safe()),
        Some(SideRoom::Https) => (w.alarm_https(), w.alarm_https_safe()),
        Some(SideRoom::HttpsRenewed) => (w.alarm_https_renewed(), w.alarm_https_safe()),
        Some(SideRoom::Photos) => (w.alarm_photos_off(), w.alarm_photos_off_safe()),
        Some(SideRoom::Printers) => (w.alarm_printers_off(), w.alarm_printers_off_safe()),
        Some(SideRoom::Uplink) => (w.alarm_uplink_off(), w.alarm_uplink_off_safe()),
        Some(SideRoom::State) => (w.alarm_state_lost(), w.alarm_state_lost_safe()),
        Some(SideRoom::Admin) => (w.alarm_admin_off(), w.alarm_https_safe()),
    }
}

#[cfg(test)]
mod tests {
    use words::{Locale, WordSet as _};

    use super::*;
    use crate::alarms::sources::SIDE_ROOMS;

    /// What the command line, programs and the relay read is worded where alarms are raised.
    #[test]
    fn everybody_reads_what_staff_read() {
        let words = AlarmBannerWords::in_locale(Locale::EnUs);
        let codes = AlarmCode::ALL.iter().map(|code| AlarmCause::new(*code));
        let about = AlarmCode::ALL.iter().map(|code| AlarmCause::new(*code).about("a run"));
        let rooms = SIDE_ROOMS.iter().map(|room| room.off("no space"));
        for cause in codes.chain(about).chain(rooms) {
            for over_ms in [None, Some(9)] {
                let cause = cause.clone();
                let alarm =
                    ActiveAlarm { id: String::new(), cause, first_ms: 5, over_ms, again: 0, seen: None };
                let AlarmWords { title, safe, .. } = alarm.words();
                assert_eq!(word_alarm(words, &alarm), (title, safe.to_owned()), "{alarm:?}");
            }
        }
    }
}
