//! Mails that come by the calendar, to whoever wants them.

use super::super::letter::MailGroup::Optional;
use super::super::letter::{MailFact, MailLetter, MailTableRow, MailTopic};

/// What a new account has not done yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstStep {
    /// After a day no box is claimed.
    AddBox,
    /// After three days nothing is recorded.
    Record,
    /// After a week nobody else is there.
    Invite,
}

/// Met and closed windows, as a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WindowCount {
    pub met: u32,
    pub closed: u32,
}

impl WindowCount {
    fn fact(self) -> MailFact {
        MailFact::Rate { met: self.met, closed: self.closed }
    }
}

/// A week of what somebody sees of an account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WeekSummary {
    /// Days since 1970, both of the week.
    pub first_day: i32,
    pub last_day: i32,
    pub items: i64,
    pub cleanings: i64,
    /// How often an item was cleaned and used a day, in tenths; `None` without items.
    pub use_a_day: Option<[i64; 2]>,
    /// Half of the cleanings took no longer to record; `None` where too few were measured.
    pub median_ms: Option<u32>,
    /// Items that are overdue now.
    pub overdue: i64,
    pub windows: WindowCount,
    /// Facilities whose box does not say what happens there.
    pub unknown: i64,
    /// Weeks up to this one, each with its first day.
    pub trend: Vec<(i32, WindowCount)>,
    pub places: Vec<WeekPlace>,
}

/// A facility in a week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeekPlace {
    pub name: String,
    pub windows: WindowCount,
    pub cleanings: i64,
    pub overdue: i64,
    pub href: String,
}

/// An inspection that comes near.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComingInspection {
    pub facility: String,
    /// By whom or of what; empty where nobody said.
    pub title: String,
    /// Days since 1970.
    pub day: i32,
    pub days_left: i32,
    pub overdue: i64,
    /// Of 30 days.
    pub windows: WindowCount,
    pub gaps: Vec<ItemGap>,
}

/// An item that was missed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemGap {
    pub name: String,
    pub place: String,
    pub missed: i64,
    /// Days since 1970.
    pub last_day: i32,
    pub href: String,
}

/// An item that is due within a shift.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueItem {
    pub name: String,
    pub place: String,
    pub by_ms: i64,
    pub href: String,
}

/// A shift of a facility, in its zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShiftPlace {
    pub facility: String,
    pub zone: String,
    pub until_ms: i64,
}

/// What an account may have, where it pays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WelcomePlan {
    pub name: String,
    pub until_ms: i64,
    pub facilities_max: i64,
    pub people_max: i64,
}

impl MailLetter {
    /// An account is there. `plan`: where it pays.
    pub fn welcome(name: &str, account: &str, plan: Option<&WelcomePlan>, link: String) -> Self {
        let letter = Self::new("welcome", link).text("name", name).text("account", account).line("what");
        let letter = match plan {
            Some(plan) => letter
                .text("plan", &plan.name)
                .time("ends", plan.until_ms)
                .count("facilities", plan.facilities_max)
                .count("people", plan.people_max)
                .line("plan"),
            None => letter,
        };
        letter.line("first").hint("help")
    }

    pub fn weekly(account: &str, week: WeekSummary, link: String) -> Self {
        let letter = Self::new("weekly", link).group(Optional(MailTopic::Weekly)).text("account", account);
        let letter = letter
            .fact("from", MailFact::Day(week.first_day))
            .fact("to", MailFact::Day(week.last_day))
            .fact("rate", week.windows.fact())
            .count("met", i64::from(week.windows.met))
            .count("closed", i64::from(week.windows.closed))
            .count("cleanings", week.cleanings)
            .count("items", week.items)
            .count("overdue", week.overdue)
            .count("unknown", week.unknown);
        let letter = letter.line(if week.windows.closed > 0 { "rate" } else { "no-rate" }).line("counts");
        let letter = match week.use_a_day {
            Some([cleaned, used]) => letter
                .fact("cleaned", MailFact::Tenths(cleaned))
                .fact("used", MailFact::Tenths(used))
                .line("use"),
            None => letter,
        };
        let letter = match week.median_ms {
            Some(ms) => letter.fact("seconds", MailFact::Tenths(i64::from(ms / 100))).line("time"),
            None => letter,
        };
        let letter = if week.unknown > 0 { letter.line("unknown") } else { letter };
        let trend = week
            .trend
            .into_iter()
            .map(|(day, windows)| MailTableRow::new([MailFact::Day(day), windows.fact()]));
        let places = week.places.into_iter().map(|place| {
            let counts = [place.cleanings, place.overdue].map(MailFact::Count);
            let cells = [MailFact::text(&place.name), place.windows.fact()].into_iter().chain(counts);
            MailTableRow::new(cells).link(place.href)
        });
        let letter = letter.table("trend", &["week", "column-rate"], trend);
        letter.table("places", &["place", "column-rate", "column-cleanings", "column-overdue"], places)
    }

    /// `step`: the days before at which it comes, 30, 7 or 1.
    pub fn inspection(step: i32, coming: ComingInspection, link: String) -> Self {
        let letter = match step {
            30 => Self::new("inspection-30", link),
            7 => Self::new("inspection-7", link),
            _ => Self::new("inspection-1", link),
        };
        let letter = letter.group(Optional(MailTopic::Weekly)).text("facility", &coming.facility);
        let letter = letter
            .text("title", &coming.title)
            .fact("day", MailFact::Day(coming.day))
            .count("days", i64::from(coming.days_left))
            .fact("rate", coming.windows.fact())
            .count("overdue", coming.overdue)
            .line("what");
        let letter =
            if coming.title.is_empty() { letter } else { letter.shared_line("mail-inspection.title") };
        let letter = match (coming.overdue, coming.gaps.is_empty()) {
            (0, true) => letter.shared_line("mail-inspection.no-gaps"),
            (0, false) => letter,
            _ => letter.shared_line("mail-inspection.overdue"),
        };
        let gaps = coming.gaps.into_iter().map(|gap| {
            let place = [MailFact::text(&gap.name), MailFact::text(&gap.place)];
            let cells = place.into_iter().chain([MailFact::Count(gap.missed), MailFact::Day(gap.last_day)]);
            MailTableRow::new(cells).link(gap.href)
        });
        letter.shared_table("mail-inspection", "gaps", &["item", "place", "missed", "last"], gaps)
    }

    /// What is due until a shift ends, at its beginning.
    pub fn reminder(shift: &ShiftPlace, count: i64, items: Vec<DueItem>, link: String) -> Self {
        let letter = Self::new("reminder", link).group(Optional(MailTopic::Reminders));
        let letter = letter.text("facility", &shift.facility).count("count", count);
        let until = MailFact::time_at(shift.until_ms, &shift.zone);
        let rows = items.into_iter().map(|item| {
            let by = MailFact::time_at(item.by_ms, &shift.zone);
            MailTableRow::new([MailFact::text(&item.name), MailFact::text(&item.place), by]).link(item.href)
        });
        letter.fact("ends", until).line("what").table("items", &["item", "place", "by"], rows)
    }

    /// A report by a schedule can be fetched. It is not attached: it names people, and whoever reads a mail box need not be who may read that.
    /// `title`: a facility's name, or the account's.
    pub fn report_ready(title: &str, days: [i32; 2], bytes: i64, link: String) -> Self {
        let [from, to] = days.map(MailFact::Day);
        let letter = Self::new("report-ready", link).text("title", title).fact("from", from).fact("to", to);
        letter.count("kilobytes", (bytes.max(0) + 999) / 1_000).line("what").hint("why")
    }

    pub fn onboarding(step: FirstStep, account: &str, link: String) -> Self {
        let letter = match step {
            FirstStep::AddBox => Self::new("onboarding-1", link),
            FirstStep::Record => Self::new("onboarding-3", link),
            FirstStep::Invite => Self::new("onboarding-7", link),
        };
        letter.group(Optional(MailTopic::Onboarding)).text("account", account).line("what").line("how")
    }
}

/// That of `SAMPLE_AT_MS`.
const SAMPLE_DAY: i32 = 20_777;

fn sample_week() -> WeekSummary {
    let rate = |met, closed| WindowCount { met, closed };
    let day = SAMPLE_DAY;
    let place = |name: &str, windows: WindowCount| WeekPlace {
        name: name.to_owned(),
        windows,
        cleanings: 129,
        overdue: 1,
        href: "https://relay.example/app/f/1".to_owned(),
    };
    WeekSummary {
        first_day: day - 11,
        last_day: day - 5,
        items: 45,
        cleanings: 387,
        use_a_day: Some([12, 4]),
        median_ms: Some(12_400),
        overdue: 2,
        windows: rate(365, 395),
        unknown: 1,
        trend: (0..8).map(|n| (day - 60 + 7 * n, rate(85 + n.cast_unsigned(), 100))).collect(),
        places: vec![place("Riverside <Imaging>", rate(80, 100)), place("Valley Hospital", rate(0, 0))],
    }
}

pub(super) fn list_samples() -> Vec<MailLetter> {
    use super::{SAMPLE_AT_MS, SAMPLE_UNTIL_MS, sample_link as link};
    let href = || "https://relay.example/app/f/1".to_owned();
    let rate = |met, closed| WindowCount { met, closed };
    let day = SAMPLE_DAY;
    let plan = WelcomePlan {
        name: "Clinic".to_owned(),
        until_ms: SAMPLE_UNTIL_MS,
        facilities_max: 5,
        people_max: 10,
    };
    let week = sample_week();
    let quiet = WeekSummary { first_day: day - 11, last_day: day - 5, items: 3, ..WeekSummary::default() };
    let coming = |days_left: i32| ComingInspection {
        facility: "Valley Hospital".to_owned(),
        title: "Joint Commission".to_owned(),
        day: day + days_left,
        days_left,
        overdue: 2,
        windows: rate(365, 395),
        gaps: vec![ItemGap {
            name: "Ultrasound <4>".to_owned(),
            place: "Ward 3".to_owned(),
            missed: 6,
            last_day: day - 1,
            href: href(),
        }],
    };
    let ready = ComingInspection { overdue: 0, title: String::new(), gaps: Vec::new(), ..coming(30) };
    let shift = ShiftPlace {
        facility: "Valley Hospital".to_owned(),
        zone: "America/Chicago".to_owned(),
        until_ms: SAMPLE_UNTIL_MS,
    };
    let due = DueItem {
        name: "Ultrasound <4>".to_owned(),
        place: "Ward 3".to_owned(),
        by_ms: SAMPLE_AT_MS,
        href: href(),
    };
    let mut samples = vec![
        MailLetter::welcome("Ana Lima", "Alder <Health>", None, link()),
        MailLetter::welcome("Ana Lima", "Alder <Health>", Some(&plan), link()),
        MailLetter::weekly("Alder <Health>", week, link()),
        MailLetter::weekly("Alder", quiet, link()),
        MailLetter::inspection(30, ready, link()),
        MailLetter::inspection(30, coming(30), link()),
        MailLetter::inspection(7, coming(7), link()),
        MailLetter::inspection(1, coming(1), link()),
        MailLetter::reminder(&shift, 1, vec![due], link()),
        MailLetter::report_ready("Valley <Hospital>", [day - 11, day - 5], 412_000, link()),
    ];
    let steps = [FirstStep::AddBox, FirstStep::Record, FirstStep::Invite];
    samples.extend(steps.map(|step| MailLetter::onboarding(step, "Alder <Health>", link())));
    samples
}
