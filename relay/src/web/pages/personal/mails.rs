//! Which mails of an account somebody gets, and the page of a mail's link that stops its topic.

use ::web::answer::{Page, SeeOther};
use ::web::argument::{LenientQuery, Path};
use ::web::error::HttpError;
use ::web::route::AnyCaller;
use askama::Template;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::db::PlatformReason;
use crate::db::delivery::mail_preferences::{self, ExitRow, TopicChoice};
use crate::mail::{LinkSecret, MailTopic};
use crate::web::WebContext;
use crate::web::access::{MemberCaller, SelfAccess};
use crate::web::form::{RelayForm, require_own_form};
use crate::web::layout::{NavSection, PageLayout};
use crate::web::pages::forms::single_form::SignInMethodPage;
use crate::web::words::{MailChoiceWords, open_words};

const PATH: &str = "/app/me/mails";

struct TopicView {
    key: &'static str,
    name: String,
    what: String,
    is_on: bool,
}

#[derive(Template)]
#[template(path = "personal/mails.html")]
struct MailsPage {
    shell: PageLayout,
    w: MailChoiceWords,
    account: String,
    is_done: bool,
    topics: Vec<TopicView>,
    csrf: String,
}

/// What the address of the page carries.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct MailsParams {
    /// `saved`: what was chosen is kept.
    done: String,
}

pub(crate) async fn show_topics(
    visitor: MemberCaller<SelfAccess>,
    State(web): State<WebContext>,
    LenientQuery(requested): LenientQuery<MailsParams>,
) -> Result<Page, HttpError> {
    let w: MailChoiceWords = open_words();
    let chosen =
        mail_preferences::list_chosen(&mut web.db.read(visitor.scope).await?, visitor.person).await?;
    let topics = MailTopic::ALL.into_iter().map(|topic| {
        let found = chosen.iter().find(|(key, _)| key == topic.key());
        TopicView {
            key: topic.key(),
            name: w.mail_choice_topic(topic.key()),
            what: w.mail_choice_what(topic.key()),
            is_on: found.map_or(topic.is_on_by_itself(), |(_, is_on)| *is_on),
        }
    });
    Page::draw(&MailsPage {
        shell: PageLayout::signed_in(w.mail_choice_title(), NavSection::Me, &visitor),
        w,
        account: visitor.account_name.clone(),
        is_done: requested.done == "saved",
        topics: topics.collect(),
        csrf: visitor.token.csrf(),
    })
}

pub(crate) async fn save_topics(
    visitor: MemberCaller<SelfAccess>,
    State(web): State<WebContext>,
    form: RelayForm,
) -> Result<SeeOther, HttpError> {
    require_own_form(&visitor, &form)?;
    let mut tx = web.db.write(visitor.scope).await?;
    for topic in MailTopic::ALL {
        let is_on = !form.fields.text(&format!("topic.{}", topic.key())).is_empty();
        let choice = TopicChoice { topic: topic.key(), is_on };
        mail_preferences::save_topic(&mut tx, visitor.person, choice, web.now_ms()).await?;
    }
    tx.commit().await?;
    SeeOther::to("/app/me/mails?done=saved")
}

/// What a link stops; `None`: it is damaged, nobody's, or older than what the relay remembers of mails.
async fn find_exit(web: &WebContext, secret: &str) -> Result<Option<(ExitRow, MailTopic)>, HttpError> {
    let Some(secret) = LinkSecret::read(secret) else { return Ok(None) };
    let mut conn = web.db.platform_read(PlatformReason::SignIn).await?;
    let row = mail_preferences::platform_find_exit(&mut conn, secret.digest()).await?;
    Ok(row.and_then(|row| MailTopic::of_key(&row.topic).map(|topic| (row, topic))))
}

fn draw_over() -> Result<Page, HttpError> {
    let w: MailChoiceWords = open_words();
    SignInMethodPage::new(w.mail_stop_over(), w.mail_stop_over_what()).link(PATH, w.mail_stop_choose()).draw()
}

/// `GET /u/{exit}`: what the link of a mail stops. Programs open links too: only the button does it.
pub(crate) async fn show_exit(
    _: AnyCaller,
    State(web): State<WebContext>,
    Path(secret): Path<String>,
) -> Result<Page, HttpError> {
    let Some((row, topic)) = find_exit(&web, &secret).await? else { return draw_over() };
    let w: MailChoiceWords = open_words();
    let lead = w.mail_stop_title_lead(&row.account_name, w.mail_choice_topic(topic.key()));
    let page = SignInMethodPage::new(w.mail_stop_title(), lead);
    page.form(format!("/u/{secret}"), Vec::new(), "stop", w.mail_stop_title_button())
        .link(PATH, w.mail_stop_choose())
        .draw()
}

/// `POST /u/{exit}`: whoever has the link stops its topic, by the page's button or by that of a mail program (RFC 8058), which has no session.
/// What is in the body says nothing more, so it is not read.
pub(crate) async fn stop_topic(
    _: AnyCaller,
    State(web): State<WebContext>,
    Path(secret): Path<String>,
) -> Result<Page, HttpError> {
    let Some((row, topic)) = find_exit(&web, &secret).await? else { return draw_over() };
    let mut tx = web.db.write(row.scope()?).await?;
    let choice = TopicChoice { topic: topic.key(), is_on: false };
    mail_preferences::save_topic(&mut tx, row.person(), choice, web.now_ms()).await?;
    tx.commit().await?;
    let w: MailChoiceWords = open_words();
    let lead = w.mail_stop_done_what(&row.account_name, w.mail_choice_topic(topic.key()));
    SignInMethodPage::new(w.mail_stop_done(), lead).link(PATH, w.mail_stop_choose()).draw()
}
