//! How a box comes to belong to a facility: the claim, and the renewal of its certificate.

use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use firmware_config::{ClaimFile, RelayClaim};
use rcgen::{CertificateParams, DnType, KeyPair};
use record::checkpoint::LogOrigin;
use record::claim::{ClaimAnswer, ClaimConflict, ClaimRequest, RenewRequest};
use record::ids::Epoch;
use record::sign::VerifierKey;
use service::clock::Clock;

use super::authorities::split_authorities;
use super::directive_state::DirectiveState;
use crate::uplink::transport::fault::{TransportFault, error_reason};
use crate::uplink::transport::probe::{RelayProbeTarget, ShownIdentity};
use crate::uplink::transport::proxy::HttpsRoute;
use crate::uplink::transport::tls;

/// Bytes of an answer: a chain and a few keys.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Certificates live two years and are renewed at two thirds of that.
const RENEW_BEFORE_S: i64 = 2 * 365 * 86_400 / 3;

/// Why a claim or renewal did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// A file of the box cannot be read or written.
    #[error("{} cannot be read or written: {source}", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("{} can be read by others. Run `chmod 600` on it, then start again", path.display())]
    Permissions { path: PathBuf },
    /// The claim file does not fit.
    #[error("{0}")]
    ClaimFile(#[from] firmware_config::ClaimFileError),
    /// A claim file of a box that runs alone.
    #[error("the claim file names no relay: download one from the relay’s page “Add a box”")]
    NoRelay,
    #[error("no certificate request could be made: {0}")]
    Request(String),
    /// The relay's certificate or the box's own is of no use.
    #[error(transparent)]
    Tls(#[from] tls::TlsError),
    /// The relay could not be reached.
    #[error("the relay does not answer: {0}. The box tries again automatically")]
    Unreachable(String),
    /// The relay could not be reached, and it is known where the transport fails.
    #[error("the relay is not reached: {0}. The box tries again automatically")]
    Way(TransportFault),
    #[error("{words}")]
    Refused { status: u16, words: &'static str },
    /// The relay knows this box by another log, and certifies none before a person there has said that this one is the box's.
    #[error(
        "the relay knows this box by another log, as it does when a backup from before the claim was restored. Everything stays recorded \
         here. Whoever runs the relay has to admit the log {epoch} of this box (page Boxes, or “cleantrack-relay box epoch \
         admit”); the box tries again automatically"
    )]
    Waits {
        /// Of this box's log, as the relay names it.
        epoch: Epoch,
    },
    /// The relay's answer cannot be understood.
    #[error("the relay's answer cannot be understood: {0}")]
    Answer(String),
}

impl ClaimError {
    /// Whether trying again with the same claim file cannot help.
    pub fn is_permanent(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::ClaimFile(_) | Self::NoRelay | Self::Permissions { .. })
    }
}

/// What a box stores of its relation to the relay, in the data folder's `keys/`, mode 0600.
#[derive(Debug, Clone)]
pub struct ClaimStore {
    dir: PathBuf,
}

pub struct ClaimIdentity<'a> {
    pub origin: LogOrigin,
    pub log_key: String,
    /// Signs with the log's key: domain and bytes in, signature out.
    pub sign: &'a (dyn Fn(&str, &[u8]) -> [u8; 64] + Send + Sync),
    pub model: String,
    /// Time, for certificates and for renewals.
    pub clock: Arc<dyn Clock>,
    pub route: HttpsRoute,
}

impl ClaimStore {
    pub fn new(keys: &Path) -> Self {
        Self { dir: keys.to_owned() }
    }

    /// What the relay gave, once the box is claimed.
    ///
    /// # Errors
    /// The file is there and cannot be used.
    pub fn relation(&self) -> Result<Option<ClaimAnswer>, ClaimError> {
        let Some(text) = self.read("relay.json")? else { return Ok(None) };
        serde_json::from_str(&text).map(Some).map_err(|e| ClaimError::Answer(e.to_string()))
    }

    /// Stores what the relay gave, as its keys are now; refused where no connection can be made with it.
    pub(in crate::uplink) fn save_relation(
        &self,
        relation: &ClaimAnswer,
        clock: &Arc<dyn Clock>,
    ) -> Result<(), ClaimError> {
        let key = self.key()?;
        tls::client_config(&relation.relay_ca, Some((&relation.chain, &key)), Arc::clone(clock), 0)?;
        self.write_json("relay.json", relation)
    }

    /// What was decided about the relay's directives.
    pub(in crate::uplink) fn directives(&self) -> Result<DirectiveState, ClaimError> {
        let Some(text) = self.read("directives.json")? else { return Ok(DirectiveState::default()) };
        serde_json::from_str(&text).map_err(|e| ClaimError::Answer(e.to_string()))
    }

    pub(in crate::uplink) fn save_directives(&self, state: &DirectiveState) -> Result<(), ClaimError> {
        self.write_json("directives.json", state)
    }

    fn write_json<T: serde::Serialize>(&self, name: &str, value: &T) -> Result<(), ClaimError> {
        let text = serde_json::to_string_pretty(value).map_err(|e| ClaimError::Answer(e.to_string()))?;
        self.write(name, &text)
    }

    /// The key of the box's certificate, PEM; made when it is not there.
    ///
    /// # Errors
    /// The file cannot be used.
    pub fn key(&self) -> Result<String, ClaimError> {
        if let Some(pem) = self.read("box.key")? {
            return Ok(pem);
        }
        let pem = KeyPair::generate().map_err(|e| ClaimError::Request(e.to_string()))?.serialize_pem();
        self.write("box.key", &pem)?;
        Ok(pem)
    }

    /// Whether a claim file was used up here: then there should be what the relay gave for it.
    pub fn was_claimed(&self) -> bool {
        self.dir.join("claim.used").exists()
    }

    /// The claim file that waits to be used.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn waiting(&self) -> Result<Option<String>, ClaimError> {
        self.read("claim.toml")
    }

    /// Takes up a claim file, once it is found good. One that was used already changes nothing.
    ///
    /// # Errors
    /// It does not fit, or cannot be stored.
    pub fn take_up(&self, text: &str) -> Result<(), ClaimError> {
        parse_relay(text)?;
        if self.read("claim.used")?.as_deref() == Some(text) {
            return Ok(());
        }
        self.write("claim.toml", text)
    }

    /// Whether this box was claimed for that facility of that relay before. One that continues in another log since, as a restored one
    /// does, is not claimed again: the relay has to be shown that log first, by what it gave then, while that is valid.
    fn belongs_to(&self, file: &RelayClaim, now_ms: i64) -> bool {
        let Ok(Some(relation)) = self.relation() else { return false };
        relation.relay_url.trim_end_matches('/') == file.relay_url.trim_end_matches('/')
            && relation.relay_ca.trim() == file.relay_ca.trim()
            && relation.facility.id.to_string() == file.facility
            && relation.expires_s.saturating_mul(1_000) > now_ms
    }

    fn used(&self) -> Result<(), ClaimError> {
        let (from, to) = (self.dir.join("claim.toml"), self.dir.join("claim.used"));
        std::fs::rename(&from, &to).map_err(|source| ClaimError::File { path: from, source })?;
        self.sync()
    }

    fn read(&self, name: &str) -> Result<Option<String>, ClaimError> {
        let path = self.dir.join(name);
        match std::fs::metadata(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(ClaimError::File { path, source }),
            Ok(meta) if meta.permissions().mode() & 0o077 != 0 => {
                return Err(ClaimError::Permissions { path });
            }
            Ok(_) => {}
        }
        std::fs::read_to_string(&path).map(Some).map_err(|source| ClaimError::File { path, source })
    }

    /// Under a temporary name first: a power cut leaves the old file or the new one.
    fn write(&self, name: &str, text: &str) -> Result<(), ClaimError> {
        let (path, temporary) = (self.dir.join(name), self.dir.join(format!("{name}.new")));
        write_private(&temporary, &path, text).map_err(|source| ClaimError::File { path, source })?;
        self.sync()
    }

    fn sync(&self) -> Result<(), ClaimError> {
        let synced = std::fs::File::open(&self.dir).and_then(|dir| dir.sync_all());
        synced.map_err(|source| ClaimError::File { path: self.dir.clone(), source })
    }
}

fn write_private(temporary: &Path, path: &Path, text: &str) -> std::io::Result<()> {
    let mut file =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(temporary)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(temporary, path)
}

fn parse_relay(text: &str) -> Result<RelayClaim, ClaimError> {
    ClaimFile::parse(text.as_bytes())?.relay.ok_or(ClaimError::NoRelay)
}

fn build_csr(key_pem: &str, origin: &LogOrigin) -> Result<String, ClaimError> {
    let key = KeyPair::from_pem(key_pem).map_err(|e| ClaimError::Request(e.to_string()))?;
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, origin.box_id.to_string());
    let csr = params.serialize_request(&key).and_then(|csr| csr.pem());
    csr.map_err(|e| ClaimError::Request(e.to_string()))
}

/// Claims the box with the claim file that waits. The same code with the same key gets the same answer, so a lost answer
/// is no trap.
///
/// # Errors
/// Why it did not succeed, and whether trying again can help.
pub async fn claim_box(
    files: &ClaimStore,
    claimant: &ClaimIdentity<'_>,
) -> Result<Option<ClaimAnswer>, ClaimError> {
    let Some(text) = files.waiting()? else { return Ok(None) };
    let file = parse_relay(&text)?;
    let key = files.key()?;
    let body = ClaimRequest {
        code: file.code.reveal().to_owned(),
        r#box: claimant.origin.box_id,
        csr: build_csr(&key, &claimant.origin)?,
        log_key: claimant.log_key.clone(),
        epoch: claimant.origin.epoch,
        model: claimant.model.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        signature: String::new(),
    };
    let body = body.signed_by(claimant.sign);
    let url = format!("{}/box/v1/claim", file.relay_url.trim_end_matches('/'));
    let answer = match ask_relay(claimant, &file.relay_ca, &url, &body).await {
        Err(error @ (ClaimError::Refused { .. } | ClaimError::Waits { .. }))
            if files.belongs_to(&file, claimant.clock.now().wall_ms) =>
        {
            tracing::warn!(%error, "a claim file is of no use: this box belongs to that facility already");
            files.used()?;
            return Ok(None);
        }
        answer => answer?,
    };
    let known = KnownRelay::of_claim(&file);
    keep_answer(files, &answer, &key, claimant, &known)?;
    files.used()?;
    Ok(Some(answer))
}

/// Whether two thirds of the certificate's life are over.
pub fn renewal_due(relation: &ClaimAnswer, now_ms: i64) -> bool {
    now_ms >= renewal_ms(relation)
}

/// When two thirds of the certificate's life are over, milliseconds since 1970.
pub fn renewal_ms(relation: &ClaimAnswer) -> i64 {
    (relation.expires_s - RENEW_BEFORE_S).saturating_mul(1_000)
}

/// Renews the certificate when two thirds of its life are over. `None` when it is not yet time.
///
/// # Errors
/// As [`claim_box`].
pub async fn renew_certificate(
    files: &ClaimStore,
    claimant: &ClaimIdentity<'_>,
) -> Result<Option<ClaimAnswer>, ClaimError> {
    let Some(old) = files.relation()? else { return Ok(None) };
    let now_ms = claimant.clock.now().wall_ms;
    if !renewal_due(&old, now_ms) {
        return Ok(None);
    }
    let key = files.key()?;
    let body = RenewRequest {
        r#box: claimant.origin.box_id,
        epoch: claimant.origin.epoch,
        csr: build_csr(&key, &claimant.origin)?,
        at: now_ms,
        signature: String::new(),
    };
    let url = format!("{}/box/v1/renew", old.relay_url.trim_end_matches('/'));
    let answer = ask_relay(claimant, &old.relay_ca, &url, &body.signed_by(claimant.sign)).await?;
    let answer = with_earlier_keys(answer, &old);
    keep_answer(files, &answer, &key, claimant, &KnownRelay::of_answer(&old))?;
    Ok(Some(answer))
}

/// The answer with the keys that the box knew before: what they cosigned is to be verified for ever.
fn with_earlier_keys(mut answer: ClaimAnswer, old: &ClaimAnswer) -> ClaimAnswer {
    for (keys, earlier) in
        [(&mut answer.cosign_keys, &old.cosign_keys), (&mut answer.directive_keys, &old.directive_keys)]
    {
        let missing: Vec<String> = earlier.iter().filter(|key| !keys.contains(key)).cloned().collect();
        keys.extend(missing);
    }
    answer
}

/// What identifies this relay. Where a further authority is trusted, its holder could impersonate the relay, so nothing
/// of this may change by such an answer.
#[derive(Debug, Clone, Copy)]
struct KnownRelay<'a> {
    relay_ca: &'a str,
    cosign_keys: &'a [String],
    directive_keys: &'a [String],
    mqtt_url: &'a str,
}

impl<'a> KnownRelay<'a> {
    fn of_claim(file: &'a RelayClaim) -> Self {
        Self {
            relay_ca: file.relay_ca.trim(),
            cosign_keys: &file.cosign_keys,
            directive_keys: &file.directive_keys,
            mqtt_url: &file.mqtt_url,
        }
    }

    fn of_answer(answer: &'a ClaimAnswer) -> Self {
        Self {
            relay_ca: answer.relay_ca.trim(),
            cosign_keys: &answer.cosign_keys,
            directive_keys: &answer.directive_keys,
            mqtt_url: &answer.mqtt_url,
        }
    }

    /// Whether the other names nothing that this one does not: a relay whose keys were rotated leaves earlier ones out.
    fn covers(&self, other: &KnownRelay<'_>) -> bool {
        let authorities = split_authorities(self.relay_ca);
        self.mqtt_url == other.mqtt_url
            && contains_all(self.cosign_keys, other.cosign_keys)
            && contains_all(self.directive_keys, other.directive_keys)
            && split_authorities(other.relay_ca).iter().all(|pem| authorities.contains(pem))
    }
}

fn contains_all(known: &[String], named: &[String]) -> bool {
    named.iter().all(|key| known.contains(key))
}

/// An answer is stored only when a connection can be made with it.
fn keep_answer(
    files: &ClaimStore,
    answer: &ClaimAnswer,
    key: &str,
    claimant: &ClaimIdentity<'_>,
    known: &KnownRelay<'_>,
) -> Result<(), ClaimError> {
    if claimant.route.ca.is_some() && !known.covers(&KnownRelay::of_answer(answer)) {
        let why =
            "it came through a proxy that reads along, and names other keys or addresses than the box knows";
        return Err(ClaimError::Answer(why.to_owned()));
    }
    tls::client_config(&answer.relay_ca, Some((&answer.chain, key)), Arc::clone(&claimant.clock), 0)?;
    parse_verifiers(&answer.cosign_keys)?;
    parse_verifiers(&answer.directive_keys)?;
    files.write_json("relay.json", answer)
}

/// The relay's keys, read.
///
/// # Errors
/// One of them cannot be read.
pub fn parse_verifiers(keys: &[String]) -> Result<Vec<VerifierKey>, ClaimError> {
    keys.iter()
        .map(|k| VerifierKey::parse(k))
        .collect::<Result<_, _>>()
        .map_err(|e| ClaimError::Answer(e.to_string()))
}

/// Where the connection to an unreachable address fails.
async fn find_fault(claimant: &ClaimIdentity<'_>, relay_ca: &str, url: &str) -> Option<TransportFault> {
    let trusted = claimant.route.trusted(relay_ca);
    let tls = tls::watched_config(&trusted, None, Arc::clone(&claimant.clock), 0).ok()?;
    RelayProbeTarget::of_https(url, &claimant.route, tls, ShownIdentity::None)?.probe().await.fault
}

async fn ask_relay<T: serde::Serialize + Sync>(
    claimant: &ClaimIdentity<'_>,
    relay_ca: &str,
    url: &str,
    body: &T,
) -> Result<ClaimAnswer, ClaimError> {
    let tls = tls::client_config(&claimant.route.trusted(relay_ca), None, Arc::clone(&claimant.clock), 0)?;
    let client = tls::http_client(tls, &claimant.route)?;
    let response = match client.post(url).json(body).send().await {
        Ok(response) => response,
        Err(error) if error.is_connect() || error.is_timeout() => {
            let fault = find_fault(claimant, relay_ca, url).await;
            return Err(fault.map_or_else(|| ClaimError::Unreachable(error_reason(&error)), ClaimError::Way));
        }
        Err(error) => return Err(ClaimError::Unreachable(error_reason(&error))),
    };
    let status = response.status();
    match status.as_u16() {
        200 | 201 => {}
        403 => {
            let words = "The relay does not know this claim code. Download a new claim file from its page “Add a box”";
            return Err(ClaimError::Refused { status: 403, words });
        }
        409 => {
            let bytes = read_answer(response).await?;
            return Err(conflict_error(&bytes, claimant.origin.epoch));
        }
        410 => {
            let words = "This claim code is older than 30 days. Download a new claim file from the relay’s page “Add a box”";
            return Err(ClaimError::Refused { status: 410, words });
        }
        other => return Err(ClaimError::Unreachable(format!("it answered {other}"))),
    }
    let bytes = read_answer(response).await?;
    serde_json::from_slice(&bytes).map_err(|e| ClaimError::Answer(e.to_string()))
}

async fn read_answer(mut response: reqwest::Response) -> Result<Vec<u8>, ClaimError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|e| ClaimError::Unreachable(error_reason(&e)))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > ANSWER_BYTES_MAX {
            return Err(ClaimError::Answer("it is too long".to_owned()));
        }
    }
    Ok(bytes)
}

#[derive(serde::Deserialize)]
struct RelayProblem {
    r#type: String,
}

/// Why the relay refuses a code that it knows.
fn conflict_error(problem: &[u8], epoch: Epoch) -> ClaimError {
    let problem: Option<RelayProblem> = serde_json::from_slice(problem).ok();
    let cause =
        problem.and_then(|problem| ClaimConflict::of_code(problem.r#type.strip_prefix("/problems/")?));
    let words = match cause {
        Some(ClaimConflict::LogWaits) => return ClaimError::Waits { epoch },
        Some(ClaimConflict::BoxKnown) => {
            "The relay knows a box of this name that was revoked, or that belongs to another facility or account. Everything stays \
             recorded here. Ask whoever runs the relay; a box that was set up anew gets a new name and can be claimed"
        }
        Some(ClaimConflict::BoxAlive) => {
            "The facility has a box that the relay hears. To put this one in its place, press “Replace” on that box’s page at the relay, \
             and give this box the claim file that it makes"
        }
        Some(ClaimConflict::CodeUsed) | None => {
            "This claim code was used by another box. Download a new claim file from the relay’s page “Add a box”"
        }
    };
    ClaimError::Refused { status: 409, words }
}

#[cfg(test)]
mod tests {
    use firmware_config::Secret;
    use record::claim::ClaimedFacility;
    use record::ids::{AccountId, FacilityId};

    use super::*;

    #[test]
    fn a_box_belongs_where_it_was_claimed_before() {
        let dir = tempfile::tempdir().unwrap();
        let files = ClaimStore::new(dir.path());
        let (id, other) = (FacilityId::new(1, [1; 10]), FacilityId::new(2, [2; 10]));
        let text = str::to_owned;
        let file = RelayClaim {
            relay_url: text("https://relay.example/"),
            relay_ca: text("ca\n"),
            cosign_keys: Vec::new(),
            directive_keys: Vec::new(),
            mqtt_url: text("mqtts://relay.example"),
            facility: id.to_string(),
            code: Secret::new(text("code")),
            expires: jiff::Timestamp::UNIX_EPOCH,
            replaces: false,
        };
        assert!(!files.belongs_to(&file, 0), "it was never claimed");
        let relation = ClaimAnswer {
            chain: text("chain"),
            account: AccountId::new(1, [1; 10]),
            facility: ClaimedFacility { id, name: text("Ward"), zone: text("America/Chicago") },
            relay_url: text("https://relay.example"),
            mqtt_url: text("mqtts://relay.example:8884"),
            photos_url: text("https://relay.example:8443"),
            cosign_keys: Vec::new(),
            directive_keys: Vec::new(),
            relay_ca: text("ca"),
            expires_s: 9,
            replaces: None,
        };
        files.write("relay.json", &serde_json::to_string(&relation).unwrap()).unwrap();
        assert!(files.belongs_to(&file, 8_999));
        assert!(!files.belongs_to(&file, 9_000), "what the relay gave has expired");
        for elsewhere in [
            RelayClaim { relay_url: text("https://other.example"), ..file.clone() },
            RelayClaim { relay_ca: text("another"), ..file.clone() },
            RelayClaim { facility: other.to_string(), ..file.clone() },
        ] {
            assert!(!files.belongs_to(&elsewhere, 0), "{elsewhere:?}");
        }
    }

    #[test]
    fn each_conflict_says_what_to_do() {
        let epoch = Epoch { n: 2, key: [0xab, 1, 1, 2] };
        let refused_for = |code: &str| {
            conflict_error(
                format!(r#"{{"type":"/problems/{code}","title":"x","status":409}}"#).as_bytes(),
                epoch,
            )
        };
        let waits = refused_for(ClaimConflict::LogWaits.code());
        assert!(!waits.is_permanent(), "it is asked again");
        let words = waits.to_string();
        assert!(words.contains("2-ab010102") && words.contains("stays recorded"), "{words}");
        let known = refused_for(ClaimConflict::BoxKnown.code());
        assert!(known.is_permanent() && known.to_string().contains("set up anew"), "{known}");
        let alive = refused_for(ClaimConflict::BoxAlive.code());
        assert!(alive.is_permanent() && alive.to_string().contains("press “Replace”"), "{alive}");
        let used = refused_for(ClaimConflict::CodeUsed.code());
        assert!(used.is_permanent() && used.to_string().contains("new claim file"), "{used}");
        for other in [refused_for("claim-taken"), conflict_error(b"<html>", epoch)] {
            assert_eq!(other.to_string(), used.to_string());
        }
    }

    #[test]
    fn a_relay_with_another_key_or_address_is_another_one() {
        let keys = ["a".to_owned()];
        let known =
            KnownRelay { relay_ca: "ca", cosign_keys: &keys, directive_keys: &keys, mqtt_url: "mqtts://a" };
        let others = ["b".to_owned()];
        let more = ["b".to_owned(), "a".to_owned()];
        let rotated = KnownRelay { cosign_keys: &more, ..known };
        assert!(known.covers(&known) && rotated.covers(&known) && !known.covers(&rotated));
        assert!(!known.covers(&KnownRelay {
            cosign_keys: &others,
            relay_ca: "ca",
            directive_keys: &keys,
            mqtt_url: "mqtts://a"
        }));
        assert!(!known.covers(&KnownRelay {
            directive_keys: &others,
            relay_ca: "ca",
            cosign_keys: &keys,
            mqtt_url: "mqtts://a"
        }));
        assert!(!known.covers(&KnownRelay {
            mqtt_url: "mqtts://b",
            relay_ca: "ca",
            cosign_keys: &keys,
            directive_keys: &keys
        }));
        assert!(!known.covers(&KnownRelay {
            relay_ca: "cb",
            cosign_keys: &keys,
            directive_keys: &keys,
            mqtt_url: "mqtts://a"
        }));
    }
}
