//! What the set-up page asks for, and the claim file that follows from it: the parser of claim files itself checks each value.

use firmware_config::{ClaimFile, ClaimFileError, NetworkClaim};
use record::limits::NAME_CHARS_MAX;
use web::form::{FormDefinition, FormField, FormSection, FormValues};
use words::WordSet as _;

use crate::setup::SetupRow;
use crate::web::request::fields::field_error::Wrong;
use crate::web::view_models::machine::setup_words::{word_reason, word_row};
use crate::web::words::{FormWords, SetupWords};

const LINE_CHARS_MAX: usize = 300;
/// Characters of certificates and of a claim file.
const TEXT_CHARS_MAX: usize = 64_000;

const PEOPLE: FormSection =
    FormSection::titled("people", &[FormField::line("admin", NAME_CHARS_MAX).required()]);
const PLACE: FormSection = FormSection::titled(
    "place",
    &[
        FormField::line("facility", NAME_CHARS_MAX),
        FormField::line("time_zone", NAME_CHARS_MAX),
        FormField::line("label_host", NAME_CHARS_MAX),
    ],
);
const NETWORK: FormSection = FormSection::titled(
    "wifi",
    &[
        FormField::line("host_name", 63),
        FormField::exact_line("ssid", 32),
        FormField::exact_line("passphrase", 64),
        FormField::line("country", 2),
        FormField::tick("hidden"),
    ],
);
const ADDRESS: FormSection = FormSection::folded(
    "address_section",
    &[
        FormField::line("address", LINE_CHARS_MAX),
        FormField::line("gateway", LINE_CHARS_MAX),
        FormField::line("dns", LINE_CHARS_MAX),
    ],
);
const WAY: FormSection = FormSection::folded(
    "way",
    &[
        FormField::line("proxy", LINE_CHARS_MAX),
        FormField::lines("ca", TEXT_CHARS_MAX),
        FormField::line("ntp", LINE_CHARS_MAX),
    ],
);
const RELAY: FormSection = FormSection::titled("relay", &[FormField::lines("claim", TEXT_CHARS_MAX)]);

/// Of a new box on a system of the facility's own.
pub(super) static FIRST: FormDefinition = FormDefinition { name: "setup", sections: &[PEOPLE, PLACE, RELAY] };
/// Of a new box on the image, which sets up the machine as well.
pub(super) static FIRST_IMAGE: FormDefinition =
    FormDefinition { name: "setup", sections: &[PEOPLE, PLACE, NETWORK, ADDRESS, WAY, RELAY] };
pub(super) static LATER: FormDefinition = FormDefinition { name: "setup", sections: &[PLACE, RELAY] };
pub(super) static LATER_IMAGE: FormDefinition =
    FormDefinition { name: "setup", sections: &[PLACE, NETWORK, ADDRESS, WAY, RELAY] };

const FIELD_KEYS: [(&str, &str); 12] = [
    ("hostname", "host_name"),
    ("time_zone", "time_zone"),
    ("label_host", "label_host"),
    ("wifi.ssid", "ssid"),
    ("wifi.passphrase", "passphrase"),
    ("wifi.country", "country"),
    ("network.address", "address"),
    ("network.gateway", "gateway"),
    ("network.dns", "dns"),
    ("network.proxy", "proxy"),
    ("network.ca", "ca"),
    ("network.ntp", "ntp"),
];

pub(super) fn open_form_words(w: SetupWords) -> FormWords {
    FormWords::in_locale(w.catalog().locale())
}

fn find_claim<'a>(values: &'a FormValues, file: Option<&'a [u8]>) -> &'a [u8] {
    let text = values.text("claim").trim().as_bytes();
    file.filter(|bytes| !bytes.is_empty()).unwrap_or(text)
}

/// The form with what its claim file says in the fields that it has for it, and the rest as text: a file that was
/// chosen does not be sent again by the browser.
pub(super) fn enter_claim(values: &FormValues, file: Option<&[u8]>, claim: &ClaimFile) -> FormValues {
    let fields = [("time_zone", &claim.time_zone), ("label_host", &claim.label_host)];
    let entered = fields.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
    let values = entered.fold(values.clone(), |values, (name, value)| values.with(name, value));
    let rest = match ClaimFile::parse(find_claim(&values, file)) {
        Ok(base) => ClaimFile { time_zone: None, label_host: None, ..base }.to_toml(),
        // There is none.
        Err(_) => String::new(),
    };
    values.with("claim", rest)
}

/// The claim file that was chosen or entered as text, overridden by the form's fields.
///
/// # Errors
/// All that does not fit, beside its field.
pub(super) fn read_claim(
    values: &FormValues,
    file: Option<&[u8]>,
    w: SetupWords,
) -> Result<ClaimFile, Vec<Wrong>> {
    let bytes = find_claim(values, file);
    let base = match bytes.is_empty() {
        true => Ok(ClaimFile::default()),
        false => ClaimFile::parse(bytes).map_err(|error| word_mistakes(&error, w)),
    };
    let fields = ClaimFile::of_entries(list_entries(values)).map_err(|error| word_fields(&error, w));
    match (base, fields) {
        (Ok(base), Ok(fields)) => Ok(lay_over(base, fields)),
        // The claim file is the form's last field.
        (base, fields) => {
            let mistakes = [fields.err(), base.err()].into_iter().flatten().flatten();
            Err(mistakes.collect())
        }
    }
}

fn word_mistakes(error: &ClaimFileError, w: SetupWords) -> Vec<Wrong> {
    let rows = error.mistakes().iter().map(SetupRow::from);
    rows.map(|row| Wrong { at: "claim".to_owned(), words: w.setup_claim_row(word_row(w, &row)) }).collect()
}

/// Mistakes of the form's own fields: each beside its field, by the field's name.
fn word_fields(error: &ClaimFileError, w: SetupWords) -> Vec<Wrong> {
    let rows = error.mistakes().iter().map(SetupRow::from);
    let worded = rows.map(|row| {
        let key = row.key.as_deref().unwrap_or_default();
        let field = FIELD_KEYS.iter().find(|(known, _)| *known == key).map_or("claim", |(_, field)| *field);
        let label = FIRST_IMAGE.label(field, open_form_words(w).catalog());
        Wrong { at: field.to_owned(), words: format!("{label}: {}", word_reason(w, &row)) }
    });
    worded.collect()
}

/// What the fields hold, by the keys of a claim file. A checkbox alone defines no Wi-Fi.
fn list_entries(values: &FormValues) -> Vec<(&'static str, &str)> {
    let mut entries: Vec<_> = FIELD_KEYS.iter().map(|(key, field)| (*key, values.text(field))).collect();
    let names_wifi = entries.iter().any(|(key, value)| key.starts_with("wifi.") && !value.trim().is_empty());
    if names_wifi && values.is_ticked("hidden") {
        entries.push(("wifi.hidden", "1"));
    }
    entries
}

fn lay_over(base: ClaimFile, fields: ClaimFile) -> ClaimFile {
    let (old, new) = (base.network, fields.network);
    let network = NetworkClaim {
        address: new.address.or(old.address),
        gateway: new.gateway.or(old.gateway),
        dns: if new.dns.is_empty() { old.dns } else { new.dns },
        proxy: new.proxy.or(old.proxy),
        ca: new.ca.or(old.ca),
        ntp: if new.ntp.is_empty() { old.ntp } else { new.ntp },
    };
    ClaimFile {
        relay: base.relay,
        time_zone: fields.time_zone.or(base.time_zone),
        hostname: fields.hostname.or(base.hostname),
        label_host: fields.label_host.or(base.label_host),
        // The reader of this page has one, or needs none.
        setup_code: None,
        access_point: base.access_point.filter(|_| fields.wifi.is_none()),
        wifi: fields.wifi.or(base.wifi),
        network,
    }
}

#[cfg(test)]
mod tests {
    use words::{Locale, WordSet as _};

    use super::*;

    fn read(fields: &[(&str, &str)], file: Option<&[u8]>) -> Result<ClaimFile, Vec<(String, String)>> {
        let values = fields
            .iter()
            .fold(FormValues::empty(&FIRST_IMAGE), |values, (name, value)| values.with(name, *value));
        let read = read_claim(&values, file, SetupWords::in_locale(Locale::EnUs));
        read.map_err(|wrong| wrong.into_iter().map(|wrong| (wrong.at, wrong.words)).collect())
    }

    #[test]
    fn fields_lie_over_the_file() {
        let file = b"version = 1\nhostname = \"of-file\"\n[wifi]\nssid = \"Old\"\ncountry = \"DE\"\n";
        let claim = read(
            &[
                ("ssid", "Ward"),
                ("passphrase", "longenough"),
                ("country", "US"),
                ("hidden", "1"),
                ("dns", "10.0.0.1, 10.0.0.2"),
                ("address", "10.0.0.5/24"),
            ],
            Some(file),
        )
        .unwrap();
        let wifi = claim.wifi.unwrap();
        assert_eq!(
            (claim.hostname.as_deref(), wifi.ssid.as_str(), wifi.hidden),
            (Some("of-file"), "Ward", true)
        );
        assert_eq!((claim.network.dns.len(), claim.network.address.unwrap().prefix), (2, 24));
        assert_eq!(read(&[], None).unwrap(), ClaimFile::default());
        let edged = read(&[("ssid", " Ward "), ("country", "US"), ("host_name", " ward-7 ")], None).unwrap();
        assert_eq!(
            (edged.wifi.unwrap().ssid.as_str(), edged.hostname.as_deref()),
            (" Ward ", Some("ward-7"))
        );
    }

    #[test]
    fn what_does_not_fit_stands_beside_its_field() {
        let wrong = read(
            &[("ssid", "Ward"), ("host_name", "a b"), ("proxy", "ftp://x"), ("gateway", "10.0.0.1")],
            None,
        );
        let wrong = wrong.unwrap_err();
        let fields: Vec<&str> = wrong.iter().map(|(at, _)| at.as_str()).collect();
        for field in ["country", "host_name", "proxy", "gateway"] {
            assert!(fields.contains(&field), "{field}: {wrong:?}");
        }
        let of_file = read(&[], Some(b"version = 1\nhostnam = \"a\"\n")).unwrap_err();
        assert_eq!(of_file[0].0, "claim");
        assert!(of_file[0].1.starts_with("Claim file: Line 2: hostnam"), "{of_file:?}");
        assert_eq!(read(&[("claim", "not = [toml")], None).unwrap_err()[0].0, "claim");
    }

    #[test]
    fn a_broken_file_hides_no_mistake_of_a_field() {
        let file: &[u8] = b"version = 1\nhostnam = \"a\"\n[wifi]\nssid = \"Ward\"\n";
        let wrong = read(&[("host_name", "a b"), ("proxy", "ftp://x")], Some(file)).unwrap_err();
        let mut fields: Vec<&str> = wrong.iter().map(|(at, _)| at.as_str()).collect();
        assert_eq!(fields.split_off(2), ["claim", "claim"], "{wrong:?}");
        fields.sort_unstable();
        assert_eq!(fields, ["host_name", "proxy"], "{wrong:?}");
    }
}
