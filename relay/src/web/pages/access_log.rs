//! Who signed in, what admins and the operator did, and what was denied to whom: the newest first.

use ::web::answer::Page;
use ::web::argument::LenientQuery;
use ::web::error::HttpError;
use askama::Template;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use words::SafeHtml;

use crate::accounts::access_log::{AccessActor, AccessOutcome, DenialReason, SessionDetail};
use crate::db::audit::AuditRow;
use crate::web::WebContext;
use crate::web::access::{MemberCaller, ReadAccess};
use crate::web::http_error::read_only;
use crate::web::layout::{NavSection, PageLayout};
use crate::web::view_models::formats::{BadgeTone, LocalTime, StatusBadge};
use crate::web::words::AccessWords;

/// Rows of a page.
const ROWS: usize = 100;
/// Comes after every id.
const NEWEST: &str = "~";

struct AccessView {
    at: SafeHtml,
    who: String,
    /// What they did or tried: `Tried to open People`.
    deed: String,
    about: String,
    outcome: StatusBadge,
    times: Option<String>,
}

#[derive(Template)]
#[template(path = "access_log.html")]
struct AccessPage {
    shell: PageLayout,
    w: AccessWords,
    rows: Vec<AccessView>,
    older: Option<String>,
    is_newest: bool,
}

/// What the address carries.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct AccessLogParams {
    /// Rows before this one.
    before: String,
}

/// `GET /app/access`.
pub(crate) async fn show(
    visitor: MemberCaller<ReadAccess>,
    State(web): State<WebContext>,
    LenientQuery(requested): LenientQuery<AccessLogParams>,
) -> Result<Page, HttpError> {
    // It tells of every facility.
    if visitor.reads.is_limited() {
        return Err(read_only());
    }
    let before = if requested.before.is_empty() { NEWEST } else { requested.before.as_str() };
    let limit = i64::try_from(ROWS + 1).unwrap_or(i64::MAX);
    let mut rows =
        crate::db::audit::rows_before(&mut web.db.read(visitor.reads).await?, before, limit).await?;
    let has_older = rows.len() > ROWS;
    rows.truncate(ROWS);
    let older = rows.last().filter(|_| has_older).map(|row| format!("/app/access?before={}", row.audit_id));
    let wall = LocalTime::new(web.now_ms(), "UTC");
    let w: AccessWords = wall.words();
    let view = AccessPage {
        shell: PageLayout::signed_in(w.access_title(), NavSection::AccessLog, &visitor),
        w,
        rows: rows.iter().map(|row| access_view(row, &wall)).collect(),
        older,
        is_newest: requested.before.is_empty(),
    };
    Page::draw(&view)
}

fn access_view(row: &AuditRow, wall: &LocalTime) -> AccessView {
    let w: AccessWords = wall.words();
    let is_denied = row.outcome == AccessOutcome::Denied.word();
    let outcome = match is_denied {
        true => StatusBadge::new(BadgeTone::Late, w.access_denied()),
        false => StatusBadge::new(BadgeTone::Ok, w.access_done()),
    };
    AccessView {
        at: wall.clock(row.at_ms),
        who: actor_text(w, &row.who),
        deed: act_text(w, &row.act, is_denied),
        about: subject_text(w, row, is_denied),
        outcome,
        times: (row.times != 1).then(|| w.access_times(row.times)),
    }
}

fn actor_text(w: AccessWords, key: &str) -> String {
    match AccessActor::of_key(key) {
        AccessActor::Operator => w.access_operator(),
        AccessActor::Program { token_id, name } => w.access_program(token_id, name),
        AccessActor::Person(email) => email,
    }
}

/// What it was about: why it was denied, from which device; or a name as it was recorded.
fn subject_text(w: AccessWords, row: &AuditRow, is_denied: bool) -> String {
    let reason = DenialReason::ALL.into_iter().find(|reason| is_denied && reason.key() == row.about);
    if let Some(reason) = reason {
        return w.access_reason(reason.key());
    }
    // Names of people and programs may be anything; those acts have none.
    let detail =
        matches!(act_key(&row.act), "sign-in" | "sign-out").then(|| SessionDetail::of_key(&row.about));
    match (detail.flatten(), is_denied) {
        (Some(SessionDetail::KnownDevice), false) => w.access_known_device(),
        (Some(SessionDetail::KnownDevice), true) => w.access_known_device_wrong(),
        (Some(SessionDetail::NewDevice(network)), false) => w.access_new_device(network),
        (Some(SessionDetail::NewDevice(network)), true) => w.access_new_device_wrong(network),
        (Some(SessionDetail::ThisDevice), _) => w.access_this_device(),
        (Some(SessionDetail::OtherDevice), _) => w.access_other_device(),
        (Some(SessionDetail::EveryDevice), _) => w.access_every_device(),
        (None, _) => row.about.clone(),
    }
}

/// What somebody did or tried. A method and a route are for the record; nobody has to read one.
fn act_text(w: AccessWords, act: &str, is_denied: bool) -> String {
    if is_denied { w.access_tried(act_key(act)) } else { w.access_did(act_key(act)) }
}

/// An act of the log as the messages call it: a command, or method and route.
fn act_key(act: &str) -> &'static str {
    match act {
        "sign in" | "POST /login" => "sign-in",
        "sign out" | "POST /logout" => "sign-out",
        "account create" => "account-create",
        "admin create" => "admin-create",
        "admin set-password" => "admin-set-password",
        "admin forget-factors" => "admin-forget-factors",
        "admin sign-out" => "admin-sign-out",
        "admin disable" => "admin-disable",
        "admin enable" => "admin-enable",
        "invite" | "POST /app/people" => "invite",
        "invitation revoke" | "POST /app/people/invitations/{invited}" => "invitation-revoke",
        "join" => "join",
        "member change" | "POST /app/people/{user}/terms" => "member-change",
        "account hand-over" => "hand-over",
        "region create" | "POST /app/regions" => "region-create",
        "region change" | "POST /app/regions/{region}" => "region-change",
        "region delete" => "region-delete",
        "GET /app/regions" => "page",
        "password reset" => "password-reset",
        "password change" | "POST /app/me/password" => "password-change",
        "POST /app/me/sessions/{session}" => "sign-out",
        "POST /app/me/account" | "GET /app/me/factors/new" => "page",
        "second factor add" | "POST /app/me/factors" => "factor-add",
        "second factor remove" | "POST /app/me/factors/{factor}" => "factor-remove",
        "recovery codes renew" | "POST /app/me/factors/codes" => "codes-renew",
        "second factor demand" | "POST /app/second-factor" => "factor-demand",
        "second factor leave" => "factor-leave",
        "facility create" | "POST /app/facilities" => "facility-create",
        "facility close" | "POST /app/facilities/{facility}" => "facility-close",
        "facility open" => "facility-open",
        "GET /app/facilities" => "page",
        "token create" | "POST /app/programs" => "token-create",
        "token revoke" | "POST /app/programs/{token}" => "token-revoke",
        "claim-file create" | "POST /app/boxes/add" => "claim-file-create",
        "box release" => "box-release",
        "box revoke" => "box-revoke",
        "box claim-again" => "box-claim-again",
        "GET /app/people" => "people",
        "GET /app/people/{user}" => "person",
        "POST /app/people/{user}" => "person-change",
        "GET /app/programs" => "programs",
        "GET /app/programs/{token}" => "program",
        "GET /app/boxes/add" => "box-add",
        "GET /app/boxes" => "boxes",
        "GET /app/boxes/{box_id}/evidence/{evidence}" => "evidence",
        "GET /app/access" => "access-log",
        "GET /app/proof/{box_id}/{epoch}/{seq}" => "proof",
        "GET /photos/{photo}" => "photo",
        "GET /app/f/{facility}"
        | "GET /app/f/{facility}/equipment"
        | "GET /app/f/{facility}/e/{tag}"
        | "GET /app/f/{facility}/labels"
        | "GET /app/f/{facility}/labels.pdf" => "facility",
        "GET /app" | "GET /app/" | "GET /app/me" | "GET /live" => "page",
        "GET /api/v1/equipment"
        | "GET /api/v1/cleanings"
        | "GET /api/v1/compliance"
        | "GET /api/v1/log"
        | "GET /api/v1/checkpoint"
        | "GET /api/v1/key"
        | "GET /api/v1/proof/{seq}"
        | "GET /api/equipment/"
        | "GET /api/cleaning-logs/"
        | "GET /api/facilities/{facility}/compliance/" => "api-read",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use ::web::route::Access;

    use super::*;
    use crate::accounts::people::PersonAct;
    use crate::web::routes::build_table;
    use crate::web::words::open_words;

    #[test]
    fn acts_are_told_in_words() {
        let deed = |act, is_denied| act_text(open_words(), act, is_denied);
        assert_eq!(deed("sign in", false), "Signed in");
        assert_eq!(deed("sign in", true), "Tried to sign in");
        assert_ne!(deed("box claim-again", false), deed("", false));
        assert_eq!(deed("GET /app/people", true), "Tried to open People");
        assert_eq!(deed("POST /app/people/{user}", true), "Tried to change a person");
        assert_eq!(deed("GET /api/v1/equipment", true), "Tried to read through the API");
        for act in [PersonAct::SignOut, PersonAct::Disable, PersonAct::Enable] {
            assert_ne!(deed(act.word(), false), deed("", false), "{}", act.word());
        }
    }

    #[test]
    fn every_guarded_route_has_words() {
        let (table, w) = (build_table().unwrap(), open_words());
        let guarded = table.rows().iter().map(|row| &row.route).filter(|route| route.access != Access::Open);
        for route in guarded {
            let act = format!("{} {}", route.method, route.path);
            assert_ne!(act_text(w, &act, true), act_text(w, "", true), "{act} has no words");
        }
    }

    #[test]
    fn people_programs_and_the_operator_are_distinct() {
        let program = AccessActor::Program { token_id: "ABCDEFGH".into(), name: "Data (old) export".into() };
        for (actor, words) in [
            (program, "program Data (old) export (ABCDEFGH)"),
            (AccessActor::Operator, "operator"),
            (AccessActor::Person("ana@linden.example".into()), "ana@linden.example"),
        ] {
            assert_eq!(AccessActor::of_key(&actor.to_string()), actor);
            assert_eq!(actor_text(open_words(), &actor.to_string()), words);
        }
    }

    #[test]
    fn rows_of_earlier_versions_name_their_program_or_stay_as_they_are() {
        for (earlier, words) in [
            ("program Linden warehouse (ABCDEFGH)", "program Linden warehouse (ABCDEFGH)"),
            ("program cmms (ABCDEFGH)", "program cmms (ABCDEFGH)"),
            ("program Data (old) export (ABCDEFGH)", "program Data (old) export (ABCDEFGH)"),
            ("program  (ABCDEFGH)", "program  (ABCDEFGH)"),
            ("program Linden warehouse", "program Linden warehouse"),
            ("program", "program"),
            ("program Linden warehouse (gone)", "program Linden warehouse (gone)"),
        ] {
            assert_eq!(actor_text(open_words(), earlier), words);
        }
        let named = AccessActor::Program { token_id: "ABCDEFGH".into(), name: "Linden warehouse".into() };
        assert_eq!(AccessActor::of_key("program Linden warehouse (ABCDEFGH)"), named);
        assert_eq!(AccessActor::of_key("program ABCDEFGH Linden warehouse"), named);
    }

    #[test]
    fn every_reason_has_words_and_names_stay_names() {
        let row = |act: &str, about: &str| AuditRow {
            audit_id: String::new(),
            at_ms: 0,
            last_ms: 0,
            times: 1,
            who: String::new(),
            act: act.into(),
            about: about.into(),
            outcome: String::new(),
        };
        let about = |act, text: &str, is_denied| subject_text(open_words(), &row(act, text), is_denied);
        let mut all = std::collections::BTreeSet::new();
        for reason in DenialReason::ALL {
            assert!(all.insert(about("GET /app/people", reason.key(), true)), "{reason:?}");
        }
        for (detail, words) in [
            (SessionDetail::KnownDevice, "A device of theirs"),
            (SessionDetail::NewDevice("192.0.2.7".into()), "A new device in 192.0.2.7"),
            (SessionDetail::ThisDevice, "On this device"),
            (SessionDetail::OtherDevice, "On another device"),
            (SessionDetail::EveryDevice, "On every device"),
        ] {
            assert_eq!(about("sign in", &detail.to_string(), false), words);
        }
        assert_eq!(about("token create", "this-device", false), "this-device");
        assert_eq!(
            about("sign in", "new-device 192.0.2.7", true),
            "Wrong password, a new device in 192.0.2.7"
        );
    }
}
