//! What the listener counts; whoever serves figures reads them.

use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Counters since the start, and gauges where the text says "now".
        #[derive(Debug, Default)]
        pub struct Metrics {
            $($(#[$doc])* pub $name: AtomicU64,)*
        }

        impl Metrics {
            /// Every name with its value, in the order of the fields.
            pub fn read(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($name), self.$name.load(Ordering::Relaxed)),)*]
            }
        }
    };
}

counters! {
    /// TCP connections taken.
    accepted,
    /// Taking one failed (no descriptors left).
    accept_errors,
    /// Rejected or closed before CONNECT because too many handshakes were open.
    handshakes_crowded_out,
    /// TLS failed: no certificate, a foreign one, an old version, no TLS at all, silence.
    tls_failed,
    /// TLS was established, and no acceptable CONNECT came.
    connects_failed,
    /// CONNACK said no.
    connects_refused,
    /// Connections that are open now, those that are being taken over included.
    connected,
    /// Connections that ended because a newer one of the same box came.
    taken_over,
    /// Connections that ended by a goodbye.
    ended_clean,
    /// Connections that ended any other way.
    ended_lost,
    /// Publishes handed up.
    published,
    /// Publishes to a topic that is not the box's own.
    publishes_forbidden,
    /// Publishes turned back with QuotaExceeded: too many waiting, too many bytes held, or the inbox was busy.
    publishes_crowded_out,
    /// Publishes that the inbox refused.
    publishes_refused,
    /// Publishes whose outcome is unknown: time-out, panic, or so said the inbox.
    publishes_unknown,
    /// Bytes of publishes held for the inbox now.
    held_bytes,
    /// Messages written to boxes.
    sent,
    /// Messages for boxes that were not connected, had not subscribed, or whose queue was full.
    unsent,
    /// Messages larger than the box takes.
    unsent_too_large,
}

pub(super) fn count_message(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

pub(super) fn uncount_message(gauge: &AtomicU64) {
    gauge.fetch_sub(1, Ordering::Relaxed);
}
