//! The suite `walks`: what people come to the relay or a box for, from the first page to the last, in real Chromium.
//!
//! A new customer gets from the form of signing up to a scan on the dashboard, to colleagues and to a region of its
//! own, and replaces its box; whoever runs the platform repairs, helps and restores; an auditor goes from what was missed to the proof of a
//! cleaning, and finds nothing to change; and another one comes to the box, with a pass, on the day of an inspection.

#[path = "browser/acts.rs"]
mod acts;
#[path = "walks/auditor.rs"]
mod auditor;
#[path = "browser/mod.rs"]
mod browser;
#[path = "walks/colleagues.rs"]
mod colleagues;
#[path = "walks/customer.rs"]
mod customer;
#[path = "walks/inspection.rs"]
mod inspection;
#[path = "walks/mailbox.rs"]
mod mailbox;
#[path = "walks/pictures.rs"]
mod pictures;
#[path = "walks/platform.rs"]
mod platform;
#[path = "walks/provider.rs"]
mod provider;
#[path = "walks/replacement.rs"]
mod replacement;

use browser::Browser;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_customer() {
    let mut customer = customer::Customer::new().await;
    let desk = customer.sign_up().await;
    customer.set_box_up(&desk).await;
    let label = customer.scan_first_label(&desk).await;
    customer.add_region(&desk).await;
    colleagues::region_admin_sees_their_region(&customer, &desk).await;
    colleagues::colleague_comes_by_passkey(&customer, &desk).await;
    colleagues::colleague_comes_by_organization(&customer, &desk).await;
    customer.replace_box(&desk, &label).await;
    end([desk]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_runs_the_platform() {
    platform::run_platform().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_auditor() {
    auditor::audit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_inspection() {
    inspection::inspect().await;
}

/// No page broke its own content policy or failed to load a file.
async fn end<const N: usize>(browsers: [Browser; N]) {
    for browser in browsers {
        assert_eq!(browser.complaints().await, Vec::<String>::new());
        browser.close().await;
    }
}
