//! SNMP as far as a Brother printer's status goes: one GET of one object, in BER by hand.

const STATUS_OID: &[u8] = &[0x2b, 6, 1, 4, 1, 0x93, 0x03, 3, 3, 9, 1, 6, 1, 0];
const COMMUNITY: &[u8] = b"public";
/// SNMP v1.
const VERSION: &[u8] = &[0];

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const NULL: u8 = 0x05;
const OBJECT: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const GET: u8 = 0xa0;
const RESPONSE: u8 = 0xa2;
/// Error status: no such object.
const NO_SUCH_NAME: u8 = 2;

#[derive(Debug, PartialEq, Eq)]
struct Get<'a> {
    request: &'a [u8],
    object: &'a [u8],
}

fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = bytes.split_first()?;
    let (&short, rest) = rest.split_first()?;
    let (length, rest) = match short {
        0..=0x7f => (usize::from(short), rest),
        0x81 => (usize::from(*rest.first()?), rest.get(1..)?),
        0x82 => (usize::from(*rest.first()?) << 8 | usize::from(*rest.get(1)?), rest.get(2..)?),
        _ => return None,
    };
    (found == tag).then_some(())?;
    rest.split_at_checked(length)
}

fn parse(datagram: &[u8]) -> Option<Get<'_>> {
    let (message, _) = element(datagram, SEQUENCE)?;
    let (version, rest) = element(message, INTEGER)?;
    let (community, rest) = element(rest, OCTETS)?;
    let (get, _) = element(rest, GET)?;
    let (request, rest) = element(get, INTEGER)?;
    let (_, rest) = element(rest, INTEGER)?;
    let (_, rest) = element(rest, INTEGER)?;
    let (bindings, _) = element(rest, SEQUENCE)?;
    let (binding, _) = element(bindings, SEQUENCE)?;
    let (object, rest) = element(binding, OBJECT)?;
    element(rest, NULL)?;
    let known = version == VERSION && community == COMMUNITY && request.len() <= 8 && object.len() <= 64;
    known.then_some(Get { request, object })
}

/// Elements here are short; their length takes one byte or two.
fn wrap(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut whole = vec![tag];
    match u8::try_from(content.len()) {
        Ok(short @ 0..=0x7f) => whole.push(short),
        Ok(long) => whole.extend([0x81, long]),
        Err(_) => whole.extend([0x82, (content.len() >> 8) as u8, content.len() as u8]),
    }
    whole.extend(content);
    whole
}

/// None to what is no SNMP request, as a real printer does.
pub(in super::super) fn answer(datagram: &[u8], status: &[u8]) -> Option<Vec<u8>> {
    let get = parse(datagram)?;
    let found = get.object == STATUS_OID;
    let value = if found { wrap(OCTETS, &[status]) } else { wrap(NULL, &[]) };
    let (error, index) = if found { (0, 0) } else { (NO_SUCH_NAME, 1) };
    let binding = wrap(SEQUENCE, &[&wrap(OBJECT, &[get.object]), &value]);
    let response = wrap(
        RESPONSE,
        &[
            &wrap(INTEGER, &[get.request]),
            &wrap(INTEGER, &[&[error]]),
            &wrap(INTEGER, &[&[index]]),
            &wrap(SEQUENCE, &[&binding]),
        ],
    );
    Some(wrap(SEQUENCE, &[&wrap(INTEGER, &[VERSION]), &wrap(OCTETS, &[COMMUNITY]), &response]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requested() -> Vec<u8> {
        let binding = wrap(SEQUENCE, &[&wrap(OBJECT, &[STATUS_OID]), &wrap(NULL, &[])]);
        let get = wrap(
            GET,
            &[
                &wrap(INTEGER, &[&[7]]),
                &wrap(INTEGER, &[&[0]]),
                &wrap(INTEGER, &[&[0]]),
                &wrap(SEQUENCE, &[&binding]),
            ],
        );
        wrap(SEQUENCE, &[&wrap(INTEGER, &[VERSION]), &wrap(OCTETS, &[COMMUNITY]), &get])
    }

    #[test]
    fn answers_one_object_and_refuses_others() {
        let status = [7; 32];
        let message = answer(&requested(), &status).unwrap();
        assert!(message.ends_with(&[&[OCTETS, 32][..], &status].concat()));
        let mut other = requested();
        let last = other.len() - 3;
        other[last] = 5;
        let message = answer(&other, &status).unwrap();
        assert!(message.ends_with(&[NULL, 0]) && message.windows(3).any(|w| w == [INTEGER, 1, NO_SUCH_NAME]));
    }

    #[test]
    fn nothing_is_said_to_nonsense() {
        let whole = requested();
        for cut in 0..whole.len() {
            assert_eq!(answer(&whole[..cut], &[0; 32]), None, "cut at {cut}");
        }
        let mut other = requested();
        other[4] = 1;
        assert_eq!(answer(&other, &[0; 32]), None, "version 2c");
    }
}
