//! The installed page: a shell that a phone stores, its manifest, and the worker that shows it where the box does not answer.

use history::word_key;
use std::sync::LazyLock;

use askama::Template;
use axum::extract::State;
use http::header::CACHE_CONTROL;
use http::{HeaderName, HeaderValue};
use record::kinds::{MissingPart, ProblemWord};
use record::tree::Hash;
use serde_json::json;
use web::answer::{MediaBytes, Page, WithHeaders, media};
use web::assets::{MARK, STYLE};
use web::error::HttpError;
use web::route::AnyCaller;

use crate::web::access::phone::PhoneCaller;
use crate::web::app_icons::draw_icon;
use crate::web::assets::{APP, QUEUE, READER, READER_GLUE, READER_PROGRAM, SCAN};
use crate::web::context::AppState;
use crate::web::layout::{PageLayout, draw_page};
use crate::web::view_models::page::snapshot::{Snapshot, missing_words as word_missing};
use crate::web::words::{AppWords, PageWords, ProblemWords};

pub(crate) const SHELL: &str = "/app";
const WORKER: &str = include_str!("../../../../assets/app/sw.js");
const WORKER_SCOPE: HeaderName = HeaderName::from_static("service-worker-allowed");

static WORKER_TEXT: LazyLock<String> = LazyLock::new(|| {
    let files = json!([STYLE.path(), MARK.path(), SCAN.path(), QUEUE.path(), APP.path()]).to_string();
    let build = Hash::of(format!("{files}{WORKER}").as_bytes()).to_string();
    WORKER.replace("@FILES@", &files).replace("@BUILD@", &build[..10])
});

/// The mark for home screens, of 192 and 512 dots a side.
static ICONS: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| [192, 512].map(|side| draw_icon(MARK.text(), side)));

static MANIFEST: LazyLock<String> = LazyLock::new(|| {
    let manifest = json!({
        "name": "CleanTrack", "short_name": "CleanTrack", "start_url": SHELL, "scope": "/", "display": "standalone",
        "background_color": "#ffffff", "theme_color": "#0c3a2d",
        "icons": [
            { "src": "/app/icon-192.png", "sizes": "192x192", "type": "image/png", "purpose": "any maskable" },
            { "src": "/app/icon-512.png", "sizes": "512x512", "type": "image/png", "purpose": "any maskable" },
        ],
    });
    manifest.to_string()
});

#[derive(Template)]
#[template(path = "phone/app.html")]
struct AppPage {
    frame: PageLayout,
    w: AppWords,
    /// Whether a browser can take the worker at all.
    is_secure: bool,
    words: Vec<(&'static str, String)>,
    reader: &'static str,
    glue: &'static str,
    program: &'static str,
    identifiers: &'static str,
}

/// The identifiers by which the script reads element strings as the box does.
static IDENTIFIERS: LazyLock<String> = LazyLock::new(record::code::list_identifiers);

/// Of each text the name that the script has for it; the script replaces what is in braces.
fn script_words(w: AppWords, p: ProblemWords, page_words: PageWords) -> Vec<(&'static str, String)> {
    let others = [
        ("title", w.app_title()),
        ("waiting", w.app_waiting("{count}")),
        ("waiting-none", w.app_waiting_none()),
        ("tag", w.app_tag()),
        ("tag-wrong", w.app_tag_wrong()),
        ("open", w.app_open()),
        ("scan", w.app_scan()),
        ("scan-stop", w.app_scan_stop()),
        ("scan-view", w.app_scan_view()),
        ("scan-failed", w.app_scan_failed()),
        ("scan-kinds", w.app_scan_kinds()),
        ("scan-other", w.app_scan_other()),
        ("scan-ask", w.app_scan_ask()),
        ("due-title", w.app_due_title()),
        ("due-none", w.app_due_none()),
        ("back", w.app_back()),
        ("queue-title", w.app_queue_title()),
        ("queue-meaning", w.app_queue_meaning()),
        ("queue-none", w.app_queue_none()),
        ("send", w.app_send()),
        ("copy-title", w.app_copy_title()),
        ("copy-meaning", w.app_copy_meaning()),
        ("copy", w.app_copy()),
        ("on-phone", w.app_on_phone()),
        ("on-box", w.app_on_box()),
        ("at-relay", w.app_at_relay()),
        ("refused", w.app_refused()),
        ("by-phone", w.app_by_phone("{time}")),
        ("receipt", w.app_receipt()),
        ("dead-spot", w.app_dead_spot()),
        ("unknown-tag", w.app_unknown_tag()),
        ("replaced", w.app_replaced()),
        ("steps", w.app_steps()),
        ("all-steps", w.app_all_steps("{count}")),
        ("plain-step", w.app_plain_step()),
        ("wet", w.app_wet()),
        ("wet-start", w.app_wet_start()),
        ("wet-over", w.app_wet_over()),
        ("lot", w.app_lot()),
        ("lot-number", w.app_lot_number()),
        ("lot-expires", w.app_lot_expires()),
        ("lot-over", w.app_lot_over()),
        ("photo", w.app_photo()),
        ("photo-required", w.app_photo_required()),
        ("photo-left", w.app_photo_left()),
        ("who", w.app_who()),
        ("who-proof", w.app_who_proof()),
        ("note", w.app_note()),
        ("record", w.app_record()),
        ("still-open", w.app_still_open("{what}")),
        ("open-steps", w.app_still_open_steps("{steps}")),
        ("open-wet", w.app_still_open_wet()),
        ("open-photo", w.app_still_open_photo()),
        ("open-who", w.app_still_open_who()),
        ("open-proof", w.app_still_open_proof()),
        ("too-long", w.app_too_long("{count}", "{field}")),
        ("not-taken", w.app_not_taken("{why}")),
        ("later", w.app_later("{time}", "{why}")),
        ("protocol", w.app_protocol()),
        ("step-optional", w.app_steps_optional()),
        ("as-of", w.app_as_of("{time}")),
        ("out-of-service", w.app_out_of_service()),
        ("reported", w.app_reported("{what}")),
        ("used", w.app_used()),
    ];
    let others = others.into_iter().chain(full_words(w));
    others.chain(problem_words(w, p)).chain(missing_words(w, page_words)).collect()
}

/// The same for what a phone cannot store.
fn full_words(w: AppWords) -> [(&'static str, String); 5] {
    [
        ("full", w.app_full()),
        ("full-records", w.app_full_records()),
        ("not-kept", w.app_not_kept()),
        ("reload", w.app_reload()),
        ("no-store", w.app_no_store()),
    ]
}

fn missing_words(w: AppWords, page_words: PageWords) -> impl Iterator<Item = (&'static str, String)> {
    let parts = [
        ("lacks steps not stated", MissingPart::StepsNotStated),
        ("lacks steps", MissingPart::Steps),
        ("lacks contact time", MissingPart::ContactTime),
        ("lacks photo", MissingPart::Photo),
        ("lacks who", MissingPart::Who),
        ("lacks other", MissingPart::Other),
    ];
    let parts = parts.into_iter().map(move |(key, part)| (key, word_missing(page_words, &[part])));
    parts.chain([("incomplete", w.app_incomplete("{what}"))])
}

fn problem_words(w: AppWords, p: ProblemWords) -> impl Iterator<Item = (&'static str, String)> {
    let faults =
        ProblemWord::ALL.iter().map(move |word| (word.as_str(), p.problem_kind(&word_key(word.as_str()))));
    let others = [
        ("problem", p.problem_link()),
        ("problem-what", p.problem_title()),
        ("problem-choose", p.problem_choose()),
        ("problem-text", p.problem_text()),
        ("problem-only", w.app_problem_only()),
    ];
    others.into_iter().chain(faults)
}

/// The shell, under both of its addresses: its script shows what belongs to each.
pub(crate) async fn show_app(phone: PhoneCaller, State(state): State<AppState>) -> Result<Page, HttpError> {
    let (page_words, w, problems): (PageWords, AppWords, ProblemWords) = phone.words();
    let frame = PageLayout::open(&state, &Snapshot::now(&state), page_words, w.app_title());
    let page = AppPage {
        frame: frame.with_app_script(),
        w,
        is_secure: phone.peer().secure,
        words: script_words(w, problems, page_words),
        reader: READER.path(),
        glue: READER_GLUE.path(),
        program: READER_PROGRAM.path(),
        identifiers: &IDENTIFIERS,
    };
    draw_page(&page.frame, &page)
}

fn with_cache<A>(stored: &'static str, answer: A) -> WithHeaders<A> {
    WithHeaders([(CACHE_CONTROL, HeaderValue::from_static(stored))].into_iter().collect(), answer)
}

pub(crate) async fn show_manifest(
    _: AnyCaller,
) -> Result<WithHeaders<MediaBytes<media::Manifest>>, HttpError> {
    Ok(with_cache("no-cache", MediaBytes::new(MANIFEST.as_str())))
}

const ICON_STORED: &str = "public, max-age=604800";

pub(crate) async fn show_icon(_: AnyCaller) -> Result<WithHeaders<MediaBytes<media::Png>>, HttpError> {
    Ok(with_cache(ICON_STORED, MediaBytes::new(ICONS[0].as_slice())))
}

pub(crate) async fn show_large_icon(_: AnyCaller) -> Result<WithHeaders<MediaBytes<media::Png>>, HttpError> {
    Ok(with_cache(ICON_STORED, MediaBytes::new(ICONS[1].as_slice())))
}

pub(crate) async fn show_worker(
    _: AnyCaller,
) -> Result<WithHeaders<MediaBytes<media::JavaScript>>, HttpError> {
    let mut answer = with_cache("no-cache", MediaBytes::new(WORKER_TEXT.as_str()));
    answer.0.insert(WORKER_SCOPE, HeaderValue::from_static("/"));
    Ok(answer)
}
