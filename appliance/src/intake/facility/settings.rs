//! Schedules and the facility's settings.

use std::net::IpAddr;

use firmware_config::MistakeReason;
use firmware_config::fields::{check_label_host, label_host_name};
use record::compliance::zone_name;
use record::fold::{Equipment, FacilitySettings};
use record::ids::ProtocolId;
use record::kinds::{
    AnnouncedInspection, CompetencyPolicy, DayChange, FacilityBrand, FacilityChanged, ProblemPolicy,
    QueuedPolicy, Schedule, ScheduleSet, TimeOfDay, WhoPolicy,
};

use crate::intake::{
    BrandColour, CommandRefusal, Drafts, FacilityRefusal, LanguageRefusal, PAGE_LANGUAGES, PROOF_METHODS,
    RefusalCause, SettingsChange, StateView, facility_day, require_seen, text,
};

/// Minutes for which a typed PIN may prove records: after an hour it is unknown who holds the tablet.
const PIN_PROOF_MIN_MAX: u32 = 60;
const SHIFTS_MAX: usize = 6;
const RETAIN_YEARS_MAX: u32 = 99;
/// The languages and countries that a facility can have, as written in the log.
pub const FACILITY_LOCALES: [&str; 5] = ["en-US", "en-GB", "es-US", "es-MX", "es-ES"];

pub(in crate::intake) fn decide_schedule(
    item: &Equipment,
    protocol: Option<ProtocolId>,
    requested: &Schedule,
    from: i64,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    check_schedule(requested)?;
    if protocol.is_some_and(|id| !item.facts.protocols.contains(&id)) {
        return Err(CommandRefusal::NotItsProtocol);
    }
    drafts.push(ScheduleSet { tag: item.tag, protocol, schedule: requested.clone(), from }, Vec::new());
    Ok(())
}

pub(in crate::intake) fn change_settings(
    requested: &SettingsChange,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    require_seen(requested.seen, view.facility().settings.changed)?;
    drafts.push(decide_settings(requested, view)?, Vec::new());
    Ok(())
}

/// Whether a schedule's numbers are in their ranges.
pub(in crate::intake) fn check_schedule(requested: &Schedule) -> Result<(), CommandRefusal> {
    let cause = match requested {
        Schedule::Hours { n } if !(1..=8_760).contains(n) => RefusalCause::ScheduleHours,
        Schedule::Days { n, .. } if !(1..=366).contains(n) => RefusalCause::ScheduleDays,
        Schedule::Days { n, on } if *n != 1 && !on.is_every() => RefusalCause::ScheduleWeekdays,
        Schedule::Weeks { n } if !(1..=52).contains(n) => RefusalCause::ScheduleWeeks,
        Schedule::Times { at, .. } if at.is_empty() || at.len() > 48 => RefusalCause::ScheduleTimes,
        Schedule::Times { at, .. } if !at.is_sorted_by(|a, b| a < b) => RefusalCause::ScheduleOrder,
        Schedule::Use { grace_s } if !(60..=604_800).contains(grace_s) => RefusalCause::ScheduleUse,
        _ => return Ok(()),
    };
    Err(CommandRefusal::Range { field: "schedule", cause })
}

fn refuse_range(field: &'static str, cause: RefusalCause) -> CommandRefusal {
    CommandRefusal::Range { field, cause }
}

fn refuse_word(field: &'static str) -> CommandRefusal {
    refuse_range(field, RefusalCause::Facility(FacilityRefusal::Word))
}

fn refuse_setting<T>(field: &'static str, refusal: FacilityRefusal) -> Result<T, CommandRefusal> {
    Err(refuse_range(field, RefusalCause::Facility(refusal)))
}

/// A value, unless it breaks its rule.
fn keep_if<T: Clone>(
    value: Option<&T>,
    holds: impl Fn(&T) -> bool,
    broken: CommandRefusal,
) -> Result<Option<T>, CommandRefusal> {
    if value.is_none_or(holds) { Ok(value.cloned()) } else { Err(broken) }
}

fn decide_settings(
    requested: &SettingsChange,
    view: &dyn StateView,
) -> Result<FacilityChanged, CommandRefusal> {
    let name = requested.name.as_deref();
    Ok(FacilityChanged {
        name: name.map(|n| text::check_name("name", n, RefusalCause::FacilityName)).transpose()?,
        zone: requested
            .zone
            .as_deref()
            .map(|zone| {
                let refusal = refuse_range("zone", RefusalCause::Facility(FacilityRefusal::TimeZone));
                zone_name(zone).ok_or(refusal)
            })
            .transpose()?,
        label_host: requested.label_host.as_deref().map(label_host).transpose()?,
        allow_unattributed: requested.allow_unattributed,
        undo_min: keep_if(
            requested.undo_min.as_ref(),
            |min| *min <= 24 * 60,
            refuse_range("undo_min", RefusalCause::Facility(FacilityRefusal::UndoTime)),
        )?,
        contact: requested.contact.as_deref().map(|c| text::check_line("contact", c)).transpose()?,
        pin_proof_min: keep_if(
            requested.pin_proof_min.as_ref(),
            |min| *min <= PIN_PROOF_MIN_MAX,
            refuse_range("pin_proof_min", RefusalCause::Facility(FacilityRefusal::PinProofTime)),
        )?,
        problem: keep_if(
            requested.problem.as_ref(),
            |policy| ProblemPolicy::ALL.contains(policy),
            refuse_word("problem"),
        )?,
        queued: keep_if(
            requested.queued.as_ref(),
            |policy| QueuedPolicy::ALL.contains(policy),
            refuse_word("queued"),
        )?,
        competency: keep_if(
            requested.competency.as_ref(),
            |policy| CompetencyPolicy::ALL.contains(policy),
            refuse_word("competency"),
        )?,
        who: check_ways(requested.who.as_ref())?,
        locale: requested.locale.as_deref().map(check_locale).transpose()?,
        languages: keep_if(
            requested.languages.as_ref(),
            |languages| are_page_languages(languages),
            refuse_range("languages", RefusalCause::Language(LanguageRefusal::Page)),
        )?,
        inspection: decide_inspection(requested, view)?,
        survey: check_survey(requested.survey, view)?,
        shifts: keep_if(
            requested.shifts.as_ref(),
            |shifts: &Vec<TimeOfDay>| shifts.len() <= SHIFTS_MAX && shifts.is_sorted_by(|a, b| a < b),
            refuse_range("shifts", RefusalCause::Facility(FacilityRefusal::Shifts)),
        )?,
        brand: decide_brand(requested, view)?,
        retain_years: keep_if(
            requested.retain_years.as_ref(),
            |years| (1..=RETAIN_YEARS_MAX).contains(years),
            refuse_range("retain_years", RefusalCause::Facility(FacilityRefusal::RetainYears)),
        )?,
        // No directive is obeyed yet, so there is nothing that a facility could forbid.
        relay_may: None,
    })
}

fn check_ways(requested: Option<&WhoPolicy>) -> Result<Option<WhoPolicy>, CommandRefusal> {
    for (field, methods) in requested.into_iter().flat_map(|who| {
        [
            ("who_noncritical", &who.noncritical),
            ("who_semicritical", &who.semicritical),
            ("who_critical", &who.critical),
        ]
    }) {
        let mut methods = methods.iter().flatten();
        if !methods.all(|method| PROOF_METHODS.contains(method)) {
            return refuse_setting(field, FacilityRefusal::Word);
        }
    }
    Ok(requested.cloned())
}

fn check_locale(entered: &str) -> Result<String, CommandRefusal> {
    match entered.trim() {
        locale if locale.is_empty() || FACILITY_LOCALES.contains(&locale) => Ok(locale.to_owned()),
        _ => Err(refuse_range("locale", RefusalCause::Language(LanguageRefusal::Facility))),
    }
}

fn are_page_languages(languages: &[String]) -> bool {
    languages.iter().all(|language| PAGE_LANGUAGES.contains(&language.as_str()))
        && languages.iter().enumerate().all(|(at, language)| !languages[..at].contains(language))
}

/// The present inspection with the requested changes; one without a day is none.
fn decide_inspection(
    requested: &SettingsChange,
    view: &dyn StateView,
) -> Result<Option<AnnouncedInspection>, CommandRefusal> {
    let (day, title) = (requested.inspection_day, requested.inspection_title.as_deref());
    if day.is_none() && title.is_none() {
        return Ok(None);
    }
    let (facility, now_ms) = (view.facility(), view.now().wall_ms);
    let there = &facility.settings.inspection;
    let title = title.map(|title| text::check_line("inspection_title", title)).transpose()?;
    let day_after = day.unwrap_or(there.day);
    let Some(inspection) = day_after.0 else {
        return match title.filter(|title| !title.is_empty()) {
            Some(_) => refuse_setting("inspection_day", FacilityRefusal::InspectionDay),
            None => Ok(Some(AnnouncedInspection::default())),
        };
    };
    if day.is_some() && facility_day(facility, now_ms).is_some_and(|today| inspection < today) {
        return refuse_setting("inspection_day", FacilityRefusal::InspectionDay);
    }
    Ok(Some(AnnouncedInspection { day: day_after, title: title.unwrap_or_else(|| there.title.clone()) }))
}

fn check_survey(
    requested: Option<DayChange>,
    view: &dyn StateView,
) -> Result<Option<DayChange>, CommandRefusal> {
    let today = facility_day(view.facility(), view.now().wall_ms);
    let day = requested.and_then(|survey| survey.0);
    match day.zip(today) {
        Some((day, today)) if day > today => refuse_setting("survey", FacilityRefusal::SurveyDay),
        _ => Ok(requested),
    }
}

fn decide_brand(
    requested: &SettingsChange,
    view: &dyn StateView,
) -> Result<Option<FacilityBrand>, CommandRefusal> {
    if requested.brand_name.is_none() && requested.brand_colour.is_none() {
        return Ok(None);
    }
    let mut brand = view.facility().settings.brand.clone();
    if let Some(name) = &requested.brand_name {
        brand.name = text::check_line("brand_name", name)?;
    }
    if let Some(colour) = requested.brand_colour.as_deref().map(str::trim) {
        brand.colour = match colour {
            "" => String::new(),
            colour => match colour.parse::<BrandColour>() {
                Ok(colour) => colour.to_string(),
                Err(refusal) => return refuse_setting("brand_colour", refusal),
            },
        };
    }
    Ok(Some(brand))
}

/// `HTTP://HOST[:PORT]` in upper case: a label's code then fits QR's alphanumeric mode.
fn label_host(entered: &str) -> Result<String, CommandRefusal> {
    let upper = text::check_line("label_host", entered)?.trim_end_matches('/').to_ascii_uppercase();
    let host = upper.strip_prefix("HTTPS://").or_else(|| upper.strip_prefix("HTTP://")).unwrap_or_default();
    let fits = !host.is_empty() && host.len() <= 60;
    if !fits || !host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':')) {
        return Err(refuse_range("label_host", RefusalCause::LabelHost));
    }
    match check_label_host(&upper) {
        Ok(()) => Ok(upper),
        Err(MistakeReason::LabelHostLocal) => refuse_setting("label_host", FacilityRefusal::LocalHost),
        Err(MistakeReason::LabelHostPublic) => refuse_setting("label_host", FacilityRefusal::PublicHost),
        Err(_) => Err(refuse_range("label_host", RefusalCause::LabelHost)),
    }
}

/// What labels that carry another address would mean, where somebody has to be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostChange {
    /// The new address, where it is none of the box's, which has the others.
    pub elsewhere: Option<(IpAddr, Vec<IpAddr>)>,
    /// The old address, and how many labels the box printed with it.
    pub printed: Option<(String, u64)>,
}

/// As the page's English words say it.
impl std::fmt::Display for HostChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some((address, own)) = &self.elsewhere {
            let own = own.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            write!(
                f,
                "This box does not have the address {address} now, so phones find nothing by these labels unless the network leads that address here. It has {own}. "
            )?;
        }
        if let Some((host, labels)) = &self.printed {
            write!(
                f,
                "Labels that this box printed with {host}: {labels}. They go on working only while that address leads to this box. "
            )?;
        }
        Ok(())
    }
}

/// The address of a label host that names one and is none of the box's; its own are not known where there are none.
pub fn foreign_label_address(host: &str, own: &[IpAddr]) -> Option<IpAddr> {
    let address: IpAddr = label_host_name(host).parse().ok()?;
    (!own.is_empty() && !address.is_loopback() && !own.contains(&address)).then_some(address)
}

/// `None`: nobody has to be asked.
pub fn weigh_label_host(there: &FacilitySettings, host: &str, own: &[IpAddr]) -> Option<HostChange> {
    let host = host.trim().trim_end_matches('/');
    let old = &there.label_host;
    if host.is_empty() || host.eq_ignore_ascii_case(old) {
        return None;
    }
    let elsewhere = foreign_label_address(host, own).map(|address| (address, own.to_vec()));
    let labels = there.labels.get(old).copied().filter(|labels| *labels > 0);
    let printed = labels.map(|labels| (old.clone(), labels));
    (elsewhere.is_some() || printed.is_some()).then_some(HostChange { elsewhere, printed })
}
