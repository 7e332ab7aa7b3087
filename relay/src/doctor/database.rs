//! The database: reached, of this program's schema, safe to speak to, bounded, and with its wall between accounts.

use std::path::Path;

use super::earlier::{BRING_BACK, EarlierRelay, find_earlier_relay};
use super::{DoctorReport, DoctorSeams};
use crate::db::operation::checks;
use crate::db::{
    Db, DbError, PlatformConnection, PlatformReason, SCHEMA_VERSION, platform_schema,
    refuse_unfinished_restore,
};
use crate::settings::RelaySettings;

pub(super) const DAMAGED_FILE: &str = "stop the relay, move the file aside with its -wal and -shm, and restore the last good backup: `backup \
                                       restore FOLDER` (docs/operations.md). Boxes then send what is missing";
/// What to do about a row that this program cannot read, in a database that is whole otherwise.
const DAMAGED_ROW: &str = "run `verify`, which names what cannot be read; then stop the relay and restore the last good backup into an empty database: \
     `backup restore FOLDER` (docs/operations.md). Boxes then send what is missing";
/// Clocks that differ more make times on pages wrong …
const CLOCK_OFF_MS: i64 = 2_000;
/// … and so much more that certificates and leases are.
const CLOCK_WRONG_MS: i64 = 60_000;

pub(super) async fn examine_database(
    report: &mut DoctorReport,
    settings: &RelaySettings,
    seams: &DoctorSeams,
) -> Option<Db> {
    let db = match open_database(settings).await {
        Ok(db) => db,
        Err((finding, advice)) => {
            report.fail("database", finding, advice);
            return None;
        }
    };
    report.good("database", if db.is_sqlite() { "the file opens" } else { "the server answers" });
    let looked = async {
        if let (Ok(data), Ok(photos)) = (settings.data(), settings.objects())
            && let Some(earlier) = find_earlier_relay(&db, data, &photos).await?
        {
            report.fail("database", earlier.to_string(), BRING_BACK);
        }
        refuse_unfinished_restore(&db).await?;
        let mut conn = db.platform_read(PlatformReason::Operator).await?;
        let fits = examine_schema(report, platform_schema(&mut conn).await?);
        if fits {
            examine_session(report, &mut conn, settings, seams).await?;
        }
        Ok::<bool, DbError>(fits)
    };
    match looked.await {
        Ok(true) => Some(db),
        Ok(false) => {
            db.close().await;
            None
        }
        Err(error) => {
            let (finding, advice) = judge_error(&error, settings);
            report.fail("database", finding, advice);
            db.close().await;
            None
        }
    }
}

async fn open_database(settings: &RelaySettings) -> Result<Db, (String, &'static str)> {
    let address = settings.database().map_err(|error| {
        (error.to_string(), "put the file with the address there, readable by the relay’s user alone")
    })?;
    let file = address.strip_prefix("sqlite:").filter(|file| !Path::new(file).is_file());
    // What was written last may still be beside it, which opening says.
    if let Some(file) = file.filter(|file| !Path::new(&format!("{file}-wal")).exists()) {
        return Err(judge_absence(file, settings));
    }
    let opened = Db::open_with(&address, settings.tls_policy()).await;
    opened.map_err(|error| judge_error(&error, settings))
}

fn judge_absence(file: &str, settings: &RelaySettings) -> (String, &'static str) {
    let folders = settings.data().ok().zip(settings.objects().ok());
    match folders.and_then(|(data, photos)| EarlierRelay::find(data, &photos, None)) {
        Some(earlier) => (
            format!("{file} is not there, beside {}", earlier.found()),
            "put the file back, or restore the last backup before any start: `backup restore FOLDER` (docs/operations.md). A start would \
             begin with an empty database",
        ),
        None => (
            format!("{file} is not there"),
            "start the relay once, which makes it; or restore a backup: `backup restore FOLDER`",
        ),
    }
}

pub(super) fn judge_error(error: &DbError, settings: &RelaySettings) -> (String, &'static str) {
    let address = settings.database().unwrap_or_default();
    match (error, address.strip_prefix("sqlite:")) {
        (
            DbError::WeakTls { .. }
            | DbError::Headless { .. }
            | DbError::Moved { .. }
            | DbError::UnfinishedRestore
            | DbError::Newer { .. }
            | DbError::Unreleased,
            _,
        ) => (error.to_string(), "do as it says"),
        (DbError::Stored { .. }, _) => (format!("the database answers, but {error}"), DAMAGED_ROW),
        (_, Some(file)) if error.is_damaged() => {
            let finding = format!(
                "the file {file} is damaged: {error}. Keys and photos are files of their own, and boxes hold what they recorded and \
                 record on"
            );
            (finding, DAMAGED_FILE)
        }
        (_, Some(file)) => (
            format!("the file {file} cannot be used: {error}"),
            "run this as the relay’s own user; then look at the file’s owner and mode, at free space, and in the kernel’s log \
             (`dmesg`) for errors of the disk",
        ),
        (_, None) => (
            error.to_string(),
            "start the server, or mend its address, certificate or password in the settings; its own log says more",
        ),
    }
}

fn examine_schema(report: &mut DoctorReport, found: i64) -> bool {
    let known = i64::try_from(SCHEMA_VERSION).unwrap_or(i64::MAX);
    if found == known {
        report.good("schema", format!("{found}, as this program knows it"));
    } else if found < known {
        let finding = format!("{found}, and this program needs {known}");
        report.fail("schema", finding, "run `migrate`, or start the relay, which does so");
    } else {
        let finding = format!("{found}, and this program knows {known}");
        report.fail("schema", finding, "a newer relay has been here: run that one");
    }
    found == known
}

async fn examine_session(
    report: &mut DoctorReport,
    conn: &mut PlatformConnection,
    settings: &RelaySettings,
    seams: &DoctorSeams,
) -> Result<(), DbError> {
    let before = report.lines.len();
    for setting in checks::platform_session(conn).await? {
        if setting.value != setting.expected {
            let finding = format!("{} is {} and should be {}", setting.name, setting.value, setting.expected);
            let advice = format!("something sets {} for this role or server: take that away", setting.name);
            report.fail("timeouts", finding, advice);
        }
    }
    report.good_unless_found(
        "timeouts",
        before,
        "nothing waits or holds a lock for ever, and a commit is on the disk",
    );
    judge_line(report, checks::platform_is_encrypted(conn).await?, settings);
    let faults = checks::platform_wall_faults(conn).await?;
    if faults.is_empty() {
        report.good("accounts apart", "no account’s rows are seen without its number");
    }
    for fault in faults {
        let advice =
            "serve as a role that is no superuser and has no BYPASSRLS, and owns tables that `migrate` made";
        report.fail("accounts apart", fault, advice);
    }
    let now_ms = seams.clock.now_ms();
    let database_ms = checks::platform_clock_ms(conn).await?;
    judge_clock(report, conn_is_file(conn), now_ms, database_ms);
    Ok(())
}

/// Who knows the time on a file: only what is stored in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ClockSource {
    /// The newest time that was written: it can only be behind.
    Rows,
    Server,
}

fn conn_is_file(conn: &mut PlatformConnection) -> ClockSource {
    if checks::is_file(conn) { ClockSource::Rows } else { ClockSource::Server }
}

fn judge_line(report: &mut DoctorReport, encrypted: Option<bool>, settings: &RelaySettings) {
    match encrypted {
        _ if settings.database_unverified => {
            let finding = "database_unverified is set: nobody proves who answers in the server’s place";
            let advice = "give the server a certificate, name its authority with sslrootcert in the address, and take \
                          database_unverified out of the settings";
            report.warn("database line", finding, advice);
        }
        None => report.good("database line", "stays on this machine"),
        Some(true) => report.good("database line", "encrypted, and the server proved its name"),
        Some(false) => report.good("database line", "plain, on this machine"),
    }
}

fn judge_clock(report: &mut DoctorReport, source: ClockSource, now_ms: i64, other_ms: Option<i64>) {
    let Some(other_ms) = other_ms else {
        return report.good("clock", "nothing in the database is from later");
    };
    let off_ms = match source {
        ClockSource::Rows => (other_ms - now_ms).max(0),
        ClockSource::Server => (other_ms - now_ms).abs(),
    };
    let finding = format!("differs from the database’s by {} s", off_ms / 1_000);
    let advice = "set both clocks by NTP (`timedatectl` says whether this machine’s is)";
    if off_ms >= CLOCK_WRONG_MS {
        report.fail("clock", finding, advice);
    } else if off_ms >= CLOCK_OFF_MS {
        report.warn("clock", finding, advice);
    } else {
        report.good("clock", "agrees with the database’s");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::DoctorState;

    fn state_of(source: ClockSource, other_ms: Option<i64>) -> DoctorState {
        let mut report = DoctorReport::default();
        judge_clock(&mut report, source, 1_000_000, other_ms);
        report.state()
    }

    #[test]
    fn clocks_that_differ_are_named() {
        use ClockSource::{Rows, Server};
        assert_eq!(state_of(Server, Some(1_001_000)), DoctorState::Good);
        assert_eq!(state_of(Server, Some(1_003_000)), DoctorState::Warning);
        assert_eq!(state_of(Server, Some(900_000)), DoctorState::Bad);
        assert_eq!(state_of(Rows, Some(5)), DoctorState::Good, "rows are from before");
        assert_eq!(state_of(Rows, Some(1_100_000)), DoctorState::Bad);
        assert_eq!(state_of(Rows, None), DoctorState::Good);
    }

    #[test]
    fn schemas_of_other_programs_are_named() {
        let mut report = DoctorReport::default();
        assert!(!examine_schema(&mut report, 0) && report.lines[0].advice.contains("migrate"));
        assert!(!examine_schema(&mut report, 99) && report.lines[1].advice.contains("newer relay"));
        assert_eq!(report.state(), DoctorState::Bad);
    }
}
