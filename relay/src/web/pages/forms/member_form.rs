//! What a member of the account is and sees, as a form: at an invitation, and later on their page.

use ::web::argument::FormBody;
use ::web::error::HttpError;
use ::web::form::{
    FieldCause, FieldError, FieldFault, FilledSection, FormDefinition, FormField, FormOption, FormPainter,
    FormSection, FormValues,
};
use record::tree::Hash;

use crate::accounts::members::member_grant::MemberGrant;
use crate::accounts::{AccountUser, UserRole};
use crate::db::ScopedConnection;
use crate::db::facility::{facilities, regions};
use crate::db::person::members::MemberRow;
use crate::web::form::{MemberFormRules, PLACES_MAX};
use crate::web::pages::forms::named_places::{are_many, read_names, write_names};
use crate::web::view_models::formats::role_name;
use crate::web::words::{FormWords, open_words};

const DAY_MS: i64 = 24 * 3_600_000;
/// An auditor's time, where nobody says more.
const AUDITOR_DAYS: i64 = 14;
const NAMED_CHARS_MAX: usize = 60_000;

const ROLE: FormField = FormField::pick("role").required();
const ALL: FormField = FormField::tick("all");
const PLACES: FormField = FormField::picks("places");
pub(crate) const NAMED: FormField = FormField::prose("named", NAMED_CHARS_MAX);
const DAYS: FormField = FormField::whole("days", 1, 730);

pub(crate) static INVITATION: FormDefinition = FormDefinition {
    name: "member",
    sections: &[FormSection::plain(&[
        FormField::line("email", 254).required(),
        ROLE,
        ALL,
        PLACES,
        NAMED,
        DAYS,
    ])],
};

pub(crate) static TERMS: FormDefinition =
    FormDefinition { name: "member", sections: &[FormSection::plain(&[ROLE, ALL, PLACES, NAMED, DAYS])] };

pub(crate) type MemberForm = FormBody<MemberFormRules>;

/// The facilities and regions that whoever is signed in may give.
pub(crate) async fn load_places(
    conn: &mut ScopedConnection,
    visitor: &AccountUser,
) -> Result<Vec<FormOption>, HttpError> {
    let mut options = Vec::new();
    let own = if visitor.reads.is_limited() {
        Some(facilities::seen_places(conn, visitor.person).await?)
    } else {
        None
    };
    for row in regions::list_regions(conn).await? {
        if own.as_ref().is_none_or(|own| own.contains(&row.region)) {
            let words: FormWords = open_words();
            options.push(FormOption::new(row.region, words.form_member_region(row.name)));
        }
    }
    let rows = facilities::list_facilities(conn).await?;
    options.extend(rows.into_iter().map(|row| FormOption::entered(row.facility, row.name)));
    options.truncate(PLACES_MAX);
    Ok(options)
}

const NAMES_MAX: usize = 10;

/// The names of places, by their ids; one that is not there is left out. Of many, how many they are.
pub(crate) fn place_names(options: &[FormOption], places: &[String]) -> String {
    if places.len() > NAMES_MAX {
        return open_words::<FormWords>().form_member_many(places.len());
    }
    let named = options.iter().filter(|option| places.contains(&option.value));
    named.map(|option| option.words.as_str()).collect::<Vec<_>>().join(", ")
}

/// Draws one of the forms. The list of roles has those that whoever is signed in may give.
pub(crate) fn draw_sections(
    form: &'static FormDefinition,
    visitor: &AccountUser,
    places: Vec<FormOption>,
    values: &FormValues,
    errors: &[FieldError],
) -> Result<Vec<FilledSection>, HttpError> {
    let words: FormWords = open_words();
    let granted = UserRole::ALL.into_iter().filter(|role| visitor.role.may_grant(*role));
    let roles =
        granted.map(|role| FormOption::new(role.key(), role_name(open_words(), Some(role)))).collect();
    let mut painter = FormPainter::new(form, words.catalog());
    painter.picks = vec![("role", roles), ("places", places)];
    painter.hidden.push(hidden_list(&painter.picks));
    if visitor.reads.is_limited() {
        painter.hidden.push("all");
    }
    painter.draw(values, errors)
}

/// Of the boxes and the lines for places, what a form does not show.
pub(crate) fn hidden_list(picks: &[(&'static str, Vec<FormOption>)]) -> &'static str {
    let is_long = picks.iter().any(|(name, places)| *name == PLACES.name && are_many(places));
    if is_long { PLACES.name } else { NAMED.name }
}

pub(crate) fn read_places(values: &FormValues, options: &[FormOption]) -> Result<Vec<String>, FieldError> {
    find_places(values, options).map_err(|lines| {
        let words = open_words::<FormWords>().form_member_unknown_place(lines);
        FieldError { at: NAMED.name.to_owned(), words }
    })
}

pub(crate) fn find_places(values: &FormValues, options: &[FormOption]) -> Result<Vec<String>, String> {
    let mut places: Vec<String> = values.text("places").split_whitespace().map(str::to_owned).collect();
    let named = read_names(values.text(NAMED.name), options);
    if let Some(lines) = named.unknown() {
        return Err(lines);
    }
    places.extend(named.ids.into_iter().filter(|id| !places.contains(id)).collect::<Vec<_>>());
    Ok(places)
}

pub(crate) fn places_field(options: &[FormOption]) -> &'static str {
    if are_many(options) { NAMED.name } else { PLACES.name }
}

pub(crate) struct CurrentTerms<'a> {
    pub(crate) row: &'a MemberRow,
    /// `None`: every facility.
    pub(crate) places: Option<&'a [String]>,
}

impl CurrentTerms<'_> {
    pub(crate) fn values(&self, options: &[FormOption], now_ms: i64) -> FormValues {
        let values = FormValues::empty(&TERMS).with("role", self.row.role.as_str());
        let values = match self.places {
            None => values.with("all", "on"),
            Some(places) if are_many(options) => values.with(NAMED.name, write_names(places, options)),
            Some(places) => values.with("places", places.join(" ")),
        };
        values.with("days", self.days(now_ms))
    }

    /// As the form says it; a day that has begun counts whole.
    fn days(&self, now_ms: i64) -> String {
        let left = self.row.until_ms.map(|until_ms| until_ms.saturating_sub(now_ms));
        let days = left.map(|left_ms| left_ms.saturating_add(DAY_MS - 1).div_euclid(DAY_MS).max(1));
        days.map(|days| days.to_string()).unwrap_or_default()
    }

    fn digest(&self) -> String {
        let places = self.places.map_or_else(|| "all".to_owned(), |places| places.join(" "));
        let end = self.row.until_ms.map(|until_ms| until_ms.to_string()).unwrap_or_default();
        Hash::of(format!("{}\n{places}\n{end}", self.row.role).as_bytes()).to_string()
    }

    /// As somebody sees them: what they change later must be that. With the days of the form, which are fewer tomorrow.
    pub(crate) fn mark(&self, now_ms: i64) -> String {
        format!("{}-{}", self.digest(), self.days(now_ms))
    }

    /// Whether the page with this mark showed them.
    pub(crate) fn is_shown_by(&self, seen: &str) -> bool {
        seen.split_once('-').is_some_and(|(digest, _)| digest == self.digest())
    }

    /// What a form grants that carries this mark: days that are as they were shown leave the end as it is.
    pub(crate) fn hold_end(&self, grant: MemberGrant, values: &FormValues, seen: &str) -> MemberGrant {
        let is_untouched = seen.split_once('-').is_some_and(|(_, days)| days == values.text("days"));
        // Whoever becomes an auditor gets an end by that.
        let is_theirs = self.row.until_ms.is_some() || grant.role.key() == self.row.role;
        let until_ms = if is_untouched && is_theirs { self.row.until_ms } else { grant.until_ms };
        MemberGrant { until_ms, ..grant }
    }
}

pub(crate) fn read_grant(
    form: &'static FormDefinition,
    values: &FormValues,
    options: &[FormOption],
    now_ms: i64,
) -> Result<MemberGrant, Vec<FieldError>> {
    let words: FormWords = open_words();
    let mut errors = values.errors(words.catalog());
    let role = values.text("role").parse::<UserRole>().ok();
    if role.is_none() && errors.iter().all(|error| error.at != "role") {
        let fault = FieldFault { field: "role", cause: FieldCause::Needed };
        errors.push(fault.word(form, words.catalog()));
    }
    let is_all = !values.text("all").is_empty();
    // Both at once could be meant either way.
    if is_all && !(values.text("places").is_empty() && values.text("named").trim().is_empty()) {
        errors.push(FieldError { at: "all".to_owned(), words: words.form_member_all_or_some() });
    }
    let places = match is_all {
        true => None,
        false => Some(read_places(values, options).unwrap_or_else(|error| {
            errors.push(error);
            Vec::new()
        })),
    };
    if places.as_ref().is_some_and(Vec::is_empty) && errors.iter().all(|error| error.at != NAMED.name) {
        let at = places_field(options).to_owned();
        errors.push(FieldError { at, words: words.form_member_no_place() });
    }
    if role == Some(UserRole::AccountAdmin) && !is_all {
        errors.push(FieldError { at: "all".to_owned(), words: words.form_member_admin_sees_all() });
    }
    let days = match values.text("days") {
        "" => (role == Some(UserRole::Auditor)).then_some(AUDITOR_DAYS),
        days => days.parse::<i64>().ok(),
    };
    let until_ms = days.map(|days| now_ms.saturating_add(days.saturating_mul(DAY_MS)));
    match role {
        Some(role) if errors.is_empty() => Ok(MemberGrant { role, places, until_ms }),
        _ => Err(errors),
    }
}
