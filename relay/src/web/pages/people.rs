//! Who signs in to the account, and what an admin does about somebody: sign them out everywhere, keep them out, let them in.

use ::web::answer::{FormRecall, FormReply, Page, SeeOther};
use ::web::argument::{Lenient, Path};
use ::web::error::HttpError;
use askama::Template;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::accounts::people::{PeopleError, PersonAct};
use crate::accounts::{Role, Visitor};
use crate::db::users::PersonRow;
use crate::web::access::{ManagePeople, Member};
use crate::web::form::{RelayForm, require_own_form};
use crate::web::http_error::{not_found, parameter};
use crate::web::layout::{Section, Shell};
use crate::web::pages::sign_in::Problem;
use crate::web::view_models::formats::{Badge, Moment, Tone, Wall, counted};
use crate::web::{Fact, Web};

struct PersonView {
    name: String,
    href: String,
    email: String,
    role: &'static str,
    state: Badge,
    signed_in: Option<Moment>,
    sessions: String,
}

#[derive(Template)]
#[template(path = "people.html")]
struct PeoplePage {
    shell: Shell,
    caption: String,
    people: Vec<PersonView>,
}

#[derive(Template)]
#[template(path = "person.html")]
struct PersonPage {
    shell: Shell,
    problem: Option<Problem>,
    name: String,
    href: String,
    state: Badge,
    facts: Vec<Fact>,
    is_self: bool,
    disabled: bool,
    /// Whether whoever looks may do anything about this person.
    may_act: bool,
    /// What came of the press that led here.
    done: &'static str,
    csrf: String,
}

/// What the address of a person’s page carries.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct PersonParams {
    /// What was just done.
    #[schemars(with = "Option<String>")]
    done: Option<PersonAct>,
}

/// `GET /app/people`.
pub(crate) async fn list(visitor: Member<ManagePeople>, State(web): State<Web>) -> Result<Page, HttpError> {
    let now_ms = web.now_ms();
    let alive = crate::accounts::session::alive_since(now_ms);
    let rows = crate::db::users::list(&mut web.db.read().await?, visitor.scope, alive).await?;
    let wall = Wall::new(now_ms, "UTC");
    let view = |row: &PersonRow| PersonView {
        name: row.name.clone(),
        href: format!("/app/people/{}", row.user_id),
        email: row.email.clone(),
        role: role(row),
        state: state(row),
        signed_in: row.signed_in_ms.map(|at| wall.day_clock(at)),
        sessions: sessions(row),
    };
    let count = rows.len();
    let view = PeoplePage {
        shell: Shell::signed_in("People", Section::People, &visitor),
        caption: if count == 1 { "1 person".to_owned() } else { format!("{count} people") },
        people: rows.iter().map(view).collect(),
    };
    Page::draw(&view)
}

/// `GET /app/people/{user}`.
pub(crate) async fn show(
    visitor: Member<ManagePeople>,
    State(web): State<Web>,
    Path(user): Path<String>,
    Lenient(asked): Lenient<PersonParams>,
) -> Result<Page, HttpError> {
    let row = find_person(&visitor, &web, &user).await?;
    draw_person(&visitor, &web, &row, Shown { problem: None, done: asked.done.map_or("", done_words) })
}

/// What was done, for the page that a press leads to.
fn done_words(act: PersonAct) -> &'static str {
    match act {
        PersonAct::SignOut => "They are signed out everywhere. Their password stays the same.",
        PersonAct::Disable => "They are signed out everywhere, and cannot sign in.",
        PersonAct::Enable => "They may sign in again.",
    }
}

/// What a page says beside the person.
struct Shown<'a> {
    problem: Option<&'a str>,
    done: &'static str,
}

impl<'a> Shown<'a> {
    fn problem(words: &'a str) -> Self {
        Self { problem: Some(words), done: "" }
    }
}

/// `POST /app/people/{user}`.
pub(crate) async fn change(
    visitor: Member<ManagePeople>,
    State(web): State<Web>,
    Path(user): Path<String>,
    form: RelayForm,
) -> Result<FormReply, HttpError> {
    require_own_form(&visitor, &form)?;
    let act = PersonAct::of_key(form.fields.text("act"))
        .ok_or_else(|| parameter("act", "sign-out, disable or enable"))?;
    let row = find_person(&visitor, &web, &user).await?;
    let refused = |words| {
        let page = draw_person(&visitor, &web, &row, Shown::problem(words))?;
        Ok(FormReply::Again(FormRecall::Invalid, page))
    };
    if act == PersonAct::Disable && row.user_id == visitor.user_id {
        return refused("You cannot disable yourself. Ask another admin of the account.");
    }
    let mut tx = web.db.begin().await?;
    let by = (web.log(), visitor.email.as_str(), Some(visitor.role));
    match crate::accounts::people::change(&mut tx, visitor.scope, by, &row.email, act).await {
        Ok(()) => tx.commit().await?,
        Err(PeopleError::NoSuch) => return Err(not_found()),
        Err(PeopleError::SuperAdmin) => {
            return refused("Nothing was changed: only a platform admin may do this to a platform admin.");
        }
        Err(PeopleError::LastAdmin) => {
            return refused("This is the last admin who may sign in. Enable another one first.");
        }
        Err(PeopleError::Db(e)) => return Err(e.into()),
    }
    let to = if act == PersonAct::SignOut && row.user_id == visitor.user_id {
        // Their own session is over, too: the page that they come to says so.
        "/login?done=everywhere".to_owned()
    } else {
        format!("/app/people/{}?done={}", row.user_id, act.key())
    };
    SeeOther::to(&to).map(FormReply::Done)
}

async fn find_person(visitor: &Visitor, web: &Web, user: &str) -> Result<PersonRow, HttpError> {
    let alive = crate::accounts::session::alive_since(web.now_ms());
    let row = crate::db::users::get(&mut web.db.read().await?, visitor.scope, user, alive).await?;
    row.ok_or_else(not_found)
}

fn draw_person(
    visitor: &Visitor,
    web: &Web,
    row: &PersonRow,
    Shown { problem, done }: Shown<'_>,
) -> Result<Page, HttpError> {
    let wall = Wall::new(web.now_ms(), "UTC");
    let signed_in = row.signed_in_ms.map(|at| format!("{} UTC", wall.day_plain(at)));
    let facts = vec![
        Fact::new("E-mail", row.email.clone()),
        Fact::new("Role", role(row)),
        Fact::new("Added", wall.day_of(row.created_ms)),
        Fact::new("Last sign-in", signed_in.unwrap_or_else(|| "never".to_owned())),
        Fact::new("Signed in now", sessions(row)),
    ];
    let error = if problem.is_some() { "Error: " } else { "" };
    let view = PersonPage {
        shell: Shell::signed_in(format!("{error}{}", row.name), Section::People, visitor),
        problem: problem.map(|words| Problem { field: "acts", words: words.to_owned() }),
        name: row.name.clone(),
        href: format!("/app/people/{}", row.user_id),
        state: state(row),
        facts,
        is_self: row.user_id == visitor.user_id,
        disabled: row.disabled,
        may_act: row
            .role
            .parse()
            .is_ok_and(|theirs| crate::accounts::people::may_act_on(visitor.role, theirs)),
        done,
        csrf: visitor.token.csrf(),
    };
    Page::draw(&view)
}

fn role(row: &PersonRow) -> &'static str {
    row.role.parse().map_or("unknown", Role::word)
}

fn state(row: &PersonRow) -> Badge {
    if row.disabled { Badge::new(Tone::Plain, "Disabled") } else { Badge::new(Tone::Ok, "May sign in") }
}

fn sessions(row: &PersonRow) -> String {
    match row.sessions {
        0 => "nowhere".to_owned(),
        n => format!("in {}", counted(n.unsigned_abs(), "browser")),
    }
}
