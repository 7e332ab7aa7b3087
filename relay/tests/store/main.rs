//! The relay's store and ingest: the same stories on SQLite and on PostgreSQL.
#![expect(clippy::unwrap_used, reason = "the helpers of tests are tests")]

mod access_chain;
mod adoption;
mod billing;
mod box_api;
mod busy;
mod doctor;
mod epoch_stories;
mod epoch_trust;
mod facility_rows;
mod fake_box;
mod folds;
mod jobs;
mod messages_by_https;
#[expect(
    dead_code,
    unreachable_pub,
    clippy::expect_used,
    reason = "a part of the harness, which uses all of it"
)]
#[path = "../../../tests/src/postgres.rs"]
mod postgres;
#[path = "../../../crates/record/tests/random_log/mod.rs"]
mod random_log;
mod restore;
mod run_bounds;
mod run_order;
mod run_texts;
mod segments;
mod server_tls;
mod stories;
mod webhooks;
mod world;

use relay::db::Db;

mod reported {
    pub(crate) use super::access_chain::*;
    pub(crate) use super::adoption::*;
    pub(crate) use super::billing::*;
    pub(crate) use super::box_api::*;
    pub(crate) use super::busy::*;
    pub(crate) use super::epoch_stories::*;
    pub(crate) use super::epoch_trust::*;
    pub(crate) use super::facility_rows::*;
    pub(crate) use super::jobs::*;
    pub(crate) use super::messages_by_https::*;
    pub(crate) use super::restore::*;
    pub(crate) use super::run_bounds::*;
    pub(crate) use super::run_order::*;
    pub(crate) use super::run_texts::*;
    pub(crate) use super::segments::*;
    pub(crate) use super::stories::*;
    pub(crate) use super::webhooks::*;
}

/// In a frame of its own: those of all stories together are more than a thread's stack.
fn run_story<F: Future>(runtime: &tokio::runtime::Runtime, story: impl FnOnce() -> F) {
    runtime.block_on(Box::pin(story()));
}

/// Each story as a test on SQLite, and one test that runs all of them on a PostgreSQL server.
macro_rules! stories {
    ($($story:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $story() {
                let dir = tempfile::tempdir().unwrap();
                super::reported::$story(super::Files(dir.path().to_owned())).await;
            })*
        }

        #[test]
        fn postgres_tells_the_same_stories() {
            let server = postgres::Postgres::start(false);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            $(
                println!("{}", stringify!($story));
                run_story(&runtime, || reported::$story(Server { server: &server, story: stringify!($story) }));
            )*
        }
    };
}

stories!(
    a_batch_is_stored_and_cosigned,
    webhooks_hear_of_each_thing_once,
    webhooks_hear_what_becomes_overdue,
    a_receiver_that_takes_nothing_has_no_more_than_a_bound_waiting,
    what_several_webhooks_get_is_stored_once,
    a_slow_receiver_of_one_account_has_one_worker,
    slow_receivers_have_none_of_the_relays_own_workers,
    the_table,
    a_fork_is_kept_and_quarantined,
    a_fork_at_one_size_with_equal_entries,
    what_is_refused_is_counted_and_kept,
    revoked_boxes_are_told_nothing,
    hello_makes_an_epoch_known,
    what_a_box_says_of_itself_is_made_plain,
    a_restored_relay_notices,
    a_restored_relay_cosigns_nothing_else,
    proofs_hold_at_any_size,
    another_account_sees_nothing,
    a_rebuild_gives_the_same,
    a_rebuild_of_many_steps_gives_the_same,
    epochs_follow_each_other,
    a_copied_card_is_noticed,
    a_log_that_has_ended_does_not_grow,
    tallies_are_those_of_record,
    time_alone_closes_windows,
    texts_are_erased,
    checkpoints_are_thinned,
    an_items_history_has_pages,
    two_lines_of_one_place_are_both_paged,
    the_claim_table,
    a_box_takes_the_place_of_one_that_is_heard,
    a_machine_goes_on_as_the_box_that_it_replaces,
    renewals_are_signed_by_the_log,
    photos_come_in_pieces,
    recording_asks_nothing_of_billing,
    a_box_fills_no_disk_with_photos,
    a_box_gets_its_own_entries_back,
    an_adopted_run_is_taken_counts_and_is_given_back,
    what_is_not_the_run_of_its_name_is_refused,
    a_silent_upload_holds_up_nobody_else,
    runs_in_runs_and_branches_count_once,
    a_base_is_put_together_from_its_log_and_a_run,
    what_a_phone_sent_again_counts_once,
    an_erased_text_does_not_come_back_with_a_run,
    a_quarantined_box_brings_no_runs,
    a_box_is_told_its_chain,
    an_epoch_without_a_key_counts_as_at_its_box,
    of_two_lines_of_one_number_the_one_adopted_first_is_meant,
    a_box_speaks_of_its_own_lines_only,
    a_long_run_with_adopting_lines_counts_whole,
    what_a_restored_base_has_counts_there,
    a_run_that_is_too_much_is_refused_and_told_once,
    whoever_finds_no_place_is_told_when_to_come_again,
    a_run_of_another_box_is_neither_given_nor_taken,
    what_a_cut_upload_left_is_dropped,
    the_list_of_lacking_runs_has_an_end,
    a_facility_that_cannot_be_folded_keeps_no_other_from_it,
    a_facility_that_took_long_to_fold_rests_before_the_next_time,
    a_log_made_up_with_a_stolen_certificate_counts_nothing,
    a_log_begun_without_keys_counts_once_it_is_admitted,
    a_log_that_is_forgotten_leaves_nothing,
    logs_from_before_the_claim_count_once_the_claimed_one_is_here,
    a_stolen_certificate_is_refused_everywhere_once_its_box_is_revoked,
    a_box_restored_from_before_its_claim_waits_for_a_person,
    a_claim_that_waits_ends_without_a_certificate,
    an_admission_is_taken_back_until_its_box_has_come,
    a_claim_that_waits_is_decided_on_as_its_log_stands,
    a_code_that_waits_belongs_to_one_log,
    a_name_that_was_only_greeted_with_shuts_no_box_out,
    a_claim_beside_a_log_that_counts_is_not_admitted,
    greetings_alone_fill_nothing,
    more_logs_than_a_person_looks_at_are_refused,
    a_text_that_was_erased_is_not_taken_again,
    what_a_dropped_run_brought_beside_its_lines_goes_with_it,
    a_page_has_the_texts_that_its_lines_name_and_no_others,
    a_run_with_too_many_adopting_lines_is_refused,
    nobody_drops_the_lines_of_a_run_that_is_becoming_known,
    a_batch_by_https_is_answered_as_by_mqtt,
    a_box_that_comes_by_https_is_there,
    both_ways_at_once_make_no_fork_and_nothing_twice,
    strangers_get_nothing_by_https,
    what_is_too_long_or_no_message_is_refused,
    slow_bodies_of_one_box_hold_up_no_other,
    merged_segments_hold_the_same_log,
    an_erased_text_leaves_its_segment,
    a_rebuild_that_cannot_be_leaves_its_pages_as_they_go_on,
    a_row_of_logs_that_cannot_be_read_keeps_no_other_from_being_verified,
    a_rebuild_that_is_cut_off_goes_on_beside_the_live_one,
    a_rebuild_that_is_cut_off_at_its_end_loses_no_later_entry,
    a_transaction_that_is_given_up_as_it_begins_is_nobody_elses,
    a_projection_of_another_version_is_made_anew,
    a_projection_whose_row_is_gone_is_made_anew,
    each_request_is_served_once_by_a_run_after_it,
    what_one_account_asks_for_keeps_no_other_waiting,
    what_a_worker_did_that_lost_its_lease_is_taken_back,
    a_job_that_fails_is_dead_in_the_end_and_can_be_tried_again,
    a_job_that_ends_its_process_is_dead_in_the_end,
    a_lost_lease_stops_the_work,
    workers_run_what_comes_and_release_what_takes_long,
    the_earlier_moment_counts_and_a_rest_is_kept,
    a_clock_set_back_an_hour_delays_nothing_for_as_long,
    what_recurs_is_put_back,
    a_job_of_a_newer_relay_is_left_to_it,
    an_operator_lists_dead_jobs_and_tries_one_again,
    rows_of_facilities_are_what_a_count_gives,
    health_of_many_boxes_is_written_at_once_and_is_no_news,
    a_clock_that_was_ahead_and_came_back_is_followed,
    rows_of_another_account_are_neither_read_nor_written,
    an_erased_text_and_a_revoked_box_are_news,
    a_batch_that_must_wait_is_told_when_to_come_again,
    what_boxes_send_takes_no_connection_of_pages,
    acts_of_an_account_are_one_chain,
    whatever_is_changed_in_an_access_log_is_found,
    counters_of_repeated_acts_are_in_no_hash,
    ends_of_access_logs_are_signed_each_day,
    a_chain_is_forgotten_from_its_beginning,
    notes_outside_the_database_stay,
    a_restore_that_was_cut_off_is_served_by_no_relay,
);

/// Where a story gets its databases; each name is a new one.
pub(crate) trait Databases {
    async fn db(&self, name: &str) -> Db;
    /// A second database with what the first holds now: a backup.
    async fn backup(&self, of: &Db, from: &str, to: &str) -> Db;
}

struct Files(std::path::PathBuf);

impl Databases for Files {
    async fn db(&self, name: &str) -> Db {
        Db::open(&format!("sqlite:{}", self.0.join(name).display())).await.unwrap()
    }

    async fn backup(&self, of: &Db, _from: &str, to: &str) -> Db {
        let Db::Sqlite { writer, .. } = of else { panic!("not a file") };
        let file = self.0.join(to);
        let sql = format!("VACUUM INTO '{}'", file.display());
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(writer).await.unwrap();
        self.db(to).await
    }
}

struct Server<'a> {
    server: &'a postgres::Postgres,
    story: &'static str,
}

impl Server<'_> {
    async fn command(&self, sql: String) {
        let Db::Postgres(pool) = Db::open(&self.server.url("postgres")).await.unwrap() else {
            unreachable!()
        };
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&pool).await.unwrap();
        pool.close().await;
    }
}

impl Databases for Server<'_> {
    async fn db(&self, name: &str) -> Db {
        let name = format!("{}_{name}", self.story);
        self.command(format!("CREATE DATABASE {name}")).await;
        Db::open(&self.server.url(&name)).await.unwrap()
    }

    async fn backup(&self, of: &Db, from: &str, to: &str) -> Db {
        // A template must have no other connections.
        of.close().await;
        let (from, to) = (format!("{}_{from}", self.story), format!("{}_{to}", self.story));
        self.command(format!("CREATE DATABASE {to} TEMPLATE {from}")).await;
        Db::open(&self.server.url(&to)).await.unwrap()
    }
}
