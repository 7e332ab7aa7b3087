//! Badges, on a disk that is opened again in between.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use redb::Database;
use service::random::SystemRandom;

use super::*;
use crate::store::system_disk::SystemDisk;

const NOW: i64 = 1_763_610_000_000;
const MINUTE: i64 = 60_000;
const CODE: &str = "0004711-WARD-7";

struct BoxFolder {
    dir: tempfile::TempDir,
    disk: Arc<dyn Disk>,
}

impl BoxFolder {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let disk = SystemDisk::take(&dir.path().join("box")).unwrap();
        disk.make_dir("keys").unwrap();
        Self { dir, disk: Arc::new(disk) }
    }

    fn open(&self) -> BadgeStore {
        let db = Arc::new(Database::create(self.table_file()).unwrap());
        BadgeStore::open(db, self.disk.clone(), Arc::new(SystemRandom)).unwrap()
    }

    fn table_file(&self) -> PathBuf {
        self.dir.path().join("state.redb")
    }

    fn key_file(&self) -> PathBuf {
        self.dir.path().join("box/keys/badge.key")
    }
}

fn person(n: u8) -> StaffId {
    StaffId::new(0, [n; 10])
}

fn code(text: &str) -> BadgeCode {
    BadgeCode::read(text).unwrap()
}

fn enrol(badges: &BadgeStore, n: u8, text: &str) -> Result<StaffBadge, BadgeRefusal> {
    let new = NewBadge { staff: person(n), code: code(text), now_ms: NOW };
    badges.enrol(&new, |_| false).unwrap()
}

#[test]
fn a_badge_has_a_form() {
    for good in ["1234", " 0004711\r\n", "]Q3äöüß", &"x".repeat(128)] {
        assert!(BadgeCode::read(good).is_ok(), "{good}");
    }
    for bad in ["", "  ", "123", " 123 ", "12\u{0}34", "12\t34", &"x".repeat(129), &"x".repeat(100_000)] {
        assert_eq!(BadgeCode::read(bad).err(), Some(BadgeRefusal::Form), "{bad:.20}");
    }
    assert_eq!(format!("{:?}", code(CODE)), "****");
}

#[test]
fn a_badge_proves_who_has_it_also_after_a_restart() {
    let folder = BoxFolder::new();
    let badges = folder.open();
    assert!(!badges.has_any());
    assert_eq!(badges.prove(&code(CODE), NOW).unwrap(), None);
    assert!(!folder.key_file().exists(), "made when it is needed");
    let badge = enrol(&badges, 1, CODE).unwrap();
    assert!(badges.has_any());
    drop(badges);
    let badges = folder.open();
    assert!(badges.has_any());
    assert_eq!(badges.prove(&code(&format!("{CODE}\n")), NOW + MINUTE).unwrap(), Some(person(1)));
    assert_eq!(badges.prove(&code("0004711-ward-7"), NOW).unwrap(), None, "a badge is compared as it is");
    let used = StaffBadge { used_ms: Some(NOW + MINUTE), ..badge.clone() };
    assert_eq!(badges.of(person(1)).unwrap(), std::slice::from_ref(&used));
    // Once a day is enough for the readers, and spares the card.
    badges.prove(&code(CODE), NOW + 2 * MINUTE).unwrap();
    assert_eq!(badges.of(person(1)).unwrap(), [used]);
    badges.prove(&code(CODE), NOW + DAY_MS).unwrap();
    assert_eq!(badges.of(person(1)).unwrap()[0].used_ms, Some(NOW + DAY_MS));
    assert!(!badges.remove(person(2), &badge.id, EntryAuthor::BOX).unwrap(), "it is somebody else's");
    assert!(badges.remove(person(1), &badge.id, EntryAuthor::BOX).unwrap());
    assert!(!badges.has_any());
    assert_eq!(badges.prove(&code(CODE), NOW).unwrap(), None);
}

#[test]
fn nobody_has_the_badge_of_another_or_too_many() {
    let folder = BoxFolder::new();
    let badges = folder.open();
    let badge = enrol(&badges, 1, CODE).unwrap();
    assert_eq!(enrol(&badges, 1, CODE), Err(BadgeRefusal::Present(badge)));
    assert_eq!(enrol(&badges, 2, CODE), Err(BadgeRefusal::Taken));
    for n in 2..=BADGES_MAX {
        enrol(&badges, 1, &format!("badge {n}")).unwrap();
    }
    assert_eq!(enrol(&badges, 1, "one more"), Err(BadgeRefusal::TooMany));
    enrol(&badges, 2, "one more").unwrap();
    // A badge of somebody who has left belongs to no one.
    let new = NewBadge { staff: person(2), code: code(CODE), now_ms: NOW };
    assert!(badges.enrol(&new, |staff| staff == person(1)).unwrap().is_ok());
    assert!(badges.of(person(1)).unwrap().is_empty());
    badges.remove_all(person(2), EntryAuthor::BOX).unwrap();
    assert!(!badges.has_any());
}

#[test]
fn a_badge_that_was_shown_proves_nothing_any_more() {
    let folder = BoxFolder::new();
    let badges = folder.open();
    assert_eq!(badges.revoke_shown(&code(CODE), NOW).unwrap(), None);
    enrol(&badges, 1, CODE).unwrap();
    let revoked = badges.revoke_shown(&code(CODE), NOW).unwrap().unwrap();
    assert_eq!((revoked.staff, revoked.revoked_ms), (person(1), Some(NOW)));
    assert_eq!(badges.revoke_shown(&code(CODE), NOW + 1).unwrap(), None, "once");
    assert!(!badges.has_any());
    assert_eq!(badges.prove(&code(CODE), NOW).unwrap(), None);
    for n in [1, 2] {
        assert_eq!(enrol(&badges, n, CODE), Err(BadgeRefusal::Revoked));
    }
    assert_eq!(badges.of(person(1)).unwrap(), [revoked]);
}

#[test]
fn neither_the_badge_nor_a_plain_hash_of_it_is_in_the_file() {
    let folder = BoxFolder::new();
    let badges = folder.open();
    enrol(&badges, 1, CODE).unwrap();
    let key_file = folder.key_file();
    let key = std::fs::read(&key_file).unwrap();
    assert_eq!(key.len(), KEY_BYTES);
    assert_eq!(std::fs::metadata(&key_file).unwrap().permissions().mode() & 0o777, 0o600);
    drop(badges);
    let file = std::fs::read(folder.table_file()).unwrap();
    let holds = |needle: &[u8]| file.windows(needle.len()).any(|window| window == needle);
    let keyed = digest_of(&key.try_into().unwrap(), &code(CODE));
    assert!(holds(keyed.as_bytes()));
    assert!(!holds(CODE.as_bytes()));
    assert!(!holds(Hash::of(CODE.as_bytes()).to_string().as_bytes()));
}

#[test]
fn without_its_key_a_badge_is_unknown_and_is_told_of() {
    let folder = BoxFolder::new();
    let key_file = folder.key_file();
    let put = |file: Option<&[u8]>| {
        let _ = std::fs::remove_file(&key_file).or_else(|_| std::fs::remove_dir(&key_file));
        match file {
            None => {}
            Some(b"folder") => std::fs::create_dir(&key_file).unwrap(),
            Some(bytes) => std::fs::write(&key_file, bytes).unwrap(),
        }
    };
    enrol(&folder.open(), 1, CODE).unwrap();
    let key = std::fs::read(&key_file).unwrap();
    let mut flipped = key.clone();
    flipped[7] ^= 1;
    for damage in [None, Some(&b"short"[..]), Some(b""), Some(&[7; 4_096]), Some(&flipped), Some(b"folder")] {
        put(damage);
        let badges = folder.open();
        assert_eq!(badges.prove(&code(CODE), NOW).unwrap(), None);
        assert!(!badges.holds(&code("4711")).unwrap());
        let trouble = badges.key_trouble().unwrap().unwrap().to_string();
        assert!(trouble.starts_with("keys/badge.key "), "{trouble}");
        assert_eq!(enrol(&badges, 2, CODE), Err(BadgeRefusal::KeyLost), "it is somebody's");
        badges.make_code(person(2), Some("press")).unwrap();
        put(Some(&key));
        drop(badges);
        let badges = folder.open();
        assert_eq!(badges.key_trouble().unwrap(), None);
        assert_eq!(badges.prove(&code(CODE), NOW).unwrap(), Some(person(1)), "it was put back");
    }
    for damage in [None, Some(&flipped[..])] {
        put(damage);
        let badges = folder.open();
        badges.remove_all(person(1), EntryAuthor::BOX).unwrap();
        assert_eq!(badges.key_trouble().unwrap(), None, "nobody lacks anything");
        enrol(&badges, 1, CODE).unwrap();
        assert_eq!(badges.prove(&code(CODE), NOW).unwrap(), Some(person(1)));
        drop(badges);
        assert_eq!(folder.open().key_trouble().unwrap(), None);
        let stored = std::fs::read(&key_file).unwrap();
        assert!(stored.len() == KEY_BYTES && stored != flipped);
    }
    assert_eq!(std::fs::read(key_file.with_extension("key.bad")).unwrap(), flipped);
}

#[test]
fn a_made_up_badge_is_read_as_it_is_printed() {
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..1_000 {
        let code = BadgeCode::of_bits((&SystemRandom as &dyn RandomSource).bytes());
        let text = code.as_str();
        assert_eq!(BadgeCode::read(text).unwrap().as_str(), text);
        assert!(text.len() == 16 && text.starts_with(|c: char| c.is_ascii_digit()), "{text}");
        assert!(text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase() && !b"ILOU".contains(&b)));
        assert!(seen.insert(text.to_owned()));
    }
}
