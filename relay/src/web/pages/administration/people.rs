//! Who is of the account: who is invited into it, what they are and see, and what an admin does about somebody: sign them out
//! everywhere, keep them out, let them in, hand the account over.

use ::web::answer::{FormRecall, FormReply, OneOf, Page, SeeOther};
use ::web::argument::{LenientQuery, Path};
use ::web::error::HttpError;
use ::web::form::{FieldError, FilledSection, FormOption, FormValues};
use askama::Template;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use words::SafeHtml;

use crate::accounts::members::invitation::{InvitationError, OPEN_MAX, left_grant};
use crate::accounts::members::member_grant::MemberGrant;
use crate::accounts::members::people::{
    PeopleError, PersonAct, change_member, change_terms, hand_over, list_visible, may_act_on,
};
use crate::accounts::permission::Permission;
use crate::accounts::{AccountUser, UserRole, email_address};
use crate::billing::state::AddingAct;
use crate::db::account::accounts::{demands_factor, lock_account};
use crate::db::delivery::suppressions;
use crate::db::delivery::suppressions::{SuppressionRow, platform_lift};
use crate::db::facility::facilities::all_places;
use crate::db::person::invitations::InvitationRow;
use crate::db::person::members::MemberRow;
use crate::db::person::{invitations, members};
use crate::db::{DbError, PlatformReason, ScopedConnection};
use crate::web::access::{ManagePeople, MemberCaller};
use crate::web::form::{MemberFormRules, RelayForm, require_own_form};
use crate::web::http_error::{not_found, parameter_error};
use crate::web::layout::{NavSection, PageLayout};
use crate::web::pages::administration::press_outcome::{HAND_OVER, PressOutcome};
use crate::web::pages::forms::confirm::ConfirmedForm;
use crate::web::pages::forms::member_form::{
    CurrentTerms, INVITATION, TERMS, draw_sections, load_places, place_names, places_field, read_grant,
};
use crate::web::pages::forms::single_form::SignInProblem;
use crate::web::view_models::formats::{BadgeTone, LocalTime, StatusBadge, role_name};
use crate::web::words::{ErrorWords, FactorWords, FormWords, OidcWords, PageWords, PeopleWords, open_words};
use crate::web::{PageFact, WebContext};

struct PersonView {
    name: String,
    href: String,
    email: String,
    role: String,
    sees: String,
    state: StatusBadge,
    signed_in: Option<SafeHtml>,
    sessions: String,
}

struct InvitationView {
    email: String,
    about: String,
    href: String,
}

struct InvitedView {
    email: String,
    link: Option<String>,
}

#[derive(Template)]
#[template(path = "administration/people.html")]
struct PeoplePage {
    shell: PageLayout,
    w: PeopleWords,
    page: PageWords,
    caption: String,
    people: Vec<PersonView>,
    open: Vec<InvitationView>,
    invited: Option<InvitedView>,
    /// Whether the page of regions is theirs to see.
    /// Of the times on it.
    zone: String,
    has_regions: bool,
    f: FactorWords,
    /// Whether the account demands a second factor, where that is theirs to say.
    demands_factor: Option<bool>,
    oidc: OidcWords,
    sections: Vec<FilledSection>,
    errors: Vec<FieldError>,
    form_again: String,
    csrf: String,
}

#[derive(Template)]
#[template(path = "administration/person.html")]
struct PersonPage {
    shell: PageLayout,
    w: PeopleWords,
    problem: Option<SignInProblem>,
    name: String,
    href: String,
    state: StatusBadge,
    facts: Vec<PageFact>,
    /// Why mail does not reach them, where it does not.
    mail: Option<SuppressionView>,
    is_self: bool,
    is_owner: bool,
    disabled: bool,
    may_act: bool,
    may_hand_over: bool,
    /// What came of the press that led here.
    done: Option<String>,
    seen: String,
    sections: Vec<FilledSection>,
    errors: Vec<FieldError>,
    form_again: String,
    csrf: String,
}

/// What the address of a person’s page carries.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct PersonParams {
    /// What was just done.
    done: String,
}

pub(crate) async fn list_people(
    visitor: MemberCaller<ManagePeople>,
    State(web): State<WebContext>,
) -> Result<Page, HttpError> {
    draw_people(&visitor, &web, None, FormValues::empty(&INVITATION), Vec::new()).await
}

/// Those of the account whom whoever is signed in may see, each with what they see themselves.
async fn load_people(
    conn: &mut ScopedConnection,
    visitor: &AccountUser,
    web: &WebContext,
    options: &[FormOption],
) -> Result<Vec<PersonView>, HttpError> {
    let now_ms = web.now_ms();
    let alive = crate::accounts::credentials::session::alive_since(now_ms);
    let wall = LocalTime::of_reader(now_ms);
    let w: PeopleWords = wall.words();
    let mut people = Vec::new();
    for (row, places) in list_visible(conn, visitor, alive).await? {
        people.push(PersonView {
            name: row.name.clone(),
            href: format!("/app/people/{}", row.user_id),
            email: row.email.clone(),
            role: role_text(&row, wall.words()),
            sees: sees_text(w, places.as_deref(), options),
            state: member_badge(w, &row),
            signed_in: row.signed_in_ms.map(|at| wall.day_clock(at)),
            sessions: sessions_text(w, &row),
        });
    }
    Ok(people)
}

async fn draw_people(
    visitor: &AccountUser,
    web: &WebContext,
    invited: Option<InvitedView>,
    values: FormValues,
    errors: Vec<FieldError>,
) -> Result<Page, HttpError> {
    let mut conn = web.db.read(visitor.reads).await?;
    let options = load_places(&mut conn, visitor).await?;
    let people = load_people(&mut conn, visitor, web, &options).await?;
    let wall = LocalTime::of_reader(web.now_ms());
    let w: PeopleWords = wall.words();
    let known = all_places(&mut conn).await?;
    let mut open = Vec::new();
    for row in invitations::list_open(&mut conn).await? {
        // Whoever sees some facilities only knows of the invitations of their own.
        if !visitor.reads.is_limited() || row.made_by == visitor.email {
            open.push(InvitationView {
                about: invitation_text(&row, &left_grant(&row, &known)?, &options, &wall),
                href: format!("/app/people/invitations/{}", row.invitation),
                email: row.email,
            });
        }
    }
    let demands_factor = match visitor.role.holds(Permission::ManageSecurity) {
        true => Some(demands_factor(&mut conn).await?),
        false => None,
    };
    let shell = PageLayout::signed_in(w.people_title(), NavSection::People, visitor);
    let view = PeoplePage {
        shell: shell.with_problem(!errors.is_empty()),
        w,
        page: wall.words(),
        caption: w.people_caption(people.len()),
        people,
        open,
        invited,
        has_regions: visitor.role.holds(Permission::ManageRegions),
        zone: wall.zone(),
        f: wall.words(),
        demands_factor,
        oidc: open_words(),
        sections: draw_sections(&INVITATION, visitor, options, &values, &errors)?,
        errors,
        form_again: open_words::<FormWords>().form_again(),
        csrf: visitor.token.csrf(),
    };
    Page::draw(&view)
}

/// `left`: what is left of what it was for.
fn invitation_text(
    row: &InvitationRow,
    left: &MemberGrant,
    options: &[FormOption],
    wall: &LocalTime,
) -> String {
    let w: PeopleWords = wall.words();
    let day = wall.day_of(row.expires_ms);
    let until =
        if row.expires_ms > wall.now_ms() { w.people_open_until(day) } else { w.people_open_over(day) };
    let sees = match left.is_of_nothing() {
        true => w.people_open_gone(),
        false => w.people_open_sees(sees_text(w, left.places.as_deref(), options)),
    };
    let mut parts = vec![role_name(wall.words(), Some(left.role)), sees];
    parts.extend(left.until_ms.map(|until_ms| w.people_open_ends(wall.day_of(until_ms))));
    parts.extend([until, w.people_open_by(&row.made_by)]);
    parts.join("; ")
}

/// `POST /app/people`: somebody is invited.
pub(crate) async fn invite_person(
    visitor: MemberCaller<ManagePeople>,
    State(web): State<WebContext>,
    form: ConfirmedForm<MemberFormRules>,
) -> Result<OneOf<Page, FormReply>, HttpError> {
    require_own_form(&visitor, &form)?;
    let values = FormValues::read(&INVITATION, &form.fields);
    let w: FormWords = open_words();
    let email = email_address(values.text("email"));
    let options = load_places(&mut web.db.read(visitor.reads).await?, &visitor).await?;
    let grant = read_grant(&INVITATION, &values, &options, web.now_ms());
    let (email, grant) = match (email, grant) {
        (Some(email), Ok(grant)) => (email, grant),
        (email, grant) => {
            let mut errors = grant.err().unwrap_or_default();
            if email.is_none() && errors.iter().all(|error| error.at != "email") {
                let words = w.form_member_bad_email();
                errors.insert(0, FieldError { at: "email".to_owned(), words });
            }
            return invite_again(&visitor, &web, values, errors).await;
        }
    };
    let mut tx = web.db.write(visitor.scope).await?;
    lock_account(&mut tx).await?;
    if let Some(words) = web.refuse_adding(&mut tx, AddingAct::Person).await? {
        drop(tx);
        let errors = vec![FieldError { at: "email".to_owned(), words }];
        return invite_again(&visitor, &web, values, errors).await;
    }
    let by = web.acting(&visitor);
    let invited = web.invitations().invite_address(&mut tx, by, &email, &grant).await;
    let (at, words) = match invited {
        Ok(link) => {
            tx.commit().await?;
            let is_reached = web.mail.is_open() && find_suppression(&web, &email).await?.is_none();
            let link = link.filter(|_| !is_reached);
            return draw_people(
                &visitor,
                &web,
                Some(InvitedView { email, link }),
                FormValues::empty(&INVITATION),
                Vec::new(),
            )
            .await
            .map(OneOf::First);
        }
        Err(InvitationError::People(PeopleError::Db(error))) => return Err(error.into()),
        Err(InvitationError::People(PeopleError::Known)) => ("email", w.form_member_known()),
        Err(InvitationError::People(PeopleError::NoSuchPlace)) => {
            (places_field(&options), w.form_member_no_place())
        }
        Err(InvitationError::Wait { until_ms }) => {
            let time = LocalTime::of_reader(web.now_ms()).plain_zoned(until_ms.saturating_add(59_999));
            ("email", w.form_member_wait(time))
        }
        Err(InvitationError::TooMany) => ("email", w.form_member_too_many(OPEN_MAX)),
        Err(_) => ("role", w.form_member_not_yours()),
    };
    drop(tx);
    invite_again(&visitor, &web, values, vec![FieldError { at: at.to_owned(), words }]).await
}

async fn invite_again(
    visitor: &AccountUser,
    web: &WebContext,
    values: FormValues,
    errors: Vec<FieldError>,
) -> Result<OneOf<Page, FormReply>, HttpError> {
    let page = draw_people(visitor, web, None, values, errors).await?;
    Ok(OneOf::Second(FormReply::Again(FormRecall::Invalid, page)))
}

/// `POST /app/people/invitations/{invitation}`: an invitation is taken back.
pub(crate) async fn revoke_invitation(
    visitor: MemberCaller<ManagePeople>,
    State(web): State<WebContext>,
    Path(invitation): Path<String>,
    form: RelayForm,
) -> Result<SeeOther, HttpError> {
    require_own_form(&visitor, &form)?;
    let mut tx = web.db.write(visitor.scope).await?;
    let by = web.acting(&visitor);
    match web.invitations().revoke_invitation(&mut tx, by, &invitation).await {
        Ok(()) => tx.commit().await?,
        Err(InvitationError::People(PeopleError::Db(error))) => return Err(error.into()),
        // Pressed twice, or used meanwhile: the list shows it no more.
        Err(InvitationError::Over) => {}
        Err(_) => return Err(not_found()),
    }
    SeeOther::to("/app/people")
}

pub(crate) async fn show_person(
    visitor: MemberCaller<ManagePeople>,
    State(web): State<WebContext>,
    Path(user): Path<String>,
    LenientQuery(requested): LenientQuery<PersonParams>,
) -> Result<Page, HttpError> {
    let found = find_person(&visitor, &web, &user).await?;
    draw_person(
        &visitor,
        &web,
        &found,
        PersonNews { outcome: PressOutcome::of_key(&requested.done), form: None },
    )
    .await
}

pub(crate) async fn change_person(
    visitor: MemberCaller<ManagePeople>,
    State(web): State<WebContext>,
    Path(user): Path<String>,
    form: ConfirmedForm,
) -> Result<FormReply, HttpError> {
    require_own_form(&visitor, &form)?;
    let key = form.fields.text("act");
    let act = PersonAct::of_key(key);
    if act.is_none() && key != HAND_OVER {
        return Err(parameter_error("act", ErrorWords::parameter_act));
    }
    let found = find_person(&visitor, &web, &user).await?;
    let email = found.0.email.clone();
    let is_self = found.0.user_id == visitor.user_id;
    if act == Some(PersonAct::MailAgain) {
        let suppressed = find_suppression(&web, &email).await?;
        if suppressed.is_some_and(|found| found.kind == "complaint") {
            return refuse_press(&visitor, &web, &found, PressOutcome::IsNotYours).await;
        }
    }
    if act == Some(PersonAct::Disable) && is_self {
        return refuse_press(&visitor, &web, &found, PressOutcome::IsSelf).await;
    }
    let mut tx = web.db.write(visitor.scope).await?;
    if act == Some(PersonAct::Enable) && web.refuse_adding(&mut tx, AddingAct::Person).await?.is_some() {
        drop(tx);
        return refuse_press(&visitor, &web, &found, PressOutcome::IsOverLimit).await;
    }
    let by = web.acting(&visitor);
    let done = match act {
        Some(act) => change_member(&mut tx, by, &email, act).await,
        None => hand_over(&mut tx, by, &email).await,
    };
    match done {
        Ok(()) => tx.commit().await?,
        Err(PeopleError::NoSuch) => return Err(not_found()),
        Err(PeopleError::Db(e)) => return Err(e.into()),
        Err(error) => {
            drop(tx);
            return refuse_press(&visitor, &web, &found, PressOutcome::of_error(&error)).await;
        }
    }
    if act == Some(PersonAct::MailAgain) {
        let mut tx = web.db.platform_write(PlatformReason::Work).await?;
        platform_lift(&mut tx, &email, web.now_ms()).await?;
        tx.commit().await?;
    }
    let to = if act == Some(PersonAct::SignOut) && is_self {
        // Their own session is over, too: the page that they come to says so.
        "/login?done=everywhere".to_owned()
    } else {
        format!("/app/people/{}?done={key}", found.0.user_id)
    };
    SeeOther::to(&to).map(FormReply::Done)
}

async fn refuse_press(
    visitor: &AccountUser,
    web: &WebContext,
    found: &VisiblePerson,
    outcome: PressOutcome,
) -> Result<FormReply, HttpError> {
    let page = draw_person(visitor, web, found, PersonNews { outcome: Some(outcome), form: None }).await?;
    Ok(FormReply::Again(FormRecall::Invalid, page))
}

/// `POST /app/people/{user}/terms`: another role, or other facilities.
pub(crate) async fn save_terms(
    visitor: MemberCaller<ManagePeople>,
    State(web): State<WebContext>,
    Path(user): Path<String>,
    form: ConfirmedForm<MemberFormRules>,
) -> Result<FormReply, HttpError> {
    require_own_form(&visitor, &form)?;
    let found = find_person(&visitor, &web, &user).await?;
    if found.0.user_id == visitor.user_id {
        return refuse_press(&visitor, &web, &found, PressOutcome::IsSelf).await;
    }
    let values = FormValues::read(&TERMS, &form.fields);
    let seen = form.fields.text("seen");
    let options = load_places(&mut web.db.read(visitor.reads).await?, &visitor).await?;
    let mut tx = web.db.write(visitor.scope).await?;
    let (row, places) = lock_terms(&mut tx, &found.0.email).await?;
    let present = CurrentTerms { row: &row, places: places.as_deref() };
    if may_change(&visitor, &row)? && !present.is_shown_by(seen) {
        drop(tx);
        return refuse_stale_terms(&visitor, &web, &user, values).await;
    }
    let grant = match read_grant(&TERMS, &values, &options, web.now_ms()) {
        Ok(grant) => present.hold_end(grant, &values, seen),
        Err(errors) => {
            drop(tx);
            let entered = EnteredTerms { values, errors, seen: Some(seen.to_owned()) };
            let news = PersonNews { outcome: None, form: Some(entered) };
            let page = draw_person(&visitor, &web, &found, news).await?;
            return Ok(FormReply::Again(FormRecall::Invalid, page));
        }
    };
    let by = web.acting(&visitor);
    match change_terms(&mut tx, by, &found.0.email, &grant).await {
        Ok(()) => tx.commit().await?,
        Err(PeopleError::NoSuch) => return Err(not_found()),
        Err(PeopleError::Db(e)) => return Err(e.into()),
        Err(error) => {
            drop(tx);
            let entered = EnteredTerms { values, errors: Vec::new(), seen: Some(seen.to_owned()) };
            let news = PersonNews { outcome: Some(PressOutcome::of_error(&error)), form: Some(entered) };
            let page = draw_person(&visitor, &web, &found, news).await?;
            return Ok(FormReply::Again(FormRecall::Invalid, page));
        }
    }
    SeeOther::to(&format!("/app/people/{}?done=terms", found.0.user_id)).map(FormReply::Done)
}

/// What a member is and sees; nobody else changes it before the transaction ends.
async fn lock_terms(tx: &mut ScopedConnection, email: &str) -> Result<VisiblePerson, HttpError> {
    lock_account(tx).await?;
    let row = members::find_by_email(tx, email).await?.ok_or_else(not_found)?;
    let places = match row.all_facilities {
        true => None,
        false => Some(members::list_places(tx, row.person()).await?),
    };
    Ok((row, places))
}

/// The page says what holds now; what was entered stays in its fields, over a new mark.
async fn refuse_stale_terms(
    visitor: &AccountUser,
    web: &WebContext,
    user: &str,
    values: FormValues,
) -> Result<FormReply, HttpError> {
    let found = find_person(visitor, web, user).await?;
    let entered = EnteredTerms { values, errors: Vec::new(), seen: None };
    let news = PersonNews { outcome: Some(PressOutcome::IsChanged), form: Some(entered) };
    let page = draw_person(visitor, web, &found, news).await?;
    Ok(FormReply::Again(FormRecall::Conflicting, page))
}

fn may_change(visitor: &AccountUser, row: &MemberRow) -> Result<bool, DbError> {
    let theirs = UserRole::of_row(&row.role)?;
    Ok(may_act_on(visitor.role, theirs) && (!row.is_owner || visitor.is_owner))
}

/// A member, and what they see; `None`: every facility.
type VisiblePerson = (MemberRow, Option<Vec<String>>);

async fn find_person(
    visitor: &AccountUser,
    web: &WebContext,
    user: &str,
) -> Result<VisiblePerson, HttpError> {
    let alive = crate::accounts::credentials::session::alive_since(web.now_ms());
    let mut conn = web.db.read(visitor.reads).await?;
    let known = members::find_member(&mut conn, user, alive).await?.ok_or_else(not_found)?;
    let all = list_visible(&mut conn, visitor, alive).await?;
    all.into_iter().find(|(row, _)| row.user_id == known.user_id).ok_or_else(not_found)
}

/// What a person's page tells beside the person.
struct PersonNews {
    outcome: Option<PressOutcome>,
    form: Option<EnteredTerms>,
}

/// A form that was not saved.
struct EnteredTerms {
    values: FormValues,
    errors: Vec<FieldError>,
    /// The mark of what it changes, where that still holds.
    seen: Option<String>,
}

async fn draw_person(
    visitor: &AccountUser,
    web: &WebContext,
    (row, places): &VisiblePerson,
    news: PersonNews,
) -> Result<Page, HttpError> {
    let options = load_places(&mut web.db.read(visitor.reads).await?, visitor).await?;
    let wall = LocalTime::of_reader(web.now_ms());
    let w: PeopleWords = wall.words();
    let present = CurrentTerms { row, places: places.as_deref() };
    let now = terms_text(&present, &options, &wall);
    let (problem, done) = match news.outcome {
        Some(outcome) if outcome.is_problem() => {
            (Some(SignInProblem { field: outcome.field(), words: outcome.text(w, &now) }), None)
        }
        outcome => (None, outcome.map(|done| done.text(w, &now))),
    };
    let entered = news.form.unwrap_or_else(|| EnteredTerms {
        values: present.values(&options, wall.now_ms()),
        errors: Vec::new(),
        seen: None,
    });
    let EnteredTerms { values, errors, seen } = entered;
    let theirs = UserRole::of_row(&row.role)?;
    let may_act = may_change(visitor, row)?;
    let is_self = row.user_id == visitor.user_id;
    let is_admin = matches!(theirs, UserRole::AccountAdmin | UserRole::SuperAdmin);
    let has_problem = problem.is_some() || !errors.is_empty();
    let view = PersonPage {
        shell: PageLayout::signed_in(&row.name, NavSection::People, visitor).with_problem(has_problem),
        w,
        problem,
        name: row.name.clone(),
        href: format!("/app/people/{}", row.user_id),
        state: member_badge(w, row),
        facts: person_facts(row, places.as_deref(), &options, &wall),
        mail: find_suppression(web, &row.email).await?.map(|found| SuppressionView::of(&found, &wall)),
        is_self,
        is_owner: row.is_owner,
        disabled: row.disabled,
        may_act,
        may_hand_over: visitor.is_owner && !is_self && is_admin && !row.disabled,
        done,
        seen: seen.unwrap_or_else(|| present.mark(wall.now_ms())),
        sections: draw_sections(&TERMS, visitor, options, &values, &errors)?,
        errors,
        form_again: open_words::<FormWords>().form_again(),
        csrf: visitor.token.csrf(),
    };
    Page::draw(&view)
}

async fn find_suppression(web: &WebContext, email: &str) -> Result<Option<SuppressionRow>, HttpError> {
    let mut conn = web.db.platform_read(PlatformReason::Work).await?;
    Ok(suppressions::platform_find(&mut conn, email).await?)
}

/// What a page tells of an address to which nothing is sent.
struct SuppressionView {
    words: String,
    /// A complaint is its person's, whichever account's mail it was about.
    may_lift: bool,
}

impl SuppressionView {
    fn of(found: &SuppressionRow, wall: &LocalTime) -> Self {
        let (w, since): (PeopleWords, _) = (wall.words(), wall.day_of(found.since_ms));
        let words = match found.kind.as_str() {
            "complaint" => w.person_mail_complaint(since),
            "provider" => w.person_mail_provider(since),
            _ => w.person_mail_bounce(since),
        };
        Self { words, may_lift: found.kind != "complaint" }
    }
}

fn sees_text(w: PeopleWords, places: Option<&[String]>, options: &[FormOption]) -> String {
    match places {
        None => w.people_sees_all(),
        Some([]) => w.people_sees_none(),
        Some(places) => Some(place_names(options, places))
            .filter(|names| !names.is_empty())
            .unwrap_or_else(|| w.people_sees_others()),
    }
}

fn terms_text(present: &CurrentTerms<'_>, options: &[FormOption], wall: &LocalTime) -> String {
    let w: PeopleWords = wall.words();
    let sees = sees_text(w, present.places, options);
    let mut parts = vec![role_text(present.row, wall.words()), w.people_open_sees(sees)];
    parts.extend(present.row.until_ms.map(|until_ms| w.people_open_ends(wall.day_of(until_ms))));
    parts.join("; ")
}

fn person_facts(
    row: &MemberRow,
    places: Option<&[String]>,
    options: &[FormOption],
    wall: &LocalTime,
) -> Vec<PageFact> {
    let (w, page): (PeopleWords, PageWords) = (wall.words(), wall.words());
    let signed_in = row.signed_in_ms.map(|at| wall.day_plain_zoned(at));
    let sees = sees_text(w, places, options);
    let mut facts = vec![
        PageFact::entered(w.people_email(), row.email.clone()),
        PageFact::new(w.people_role(), role_text(row, page)),
        PageFact::new(w.people_sees(), sees),
        PageFact::new(w.person_added(), wall.day_of(row.created_ms)),
        PageFact::new(w.people_last_sign_in(), signed_in.unwrap_or_else(|| page.time_never())),
        PageFact::new(w.people_sessions(), sessions_text(w, row)),
    ];
    facts.extend(row.until_ms.map(|until| PageFact::new(w.person_until(), wall.day_of(until))));
    facts
}

fn role_text(row: &MemberRow, page: PageWords) -> String {
    let role = role_name(page, row.role.parse::<UserRole>().ok());
    match row.is_owner {
        true => format!("{role}, {}", open_words::<PeopleWords>().person_owner()),
        false => role,
    }
}

fn member_badge(w: PeopleWords, row: &MemberRow) -> StatusBadge {
    match row.disabled {
        true => StatusBadge::new(BadgeTone::Plain, w.people_disabled()),
        false => StatusBadge::new(BadgeTone::Ok, w.people_may_sign_in()),
    }
}

fn sessions_text(w: PeopleWords, row: &MemberRow) -> String {
    match row.sessions {
        0 => w.people_sessions_nowhere(),
        count => w.people_sessions_count(count),
    }
}
