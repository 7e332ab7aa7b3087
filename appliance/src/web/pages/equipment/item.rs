//! Equipment for staff: the list, and each item's page with its history and why it can be believed.

use askama::Template;
use axum::extract::State;
use history::HistoryWords;
use record::compliance::WindowTally;
use record::entry::Digest16;
use record::fold::{Equipment, FacilityProtocol, FacilityState, ServiceState};
use record::kinds::{FieldType, PhotoPolicy, SpauldingClass, TEXT_FACTS};
use record::tag::Tag;
use schemars::JsonSchema;
use serde::Deserialize;
use web::answer::Page;
use web::argument::{LenientQuery, Path};
use web::error::HttpError;
use words::{S0, SafeHtml, WordSet as _, fill_slots};

use crate::intake::{Permission, offered_protocols};
use crate::store::{HistoryPlace, LogReader};
use crate::web::access::permissions::View;
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::context::AppState;
use crate::web::form_page::FormMarks;
use crate::web::http_error::{not_found, worded};
use crate::web::layout::{NavSection, PageLayout};
use crate::web::log_reads::read_long;
use crate::web::request::lists::page_cursor::{HistoryScope, PageCursor};
use crate::web::view_models::equipment::codes::{ItemOpener, ItemOpeners, MergedItem};
use crate::web::view_models::equipment::item_status::StatusBadge;
use crate::web::view_models::equipment::items::find_own_item;
use crate::web::view_models::equipment::loans::word_last_day;
use crate::web::view_models::equipment::problems::{ProblemCard, ProblemLook, ReportDetails};
use crate::web::view_models::equipment::rates::{tally_of, word_rate};
use crate::web::view_models::equipment::schedules::{ScheduleRow, schedule_rows, word_schedules};
use crate::web::view_models::equipment::status_board::StatusBoards;
use crate::web::view_models::equipment::upkeep::{UpkeepRow, upkeep_rows};
use crate::web::view_models::page::facts::FactRow;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::page::wording::PageWording;
use crate::web::view_models::records::history::{
    HistoryLook, HistoryRights, HistoryRow, ItemEvent, item_history, list_cleanings,
};
use crate::web::view_models::records::verification::{VerificationResult, verify_records};
use crate::web::words::{EquipmentWords, ErrorWords, PageWords, ProblemWords, RegisterWords, StaffWords};

#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct ItemParams {
    /// Where its history goes on.
    cursor: Option<String>,
}

/// Former items whose history an item's page shows; each has a page of its own.
const FORMER_MAX: usize = 4;

/// The newest of what was done to an item under its old name.
struct FormerHistory {
    tag: Tag,
    name: String,
    rows: Vec<HistoryRow>,
    older: Option<PageCursor>,
}

struct PaperWords {
    /// Names the log and the time of printing, because "today" means nothing on paper.
    heading: SafeHtml,
    /// How much of the history is shown, where it is not all.
    part: Option<String>,
    deadline: Option<String>,
}

#[derive(Template)]
#[template(path = "equipment/equipment.html")]
struct ItemPage {
    frame: PageLayout,
    s: StaffWords,
    w: EquipmentWords,
    tag: Tag,
    name: String,
    subtitle: SafeHtml,
    badge: StatusBadge,
    cause: Option<String>,
    service: ServiceState,
    why_out: Option<SafeHtml>,
    expected_back: Option<String>,
    may_change: bool,
    form_token: String,
    marks: FormMarks,
    rate: String,
    rate_words: String,
    history: Vec<HistoryRow>,
    former: Vec<FormerHistory>,
    cleanings: u64,
    older: Option<PageCursor>,
    is_older: bool,
    trust: VerificationResult,
    paper: PaperWords,
    schedules: Vec<ScheduleRow>,
    r: RegisterWords,
    upkeep: Vec<UpkeepRow>,
    may_record: bool,
    facts: Vec<FactRow>,
    openers: ItemOpeners,
    protocols: Vec<(String, String)>,
    problem_words: ProblemWords,
    reports: Vec<ProblemCard>,
}

pub(crate) async fn show(
    signed: StaffCaller<View>,
    State(state): State<AppState>,
    Path(text_of_tag): Path<String>,
    LenientQuery(params): LenientQuery<ItemParams>,
) -> Result<Page, HttpError> {
    let tag = find_own_item(&state, &text_of_tag)?.tag;
    let tally = tally_of(&state, tag).await?;
    let back = |error: HttpError| {
        error.link(format!("/staff/equipment/{tag}"), worded(ErrorWords::error_links_newest))
    };
    let upto = HistoryScope(Some(tag)).read(params.cursor.as_deref()).map_err(back)?;
    let made = read_long(&state, move |state, reader| item_page(state, reader, &signed, (tag, upto), tally));
    let made = made.await.map_err(|error| if error.code == "parameter" { back(error) } else { error });
    let template = made?;
    Ok(Page::draw(&template)?.in_locale(template.frame.locale()))
}

type ItemWords = (PageWords, StaffWords, EquipmentWords, ProblemWords);

fn item_page(
    state: &AppState,
    reader: &LogReader,
    signed: &StaffSession,
    (tag, upto): (Tag, Option<HistoryPlace>),
    tally: WindowTally,
) -> Result<ItemPage, HttpError> {
    let (done, older) = item_history(reader, tag, upto)?;
    let facility = state.store.snapshot();
    let item = facility.equipment.get(&tag).ok_or_else(not_found)?;
    let snapshot = Snapshot::of(state, &facility);
    let (page_words, s, w, problem_words): ItemWords = signed.words();
    let r: RegisterWords = signed.words();
    let wording = PageWording::new(page_words, &snapshot.local);
    let row =
        state.stored::<StatusBoards>().row_of(&facility, item, &snapshot.local).ok_or_else(not_found)?;
    let trust = verify_records(state, &wording, w, reader, &list_cleanings(&done));
    let looks = HistoryLook { state, facility: &facility, wording: &wording, words: w, reader };
    let may = HistoryRights { change: signed.can_edit(), record: signed.holds(Permission::Record) };
    let history = history_rows(looks, tag, &done, may);
    let openers = ItemOpeners::of(signed.words(), &wording, &facility, &state.label_scans, item);
    let former = if upto.is_none() { former_histories(looks, &openers.former, may)? } else { Vec::new() };
    let problems = ProblemLook { state, facility: &facility, reader, wording: &wording, w: problem_words };
    let cleaned = facility.activity.get(&tag).map_or(0, |activity| activity.cleanings);
    let frame = PageLayout::staff(state, &snapshot, item.facts.name.clone(), signed, NavSection::Equipment)
        .about_loan(state, tag);
    let out = item.outage();
    let why_out = out.and_then(|out| out.reason).map(|why| looks.word_why_out(why));
    let paper = PaperWords {
        heading: paper_heading(&frame.facility, &trust, snapshot.local.iso(snapshot.now_ms()), w),
        part: looks.word_part(&done, cleaned).filter(|_| older.is_some() || upto.is_some()),
        deadline: row.deadline_ms().map(|ms| snapshot.local.iso(ms)),
    };
    Ok(ItemPage {
        frame,
        s,
        w,
        tag,
        name: item.facts.name.clone(),
        subtitle: item_subtitle(item, w),
        badge: row.badge(&wording),
        cause: row.word_cause(&wording),
        service: item.service,
        why_out,
        expected_back: out.and_then(|out| out.back).map(|day| looks.word_expected_back(day)),
        may_change: signed.can_edit(),
        form_token: signed.form_token(),
        marks: FormMarks::new(state, signed).over(item.changed),
        rate: word_rate(s, tally.rate()),
        rate_words: rate_words(w, &facility, item, tally),
        history,
        former,
        cleanings: cleaned,
        older: older.map(PageCursor::from),
        is_older: upto.is_some(),
        trust,
        paper,
        schedules: schedule_rows(w, &facility, item),
        r,
        upkeep: upkeep_rows(w, r, &wording, &facility, item),
        may_record: signed.holds(Permission::Record),
        facts: item_facts(w, &facility, item, &wording),
        openers,
        problem_words,
        reports: problems.cards_of(tag, ReportDetails::Shown),
        protocols: list_protocols(w, &facility, item, &wording),
    })
}

fn history_rows(looks: HistoryLook<'_>, tag: Tag, done: &[ItemEvent], may: HistoryRights) -> Vec<HistoryRow> {
    let rows = done.iter().filter_map(|done| match done {
        ItemEvent::Cleaned(cleaning) => Some(looks.cleaned(cleaning, may)),
        ItemEvent::Used(used) => Some(looks.used(tag, *used)),
        ItemEvent::Noted(note) => looks.noted(tag, *note),
    });
    rows.collect()
}

fn former_histories(
    looks: HistoryLook<'_>,
    former: &[MergedItem],
    may: HistoryRights,
) -> Result<Vec<FormerHistory>, HttpError> {
    let histories = former.iter().take(FORMER_MAX).map(|other| {
        let (done, older) = item_history(looks.reader, other.tag, None)?;
        let (tag, name) = (other.tag, other.name.clone());
        let rows = history_rows(looks, tag, &done, may);
        Ok(FormerHistory { tag, name, rows, older: older.map(PageCursor::from) })
    });
    histories.collect()
}

fn item_subtitle(item: &Equipment, w: EquipmentWords) -> SafeHtml {
    let maker = [item.facts.maker.as_str(), item.facts.model.as_str()].join(" ").trim().to_owned();
    let parts = [item.facts.location.as_str(), &item.facts.asset_number, &maker];
    let entered = parts.into_iter().filter(|p| !p.is_empty()).map(SafeHtml::entered);
    let serial = Some(item.facts.serial.as_str()).filter(|serial| !serial.is_empty());
    let serial = serial.map(|serial| fill_slots(w.item_serial(S0), [SafeHtml::entered(serial)]));
    SafeHtml::join(entered.chain(serial), " · ")
}

fn paper_heading(facility: &str, trust: &VerificationResult, moment: String, w: EquipmentWords) -> SafeHtml {
    let root = SafeHtml::element("span", &[("class", "code"), ("translate", "no")], &trust.root);
    let words = match trust.holds {
        true => w.item_paper(facility, moment, S0, &trust.size),
        false => w.item_paper_broken(facility, moment, S0, &trust.size),
    };
    fill_slots(words, [root])
}

fn rate_words(w: EquipmentWords, facility: &FacilityState, item: &Equipment, tally: WindowTally) -> String {
    match (word_schedules(w, facility, item), tally.closed) {
        (None, _) => w.item_rate_no_schedule(),
        (Some(_), 0) => w.item_rate_none(),
        (Some(due), closed) => w.item_rate(closed, due, tally.met),
    }
}

fn list_protocols(
    w: EquipmentWords,
    facility: &FacilityState,
    item: &Equipment,
    wording: &PageWording,
) -> Vec<(String, String)> {
    let offered = offered_protocols(facility, item, wording.local().now_ms()).into_iter();
    let offered = offered.filter_map(|offered| facility.protocols.get(&offered.protocol));
    let known = item.facts.protocols.iter().filter_map(|id| facility.protocols.get(id));
    let retired = known.filter(|protocol| protocol.retired);
    offered.chain(retired).map(|protocol| link_protocol(w, protocol, wording)).collect()
}

fn link_protocol(w: EquipmentWords, protocol: &FacilityProtocol, wording: &PageWording) -> (String, String) {
    let now_ms = wording.local().now_ms();
    let in_force = protocol.in_force(now_ms);
    let (name, version) = (&in_force.name, in_force.version.to_string());
    let words = match (protocol.retired, protocol.comes_ms(now_ms)) {
        (true, _) => w.fact_protocol_retired(name, version),
        (false, None) => w.fact_protocol_version(name, version),
        (false, Some(ms)) => {
            let day = wording.dates().day_with_year(ms).text;
            w.fact_protocol_next(day, name, protocol.version.to_string(), version)
        }
    };
    (format!("/protocols/{}", protocol.newest.protocol), words)
}

fn own_facts(w: EquipmentWords, facility: &FacilityState, item: &Equipment) -> Vec<FactRow> {
    let category = facility.categories.get(&Digest16::of(item.facts.category.as_bytes()));
    let fields = category.map(|category| category.fields.as_slice()).unwrap_or_default();
    let of_category = fields.iter().filter_map(|field| {
        let value = item.facts.custom.get(&field.key)?;
        let words = match (&field.field_type, value.as_str()) {
            (FieldType::Yes, "yes") => Some(w.fact_yes()),
            (FieldType::Yes, "no") => Some(w.fact_no()),
            _ => None,
        };
        let label = field.label.clone();
        Some(words.map_or_else(
            || FactRow::entered(label.clone(), value),
            |words| FactRow::worded(label.clone(), words),
        ))
    });
    let is_other = |key: &str| !fields.iter().any(|field| field.key == key);
    let others = item.facts.custom.iter().filter(|(key, _)| is_other(key));
    let others = others.map(|(key, value)| FactRow::entered(key.clone(), value));
    of_category.chain(others).collect()
}

fn item_facts(
    w: EquipmentWords,
    facility: &FacilityState,
    item: &Equipment,
    wording: &PageWording,
) -> Vec<FactRow> {
    let class = match item.facts.class {
        SpauldingClass::Noncritical => w.fact_noncritical(),
        SpauldingClass::Semicritical => w.fact_semicritical(),
        SpauldingClass::Critical => w.fact_critical(),
    };
    let photo = match item.facts.photo {
        PhotoPolicy::None => w.fact_photo_none(),
        PhotoPolicy::Optional => w.fact_photo_optional(),
        PhotoPolicy::Required => w.fact_photo_required(),
    };
    let labels = HistoryWords::in_locale(wording.locale());
    // The others stand above.
    let texts = TEXT_FACTS.iter().filter(|fact| !["name", "location", "asset_number"].contains(&fact.name));
    let texts = texts.map(|fact| FactRow::entered(labels.line_field(fact.name), (fact.of)(&item.facts)));
    let mut facts: Vec<FactRow> = texts.collect();
    facts.extend([
        FactRow::worded(labels.line_field("class"), class),
        FactRow::worded(labels.line_field("photo"), photo),
        FactRow::worded(
            w.fact_photo_one_in(),
            item.facts.photo_one_in.map(|n| w.fact_photo_one_in_value(n)).unwrap_or_default(),
        ),
        FactRow::worded(
            w.fact_single_use(),
            if item.facts.single_use { w.fact_yes() } else { String::new() },
        ),
        FactRow::worded(w.fact_loan(), word_last_day(wording, item).unwrap_or_default()),
        FactRow::entered(
            w.fact_loan_owner(),
            item.facts.loan.as_ref().map(|loan| loan.owner.as_str()).unwrap_or_default(),
        ),
        FactRow::worded(w.fact_added(), wording.dates().day_and_time(item.added_ms).text),
    ]);
    facts.extend(own_facts(w, facility, item));
    facts.retain(|fact| !fact.value.is_empty());
    facts
}
