//! The list of cards that are written in a row: a CSV as spreadsheets save it, in which each card that is done is marked.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use firmware_config::decode_text;

use crate::edits::{ClaimEdits, EDITABLE, read_claim};
use crate::error::{FlashError, describe_edits};
use crate::volume::{read_bounded, write_whole};

/// Thousands of cards with long notes.
const LIST_BYTES_MAX: usize = 4 * 1024 * 1024;
const CLAIM_COLUMN: &str = "claim";
const DONE_COLUMN: &str = "done";
const FREE_COLUMNS: [&str; 4] = ["room", "note", "notes", "box"];

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BatchCard {
    pub(crate) line: u64,
    pub(crate) name: String,
    pub(crate) claim: String,
    pub(crate) is_done: bool,
}

#[derive(Debug)]
pub(crate) struct BatchList {
    path: PathBuf,
    separator: u8,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
    pub(crate) cards: Vec<BatchCard>,
}

struct RowReader<'a> {
    folder: &'a Path,
    header: &'a [String],
    mistakes: Vec<String>,
    /// Code and host name of earlier rows, with their line.
    seen: HashMap<String, u64>,
}

impl BatchList {
    /// Reads every claim file that the list names too, and reports all mistakes of all rows before any card
    /// is touched.
    pub(crate) fn read(path: &Path) -> Result<Self, FlashError> {
        let bytes = read_bounded(path, LIST_BYTES_MAX + 1)?.ok_or_else(|| FlashError::FileUnreadable {
            path: path.to_owned(),
            source: std::io::ErrorKind::NotFound.into(),
        })?;
        if bytes.len() > LIST_BYTES_MAX {
            return Err(refuse_list(path, format!("it has more than {LIST_BYTES_MAX} bytes")));
        }
        let text = decode_text(&bytes)
            .map_err(|_| refuse_list(path, "it is not text: save it as CSV in UTF-8".into()))?;
        // The CSV reader counts a Windows line end only with the next line.
        let text = text.replace("\r\n", "\n");
        let first = text.lines().next().unwrap_or_default();
        // Spreadsheets in half of Europe write semicolons.
        let separator =
            [b';', b'\t', b','].into_iter().find(|&s| first.contains(char::from(s))).unwrap_or(b',');
        let mut reader =
            csv::ReaderBuilder::new().delimiter(separator).flexible(true).from_reader(text.as_bytes());
        let header = reader.headers().map_err(|e| refuse_list(path, e.to_string()))?;
        let mut header: Vec<String> = header.iter().map(|name| name.trim().to_lowercase()).collect();
        let columns = header.len();
        if !header.iter().any(|name| name == DONE_COLUMN) {
            header.push(DONE_COLUMN.to_owned());
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        let mistakes = check_header(&header);
        let mut rows = Vec::new();
        let mut cards = Vec::new();
        let mut common = RowReader { folder, header: &header, mistakes, seen: HashMap::new() };
        for record in reader.records() {
            let record = record.map_err(|e| refuse_list(path, e.to_string()))?;
            let line = record.position().map_or(0, csv::Position::line);
            let mut row: Vec<String> = record.iter().map(|value| value.trim().to_owned()).collect();
            // Spreadsheets end with rows of nothing but separators.
            if row.iter().all(String::is_empty) {
                continue;
            }
            common.refuse_surplus(line, row.get(columns..).unwrap_or_default());
            row.truncate(columns);
            row.resize(header.len(), String::new());
            cards.extend(common.read_row(line, &row));
            rows.push(row);
        }
        let mistakes = common.mistakes;
        if rows.is_empty() && mistakes.is_empty() {
            return Err(refuse_list(
                path,
                "it has no card: a first row with the columns' names, then a row for each card".into(),
            ));
        }
        if !mistakes.is_empty() {
            return Err(FlashError::BatchList { path: path.to_owned(), mistakes });
        }
        Ok(Self { path: path.to_owned(), separator, header, rows, cards })
    }

    pub(crate) fn mark_done(&mut self, nth: usize, when: &str) -> Result<(), FlashError> {
        let column = self.header.iter().position(|name| name == DONE_COLUMN).unwrap_or(0);
        if let (Some(cell), Some(card)) =
            (self.rows.get_mut(nth).and_then(|row| row.get_mut(column)), self.cards.get_mut(nth))
        {
            when.clone_into(cell);
            card.is_done = true;
        }
        let mut writer =
            csv::WriterBuilder::new().delimiter(self.separator).flexible(true).from_writer(Vec::new());
        writer.write_record(&self.header).map_err(|e| self.report_unwritable(e))?;
        for row in &self.rows {
            writer.write_record(row).map_err(|e| self.report_unwritable(e))?;
        }
        let bytes = writer.into_inner().map_err(|e| self.report_unwritable(e.into_error().into()))?;
        write_whole(&self.path, &bytes)
    }

    fn report_unwritable(&self, source: csv::Error) -> FlashError {
        FlashError::report_unwritable(&self.path, std::io::Error::other(source))
    }

    pub(crate) fn count_done(&self) -> usize {
        self.cards.iter().filter(|card| card.is_done).count()
    }
}

fn refuse_list(path: &Path, why: String) -> FlashError {
    FlashError::BatchList { path: path.to_owned(), mistakes: vec![why] }
}

fn check_header(header: &[String]) -> Vec<String> {
    let mut mistakes = Vec::new();
    for (nth, name) in header.iter().enumerate() {
        let known = name.is_empty()
            || [CLAIM_COLUMN, DONE_COLUMN].contains(&name.as_str())
            || FREE_COLUMNS.contains(&name.as_str())
            || EDITABLE.iter().any(|(own, _, _)| own == name);
        if !known {
            let own = EDITABLE.iter().map(|(own, _, _)| *own).chain([CLAIM_COLUMN]);
            let nearest = own.min_by_key(|own| strsim::damerau_levenshtein(own, name)).unwrap_or_default();
            mistakes.push(format!(
                "line 1: there is no column `{name}`. Did you mean `{nearest}`? For people only: {}",
                FREE_COLUMNS.join(", ")
            ));
        }
        if !name.is_empty() && header.iter().take(nth).any(|before| before == name) {
            mistakes.push(format!("line 1: the column `{name}` is there twice"));
        }
    }
    mistakes
}

impl RowReader<'_> {
    fn find_cell<'r>(&self, row: &'r [String], name: &str) -> Option<&'r str> {
        let at = self.header.iter().position(|column| column == name)?;
        row.get(at).map(String::as_str).filter(|text| !text.is_empty())
    }

    /// `None` where something is wrong; the mistakes are noted.
    fn read_row(&mut self, line: u64, row: &[String]) -> Option<BatchCard> {
        let mut edits = ClaimEdits::default();
        for (name, _, _) in EDITABLE {
            if let Some(text) = self.find_cell(row, name) {
                edits.add(name, text);
            }
        }
        let file = match self.find_cell(row, CLAIM_COLUMN).map(|claim| read_claim(&self.folder.join(claim))) {
            None => firmware_config::ClaimFile::default(),
            Some(Ok(file)) => file,
            Some(Err(error)) => {
                self.mistakes.push(format!("line {line}: {error}"));
                return None;
            }
        };
        let is_done = self.find_cell(row, DONE_COLUMN).is_some();
        let file = match edits.apply(&file) {
            Ok(file) => file,
            Err(error) => {
                self.mistakes.push(format!("line {line}: {}", describe_edits(&error).replace('\n', "; ")));
                return None;
            }
        };
        let code = file.relay.as_ref().map(|relay| relay.code.reveal().to_owned());
        let host = file.hostname.clone();
        self.refuse_double(line, "claim code", code.as_ref());
        self.refuse_double(line, "host name", host.as_ref());
        let name = host.unwrap_or_else(|| format!("line {line}"));
        Some(BatchCard { line, name, claim: file.to_toml(), is_done })
    }

    /// Values after the last column: mostly a value with a comma that lacks quotation marks.
    fn refuse_surplus(&mut self, line: u64, values: &[String]) {
        if values.iter().any(|value| !value.is_empty()) {
            self.mistakes.push(format!(
                "line {line}: it has more values than the first row has columns. A value with a separator in it stands between \
                 quotation marks: \"10.0.0.1,10.0.0.2\""
            ));
        }
    }

    fn refuse_double(&mut self, line: u64, what: &str, value: Option<&String>) {
        let Some(value) = value else { return };
        if let Some(before) = self.seen.insert(format!("{what} {value}"), line) {
            self.mistakes
                .push(format!("line {line}: its {what} is that of line {before} too; each box has its own"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::CLAIM;

    fn saved(list: &[u8]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("claim.toml"), CLAIM).unwrap();
        let path = folder.path().join("cards.csv");
        std::fs::write(&path, list).unwrap();
        (folder, path)
    }

    #[test]
    fn as_spreadsheets_write_it() {
        let plain =
            "Hostname,claim,passphrase,room\nor-1,claim.toml,,12\nor-2,claim.toml,\"other, words\",13\n";
        let semicolons = "\u{feff}hostname;claim;passphrase;room\r\nor-1;claim.toml;;12\r\nor-2;claim.toml;\"other, words\"\r\n;;;\r\n";
        let wide: Vec<u8> = semicolons.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for list in [plain.as_bytes(), semicolons.as_bytes(), &wide] {
            let (_folder, path) = saved(list);
            let list = BatchList::read(&path).unwrap();
            let names: Vec<&str> = list.cards.iter().map(|card| card.name.as_str()).collect();
            assert_eq!(names, ["or-1", "or-2"]);
            let key = firmware_config::hash_passphrase("Hospital IoT", "other, words");
            assert!(list.cards[1].claim.contains(key.reveal()));
            assert!(!list.cards[0].claim.contains("horse"));
        }
    }

    fn own_network(passphrase: &str) -> (bool, Option<String>) {
        (false, Some(passphrase.to_owned()))
    }

    #[test]
    fn a_row_may_make_a_box_a_wi_fi_of_its_own() {
        let (_folder, path) = saved(
            b"hostname,claim,access_point_passphrase\nor-1,claim.toml,\nor-2,claim.toml,\"seven, words\"\nor-3,,eight words\n",
        );
        let list = BatchList::read(&path).unwrap();
        let claims = list.cards.iter().map(|card| {
            let claim = firmware_config::ClaimFile::parse(card.claim.as_bytes()).unwrap();
            let passphrase = claim.access_point.map(|own| own.passphrase.reveal().to_owned());
            (claim.wifi.is_some(), passphrase)
        });
        assert_eq!(
            claims.collect::<Vec<_>>(),
            [(true, None), own_network("seven, words"), own_network("eight words")]
        );
        let (_folder, path) =
            saved(b"hostname,ssid,country,access_point_passphrase\nor-1,Ward,US,seven words\nor-2,,,short\n");
        let error = BatchList::read(&path).unwrap_err().to_string();
        assert!(
            error.contains("line 2: access_point ") && error.contains("line 3: access_point.passphrase "),
            "{error}"
        );
        assert!(!error.contains("seven words") && !error.contains("short"), "{error}");
    }

    #[test]
    fn what_is_marked_is_done_the_next_time() {
        let (_folder, path) = saved(b"hostname;claim;note\nor-1;claim.toml;a\nor-2;claim.toml;\"b; c\"\n");
        let mut list = BatchList::read(&path).unwrap();
        assert_eq!(list.count_done(), 0);
        list.mark_done(1, "2026-11-23T10:00:00Z").unwrap();
        let again = BatchList::read(&path).unwrap();
        assert_eq!(again.cards.iter().map(|card| card.is_done).collect::<Vec<_>>(), [false, true]);
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(
            text,
            "hostname;claim;note;done\nor-1;claim.toml;a;\nor-2;claim.toml;\"b; c\";2026-11-23T10:00:00Z\n"
        );
    }

    #[test]
    fn every_mistake_of_every_row_at_once() {
        let (folder, path) = saved(
            b"hostname,claim,gateway,hostnme\nor 1,claim.toml,,\nor-2,none.toml,,\nor-3,,10.0.0.1,\nor-4,bad.toml,,\n\
              or-5,claim.toml,,\nor-5,claim.toml,,\n",
        );
        std::fs::write(folder.path().join("bad.toml"), "version = 7").unwrap();
        let error = BatchList::read(&path).unwrap_err();
        assert_eq!(error.exit(), crate::exit::FlashExit::Input);
        let text = error.to_string();
        for part in [
            "line 1: there is no column `hostnme`. Did you mean `hostname`?",
            "line 2: hostname must be 1 to 63",
            "line 3: ",
            "line 4: network.gateway needs",
            "line 5: ",
            "line 7: its host name is that of line 6 too",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn a_row_with_too_many_values_is_neither_written_nor_done() {
        for list in [
            "hostname,dns\nor-1,10.0.0.1\nor-2,10.0.0.1,10.0.0.2\n",
            "hostname,dns,done\nor-1,10.0.0.1,\nor-2,10.0.0.1,,10.0.0.2\n",
        ] {
            let (_folder, path) = saved(list.as_bytes());
            let text = BatchList::read(&path).unwrap_err().to_string();
            assert!(text.contains("line 3: it has more values"), "{text}");
        }
        // Separators alone are no values, and the mark goes into its own column.
        let (_folder, path) = saved(b"hostname;note\nor-1;a;;;\nor-2;b\n");
        let mut list = BatchList::read(&path).unwrap();
        assert_eq!(list.count_done(), 0);
        list.mark_done(0, "now").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "hostname;note;done\nor-1;a;now\nor-2;b;\n");
    }

    #[test]
    fn lines_are_counted_however_they_end() {
        for end in ["\n", "\r\n"] {
            let text = ["\u{feff}hostname,time_zone", "or-1,Europe/Berlin", "or-2,Mars/Base", ""].join(end);
            let (_folder, path) = saved(text.as_bytes());
            let text = BatchList::read(&path).unwrap_err().to_string();
            assert!(text.contains("line 3: time_zone"), "{text}");
        }
    }

    #[test]
    fn what_is_no_list() {
        for bytes in [&b""[..], b"hostname\n", b"\xff\x00", b"a,b\n\"open"] {
            let (_folder, path) = saved(bytes);
            assert!(matches!(BatchList::read(&path), Err(FlashError::BatchList { .. })), "{bytes:?}");
        }
        let lost = BatchList::read(Path::new("no-such-list.csv"));
        assert!(matches!(lost, Err(FlashError::FileUnreadable { .. })));
    }
}
