//! Commands against a made-up state: what is taken, what is refused, and in which words.

use std::collections::BTreeMap;
use std::convert::Infallible;

use record::entry::{ClockState, CommandSource, EntryTime};
use record::fold::{AdoptedBy, FoldEffect, HistoryLookup, LinePlace, UseRecord};
use record::ids::{BootId, DeviceId, ProtocolId, StaffId};
use record::kinds::{EquipmentPatch, MissingPart, PhotoPolicy, Schedule, StaffRole, Step, TagReason};
use record::run::RunName;
use record::tree::Hash;
use service::random::SeededRandom;

use super::*;

mod label_hosts;
mod problem;
mod queued;
mod review;

/// A box in memory: decides, numbers, folds.
struct World {
    now: Now,
    facility: FacilityState,
    entries: Vec<Entry>,
    cleanings: BTreeMap<EntryRef, CleaningRecord>,
    random: SeededRandom,
}

impl StateView for World {
    fn now(&self) -> Now {
        self.now
    }
    fn epoch(&self) -> Epoch {
        Epoch { n: 1, key: [0; 4] }
    }
    fn size(&self) -> u64 {
        self.entries.len() as u64
    }
    fn facility(&self) -> &FacilityState {
        &self.facility
    }
    fn by_key(&self, key: &Digest16) -> Option<(LinePlace, Digest16)> {
        let found = self.entries.iter().find(|e| e.head().idem.is_some_and(|i| i.key == *key))?;
        Some((LinePlace { of: self.of(found.seq()), run: None }, found.head().idem?.req))
    }
    fn cleaning(&self, of: EntryRef) -> Option<CleaningRecord> {
        self.cleanings.get(&of).cloned()
    }
    fn entry(&self, of: EntryRef) -> Option<Entry> {
        self.entries.get(usize::try_from(of.seq).ok()?).cloned()
    }
    fn last_of_unsure_boots(&self, _: &dyn Fn(BootId) -> bool) -> Vec<EntryTime> {
        Vec::new()
    }
}

impl HistoryLookup for World {
    type Error = Infallible;
    fn cleaning(&self, of: EntryRef, _: Option<RunName>) -> Result<Option<CleaningRecord>, Infallible> {
        Ok(self.cleanings.get(&of).cloned())
    }
    fn unsure(&self, _: BootId) -> Result<Vec<CleaningRecord>, Infallible> {
        Ok(Vec::new())
    }
    fn unsure_uses(&self, _: BootId) -> Result<Vec<UseRecord>, Infallible> {
        Ok(Vec::new())
    }
    fn first_of_key(&self, _: &IdempotencyRecord, _: LinePlace) -> Result<Option<LinePlace>, Infallible> {
        // A key is used once: what comes under it again is decided before.
        Ok(None)
    }
}

fn by(via: CommandSource) -> EntryAuthor {
    EntryAuthor { staff: None, via, device: None }
}

impl World {
    fn new() -> Self {
        let now = Now {
            wall_ms: 1_763_610_000_000,
            boot: BootId::new(1, [1; 10]),
            up_ms: 10_000_000,
            state: ClockState::Synced,
        };
        Self {
            now,
            facility: FacilityState::default(),
            entries: Vec::new(),
            cleanings: BTreeMap::new(),
            random: SeededRandom::new(1),
        }
    }

    fn of(&self, seq: u64) -> EntryRef {
        EntryRef { epoch: self.epoch(), seq }
    }

    fn pass(&mut self, ms: u64) {
        self.now.up_ms += ms;
        self.now.wall_ms += ms.cast_signed();
    }

    fn ask(
        &mut self,
        by: EntryAuthor,
        key: Option<&str>,
        command: Command,
    ) -> Result<CommandDecision, CommandRefusal> {
        let request = CommandRequest { by, key: key.map(str::to_owned), sent: None, command };
        let decided = decide_command(&request, self, &self.random)?;
        if let CommandDecision::New(drafts) = &decided {
            for draft in drafts {
                let seq = self.entries.len() as u64;
                let entry =
                    Entry::compose(seq, self.now.entry_time(), draft.by, draft.idem, &draft.event).unwrap();
                let named: Vec<Hash> = draft.texts.iter().map(|t| t.redactable().hash).collect();
                assert_eq!(entry.redactables(), named, "each text is named, in order");
                let mut facility = self.facility.clone();
                let changes = facility.apply(self.epoch(), &entry, &draft.event, self).unwrap();
                self.facility = facility;
                self.entries.push(entry);
                for effect in changes.effects {
                    if let FoldEffect::Cleaned(c) | FoldEffect::Recleaned(c) = effect {
                        self.cleanings.insert(c.of, c);
                    }
                }
            }
        }
        Ok(decided)
    }

    fn tell(&mut self, command: Command) -> Result<CommandDecision, CommandRefusal> {
        self.ask(by(CommandSource::Socket), None, command)
    }

    fn last(&self) -> Event {
        self.entries.last().unwrap().event()
    }

    fn protocol(&mut self) -> ProtocolId {
        let step = |text: &str, required| Step { text: text.into(), required };
        let new = NewProtocol {
            protocol: None,
            name: "Low-level wipe".into(),
            steps: vec![step("Gloves on", true), step("Wipe", true), step("Admire", false)],
            contact_s: Some(180),
            declared: false,
            agents: Vec::new(),
            minutes: Some(5),
            ppe: "gloves".into(),
            ifu: String::new(),
            ..NewProtocol::default()
        };
        self.tell(Command::PublishProtocol(Box::new(new))).unwrap();
        match self.last() {
            Event::ProtocolPublished(published) => published.protocol,
            other => panic!("{other:?}"),
        }
    }

    fn item(&mut self, protocols: Vec<ProtocolId>, photo: PhotoPolicy) -> Tag {
        let fields = EquipmentPatch {
            name: Some("Pump".into()),
            protocols: Some(protocols),
            photo: Some(photo),
            ..Default::default()
        };
        let new =
            NewEquipment { tag: None, fields, schedule: Some(Schedule::every_days(1)), ..Default::default() };
        let before: Vec<Tag> = self.facility.equipment.keys().copied().collect();
        self.tell(Command::AddEquipment(Box::new(new))).unwrap();
        *self.facility.equipment.keys().find(|t| !before.contains(t)).unwrap()
    }

    fn clean(&mut self, form: CleaningForm) -> Result<CommandDecision, CommandRefusal> {
        self.ask(by(CommandSource::Phone), None, Command::RecordCleaning(Box::new(form)))
    }

    fn incomplete(&self) -> Vec<MissingPart> {
        let Event::CleaningRecorded(cleaning) = self.last() else { panic!("{:?}", self.last()) };
        cleaning.incomplete
    }
}

#[test]
fn the_least_that_a_script_sends_is_recorded() {
    let mut world = World::new();
    let tag = world.item(Vec::new(), PhotoPolicy::Optional);
    world.clean(CleaningForm::plain(tag, "John Doe")).unwrap();
    assert_eq!(world.incomplete(), []);
    let protocol = world.protocol();
    let tag = world.item(vec![protocol], PhotoPolicy::Required);
    world.clean(CleaningForm::plain(tag, "John Doe")).unwrap();
    assert_eq!(
        world.incomplete(),
        [MissingPart::StepsNotStated, MissingPart::ContactTime, MissingPart::Photo]
    );
}

#[test]
fn a_page_must_say_what_was_left_out() {
    let mut world = World::new();
    let protocol = world.protocol();
    let tag = world.item(vec![protocol], PhotoPolicy::Required);
    let mut form = CleaningForm { steps: Some(vec![3, 1]), ..CleaningForm::plain(tag, "Maria") };
    assert_eq!(world.clean(form.clone()), Err(CommandRefusal::StepsMissing(vec![2])));
    form.steps = Some(vec![3, 1, 2, 2]);
    assert_eq!(world.clean(form.clone()), Err(CommandRefusal::NotWetted));
    form.wet =
        Some(WetTime { boot: world.now.boot, up_ms: world.now.up_ms, until_up_ms: None, required_s: None });
    world.pass(60_500);
    assert_eq!(world.clean(form.clone()), Err(CommandRefusal::StillWet { left_s: 120 }));
    world.pass(120_000);
    assert_eq!(world.clean(form.clone()), Err(CommandRefusal::PhotoMissing));
    form.photos = vec![Hash::of(b"jpeg")];
    world.clean(form.clone()).unwrap();
    assert_eq!(world.incomplete(), []);
    let Event::CleaningRecorded(cleaning) = world.last() else { panic!() };
    assert_eq!((cleaning.steps, cleaning.contact.unwrap().measured_s), (Some(vec![1, 2, 3]), Some(180)));
    let excused = CleaningForm {
        steps: Some(vec![]),
        note: "Fire alarm".into(),
        photos: vec![],
        wet: None,
        ..form.clone()
    };
    world.clean(excused).unwrap();
    assert_eq!(world.incomplete(), [MissingPart::Steps, MissingPart::ContactTime, MissingPart::Photo]);
    assert_eq!(
        world.clean(CleaningForm { steps: Some(vec![4]), ..form.clone() }),
        Err(CommandRefusal::UnknownStep(4))
    );
    assert_eq!(
        world.clean(CleaningForm { protocol_version: Some(2), ..form }),
        Err(CommandRefusal::ProtocolChanged)
    );
}

#[test]
fn contact_time_ends_when_it_may_dry_and_a_late_press_is_seen() {
    let mut world = World::new();
    let protocol = world.protocol();
    let tag = world.item(vec![protocol], PhotoPolicy::None);
    let mut clean = |until_s: Option<u64>, passed_ms: u64, took_ms: u32| {
        let up_ms = world.now.up_ms;
        let until_up_ms = until_s.map(|s| up_ms + s * 1_000);
        let wet = Some(WetTime { boot: world.now.boot, up_ms, until_up_ms, required_s: None });
        world.pass(passed_ms);
        let took_ms = Some(took_ms);
        world
            .clean(CleaningForm {
                steps: Some(vec![1, 2, 3]),
                wet,
                took_ms,
                ..CleaningForm::plain(tag, "Maria")
            })
            .unwrap();
        let Event::CleaningRecorded(cleaning) = world.last() else { panic!() };
        (cleaning.contact.unwrap().measured_s, cleaning.flags, cleaning.took_ms)
    };
    assert_eq!(clean(Some(200), 900_000, 4_000), (Some(200), vec![], Some(4_000)));
    assert_eq!(clean(Some(800), 900_000, 4_000), (Some(800), vec![], Some(4_000)), "somebody ended it");
    assert_eq!(clean(None, 780_000, 1_800_000), (Some(780), vec![], Some(1_800_000)));
    assert_eq!(
        clean(None, 781_000, 1_800_001),
        (Some(781), vec![record::kinds::CleaningFlag::WetLong], None)
    );
}

#[test]
fn another_boots_clock_measures_nothing() {
    let mut world = World::new();
    let protocol = world.protocol();
    let tag = world.item(vec![protocol], PhotoPolicy::None);
    let wet = Some(WetTime { boot: BootId::new(9, [9; 10]), up_ms: 0, until_up_ms: None, required_s: None });
    let form = CleaningForm { steps: Some(vec![1, 2]), wet, ..CleaningForm::plain(tag, "Maria") };
    assert_eq!(world.clean(form), Err(CommandRefusal::NotWetted));
}

#[test]
fn the_same_key_again_is_the_first_answer_again() {
    let mut world = World::new();
    let tag = world.item(Vec::new(), PhotoPolicy::Optional);
    let command = |name: &str| Command::RecordCleaning(Box::new(CleaningForm::plain(tag, name)));
    world.ask(by(CommandSource::Phone), Some("k1"), command("A")).unwrap();
    let first = world.entries.last().unwrap().seq();
    world.pass(5_000);
    assert_eq!(
        world.ask(by(CommandSource::Phone), Some("k1"), command("A")),
        Ok(CommandDecision::Again(LinePlace { of: world.of(first), run: None }))
    );
    assert_eq!(world.ask(by(CommandSource::Phone), Some("k1"), command("B")), Err(CommandRefusal::KeyReused));
    assert!(matches!(
        world.ask(by(CommandSource::Phone), Some("k2"), command("A")),
        Ok(CommandDecision::New(_))
    ));
    assert_eq!(world.ask(by(CommandSource::Phone), Some(""), command("A")), Err(CommandRefusal::KeyForm));
    assert!(
        matches!(world.ask(by(CommandSource::Phone), None, command("A")), Ok(CommandDecision::New(_))),
        "without a key, two posts are two"
    );
}

#[test]
fn a_name_is_needed_unless_the_facility_says_otherwise() {
    let mut world = World::new();
    let tag = world.item(Vec::new(), PhotoPolicy::Optional);
    assert!(matches!(
        world.clean(CleaningForm::plain(tag, " \u{200b}")),
        Err(CommandRefusal::Needed { field: "cleaned_by", .. })
    ));
    let settings = SettingsChange { allow_unattributed: Some(true), ..Default::default() };
    world.tell(Command::ChangeFacility(Box::new(settings))).unwrap();
    world.clean(CleaningForm::plain(tag, "")).unwrap();
    assert!(matches!(
        world.clean(CleaningForm::plain(tag, "a\u{202e}b")),
        Err(CommandRefusal::Character { .. })
    ));
    let ghost = StaffId::new(1, [1; 10]);
    let form = CleaningForm { who: ClaimedCleaner::Pin(ghost), ..CleaningForm::plain(tag, "") };
    assert_eq!(world.clean(form), Err(CommandRefusal::UnknownStaff(ghost)));
}

#[test]
fn only_the_same_phone_undoes_and_only_for_a_while() {
    let mut world = World::new();
    let tag = world.item(Vec::new(), PhotoPolicy::Optional);
    let phone = |n| EntryAuthor { device: Some(DeviceId::new(1, [n; 10])), ..by(CommandSource::Phone) };
    world.ask(phone(1), None, Command::RecordCleaning(Box::new(CleaningForm::plain(tag, "A")))).unwrap();
    let of = world.of(world.entries.last().unwrap().seq());
    let line = LinePlace { of, run: None };
    let void = |reason: &str| Command::VoidCleaning { line, reason: reason.into() };
    assert_eq!(world.ask(phone(2), None, void("x")), Err(CommandRefusal::UndoOver));
    assert_eq!(world.ask(by(CommandSource::Phone), None, void("x")), Err(CommandRefusal::UndoOver));
    assert!(matches!(
        world.ask(phone(1), None, void(" ")),
        Err(CommandRefusal::Needed { field: "reason", .. })
    ));
    world.pass(10 * 60_000 + 1);
    assert_eq!(world.ask(phone(1), None, void("x")), Err(CommandRefusal::UndoOver));
    world.tell(void("wrong pump")).unwrap();
    assert_eq!(world.tell(void("again")), Err(CommandRefusal::AlreadyVoided));
    let nothing = EntryRef { seq: 999, ..of };
    assert_eq!(
        world.tell(Command::VoidCleaning { line: LinePlace { of: nothing, run: None }, reason: "x".into() }),
        Err(CommandRefusal::UnknownCleaning { of: nothing })
    );
}

#[test]
fn a_displaced_record_whose_number_another_has_is_not_voided_in_its_stead() {
    let mut world = World::new();
    let tag = world.item(Vec::new(), PhotoPolicy::Optional);
    world.clean(CleaningForm::plain(tag, "A")).unwrap();
    let of = world.of(world.entries.last().unwrap().seq());
    let run = RunName::new(of.epoch, of.seq..of.seq + 1, Hash::of(b"displaced")).unwrap();
    let void = |run| Command::VoidCleaning { line: LinePlace { of, run }, reason: "wrong pump".into() };
    assert_eq!(world.tell(void(Some(run))), Err(CommandRefusal::SharedNumber { of }));
    assert!(world.cleanings[&of].voided.is_none());
    let phone = EntryAuthor { device: Some(DeviceId::new(1, [1; 10])), ..by(CommandSource::Phone) };
    assert_eq!(world.ask(phone, None, void(Some(run))), Err(CommandRefusal::UndoOver));

    // The number leads to it where no other has it.
    world.cleanings.get_mut(&of).unwrap().adopted = Some(AdoptedBy { run, by: of, at_ms: 0 });
    world.tell(void(Some(run))).unwrap();
}

#[test]
fn roles() {
    let mut world = World::new();
    let mut person = |name: &str, role| {
        world.tell(Command::AddStaff(NewStaff::named(name, role))).unwrap();
        let Event::StaffAdded(added) = world.last() else { panic!() };
        added.staff
    };
    let (tech, biomed, admin) = (
        person("T", StaffRole::Technician),
        person("B", StaffRole::Biomed),
        person("A", StaffRole::FacilityAdmin),
    );
    let staff = |id| EntryAuthor { staff: Some(id), ..by(CommandSource::Staff) };
    let add = || Command::AddStaff(NewStaff::named("N", StaffRole::Technician));
    let settings =
        || Command::ChangeFacility(Box::new(SettingsChange { undo_min: Some(5), ..Default::default() }));
    assert!(matches!(world.ask(staff(tech), None, add()), Err(CommandRefusal::NotAllowed(_))));
    assert!(matches!(world.ask(by(CommandSource::Staff), None, add()), Err(CommandRefusal::NotAllowed(_))));
    assert!(matches!(world.ask(by(CommandSource::Phone), None, add()), Err(CommandRefusal::NotAllowed(_))));
    assert!(matches!(world.ask(staff(biomed), None, add()), Err(CommandRefusal::NotAllowed(_))));
    assert!(world.ask(staff(admin), None, add()).is_ok());
    let role = |staff, role| Command::ChangeStaff(StaffChange { role, ..StaffChange::of(staff) });
    for own in [role(admin, Some(StaffRole::Biomed)), Command::StaffLeft { staff: admin }] {
        assert!(matches!(world.ask(staff(admin), None, own), Err(CommandRefusal::NotAllowed(_))));
    }
    for done in [role(tech, Some(StaffRole::Biomed)), Command::StaffLeft { staff: tech }] {
        assert!(matches!(world.ask(staff(biomed), None, done.clone()), Err(CommandRefusal::NotAllowed(_))));
        assert!(world.ask(staff(admin), None, done).is_ok());
    }
    assert!(matches!(world.ask(staff(biomed), None, settings()), Err(CommandRefusal::NotAllowed(_))));
    assert!(world.ask(staff(admin), None, settings()).is_ok());
    world.tell(Command::StaffLeft { staff: admin }).unwrap();
    assert!(matches!(world.ask(staff(admin), None, add()), Err(CommandRefusal::NotAllowed(_))));
}

#[test]
fn everybody_chooses_their_own_pin_and_an_admin_the_rest() {
    use record::kinds::{AccessChange, AccessChanged};
    let mut world = World::new();
    let mut person = |name: &str, role| {
        world.tell(Command::AddStaff(NewStaff::named(name, role))).unwrap();
        let Event::StaffAdded(added) = world.last() else { panic!() };
        added.staff
    };
    let (tech, admin) = (person("T", StaffRole::Technician), person("A", StaffRole::FacilityAdmin));
    let staff = |id| EntryAuthor { staff: Some(id), ..by(CommandSource::Staff) };
    let change = |what, staff| Command::ChangeAccess(Box::new(AccessChanged::new(what, staff)));
    assert!(world.ask(staff(tech), None, change(AccessChange::PinSet, Some(tech))).is_ok());
    for other in [
        change(AccessChange::PinSet, Some(admin)),
        change(AccessChange::PinSet, None),
        change(AccessChange::SignedOut, Some(tech)),
        change(AccessChange::TokenMade, Some(tech)),
    ] {
        for by in [staff(tech), by(CommandSource::Phone)] {
            let refused = world.ask(by, None, other.clone());
            assert!(matches!(refused, Err(CommandRefusal::NotAllowed(_))), "{other:?}");
        }
        assert!(world.ask(staff(admin), None, other).is_ok());
    }
    let ghost = StaffId::new(9, [9; 10]);
    let refused = world.tell(change(AccessChange::PinSet, Some(ghost))).unwrap_err();
    assert_eq!(refused, CommandRefusal::UnknownStaff(ghost));
    world.tell(Command::StaffLeft { staff: tech }).unwrap();
    world.tell(change(AccessChange::PinRemoved, Some(tech))).unwrap();
}

#[test]
fn a_typed_pin_proves_for_at_most_an_hour() {
    let mut world = World::new();
    let mut set = |min| {
        let settings = SettingsChange { pin_proof_min: Some(min), ..Default::default() };
        world.tell(Command::ChangeFacility(Box::new(settings))).map(|_| ())
    };
    assert_eq!((set(0), set(60)), (Ok(()), Ok(())));
    assert!(matches!(set(61), Err(CommandRefusal::Range { field: "pin_proof_min", .. })));
    assert_eq!(world.facility.settings.pin_proof_min, 60);
    assert_eq!(record::fold::FacilitySettings::default().pin_proof_min, 5);
}

#[test]
fn equipment_comes_changes_and_goes() {
    let mut world = World::new();
    let tag = world.item(Vec::new(), PhotoPolicy::Optional);
    assert!(matches!(world.last(), Event::ScheduleSet(_)));
    let reason = || "leaks".to_owned();
    world.tell(Command::SuspendEquipment { tag, reason: reason(), back: None, seen: None }).unwrap();
    assert!(matches!(
        world.tell(Command::SuspendEquipment { tag, reason: reason(), back: None, seen: None }),
        Err(CommandRefusal::AlreadySo(_))
    ));
    let seen = Some(world.facility.equipment[&tag].changed);
    let change =
        |seen| Command::SuspendEquipment { tag, reason: "waits for a part".into(), back: None, seen };
    world.tell(change(seen)).unwrap();
    assert!(matches!(world.last(), Event::EquipmentSuspended(out) if out.again));
    assert!(matches!(world.tell(change(seen)), Err(CommandRefusal::Changed { .. })));
    world.clean(CleaningForm::plain(tag, "cleaned it anyway")).unwrap();
    world.tell(Command::ResumeEquipment { tag, closing: ProblemClosing::default(), seen: None }).unwrap();
    let second = Tag::from_random([9; 5]);
    let assign = || {
        Command::AssignTag(NewTag {
            tag: Some(second),
            equipment: tag,
            why: TagReason::Spare,
            replaces: None,
        })
    };
    world.tell(assign()).unwrap();
    world.clean(CleaningForm::plain(second, "A")).unwrap();
    let Event::CleaningRecorded(cleaning) = world.last() else { panic!() };
    assert_eq!(cleaning.tag, tag);
    assert_eq!(world.tell(assign()), Err(CommandRefusal::TagTaken(second)));
    world.tell(Command::RetireEquipment { tag, reason: reason(), seen: None }).unwrap();
    assert!(matches!(world.clean(CleaningForm::plain(tag, "A")), Err(CommandRefusal::Retired { .. })));
    let again = NewEquipment { tag: Some(tag), ..Default::default() };
    assert_eq!(world.tell(Command::AddEquipment(Box::new(again))), Err(CommandRefusal::TagTaken(tag)));
    let nobody = Tag::from_random([8; 5]);
    assert_eq!(world.clean(CleaningForm::plain(nobody, "A")), Err(CommandRefusal::UnknownTag(nobody)));
}

#[test]
fn values_out_of_range_name_their_field() {
    let mut world = World::new();
    let tag = world.item(Vec::new(), PhotoPolicy::Optional);
    let late = |ms: i64, world: &World| CleaningForm {
        performed_ms: Some(world.now.wall_ms + ms),
        ..CleaningForm::plain(tag, "A")
    };
    assert_eq!(world.clean(late(120_000, &world)).unwrap_err().field(), Some("performed_at"));
    assert_eq!(world.clean(late(-367 * 86_400_000, &world)).unwrap_err().field(), Some("performed_at"));
    world.clean(late(-30_000, &world)).unwrap();
    let Event::CleaningRecorded(now) = world.last() else { panic!() };
    assert_eq!(now.performed, None);
    world.clean(late(-3_600_000, &world)).unwrap();
    let Event::CleaningRecorded(late) = world.last() else { panic!() };
    assert_eq!(late.performed, Some(world.now.wall_ms - 3_600_000));
    for schedule in [
        Schedule::Hours { n: 0 },
        Schedule::Weeks { n: 53 },
        Schedule::every_day_at(vec![]),
        Schedule::Use { grace_s: 1 },
    ] {
        let refused =
            world.tell(Command::SetSchedule { tag, protocol: None, schedule, seen: None }).unwrap_err();
        assert_eq!(refused.field(), Some("schedule"));
    }
    let protocol = Some(world.protocol());
    let schedule = Schedule::every_days(1);
    let refused = world.tell(Command::SetSchedule { tag, protocol, schedule, seen: None }).unwrap_err();
    assert_eq!(refused, CommandRefusal::NotItsProtocol);
    for (zone, host) in [(Some("Mars/Olympus"), None), (None, Some("ftp://x")), (None, Some("http://a b"))] {
        let settings = SettingsChange {
            zone: zone.map(Into::into),
            label_host: host.map(Into::into),
            ..Default::default()
        };
        assert!(matches!(
            world.tell(Command::ChangeFacility(Box::new(settings))),
            Err(CommandRefusal::Range { .. })
        ));
    }
    let settings = SettingsChange { label_host: Some("http://10.0.0.5/".into()), ..Default::default() };
    world.tell(Command::ChangeFacility(Box::new(settings))).unwrap();
    assert_eq!(world.facility.settings.label_host, "HTTP://10.0.0.5");
    for (host, cause) in [
        ("http://box.local", RefusalCause::Facility(FacilityRefusal::LocalHost)),
        ("HTTP://BOX.HOSPITAL.ORG:8080", RefusalCause::Facility(FacilityRefusal::PublicHost)),
        ("http://8.8.8.8", RefusalCause::Facility(FacilityRefusal::PublicHost)),
        ("http://10.0.0.5/t", RefusalCause::LabelHost),
    ] {
        let settings = SettingsChange { label_host: Some(host.into()), ..Default::default() };
        let refused = world.tell(Command::ChangeFacility(Box::new(settings))).unwrap_err();
        assert_eq!(refused, CommandRefusal::Range { field: "label_host", cause }, "{host}");
    }
}

#[test]
fn a_protocol_of_an_item_has_its_own_schedule_until_the_item_loses_it() {
    let mut world = World::new();
    let (daily, weekly) = (world.protocol(), world.protocol());
    let tag = world.item(vec![daily, weekly], PhotoPolicy::None);
    let set =
        |protocol, n| Command::SetSchedule { tag, protocol, schedule: Schedule::every_days(n), seen: None };
    world.tell(set(Some(weekly), 7)).unwrap();
    let named = |protocol| CleaningForm { protocol: Some(protocol), ..CleaningForm::plain(tag, "Maria") };
    world.clean(named(weekly)).unwrap();
    let Event::CleaningRecorded(cleaning) = world.last() else { panic!() };
    assert_eq!(cleaning.protocol.map(|p| p.id), Some(weekly));
    world.clean(CleaningForm::plain(tag, "Maria")).unwrap();
    let Event::CleaningRecorded(cleaning) = world.last() else { panic!() };
    assert_eq!(cleaning.protocol.map(|p| p.id), Some(daily), "the first, where none is named");
    assert_eq!(world.facility.equipment[&tag].schedule(Some(weekly)), Some(&Schedule::every_days(7)));
    let fields = EquipmentPatch { protocols: Some(vec![daily]), ..Default::default() };
    world
        .tell(Command::ChangeEquipment { tag, fields: Box::new(fields), schedule: None, seen: None })
        .unwrap();
    assert_eq!(world.facility.equipment[&tag].schedule(Some(weekly)), None);
    assert_eq!(world.clean(named(weekly)).unwrap_err(), CommandRefusal::NotItsProtocol);
}

#[test]
fn a_photo_that_comes_later_completes_the_record() {
    let mut world = World::new();
    let tag = world.item(Vec::new(), PhotoPolicy::Required);
    let form = CleaningForm { steps: Some(vec![1]), photo_follows: true, ..CleaningForm::plain(tag, "A") };
    let phone = |n| EntryAuthor { device: Some(DeviceId::of_secret(&[n; 32])), ..by(CommandSource::Phone) };
    world.ask(phone(1), None, Command::RecordCleaning(Box::new(form))).unwrap();
    assert_eq!(world.incomplete(), [MissingPart::Photo]);
    let of = world.of(world.entries.last().unwrap().seq());
    let attach = Command::AttachPhoto { of, photo: Hash::of(b"jpeg") };
    for stranger in [phone(2), by(CommandSource::Phone)] {
        assert!(matches!(world.ask(stranger, None, attach.clone()), Err(CommandRefusal::NotAllowed(_))));
    }
    world.ask(phone(1), None, attach).unwrap();
    assert!(world.cleanings[&of].is_complete());
}

#[test]
fn facts_and_schedule_of_an_item_are_one_act() {
    let mut world = World::new();
    let tag = world.item(Vec::new(), PhotoPolicy::None);
    let change = |name: Option<&str>, n| Command::ChangeEquipment {
        tag,
        fields: Box::new(EquipmentPatch { name: name.map(Into::into), ..Default::default() }),
        schedule: Some(Schedule::every_days(n)),
        seen: None,
    };
    let before = world.entries.len();
    let refused = world.tell(change(Some("Pump 2"), 0)).unwrap_err();
    assert_eq!((refused.field(), world.entries.len()), (Some("schedule"), before));
    assert_eq!(world.facility.equipment[&tag].facts.name, "Pump");
    let refused = world.tell(change(Some(" "), 2)).unwrap_err();
    assert_eq!((refused.field(), world.entries.len()), (Some("name"), before));
    let Ok(CommandDecision::New(drafts)) = world.tell(change(Some("Pump 2"), 2)) else { panic!() };
    assert!(matches!(drafts[0].event, Event::EquipmentChanged(_)));
    assert!(matches!(drafts[1].event, Event::ScheduleSet(_)));
    let item = &world.facility.equipment[&tag];
    assert_eq!((item.facts.name.as_str(), item.schedule(None)), ("Pump 2", Some(&Schedule::every_days(2))));
    let Ok(CommandDecision::New(drafts)) = world.tell(change(None, 3)) else { panic!() };
    assert!(matches!(drafts.as_slice(), [EntryDraft { event: Event::ScheduleSet(_), .. }]));
}

#[test]
fn what_somebody_else_changed_since_is_not_changed_unseen() {
    let mut world = World::new();
    let tag = world.item(Vec::new(), PhotoPolicy::None);
    world.tell(Command::AddStaff(NewStaff::named("T", StaffRole::Technician))).unwrap();
    let staff = *world.facility.staff.keys().next().unwrap();
    let item = |world: &World| world.facility.equipment[&tag].changed;
    let commands = |seen: [RowVersion; 3], n: u32| {
        let [item, person, settings] = seen.map(Some);
        let fields = EquipmentPatch { serial: Some(n.to_string()), ..Default::default() };
        let settings = SettingsChange { undo_min: Some(n), seen: settings, ..Default::default() };
        let schedule = Schedule::every_days(n);
        [
            Command::ChangeEquipment { tag, fields: Box::new(fields), schedule: None, seen: item },
            Command::ChangeStaff(StaffChange {
                role: Some(StaffRole::Biomed),
                seen: person,
                ..StaffChange::of(staff)
            }),
            Command::ChangeFacility(Box::new(settings)),
            Command::SetSchedule { tag, protocol: None, schedule, seen: item },
        ]
    };
    let present =
        |world: &World| [item(world), world.facility.staff[&staff].changed, world.facility.settings.changed];
    let seen = present(&world);
    assert!(seen[2].is_unchanged(), "nobody has set anything");
    for command in &commands(seen, 1)[..3] {
        world.tell(command.clone()).unwrap();
    }
    let now = present(&world);
    let future = RowVersion::of(EntryRef { seq: 10_000, ..world.of(0) }, Hash::default());
    for stale in [seen, [future; 3]] {
        for (command, now) in commands(stale, 2).into_iter().zip([now[0], now[1], now[2], now[0]]) {
            assert_eq!(world.tell(command), Err(CommandRefusal::Changed { now }));
        }
    }
    for command in &commands(now, 3)[..3] {
        world.tell(command.clone()).unwrap();
    }
    let [.., schedule] = commands(present(&world), 4);
    world.tell(schedule).unwrap();
}

#[test]
fn an_item_is_named_by_its_first_tag_whatever_became_of_its_labels() {
    let mut world = World::new();
    let (old, new) = (world.item(Vec::new(), PhotoPolicy::None), world.item(Vec::new(), PhotoPolicy::None));
    let lost = |equipment, replaces| {
        Command::AssignTag(NewTag { tag: None, equipment, why: TagReason::Lost, replaces: Some(replaces) })
    };
    assert_eq!(world.tell(lost(old, new)), Err(CommandRefusal::UnknownTag(new)), "of another item");
    for item in [old, new] {
        world.tell(lost(item, item)).unwrap();
        assert!(matches!(world.last(), Event::TagRevoked(lost) if lost.tag == item));
        assert!(world.facility.resolve(item).is_none());
        let found = find_named_item(&world.facility, item).unwrap();
        assert_eq!((found.tag, open_tags(&world.facility, found).len()), (item, 1));
    }
    world
        .tell(Command::AddAlias(NewAlias { code: "]C0BME-7".into(), equipment: old, confirmed: false }))
        .unwrap();
    let taken = Command::AddAlias(NewAlias { code: "BME-7".into(), equipment: new, confirmed: false });
    assert!(matches!(world.tell(taken.clone()), Err(CommandRefusal::CodeTaken { .. })));
    let merge = |from, into| {
        Command::MergeEquipment(EquipmentMerge { from, into, reason: "twice".into(), seen: None })
    };
    world.tell(merge(old, new)).unwrap();
    assert_eq!(find_named_item(&world.facility, old).unwrap().tag, new);
    let own = CommandRefusal::AlreadySo(RefusalCause::Item(ItemRefusal::OwnCode));
    assert_eq!(world.tell(taken), Err(own), "it came along");
    for (from, into) in [(old, new), (new, old), (new, new)] {
        assert_eq!(world.tell(merge(from, into)).unwrap_err().field(), Some("item"));
    }
}
