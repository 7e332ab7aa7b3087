//! Switches and announcements, for whoever runs the platform.

use ::web::answer::{FormRecall, FormReply, Page, SeeOther};
use ::web::argument::{LenientQuery, Path};
use ::web::error::HttpError;
use askama::Template;
use axum::extract::State;
use record::ids::{AccountId, UserId};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::accounts::AccountUser;
use crate::accounts::notices::{read_text, write_text};
use crate::accounts::records::access_log::AccessRecord;
use crate::accounts::switches::RelaySwitch;
use crate::db::account::accounts;
use crate::db::operation::announcements;
use crate::db::operation::announcements::AnnouncementRow;
use crate::db::operation::switches;
use crate::db::operation::switches::{NewSwitch, SwitchRow};
use crate::db::{DbError, PlatformConnection, PlatformReason};
use crate::web::WebContext;
use crate::web::access::{ManagePlatform, MemberCaller};
use crate::web::form::require_own_form;
use crate::web::http_error::{not_found, parameter_error};
use crate::web::layout::{NavSection, PageLayout};
use crate::web::pages::forms::confirm::ConfirmedForm;
use crate::web::pages::forms::single_form::SignInProblem;
use crate::web::view_models::formats::LocalTime;
use crate::web::words::{ErrorWords, NoticesWords, open_words};

const PATH: &str = "/app/platform/notices";
const DONE: &str = "/app/platform/notices?done=yes";

struct SwitchView {
    key: &'static str,
    name: String,
    hint: String,
    state: String,
    account: String,
    account_id: String,
    moved: String,
    /// What the button makes of it: `on` or `off`.
    to: &'static str,
}

struct AnnouncementView {
    text: String,
    times: String,
    href: String,
}

#[derive(Default)]
struct EnteredNotice {
    text: String,
    from: String,
    until: String,
}

#[derive(Template)]
#[template(path = "operator/platform_notices.html")]
struct PlatformNoticesPage {
    shell: PageLayout,
    w: NoticesWords,
    problem: Option<SignInProblem>,
    is_done: bool,
    switches: Vec<SwitchView>,
    lines: Vec<AnnouncementView>,
    entered: EnteredNotice,
    csrf: String,
}

/// What the address of the page carries.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct NoticesParams {
    /// Whether something was just done.
    done: String,
}

pub(crate) async fn show_notices(
    visitor: MemberCaller<ManagePlatform>,
    State(web): State<WebContext>,
    LenientQuery(params): LenientQuery<NoticesParams>,
) -> Result<Page, HttpError> {
    let page = load_page(&visitor, &web).await?;
    Page::draw(&PlatformNoticesPage { is_done: params.done == "yes", ..page })
}

async fn load_page(visitor: &AccountUser, web: &WebContext) -> Result<PlatformNoticesPage, HttpError> {
    let now_ms = web.now_ms();
    let wall = LocalTime::new(now_ms, "UTC");
    let mut conn = web.db.platform_read(PlatformReason::Operator).await?;
    let moved = switches::platform_list(&mut conn).await?;
    let announced = announcements::platform_list(&mut conn, now_ms).await?;
    let names = accounts::platform_numbers(&mut conn).await?;
    drop(conn);
    let mut switches: Vec<SwitchView> = RelaySwitch::ALL
        .into_iter()
        .map(|switch| {
            let row = moved.iter().find(|row| row.account == 0 && row.switch == switch.key());
            view_switch(switch, row, String::new(), &wall)
        })
        .collect();
    // Of single accounts those that are on: off is how they are by themselves.
    for row in moved.iter().filter(|row| row.account != 0 && row.is_on) {
        let id = names.iter().find(|(number, _)| *number == row.account).map(|(_, id)| id.clone());
        if let (Some(switch), Some(id)) = (RelaySwitch::find_switch(&row.switch), id) {
            switches.push(view_switch(switch, Some(row), id, &wall));
        }
    }
    let w: NoticesWords = wall.words();
    Ok(PlatformNoticesPage {
        shell: PageLayout::signed_in(w.notices_title(), NavSection::Me, visitor),
        w,
        problem: None,
        is_done: false,
        switches,
        lines: announced.iter().map(|row| view_announcement(row, &wall)).collect(),
        entered: EnteredNotice::default(),
        csrf: visitor.token.csrf(),
    })
}

fn view_switch(
    switch: RelaySwitch,
    row: Option<&SwitchRow>,
    account_id: String,
    wall: &LocalTime,
) -> SwitchView {
    let w: NoticesWords = wall.words();
    let is_on = row.map_or(switch.is_on_by_itself(), |row| row.is_on);
    let account = row.and_then(|row| row.account_name.as_deref());
    SwitchView {
        key: switch.key(),
        name: w.notices_switch(switch.key()),
        hint: w.notices_switch_hint(switch.key()),
        state: w.notices_state(if is_on { "on" } else { "off" }),
        account: account.map_or_else(|| w.notices_for_all(), |name| w.notices_for(name)),
        account_id,
        moved: row
            .map(|row| w.notices_moved(wall.day_plain_zoned(row.set_ms), row.set_by.as_str()))
            .unwrap_or_default(),
        to: if is_on { "off" } else { "on" },
    }
}

fn view_announcement(row: &AnnouncementRow, wall: &LocalTime) -> AnnouncementView {
    let w: NoticesWords = wall.words();
    AnnouncementView {
        text: read_text(&row.texts),
        times: w.notices_times(wall.day_plain(row.from_ms), wall.day_plain_zoned(row.until_ms)),
        href: format!("{PATH}/{}", row.announcement),
    }
}

async fn refuse_entry(
    visitor: &AccountUser,
    web: &WebContext,
    entered: EnteredNotice,
    problem: SignInProblem,
) -> Result<FormReply, HttpError> {
    let page = load_page(visitor, web).await?;
    let shell = page.shell.with_problem(true);
    let page = Page::draw(&PlatformNoticesPage { shell, problem: Some(problem), entered, ..page })?;
    Ok(FormReply::Again(FormRecall::Invalid, page))
}

async fn refuse_account(
    visitor: &AccountUser,
    web: &WebContext,
    words: String,
) -> Result<FormReply, HttpError> {
    refuse_entry(visitor, web, EnteredNotice::default(), SignInProblem { field: "account", words }).await
}

pub(crate) async fn move_switch(
    visitor: MemberCaller<ManagePlatform>,
    State(web): State<WebContext>,
    form: ConfirmedForm,
) -> Result<FormReply, HttpError> {
    require_own_form(&visitor, &form)?;
    let switch = RelaySwitch::find_switch(form.fields.text("switch"));
    let switch = switch.ok_or_else(|| parameter_error("switch", ErrorWords::parameter_switch))?;
    let is_on = match form.fields.text("to") {
        "on" => true,
        "off" => false,
        _ => return Err(parameter_error("to", ErrorWords::parameter_on_off)),
    };
    let w: NoticesWords = open_words();
    let mut tx = web.db.platform_write(PlatformReason::Operator).await?;
    let account = form.fields.text("account").trim();
    let scope = match account.parse::<AccountId>() {
        _ if account.is_empty() => None,
        Ok(account) => accounts::platform_find(&mut tx, account).await?,
        Err(_) => None,
    };
    if scope.is_none() && !account.is_empty() {
        drop(tx);
        return refuse_account(&visitor, &web, w.notices_bad_account()).await;
    }
    if scope.is_some() && !switch.is_of_accounts() {
        drop(tx);
        return refuse_account(&visitor, &web, w.notices_bad_switch()).await;
    }
    let new = NewSwitch { scope, switch: switch.key(), is_on, set_by: &visitor.email };
    switches::platform_set(&mut tx, &new, web.now_ms()).await?;
    let about = format!("{} {}", switch.key(), if is_on { "on" } else { "off" });
    // Of one account it is in that one's log.
    let into = scope.unwrap_or(visitor.scope);
    let mut tx = tx.enter(into).await?;
    let record = AccessRecord { who: &visitor.email, act: "switch", about: &about, facility: None };
    web.log().write_act(&mut tx, record).await?;
    tx.commit().await?;
    web.notices.forget().await;
    SeeOther::to(DONE).map(FormReply::Done)
}

pub(crate) async fn announce_text(
    visitor: MemberCaller<ManagePlatform>,
    State(web): State<WebContext>,
    form: ConfirmedForm,
) -> Result<FormReply, HttpError> {
    require_own_form(&visitor, &form)?;
    let (w, now_ms): (NoticesWords, _) = (open_words(), web.now_ms());
    let [text, from, until] = ["text", "from", "until"].map(|name| form.fields.text(name).to_owned());
    let entered = EnteredNotice { text, from, until };
    let from_ms = if entered.from.is_empty() { Some(now_ms) } else { read_time(&entered.from) };
    let until_ms = read_time(&entered.until).filter(|until_ms| *until_ms > from_ms.unwrap_or(0).max(now_ms));
    let (texts, from_ms, until_ms) = match (write_text(&entered.text), from_ms, until_ms) {
        (Some(texts), Some(from_ms), Some(until_ms)) => (texts, from_ms, until_ms),
        (texts, from_ms, _) => {
            let (field, words) = match (texts, from_ms) {
                (None, _) => ("text", w.notices_bad_text()),
                (_, None) => ("from", w.notices_bad_from()),
                _ => ("until", w.notices_bad_until()),
            };
            return refuse_entry(&visitor, &web, entered, SignInProblem { field, words }).await;
        }
    };
    let id = UserId::new(now_ms, web.random.bytes()).to_string();
    let (made_by, announcement) = (visitor.email.clone(), id);
    let row = AnnouncementRow { announcement, texts, from_ms, until_ms, made_by };
    let mut tx = web.db.platform_write(PlatformReason::Operator).await?;
    announcements::platform_insert(&mut tx, &row, now_ms).await?;
    note_announcement(&web, tx, &visitor, "announce", &entered.text).await?;
    SeeOther::to(DONE).map(FormReply::Done)
}

pub(crate) async fn end_announcement(
    visitor: MemberCaller<ManagePlatform>,
    State(web): State<WebContext>,
    Path(announcement): Path<String>,
    form: ConfirmedForm,
) -> Result<SeeOther, HttpError> {
    require_own_form(&visitor, &form)?;
    let mut tx = web.db.platform_write(PlatformReason::Operator).await?;
    if !announcements::platform_end(&mut tx, &announcement, web.now_ms()).await? {
        return Err(not_found());
    }
    note_announcement(&web, tx, &visitor, "announcement end", &announcement).await?;
    SeeOther::to(DONE)
}

async fn note_announcement(
    web: &WebContext,
    tx: PlatformConnection,
    visitor: &AccountUser,
    act: &str,
    about: &str,
) -> Result<(), DbError> {
    let mut tx = tx.enter(visitor.scope).await?;
    let record = AccessRecord { who: &visitor.email, act, about, facility: None };
    web.log().write_act(&mut tx, record).await?;
    tx.commit().await?;
    web.notices.forget().await;
    Ok(())
}

/// A time in UTC as a browser sends it: `2026-11-20T14:00`.
fn read_time(text: &str) -> Option<i64> {
    let time: jiff::civil::DateTime = text.parse().ok()?;
    Some(time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_as_a_browser_sends_it() {
        assert_eq!(read_time("1970-01-01T00:01"), Some(60_000));
        assert_eq!(read_time("1970-01-01T00:01:02"), Some(62_000));
        for wrong in ["", "tomorrow", "2026-02-30T10:00", "10:00"] {
            assert_eq!(read_time(wrong), None, "{wrong}");
        }
    }
}
