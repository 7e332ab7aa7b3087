//! The doctor: each fault that is planted is named, with what to do. A relay with nothing wrong has no such line.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use rcgen::{CertificateParams, KeyPair};
use record::ids::AccountId;
use record::tree::Hash;
use relay::db::log::photos;
use relay::db::{Db, PlatformReason};
use relay::doctor::DoctorDepth::Deep;
use relay::doctor::DoctorState::{Bad, Good, Warning};
use relay::doctor::{DoctorDepth, DoctorReport, DoctorSeams, DoctorState, FreeSpace, examine_relay};
use relay::fleet::Fleet;
use relay::ingest::Ingest;
use relay::jobs::kinds::find_kind;
use relay::jobs::queue::{JobQueue, NewJob};
use relay::keys::{AuthorityKeys, KeyNeeds};
use relay::mqtt::BoxPublisher;
use relay::objects::PhotoStore;
use relay::outgoing::DomainTexts;
use relay::settings::RelaySettings;
use service::clock::{Clock, FakeClock};
use service::random::{RandomSource, SystemRandom};
use service::settings::ListenAddress;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::postgres::Postgres;
use super::stories::{HOUR_MS, log_of};
use super::world::{DAY_MS, NOW_MS, World, run};

const MIB: u64 = 1 << 20;

fn plenty(_: &Path) -> Option<FreeSpace> {
    Some(FreeSpace { free_bytes: 50_000 * MIB, total_bytes: 100_000 * MIB })
}

fn little(_: &Path) -> Option<FreeSpace> {
    Some(FreeSpace { free_bytes: 2_000 * MIB, total_bytes: 100_000 * MIB })
}

fn nothing(_: &Path) -> Option<FreeSpace> {
    Some(FreeSpace { free_bytes: 3 * MIB, total_bytes: 100_000 * MIB })
}

/// A relay in a folder, as it is after a day's work.
struct Patient {
    dir: tempfile::TempDir,
    data: PathBuf,
    world: World,
    settings: RelaySettings,
    clock: Arc<FakeClock>,
    texts: Arc<NamedTexts>,
    space: fn(&Path) -> Option<FreeSpace>,
}

/// TXT records by name.
#[derive(Debug, Default)]
struct NamedTexts(Mutex<BTreeMap<String, Vec<String>>>);

impl NamedTexts {
    fn set(&self, name: &str, texts: &[&str]) {
        let texts = texts.iter().map(|text| (*text).to_owned()).collect();
        self.0.lock().unwrap().insert(name.to_owned(), texts);
    }
}

impl DomainTexts for NamedTexts {
    fn find_texts(&self, name: String) -> BoxFuture<'_, std::io::Result<Vec<String>>> {
        let found = self.0.lock().unwrap().get(&name).cloned().unwrap_or_default();
        let reached =
            if name.contains("unreached") { Err(std::io::ErrorKind::TimedOut.into()) } else { Ok(found) };
        Box::pin(async move { reached })
    }
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

impl Patient {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let address = format!("sqlite:{}", dir.path().join("data/relay.db").display());
        Self::on(dir, &address).await
    }

    async fn on(dir: tempfile::TempDir, address: &str) -> Self {
        let data = dir.path().join("data");
        std::fs::create_dir(&data).unwrap();
        let db = Db::open(address).await.unwrap();
        let world = World::new(db.clone()).await;
        let log = log_of(1, 6 * HOUR_MS);
        world.claim(&log).await;
        let (clock, random): (Arc<dyn Clock>, Arc<dyn RandomSource>) =
            (world.clock.clone(), Arc::new(SystemRandom));
        let (folder, seams) = (data.join("keys"), (Arc::clone(&clock), Arc::clone(&random)));
        let keys =
            AuthorityKeys::open(&db, folder, "localhost", KeyNeeds::NONE, clock, random).await.unwrap();
        keys.init().await.unwrap();
        // Cosigned by the keys that the folder holds.
        let ingest = Ingest::new(db.clone(), keys.shared(), seams.clone(), BoxPublisher::new());
        for first in (0..log.size()).step_by(200) {
            let batch = log.batch(first, (first + 200).min(log.size()));
            ingest.batch(log.origin.box_id, Bytes::from(batch)).await.unwrap();
        }
        ingest.fold_waiting().await.unwrap();
        let settings = RelaySettings {
            data: Some(data.clone()),
            database: Some(address.to_owned()),
            health: ListenAddress::loopback(0),
            public_url: Some("https://relay.example".to_owned()),
            ..RelaySettings::default()
        };
        let fleet = Fleet::open(db.clone(), Arc::new(keys), None, seams).unwrap();
        fleet.own_identity(&settings.own_names()).unwrap();
        std::fs::create_dir(data.join("photos")).unwrap();
        for private in [data.clone(), data.join("keys"), data.join("photos")] {
            set_mode(&private, 0o700);
        }
        for file in std::fs::read_dir(&data).unwrap().flatten().filter(|entry| entry.path().is_file()) {
            set_mode(&file.path(), 0o600);
        }
        let clock = world.clock.clone();
        let texts = Arc::default();
        let patient = Self { dir, data, world, settings, clock, texts, space: plenty };
        patient.write("UPDATE authority SET exported_ms = 1").await;
        for kind in ["forget", "mail-rounds", "merge-rest", "sign-access", "billing-round", "billing-look"] {
            patient.waits(kind).await;
        }
        patient.backed_up(NOW_MS - HOUR_MS).await;
        patient
    }

    async fn backed_up(&self, at_ms: i64) {
        self.backed_up_to(at_ms, PathBuf::from("/backups/1")).await;
    }

    async fn backed_up_to(&self, at_ms: i64, place: PathBuf) {
        let mut tx = self.world.db.platform_write(PlatformReason::Operator).await.unwrap();
        let (act, place) = ("made".to_owned(), place.display().to_string());
        let row = relay::db::operation::backups::BackupRow {
            at_ms,
            act,
            place,
            bytes: 9 << 20,
            sha256: vec![0; 32],
        };
        relay::db::operation::backups::platform_insert(&mut tx, &row).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn waits(&self, kind: &str) {
        let queue = JobQueue::new(self.world.db.clone(), self.clock.clone(), Arc::new(SystemRandom));
        let kind = find_kind(kind).unwrap();
        let mut tx = self.world.db.platform_write(PlatformReason::Work).await.unwrap();
        queue.enqueue(&mut tx, &NewJob::of_relay(kind, NOW_MS + 30 * DAY_MS)).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn write(&self, sql: &'static str) {
        let mut tx = self.world.db.platform_write(PlatformReason::Operator).await.unwrap();
        run(&mut tx, sql).await;
        tx.commit().await.unwrap();
    }

    async fn examine(&self, depth: DoctorDepth) -> DoctorReport {
        let random = Arc::new(SystemRandom);
        let seams =
            DoctorSeams { clock: self.clock.clone(), random, texts: self.texts.clone(), space: self.space };
        examine_relay(Ok(&self.settings), &seams, depth).await
    }

    async fn is_good(&self) {
        let report = self.examine(DoctorDepth::Shallow).await;
        assert_eq!(report.state(), Good, "{report:#?}");
    }

    /// The one line that is not good, of this state: what it says, and what it says to do.
    async fn is_found(&self, state: DoctorState, subject: &str, finding: &str, advice: &str) {
        self.is_found_by(DoctorDepth::Shallow, state, subject, finding, advice).await;
    }

    async fn is_found_by(
        &self,
        depth: DoctorDepth,
        state: DoctorState,
        subject: &str,
        finding: &str,
        advice: &str,
    ) {
        let report = self.examine(depth).await;
        let mut lines = report.lines.iter().filter(|line| line.subject == subject && line.state == state);
        let is_it = lines.any(|line| line.finding.contains(finding) && line.advice.contains(advice));
        assert!(is_it, "no {state:?} {subject} that says {finding:?} and {advice:?} in {report:#?}");
        assert!(report.state() >= state);
    }

    /// A certificate for the public listener, for this name and so many days.
    fn shows(&mut self, host: &str, days: i64, key: Option<&KeyPair>) {
        let signer = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([host.to_owned()]).unwrap();
        fn utc_time(ms: i64) -> time::OffsetDateTime {
            time::OffsetDateTime::from_unix_timestamp(ms / 1_000).unwrap()
        }
        params.not_before = utc_time(NOW_MS - 90 * DAY_MS);
        params.not_after = utc_time(NOW_MS + days * DAY_MS);
        let (certificate, file) = (self.dir.path().join("public.pem"), self.dir.path().join("public.key"));
        std::fs::write(&certificate, params.self_signed(&signer).unwrap().pem()).unwrap();
        std::fs::write(&file, key.unwrap_or(&signer).serialize_pem()).unwrap();
        set_mode(&file, 0o600);
        (self.settings.https.certificate, self.settings.https.key) = (Some(certificate), Some(file));
    }
}

#[tokio::test]
async fn a_relay_with_nothing_wrong_is_good() {
    let patient = Patient::new().await;
    let report = patient.examine(Deep).await;
    assert_eq!(report.state(), Good, "{report:#?}");
    assert!(report.lines.len() > 15 && report.exit_status() == 0, "{report:#?}");
    let looked: Vec<&str> = report.lines.iter().map(|line| line.subject).collect();
    for subject in [
        "settings",
        "data folder",
        "unfinished files",
        "disk",
        "photos",
        "public certificate",
        "certificate for boxes",
        "process",
        "database",
        "schema",
        "timeouts",
        "database line",
        "accounts apart",
        "clock",
        "keys",
        "keys’ export",
        "jobs",
        "pages",
        "boxes",
        "backup",
        "segments",
        "logs",
        "access logs",
        "numbers",
        "stored photos",
    ] {
        assert!(looked.contains(&subject), "{subject} in {looked:?}");
    }
}

#[tokio::test]
async fn faults_of_settings_and_folders_are_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "datta = \"/x\"\n").unwrap();
    let none = std::collections::BTreeMap::new();
    let error = service::settings::load_settings::<RelaySettings>(Some(file.path()), &none).unwrap_err();
    let seams = DoctorSeams {
        clock: Arc::new(FakeClock::at_ms(NOW_MS)),
        random: Arc::new(SystemRandom),
        texts: Arc::<NamedTexts>::default(),
        space: plenty,
    };
    let report = examine_relay(Err(&error), &seams, Deep).await;
    assert!(report.lines.len() == 1 && report.exit_status() == 2, "{report:?}");
    assert!(
        report.lines[0].finding.contains("datta") && report.lines[0].advice.contains("--check"),
        "{report:?}"
    );

    let mut patient = Patient::new().await;
    set_mode(&patient.data, 0o755);
    patient.is_found(Bad, "data folder", "mode 755", "chmod 700").await;
    set_mode(&patient.data, 0o700);
    set_mode(&patient.data.join("relay.db"), 0o644);
    patient.is_found(Bad, "data folder", "relay.db can be read by others", "chmod 600").await;
    set_mode(&patient.data.join("relay.db"), 0o600);
    set_mode(&patient.data.join("keys"), 0o750);
    patient.is_found(Bad, "data folder", "keys can be read by others", "chmod 700").await;
    set_mode(&patient.data.join("keys"), 0o700);
    set_mode(&patient.data.join("keys/cosign-1"), 0o640);
    patient.is_found(Bad, "data folder", "cosign-1 can be read by others (mode 640)", "chmod 600").await;
    patient.is_found(Bad, "keys", "cosign-1 can be read by others", "keys import").await;
    set_mode(&patient.data.join("keys/cosign-1"), 0o600);
    patient.space = little;
    patient.is_found(Warning, "disk", "2000 MiB free", "make room").await;
    patient.space = nothing;
    patient.is_found(Bad, "disk", "3 MiB free", "make room").await;
    patient.space = plenty;
    let photos = patient.dir.path().join("no-folder");
    std::fs::write(&photos, "a file").unwrap();
    patient.settings.objects = Some(photos);
    patient.is_found(Bad, "photos", "cannot be used", "boxes keep their photos").await;
    patient.settings.objects = None;
    std::fs::remove_file(patient.data.join("keys/cosign-1")).unwrap();
    patient.is_found(Bad, "keys", "cosign key 1", "keys import").await;
    let next = "INSERT INTO authority (kind, n, public, fingerprint, state, from_ms, until_ms, exported_ms) \
                VALUES ('directive', 2, 'x', 'x', 'next', 1, NULL, 1)";
    patient.write(next).await;
    patient.is_found(Warning, "keys", "next directive key, 2, is not there", "keys revoke directive 2").await;
    std::fs::write(patient.data.join("keys/ca-1.pem"), "a certificate").unwrap();
    patient.is_found(Warning, "keys", "ca-1.pem is not the certificate", "keys import").await;
    patient.settings.data = Some(patient.dir.path().join("elsewhere"));
    patient.is_found(Bad, "data folder", "is not there", "--data").await;
}

#[tokio::test]
async fn faults_of_certificates_are_named() {
    let mut patient = Patient::new().await;
    let other = KeyPair::generate().unwrap();
    patient.shows("relay.example", 60, None);
    assert_eq!(patient.examine(DoctorDepth::Shallow).await.state(), Good);
    patient.shows("relay.example", 9, None);
    patient.is_found(Warning, "public certificate", "ends in 9 days", "renew it").await;
    patient.shows("relay.example", -1, None);
    patient.is_found(Bad, "public certificate", "not valid now", "renew it").await;
    patient.shows("www.example", 60, None);
    patient.is_found(Bad, "public certificate", "not for relay.example", "renew it").await;
    patient.shows("relay.example", 60, Some(&other));
    patient.is_found(Bad, "public certificate", "is not the key of", "renew it").await;
    patient.settings.https = relay::settings::HttpsSettings::default();
    patient.settings.mqtt_url = Some("mqtts://boxes.example:8883".to_owned());
    patient.is_found(Bad, "certificate for boxes", "not for boxes.example", "start it again").await;
    std::fs::remove_file(patient.data.join("keys/server.pem")).unwrap();
    patient.is_found(Warning, "certificate for boxes", "server.pem is not there yet", "start it again").await;
    let signer = KeyPair::generate().unwrap();
    let mut ahead = CertificateParams::default();
    let begins = time::OffsetDateTime::from_unix_timestamp((NOW_MS + 300 * DAY_MS) / 1_000).unwrap();
    (ahead.not_before, ahead.not_after) = (begins, begins + time::Duration::days(9));
    let file = patient.data.join("keys/ca-9.pem");
    std::fs::write(&file, ahead.self_signed(&signer).unwrap().pem()).unwrap();
    set_mode(&file, 0o600);
    patient.is_found(Bad, "authority for boxes", "begins later than now", "look at the clock").await;
}

/// Answers as the health listener of a relay would, once a connection.
async fn answer_health(status: &'static str) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 512];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(format!("HTTP/1.1 {status}\r\n\r\nwords\n").as_bytes()).await;
        }
    });
    address
}

#[tokio::test]
async fn a_process_that_does_not_serve_is_named() {
    let mut patient = Patient::new().await;
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    patient.settings.health.listen = free;
    patient.is_found(Warning, "process", "nothing answers", "start the relay").await;
    patient.settings.health.listen = answer_health("503 Service Unavailable").await;
    patient.is_found(Bad, "process", "not ready: words", "read its log").await;
    let good = answer_health("200 OK").await;
    patient.settings.health.listen = good;
    (patient.settings.https.listen, patient.settings.photos.listen) = (good, good);
    patient.settings.mqtt.listen = free;
    patient.is_found(Warning, "boxes by MQTT", "does not answer", "`web` and `ingest`").await;
}

#[tokio::test]
async fn faults_of_mail_are_named_with_the_record_to_add() {
    let mut patient = Patient::new().await;
    let secret = |patient: &Patient, name: &str, text: &str| {
        let file = patient.dir.path().join(name);
        std::fs::write(&file, text).unwrap();
        set_mode(&file, 0o600);
        Some(file)
    };
    patient.settings.mail.send = Some("resend:".to_owned());
    patient.settings.mail.password_file = secret(&patient, "key", "re_1\n");
    patient.settings.mail.from = "CleanTrack <no-reply@relay.linden.example>".to_owned();
    patient.settings.mail.webhook_secret_file = secret(&patient, "hook", "no secret");
    let (bounces, key, policy) =
        ("send.relay.linden.example", "resend._domainkey.relay.linden.example", "_dmarc.linden.example");
    let good = |patient: &Patient| {
        patient.texts.set(bounces, &["other", "v=spf1 include:amazonses.com ~all"]);
        patient.texts.set(key, &["v=DKIM1; k=rsa; p=MIGf"]);
        patient.texts.set(policy, &["v=DMARC1; p=reject"]);
    };
    good(&patient);
    patient.is_found(Bad, "mail", "whsec_", "mail test").await;
    patient.settings.mail.webhook_secret_file = secret(
        &patient,
        "hook",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\nwhsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSx\n",
    );
    assert_eq!(patient.settings.resend_secrets().unwrap().len(), 2);
    patient.is_good().await;
    for (name, texts, finding, advice) in [
        (bounces, &[][..], "no SPF record", "TXT record to send."),
        (bounces, &["v=spf10 ~all"], "no SPF record", "TXT record to send."),
        (bounces, &["v=spf1 +all"], "lets anybody", "-all"),
        (bounces, &["v=spf1 ~all", "v=spf1 -all"], "2 SPF records", "together"),
        (key, &["v=DKIM1; p="], "no DKIM key", "provider shows"),
        (policy, &[], "no DMARC policy", "_dmarc.relay.linden.example"),
    ] {
        good(&patient);
        patient.texts.set(name, texts);
        patient.is_found(Warning, "mail", finding, advice).await;
    }
    good(&patient);
    patient.settings.mail.webhook_secret_file = None;
    patient.is_found(Warning, "mail", "what comes back", "/webhooks/resend").await;
    patient.settings.mail.password_file = Some(patient.dir.path().join("gone"));
    patient.is_found(Bad, "mail", "gone", "mail test").await;
    patient.settings.mail.send = Some("smtp://mail.example".to_owned());
    patient.settings.mail.from = "no-reply@localhost".to_owned();
    patient.settings.mail.password_file = None;
    patient.is_found(Warning, "mail", "localhost, which is nobody's", "mail.from").await;
    patient.settings.mail.from = "no-reply@unreached.example".to_owned();
    let report = patient.examine(DoctorDepth::Shallow).await;
    let lines = report.lines.iter().filter(|line| line.finding.contains("are not known"));
    assert_eq!(lines.count(), 2, "{report:?}");
}

#[tokio::test]
async fn mails_that_wait_or_that_nobody_knows_are_counted() {
    let patient = Patient::new().await;
    let mail = "INSERT INTO mails (mail, kind, address, body, locale, zone, state, rank, made_ms, state_ms) \
                VALUES ('01ARZ3NDEKTSV4RRFFQ69G5FAV', 'reset', 'a@b.example', '{}', 'en', 'UTC', 'wait', 0, 1, 1)";
    patient.write(mail).await;
    patient.is_found(Warning, "mails", "1 have waited", "mail test").await;
    patient.write("UPDATE mails SET state = 'unsure'").await;
    patient.is_found(Warning, "mails", "1 may have left", "send-again").await;
    patient.write("UPDATE mails SET state = 'delivered'").await;
    patient.is_good().await;
}

#[tokio::test]
async fn faults_of_what_is_stored_are_named() {
    let patient = Patient::new().await;
    patient.write("UPDATE authority SET exported_ms = NULL WHERE kind = 'cosign'").await;
    patient.is_found(Warning, "keys’ export", "cosign 1", "keys export").await;
    let job = "INSERT INTO jobs (job, kind, key, body, lane, run_ms, rest_ms, tries, lease_ms, state, asked, made_ms, set_ms) \
               VALUES ('01ARZ3NDEKTSV4RRFFQ69G5FAV', 'merge', 'x', '{}', 1, 1, 0, 0, 0, 'wait', 1, 1, 1)";
    patient.write(job).await;
    patient.is_found(Warning, "jobs", "nobody runs it", "`work` or `all`").await;
    patient.write("UPDATE jobs SET state = 'dead' WHERE kind = 'merge'").await;
    patient.is_found(Warning, "jobs", "dead: 1 merge", "jobs retry").await;
    patient.write("UPDATE projections SET error = 'a test'").await;
    patient.is_found(Bad, "pages", "could not be brought up to date", "rebuild").await;
    patient.write("UPDATE boxes SET quarantined_ms = 1, quarantine = 'a test'").await;
    patient.is_found(Warning, "boxes", "1 are in quarantine", "box release").await;
    patient.clock.advance(std::time::Duration::from_secs(30 * 3_600));
    patient.is_found(Warning, "boxes", "1 of 1 were not heard", "record on").await;
    patient.is_found(Warning, "backup", "31 h old", "backup make").await;
    patient.write("DELETE FROM backups").await;
    patient.is_found(Warning, "backup", "none was ever made", "each night").await;
    patient.write("UPDATE box_now SET last_seen_ms = 1999999999999").await;
    patient.is_found(Bad, "clock", "differs", "NTP").await;
    patient.write("INSERT INTO schema_steps (step, applied_ms) VALUES (99, 1)").await;
    patient.is_found(Bad, "schema", "99", "newer relay").await;
    patient.write("DELETE FROM schema_steps").await;
    patient.is_found(Bad, "schema", "needs", "migrate").await;
    let mut patient = Patient::new().await;
    patient.settings.database = Some(format!("sqlite:{}", patient.data.join("gone.db").display()));
    patient.is_found(Bad, "database", "is not there", "backup restore").await;
}

#[tokio::test]
async fn a_damaged_database_file_is_named_as_one() {
    let patient = Patient::new().await;
    patient.world.db.close().await;
    let file = patient.data.join("relay.db");
    let whole = std::fs::read(&file).unwrap();
    let damages: [fn(&mut Vec<u8>); 3] =
        [|bytes| bytes[..64].fill(0x55), |bytes| bytes[100..4096].fill(0x55), |bytes| bytes.truncate(4096)];
    for damage in damages {
        let mut bytes = whole.clone();
        damage(&mut bytes);
        std::fs::write(&file, bytes).unwrap();
        let report = patient.examine(DoctorDepth::Shallow).await;
        let words = format!("{:#?}", report.lines.iter().filter(|l| l.state == Bad).collect::<Vec<_>>());
        assert!(!words.contains("server"), "{words}");
        patient.is_found(Bad, "database", "relay.db is damaged", "restore the last good backup").await;
        patient.is_found(Bad, "database", "boxes hold what they recorded", "stop the relay").await;
    }
}

#[tokio::test]
async fn an_empty_database_beside_keys_of_before_is_named() {
    let mut patient = Patient::new().await;
    let file = patient.data.join("new.db");
    patient.settings.database = Some(format!("sqlite:{}", file.display()));
    patient.is_found(Bad, "database", "is not there, beside keys in", "before any start").await;
    std::fs::write(&file, "").unwrap();
    set_mode(&file, 0o600);
    patient.is_found(Bad, "database", "it is empty, beside keys in", "backup restore FOLDER").await;
    let db = Db::open(patient.settings.database.as_deref().unwrap()).await.unwrap();
    db.migrate(NOW_MS).await.unwrap();
    patient.is_found(Bad, "database", "it is empty, beside keys in", "backup restore FOLDER").await;
    db.close().await;
}

#[tokio::test]
async fn what_cut_work_left_is_named() {
    let patient = Patient::new().await;
    let left = patient.data.join("keys/ca-2.key.new");
    std::fs::write(&left, "half of a key").unwrap();
    set_mode(&left, 0o600);
    let report = patient.examine(DoctorDepth::Shallow).await;
    let line = report.lines.iter().find(|line| line.subject == "unfinished files").unwrap();
    assert!(line.state == Good && line.finding.contains("being made, or left"), "{line:?}");
    let changed = std::time::UNIX_EPOCH + std::time::Duration::from_millis((NOW_MS - DAY_MS).unsigned_abs());
    std::fs::File::options().append(true).open(&left).unwrap().set_modified(changed).unwrap();
    patient.is_found(Warning, "unfinished files", "ca-2.key.new", "remove them by `rm`").await;
    let backups = patient.dir.path().join("backups");
    for name in
        ["relay-2999-01-01T020000Z", ".relay-2025-01-01T020000Z.aB3xY9.partial", "relay-2025-01-01T020000Z"]
    {
        std::fs::create_dir_all(backups.join(name)).unwrap();
        std::fs::write(backups.join(name).join("backup.json"), "{}").unwrap();
    }
    patient.backed_up_to(NOW_MS, backups.join("relay-2025-01-01T020000Z")).await;
    // Of a clock that was ahead: not the newest for years.
    patient.backed_up_to(NOW_MS + 9_000 * DAY_MS, backups.join("relay-2999-01-01T020000Z")).await;
    patient.is_found(Warning, "backup", "dated in the future", "the clock was ahead").await;
    patient.is_found(Warning, "backup", "came to no end", "backup nightly").await;
    patient.is_found(Good, "backup", "the newest is 0 h old", "").await;
}

#[tokio::test]
async fn files_of_another_user_are_named() {
    // Only root can make one.
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let patient = Patient::new().await;
    std::os::unix::fs::chown(patient.data.join("keys/cosign-1"), Some(54_321), None).unwrap();
    patient.is_found(Warning, "data folder", "not of the user 0", "chown -R").await;
}

#[tokio::test]
async fn what_should_be_there_and_is_not_is_named() {
    let patient = Patient::new().await;
    patient.write("DELETE FROM facility_now").await;
    patient.is_found(Bad, "numbers of facilities", "1 facilities have none", "rebuild").await;
    let mail = "INSERT INTO mails (mail, kind, address, body, locale, zone, state, rank, made_ms, state_ms) \
                VALUES ('01ARZ3NDEKTSV4RRFFQ69G5FAV', 'reset', 'x', '[]', 'en-US', 'UTC', 'failed', 4, 1999999999999, 1)";
    patient.write(mail).await;
    patient.is_found(Warning, "mails", "1 did not leave", "invite again").await;
    let factor = "INSERT INTO factors (person, factor, kind, name, seal_n, secret, step, made_ms) \
                  VALUES (1, 'x', 'totp', 'phone', 99, '', 0, 1)";
    patient.write(factor).await;
    patient.is_found(Bad, "second factors", "1 are sealed with a key", "keys import").await;
    let person = "INSERT INTO people (id, email, name, platform_role, created_ms) \
                  VALUES ('01ARZ3NDEKTSV4RRFFQ69G5FAV', 'ops@relay.example', 'Ops', 'super_admin', 1)";
    patient.write(person).await;
    patient.write("UPDATE factors SET person = 999").await;
    patient.is_found(Warning, "second factors", "1 who run the platform", "page about themselves").await;
    patient.write("DELETE FROM jobs WHERE kind = 'sign-access'").await;
    patient.is_found(Warning, "recurring jobs", "nobody will run: sign-access", "`work` or `all`").await;
    let process = "INSERT INTO processes (process, host, pid, roles, version, started_ms, seen_ms) \
                   VALUES ('x', 'h', 1, 'all', '1', 1, 1)";
    patient.write(process).await;
    patient.is_found(Warning, "processes", "1 ended without saying so", "read its log").await;
    let difference = "INSERT INTO billing_differences (subscription, customer, ours, theirs, since_ms, seen_ms) \
                      VALUES ('sub_1', 'cus_1', '', '', 1, 99999999)";
    patient.write(difference).await;
    patient.is_found(Warning, "billing", "1 differences from Stripe for two nights", "page Revenue").await;
}

#[tokio::test]
async fn faults_deep_inside_are_named() {
    let patient = Patient::new().await;
    let photo = Bytes::from_static(b"a photo");
    let hash = Hash::of(&photo);
    let mut tx = patient.world.db.write(patient.world.scope).await.unwrap();
    photos::mark_received(&mut tx, patient.world.facility, hash, 7, NOW_MS).await.unwrap();
    tx.commit().await.unwrap();
    patient.is_found_by(Deep, Bad, "stored photos", "is not there", "backup").await;
    let store = PhotoStore::in_folder(&patient.data.join("photos")).unwrap();
    store.put(patient.world.scope, hash, Bytes::from_static(b"another")).await.unwrap();
    patient.is_found_by(Deep, Bad, "stored photos", "other bytes", "backup").await;
    store.put(patient.world.scope, hash, photo).await.unwrap();
    assert_eq!(patient.examine(Deep).await.state(), Good);
    patient
        .write("UPDATE facility_days SET met = met + 1 WHERE day = (SELECT MAX(day) FROM facility_days)")
        .await;
    patient.is_found_by(Deep, Bad, "numbers", "day", "rebuild").await;
    patient.world.act(patient.world.scope, "ana").await;
    patient.world.act(patient.world.scope, "ben").await;
    patient.write("UPDATE audit SET about = 'y' WHERE n = 1").await;
    let finding = "row 1: about is not as its line says";
    patient.is_found_by(Deep, Bad, "access logs", finding, "past the relay").await;
    patient.write("UPDATE logs SET cosigned = NULL").await;
    patient.is_found_by(Deep, Bad, "logs", "nothing was cosigned", "restore the last good backup").await;
    patient.write("UPDATE logs SET size = 1000003").await;
    patient.is_found_by(Deep, Bad, "logs", "a stored frontier cannot be read", "restore the last good").await;
    patient.write("UPDATE segments SET first_seq = first_seq + 1").await;
    patient.is_found_by(Deep, Bad, "segments", "a segment begins at 1", "restore").await;
}

#[tokio::test]
async fn a_restore_that_was_cut_off_is_named_as_a_start_would() {
    let patient = Patient::new().await;
    let mut tx = patient.world.db.platform_write(PlatformReason::Operator).await.unwrap();
    relay::db::operation::backups::platform_begin_restore(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    let finding = "a restore into this database was cut off";
    patient.is_found(Bad, "database", finding, "do as it says").await;
}

#[test]
fn faults_of_a_server_are_named() {
    let mut server = Postgres::start(false);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let mut patient = runtime.block_on(Patient::on(dir, &server.url("postgres")));
    let found = |patient: &Patient, state, subject, finding, advice| {
        runtime.block_on(patient.is_found(state, subject, finding, advice));
    };
    let report = runtime.block_on(patient.examine(Deep));
    // The server's clock is not the story's, and it flushes nothing.
    let others: Vec<_> = report
        .lines
        .iter()
        .filter(|l| !matches!(l.subject, "clock" | "timeouts") && l.state != Good)
        .collect();
    assert!(others.is_empty(), "{others:#?}");
    found(&patient, Bad, "clock", "differs", "NTP");
    found(&patient, Bad, "timeouts", "fsync is off", "take that away");
    server.command_as_superuser("postgres", "ALTER ROLE cleantrack SET synchronous_commit = off");
    found(&patient, Bad, "timeouts", "synchronous_commit is off", "take that away");
    server.command_as_superuser("postgres", "ALTER ROLE cleantrack RESET synchronous_commit");
    server.command_as_superuser("postgres", "ALTER TABLE boxes DISABLE ROW LEVEL SECURITY");
    found(&patient, Bad, "accounts apart", "boxes is not behind", "no superuser");
    server.command_as_superuser(
        "postgres",
        "ALTER TABLE boxes ENABLE ROW LEVEL SECURITY; ALTER ROLE cleantrack BYPASSRLS",
    );
    found(&patient, Bad, "accounts apart", "BYPASSRLS", "no superuser");
    server.command_as_superuser("postgres", "ALTER ROLE cleantrack NOBYPASSRLS");
    patient.settings.database_unverified = true;
    found(&patient, Warning, "database line", "database_unverified", "sslrootcert");
    patient.settings.database_unverified = false;
    runtime.block_on(patient.world.db.close());
    server.crash();
    found(&patient, Bad, "database", "failed", "start the server");
    patient.settings.database = Some("postgres://me@192.0.2.7/relay?sslmode=prefer".to_owned());
    found(&patient, Bad, "database", "sslmode=prefer", "do as it says");
}

#[tokio::test]
async fn photos_without_their_folder_and_facilities_without_pages_are_named() {
    let patient = Patient::new().await;
    patient
        .write("INSERT INTO photos (account, photo, facility, bytes, received_ms) SELECT account, 'ab', facility, 9, 1 FROM facilities")
        .await;
    patient.is_found(Bad, "photos", "holds none", "Mount the disk").await;
    let of_account = patient.data.join("photos").join(AccountId::new(1, [1; 10]).to_string());
    std::fs::create_dir(of_account).unwrap();
    let report = patient.examine(DoctorDepth::Shallow).await;
    assert!(report.lines.iter().all(|line| line.subject != "photos" || line.state == Good), "{report:#?}");
    patient.write("DELETE FROM projections").await;
    patient.is_found(Bad, "pages", "is not there", "rebuild").await;
}
