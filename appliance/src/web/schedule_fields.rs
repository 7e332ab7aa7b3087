//! The fields in which people enter how often something is due, on every form that asks for it.

use record::kinds::{Schedule, TimeOfDay, WeekdaySet};
use web::form::{FormField, FormValues};

use crate::intake::CommandRefusal;
use crate::web::request::fields::field_error::Wrong;
use crate::web::view_models::page::formats::read_span;
use crate::web::words::FormWords;

/// After a use, by default.
const USUAL_GRACE_S: u32 = 4 * 3_600;

pub(crate) const DUE_EVERY: FormField =
    FormField::choice("every", &["never", "hours", "days", "weeks", "times", "use"]);
/// Of hours, days or weeks.
pub(crate) const DUE_NUMBER: FormField = FormField::figure("number");
pub(crate) const DUE_TIMES: FormField = FormField::line("times", 400);
/// Hours and minutes after a use.
pub(crate) const DUE_GRACE: FormField = FormField::line("grace", 8);
/// Days of the week, from Monday; none is ticked where it is all of them.
pub(crate) const DUE_ON: [FormField; 7] = [
    FormField::tick("on_monday"),
    FormField::tick("on_tuesday"),
    FormField::tick("on_wednesday"),
    FormField::tick("on_thursday"),
    FormField::tick("on_friday"),
    FormField::tick("on_saturday"),
    FormField::tick("on_sunday"),
];

pub(crate) const DUE_FIELDS: [FormField; 11] = [
    DUE_EVERY, DUE_NUMBER, DUE_TIMES, DUE_GRACE, DUE_ON[0], DUE_ON[1], DUE_ON[2], DUE_ON[3], DUE_ON[4],
    DUE_ON[5], DUE_ON[6],
];

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ScheduleFormData {
    every: String,
    number: String,
    times: String,
    grace: String,
    /// Statuses of a read of the log, which may be busy.
    on: Option<WeekdaySet>,
}

impl ScheduleFormData {
    pub(crate) fn of_values(values: &FormValues) -> Self {
        let ticked = (1u8..).zip(DUE_ON).filter(|(_, field)| values.is_ticked(field.name));
        Self {
            every: values.text(DUE_EVERY.name).to_owned(),
            number: values.text(DUE_NUMBER.name).to_owned(),
            times: values.text(DUE_TIMES.name).to_owned(),
            grace: values.text(DUE_GRACE.name).to_owned(),
            on: WeekdaySet::of(ticked.map(|(day, _)| day)).filter(|on| !on.is_every()),
        }
    }

    pub(crate) fn fill(self, values: FormValues) -> FormValues {
        let on = self.on;
        let values = values.with(DUE_EVERY.name, self.every).with(DUE_NUMBER.name, self.number);
        let values = values.with(DUE_TIMES.name, self.times).with(DUE_GRACE.name, self.grace);
        (1u8..).zip(DUE_ON).fold(values, |values, (day, field)| {
            values.with_tick(field.name, on.is_some_and(|on| on.has(day)))
        })
    }

    pub(crate) fn of(schedule: Option<&Schedule>) -> Self {
        match schedule {
            Some(Schedule::Hours { n }) => Self::fill_every("hours", n.to_string()),
            Some(Schedule::Days { n, on }) => {
                Self { on: drop_every_day(*on), ..Self::fill_every("days", n.to_string()) }
            }
            Some(Schedule::Weeks { n }) => Self::fill_every("weeks", n.to_string()),
            Some(Schedule::Use { grace_s }) => {
                Self { grace: write_grace(*grace_s), ..Self::fill_every("use", String::new()) }
            }
            Some(Schedule::Times { at, on }) => {
                let at: Vec<String> = at.iter().map(ToString::to_string).collect();
                let on = drop_every_day(*on);
                Self { times: at.join(", "), on, ..Self::fill_every("times", String::new()) }
            }
            Some(Schedule::Never) | None => Self::fill_every("never", String::new()),
        }
    }

    fn fill_every(every: &str, number: String) -> Self {
        Self { every: every.to_owned(), number, ..Self::default() }
    }

    /// The schedule that the fields say; `None` where there is none.
    pub(crate) fn schedule(&self, w: FormWords) -> Result<Option<Schedule>, Wrong> {
        let on = self.on.unwrap_or(WeekdaySet::EVERY);
        // Otherwise they are ignored: nobody has to untick five boxes to choose “No schedule”.
        if self.every == "days" && self.on.is_some() && self.read_number(w)? != 1 {
            return Err(Wrong { at: DUE_NUMBER.name.to_owned(), words: w.form_schedule_on_wrong() });
        }
        Ok(Some(match self.every.as_str() {
            "hours" => Schedule::Hours { n: self.read_number(w)? },
            "days" => Schedule::Days { n: self.read_number(w)?, on },
            "weeks" => Schedule::Weeks { n: self.read_number(w)? },
            "use" => Schedule::Use { grace_s: read_grace(w, &self.grace)? },
            "times" => Schedule::Times { at: parse_times(w, &self.times)?, on },
            _ => return Ok(None),
        }))
    }

    fn read_number(&self, w: FormWords) -> Result<u32, Wrong> {
        self.number
            .trim()
            .parse()
            .map_err(|_| Wrong { at: DUE_NUMBER.name.to_owned(), words: w.form_schedule_number_wrong() })
    }

    pub(crate) fn refused_field(&self, refusal: &CommandRefusal) -> Option<&'static str> {
        let at = match self.every.as_str() {
            "times" => DUE_TIMES.name,
            "use" => DUE_GRACE.name,
            _ => DUE_NUMBER.name,
        };
        (refusal.field() == Some("schedule")).then_some(at)
    }
}

/// The schedule that is there, where the fields do not differ from it: they have no seconds.
pub(crate) fn keep_schedule(entered: Schedule, present: Option<&Schedule>) -> Schedule {
    let fields = ScheduleFormData::of(Some(&entered));
    let same = present.filter(|present| ScheduleFormData::of(Some(*present)) == fields);
    same.cloned().unwrap_or(entered)
}

fn drop_every_day(on: WeekdaySet) -> Option<WeekdaySet> {
    Some(on).filter(|on| !on.is_every())
}

/// `4:00`; rounded up to a minute.
fn write_grace(grace_s: u32) -> String {
    let minutes = grace_s.div_ceil(60);
    format!("{}:{:02}", minutes / 60, minutes % 60)
}

fn read_grace(w: FormWords, text: &str) -> Result<u32, Wrong> {
    if text.is_empty() {
        return Ok(USUAL_GRACE_S);
    }
    read_span(text)
        .and_then(|minutes| minutes.checked_mul(60))
        .ok_or_else(|| Wrong { at: DUE_GRACE.name.to_owned(), words: w.form_schedule_grace_wrong() })
}

fn parse_times(w: FormWords, text: &str) -> Result<Vec<TimeOfDay>, Wrong> {
    read_times(text)
        .filter(|times| !times.is_empty())
        .ok_or_else(|| Wrong { at: DUE_TIMES.name.to_owned(), words: w.form_schedule_times_wrong() })
}

/// Times of day in their order, each once. None: one of them is no time.
pub(crate) fn read_times(text: &str) -> Option<Vec<TimeOfDay>> {
    let parts = text.split([',', ' ', ';']).filter(|part| !part.is_empty());
    let mut times = parts.map(|part| part.parse().ok()).collect::<Option<Vec<TimeOfDay>>>()?;
    times.sort_unstable();
    times.dedup();
    Some(times)
}
