//! Answers of an authenticator in memory, spoiled one step of the standard at a time.

use proptest::prelude::*;

use super::*;
use crate::accounts::test_authenticator::{TestAuthenticator, VERIFIED};

const CHALLENGE: CredentialChallenge = [7; 32];
const ORIGIN: &str = "https://relay.example";
/// A number of 2,048 bits, and what its other half signed: the bytes `cleantrack`.
const RSA_MODULUS: &str = "ca3637bde19a357457497d083779a7a9b7f51bb9e0b043d8eca9612cf78cd526d478366cfa8b4f1eb6a896a8c88ada9a3f89a900c2981e\
     44dbbf54949d7c5e3453fdcf55e5308e3279381fcf4ce09bd0734fa89e1ef661fbd24a648ca870b1bda4e1de2835934e15c34258a70570\
     15d6b85dde7abf31f3c816e363a4e62f46490c74bf7411d15ea264c476d11d0ae380bee6b98577e439538fdf9d18f995ad974c2a1f7364\
     a60b0faa7c81812b980b72e4696e9eb9d2c595308e211afe9b1c20e050567c98c33917d7c20be2f67b106a813dbba145985da9e6b6a1e9\
     f1f125c3e2b6d35044151e7e619dca3a699bc82cf992ae902da0db384406696e6de0bef5";
const RSA_SIGNATURE: &str = "b58c72439833a218fed9f2f3376e3bfecf2b028ff4e4360737bfb568b96849816652ec4fb9ac09caf661aca927dd02ebea9de49e2d40f9\
     4ac2ef627dc3274db719aa42daf007e78a5f7c7429a722e9f5c502f0cabad32566c8c984bb0606446e3e6710855c26e40bc25b1e25dd57\
     bc05d391263f2c1e6daace5a0cf0a55cdce7e30c4b9eb311d6a396d4f9ff37aab0912be149fecb8c3e1f8146754bc8e6499e28582feaaa\
     ff963467f9cf76a63d226f383ac0776dc61a520ffd6276a1e2eac44c403ee5e2b8f8d5ba89d0417fc16426efe0b7775978b7e9c20b8abf\
     530fbb6edd9cc5c557653ce41ad82b8bcac68b8dd9bb22a77f819e79af8585c0e72c1986";

fn party() -> RelyingParty {
    RelyingParty::of_url(ORIGIN).unwrap()
}

fn creation_options() -> String {
    let user = NewUser { handle: b"handle", email: "priya@linden.example", name: "Priya" };
    party().creation_options(&CHALLENGE, user, &[], 1_000)
}

fn make(authenticator: &mut TestAuthenticator) -> Result<NewCredential, CredentialRefusal> {
    let answer = RegistrationAnswer::read(&authenticator.create(&creation_options())).unwrap();
    party().verify_registration(&CHALLENGE, answer)
}

fn use_spoiled(spoil: impl FnOnce(&mut TestAuthenticator)) -> Result<CredentialUse, CredentialRefusal> {
    let mut authenticator = TestAuthenticator::new(ORIGIN);
    let made = make(&mut authenticator).unwrap();
    spoil(&mut authenticator);
    let answer = authenticator.get(&party().request_options(&CHALLENGE, &[], 1_000));
    let stored = StoredCredential {
        id: &made.id,
        key: &made.key,
        sign_count: made.sign_count,
        is_backup_eligible: made.backup.is_eligible,
        user_handle: b"handle",
    };
    party().verify_assertion(&CHALLENGE, &stored, &AssertionAnswer::read(&answer).unwrap())
}

fn from_hex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

#[test]
fn only_a_name_has_passkeys() {
    for (url, id, origin) in [
        ("https://relay.example", "relay.example", "https://relay.example"),
        ("https://Relay.Example:443/", "relay.example", "https://relay.example"),
        ("https://localhost:8443", "localhost", "https://localhost:8443"),
    ] {
        let expected = RelyingParty { id: id.to_owned(), origin: origin.to_owned() };
        assert_eq!(RelyingParty::of_url(url), Some(expected), "{url}");
    }
    for none in [
        "",
        "http://relay.example",
        "https://192.0.2.7:8443",
        "https://[::1]:8443",
        "https://:1",
        "https://a@b",
    ] {
        assert_eq!(RelyingParty::of_url(none), None, "{none}");
    }
}

#[test]
fn a_credential_is_made_and_used() {
    let mut authenticator = TestAuthenticator::new(ORIGIN);
    let made = make(&mut authenticator).unwrap();
    assert_eq!((made.sign_count, made.transports.as_str()), (1, "hybrid,internal"));
    assert_eq!(made.backup, BackupFlags { is_eligible: true, is_backed_up: false });
    let used = use_spoiled(|authenticator| authenticator.flags |= 1 << 4).unwrap();
    assert_eq!(used, CredentialUse { sign_count: 2, is_backed_up: true });
    assert!(use_spoiled(|authenticator| authenticator.sign_count = 900).is_ok(), "used elsewhere meanwhile");
}

#[test]
fn each_step_of_a_registration_is_taken() {
    use CredentialRefusal as Refusal;
    type Spoil = fn(&mut TestAuthenticator);
    let spoils: [(Spoil, Refusal); 10] = [
        (|a| a.kind = Some("webauthn.get"), Refusal::RequestKind),
        (|a| a.challenge = Some("BwcH".into()), Refusal::Challenge),
        (|a| a.origin = "https://relay.example.evil.example".into(), Refusal::Origin),
        (|a| a.origin = "http://relay.example".into(), Refusal::Origin),
        (|a| a.is_framed = true, Refusal::Origin),
        (|a| a.party = Some("evil.example".into()), Refusal::Party),
        (|a| a.flags = VERIFIED & !1, Refusal::Presence),
        (|a| a.flags = 1, Refusal::Verification),
        (|a| a.flags = 1 | 1 << 2 | 1 << 4, Refusal::Backup),
        (|a| a.id = vec![1; 1_024], Refusal::Credential),
    ];
    for (at, (spoil, refusal)) in spoils.into_iter().enumerate() {
        let mut authenticator = TestAuthenticator::new(ORIGIN);
        spoil(&mut authenticator);
        assert_eq!(make(&mut authenticator), Err(refusal), "{at}");
    }
    let mut authenticator = TestAuthenticator::new(ORIGIN);
    let mut other = RegistrationAnswer::read(&authenticator.create(&creation_options())).unwrap();
    other.id[0] ^= 1;
    assert_eq!(party().verify_registration(&CHALLENGE, other), Err(Refusal::Credential));
}

#[test]
fn each_step_of_a_use_is_taken() {
    use CredentialRefusal as Refusal;
    type Spoil = fn(&mut TestAuthenticator);
    let spoils: [(Spoil, Refusal); 13] = [
        (|a| a.id[0] ^= 1, Refusal::Credential),
        (|a| a.user_handle[0] ^= 1, Refusal::User),
        (|a| a.user_handle.clear(), Refusal::User),
        (|a| a.kind = Some("webauthn.create"), Refusal::RequestKind),
        (|a| a.challenge = Some("BwcH".into()), Refusal::Challenge),
        (|a| a.origin = "https://relay.example:8443".into(), Refusal::Origin),
        (|a| a.is_framed = true, Refusal::Origin),
        (|a| a.party = Some("evil.example".into()), Refusal::Party),
        (|a| a.flags &= !1, Refusal::Presence),
        (|a| a.flags &= !(1 << 2), Refusal::Verification),
        (|a| a.flags &= !(1 << 3), Refusal::Backup),
        (|a| a.sign_count = 1, Refusal::Counter),
        (|a| a.sign_count = 0, Refusal::Counter),
    ];
    for (at, (spoil, refusal)) in spoils.into_iter().enumerate() {
        assert_eq!(use_spoiled(spoil), Err(refusal), "{at}");
    }
    let foreign = use_spoiled(|a| {
        let mut other = TestAuthenticator::new(ORIGIN);
        (other.id, other.user_handle, other.sign_count) = (a.id.clone(), a.user_handle.clone(), 2);
        *a = other;
    });
    assert_eq!(foreign, Err(Refusal::Signature));
}

/// A credential that signs for itself passes; one whose maker signs does not, for nobody asked.
#[test]
fn an_attestation_is_that_which_was_requested() {
    let mut authenticator = TestAuthenticator::new(ORIGIN);
    let answer = RegistrationAnswer::read(&authenticator.create(&creation_options())).unwrap();
    let whole = CborValue::read_whole(&answer.attestation).unwrap();
    let data = whole.text_member("authData").and_then(CborValue::as_bytes).unwrap();
    let credential = AuthenticatorData::read(data).unwrap().credential.unwrap();
    let key = CredentialKey::of_cose(credential.key).unwrap();
    let signed = b"what was signed";
    let signature = authenticator.sign(signed);
    let of = |fmt, statement: Vec<(&'static str, CborValue<'static>)>| {
        let members = statement.into_iter().map(|(name, value)| (CborValue::Text(name), value)).collect();
        CborValue::Map(vec![
            (CborValue::Text("fmt"), CborValue::Text(fmt)),
            (CborValue::Text("attStmt"), CborValue::Map(members)),
        ])
    };
    let signature: &'static [u8] = signature.leak();
    let (alg, sig) = (("alg", CborValue::Integer(-7)), ("sig", CborValue::Bytes(signature)));
    let x5c = ("x5c", CborValue::List(Vec::new()));
    for (attestation, is_right) in [
        (of("none", vec![]), true),
        (of("packed", vec![alg.clone(), sig.clone()]), true),
        (of("none", vec![alg.clone()]), false),
        (of("packed", vec![alg.clone(), sig.clone(), x5c]), false),
        (of("packed", vec![("alg", CborValue::Integer(-8)), sig.clone()]), false),
        (of("packed", vec![alg.clone(), ("sig", CborValue::Bytes(b"x"))]), false),
        (of("tpm", vec![alg, sig]), false),
    ] {
        assert_eq!(check_attestation(&attestation, &key, signed).is_ok(), is_right, "{attestation:?}");
    }
}

#[test]
fn keys_of_the_other_algorithms_verify_too() {
    let modulus = from_hex(RSA_MODULUS);
    let cose =
        [b"\xa4\x01\x03\x03\x39\x01\x00\x20\x59\x01\x00".as_slice(), &modulus, b"\x21\x43\x01\x00\x01"]
            .concat();
    let key = CredentialKey::of_cose(&cose).unwrap();
    assert!(key.has_signed(b"cleantrack", &from_hex(RSA_SIGNATURE)));
    assert!(!key.has_signed(b"cleantracks", &from_hex(RSA_SIGNATURE)));
    // RFC 8032, test 1.
    let point = from_hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    let signature = from_hex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    );
    let key =
        CredentialKey::of_cose(&[b"\xa4\x01\x01\x03\x27\x20\x06\x21\x58\x20".as_slice(), &point].concat())
            .unwrap();
    assert!(key.has_signed(b"", &signature) && !key.has_signed(b"x", &signature));
    for none in [
        b"\xa4\x01\x01\x03\x27\x20\x06\x21\x58\x1f".as_slice(),
        b"\xa3\x01\x02\x03\x26\x20\x01",
        b"\xa4\x01\x02\x03\x38\x22\x20\x02\x21\x40",
        b"\xa0",
        b"",
    ] {
        assert_eq!(CredentialKey::of_cose(none), None, "{none:02x?}");
    }
}

#[test]
fn what_no_page_of_ours_sends_is_not_read() {
    for text in
        ["", "....", ".....", "AAAA", "AAAA.AAAA.AAAA", "*.AAAA.AAAA.AAAA.AAAA", "AAA=.AAAA.AAAA.AAAA.AAAA"]
    {
        let (made, used) = (RegistrationAnswer::read(text), AssertionAnswer::read(text));
        let has_bytes = used.is_some_and(|used| !used.id.is_empty());
        assert!(made.is_none() && !has_bytes, "{text}");
    }
}

proptest! {
    #[test]
    fn no_bytes_are_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), flags in any::<u8>()) {
        let _ = AuthenticatorData::read(&bytes);
        let data = [&[0; 32], [flags].as_slice(), &bytes].concat();
        let _ = AuthenticatorData::read(&data);
        let _ = CredentialKey::of_cose(&bytes);
    }
}
