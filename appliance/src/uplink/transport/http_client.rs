//! The relay by HTTPS, as all its clients hold it.

#[derive(Debug, Clone)]
pub(in crate::uplink) struct RelayHttpClient {
    /// The relay's photo listener.
    pub(in crate::uplink) url: String,
    /// Shows the box's certificate.
    pub(in crate::uplink) client: reqwest::Client,
}
