//! A letter in words: subject, text and page, with the same facts in both.

use askama::Template;

use super::letter::MailLetter;
use crate::wording::{MailWords, PageWords, SupportWords, find_reader, name_agent, open_words};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MailText {
    pub(super) subject: String,
    /// Plain, lines of any length.
    pub(super) text: String,
    pub(super) html: String,
}

#[derive(Template)]
#[template(path = "mail.html")]
struct MailPage<'a> {
    lang: &'static str,
    subject: &'a str,
    lines: &'a [String],
    button: &'a str,
    link: &'a str,
    hints: &'a [String],
}

struct MailParts<'a> {
    subject: String,
    lines: Vec<String>,
    button: String,
    link: &'a str,
    hints: Vec<String>,
}

/// `host`: of the relay that sends.
pub(super) fn render_letter(letter: &MailLetter, host: &str) -> MailText {
    let w: MailWords = open_words();
    let mut parts = letter_parts(letter, w);
    parts.hints.push(w.mail_sent_by(host));
    let MailParts { subject, lines, button, link, hints } = parts;
    let lang = w.catalog().locale().html_lang();
    let page = MailPage { lang, subject: &subject, lines: &lines, button: &button, link, hints: &hints };
    // A template writes into memory: what could fail is a value that cannot be shown, and all of these are text.
    let html = page.render().unwrap_or_default();
    let paragraphs = lines.iter().cloned().chain([format!("{button}:\n{link}")]).chain(hints.iter().cloned());
    let text = paragraphs.map(|paragraph| format!("{paragraph}\n\n")).collect();
    MailText { subject, text, html }
}

/// Minutes in the reader's zone, such as `2026-11-20 14:05 UTC`: a date that nobody reads otherwise.
fn time_text(ms: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    time.to_zoned(find_reader().zone).strftime("%Y-%m-%d %H:%M %Z").to_string()
}

fn letter_parts(letter: &MailLetter, w: MailWords) -> MailParts<'_> {
    match letter {
        MailLetter::Invitation { account, by, role, link, expires_ms } => MailParts {
            subject: w.mail_invitation_subject(account),
            lines: vec![w.mail_invitation_what(account, by, open_words::<PageWords>().role_name(role))],
            button: w.mail_invitation_button(),
            link,
            hints: once_hints(w, *expires_ms),
        },
        MailLetter::SignUp { link, expires_ms } => MailParts {
            subject: w.mail_sign_up_subject(),
            lines: vec![w.mail_sign_up_what()],
            button: w.mail_sign_up_button(),
            link,
            hints: once_hints(w, *expires_ms),
        },
        MailLetter::AddressKnown { link } => MailParts {
            subject: w.mail_known_subject(),
            lines: vec![w.mail_known_what()],
            button: w.mail_known_button(),
            link,
            hints: vec![w.mail_not_you()],
        },
        MailLetter::NobodyKnown { link } => MailParts {
            subject: w.mail_nobody_subject(),
            lines: vec![w.mail_nobody_what()],
            button: w.mail_nobody_button(),
            link,
            hints: vec![w.mail_not_you()],
        },
        MailLetter::Reset { link, expires_ms } => MailParts {
            subject: w.mail_reset_subject(),
            lines: vec![w.mail_reset_what()],
            button: w.mail_reset_button(),
            link,
            hints: once_hints(w, *expires_ms),
        },
        MailLetter::SignInLink { link, expires_ms } => MailParts {
            subject: w.mail_link_subject(),
            lines: vec![w.mail_link_what()],
            button: w.mail_link_button(),
            link,
            hints: once_hints(w, *expires_ms),
        },
        MailLetter::NewDevice { at_ms, network, agent, link } => {
            device_parts([name_agent(agent).as_str(), network], time_text(*at_ms), link)
        }
        MailLetter::FactorChanged { at_ms, link } => factor_parts(w, time_text(*at_ms), link),
        MailLetter::WrongCodes { at_ms, network, link } => codes_parts(w, time_text(*at_ms), network, link),
        MailLetter::FactorsForgotten { at_ms, link } => forgotten_parts(w, time_text(*at_ms), link),
        MailLetter::NewColleague { account, who, role, sees_nothing, link } => {
            let sees = if *sees_nothing { w.mail_colleague_nothing() } else { w.mail_colleague_groups() };
            colleague_parts([account.as_str(), who, role], sees, link)
        }
        MailLetter::PasskeyCopied { at_ms, name, link } => copied_parts(w, time_text(*at_ms), name, link),
        MailLetter::IdentityLinked { at_ms, host, link } => identity_parts(w, time_text(*at_ms), host, link),
        MailLetter::SupportAccess { by, reason, until_ms, link } => {
            support_parts([by.as_str(), reason], time_text(*until_ms), link)
        }
        MailLetter::WebhookOff { account, host, failing_ms, link } => {
            let why = match failing_ms {
                Some(since_ms) => w.mail_webhook_failing(host, time_text(*since_ms)),
                None => w.mail_webhook_gone(host),
            };
            webhook_parts(w, account, why, link)
        }
        MailLetter::PasswordChanged { at_ms, link } => password_parts(w, time_text(*at_ms), link),
    }
}

fn once_hints(w: MailWords, expires_ms: i64) -> Vec<String> {
    vec![w.mail_link_once(time_text(expires_ms)), w.mail_not_you()]
}

/// `what_where`: the browser, and from where it came.
fn device_parts<'a>(what_where: [&str; 2], at: String, link: &'a str) -> MailParts<'a> {
    let (w, [agent, network]) = (open_words::<MailWords>(), what_where);
    MailParts {
        subject: w.mail_device_subject(),
        lines: vec![w.mail_device_what(at), w.mail_device_where(agent, network)],
        button: w.mail_device_button(),
        link,
        hints: vec![w.mail_device_not_you()],
    }
}

/// `whom`: the account, who came into it, and as what.
fn colleague_parts<'a>(whom: [&str; 3], sees: String, link: &'a str) -> MailParts<'a> {
    let (w, [account, who, role]) = (open_words::<MailWords>(), whom);
    MailParts {
        subject: w.mail_colleague_subject(account),
        lines: vec![w.mail_colleague_what(open_words::<PageWords>().role_name(role), who), sees],
        button: w.mail_colleague_button(),
        link,
        hints: vec![w.mail_colleague_hint()],
    }
}

fn identity_parts<'a>(w: MailWords, at: String, host: &str, link: &'a str) -> MailParts<'a> {
    MailParts {
        subject: w.mail_identity_subject(),
        lines: vec![w.mail_identity_what(at, host)],
        button: w.mail_identity_button(),
        link,
        hints: vec![w.mail_identity_not_you()],
    }
}

/// `who_why`: who opened the account, and the reason.
fn support_parts<'a>(who_why: [&str; 2], until: String, link: &'a str) -> MailParts<'a> {
    let (w, [who, why]) = (open_words::<SupportWords>(), who_why);
    MailParts {
        subject: w.support_mail_subject(),
        lines: vec![w.support_mail_what(who, until), w.support_mail_why(why)],
        button: w.support_mail_button(),
        link,
        hints: vec![w.support_mail_hint()],
    }
}

fn webhook_parts<'a>(w: MailWords, account: &str, why: String, link: &'a str) -> MailParts<'a> {
    MailParts {
        subject: w.mail_webhook_subject(account),
        lines: vec![why, w.mail_webhook_what()],
        button: w.mail_webhook_button(),
        link,
        hints: vec![w.mail_webhook_hint()],
    }
}

fn password_parts(w: MailWords, at: String, link: &str) -> MailParts<'_> {
    MailParts {
        subject: w.mail_password_subject(),
        lines: vec![w.mail_password_what(at)],
        button: w.mail_password_button(),
        link,
        hints: vec![w.mail_password_not_you()],
    }
}

fn factor_parts(w: MailWords, at: String, link: &str) -> MailParts<'_> {
    MailParts {
        subject: w.mail_factor_subject(),
        lines: vec![w.mail_factor_what(at)],
        button: w.mail_factor_button(),
        link,
        hints: vec![w.mail_factor_not_you()],
    }
}

fn codes_parts<'a>(w: MailWords, at: String, network: &str, link: &'a str) -> MailParts<'a> {
    MailParts {
        subject: w.mail_codes_subject(),
        lines: vec![w.mail_codes_what(at, network), w.mail_codes_why()],
        button: w.mail_codes_button(),
        link,
        hints: vec![w.mail_codes_hint()],
    }
}

fn forgotten_parts(w: MailWords, at: String, link: &str) -> MailParts<'_> {
    MailParts {
        subject: w.mail_forgotten_subject(),
        lines: vec![w.mail_forgotten_what(at)],
        button: w.mail_factor_button(),
        link,
        hints: vec![w.mail_forgotten_hint()],
    }
}

fn copied_parts<'a>(w: MailWords, at: String, name: &str, link: &'a str) -> MailParts<'a> {
    MailParts {
        subject: w.mail_copied_subject(),
        lines: vec![w.mail_copied_what(at, name), w.mail_copied_why()],
        button: w.mail_factor_button(),
        link,
        hints: vec![w.mail_copied_do()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wording::{TextReader, word_for};

    fn letters() -> Vec<MailLetter> {
        fn example_link() -> String {
            "https://relay.example/x/S3CRET".to_owned()
        }
        let (at_ms, expires_ms) = (1_795_204_920_000, 1_795_291_320_000);
        vec![
            MailLetter::Invitation {
                account: "Linden <Health>".into(),
                by: "priya@linden.example".into(),
                role: "biomed".into(),
                link: example_link(),
                expires_ms,
            },
            MailLetter::SignUp { link: example_link(), expires_ms },
            MailLetter::AddressKnown { link: example_link() },
            MailLetter::NobodyKnown { link: example_link() },
            MailLetter::Reset { link: example_link(), expires_ms },
            MailLetter::SignInLink { link: example_link(), expires_ms },
            MailLetter::NewDevice {
                at_ms,
                network: "192.0.2.0/24".into(),
                agent: "Firefox".into(),
                link: example_link(),
            },
            MailLetter::PasswordChanged { at_ms, link: example_link() },
            MailLetter::FactorChanged { at_ms, link: example_link() },
            MailLetter::PasskeyCopied { at_ms, name: "Phone".into(), link: example_link() },
            MailLetter::WrongCodes { at_ms, network: "192.0.2.0/24".into(), link: example_link() },
            MailLetter::FactorsForgotten { at_ms, link: example_link() },
            MailLetter::NewColleague {
                account: "Linden".into(),
                who: "Ana Lima (ana@linden.example)".into(),
                role: "technician".into(),
                sees_nothing: true,
                link: example_link(),
            },
            MailLetter::IdentityLinked { at_ms, host: "login.example".into(), link: example_link() },
            MailLetter::SupportAccess {
                by: "ops@relay.example".into(),
                reason: "numbers <b>".into(),
                until_ms: expires_ms,
                link: example_link(),
            },
            MailLetter::WebhookOff {
                account: "Linden <Health>".into(),
                host: "hooks.example".into(),
                failing_ms: Some(at_ms),
                link: example_link(),
            },
            MailLetter::WebhookOff {
                account: "Linden".into(),
                host: "hooks.example".into(),
                failing_ms: None,
                link: example_link(),
            },
        ]
    }

    #[test]
    fn each_mail_is_in_the_language_and_zone_of_its_reader() {
        for letter in letters() {
            let word = |reader: TextReader| word_for(reader, || render_letter(&letter, "relay.example"));
            let english = word(TextReader::default());
            let spanish = word(TextReader::of("es-MX", "America/Chicago"));
            assert_ne!(english.subject, spanish.subject, "{letter:?}");
            assert!(spanish.html.contains("<html lang=\"es-MX\">"), "{}", spanish.html);
            assert!(!spanish.text.contains("UTC"), "{}", spanish.text);
            let of_english: Vec<&str> = english.text.lines().collect();
            let alike = spanish.text.lines().filter(|line| line.contains(' ') && of_english.contains(line));
            assert_eq!(alike.collect::<Vec<_>>(), [""; 0], "{letter:?}");
            let pseudo = word(TextReader::of("xx", ""));
            let worded = pseudo.text.lines().filter(|line| line.contains(' '));
            assert!(
                worded.clone().count() > 1 && worded.clone().all(|line| line.starts_with('⟦')),
                "{}",
                pseudo.text
            );
        }
    }

    #[test]
    fn text_and_page_say_the_same_and_nothing_is_markup() {
        for letter in letters() {
            let mail = render_letter(&letter, "relay.example");
            assert!(!mail.subject.is_empty() && !mail.subject.contains(['\r', '\n']), "{letter:?}");
            for of in [&mail.text, &mail.html] {
                assert!(of.contains("https://relay.example/x/S3CRET"), "{of}");
                assert!(of.contains("relay.example"), "{of}");
            }
            assert!(!mail.html.contains("<Health>"), "{}", mail.html);
            assert!(mail.html.len() < 30_000);
        }
    }
}
