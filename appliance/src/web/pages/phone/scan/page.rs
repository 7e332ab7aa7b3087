//! The scan page as it is shown: empty, with what was typed, or with what is wrong.

use askama::Template;
use record::fold::{Equipment, Facility};
use record::ids::ProtocolId;
use record::kinds::{PhotoPolicy, ProtocolPublished};
use record::tag::Tag;
use web::argument::FormFields;

use crate::intake::{Cleaner, Refusal};
use crate::store::{Reader, StoreSnapshot};
use crate::web::access::staff_session::StaffSession;
use crate::web::commands::photo_upload::PhotoRefusal;
use crate::web::context::AppState;
use crate::web::layout::Frame;
use crate::web::pages::phone::scan::who::KnownCleaner;
use crate::web::request::field_error::Wrong;
use crate::web::request::page_token::PageToken;
use crate::web::view_models::formats::{Moment, countdown, span};
use crate::web::view_models::item_status::Standing;
use crate::web::view_models::photos::thumbnail_address;
use crate::web::view_models::protocols::protocol;
use crate::web::view_models::snapshot::{Snapshot, place_line, who_name};
use crate::web::view_models::status_board::StandingBoards;

/// What a person has put in so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Typed {
    /// Which of the item's protocols; none: its first.
    pub(crate) protocol: Option<ProtocolId>,
    pub(crate) ticked: Vec<u16>,
    pub(crate) who: String,
    pub(crate) notes: String,
}

impl Typed {
    pub(crate) fn of(form: &FormFields) -> Self {
        Self {
            protocol: asked_protocol(form),
            ticked: form.all("step").filter_map(|n| n.parse().ok()).collect(),
            who: form.text("cleaned_by").to_owned(),
            notes: form.text("notes").to_owned(),
        }
    }
}

#[derive(Debug, Clone)]
struct StepLine {
    n: u16,
    text: String,
    required: bool,
    ticked: bool,
    wrong: bool,
}

#[derive(Debug, Clone)]
struct WetCard {
    required_s: u32,
    required_text: String,
    required_words: String,
    passed_s: u32,
    passed_text: String,
    left_s: Option<u32>,
    left_text: Option<String>,
    until: Option<Moment>,
    done: bool,
    agents: String,
    wrong: Option<String>,
}

#[derive(Template)]
#[template(path = "scan.html")]
pub(crate) struct ScanPage {
    frame: Frame,
    problems: Vec<Wrong>,
    kept: &'static str,
    tag: Tag,
    standing: Standing,
    name: String,
    place: String,
    last: Option<String>,
    note: Option<&'static str>,
    anyway: bool,
    submission: String,
    page: String,
    version: Option<u32>,
    instructions: Option<String>,
    protocol: String,
    protocol_id: Option<ProtocolId>,
    /// Where a page for each of the item's other protocols is, and its name.
    others: Vec<(String, String)>,
    steps: Vec<StepLine>,
    /// What is wrong with them, said once.
    steps_wrong: Option<String>,
    wet: Option<WetCard>,
    asks_photo: bool,
    photo_kept: Option<String>,
    photo_hint: String,
    photo_wrong: Option<String>,
    who: String,
    who_wrong: Option<String>,
    /// Whoever is signed in in this browser.
    known: Option<KnownCleaner>,
    /// Their PIN was typed not long ago: no name is asked for.
    is_proven: bool,
    pin_wrong: Option<String>,
    name_optional: bool,
    notes: String,
    note_wrong: Option<String>,
    until: Moment,
}

/// What a scan page is made of.
pub(crate) struct Making<'a> {
    pub(crate) state: &'a AppState,
    pub(crate) facility: &'a StoreSnapshot,
    pub(crate) reader: &'a Reader,
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) item: &'a Equipment,
    pub(crate) token: PageToken,
    pub(crate) typed: Typed,
    pub(crate) submission: String,
    pub(crate) anyway: bool,
    pub(crate) note: Option<&'static str>,
    pub(crate) problems: Vec<Refused>,
    pub(crate) signed: Option<StaffSession>,
}

/// Something that keeps a record from being made.
#[derive(Debug)]
pub(crate) enum Refused {
    /// By intake's rules.
    Rule(Refusal),
    /// The photo.
    Photo(PhotoRefusal),
    /// The PIN, in words.
    Pin(String),
}

/// The protocol that a page's form was for.
pub(crate) fn asked_protocol(form: &FormFields) -> Option<ProtocolId> {
    form.get("protocol").and_then(|id| id.parse().ok())
}

/// What that protocol asks of contact time, seconds.
pub(crate) fn contact_s(facility: &Facility, item: &Equipment, asked: Option<ProtocolId>) -> u32 {
    protocol(facility, item, asked).and_then(|p| p.contact_s).unwrap_or(0)
}

/// The item's other protocols, each with the address of its page.
fn others(facility: &Facility, item: &Equipment, shown: ProtocolId, anyway: bool) -> Vec<(String, String)> {
    let others = item.protocols.iter().filter(|id| **id != shown).filter_map(|id| facility.protocols.get(id));
    let anyway = if anyway { "&anyway=1" } else { "" };
    others.map(|p| (format!("/t/{}?protocol={}{anyway}", item.tag, p.protocol), p.name.clone())).collect()
}

impl Making<'_> {
    pub(crate) fn page(self) -> ScanPage {
        let (item, local) = (self.item, &self.snapshot.local);
        let protocol = protocol(self.facility, item, self.typed.protocol);
        let contact_s = contact_s(self.facility, item, self.typed.protocol);
        let left_out: Vec<u16> = self.problems.iter().flat_map(Refused::steps).collect();
        let problems = self.lines(contact_s);
        let proof_min = self.snapshot.settings.pin_proof_min;
        let known = self.signed.as_ref().map(|signed| KnownCleaner::of(signed, proof_min, local));
        let says = |at: &str| problems.iter().find(|w| w.at == at).map(|w| w.words.clone());
        let steps_wrong = problems.iter().find(|w| w.at.starts_with("step")).map(|w| w.words.clone());
        let row = self.state.kept::<StandingBoards>().row_of(self.facility, item, local);
        let title = if problems.is_empty() { item.name.clone() } else { format!("Error: {}", item.name) };
        let frame = Frame::new(self.state, self.snapshot, title).with_script();
        let frame = Frame { gap: row.as_ref().is_some_and(|row| row.standing.is_unsure), ..frame };
        let frame = if protocol.is_none() {
            frame.told("No protocol is set for this item; biomed knows.")
        } else {
            frame
        };
        let until_up_ms = self.token.until_ms(contact_s);
        let until_ms =
            local.now_ms().saturating_add_unsigned(until_up_ms.saturating_sub(self.snapshot.now.up_ms));
        ScanPage {
            kept: if self.token.photo.is_some() {
                "Nothing is recorded yet. Your ticks and your photo are kept."
            } else {
                "Nothing is recorded yet. Your ticks are kept."
            },
            tag: item.tag,
            standing: row.map(|row| row.standing).unwrap_or_default(),
            name: item.name.clone(),
            place: place_line(&item.location, &item.asset_number),
            last: self.last(),
            note: self.note,
            anyway: self.anyway,
            page: self.token.text(&self.state.identity.page_key),
            version: protocol.map(|p| p.version),
            instructions: protocol.map(|p| format!("/protocols/{}", p.protocol)),
            protocol: protocol.map(protocol_line).unwrap_or_default(),
            protocol_id: protocol.map(|p| p.protocol),
            others: protocol
                .map(|p| others(self.facility, item, p.protocol, self.anyway))
                .unwrap_or_default(),
            steps: steps(protocol, &self.typed.ticked, &left_out),
            steps_wrong,
            wet: (contact_s > 0).then(|| self.wet(contact_s, protocol, says("wet"))),
            asks_photo: item.photo != PhotoPolicy::None,
            photo_kept: self.token.photo.map(thumbnail_address),
            photo_hint: photo_hint(item.photo),
            photo_wrong: says("photo"),
            who_wrong: says("who"),
            is_proven: known.as_ref().is_some_and(|known| known.proven.is_some()),
            known,
            pin_wrong: says("pin"),
            name_optional: self.snapshot.settings.allow_unattributed,
            note_wrong: says("note"),
            until: local.time(until_ms),
            who: self.typed.who,
            notes: self.typed.notes,
            submission: self.submission,
            problems,
            frame,
        }
    }

    fn last(&self) -> Option<String> {
        let last = self.facility.activity.get(&self.item.tag)?.last?;
        let when = self.snapshot.local.day_time(last.performed_ms).text;
        Some(format!("{when}, {}", who_name(self.reader, self.facility, &last.who)))
    }

    fn wet(&self, required_s: u32, protocol: Option<&ProtocolPublished>, wrong: Option<String>) -> WetCard {
        let local = &self.snapshot.local;
        let passed_s = self.token.wet_ms.map(|since| {
            u32::try_from(self.snapshot.now.up_ms.saturating_sub(since) / 1_000).unwrap_or(u32::MAX)
        });
        let left_s = passed_s.map(|passed| required_s.saturating_sub(passed)).filter(|left| *left > 0);
        let agents: Vec<String> =
            protocol.map(|p| p.agents.iter().map(agent_words).collect()).unwrap_or_default();
        let agents = match agents.as_slice() {
            [] => format!("Needs {}.", span(required_s)),
            some => format!("{}, needs {}.", some.join(" or "), span(required_s)),
        };
        WetCard {
            required_s,
            required_text: countdown(required_s),
            required_words: span(required_s),
            passed_s: passed_s.unwrap_or(0).min(required_s),
            passed_text: span(passed_s.unwrap_or(0)),
            left_s,
            left_text: left_s.map(countdown),
            until: left_s.map(|left| local.time_s(over_ms(local.now_ms(), left))),
            done: passed_s.is_some_and(|passed| passed >= required_s),
            agents,
            wrong,
        }
    }

    /// The problems, each with its field and its words, in the order of the page.
    fn lines(&self, contact_s: u32) -> Vec<Wrong> {
        let mut lines: Vec<Wrong> =
            self.problems.iter().map(|refused| self.line(refused, contact_s)).collect();
        let place = |w: &Wrong| {
            ["step", "wet", "photo", "who", "pin", "note"].iter().position(|at| w.at.starts_with(at))
        };
        lines.sort_by_key(place);
        lines
    }

    fn line(&self, refused: &Refused, contact_s: u32) -> Wrong {
        let one = |at: &str, words: String| Wrong { at: at.to_owned(), words };
        match refused {
            Refused::Photo(refusal) => one("photo", refusal.words.clone()),
            Refused::Pin(words) => one("pin", words.clone()),
            // One line, however many: it leads to the first of them.
            Refused::Rule(missing @ Refusal::StepsMissing(steps)) => {
                let first = steps.first().map_or_else(|| "step".to_owned(), |n| format!("step-{n}"));
                one(&first, missing.to_string())
            }
            Refused::Rule(Refusal::StillWet { left_s }) => {
                let local = &self.snapshot.local;
                let until = local.time_s(over_ms(local.now_ms(), (*left_s).min(contact_s))).text;
                one("wet", format!("Keep the surface wet until {until}, then record"))
            }
            Refused::Rule(other) => {
                let at = match other.field() {
                    Some("cleaned_by") => "who",
                    Some("notes" | "agent") => "note",
                    Some("wet") => "wet",
                    Some("photo") => "photo",
                    _ => "step",
                };
                one(at, other.to_string())
            }
        }
    }
}

impl Refused {
    fn steps(&self) -> Vec<u16> {
        match self {
            Self::Rule(Refusal::StepsMissing(steps)) => steps.clone(),
            _ => Vec::new(),
        }
    }
}

/// An item without a protocol has one step.
fn steps(protocol: Option<&ProtocolPublished>, ticked: &[u16], left_out: &[u16]) -> Vec<StepLine> {
    let line = |n: u16, text: &str, required: bool| StepLine {
        n,
        text: text.to_owned(),
        required,
        ticked: ticked.contains(&n),
        wrong: left_out.contains(&n),
    };
    match protocol {
        None => vec![line(1, "Cleaned as the maker says", true)],
        Some(p) => (1..).zip(&p.steps).map(|(n, step)| line(n, &step.text, step.required)).collect(),
    }
}

fn protocol_line(protocol: &ProtocolPublished) -> String {
    let wear = if protocol.ppe.is_empty() { String::new() } else { format!(", {}", protocol.ppe) };
    format!("{}, version {}{wear}", protocol.name, protocol.version)
}

fn agent_words(agent: &record::kinds::Agent) -> String {
    if agent.epa.is_empty() { agent.name.clone() } else { format!("{}, EPA {}", agent.name, agent.epa) }
}

fn photo_hint(policy: PhotoPolicy) -> String {
    let whether = if policy == PhotoPolicy::Required { "Needed every time." } else { "If you like." };
    format!("{whether} No people, no patient names.")
}

/// Everything that keeps a page's form from being recorded, all at once, by the rules that intake holds to one by one.
pub(crate) fn review(
    form: &crate::intake::CleaningForm,
    facility: &Facility,
    item: &Equipment,
    now: &service::clock::Now,
) -> Vec<Refused> {
    let mut all = Vec::new();
    let protocol = protocol(facility, item, form.protocol);
    let explained = !form.note.trim().is_empty();
    let ticked = form.steps.clone().unwrap_or_default();
    let required = protocol.map_or(vec![true], |p| p.steps.iter().map(|s| s.required).collect());
    let left_out = (1u16..).zip(required).filter(|(n, required)| *required && !ticked.contains(n));
    let left_out: Vec<u16> = left_out.map(|(n, _)| n).collect();
    if !left_out.is_empty() && !explained {
        all.push(Refusal::StepsMissing(left_out));
    }
    let contact_s = contact_s(facility, item, form.protocol);
    let declared = protocol.is_some_and(|p| p.declared) && form.stated_s.is_some_and(|s| s >= contact_s);
    if contact_s > 0 && !explained && !declared {
        let passed_s = form.wet.map(|wet| now.up_ms.saturating_sub(wet.up_ms) / 1_000);
        match passed_s.map(|s| u32::try_from(s).unwrap_or(u32::MAX)) {
            None => all.push(Refusal::NotWetted),
            Some(passed) if passed < contact_s => all.push(Refusal::StillWet { left_s: contact_s - passed }),
            Some(_) => {}
        }
    }
    let no_photo = form.photos.is_empty() && !form.photo_follows && !form.photo_unkept;
    if item.photo == PhotoPolicy::Required && no_photo && !explained {
        all.push(Refusal::PhotoMissing);
    }
    if let Cleaner::Typed(name) = &form.who
        && name.trim().is_empty()
        && !facility.settings.allow_unattributed
    {
        all.push(Refusal::Needed { field: "cleaned_by", words: "Type your name" });
    }
    all.into_iter().map(Refused::Rule).collect()
}

/// When the contact time is over, up to the full second: who waits for the second that the page names is not refused.
fn over_ms(now_ms: i64, left_s: u32) -> i64 {
    now_ms + i64::from(left_s) * 1_000 + 999
}
