//! Files of the data partition, each written under another name first: a power cut leaves the old one or the new one.

use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown, symlink};
use std::path::{Path, PathBuf};

use firmware_config::{ClaimFile, NetworkClaim};
use service::random::RandomSource;

use super::error::ProvisionError;
use super::files::{read_link, read_settings};
use super::owner::{FileOwner, SERVICE_FOLDER, find_service};
use super::plan::{
    APPLIED_FILE, FileChange, FileContent, MADE_CODE_FILE, SETTINGS_FILE, SETTLED_FILE, place_of,
};
use crate::setup::{CodeState, STATE_FILE, SetupCode, SetupState};

/// Called between any two steps of which the first is durable.
pub trait StepGate {
    fn pass_step(&mut self) -> Result<(), ProvisionError>;
}

#[derive(Debug, Clone, Copy)]
pub struct OpenGate;

impl StepGate for OpenGate {
    fn pass_step(&mut self) -> Result<(), ProvisionError> {
        Ok(())
    }
}

/// What was applied before a claim file, as it is found.
#[derive(Debug)]
pub(super) enum SettledClaim {
    Absent,
    /// It was there, and cannot be read.
    Damaged,
    Valid(Box<ClaimFile>),
}

#[derive(Debug)]
pub(super) struct DataFolder {
    data: PathBuf,
    etc: PathBuf,
    setup: PathBuf,
    service: Option<FileOwner>,
}

impl DataFolder {
    pub(super) fn open(data: &Path, root: &Path) -> Result<Self, ProvisionError> {
        let (etc, setup) = (data.join("etc"), data.join("etc/cleantrack"));
        make_folder(&setup)?;
        Ok(Self { data: data.to_owned(), etc, setup, service: find_service(data, root) })
    }

    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    pub(super) fn setup_folder(&self) -> &Path {
        &self.setup
    }

    pub(super) fn has_state(&self) -> bool {
        self.setup.join(STATE_FILE).exists()
    }

    pub(super) fn has_claim(&self) -> bool {
        self.setup.join("claim.toml").exists()
    }

    /// Whether there is one, used or not: a new one comes of a claim file that names it, or of a person.
    pub(super) fn has_code(&self) -> bool {
        self.code().state() != CodeState::Absent
    }

    /// A damaged list of used codes would have the code of a claim file open nothing. Where it cannot be begun again,
    /// the rest of the claim file counts all the same.
    pub(super) fn renew_code_list(&self, random: &dyn RandomSource) {
        if let Err(error) = self.code().renew_list(random) {
            tracing::warn!(%error, "the set-up code of the claim file opens nothing");
        }
    }

    pub(super) fn has_file(&self, name: &str) -> bool {
        self.etc.join(name).exists()
    }

    /// Whether the box is a Wi-Fi of its own with a passphrase.
    pub(super) fn has_closed_network(&self) -> bool {
        std::fs::metadata(self.etc.join("access-point")).is_ok_and(|meta| meta.len() > 0)
    }

    /// The code that the box made itself, while it opens the set-up page.
    pub(super) fn made_code(&self) -> Option<String> {
        let made = self.read_line(MADE_CODE_FILE)?;
        self.code().read().filter(|code| *code == made)
    }

    /// The set-up code as the service sees it.
    fn code(&self) -> SetupCode {
        SetupCode::find(Some(&self.setup), &self.data.join(SERVICE_FOLDER))
    }

    /// The digest of the newest claim file that was applied.
    pub(super) fn applied_digest(&self) -> Option<String> {
        self.read_line(APPLIED_FILE)
    }

    pub(super) fn write_digest(&self, digest: &str, gate: &mut dyn StepGate) -> Result<(), ProvisionError> {
        self.put_file(&self.etc.join(APPLIED_FILE), &format!("{digest}\n"), FileAccess::Root, gate)
    }

    fn read_line(&self, name: &str) -> Option<String> {
        let text = std::fs::read_to_string(self.etc.join(name)).ok()?;
        Some(text.trim().to_owned()).filter(|line| !line.is_empty())
    }

    pub(super) fn read_settled(&self) -> SettledClaim {
        match std::fs::read(self.etc.join(SETTLED_FILE)) {
            // It is written before the state.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !self.has_state() => {
                SettledClaim::Absent
            }
            Err(_) => SettledClaim::Damaged,
            Ok(bytes) => match ClaimFile::parse(&bytes) {
                Ok(settled) => SettledClaim::Valid(Box::new(settled)),
                Err(_) => SettledClaim::Damaged,
            },
        }
    }

    /// The address that a network's file has; none where it cannot be read.
    pub(super) fn read_link(&self, name: &str) -> NetworkClaim {
        read_link(&std::fs::read_to_string(self.etc.join(name)).unwrap_or_default())
    }

    /// The service's settings; nothing where they cannot be read.
    pub(super) fn read_settings(&self) -> String {
        std::fs::read_to_string(self.etc.join(SETTINGS_FILE)).unwrap_or_default()
    }

    /// Whether the service would not start for its settings, or without them. They are empty on the image, until a state is written.
    pub(super) fn has_damaged_settings(&self) -> bool {
        match std::fs::read_to_string(self.etc.join(SETTINGS_FILE)) {
            Ok(text) if text.trim().is_empty() => self.has_state(),
            Ok(text) => read_settings(&text).is_none(),
            Err(error) => self.has_state() || error.kind() != std::io::ErrorKind::NotFound,
        }
    }

    /// Links the damaged settings under a second name, for inspection, and renames what is no file.
    pub(super) fn put_settings_aside(&self, gate: &mut dyn StepGate) -> Result<(), ProvisionError> {
        let path = self.etc.join(SETTINGS_FILE);
        let aside = path.with_extension("toml.bad");
        remove_path(&aside, gate)?;
        let Ok(meta) = std::fs::symlink_metadata(&path) else { return Ok(()) };
        let put = match meta.is_file() {
            true => std::fs::hard_link(&path, &aside),
            false => std::fs::rename(&path, &aside),
        };
        put.map_err(|source| at_path(&aside, source))?;
        sync_folder(&aside)?;
        gate.pass_step()
    }

    pub(super) fn apply_change(
        &self,
        change: &FileChange,
        gate: &mut dyn StepGate,
    ) -> Result<(), ProvisionError> {
        let path = place_of(&self.etc, change);
        match &change.content {
            FileContent::Open(text) => self.put_file(&path, text, FileAccess::Everybody, gate),
            FileContent::Root(text) => self.put_file(&path, text, FileAccess::Root, gate),
            FileContent::Service(text) => self.put_file(&path, text, FileAccess::Service, gate),
            FileContent::Link(to) => put_link(&path, to, gate),
            FileContent::Absent => remove_path(&path, gate),
        }
    }

    pub(super) fn write_state(
        &self,
        state: &SetupState,
        gate: &mut dyn StepGate,
    ) -> Result<(), ProvisionError> {
        let path = self.setup.join(STATE_FILE);
        let text = serde_json::to_string(state).map_err(|error| at_path(&path, error.into()))?;
        self.put_file(&path, &text, FileAccess::Everybody, gate)
    }

    pub(super) fn mark_file(&self, name: &str, gate: &mut dyn StepGate) -> Result<(), ProvisionError> {
        self.put_file(&self.etc.join(name), "", FileAccess::Root, gate)
    }

    pub(super) fn remove_file(&self, name: &str, gate: &mut dyn StepGate) -> Result<(), ProvisionError> {
        remove_path(&self.etc.join(name), gate)
    }

    fn put_file(
        &self,
        path: &Path,
        text: &str,
        access: FileAccess,
        gate: &mut dyn StepGate,
    ) -> Result<(), ProvisionError> {
        let owner = self.service.filter(|_| access == FileAccess::Service);
        if is_written(path, text, access.mode(), owner) {
            return Ok(());
        }
        let temporary = temporary_path(path);
        make_folder(path.parent().unwrap_or(&self.etc))?;
        write_new(&temporary, text, access.mode(), owner).map_err(|source| at_path(path, source))?;
        gate.pass_step()?;
        put_in_place(&temporary, path)?;
        gate.pass_step()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FileAccess {
    Everybody,
    Root,
    Service,
}

impl FileAccess {
    const fn mode(self) -> u32 {
        match self {
            Self::Everybody => 0o644,
            Self::Root | Self::Service => 0o600,
        }
    }
}

fn at_path(path: &Path, source: std::io::Error) -> ProvisionError {
    ProvisionError::Data { path: path.to_owned(), source }
}

fn make_folder(path: &Path) -> Result<(), ProvisionError> {
    std::fs::create_dir_all(path).map_err(|source| at_path(path, source))
}

/// Whether it is there already, so that no boot wears out the card.
fn is_written(path: &Path, text: &str, mode: u32, owner: Option<FileOwner>) -> bool {
    let Ok(meta) = std::fs::symlink_metadata(path) else { return false };
    let is_theirs = owner.is_none_or(|owner| (owner.user, owner.group) == (meta.uid(), meta.gid()));
    meta.is_file()
        && is_theirs
        && meta.permissions().mode() & 0o777 == mode
        && std::fs::read(path).is_ok_and(|bytes| bytes == text.as_bytes())
}

fn temporary_path(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.new"))
}

fn write_new(path: &Path, text: &str, mode: u32, owner: Option<FileOwner>) -> std::io::Result<()> {
    // Whatever a cut left there may have another mode.
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.set_permissions(std::fs::Permissions::from_mode(mode))?;
    if let Some(owner) = owner
        && (owner.user, owner.group) != (file.metadata()?.uid(), file.metadata()?.gid())
    {
        fchown(&file, Some(owner.user), Some(owner.group))?;
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn put_in_place(temporary: &Path, path: &Path) -> Result<(), ProvisionError> {
    std::fs::rename(temporary, path).map_err(|source| at_path(path, source))?;
    sync_folder(path)
}

fn put_link(path: &Path, to: &str, gate: &mut dyn StepGate) -> Result<(), ProvisionError> {
    if std::fs::read_link(path).is_ok_and(|there| there == Path::new(to)) {
        return Ok(());
    }
    let temporary = temporary_path(path);
    // A left-over of a cut.
    let _ = std::fs::remove_file(&temporary);
    symlink(to, &temporary).map_err(|source| at_path(path, source))?;
    gate.pass_step()?;
    put_in_place(&temporary, path)?;
    gate.pass_step()
}

fn remove_path(path: &Path, gate: &mut dyn StepGate) -> Result<(), ProvisionError> {
    match std::fs::remove_file(path) {
        Ok(()) => {
            sync_folder(path)?;
            gate.pass_step()
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(at_path(path, source)),
    }
}

fn sync_folder(path: &Path) -> Result<(), ProvisionError> {
    let Some(folder) = path.parent() else { return Ok(()) };
    std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(|source| at_path(path, source))
}
