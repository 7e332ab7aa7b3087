//! By which rules alerts open and are told, quiet hours, and the digest.

use ::web::answer::{FormRecall, FormReply, Page, SeeOther};
use ::web::argument::Path;
use ::web::error::HttpError;
use ::web::form::{
    FieldError, FilledSection, FormDefinition, FormField, FormOption, FormPainter, FormSection, FormValues,
};
use askama::Template;
use axum::extract::State;
use record::kinds::TimeOfDay;

use super::PATH;
use crate::accounts::records::access_log::AccessRecord;
use crate::accounts::{AccountUser, UserRole};
use crate::alerts::digest::DIGEST_AT;
use crate::alerts::kind::{AlertKind, AlertRule, AlertRules};
use crate::db::ScopedConnection;
use crate::db::delivery::alert_causes::hasten_looks;
use crate::db::delivery::alert_settings::{AlertHours, find_hours, list_rules, save_hours, save_rule};
use crate::web::WebContext;
use crate::web::access::{ManageFacilities, MemberCaller};
use crate::web::form::{RelayForm, require_own_form};
use crate::web::http_error::not_found;
use crate::web::layout::{NavSection, PageLayout};
use crate::web::view_models::alerts::{explain_kind, name_kind};
use crate::web::view_models::formats::{BadgeTone, StatusBadge, role_name};
use crate::web::words::{AlertsWords, FormWords, open_words};

const WEEK_MINUTES: u32 = 7 * 24 * 60;
/// Whom a rule can name.
const READERS: [UserRole; 4] =
    [UserRole::AccountAdmin, UserRole::FacilityAdmin, UserRole::Biomed, UserRole::Technician];

static RULE: FormDefinition = FormDefinition {
    name: "alert-rule",
    sections: &[FormSection::plain(&[
        FormField::tick("on"),
        FormField::whole("minutes", 1, WEEK_MINUTES),
        FormField::picks("roles"),
        FormField::whole("escalate", 0, WEEK_MINUTES),
    ])],
};

static HOURS: FormDefinition = FormDefinition {
    name: "alert-hours",
    sections: &[FormSection::plain(&[
        FormField::line("from", 5),
        FormField::line("until", 5),
        FormField::line("digest", 5),
    ])],
};

struct RuleLine {
    href: String,
    kind: String,
    readers: String,
    state: StatusBadge,
}

#[derive(Template)]
#[template(path = "alerts/rules.html")]
struct RulesPage {
    shell: PageLayout,
    w: AlertsWords,
    rules: Vec<RuleLine>,
    sections: Vec<FilledSection>,
    errors: Vec<FieldError>,
    form_again: String,
    csrf: String,
}

#[derive(Template)]
#[template(path = "alerts/rule.html")]
struct RulePage {
    shell: PageLayout,
    w: AlertsWords,
    title: String,
    means: String,
    is_always: bool,
    href: String,
    sections: Vec<FilledSection>,
    errors: Vec<FieldError>,
    form_again: String,
    csrf: String,
}

pub(crate) async fn show_rules(
    visitor: MemberCaller<ManageFacilities>,
    State(web): State<WebContext>,
) -> Result<Page, HttpError> {
    let hours = find_hours(&mut web.db.read(visitor.reads).await?).await?;
    draw_rules(&visitor, &web, &fill_hours(hours), Vec::new()).await
}

fn fill_hours(hours: AlertHours) -> FormValues {
    let time = |minutes: i64| format!("{:02}:{:02}", minutes / 60, minutes % 60);
    let digest = Some(hours.digest_at.unwrap_or(DIGEST_AT)).filter(|minutes| *minutes >= 0);
    FormValues::empty(&HOURS)
        .with("from", hours.quiet_from.map(time).unwrap_or_default())
        .with("until", hours.quiet_until.map(time).unwrap_or_default())
        .with("digest", digest.map(time).unwrap_or_default())
}

async fn draw_rules(
    visitor: &AccountUser,
    web: &WebContext,
    values: &FormValues,
    errors: Vec<FieldError>,
) -> Result<Page, HttpError> {
    let rules = AlertRules::of_rows(&list_rules(&mut web.db.read(visitor.reads).await?).await?);
    let (w, form): (AlertsWords, FormWords) = (open_words(), open_words());
    let shell = PageLayout::signed_in(w.alert_rules_title(), NavSection::Alerts, visitor);
    Page::draw(&RulesPage {
        shell: shell.with_problem(!errors.is_empty()),
        w,
        rules: rules.all().iter().map(|rule| line_of(w, rule)).collect(),
        sections: FormPainter::new(&HOURS, form.catalog()).draw(values, &errors)?,
        errors,
        form_again: form.form_again(),
        csrf: visitor.token.csrf(),
    })
}

fn line_of(w: AlertsWords, rule: &AlertRule) -> RuleLine {
    let roles: Vec<String> = rule.roles.iter().map(|role| role_name(open_words(), Some(*role))).collect();
    RuleLine {
        href: format!("{PATH}/rules/{}", rule.kind.word()),
        kind: name_kind(w, rule.kind.word()),
        readers: roles.join(", "),
        state: match rule.is_on {
            true => StatusBadge::new(BadgeTone::Ok, w.alert_rules_on()),
            false => StatusBadge::new(BadgeTone::Plain, w.alert_rules_off()),
        },
    }
}

/// `POST /app/alerts/rules`: quiet hours and the digest.
pub(crate) async fn change_hours(
    visitor: MemberCaller<ManageFacilities>,
    State(web): State<WebContext>,
    form: RelayForm,
) -> Result<FormReply, HttpError> {
    require_own_form(&visitor, &form)?;
    let values = FormValues::read(&HOURS, &form.fields);
    let hours = match read_hours(&values) {
        Ok(hours) => hours,
        Err(errors) => {
            let page = draw_rules(&visitor, &web, &values, errors).await?;
            return Ok(FormReply::Again(FormRecall::Invalid, page));
        }
    };
    let mut tx = web.db.write(visitor.scope).await?;
    save_hours(&mut tx, hours).await?;
    let about = ["from", "until", "digest"].map(|field| values.text(field)).join(" ");
    note_change(&web, &mut tx, &visitor, "alert hours", about.trim()).await?;
    tx.commit().await?;
    SeeOther::to(&format!("{PATH}/rules")).map(FormReply::Done)
}

fn read_hours(values: &FormValues) -> Result<AlertHours, Vec<FieldError>> {
    let w: FormWords = open_words();
    let mut errors = values.errors(w.catalog());
    let mut read = |field: &'static str| {
        let text = values.text(field).trim();
        let minutes =
            text.parse::<TimeOfDay>().map(|time| i64::from(time.hour) * 60 + i64::from(time.minute));
        match minutes {
            Ok(minutes) => Some(minutes),
            Err(_) if text.is_empty() => None,
            Err(_) => {
                errors.push(FieldError { at: field.to_owned(), words: w.form_alert_hours_bad_time() });
                None
            }
        }
    };
    let [quiet_from, quiet_until, digest] = ["from", "until", "digest"].map(&mut read);
    if errors.is_empty() && quiet_from.is_some() != quiet_until.is_some() {
        let at = if quiet_from.is_none() { "from" } else { "until" };
        errors.push(FieldError { at: at.to_owned(), words: w.form_alert_hours_both() });
    }
    let hours = AlertHours { quiet_from, quiet_until, digest_at: Some(digest.unwrap_or(-1)) };
    if errors.is_empty() { Ok(hours) } else { Err(errors) }
}

async fn note_change(
    web: &WebContext,
    tx: &mut ScopedConnection,
    visitor: &AccountUser,
    act: &str,
    about: &str,
) -> Result<(), HttpError> {
    hasten_looks(tx, None).await?;
    let record = AccessRecord { who: &visitor.email, act, about, facility: None };
    Ok(web.log().write_act(tx, record).await?)
}

pub(crate) async fn show_rule(
    visitor: MemberCaller<ManageFacilities>,
    State(web): State<WebContext>,
    Path(kind): Path<String>,
) -> Result<Page, HttpError> {
    let rules = AlertRules::of_rows(&list_rules(&mut web.db.read(visitor.reads).await?).await?);
    let rule = AlertKind::read(&kind).and_then(|kind| rules.find(kind)).ok_or_else(not_found)?;
    let roles: Vec<&str> = rule.roles.iter().map(|role| role.key()).collect();
    let values = FormValues::empty(&RULE)
        .with_tick("on", rule.is_on)
        .with("minutes", rule.minutes.to_string())
        .with("roles", roles.join(" "))
        .with("escalate", rule.escalate_minutes.to_string());
    draw_rule(&visitor, rule.kind, &values, Vec::new())
}

fn draw_rule(
    visitor: &AccountUser,
    kind: AlertKind,
    values: &FormValues,
    errors: Vec<FieldError>,
) -> Result<Page, HttpError> {
    let (w, form): (AlertsWords, FormWords) = (open_words(), open_words());
    let mut painter = FormPainter::new(&RULE, form.catalog());
    let roles = READERS.map(|role| FormOption::new(role.key(), role_name(open_words(), Some(role))));
    painter.picks = vec![("roles", Vec::from(roles))];
    if kind.default_minutes().is_none() {
        painter.hidden.push("minutes");
    }
    if !kind.may_be_off() {
        painter.hidden.push("on");
    }
    let title = name_kind(w, kind.word());
    let shell = PageLayout::signed_in(title.clone(), NavSection::Alerts, visitor);
    Page::draw(&RulePage {
        shell: shell.with_problem(!errors.is_empty()),
        w,
        title,
        means: explain_kind(w, kind.word()),
        is_always: !kind.may_be_off(),
        href: format!("{PATH}/rules/{}", kind.word()),
        sections: painter.draw(values, &errors)?,
        errors,
        form_again: form.form_again(),
        csrf: visitor.token.csrf(),
    })
}

/// `POST /app/alerts/rules/{kind}`
pub(crate) async fn change_rule(
    visitor: MemberCaller<ManageFacilities>,
    State(web): State<WebContext>,
    Path(kind): Path<String>,
    form: RelayForm,
) -> Result<FormReply, HttpError> {
    require_own_form(&visitor, &form)?;
    let kind = AlertKind::read(&kind).ok_or_else(not_found)?;
    let values = FormValues::read(&RULE, &form.fields);
    let w: FormWords = open_words();
    let mut errors = values.errors(w.catalog());
    if values.text("roles").trim().is_empty() {
        errors.push(FieldError { at: "roles".to_owned(), words: w.form_alert_rule_no_role() });
    }
    if !errors.is_empty() {
        let page = draw_rule(&visitor, kind, &values, errors)?;
        return Ok(FormReply::Again(FormRecall::Invalid, page));
    }
    let named = values.text("roles").split_whitespace().filter_map(|role| role.parse().ok());
    let rule = AlertRule {
        kind,
        is_on: values.is_ticked("on") || !kind.may_be_off(),
        minutes: values.text("minutes").parse().ok().or(kind.default_minutes()).unwrap_or(0),
        roles: named.filter(|role| READERS.contains(role)).collect(),
        escalate_minutes: values.text("escalate").parse().unwrap_or(0),
    };
    let mut tx = web.db.write(visitor.scope).await?;
    save_rule(&mut tx, &rule.to_row()).await?;
    note_change(&web, &mut tx, &visitor, "alert rule", kind.word()).await?;
    tx.commit().await?;
    SeeOther::to(&format!("{PATH}/rules")).map(FormReply::Done)
}
