//! Whether the relay has a continuation of this box's log that this box lacks: an older copy of the card was put back, and what the
//! box would send next would be a second branch of the log. It begins an epoch behind the relay's newest one instead.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use record::alarm::AlarmCode;
use record::messages::LogChain;
use record::sign::VerifierKey;

use super::log_keys::KnownKeys;
use super::relay_answers::{RunUplinkError, get_json, in_background};
use crate::uplink::UplinkShared;
use crate::uplink::exchange::compare;
use crate::uplink::transport::http_client::RelayHttpClient;

/// How long the relay is asked before a connection: without its answer the box sends what it has.
pub(in crate::uplink) const FIRST_WINDOW: Duration = Duration::from_secs(5);
/// The same once the connection is open, where there was no answer before: a connection that may not last waits for it.
pub(in crate::uplink) const SECOND_WINDOW: Duration = Duration::from_secs(1);
/// Time between two rebases. Two boxes that run on copies of one card would otherwise displace each other for ever; so
/// the relay sees two branches, and a person looks at it.
const EVERY_MS: u64 = 86_400_000;

/// The log with which this box continues, after a look at what the relay holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::uplink) enum RebaseCourse {
    Own,
    /// With one that the next start begins behind the relay's newest.
    Next,
    /// With its own, and nothing is sent, for this reason: where the relay's newest log is this box's after all, what this box
    /// would send makes a second branch, of which the relay takes nothing any more.
    Held(&'static str),
}

/// Looks, once for each start of the box and until it is known. The relay has `window` to say which logs it holds; once
/// its log continues elsewhere nothing is sent before that is settled, however long it takes.
pub(in crate::uplink) async fn choose_course(
    shared: &Arc<UplinkShared>,
    with: &RelayHttpClient,
    cosigners: &[VerifierKey],
    window: Duration,
) -> RebaseCourse {
    // A box that is about to begin another log sends no line.
    if shared.rebased.load(Ordering::Relaxed) {
        return RebaseCourse::Next;
    }
    if shared.followed.load(Ordering::Relaxed) {
        return RebaseCourse::Own;
    }
    let held = match tokio::time::timeout(window, get_json::<LogChain>(with, "/box/v1/log")).await {
        Ok(Ok(held)) => held,
        Ok(Err(RunUplinkError::Replaced)) => {
            shared.report_replaced();
            return RebaseCourse::Held("another machine has taken this box's place");
        }
        Ok(Err(error)) => {
            tracing::warn!(%error, "it is not known on which epoch the relay goes on");
            return RebaseCourse::Own;
        }
        Err(_) => {
            tracing::warn!("the relay did not say in time on which epoch it goes on");
            return RebaseCourse::Own;
        }
    };
    shared.clear(|cause| cause.code == AlarmCode::BoxReplaced);
    let course = follow_newest(shared, with, cosigners, &held).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "the relay may go on from another epoch, and it is not known whether it does");
        RebaseCourse::Held("the relay goes on with another log of this box, and has not proven it yet")
    });
    shared.followed.store(course == RebaseCourse::Own, Ordering::Relaxed);
    shared.rebased.store(course == RebaseCourse::Next, Ordering::Relaxed);
    course
}

async fn follow_newest(
    shared: &Arc<UplinkShared>,
    with: &RelayHttpClient,
    cosigners: &[VerifierKey],
    held: &LogChain,
) -> Result<RebaseCourse, RunUplinkError> {
    let counting = held.epochs.iter().filter(|held| !held.apart && held.size > 0);
    let Some(newest) = counting.max_by_key(|held| held.epoch) else { return Ok(RebaseCourse::Own) };
    let store = shared.parts.store.clone();
    let epoch = newest.epoch;
    let present = store.origin().epoch;
    let is_elsewhere =
        in_background(move || store.past().map(|past| compare::is_elsewhere(epoch, present, &past)));
    if !is_elsewhere.await? {
        return Ok(RebaseCourse::Own);
    }
    let keys = KnownKeys::learn(shared, with, held).await?;
    if !keys.knows(epoch) {
        return Ok(RebaseCourse::Held(
            "the relay holds a log of this box that this card does not know, and somebody must say whether it is this box's",
        ));
    }
    let Some((cosigned, key)) = keys.proven(newest, &shared.parts.store, cosigners) else {
        tracing::error!(%epoch, "the relay goes on from an epoch that it cannot prove to be this box's");
        return Ok(RebaseCourse::Held("the relay cannot prove the log of this box that it goes on from"));
    };
    let (store, now_ms) = (shared.parts.store.clone(), shared.parts.clock.now().wall_ms);
    let rebased = in_background(move || match store.rebased_ms()? {
        Some(then_ms) if now_ms.abs_diff(then_ms) < EVERY_MS => Ok(false),
        _ => store.rebase_on(&cosigned, &key, now_ms),
    });
    let rebased = rebased.await?;
    tracing::warn!(%epoch, rebased, "the relay goes on from an epoch that this box does not lead to");
    Ok(if rebased { RebaseCourse::Next } else { RebaseCourse::Own })
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::http::StatusCode;
    use axum::routing::get;
    use record::checkpoint::LogOrigin;
    use record::entry::ClockState;
    use record::ids::BootId;
    use record::messages::{ChainEpoch, VERSION};
    use record::sign::{KeyKind, SignerKey};
    use service::clock::{FakeClock, Now};

    use super::*;
    use crate::uplink::test_shared::make_shared;

    fn client(url: String) -> RelayHttpClient {
        let _ = rustls::crypto::ring::default_provider().install_default();
        RelayHttpClient { url, client: reqwest::Client::builder().build().unwrap() }
    }

    async fn relay(epochs: Vec<ChainEpoch>) -> RelayHttpClient {
        let held = LogChain { v: VERSION, epochs };
        let routes = Router::new()
            .route("/box/v1/log", get(async move || axum::Json(held)))
            .fallback(async || StatusCode::SERVICE_UNAVAILABLE);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        client(url)
    }

    fn box_in(dir: &std::path::Path) -> Arc<UplinkShared> {
        let now = Now { wall_ms: 9, boot: BootId::new(1, [1; 10]), up_ms: 9, state: ClockState::Synced };
        make_shared(dir, &Arc::new(FakeClock::new(now)))
    }

    fn later_log(shared: &UplinkShared) -> ChainEpoch {
        let own = shared.parts.store.origin();
        let public = SignerKey::new("x", KeyKind::Note, &[7; 32]).unwrap().verifier().public();
        let later = LogOrigin::new(own.box_id, own.epoch.n + 1, &public);
        let key = later.verifier(&public).unwrap().to_string();
        ChainEpoch { epoch: later.epoch, key, size: 3, cosigned: None, prev: None, after: None, apart: false }
    }

    #[tokio::test]
    async fn nothing_is_sent_while_a_relay_that_goes_on_elsewhere_does_not_prove_it() {
        let dir = tempfile::tempdir().unwrap();
        let shared = box_in(dir.path());
        let relay = relay(vec![later_log(&shared)]).await;
        for window in [FIRST_WINDOW, SECOND_WINDOW] {
            let course = choose_course(&shared, &relay, &[], window).await;
            assert!(matches!(course, RebaseCourse::Held(_)), "{course:?}");
        }
    }

    #[tokio::test]
    async fn a_box_sends_what_it_has_where_the_relay_says_nothing_else_or_nothing_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let shared = box_in(dir.path());
        let is_known = || shared.followed.load(Ordering::Relaxed);
        let away = client("http://127.0.0.1:1".to_owned());
        assert_eq!(choose_course(&shared, &away, &[], SECOND_WINDOW).await, RebaseCourse::Own);
        assert!(!is_known(), "it is asked again");
        let relay = relay(Vec::new()).await;
        assert_eq!(choose_course(&shared, &relay, &[], FIRST_WINDOW).await, RebaseCourse::Own);
        assert!(is_known());
    }

    #[tokio::test]
    async fn a_box_that_is_about_to_begin_another_log_opens_no_line() {
        let dir = tempfile::tempdir().unwrap();
        let shared = box_in(dir.path());
        shared.rebased.store(true, Ordering::Relaxed);
        let away = client("http://127.0.0.1:1".to_owned());
        assert_eq!(choose_course(&shared, &away, &[], FIRST_WINDOW).await, RebaseCourse::Next);
    }
}
