//! A box for the tests of its table: what the rows' examples name is there, on fixed time and randomness.

use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::header::{AUTHORIZATION, COOKIE};
use http::{Extensions, HeaderMap, HeaderName, HeaderValue};
use record::alarm::AlarmCode;
use record::entry::{CommandSource, EntryAuthor, EntryDraft};
use record::ids::DeviceId;
use record::kinds::{
    CategoryDefaults, EntryRef, EquipmentPatch, ProtocolPublished, StaffAdded, UpkeepPlanned,
};
use record::receipt::Receipt;
use record::redact::PersonalText;
use service::clock::Clock as _;
use service::random::SeededRandom;
use tracing::subscriber::DefaultGuard;
use web::test::{FixtureCaller, FixtureWorld};

use super::*;
use crate::alarms::AlarmCause;
use crate::identity::{BadgeCode, NewBadge, NewToken, TokenHand, TokenLife, form_token};
use crate::intake::{self, CategoryChange, CleaningForm, ListedOver, LocationChange, Permission};
use crate::phones::PhoneTables;
use crate::printing::{JobRequest, LabelRequest, PrinterSettings};
use crate::store::WriteDecision;
use crate::web::examples;
use crate::web::request::client::cookies::SESSION;

pub(super) fn copy_parts(world: &World) -> WebParts {
    let parts = &*world.state;
    WebParts {
        store: parts.store.clone(),
        identity: parts.identity.clone(),
        photos: parts.photos.clone(),
        printing: parts.printing.clone(),
        clock: parts.clock.clone(),
        random: parts.random.clone(),
        link: parts.link.clone(),
        transports: parts.transports.clone(),
        contact_timers: parts.contact_timers.clone(),
        label_scans: parts.label_scans.clone(),
        alarms: parts.alarms.clone(),
        backups: parts.backups.clone(),
        cosigners: parts.cosigners.clone(),
        facility_id: parts.facility_id.clone(),
        field: parts.field.clone(),
        settings: parts.settings.clone(),
    }
}

const PHONE_SECRET: [u8; 32] = [7; 32];
const FURNISH_SEED: u64 = 1;
const SERVE_SEED: u64 = 1 << 32;
const DAY_MS: i64 = 86_400_000;

const PERMISSIONS: [Permission; 12] = [
    Permission::View,
    Permission::Record,
    Permission::EditEquipment,
    Permission::Print,
    Permission::EditPrinters,
    Permission::SignOff,
    Permission::SeePeople,
    Permission::EditPeople,
    Permission::EditSettings,
    Permission::ManageTokens,
    Permission::ReadAudit,
    Permission::MakeReports,
];

pub(super) async fn fixture_table() -> Table<AppState> {
    let drawn = FixtureBox::open(Draws::Further).await.drawn;
    let mut routes = routes::all_routes();
    for (_, value) in routes.iter_mut().flat_map(|route| &mut route.example.parts) {
        if let Some(found) = drawn.replace(value) {
            *value = found.to_owned();
        }
    }
    Table::build(routes::API_INFO, routes).unwrap()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Draws {
    /// Other random values each time, as on a real box.
    Further,
    /// The same after each call of [`FixtureWorld::router`].
    Again,
}

/// Names of furniture that are drawn, or follow from content: the same in each box.
#[derive(Debug)]
struct DrawnNames {
    receipt: String,
    cleaning: String,
    problem: String,
    photo_file: String,
    token: String,
    badge: String,
    alarm: String,
    reminder: String,
}

impl DrawnNames {
    fn replace(&self, placeholder: &str) -> Option<&str> {
        match placeholder {
            examples::RECEIPT => Some(&self.receipt),
            examples::CLEANING => Some(&self.cleaning),
            examples::PROBLEM => Some(&self.problem),
            examples::PHOTO_FILE => Some(&self.photo_file),
            examples::TOKEN => Some(&self.token),
            examples::BADGE => Some(&self.badge),
            examples::ALARM => Some(&self.alarm),
            examples::REMINDER => Some(&self.reminder),
            _ => None,
        }
    }
}

#[derive(Debug)]
struct FixtureRandom(Mutex<SeededRandom>);

impl FixtureRandom {
    fn restart(&self, seed: u64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = SeededRandom::new(seed);
    }
}

impl RandomSource for FixtureRandom {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill(bytes);
    }
}

#[derive(Debug, Clone, Default)]
struct Traces(Arc<Mutex<Vec<u8>>>);

impl Write for Traces {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

pub(super) struct FixtureBox {
    world: World,
    callers: Vec<FixtureCaller>,
    drawn: DrawnNames,
    random: Arc<FixtureRandom>,
    draws: Draws,
    traces: Traces,
    _subscriber: DefaultGuard,
}

impl FixtureBox {
    pub(super) async fn open(draws: Draws) -> Self {
        let traces = Traces::default();
        let writer = traces.clone();
        let subscriber =
            tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
        let subscriber = tracing::subscriber::set_default(subscriber);
        let random = Arc::new(FixtureRandom(Mutex::new(SeededRandom::new(FURNISH_SEED))));
        let dir = tempfile::tempdir().unwrap();
        let world = World::bare(dir, UploadLimits::default(), random.clone(), Vec::new()).await;
        super::phone::trust::put_certificate(&world);
        let drawn = furnish(&world).await;
        // A time server would let nobody say what the time is.
        world.clock.set(Now { state: ClockState::Rtc, ..world.clock.now() });
        let callers = list_callers(&world).await;
        random.restart(SERVE_SEED);
        Self { world, callers, drawn, random, draws, traces, _subscriber: subscriber }
    }
}

impl FixtureBox {
    /// The same with what phones leave behind in `state.redb`, as in a box that runs.
    pub(super) fn with_phone_tables(mut self) -> Self {
        let tables = PhoneTables::open(self.world.state.store.state());
        let (contact_timers, label_scans) = (tables.contact_timers, tables.label_scans);
        let state = AppState::new(WebParts { contact_timers, label_scans, ..copy_parts(&self.world) });
        self.world.router = mount_table(&TABLE.0, state.clone());
        self.world.state = state;
        self
    }

    pub(super) fn world(&self) -> &World {
        &self.world
    }
}

impl FixtureWorld for FixtureBox {
    fn router(&self) -> Router {
        if self.draws == Draws::Again {
            self.random.restart(SERVE_SEED);
        }
        self.world.router.clone()
    }

    fn callers(&self) -> &[FixtureCaller] {
        &self.callers
    }

    async fn records(&self) -> u64 {
        self.world.size()
    }

    fn traces(&self) -> String {
        let bytes = self.traces.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

async fn furnish(world: &World) -> DrawnNames {
    let settings = intake::SettingsChange {
        name: Some("Linden Valley Hospital".into()),
        zone: Some("America/Chicago".into()),
        label_host: Some("HTTP://10.0.0.5".into()),
        contact: Some("biomed, ext. 4410".into()),
        ..Default::default()
    };
    world.give(Command::ChangeFacility(Box::new(settings))).await;
    append_chosen(world).await;
    add_items(world).await;
    append_upkeep(world).await;
    append_lists(world).await;
    sign_off(world).await;
    refuse_record(world);
    keep_report(world);
    let held = crate::phones::WaitingNotice { records: 2, oldest_s: 90_000 };
    let up_ms = world.clock.now().up_ms;
    let phones = world.state.stored::<crate::phones::WaitingPhones>();
    let network = service::attempts::ClientNetwork::of(std::net::Ipv4Addr::LOCALHOST.into());
    let device = examples::WAITING_PHONE.parse().unwrap();
    let sender = crate::phones::NoticeSender { device, network, is_known: true };
    phones.note_phone(sender, held, up_ms);
    set_up_printing(world);
    let photo = keep_photo(world).await;
    let receipt = record_cleaning(world).await;
    let problem = report_problem(world).await;
    world.state.alarms.raise(AlarmCause::new(AlarmCode::ClockUnsure));
    let (token, _) = make_token(world, ApiTokenScope::Read, NOW);
    DrawnNames {
        receipt: receipt.to_string(),
        cleaning: format!("{}.{}", world.state.store.origin().epoch, receipt.seq),
        problem: format!("{}.{problem}", world.state.store.origin().epoch),
        photo_file: format!("{photo}.jpg"),
        token: token.id,
        badge: add_badge(world),
        reminder: remind(world),
        alarm: world.state.alarms.all()[0].id.clone(),
    }
}

/// A protocol and a person with ids of our choice, which no command takes.
async fn append_chosen(world: &World) {
    let protocol = format!(
        r#"{{"protocol":"{}","version":1,"name":"Low-level wipe","steps":[{{"text":"Gloves on"}}]}}"#,
        examples::PROTOCOL
    );
    let protocol: ProtocolPublished = serde_json::from_str(&protocol).unwrap();
    let name = PersonalText::new("Ada Lovelace", [3; 16]).unwrap();
    let staff = examples::STAFF.parse().unwrap();
    let person = StaffAdded {
        staff,
        name: name.redactable(),
        role: StaffRole::Technician,
        locale: None,
        number: String::new(),
    };
    let draft = |event: Event, texts| EntryDraft { by: EntryAuthor::BOX, idem: None, event, texts };
    let drafts = vec![draft(protocol.into(), Vec::new()), draft(person.into(), vec![name])];
    world.state.store.submit(|_| WriteDecision::Append { drafts, answer: () }).await.unwrap();
    world.state.identity.pins.set(staff, StaffRole::Technician, examples::PIN).unwrap().unwrap();
}

async fn add_items(world: &World) {
    let protocol: ProtocolId = examples::PROTOCOL.parse().unwrap();
    for (tag, name) in [(examples::TAG, "Infusion pump 14"), (examples::SUSPENDED_TAG, "Infusion pump 15")] {
        let fields = EquipmentPatch {
            name: Some(name.into()),
            asset_number: Some("BM-20418".into()),
            photo: Some(PhotoPolicy::Optional),
            protocols: Some(vec![protocol]),
            ..Default::default()
        };
        let (tag, schedule) = (Some(tag.parse().unwrap()), Some(Schedule::every_days(1)));
        world
            .give(Command::AddEquipment(Box::new(NewEquipment {
                tag,
                fields,
                schedule,
                ..Default::default()
            })))
            .await;
    }
    let equipment = examples::TAG.parse().unwrap();
    let (tag, why) = (Some(examples::SPARE_TAG.parse().unwrap()), record::kinds::TagReason::Spare);
    world.give(Command::AssignTag(intake::NewTag { tag, equipment, why, replaces: None })).await;
    world
        .give(Command::AddAlias(intake::NewAlias { code: "BME-004711".into(), equipment, confirmed: false }))
        .await;
    let tag = examples::SUSPENDED_TAG.parse().unwrap();
    world
        .give(Command::SuspendEquipment { tag, reason: "Cracked screen".into(), back: None, seen: None })
        .await;
}

async fn append_lists(world: &World) {
    let over = ListedOver::New;
    let place = LocationChange {
        name: "ICU East".into(),
        renamed_from: None,
        within: String::new(),
        order: None,
        retired: false,
        over,
    };
    world.give(Command::SetLocation(Box::new(place))).await;
    let (fields, defaults) = (Vec::new(), CategoryDefaults::default());
    let category =
        CategoryChange { name: "Bed".into(), renamed_from: None, fields, defaults, retired: false, over };
    world.give(Command::SetCategory(Box::new(category))).await;
}

async fn sign_off(world: &World) {
    let (staff, protocol) = (examples::STAFF.parse().unwrap(), examples::PROTOCOL.parse().unwrap());
    let (until, note) = (None, "Watched twice".into());
    let form = intake::CompetencySignOff { staff, protocol, until, note, seen: None };
    world.give(Command::GrantCompetency(form)).await;
}

/// A maintenance task with an id of our choice, which no command takes.
async fn append_upkeep(world: &World) {
    let task = UpkeepPlanned {
        upkeep: examples::UPKEEP.parse().unwrap(),
        tag: examples::UPKEPT_TAG.parse().unwrap(),
        name: "Electrical safety test".into(),
        schedule: Schedule::Weeks { n: 52 },
        from: NOW,
        protocol: None,
        by_calendar: false,
    };
    let drafts = vec![EntryDraft { by: EntryAuthor::BOX, idem: None, event: task.into(), texts: Vec::new() }];
    world.state.store.submit(|_| WriteDecision::Append { drafts, answer: () }).await.unwrap();
}

/// A printer whose worker rests, so that it says the same at all times; a template, a logo, and a job in doubt.
fn set_up_printing(world: &World) {
    let printing = &world.state.printing;
    printing.add(&PrinterSettings::new(examples::PRINTER, "escpos", "tcp://127.0.0.1:1")).unwrap();
    printing.look(Duration::from_secs(5));
    printing.stop(Duration::from_secs(5));
    printing.keep_template(None, examples::TEMPLATE_FILE.as_bytes()).unwrap();
    printing.keep_logo(examples::LOGO_FILE).unwrap();
    let label = LabelRequest {
        tag: Some(examples::TAG.parse().unwrap()),
        url: format!("HTTP://10.0.0.5/{}", examples::TAG),
        name: "Infusion pump 14".into(),
        ..LabelRequest::default()
    };
    let job = examples::JOB.parse().unwrap();
    printing.submit(JobRequest::new(job, vec![label])).unwrap();
    printing.put_in_doubt(job, 1).unwrap();
}

/// A report that was made before.
fn keep_report(world: &World) {
    let folder = world.state.field.data.join("reports");
    std::fs::create_dir_all(&folder).unwrap();
    let id = examples::REPORT;
    let facts = format!(
        r#"{{"id":"{id}","title":"A report","format":"csv","begun_ms":{NOW},"from_ms":0,"to_ms":{NOW},"state":"ready","bytes":5}}"#
    );
    std::fs::write(folder.join(format!("{id}.csv")), "a,b\r\n").unwrap();
    std::fs::write(folder.join(format!("{id}.facts")), facts).unwrap();
}

fn refuse_record(world: &World) {
    let row = crate::phones::RefusedSubmission {
        id: examples::REFUSED.into(),
        refused_ms: NOW,
        tag: "7QK3M9X2X".into(),
        performed_ms: NOW,
        phone_ms: NOW,
        ..crate::phones::RefusedSubmission::example(Vec::new())
    };
    let refused = world.state.stored::<crate::phones::RefusedRecords>();
    assert!(refused.keep(&world.state.store.state_db(), &row, None).unwrap());
}

async fn keep_photo(world: &World) -> record::tree::Hash {
    let mut upload = world.state.photos.incoming([10, 0, 0, 9].into()).await.unwrap();
    upload.write(b"good\n").await.unwrap();
    world.state.photos.keep(upload).await.unwrap()
}

fn remind(world: &World) -> String {
    let table = world.state.alarms.reminders().unwrap();
    table.look_round(&world.state.store.facility(), NOW).unwrap();
    table.all(NOW)[0].id.clone()
}

async fn report_problem(world: &World) -> u64 {
    let form = intake::ProblemForm {
        tag: examples::TAG.parse().unwrap(),
        what: Some(record::kinds::ProblemWord::Broken),
        text: "Screen cracked".into(),
        photos: Vec::new(),
        who: intake::ClaimedCleaner::Entered("Ada".into()),
        pin_ago_s: None,
    };
    world.give(Command::ReportProblem(Box::new(form))).await
}

async fn record_cleaning(world: &World) -> Receipt {
    let by = EntryAuthor {
        staff: None,
        via: CommandSource::Phone,
        device: Some(DeviceId::of_secret(&PHONE_SECRET)),
    };
    let form = CleaningForm::plain(examples::TAG.parse().unwrap(), "Ada");
    let command = Command::RecordCleaning(Box::new(form));
    let request = intake::CommandRequest { by, key: None, sent: None, command };
    let provided =
        command::execute_command(&world.state.store, world.state.random.clone(), request).await.unwrap();
    let ExecuteOutcome::New(recorded) = provided else { panic!("{provided:?}") };
    let of = EntryRef { epoch: world.state.store.origin().epoch, seq: recorded[0].seq };
    Receipt::of(of, recorded[0].leaf)
}

fn make_token(world: &World, scope: ApiTokenScope, made_ms: i64) -> (crate::identity::ApiToken, String) {
    let (name, life, made_by) = ("cmms".into(), TokenLife::Days(1), TokenHand::Socket);
    let new = NewToken { name, scope, life, made_by, submission: None };
    world.state.identity.tokens.make(&new, made_ms).unwrap().unwrap()
}

fn add_badge(world: &World) -> String {
    let staff = examples::STAFF.parse().unwrap();
    let code = BadgeCode::read(examples::STAFF_BADGE).unwrap();
    let new = NewBadge { staff, code, now_ms: NOW };
    world.state.identity.badges.enrol(&new, |_| false).unwrap().unwrap().id
}

/// The first caller that a row admits is the one that its example fits.
async fn list_callers(world: &World) -> Vec<FixtureCaller> {
    let ended = begin_session(world, examples::STAFF.parse().unwrap());
    world.state.identity.sessions.end(&ended).unwrap();
    let technician = examples::STAFF.parse().unwrap();
    let mut callers = vec![
        new_caller("nobody"),
        FixtureCaller {
            headers: prove_by(COOKIE, &format!("{SESSION}={ended}")),
            ..new_caller("ended session")
        },
        staff_caller(world, "technician", StaffRole::Technician, technician),
    ];
    for (name, role) in [
        ("biomed", StaffRole::Biomed),
        ("facility admin", StaffRole::FacilityAdmin),
        ("auditor", StaffRole::Auditor),
    ] {
        let seq = world.give(Command::AddStaff(NewStaff::named(name, role))).await;
        let Event::StaffAdded(added) = world.event(seq) else { panic!("{name} was not added") };
        callers.push(staff_caller(world, name, role, added.staff));
    }
    callers.push(program_caller(
        "ended token",
        Vec::new(),
        make_token(world, ApiTokenScope::Write, NOW - 9 * DAY_MS).1,
    ));
    let scopes = [ApiTokenScope::Read, ApiTokenScope::Record, ApiTokenScope::Write];
    for (name, scope) in ["reader", "recorder", "writer"].into_iter().zip(scopes) {
        let held = scopes.into_iter().filter(|held| *held <= scope).map(ApiTokenScope::word).collect();
        callers.push(program_caller(name, held, make_token(world, scope, NOW).1));
    }
    callers
}

fn begin_session(world: &World, staff: StaffId) -> String {
    world.state.identity.sessions.begin(staff, &world.clock.now()).unwrap()
}

fn staff_caller(world: &World, name: &'static str, role: StaffRole, staff: StaffId) -> FixtureCaller {
    let secret = begin_session(world, staff);
    let permissions = PERMISSIONS.into_iter().filter(|permission| permission.is_of(role));
    FixtureCaller {
        permissions: permissions.map(Permission::name).collect(),
        headers: prove_by(COOKIE, &format!("{SESSION}={secret}")),
        form_token: Some(("form", form_token(&secret))),
        secrets: vec![secret],
        ..new_caller(name)
    }
}

fn program_caller(name: &'static str, scopes: Vec<&'static str>, token: String) -> FixtureCaller {
    let headers = prove_by(AUTHORIZATION, &format!("Bearer {token}"));
    FixtureCaller { scopes, headers, secrets: vec![token], ..new_caller(name) }
}

fn new_caller(name: &'static str) -> FixtureCaller {
    let local = std::net::SocketAddr::from(([10, 0, 0, 5], 8443));
    let mut extensions = Extensions::new();
    extensions.insert(PeerAddress { remote: [10, 0, 0, 9].into(), local, secure: true });
    FixtureCaller { name, extensions, ..FixtureCaller::default() }
}

fn prove_by(name: HeaderName, value: &str) -> HeaderMap {
    HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
}
