//! One connection's life: passes incoming messages to `exchange`, and its decisions to the link and the store.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use record::alarm::{AlarmCode, REPORTED_MAX};
use record::batch::{BatchBudget, pack_batch};
use record::checkpoint::CosignedCheckpoint;
use record::claim::ClaimAnswer;
use record::compliance::zone_release;
use record::ids::{ConnectionId, Epoch};
use record::messages::{Ack, Answer, GoneMessage, HealthReport, Hello, VERSION};
use record::sign::VerifierKey;
use record::topics::{DownTopic, UpTopic};
use tokio::sync::watch;

use super::exchange::{CloseReason, ExchangeInput, ExchangeOutput, HelloAnswer, LogExchange, SignedNote};
use super::logs::rebase;
use super::logs::rebase::RebaseCourse;
use super::logs::stored::StoredLogs;
use super::logs::{refill, runs};
use super::photos::{self};
use super::relation::claim;
use super::relation::directives::{DirectiveEffect, take_directive};
use super::relation::relay_time::take_relay_time;
use super::transport::choice::{ConnectionEnd, ConnectionProof, TransportEnd, UplinkTransport};
use super::transport::connection::{ConnectionReceiver, ConnectionSender};
use super::transport::fault::TransportFault;
use super::transport::http_client::RelayHttpClient;
use super::transport::https_link::open_https;
use super::transport::mqtt_link::{
    LinkConfig, LinkError, LinkEvent, LinkTiming, NotTaken, RelayEndpoint, RelayLink,
};
use super::transport::probe::{RelayProbeTarget, ShownIdentity, mqtt_target};
use super::transport::tls;
use super::zone_check::compare_zone;
use super::{UplinkShared, UplinkState};
use crate::alarms::ActiveAlarm;
use crate::alarms::reminders::ReminderCode;
use crate::store::Store;

const TICK: Duration = Duration::from_secs(1);

pub(super) struct SessionEnd {
    pub(super) why: String,
    /// Whether the relay took a batch by it, or it was only renewed: then the next try need not wait long.
    pub(super) has_served: bool,
    /// Whether what the relay gave this box cannot be used.
    pub(super) credentials: bool,
    pub(super) end: TransportEnd,
    /// Where the transport failed although it had reached the relay: it counts where the plan considers the transport blocked.
    pub(super) fault: Option<TransportFault>,
}

impl SessionEnd {
    fn before(why: impl std::fmt::Display) -> Self {
        Self {
            why: why.to_string(),
            has_served: false,
            credentials: false,
            end: TransportEnd::Refused,
            fault: None,
        }
    }

    fn credentials(why: impl std::fmt::Display) -> Self {
        Self { credentials: true, ..Self::before(why) }
    }

    fn of_link(error: &LinkError) -> Self {
        let end = if error.is_of_transport() { TransportEnd::Blocked } else { TransportEnd::Refused };
        Self { end, ..Self::before(error) }
    }
}

struct SessionClose {
    why: String,
    connection_end: ConnectionEnd,
    end: TransportEnd,
    has_served: bool,
}

impl SessionClose {
    fn judge_connection(proof: ConnectionProof, why: String, connection_end: ConnectionEnd) -> Self {
        Self {
            why,
            connection_end,
            end: proof.judge_end(connection_end),
            has_served: proof.has_served(connection_end),
        }
    }

    /// Whether messages were lost on their way. Where one side ended the connection, none were.
    fn has_lost(&self) -> bool {
        matches!(self.connection_end, ConnectionEnd::Silent | ConnectionEnd::Broken)
            && matches!(self.end, TransportEnd::Blocked | TransportEnd::Stalled | TransportEnd::Choked)
    }
}

/// What ends the serving of a connection.
struct SessionFault {
    why: String,
    end: ConnectionEnd,
}

impl From<String> for SessionFault {
    fn from(why: String) -> Self {
        Self { why, end: ConnectionEnd::Settled }
    }
}

impl From<CloseReason> for SessionFault {
    fn from(reason: CloseReason) -> Self {
        let end = match reason {
            CloseReason::Unanswered => ConnectionEnd::Silent,
            CloseReason::Renewal | CloseReason::Offers => ConnectionEnd::Renewed,
            CloseReason::NoKey => ConnectionEnd::Settled,
        };
        Self { why: reason.to_string(), end }
    }
}

impl From<LinkError> for SessionFault {
    fn from(error: LinkError) -> Self {
        // A connection that takes nothing more is as good as cut.
        let is_broken = error.is_of_transport() || matches!(error, LinkError::Full);
        let end = if is_broken { ConnectionEnd::Broken } else { ConnectionEnd::Settled };
        Self { why: error.to_string(), end }
    }
}

struct UplinkSession<'a> {
    shared: &'a Arc<UplinkShared>,
    cosigners: Vec<VerifierKey>,
    connection: ConnectionId,
    sender: ConnectionSender,
    exchange: LogExchange,
    confirmed: watch::Sender<(Epoch, u64)>,
    proof: ConnectionProof,
}

/// What a connection by MQTT needs, and what finds out where it fails.
struct MqttConfig {
    link: LinkConfig,
    target: RelayProbeTarget,
}

/// What every transport to the relay needs.
struct ConnectionConfig {
    /// `Err`: the address of MQTT that the relay gave, where that is none.
    mqtt: Result<MqttConfig, String>,
    https: RelayProbeTarget,
    destination: RelayHttpClient,
    gone: Bytes,
}

impl ConnectionConfig {
    fn stalled_fault(&self, transport: UplinkTransport) -> Option<TransportFault> {
        let target = match transport {
            UplinkTransport::Mqtt => &self.mqtt.as_ref().ok()?.target,
            UplinkTransport::Https => &self.https,
        };
        Some(TransportFault::Stalled { to: target.address() })
    }
}

/// Connects by the present transport and stays until the connection is gone.
pub(super) async fn run_connections(shared: &Arc<UplinkShared>, relation: &ClaimAnswer) -> SessionEnd {
    match run_connection(shared, relation).await {
        Ok(end) | Err(end) => end,
    }
}

async fn run_connection(
    shared: &Arc<UplinkShared>,
    relation: &ClaimAnswer,
) -> Result<SessionEnd, SessionEnd> {
    let parts = &shared.parts;
    let store = &parts.store;
    let cosigners = claim::parse_verifiers(&relation.cosign_keys).map_err(SessionEnd::credentials)?;
    let connection = ConnectionId::new(parts.clock.now().wall_ms, parts.random.bytes());
    let config = configure_connection(shared, relation, &cosigners, connection)?;
    follow_relay(shared, &config, &cosigners, rebase::FIRST_WINDOW).await?;
    let (sender, receiver) =
        open_connection(shared, &config).await.map_err(|error| end_refused(shared, &error))?;
    // A relay that gave no answer just now may be back with this connection, and what is sent to it in vain would make a branch.
    if let Err(end) = follow_relay(shared, &config, &cosigners, rebase::SECOND_WINDOW).await {
        receiver.close().await;
        return Err(end);
    }
    let past = store.past().map_err(SessionEnd::before)?;
    let destination = config.destination.clone();
    let refill = refill::start_refill(shared, &destination, &past);
    let logs = StoredLogs { store, cosigners: &cosigners };
    let exchange = LogExchange::new(claim::renewal_ms(relation), past, &parts.clock.now(), &logs)
        .ok_or_else(|| SessionEnd::before("the log has no key"))?;
    let (confirmed, following) = watch::channel(exchange.confirmed());
    let proof = ConnectionProof::default();
    let session = UplinkSession {
        shared,
        cosigners: cosigners.clone(),
        connection,
        sender,
        exchange,
        confirmed,
        proof,
    };
    // Ends with the session: its handle is dropped, and the task watches a channel whose sender is the session's.
    let runs = runs::start_exchange(shared, &destination, &cosigners, following.clone());
    *shared.photo_source() = Some(destination.clone());
    let photos = tokio::spawn(photos::run_photo_sync(Arc::clone(shared), destination, following));
    let ended = session.run_session(receiver, &config).await;
    *shared.photo_source() = None;
    photos.abort();
    runs.abort();
    if let Some(refill) = refill {
        refill.abort();
    }
    let fault = ended.has_lost().then(|| config.stalled_fault(shared.transport())).flatten();
    let SessionClose { why, end, has_served, .. } = ended;
    Ok(SessionEnd { why, has_served, credentials: false, end, fault })
}

/// A relay that does not let this box in may have put another machine in its place: it is asked again.
fn end_refused(shared: &UplinkShared, error: &LinkError) -> SessionEnd {
    if matches!(error, LinkError::Refused(_)) {
        shared.followed.store(false, Ordering::Relaxed);
    }
    SessionEnd::of_link(error)
}

/// Checks whether the relay has a continuation of this box's log: ends the session where the box must not send what it has.
async fn follow_relay(
    shared: &Arc<UplinkShared>,
    config: &ConnectionConfig,
    cosigners: &[VerifierKey],
    window: Duration,
) -> Result<(), SessionEnd> {
    let was_rebased = shared.rebased.load(Ordering::Relaxed);
    match rebase::choose_course(shared, &config.destination, cosigners, window).await {
        RebaseCourse::Own => Ok(()),
        RebaseCourse::Next => {
            // The shutdown of the box takes time, with requests of phones under way.
            if !was_rebased {
                (shared.parts.restart)("the relay goes on from another epoch");
            }
            Err(SessionEnd::before("the box goes on in another epoch"))
        }
        RebaseCourse::Held(why) => Err(SessionEnd::before(why)),
    }
}

fn configure_connection(
    shared: &Arc<UplinkShared>,
    relation: &ClaimAnswer,
    cosigners: &[VerifierKey],
    connection: ConnectionId,
) -> Result<ConnectionConfig, SessionEnd> {
    let (parts, route) = (&shared.parts, &shared.parts.transports.https);
    let store = &parts.store;
    let key = parts.files.key().map_err(SessionEnd::credentials)?;
    let witnessed_s =
        store.cursor().stored.and_then(|stored| witnessed_s(&stored.note, cosigners)).unwrap_or(0);
    let identity = Some((relation.chain.as_str(), key.as_str()));
    let trusted = route.trusted(&relation.relay_ca);
    // A further authority serves to find out where a transport fails. Data is sent to and accepted from the relay alone.
    let [by_mqtt, by_https, of_relay] = [&relation.relay_ca, &trusted, &relation.relay_ca].map(|ca| {
        let config = tls::watched_config(ca, identity, Arc::clone(&parts.clock), witnessed_s);
        config.map_err(SessionEnd::credentials)
    });
    let (by_mqtt, by_https, of_relay) = (by_mqtt?, by_https?, of_relay?);
    let client = tls::http_client(of_relay.config, route).map_err(SessionEnd::before)?;
    let url = relation.photos_url.trim_end_matches('/').to_owned();
    let https = RelayProbeTarget::of_https(&url, route, by_https, ShownIdentity::Certificate)
        .ok_or_else(|| SessionEnd::before("the relay gave this box an address that is none"))?;
    let gone = to_json(&GoneMessage { v: VERSION, connection });
    let mqtt = match relation.mqtt_url.parse::<RelayEndpoint>() {
        Err(_) => Err(relation.mqtt_url.clone()),
        Ok(relay) => {
            let target = mqtt_target(&relay, by_mqtt);
            let (tls, gone) = (Arc::clone(&target.tls), gone.clone());
            let (box_id, timing) = (store.origin().box_id, LinkTiming::default());
            Ok(MqttConfig { link: LinkConfig { box_id, relay, tls, gone, timing }, target })
        }
    };
    Ok(ConnectionConfig { mqtt, https, destination: RelayHttpClient { url, client }, gone })
}

/// Opens the connection by the present transport, and notes where that transport fails if it does.
async fn open_connection(
    shared: &Arc<UplinkShared>,
    config: &ConnectionConfig,
) -> Result<(ConnectionSender, ConnectionReceiver), LinkError> {
    let transport = shared.transport();
    match transport {
        UplinkTransport::Mqtt => {
            let mqtt = config.mqtt.as_ref().map_err(|url| LinkError::Address(url.clone()))?;
            match RelayLink::connect(&mqtt.link).await {
                Ok((sender, receiver)) => {
                    Ok((ConnectionSender::Mqtt(sender), ConnectionReceiver::Mqtt(receiver)))
                }
                Err(error) => {
                    if error.is_of_transport() {
                        note_mqtt_fault(shared, &mqtt.target);
                    }
                    Err(error)
                }
            }
        }
        UplinkTransport::Https => {
            match open_https(&config.https, &config.destination, config.gone.clone()).await {
                Ok((sender, receiver)) => {
                    Ok((ConnectionSender::Https(sender), ConnectionReceiver::Https(receiver)))
                }
                Err(fault) => {
                    shared.note_fault(transport, Some(fault.clone()));
                    Err(LinkError::Way(fault))
                }
            }
        }
    }
}

/// Finds out by itself where MQTT fails: the next try does not wait for it.
fn note_mqtt_fault(shared: &Arc<UplinkShared>, target: &RelayProbeTarget) {
    let (shared, target) = (Arc::clone(shared), target.clone());
    tokio::spawn(async move {
        let fault = target.probe().await.fault;
        shared.note_fault(
            UplinkTransport::Mqtt,
            Some(fault.unwrap_or_else(|| TransportFault::Broken { why: "MQTT got no answer".to_owned() })),
        );
    });
}

/// Tries MQTT beside a connection by HTTPS, when the plan says so; ends once it gets through.
async fn watch_for_mqtt(shared: &Arc<UplinkShared>, mqtt: &Result<MqttConfig, String>) {
    let Ok(mqtt) = mqtt else { return std::future::pending().await };
    loop {
        let now_ms = shared.parts.clock.now().up_ms;
        match shared.mqtt_due_ms() {
            Some(due_ms) if due_ms <= now_ms => {}
            _ => {
                tokio::time::sleep(TICK).await;
                continue;
            }
        }
        match RelayLink::connect(&mqtt.link).await {
            Ok((_, receiver)) => {
                receiver.close().await;
                return;
            }
            Err(error) => {
                tracing::info!(%error, "MQTT does not get through yet");
                note_mqtt_fault(shared, &mqtt.target);
                shared.transports().on_mqtt_blocked(shared.parts.clock.now().up_ms);
            }
        }
    }
}

/// When the newest of these keys cosigned the note, seconds since 1970.
fn witnessed_s(note: &str, cosigners: &[VerifierKey]) -> Option<u64> {
    let note = record::sign::SignedNote::parse(note).ok()?;
    cosigners.iter().filter_map(|c| c.verify(&note).ok().flatten()).max()
}

fn to_json<T: serde::Serialize>(message: &T) -> Bytes {
    // Strings, integers and lists: JSON takes them all.
    serde_json::to_vec(message).unwrap_or_default().into()
}

/// Why a session ends although the connection is good: the relay is to know that the box left on purpose.
enum GoodEnd {
    Stop,
    /// By HTTPS, and MQTT gets through again.
    MqttOpen,
}

impl UplinkSession<'_> {
    async fn run_session(
        mut self,
        mut receiver: ConnectionReceiver,
        config: &ConnectionConfig,
    ) -> SessionClose {
        let ended = self.exchange_events(&mut receiver, &config.mqtt).await;
        match ended {
            Ok(GoodEnd::Stop) => {
                receiver.close().await;
                SessionClose::judge_connection(
                    self.proof,
                    "the box is stopping".to_owned(),
                    ConnectionEnd::Settled,
                )
            }
            Ok(GoodEnd::MqttOpen) => {
                receiver.close().await;
                let why = "MQTT gets through again".to_owned();
                SessionClose {
                    end: TransportEnd::MqttOpen,
                    ..SessionClose::judge_connection(self.proof, why, ConnectionEnd::Settled)
                }
            }
            Err(fault) => SessionClose::judge_connection(self.proof, fault.why, fault.end),
        }
    }

    /// Serves the connection until its end, until the box stops, or until there is a better one.
    async fn exchange_events(
        &mut self,
        receiver: &mut ConnectionReceiver,
        mqtt: &Result<MqttConfig, String>,
    ) -> Result<GoodEnd, SessionFault> {
        let mqtt_open = watch_for_mqtt(self.shared, mqtt);
        tokio::pin!(mqtt_open);
        let mut size = self.shared.parts.store.size_watch();
        let mut stopped = self.shared.stop.subscribe();
        let mut alarms = self.shared.parts.alarms.watch();
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        self.shared.say(UplinkState::Up);
        self.on(ExchangeInput::Connected).await?;
        loop {
            let done = tokio::select! {
                event = receiver.next() => match event {
                    LinkEvent::Down(DownTopic::Ack, payload) => match serde_json::from_slice(&payload) {
                        Ok(ack) => self.take_answer(ack).await,
                        Err(error) => {
                            tracing::warn!(%error, "an answer of the relay cannot be read");
                            continue;
                        }
                    },
                    LinkEvent::Down(DownTopic::Directive, payload) => {
                        match take_directive(self.shared, &payload).await {
                            DirectiveEffect::Settled => continue,
                            DirectiveEffect::KeysChanged => {
                                let why = "the relay's keys have changed".to_owned();
                                return Err(SessionFault { why, end: ConnectionEnd::Renewed });
                            }
                        }
                    }
                    LinkEvent::NotTaken(NotTaken::Busy) => {
                        self.note_refusal();
                        continue;
                    }
                    LinkEvent::NotTaken(NotTaken::Refused) => {
                        self.note_rejection();
                        continue;
                    }
                    LinkEvent::NotTaken(NotTaken::Nobody) => {
                        return Err("no relay is behind the broker".to_owned().into());
                    }
                    LinkEvent::Closed(error) => return Err(error.into()),
                },
                changed = size.changed() => match changed {
                    Ok(()) => {
                        let size = *size.borrow_and_update();
                        self.on(ExchangeInput::Grew(size)).await
                    }
                    Err(_) => return Err("the box is stopping".to_owned().into()),
                },
                _ = tick.tick() => self.on(ExchangeInput::Tick).await,
                changed = alarms.changed() => {
                    // The fleet page shows it before the next minute's report.
                    changed.map_err(|e| e.to_string())?;
                    self.publish(UpTopic::Health, to_json(&self.health())).map_err(SessionFault::from)
                }
                () = &mut mqtt_open => return Ok(GoodEnd::MqttOpen),
                _ = stopped.changed() => return Ok(GoodEnd::Stop),
            };
            done?;
        }
    }

    /// The relay is reached by this transport, and takes nothing now. By HTTPS that may last: MQTT is tried beside it.
    fn note_refusal(&mut self) {
        if self.proof.note_refusal() {
            self.shared.transports().on_answer(self.shared.parts.clock.now().up_ms);
        }
    }

    /// The relay is reached by this transport, or a broker before it, and does not take these bytes.
    fn note_rejection(&mut self) {
        if self.proof.note_rejection() {
            self.shared.transports().on_answer(self.shared.parts.clock.now().up_ms);
        }
    }

    /// The relay answers by this transport; whether it took a batch the exchange finds out.
    async fn take_answer(&mut self, ack: Ack) -> Result<(), SessionFault> {
        if self.proof.note_answer() {
            self.shared.transports().on_answer(self.shared.parts.clock.now().up_ms);
            self.shared.clear_faults(self.shared.transport());
        }
        if let Some(there) = &ack.zone {
            compare_zone(self.shared, there).await;
        }
        // What the relay says before it was sent anything came to it by an earlier connection.
        let had_sent = self.proof.has_sent();
        let is_refusal = matches!(ack.answer, Answer::Refused { .. });
        let (epoch, held) = self.exchange.confirmed();
        let done = self.on(ExchangeInput::Ack(ack)).await;
        let (epoch_now, held_now) = self.exchange.confirmed();
        let is_taken = had_sent && (is_refusal || epoch_now != epoch || held_now > held);
        if is_taken && self.proof.note_taken() {
            self.shared.transports().on_batch_taken();
        }
        done
    }

    /// Lets the exchange decide and does what it says. An `Err` ends the connection.
    async fn on(&mut self, input: ExchangeInput) -> Result<(), SessionFault> {
        let parts = &self.shared.parts;
        let logs = StoredLogs { store: &parts.store, cosigners: &self.cosigners };
        for output in self.exchange.on(input, &parts.clock.now(), &logs) {
            self.execute_output(output).await?;
        }
        let logs = StoredLogs { store: &parts.store, cosigners: &self.cosigners };
        self.shared.backlog(self.exchange.backlog(&logs), self.exchange.ended_backlog());
        Ok(())
    }

    async fn execute_output(&mut self, output: ExchangeOutput) -> Result<(), SessionFault> {
        let parts = &self.shared.parts;
        let store = &parts.store;
        match output {
            ExchangeOutput::Hello(greeting) => {
                self.publish(UpTopic::Hello, to_json(&self.hello(greeting)))?
            }
            ExchangeOutput::Health => self.publish(UpTopic::Health, to_json(&self.health()))?,
            ExchangeOutput::Send { epoch, from, entries_max, ends } => {
                if let Some(batch) = self.batch(epoch, from, entries_max, ends).await? {
                    self.proof.note_batch();
                    self.publish(UpTopic::Batch, batch)?;
                }
            }
            ExchangeOutput::RaiseCursor(cosigned) => {
                if let Err(error) = store.raise_cursor(&cosigned) {
                    tracing::error!(%error, "the cursor is not raised");
                }
                let (now, random) = (parts.clock.now(), Arc::clone(&parts.random));
                take_relay_time(store, random, &now, &cosigned).await;
            }
            ExchangeOutput::LowerCursor(cursor) => store.lower_cursor(cursor),
            ExchangeOutput::Confirmed(epoch, cursor) => {
                self.confirmed.send_replace((epoch, cursor));
            }
            ExchangeOutput::Raise(cause, note) => {
                if cause.code == AlarmCode::RelayRefused {
                    self.shared.batch_refused.store(true, Ordering::Relaxed);
                }
                let note = note.map(|SignedNote { epoch, size, note }| (epoch, note, size));
                self.shared.alarm(cause, note).await;
            }
            ExchangeOutput::End(over) => self.shared.clear(|cause| over.ends(cause)),
            ExchangeOutput::EndEpoch(contrary) => self.end_epoch(contrary).await,
            ExchangeOutput::Close(reason) => return Err(reason.into()),
        }
        Ok(())
    }

    async fn end_epoch(&self, contrary: Box<CosignedCheckpoint>) {
        let parts = &self.shared.parts;
        let store = parts.store.clone();
        match tokio::task::spawn_blocking(move || store.end_epoch(&contrary)).await {
            Ok(Ok(())) => self.shared.restart("the log cannot go on in this epoch"),
            Ok(Err(error)) => {
                tracing::error!(%error, "the log's epoch cannot be ended; the next connection tries again")
            }
            Err(error) => tracing::error!(%error, "the log's epoch cannot be ended"),
        }
    }

    fn publish(&self, up: UpTopic, payload: Bytes) -> Result<(), LinkError> {
        self.sender.publish(up, payload)
    }

    fn hello(&self, greeting: HelloAnswer) -> Hello {
        let parts = &self.shared.parts;
        let now = parts.clock.now();
        Hello {
            v: VERSION,
            connection: self.connection,
            epoch: greeting.epoch,
            key: greeting.key,
            size: greeting.size,
            cursor: greeting.cursor,
            cosigned: greeting.cosigned,
            boot: now.boot,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            tzdb: zone_release().to_owned(),
            zone: parts.store.snapshot().settings.zone().to_owned(),
            addresses: parts.addresses.clone(),
            can: Vec::new(),
            clock: now.state,
            wall: now.wall_ms,
            directive: self.shared.directive_state().last(),
        }
    }

    fn health(&self) -> HealthReport {
        let parts = &self.shared.parts;
        let now = parts.clock.now();
        let alarms = parts.alarms.all();
        let waiting = parts.alarms.reminders().map_or_else(Vec::new, |table| table.all(now.wall_ms));
        // The relay counts overdue items itself.
        let waiting = waiting.iter().filter(|row| row.code != ReminderCode::ItemsOverdue);
        let waiting = waiting.map(|row| row.reported(now.wall_ms));
        let reported = alarms.iter().map(ActiveAlarm::reported).chain(waiting);
        let reported = reported.take(REPORTED_MAX).collect();
        let alarms = &alarms[..alarms.len().min(REPORTED_MAX)];
        HealthReport {
            v: VERSION,
            epoch: parts.store.origin().epoch,
            size: parts.store.size(),
            cursor: parts.store.cursor_size(),
            backlog: self.exchange.backlog(&StoredLogs { store: &parts.store, cosigners: &self.cosigners }),
            photos: photos::pending_photos(self.shared),
            disk_percent: disk_percent(&parts.data),
            printers: (parts.printers)(),
            celsius: cpu_celsius(),
            clock: now.state,
            wall: now.wall_ms,
            notes: alarms.iter().filter(|a| a.seen.is_none()).map(parts.alarm_words).collect(),
            alarms: reported,
            directive: self.shared.directive_state().last(),
        }
    }

    /// Entries from `from` on with the texts beside them and a checkpoint that covers exactly the last; `None` where
    /// the log's key is gone.
    async fn batch(
        &self,
        epoch: Epoch,
        from: u64,
        entries_max: usize,
        ends: Option<u64>,
    ) -> Result<Option<Bytes>, String> {
        let store = self.shared.parts.store.clone();
        let built = tokio::task::spawn_blocking(move || build_batch(&store, epoch, from, entries_max, ends));
        let built = built.await.map_err(|e| e.to_string())?;
        built.map(|wire| wire.map(Bytes::from))
    }
}

fn build_batch(
    store: &Store,
    epoch: Epoch,
    from: u64,
    entries_max: usize,
    ends: Option<u64>,
) -> Result<Option<Vec<u8>>, String> {
    let reader = store.reader_of(epoch).map_err(|e| e.to_string())?;
    let mut room = BatchBudget::new(entries_max);
    let (mut entries, mut texts) = (Vec::new(), Vec::new());
    let last = ends.unwrap_or_else(|| reader.size());
    for entry in reader.entries(from..last) {
        let entry = entry.map_err(|e| e.to_string())?;
        let beside = reader.texts_named(&entry).map_err(|e| e.to_string())?;
        let lines: Vec<String> = beside.iter().map(record::redact::TextLine::line).collect();
        if !room.take(entry.bytes().len(), lines.iter().map(|l| l.len() + 1).sum()) {
            break;
        }
        entries.push(entry);
        texts.extend(lines);
    }
    let end = from + entries.len() as u64;
    let note = match ends {
        Some(_) => store.checkpoint_of(epoch, end).map_err(|e| e.to_string())?,
        None => Some(store.checkpoint_at(end).map_err(|e| e.to_string())?),
    };
    let Some(note) = note else { return Ok(None) };
    let lines: Vec<&[u8]> = entries.iter().map(record::entry::Entry::bytes).collect();
    pack_batch(&note.to_string(), from, &lines, &texts).map(Some).map_err(|e| e.to_string())
}

/// Per cent of the disk under `path` that is in use; 0 where that is unknown.
pub(super) fn disk_percent(path: &std::path::Path) -> u8 {
    let Ok(stat) = rustix::fs::statvfs(path) else { return 0 };
    let used = stat.f_blocks.saturating_sub(stat.f_bavail).saturating_mul(100);
    used.checked_div(stat.f_blocks).and_then(|p| u8::try_from(p).ok()).unwrap_or(0)
}

/// The board's temperature where it has a sensor.
fn cpu_celsius() -> Option<i16> {
    let milli = std::fs::read_to_string("/sys/class/thermal/thermal_zone0/temp").ok()?;
    i16::try_from(milli.trim().parse::<i32>().ok()? / 1_000).ok()
}
