//! Answers are the same with and without compression.

use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use http::header::ACCEPT_ENCODING;
use http::{HeaderValue, Method};

use crate::route::Route;
use crate::table::Table;
use crate::test::fixture::{FixtureWorld, admitted_caller, open_client};
use crate::test::validate::AnswerChecker;

/// Sends each row's example with and without `Accept-Encoding: gzip`, each to a world of its own: what is drawn by chance is
/// the same then. What changes nothing shares its two worlds. Gives the rows whose two answers differ, or break off.
pub async fn find_compression_faults<S, W>(table: &Table<S>, open_world: impl AsyncFn() -> W) -> Vec<String>
where
    S: Clone + Send + Sync + 'static,
    W: FixtureWorld,
{
    let checker = Arc::new(AnswerChecker::new(table));
    let mut faults = Vec::new();
    let mut worlds = (open_world().await, open_world().await);
    let (reading, changing): (Vec<_>, Vec<_>) =
        table.rows().iter().map(|row| &row.route).partition(|route| route.method == Method::GET);
    for (at, route) in reading.iter().chain(&changing).enumerate() {
        if at > reading.len() {
            worlds = (open_world().await, open_world().await);
        }
        let plain = send_example(&worlds.0, route, &checker, None).await;
        let gzip = Some(HeaderValue::from_static("gzip"));
        let packed = send_example(&worlds.1, route, &checker, gzip).await;
        match (plain, packed) {
            (Ok(plain), Ok(packed)) if plain == packed => {}
            (Ok(plain), Ok(packed)) if is_same_archive(&plain, &packed) => {}
            (Ok(_), Ok(_)) => faults.push(format!("{}: with gzip the answer is another one", route.name)),
            (Err(fault), _) | (_, Err(fault)) => faults.push(format!("{}: {fault}", route.name)),
        }
    }
    faults
}

fn is_same_archive(one: &[u8], other: &[u8]) -> bool {
    let names = list_members(one);
    !names.is_empty() && names == list_members(other)
}

/// From the central directory of a ZIP archive (APPNOTE 4.3.12).
fn list_members(archive: &[u8]) -> Vec<&[u8]> {
    let end = archive.len().saturating_sub(22);
    let Some((b"PK\x05\x06", record)) = archive.get(end..).and_then(<[u8]>::split_first_chunk) else {
        return Vec::new();
    };
    let Some(&[low, middle, high, highest]) = record.get(12..16) else { return Vec::new() };
    let start = usize::try_from(u32::from_le_bytes([low, middle, high, highest])).unwrap_or(usize::MAX);
    let mut rest = archive.get(start..).unwrap_or_default();
    let mut names = Vec::new();
    while let Some((b"PK\x01\x02", head)) = rest.split_first_chunk() {
        let [name, extra, comment] = [24, 26, 28].map(|at: usize| {
            head.get(at..at + 2).map_or(0, |two| usize::from(u16::from_le_bytes([two[0], two[1]])))
        });
        names.push(head.get(42..42 + name).unwrap_or_default());
        rest = head.get(42 + name + extra + comment..).unwrap_or_default();
    }
    names
}

async fn send_example<S>(
    world: &impl FixtureWorld,
    route: &Route<S>,
    checker: &Arc<AnswerChecker>,
    encoding: Option<HeaderValue>,
) -> Result<Bytes, String> {
    let caller = admitted_caller(world, route).ok_or("no fixture caller is let in")?;
    let mut request = caller.request(world, route);
    if let Some(encoding) = encoding {
        request.headers_mut().insert(ACCEPT_ENCODING, encoding);
    }
    open_client(world, checker).try_send_caught(request.map(Body::from)).await.map(|answer| answer.body)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ZIP archive's central directory alone, with a member of each name.
    fn archive(names: &[&str]) -> Vec<u8> {
        let mut bytes = b"before".to_vec();
        for name in names {
            let mut head = [0_u8; 46];
            head[..4].copy_from_slice(b"PK\x01\x02");
            head[28] = u8::try_from(name.len()).unwrap();
            bytes.extend(head);
            bytes.extend(name.as_bytes());
        }
        let mut end = [0_u8; 22];
        end[..4].copy_from_slice(b"PK\x05\x06");
        end[16] = 6;
        bytes.extend(end);
        bytes
    }

    #[test]
    fn archives_are_the_same_where_their_members_have_the_same_names() {
        let one = archive(&["a.txt", "log/b.txt"]);
        assert_eq!(list_members(&one), [&b"a.txt"[..], b"log/b.txt"]);
        assert!(is_same_archive(&one, &one));
        assert!(!is_same_archive(&one, &archive(&["a.txt"])));
        assert!(!is_same_archive(b"<!doctype html>", b"<!doctype html>"), "no archives");
        assert!(!is_same_archive(&one[..one.len() - 1], &one[..one.len() - 1]), "cut short");
    }
}
