//! Which files follow from a claim file, over what was applied before it. Nothing here touches a disk.

use std::path::{Path, PathBuf};

use firmware_config::{AccessPointClaim, ClaimFile, NetworkClaim};
use record::compliance::zone_name;

use super::error::ProvisionError;
use super::files;
use crate::setup::{CODE_FILE, PASSPHRASE_FILE, SetupPart};

/// What was applied so far, the relay and the set-up code aside.
pub(super) const SETTLED_FILE: &str = "cleantrack/settled.toml";
pub(super) const SETTINGS_FILE: &str = "cleantrack/appliance.toml";
pub(super) const WIRED_FILE: &str = "network/10-wired.network";
/// What the box has in the Wi-Fi that it joins; absent where it joins none.
pub(super) const WIRELESS_FILE: &str = "network/20-wireless.network";
/// SHA-256 of the newest claim file that was applied, hex: the same one again changes nothing. Root alone reads it, for from a
/// digest short secrets can be guessed.
pub(super) const APPLIED_FILE: &str = "cleantrack/applied";
/// Of a code that the box created: unlike an installer's it is written on the card.
pub(super) const MADE_CODE_FILE: &str = "cleantrack/setup-code-made";

/// A change below the data partition's `etc`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileChange {
    /// Below `etc`.
    pub(super) path: String,
    pub(super) content: FileContent,
}

#[derive(Clone, PartialEq, Eq)]
pub(super) enum FileContent {
    /// Read by everybody on the machine.
    Open(String),
    Root(String),
    Service(String),
    Link(String),
    Absent,
}

impl std::fmt::Debug for FileContent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Open(text) => write!(f, "Open({text:?})"),
            Self::Link(to) => write!(f, "Link({to:?})"),
            Self::Root(_) | Self::Service(_) => f.write_str("****"),
            Self::Absent => f.write_str("Absent"),
        }
    }
}

pub(super) struct PlanInputs<'a> {
    pub(super) claim: &'a ClaimFile,
    pub(super) before: ClaimFile,
    /// What is known all the same, where what was applied before cannot be read: then nothing changes but what the new
    /// one names, and what cannot be read stays so, since the new one would otherwise count as all that there is.
    pub(super) retained: Option<RetainedParts>,
    pub(super) data: &'a Path,
    /// Whether the box is a network of its own: an open one, where what was applied names no passphrase.
    pub(super) is_access_point: bool,
    /// Whether the service has a claim file already.
    pub(super) has_claim: bool,
    /// A set-up code that was made, where there is none yet.
    pub(super) new_code: Option<String>,
}

/// What the box's own files say, where what was applied cannot be read.
pub(super) struct RetainedParts {
    pub(super) settings: String,
    /// Whether the box stays in a Wi-Fi that it is in.
    pub(super) is_in_wifi: bool,
}

impl PlanInputs<'_> {
    fn names_radio(&self) -> bool {
        self.retained.is_none() || self.claim.wifi.is_some() || self.claim.access_point.is_some()
    }

    /// Whether the box stays in a Wi-Fi of which only its own files know.
    fn stays_in_wifi(&self) -> bool {
        self.retained.as_ref().is_some_and(|parts| parts.is_in_wifi)
    }

    fn names_address(&self) -> bool {
        self.claim.network.address.is_some() || !self.claim.network.dns.is_empty()
    }

    fn names_cable(&self) -> bool {
        let is_named = self.claim.wifi.is_none() && !self.stays_in_wifi() && self.names_address();
        self.retained.is_none() || is_named
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct BoxPlan {
    pub(super) changes: Vec<FileChange>,
}

impl BoxPlan {
    /// What follows from the inputs.
    ///
    /// # Errors
    /// The settings that would be written are none that the box takes.
    pub(super) fn of(inputs: &PlanInputs<'_>) -> Result<Self, ProvisionError> {
        let settled = lay_over(&inputs.before, inputs.claim);
        let mut plan = Self { changes: Vec::new() };
        plan.plan_machine(&settled);
        plan.plan_network(&settled, inputs);
        plan.plan_service(inputs, &settled)?;
        if inputs.retained.is_none() {
            plan.add(SETTLED_FILE, FileContent::Root(settled.to_toml()));
        }
        Ok(plan)
    }

    fn add(&mut self, path: &str, content: FileContent) {
        self.changes.push(FileChange { path: path.to_owned(), content });
    }

    fn plan_machine(&mut self, settled: &ClaimFile) {
        if let Some(name) = &settled.hostname {
            self.add("hostname", FileContent::Open(format!("{name}\n")));
        }
        if let Some(zone) = &settled.time_zone {
            self.add("timezone", FileContent::Open(format!("{zone}\n")));
            self.add("localtime", FileContent::Link(format!("/usr/share/zoneinfo/{zone}")));
        }
        if !settled.network.ntp.is_empty() {
            let text = files::write_time_servers(&settled.network.ntp);
            self.add("timesyncd.conf.d/10-claim.conf", FileContent::Open(text));
        }
    }

    /// The address is that of the Wi-Fi where there is one, else that of the cable.
    fn plan_network(&mut self, settled: &ClaimFile, inputs: &PlanInputs<'_>) {
        let automatic = NetworkClaim::default();
        let (wired, wireless) = if settled.wifi.is_some() || inputs.stays_in_wifi() {
            (&automatic, &settled.network)
        } else {
            (&settled.network, &automatic)
        };
        if inputs.names_cable() {
            self.add(WIRED_FILE, FileContent::Open(files::write_wired(wired)));
        }
        if !inputs.names_radio() {
            if inputs.stays_in_wifi() && inputs.names_address() {
                self.add(WIRELESS_FILE, FileContent::Open(files::write_wireless(wireless)));
            }
            // A network that is open until the set-up does not outlive it.
            if !inputs.is_access_point {
                self.add("access-point", FileContent::Absent);
            }
            return;
        }
        if let Some(wifi) = &settled.wifi {
            self.add("wpa_supplicant-wlan0.conf", FileContent::Root(files::write_wpa(wifi)));
            self.add(WIRELESS_FILE, FileContent::Open(files::write_wireless(wireless)));
        } else {
            self.add("wpa_supplicant-wlan0.conf", FileContent::Absent);
            self.add(WIRELESS_FILE, FileContent::Absent);
        }
        self.add(
            "access-point",
            match &settled.access_point {
                Some(own) => FileContent::Root(format!("{}\n", own.passphrase.reveal())),
                None if inputs.is_access_point => FileContent::Open(String::new()),
                None => FileContent::Absent,
            },
        );
    }

    fn plan_service(&mut self, inputs: &PlanInputs<'_>, settled: &ClaimFile) -> Result<(), ProvisionError> {
        if let Some(relay) = &inputs.claim.relay {
            let claim = ClaimFile { relay: Some(relay.clone()), ..ClaimFile::default() };
            self.add("cleantrack/claim.toml", FileContent::Service(claim.to_toml()));
        }
        if let Some(code) = &inputs.claim.setup_code {
            self.add(
                &format!("cleantrack/{CODE_FILE}"),
                FileContent::Service(format!("{}\n", code.reveal())),
            );
            self.add(MADE_CODE_FILE, FileContent::Absent);
        } else if let Some(code) = &inputs.new_code {
            self.add(MADE_CODE_FILE, FileContent::Root(format!("{code}\n")));
            self.add(&format!("cleantrack/{CODE_FILE}"), FileContent::Service(format!("{code}\n")));
        }
        let own = settled.access_point.as_ref();
        let passphrase = own.map(|own| FileContent::Service(format!("{}\n", own.passphrase.reveal())));
        if inputs.names_radio() {
            self.add(&format!("cleantrack/{PASSPHRASE_FILE}"), passphrase.unwrap_or(FileContent::Absent));
        }
        let folder = inputs.data.join("etc/cleantrack");
        if let Some(ca) = &settled.network.ca {
            self.add("cleantrack/proxy-ca.pem", FileContent::Open(ca.clone()));
        }
        let proxy = settled.network.proxy.as_ref().map(|proxy| files::ProxyParts::of(proxy.reveal()));
        if let Some((_, password)) = proxy.as_ref().and_then(|proxy| proxy.credentials.as_ref()) {
            self.add("cleantrack/proxy-password", FileContent::Service(format!("{password}\n")));
        }
        let settings = files::SettingsFacts {
            folder: &folder,
            settled,
            proxy,
            has_claim: inputs.has_claim || inputs.claim.relay.is_some(),
            is_access_point: inputs.is_access_point,
            retained: inputs.retained.as_ref().map(|parts| parts.settings.as_str()),
        };
        self.add(SETTINGS_FILE, FileContent::Open(files::write_settings(&settings)?));
        Ok(())
    }
}

/// A new claim file changes only what it names: the Wi-Fi as a whole, an address with its gateway, each of the rest by itself.
/// A box that joins another Wi-Fi without an address gets one there.
pub(super) fn lay_over(before: &ClaimFile, new: &ClaimFile) -> ClaimFile {
    let (old, network) = (&before.network, &new.network);
    // A box that leaves a Wi-Fi to be one leaves its address there too.
    let leaves_wifi = new.access_point.is_some() && before.wifi.is_some();
    let is_new_link = new.wifi.is_some() || leaves_wifi || network.address.is_some();
    let merged = NetworkClaim {
        address: if is_new_link { network.address } else { old.address },
        gateway: if is_new_link { network.gateway } else { old.gateway },
        dns: if is_new_link || !network.dns.is_empty() { network.dns.clone() } else { old.dns.clone() },
        proxy: network.proxy.clone().or_else(|| old.proxy.clone()),
        ca: network.ca.clone().or_else(|| old.ca.clone()),
        ntp: if network.ntp.is_empty() { old.ntp.clone() } else { network.ntp.clone() },
    };
    let settled = ClaimFile {
        relay: None,
        // The card has no file of an old name, and a clock without one goes by UTC.
        time_zone: new.time_zone.as_ref().or(before.time_zone.as_ref()).and_then(|zone| zone_name(zone)),
        hostname: new.hostname.clone().or_else(|| before.hostname.clone()),
        label_host: new.label_host.clone().or_else(|| before.label_host.clone()),
        setup_code: None,
        // One radio: it joins what was named last, or is it.
        wifi: match new.access_point {
            Some(_) => None,
            None => new.wifi.clone().or_else(|| before.wifi.clone()),
        },
        access_point: choose_access_point(before, new).cloned(),
        network: merged,
    };
    settled.with_hashed_key()
}

/// The network that the box is from now on.
pub(super) fn choose_access_point<'a>(
    before: &'a ClaimFile,
    new: &'a ClaimFile,
) -> Option<&'a AccessPointClaim> {
    match new.wifi {
        Some(_) => None,
        None => new.access_point.as_ref().or(before.access_point.as_ref()),
    }
}

pub(super) fn list_parts(claim: &ClaimFile) -> Vec<SetupPart> {
    let network = &claim.network;
    let all = [
        (SetupPart::Relay, claim.relay.is_some()),
        (SetupPart::HostName, claim.hostname.is_some()),
        (SetupPart::TimeZone, claim.time_zone.is_some()),
        (SetupPart::Wifi, claim.wifi.is_some()),
        (SetupPart::AccessPoint, claim.access_point.is_some()),
        (SetupPart::Address, network.address.is_some()),
        (SetupPart::NameServers, !network.dns.is_empty()),
        (SetupPart::Proxy, network.proxy.is_some()),
        (SetupPart::ProxyAuthority, network.ca.is_some()),
        (SetupPart::TimeServers, !network.ntp.is_empty()),
        (SetupPart::LabelHost, claim.label_host.is_some()),
        (SetupPart::SetupCode, claim.setup_code.is_some()),
    ];
    all.into_iter().filter(|(_, is_named)| *is_named).map(|(part, _)| part).collect()
}

/// Below `etc`.
pub(super) fn place_of(etc: &Path, change: &FileChange) -> PathBuf {
    etc.join(&change.path)
}
