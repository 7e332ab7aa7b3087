//! The time between the two steps of a sign-in: a cookie that is no session, and opens nothing but the second step.

use super::cookie::{CookieSecret, SecretCookie};

pub const STEP_MS: i64 = 10 * 60_000;

/// Of a sign-in whose first step is done.
#[derive(Debug)]
pub enum StepCookie {}

impl SecretCookie for StepCookie {
    const NAME: &'static str = "__Host-step";
    const AGE_S: i64 = STEP_MS / 1_000;
}

pub type StepSecret = CookieSecret<StepCookie>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_comes_back_as_it_went() {
        let secret = StepSecret::new([9; 32]);
        let set = secret.set_cookie();
        let pair = set.split(';').next().unwrap();
        assert_eq!(StepSecret::read(&format!("a=b; {pair}")), Some(secret.clone()));
        assert_eq!(StepSecret::read(&pair[..pair.len() - 1]), None);
        assert_eq!(StepSecret::read(StepSecret::clear_cookie().split(';').next().unwrap()), None);
        assert!(!format!("{secret:?}").contains('9'));
    }
}
