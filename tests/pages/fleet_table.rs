//! Pages of the relay about boxes, places, the look of an account and its webhooks, and its guides.

use super::page::{Act, Page};
use super::table::Places;

pub(crate) fn fleet_pages(at: &Places) -> Vec<Page> {
    use Act::{Press, Type};
    let page = |name, path: &str, acts, says| Page {
        name,
        url: format!("{}{path}", at.origin_of_relay()),
        acts,
        says,
    };
    vec![
        page("relay-boxes-none", "/app/boxes?facility=xyzzy", vec![], "No box fits"),
        page("relay-box", "/app/boxes", vec![Press("#boxes tbody th a")], "Retire this box"),
        page(
            "relay-box-error",
            "/app/boxes",
            vec![Press("#boxes tbody th a"), Press("#quarantine button")],
            "There is a problem",
        ),
        page(
            "relay-box-replace",
            "/app/boxes",
            vec![Press("#boxes tbody th a"), Press("a[href$='/replace']")],
            "Replace a box",
        ),
        page("relay-map", "/app/map", vec![], "Without a place"),
        page("relay-place", "/app/facilities", vec![Press("a[href$='/place']")], "Save the place"),
        page(
            "relay-place-error",
            "/app/facilities",
            vec![Press("a[href$='/place']"), Type("#latitude", "north"), Press(".go")],
            "There is a problem",
        ),
        page("relay-brand", "/app/brand", vec![], "Color of the band"),
        page(
            "relay-brand-error",
            "/app/brand",
            vec![Type("#accent", "#ffee00"), Press(".go")],
            "hard to read",
        ),
        page("relay-billing", "/app/billing", vec![], "Billing is off at this relay"),
        // The platform's operator signs in elsewhere: anybody else is refused.
        page("relay-revenue", "/app/platform/revenue", vec![], "role does not allow this"),
        page(
            "relay-platform-account",
            "/app/platform/accounts/01JD0000000000000000000000",
            vec![],
            "role does not allow this",
        ),
        page("relay-alerts", "/app/alerts", vec![], "What somebody must look at"),
        page("relay-alerts-closed", "/app/alerts?show=closed", vec![], "Each closes by itself"),
        page("relay-alert", "/app/alerts", vec![Press("#alerts th a")], "What became of it"),
        page("relay-alert-rules", "/app/alerts/rules", vec![], "Who is told of what"),
        page(
            "relay-alert-hours-error",
            "/app/alerts/rules",
            vec![Type("#from", "22:00"), Press("#hours .go")],
            "There is a problem",
        ),
        page("relay-alert-rule", "/app/alerts/rules/overdue", vec![], "Save the rule"),
        page("relay-platform-mail", "/app/platform/mails/weekly", vec![], "role does not allow this"),
        page("relay-webhooks", "/app/webhooks", vec![], "No webhook yet"),
        page("relay-webhooks-error", "/app/webhooks", vec![Press("#new .go")], "There is a problem"),
        page(
            "relay-webhook-made",
            "/app/webhooks",
            vec![
                Type("#url", "https://hooks.example/a"),
                Press("#new input[type=checkbox]"),
                Press("#new .go"),
            ],
            "Copy the secret now",
        ),
        page("relay-webhook", "/app/webhooks", vec![Press("#webhooks th a")], "Make another secret"),
        page(
            "relay-webhook-delivery",
            "/app/webhooks",
            vec![Press("#webhooks th a"), Press("#test button"), Press("#deliveries th a")],
            "Send it again",
        ),
        page("relay-help", "/help", vec![], "For admins of an account"),
        page("relay-help-guide", "/help/admin-guide", vec![], "The first box in five minutes"),
    ]
}
