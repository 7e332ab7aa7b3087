//! The log's export, requested in every form that a program may use: each answer is whole and right, whatever it
//! understands of the question.

use super::calls::program;
use super::compression::entry;
use crate::store::WriteDecision;
use crate::web::tests::*;

/// Entries beside those of a new box: more than one look at the log reads.
const ENTRIES: usize = 530;

/// Which bytes of the answer are asked for; `N` is replaced by how many it has.
const RANGES: &[Option<&str>] = &[
    None,
    Some("bytes=0-0"),
    Some("bytes=-1"),
    Some("bytes=0-"),
    Some("bytes=N-"),
    Some("bytes=99999999999999999999999999-"),
    Some("bytes=0-0,5-9,-1"),
    Some("bytes=9-5"),
    Some("bytes=-"),
    Some("bytes=x"),
    Some("lines=0-5"),
    Some("bytes"),
    Some(""),
];

/// In which encodings it may come, and whether it may be gzip then.
const ENCODINGS: &[(Option<&str>, bool)] = &[
    (None, false),
    (Some("identity"), false),
    (Some("gzip"), true),
    (Some("gzip;q=0"), false),
    (Some("unknown"), false),
    (Some("unknown, gzip;q=0.1"), true),
    (Some("*"), true),
    (Some("identity;q=0"), false),
    (Some("gzip;q=banana"), true),
    (Some(",;="), false),
    (Some(""), false),
];

/// The bytes as their reader gets them: the client has unpacked them.
fn read(what: &str, answer: &Answer, gzip: bool) -> Vec<u8> {
    let encoding = answer.header(http::header::CONTENT_ENCODING);
    assert!(encoding.is_empty() || (gzip && encoding == "gzip"), "{what}: it came as {encoding}");
    answer.bytes.clone()
}

fn part<'a>(what: &str, answer: &Answer, whole: &'a [u8]) -> &'a [u8] {
    let range = answer.header(http::header::CONTENT_RANGE);
    match answer.status {
        200 => {
            assert_eq!(range, "", "{what}");
            whole
        }
        206 => {
            let of = range.strip_prefix("bytes ").and_then(|r| r.strip_suffix(&format!("/{}", whole.len())));
            let (first, last) =
                of.and_then(|r| r.split_once('-')).unwrap_or_else(|| panic!("{what}: {range}"));
            &whole[first.parse().unwrap()..=last.parse().unwrap()]
        }
        status => panic!("{what}: {status} {}", answer.text()),
    }
}

#[tokio::test]
async fn an_export_is_whole_and_right_for_every_range_and_encoding() {
    let world = World::new().await;
    world.post(&format!("/t/{}", world.pump), &[("cleaned_by", "Ada")]).await.is(303);
    for first in (0..ENTRIES).step_by(265) {
        let drafts = (first..first + 265).map(entry).collect();
        let done = world.state.store.submit(|_| WriteDecision::Append { drafts, answer: () }).await;
        done.unwrap();
    }
    let program = program(&world, ApiTokenScope::Read);
    let size = world.size();
    let reader = world.state.store.reader().unwrap();
    let lines: Vec<String> =
        reader.entries(0..size).map(|entry| entry.unwrap().as_str().to_owned()).collect();
    drop(reader);
    let whole = |range: std::ops::Range<usize>| {
        lines[range].iter().fold(String::new(), |all, line| all + line + "\n")
    };
    let last = lines.len() - 1;
    let mut compressed = 0;
    for (query, expected) in [
        (String::new(), whole(0..lines.len())),
        ("?from=510&limit=5".to_owned(), whole(510..515)),
        (format!("?from={last}"), whole(last..lines.len())),
        ("?from=18446744073709551615".to_owned(), String::new()),
        ("?limit=18446744073709551615&from=512".to_owned(), whole(512..lines.len())),
    ] {
        for range in RANGES {
            for (encoding, gzip) in ENCODINGS {
                // The long one is long to compress: each range with one encoding, and each encoding without a range.
                if query.is_empty() && range.is_some() && *encoding != Some("gzip") {
                    continue;
                }
                let path = format!("/api/v1/log{query}");
                let what = format!("{path} {range:?} {encoding:?}");
                let mut request = Request::get(&path);
                if let Some(range) = range {
                    request = request.header("range", range.replace('N', &expected.len().to_string()));
                }
                if let Some(encoding) = encoding {
                    request = request.header("accept-encoding", *encoding);
                }
                let request = request.body(Body::empty()).unwrap();
                let answer = if *encoding == Some("identity;q=0") {
                    // What compresses answers 406; it comes as it is all the same.
                    let answer = program.send_unchecked(request).await;
                    Answer { status: if answer.status == 406 { 200 } else { answer.status }, ..answer }
                } else {
                    program.send(request).await
                };
                let bytes = read(&what, &answer, *gzip);
                assert!(bytes == part(&what, &answer, expected.as_bytes()), "{what}: {} bytes", bytes.len());
                assert_eq!(answer.header(CONTENT_TYPE), "application/x-ndjson", "{what}");
                compressed += usize::from(answer.header(http::header::CONTENT_ENCODING) == "gzip");
            }
        }
    }
    assert!(compressed > 20, "only {compressed} came compressed");
}

#[tokio::test]
async fn a_range_of_entries_that_is_none_is_refused_by_name() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Read);
    for wrong in ["-1", "x", "", "18446744073709551616", "1.0", "0x1", "%00", " 1", "1,2", "%FF"] {
        for field in ["from", "limit"] {
            for encoding in ["identity", "gzip"] {
                let path = format!("/api/v1/log?{field}={}", wrong.replace(' ', "%20"));
                let request = Request::get(&path).header("accept-encoding", encoding);
                let answer = program.send(request.body(Body::empty()).unwrap()).await;
                let what = format!("{path} {encoding}");
                assert_eq!(answer.status, 400, "{what}: {}", answer.text());
                let reported: serde_json::Value =
                    serde_json::from_slice(&read(&what, &answer, true)).unwrap();
                assert!(reported["field"] == field || wrong == "%FF", "{what}: {reported}");
            }
        }
    }
}
