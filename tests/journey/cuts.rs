//! What waits on a phone comes to the box once, in order and with its time, wherever the connection is cut, whatever becomes of the
//! tab, and however wrong the phone's clock is.

use std::net::SocketAddr;

use fantoccini::wd::WindowHandle;
use harness::proxy::{NetworkFault, Proxy};
use serde_json::{Value, json};

use super::browser::{Browser, Kind, TIME_LIMIT};
use super::{Story, dead_spot, desk, photo};

const PLACES: usize = 30;
/// How far the time of a record may be from the press.
const OFF_MS_MAX: i64 = 2_000;
const DAY_MS: i64 = 86_400_000;
const FIRST_VISIT_BYTES_MAX: u64 = 120 * 1_024;

/// How many cleanings have their photo; a number to compare it with, and a bracket, go behind.
const PHOTOS_THERE: &str = "fetch('/api/v1/cleanings?limit=100').then((answer) => answer.json())
    .then(({ items }) => items.filter((one) => one.photos.length === 1).length";

pub(crate) struct Spot {
    pub(crate) proxy: Proxy,
    pub(crate) origin: String,
    pub(crate) phone: Browser,
    pub(crate) tag: String,
}

pub(crate) struct Press {
    pub(crate) note: String,
    /// Before and after it, milliseconds since 1970.
    pub(crate) between: [i64; 2],
}

/// Closes the tab in front and switches to `kept`. The driver gives up after 20 seconds, with a tab that
/// Chromium closes later or, where its worker sends all the while, not at the first word.
pub(crate) async fn close_tab(phone: &Browser, kept: WindowHandle) {
    let tab = phone.client.window().await.expect("a tab");
    let closed = async {
        while phone.client.windows().await.expect("the tabs").contains(&tab) {
            if let Err(error) = phone.client.close_window().await {
                eprintln!("the tab is closed once more: {error}");
            }
        }
    };
    tokio::time::timeout(TIME_LIMIT, closed).await.expect("the tab closes");
    phone.client.switch_to_window(kept).await.expect("the tab that is kept");
}

impl Spot {
    /// Opens the installed page once, until it works offline.
    pub(crate) async fn open(story: &Story) -> Self {
        Self::open_with(story, &[]).await
    }

    pub(crate) async fn open_with(story: &Story, flags: &[&str]) -> Self {
        let r#box = &story.demo.output.r#box;
        let far: SocketAddr =
            r#box.http.trim_start_matches("http://").parse().expect("an address and a port");
        let proxy = Proxy::start(far).await.expect("a line to the box");
        let origin = format!("http://{}", proxy.addr());
        let phone = Browser::start("chromium", Kind::Phone, true, flags).await;
        let tag = r#box.tags.first().expect("an item").clone();
        Self { proxy, origin, phone, tag }
    }

    pub(crate) async fn visit(&self) {
        self.phone.goto(&format!("{}/app", self.origin)).await;
        dead_spot::is_ready(&self.phone).await;
    }

    pub(crate) async fn fill(&self, note: &str, photo: &str) {
        self.proxy.set(NetworkFault::Cut);
        self.phone.goto(&format!("{}/t/{}", self.origin, self.tag)).await;
        self.phone.shows("The box does not answer here.").await;
        self.phone.find("#photo").await.send_keys(photo).await.expect("a photo is chosen");
        let fill = format!(
            "for (const tick of document.querySelectorAll('[name=step]')) tick.checked = true;
             document.querySelector('#who').value = 'Aisha Bello'; document.querySelector('#note').value = '{note}'"
        );
        self.phone.script(&fill).await;
        // The contact time is not over: the page warns once.
        self.phone.press(".bar .go").await;
        self.phone.shows("Still open").await;
    }

    pub(crate) async fn press(&self, note: String) -> Press {
        let from = wall_ms();
        self.phone.press(".bar .go").await;
        self.phone.until("location.pathname === '/app/queue'", TIME_LIMIT).await;
        Press { note, between: [from, wall_ms()] }
    }

    /// Waits until the connection lost something, or nothing waits any more.
    async fn until_cut(&self) {
        let nothing_waits = format!("{}.every((state) => state !== 'phone')", dead_spot::STATES);
        let cut = async {
            while !self.proxy.was_cut() && self.phone.script(&format!("return {nothing_waits}")).await != true
            {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(TIME_LIMIT, cut).await.expect("the line is cut, or all is sent");
    }

    async fn until_sent(&self) {
        self.proxy.set(NetworkFault::None);
        self.phone.goto(&format!("{}/app/queue", self.origin)).await;
        self.phone.press_moving("#send").await;
        let sent = format!(
            "({states}.length > 0 && {states}.every((state) => state === 'box'))",
            states = dead_spot::STATES
        );
        self.phone.until(&sent, TIME_LIMIT).await;
    }
}

pub(crate) fn wall_ms() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.ok().and_then(|now| i64::try_from(now.as_millis()).ok()).expect("a time after 1970")
}

pub(crate) async fn read_cleanings(desk: &Browser) -> Vec<(Value, i64)> {
    const READ: &str = "return fetch('/api/v1/cleanings?limit=100').then((answer) => answer.json())
        .then(({ items }) => items.map((one) => [one, Date.parse(one.performed_at)]))";
    let all = desk.script(READ).await;
    let list = all.as_array().unwrap_or_else(|| panic!("no list: {all}"));
    let mut read: Vec<_> =
        list.iter().map(|one| (one[0].clone(), one[1].as_i64().expect("a time"))).collect();
    read.sort_by_key(|(one, _)| one["seq"].as_u64());
    read
}

/// Photos follow their records one by one, when nothing else has to run: the next one within the limit, and then the next.
async fn await_photos(desk: &Browser, count: usize) {
    for there in 1..=count {
        desk.until(&format!("{PHOTOS_THERE} >= {there})"), TIME_LIMIT).await;
    }
}

pub(crate) async fn check(desk: &Browser, presses: &[Press]) {
    await_photos(desk, presses.len()).await;
    let all = read_cleanings(desk).await;
    let found: Vec<_> = all.iter().filter_map(|(one, _)| one["notes"].as_str()).collect();
    let expected: Vec<_> = presses.iter().map(|press| press.note.as_str()).collect();
    assert_eq!(found, expected, "each once, and in order");
    for (press, (_, performed_ms)) in presses.iter().zip(&all) {
        let [from, to] = press.between;
        let is_near = (from - OFF_MS_MAX..=to + OFF_MS_MAX).contains(performed_ms);
        assert!(is_near, "{}: pressed {from} to {to}, recorded for {performed_ms}", press.note);
    }
}

/// How the connection fails while the n-th record is sent, of one that takes so many bytes in each direction.
fn choose_fault(n: usize, (there, back): (u64, u64)) -> NetworkFault {
    fn cut(there: u64, back: u64) -> NetworkFault {
        NetworkFault::CutAfter { there, back }
    }
    fn share(whole: u64, n: usize, of: u64) -> u64 {
        whole * (n as u64 + 1) / (of + 1)
    }
    match n {
        0 => NetworkFault::HalfOpen,
        1 => NetworkFault::Deaf,
        2 => NetworkFault::Throttle(20_000),
        3..=5 => cut([0, 1, 300][n - 3], u64::MAX),
        6..=17 => cut(share(there, n - 6, 12), u64::MAX),
        18 | 19 => cut(there - [2, 1][n - 18], u64::MAX),
        20 | 21 => cut(u64::MAX, [0, 1][n - 20]),
        22..=27 => cut(u64::MAX, share(back, n - 22, 6)),
        _ => cut(u64::MAX, back - [2, 1][n - 28]),
    }
}

/// The first visit is cut too, in the middle of the page and of its files: the next one works.
pub(crate) async fn cut_everywhere(story: &Story) {
    let desk = Browser::open(Kind::Desk, true).await;
    desk::sign_in(story, &desk).await;
    let spot = Spot::open(story).await;
    for back in [2_000, 20_000] {
        spot.proxy.set(NetworkFault::CutAfter { there: u64::MAX, back });
        let _ = spot.phone.client.goto(&format!("{}/app", spot.origin)).await;
        spot.proxy.set(NetworkFault::None);
    }
    spot.visit().await;
    let file = story.pictures.join("cut.jpg");
    std::fs::write(&file, photo::sideways()).expect("a photo");
    let file = file.to_string_lossy().into_owned();

    // The first succeeds, and shows how long such a record is.
    spot.fill("place 0", &file).await;
    spot.proxy.set(NetworkFault::None);
    let before = spot.proxy.carried();
    let mut presses = vec![spot.press("place 0".to_owned()).await];
    spot.phone.until(&format!("{}.join() === 'box'", dead_spot::STATES), TIME_LIMIT).await;
    let after = spot.proxy.carried();
    let record = (after.0 - before.0, after.1 - before.1);

    for n in 0..PLACES {
        let note = format!("place {}", n + 1);
        let is_closed = n % 4 == 3;
        let kept = spot.phone.client.window().await.expect("a window");
        if is_closed {
            let tab = spot.phone.client.new_window(true).await.expect("a tab").handle;
            spot.phone.client.switch_to_window(tab).await.expect("a tab");
        }
        spot.fill(&note, &file).await;
        let fault = choose_fault(n, record);
        spot.proxy.set(fault);
        presses.push(spot.press(note).await);
        match n % 4 {
            1 => spot.phone.client.refresh().await.expect("the page again"),
            2 => {
                let tab = spot.phone.client.new_window(true).await.expect("a tab").handle;
                spot.phone.client.switch_to_window(tab).await.expect("a tab");
                spot.phone.goto(&format!("{}/app/queue", spot.origin)).await;
                close_tab(&spot.phone, kept).await;
            }
            3 => {
                close_tab(&spot.phone, kept).await;
            }
            _ if matches!(fault, NetworkFault::CutAfter { .. }) => {
                spot.until_cut().await;
                // Not so near an end of the record that another length of it succeeds.
                let is_inside = (6..=17).contains(&n) || (20..=27).contains(&n);
                assert!(!is_inside || spot.proxy.was_cut(), "{fault:?} cut nothing");
            }
            _ => {}
        }
        spot.until_sent().await;
    }
    check(&desk, &presses).await;
    // Labels are read as the box reads them.
    let vectors = "return ['7qk 3m9-x2w', 'OOOOOOOOl', 'ABCDEFGH3', '7QK3M9X2A', '7QK3M9X2', '7QK3M9X2U'].map((text) => labels.readTag(text) ?? null)";
    let read = spot.phone.script(vectors).await;
    assert_eq!(read, json!(["7QK3M9X2W", "000000001", "ABCDEFGH3", null, null, null]));
    spot.phone.close().await;
    desk.close().await;
}

pub(crate) async fn a_year_off(story: &Story) {
    let desk = Browser::open(Kind::Desk, true).await;
    desk::sign_in(story, &desk).await;
    let spot = Spot::open(story).await;
    let shifted = format!("Date.now = ((now) => () => now() - {})(Date.now)", 366 * DAY_MS);
    spot.phone.devtools("Page.enable", json!({})).await;
    spot.phone.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": shifted })).await;
    spot.visit().await;
    let off = spot.phone.script("return Date.now()").await.as_i64().expect("a time");
    assert!(wall_ms() - off > 365 * DAY_MS, "the clock of the page is a year off");
    let file = story.pictures.join("year.jpg");
    std::fs::write(&file, photo::sideways()).expect("a photo");
    let mut presses = Vec::new();
    for n in 0..3 {
        let note = format!("a year ago {n}");
        spot.fill(&note, &file.to_string_lossy()).await;
        presses.push(spot.press(note).await);
        // What waits longer than two seconds has its own time, and not that of its arrival.
        let waits = format!("Date.now() - {} > {}", presses[n].between[1] - 366 * DAY_MS, 2 * OFF_MS_MAX);
        spot.phone.until(&waits, TIME_LIMIT).await;
    }
    spot.until_sent().await;
    check(&desk, &presses).await;
    spot.phone.close().await;
    desk.close().await;
}

/// A queue as a shift in a cellar leaves it: forty records with photos. The duration is printed.
pub(crate) async fn drain_forty(story: &Story) {
    const FILL: &str = "const [tag, done] = arguments;
        (async () => {
          const store = await new Promise((ready) => { const open = indexedDB.open('cleantrack', 1); open.onsuccess = () => ready(open.result); });
          let bytes = 0;
          const get = (name, key) => new Promise((ready) => { const row = store.transaction(name).objectStore(name).get(key); row.onsuccess = () => ready(row.result); });
          const seen = await get('meta', 'seen');
          for (let n = 1; n <= 40; n += 1) {
            const canvas = document.createElement('canvas');
            [canvas.width, canvas.height] = [1200, 900];
            const context = canvas.getContext('2d');
            for (let spot = 0; spot < 3000; spot += 1) {
              context.fillStyle = `hsl(${Math.random() * 360} 60% 50%)`;
              context.fillRect(Math.random() * 1200, Math.random() * 900, 40, 30);
            }
            const blob = await new Promise((ready) => canvas.toBlob(ready, 'image/jpeg', 0.8));
            bytes += blob.size;
            const hash = [...new Uint8Array(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer()))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
            const id = `01J00000000000000000000${String(n).padStart(3, '0')}`;
            const press = [Date.now(), Math.round(performance.now())];
            const document_ = { v: 1, id, tag, protocol: null, cleaned: true, steps: [1], who: { way: 'typed', name: 'Aisha Bello' }, note: `of forty ${n}`, photos: [hash] };
            const row = { id, document: document_, name: tag, order: n, state: 'phone', photos: [hash], open: press, start: null, press, seen, pages: ['another'] };
            const act = store.transaction(['outbox', 'photos'], 'readwrite');
            act.objectStore('photos').put({ hash, blob });
            act.objectStore('outbox').put(row);
            await new Promise((ready) => { act.oncomplete = ready; });
          }
          done(bytes);
        })();";
    let desk = Browser::open(Kind::Desk, true).await;
    desk::sign_in(story, &desk).await;
    let spot = Spot::open(story).await;
    spot.visit().await;
    spot.proxy.set(NetworkFault::Cut);
    let bytes = spot.phone.client.execute_async(FILL, vec![json!(spot.tag)]).await.expect("a queue");
    spot.phone.goto(&format!("{}/app/queue", spot.origin)).await;
    spot.phone.until(&format!("{}.length === 40", dead_spot::STATES), TIME_LIMIT).await;
    spot.proxy.set(NetworkFault::None);
    let begun = std::time::Instant::now();
    spot.phone.press_moving("#send").await;
    // However slow the machine: the next record goes within the limit, and then the next.
    for sent in 1..=40 {
        let is_sent = format!("{}.filter((state) => state === 'box').length >= {sent}", dead_spot::STATES);
        spot.phone.until(&is_sent, TIME_LIMIT).await;
    }
    println!("40 records with photos, {bytes} bytes: {:?}", begun.elapsed());
    let all = read_cleanings(&desk).await;
    let notes: Vec<_> = all.iter().filter_map(|(one, _)| one["notes"].as_str().map(str::to_owned)).collect();
    assert_eq!(
        notes,
        (1..=40).map(|n| format!("of forty {n}")).collect::<Vec<_>>(),
        "each once, and in order"
    );
    await_photos(&desk, 40).await;
    spot.phone.close().await;
    desk.close().await;
}

/// The first visit of the installed page is quick, and it works offline from then on.
pub(crate) async fn first_visit(story: &Story) {
    let spot = Spot::open(story).await;
    spot.visit().await;
    let bytes = spot.proxy.carried().1;
    println!("the first visit of /app: {bytes} bytes");
    assert!(bytes <= FIRST_VISIT_BYTES_MAX, "{bytes} bytes");
    spot.phone.close().await;
}
