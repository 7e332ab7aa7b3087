//! The installed page: a record that has to wait holds no other up.

use harness::proxy::NetworkFault;
use serde_json::{Value, json};

use super::browser::{Browser, Kind};
use super::cuts::{Spot, read_cleanings};
use super::{SLOW, Story, dead_spot, desk};

/// Records that the phone has written down, without its clocks: six reports, one more than an hour has, and a cleaning behind them.
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

/// What waits on the phone, as it is written down.
const WAITING: &str = "const done = arguments[0];
    (async () => {
      const answer = (request) => new Promise((ready) => { request.onsuccess = () => ready(request.result); });
      const store = await answer(indexedDB.open('cleantrack', 1));
      const rows = await answer(store.transaction('outbox').objectStore('outbox').getAll());
      done(rows.filter((row) => row.state === 'phone'));
    })();";

async fn run(phone: &Browser, script: &str, arguments: Vec<Value>) -> Value {
    phone.client.execute_async(script, arguments).await.expect("the phone's own store")
}

/// Of six reports the last has to wait for most of an hour; what stands behind it does not.
pub(crate) async fn set_one_aside(story: &Story) {
    let desk = Browser::open(Kind::Desk, true).await;
    desk::sign_in(story, &desk).await;
    let spot = Spot::open(story).await;
    spot.visit().await;
    spot.line.set(NetworkFault::Cut);
    run(&spot.phone, FILL, vec![json!(spot.tag), json!(1), json!(7)]).await;
    spot.line.set(NetworkFault::None);
    spot.phone.goto(&format!("{}/app/queue", spot.origin)).await;
    let are = |states: &str| format!("{}.join() === '{states}'", dead_spot::STATES);
    spot.phone.until(&are("box,phone,box,box,box,box,box"), SLOW).await;
    spot.phone.shows("It is sent again by itself").await;
    let waiting = run(&spot.phone, WAITING, Vec::new()).await;
    assert_eq!(waiting[0]["document"]["problem"]["text"], "report 6");
    assert!(waiting[0]["trouble"]["after"].is_number(), "{waiting}");
    story.picture(&spot.phone, "01-set-aside").await;
    // By hand it is tried again, and holds up as little.
    spot.line.set(NetworkFault::Cut);
    run(&spot.phone, FILL, vec![json!(spot.tag), json!(8), json!(8)]).await;
    spot.line.set(NetworkFault::None);
    spot.phone.press("#send").await;
    spot.phone.until(&are("box,box,phone,box,box,box,box,box"), SLOW).await;
    let cleanings = read_cleanings(&desk).await;
    let notes: Vec<_> = cleanings.iter().filter_map(|(one, _)| one["notes"].as_str()).collect();
    assert_eq!(notes, ["record 7", "record 8"]);
    spot.phone.close().await;
    desk.close().await;
}
