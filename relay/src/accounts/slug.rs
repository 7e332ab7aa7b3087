//! The short name of an account in addresses: made of the organisation's name, and changed by its owner. An earlier one leads on for a
//! year, and is nobody else's meanwhile.

use super::AccountUser;
use super::records::access_log::{AccessLog, AccessRecord};
use crate::db::account::account_slugs;
use crate::db::{AccountScope, Db, DbError, PlatformConnection, PlatformReason};

pub const CHARS_MIN: usize = 3;
pub const CHARS_MAX: usize = 40;
/// Before the short name, in addresses.
pub const PATH: &str = "/o/";
const LEADS_ON_MS: i64 = 365 * 24 * 3_600_000;
const EARLIER_MAX: usize = 5;
/// Used where a name has too few ASCII letters.
const NAMELESS: &str = "account";
const NUMBERS: std::ops::RangeInclusive<u32> = 2..=50;

#[derive(Debug, thiserror::Error)]
#[error("{self:?}")]
pub enum SlugError {
    Form,
    Taken,
    TooOften,
    #[error(transparent)]
    Db(#[from] DbError),
}

/// A short name as somebody enters it; `None` where it is none.
pub fn read_slug(text: &str) -> Option<String> {
    let slug = text.trim().to_ascii_lowercase();
    let fits = (CHARS_MIN..=CHARS_MAX).contains(&slug.len())
        && slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !slug.starts_with('-')
        && !slug.ends_with('-');
    fits.then_some(slug)
}

/// Names that would pass for the relay's own pages.
const RESERVED: [&str; 13] = [
    "admin",
    "api",
    "cleantrack",
    "help",
    "login",
    "organisation",
    "organization",
    "platform",
    "security",
    "sign-in",
    "status",
    "support",
    "www",
];

fn is_reserved(slug: &str) -> bool {
    RESERVED.contains(&slug)
}

/// The letters of ours by which people write one that is none.
fn plain_letters(letter: char) -> &'static str {
    match letter {
        'à' | 'á' | 'â' | 'ã' | 'å' => "a",
        'ä' | 'æ' => "ae",
        'ç' => "c",
        'è' | 'é' | 'ê' | 'ë' => "e",
        'ì' | 'í' | 'î' | 'ï' => "i",
        'ñ' => "n",
        'ò' | 'ó' | 'ô' | 'õ' => "o",
        'ö' | 'ø' => "oe",
        'ù' | 'ú' | 'û' => "u",
        'ü' => "ue",
        'ß' => "ss",
        // An apostrophe is part of a word.
        '\'' | '’' => "",
        _ => "-",
    }
}

pub fn suggest_slug(name: &str) -> String {
    let mut slug = String::new();
    for letter in name.chars().flat_map(char::to_lowercase) {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter);
        } else {
            slug.push_str(plain_letters(letter));
        }
    }
    let words: Vec<&str> = slug.split('-').filter(|word| !word.is_empty()).collect();
    let mut slug = words.join("-");
    slug.truncate(CHARS_MAX);
    let slug = slug.trim_end_matches('-');
    if slug.len() < CHARS_MIN { NAMELESS.to_owned() } else { slug.to_owned() }
}

/// A short name with something behind it, as long as it may be.
fn with_suffix(slug: &str, suffix: &str) -> String {
    let chars_left = CHARS_MAX - suffix.len() - 1;
    let cut = &slug[..slug.len().min(chars_left)];
    format!("{}-{suffix}", cut.trim_end_matches('-'))
}

pub async fn name_account(
    tx: &mut PlatformConnection,
    scope: AccountScope,
    name: &str,
    now_ms: i64,
) -> Result<(), DbError> {
    let slug = suggest_slug(name);
    account_slugs::platform_forget_old(tx, now_ms).await?;
    let numbered = NUMBERS.map(|n| with_suffix(&slug, &n.to_string()));
    let own = with_suffix(&slug, &scope.account().to_string().to_ascii_lowercase());
    for candidate in std::iter::once(slug.clone()).chain(numbered).chain([own]) {
        if !is_reserved(&candidate) && account_slugs::platform_take(tx, scope, &candidate, now_ms).await? {
            return Ok(());
        }
    }
    Err(DbError::stored("short name", "its own one is somebody's"))
}

pub async fn change_slug(
    db: &Db,
    log: AccessLog<'_>,
    owner: &AccountUser,
    slug: &str,
) -> Result<(), SlugError> {
    let slug = read_slug(slug).ok_or(SlugError::Form)?;
    if is_reserved(&slug) {
        return Err(SlugError::Taken);
    }
    let now_ms = log.clock.now_ms();
    let mut tx = db.platform_write(PlatformReason::SignIn).await?;
    account_slugs::platform_forget_old(&mut tx, now_ms).await?;
    let mut tx = tx.enter(owner.scope).await?;
    let own = account_slugs::list_own(&mut tx).await?;
    if own.iter().any(|row| row.slug == slug && row.until_ms.is_none()) {
        return Ok(());
    }
    if own.iter().filter(|row| row.until_ms.is_some() && row.slug != slug).count() >= EARLIER_MAX {
        return Err(SlugError::TooOften);
    }
    account_slugs::end_present(&mut tx, now_ms.saturating_add(LEADS_ON_MS)).await?;
    match account_slugs::insert_present(&mut tx, &slug, now_ms).await {
        Err(error) if error.is_conflict() => return Err(SlugError::Taken),
        inserted => inserted?,
    }
    let record = AccessRecord { who: &owner.email, act: "account slug", about: &slug, facility: None };
    log.write_act(&mut tx, record).await?;
    Ok(tx.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_suggests_a_short_one() {
        for (name, slug) in [
            ("Linden Health Partners", "linden-health-partners"),
            ("  St. Mary’s  Hospital (West) ", "st-marys-hospital-west"),
            ("Universitätsklinikum Köln", "universitaetsklinikum-koeln"),
            ("Hôpital Saint-Louis", "hopital-saint-louis"),
            ("AB", "account"),
            ("病院", "account"),
            ("---", "account"),
            ("A 1 B", "a-1-b"),
        ] {
            assert_eq!(suggest_slug(name), slug, "{name}");
        }
        let long = suggest_slug(&"Regional Medical Center ".repeat(5));
        assert!(long.len() <= CHARS_MAX && read_slug(&long).as_ref() == Some(&long), "{long}");
        for suffix in ["2", "50", "01jd0000000000000000000000"] {
            let named = with_suffix(&long, suffix);
            assert!(named.len() <= CHARS_MAX && read_slug(&named).is_some(), "{named}");
        }
    }

    #[test]
    fn no_account_passes_for_the_relay() {
        for name in RESERVED {
            assert_eq!(read_slug(name).as_deref(), Some(name), "it could be had otherwise");
            assert!(is_reserved(name) && !is_reserved(&with_suffix(name, "2")));
        }
        assert!(!is_reserved(NAMELESS));
    }

    #[test]
    fn what_somebody_enters_is_read() {
        assert_eq!(read_slug(" Linden-2 ").as_deref(), Some("linden-2"));
        for wrong in ["", "ab", "a b c", "-abc", "abc-", "ä-b-c", "a/b", "a.b.c", &"x".repeat(41)] {
            assert_eq!(read_slug(wrong), None, "{wrong}");
        }
    }
}
