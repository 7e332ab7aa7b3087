//! The one thread that has the hardware: it sleeps until a light or a sound is to change, or somebody has something for it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use service::clock::Clock;
use tokio::sync::{mpsc, watch};

use super::button::{ButtonEdge, ButtonPress, ButtonReader};
use super::causes::{PanelCause, choose_signal};
use super::no_panel::NoPanel;
use super::rhythm::{PanelTime, ShownSignal, compose_frame};
use super::{BuzzerState, Panel, PanelError, PanelLights, PanelOutput, PanelView};
use crate::settings::PanelKind;

/// Messages that wait; a button that bounces beyond all measure loses edges, and nothing else.
const MESSAGES_MAX: usize = 64;
/// Presses that wait for whoever does what they ask for; more are dropped.
const PRESSES_MAX: usize = 4;
/// For how long amber asks after a press that was refused.
const REFUSED_MS: u64 = 10_000;
/// The day's border is looked for this often where nothing else wakes it.
const LOOK_MS_MAX: u64 = 60_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PanelMessage {
    Causes(BTreeSet<PanelCause>),
    Edge(ButtonEdge),
    /// What a press asked for is being done.
    PressTaken,
    /// It cannot be done now.
    PressRefused,
    Stop,
}

/// Where the hardware reports the button.
#[derive(Debug, Clone)]
pub struct EdgeSender(SyncSender<PanelMessage>);

impl EdgeSender {
    /// Reports a change of the button; never waits.
    pub fn report_edge(&self, edge: ButtonEdge) {
        if self.0.try_send(PanelMessage::Edge(edge)).is_err() {
            tracing::warn!("a change of the panel’s button was lost");
        }
    }
}

/// The channel to the panel's thread: both ends.
pub struct PanelChannel {
    pub edges: EdgeSender,
    pub messages: Receiver<PanelMessage>,
}

/// Creates the channel to a panel's thread.
pub fn panel_channel() -> PanelChannel {
    let (sender, messages) = sync_channel(MESSAGES_MAX);
    PanelChannel { edges: EdgeSender(sender), messages }
}

/// What the thread needs beside the hardware.
pub struct OwnerContext {
    pub clock: Arc<dyn Clock>,
    /// Minutes since midnight at the facility, of milliseconds since 1970.
    pub day_minute: Box<dyn Fn(i64) -> u16 + Send>,
    /// Called once when the hardware fails while it runs; from then on there is no panel.
    pub report_failure: Box<dyn Fn(&PanelError) + Send>,
}

pub struct PanelOwner {
    sender: SyncSender<PanelMessage>,
    view: watch::Receiver<PanelView>,
    thread: Option<JoinHandle<()>>,
}

impl PanelOwner {
    /// Takes the hardware over; presses go to the second.
    ///
    /// # Errors
    /// No thread can be started.
    pub fn start(
        panel: Box<dyn Panel>,
        kind: PanelKind,
        channel: PanelChannel,
        context: OwnerContext,
    ) -> Result<(Self, mpsc::Receiver<ButtonPress>), PanelError> {
        let PanelChannel { edges, messages } = channel;
        let (to_presses, presses) = mpsc::channel(PRESSES_MAX);
        let shown = watch::Sender::new(PanelView { kind, ..PanelView::default() });
        let view = shown.subscribe();
        let mut thread = OwnerThread::new(panel, kind, context, to_presses, shown);
        let thread = std::thread::Builder::new()
            .name("panel".into())
            .spawn(move || thread.run(&messages))
            .map_err(PanelError::Thread)?;
        Ok((Self { sender: edges.0, view, thread: Some(thread) }, presses))
    }

    pub fn view(&self) -> watch::Receiver<PanelView> {
        self.view.clone()
    }

    pub fn feed(&self) -> PanelFeed {
        PanelFeed(self.sender.clone())
    }

    pub fn stop(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        if self.sender.send(PanelMessage::Stop).is_ok() && thread.join().is_err() {
            tracing::error!("the panel’s thread panicked");
        }
    }
}

impl Drop for PanelOwner {
    fn drop(&mut self) {
        self.stop();
    }
}

#[derive(Debug, Clone)]
pub struct PanelFeed(SyncSender<PanelMessage>);

impl PanelFeed {
    /// Never waits; `false` when the panel's thread is gone or does not keep up.
    pub fn send_message(&self, message: PanelMessage) -> bool {
        self.0.try_send(message).is_ok()
    }
}

struct OwnerThread {
    panel: Box<dyn Panel>,
    kind: PanelKind,
    context: OwnerContext,
    presses: mpsc::Sender<ButtonPress>,
    view: watch::Sender<PanelView>,
    causes: BTreeSet<PanelCause>,
    shown: ShownSignal,
    button: ButtonReader,
    answered_ms: Option<u64>,
    refused_until_ms: Option<u64>,
    last: Option<PanelOutput>,
}

impl OwnerThread {
    fn new(
        panel: Box<dyn Panel>,
        kind: PanelKind,
        context: OwnerContext,
        presses: mpsc::Sender<ButtonPress>,
        view: watch::Sender<PanelView>,
    ) -> Self {
        let shown =
            ShownSignal { signal: PanelCause::Starting.signal(), since_ms: context.clock.now().up_ms };
        Self {
            panel,
            kind,
            context,
            presses,
            view,
            causes: BTreeSet::from([PanelCause::Starting]),
            shown,
            button: ButtonReader::default(),
            answered_ms: None,
            refused_until_ms: None,
            last: None,
        }
    }

    fn run(&mut self, messages: &Receiver<PanelMessage>) {
        loop {
            let wait = self.draw_frame();
            let message = match wait {
                Some(wait) => match messages.recv_timeout(wait) {
                    Ok(message) => message,
                    Err(RecvTimeoutError::Timeout) => continue,
                    Err(RecvTimeoutError::Disconnected) => PanelMessage::Stop,
                },
                None => messages.recv().unwrap_or(PanelMessage::Stop),
            };
            if message == PanelMessage::Stop {
                self.show_output(PanelOutput { lights: PanelLights::OFF, buzzer: BuzzerState::Silent });
                return;
            }
            self.take_message(message);
        }
    }

    fn take_message(&mut self, message: PanelMessage) {
        let up_ms = self.context.clock.now().up_ms;
        match message {
            PanelMessage::Causes(causes) => self.causes = causes,
            PanelMessage::PressTaken => self.answered_ms = Some(up_ms),
            PanelMessage::PressRefused => self.refused_until_ms = Some(up_ms.saturating_add(REFUSED_MS)),
            PanelMessage::Edge(edge) => {
                if let Some(press) = self.button.take_edge(edge)
                    && self.presses.try_send(press).is_err()
                {
                    tracing::warn!(?press, "nobody takes what the panel’s button asks for");
                }
            }
            PanelMessage::Stop => {}
        }
    }

    /// Shows what is to be shown now; for how long nothing changes by time alone.
    fn draw_frame(&mut self) -> Option<Duration> {
        let now = self.context.clock.now();
        self.refused_until_ms = self.refused_until_ms.filter(|until| *until > now.up_ms);
        let mut causes = self.causes.clone();
        causes.extend(self.refused_until_ms.map(|_| PanelCause::PressRefused));
        self.shown = self.shown.followed_by(choose_signal(&causes), now.up_ms);
        let at = PanelTime { up_ms: now.up_ms, day_minute: (self.context.day_minute)(now.wall_ms) };
        let frame = compose_frame(self.shown, self.answered_ms, at);
        self.show_output(frame.output);
        let view = PanelView { kind: self.kind, shown: self.shown.signal };
        self.view.send_if_modified(|known| {
            let is_new = *known != view;
            *known = view;
            is_new
        });
        if self.kind == PanelKind::None {
            // Nobody sees a blink that is not there.
            return self.refused_until_ms.map(|until| Duration::from_millis(until - now.up_ms));
        }
        let until_ms = [frame.until_ms, self.refused_until_ms].into_iter().flatten().min();
        until_ms.map(|until| Duration::from_millis((until - now.up_ms).clamp(1, LOOK_MS_MAX)))
    }

    fn show_output(&mut self, output: PanelOutput) {
        if self.last == Some(output) {
            return;
        }
        self.last = Some(output);
        if let Err(error) = self.panel.show(output) {
            tracing::error!(%error, "the panel is off");
            (self.context.report_failure)(&error);
            (self.panel, self.kind) = (Box::new(NoPanel), PanelKind::None);
        }
    }
}

#[cfg(test)]
mod tests;
