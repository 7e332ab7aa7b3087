//! A backup of a box, and the box that continues from it.

use record::checkpoint::SignedCheckpoint;
use redb::ReadableDatabase as _;

use super::*;
use crate::backup::command_line::check_folder;

fn table_rows(store: &Store, table: TextTable) -> Option<usize> {
    use redb::ReadableTableMetadata as _;
    let read = store.state_db().begin_read().unwrap();
    read.open_table(table).ok().map(|table| usize::try_from(table.len().unwrap()).unwrap())
}

fn leaves(store: &Store, epoch: record::ids::Epoch) -> Vec<Hash> {
    let reader = store.reader_of(epoch).unwrap();
    reader.entries(0..reader.size()).map(|entry| entry.unwrap().leaf()).collect()
}

#[tokio::test]
async fn a_restored_box_has_every_entry_and_goes_on_in_a_log_of_its_own() {
    let world = World::new(600, 5).await;
    let made = world.back_up(0);
    let path = world.file_of(&made);
    for name in [&*made.label.file.name, path.to_str().unwrap()] {
        let words = check_folder(&world.stick(), Some(name)).unwrap().unwrap();
        assert!(words.starts_with("2 files are as written."), "{words}");
    }
    assert_eq!((made.label.entries, made.label.photos, made.label.parts.len()), (601, 5, 1));
    // What comes after is not in it.
    record(&world.store, 600, 3).await;
    let data = world.restore(&made, "new").unwrap();
    assert!(!data.join(RESTORE_MARK).exists() && !data.join("cleantrack.redb").exists());
    let names: Vec<_> =
        std::fs::read_dir(data.join("keys")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(
        !names.iter().any(
            |name| name.to_string_lossy().ends_with(".key") && name.to_string_lossy().starts_with("log-")
        ),
        "{names:?}"
    );
    for name in ["https-ca.key", "box.key", "badge.key", "box.id", "log-1.pub", "backup-labels.key"] {
        let mode = std::fs::metadata(data.join("keys").join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    assert_eq!(std::fs::read_to_string(data.join("settings.restored.toml")).unwrap(), world.settings);
    let (restored, report) = open_store(&data, 9);
    let old = world.store.origin();
    assert_eq!((restored.origin().box_id, restored.origin().epoch.n), (old.box_id, 2));
    assert!(report.new_epoch.is_some() && report.missing.is_empty() && !report.state_lost, "{report:?}");
    assert_eq!(leaves(&restored, old.epoch), leaves(&world.store, old.epoch)[..601]);
    // Nothing can sign for the old log any more: the checkpoint of the backup still proves it.
    let note = restored.reader_of(old.epoch).unwrap().signed_note().unwrap().unwrap().to_string();
    let checkpoint = SignedCheckpoint::verify(&note, &old, &world.store.verifier_keys()[0]).unwrap();
    assert_eq!(checkpoint.checkpoint().size, 601);
    let first = restored.reader().unwrap().entry(0).unwrap().unwrap();
    let Event::LogStarted(started) = first.event() else { panic!("{first:?}") };
    assert_eq!(started.prev.map(|prev| (prev.epoch, prev.size)), Some((old.epoch, 601)));
    assert_eq!(
        [PINS, SESSIONS, TOKENS].map(|table| table_rows(&restored, table)),
        [Some(1), None, None],
        "PINs are as they were, sessions and tokens are not"
    );
    let photos = photo_store(&data);
    for hash in &world.hashes {
        assert_eq!(Hash::of(&std::fs::read(photos.path(*hash)).unwrap()), *hash);
        assert!(photos.thumbnail_path(*hash).exists());
    }
    record(&restored, 0, 3).await;
    restored.stop().await.unwrap();
}

#[tokio::test]
async fn nothing_in_the_file_can_be_read_without_the_key() {
    let world = World::new(20, 1).await;
    let made = world.back_up(0);
    assert!(!world.data().join("state.copy.new").exists());
    let sealed = std::fs::read(world.file_of(&made)).unwrap();
    for text in [&b"ABCDEFGH3"[..], b"log-1.pub", b"state.redb", SECRET_ROW] {
        assert!(!sealed.windows(text.len()).any(|window| window == text));
    }
}

#[tokio::test]
async fn a_box_of_several_logs_with_sealed_segments_is_restored_whole() {
    let world = World::new(900, 0).await;
    let made = world.back_up(0);
    let first = world.restore(&made, "first").unwrap();
    let (second, _) = open_store(&first, 9);
    record(&second, 900, 700).await;
    second.stop().await.unwrap();
    drop(second);
    let (second, _) = open_store(&first, 9);
    let log = first.join("log").join(second.origin().epoch.to_string());
    let mut segments = std::fs::read_dir(log).unwrap().map(|entry| entry.unwrap().path());
    assert!(segments.any(|path| path.extension().is_some_and(|e| e == "zst")), "sealed ones are among them");
    let photos = photo_store(&first);
    let input = RunInput {
        store: &second,
        photos: &photos,
        data: &first,
        medium: &FolderMedium::new(&world.stick()),
        recipient: &world.recipient,
        label_key: world.label_key,
        random: &world.random,
        settings: "",
        keep: 9,
        last_number: 0,
        now_ms: NOW_MS + DAY_MS,
    };
    let made = make_backup(&input, &mut RunPace::new(None, Arc::default())).unwrap();
    assert_eq!(made.label.entries, 901 + second.size());
    let data = world.restore(&made, "third").unwrap();
    let (third, report) = open_store(&data, 11);
    assert_eq!((third.origin().epoch.n, report.missing.len()), (3, 0));
    for epoch in [world.store.origin().epoch, second.origin().epoch] {
        assert_eq!(leaves(&third, epoch), leaves(&second, epoch));
        let note = third.reader_of(epoch).unwrap().signed_note().unwrap();
        assert!(note.is_some(), "{epoch}: a note goes from backup to backup");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_that_is_made_while_phones_record_holds_together() {
    let world = World::new(200, 3).await;
    let store = world.store.clone();
    let phones = tokio::spawn(async move { record(&store, 200, 900).await });
    for day in 0..4 {
        let made = world.back_up(day);
        let tested = test_backup(&world.file_of(&made), Some(&world.secret), MissingPhotos::Refused).unwrap();
        assert!(tested.manifest.logs.iter().all(|log| log.whole) && made.label.entries >= 201);
    }
    phones.await.unwrap();
    assert_eq!(world.back_up(5).label.entries, 1_101);
}

#[tokio::test]
async fn what_an_earlier_log_holds_is_proven_after_a_restore_too() {
    let World { dir, store, photos, secret, recipient, settings, label_key, random, hashes } =
        World::new(20, 0).await;
    let (data, old, verifiers) = (dir.path().join("box"), store.origin(), store.verifier_keys());
    store.stop().await.unwrap();
    drop(store);
    // Its key is away for one start, so another log begins; then it signs again for the first.
    let (key, aside) = (data.join("keys/log-1.key"), dir.path().join("log-1.key"));
    std::fs::rename(&key, &aside).unwrap();
    let (store, _) = open_store(&data, 8);
    store.stop().await.unwrap();
    drop(store);
    std::fs::rename(&aside, &key).unwrap();
    let (store, _) = open_store(&data, 9);
    let world = World { dir, store, photos, secret, recipient, settings, label_key, random, hashes };
    assert_eq!(world.store.origin().epoch.n, 2);
    record(&world.store, 20, 3).await;
    let made = world.back_up(0);
    let (restored, _) = open_store(&world.restore(&made, "new").unwrap(), 10);
    assert_eq!(restored.origin().epoch.n, 3);
    let reader = restored.reader_of(old.epoch).unwrap();
    let note = reader.signed_note().unwrap().unwrap().to_string();
    let signed = SignedCheckpoint::verify(&note, &old, &verifiers[0]).unwrap();
    assert_eq!(signed.checkpoint().size, 21, "every entry of it");
    assert_eq!(record::tree::root_at(&reader, 21).unwrap(), signed.checkpoint().root);
}
