//! The log is long: its export is packed, and whole.

use record::entry::{EntryAuthor, EntryDraft};

use super::calls::program;
use crate::store::WriteDecision;
use crate::web::tests::*;

/// An entry whose line is as long as a usual one.
pub(in crate::web::tests) fn entry(n: usize) -> EntryDraft {
    let body = format!(r#"{{"tag":"ABCDEFGH3","who":{{"proof":"unattributed"}},"agent":"Quat wipe {n}"}}"#);
    let event = Event::read("cleaning.recorded", &body);
    EntryDraft { by: EntryAuthor::BOX, idem: None, event, texts: Vec::new() }
}

fn requested(path: &str) -> Request<Body> {
    Request::get(path).header("accept-encoding", "gzip").body(Body::empty()).unwrap()
}

#[tokio::test]
async fn the_log_is_exported_whole_with_and_without_gzip() {
    let world = World::new().await;
    world.post(&format!("/t/{}", world.pump), &[("cleaned_by", "Ada")]).await.is(303);
    // More than one snapshot of history reads.
    for hundred in 0..6 {
        let drafts = (0..100).map(|n| entry(hundred * 100 + n)).collect();
        let done = world.state.store.submit(|_| WriteDecision::Append { drafts, answer: () }).await;
        done.unwrap();
    }
    let program = program(&world, ApiTokenScope::Read);
    let size = world.size();
    assert!(size > 600);
    let reader = world.state.store.reader().unwrap();
    let texts: usize = (0..size).map(|seq| reader.texts_of(seq).unwrap().len()).sum();
    let texts = texts as u64;
    assert!(texts > 0);
    for (query, lines) in [
        (String::new(), size),
        ("?limit=0".to_owned(), 0),
        (format!("?from={size}"), 0),
        (format!("?from={}", size - 1), 1),
        ("?from=1000000".to_owned(), 0),
        ("?from=510&limit=5".to_owned(), 5),
        ("?texts=1".to_owned(), size + texts),
    ] {
        let path = format!("/api/v1/log{query}");
        let plain = program.get(&path).await;
        let small = program.send(requested(&path)).await;
        assert!(plain.is(200).bytes == small.is(200).bytes, "{path}");
        assert_eq!(plain.text().lines().count() as u64, lines, "{path}");
        assert_eq!(small.header(http::header::CONTENT_ENCODING), "gzip", "{path} came as it is");
    }
}
