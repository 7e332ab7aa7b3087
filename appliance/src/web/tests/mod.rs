//! Every page and path against a real store in a temporary folder.

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::Body;
use http::header::{CONTENT_TYPE, HOST, LOCATION, SET_COOKIE};
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use record::entry::ClockState;
use record::ids::{BootId, FacilityId, ProtocolId, StaffId};
use record::kinds::{Agent, EquipmentPatch, Event, PhotoPolicy, Schedule, StaffRole, Step};
use record::proof::RecordProof;
use record::tag::Tag;
use service::clock::{FakeClock, Now};
use service::random::{RandomSource, SystemRandom};
use tokio::sync::watch;
use tower::ServiceExt as _;
use web::table::Table;
use web::test::{AnswerChecker, TestClient};

use crate::alarms::AlarmStore;
use crate::backup::{BackupContext, BackupService, RelayCopy};
use crate::command;
use crate::command::ExecuteOutcome;
use crate::identity::{ApiTokenScope, IdentityStores};
use crate::intake::{Command, NewEquipment, NewProtocol, NewStaff};
use crate::listen::PeerAddress;
use crate::photo::{PhotoSettings, PhotoStore, UploadLimits};
use crate::printing::{PrintService, PrinterConfig};
use crate::settings::BackupSettings;
use crate::store::system_disk::FolderError;
use crate::store::{Store, configure_test_store};
use crate::uplink::TransportReport;
use crate::web::context::{AppState, FieldParts, RelayLinkState, WebParts, WebSettings};
use crate::web::{mount_table, routes};

mod command_sources;
mod equipment;
mod facility;
mod fixture;
mod input;
#[path = "../../../../tests/src/kept_answers.rs"]
mod kept_answers;
mod languages;
mod phone;
mod printing;
mod programs;
mod quiet_reads;
mod readers;
mod staff;
mod steady_disk;
mod table;

use self::steady_disk::{StateFaults, SteadyDisk};

/// 2026-11-20 14:04:31 in Chicago.
const NOW: i64 = 1_795_205_071_000;
/// A stand-in for the photo process: sizes, a JPEG's first bytes and the first line of what came in, and a thumbnail of five bytes.
/// `bad` and a zip are refused, and a PNG without a picture as too large; a path is a file with what the photo process wrote.
const CLEANER: &str = r#"IFS= read -r first; case "$first" in bad*|PK*) exit 65;; sick*) exit 70;; ?PNG*) grep -qa IDAT || exit 66;; /*) exec cat "$first";; esac
    printf "\\000\\000\\000\\$(printf %03o $((2 + ${#first})))\\000\\000\\000\\005\\377\\330%s\\377\\330t\\377\\331" "$first""#;

static TABLE: LazyLock<(Table<AppState>, Arc<AnswerChecker>)> = LazyLock::new(|| {
    let table = Table::build(routes::API_INFO, routes::all_routes()).unwrap();
    let checker = Arc::new(AnswerChecker::new(&table));
    (table, checker)
});

struct World {
    state: AppState,
    router: Router,
    client: TestClient,
    clock: Arc<FakeClock>,
    link: watch::Sender<RelayLinkState>,
    transports: watch::Sender<Option<TransportReport>>,
    pump: Tag,
    card: Arc<FakeCard>,
    claimed: Arc<std::sync::Mutex<Option<FacilityId>>>,
    state_faults: Arc<StateFaults>,
    dir: tempfile::TempDir,
}

fn relay_key() -> record::sign::SignerKey {
    record::sign::SignerKey::new("relay.example/cosign/1", record::sign::KeyKind::Cosignature, &[6; 32])
        .unwrap()
}

#[derive(Debug, Default)]
struct FakeCard(std::sync::atomic::AtomicU64);

impl crate::photo::DiskSpaceSource for FakeCard {
    fn room(&self, _: &std::path::Path) -> std::io::Result<crate::photo::DiskSpace> {
        let used = self.0.load(std::sync::atomic::Ordering::Relaxed);
        Ok(crate::photo::DiskSpace { total: 100, free: 100 - used })
    }
}

struct Answer {
    status: u16,
    headers: http::HeaderMap,
    bytes: Vec<u8>,
}

impl Answer {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    fn header(&self, name: http::HeaderName) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    fn location(&self) -> String {
        self.header(LOCATION).to_owned()
    }

    fn cookies(&self) -> String {
        let all = self.headers.get_all(SET_COOKIE).iter();
        all.map(|c| c.to_str().unwrap().split(';').next().unwrap()).collect::<Vec<_>>().join("; ")
    }

    /// The page without the elements that only mark what somebody entered in the middle of a sentence, and without the
    /// white space between elements.
    fn read(&self) -> String {
        let text = self.text().replace("<bdi translate=\"no\">", "").replace("</bdi>", "");
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let first = lines.next().unwrap_or_default().to_owned();
        lines.fold(first, |page, line| {
            let between = if page.ends_with('>') && line.starts_with('<') { "" } else { "\n" };
            page + between + line
        })
    }

    fn has(&self, words: &str) -> &Self {
        assert!(self.read().contains(words), "“{words}” is not in {} {}", self.status, self.text());
        self
    }

    fn has_not(&self, words: &str) -> &Self {
        assert!(!self.read().contains(words), "“{words}” is in {}", self.text());
        self
    }

    fn is(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{} {}", self.location(), self.text());
        self
    }

    fn hidden(&self, name: &str) -> String {
        let text = self.text();
        let from = text
            .find(&format!("name=\"{name}\" value=\""))
            .unwrap_or_else(|| panic!("no field {name}: {text}"));
        let value = &text[from..];
        value.split('"').nth(3).unwrap().to_owned()
    }
}

impl World {
    async fn new() -> Self {
        Self::with(UploadLimits::default()).await
    }

    async fn with(limits: crate::photo::UploadLimits) -> Self {
        Self::in_dir(tempfile::tempdir().unwrap(), limits).await
    }

    async fn end(self) -> tempfile::TempDir {
        self.state.store.stop().await.unwrap();
        let Self { dir, .. } = self;
        dir
    }

    async fn in_dir(dir: tempfile::TempDir, limits: crate::photo::UploadLimits) -> Self {
        let printers = vec![PrinterConfig::escpos(
            "Desk",
            "tcp://127.0.0.1:1",
            ::labels::Dpi::D203,
            ::labels::language::ConfirmationLevel::Printed,
        )];
        let mut world = Self::bare(dir, limits, Arc::new(SystemRandom), printers).await;
        world.furnish().await;
        world.clock.advance(std::time::Duration::from_secs(3_600));
        world
    }

    async fn bare(
        dir: tempfile::TempDir,
        limits: crate::photo::UploadLimits,
        random: Arc<dyn RandomSource>,
        printers: Vec<PrinterConfig>,
    ) -> Self {
        let boot = BootId::new(0, [7; 10]);
        let now = Now { wall_ms: NOW - 3_600_000, boot, up_ms: 1_000_000, state: ClockState::Synced };
        let clock = Arc::new(FakeClock::new(now));
        let config = configure_test_store(dir.path().join("box"));
        let state_faults = Arc::default();
        let disk = loop {
            match SteadyDisk::take_folder(&config.dir, &state_faults) {
                // The one before is on its way out, or another test of this process is starting a child, which holds every
                // lock until it is another program.
                Err(FolderError::InUse(_)) => tokio::task::yield_now().await,
                taken => break taken.unwrap(),
            }
        };
        let (store, _) = Store::open_on(disk, config.sizes, clock.clone(), &*random).unwrap();
        let identity = IdentityStores::open(store.state(), store.disk(), &random).unwrap();
        let card = Arc::new(FakeCard::default());
        let photos = PhotoSettings {
            dir: dir.path().join("box/photos"),
            command: ["/bin/sh", "-c", CLEANER].map(Into::into).to_vec(),
            free_percent_min: 10,
            limits,
            card: card.clone(),
        };
        let photos = PhotoStore::open(photos, random.clone()).unwrap();
        let (outcomes, _) = tokio::sync::mpsc::channel(8);
        let printing = PrintService::open(store.state(), printers, clock.clone(), &random, outcomes).unwrap();
        let (link, links) = watch::channel(RelayLinkState::Alone);
        let (transports, transport_reports) = watch::channel(None);
        let alarms = Arc::new(AlarmStore::open(store.disk(), clock.clone()));
        alarms.open_reminders(store.state()).unwrap();
        let settings = WebSettings {
            hosts: vec!["box.lan".into()],
            submits_per_address: 0,
            https_port: Some(8443),
            ..WebSettings::default()
        };
        let printing = Arc::new(printing);
        let claimed = Arc::<std::sync::Mutex<Option<FacilityId>>>::default();
        let backups = BackupService::open(BackupContext {
            store: store.clone(),
            photos: photos.clone(),
            alarms: Arc::clone(&alarms),
            clock: clock.clone(),
            random: random.clone(),
            data: dir.path().join("box"),
            settings: BackupSettings::default(),
            settings_text: String::new(),
            relay: Arc::new({
                let claimed = claimed.clone();
                let copy = RelayCopy { entries: 1, of_entries: 1, photos: 0, of_photos: 0 };
                move || claimed.lock().unwrap().map(|_| copy)
            }),
        });
        let state = AppState::new(WebParts {
            backups,
            store,
            identity,
            photos,
            printing,
            clock: clock.clone(),
            random,
            link: links,
            transports: transport_reports,
            contact_timers: Arc::default(),
            label_scans: Arc::default(),
            alarms,
            cosigners: Arc::new(|| vec![relay_key().verifier().clone()]),
            field: field_parts(&dir.path().join("box")),
            facility_id: Arc::new({
                let claimed = claimed.clone();
                move || *claimed.lock().unwrap()
            }),
            settings,
        });
        let router = mount_table(&TABLE.0, state.clone());
        Self {
            client: TestClient::new(router.clone(), TABLE.1.clone()),
            router,
            state,
            clock,
            link,
            transports,
            pump: "ABCDEFGH3".parse().unwrap(),
            card,
            claimed,
            state_faults,
            dir,
        }
    }

    async fn furnish(&mut self) {
        let settings = crate::intake::SettingsChange {
            name: Some("Linden Valley Hospital".into()),
            zone: Some("America/Chicago".into()),
            label_host: Some("HTTP://10.0.0.5".into()),
            contact: Some("biomed, ext. 4417".into()),
            ..Default::default()
        };
        self.give(Command::ChangeFacility(Box::new(settings))).await;
        let step = |text: &str| Step { text: text.into(), required: true };
        let protocol = NewProtocol {
            protocol: None,
            name: "Low-level wipe".into(),
            steps: vec![
                step("Gloves on"),
                step("Wipe off visible soil"),
                Step { text: "Dry".into(), required: false },
            ],
            contact_s: Some(180),
            declared: false,
            agents: vec![Agent { name: "Quat wipe".into(), epa: "99120-7".into(), dilution: String::new() }],
            minutes: Some(4),
            ppe: "gloves".into(),
            ifu: String::new(),
            ..NewProtocol::default()
        };
        self.give(Command::PublishProtocol(Box::new(protocol))).await;
        let protocol = *self.state.store.facility().protocols.keys().next().unwrap();
        self.pump =
            self.add("Infusion pump 14", "ICU East, bed 14", Some(protocol), PhotoPolicy::Optional).await;
        self.add("Infusion pump 15", "ICU East, bed 15", None, PhotoPolicy::None).await;
        self.add("ECG <cart> 2", "Cardiology", None, PhotoPolicy::Required).await;
    }

    async fn add(&self, name: &str, location: &str, protocol: Option<ProtocolId>, photo: PhotoPolicy) -> Tag {
        let fields = EquipmentPatch {
            name: Some(name.into()),
            location: Some(location.into()),
            asset_number: Some("BM-20418".into()),
            photo: Some(photo),
            protocols: Some(protocol.into_iter().collect()),
            ..Default::default()
        };
        let schedule = Some(Schedule::every_days(1));
        let seq = self
            .give(Command::AddEquipment(Box::new(NewEquipment {
                tag: None,
                fields,
                schedule,
                ..Default::default()
            })))
            .await;
        match self.event(seq) {
            Event::EquipmentAdded(added) => added.tag,
            other => panic!("{other:?}"),
        }
    }

    async fn give(&self, command: Command) -> u64 {
        let provided = crate::command::execute_as_box(&self.state.store, self.state.random.clone(), command)
            .await
            .unwrap();
        match provided {
            ExecuteOutcome::New(recorded) => recorded[0].seq,
            ExecuteOutcome::Again(line) => line.of.seq,
        }
    }

    fn event(&self, seq: u64) -> Event {
        self.state.store.reader().unwrap().entry(seq).unwrap().unwrap().event()
    }

    fn size(&self) -> u64 {
        self.state.store.size()
    }

    fn cleaning(&self) -> record::kinds::CleaningRecorded {
        match self.event(self.size() - 1) {
            Event::CleaningRecorded(body) => *body,
            other => panic!("{other:?}"),
        }
    }

    async fn send(&self, request: Request<Body>, secure: bool) -> Answer {
        self.send_as(addressed(request, secure)).await
    }

    async fn send_as(&self, request: Request<Body>) -> Answer {
        let requested = format!("{} {}", request.method(), request.uri());
        let answer = self.client.send(request).await;
        let (status, bytes) = (answer.status.as_u16(), answer.body.to_vec());
        kept_answers::keep_answer(&requested, status, &answer.headers, &bytes);
        Answer { status, headers: answer.headers, bytes }
    }

    /// Sends a request whose answer is made by a layer before the row.
    async fn send_unchecked(&self, request: Request<Body>, secure: bool) -> Answer {
        let answer = self.client.send_unchecked(addressed(request, secure)).await;
        Answer { status: answer.status.as_u16(), headers: answer.headers, bytes: answer.body.to_vec() }
    }

    /// The answer as it goes over the connection, compressed where it is.
    async fn send_raw(&self, request: Request<Body>) -> Answer {
        let answer = self.router.clone().oneshot(addressed(request, false)).await.unwrap();
        let (head, body) = answer.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes().to_vec();
        Answer { status: head.status.as_u16(), headers: head.headers, bytes }
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap(), false).await
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.send(posted(path, form), false).await
    }
}

/// A box without an image, which takes up any claim file.
fn field_parts(data: &std::path::Path) -> FieldParts {
    std::fs::write(data.join(crate::setup::CODE_FILE), "AAAAA-AAAAA\n").unwrap();
    let code = crate::setup::SetupCode::find(None, data);
    let transports = TransportReport {
        transport: crate::uplink::transport::choice::UplinkTransport::Mqtt,
        faults: std::collections::BTreeMap::new(),
        proxy: None,
        relay_tzdb: None,
    };
    let status = crate::uplink::UplinkStatus {
        state: crate::uplink::UplinkState::Alone,
        backlog: 0,
        ended_backlog: 0,
        transports,
    };
    FieldParts {
        data: data.to_owned(),
        // A machine without data: that of this one changes while tests run.
        root: crate::doctor::machine::MachineRoot::at(std::path::Path::new("/nonexistent")),
        setup_folder: None,
        code,
        access_point: true,
        uplink: watch::channel(status).1,
        route: Default::default(),
        settings_list: "log = \"info\"\n".to_owned(),
        take_claim: Arc::new(|_| Ok(())),
        own_addresses: Arc::new(|| [5, 7, 8, 9, 77].map(|n| std::net::IpAddr::from([10, 0, 0, n])).to_vec()),
    }
}

/// From the usual phone, by plain HTTP or by HTTPS.
fn addressed(mut request: Request<Body>, secure: bool) -> Request<Body> {
    let local = std::net::SocketAddr::from(([10, 0, 0, 5], if secure { 8443 } else { 8080 }));
    request.extensions_mut().insert(PeerAddress { remote: [10, 0, 0, 9].into(), local, secure });
    request.headers_mut().entry(HOST).or_insert(http::HeaderValue::from_static("10.0.0.5"));
    request
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

fn posted(path: &str, form: &[(&str, &str)]) -> Request<Body> {
    let body: Vec<String> = form.iter().map(|(k, v)| format!("{}={}", encoded(k), encoded(v))).collect();
    let request = Request::post(path).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    request.body(Body::from(body.join("&"))).unwrap()
}

fn with_photo(path: &str, form: &[(&str, &str)], photo: &[u8]) -> Request<Body> {
    let mut body = Vec::new();
    for (name, value) in form {
        body.extend(
            format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes(),
        );
    }
    body.extend(b"--XX\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"../../x.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n");
    body.extend(photo);
    body.extend(b"\r\n--XX--\r\n");
    Request::post(path)
        .header(CONTENT_TYPE, "multipart/form-data; boundary=XX")
        .body(Body::from(body))
        .unwrap()
}
