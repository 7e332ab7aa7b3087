//! The relay: what many boxes recorded, checked, kept and shown.
//!
//! `mqtt` hears boxes and knows nothing of what they say; `ingest` checks, decides and stores in one transaction through
//! `db`, which alone speaks SQL, and cosigns; `rollup` keeps the numbers of the dashboards by `record::compliance`;
//! `fleet` is the authority by which boxes and relay know each other; `objects` keeps photos; `accounts` says who may see
//! what; `web` and `api` show it, `lookout` tells them what other processes commit, `limit` bounds strangers; `health` tells whether all that lives. `serve` opens what a process needs, `admin`
//! carries out an operator's orders, `audit` checks and rebuilds. Each query carries the account that it is for.

pub mod accounts;
pub mod admin;
pub mod api;
pub mod audit;
pub mod changes;
mod cli;
pub mod config;
pub mod db;
pub mod fleet;
pub mod health;
pub mod ingest;
mod limit;
pub mod listen;
mod lookout;
pub mod mqtt;
pub mod objects;
pub mod rollup;
mod serve;
pub mod web;

use std::ffi::OsString;
use std::io::{BufRead as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{CommandFactory as _, Parser as _};

use accounts::people::PersonAct;
use admin::{EpochAct, Order};
use cli::{Cli, Command};
use config::Config;
pub use serve::ServeError;
use serve::Workshop;
use service::clock::{Clock, SystemClock};

/// Why a command ended without success.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Serve(#[from] ServeError),
    #[error(transparent)]
    Admin(#[from] admin::AdminError),
    #[error("{0}")]
    Refused(String),
    #[error("cannot {what}: {source}")]
    Io { what: &'static str, source: std::io::Error },
}

impl From<config::ConfigError> for Failure {
    fn from(error: config::ConfigError) -> Self {
        Self::Serve(error.into())
    }
}

impl From<db::DbError> for Failure {
    fn from(error: db::DbError) -> Self {
        Self::Serve(error.into())
    }
}

fn io(what: &'static str) -> impl Fn(std::io::Error) -> Failure {
    move |source| Failure::Io { what, source }
}

/// The command line, for what documents it.
pub fn command_line() -> clap::Command {
    Cli::command()
}

/// Runs the program `cleantrack-relay` with these arguments, the first of which is its name.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    run_with_clock(args, Arc::new(SystemClock::default()))
}

/// As [`run`], by another clock: for history that the relay's own code records.
pub fn run_with_clock(args: impl IntoIterator<Item = OsString>, clock: Arc<dyn Clock>) -> ExitCode {
    // Database, photos and keys are nobody else's to read, whoever makes their files.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            // Help is no failure; where it cannot be written there is nobody to read it.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    // A process of its own: whoever installed a provider first, it is the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let outcome = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(io("start the runtime"))
        .and_then(|runtime| runtime.block_on(command(cli, clock)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "cleantrack-relay: {failure}");
            match failure {
                // Starting again would find the same wrong settings: systemd waits for a person.
                Failure::Serve(ServeError::Config(_)) => ExitCode::from(78),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

async fn command(cli: Cli, clock: Arc<dyn Clock>) -> Result<(), Failure> {
    let common = cli.common;
    let mut config = Config::load(common.config.as_deref(), &config::environment())?;
    config.data = common.data.or(config.data);
    config.database = common.database.or(config.database);
    config.objects = common.objects.or(config.objects);
    config.check()?;
    let given = config.database.as_deref();
    if given.is_some_and(|address| !db::is_address(address)) {
        return Err(config::NO_DATABASE.into());
    }
    let command = cli.command.unwrap_or_default();
    if let Command::Serve { mqtt, .. } = &command {
        cli::own_listener(mqtt)?;
    }
    if common.check {
        // A file with the address is read only here and by whoever opens it.
        if !db::is_address(&config.database()?) {
            return Err(config::NO_DATABASE.into());
        }
        let roles = match &command {
            Command::Serve { role, .. } => format!("{role:?}").to_lowercase(),
            _ => "nothing".to_owned(),
        };
        let (https, mqtt) = (config.https.listen, config.mqtt.listen);
        return print(&format!("settings are good; would run: {roles}; https {https}, mqtt {mqtt}"));
    }
    match command {
        Command::Serve { role, .. } => {
            serve::log(&config.log);
            Ok(serve::serve(&config, role, clock).await?)
        }
        Command::Migrate => {
            let workshop = Workshop::open(&config, clock).await?;
            workshop.db.close().await;
            print(&format!("schema {}", db::SCHEMA_VERSION))
        }
        Command::Verify => verify(&Workshop::open(&config, clock).await?).await,
        Command::Rebuild => {
            let workshop = Workshop::open(&config, clock).await?;
            let count = audit::rebuild(&workshop.db, workshop.clock.now_ms()).await?;
            print(&format!("rebuilt {count} facilities"))
        }
        order => carry_out(&config, order_of(order)?, clock).await,
    }
}

async fn verify(workshop: &Workshop) -> Result<(), Failure> {
    let cosigners = [workshop.cosigner.verifier().clone()];
    let found = audit::verify(&workshop.db, &cosigners).await?;
    print(&format!("{} logs, {} entries", found.logs, found.entries))?;
    if found.faults.is_empty() { Ok(()) } else { Err(Failure::Refused(found.faults.join("\n"))) }
}

fn change(person: cli::Person, act: PersonAct) -> Order {
    Order::AdminChange { account: person.account, email: person.email, act }
}

fn order_of(command: Command) -> Result<Order, Failure> {
    Ok(match command {
        Command::Account(cli::Account::Create { name }) => Order::AccountCreate { name },
        Command::Admin(cli::Admin::Create { account, email, name, role }) => {
            let name = name.unwrap_or_else(|| email.clone());
            Order::AdminCreate { account, email, name, role, password: secret_line()? }
        }
        Command::Facility(cli::Facility::Create { account, name, zone }) => {
            Order::FacilityCreate { account, name, zone }
        }
        Command::Admin(cli::Admin::List { account }) => Order::AdminList { account },
        Command::Admin(cli::Admin::SetPassword(person)) => {
            let cli::Person { account, email } = person;
            Order::AdminSetPassword { account, email, password: secret_line()? }
        }
        Command::Admin(cli::Admin::SignOut(person)) => change(person, PersonAct::SignOut),
        Command::Admin(cli::Admin::Disable(person)) => change(person, PersonAct::Disable),
        Command::Admin(cli::Admin::Enable(person)) => change(person, PersonAct::Enable),
        Command::Token(cli::Token::Create { account, name, days }) => {
            Order::TokenCreate { account, name, life: days.to_string() }
        }
        Command::Token(cli::Token::List { account }) => Order::TokenList { account },
        Command::Token(cli::Token::Revoke { account, token }) => Order::TokenRevoke { account, token },
        Command::ClaimFile(cli::ClaimFile::Create {
            account,
            facility,
            ssid,
            country,
            hostname,
            label_host,
        }) => {
            let psk = match ssid {
                Some(_) => Some(secret_line()?).filter(|psk| !psk.is_empty()),
                None => None,
            };
            Order::ClaimFileCreate { account, facility, ssid, psk, country, hostname, label_host }
        }
        Command::Box(cli::BoxOrder::Release { account, box_id }) => Order::BoxRelease { account, box_id },
        Command::Box(cli::BoxOrder::Revoke { account, box_id }) => Order::BoxRevoke { account, box_id },
        Command::Box(cli::BoxOrder::Epoch(order)) => epoch_order(order),
        Command::Serve { .. } | Command::Migrate | Command::Verify | Command::Rebuild => {
            return Err(Failure::Refused("that is no order".to_owned()));
        }
    })
}

fn epoch_order(order: cli::EpochOrder) -> Order {
    let decide = |log: cli::WaitingLog, act| {
        let cli::WaitingLog { account, box_id, epoch } = log;
        Order::EpochDecide { account, box_id, epoch, act }
    };
    match order {
        cli::EpochOrder::List { account, box_id } => Order::EpochList { account, box_id },
        cli::EpochOrder::Admit(log) => decide(log, EpochAct::Admit),
        cli::EpochOrder::Forget(log) => decide(log, EpochAct::Forget),
    }
}

/// Secrets come by standard input, never as arguments: those stand in process lists.
fn secret_line() -> Result<String, Failure> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(io("read the secret from standard input"))?;
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}

/// By the running relay, which knows its own addresses and connections; directly where none runs.
async fn carry_out(config: &Config, order: Order, clock: Arc<dyn Clock>) -> Result<(), Failure> {
    let asked = admin::ask(config.data()?, &order).await.map_err(io("ask the running relay"))?;
    let done = match asked {
        Some(answer) => answer.map_err(Failure::Refused)?,
        None => {
            let workshop = Workshop::open(config, clock).await?;
            if let Some(urls) = serve::configured_urls(config) {
                workshop.fleet.open_at(urls);
            }
            let done = workshop.office().carry_out(order).await?;
            workshop.db.close().await;
            done
        }
    };
    match done.get("claim_file").and_then(serde_json::Value::as_str) {
        Some(file) => print(file.trim_end()),
        None => print(&done.to_string()),
    }
}

fn print(line: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).map_err(io("write to standard output"))
}
