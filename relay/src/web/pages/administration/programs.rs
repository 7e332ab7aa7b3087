//! Programs that read the account with a token: which there are, a new one, and the end of one.

use ::web::answer::{FormRecall, FormReply, OneOf, Page, SeeOther};
use ::web::argument::Path;
use ::web::error::HttpError;
use ::web::form::{
    FieldCause, FieldError, FieldFault, FilledSection, FormDefinition, FormField, FormOption, FormPainter,
    FormSection, FormValues,
};
use askama::Template;
use axum::extract::State;
use words::{S0, SafeHtml, fill_slots};

use crate::accounts::AccountUser;
use crate::accounts::credentials::token::{MintedToken, TokenLife, TokenScope, read_origins};
use crate::accounts::programs::{ProgramError, TOKENS_MAX, TokenOrder};
use crate::db::facility::facilities::all_places;
use crate::db::person::tokens::{TokenRow, list_origins, list_token_places};
use crate::web::access::{ManagePrograms, MemberCaller};
use crate::web::form::{MemberFormRules, RelayForm, require_own_form};
use crate::web::http_error::{internal_error, not_found};
use crate::web::layout::{NavSection, PageLayout};
use crate::web::pages::forms::confirm::ConfirmedForm;
use crate::web::pages::forms::member_form::{
    NAMED, hidden_list, load_places, place_names, places_field, read_places,
};
use crate::web::view_models::formats::{BadgeTone, LocalTime, StatusBadge};
use crate::web::words::{FormWords, PageWords, ProgramsWords, open_words};
use crate::web::{PageFact, WebContext};

const DAY_MS: i64 = 86_400_000;
/// How long before it a token's end is shown as something that needs attention.
const SOON_MS: i64 = 30 * DAY_MS;

pub(crate) static PROGRAM: FormDefinition = FormDefinition {
    name: "program",
    sections: &[FormSection::plain(&[
        FormField::line("name", 120).required(),
        FormField::line("days", 8).required(),
        FormField::choice("scope", &["read", "write"]).required(),
        FormField::picks("places"),
        NAMED,
        FormField::line("origins", 1_000),
    ])],
};

struct ProgramView {
    name: String,
    href: String,
    id: String,
    state: StatusBadge,
    made: String,
    used: String,
}

#[derive(Template)]
#[template(path = "administration/programs.html")]
struct ProgramsPage {
    shell: PageLayout,
    w: ProgramsWords,
    lead: SafeHtml,
    errors: Vec<FieldError>,
    form_again: String,
    made: Option<MintedToken>,
    caption: String,
    programs: Vec<ProgramView>,
    sections: Vec<FilledSection>,
    /// Of the token that the form makes, so that it makes one.
    new_id: String,
    csrf: String,
}

#[derive(Template)]
#[template(path = "administration/program.html")]
struct ProgramPage {
    shell: PageLayout,
    w: ProgramsWords,
    name: String,
    state: StatusBadge,
    facts: Vec<PageFact>,
    is_alive: bool,
    csrf: String,
}

fn new_program() -> FormValues {
    let days = TokenLife::default().to_string();
    FormValues::empty(&PROGRAM).with("days", days).with("scope", TokenScope::Read.key())
}

pub(crate) async fn list(
    visitor: MemberCaller<ManagePrograms>,
    State(web): State<WebContext>,
) -> Result<Page, HttpError> {
    draw_programs(&visitor, &web, None, &new_program(), Vec::new()).await
}

pub(crate) async fn create(
    visitor: MemberCaller<ManagePrograms>,
    State(web): State<WebContext>,
    form: ConfirmedForm<MemberFormRules>,
) -> Result<OneOf<Page, FormReply>, HttpError> {
    require_own_form(&visitor, &form)?;
    let values = FormValues::read(&PROGRAM, &form.fields);
    let w: FormWords = open_words();
    let options = load_places(&mut web.db.read(visitor.reads).await?, &visitor).await?;
    let terms = match read_terms(&values, &options) {
        Ok(terms) => terms,
        Err(errors) => return ask_again(&visitor, &web, &values, errors).await,
    };
    let mut tx = web.db.write(visitor.scope).await?;
    let known = all_places(&mut tx).await?;
    if terms.places.iter().any(|place| !known.contains(place)) {
        drop(tx);
        let error = FieldError { at: places_field(&options).to_owned(), words: w.form_program_no_place() };
        return ask_again(&visitor, &web, &values, vec![error]).await;
    }
    let order = TokenOrder {
        name: values.text("name"),
        life: terms.life,
        scope: terms.scope,
        places: Some(terms.places.as_slice()).filter(|places| !places.is_empty()),
        origins: &terms.origins,
        id: Some(form.fields.text("id")).filter(|id| crate::accounts::credentials::token::is_id(id)),
    };
    let log = (web.log(), visitor.email.as_str());
    let made = crate::accounts::programs::create_token(&mut tx, log, order).await;
    let words = match made {
        Ok(minted) => {
            tx.commit().await?;
            let page = draw_programs(&visitor, &web, Some(minted), &new_program(), Vec::new()).await?;
            return Ok(OneOf::First(page));
        }
        Err(ProgramError::Db(e)) => return Err(e.into()),
        Err(ProgramError::Name) => {
            FieldFault { field: "name", cause: FieldCause::Needed }.word(&PROGRAM, w.catalog()).words
        }
        Err(ProgramError::Repeated) => w.form_program_repeated(),
        Err(ProgramError::TooMany) => w.form_program_too_many(TOKENS_MAX),
        Err(error @ (ProgramError::NoSuch(_) | ProgramError::Several(..))) => {
            return Err(internal_error(error));
        }
    };
    drop(tx);
    ask_again(&visitor, &web, &values, vec![FieldError { at: "name".to_owned(), words }]).await
}

/// What a token may do, for how long, where, and from which pages.
struct TokenTerms {
    life: TokenLife,
    scope: TokenScope,
    places: Vec<String>,
    origins: Vec<String>,
}

fn read_terms(values: &FormValues, options: &[FormOption]) -> Result<TokenTerms, Vec<FieldError>> {
    let w: FormWords = open_words();
    let mut errors = values.errors(w.catalog());
    let life = values.text("days").parse::<TokenLife>().ok();
    if life.is_none() && errors.iter().all(|error| error.at != "days") {
        let fault = FieldFault { field: "days", cause: FieldCause::NotWhole };
        errors.push(fault.word(&PROGRAM, w.catalog()));
    }
    let origins = read_origins(values.text("origins"));
    if origins.is_none() {
        errors.push(FieldError { at: "origins".to_owned(), words: w.form_program_bad_origins() });
    }
    let scope = values.text("scope").parse::<TokenScope>().ok();
    let places = read_places(values, options).unwrap_or_else(|error| {
        errors.push(error);
        Vec::new()
    });
    match (life, scope, origins) {
        (Some(life), Some(scope), Some(origins)) if errors.is_empty() => {
            Ok(TokenTerms { life, scope, places, origins })
        }
        _ => Err(errors),
    }
}

async fn ask_again(
    visitor: &AccountUser,
    web: &WebContext,
    values: &FormValues,
    errors: Vec<FieldError>,
) -> Result<OneOf<Page, FormReply>, HttpError> {
    let page = draw_programs(visitor, web, None, values, errors).await?;
    Ok(OneOf::Second(FormReply::Again(FormRecall::Invalid, page)))
}

pub(crate) async fn show(
    visitor: MemberCaller<ManagePrograms>,
    State(web): State<WebContext>,
    Path(token): Path<String>,
) -> Result<Page, HttpError> {
    let mut conn = web.db.read(visitor.reads).await?;
    let row = crate::db::person::tokens::find_token(&mut conn, &token).await?.ok_or_else(not_found)?;
    let places = list_token_places(&mut conn, &row).await?;
    let names = place_names(&load_places(&mut conn, &visitor).await?, &places);
    let origins = list_origins(&mut conn, &row.token_id).await?;
    drop(conn);
    let wall = LocalTime::new(web.now_ms(), "UTC");
    let (w, page): (ProgramsWords, PageWords) = (wall.words(), wall.words());
    let may_write = row.scope == TokenScope::Write.key();
    let end = row.expires_ms.map(|ms| wall.day_of(ms));
    let mut facts = vec![
        PageFact::code(w.programs_id(), row.token_id.clone()),
        PageFact::new(w.program_may(), if may_write { w.program_may_write() } else { w.program_may_read() }),
        PageFact::new(w.program_sees(), if row.is_limited() { names } else { w.program_sees_all() }),
        PageFact::new(w.programs_made_on(), made_text(&row, &wall)),
        PageFact::new(w.program_ends(), end.unwrap_or_else(|| page.time_never())),
        PageFact::new(w.programs_last_used(), used_text(&row, &wall)),
    ];
    if !origins.is_empty() {
        facts.push(PageFact::entered(w.program_origins(), origins.join(" ")));
    }
    if let Some(at) = row.revoked_ms {
        let by = row.revoked_by.as_deref().unwrap_or_default();
        facts.push(PageFact::new(w.program_revoked(), w.program_revoked_by(by, wall.day_plain_zoned(at))));
    }
    let view = ProgramPage {
        shell: PageLayout::signed_in(row.name.clone(), NavSection::Programs, &visitor),
        w,
        name: row.name.clone(),
        state: token_badge(&row, &wall),
        facts,
        is_alive: row.revoked_ms.is_none(),
        csrf: visitor.token.csrf(),
    };
    Page::draw(&view)
}

pub(crate) async fn revoke(
    visitor: MemberCaller<ManagePrograms>,
    State(web): State<WebContext>,
    Path(token): Path<String>,
    form: RelayForm,
) -> Result<SeeOther, HttpError> {
    require_own_form(&visitor, &form)?;
    let mut tx = web.db.write(visitor.scope).await?;
    let known = crate::db::person::tokens::find_token(&mut tx, &token).await?.ok_or_else(not_found)?;
    match crate::accounts::programs::revoke_token(&mut tx, (web.log(), &visitor.email), &known.token_id).await
    {
        Ok(_) => tx.commit().await?,
        Err(ProgramError::Db(e)) => return Err(e.into()),
        // Pressed twice, or somebody else was quicker: it is revoked.
        Err(_) => {}
    }
    SeeOther::to(&format!("/app/programs/{}", known.token_id))
}

/// The text of a new token is shown once, on the answer to the form itself.
async fn draw_programs(
    visitor: &AccountUser,
    web: &WebContext,
    made_now: Option<MintedToken>,
    values: &FormValues,
    errors: Vec<FieldError>,
) -> Result<Page, HttpError> {
    let now_ms = web.now_ms();
    let mut conn = web.db.read(visitor.reads).await?;
    let rows = crate::db::person::tokens::list_tokens(&mut conn, now_ms).await?;
    let places = load_places(&mut conn, visitor).await?;
    drop(conn);
    let wall = LocalTime::new(now_ms, "UTC");
    let (w, form): (ProgramsWords, FormWords) = wall.words();
    let api = SafeHtml::element("a", &[("href", "/api/docs")], &w.programs_lead_api());
    let mut painter = FormPainter::new(&PROGRAM, form.catalog());
    painter.picks = vec![("places", places)];
    painter.hidden.push(hidden_list(&painter.picks));
    let shell = PageLayout::signed_in(w.programs_title(), NavSection::Programs, visitor);
    let view = ProgramsPage {
        shell: shell.with_problem(!errors.is_empty()),
        w,
        lead: fill_slots(w.programs_lead(S0), [api]),
        caption: w.programs_caption(rows.len()),
        programs: rows.iter().map(|row| view_program(row, &wall)).collect(),
        sections: painter.draw(values, &errors)?,
        errors,
        form_again: form.form_again(),
        made: made_now,
        new_id: crate::accounts::credentials::token::new_id(web.random.bytes()),
        csrf: visitor.token.csrf(),
    };
    Page::draw(&view)
}

fn view_program(row: &TokenRow, wall: &LocalTime) -> ProgramView {
    ProgramView {
        name: row.name.clone(),
        href: format!("/app/programs/{}", row.token_id),
        id: row.token_id.clone(),
        state: token_badge(row, wall),
        made: made_text(row, wall),
        used: used_text(row, wall),
    }
}

fn used_text(row: &TokenRow, wall: &LocalTime) -> String {
    let Some(day) = row.used_day else { return wall.words::<PageWords>().time_never() };
    let day = wall.day_of(day.saturating_mul(DAY_MS));
    match row.used_from.as_deref() {
        Some(network) => wall.words::<ProgramsWords>().programs_last_used_from(day, network),
        None => day,
    }
}

fn made_text(row: &TokenRow, wall: &LocalTime) -> String {
    wall.words::<ProgramsWords>().programs_made_on_by(wall.day_of(row.made_ms), &row.made_by)
}

fn token_badge(row: &TokenRow, wall: &LocalTime) -> StatusBadge {
    let w: ProgramsWords = wall.words();
    if row.revoked_ms.is_some() {
        return StatusBadge::new(BadgeTone::Plain, w.token_revoked());
    }
    match row.expires_ms.map(|at| at.saturating_sub(wall.now_ms())) {
        None => StatusBadge::new(BadgeTone::Ok, w.token_no_end()),
        Some(left) if left <= 0 => StatusBadge::new(BadgeTone::Late, w.token_expired()),
        Some(left) => {
            // Rounded up: one that ends tonight has a day left.
            let days = left.saturating_add(DAY_MS - 1) / DAY_MS;
            let tone = if left <= SOON_MS { BadgeTone::Due } else { BadgeTone::Ok };
            StatusBadge::new(tone, w.token_left(wall.day_span(days)))
        }
    }
}
