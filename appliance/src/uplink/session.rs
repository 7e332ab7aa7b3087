//! One connection's life: carries out what `plan` decides and verifies what the relay says before `plan` hears it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use record::alarm::REPORTED_MAX;
use record::batch::{Room, pack};
use record::checkpoint::{Cosigned, Origin};
use record::claim::ClaimAnswer;
use record::ids::{ConnectionId, Epoch};
use record::messages::{Ack, Answer as Said, Gone, Health, Hello, VERSION};
use record::sign::Verifier;
use record::topics::{Down, Up};
use record::tree::root_at;
use tokio::sync::watch;

use super::link::{Link, LinkConfig, LinkError, LinkEvent, LinkReceiver, LinkSender, LinkTiming, NotTaken};
use super::photos::{self, Destination};
use super::plan::{Action, Alarm, Answer, Event, Offers, Plan};
use super::{Shared, State, claim, evidence, rebase, refill, runs, tls};
use crate::alarms::ActiveAlarm;
use crate::alarms::sources::{SideRoom, is_back};
use crate::clock::Now;
use crate::store::{Past, Store};

const TICK: Duration = Duration::from_secs(1);
/// Of the relay's words about a refused batch, what is shown.
const SAID_CHARS_MAX: usize = 300;
/// A connection ends after this long when the certificate is to be renewed and an earlier try did not succeed.
const RENEW_AGAIN_MS: u64 = 24 * 3_600_000;

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

/// When a connection has to end so that the certificate can be renewed before the next one.
#[derive(Debug, Clone, Copy)]
struct Renewal {
    /// When two thirds of the certificate's life are over, milliseconds since 1970.
    due_ms: i64,
    /// When it is tried again where it was due at the start already, milliseconds since boot.
    again_up_ms: Option<u64>,
}

impl Renewal {
    fn new(relation: &ClaimAnswer, now: &Now) -> Self {
        let due = claim::renewal_due(relation, now.wall_ms);
        Self { due_ms: claim::renewal_ms(relation), again_up_ms: due.then_some(now.up_ms + RENEW_AGAIN_MS) }
    }

    fn ends_session(&self, now: &Now) -> bool {
        match self.again_up_ms {
            Some(again) => now.up_ms >= again,
            None => now.wall_ms >= self.due_ms,
        }
    }
}

/// The log that is being sent: one that has ended, or the present one.
struct Turn {
    origin: Origin,
    log: Verifier,
    plan: Plan,
    /// The ended epoch; `None` for the present one.
    past: Option<Past>,
    /// Nothing more can be done for it on this connection.
    over: bool,
}

struct Session<'a> {
    shared: &'a Arc<Shared>,
    cosigners: Vec<Verifier>,
    connection: ConnectionId,
    sender: LinkSender,
    /// Ended epochs that come before the present one.
    past: VecDeque<Past>,
    turn: Turn,
    renewal: Renewal,
    /// Whether there are ended logs, and when they are offered again.
    offers: Option<Offers>,
    /// Entries of ended logs that could not be sent.
    unsent: u64,
    /// The last cosignature that was verified; raising the cursor needs it.
    cosigned: Option<Cosigned>,
    /// The last one that the box's own log does not bear out.
    contrary: Option<Cosigned>,
    /// What the relay said of the last batch that it refused.
    refused: String,
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
    if rebase::rebases(shared, &destination, &cosigners).await {
        (parts.restart)("the relay goes on from another epoch");
        return Err(Ended::before("the box goes on in another epoch"));
    }
    let (sender, receiver) = Link::connect(&config).await.map_err(Ended::before)?;
    let mut past = store.past().map_err(Ended::before)?;
    shared.clear(|cause| past.iter().any(|past| is_back(cause, past)));
    let refill = refill::start(shared, &destination, &past);
    // What cannot be appended there goes as runs.
    past.retain(|past| past.whole && past.counts.size > 0 && past.signs && !past.goes_by_run);
    let offers = (!past.is_empty()).then(|| Offers::begun(shared.parts.clock.now().up_ms));
    let mut past = VecDeque::from(past);
    let turn = Turn::next(store, &mut past).ok_or_else(|| Ended::before("the log has no key"))?;
    let (confirmed, following) = watch::channel((turn.origin.epoch, turn.plan.cursor()));
    let session = Session {
        shared,
        cosigners: cosigners.clone(),
        connection,
        sender,
        past,
        turn,
        renewal: Renewal::new(relation, &parts.clock.now()),
        offers,
        unsent: 0,
        cosigned: None,
        contrary: None,
        refused: String::new(),
        confirmed,
    };
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

impl Turn {
    /// The next log to send: ended ones first, in their order.
    fn next(store: &Store, past: &mut VecDeque<Past>) -> Option<Self> {
        while let Some(past) = past.pop_front() {
            if let Some(log) = past.verifier.clone() {
                let plan = Plan::new(past.counts.size, 0);
                return Some(Self { origin: past.origin, log, plan, past: Some(past), over: false });
            }
            tracing::error!(epoch = %past.origin.epoch, "an ended log cannot be sent: no key of it is here");
        }
        let log = store.verifier_keys().into_iter().next()?;
        let plan = Plan::new(store.size(), store.cursor().size);
        Some(Self { origin: store.origin(), log, plan, past: None, over: false })
    }

    fn is_over(&self) -> bool {
        self.past.is_some() && (self.over || self.plan.is_done())
    }
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
        self.shared.clear(|cause| SideRoom::Uplink.is_of(cause));
        self.shared.say(State::Up);
        if let Err(why) = self.on(Event::Connected).await {
            return why;
        }
        loop {
            let event = tokio::select! {
                event = receiver.next() => match event {
                    LinkEvent::Down(Down::Ack, payload) => match self.read(&payload) {
                        Some(answer) => Event::Answered(answer),
                        None if self.turn.over => Event::Tick,
                        None => continue,
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
                    // An ended log does not grow; the present one is asked for its size when its turn comes.
                    Ok(()) if self.turn.past.is_some() => continue,
                    Ok(()) => Event::Grew(*size.borrow_and_update()),
                    Err(_) => return "the box is stopping".to_owned(),
                },
                _ = tick.tick() => {
                    let now = self.shared.parts.clock.now();
                    if self.renewal.ends_session(&now) {
                        return "the box's certificate is to be renewed".to_owned();
                    }
                    if self.turn.past.is_none() && self.offers.is_some_and(|o| o.are_due(now.up_ms)) {
                        return "what an ended log holds is offered again".to_owned();
                    }
                    Event::Tick
                }
                changed = alarms.changed() => {
                    // Whoever looks at the fleet learns it before the next minute's report.
                    match changed.map_err(|e| e.to_string()).and_then(|()| self.publish(Up::Health, json(&self.health()))) {
                        Ok(()) => continue,
                        Err(why) => return why,
                    }
                }
                _ = stopped.changed() => {
                    receiver.close().await;
                    return "the box is stopping".to_owned();
                }
            };
            if let Err(why) = self.on(event).await {
                return why;
            }
            self.shared.backlog(self.backlog(), self.ended_backlog());
        }
    }

    /// Lets the plan decide and does what it says; then the next log's turn comes, where this one's is over. An `Err`
    /// ends the connection.
    async fn on(&mut self, event: Event) -> Result<(), String> {
        self.act(event).await?;
        while self.turn.is_over() {
            self.confirmed.send_replace((self.turn.origin.epoch, self.turn.plan.cursor()));
            let store = &self.shared.parts.store;
            self.turn = Turn::next(store, &mut self.past).ok_or("the log has no key")?;
            self.cosigned = None;
            self.act(Event::Connected).await?;
        }
        Ok(())
    }

    async fn act(&mut self, event: Event) -> Result<(), String> {
        let up_ms = self.shared.parts.clock.now().up_ms;
        let before = self.turn.plan.cursor();
        let actions = self.turn.plan.on(event, up_ms);
        if let Some(offers) = self.offers.as_mut().filter(|_| self.turn.past.is_none()) {
            offers.watch(before, &actions, up_ms);
        }
        for action in actions {
            match action {
                Action::Hello => self.publish(Up::Hello, json(&self.hello()))?,
                Action::Health => self.publish(Up::Health, json(&self.health()))?,
                Action::Send { from, entries_max } => {
                    if let Some(batch) = self.batch(from, entries_max).await? {
                        self.publish(Up::Batch, batch)?;
                    }
                }
                Action::Cursor(cursor) => self.keep(cursor),
                Action::Disconnect => return Err("the relay did not answer for 30 s".to_owned()),
                Action::Alarm(alarm) => self.alarm(alarm).await,
            }
        }
        Ok(())
    }

    /// Keeps an alarm with its evidence. A present log that cannot go on is ended: the next start begins another epoch.
    async fn alarm(&mut self, alarm: Alarm) {
        let parts = &self.shared.parts;
        let epoch = self.turn.origin.epoch;
        let contrary = self.contrary.take();
        let kept = parts.store.cursor().kept.filter(|kept| kept.checkpoint.origin == self.turn.origin);
        let note = match alarm {
            Alarm::BoxForgot { .. } | Alarm::OtherHistory { .. } => {
                contrary.as_ref().map(|c| (c.note().to_string(), c.checkpoint().size))
            }
            Alarm::RelayWentBack { .. } => kept.map(|kept| (kept.note, kept.checkpoint.size)),
            Alarm::Refused { .. } | Alarm::PhotosRefused { .. } => None,
        };
        let refused = matches!(alarm, Alarm::Refused { .. });
        let said = if refused { std::mem::take(&mut self.refused) } else { String::new() };
        let note = note.map(|(note, size)| (epoch, note, size));
        self.shared.alarm(alarm.cause(epoch, &said), note).await;
        if self.turn.past.is_some() && refused {
            self.unsent += self.turn.plan.backlog();
        }
        // An ended log that cannot be sent now must not hold up the present one.
        self.turn.over |= !matches!(alarm, Alarm::RelayWentBack { .. });
        if let Some(offers) = self.offers.as_mut().filter(|_| refused && self.turn.past.is_some()) {
            offers.refused(parts.clock.now().up_ms);
        }
        let Some(contrary) = contrary.filter(|_| self.turn.past.is_none()) else { return };
        let store = parts.store.clone();
        match tokio::task::spawn_blocking(move || store.end_epoch(&contrary)).await {
            Ok(Ok(())) => (parts.restart)("the log cannot go on in this epoch"),
            Ok(Err(error)) => {
                tracing::error!(%error, "the log's epoch cannot be ended; the next connection tries again")
            }
            Err(error) => tracing::error!(%error, "the log's epoch cannot be ended"),
        }
    }

    /// Entries that wait, of all logs.
    fn backlog(&self) -> u64 {
        let store = &self.shared.parts.store;
        let present = match self.turn.past {
            Some(_) => store.size().saturating_sub(store.cursor_size()),
            None => self.turn.plan.backlog(),
        };
        self.ended_backlog() + present
    }

    /// Entries that wait, of logs that have ended.
    fn ended_backlog(&self) -> u64 {
        let turn = if self.turn.past.is_some() && !self.turn.over { self.turn.plan.backlog() } else { 0 };
        self.past.iter().map(|past| past.counts.size).sum::<u64>() + turn + self.unsent
    }

    fn publish(&self, up: Up, payload: Bytes) -> Result<(), String> {
        self.sender.publish(up, payload).map_err(|e: LinkError| e.to_string())
    }

    fn keep(&mut self, cursor: u64) {
        let store = &self.shared.parts.store;
        let epoch = self.turn.origin.epoch;
        self.shared.clear(|cause| evidence::is_over(cause, epoch, cursor));
        if self.turn.past.is_none() {
            match self.cosigned.as_ref().filter(|c| c.checkpoint().size == cursor) {
                Some(cosigned) if cursor > store.cursor().size => {
                    if let Err(error) = store.raise_cursor(cosigned) {
                        tracing::error!(%error, "the cursor is not raised");
                    }
                }
                _ => store.lower_cursor(cursor),
            }
        }
        self.confirmed.send_replace((epoch, cursor));
    }

    /// What the relay says, verified against the box's own log; `None` for what concerns another epoch or does not hold.
    fn read(&mut self, payload: &[u8]) -> Option<Answer> {
        let ack: Ack = match serde_json::from_slice(payload) {
            Ok(ack) => ack,
            Err(error) => {
                tracing::warn!(%error, "an answer of the relay cannot be read");
                return None;
            }
        };
        if ack.epoch != self.turn.origin.epoch {
            return None;
        }
        match ack.answer {
            Said::Want { want } => Some(Answer::Wants(want)),
            Said::Refused { refused } => {
                tracing::error!(
                    from = refused.from,
                    code = refused.code,
                    text = refused.text,
                    "the relay refused a batch"
                );
                self.refused = refused.text.chars().take(SAID_CHARS_MAX).collect();
                Some(Answer::Refused)
            }
            Said::Checkpoint { checkpoint } => self.cosigned(&checkpoint),
        }
    }

    fn cosigned(&mut self, note: &str) -> Option<Answer> {
        let cosigned = match Cosigned::verify(note, &self.turn.origin, &self.turn.log, &self.cosigners) {
            Ok(cosigned) => cosigned,
            Err(error) => {
                tracing::warn!(%error, "an answer of the relay proves nothing");
                return None;
            }
        };
        let (size, root) = (cosigned.checkpoint().size, cosigned.checkpoint().root);
        let reader = self.shared.parts.store.reader_of(self.turn.origin.epoch);
        let reader = reader.map_err(|error| tracing::error!(%error, "the log cannot be read")).ok()?;
        if size > reader.size() {
            if self.turn.past.is_some() {
                // It has all that counts, and more; there is nothing to send.
                self.turn.over = true;
                return None;
            }
            self.contrary = Some(cosigned);
            return Some(Answer::HoldsMore(size));
        }
        let own = root_at(&reader, size)
            .map_err(|error| tracing::error!(%error, "the tree cannot be read"))
            .ok()?;
        if own != root {
            self.contrary = Some(cosigned);
            return Some(Answer::HoldsOther(size));
        }
        self.cosigned = Some(cosigned);
        Some(Answer::Holds(size.min(self.turn.past.as_ref().map_or(u64::MAX, |past| past.counts.size))))
    }

    fn hello(&self) -> Hello {
        let parts = &self.shared.parts;
        let now = parts.clock.now();
        Hello {
            v: VERSION,
            connection: self.connection,
            epoch: self.turn.origin.epoch,
            key: self.turn.log.to_string(),
            size: self.turn.past.as_ref().map_or_else(|| parts.store.size(), |past| past.counts.size),
            cursor: self.turn.plan.cursor(),
            cosigned: parts
                .store
                .cursor()
                .kept
                .filter(|k| k.checkpoint.origin == self.turn.origin)
                .map(|k| k.note),
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
            backlog: self.backlog(),
            photos: photos::waiting(self.shared),
            disk_percent: disk_percent(&parts.data),
            printers: (parts.printers)(),
            celsius: celsius(),
            clock: now.state,
            wall: now.wall_ms,
            notes: alarms.iter().filter(|a| a.seen.is_none()).map(|a| a.words().line()).collect(),
            alarms: alarms.iter().map(ActiveAlarm::reported).collect(),
        }
    }

    /// Entries from `from` on with the texts beside them and a checkpoint that covers exactly the last; `None` where
    /// the log's key is gone.
    async fn batch(&mut self, from: u64, entries_max: usize) -> Result<Option<Bytes>, String> {
        let store = self.shared.parts.store.clone();
        let epoch = self.turn.origin.epoch;
        let past = self.turn.past.as_ref().map(|past| past.counts.size);
        let build = move || -> Result<Option<Vec<u8>>, String> {
            let reader = store.reader_of(epoch).map_err(|e| e.to_string())?;
            let mut room = Room::new(entries_max);
            let (mut entries, mut texts) = (Vec::new(), Vec::new());
            let last = past.unwrap_or_else(|| reader.size());
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
            let note = match past {
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

#[cfg(test)]
mod tests {
    use record::entry::ClockState;
    use record::ids::BootId;

    use super::*;

    #[test]
    fn a_connection_ends_once_when_the_certificate_is_to_be_renewed() {
        let relation: ClaimAnswer = serde_json::from_value(serde_json::json!({
            "chain": "", "account": "01ARZ3NDEKTSV4RRFFQ69G5FAV", "facility": {"id": "01ARZ3NDEKTSV4RRFFQ69G5FAV", "name": "", "zone": "UTC"},
            "relay_url": "", "mqtt_url": "", "photos_url": "", "cosign_keys": [], "directive_keys": [], "relay_ca": "", "expires_s": 2_000_000_000i64,
        }))
        .unwrap();
        let due_ms = claim::renewal_ms(&relation);
        let at =
            |wall_ms, up_ms| Now { wall_ms, boot: BootId::new(0, [0; 10]), up_ms, state: ClockState::Synced };
        let fresh = Renewal::new(&relation, &at(due_ms - 1, 5));
        assert!(!fresh.ends_session(&at(due_ms - 1, 6)));
        assert!(fresh.ends_session(&at(due_ms, 7)));
        let refused = Renewal::new(&relation, &at(due_ms, 7));
        assert!(
            !refused.ends_session(&at(due_ms + 1_000, 1_007)),
            "no loop when the relay does not renew it"
        );
        assert!(refused.ends_session(&at(due_ms + 1_000, 7 + RENEW_AGAIN_MS)));
    }
}
