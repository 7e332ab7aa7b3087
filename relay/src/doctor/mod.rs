//! Looks at a relay from outside and inside, and says of each thing how it is and what to do. It changes nothing.

mod certificates;
mod database;
mod deep;
mod earlier;
mod folders;
mod mail;
mod network;
mod stored;
mod upkeep;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use serde_json::json;
use service::clock::Clock;
use service::random::RandomSource;
use service::settings::SettingsError;

pub(crate) use self::earlier::{BRING_BACK, LOST_PHOTOS, MOUNT_PHOTOS, find_earlier_relay, has_lost_photos};
pub(crate) use self::mail::send_test_mail;
use crate::outgoing::DomainTexts;
use crate::settings::RelaySettings;

/// A process reports every ten seconds that it is alive.
const SILENT_MS: i64 = 5 * 60_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DoctorState {
    Good,
    /// It works, and will not for ever.
    Warning,
    Bad,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DoctorLine {
    pub state: DoctorState,
    pub subject: &'static str,
    pub finding: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub advice: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct DoctorReport {
    pub lines: Vec<DoctorLine>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DoctorDepth {
    Shallow,
    Deep,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DoctorFormat {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FreeSpace {
    pub free_bytes: u64,
    pub total_bytes: u64,
}

pub struct DoctorSeams {
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn RandomSource>,
    pub texts: Arc<dyn DomainTexts>,
    pub space: fn(&Path) -> Option<FreeSpace>,
}

impl DoctorReport {
    fn good(&mut self, subject: &'static str, finding: impl Into<String>) {
        let (state, finding, advice) = (DoctorState::Good, finding.into(), String::new());
        self.lines.push(DoctorLine { state, subject, finding, advice });
    }

    fn warn(&mut self, subject: &'static str, finding: impl Into<String>, advice: impl Into<String>) {
        let (finding, advice) = (finding.into(), advice.into());
        self.lines.push(DoctorLine { state: DoctorState::Warning, subject, finding, advice });
    }

    fn fail(&mut self, subject: &'static str, finding: impl Into<String>, advice: impl Into<String>) {
        let (finding, advice) = (finding.into(), advice.into());
        self.lines.push(DoctorLine { state: DoctorState::Bad, subject, finding, advice });
    }

    fn good_unless_found(&mut self, subject: &'static str, before: usize, finding: impl Into<String>) {
        if self.lines.len() == before {
            self.good(subject, finding);
        }
    }

    pub fn state(&self) -> DoctorState {
        self.lines.iter().map(|line| line.state).max().unwrap_or(DoctorState::Good)
    }

    /// 0, 1 where something will not be good for ever, 2 where something is not.
    pub fn exit_status(&self) -> u8 {
        self.state() as u8
    }

    pub fn show(&self, format: DoctorFormat) -> String {
        match format {
            DoctorFormat::Text => self.text().trim_end().to_owned(),
            DoctorFormat::Json => json!({ "state": self.state(), "lines": self.lines }).to_string(),
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for DoctorLine { state, subject, finding, advice } in &self.lines {
            let word = match state {
                DoctorState::Good => "good",
                DoctorState::Warning => "warning",
                DoctorState::Bad => "BAD",
            };
            // Writing into a String cannot fail.
            let _ = writeln!(text, "{word:<8} {subject}: {finding}");
            if !advice.is_empty() {
                let _ = writeln!(text, "{:<8} → {advice}", "");
            }
        }
        text
    }
}

const PATHS_NAMED_MAX: usize = 5;

fn list_paths(paths: &[PathBuf]) -> String {
    let mut named: Vec<String> =
        paths.iter().take(PATHS_NAMED_MAX).map(|path| path.display().to_string()).collect();
    if let Some(more) = paths.len().checked_sub(PATHS_NAMED_MAX).filter(|more| *more > 0) {
        named.push(format!("and {more} more"));
    }
    named.join(", ")
}

/// The space on the disk under a folder, or under the nearest one above that is there.
pub fn measure_space(path: &Path) -> Option<FreeSpace> {
    let there = path.ancestors().find(|folder| folder.exists())?;
    let found = rustix::fs::statvfs(there).ok()?;
    Some(FreeSpace {
        free_bytes: found.f_bavail.saturating_mul(found.f_frsize),
        total_bytes: found.f_blocks.saturating_mul(found.f_frsize),
    })
}

pub async fn examine_relay(
    settings: Result<&RelaySettings, &SettingsError>,
    seams: &DoctorSeams,
    depth: DoctorDepth,
) -> DoctorReport {
    let mut report = DoctorReport::default();
    let settings = match settings {
        Ok(settings) => settings,
        Err(error) => {
            let advice =
                "mend the settings as it says; `--check` shows every setting and where it comes from";
            report.fail("settings", error.to_string(), advice);
            return report;
        }
    };
    report.good("settings", "each is known and fits");
    let Ok(data) = settings.data() else {
        report.fail("data folder", "the settings name none", "give --data DIR, or `data` in the settings");
        return report;
    };
    folders::examine_folders(&mut report, settings, data);
    folders::examine_leftovers(&mut report, settings, seams.clock.now_ms());
    folders::examine_leaked(&mut report, settings);
    folders::examine_reports(&mut report, settings);
    folders::examine_disks(&mut report, settings, data, seams);
    folders::examine_objects(&mut report, settings, seams).await;
    certificates::examine_certificates(&mut report, settings, data, seams.clock.now_ms());
    mail::examine_mail(&mut report, settings, seams).await;
    network::examine_listeners(&mut report, settings).await;
    if let Some(db) = database::examine_database(&mut report, settings, seams).await {
        stored::examine_stored(&mut report, &db, settings, data, seams).await;
        if depth == DoctorDepth::Deep {
            deep::examine_contents(&mut report, &db, settings, data, seams).await;
        }
        db.close().await;
    }
    report
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_line_is_the_exit_status() {
        let mut report = DoctorReport::default();
        assert_eq!(report.exit_status(), 0);
        report.good("a", "well");
        assert_eq!(report.exit_status(), 0);
        report.warn("b", "soon", "do this");
        assert_eq!(report.exit_status(), 1);
        report.fail("c", "broken", "do that");
        report.good("d", "well");
        assert_eq!(report.exit_status(), 2);
        assert_eq!(
            report.text(),
            "good     a: well\nwarning  b: soon\n         → do this\nBAD      c: broken\n         → do that\ngood     d: well\n"
        );
        let json = serde_json::to_string(&report.lines[1]).unwrap();
        assert_eq!(json, r#"{"state":"warning","subject":"b","finding":"soon","advice":"do this"}"#);
    }
}
