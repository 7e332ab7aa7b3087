//! What is pressed on the station: find, pick, clear, print. Each request says what it adds to the picks and removes.

use std::collections::BTreeSet;

use axum::extract::State;
use record::fold::FacilityState;
use record::ids::StaffId;
use record::tag::Tag;
use web::answer::{FormReply, OneOf};
use web::argument::FormFields;
use web::error::HttpError;

use crate::intake::Permission;
use crate::printing::{JobView, LABELS_MAX};
use crate::web::access::permissions::View;
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::answer::{FormOrPage, ask_again, go_to};
use crate::web::context::{AppState, run_blocking};
use crate::web::pages::labels::choices::{PrintChoices, StationWords, to_field_error};
use crate::web::pages::labels::outcome::LabelActionOutcome;
use crate::web::pages::labels::pick::{
    ItemFilter, PickQuery, each_once, name_list, read_list, read_tag, resolve_tags,
};
use crate::web::pages::labels::picked::{PickList, PickListId, PickLists, PicksAdded};
use crate::web::pages::labels::station::{QUERY_CHARS_MAX, StationView, draw_station, overdue_of};
use crate::web::pages::labels::{pick, sheet};
use crate::web::request::bodies::form::StaffListForm;
use crate::web::request::fields::field_error::Wrong;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::printing::label_fields::LabelOrder;
use crate::web::view_models::printing::labels;
use crate::web::words::LabelsWords;

const ADDRESS_BYTES_MAX: usize = 1_900;
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Press {
    Find,
    Page(usize),
    All,
    ShowPicked,
    Clear,
    PutBack,
    Print,
    Sheet,
}

impl Press {
    fn read(text: &str) -> Self {
        match text {
            "all" => Self::All,
            "picked" => Self::ShowPicked,
            "clear" => Self::Clear,
            "back" => Self::PutBack,
            "print" => Self::Print,
            "sheet" => Self::Sheet,
            _ => text.strip_prefix("page:").and_then(|n| n.parse().ok()).map_or(Self::Find, Self::Page),
        }
    }

    fn only_looks(self) -> bool {
        matches!(self, Self::Find | Self::Page(_) | Self::ShowPicked)
    }
}

#[derive(Debug, Default)]
struct PickChange {
    remove: BTreeSet<Tag>,
    add: Vec<Tag>,
    /// What is counted beside what was ticked on the page: a scan, a pasted list, all of a filter.
    more: Vec<Tag>,
}

/// What was pressed. Everybody of the staff may look for something here; the rest is for those who print.
pub(crate) async fn act(
    signed: StaffCaller<View>,
    State(state): State<AppState>,
    StaffListForm { fields: form, .. }: StaffListForm,
) -> Result<FormOrPage, HttpError> {
    let signed = signed.into_session();
    let press = Press::read(form.text("do"));
    if !signed.holds(Permission::Print) {
        if !press.only_looks() {
            signed.require(Permission::Print)?;
        }
        let mut view = looked_for(&form, press);
        if let Some(tag) = scan_of(&form, press) {
            (view.query, view.show, view.page) = (tag.to_string(), ItemFilter::All, 1);
        }
        return go_to(&view.address()).map(OneOf::First);
    }
    let by = signed.clone();
    let (view, done) = run_blocking(&state, move |state| take_up(state, &by, &form, press)).await?;
    match press {
        _ if !view.problems.is_empty() => {}
        Press::Print => return print(&state, signed, view).await,
        Press::Sheet => {
            let page = sheet::open_sheet(&state, &signed, view.picks.tags(), view.chosen)?;
            return Ok(OneOf::Second(page));
        }
        _ => {
            let mut to = view.address();
            if let Some(done) = done {
                to = format!("{to}&{}", done.query());
            }
            if to.len() <= ADDRESS_BYTES_MAX {
                return go_to(&to).map(OneOf::First);
            }
        }
    }
    let is_fine = view.problems.is_empty();
    let drawn = run_blocking(&state, move |state| {
        let message = done.map(|done| done.words(signed.words(), state)).unwrap_or_default();
        draw_station(state, &signed, StationView { message, ..view })
    });
    let page = drawn.await?;
    Ok(if is_fine { OneOf::Second(page) } else { OneOf::First(ask_again(page)) })
}

/// The tag that a scanner typed into the field. The page's own search text does not count as a scan, except where it
/// is to be searched again.
fn scan_of(form: &FormFields, press: Press) -> Option<Tag> {
    let entered = form.text("q");
    read_tag(entered).filter(|_| press == Press::Find || form.get("shown_q") != Some(entered))
}

fn looked_for(form: &FormFields, press: Press) -> StationView {
    let finds = press == Press::Find && scan_of(form, press).is_none();
    let [query, show] = [("q", "shown_q"), ("show", "shown_show")].map(|(entered, shown)| {
        let text = if finds { form.text(entered) } else { form.get(shown).unwrap_or(form.text(entered)) };
        text.trim().chars().take(QUERY_CHARS_MAX).collect::<String>()
    });
    StationView {
        // A scan is added to the picks, not searched.
        query: if read_tag(&query).is_some() { String::new() } else { query },
        show: if press == Press::ShowPicked { ItemFilter::Picked } else { ItemFilter::read(&show) },
        page: match press {
            Press::Page(page) => page,
            _ if finds || press == Press::ShowPicked => 1,
            _ => form.text("page").parse().unwrap_or(1),
        },
        ..StationView::default()
    }
}

/// Takes up what was ticked, scanned into the field, pasted, or added as all; and returns the result.
fn take_up(
    state: &AppState,
    signed: &StaffSession,
    form: &FormFields,
    press: Press,
) -> Result<(StationView, Option<LabelActionOutcome>), HttpError> {
    let w: LabelsWords = signed.words();
    let printed = state.printing.printed().map_err(|e| HttpError::internal(&e))?;
    let mut view = StationView {
        list: form.text("list").to_owned(),
        chosen: PrintChoices::of(form),
        ..looked_for(form, press)
    };
    let stored = match form.text("picks") {
        "" => None,
        named => Some(named.parse().and_then(|id: PickListId| {
            state.stored::<PickLists>().get(signed.staff(), id).map(|list| (id, list))
        })),
    };
    let gone = matches!(stored, Some(Err(_)));
    if gone {
        view.wrong("picks", w.picks_gone());
    }
    let stored = stored.and_then(Result::ok);
    let facility = state.store.snapshot();
    let mut change = pick_change(form, gone);
    change.add = resolve_tags(&facility, &change.add).0;
    let scanned = scan_of(form, press).and_then(|tag| take_scan(w, &facility, tag, &mut view, &mut change));
    let pasted = take_pasted(w, &facility, &mut view, &mut change);
    if press == Press::All {
        let wording = signed.wording(&Snapshot::of(state, &facility).local);
        let picks = stored.as_ref().map(|(_, list)| list.tags()).unwrap_or_default();
        let overdue = overdue_of(state, &view.show);
        let (query, show, being_cleaned) = (&view.query, &view.show, &BTreeSet::new());
        let requested = PickQuery { query, show, picks, overdue: &overdue, being_cleaned, page: 1 };
        change.more.extend(pick::pick_rows(w, &wording, &facility, &printed, &requested).shown);
    }
    drop(facility);
    let before = stored.as_ref().map(|(_, list)| list.tags().len()).unwrap_or_default();
    let added = keep(state, signed, &mut view, stored.map(|(id, _)| id), &change, press);
    if added.over > 0 {
        view.wrong("picks", w.pressed_too_many(LABELS_MAX.to_string(), added.over));
    }
    let done = match (press, scanned) {
        (_, Some(tag)) if added.new > 0 => Some(LabelActionOutcome::Picked(tag)),
        (_, Some(tag)) => Some(LabelActionOutcome::Already(tag)),
        (Press::Clear, None) => Some(LabelActionOutcome::Cleared(before)),
        (Press::All | Press::PutBack, None) => Some(LabelActionOutcome::Added(added.new)),
        _ => pasted.then_some(LabelActionOutcome::Added(added.new)),
    };
    Ok((view, done))
}

/// What was ticked on this page, and what was ticked when it was drawn and is not any more.
fn pick_change(form: &FormFields, gone: bool) -> PickChange {
    let ticked = each_once(form.all("tag").filter_map(read_tag));
    if gone {
        return PickChange { add: ticked, ..PickChange::default() };
    }
    let had: BTreeSet<Tag> = form.text("had").split(' ').filter_map(read_tag).collect();
    let still: BTreeSet<Tag> = ticked.iter().copied().collect();
    let add = ticked.into_iter().filter(|tag| !had.contains(tag)).collect();
    PickChange { remove: had.difference(&still).copied().collect(), add, more: Vec::new() }
}

fn take_scan(
    w: LabelsWords,
    facility: &FacilityState,
    tag: Tag,
    view: &mut StationView,
    change: &mut PickChange,
) -> Option<Tag> {
    let found = resolve_tags(facility, &[tag]).0.first().copied();
    if found.is_none() {
        view.wrong("q", w.pressed_no_item(tag.grouped()));
    }
    change.more.extend(found);
    found
}

fn take_pasted(
    w: LabelsWords,
    facility: &FacilityState,
    view: &mut StationView,
    change: &mut PickChange,
) -> bool {
    let pasted = read_list(&view.list);
    let (found, unknown) = resolve_tags(facility, &pasted.tags);
    let lost: Vec<String> = pasted.bad.into_iter().chain(unknown).collect();
    if lost.is_empty() {
        view.list.clear();
    } else {
        view.wrong("list", w.labels_not_tags(name_list(w, &lost)));
    }
    change.more.extend(&found);
    !found.is_empty()
}

fn keep(
    state: &AppState,
    signed: &StaffSession,
    view: &mut StationView,
    id: Option<PickListId>,
    change: &PickChange,
    press: Press,
) -> PicksAdded {
    let w: LabelsWords = signed.words();
    let facility = state.store.snapshot();
    let chosen = view.chosen.to_keep();
    let lists = state.stored::<PickLists>();
    let changed = id.and_then(|id| {
        let changed =
            lists.change(signed.staff(), id, |list| apply_change(&facility, list, change, press, &chosen));
        Some((id, changed.ok()?))
    });
    if id.is_some() && changed.is_none() {
        view.wrong("picks", w.picks_gone());
    }
    let (id, (list, added, retired)) = match changed {
        Some((id, changed)) => (Some(id), changed),
        None => {
            let mut list = PickList::default();
            let changed = apply_change(&facility, &mut list, change, press, &chosen);
            let usual = PrintChoices { copies: "1".into(), ..PrintChoices::default() };
            let id = (!list.is_empty() || list.chosen != usual)
                .then(|| PickListId::from_random(state.random.bytes()));
            if let Some(id) = id {
                lists.insert(signed.staff(), id, list);
            }
            (id, changed)
        }
    };
    (view.id, view.picks) = (id, list);
    if !retired.is_empty() {
        let tags: Vec<String> = retired.iter().map(Tag::grouped).collect();
        view.wrong("picks", w.pressed_retired(name_list(w, &tags)));
    }
    added
}

fn apply_change(
    facility: &FacilityState,
    list: &mut PickList,
    change: &PickChange,
    press: Press,
    chosen: &PrintChoices,
) -> (PickList, PicksAdded, Vec<Tag>) {
    list.remove(&change.remove);
    let ticked = list.add(change.add.iter().copied());
    let more = match press {
        Press::Clear => {
            list.clear();
            PicksAdded::default()
        }
        Press::PutBack => list.put_back(),
        _ => list.add(change.more.iter().copied()),
    };
    let tags = list.tags().iter().copied();
    let retired: Vec<Tag> = tags.filter(|tag| !resolve_tags(facility, &[*tag]).1.is_empty()).collect();
    list.remove(&retired.iter().copied().collect());
    list.chosen = chosen.clone();
    (list.clone(), PicksAdded { new: more.new, over: ticked.over + more.over }, retired)
}

async fn print(
    state: &AppState,
    signed: StaffSession,
    mut view: StationView,
) -> Result<FormOrPage, HttpError> {
    let (by, list, key) = (signed.staff(), view.id, view.chosen.submission.clone());
    let picked: BTreeSet<Tag> = view.picks.tags().iter().copied().collect();
    if let Some(job) = run_blocking(state, move |state| printed_before(state, &key, &picked)).await? {
        return printed(state, by, list, &job).map(OneOf::First);
    }
    let words = StationWords::of_staff(&signed);
    let refused = match view.chosen.ask(words.labels) {
        _ if view.picks.is_empty() => Wrong { at: "picks".into(), words: words.labels.pressed_nothing() },
        Err(wrong) => wrong,
        Ok(ask) => {
            match labels::submit_job(state, LabelOrder { tags: view.picks.tags().to_vec(), ..ask }).await {
                Ok(job) => return printed(state, by, list, &job).map(OneOf::First),
                Err(error) => to_field_error(words.locale(), error, "picks")?,
            }
        }
    };
    view.problems.push(refused);
    let page = run_blocking(state, move |state| draw_station(state, &signed, view)).await?;
    Ok(OneOf::First(ask_again(page)))
}

/// The job that an earlier press of the same page made, if this press asks for nothing else: its picks were taken off then.
fn printed_before(state: &AppState, key: &str, picked: &BTreeSet<Tag>) -> Result<Option<JobView>, HttpError> {
    if key.is_empty() {
        return Ok(None);
    }
    let job = state.printing.submitted(key).map_err(|e| HttpError::internal(&e))?;
    Ok(job.filter(|job| picked.is_subset(&tags_of(job))))
}

fn printed(
    state: &AppState,
    staff: StaffId,
    list: Option<PickListId>,
    job: &JobView,
) -> Result<FormReply, HttpError> {
    state.stored::<PickLists>().take_printed(staff, list, &tags_of(job));
    go_to(&format!("/staff/labels/{}", job.summary.id))
}

fn tags_of(job: &JobView) -> BTreeSet<Tag> {
    job.labels.iter().filter_map(|label| label.tag).collect()
}
