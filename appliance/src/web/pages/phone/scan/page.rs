//! The scan page as it is shown: empty, with what was typed, or with what is wrong.

use askama::Template;
use record::alarm::AlarmCode;
use record::fold::{Equipment, FacilityState};
use record::ids::ProtocolId;
use record::kinds::{ProofMethod, ProtocolPublished, SpauldingClass};
use record::tag::Tag;
use words::{S0, S1, SafeHtml, WordSet as _, fill_slots};

use crate::intake::{
    CommandRefusal, PhotoRule, SignOffVerdict, offered_protocols, open_tags, use_class, weakest_method,
};
use crate::phones::ContactTimer;
use crate::store::{LogReader, StoreSnapshot};
use crate::web::access::staff_session::StaffSession;
use crate::web::assets::QUEUE;
use crate::web::context::AppState;
use crate::web::layout::PageLayout;
use crate::web::pages::phone::scan::about::{AboutPart, find_words};
use crate::web::pages::phone::scan::contact_time::{find_required_s, wet_end_ms};
use crate::web::pages::phone::scan::proof::{BadgeField, ProofAsk, ProofLook};
use crate::web::pages::phone::scan::view::{ScanProblem, ScanView};
use crate::web::pages::phone::scan::wet::{ScanFoot, WetCard, WetLook, over_ms};
use crate::web::pages::phone::scan::who::KnownCleaner;
use crate::web::request::fields::field_error::Wrong;
use crate::web::view_models::equipment::item_status::StatusBadge;
use crate::web::view_models::equipment::problems::{ItemProblems, ProblemLook, ReportDetails};
use crate::web::view_models::equipment::protocols::{
    find_protocol, may_tick_at_once, required_steps, translate_protocol,
};
use crate::web::view_models::equipment::status_board::StatusBoards;
use crate::web::view_models::page::snapshot::{Snapshot, place_line};
use crate::web::view_models::page::wording::PageWording;
use crate::web::view_models::records::photos::thumbnail_address;
use crate::web::words::{AlarmBannerWords, ScanWords};
use crate::wording::refusals::word_refusal;

#[derive(Debug, Clone)]
struct StepLine {
    n: u16,
    text: SafeHtml,
    required: bool,
    ticked: bool,
    wrong: bool,
}

/// The row that ticks the steps of a protocol by one press.
#[derive(Debug, Clone)]
struct AllSteps {
    words: String,
    ticked: bool,
    open: bool,
    tick: String,
}

#[derive(Template)]
#[template(path = "phone/scan.html")]
pub(crate) struct ScanPage {
    frame: PageLayout,
    w: ScanWords,
    problems: Vec<Wrong>,
    stored: String,
    tag: Tag,
    /// The tag of a label that opens it, as people read it.
    label: String,
    badge: StatusBadge,
    cause: Option<String>,
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
    /// The item's other protocols, each with the words of its button.
    others: Vec<(ProtocolId, SafeHtml)>,
    steps: Vec<StepLine>,
    all_steps: Option<AllSteps>,
    steps_wrong: Option<String>,
    wet: Option<WetCard>,
    foot: ScanFoot,
    foot_after: Option<ScanFoot>,
    asks_photo: bool,
    stored_photo: Option<String>,
    photo_hint: String,
    photo_wrong: Option<String>,
    who: String,
    who_wrong: Option<String>,
    known: Option<KnownCleaner>,
    /// Their PIN was typed not long ago: no name is asked for.
    is_proven: bool,
    /// What more than a name this class of use needs.
    proof: Option<ProofAsk>,
    pin_wrong: Option<String>,
    staff_badge: Option<BadgeField>,
    name_optional: bool,
    about: AboutPart,
    notes: String,
    note_wrong: Option<String>,
    usable_until: SafeHtml,
    reports: ItemProblems,
    queue: &'static str,
}

pub(crate) struct ScanPageBuilder<'a> {
    pub(crate) view: ScanView,
    pub(crate) wording: &'a PageWording,
    pub(crate) state: &'a AppState,
    pub(crate) facility: &'a StoreSnapshot,
    pub(crate) reader: &'a LogReader,
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) item: &'a Equipment,
    pub(crate) timer: Option<ContactTimer>,
}

fn other_protocols(
    w: ScanWords,
    facility: &FacilityState,
    item: &Equipment,
    shown: ProtocolId,
    now_ms: i64,
) -> Vec<(ProtocolId, SafeHtml)> {
    let others =
        offered_protocols(facility, item, now_ms).into_iter().filter(|other| other.protocol != shown);
    others
        .map(|other: &ProtocolPublished| {
            (other.protocol, fill_slots(w.scan_other_protocol(S0), [SafeHtml::entered(&other.name)]))
        })
        .collect()
}

impl ScanPageBuilder<'_> {
    pub(crate) fn page(self) -> ScanPage {
        let (item, local, w) = (self.item, &self.snapshot.local, self.view.words.1);
        let language = w.catalog().locale().language();
        let protocol = find_protocol(self.facility, item, self.view.entered.protocol, self.snapshot.now_ms());
        let protocol = protocol.map(|protocol| translate_protocol(protocol, language));
        let protocol = protocol.as_ref();
        let photo_rule = PhotoRule::of(item, protocol);
        let class = use_class(self.facility, item, protocol, None, self.view.entered.about.class());
        let needed = weakest_method(&self.facility.settings, class);
        let wet = self.wet_look(protocol);
        let left_out: Vec<u16> = self.view.problems.iter().flat_map(ScanProblem::steps).collect();
        let problems = self.lines(wet.required_s);
        let known = self.known_cleaner();
        let steps_wrong = problems.iter().find(|w| w.at.starts_with("step")).map(|w| w.words.clone());
        let row = self.state.stored::<StatusBoards>().row_of(self.facility, item, local);
        let cause = row.as_ref().and_then(|row| row.word_cause(self.wording));
        let badge = row.map(|row| row.badge(self.wording)).unwrap_or_default();
        let frame = self.open_frame(self.title(&problems), protocol, &badge);
        ScanPage {
            w,
            stored: if self.view.token.photo.is_some() { w.scan_kept_photo() } else { w.scan_kept() },
            tag: item.tag,
            label: open_tags(self.facility, item).first().unwrap_or(&item.tag).grouped(),
            badge,
            cause,
            name: item.facts.name.clone(),
            place: place_line(&item.facts.location, &item.facts.asset_number),
            last: self.last(),
            note: self.view.note.map(|note| note.word(w)),
            sign_off: self.word_sign_off(protocol.map(|p| p.protocol)),
            anyway: self.view.anyway,
            page: self.view.token.text(&self.state.identity.page_key),
            version: protocol.map(|p| p.version),
            instructions: protocol.map(|p| format!("/protocols/{}", p.protocol)),
            protocol: protocol.map(|p| protocol_line(w, p)),
            protocol_id: protocol.map(|p| p.protocol),
            others: self.list_others(protocol),
            about: AboutPart::of(w, self.facility, item, protocol, &self.view.entered.about, &problems),
            steps: steps(w, protocol, &self.view.entered.ticked, &left_out),
            all_steps: protocol.and_then(|p| self.all_steps(p, steps_wrong.is_some())),
            steps_wrong,
            wet: wet.card(find_words(&problems, "wet")),
            foot: wet.foot(),
            foot_after: wet.foot_after(),
            asks_photo: photo_rule != PhotoRule::None,
            stored_photo: self.view.token.photo.map(thumbnail_address),
            photo_hint: word_photo_hint(w, photo_rule, self.view.token.draw),
            photo_wrong: find_words(&problems, "photo"),
            who_wrong: find_words(&problems, "who"),
            is_proven: known.as_ref().is_some_and(|known| known.by.is_some()),
            proof: self.ask_proof(class, known.as_ref()),
            known,
            pin_wrong: find_words(&problems, "pin"),
            staff_badge: self.badge_field(&needed, find_words(&problems, "badge")),
            name_optional: needed == ProofMethod::None,
            note_wrong: find_words(&problems, "note"),
            usable_until: self.usable_until(&wet),
            reports: self.reports(),
            queue: QUEUE.path(),
            who: self.view.entered.who,
            notes: self.view.entered.notes,
            submission: self.view.submission,
            problems,
            frame,
        }
    }

    fn open_frame(
        &self,
        title: String,
        protocol: Option<&ProtocolPublished>,
        badge: &StatusBadge,
    ) -> PageLayout {
        let w = self.view.words.1;
        let staff_link = self.view.origin.staff_link(self.view.signed.as_ref(), self.view.words.0);
        let frame = PageLayout::open(self.state, self.snapshot, self.view.words.0, title).with_script();
        let mut frame = frame.used_by(self.view.usage).with_staff_link(staff_link);
        // Nothing that is recorded here reaches the facility's records.
        if self.state.alarms.stands(|cause| cause.code == AlarmCode::BoxReplaced) {
            let words = AlarmBannerWords::in_locale(w.catalog().locale());
            frame = frame.alarmed(self.state, self.snapshot, self.wording, words);
        }
        let frame = PageLayout { gap: badge.is_unsure, language_form: Some("scan"), ..frame };
        if protocol.is_none() { frame.status_line(w.scan_no_protocol()) } else { frame }
    }

    fn title(&self, problems: &[Wrong]) -> String {
        let name = &self.item.facts.name;
        if problems.is_empty() { name.clone() } else { self.view.words.0.page_error_title(name) }
    }

    fn list_others(&self, shown: Option<&ProtocolPublished>) -> Vec<(ProtocolId, SafeHtml)> {
        let Self { facility, item, view, .. } = self;
        let now_ms = self.snapshot.now_ms();
        shown
            .map(|shown| other_protocols(view.words.1, facility, item, shown.protocol, now_ms))
            .unwrap_or_default()
    }

    fn ask_proof(&self, class: SpauldingClass, known: Option<&KnownCleaner>) -> Option<ProofAsk> {
        let Self { view, reader, facility, .. } = self;
        let look = ProofLook {
            state: self.state,
            w: view.words.1,
            class,
            origin: &view.origin,
            devices: &view.devices,
            reader,
            facility,
            entered: &view.entered.who,
            lacks_name: view.problems.iter().any(|problem: &ScanProblem| {
                matches!(problem, ScanProblem::Rule(CommandRefusal::Needed { field: "cleaned_by", .. }))
            }) || view.is_again && view.entered.who.trim().is_empty(),
            is_signed_in: known.is_some(),
            has_badges: self.state.identity.badges.has_any(),
        };
        if known.is_some_and(|known| known.by.is_some()) { None } else { look.ask_proof() }
    }

    fn badge_field(&self, needed: &ProofMethod, wrong: Option<String>) -> Option<BadgeField> {
        let is_taken = self.view.origin.is_secure() && self.state.identity.badges.has_any();
        is_taken.then(|| BadgeField { is_open: wrong.is_some() || *needed == ProofMethod::Badge, wrong })
    }

    fn known_cleaner(&self) -> Option<KnownCleaner> {
        let proof_min = self.snapshot.settings.pin_proof_min;
        let signed = self.view.signed.as_ref();
        signed.map(|signed| KnownCleaner::of(signed, proof_min, self.wording, self.view.words.1))
    }

    fn reports(&self) -> ItemProblems {
        let (reader, wording) = (self.reader, self.wording);
        ProblemLook { state: self.state, facility: self.facility, reader, wording, w: self.view.words.4 }
            .of_item(
                self.item.tag,
                self.view.sent,
                ReportDetails::on_open_page(self.view.signed.as_ref().map(StaffSession::staff)),
            )
    }

    fn word_sign_off(&self, protocol: Option<ProtocolId>) -> Option<String> {
        let staff = self.view.signed.as_ref().map(StaffSession::staff);
        match SignOffVerdict::of(self.facility, protocol, staff, self.snapshot.now_ms()) {
            SignOffVerdict::Passed => None,
            SignOffVerdict::Flagged => Some(self.view.words.1.scan_not_signed_off()),
            SignOffVerdict::Incomplete => Some(self.view.words.1.scan_not_signed_off_incomplete()),
        }
    }

    fn wet_look<'b>(&'b self, protocol: Option<&'b ProtocolPublished>) -> WetLook<'b> {
        let Self { facility, item, snapshot, timer, view, .. } = self;
        let (followed, requested) = (protocol.map(|protocol| protocol.protocol), view.entered.protocol);
        let (own, other) = match timer.as_ref() {
            Some(timer) if timer.is_of(followed) => (Some(timer), None),
            other => (None, other.filter(|other| other.boot == snapshot.now.boot)),
        };
        let other = other.and_then(|other| facility.protocols.get(&other.protocol?));
        WetLook {
            w: view.words.1,
            wording: self.wording,
            now: &snapshot.now,
            now_ms: snapshot.now_ms(),
            timer: own,
            other: other.map(|other| SafeHtml::entered(&other.newest.name)),
            devices: &view.devices,
            protocol,
            required_s: find_required_s(facility, item, requested, own, &snapshot.now),
        }
    }

    fn usable_until(&self, wet: &WetLook<'_>) -> SafeHtml {
        let now = &self.snapshot.now;
        let wet_over_ms = wet_end_ms(wet.timer, now, wet.required_s);
        let left_ms = self.view.token.until_ms(wet_over_ms).saturating_sub(now.up_ms);
        let until_ms = self.snapshot.now_ms().saturating_add_unsigned(left_ms);
        let until = self.wording.dates().clock_time(until_ms).to_html();
        fill_slots(self.view.words.1.scan_usable_until(S0), [until])
    }

    fn last(&self) -> Option<SafeHtml> {
        let last = self.facility.activity.get(&self.item.tag)?.last?;
        let when = self.wording.last_time(self.facility, &last);
        let who = self.wording.cleaner_name(self.reader, self.facility, &last.who);
        Some(fill_slots(self.view.words.1.scan_last(when, S0), [who]))
    }

    fn all_steps(&self, protocol: &ProtocolPublished, is_wrong: bool) -> Option<AllSteps> {
        let (w, ticked) = (self.view.words.1, &self.view.entered.ticked);
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
            self.view.problems.iter().map(|refused| self.line(refused, contact_s)).collect();
        lines.sort_by_key(|w: &Wrong| {
            ["step", "wet", "photo", "who", "badge", "pin", "agent", "lot", "note"]
                .iter()
                .position(|at| w.at.starts_with(at))
        });
        lines
    }

    fn line(&self, refused: &ScanProblem, contact_s: u32) -> Wrong {
        let (_, w, errors, refusals, _) = self.view.words;
        match refused {
            ScanProblem::Photo(refusal) => mark_field("photo", refusal.fault.word(errors)),
            ScanProblem::Proof(refusal) => mark_field(refusal.field(), refusal.word(w, errors, self.wording)),
            // One line, however many: it links to the first of them.
            ScanProblem::Rule(missing @ CommandRefusal::StepsMissing(steps)) => {
                let first = steps.first().map_or_else(|| "step".to_owned(), |n| format!("step-{n}"));
                mark_field(&first, word_refusal(refusals, missing))
            }
            ScanProblem::Rule(CommandRefusal::StillWet { left_s }) => {
                let over_ms = over_ms(self.snapshot.now_ms(), (*left_s).min(contact_s));
                let until = self.wording.dates().clock_time_with_seconds(over_ms).text;
                mark_field("wet", w.scan_wet_still(until))
            }
            ScanProblem::Rule(other) => {
                let at = match other.field() {
                    Some("cleaned_by") => "who",
                    Some("notes") => "note",
                    Some(at @ ("agent" | "lot" | "lot_expires")) => at,
                    Some("wet") => "wet",
                    Some("photo") => "photo",
                    _ => "step",
                };
                mark_field(at, word_refusal(refusals, other))
            }
        }
    }
}

fn mark_field(at: &str, words: String) -> Wrong {
    Wrong { at: at.to_owned(), words }
}

impl ScanPage {
    fn takes_pin(&self) -> bool {
        self.proof.as_ref().is_some_and(|ask| ask.takes_pin)
    }
}

fn word_photo_hint(w: ScanWords, rule: PhotoRule, draw: Option<u32>) -> String {
    match rule {
        PhotoRule::Required => w.scan_photo_required(),
        rule if rule.picks(draw) => w.scan_photo_sample(),
        PhotoRule::OneIn(_) | PhotoRule::Optional | PhotoRule::None => w.scan_photo_optional(),
    }
}

fn steps(
    w: ScanWords,
    protocol: Option<&ProtocolPublished>,
    ticked: &[u16],
    left_out: &[u16],
) -> Vec<StepLine> {
    let steps: Vec<(SafeHtml, bool)> = match protocol {
        None => vec![(fill_slots(w.scan_plain_step(), []), true)],
        Some(p) => p.steps.iter().map(|step| (SafeHtml::entered(&step.text), step.required)).collect(),
    };
    let lines = (1..).zip(steps).map(|(n, (text, required))| StepLine {
        n,
        text,
        required,
        ticked: ticked.contains(&n),
        wrong: left_out.contains(&n),
    });
    lines.collect()
}

fn protocol_line(w: ScanWords, protocol: &ProtocolPublished) -> SafeHtml {
    let (name, ppe) = (SafeHtml::entered(&protocol.name), protocol.ppe.as_str());
    let version = protocol.version.to_string();
    match ppe {
        "" => fill_slots(w.scan_protocol(S0, version), [name]),
        ppe => fill_slots(w.scan_protocol_ppe(S0, S1, version), [name, SafeHtml::entered(ppe)]),
    }
}
