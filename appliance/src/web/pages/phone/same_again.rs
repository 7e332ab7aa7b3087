//! “Same again” on a receipt: what this phone recorded last is recorded once more by one press, by the rules of the scan page.

use record::fold::{Equipment, ServiceState};
use record::ids::DeviceId;
use record::kinds::{CleaningRecorded, ProofMethod, ProtocolPublished, ProtocolRef};
use record::tag::Tag;
use words::{S0, SafeHtml, fill_slots};

use crate::intake::{PhotoRule, use_class, weakest_method};
use crate::store::StoreSnapshot;
use crate::web::context::AppState;
use crate::web::request::submissions::page_token::PageToken;
use crate::web::request::submissions::submission::new_submission;
use crate::web::view_models::equipment::protocols::find_protocol;
use crate::web::view_models::page::formats::countdown_text;
use crate::web::view_models::records::receipts::ReceiptTarget;
use crate::web::words::ReceiptWords;

pub(crate) struct SameAgainForm {
    pub(crate) tag: Tag,
    pub(crate) submission: String,
    pub(crate) page: String,
    pub(crate) protocol: Option<ProtocolRef>,
    pub(crate) steps: Vec<u16>,
    pub(crate) who: String,
    pub(crate) about: Vec<(&'static str, String)>,
    /// The press starts the contact time, which nothing can repeat.
    pub(crate) starts_wet: bool,
    pub(crate) words: String,
    pub(crate) by: Option<SafeHtml>,
}

pub(crate) struct SameAgainLook<'a> {
    pub(crate) w: ReceiptWords,
    pub(crate) state: &'a AppState,
    pub(crate) facility: &'a StoreSnapshot,
    pub(crate) devices: &'a [DeviceId],
    /// The name that a scan page would show now.
    pub(crate) who: String,
}

impl SameAgainLook<'_> {
    /// Of a whole record of this phone alone, while its item is cleaned as it was then.
    pub(crate) fn form(self, found: &ReceiptTarget) -> Option<SameAgainForm> {
        let Self { w, state, facility, .. } = self;
        let mine = found.entry.head().by.device.is_some_and(|device| self.devices.contains(&device));
        let is_whole = found.cleaning.is_complete() && found.cleaning.voided.is_none();
        let item = facility.equipment.get(&found.cleaning.tag).filter(|_| mine && is_whole)?;
        let (tag, now) = (item.tag, state.known_now());
        let followed = found.body.protocol.map(|followed| followed.id);
        let protocol = find_protocol(facility, item, followed, now.wall_ms);
        // A name is asked for by the class of the next cleaning, which a use in between may have raised.
        let class = use_class(facility, item, protocol, None, None);
        let is_named = !self.who.trim().is_empty();
        let is_enough = is_named || weakest_method(&facility.settings, class) == ProofMethod::None;
        if item.service != ServiceState::In || !is_enough {
            return None;
        }
        let token = PageToken::drawn(state, tag, &now);
        let contact_s = find_contact_s(item, protocol, found, token.draw)?;
        let timer = state.contact_timers.find(tag, followed, facility, &now);
        let starts_wet = contact_s > 0 && timer.is_none();
        Some(SameAgainForm {
            tag,
            submission: new_submission(state),
            page: token.text(&state.identity.page_key),
            protocol: found.body.protocol,
            steps: found.body.steps.clone()?,
            starts_wet,
            words: match starts_wet {
                true => w.receipt_same_again_wet(countdown_text(contact_s)),
                false => w.receipt_same_again(),
            },
            by: is_named
                .then(|| fill_slots(w.receipt_same_again_by(S0), [SafeHtml::entered(self.who.trim())])),
            who: self.who,
            about: list_about(&found.body),
        })
    }
}

/// What the protocol that is in force asks of contact time, where it is that of the record as it was and needs no photo.
fn find_contact_s(
    item: &Equipment,
    protocol: Option<&ProtocolPublished>,
    found: &ReceiptTarget,
    draw: Option<u32>,
) -> Option<u32> {
    let in_force = protocol.map(|protocol| (protocol.protocol, protocol.version));
    let is_same = in_force == found.body.protocol.map(|followed| (followed.id, followed.version));
    let asks_photo = PhotoRule::of(item, protocol).asks(draw);
    (is_same && !asks_photo).then(|| protocol.and_then(|protocol| protocol.contact_s).unwrap_or(0))
}

/// Agent, lot and its last day, and why it was cleaned. A class that was raised may have been so by the use before it: what was
/// used since raises it by itself.
fn list_about(body: &CleaningRecorded) -> Vec<(&'static str, String)> {
    let day = body.lot_expires.map(|day| day.to_string());
    let trigger = body.trigger.as_ref().map(|trigger| trigger.as_str().to_owned());
    let all = [
        ("agent", Some(body.agent.clone())),
        ("lot", Some(body.lot.clone())),
        ("lot_expires", day),
        ("trigger", trigger),
    ];
    all.into_iter()
        .filter_map(|(name, value)| Some((name, value.filter(|value| !value.is_empty())?)))
        .collect()
}
