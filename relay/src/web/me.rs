//! The person who is signed in, and signing out.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;

use super::shell::{Section, Shell, page};
use super::words::Wall;
use super::{Answer, Fact, Web};
use crate::accounts::Visitor;

#[derive(Template)]
#[template(path = "me.html")]
struct MePage {
    shell: Shell,
    name: String,
    facts: Vec<Fact>,
    csrf: String,
}

/// `GET /app/me`.
pub(super) async fn show(visitor: Visitor, State(web): State<Web>) -> Answer {
    let wall = Wall::new(web.now_ms(), "UTC");
    let facts = vec![
        Fact::new("Account", visitor.account_name.clone()),
        Fact::new("Role", visitor.role.word()),
        Fact::new("E-mail", visitor.email.clone()),
        Fact::new("Signed in", format!("{} UTC", wall.day_plain(visitor.since_ms))),
    ];
    let shell = Shell::signed_in(visitor.name.clone(), Section::Me, &visitor);
    let view = MePage { shell, facts, csrf: visitor.token.csrf(), name: visitor.name };
    page(StatusCode::OK, &view)
}
