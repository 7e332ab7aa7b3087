//! The access log as a chain: whatever is changed or removed in it is found, and what is deleted by age leaves a valid chain.

use record::sign::{KeyKind, SignerKey, VerifierKey};
use relay::accounts::records::access_log::{AccessLog, AccessOutcome, AccessRecord, RETENTION_MS};
use relay::accounts::retention::ForgetRounds;
use relay::audit::access_chain::{AccessReport, ChainProofs, verify_access_logs};
use relay::audit::head_note::{HeadNote, chain_origin};
use relay::db::access_log::audit::{AuditFilter, list_acts, list_chained};
use relay::db::access_log::audit_heads;
use relay::db::access_log::audit_heads::platform_chains;
use relay::db::{AccountScope, PlatformReason};
use relay::objects::{NoteStore, set_notes_aside};
use service::clock::Clock as _;
use service::random::SystemRandom;

use super::Databases;
use super::world::{DAY_MS, World, column, cosigner, run, run_due_with};

const MINUTE_MS: i64 = 60_000;

impl World {
    fn access_log(&self) -> AccessLog<'_> {
        AccessLog { clock: &*self.clock, random: &SystemRandom }
    }

    pub(crate) async fn act(&self, of: AccountScope, who: &str) {
        let mut tx = self.db.write(of).await.unwrap();
        let record = AccessRecord { who, act: "token create", about: "x", facility: Some(self.facility) };
        self.access_log().write_act(&mut tx, record).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn denied(&self, who: &str) {
        let mut tx = self.db.write(self.scope).await.unwrap();
        let record = AccessRecord { who, act: "GET /app/people", about: "needs-admin", facility: None };
        self.access_log().write_repeated(&mut tx, record, AccessOutcome::Denied).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn stranger_tries(&self) {
        let mut tx = self.db.platform_write(PlatformReason::SignIn).await.unwrap();
        self.access_log().write_stranger(&mut tx, "sign in").await.unwrap();
        tx.commit().await.unwrap();
    }

    fn note_store(&self) -> NoteStore {
        NoteStore::in_folder(self.notes.path()).unwrap()
    }

    /// As somebody verifies who comes at a time at which everything here may be deleted.
    async fn verified_by(&self, key: &VerifierKey) -> AccessReport {
        self.verified_at(key, self.clock.now_ms() + 2 * RETENTION_MS).await
    }

    async fn verified_at(&self, key: &VerifierKey, now_ms: i64) -> AccessReport {
        let proofs = ChainProofs { keys: std::slice::from_ref(key), notes: &self.note_store(), now_ms };
        verify_access_logs(&self.db, proofs).await.unwrap()
    }

    async fn access_faults(&self) -> Vec<String> {
        self.verified_by(cosigner().verifier()).await.faults
    }

    async fn sign_heads(&self) {
        run_due_with(&self.db, self.clock.clone(), self.note_store()).await.unwrap();
        self.clock.advance_ms(DAY_MS + 1);
        run_due_with(&self.db, self.clock.clone(), self.note_store()).await.unwrap();
    }

    async fn change(&self, sql: &'static str) {
        let mut tx = self.db.platform_write(PlatformReason::Operator).await.unwrap();
        run(&mut tx, sql).await;
        tx.commit().await.unwrap();
    }

    async fn notes(&self) -> usize {
        let mut conn = self.db.platform_read(PlatformReason::Operator).await.unwrap();
        column(&mut conn, "SELECT note FROM audit_notes").await.len()
    }
}

/// Six rows of the world's account, one of them counting, with a note over the last.
async fn grown_world(dbs: &impl Databases, name: &str) -> World {
    let world = World::new(dbs.db(name).await).await;
    for who in ["ana", "ben", "cleo", "dan"] {
        world.act(world.scope, who).await;
        world.clock.advance_ms(MINUTE_MS);
    }
    for _ in 0..3 {
        world.denied("ana").await;
    }
    world.act(world.scope, "eve").await;
    world.sign_heads().await;
    world
}

pub(crate) async fn acts_of_an_account_are_one_chain(dbs: impl Databases) {
    let world = World::new(dbs.db("one").await).await;
    let both = [world.scope, world.stranger];
    for round in 0..5 {
        let who = format!("person{round}");
        // At once, as far as the database lets them.
        let acts = (0..6).map(|n| world.act(both[n % 2], &who));
        futures_util::future::join_all(acts).await;
        futures_util::future::join_all((0..3).map(|_| world.denied(&who))).await;
        futures_util::future::join_all((0..2).map(|_| world.stranger_tries())).await;
    }
    let good = world.verified_by(cosigner().verifier()).await;
    assert_eq!(good, AccessReport { chains: 3, rows: 20 + 15 + 1, faults: Vec::new() });
    let mut conn = world.read().await;
    let rows = list_acts(&mut conn, &AuditFilter::default(), i64::MAX, 100).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.n).collect::<Vec<_>>(), (1..=20).rev().collect::<Vec<_>>());
    let counted: Vec<_> = rows.iter().filter(|row| row.outcome == "denied").map(|row| row.times).collect();
    assert_eq!(counted, [3; 5], "one row of each person, and no number for those that it counts");
    assert_eq!(rows[0].facility, None);
    assert_eq!(rows[1].facility, Some(world.facility.to_string()));
    let lines = list_chained(&mut conn, &AuditFilter::default(), 18, 100).await.unwrap();
    assert_eq!(lines.iter().map(|line| line.n).collect::<Vec<_>>(), [19, 20]);
    drop(conn);
    fn filter_of(who: &str, outcome: &str) -> AuditFilter {
        AuditFilter { who: who.into(), outcome: outcome.into(), ..AuditFilter::default() }
    }
    for (filter, count) in [
        (filter_of("PERSON3", ""), 4),
        (filter_of("person3", "denied"), 1),
        (filter_of("person_", ""), 0),
        (AuditFilter { until_ms: super::world::NOW_MS, ..filter_of("", "") }, 0),
    ] {
        let found = list_acts(&mut world.read().await, &filter, i64::MAX, 100).await.unwrap();
        assert_eq!(found.len(), count, "{filter:?}");
    }
    let mut conn = world.db.read(world.stranger).await.unwrap();
    let theirs = list_acts(&mut conn, &AuditFilter::default(), i64::MAX, 100).await.unwrap();
    assert_eq!(theirs.len(), 15, "of one account only");
}

pub(crate) async fn whatever_is_changed_in_an_access_log_is_found(dbs: impl Databases) {
    let cases: [(&str, &[&str], &[&str]); 8] = [
        ("column", &["UPDATE audit SET who = 'nobody' WHERE n = 2"], &["row 2: who is not as its line says"]),
        (
            "line",
            &["UPDATE audit SET line = REPLACE(line, 'ben', 'bob'), who = 'bob' WHERE n = 2"],
            &["row 2: its line and the row before it do not lead to its hash"],
        ),
        ("middle", &["DELETE FROM audit WHERE n = 3"], &["row 3 is missing"]),
        ("last", &["DELETE FROM audit WHERE n = 6"], &["row 6 is missing"]),
        (
            "noted",
            &[
                "DELETE FROM audit WHERE n = 6",
                "UPDATE audit_heads SET n = 5, hash = (SELECT a.hash FROM audit a WHERE a.n = 5)",
            ],
            &["a signed note says that there was a row 6: the log ends with row 5"],
        ),
        (
            "swapped",
            &[
                "UPDATE audit SET n = 99 WHERE n = 2",
                "UPDATE audit SET n = 2 WHERE n = 3",
                "UPDATE audit SET n = 3 WHERE n = 99",
            ],
            &["row 2: n is not as its line says", "row 3: n is not as its line says", "row 4: its line"],
        ),
        (
            "behind",
            &["UPDATE audit_heads SET n = 5, hash = (SELECT a.hash FROM audit a WHERE a.n = 5)"],
            &["1 rows stand behind row 5", "there was a row 6"],
        ),
        ("headless", &["DELETE FROM audit_heads"], &["no head that says where it ends"]),
    ];
    for (name, changes, faults) in cases {
        let world = grown_world(&dbs, name).await;
        assert!(world.access_faults().await.is_empty(), "{name}");
        for change in changes {
            world.change(change).await;
        }
        let found = world.access_faults().await;
        let account = format!("access log of {}: ", world.scope.account());
        assert!(found.iter().all(|fault| fault.starts_with(&account)), "{name}: {found:?}");
        for fault in faults {
            assert!(found.iter().any(|found| found.contains(fault)), "{name}: {fault} in {found:?}");
        }
        // Whatever somebody did to it, acts continue.
        world.act(world.scope, "fay").await;
        assert!(!world.access_faults().await.is_empty(), "{name}: for ever");
    }
}

pub(crate) async fn counters_of_repeated_acts_are_in_no_hash(dbs: impl Databases) {
    let world = grown_world(&dbs, "one").await;
    world.change("UPDATE audit SET times = 7 WHERE fold IS NOT NULL").await;
    assert!(world.access_faults().await.is_empty());
    world.change("UPDATE audit SET times = 7 WHERE n = 1").await;
    let found = world.access_faults().await;
    assert!(found.len() == 1 && found[0].contains("row 1: times is not as its line says"), "{found:?}");
}

pub(crate) async fn ends_of_access_logs_are_signed_each_day(dbs: impl Databases) {
    let world = grown_world(&dbs, "one").await;
    assert_eq!(world.notes().await, 1);
    world.sign_heads().await;
    assert_eq!(world.notes().await, 1, "it did not grow");
    world.act(world.scope, "fay").await;
    world.stranger_tries().await;
    world.sign_heads().await;
    assert_eq!(world.notes().await, 3);
    assert!(world.access_faults().await.is_empty());
    let mut conn = world.db.platform_read(PlatformReason::Operator).await.unwrap();
    let notes = column(&mut conn, "SELECT note FROM audit_notes ORDER BY account, n").await;
    drop(conn);
    assert!(notes[0].starts_with("cleantrack/audit/platform\n1\n"), "{}", notes[0]);
    assert!(
        notes[2].starts_with(&format!("cleantrack/audit/{}\n7\n", world.scope.account())),
        "{}",
        notes[2]
    );
    // A key of the same name that is not the relay's.
    let foreign = SignerKey::new("relay.example/cosign/1", KeyKind::Cosignature, &[8; 32]).unwrap();
    let found = world.verified_by(foreign.verifier()).await.faults;
    // Each is in the database and outside it.
    assert!(found.len() == 6 && found[0].contains("the note over row 1 proves nothing"), "{found:?}");
    let mut tx = world.db.platform_write(PlatformReason::Operator).await.unwrap();
    let chains = platform_chains(&mut tx).await.unwrap();
    let chain = chains.iter().find(|chain| chain.head.is_some_and(|head| head.n == 7)).unwrap();
    let note = HeadNote { origin: chain_origin(chain.owner), n: 4, hash: record::tree::Hash([1; 32]) };
    let note = note.sign(&foreign, 1).unwrap().to_string();
    audit_heads::platform_insert_note(&mut tx, chain, 4, &note, 1).await.unwrap();
    tx.commit().await.unwrap();
    let found = world.access_faults().await;
    assert!(found.len() == 1 && found[0].contains("the note over row 4 proves nothing"), "{found:?}");
}

pub(crate) async fn a_chain_is_forgotten_from_its_beginning(dbs: impl Databases) {
    let world = grown_world(&dbs, "one").await;
    world.stranger_tries().await;
    world.act(world.stranger, "zoe").await;
    let first_ms = super::world::NOW_MS;
    let forget = async |before_ms: i64| {
        let mut tx = world.db.platform_write(PlatformReason::Work).await.unwrap();
        let forgotten = audit_heads::platform_forget_old(&mut tx, before_ms).await.unwrap();
        tx.commit().await.unwrap();
        assert!(world.access_faults().await.is_empty(), "what is left holds");
        forgotten
    };
    assert_eq!(forget(first_ms).await, 0);
    assert_eq!(forget(first_ms + MINUTE_MS + 1).await, 2);
    assert_eq!(forget(first_ms + MINUTE_MS + 1).await, 0);
    assert_eq!(world.notes().await, 1);
    // A row behind a younger one stays until that one is old, too.
    world
        .change("UPDATE audit SET last_ms = last_ms + 86400000 WHERE fold IS NOT NULL AND account <> 0")
        .await;
    assert_eq!(forget(first_ms + DAY_MS).await, 2);
    assert_eq!(forget(i64::MAX).await, 4);
    assert_eq!(world.notes().await, 0, "with the rows");
    world.act(world.scope, "fay").await;
    let report = world.verified_by(cosigner().verifier()).await;
    assert_eq!(report, AccessReport { chains: 3, rows: 1, faults: Vec::new() });
    let rows = list_acts(&mut world.read().await, &AuditFilter::default(), i64::MAX, 9).await.unwrap();
    assert_eq!(rows[0].n, 7, "numbers go on");
    world.clock.advance_ms(RETENTION_MS + 1);
    let mut conn = world.db.platform_read(PlatformReason::Work).await.unwrap();
    let rounds = ForgetRounds::begin(&mut conn, world.clock.now()).await.unwrap();
    drop(conn);
    let mut tx = world.db.platform_write(PlatformReason::Work).await.unwrap();
    assert_eq!(rounds.round(&mut tx, world.clock.now()).await.unwrap(), None, "a clock that leapt");
    drop(tx);
    assert_eq!(forget(world.clock.now_ms() - RETENTION_MS).await, 1);
}

/// Whoever may write to the database, and to nothing else, takes rows away with the notes over them.
pub(crate) async fn notes_outside_the_database_stay(dbs: impl Databases) {
    let now =
        async |world: &World| world.verified_at(cosigner().verifier(), world.clock.now_ms()).await.faults;
    let world = grown_world(&dbs, "end").await;
    assert!(now(&world).await.is_empty());
    for change in [
        "DELETE FROM audit WHERE n > 4",
        "DELETE FROM audit_notes",
        "UPDATE audit_heads SET n = 4, hash = (SELECT a.hash FROM audit a WHERE a.n = 4)",
    ] {
        world.change(change).await;
    }
    let found = now(&world).await;
    assert!(found.len() == 1 && found[0].contains("a signed note says that there was a row 6"), "{found:?}");
    // The relay continues and signs the new end; the log grows beyond what was removed.
    world.sign_heads().await;
    for who in ["fay", "gil", "hal"] {
        world.act(world.scope, who).await;
    }
    world.sign_heads().await;
    let found = now(&world).await;
    assert!(
        found.len() == 1 && found[0].contains("row 6: a signed note says that it had another hash"),
        "{found:?}"
    );

    let world = grown_world(&dbs, "beginning").await;
    for change in [
        "UPDATE audit_heads SET first_n = 7, first_hash = (SELECT a.hash FROM audit a WHERE a.n = 6)",
        "DELETE FROM audit",
        "DELETE FROM audit_notes",
    ] {
        world.change(change).await;
    }
    let found = now(&world).await;
    assert!(
        found.len() == 1 && found[0].contains("row 6 is younger than any that is forgotten"),
        "{found:?}"
    );
    // What was there before a restore proves nothing against what is restored.
    set_notes_aside(world.notes.path(), 1).unwrap().unwrap();
    assert!(now(&world).await.is_empty());
}
