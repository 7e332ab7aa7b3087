//! Lists of cleanings from which a damaged page took one: it is noticed, and the next start makes them whole.

use crate::index::tables;
use redb::ReadableTable as _;

use super::*;

async fn open_with_three(dir: &std::path::Path) -> Store {
    let (store, _) = open(dir);
    record(&store, vec![equipment(), cleaning("a", "M"), cleaning("b", "M"), cleaning("c", "M")]).await;
    store
}

fn listed(store: &Store) -> [usize; 2] {
    let reader = store.reader().unwrap();
    let of_item = reader.cleanings_of(tag(), i64::MIN..i64::MAX, None, 9).unwrap();
    [of_item.len(), reader.cleanings(None, 9).unwrap().len()]
}

/// Stops the box and does something to the rows of its newest cleaning.
async fn damage_newest(store: Store, how: &str) {
    store.stop().await.unwrap();
    let db = store.shared.db().unwrap();
    let txn = db.begin_write().unwrap();
    {
        let mut cleanings = txn.open_table(tables::CLEANINGS).unwrap();
        let mut places = txn.open_table(tables::BY_ITEM).unwrap();
        let key = cleanings.last().unwrap().unwrap().0.value();
        let place = places.iter().unwrap().map(|row| *row.unwrap().0.value());
        let place = place.filter(|place| tables::split_item_key(place).1 == key).last().unwrap();
        match how {
            "its row is gone" => drop(cleanings.remove(key).unwrap()),
            "its row is another" => drop(cleanings.insert(key, &b"{}"[..]).unwrap()),
            _ => drop(places.remove(&place).unwrap()),
        }
    }
    txn.commit().unwrap();
}

#[tokio::test]
async fn a_cleaning_that_left_the_lists_is_noticed_and_is_there_after_the_next_start() {
    for how in ["its row is gone", "its row is another", "its place is gone"] {
        let dir = tempfile::tempdir().unwrap();
        let store = open_with_three(dir.path()).await;
        assert!(!store.scrub_block((0, 0)).unwrap().damaged && !store.health().damaged);
        damage_newest(store, how).await;
        let (store, _) = open(dir.path());
        assert!(store.scrub_block((0, 0)).unwrap().damaged, "{how}: nobody noticed");
        assert!(store.health().damaged, "{how}");
        assert!(listed(&store).contains(&2), "{how}");
        store.stop().await.unwrap();
        drop(store);
        let (store, report) = open(dir.path());
        assert!(report.rebuilt.is_some(), "{how}");
        assert_eq!(listed(&store), [3, 3], "{how}");
        assert!(!store.scrub_block((0, 0)).unwrap().damaged, "{how}");
    }
}

#[tokio::test]
async fn a_list_whose_row_cannot_be_read_is_damage() {
    let dir = tempfile::tempdir().unwrap();
    damage_newest(open_with_three(dir.path()).await, "its row is another").await;
    let (store, _) = open(dir.path());
    assert!(!store.health().damaged);
    assert_eq!(listed(&store), [2, 2]);
    assert!(store.health().damaged);
}
