//! The person who is signed in, and signing out.

use ::web::answer::Page;
use ::web::error::HttpError;
use askama::Template;
use axum::extract::State;

use crate::web::access::{MemberCaller, Read};
use crate::web::layout::{NavSection, PageLayout};
use crate::web::view_models::formats::{LocalTime, role_name};
use crate::web::words::PeopleWords;
use crate::web::{PageFact, WebContext};

#[derive(Template)]
#[template(path = "me.html")]
struct MePage {
    shell: PageLayout,
    w: PeopleWords,
    name: String,
    facts: Vec<PageFact>,
    csrf: String,
}

/// `GET /app/me`.
pub(crate) async fn show(
    visitor: MemberCaller<Read>,
    State(web): State<WebContext>,
) -> Result<Page, HttpError> {
    let wall = LocalTime::new(web.now_ms(), "UTC");
    let w: PeopleWords = wall.words();
    let facts = vec![
        PageFact::new(w.me_account(), visitor.account_name.clone()),
        PageFact::new(w.people_role(), role_name(wall.words(), Some(visitor.role))),
        PageFact::new(w.people_email(), visitor.email.clone()),
        PageFact::new(w.me_signed_in(), wall.day_plain_utc(visitor.since_ms)),
    ];
    let shell = PageLayout::signed_in(visitor.name.clone(), NavSection::Me, &visitor);
    let view = MePage { shell, w, facts, csrf: visitor.token.csrf(), name: visitor.name.clone() };
    Page::draw(&view)
}
