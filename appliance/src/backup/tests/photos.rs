//! Photos beside the backups: each written once, for the key that is in use, and again where the stick lost them.

use std::collections::BTreeMap;

use super::*;
use crate::backup::contents::PartLabel;
use crate::backup::key::decrypt_file;
use crate::backup::writing::{BackupWriter, SealTarget};
use crate::store::archive::{ArchiveSink, BackupHead, BackupKind, FORM, HEAD, read_part};

#[tokio::test]
async fn photos_are_written_once_and_go_with_the_last_backup_that_needs_them() {
    let mut world = World::new(5, 4).await;
    let first = world.back_up(0);
    let second = world.back_up(1);
    assert_eq!(first.label.parts, second.label.parts);
    world.add_photos(4..6);
    let third = world.back_up(2);
    assert_eq!((third.label.photos, third.label.parts.len()), (6, 2));
    assert!(!world.names().contains(&first.label.file.name), "two stay");
    assert!(world.names().contains(&second.label.file.name));
    // The box lacks most of the first ones by now.
    for hash in &world.hashes[..3] {
        world.photos.remove(*hash).unwrap();
    }
    let fourth = world.back_up(3);
    assert_eq!(fourth.label.photos, 3);
    assert!(world.names().contains(&first.label.parts[0]), "the third needs it");
    let fifth = world.back_up(4);
    assert!(!world.names().contains(&first.label.parts[0]), "nobody does");
    for made in [fourth, fifth] {
        test_backup(&world.file_of(&made), Some(&world.secret), MissingPhotos::Refused).unwrap();
    }
}

#[tokio::test]
async fn photos_that_went_bad_on_the_stick_are_written_again() {
    let world = World::new(5, 4).await;
    let first = world.back_up(0);
    let part = world.stick().join(&first.label.parts[0]);
    let mut bytes = std::fs::read(&part).unwrap();
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    std::fs::write(&part, bytes).unwrap();
    let second = world.back_up(1);
    assert_ne!(second.label.parts, first.label.parts);
    test_backup(&world.file_of(&second), Some(&world.secret), MissingPhotos::Refused).unwrap();
}

#[tokio::test]
async fn another_key_opens_later_backups_and_their_photos() {
    let mut world = World::new(5, 4).await;
    let first = world.back_up(0);
    let other = BackupSecret::generate(&world.random);
    world.recipient = BackupRecipient { recipient: other.recipient().to_string(), made_ms: 2 };
    let second = world.back_up(1);
    assert_ne!(second.label.parts, first.label.parts);
    test_backup(&world.file_of(&first), Some(&world.secret), MissingPhotos::Refused).unwrap();
    test_backup(&world.file_of(&second), Some(&other), MissingPhotos::Refused).unwrap();
    for (made, secret) in [(&first, &other), (&second, &world.secret)] {
        let refused = test_backup(&world.file_of(made), Some(secret), MissingPhotos::Refused);
        assert!(
            matches!(refused, Err(RestoreError::Fault { fault: BackupFault::WrongKey, .. })),
            "{refused:?}"
        );
    }
}

/// Photos of the files that a backup wrote and no earlier one had.
fn photos_written(before: &[PartLabel], after: &[PartLabel]) -> Vec<Hash> {
    after
        .iter()
        .filter(|part: &&PartLabel| before.iter().all(|known| known.file.name != part.file.name))
        .flat_map(|part| part.photos.iter().copied())
        .collect()
}

#[tokio::test]
async fn a_photo_a_day_is_written_once_and_once_more_with_the_other_small_ones() {
    let mut world = World::new(5, 0).await;
    let (mut written, mut sizes) = (BTreeMap::<Hash, u32>::new(), Vec::new());
    let mut newest = None;
    for day in 0..20 {
        world.add_photos(day..day + 1);
        let before = world.found().parts;
        newest = Some(world.back_up(i64::from(day)));
        let photos = photos_written(&before, &world.found().parts);
        sizes.push(photos.len());
        photos.into_iter().for_each(|photo| *written.entry(photo).or_default() += 1);
    }
    // Sixteen small files become one. They stay there for two days more, since the backup of the day before needs them,
    // and nothing is written again because of them.
    let mut expected = [1; 20];
    expected[16] = 17;
    assert_eq!(sizes, expected);
    assert!(written.len() == 20 && written.values().all(|times| *times <= 2), "{written:?}");
    let newest = newest.unwrap();
    assert_eq!((newest.label.photos, newest.label.parts.len()), (20, 4));
    let data = world.restore(&newest, "new").unwrap();
    let photos = photo_store(&data);
    for hash in &world.hashes {
        assert_eq!(Hash::of(&std::fs::read(photos.path(*hash)).unwrap()), *hash);
    }
    assert_eq!(photos.all().unwrap().len(), 20);
}

#[derive(Default)]
struct EndedFiles(u32);

impl ArchiveSink for EndedFiles {
    fn begin_file(&mut self, _: &str) -> std::io::Result<()> {
        Ok(())
    }
    fn write_bytes(&mut self, _: &[u8]) -> std::io::Result<()> {
        Ok(())
    }
    fn end_file(&mut self) -> std::io::Result<()> {
        self.0 += 1;
        Ok(())
    }
}

#[tokio::test]
async fn a_photo_that_is_another_than_its_name_says_takes_no_photos_place() {
    let world = World::new(1, 0).await;
    let recipient = &world.secret.recipient();
    let medium = FolderMedium::new(&world.stick());
    let box_id = world.store.origin().box_id;
    let head = BackupHead { form: FORM, kind: BackupKind::Photos, box_id, program: String::new() };
    let hash = Hash::of(b"one").to_string();
    for (content, ended) in [(&b"one"[..], 1), (b"another", 0)] {
        let target = SealTarget { medium: &medium, recipient, random: &world.random };
        let mut pace = RunPace::new(None, Arc::default());
        let mut writer = BackupWriter::begin(target, "forged", NOW_MS, &mut pace).unwrap();
        let out = &mut writer.out;
        out.add_bytes(HEAD, &serde_json::to_vec(&head).unwrap()).unwrap();
        out.add_bytes(&format!("photos/{}/{hash}.jpg", &hash[..2]), content).unwrap();
        let written = writer.finish().unwrap();
        let file = std::fs::File::open(world.stick().join(&written.temporary)).unwrap();
        let mut sink = EndedFiles::default();
        let refused = read_part(decrypt_file(file, &world.secret).unwrap(), box_id, &mut sink);
        assert!(refused.is_err(), "without its end it is no file of photos");
        assert_eq!(sink.0, ended);
    }
}
