//! Maintenance of items, apart from their cleanings: tasks, and what came of them.

use record::fold::{Equipment, UpkeepTask};
use record::ids::UpkeepId;
use record::kinds::{
    CleanedBy, NameSource, Schedule, UpkeepDone, UpkeepPlanned, UpkeepReading, UpkeepResult,
};
use record::limits::{COMPLIANCE_SPAN_MS_MAX, PHOTOS_MAX};

use crate::intake::facility::settings::check_schedule;
use crate::intake::records::cleaning_facts::performed_time;
use crate::intake::{
    CommandRefusal, Drafts, RefusalCause, StateView, UpkeepPlan, UpkeepRecord, in_use_over, require_seen,
    text,
};

const TASKS_MAX: usize = 12;
const READINGS_MAX: usize = 12;
const UNIT_CHARS_MAX: usize = 16;

/// Plans a task, gives one another schedule, or ends it.
pub(in crate::intake) fn plan_upkeep(
    plan: &UpkeepPlan,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let item = in_use_over(view, plan.tag, None)?;
    let name = text::check_name("name", &plan.name, RefusalCause::UpkeepName)?;
    check_schedule(&plan.schedule)?;
    if let Some(protocol) = plan.protocol.filter(|id| !view.facility().protocols.contains_key(id)) {
        return Err(CommandRefusal::UnknownProtocol(protocol));
    }
    let now = view.now().wall_ms;
    if plan.from_ms.is_some_and(|from| from.abs_diff(now) > COMPLIANCE_SPAN_MS_MAX.unsigned_abs()) {
        return Err(CommandRefusal::Range { field: "from", cause: RefusalCause::UpkeepFrom });
    }
    let task = plan.upkeep.map(|upkeep| find_task(item, upkeep, view)).transpose()?;
    let upkeep = match task {
        Some(task) => {
            require_seen(plan.seen, task.changed)?;
            task.upkeep
        }
        None if count_tasks(item, view) >= TASKS_MAX => {
            return Err(CommandRefusal::Range { field: "name", cause: RefusalCause::UpkeepCount });
        }
        None if plan.schedule == Schedule::Never => {
            return Err(CommandRefusal::Range { field: "schedule", cause: RefusalCause::UpkeepNever });
        }
        None => UpkeepId::new(now, drafts.random.bytes()),
    };
    let by_calendar = plan.by_calendar.unwrap_or_else(|| task.is_some_and(|task| task.by_calendar));
    // Another name makes nothing less overdue, and what was done last stays the last time.
    let before = task
        .filter(|task| task.schedule == plan.schedule || (!by_calendar && task.done_ms.is_some()))
        .map(|task| task.from_ms);
    let planned = UpkeepPlanned {
        upkeep,
        tag: item.tag,
        name,
        schedule: plan.schedule.clone(),
        from: plan.from_ms.or(before).unwrap_or(now),
        protocol: plan.protocol,
        by_calendar,
    };
    drafts.push(planned, Vec::new());
    Ok(())
}

fn count_tasks(item: &Equipment, view: &dyn StateView) -> usize {
    view.facility().upkeep.get(&item.tag).map_or(0, |row| row.tasks.len())
}

fn find_task<'a>(
    item: &Equipment,
    upkeep: UpkeepId,
    view: &'a dyn StateView,
) -> Result<&'a UpkeepTask, CommandRefusal> {
    let row = view.facility().upkeep.get(&item.tag);
    let task = row.and_then(|row| row.tasks.iter().find(|task| task.upkeep == upkeep));
    task.ok_or(CommandRefusal::UnknownUpkeep(upkeep))
}

/// Writes down that a task was done, or that the item did not pass it.
pub(in crate::intake) fn record_upkeep(
    record: &UpkeepRecord,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let item = in_use_over(view, record.tag, None)?;
    find_task(item, record.upkeep, view)?;
    if matches!(record.result, UpkeepResult::Other(_)) {
        return Err(CommandRefusal::Range { field: "result", cause: RefusalCause::UpkeepOutcome });
    }
    if record.readings.len() > READINGS_MAX {
        return Err(CommandRefusal::Range { field: "readings", cause: RefusalCause::ReadingCount });
    }
    if record.photos.len() > PHOTOS_MAX {
        return Err(CommandRefusal::TooManyPhotos);
    }
    let who = text::check_name("done_by", &record.done_by, RefusalCause::PersonName)?;
    let (name, who_text) = drafts.text(&who)?;
    let listed = record.staff.filter(|id| view.facility().staff.get(id).is_some_and(|staff| !staff.left));
    let (note, mut texts) = drafts.optional_text("notes", &record.note)?;
    texts.insert(0, who_text);
    let done = UpkeepDone {
        upkeep: record.upkeep,
        tag: item.tag,
        result: record.result.clone(),
        who: CleanedBy::Entered { name, staff: listed, how: listed.map(|_| NameSource::List) },
        text: note,
        photos: record.photos.clone(),
        performed: performed_time(record.performed_ms, &view.now())?,
        readings: record.readings.iter().map(check_reading).collect::<Result<_, _>>()?,
    };
    drafts.push(done, texts);
    Ok(())
}

fn check_reading(reading: &UpkeepReading) -> Result<UpkeepReading, CommandRefusal> {
    Ok(UpkeepReading {
        name: text::check_name("readings", &reading.name, RefusalCause::ReadingName)?,
        value: reading.value,
        unit: text::check_short("readings", &reading.unit, UNIT_CHARS_MAX)?,
    })
}
