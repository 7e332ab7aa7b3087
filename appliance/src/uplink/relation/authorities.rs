//! The relay’s authorities as PEM texts name them.

const PEM_END: &str = "-----END CERTIFICATE-----";

/// Each certificate of a PEM text, without the text around it.
pub(in crate::uplink) fn split_authorities(pem: &str) -> Vec<&str> {
    pem.split_inclusive(PEM_END).map(str::trim).filter(|pem| !pem.is_empty()).collect()
}
