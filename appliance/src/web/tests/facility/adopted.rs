//! Records of earlier logs: one that a run restored says so in page, API and proof, under the receipt that the phone
//! was given; one whose log nobody can sign for any more is proven by the last note about it.

use record::entry::EntryAuthor;
use record::kinds::EquipmentPatch;

use crate::intake::CleaningForm;
use crate::web::tests::programs::calls::program;
use crate::web::tests::*;

fn open_box(dir: &std::path::Path) -> Store {
    let now =
        Now { wall_ms: NOW - 86_400_000, boot: BootId::new(0, [6; 10]), up_ms: 5, state: ClockState::Synced };
    Store::open(configure_test_store(dir), Arc::new(FakeClock::new(now)), Arc::new(SystemRandom)).unwrap().0
}

fn sent(key: &str, command: Command) -> crate::intake::CommandRequest {
    crate::intake::CommandRequest { by: EntryAuthor::BOX, key: Some(key.to_owned()), sent: None, command }
}

async fn execute(store: &Store, request: crate::intake::CommandRequest) -> record::receipt::Receipt {
    let provided = command::execute_command(store, Arc::new(SystemRandom), request).await.unwrap();
    let command::ExecuteOutcome::New(recorded) = provided else { panic!("{provided:?}") };
    let of = record::kinds::EntryRef { epoch: store.origin().epoch, seq: recorded[0].seq };
    record::receipt::Receipt::of(of, recorded[0].leaf)
}

#[tokio::test]
async fn an_adopted_record_keeps_receipt_and_note_and_is_proven_by_two_steps() {
    let dir = tempfile::tempdir().unwrap();
    let (data, other) = (dir.path().join("box"), dir.path().join("other"));
    let tag: Tag = "ABCDEFGH3".parse().unwrap();
    let store = open_box(&data);
    let fields = EquipmentPatch { name: Some("Old bed".into()), ..EquipmentPatch::default() };
    let item = NewEquipment { tag: Some(tag), fields, schedule: None, ..Default::default() };
    execute(&store, sent("item", Command::AddEquipment(Box::new(item)))).await;
    store.stop().await.unwrap();
    drop(store);
    // A copy of the folder continues by itself for a while.
    let copied = std::process::Command::new("cp").arg("-r").args([&data, &other]).status().unwrap();
    assert!(copied.success());
    let store = open_box(&other);
    let mut receipts = Vec::new();
    let by = |name: &str| {
        let form = CleaningForm { note: format!("by {name}"), ..CleaningForm::plain(tag, name) };
        sent(name, Command::RecordCleaning(Box::new(form)))
    };
    for name in ["Ada", "Bea", "Cleo"] {
        receipts.push(execute(&store, by(name)).await.to_string());
    }
    let reader = store.reader().unwrap();
    let entries: Vec<_> = reader.entries(0..u64::MAX).map(Result::unwrap).collect();
    let texts: Vec<_> = entries.iter().flat_map(|entry| reader.texts_named(entry).unwrap()).collect();
    drop(reader);
    store.stop().await.unwrap();
    drop(store);
    let store = open_box(&data);
    let own = execute(&store, by("Dora")).await.to_string();
    let mut missing = store.missing_lines(store.origin().epoch).unwrap();
    missing.take(&entries, &texts).unwrap();
    assert_eq!(missing.finish().unwrap(), 3);
    store.stop().await.unwrap();
    drop(store);
    let world = World::in_dir(dir, crate::photo::UploadLimits::default()).await;
    let keys = world.state.store.verifier_keys();
    let program = program(&world, ApiTokenScope::Read);
    for (receipt, name) in receipts.iter().zip(["Ada", "Bea", "Cleo"]) {
        let page = world.get(&format!("/r/{receipt}")).await;
        page.is(200)
            .has(&format!("{name}, name typed"))
            .has("had lost its place")
            .has("It has counted again since");
        let proof = world.get(&format!("/r/{receipt}/proof")).await;
        let proof: RecordProof = serde_json::from_slice(&proof.is(200).bytes).unwrap();
        let proven = proof.check(&keys, &[]).unwrap();
        let [adoption] = &proven.adoptions[..] else { panic!("{:?}", proven.adoptions) };
        assert_eq!((adoption.run.count(), proven.texts.len()), (3, 0), "{receipt}");
        let provided = record::receipt::Receipt::of(
            record::kinds::EntryRef { epoch: proven.epoch, seq: proven.entry.seq() },
            proven.entry.leaf(),
        );
        assert_eq!(provided.to_string(), *receipt);
    }
    // A repeated submission is answered with that very record, not the other one of its number.
    for (name, receipt) in ["Ada", "Bea", "Cleo", "Dora"].iter().zip(receipts.iter().chain([&own])) {
        let provided =
            command::execute_command(&world.state.store, Arc::new(SystemRandom), by(name)).await.unwrap();
        let command::ExecuteOutcome::Again(line) = provided else { panic!("{name}: {provided:?}") };
        let before = crate::web::commands::run::find_earlier(&world.state, line).await.unwrap();
        assert_eq!(record::receipt::Receipt::of(line.of, before.leaf).to_string(), *receipt, "{name}");
    }
    // Two records have one number: each is found by its own hash.
    world.get(&format!("/r/{own}")).await.is(200).has("Dora, name typed").has_not("had lost its place");
    let listed = program.get(&format!("/api/v1/cleanings?tag={tag}")).await.json()["items"].clone();
    let listed: Vec<_> = listed.as_array().unwrap().iter().map(|item| item["receipt"].clone()).collect();
    assert_eq!(listed.len(), 4);
    assert!(receipts.iter().all(|receipt| listed.contains(&receipt.as_str().into())), "{listed:?}");
    let all = program.get("/api/v1/cleanings").await.json()["items"].clone();
    let names: Vec<_> =
        all.as_array().unwrap().iter().map(|c| c["cleaned_by"].as_str().unwrap().to_owned()).collect();
    assert_eq!(names, ["Dora", "Cleo", "Bea", "Ada"], "those of the log first");
}

#[tokio::test]
async fn a_record_of_a_log_whose_key_is_gone_is_proven_by_the_last_note_about_it() {
    let world = World::new().await;
    let receipt = world.post(&format!("/t/{}", world.pump), &[("cleaned_by", "Ada")]).await.location();
    let (old, note) = (world.state.store.origin(), world.state.store.checkpoint().unwrap().to_string());
    let dir = world.end().await;
    std::fs::remove_file(dir.path().join("box/keys/log-1.key")).unwrap();
    let world = World::in_dir(dir, crate::photo::UploadLimits::default()).await;
    assert_ne!(world.state.store.origin(), old);
    world.get(&receipt).await.is(200);
    let (proof, checkpoint) = (format!("{receipt}/proof"), format!("/api/v1/checkpoint?epoch={}", old.epoch));
    for path in [&proof, &checkpoint] {
        world.get(path).await.is(404).has("which nobody can sign for on this box");
    }
    let place = world.dir.path().join("box").join(crate::store::ended_note_path(old.epoch));
    std::fs::create_dir_all(place.parent().unwrap()).unwrap();
    std::fs::write(place, &note).unwrap();
    let proof: RecordProof = serde_json::from_slice(&world.get(&proof).await.is(200).bytes).unwrap();
    let proven = proof.check(&world.state.store.verifier_keys(), &[]).unwrap();
    assert!(
        receipt
            .trim_start_matches("/r/")
            .parse::<record::receipt::Receipt>()
            .unwrap()
            .fits(proven.entry.leaf())
    );
    assert_eq!(world.get(&checkpoint).await.is(200).text(), note);
}
