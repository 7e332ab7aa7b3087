//! An archive of everything, and the box that begins from it.

use super::*;
use crate::backup::export::{ExportInput, write_archive};
use crate::backup::restore::is_archive;
use crate::store::archive::{HashOnly, read_archive};

fn make_archive(world: &World) -> (PathBuf, Vec<u8>) {
    let input =
        ExportInput { store: &world.store, photos: &world.photos, settings: &world.settings, now_ms: NOW_MS };
    let mut pace = RunPace::new(Some(world.store.clone()), Arc::default());
    let bytes = write_archive(&input, Vec::new(), &mut pace).unwrap();
    let path = world.dir.path().join("all.tar");
    std::fs::write(&path, &bytes).unwrap();
    (path, bytes)
}

#[tokio::test]
async fn a_new_box_begins_from_an_archive_and_it_holds_no_secret() {
    let world = World::new(300, 4).await;
    let (path, bytes) = make_archive(&world);
    assert!(is_archive(&path).unwrap() && !is_archive(&world.file_of(&world.back_up(0))).unwrap());
    for secret in [&b"https-ca.key"[..], b"badge.key", b"box.key", b"log-1.key", b"state.redb", SECRET_ROW] {
        assert!(!bytes.windows(secret.len()).any(|window| window == secret), "{secret:?}");
    }
    let read = read_archive(&bytes[..], &mut HashOnly).unwrap();
    assert_eq!((read.manifest.entries(), read.photos.len(), read.photos_inside.len()), (301, 4, 4));
    assert!(read.altered_texts.is_empty());
    let data = world.dir.path().join("new");
    let restored = restore_backup(&path, &data, None, MissingPhotos::Refused, &NoSeam).unwrap();
    assert_eq!((restored.photos, restored.manifest.entries()), (4, 301));
    let (restored, report) = open_store(&data, 9);
    assert!(report.missing.is_empty(), "{report:?}");
    let old = world.store.origin();
    assert_eq!((restored.origin().box_id, restored.origin().epoch.n), (old.box_id, 2));
    let [kept, own] = [&restored, &world.store].map(|store| {
        let reader = store.reader_of(old.epoch).unwrap();
        reader.entries(0..reader.size()).map(|entry| entry.unwrap().leaf()).collect::<Vec<Hash>>()
    });
    assert_eq!(kept, own);
    let photos = photo_store(&data);
    for hash in &world.hashes {
        assert_eq!(Hash::of(&std::fs::read(photos.path(*hash)).unwrap()), *hash);
    }
    record(&restored, 0, 3).await;
    restored.stop().await.unwrap();
}

#[tokio::test]
async fn an_archive_that_was_cut_or_changed_is_refused_wherever_it_was() {
    let world = World::new(40, 2).await;
    let (path, bytes) = make_archive(&world);
    for tenth in 0..10 {
        let at = bytes.len() * tenth / 10;
        std::fs::write(&path, &bytes[..at]).unwrap();
        let data = world.dir.path().join(format!("cut-{tenth}"));
        let refused = restore_backup(&path, &data, None, MissingPhotos::Refused, &NoSeam);
        assert!(refused.is_err(), "cut at {at}");
        assert!(!data.join("log").exists(), "nothing of it is there");
    }
    // Each file's first byte, but those of tar's own padding.
    let mut at = 0;
    while bytes[at] != 0 {
        let length = std::str::from_utf8(&bytes[at + 124..at + 135]).unwrap();
        let length = usize::from_str_radix(length, 8).unwrap();
        let mut changed = bytes.clone();
        changed[at + 512] ^= 1;
        if length > 0 {
            assert!(read_archive(&changed[..], &mut HashOnly).is_err(), "changed at {at}");
        }
        at += 512 + length.next_multiple_of(512);
    }
}
