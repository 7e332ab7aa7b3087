//! Who signs an account's people in: its admin adds providers, proves domains, and says whether passwords still show the account.

use ::web::answer::{FormRecall, FormReply, Page, SeeOther};
use ::web::argument::Path;
use ::web::error::HttpError;
use ::web::form::{FieldError, FormOption};
use askama::Template;
use axum::extract::State;

use crate::accounts::AccountUser;
use crate::accounts::oidc::OidcError;
use crate::accounts::oidc::groups::{GROUP_ROLES, GroupPlace, read_group_role};
use crate::accounts::oidc::provider::{NEW_ROLES, ProviderPreset};
use crate::accounts::oidc::settings::{
    GroupForm, PROOF_PREFIX, ProviderFault, ProviderForm, ProviderOffice, provider_mark,
};
use crate::db::account::oidc_group_roles::GroupRoleRow;
use crate::db::account::oidc_providers::{DomainRow, PasswordUse, ProviderRow};
use crate::outgoing::OutgoingError;
use crate::web::WebContext;
use crate::web::access::{ManageSecurity, MemberCaller};
use crate::web::form::{RelayForm, require_own_form};
use crate::web::http_error::{internal_error, not_found, parameter_error};
use crate::web::layout::{NavSection, PageLayout};
use crate::web::pages::authentication::organisation::provider_host;
use crate::web::pages::forms::confirm::ConfirmedForm;
use crate::web::pages::forms::member_form::load_places;
use crate::web::pages::forms::named_places::{are_many, read_names};
use crate::web::view_models::formats::{LocalTime, role_name};
use crate::web::words::{ErrorWords, FormWords, OidcWords, PageWords, open_words};

const PATH: &str = "/app/sign-in";

struct ProviderChoice {
    value: &'static str,
    words: String,
    is_chosen: bool,
}

struct DomainView {
    domain: String,
    state: String,
    is_proven: bool,
    record: String,
}

struct GroupView {
    group: String,
    role: String,
    place: String,
    about: String,
}

struct ProviderFields {
    presets: Vec<ProviderChoice>,
    issuer: String,
    client_id: String,
    roles: Vec<ProviderChoice>,
    claim: String,
    user_names: bool,
}

struct ProviderView {
    /// At the end of ids of this one's fields.
    at: String,
    host: String,
    href: String,
    fields: ProviderFields,
    seen: String,
    /// What somebody entered who did not know how it is now, a line each.
    entered: Option<String>,
    domains: Vec<DomainView>,
    domain: String,
    groups: Vec<GroupView>,
    group: GroupEntry,
    is_enforced: bool,
}

#[derive(Default)]
struct GroupEntry {
    group: String,
    role: String,
    place: String,
    named: String,
}

struct RefusedProvider<'a> {
    provider: Option<&'a str>,
    form: &'a RelayForm,
    recall: FormRecall,
}

impl<'a> RefusedProvider<'a> {
    fn entered_for(&self, row: &ProviderRow, act: &str) -> Option<&'a RelayForm> {
        let is_it = self.provider == Some(row.provider.as_str()) && self.form.fields.text("act") == act;
        is_it.then_some(self.form)
    }

    /// What its page says again, where it was not refused for somebody else's change.
    fn say_again(&self, row: &ProviderRow) -> Option<&'a RelayForm> {
        self.entered_for(row, "save").filter(|_| self.recall != FormRecall::Conflicting)
    }

    fn entered_lines(&self, row: &ProviderRow) -> Option<String> {
        let form = self.entered_for(row, "save").filter(|_| self.recall == FormRecall::Conflicting)?;
        let ProviderFields { presets, issuer, client_id, roles, claim, user_names } =
            list_fields(&read_form(form));
        fn chosen_words(choices: Vec<ProviderChoice>) -> String {
            choices.into_iter().find(|choice| choice.is_chosen).map(|choice| choice.words).unwrap_or_default()
        }
        let user_names = if user_names { open_words::<OidcWords>().oidc_user_names() } else { String::new() };
        let lines = [chosen_words(presets), issuer, client_id, chosen_words(roles), claim, user_names];
        Some(lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n"))
    }

    fn entered_group(&self, row: &ProviderRow) -> GroupEntry {
        let Some(form) = self.entered_for(row, "group-add") else { return GroupEntry::default() };
        let [group, role, place, named] =
            ["group", "role", "place", "named"].map(|field| form.fields.text(field).to_owned());
        GroupEntry { group, role, place, named }
    }
}

#[derive(Template)]
#[template(path = "administration/providers.html")]
struct ProvidersPage {
    shell: PageLayout,
    w: OidcWords,
    errors: Vec<FieldError>,
    form_again: String,
    answer_url: String,
    people_url: String,
    providers: Vec<ProviderView>,
    new: ProviderFields,
    group_roles: Vec<ProviderChoice>,
    places: Vec<FormOption>,
    /// Whether there are too many places for a list, so that one is named.
    is_long: bool,
    csrf: String,
}

fn preset_words(w: OidcWords, preset: ProviderPreset) -> String {
    match preset {
        ProviderPreset::Entra => w.oidc_preset_entra(),
        ProviderPreset::Okta => w.oidc_preset_okta(),
        ProviderPreset::Google => w.oidc_preset_google(),
        ProviderPreset::Other => w.oidc_preset_other(),
    }
}

fn list_fields(form: &ProviderForm<'_>) -> ProviderFields {
    let (w, page): (OidcWords, PageWords) = (open_words(), open_words());
    let presets = ProviderPreset::ALL.into_iter().map(|one| ProviderChoice {
        value: one.key(),
        words: preset_words(w, one),
        is_chosen: one.key() == form.preset,
    });
    let roles = NEW_ROLES.into_iter().map(|one| ProviderChoice {
        value: one.key(),
        words: role_name(page, Some(one)),
        is_chosen: one.key() == form.role,
    });
    ProviderFields {
        presets: presets.collect(),
        issuer: form.issuer.to_owned(),
        client_id: form.client_id.to_owned(),
        roles: roles.collect(),
        claim: form.claim.to_owned(),
        user_names: form.user_names,
    }
}

impl WebContext {
    fn provider_office<'a>(&'a self, visitor: &'a AccountUser) -> ProviderOffice<'a> {
        ProviderOffice { service: self.oidc_service(), texts: &*self.outside.texts, visitor }
    }
}

pub(crate) async fn list_providers(
    visitor: MemberCaller<ManageSecurity>,
    State(web): State<WebContext>,
) -> Result<Page, HttpError> {
    draw_providers(&visitor, &web, Vec::new(), None).await
}

async fn draw_providers(
    visitor: &AccountUser,
    web: &WebContext,
    errors: Vec<FieldError>,
    refused: Option<&RefusedProvider<'_>>,
) -> Result<Page, HttpError> {
    let office = web.provider_office(visitor);
    let (rows, domains) = office.list().await?;
    let groups = office.list_groups().await?;
    let mut conn = web.db.read(visitor.reads).await?;
    let places = list_places(load_places(&mut conn, visitor).await?);
    drop(conn);
    let (w, wall): (OidcWords, _) = (open_words(), LocalTime::of_reader(web.now_ms()));
    let providers = rows.iter().enumerate().map(|(n, row): (usize, &ProviderRow)| ProviderView {
        at: format!("-{}", n + 1),
        host: provider_host(&row.issuer),
        href: format!("{PATH}/{}", row.provider),
        fields: match refused.and_then(|refused| refused.say_again(row)) {
            Some(form) => list_fields(&read_form(form)),
            None => list_fields(&row_form(row)),
        },
        // What was entered is a change of what was shown then.
        seen: match refused.and_then(|refused| refused.say_again(row)) {
            Some(form) => form.fields.text("seen").to_owned(),
            None => provider_mark(row),
        },
        entered: refused.and_then(|refused| refused.entered_lines(row)),
        domain: refused
            .and_then(|refused| refused.entered_for(row, "domain-add"))
            .map(|form| form.fields.text("domain").to_owned())
            .unwrap_or_default(),
        group: refused.map(|refused| refused.entered_group(row)).unwrap_or_default(),
        domains: domains
            .iter()
            .filter(|domain| domain.provider == row.provider)
            .map(|domain| view_domain(domain, &wall))
            .collect(),
        groups: groups
            .iter()
            .filter(|group| group.provider == row.provider)
            .map(|group| view_group(group, &places))
            .collect(),
        is_enforced: row.enforced,
    });
    let providers: Vec<ProviderView> = providers.collect();
    let shell = PageLayout::signed_in(w.oidc_providers(), NavSection::People, visitor);
    let had_secret = refused.is_some_and(|refused| !refused.form.fields.text("client_secret").is_empty());
    let is_conflict = refused.is_some_and(|refused| refused.recall == FormRecall::Conflicting);
    let new = refused.filter(|refused| refused.provider.is_none()).map(|refused| read_form(refused.form));
    Page::draw(&ProvidersPage {
        shell: shell.with_problem(!errors.is_empty()),
        w,
        form_again: match (is_conflict, had_secret) {
            (true, _) => w.oidc_changed_next(),
            (false, true) => w.oidc_secret_again(),
            (false, false) => open_words::<FormWords>().form_again(),
        },
        errors,
        answer_url: office.service.answer_url(),
        people_url: format!("{}/organisation/{}", web.settings.public_url, visitor.scope.account()),
        providers,
        new: list_fields(&new.unwrap_or_default()),
        group_roles: group_choices(),
        is_long: are_many(&places),
        places,
        csrf: visitor.token.csrf(),
    })
}

/// Every facility, none yet, and each that there is.
fn list_places(named: Vec<FormOption>) -> Vec<FormOption> {
    let w: OidcWords = open_words();
    let mut places = vec![
        FormOption::new(GroupPlace::Nothing.key(), w.oidc_group_place_none()),
        FormOption::new(GroupPlace::Every.key(), w.oidc_group_place_all()),
    ];
    places.extend(named);
    places
}

fn group_choices() -> Vec<ProviderChoice> {
    let page: PageWords = open_words();
    // The least first, which is what a form says where nobody has chosen.
    let roles = GROUP_ROLES.into_iter().rev().map(|role| ProviderChoice {
        value: role.key(),
        words: role_name(page, Some(role)),
        is_chosen: false,
    });
    roles.collect()
}

fn view_domain(row: &DomainRow, wall: &LocalTime) -> DomainView {
    let w: OidcWords = open_words();
    DomainView {
        domain: row.domain.clone(),
        state: match row.proven_ms {
            Some(proven_ms) => w.oidc_domains_proven(wall.day_of(proven_ms)),
            None => w.oidc_domains_open(&row.domain),
        },
        is_proven: row.proven_ms.is_some(),
        record: format!("{PROOF_PREFIX}{}", row.token),
    }
}

fn view_group(row: &GroupRoleRow, places: &[FormOption]) -> GroupView {
    let w: OidcWords = open_words();
    let place = places.iter().find(|place| place.value == row.place);
    // A region that is no more.
    let place = place.map_or_else(|| w.oidc_group_place_gone(), |place| place.words.clone());
    GroupView {
        group: row.value.clone(),
        role: row.role.clone(),
        place: row.place.clone(),
        about: w.oidc_group_about(place, role_name(open_words(), read_group_role(&row.role))),
    }
}

fn row_form(row: &ProviderRow) -> ProviderForm<'_> {
    ProviderForm {
        preset: &row.preset,
        issuer: &row.issuer,
        client_id: &row.client_id,
        client_secret: "",
        role: &row.role,
        claim: &row.claim,
        user_names: row.user_names,
    }
}

/// `place`: what was chosen from the list, or is named.
fn read_group_form<'a>(form: &'a RelayForm, place: &'a str) -> GroupForm<'a> {
    GroupForm { group: form.fields.text("group"), role: form.fields.text("role"), place }
}

/// The place that a form for a group names, where there are too many for a list; a name that none or several have is none.
async fn read_place(visitor: &AccountUser, web: &WebContext, form: &RelayForm) -> Result<String, HttpError> {
    let is_named = form.fields.iter().any(|(name, _)| name == "named");
    let named = form.fields.text("named");
    if !is_named {
        return Ok(form.fields.text("place").to_owned());
    }
    if named.trim().is_empty() {
        return Ok(GroupPlace::Nothing.key().to_owned());
    }
    let mut conn = web.db.read(visitor.reads).await?;
    let found = read_names(named, &list_places(load_places(&mut conn, visitor).await?));
    let only = found.unknown().is_none().then_some(found.ids).filter(|ids| ids.len() == 1);
    Ok(only.and_then(|ids| ids.into_iter().next()).unwrap_or_default())
}

fn read_form(form: &RelayForm) -> ProviderForm<'_> {
    ProviderForm {
        preset: form.fields.text("preset"),
        issuer: form.fields.text("issuer"),
        client_id: form.fields.text("client_id"),
        client_secret: form.fields.text("client_secret"),
        role: form.fields.text("role"),
        claim: form.fields.text("claim"),
        user_names: form.fields.text("user_names") == "1",
    }
}

fn list_problems(fault: ProviderFault) -> Result<Vec<FieldError>, HttpError> {
    match fault {
        ProviderFault::Several(faults) => faults.into_iter().map(word_fault).collect(),
        fault => word_fault(fault).map(|error| vec![error]),
    }
}

fn word_fault(fault: ProviderFault) -> Result<FieldError, HttpError> {
    let w: OidcWords = open_words();
    let (at, words) = match fault {
        ProviderFault::Changed => ("preset", w.oidc_changed()),
        ProviderFault::Preset => ("preset", w.oidc_bad_preset()),
        ProviderFault::Issuer => ("issuer", w.oidc_bad_issuer()),
        ProviderFault::Client => ("client_id", w.oidc_bad_client()),
        ProviderFault::Secret => ("client_secret", w.oidc_bad_secret()),
        ProviderFault::Role => ("role", w.oidc_bad_role()),
        ProviderFault::Claim => ("claim", w.oidc_bad_claim()),
        ProviderFault::Group => ("providers", w.oidc_bad_group()),
        ProviderFault::Place => ("providers", w.oidc_bad_place()),
        ProviderFault::AdminPlace => ("providers", w.oidc_admin_place()),
        ProviderFault::TooMany => ("providers", w.oidc_too_many()),
        ProviderFault::Domain => ("providers", w.oidc_bad_domain()),
        ProviderFault::DomainKnown => ("providers", w.oidc_domain_known()),
        ProviderFault::DomainTaken => ("providers", w.oidc_domain_taken()),
        ProviderFault::NotProven => ("providers", w.oidc_not_proven()),
        ProviderFault::NoNames => ("providers", w.oidc_no_names()),
        ProviderFault::NoDomain => ("providers", w.oidc_no_domain()),
        ProviderFault::OwnerFactor => ("providers", w.oidc_owner_factor()),
        // Both in the same words: nobody learns here which names there are in a network within.
        ProviderFault::Provider(OidcError::Unreachable(
            OutgoingError::Forbidden(host) | OutgoingError::Unresolved(host),
        )) => ("issuer", w.oidc_address_answer(host)),
        ProviderFault::Provider(OidcError::Unreachable(_) | OidcError::Metadata) => {
            ("issuer", w.oidc_no_answer())
        }
        ProviderFault::Unknown => return Err(not_found()),
        ProviderFault::Db(error) | ProviderFault::Provider(OidcError::Db(error)) => return Err(error.into()),
        fault => return Err(internal_error(fault)),
    };
    Ok(FieldError { at: at.to_owned(), words })
}

/// `provider`: the one that the form is about; none where it adds one.
async fn reply_done(
    visitor: &AccountUser,
    web: &WebContext,
    done: Result<(), ProviderFault>,
    provider: Option<&str>,
    form: &RelayForm,
) -> Result<FormReply, HttpError> {
    let Err(fault) = done else { return SeeOther::to(PATH).map(FormReply::Done) };
    let is_conflict = matches!(fault, ProviderFault::Changed);
    let recall = if is_conflict { FormRecall::Conflicting } else { FormRecall::Invalid };
    let mut errors = list_problems(fault)?;
    if let Some(provider) = provider {
        // Fields of a provider that is there already are in a card of their own.
        let (rows, _) = web.provider_office(visitor).list().await?;
        let card = rows.iter().position(|row| row.provider == provider).map(|n| n + 1);
        let act = form.fields.text("act");
        for error in &mut errors {
            let field = match act {
                "save" => Some(error.at.as_str()).filter(|at| *at != "providers"),
                "domain-add" => Some("domain"),
                "group-add" => Some("group"),
                _ => None,
            };
            error.at = match (field, card) {
                (Some(field), Some(card)) => format!("{field}-{card}"),
                _ => "providers".to_owned(),
            };
        }
    }
    let refused = RefusedProvider { provider, form, recall };
    let page = draw_providers(visitor, web, errors, Some(&refused)).await?;
    Ok(FormReply::Again(recall, page))
}

/// `POST /app/sign-in`: a new provider.
pub(crate) async fn add_provider(
    visitor: MemberCaller<ManageSecurity>,
    State(web): State<WebContext>,
    form: ConfirmedForm,
) -> Result<FormReply, HttpError> {
    require_own_form(&visitor, &form)?;
    let done = web.provider_office(&visitor).add(&read_form(&form)).await;
    reply_done(&visitor, &web, done, None, &form).await
}

/// `POST /app/sign-in/{provider}`: what it is, its domains, or its end.
pub(crate) async fn change_provider(
    visitor: MemberCaller<ManageSecurity>,
    State(web): State<WebContext>,
    Path(provider): Path<String>,
    form: ConfirmedForm,
) -> Result<FormReply, HttpError> {
    require_own_form(&visitor, &form)?;
    let office = web.provider_office(&visitor);
    let domain = form.fields.text("domain");
    let place = read_place(&visitor, &web, &form).await?;
    let done = match form.fields.text("act") {
        "save" => office.change(&provider, &read_form(&form), form.fields.text("seen")).await,
        "remove" => office.remove(&provider).await,
        "domain-add" => office.add_domain(&provider, domain).await,
        "domain-prove" => office.prove_domain(&provider, domain).await,
        "domain-remove" => office.remove_domain(&provider, domain).await,
        "group-add" => office.add_group(&provider, read_group_form(&form, &place)).await,
        "group-remove" => office.remove_group(&provider, read_group_form(&form, &place)).await,
        "enforce" => office.set_password_use(&provider, PasswordUse::Barred).await,
        "leave" => office.set_password_use(&provider, PasswordUse::Allowed).await,
        _ => return Err(parameter_error("act", ErrorWords::parameter_provider_act)),
    };
    reply_done(&visitor, &web, done, Some(&provider), &form).await
}
