//! The relay's table of routes: a path that is not in it does not exist.

use ::web::assets::{LIVE, MARK, STYLE};
use ::web::route::{Example, Route, RouteKind, row};
use ::web::table::{ApiInfo, Table, TableError};
use axum::http::Method;

use crate::accounts::credentials::session;
use crate::accounts::oidc::sign_in::ANSWER_PATH;
use crate::web::WebContext;
use crate::web::api::{docs, health, mail_events, photos, stripe_events};
use crate::web::api_routes::{
    CROWDED, FINDING, MAY_BE_UNAVAILABLE, SEARCHING, SOME_ID, api_rows, in_facility, old_rows,
};
use crate::web::assets::PASSKEY;
use crate::web::brand_routes::brand_rows;
use crate::web::layout::GAPS_PATH;
use crate::web::pages::administration::{
    access_export, access_log, mail_previews, people, programs, providers, support, webhooks,
};
use crate::web::pages::alerts;
use crate::web::pages::authentication::{organisation, second_step, sign_in, sign_in_methods};
use crate::web::pages::billing::{account_billing, revenue};
use crate::web::pages::facilities::{
    account, compare, equipment as item, equipment_list, facility, facility_list, figures, gaps,
    label_sheets, map, regions, report,
};
use crate::web::pages::fleet::{add_box, box_acts, box_forks, box_page, boxes};
use crate::web::pages::help;
use crate::web::pages::operator::{platform, platform_notices, platform_records};
use crate::web::pages::personal::{factors, identities, locale, mails, me, notices, passkeys, reports};
use crate::web::{key_list, live, proof};

const INFO: ApiInfo = ApiInfo {
    title: "CleanTrack relay",
    version: "1",
    description: "Equipment, cleanings and compliance of one account. Lists hold 100 things unless `limit` says \
                  otherwise, 1,000 at most; `next` is the `cursor` of the part after it, null at the end. A token \
                  that has expired gets 401 with the type /problems/token-expired. `RateLimit` says what a token has \
                  left; behind that it gets 429. With an `Idempotency-Key` a change is made once, however often it is \
                  sent in 24 hours.",
    path: "/api/openapi.json",
    session_cookie: session::COOKIE,
};

const PASSWORD_EXAMPLE: &str = "correct horse battery";
const NEW_PASSWORD_EXAMPLE: &str = "another horse battery";
/// A secret of a link, as far as its form goes.
const SOME_SECRET: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
/// Parts of a passkey's answers, as far as their form goes.
const SOME_ASSERTION: &str = "AAAA.e30.AAAA.AAAA.AAAA";
const SOME_CREDENTIAL: &str = "AAAA.e30.oA.internal";

pub(crate) fn build_table() -> Result<Table<WebContext>, TableError> {
    let pages = [
        open_rows(),
        help_rows(),
        oidc_rows(),
        own_rows(),
        passkey_rows(),
        account_rows(),
        webhook_rows(),
        alert_rows(),
        access_rows(),
        fleet_rows(),
        map_rows(),
        brand_rows(),
        facility_rows(),
        report_rows(),
        operations_rows(),
        platform_rows(),
        billing_rows(),
        mail_rows(),
    ]
    .concat()
    .into_iter();
    let pages = pages.map(|route| match route.refusals {
        [] => route.refusals(MAY_BE_UNAVAILABLE),
        _ => route,
    });
    let routes = pages.chain(api_rows()).chain(old_rows()).collect();
    Table::build(INFO, routes)
}

fn problem_example() -> Example {
    Example::default()
}

fn of_link(part: &'static str) -> Example {
    problem_example().part(part, SOME_SECRET)
}

fn open_rows() -> Vec<Route<WebContext>> {
    use RouteKind::{Form, Operator, Page, Webhook};
    let sign_in =
        problem_example().field("email", "admin@hospital.example").field("password", PASSWORD_EXAMPLE);
    let new_account = problem_example()
        .field("name", "Ana Lima")
        .field("organisation", "Linden Health")
        .field("email", "ana@hospital.example");
    let joins = of_link("invitation").field("name", "Ana Lima").field("password", PASSWORD_EXAMPLE);
    vec![
        row(Method::GET, "/", "start.show", Page, sign_in::start_session),
        row(Method::GET, "/login", "sign-in.show", Page, sign_in::show),
        row(Method::POST, "/login", "sign-in.submit", Form, sign_in::sign_in)
            .example(sign_in.secret(PASSWORD_EXAMPLE)),
        row(Method::GET, "/second-step", "second-step.show", Page, second_step::show_step),
        row(Method::POST, "/second-step", "second-step.submit", Form, second_step::submit_code)
            .example(problem_example().field("code", "287082").secret("287082")),
        row(Method::GET, "/forgot", "link.new", Page, sign_in_methods::show_forgot),
        row(Method::POST, "/forgot", "link.request", Form, sign_in_methods::request_link)
            .example(problem_example().field("email", "admin@hospital.example").field("act", "reset")),
        row(Method::GET, "/reset/{reset}", "reset.show", Page, sign_in_methods::show_reset)
            .example(of_link("reset")),
        row(Method::POST, "/reset/{reset}", "reset.set", Form, sign_in_methods::set_password)
            .example(of_link("reset").field("password", PASSWORD_EXAMPLE).secret(PASSWORD_EXAMPLE)),
        row(Method::GET, "/sign-in/{link}", "link.show", Page, sign_in_methods::show_link)
            .example(of_link("link")),
        row(Method::POST, "/sign-in/{link}", "link.use", Form, sign_in_methods::use_link)
            .example(of_link("link").field("act", "in")),
        row(Method::GET, "/sign-up", "sign-up.new", Page, sign_in_methods::show_sign_up).refusals(FINDING),
        row(Method::POST, "/sign-up", "sign-up.begin", Form, sign_in_methods::sign_up)
            .refusals(FINDING)
            .example(new_account),
        row(Method::GET, "/sign-up/{confirm}", "sign-up.show", Page, sign_in_methods::show_confirm)
            .example(of_link("confirm")),
        row(Method::POST, "/sign-up/{confirm}", "sign-up.confirm", Form, sign_in_methods::confirm_account)
            .example(of_link("confirm").field("password", PASSWORD_EXAMPLE).secret(PASSWORD_EXAMPLE)),
        row(Method::GET, "/join/{invitation}", "invitation.show", Page, sign_in_methods::show_invitation)
            .example(of_link("invitation")),
        row(
            Method::POST,
            "/join/{invitation}",
            "invitation.accept",
            Form,
            sign_in_methods::accept_invitation,
        )
        .example(joins.secret(PASSWORD_EXAMPLE)),
        row(Method::GET, "/u/{exit}", "mails.show-exit", Page, mails::show_exit).example(of_link("exit")),
        row(Method::POST, "/u/{exit}", "mails.stop", Form, mails::stop_topic)
            .example(of_link("exit").field("List-Unsubscribe", "One-Click")),
        row(Method::GET, "/healthz", "health.show", Operator, health::show_alive),
        row(Method::GET, "/readyz", "readiness.show", Operator, health::show_ready),
        row(Method::POST, mail_events::PATH, "mail-event.take", Webhook, mail_events::take_event)
            .summary("What Resend says of a mail that left")
            .example(Example::default().bytes("application/json", mail_events::EXAMPLE)),
        row(Method::GET, "/api/docs", "docs.show", Page, docs::show),
        row(Method::GET, key_list::PATH, "key-list.show", Operator, key_list::show_key_list),
        STYLE.to_route("style.show"),
        LIVE.to_route("live-script.show"),
        MARK.to_route("mark.show"),
    ]
}

fn oidc_rows() -> Vec<Route<WebContext>> {
    use RouteKind::{Form, Page};
    fn provider_example() -> Example {
        problem_example()
            .field("preset", "other")
            .field("issuer", "https://login.example")
            .field("client_id", "cleantrack")
            .field("client_secret", PASSWORD_EXAMPLE.replace(' ', "-"))
            .field("role", "technician")
    }
    vec![
        row(Method::GET, "/organisation", "organisation.new", Page, organisation::show_start),
        row(Method::POST, "/organisation", "organisation.begin", Form, organisation::begin_flow)
            .refusals(FINDING)
            .example(problem_example().field("provider", SOME_ID)),
        row(
            Method::GET,
            "/organisation/{organisation}",
            "organisation.show",
            Page,
            organisation::show_account,
        )
        .refusals(FINDING)
        .example(problem_example().part("organisation", SOME_ID)),
        row(Method::GET, ANSWER_PATH, "organisation.finish", Page, organisation::finish_flow)
            .example(problem_example().query(format!("code=x&state={SOME_SECRET}"))),
        row(Method::GET, "/app/sign-in", "providers.list", Page, providers::list_providers),
        row(Method::POST, "/app/sign-in", "providers.add", Form, providers::add_provider)
            .refusals(SEARCHING)
            .example(provider_example()),
        row(Method::POST, "/app/sign-in/{provider}", "providers.change", Form, providers::change_provider)
            .refusals(SEARCHING)
            .example(provider_example().part("provider", SOME_ID).field("act", "save")),
        row(Method::POST, "/app/me/identities", "identities.link", Form, identities::link_identity)
            .refusals(FINDING)
            .example(problem_example().field("provider", SOME_ID)),
        row(
            Method::POST,
            "/app/me/identities/{identity}",
            "identities.remove",
            Form,
            identities::unlink_identity,
        )
        .refusals(FINDING)
        .example(problem_example().part("identity", SOME_ID).field("act", "remove")),
    ]
}

fn help_rows() -> Vec<Route<WebContext>> {
    vec![
        row(Method::GET, "/help", "help.list", RouteKind::Page, help::list_guides),
        row(Method::GET, "/help/{page}", "help.show", RouteKind::Page, help::show_guide)
            .example(problem_example().part("page", "admin-guide")),
    ]
}

fn own_rows() -> Vec<Route<WebContext>> {
    use RouteKind::{Form, Page};
    let new_password =
        problem_example().field("present", PASSWORD_EXAMPLE).field("password", NEW_PASSWORD_EXAMPLE);
    vec![
        row(Method::GET, "/app/me", "me.show", Page, me::show),
        row(Method::POST, "/app/me/sessions/{session}", "me.end-session", Form, me::end_session)
            .example(problem_example().part("session", "0123456789abcdef").field("act", "end")),
        row(Method::POST, "/app/me/password", "me.change-password", Form, me::change_password)
            .example(new_password.secret(PASSWORD_EXAMPLE).secret(NEW_PASSWORD_EXAMPLE)),
        row(Method::POST, "/app/me/account", "me.switch-account", Form, me::switch_account)
            .example(problem_example().field("account", SOME_ID)),
        row(Method::POST, locale::LANGUAGE_PATH, "language.choose", Form, locale::choose_language)
            .example(Example::default().field("language", "es")),
        row(Method::GET, "/app/me/locale", "own-locale.show", Page, locale::show_own),
        row(Method::POST, "/app/me/locale", "own-locale.change", Form, locale::change_own)
            .example(problem_example().field("locale", "es-MX").field("zone", "America/Mexico_City")),
        row(Method::GET, "/app/locale", "account-locale.show", Page, locale::show_account),
        row(Method::POST, "/app/locale", "account-locale.change", Form, locale::change_account)
            .example(problem_example().field("locale", "es-US").field("zone", "America/Chicago")),
        row(Method::GET, "/app/me/mails", "mails.show", Page, mails::show_topics),
        row(Method::POST, "/app/me/mails", "mails.choose", Form, mails::save_topics)
            .example(problem_example().field("topic.weekly", "on")),
        row(Method::GET, "/app/me/factors/new", "factors.new", Page, factors::show_new),
        row(Method::POST, "/app/me/factors", "factors.add", Form, factors::add_app)
            .example(problem_example().field("offer", "1.AAAA").field("code", "287082")),
        row(Method::POST, "/app/me/factors/codes", "factors.renew-codes", Form, factors::renew_codes)
            .refusals(FINDING)
            .example(problem_example().field("act", "renew")),
        row(Method::POST, "/app/me/factors/{factor}", "factors.remove", Form, factors::change_factor)
            .refusals(FINDING)
            .example(problem_example().part("factor", SOME_ID).field("act", "remove")),
        row(Method::POST, "/app/second-factor", "factors.demand", Form, factors::demand_factor)
            .example(problem_example().field("act", "leave")),
    ]
}

fn passkey_rows() -> Vec<Route<WebContext>> {
    use RouteKind::Form;
    vec![
        row(Method::POST, "/passkey", "passkey.begin", Form, passkeys::begin_sign_in)
            .refusals(FINDING)
            .example(problem_example().field("next", "/app/people")),
        row(Method::POST, "/passkey/sign-in", "passkey.sign-in", Form, passkeys::sign_in)
            .refusals(FINDING)
            .example(problem_example().field("next", "/app/people").field("passkey", SOME_ASSERTION)),
        row(Method::POST, "/app/me/passkeys/new", "passkeys.new", Form, passkeys::show_new)
            .refusals(FINDING)
            .example(problem_example().field("act", "new")),
        row(Method::POST, "/app/me/passkeys", "passkeys.add", Form, passkeys::add_passkey)
            .refusals(FINDING)
            .example(problem_example().field("name", "Phone").field("passkey", SOME_CREDENTIAL)),
        PASSKEY.to_route("passkey-script.show"),
    ]
}

fn access_rows() -> Vec<Route<WebContext>> {
    use RouteKind::{Form, Page};
    vec![
        row(Method::GET, "/app/platform", "platform.show", Page, platform::show_platform),
        row(Method::POST, "/app/platform/jobs/{job}", "platform.retry-job", Form, platform::retry_job)
            .refusals(SEARCHING)
            .example(problem_example().part("job", SOME_ID).field("act", "retry")),
        row(Method::GET, access_log::PATH, "access-log.show", Page, access_log::show)
            .example(problem_example().query("who=ana&outcome=denied&from=2026-11-01&to=2026-11-30")),
        row(Method::POST, "/app/access/export", "access-log.export", Form, access_export::export_rows)
            .refusals(CROWDED)
            .example(problem_example().field("as", "csv").field("from", "2026-11-01")),
    ]
}

fn open_terms(hours: &'static str) -> Example {
    problem_example().field("reason", "Numbers look wrong").field("hours", hours)
}

/// An account that is open to whoever runs the platform, and what is announced on its pages.
fn operations_rows() -> Vec<Route<WebContext>> {
    use RouteKind::{Form, Page};
    vec![
        row(Method::GET, "/app/support", "support.show", Page, support::show_support),
        row(Method::POST, "/app/support", "support.open", Form, support::open_to_support)
            .example(open_terms("4")),
        row(Method::POST, "/app/support/{grant}", "support.end", Form, support::end_support)
            .refusals(FINDING)
            .example(problem_example().part("grant", SOME_ID).field("act", "end")),
        row(Method::POST, "/app/leave", "support.leave", Form, support::leave_account)
            .refusals(FINDING)
            .example(problem_example().field("act", "leave")),
        row(Method::POST, "/app/notices/{notice}", "notices.hide", Form, notices::hide_notice)
            .refusals(FINDING)
            .example(problem_example().part("notice", SOME_ID).field("act", "hide")),
    ]
}

/// What whoever runs the platform opens, switches, announces and looks up.
fn platform_rows() -> Vec<Route<WebContext>> {
    use RouteKind::{Form, Page};
    let announces = problem_example()
        .field("text", "Work on Sunday")
        .field("from", "")
        .field("until", "2099-11-20T14:00");
    vec![
        row(
            Method::GET,
            "/app/platform/accounts/{account}",
            "platform.show-account",
            Page,
            support::show_account,
        )
        .refusals(FINDING)
        .example(problem_example().part("account", SOME_ID)),
        row(
            Method::POST,
            "/app/platform/accounts/{account}",
            "platform.open-account",
            Form,
            support::open_account,
        )
        .refusals(FINDING)
        .example(open_terms("2").part("account", SOME_ID)),
        row(
            Method::GET,
            "/app/platform/records",
            "platform.show-records",
            Page,
            platform_records::show_records,
        )
        .example(problem_example().query("find=1")),
        row(
            Method::GET,
            "/app/platform/notices",
            "platform.list-notices",
            Page,
            platform_notices::show_notices,
        ),
        row(
            Method::POST,
            "/app/platform/notices",
            "platform.announce",
            Form,
            platform_notices::announce_text,
        )
        .example(announces),
        row(
            Method::POST,
            "/app/platform/notices/{announcement}",
            "platform.end-announcement",
            Form,
            platform_notices::end_announcement,
        )
        .refusals(FINDING)
        .example(problem_example().part("announcement", SOME_ID).field("act", "end")),
        row(Method::POST, "/app/platform/switches", "platform.switch", Form, platform_notices::move_switch)
            .refusals(SEARCHING)
            .example(problem_example().field("switch", "read-only").field("account", "").field("to", "on")),
    ]
}

fn of_mail() -> Example {
    problem_example().part("kind", "onboarding-1")
}

/// What mails look like, and an account's own words in them.
fn mail_rows() -> Vec<Route<WebContext>> {
    use RouteKind::{Form, Page};
    vec![
        row(Method::GET, "/app/platform/mails", "platform.list-mails", Page, mail_previews::list_platform),
        row(
            Method::GET,
            "/app/platform/mails/{kind}",
            "platform.show-mail",
            Page,
            mail_previews::show_platform,
        )
        .refusals(FINDING)
        .example(of_mail()),
        row(
            Method::GET,
            "/app/platform/mails/{kind}/document",
            "platform.draw-mail",
            Page,
            mail_previews::show_platform_document,
        )
        .refusals(FINDING)
        .example(of_mail()),
        row(Method::GET, "/app/mails", "mail-words.list", Page, mail_previews::list_account),
        row(Method::GET, "/app/mails/{kind}", "mail-words.show", Page, mail_previews::show_account)
            .refusals(FINDING)
            .example(of_mail()),
        row(Method::POST, "/app/mails/{kind}", "mail-words.save", Form, mail_previews::save_words)
            .refusals(FINDING)
            .example(of_mail().field("intro", "Dear colleagues")),
        row(Method::GET, "/app/mails/{kind}/document", "mail-words.draw", Page, mail_previews::show_document)
            .refusals(FINDING)
            .example(of_mail()),
        row(Method::POST, "/app/mails/{kind}/document", "mail-words.try", Form, mail_previews::try_words)
            .refusals(FINDING)
            .example(of_mail().field("intro", "Dear colleagues")),
    ]
}

fn account_rows() -> Vec<Route<WebContext>> {
    use RouteKind::{Form, Live, Page};
    fn person_example() -> Example {
        problem_example().part("user", SOME_ID)
    }
    let invited = problem_example()
        .field("email", "tom@hospital.example")
        .field("role", "facility_admin")
        .field("all", "on");
    let new_token = problem_example()
        .field("name", "Data warehouse")
        .field("days", "365")
        .field("scope", "read")
        .field("id", "22222222");
    vec![
        row(Method::POST, "/logout", "session.end", Form, sign_in::sign_out)
            .example(problem_example().field("here", "yes")),
        row(Method::GET, live::PATH, "live.show", Live, live::show),
        row(Method::GET, "/app", "home.show", Page, account::home),
        row(Method::GET, "/app/", "account.show", Page, account::show),
        row(Method::GET, "/app/people", "people.list", Page, people::list_people),
        row(Method::POST, "/app/people", "people.invite", Form, people::invite_person).example(invited),
        row(
            Method::POST,
            "/app/people/invitations/{invited}",
            "people.take-back",
            Form,
            people::revoke_invitation,
        )
        .example(problem_example().part("invited", SOME_ID).field("act", "revoke")),
        row(Method::POST, "/app/people/{user}/terms", "people.change-terms", Form, people::save_terms)
            .example(person_example().field("role", "biomed").field("all", "on")),
        row(Method::GET, "/app/people/{user}", "people.show", Page, people::show_person)
            .example(person_example()),
        row(Method::POST, "/app/people/{user}", "people.change", Form, people::change_person)
            .example(person_example().field("act", "sign-out")),
        row(Method::GET, "/app/regions", "regions.list", Page, regions::list_regions),
        row(Method::POST, "/app/regions", "regions.add", Form, regions::add_region)
            .example(problem_example().field("name", "North")),
        row(Method::POST, "/app/regions/{region}", "regions.change", Form, regions::change_region)
            .example(problem_example().part("region", SOME_ID).field("act", "save").field("name", "West")),
        row(Method::GET, "/app/programs", "programs.list", Page, programs::list),
        row(Method::POST, "/app/programs", "programs.add", Form, programs::create).example(new_token),
        row(Method::GET, "/app/programs/{token}", "programs.show", Page, programs::show)
            .example(problem_example().part("token", "ZZZZZZZZ")),
        row(Method::POST, "/app/programs/{token}", "programs.revoke", Form, programs::revoke)
            .example(problem_example().part("token", "ZZZZZZZZ").field("reason", "moved")),
        row(Method::GET, "/app/proof/{box_id}/{epoch}/{seq}", "proof.download", Page, proof::file_response)
            .example(problem_example().part("box_id", SOME_ID).part("epoch", "1-00ab0102").part("seq", "4")),
        row(Method::GET, "/photos/{photo}", "photo.show", Page, photos::show)
            .example(problem_example().part("photo", "ab".repeat(32))),
    ]
}

fn webhook_rows() -> Vec<Route<WebContext>> {
    use RouteKind::{Form, Page};
    fn webhook_example() -> Example {
        problem_example().part("webhook", SOME_ID)
    }
    fn delivery_example() -> Example {
        webhook_example().part("delivery", "msg_01JD0000000000000000000000")
    }
    let new = problem_example()
        .field("url", "https://hooks.example/cleantrack")
        .field("events.item.overdue", "on")
        .field("id", SOME_ID);
    let delivery_path = "/app/webhooks/{webhook}/deliveries/{delivery}";
    vec![
        row(Method::GET, "/app/webhooks", "webhooks.list", Page, webhooks::list_webhooks),
        row(Method::POST, "/app/webhooks", "webhooks.add", Form, webhooks::add_webhook).example(new),
        row(Method::GET, "/app/webhooks/{webhook}", "webhooks.show", Page, webhooks::show_webhook)
            .example(webhook_example()),
        row(Method::POST, "/app/webhooks/{webhook}", "webhooks.change", Form, webhooks::change_webhook)
            .refusals(SEARCHING)
            .example(webhook_example().field("act", "pause")),
        row(Method::POST, "/app/webhooks/{webhook}/secret", "webhooks.rotate", Form, webhooks::rotate_secret)
            .refusals(FINDING)
            .example(webhook_example().field("act", "rotate")),
        row(Method::GET, delivery_path, "webhooks.show-delivery", Page, webhooks::show_delivery)
            .example(delivery_example()),
        row(Method::POST, delivery_path, "webhooks.send-again", Form, webhooks::send_again)
            .refusals(FINDING)
            .example(delivery_example().field("act", "again")),
    ]
}

fn alert_rows() -> Vec<Route<WebContext>> {
    use RouteKind::{Form, Page};
    let of_alert = problem_example().part("alert", SOME_ID);
    let of_rule = problem_example().part("kind", "overdue");
    let hours = problem_example().field("from", "22:00").field("until", "06:00").field("digest", "07:00");
    vec![
        row(Method::GET, "/app/alerts", "alerts.list", Page, alerts::list::list_open)
            .example(problem_example().query("show=closed")),
        row(Method::GET, "/app/alerts/rules", "alert-rules.list", Page, alerts::rules::show_rules),
        row(Method::POST, "/app/alerts/rules", "alert-rules.set-hours", Form, alerts::rules::change_hours)
            .example(hours),
        row(Method::GET, "/app/alerts/rules/{kind}", "alert-rules.show", Page, alerts::rules::show_rule)
            .example(of_rule.clone()),
        row(Method::POST, "/app/alerts/rules/{kind}", "alert-rules.change", Form, alerts::rules::change_rule)
            .refusals(FINDING)
            .example(of_rule.field("minutes", "45").field("roles.biomed", "on").field("escalate", "0")),
        row(Method::GET, "/app/alerts/{alert}", "alerts.show", Page, alerts::one::show_alert)
            .example(of_alert.clone()),
        row(Method::POST, "/app/alerts/{alert}", "alerts.change", Form, alerts::one::change_one)
            .refusals(SEARCHING)
            .example(of_alert.field("act", "acknowledge")),
    ]
}

/// Boxes: their states, and what is done to them.
fn fleet_rows() -> Vec<Route<WebContext>> {
    use RouteKind::{Form, Page};
    fn box_example() -> Example {
        problem_example().part("box_id", SOME_ID)
    }
    vec![
        row(Method::GET, "/app/boxes", "boxes.list", Page, boxes::show),
        row(Method::GET, "/app/boxes/add", "boxes.new", Page, add_box::show),
        row(Method::POST, "/app/boxes/add", "boxes.add", Form, add_box::create_claim_file)
            .example(problem_example().field("facility", SOME_ID)),
        row(
            Method::GET,
            "/app/boxes/{box_id}/evidence/{evidence}",
            "evidence.download",
            Page,
            box_forks::evidence,
        )
        .example(box_example().part("evidence", SOME_ID)),
        row(Method::GET, "/app/boxes/{box_id}", "boxes.show", Page, box_page::show_box)
            .example(box_example()),
        row(Method::POST, "/app/boxes/{box_id}", "boxes.change", Form, box_acts::change_box)
            .refusals(SEARCHING)
            .example(box_example().field("act", "release").field("reason", "The card was found")),
        row(Method::POST, "/app/boxes/{box_id}/name", "boxes.rename", Form, box_acts::rename_box)
            .refusals(FINDING)
            .example(box_example().field("name", "Basement box")),
        row(Method::GET, "/app/boxes/{box_id}/replace", "boxes.replace-form", Page, add_box::show_replace)
            .example(box_example()),
        row(Method::POST, "/app/boxes/{box_id}/replace", "boxes.replace", Form, add_box::create_replacement)
            .refusals(FINDING)
            .example(box_example().field("host_name", "ward-7")),
    ]
}

fn map_rows() -> Vec<Route<WebContext>> {
    use RouteKind::{Form, Page};
    let place = in_facility()
        .field("address", "1 Main Street, Springfield")
        .field("latitude", "41.87811")
        .field("longitude", "-87.62980");
    vec![
        row(Method::GET, "/app/map", "map.show", Page, map::show_map),
        row(Method::GET, "/app/facilities/{facility}/place", "place.show", Page, map::show_place)
            .example(in_facility()),
        row(Method::POST, "/app/facilities/{facility}/place", "place.save", Form, map::save_place)
            .refusals(FINDING)
            .example(place),
    ]
}

fn report_rows() -> Vec<Route<WebContext>> {
    use RouteKind::{Form, Page};
    let days = || problem_example().field("from", "2026-11-01").field("to", "2026-11-20");
    let made = || problem_example().part("made", SOME_ID).field("act", "remove");
    vec![
        row(Method::GET, "/app/reports", "reports.list", Page, reports::show_reports),
        row(Method::POST, "/app/reports", "reports.begin", Form, reports::begin_report)
            .refusals(FINDING)
            .example(days().field("facility", "").field("pace", "once").field("format", "csv")),
        row(Method::GET, "/app/reports/{made}", "reports.fetch", Page, reports::fetch_report)
            .refusals(FINDING)
            .example(Example::default().part("made", SOME_ID)),
        row(Method::POST, "/app/reports/{made}", "reports.end", Form, reports::end_report)
            .refusals(FINDING)
            .example(made()),
        row(
            Method::POST,
            "/app/reports/schedules/{schedule}",
            "reports.end-schedule",
            Form,
            reports::end_schedule,
        )
        .refusals(FINDING)
        .example(problem_example().part("schedule", SOME_ID).field("act", "remove")),
    ]
}

fn facility_rows() -> Vec<Route<WebContext>> {
    use RouteKind::{Form, Page};
    let of_item = in_facility().part("tag", "7QK3M9X2W");
    vec![
        row(Method::GET, "/app/compare", "regions.compare", Page, compare::show_regions),
        row(Method::GET, GAPS_PATH, "gaps.list", Page, gaps::show_gaps),
        row(Method::GET, "/app/facilities", "facilities.list", Page, facility_list::list_all),
        row(Method::POST, "/app/facilities", "facilities.add", Form, facility_list::add_facility)
            .example(problem_example().field("name", "Northgate Clinic").field("zone", "America/Chicago")),
        row(
            Method::POST,
            "/app/facilities/{facility}",
            "facilities.change",
            Form,
            facility_list::change_facility,
        )
        .refusals(SEARCHING)
        .example(in_facility().field("act", "open")),
        row(Method::GET, "/app/f/{facility}", "facility.show", Page, facility::show).example(in_facility()),
        row(Method::GET, "/app/f/{facility}/gaps", "gaps.show", Page, gaps::show_facility_gaps)
            .example(in_facility()),
        row(Method::GET, "/app/f/{facility}/report", "report.ask", Page, report::ask_report)
            .example(in_facility()),
        row(Method::GET, "/app/f/{facility}/report/file", "report.fetch", Page, report::fetch_report)
            .refusals(SEARCHING)
            .example(in_facility().query("from=2026-11-01&to=2026-11-20&format=csv")),
        row(Method::GET, "/app/f/{facility}/figures", "figures.show", Page, figures::show_figures)
            .example(in_facility()),
        row(Method::GET, "/app/f/{facility}/equipment", "equipment-page.list", Page, equipment_list::show)
            .example(in_facility().query("q=pump")),
        row(Method::GET, "/app/f/{facility}/e/{tag}", "equipment-page.show", Page, item::show)
            .example(of_item),
        row(Method::GET, "/app/f/{facility}/labels", "label-sheet.show", Page, label_sheets::show)
            .example(in_facility()),
        row(
            Method::GET,
            "/app/f/{facility}/labels.pdf",
            "label-sheet.download",
            Page,
            label_sheets::download_pdf,
        )
        .example(in_facility()),
    ]
}

/// Stripe's messages come to either of both names of the old apps, with and without the last slash.
const MESSAGE_PATHS: [(&str, &str); 4] = [
    ("/billing/webhooks/stripe/", "stripe-event.take"),
    ("/billing/webhooks/stripe", "stripe-event.take-short"),
    ("/billing/webhook/stripe/", "stripe-event.take-old"),
    ("/billing/webhook/stripe", "stripe-event.take-old-short"),
];

fn billing_rows() -> Vec<Route<WebContext>> {
    use RouteKind::{Form, Page, Webhook};
    let messages = MESSAGE_PATHS.map(|(path, name)| {
        row(Method::POST, path, name, Webhook, stripe_events::take_event)
            .summary("What Stripe says of customers, subscriptions and invoices")
            .refusals(FINDING)
            .example(Example::default().bytes("application/json", stripe_events::EXAMPLE))
    });
    let pages = [
        row(Method::GET, "/app/billing", "billing.show", Page, account_billing::show_billing),
        row(Method::POST, "/app/billing/subscribe", "billing.subscribe", Form, account_billing::subscribe)
            .refusals(FINDING)
            .example(Example::default().field("plan", "pro").field("currency", "usd")),
        row(Method::POST, "/app/billing/portal", "billing.open-portal", Form, account_billing::open_portal)
            .refusals(FINDING)
            .example(Example::default().field("act", "open")),
        row(Method::GET, "/app/platform/revenue", "revenue.show", Page, revenue::show_revenue)
            .example(Example::default().query("group=trial")),
    ];
    messages.into_iter().chain(pages).collect()
}
