//! What may be a provider of an account: its issuer, the role of new people, the domains that it signs in.

use crate::accounts::UserRole;
use crate::outgoing::OutgoingUrl;

/// Where Microsoft's issuers are, by cloud.
const ENTRA_HOSTS: [&str; 3] =
    ["login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn"];
const GOOGLE_ISSUER: &str = "https://accounts.google.com";
/// RFC 1035 §2.3.4, as text.
const DOMAIN_BYTES_MAX: usize = 253;

/// Whose service it is: what each does otherwise than the standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderPreset {
    Entra,
    Okta,
    Google,
    Other,
}

impl ProviderPreset {
    pub const ALL: [Self; 4] = [Self::Entra, Self::Okta, Self::Google, Self::Other];

    pub const fn key(self) -> &'static str {
        match self {
            Self::Entra => "entra",
            Self::Okta => "okta",
            Self::Google => "google",
            Self::Other => "other",
        }
    }

    pub fn of_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.key() == key)
    }

    /// The issuer that a form names, where it is one of this service. Microsoft's is a tenant's: `common` and the like sign in anybody
    /// who has a Microsoft account.
    pub fn read_issuer(self, text: &str) -> Option<String> {
        let text = text.trim();
        let url = OutgoingUrl::parse(text).ok().filter(|url| !url.has_query())?;
        let is_entra = ENTRA_HOSTS.contains(&url.host());
        let fits = match self {
            Self::Entra => is_entra && is_tenant_issuer(text),
            Self::Google => text == GOOGLE_ISSUER,
            // By whatever name somebody calls it.
            Self::Okta | Self::Other if text.trim_end_matches('/') == GOOGLE_ISSUER => false,
            Self::Okta | Self::Other => !is_entra || is_tenant_issuer(text),
        };
        fits.then(|| text.to_owned())
    }

    /// Whether what the provider says of an address is a word about its owner: Microsoft says nothing of it, and lets only the
    /// tenant's admins write it; Google says of which organisation somebody is, and signs in others who took an address of a domain.
    pub fn owns_address(self, domain: &str, is_verified: Option<bool>, organisation: Option<&str>) -> bool {
        match self {
            Self::Entra => is_verified != Some(false),
            Self::Google => is_verified == Some(true) && organisation == Some(domain),
            Self::Okta | Self::Other => is_verified == Some(true),
        }
    }
}

/// Whether it reads `https://HOST/TENANT/v2.0`, with the tenant's id.
fn is_tenant_issuer(text: &str) -> bool {
    let parts: Vec<&str> = text.split('/').collect();
    let [_, _, _, tenant, "v2.0"] = parts.as_slice() else { return false };
    let lengths: Vec<usize> = tenant.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && tenant.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f' | b'-'))
}

/// Roles that a provider may give people who were never here: none that lets others in everywhere.
pub const NEW_ROLES: [UserRole; 3] = [UserRole::Technician, UserRole::Biomed, UserRole::FacilityAdmin];

pub fn read_new_role(key: &str) -> Option<UserRole> {
    NEW_ROLES.into_iter().find(|role| role.key() == key)
}

/// A domain of e-mail addresses, in lower case; `None` where it is none that somebody could own.
pub fn read_domain(text: &str) -> Option<String> {
    let domain = text.trim().trim_start_matches('@').to_ascii_lowercase();
    let fits = domain.len() <= DOMAIN_BYTES_MAX
        && domain.contains('.')
        && domain.split('.').all(|label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    })
        // An address of a network is nobody's domain.
        && !domain.rsplit('.').next().is_some_and(|top| top.bytes().all(|b| b.is_ascii_digit()));
    fits.then_some(domain)
}

/// The domain of an address in lower case.
pub fn domain_of(email: &str) -> Option<&str> {
    email.rsplit_once('@').map(|(_, domain)| domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: &str = "https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0";

    #[test]
    fn microsoft_is_taken_with_a_tenant_only() {
        for preset in [ProviderPreset::Entra, ProviderPreset::Other, ProviderPreset::Okta] {
            assert_eq!(preset.read_issuer(TENANT).as_deref(), Some(TENANT));
            for wrong in ["common", "organizations", "consumers", "hospital.example", ""] {
                let issuer = format!("https://login.microsoftonline.com/{wrong}/v2.0");
                assert_eq!(preset.read_issuer(&issuer), None, "{preset:?} {issuer}");
            }
            for wrong in
                [&TENANT.replace("/v2.0", ""), &format!("{TENANT}/"), &TENANT.replace("v2.0", "v1.0")]
            {
                assert_eq!(preset.read_issuer(wrong), None, "{preset:?} {wrong}");
            }
        }
        assert_eq!(ProviderPreset::Entra.read_issuer("https://evil.example/a/v2.0"), None);
    }

    #[test]
    fn an_issuer_is_plain_https() {
        let read = |text| ProviderPreset::Other.read_issuer(text);
        assert_eq!(read(" https://id.example/realms/a ").as_deref(), Some("https://id.example/realms/a"));
        for wrong in
            ["http://id.example", "https://id.example?x=y", "https://me@id.example", "id.example", ""]
        {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert!(ProviderPreset::Google.read_issuer(GOOGLE_ISSUER).is_some());
        assert_eq!(ProviderPreset::Google.read_issuer("https://accounts.google.com/"), None);
    }

    #[test]
    fn domains_are_names_that_somebody_could_own() {
        assert_eq!(read_domain(" @Linden.Example ").as_deref(), Some("linden.example"));
        for wrong in
            ["", "linden", "a..b", "-a.example", "a_b.example", "a%.example", "192.0.2.1", "a b.example"]
        {
            assert_eq!(read_domain(wrong), None, "{wrong}");
        }
        assert_eq!(domain_of("a@b.example"), Some("b.example"));
    }

    #[test]
    fn addresses_are_believed_as_far_as_each_service_vouches_for_them() {
        let domain = "linden.example";
        for (preset, verified, organisation, owns) in [
            (ProviderPreset::Entra, None, None, true),
            (ProviderPreset::Entra, Some(false), None, false),
            (ProviderPreset::Google, Some(true), Some(domain), true),
            (ProviderPreset::Google, Some(true), None, false),
            (ProviderPreset::Google, Some(true), Some("zebra.example"), false),
            (ProviderPreset::Other, Some(true), None, true),
            (ProviderPreset::Other, None, None, false),
            (ProviderPreset::Okta, Some(false), None, false),
        ] {
            assert_eq!(preset.owns_address(domain, verified, organisation), owns, "{preset:?} {verified:?}");
        }
        assert!(
            NEW_ROLES.iter().all(|role| *role != UserRole::AccountAdmin && *role != UserRole::SuperAdmin)
        );
        assert_eq!(read_new_role("account_admin"), None);
    }
}
