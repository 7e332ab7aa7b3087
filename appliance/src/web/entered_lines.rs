//! Lists that people enter one a line, with parts between bars: `Name | EPA number | dilution`.

const BAR: char = '|';
const ESCAPE: char = '\\';

pub(crate) fn read_lines(text: &str) -> Vec<Vec<String>> {
    text.lines().filter(|line| !line.trim().is_empty()).map(read_parts).collect()
}

fn read_parts(line: &str) -> Vec<String> {
    let (mut parts, mut part) = (Vec::new(), String::new());
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            ESCAPE => part.push(characters.next().unwrap_or(ESCAPE)),
            BAR => parts.push(std::mem::take(&mut part)),
            other => part.push(other),
        }
    }
    parts.push(part);
    parts.into_iter().map(|part| part.trim().to_owned()).collect()
}

/// The same as text; empty parts at the end are left out.
pub(crate) fn write_lines<'a, L>(lines: impl IntoIterator<Item = L>) -> String
where
    L: IntoIterator<Item = &'a str>,
{
    let lines: Vec<String> = lines.into_iter().map(write_parts).collect();
    lines.join("\n")
}

fn write_parts<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut parts: Vec<&str> = parts.into_iter().collect();
    while parts.len() > 1 && parts.last().is_some_and(|last| last.is_empty()) {
        parts.pop();
    }
    let parts: Vec<String> = parts.into_iter().map(escape_part).collect();
    parts.join(" | ")
}

fn escape_part(part: &str) -> String {
    let mut escaped = String::with_capacity(part.len());
    for character in part.chars() {
        if matches!(character, BAR | ESCAPE) {
            escaped.push(ESCAPE);
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parts_of_lines() {
        let text = "Oxivir Tb | 70627-56\n\n  A\\|B |  | 1:16 \n";
        assert_eq!(read_lines(text), [vec!["Oxivir Tb", "70627-56"], vec!["A|B", "", "1:16"]]);
        assert_eq!(
            write_lines([["Oxivir Tb", "70627-56", ""], ["A|B", "", "1:16"]]),
            "Oxivir Tb | 70627-56\nA\\|B |  | 1:16"
        );
        assert_eq!(read_lines("a\\"), [["a\\"]]);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(lines in prop::collection::vec(prop::collection::vec("[a-z|\\\\é ]{0,6}", 1..4), 0..4)) {
            let trimmed: Vec<Vec<String>> =
                lines.iter().map(|parts| parts.iter().map(|part| part.trim().to_owned()).collect()).collect();
            let said = |parts: &&Vec<String>| parts.iter().any(|part| !part.is_empty());
            let text = write_lines(trimmed.iter().filter(said).map(|parts| parts.iter().map(String::as_str)));
            let expected: Vec<Vec<String>> = trimmed.iter().filter(said).map(|parts| {
                let last = parts.iter().rposition(|part| !part.is_empty()).unwrap_or(0);
                parts[..=last].to_vec()
            }).collect();
            prop_assert_eq!(read_lines(&text), expected);
        }
    }
}
