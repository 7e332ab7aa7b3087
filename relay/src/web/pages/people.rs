//! Who signs in to the account, and what an admin does about somebody: sign them out everywhere, keep them out, let them in.

use ::web::answer::{FormRecall, FormReply, Page, SeeOther};
use ::web::argument::{LenientQuery, Path};
use ::web::error::HttpError;
use askama::Template;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use words::{S0, SafeHtml, fill_slots};

use crate::accounts::people::{PeopleError, PersonAct};
use crate::accounts::{AccountUser, UserRole};
use crate::db::users::PersonRow;
use crate::web::access::{ManagePeople, MemberCaller};
use crate::web::form::{RelayForm, require_own_form};
use crate::web::http_error::{not_found, parameter_error};
use crate::web::layout::{NavSection, PageLayout};
use crate::web::pages::sign_in::SignInProblem;
use crate::web::view_models::formats::{BadgeTone, LocalTime, StatusBadge, role_name};
use crate::web::words::{ErrorWords, PageWords, PeopleWords};
use crate::web::{PageFact, WebContext};

/// What the operator runs for a new person.
const ADD_COMMAND: &str = "cleantrack-relay admin create";

struct PersonView {
    name: String,
    href: String,
    email: String,
    role: String,
    state: StatusBadge,
    signed_in: Option<SafeHtml>,
    sessions: String,
}

#[derive(Template)]
#[template(path = "people.html")]
struct PeoplePage {
    shell: PageLayout,
    w: PeopleWords,
    page: PageWords,
    /// How somebody is added.
    add_hint: SafeHtml,
    caption: String,
    people: Vec<PersonView>,
}

#[derive(Template)]
#[template(path = "person.html")]
struct PersonPage {
    shell: PageLayout,
    w: PeopleWords,
    problem: Option<SignInProblem>,
    name: String,
    href: String,
    state: StatusBadge,
    facts: Vec<PageFact>,
    is_self: bool,
    disabled: bool,
    /// Whether whoever looks may do anything about this person.
    may_act: bool,
    /// What came of the press that led here.
    done: Option<String>,
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
pub(crate) async fn list(
    visitor: MemberCaller<ManagePeople>,
    State(web): State<WebContext>,
) -> Result<Page, HttpError> {
    let now_ms = web.now_ms();
    let alive = crate::accounts::session::alive_since(now_ms);
    let rows = crate::db::users::list_users(&mut web.db.read(visitor.scope).await?, alive).await?;
    let wall = LocalTime::new(now_ms, "UTC");
    let w: PeopleWords = wall.words();
    let view = |row: &PersonRow| PersonView {
        name: row.name.clone(),
        href: format!("/app/people/{}", row.user_id),
        email: row.email.clone(),
        role: role_text(row, wall.words()),
        state: member_badge(w, row),
        signed_in: row.signed_in_ms.map(|at| wall.day_clock(at)),
        sessions: sessions_text(w, row),
    };
    let view = PeoplePage {
        shell: PageLayout::signed_in(w.people_title(), NavSection::People, &visitor),
        w,
        page: wall.words(),
        add_hint: fill_slots(w.people_add(S0), [SafeHtml::element("code", &[], ADD_COMMAND)]),
        caption: w.people_caption(rows.len()),
        people: rows.iter().map(view).collect(),
    };
    Page::draw(&view)
}

/// `GET /app/people/{user}`.
pub(crate) async fn show(
    visitor: MemberCaller<ManagePeople>,
    State(web): State<WebContext>,
    Path(user): Path<String>,
    LenientQuery(requested): LenientQuery<PersonParams>,
) -> Result<Page, HttpError> {
    let row = find_person(&visitor, &web, &user).await?;
    draw_person(&visitor, &web, &row, requested.done.map(PressOutcome::Done))
}

/// What came of a press, for the page that it leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PressOutcome {
    Done(PersonAct),
    IsSelf,
    IsPlatformAdmin,
    IsLastAdmin,
}

impl PressOutcome {
    fn is_problem(self) -> bool {
        !matches!(self, Self::Done(_))
    }

    fn text(self, w: PeopleWords) -> String {
        match self {
            Self::Done(PersonAct::SignOut) => w.person_done_sign_out(),
            Self::Done(PersonAct::Disable) => w.person_done_disable(),
            Self::Done(PersonAct::Enable) => w.person_done_enable(),
            Self::IsSelf => w.person_is_self(),
            Self::IsPlatformAdmin => w.person_is_platform_admin(),
            Self::IsLastAdmin => w.person_is_last_admin(),
        }
    }
}

/// `POST /app/people/{user}`.
pub(crate) async fn change(
    visitor: MemberCaller<ManagePeople>,
    State(web): State<WebContext>,
    Path(user): Path<String>,
    form: RelayForm,
) -> Result<FormReply, HttpError> {
    require_own_form(&visitor, &form)?;
    let act = PersonAct::of_key(form.fields.text("act"))
        .ok_or_else(|| parameter_error("act", ErrorWords::parameter_act))?;
    let row = find_person(&visitor, &web, &user).await?;
    let refused = |outcome| {
        let page = draw_person(&visitor, &web, &row, Some(outcome))?;
        Ok(FormReply::Again(FormRecall::Invalid, page))
    };
    if act == PersonAct::Disable && row.user_id == visitor.user_id {
        return refused(PressOutcome::IsSelf);
    }
    let mut tx = web.db.write(visitor.scope).await?;
    let by = (web.log(), visitor.email.as_str(), Some(visitor.role));
    match crate::accounts::people::change_role(&mut tx, by, &row.email, act).await {
        Ok(()) => tx.commit().await?,
        Err(PeopleError::NoSuch) => return Err(not_found()),
        Err(PeopleError::SuperAdmin) => return refused(PressOutcome::IsPlatformAdmin),
        Err(PeopleError::LastAdmin) => return refused(PressOutcome::IsLastAdmin),
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

async fn find_person(visitor: &AccountUser, web: &WebContext, user: &str) -> Result<PersonRow, HttpError> {
    let alive = crate::accounts::session::alive_since(web.now_ms());
    let row = crate::db::users::find_user(&mut web.db.read(visitor.scope).await?, user, alive).await?;
    row.ok_or_else(not_found)
}

fn draw_person(
    visitor: &AccountUser,
    web: &WebContext,
    row: &PersonRow,
    outcome: Option<PressOutcome>,
) -> Result<Page, HttpError> {
    let wall = LocalTime::new(web.now_ms(), "UTC");
    let (w, page): (PeopleWords, PageWords) = (wall.words(), wall.words());
    let signed_in = row.signed_in_ms.map(|at| wall.day_plain_utc(at));
    let facts = vec![
        PageFact::new(w.people_email(), row.email.clone()),
        PageFact::new(w.people_role(), role_text(row, page)),
        PageFact::new(w.person_added(), wall.day_of(row.created_ms)),
        PageFact::new(w.people_last_sign_in(), signed_in.unwrap_or_else(|| page.time_never())),
        PageFact::new(w.people_sessions(), sessions_text(w, row)),
    ];
    let (problem, done) = match outcome {
        Some(outcome) if outcome.is_problem() => (Some(outcome.text(w)), None),
        outcome => (None, outcome.map(|done| done.text(w))),
    };
    let view = PersonPage {
        shell: PageLayout::signed_in(&row.name, NavSection::People, visitor).with_problem(problem.is_some()),
        w,
        problem: problem.map(|words| SignInProblem { field: "acts", words }),
        name: row.name.clone(),
        href: format!("/app/people/{}", row.user_id),
        state: member_badge(w, row),
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

fn role_text(row: &PersonRow, page: PageWords) -> String {
    role_name(page, row.role.parse::<UserRole>().ok())
}

fn member_badge(w: PeopleWords, row: &PersonRow) -> StatusBadge {
    match row.disabled {
        true => StatusBadge::new(BadgeTone::Plain, w.people_disabled()),
        false => StatusBadge::new(BadgeTone::Ok, w.people_may_sign_in()),
    }
}

fn sessions_text(w: PeopleWords, row: &PersonRow) -> String {
    match row.sessions {
        0 => w.people_sessions_nowhere(),
        count => w.people_sessions_count(count),
    }
}
