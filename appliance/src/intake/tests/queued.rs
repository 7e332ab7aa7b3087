//! Cleanings from phones' queues: never a better verdict than a page would give for the same.

use proptest::prelude::*;
use record::kinds::{CleaningFlag, ProtocolRef};

use super::*;
use crate::intake::ReportPlacement;
use crate::intake::records::review::CleaningReview;

const DAY_MS: u64 = 86_400_000;

/// A facility 25 days after its first protocol: three versions of one, each stricter, that were published ten days apart,
/// one that is lenient, and one that is no item's.
struct Ward {
    world: World,
    tag: Tag,
    strict: ProtocolId,
    lenient: ProtocolId,
    foreign: ProtocolId,
    replaced_ms: Vec<i64>,
}

impl Ward {
    fn new(photo: PhotoPolicy) -> Self {
        let mut world = World::new();
        let mut publish = |protocol, required: usize, contact_s, hang_h| {
            let new = NewProtocol {
                protocol,
                name: format!("Protocol {required}"),
                steps: (0..4).map(|n| Step { text: format!("Step {n}"), required: n < required }).collect(),
                contact_s,
                hang_h,
                ..NewProtocol::default()
            };
            world.tell(Command::PublishProtocol(Box::new(new))).unwrap();
            let Event::ProtocolPublished(published) = world.last() else { panic!() };
            let at_ms = world.now.wall_ms;
            world.pass(10 * DAY_MS);
            (published.protocol, at_ms)
        };
        let (strict, _) = publish(None, 1, None, Some(900));
        let second = publish(Some(strict), 3, Some(60), Some(72)).1;
        let third = publish(Some(strict), 4, Some(300), Some(24)).1;
        let (foreign, _) = publish(None, 0, None, Some(8_000));
        let (lenient, _) = publish(None, 1, Some(30), None);
        let tag = world.item(vec![strict, lenient], photo);
        Self { world, tag, strict, lenient, foreign, replaced_ms: vec![second, third] }
    }

    fn record(&mut self, form: QueuedCleaning) -> record::kinds::CleaningRecorded {
        self.world.ask(by(CommandSource::Phone), None, Command::RecordQueued(Box::new(form))).unwrap();
        let Event::CleaningRecorded(cleaning) = self.world.last() else { panic!() };
        *cleaning
    }
}

fn queued(tag: Tag) -> QueuedCleaning {
    QueuedCleaning {
        tag,
        protocol: None,
        steps: Vec::new(),
        agent: String::new(),
        lot: String::new(),
        lot_expires: None,
        trigger: None,
        who: QueuedCleaner::Entered("Maria".into()),
        note: String::new(),
        photos: Vec::new(),
        waited_ms: 0,
        phone_ms: 0,
        contact_s: None,
        measured: None,
        unsure: false,
        took_ms: None,
        problem: None,
        class: None,
        problem_goes: ReportPlacement::Entry,
    }
}

#[test]
fn a_protocol_of_no_item_and_a_version_of_long_ago_make_nothing_complete() {
    let mut ward = Ward::new(PhotoPolicy::Optional);
    let tag = ward.tag;
    let strict = ward.strict;
    for (id, version, days, judged_by) in [
        (ward.foreign, 1, 0, 3),
        (strict, 1, 0, 3),
        (strict, 2, 0, 3),
        (strict, 9, 0, 3),
        // Pressed while it was in force, or a little later.
        (strict, 2, 30, 2),
        (strict, 2, 28, 2),
        (strict, 2, 26, 3),
        (strict, 1, 28, 3),
    ] {
        let form = QueuedCleaning {
            protocol: Some(ProtocolRef { id, version }),
            steps: vec![1],
            waited_ms: days * DAY_MS,
            ..queued(tag)
        };
        let cleaning = ward.record(form);
        assert_eq!(
            cleaning.protocol,
            Some(ProtocolRef { id: strict, version: judged_by }),
            "{version} {days}"
        );
        assert!(cleaning.incomplete.contains(&MissingPart::Steps), "{version} {days}");
        assert!(cleaning.flags.contains(&CleaningFlag::OldProtocol), "{version} {days}");
    }
}

#[test]
fn a_photo_that_is_to_follow_is_missing_until_it_is_there() {
    let mut ward = Ward::new(PhotoPolicy::Required);
    let tag = ward.tag;
    let form = QueuedCleaning {
        protocol: Some(ProtocolRef { id: ward.lenient, version: 1 }),
        steps: vec![1],
        contact_s: Some(30),
        ..queued(tag)
    };
    assert_eq!(ward.record(form).incomplete, [MissingPart::Photo]);
    let of = ward.world.of(ward.world.entries.last().unwrap().seq());
    let attach = Command::AttachPhoto { of, photo: Hash::of(b"jpeg") };
    ward.world.ask(EntryAuthor::BOX, None, attach).unwrap();
    assert!(ward.world.cleanings[&of].is_complete());
}

#[derive(Debug, Clone)]
struct Said {
    photo: bool,
    named: Option<(usize, u32)>,
    steps: Vec<u16>,
    phone_s: Option<u32>,
    measured_s: Option<u32>,
    unsure: bool,
    photos: usize,
    named_who: bool,
    waited_ms: u64,
}

fn said() -> impl Strategy<Value = Said> {
    let seconds =
        || proptest::option::of(prop_oneof![Just(29), Just(30), Just(60), Just(299), Just(300), 0..400u32]);
    let proofs = (any::<bool>(), 0..2usize, any::<bool>(), any::<bool>());
    let named = proptest::option::of((0..4usize, 0..5u32));
    let steps = proptest::collection::vec(0..6u16, 0..6);
    (named, steps, seconds(), seconds(), proofs, 0..45 * DAY_MS).prop_map(
        |(named, steps, phone_s, measured_s, (unsure, photos, named_who, photo), waited_ms)| Said {
            photo,
            named,
            steps,
            phone_s,
            measured_s,
            unsure,
            photos,
            named_who,
            waited_ms,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn a_queue_gives_no_better_verdict_than_a_page(said in said()) {
        let mut ward = Ward::new(if said.photo { PhotoPolicy::Required } else { PhotoPolicy::Optional });
        let unknown = ProtocolId::new(7, [7; 10]);
        let ids = [ward.strict, ward.lenient, ward.foreign, unknown];
        let named = said.named.map(|(at, version)| ProtocolRef { id: ids[at], version });
        let photos = vec![Hash::of(b"jpeg"); said.photos];
        let (now, tag) = (ward.world.now, ward.tag);
        let name = if said.named_who { "Maria" } else { "" };
        let before = ward.world.facility.clone();
        let cleaning = ward.record(QueuedCleaning {
            protocol: named,
            steps: said.steps.clone(),
            who: if said.named_who { QueuedCleaner::Entered(name.into()) } else { QueuedCleaner::Nobody },
            photos: photos.clone(),
            waited_ms: said.waited_ms,
            contact_s: said.phone_s,
            measured: said.measured_s.map(|wet_s| MeasuredContact {
                wet_s,
                is_open: false,
                protocol: named.map(|named| named.id),
            }),
            unsure: said.unsure,
            ..queued(tag)
        });
        let judged = cleaning.protocol.unwrap();
        let known = &before.protocols[&judged.id];
        prop_assert!(before.equipment[&tag].facts.protocols.contains(&judged.id));
        let pressed_ms = now.wall_ms - said.waited_ms.cast_signed();
        if judged.version < known.newest.version {
            let replaced_ms = ward.replaced_ms[usize::try_from(judged.version).unwrap() - 1];
            prop_assert!(pressed_ms - replaced_ms <= 3 * DAY_MS.cast_signed());
        }
        let is_present = named == Some(ProtocolRef { id: judged.id, version: known.newest.version });
        prop_assert_eq!(cleaning.flags.contains(&CleaningFlag::OldProtocol), !is_present);
        // A page that shows that version, with a clock of the box's own for what the phone's measured.
        let mut facility = before.clone();
        let edition = known.editions.iter().find(|edition| edition.version == judged.version).unwrap();
        let Event::ProtocolPublished(shown) = ward.world.entry(edition.of).unwrap().event() else { panic!() };
        std::sync::Arc::make_mut(facility.protocols.get_mut(&judged.id).unwrap()).newest = *shown;
        let wet_s = said.phone_s.filter(|_| !said.unsure).max(said.measured_s);
        let page_now = Now { up_ms: now.up_ms + 1_000_000, ..now };
        let wet = wet_s.map(|s| WetTime {
            boot: now.boot,
            up_ms: page_now.up_ms - u64::from(s) * 1_000,
            until_up_ms: None,
            required_s: None,
        });
        let steps = said.steps.into_iter().filter(|n| (1..=4).contains(n)).collect();
        let form = CleaningForm {
            protocol: Some(judged.id),
            steps: Some(steps),
            wet,
            photos,
            note: "left out".into(),
            proof: ProofDemand::Waived,
            ..CleaningForm::plain(tag, name)
        };
        let page = CleaningReview::of(&form, &facility, &page_now);
        let page = page.unwrap_or_else(|refused| panic!("{:?}", refused.first));
        for part in &page.incomplete {
            prop_assert!(cleaning.incomplete.contains(part), "{:?} {:?}", page.incomplete, cleaning.incomplete);
        }
    }
}
