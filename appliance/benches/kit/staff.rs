//! Somebody who is signed in at a running box.

use std::time::Instant;

use reqwest::header::{ACCEPT_ENCODING, COOKIE, HeaderMap};

use super::box_process::Running;
use super::{Failed, micros};

pub(crate) fn sign_in(running: &Running, secret: &str) -> Result<reqwest::Client, Failed> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT_ENCODING, "gzip".parse()?);
    headers.insert(COOKIE, format!("__Host-session={secret}").parse()?);
    let ca = reqwest::Certificate::from_pem(&std::fs::read(&running.ca)?)?;
    Ok(reqwest::Client::builder().tls_certs_only([ca]).default_headers(headers).no_proxy().build()?)
}

/// How long a page takes to its first byte, ms.
pub(crate) async fn first_byte(client: &reqwest::Client, url: &str) -> Result<f64, Failed> {
    let asked = Instant::now();
    let mut answer = client.get(url).send().await?.error_for_status()?;
    let took = f64::from(micros(asked)) / 1_000.0;
    while answer.chunk().await?.is_some() {}
    Ok(took)
}
