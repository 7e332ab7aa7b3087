//! The scan page as it is shown: empty, with what was typed, or with what is wrong.

use askama::Template;
use record::fold::{Equipment, FacilityState};
use record::ids::ProtocolId;
use record::kinds::ProtocolPublished;
use record::tag::Tag;
use web::argument::FormFields;
use words::{S0, S1, SafeHtml, fill_slots};

use crate::intake::{ClaimedCleaner, CommandRefusal, PhotoRule, RefusalCause};
use crate::store::{LogReader, StoreSnapshot};
use crate::web::access::staff_session::StaffSession;
use crate::web::commands::photo_upload::PhotoRefusal;
use crate::web::context::AppState;
use crate::web::layout::PageLayout;
use crate::web::pages::phone::scan::who::{KnownCleaner, PinRefusal};
use crate::web::refusal_words::word_refusal;
use crate::web::request::field_error::Wrong;
use crate::web::request::page_token::PageToken;
use crate::web::view_models::formats::countdown_text;
use crate::web::view_models::item_status::StatusBadge;
use crate::web::view_models::photos::thumbnail_address;
use crate::web::view_models::problems::{ItemProblems, ProblemLook};
use crate::web::view_models::protocols::{find_protocol, translate_protocol};
use crate::web::view_models::snapshot::{Snapshot, place_line};
use crate::web::view_models::status_board::StatusBoards;
use crate::web::view_models::wording::PageWording;
use crate::web::words::{ErrorWords, PageWords, ProblemWords, RefusalWords, ScanWords};

/// All areas that a scan page draws from.
pub(crate) type ScanPageWords = (PageWords, ScanWords, ErrorWords, RefusalWords, ProblemWords);

/// What a person has put in so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct ScanFormData {
    /// Which of the item's protocols; none: its first.
    pub(crate) protocol: Option<ProtocolId>,
    pub(crate) ticked: Vec<u16>,
    pub(crate) who: String,
    pub(crate) notes: String,
}

impl ScanFormData {
    pub(crate) fn of(form: &FormFields) -> Self {
        Self {
            protocol: requested_protocol(form),
            ticked: form.all("step").filter_map(|n| n.parse().ok()).collect(),
            who: form.text("cleaned_by").to_owned(),
            notes: form.text("notes").to_owned(),
        }
    }
}

#[derive(Debug, Clone)]
struct StepLine {
    n: u16,
    text: SafeHtml,
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
    until: Option<SafeHtml>,
    done: bool,
    agents: SafeHtml,
    wrong: Option<String>,
}

#[derive(Template)]
#[template(path = "scan.html")]
pub(crate) struct ScanPage {
    frame: PageLayout,
    w: ScanWords,
    problems: Vec<Wrong>,
    stored: String,
    tag: Tag,
    badge: StatusBadge,
    name: String,
    place: String,
    last: Option<SafeHtml>,
    note: Option<String>,
    anyway: bool,
    submission: String,
    page: String,
    version: Option<u32>,
    instructions: Option<String>,
    protocol: Option<SafeHtml>,
    protocol_id: Option<ProtocolId>,
    /// Where a page for each of the item's other protocols is, and the words of its link.
    others: Vec<(String, SafeHtml)>,
    steps: Vec<StepLine>,
    /// What is wrong with them, said once.
    steps_wrong: Option<String>,
    wet: Option<WetCard>,
    asks_photo: bool,
    stored_photo: Option<String>,
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
    usable_until: SafeHtml,
    reports: ItemProblems,
}

/// What stands above a page that comes in another state than somebody expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScanNote {
    TooOld,
    SignedOut,
    ProtocolChanged,
}

impl ScanNote {
    fn word(self, w: ScanWords) -> String {
        match self {
            Self::TooOld => w.scan_too_old(),
            Self::SignedOut => w.scan_signed_out(),
            Self::ProtocolChanged => w.scan_protocol_changed(),
        }
    }
}

/// What a scan page is made of.
pub(crate) struct ScanPageBuilder<'a> {
    pub(crate) words: ScanPageWords,
    pub(crate) wording: &'a PageWording,
    pub(crate) state: &'a AppState,
    pub(crate) facility: &'a StoreSnapshot,
    pub(crate) reader: &'a LogReader,
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) item: &'a Equipment,
    pub(crate) token: PageToken,
    pub(crate) entered: ScanFormData,
    pub(crate) submission: String,
    pub(crate) anyway: bool,
    pub(crate) note: Option<ScanNote>,
    pub(crate) problems: Vec<ScanProblem>,
    pub(crate) signed: Option<StaffSession>,
}

/// Something that keeps a record from being made.
#[derive(Debug)]
pub(crate) enum ScanProblem {
    /// By intake's rules.
    Rule(CommandRefusal),
    /// The photo.
    Photo(PhotoRefusal),
    /// The PIN.
    Pin(PinRefusal),
}

/// The protocol that a page's form was for.
pub(crate) fn requested_protocol(form: &FormFields) -> Option<ProtocolId> {
    form.get("protocol").and_then(|id| id.parse().ok())
}

/// What that protocol asks of contact time, seconds.
pub(crate) fn contact_s(facility: &FacilityState, item: &Equipment, requested: Option<ProtocolId>) -> u32 {
    find_protocol(facility, item, requested).and_then(|p| p.contact_s).unwrap_or(0)
}

/// The item's other protocols, each with the address of its page.
fn other_protocols(
    w: ScanWords,
    facility: &FacilityState,
    item: &Equipment,
    shown: ProtocolId,
    anyway: bool,
) -> Vec<(String, SafeHtml)> {
    let others = item.protocols.iter().filter(|id| **id != shown).filter_map(|id| facility.protocols.get(id));
    let others = others.filter(|other| !other.retired);
    let anyway = if anyway { "&anyway=1" } else { "" };
    let link = |other: &ProtocolPublished| {
        let to = format!("/t/{}?protocol={}{anyway}", item.tag, other.protocol);
        (to, fill_slots(w.scan_other_protocol(S0), [SafeHtml::entered(&other.name)]))
    };
    others.map(|other| link(other)).collect()
}

impl ScanPageBuilder<'_> {
    pub(crate) fn page(self) -> ScanPage {
        let (item, local, w) = (self.item, &self.snapshot.local, self.words.1);
        let language = w.catalog().locale().language();
        let protocol = find_protocol(self.facility, item, self.entered.protocol);
        let protocol = protocol.map(|protocol| translate_protocol(protocol, language));
        let protocol = protocol.as_ref();
        let photo_rule = PhotoRule::of(item, protocol);
        let contact_s = contact_s(self.facility, item, self.entered.protocol);
        let left_out: Vec<u16> = self.problems.iter().flat_map(ScanProblem::steps).collect();
        let problems = self.lines(contact_s);
        let proof_min = self.snapshot.settings.pin_proof_min;
        let known = self.signed.as_ref().map(|signed| KnownCleaner::of(signed, proof_min, self.wording, w));
        let says = |at: &str| problems.iter().find(|w| w.at == at).map(|w| w.words.clone());
        let steps_wrong = problems.iter().find(|w| w.at.starts_with("step")).map(|w| w.words.clone());
        let row = self.state.stored::<StatusBoards>().row_of(self.facility, item, local);
        let badge = row.map(|row| row.badge(self.wording)).unwrap_or_default();
        let title = match problems.as_slice() {
            [] => item.name.clone(),
            _ => self.words.0.page_error_title(&item.name),
        };
        let frame = PageLayout::open(self.state, self.snapshot, self.words.0, title).with_script();
        let frame = PageLayout { gap: badge.is_unsure, ..frame };
        let frame = if protocol.is_none() { frame.status_line(w.scan_no_protocol()) } else { frame };
        ScanPage {
            w,
            stored: if self.token.photo.is_some() { w.scan_kept_photo() } else { w.scan_kept() },
            tag: item.tag,
            badge,
            name: item.name.clone(),
            place: place_line(&item.location, &item.asset_number),
            last: self.last(),
            note: self.note.map(|note| note.word(w)),
            anyway: self.anyway,
            page: self.token.text(&self.state.identity.page_key),
            version: protocol.map(|p| p.version),
            instructions: protocol.map(|p| format!("/protocols/{}", p.protocol)),
            protocol: protocol.map(|p| protocol_line(w, p)),
            protocol_id: protocol.map(|p| p.protocol),
            others: protocol
                .map(|p| other_protocols(w, self.facility, item, p.protocol, self.anyway))
                .unwrap_or_default(),
            steps: steps(w, protocol, &self.entered.ticked, &left_out),
            steps_wrong,
            wet: (contact_s > 0).then(|| self.wet(contact_s, protocol, says("wet"))),
            asks_photo: photo_rule != PhotoRule::None,
            stored_photo: self.token.photo.map(thumbnail_address),
            photo_hint: match photo_rule {
                PhotoRule::Required => w.scan_photo_required(),
                rule if rule.picks(self.token.draw) => w.scan_photo_sample(),
                PhotoRule::OneIn(_) | PhotoRule::Optional | PhotoRule::None => w.scan_photo_optional(),
            },
            photo_wrong: says("photo"),
            who_wrong: says("who"),
            is_proven: known.as_ref().is_some_and(|known| known.by.is_some()),
            known,
            pin_wrong: says("pin"),
            name_optional: self.snapshot.settings.allow_unattributed,
            note_wrong: says("note"),
            usable_until: self.usable_until(contact_s),
            reports: self.reports(),
            who: self.entered.who,
            notes: self.entered.notes,
            submission: self.submission,
            problems,
            frame,
        }
    }

    fn reports(&self) -> ItemProblems {
        let (reader, wording) = (self.reader, self.wording);
        ProblemLook { facility: self.facility, reader, wording, w: self.words.4 }.of_item(self.item.tag)
    }

    fn usable_until(&self, contact_s: u32) -> SafeHtml {
        let left_ms = self.token.until_ms(contact_s).saturating_sub(self.snapshot.now.up_ms);
        let until_ms = self.snapshot.now_ms().saturating_add_unsigned(left_ms);
        let until = self.wording.dates().clock_time(until_ms).to_html();
        fill_slots(self.words.1.scan_usable_until(S0), [until])
    }

    fn last(&self) -> Option<SafeHtml> {
        let last = self.facility.activity.get(&self.item.tag)?.last?;
        let when = self.wording.dates().day_and_time(last.performed_ms).text;
        let who = self.wording.cleaner_name(self.reader, self.facility, &last.who);
        Some(fill_slots(self.words.1.scan_last(when, S0), [who]))
    }

    fn wet(&self, required_s: u32, protocol: Option<&ProtocolPublished>, wrong: Option<String>) -> WetCard {
        let (wording, w) = (self.wording, self.words.1);
        let passed_s = self.token.wet_ms.map(|since| {
            u32::try_from(self.snapshot.now.up_ms.saturating_sub(since) / 1_000).unwrap_or(u32::MAX)
        });
        let left_s = passed_s.map(|passed| required_s.saturating_sub(passed)).filter(|left| *left > 0);
        let until = left_s.map(|left| {
            let over = wording.dates().clock_time_with_seconds(over_ms(self.snapshot.now_ms(), left));
            fill_slots(w.scan_wet_until(S0), [over.to_html()])
        });
        let required = wording.span(required_s);
        let agents = protocol.map(|p| p.agents.as_slice()).unwrap_or_default();
        WetCard {
            required_s,
            required_text: countdown_text(required_s),
            agents: match agents
                .iter()
                .map(|agent| agent_html(w, agent))
                .reduce(|all, one| either_text(w, all, one))
            {
                None => fill_slots(w.scan_needs(&required), []),
                Some(agents) => fill_slots(w.scan_agents_need(S0, &required), [agents]),
            },
            required_words: required,
            passed_s: passed_s.unwrap_or(0).min(required_s),
            passed_text: wording.span(passed_s.unwrap_or(0)),
            left_s,
            left_text: left_s.map(countdown_text),
            until,
            done: passed_s.is_some_and(|passed| passed >= required_s),
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

    fn line(&self, refused: &ScanProblem, contact_s: u32) -> Wrong {
        let (_, w, errors, refusals, _) = self.words;
        let one = |at: &str, words: String| Wrong { at: at.to_owned(), words };
        // Whatever else intake may say it says in English.
        let message =
            |refusal: &CommandRefusal| word_refusal(refusals, refusal).unwrap_or_else(|| refusal.to_string());
        match refused {
            ScanProblem::Photo(refusal) => one("photo", refusal.fault.word(errors)),
            ScanProblem::Pin(refusal) => one("pin", refusal.word(w, errors, self.wording)),
            // One line, however many: it leads to the first of them.
            ScanProblem::Rule(missing @ CommandRefusal::StepsMissing(steps)) => {
                let first = steps.first().map_or_else(|| "step".to_owned(), |n| format!("step-{n}"));
                one(&first, message(missing))
            }
            ScanProblem::Rule(CommandRefusal::StillWet { left_s }) => {
                let over_ms = over_ms(self.snapshot.now_ms(), (*left_s).min(contact_s));
                let until = self.wording.dates().clock_time_with_seconds(over_ms).text;
                one("wet", w.scan_wet_still(until))
            }
            ScanProblem::Rule(other) => {
                let at = match other.field() {
                    Some("cleaned_by") => "who",
                    Some("notes" | "agent") => "note",
                    Some("wet") => "wet",
                    Some("photo") => "photo",
                    _ => "step",
                };
                one(at, message(other))
            }
        }
    }
}

impl ScanProblem {
    fn steps(&self) -> Vec<u16> {
        match self {
            Self::Rule(CommandRefusal::StepsMissing(steps)) => steps.clone(),
            _ => Vec::new(),
        }
    }
}

/// An item without a protocol has one step.
fn steps(
    w: ScanWords,
    protocol: Option<&ProtocolPublished>,
    ticked: &[u16],
    left_out: &[u16],
) -> Vec<StepLine> {
    let line = |n: u16, text: SafeHtml, required: bool| StepLine {
        n,
        text,
        required,
        ticked: ticked.contains(&n),
        wrong: left_out.contains(&n),
    };
    match protocol {
        None => vec![line(1, fill_slots(w.scan_plain_step(), []), true)],
        Some(p) => (1..)
            .zip(&p.steps)
            .map(|(n, step)| line(n, SafeHtml::entered(&step.text), step.required))
            .collect(),
    }
}

fn protocol_line(w: ScanWords, protocol: &ProtocolPublished) -> SafeHtml {
    let (name, ppe) = (SafeHtml::entered(&protocol.name), protocol.ppe.as_str());
    let version = protocol.version.to_string();
    match ppe {
        "" => fill_slots(w.scan_protocol(S0, version), [name]),
        ppe => fill_slots(w.scan_protocol_ppe(S0, S1, version), [name, SafeHtml::entered(ppe)]),
    }
}

/// What to wipe with, and its number.
pub(crate) fn agent_html(w: ScanWords, agent: &record::kinds::Agent) -> SafeHtml {
    let name = SafeHtml::entered(&agent.name);
    match agent.epa.as_str() {
        "" => name,
        epa => fill_slots(w.scan_agent_epa(S1, S0), [name, SafeHtml::entered(epa)]),
    }
}

fn either_text(w: ScanWords, one: SafeHtml, other: SafeHtml) -> SafeHtml {
    fill_slots(w.scan_agent_or(S0, S1), [one, other])
}

/// Everything that keeps a page's form from being recorded, all at once, by the rules that intake holds to one by one.
pub(crate) fn review_form(
    form: &crate::intake::CleaningForm,
    facility: &FacilityState,
    item: &Equipment,
    now: &service::clock::Now,
) -> Vec<ScanProblem> {
    let mut all = Vec::new();
    let protocol = find_protocol(facility, item, form.protocol);
    let explained = !form.note.trim().is_empty();
    let ticked = form.steps.clone().unwrap_or_default();
    let required = protocol.map_or(vec![true], |p| p.steps.iter().map(|s| s.required).collect());
    let left_out = (1u16..).zip(required).filter(|(n, required)| *required && !ticked.contains(n));
    let left_out: Vec<u16> = left_out.map(|(n, _)| n).collect();
    if !left_out.is_empty() && !explained {
        all.push(CommandRefusal::StepsMissing(left_out));
    }
    let contact_s = contact_s(facility, item, form.protocol);
    let declared = protocol.is_some_and(|p| p.declared) && form.stated_s.is_some_and(|s| s >= contact_s);
    if contact_s > 0 && !explained && !declared {
        let passed_s = form.wet.map(|wet| now.up_ms.saturating_sub(wet.up_ms) / 1_000);
        match passed_s.map(|s| u32::try_from(s).unwrap_or(u32::MAX)) {
            None => all.push(CommandRefusal::NotWetted),
            Some(passed) if passed < contact_s => {
                all.push(CommandRefusal::StillWet { left_s: contact_s - passed })
            }
            Some(_) => {}
        }
    }
    let no_photo = form.photos.is_empty() && !form.photo_follows && !form.photo_unkept;
    if PhotoRule::of(item, protocol).asks(form.photo_draw) && no_photo && !explained {
        all.push(CommandRefusal::PhotoMissing);
    }
    if let ClaimedCleaner::Entered(name) = &form.who
        && name.trim().is_empty()
        && !facility.settings.allow_unattributed
    {
        all.push(CommandRefusal::Needed { field: "cleaned_by", cause: RefusalCause::OwnName });
    }
    all.into_iter().map(ScanProblem::Rule).collect()
}

/// When the contact time is over, up to the full second: who waits for the second that the page names is not refused.
fn over_ms(now_ms: i64, left_s: u32) -> i64 {
    now_ms + i64::from(left_s) * 1_000 + 999
}
