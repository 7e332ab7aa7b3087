//! What the log says last of a badge or a PIN is so, whatever the disk does in between.

use std::net::Ipv4Addr;
use std::sync::atomic::Ordering;
use std::time::Duration;

use record::entry::{CommandSource, EntryAuthor};
use record::ids::DeviceId;
use record::kinds::{AccessChange, AccessChanged};

use super::access_entries::{changes_since, first_member};
use super::badges::{CODE, badges_of, enrol};
use super::staff_pages::{desk, person};
use crate::identity::{BadgeCode, PinAttempt, PinOutcome};
use crate::web::commands::badges::{enrol_badge, remove_badge, remove_badges};
use crate::web::commands::pins::{remove_access, take_pin};
use crate::web::tests::*;

fn last_change(world: &World, size: u64) -> Option<(AccessChange, Option<StaffId>)> {
    changes_since(world, size).pop().map(|(change, by)| (change.what, by))
}

/// Lets the next write of `state.redb` fail, or the next flush: after that the written data may be there.
fn fail_next(world: &World, is_flush: bool) {
    // The file may be opened again.
    world.clock.advance(Duration::from_secs(10));
    let faults = &world.state_faults;
    let left = if is_flush { &faults.flushes } else { &faults.writes };
    left.store(1, Ordering::Relaxed);
}

fn assert_failed(world: &World) {
    let faults = &world.state_faults;
    let left = [&faults.flushes, &faults.writes].map(|left| left.load(Ordering::Relaxed));
    assert_eq!(left, [0, 0]);
}

#[tokio::test]
async fn a_badge_that_the_disk_did_not_take_is_in_the_log_as_what_it_is() {
    let world = World::new().await;
    let ada = person(&world, "Ada", StaffRole::Technician, "1111").await;
    // The key is made by the first.
    enrol(&world, ada, "0004700-WARD-7").unwrap();
    let badge = || BadgeCode::read(CODE).unwrap();
    let proves = || world.state.identity.badges.prove(&badge(), NOW).unwrap().is_some();
    for is_flush in [false, true] {
        let size = world.size();
        fail_next(&world, is_flush);
        let added = enrol_badge(&world.state, EntryAuthor::BOX, ada, badge()).await;
        assert_failed(&world);
        assert_eq!((added.is_ok(), proves()), (is_flush, is_flush));
        let last = last_change(&world, size).unwrap().0;
        assert_eq!(last, if is_flush { AccessChange::BadgeAdded } else { AccessChange::BadgeRemoved });
    }
    let id = badges_of(&world, ada).into_iter().find(|badge| badge.used_ms.is_some()).unwrap().id;
    for is_flush in [false, true] {
        let size = world.size();
        fail_next(&world, is_flush);
        let removed = remove_badge(&world.state, EntryAuthor::BOX, ada, id.clone()).await;
        assert_failed(&world);
        assert_eq!((removed.is_ok(), proves()), (is_flush, !is_flush));
        let last = last_change(&world, size).map(|(what, _)| what);
        assert_eq!(last, is_flush.then_some(AccessChange::BadgeRemoved));
    }
}

#[tokio::test]
async fn a_pin_that_the_disk_did_not_take_is_reported_as_what_it_is() {
    let world = World::new().await;
    let ada = person(&world, "Ada", StaffRole::Technician, "1111").await;
    let attempt = |pin: &str| PinAttempt {
        staff: ada,
        pin: pin.to_owned(),
        device: DeviceId::of_secret(&[5; 32]),
        address: Ipv4Addr::LOCALHOST.into(),
        now_ms: NOW,
    };
    let is_right = |pin: &str| world.state.identity.check_pin(&attempt(pin)).unwrap() == PinOutcome::Right;
    let pins = &world.state.identity.pins;
    let mut kept = "1111";
    for (is_flush, pin) in [(false, "2222"), (true, "3333"), (true, "4444"), (true, "5555")] {
        fail_next(&world, is_flush);
        let set = pins.set(ada, StaffRole::Technician, pin);
        assert_failed(&world);
        let is_there = is_right(pin);
        assert_eq!((set.is_ok(), is_right(kept)), (is_there, !is_there));
        assert!(is_flush || !is_there);
        kept = if is_there { pin } else { kept };
    }
    assert_ne!(kept, "1111", "one of them was there");
    for is_flush in [false, true] {
        fail_next(&world, is_flush);
        let removed = pins.remove(ada, EntryAuthor::BOX);
        assert_failed(&world);
        let has_pin = pins.holders().unwrap().contains(&ada);
        assert!(removed.is_ok() != has_pin && (is_flush || has_pin));
    }
}

#[tokio::test]
async fn what_the_next_start_would_bring_back_is_not_removed() {
    let world = World::new().await;
    let ada = person(&world, "Ada", StaffRole::Technician, "1111").await;
    let badge = enrol(&world, ada, CODE).unwrap();
    world.state_faults.is_full.store(true, Ordering::Relaxed);
    assert!(!world.state.store.renew_state_db(crate::store::TAKEN_OVER).unwrap());
    let size = world.size();
    let refused = [
        take_pin(&world.state, EntryAuthor::BOX, ada).await,
        remove_badge(&world.state, EntryAuthor::BOX, ada, badge.id.clone()).await.map(drop),
        remove_badges(&world.state, EntryAuthor::BOX, ada).await,
    ];
    for refused in refused {
        let error = refused.unwrap_err();
        assert_eq!((error.status, error.code), (StatusCode::INSUFFICIENT_STORAGE, "full"));
    }
    remove_access(&world.state, EntryAuthor::BOX, ada).await.unwrap();
    assert_eq!(world.size(), size, "the log says that nothing was removed");
    let world = World::in_dir(world.end().await, crate::photo::UploadLimits::default()).await;
    assert_eq!(world.state.identity.pins.holders().unwrap(), [ada]);
    assert_eq!(badges_of(&world, ada), [badge]);
    assert!(world.state.identity.pins.remove(ada, EntryAuthor::BOX).unwrap());
}

#[tokio::test]
async fn a_removal_that_was_cut_is_in_the_log_after_the_next() {
    let world = World::new().await;
    let _admin = desk(&world, StaffRole::FacilityAdmin).await;
    let tom = first_member(&world);
    let by = EntryAuthor { staff: Some(tom), ..EntryAuthor::BOX };
    let ada = person(&world, "Ada", StaffRole::Technician, "1111").await;
    let badge = enrol(&world, ada, CODE).unwrap();
    let size = world.size();
    // The box stopped after writing the row.
    assert!(world.state.identity.badges.remove(ada, &badge.id, by).unwrap());
    assert_eq!(last_change(&world, size), None);
    assert!(!remove_badge(&world.state, EntryAuthor::BOX, ada, badge.id.clone()).await.unwrap());
    let about_ada = |what| (AccessChanged::new(what, Some(ada)), Some(tom));
    assert_eq!(changes_since(&world, size), [about_ada(AccessChange::BadgeRemoved)]);
    assert!(world.state.identity.pins.remove(ada, by).unwrap());
    take_pin(&world.state, EntryAuthor::BOX, ada).await.unwrap();
    take_pin(&world.state, EntryAuthor::BOX, ada).await.unwrap();
    let both = [AccessChange::BadgeRemoved, AccessChange::PinRemoved].map(about_ada);
    assert_eq!(changes_since(&world, size), both, "each once");
    // By somebody whom the log takes no such entry of any more.
    let by = EntryAuthor { staff: Some(ada), via: CommandSource::Staff, ..EntryAuthor::BOX };
    let badge = enrol(&world, ada, CODE).unwrap();
    let size = world.size();
    assert!(world.state.identity.badges.remove(ada, &badge.id, by).unwrap());
    remove_badges(&world.state, EntryAuthor::BOX, ada).await.unwrap();
    let by_box = (AccessChanged::new(AccessChange::BadgeRemoved, Some(ada)), None);
    assert_eq!(changes_since(&world, size), [by_box]);
}
