//! Signing in and out.

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;

use crate::accounts::Visitor;
use crate::accounts::access_log::{AccessOutcome, AccessRecord};
use crate::accounts::device::DeviceSecret;
use crate::accounts::lock_out::EmptyBucket;
use crate::accounts::session::clear_cookie;
use crate::accounts::sign_in::SignInError;
use crate::db::{devices, sessions};
use crate::web::http_error::Fault;
use crate::web::layout::{Shell, page, see_other};
use crate::web::view_models::formats::Wall;
use crate::web::{Answer, Peer, Web};

const MINUTE_MS: i64 = 60_000;
/// What the operator runs for somebody who forgot their password.
pub const PASSWORD_COMMAND: &str = "cleantrack-relay admin set-password";
/// Bytes of path and query that are kept over a sign-in.
const NEXT_BYTES_MAX: usize = 2_048;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    shell: Shell,
    problem: Option<Problem>,
    email: String,
    next: String,
    /// What came of signing out.
    done: &'static str,
    reset_command: &'static str,
}

/// What is wrong with a field.
pub(crate) struct Problem {
    pub(crate) field: &'static str,
    pub(crate) words: String,
}

/// What the address of the page carries.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    next: String,
    #[serde(default)]
    done: String,
}

/// What the form carries.
#[derive(Deserialize)]
pub(crate) struct SignInForm {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

/// `GET /`.
pub(crate) async fn start(visitor: Result<Visitor, Fault>) -> Answer {
    match visitor {
        Ok(_) => see_other("/app/"),
        Err(Fault::SignIn(_)) => see_other("/login"),
        Err(fault) => Err(fault),
    }
}

/// `GET /login`.
pub(crate) async fn show(visitor: Result<Visitor, Fault>, Query(asked): Query<Asked>) -> Answer {
    let next = onward(&asked.next);
    if visitor.is_ok() {
        return see_other(&next);
    }
    let done = match asked.done.as_str() {
        "everywhere" => "You are signed out on every device.",
        "here" => "You are signed out on this device.",
        _ => "",
    };
    page(StatusCode::OK, &SignInPage { done, ..sign_in_page("Sign in", next) })
}

fn sign_in_page(title: &str, next: String) -> SignInPage {
    SignInPage {
        shell: Shell::open(title),
        problem: None,
        email: String::new(),
        next,
        done: "",
        reset_command: PASSWORD_COMMAND,
    }
}

/// `POST /login`.
pub(crate) async fn sign_in(
    State(web): State<Web>,
    Peer(peer): Peer,
    headers: HeaderMap,
    Form(form): Form<SignInForm>,
) -> Answer {
    let next = onward(&form.next);
    let from = (device(&headers), peer.ip());
    let refused = match web.door().sign_in(&form.email, form.password, from).await {
        Ok(signed_in) => {
            let mut answer = see_other(&next)?;
            for cookie in [signed_in.token.set_cookie(), signed_in.device.set_cookie()] {
                let cookie = HeaderValue::from_str(&cookie).map_err(Fault::internal)?;
                answer.headers_mut().append(header::SET_COOKIE, cookie);
            }
            return Ok(answer);
        }
        Err(SignInError::Db(e)) => return Err(e.into()),
        Err(SignInError::Busy) => return Err(Fault::Busy),
        Err(refused) => refused,
    };
    let (status, words, wait_ms) = match refused {
        SignInError::Wait { until_ms, bucket } => {
            web.strangers.waited();
            tracing::warn!("a sign-in was refused: too many tries");
            let now_ms = web.now_ms();
            let words = wait_words(bucket, &Wall::new(now_ms, "UTC").plain(until_minute(until_ms)));
            (StatusCode::TOO_MANY_REQUESTS, words, Some(until_ms.saturating_sub(now_ms)))
        }
        _ => {
            web.strangers.was_wrong();
            tracing::warn!("a sign-in failed");
            (StatusCode::UNPROCESSABLE_ENTITY, "E-mail and password do not fit together.".to_owned(), None)
        }
    };
    let email: String = form.email.chars().filter(|c| !c.is_control()).take(254).collect();
    let problem = Some(Problem { field: "password", words });
    let mut answer = page(status, &SignInPage { problem, email, ..sign_in_page("Error: Sign in", next) })?;
    if let Some(wait_ms) = wait_ms {
        // A second begun is waited whole: nobody is sent back too early.
        let seconds = HeaderValue::from(wait_ms.max(0).unsigned_abs().div_ceil(1_000).max(1));
        answer.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    Ok(answer)
}

/// The minute that is begun when the wait is over: who comes by the clock on the wall does not come too early.
fn until_minute(until_ms: i64) -> i64 {
    until_ms.saturating_add(MINUTE_MS - 1).div_euclid(MINUTE_MS).saturating_mul(MINUTE_MS)
}

/// Until when somebody has to wait, and what else they can do.
fn wait_words(bucket: EmptyBucket, until: &str) -> String {
    match bucket {
        EmptyBucket::KnownDevice => format!(
            "Too many wrong passwords were typed on this device. Wait until {until} UTC, then try again. Your other \
             devices do not have to wait."
        ),
        EmptyBucket::Strangers => format!(
            "Too many wrong passwords were typed for this e-mail on devices that never signed in with it. Wait until \
             {until} UTC, then try again; or sign in now from a browser in which you signed in before: it does not \
             have to wait."
        ),
        EmptyBucket::Network => format!(
            "Too many wrong passwords came from your network. Wait until {until} UTC, then try again; or sign in now \
             from a browser in which you signed in before: it does not have to wait."
        ),
    }
}

/// The device that the browser shows.
fn device(headers: &HeaderMap) -> Option<DeviceSecret> {
    // HTTP/2 may send each cookie in a field of its own.
    let mut cookies = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
    cookies.find_map(DeviceSecret::read)
}

/// What the form carries.
#[derive(Deserialize)]
pub(crate) struct SignOutForm {
    #[serde(default)]
    csrf: String,
    everywhere: Option<String>,
}

/// `POST /logout`.
pub(crate) async fn sign_out(
    visitor: Visitor,
    State(web): State<Web>,
    headers: HeaderMap,
    Form(form): Form<SignOutForm>,
) -> Answer {
    check_form(&visitor, &form.csrf)?;
    let mut tx = web.db.begin().await?;
    let (scope, who) = (visitor.scope, visitor.email.as_str());
    let (about, onward) = if form.everywhere.is_some() {
        sessions::delete_of_user(&mut tx, scope, &visitor.user_id).await?;
        let kept = device(&headers).map(|device| device.digest());
        devices::forget(&mut tx, scope, &visitor.user_id, kept).await?;
        ("on every device", "/login?done=everywhere")
    } else {
        sessions::delete(&mut tx, scope, visitor.token.digest()).await?;
        ("on this device", "/login?done=here")
    };
    let record = AccessRecord { who, act: "sign out", about };
    web.log().write_repeated(&mut tx, scope, record, AccessOutcome::Done).await?;
    tx.commit().await?;
    let mut answer = see_other(onward)?;
    let cookie = HeaderValue::from_str(&clear_cookie()).map_err(Fault::internal)?;
    answer.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(answer)
}

/// Whether a form came from a page of this session.
pub(crate) fn check_form(visitor: &Visitor, csrf: &str) -> Result<(), Fault> {
    // Both are 128 bits that an attacker would have to guess whole: how long the comparison takes tells nothing of use.
    if visitor.token.csrf() == csrf { Ok(()) } else { Err(Fault::Foreign) }
}

/// Where to go after signing in: path and query of a page of ours, nothing else.
pub(crate) fn onward(next: &str) -> String {
    let path = next.split('?').next().unwrap_or_default();
    let lower = path.to_ascii_lowercase();
    let fits = (path == "/app" || path.starts_with("/app/"))
        && next.len() <= NEXT_BYTES_MAX
        && next.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
        // A browser takes `/app/../x` for `/x`, and `%2e` for a dot.
        && !["//", "/.", "/%2e", "%5c"].iter().any(|trick| lower.contains(trick));
    if fits { next.to_owned() } else { "/app/".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_onward_to_a_page_of_ours() {
        let longest = format!("/app/?q={}", "x".repeat(NEXT_BYTES_MAX - 8));
        for ours in [
            "/app",
            "/app/",
            "/app/f/01J?sort=name",
            "/app/f/01J/equipment?q=a//b&show=../overdue",
            "/app/f/01J/labels.pdf?sheet=L7160",
            &longest,
        ] {
            assert_eq!(onward(ours), ours);
        }
        for foreign in [
            "",
            "//evil.example",
            "https://evil.example",
            "/app//evil.example",
            "/app/../login",
            "/app/%2E%2e/login",
            "/app/.",
            "/app/%5Cevil",
            "/app\\evil",
            "/app.evil.example",
            "/apple",
            "/app@evil.example",
            "/app\r\nSet-Cookie: a",
            "/app/ ?q",
            "/login",
            &format!("{longest}x"),
        ] {
            assert_eq!(onward(foreign), "/app/", "{foreign}");
        }
    }

    #[test]
    fn nobody_is_told_a_minute_that_is_too_early() {
        assert_eq!(until_minute(MINUTE_MS), MINUTE_MS);
        assert_eq!(until_minute(MINUTE_MS + 1), 2 * MINUTE_MS);
        let words = [EmptyBucket::KnownDevice, EmptyBucket::Strangers, EmptyBucket::Network]
            .map(|bucket| wait_words(bucket, "20:07"));
        assert!(words.iter().all(|w| w.contains("Wait until 20:07 UTC, then try again")), "{words:?}");
    }
}
