//! The person who is signed in, and signing out.

use ::web::answer::Page;
use ::web::error::HttpError;
use askama::Template;
use axum::extract::State;

use crate::web::access::{Member, Read};
use crate::web::layout::{Section, Shell};
use crate::web::view_models::formats::Wall;
use crate::web::{Fact, Web};

#[derive(Template)]
#[template(path = "me.html")]
struct MePage {
    shell: Shell,
    name: String,
    facts: Vec<Fact>,
    csrf: String,
}

/// `GET /app/me`.
pub(crate) async fn show(visitor: Member<Read>, State(web): State<Web>) -> Result<Page, HttpError> {
    let wall = Wall::new(web.now_ms(), "UTC");
    let facts = vec![
        Fact::new("Account", visitor.account_name.clone()),
        Fact::new("Role", visitor.role.word()),
        Fact::new("E-mail", visitor.email.clone()),
        Fact::new("Signed in", format!("{} UTC", wall.day_plain(visitor.since_ms))),
    ];
    let shell = Shell::signed_in(visitor.name.clone(), Section::Me, &visitor);
    let view = MePage { shell, facts, csrf: visitor.token.csrf(), name: visitor.name.clone() };
    Page::draw(&view)
}
