//! The command line: what runs, on which settings, and the operator's orders.

use std::num::NonZeroU16;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use record::ids::{AccountId, BoxId, Epoch, FacilityId, RelayJobId, UserId};
use service::settings::SettingsError;

use crate::accounts::credentials::token::{TokenLife, TokenScope};
use crate::keys::AuthorityKind;

/// CleanTrack's relay.
#[derive(Debug, Parser)]
#[command(name = "cleantrack-relay", version, about)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: CommonArgs,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What every command needs; each overrides the environment and the settings file.
#[derive(Debug, Args)]
pub(crate) struct CommonArgs {
    /// Settings, TOML.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The data folder.
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// sqlite:FILE or postgres://… (without a password: that belongs in a file, see `database_file`).
    #[arg(long, global = true, value_name = "ADDRESS")]
    pub(crate) database: Option<String>,
    /// The folder of photos.
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) objects: Option<PathBuf>,
    /// Check the settings, print what would run, and exit.
    #[arg(long, global = true)]
    pub(crate) check: bool,
}

/// What a process does; `all` on one machine, the others on several with one PostgreSQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProcessRole {
    /// Everything.
    All,
    /// Boxes: MQTT, photos and claims.
    Ingest,
    /// People: pages and API.
    Web,
    /// Jobs.
    Work,
}

impl ProcessRole {
    pub(crate) fn ingests(self) -> bool {
        matches!(self, Self::All | Self::Ingest)
    }

    pub(crate) fn serves_pages(self) -> bool {
        matches!(self, Self::All | Self::Web)
    }

    pub(crate) fn works(self) -> bool {
        matches!(self, Self::All | Self::Work)
    }
}

impl Default for Command {
    fn default() -> Self {
        Self::Serve { role: ProcessRole::All, mqtt: LISTEN.to_owned() }
    }
}

/// The relay's own MQTT listener.
const LISTEN: &str = "listen";

/// An outside broker is not spoken to yet: whoever asks for one must not get a relay that hears nobody.
pub(crate) fn own_listener(mqtt: &str) -> Result<(), SettingsError> {
    if mqtt == LISTEN {
        return Ok(());
    }
    Err(SettingsError::Value(
        "--mqtt takes only `listen`: this relay does not speak to an outside broker yet. Leave --mqtt out; boxes then \
         connect to the relay's own listener ([mqtt] listen in the settings). Nothing was started",
    ))
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run (the default).
    Serve {
        /// What this process does.
        #[arg(long, value_enum, default_value = "all")]
        role: ProcessRole,
        /// Where boxes' MQTT comes from: `listen` is the relay's own listener.
        #[arg(long, value_name = "listen", default_value = LISTEN)]
        mqtt: String,
    },
    /// Migrate the database to this program's schema.
    Migrate,
    /// Verify every log against its cosigned checkpoints.
    Verify,
    /// Rebuild everything that is derived from the logs.
    Rebuild,
    /// Accounts.
    #[command(subcommand)]
    Account(AccountCommand),
    /// Users of an account.
    #[command(subcommand)]
    Admin(AdminArgs),
    /// Facilities.
    #[command(subcommand)]
    Facility(FacilityCommand),
    /// API tokens.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Claim files.
    #[command(subcommand)]
    ClaimFile(ClaimFile),
    /// Boxes.
    #[command(subcommand)]
    Box(BoxOrder),
    /// End the running relay in order, as SIGTERM does: `/readyz` says so first, for `serve.drain_s` seconds.
    Drain,
    /// Work in the background.
    #[command(subcommand)]
    Jobs(JobsCommand),
    /// Mail.
    #[command(subcommand)]
    Mail(MailCommand),
    /// The keys that boxes know this relay by.
    #[command(subcommand)]
    Keys(KeyCommand),
    /// The list of leaked passwords, which nobody gets.
    #[command(subcommand)]
    Passwords(PasswordsCommand),
    /// What another program has.
    #[command(subcommand)]
    Import(ImportCommand),
    /// Look at everything that a relay stands on, and say of each thing how it is and what to do. The status is 0, 1 with warnings, 2
    /// where something is bad.
    Doctor {
        /// Read every entry and photo too, and hash it anew.
        #[arg(long)]
        deep: bool,
        /// One JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Backups of database, photos and settings; keys leave by `keys export`.
    #[command(subcommand)]
    Backup(BackupCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Create an account.
    Create {
        /// Its name.
        #[arg(long)]
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum AdminArgs {
    /// Create a user; the password is read from standard input, one line.
    Create {
        /// Account id.
        #[arg(long)]
        account: AccountId,
        /// Their e-mail address.
        #[arg(long)]
        email: String,
        /// Their name; by default the address.
        #[arg(long)]
        name: Option<String>,
        /// account_admin, super_admin or auditor.
        #[arg(long, default_value = "account_admin")]
        role: String,
    },
    /// List users, with role, last sign-in and open sessions.
    List {
        /// Account id.
        #[arg(long)]
        account: AccountId,
    },
    /// Set a user's password, read from standard input, one line. They are signed out everywhere.
    SetPassword(PersonCommand),
    /// Take a user's second factors away, where phone and recovery codes are lost. They are signed out everywhere.
    ForgetFactors(PersonCommand),
    /// Sign a user out in every browser, such as after a lost phone.
    SignOut(PersonCommand),
    /// Disable a user: their sessions end, and they cannot sign in.
    Disable(PersonCommand),
    /// Enable a disabled user.
    Enable(PersonCommand),
}

/// Somebody who signs in.
#[derive(Debug, Args)]
pub(crate) struct PersonCommand {
    /// Account id.
    #[arg(long)]
    pub(crate) account: AccountId,
    /// Their e-mail address.
    #[arg(long)]
    pub(crate) email: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum FacilityCommand {
    /// Create a facility.
    Create {
        /// Account id.
        #[arg(long)]
        account: AccountId,
        /// Its name.
        #[arg(long)]
        name: String,
        /// Its IANA time zone.
        #[arg(long)]
        zone: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Create an API token; it is shown once.
    Create {
        /// Account id.
        #[arg(long)]
        account: AccountId,
        /// What it is for.
        #[arg(long)]
        name: String,
        /// Days until it ends, 1 to 730, or `never`.
        #[arg(long, default_value_t = TokenLife::default())]
        days: TokenLife,
        /// What it may do: `read`, or `write`, which reads too.
        #[arg(long, default_value_t = TokenScope::Read)]
        scope: TokenScope,
    },
    /// List tokens, with id, creator, end and last use.
    List {
        /// Account id.
        #[arg(long)]
        account: AccountId,
    },
    /// Revoke a token: it is refused from the next request on.
    Revoke {
        /// Account id.
        #[arg(long)]
        account: AccountId,
        /// Its id, or its name where only one has it.
        #[arg(value_name = "ID|NAME")]
        token: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ClaimFile {
    /// Create a claim file, on standard output. A Wi-Fi password is read from standard input, one line, and after it the proxy.
    Create {
        /// Account id.
        #[arg(long)]
        account: AccountId,
        /// Facility id.
        #[arg(long)]
        facility: FacilityId,
        /// Id of the box there that the new one replaces: its certificates end once the new one has claimed.
        #[arg(long, value_name = "BOX")]
        replaces: Option<BoxId>,
        #[command(flatten)]
        network: Box<ClaimNetwork>,
    },
}

/// What a claim file says of a building.
#[derive(Debug, Args)]
pub(crate) struct ClaimNetwork {
    /// Name of the Wi-Fi.
    #[arg(long)]
    pub(crate) ssid: Option<String>,
    /// Two letters: which radio channels are allowed; by default US.
    #[arg(long)]
    pub(crate) country: Option<String>,
    /// The Wi-Fi leaves its name out of its beacons.
    #[arg(long)]
    pub(crate) hidden: bool,
    /// IANA time zone; by default the facility's.
    #[arg(long)]
    pub(crate) time_zone: Option<String>,
    /// The box's name in its network, one label.
    #[arg(long)]
    pub(crate) hostname: Option<String>,
    /// Scheme and host that labels will carry, such as HTTP://10.0.0.5
    #[arg(long)]
    pub(crate) label_host: Option<String>,
    /// The box's own address with the length of its prefix, such as 10.1.2.3/24; by default the network assigns one.
    #[arg(long)]
    pub(crate) address: Option<String>,
    /// The router beside an address.
    #[arg(long)]
    pub(crate) gateway: Option<String>,
    /// Addresses of name servers, with commas between them.
    #[arg(long)]
    pub(crate) dns: Option<String>,
    /// Time servers, with commas between them.
    #[arg(long)]
    pub(crate) ntp: Option<String>,
    /// Reads the proxy from standard input, one line, since it may have a password: http://[user:password@]host:port
    #[arg(long)]
    pub(crate) proxy: bool,
    /// File with the PEM certificates of a proxy that inspects TLS.
    #[arg(long)]
    pub(crate) ca: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BoxOrder {
    /// Release a box from quarantine after reviewing the evidence.
    Release {
        /// Account id.
        #[arg(long)]
        account: AccountId,
        /// Box id.
        #[arg(long = "box")]
        box_id: BoxId,
    },
    /// Revoke a box permanently: its certificates are no longer accepted.
    Revoke {
        /// Account id.
        #[arg(long)]
        account: AccountId,
        /// Box id.
        #[arg(long = "box")]
        box_id: BoxId,
    },
    /// Logs under a box's name.
    #[command(subcommand)]
    Epoch(EpochOrder),
}

#[derive(Debug, Subcommand)]
pub(crate) enum JobsCommand {
    /// List how many jobs wait, run and are dead, by kind, and each dead one with its error.
    List,
    /// Try a dead job again: it waits as if it had not been tried.
    Retry {
        /// Its id, as listed by `jobs list`.
        #[arg(value_name = "ID")]
        job: RelayJobId,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum MailCommand {
    /// Send one at once, by the settings as they are, and say what the provider calls it, or why it did not leave.
    Test {
        /// To whom.
        #[arg(long, value_name = "ADDRESS")]
        to: String,
    },
    /// List the mails that did not arrive, as far as is known, and the addresses to which nothing is sent.
    List,
    /// Send a mail now that waits, failed, or was held back. One in the state `unsure` may have left before: look at the provider's own
    /// list first.
    SendAgain {
        /// Its id, as listed by `mail list`.
        #[arg(value_name = "ID")]
        mail: UserId,
    },
    /// Give a mail up: nobody needs it any more, or its receiver has it.
    Drop {
        /// Its id, as listed by `mail list`.
        #[arg(value_name = "ID")]
        mail: UserId,
    },
    /// Send again to an address that bounced, or whose reader complained.
    Lift {
        /// The address.
        #[arg(value_name = "ADDRESS")]
        address: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make the first keys in this data folder, where the database names none. `serve` with the role `all` does so on an empty database.
    Init,
    /// List the keys: kind, number, state, times and fingerprint, and whether this folder has the private half.
    List,
    /// Make the next key of a kind in this data folder. Boxes learn of it; it becomes the current one when all know it, or after 30 days.
    Rotate {
        /// What it is for.
        #[arg(value_enum)]
        kind: AuthorityKind,
    },
    /// Revoke a key that was leaked or lost. It signs nothing from now on, and the public list says that what it signed proves nothing.
    Revoke {
        /// What it is for.
        #[arg(value_enum)]
        kind: AuthorityKind,
        /// Its number.
        number: i64,
    },
    /// Write the private halves in this data folder to a new file, sealed under a passphrase: standard input, one line.
    Export {
        /// The file, which `age` opens too.
        file: PathBuf,
        /// Read the passphrase from the first line of this file.
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
    },
    /// Put the keys of such a file into this data folder. The passphrase is read from standard input, one line.
    Import {
        /// The file.
        file: PathBuf,
        /// Read the passphrase from the first line of this file.
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum PasswordsCommand {
    /// Write a list for `[passwords] leaked` from sorted lines of SHA-1 in hex, each with or without a colon and a count, as the lists
    /// that are published have them.
    Index {
        /// The lines.
        from: PathBuf,
        /// The list.
        to: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ImportCommand {
    /// Take the people of the old web app into an account, with its facilities: they sign in with the passwords that they have. Whoever
    /// signs in here already is left as they are, so that a second time changes nothing. Equipment and cleanings are imported at the box.
    Django {
        /// What `manage.py dumpdata` wrote, JSON.
        dump: PathBuf,
        /// Account id, here.
        #[arg(long)]
        account: AccountId,
        /// Number of the account there, where the dump holds several.
        #[arg(long, value_name = "NUMBER")]
        from: Option<String>,
        /// IANA time zone of facilities that have none there.
        #[arg(long)]
        zone: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum BackupCommand {
    /// Write a backup to a new folder, while the relay runs or not. It is there whole or not at all.
    Make {
        /// The folder; there must be none of that name yet.
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
    },
    /// Write a backup that is called after the moment into a folder of backups, then delete the oldest of those made so.
    Nightly {
        /// The folder of backups; it is made where there is none.
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
        /// How many stay, the new one among them.
        #[arg(long, default_value = "14")]
        newest: NonZeroU16,
    },
    /// Check a backup, and put it into the empty database and the folder of photos that the settings name. Boxes then send what came
    /// after it.
    Restore {
        /// The folder that `backup make` wrote.
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum EpochOrder {
    /// List the logs of a box: how many entries are here, and whether each is known to be its own or came with a claim that waits.
    List {
        /// Account id.
        #[arg(long)]
        account: AccountId,
        /// Box id.
        #[arg(long = "box")]
        box_id: BoxId,
    },
    /// Accept a log that no key of the box vouches for: the box started it after it had lost its keys, or was restored from before
    /// its claim. Compare the log's name with the one that the box shows: whoever has it gets all that the box ever sent.
    Admit(WaitingLog),
    /// Delete a log that no key of the box vouches for, with all its entries and the claim code that brought it: it is somebody else's.
    /// One that was admitted before any of it was here goes too, as long as its box has not come for its certificate.
    Forget(WaitingLog),
}

/// A log that waits for a person.
#[derive(Debug, Args)]
pub(crate) struct WaitingLog {
    /// Account id.
    #[arg(long)]
    pub(crate) account: AccountId,
    /// Box id.
    #[arg(long = "box")]
    pub(crate) box_id: BoxId,
    /// Its name, as shown on the page Boxes and by `box epoch list`.
    pub(crate) epoch: Epoch,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_whole() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_command_that_the_sign_in_page_names_is_one() {
        let words = crate::web::PASSWORD_COMMAND.split(' ').map(str::to_owned);
        let account = AccountId::new(1, [1; 10]).to_string();
        let more = ["--account", &account, "--email", "ana@linden.example"].map(str::to_owned);
        let cli = Cli::try_parse_from(words.chain(more)).unwrap();
        assert!(matches!(cli.command, Some(Command::Admin(AdminArgs::SetPassword(_)))), "{:?}", cli.command);
    }

    #[test]
    fn an_outside_broker_is_refused_in_words() {
        assert!(own_listener("listen").is_ok());
        let refused = own_listener("mqtts://broker.example:8883").unwrap_err().to_string();
        assert!(refused.contains("outside broker") && refused.contains("Leave --mqtt out"), "{refused}");
    }

    #[test]
    fn roles() {
        assert!(ProcessRole::All.ingests() && ProcessRole::All.serves_pages() && ProcessRole::All.works());
        for role in [ProcessRole::Ingest, ProcessRole::Web, ProcessRole::Work] {
            let does = [role.ingests(), role.serves_pages(), role.works()];
            assert_eq!(does.into_iter().filter(|d| *d).count(), 1);
        }
    }
}
