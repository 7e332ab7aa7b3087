//! What a label opens: any spelling of a tag leads to its item, and what leads nowhere says why.

use askama::Template;
use axum::extract::State;
use http::StatusCode;
use record::tag::{Tag, TagError};
use schemars::JsonSchema;
use serde::Deserialize;
use web::answer::Page;
use web::argument::{Lenient, Path};
use web::error::HttpError;
use web::route::Anyone;

use crate::store::StoreSnapshot;
use crate::web::context::AppState;
use crate::web::http_error::not_found;
use crate::web::layout::Frame;
use crate::web::pages::phone::tag_answer::TagAnswer;
use crate::web::view_models::formats::Moment;
use crate::web::view_models::snapshot::Snapshot;
use crate::web::view_models::status_board::StandingBoards;

/// What is shown back of a text that is no tag.
const SHOWN_CHARS_MAX: usize = 40;
/// After how many seconds a tag that may be in what is missing is worth another look.
const MISSING_RETRY_S: u64 = 60;
/// Items that may have been meant.
const CANDIDATES_MAX: usize = 5;

#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct FindTagParams {
    /// A tag, as somebody typed it.
    #[serde(default)]
    tag: String,
}

/// `GET /<TAG>`: what a label's code opens, in any case of letters.
pub(crate) async fn open_label(
    _: Anyone,
    State(state): State<AppState>,
    Path(text): Path<String>,
) -> Result<TagAnswer, HttpError> {
    match Tag::read(&text) {
        Ok(tag) => TagAnswer::to(&format!("/t/{tag}")),
        Err(TagError::Check) => mistyped(&state, &text),
        Err(_) => Err(not_found()),
    }
}

/// `GET /t/?tag=`: a tag that somebody typed.
pub(crate) async fn open_typed(
    _: Anyone,
    State(state): State<AppState>,
    Lenient(params): Lenient<FindTagParams>,
) -> Result<TagAnswer, HttpError> {
    let text = params.tag;
    match Tag::read(&text) {
        Ok(tag) => TagAnswer::to(&format!("/t/{tag}")),
        Err(_) => mistyped(&state, &text),
    }
}

#[derive(Template)]
#[template(path = "tag_mistyped.html")]
struct MistypedTagPage {
    frame: Frame,
    typed: String,
    why: &'static str,
    candidates: Vec<Candidate>,
}

struct Candidate {
    tag: Tag,
    name: String,
    place: String,
    class: &'static str,
    word: String,
    /// The tag in threes, cut around the symbol that differs.
    before: String,
    differs: String,
    after: String,
}

/// The page for a text that cannot be a tag.
pub(crate) fn mistyped(state: &AppState, text: &str) -> Result<TagAnswer, HttpError> {
    let typed: String = text.chars().filter(|c| !c.is_control()).take(SHOWN_CHARS_MAX).collect();
    let why = match Tag::read(text) {
        Err(TagError::Check) => "one of its nine characters was misread",
        Err(TagError::Length) => "a tag has nine letters and digits",
        _ => "it has a character that no tag has",
    };
    let (snapshot, candidates) = {
        let facility = state.store.snapshot();
        let snapshot = Snapshot::of(state, &facility);
        let candidates = candidates(state, &facility, text, &snapshot);
        (snapshot, candidates)
    };
    let frame = Frame::new(state, &snapshot, "Check the tag");
    let page = Page::draw(&MistypedTagPage { frame, typed: in_threes(&typed), why, candidates })?;
    Ok(TagAnswer::shown(StatusCode::NOT_FOUND, page))
}

fn in_threes(text: &str) -> String {
    let plain: Vec<char> = text.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
    if plain.len() != 9 {
        return text.to_owned();
    }
    plain.chunks(3).map(String::from_iter).collect::<Vec<_>>().join(" ").to_uppercase()
}

/// Items whose tag is one character away.
fn candidates(state: &AppState, facility: &StoreSnapshot, text: &str, snapshot: &Snapshot) -> Vec<Candidate> {
    let symbol = |c: char| match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let read: Vec<char> = text.chars().filter(|c| !matches!(c, ' ' | '-' | '\u{a0}')).map(symbol).collect();
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
    let candidate = |(tag, at): (Tag, usize)| {
        let item = facility.resolve(tag)?;
        let row = state.kept::<StandingBoards>().row_of(facility, item, &snapshot.local)?;
        let (grouped, at) = (tag.grouped(), at + at / 3);
        Some(Candidate {
            tag,
            name: row.item.name.clone(),
            place: row.item.location.clone(),
            class: row.standing.class,
            word: row.standing.short,
            before: grouped[..at].to_owned(),
            differs: grouped[at..=at].to_owned(),
            after: grouped[at + 1..].to_owned(),
        })
    };
    near.filter_map(candidate).take(CANDIDATES_MAX).collect()
}

#[derive(Template)]
#[template(path = "tag_unknown.html")]
struct UnknownTagPage {
    frame: Frame,
    tag: Tag,
    replaced: Option<(Tag, String)>,
    /// Printed blank, and given up because nobody found the label.
    spoilt: bool,
    /// Nothing says what it is on, and a part of the history is missing.
    may_be_missing: bool,
    contact: String,
    looked_up: Moment,
}

/// The page for a tag that opens nothing: one that nobody gave to an item, or one that was revoked.
pub(crate) fn unknown(state: &AppState, tag: Tag) -> Result<TagAnswer, HttpError> {
    let (snapshot, replaced) = {
        let facility = state.store.snapshot();
        let revoked = facility.aliases.get(&tag).filter(|alias| alias.revoked);
        let item = revoked.and_then(|alias| facility.equipment.get(&alias.equipment));
        // The item's present tag is one that still opens it.
        let open = |item: &record::fold::Equipment| {
            let others =
                facility.aliases.iter().filter(|(_, a)| a.equipment == item.tag).map(|(tag, _)| *tag);
            std::iter::once(item.tag).chain(others).find(|t| facility.resolve(*t).is_some())
        };
        let replaced = item.and_then(|item| Some((open(item)?, item.name.clone())));
        (Snapshot::of(state, &facility), replaced)
    };
    // Few look here: blank tags are scanned once, and others hardly ever.
    let spoilt = replaced.is_none()
        && state.printing.spoilt(tag).unwrap_or_else(|error| {
            tracing::error!(%error, "whether a blank tag was given up is not known");
            false
        });
    // What says on which item it is may be among what this box lacks.
    let may_be_missing = replaced.is_none() && !spoilt && state.lacks_any();
    let title = match (&replaced, spoilt) {
        (Some(_), _) => "This label was replaced",
        (None, true) => "This label was given up",
        (None, false) if may_be_missing => "The box cannot look up this tag now",
        (None, false) => "No equipment has this tag yet",
    };
    let frame = Frame::new(state, &snapshot, title);
    let looked_up = snapshot.local.time_s(snapshot.now_ms());
    let status = if may_be_missing { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::NOT_FOUND };
    let contact = snapshot.contact();
    let page =
        Page::draw(&UnknownTagPage { frame, tag, replaced, spoilt, may_be_missing, contact, looked_up })?;
    let answer = TagAnswer::shown(status, page);
    Ok(if may_be_missing { answer.retry_after_s(MISSING_RETRY_S) } else { answer })
}
