//! The status of all items: computed once per log size and minute by the first request, and shared by all pages.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwapOption;
use record::checkpoint::LogOrigin;
use record::fold::{Equipment, ServiceState};
use record::tag::Tag;
use web::error::HttpError;

use crate::store::StoreSnapshot;
use crate::web::context::AppState;
use crate::web::view_models::equipment::item_status::ItemRow;
use crate::web::view_models::page::formats::LocalTime;
use crate::web::view_models::page::snapshot::Snapshot;

/// A page that only names what comes next takes a board that is at most this old, whatever was recorded since.
const LATELY_MS: u64 = 250;

pub(crate) struct StatusBoard {
    pub(crate) seen: Arc<StoreSnapshot>,
    key: BoardKey,
    made_up_ms: u64,
    /// When the first status changes by time alone.
    until_ms: i64,
    items: Vec<Arc<ItemRow>>,
    /// Those in use, the most urgent first: the overdue, the due, the rest.
    in_use: Vec<Arc<ItemRow>>,
    overdue: usize,
    due: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct BoardKey {
    origin: LogOrigin,
    size: u64,
    minute: i64,
}

impl BoardKey {
    fn of(seen: &StoreSnapshot, now_ms: i64) -> Self {
        Self { origin: seen.origin, size: seen.size(), minute: now_ms.div_euclid(60_000) }
    }
}

impl StatusBoard {
    /// Computes the board again, reusing unchanged items of the last one; returns how many had changed.
    fn made(before: Option<&Self>, seen: Arc<StoreSnapshot>, local: &LocalTime, up_ms: u64) -> (Self, u64) {
        let now_ms = local.now_ms();
        let settings = &seen.facility.settings;
        let before = before.filter(|b| b.seen.facility.settings.is_same_but_labels(settings));
        let (mut items, mut changed, mut computed) = (Vec::new(), BTreeSet::new(), 0);
        // All three are in the order of tags.
        let mut known = before.iter().flat_map(|b| &b.items).peekable();
        let mut activities = seen.facility.activity.iter().peekable();
        for (tag, item) in &seen.facility.equipment {
            while let Some(gone) = known.next_if(|row| row.item.tag < *tag) {
                changed.insert(gone.item.tag);
            }
            while activities.next_if(|(of, _)| *of < tag).is_some() {}
            let activity = activities.next_if(|(of, _)| *of == tag).map(|(_, activity)| activity);
            let same = known.next_if(|row| row.item.tag == *tag);
            let same = same.filter(|row| row.is_of(item, activity) && row.has_status_at(now_ms));
            let row = match same {
                Some(row) => row.clone(),
                None => {
                    computed += 1;
                    changed.insert(*tag);
                    Arc::new(ItemRow::of(settings, item, activity, local))
                }
            };
            items.push(row);
        }
        changed.extend(known.map(|gone| gone.item.tag));
        let stored = before.iter().flat_map(|b| &b.in_use).filter(|row| !changed.contains(&row.item.tag));
        let mut in_use: Vec<Arc<ItemRow>> = stored.cloned().collect();
        let used = items
            .iter()
            .filter(|row| changed.contains(&row.item.tag) && row.item.service != ServiceState::Retired);
        in_use.extend(used.cloned());
        // Most of it is in order already, which this sort makes use of.
        in_use.sort_by(|a, b| a.order().cmp(&b.order()));
        let overdue = in_use.partition_point(|row| row.is_overdue());
        let due = in_use[overdue..].partition_point(|row| row.is_due());
        let until_ms = items.iter().map(|row| row.status_ends_ms()).min().unwrap_or(i64::MAX);
        let key = BoardKey::of(&seen, now_ms);
        (Self { seen, key, made_up_ms: up_ms, until_ms, items, in_use, overdue, due }, computed)
    }

    pub(crate) fn in_use(&self) -> &[Arc<ItemRow>] {
        &self.in_use
    }

    pub(crate) fn overdue(&self) -> &[Arc<ItemRow>] {
        &self.in_use[..self.overdue]
    }

    pub(crate) fn due(&self) -> &[Arc<ItemRow>] {
        &self.in_use[self.overdue..self.overdue + self.due]
    }

    pub(crate) fn waiting(&self) -> &[Arc<ItemRow>] {
        &self.in_use[..self.overdue + self.due]
    }

    pub(crate) fn all(&self) -> &[Arc<ItemRow>] {
        &self.items
    }

    /// The items that somebody cleans at this moment, as far as the board knows of records.
    pub(crate) fn being_cleaned(&self, state: &AppState) -> BTreeSet<Tag> {
        state.contact_timers.being_cleaned(&self.seen, &state.known_now())
    }

    pub(crate) fn row(&self, tag: Tag) -> Option<&Arc<ItemRow>> {
        self.items.binary_search_by_key(&tag, |row| row.item.tag).ok().map(|at| &self.items[at])
    }
}

#[derive(Default)]
pub(crate) struct StatusBoards {
    shown: ArcSwapOption<StatusBoard>,
    making: Mutex<()>,
    #[cfg(test)]
    pub(crate) boards: std::sync::atomic::AtomicU64,
    #[cfg(test)]
    pub(crate) standings: std::sync::atomic::AtomicU64,
}

impl StatusBoards {
    pub(crate) fn row_of(
        &self,
        facility: &StoreSnapshot,
        item: &Equipment,
        local: &LocalTime,
    ) -> Option<ItemRow> {
        let item = facility.equipment.get(&item.tag)?;
        self.count(0, 1);
        Some(ItemRow::of(&facility.settings, item, facility.activity.get(&item.tag), local))
    }

    fn known(&self, key: BoardKey, now_ms: i64) -> Option<Arc<StatusBoard>> {
        self.shown.load_full().filter(|board| board.key == key && now_ms < board.until_ms)
    }

    fn make(&self, seen: Arc<StoreSnapshot>, local: &LocalTime, up_ms: u64) -> Arc<StatusBoard> {
        let before = self.shown.load_full();
        let (board, computed) = StatusBoard::made(before.as_deref(), seen, local, up_ms);
        self.count(1, computed);
        let board = Arc::new(board);
        self.shown.store(Some(board.clone()));
        board
    }

    #[cfg(test)]
    fn count(&self, boards: u64, standings: u64) {
        self.boards.fetch_add(boards, std::sync::atomic::Ordering::Relaxed);
        self.standings.fetch_add(standings, std::sync::atomic::Ordering::Relaxed);
    }

    #[cfg(not(test))]
    fn count(&self, _: u64, _: u64) {}
}

pub(crate) fn board_now(state: &AppState) -> Arc<StatusBoard> {
    let boards = state.stored::<StatusBoards>();
    let (key, _, snapshot) = read_board_key(state);
    if let Some(board) = boards.known(key, snapshot.now_ms()) {
        return board;
    }
    let _turn = boards.making.lock().unwrap_or_else(PoisonError::into_inner);
    // A request that had to wait finds the finished board, or computes the current one.
    let (key, seen, snapshot) = read_board_key(state);
    let known = boards.known(key, snapshot.now_ms());
    known.unwrap_or_else(|| boards.make(seen, &snapshot.local, snapshot.now.up_ms))
}

fn read_board_key(state: &AppState) -> (BoardKey, Arc<StoreSnapshot>, Snapshot) {
    let seen = state.store.snapshot();
    let snapshot = Snapshot::of(state, &seen);
    (BoardKey::of(&seen, snapshot.now_ms()), seen, snapshot)
}

pub(crate) async fn status_board(state: &AppState) -> Result<Arc<StatusBoard>, HttpError> {
    let seen = state.store.snapshot();
    let now_ms = Snapshot::of(state, &seen).now_ms();
    if let Some(board) = state.stored::<StatusBoards>().known(BoardKey::of(&seen, now_ms), now_ms) {
        return Ok(board);
    }
    let requested = state.clone();
    tokio::task::spawn_blocking(move || board_now(&requested)).await.map_err(|e| HttpError::internal(&e))
}

/// A board that may lack what was recorded in the last moments: each row says by [`ItemRow::is_of`] whether it does.
pub(crate) async fn board_lately(state: &AppState) -> Result<Arc<StatusBoard>, HttpError> {
    let up_ms = state.clock.now().up_ms;
    let recent = state.stored::<StatusBoards>().shown.load_full();
    match recent.filter(|board| up_ms.saturating_sub(board.made_up_ms) < LATELY_MS) {
        Some(board) => Ok(board),
        None => status_board(state).await,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::convert::Infallible;

    use proptest::prelude::*;
    use record::entry::{ClockState, Entry, EntryAuthor, EntryTime, IdempotencyRecord};
    use record::fold::{CleaningRecord, FacilityState, FoldEffect, HistoryLookup, LinePlace, UseRecord};
    use record::ids::{BootId, Epoch};
    use record::kinds::{EntryRef, Event};
    use record::run::RunName;
    use record::tree::{Frontier, Hash};

    use super::*;

    const EPOCH: Epoch = Epoch { n: 1, key: [0; 4] };
    const MINUTE: i64 = 60_000;

    #[derive(Default)]
    struct Past(BTreeMap<EntryRef, CleaningRecord>);

    impl HistoryLookup for Past {
        type Error = Infallible;
        fn cleaning(&self, of: EntryRef, _: Option<RunName>) -> Result<Option<CleaningRecord>, Infallible> {
            Ok(self.0.get(&of).cloned())
        }
        fn unsure(&self, _: BootId) -> Result<Vec<CleaningRecord>, Infallible> {
            Ok(Vec::new())
        }
        fn unsure_uses(&self, _: BootId) -> Result<Vec<UseRecord>, Infallible> {
            Ok(Vec::new())
        }
        fn first_of_key(&self, _: &IdempotencyRecord, _: LinePlace) -> Result<Option<LinePlace>, Infallible> {
            Ok(None)
        }
    }

    /// A facility that is changed step by step, and the board that follows it.
    #[derive(Default)]
    struct BoardInput {
        facility: Arc<FacilityState>,
        past: Past,
        frontier: Frontier,
        board: Option<StatusBoard>,
    }

    impl BoardInput {
        fn add_event(&mut self, wall: i64, kind: &str, body: &str) {
            let event = Event::read(kind, body);
            assert!(!matches!(event, Event::Unknown(_)), "{kind} {body}");
            let up = wall.cast_unsigned();
            let at = EntryTime { wall, boot: BootId::new(1, [1; 10]), up, clock: ClockState::Synced };
            let entry = Entry::compose(self.frontier.size(), at, EntryAuthor::BOX, None, &event).unwrap();
            self.frontier.push(Hash::of(entry.bytes()));
            // As the writer does it: what a reader holds stays as it was.
            let facility = Arc::make_mut(&mut self.facility);
            let Ok(changes) = facility.apply(EPOCH, &entry, &event, &self.past);
            for effect in changes.effects {
                if let FoldEffect::Cleaned(c) | FoldEffect::Recleaned(c) = effect {
                    self.past.0.insert(c.of, c);
                }
            }
        }

        fn board(&mut self, now_ms: i64) -> u64 {
            let origin = LogOrigin { box_id: record::ids::BoxId::new(1, [1; 10]), epoch: EPOCH };
            let seen =
                StoreSnapshot { origin, frontier: self.frontier.clone(), facility: self.facility.clone() };
            let local = LocalTime::new(self.facility.settings.zone(), now_ms);
            let (board, computed) = StatusBoard::made(self.board.as_ref(), Arc::new(seen), &local, 0);
            self.board = Some(board);
            computed
        }

        /// The board says of each item what is computed for it alone, and in the right order.
        fn check(&self, now_ms: i64) {
            let board = self.board.as_ref().unwrap();
            let local = LocalTime::new(self.facility.settings.zone(), now_ms);
            let fresh = |item: &Arc<Equipment>| {
                ItemRow::of(&self.facility.settings, item, self.facility.activity.get(&item.tag), &local)
            };
            assert!(board.all().iter().map(|row| row.item.tag).eq(self.facility.equipment.keys().copied()));
            for row in board.all() {
                let fresh = fresh(&row.item);
                assert_eq!(row.status, fresh.status, "{:?}", row.item);
                assert_eq!(board.row(row.item.tag).map(Arc::as_ptr), Some(Arc::as_ptr(row)));
            }
            let used = self.facility.equipment.values().filter(|item| item.service != ServiceState::Retired);
            let mut used: Vec<ItemRow> = used.map(fresh).collect();
            used.sort_by(|a, b| a.order().cmp(&b.order()));
            assert!(board.in_use().iter().map(|r| r.item.tag).eq(used.iter().map(|r| r.item.tag)));
            assert_eq!(board.overdue().len(), used.iter().filter(|r| r.is_overdue()).count());
            assert_eq!(board.due().len(), used.iter().filter(|r| r.is_due()).count());
            assert_eq!(board.waiting().len(), board.overdue().len() + board.due().len());
        }
    }

    fn tag(n: u8) -> Tag {
        Tag::from_random([n, 2, 3, 4, 5])
    }

    fn schedule(n: u32) -> String {
        match n % 6 {
            0 => format!(r#"{{"every":"hours","n":{}}}"#, 1 + n % 5),
            1 => format!(r#"{{"every":"days","n":{}}}"#, 1 + n % 3),
            2 => r#"{"every":"weeks","n":1}"#.to_owned(),
            3 => r#"{"every":"times","at":["06:00","19:30"]}"#.to_owned(),
            4 => r#"{"every":"use","grace_s":600}"#.to_owned(),
            _ => r#"{"every":"never"}"#.to_owned(),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]
        #[test]
        fn the_board_says_what_is_worked_out_for_each_item_alone(
            steps in prop::collection::vec((0u8..10, 0u8..6, 0u32..1_000, 0i64..3), 1..120),
        ) {
            let mut reported = BoardInput::default();
            let mut now_ms: i64 = 1_795_205_071_123;
            for (what, item, n, far) in steps {
                now_ms += match far {
                    0 => i64::from(n) * 37,
                    1 => i64::from(n) * MINUTE / 3,
                    _ => i64::from(n) * MINUTE * 7,
                };
                let tag = tag(item);
                let of_tag = format!(r#"{{"tag":"{tag}"}}"#);
                match what {
                    0 => reported.add_event(now_ms, "equipment.added", &format!(r#"{{"tag":"{tag}","name":"Pump {}"}}"#, n % 3)),
                    1 | 2 => reported.add_event(now_ms, "schedule.set", &format!(r#"{{"tag":"{tag}","schedule":{},"from":{now_ms}}}"#, schedule(n))),
                    3 | 4 => reported.add_event(now_ms, "cleaning.recorded", &format!(r#"{{"tag":"{tag}","who":{{"proof":"unattributed"}}}}"#)),
                    5 => reported.add_event(now_ms, "use.recorded", &of_tag),
                    6 => reported.add_event(now_ms, if n % 9 == 0 { "equipment.retired" } else { "equipment.suspended" }, &of_tag),
                    7 => reported.add_event(now_ms, "equipment.resumed", &of_tag),
                    8 if n % 4 == 0 => {
                        let zone = ["America/Chicago", "Asia/Kathmandu", "UTC"][n as usize % 3];
                        reported.add_event(now_ms, "facility.changed", &format!(r#"{{"zone":"{zone}"}}"#));
                    }
                    // Time passes, and nothing else.
                    _ => {}
                }
                reported.board(now_ms);
                reported.check(now_ms);
            }
        }
    }

    #[test]
    fn one_record_works_one_item_out_and_a_new_minute_none() {
        let mut reported = BoardInput::default();
        let now_ms = 1_795_205_071_123;
        for n in 0..200 {
            reported.add_event(
                now_ms,
                "equipment.added",
                &format!(r#"{{"tag":"{}","name":"Pump"}}"#, tag(n)),
            );
            let set =
                format!(r#"{{"tag":"{}","schedule":{{"every":"days","n":1}},"from":{now_ms}}}"#, tag(n));
            reported.add_event(now_ms, "schedule.set", &set);
        }
        assert_eq!(reported.board(now_ms), 200);
        assert_eq!(reported.board(now_ms), 0);
        reported.add_event(
            now_ms,
            "cleaning.recorded",
            &format!(r#"{{"tag":"{}","who":{{"proof":"unattributed"}}}}"#, tag(7)),
        );
        assert_eq!(reported.board(now_ms), 1);
        assert_eq!(reported.board(now_ms + MINUTE), 0, "no status is new");
        reported.check(now_ms + MINUTE);
        assert_eq!(reported.board(now_ms + 3 * 86_400_000), 200);
    }
}
