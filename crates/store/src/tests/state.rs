//! What becomes of `state.redb` when the disk fails, while the box runs and at a start.

use crate::database::state_file;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::time::Duration;

use redb::{ReadableDatabase as _, ReadableTable as _, TableDefinition};

use super::failures::FaultyBox;
use super::faulty_disk::{Call, How};
use super::*;

pub(super) const ROOM: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("of_a_room");
pub(super) const TAKEN_OVER: &[&str] = &["of_a_room", "of_no_room"];

pub(super) fn try_put(state: &StateDb, key: &str, row: &[u8]) -> Result<(), redb::Error> {
    let write = state.db().begin_write()?;
    write.open_table(ROOM)?.insert(key, row)?;
    Ok(write.commit()?)
}

pub(super) fn keys(state: &StateDb) -> Vec<String> {
    let read = state.db().begin_read().unwrap();
    let Ok(table) = read.open_table(ROOM) else { return Vec::new() };
    table.iter().unwrap().map(|row| row.unwrap().0.value().to_owned()).collect()
}

pub(super) struct FailingState {
    pub(super) of: FaultyBox,
    pub(super) clock: Arc<FakeClock>,
}

impl FailingState {
    pub(super) fn new() -> Self {
        let state = ClockState::Synced;
        let now = Now { wall_ms: 1_763_610_000_000, boot: BootId::new(1, [1; 10]), up_ms: 9, state };
        Self { of: FaultyBox::new(), clock: Arc::new(FakeClock::new(now)) }
    }

    pub(super) fn open(&self) -> Result<(Store, StartReport), StoreError> {
        Store::open_on(self.of.disk(), sizes(), self.clock.clone(), &SeededRandom::new(7))
    }

    /// Opens it while this fails so many times. Whoever had it open before has released it by then.
    fn open_failing(&self, call: Call, times: usize) -> Result<(Store, StartReport), StoreError> {
        let disk = self.of.disk();
        self.of.fail(state_file::STATE, call, How::Error(ErrorKind::Other), times);
        Store::open_on(disk, sizes(), self.clock.clone(), &SeededRandom::new(7))
    }

    fn file_number(&self) -> u64 {
        std::fs::metadata(self.of.dir.path().join(state_file::STATE)).unwrap().ino()
    }
}

const FAULTS: [(Call, ErrorKind); 4] = [
    (Call::Write, ErrorKind::StorageFull),
    (Call::Write, ErrorKind::Other),
    (Call::Flush, ErrorKind::Other),
    (Call::Flush, ErrorKind::StorageFull),
];

#[tokio::test]
async fn one_failure_of_the_disk_shuts_the_state_for_no_further_act() {
    for (call, kind) in FAULTS {
        let failing = FailingState::new();
        let (store, _) = failing.open().unwrap();
        // Kept from before the failure, as modules do.
        let state = store.state();
        try_put(&state, "before", b"1").unwrap();
        assert_eq!(store.look_at_state(), StateCondition::Sound);
        let number = failing.file_number();
        failing.of.fail(state_file::STATE, call, How::Error(kind), 1);
        try_put(&state, "cut", b"1").unwrap_err();
        try_put(&state, "after", b"1").unwrap();
        let all = keys(&state);
        assert!(all.iter().any(|key| key == "before") && all.iter().any(|key| key == "after"), "{all:?}");
        let is_rewritten = failing.file_number() != number;
        let keeps_file = call == Call::Write && kind == ErrorKind::StorageFull;
        assert_eq!(is_rewritten, !keeps_file, "{call:?} {kind}: no flush is asked for twice");
        assert!(matches!(store.look_at_state(), StateCondition::Recovered(why) if why == "a fault"));
        assert_eq!(store.look_at_state(), StateCondition::Sound);
        drop((state, store));
        let (store, report) = failing.open().unwrap();
        assert!(!report.state_lost);
        assert_eq!(keys(&store.state()), all, "{call:?} {kind}: what was seen is there after a start");
    }
}

#[tokio::test]
async fn a_disk_that_goes_on_failing_is_told_of_and_tried_again() {
    for (call, kind) in FAULTS {
        let failing = FailingState::new();
        let (store, _) = failing.open().unwrap();
        let state = store.state();
        try_put(&state, "before", b"1").unwrap();
        failing.of.fail(state_file::STATE, call, How::Error(kind), usize::MAX);
        for _ in 0..3 {
            try_put(&state, "cut", b"1").unwrap_err();
            assert!(matches!(store.look_at_state(), StateCondition::Failing(why) if why == "a fault"));
            failing.clock.advance(Duration::from_secs(10));
        }
        record(&store, vec![equipment()]).await;
        failing.of.mend();
        try_put(&state, "after", b"1").unwrap();
        assert!(matches!(store.look_at_state(), StateCondition::Recovered(_)), "{call:?} {kind}");
        assert!(keys(&state).iter().any(|key| key == "before"));
    }
}

#[tokio::test]
async fn a_disk_that_fails_at_a_start_ends_it_and_the_next_start_has_everything() {
    for call in [Call::Flush, Call::Read] {
        let failing = FailingState::new();
        let (store, _) = failing.open().unwrap();
        try_put(&store.state(), "before", b"1").unwrap();
        record(&store, vec![equipment()]).await;
        drop(store);
        for _ in 0..4 {
            assert!(failing.open_failing(call, 1).is_err(), "{call:?}");
            let (store, report) = failing.open().unwrap();
            store.note_sound_state();
            assert!(!report.state_lost);
            assert_eq!(keys(&store.state()), ["before"]);
        }
        // One after the other: the file itself is in question.
        for _ in 0..2 {
            assert!(failing.open_failing(call, 1).is_err(), "{call:?}");
        }
        let (store, report) = failing.open_failing(call, 1).unwrap();
        assert!(report.state_lost);
        assert!(failing.of.dir.path().join("salvage/1.state.read.redb").exists());
        assert_eq!(keys(&store.state()), ["before"], "it could be read after all");
    }
}
