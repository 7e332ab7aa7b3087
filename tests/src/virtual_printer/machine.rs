//! The printer's threads: a receiver with back-pressure, a print head, and for a networked Brother an SNMP agent.

use std::io::Read;
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::brother_ql::snmp;
use super::device::{Reaction, Role};
use super::framing::{Token, Tokeniser};
use super::paper::{Paper, spool};
use super::state::{VirtualState, Waiting, strikes};
use super::{Language, Options, Printed, PrinterFault, Roll};

const RECEIVE_BUFFER_BYTES: usize = 8 * 1024;
/// So much of a label's only large command is surely its middle.
const MID_LABEL_BYTES: usize = 512;
const SNMP_PORT: u16 = 161;

pub(super) struct Machine {
    addr: SocketAddr,
    snmp: Option<UdpSocket>,
    spool: PathBuf,
    options: Options,
    state: Mutex<VirtualState>,
    pub(super) changed: Condvar,
}

/// With a small kernel buffer, so that the sender notices a stopped printer.
fn bind(addr: SocketAddr) -> std::io::Result<TcpListener> {
    let listener = TcpListener::bind(addr)?;
    rustix::net::sockopt::set_socket_recv_buffer_size(&listener, RECEIVE_BUFFER_BYTES)?;
    Ok(listener)
}

fn thread(name: &str, work: impl FnOnce() + Send + 'static) -> std::io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name.into()).spawn(work)
}

impl Machine {
    pub(super) fn start(
        listen: SocketAddr,
        spool: &Path,
        options: Options,
    ) -> std::io::Result<(Arc<Self>, Vec<JoinHandle<()>>)> {
        std::fs::create_dir_all(spool)?;
        let listener = bind(listen)?;
        let addr = listener.local_addr()?;
        let by_snmp = options.over_network && options.language == Language::BrotherQl;
        // Only the administrator may bind the standard port, and only one printer of an address.
        let agent = || UdpSocket::bind((addr.ip(), SNMP_PORT)).or_else(|_| UdpSocket::bind((addr.ip(), 0)));
        let snmp = by_snmp.then(agent).transpose()?;
        let machine = Arc::new(Self {
            addr,
            snmp,
            spool: spool.to_owned(),
            options,
            state: Mutex::new(VirtualState::new(&options)),
            changed: Condvar::new(),
        });
        let (receiver, head) = (machine.clone(), machine.clone());
        let mut threads = vec![
            thread("vp-receiver", move || receiver.serve(listener))?,
            thread("vp-head", move || head.run())?,
        ];
        if machine.snmp.is_some() {
            let agent = machine.clone();
            threads.push(thread("vp-snmp", move || agent.answer_snmp())?);
        }
        Ok((machine, threads))
    }

    pub(super) fn addr(&self) -> SocketAddr {
        self.addr
    }

    pub(super) fn snmp_addr(&self) -> Option<SocketAddr> {
        self.snmp.as_ref().and_then(|socket| socket.local_addr().ok())
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, VirtualState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, s: MutexGuard<'a, VirtualState>) -> MutexGuard<'a, VirtualState> {
        self.changed.wait(s).unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_until<'a>(&self, s: MutexGuard<'a, VirtualState>, then: Instant) -> MutexGuard<'a, VirtualState> {
        let left = then.saturating_duration_since(Instant::now());
        self.changed.wait_timeout(s, left).unwrap_or_else(PoisonError::into_inner).0
    }

    pub(super) fn set(&self, fault: PrinterFault) {
        let mut s = self.lock();
        s.set(fault);
        if let PrinterFault::Reboot { off_ms } = fault {
            s.back_at = Some(Instant::now() + Duration::from_millis(off_ms.into()));
        }
        if matches!(fault, PrinterFault::PowerOff | PrinterFault::Reboot { .. }) {
            self.switch_off(&mut s);
        }
        self.report_change(&mut s);
        self.changed.notify_all();
    }

    pub(super) fn mend(&self) {
        let mut s = self.lock();
        s.mend();
        self.report_change(&mut s);
        self.changed.notify_all();
    }

    pub(super) fn load(&self, roll: Roll) {
        let mut s = self.lock();
        s.load(roll);
        self.report_change(&mut s);
        self.changed.notify_all();
    }

    pub(super) fn stop(&self) {
        let mut s = self.lock();
        s.stopping = true;
        self.switch_off(&mut s);
        drop(s);
        self.changed.notify_all();
        if let (Some(socket), Some(addr)) = (&self.snmp, self.snmp_addr()) {
            // Wakes the agent; it is on this machine.
            drop(socket.send_to(&[], addr));
        }
    }

    fn switch_off(&self, s: &mut VirtualState) {
        s.off = true;
        s.generation += 1;
        s.forget_buffer();
        s.hang_up();
        s.stored.clear();
        self.tear(s);
        s.device.restart();
        // Wakes the receiver if it waits for a connection; nobody may be listening any more.
        drop(TcpStream::connect_timeout(&self.addr, Duration::from_millis(200)));
    }

    fn report_change(&self, s: &mut VirtualState) {
        if !s.off {
            let seen = s.seen();
            let reaction = s.device.changed(&seen);
            self.react(s, reaction);
        }
    }

    fn react(&self, s: &mut VirtualState, reaction: Reaction) {
        s.say(&reaction.say);
        if reaction.clear {
            s.forget_buffer();
            // What is under way in one that keeps its data comes out.
            if !(s.printing && s.device.keeps_buffer()) {
                self.tear(s);
            }
        }
    }

    /// One connection at a time; others wait in the backlog.
    fn serve(&self, listener: TcpListener) {
        let mut listener = Some(listener);
        let mut s = self.lock();
        let mut tokeniser = Tokeniser::new(s.device.grammar());
        let mut generation = 0;
        loop {
            if s.off {
                listener = None;
            }
            while s.off && !s.stopping {
                s = self.wait_for_power(s);
            }
            if s.stopping {
                return;
            }
            if generation != s.generation {
                (generation, tokeniser) = (s.generation, Tokeniser::new(s.device.grammar()));
            }
            drop(s);
            if listener.is_none() {
                match bind(self.addr) {
                    Ok(again) => listener = Some(again),
                    Err(e) => tracing::warn!("virtual printer: binding {} again: {e}", self.addr),
                }
            }
            match listener.as_ref().map(TcpListener::accept) {
                Some(Ok((connection, _))) => self.take_connection(&connection, &mut tokeniser),
                Some(Err(e)) => tracing::warn!("virtual printer: accepting: {e}"),
                None => {
                    let again = Instant::now() + Duration::from_millis(50);
                    drop(self.wait_until(self.lock(), again));
                }
            }
            s = self.lock();
        }
    }

    /// Until it is switched on, or comes back by itself.
    fn wait_for_power<'a>(&self, mut s: MutexGuard<'a, VirtualState>) -> MutexGuard<'a, VirtualState> {
        match s.back_at {
            Some(then) if then <= Instant::now() => {
                (s.off, s.back_at) = (false, None);
                self.report_change(&mut s);
                self.changed.notify_all();
                s
            }
            Some(then) => self.wait_until(s, then),
            None => self.wait(s),
        }
    }

    fn take_connection(&self, connection: &TcpStream, tokeniser: &mut Tokeniser) {
        let Ok(answers) = connection.try_clone() else { return };
        let bounded = answers.set_write_timeout(Some(Duration::from_millis(500)));
        let mut s = self.lock();
        if s.off || bounded.is_err() {
            return;
        }
        s.connections += 1;
        s.connection = Some(answers);
        let generation = s.generation;
        drop(s);
        self.receive(connection, tokeniser);
        let in_command = tokeniser.held_bytes() > 0;
        let mut s = self.lock();
        if s.generation != generation {
            // What came over a connection to one that was switched off since is dropped with the rest.
            return;
        }
        let gone = s.connection.take();
        s.stored.extend(gone.filter(|_| self.options.keeps_line));
        if in_command || !s.hung_up_last() {
            s.push(Token::LineGone { in_command });
        }
        self.changed.notify_all();
    }

    /// Reads until the connection ends, never more than the buffer holds.
    fn receive(&self, mut connection: &TcpStream, tokeniser: &mut Tokeniser) {
        let mut bytes = [0; 1024];
        let generation = self.lock().generation;
        loop {
            let mut s = self.lock();
            while s.generation == generation
                && (s.reads_in_step()
                    || s.has_work() && s.queued_bytes + tokeniser.held_bytes() >= RECEIVE_BUFFER_BYTES)
            {
                s = self.wait(s);
            }
            if s.generation != generation || s.connection.is_none() {
                return;
            }
            drop(s);
            let Ok(n @ 1..) = connection.read(&mut bytes) else { return };
            let mut s = self.lock();
            if s.generation != generation {
                return;
            }
            for token in bytes[..n].iter().filter_map(|&b| tokeniser.feed(b)) {
                match &token {
                    Token::Command(raw) if s.device.role(raw) == Role::Urgent => {
                        let seen = s.seen();
                        let answer = s.device.answer(raw, &seen);
                        self.react(&mut s, answer);
                    }
                    _ => s.push(token),
                }
            }
            let in_label = !s.device.prints_as_it_comes() && tokeniser.held_bytes() >= MID_LABEL_BYTES;
            if in_label && !s.has_work() && !s.acting && strikes(&mut s.faults.break_in) {
                s.hang_up();
            }
            self.changed.notify_all();
        }
    }

    fn run(&self) {
        loop {
            let mut s = self.lock();
            while !s.stopping && (s.off || s.is_held() || s.awaits_question() || !s.has_work()) {
                s = self.wait(s);
            }
            if s.stopping {
                return;
            }
            let Some(waiting) = s.pop() else { continue };
            let moves_paper = waiting.role == Role::Row || waiting.role == Role::End && !s.paper.is_empty();
            if moves_paper && s.faults.paper_left == Some(0) && !s.faults.paper_out {
                s.faults.paper_out = true;
                if s.device.keeps_buffer() {
                    s.put_back(waiting);
                }
                self.report_change(&mut s);
                self.changed.notify_all();
                continue;
            }
            self.changed.notify_all();
            s.acting = true;
            let whole = s.faults.bytes_per_s.map_or(Duration::ZERO, |rate| {
                Duration::from_secs_f64(waiting.token.bytes() as f64 / f64::from(rate))
            });
            let generation = s.generation;
            s = self.pace(s, whole);
            if s.generation == generation {
                s = self.act(s, waiting);
            }
            (s.acting, s.printing) = (false, false);
            self.changed.notify_all();
        }
    }

    /// Takes a slow printer's time, unless it is mended or switched off meanwhile.
    fn pace<'a>(
        &'a self,
        mut s: MutexGuard<'a, VirtualState>,
        whole: Duration,
    ) -> MutexGuard<'a, VirtualState> {
        let (begun, generation) = (Instant::now(), s.generation);
        let slow = s.faults.bytes_per_s;
        while Instant::now() < begun + whole
            && !s.stopping
            && s.generation == generation
            && s.faults.bytes_per_s == slow
        {
            s = self.wait_until(s, begun + whole);
        }
        s
    }

    fn act<'a>(
        &'a self,
        mut s: MutexGuard<'a, VirtualState>,
        waiting: Waiting,
    ) -> MutexGuard<'a, VirtualState> {
        let raw = match &waiting.token {
            Token::Command(raw) => raw,
            Token::Oversize(bytes) => {
                s.stray_bytes += bytes;
                return s;
            }
            Token::LineGone { in_command } => {
                s.paper.partial |= *in_command || s.paper.is_begun();
                return s;
            }
        };
        let seen = s.seen();
        let VirtualState { device, paper, .. } = &mut *s;
        // A label whose copies are coming out has been handled.
        let reaction = match seen.copies_left {
            0 => device.take(raw, paper, &seen),
            _ => Reaction::default(),
        };
        if waiting.role != Role::Question && seen.copies_left == 0 {
            s.paper.keep(raw);
        }
        if reaction.stray {
            s.stray_bytes += raw.len() as u64;
        }
        if reaction.clear {
            self.react(&mut s, reaction);
            return s;
        }
        match waiting.role {
            Role::End if !s.paper.is_empty() && strikes(&mut s.faults.cover_touched_in) => {
                for open in [true, false] {
                    s.faults.cover_open = open;
                    self.report_change(&mut s);
                }
            }
            Role::End if !s.paper.is_empty() => s = self.print(s, waiting),
            Role::Row | Role::Image if !s.paper.is_empty() && strikes(&mut s.faults.break_in) => s.hang_up(),
            Role::Stray => s.stray_bytes += raw.len() as u64,
            _ => {}
        }
        // At most one question is answered for a label.
        if !reaction.say.is_empty() {
            s.say(&reaction.say);
        }
        s
    }

    fn print<'a>(
        &'a self,
        mut s: MutexGuard<'a, VirtualState>,
        waiting: Waiting,
    ) -> MutexGuard<'a, VirtualState> {
        let generation = s.generation;
        s.printing = true;
        if s.copies_left == 0 {
            let Token::Command(end) = &waiting.token else { return s };
            s.copies_left = s.device.copies(end);
        }
        let seen = s.seen();
        let says = s.device.begins(&seen);
        s.say(&says);
        s = self.pace(s, self.options.print_time);
        if s.generation != generation || s.paper.is_empty() {
            return s;
        }
        if strikes(&mut s.faults.paper_ends_in) {
            self.paper_ends(&mut s, waiting);
            return s;
        }
        s.copies_left = s.copies_left.saturating_sub(1);
        let more = s.copies_left > 0;
        let partial = s.paper.partial;
        self.come_out(&mut s, partial, false);
        if !partial {
            s.count_label();
        }
        if more {
            s.put_back(waiting);
        } else if s.device.keeps_image() {
            s.paper.take_raw();
            s.paper.partial = false;
        } else {
            s.paper = Paper::default();
        }
        if strikes(&mut s.faults.break_before_answer) {
            s.hang_up();
        }
        s.count_report();
        s.printing = false;
        let seen = s.seen();
        let says = s.device.ends(&seen);
        s.say(&says);
        s
    }

    /// The roll ends in the middle of a label. A printer that keeps its data prints it again on the next
    /// roll.
    fn paper_ends(&self, s: &mut VirtualState, waiting: Waiting) {
        self.come_out(s, true, true);
        if s.device.keeps_buffer() {
            s.faults.paper_out = true;
            s.put_back(waiting);
        } else {
            (s.paper, s.copies_left) = (Paper::default(), 0);
            // It assumes that the label is done, reports that, and notices the fault afterwards.
            let seen = s.seen();
            let says = s.device.ends(&seen);
            s.say(&says);
            s.faults.paper_out = true;
        }
        s.printing = false;
        self.report_change(s);
    }

    /// What was begun is never ended.
    fn tear(&self, s: &mut VirtualState) {
        if s.device.prints_as_it_comes() && !s.paper.is_empty() {
            self.come_out(s, true, false);
        }
        s.paper = Paper::default();
    }

    /// A piece of paper is seen and spooled; the label stays in memory.
    fn come_out(&self, s: &mut VirtualState, partial: bool, half: bool) {
        s.pieces += 1;
        let number = s.pieces;
        let picture = s.paper.picture(half);
        let name = format!("{number:04}{}", if partial { "-torn" } else { "" });
        let text = s.paper.text().to_owned();
        if let Err(e) = spool(&self.spool, &name, &s.paper, &picture) {
            tracing::error!("virtual printer: spooling label {number}: {e}");
        }
        if s.printed.len() >= self.options.remembers && !s.printed.is_empty() {
            s.printed.remove(0);
        }
        s.printed.push(Printed { number, partial, picture, text });
        self.changed.notify_all();
    }

    fn answer_snmp(&self) {
        let Some(socket) = &self.snmp else { return };
        let mut datagram = [0; 1500];
        loop {
            let received = socket.recv_from(&mut datagram);
            let mut s = self.lock();
            if s.stopping {
                return;
            }
            let Ok((bytes, from)) = received else { continue };
            if s.off {
                continue;
            }
            let seen = s.seen();
            let status = s.device.status_block(&seen);
            let status = s.spoken(&status);
            if status.is_empty() {
                continue;
            }
            drop(s);
            if let Some(answer) = snmp::answer(&datagram[..bytes], &status) {
                // A client that does not read misses it.
                drop(socket.send_to(&answer, from));
            }
        }
    }
}
