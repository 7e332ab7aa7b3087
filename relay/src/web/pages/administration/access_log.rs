//! Who signed in, what admins and the operator did, and what was denied to whom: the newest first.

use std::collections::HashMap;

use ::web::answer::Page;
use ::web::argument::LenientQuery;
use ::web::error::HttpError;
use askama::Template;
use axum::extract::State;
use record::kinds::CivilDay;
use schemars::JsonSchema;
use serde::Deserialize;
use words::SafeHtml;

use crate::accounts::AccountUser;
use crate::accounts::members::member_grant::GrantText;
use crate::accounts::oidc::sign_in::ACT;
use crate::accounts::permission::Permission;
use crate::accounts::records::access_log::{AccessActor, AccessOutcome, DenialReason, SessionDetail};
use crate::db::access_log::audit::{AuditFilter, AuditRow, list_acts};
use crate::db::facility::facility_now::list_names;
use crate::db::facility::regions::list_regions;
use crate::db::{DbError, ScopedConnection};
use crate::web::WebContext;
use crate::web::access::{MemberCaller, ReadAccess};
use crate::web::http_error::encode_parameter;
use crate::web::layout::{NavSection, PageLayout};
use crate::web::pages::administration::access_acts::act_key;
use crate::web::pages::authentication::organisation::word_reason;
use crate::web::view_models::formats::{BadgeTone, LocalTime, StatusBadge, role_name};
use crate::web::words::AccessWords;

const NAMES_MAX: usize = 10;
const ROWS: usize = 50;
const DAY_MS: i64 = 86_400_000;
const WHO_CHARS_MAX: usize = 120;

struct AccessView {
    at: SafeHtml,
    who: String,
    /// What they did or tried: `Tried to open People`.
    deed: String,
    about: String,
    /// The facility's name, of what is one facility's.
    place: Option<String>,
    outcome: StatusBadge,
    times: Option<String>,
}

struct OutcomeOption {
    key: &'static str,
    words: String,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "administration/access_log.html")]
struct AccessPage {
    shell: PageLayout,
    w: AccessWords,
    lead: String,
    search: AccessSearch,
    outcomes: Vec<OutcomeOption>,
    is_filtered: bool,
    caption: String,
    rows: Vec<AccessView>,
    older: Option<String>,
    newest: Option<String>,
    may_export: bool,
    csrf: String,
}

/// What the address carries.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct AccessLogParams {
    /// Rows before the one with this number.
    before: String,
    /// A part of who it was.
    who: String,
    /// `done` or `denied`.
    outcome: String,
    /// The first day in UTC, `YYYY-MM-DD`.
    from: String,
    /// The last day.
    to: String,
}

/// Which rows somebody wants to see, as far as that can be read; what cannot is left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct AccessSearch {
    who: String,
    outcome: String,
    from: String,
    to: String,
}

impl AccessSearch {
    pub(crate) fn read(who: &str, outcome: &str, from: &str, to: &str) -> Self {
        fn read_day(text: &str) -> String {
            text.parse::<CivilDay>().map(|day| day.to_string()).unwrap_or_default()
        }
        let is_outcome = OUTCOMES.iter().any(|known| known.word() == outcome);
        Self {
            who: who.trim().chars().filter(|c| !c.is_control()).take(WHO_CHARS_MAX).collect(),
            outcome: if is_outcome { outcome.to_owned() } else { String::new() },
            from: read_day(from),
            to: read_day(to),
        }
    }

    fn is_backwards(&self) -> bool {
        !self.from.is_empty() && !self.to.is_empty() && self.from > self.to
    }

    pub(crate) fn filter(&self) -> AuditFilter {
        fn day_begin(text: &str) -> Option<i64> {
            text.parse::<CivilDay>().ok().map(|day| i64::from(day.number()) * DAY_MS)
        }
        let all = AuditFilter::default();
        AuditFilter {
            who: self.who.clone(),
            outcome: self.outcome.clone(),
            from_ms: day_begin(&self.from).unwrap_or(all.from_ms),
            until_ms: day_begin(&self.to).map_or(all.until_ms, |ms| ms + DAY_MS),
        }
    }

    /// The same as `name=value`, without what is not search.
    pub(crate) fn pairs(&self) -> Vec<(&'static str, &str)> {
        let all = [("who", &self.who), ("outcome", &self.outcome), ("from", &self.from), ("to", &self.to)];
        let search = all.into_iter().filter(|(_, value)| !value.is_empty());
        search.map(|(name, value)| (name, value.as_str())).collect()
    }

    /// The address of the page with these rows; of those before this number.
    pub(crate) fn href(&self, before_n: Option<i64>) -> String {
        let before = before_n.map(|n| format!("before={n}"));
        let pairs =
            self.pairs().into_iter().map(|(name, value)| format!("{name}={}", encode_parameter(value)));
        let all: Vec<String> = before.into_iter().chain(pairs).collect();
        if all.is_empty() { PATH.to_owned() } else { format!("{PATH}?{}", all.join("&")) }
    }
}

pub(crate) const PATH: &str = "/app/access";
const OUTCOMES: [AccessOutcome; 2] = [AccessOutcome::Done, AccessOutcome::Denied];

pub(crate) async fn show(
    visitor: MemberCaller<ReadAccess>,
    State(web): State<WebContext>,
    LenientQuery(params): LenientQuery<AccessLogParams>,
) -> Result<Page, HttpError> {
    let search = AccessSearch::read(&params.who, &params.outcome, &params.from, &params.to);
    let before: Option<i64> = params.before.parse().ok();
    let limit = i64::try_from(ROWS + 1).unwrap_or(i64::MAX);
    let mut conn = web.db.read(visitor.reads).await?;
    let mut rows = list_acts(&mut conn, &search.filter(), before.unwrap_or(i64::MAX), limit).await?;
    let places = load_place_names(&mut conn, &visitor).await?;
    drop(conn);
    let has_older = rows.len() > ROWS;
    rows.truncate(ROWS);
    let older = rows.last().filter(|_| has_older).map(|row| search.href(Some(row.n)));
    let wall = LocalTime::new(web.now_ms(), "UTC");
    let w: AccessWords = wall.words();
    let is_limited = visitor.reads.is_limited();
    let is_filtered = !search.pairs().is_empty();
    let view = AccessPage {
        shell: PageLayout::signed_in(w.access_title(), NavSection::AccessLog, &visitor),
        w,
        lead: if is_limited { w.access_lead_limited() } else { w.access_lead() },
        outcomes: list_outcomes(w, &search.outcome),
        is_filtered,
        caption: list_caption(w, before.is_none(), is_filtered),
        rows: rows.iter().map(|row| access_view(row, &places, &wall)).collect(),
        older,
        newest: before.map(|_| search.href(None)),
        may_export: visitor.role.holds(Permission::ExportAccess) && !is_limited,
        csrf: visitor.token.csrf(),
        search,
    };
    Page::draw(&view)
}

/// Names of facilities and regions, by their ids, as far as they are for whoever looks.
struct PlaceNames {
    names: HashMap<String, String>,
    has_regions: bool,
}

async fn load_place_names(conn: &mut ScopedConnection, visitor: &AccountUser) -> Result<PlaceNames, DbError> {
    let facilities = list_names(conn).await?.into_iter().map(|place| (place.facility, place.name));
    let mut names: HashMap<String, String> = facilities.collect();
    let has_regions = !visitor.reads.is_limited();
    if has_regions {
        names.extend(list_regions(conn).await?.into_iter().map(|row| (row.region, row.name)));
    }
    Ok(PlaceNames { names, has_regions })
}

fn list_outcomes(w: AccessWords, chosen: &str) -> Vec<OutcomeOption> {
    let any = OutcomeOption { key: "", words: w.access_either(), is_chosen: chosen.is_empty() };
    std::iter::once(any)
        .chain(OUTCOMES.map(|outcome: AccessOutcome| OutcomeOption {
            key: outcome.word(),
            words: outcome_text(w, outcome),
            is_chosen: chosen == outcome.word(),
        }))
        .collect()
}

fn list_caption(w: AccessWords, is_newest: bool, is_filtered: bool) -> String {
    match (is_newest, is_filtered) {
        (true, false) => w.access_newest_first(),
        (true, true) => w.access_found_first(),
        (false, false) => w.access_older(),
        (false, true) => w.access_found_older(),
    }
}

pub(crate) fn outcome_text(w: AccessWords, outcome: AccessOutcome) -> String {
    match outcome {
        AccessOutcome::Done => w.access_done(),
        AccessOutcome::Denied => w.access_denied(),
    }
}

pub(crate) fn row_outcome(row: &AuditRow) -> AccessOutcome {
    if row.outcome == AccessOutcome::Denied.word() { AccessOutcome::Denied } else { AccessOutcome::Done }
}

fn access_view(row: &AuditRow, places: &PlaceNames, wall: &LocalTime) -> AccessView {
    let w: AccessWords = wall.words();
    let outcome = row_outcome(row);
    let tone = match outcome {
        AccessOutcome::Done => BadgeTone::Ok,
        AccessOutcome::Denied => BadgeTone::Late,
    };
    let place = row.facility.as_ref().and_then(|facility| places.names.get(facility));
    // What such a row is about is a region's name.
    let is_hidden = !places.has_regions && matches!(row.act.as_str(), "region join" | "region leave");
    // Of what names it already it is said once.
    let place = place.filter(|name| is_hidden || **name != row.about).cloned();
    // Its name says more than its id.
    let about = match &place {
        _ if is_hidden => String::new(),
        Some(_) if row.facility.as_ref() == Some(&row.about) => String::new(),
        _ => GrantText::read(&row.act, &row.about)
            .map_or_else(|| subject_text(w, row), |grant| grant_words(&grant, &places.names, wall)),
    };
    AccessView {
        at: wall.clock(row.at_ms),
        who: actor_text(w, &row.who),
        deed: deed_text(w, row),
        about,
        place,
        outcome: StatusBadge::new(tone, outcome_text(w, outcome)),
        times: (row.times != 1).then(|| w.access_times(row.times)),
    }
}

/// What somebody became: the role, and which places they see, by the names that those have now.
fn grant_words(grant: &GrantText<'_>, places: &HashMap<String, String>, wall: &LocalTime) -> String {
    let w: AccessWords = wall.words();
    let role = role_name(wall.words(), Some(grant.role));
    let sees = match &grant.places {
        None => w.access_grant_all(),
        Some(ids) if ids.is_empty() => w.access_grant_none(),
        Some(ids) if ids.len() > NAMES_MAX => w.access_grant_many(ids.len()),
        Some(ids) => {
            let names = ids.iter().map(|id| places.get(*id).map_or(*id, String::as_str));
            names.collect::<Vec<_>>().join(", ")
        }
    };
    let whose = grant.email.map(|email| format!("{email}: ")).unwrap_or_default();
    format!("{whose}{role}; {}", w.access_grant_sees(sees))
}

pub(crate) fn actor_text(w: AccessWords, key: &str) -> String {
    match AccessActor::of_key(key) {
        AccessActor::Operator => w.access_operator(),
        AccessActor::Program { token_id, name } => w.access_program(token_id, name),
        AccessActor::Person(email) => email,
    }
}

/// What it was about: why it was denied, from which device; or a name as it was recorded.
pub(crate) fn subject_text(w: AccessWords, row: &AuditRow) -> String {
    let is_denied = row_outcome(row) == AccessOutcome::Denied;
    let reason = DenialReason::ALL.into_iter().find(|reason| is_denied && reason.key() == row.about);
    if let Some(reason) = reason {
        return w.access_reason(reason.key());
    }
    if is_denied && row.act == ACT {
        return word_reason(&row.about);
    }
    // Names of people and programs may be anything; those acts have none.
    let has_detail =
        matches!(act_key(&row.act), "sign-in" | "second-step" | "sign-out" | "passkey-sign-in" | "passkey");
    let detail = has_detail.then(|| SessionDetail::of_key(&row.about));
    match (detail.flatten(), is_denied) {
        (Some(SessionDetail::KnownDevice), true) if row.act == "passkey" => w.access_known_device(),
        (Some(SessionDetail::NewDevice(network)), true) if row.act == "passkey" => {
            w.access_new_device(network)
        }
        (Some(SessionDetail::KnownDevice), true) if row.act == "second step" => w.access_known_device_code(),
        (Some(SessionDetail::NewDevice(network)), true) if row.act == "second step" => {
            w.access_new_device_code(network)
        }
        (Some(SessionDetail::KnownDevice), false) => w.access_known_device(),
        (Some(SessionDetail::KnownDevice), true) => w.access_known_device_wrong(),
        (Some(SessionDetail::NewDevice(network)), false) => w.access_new_device(network),
        (Some(SessionDetail::NewDevice(network)), true) => w.access_new_device_wrong(network),
        (Some(SessionDetail::ThisDevice), _) => w.access_this_device(),
        (Some(SessionDetail::OtherDevice), _) => w.access_other_device(),
        (Some(SessionDetail::EveryDevice), _) => w.access_every_device(),
        (None, _) => row.about.clone(),
    }
}

pub(crate) fn deed_text(w: AccessWords, row: &AuditRow) -> String {
    act_text(w, &row.act, row_outcome(row) == AccessOutcome::Denied)
}

/// What somebody did or tried. A method and a route are for the record; nobody has to read one.
fn act_text(w: AccessWords, act: &str, is_denied: bool) -> String {
    if is_denied { w.access_tried(act_key(act)) } else { w.access_did(act_key(act)) }
}

#[cfg(test)]
mod tests {
    use ::web::route::{Access, Route};

    use super::*;
    use crate::accounts::members::people::PersonAct;
    use crate::web::routes::build_table;
    use crate::web::words::open_words;

    #[test]
    fn what_somebody_asks_for_is_read_as_far_as_it_can_be() {
        let search = AccessSearch::read(" a%b\u{7} ", "denied", "2026-11-20", "2026-11-21");
        let filter = search.filter();
        assert_eq!((filter.who.as_str(), filter.outcome.as_str()), ("a%b", "denied"));
        assert_eq!(filter.until_ms - filter.from_ms, 2 * DAY_MS, "both days");
        assert_eq!(
            search.href(Some(7)),
            "/app/access?before=7&who=a%25b&outcome=denied&from=2026-11-20&to=2026-11-21"
        );
        let nothing = AccessSearch::read("", "x", "2026-02-30", "yesterday");
        assert_eq!((nothing.filter(), nothing.href(None).as_str()), (AuditFilter::default(), PATH));
    }

    #[test]
    fn acts_are_told_in_words() {
        let deed = |act, is_denied| act_text(open_words(), act, is_denied);
        assert_eq!(deed("sign in", false), "Signed in");
        assert_eq!(deed("sign in", true), "Tried to sign in");
        assert_ne!(deed("box claim-again", false), deed("", false));
        assert_eq!(deed("GET /app/people", true), "Tried to open People");
        assert_eq!(deed("POST /app/people/{user}", true), "Tried to change a person");
        assert_eq!(deed("GET /api/v1/equipment", true), "Tried to read through the API");
        for act in PersonAct::ALL {
            assert_ne!(deed(act.word(), false), deed("", false), "{}", act.word());
        }
    }

    #[test]
    fn every_guarded_route_has_words() {
        let (table, w) = (build_table().unwrap(), open_words());
        // What a sender signs is nobody's act.
        let is_guarded = |route: &&Route<_>| !matches!(route.access, Access::Open | Access::Sender { .. });
        let guarded = table.rows().iter().map(|row| &row.route).filter(is_guarded);
        for route in guarded {
            let act = format!("{} {}", route.method, route.path);
            assert_ne!(act_text(w, &act, true), act_text(w, "", true), "{act} has no words");
        }
    }

    #[test]
    fn people_programs_and_the_operator_are_distinct() {
        let program = AccessActor::Program { token_id: "ABCDEFGH".into(), name: "Data (old) export".into() };
        for (actor, words) in [
            (program, "program Data (old) export (ABCDEFGH)"),
            (AccessActor::Operator, "operator"),
            (AccessActor::Person("ana@linden.example".into()), "ana@linden.example"),
        ] {
            assert_eq!(AccessActor::of_key(&actor.to_string()), actor);
            assert_eq!(actor_text(open_words(), &actor.to_string()), words);
        }
    }

    #[test]
    fn rows_of_earlier_versions_name_their_program_or_stay_as_they_are() {
        for (earlier, words) in [
            ("program Linden warehouse (ABCDEFGH)", "program Linden warehouse (ABCDEFGH)"),
            ("program cmms (ABCDEFGH)", "program cmms (ABCDEFGH)"),
            ("program Data (old) export (ABCDEFGH)", "program Data (old) export (ABCDEFGH)"),
            ("program  (ABCDEFGH)", "program  (ABCDEFGH)"),
            ("program Linden warehouse", "program Linden warehouse"),
            ("program", "program"),
            ("program Linden warehouse (gone)", "program Linden warehouse (gone)"),
        ] {
            assert_eq!(actor_text(open_words(), earlier), words);
        }
        let named = AccessActor::Program { token_id: "ABCDEFGH".into(), name: "Linden warehouse".into() };
        assert_eq!(AccessActor::of_key("program Linden warehouse (ABCDEFGH)"), named);
        assert_eq!(AccessActor::of_key("program ABCDEFGH Linden warehouse"), named);
    }

    #[test]
    fn every_reason_has_words_and_names_stay_names() {
        let about = |act: &str, text: &str, is_denied: bool| {
            subject_text(
                open_words(),
                &AuditRow {
                    n: 1,
                    at_ms: 0,
                    last_ms: 0,
                    times: 1,
                    who: String::new(),
                    act: act.into(),
                    about: text.into(),
                    facility: None,
                    outcome: if is_denied { "denied".into() } else { "done".into() },
                },
            )
        };
        let mut all = std::collections::BTreeSet::new();
        for reason in DenialReason::ALL {
            assert!(all.insert(about("GET /app/people", reason.key(), true)), "{reason:?}");
        }
        for (detail, words) in [
            (SessionDetail::KnownDevice, "A device of theirs"),
            (SessionDetail::NewDevice("192.0.2.7".into()), "A new device in 192.0.2.7"),
            (SessionDetail::ThisDevice, "On this device"),
            (SessionDetail::OtherDevice, "On another device"),
            (SessionDetail::EveryDevice, "On every device"),
        ] {
            assert_eq!(about("sign in", &detail.to_string(), false), words);
        }
        assert_eq!(about("token create", "this-device", false), "this-device");
        assert_eq!(
            about("sign in", "new-device 192.0.2.7", true),
            "Wrong password, a new device in 192.0.2.7"
        );
    }
}
