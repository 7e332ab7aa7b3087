//! What is sent to an account's own receivers: which webhooks there are, a new one, and the acts on one.

use ::web::answer::{FormRecall, FormReply, OneOf, Page, SeeOther};
use ::web::argument::Path;
use ::web::error::HttpError;
use ::web::form::{
    FieldError, FilledSection, FormDefinition, FormField, FormOption, FormPainter, FormSection, FormValues,
};
use askama::Template;
use axum::extract::State;

use crate::accounts::AccountUser;
use crate::db::delivery::webhook_deliveries::DeliveryRow;
use crate::db::delivery::webhooks::WebhookRow;
use crate::db::facility::facilities::list_facilities;
use crate::outgoing::OutgoingUrl;
use crate::web::access::{ManagePrograms, MemberCaller};
use crate::web::form::{MemberFormRules, RelayForm, require_own_form};
use crate::web::http_error::{internal_error, not_found, parameter_error};
use crate::web::layout::{NavSection, PageLayout};
use crate::web::pages::forms::confirm::ConfirmedForm;
use crate::web::pages::forms::member_form::{NAMED, find_places, hidden_list, place_names, places_field};
use crate::web::pages::forms::single_form::SignInProblem;
use crate::web::view_models::formats::{BadgeTone, LocalTime, StatusBadge};
use crate::web::words::{ErrorWords, FormWords, PageWords, WebhooksWords, open_words};
use crate::web::{PageFact, WebContext};
use crate::webhooks::{
    BY_HAND_MAX, MintedWebhook, WEBHOOKS_MAX, WebhookEvent, WebhookFault, WebhookForm, WebhookOffice,
    WebhookState,
};

const PATH: &str = "/app/webhooks";
/// Seconds after which somebody may order a delivery again where too many wait.
const CROWDED_S: u64 = 60;

pub(crate) static WEBHOOK: FormDefinition = FormDefinition {
    name: "webhook",
    sections: &[FormSection::plain(&[
        FormField::line("url", 2_048).required(),
        FormField::picks("events"),
        FormField::picks("places"),
        NAMED,
    ])],
};

struct WebhookView {
    host: String,
    href: String,
    events: String,
    state: StatusBadge,
}

#[derive(Template)]
#[template(path = "administration/webhooks.html")]
struct WebhooksPage {
    shell: PageLayout,
    w: WebhooksWords,
    errors: Vec<FieldError>,
    form_again: String,
    caption: String,
    webhooks: Vec<WebhookView>,
    sections: Vec<FilledSection>,
    new_id: String,
    csrf: String,
}

struct DeliveryView {
    id: String,
    href: String,
    event: String,
    made: String,
    state: StatusBadge,
}

#[derive(Template)]
#[template(path = "administration/webhook.html")]
struct WebhookPage {
    shell: PageLayout,
    w: WebhooksWords,
    problem: Option<SignInProblem>,
    host: String,
    href: String,
    secret_href: String,
    state: StatusBadge,
    /// A secret that is shown now, and never again.
    secret: Option<String>,
    off: Option<String>,
    is_on: bool,
    facts: Vec<PageFact>,
    caption: String,
    deliveries: Vec<DeliveryView>,
    csrf: String,
}

#[derive(Template)]
#[template(path = "administration/webhook_delivery.html")]
struct DeliveryPage {
    shell: PageLayout,
    w: WebhooksWords,
    problem: Option<SignInProblem>,
    event: String,
    host: String,
    back: String,
    href: String,
    state: StatusBadge,
    facts: Vec<PageFact>,
    answer: String,
    is_on: bool,
    csrf: String,
}

impl WebContext {
    fn webhook_office<'a>(&'a self, visitor: &'a AccountUser) -> WebhookOffice<'a> {
        WebhookOffice { db: &self.db, keys: self.fleet.keys().now(), log: self.log(), visitor }
    }
}

/// What is said where something was not done; an error of a page's own where no field is to blame.
fn fault_error(fault: WebhookFault) -> HttpError {
    match fault {
        WebhookFault::Unknown => not_found(),
        WebhookFault::Db(error) => error.into(),
        fault => internal_error(fault),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WebhookOrder {
    /// It was done; or somebody else was quicker, and the page that follows shows the webhook's state.
    Over,
    /// Too much waits already.
    Crowded,
}

fn read_order(done: Result<(), WebhookFault>) -> Result<WebhookOrder, HttpError> {
    match done {
        Ok(()) | Err(WebhookFault::NotOn) => Ok(WebhookOrder::Over),
        Err(WebhookFault::Crowded) => Ok(WebhookOrder::Crowded),
        Err(fault) => Err(fault_error(fault)),
    }
}

/// Nothing was put in, because too much waits. `field`: the id of the form's card.
fn crowded_problem(field: &'static str) -> SignInProblem {
    SignInProblem { field, words: open_words::<WebhooksWords>().webhook_crowded(BY_HAND_MAX) }
}

fn crowded_reply(page: Page) -> FormReply {
    FormReply::Again(FormRecall::TooMany { wait_s: CROWDED_S }, page)
}

/// The host of an address, as people read it: its path may be a secret.
fn host_of(url: &str) -> String {
    OutgoingUrl::parse(url).map_or_else(|_| url.to_owned(), |url| url.host().to_owned())
}

fn state_badge(row: &WebhookRow) -> StatusBadge {
    let w: WebhooksWords = open_words();
    match (WebhookState::read(&row.state), row.failing_ms) {
        (WebhookState::On, None) => StatusBadge::new(BadgeTone::Ok, w.webhook_on()),
        (WebhookState::On, Some(_)) => StatusBadge::new(BadgeTone::Due, w.webhook_failing()),
        (WebhookState::Paused, _) => StatusBadge::new(BadgeTone::Plain, w.webhook_paused()),
        (WebhookState::Off, _) => StatusBadge::new(BadgeTone::Late, w.webhook_off()),
    }
}

fn delivery_badge(row: &DeliveryRow) -> StatusBadge {
    let w: WebhooksWords = open_words();
    match row.state.as_str() {
        "sent" => StatusBadge::new(BadgeTone::Ok, w.delivery_sent()),
        "wait" => StatusBadge::new(BadgeTone::Due, w.delivery_waits()),
        _ => StatusBadge::new(BadgeTone::Late, w.delivery_failed()),
    }
}

pub(crate) async fn list_webhooks(
    visitor: MemberCaller<ManagePrograms>,
    State(web): State<WebContext>,
) -> Result<Page, HttpError> {
    draw_list(&visitor, &web, &FormValues::empty(&WEBHOOK), Vec::new()).await
}

async fn load_options(web: &WebContext, visitor: &AccountUser) -> Result<Vec<FormOption>, HttpError> {
    let rows = list_facilities(&mut web.db.read(visitor.reads).await?).await?;
    Ok(rows.into_iter().map(|row| FormOption::entered(row.facility, row.name)).collect())
}

async fn draw_list(
    visitor: &AccountUser,
    web: &WebContext,
    values: &FormValues,
    errors: Vec<FieldError>,
) -> Result<Page, HttpError> {
    let office = web.webhook_office(visitor);
    let rows = office.list().await?;
    let (w, form): (WebhooksWords, FormWords) = (open_words(), open_words());
    let mut painter = FormPainter::new(&WEBHOOK, form.catalog());
    let events = WebhookEvent::OFFERED.map(|event| FormOption::new(event.word(), event_words(w, event)));
    painter.picks = vec![("events", Vec::from(events)), ("places", load_options(web, visitor).await?)];
    painter.hidden.push(hidden_list(&painter.picks));
    let shell = PageLayout::signed_in(w.webhooks_title(), NavSection::Programs, visitor);
    Page::draw(&WebhooksPage {
        shell: shell.with_problem(!errors.is_empty()),
        w,
        caption: w.webhooks_caption(rows.len()),
        webhooks: rows
            .iter()
            .map(|row: &WebhookRow| WebhookView {
                host: host_of(&row.url),
                href: format!("{PATH}/{}", row.webhook),
                events: row.events.replace(' ', ", "),
                state: state_badge(row),
            })
            .collect(),
        sections: painter.draw(values, &errors)?,
        errors,
        form_again: form.form_again(),
        new_id: office.new_id(),
        csrf: visitor.token.csrf(),
    })
}

fn event_words(w: WebhooksWords, event: WebhookEvent) -> String {
    match event {
        WebhookEvent::CleaningRecorded => w.webhook_event_cleaning(),
        WebhookEvent::ItemOverdue => w.webhook_event_overdue(),
        WebhookEvent::BoxState => w.webhook_event_box(),
        WebhookEvent::AlertChanged => w.webhook_event_alert(),
        WebhookEvent::ReportReady => w.webhook_event_report(),
        WebhookEvent::Test => w.webhook_event_test(),
    }
}

/// `POST /app/webhooks`. The secret is shown once, on the answer to the form itself.
pub(crate) async fn add_webhook(
    visitor: MemberCaller<ManagePrograms>,
    State(web): State<WebContext>,
    form: ConfirmedForm<MemberFormRules>,
) -> Result<OneOf<Page, FormReply>, HttpError> {
    require_own_form(&visitor, &form)?;
    let values = FormValues::read(&WEBHOOK, &form.fields);
    let w: FormWords = open_words();
    let mut errors = values.errors(w.catalog());
    let office = web.webhook_office(&visitor);
    let options = load_options(&web, &visitor).await?;
    let places = find_places(&values, &options).unwrap_or_else(|lines| {
        let words = w.form_webhook_unknown_place(lines);
        errors.push(FieldError { at: NAMED.name.to_owned(), words });
        Vec::new()
    });
    let order = WebhookForm {
        id: form.fields.text("id"),
        url: values.text("url"),
        events: values.text("events"),
        places: &places.join(" "),
    };
    if errors.is_empty() {
        let (at, words) = match office.add(&order).await {
            Ok(minted) => {
                let page = draw_webhook(&visitor, &web, &minted.id, WebhookNews::Secret(&minted)).await?;
                return Ok(OneOf::First(page));
            }
            Err(WebhookFault::Url) => ("url", w.form_webhook_bad_url()),
            Err(WebhookFault::Events) => ("events", w.form_webhook_no_event()),
            Err(WebhookFault::Slack) => ("events", w.form_webhook_slack()),
            Err(WebhookFault::Places) => (places_field(&options), w.form_webhook_no_place()),
            Err(WebhookFault::TooMany) => ("url", w.form_webhook_too_many(WEBHOOKS_MAX)),
            Err(WebhookFault::Repeated) => ("url", w.form_webhook_repeated()),
            Err(fault) => return Err(fault_error(fault)),
        };
        errors.push(FieldError { at: at.to_owned(), words });
    }
    let page = draw_list(&visitor, &web, &values, errors).await?;
    Ok(OneOf::Second(FormReply::Again(FormRecall::Invalid, page)))
}

pub(crate) async fn show_webhook(
    visitor: MemberCaller<ManagePrograms>,
    State(web): State<WebContext>,
    Path(webhook): Path<String>,
) -> Result<Page, HttpError> {
    draw_webhook(&visitor, &web, &webhook, WebhookNews::Nothing).await
}

/// What a webhook's page says beside its state.
#[derive(Debug, Clone, Copy)]
enum WebhookNews<'a> {
    Nothing,
    Secret(&'a MintedWebhook),
    /// A test was not sent: too much waits.
    Crowded,
}

async fn draw_webhook(
    visitor: &AccountUser,
    web: &WebContext,
    webhook: &str,
    news: WebhookNews<'_>,
) -> Result<Page, HttpError> {
    let (row, places, deliveries) = web.webhook_office(visitor).find(webhook).await.map_err(fault_error)?;
    let names = place_names(&load_options(web, visitor).await?, &places);
    let wall = LocalTime::of_reader(web.now_ms());
    let w: WebhooksWords = wall.words();
    let state = WebhookState::read(&row.state);
    let href = format!("{PATH}/{}", row.webhook);
    let mut facts = vec![
        PageFact::code(w.webhook_address(), row.url.clone()),
        PageFact::code(w.webhook_events(), row.events.replace(' ', ", ")),
        PageFact::new(w.webhook_of(), if row.limited { names } else { w.webhook_of_all() }),
        PageFact::new(w.webhook_made(), w.webhook_made_by(wall.day_of(row.made_ms), &row.made_by)),
    ];
    if let Some(since_ms) = row.failing_ms {
        facts.push(PageFact::new(w.webhook_failing_since(), wall.day_plain_zoned(since_ms)));
    }
    if let Some(until_ms) = row.old_until_ms.filter(|until_ms| *until_ms > web.now_ms()) {
        facts.push(PageFact::new(w.webhook_old_until(), wall.day_plain_zoned(until_ms)));
    }
    let host = host_of(&row.url);
    let (secret, problem) = match news {
        WebhookNews::Nothing => (None, None),
        WebhookNews::Secret(minted) => (Some(minted.secret.to_text()), None),
        WebhookNews::Crowded => (None, Some(crowded_problem("test"))),
    };
    let shell = PageLayout::signed_in(host.clone(), NavSection::Programs, visitor);
    Page::draw(&WebhookPage {
        shell: shell.with_problem(problem.is_some()),
        w,
        problem,
        host,
        state: state_badge(&row),
        secret,
        off: (state == WebhookState::Off).then(|| w.webhook_off_hint()),
        is_on: state == WebhookState::On,
        facts,
        caption: w.webhook_deliveries(deliveries.len()),
        deliveries: deliveries
            .iter()
            .map(|row: &DeliveryRow| DeliveryView {
                id: row.delivery.clone(),
                href: format!("{href}/deliveries/{}", row.delivery),
                event: row.event.clone(),
                made: wall.day_plain_zoned(row.made_ms),
                state: delivery_badge(row),
            })
            .collect(),
        secret_href: format!("{href}/secret"),
        href,
        csrf: visitor.token.csrf(),
    })
}

/// `POST /app/webhooks/{webhook}`: something is sent for a test, or the webhook is paused, resumed or removed.
pub(crate) async fn change_webhook(
    visitor: MemberCaller<ManagePrograms>,
    State(web): State<WebContext>,
    Path(webhook): Path<String>,
    form: RelayForm,
) -> Result<FormReply, HttpError> {
    require_own_form(&visitor, &form)?;
    let office = web.webhook_office(&visitor);
    let act = form.fields.text("act");
    let done = match act {
        "test" => office.send_test(&webhook).await,
        "pause" => office.pause(&webhook).await,
        "resume" => office.resume(&webhook).await,
        "remove" => office.remove(&webhook).await,
        _ => return Err(parameter_error("act", ErrorWords::parameter_webhook_act)),
    };
    let to = match (read_order(done)?, act) {
        (WebhookOrder::Crowded, _) => {
            return draw_webhook(&visitor, &web, &webhook, WebhookNews::Crowded).await.map(crowded_reply);
        }
        (WebhookOrder::Over, "remove") => PATH.to_owned(),
        (WebhookOrder::Over, _) => format!("{PATH}/{webhook}"),
    };
    SeeOther::to(&to).map(FormReply::Done)
}

/// `POST /app/webhooks/{webhook}/secret`: another one, shown once.
pub(crate) async fn rotate_secret(
    visitor: MemberCaller<ManagePrograms>,
    State(web): State<WebContext>,
    Path(webhook): Path<String>,
    form: ConfirmedForm,
) -> Result<Page, HttpError> {
    require_own_form(&visitor, &form)?;
    let minted = web.webhook_office(&visitor).rotate(&webhook).await.map_err(fault_error)?;
    draw_webhook(&visitor, &web, &webhook, WebhookNews::Secret(&minted)).await
}

pub(crate) async fn show_delivery(
    visitor: MemberCaller<ManagePrograms>,
    State(web): State<WebContext>,
    Path((webhook, delivery)): Path<(String, String)>,
) -> Result<Page, HttpError> {
    draw_delivery(&visitor, &web, [&webhook, &delivery], None).await
}

/// `ids`: of the webhook and of what was sent to it.
async fn draw_delivery(
    visitor: &AccountUser,
    web: &WebContext,
    ids: [&str; 2],
    problem: Option<SignInProblem>,
) -> Result<Page, HttpError> {
    let [webhook, delivery] = ids;
    let found = web.webhook_office(visitor).find_delivery(webhook, delivery).await;
    let (row, sent) = found.map_err(fault_error)?;
    let wall = LocalTime::of_reader(web.now_ms());
    let (w, page): (WebhooksWords, PageWords) = (wall.words(), wall.words());
    let tried = sent.tried_ms.map_or_else(|| page.time_never(), |at_ms| wall.day_plain_zoned(at_ms));
    let mut facts = vec![
        PageFact::code(w.delivery_id(), sent.delivery.clone()),
        PageFact::new(w.delivery_made(), wall.day_plain_zoned(sent.made_ms)),
        PageFact::new(w.delivery_tries(), wall.number(sent.tries)),
        PageFact::new(w.delivery_tried(), tried),
    ];
    if let Some(status) = sent.status {
        facts.push(PageFact::code(w.delivery_status(), status.to_string()));
    }
    if let Some(error) = sent.error.clone() {
        facts.push(PageFact::entered(w.delivery_error(), error));
    }
    let back = format!("{PATH}/{webhook}");
    let shell = PageLayout::signed_in(sent.event.clone(), NavSection::Programs, visitor);
    Page::draw(&DeliveryPage {
        shell: shell.with_problem(problem.is_some()),
        w,
        problem,
        state: delivery_badge(&sent),
        event: sent.event,
        host: host_of(&row.url),
        href: format!("{back}/deliveries/{delivery}"),
        back,
        facts,
        answer: sent.answer.unwrap_or_default(),
        is_on: WebhookState::read(&row.state) == WebhookState::On,
        csrf: visitor.token.csrf(),
    })
}

/// `POST /app/webhooks/{webhook}/deliveries/{delivery}`: it is sent again.
pub(crate) async fn send_again(
    visitor: MemberCaller<ManagePrograms>,
    State(web): State<WebContext>,
    Path((webhook, delivery)): Path<(String, String)>,
    form: RelayForm,
) -> Result<FormReply, HttpError> {
    require_own_form(&visitor, &form)?;
    match read_order(web.webhook_office(&visitor).send_again(&webhook, &delivery).await)? {
        WebhookOrder::Over => {
            SeeOther::to(&format!("{PATH}/{webhook}/deliveries/{delivery}")).map(FormReply::Done)
        }
        WebhookOrder::Crowded => {
            let page = draw_delivery(&visitor, &web, [&webhook, &delivery], Some(crowded_problem("again")));
            page.await.map(crowded_reply)
        }
    }
}
