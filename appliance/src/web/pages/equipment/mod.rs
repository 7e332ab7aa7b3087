//! Equipment: the list, an item, its form, its schedule, in and out of service.

mod checks;
mod claim;
mod custom_fields;
mod form;
mod item;
mod late;
mod list;
mod problems;
mod schedule;
mod service_state;
mod suspension;
mod upkeep;
mod upkeep_done;

use http::Method;
use web::route::{Example, Route, RouteKind, row};

use crate::web::context::AppState;
#[cfg(test)]
use crate::web::schedule_fields::ScheduleFormData;
use crate::web::{examples, refusals};

pub(crate) fn equipment_page_routes() -> Vec<Route<AppState>> {
    let mut routes = routes_of_items();
    routes.extend(routes_out_of_use());
    routes.extend(routes_of_problems());
    routes.extend(routes_of_upkeep());
    routes.extend(routes_of_checks());
    routes.extend(routes_of_late_entries());
    routes
}

fn routes_of_upkeep() -> Vec<Route<AppState>> {
    use RouteKind::{Form, Page};
    let (find, command) = (refusals::FINDING, refusals::COMMANDING);
    let task = |example: Example| {
        example.field("name", "Electrical safety test").field("every", "weeks").field("number", "52")
    };
    let one = || Example::default().part("tag", examples::UPKEPT_TAG).part("upkeep", examples::UPKEEP);
    let path = "/staff/equipment/{tag}/upkeep/{upkeep}";
    vec![
        row(Method::GET, "/staff/maintenance", "upkeep.browse", Page, upkeep::list_upkeep).refusals(find),
        row(Method::GET, "/staff/equipment/{tag}/upkeep/new", "upkeep.ask-new", Page, upkeep::ask_new)
            .refusals(find)
            .example(examples::tag_example()),
        row(Method::POST, "/staff/equipment/{tag}/upkeep/new", "upkeep.plan", Form, upkeep::plan_upkeep)
            .commands(&["PlanUpkeep"])
            .refusals(command)
            .example(task(examples::tag_example())),
        row(Method::GET, path, "upkeep.ask", Page, upkeep::ask_upkeep).refusals(find).example(one()),
        row(Method::POST, path, "upkeep.save", Form, upkeep::change_upkeep)
            .commands(&["PlanUpkeep"])
            .refusals(command)
            .example(task(one())),
        row(
            Method::GET,
            "/staff/equipment/{tag}/upkeep/{upkeep}/done",
            "upkeep-done.ask",
            Page,
            upkeep_done::ask_record_upkeep,
        )
        .refusals(find)
        .example(one()),
        row(
            Method::POST,
            "/staff/equipment/{tag}/upkeep/{upkeep}/done",
            "upkeep-done.record",
            Form,
            upkeep_done::record_done,
        )
        .commands(&["RecordUpkeep"])
        .refusals(command)
        .example(one().field("result", "done").field("done_by", "Tom Nguyen")),
    ]
}

fn routes_of_items() -> Vec<Route<AppState>> {
    use RouteKind::{Form, Page};
    let (find, command) = (refusals::FINDING, refusals::COMMANDING);
    let due = |example: Example| example.field("every", "weeks").field("number", "2");
    let facts =
        |example: Example| due(example.field("name", "Infusion pump 21").field("class", "noncritical"));
    vec![
        row(Method::GET, "/staff/equipment", "equipment.browse", Page, list::show).refusals(find),
        row(Method::GET, "/staff/equipment/new", "equipment.ask-new", Page, form::ask_new).refusals(find),
        row(Method::POST, "/staff/equipment/new", "equipment.create", Form, form::add)
            .commands(&["AddEquipment"])
            .refusals(command)
            .example(facts(Example::default())),
        row(Method::GET, claim::CLAIM, "equipment.ask-claim", Page, claim::ask_claim).refusals(find),
        row(Method::GET, "/staff/equipment/{tag}", "equipment.show", Page, item::show)
            .refusals(find)
            .example(examples::tag_example()),
        row(Method::GET, "/staff/equipment/{tag}/edit", "equipment.ask-edit", Page, form::ask_edit)
            .refusals(find)
            .example(examples::tag_example()),
        row(Method::POST, "/staff/equipment/{tag}/edit", "equipment.save", Form, form::edit)
            .commands(&["ChangeEquipment", "SetSchedule"])
            .refusals(command)
            .example(facts(examples::tag_example())),
        row(Method::GET, "/staff/equipment/{tag}/schedule", "equipment.ask-schedule", Page, schedule::ask)
            .refusals(find)
            .example(examples::tag_example()),
        row(Method::POST, "/staff/equipment/{tag}/schedule", "equipment.schedule", Form, schedule::set)
            .commands(&["SetSchedule"])
            .refusals(command)
            .example(due(examples::tag_example())),
    ]
}

fn routes_of_checks() -> Vec<Route<AppState>> {
    let found = examples::receipt_example().field("result", "good").field("method", "atp");
    vec![
        row(Method::GET, "/staff/cleanings/{receipt}/check", "check.ask", RouteKind::Page, checks::ask_check)
            .refusals(refusals::FINDING)
            .example(examples::receipt_example()),
        row(
            Method::POST,
            "/staff/cleanings/{receipt}/check",
            "check.submit",
            RouteKind::Form,
            checks::submit_check,
        )
        .commands(&["RecordCheck"])
        .refusals(refusals::COMMANDING)
        .example(found.field("value", "42").field("unit", "RLU").field("notes", "handle")),
    ]
}

fn routes_of_late_entries() -> Vec<Route<AppState>> {
    let written =
        examples::tag_example().field("performed_at", "2026-11-20 09:30").field("cleaned_by", "Ada");
    let path = "/staff/equipment/{tag}/late";
    vec![
        row(Method::GET, path, "cleaning.ask-late", RouteKind::Page, late::ask_late)
            .refusals(refusals::FINDING)
            .example(examples::tag_example()),
        row(Method::POST, path, "cleaning.enter", RouteKind::Form, late::enter_late)
            .commands(&["RecordCleaning"])
            .refusals(refusals::COMMANDING)
            .example(written.field("all_steps", "1").field("notes", "The box was off")),
    ]
}

fn routes_of_problems() -> Vec<Route<AppState>> {
    let problem = || Example::default().part("id", examples::PROBLEM);
    vec![
        row(Method::GET, "/staff/problems/{id}", "problem.ask-close", RouteKind::Page, problems::ask_close)
            .refusals(refusals::FINDING_OPEN)
            .example(problem()),
        row(Method::POST, "/staff/problems/{id}", "problem.close", RouteKind::Form, problems::close_problem)
            .commands(&["CloseProblem"])
            .refusals(refusals::COMMANDING)
            .example(problem().field("outcome", "fixed").field("notes", "Screen replaced")),
    ]
}

fn routes_out_of_use() -> Vec<Route<AppState>> {
    use RouteKind::{Form, Page};
    let (find, command) = (refusals::FINDING, refusals::COMMANDING);
    let reason = |example: Example| example.field("reason", "Flow sensor fails its self-test");
    vec![
        row(
            Method::GET,
            "/staff/equipment/{tag}/out",
            "equipment.ask-suspend",
            Page,
            suspension::ask_suspend,
        )
        .refusals(find)
        .example(examples::tag_example()),
        row(Method::POST, "/staff/equipment/{tag}/out", "equipment.suspend", Form, suspension::suspend)
            .commands(&["SuspendEquipment"])
            .refusals(command)
            .example(reason(examples::tag_example())),
        row(Method::GET, "/staff/equipment/{tag}/back", "equipment.ask-resume", Page, problems::ask_resume)
            .refusals(find)
            .example(Example::default().part("tag", examples::SUSPENDED_TAG)),
        row(Method::POST, "/staff/equipment/{tag}/back", "equipment.resume", Form, problems::resume_item)
            .commands(&["ResumeEquipment"])
            .refusals(command)
            .example(Example::default().part("tag", examples::SUSPENDED_TAG).field("submission", "")),
        row(
            Method::GET,
            "/staff/equipment/{tag}/retire",
            "equipment.ask-retire",
            Page,
            service_state::ask_retire,
        )
        .refusals(find)
        .example(examples::tag_example()),
        row(Method::POST, "/staff/equipment/{tag}/retire", "equipment.retire", Form, service_state::retire)
            .commands(&["RetireEquipment"])
            .refusals(command)
            .example(reason(examples::tag_example())),
        row(
            Method::GET,
            "/staff/cleanings/{receipt}/void",
            "cleaning.ask-void",
            Page,
            service_state::ask_void,
        )
        .refusals(find)
        .example(examples::receipt_example()),
        row(Method::POST, "/staff/cleanings/{receipt}/void", "cleaning.void", Form, service_state::void)
            .commands(&["VoidCleaning"])
            .refusals(command)
            .example(reason(examples::receipt_example())),
    ]
}

#[cfg(test)]
pub(crate) const FORMS: &[&web::form::FormDefinition] = &[
    &form::EQUIPMENT,
    &schedule::SCHEDULE,
    &suspension::SUSPENSION,
    &problems::OUTCOME,
    &checks::CHECK,
    &upkeep::UPKEEP,
    &upkeep_done::UPKEEP_DONE,
    &late::LATE,
];

#[cfg(test)]
pub(crate) const REFUSED_FIELDS: &[crate::web::form_page::RefusedField] = &[
    (&form::EQUIPMENT, |refusal| form::refused_field(refusal, &ScheduleFormData::of(None))),
    (&suspension::SUSPENSION, suspension::refused_field),
    (&problems::OUTCOME, problems::refused_field),
    (&checks::CHECK, checks::refused_field),
    (&schedule::SCHEDULE, |refusal| ScheduleFormData::of(None).refused_field(refusal)),
    (&upkeep::UPKEEP, |refusal| upkeep::refused_field(refusal, &ScheduleFormData::of(None))),
    (&upkeep_done::UPKEEP_DONE, upkeep_done::refused_field),
    (&late::LATE, late::refused_field),
];
