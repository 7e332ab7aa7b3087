//! What somebody is asked before labels carry another address.

use web::form::FormValues;

use crate::intake::{HostChange, weigh_label_host};
use crate::web::context::AppState;
use crate::web::request::fields::field_error::Wrong;
use crate::web::words::FormWords;

/// The hidden field by which a form says which address its page has asked about.
pub(crate) const WEIGHED_HOST_FIELD: &str = "label_host_weighed";
pub(crate) const HOST_FIELD: &str = "label_host";

/// A form that wants labels to carry another address, and what that means.
pub(crate) struct HostQuestion {
    pub(crate) host: String,
    change: HostChange,
}

impl HostQuestion {
    /// Of what the form says; `None` where nobody has to be asked. The address that the box is to get by the same form counts
    /// as its own.
    pub(crate) fn find(state: &AppState, values: &FormValues) -> Option<Self> {
        let host = values.text(HOST_FIELD).to_owned();
        let coming: Option<std::net::IpAddr> =
            values.text("address").split('/').next().and_then(|address| address.trim().parse().ok());
        let mut own = (state.field.own_addresses)();
        own.extend(coming);
        let change = weigh_label_host(&state.store.snapshot().settings, &host, &own)?;
        Some(Self { host, change })
    }

    /// What is said beside the field, unless the page has asked about this very address.
    pub(crate) fn unanswered(self, w: FormWords, weighed: &str) -> Option<Wrong> {
        if weighed == self.host {
            return None;
        }
        let elsewhere = self.change.elsewhere.map(|(address, own)| {
            let own = own.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            w.form_settings_host_elsewhere(address.to_string(), own)
        });
        let printed =
            self.change.printed.map(|(host, labels)| w.form_settings_host_printed(host, labels.to_string()));
        let again = w.form_settings_host_again(self.host);
        let words: Vec<String> = elsewhere.into_iter().chain(printed).chain([again]).collect();
        Some(Wrong { at: HOST_FIELD.to_owned(), words: words.join(" ") })
    }
}
