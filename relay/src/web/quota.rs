//! How often programs may ask: each token, and all tokens of an account together. Counted by each process for itself and in memory: a
//! relay of several processes lets through that many times as much.

use std::sync::Arc;
use std::time::Duration;

use ::web::error::HttpError;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use service::clock::Clock;
use service::limit::{CallsLeft, RateLimiter};

use crate::accounts::ApiProgram;
use crate::web::program_errors;

const MINUTE: Duration = Duration::from_secs(60);
/// Requests of one token in a minute, and at once after a quiet time.
const TOKEN_CALLS: u32 = 600;
const TOKEN_BURST: u32 = 100;
const ACCOUNT_CALLS: u32 = 3_000;
const ACCOUNT_BURST: u32 = 500;
/// Tokens and accounts that are remembered; each takes about 100 bytes.
const KEYS_MAX: usize = 20_000;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");
/// As draft-ietf-httpapi-ratelimit-headers writes it: a name, requests, seconds.
const POLICIES: HeaderValue = HeaderValue::from_static("\"token\";q=600;w=60, \"account\";q=3000;w=60");

#[derive(Debug)]
pub(crate) struct ProgramQuotas {
    clock: Arc<dyn Clock>,
    tokens: RateLimiter<(i64, String)>,
    accounts: RateLimiter<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QuotaLeft {
    policy: &'static str,
    calls: u64,
    seconds: u64,
}

/// Whether programs are held to how often they may ask.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum QuotaPolicy {
    #[default]
    Limited,
    /// They ask as often as they like: for tests and benches.
    Unlimited,
}

impl ProgramQuotas {
    pub(crate) fn new(policy: QuotaPolicy, clock: Arc<dyn Clock>) -> Self {
        let [token_calls, account_calls] =
            [TOKEN_CALLS, ACCOUNT_CALLS].map(|calls| if policy == QuotaPolicy::Limited { calls } else { 0 });
        Self {
            clock,
            tokens: RateLimiter::new(token_calls, MINUTE, TOKEN_BURST, KEYS_MAX),
            accounts: RateLimiter::new(account_calls, MINUTE, ACCOUNT_BURST, KEYS_MAX),
        }
    }

    pub(crate) fn take(&self, program: &ApiProgram) -> Result<QuotaLeft, (QuotaLeft, HttpError)> {
        let (account, up_ms) = (program.account.key(), self.clock.now().up_ms);
        let of_token = (account, program.token_id.clone());
        let token = self
            .tokens
            .take_counted(of_token.clone(), up_ms)
            .map_err(|wait_s| refuse_call("token", wait_s))?;
        let account = self.accounts.take_counted(account, up_ms).map_err(|wait_s| {
            self.tokens.refund(&of_token);
            refuse_call("account", wait_s)
        })?;
        Ok(match account.calls < token.calls {
            true => QuotaLeft::of("account", account),
            false => QuotaLeft::of("token", token),
        })
    }
}

fn refuse_call(policy: &'static str, wait_s: u64) -> (QuotaLeft, HttpError) {
    (QuotaLeft { policy, calls: 0, seconds: wait_s }, program_errors::too_many_requests(wait_s))
}

impl QuotaLeft {
    fn of(policy: &'static str, left: CallsLeft) -> Self {
        Self { policy, calls: left.calls, seconds: left.full_in_s }
    }

    pub(crate) fn write(self, headers: &mut HeaderMap) {
        if self.calls == u64::MAX {
            return;
        }
        headers.insert(POLICY, POLICIES);
        let Self { policy, calls, seconds } = self;
        if let Ok(value) = HeaderValue::from_str(&format!("\"{policy}\";r={calls};t={seconds}")) {
            headers.insert(LIMIT, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use service::clock::FakeClock;

    use super::*;
    use crate::accounts::credentials::token::TokenScope;
    use crate::db::AccountScope;

    fn program(account: u8, token_id: &str) -> ApiProgram {
        let account = AccountScope::made_up(account);
        let (name, token_id) = ("a".to_owned(), token_id.to_owned());
        ApiProgram { account, reads: account.into(), scope: TokenScope::Read, token_id, name }
    }

    fn taken(quotas: &ProgramQuotas, program: &ApiProgram) -> usize {
        (0..10_000).take_while(|_| quotas.take(program).is_ok()).count()
    }

    #[test]
    fn a_token_runs_out_alone_and_an_account_with_all_of_its_tokens() {
        let clock = Arc::new(FakeClock::at_ms(5));
        let quotas = ProgramQuotas::new(QuotaPolicy::Limited, clock.clone());
        assert_eq!(taken(&quotas, &program(1, "a")), 100);
        let (left, error) = quotas.take(&program(1, "a")).unwrap_err();
        assert_eq!(
            (left.policy, left.calls, error.status.as_u16(), error.code),
            ("token", 0, 429, "too-many")
        );
        let others: usize = ["b", "c", "d", "e", "f"].map(|id| taken(&quotas, &program(1, id))).iter().sum();
        assert_eq!(others, 400, "all tokens of the account");
        assert_eq!(quotas.take(&program(1, "f")).unwrap_err().0.policy, "account");
        assert_eq!(taken(&quotas, &program(2, "a")), 100, "another account has its own");
        clock.advance_ms(1_000);
        assert_eq!(taken(&quotas, &program(1, "a")), 10);
    }

    #[test]
    fn what_is_left_is_written_as_the_draft_has_it() {
        let quotas = ProgramQuotas::new(QuotaPolicy::Limited, Arc::new(FakeClock::at_ms(5)));
        let mut headers = HeaderMap::new();
        quotas.take(&program(1, "a")).unwrap().write(&mut headers);
        assert_eq!(headers["ratelimit"], "\"token\";r=99;t=1");
        assert_eq!(headers["ratelimit-policy"], "\"token\";q=600;w=60, \"account\";q=3000;w=60");
    }
}
