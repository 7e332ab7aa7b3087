//! How far the box's setting up is, as the image's provisioning left it for panel, slip and pages.

use std::io::Read as _;
use std::path::Path;

use serde::Deserialize;

/// More than any list of mistakes takes.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// What provisioning writes.
pub const STATE_FILE: &str = "setup.json";
/// The first administrator's code, for as long as nobody has used it. Nothing of the box keeps a copy.
pub const CODE_FILE: &str = "setup-code";
/// Longer than any code that a claim file may hold.
const CODE_BYTES_MAX: u64 = 256;

/// How far the setting up is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SetupProgress {
    /// Nobody sets this box up by a card: it has its settings file.
    #[default]
    NotUsed,
    /// No claim file came: it waits for somebody at its set-up page.
    Open,
    /// The claim file has this many mistakes.
    Mistakes(u32),
    /// It is set up.
    Done,
}

#[derive(Deserialize)]
struct StateFile {
    state: String,
    #[serde(default, alias = "mistakes")]
    rows: Vec<serde::de::IgnoredAny>,
}

/// Reads what provisioning left in `dir`. A file that cannot be read is none: the box works, whoever set it up.
pub fn read_setup_progress(dir: Option<&Path>) -> SetupProgress {
    let Some(bytes) = dir.and_then(|dir| read_small(&dir.join(STATE_FILE), FILE_BYTES_MAX)) else {
        return SetupProgress::NotUsed;
    };
    match serde_json::from_slice::<StateFile>(&bytes) {
        Ok(StateFile { state, rows }) => match state.as_str() {
            "none" => SetupProgress::Open,
            "mistakes" => SetupProgress::Mistakes(u32::try_from(rows.len()).unwrap_or(u32::MAX).max(1)),
            "done" => SetupProgress::Done,
            _ => SetupProgress::NotUsed,
        },
        Err(error) => {
            tracing::warn!(%error, "what was left of the setting up cannot be read");
            SetupProgress::NotUsed
        }
    }
}

/// The set-up code, while it can be used.
pub fn read_setup_code(dir: Option<&Path>) -> Option<String> {
    let bytes = read_small(&dir?.join(CODE_FILE), CODE_BYTES_MAX)?;
    let code = String::from_utf8(bytes).ok()?.trim().to_owned();
    (!code.is_empty() && code.chars().all(|c| c.is_ascii_graphic())).then_some(code)
}

fn read_small(path: &Path, bytes_max: u64) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).ok()?;
    file.take(bytes_max + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= bytes_max).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_provisioning_left_is_read_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let dir_path = Some(dir.path());
        assert_eq!(read_setup_progress(None), SetupProgress::NotUsed);
        assert_eq!(read_setup_progress(dir_path), SetupProgress::NotUsed);
        let cases = [
            (r#"{"state":"none"}"#, SetupProgress::Open),
            (r#"{"state":"done","rows":[]}"#, SetupProgress::Done),
            (r#"{"state":"mistakes","rows":[{"line":3},{"line":4}]}"#, SetupProgress::Mistakes(2)),
            (r#"{"state":"mistakes","mistakes":[{"key":"a"}]}"#, SetupProgress::Mistakes(1)),
            (r#"{"state":"mistakes"}"#, SetupProgress::Mistakes(1)),
            (r#"{"state":"of a later version"}"#, SetupProgress::NotUsed),
            ("{", SetupProgress::NotUsed),
        ];
        for (text, state) in cases {
            std::fs::write(dir.path().join(STATE_FILE), text).unwrap();
            assert_eq!(read_setup_progress(dir_path), state, "{text}");
        }
        std::fs::write(dir.path().join(STATE_FILE), vec![b' '; (1 << 20) + 1]).unwrap();
        assert_eq!(read_setup_progress(dir_path), SetupProgress::NotUsed);
    }

    #[test]
    fn a_code_is_there_until_it_is_used() {
        let dir = tempfile::tempdir().unwrap();
        let code = |text: &str| {
            std::fs::write(dir.path().join(CODE_FILE), text).unwrap();
            read_setup_code(Some(dir.path()))
        };
        assert_eq!(code("K7QX-93MP\n").as_deref(), Some("K7QX-93MP"));
        for none in ["", "\n", "two words", "tab\tand", "\u{1b}@", &"x".repeat(300)] {
            assert_eq!(code(none), None, "{none:?}");
        }
        assert_eq!(read_setup_code(None), None);
    }
}
