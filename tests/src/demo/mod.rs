//! The demonstration: a relay, a box claimed to it and virtual printers, as separate processes on loopback ports.
//!
//! The program re-executes itself as each of them, because cargo builds no other package's binaries for it. `seed` fills the box with
//! thirty days that the box's own code recorded under a simulated clock; [`output`] is what other programs read. `region` adds two
//! facilities with simulated boxes. A process that dies is started again on the same ports and data, as systemd would.

#[cfg(feature = "stripe")]
mod billing;
mod facilities;
mod folder;
mod history;
pub mod output;
mod printers;
mod region;
mod seed;
mod seed_disk;
mod small_box;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use appliance::store::StoreConfig;
use clap::Parser;
use tokio::sync::watch;

use self::folder::{Folder, LIVE_CLAIM};
use self::output::{BoxOutput, DemoOutput, Login, RelayOutput, SavedDemo};
use self::printers::Printer;
use crate::ports::{hold_port, take_port};
use crate::process::{Program, ProgramHandle};

/// How long to wait for the relay to have the whole history before the line is printed.
const CAUGHT_UP_WITHIN: Duration = Duration::from_secs(8);
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Pause before a restart, so that a process that cannot start does not spin.
const RESTART_AFTER: Duration = Duration::from_millis(300);

/// A relay, a box claimed to it and virtual label printers, on this machine, until Ctrl-C.
#[derive(Debug, Parser)]
#[command(name = "demo", about)]
pub struct Args {
    /// Keep the data here; a fresh temporary folder otherwise
    #[arg(long)]
    dir: Option<PathBuf>,
    /// No history and one item
    #[arg(long)]
    bare: bool,
    /// Leave the box alone, without a relay
    #[arg(long)]
    no_relay: bool,
    /// A virtual printer for each of these languages, named like it: escpos,zpl,tspl,brother-ql,dymo; one for escpos
    /// otherwise
    #[arg(long, value_delimiter = ',')]
    printers: Vec<labels::PrinterLanguage>,
}

/// Names the process that started a part.
const DEMO_PROCESS: &str = "DEMO_PROCESS_ID";

/// Has this part end with the demo, however that ends. A part's own children have another parent, and end
/// with the part.
fn end_with_demo() -> Result<(), String> {
    use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};
    let demo = std::env::var(DEMO_PROCESS).ok().and_then(|pid| pid.parse().ok()).and_then(Pid::from_raw);
    if demo.is_none() || getppid() != demo {
        return Ok(());
    }
    set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|e| format!("cannot end with the demo: {e}"))?;
    // It may have ended a moment before.
    if getppid() == demo { Ok(()) } else { Err("the demo has ended".to_owned()) }
}

/// Runs the demo, or one of its parts when the first argument names one.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let rest = || arguments.iter().skip(1).cloned();
    if let Err(why) = end_with_demo() {
        return report(Err(why));
    }
    match arguments.first().and_then(|a| a.to_str()) {
        Some("box") => appliance::run_program(
            &appliance::ProgramSetup { prefix: vec!["box".into()], ..Default::default() },
            rest(),
        ),
        Some("relay") => relay::run_program(relay_arguments(rest())),
        Some(region::EARLIER_RELAY) => {
            relay::run_with_clock(relay_arguments(rest()), Arc::new(region::EarlierClock::new()))
        }
        Some(region::BUSY_BOX) => report(small_box::main(rest())),
        Some("printer") => {
            let words = rest().map(|a| a.to_string_lossy().into_owned());
            report(crate::virtual_printer::process::main(words))
        }
        _ => {
            let name = OsString::from("demo");
            let args = Args::parse_from(std::iter::once(name).chain(arguments));
            report(run(args))
        }
    }
}

fn relay_arguments(rest: impl Iterator<Item = OsString>) -> impl Iterator<Item = OsString> {
    std::iter::once(OsString::from("cleantrack-relay")).chain(rest)
}

fn report(result: Result<(), String>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("demo: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args) -> Result<(), String> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|e| e.to_string())?;
    runtime.block_on(async {
        let temporary = match &args.dir {
            Some(_) => None,
            None => Some(
                tempfile::Builder::new().prefix("cleantrack-demo-").tempdir().map_err(|e| e.to_string())?,
            ),
        };
        let dir = match (&args.dir, &temporary) {
            (Some(dir), _) => std::path::absolute(dir).map_err(|e| e.to_string())?,
            (None, Some(temporary)) => temporary.path().to_owned(),
            (None, None) => return Err("no folder".to_owned()),
        };
        demo(&dir, &args).await
    })
}

fn itself(part: &str, args: &[&str]) -> Result<Program, String> {
    let own = std::env::current_exe().map_err(|e| format!("the demo's own program: {e}"))?;
    let all: Vec<&str> = std::iter::once(part).chain(args.iter().copied()).collect();
    Ok(Program::new(own, &all).env(DEMO_PROCESS, std::process::id().to_string()))
}

async fn demo(dir: &Path, args: &Args) -> Result<(), String> {
    let folder = Folder::open(dir)?;
    let _lock = folder.lock()?;
    // Subscribed first: an end during the set-up also ends what was started.
    let mut end = std::pin::pin!(wait_for_stop());
    let parts = tokio::select! {
        biased;
        ended = &mut end => return ended,
        parts = start(&folder, args) => parts?,
    };
    watch_over(&folder, parts, end).await
}

fn take_ports() -> Result<[u16; 7], String> {
    let mut ports = [0; 7];
    for port in &mut ports {
        *port = take_port()?;
    }
    Ok(ports)
}

/// Starts all parts and sets up what was not before; prints where they are.
async fn start(folder: &Folder, args: &Args) -> Result<Vec<(String, Part)>, String> {
    folder.clear_unfinished()?;
    let earlier = folder.stored()?;
    let first = earlier.is_none();
    let mut stored = match earlier {
        Some(stored) => {
            // Where somebody else has the port now, the part says so when it cannot listen.
            for port in stored.ports.iter().chain(stored.printers.values()) {
                let _ = hold_port(*port);
            }
            stored
        }
        None => SavedDemo {
            ports: take_ports()?,
            printers: Default::default(),
            tags: vec![],
            staff: vec![],
            api_token: String::new(),
            relay: None,
            billing: None,
        },
    };
    stored.billing = stored.billing.filter(|_| cfg!(feature = "billing"));
    #[cfg(feature = "stripe")]
    let stripe = billing::start_stripe(&mut stored).await?;
    if first || (!args.no_relay && stored.relay.is_none()) {
        folder.begin_set_up(first)?;
    }
    folder.make_parts()?;
    let printers = printers::start(folder, &mut stored, &args.printers).await?;
    let has_region = !args.bare && !args.no_relay;
    let seeding =
        async { if first { seed_live_box(folder, &stored, args).await.map(Some) } else { Ok(None) } };
    let busy_seeding = async {
        if has_region && stored.relay.is_none() { region::seed_busy_box(folder).await } else { Ok(()) }
    };
    let relaying =
        async { if args.no_relay { Ok(None) } else { set_up_relay(folder, &stored, args).await.map(Some) } };
    let (seeded, (), relay) = tokio::try_join!(seeding, busy_seeding, relaying)?;
    let relay = relay.map(|(relay, login)| {
        stored.relay = Some(login);
        relay
    });
    if !first {
        // Before the box is claimed to this relay.
        folder.keep(&stored)?;
    }
    let r#box = self::r#box(folder, &stored, relay.is_some(), &printers).await?;
    let busy_box = if has_region { region::start_busy_box(folder).await? } else { None };
    if let Some(seeded) = seeded {
        folder.found_box(&mut stored, &seeded).await?;
    }
    folder.keep(&stored)?;
    folder.set_up_is_whole()?;
    #[cfg(feature = "stripe")]
    billing::deliver_messages(stripe.as_ref(), &stored, relay.as_ref())?;
    if let Some(relay) = &relay {
        caught_up(&stored, relay, busy_box.as_ref()).await;
    }
    let output = describe_parts(folder, &stored, &r#box, relay.as_ref(), &printers)?;
    introduce(&output);
    println!("{}", serde_json::to_string(&output).map_err(|e| e.to_string())?);
    let busy_box = busy_box.map(|part| (region::BUSY_BOX.to_owned(), part));
    let parts = std::iter::once(("box".to_owned(), r#box)).chain(busy_box);
    let parts = parts.chain(relay.map(|part| ("relay".to_owned(), part)));
    let printers = printers.into_iter().map(|printer| (printer.pid_name(), printer.part));
    Ok(parts.chain(printers).collect())
}

async fn seed_live_box(folder: &Folder, stored: &SavedDemo, args: &Args) -> Result<seed::SeedResult, String> {
    let own = std::env::current_exe().map_err(|e| e.to_string())?;
    let options = seed::SeedOptions {
        facility: if args.bare { facilities::bare_box() } else { facilities::live_box() },
        now_ms: region::now_ms(),
        has_history: !args.bare,
        label_host: format!("HTTP://127.0.0.1:{}", stored.ports[0]),
        photo_command: Some(vec![own.into(), "box".into(), appliance::photo::CHILD_SUBCOMMAND.into()]),
    };
    let data = folder.box_data();
    seed::seed(&data, StoreConfig::new(&data), options).await
}

async fn set_up_relay(
    folder: &Folder,
    stored: &SavedDemo,
    args: &Args,
) -> Result<(Part, (Login, String)), String> {
    let mut account = stored.relay.clone();
    if account.is_none() && !args.bare {
        account = Some(region::found_account(folder, stored).await?);
    }
    let part = self::relay(folder, stored).await?;
    let account = match account {
        Some(account) => account,
        None => folder.found_account(&[(&facilities::bare_box(), LIVE_CLAIM)]).await?,
    };
    Ok((part, account))
}

struct Part {
    program: Program,
    running: ProgramHandle,
}

impl Part {
    async fn start(program: Program) -> Result<Self, String> {
        let running = program.start().await.map_err(|e| e.to_string())?;
        Ok(Self { program, running })
    }
}

async fn relay(folder: &Folder, stored: &SavedDemo) -> Result<Part, String> {
    let config = folder.relay_config(stored)?;
    let part = Part::start(itself("relay", &["--config", &config.to_string_lossy(), "serve"])?).await?;
    folder.pid("relay", part.running.pid())?;
    Ok(part)
}

async fn r#box(
    folder: &Folder,
    stored: &SavedDemo,
    claimed: bool,
    printers: &[Printer],
) -> Result<Part, String> {
    let config = folder.box_config(stored, claimed, &printers::settings(printers))?;
    let part = Part::start(itself("box", &["--config", &config.to_string_lossy(), "serve"])?).await?;
    folder.pid("box", part.running.pid())?;
    Ok(part)
}

/// Waits until the relay holds what the boxes have; gives up quietly, because that continues by itself.
async fn caught_up(stored: &SavedDemo, relay: &Part, busy_box: Option<&Part>) {
    let busy_box = async {
        if let Some(busy_box) = busy_box {
            region::caught_up(stored, relay, busy_box).await;
        }
    };
    let waiting = async { tokio::join!(live_box_caught_up(stored), busy_box) };
    if tokio::time::timeout(CAUGHT_UP_WITHIN, waiting).await.is_err() {
        eprintln!("demo: the relay is still catching up");
    }
}

async fn live_box_caught_up(stored: &SavedDemo) {
    let health = format!("http://127.0.0.1:{}/healthz", stored.ports[0]);
    let Ok(client) = reqwest::Client::builder().timeout(Duration::from_secs(2)).build() else { return };
    loop {
        let body = match client.get(&health).send().await {
            Ok(answer) => answer.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        };
        let json: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
        let (all, there) = (json["entries"].as_u64(), json["at_relay"].as_u64());
        if all.is_some() && all == there {
            return;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn describe_parts(
    folder: &Folder,
    stored: &SavedDemo,
    r#box: &Part,
    relay: Option<&Part>,
    printers: &[Printer],
) -> Result<DemoOutput, String> {
    fn read_text(part: &Part, name: &str) -> String {
        part.running.message()[name].as_str().unwrap_or_default().to_owned()
    }
    let relay_output = relay.zip(stored.relay.as_ref()).map(|(part, (login, api_token))| RelayOutput {
        pid: part.running.pid(),
        https: format!("https://localhost:{}", stored.ports[2]),
        mqtt: format!("mqtts://localhost:{}", stored.ports[4]),
        metrics: format!("http://127.0.0.1:{}", stored.ports[5]),
        login: login.clone(),
        api_token: api_token.clone(),
    });
    let box_ca = PathBuf::from(read_text(r#box, "ca"));
    let relay_ca = relay.map(|part| PathBuf::from(read_text(part, "ca")));
    Ok(DemoOutput {
        demo: 1,
        dir: folder.dir().to_owned(),
        ca: folder.authorities(&box_ca, relay_ca.as_deref())?,
        r#box: BoxOutput {
            pid: r#box.running.pid(),
            id: read_text(r#box, "box"),
            http: format!("http://127.0.0.1:{}", stored.ports[0]),
            https: format!("https://localhost:{}", stored.ports[1]),
            data: folder.box_data(),
            tags: stored.tags.clone(),
            staff: stored.staff.iter().map(|(_, staff)| staff.clone()).collect(),
            api_token: stored.api_token.clone(),
        },
        relay: relay_output,
        printers: printers.iter().map(Printer::output).collect(),
        billing: stored.billing.clone().filter(|_| relay.is_some()),
    })
}

fn introduce(output: &DemoOutput) {
    println!("CleanTrack is running. Everything is on this machine; Ctrl-C ends it.\n");
    println!("  Phone pages     {}/", output.r#box.http);
    if let Some(tag) = output.r#box.tags.first() {
        println!("  Scan a label    {}/t/{tag}", output.r#box.http);
    }
    println!("  Staff pages     {}/staff/", output.r#box.https);
    for staff in output.r#box.staff.iter().take(2) {
        println!("                  {} ({}), PIN {}", staff.name, staff.role, staff.pin);
    }
    if let Some(relay) = &output.relay {
        println!("  Dashboard       {}/", relay.https);
        println!("                  {}  {}", relay.login.email, relay.login.password);
    }
    for printer in &output.printers {
        println!("  Printed labels  {} ({})", printer.spool.display(), printer.name);
    }
    println!("  To trust        {}\n", output.ca.display());
}

/// Restarts what dies until the stop; then ends everything, the box first.
async fn watch_over(
    folder: &Folder,
    parts: Vec<(String, Part)>,
    end: impl Future<Output = Result<(), String>>,
) -> Result<(), String> {
    let (stop, stopped) = watch::channel(false);
    let mut tasks = Vec::new();
    for (name, part) in parts {
        let (folder, stopped) = (folder.clone(), stopped.clone());
        tasks.push(tokio::spawn(async move { keep_alive(&folder, &name, part, stopped).await }));
    }
    end.await?;
    // Each task holds a receiver until it has ended its process.
    stop.send_replace(true);
    for task in tasks {
        if let Err(error) = task.await {
            eprintln!("demo: {error}");
        }
    }
    Ok(())
}

async fn keep_alive(folder: &Folder, name: &str, mut part: Part, mut stopped: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            // The guard it returns must not live through the stop.
            true = async { stopped.wait_for(|stop| *stop).await.is_ok() } => {
                if let Err(error) = part.running.stop().await {
                    eprintln!("demo: {name}: {error}");
                }
                return;
            }
            _ = part.running.ended() => {}
        }
        part = loop {
            tokio::time::sleep(RESTART_AFTER).await;
            let requested = *stopped.borrow();
            if requested {
                return;
            }
            match Part::start(part.program.clone()).await {
                Ok(started) => break started,
                Err(error) => eprintln!("demo: {name} was not started again: {error}"),
            }
        };
        if let Err(error) = folder.pid(name, part.running.pid()) {
            eprintln!("demo: {error}");
        }
    }
}

async fn wait_for_stop() -> Result<(), String> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut term = signal(SignalKind::terminate()).map_err(|e| e.to_string())?;
    tokio::select! {
        ended = tokio::signal::ctrl_c() => ended.map_err(|e| e.to_string()),
        _ = term.recv() => Ok(()),
    }
}
