//! The code that opens the set-up page while nobody can sign in: a person with physical access to the box can read it.
//! It opens the page once.

use std::io::{Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, fchown};
use std::path::{Path, PathBuf};

use firmware_config::fields::{SETUP_CODE_SYMBOLS, read_setup_code};
use service::random::RandomSource;
use sha2::{Digest as _, Sha256};

use super::{CODE_FILE, USED_FILE};

/// Of a code that the box makes: 50 bits, of which one try a second reads nothing in a person's life.
const SYMBOLS_COUNT: usize = 10;
const CODE_BYTES_MAX: u64 = 256;
const USED_BYTES_MAX: usize = 64 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum SetupCodeError {
    #[error("the set-up code in {} cannot be read or made: {source}", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error(
        "the list of used set-up codes in {} cannot be read: {source}. Nothing was changed, and no code opens the set-up page: put \
         the file back, or have `setup-code --new` or a claim file with another code begin a new list",
        path.display()
    )]
    Used { path: PathBuf, source: std::io::Error },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodeState {
    Absent,
    /// It has opened the page, or somebody can sign in without it, or it is unknown whether it has.
    Used,
    Valid(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeTrial {
    Right,
    Used,
    Wrong,
}

#[derive(Debug, Clone)]
pub struct SetupCode {
    path: PathBuf,
    /// In the data folder: first boot's folder is not the service's to write.
    used: PathBuf,
}

/// A new code, such as `7QK3M-9X2WA`.
pub fn make_code(random: &dyn RandomSource) -> String {
    let symbols = make_symbols::<SYMBOLS_COUNT>(random);
    let (left, right) = symbols.split_at(SYMBOLS_COUNT / 2);
    format!("{left}-{right}")
}

pub(super) fn make_symbols<const COUNT: usize>(random: &dyn RandomSource) -> String {
    let mut bytes = [0; COUNT];
    random.fill(&mut bytes);
    bytes.map(|byte| char::from(SETUP_CODE_SYMBOLS[usize::from(byte % 32)])).iter().collect()
}

impl SetupCode {
    /// First boot's where there is an image, else the box's own.
    pub fn find(folder: Option<&Path>, data: &Path) -> Self {
        Self { path: folder.unwrap_or(data).join(CODE_FILE), used: data.join(USED_FILE) }
    }

    /// Makes one where there is none. One that is used up stays so.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn ensure(&self, random: &dyn RandomSource) -> Result<(), SetupCodeError> {
        match self.state() {
            CodeState::Absent => {
                self.read_used()?;
                self.renew(random).map(drop)
            }
            CodeState::Used | CodeState::Valid(_) => Ok(()),
        }
    }

    /// Makes a new one in place of whatever there is.
    ///
    /// # Errors
    /// It cannot be written; it would open nothing, since the list of used ones can be neither read nor begun again.
    pub fn renew(&self, random: &dyn RandomSource) -> Result<String, SetupCodeError> {
        self.renew_list(random)?;
        let code = make_code(random);
        // Root may make it for the service, to which the file or the data folder belongs.
        let owner = std::fs::metadata(&self.path).ok().or_else(|| self.service_owner());
        let written = put_file(&self.path, &format!("{code}\n"), owner);
        written.map_err(|source| SetupCodeError::File { path: self.path.clone(), source })?;
        Ok(code)
    }

    /// Begins the list of used codes again where it is damaged, with the present code in it: for a person with physical
    /// access who puts another code there, which would otherwise open nothing for ever. What was there stays beside it.
    ///
    /// # Errors
    /// It cannot be written, or it cannot be read by the calling user.
    pub fn renew_list(&self, random: &dyn RandomSource) -> Result<(), SetupCodeError> {
        match self.read_used() {
            Ok(_) => return Ok(()),
            Err(SetupCodeError::Used { source, .. })
                if source.kind() != std::io::ErrorKind::PermissionDenied =>
            {
                tracing::error!(error = %source, "the list of used set-up codes is begun anew");
            }
            Err(error) => return Err(error),
        }
        if let Err(error) = keep_aside(&self.used) {
            tracing::warn!(%error, "the damaged list of used set-up codes is not kept");
        }
        let text = read_start(&self.path, CODE_BYTES_MAX).unwrap_or_default();
        let written = match read_setup_code(text.trim()) {
            Ok(symbols) => put_file(&self.used, &used_line(random, &symbols), self.service_owner()),
            Err(_) => remove_if_there(&self.used),
        };
        written.map_err(|source| SetupCodeError::File { path: self.used.clone(), source })
    }

    fn service_owner(&self) -> Option<std::fs::Metadata> {
        std::fs::metadata(self.used.parent()?).ok()
    }

    pub fn state(&self) -> CodeState {
        let Some(text) = read_start(&self.path, CODE_BYTES_MAX) else { return CodeState::Absent };
        let code = text.trim();
        let Ok(symbols) = read_setup_code(code) else { return CodeState::Absent };
        if self.is_used(&symbols) { CodeState::Used } else { CodeState::Valid(code.to_owned()) }
    }

    /// The code, while it opens the page.
    pub fn read(&self) -> Option<String> {
        match self.state() {
            CodeState::Valid(code) => Some(code),
            CodeState::Absent | CodeState::Used => None,
        }
    }

    /// Whether somebody entered it, as people write it: small letters, blanks and hyphens where they like. It takes as long
    /// whatever code was entered.
    pub fn try_code(&self, entered: &str) -> CodeTrial {
        let text = read_start(&self.path, CODE_BYTES_MAX).unwrap_or_default();
        let (Ok(symbols), Ok(entered)) = (read_setup_code(text.trim()), read_setup_code(entered)) else {
            return CodeTrial::Wrong;
        };
        match is_same(&digest_symbols("", &symbols), &digest_symbols("", &entered)) {
            true if self.is_used(&symbols) => CodeTrial::Used,
            true => CodeTrial::Right,
            false => CodeTrial::Wrong,
        }
    }

    /// From now on the present code opens nothing any more, also where it is put there again. Without one there is nothing to do.
    ///
    /// # Errors
    /// It cannot be written down.
    pub fn use_up(&self, random: &dyn RandomSource) -> Result<(), SetupCodeError> {
        let text = read_start(&self.path, CODE_BYTES_MAX).unwrap_or_default();
        let Ok(symbols) = read_setup_code(text.trim()) else { return Ok(()) };
        // What cannot be read stays: behind a new list every code in it would open the page again.
        let mut list = self.read_used()?;
        if is_listed(&list, &symbols) {
            return Ok(());
        }
        list.push_str(&used_line(random, &symbols));
        while list.len() > USED_BYTES_MAX {
            let Some(end) = list.find('\n') else { break };
            list.drain(..=end);
        }
        let written = put_file(&self.used, &list, None);
        written.map_err(|source| SetupCodeError::File { path: self.used.clone(), source })
    }

    fn is_used(&self, symbols: &str) -> bool {
        match self.read_used() {
            Ok(list) => is_listed(&list, symbols),
            Err(error) => {
                tracing::error!(%error, "every set-up code counts as used");
                true
            }
        }
    }

    /// The list of used codes, one per line; without its file there are none.
    fn read_used(&self) -> Result<String, SetupCodeError> {
        let mut text = String::new();
        match std::fs::File::open(&self.used) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(text),
            opened => {
                let mut start =
                    opened.map_err(|source| self.refuse_used(source))?.take(USED_BYTES_MAX as u64 + 1);
                start.read_to_string(&mut text).map_err(|source| self.refuse_used(source))?;
            }
        }
        let is_whole = text.ends_with('\n') && text.lines().all(is_used_line);
        if !is_whole || text.len() > USED_BYTES_MAX {
            let source = std::io::Error::new(std::io::ErrorKind::InvalidData, "it is no such list");
            return Err(self.refuse_used(source));
        }
        Ok(text)
    }

    fn refuse_used(&self, source: std::io::Error) -> SetupCodeError {
        SetupCodeError::Used { path: self.used.clone(), source }
    }
}

fn is_listed(list: &str, symbols: &str) -> bool {
    let mut lines = list.lines().filter_map(|line| line.split_once(' '));
    lines.any(|(salt, digest)| used_digest(salt, symbols) == digest)
}

fn used_line(random: &dyn RandomSource, symbols: &str) -> String {
    // An installer may use one code for many boxes: what this file says of it is of no use elsewhere.
    let salt = make_symbols::<26>(random);
    format!("{salt} {}\n", used_digest(&salt, symbols))
}

fn is_used_line(line: &str) -> bool {
    let Some((_, digest)) = line.split_once(' ') else { return false };
    digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn used_digest(salt: &str, symbols: &str) -> String {
    digest_symbols(salt, symbols).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn read_start(path: &Path, bytes_max: u64) -> Option<String> {
    let mut text = String::new();
    std::fs::File::open(path).ok()?.take(bytes_max).read_to_string(&mut text).ok()?;
    Some(text)
}

/// Old or new, whatever happens meanwhile.
fn put_file(path: &Path, text: &str, owner: Option<std::fs::Metadata>) -> std::io::Result<()> {
    let temporary = path.with_extension("new");
    remove_if_there(&temporary)?;
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
    let own = file.metadata()?;
    if let Some(owner) = owner.filter(|owner| (owner.uid(), owner.gid()) != (own.uid(), own.gid())) {
        fchown(&file, Some(owner.uid()), Some(owner.gid()))?;
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&temporary, path)?;
    match path.parent() {
        Some(folder) => std::fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

fn remove_if_there(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Links a file under a second name, and renames what is no file. A file counts until the next one is in its place.
fn keep_aside(path: &Path) -> std::io::Result<()> {
    let aside = path.with_extension("bad");
    remove_if_there(&aside)?;
    match std::fs::symlink_metadata(path)?.is_file() {
        true => std::fs::hard_link(path, aside),
        false => std::fs::rename(path, aside),
    }
}

fn digest_symbols(salt: &str, symbols: &str) -> [u8; 32] {
    Sha256::new().chain_update(salt).chain_update(symbols).finalize().into()
}

fn is_same(one: &[u8; 32], other: &[u8; 32]) -> bool {
    one.iter().zip(other).fold(0, |different, (a, b)| different | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use service::random::SeededRandom;

    use super::*;

    fn put(dir: &tempfile::TempDir, text: &str) {
        std::fs::write(dir.path().join(CODE_FILE), text).unwrap();
    }

    #[test]
    fn it_is_made_once_and_read_as_people_write_it() {
        let dir = tempfile::tempdir().unwrap();
        let code = SetupCode::find(None, dir.path());
        for entered in ["", "anything", "AAAAA-AAAAA"] {
            assert_eq!(code.try_code(entered), CodeTrial::Wrong, "without a code nobody gets in");
        }
        code.ensure(&SeededRandom::new(1)).unwrap();
        let text = code.read().unwrap();
        assert_eq!((text.len(), text.find('-')), (11, Some(5)), "{text}");
        code.ensure(&SeededRandom::new(2)).unwrap();
        assert_eq!(code.read().unwrap(), text);
        let mode = std::fs::metadata(dir.path().join(CODE_FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let loose = format!(" {} ", text.to_lowercase().replace('-', " "));
        assert_eq!([code.try_code(&text), code.try_code(&loose)], [CodeTrial::Right; 2]);
        for wrong in ["", &text[1..], &format!("{text}A")] {
            assert_eq!(code.try_code(wrong), CodeTrial::Wrong, "{wrong}");
        }
        put(&dir, "O1L-0i-o1l\n");
        assert_eq!(code.try_code("01101 011"), CodeTrial::Right, "letters that look like digits are digits");
    }

    #[test]
    fn what_is_no_code_opens_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let code = SetupCode::find(None, dir.path());
        for text in ["--------", "        ", "PEAR", "PEAR_4711", "ÄÄÄÄÄÄÄÄ", ""] {
            put(&dir, text);
            assert_eq!(code.state(), CodeState::Absent, "{text:?}");
            for entered in [text, "--------", ""] {
                assert_eq!(code.try_code(entered), CodeTrial::Wrong, "{text:?} by {entered:?}");
            }
        }
        code.ensure(&SeededRandom::new(1)).unwrap();
        assert!(matches!(code.state(), CodeState::Valid(_)), "one is made in its place");
    }

    #[test]
    fn a_used_code_stays_used() {
        let dir = tempfile::tempdir().unwrap();
        let random = SeededRandom::new(1);
        let code = SetupCode::find(None, dir.path());
        put(&dir, "PEAR-4711\n");
        assert_eq!(code.try_code("pear 4711"), CodeTrial::Right);
        code.use_up(&random).unwrap();
        code.use_up(&random).unwrap();
        let started = SetupCode::find(None, dir.path());
        assert_eq!((started.state(), started.read()), (CodeState::Used, None), "after a restart too");
        started.ensure(&random).unwrap();
        assert_eq!(started.try_code("PEAR-4711"), CodeTrial::Used, "none is made in its place by itself");
        assert_eq!(started.try_code("PEAR-4712"), CodeTrial::Wrong);
        put(&dir, "pear4711");
        assert_eq!(started.try_code("PEAR-4711"), CodeTrial::Used, "the same one again, written otherwise");
        put(&dir, "PLUM-4711");
        let made = SetupCode::find(None, dir.path());
        assert!(read_setup_code("PLUM-4711").is_err() && made.state() == CodeState::Absent, "no U");
        let new = made.renew(&random).unwrap();
        assert_eq!(made.try_code(&new), CodeTrial::Right);
        made.use_up(&random).unwrap();
        put(&dir, "PEAR-4711");
        assert_eq!(made.try_code("PEAR-4711"), CodeTrial::Used, "all of them are remembered");
        let list = std::fs::read_to_string(dir.path().join(USED_FILE)).unwrap();
        assert!(list.lines().count() == 2 && !list.contains("4711"), "{list}");
        let mode = std::fs::metadata(dir.path().join(USED_FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_list_that_cannot_be_read_opens_nothing_and_stays() {
        let dir = tempfile::tempdir().unwrap();
        let (random, code) = (SeededRandom::new(1), SetupCode::find(None, dir.path()));
        put(&dir, "PEAR-4711\n");
        code.use_up(&random).unwrap();
        let path = dir.path().join(USED_FILE);
        let list = std::fs::read(&path).unwrap();
        put(&dir, "PEAR-4712\n");
        assert_eq!(code.state(), CodeState::Valid("PEAR-4712".to_owned()));
        let too_long = list.repeat(USED_BYTES_MAX / list.len() + 1);
        let (begun, cut) = (&list[1..40], &list[..list.len() - 1]);
        for wrong in [&b""[..], &b"\xff\xfe\n"[..], &b"\n"[..], begun, cut, &too_long[..]] {
            std::fs::write(&path, wrong).unwrap();
            assert_eq!((code.state(), code.read()), (CodeState::Used, None));
            assert_eq!(code.try_code("PEAR-4712"), CodeTrial::Used);
            assert_eq!(code.try_code("PEAR-4713"), CodeTrial::Wrong);
            assert!(matches!(code.use_up(&random), Err(SetupCodeError::Used { .. })));
            std::fs::remove_file(dir.path().join(CODE_FILE)).unwrap();
            assert!(matches!(code.ensure(&random), Err(SetupCodeError::Used { .. })), "never by itself");
            put(&dir, "PEAR-4712\n");
            assert_eq!(std::fs::read(&path).unwrap(), wrong);
        }
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert_eq!(code.state(), CodeState::Used);
        std::fs::remove_dir(&path).unwrap();
        std::fs::write(&path, &list).unwrap();
        assert_eq!(code.try_code("PEAR-4712"), CodeTrial::Right);
    }

    #[test]
    fn whoever_makes_a_new_code_begins_a_damaged_list_anew() {
        let dir = tempfile::tempdir().unwrap();
        let (random, code) = (SeededRandom::new(1), SetupCode::find(None, dir.path()));
        let (path, aside) = (dir.path().join(USED_FILE), dir.path().join("setup-code-used.bad"));
        for wrong in ["", "noise\n"] {
            put(&dir, "PEAR-4711\n");
            std::fs::write(&path, wrong).unwrap();
            let made = code.renew(&random).unwrap();
            assert_eq!(code.state(), CodeState::Valid(made), "{wrong:?}");
            assert_eq!(std::fs::read_to_string(&aside).unwrap(), wrong);
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            put(&dir, "PEAR-4711\n");
            assert_eq!(code.state(), CodeState::Used, "the one before opens nothing: {wrong:?}");
        }
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        let made = code.renew(&random).unwrap();
        assert_eq!(code.state(), CodeState::Valid(made), "a folder in its place");
        assert!(aside.is_dir());
        std::fs::remove_dir(&aside).unwrap();
        std::fs::remove_file(dir.path().join(CODE_FILE)).unwrap();
        std::fs::write(&path, "noise\n").unwrap();
        let made = code.renew(&random).unwrap();
        assert_eq!(code.state(), CodeState::Valid(made), "without a code before");
        code.use_up(&random).unwrap();
        let list = std::fs::read_to_string(&path).unwrap();
        code.renew(&random).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), list, "a whole list stays");
    }

    fn list_line(n: usize) -> String {
        format!("{n:026} {n:064x}\n")
    }

    #[test]
    fn a_full_list_loses_its_oldest_lines_whole() {
        let dir = tempfile::tempdir().unwrap();
        let code = SetupCode::find(None, dir.path());
        let length = list_line(0).len();
        let full: String = (0..USED_BYTES_MAX / length).map(list_line).collect();
        let path = dir.path().join(USED_FILE);
        std::fs::write(&path, &full).unwrap();
        put(&dir, "PEAR-4711\n");
        code.use_up(&SeededRandom::new(1)).unwrap();
        let list = std::fs::read_to_string(&path).unwrap();
        assert!(list.starts_with(&full[length..]), "all but the oldest");
        assert_eq!(list.lines().count(), full.lines().count());
        assert_eq!(code.try_code("PEAR-4711"), CodeTrial::Used);
    }

    #[test]
    fn first_boots_code_comes_before_the_boxs_own() {
        let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        put(&folder, "installer-1");
        let code = SetupCode::find(Some(folder.path()), data.path());
        assert_eq!(code.try_code("installer-1"), CodeTrial::Right);
        code.use_up(&SeededRandom::new(1)).unwrap();
        assert!(data.path().join(USED_FILE).exists(), "the service writes in its own folder alone");
    }
}
