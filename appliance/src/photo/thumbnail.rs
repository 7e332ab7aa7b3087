//! Thumbnails: beside their photos, made with them, made again where one is missing, and retained longer.

use std::collections::BTreeSet;
use std::path::PathBuf;

use record::tree::Hash;

use super::eviction::UNNAMED_MS_MAX;
use super::{OnCard, PhotoStore, PhotoTrouble, run_child, write_whole};

/// How long a thumbnail stays when its photo has left the card: lists of a year show it.
const THUMBNAIL_MS_MAX: u64 = 400 * 24 * 3_600_000;
const ENDING: &str = ".t.jpg";

impl PhotoStore {
    pub fn thumbnail_path(&self, hash: Hash) -> PathBuf {
        self.path(hash).with_file_name(format!("{hash}{ENDING}"))
    }

    /// Whether there is a thumbnail to show: one that is stored, or a photo to make it from.
    pub fn has_thumbnail(&self, hash: Hash) -> bool {
        self.thumbnail_path(hash).exists() || self.can_show(hash)
    }

    /// The thumbnail of a photo, made again where it is missing or not whole; none where the photo is not on the card
    /// either. One that cannot be stored is shown all the same.
    ///
    /// # Errors
    /// What keeps it from being made.
    pub async fn thumbnail(&self, hash: Hash) -> Result<Option<Vec<u8>>, PhotoTrouble> {
        if let Some(stored) = self.find_thumbnail(hash).await {
            return Ok(Some(stored));
        }
        if !self.holds(hash).await && self.fetch(hash).await.is_none() {
            return Ok(None);
        }
        let _turn = self.inner.child_turns.take(None).await;
        // Somebody else may have asked for it meanwhile.
        if let Some(stored) = self.find_thumbnail(hash).await {
            return Ok(Some(stored));
        }
        if !self.holds(hash).await {
            return Ok(None);
        }
        let made = run_child(&self.inner.settings.command, &self.path(hash)).await?.thumbnail;
        let (path, random, jpeg) = (self.thumbnail_path(hash), self.inner.random.bytes(), made.clone());
        let stored = tokio::task::spawn_blocking(move || write_whole(&path, &jpeg, random)).await;
        if let Err(error) = stored.map_err(std::io::Error::other).and_then(|stored| stored) {
            tracing::warn!(%error, "a thumbnail could not be kept");
        }
        Ok(Some(made))
    }

    async fn find_thumbnail(&self, hash: Hash) -> Option<Vec<u8>> {
        let stored = tokio::fs::read(self.thumbnail_path(hash)).await.ok()?;
        // Browsers keep what they get here for a year.
        let is_whole = stored.starts_with(&[0xff, 0xd8]) && stored.ends_with(&[0xff, 0xd9]);
        is_whole.then_some(stored)
    }

    /// Every thumbnail that is stored, as [`PhotoStore::all`] lists the photos.
    ///
    /// # Errors
    /// The folder's.
    pub fn thumbnails(&self) -> std::io::Result<Vec<OnCard>> {
        self.on_card(ENDING)
    }

    /// Takes a thumbnail off the card.
    ///
    /// # Errors
    /// The folder's; that it is gone already is none.
    pub fn remove_thumbnail(&self, hash: Hash) -> std::io::Result<()> {
        let deleted = super::delete_file(&self.thumbnail_path(hash));
        self.note_change();
        deleted
    }
}

/// The thumbnails that leave the card: of photos that are not on it any more, those that are too old or that no entry names.
pub fn thumbnails_leave(thumbnails: &[OnCard], photos: &BTreeSet<Hash>) -> Vec<Hash> {
    let left_alone = thumbnails.iter().filter(|thumbnail| !photos.contains(&thumbnail.hash));
    let old = left_alone.filter(|thumbnail| {
        let stays_ms = if thumbnail.named.is_some() { THUMBNAIL_MS_MAX } else { UNNAMED_MS_MAX };
        thumbnail.age_ms > stays_ms
    });
    old.map(|thumbnail| thumbnail.hash).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thumbnails_outlive_their_photos_by_more_than_a_year() {
        let thumbnail = |n: u8, age_ms, named| OnCard { hash: Hash([n; 32]), bytes: 9_000, age_ms, named };
        let all = [
            thumbnail(1, THUMBNAIL_MS_MAX, Some((1, 1))),
            thumbnail(2, THUMBNAIL_MS_MAX + 1, Some((1, 2))),
            thumbnail(3, THUMBNAIL_MS_MAX + 1, Some((1, 3))),
            thumbnail(4, UNNAMED_MS_MAX, None),
            thumbnail(5, UNNAMED_MS_MAX + 1, None),
        ];
        let photos = [Hash([3; 32])].into();
        assert_eq!(thumbnails_leave(&all, &photos), [Hash([2; 32]), Hash([5; 32])]);
    }
}
