//! PostgreSQL's own programs, which copy a server's tables and bring them back. What they need is passed in variables.

use std::path::Path;
use std::process::{Command, Stdio};

use super::{BackupError, RelayParts};

const DUMP: &str = "pg_dump";
const RESTORE: &str = "pg_restore";

pub(super) fn dump_server(parts: &RelayParts, file: &Path) -> Result<(), BackupError> {
    // Each table is behind the wall between accounts: the programs ask for all rows in the platform's name.
    let args = ["--format=custom", "--enable-row-security", "--no-owner", "--no-privileges", "--file"];
    run_program(parts, DUMP, Command::new(DUMP).args(args).arg(file))?;
    run_program(parts, RESTORE, Command::new(RESTORE).arg("--list").arg(file))
}

pub(super) fn restore_server(parts: &RelayParts, file: &Path) -> Result<(), BackupError> {
    let mut program = Command::new(RESTORE);
    program.args([
        "--exit-on-error",
        "--single-transaction",
        "--enable-row-security",
        "--no-owner",
        "--no-privileges",
    ]);
    let name = variables_of(parts)?.into_iter().find(|(key, _)| *key == "PGDATABASE");
    program.arg(format!("--dbname={}", name.map(|(_, name)| name).unwrap_or_default())).arg(file);
    run_program(parts, RESTORE, &mut program)
}

#[cfg(feature = "postgres")]
fn variables_of(parts: &RelayParts) -> Result<Vec<(&'static str, String)>, BackupError> {
    Ok(crate::db::client_variables(&parts.database, parts.policy)?)
}

#[cfg(not(feature = "postgres"))]
fn variables_of(_: &RelayParts) -> Result<Vec<(&'static str, String)>, BackupError> {
    Err(crate::db::DbError::WithoutPostgres.into())
}

fn run_program(parts: &RelayParts, program: &'static str, command: &mut Command) -> Result<(), BackupError> {
    command.envs(variables_of(parts)?).stdin(Stdio::null()).stdout(Stdio::null());
    let done = command.output().map_err(|source| BackupError::NoProgram { program, source })?;
    if done.status.success() {
        return Ok(());
    }
    Err(BackupError::Program { program, words: String::from_utf8_lossy(&done.stderr).trim().to_owned() })
}
