//! What a box may do, decided without IO from who its certificate says it is.

use std::time::Duration;

use record::ids::BoxId;
use record::topics::{DownTopic, Topic, UpTopic};
use rumqttc::v5::mqttbytes::v5::{
    Connect, ConnectReturnCode, DisconnectReasonCode, Filter, LastWill, PubAckReason, Publish,
    SubscribeReasonCode,
};
use rumqttc::v5::mqttbytes::{QoS, matches, valid_filter};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ConnectionTerms {
    /// Seconds between packets from the peer, 1 or more; it is dropped after half as long again.
    pub(super) keep_alive_s: u16,
    /// Whether the peer asked for another keep-alive and must be informed.
    pub(super) keep_alive_changed: bool,
    /// How many publishes the peer takes before it has acknowledged one.
    pub(super) receive_max: u16,
    pub(super) packet_bytes_max: usize,
}

impl ConnectionTerms {
    /// How long the peer may be silent.
    pub(super) fn silence_max(&self) -> Duration {
        Duration::from_secs(self.keep_alive_s.into()) * 3 / 2
    }
}

/// Publishes that we leave unacknowledged at one box, whatever more it would take.
const RECEIVE_MAX: u16 = 16;

pub(super) fn check_connect(
    id: BoxId,
    connect: &Connect,
    will: Option<&LastWill>,
    keep_alive_s_max: u16,
) -> Result<ConnectionTerms, ConnectReturnCode> {
    if connect.client_id != id.to_string() {
        return Err(ConnectReturnCode::ClientIdentifierNotValid);
    }
    if let Some(will) = will {
        check_will(id, will)?;
    }
    let properties = connect.properties.as_ref();
    if properties.is_some_and(|properties| properties.authentication_method.is_some()) {
        return Err(ConnectReturnCode::BadAuthenticationMethod);
    }
    let receive_max = properties.and_then(|properties| properties.receive_maximum).unwrap_or(u16::MAX);
    let packet_bytes_max = properties.and_then(|properties| properties.max_packet_size).unwrap_or(u32::MAX);
    if receive_max == 0 || packet_bytes_max == 0 {
        return Err(ConnectReturnCode::ProtocolError);
    }
    let keep_alive_s = match connect.keep_alive {
        0 => keep_alive_s_max,
        requested => requested.min(keep_alive_s_max),
    };
    Ok(ConnectionTerms {
        keep_alive_s,
        keep_alive_changed: keep_alive_s != connect.keep_alive,
        receive_max: receive_max.min(RECEIVE_MAX),
        packet_bytes_max: usize::try_from(packet_bytes_max).unwrap_or(usize::MAX),
    })
}

fn check_will(id: BoxId, will: &LastWill) -> Result<(), ConnectReturnCode> {
    if will.retain {
        return Err(ConnectReturnCode::RetainNotSupported);
    }
    if will.qos == QoS::ExactlyOnce {
        return Err(ConnectReturnCode::QoSNotSupported);
    }
    match parse_topic(&will.topic) {
        Some(Topic::Up(of, UpTopic::Gone)) if of == id => Ok(()),
        _ => Err(ConnectReturnCode::NotAuthorized),
    }
}

/// Anything that is not exactly one of our topics is `None`: other bytes than UTF-8, wildcards, NUL, more levels.
fn parse_topic(bytes: &[u8]) -> Option<Topic> {
    Topic::parse(std::str::from_utf8(bytes).ok()?)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PublishDecision {
    Take(UpTopic),
    Refuse(PubAckReason),
    /// The peer does what CONNACK forbade.
    Close(DisconnectReasonCode),
}

pub(super) fn check_publish(id: BoxId, publish: &Publish) -> PublishDecision {
    if publish.qos == QoS::ExactlyOnce {
        return PublishDecision::Close(DisconnectReasonCode::QoSNotSupported);
    }
    if publish.retain {
        return PublishDecision::Close(DisconnectReasonCode::RetainNotSupported);
    }
    if let Some(properties) = &publish.properties {
        if properties.topic_alias.is_some() {
            return PublishDecision::Close(DisconnectReasonCode::TopicAliasInvalid);
        }
        if !properties.subscription_identifiers.is_empty() {
            return PublishDecision::Close(DisconnectReasonCode::ProtocolError);
        }
    }
    match parse_topic(&publish.topic) {
        Some(Topic::Up(of, up)) if of == id => PublishDecision::Take(up),
        _ => PublishDecision::Refuse(PubAckReason::NotAuthorized),
    }
}

const DOWNS: [DownTopic; 2] = [DownTopic::Ack, DownTopic::Directive];

/// Which down topics a set of filters covers, one bit each: cheap to share between the session and the publisher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct OpenDownTopics(pub(super) u8);

impl OpenDownTopics {
    fn bit(down: DownTopic) -> u8 {
        match down {
            DownTopic::Ack => 1,
            DownTopic::Directive => 2,
        }
    }

    pub(super) fn has(self, down: DownTopic) -> bool {
        self.0 & Self::bit(down) != 0
    }

    fn covered_by(id: BoxId, filter: &str) -> Self {
        let covered = DOWNS.into_iter().filter(|down| matches(&Topic::Down(id, *down).to_string(), filter));
        Self(covered.map(Self::bit).fold(0, |all, bit| all | bit))
    }
}

/// May box `id` subscribe to this, and at which quality of service?
pub(super) fn check_subscribe(id: BoxId, filter: &Filter) -> Result<QoS, SubscribeReasonCode> {
    if filter.path.starts_with("$share/") {
        return Err(SubscribeReasonCode::SharedSubscriptionsNotSupported);
    }
    if !valid_filter(&filter.path) {
        return Err(SubscribeReasonCode::TopicFilterInvalid);
    }
    if !Topic::may_subscribe(id, &filter.path) {
        return Err(SubscribeReasonCode::NotAuthorized);
    }
    Ok(match filter.qos {
        QoS::AtMostOnce => QoS::AtMostOnce,
        QoS::AtLeastOnce | QoS::ExactlyOnce => QoS::AtLeastOnce,
    })
}

/// What one connection has subscribed to. Only a handful of filters pass [`check_subscribe`], so it stays small.
#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    held: Vec<(String, OpenDownTopics, QoS)>,
}

impl Subscriptions {
    /// Adds a filter that [`check_subscribe`] let through; the same filter again replaces the first.
    pub(super) fn add(&mut self, id: BoxId, filter: String, qos: QoS) {
        self.remove(&filter);
        let topics = OpenDownTopics::covered_by(id, &filter);
        self.held.push((filter, topics, qos));
    }

    pub(super) fn remove(&mut self, filter: &str) -> bool {
        let before = self.held.len();
        self.held.retain(|(held, ..)| held != filter);
        self.held.len() < before
    }

    pub(super) fn topics(&self) -> OpenDownTopics {
        OpenDownTopics(self.held.iter().fold(0, |all, (_, topics, _)| all | topics.0))
    }

    /// The best quality of service at which `down` may be sent; `None` where nobody asked for it.
    pub(super) fn quality(&self, down: DownTopic) -> Option<QoS> {
        let granted = self.held.iter().filter(|(_, topics, _)| topics.has(down)).map(|(.., qos)| *qos);
        granted.max_by_key(|qos| *qos as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rumqttc::v5::mqttbytes::v5::{ConnectProperties, PublishProperties};

    const KEEP_ALIVE_S_MAX: u16 = 90;

    fn id(fill: u8) -> BoxId {
        BoxId::new(1, [fill; 10])
    }

    fn hello(client_id: &str, keep_alive: u16) -> Connect {
        Connect { keep_alive, client_id: client_id.to_owned(), clean_start: true, properties: None }
    }

    fn may_connect(packet: &Connect, will: Option<&LastWill>) -> Result<ConnectionTerms, ConnectReturnCode> {
        check_connect(id(1), packet, will, KEEP_ALIVE_S_MAX)
    }

    #[test]
    fn connects_only_as_itself() {
        assert!(may_connect(&hello(&id(1).to_string(), 30), None).is_ok());
        for other in [String::new(), id(2).to_string(), id(1).to_string().to_lowercase()] {
            let refused = may_connect(&hello(&other, 30), None);
            assert_eq!(refused, Err(ConnectReturnCode::ClientIdentifierNotValid), "{other}");
        }
    }

    #[test]
    fn keep_alive_is_bounded() {
        for (requested, granted) in [(0, 90), (1, 1), (30, 30), (90, 90), (91, 90), (u16::MAX, 90)] {
            let terms = may_connect(&hello(&id(1).to_string(), requested), None).unwrap();
            assert_eq!((terms.keep_alive_s, terms.keep_alive_changed), (granted, granted != requested));
        }
    }

    #[test]
    fn what_the_peer_can_take() {
        let with = |receive_maximum, max_packet_size| {
            let mut connect = hello(&id(1).to_string(), 30);
            let mut properties = ConnectProperties::new();
            (properties.receive_maximum, properties.max_packet_size) = (receive_maximum, max_packet_size);
            connect.properties = Some(properties);
            may_connect(&connect, None).map(|terms| (terms.receive_max, terms.packet_bytes_max))
        };
        assert_eq!(with(None, None), Ok((RECEIVE_MAX, u32::MAX as usize)));
        assert_eq!(with(Some(1), Some(40)), Ok((1, 40)));
        assert_eq!(with(Some(0), None), Err(ConnectReturnCode::ProtocolError));
        assert_eq!(with(None, Some(0)), Err(ConnectReturnCode::ProtocolError));
    }

    #[test]
    fn wills() {
        let check = |topic: String, qos, retain| {
            let will = LastWill::new(topic, "x", qos, retain, None);
            may_connect(&hello(&id(1).to_string(), 30), Some(&will)).map(|_| ())
        };
        let gone = Topic::Up(id(1), UpTopic::Gone).to_string();
        assert_eq!(check(gone.clone(), QoS::AtLeastOnce, false), Ok(()));
        assert_eq!(check(gone.clone(), QoS::ExactlyOnce, false), Err(ConnectReturnCode::QoSNotSupported));
        assert_eq!(check(gone, QoS::AtMostOnce, true), Err(ConnectReturnCode::RetainNotSupported));
        for other in [
            Topic::Up(id(2), UpTopic::Gone),
            Topic::Up(id(1), UpTopic::Batch),
            Topic::Down(id(1), DownTopic::Ack),
        ] {
            let refused = check(other.to_string(), QoS::AtLeastOnce, false);
            assert_eq!(refused, Err(ConnectReturnCode::NotAuthorized), "{other}");
        }
    }

    fn publishing(topic: &[u8], change: impl FnOnce(&mut Publish)) -> PublishDecision {
        let mut packet = Publish::new("", QoS::AtLeastOnce, "x", None);
        packet.topic = bytes::Bytes::copy_from_slice(topic);
        change(&mut packet);
        check_publish(id(1), &packet)
    }

    #[test]
    fn publishes_only_under_its_own_up() {
        for up in [UpTopic::Hello, UpTopic::Batch, UpTopic::Health, UpTopic::Gone] {
            let own = Topic::Up(id(1), up).to_string();
            assert_eq!(publishing(own.as_bytes(), |_| ()), PublishDecision::Take(up));
        }
        let me = id(1);
        let foreign = [
            Topic::Up(id(2), UpTopic::Batch).to_string(),
            Topic::Down(me, DownTopic::Ack).to_string(),
            format!("ct/1/{me}/up"),
            format!("ct/1/{me}/up/"),
            format!("ct/1/{me}x/up/batch"),
            format!("ct/1/{me}/up/../up/batch"),
            format!("ct/1/../1/{me}/up/batch"),
            format!("ct/1/{me}/up/batch\0"),
            format!("ct/1/{me}/up/+"),
            format!("ct/1/{me}/up/#"),
            format!("/ct/1/{me}/up/batch"),
            "$SYS/broker".into(),
            "#".into(),
            String::new(),
        ];
        for topic in foreign {
            let refused = publishing(topic.as_bytes(), |_| ());
            assert_eq!(refused, PublishDecision::Refuse(PubAckReason::NotAuthorized), "{topic:?}");
        }
        assert_eq!(publishing(b"ct/1/\xff", |_| ()), PublishDecision::Refuse(PubAckReason::NotAuthorized));
    }

    #[test]
    fn what_connack_forbids_ends_the_connection() {
        let own = Topic::Up(id(1), UpTopic::Batch).to_string();
        let close = |change: fn(&mut Publish)| publishing(own.as_bytes(), change);
        assert_eq!(
            close(|p| p.qos = QoS::ExactlyOnce),
            PublishDecision::Close(DisconnectReasonCode::QoSNotSupported)
        );
        assert_eq!(
            close(|p| p.retain = true),
            PublishDecision::Close(DisconnectReasonCode::RetainNotSupported)
        );
        assert_eq!(
            close(|p: &mut Publish| {
                p.properties =
                    Some(PublishProperties { topic_alias: Some(1), ..PublishProperties::default() });
            }),
            PublishDecision::Close(DisconnectReasonCode::TopicAliasInvalid)
        );
        assert_eq!(
            close(|p: &mut Publish| {
                let subscription_identifiers = vec![1];
                p.properties =
                    Some(PublishProperties { subscription_identifiers, ..PublishProperties::default() });
            }),
            PublishDecision::Close(DisconnectReasonCode::ProtocolError)
        );
    }

    #[test]
    fn subscribes_only_below_its_own_down() {
        let ask = |path: &str, qos| check_subscribe(id(1), &Filter::new(path, qos));
        let own = Topic::down_filter(id(1));
        assert_eq!(ask(&own, QoS::AtMostOnce), Ok(QoS::AtMostOnce));
        assert_eq!(ask(&own, QoS::ExactlyOnce), Ok(QoS::AtLeastOnce));
        let foreign =
            [Topic::down_filter(id(2)), "#".into(), "+/1/+/down/#".into(), "ct/1/+/down/ack".into()];
        for path in foreign {
            assert_eq!(ask(&path, QoS::AtLeastOnce), Err(SubscribeReasonCode::NotAuthorized), "{path}");
        }
        let shared = ask(&format!("$share/g/{own}"), QoS::AtLeastOnce);
        assert_eq!(shared, Err(SubscribeReasonCode::SharedSubscriptionsNotSupported));
        for broken in ["", "a#", "#/b"] {
            let refused = ask(broken, QoS::AtLeastOnce);
            assert_eq!(refused, Err(SubscribeReasonCode::TopicFilterInvalid), "{broken}");
        }
    }

    #[test]
    fn subscriptions_cover_ways() {
        let mut all = Subscriptions::default();
        assert_eq!((all.topics(), all.quality(DownTopic::Ack)), (OpenDownTopics(0), None));
        let ack = Topic::Down(id(1), DownTopic::Ack).to_string();
        all.add(id(1), ack.clone(), QoS::AtMostOnce);
        assert_eq!(all.quality(DownTopic::Ack), Some(QoS::AtMostOnce));
        assert_eq!(all.quality(DownTopic::Directive), None);
        all.add(id(1), Topic::down_filter(id(1)), QoS::AtLeastOnce);
        assert_eq!(all.quality(DownTopic::Ack), Some(QoS::AtLeastOnce));
        assert!(all.topics().has(DownTopic::Directive));
        assert!(all.remove(&Topic::down_filter(id(1))));
        assert!(!all.remove(&Topic::down_filter(id(1))));
        assert_eq!(all.quality(DownTopic::Ack), Some(QoS::AtMostOnce));
        assert!(all.remove(&ack));
        assert_eq!(all.topics(), OpenDownTopics::default());
    }
}
