//! The audit in the words of people: what somebody did or tried, and what came of it. Routes are for the record; nobody has to
//! read one.

use crate::identity::{AccessOutcome, AccessRow, AccessWanted};

/// What was done or tried: `Tried to change settings`.
pub(crate) fn deed(row: &AccessRow) -> String {
    match row.outcome {
        AccessOutcome::SignedIn => "Signed in".to_owned(),
        AccessOutcome::PinChanged => "Changed a PIN".to_owned(),
        AccessOutcome::TokenMade => "Made a token".to_owned(),
        AccessOutcome::TokenRevoked => "Revoked a token".to_owned(),
        AccessOutcome::TokenInTheClear => "Sent a token without HTTPS".to_owned(),
        AccessOutcome::PinInTheClear => "Typed a PIN on a page without HTTPS".to_owned(),
        AccessOutcome::SettingsChanged => "Changed settings".to_owned(),
        AccessOutcome::AlarmSeen => "Acknowledged an alarm".to_owned(),
        AccessOutcome::LogTrusted => "Took a log that the relay holds for this box’s".to_owned(),
        AccessOutcome::PageTokenRefused => {
            "Tried to record from an old page, or one of another item".to_owned()
        }
        AccessOutcome::SessionEnded => session_ended(row).to_owned(),
        AccessOutcome::Denied | AccessOutcome::WrongPin | AccessOutcome::Locked => {
            format!("Tried to {}", tried(row))
        }
    }
}

fn session_ended(row: &AccessRow) -> &'static str {
    match (row.wanted, &row.subject) {
        (AccessWanted::Admin, Some(_)) => "Signed somebody out everywhere",
        (AccessWanted::Admin, None) => "Signed everybody out",
        _ => "Signed out",
    }
}

fn tried(row: &AccessRow) -> &'static str {
    use AccessWanted::{Admin, Edit, Proof, Read, ReadAudit, Record, SignIn, SignOut, View, Write};
    let of = |part: &str| row.route.starts_with(part);
    match (row.wanted, at_page(&row.route)) {
        (SignIn, _) => "sign in",
        (SignOut, _) => "sign out",
        (Proof, _) => "prove a cleaning by PIN",
        // Asked for a PIN before something that only an admin may do.
        (Admin, _) if row.outcome != AccessOutcome::Denied => "confirm a change by PIN",
        (_, Some(words)) => words,
        (View | ReadAudit, None) if of("/staff") => "open a staff page",
        (View | ReadAudit, None) => "open a page",
        (Edit, None) if of("/staff/labels") => "print labels",
        (Edit, None) if of("/staff/printers") => "change a printer",
        (Edit, None) if of("/t/") => "record a cleaning",
        (Edit, None) if of("/r/") => "undo a cleaning",
        (Edit, None) => "change something",
        (Read, None) => "read through the API",
        (Record, None) => "record a cleaning through the API",
        (Write, None) if of("/api/v1/labels") => "print labels through the API",
        (Write, None) if of("/api/v1/printers") => "change a printer through the API",
        (Write, None) if of("/api/v1/equipment") => "change equipment through the API",
        (Write, None) => "change something through the API",
        (Admin, None) => "do what only an admin may do",
    }
}

/// By what the route is for, whether it was to be read or sent.
fn at_page(route: &str) -> Option<&'static str> {
    Some(match route {
        "/staff/people" => "open Staff",
        "/staff/people/new" => "add a person",
        "/staff/people/sign-out" => "sign everybody out",
        "/staff/people/{staff}" => "change a person",
        "/staff/people/{staff}/pin" => "set a person’s PIN",
        "/staff/people/{staff}/pin/clear" => "take a person’s PIN away",
        "/staff/people/{staff}/sign-out" => "sign a person out",
        "/staff/people/{staff}/leave" => "note that a person has left",
        "/staff/programs" => "open Programs",
        "/staff/programs/new" => "make a token",
        "/staff/programs/{id}/revoke" => "revoke a token",
        "/staff/box/settings" => "change settings",
        "/staff/box/audit" => "open the access log",
        "/staff/box/alarms/{id}/seen" => "acknowledge an alarm",
        "/staff/equipment/new" => "add equipment",
        "/staff/equipment/{tag}/edit" => "change an item",
        "/staff/equipment/{tag}/schedule" => "change a schedule",
        "/staff/equipment/{tag}/label" => "print a label",
        "/staff/equipment/{tag}/out" => "take an item out of service",
        "/staff/equipment/{tag}/back" => "put an item back into service",
        "/staff/equipment/{tag}/retire" => "retire an item",
        "/staff/cleanings/{receipt}/void" => "void a cleaning",
        _ => return None,
    })
}

/// What came of it.
pub(crate) fn result(outcome: AccessOutcome) -> &'static str {
    match outcome {
        AccessOutcome::Denied => "Denied",
        AccessOutcome::WrongPin => "Wrong PIN",
        AccessOutcome::Locked => "Has to wait",
        AccessOutcome::PinInTheClear => "PIN not used",
        AccessOutcome::TokenInTheClear => "Token revoked",
        AccessOutcome::PageTokenRefused => "Page shown again",
        AccessOutcome::SignedIn
        | AccessOutcome::PinChanged
        | AccessOutcome::TokenMade
        | AccessOutcome::TokenRevoked
        | AccessOutcome::SessionEnded
        | AccessOutcome::SettingsChanged
        | AccessOutcome::AlarmSeen
        | AccessOutcome::LogTrusted => "Done",
    }
}

pub(crate) fn is_alarming(outcome: AccessOutcome) -> bool {
    use AccessOutcome::{Denied, Locked, PinInTheClear, TokenInTheClear, WrongPin};
    matches!(outcome, Denied | WrongPin | Locked | PinInTheClear | TokenInTheClear)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::AccessCaller;

    fn row(route: &str, wanted: AccessWanted, outcome: AccessOutcome) -> AccessRow {
        AccessRow {
            at_ms: 0,
            route: route.to_owned(),
            caller: AccessCaller::Stranger,
            network: String::new(),
            wanted,
            outcome,
            subject: None,
            count: 1,
        }
    }

    #[test]
    fn what_was_tried_is_said_and_no_route() {
        use AccessOutcome::{Denied, Locked, PageTokenRefused, SessionEnded, WrongPin};
        use AccessWanted::{Admin, Edit, Proof, Read, SignIn, SignOut, View, Write};
        for (route, wanted, outcome, words) in [
            ("/staff/box/settings", Admin, Denied, "Tried to change settings"),
            ("/staff/people", Edit, Denied, "Tried to open Staff"),
            ("/staff/labels/blank", Edit, Denied, "Tried to print labels"),
            ("/staff/equipment/{tag}/edit", Edit, Denied, "Tried to change an item"),
            ("/staff/people/{staff}", Admin, WrongPin, "Tried to confirm a change by PIN"),
            ("/staff/sign-in", SignIn, Locked, "Tried to sign in"),
            ("/t/{tag}", Proof, WrongPin, "Tried to prove a cleaning by PIN"),
            ("/t/{tag}", View, PageTokenRefused, "Tried to record from an old page, or one of another item"),
            ("/t/{tag}", SignOut, SessionEnded, "Signed out"),
            ("/staff/people/sign-out", Admin, SessionEnded, "Signed everybody out"),
            ("/api/v1/log", Read, Denied, "Tried to read through the API"),
            ("/api/v1/labels/{id}/cancel", Write, Denied, "Tried to print labels through the API"),
            ("", View, Denied, "Tried to open a page"),
        ] {
            assert_eq!(deed(&row(route, wanted, outcome)), words, "{route}");
        }
    }
}
