//! The audit as readable text: what somebody did or tried, and the result. Routes are stored; nobody has to read one.

use crate::identity::{AccessOutcome, AccessRow, AccessTarget};
use crate::web::words::FacilityWords;

pub(crate) fn word_deed(w: FacilityWords, row: &AccessRow) -> String {
    match row.outcome {
        AccessOutcome::SignedIn => w.deed_signed_in(),
        AccessOutcome::PinChanged => w.deed_pin_changed(),
        AccessOutcome::BadgeChanged => w.deed_badge_changed(),
        AccessOutcome::UnknownBadge => w.tried_prove_badge(),
        AccessOutcome::BadgeInTheClear => w.deed_badge_clear(),
        AccessOutcome::TokenMade => w.deed_token_made(),
        AccessOutcome::TokenRevoked => w.deed_token_revoked(),
        AccessOutcome::TokenInTheClear => w.deed_token_clear(),
        AccessOutcome::PinInTheClear => w.deed_pin_clear(),
        AccessOutcome::SettingsChanged => w.deed_settings_changed(),
        AccessOutcome::AlarmSeen => w.deed_alarm_seen(),
        AccessOutcome::LogTrusted => w.deed_log_trusted(),
        AccessOutcome::BackupKeyMade => w.deed_backup_key(),
        AccessOutcome::BackupBegun => w.deed_backup(),
        AccessOutcome::ArchiveTaken => w.deed_archive(),
        AccessOutcome::PackKeyTrusted => w.deed_pack_key_trusted(),
        AccessOutcome::PackKeyRemoved => w.deed_pack_key_removed(),
        AccessOutcome::PageTokenRefused => w.deed_old_page(),
        AccessOutcome::SessionEnded => word_session_end(w, row),
        AccessOutcome::Denied | AccessOutcome::WrongPin | AccessOutcome::Locked => word_try(w, row),
    }
}

fn word_session_end(w: FacilityWords, row: &AccessRow) -> String {
    match (row.target, &row.subject) {
        (AccessTarget::Admin, Some(_)) => w.deed_signed_somebody_out(),
        (AccessTarget::Admin, None) => w.deed_signed_everybody_out(),
        _ => w.deed_signed_out(),
    }
}

fn word_try(w: FacilityWords, row: &AccessRow) -> String {
    use AccessTarget::{Admin, Edit, Proof, Read, ReadAudit, Record, SignIn, SignOut, View, Write};
    let of = |part: &str| row.route.starts_with(part);
    match (row.target, word_page(w, &row.route)) {
        (SignIn, _) => w.tried_sign_in(),
        (SignOut, _) => w.tried_sign_out(),
        (Proof, _) => w.tried_prove(),
        // Asked for a PIN before something that only an admin may do.
        (Admin, _) if row.outcome != AccessOutcome::Denied => w.tried_confirm(),
        (_, Some(words)) => words,
        (View | ReadAudit, None) if of("/staff") => w.tried_open_staff_page(),
        (View | ReadAudit, None) => w.tried_open_page(),
        (Edit, None) if of("/staff/labels") => w.tried_print_labels(),
        (Edit, None) if of("/staff/printers") => w.tried_change_printer(),
        (Edit, None) if of("/t/") => w.tried_record(),
        (Edit, None) if of("/r/") => w.tried_undo(),
        (Edit, None) => w.tried_change_something(),
        (Read, None) => w.tried_read_api(),
        (Record, None) => w.tried_record_api(),
        (Write, None) if of("/api/v1/labels") => w.tried_print_api(),
        (Write, None) if of("/api/v1/printers") => w.tried_printer_api(),
        (Write, None) if of("/api/v1/equipment") => w.tried_equipment_api(),
        (Write, None) => w.tried_change_api(),
        (Admin, None) => w.tried_admin(),
    }
}

/// By what the route is for, whether it was read or submitted.
fn word_page(w: FacilityWords, route: &str) -> Option<String> {
    Some(match route {
        "/staff/people" => w.tried_open_people(),
        "/staff/people/new" => w.tried_add_person(),
        "/staff/people/sign-out" => w.tried_sign_everybody_out(),
        "/staff/people/{staff}" => w.tried_change_person(),
        "/staff/people/{staff}/pin" => w.tried_set_pin(),
        "/staff/people/{staff}/pin/clear" => w.tried_clear_pin(),
        "/staff/people/{staff}/badges" => w.tried_add_badge(),
        "/staff/people/{staff}/badges/print" => w.tried_print_badge(),
        "/staff/people/{staff}/badges/{badge}/remove" => w.tried_remove_badge(),
        "/staff/people/{staff}/sign-out" => w.tried_sign_person_out(),
        "/staff/people/{staff}/leave" => w.tried_person_left(),
        "/staff/programs" => w.tried_open_programs(),
        "/staff/programs/new" => w.tried_make_token(),
        "/staff/programs/{id}/revoke" => w.tried_revoke_token(),
        "/staff/box/settings" => w.tried_change_settings(),
        "/staff/backup" => w.tried_open_backup(),
        "/staff/backup/now" => w.tried_backup(),
        "/staff/backup/test" => w.tried_backup_test(),
        "/staff/backup/key" => w.tried_backup_key(),
        "/staff/box/audit" => w.tried_open_access_log(),
        "/staff/box/alarms/{id}/seen" => w.tried_acknowledge(),
        "/staff/equipment/new" => w.tried_add_equipment(),
        "/staff/equipment/{tag}/edit" => w.tried_change_item(),
        "/staff/equipment/{tag}/schedule" => w.tried_change_schedule(),
        "/staff/equipment/{tag}/label" => w.tried_print_label(),
        "/staff/equipment/{tag}/out" => w.tried_suspend(),
        "/staff/equipment/{tag}/back" => w.tried_resume(),
        "/staff/equipment/{tag}/retire" => w.tried_retire(),
        "/staff/cleanings/{receipt}/void" => w.tried_void(),
        _ => return None,
    })
}

pub(crate) fn word_result(w: FacilityWords, outcome: AccessOutcome) -> String {
    match outcome {
        AccessOutcome::Denied => w.result_denied(),
        AccessOutcome::WrongPin => w.result_wrong_pin(),
        AccessOutcome::Locked => w.result_locked(),
        AccessOutcome::PinInTheClear => w.result_pin_unused(),
        AccessOutcome::UnknownBadge => w.result_unknown_badge(),
        AccessOutcome::BadgeInTheClear => w.result_badge_unused(),
        AccessOutcome::TokenInTheClear => w.result_token_revoked(),
        AccessOutcome::PageTokenRefused => w.result_page_again(),
        AccessOutcome::SignedIn
        | AccessOutcome::PinChanged
        | AccessOutcome::BadgeChanged
        | AccessOutcome::TokenMade
        | AccessOutcome::TokenRevoked
        | AccessOutcome::SessionEnded
        | AccessOutcome::SettingsChanged
        | AccessOutcome::AlarmSeen
        | AccessOutcome::LogTrusted
        | AccessOutcome::BackupKeyMade
        | AccessOutcome::BackupBegun
        | AccessOutcome::ArchiveTaken
        | AccessOutcome::PackKeyTrusted
        | AccessOutcome::PackKeyRemoved => w.result_done(),
    }
}

pub(crate) fn is_alarming(outcome: AccessOutcome) -> bool {
    use AccessOutcome::{
        BadgeInTheClear, Denied, Locked, PinInTheClear, TokenInTheClear, UnknownBadge, WrongPin,
    };
    matches!(
        outcome,
        Denied | WrongPin | Locked | PinInTheClear | TokenInTheClear | UnknownBadge | BadgeInTheClear
    )
}

#[cfg(test)]
mod tests {
    use words::{Locale, WordSet as _};

    use super::*;
    use crate::identity::AccessCaller;

    fn row(route: &str, target: AccessTarget, outcome: AccessOutcome) -> AccessRow {
        AccessRow {
            at_ms: 0,
            route: route.to_owned(),
            caller: AccessCaller::Stranger,
            network: String::new(),
            target,
            outcome,
            subject: None,
            count: 1,
        }
    }

    #[test]
    fn what_was_tried_is_said_and_no_route() {
        use AccessOutcome::{Denied, Locked, PageTokenRefused, SessionEnded, WrongPin};
        use AccessTarget::{Admin, Edit, Proof, Read, SignIn, SignOut, View, Write};
        let w = FacilityWords::in_locale(Locale::EnUs);
        for (route, target, outcome, words) in [
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
            assert_eq!(word_deed(w, &row(route, target, outcome)), words, "{route}");
        }
    }
}
