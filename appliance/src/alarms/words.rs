//! Alarms in sentences: what happened, what is safe, what to do.

use record::alarm::AlarmCode;

use super::sources::{SideRoom, is_of_fetch_room, is_of_missing, is_of_rebuild_room};
use super::{ActiveAlarm, AlarmCause};

/// An alarm as a person reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlarmWords {
    /// In a few words.
    pub title: String,
    pub happened: String,
    pub safe: &'static str,
    /// What to do.
    pub next: &'static str,
}

impl AlarmWords {
    /// All of it as one paragraph.
    pub fn line(&self) -> String {
        format!("{}. {} {} {}", self.title, self.happened, self.safe, self.next)
    }
}

impl ActiveAlarm {
    /// In sentences.
    pub fn words(&self) -> AlarmWords {
        let mut words = words(&self.cause);
        // What was told of something that happened is over at once; what stood for a while is said to be over.
        if self.over_ms.is_some_and(|over_ms| over_ms > self.first_ms) {
            words.safe = match is_of_missing(&self.cause) {
                true => "This is over: all of it is here again.",
                false => "This is over.",
            };
        }
        match self.again {
            0 => {}
            1 => words.happened.push_str(" The like happened once more since."),
            n => words.happened.push_str(&format!(" The like happened {n} times more since.")),
        }
        words
    }
}

fn alarm(title: &str, happened: String, safe: &'static str, next: &'static str) -> AlarmWords {
    AlarmWords { title: title.to_owned(), happened, safe, next }
}

/// A reason at the end of a sentence.
fn because(detail: &str) -> String {
    let detail = detail.trim_end_matches('.');
    if detail.is_empty() { ".".to_owned() } else { format!(": {detail}.") }
}

/// ` of log 1-00ab0102`, where it is known of which.
fn of_log(cause: &AlarmCause) -> String {
    cause.epoch.map_or_else(String::new, |epoch| format!(" of log {epoch}"))
}

/// `Entries 4 to 8 of log …`, as far as that is known.
fn entries(cause: &AlarmCause) -> String {
    let log = of_log(cause);
    match (cause.from, cause.to) {
        (Some(from), Some(to)) if to == from + 1 => format!("Entry {from}{log}"),
        (Some(from), Some(to)) => format!("Entries {from} to {}{log}", to.saturating_sub(1)),
        (Some(from), None) => format!("Entries from {from} on{log}"),
        (None, _) => format!("Entries{log}"),
    }
}

/// One of the two, by how many [`entries`] are named.
fn one_or_more(cause: &AlarmCause, one: &'static str, more: &'static str) -> &'static str {
    let is_one = cause.from.zip(cause.to).is_some_and(|(from, to)| to == from + 1);
    if is_one { one } else { more }
}

fn words(cause: &AlarmCause) -> AlarmWords {
    use AlarmCode as C;
    match cause.code {
        C::LogMissing
        | C::LogForgot
        | C::LogHealed
        | C::LogEpoch
        | C::LogAdopted
        | C::LogApart
        | C::LogUnvouched => of_the_log(cause),
        C::RebuildShort | C::DbDamaged | C::DbSalvage | C::CopyRemoved => of_the_database(cause),
        C::RelayOther | C::RelayWentBack | C::RelayRefused | C::PhotosRefused => of_the_relay(cause),
        C::DiskFull | C::PhotosDamaged | C::SideRoom | C::HintBad | C::ClockUnsure => of_the_box(cause),
    }
}

fn of_the_log(cause: &AlarmCause) -> AlarmWords {
    let (number, detail) = (|n: Option<u64>| n.unwrap_or(0), cause.detail.as_str());
    match cause.code {
        AlarmCode::LogForgot => alarm(
            "The card forgot records: change the card",
            format!(
                "The relay has confirmed {} entries{}, and this box’s card has only {}.",
                number(cause.to),
                of_log(cause),
                number(cause.from)
            ),
            "Recording goes on in a new log, and the missing entries come back from the relay by themselves.",
            "Have the storage card changed: it will forget again.",
        ),
        AlarmCode::LogMissing => alarm(
            "Records cannot be read on this box",
            format!(
                "{} {} in no copy that this box could read{}",
                entries(cause),
                one_or_more(cause, "is", "are"),
                because(detail)
            ),
            "Everything else is kept, recording goes on, and what the relay holds stays there.",
            "Keep the storage card and every backup of it, have the card changed, and tell whoever runs the relay.",
        ),
        AlarmCode::LogHealed => alarm(
            "The card damaged records that were healed: change the card",
            format!("Damaged parts{} were healed from another copy{}", of_log(cause), because(detail)),
            "What was damaged there is whole again.",
            "Have the storage card changed soon.",
        ),
        AlarmCode::LogEpoch => alarm(
            "A new log was begun",
            format!("This box goes on recording in another log{}", because(&detail.replace(": ", "; "))),
            "What is on this card stays as it is.",
            "If nobody restored a backup or replaced this box, have the storage card looked at.",
        ),
        AlarmCode::LogAdopted => alarm(
            "Records that had been displaced count again",
            format!(
                "{} {} again under {}{}",
                entries(cause),
                one_or_more(cause, "counts", "count"),
                one_or_more(cause, "its own number", "their own numbers"),
                because(detail)
            ),
            "They keep their times and receipts.",
            "Nothing needs to be done.",
        ),
        AlarmCode::LogUnvouched => alarm(
            "The relay holds a log of this box that this card does not know",
            format!(
                "The relay goes on from{}, and no key on this card vouches for it.",
                of_log(cause).replace(" of log", " log")
            ),
            "Nothing of it was taken over. Recording goes on, everything recorded here is kept, and nothing is sent until this is settled.",
            "If an older storage card or a backup was put into this box, have whoever set it up run \
             “cleantrack-appliance log trust” with the log’s name. If not, tell whoever runs the relay: somebody may be \
             making up records.",
        ),
        _ => alarm(
            "A log lies on the card that does not belong to the others",
            format!("{} are kept and not shown{}", entries(cause), because(detail)),
            "Nothing of it is changed or removed.",
            "Find out whether the card is of another box. If it is this box’s, have whoever set it up run “cleantrack-appliance log trust” with the log’s name.",
        ),
    }
}

fn of_the_database(cause: &AlarmCause) -> AlarmWords {
    let detail = cause.detail.as_str();
    match cause.code {
        AlarmCode::RebuildShort => alarm(
            "A rebuild would have lost records and was refused",
            format!("{} would have been left out{}", entries(cause), because(detail)),
            "The database that was there stays in use, and nothing was removed.",
            "Keep the storage card, and tell whoever set this box up before it is rebuilt again.",
        ),
        AlarmCode::DbDamaged => alarm(
            "The box’s database is damaged",
            "It gave other entries than were written.".to_owned(),
            "The log is the truth and is not touched by this; recording goes on.",
            "Restart the box, and the database is built anew from the log. Have the storage card changed soon.",
        ),
        AlarmCode::DbSalvage => alarm(
            "The box’s database was built anew",
            format!("The old one was put aside{}", because(detail)),
            "Everything that the log on this card still holds is in the new one.",
            "If this happens again, have the storage card changed.",
        ),
        _ => alarm(
            "A damaged copy was removed",
            format!(
                "A copy that was put aside was removed, because a text in it was to be erased{}",
                because(detail)
            ),
            "The log is whole.",
            "Nothing needs to be done.",
        ),
    }
}

fn of_the_relay(cause: &AlarmCause) -> AlarmWords {
    let (number, detail) = (|n: Option<u64>| n.unwrap_or(0), cause.detail.as_str());
    match cause.code {
        AlarmCode::RelayOther => alarm(
            "The card forgot records, or a copy of it is in use",
            format!(
                "The relay’s entries{} differ from this box’s before entry {}.",
                of_log(cause),
                number(cause.to)
            ),
            "Everything that was recorded is kept, here or at the relay, and recording goes on in a new log.",
            "Have the storage card changed. If another box runs on a copy of it, switch that box off.",
        ),
        AlarmCode::RelayWentBack => alarm(
            "The relay lost records",
            format!(
                "It had confirmed {} entries{} and holds {}.",
                number(cause.to),
                of_log(cause),
                number(cause.from)
            ),
            "Nothing is lost here; this box sends them again by itself.",
            "Tell whoever runs the relay.",
        ),
        AlarmCode::RelayRefused if cause.subject.is_some() => alarm(
            "The relay does not take records that this box adopted",
            format!("The {} is not taken{}", cause.subject.as_deref().unwrap_or("run"), because(detail)),
            "Everything stays recorded here and is sent again, ever more rarely.",
            "Ask whoever runs the relay.",
        ),
        AlarmCode::RelayRefused => alarm(
            "The relay does not take records",
            match cause.detail.trim_end_matches('.') {
                "" => format!("{} {} not taken.", entries(cause), one_or_more(cause, "is", "are")),
                said => format!(
                    "{} {} not taken. It says: “{said}”.",
                    entries(cause),
                    one_or_more(cause, "is", "are")
                ),
            },
            "Everything stays recorded here and is sent again every ten minutes.",
            "Ask whoever runs the relay.",
        ),
        _ => alarm(
            "The relay does not take photos",
            match cause.to {
                Some(1) => "One photo is not taken.".to_owned(),
                count => format!("{} photos are not taken.", number(count)),
            },
            "Their records are safe, and the photos stay here on the card and are sent again every hour.",
            "Ask whoever runs the relay.",
        ),
    }
}

fn of_the_box(cause: &AlarmCause) -> AlarmWords {
    let (subject, detail) = (cause.subject.as_deref().unwrap_or("it"), cause.detail.as_str());
    match cause.code {
        AlarmCode::DiskFull if is_of_fetch_room(cause) => alarm(
            "There is no room to take missing records back",
            "The relay has records that this box lacks, and what is free on the card is kept for new ones."
                .to_owned(),
            "New records are taken as ever, and the relay keeps the missing ones.",
            "Have a larger card put in, or make room on this one.",
        ),
        AlarmCode::DiskFull if is_of_rebuild_room(cause) => alarm(
            "There is no room to build the database anew",
            "What came back or was healed of earlier records waits, and pages do not show it yet.".to_owned(),
            "New records are taken as ever, and nothing that was recorded is lost.",
            "Make room on the card or have a larger one put in, and restart the box.",
        ),
        AlarmCode::DiskFull => alarm(
            "The box’s disk is full",
            "Cleanings were refused, and whoever sent them was told so.".to_owned(),
            "Everything that was recorded is kept.",
            "Make room on the card or have a larger one put in.",
        ),
        AlarmCode::PhotosDamaged => alarm(
            "Photos on the card are damaged: change the card",
            match cause.to {
                Some(1) | None => "One photo is not what was recorded any more.".to_owned(),
                Some(count) => format!("{count} photos are not what was recorded any more."),
            },
            "Records are not touched by this, nor are the relay’s copies of the photos.",
            "Have the storage card changed soon.",
        ),
        AlarmCode::SideRoom => match subject.parse::<SideRoom>() {
            Ok(room) => room.words(detail),
            Err(_) => alarm(
                "A part of the box is off",
                format!("The part “{subject}” did not start{}", because(detail)),
                "Phones go on recording.",
                "Restart the box. If the part stays off, have the storage card looked at.",
            ),
        },
        AlarmCode::ClockUnsure => alarm(
            "The box does not know what time it is",
            "Since it was switched on, nothing has told it the time for certain.".to_owned(),
            "Everything is recorded in its order; times are shown as uncertain and corrected once the time is known.",
            "Connect the box to the internet or a time server.",
        ),
        _ => alarm(
            "A small file of the box could not be read",
            format!("The file “{subject}” was put aside under another name{}", because(detail)),
            "The records are not in it, and phones go on recording.",
            "If this happens again, have the storage card changed.",
        ),
    }
}

impl SideRoom {
    fn words(self, detail: &str) -> AlarmWords {
        let why = because(detail);
        let safe = "Phones go on recording over plain HTTP.";
        match self {
            Self::Https => alarm(
                "HTTPS does not work as it should",
                format!("A certificate or key of this box cannot be used{why}"),
                safe,
                "Put the files https-ca.key, https-ca.pem and https.pem of the folder keys back from a backup, or move them \
                 away and restart the box: it makes new ones, which browsers must be told to trust.",
            ),
            Self::HttpsRenewed => alarm(
                "The box has a new certificate authority",
                "The files of the old one were gone.".to_owned(),
                safe,
                "Install the new certificate in the browsers that trusted the old one.",
            ),
            Self::Photos => alarm(
                "Photos cannot be kept",
                format!("The folder for photos cannot be used{why}"),
                "Cleanings are recorded without photos.",
                "Have the storage card looked at, then restart the box.",
            ),
            Self::Printers => alarm(
                "Printers cannot be used",
                format!("A printer or the list of label jobs could not be opened{why}"),
                "Cleanings are recorded, and other printers work.",
                "Correct the printer in the settings file, or set it up again under Printers.",
            ),
            Self::Uplink => alarm(
                "The box cannot use what the relay gave it",
                format!("Its claim, certificate or key cannot be used{why}"),
                "Everything is recorded here and waits.",
                "Make a new claim file at the relay, and take it up with `cleantrack-appliance claim FILE`.",
            ),
            Self::State => alarm(
                "PINs, tokens and printers must be set again",
                "The file state.redb was gone or damaged. With it went PINs, sessions, API tokens, printers and label \
                 templates that were set up here, open label jobs, the access log, and how far photos were sent."
                    .to_owned(),
                "All records of cleanings are kept: they are in the log.",
                "Set PINs with `cleantrack-appliance staff pin`, make new API tokens, and set up the printers again.",
            ),
            Self::Admin => alarm(
                "The box’s command line does not work",
                format!("Its socket cannot be made{why}"),
                safe,
                "Remove what lies at admin.sock in the data folder, then restart the box.",
            ),
        }
    }
}
