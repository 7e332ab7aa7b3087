//! Who signed in, what admins and the operator did, and what was denied to whom: the newest first.

use ::web::answer::Page;
use ::web::argument::Lenient;
use ::web::error::HttpError;
use askama::Template;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::accounts::access_log::AccessOutcome;
use crate::db::audit::AuditRow;
use crate::web::Web;
use crate::web::access::{Member, Read};
use crate::web::layout::{Section, Shell};
use crate::web::view_models::formats::{Badge, Moment, Tone, Wall, grouped};

/// Rows of a page.
const ROWS: usize = 100;
/// Comes after every id.
const NEWEST: &str = "~";

struct AccessView {
    at: Moment,
    who: String,
    /// What they did or tried: `Tried to open People`.
    deed: String,
    about: String,
    outcome: Badge,
    times: String,
}

#[derive(Template)]
#[template(path = "access_log.html")]
struct AccessPage {
    shell: Shell,
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
    visitor: Member<Read>,
    State(web): State<Web>,
    Lenient(asked): Lenient<AccessLogParams>,
) -> Result<Page, HttpError> {
    let before = if asked.before.is_empty() { NEWEST } else { asked.before.as_str() };
    let limit = i64::try_from(ROWS + 1).unwrap_or(i64::MAX);
    let mut rows = crate::db::audit::before(&mut web.db.read().await?, visitor.scope, before, limit).await?;
    let has_older = rows.len() > ROWS;
    rows.truncate(ROWS);
    let older = rows.last().filter(|_| has_older).map(|row| format!("/app/access?before={}", row.audit_id));
    let wall = Wall::new(web.now_ms(), "UTC");
    let view = AccessPage {
        shell: Shell::signed_in("Access log", Section::AccessLog, &visitor),
        rows: rows.iter().map(|row| access(row, &wall)).collect(),
        older,
        is_newest: asked.before.is_empty(),
    };
    Page::draw(&view)
}

fn access(row: &AuditRow, wall: &Wall) -> AccessView {
    let outcome = if row.outcome == AccessOutcome::Denied.word() {
        Badge::new(Tone::Late, "Denied")
    } else {
        Badge::new(Tone::Ok, "Done")
    };
    let times = match row.times {
        1 => String::new(),
        n => format!("{} times", grouped(n.unsigned_abs())),
    };
    AccessView {
        at: wall.clock(row.at_ms),
        who: row.who.clone(),
        deed: deed(&row.act, row.outcome == AccessOutcome::Denied.word()),
        about: row.about.clone(),
        outcome,
        times,
    }
}

/// An act in words: those that were done, and, after “Tried to”, those that were not.
const ACTS: &[(&str, &str, &str)] = &[
    ("sign in", "Signed in", "sign in"),
    ("sign out", "Signed out", "sign out"),
    ("account create", "Made the account", "make an account"),
    ("admin create", "Added a person", "add a person"),
    ("admin set-password", "Set a person’s password", "set a person’s password"),
    ("admin sign-out", "Signed a person out everywhere", "sign a person out"),
    ("admin disable", "Disabled a person", "disable a person"),
    ("admin enable", "Let a person sign in again", "let a person sign in again"),
    ("facility create", "Added a facility", "add a facility"),
    ("token create", "Made a token", "make a token"),
    ("token revoke", "Revoked a token", "revoke a token"),
    ("claim-file create", "Made a claim file", "make a claim file"),
    ("box release", "Took a box out of quarantine", "take a box out of quarantine"),
    ("box revoke", "Took a box out of use", "take a box out of use"),
];

/// What is behind a route, by method, for acts that were denied. The first that begins so.
const ROUTES: &[(&str, &str)] = &[
    ("GET /app/people/", "look at a person"),
    ("POST /app/people/", "change a person"),
    ("GET /app/people", "open People"),
    ("GET /app/programs/", "look at a program"),
    ("POST /app/programs/", "revoke a token"),
    ("GET /app/programs", "open Programs"),
    ("POST /app/programs", "make a token"),
    ("GET /app/boxes/add", "open “Add a box”"),
    ("POST /app/boxes/add", "make a claim file"),
    ("GET /app/boxes", "open Boxes"),
    ("GET /app/access", "open the access log"),
    ("POST /logout", "sign out"),
    ("POST /login", "sign in"),
    ("GET /app/f/", "look at a facility"),
    ("GET /app/proof/", "download a proof"),
    ("GET /photos/", "look at a photo"),
    ("GET /live", "open a page"),
    ("GET /app", "open a page"),
    ("GET /api/", "read through the API"),
    ("POST /api/", "change something through the API"),
];

/// What somebody did or tried. A method and a route are for the record; nobody has to read one.
fn deed(act: &str, is_denied: bool) -> String {
    let known = ACTS.iter().find(|(known, _, _)| *known == act);
    match known {
        Some((_, done, _)) if !is_denied => (*done).to_owned(),
        Some((_, _, tried)) => format!("Tried to {tried}"),
        None => {
            let route = ROUTES.iter().find(|(route, _)| act.starts_with(route));
            let tried = route.map_or("do something on a page", |(_, tried)| *tried);
            format!("Tried to {tried}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::people::PersonAct;
    use ::web::route::Access;

    use crate::web::routes::build_table;

    #[test]
    fn acts_are_told_in_words() {
        assert_eq!(deed("sign in", false), "Signed in");
        assert_eq!(deed("sign in", true), "Tried to sign in");
        assert_eq!(deed("GET /app/people", true), "Tried to open People");
        assert_eq!(deed("POST /app/people/{user}", true), "Tried to change a person");
        assert_eq!(deed("GET /api/v1/equipment", true), "Tried to read through the API");
        for act in [PersonAct::SignOut, PersonAct::Disable, PersonAct::Enable] {
            assert!(!deed(act.word(), false).starts_with("Tried"), "{}", act.word());
        }
    }

    #[test]
    fn every_guarded_route_has_words() {
        let table = build_table().unwrap();
        let guarded = table.rows().iter().map(|row| &row.route).filter(|route| route.access != Access::Open);
        for route in guarded {
            let act = format!("{} {}", route.method, route.path);
            assert!(ROUTES.iter().any(|(known, _)| act.starts_with(known)), "{act} has no words");
        }
    }
}
