//! Records that phones sent and the box refused: bounds, order and times, on real tables.

use record::anchor::ClockAnchor;
use record::entry::{ClockState, EntryTime};
use record::ids::BootId;
use record::kinds::ProblemWord;
use record::tree::Hash;

use super::*;
use crate::phones::refused_submissions::RefusedProblem;

/// The rows of a box, as they are in its file and in memory.
struct Rows {
    records: RefusedRecords,
    db: Arc<Database>,
    _dir: tempfile::TempDir,
}

impl Rows {
    fn with(rows: &[RefusedSubmission]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let db = Arc::new(Database::create(dir.path().join("state.redb")).unwrap());
        let write = db.begin_write().unwrap();
        let mut table = write.open_table(ROWS).unwrap();
        for row in rows {
            table.insert(row.id.as_str(), row_json(row).as_slice()).unwrap();
        }
        drop(table);
        write.commit().unwrap();
        Self { records: RefusedRecords::default(), db, _dir: dir }
    }

    fn keep(&self, row: &RefusedSubmission) -> bool {
        self.records.keep(&self.db, row, None).unwrap()
    }

    fn close(&self, n: usize) {
        self.records.close(&self.db, &id_of(n), &FacilityState::default()).unwrap();
    }

    fn find(&self, n: usize) -> Option<RefusedSubmission> {
        self.records.find(&self.db, &id_of(n)).unwrap()
    }

    /// What waits for somebody; memory and file say the same.
    fn open(&self) -> Vec<RefusedSubmission> {
        let list = |records: &RefusedRecords| {
            records
                .list_open(&self.db, None, usize::MAX)
                .unwrap()
                .unwrap()
                .rows
                .into_iter()
                .map(|(row, _)| row)
        };
        let open: Vec<_> = list(&self.records).collect();
        assert_eq!(list(&RefusedRecords::default()).collect::<Vec<_>>(), open);
        assert_eq!(self.records.count_open(&self.db).unwrap(), open.len());
        open
    }
}

fn id_of(n: usize) -> String {
    format!("{n:026}")
}

fn row(n: usize, refused_ms: i64) -> RefusedSubmission {
    let example = RefusedSubmission::example(Vec::new());
    RefusedSubmission { id: id_of(n), refused_ms, performed_ms: refused_ms, phone_ms: refused_ms, ..example }
}

fn sender(is_known: bool, name: &str) -> SubmissionSender {
    SubmissionSender { is_known, name: name.into() }
}

fn of(n: usize, sender: SubmissionSender) -> RefusedSubmission {
    RefusedSubmission { sender, ..row(n, i64::try_from(n).unwrap()) }
}

fn known(n: usize) -> RefusedSubmission {
    of(n, sender(true, "PHONE"))
}

#[test]
fn the_first_of_an_id_stays_and_a_closed_one_waits_for_nobody() {
    let rows = Rows::with(&[]);
    assert_eq!(rows.open(), []);
    assert!(rows.keep(&row(1, 5)));
    assert!(rows.keep(&RefusedSubmission { name: "Other".into(), ..row(1, 6) }));
    assert!(rows.keep(&row(2, 7)));
    assert_eq!(rows.open(), [row(2, 7), row(1, 5)]);
    rows.close(1);
    assert_eq!(rows.open(), [row(2, 7)]);
    assert!(rows.find(1).unwrap().is_closed);
    assert!(rows.records.contains(&rows.db, &id_of(1)).unwrap());
}

#[test]
fn only_what_is_closed_leaves_by_its_age_and_only_by_a_sure_time() {
    let rows = Rows::with(&[]);
    assert!(rows.keep(&row(1, 5)) && rows.keep(&row(2, 6)));
    rows.close(1);
    let late = row(3, 7 + CLOSED_LIFE_MS);
    assert!(rows.records.keep(&rows.db, &late, None).unwrap());
    assert_eq!(rows.find(1).map(|row| row.is_closed), Some(true), "nobody knows what the time is");
    assert!(rows.records.keep(&rows.db, &row(4, 9), Some(late.refused_ms)).unwrap());
    assert_eq!(rows.find(1), None);
    assert_eq!(rows.open().len(), 3, "whatever the time is, what waits for somebody stays");
}

#[test]
fn times_are_those_that_somebody_said_later_of_that_boot() {
    let boot = BootId::new(0, [4; 10]);
    let at = EntryTime { wall: 1_000, boot, up: 500, clock: ClockState::Uncertain };
    let refused = RefusedSubmission { at: Some(at), performed_ms: 400, ..row(1, 1_000) };
    let mut facility = FacilityState::default();
    assert_eq!(refused.clone().correct_times(&facility), refused);
    facility.boots.insert(boot, ClockAnchor { up_ms: 400, wall_ms: 50_000, source: None });
    let times = |row: RefusedSubmission| (row.refused_ms, row.performed_ms);
    let corrected = refused.clone().correct_times(&facility);
    assert_eq!(times(corrected), (50_100, 49_500));
    let rows = Rows::with(&[refused]);
    rows.records.close(&rows.db, &id_of(1), &facility).unwrap();
    let closed = rows.find(1).unwrap();
    assert_eq!(times(closed.clone()), (50_100, 49_500));
    assert_eq!(closed.clone().correct_times(&facility), closed, "once");
}

#[test]
fn a_flood_has_a_bound_and_takes_first_what_nobody_needs() {
    let rows = Rows::with(&(0..ROWS_MAX).map(|n| row(n, 1)).collect::<Vec<_>>());
    rows.close(500);
    assert!(rows.keep(&known(ROWS_MAX)));
    assert_eq!(rows.find(500), None);
    assert_eq!(rows.open().len(), ROWS_MAX);
}

#[test]
fn what_the_box_said_it_keeps_stays_whoever_floods_it() {
    let rows = Rows::with(&[]);
    let honest = of(0, sender(false, "10.0.0.5"));
    assert!(rows.keep(&honest));
    let mut kept = 0;
    for n in 1..ROWS_MAX + 500 {
        // Phones that made one record each, and the networks of others.
        let flood = sender(n % 2 == 0, &format!("flood {}", n % 40));
        kept += usize::from(rows.keep(&of(n, flood)));
    }
    assert_eq!(kept + 1, ROWS_MAX);
    assert_eq!(rows.find(0), Some(honest));
    assert!(!rows.keep(&known(9_000)), "its phone keeps it");
    rows.close(1);
    assert!(rows.keep(&known(9_000)) && rows.find(1).is_none());
}

#[test]
fn a_phone_that_made_records_has_a_share_too() {
    let rows = Rows::with(&[]);
    let kept = (0..300).filter(|n| rows.keep(&known(*n))).count();
    assert_eq!(kept, KNOWN_ROWS_MAX);
    assert!(rows.keep(&of(300, sender(true, "ANOTHER"))));
}

#[test]
fn strangers_leave_room_to_phones_that_made_records() {
    let rows = Rows::with(&[]);
    let kept =
        (0..ROWS_MAX).filter(|n| rows.keep(&of(*n, sender(false, &format!("10.0.1.{}", n % 50))))).count();
    assert_eq!(kept, STRANGERS_ROWS_MAX);
    assert!(rows.keep(&known(ROWS_MAX)));
}

#[test]
fn a_network_of_strangers_has_a_share_of_its_own() {
    let rows = Rows::with(&[]);
    let (stranger, other) = (sender(false, "10.0.0.66"), sender(false, "10.0.0.5"));
    let kept = (0..200).filter(|n| rows.keep(&of(*n, stranger.clone()))).count();
    assert_eq!(kept, STRANGER_ROWS_MAX);
    assert!(rows.keep(&of(200, other)) && rows.keep(&known(201)));
    rows.close(3);
    assert!(rows.keep(&of(202, stranger.clone())), "somebody saw to one of them");
    assert!(!rows.keep(&of(203, stranger)));
}

#[test]
fn long_texts_have_a_bound_together() {
    let rows = Rows::with(&[]);
    let long = |n: usize, sender: SubmissionSender| RefusedSubmission {
        note: "\u{1f9fd}".repeat(1_000),
        name: "\u{1f9fd}".repeat(120),
        agent: "\u{1f9fd}".repeat(200),
        ..of(n, sender)
    };
    assert!(rows.keep(&known(0)));
    let mut kept = 0;
    for n in 1..=ROWS_MAX - 10 {
        kept += usize::from(rows.keep(&long(n, sender(false, &format!("10.0.1.{}", n % 50)))));
    }
    let bytes = || rows.open().iter().map(|row| row_json(row).len()).sum::<usize>();
    assert!(kept > 50 && bytes() <= BYTES_MAX / 2 + 16 * 1_024, "{kept} {}", bytes());
    let before = rows.open().len();
    assert!(before < STRANGERS_ROWS_MAX, "{before}");
    assert!(rows.keep(&long(5_000, sender(true, "PHONE"))), "strangers leave room");
    assert!(rows.find(0).is_some() && bytes() <= BYTES_MAX);
}

#[test]
fn where_more_wait_than_the_bound_none_leaves_and_none_comes() {
    let rows = Rows::with(&(0..ROWS_MAX + 3).map(|n| row(n, 1)).collect::<Vec<_>>());
    assert!(!rows.keep(&RefusedSubmission { refused_ms: 0, ..known(ROWS_MAX + 3) }));
    assert_eq!(rows.open().len(), ROWS_MAX + 3);
    let rows = Rows::with(
        &(0..ROWS_MAX - 4)
            .map(|n: usize| of(n, sender(true, &format!("phone {}", n % 50))))
            .collect::<Vec<_>>(),
    );
    std::thread::scope(|scope| {
        for n in 0..8 {
            let rows = &rows;
            scope.spawn(move || rows.keep(&known(ROWS_MAX + n)));
        }
    });
    assert_eq!(rows.open().len(), ROWS_MAX);
}

#[test]
fn strangers_fill_no_card_with_photos() {
    let rows = Rows::with(&[]);
    let with_photos = |n: usize, sender: SubmissionSender| RefusedSubmission {
        sender,
        photos: (0..4).map(|at| Hash([u8::try_from((n * 4 + at) % 256).unwrap(); 32])).collect(),
        ..row(n, 1)
    };
    let photos = |n: usize| rows.find(n).unwrap().photos.len();
    for n in 0..8 {
        rows.keep(&with_photos(n, sender(false, "10.0.0.66")));
    }
    assert_eq!((0..8).map(photos).collect::<Vec<_>>(), [4, 4, 4, 4, 4, 0, 0, 0]);
    for n in 8..100 {
        rows.keep(&with_photos(n, sender(false, &format!("10.0.1.{n}"))));
    }
    assert_eq!((0..100).map(photos).sum::<usize>(), STRANGERS_PHOTOS_MAX);
    for n in 200..212 {
        rows.keep(&with_photos(n, sender(true, "PHONE")));
    }
    assert_eq!(
        (200..212).map(photos).sum::<usize>(),
        KNOWN_PHOTOS_MAX,
        "whoever made records before has theirs"
    );
}

#[test]
fn a_row_has_a_bound() {
    let rows = Rows::with(&[]);
    let long = || "\u{1}".repeat(20_000);
    let row = RefusedSubmission {
        tag: long(),
        name: "é".repeat(20_000),
        note: long(),
        agent: long(),
        lot: long(),
        steps: vec![u16::MAX; 9_000],
        photos: vec![Hash([7; 32]); 9],
        problem: Some(RefusedProblem { what: ProblemWord::Broken, text: long() }),
        ..row(1, 1)
    };
    assert!(rows.keep(&row));
    let kept = rows.find(1).unwrap();
    let lengths =
        [&kept.tag, &kept.name, &kept.note, &kept.agent, &kept.lot].map(|text| text.chars().count());
    assert_eq!(lengths, [40, 120, 1_000, 200, 40]);
    assert_eq!(kept.problem.as_ref().map(|problem| problem.text.len()), Some(1_000));
    assert_eq!((kept.steps.len(), kept.photos.len()), (40, 4));
    assert!(row_json(&kept).len() <= 16 * 1_024);
}

#[test]
fn a_list_is_read_in_parts_and_says_how_many_a_sender_has() {
    let mut there: Vec<_> = (0..7).map(|n| of(n, sender(n % 2 == 0, "A"))).collect();
    there[3].is_closed = true;
    let rows = Rows::with(&there);
    let list = |behind: Option<&str>| rows.records.list_open(&rows.db, behind, 4).unwrap();
    let first = list(None).unwrap();
    let seen = |page: &RefusedPage| page.rows.iter().map(|(row, n)| (row.id.clone(), *n)).collect::<Vec<_>>();
    assert_eq!(seen(&first), [(6, 4), (5, 2), (4, 4), (2, 4)].map(|(n, count)| (id_of(n), count)));
    assert_eq!(first.next, Some(id_of(2)));
    assert_eq!(rows.records.close_of_sender(&rows.db, &id_of(2), &FacilityState::default()).unwrap(), 4);
    let last = list(first.next.as_deref()).unwrap();
    assert_eq!(
        (seen(&last), last.next),
        (vec![(id_of(1), 2)], None),
        "one that is closed has its place still"
    );
    assert_eq!(list(Some("x")), None);
    assert_eq!(rows.records.close_of_sender(&rows.db, "x", &FacilityState::default()).unwrap(), 0);
    assert_eq!(rows.open().len(), 2);
}

#[test]
fn another_file_is_read_anew() {
    let (rows, other) = (Rows::with(&[row(1, 1)]), Rows::with(&[row(2, 1), row(3, 1)]));
    assert_eq!(rows.records.count_open(&rows.db).unwrap(), 1);
    assert_eq!(rows.records.count_open(&other.db).unwrap(), 2);
    assert!(!rows.records.contains(&other.db, &id_of(1)).unwrap());
}
