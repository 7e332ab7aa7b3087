//! What is wrong with a claim file: each mistake with its line, its key and a reason that pages can word in any language.

use std::fmt;

/// Two CA chains take eight thousand, all else two thousand; a reader stops after this.
pub const CLAIM_FILE_BYTES_MAX: usize = 64 * 1024;

/// In the order of its lines. No text shows a value of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimFileError {
    mistakes: Vec<ClaimMistake>,
}

impl ClaimFileError {
    /// Of at least one mistake; those without a line come last.
    pub(crate) fn of(mut mistakes: Vec<ClaimMistake>) -> Self {
        mistakes.sort_by_key(|mistake| mistake.line.unwrap_or(usize::MAX));
        Self { mistakes }
    }

    pub(crate) fn whole(reason: MistakeReason) -> Self {
        Self { mistakes: vec![ClaimMistake { line: None, key: None, reason }] }
    }

    pub fn mistakes(&self) -> &[ClaimMistake] {
        &self.mistakes
    }
}

impl fmt::Display for ClaimFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, mistake) in self.mistakes.iter().enumerate() {
            let between = if nth == 0 { "" } else { "\n" };
            write!(f, "{between}{mistake}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ClaimFileError {}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimMistake {
    /// From 1; `None` for the whole file or a missing line.
    pub line: Option<usize>,
    /// With its section, such as `wifi.ssid`.
    pub key: Option<String>,
    pub reason: MistakeReason,
}

impl fmt::Display for ClaimMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line} of the claim file")?,
            None => write!(f, "the claim file")?,
        }
        match &self.key {
            Some(key) => write!(f, ": `{key}` {}", self.reason),
            None => write!(f, " {}", self.reason),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyHint {
    Nearest(&'static str),
    Unlike,
}

impl fmt::Display for KeyHint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nearest(key) => write!(f, "did you mean `{key}`?"),
            Self::Unlike => f.write_str("take the line out"),
        }
    }
}

/// So that no reason lacks a code or an English text.
macro_rules! reasons {
    ($($(#[$about:meta])* $name:ident $( { $($field:ident : $kind:ty),+ } )? = $code:literal, $text:literal;)+) => {
        /// Why something does not fit. Its text continues “`key` …” and says what to write, never what was written.
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        pub enum MistakeReason {
            $($(#[$about])* #[error($text)] $name $( { $($field: $kind),+ } )?,)+
        }

        impl MistakeReason {
            /// A name that never changes, for files and for messages in other languages.
            pub const fn code(&self) -> &'static str {
                match self {
                    $(Self::$name { .. } => $code,)+
                }
            }
        }
    };
}

reasons! {
    /// The limit is named: whoever reads the file stops there.
    TooLong { bytes: usize } = "too-long", "has more than {bytes} bytes: is it another file?";
    Encoding = "encoding", "is not text: save it as UTF-8, or download it again from the relay";
    Syntax { why: String } = "syntax", "cannot be read: {why}";
    UnknownKey { nearest: KeyHint } = "unknown-key", "is not a setting of a claim file; {nearest}";
    MissingKey = "missing-key", "is missing: add it, or download the file again from the relay";
    Version = "version", "is not 1: this program is older than the file";
    TextNeeded = "text", "must be a text in quotes";
    FlagNeeded = "flag", "must be true or false, without quotes";
    SectionNeeded = "section", "must be a section: its name in [ ] on a line of its own";
    ListNeeded = "list", "must be a list of texts in quotes, in [ ]";
    ListLength { most: usize } = "list-length", "must hold 1 to {most} values";
    HttpsNeeded = "https", "must begin with https://";
    MqttsNeeded = "mqtts", "must begin with mqtts://";
    LabelHost = "label-host", "must read <scheme>://<host>, such as HTTP://10.0.0.5";
    LabelHostLocal = "label-host-local", "ends in .local, which many phones do not find; write the address, such as HTTP://10.0.0.5, or a name of the facility’s own DNS, such as HTTP://BOX.INTERNAL";
    LabelHostPublic = "label-host-public", "is a public name or address, of which phones warn without HTTPS; write HTTPS:// where the box has a certificate for it, else a private address such as HTTP://10.0.0.5";
    HostName = "host", "must name a host, with no path, user or space";
    Brackets = "brackets", "must have an IPv6 address between its brackets";
    PortNumber = "port", "has a port that is not a number from 1 to 65535";
    Certificates = "certificates", "must be the PEM text of certificates, each from BEGIN to END";
    VerifierKey = "verifier-key", "must hold keys that read <name>+<8 hex digits>+<base64>";
    FacilityId = "facility", "must be the facility's id: 26 letters and digits in upper case";
    ClaimCode = "code", "must be the one-time code: 8 to 128 letters, digits and signs with no space";
    Moment = "expires", "must be a moment such as 2026-12-31T12:00:00Z";
    TimeZone = "time-zone", "must be an IANA time zone such as Europe/Berlin";
    HostLabel = "hostname", "must be 1 to 63 letters, digits and inner hyphens";
    SetupCode = "setup-code", "must be the set-up code: 8 to 64 letters and digits without accents and without U; hyphens and spaces between them do not count";
    NetworkName = "ssid", "must be the name of a network: 1 to 32 bytes";
    Passphrase = "passphrase", "must have 8 to 63 characters without accents; the 64 hex digits of its hash go into `wifi.psk`";
    HashedKey = "psk", "must be 64 hex digits; a passphrase as people enter it goes into `wifi.passphrase`";
    KeyTwice = "key-twice", "stands beside `wifi.passphrase`: leave one of the two";
    OwnPassphrase = "own-passphrase", "must have 8 to 63 characters without accents";
    RadioTwice = "radio-twice", "stands beside `wifi`: the box either joins a network or is one; leave one of the two";
    Country = "country", "must be a country in two upper-case letters, such as US";
    Enterprise = "enterprise", "belongs to WPA2-Enterprise or 802.1X, which a box does not support: ask the network team for a network with a passphrase, or for a port that lets the box in by its MAC address";
    AddressPrefix = "address", "must be an address with the length of its prefix, such as 10.1.2.3/24";
    AddressUnusable = "address-unusable", "is no address that one machine can have in that network";
    AddressNeeded = "ip", "must be an IP address such as 10.1.2.1";
    GatewayAlone = "gateway-alone", "needs `network.address` beside it; without both the network assigns them";
    GatewayOutside = "gateway-outside", "is not another machine of the network of `network.address`";
    DnsMissing = "dns-missing", "is missing beside `network.address`: without it the box finds no relay";
    ProxyAddress = "proxy", "must read http://host:port or http://user:password@host:port";
    ProxyScheme = "proxy-scheme", "must begin with http://, also for a proxy that lets https through";
    TimeServer = "ntp", "must hold host names or IP addresses of time servers";
}
