//! A small program with rows of every kind, and everything that the crate makes of its table.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod answers;
mod document;
mod planted;
mod program;
mod signed;
mod tables;
mod world;

use self::program::sample_table;
use self::world::SampleWorld;

#[tokio::test]
async fn who_may_come_is_settled_before_the_body_is_read() {
    let faults = web::test::find_access_faults(&sample_table(), async || SampleWorld::open()).await;
    assert_eq!(faults, [""; 0]);
}

#[tokio::test]
async fn whatever_is_sent_is_answered_as_described() {
    let faults = web::test::find_fuzz_faults(&sample_table(), async || SampleWorld::open()).await;
    assert_eq!(faults, [""; 0]);
}

#[tokio::test]
async fn answers_are_the_same_with_and_without_compression() {
    let faults = web::test::find_compression_faults(&sample_table(), async || SampleWorld::open()).await;
    assert_eq!(faults, [""; 0]);
}
