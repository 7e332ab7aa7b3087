//! An empty database beside keys and photos of a relay that has served before: its own one was lost, or is somewhere else.

use std::fmt;
use std::path::{Path, PathBuf};

use record::ids::AccountId;

use crate::db::operation::checks;
use crate::db::operation::checks::DatabaseBeginning;
use crate::db::{Db, DbError, PlatformReason, platform_schema};
use crate::keys::is_key_file;
use crate::leftovers::changed_ms;

/// A start writes its keys and names them in the database within this.
const SAME_START_MS: i64 = 3_600_000;

pub(crate) const BRING_BACK: &str = "stop the relay before people and boxes work with it. Name the right database in the settings; or move this \
                                     one aside (a file with its -wal and -shm) and restore the last backup: `backup restore FOLDER` \
                                     (docs/operations.md). Boxes then send what is missing";

/// Of photos that the database names, none is in the folder for them.
pub(crate) const LOST_PHOTOS: &str =
    "photos were stored, and the folder for them holds none: it was lost, or its disk is not mounted";
pub(crate) const MOUNT_PHOTOS: &str = "stop the relay before boxes send photos to the wrong place. Mount the disk, or name the right folder in \
                                       the settings (`objects`); where it is lost, restore the last backup: `backup restore FOLDER` \
                                       (docs/operations.md). Records and proofs are as they were";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EarlierRelay {
    /// The folder, where it has keys that are older than the database.
    keys: Option<PathBuf>,
    photos: Option<PathBuf>,
}

impl EarlierRelay {
    /// What is there beside a database without accounts, which has named keys since `keys_from_ms`.
    pub(super) fn find(data: &Path, photos: &Path, keys_from_ms: Option<i64>) -> Option<Self> {
        let folder = data.join("keys");
        let has_keys = list_names(&folder).iter().any(|name| {
            is_key_file(name) && keys_from_ms.is_none_or(|from_ms| is_older(&folder.join(name), from_ms))
        });
        let has_photos = list_names(photos).iter().any(|name| name.parse::<AccountId>().is_ok());
        let found = Self { keys: has_keys.then_some(folder), photos: has_photos.then(|| photos.to_owned()) };
        (found.keys.is_some() || found.photos.is_some()).then_some(found)
    }

    pub(super) fn found(&self) -> String {
        let keys = self.keys.as_ref().map(|folder| format!("keys in {}", folder.display()));
        let photos = self.photos.as_ref().map(|folder| format!("photos in {}", folder.display()));
        let parts: Vec<String> = keys.into_iter().chain(photos).collect();
        format!("{} of a relay that has served before", parts.join(" and "))
    }
}

impl fmt::Display for EarlierRelay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "it is empty, beside {}: its database was lost, or the settings name another one. Keys and photos are as they were, and \
             boxes hold what they recorded and record on",
            self.found()
        )
    }
}

fn list_names(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

fn is_older(path: &Path, from_ms: i64) -> bool {
    let changed_ms = std::fs::metadata(path).ok().and_then(|found| changed_ms(&found));
    changed_ms.is_some_and(|changed_ms| changed_ms < from_ms.saturating_sub(SAME_START_MS))
}

pub(crate) async fn find_earlier_relay(
    db: &Db,
    data: &Path,
    photos: &Path,
) -> Result<Option<EarlierRelay>, DbError> {
    let mut conn = db.platform_read(PlatformReason::Operator).await?;
    let begun = match platform_schema(&mut conn).await? {
        0 => DatabaseBeginning::default(),
        _ => checks::platform_beginning(&mut conn).await?,
    };
    drop(conn);
    if begun.has_accounts {
        return Ok(None);
    }
    Ok(EarlierRelay::find(data, photos, begun.keys_from_ms))
}

/// Whether the database names photos, and the folder for them has none of any account.
pub(crate) async fn has_lost_photos(db: &Db, photos: &Path) -> Result<bool, DbError> {
    if list_names(photos).iter().any(|name| name.parse::<AccountId>().is_ok()) {
        return Ok(false);
    }
    checks::platform_has_photos(&mut db.platform_read(PlatformReason::Operator).await?).await
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, UNIX_EPOCH};

    use service::clock::{Clock, FakeClock};
    use service::random::SystemRandom;

    use super::*;
    use crate::keys::{AuthorityKeys, KeyNeeds};

    const NOW_MS: i64 = 1_763_610_000_000;
    const DAY_MS: i64 = 86_400_000;

    async fn start(db: &Db, data: &Path, at_ms: i64) {
        let clock = Arc::new(FakeClock::at_ms(at_ms)) as Arc<dyn Clock>;
        let random = Arc::new(SystemRandom);
        db.migrate(at_ms).await.unwrap();
        AuthorityKeys::open(db, data.join("keys"), "localhost", KeyNeeds::ALL, clock, random).await.unwrap();
    }

    fn set_changed(folder: &Path, at_ms: i64) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let file = std::fs::File::options().append(true).open(entry.path()).unwrap();
            file.set_modified(UNIX_EPOCH + Duration::from_millis(at_ms.unsigned_abs())).unwrap();
        }
    }

    #[tokio::test]
    async fn an_empty_database_beside_keys_and_photos_of_before_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let (data, photos) = (dir.path().to_owned(), dir.path().join("photos"));
        let open =
            async |name: &str| Db::open(&format!("sqlite:{}", data.join(name).display())).await.unwrap();
        let found = async |db: &Db| find_earlier_relay(db, &data, &photos).await.unwrap();
        let first = open("first.db").await;
        assert_eq!(found(&first).await, None, "a new relay");
        start(&first, &data, NOW_MS).await;
        set_changed(&data.join("keys"), NOW_MS);
        assert_eq!(found(&first).await, None, "its first start made the keys");
        let second = open("second.db").await;
        let words = found(&second).await.unwrap().to_string();
        assert!(words.contains("it is empty") && words.contains("keys in"), "{words}");
        assert!(words.contains("boxes hold what they recorded") && !words.contains("photos in"), "{words}");
        start(&second, &data, NOW_MS + DAY_MS).await;
        set_changed(&data.join("keys"), NOW_MS);
        assert!(found(&second).await.is_some(), "a start that took the keys over changes nothing");
        std::fs::create_dir_all(photos.join(AccountId::new(1, [1; 10]).to_string())).unwrap();
        assert!(found(&first).await.unwrap().to_string().contains("beside photos in"), "no account has any");
    }
}
