//! Health industry bar codes (ANSI/HIBC 2.6, supplier labelling): product and serial number of one device.

/// The values of the check character, in order (ANSI/HIBC 2.6, appendix B).
const CHARACTERS: &[u8; 43] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%";
const LABELER_CHARS: usize = 4;
const PRODUCT_MAX: usize = 18;
const SERIAL_MAX: usize = 18;

/// What a code is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HibcCode {
    /// Product and serial number: as it is stored, one form whatever else the symbol says.
    Device(String),
    /// A product without a serial number.
    Product,
    /// Lot, date or serial number without the product.
    Secondary,
}

fn check_character(text: &str) -> Option<char> {
    let mut sum = 0;
    for b in text.bytes() {
        sum += CHARACTERS.iter().position(|&c| c == b)?;
    }
    Some(char::from(CHARACTERS[sum % CHARACTERS.len()]))
}

/// The text without its check character, where that is right. A blank is one too: it is lost at the end of a line, and printed as an
/// underscore.
fn without_check(text: &str) -> Option<&str> {
    let (body, last) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let last = if last == "_" { " " } else { last };
    if check_character(body).is_some_and(|check| last.starts_with(check)) {
        return Some(body);
    }
    (check_character(text) == Some(' ')).then_some(text)
}

/// How many characters of a date, its format included, stand before a serial number or lot.
fn date_length(text: &str) -> Option<usize> {
    Some(match text.bytes().next()? {
        b'0' | b'1' => 4,
        b'2' | b'3' => 7,
        b'4' => 9,
        b'5' => 6,
        b'6' => 8,
        b'7' => 1,
        _ => return None,
    })
}

fn serial_of(part: &str) -> Option<&str> {
    let serial = if let Some(dated) = part.strip_prefix("$$+") {
        let length = date_length(dated)?;
        dated.get(length..).filter(|_| dated[..length].bytes().all(|b| b.is_ascii_digit()))?
    } else {
        part.strip_prefix("$+").or_else(|| part.strip_prefix('S'))?
    };
    (1..=SERIAL_MAX).contains(&serial.len()).then_some(serial)
}

/// Reads a code with the plus sign that begins it. `None`: it is none.
pub(crate) fn read_hibc(text: &str) -> Option<HibcCode> {
    let text = text.to_ascii_uppercase();
    let body = without_check(text.strip_prefix('+').map(|_| text.as_str())?)?.strip_prefix('+')?;
    if body.starts_with('$') || body.starts_with(|c: char| c.is_ascii_digit()) {
        return Some(HibcCode::Secondary);
    }
    let mut parts = body.split('/');
    let product = parts.next()?;
    let is_product = (LABELER_CHARS + 2..=LABELER_CHARS + PRODUCT_MAX + 1).contains(&product.len())
        && product.bytes().all(|b| b.is_ascii_alphanumeric())
        && product.ends_with(|c: char| c.is_ascii_digit());
    if !is_product {
        return None;
    }
    Some(parts.find_map(serial_of).map_or(HibcCode::Product, |serial| {
        let stored = format!("+{product}/$+{serial}");
        let check = check_character(&stored).unwrap_or_default();
        HibcCode::Device(format!("{stored}{check}").trim_end().to_owned())
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_check(body: &str) -> String {
        format!("{body}{}", check_character(body).unwrap())
    }

    #[test]
    fn the_example_of_the_standard_is_a_product() {
        // ANSI/HIBC 2.6, figure 1.
        assert_eq!(read_hibc("+A123BJC5D6E71G"), Some(HibcCode::Product));
        assert_eq!(read_hibc("+a123bjc5d6e71g"), Some(HibcCode::Product));
        assert_eq!(read_hibc("+A123BJC5D6E71H"), None, "its check character is wrong");
        assert_eq!(read_hibc("A123BJC5D6E71G"), None);
        let mut bodies = ('A'..='Z').flat_map(|a| (0..10).map(move |b| format!("+A123BJC5D6{a}{b}1")));
        let blank = bodies.find(|body| check_character(body) == Some(' ')).unwrap();
        for end in ["", " ", "_"] {
            assert_eq!(read_hibc(&format!("{blank}{end}")), Some(HibcCode::Product), "{blank}{end}");
        }
        assert_eq!(read_hibc("+"), None);
        assert_eq!(read_hibc("+Ä123BJC5D6E71G"), None);
    }

    #[test]
    fn one_device_has_one_form() {
        let device = HibcCode::Device(with_check("+A123BJC5D6E71/$+SN0042"));
        for body in [
            "+A123BJC5D6E71/$+SN0042",
            "+A123BJC5D6E71/$$+0229SN0042",
            "+A123BJC5D6E71/$$+3290228SN0042",
            "+A123BJC5D6E71/$$+5290590SN0042".replace("5290590", "529059").as_str(),
            "+A123BJC5D6E71/$$+7SN0042/16D20260102",
            "+A123BJC5D6E71/$$7LOT9/SSN0042",
        ] {
            assert_eq!(read_hibc(&with_check(body)), Some(device.clone()), "{body}");
        }
    }

    #[test]
    fn parts_that_name_no_device() {
        for body in ["+A123BJC5D6E71/$$7LOT9", "+A123BJC5D6E71/$LOT9/14D20290228", "+A123BJC5D6E71/29059LOT9"]
        {
            assert_eq!(read_hibc(&with_check(body)), Some(HibcCode::Product), "{body}");
        }
        for body in ["+$+SN0042G", "+$$+0229SN0042G", "+29059LOT9G"] {
            assert_eq!(read_hibc(&with_check(body)), Some(HibcCode::Secondary), "{body}");
        }
    }

    #[test]
    fn what_is_stored_is_read_as_itself() {
        // Serial numbers by which each check character comes up, the blank among them.
        for n in 0..200 {
            let Some(HibcCode::Device(stored)) = read_hibc(&with_check(&format!("+A123BJC5D6E71/$+{n}")))
            else {
                panic!("{n} is a serial number");
            };
            assert_eq!(read_hibc(&stored), Some(HibcCode::Device(stored.clone())));
        }
    }
}
