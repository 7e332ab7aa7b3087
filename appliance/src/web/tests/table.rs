//! The table of routes as a whole: who has access, what is answered to any input, and the list of its rows.

use super::fixture::{Draws, FixtureBox, fixture_table};
use super::*;

const LIST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/routes/appliance.txt");

#[tokio::test]
async fn who_may_come_is_settled_before_the_body_is_read() {
    let table = fixture_table().await;
    let faults =
        ::web::test::find_access_faults(&table, async || FixtureBox::open(Draws::Further).await).await;
    assert_eq!(faults, [""; 0]);
}

#[tokio::test]
async fn whatever_is_sent_is_answered_as_described() {
    let table = fixture_table().await;
    let faults = ::web::test::find_fuzz_faults(&table, async || FixtureBox::open(Draws::Further).await).await;
    assert_eq!(faults, [""; 0]);
}

#[tokio::test]
async fn answers_are_the_same_with_and_without_compression() {
    let table = fixture_table().await;
    let faults =
        ::web::test::find_compression_faults(&table, async || FixtureBox::open(Draws::Again).await).await;
    assert_eq!(faults, [""; 0]);
}

#[test]
fn the_list_of_rows_is_up_to_date() {
    let list = TABLE.0.list_rows();
    if std::env::var_os("WRITE_DOCS").is_some() {
        std::fs::write(LIST, list).unwrap();
        return;
    }
    let stored = std::fs::read_to_string(LIST).unwrap_or_default();
    assert_eq!(stored, list, "write docs/routes/appliance.txt anew with WRITE_DOCS=1");
}
