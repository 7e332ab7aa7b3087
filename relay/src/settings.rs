//! The relay's settings from its settings file, its environment and its command line; secrets only in files of their own.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use service::settings::{ListenAddress, LoadedSettings, ProgramSettings, SettingOrigin, SettingsError};
use service::signature::{SVIX, SignatureScheme, SigningSecret};

use crate::billing::BillingRules;
use crate::billing::plans::{BillingPlan, check_plans, usual_plans};
use crate::db::TlsPolicy;
use crate::fleet::PublicIdentity;
use crate::leftovers::WorkFolders;
use crate::mail::transport::{MailSender, MailTransport, MailWay, ProviderAccess, TransportFault};

pub(crate) const NO_DATABASE: SettingsError = SettingsError::Value(
    "the database must read sqlite:FILE or postgres://…; another server is not spoken to. Nothing was started",
);

/// Twice a second was what Resend let an account ask, for all programs of its owner; now it is five times
/// (<https://resend.com/docs/api-reference/rate-limit>).
const RESEND_PACE: Duration = Duration::from_millis(500);

/// The public listener.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HttpsSettings {
    /// Pages, API and claims; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Its certificate, PEM, leaf first; loaded again while it runs.
    #[schemars(extend("x-default" = "own authority", "x-example" = "/etc/cleantrack/relay.pem"))]
    pub certificate: Option<PathBuf>,
    /// Its key, PEM.
    #[schemars(extend(
        "x-default" = "own authority",
        "x-example" = "/run/credentials/cleantrack-relay.service/cleantrack.tls-key"
    ))]
    pub key: Option<PathBuf>,
    /// What boxes must trust to reach it, where that is not in the certificate file.
    #[schemars(extend("x-example" = "/etc/cleantrack/ca.pem"))]
    pub ca: Option<PathBuf>,
    /// Networks of balancers before it: from these alone `X-Forwarded-For` is believed, and says who asks. None by default. Set
    /// `limits.connections_per_address` to 0 then.
    #[schemars(with = "Vec<String>")]
    pub trusted_proxies: Vec<IpNet>,
    /// Whether those balancers begin each connection with a PROXY header (version 1 or 2), here and on the listeners of boxes: for
    /// balancers that pass TLS on as it is. One that writes none is not served then.
    pub proxy_protocol: bool,
}

impl Default for HttpsSettings {
    fn default() -> Self {
        Self {
            listen: ListenAddress::any(8443).listen,
            certificate: None,
            key: None,
            ca: None,
            trusted_proxies: Vec::new(),
            proxy_protocol: false,
        }
    }
}

/// Bounds that an operator may move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RelayLimits {
    /// Connections at a time, of the public listener and of the one for photos each.
    #[schemars(range(min = 8, max = 100_000))]
    pub connections: usize,
    /// Of those, connections from one address (an IPv6 /64 counts as one); 0 = no limit, for a relay behind a proxy of its own.
    pub connections_per_address: usize,
    /// Claims and renewals a minute from one network, 20 at once; 0 = no limit.
    pub claims_per_address: u32,
}

impl Default for RelayLimits {
    fn default() -> Self {
        Self { connections: 1_024, connections_per_address: 256, claims_per_address: 30 }
    }
}

/// Work in the background.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WorkSettings {
    /// Jobs that this process runs at a time with PostgreSQL; with SQLite it is always 2. Four more send to webhooks, three send mails.
    #[schemars(range(min = 1, max = 64))]
    pub workers: usize,
}

impl Default for WorkSettings {
    fn default() -> Self {
        Self { workers: 4 }
    }
}

/// The end of a process.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ServeSettings {
    /// Seconds for which a process that is to end answers `/readyz` with 503 and serves on, so that a balancer sends nothing more to it.
    #[schemars(range(min = 0, max = 600), extend("x-default" = "10 where `https.trusted_proxies` names any, else 0", "x-example" = 10))]
    pub drain_s: Option<u16>,
}

/// Mail: invitations, forgotten passwords, word of new devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MailSettings {
    /// The way on which mail leaves: `smtp://[user@]host[:587]` (encrypted by STARTTLS, or not at all), `smtps://[user@]host[:465]`,
    /// `resend:`, or `folder:DIR`, from which a mail program takes it. Without one none leaves, and pages show links to hand on. An
    /// authority of your own for the mail server stands in `outgoing.roots`.
    #[schemars(extend("x-default" = "none", "x-example" = "smtp://cleantrack@mail.example.org"))]
    pub send: Option<String>,
    /// Who sends.
    #[schemars(extend("x-example" = "CleanTrack <no-reply@relay.example.org>"))]
    pub from: String,
    /// An address where you read that somebody wants no more mails of a kind. Mail programs offer it beside the relay's own page.
    #[schemars(extend("x-default" = "none", "x-example" = "unsubscribe@relay.example.org"))]
    pub unsubscribe: Option<String>,
    /// A file with the password of the user in `send`, or the key of Resend.
    #[schemars(extend("x-default" = "none", "x-example" = "/run/credentials/cleantrack-relay.service/cleantrack.mail-password"))]
    pub password_file: Option<PathBuf>,
    /// Where Resend answers.
    #[schemars(extend("x-example" = "https://api.resend.com"))]
    pub resend_url: String,
    /// A file with the signing secret of Resend's webhook to `/webhooks/resend`, `whsec_…`; while it is changed, the old and the new one,
    /// a line each.
    #[schemars(extend("x-default" = "none", "x-example" = "/run/credentials/cleantrack-relay.service/cleantrack.resend-webhook"))]
    pub webhook_secret_file: Option<PathBuf>,
}

/// What accounts pay, and how. Without a key billing is off: nothing is charged, and nothing is limited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BillingSettings {
    /// A file with the secret or restricted key of Stripe, `sk_…` or `rk_…`. Needs a relay that is built with billing.
    #[schemars(extend("x-default" = "none", "x-example" = "/run/credentials/cleantrack-relay.service/cleantrack.stripe-key"))]
    pub key_file: Option<PathBuf>,
    /// A file with the signing secret of Stripe's webhook to `/billing/webhooks/stripe/`, `whsec_…`; while it is changed, the old and the
    /// new one, a line each.
    #[schemars(extend("x-default" = "none", "x-example" = "/run/credentials/cleantrack-relay.service/cleantrack.stripe-webhook"))]
    pub webhook_secret_file: Option<PathBuf>,
    /// Where something else than Stripe answers as Stripe does.
    #[schemars(extend("x-default" = "Stripe’s own", "x-example" = "http://127.0.0.1:12111"))]
    pub url: Option<String>,
    /// Lookup key of the price of an item in service and month; empty where items cost nothing.
    pub usage_price: String,
    /// What that price is, by currency, in its smallest unit, as pages show it.
    #[schemars(with = "Vec<String>", extend("x-default" = "`{ usd = 50 }`", "x-example" = serde_json::json!({"usd": 50})))]
    pub usage_month: BTreeMap<String, i64>,
    /// Name of the meter’s events at Stripe.
    pub meter: String,
    /// Plans, each with `id`, `name`, `price` (a lookup key of Stripe), `month` (amounts by currency) and the limits `facilities` and
    /// `people`; more in docs/billing.md.
    #[schemars(
        with = "Vec<BTreeMap<String, serde_json::Value>>",
        extend(
            "x-default" = "trial, starter, pro and enterprise",
            "x-example" = [serde_json::json!({"id": "trial", "name": "Trial", "facilities": 5, "people": 10})]
        )
    )]
    pub plans: Vec<BillingPlan>,
}

impl Default for BillingSettings {
    fn default() -> Self {
        Self {
            key_file: None,
            webhook_secret_file: None,
            url: None,
            usage_price: "ct_item_month_usd".to_owned(),
            usage_month: BTreeMap::from([("usd".to_owned(), 50)]),
            meter: "cleantrack_items".to_owned(),
            plans: usual_plans(),
        }
    }
}

/// What new passwords are judged by, beside their length and how quickly a program guesses them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PasswordSettings {
    /// A list of leaked passwords, which are not taken; `cleantrack-relay passwords index` writes it. Nobody is asked over the network.
    #[schemars(extend("x-default" = "none", "x-example" = "/var/lib/cleantrack-relay/leaked-passwords"))]
    pub leaked: Option<PathBuf>,
}

/// What the relay asks of other hosts: providers that sign people in.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OutgoingSettings {
    /// Networks that may be asked beside the internet, at any port: a provider within the hospital. None by default, for whoever names
    /// a provider could else have the relay ask machines of its own network.
    #[schemars(with = "Vec<String>")]
    pub allow: Vec<IpNet>,
    /// Authorities that are trusted beside those of the internet, PEM.
    #[schemars(extend("x-default" = "none", "x-example" = "/etc/cleantrack/outgoing-roots.pem"))]
    pub roots: Option<PathBuf>,
}

/// Who else learns of the relay's own errors.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ErrorReportSettings {
    /// A file with the address (“DSN”) of a service that speaks Sentry's protocol: `https://KEY@HOST/PROJECT`. It gets what the log has
    /// of errors, 20 a minute, without requests and people. One within your own network also needs `outgoing.allow`.
    #[schemars(extend("x-default" = "none", "x-example" = "/run/credentials/cleantrack-relay.service/cleantrack.error-dsn"))]
    pub dsn_file: Option<PathBuf>,
}

impl Default for MailSettings {
    fn default() -> Self {
        Self {
            send: None,
            from: "CleanTrack <no-reply@localhost>".to_owned(),
            unsubscribe: None,
            password_file: None,
            resend_url: "https://api.resend.com".to_owned(),
            webhook_secret_file: None,
        }
    }
}

/// All settings of the relay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RelaySettings {
    /// Data folder: keys, and database and photos where they have no place of their own; also `--data DIR`.
    #[schemars(extend("x-default" = "`$STATE_DIRECTORY`", "x-example" = "/var/lib/cleantrack-relay"))]
    pub data: Option<PathBuf>,
    /// `sqlite:FILE`, or `postgres://…` without a password; also `--database`.
    #[schemars(extend(
        "x-default" = "`sqlite:DATA/relay.db`",
        "x-example" = "sqlite:/var/lib/cleantrack-relay/relay.db"
    ))]
    pub database: Option<String>,
    /// A file with the database's address, password included.
    #[schemars(extend("x-example" = "/run/credentials/cleantrack-relay.service/cleantrack.database"))]
    pub database_file: Option<PathBuf>,
    /// Lets `sslmode` in the address of a database on another machine be weaker than `verify-full`: whoever is on the way could
    /// then answer in its place.
    pub database_unverified: bool,
    /// Folder of photos; also `--objects`.
    #[schemars(extend("x-default" = "`DATA/photos`", "x-example" = "/var/lib/cleantrack-relay/photos"))]
    pub objects: Option<PathBuf>,
    /// Where people and boxes reach it: `https://host[:port]`.
    #[schemars(extend("x-default" = "from what is bound", "x-example" = "https://relay.example.org"))]
    pub public_url: Option<String>,
    /// Where boxes reach MQTT: `mqtts://host:port`.
    #[schemars(extend("x-default" = "from `public_url`", "x-example" = "mqtts://relay.example.org:8883"))]
    pub mqtt_url: Option<String>,
    /// Where boxes come by HTTPS, with photos, and with all else where MQTT does not get through: `https://host:port`.
    #[schemars(extend("x-default" = "from `public_url`", "x-example" = "https://relay.example.org:8444"))]
    pub photos_url: Option<String>,
    /// Further names and addresses in the relay's own certificate.
    pub names: Vec<String>,
    /// The public listener.
    pub https: HttpsSettings,
    /// Boxes by HTTPS, with client certificates; port 0 takes a free one.
    pub photos: ListenAddress,
    /// Boxes, with client certificates; port 0 takes a free one.
    pub mqtt: ListenAddress,
    /// Health and metrics; loopback only.
    pub health: ListenAddress,
    /// Bounds.
    pub limits: RelayLimits,
    /// Work in the background.
    pub work: WorkSettings,
    /// The end of a process.
    pub serve: ServeSettings,
    /// Mail.
    pub mail: MailSettings,
    /// What accounts pay.
    pub billing: BillingSettings,
    /// What new passwords are judged by.
    pub passwords: PasswordSettings,
    /// What the relay asks of other hosts.
    pub outgoing: OutgoingSettings,
    /// Who else learns of the relay's own errors.
    pub error_reports: ErrorReportSettings,
    /// Whether anybody may make an account by the page, confirmed by mail; else the operator makes them.
    pub open_sign_up: bool,
    /// What is logged: levels by module, such as `info,relay::ingest=debug`.
    pub log: String,
}

impl Default for RelaySettings {
    fn default() -> Self {
        Self {
            data: None,
            database: None,
            database_file: None,
            database_unverified: false,
            objects: None,
            public_url: None,
            mqtt_url: None,
            photos_url: None,
            names: Vec::new(),
            https: HttpsSettings::default(),
            photos: ListenAddress::any(8444),
            mqtt: ListenAddress::any(8883),
            health: ListenAddress::loopback(9090),
            limits: RelayLimits::default(),
            work: WorkSettings::default(),
            serve: ServeSettings::default(),
            mail: MailSettings::default(),
            billing: BillingSettings::default(),
            passwords: PasswordSettings::default(),
            outgoing: OutgoingSettings::default(),
            error_reports: ErrorReportSettings::default(),
            open_sign_up: false,
            log: "info".to_owned(),
        }
    }
}

/// What the command line says; it overrides everything else.
#[derive(Debug, Default)]
pub(crate) struct SettingsInput {
    pub(crate) data: Option<PathBuf>,
    pub(crate) database: Option<String>,
    pub(crate) objects: Option<PathBuf>,
}

impl ProgramSettings for RelaySettings {
    fn check(&self) -> Result<(), &'static str> {
        fn begins_with(url: &Option<String>, with: &str) -> bool {
            url.as_deref().is_none_or(|u| u.starts_with(with))
        }
        if !begins_with(&self.public_url, "https://") || !begins_with(&self.photos_url, "https://") {
            return Err("public_url and photos_url read https://host or https://host:port");
        }
        if !begins_with(&self.mqtt_url, "mqtts://") {
            return Err("mqtt_url reads mqtts://host:port");
        }
        if self.https.certificate.is_some() != self.https.key.is_some() {
            return Err("https.certificate and https.key belong together");
        }
        if self.https.proxy_protocol && self.https.trusted_proxies.is_empty() {
            return Err("https.proxy_protocol needs https.trusted_proxies: nobody else is believed");
        }
        if self.open_sign_up && self.mail.send.is_none() {
            return Err("open_sign_up needs mail.send: an account is confirmed by mail");
        }
        self.mail_way().map_err(TransportFault::rule)?;
        self.mail_sender().map_err(TransportFault::rule)?;
        check_plans(&self.billing.plans)?;
        if self.billing.key_file.is_some() != self.billing.webhook_secret_file.is_some() {
            return Err(
                "billing needs both key_file and webhook_secret_file: without messages nothing is fetched at once",
            );
        }
        let near = ["https://", "http://127.0.0.1:", "http://localhost:"];
        if self.billing.url.as_ref().is_some_and(|url| near.iter().all(|begin| !url.starts_with(begin))) {
            return Err("billing.url reads https://…, or http:// of this machine: the key goes there");
        }
        if !self.health.listen.ip().is_loopback() {
            return Err("health.listen must be a loopback address: it asks nobody who they are");
        }
        let password = self.database.as_deref().and_then(|d| d.split_once("://")?.1.split_once('@'));
        let in_query = self.database.as_deref().is_some_and(|address| address.contains("password="));
        if in_query || password.is_some_and(|(user, _)| user.contains(':')) {
            return Err("a database password does not belong in the settings: use database_file");
        }
        Ok(())
    }
}

/// A file's text, without what is blank around it.
fn read_secret(path: &Path) -> Result<String, SettingsError> {
    let read = std::fs::read_to_string(path);
    let text = read.map_err(|source| SettingsError::Read { path: path.to_owned(), source })?;
    Ok(text.trim().to_owned())
}

/// Those of a file, a line each; none without one, `None` where it has anything else.
fn read_signing_secrets(
    file: Option<&Path>,
    scheme: SignatureScheme,
) -> Option<Result<Vec<SigningSecret>, SettingsError>> {
    let Some(file) = file else { return Some(Ok(Vec::new())) };
    let text = match read_secret(file) {
        Ok(text) => text,
        Err(error) => return Some(Err(error)),
    };
    let secrets: Option<Vec<SigningSecret>> = text.lines().map(|line| scheme.read_secret(line)).collect();
    secrets.filter(|secrets| !secrets.is_empty()).map(Ok)
}

impl RelaySettings {
    /// Reads the file, if one is given, the environment over it, and over both what stood on the command line.
    pub(crate) fn load(
        file: Option<&Path>,
        environment: &BTreeMap<String, String>,
        provided: SettingsInput,
    ) -> Result<LoadedSettings<Self>, SettingsError> {
        let mut loaded = service::settings::load_settings::<Self>(file, environment)?;
        let LoadedSettings { settings, origins } = &mut loaded;
        let SettingsInput { data, database, objects } = provided;
        let arguments =
            [("data", data.is_some()), ("database", database.is_some()), ("objects", objects.is_some())];
        origins.extend(
            arguments
                .into_iter()
                .filter(|(_, is)| *is)
                .map(|(key, _)| (key.to_owned(), SettingOrigin::Argument)),
        );
        settings.data = data.or(settings.data.take());
        settings.database = database.or(settings.database.take());
        settings.objects = objects.or(settings.objects.take());
        if let (None, Some(state)) = (&settings.data, environment.get("STATE_DIRECTORY")) {
            settings.data = Some(state.into());
            origins.insert("data".to_owned(), SettingOrigin::Variable("STATE_DIRECTORY".to_owned()));
        }
        settings.data()?;
        settings.check().map_err(SettingsError::Value)?;
        Ok(loaded)
    }

    /// The way on which mail leaves, if one is named.
    pub fn mail_way(&self) -> Result<Option<MailWay>, TransportFault> {
        let way = self.mail.send.as_deref().map(MailWay::parse).transpose()?;
        let needs_secret = way.as_ref().is_some_and(MailWay::needs_secret);
        if needs_secret && self.mail.password_file.is_none() {
            return Err(TransportFault::NoSecret);
        }
        Ok(way)
    }

    pub fn mail_sender(&self) -> Result<MailSender, TransportFault> {
        let sender = MailSender::read(&self.mail.from, self.host())?;
        sender.with_exits(self.pages_url(), self.mail.unsubscribe.as_deref())
    }

    /// The way on which mail leaves, opened.
    pub fn mail_transport(&self) -> Result<Option<MailTransport>, SettingsError> {
        fn refuse_fault(fault: TransportFault) -> SettingsError {
            SettingsError::Value(fault.rule())
        }
        let Some(way) = self.mail_way().map_err(refuse_fault)? else { return Ok(None) };
        let access = ProviderAccess {
            secret: self.mail.password_file.as_deref().map(read_secret).transpose()?,
            resend_url: self.mail.resend_url.clone(),
            pace: RESEND_PACE,
            roots: self.outgoing.roots.clone(),
        };
        let sender = self.mail_sender().map_err(refuse_fault)?;
        MailTransport::open(way, sender, &access).map(Some).map_err(refuse_fault)
    }

    /// The secrets with which Resend signs what it says of mails; none where nothing is taken from it.
    pub fn resend_secrets(&self) -> Result<Vec<SigningSecret>, SettingsError> {
        read_signing_secrets(self.mail.webhook_secret_file.as_deref(), SVIX).ok_or(SettingsError::Value(
            "mail.webhook_secret_file has the signing secret as Resend shows it, whsec_…, or two, a line each",
        ))?
    }

    /// The secrets with which Stripe signs what it says; none where nothing is taken from it.
    pub fn stripe_secrets(&self) -> Result<Vec<SigningSecret>, SettingsError> {
        let file = self.billing.webhook_secret_file.as_deref();
        read_signing_secrets(file, SignatureScheme::Stripe).ok_or(SettingsError::Value(
            "billing.webhook_secret_file has the signing secret as Stripe shows it, whsec_…, or two, a line each",
        ))?
    }

    /// The key of Stripe, where one is named.
    pub fn stripe_key(&self) -> Result<Option<String>, SettingsError> {
        let Some(file) = &self.billing.key_file else { return Ok(None) };
        let key = read_secret(file)?;
        let is_key = key.starts_with("sk_") || key.starts_with("rk_");
        is_key.then_some(Some(key)).ok_or(SettingsError::Value(
            "billing.key_file has a secret or restricted key of Stripe, sk_… or rk_…",
        ))
    }

    /// What billing goes by with this key.
    pub fn billing_rules(&self, key: &str) -> BillingRules {
        let BillingSettings { plans, usage_price, usage_month, meter, .. } = self.billing.clone();
        let usage_price = Some(usage_price).filter(|price| !price.is_empty());
        BillingRules { plans, usage_price, usage_month, meter, is_live: key.contains("_live_") }
    }

    pub fn drain_length(&self) -> Duration {
        let seconds =
            self.serve.drain_s.unwrap_or(if self.https.trusted_proxies.is_empty() { 0 } else { 10 });
        Duration::from_secs(u64::from(seconds))
    }

    pub fn data(&self) -> Result<&Path, SettingsError> {
        let missing = "no data folder: give --data DIR, `data` in the settings, or STATE_DIRECTORY";
        self.data.as_deref().ok_or(SettingsError::Value(missing))
    }

    pub fn database(&self) -> Result<String, SettingsError> {
        if let Some(path) = &self.database_file {
            return read_secret(path);
        }
        match &self.database {
            Some(address) => Ok(address.clone()),
            None => Ok(format!("sqlite:{}", self.data()?.join("relay.db").display())),
        }
    }

    /// Whether the database's server has to prove who it is.
    pub fn tls_policy(&self) -> TlsPolicy {
        if self.database_unverified { TlsPolicy::AsAddressed } else { TlsPolicy::Verified }
    }

    pub fn objects(&self) -> Result<PathBuf, SettingsError> {
        self.objects.clone().map_or_else(|| Ok(self.data()?.join("photos")), Ok)
    }

    pub(crate) fn work_folders(&self) -> Result<WorkFolders, SettingsError> {
        let database_file = self.database()?.strip_prefix("sqlite:").map(PathBuf::from);
        Ok(WorkFolders { data: self.data()?.to_owned(), photos: self.objects()?, database_file })
    }

    pub fn public_identity(&self) -> Option<PublicIdentity> {
        let (certificate, key) = self.https.certificate.clone().zip(self.https.key.clone())?;
        Some(PublicIdentity { certificate, key, ca: self.https.ca.clone() })
    }

    pub fn host(&self) -> &str {
        self.public_url.as_deref().and_then(host_of).unwrap_or("localhost")
    }

    /// What stands before the paths of pages, in mails.
    pub fn pages_url(&self) -> String {
        self.public_url.clone().unwrap_or_else(|| format!("https://{}", self.host()))
    }

    /// The name by which boxes come to the public port, where `photos_url` has another name and the same port: one port for
    /// networks that let no other out.
    pub fn box_host(&self) -> Option<&str> {
        let (public, boxes) = (self.public_url.as_deref()?, self.photos_url.as_deref()?);
        let name = host_of(boxes)
            .filter(|name| host_of(public) != Some(name) && name.parse::<std::net::IpAddr>().is_err());
        name.filter(|_| https_port(public) == https_port(boxes))
    }

    /// Under which names and addresses people and boxes come to it, each once.
    pub fn own_hosts(&self) -> Vec<String> {
        let urls = [&self.public_url, &self.mqtt_url, &self.photos_url];
        let mut hosts: Vec<String> = Vec::new();
        for host in urls.into_iter().flatten().filter_map(|url| host_of(url)) {
            if !hosts.iter().any(|known| known == host) {
                hosts.push(host.to_owned());
            }
        }
        hosts
    }

    pub fn own_names(&self) -> Vec<String> {
        let local = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
        let mut names = Vec::new();
        for name in local.into_iter().chain(self.own_hosts()).chain(self.names.clone()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}

fn https_port(url: &str) -> u16 {
    let authority = url.split_once("://").and_then(|(_, rest)| rest.split('/').next()).unwrap_or_default();
    let after_host = authority.rsplit_once(']').map_or(authority, |(_, after)| after);
    after_host.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).unwrap_or(443)
}

pub(crate) fn host_of(url: &str) -> Option<&str> {
    let rest = url.split_once("://")?.1.split('/').next()?;
    let host = match rest.strip_prefix('[') {
        Some(six) => six.split_once(']')?.0,
        None => rest.split(':').next()?,
    };
    (!host.is_empty()).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, environment: &[(&str, &str)]) -> Result<RelaySettings, SettingsError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let environment = environment.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let provided = SettingsInput::default();
        RelaySettings::load(Some(file.path()), &environment, provided).map(|loaded| loaded.settings)
    }

    #[test]
    fn the_environment_lies_over_the_file() {
        let text = "data = \"/a\"\n[https]\nlisten = \"127.0.0.1:1\"\n";
        let config = load(text, &[("CLEANTRACK_DATA", "/b"), ("HOME", "/root")]).unwrap();
        assert_eq!(config.database().unwrap(), "sqlite:/b/relay.db");
        assert_eq!((config.https.listen.port(), config.mqtt.listen.port()), (1, 8883));
        assert_eq!(config.host(), "localhost");
        let config =
            load("public_url = \"https://relay.example:444\"", &[("STATE_DIRECTORY", "/s")]).unwrap();
        assert_eq!((config.host(), config.objects().unwrap()), ("relay.example", PathBuf::from("/s/photos")));
        assert_eq!(config.own_names(), ["localhost", "127.0.0.1", "::1", "relay.example"]);
        assert_eq!(host_of("https://[::1]:5/x"), Some("::1"));
    }

    #[test]
    fn boxes_share_the_public_port_by_another_name() {
        let of = |public: &str, photos: &str| {
            let text = format!("public_url = \"{public}\"\nphotos_url = \"{photos}\"");
            load(&text, &[("CLEANTRACK_DATA", "/a")]).unwrap().box_host().map(str::to_owned)
        };
        let boxes = Some("boxes.example".to_owned());
        assert_eq!(of("https://relay.example", "https://boxes.example"), boxes);
        assert_eq!(of("https://relay.example:443", "https://boxes.example/"), boxes);
        assert_eq!(of("https://relay.example:8443", "https://boxes.example:8443"), boxes);
        for (public, photos) in [
            ("https://relay.example", "https://relay.example:8444"),
            ("https://relay.example", "https://boxes.example:8444"),
            ("https://relay.example", "https://relay.example"),
            ("https://relay.example", "https://192.0.2.7"),
            ("https://relay.example", "https://[::1]"),
        ] {
            assert_eq!(of(public, photos), None, "{public} {photos}");
        }
    }

    #[test]
    fn the_command_line_lies_over_everything() {
        let state = BTreeMap::from([
            ("STATE_DIRECTORY".to_owned(), "/s".to_owned()),
            ("CLEANTRACK_DATABASE".to_owned(), "sqlite:/x".to_owned()),
        ]);
        let database = Some("sqlite:/y".to_owned());
        let loaded =
            RelaySettings::load(None, &state, SettingsInput { database, ..SettingsInput::default() })
                .unwrap();
        assert_eq!(loaded.settings.database().unwrap(), "sqlite:/y");
        assert_eq!(loaded.origins["database"], SettingOrigin::Argument);
        assert_eq!(loaded.settings.data().unwrap(), Path::new("/s"));
    }

    #[test]
    fn a_process_behind_a_balancer_drains() {
        let drains = |text: &str| load(text, &[("CLEANTRACK_DATA", "/a")]).unwrap().drain_length().as_secs();
        assert_eq!(drains(""), 0);
        assert_eq!(drains("[https]\ntrusted_proxies = [\"10.0.0.0/8\"]"), 10);
        assert_eq!(drains("[https]\ntrusted_proxies = [\"10.0.0.0/8\"]\n[serve]\ndrain_s = 0"), 0);
        assert_eq!(drains("[serve]\ndrain_s = 25"), 25);
    }

    #[test]
    fn what_does_not_fit_says_where() {
        let data = [("CLEANTRACK_DATA", "/a")];
        assert!(matches!(load("", &[]), Err(SettingsError::Value(_))), "no data folder");
        assert!(matches!(load("[limits]\nconnections = 1", &data), Err(SettingsError::Range { .. })));
        for wrong in [
            "public_url = \"http://x\"",
            "mqtt_url = \"https://x:1\"",
            "[health]\nlisten = \"0.0.0.0:1\"",
            "[https]\nkey = \"/k\"",
            "database = \"postgres://me:secret@host/db\"",
            "[[billing.plans]]\nid = \"pro\"\nname = \"Pro\"",
            "[billing]\nurl = \"http://stripe.example\"",
        ] {
            assert!(matches!(load(wrong, &data), Err(SettingsError::Value(_))), "{wrong}");
        }
    }
}
