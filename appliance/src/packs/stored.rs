//! Packs that somebody brought, and the keys that the facility trusts: in `state.redb`.

use record::limits::NAME_CHARS_MAX;
use record::pack::{PackFile, PackFileError, PackSignature};
use record::sign::{KeyKind, VerifierKey};
use redb::{
    Database, ReadableDatabase as _, ReadableTable as _, ReadableTableMetadata as _, TableDefinition,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::content::{DraftPack, PackFault};
use crate::store::RowReader;

type Rows = TableDefinition<'static, &'static str, &'static [u8]>;

/// By the SHA-256 of what they hold.
const PACKS: Rows = TableDefinition::new("packs");
const KEYS: Rows = TableDefinition::new("pack_keys");
pub const ROW_READERS: &[(&str, RowReader)] = &[("packs", reads_pack), ("pack_keys", reads_key)];
const PACKS_MAX: u64 = 20;
const KEYS_MAX: u64 = 50;

/// Why a pack or a key is not taken.
#[derive(Debug, thiserror::Error)]
pub enum PackRefusal {
    #[error(transparent)]
    File(#[from] PackFileError),
    #[error(transparent)]
    Content(#[from] PackFault),
    #[error("this is no public key")]
    Key,
    #[error("there are as many as the box takes")]
    TooMany,
}

/// Why a pack or a key was not stored.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    #[error(transparent)]
    Refused(#[from] PackRefusal),
    #[error("the table could not be read or written")]
    Database(#[source] Box<redb::Error>),
}

impl From<redb::Error> for PackError {
    fn from(error: redb::Error) -> Self {
        Self::Database(Box::new(error))
    }
}

#[derive(Serialize, Deserialize)]
struct PackRow {
    file: String,
    brought_ms: i64,
}

#[derive(Debug, Clone)]
pub struct StoredPack {
    pub file: PackFile,
    pub content: DraftPack,
    pub brought_ms: i64,
}

impl StoredPack {
    fn of(row: &PackRow) -> Option<Self> {
        let file = PackFile::parse(row.file.as_bytes()).ok()?;
        let content = DraftPack::parse(file.content()).ok()?;
        Some(Self { file, content, brought_ms: row.brought_ms })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustedKey {
    pub key: String,
    pub added_ms: i64,
}

fn reads_pack(row: &[u8]) -> bool {
    serde_json::from_slice::<PackRow>(row).is_ok_and(|row| StoredPack::of(&row).is_some())
}

fn reads_key(row: &[u8]) -> bool {
    serde_json::from_slice::<TrustedKey>(row).is_ok()
}

/// Stores a pack as drafts. The same once more changes nothing, but where it is signed better than before.
///
/// # Errors
/// What is wrong with it, or the database's.
pub fn keep_pack(db: &Database, file: &[u8], now_ms: i64) -> Result<StoredPack, PackError> {
    let parsed = PackFile::parse(file).map_err(PackRefusal::from)?;
    DraftPack::parse(parsed.content()).map_err(PackRefusal::from)?;
    let row = PackRow { file: parsed.to_string(), brought_ms: now_ms };
    let name = parsed.sha256().to_string();
    let trusted: Vec<_> = list_trusted(db)?.iter().filter_map(|row| parse_key(&row.key).ok()).collect();
    let is_stored = put_row(db, PACKS, PACKS_MAX, &name, &row, |there: &PackRow| {
        let there = StoredPack::of(there);
        there.is_none_or(|there| rank_file(&there.file, &trusted) < rank_file(&parsed, &trusted))
    })?;
    if !is_stored {
        return Err(PackRefusal::TooMany.into());
    }
    find_pack(db, &name)?.ok_or_else(|| PackRefusal::File(PackFileError::Form).into())
}

fn rank_file(file: &PackFile, trusted: &[VerifierKey]) -> u8 {
    rank_signature(&file.check_signature(trusted))
}

fn rank_signature(signature: &PackSignature) -> u8 {
    match signature {
        PackSignature::Wrong(_) => 0,
        PackSignature::Unsigned => 1,
        PackSignature::Unknown(_) => 2,
        PackSignature::Trusted(_) => 3,
    }
}

/// All of them, the newest first.
///
/// # Errors
/// The database's.
pub fn list_packs(db: &Database) -> Result<Vec<StoredPack>, redb::Error> {
    let rows: Vec<PackRow> = all_rows(db, PACKS)?;
    let mut packs: Vec<StoredPack> = rows.iter().filter_map(StoredPack::of).collect();
    packs.sort_by_key(|pack| std::cmp::Reverse(pack.brought_ms));
    Ok(packs)
}

pub fn find_pack(db: &Database, sha256: &str) -> Result<Option<StoredPack>, redb::Error> {
    let read = db.begin_read()?;
    let table = match read.open_table(PACKS) {
        Err(redb::TableError::TableDoesNotExist(_)) => return Ok(None),
        opened => opened?,
    };
    let row: Option<PackRow> = table.get(sha256)?.and_then(|row| serde_json::from_slice(row.value()).ok());
    Ok(row.as_ref().and_then(StoredPack::of))
}

/// Deletes a pack; what was published of it stays.
///
/// # Errors
/// The database's.
pub fn remove_pack(db: &Database, sha256: &str) -> Result<(), redb::Error> {
    remove_row(db, PACKS, sha256)
}

/// A public key as its owner hands it on. A relay's key signs no pack.
///
/// # Errors
/// It is none.
pub fn parse_key(text: &str) -> Result<VerifierKey, PackRefusal> {
    let key = VerifierKey::parse(text.trim()).map_err(|_| PackRefusal::Key)?;
    let signs_notes = VerifierKey::new(key.name(), KeyKind::Note, &key.public());
    match signs_notes {
        Ok(same) if same == key && key.name().chars().count() <= NAME_CHARS_MAX => Ok(key),
        _ => Err(PackRefusal::Key),
    }
}

/// What identifies a trusted key: its owner's name and its id.
fn key_fingerprint(key: &VerifierKey) -> String {
    format!("{}+{:08x}", key.name(), key.id())
}

/// Trusts a key from now on; its fingerprint, where it was not trusted before.
///
/// # Errors
/// It is none, or the database's.
pub fn trust_key(db: &Database, text: &str, now_ms: i64) -> Result<Option<String>, PackError> {
    let parsed = parse_key(text)?;
    let (key, fingerprint) = (parsed.to_string(), key_fingerprint(&parsed));
    if list_trusted(db)?.iter().any(|row| row.key == key) {
        return Ok(None);
    }
    let row = TrustedKey { key: key.clone(), added_ms: now_ms };
    let is_stored = put_row(db, KEYS, KEYS_MAX, &key, &row, |_: &TrustedKey| false)?;
    if is_stored { Ok(Some(fingerprint)) } else { Err(PackRefusal::TooMany.into()) }
}

/// All keys that are trusted, the oldest first.
///
/// # Errors
/// The database's.
pub fn list_trusted(db: &Database) -> Result<Vec<TrustedKey>, redb::Error> {
    let mut keys: Vec<TrustedKey> = all_rows(db, KEYS)?;
    keys.sort_by(|a, b| (a.added_ms, &a.key).cmp(&(b.added_ms, &b.key)));
    Ok(keys)
}

pub fn remove_trusted(db: &Database, key: &str) -> Result<Option<String>, redb::Error> {
    if list_trusted(db)?.iter().all(|row| row.key != key) {
        return Ok(None);
    }
    remove_row(db, KEYS, key)?;
    Ok(parse_key(key).ok().map(|parsed| key_fingerprint(&parsed)))
}

fn all_rows<T: DeserializeOwned>(db: &Database, rows: Rows) -> Result<Vec<T>, redb::Error> {
    let read = db.begin_read()?;
    let table = match read.open_table(rows) {
        // Nobody brought one yet.
        Err(redb::TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
        opened => opened?,
    };
    let mut all = Vec::new();
    for row in table.iter()? {
        all.extend(serde_json::from_slice(row?.1.value()).ok());
    }
    Ok(all)
}

/// The first of a name stays, but where the new one is better. False: there are as many as may be.
fn put_row<T: Serialize + DeserializeOwned>(
    db: &Database,
    rows: Rows,
    rows_max: u64,
    name: &str,
    row: &T,
    is_better: impl FnOnce(&T) -> bool,
) -> Result<bool, redb::Error> {
    let write = db.begin_write()?;
    {
        let mut table = write.open_table(rows)?;
        let there = table.get(name)?.map(|there| serde_json::from_slice(there.value()));
        match there {
            Some(Ok(there)) if !is_better(&there) => return Ok(true),
            Some(_) => {}
            None if table.len()? >= rows_max => return Ok(false),
            None => {}
        }
        // Texts and integers: JSON takes them all.
        let json = serde_json::to_vec(row).unwrap_or_default();
        table.insert(name, json.as_slice())?;
    }
    write.commit()?;
    Ok(true)
}

fn remove_row(db: &Database, rows: Rows, name: &str) -> Result<(), redb::Error> {
    let write = db.begin_write()?;
    write.open_table(rows)?.remove(name)?;
    write.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use record::sign::SignerKey;

    use super::*;

    const CONTENT: &str =
        "name = \"Acme\"\nversion = \"1\"\n[[draft]]\nid = \"a\"\nname = \"Wipe\"\nsteps = [\"Gloves on\"]\n";

    fn open() -> (tempfile::TempDir, Database) {
        let dir = tempfile::tempdir().unwrap();
        let db = Database::create(dir.path().join("state.redb")).unwrap();
        (dir, db)
    }

    #[test]
    fn a_pack_is_kept_once_and_there_is_a_bound() {
        let (_dir, db) = open();
        let file = |n: u64| PackFile::new(&format!("{CONTENT}# {n}"), None).unwrap().to_string();
        for n in 0..PACKS_MAX {
            keep_pack(&db, file(n).as_bytes(), 5).unwrap();
        }
        keep_pack(&db, file(0).as_bytes(), 6).unwrap();
        assert!(matches!(
            keep_pack(&db, file(99).as_bytes(), 6),
            Err(PackError::Refused(PackRefusal::TooMany))
        ));
        let all = list_packs(&db).unwrap();
        assert_eq!((all.len() as u64, all[0].brought_ms), (PACKS_MAX, 5));
        let sha256 = all[0].file.sha256().to_string();
        remove_pack(&db, &sha256).unwrap();
        assert!(find_pack(&db, &sha256).unwrap().is_none());
        let wrong = PackFile::new("name = 1", None).unwrap().to_string();
        let refused = keep_pack(&db, wrong.as_bytes(), 6);
        assert!(matches!(refused, Err(PackError::Refused(PackRefusal::Content(_)))));
    }

    #[test]
    fn a_better_signature_takes_the_place_of_one_that_says_less() {
        let (_dir, db) = open();
        let signer = |name: &str| SignerKey::new(name, KeyKind::Note, &[1; 32]).unwrap();
        let file = |signer: Option<&SignerKey>| PackFile::new(CONTENT, signer).unwrap();
        let acme = signer("acme.example");
        let signed = file(Some(&acme));
        let spoilt = {
            let text = signed.to_string();
            let at = text.rfind("\n\nname").unwrap() - 6;
            let other = if &text[at..=at] == "A" { "B" } else { "A" };
            format!("{}{other}{}", &text[..at], &text[at + 1..])
        };
        let sha256 = signed.sha256().to_string();
        let kept = || find_pack(&db, &sha256).unwrap().unwrap().file.to_string();
        let bring = |file: &str| drop(keep_pack(&db, file.as_bytes(), 5).unwrap());
        bring(&file(None).to_string());
        bring(&signed.to_string());
        assert_eq!(kept(), signed.to_string());
        trust_key(&db, &acme.verifier().to_string(), 5).unwrap();
        remove_pack(&db, &sha256).unwrap();
        bring(&spoilt);
        assert_eq!(kept(), spoilt);
        bring(&signed.to_string());
        assert_eq!(kept(), signed.to_string());
        for worse in [spoilt, file(None).to_string(), file(Some(&signer("other.example"))).to_string()] {
            bring(&worse);
            assert_eq!(kept(), signed.to_string());
        }
    }

    #[test]
    fn only_keys_that_sign_packs_are_trusted() {
        let (_dir, db) = open();
        let key = |kind| SignerKey::new("acme.example", kind, &[1; 32]).unwrap().verifier().to_string();
        trust_key(&db, &format!(" {}\n", key(KeyKind::Note)), 5).unwrap();
        for wrong in [key(KeyKind::Cosignature), "acme".to_owned(), String::new()] {
            let refused = trust_key(&db, &wrong, 5);
            assert!(matches!(refused, Err(PackError::Refused(PackRefusal::Key))), "{wrong}");
        }
        let trusted = list_trusted(&db).unwrap();
        assert_eq!(trusted, [TrustedKey { key: key(KeyKind::Note), added_ms: 5 }]);
        remove_trusted(&db, &trusted[0].key).unwrap();
        assert_eq!(list_trusted(&db).unwrap(), []);
    }
}
