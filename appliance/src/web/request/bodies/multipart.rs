//! `multipart/form-data`, read piece by piece with every buffer bounded: a photo is never held in memory whole.

/// Bytes of one part's headers; browsers send about 150.
const PART_HEAD_BYTES_MAX: usize = 4 * 1024;
/// Bytes of a boundary, by RFC 2046.
const BOUNDARY_BYTES_MAX: usize = 70;
pub(crate) const PARTS_MAX: usize = 100;

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum BodyPiece {
    Part(FormPart),
    Data(Vec<u8>),
    PartEnd,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FormPart {
    pub(crate) name: String,
    /// Whether a file was chosen for it; the file's name is ignored.
    pub(crate) file: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{self:?}")]
pub(crate) enum MultipartError {
    Boundary,
    Unfinished,
    Head,
    TooMany,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ParserState {
    Preamble,
    AfterDelimiter,
    Head,
    Body,
    End,
}

#[derive(Debug)]
pub(crate) struct MultipartParser {
    delimiter: Vec<u8>,
    held: Vec<u8>,
    state: ParserState,
    parts: usize,
}

impl MultipartParser {
    pub(crate) fn new(content_type: &str) -> Result<Self, MultipartError> {
        let boundary = content_type
            .split(';')
            .skip(1)
            .filter_map(|parameter| parameter.split_once('='))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case("boundary"))
            .map(|(_, value)| value.trim().trim_matches('"'))
            .filter(|b| !b.is_empty() && b.len() <= BOUNDARY_BYTES_MAX)
            .ok_or(MultipartError::Boundary)?;
        let delimiter = format!("\r\n--{boundary}").into_bytes();
        // The first delimiter has no line break before it.
        Ok(Self { delimiter, held: b"\r\n".to_vec(), state: ParserState::Preamble, parts: 0 })
    }

    pub(crate) fn feed(&mut self, bytes: &[u8], pieces: &mut Vec<BodyPiece>) -> Result<(), MultipartError> {
        if self.state == ParserState::End {
            return Ok(());
        }
        self.held.extend_from_slice(bytes);
        while self.step(pieces)? {}
        Ok(())
    }

    pub(crate) fn end(&self) -> Result<(), MultipartError> {
        if self.state == ParserState::End { Ok(()) } else { Err(MultipartError::Unfinished) }
    }

    fn step(&mut self, pieces: &mut Vec<BodyPiece>) -> Result<bool, MultipartError> {
        match self.state {
            ParserState::Preamble => {
                let found = find_bytes(&self.held, &self.delimiter);
                if found.is_none() && self.held.len() > PART_HEAD_BYTES_MAX {
                    return Err(MultipartError::Boundary);
                }
                let Some(at) = found else { return Ok(false) };
                self.held.drain(..at + self.delimiter.len());
                self.state = ParserState::AfterDelimiter;
                Ok(true)
            }
            ParserState::AfterDelimiter => self.after_delimiter(),
            ParserState::Head => self.head(pieces),
            ParserState::Body => Ok(self.body(pieces)),
            ParserState::End => {
                self.held.clear();
                Ok(false)
            }
        }
    }

    fn after_delimiter(&mut self) -> Result<bool, MultipartError> {
        let next = match self.held.get(..2) {
            None => return Ok(false),
            Some(b"--") => ParserState::End,
            Some(b"\r\n") => ParserState::Head,
            Some(_) => return Err(MultipartError::Head),
        };
        self.held.drain(..2);
        self.state = next;
        Ok(true)
    }

    fn head(&mut self, pieces: &mut Vec<BodyPiece>) -> Result<bool, MultipartError> {
        let Some(end) = find_bytes(&self.held, b"\r\n\r\n") else {
            let bounded = self.held.len() <= PART_HEAD_BYTES_MAX;
            return if bounded { Ok(false) } else { Err(MultipartError::Head) };
        };
        let head = std::str::from_utf8(&self.held[..end]).ok().and_then(read_head);
        let part = head.filter(|_| end <= PART_HEAD_BYTES_MAX).ok_or(MultipartError::Head)?;
        self.parts += 1;
        if self.parts > PARTS_MAX {
            return Err(MultipartError::TooMany);
        }
        pieces.push(BodyPiece::Part(part));
        self.held.drain(..end + 4);
        self.state = ParserState::Body;
        Ok(true)
    }

    fn body(&mut self, pieces: &mut Vec<BodyPiece>) -> bool {
        match find_bytes(&self.held, &self.delimiter) {
            Some(at) => {
                push_data(pieces, &self.held[..at]);
                pieces.push(BodyPiece::PartEnd);
                self.held.drain(..at + self.delimiter.len());
                self.state = ParserState::AfterDelimiter;
                true
            }
            None => {
                let sure = self.held.len().saturating_sub(self.delimiter.len() - 1);
                push_data(pieces, &self.held[..sure]);
                self.held.drain(..sure);
                false
            }
        }
    }
}

fn push_data(pieces: &mut Vec<BodyPiece>, data: &[u8]) {
    if !data.is_empty() {
        pieces.push(BodyPiece::Data(data.to_vec()));
    }
}

fn find_bytes(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let last = haystack.len().checked_sub(needle.len())?;
    let mut from = 0;
    while from <= last {
        let at = from + haystack[from..=last].iter().position(|&b| b == needle[0])?;
        if haystack[at..].starts_with(needle) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

fn read_head(head: &str) -> Option<FormPart> {
    let disposition = head.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-disposition").then_some(value.trim())
    })?;
    let rest = disposition.strip_prefix("form-data").or_else(|| disposition.strip_prefix("Form-Data"))?;
    let name = find_parameter(rest, "name")?;
    Some(FormPart { name, file: find_parameter(rest, "filename").is_some_and(|f| !f.is_empty()) })
}

/// A parameter's value. Browsers write `%22`, `%0D` and `%0A` for what would end it.
fn find_parameter(parameters: &str, expected: &str) -> Option<String> {
    let mut rest = parameters;
    loop {
        rest = rest.trim_start().strip_prefix(';')?.trim_start();
        let (name, after) = rest.split_once('=')?;
        let value;
        if let Some(quoted) = after.strip_prefix('"') {
            let end = quoted.find('"')?;
            (value, rest) = (&quoted[..end], &quoted[end + 1..]);
        } else {
            let end = after.find(';').unwrap_or(after.len());
            (value, rest) = (after[..end].trim(), &after[end..]);
        }
        if name.trim().eq_ignore_ascii_case(expected) {
            return Some(value.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TYPE: &str = "multipart/form-data; boundary=\"XX\"";

    fn parse(bytes: &[u8], step: usize) -> Result<Vec<(FormPart, Vec<u8>)>, MultipartError> {
        let mut parser = MultipartParser::new(TYPE)?;
        let (mut parts, mut pieces): (Vec<(FormPart, Vec<u8>)>, _) = (Vec::new(), Vec::new());
        for chunk in bytes.chunks(step.max(1)) {
            parser.feed(chunk, &mut pieces)?;
            assert!(parser.held.len() <= PART_HEAD_BYTES_MAX + chunk.len());
            for piece in pieces.drain(..) {
                match piece {
                    BodyPiece::Part(part) => parts.push((part, Vec::new())),
                    BodyPiece::Data(data) => parts.last_mut().unwrap().1.extend(data),
                    BodyPiece::PartEnd => {}
                }
            }
        }
        parser.end().map(|()| parts)
    }

    fn form(parts: &[(&str, &[u8])]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (name, value) in parts {
            bytes.extend(
                format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n").into_bytes(),
            );
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"--XX--\r\n");
        bytes
    }

    #[test]
    fn parts_and_files() {
        let body = b"--XX\r\ncontent-disposition: form-data; filename=\"../../x;y.jpg\"; name=photo\r\nContent-Type: image/jpeg\r\n\r\n\xff\r\n--X\r\n--XX\r\nContent-Disposition: form-data; name=\"empty\"; filename=\"\"\r\n\r\n\r\n--XX--";
        let parts = parse(body, 1).unwrap();
        assert_eq!(parts[0], (FormPart { name: "photo".into(), file: true }, b"\xff\r\n--X".to_vec()));
        assert_eq!(parts[1], (FormPart { name: "empty".into(), file: false }, vec![]));
    }

    #[test]
    fn what_is_broken_is_refused() {
        assert_eq!(
            parse(b"--XX\r\nContent-Disposition: form-data; name=a\r\n\r\nx", 7),
            Err(MultipartError::Unfinished)
        );
        assert_eq!(parse(b"", 7), Err(MultipartError::Unfinished));
        assert_eq!(parse(b"--XX\r\nX: y\r\n\r\nx\r\n--XX--", 7), Err(MultipartError::Head));
        assert_eq!(parse(b"--XXyz\r\n", 7), Err(MultipartError::Head));
        assert_eq!(parse(&b"x".repeat(10_000), 512), Err(MultipartError::Boundary));
        let endless = [&b"--XX\r\nA: "[..], &b"x".repeat(10_000)].concat();
        assert_eq!(parse(&endless, 512), Err(MultipartError::Head));
        let many: Vec<(&str, &[u8])> = vec![("a", b""); 10_000];
        assert_eq!(parse(&form(&many), 4096), Err(MultipartError::TooMany));
        for wrong in ["multipart/form-data", "multipart/form-data; boundary=", "x; boundary=\"\""] {
            assert!(MultipartParser::new(wrong).is_err(), "{wrong}");
        }
        assert!(
            MultipartParser::new(&format!("multipart/form-data; boundary={}", "x".repeat(1_000_000)))
                .is_err()
        );
    }

    proptest! {
        #[test]
        fn however_it_is_cut(values in prop::collection::vec(prop::collection::vec(prop::sample::select(b"\r\n-Xa\xff".to_vec()), 0..40), 1..5), step in 1usize..50) {
            prop_assume!(values.iter().all(|v| find_bytes(v, b"\r\n--XX").is_none() && !v.starts_with(b"--XX")));
            let parts: Vec<(&str, &[u8])> = values.iter().map(|v| ("f", v.as_slice())).collect();
            let read = parse(&form(&parts), step).unwrap();
            prop_assert_eq!(read.into_iter().map(|(_, v)| v).collect::<Vec<_>>(), values);
        }

        #[test]
        fn never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), step in 1usize..50) {
            let _ = parse(&bytes, step);
        }
    }
}
