//! The alarm on top of a page: for staff as the box words it, for others in their language.

use record::fold::FacilitySettings;
use words::{S0, SafeHtml, fill_slots};

use crate::web::commands::alarms::PAGE;
use crate::web::context::AppState;
use crate::web::view_models::alarms::alarm_words::{AlarmSentences, AlarmText, word_summary};
use crate::web::view_models::page::wording::PageWording;
use crate::web::words::{AlarmBannerWords, StaffWords};

#[derive(Debug, Clone)]
pub(crate) struct AlarmBanner {
    pub(crate) title: String,
    pub(crate) safe: String,
    pub(crate) next: SafeHtml,
    /// How many more there are; empty where it is the only one.
    pub(crate) more: String,
    pub(crate) link: Option<(&'static str, String)>,
}

impl AlarmBanner {
    pub(crate) fn for_staff(state: &AppState, words: StaffWords, sentences: AlarmSentences) -> Option<Self> {
        let all = state.alarms.all();
        let mut unseen = all.iter().filter(|alarm| alarm.seen.is_none());
        let AlarmText { title, safe, next, .. } = AlarmText::of(sentences, unseen.next()?);
        let more = match unseen.count() {
            0 => String::new(),
            many => words.staff_alarms_more(many),
        };
        let link = Some((PAGE, words.staff_alarm_show()));
        Some(Self { title, safe, next: fill_slots(next, []), more, link })
    }

    /// For readers who are not signed in: all that they can do is to inform somebody.
    pub(crate) fn for_everybody(
        state: &AppState,
        settings: &FacilitySettings,
        wording: &PageWording,
        words: AlarmBannerWords,
    ) -> Option<Self> {
        let all = state.alarms.all();
        let (title, safe) = word_summary(words, all.iter().find(|alarm| alarm.seen.is_none())?);
        let next = fill_slots(wording.words().page_alarm_next(S0), [wording.contact(settings)]);
        Some(Self { title, safe, next, more: String::new(), link: None })
    }
}
