//! How a protocol is to be followed.

use askama::Template;
use axum::extract::State;
use record::kinds::{Agent, ProtocolPublished};
use web::answer::Page;
use web::argument::Path;
use web::error::HttpError;
use words::{S0, S1, SafeHtml, fill_slots};

use crate::web::access::phone::PhoneCaller;
use crate::web::context::AppState;
use crate::web::http_error::not_found;
use crate::web::layout::PageLayout;
use crate::web::pages::phone::scan::wet::agent_html;
use crate::web::view_models::equipment::protocols::translate_protocol;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::page::wording::PageWording;
use crate::web::words::{PageWords, ScanWords};

#[derive(Template)]
#[template(path = "phone/instructions.html")]
struct InstructionsPage {
    frame: PageLayout,
    w: ScanWords,
    protocol: ProtocolPublished,
    version: String,
    next: Option<String>,
    contact: Option<String>,
    agents: Vec<SafeHtml>,
    takes: Option<String>,
    /// For how long an item counts as clean after it.
    clean_for: Option<String>,
}

pub(crate) async fn show(
    phone: PhoneCaller,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Page, HttpError> {
    let (snapshot, known) = {
        let facility = state.store.snapshot();
        let known = id.parse().ok().and_then(|id| facility.protocols.get(&id)).cloned();
        (Snapshot::of(&state, &facility), known.ok_or_else(not_found)?)
    };
    let now_ms = snapshot.now_ms();
    let (page_words, w): (PageWords, ScanWords) = phone.words();
    let wording = PageWording::new(page_words, &snapshot.local);
    let next = known.comes_ms(now_ms);
    let next =
        next.map(|ms| w.protocol_next(wording.dates().day_with_year(ms).text, known.version.to_string()));
    let protocol = translate_protocol(known.in_force(now_ms), wording.locale().language());
    let frame = PageLayout::open(&state, &snapshot, page_words, protocol.name.clone());
    let page = Page::draw(&InstructionsPage {
        frame,
        w,
        version: protocol.version.to_string(),
        next,
        contact: protocol.contact_s.map(|contact_s| match protocol.declared {
            true => w.protocol_declared(wording.span(contact_s)),
            false => wording.span(contact_s),
        }),
        agents: protocol.agents.iter().map(|agent| diluted_agent(w, agent)).collect(),
        takes: protocol.minutes.map(|minutes| page_words.span_minutes(minutes)),
        clean_for: protocol.hang_h.map(|hours| w.protocol_clean_for(hours)),
        protocol,
    })?;
    Ok(page.in_locale(wording.locale()))
}

fn diluted_agent(w: ScanWords, agent: &Agent) -> SafeHtml {
    let plain = agent_html(w, agent);
    match agent.dilution.as_str() {
        "" => plain,
        dilution => fill_slots(w.protocol_agent_diluted(S0, S1), [plain, SafeHtml::entered(dilution)]),
    }
}
