//! Slips at the printer's page, at the receipt and by the API; and what a press of the panel's button does.

use crate::printing::{JobKind, JobView, LabelRequest, SlipLine};
use crate::serve::panel::{record_use, reprint_last};
use crate::web::compose_first_slip;
use crate::web::tests::programs::calls::program;
use crate::web::tests::staff::staff_pages::desk;
use crate::web::tests::*;

fn job_at(world: &World, location: &str) -> JobView {
    let id = location.rsplit('/').next().unwrap().parse().unwrap();
    world.state.printing.job(id).unwrap().unwrap()
}

async fn clean_pump(world: &World) -> String {
    let path = format!("/t/{}", world.pump);
    let page = world.get(&path).await;
    let (token, submission) = (page.hidden("page"), page.hidden("submission"));
    let form = [
        ("page", token.as_str()),
        ("submission", &submission),
        ("version", "1"),
        ("step", "1"),
        ("step", "2"),
        ("notes", "Wet for a minute by the clock on the wall"),
        ("cleaned_by", "José Ñandú"),
    ];
    let answer = world.post(&path, &form).await;
    answer.is(303);
    answer.location()
}

#[tokio::test]
async fn a_receipt_printer_prints_self_test_and_set_up_slip_from_its_page() {
    let world = World::new().await;
    let desk = desk(&world, StaffRole::Biomed).await;
    let page = desk.get("/staff/printers/Desk").await;
    page.is(200).has("Print a self-test").has("Print the set-up slip");
    let token = page.hidden("form");
    for (path, kind, title) in [
        ("self-test", JobKind::SelfTest, "Printer self-test"),
        ("setup-slip", JobKind::SetupSlip, "Set-up slip"),
    ] {
        let answer = desk.post(&format!("/staff/printers/Desk/{path}"), &token, &[]).await;
        answer.is(303);
        assert_eq!(job_at(&world, &answer.location()).summary.kind, kind);
        desk.get(&answer.location()).await.is(200).has(title);
        desk.post(&format!("/staff/printers/Nobody/{path}"), &token, &[]).await.is(404);
    }
    let form = [("name", "Zebra"), ("address", "tcp://127.0.0.1:2"), ("language", "zpl")];
    desk.post("/staff/printers", &token, &form).await.is(303);
    desk.get("/staff/printers/Zebra").await.has("Print the set-up slip").has_not("Print a self-test");
    let refused = desk.post("/staff/printers/Zebra/self-test", &token, &[]).await;
    refused.is(422).has("needs a receipt printer");
}

#[tokio::test]
async fn the_set_up_slip_says_where_the_box_is_and_holds_no_secret() {
    let world = World::new().await;
    let slip = compose_first_slip(&world.state);
    assert!(slip.lines.contains(&SlipLine::Title("Linden Valley Hospital".into())));
    assert!(slip.lines.contains(&SlipLine::Address("HTTP://10.0.0.5/".into())), "{slip:#?}");
    assert!(slip.lines.iter().any(|line| matches!(line, SlipLine::SetupCode { .. })));
    assert!(slip.lines.iter().any(|line| matches!(line, SlipLine::Passphrase { .. })));
    let note = SlipLine::SecretNote {
        code: "The code is a secret. Destroy this slip when the box is set up, or keep it where no stranger reads it.".into(),
        passphrase: "The password is a secret. Destroy this slip, or keep it where no stranger reads it.".into(),
        both: "Code and password are secrets. Destroy this slip when the box is set up, or keep it where no stranger reads it.".into(),
    };
    assert_eq!(slip.lines.last(), Some(&note), "it is printed where a secret is");
    let state = |value: &str| SlipLine::Fact { name: "State".into(), value: value.into() };
    assert!(slip.lines.contains(&state("works alone")));
    *world.claimed.lock().unwrap() = Some(FacilityId::new(1, [1; 10]));
    assert!(compose_first_slip(&world.state).lines.contains(&state("claimed to the relay")));
}

#[tokio::test]
async fn staff_print_a_receipt_from_its_page_in_their_language() {
    let world = World::new().await;
    let receipt = clean_pump(&world).await;
    world.get(&receipt).await.is(200).has_not("Print this receipt");
    let desk = desk(&world, StaffRole::Biomed).await;
    let page = desk.get(&receipt).await;
    page.is(200).has("Print this receipt");
    let path = format!("/staff/receipts/{}/print", receipt.rsplit('/').next().unwrap());
    let token = page.hidden("form");
    let answer = desk.post(&path, &token, &[]).await;
    answer.is(303);
    let job = job_at(&world, &answer.location());
    assert_eq!(
        (job.summary.kind, job.labels[0].name.as_str()),
        (JobKind::ReceiptStrip, "Receipt: Infusion pump 14")
    );
    let mut request = posted(&path, &[("form", &token)]);
    request.headers_mut().insert("accept-language", "es".parse().unwrap());
    let spanish = desk.send(request).await;
    spanish.is(303);
    let job = job_at(&world, &spanish.location());
    assert_eq!(job.labels[0].name, "Comprobante: Infusion pump 14");
    desk.post("/staff/receipts/1-1-0000000000/print", &token, &[]).await.is(404);
}

#[tokio::test]
async fn programs_print_slips() {
    let world = World::new().await;
    let receipt = clean_pump(&world).await;
    let receipt = receipt.rsplit('/').next().unwrap();
    let program = program(&world, ApiTokenScope::Write);
    let slips = "/api/v1/slips";
    for (body, kind) in [
        (serde_json::json!({"kind": "setup_slip"}), "setup_slip"),
        (serde_json::json!({"kind": "self_test", "printer": "Desk"}), "self_test"),
        (serde_json::json!({"kind": "receipt_strip", "receipt": receipt}), "receipt_strip"),
    ] {
        let answer = program.post(slips, body).await;
        answer.is(202);
        let job = job_at(&world, &answer.location());
        assert_eq!(serde_json::to_value(job.summary.kind).unwrap(), kind);
    }
    program.post(slips, serde_json::json!({"kind": "receipt_strip"})).await.is(400);
    program.post(slips, serde_json::json!({"kind": "self_test", "printer": "Nobody"})).await.is(404);
    program
        .post(slips, serde_json::json!({"kind": "receipt_strip", "receipt": "1-1-0000000000"}))
        .await
        .is(404);
}

#[tokio::test]
async fn a_held_button_records_the_use_of_the_one_item_that_was_scanned() {
    let world = World::new().await;
    assert!(record_use(&world.state).await.is_err(), "nothing was scanned");
    world.get(&format!("/t/{}", world.pump)).await.is(200);
    record_use(&world.state).await.unwrap();
    let Event::UseRecorded(used) = world.event(world.size() - 1) else { panic!("no use") };
    assert_eq!(used.tag, world.pump);
    assert!(record_use(&world.state).await.is_err(), "each press needs a scan of its own");
    let others: Vec<Tag> = world.state.store.facility().equipment.keys().copied().take(2).collect();
    for tag in &others {
        world.get(&format!("/t/{tag}")).await.is(200);
    }
    let before = world.size();
    assert!(record_use(&world.state).await.is_err(), "nobody knows which is meant");
    world.clock.advance(std::time::Duration::from_secs(61));
    assert!(record_use(&world.state).await.is_err(), "too long ago");
    assert_eq!(world.size(), before, "nothing was recorded");
}

#[tokio::test]
async fn a_short_press_prints_the_last_label_and_nothing_in_doubt() {
    let world = World::new().await;
    let printing = world.state.printing.clone();
    assert!(reprint_last(&world.state).await.is_err(), "there is none");
    printing.look(std::time::Duration::from_secs(5));
    printing.stop(std::time::Duration::from_secs(5));
    let label = LabelRequest {
        tag: Some(world.pump),
        url: format!("HTTP://10.0.0.5/{}", world.pump),
        name: "Infusion pump 14".into(),
        ..LabelRequest::default()
    };
    let job = record::ids::JobId::new(1, [1; 10]);
    printing.submit(crate::printing::JobRequest::new(job, vec![label])).unwrap();
    assert!(reprint_last(&world.state).await.is_err(), "it is on its way");
    printing.put_in_doubt(job, 1).unwrap();
    assert!(reprint_last(&world.state).await.is_err(), "somebody has to look first");
    assert_eq!(printing.jobs().unwrap().len(), 1, "nothing was printed");
    printing.answer(job, 1, true).unwrap();
    reprint_last(&world.state).await.unwrap();
    let again = &printing.jobs().unwrap()[0];
    assert_eq!(again.reprint.as_ref().map(|of| of.of), Some(job));
    assert_eq!(again.reprint.as_ref().unwrap().reason, "The button on the box");
}
