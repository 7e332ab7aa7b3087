//! The listener with a made-up inbox: every call is seen by the test, which also says what comes of it.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use record::ids::{BoxId, ConnectionId};
use record::topics::UpTopic;
use relay::mqtt::{
    Admission, BoxConnection, BoxPublisher, Inbox, MqttListener, MqttSettings, PeerCertificate, Presence,
    PublishOutcome,
};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use crate::pki::{Identity, Pki};
use crate::soon;

pub(crate) enum Call {
    Admit(PeerCertificate),
    Presence(BoxConnection, Presence),
    Publish(Published),
}

pub(crate) struct Published {
    pub(crate) from: BoxConnection,
    pub(crate) up: UpTopic,
    pub(crate) payload: Bytes,
    pub(crate) settle: oneshot::Sender<PublishOutcome>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Always(PublishOutcome),
    /// Waits for [`Published::settle`].
    Held,
    Panics,
}

pub(crate) struct Fake {
    calls: mpsc::UnboundedSender<Call>,
    mode: Mutex<Mode>,
    admissions: Mutex<HashMap<String, Admission>>,
    /// `admit` never answers.
    stuck: Mutex<bool>,
}

impl Inbox for Fake {
    async fn admit(&self, certificate: &PeerCertificate) -> Admission {
        self.calls.send(Call::Admit(certificate.clone())).ok();
        if *self.stuck.lock().unwrap() {
            std::future::pending::<()>().await;
        }
        self.admissions.lock().unwrap().get(&certificate.serial).copied().unwrap_or(Admission::Admitted)
    }

    async fn publish(&self, from: BoxConnection, up: UpTopic, payload: Bytes) -> PublishOutcome {
        let (settle, settled) = oneshot::channel();
        let mode = *self.mode.lock().unwrap();
        self.calls.send(Call::Publish(Published { from, up, payload, settle })).ok();
        match mode {
            Mode::Always(disposition) => disposition,
            Mode::Held => settled.await.unwrap_or(PublishOutcome::Unknown),
            Mode::Panics => panic!("an inbox with a bug"),
        }
    }

    async fn presence(&self, of: BoxConnection, presence: Presence) {
        self.calls.send(Call::Presence(of, presence)).ok();
    }
}

pub(crate) struct Relay {
    pub(crate) pki: Pki,
    pub(crate) publisher: BoxPublisher,
    pub(crate) listener: MqttListener,
    pub(crate) inbox: Arc<Fake>,
    calls: mpsc::UnboundedReceiver<Call>,
    /// Calls of other kinds that were skipped while waiting for one.
    presences: VecDeque<(BoxConnection, Presence)>,
    publishes: VecDeque<Published>,
    admits: VecDeque<PeerCertificate>,
}

impl Relay {
    pub(crate) async fn start() -> Self {
        Self::with(|_| ()).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut MqttSettings)) -> Self {
        let mut settings = MqttSettings::default();
        change(&mut settings);
        let pki = Pki::new();
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (calls, receiver) = mpsc::unbounded_channel();
        let inbox = Arc::new(Fake {
            calls,
            mode: Mutex::new(Mode::Always(PublishOutcome::Done)),
            admissions: Mutex::default(),
            stuck: Mutex::default(),
        });
        let publisher = BoxPublisher::new();
        let count = AtomicU32::new(0);
        let mint = move || {
            let [a, b, c, d] = count.fetch_add(1, Ordering::Relaxed).to_be_bytes();
            ConnectionId::new(1, [0, 0, 0, 0, 0, 0, a, b, c, d])
        };
        let listener =
            MqttListener::start(socket, pki.server(), settings, publisher.clone(), Arc::clone(&inbox), mint)
                .unwrap();
        Self {
            pki,
            publisher,
            listener,
            inbox,
            calls: receiver,
            presences: VecDeque::new(),
            publishes: VecDeque::new(),
            admits: VecDeque::new(),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.listener.local_addr()
    }

    pub(crate) fn identity(&self, n: u32) -> Identity {
        self.pki.identity(n)
    }

    pub(crate) fn mode(&self, mode: Mode) {
        *self.inbox.mode.lock().unwrap() = mode;
    }

    pub(crate) fn admission(&self, identity: &Identity, admission: Admission) {
        self.inbox.admissions.lock().unwrap().insert(identity.serial.clone(), admission);
    }

    pub(crate) fn get_stuck(&self) {
        *self.inbox.stuck.lock().unwrap() = true;
    }

    pub(crate) fn metric(&self, name: &str) -> u64 {
        let all = self.listener.metrics().read();
        all.iter().find(|(one, _)| *one == name).expect("no such counter").1
    }

    pub(crate) async fn publish(&mut self) -> Published {
        while self.publishes.is_empty() {
            self.sort().await;
        }
        self.publishes.pop_front().unwrap()
    }

    pub(crate) async fn presence(&mut self) -> (BoxConnection, Presence) {
        while self.presences.is_empty() {
            self.sort().await;
        }
        self.presences.pop_front().unwrap()
    }

    pub(crate) async fn presence_of(&mut self, id: BoxId) -> Presence {
        loop {
            let (of, presence) = self.presence().await;
            if of.box_id == id {
                return presence;
            }
        }
    }

    pub(crate) async fn admitted(&mut self) -> PeerCertificate {
        while self.admits.is_empty() {
            self.sort().await;
        }
        self.admits.pop_front().unwrap()
    }

    async fn sort(&mut self) {
        match soon(self.calls.recv()).await.expect("the inbox is gone") {
            Call::Admit(certificate) => self.admits.push_back(certificate),
            Call::Presence(of, presence) => self.presences.push_back((of, presence)),
            Call::Publish(published) => self.publishes.push_back(published),
        }
    }

    /// Stops the listener; what the inbox was asked until then, in order.
    pub(crate) async fn stop(mut self) -> Vec<Call> {
        soon(self.listener.stop()).await;
        drop(self.inbox);
        let mut calls = Vec::new();
        while let Some(call) = soon(self.calls.recv()).await {
            calls.push(call);
        }
        let old = self.admits.into_iter().map(Call::Admit);
        let old = old.chain(self.presences.into_iter().map(|(of, presence)| Call::Presence(of, presence)));
        old.chain(self.publishes.into_iter().map(Call::Publish)).chain(calls).collect()
    }
}
