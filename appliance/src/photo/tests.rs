//! Photos stored, refused and bounded, with scripts in place of the photo process.

use record::kinds::EntryRef;
use service::random::SystemRandom;

use super::*;

const PHONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
/// A substitute for the child: sizes, a JPEG's first bytes, five bytes that came in, and a thumbnail of five bytes.
const CHILD: &str =
    "printf '\\000\\000\\000\\007\\000\\000\\000\\005\\377\\330'; head -c 5; printf '\\377\\330t\\377\\331'";

fn photos(dir: &Path, script: &str) -> PhotoStore {
    let limits = UploadLimits { wait: std::time::Duration::from_millis(50), ..UploadLimits::default() };
    let command = ["/bin/sh", "-c", script].map(Into::into).to_vec();
    let settings = PhotoSettings {
        dir: dir.join("photos"),
        command,
        free_percent_min: 0,
        limits,
        card: Arc::new(RealCard),
    };
    PhotoStore::open(settings, Arc::new(SystemRandom)).unwrap()
}

async fn upload(photos: &PhotoStore, bytes: &[u8]) -> PhotoUpload {
    let mut upload = photos.incoming(PHONE).await.unwrap();
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
    let photos = photos(dir.path(), CHILD);
    let first = photos.keep(upload(&photos, b"probe").await).await.unwrap();
    let second = photos.keep(upload(&photos, b"probe").await).await.unwrap();
    assert_eq!(first, second);
    assert_eq!(photos.read(first).await.unwrap(), b"\xff\xd8probe");
    assert!(photos.holds(first).await);
    assert_eq!(std::fs::read(photos.thumbnail_path(first)).unwrap(), b"\xff\xd8t\xff\xd9");
    assert!(!photos.holds(Hash::of(b"other")).await);
    assert_eq!(files(dir.path()), 2, "the photo and its thumbnail");
}

#[tokio::test]
async fn a_thumbnail_is_made_again_and_outlives_its_photo() {
    let dir = tempfile::tempdir().unwrap();
    let photos = photos(dir.path(), CHILD);
    let photo = photos.keep(upload(&photos, b"probe").await).await.unwrap();
    photos.remove_thumbnail(photo).unwrap();
    assert!(photos.has_thumbnail(photo), "it can be made");
    let (one, other) = tokio::join!(photos.thumbnail(photo), photos.thumbnail(photo));
    assert_eq!(
        (one.unwrap().unwrap(), other.unwrap().unwrap()),
        (b"\xff\xd8t\xff\xd9".to_vec(), b"\xff\xd8t\xff\xd9".to_vec())
    );
    assert_eq!(photos.all().unwrap().iter().map(|p| p.hash).collect::<Vec<_>>(), [photo]);
    assert_eq!(
        photos.thumbnails().unwrap().iter().map(|p| (p.hash, p.bytes)).collect::<Vec<_>>(),
        [(photo, 5)]
    );
    photos.remove(photo).unwrap();
    assert!(photos.has_thumbnail(photo) && photos.thumbnail(photo).await.unwrap().is_some());
    photos.remove_thumbnail(photo).unwrap();
    assert!(!photos.has_thumbnail(photo) && photos.thumbnail(photo).await.unwrap().is_none());
    assert_eq!(files(dir.path()), 0);
}

#[tokio::test]
async fn troubles_are_named_and_leave_nothing() {
    let dir = tempfile::tempdir().unwrap();
    for (script, words) in [
        ("cat >/dev/null; exit 65", "NotAPhoto"),
        ("cat >/dev/null; exit 66", "TooManyPixels"),
        ("cat >/dev/null; exit 67", "Heic"),
        ("cat >/dev/null; exit 68", "CutOff"),
        ("cat >/dev/null; exit 1", "Box("),
        ("kill -9 $$", "Box("),
        ("kill -TERM $$", "Box("),
        ("kill -INT $$", "Box("),
        ("head -c 3000000 /dev/zero", "Box("),
        ("printf hello", "Box("),
        ("printf '\\377\\330'; cat", "Box("),
        ("printf '\\000\\000\\000\\003\\000\\000\\000\\003\\377\\330p\\377\\330tx'", "Box("),
        ("printf '\\000\\000\\000\\003\\000\\000\\000\\003\\377\\330p\\377\\331t'", "Box("),
        ("printf '\\377\\377\\377\\377\\377\\377\\377\\377\\377\\330'", "Box("),
    ] {
        let photos = photos(dir.path(), script);
        let trouble = photos.keep(upload(&photos, b"x").await).await.unwrap_err();
        assert!(trouble.to_string().contains(words), "{script}: {trouble}");
    }
    let photos = photos(dir.path(), "cat");
    let empty = photos.keep(photos.incoming(PHONE).await.unwrap()).await;
    assert!(matches!(empty, Err(PhotoTrouble::Empty)));
    let mut long = photos.incoming(PHONE).await.unwrap();
    let megabyte = vec![0; 1024 * 1024];
    for _ in 0..31 {
        long.write(&megabyte).await.unwrap();
    }
    assert!(matches!(photos.keep(long).await, Err(PhotoTrouble::TooManyBytes)));
    assert_eq!(files(dir.path()), 0);
}

#[tokio::test(start_paused = true)]
async fn a_machine_without_time_for_a_photo_says_nothing_about_it() {
    let dir = tempfile::tempdir().unwrap();
    let photos = photos(dir.path(), "exec sleep 3600");
    let of = EntryRef { epoch: "1-0000000a".parse().unwrap(), seq: 7 };
    let upload = upload(&photos, b"probe").await;
    let promise = photos.promise(upload.path(), of);
    let trouble = photos.keep(upload).await.unwrap_err();
    let PhotoTrouble::Box(cause) = trouble else { panic!("{trouble}") };
    assert_eq!(cause.kind(), std::io::ErrorKind::TimedOut);
    drop(promise);
    assert!(photos.is_promised(of).unwrap(), "it is opened later");
}

#[tokio::test]
async fn uploads_are_bounded() {
    let dir = tempfile::tempdir().unwrap();
    let photos = photos(dir.path(), CHILD);
    let mut held = Vec::new();
    for n in 0..8 {
        held.push(photos.incoming([10, 0, 0, n].into()).await.unwrap());
    }
    assert!(matches!(photos.incoming(PHONE).await, Err(PhotoTrouble::Busy)));
    assert_eq!(files(&dir.path().join("photos/incoming")), 8);
    held.pop();
    assert!(photos.incoming(PHONE).await.is_ok());
}

#[tokio::test]
async fn a_thumbnail_that_is_not_whole_is_made_again() {
    let dir = tempfile::tempdir().unwrap();
    let photos = photos(dir.path(), CHILD);
    let photo = photos.keep(upload(&photos, b"probe").await).await.unwrap();
    for broken in [&b""[..], b"\xff\xd8t", b"t\xff\xd9"] {
        std::fs::write(photos.thumbnail_path(photo), broken).unwrap();
        assert_eq!(photos.thumbnail(photo).await.unwrap().unwrap(), b"\xff\xd8t\xff\xd9");
        assert_eq!(std::fs::read(photos.thumbnail_path(photo)).unwrap(), b"\xff\xd8t\xff\xd9");
    }
}

#[tokio::test]
async fn a_thumbnail_that_cannot_be_kept_is_shown_and_leaves_no_half() {
    let dir = tempfile::tempdir().unwrap();
    let photos = photos(dir.path(), CHILD);
    let photo = photos.keep(upload(&photos, b"probe").await).await.unwrap();
    photos.remove_thumbnail(photo).unwrap();
    // Nothing can be renamed to a folder.
    std::fs::create_dir(photos.thumbnail_path(photo)).unwrap();
    for _ in 0..3 {
        assert_eq!(photos.thumbnail(photo).await.unwrap().unwrap(), b"\xff\xd8t\xff\xd9");
    }
    assert_eq!(files(dir.path()), 1, "the photo alone");
}

#[test]
fn halves_that_a_power_cut_left_are_removed() {
    let dir = tempfile::tempdir().unwrap();
    let photos = photos(dir.path(), CHILD);
    let folder = dir.path().join("photos/ab");
    std::fs::create_dir(&folder).unwrap();
    for (name, age_s) in [("old.part", 3_600), ("old.t.part", 3_600), ("new.part", 0), ("old.jpg", 3_600)] {
        let file = std::fs::File::create(folder.join(name)).unwrap();
        let written = file.metadata().unwrap().modified().unwrap();
        file.set_modified(written - Duration::from_secs(age_s)).unwrap();
    }
    assert_eq!(photos.remove_parts().unwrap(), 2);
    assert!(folder.join("new.part").exists(), "somebody may be writing it");
    assert_eq!((files(&folder), photos.remove_parts().unwrap()), (2, 0));
}

#[tokio::test]
async fn uploads_that_entries_wait_for_outlive_a_new_start() {
    let dir = tempfile::tempdir().unwrap();
    let incoming = dir.path().join("photos/incoming");
    let of = |seq| EntryRef { epoch: "1-0000000a".parse().unwrap(), seq };
    let before = photos(dir.path(), CHILD);
    for (name, bytes) in [("one", "probe"), ("two", "other"), ("old", "older"), ("unpromised", "nobody")] {
        std::fs::write(incoming.join(name), bytes).unwrap();
    }
    let promises =
        [("two", 12), ("one", 7), ("old", 3)].map(|(n, seq)| before.promise(&incoming.join(n), of(seq)));
    assert_eq!(before.wait_for_promised(Duration::ZERO).await, 3, "the box waits, but not for ever");
    // Its photo is kept, and its upload gone, in this very moment.
    drop(before.promise(&incoming.join("gone"), of(9)));
    drop(promises);
    assert_eq!(before.wait_for_promised(Duration::from_secs(60)).await, 0);
    // Off for a year: no calendar counts.
    let old = std::fs::File::options().append(true).open(incoming.join("old")).unwrap();
    let written = old.metadata().unwrap().modified().unwrap();
    old.set_modified(written - Duration::from_secs(366 * 86_400)).unwrap();

    let after = photos(dir.path(), CHILD);
    let left = after.left_promises().unwrap();
    assert_eq!(left.iter().map(|p| p.entry()).collect::<Vec<_>>(), [of(3), of(7), of(12)]);
    assert_eq!(files(&incoming), 3, "nothing else stays");
    assert_eq!(after.wait_for_promised(Duration::ZERO).await, 3);
    assert!(after.is_promised(of(7)).unwrap() && !after.is_promised(of(9)).unwrap());
    for promise in left {
        let photo = after.keep_promised(&promise).await.unwrap();
        assert!(after.holds(photo).await);
        promise.end();
    }
    assert_eq!((files(&incoming), after.wait_for_promised(Duration::ZERO).await), (0, 0));
    assert_eq!(after.all().unwrap().len(), 3);
}

#[tokio::test]
async fn an_upload_that_opens_at_no_start_is_given_up() {
    let dir = tempfile::tempdir().unwrap();
    let incoming = dir.path().join("photos/incoming");
    let of = EntryRef { epoch: "1-0000000a".parse().unwrap(), seq: 7 };
    let first = photos(dir.path(), "kill -KILL $$");
    // One of an earlier version has no number of tries.
    std::fs::write(incoming.join("1-0000000a.7.one.follows"), "probe").unwrap();
    let mut starts = 0;
    let mut left = first.left_promises().unwrap();
    while let Some(promise) = left.pop() {
        starts += 1;
        assert_eq!(promise.entry(), of);
        let trouble = first.keep_promised(&promise).await.unwrap_err();
        assert!(matches!(trouble, PhotoTrouble::Box(_)), "{trouble}: nothing is said about the photo");
        drop(promise);
        left = photos(dir.path(), "kill -KILL $$").left_promises().unwrap();
    }
    assert_eq!((starts, files(&incoming)), (5, 0));
}
