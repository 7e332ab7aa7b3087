//! Whose a log is: a certificate that somebody stole makes none that counts.

use axum::Router;
use axum::http::{Method, StatusCode};
use record::claim::{ClaimConflict, RenewRequest};
use record::ids::FacilityId;
use record::messages::LogChain;
use record::run::RunName;
use relay::admin::{AdminCommand, AdminHandler, EpochAct};
use relay::box_api;
use relay::db::AccountScope;
use relay::db::facility::facilities;
use relay::db::fleet::boxes;
use relay::db::log::epochs;
use relay::fleet::{self, ClaimWishes};
use relay::mqtt::PeerCertificate;
use serde_json::Value;
use service::random::SystemRandom;
use std::sync::Arc;

use super::Databases;
use super::adoption::{Doors, adopt, after, file_of, first_log, round, run_of};
use super::box_api::{code_of, csr, open, peer, post, request};
use super::fake_box::FakeBox;
use super::world::{DAY_MS, NOW_MS, PROBE, PUMP, Said, World, box_id, column};

fn unvouched(log: &FakeBox, secret: u8) -> FakeBox {
    let mut next = FakeBox::new(log.origin.box_id, log.origin.epoch.n + 1, secret);
    let (epoch, size, root) = (log.origin.epoch, log.size(), log.root(log.size()));
    let body = next.started(&format!(r#","prev":{{"epoch":"{epoch}","size":{size},"root":"{root}"}}"#));
    next.tell(NOW_MS + 2, "log.started", &body);
    next.clean(NOW_MS + 3, PROBE);
    next
}

struct Operator {
    office: AdminHandler,
    world_account: record::ids::AccountId,
    renewals: Router,
    _dir: tempfile::TempDir,
}

impl Operator {
    async fn of(world: &World) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let fleet = open(world, dir.path()).await;
        let renewals = box_api::claim_router(Arc::clone(&fleet), Arc::new(SystemRandom)).unwrap();
        let office = AdminHandler {
            db: world.db.clone(),
            fleet,
            rules: relay::accounts::credentials::password_rules::PasswordRules::default(),
            mail: relay::mail::MailOutbox::new(world.clock.clone(), Arc::new(SystemRandom), None),
            public_url: String::new(),
            clock: world.clock.clone(),
            random: Arc::new(SystemRandom),
        };
        Self { office, world_account: world.scope.account(), renewals, _dir: dir }
    }

    async fn decide(&self, log: &FakeBox, act: EpochAct) -> Result<Value, String> {
        let (account, box_id, epoch) = (self.world_account, log.origin.box_id, log.origin.epoch);
        let done = self.office.execute(AdminCommand::EpochDecide { account, box_id, epoch, act }).await;
        done.map_err(|error| error.to_string())
    }

    /// Each log of the first box that has begun, and its state.
    async fn standings(&self) -> Vec<(String, String)> {
        let order = AdminCommand::EpochList { account: self.world_account, box_id: box_id(1) };
        let reported = self.office.execute(order).await.unwrap();
        reported["epochs"]
            .as_array()
            .unwrap()
            .iter()
            .map(|log| {
                (log["epoch"].as_str().unwrap().to_owned(), log["standing"].as_str().unwrap().to_owned())
            })
            .collect()
    }

    async fn make_code(&self, scope: AccountScope, facility: FacilityId) -> String {
        let file =
            fleet::claim_file(&self.office.fleet, scope, facility, ClaimWishes::default(), "operator").await;
        code_of(&file.unwrap())
    }

    async fn claim(&self, log: &FakeBox, code: &str, key: &rcgen::KeyPair) -> (StatusCode, Vec<u8>) {
        post(&self.renewals, "/box/v1/claim", &request(log, code, key)).await
    }

    /// The cause for which a claim gets a 409.
    async fn conflict(&self, log: &FakeBox, code: &str, key: &rcgen::KeyPair) -> Option<ClaimConflict> {
        let (status, body) = self.claim(log, code, key).await;
        assert_eq!(status, StatusCode::CONFLICT, "{}", String::from_utf8_lossy(&body));
        let problem: Value = serde_json::from_slice(&body).unwrap();
        ClaimConflict::of_code(problem["type"].as_str().unwrap().strip_prefix("/problems/").unwrap())
    }

    async fn renew(&self, log: &FakeBox) -> StatusCode {
        let key = rcgen::KeyPair::generate().unwrap();
        let (signature, epoch) = (String::new(), log.origin.epoch);
        let requested =
            RenewRequest { r#box: log.origin.box_id, epoch, csr: csr(&key), at: NOW_MS, signature };
        post(&self.renewals, "/box/v1/renew", &requested.signed(&log.signer)).await.0
    }
}

fn standing(log: &FakeBox, word: &str) -> (String, String) {
    (log.origin.epoch.to_string(), word.to_owned())
}

async fn is_quarantined(world: &World) -> bool {
    boxes::find_home(&mut world.read().await, box_id(1)).await.unwrap().unwrap().quarantined
}

pub(crate) async fn a_log_made_up_with_a_stolen_certificate_counts_nothing(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let mut first = first_log();
    let name = first.text("Bo Lee");
    let staff = record::ids::StaffId::new(1, [1; 10]);
    first.tell(NOW_MS, "staff.added", &format!(r#"{{"staff":"{staff}","name":{name},"role":"biomed"}}"#));
    let hash = first.texts.last().unwrap().hash();
    world.claim(&first).await;
    world.drain(&first, 0).await;
    round(&world).await;
    let (before, doors, operator) = (world.dump().await, Doors::of(&world).await, Operator::of(&world).await);
    // Whoever has the certificate begins a log behind the box's end: it records, erases, retires and adopts.
    let mut forged = unvouched(&first, 66);
    forged.tell(NOW_MS, "equipment.retired", &format!(r#"{{"tag":"{PUMP}"}}"#));
    forged.tell(NOW_MS, "text.erased", &format!(r#"{{"hash":"{hash}","reason":"asked"}}"#));
    let run = RunName::new(first.origin.epoch, 700..701, first.root(1)).unwrap();
    adopt(&mut forged, run);
    assert_eq!(world.hello(&forged, 0, None).await, Said::Want(0));
    assert_eq!(world.drain(&forged, 0).await.held(), Some(forged.size()), "it is kept");
    // One that says that the box's key vouched for it, under a key of its own.
    let mut liar = FakeBox::new(box_id(1), 3, 67);
    let mut own_name = FakeBox::new(box_id(1), 1, 68);
    own_name.origin = first.origin;
    let body = liar.later(3, 67).started("").replace("}", "");
    let vouch = serde_json::to_string(&record::vouch::Vouch::make(
        first.origin.epoch,
        &own_name.signer,
        &liar.origin,
        &record::vouch::Base64Bytes(liar.key()),
    ));
    liar.tell(NOW_MS, "log.started", &format!(r#"{body},"vouch":{}}}"#, vouch.unwrap()));
    world.hello(&liar, 0, None).await;
    assert_eq!(world.drain(&liar, 0).await.held(), Some(1));
    // Two histories of a log that is nobody's are no matter of the box's.
    let mut other = forged.copy();
    other.entries.pop();
    other.clean(NOW_MS + 9, PUMP);
    assert_eq!(world.send(&other, 4, other.size()).await, Said::Refused("fork".into()));
    round(&world).await;
    assert_eq!(world.dump().await, before, "nothing of it counts");
    let mut conn = world.read().await;
    assert!(column(&mut conn, "SELECT kind FROM evidence").await.is_empty());
    assert!(!is_quarantined(&world).await);
    assert!(doors.lacking().await.is_empty(), "the box is asked for nothing that it names");
    assert_eq!(doors.put(run, Vec::new()).await, StatusCode::CONFLICT);
    assert_eq!(operator.renew(&forged).await, StatusCode::FORBIDDEN);
    // The box continues: in the same log, and in the next one, each folded as it comes.
    first.clean(NOW_MS + 4, PUMP);
    assert_eq!(world.drain(&first, first.size() - 1).await.held(), Some(first.size()));
    let mut second = after(&first, first.size());
    second.clean(NOW_MS + 5, PROBE);
    world.hello(&second, 0, None).await;
    assert_eq!(world.drain(&second, 0).await.held(), Some(2));
    let counted = column(&mut conn, "SELECT epoch FROM cleanings WHERE epoch NOT LIKE '1-%'").await;
    assert_eq!(counted, [second.origin.epoch.to_string()], "at once");
    assert!(!is_quarantined(&world).await);
    assert_eq!(operator.renew(&second).await, StatusCode::OK, "its key is vouched for");
    // It is reported to the box, and to whoever runs the relay.
    let (_, body) = doors.ask(Method::GET, "/box/v1/log", Vec::new()).await;
    let reported: LogChain = serde_json::from_slice(&body).unwrap();
    let apart: Vec<_> = reported.epochs.iter().filter(|held| held.apart).map(|held| held.epoch).collect();
    assert_eq!(apart, [forged.origin.epoch, liar.origin.epoch]);
    let mut all = vec![standing(&first, "own"), standing(&second, "own"), standing(&forged, "waits")];
    all.push(standing(&liar, "waits"));
    all.sort();
    let mut standings = operator.standings().await;
    standings.sort();
    assert_eq!(standings, all);
}

pub(crate) async fn a_log_begun_without_keys_counts_once_it_is_admitted(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let first = first_log();
    world.claim(&first).await;
    world.drain(&first, 0).await;
    let (doors, operator) = (Doors::of(&world).await, Operator::of(&world).await);
    let mut keyless = unvouched(&first, 66);
    let mut lost = first.copy();
    lost.clean(NOW_MS, PROBE);
    let run = run_of(&lost, first.size()..lost.size());
    adopt(&mut keyless, run);
    let beside = unvouched(&first, 67);
    // A later one that the keyless one vouches for: with it, it will be the box's.
    let mut later = keyless.later(3, 68);
    let (epoch, size) = (keyless.origin.epoch, keyless.size());
    let prev = format!(r#","prev":{{"epoch":"{epoch}","size":{size},"root":"{}"}}"#, keyless.root(size));
    let body = later.started(&prev);
    later.tell(NOW_MS + 8, "log.started", &body);
    later.clean(NOW_MS + 9, PUMP);
    for log in [&keyless, &beside, &later] {
        world.hello(log, 0, None).await;
        assert_eq!(world.drain(log, 0).await.held(), Some(log.size()));
    }
    round(&world).await;
    let counted = async || {
        let sql = "SELECT DISTINCT epoch FROM cleanings WHERE epoch NOT LIKE '1-%' ORDER BY 1";
        column(&mut world.read().await, sql).await
    };
    assert!(counted().await.is_empty());
    assert_eq!(operator.renew(&keyless).await, StatusCode::FORBIDDEN);
    let nowhere = FakeBox::new(box_id(1), 9, 9);
    for none in [&nowhere, &first] {
        let words = operator.decide(none, EpochAct::Admit).await.unwrap_err();
        assert!(words.contains("waits") && words.contains("Nothing was changed"), "{words}");
    }
    let foreign = AdminCommand::EpochDecide {
        account: world.stranger.account(),
        box_id: box_id(1),
        epoch: keyless.origin.epoch,
        act: EpochAct::Admit,
    };
    assert!(operator.office.execute(foreign).await.is_err(), "another account's box");

    let done = operator.decide(&keyless, EpochAct::Admit).await.unwrap();
    assert_eq!(done["entries"], keyless.size());
    round(&world).await;
    assert_eq!(counted().await, [keyless.origin.epoch.to_string(), later.origin.epoch.to_string()]);
    assert_eq!(doors.lacking().await, [run], "what it adopts is asked for now");
    assert_eq!(doors.put(run, file_of(&lost, run)).await, StatusCode::NO_CONTENT);
    for log in [&keyless, &later] {
        assert_eq!(operator.renew(log).await, StatusCode::OK);
    }
    later.clean(NOW_MS + 10, PROBE);
    assert_eq!(world.drain(&later, 2).await.held(), Some(3), "it goes on");
    assert!(operator.decide(&keyless, EpochAct::Admit).await.is_err(), "once");
    assert!(operator.decide(&keyless, EpochAct::Forget).await.is_err(), "what counts is not forgotten");
    let words = operator.decide(&beside, EpochAct::Admit).await.unwrap_err();
    assert!(
        words.contains("from the same place") && words.contains(&keyless.origin.epoch.to_string()),
        "{words}"
    );
    assert_eq!(counted().await.len(), 2);
    let acts = column(&mut world.read().await, "SELECT act || ' ' || about FROM audit").await;
    assert_eq!(acts, [format!("box epoch admit {} {}", box_id(1), keyless.origin.epoch)]);
}

pub(crate) async fn a_log_that_is_forgotten_leaves_nothing(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let first = first_log();
    world.claim(&first).await;
    world.drain(&first, 0).await;
    let operator = Operator::of(&world).await;
    let forged = unvouched(&first, 66);
    world.hello(&forged, 0, None).await;
    world.drain(&forged, 0).await;
    assert!(operator.decide(&first, EpochAct::Forget).await.is_err(), "the box's own stays");
    let epoch = forged.origin.epoch;
    assert_eq!(operator.decide(&forged, EpochAct::Forget).await.unwrap()["forgotten"], true);
    let left = "SELECT epoch FROM logs \
                UNION ALL SELECT epoch FROM checkpoints UNION ALL SELECT epoch FROM nodes";
    let left = column(&mut world.read().await, left).await;
    assert!(!left.is_empty() && !left.contains(&epoch.to_string()), "{left:?}");
    assert_eq!(operator.standings().await, [standing(&first, "own")]);
    assert_eq!(world.send(&forged, 0, 2).await, Said::Refused("epoch".into()));
    assert_eq!(world.hello(&forged, 0, None).await, Said::Want(0), "whoever comes again waits again");
}

pub(crate) async fn logs_from_before_the_claim_count_once_the_claimed_one_is_here(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let first = first_log();
    let mut second = after(&first, first.size());
    second.clean(NOW_MS + 3, PROBE);
    let mut third = after(&second, 2);
    third.clean(NOW_MS + 4, PUMP);
    world.claim_at(&third, world.facility).await;
    let operator = Operator::of(&world).await;
    for log in [&first, &second] {
        world.hello(log, 0, None).await;
        assert_eq!(world.drain(log, 0).await.held(), Some(log.size()));
    }
    let before = [standing(&first, "waits"), standing(&second, "waits"), standing(&third, "own")];
    assert_eq!(operator.standings().await, before);
    assert_eq!(operator.renew(&first).await, StatusCode::FORBIDDEN);
    world.hello(&third, 0, None).await;
    world.drain(&third, 0).await;
    round(&world).await;
    let own = [&first, &second, &third].map(|log| standing(log, "own"));
    assert_eq!(operator.standings().await, own);
    let counted = column(&mut world.read().await, "SELECT epoch FROM cleanings").await;
    assert_eq!(counted.len(), 10, "{counted:?}");
}

pub(crate) async fn a_stolen_certificate_is_refused_everywhere_once_its_box_is_revoked(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let first = first_log();
    world.claim(&first).await;
    world.drain(&first, 0).await;
    let (operator, doors) = (Operator::of(&world).await, Doors::of(&world).await);
    let forged = unvouched(&first, 66);
    assert_eq!(world.hello(&forged, 0, None).await, Said::Want(0));
    assert_eq!(operator.renew(&forged).await, StatusCode::FORBIDDEN, "a key that only a greeting named");
    let (account, of) = (world.scope.account(), box_id(1));
    operator.office.execute(AdminCommand::BoxRevoke { account, box_id: of }).await.unwrap();
    let refused = async |peer: &PeerCertificate| {
        let doors = doors.as_box(peer.clone());
        let [chain, lacking] =
            ["/box/v1/log", "/box/v1/runs"].map(|path| doors.ask(Method::GET, path, Vec::new()));
        let (chain, lacking) = (chain.await.0, lacking.await.0);
        let path = format!("/box/v1/log/{}?from=0", first.origin.epoch);
        let old = doors.ask(Method::GET, &path, Vec::new()).await.0;
        [chain, lacking, old].iter().all(|status| *status == StatusCode::FORBIDDEN)
    };
    assert!(refused(&doors.peer).await);
    for log in [&first, &forged] {
        assert_eq!(world.hello(log, 0, None).await, Said::Nothing);
        assert_eq!(world.send(log, 0, 2).await, Said::Nothing);
        assert_eq!(operator.renew(log).await, StatusCode::FORBIDDEN);
    }
    let mut conn = world.read().await;
    let keys = epochs::of_box(&mut conn, of).await.unwrap();
    assert_eq!(
        keys.iter().map(|held| held.origin).collect::<Vec<_>>(),
        [first.origin],
        "offered keys are gone"
    );
    drop(conn);
    // The box itself comes back with a new claim file: nothing that was stolen does.
    let file = async || {
        let file = fleet::claim_file(
            &operator.office.fleet,
            world.scope,
            world.facility,
            ClaimWishes::default(),
            "operator",
        )
        .await;
        code_of(&file.unwrap())
    };
    let key = rcgen::KeyPair::generate().unwrap();
    let (status, answer) =
        post(&operator.renewals, "/box/v1/claim", &request(&first, &file().await, &key)).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        doors.as_box(peer(&answer).0).ask(Method::GET, "/box/v1/log", Vec::new()).await.0,
        StatusCode::OK
    );
    assert!(refused(&doors.peer).await, "the certificate that was revoked stays so");
    world.hello(&forged, 0, None).await;
    world.drain(&forged, 0).await;
    assert_eq!(operator.renew(&forged).await, StatusCode::FORBIDDEN);
    let claimed = post(&operator.renewals, "/box/v1/claim", &request(&forged, &file().await, &key)).await;
    assert_eq!(
        claimed.0,
        StatusCode::CONFLICT,
        "a claim code makes no key the box's that nothing vouches for"
    );
    assert_eq!(operator.renew(&first).await, StatusCode::OK);
}

pub(crate) async fn a_box_restored_from_before_its_claim_waits_for_a_person(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let [annex, foreign] = [3, 4].map(|fill| FacilityId::new(3, [fill; 10]));
    let mut tx = world.db.write(world.scope).await.unwrap();
    facilities::insert_facility(&mut tx, annex, "Annex", "UTC", NOW_MS).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = world.db.write(world.stranger).await.unwrap();
    facilities::insert_facility(&mut tx, foreign, "South", "UTC", NOW_MS).await.unwrap();
    tx.commit().await.unwrap();
    let first = first_log();
    world.claim(&first).await;
    world.drain(&first, 0).await;
    let (doors, operator) = (Doors::of(&world).await, Operator::of(&world).await);
    let (key, other_key) = (rcgen::KeyPair::generate().unwrap(), rcgen::KeyPair::generate().unwrap());
    let restored = unvouched(&first, 66);
    let column = async |sql: &'static str| column(&mut world.read().await, sql).await;

    for (scope, facility) in [(world.stranger, foreign), (world.scope, annex)] {
        let code = operator.make_code(scope, facility).await;
        for log in [&restored, &first] {
            assert_eq!(operator.conflict(log, &code, &key).await, Some(ClaimConflict::BoxKnown), "elsewhere");
        }
    }
    let code = operator.make_code(world.scope, world.facility).await;
    let impostor = FakeBox::new(box_id(1), 1, 67);
    assert_eq!(operator.conflict(&impostor, &code, &key).await, Some(ClaimConflict::BoxKnown), "a first log");
    assert!(column("SELECT act FROM audit WHERE act <> 'claim-file create'").await.is_empty());

    for _ in 0..2 {
        assert_eq!(operator.conflict(&restored, &code, &key).await, Some(ClaimConflict::LogWaits));
    }
    let third = FakeBox::new(box_id(3), 1, 68);
    assert_eq!(operator.conflict(&restored, &code, &other_key).await, Some(ClaimConflict::CodeUsed));
    assert_eq!(operator.conflict(&third, &code, &key).await, Some(ClaimConflict::CodeUsed));
    assert_eq!(
        column("SELECT serial FROM certificates").await,
        ["0a"],
        "nothing reads before a person says so"
    );
    assert_eq!(column("SELECT epoch FROM logs").await, [first.origin.epoch.to_string()]);
    let again = format!("box claim-again {} {}", box_id(1), restored.origin.epoch);
    assert_eq!(
        column("SELECT act || ' ' || about FROM audit WHERE act <> 'claim-file create'").await,
        [again],
        "once"
    );
    assert_eq!(operator.standings().await, [standing(&first, "own"), standing(&restored, "claim-waits")]);
    assert_eq!(operator.renew(&restored).await, StatusCode::FORBIDDEN);
    let chain = doors.ask(Method::GET, "/box/v1/log", Vec::new()).await;
    assert_eq!(chain.0, StatusCode::OK, "no code cuts off a box in service");

    assert_eq!(operator.decide(&restored, EpochAct::Admit).await.unwrap()["standing"], "claim-admitted");
    assert!(operator.decide(&restored, EpochAct::Admit).await.is_err(), "once");
    assert_eq!(operator.conflict(&restored, &code, &other_key).await, Some(ClaimConflict::CodeUsed));
    let (status, answer) = operator.claim(&restored, &code, &key).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(operator.claim(&restored, &code, &key).await, (status, answer.clone()), "a lost answer");
    let own = doors.as_box(peer(&answer).0).ask(Method::GET, "/box/v1/log", Vec::new()).await;
    assert_eq!(own.0, StatusCode::OK, "it gets back what it sent");
    assert_eq!(world.hello(&restored, 0, None).await, Said::Want(0));
    assert_eq!(world.drain(&restored, 0).await.held(), Some(restored.size()));
    round(&world).await;
    assert_eq!(column("SELECT DISTINCT epoch FROM cleanings").await.len(), 2, "it counts");
    assert!(!is_quarantined(&world).await);
    assert_eq!(operator.renew(&restored).await, StatusCode::OK);
}

pub(crate) async fn a_claim_that_waits_ends_without_a_certificate(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let first = first_log();
    world.claim(&first).await;
    world.drain(&first, 0).await;
    let operator = Operator::of(&world).await;
    let key = rcgen::KeyPair::generate().unwrap();
    let restored = unvouched(&first, 66);
    let make_code = || operator.make_code(world.scope, world.facility);

    let code = make_code().await;
    assert_eq!(operator.conflict(&restored, &code, &key).await, Some(ClaimConflict::LogWaits));
    assert_eq!(operator.decide(&restored, EpochAct::Forget).await.unwrap()["forgotten"], true);
    assert_eq!(
        operator.claim(&restored, &code, &key).await.0,
        StatusCode::FORBIDDEN,
        "the code went with it"
    );
    assert!(operator.decide(&restored, EpochAct::Admit).await.is_err());
    assert!(operator.decide(&restored, EpochAct::Forget).await.is_err());

    let code = make_code().await;
    assert_eq!(operator.conflict(&restored, &code, &key).await, Some(ClaimConflict::LogWaits));
    world.clock.advance_ms(30 * DAY_MS);
    assert_eq!(operator.claim(&restored, &code, &key).await.0, StatusCode::GONE, "expired");
    assert!(operator.decide(&restored, EpochAct::Admit).await.is_err());
    assert_eq!(operator.standings().await, [standing(&first, "own")]);

    let code = make_code().await;
    assert_eq!(operator.conflict(&restored, &code, &key).await, Some(ClaimConflict::LogWaits));
    let (account, of) = (world.scope.account(), box_id(1));
    operator.office.execute(AdminCommand::BoxRevoke { account, box_id: of }).await.unwrap();
    assert_eq!(operator.claim(&restored, &code, &key).await.0, StatusCode::FORBIDDEN, "revoked with its box");
    assert!(operator.decide(&restored, EpochAct::Admit).await.is_err());
    let code = make_code().await;
    assert_eq!(operator.conflict(&restored, &code, &key).await, Some(ClaimConflict::BoxKnown));
    assert_eq!(operator.claim(&first, &code, &key).await.0, StatusCode::OK, "its own log by a new file");
}

pub(crate) async fn an_admission_is_taken_back_until_its_box_has_come(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let first = first_log();
    world.claim(&first).await;
    world.drain(&first, 0).await;
    let operator = Operator::of(&world).await;
    let key = rcgen::KeyPair::generate().unwrap();
    let restored = unvouched(&first, 66);
    let admit = async || {
        let code = operator.make_code(world.scope, world.facility).await;
        assert_eq!(operator.conflict(&restored, &code, &key).await, Some(ClaimConflict::LogWaits));
        operator.decide(&restored, EpochAct::Admit).await.unwrap();
        assert_eq!(operator.renew(&restored).await, StatusCode::FORBIDDEN, "its code comes first");
        let shown = [standing(&first, "own"), standing(&restored, "claim-admitted")];
        assert_eq!(operator.standings().await, shown);
        code
    };

    let code = admit().await;
    assert_eq!(operator.decide(&restored, EpochAct::Forget).await.unwrap()["forgotten"], true);
    assert_eq!(operator.standings().await, [standing(&first, "own")]);
    assert_eq!(operator.renew(&restored).await, StatusCode::FORBIDDEN);
    assert_eq!(
        operator.claim(&restored, &code, &key).await.0,
        StatusCode::FORBIDDEN,
        "the code went with it"
    );

    let code = admit().await;
    let (account, of) = (world.scope.account(), box_id(1));
    operator.office.execute(AdminCommand::BoxRevoke { account, box_id: of }).await.unwrap();
    assert_eq!(operator.claim(&restored, &code, &key).await.0, StatusCode::FORBIDDEN, "revoked with its box");
    let own = operator.make_code(world.scope, world.facility).await;
    assert_eq!(operator.claim(&first, &own, &key).await.0, StatusCode::OK);
    assert_eq!(
        operator.renew(&restored).await,
        StatusCode::FORBIDDEN,
        "nor once the box is in service again"
    );
    assert_eq!(operator.standings().await, [standing(&first, "own")]);

    let code = admit().await;
    world.clock.advance_ms(30 * DAY_MS);
    assert_eq!(operator.claim(&restored, &code, &key).await.0, StatusCode::GONE, "expired");
    let code = operator.make_code(world.scope, world.facility).await;
    assert_eq!(operator.claim(&restored, &code, &key).await.0, StatusCode::OK, "a person said so once");
    assert_eq!(operator.standings().await, [standing(&first, "own"), standing(&restored, "own")]);
    assert!(operator.decide(&restored, EpochAct::Forget).await.is_err(), "it has its certificate");
    assert_eq!(operator.renew(&restored).await, StatusCode::OK);
}

pub(crate) async fn a_claim_that_waits_is_decided_on_as_its_log_stands(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let first = first_log();
    world.claim(&first).await;
    world.drain(&first, 0).await;
    let operator = Operator::of(&world).await;
    let key = rcgen::KeyPair::generate().unwrap();
    let bring = async |log: &FakeBox| {
        let code = operator.make_code(world.scope, world.facility).await;
        assert_eq!(operator.conflict(log, &code, &key).await, Some(ClaimConflict::LogWaits));
        code
    };
    let send = async |log: &FakeBox| {
        assert_eq!(world.hello(log, 0, None).await, Said::Want(0));
        assert_eq!(world.drain(log, 0).await.held(), Some(log.size()));
    };

    // It begins with a certificate from before: it is one log, and is admitted with its entries.
    let restored = unvouched(&first, 66);
    let code = bring(&restored).await;
    send(&restored).await;
    assert_eq!(operator.standings().await, [standing(&first, "own"), standing(&restored, "waits")], "once");
    let admitted = operator.decide(&restored, EpochAct::Admit).await.unwrap();
    assert_eq!(admitted["standing"], "own");
    assert_eq!(admitted["entries"], restored.size());
    assert_eq!(operator.claim(&restored, &code, &key).await.0, StatusCode::OK);

    // One that turned out to be the box's, and apart, stays so.
    let mut beside = first.later(3, 77);
    let (epoch, size) = (first.origin.epoch, first.size());
    let prev = format!(r#","prev":{{"epoch":"{epoch}","size":{size},"root":"{}"}}"#, first.root(size));
    let body = beside.started(&prev);
    beside.tell(NOW_MS + 3, "log.started", &body);
    bring(&beside).await;
    send(&beside).await;
    let stands = [standing(&first, "own"), standing(&restored, "own"), standing(&beside, "apart")];
    assert_eq!(operator.standings().await, stands);
    for act in [EpochAct::Admit, EpochAct::Forget] {
        assert!(operator.decide(&beside, act).await.is_err(), "{act:?}");
        assert_eq!(operator.standings().await, stands);
    }

    // A claim that came in while the box was being revoked.
    let late = unvouched(&first, 67);
    let code = bring(&late).await;
    let mut tx = world.db.write(world.scope).await.unwrap();
    boxes::revoke_box(&mut tx, box_id(1), NOW_MS).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(operator.standings().await, stands, "no revoked box's");
    let words = operator.decide(&late, EpochAct::Admit).await.unwrap_err();
    assert!(words.contains("was revoked") && words.contains("Nothing was changed"), "{words}");
    assert_eq!(operator.conflict(&late, &code, &key).await, Some(ClaimConflict::BoxKnown));
    let home = boxes::find_home(&mut world.read().await, box_id(1)).await.unwrap().unwrap();
    assert!(home.revoked);
}

pub(crate) async fn a_code_that_waits_belongs_to_one_log(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let first = first_log();
    world.claim(&first).await;
    world.drain(&first, 0).await;
    let operator = Operator::of(&world).await;
    let key = rcgen::KeyPair::generate().unwrap();
    let restored = unvouched(&first, 66);
    let code = operator.make_code(world.scope, world.facility).await;
    assert_eq!(operator.conflict(&restored, &code, &key).await, Some(ClaimConflict::LogWaits));
    for secret in 67..=75 {
        let other = unvouched(&first, secret);
        assert_eq!(operator.conflict(&other, &code, &key).await, Some(ClaimConflict::CodeUsed), "{secret}");
    }
    let mut conn = world.read().await;
    let acts = column(&mut conn, "SELECT act FROM audit ORDER BY n").await;
    assert_eq!(acts, ["claim-file create", "box claim-again"], "once");
    drop(conn);
    assert_eq!(operator.standings().await, [standing(&first, "own"), standing(&restored, "claim-waits")]);
    assert_eq!(operator.decide(&restored, EpochAct::Forget).await.unwrap()["forgotten"], true);
    assert_eq!(operator.claim(&restored, &code, &key).await.0, StatusCode::FORBIDDEN, "the code is gone");
}

pub(crate) async fn a_name_that_was_only_greeted_with_shuts_no_box_out(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let first = first_log();
    world.claim(&first).await;
    world.drain(&first, 0).await;
    let operator = Operator::of(&world).await;
    let key = rcgen::KeyPair::generate().unwrap();
    let restored = unvouched(&first, 66);
    let mut tx = world.db.write(world.scope).await.unwrap();
    let offered = (&[9; 32], false);
    epochs::insert_epoch(&mut tx, &restored.origin, world.facility, offered, NOW_MS).await.unwrap();
    tx.commit().await.unwrap();
    let code = operator.make_code(world.scope, world.facility).await;
    assert_eq!(operator.conflict(&restored, &code, &key).await, Some(ClaimConflict::LogWaits));
    assert_eq!(operator.decide(&restored, EpochAct::Admit).await.unwrap()["standing"], "claim-admitted");
    assert_eq!(operator.claim(&restored, &code, &key).await.0, StatusCode::OK);
    assert_eq!(operator.renew(&restored).await, StatusCode::OK, "its own key is the known one");
}

pub(crate) async fn a_claim_beside_a_log_that_counts_is_not_admitted(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let first = first_log();
    world.claim(&first).await;
    world.drain(&first, 0).await;
    let second = after(&first, first.size());
    world.hello(&second, 0, None).await;
    assert_eq!(world.drain(&second, 0).await.held(), Some(second.size()));
    let operator = Operator::of(&world).await;
    let key = rcgen::KeyPair::generate().unwrap();
    let restored = unvouched(&first, 66);
    let code = operator.make_code(world.scope, world.facility).await;
    assert_eq!(operator.conflict(&restored, &code, &key).await, Some(ClaimConflict::LogWaits));
    let words = operator.decide(&restored, EpochAct::Admit).await.unwrap_err();
    let other = second.origin.epoch.to_string();
    assert!(words.contains(&other) && words.contains("Nothing was changed"), "{words}");
    assert_eq!(operator.conflict(&restored, &code, &key).await, Some(ClaimConflict::LogWaits), "it waits on");
    assert!(!is_quarantined(&world).await);
    assert_eq!(operator.decide(&restored, EpochAct::Forget).await.unwrap()["forgotten"], true);
}

pub(crate) async fn greetings_alone_fill_nothing(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let first = first_log();
    world.claim(&first).await;
    world.drain(&first, 0).await;
    for n in 2..300 {
        world.hello(&FakeBox::new(box_id(1), n, 66), 0, None).await;
    }
    let rows = column(&mut world.read().await, "SELECT epoch FROM logs").await;
    assert_eq!(rows.len(), 1 + 8, "the newest few");
    let second = after(&first, first.size());
    assert_eq!(world.hello(&second, 0, None).await, Said::Want(0));
    assert_eq!(world.drain(&second, 0).await.held(), Some(1));
    assert!(!is_quarantined(&world).await);
}

pub(crate) async fn more_logs_than_a_person_looks_at_are_refused(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let first = first_log();
    world.claim(&first).await;
    world.drain(&first, 0).await;
    for secret in 100..=164 {
        let forged = unvouched(&first, secret);
        world.hello(&forged, 0, None).await;
        let message = world.send(&forged, 0, 2).await;
        if secret < 164 {
            assert_eq!(message.held(), Some(2), "{secret}");
        } else {
            assert_eq!(message, Said::Refused("crowd".into()));
        }
    }
    let second = after(&first, first.size());
    world.hello(&second, 0, None).await;
    assert_eq!(world.drain(&second, 0).await.held(), Some(1), "the box's own is taken");
}
