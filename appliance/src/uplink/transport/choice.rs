//! Which transport the uplink uses, decided without I/O: MQTT first; where it does not get through, HTTPS; and MQTT
//! again after a while that grows.

/// The first wait before MQTT is tried again beside HTTPS, where no other is set; doubled up to [`MQTT_AGAIN_MAX_MS`].
pub const MQTT_AGAIN_MIN_MS: u64 = 120_000;
/// The longest wait before MQTT is tried again.
pub const MQTT_AGAIN_MAX_MS: u64 = 3_600_000;
/// Successive MQTT connections that took a batch and then lost one silently, or had theirs rejected permanently: there
/// are networks that let only small ones through, and brokers that take none.
const CHOKES_MAX: u32 = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UplinkTransport {
    /// MQTT over TLS, usually on port 8883.
    Mqtt,
    /// HTTPS, by the proxy that the settings name, where they name one.
    Https,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TransportChoice {
    #[default]
    Any,
    Only(UplinkTransport),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransportEnd {
    /// No relay was reached, it answered not one message, or no batch got through: another transport may do better.
    Blocked,
    /// The connection was cut while a batch was under way: once that may be anything, repeatedly it is the transport.
    Stalled,
    /// A batch got through, and one after it got no answer, or the other side takes none: that may be the connection,
    /// and repeatedly it is the transport.
    Choked,
    /// The relay answered, and later the connection was lost.
    Lost,
    /// The relay, or this box, said no: it would be the same by any transport.
    Refused,
    /// By HTTPS, and MQTT gets through again.
    MqttOpen,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionEnd {
    /// A message that the relay always answers got no answer.
    Silent,
    Broken,
    /// The relay ended it, or the box for a reason that lasts.
    Settled,
    /// This box ended a good connection, to begin another one.
    Renewed,
}

/// What one connection has shown of its transport: there are networks that let small messages through and no batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ConnectionProof {
    answered: bool,
    /// A message was rejected temporarily.
    refused: bool,
    /// A message was rejected permanently.
    rejected: bool,
    sent: bool,
    taken: bool,
    /// A batch was sent after the relay's newest answer.
    waiting: bool,
}

impl ConnectionProof {
    /// The relay answered, before anything more is sent; whether for the first time.
    pub fn note_answer(&mut self) -> bool {
        self.waiting = false;
        !std::mem::replace(&mut self.answered, true)
    }

    /// The relay rejected a message temporarily: it is busy, and the transport carries messages. Whether that is new.
    pub fn note_refusal(&mut self) -> bool {
        !std::mem::replace(&mut self.refused, true)
    }

    /// The relay, or a broker before it, rejected a message permanently: by another transport the same bytes may be
    /// taken. Whether that is new.
    pub fn note_rejection(&mut self) -> bool {
        !std::mem::replace(&mut self.rejected, true)
    }

    pub fn note_batch(&mut self) {
        self.sent = true;
        self.waiting = true;
    }

    pub fn has_sent(self) -> bool {
        self.sent
    }

    /// The relay has read a batch of this connection; whether that is new.
    pub fn note_taken(&mut self) -> bool {
        !std::mem::replace(&mut self.taken, true)
    }

    /// Whether the next connection may begin at once: the relay has read a batch of this one, or this one was good and had to end.
    pub fn has_served(self, end: ConnectionEnd) -> bool {
        self.taken || (self.answered && end == ConnectionEnd::Renewed)
    }

    /// What the connection's end says of its transport. One that carried something in both directions is good, however
    /// slow or busy the relay is.
    pub fn judge_end(self, end: ConnectionEnd) -> TransportEnd {
        match end {
            ConnectionEnd::Silent if (self.taken || self.rejected) && self.waiting && !self.refused => {
                TransportEnd::Choked
            }
            _ if self.taken || self.refused || self.rejected => TransportEnd::Lost,
            _ if !self.answered => TransportEnd::Blocked,
            ConnectionEnd::Silent => TransportEnd::Blocked,
            ConnectionEnd::Broken if self.sent => TransportEnd::Stalled,
            ConnectionEnd::Broken | ConnectionEnd::Settled | ConnectionEnd::Renewed => TransportEnd::Lost,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextTry {
    AtOnce,
    /// After the wait that failures make longer.
    AfterBackOff,
}

/// When MQTT is tried again while HTTPS serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct MqttRetry {
    due_ms: u64,
    wait_ms: u64,
}

#[derive(Debug, Clone)]
pub struct TransportPlan {
    choice: TransportChoice,
    transport: UplinkTransport,
    retry: Option<MqttRetry>,
    first_wait_ms: u64,
    /// Connections by the present transport that were cut with a batch under way, since one was taken.
    stalls: u32,
    /// Connections by MQTT that ended [`TransportEnd::Choked`], since one ended well. Neither a first batch nor the
    /// other transport reduces the count.
    chokes: u32,
}

impl TransportPlan {
    /// Nothing was tried yet; MQTT is tried again after `first_wait_ms` at first.
    pub fn new(choice: TransportChoice, first_wait_ms: u64) -> Self {
        let transport = match choice {
            TransportChoice::Any => UplinkTransport::Mqtt,
            TransportChoice::Only(transport) => transport,
        };
        let first_wait_ms = first_wait_ms.clamp(1, MQTT_AGAIN_MAX_MS);
        Self { choice, transport, retry: None, first_wait_ms, stalls: 0, chokes: 0 }
    }

    /// The transport of the next try, or of the one that is under way.
    pub fn transport(&self) -> UplinkTransport {
        self.transport
    }

    /// When MQTT is to be tried beside the present transport, milliseconds since the boot; `None` where it is not.
    pub fn mqtt_due_ms(&self) -> Option<u64> {
        let beside = self.choice == TransportChoice::Any && self.transport == UplinkTransport::Https;
        self.retry.filter(|_| beside).map(|retry| retry.due_ms)
    }

    pub fn on_answer(&mut self, up_ms: u64) {
        if self.transport == UplinkTransport::Https {
            let wait_ms = self.first_wait_ms;
            self.retry.get_or_insert(MqttRetry { due_ms: up_ms.saturating_add(wait_ms), wait_ms });
        }
    }

    /// The relay took a batch by the present transport. Only that proves that MQTT gets through: firewalls let
    /// connections begin that they cut later, and answers pass where batches do not.
    pub fn on_batch_taken(&mut self) {
        self.stalls = 0;
        // Where later ones did not get through, a first one proves nothing.
        if self.transport == UplinkTransport::Mqtt && self.chokes < CHOKES_MAX {
            self.retry = None;
        }
    }

    /// MQTT was tried beside HTTPS, and did not get through.
    pub fn on_mqtt_blocked(&mut self, up_ms: u64) {
        let wait_ms =
            self.retry.map_or(self.first_wait_ms, |retry| (retry.wait_ms * 2).min(MQTT_AGAIN_MAX_MS));
        self.retry = Some(MqttRetry { due_ms: up_ms.saturating_add(wait_ms), wait_ms });
    }

    /// Whether a try that ends so shows that the present transport does not work.
    pub fn is_blocked_by(&self, end: TransportEnd) -> bool {
        match end {
            TransportEnd::Blocked => true,
            TransportEnd::Stalled => self.stalls > 0,
            TransportEnd::Choked => self.transport == UplinkTransport::Mqtt && self.chokes + 1 >= CHOKES_MAX,
            TransportEnd::Lost | TransportEnd::Refused | TransportEnd::MqttOpen => false,
        }
    }

    pub fn on_end(&mut self, end: TransportEnd, up_ms: u64) -> NextTry {
        let is_blocked = self.is_blocked_by(end);
        match (end, self.transport) {
            (TransportEnd::Stalled, _) => self.stalls = self.stalls.saturating_add(1),
            (TransportEnd::Choked, UplinkTransport::Mqtt) => self.chokes = (self.chokes + 1).min(CHOKES_MAX),
            (TransportEnd::Lost, UplinkTransport::Mqtt) => self.chokes = 0,
            _ => {}
        }
        if self.choice != TransportChoice::Any {
            return NextTry::AfterBackOff;
        }
        match (end, self.transport) {
            (TransportEnd::MqttOpen, _) => {
                self.change_transport(UplinkTransport::Mqtt);
                NextTry::AtOnce
            }
            _ if !is_blocked => NextTry::AfterBackOff,
            (_, UplinkTransport::Mqtt) => {
                self.on_mqtt_blocked_first(up_ms);
                self.change_transport(UplinkTransport::Https);
                NextTry::AtOnce
            }
            (_, UplinkTransport::Https) => {
                self.change_transport(UplinkTransport::Mqtt);
                NextTry::AfterBackOff
            }
        }
    }

    fn change_transport(&mut self, transport: UplinkTransport) {
        self.transport = transport;
        self.stalls = 0;
    }

    /// MQTT let a connection begin and nothing more, or did not get through again: the wait continues to grow.
    fn on_mqtt_blocked_first(&mut self, up_ms: u64) {
        if self.retry.is_some() {
            self.on_mqtt_blocked(up_ms);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ENDS: [TransportEnd; 6] = [
        TransportEnd::Blocked,
        TransportEnd::Lost,
        TransportEnd::Refused,
        TransportEnd::MqttOpen,
        TransportEnd::Stalled,
        TransportEnd::Choked,
    ];

    #[test]
    fn https_follows_at_once_and_stays() {
        let mut plan = TransportPlan::new(TransportChoice::Any, MQTT_AGAIN_MIN_MS);
        assert_eq!((plan.transport(), plan.mqtt_due_ms()), (UplinkTransport::Mqtt, None));
        assert_eq!(plan.on_end(TransportEnd::Blocked, 20_000), NextTry::AtOnce);
        assert_eq!(plan.transport(), UplinkTransport::Https);
        plan.on_answer(21_000);
        assert_eq!(plan.mqtt_due_ms(), Some(21_000 + MQTT_AGAIN_MIN_MS));
        plan.on_answer(90_000);
        assert_eq!(plan.mqtt_due_ms(), Some(21_000 + MQTT_AGAIN_MIN_MS), "answers put nothing off");
        assert_eq!(plan.on_end(TransportEnd::Lost, 100_000), NextTry::AfterBackOff);
        assert_eq!(plan.transport(), UplinkTransport::Https, "what served is tried first");
        plan.on_mqtt_blocked(141_000);
        assert_eq!(plan.mqtt_due_ms(), Some(141_000 + 2 * MQTT_AGAIN_MIN_MS));
        assert_eq!(plan.on_end(TransportEnd::MqttOpen, 400_000), NextTry::AtOnce);
        assert_eq!((plan.transport(), plan.mqtt_due_ms()), (UplinkTransport::Mqtt, None));
    }

    #[test]
    fn a_port_that_opens_and_lets_nothing_live_is_not_tried_more_often() {
        let mut plan = TransportPlan::new(TransportChoice::Any, MQTT_AGAIN_MIN_MS);
        plan.on_end(TransportEnd::Blocked, 0);
        plan.on_answer(0);
        let mut waits = Vec::new();
        for _ in 0..8 {
            let due_ms = plan.mqtt_due_ms().unwrap();
            plan.on_end(TransportEnd::MqttOpen, due_ms);
            assert_eq!(plan.on_end(TransportEnd::Blocked, due_ms), NextTry::AtOnce, "no answer came");
            plan.on_answer(due_ms);
            waits.push(plan.mqtt_due_ms().unwrap() - due_ms);
        }
        assert!(waits.is_sorted() && waits[7] == MQTT_AGAIN_MAX_MS, "{waits:?}");
        plan.on_end(TransportEnd::MqttOpen, 0);
        plan.on_answer(5);
        plan.on_batch_taken();
        plan.on_end(TransportEnd::Blocked, 6);
        plan.on_answer(7);
        assert_eq!(plan.mqtt_due_ms(), Some(7 + MQTT_AGAIN_MIN_MS), "it had got through");
    }

    #[test]
    fn a_line_that_answers_and_takes_no_batch_is_blocked() {
        let ends = |proof: ConnectionProof| {
            [ConnectionEnd::Silent, ConnectionEnd::Broken, ConnectionEnd::Settled]
                .map(|end| proof.judge_end(end))
        };
        use TransportEnd::{Blocked, Lost, Stalled};
        let mut proof = ConnectionProof::default();
        assert_eq!(ends(proof), [Blocked; 3], "not one answer");
        assert!(proof.note_answer() && !proof.note_answer());
        assert_eq!(ends(proof), [Blocked, Lost, Lost], "there was nothing to send");
        assert!(!proof.has_sent());
        proof.note_batch();
        assert!(proof.has_sent());
        assert_eq!(ends(proof), [Blocked, Stalled, Lost], "there was, and it got nowhere");
        let (mut taken, mut refused) = (proof, proof);
        assert!(!taken.note_answer());
        assert!(taken.note_taken() && !taken.note_taken() && taken.has_served(ConnectionEnd::Broken));
        assert_eq!(ends(taken), [Lost; 3], "a batch got through before");
        assert!(
            refused.note_refusal() && !refused.note_refusal() && !refused.has_served(ConnectionEnd::Settled)
        );
        assert_eq!(ends(refused), [Lost; 3], "a relay that is busy is reached");
        let mut busy = ConnectionProof::default();
        busy.note_refusal();
        assert_eq!(ends(busy), [Lost; 3], "from its first message on");
    }

    #[test]
    fn a_line_that_the_box_renews_is_no_failure_of_a_quiet_box() {
        let mut proof = ConnectionProof::default();
        assert!(!proof.has_served(ConnectionEnd::Renewed), "not one answer");
        proof.note_answer();
        for end in [ConnectionEnd::Silent, ConnectionEnd::Broken, ConnectionEnd::Settled] {
            assert!(!proof.has_served(end), "{end:?}");
        }
        assert!(proof.has_served(ConnectionEnd::Renewed));
        assert_eq!(proof.judge_end(ConnectionEnd::Renewed), TransportEnd::Lost);
    }

    #[test]
    fn one_cut_changes_no_way_and_two_in_a_row_do() {
        let mut plan = TransportPlan::new(TransportChoice::Any, MQTT_AGAIN_MIN_MS);
        assert!(!plan.is_blocked_by(TransportEnd::Stalled));
        assert_eq!(plan.on_end(TransportEnd::Stalled, 0), NextTry::AfterBackOff);
        assert_eq!(plan.transport(), UplinkTransport::Mqtt);
        plan.on_batch_taken();
        assert_eq!(
            plan.on_end(TransportEnd::Stalled, 1),
            NextTry::AfterBackOff,
            "a batch was taken meanwhile"
        );
        assert!(plan.is_blocked_by(TransportEnd::Stalled));
        assert_eq!(plan.on_end(TransportEnd::Stalled, 2), NextTry::AtOnce);
        assert_eq!(plan.transport(), UplinkTransport::Https);
        assert!(!plan.is_blocked_by(TransportEnd::Stalled), "of the other way nothing is known yet");
        assert_eq!(plan.on_end(TransportEnd::Stalled, 3), NextTry::AfterBackOff);
        assert_eq!(plan.transport(), UplinkTransport::Https);
        assert_eq!(plan.on_end(TransportEnd::Stalled, 4), NextTry::AfterBackOff);
        assert_eq!(plan.transport(), UplinkTransport::Mqtt);
    }

    #[test]
    fn a_busy_relay_is_tried_by_the_same_way() {
        for transport in [UplinkTransport::Mqtt, UplinkTransport::Https] {
            let mut plan = TransportPlan::new(TransportChoice::Any, MQTT_AGAIN_MIN_MS);
            if transport == UplinkTransport::Https {
                plan.on_end(TransportEnd::Blocked, 0);
            }
            for at_ms in 1..9 {
                let mut connection = ConnectionProof::default();
                connection.note_refusal();
                assert_eq!(
                    plan.on_end(connection.judge_end(ConnectionEnd::Silent), at_ms),
                    NextTry::AfterBackOff
                );
                assert_eq!(plan.transport(), transport);
            }
        }
    }

    /// A connection whose first batch was taken and whose next one got no answer.
    fn choked_line() -> ConnectionProof {
        let mut connection = ConnectionProof::default();
        connection.note_answer();
        connection.note_batch();
        connection.note_answer();
        // What is sent upon an answer is sent before the answer is judged.
        connection.note_batch();
        connection.note_taken();
        connection
    }

    #[test]
    fn a_line_that_takes_a_first_batch_alone_is_choked() {
        use TransportEnd::{Choked, Lost};
        let mut connection = choked_line();
        let ends = |connection: ConnectionProof| {
            [ConnectionEnd::Silent, ConnectionEnd::Broken, ConnectionEnd::Settled, ConnectionEnd::Renewed]
                .map(|end| connection.judge_end(end))
        };
        assert_eq!(ends(connection), [Choked, Lost, Lost, Lost]);
        connection.note_answer();
        assert_eq!(ends(connection), [Lost; 4], "nothing was under way");
        connection.note_batch();
        connection.note_refusal();
        assert_eq!(ends(connection), [Lost; 4], "a relay that is busy is reached");
    }

    #[test]
    fn a_broker_that_refuses_each_batch_for_good_leads_to_https_after_three_lines() {
        use TransportEnd::{Choked, Lost};
        let mut connection = ConnectionProof::default();
        assert!(connection.note_rejection() && !connection.note_rejection());
        assert_eq!(connection.judge_end(ConnectionEnd::Silent), Lost, "no batch was under way");
        connection.note_answer();
        connection.note_batch();
        let ends = |connection: ConnectionProof| {
            [ConnectionEnd::Silent, ConnectionEnd::Broken, ConnectionEnd::Settled, ConnectionEnd::Renewed]
                .map(|end| connection.judge_end(end))
        };
        assert_eq!(ends(connection), [Choked, Lost, Lost, Lost]);
        let mut plan = TransportPlan::new(TransportChoice::Any, MQTT_AGAIN_MIN_MS);
        for transport in [UplinkTransport::Mqtt, UplinkTransport::Mqtt, UplinkTransport::Https] {
            plan.on_end(connection.judge_end(ConnectionEnd::Silent), 0);
            assert_eq!(plan.transport(), transport);
        }
        connection.note_refusal();
        assert_eq!(ends(connection), [Lost; 4], "a relay that is busy is reached");
    }

    #[test]
    fn three_choked_lines_in_a_row_are_blocked_and_one_is_from_then_on() {
        let mut plan = TransportPlan::new(TransportChoice::Any, MQTT_AGAIN_MIN_MS);
        let end = choked_line().judge_end(ConnectionEnd::Silent);
        for good in [TransportEnd::Choked, TransportEnd::Lost, TransportEnd::Choked, TransportEnd::Choked] {
            plan.on_batch_taken();
            assert!(!plan.is_blocked_by(good));
            assert_eq!(plan.on_end(good, 0), NextTry::AfterBackOff);
            assert_eq!(plan.transport(), UplinkTransport::Mqtt, "not three in a row");
        }
        let (mut at_ms, mut waits) = (0, Vec::new());
        for _ in 0..8 {
            plan.on_answer(at_ms);
            plan.on_batch_taken();
            assert!(plan.is_blocked_by(end));
            assert_eq!(plan.on_end(end, at_ms), NextTry::AtOnce);
            assert_eq!(plan.transport(), UplinkTransport::Https);
            assert!(!plan.is_blocked_by(end), "of HTTPS it says nothing");
            let due_ms = try_mqtt_again(&mut plan, at_ms);
            waits.push(due_ms - at_ms);
            at_ms = due_ms;
        }
        assert_eq!(waits[0], MQTT_AGAIN_MIN_MS, "the usual time at first");
        assert!(waits.is_sorted() && waits[7] == MQTT_AGAIN_MAX_MS, "{waits:?}");
        plan.on_batch_taken();
        plan.on_end(TransportEnd::Lost, at_ms);
        plan.on_batch_taken();
        assert_eq!(plan.on_end(end, at_ms), NextTry::AfterBackOff, "a line ended well meanwhile");
        plan.on_end(TransportEnd::Blocked, at_ms);
        plan.on_answer(at_ms);
        assert_eq!(plan.mqtt_due_ms(), Some(at_ms + MQTT_AGAIN_MIN_MS), "it had got through");
    }

    /// A batch goes by HTTPS, and MQTT is open when it is due again: the time of that.
    fn try_mqtt_again(plan: &mut TransportPlan, at_ms: u64) -> u64 {
        plan.on_answer(at_ms);
        plan.on_batch_taken();
        let due_ms = plan.mqtt_due_ms().unwrap();
        assert_eq!(plan.on_end(TransportEnd::MqttOpen, due_ms), NextTry::AtOnce);
        assert_eq!(plan.transport(), UplinkTransport::Mqtt);
        due_ms
    }

    #[test]
    fn small_messages_alone_do_not_bring_mqtt_back_for_good() {
        let mut plan = TransportPlan::new(TransportChoice::Any, MQTT_AGAIN_MIN_MS);
        let (mut at_ms, mut waits) = (0, Vec::new());
        for _ in 0..8 {
            let mut connection = ConnectionProof::default();
            connection.note_answer();
            plan.on_answer(at_ms);
            connection.note_batch();
            at_ms += 30_000;
            assert_eq!(plan.on_end(connection.judge_end(ConnectionEnd::Silent), at_ms), NextTry::AtOnce);
            assert_eq!(plan.transport(), UplinkTransport::Https, "what MQTT loses goes by HTTPS");
            let due_ms = try_mqtt_again(&mut plan, at_ms);
            waits.push(due_ms - at_ms);
            at_ms = due_ms;
        }
        assert_eq!(waits[0], MQTT_AGAIN_MIN_MS, "the usual time at first");
        assert!(waits.is_sorted() && waits[7] == MQTT_AGAIN_MAX_MS, "{waits:?}");
    }

    proptest! {
        #[test]
        fn only_what_the_settings_let_it_take(ends in prop::collection::vec(0..6usize, 0..60)) {
            for transport in [UplinkTransport::Mqtt, UplinkTransport::Https] {
                let mut plan = TransportPlan::new(TransportChoice::Only(transport), MQTT_AGAIN_MIN_MS);
                for (at, end) in (0..).zip(&ends) {
                    plan.on_answer(at);
                    prop_assert_eq!(plan.on_end(ENDS[*end], at), NextTry::AfterBackOff);
                    prop_assert_eq!((plan.transport(), plan.mqtt_due_ms()), (transport, None));
                }
            }
        }

        #[test]
        fn it_never_spins_and_leaves_no_way_untried(ends in prop::collection::vec((0..3usize, any::<bool>()), 2..80)) {
            let mut plan = TransportPlan::new(TransportChoice::Any, MQTT_AGAIN_MIN_MS);
            let (mut at_once, mut blocked) = (0, Vec::new());
            for (at, (end, answered)) in (0..).map(|n| n * 1_000).zip(ends) {
                let (end, transport) = (ENDS[end], plan.transport());
                if answered && end == TransportEnd::Lost {
                    plan.on_answer(at);
                }
                at_once = if plan.on_end(end, at) == NextTry::AtOnce { at_once + 1 } else { 0 };
                prop_assert!(at_once <= 1, "two tries in a row without a wait");
                if end == TransportEnd::Blocked { blocked.push(transport) } else { blocked.clear() }
                if let [.., one, two] = blocked[..] {
                    prop_assert_ne!(one, two, "what is blocked is not tried twice in a row");
                }
                if let Some(due_ms) = plan.mqtt_due_ms() {
                    prop_assert!(due_ms <= at + MQTT_AGAIN_MAX_MS);
                }
            }
        }

        #[test]
        fn a_port_that_opens_is_found_within_the_longest_wait(opens_ms in 0..40_000_000u64) {
            let mut plan = TransportPlan::new(TransportChoice::Any, MQTT_AGAIN_MIN_MS);
            plan.on_end(TransportEnd::Blocked, 0);
            plan.on_answer(0);
            let mut before_ms = 0;
            let found_ms = loop {
                let due_ms = plan.mqtt_due_ms().unwrap();
                prop_assert!((MQTT_AGAIN_MIN_MS..=MQTT_AGAIN_MAX_MS).contains(&(due_ms - before_ms)));
                if due_ms >= opens_ms {
                    break due_ms;
                }
                before_ms = due_ms;
                plan.on_mqtt_blocked(due_ms);
            };
            plan.on_end(TransportEnd::MqttOpen, found_ms);
            prop_assert_eq!(plan.transport(), UplinkTransport::Mqtt);
            prop_assert!(found_ms <= opens_ms + MQTT_AGAIN_MAX_MS);
        }
    }
}
