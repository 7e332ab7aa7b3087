//! The person who is signed in, and signing out.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;

use crate::accounts::Visitor;
use crate::web::layout::{Section, Shell, page};
use crate::web::view_models::formats::Wall;
use crate::web::{Answer, Fact, Web};

#[derive(Template)]
#[template(path = "me.html")]
struct MePage {
    shell: Shell,
    name: String,
    facts: Vec<Fact>,
    csrf: String,
}

/// `GET /app/me`.
pub(crate) async fn show(visitor: Visitor, State(web): State<Web>) -> Answer {
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
