//! Whether mail can leave, and whether receivers believe who sends it: SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 7489).

use record::ids::UserId;
use serde_json::{Value, json};
use service::random::RandomSource;

use super::{DoctorReport, DoctorSeams};
use crate::accounts::email_address;
use crate::mail::send_test;
use crate::mail::transport::MailWay;
use crate::outgoing::DomainTexts;
use crate::settings::RelaySettings;

const SUBJECT: &str = "mail";
/// The part of a domain in which Resend receives what comes back, unless its owner chose another.
const RESEND_BOUNCES: &str = "send";
const RESEND_SELECTOR: &str = "resend";

pub(super) async fn examine_mail(report: &mut DoctorReport, settings: &RelaySettings, seams: &DoctorSeams) {
    // What cannot be read ended the settings' own check.
    let Ok(Some(way)) = settings.mail_way() else {
        return report.good(SUBJECT, "none leaves by these settings: pages show links to hand on");
    };
    let advice = "mend it as it says; `mail test --to ADDRESS` then shows whether mail arrives";
    if let Err(error) = settings.mail_transport() {
        return report.fail(SUBJECT, error.to_string(), advice);
    }
    if let Err(error) = settings.resend_secrets() {
        report.fail(SUBJECT, error.to_string(), advice);
    }
    match &way {
        MailWay::Folder(folder) => {
            return report
                .good(SUBJECT, format!("into {}, from where a mail program takes it", folder.display()));
        }
        MailWay::Smtp(server) => report.good(SUBJECT, format!("by {}, port {}", server.host, server.port)),
        MailWay::Resend if settings.mail.webhook_secret_file.is_none() => {
            let advice = "at Resend, add a webhook to `/webhooks/resend` of this relay for all events of mails, and write its signing \
                          secret into the file of `mail.webhook_secret_file`";
            report.warn(SUBJECT, "by Resend, and nothing is known of what comes back", advice);
        }
        MailWay::Resend => report.good(SUBJECT, "by Resend"),
    }
    let Ok(sender) = settings.mail_sender() else { return };
    let domain = sender.domain();
    if !domain.contains('.') {
        let advice =
            "write an address of a domain of yours into `mail.from`: others refuse or hide this mail";
        return report.warn(SUBJECT, format!("it comes from {domain}, which is nobody's"), advice);
    }
    let texts = &*seams.texts;
    let (bounces, selector) = match way {
        MailWay::Resend => (format!("{RESEND_BOUNCES}.{domain}"), Some(RESEND_SELECTOR)),
        _ => (domain.to_owned(), None),
    };
    examine_spf(report, texts, &bounces).await;
    if let Some(selector) = selector {
        examine_dkim(report, texts, &format!("{selector}._domainkey.{domain}")).await;
    }
    examine_dmarc(report, texts, domain).await;
}

/// The texts of a name; a line of the report where nobody answers.
async fn ask_texts(report: &mut DoctorReport, texts: &dyn DomainTexts, name: &str) -> Option<Vec<String>> {
    match texts.find_texts(name.to_owned()).await {
        Ok(found) => Some(found),
        Err(error) => {
            let finding = format!("the records of {name} are not known: {error}");
            report.warn(
                SUBJECT,
                finding,
                "look whether this machine reaches its name servers, then ask again",
            );
            None
        }
    }
}

fn begins_with_tag(text: &str, tag: &str) -> bool {
    let rest =
        text.get(..tag.len()).filter(|head| head.eq_ignore_ascii_case(tag)).map(|_| &text[tag.len()..]);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', ';']))
}

async fn examine_spf(report: &mut DoctorReport, texts: &dyn DomainTexts, domain: &str) {
    let Some(found) = ask_texts(report, texts, domain).await else { return };
    let policies: Vec<&String> = found.iter().filter(|text| begins_with_tag(text, "v=spf1")).collect();
    match policies.as_slice() {
        [] => {
            let advice = format!(
                "add a TXT record to {domain} that names who sends for it, as your provider shows it: `v=spf1 include:… ~all`"
            );
            report.warn(SUBJECT, format!("{domain} has no SPF record"), advice);
        }
        [one] if one.split_whitespace().any(|term| matches!(term, "all" | "+all")) => {
            let finding = format!("the SPF record of {domain} lets anybody send in its name");
            report.warn(SUBJECT, finding, "end it with `~all` or `-all`");
        }
        [_] => report.good(SUBJECT, format!("{domain} has an SPF record")),
        several => {
            let finding = format!("{domain} has {} SPF records, so none counts", several.len());
            report.warn(SUBJECT, finding, "put them together into one");
        }
    }
}

async fn examine_dkim(report: &mut DoctorReport, texts: &dyn DomainTexts, name: &str) {
    let Some(found) = ask_texts(report, texts, name).await else { return };
    let has_key = found.iter().any(|text| {
        text.split(';').filter_map(|tag| tag.trim().strip_prefix("p=")).any(|key| !key.trim().is_empty())
    });
    if has_key {
        report.good(SUBJECT, format!("{name} has a DKIM key"));
    } else {
        let advice = "add the TXT record that the provider shows for this domain; without it receivers cannot tell who sent";
        report.warn(SUBJECT, format!("{name} has no DKIM key"), advice);
    }
}

/// Of the domain, else of one above it, whose policy then counts for this one.
async fn examine_dmarc(report: &mut DoctorReport, texts: &dyn DomainTexts, domain: &str) {
    let mut rest = domain;
    while rest.contains('.') {
        let name = format!("_dmarc.{rest}");
        let Some(found) = ask_texts(report, texts, &name).await else { return };
        if found.iter().any(|text| begins_with_tag(text, "v=DMARC1")) {
            return report.good(SUBJECT, format!("{name} has a DMARC policy"));
        }
        rest = rest.split_once('.').map_or("", |(_, above)| above);
    }
    let advice = format!(
        "add a TXT record `_dmarc.{domain}`: `v=DMARC1; p=none; rua=mailto:postmaster@{domain}`; the large mail services ask for one"
    );
    report.warn(SUBJECT, format!("{domain} has no DMARC policy"), advice);
}

/// Sends a mail by the settings as they are. It needs neither the database nor a relay that runs.
///
/// # Errors
/// Why it did not leave, in words.
pub(crate) async fn send_test_mail(
    settings: &RelaySettings,
    to: &str,
    now_ms: i64,
    random: &dyn RandomSource,
) -> Result<Value, String> {
    let transport = settings.mail_transport().map_err(|error| error.to_string())?;
    let transport = transport.ok_or_else(|| "mail.send names no way: see the settings".to_owned())?;
    let address = email_address(to).ok_or_else(|| format!("{to:?} is no e-mail address"))?;
    let mail = UserId::new(now_ms, random.bytes()).to_string();
    let link = format!("{}/login", settings.pages_url());
    let taken = send_test(&transport, &mail, &address, link, now_ms).await;
    let taken = taken.map_err(|failure| format!("the mail did not leave: {failure}: {}", failure.answer))?;
    Ok(json!({ "mail": mail, "to": address, "provider_id": taken.provider_id }))
}
