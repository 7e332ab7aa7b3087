//! Uses that were written before the clock was set are put at their true times once somebody says what the time was.

use super::*;

const UP_MS: u64 = 50_000;

/// A box whose clock nobody has set, years behind.
fn open_unset(dir: &std::path::Path, wall_ms: i64) -> Store {
    let now = Now { wall_ms, boot: BootId::new(7, [7; 10]), up_ms: UP_MS, state: ClockState::Uncertain };
    let config = StoreConfig { sizes: sizes(), ..StoreConfig::new(dir) };
    Store::open(config, Arc::new(FakeClock::new(now)), Arc::new(SeededRandom::new(7))).unwrap().0
}

fn ends_of(store: &Store) -> Vec<i64> {
    let all = store.reader().unwrap().uses_of(tag(), i64::MIN..i64::MAX, None, 9).unwrap();
    let mut ends: Vec<i64> = all.into_iter().map(|used| used.ended_ms).collect();
    ends.sort_unstable();
    ends
}

#[tokio::test]
async fn uses_move_with_the_clock_and_stay_there_over_starts() {
    let (believed, meant, later) = (1_000_000_000, 1_763_610_000_000, 1_763_610_900_000);
    let dir = tempfile::tempdir().unwrap();
    let anchor = |wall: i64| {
        let boot = BootId::new(7, [7; 10]);
        other("clock.anchored", &format!(r#"{{"boot":"{boot}","up":{UP_MS},"wall":{wall},"source":"ntp"}}"#))
    };
    let used = |rest: &str| other("use.recorded", &format!(r#"{{"tag":"{TAG}"{rest}}}"#));
    let store = open_unset(dir.path(), believed);
    record(&store, vec![equipment(), cleaning("a", "M")]).await;
    record(&store, vec![used(""), used(r#","ended":900000000"#)]).await;
    assert_eq!(ends_of(&store), [900_000_000, believed]);
    record(&store, vec![anchor(meant)]).await;
    assert_eq!(ends_of(&store), [900_000_000, meant], "what was stated stays");
    assert_eq!(store.facility().activity[&tag()].use_times(), [900_000_000, meant]);
    // In one group: what moves may not be in the tables yet.
    record(&store, vec![used(""), anchor(later)]).await;
    assert_eq!(ends_of(&store), [900_000_000, later, later]);
    let before = dump(&store);
    store.stop().await.unwrap();
    drop(store);
    let store = open_unset(dir.path(), believed);
    assert_eq!(dump(&store), before);
    store.stop().await.unwrap();
    drop(store);
    std::fs::remove_file(dir.path().join("cleantrack.redb")).unwrap();
    let store = open_unset(dir.path(), believed);
    let without = |rows: &[String], name: &str| -> Vec<String> {
        rows.iter().filter(|row| !row.starts_with(name)).cloned().collect()
    };
    assert_eq!(without(&dump(&store), "META"), without(&before, "META"), "made anew of the log");
    assert_eq!(ends_of(&store), [900_000_000, later, later]);
}
