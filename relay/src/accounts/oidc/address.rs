//! Which address is theirs of somebody who was never here, by what their provider says.

use serde_json::Value;

use super::StrangerCause;
use super::claims::IdentityClaims;
use super::provider::{ProviderPreset, domain_of};
use crate::accounts::email_address;

/// What an account's admin says of the user names of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserNameUse {
    Nothing,
    /// The organisation gives them, and they are e-mail addresses.
    Address,
}

/// The address, in lower case. Whose domain it is in is not looked at here.
///
/// # Errors
/// Which claim is missing, or does not say enough.
pub fn read_address(
    claims: &IdentityClaims,
    preset: ProviderPreset,
    user_names: UserNameUse,
) -> Result<String, StrangerCause> {
    let Some(email) = &claims.email else {
        let user_name = claims.preferred_username.as_ref().and_then(Value::as_str).and_then(email_address);
        return match (user_name, user_names) {
            // Google tells by the address's own claim of which organisation somebody is.
            (Some(address), UserNameUse::Address) if preset != ProviderPreset::Google => Ok(address),
            (Some(_), _) => Err(StrangerCause::OnlyUserName),
            (None, _) => Err(StrangerCause::NoAddress),
        };
    };
    let address = email.as_str().and_then(email_address).ok_or(StrangerCause::AddressForm)?;
    let domain = domain_of(&address).ok_or(StrangerCause::AddressForm)?;
    let verified = claims.is_email_verified();
    if preset.owns_address(domain, verified, claims.organization()) {
        return Ok(address);
    }
    Err(match &claims.email_verified {
        None => StrangerCause::NoWord,
        Some(_) if verified == Some(true) => StrangerCause::Organization,
        Some(Value::Bool(_)) => StrangerCause::Unverified,
        Some(Value::String(word)) if word == "false" => StrangerCause::Unverified,
        Some(_) => StrangerCause::WordType,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::accounts::oidc::claims::ExpectedClaims;

    fn judge(
        preset: ProviderPreset,
        user_names: UserNameUse,
        change: &Value,
    ) -> Result<String, StrangerCause> {
        let mut claims =
            json!({"iss": "https://l.example", "sub": "1", "aud": "us", "exp": 9, "iat": 1, "nonce": "n"});
        let changes = change.as_object().unwrap().clone();
        claims.as_object_mut().unwrap().extend(changes);
        let expected =
            ExpectedClaims { issuer: "https://l.example", client_id: "us", nonce: "n", now_ms: 2_000 };
        let claims = IdentityClaims::read(claims.to_string().as_bytes(), expected).unwrap();
        read_address(&claims, preset, user_names)
    }

    #[test]
    fn what_each_service_says_of_an_address_is_enough_or_named() {
        use ProviderPreset::{Entra, Google, Okta, Other};
        use StrangerCause::{AddressForm, NoAddress, OnlyUserName, Organization, Unverified, WordType};
        use UserNameUse::{Address, Nothing};
        let (ana, named) = ("ana@l.example", json!({"preferred_username": "Ana@L.example"}));
        for (preset, user_names, claims, judged) in [
            (Other, Nothing, json!({"email": ana, "email_verified": true}), Ok(ana)),
            (Other, Nothing, json!({"email": [ana], "email_verified": true}), Err(AddressForm)),
            (Other, Nothing, json!({"email": ana, "email_verified": 1}), Err(WordType)),
            (Other, Nothing, json!({"email": ana, "email_verified": "false"}), Err(Unverified)),
            (Entra, Nothing, json!({"email": ana}), Ok(ana)),
            (
                Google,
                Nothing,
                json!({"email": ana, "email_verified": true, "hd": "z.example"}),
                Err(Organization),
            ),
            (Other, Nothing, named.clone(), Err(OnlyUserName)),
            (Entra, Address, named.clone(), Ok(ana)),
            (Okta, Address, named.clone(), Ok(ana)),
            (Google, Address, named, Err(OnlyUserName)),
            (Other, Address, json!({"preferred_username": "ana"}), Err(NoAddress)),
            // Nothing is made of the two.
            (
                Other,
                Address,
                json!({"preferred_username": ana, "email": "eve@l.example"}),
                Err(StrangerCause::NoWord),
            ),
        ] {
            let read = judge(preset, user_names, &claims);
            assert_eq!(read.as_deref().map_err(|cause| *cause), judged, "{preset:?} {claims}");
        }
    }
}
