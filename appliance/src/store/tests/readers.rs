//! Those who read and the one who writes keep out of each other's way.

use super::*;

#[tokio::test]
async fn a_snapshot_that_is_held_delays_no_recording_and_never_changes() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    record(&store, vec![equipment()]).await;
    // Held for the whole test, on the very thread that waits for the recordings.
    let (held, facility) = (store.snapshot(), store.facility());
    let (before, root) = (Facility::clone(&held), held.frontier.root());
    let mut all = Vec::new();
    for i in 0..50 {
        record(&store, vec![cleaning(&format!("k{i}"), "Maria")]).await;
        all.push(store.snapshot());
    }
    assert_eq!((&**held, held.size(), held.frontier.root()), (&before, 2, root));
    assert_eq!(*facility, before);
    // Each publication is a state of its own, whole and as it was when it was shown.
    for (i, snapshot) in (0..).zip(&all) {
        assert_eq!((snapshot.size(), snapshot.activity[&tag()].cleanings), (3 + i, 1 + i));
    }
    assert_eq!(store.snapshot().activity[&tag()].cleanings, 50);
    store.stop().await.unwrap();
}
