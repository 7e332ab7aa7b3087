//! A facility as hospitals have them: items with schedules, a four-step protocol, names, and notes that say something.

use std::path::Path;
use std::sync::Arc;

use appliance::clock::system_clock;
use appliance::identity::IdentityStores;
use appliance::store::{Store, StoreConfig, WriteDecision};
use record::entry::{Digest16, EntryAuthor, EntryDraft, IdempotencyRecord};
use record::ids::{BootId, StaffId};
use record::kinds::Event;
use record::redact::PersonalText;
use record::tag::Tag;
use service::clock::{Clock as _, FakeClock, Now, boot_id};
use service::random::{RandomSource, SystemRandom};

use super::Failed;

pub(crate) const PROTOCOL: &str = "01JD0000000000000000000000";
const NOTE_CHARS: usize = 300;
const AT_ONCE: usize = 200;
const FIRST: [&str; 8] = ["Maria", "James", "Aisha", "Wei", "Oluwaseun", "Priya", "Zoë", "John"];
const LAST: [&str; 5] = ["Alvarez", "Nguyen", "O'Connor", "Haddad", "Kowalczyk"];

pub(crate) fn tag(item: usize) -> Tag {
    let [.., a, b, c] = (item as u64).wrapping_mul(0x9E37_79B1).to_be_bytes();
    let [.., high, low] = (item as u64).to_be_bytes();
    Tag::from_random([high, low, a, b, c])
}

pub(crate) fn name(n: usize) -> String {
    format!("{} {}", FIRST[n % FIRST.len()], LAST[n / FIRST.len() % LAST.len()])
}

pub(crate) fn note(n: usize) -> String {
    let words =
        "wiped twice around the probe holder and the cable, the tray was changed, the left wheel sticks; ";
    let mut note = format!("Record {n}: ");
    while note.len() < NOTE_CHARS {
        note.push_str(words);
    }
    note.truncate(NOTE_CHARS);
    note
}

pub(crate) fn open(dir: &Path) -> Result<Store, Failed> {
    let random: Arc<dyn RandomSource> = Arc::new(SystemRandom);
    let clock = Arc::new(system_clock(boot_id(random.bytes())));
    Ok(Store::open(StoreConfig::new(dir), clock, random)?.0)
}

pub(crate) fn open_under(dir: &Path, clock: Arc<FakeClock>) -> Result<Store, Failed> {
    Ok(Store::open(StoreConfig::new(dir), clock, Arc::new(SystemRandom))?.0)
}

pub(crate) fn plain(kind: &str, body: &str) -> EntryDraft {
    EntryDraft { by: EntryAuthor::BOX, idem: None, event: Event::read(kind, body), texts: Vec::new() }
}

pub(crate) fn cleaning(n: usize, items: usize, random: &dyn RandomSource) -> Result<EntryDraft, Failed> {
    let name = PersonalText::new(&name(n), random.bytes())?;
    let note = PersonalText::new(&note(n), random.bytes())?;
    let body = format!(
        r#"{{"tag":"{}","protocol":{{"id":"{PROTOCOL}","version":1}},"steps":[1,2,3,4],"contact":{{"required_s":60}},"who":{{"proof":"typed","name":{{"redactable":"{}"}}}},"note":{{"redactable":"{}"}},"incomplete":["contact time"]}}"#,
        tag(n.wrapping_mul(7_919) % items),
        name.redactable().hash,
        note.redactable().hash
    );
    let idem = Some(IdempotencyRecord { key: Digest16(random.bytes()), req: Digest16(random.bytes()) });
    let event = Event::read("cleaning.recorded", &body);
    Ok(EntryDraft { by: EntryAuthor::BOX, idem, event, texts: vec![name, note] })
}

pub(crate) fn admin(staff: StaffId, random: &dyn RandomSource) -> Result<EntryDraft, Failed> {
    let name = PersonalText::new("Grace Okafor", random.bytes())?;
    let body = format!(
        r#"{{"staff":"{staff}","name":{{"redactable":"{}"}},"role":"facility_admin"}}"#,
        name.redactable().hash
    );
    let draft = EntryDraft { texts: vec![name], ..plain("staff.added", &body) };
    let is_known = !matches!(draft.event, Event::Unknown { .. });
    is_known.then_some(draft).ok_or_else(|| "an event that nobody knows".into())
}

pub(crate) async fn record(store: &Store, drafts: Vec<EntryDraft>) -> Result<(), Failed> {
    let mut rest = drafts;
    while !rest.is_empty() {
        let more = rest.split_off(rest.len().min(AT_ONCE));
        let drafts = std::mem::replace(&mut rest, more);
        store.submit(|_| WriteDecision::Append { drafts, answer: () }).await?;
    }
    Ok(())
}

pub(crate) fn events(items: usize, history: usize) -> Result<Vec<EntryDraft>, Failed> {
    let steps = ["Gloves on", "Wipe from clean to dirty", "Keep it wet", "Let it dry"]
        .map(|text: &str| format!(r#"{{"text":"{text}"}}"#))
        .join(",");
    let protocol = format!(
        r#"{{"protocol":"{PROTOCOL}","version":1,"name":"Low-level wipe","steps":[{steps}],"contact_s":60}}"#
    );
    let mut all = vec![plain("protocol.published", &protocol)];
    for item in 0..items {
        let tag = tag(item);
        let added = format!(
            r#"{{"tag":"{tag}","name":"Ultrasound {item}","asset_number":"A-{item:05}","category":"Ultrasound","location":"Bay {}","class":"noncritical","protocols":["{PROTOCOL}"]}}"#,
            item % 24
        );
        all.push(plain("equipment.added", &added));
        let schedule = match item % 3 {
            0 => r#"{"every":"days","n":1}"#,
            1 => r#"{"every":"hours","n":8}"#,
            _ => r#"{"every":"weeks","n":1}"#,
        };
        let set = format!(r#"{{"tag":"{tag}","schedule":{schedule},"from":1763600000000}}"#);
        all.push(plain("schedule.set", &set));
    }
    for n in 0..items * history {
        all.push(cleaning(n, items, &SystemRandom)?);
    }
    if let Some(draft) = all.iter().find(|draft| matches!(draft.event, Event::Unknown { .. })) {
        return Err(format!("an event that nobody knows: {draft:?}").into());
    }
    Ok(all)
}

pub(crate) fn seed(data: &Path, (items, history): (usize, usize)) -> Result<(), Failed> {
    let store = open(data)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        record(&store, events(items, history)?).await?;
        store.stop().await?;
        Ok(())
    })
}

/// As [`seed`], with so many cleanings over a span that ends now, and one who may do anything; the secret of their session.
pub(crate) fn seed_years(
    data: &Path,
    (items, cleanings): (usize, usize),
    span_ms: i64,
    more: Vec<EntryDraft>,
) -> Result<String, Failed> {
    let random: Arc<dyn RandomSource> = Arc::new(SystemRandom);
    let now = system_clock(boot_id(random.bytes())).now();
    let clock = Arc::new(FakeClock::new(Now {
        wall_ms: now.wall_ms - span_ms,
        boot: BootId::new(1, [1; 10]),
        ..now
    }));
    let store = open_under(data, clock.clone())?;
    let step_ms = span_ms / i64::try_from(cleanings / AT_ONCE)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let member = StaffId::new(0, random.bytes());
    runtime.block_on(async {
        record(&store, events(items, 0)?).await?;
        record(&store, more).await?;
        record(&store, vec![admin(member, &*random)?]).await?;
        for step in 0..cleanings / AT_ONCE {
            let range = step * AT_ONCE..(step + 1) * AT_ONCE;
            let drafts: Result<Vec<_>, _> = range.map(|n| cleaning(n, items, &*random)).collect();
            clock.advance_ms(step_ms);
            record(&store, drafts?).await?;
        }
        Ok::<(), Failed>(())
    })?;
    let identity = IdentityStores::open(store.state(), store.disk(), &random)?;
    let secret = identity.sessions.begin(member, &system_clock(boot_id(random.bytes())).now())?;
    runtime.block_on(store.stop())?;
    Ok(secret)
}
