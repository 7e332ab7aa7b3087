//! The installed page: a record that has to wait does not delay others, and another protocol takes nothing of what was entered.

use harness::proxy::NetworkFault;
use serde_json::{Value, json};

use super::browser::{Browser, Kind, TIME_LIMIT};
use super::cuts::{Spot, read_cleanings};
use super::{Story, dead_spot, desk, photo};

/// Records that the phone has stored, without its clocks: six reports, one more than an hour has, and a cleaning after them.
const FILL: &str = "const [tag, from, to, done] = arguments;
    (async () => {
      const answer = (request) => new Promise((ready) => { request.onsuccess = () => ready(request.result); });
      const store = await answer(indexedDB.open('cleantrack', 1));
      const seen = await answer(store.transaction('meta').objectStore('meta').get('seen'));
      const rows = [];
      for (let n = from; n <= to; n += 1) {
        const id = `01J00000000000000000000${String(n).padStart(3, '0')}`;
        const press = [Date.now(), Math.round(performance.now())];
        const cleaned = n > 6;
        const problem = cleaned ? null : { what: 'broken', text: `report ${n}` };
        const sheet = { v: 1, id, tag, protocol: null, cleaned, problem, steps: [1], who: { way: 'typed', name: 'Aisha Bello' }, note: `record ${n}`, photos: [] };
        rows.push({ id, document: sheet, name: tag, order: n, state: 'phone', photos: [], open: press, start: null, press, seen, pages: ['another'] });
      }
      const act = store.transaction('outbox', 'readwrite');
      for (const row of rows) act.objectStore('outbox').put(row);
      await new Promise((ready) => { act.oncomplete = ready; });
      done(rows.length);
    })();";

const WAITING: &str = "const done = arguments[0];
    (async () => {
      const answer = (request) => new Promise((ready) => { request.onsuccess = () => ready(request.result); });
      const store = await answer(indexedDB.open('cleantrack', 1));
      const rows = await answer(store.transaction('outbox').objectStore('outbox').getAll());
      done(rows.filter((row) => row.state === 'phone'));
    })();";

const OFFER_BOTH: &str = "const [tag, done] = arguments;
    (async () => {
      const answer = (request) => new Promise((ready) => { request.onsuccess = () => ready(request.result); });
      const store = await answer(indexedDB.open('cleantrack', 1));
      // They are there once the first item is.
      let card;
      while (!card) card = await answer(store.transaction('cards').objectStore('cards').get(tag));
      const keys = await answer(store.transaction('meta').objectStore('meta').getAllKeys());
      const others = keys.filter((key) => key.startsWith('protocol ')).map((key) => key.slice(9));
      const cards = store.transaction('cards', 'readwrite').objectStore('cards');
      card.protocols = [...new Set([...card.protocols, ...others])];
      await answer(cards.put(card));
      done(card.protocols.length);
    })();";

const REPLACE: &str = "const [tag, done] = arguments;
    (async () => {
      const answer = (request) => new Promise((ready) => { request.onsuccess = () => ready(request.result); });
      const store = await answer(indexedDB.open('cleantrack', 1));
      const cards = store.transaction('cards', 'readwrite').objectStore('cards');
      const card = await answer(cards.get(tag));
      [card.replaced, card.tags] = [[tag], ['7QK3M9X2W']];
      done(await answer(cards.put(card)));
    })();";

async fn run(phone: &Browser, script: &str, arguments: Vec<Value>) -> Value {
    phone.client.execute_async(script, arguments).await.expect("the phone's own store")
}

/// The box has no space for the photo of the ninth record, and a proxy answers `Retry-After` with a date.
const NO_PLACE: &str = "const direct = window.fetch;
    window.fetch = (path, options) => {
      if (!options?.body?.get('submission').includes('record 9')) return direct(path, options);
      const headers = { 'content-type': 'application/problem+json', 'retry-after': 'Wed, 25 Nov 2026 10:00:00 GMT' };
      const refusal = JSON.stringify({ type: '/problems/photo', title: 'No place for the photo' });
      return Promise.resolve(new Response(refusal, { status: 503, headers }));
    };";

/// Of six reports the last has to wait for most of an hour; the ones queued after it do not.
pub(crate) async fn set_one_aside(story: &Story) {
    let desk = Browser::open(Kind::Desk, true).await;
    desk::sign_in(story, &desk).await;
    let spot = Spot::open(story).await;
    spot.visit().await;
    spot.proxy.set(NetworkFault::Cut);
    run(&spot.phone, FILL, vec![json!(spot.tag), json!(1), json!(7)]).await;
    spot.proxy.set(NetworkFault::None);
    spot.phone.goto(&format!("{}/app/queue", spot.origin)).await;
    fn are(states: &str) -> String {
        format!("{}.join() === '{states}'", dead_spot::STATES)
    }
    spot.phone.until(&are("box,phone,box,box,box,box,box"), TIME_LIMIT).await;
    spot.phone.shows("takes this record later: Too many problems were reported from here").await;
    let waiting = run(&spot.phone, WAITING, Vec::new()).await;
    assert_eq!(waiting[0]["document"]["problem"]["text"], "report 6");
    assert!(waiting[0]["trouble"]["after"].is_number(), "{waiting}");
    spot.phone.shows("Incomplete: not all steps, full contact time not measured").await;
    story.picture(&spot.phone, "01-set-aside").await;
    // By hand it is tried again, and delays as little.
    spot.proxy.set(NetworkFault::Cut);
    run(&spot.phone, FILL, vec![json!(spot.tag), json!(8), json!(8)]).await;
    spot.proxy.set(NetworkFault::None);
    spot.phone.press_moving("#send").await;
    spot.phone.until(&are("box,box,phone,box,box,box,box,box"), TIME_LIMIT).await;
    let cleanings = read_cleanings(&desk).await;
    let notes: Vec<_> = cleanings.iter().filter_map(|(one, _)| one["notes"].as_str()).collect();
    assert_eq!(notes, ["record 7", "record 8"]);
    // One whose photo has no space waits alone too.
    spot.phone.script(NO_PLACE).await;
    spot.proxy.set(NetworkFault::Cut);
    run(&spot.phone, FILL, vec![json!(spot.tag), json!(9), json!(10)]).await;
    spot.proxy.set(NetworkFault::None);
    spot.phone.press_moving("#send").await;
    spot.phone.until(&are("box,phone,box,box,phone,box,box,box,box,box"), TIME_LIMIT).await;
    let waiting = run(&spot.phone, WAITING, Vec::new()).await;
    assert_eq!(waiting[1]["document"]["note"], "record 9");
    assert!(waiting[1]["trouble"]["after"].is_number(), "{waiting}");
    hand_over_a_copy(&spot, &desk).await;
    spot.phone.close().await;
    desk.close().await;
}

const COPY: &str = "const done = arguments[0];
    const make = URL.createObjectURL;
    URL.createObjectURL = (file) => { file.text().then(done); return make(file); };
    document.querySelector('#copy').click()";

/// The queue behaves as if a run was in progress, until `endRun`.
const HOLD: &str = "const done = arguments[0];
    navigator.locks.request('outbox', () => new Promise((free) => { globalThis.endRun = free; done(true); }))";

/// Staff hand a file in; the result.
const HAND_IN: &str = "const [text, done] = arguments;
    (async () => {
      const page = new DOMParser().parseFromString(await (await fetch('/staff/phone-records')).text(), 'text/html');
      const body = new FormData();
      body.append('form', page.querySelector('[name=form]').value);
      body.append('file', new File([text], 'copy.txt'));
      const answer = await fetch('/staff/phone-records/copy', { method: 'POST', body });
      done([page.body.innerText, answer.status, await answer.text()]);
    })();";

/// What waits on the phone goes to the box by a file too, and is not there twice when the phone sends it
/// after all.
async fn hand_over_a_copy(spot: &Spot, desk: &Browser) {
    let copy = run(&spot.phone, COPY, Vec::new()).await;
    assert!(
        copy.as_str().is_some_and(|text| text.contains("record 9") && text.contains("report 6")),
        "{copy}"
    );
    let taken = desk.client.execute_async(HAND_IN, vec![copy]).await.expect("an answer");
    let [page, status, answer] = taken.as_array().expect("three").as_slice() else { panic!("{taken}") };
    assert!(page.as_str().is_some_and(|text| text.contains("holds 2 records")), "{page}");
    assert_eq!(status, 200, "{answer}");
    assert!(answer.as_str().is_some_and(|text| text.contains("2 on the box")), "{answer}");
    spot.phone.goto(&format!("{}/app/queue", spot.origin)).await;
    // Pressed while the page sends by itself, which leaves out what was put off.
    run(&spot.phone, HOLD, Vec::new()).await;
    spot.phone.press_moving("#send").await;
    spot.phone.script("globalThis.endRun()").await;
    let all = format!("{}.every((state) => state === 'box')", dead_spot::STATES);
    spot.phone.until(&all, TIME_LIMIT).await;
    let notes = read_cleanings(desk).await;
    let ninth = notes.iter().filter(|(one, _)| one["notes"] == "record 9");
    assert_eq!(ninth.count(), 1);
}

pub(crate) async fn change_protocol(story: &Story) {
    let spot = Spot::open(story).await;
    spot.visit().await;
    let offered = run(&spot.phone, OFFER_BOTH, vec![json!(spot.tag)]).await;
    assert_eq!(offered, 2);
    let file = story.pictures.join("protocol.jpg");
    std::fs::write(&file, photo::sideways()).expect("a photo");
    spot.fill("behind the bed", &file.to_string_lossy()).await;
    let enter = "document.querySelector('#what').value = 'broken'; document.querySelector('#what-text').value = 'wheel';
        document.querySelector('#lot').value = 'L 7'; document.querySelector('#lot-expires').value = '2031-01-31';
        const choose = document.querySelector('#protocol');
        choose.value = [...choose.options].find((option) => !option.selected).value;
        choose.dispatchEvent(new Event('change'))";
    let before = spot.phone.script("return document.querySelector('#protocol').value").await;
    spot.phone.script(enter).await;
    spot.phone.until("document.querySelectorAll('[name=step]:checked').length === 0", TIME_LIMIT).await;
    let entered = "[...document.querySelectorAll('#note, #who, #what, #what-text, #lot, #lot-expires')].map((field) => field.value).sort().join() \
        === '2031-01-31,Aisha Bello,L 7,behind the bed,broken,wheel' && document.querySelector('#photo').files.length === 1 \
        && document.querySelector('#what').closest('details').open";
    spot.phone.until(entered, TIME_LIMIT).await;
    story.picture(&spot.phone, "01-another-protocol").await;
    spot.phone.press(".bar .go").await;
    spot.phone.shows("Still open").await;
    spot.press("behind the bed".to_owned()).await;
    let waiting = run(&spot.phone, WAITING, Vec::new()).await;
    let [record] = waiting.as_array().expect("records").as_slice() else { panic!("{waiting}") };
    assert_ne!(record["document"]["protocol"]["id"], before);
    assert_eq!(record["document"]["problem"], json!({ "what": "broken", "text": "wheel" }));
    assert_eq!(
        (record["document"]["lot"].as_str(), record["document"]["steps"].as_array()),
        (Some("L 7"), Some(&vec![]))
    );
    assert_eq!(record["photos"].as_array().map(Vec::len), Some(1));
    let other = record["document"]["protocol"]["id"].as_str().expect("its protocol").to_owned();
    spot.phone.goto(&format!("{}/t/{}?protocol={other}", spot.origin, spot.tag)).await;
    spot.phone.until(&format!("document.querySelector('#protocol')?.value === '{other}'"), TIME_LIMIT).await;
    let label =
        "(document.querySelector('#replaced')?.textContent ?? '').startsWith('This label was replaced')";
    run(&spot.phone, REPLACE, vec![json!(spot.tag)]).await;
    spot.phone.goto(&format!("{}/t/{}", spot.origin, spot.tag)).await;
    spot.phone.until(label, TIME_LIMIT).await;
    spot.phone.goto(&format!("{}/t/7QK3M9X2W", spot.origin)).await;
    spot.phone.shows("The box does not answer here.").await;
    spot.phone.until("!document.querySelector('#replaced')", TIME_LIMIT).await;
    spot.phone.close().await;
}

/// The phone knows of the item that it takes no photos and follows nothing.
const PLAIN: &str = "const [tag, done] = arguments;
    (async () => {
      const answer = (request) => new Promise((ready) => { request.onsuccess = () => ready(request.result); });
      const store = await answer(indexedDB.open('cleantrack', 1));
      const cards = store.transaction('cards', 'readwrite').objectStore('cards');
      const card = await answer(cards.get(tag));
      [card.photo, card.protocols] = ['none', []];
      done(await answer(cards.put(card)));
    })();";

/// Out of reach of the box each part of an item opens as what it is, and a phone that is full says what it
/// did not store.
pub(crate) async fn open_each_part(story: &Story) {
    let spot = Spot::open(story).await;
    spot.visit().await;
    spot.proxy.set(NetworkFault::Cut);
    let path = |part: &str| format!("{}/t/{}{part}", spot.origin, spot.tag);
    spot.phone.goto(&path("/used")).await;
    spot.phone.shows("only the box can record that this item was used").await;
    spot.phone.until("!document.querySelector('#record')", TIME_LIMIT).await;
    story.picture(&spot.phone, "01-used").await;
    fn is_open(open: &str) -> String {
        format!("document.querySelector('#what')?.closest('details').open === {open}")
    }
    spot.phone.goto(&path("/problem")).await;
    spot.phone.until(&is_open("true"), TIME_LIMIT).await;
    story.picture(&spot.phone, "02-problem").await;
    run(&spot.phone, PLAIN, vec![json!(spot.tag)]).await;
    spot.phone.goto(&path("")).await;
    spot.phone.until(&is_open("false"), TIME_LIMIT).await;
    let has_photo = "document.querySelectorAll('#photo').length === 1 \
        && document.querySelector('#photo').closest('details').contains(document.querySelector('#what'))";
    spot.phone.until(has_photo, TIME_LIMIT).await;
    run(&spot.phone, FILL, vec![json!(spot.tag), json!(1), json!(200)]).await;
    spot.phone
        .script("for (const tick of document.querySelectorAll('[name=step]')) tick.checked = true")
        .await;
    spot.phone.script("document.querySelector('#who').value = 'Aisha Bello'").await;
    spot.phone.press(".bar .go").await;
    spot.phone.shows("This record was not saved").await;
    story.picture(&spot.phone, "03-full").await;
    let waiting = run(&spot.phone, WAITING, Vec::new()).await;
    assert_eq!(waiting.as_array().map(Vec::len), Some(200));
    spot.phone.close().await;
}

const SHORTEN: &str = "const [token, done] = arguments;
    (async () => {
      const ask = (more) => fetch('/api/v1/protocols', { credentials: 'omit', ...more, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' } });
      let last;
      for (const { protocol, name, steps } of (await (await ask({})).json()).items) {
        last = await ask({ method: 'POST', body: JSON.stringify({ protocol, name, steps, contact_s: 10 }) });
      }
      done(last.status);
    })();";

/// A contact time that the phone itself measures makes a record whole.
pub(crate) async fn measure_out_of_reach(story: &Story) {
    let desk = Browser::open(Kind::Desk, true).await;
    desk::sign_in(story, &desk).await;
    let published = desk.client.execute_async(SHORTEN, vec![json!(story.demo.output.r#box.api_token)]).await;
    assert_eq!(published.expect("an answer"), 201);
    let spot = Spot::open(story).await;
    spot.visit().await;
    spot.proxy.set(NetworkFault::Cut);
    spot.phone.goto(&format!("{}/t/{}", spot.origin, spot.tag)).await;
    spot.phone.shows("Surface is wet: start").await;
    let start = "[...document.querySelectorAll('#record button')].find((one) => one.textContent === 'Surface is wet: start').click()";
    spot.phone.script(start).await;
    spot.phone
        .until("/^\\d+:\\d\\d$/.test(document.querySelector('[role=timer]').textContent)", TIME_LIMIT)
        .await;
    let fill = "for (const tick of document.querySelectorAll('[name=step]')) tick.checked = true;
        document.querySelector('#who').value = 'Aisha Bello'; document.querySelector('#note').value = 'measured here'";
    spot.phone.script(fill).await;
    spot.phone.press(".bar .go").await;
    spot.phone.shows("the contact time is not over").await;
    spot.phone
        .until(
            "document.querySelector('[role=timer]').textContent.startsWith('Contact time is over')",
            TIME_LIMIT,
        )
        .await;
    spot.phone.press(".bar .go").await;
    spot.phone.until("location.pathname === '/app/queue'", TIME_LIMIT).await;
    let waiting = run(&spot.phone, WAITING, Vec::new()).await;
    assert_eq!(waiting.as_array().map(Vec::len), Some(1));
    spot.proxy.set(NetworkFault::None);
    spot.phone.goto(&format!("{}/app/queue", spot.origin)).await;
    spot.phone.until(&format!("{}.join() === 'box'", dead_spot::STATES), TIME_LIMIT).await;
    let all = read_cleanings(&desk).await;
    let [(cleaning, _)] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!(
        (cleaning["notes"].as_str(), cleaning["missing"].as_array()),
        (Some("measured here"), Some(&vec![])),
        "{cleaning}"
    );
    spot.phone.close().await;
    desk.close().await;
}

/// What was recorded out of reach says on its phone when a second copy is outside the building.
pub(crate) async fn carry_to_the_relay(story: &Story) {
    let spot = Spot::open(story).await;
    spot.visit().await;
    spot.proxy.set(NetworkFault::Cut);
    spot.phone.goto(&format!("{}/t/{}", spot.origin, spot.tag)).await;
    spot.phone.shows("The box does not answer here.").await;
    spot.phone.press(".bar .go").await;
    spot.phone.shows("Still open").await;
    spot.press(String::new()).await;
    spot.phone.until(&format!("{}.join() === 'phone'", dead_spot::STATES), TIME_LIMIT).await;
    spot.proxy.set(NetworkFault::None);
    spot.phone.press_moving("#send").await;
    spot.phone.until(&format!("{}.join() === 'relay'", dead_spot::STATES), TIME_LIMIT).await;
    spot.phone.shows("At the relay").await;
    spot.phone.close().await;
}
