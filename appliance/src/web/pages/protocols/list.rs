//! All protocols: those in use, and those that were retired.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use record::fold::{FacilityProtocol, ServiceState};
use record::ids::ProtocolId;
use record::kinds::SpauldingClass;
use web::answer::Page;
use web::error::HttpError;

use crate::web::access::permissions::View;
use crate::web::access::staff::StaffCaller;
use crate::web::context::AppState;
use crate::web::layout::{NavSection, PageLayout, draw_page};
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::page::wording::PageWording;
use crate::web::words::{PageWords, RegisterWords};

struct ProtocolRow {
    to: String,
    name: String,
    class: String,
    contact: String,
    version: String,
    next: Option<String>,
    items: usize,
}

#[derive(Template)]
#[template(path = "protocols/protocols.html")]
struct ProtocolsPage {
    frame: PageLayout,
    w: RegisterWords,
    used: Vec<ProtocolRow>,
    retired: Vec<ProtocolRow>,
    may_change: bool,
}

impl ProtocolRow {
    fn of(w: RegisterWords, protocol: &FacilityProtocol, wording: &PageWording) -> Self {
        let now_ms = wording.local().now_ms();
        let in_force = protocol.in_force(now_ms);
        let next = protocol
            .comes_ms(now_ms)
            .map(|ms| w.protocols_next(wording.dates().day_with_year(ms).text, protocol.version.to_string()));
        Self {
            to: String::new(),
            name: in_force.name.clone(),
            class: word_class(w, in_force.class),
            contact: in_force.contact_s.map(|s| wording.span(s)).unwrap_or_default(),
            version: in_force.version.to_string(),
            next,
            items: 0,
        }
    }
}

fn word_class(w: RegisterWords, class: Option<SpauldingClass>) -> String {
    match class {
        None => w.protocols_any_class(),
        Some(SpauldingClass::Noncritical) => w.protocols_noncritical(),
        Some(SpauldingClass::Semicritical) => w.protocols_semicritical(),
        Some(SpauldingClass::Critical) => w.protocols_critical(),
    }
}

pub(crate) async fn show_protocols(
    signed: StaffCaller<View>,
    State(state): State<AppState>,
) -> Result<Page, HttpError> {
    let facility = state.store.snapshot();
    let snapshot = Snapshot::of(&state, &facility);
    let (page_words, w): (PageWords, RegisterWords) = signed.words();
    let wording = PageWording::new(page_words, &snapshot.local);
    let mut items: BTreeMap<ProtocolId, usize> = BTreeMap::new();
    for item in facility.equipment.values().filter(|item| item.service != ServiceState::Retired) {
        for id in &item.facts.protocols {
            *items.entry(*id).or_default() += 1;
        }
    }
    let may_change = signed.can_edit();
    let row = |protocol: &FacilityProtocol| ProtocolRow {
        to: match may_change {
            true => format!("{}/{}", super::PROTOCOLS, protocol.newest.protocol),
            false => format!("/protocols/{}", protocol.newest.protocol),
        },
        items: items.get(&protocol.newest.protocol).copied().unwrap_or(0),
        ..ProtocolRow::of(w, protocol, &wording)
    };
    let (retired, used): (Vec<&Arc<FacilityProtocol>>, Vec<_>) =
        facility.protocols.values().partition(|p| p.retired);
    let [mut used, mut retired] =
        [used, retired].map(|protocols| protocols.into_iter().map(|p| row(p)).collect::<Vec<_>>());
    for rows in [&mut used, &mut retired] {
        rows.sort_by_key(|row| row.name.to_lowercase());
    }
    let page = ProtocolsPage {
        frame: PageLayout::staff(&state, &snapshot, w.protocols_title(), &signed, NavSection::Equipment),
        w,
        used,
        retired,
        may_change,
    };
    draw_page(&page.frame, &page)
}
