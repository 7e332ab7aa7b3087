//! Places under clocks of their own: turns, speeds, and how many may wait.

use super::*;

fn without_room() -> UploadLimits {
    UploadLimits { finished_bytes: 0, ..UploadLimits::default() }
}

fn network(n: u8) -> ClientNetwork {
    ClientNetwork::of(std::net::IpAddr::from([10, 0, 0, n]))
}

async fn enter(places: &Arc<UploadPlaces>, n: u8) -> Result<UploadPlace, NoPlace> {
    places.enter(network(n), PathBuf::new()).await
}

fn waits(places: &Arc<UploadPlaces>, n: u8) -> tokio::task::JoinHandle<Result<UploadPlace, NoPlace>> {
    let places = places.clone();
    tokio::spawn(async move { enter(&places, n).await })
}

async fn full(places: &Arc<UploadPlaces>) -> Vec<UploadPlace> {
    let mut held = Vec::new();
    for n in 0..8 {
        held.push(enter(places, n).await.unwrap());
    }
    held
}

/// Lets everything run that can run without time passing.
async fn settled() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn who_comes_later_waits_for_a_place_and_not_for_ever() {
    let places = UploadPlaces::new(without_room());
    let mut held = full(&places).await;
    let (ninth, tenth) = (waits(&places, 20), waits(&places, 21));
    settled().await;
    assert_eq!((places.taken(), places.waiting()), (8, 2));
    held.pop();
    let _ninth = ninth.await.unwrap().unwrap();
    for place in &held {
        place.complete().unwrap();
    }
    assert!(!tenth.is_finished());
    _ninth.complete().unwrap();
    let began = Instant::now();
    assert_eq!(tenth.await.unwrap().unwrap_err(), NoPlace::Late);
    assert!(began.elapsed() <= Duration::from_secs(61), "and no longer than a minute");
    assert_eq!((places.taken(), places.waiting()), (8, 0));
}

#[tokio::test(start_paused = true)]
async fn one_network_has_two_places_and_keeps_nobody_else_out() {
    let places = UploadPlaces::new(UploadLimits::default());
    let first = enter(&places, 1).await.unwrap();
    let _second = enter(&places, 1).await.unwrap();
    let third = waits(&places, 1);
    settled().await;
    assert_eq!(places.waiting(), 1);
    let _other = enter(&places, 2).await.unwrap();
    assert!(!third.is_finished());
    drop(first);
    assert!(third.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn the_slowest_gives_its_place_up_and_goes_on_later() {
    let places = UploadPlaces::new(without_room());
    let mut held = full(&places).await;
    for (n, place) in held.iter().enumerate() {
        // The fourth is the slowest.
        place.hold(if n == 3 { 1_000 } else { 1_000_000 }).await.unwrap();
    }
    let ninth = waits(&places, 20);
    tokio::time::sleep(Duration::from_secs(18)).await;
    assert!(!ninth.is_finished(), "nobody has held one for twenty seconds");
    let ninth = ninth.await.unwrap().unwrap();
    for (n, place) in held.iter().enumerate().filter(|(n, _)| *n != 3) {
        assert!(place.count(1).unwrap(), "{n}");
    }
    let slow = held.remove(3);
    assert!(!slow.count(0).unwrap());
    for place in &held {
        place.complete().unwrap();
    }
    let goes_on = tokio::spawn(async move { slow.hold(500).await.map(|()| slow) });
    settled().await;
    assert_eq!((places.taken(), places.waiting()), (8, 1), "it waits like everybody");
    drop(ninth);
    let slow = goes_on.await.unwrap().unwrap();
    slow.complete().unwrap();
    assert_eq!(places.taken(), 8);
}

/// A photo of 5 MB over a connection of 17 KB/s: five minutes, where nothing holds it up.
async fn send_slowly(place: UploadPlace) -> Result<(), NoPlace> {
    for _ in 0..5_000_000 / 17_000 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        place.hold(17_000).await?;
    }
    place.complete()
}

#[tokio::test(start_paused = true)]
async fn eight_slow_uploads_hold_nobody_up_for_half_a_minute() {
    let places = UploadPlaces::new(UploadLimits::default());
    let began = Instant::now();
    let slow: Vec<_> =
        full(&places).await.into_iter().map(|place| tokio::spawn(send_slowly(place))).collect();
    for n in 20..60 {
        let came = Instant::now();
        let place = enter(&places, n).await.unwrap();
        place.hold(2_000_000).await.unwrap();
        place.complete().unwrap();
        assert!(came.elapsed() <= Duration::from_secs(30), "{n}: {:?}", came.elapsed());
        tokio::time::sleep(Duration::from_secs(3)).await;
    }
    assert!(began.elapsed() < Duration::from_secs(290), "all of them came while the slow ones were at it");
    let mut whole = 0;
    for upload in slow {
        whole += usize::from(upload.await.unwrap().is_ok());
    }
    assert_eq!(whole, 8, "and they are not given up for it");
}

#[tokio::test(start_paused = true)]
async fn a_whole_form_keeps_its_place() {
    let places = UploadPlaces::new(without_room());
    let held = full(&places).await;
    for place in &held {
        place.complete().unwrap();
    }
    assert_eq!(enter(&places, 20).await.unwrap_err(), NoPlace::Late);
    assert_eq!(places.taken(), 8);
}

#[tokio::test(start_paused = true)]
async fn a_whole_form_leaves_its_place_while_there_is_room_for_its_file() {
    let places = UploadPlaces::new(UploadLimits { finished_bytes: 1_000, ..UploadLimits::default() });
    let mut finished = Vec::new();
    for (network, taken) in [(1, 0), (1, 0), (1, 1), (2, 1), (3, 1), (4, 1), (5, 1), (6, 1), (7, 1), (8, 2)] {
        let place = enter(&places, network).await.unwrap();
        place.hold(120).await.unwrap();
        place.complete().unwrap();
        finished.push(place);
        assert_eq!(places.taken(), taken, "{network}");
    }
    drop(finished);
    assert_eq!(places.taken(), 0);
}

#[tokio::test(start_paused = true)]
async fn stalled_ones_are_thrown_away_when_too_many_lie_about() {
    let dir = tempfile::tempdir().unwrap();
    let places = UploadPlaces::new(UploadLimits::default());
    let mut stalled = Vec::new();
    // Four times as many as there are places come, send a little and fall silent.
    for n in 0..32 {
        let path = dir.path().join(n.to_string());
        std::fs::write(&path, [7; 100]).unwrap();
        let place = places.enter(network(n), path).await.unwrap();
        place.hold(100).await.unwrap();
        stalled.push(place);
    }
    let lie = |n: usize| std::fs::metadata(dir.path().join(n.to_string())).unwrap().len() > 0;
    let left: Vec<usize> = (0..32).filter(|n| lie(*n)).collect();
    assert_eq!(left, (16..32).collect::<Vec<_>>(), "eight are written, eight lie about");
    assert_eq!(stalled[0].hold(1).await, Err(NoPlace::Slow));
    assert_eq!(stalled[0].complete(), Err(NoPlace::Slow));
    stalled[20].complete().unwrap();
    let _good = enter(&places, 100).await.unwrap();
    assert!(lie(20), "what is whole is not thrown away");
}

#[tokio::test(start_paused = true)]
async fn as_many_wait_as_may_and_the_next_is_told_at_once() {
    let places = UploadPlaces::new(UploadLimits { waiting: 30, ..UploadLimits::default() });
    let held = full(&places).await;
    let began = Instant::now();
    let mut queue: Vec<_> = (0..252).map(|n| waits(&places, 20 + n % 2)).collect();
    settled().await;
    assert_eq!(places.waiting(), 24, "twelve of each network");
    assert_eq!(queue.iter().filter(|one| one.is_finished()).count(), 228);
    queue.extend((0..10).map(|n| waits(&places, 50 + n)));
    settled().await;
    assert_eq!(places.waiting(), 30);
    let (crowd, others) = queue.split_at(252);
    assert_eq!(crowd.iter().filter(|one| one.is_finished()).count(), 232, "four made room");
    assert!(others.iter().all(|one| !one.is_finished()));
    assert_eq!(began.elapsed(), Duration::ZERO, "nobody of them waited");
    drop(held);
    settled().await;
    assert_eq!((places.taken(), places.waiting()), (8, 22), "whoever waits has a turn");
}

#[tokio::test(start_paused = true)]
async fn networks_that_fill_the_queue_keep_no_other_out() {
    let places = UploadPlaces::new(UploadLimits::default());
    let mut crowd = Vec::new();
    for _ in 0..14 {
        for n in 1..=11 {
            let places = places.clone();
            crowd.push(tokio::spawn(async move { send_slowly(enter(&places, n).await?).await }));
        }
        settled().await;
    }
    assert_eq!((places.taken(), places.waiting()), (8, 128));
    assert_eq!(crowd.iter().filter(|one| one.is_finished()).count(), 14 * 11 - 8 - 128);
    let came = Instant::now();
    let honest = waits(&places, 12);
    settled().await;
    assert_eq!((honest.is_finished(), places.waiting()), (false, 128));
    let gone = crowd.iter().filter(|one| one.is_finished()).count();
    assert_eq!(gone, 14 * 11 - 8 - 128 + 1, "one went for it");
    assert_eq!(came.elapsed(), Duration::ZERO, "nobody of them waited");
    // It has its turn behind the networks that came before, and not behind all of their uploads.
    for upload in crowd.iter().filter(|one| !one.is_finished()).take(20) {
        upload.abort();
        settled().await;
    }
    assert!(honest.await.unwrap().is_ok());
    crowd.into_iter().for_each(|upload| upload.abort());
}

#[tokio::test(start_paused = true)]
async fn the_last_of_the_longest_goes_and_nobodys_only_one() {
    let places = UploadPlaces::new(UploadLimits { waiting: 5, ..UploadLimits::default() });
    let held = full(&places).await;
    let mut queue = Vec::new();
    for n in [20, 21, 20, 21, 20, 22] {
        queue.push(waits(&places, n));
        settled().await;
    }
    let are_gone = |queue: &[tokio::task::JoinHandle<_>]| {
        queue.iter().map(tokio::task::JoinHandle::is_finished).collect::<Vec<_>>()
    };
    assert_eq!(are_gone(&queue), [false, false, false, false, true, false]);
    assert_eq!(
        queue.remove(4).await.unwrap().unwrap_err(),
        NoPlace::Crowded,
        "it is answered as the next one was"
    );
    for n in [22, 23, 24, 25] {
        queue.push(waits(&places, n));
        settled().await;
    }
    // 22 would have as many as 20 and 21 have; 23 and 24 take their second ones; 25 would take somebody's only one.
    assert_eq!(are_gone(&queue), [false, false, true, true, false, true, false, false, true]);
    assert_eq!(places.waiting(), 5);
    drop(held);
    settled().await;
    assert_eq!((places.taken(), places.waiting()), (5, 0), "whoever waits has a turn");
    let granted = queue.iter().filter(|one| one.is_finished()).count();
    assert_eq!(granted, queue.len());
}

#[tokio::test(start_paused = true)]
async fn one_look_a_second_serves_all_who_wait() {
    let places = UploadPlaces::new(UploadLimits::default());
    let _held = full(&places).await;
    let queue: Vec<_> = (0..100).map(|n| waits(&places, 20 + n)).collect();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let looked = places.table().looked.unwrap();
    assert_eq!(Instant::now() - looked, Duration::from_millis(500));
    places.look(Duration::from_secs(1));
    assert_eq!(places.table().looked, Some(looked), "it is not done again for the next one");
    assert_eq!((places.waiting(), queue.len()), (100, 100));
}

#[tokio::test(start_paused = true)]
async fn whoever_goes_away_while_waiting_leaves_nothing() {
    let places = UploadPlaces::new(UploadLimits::default());
    let held = full(&places).await;
    let gone = waits(&places, 20);
    settled().await;
    assert_eq!(places.waiting(), 1);
    gone.abort();
    assert!(gone.await.unwrap_err().is_cancelled());
    assert_eq!(places.waiting(), 0);
    drop(held);
    assert_eq!(places.taken(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_network_that_comes_later_waits_one_turn_and_not_a_queue() {
    let places = UploadPlaces::new(UploadLimits::default());
    // Four networks have all places, and ten more each wait; what they send is slow.
    let mut slow = Vec::new();
    for round in 0..12 {
        for n in 1..=4 {
            let places = places.clone();
            slow.push(tokio::spawn(async move { send_slowly(enter(&places, n).await?).await }));
        }
        settled().await;
        assert_eq!(places.taken(), usize::min(8, (round + 1) * 4));
    }
    assert_eq!(places.waiting(), 40);
    let came = Instant::now();
    let honest = enter(&places, 20).await.unwrap();
    assert!(came.elapsed() <= UploadLimits::default().hold + Duration::from_secs(2), "{:?}", came.elapsed());
    honest.hold(2_000_000).await.unwrap();
    honest.complete().unwrap();
    slow.into_iter().for_each(|upload| upload.abort());
}

#[tokio::test(start_paused = true)]
async fn places_go_round_the_networks() {
    let places = UploadPlaces::new(UploadLimits { at_a_time: 1, per_network: 1, ..UploadLimits::default() });
    let first = enter(&places, 1).await.unwrap();
    let (turns, mut seen) = tokio::sync::mpsc::unbounded_channel();
    for n in [1, 1, 1, 2, 2, 3] {
        let (places, turns) = (places.clone(), turns.clone());
        tokio::spawn(async move {
            let place = enter(&places, n).await;
            turns.send(n).map_err(drop)?;
            drop(place);
            Ok::<_, ()>(())
        });
        settled().await;
    }
    drop((first, turns));
    let mut order = Vec::new();
    while let Some(n) = seen.recv().await {
        order.push(n);
    }
    assert_eq!(order, [1, 2, 3, 1, 2, 1]);
}
