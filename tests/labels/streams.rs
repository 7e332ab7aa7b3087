//! What comes out of the printer is what the preview shows, opens the right page, and is not mirrored.

use std::path::PathBuf;

use appliance::printing::{ConfirmedBy, JobState, LabelState};

use crate::print_server::{Batch, PrinterSetup};
use crate::readers::{format_word_is_true, modules, transposed, zbar, zxing};

#[test]
fn a_batch_over_tcp_is_read_by_two_readers_and_is_the_preview_dot_by_dot() {
    let setup = PrinterSetup::new();
    let server = setup.open();
    let batch = Batch::new(11, 100, |n| n % 10 == 0);
    assert_eq!(server.service.submit(batch.request()).unwrap().id, batch.id);
    let job = server.until_done(batch.id);
    for label in &job.labels {
        assert_eq!(
            (label.state, label.proof, label.attempts),
            (LabelState::Confirmed, Some(ConfirmedBy::Printer), 1)
        );
    }
    // Each picture is recognised by its dots, so this is also the order.
    assert_eq!(batch.out(&setup.printer), (1..=100).collect::<Vec<_>>());
    assert_eq!(
        (setup.printer.stray_bytes(), setup.printer.printed().iter().filter(|p| p.partial).count()),
        (0, 0)
    );

    let pictures: Vec<PathBuf> = (1..=100).map(|n| setup.spool().join(format!("{n:04}.png"))).collect();
    let expected: Vec<String> = batch.labels.iter().map(|l| l.url.to_uppercase()).collect();
    assert_eq!(zbar(&pictures), expected);
    assert_eq!(zxing(&pictures), expected);
    for picture in &pictures {
        let code = modules(&image::open(picture).unwrap().to_luma8());
        assert!(format_word_is_true(&code), "{} is mirrored", picture.display());
        assert!(!format_word_is_true(&transposed(&code)));
    }
}

#[test]
fn raw_streams_are_spooled_one_a_label() {
    let setup = PrinterSetup::new();
    let server = setup.open();
    let batch = Batch::named(12, 2);
    server.service.submit(batch.request()).unwrap();
    server.until_done(batch.id);
    for n in 1..=2 {
        let stream = std::fs::read(setup.spool().join(format!("{n:04}.bin"))).unwrap();
        assert!(stream.starts_with(b"\x1b@") && stream.ends_with(b"\x1dVB\0"));
        assert_eq!(stream.windows(4).filter(|w| w == b"\x1dv0\0").count(), 4, "244 rows in bands of 67");
    }
}

#[test]
fn one_connection_a_job_and_jobs_in_their_order() {
    let setup = PrinterSetup::new();
    let server = setup.open();
    let (first, second) = (Batch::named(13, 5), Batch::named(14, 1));
    server.service.submit(first.request()).unwrap();
    let view = server.service.submit(second.request()).unwrap();
    assert!(view.ahead <= 1 && matches!(view.state, JobState::Queued | JobState::Printing | JobState::Done));
    server.until_done(second.id);
    assert_eq!(server.job(first.id).state, JobState::Done, "the second came after the first");
    // One for each job, and one at the start to see how the printer is.
    assert!(setup.printer.connections() <= 3);
}
