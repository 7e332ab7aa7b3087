//! Photos that say where they were taken: nothing in the box's folder does, not even after a kill in the middle of one.

use std::path::Path;

use harness::world::{Ledger, TheBox, folder, until};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::demo;
use crate::marked_photos::{has_mark, marked_photos};

/// Bytes that are announced after a photo and never sent.
const MISSING: usize = 100_000;

fn files_below(dir: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

fn files_with_mark(dir: &Path) -> Vec<std::path::PathBuf> {
    files_below(dir)
        .into_iter()
        .filter(|path| std::fs::read(path).is_ok_and(|bytes| has_mark(&bytes)))
        .collect()
}

/// Sends the first part of a photo; the connection on which the rest would come.
async fn send_half(r#box: &TheBox, path: &str, photo: &[u8]) -> TcpStream {
    let address = r#box.http("").trim_start_matches("http://").to_owned();
    let field = "--XX\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.jpg\"\r\n\r\n";
    // What could be the beginning of the form's next part is held back: the photo is not its last bytes.
    let body = [field.as_bytes(), photo, &[0; 50_000]].concat();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: multipart/form-data; boundary=XX\r\n\
         Content-Length: {}\r\n\r\n",
        body.len() + MISSING
    );
    let mut stream = TcpStream::connect(&address).await.unwrap();
    stream.write_all(&[head.as_bytes(), &body].concat()).await.unwrap();
    stream
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_in_the_folder_says_where_a_photo_was_taken() {
    let (dir, ledger) = (folder(), Ledger::default());
    let mut r#box = TheBox::new(demo(), &dir.path().join("box"));
    r#box.start().await;
    r#box.found().await;
    let (phone, photos) = (r#box.phone("phone", &ledger), marked_photos());
    for (n, photo) in photos.iter().enumerate() {
        phone.record_with_photo(n, photo.bytes.clone()).await;
    }
    let incoming = r#box.data().join("photos/incoming");
    let taken = until("every photo is taken", async || files_below(&incoming).is_empty().then_some(()));
    let places: Vec<&str> = photos.iter().map(|photo| photo.place).collect();
    assert!(taken.await.is_some(), "{places:?}: {}", r#box.log());
    let stored = files_below(&r#box.data().join("photos"));
    assert!(stored.iter().any(|file| file.extension().is_some_and(|end| end == "jpg")), "{stored:?}");
    assert_eq!(files_with_mark(r#box.data()), Vec::<std::path::PathBuf>::new());
    let item = phone.item(0);
    let half = send_half(&r#box, &format!("/t/{item}"), &photos[0].bytes).await;
    let there =
        until("half a photo is there", async || (!files_with_mark(&incoming).is_empty()).then_some(()));
    assert!(there.await.is_some(), "{}", r#box.log());
    r#box.kill().await;
    drop(half);
    r#box.start().await;
    assert_eq!(files_with_mark(r#box.data()), Vec::<std::path::PathBuf>::new());
    r#box.kill().await;
}
