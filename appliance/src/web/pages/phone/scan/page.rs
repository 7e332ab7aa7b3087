//! The scan page as it is shown: empty, with what was typed, or with what is wrong.

use askama::Template;
use record::fold::{Equipment, FacilityState};
use record::ids::{DeviceId, ProtocolId};
use record::kinds::{ProofWay, ProtocolPublished, SpauldingClass};
use record::tag::Tag;
use service::clock::Now;
use web::argument::FormFields;
use words::{S0, S1, SafeHtml, fill_slots};

use crate::identity::BrowserUse;
use crate::intake::{
    CommandRefusal, PhotoRule, ProofDemand, RefusalCause, SignOffVerdict, check_proof, use_class, weakest_way,
};
use crate::phones::{ContactState, ContactTimer};
use crate::store::{LogReader, StoreSnapshot};
use crate::web::access::staff_session::StaffSession;
use crate::web::commands::photo_upload::PhotoRefusal;
use crate::web::context::AppState;
use crate::web::layout::PageLayout;
use crate::web::pages::phone::scan::lot::LotField;
use crate::web::pages::phone::scan::proof::{BadgeField, PageOrigin, ProofAsk, ProofLook};
use crate::web::pages::phone::scan::who::{KnownCleaner, ProofRefusal};
use crate::web::refusal_words::word_refusal;
use crate::web::request::field_error::Wrong;
use crate::web::request::page_token::PageToken;
use crate::web::view_models::formats::countdown_text;
use crate::web::view_models::item_status::StatusBadge;
use crate::web::view_models::photos::thumbnail_address;
use crate::web::view_models::problems::{ItemProblems, ProblemLook, SentReport};
use crate::web::view_models::protocols::{
    find_protocol, may_tick_at_once, required_steps, translate_protocol,
};
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
    pub(crate) lot: String,
}

impl ScanFormData {
    /// What came, with what was ticked by one press or one by one.
    pub(crate) fn of(form: &FormFields, ticked: Vec<u16>) -> Self {
        Self {
            protocol: requested_protocol(form),
            ticked,
            who: form.text("cleaned_by").to_owned(),
            notes: form.text("notes").to_owned(),
            lot: form.text("lot").to_owned(),
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
    required_words: String,
    passed_s: u32,
    passed_text: String,
    left_s: Option<u32>,
    left_text: Option<String>,
    until: Option<SafeHtml>,
    done: bool,
    agents: SafeHtml,
    /// What else there is to know of it: another phone started it, or nobody measured the rest.
    remark: Option<SafeHtml>,
    wrong: Option<String>,
}

/// The row that ticks the steps of a protocol by one press.
#[derive(Debug, Clone)]
struct AllSteps {
    words: String,
    ticked: bool,
    /// The steps are shown one by one below it.
    open: bool,
    /// The button that ticks them beside what is wrong.
    tick: String,
}

/// The one big button at the foot of the page, which is the next thing to do.
#[derive(Debug, Clone)]
struct ScanFoot {
    /// What it says of the contact time; empty: it records.
    wet: &'static str,
    words: SafeHtml,
    /// Beside it, with less weight.
    aside: Option<(&'static str, String)>,
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
    /// Whoever cleans is not signed off for the protocol.
    sign_off: Option<String>,
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
    all_steps: Option<AllSteps>,
    /// What is wrong with them, said once.
    steps_wrong: Option<String>,
    wet: Option<WetCard>,
    foot: ScanFoot,
    /// What the foot is once the contact time that runs is over.
    foot_after: Option<ScanFoot>,
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
    /// What more than a name this class of use needs.
    proof: Option<ProofAsk>,
    pin_wrong: Option<String>,
    /// Where a badge can be scanned in the page.
    staff_badge: Option<BadgeField>,
    name_optional: bool,
    lot: Option<LotField>,
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
    /// The contact time of the item, whoever started it.
    pub(crate) timer: Option<ContactTimer>,
    /// What this browser is known as.
    pub(crate) devices: Vec<DeviceId>,
    pub(crate) entered: ScanFormData,
    pub(crate) submission: String,
    pub(crate) anyway: bool,
    pub(crate) note: Option<ScanNote>,
    pub(crate) problems: Vec<ScanProblem>,
    pub(crate) signed: Option<StaffSession>,
    pub(crate) origin: PageOrigin,
    /// Who uses this browser.
    pub(crate) usage: BrowserUse,
    pub(crate) sent: SentReport,
}

/// Something that keeps a record from being made.
#[derive(Debug)]
pub(crate) enum ScanProblem {
    /// By intake's rules.
    Rule(CommandRefusal),
    /// The photo.
    Photo(PhotoRefusal),
    /// The PIN or the badge.
    Proof(ProofRefusal),
}

/// The protocol that a page's form was for.
pub(crate) fn requested_protocol(form: &FormFields) -> Option<ProtocolId> {
    form.get("protocol").and_then(|id| id.parse().ok())
}

/// What that protocol asks of contact time, seconds.
pub(crate) fn contact_s(facility: &FacilityState, item: &Equipment, requested: Option<ProtocolId>) -> u32 {
    find_protocol(facility, item, requested).and_then(|p| p.contact_s).unwrap_or(0)
}

/// The steps that a form says were done: those that were ticked, and the required ones where all were ticked by one press.
pub(crate) fn ticked_steps(form: &FormFields, facility: &FacilityState, item: &Equipment) -> Vec<u16> {
    let mut ticked: Vec<u16> = form.all("step").filter_map(|n| n.parse().ok()).collect();
    let all_at_once = form.get("all").is_some() || form.get("tick").is_some();
    let protocol = find_protocol(facility, item, requested_protocol(form));
    if let Some(protocol) = protocol.filter(|protocol| all_at_once && may_tick_at_once(protocol, item)) {
        ticked.extend(required_steps(protocol));
        ticked.sort_unstable();
        ticked.dedup();
    }
    ticked
}

/// When the contact time of an item is over, milliseconds since the boot of the box.
pub(crate) fn wet_over_ms(timer: Option<&ContactTimer>, now: &Now, contact_s: u32) -> Option<u64> {
    let timer = timer.filter(|timer| timer.boot == now.boot && contact_s > 0)?;
    Some(timer.started_up_ms.saturating_add(u64::from(contact_s) * 1_000))
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
        let class = use_class(self.facility, item, protocol, None);
        let needed = weakest_way(&self.facility.settings, class);
        let contact_s = contact_s(self.facility, item, self.entered.protocol);
        let contact = self.timer.as_ref().map(|timer| timer.state(&self.snapshot.now, contact_s));
        let left_out: Vec<u16> = self.problems.iter().flat_map(ScanProblem::steps).collect();
        let problems = self.lines(contact_s);
        let known = self.known_cleaner();
        let says = |at: &str| problems.iter().find(|w| w.at == at).map(|w| w.words.clone());
        let steps_wrong = problems.iter().find(|w| w.at.starts_with("step")).map(|w| w.words.clone());
        let row = self.state.stored::<StatusBoards>().row_of(self.facility, item, local);
        let badge = row.map(|row| row.badge(self.wording)).unwrap_or_default();
        let title = self.title(&problems);
        let staff_link = self.origin.staff_link(self.signed.as_ref(), self.words.0);
        let frame = PageLayout::open(self.state, self.snapshot, self.words.0, title);
        let frame = frame.with_script().used_by(self.usage).with_staff_link(staff_link);
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
            sign_off: self.word_sign_off(protocol.map(|p| p.protocol)),
            anyway: self.anyway,
            page: self.token.text(&self.state.identity.page_key),
            version: protocol.map(|p| p.version),
            instructions: protocol.map(|p| format!("/protocols/{}", p.protocol)),
            protocol: protocol.map(|p| protocol_line(w, p)),
            protocol_id: protocol.map(|p| p.protocol),
            others: self.list_others(protocol),
            lot: LotField::of(protocol, &self.entered.lot, says("lot")),
            steps: steps(w, protocol, &self.entered.ticked, &left_out),
            all_steps: protocol.and_then(|p| self.all_steps(p, steps_wrong.is_some())),
            steps_wrong,
            wet: (contact_s > 0).then(|| self.wet(contact_s, protocol, says("wet"))),
            foot: scan_foot(w, contact_s, contact),
            foot_after: foot_after_wet(w, contact_s, contact),
            asks_photo: photo_rule != PhotoRule::None,
            stored_photo: self.token.photo.map(thumbnail_address),
            photo_hint: word_photo_hint(w, photo_rule, self.token.draw),
            photo_wrong: says("photo"),
            who_wrong: says("who"),
            is_proven: known.as_ref().is_some_and(|known| known.by.is_some()),
            proof: self.ask_proof(class, known.as_ref()),
            known,
            pin_wrong: says("pin"),
            staff_badge: self.badge_field(&needed, says("badge")),
            name_optional: needed == ProofWay::None,
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

    fn title(&self, problems: &[Wrong]) -> String {
        let name = &self.item.name;
        if problems.is_empty() { name.clone() } else { self.words.0.page_error_title(name) }
    }

    fn list_others(&self, shown: Option<&ProtocolPublished>) -> Vec<(String, SafeHtml)> {
        let Self { facility, item, anyway, .. } = self;
        let list = |shown| other_protocols(self.words.1, facility, item, shown, *anyway);
        shown.map(|shown| list(shown.protocol)).unwrap_or_default()
    }

    /// What more than a name is asked for, unless this browser has proven it.
    fn ask_proof(&self, class: SpauldingClass, known: Option<&KnownCleaner>) -> Option<ProofAsk> {
        let Self { origin, reader, facility, entered, .. } = self;
        let look = ProofLook {
            w: self.words.1,
            class,
            origin,
            reader,
            facility,
            entered: &entered.who,
            is_signed_in: known.is_some(),
            has_badges: self.state.identity.badges.has_any(),
        };
        if known.is_some_and(|known| known.by.is_some()) { None } else { look.ask_proof() }
    }

    /// Nobody is shown a field that nobody can fill in, or that the network would read.
    fn badge_field(&self, needed: &ProofWay, wrong: Option<String>) -> Option<BadgeField> {
        let is_taken = self.origin.is_secure() && self.state.identity.badges.has_any();
        is_taken.then(|| BadgeField { is_open: wrong.is_some() || *needed == ProofWay::Badge, wrong })
    }

    /// Whoever is signed in in this browser.
    fn known_cleaner(&self) -> Option<KnownCleaner> {
        let proof_min = self.snapshot.settings.pin_proof_min;
        let signed = self.signed.as_ref();
        signed.map(|signed| KnownCleaner::of(signed, proof_min, self.wording, self.words.1))
    }

    fn reports(&self) -> ItemProblems {
        let (reader, wording) = (self.reader, self.wording);
        ProblemLook { state: self.state, facility: self.facility, reader, wording, w: self.words.4 }
            .of_item(self.item.tag, self.sent)
    }

    /// What is said above to somebody who is not signed off.
    fn word_sign_off(&self, protocol: Option<ProtocolId>) -> Option<String> {
        let staff = self.signed.as_ref().map(StaffSession::staff);
        match SignOffVerdict::of(self.facility, protocol, staff, self.snapshot.now_ms()) {
            SignOffVerdict::Passed => None,
            SignOffVerdict::Flagged => Some(self.words.1.scan_not_signed_off()),
            SignOffVerdict::Incomplete => Some(self.words.1.scan_not_signed_off_incomplete()),
        }
    }

    fn usable_until(&self, contact_s: u32) -> SafeHtml {
        let now = &self.snapshot.now;
        let wet_over_ms = wet_over_ms(self.timer.as_ref(), now, contact_s);
        let left_ms = self.token.until_ms(wet_over_ms).saturating_sub(now.up_ms);
        let until_ms = self.snapshot.now_ms().saturating_add_unsigned(left_ms);
        let until = self.wording.dates().clock_time(until_ms).to_html();
        fill_slots(self.words.1.scan_usable_until(S0), [until])
    }

    fn last(&self) -> Option<SafeHtml> {
        let last = self.facility.activity.get(&self.item.tag)?.last?;
        let when = self.wording.last_time(self.facility, &last);
        let who = self.wording.cleaner_name(self.reader, self.facility, &last.who);
        Some(fill_slots(self.words.1.scan_last(when, S0), [who]))
    }

    fn wet(&self, required_s: u32, protocol: Option<&ProtocolPublished>, wrong: Option<String>) -> WetCard {
        let (wording, w) = (self.wording, self.words.1);
        let now = &self.snapshot.now;
        let state = self.timer.as_ref().map(|timer| timer.state(now, required_s));
        let passed_s = match state {
            Some(ContactState::Running { left_ms }) => {
                Some(required_s - rounded_up_s(left_ms).min(required_s))
            }
            Some(ContactState::Over { wet_ms } | ContactState::Finished { wet_ms }) => Some(whole_s(wet_ms)),
            Some(ContactState::Rebooted) | None => None,
        };
        let left_s = passed_s.map(|passed| required_s.saturating_sub(passed)).filter(|left| *left > 0);
        let until = left_s.map(|left| {
            let over = wording.dates().clock_time_with_seconds(over_ms(self.snapshot.now_ms(), left));
            fill_slots(w.scan_wet_until(S0), [over.to_html()])
        });
        let required = wording.span(required_s);
        let agents = protocol.map(|p| p.agents.as_slice()).unwrap_or_default();
        WetCard {
            required_s,
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
            remark: self.wet_remark(state),
            wrong,
        }
    }

    /// Whoever opens the item sees the same contact time; a name is shown on the phone alone on which it was typed.
    fn wet_remark(&self, state: Option<ContactState>) -> Option<SafeHtml> {
        let (w, dates, now) = (self.words.1, self.wording.dates(), &self.snapshot.now);
        let timer = self.timer.as_ref()?;
        let is_own = timer.device.is_some_and(|device| self.devices.contains(&device));
        match state? {
            ContactState::Rebooted => {
                let booted_ms = self.snapshot.now_ms().saturating_sub_unsigned(now.up_ms);
                let since = dates.clock_time(booted_ms).to_html();
                Some(fill_slots(w.scan_wet_rebooted(S0), [since]))
            }
            _ if is_own => None,
            _ => {
                let passed_ms = now.up_ms.saturating_sub(timer.started_up_ms);
                let started_ms = self.snapshot.now_ms().saturating_sub_unsigned(passed_ms);
                let since = dates.clock_time_with_seconds(started_ms).to_html();
                Some(fill_slots(w.scan_wet_elsewhere(S0), [since]))
            }
        }
    }

    /// “All steps as protocol”, where one press may say so.
    fn all_steps(&self, protocol: &ProtocolPublished, is_wrong: bool) -> Option<AllSteps> {
        let (w, ticked) = (self.words.1, &self.entered.ticked);
        may_tick_at_once(protocol, self.item).then(|| {
            let is_all = required_steps(protocol).all(|n| ticked.contains(&n));
            let count = required_steps(protocol).count();
            AllSteps {
                words: w.scan_all_steps(count),
                ticked: is_all,
                open: is_wrong || !is_all && !ticked.is_empty(),
                tick: w.scan_tick_all(count),
            }
        })
    }

    /// The problems, each with its field and its words, in the order of the page.
    fn lines(&self, contact_s: u32) -> Vec<Wrong> {
        let mut lines: Vec<Wrong> =
            self.problems.iter().map(|refused| self.line(refused, contact_s)).collect();
        let place = |w: &Wrong| {
            ["step", "wet", "photo", "who", "badge", "pin", "lot", "note"]
                .iter()
                .position(|at| w.at.starts_with(at))
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
            ScanProblem::Proof(refusal) => one(refusal.field(), refusal.word(w, errors, self.wording)),
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
                    Some("lot") => "lot",
                    Some("wet") => "wet",
                    Some("photo") => "photo",
                    _ => "step",
                };
                one(at, message(other))
            }
        }
    }
}

impl ScanPage {
    fn takes_pin(&self) -> bool {
        self.proof.as_ref().is_some_and(|ask| ask.takes_pin)
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

/// What the foot is once the contact time that runs is over.
fn foot_after_wet(w: ScanWords, contact_s: u32, contact: Option<ContactState>) -> Option<ScanFoot> {
    let runs = contact_s > 0 && matches!(contact, Some(ContactState::Running { .. }));
    runs.then(|| scan_foot(w, contact_s, Some(ContactState::Over { wet_ms: 0 })))
}

/// Whether a photo is needed.
fn word_photo_hint(w: ScanWords, rule: PhotoRule, draw: Option<u32>) -> String {
    match rule {
        PhotoRule::Required => w.scan_photo_required(),
        rule if rule.picks(draw) => w.scan_photo_sample(),
        PhotoRule::OneIn(_) | PhotoRule::Optional | PhotoRule::None => w.scan_photo_optional(),
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
    now: &Now,
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
        match form.wet.and_then(|wet| wet.measured_s(now)) {
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
    let id = protocol.map(|p| p.protocol);
    let verdict = SignOffVerdict::of(facility, id, form.who.staff(), now.wall_ms);
    if verdict == SignOffVerdict::Incomplete && !explained {
        all.push(CommandRefusal::SIGN_OFF_NOTE);
    }
    let needed = weakest_way(&facility.settings, use_class(facility, item, protocol, form.performed_ms));
    match form.who.way() {
        ProofWay::None if needed != ProofWay::None && form.proof != ProofDemand::Waived => {
            all.push(CommandRefusal::Needed { field: "cleaned_by", cause: RefusalCause::OwnName });
        }
        way => all.extend(check_proof(form.proof, &way, &needed, &form.note).err()),
    }
    all.into_iter().map(ScanProblem::Rule).collect()
}

/// The next thing to do: wet the surface, keep it wet, or record.
fn scan_foot(w: ScanWords, contact_s: u32, state: Option<ContactState>) -> ScanFoot {
    let record = |aside| ScanFoot { wet: "", words: fill_slots(w.scan_record(), []), aside };
    if contact_s == 0 {
        return record(None);
    }
    match state {
        None | Some(ContactState::Rebooted) => {
            let words = fill_slots(w.scan_wet_start(countdown_text(contact_s)), []);
            ScanFoot { wet: "start", words, aside: None }
        }
        Some(ContactState::Running { left_ms }) => {
            let left = countdown_text(rounded_up_s(left_ms));
            let left = SafeHtml::element("span", &[("data-countdown", "")], &left);
            let words = fill_slots(w.scan_wet_left(S0), [left]);
            ScanFoot { wet: "look", words, aside: Some(("again", w.scan_wet_again())) }
        }
        Some(ContactState::Over { .. }) => record(Some(("finish", w.scan_wet_finish()))),
        Some(ContactState::Finished { .. }) => record(None),
    }
}

fn rounded_up_s(ms: u64) -> u32 {
    whole_s(ms.saturating_add(999))
}

fn whole_s(ms: u64) -> u32 {
    u32::try_from(ms / 1_000).unwrap_or(u32::MAX)
}

/// When the contact time is over, up to the full second: who waits for the second that the page names is not refused.
fn over_ms(now_ms: i64, left_s: u32) -> i64 {
    now_ms + i64::from(left_s) * 1_000 + 999
}
