//! Photos kept, refused and bounded, with scripts in place of the photo process.

use super::*;
use crate::random::SystemRandom;

fn photos(dir: &Path, script: &str) -> Photos {
    let command = ["/bin/sh", "-c", script].map(Into::into).to_vec();
    let settings =
        PhotoSettings { dir: dir.join("photos"), command, free_percent_min: 0, card: Arc::new(RealCard) };
    Photos::open(settings, Arc::new(SystemRandom)).unwrap()
}

async fn upload(photos: &Photos, bytes: &[u8]) -> Incoming {
    let mut upload = photos.incoming().await.unwrap();
    upload.write(bytes).await.unwrap();
    upload
}

fn files(dir: &Path) -> usize {
    let count = |path: std::path::PathBuf| if path.is_dir() { files(&path) } else { 1 };
    std::fs::read_dir(dir).unwrap().map(|entry| count(entry.unwrap().path())).sum()
}

#[tokio::test]
async fn the_same_photo_is_kept_once_and_nothing_else_stays() {
    let dir = tempfile::tempdir().unwrap();
    // Stands in for the child: a JPEG's first bytes and what came in.
    let photos = photos(dir.path(), "printf '\\377\\330'; cat");
    let first = photos.keep(upload(&photos, b"probe").await).await.unwrap();
    let second = photos.keep(upload(&photos, b"probe").await).await.unwrap();
    assert_eq!(first, second);
    assert_eq!(photos.read(first).await.unwrap(), b"\xff\xd8probe");
    assert!(photos.holds(first).await);
    assert!(!photos.holds(Hash::of(b"other")).await);
    assert_eq!(files(dir.path()), 1);
}

#[tokio::test]
async fn troubles_are_named_and_leave_nothing() {
    let dir = tempfile::tempdir().unwrap();
    for (script, words) in [
        ("cat >/dev/null; exit 65", "can’t be opened"),
        ("cat >/dev/null; exit 66", "too many pixels"),
        ("cat >/dev/null; exit 67", "HEIC"),
        ("cat >/dev/null; exit 1", "could not keep"),
        ("kill -9 $$", "too many pixels"),
        ("head -c 3000000 /dev/zero", "could not keep"),
        ("printf hello", "could not keep"),
    ] {
        let photos = photos(dir.path(), script);
        let trouble = photos.keep(upload(&photos, b"x").await).await.unwrap_err();
        assert!(trouble.to_string().contains(words), "{script}: {trouble}");
    }
    let photos = photos(dir.path(), "cat");
    let empty = photos.keep(photos.incoming().await.unwrap()).await;
    assert!(matches!(empty, Err(PhotoTrouble::Empty)));
    let mut long = photos.incoming().await.unwrap();
    let megabyte = vec![0; 1024 * 1024];
    for _ in 0..31 {
        long.write(&megabyte).await.unwrap();
    }
    assert!(matches!(photos.keep(long).await, Err(PhotoTrouble::TooManyBytes)));
    assert_eq!(files(dir.path()), 0);
}

#[tokio::test]
async fn uploads_are_bounded() {
    let dir = tempfile::tempdir().unwrap();
    let photos = photos(dir.path(), "cat");
    let mut held = Vec::new();
    for _ in 0..UPLOADS_MAX {
        held.push(photos.incoming().await.unwrap());
    }
    assert!(matches!(photos.incoming().await, Err(PhotoTrouble::Busy)));
    held.pop();
    assert!(photos.incoming().await.is_ok());
}
