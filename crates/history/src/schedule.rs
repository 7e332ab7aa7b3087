//! Schedules in words.

use record::kinds::{Schedule, TimeOfDay, WeekdaySet};

use crate::ScheduleWords;

/// One schedule, alone in a line; `None`: none.
pub fn word_schedule(w: ScheduleWords, schedule: &Schedule) -> Option<String> {
    let (every, on) = match schedule {
        Schedule::Hours { n } => (w.schedule_hours(n), WeekdaySet::EVERY),
        Schedule::Days { n, on } => (w.schedule_days(n), *on),
        Schedule::Weeks { n } => (w.schedule_weeks(n), WeekdaySet::EVERY),
        Schedule::Times { at, on } => (w.schedule_times(list_times(at)), *on),
        Schedule::Use { .. } => (w.schedule_use(), WeekdaySet::EVERY),
        Schedule::Never => return None,
    };
    Some(word_weekdays(w, every, on))
}

/// One schedule, for the middle of a sentence; `None`: none.
pub fn word_schedule_inside(w: ScheduleWords, schedule: &Schedule) -> Option<String> {
    let (every, on) = match schedule {
        Schedule::Hours { n } => (w.schedule_hours_inside(n), WeekdaySet::EVERY),
        Schedule::Days { n, on } => (w.schedule_days_inside(n), *on),
        Schedule::Weeks { n } => (w.schedule_weeks_inside(n), WeekdaySet::EVERY),
        Schedule::Times { at, on } => (w.schedule_times_inside(list_times(at)), *on),
        Schedule::Use { .. } => (w.schedule_use_inside(), WeekdaySet::EVERY),
        Schedule::Never => return None,
    };
    Some(word_weekdays(w, every, on))
}

/// `Every day (Mon, Wed)`
fn word_weekdays(w: ScheduleWords, every: String, on: WeekdaySet) -> String {
    if on.is_every() {
        return every;
    }
    let days: Vec<String> = on.days().map(|day| w.schedule_weekday(day)).collect();
    w.schedule_on(days.join(", "), every)
}

fn list_times(times: &[TimeOfDay]) -> String {
    times.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use words::{Locale, WordSet as _};

    use super::*;

    #[test]
    fn each_schedule_and_its_days() {
        let w = ScheduleWords::in_locale(Locale::EnUs);
        let on = WeekdaySet::of([1, 5]).unwrap();
        let at = vec![TimeOfDay { hour: 7, minute: 0 }, TimeOfDay { hour: 19, minute: 30 }];
        let table = [
            (Schedule::Hours { n: 12 }, Some(("Every 12 hours", "every 12 hours"))),
            (Schedule::every_days(1), Some(("Every day", "every day"))),
            (Schedule::Days { n: 1, on }, Some(("Every day (Mon, Fri)", "every day (Mon, Fri)"))),
            (Schedule::Weeks { n: 1 }, Some(("Every week", "every week"))),
            (
                Schedule::Times { at: at.clone(), on },
                Some(("Daily by 07:00, 19:30 (Mon, Fri)", "daily by 07:00, 19:30 (Mon, Fri)")),
            ),
            (Schedule::every_day_at(at), Some(("Daily by 07:00, 19:30", "daily by 07:00, 19:30"))),
            (Schedule::Use { grace_s: 0 }, Some(("After each use", "after each use"))),
            (Schedule::Never, None),
        ];
        for (schedule, expected) in table {
            let shown = word_schedule(w, &schedule).zip(word_schedule_inside(w, &schedule));
            let shown = shown.as_ref().map(|(alone, inside)| (alone.as_str(), inside.as_str()));
            assert_eq!(shown, expected, "{schedule:?}");
        }
    }
}
