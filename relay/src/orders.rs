//! What an operator ordered on the command line, as the running relay takes it.

use std::io::{BufRead as _, Read as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Failure, io_failure};
use crate::accounts::members::people::PersonAct;
use crate::admin::{AdminCommand, EpochAct};
use crate::cli;
use crate::cli::Command;
use crate::fleet::ClaimWishes;
use crate::keys;

fn change_order(person: cli::PersonCommand, act: PersonAct) -> AdminCommand {
    AdminCommand::AdminChange { account: person.account, email: person.email, act }
}

pub(super) fn order_of(command: Command) -> Result<AdminCommand, Failure> {
    Ok(match command {
        Command::Account(cli::AccountCommand::Create { name }) => AdminCommand::AccountCreate { name },
        Command::Admin(cli::AdminArgs::Create { account, email, name, role }) => {
            let name = name.unwrap_or_else(|| email.clone());
            AdminCommand::AdminCreate { account, email, name, role, password: secret_line()? }
        }
        Command::Facility(cli::FacilityCommand::Create { account, name, zone }) => {
            AdminCommand::FacilityCreate { account, name, zone }
        }
        Command::Admin(cli::AdminArgs::List { account }) => AdminCommand::AdminList { account },
        Command::Admin(cli::AdminArgs::SetPassword(person)) => {
            let cli::PersonCommand { account, email } = person;
            AdminCommand::AdminSetPassword { account, email, password: secret_line()? }
        }
        Command::Admin(cli::AdminArgs::ForgetFactors(person)) => {
            let cli::PersonCommand { account, email } = person;
            AdminCommand::AdminForgetFactors { account, email }
        }
        Command::Admin(cli::AdminArgs::SignOut(person)) => change_order(person, PersonAct::SignOut),
        Command::Admin(cli::AdminArgs::Disable(person)) => change_order(person, PersonAct::Disable),
        Command::Admin(cli::AdminArgs::Enable(person)) => change_order(person, PersonAct::Enable),
        Command::Token(cli::TokenCommand::Create { account, name, days, scope }) => {
            AdminCommand::TokenCreate { account, name, life: days.to_string(), scope: scope.to_string() }
        }
        Command::Token(cli::TokenCommand::List { account }) => AdminCommand::TokenList { account },
        Command::Token(cli::TokenCommand::Revoke { account, token }) => {
            AdminCommand::TokenRevoke { account, token }
        }
        Command::ClaimFile(cli::ClaimFile::Create { account, facility, replaces, network }) => {
            AdminCommand::ClaimFileCreate { account, facility, replaces, wishes: read_wishes(&network)? }
        }
        Command::Box(cli::BoxOrder::Release { account, box_id }) => {
            AdminCommand::BoxRelease { account, box_id }
        }
        Command::Box(cli::BoxOrder::Revoke { account, box_id }) => {
            AdminCommand::BoxRevoke { account, box_id }
        }
        Command::Box(cli::BoxOrder::Epoch(order)) => epoch_order(order),
        Command::Drain => AdminCommand::Drain,
        Command::Jobs(cli::JobsCommand::List) => AdminCommand::JobsList,
        Command::Jobs(cli::JobsCommand::Retry { job }) => AdminCommand::JobsRetry { job },
        Command::Mail(cli::MailCommand::List) => AdminCommand::MailList,
        Command::Mail(cli::MailCommand::SendAgain { mail }) => AdminCommand::MailSendAgain { mail },
        Command::Mail(cli::MailCommand::Drop { mail }) => AdminCommand::MailDrop { mail },
        Command::Mail(cli::MailCommand::Lift { address }) => AdminCommand::MailLift { address },
        Command::Keys(order) => key_order(order)?,
        _ => return Err(Failure::Refused("that is no order".to_owned())),
    })
}

/// What a claim file shall say of its building; what is secret comes by standard input.
fn read_wishes(network: &cli::ClaimNetwork) -> Result<ClaimWishes, Failure> {
    let ca = match &network.ca {
        Some(path) => std::fs::read_to_string(path).map_err(io_failure("read the file of --ca"))?,
        None => String::new(),
    };
    let has_wifi = network.ssid.is_some();
    let hidden = if network.hidden { "1" } else { "" };
    let mut wishes = ClaimWishes::default().with_text("wifi.hidden", hidden).with_text("network.ca", &ca);
    for (key, text) in [
        ("wifi.ssid", &network.ssid),
        ("wifi.country", &network.country),
        ("time_zone", &network.time_zone),
        ("hostname", &network.hostname),
        ("label_host", &network.label_host),
        ("network.address", &network.address),
        ("network.gateway", &network.gateway),
        ("network.dns", &network.dns),
        ("network.ntp", &network.ntp),
    ] {
        wishes = wishes.with_text(key, text.as_deref().unwrap_or_default());
    }
    if has_wifi {
        wishes = wishes.with_wifi_key(&secret_line()?);
    }
    if network.proxy {
        wishes = wishes.with_text("network.proxy", &secret_line()?);
    }
    Ok(wishes)
}

fn epoch_order(order: cli::EpochOrder) -> AdminCommand {
    match order {
        cli::EpochOrder::List { account, box_id } => AdminCommand::EpochList { account, box_id },
        cli::EpochOrder::Admit(log) => decide_log(&log, EpochAct::Admit),
        cli::EpochOrder::Forget(log) => decide_log(&log, EpochAct::Forget),
    }
}

fn decide_log(log: &cli::WaitingLog, act: EpochAct) -> AdminCommand {
    let &cli::WaitingLog { account, box_id, epoch } = log;
    AdminCommand::EpochDecide { account, box_id, epoch, act }
}

fn key_order(order: cli::KeyCommand) -> Result<AdminCommand, Failure> {
    Ok(match order {
        cli::KeyCommand::Init => AdminCommand::KeyInit,
        cli::KeyCommand::List => AdminCommand::KeyList,
        cli::KeyCommand::Rotate { kind } => AdminCommand::KeyRotate { kind },
        cli::KeyCommand::Revoke { kind, number } => AdminCommand::KeyRevoke { kind, n: number },
        cli::KeyCommand::Export { passphrase_file, .. } => {
            AdminCommand::KeyExport { passphrase: read_passphrase(passphrase_file.as_deref())? }
        }
        cli::KeyCommand::Import { file, passphrase_file } => {
            let mut sealed = Vec::new();
            let opened = std::fs::File::open(&file).map_err(io_failure("open the file of keys"))?;
            let limit = keys::SEALED_BYTES_MAX as u64 + 1;
            opened.take(limit).read_to_end(&mut sealed).map_err(io_failure("read the file of keys"))?;
            if sealed.len() > keys::SEALED_BYTES_MAX {
                return Err(Failure::Refused("the file is too long for an export of keys".to_owned()));
            }
            let passphrase = read_passphrase(passphrase_file.as_deref())?;
            AdminCommand::KeyImport { passphrase, sealed: STANDARD.encode(sealed) }
        }
    })
}

/// From the first line of a file, else of standard input.
pub(super) fn read_passphrase(file: Option<&Path>) -> Result<String, Failure> {
    let Some(file) = file else { return secret_line() };
    let text = std::fs::read_to_string(file).map_err(io_failure("read the file of the passphrase"))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

/// Secrets come by standard input, never as arguments: those stand in process lists.
pub(super) fn secret_line() -> Result<String, Failure> {
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(io_failure("read the secret from standard input"))?;
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}
