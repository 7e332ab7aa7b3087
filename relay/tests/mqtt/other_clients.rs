//! Clients that we did not write: rumqttc's, which the box uses, and Mosquitto's.

use std::fmt::Debug;
use std::process::Output;
use std::time::Duration;

use bytes::Bytes;
use record::topics::{DownTopic, Topic, UpTopic};
use relay::mqtt::{Admission, ConnectionEnd, Presence, PublishOutcome};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{LastWill, Packet, PubAckReason, SubscribeReasonCode};
use rumqttc::v5::{AsyncClient, ConnectionError, Event, EventLoop, MqttOptions};
use rumqttc::{TlsConfiguration, Transport};
use tokio::process::Command;

use crate::pki::{Identity, box_id};
use crate::raw::Raw;
use crate::relay_under_test::Relay;
use crate::soon;

fn rumqttc(relay: &Relay, identity: &Identity) -> (AsyncClient, EventLoop) {
    let mut options = MqttOptions::new(identity.id.to_string(), "localhost", relay.address().port());
    options.set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(relay.pki.client(identity))));
    options.set_keep_alive(Duration::from_secs(30));
    options.set_max_packet_size(Some(512 * 1024));
    let gone = Topic::Up(identity.id, UpTopic::Gone).to_string();
    options.set_last_will(LastWill::new(gone, "gone", QoS::AtLeastOnce, false, None));
    AsyncClient::new(options, 4)
}

async fn incoming(events: &mut EventLoop) -> Packet {
    soon(async {
        loop {
            if let Event::Incoming(packet) = events.poll().await.unwrap() {
                return packet;
            }
        }
    })
    .await
}

async fn error(events: &mut EventLoop) -> String {
    soon(async {
        loop {
            if let Err(error) = events.poll().await {
                return error.to_string();
            }
        }
    })
    .await
}

#[tokio::test]
async fn rumqttc_there_and_back() {
    let mut relay = Relay::start().await;
    let identity = relay.identity(1);
    let (client, mut events) = rumqttc(&relay, &identity);
    let Packet::ConnAck(connack) = incoming(&mut events).await else { panic!() };
    assert_eq!(connack.properties.unwrap().receive_max, Some(2));

    let filters = [Topic::down_filter(identity.id), Topic::down_filter(box_id(2))];
    let filters = filters.map(|path| rumqttc::v5::mqttbytes::v5::Filter::new(path, QoS::AtLeastOnce));
    client.subscribe_many(filters).await.unwrap();
    let Packet::SubAck(suback) = incoming(&mut events).await else { panic!() };
    let granted = SubscribeReasonCode::Success(QoS::AtLeastOnce);
    assert_eq!(suback.return_codes, [granted, SubscribeReasonCode::NotAuthorized]);

    let batch = Bytes::from(vec![9; record::limits::BATCH_WIRE_BYTES_MAX]);
    client
        .publish_bytes(
            Topic::Up(identity.id, UpTopic::Batch).to_string(),
            QoS::AtLeastOnce,
            false,
            batch.clone(),
        )
        .await
        .unwrap();
    let Packet::PubAck(puback) = incoming(&mut events).await else { panic!() };
    assert_eq!(puback.reason, PubAckReason::Success);
    assert_eq!(relay.publish().await.payload, batch);

    relay.mode(crate::relay_under_test::Mode::Always(PublishOutcome::Busy));
    client
        .publish(Topic::Up(box_id(2), UpTopic::Batch).to_string(), QoS::AtLeastOnce, false, "x")
        .await
        .unwrap();
    let Packet::PubAck(puback) = incoming(&mut events).await else { panic!() };
    assert_eq!(puback.reason, PubAckReason::NotAuthorized);

    relay.publisher.send(identity.id, DownTopic::Ack, Bytes::from_static(b"cosigned")).unwrap();
    let Packet::Publish(publish) = incoming(&mut events).await else { panic!() };
    assert_eq!(
        (&publish.topic[..], &publish.payload[..]),
        (Topic::Down(identity.id, DownTopic::Ack).to_string().as_bytes(), &b"cosigned"[..])
    );

    client.disconnect().await.unwrap();
    error(&mut events).await;
    assert_eq!(relay.presence().await.1, Presence::Connected);
    assert_eq!(
        relay.presence().await.1,
        Presence::Gone(ConnectionEnd::Clean),
        "rumqttc's goodbye is understood"
    );
}

#[tokio::test]
async fn rumqttc_is_lost() {
    let mut relay = Relay::start().await;
    let (client, mut events) = rumqttc(&relay, &relay.identity(1));
    incoming(&mut events).await;
    drop((client, events));
    assert_eq!(relay.presence().await.1, Presence::Connected);
    assert_eq!(relay.presence().await.1, Presence::Gone(ConnectionEnd::Lost));
}

fn says(text: &str, reason: impl Debug) {
    let reason = format!("{reason:?}");
    assert!(text.contains(&reason), "{reason} is not in: {text}");
}

#[tokio::test]
async fn rumqttc_reads_each_reason() {
    use rumqttc::v5::mqttbytes::v5::DisconnectReasonCode as Code;
    let relay = Relay::start().await;
    let identity = relay.identity(1);

    let (_client, mut events) = rumqttc(&relay, &identity);
    incoming(&mut events).await;
    let _newer = Raw::connected(&relay, &identity).await;
    says(&error(&mut events).await, Code::SessionTakenOver);

    let (_client, mut events) = rumqttc(&relay, &identity);
    incoming(&mut events).await;
    relay.publisher.disconnect(identity.id);
    says(&error(&mut events).await, Code::AdministrativeAction);

    let own = Topic::Up(identity.id, UpTopic::Batch).to_string();
    for (qos, retain, code) in
        [(QoS::ExactlyOnce, false, Code::QoSNotSupported), (QoS::AtLeastOnce, true, Code::RetainNotSupported)]
    {
        let (client, mut events) = rumqttc(&relay, &identity);
        incoming(&mut events).await;
        client.publish(own.clone(), qos, retain, "x").await.unwrap();
        says(&error(&mut events).await, code);
    }

    relay.mode(crate::relay_under_test::Mode::Always(PublishOutcome::Unknown));
    let (client, mut events) = rumqttc(&relay, &identity);
    incoming(&mut events).await;
    client.publish(own, QoS::AtLeastOnce, false, "x").await.unwrap();
    says(&error(&mut events).await, Code::UnspecifiedError);

    relay.admission(&identity, Admission::Revoked);
    let (_client, mut events) = rumqttc(&relay, &identity);
    let refused = soon(events.poll()).await.unwrap_err();
    assert!(matches!(refused, ConnectionError::ConnectionRefused(code) if format!("{code:?}") == "Banned"));

    let other = relay.identity(2);
    let (_client, mut events) = rumqttc(&relay, &other);
    incoming(&mut events).await;
    let stopping = tokio::spawn(relay.stop());
    says(&error(&mut events).await, Code::ServerShuttingDown);
    soon(stopping).await.unwrap();
}

struct Mosquitto {
    folder: tempfile::TempDir,
    port: String,
    id: String,
}

impl Mosquitto {
    fn new(relay: &Relay, identity: &Identity) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), relay.pki.server_ca_pem()).unwrap();
        std::fs::write(folder.path().join("box.pem"), &identity.certificate_pem).unwrap();
        std::fs::write(folder.path().join("box.key"), &identity.key_pem).unwrap();
        Self { folder, port: relay.address().port().to_string(), id: identity.id.to_string() }
    }

    fn command(&self, program: &str, protocol: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.folder.path()).kill_on_drop(true);
        command.args(["-h", "localhost", "-p", &self.port, "-i", &self.id, "-V", protocol]);
        command.args(["--cafile", "ca.pem", "--cert", "box.pem", "--key", "box.key", "-d"]);
        command
    }

    async fn publish(&self, protocol: &str, arguments: &[&str]) -> Output {
        let mut command = self.command("mosquitto_pub", protocol);
        soon(command.args(arguments).output()).await.expect("mosquitto-clients is installed")
    }
}

fn text(output: &Output) -> String {
    [&output.stdout[..], &output.stderr].map(String::from_utf8_lossy).concat()
}

#[tokio::test]
async fn mosquitto_publishes() {
    let mut relay = Relay::start().await;
    let identity = relay.identity(1);
    let mosquitto = Mosquitto::new(&relay, &identity);
    let own = Topic::Up(identity.id, UpTopic::Batch).to_string();
    let output = mosquitto.publish("5", &["-t", &own, "-q", "1", "-m", "by mosquitto"]).await;
    assert!(output.status.success(), "{}", text(&output));
    let published = relay.publish().await;
    assert_eq!((published.from.box_id, &published.payload[..]), (identity.id, &b"by mosquitto"[..]));
    assert_eq!(relay.presence().await.1, Presence::Connected);
    assert_eq!(relay.presence().await.1, Presence::Gone(ConnectionEnd::Clean));

    let foreign = Topic::Up(box_id(2), UpTopic::Batch).to_string();
    let output = mosquitto.publish("5", &["-t", &foreign, "-q", "1", "-m", "x"]).await;
    assert!(text(&output).contains("Not authorized"), "{}", text(&output));
    assert_eq!(relay.metric("publishes_forbidden"), 1);

    let output = mosquitto.publish("5", &["-t", &own, "-q", "2", "-m", "x"]).await;
    assert!(text(&output).contains("QoS not supported"), "it obeys CONNACK's maximum: {}", text(&output));

    let output = mosquitto.publish("311", &["-t", &own, "-q", "1", "-m", "x"]).await;
    assert!(text(&output).contains("unacceptable protocol version"), "{}", text(&output));

    let mut stranger = Mosquitto::new(&relay, &identity);
    stranger.id = box_id(2).to_string();
    let output = stranger.publish("5", &["-t", &own, "-q", "1", "-m", "x"]).await;
    assert!(text(&output).contains("Client Identifier not valid"), "{}", text(&output));
    assert_eq!(relay.metric("published"), 1);
}

#[tokio::test]
async fn mosquitto_subscribes() {
    let mut relay = Relay::start().await;
    let identity = relay.identity(1);
    let mosquitto = Mosquitto::new(&relay, &identity);
    let (own, foreign) = (Topic::down_filter(identity.id), Topic::down_filter(box_id(2)));
    let gone = Topic::Up(identity.id, UpTopic::Gone).to_string();
    let mut command = mosquitto.command("mosquitto_sub", "5");
    command.args(["-t", &own, "-t", &foreign, "-q", "1", "-C", "1", "-W", "60", "-F", "%t %p"]);
    command.args(["--will-topic", &gone, "--will-payload", "gone"]);
    let child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn();
    let child = child.expect("mosquitto-clients is installed");
    assert_eq!(relay.presence().await.1, Presence::Connected);
    soon(async {
        // It is open once SUBACK is out; only trying shows when.
        while relay.publisher.send(identity.id, DownTopic::Ack, Bytes::from_static(b"cosigned")).is_err() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let output = soon(child.wait_with_output()).await.unwrap();
    let text = text(&output);
    assert!(text.contains(&format!("{} cosigned", Topic::Down(identity.id, DownTopic::Ack))), "{text}");
    assert!(text.contains("Subscribed (mid: 1): 1, 135"), "granted, and refused with 0x87: {text}");
    assert_eq!(relay.presence().await.1, Presence::Gone(ConnectionEnd::Clean));
}
