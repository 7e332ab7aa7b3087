//! Adding a box: the claim file, and waiting for the box's first word.

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use record::ids::{FacilityId, UserId};
use serde::Deserialize;

use super::problem::Fault;
use super::shell::{Section, Shell, download, page};
use super::sign_in::{Problem, check_form};
use super::standing::{Site, sites};
use super::words::Wall;
use super::{Answer, Web};
use crate::accounts::Visitor;
use crate::db::{self, dashboard};
use crate::fleet::{self, ClaimWishes};

/// Bytes of a Wi-Fi name (IEEE 802.11).
const SSID_BYTES_MAX: usize = 32;
/// Characters of a Wi-Fi password (WPA2).
const PSK_CHARS: std::ops::RangeInclusive<usize> = 8..=63;

struct Choice {
    id: String,
    name: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "add_box.html")]
struct AddBoxPage {
    shell: Shell,
    problem: Option<Problem>,
    title: &'static str,
    lead: &'static str,
    facilities: Vec<Choice>,
    ssid: String,
    csrf: String,
    here: usize,
    expected: usize,
    waiting_words: &'static str,
}

/// What the address carries.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    facility: Option<String>,
}

/// What the form carries.
#[derive(Deserialize)]
pub(super) struct ClaimForm {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    facility: String,
    #[serde(default)]
    ssid: String,
    #[serde(default)]
    psk: String,
}

/// `GET /app/boxes/add`.
pub(super) async fn show(visitor: Visitor, State(web): State<Web>, Query(asked): Query<Asked>) -> Answer {
    if !visitor.role.may_change() {
        return Err(Fault::ReadOnly);
    }
    let mut conn = web.db.read().await?;
    let sites = sites(&mut conn, visitor.scope, web.now_ms()).await?;
    drop(conn);
    let chosen = asked.facility.unwrap_or_default();
    form(&visitor, &web, &sites, (&chosen, ""), None).await
}

/// The page of an account whose boxes have not told anything yet.
pub(super) async fn first_box(visitor: &Visitor, web: &Web, sites: &[Site]) -> Answer {
    form(visitor, web, sites, ("", ""), None).await
}

async fn form(
    visitor: &Visitor,
    web: &Web,
    sites: &[Site],
    (chosen, ssid): (&str, &str),
    problem: Option<Problem>,
) -> Answer {
    let mut conn = web.db.read().await?;
    let changes = dashboard::changes(&mut conn, visitor.scope).await?;
    let here =
        sites.iter().filter(|s| s.in_service.as_ref().is_some_and(|b| b.row.heard_ms.is_some())).count();
    let is_first = sites.iter().all(|s| s.in_service.is_none());
    let without = sites.iter().find(|s| s.in_service.is_none()).map(|s| s.id.to_string()).unwrap_or_default();
    let chosen = if chosen.is_empty() { &without } else { chosen };
    let choice =
        |s: &Site| Choice { id: s.id.to_string(), name: s.name.clone(), chosen: s.id.to_string() == chosen };
    let (title, lead) = if is_first {
        (
            "Your first box in five minutes",
            "Your facilities, what is overdue and what was cleaned will be here. There is nothing yet, because no box has told anything.",
        )
    } else {
        (
            "Add a box",
            "A box belongs to one facility. A new one in the place of an old one goes on with its history.",
        )
    };
    let section = if is_first { Section::Facilities } else { Section::Boxes };
    let error = if problem.is_some() { "Error: " } else { "" };
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let view = AddBoxPage {
        shell: Shell::signed_in(format!("{error}{title}"), section, visitor).live(changes, true),
        problem,
        title,
        lead,
        facilities: sites.iter().map(choice).collect(),
        ssid: ssid.to_owned(),
        csrf: visitor.token.csrf(),
        here,
        expected: sites.len().max(1),
        waiting_words: "This page shows it within seconds of its first word. You can close it.",
    };
    page(status, &view)
}

/// `POST /app/boxes/add`.
pub(super) async fn make(visitor: Visitor, State(web): State<Web>, Form(sent): Form<ClaimForm>) -> Answer {
    check_form(&visitor, &sent.csrf)?;
    if !visitor.role.may_change() {
        return Err(Fault::ReadOnly);
    }
    let now_ms = web.now_ms();
    let mut conn = web.db.read().await?;
    let sites = sites(&mut conn, visitor.scope, now_ms).await?;
    drop(conn);
    let facility: Option<FacilityId> = sent.facility.parse().ok();
    let site = sites.iter().find(|s| Some(s.id) == facility).ok_or(Fault::NotFound)?;
    if let Some(problem) = problem(&sent) {
        let ssid: String = sent.ssid.chars().filter(|c| !c.is_control()).take(64).collect();
        return form(&visitor, &web, &sites, (&sent.facility, &ssid), Some(problem)).await;
    }
    let wishes = ClaimWishes {
        ssid: Some(sent.ssid).filter(|s| !s.is_empty()),
        psk: Some(sent.psk).filter(|s| !s.is_empty()),
        zone: Some(site.zone.clone()),
        ..ClaimWishes::default()
    };
    let file =
        fleet::claim_file(&web.fleet, visitor.scope, site.id, wishes).await.map_err(Fault::internal)?;
    let mut tx = web.db.begin().await?;
    let (id, about) = (UserId::new(now_ms, web.random.bytes()).to_string(), site.id.to_string());
    let said = (visitor.email.as_str(), "claim-file create", about.as_str());
    db::accounts::audit(&mut tx, visitor.scope, &id, said, now_ms).await?;
    tx.commit().await?;
    let day = Wall::new(now_ms, &site.zone).today();
    download(&format!("cleantrack-claim-{day}.toml"), "application/toml", file.into_bytes())
}

fn problem(sent: &ClaimForm) -> Option<Problem> {
    let words = |field, words: &str| Some(Problem { field, words: words.to_owned() });
    if sent.ssid.len() > SSID_BYTES_MAX || sent.ssid.chars().any(char::is_control) {
        return words("ssid", "Type the Wi-Fi name as the network shows it, 32 characters at most");
    }
    if sent.ssid.is_empty() && !sent.psk.is_empty() {
        return words(
            "ssid",
            "Type the Wi-Fi name that the password is for, or leave both empty for a cable",
        );
    }
    if !sent.psk.is_empty() && !PSK_CHARS.contains(&sent.psk.chars().count()) {
        return words("psk", "Type the Wi-Fi password again: it has 8 to 63 characters");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wifi_fields_that_no_box_could_use() {
        let check = |ssid: &str, psk: &str| {
            let sent = ClaimForm {
                csrf: String::new(),
                facility: String::new(),
                ssid: ssid.into(),
                psk: psk.into(),
            };
            problem(&sent).map(|p| p.field)
        };
        assert_eq!(check("", ""), None);
        assert_eq!(check("Clinic", "long enough"), None);
        assert_eq!(check("Open network", ""), None);
        assert_eq!(check("", "long enough"), Some("ssid"));
        assert_eq!(check("Clinic", "short"), Some("psk"));
        assert_eq!(check(&"x".repeat(33), ""), Some("ssid"));
        assert_eq!(check("a\nb", ""), Some("ssid"));
    }
}
