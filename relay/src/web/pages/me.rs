//! The person who is signed in, and signing out.

use ::web::answer::Page;
use ::web::error::HttpError;
use askama::Template;
use axum::extract::State;

use crate::web::access::{Member, Read};
use crate::web::layout::{Section, Shell};
use crate::web::view_models::formats::{Wall, role_name};
use crate::web::words::PeopleWords;
use crate::web::{Fact, Web};

#[derive(Template)]
#[template(path = "me.html")]
struct MePage {
    shell: Shell,
    w: PeopleWords,
    name: String,
    facts: Vec<Fact>,
    csrf: String,
}

/// `GET /app/me`.
pub(crate) async fn show(visitor: Member<Read>, State(web): State<Web>) -> Result<Page, HttpError> {
    let wall = Wall::new(web.now_ms(), "UTC");
    let w: PeopleWords = wall.words();
    let facts = vec![
        Fact::new(w.me_account(), visitor.account_name.clone()),
        Fact::new(w.people_role(), role_name(wall.words(), Some(visitor.role))),
        Fact::new(w.people_email(), visitor.email.clone()),
        Fact::new(w.me_signed_in(), wall.day_plain_utc(visitor.since_ms)),
    ];
    let shell = Shell::signed_in(visitor.name.clone(), Section::Me, &visitor);
    let view = MePage { shell, w, facts, csrf: visitor.token.csrf(), name: visitor.name.clone() };
    Page::draw(&view)
}
