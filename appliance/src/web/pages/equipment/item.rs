//! Equipment for staff: the list, and each item's page with its history and why it can be believed.

use askama::Template;
use axum::extract::State;
use record::compliance::Tally;
use record::fold::{Cleaning, Equipment, Facility, Service};
use record::kinds::{Class, PhotoPolicy};
use record::tag::Tag;
use schemars::JsonSchema;
use serde::Deserialize;
use web::answer::Page;
use web::argument::{Lenient, Path};
use web::error::HttpError;
use words::{S0, SafeHtml, fill_slots};

use crate::store::{HistoryPlace, Reader};
use crate::web::access::permissions::View;
use crate::web::access::staff::Staff;
use crate::web::access::staff_session::StaffSession;
use crate::web::context::AppState;
use crate::web::http_error::{not_found, worded};
use crate::web::layout::{Frame, Place};
use crate::web::log_reads::{StoredText, read_long};
use crate::web::request::page_cursor::{HistoryScope, PageCursor};
use crate::web::view_models::facts::FactRow;
use crate::web::view_models::history::{Happening, HistoryLook, ItemEvent, history};
use crate::web::view_models::item_status::StatusBadge;
use crate::web::view_models::items::named;
use crate::web::view_models::protocols;
use crate::web::view_models::rates::{tally_of, word_rate};
use crate::web::view_models::schedules::{ScheduleRow, schedule_rows, word_schedules};
use crate::web::view_models::snapshot::Snapshot;
use crate::web::view_models::status_board::StandingBoards;
use crate::web::view_models::verification::{Trust, trust};
use crate::web::view_models::wording::Wording;
use crate::web::words::{EquipmentWords, ErrorWords, PageWords, StaffWords};

#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct ItemParams {
    /// Where its history goes on.
    cursor: Option<String>,
}

#[derive(Template)]
#[template(path = "equipment.html")]
struct ItemPage {
    frame: Frame,
    s: StaffWords,
    w: EquipmentWords,
    tag: Tag,
    name: String,
    subtitle: SafeHtml,
    badge: StatusBadge,
    service: Service,
    why_out: Option<SafeHtml>,
    may_change: bool,
    form_token: String,
    rate: String,
    rate_words: String,
    history: Vec<Happening>,
    cleanings: u64,
    older: Option<PageCursor>,
    /// Whether it begins with older records.
    is_older: bool,
    trust: Trust,
    /// What paper says beside: of which log, and when it was printed, since “today” says nothing there.
    paper: SafeHtml,
    schedules: Vec<ScheduleRow>,
    facts: Vec<FactRow>,
    protocol: Option<(String, String)>,
}

pub(crate) async fn show(
    signed: Staff<View>,
    State(state): State<AppState>,
    Path(text_of_tag): Path<String>,
    Lenient(params): Lenient<ItemParams>,
) -> Result<Page, HttpError> {
    let (tag, _) = named(&state, &text_of_tag)?;
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

fn item_page(
    state: &AppState,
    reader: &Reader,
    signed: &StaffSession,
    (tag, upto): (Tag, Option<HistoryPlace>),
    tally: Tally,
) -> Result<ItemPage, HttpError> {
    let (done, older) = history(reader, tag, upto)?;
    let facility = state.store.snapshot();
    let item = facility.equipment.get(&tag).ok_or_else(not_found)?;
    let snapshot = Snapshot::of(state, &facility);
    let (page_words, s, w): (PageWords, StaffWords, EquipmentWords) = signed.words();
    let wording = Wording::new(page_words, &snapshot.local);
    let row =
        state.kept::<StandingBoards>().row_of(&facility, item, &snapshot.local).ok_or_else(not_found)?;
    let cleanings: Vec<&Cleaning> = done
        .iter()
        .filter_map(|done| match done {
            ItemEvent::Cleaned(cleaning) => Some(&**cleaning),
            ItemEvent::Used(_) => None,
        })
        .collect();
    let trust = trust(state, &wording, w, reader, &cleanings);
    let looks = HistoryLook { state, facility: &facility, wording: &wording, words: w, reader };
    let history = done
        .iter()
        .map(|done| match done {
            ItemEvent::Cleaned(cleaning) => looks.cleaned(cleaning, signed.can_edit()),
            ItemEvent::Used(used) => looks.used(*used),
        })
        .collect();
    let cleaned = facility.activity.get(&tag).map_or(0, |activity| activity.cleanings);
    let frame = Frame::staff(state, &snapshot, item.name.clone(), signed, Place::Equipment);
    let out = item.out.last().filter(|_| item.service == Service::Out);
    let why_out = out
        .and_then(|o| o.reason)
        .map(|why| fill_slots(w.item_why_out(S0), [StoredText::read(reader, why).to_html(page_words)]));
    let paper = paper(&frame.facility, &trust, snapshot.local.iso(snapshot.now_ms()), w);
    Ok(ItemPage {
        frame,
        s,
        w,
        tag,
        name: item.name.clone(),
        subtitle: subtitle(item, w),
        badge: row.badge(&wording),
        service: item.service,
        why_out,
        may_change: signed.can_edit(),
        form_token: signed.form_token(),
        rate: word_rate(s, tally.rate()),
        rate_words: rate_words(w, &facility, item, tally),
        history,
        cleanings: cleaned,
        older: older.map(PageCursor::from),
        is_older: upto.is_some(),
        trust,
        paper,
        schedules: schedule_rows(w, &facility, item),
        facts: facts(w, &facility, item, &wording),
        protocol: protocols::protocol(&facility, item, None).map(|p| {
            (format!("/protocols/{}", p.protocol), w.fact_protocol_version(&p.name, p.version.to_string()))
        }),
    })
}

/// Where it is, its number, who made it, and its serial number.
fn subtitle(item: &Equipment, w: EquipmentWords) -> SafeHtml {
    let maker = [item.maker.as_str(), item.model.as_str()].join(" ").trim().to_owned();
    let parts = [item.location.as_str(), &item.asset_number, &maker];
    let entered = parts.into_iter().filter(|p| !p.is_empty()).map(SafeHtml::entered);
    let serial = Some(item.serial.as_str()).filter(|serial| !serial.is_empty());
    let serial = serial.map(|serial| fill_slots(w.item_serial(S0), [SafeHtml::entered(serial)]));
    SafeHtml::join(entered.chain(serial), " · ")
}

fn paper(facility: &str, trust: &Trust, moment: String, w: EquipmentWords) -> SafeHtml {
    let root = SafeHtml::element("span", &[("class", "code"), ("translate", "no")], &trust.root);
    let words = match trust.holds {
        true => w.item_paper(facility, moment, S0, &trust.size),
        false => w.item_paper_broken(facility, moment, S0, &trust.size),
    };
    fill_slots(words, [root])
}

fn rate_words(w: EquipmentWords, facility: &Facility, item: &Equipment, tally: Tally) -> String {
    match (word_schedules(w, facility, item), tally.closed) {
        (None, _) => w.item_rate_no_schedule(),
        (Some(_), 0) => w.item_rate_none(),
        (Some(due), closed) => w.item_rate(closed, due, tally.met),
    }
}

fn facts(w: EquipmentWords, facility: &Facility, item: &Equipment, wording: &Wording) -> Vec<FactRow> {
    let class = match item.class {
        Class::Noncritical => w.fact_noncritical(),
        Class::Semicritical => w.fact_semicritical(),
        Class::Critical => w.fact_critical(),
    };
    let photo = match item.photo {
        PhotoPolicy::None => w.fact_photo_none(),
        PhotoPolicy::Optional => w.fact_photo_optional(),
        PhotoPolicy::Required => w.fact_photo_required(),
    };
    let others: Vec<String> = facility
        .aliases
        .iter()
        .filter(|(_, alias)| alias.equipment == item.tag && !alias.revoked)
        .map(|(tag, _)| tag.grouped())
        .collect();
    let mut facts = vec![
        FactRow::entered(w.fact_category(), &item.category),
        FactRow::worded(w.fact_class(), class),
        FactRow::worded(w.fact_photo(), photo),
        FactRow::entered(w.fact_maker(), &item.maker),
        FactRow::entered(w.fact_model(), &item.model),
        FactRow::entered(w.fact_serial(), &item.serial),
        FactRow::entered(w.fact_aliases(), others.join(", ")),
        FactRow::worded(w.fact_added(), wording.dates().day_and_time(item.added_ms).text),
    ];
    facts.retain(|fact| !fact.value.is_empty());
    facts
}
