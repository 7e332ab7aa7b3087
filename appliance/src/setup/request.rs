//! What the set-up page asks the image to change: a claim file in a folder that the image watches.

use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use firmware_config::{CLAIM_FILE_NAME, ClaimFile};

use super::REQUEST_FOLDER;

/// Why it was not left.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be written: {source}", path.display())]
pub struct SetupRequestError {
    pub path: PathBuf,
    pub source: std::io::Error,
}

/// Leaves the file whole or not at all. Its secrets are there until the image has applied it.
///
/// # Errors
/// It cannot be written.
pub fn save_request(data: &Path, claim: &ClaimFile) -> Result<PathBuf, SetupRequestError> {
    let folder = data.join(REQUEST_FOLDER);
    let path = folder.join(CLAIM_FILE_NAME);
    match write_request(&folder, &path, &claim.to_toml()) {
        Ok(()) => Ok(path),
        Err(source) => Err(SetupRequestError { path, source }),
    }
}

/// Whether there is one that the image has not taken up.
pub fn has_request(data: &Path) -> bool {
    std::fs::symlink_metadata(data.join(REQUEST_FOLDER).join(CLAIM_FILE_NAME)).is_ok()
}

fn write_request(folder: &Path, path: &Path, text: &str) -> std::io::Result<()> {
    match std::fs::DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let temporary = folder.join("next");
    let mut file =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&temporary, path)?;
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_request_is_a_claim_file_that_only_the_box_reads() {
        let data = tempfile::tempdir().unwrap();
        assert!(!has_request(data.path()));
        for hostname in ["box-1", "box-2"] {
            let claim = ClaimFile { hostname: Some(hostname.to_owned()), ..ClaimFile::default() };
            let path = save_request(data.path(), &claim).unwrap();
            assert_eq!(path, data.path().join("setup-request/cleantrack.toml"));
            assert!(has_request(data.path()));
            assert_eq!(ClaimFile::parse(&std::fs::read(&path).unwrap()).unwrap(), claim);
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let names: Vec<_> = std::fs::read_dir(data.path().join(REQUEST_FOLDER)).unwrap().collect();
        assert_eq!(names.len(), 1, "nothing half written is left");
    }
}
