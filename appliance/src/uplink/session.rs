//! One connection's life: carries what comes to `exchange`, and what that decides to the link and the store.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use record::alarm::{AlarmCode, REPORTED_MAX};
use record::batch::{Room, pack};
use record::checkpoint::Cosigned;
use record::claim::ClaimAnswer;
use record::ids::{ConnectionId, Epoch};
use record::messages::{Gone, Health, Hello, VERSION};
use record::sign::Verifier;
use record::topics::{Down, Up};
use tokio::sync::watch;

use super::exchange::{Exchange, Greeting, Input, Output, SignedNote};
use super::link::{Link, LinkConfig, LinkError, LinkEvent, LinkReceiver, LinkSender, LinkTiming, NotTaken};
use super::photos::{self, Destination};
use super::rebase::{self, Course};
use super::stored::StoredLogs;
use super::{Shared, State, claim, refill, runs, tls};
use crate::alarms::ActiveAlarm;

const TICK: Duration = Duration::from_secs(1);

/// Why a session ended.
pub(super) struct Ended {
    /// For pages.
    pub(super) why: String,
    /// Whether the line had been up: then the next try need not wait long.
    pub(super) was_up: bool,
    /// Whether what the relay gave this box cannot be used.
    pub(super) credentials: bool,
}

impl Ended {
    fn before(why: impl std::fmt::Display) -> Self {
        Self { why: why.to_string(), was_up: false, credentials: false }
    }

    fn credentials(why: impl std::fmt::Display) -> Self {
        Self { credentials: true, ..Self::before(why) }
    }
}

struct Session<'a> {
    shared: &'a Arc<Shared>,
    cosigners: Vec<Verifier>,
    connection: ConnectionId,
    sender: LinkSender,
    exchange: Exchange,
    confirmed: watch::Sender<(Epoch, u64)>,
}

/// Connects and stays until the line is gone.
pub(super) async fn run(shared: &Arc<Shared>, relation: &ClaimAnswer) -> Result<(), Ended> {
    let parts = &shared.parts;
    let store = &parts.store;
    let key = parts.files.key().map_err(Ended::credentials)?;
    let cosigners = claim::verifiers(&relation.cosign_keys).map_err(Ended::credentials)?;
    let witnessed_s = store.cursor().kept.and_then(|kept| witnessed_s(&kept.note, &cosigners)).unwrap_or(0);
    let identity = Some((relation.chain.as_str(), key.as_str()));
    let tls = tls::client(&relation.relay_ca, identity, Arc::clone(&parts.clock), witnessed_s)
        .map_err(Ended::credentials)?;
    let http = tls::http(tls.clone()).map_err(Ended::before)?;
    let connection = ConnectionId::new(parts.clock.now().wall_ms, parts.random.bytes());
    let config = LinkConfig {
        box_id: store.origin().box_id,
        relay: relation.mqtt_url.parse().map_err(Ended::before)?,
        tls: Arc::new(tls),
        gone: json(&Gone { v: VERSION, connection }),
        timing: LinkTiming::default(),
    };
    let destination = Destination { url: relation.photos_url.trim_end_matches('/').to_owned(), client: http };
    match rebase::choose_course(shared, &destination, &cosigners).await {
        Course::Own => {}
        Course::Next => {
            (parts.restart)("the relay goes on from another epoch");
            return Err(Ended::before("the box goes on in another epoch"));
        }
        Course::Held(why) => return Err(Ended::before(why)),
    }
    let (sender, receiver) = Link::connect(&config).await.map_err(Ended::before)?;
    let past = store.past().map_err(Ended::before)?;
    let refill = refill::start(shared, &destination, &past);
    let logs = StoredLogs { store, cosigners: &cosigners };
    let exchange = Exchange::new(claim::renewal_ms(relation), past, &parts.clock.now(), &logs)
        .ok_or_else(|| Ended::before("the log has no key"))?;
    let (confirmed, following) = watch::channel(exchange.confirmed());
    let session = Session { shared, cosigners: cosigners.clone(), connection, sender, exchange, confirmed };
    // Ends with the session: its handle is dropped, and the task watches a channel whose sender is the session's.
    let runs = runs::start(shared, &destination, &cosigners, following.clone());
    let photos = tokio::spawn(photos::follow(Arc::clone(shared), destination, following));
    let ended = session.talk(receiver).await;
    photos.abort();
    runs.abort();
    if let Some(refill) = refill {
        refill.abort();
    }
    Err(Ended { why: ended, was_up: true, credentials: false })
}

/// When the newest of these keys cosigned the note, seconds since 1970.
fn witnessed_s(note: &str, cosigners: &[Verifier]) -> Option<u64> {
    let note = record::sign::Note::parse(note).ok()?;
    cosigners.iter().filter_map(|c| c.verify(&note).ok().flatten()).max()
}

fn json<T: serde::Serialize>(message: &T) -> Bytes {
    // Strings, integers and lists: JSON takes them all.
    serde_json::to_vec(message).unwrap_or_default().into()
}

impl Session<'_> {
    async fn talk(mut self, mut receiver: LinkReceiver) -> String {
        let mut size = self.shared.parts.store.size_watch();
        let mut stopped = self.shared.stop.subscribe();
        let mut alarms = self.shared.parts.alarms.watch();
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        self.shared.say(State::Up);
        if let Err(why) = self.on(Input::Connected).await {
            return why;
        }
        loop {
            let done = tokio::select! {
                event = receiver.next() => match event {
                    LinkEvent::Down(Down::Ack, payload) => match serde_json::from_slice(&payload) {
                        Ok(ack) => self.on(Input::Ack(ack)).await,
                        Err(error) => {
                            tracing::warn!(%error, "an answer of the relay cannot be read");
                            continue;
                        }
                    },
                    // This version knows no wish that a relay could have.
                    LinkEvent::Down(Down::Directive, _) => {
                        tracing::warn!("a directive of a newer relay was passed over");
                        continue;
                    }
                    LinkEvent::NotTaken(NotTaken::Busy | NotTaken::Refused) => continue,
                    LinkEvent::NotTaken(NotTaken::Nobody) => return "no relay is behind the broker".to_owned(),
                    LinkEvent::Closed(error) => return error.to_string(),
                },
                changed = size.changed() => match changed {
                    Ok(()) => {
                        let size = *size.borrow_and_update();
                        self.on(Input::Grew(size)).await
                    }
                    Err(_) => return "the box is stopping".to_owned(),
                },
                _ = tick.tick() => self.on(Input::Tick).await,
                changed = alarms.changed() => {
                    // Whoever looks at the fleet learns it before the next minute's report.
                    changed.map_err(|e| e.to_string()).and_then(|()| self.publish(Up::Health, json(&self.health())))
                }
                _ = stopped.changed() => {
                    receiver.close().await;
                    return "the box is stopping".to_owned();
                }
            };
            if let Err(why) = done {
                return why;
            }
        }
    }

    /// Lets the exchange decide and does what it says. An `Err` ends the connection.
    async fn on(&mut self, input: Input) -> Result<(), String> {
        let parts = &self.shared.parts;
        let logs = StoredLogs { store: &parts.store, cosigners: &self.cosigners };
        for output in self.exchange.on(input, &parts.clock.now(), &logs) {
            self.carry_out(output).await?;
        }
        let logs = StoredLogs { store: &parts.store, cosigners: &self.cosigners };
        self.shared.backlog(self.exchange.backlog(&logs), self.exchange.ended_backlog());
        Ok(())
    }

    async fn carry_out(&mut self, output: Output) -> Result<(), String> {
        let store = &self.shared.parts.store;
        match output {
            Output::Hello(greeting) => self.publish(Up::Hello, json(&self.hello(greeting)))?,
            Output::Health => self.publish(Up::Health, json(&self.health()))?,
            Output::Send { epoch, from, entries_max, ends } => {
                if let Some(batch) = self.batch(epoch, from, entries_max, ends).await? {
                    self.publish(Up::Batch, batch)?;
                }
            }
            Output::RaiseCursor(cosigned) => {
                if let Err(error) = store.raise_cursor(&cosigned) {
                    tracing::error!(%error, "the cursor is not raised");
                }
            }
            Output::LowerCursor(cursor) => store.lower_cursor(cursor),
            Output::Confirmed(epoch, cursor) => {
                self.confirmed.send_replace((epoch, cursor));
            }
            Output::Raise(cause, note) => {
                if cause.code == AlarmCode::RelayRefused {
                    self.shared.batch_refused.store(true, Ordering::Relaxed);
                }
                let note = note.map(|SignedNote { epoch, size, note }| (epoch, note, size));
                self.shared.alarm(cause, note).await;
            }
            Output::End(over) => self.shared.clear(|cause| over.ends(cause)),
            Output::EndEpoch(contrary) => self.end_epoch(contrary).await,
            Output::Close(why) => return Err(why.to_string()),
        }
        Ok(())
    }

    async fn end_epoch(&self, contrary: Box<Cosigned>) {
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

    fn publish(&self, up: Up, payload: Bytes) -> Result<(), String> {
        self.sender.publish(up, payload).map_err(|e: LinkError| e.to_string())
    }

    fn hello(&self, greeting: Greeting) -> Hello {
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
            tzdb: record::messages::tzdb().to_owned(),
            addresses: parts.addresses.clone(),
            can: Vec::new(),
            clock: now.state,
            wall: now.wall_ms,
        }
    }

    fn health(&self) -> Health {
        let parts = &self.shared.parts;
        let now = parts.clock.now();
        let alarms = parts.alarms.all();
        let alarms = &alarms[..alarms.len().min(REPORTED_MAX)];
        Health {
            v: VERSION,
            epoch: parts.store.origin().epoch,
            size: parts.store.size(),
            cursor: parts.store.cursor_size(),
            backlog: self.exchange.backlog(&StoredLogs { store: &parts.store, cosigners: &self.cosigners }),
            photos: photos::waiting(self.shared),
            disk_percent: disk_percent(&parts.data),
            printers: (parts.printers)(),
            celsius: celsius(),
            clock: now.state,
            wall: now.wall_ms,
            notes: alarms.iter().filter(|a| a.seen.is_none()).map(parts.alarm_words).collect(),
            alarms: alarms.iter().map(ActiveAlarm::reported).collect(),
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
        let build = move || -> Result<Option<Vec<u8>>, String> {
            let reader = store.reader_of(epoch).map_err(|e| e.to_string())?;
            let mut room = Room::new(entries_max);
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
            pack(&note.to_string(), from, &lines, &texts).map(Some).map_err(|e| e.to_string())
        };
        let built = tokio::task::spawn_blocking(build).await.map_err(|e| e.to_string())?;
        built.map(|wire| wire.map(Bytes::from))
    }
}

/// Per cent of the disk under `path` that is in use; 0 where it does not tell.
pub(super) fn disk_percent(path: &std::path::Path) -> u8 {
    let Ok(stat) = rustix::fs::statvfs(path) else { return 0 };
    let used = stat.f_blocks.saturating_sub(stat.f_bavail).saturating_mul(100);
    used.checked_div(stat.f_blocks).and_then(|p| u8::try_from(p).ok()).unwrap_or(0)
}

/// The board's temperature where it has a sensor.
fn celsius() -> Option<i16> {
    let milli = std::fs::read_to_string("/sys/class/thermal/thermal_zone0/temp").ok()?;
    i16::try_from(milli.trim().parse::<i32>().ok()? / 1_000).ok()
}
