//! Signing in and out.

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use serde::Deserialize;

use super::problem::Fault;
use super::shell::{Shell, page, see_other};
use super::words::Wall;
use super::{Answer, Peer, Web};
use crate::accounts::Visitor;
use crate::accounts::session::clear_cookie;
use crate::accounts::sign_in::SignInError;
use crate::db;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    shell: Shell,
    problem: Option<Problem>,
    email: String,
    next: String,
}

/// What is wrong with a field.
pub(super) struct Problem {
    pub(super) field: &'static str,
    pub(super) words: String,
}

/// What the address of the page carries.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    next: String,
}

/// What the form carries.
#[derive(Deserialize)]
pub(super) struct SignInForm {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

/// `GET /`.
pub(super) async fn start(visitor: Result<Visitor, Fault>) -> Answer {
    match visitor {
        Ok(_) => see_other("/app/"),
        Err(Fault::SignIn(_)) => see_other("/login"),
        Err(fault) => Err(fault),
    }
}

/// `GET /login`.
pub(super) async fn show(visitor: Result<Visitor, Fault>, Query(asked): Query<Asked>) -> Answer {
    let next = onward(&asked.next);
    if visitor.is_ok() {
        return see_other(&next);
    }
    let shell = Shell::open("Sign in");
    page(StatusCode::OK, &SignInPage { shell, problem: None, email: String::new(), next })
}

/// `POST /login`.
pub(super) async fn sign_in(
    State(web): State<Web>,
    Peer(peer): Peer,
    Form(form): Form<SignInForm>,
) -> Answer {
    let next = onward(&form.next);
    let refused = match web.door().sign_in(&form.email, form.password, peer.ip()).await {
        Ok(token) => {
            let mut answer = see_other(&next)?;
            let cookie = HeaderValue::from_str(&token.set_cookie()).map_err(Fault::internal)?;
            answer.headers_mut().insert(header::SET_COOKIE, cookie);
            return Ok(answer);
        }
        Err(SignInError::Db(e)) => return Err(e.into()),
        Err(SignInError::Busy) => return Err(Fault::Busy),
        Err(refused) => refused,
    };
    let (status, words, wait_ms) = match refused {
        SignInError::Wait { until_ms } => {
            tracing::warn!("a sign-in was refused: too many tries");
            let now_ms = web.now_ms();
            let wall = Wall::new(now_ms, "UTC");
            let words = format!("Too many tries. Wait until {} UTC, then try again.", wall.plain(until_ms));
            (StatusCode::TOO_MANY_REQUESTS, words, Some(until_ms.saturating_sub(now_ms)))
        }
        _ => {
            tracing::warn!("a sign-in failed");
            (StatusCode::UNPROCESSABLE_ENTITY, "E-mail and password do not fit together.".to_owned(), None)
        }
    };
    let email: String = form.email.chars().filter(|c| !c.is_control()).take(254).collect();
    let problem = Some(Problem { field: "password", words });
    let mut answer =
        page(status, &SignInPage { shell: Shell::open("Error: Sign in"), problem, email, next })?;
    if let Some(wait_ms) = wait_ms {
        // A second begun is waited whole: nobody is sent back too early.
        let seconds = HeaderValue::from(wait_ms.max(0).unsigned_abs().div_ceil(1_000).max(1));
        answer.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    Ok(answer)
}

/// What the form carries.
#[derive(Deserialize)]
pub(super) struct SignOutForm {
    #[serde(default)]
    csrf: String,
    everywhere: Option<String>,
}

/// `POST /logout`.
pub(super) async fn sign_out(
    visitor: Visitor,
    State(web): State<Web>,
    Form(form): Form<SignOutForm>,
) -> Answer {
    check_form(&visitor, &form.csrf)?;
    let mut tx = web.db.begin().await?;
    if form.everywhere.is_some() {
        db::sessions::delete_of_user(&mut tx, visitor.scope, &visitor.user_id).await?;
    } else {
        db::sessions::delete(&mut tx, visitor.scope, visitor.token.digest()).await?;
    }
    tx.commit().await?;
    let mut answer = see_other("/login")?;
    let cookie = HeaderValue::from_str(&clear_cookie()).map_err(Fault::internal)?;
    answer.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(answer)
}

/// Whether a form came from a page of this session.
pub(super) fn check_form(visitor: &Visitor, csrf: &str) -> Result<(), Fault> {
    // Both are 128 bits that an attacker would have to guess whole: how long the comparison takes tells nothing of use.
    if visitor.token.csrf() == csrf { Ok(()) } else { Err(Fault::Foreign) }
}

/// Where to go after signing in: only to a page of ours.
fn onward(next: &str) -> String {
    let fits = next.starts_with("/app")
        && next.len() < 512
        && next.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
        && !next.contains("//");
    if fits { next.to_owned() } else { "/app/".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_onward_to_a_page_of_ours() {
        assert_eq!(onward("/app/f/01J?sort=name"), "/app/f/01J?sort=name");
        for foreign in [
            "",
            "//evil.example",
            "https://evil.example",
            "/app//evil.example",
            "/app\\evil",
            "/app\r\nSet-Cookie: a",
            "/login",
        ] {
            assert_eq!(onward(foreign), "/app/", "{foreign}");
        }
    }
}
