//! Every table by number or id, for whoever runs the platform: rows of accounts only while those are open to them, and each look written down.

use ::web::answer::Page;
use ::web::argument::LenientQuery;
use ::web::error::HttpError;
use askama::Template;
use axum::extract::State;
use record::ids::AccountId;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::accounts::AccountUser;
use crate::accounts::records::access_log::{AccessOutcome, AccessRecord};
use crate::db::account::accounts;
use crate::db::operation::records::{RecordRow, RecordSearch, TABLES, is_large, platform_find_rows};
use crate::db::person::support_grants::{OpenAccount, platform_open};
use crate::db::{AccountScope, PlatformReason};
use crate::web::access::{ManagePlatform, MemberCaller};
use crate::web::layout::{NavSection, PageLayout};
use crate::web::words::{RecordsWords, open_words};
use crate::web::{PageFact, WebContext};

const FIND_CHARS_MAX: usize = 120;

struct RecordView {
    table: &'static str,
    rows: Vec<Vec<PageFact>>,
}

struct AccountOption {
    id: String,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "operator/platform_records.html")]
struct PlatformRecordsPage {
    shell: PageLayout,
    w: RecordsWords,
    find: String,
    accounts: Vec<AccountOption>,
    tables: Vec<(&'static str, bool)>,
    found: Option<Vec<RecordView>>,
}

/// What the address of the page carries.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct RecordsParams {
    /// A number, an id, or an e-mail address.
    find: String,
    /// The account whose rows are shown; without one those of none.
    account: String,
    /// One table; without one all but the large ones.
    table: String,
}

pub(crate) async fn show_records(
    visitor: MemberCaller<ManagePlatform>,
    State(web): State<WebContext>,
    LenientQuery(params): LenientQuery<RecordsParams>,
) -> Result<Page, HttpError> {
    let w: RecordsWords = open_words();
    let find: String = params.find.trim().chars().filter(|c| !c.is_control()).take(FIND_CHARS_MAX).collect();
    let mut conn = web.db.platform_read(PlatformReason::Operator).await?;
    let open = platform_open(&mut conn, web.now_ms()).await?;
    drop(conn);
    let tables = TABLES.map(|table| (table, table == params.table));
    let found = if find.is_empty() {
        None
    } else {
        Some(search_records(&visitor, &web, &find, &params, &open).await?)
    };
    let mut accounts: Vec<AccountOption> = Vec::new();
    for OpenAccount { account_id, .. } in open {
        if accounts.iter().all(|known| known.id != account_id) {
            accounts.push(AccountOption { is_chosen: account_id == params.account, id: account_id });
        }
    }
    let shell = PageLayout::signed_in(w.records_title(), NavSection::Me, &visitor);
    Page::draw(&PlatformRecordsPage { shell, w, find, accounts, tables: tables.to_vec(), found })
}

async fn search_records(
    visitor: &AccountUser,
    web: &WebContext,
    find: &str,
    params: &RecordsParams,
    open: &[OpenAccount],
) -> Result<Vec<RecordView>, HttpError> {
    // One that is not open is as none.
    let account = open.iter().find(|open| open.account_id == params.account);
    let scope = account.and_then(|open| open.account_id.parse::<AccountId>().ok());
    let scope = match scope {
        Some(account) => {
            let mut conn = web.db.platform_read(PlatformReason::Operator).await?;
            accounts::platform_find(&mut conn, account).await?
        }
        None => None,
    };
    note_look(visitor, web, scope, find).await?;
    let search = RecordSearch { value: find, scope };
    let mut found = Vec::new();
    for table in TABLES {
        let is_chosen = table == params.table || (params.table.is_empty() && !is_large(table));
        if !is_chosen {
            continue;
        }
        // A connection for each: a statement that is given up takes nothing from the others.
        let mut conn = web.db.platform_read(PlatformReason::Operator).await?;
        let rows = platform_find_rows(&mut conn, table, search).await?;
        if !rows.is_empty() {
            found.push(RecordView { table, rows: rows.into_iter().map(view_row).collect() });
        }
    }
    Ok(found)
}

/// Before anything is shown: in the log of the account whose rows are looked at, else in that of whoever looks.
async fn note_look(
    visitor: &AccountUser,
    web: &WebContext,
    scope: Option<AccountScope>,
    find: &str,
) -> Result<(), HttpError> {
    let mut tx = web.db.write(scope.unwrap_or(visitor.scope)).await?;
    let record = AccessRecord { who: &visitor.email, act: "records look", about: find, facility: None };
    web.log().write_repeated(&mut tx, record, AccessOutcome::Done).await?;
    Ok(tx.commit().await?)
}

fn view_row(row: RecordRow) -> Vec<PageFact> {
    let shown = row.into_iter().filter(|(_, value)| !value.is_empty());
    shown.map(|(name, value)| PageFact::entered(name, value)).collect()
}
