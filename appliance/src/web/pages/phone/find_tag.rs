//! What a label opens: any spelling of a tag leads to its item, and a tag that opens nothing is answered with the reason.

use askama::Template;
use axum::extract::State;
use http::StatusCode;
use record::code::{ScannedCode, ScannedCodeError};
use record::entry::Digest16;
use record::tag::{Tag, TagError};
use schemars::JsonSchema;
use serde::Deserialize;
use web::answer::Page;
use web::argument::{LenientQuery, Path};
use web::error::HttpError;
use words::{S0, S1, SafeHtml, fill_slots};

use crate::intake::{find_named_item, open_tags, read_code};
use crate::store::StoreSnapshot;
use crate::web::access::badge::{ScanOrigin, is_badge_looked_for};
use crate::web::access::phone::PhoneCaller;
use crate::web::commands::run::is_blank_label;
use crate::web::context::{AppState, run_blocking};
use crate::web::http_error::not_found;
use crate::web::layout::PageLayout;
use crate::web::pages::phone::home::NO_LABEL;
use crate::web::pages::phone::tag_answer::TagAnswer;
use crate::web::view_models::equipment::codes::{
    address_of_label, find_scanned, find_unseparated, find_zero_variants, is_revoked, numbered_tags,
};
use crate::web::view_models::equipment::item_status::StatusBadge;
use crate::web::view_models::equipment::scanned_tags::note_label_scan;
use crate::web::view_models::equipment::status_board::StatusBoards;
use crate::web::view_models::page::path_segment::path_segment;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::page::wording::PageWording;
use crate::web::words::{PageWords, TagWords};

const SHOWN_CHARS_MAX: usize = 40;
/// After how many seconds a tag that may be in what is missing is looked up again.
const MISSING_RETRY_S: u64 = 60;
const CANDIDATES_MAX: usize = 5;

#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct FindTagParams {
    /// A tag, as somebody typed it.
    #[serde(default)]
    tag: String,
}

/// `GET /<TAG>`: what a label's code opens, in any case of letters.
pub(crate) async fn open_label(
    phone: PhoneCaller,
    State(state): State<AppState>,
    Path(text): Path<String>,
) -> Result<TagAnswer, HttpError> {
    match Tag::read(&text) {
        Ok(tag) if is_revoked(&state.store.snapshot(), tag) => {
            let (page_words, w): (PageWords, TagWords) = phone.words();
            run_blocking(&state, move |state| unknown_page(state, page_words, w, tag)).await
        }
        Ok(tag) => {
            note_label_scan(&state, tag);
            TagAnswer::to(&format!("/t/{tag}"))
        }
        Err(TagError::Check) => mistyped_page(&state, &phone, &text),
        Err(_) => Err(not_found()),
    }
}

/// `GET /t/?tag=`: a tag that somebody typed.
pub(crate) async fn open_entered_tag(
    phone: PhoneCaller,
    State(state): State<AppState>,
    LenientQuery(params): LenientQuery<FindTagParams>,
) -> Result<TagAnswer, HttpError> {
    let text = params.tag;
    let (opened, several, read) = {
        let facility = state.store.snapshot();
        let opened = find_scanned(&facility, &text).map(|item| item.tag);
        let several = opened.is_none() && numbered_tags(&facility, &text).len() > 1;
        (opened, several, read_code(&facility, &text))
    };
    if let Err(ScannedCodeError::Tag(label)) = read {
        note_label_scan(&state, label);
    }
    let from = ScanOrigin::of(&state, phone.browser());
    if opened.is_none() && is_badge_looked_for(&state, &text, from, phone.notes()).await? {
        return TagAnswer::to(NO_LABEL);
    }
    if opened.is_none()
        && read.is_ok()
        && let Some(tag) = find_unassigned(&state, &text).await?
    {
        return TagAnswer::to(&format!("/t/{tag}"));
    }
    match (opened, read) {
        (Some(tag), _) => TagAnswer::to(&format!("/t/{tag}")),
        (None, Err(ScannedCodeError::Tag(tag))) => {
            TagAnswer::to(&address_of_label(&state.store.snapshot(), tag))
        }
        (None, _) if several => TagAnswer::to(&format!("/?q={}", path_segment(text.trim()))),
        (None, Ok(code))
            if !resembles_tag(&text) || find_former(&state.store.snapshot(), &code).is_some() =>
        {
            unknown_code_page(&state, &phone, &code)
        }
        (None, _) => mistyped_page(&state, &phone, &text),
    }
}

/// The tag of no item that a text is: as labels show it, or with dashes, if a label with it was printed. Else it is a code of others,
/// whose ninth symbol is right by chance.
async fn find_unassigned(state: &AppState, text: &str) -> Result<Option<Tag>, HttpError> {
    let Ok(tag) = Tag::read(text) else { return Ok(None) };
    let is_meant = !text.contains('-') || is_blank_label(state, tag).await?;
    Ok(is_meant.then_some(tag))
}

/// Whether the text may be a mistyped tag.
fn resembles_tag(text: &str) -> bool {
    let mut symbols = text.trim().chars().filter(|c| !matches!(c, ' ' | '-' | '\u{a0}'));
    let count = symbols.clone().count();
    (7..=10).contains(&count) && symbols.all(|c| c.is_ascii_alphanumeric())
}

/// Where biomed says what a code is on: a new item, or one that is there.
fn code_links(w: TagWords, code: &ScannedCode) -> Vec<(String, String)> {
    let segment = path_segment(code.as_str());
    let add = (format!("/staff/codes/new?code={segment}"), w.tag_code_add());
    // The form that adds a code asks whether it is meant.
    if code.may_be_trade_item() {
        return vec![add];
    }
    vec![(format!("/staff/equipment/new?code={segment}"), w.tag_code_new()), add]
}

/// Items that are perhaps meant: their code has other zeros at its front.
fn link_zero_variants(w: TagWords, facility: &StoreSnapshot, text: &str) -> Vec<(String, String)> {
    let variants = find_zero_variants(facility, text).into_iter().take(CANDIDATES_MAX);
    variants
        .map(|(item, code)| (format!("/t/{}", item.tag), w.tag_code_zeros(code, &item.facts.name)))
        .collect()
}

fn find_former(facility: &StoreSnapshot, code: &ScannedCode) -> Option<(Tag, String)> {
    let alias = facility.codes.get(&Digest16::of(code.as_str().as_bytes()));
    let alias = alias.filter(|alias| alias.removed)?;
    find_named_item(facility, alias.equipment).map(|item| (item.tag, item.facts.name.clone()))
}

fn unknown_code_page(
    state: &AppState,
    phone: &PhoneCaller,
    code: &ScannedCode,
) -> Result<TagAnswer, HttpError> {
    let (page_words, w): (PageWords, TagWords) = phone.words();
    let snapshot = Snapshot::now(state);
    let wording = PageWording::new(page_words, &snapshot.local);
    let (former, links) = {
        let facility = state.store.snapshot();
        let zeros = link_zero_variants(w, &facility, code.as_str());
        (find_former(&facility, code), zeros.into_iter().chain(code_links(w, code)).collect())
    };
    let title = match former {
        Some(_) => w.tag_code_removed_title(),
        None => w.tag_code_unknown_title(),
    };
    let frame = PageLayout::open(state, &snapshot, page_words, title);
    let looked_up = wording.dates().clock_time_with_seconds(snapshot.now_ms()).to_html();
    let contact = wording.contact(&snapshot.settings);
    let page = UnknownTagPage {
        frame,
        w,
        shown: code.to_string(),
        badge: w.tag_code_unknown(),
        is_late: false,
        kind: w.tag_code_unknown_kind(),
        what: fill_slots(w.tag_code_unknown_what(), []),
        next: Some(fill_slots(w.tag_code_unknown_next(S0), [contact.clone()])),
        go_to: "/".to_owned(),
        go: w.tag_find_by_name(),
        opens: None,
        links,
        hint: None,
        looked_up: fill_slots(w.tag_looked_up(S0), [looked_up]),
    };
    let page = match former {
        Some((tag, name)) => page.taken_off(tag, SafeHtml::entered(&name), contact),
        None => page,
    };
    let page = Page::draw(&page)?.in_locale(wording.locale());
    Ok(TagAnswer::shown(StatusCode::NOT_FOUND, page))
}

#[derive(Template)]
#[template(path = "phone/tag_mistyped.html")]
struct MistypedTagPage {
    frame: PageLayout,
    w: TagWords,
    entered: String,
    why: SafeHtml,
    candidates_hint: String,
    candidates: Vec<Candidate>,
    links: Vec<(String, String)>,
}

struct Candidate {
    tag: Tag,
    name: String,
    place: String,
    badge: StatusBadge,
    before: String,
    differs: String,
    after: String,
}

pub(crate) fn mistyped_page(
    state: &AppState,
    phone: &PhoneCaller,
    text: &str,
) -> Result<TagAnswer, HttpError> {
    let (page_words, w): (PageWords, TagWords) = phone.words();
    let entered: String = text.chars().filter(|c| !c.is_control()).take(SHOWN_CHARS_MAX).collect();
    let entered = in_threes(&entered);
    let (snapshot, read, candidates, zeros) = {
        let facility = state.store.snapshot();
        let snapshot = Snapshot::of(state, &facility);
        let wording = PageWording::new(page_words, &snapshot.local);
        let read = read_code(&facility, text);
        let candidates = match read {
            Err(ScannedCodeError::SeparatorsMissing) => code_candidates(state, &facility, text, &wording),
            _ => tag_candidates(state, &facility, text, &wording),
        };
        let zeros = link_zero_variants(w, &facility, text);
        (snapshot, read, candidates, zeros)
    };
    let frame = PageLayout::open(state, &snapshot, page_words, w.tag_check());
    let why = word_mistake(w, text, &read, &entered);
    let candidates_hint = match read {
        Err(ScannedCodeError::SeparatorsMissing) => w.tag_separators_hint(),
        _ => w.tag_candidates_hint(),
    };
    let links = read.map(|code| code_links(w, &code)).unwrap_or_default();
    let links = zeros.into_iter().chain(links).collect();
    let page = Page::draw(&MistypedTagPage { frame, w, entered, why, candidates_hint, candidates, links })?;
    Ok(TagAnswer::shown(StatusCode::NOT_FOUND, page.in_locale(page_words.catalog().locale())))
}

fn word_mistake(
    w: TagWords,
    text: &str,
    read: &Result<ScannedCode, ScannedCodeError>,
    entered: &str,
) -> SafeHtml {
    let sentence = match (read, Tag::read(text)) {
        (Err(ScannedCodeError::EveryItem), _) => w.tag_every_item(S0),
        (Err(ScannedCodeError::WithoutProduct), _) => w.tag_without_product(S0),
        (Err(ScannedCodeError::SeparatorsMissing), _) => w.tag_separators(S0),
        (Err(ScannedCodeError::KeyboardLayout), _) => w.tag_keyboard(S0),
        _ if entered.is_empty() => w.tag_none_typed(),
        (_, Ok(_)) => w.tag_of_nothing(S0),
        (_, Err(TagError::Check)) => w.tag_misread(S0),
        (_, Err(TagError::Length)) => w.tag_wrong_length(S0),
        _ => w.tag_wrong_character(S0),
    };
    fill_slots(sentence, [SafeHtml::element("span", &[("class", "code"), ("translate", "no")], entered)])
}

fn in_threes(text: &str) -> String {
    let plain: Vec<char> = text.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
    if plain.len() != 9 {
        return text.to_owned();
    }
    plain.chunks(3).map(String::from_iter).collect::<Vec<_>>().join(" ").to_uppercase()
}

/// Items whose known code may be the one that was scanned without its separators.
fn code_candidates(
    state: &AppState,
    facility: &StoreSnapshot,
    text: &str,
    wording: &PageWording,
) -> Vec<Candidate> {
    let fitting = find_unseparated(facility, text).into_iter().filter_map(|(item, code)| {
        let row = state.stored::<StatusBoards>().row_of(facility, item, wording.local())?;
        Some(Candidate {
            tag: item.tag,
            name: row.item.facts.name.clone(),
            place: row.item.facts.location.clone(),
            badge: row.badge(wording),
            before: code.to_owned(),
            differs: String::new(),
            after: String::new(),
        })
    });
    fitting.take(CANDIDATES_MAX).collect()
}

/// Items whose tag is one character away.
fn tag_candidates(
    state: &AppState,
    facility: &StoreSnapshot,
    text: &str,
    wording: &PageWording,
) -> Vec<Candidate> {
    let symbols = text.chars().filter(|c| !matches!(c, ' ' | '-' | '\u{a0}'));
    let symbols = symbols.map(|c| match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    });
    let read: Vec<char> = symbols.collect();
    let others = facility.aliases.iter().filter(|(_, alias)| !alias.revoked).map(|(tag, _)| *tag);
    let near = facility.equipment.keys().copied().chain(others).filter_map(|tag| {
        let differs: Vec<usize> = tag
            .as_str()
            .chars()
            .zip(&read)
            .enumerate()
            .filter(|(_, (a, b))| a != *b)
            .map(|(i, _)| i)
            .collect();
        match differs.as_slice() {
            [one] if read.len() == 9 => Some((tag, *one)),
            _ => None,
        }
    });
    let candidates = near.filter_map(|(tag, at)| {
        let item = facility.resolve(tag)?;
        let row = state.stored::<StatusBoards>().row_of(facility, item, wording.local())?;
        let (grouped, at) = (tag.grouped(), at + at / 3);
        Some(Candidate {
            tag,
            name: row.item.facts.name.clone(),
            place: row.item.facts.location.clone(),
            badge: row.badge(wording),
            before: grouped[..at].to_owned(),
            differs: grouped[at..=at].to_owned(),
            after: grouped[at + 1..].to_owned(),
        })
    });
    candidates.take(CANDIDATES_MAX).collect()
}

enum UnknownTag {
    Replaced {
        open: Tag,
        name: String,
    },
    /// Printed blank, and given up because nobody found the label.
    Discarded,
    /// Nothing says what it is on, and a part of the history is missing.
    MayBeMissing,
    /// Nobody gave it to an item.
    Unused,
}

impl UnknownTag {
    fn of(state: &AppState, facility: &StoreSnapshot, tag: Tag) -> Self {
        let revoked = facility.aliases.get(&tag).filter(|alias| alias.revoked);
        let item = revoked.and_then(|alias| facility.equipment.get(&alias.equipment));
        if let Some((open, item)) = item.and_then(|item| Some((*open_tags(facility, item).first()?, item))) {
            return Self::Replaced { open, name: item.facts.name.clone() };
        }
        let is_discarded = state.printing.is_discarded(tag).unwrap_or_else(|error| {
            tracing::error!(%error, "whether a blank tag was given up is not known");
            false
        });
        match is_discarded {
            true => Self::Discarded,
            // What says on which item it is may be among what this box lacks.
            false if state.lacks_any() => Self::MayBeMissing,
            false => Self::Unused,
        }
    }
}

#[derive(Template)]
#[template(path = "phone/tag_unknown.html")]
struct UnknownTagPage {
    frame: PageLayout,
    w: TagWords,
    shown: String,
    badge: String,
    is_late: bool,
    kind: String,
    what: SafeHtml,
    next: Option<SafeHtml>,
    go_to: String,
    go: String,
    /// Where it leads to an item: its name, in the place of those words.
    opens: Option<SafeHtml>,
    links: Vec<(String, String)>,
    hint: Option<String>,
    looked_up: SafeHtml,
}

impl UnknownTagPage {
    fn taken_off(self, tag: Tag, name: SafeHtml, contact: SafeHtml) -> Self {
        let w = self.w;
        Self {
            badge: w.tag_code_removed(),
            what: fill_slots(w.tag_code_removed_what(S0), [name.clone()]),
            next: Some(fill_slots(w.tag_code_removed_next(S1, S0), [name.clone(), contact])),
            go_to: format!("/t/{tag}"),
            opens: Some(fill_slots(w.tag_replaced_open(S0), [name])),
            ..self
        }
    }

    fn new(
        frame: PageLayout,
        w: TagWords,
        tag: Tag,
        why: UnknownTag,
        contact: SafeHtml,
        looked_up: SafeHtml,
    ) -> Self {
        let page = Self {
            frame,
            w,
            shown: tag.grouped(),
            badge: w.tag_unused(),
            is_late: false,
            kind: w.tag_unused_kind(),
            what: fill_slots(w.tag_unused_what(), []),
            next: None,
            go_to: "/".to_owned(),
            go: w.tag_find_by_name(),
            opens: None,
            links: Vec::new(),
            hint: None,
            looked_up,
        };
        match why {
            UnknownTag::Replaced { open, name } => {
                let name = SafeHtml::entered(&name);
                Self {
                    badge: w.tag_replaced(),
                    kind: w.tag_replaced_kind(),
                    what: fill_slots(w.tag_replaced_what(S0), [name.clone()]),
                    go_to: format!("/t/{open}"),
                    opens: Some(fill_slots(w.tag_replaced_open(S0), [name])),
                    hint: Some(w.tag_replaced_next()),
                    ..page
                }
            }
            UnknownTag::Discarded => Self {
                badge: w.tag_spoilt(),
                is_late: true,
                kind: w.tag_spoilt_kind(),
                what: fill_slots(w.tag_spoilt_what(), []),
                next: Some(fill_slots(w.tag_spoilt_next(S0), [contact])),
                ..page
            },
            UnknownTag::MayBeMissing => Self {
                badge: w.tag_missing(),
                is_late: true,
                kind: w.tag_missing_kind(),
                what: fill_slots(w.tag_missing_what(), []),
                next: Some(fill_slots(w.tag_missing_next(S0), [contact])),
                go_to: format!("/t/{tag}"),
                go: w.tag_missing_again(),
                links: vec![("/".to_owned(), w.tag_find_by_name())],
                ..page
            },
            UnknownTag::Unused => Self {
                next: Some(fill_slots(w.tag_unused_next(S0), [contact])),
                links: vec![
                    (format!("/staff/equipment/new?tag={tag}"), w.tag_unused_assign()),
                    (format!("/staff/tags/new?why=blank&tag={tag}"), w.tag_unused_add()),
                ],
                ..page
            },
        }
    }
}

pub(crate) fn unknown_page(
    state: &AppState,
    page_words: PageWords,
    w: TagWords,
    tag: Tag,
) -> Result<TagAnswer, HttpError> {
    let (snapshot, why) = {
        let facility = state.store.snapshot();
        (Snapshot::of(state, &facility), UnknownTag::of(state, &facility, tag))
    };
    let title = match why {
        UnknownTag::Replaced { .. } => w.tag_replaced_title(),
        UnknownTag::Discarded => w.tag_spoilt_title(),
        UnknownTag::MayBeMissing => w.tag_missing_title(),
        UnknownTag::Unused => w.tag_unused_title(),
    };
    let frame = PageLayout::open(state, &snapshot, page_words, title);
    let wording = PageWording::new(page_words, &snapshot.local);
    let looked_up = wording.dates().clock_time_with_seconds(snapshot.now_ms()).to_html();
    let looked_up = fill_slots(w.tag_looked_up(S0), [looked_up]);
    let may_be_missing = matches!(why, UnknownTag::MayBeMissing);
    let status = if may_be_missing { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::NOT_FOUND };
    let contact = wording.contact(&snapshot.settings);
    let page = Page::draw(&UnknownTagPage::new(frame, w, tag, why, contact, looked_up))?;
    let answer = TagAnswer::shown(status, page.in_locale(wording.locale()));
    Ok(if may_be_missing { answer.retry_after_s(MISSING_RETRY_S) } else { answer })
}
